/* ROUTER with ZMQ_ROUTER_RAW: bytes of any protocol, as before there was STREAM. */
#include "raw.h"

/* A bound raw ROUTER, a plain peer of it, and the id of their link, with its notification read. */
typedef struct
{
    void *router;
    const char *endpoint;
    int peer;
    raw_id id;
} link_t;

static void *raw_router (void)
{
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_RAW, 1));
    return router;
}

static link_t link_over (int transport_)
{
    link_t l = {raw_router (), NULL, 0, {{0}, 0}};
    l.endpoint = bind_over (transport_, l.router);
    l.peer = plain_connect (l.endpoint);
    l.id = EXPECT_NOTICE (l.router);
    return l;
}

TEST (s_a86_links_have_automatic_ids)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        plain_connect (l.endpoint);
        raw_id next = EXPECT_NOTICE (l.router);
        uint32_t numbers[2];
        CHECK_INT (l.id.size, 5);
        CHECK_INT (next.size, 5);
        CHECK_INT (l.id.bytes[0], 0);
        CHECK_INT (next.bytes[0], 0);
        memcpy (&numbers[0], l.id.bytes + 1, 4);
        memcpy (&numbers[1], next.bytes + 1, 4);
        CHECK_INT (ntohl (numbers[1]), ntohl (numbers[0]) + 1);
    }
}

TEST (s_a86_bytes_go_both_ways)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        PLAIN_WRITE (l.peer, "hello");
        EXPECT_RAW (l.router, l.id, "hello");
        CHECK_OK (SEND_RAW (l.router, l.id, "and back"));
        PLAIN_EXPECT (l.peer, "and back");
    }
}

TEST (s_a86_both_ends_may_be_raw)
{
    EACH_TRANSPORT (i) {
        void *server = raw_router (), *client = raw_router ();
        const char *endpoint = bind_over (i, server);
        CHECK_OK (set_str (client, ZMQ_CONNECT_ROUTING_ID, "server"));
        CHECK_OK (zmq_connect (client, endpoint));
        raw_id back = EXPECT_NOTICE (server), id = EXPECT_NOTICE (client);
        CHECK (same_id (id, (raw_id){"server", 6}));
        CHECK_OK (SEND_RAW (client, id, "hello"));
        EXPECT_RAW (server, back, "hello");
        CHECK_OK (SEND_RAW (server, back, "and back"));
        EXPECT_RAW (client, id, "and back");
    }
}

TEST (s_a86_more_on_the_bytes_is_ignored)
{
    link_t l = link_over (TCP);
    CHECK_INT (zmq_send (l.router, l.id.bytes, l.id.size, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (l.router, "one", 3, ZMQ_SNDMORE), 3);
    CHECK_INT (zmq_send (l.router, l.id.bytes, l.id.size, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (l.router, "two", 3, 0), 3);
    PLAIN_EXPECT (l.peer, "onetwo");
}

TEST (s_a86_the_end_of_a_link_is_told_after_its_bytes)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        PLAIN_WRITE (l.peer, "the last words");
        CHECK_OK (close (l.peer));
        EXPECT_RAW (l.router, l.id, "the last words");
        CHECK (same_id (EXPECT_NOTICE (l.router), l.id));
        EXPECT_NOTHING (l.router);
        CHECK_OK (SEND_RAW (l.router, l.id, "into the void"));
    }
}

TEST (s_a86_sending_nothing_closes_the_link_after_what_was_sent)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        CHECK_OK (SEND_RAW (l.router, l.id, "hello"));
        CHECK_OK (SEND_RAW (l.router, l.id, ""));
        PLAIN_EXPECT (l.peer, "hello");
        PLAIN_EXPECT_END (l.peer, l.router);
        EXPECT_NOTHING (l.router);
    }
}

TEST (s_a86_an_unknown_id_is_dropped_with_its_bytes)
{
    link_t l = link_over (TCP);
    CHECK_OK (SEND_RAW (l.router, ((raw_id){"nobody", 6}), "lost"));
    CHECK_OK (SEND_RAW (l.router, l.id, "hello"));
    PLAIN_EXPECT (l.peer, "hello");
}

TEST (s_a86_an_unknown_id_gives_ehostunreach_if_it_is_mandatory)
{
    link_t l = link_over (TCP);
    CHECK_OK (set_int (l.router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_FAIL (zmq_send (l.router, "nobody", 6, ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_OK (SEND_RAW (l.router, l.id, "hello"));
    PLAIN_EXPECT (l.peer, "hello");
    CHECK_OK (close (l.peer));
    CHECK (same_id (EXPECT_NOTICE (l.router), l.id));
    EXPECT_GONE (l.router, l.id);
}

TEST (w8_bytes_of_a_raw_router_come_in_items_of_at_most_8192)
{
    size_t size = 50000;
    char *bytes = many_bytes (size + 1);
    link_t l = link_over (TCP);
    for (size_t i = 0; i < size; i++) /* a text, for EXPECT_RAW */
        bytes[i] = (char) ('a' + (unsigned char) bytes[i] % 26);
    bytes[size] = 0;
    plain_write (l.peer, bytes, size);
    EXPECT_RAW (l.router, l.id, bytes);
    free (bytes);
}

TEST (s_a86_the_address_of_the_peer_is_on_both_frames)
{
    link_t l = link_over (TCP);
    PLAIN_WRITE (l.peer, "hello");
    for (int part = 0; part < 2; part++) {
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (zmq_msg_recv (&msg, l.router, 0), 5);
        CHECK_STR (zmq_msg_gets (&msg, "Peer-Address"), "127.0.0.1");
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (s_a86_a_web_server)
{
    link_t l = link_over (TCP);
    PLAIN_WRITE (l.peer, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_RAW (l.router, l.id, "GET / HTTP/1.0\r\n\r\n");
    CHECK_OK (SEND_RAW (l.router, l.id, "HTTP/1.0 200 OK\r\n\r\nHello"));
    CHECK_OK (SEND_RAW (l.router, l.id, ""));
    PLAIN_EXPECT (l.peer, "HTTP/1.0 200 OK\r\n\r\nHello");
    PLAIN_EXPECT_END (l.peer, l.router);
}
