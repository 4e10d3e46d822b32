/* What goes on when the other side is started again, killed, or not there yet: subscriptions,
 * routing ids, requests, queued messages. */
#include "network.h"

/* Of the draft API. */
#ifndef ZMQ_HELLO_MSG
#define ZMQ_HELLO_MSG 110
#define ZMQ_DISCONNECT_MSG 111
#endif
#ifndef ZMQ_HICCUP_MSG
#define ZMQ_HICCUP_MSG 114
#endif

/* A socket that reconnects quickly, connected to `place_`. */
static void *client_of (int type_, const char *place_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (socket, place_));
    return socket;
}

/* A new socket that is bound where one was closed a moment ago. */
static void *successor (int type_, const char *place_)
{
    void *socket = new_socket (type_);
    bind_again (socket, place_);
    return socket;
}

/* ---- subscriptions ------------------------------------------------------------------------- */

#define TOPICS 200

/* The number of the next topic that is subscribed to; the subscriber has to look at what happened
 * to it before it subscribes on a new link. */
static int next_topic (void *xpub_, void *sub_)
{
    char text[32];
    WAIT_UNTIL ((settle (sub_), settle (xpub_) & ZMQ_POLLIN));
    RECV_TEXT (xpub_, text);
    CHECK_INT (text[0], 1);
    return atoi (text + 1);
}

/* Receives one notification for each of the topics "0", "1", ... in any order, and no other. */
static void expect_topics (void *xpub_, void *sub_)
{
    char seen[TOPICS] = {0};
    for (int i = 0; i < TOPICS; i++)
        CHECK_INT (seen[next_topic (xpub_, sub_)]++, 0);
    EXPECT_NOTHING (xpub_);
}

NET_TEST (s_a42_the_subscriptions_of_a_sub_are_sent_again)
{
    const char *place = fresh (transport);
    void *sub = client_of (ZMQ_SUB, place);
    for (int i = 0; i < TOPICS; i++)
        subscribe (sub, text_of ("%d", i));
    subscribe (sub, "7"); /* counted twice, sent once on a new link */
    void *xpub = bound (ZMQ_XPUB, place);
    expect_topics (xpub, sub);
    for (int round = 0; round < 2; round++) {
        close_socket (xpub);
        xpub = successor (ZMQ_XPUB, place);
        expect_topics (xpub, sub);
        send_parts (xpub, "150 is a topic", "of two parts", NULL);
        EXPECT (sub, "150 is a topic", "of two parts");
    }
}

OURS_ONLY (s_a42_subscriptions_are_sent_again_without_the_application,
           "references wait for the next call on the subscriber")
{
    const char *place = fresh ("tcp");
    void *sub = client_of (ZMQ_SUB, place);
    subscribe (sub, "topic");
    void *xpub = bound (ZMQ_XPUB, place);
    EXPECT (xpub, "\1topic");
    close_socket (xpub);
    xpub = successor (ZMQ_XPUB, place);
    EXPECT (xpub, "\1topic");
}

OURS_ONLY (s_a42_no_subscription_is_dropped_at_the_mark, "references lose those beyond SNDHWM")
{
    const char *place = fresh ("tcp");
    void *sub = socket_with_hwm (ZMQ_SUB, 2, 2);
    CHECK_OK (zmq_connect (sub, place));
    for (int i = 0; i < TOPICS; i++)
        subscribe (sub, text_of ("%d", i));
    void *xpub = bound (ZMQ_XPUB, place);
    expect_topics (xpub, sub);
}

NET_TEST (s_a43_the_subscriptions_of_an_xsub_are_sent_again)
{
    const char *place = fresh (transport);
    void *xsub = client_of (ZMQ_XSUB, place);
    for (int i = 0; i < TOPICS; i++)
        send_parts (xsub, text_of ("\1%d", i), NULL);
    void *xpub = bound (ZMQ_XPUB, place);
    expect_topics (xpub, xsub);
    close_socket (xpub);
    xpub = successor (ZMQ_XPUB, place);
    expect_topics (xpub, xsub);
    send_parts (xpub, "150 is a topic", NULL);
    EXPECT (xsub, "150 is a topic");
}

NET_TEST (s_a42_changes_while_disconnected_count_after_reconnecting)
{
    const char *place = fresh (transport);
    void *sub = client_of (ZMQ_SUB, place), *events = watch (sub);
    subscribe (sub, "1");
    subscribe (sub, "2");
    void *xpub = bound (ZMQ_XPUB, place);
    CHECK_INT (1 << next_topic (xpub, sub) | 1 << next_topic (xpub, sub), 1 << 1 | 1 << 2);
    close_socket (xpub);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    unsubscribe (sub, "2");
    subscribe (sub, "3");
    subscribe (sub, "4");
    unsubscribe (sub, "4");
    xpub = successor (ZMQ_XPUB, place);
    CHECK_INT (1 << next_topic (xpub, sub) | 1 << next_topic (xpub, sub), 1 << 1 | 1 << 3);
    EXPECT_NOTHING (xpub);
}

NET_TEST (s_a42_a_bound_sub_tells_each_publisher)
{
    const char *place = fresh (transport);
    void *sub = bound (ZMQ_SUB, place);
    for (int i = 0; i < TOPICS; i++)
        subscribe (sub, text_of ("%d", i));
    for (int round = 0; round < 3; round++) {
        void *xpub = client_of (ZMQ_XPUB, place);
        expect_topics (xpub, sub);
        send_parts (xpub, "42", NULL);
        EXPECT (sub, "42");
        close_socket (xpub);
    }
}

NET_TEST (s_a44_a_lost_subscriber_gives_unsubscriptions)
{
    const char *place = fresh (transport);
    void *xpub = bound (ZMQ_XPUB, place);
    int raw = raw_peer (place, "SUB");
    RAW_SEND (raw, "\4\13\11SUBSCRIBEa");
    RAW_SEND (raw, "\4\13\11SUBSCRIBEb");
    EXPECT (xpub, "\1a");
    EXPECT (xpub, "\1b");
    close (raw);
    char one[8], two[8];
    CHECK_INT (wait_for (xpub, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN, ZMQ_POLLIN);
    CHECK_INT (recv_str (xpub, one, sizeof one, ZMQ_DONTWAIT), 2);
    CHECK_INT (recv_str (xpub, two, sizeof two, ZMQ_DONTWAIT), 2);
    CHECK (one[0] == 0 && two[0] == 0 && one[1] + two[1] == 'a' + 'b');
    EXPECT_NOTHING (xpub);
}

/* ---- messages for later -------------------------------------------------------------------- */

NET_TEST (s_b8_messages_wait_for_a_listener)
{
    const char *place = fresh (transport);
    void *dealer = client_of (ZMQ_DEALER, place);
    for (int i = 0; i < 500; i++)
        send_parts (dealer, text_of ("%d", i), "second part", NULL);
    let_others_retry (transport);
    void *server = bound (ZMQ_DEALER, place);
    for (int i = 0; i < 500; i++)
        EXPECT (server, text_of ("%d", i), "second part");
    bounce (dealer, server);
}

NET_TEST (s_b6_messages_wait_for_the_next_listener)
{
    const char *place = fresh (transport);
    void *dealer = client_of (ZMQ_DEALER, place), *events = watch (dealer);
    void *server = bound (ZMQ_DEALER, place);
    bounce (server, dealer);
    close_socket (server);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    for (int i = 0; i < 500; i++)
        send_parts (dealer, text_of ("%d", i), NULL);
    server = successor (ZMQ_DEALER, place);
    for (int i = 0; i < 500; i++)
        EXPECT (server, text_of ("%d", i));
    bounce (server, dealer);
}

/* ---- routing ids --------------------------------------------------------------------------- */

NET_TEST (s_d7_a_router_knows_its_listener_after_a_restart)
{
    const char *place = fresh (transport);
    void *dealer = socket_with_id (ZMQ_DEALER, "one");
    CHECK_OK (zmq_bind (dealer, place));
    void *router = client_of (ZMQ_ROUTER, place), *events = watch (router);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    send_parts (dealer, "hello", NULL);
    EXPECT (router, "one", "hello");
    close_socket (dealer);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    send_parts (router, "one", "for your successor", NULL);
    dealer = socket_with_id (ZMQ_DEALER, "one");
    bind_again (dealer, place);
    EXPECT (dealer, "for your successor");
    send_parts (dealer, "hello again", NULL);
    EXPECT (router, "one", "hello again");
}

NET_TEST (s_d7_a_dealer_keeps_its_id_when_the_router_restarts)
{
    const char *place = fresh (transport);
    void *dealer = socket_with_id (ZMQ_DEALER, "me"), *router = bound (ZMQ_ROUTER, place);
    CHECK_OK (set_int (dealer, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (dealer, place));
    for (int round = 0; round < 3; round++) {
        send_parts (dealer, "hello", NULL);
        EXPECT (router, "me", "hello");
        send_parts (router, "me", "and you", NULL);
        EXPECT (dealer, "and you");
        void *events = watch (dealer);
        close_socket (router);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        CHECK_OK (zmq_socket_monitor (dealer, NULL, 0));
        router = successor (ZMQ_ROUTER, place);
    }
}

/* A raw DEALER called "name" whose greeting the router has received: while a predecessor is not
 * quite gone, whoever has its name is ignored. */
static int named_peer (void *router_, const char *place_)
{
    for (int64_t deadline = now_ms () + PATIENCE; now_ms () < deadline;) {
        int raw = raw_connect (place_);
        raw_handshake (raw, "DEALER", "name");
        raw_send_frame (raw, 0, "hello");
        raw_sync (raw);
        if (wait_for (router_, ZMQ_POLLIN, 50) & ZMQ_POLLIN) {
            EXPECT (router_, "name", "hello");
            return raw;
        }
        close (raw);
    }
    FAIL ("nobody is ever called by that name again");
}

NET_TEST (s_a82_a_router_forgets_an_id_with_its_link)
{
    const char *place = fresh (transport);
    void *router = bound (ZMQ_ROUTER, place), *events = watch (router);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    for (int round = 0; round < 3; round++) {
        int raw = named_peer (router, place);
        send_parts (router, "name", "and you", NULL);
        RAW_EXPECT (raw, "and you");
        close (raw);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        WAIT_UNTIL (send_str (router, "name", ZMQ_DONTWAIT | ZMQ_SNDMORE) == -1
                    || (send_str (router, "lost", ZMQ_DONTWAIT), 0));
        CHECK_FAIL (send_str (router, "name", ZMQ_DONTWAIT | ZMQ_SNDMORE), EHOSTUNREACH);
    }
}

/* ---- requests ------------------------------------------------------------------------------ */

NET_TEST (s_a53_a_relaxed_req_goes_on_after_a_restart)
{
    const char *place = fresh (transport);
    void *req = new_socket (ZMQ_REQ), *events = watch (req);
    CHECK_OK (set_int (req, ZMQ_REQ_RELAXED, 1));
    CHECK_OK (set_int (req, ZMQ_REQ_CORRELATE, 1));
    CHECK_OK (set_int (req, ZMQ_RECONNECT_IVL, 10));
    void *rep = bound (ZMQ_REP, place);
    CHECK_OK (zmq_connect (req, place));
    for (int round = 0; round < 3; round++) {
        send_parts (req, "to be lost", NULL);
        EXPECT (rep, "to be lost");
        close_socket (rep);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        rep = successor (ZMQ_REP, place);
        send_parts (req, "once more", NULL);
        EXPECT (rep, "once more");
        send_parts (rep, "there you are", NULL);
        EXPECT (req, "there you are");
    }
}

NET_TEST (s_d7_a_request_in_flight_is_not_repeated)
{
    const char *place = fresh (transport);
    void *rep = bound (ZMQ_REP, place), *req = client_of (ZMQ_REQ, place);
    send_parts (req, "question", NULL);
    EXPECT (rep, "question");
    void *events = watch (req);
    close_socket (rep);
    rep = successor (ZMQ_REP, place);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    let_others_retry (transport);
    CHECK_INT (settle (rep), 0);
    CHECK_INT (settle (req), 0);
    CHECK_FAIL (send_str (req, "another one", ZMQ_DONTWAIT), EFSM);
}

NET_TEST (s_a6_a_reply_to_a_client_that_went_is_dropped)
{
    const char *place = fresh (transport);
    void *rep = bound (ZMQ_REP, place), *events = watch (rep);
    int raw = raw_peer (place, "REQ");
    RAW_SEND (raw, "\1\0\0\5hello");
    EXPECT (rep, "hello");
    close (raw);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    send_parts (rep, "nobody hears this", NULL);
    void *req = client_of (ZMQ_REQ, place);
    send_parts (req, "next", NULL);
    EXPECT (rep, "next");
    send_parts (rep, "fine", NULL);
    EXPECT (req, "fine");
}

/* ---- messages of the library --------------------------------------------------------------- */

OURS_ONLY (h264_a_hello_comes_first_on_each_link, "needs the draft API")
{
    const char *place = fresh ("tcp");
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_str (router, ZMQ_HELLO_MSG, "welcome"));
    CHECK_OK (zmq_bind (router, place));
    void *dealer = client_of (ZMQ_DEALER, place);
    EXPECT (dealer, "welcome");
    close_socket (router);
    router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_str (router, ZMQ_HELLO_MSG, "welcome back"));
    bind_again (router, place);
    EXPECT (dealer, "welcome back");
    EXPECT_NOTHING (dealer);
}

OURS_ONLY (h266_a_hello_is_sent_again_after_reconnecting, "needs the draft API")
{
    const char *place = fresh ("tcp");
    int listener = raw_listen (place, 10);
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (dealer, ZMQ_HELLO_MSG, "hello"));
    CHECK_OK (set_int (dealer, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (dealer, place));
    for (int i = 0; i < 3; i++) {
        int raw = raw_accept (listener);
        raw_handshake (raw, "ROUTER", NULL);
        RAW_EXPECT (raw, "hello");
        close (raw);
    }
}

OURS_ONLY (s_d9_a_router_is_told_of_a_client_that_went, "needs the draft API")
{
    const char *place = fresh ("tcp");
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_str (router, ZMQ_DISCONNECT_MSG, "gone"));
    CHECK_OK (zmq_bind (router, place));
    int raw = raw_connect (place);
    raw_handshake (raw, "DEALER", "name");
    raw_send_frame (raw, 0, "whole");
    raw_send_frame (raw, 1, "half");
    close (raw);
    EXPECT (router, "name", "whole");
    EXPECT (router, "name", "gone");
    EXPECT_NOTHING (router);
}

OURS_ONLY (h268_a_dealer_is_told_of_a_hiccup, "needs the draft API")
{
    const char *place = fresh ("tcp");
    void *dealer = new_socket (ZMQ_DEALER), *events = watch (dealer);
    CHECK_OK (set_str (dealer, ZMQ_HICCUP_MSG, "hiccup"));
    CHECK_OK (set_int (dealer, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (dealer, place));
    AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
    AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_INT (settle (dealer) & ZMQ_POLLIN, 0); /* not for a refusal */
    int listener = raw_listen (place, 10), raw = raw_accept (listener);
    raw_handshake (raw, "DEALER", NULL);
    raw_send_frame (raw, 0, "hello");
    EXPECT (dealer, "hello");
    close (raw);
    EXPECT (dealer, "hiccup");
    EXPECT_NOTHING (dealer);
}

/* ---- processes ----------------------------------------------------------------------------- */

/* Answers for ever. */
static void serve (const char *place_)
{
    void *rep = new_socket (ZMQ_REP);
    bind_again (rep, place_);
    for (;;) {
        char text[100];
        recv_str (rep, text, sizeof text, 0);
        send_parts (rep, text, "from", text_of ("%d", (int) getpid ()), NULL);
    }
}

NET_TEST (s_b5_a_server_that_is_killed_is_replaced)
{
    const char *place = fresh (transport);
    pid_t server = process (serve, place);
    void *req = new_socket (ZMQ_REQ), *events = watch (req);
    CHECK_OK (set_int (req, ZMQ_REQ_RELAXED, 1));
    CHECK_OK (set_int (req, ZMQ_REQ_CORRELATE, 1));
    CHECK_OK (set_int (req, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (req, place));
    for (int round = 0; round < 3; round++) {
        const char *pid = text_of ("%d", (int) server);
        send_parts (req, "hello", NULL);
        EXPECT (req, "hello", "from", pid);
        kill_process (server);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        server = process (serve, place);
    }
    send_parts (req, "hello", NULL);
    EXPECT (req, "hello", "from", text_of ("%d", (int) server));
    kill_process (server);
}

/* Sends a whole message, the beginning of another one by its frames, and a third of a frame. */
static void send_half (const char *place_)
{
    int raw = raw_peer (place_, "PUSH");
    raw_send_frame (raw, 1, "whole");
    raw_send_frame (raw, 0, "message");
    raw_send_frame (raw, 1, "half");
    RAW_SEND (raw, "\0\177fra");
    raw_sync (raw); /* never answered: it is taken for more of that frame */
}

NET_TEST (h198_a_process_killed_in_mid_message)
{
    const char *place = fresh (transport);
    void *events, *pull = bound_and_watched (ZMQ_PULL, place, &events);
    pid_t child = process (send_half, place);
    EXPECT (pull, "whole", "message");
    kill_process (child);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    CHECK_INT (settle (pull), 0);
    EXPECT_NOTHING (pull);
    void *push = client_of (ZMQ_PUSH, place);
    send_parts (push, "next", "message", NULL);
    EXPECT (pull, "next", "message");
}

/* Sends three-part messages for ever. */
static void send_for_ever (const char *place_)
{
    void *push = client_of (ZMQ_PUSH, place_);
    for (int i = 0;; i++)
        for (int part = 0; part < 3; part++)
            send_clog (push, 3 * i + part, part < 2 ? ZMQ_SNDMORE : 0);
}

NET_TEST (s_b4_a_sender_that_is_killed_leaves_whole_messages)
{
    const char *place = fresh (transport);
    void *events, *pull = bound_and_watched (ZMQ_PULL, place, &events);
    for (int round = 0; round < 5; round++) {
        pid_t child = process (send_for_ever, place);
        CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        int ended = 0;
        for (int frame = 0;; frame++) {
            char body[CLOG_SIZE];
            if (frame >= 300 && child) {
                kill_process (child);
                child = 0;
            }
            if (zmq_recv (pull, body, sizeof body, ZMQ_DONTWAIT) == -1) {
                if (ended)
                    break;
                CHECK_INT (frame % 3, 0); /* never in mid-message */
                if (frame < 300)
                    CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
                else {
                    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
                    ended = 1;
                }
                frame--;
                continue;
            }
            CHECK_INT (memcmp (body, &frame, sizeof frame), 0);
            CHECK_INT (get_int (pull, ZMQ_RCVMORE), frame % 3 != 2);
        }
    }
}

/* Receives one message and ends. */
static void receive_one (const char *place_)
{
    void *pull = client_of (ZMQ_PULL, place_);
    EXPECT (pull, "hello");
}

NET_TEST (s_b5_clients_in_processes_come_and_go)
{
    void *push = bound (ZMQ_PUSH, fresh (transport)), *events = watch (push);
    const char *place = place_of (push);
    for (int round = 0; round < 5; round++) {
        pid_t child = process (receive_one, place);
        CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
        send_parts (push, "hello", NULL);
        end_of_process (child);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        WAIT_UNTIL (settle (push) == 0);
    }
}

/* Connects to what its parent bound before the fork, in a context of its own. */
static void answer (const char *place_)
{
    void *dealer = client_of (ZMQ_DEALER, place_);
    send_parts (dealer, "from the child", NULL);
    EXPECT (dealer, "from the parent");
}

NET_TEST (s_c9_a_child_has_a_context_of_its_own)
{
    void *dealer = bound (ZMQ_DEALER, fresh (transport));
    pid_t child = process (answer, place_of (dealer));
    EXPECT (dealer, "from the child");
    send_parts (dealer, "from the parent", NULL);
    end_of_process (child);
}
