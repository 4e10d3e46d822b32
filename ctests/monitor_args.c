/* zmq_socket_monitor as far as no connection is needed: arguments, replacement, end. */
#include "test.h"

/* Reads one version 1 event: its number, with value and endpoint checked to be well-formed. */
static int event_of (void *reader_)
{
    uint8_t head[8];
    char endpoint[256];
    CHECK (wait_for (reader_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    CHECK_INT (zmq_recv (reader_, head, sizeof head, ZMQ_DONTWAIT), 6);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 1);
    CHECK_INT (recv_str (reader_, endpoint, sizeof endpoint, ZMQ_DONTWAIT), 0);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 0);
    uint16_t event;
    uint32_t value;
    memcpy (&event, head, sizeof event);
    memcpy (&value, head + 2, sizeof value);
    CHECK_INT (value, 0);
    return event;
}

/* A PAIR that listens to the monitor of that name. */
static void *reader_of (const char *endpoint_)
{
    void *reader = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_connect (reader, endpoint_));
    return reader;
}

TEST (h269_monitor_addresses)
{
    void *socket = new_socket (ZMQ_DEALER);
    static const char *const malformed[] = {"",          "inproc", "inproc://",
                                            "inproc:/a", "://a",   "tcp://"};
    for (int i = 0; i < 6; i++)
        CHECK_FAIL (zmq_socket_monitor (socket, malformed[i], ZMQ_EVENT_ALL), EINVAL);
    static const char *const others[] = {"tcp://127.0.0.1:5555", "ipc:///nowhere/at/all",
                                         "foo://a", "INPROC://a"};
    for (int i = 0; i < 4; i++)
        CHECK_FAIL (zmq_socket_monitor (socket, others[i], ZMQ_EVENT_ALL), EPROTONOSUPPORT);
}

TEST (a411_event_bits_above_16_are_einval)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_FAIL (zmq_socket_monitor (socket, "inproc://m", 0x10000), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (socket, "inproc://m", 0x1ffff), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (socket, "inproc://m", -1), EINVAL);
    /* before the address is looked at, and to stop as well */
    CHECK_FAIL (zmq_socket_monitor (socket, "nonsense", -1), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (socket, NULL, -1), EINVAL);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://m", 0x8000));
}

TEST (a411_stopping_no_monitor_is_fine)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_OK (zmq_socket_monitor (socket, NULL, ZMQ_EVENT_ALL));
}

TEST (h282_stop_gives_monitor_stopped)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL));
    void *reader = reader_of ("inproc://m");
    EXPECT_NOTHING (reader);
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_INT (event_of (reader), ZMQ_EVENT_MONITOR_STOPPED);
    EXPECT_NOTHING (reader);
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    EXPECT_NOTHING (reader);
}

TEST (h283_a_second_monitor_replaces_the_first)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://first", ZMQ_EVENT_ALL));
    void *first = reader_of ("inproc://first");
    CHECK_OK (zmq_socket_monitor (socket, "inproc://second", ZMQ_EVENT_ALL));
    CHECK_INT (event_of (first), ZMQ_EVENT_MONITOR_STOPPED);
    void *second = reader_of ("inproc://second");
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_INT (event_of (second), ZMQ_EVENT_MONITOR_STOPPED);
    EXPECT_NOTHING (first);
}

TEST (h284_mask_holds_for_monitor_stopped)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://none", 0));
    void *none = reader_of ("inproc://none");
    CHECK_OK (zmq_socket_monitor (socket, "inproc://others",
                                  ZMQ_EVENT_ALL & ~ZMQ_EVENT_MONITOR_STOPPED));
    void *others = reader_of ("inproc://others");
    CHECK_OK (zmq_socket_monitor (socket, "inproc://only", ZMQ_EVENT_MONITOR_STOPPED));
    void *only = reader_of ("inproc://only");
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_INT (event_of (only), ZMQ_EVENT_MONITOR_STOPPED);
    EXPECT_NOTHING (none);
    EXPECT_NOTHING (others);
}

TEST (a411_close_of_the_socket_ends_the_monitor)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL));
    void *reader = reader_of ("inproc://m");
    close_socket (socket);
    CHECK_INT (event_of (reader), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (a411_taken_name_is_eaddrinuse)
{
    void *socket = new_socket (ZMQ_DEALER), *owner = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (owner, "inproc://taken"));
    CHECK_FAIL (zmq_socket_monitor (socket, "inproc://taken", ZMQ_EVENT_ALL), EADDRINUSE);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://free", ZMQ_EVENT_ALL));
    void *reader = reader_of ("inproc://free");
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_INT (event_of (reader), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (a411_every_type_can_be_monitored)
{
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://m-%d", type);
        void *socket = new_socket (type);
        CHECK_OK (zmq_socket_monitor (socket, endpoint, ZMQ_EVENT_ALL));
        void *reader = reader_of (endpoint);
        CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
        CHECK_INT (event_of (reader), ZMQ_EVENT_MONITOR_STOPPED);
    }
}

TEST (e01_inproc_raises_no_events)
{
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_socket_monitor (a, "inproc://m", ZMQ_EVENT_ALL));
    void *reader = reader_of ("inproc://m");
    CHECK_OK (zmq_bind (a, "inproc://quiet"));
    CHECK_OK (zmq_connect (b, "inproc://quiet"));
    bounce (a, b);
    CHECK_OK (zmq_unbind (a, "inproc://quiet"));
    close_socket (b);
    CHECK_OK (zmq_socket_monitor (a, NULL, 0));
    CHECK_INT (event_of (reader), ZMQ_EVENT_MONITOR_STOPPED);
}

static void *monitor_and_stop (void *socket_)
{
    for (int i = 0; i < 100; i++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://other-%d", i);
        CHECK_OK (zmq_socket_monitor (socket_, endpoint, ZMQ_EVENT_CONNECTED));
    }
    CHECK_OK (zmq_socket_monitor (socket_, NULL, 0));
    return NULL;
}

TEST (a411_monitors_are_set_from_any_thread)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    pthread_t thread = start (monitor_and_stop, a);
    for (int i = 0; i < 100; i++)
        bounce (a, b);
    join (thread);
}

OURS_ONLY (a82_monitor_without_a_reader_blocks_nobody, "a reference waits for the reader")
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL));
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_OK (zmq_socket_monitor (socket, "inproc://again", ZMQ_EVENT_ALL));
    close_socket (socket);
    finish ();
}
