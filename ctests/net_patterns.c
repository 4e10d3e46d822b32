/* The basic exchange of every pattern over tcp and ipc; proxies; STREAM. */
#include "network.h"

/* A socket connected to `place_` that reconnects quickly. */
static void *client_of (int type_, const char *place_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (socket, place_));
    return socket;
}

/* ---- PAIR ---------------------------------------------------------------------------------- */

NET_TEST (h018_pair_talks_both_ways)
{
    void *server = bound (ZMQ_PAIR, fresh (transport));
    void *client = client_of (ZMQ_PAIR, last_endpoint (server));
    bounce (server, client);
    send_parts (server, "the binding side", "may begin", NULL);
    EXPECT (client, "the binding side", "may begin");
}

NET_TEST (s_a2_a_second_pair_is_refused_in_silence)
{
    void *server = bound (ZMQ_PAIR, fresh (transport)), *events = watch (server);
    const char *place = place_of (server);
    void *first = client_of (ZMQ_PAIR, place);
    bounce (server, first);
    int second = raw_peer (place, "PAIR");
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    raw_send_frame (second, 0, "nobody reads this");
    CHECK_INT (settle (server), ZMQ_POLLOUT);
    bounce (server, first);
    EXPECT_NOTHING (server);
    EXPECT_NO_EVENT (events); /* its link stays up */
    /* and it is not promoted */
    close_socket (first);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (settle (server) == 0);
    CHECK_FAIL (send_str (server, "a", ZMQ_DONTWAIT), EAGAIN);
    void *third = client_of (ZMQ_PAIR, place);
    CHECK_INT (wait_for (server, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    bounce (server, third);
}

NET_TEST (s_a2_a_pair_that_connects_twice_uses_the_first)
{
    const char *one = fresh (transport), *two = fresh (transport);
    void *first = bound (ZMQ_PAIR, one), *second = bound (ZMQ_PAIR, two);
    void *pair = client_of (ZMQ_PAIR, one);
    CHECK_OK (zmq_connect (pair, two));
    for (int i = 0; i < 5; i++)
        bounce (first, pair);
    EXPECT_NOTHING (second);
}

NET_TEST (s_a2_a_predecessor_with_unread_messages_keeps_the_place)
{
    const char *place = fresh (transport);
    void *pair = bound (ZMQ_PAIR, place), *events = watch (pair);
    int raw = raw_peer (place, "PAIR");
    raw_send_frame (raw, 0, "unread");
    raw_sync (raw);
    close (raw);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    raw = raw_peer (place, "PAIR");
    raw_send_frame (raw, 0, "refused");
    raw_sync (raw);
    CHECK_INT (settle (pair), ZMQ_POLLIN);
    EXPECT (pair, "unread");
    WAIT_UNTIL (settle (pair) == 0);
    raw = raw_peer (place, "PAIR");
    raw_send_frame (raw, 0, "adopted");
    EXPECT (pair, "adopted");
    EXPECT_NOTHING (pair);
}

/* ---- PUSH and PULL ------------------------------------------------------------------------- */

NET_TEST (h026_messages_rotate_over_three_pulls)
{
    void *push = new_socket (ZMQ_PUSH), *pull[3];
    for (int i = 0; i < 3; i++) {
        pull[i] = bound (ZMQ_PULL, fresh (transport));
        CHECK_OK (zmq_connect (push, last_endpoint (pull[i])));
    }
    for (int i = 0; i < 30; i++)
        send_parts (push, text_of ("%d", i), "second part", NULL);
    for (int i = 0; i < 30; i++)
        EXPECT (pull[i % 3], text_of ("%d", i), "second part");
    for (int i = 0; i < 3; i++)
        EXPECT_NOTHING (pull[i]);
}

NET_TEST (h027_three_peers_are_read_in_turn)
{
    const char *place = fresh (transport);
    void *pull = bound (ZMQ_PULL, place);
    static const char *names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        int raw = raw_peer (place, "PUSH");
        for (int n = 0; n < 20; n++) {
            raw_send_frame (raw, 1, names[i]);
            raw_send_frame (raw, 0, text_of ("%d", n));
        }
        raw_sync (raw);
    }
    CHECK_INT (settle (pull), ZMQ_POLLIN); /* which sees all three */
    char first[3][4];
    for (int n = 0; n < 20; n++) {
        int seen = 0;
        for (int i = 0; i < 3; i++) {
            char name[4];
            CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
            RECV_TEXT (pull, name);
            EXPECT (pull, text_of ("%d", n));
            seen |= 1 << (name[0] - 'a');
            if (n == 0)
                strcpy (first[i], name);
            CHECK_STR (name, first[i]);
        }
        CHECK_INT (seen, 7);
    }
    EXPECT_NOTHING (pull);
}

/* ---- PUB and SUB --------------------------------------------------------------------------- */

NET_TEST (h041_a_sub_gets_what_it_asked_for)
{
    void *pub = bound (ZMQ_XPUB, fresh (transport));
    void *sub = client_of (ZMQ_SUB, last_endpoint (pub));
    subscribe (sub, "A");
    EXPECT (pub, "\1A");
    send_parts (pub, "B", "not for you", NULL);
    send_parts (pub, "Apple", "for", "you", NULL);
    send_parts (pub, "", "not for you", NULL);
    send_parts (pub, "A", NULL);
    EXPECT (sub, "Apple", "for", "you");
    EXPECT (sub, "A");
    unsubscribe (sub, "A");
    EXPECT_BIN (pub, "\0A", 0);
    send_parts (pub, "A", "too late", NULL);
    subscribe (sub, "");
    EXPECT (pub, "\1");
    send_parts (pub, "anything", NULL);
    EXPECT (sub, "anything");
    EXPECT_NOTHING (sub);
}

NET_TEST (h041_a_pub_sends_to_all_subscribers)
{
    void *pub = bound (ZMQ_PUB, fresh (transport)), *sub[5];
    for (int i = 0; i < 5; i++) {
        sub[i] = client_of (ZMQ_SUB, last_endpoint (pub));
        subscribe (sub[i], "all");
        subscribe (sub[i], text_of ("%d", i));
    }
    for (int i = 0; i < 5; i++) /* until each subscription has arrived */
        WAIT_UNTIL (send_str (pub, text_of ("%d", i), 0) == 1 && settle (sub[i]));
    send_parts (pub, "all", "of you", NULL);
    for (int i = 0; i < 5; i++) {
        char text[8];
        do
            CHECK (recv_str (sub[i], text, sizeof text, 0) > 0);
        while (strcmp (text, text_of ("%d", i)) == 0);
        CHECK_STR (text, "all");
        EXPECT (sub[i], "of you");
    }
}

NET_TEST (h041_a_pub_connects_to_bound_subs)
{
    void *sub = bound (ZMQ_SUB, fresh (transport));
    subscribe (sub, "");
    void *pub = client_of (ZMQ_XPUB, last_endpoint (sub));
    WAIT_UNTIL ((settle (sub), settle (pub) & ZMQ_POLLIN));
    EXPECT (pub, "\1");
    send_parts (pub, "hello", NULL);
    EXPECT (sub, "hello");
}

NET_TEST (h060_xpub_and_xsub)
{
    void *xpub = bound (ZMQ_XPUB, fresh (transport));
    const char *place = place_of (xpub);
    void *one = client_of (ZMQ_XSUB, place), *two = client_of (ZMQ_XSUB, place);
    send_parts (one, "\1topic", NULL);
    EXPECT (xpub, "\1topic");
    send_parts (two, "\1topic", NULL); /* the second one is not told */
    send_parts (two, "\1other", NULL);
    EXPECT (xpub, "\1other");
    send_parts (xpub, "topic 1", "part", NULL);
    EXPECT (one, "topic 1", "part");
    EXPECT (two, "topic 1", "part");
    SEND_BIN (one, "\0topic", 0);
    send_parts (one, "upstream", "in parts", NULL);
    EXPECT (xpub, "upstream", "in parts");
    SEND_BIN (two, "\0topic", 0);
    EXPECT_BIN (xpub, "\0topic", 0);
    send_parts (xpub, "topic 2", NULL);
    send_parts (xpub, "other 2", NULL);
    EXPECT (two, "other 2");
    close_socket (two);
    EXPECT_BIN (xpub, "\0other", 0);
    EXPECT_NOTHING (one);
}

NET_TEST (s_a44_verbose_publishers_report_all)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_VERBOSER, 1));
    CHECK_OK (zmq_bind (xpub, fresh (transport)));
    const char *place = place_of (xpub);
    void *one = client_of (ZMQ_SUB, place), *two = client_of (ZMQ_SUB, place);
    subscribe (one, "A");
    EXPECT (xpub, "\1A");
    subscribe (two, "A");
    EXPECT (xpub, "\1A");
    unsubscribe (one, "A");
    EXPECT_BIN (xpub, "\0A", 0);
    close_socket (two);
    EXPECT_BIN (xpub, "\0A", 0);
}

NET_TEST (s_a46_a_welcome_message_comes_first)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "welcome"));
    CHECK_OK (zmq_bind (xpub, fresh (transport)));
    void *sub = new_socket (ZMQ_SUB);
    subscribe (sub, "w");
    CHECK_OK (zmq_connect (sub, last_endpoint (xpub)));
    EXPECT (xpub, "\1w");
    EXPECT (sub, "welcome");
}

/* ---- REQ and REP --------------------------------------------------------------------------- */

NET_TEST (h084_req_and_rep)
{
    void *rep = bound (ZMQ_REP, fresh (transport));
    void *req = client_of (ZMQ_REQ, last_endpoint (rep));
    for (int i = 0; i < 50; i++) {
        send_parts (req, "question", text_of ("%d", i), NULL);
        CHECK_FAIL (send_str (req, "again", ZMQ_DONTWAIT), EFSM);
        EXPECT (rep, "question", text_of ("%d", i));
        send_parts (rep, "answer", "", NULL);
        EXPECT (req, "answer", "");
    }
}

NET_TEST (h084_a_req_asks_its_servers_in_turn)
{
    void *req = new_socket (ZMQ_REQ), *rep[3];
    for (int i = 0; i < 3; i++) {
        rep[i] = bound (ZMQ_REP, fresh (transport));
        CHECK_OK (zmq_connect (req, last_endpoint (rep[i])));
    }
    for (int i = 0; i < 9; i++) {
        send_parts (req, text_of ("%d", i), NULL);
        EXPECT (rep[i % 3], text_of ("%d", i));
        send_parts (rep[i % 3], "answer", NULL);
        EXPECT (req, "answer");
    }
}

NET_TEST (h084_a_rep_answers_who_asked)
{
    void *rep = bound (ZMQ_REP, fresh (transport)), *req[5];
    for (int i = 0; i < 5; i++) {
        req[i] = client_of (ZMQ_REQ, last_endpoint (rep));
        send_parts (req[i], text_of ("%d", i), NULL);
    }
    for (int i = 0; i < 5; i++) {
        char text[8];
        CHECK_INT (wait_for (rep, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        RECV_TEXT (rep, text);
        send_parts (rep, "you are", text, NULL);
    }
    for (int i = 0; i < 5; i++)
        EXPECT (req[i], "you are", text_of ("%d", i));
}

/* ---- DEALER and ROUTER --------------------------------------------------------------------- */

NET_TEST (h110_dealer_and_router)
{
    void *router = bound (ZMQ_ROUTER, fresh (transport)), *dealer[3];
    const char *place = place_of (router);
    for (int i = 0; i < 3; i++) {
        dealer[i] = socket_with_id (ZMQ_DEALER, text_of ("dealer %d", i));
        CHECK_OK (zmq_connect (dealer[i], place));
        send_parts (dealer[i], "", "hello", NULL);
        EXPECT (router, text_of ("dealer %d", i), "", "hello");
    }
    for (int i = 2; i >= 0; i--)
        send_parts (router, text_of ("dealer %d", i), "", text_of ("%d", i), NULL);
    for (int i = 0; i < 3; i++)
        EXPECT (dealer[i], "", text_of ("%d", i));
}

NET_TEST (s_a82_ids_made_by_the_router_have_5_bytes)
{
    void *router = bound (ZMQ_ROUTER, fresh (transport)), *dealer[2];
    char id[2][16];
    for (int i = 0; i < 2; i++) {
        dealer[i] = client_of (ZMQ_DEALER, last_endpoint (router));
        send_parts (dealer[i], "hello", NULL);
        CHECK_INT (wait_for (router, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        CHECK_INT (zmq_recv (router, id[i], sizeof id[i], 0), 5);
        CHECK_INT (id[i][0], 0);
        EXPECT (router, "hello");
    }
    CHECK (memcmp (id[0], id[1], 5) != 0);
    for (int i = 1; i >= 0; i--) {
        CHECK_INT (zmq_send (router, id[i], 5, ZMQ_SNDMORE), 5);
        send_parts (router, text_of ("%d", i), NULL);
        EXPECT (dealer[i], text_of ("%d", i));
    }
}

NET_TEST (s_a84_a_router_that_must_deliver_says_so)
{
    void *router = bound (ZMQ_ROUTER, fresh (transport));
    send_parts (router, "nobody", "dropped", NULL);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_FAIL (send_str (router, "nobody", ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_INT (settle (router), 0);
    void *dealer = socket_with_id (ZMQ_DEALER, "somebody");
    CHECK_OK (zmq_connect (dealer, last_endpoint (router)));
    CHECK_INT (wait_for (router, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    send_parts (router, "somebody", "delivered", NULL);
    EXPECT (dealer, "delivered");
}

NET_TEST (s_a83_handover)
{
    const char *place = fresh (transport);
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_HANDOVER, 1));
    CHECK_OK (zmq_bind (router, place));
    int raw[3];
    for (int i = 0; i < 3; i++) {
        raw[i] = raw_connect (place);
        raw_handshake (raw[i], "DEALER", "name");
        raw_send_frame (raw[i], 0, "hello");
        EXPECT (router, "name", "hello");
        send_parts (router, "name", text_of ("%d", i), NULL);
        RAW_EXPECT (raw[i], text_of ("%d", i));
        if (i > 0)
            raw_send_frame (raw[i - 1], 0, "the old one is not heard");
        raw_send_frame (raw[i], 0, "the new one");
        EXPECT (router, "name", "the new one");
    }
    EXPECT_NOTHING (router);
}

NET_TEST (s_a83_without_handover_the_first_one_keeps_the_id)
{
    const char *place = fresh (transport);
    void *router = bound (ZMQ_ROUTER, place);
    int first = raw_connect (place), second = raw_connect (place);
    raw_handshake (first, "DEALER", "name");
    raw_send_frame (first, 0, "hello");
    EXPECT (router, "name", "hello");
    raw_handshake (second, "DEALER", "name");
    raw_send_frame (second, 0, "ignored");
    raw_sync (second);
    CHECK_INT (settle (router), ZMQ_POLLOUT);
    EXPECT_NOTHING (router);
    send_parts (router, "name", "to the first", NULL);
    RAW_EXPECT (first, "to the first");
    raw_send_frame (first, 0, "still me");
    EXPECT (router, "name", "still me");
    EXPECT_NOTHING (router);
}

NET_TEST (s_a8_probe_router)
{
    const char *place = fresh (transport);
    void *router = bound (ZMQ_ROUTER, place), *dealer = socket_with_id (ZMQ_DEALER, "probe");
    CHECK_OK (set_int (dealer, ZMQ_PROBE_ROUTER, 1));
    CHECK_OK (zmq_connect (dealer, place));
    EXPECT (router, "probe", "");
    send_parts (router, "probe", "hello", NULL);
    EXPECT (dealer, "hello");
}

NET_TEST (s_a82_connect_routing_id)
{
    void *router = new_socket (ZMQ_ROUTER), *dealer = bound (ZMQ_DEALER, fresh (transport));
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "chosen"));
    CHECK_OK (zmq_connect (router, last_endpoint (dealer)));
    send_parts (router, "chosen", "at once", NULL); /* no handshake needed */
    EXPECT (dealer, "at once");
    send_parts (dealer, "and back", NULL);
    EXPECT (router, "chosen", "and back");
}

NET_TEST (h110_a_chain_of_envelopes)
{
    void *rep = bound (ZMQ_REP, fresh (transport)), *dealer = new_socket (ZMQ_DEALER);
    void *router = bound (ZMQ_ROUTER, fresh (transport));
    void *req = socket_with_id (ZMQ_REQ, "req");
    CHECK_OK (zmq_connect (dealer, last_endpoint (rep)));
    CHECK_OK (zmq_connect (req, last_endpoint (router)));
    send_parts (req, "question", NULL);
    EXPECT (router, "req", "", "question");
    send_parts (dealer, "req", "", "question", NULL);
    EXPECT (rep, "question");
    send_parts (rep, "answer", NULL);
    EXPECT (dealer, "req", "", "answer");
    send_parts (router, "req", "", "answer", NULL);
    EXPECT (req, "answer");
}

/* ---- proxies ------------------------------------------------------------------------------- */

static void *run_proxy (void *sockets_)
{
    void **sockets = sockets_;
    CHECK_FAIL (zmq_proxy (sockets[0], sockets[1], NULL), ETERM);
    CHECK_OK (zmq_close (sockets[0]));
    CHECK_OK (zmq_close (sockets[1]));
    return NULL;
}

NET_TEST (h300_a_proxy_between_clients_and_workers)
{
    void *sockets[2], *req[4], *rep[2];
    const char *front = fresh (transport), *back = fresh (transport);
    sockets[0] = bound (ZMQ_ROUTER, front);
    sockets[1] = bound (ZMQ_DEALER, back);
    forget_socket (sockets[0]);
    forget_socket (sockets[1]);
    pthread_t proxy = start (run_proxy, sockets);
    for (int i = 0; i < 2; i++)
        rep[i] = client_of (ZMQ_REP, back);
    for (int i = 0; i < 4; i++)
        req[i] = client_of (ZMQ_REQ, front);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            send_parts (req[i], "from", text_of ("%d", i), NULL);
        for (int answers = 0; answers < 4;)
            for (int i = 0; i < 2; i++) {
                char text[8];
                if (!wait_for (rep[i], ZMQ_POLLIN, 1))
                    continue;
                EXPECT_BIN (rep[i], "from", 1);
                RECV_TEXT (rep[i], text);
                send_parts (rep[i], "to", text, NULL);
                answers++;
            }
        for (int i = 0; i < 4; i++)
            EXPECT (req[i], "to", text_of ("%d", i));
    }
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (proxy);
}

NET_TEST (h300_a_proxy_of_subscriptions)
{
    void *sockets[2];
    const char *front = fresh (transport), *back = fresh (transport);
    sockets[0] = bound (ZMQ_XSUB, front);
    sockets[1] = bound (ZMQ_XPUB, back);
    forget_socket (sockets[0]);
    forget_socket (sockets[1]);
    pthread_t proxy = start (run_proxy, sockets);
    void *xpub = client_of (ZMQ_XPUB, front), *sub = client_of (ZMQ_SUB, back);
    subscribe (sub, "topic");
    EXPECT (xpub, "\1topic");
    send_parts (xpub, "topic", "of two parts", NULL);
    EXPECT (sub, "topic", "of two parts");
    close_socket (sub);
    EXPECT_BIN (xpub, "\0topic", 0);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (proxy);
}

/* ---- STREAM -------------------------------------------------------------------------------- */

NET_TEST (h148_a_stream_accepts_bytes)
{
    const char *place = fresh (transport);
    void *stream = bound (ZMQ_STREAM, place);
    int raw = raw_connect (place);
    char id[16];
    CHECK_INT (wait_for (stream, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN, ZMQ_POLLIN);
    CHECK_INT (zmq_recv (stream, id, sizeof id, 0), 5);
    EXPECT_BIN (stream, "", 0);
    RAW_SEND (raw, "GET /");
    EXPECT_BYTES (stream, id, 5, 1);
    EXPECT_BIN (stream, "GET /", 0);
    CHECK_INT (zmq_send (stream, id, 5, ZMQ_SNDMORE), 5);
    CHECK_INT (send_str (stream, "200 OK", 0), 6);
    char text[6];
    raw_read (raw, text, 6);
    CHECK_INT (memcmp (text, "200 OK", 6), 0);
    close (raw);
    EXPECT_BYTES (stream, id, 5, 1);
    EXPECT_BIN (stream, "", 0);
}

NET_TEST (h148_a_stream_closes_a_connection_by_an_empty_message)
{
    const char *place = fresh (transport);
    void *stream = bound (ZMQ_STREAM, place);
    int raw = raw_connect (place);
    char id[16];
    CHECK_INT (wait_for (stream, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN, ZMQ_POLLIN);
    CHECK_INT (zmq_recv (stream, id, sizeof id, 0), 5);
    EXPECT_BIN (stream, "", 0);
    CHECK_INT (zmq_send (stream, id, 5, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (stream, "", 0, 0), 0);
    WAIT_UNTIL (settle (stream) && raw_ended (raw));
}
