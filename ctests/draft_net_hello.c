/* ZMQ_HELLO_MSG, ZMQ_DISCONNECT_MSG and ZMQ_HICCUP_MSG over tcp and ipc. */
#include "events.h"

/* A new socket with one of the three messages, which tries again after 10 to 20 ms. */
static void *socket_with (int type_, int option_, const char *text_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_str (socket, option_, text_));
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, 10));
    return socket;
}

/* ---- HELLO_MSG ----------------------------------------------------------------------------- */

/* Every type that says hello, and what a peer of it is called in a handshake. */
static const struct
{
    int type;
    const char *peer;
} speakers[] = {{ZMQ_DEALER, "DEALER"}, {ZMQ_ROUTER, "DEALER"}, {ZMQ_REP, "DEALER"},
                {ZMQ_SERVER, "CLIENT"}, {ZMQ_CLIENT, "SERVER"}, {ZMQ_PEER, "PEER"}};
#define SPEAKERS (sizeof speakers / sizeof *speakers)

TEST (h264_hello_is_the_first_frame_to_a_peer_that_was_accepted)
{
    EACH_TRANSPORT (t) {
        for (size_t i = 0; i < SPEAKERS; i++) {
            void *socket = socket_with (speakers[i].type, ZMQ_HELLO_MSG, "HELLO");
            const char *endpoint = bind_over (t, socket);
            for (int round = 0; round < 2; round++) {
                int peer = plain_connect (endpoint);
                zmtp_handshake (peer, speakers[i].peer);
                PLAIN_EXPECT_OF (socket, peer, "\0\5HELLO");
                CHECK (!plain_readable (peer, 20));
            }
        }
    }
}

TEST (h266_hello_is_the_first_frame_of_each_link_that_was_connected)
{
    for (size_t i = 0; i < SPEAKERS; i++) {
        const char *endpoint;
        int listener = plain_listen (&endpoint);
        void *socket = socket_with (speakers[i].type, ZMQ_HELLO_MSG, "HELLO");
        CHECK_OK (zmq_connect (socket, endpoint));
        for (int round = 0; round < 3; round++) {
            int peer = plain_accept (listener);
            zmtp_handshake (peer, speakers[i].peer);
            PLAIN_EXPECT_OF (socket, peer, "\0\5HELLO");
            CHECK (!plain_readable (peer, 20));
            CHECK_OK (close (peer));
        }
    }
}

TEST (h264_the_hello_of_a_bound_router_reaches_a_dealer_first)
{
    EACH_TRANSPORT (t) {
        void *router = socket_with (ZMQ_ROUTER, ZMQ_HELLO_MSG, "HELLO");
        void *dealer = socket_with_id (ZMQ_DEALER, "peer");
        CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
        CHECK_OK (zmq_connect (dealer, bind_over (t, router)));
        WAIT_UNTIL (zmq_send (router, "peer", 4, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 4);
        send_parts (router, "next", NULL);
        EXPECT (dealer, "HELLO");
        EXPECT (dealer, "next");
        EXPECT_NOTHING (dealer);
    }
}

/* Whether nobody listens at an endpoint any more, which a close brings about a little later. */
static int refuses (const char *endpoint_)
{
    struct sockaddr_storage place;
    socklen_t size = place_of (endpoint_, &place);
    int fd = socket (place.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    int refused = connect (fd, (struct sockaddr *) &place, size) == -1 && errno == ECONNREFUSED;
    close (fd);
    return refused;
}

TEST (h264_hello_comes_before_what_was_queued)
{
    EACH_TRANSPORT (t) {
        const char *endpoint = t == IPC ? free_endpoint (IPC) : NULL;
        void *dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "HELLO"), *router;
        CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
        if (t == TCP) { /* a port that has just been in use, and is free again */
            endpoint = bind_over (TCP, router = new_socket (ZMQ_ROUTER));
            close_socket (router);
            WAIT_UNTIL (refuses (endpoint));
        }
        CHECK_OK (zmq_connect (dealer, endpoint));
        send_parts (dealer, "one", NULL);
        send_parts (dealer, "two", "parts", NULL);
        router = new_socket (ZMQ_ROUTER);
        WAIT_UNTIL (zmq_bind (router, endpoint) == 0);
        EXPECT (router, "peer", "HELLO");
        EXPECT (router, "peer", "one");
        EXPECT (router, "peer", "two", "parts");
        EXPECT_NOTHING (router);
    }
}

TEST (h265_both_sides_say_hello)
{
    EACH_TRANSPORT (t) {
        void *router = socket_with (ZMQ_ROUTER, ZMQ_HELLO_MSG, "from router");
        void *dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "from dealer");
        CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
        CHECK_OK (zmq_connect (dealer, bind_over (t, router)));
        EXPECT (router, "peer", "from dealer");
        EXPECT (dealer, "from router");
        EXPECT_NOTHING (router);
        EXPECT_NOTHING (dealer);
    }
}

TEST (h265_server_and_client_say_hello)
{
    EACH_TRANSPORT (t) {
        void *server = socket_with (ZMQ_SERVER, ZMQ_HELLO_MSG, "from server");
        void *client = socket_with (ZMQ_CLIENT, ZMQ_HELLO_MSG, "from client");
        CHECK_OK (zmq_connect (client, bind_over (t, server)));
        uint32_t id = EXPECT_FROM (server, "from client");
        CHECK (id != 0);
        CHECK_INT (EXPECT_FROM (client, "from server"), 0);
        CHECK_INT (send_to (server, id, "next", 0), 4);
        CHECK_INT (EXPECT_FROM (client, "next"), 0);
    }
}

TEST (h266_hello_is_said_again_to_a_peer_that_comes_back)
{
    EACH_TRANSPORT (t) {
        void *router = new_socket (ZMQ_ROUTER);
        void *dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "HELLO");
        CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
        const char *endpoint = bind_over (t, router);
        CHECK_OK (zmq_connect (dealer, endpoint));
        EXPECT (router, "peer", "HELLO");
        close_socket (router);
        router = new_socket (ZMQ_ROUTER);
        WAIT_UNTIL (zmq_bind (router, endpoint) == 0);
        EXPECT (router, "peer", "HELLO");
        EXPECT_NOTHING (router);
    }
}

TEST (s_d9_other_types_say_no_hello)
{
    static const struct
    {
        int type;
        const char *peer;
    } silent[] = {{ZMQ_PAIR, "PAIR"},       {ZMQ_PUSH, "PULL"},     {ZMQ_PULL, "PUSH"},
                  {ZMQ_PUB, "SUB"},         {ZMQ_XPUB, "SUB"},      {ZMQ_SUB, "PUB"},
                  {ZMQ_REQ, "REP"},         {ZMQ_RADIO, "DISH"},    {ZMQ_DISH, "RADIO"},
                  {ZMQ_SCATTER, "GATHER"},  {ZMQ_GATHER, "SCATTER"}, {ZMQ_CHANNEL, "CHANNEL"}};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        void *socket = socket_with (silent[i].type, ZMQ_HELLO_MSG, "HELLO");
        int peer = plain_connect (bind_over (TCP, socket));
        zmtp_handshake (peer, silent[i].peer);
        PLAIN_WRITE (peer, "\4\7\4PING\0\0"); /* the answer says that nothing came before it */
        for (int j = 0; j < 20; j++) {
            settle (socket);
            sleep_ms (1);
        }
        PLAIN_EXPECT (peer, "\4\5\4PONG");
        CHECK (!plain_readable (peer, 0));
    }
}

TEST (s_d9_an_empty_hello_is_none)
{
    void *dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "HELLO");
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_HELLO_MSG, NULL, 0));
    int peer = plain_connect (bind_over (TCP, dealer));
    zmtp_handshake (peer, "DEALER");
    WAIT_UNTIL (settle (dealer) & ZMQ_POLLOUT);
    send_parts (dealer, "first", NULL);
    PLAIN_EXPECT (peer, "\0\5first");
}

TEST (s_d9_the_hello_is_that_of_the_bind_or_connect)
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    void *bound_dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "before");
    void *connected_dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "before");
    const char *there = bind_over (TCP, bound_dealer);
    CHECK_OK (zmq_connect (connected_dealer, endpoint));
    CHECK_OK (set_str (bound_dealer, ZMQ_HELLO_MSG, "after"));
    CHECK_OK (set_str (connected_dealer, ZMQ_HELLO_MSG, "after"));
    int one = plain_connect (there), two = plain_accept (listener);
    zmtp_handshake (one, "DEALER");
    zmtp_handshake (two, "DEALER");
    PLAIN_EXPECT_OF (bound_dealer, one, "\0\6before");
    PLAIN_EXPECT_OF (connected_dealer, two, "\0\6before");
}

TEST (w36_hello_may_be_long)
{
    char text[301];
    memset (text, 'h', 300);
    text[300] = 0;
    void *dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, text), *other = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_connect (other, bind_over (TCP, dealer)));
    WAIT_UNTIL ((settle (dealer), settle (other)) & ZMQ_POLLIN);
    EXPECT (other, text);
}

TEST (w36_peers_of_zmtp_2_hear_hello_too)
{
    void *dealer = socket_with (ZMQ_DEALER, ZMQ_HELLO_MSG, "HELLO");
    int peer = plain_connect (bind_over (TCP, dealer));
    PLAIN_WRITE (peer, "\xff\0\0\0\0\0\0\0\1\x7f\1\5\0\0");
    PLAIN_EXPECT (peer, "\xff\0\0\0\0\0\0\0\1\x7f\3\5\0\0");
    PLAIN_EXPECT_OF (dealer, peer, "\0\5HELLO");
}

/* ---- DISCONNECT_MSG ------------------------------------------------------------------------ */

/* A bound SERVER with a disconnect message, and a connected CLIENT with the id it has there. */
static uint32_t server_and_client (int transport_, void **server_, void **client_, const char **at_)
{
    *server_ = socket_with (ZMQ_SERVER, ZMQ_DISCONNECT_MSG, "GONE");
    *at_ = bind_over (transport_, *server_);
    *client_ = connected (ZMQ_CLIENT, *at_);
    send_parts (*client_, "hello", NULL);
    return EXPECT_FROM (*server_, "hello");
}

TEST (h267_disconnect_msg_when_the_client_closes)
{
    EACH_TRANSPORT (t) {
        void *server, *client;
        const char *endpoint;
        uint32_t id = server_and_client (t, &server, &client, &endpoint);
        EXPECT_NOTHING (server);
        send_parts (client, "last", NULL);
        send_parts (client, "words", NULL);
        close_socket (client);
        CHECK_INT (EXPECT_FROM (server, "last"), id);
        CHECK_INT (EXPECT_FROM (server, "words"), id);
        CHECK_INT (EXPECT_FROM (server, "GONE"), id);
        EXPECT_NOTHING (server);
        WAIT_UNTIL ((settle (server), send_to (server, id, "x", ZMQ_DONTWAIT) == -1)
                    && errno == EHOSTUNREACH);
    }
}

TEST (h267_disconnect_msg_when_the_client_disconnects)
{
    EACH_TRANSPORT (t) {
        void *server, *client;
        const char *endpoint;
        uint32_t id = server_and_client (t, &server, &client, &endpoint);
        CHECK_OK (zmq_disconnect (client, endpoint));
        WAIT_UNTIL ((settle (client), settle (server)) & ZMQ_POLLIN);
        CHECK_INT (EXPECT_FROM (server, "GONE"), id);
        EXPECT_NOTHING (server);
    }
}

TEST (s_d9_disconnect_msg_of_router_has_the_id_and_replaces_half_a_message)
{
    for (int reset = 0; reset < 2; reset++) {
        char more[32], *end = zmtp_property (more, "Identity", "peer", 4);
        void *router = socket_with (ZMQ_ROUTER, ZMQ_DISCONNECT_MSG, "GONE");
        int peer = plain_connect (bind_over (TCP, router));
        zmtp_handshake_with (peer, "DEALER", more, (size_t) (end - more));
        PLAIN_WRITE (peer, "\1\5whole\0\7message\1\4half\1\4more");
        EXPECT (router, "peer", "whole", "message");
        if (reset)
            plain_reset (peer);
        else
            CHECK_OK (close (peer));
        EXPECT (router, "peer", "GONE");
        EXPECT_NOTHING (router);
    }
}

TEST (s_d9_disconnect_msg_of_peer)
{
    EACH_TRANSPORT (t) {
        void *one = socket_with (ZMQ_PEER, ZMQ_DISCONNECT_MSG, "GONE");
        void *two = new_socket (ZMQ_PEER);
        uint32_t id = zmq_connect_peer (two, bind_over (t, one));
        CHECK_INT (send_to (two, id, "hello", 0), 5);
        uint32_t back = EXPECT_FROM (one, "hello");
        close_socket (two);
        CHECK_INT (EXPECT_FROM (one, "GONE"), back);
        EXPECT_NOTHING (one);
    }
}

/* Makes a socket lose a link to a peer that has said so much of a handshake. */
static void lose_a_link (void *socket_, const char *bytes_, size_t size_)
{
    const char *endpoint = bind_over (TCP, socket_);
    void *reader = monitor_some (socket_, ZMQ_EVENT_DISCONNECTED);
    int peer = plain_connect (endpoint);
    plain_write (peer, bytes_, size_);
    CHECK_OK (close (peer));
    SKIP_TO (reader, DISCONNECTED);
}

TEST (s_d9_no_disconnect_msg_of_a_link_without_a_handshake)
{
    static const char greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL";
    void *server = socket_with (ZMQ_SERVER, ZMQ_DISCONNECT_MSG, "GONE");
    lose_a_link (server, "", 0);
    lose_a_link (server, greeting, 20);
    lose_a_link (server, greeting, 64);
    send_parts (connected (ZMQ_CLIENT, last_endpoint (server)), "hello", NULL);
    EXPECT_FROM (server, "hello");
    EXPECT_NOTHING (server);
}

TEST (s_d9_no_disconnect_msg_of_links_that_were_connected)
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    void *router = socket_with (ZMQ_ROUTER, ZMQ_DISCONNECT_MSG, "GONE");
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (router, endpoint));
    for (int round = 0; round < 2; round++) {
        int peer = plain_accept (listener);
        zmtp_handshake (peer, "DEALER");
        PLAIN_WRITE (peer, "\0\5hello");
        EXPECT (router, "peer", "hello");
        CHECK_OK (close (peer));
    }
    int peer = plain_accept (listener);
    zmtp_handshake (peer, "DEALER");
    PLAIN_WRITE (peer, "\0\4last");
    EXPECT (router, "peer", "last");
    EXPECT_NOTHING (router);
}

TEST (s_d9_no_disconnect_msg_of_links_that_an_unbind_ends)
{
    void *server, *client;
    const char *endpoint;
    server_and_client (TCP, &server, &client, &endpoint);
    void *reader = monitor_some (client, ZMQ_EVENT_DISCONNECTED);
    CHECK_OK (zmq_unbind (server, endpoint));
    stirred = server;
    EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
    settle (server);
    EXPECT_NOTHING (server);
}

TEST (s_d9_no_disconnect_msg_of_other_types)
{
    void *pull = socket_with (ZMQ_PULL, ZMQ_DISCONNECT_MSG, "GONE");
    const char *endpoint = bind_over (TCP, pull);
    void *reader = monitor_some (pull, ZMQ_EVENT_DISCONNECTED);
    void *push = connected (ZMQ_PUSH, endpoint);
    send_parts (push, "hello", NULL);
    EXPECT (pull, "hello");
    close_socket (push);
    SKIP_TO (reader, DISCONNECTED);
    send_parts (connected (ZMQ_PUSH, endpoint), "next", NULL);
    EXPECT (pull, "next");
    EXPECT_NOTHING (pull);
}

TEST (s_d9_disconnect_msg_of_rep_reaches_nobody)
{
    void *rep = socket_with (ZMQ_REP, ZMQ_DISCONNECT_MSG, "GONE");
    const char *endpoint = bind_over (TCP, rep);
    void *reader = monitor_some (rep, ZMQ_EVENT_DISCONNECTED);
    int peer = plain_connect (endpoint);
    zmtp_handshake (peer, "REQ");
    PLAIN_WRITE (peer, "\1\0\0\5hello");
    EXPECT (rep, "hello");
    send_parts (rep, "answer", NULL);
    PLAIN_EXPECT (peer, "\1\0\0\6answer");
    CHECK_OK (close (peer));
    SKIP_TO (reader, DISCONNECTED);
    void *req = connected (ZMQ_REQ, endpoint);
    send_parts (req, "next", NULL);
    /* the farewell makes the socket readable, but is no request that it could be asked for */
    char text[8];
    CHECK_OK (set_int (rep, ZMQ_RCVTIMEO, PATIENCE));
    CHECK_INT (recv_str (rep, text, sizeof text, 0), 4);
    CHECK_STR (text, "next");
}

/* ---- HICCUP_MSG ---------------------------------------------------------------------------- */

TEST (h268_hiccup_msg_each_time_the_peer_goes_away)
{
    static const struct
    {
        int type;
        const char *peer;
    } rows[] = {{ZMQ_DEALER, "DEALER"}, {ZMQ_CLIENT, "SERVER"}};
    for (int i = 0; i < 2; i++) {
        const char *endpoint;
        int listener = plain_listen (&endpoint);
        void *socket = socket_with (rows[i].type, ZMQ_HICCUP_MSG, "HICCUP");
        CHECK_OK (zmq_connect (socket, endpoint));
        for (int round = 0; round < 3; round++) {
            int peer = plain_accept (listener);
            zmtp_handshake (peer, rows[i].peer);
            PLAIN_WRITE (peer, "\0\5hello\0\5world\1\4half");
            CHECK_INT (EXPECT_FROM (socket, "hello"), 0);
            CHECK_INT (EXPECT_FROM (socket, "world"), 0);
            CHECK_OK (close (peer));
            CHECK_INT (EXPECT_FROM (socket, "HICCUP"), 0);
        }
        EXPECT_NOTHING (socket);
    }
}

TEST (h268_hiccup_msg_of_a_client_whose_server_closes)
{
    EACH_TRANSPORT (t) {
        void *server = new_socket (ZMQ_SERVER);
        void *client = socket_with (ZMQ_CLIENT, ZMQ_HICCUP_MSG, "HICCUP");
        const char *endpoint = bind_over (t, server);
        CHECK_OK (zmq_connect (client, endpoint));
        send_parts (client, "hello", NULL);
        EXPECT_FROM (server, "hello");
        EXPECT_NOTHING (client);
        close_socket (server);
        CHECK_INT (EXPECT_FROM (client, "HICCUP"), 0);
        server = new_socket (ZMQ_SERVER);
        WAIT_UNTIL (zmq_bind (server, endpoint) == 0);
        send_parts (client, "again", NULL);
        EXPECT_FROM (server, "again");
        EXPECT_NOTHING (client);
    }
}

TEST (s_d9_hiccup_msg_of_peer_has_the_id)
{
    void *one = new_socket (ZMQ_PEER), *two = socket_with (ZMQ_PEER, ZMQ_HICCUP_MSG, "HICCUP");
    uint32_t id = zmq_connect_peer (two, bind_over (TCP, one));
    CHECK_INT (send_to (two, id, "hello", 0), 5);
    EXPECT_FROM (one, "hello");
    close_socket (one);
    CHECK_INT (EXPECT_FROM (two, "HICCUP"), id);
}

TEST (h268_no_hiccup_msg_of_attempts_that_fail)
{
    EACH_TRANSPORT (t) {
        const char *endpoint = t == TCP ? refused_endpoint () : free_endpoint (IPC);
        void *dealer = socket_with (ZMQ_DEALER, ZMQ_HICCUP_MSG, "HICCUP");
        void *reader = monitor_some (dealer, ZMQ_EVENT_CONNECT_RETRIED);
        CHECK_OK (zmq_connect (dealer, endpoint));
        EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED CONNECT_RETRIED CONNECT_RETRIED");
        EXPECT_NOTHING (dealer);
    }
}

TEST (s_d9_no_hiccup_msg_of_a_link_without_a_handshake)
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    void *dealer = socket_with (ZMQ_DEALER, ZMQ_HICCUP_MSG, "HICCUP");
    CHECK_OK (zmq_connect (dealer, endpoint));
    for (int round = 0; round < 2; round++) {
        int peer = plain_accept (listener);
        if (round)
            zmtp_greet (peer, "NULL");
        CHECK_OK (close (peer));
    }
    int peer = plain_accept (listener);
    zmtp_handshake (peer, "DEALER");
    PLAIN_WRITE (peer, "\0\5hello");
    EXPECT (dealer, "hello");
    EXPECT_NOTHING (dealer);
}

TEST (s_d9_no_hiccup_msg_of_links_that_were_accepted)
{
    void *dealer = socket_with (ZMQ_DEALER, ZMQ_HICCUP_MSG, "HICCUP");
    const char *endpoint = bind_over (TCP, dealer);
    void *reader = monitor_some (dealer, ZMQ_EVENT_DISCONNECTED);
    int peer = plain_connect (endpoint);
    zmtp_handshake (peer, "DEALER");
    PLAIN_WRITE (peer, "\0\5hello");
    EXPECT (dealer, "hello");
    CHECK_OK (close (peer));
    SKIP_TO (reader, DISCONNECTED);
    send_parts (connected (ZMQ_DEALER, endpoint), "next", NULL);
    EXPECT (dealer, "next");
    EXPECT_NOTHING (dealer);
}

TEST (s_d9_no_hiccup_msg_of_a_disconnect)
{
    void *server = new_socket (ZMQ_SERVER);
    void *client = socket_with (ZMQ_CLIENT, ZMQ_HICCUP_MSG, "HICCUP");
    const char *endpoint = bind_over (TCP, server);
    CHECK_OK (zmq_connect (client, endpoint));
    send_parts (client, "hello", NULL);
    EXPECT_FROM (server, "hello");
    void *reader = monitor_some (server, ZMQ_EVENT_DISCONNECTED);
    CHECK_OK (zmq_disconnect (client, endpoint));
    stirred = client;
    EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
    settle (client);
    EXPECT_NOTHING (client);
}
