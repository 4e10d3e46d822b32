/* What monitors say of attempts to connect that fail, and of what ends them. */
#include "events.h"

TEST (h277_a_refused_connect_is_tried_again)
{
    EACH_TRANSPORT (i) {
        void *push = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 20));
        void *reader = monitor (push);
        const char *endpoint = deserted (i);
        CHECK_OK (zmq_connect (push, endpoint));
        for (int attempt = 0; attempt < 4; attempt++) {
            EXPECT_EVENTS (reader, endpoint, refused (i));
            uint32_t wait = EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED").value;
            CHECK (wait >= 20 && wait < 40);
        }
        close_socket (push);
        SKIP_TO (reader, MONITOR_STOPPED);
    }
}

SINCE_4_3_5 (h277_the_waits_double_up_to_their_maximum)
{
    EACH_TRANSPORT (i) {
        static const uint32_t waits[] = {5, 10, 20, 40, 50, 50};
        void *push = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 5));
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL_MAX, 50));
        void *reader = monitor (push);
        const char *endpoint = deserted (i);
        CHECK_OK (zmq_connect (push, endpoint));
        for (int attempt = 0; attempt < 6; attempt++) {
            EXPECT_EVENTS (reader, endpoint, refused (i));
            CHECK_INT (EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED").value, waits[attempt]);
        }
    }
}

TEST (s_e4_the_closed_descriptor_is_that_of_the_attempt)
{
    void *push = eager_socket (ZMQ_PUSH), *reader = monitor (push);
    const char *endpoint = refused_endpoint ();
    CHECK_OK (zmq_connect (push, endpoint));
    int fd = (int) EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED CLOSED").value;
    CHECK (fd > 2);
}

TEST (s_e4_what_does_not_resolve_is_tried_again)
{
    void *push = eager_socket (ZMQ_PUSH), *reader = monitor (push);
    CHECK_OK (zmq_connect (push, "tcp://[::1]:5555")); /* without ZMQ_IPV6 */
    EXPECT_EVENTS (reader, "tcp://[::1]:5555", "CONNECT_RETRIED CONNECT_RETRIED CONNECT_RETRIED");
    CHECK_OK (zmq_disconnect (push, "tcp://[::1]:5555"));
}

TEST (s_e4_without_reconnection_one_refusal_is_the_end)
{
    static const int intervals[] = {-1, 0};
    EACH_TRANSPORT (i) {
        for (int j = 0; j < 2; j++) {
            void *push = new_socket (ZMQ_PUSH);
            CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, intervals[j]));
            void *reader = monitor (push);
            const char *endpoint = deserted (i);
            CHECK_OK (zmq_connect (push, endpoint));
            EXPECT_EVENTS (reader, endpoint, refused (i));
            EXPECT_QUIET (reader, QUIET);
            CHECK_OK (zmq_disconnect (push, endpoint));
            EXPECT_END (push, reader);
        }
    }
}

/* An option of the draft API, which builds without it take by number, and its flags. */
#define RECONNECT_STOP 109
#define STOP_CONN_REFUSED 1
#define STOP_AFTER_DISCONNECT 4

TEST (h254_reconnect_stop_ends_with_the_first_refusal)
{
    void *push = eager_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, RECONNECT_STOP, STOP_CONN_REFUSED));
    void *reader = monitor (push);
    const char *endpoint = refused_endpoint ();
    CHECK_OK (zmq_connect (push, endpoint));
    EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED CLOSED");
    EXPECT_QUIET (reader, QUIET);
    EXPECT_END (push, reader);
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (zmq_disconnect (push, endpoint), ENOENT);
}

/* A listener whose queue is full, so that the system neither takes nor refuses one more. */
static const char *overcrowded (void)
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    CHECK_OK (listen (listener, 0));
    for (int i = 0; i < 20; i++) {
        struct sockaddr_storage place;
        socklen_t size = place_of (endpoint, &place);
        int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct pollfd item = {fd, POLLOUT, 0};
        CHECK_FAIL (connect (fd, (struct sockaddr *) &place, size), EINPROGRESS);
        if (poll (&item, 1, 100) == 0)
            return endpoint;
    }
    FAIL ("the queue of a listener never becomes full");
}

TEST (s_e4_a_connect_timeout_is_tried_again)
{
    void *push = eager_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_CONNECT_TIMEOUT, 30));
    const char *endpoint = overcrowded ();
    void *reader = monitor (push);
    CHECK_OK (zmq_connect (push, endpoint));
    EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED CLOSED CONNECT_RETRIED");
    EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED CLOSED CONNECT_RETRIED");
}

TEST (s_e4_a_close_gives_up_an_attempt_in_progress)
{
    const char *endpoint = overcrowded ();
    void *push = new_socket (ZMQ_PUSH), *reader = monitor (push);
    CHECK_OK (zmq_connect (push, endpoint));
    EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED");
    close_socket (push);
    EXPECT_EVENTS (reader, endpoint, "CLOSED");
    EXPECT_EVENTS (reader, "", "MONITOR_STOPPED");
}

TEST (s_e4_a_disconnect_gives_up_an_attempt_in_progress)
{
    const char *endpoint = overcrowded ();
    void *push = eager_socket (ZMQ_PUSH), *reader = monitor (push);
    CHECK_OK (zmq_connect (push, endpoint));
    EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED");
    CHECK_OK (zmq_disconnect (push, endpoint));
    stirred = push;
    EXPECT_EVENTS (reader, endpoint, "CLOSED");
    EXPECT_QUIET (reader, QUIET);
    EXPECT_END (push, reader);
}

TEST (s_e4_a_close_while_waiting_says_nothing)
{
    EACH_TRANSPORT (i) {
        void *push = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 60000));
        void *reader = monitor (push);
        const char *endpoint = deserted (i);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (reader, endpoint, refused (i));
        EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED");
        close_socket (push);
        EXPECT_EVENTS (reader, "", "MONITOR_STOPPED");
    }
}

TEST (s_e4_a_disconnect_ends_the_attempts)
{
    EACH_TRANSPORT (i) {
        void *push = eager_socket (ZMQ_PUSH), *reader = monitor (push);
        const char *endpoint = deserted (i);
        CHECK_OK (zmq_connect (push, endpoint));
        SKIP_TO (reader, CONNECT_RETRIED);
        CHECK_OK (zmq_disconnect (push, endpoint));
        stirred = push;
        while (event_comes (reader, QUIET)) /* those raised before it came through */
            NEXT_EVENT (reader);
        EXPECT_END (push, reader);
    }
}

TEST (s_e4_the_peer_appears_while_attempts_are_made)
{
    EACH_TRANSPORT (i) {
        void *push = eager_socket (ZMQ_PUSH), *reader = monitor (push), *pull;
        const char *endpoint;
        if (i == TCP) { /* a port that has just been in use */
            endpoint = bind_over (TCP, pull = new_socket (ZMQ_PULL));
            close_socket (pull);
        } else
            endpoint = free_endpoint (IPC);
        CHECK_OK (zmq_connect (push, endpoint));
        pull = new_socket (ZMQ_PULL);
        void *pull_reader = monitor_some (pull, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        SKIP_TO (reader, CONNECT_RETRIED);
        WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
        CHECK_STR (SKIP_TO (reader, CONNECTED).endpoint, endpoint);
        EXPECT_EVENTS (reader, endpoint, "HANDSHAKE_SUCCEEDED");
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        EXPECT_END (push, reader);
    }
}

/* A PUSH with a message for an ipc name at which nobody listens, which it has disconnected from. */
static void *disconnected_with_a_message (int stop_, void **reader_)
{
    void *push = eager_socket (ZMQ_PUSH);
    const char *endpoint = deserted (IPC);
    CHECK_OK (set_int (push, RECONNECT_STOP, stop_));
    CHECK_OK (set_int (push, ZMQ_LINGER, 1000));
    *reader_ = monitor (push);
    CHECK_OK (zmq_connect (push, endpoint));
    send_parts (push, "lingers", NULL);
    EXPECT_EVENTS (*reader_, endpoint, "CLOSED CONNECT_RETRIED");
    CHECK_OK (zmq_disconnect (push, endpoint));
    stirred = push;
    return push;
}

TEST (s_b6_attempts_go_on_after_a_disconnect_while_messages_linger)
{
    void *reader;
    disconnected_with_a_message (0, &reader);
    for (int i = 0; i < 5; i++)
        SKIP_TO (reader, CONNECT_RETRIED);
}

TEST (s_d7_reconnect_stop_after_a_disconnect)
{
    void *reader, *push = disconnected_with_a_message (STOP_AFTER_DISCONNECT, &reader);
    while (event_comes (reader, QUIET)) /* those raised before it came through */
        NEXT_EVENT (reader);
    EXPECT_END (push, reader);
}
