/* Monitors, as far as inproc shows them: argument checks, MONITOR_STOPPED and its frames. */
#include "sockets.h"

#define EP "inproc://monitor"

/* Receives one version 1 event, checks its layout and returns its number; the value must be
 * `value_` and the endpoint `endpoint_`. */
static int event_v1 (void *reader_, uint32_t value_, const char *endpoint_)
{
    unsigned char frame[7];
    uint16_t event;
    uint32_t value;
    CHECK_INT (wait_for (reader_, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK_INT (zmq_recv (reader_, frame, sizeof frame, ZMQ_DONTWAIT), 6);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 1);
    memcpy (&event, frame, sizeof event);
    memcpy (&value, frame + 2, sizeof value);
    CHECK_INT (value, value_);
    EXPECT (reader_, endpoint_);
    return event;
}

TEST (h269_a_monitor_address_must_be_inproc)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (zmq_socket_monitor (push, "tcp://127.0.0.1:*", ZMQ_EVENT_ALL), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_socket_monitor (push, "ipc:///nowhere", ZMQ_EVENT_ALL), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_socket_monitor (push, "nothing://x", ZMQ_EVENT_ALL), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_socket_monitor (push, "inproc", ZMQ_EVENT_ALL), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (push, "inproc://", ZMQ_EVENT_ALL), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (push, "", ZMQ_EVENT_ALL), EINVAL);
}

TEST (h270_bits_above_15_are_not_for_version_1)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (zmq_socket_monitor (push, EP, 0x10000), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (push, EP, ZMQ_EVENT_ALL | 0x10000), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (push, EP, -1), EINVAL);
    CHECK_FAIL (zmq_socket_monitor (push, NULL, -1), EINVAL);
    CHECK_OK (zmq_socket_monitor (push, EP, 0xFFFF));
}

TEST (s_e1_the_socket_of_a_monitor_must_be_one)
{
    CHECK_FAIL (zmq_socket_monitor (NULL, EP, ZMQ_EVENT_ALL), ENOTSOCK);
    CHECK_FAIL (zmq_socket_monitor (NULL, NULL, 0), ENOTSOCK);
    CHECK_FAIL (zmq_socket_monitor (context (), EP, ZMQ_EVENT_ALL), ENOTSOCK);
}

TEST (h271_an_event_is_6_bytes_and_the_endpoint)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_socket_monitor (push, EP, ZMQ_EVENT_ALL));
    void *reader = connected (ZMQ_PAIR, EP);
    CHECK_OK (zmq_socket_monitor (push, NULL, 0));
    CHECK_INT (event_v1 (reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (h282_stopping_gives_monitor_stopped)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, EP, ZMQ_EVENT_ALL));
    void *reader = connected (ZMQ_PAIR, EP);
    EXPECT_NOTHING (reader);
    CHECK_OK (zmq_socket_monitor (pull, NULL, ZMQ_EVENT_ALL));
    CHECK_INT (event_v1 (reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
    EXPECT_NOTHING (reader);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0)); /* none active: fine too */
}

TEST (h282_stopping_without_a_monitor_returns_0)
{
    CHECK_OK (zmq_socket_monitor (new_socket (ZMQ_PULL), NULL, 0));
}

TEST (h283_a_second_monitor_replaces_the_first)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, "inproc://first", ZMQ_EVENT_ALL));
    void *first = connected (ZMQ_PAIR, "inproc://first");
    CHECK_OK (zmq_socket_monitor (pull, "inproc://second", ZMQ_EVENT_ALL));
    CHECK_INT (event_v1 (first, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
    void *second = connected (ZMQ_PAIR, "inproc://second");
    EXPECT_NOTHING (second);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    CHECK_INT (event_v1 (second, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
    EXPECT_NOTHING (first);
}

TEST (h284_the_mask_counts_for_monitor_stopped_too)
{
    int masks[] = {0, ZMQ_EVENT_CONNECTED, ZMQ_EVENT_ALL & ~ZMQ_EVENT_MONITOR_STOPPED};
    for (int i = 0; i < 3; i++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://monitor-%d", i);
        void *pull = new_socket (ZMQ_PULL);
        CHECK_OK (zmq_socket_monitor (pull, endpoint, masks[i]));
        void *reader = connected (ZMQ_PAIR, endpoint);
        CHECK_INT (settle (reader), ZMQ_POLLOUT);
        CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
        WAIT_UNTIL (settle (reader) == 0); /* the hidden socket has gone */
        EXPECT_NOTHING (reader);
    }
}

TEST (h284_a_mask_of_monitor_stopped_alone_is_enough)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, EP, ZMQ_EVENT_MONITOR_STOPPED));
    void *reader = connected (ZMQ_PAIR, EP);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    CHECK_INT (event_v1 (reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (h285_events_raised_before_the_reader_connects_are_kept)
{
    void *reader = connected (ZMQ_PAIR, EP); /* waits for the hidden socket's bind */
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, EP, ZMQ_EVENT_ALL));
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    CHECK_INT (event_v1 (reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (s_e1_closing_the_monitored_socket_stops_its_monitor)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, EP, ZMQ_EVENT_ALL));
    void *reader = connected (ZMQ_PAIR, EP);
    close_socket (pull);
    CHECK_INT (event_v1 (reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (s_e1_inproc_produces_no_events)
{
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_socket_monitor (pull, "inproc://pull-monitor", ZMQ_EVENT_ALL));
    CHECK_OK (zmq_socket_monitor (push, "inproc://push-monitor", ZMQ_EVENT_ALL));
    void *pull_reader = connected (ZMQ_PAIR, "inproc://pull-monitor");
    void *push_reader = connected (ZMQ_PAIR, "inproc://push-monitor");
    CHECK_OK (zmq_bind (pull, EP));
    CHECK_OK (zmq_connect (push, EP));
    send_parts (push, "hello", NULL);
    EXPECT (pull, "hello");
    CHECK_OK (zmq_disconnect (push, EP));
    CHECK_OK (zmq_unbind (pull, EP));
    close_socket (push);
    close_socket (pull);
    CHECK_INT (event_v1 (push_reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
    CHECK_INT (event_v1 (pull_reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (s_e1_the_name_of_a_monitor_may_be_taken)
{
    bound (ZMQ_PAIR, EP);
    CHECK_FAIL (zmq_socket_monitor (new_socket (ZMQ_PULL), EP, ZMQ_EVENT_ALL), EADDRINUSE);
}

TEST (s_e1_the_hidden_socket_counts_for_max_sockets)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_MAX_SOCKETS, 1));
    CHECK_FAIL (zmq_socket_monitor (new_socket (ZMQ_PULL), EP, ZMQ_EVENT_ALL), EMFILE);
}

TEST (s_e1_every_type_can_be_monitored)
{
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://monitor-%d", type);
        void *socket = new_socket (type);
        CHECK_OK (zmq_socket_monitor (socket, endpoint, ZMQ_EVENT_ALL));
        void *reader = connected (ZMQ_PAIR, endpoint);
        close_socket (socket);
        CHECK_INT (event_v1 (reader, 0, ""), ZMQ_EVENT_MONITOR_STOPPED);
    }
}
