/* zmq_socket_monitor_versioned and zmq_socket_monitor_pipes_stats as far as inproc goes. */
#include "draft.h"

static uint64_t recv_u64 (void *reader_)
{
    uint64_t value = 0;
    CHECK (wait_for (reader_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    CHECK_INT (zmq_recv (reader_, &value, sizeof value, ZMQ_DONTWAIT), 8);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 1);
    return value;
}

/* Reads a version 2 event whose two endpoints are empty. */
static uint64_t event_of (void *reader_, uint64_t values_[2], uint64_t expected_)
{
    char text[64];
    uint64_t event = recv_u64 (reader_);
    CHECK_INT (recv_u64 (reader_), expected_);
    for (uint64_t i = 0; i < expected_; i++)
        values_[i] = recv_u64 (reader_);
    CHECK_INT (recv_str (reader_, text, sizeof text, ZMQ_DONTWAIT), 0);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 1);
    CHECK_INT (recv_str (reader_, text, sizeof text, ZMQ_DONTWAIT), 0);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 0);
    return event;
}

TEST (h270_arguments)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_FAIL (zmq_socket_monitor_versioned (NULL, "inproc://m", 0, 1, ZMQ_PAIR), ENOTSOCK);
    CHECK_FAIL (zmq_socket_monitor_versioned (socket, "inproc://m", 0x10000, 1, ZMQ_PAIR), EINVAL);
    CHECK_FAIL (zmq_socket_monitor_versioned (socket, NULL, 0x10000, 1, ZMQ_PAIR), EINVAL);
    CHECK_OK (zmq_socket_monitor_versioned (socket, NULL, 0x10000, 2, ZMQ_PAIR));
    CHECK_OK (zmq_socket_monitor_versioned (socket, NULL, 0, 1, 12345));
    CHECK_FAIL (zmq_socket_monitor_versioned (socket, "nonsense", 0, 2, ZMQ_PAIR), EINVAL);
    CHECK_FAIL (zmq_socket_monitor_versioned (socket, "tcp://127.0.0.1:1", 0, 2, ZMQ_PAIR),
                EPROTONOSUPPORT);
    static const int types[] = {ZMQ_CLIENT, ZMQ_DEALER, ZMQ_PULL, ZMQ_SUB, ZMQ_ROUTER, -1};
    for (int i = 0; i < 6; i++)
        CHECK_FAIL (zmq_socket_monitor_versioned (socket, "inproc://m", 0, 2, types[i]), EINVAL);
    CHECK_OK (zmq_socket_monitor_versioned (socket, "inproc://m", UINT64_MAX, 2, ZMQ_PUB));
}

TEST (h282_version_2_stop)
{
    static const int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_PUSH, ZMQ_PULL}, {ZMQ_PUB, ZMQ_SUB}};
    for (int i = 0; i < 3; i++) {
        char endpoint[32];
        uint64_t values[2];
        snprintf (endpoint, sizeof endpoint, "inproc://m-%d", i);
        void *socket = new_socket (ZMQ_DEALER), *reader = new_socket (types[i][1]);
        CHECK_OK (zmq_socket_monitor_versioned (socket, endpoint, ZMQ_EVENT_ALL_V2, 2,
                                                types[i][0]));
        if (types[i][1] == ZMQ_SUB)
            CHECK_OK (zmq_setsockopt (reader, ZMQ_SUBSCRIBE, "", 0));
        CHECK_OK (zmq_connect (reader, endpoint));
        CHECK_OK (zmq_socket_monitor_versioned (socket, NULL, 0, 2, ZMQ_PAIR));
        CHECK_INT (event_of (reader, values, 1), ZMQ_EVENT_MONITOR_STOPPED);
        CHECK_INT (values[0], 0);
    }
}

TEST (a411_a_refused_type_has_stopped_the_old_monitor)
{
    uint64_t values[2];
    void *socket = new_socket (ZMQ_DEALER), *reader = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_socket_monitor_versioned (socket, "inproc://m", ZMQ_EVENT_ALL_V2, 2, ZMQ_PAIR));
    CHECK_OK (zmq_connect (reader, "inproc://m"));
    CHECK_FAIL (zmq_socket_monitor_versioned (socket, "nonsense", 0, 2, ZMQ_PAIR), EINVAL);
    EXPECT_NOTHING (reader);
    CHECK_FAIL (zmq_socket_monitor_versioned (socket, "inproc://n", 0, 2, ZMQ_PULL), EINVAL);
    CHECK_INT (event_of (reader, values, 1), ZMQ_EVENT_MONITOR_STOPPED);
}

TEST (h293_pipes_stats_refused)
{
    void *a, *b, *lone = new_socket (ZMQ_PUSH);
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (NULL), ENOTSOCK);
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (a), EINVAL);
    CHECK_OK (zmq_socket_monitor_versioned (a, "inproc://v1", 0xffff & ~ZMQ_EVENT_MONITOR_STOPPED,
                                            1, ZMQ_PAIR));
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (a), EINVAL);
    CHECK_OK (zmq_socket_monitor_versioned (lone, "inproc://v2", ZMQ_EVENT_PIPES_STATS, 2,
                                            ZMQ_PAIR));
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (lone), EAGAIN);
}

TEST (e05_pipes_stats_over_inproc)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    void *reader = new_socket (ZMQ_PAIR);
    uint64_t values[2] = {99, 99};
    CHECK_OK (zmq_bind (pull, "inproc://pull"));
    CHECK_OK (zmq_connect (push, "inproc://pull"));
    CHECK_OK (zmq_socket_monitor_versioned (push, "inproc://m", ZMQ_EVENT_PIPES_STATS, 2,
                                            ZMQ_PAIR));
    CHECK_OK (zmq_connect (reader, "inproc://m"));
    for (int i = 0; i < 3; i++)
        CHECK_INT (send_str (push, "a", 0), 1);
    CHECK_OK (zmq_socket_monitor_pipes_stats (push));
    /* both ends have to look */
    settle (pull);
    settle (push);
    CHECK_INT (event_of (reader, values, 2), ZMQ_EVENT_PIPES_STATS);
    CHECK_INT (values[0], 3);
    CHECK_INT (values[1], 0);
    EXPECT_NOTHING (reader);
}

TEST (a40_pipes_stats_does_not_look_at_termination)
{
    void *pull = new_socket (ZMQ_PULL);
    char byte;
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_FAIL (zmq_recv (pull, &byte, 1, 0), ETERM);
    CHECK_FAIL (zmq_socket_monitor_pipes_stats (pull), EINVAL);
    CHECK_FAIL (zmq_socket_monitor_versioned (pull, NULL, 0, 2, ZMQ_PAIR), ETERM);
}
