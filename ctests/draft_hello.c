/* ZMQ_HELLO_MSG, ZMQ_DISCONNECT_MSG and ZMQ_HICCUP_MSG over inproc. */
#include "sockets.h"

#define EP "inproc://hello"

/* A new socket with a hello message. */
static void *socket_with_hello (int type_, const char *hello_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_str (socket, ZMQ_HELLO_MSG, hello_));
    return socket;
}

TEST (h264_the_hello_of_a_bound_router_reaches_a_dealer_first)
{
    void *router = socket_with_hello (ZMQ_ROUTER, "HELLO");
    CHECK_OK (zmq_bind (router, EP));
    void *dealer = socket_with_id (ZMQ_DEALER, "peer");
    CHECK_OK (zmq_connect (dealer, EP));
    settle (router);
    send_parts (router, "peer", "next", NULL);
    EXPECT (dealer, "HELLO");
    EXPECT (dealer, "next");
    EXPECT_NOTHING (dealer);
}

TEST (h264_the_hello_of_a_connecting_dealer_reaches_a_router_first)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = socket_with_hello (ZMQ_DEALER, "HELLO");
    CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (dealer, EP));
    send_parts (dealer, "next", NULL);
    EXPECT (router, "peer", "HELLO");
    EXPECT (router, "peer", "next");
    EXPECT_NOTHING (router);
}

TEST (h265_both_hellos_arrive_when_the_bind_comes_later)
{
    void *dealer = socket_with_hello (ZMQ_DEALER, "from dealer");
    CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (dealer, EP));
    send_parts (dealer, "next", NULL);
    void *router = socket_with_hello (ZMQ_ROUTER, "from router");
    CHECK_OK (zmq_bind (router, EP));
    settle (router);
    settle (dealer);
    EXPECT (router, "peer", "from dealer");
    EXPECT (router, "peer", "next");
    EXPECT (dealer, "from router");
    EXPECT_NOTHING (router);
    EXPECT_NOTHING (dealer);
}

TEST (h265_both_hellos_arrive_when_the_bind_comes_first)
{
    void *server = socket_with_hello (ZMQ_SERVER, "from server");
    CHECK_OK (zmq_bind (server, EP));
    void *client = socket_with_hello (ZMQ_CLIENT, "from client");
    CHECK_OK (zmq_connect (client, EP));
    settle (server);
    settle (client);
    CHECK (EXPECT_FROM (server, "from client") != 0);
    CHECK_INT (EXPECT_FROM (client, "from server"), 0);
    EXPECT_NOTHING (server);
    EXPECT_NOTHING (client);
}

TEST (s_d9_every_peer_gets_the_hello)
{
    void *server = socket_with_hello (ZMQ_SERVER, "HELLO");
    CHECK_OK (zmq_bind (server, EP));
    for (int i = 0; i < 3; i++) {
        void *client = connected (ZMQ_CLIENT, EP);
        settle (server);
        EXPECT (client, "HELLO");
        EXPECT_NOTHING (client);
    }
}

TEST (s_d9_an_empty_hello_is_none)
{
    void *router = socket_with_hello (ZMQ_ROUTER, "HELLO");
    CHECK_OK (zmq_setsockopt (router, ZMQ_HELLO_MSG, NULL, 0));
    CHECK_OK (zmq_bind (router, EP));
    void *dealer = connected (ZMQ_DEALER, EP);
    settle (router);
    EXPECT_NOTHING (dealer);
}

TEST (s_d9_other_types_say_no_hello)
{
    int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_PUSH, ZMQ_PULL}, {ZMQ_SCATTER, ZMQ_GATHER}};
    for (int i = 0; i < 3; i++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://hello-%d", i);
        void *silent = socket_with_hello (types[i][0], "HELLO");
        CHECK_OK (zmq_bind (silent, endpoint));
        void *peer = connected (types[i][1], endpoint);
        settle (silent);
        EXPECT_NOTHING (peer);
    }
}

TEST (s_d9_the_binders_hello_is_that_of_the_bind)
{
    void *router = socket_with_hello (ZMQ_ROUTER, "before");
    CHECK_OK (zmq_bind (router, EP));
    CHECK_OK (set_str (router, ZMQ_HELLO_MSG, "after"));
    void *dealer = connected (ZMQ_DEALER, EP);
    settle (router);
    EXPECT (dealer, "before");
}

/* A bound SERVER with a disconnect message, and a connected CLIENT with the id it has there. */
static uint32_t server_and_client (void **server_, void **client_)
{
    *server_ = new_socket (ZMQ_SERVER);
    CHECK_OK (set_str (*server_, ZMQ_DISCONNECT_MSG, "GONE"));
    CHECK_OK (zmq_bind (*server_, EP));
    *client_ = connected (ZMQ_CLIENT, EP);
    send_parts (*client_, "hello", NULL);
    return EXPECT_FROM (*server_, "hello");
}

TEST (h267_disconnect_msg_is_received_when_the_client_closes)
{
    void *server, *client;
    uint32_t id = server_and_client (&server, &client);
    EXPECT_NOTHING (server);
    close_socket (client);
    CHECK_INT (EXPECT_FROM (server, "GONE"), id);
    EXPECT_NOTHING (server);
}

TEST (h267_disconnect_msg_is_received_when_the_client_disconnects)
{
    void *server, *client;
    uint32_t id = server_and_client (&server, &client);
    CHECK_OK (zmq_disconnect (client, EP));
    WAIT_UNTIL ((settle (client), settle (server)) & ZMQ_POLLIN);
    CHECK_INT (EXPECT_FROM (server, "GONE"), id);
    EXPECT_NOTHING (server);
}

TEST (h267_disconnect_msg_comes_after_all_complete_messages)
{
    void *server, *client;
    uint32_t id = server_and_client (&server, &client);
    send_parts (client, "last", NULL);
    send_parts (client, "words", NULL);
    close_socket (client);
    CHECK_INT (EXPECT_FROM (server, "last"), id);
    CHECK_INT (EXPECT_FROM (server, "words"), id);
    CHECK_INT (EXPECT_FROM (server, "GONE"), id);
}

TEST (s_d9_disconnect_msg_on_router_has_the_id_frame)
{
    void *router = new_socket (ZMQ_ROUTER), *dealer = socket_with_id (ZMQ_DEALER, "peer");
    CHECK_OK (set_str (router, ZMQ_DISCONNECT_MSG, "GONE"));
    CHECK_OK (zmq_bind (router, EP));
    CHECK_OK (zmq_connect (dealer, EP));
    send_parts (dealer, "whole", "message", NULL);
    CHECK_INT (send_str (dealer, "half", ZMQ_SNDMORE), 4);
    close_socket (dealer);
    EXPECT (router, "peer", "whole", "message");
    EXPECT (router, "peer", "GONE");
    EXPECT_NOTHING (router);
}

TEST (s_d9_hiccup_msg_does_not_exist_for_inproc)
{
    void *client = new_socket (ZMQ_CLIENT), *server = bound (ZMQ_SERVER, EP);
    CHECK_OK (set_str (client, ZMQ_HICCUP_MSG, "HICCUP"));
    CHECK_OK (zmq_connect (client, EP));
    CHECK_INT (settle (client), ZMQ_POLLOUT);
    close_socket (server);
    WAIT_UNTIL (settle (client) == 0);
    EXPECT_NOTHING (client);
}

TEST (s_d9_the_messages_can_be_set_on_every_type_and_not_read)
{
    int options[] = {ZMQ_HELLO_MSG, ZMQ_DISCONNECT_MSG, ZMQ_HICCUP_MSG};
    int types[] = {ZMQ_PAIR,   ZMQ_PUB,    ZMQ_SUB,    ZMQ_REQ,
                   ZMQ_ROUTER, ZMQ_STREAM, ZMQ_SERVER, ZMQ_DISH};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int i = 0; i < 3; i++) {
            char value[8];
            size_t size = sizeof value;
            void *socket = new_socket (types[t]);
            CHECK_OK (set_str (socket, options[i], "a"));
            CHECK_OK (zmq_setsockopt (socket, options[i], NULL, 0));
            CHECK_FAIL (zmq_getsockopt (socket, options[i], value, &size), EINVAL);
        }
}
