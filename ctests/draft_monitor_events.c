/* Versioned monitors and pipe statistics, as far as inproc shows them. */
#include "sockets.h"

#define EP "inproc://monitor"

/* Receives a frame that holds one 64-bit number, which more frames follow. */
static uint64_t number (void *reader_)
{
    uint64_t value;
    CHECK_INT (wait_for (reader_, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK_INT (zmq_recv (reader_, &value, sizeof value, ZMQ_DONTWAIT), 8);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 1);
    return value;
}

/* Receives MONITOR_STOPPED in version 2. */
static void stopped_v2 (void *reader_)
{
    CHECK_INT (number (reader_), ZMQ_EVENT_MONITOR_STOPPED);
    CHECK_INT (number (reader_), 1);
    CHECK_INT (number (reader_), 0);
    EXPECT (reader_, "", "");
}

TEST (h270_a_monitor_is_a_pair_a_pub_or_a_push)
{
    int bad[] = {ZMQ_CLIENT, ZMQ_DEALER, ZMQ_SUB, ZMQ_PULL, ZMQ_XPUB, ZMQ_RADIO, -1, 99};
    void *pull = new_socket (ZMQ_PULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAIL (zmq_socket_monitor_versioned (pull, EP, ZMQ_EVENT_ALL, 2, bad[i]), EINVAL);
}

TEST (h270_bits_above_15_are_for_version_2)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, EP, ZMQ_EVENT_PIPES_STATS, 1, ZMQ_PAIR),
                EINVAL);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, EP, 1ULL << 40, 1, ZMQ_PAIR), EINVAL);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, NULL, 1ULL << 16, 1, ZMQ_PAIR), EINVAL);
    CHECK_OK (zmq_socket_monitor_versioned (pull, EP, UINT64_MAX, 2, ZMQ_PAIR));
}

TEST (h270_a_bad_type_leaves_no_monitor_behind)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor_versioned (pull, EP, ZMQ_EVENT_ALL, 2, ZMQ_PAIR));
    void *reader = connected (ZMQ_PAIR, EP);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, "inproc://other", ZMQ_EVENT_ALL, 2, ZMQ_SUB),
                EINVAL);
    stopped_v2 (reader);
}

TEST (h270_a_malformed_address_keeps_the_monitor)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor_versioned (pull, EP, ZMQ_EVENT_ALL, 2, ZMQ_PAIR));
    void *reader = connected (ZMQ_PAIR, EP);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, "inproc", ZMQ_EVENT_ALL, 2, ZMQ_PAIR), EINVAL);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, "tcp://127.0.0.1:1", ZMQ_EVENT_ALL, 2, ZMQ_PUB),
                EPROTONOSUPPORT);
    EXPECT_NOTHING (reader);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    stopped_v2 (reader);
}

TEST (h272_a_version_2_event_has_count_values_and_two_endpoints)
{
    int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_PUSH, ZMQ_PULL}, {ZMQ_PUB, ZMQ_SUB}};
    for (int i = 0; i < 3; i++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://monitor-%d", i);
        void *socket = new_socket (ZMQ_SERVER);
        CHECK_OK (zmq_socket_monitor_versioned (socket, endpoint, ZMQ_EVENT_ALL, 2, types[i][0]));
        void *reader = connected (types[i][1], endpoint);
        if (types[i][1] == ZMQ_SUB)
            subscribe (reader, "");
        CHECK_OK (zmq_socket_monitor_versioned (socket, NULL, 0, 2, types[i][0]));
        stopped_v2 (reader);
        EXPECT_NOTHING (reader);
    }
}

TEST (h271_version_1_through_the_versioned_call)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor_versioned (pull, EP, ZMQ_EVENT_ALL, 1, ZMQ_PUSH));
    void *reader = connected (ZMQ_PULL, EP);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    EXPECT_BIN (reader, "\0\4\0\0\0\0", 1);
    EXPECT (reader, "");
}

TEST (h285_events_before_the_reader_connects_are_delivered_once_it_does)
{
    int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_PUSH, ZMQ_PULL}};
    for (int i = 0; i < 2; i++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://monitor-%d", i);
        void *reader = connected (types[i][1], endpoint);
        void *pull = new_socket (ZMQ_PULL);
        CHECK_OK (zmq_socket_monitor_versioned (pull, endpoint, ZMQ_EVENT_ALL, 2, types[i][0]));
        close_socket (pull);
        stopped_v2 (reader);
    }
}

TEST (h293_pipes_stats_needs_its_mask_bit_and_a_connection)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (push), EINVAL);
    CHECK_OK (zmq_socket_monitor_versioned (push, "inproc://v1", ZMQ_EVENT_ALL, 1, ZMQ_PAIR));
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (push), EINVAL);
    CHECK_OK (
      zmq_socket_monitor_versioned (push, "inproc://v2", ZMQ_EVENT_PIPES_STATS, 2, ZMQ_PAIR));
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (push), EAGAIN);
    CHECK_OK (zmq_socket_monitor (push, NULL, 0));
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (push), EINVAL);
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (NULL), ENOTSOCK);
}

TEST (s_e5_pipes_stats_of_an_inproc_connection)
{
    void *push, *pull;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &push, &pull);
    CHECK_OK (zmq_socket_monitor_versioned (push, EP, ZMQ_EVENT_PIPES_STATS, 2, ZMQ_PAIR));
    void *reader = connected (ZMQ_PAIR, EP);
    settle (push);
    for (int i = 0; i < 3; i++)
        send_parts (push, "a", NULL);
    CHECK_OK (zmq_socket_monitor_pipes_stats (push));
    WAIT_UNTIL ((settle (pull), settle (push), settle (reader)) & ZMQ_POLLIN);
    CHECK_INT (number (reader), ZMQ_EVENT_PIPES_STATS);
    CHECK_INT (number (reader), 2);
    CHECK_INT (number (reader), 3);
    CHECK_INT (number (reader), 0);
    EXPECT (reader, "", "");
    EXPECT_NOTHING (reader);
}
