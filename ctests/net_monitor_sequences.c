/* What monitors say of binds, of links that end and of peers that are not wanted: the table of
 * sequences, with other sockets of the library as peers. Attempts to connect stand in
 * net_monitor_attempts.c, peers made by hand in net_monitor_peers.c. */
#include "events.h"

/* ---- bind ---------------------------------------------------------------------------------- */

TEST (s_e4_bind_of_an_address_in_use)
{
    void *other = new_socket (ZMQ_PULL), *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    const char *endpoint = bind_over (TCP, other);
    CHECK_INT (zmq_bind (pull, endpoint), -1);
    EXPECT_EVENTS (reader, "", "CLOSED");
    EXPECT_EVENTS (reader, endpoint + 6, "BIND_FAILED:EADDRINUSE");
    endpoint = bind_over (IPC, other);
    CHECK_INT (zmq_bind (pull, endpoint), -1);
    EXPECT_EVENTS (reader, endpoint, "CLOSED");
    EXPECT_EVENTS (reader, endpoint + 6, "BIND_FAILED:EADDRINUSE");
    EXPECT_END (pull, reader);
}

TEST (s_e4_bind_of_an_address_of_somebody_else)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    CHECK_INT (zmq_bind (pull, "tcp://192.0.2.1:5555"), -1);
    EXPECT_EVENTS (reader, "", "CLOSED");
    EXPECT_EVENTS (reader, "192.0.2.1:5555", "BIND_FAILED:EADDRNOTAVAIL");
    EXPECT_END (pull, reader);
}

TEST (s_e4_bind_of_what_is_no_address)
{
    static const struct
    {
        const char *endpoint, *event;
    } rows[] = {
      {"tcp://[::1]:5555", "BIND_FAILED:ENODEV"}, {"tcp://:5555", "BIND_FAILED:ENODEV"},
      {"tcp://127.0.0.1:abc", "BIND_FAILED:EINVAL"}, {"tcp://127.0.0.1", "BIND_FAILED:EINVAL"},
      {"ipc://@", "BIND_FAILED:EINVAL"},
    };
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT (zmq_bind (pull, rows[i].endpoint), -1);
        EXPECT_EVENTS (reader, rows[i].endpoint + 6, rows[i].event);
    }
    EXPECT_END (pull, reader);
}

TEST (s_e4_bind_of_an_ipc_path_that_cannot_be)
{
    char missing[128], longer[200];
    const char *path = ipc_endpoint ();
    snprintf (missing, sizeof missing, "%s/not/there", path);
    snprintf (longer, sizeof longer, "%s%0110d", path, 0);
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    CHECK_INT (zmq_bind (pull, missing), -1);
    EXPECT_EVENTS (reader, missing, "CLOSED");
    EXPECT_EVENTS (reader, missing + 6, "BIND_FAILED:ENOENT");
    CHECK_INT (zmq_bind (pull, longer), -1);
    EXPECT_EVENTS (reader, longer + 6, "BIND_FAILED:ENAMETOOLONG");
    EXPECT_END (pull, reader);
    remove_ipc (path);
}

TEST (s_e4_bind_of_a_malformed_endpoint_says_nothing)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    CHECK_FAIL (zmq_bind (pull, "tcp"), EINVAL);
    CHECK_FAIL (zmq_bind (pull, "tcp://"), EINVAL);
    CHECK_FAIL (zmq_bind (pull, "nothing://127.0.0.1:*"), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_bind (pull, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
    CHECK_FAIL (zmq_connect (pull, "tcp://127.0.0.1"), EINVAL);
    CHECK_FAIL (zmq_connect (pull, "tcp://*:5555"), EINVAL);
    CHECK_FAIL (zmq_unbind (pull, "tcp://127.0.0.1:5555"), ENOENT);
    EXPECT_END (pull, reader);
}

/* ---- links that end ------------------------------------------------------------------------ */

TEST (s_e4_the_peer_of_an_accepted_link_goes_away)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
        const char *endpoint = bind_over (i, pull);
        EXPECT_EVENTS (reader, endpoint, "LISTENING");
        for (int round = 0; round < 3; round++) {
            void *push = connected (ZMQ_PUSH, endpoint);
            EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
            close_socket (push);
            EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
        }
        EXPECT_END (pull, reader);
    }
}

TEST (h278_the_peer_of_a_connected_link_goes_away)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 60000));
        void *reader = monitor (push);
        const char *endpoint = bind_over (i, pull);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (reader, endpoint, connecting (i));
        close_socket (pull);
        EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
        uint32_t wait = EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED").value;
        CHECK (wait >= 60000 && wait < 120000);
        EXPECT_QUIET (reader, 2 * QUIET);
        EXPECT_END (push, reader);
    }
}

TEST (h279_the_peer_comes_back)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
        void *reader = monitor (push);
        const char *endpoint = bind_over (i, pull);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (reader, endpoint, connecting (i));
        close_socket (pull);
        EXPECT_EVENTS (reader, endpoint, "DISCONNECTED CONNECT_RETRIED");
        EXPECT_EVENTS (reader, endpoint, refused (i)); /* at least once, as nobody is there */
        EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED");
        pull = new_socket (ZMQ_PULL);
        WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
        CHECK_STR (SKIP_TO (reader, CONNECTED).endpoint, endpoint);
        EXPECT_EVENTS (reader, endpoint, "HANDSHAKE_SUCCEEDED");
        EXPECT_END (push, reader);
    }
}

TEST (h279_a_link_that_is_lost_is_made_again_at_a_peer_that_stays)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
        const char *endpoint = bind_over (i, pull);
        void *push_reader = monitor (push), *pull_reader = monitor (pull);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (push_reader, endpoint, connecting (i));
        for (int round = 0; round < 2; round++) {
            int fd = (int) EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED").value;
            EXPECT_EVENTS (pull_reader, endpoint, "HANDSHAKE_SUCCEEDED");
            CHECK_OK (shutdown (fd, SHUT_RDWR)); /* as if the network had failed */
            EXPECT_EVENTS (pull_reader, endpoint, "DISCONNECTED");
            EXPECT_EVENTS (push_reader, endpoint, "DISCONNECTED CONNECT_RETRIED");
            EXPECT_EVENTS (push_reader, endpoint, connecting (i));
        }
    }
}

TEST (s_e4_the_peer_of_a_link_without_reconnection_goes_away)
{
    static const int intervals[] = {-1, 0};
    EACH_TRANSPORT (i) {
        for (int j = 0; j < 2; j++) {
            void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
            CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, intervals[j]));
            void *reader = monitor (push);
            const char *endpoint = bind_over (i, pull);
            CHECK_OK (zmq_connect (push, endpoint));
            EXPECT_EVENTS (reader, endpoint, connecting (i));
            close_socket (pull);
            EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
            EXPECT_QUIET (reader, QUIET);
            WAIT_UNTIL (settle (push) == 0);
            CHECK_FAIL (zmq_disconnect (push, endpoint), ENOENT);
            EXPECT_END (push, reader);
        }
    }
}

TEST (h280_a_close_of_the_bound_socket_closes_the_listener)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
        const char *endpoint = bind_over (i, pull);
        uint32_t listener = EXPECT_EVENTS (reader, endpoint, "LISTENING").value;
        connected (ZMQ_PUSH, endpoint);
        EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        close_socket (pull);
        CHECK_INT (EXPECT_EVENTS (reader, endpoint, "CLOSED").value, listener);
        EXPECT_EVENTS (reader, "", "MONITOR_STOPPED");
        WAIT_UNTIL (settle (reader) == 0);
        EXPECT_NOTHING (reader);
    }
}

TEST (h280_each_listener_is_closed)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    for (int i = 0; i < 3; i++) {
        bind_over (TCP, pull);
        bind_over (IPC, pull);
    }
    EXPECT_EVENTS (reader, NULL, "LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING");
    close_socket (pull);
    EXPECT_EVENTS (reader, NULL, "CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED MONITOR_STOPPED");
}

TEST (s_e4_a_close_of_the_connecting_socket_says_nothing_of_its_link)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        const char *endpoint = bind_over (i, pull);
        void *push_reader = monitor (push), *pull_reader = monitor (pull);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (push_reader, endpoint, connecting (i));
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        close_socket (push);
        EXPECT_EVENTS (push_reader, "", "MONITOR_STOPPED");
        EXPECT_EVENTS (pull_reader, endpoint, "DISCONNECTED");
        EXPECT_END (pull, pull_reader);
    }
}

TEST (h281_a_disconnect_is_an_event_of_the_peer_alone)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
        const char *endpoint = bind_over (i, pull);
        void *push_reader = monitor (push), *pull_reader = monitor (pull);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (push_reader, endpoint, connecting (i));
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        CHECK_OK (zmq_disconnect (push, endpoint));
        stirred = push;
        EXPECT_EVENTS (pull_reader, endpoint, "DISCONNECTED");
        EXPECT_QUIET (push_reader, QUIET);
        EXPECT_END (push, push_reader);
        EXPECT_END (pull, pull_reader);
    }
}

TEST (s_e4_an_unbind_closes_the_listener_and_the_peers_lose_their_links)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push[2], *push_reader[2];
        const char *endpoint = bind_over (i, pull);
        void *reader = monitor (pull);
        for (int j = 0; j < 2; j++) {
            push[j] = eager_socket (ZMQ_PUSH);
            push_reader[j] = monitor (push[j]);
            CHECK_OK (zmq_connect (push[j], endpoint));
            EXPECT_EVENTS (push_reader[j], endpoint, connecting (i));
            EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        }
        CHECK_OK (zmq_unbind (pull, endpoint));
        stirred = pull;
        EXPECT_EVENTS (reader, endpoint, "CLOSED");
        for (int j = 0; j < 2; j++) {
            EXPECT_EVENTS (push_reader[j], endpoint, "DISCONNECTED CONNECT_RETRIED");
            EXPECT_EVENTS (push_reader[j], endpoint, refused (i));
        }
        EXPECT_END (pull, reader);
    }
}

TEST (s_e4_two_connections_of_one_socket_speak_apart)
{
    void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH), *reader = monitor (push);
    const char *here = bind_over (IPC, pull), *nowhere = free_endpoint (IPC);
    CHECK_OK (zmq_connect (push, here));
    EXPECT_EVENTS (reader, here, "CONNECTED HANDSHAKE_SUCCEEDED");
    CHECK_OK (zmq_connect (push, nowhere));
    EXPECT_EVENTS (reader, nowhere, "CLOSED CONNECT_RETRIED CLOSED CONNECT_RETRIED");
    CHECK_OK (zmq_disconnect (push, nowhere));
    close_socket (pull);
    CHECK_STR (SKIP_TO (reader, DISCONNECTED).endpoint, here);
}

/* ---- peers that are not wanted ------------------------------------------------------------- */

TEST (s_e4_the_second_peer_of_a_pair_looks_like_any_other)
{
    EACH_TRANSPORT (i) {
        void *pair = new_socket (ZMQ_PAIR), *reader = monitor (pair);
        const char *endpoint = bind_over (i, pair);
        EXPECT_EVENTS (reader, endpoint, "LISTENING");
        void *first = connected (ZMQ_PAIR, endpoint);
        EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        bounce (pair, first);
        void *second = new_socket (ZMQ_PAIR), *second_reader = monitor (second);
        CHECK_OK (zmq_connect (second, endpoint));
        EXPECT_EVENTS (second_reader, endpoint, connecting (i));
        EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        bounce (pair, first);
    }
}

/* Both sides see it, unless the other one was faster: then the link has ended in the handshake. */
static void expect_refused_properties (void *reader_, const char *endpoint_)
{
    event_t event = NEXT_EVENT (reader_);
    CHECK_STR (event.endpoint, endpoint_);
    if (event.number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL && ours ()) {
        CHECK_INT (event.value, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA);
        event = NEXT_EVENT (reader_);
    } else if (event.number == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        event = NEXT_EVENT (reader_);
    CHECK_STR (event_name (event.number), "DISCONNECTED");
}

TEST (h257_incompatible_types_part_without_a_retry)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *pub = eager_socket (ZMQ_PUB);
        const char *endpoint = bind_over (i, pull);
        void *pub_reader = monitor (pub), *pull_reader = monitor (pull);
        CHECK_OK (zmq_connect (pub, endpoint));
        SKIP_TO (pub_reader, CONNECTED);
        expect_refused_properties (pub_reader, endpoint);
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED");
        expect_refused_properties (pull_reader, endpoint);
        EXPECT_QUIET (pub_reader, QUIET);
        EXPECT_END (pull, pull_reader);
    }
}

TEST (s_e4_the_accept_filter_of_tcp)
{
    void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
    CHECK_OK (set_str (pull, ZMQ_TCP_ACCEPT_FILTER, "192.0.2.0/24"));
    void *pull_reader = monitor (pull), *push_reader = monitor (push);
    const char *endpoint = bind_over (TCP, pull);
    EXPECT_EVENTS (pull_reader, endpoint, "LISTENING");
    CHECK_OK (zmq_connect (push, endpoint));
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPT_FAILED");
        EXPECT_EVENTS (push_reader, endpoint,
                       "CONNECT_DELAYED CONNECTED HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET "
                       "DISCONNECTED CONNECT_RETRIED");
    }
}

TEST (s_e4_the_accept_filter_of_ipc)
{
    pid_t nobody = getppid ();
    void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
    CHECK_OK (zmq_setsockopt (pull, ZMQ_IPC_FILTER_PID, &nobody, sizeof nobody));
    void *pull_reader = monitor (pull), *push_reader = monitor (push);
    const char *endpoint = bind_over (IPC, pull);
    EXPECT_EVENTS (pull_reader, endpoint, "LISTENING");
    CHECK_OK (zmq_connect (push, endpoint));
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPT_FAILED");
        EXPECT_EVENTS (push_reader, endpoint,
                       "CONNECTED HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED "
                       "CONNECT_RETRIED");
    }
}

TEST (s_e4_a_filter_that_fits_lets_in)
{
    pid_t me = getpid ();
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    CHECK_OK (set_str (pull, ZMQ_TCP_ACCEPT_FILTER, "127.0.0.0/8"));
    CHECK_OK (zmq_setsockopt (pull, ZMQ_IPC_FILTER_PID, &me, sizeof me));
    EACH_TRANSPORT (i) {
        const char *endpoint = bind_over (i, pull);
        connected (ZMQ_PUSH, endpoint);
        EXPECT_EVENTS (reader, endpoint, "LISTENING ACCEPTED HANDSHAKE_SUCCEEDED");
    }
}

/* ---- heartbeats and raw sockets ------------------------------------------------------------ */

TEST (h260_live_peers_with_heartbeats_raise_no_events)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_IVL, 10));
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TIMEOUT, 5000));
        CHECK_OK (set_int (push, ZMQ_HEARTBEAT_IVL, 10));
        CHECK_OK (set_int (push, ZMQ_HEARTBEAT_TIMEOUT, 5000));
        const char *endpoint = bind_over (i, pull);
        void *pull_reader = monitor (pull), *push_reader = monitor (push);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (push_reader, endpoint, connecting (i));
        EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        EXPECT_QUIET (push_reader, QUIET);
        EXPECT_END (push, push_reader);
        EXPECT_END (pull, pull_reader);
    }
}

TEST (s_e4_raw_sockets_have_no_handshake_until_they_lose_it)
{
    EACH_TRANSPORT (i) {
        void *server = new_socket (ZMQ_STREAM), *client = eager_socket (ZMQ_STREAM);
        const char *endpoint = bind_over (i, server);
        void *server_reader = monitor (server), *client_reader = monitor (client);
        CHECK_OK (zmq_connect (client, endpoint));
        SKIP_TO (client_reader, CONNECTED);
        EXPECT_EVENTS (server_reader, endpoint, "ACCEPTED");
        CHECK_INT (wait_for (client, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        CHECK_INT (wait_for (server, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        close_socket (client);
        EXPECT_EVENTS (client_reader, "", "MONITOR_STOPPED");
        EXPECT_EVENTS (server_reader, endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED");
        EXPECT_END (server, server_reader);
    }
}

TEST (s_e4_a_connected_stream_that_loses_its_link_comes_back)
{
    EACH_TRANSPORT (i) {
        void *server = new_socket (ZMQ_STREAM), *client = eager_socket (ZMQ_STREAM);
        const char *endpoint = bind_over (i, server);
        void *client_reader = monitor (client);
        CHECK_OK (zmq_connect (client, endpoint));
        SKIP_TO (client_reader, CONNECTED);
        CHECK_INT (wait_for (server, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        close_socket (server);
        EXPECT_EVENTS (client_reader, endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED");
        EXPECT_EVENTS (client_reader, endpoint, refused (i));
    }
}
