/* When a connecting socket tries again, after how long, and when it does not. */
#include "network.h"

/* Of the draft API, but known to builds without it as well. */
#ifndef ZMQ_RECONNECT_STOP
#define ZMQ_RECONNECT_STOP 109
#endif

/* A socket with RECONNECT_IVL and RECONNECT_IVL_MAX, not connected. */
static void *socket_with_ivl (int type_, int ivl_, int max_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, ivl_));
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL_MAX, max_));
    return socket;
}

/* ---- intervals ----------------------------------------------------------------------------- */

NET_TEST (h250_waits_without_a_maximum)
{
    void *push = socket_with_ivl (ZMQ_PUSH, 20, 0), *events = watch (push);
    int64_t start_ms = now_ms (), sum = 0;
    CHECK_OK (zmq_connect (push, fresh (transport)));
    for (int i = 0; i < 20; i++) {
        int wait = AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
        if (wait < 20 || wait >= 40)
            FAIL ("a wait of %d ms", wait);
        sum += i < 19 ? wait : 0;
    }
    CHECK (now_ms () - start_ms >= sum - 20); /* they are no mere words */
}

/* Checks the waits that a refused socket announces. */
static void expect_waits (const char *transport_, int ivl_, int max_, const int *waits_, int count_)
{
    void *push = socket_with_ivl (ZMQ_PUSH, ivl_, max_), *events = watch (push);
    CHECK_OK (zmq_connect (push, fresh (transport_)));
    for (int i = 0; i < count_; i++) {
        int wait = AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
        if (wait != waits_[i])
            FAIL ("wait %d of IVL %d, MAX %d is %d ms, expected %d", i, ivl_, max_, wait,
                  waits_[i]);
    }
}

NET_SINCE_4_3_5 (h251_waits_double_up_to_the_maximum)
{
    expect_waits (transport, 5, 50, (int[]){5, 10, 20, 40, 50, 50, 50}, 7);
    expect_waits (transport, 10, 40, (int[]){10, 20, 40, 40}, 4);
    expect_waits (transport, 30, 30, (int[]){30, 30, 30}, 3);
    expect_waits (transport, 1, 3, (int[]){1, 2, 3, 3}, 4);
}

NET_SINCE_4_3_5 (s_d7_a_maximum_below_the_interval_is_the_interval)
{
    expect_waits (transport, 50, 20, (int[]){20, 20, 20}, 3);
}

NET_SINCE_4_3_5 (h252_waits_start_over_after_a_connection)
{
    const char *place = fresh (transport);
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 80), *events = watch (push);
    CHECK_OK (zmq_connect (push, place));
    while (AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED) != 40) {
    }
    for (int round = 0; round < 2; round++) {
        int listener = raw_listen (place, 10), raw = raw_accept (listener);
        raw_handshake (raw, "PULL", NULL);
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (listener);
        if (transport[0] == 'i')
            CHECK_OK (unlink (place + 6));
        close (raw);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        CHECK_INT (EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED), 10);
        CHECK_INT (AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED), 20);
    }
}

TEST (h250_the_events_of_refused_attempts)
{
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    CHECK_OK (zmq_connect (push, fresh ("tcp")));
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (events, ZMQ_EVENT_CLOSED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
    }
    push = socket_with_ivl (ZMQ_PUSH, 10, 0);
    events = watch (push);
    CHECK_OK (zmq_connect (push, fresh ("ipc")));
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENT (events, ZMQ_EVENT_CLOSED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
    }
}

TEST (s_d7_a_name_that_cannot_be_resolved_is_retried)
{
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    CHECK_OK (zmq_connect (push, "tcp://nobody..nowhere:5555"));
    for (int i = 0; i < 3; i++)
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
}

/* ---- no reconnection ----------------------------------------------------------------------- */

NET_TEST (h253_interval_minus_1_and_0_give_up_after_a_refusal)
{
    for (int ivl = -1; ivl <= 0; ivl++) {
        void *push = socket_with_ivl (ZMQ_PUSH, ivl, 0), *events = watch (push);
        const char *place = fresh (transport);
        CHECK_OK (set_int (push, ZMQ_SNDHWM, 5));
        CHECK_OK (zmq_connect (push, place));
        AWAIT (events, ZMQ_EVENT_CLOSED);
        int listener = raw_listen (place, 10);
        let_others_retry (transport);
        EXPECT_NO_EVENT (events);
        CHECK (!raw_readable (listener, 0));
        CHECK_INT (fill (push), 5); /* for nothing */
        CHECK_OK (set_int (push, ZMQ_LINGER, 0));
        CHECK_OK (zmq_disconnect (push, place));
    }
}

NET_TEST (h253_interval_minus_1_and_0_give_up_a_lost_link)
{
    for (int ivl = -1; ivl <= 0; ivl++) {
        void *push = socket_with_ivl (ZMQ_PUSH, ivl, 0), *events = watch (push);
        const char *place = fresh (transport);
        int listener = raw_listen (place, 10);
        CHECK_OK (zmq_connect (push, place));
        int raw = raw_accept (listener);
        raw_handshake (raw, "PULL", NULL);
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (raw);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        WAIT_UNTIL (settle (push) == 0);
        CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
        let_others_retry (transport);
        EXPECT_NO_EVENT (events);
        CHECK (!raw_readable (listener, 0));
        CHECK_FAIL (zmq_disconnect (push, place), ENOENT);
        CHECK_OK (zmq_connect (push, place));
        raw = raw_accept (listener);
        raw_handshake (raw, "PULL", NULL);
        CHECK_INT (send_str (push, "again", ZMQ_DONTWAIT), 5);
        RAW_EXPECT (raw, "again");
    }
}

TEST (s_d7_values_out_of_range)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_INT (get_int (push, ZMQ_RECONNECT_IVL), 100);
    CHECK_INT (get_int (push, ZMQ_RECONNECT_IVL_MAX), 0);
    CHECK_INT (get_int (push, ZMQ_CONNECT_TIMEOUT), 0);
    CHECK_INT (get_int (push, ZMQ_HANDSHAKE_IVL), 30000);
    CHECK_INT (get_int (push, ZMQ_TCP_MAXRT), 0);
    CHECK_FAIL (set_int (push, ZMQ_RECONNECT_IVL, -2), EINVAL);
    CHECK_FAIL (set_int (push, ZMQ_RECONNECT_IVL_MAX, -1), EINVAL);
    CHECK_FAIL (set_int (push, ZMQ_CONNECT_TIMEOUT, -1), EINVAL);
    CHECK_FAIL (set_int (push, ZMQ_HANDSHAKE_IVL, -1), EINVAL);
    CHECK_FAIL (set_int (push, ZMQ_TCP_MAXRT, -1), EINVAL);
    CHECK_INT (get_int (push, ZMQ_RECONNECT_IVL), 100);
}

TEST (h254_reconnect_stop_after_a_refusal)
{
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    const char *place = fresh ("tcp");
    CHECK_OK (set_int (push, ZMQ_RECONNECT_STOP, 1));
    CHECK_OK (zmq_connect (push, place));
    EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_DELAYED);
    EXPECT_EVENT (events, ZMQ_EVENT_CLOSED);
    let_others_retry ("tcp");
    EXPECT_NO_EVENT (events);
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (zmq_disconnect (push, place), ENOENT);
}

NET_TEST (h255_reconnect_stop_after_a_failed_handshake)
{
    for (int closes = 0; closes < 2; closes++) {
        void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
        const char *place = fresh (transport);
        int listener = raw_listen (place, 10);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_STOP, 2));
        CHECK_OK (set_int (push, ZMQ_HANDSHAKE_IVL, 50));
        CHECK_OK (zmq_connect (push, place));
        int raw = raw_accept (listener);
        if (closes)
            close (raw);
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        let_others_retry (transport);
        EXPECT_NO_EVENT (events);
        CHECK (!raw_readable (listener, 0));
    }
}

/* ---- time-outs ----------------------------------------------------------------------------- */

TEST (s_d7_connect_timeout)
{
    const char *place = fresh ("tcp");
    int listener = raw_listen (place, 0); /* which has room for one that waits */
    raw_connect (place);
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    CHECK_OK (set_int (push, ZMQ_CONNECT_TIMEOUT, 60));
    int64_t start_ms = now_ms ();
    CHECK_OK (zmq_connect (push, place));
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (events, ZMQ_EVENT_CLOSED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
    }
    int64_t took = now_ms () - start_ms;
    if (took < 170 || took > 5000)
        FAIL ("three attempts took %lld ms", (long long) took);
    close (listener);
}

NET_TEST (h256_a_silent_client_is_dropped_after_the_handshake_interval)
{
    void *server = new_socket (ZMQ_PULL);
    const char *place = fresh (transport);
    CHECK_OK (set_int (server, ZMQ_HANDSHAKE_IVL, 60));
    void *events = watch (server);
    CHECK_OK (zmq_bind (server, place));
    EXPECT_EVENT (events, ZMQ_EVENT_LISTENING);
    int64_t start_ms = now_ms ();
    int silent = raw_connect (place);
    EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
    CHECK_INT (EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EAGAIN);
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    CHECK (now_ms () - start_ms >= 59);
    WAIT_UNTIL (raw_ended (silent));
    /* one that begins and stops is dropped as well */
    int slow = raw_connect (place);
    raw_send (slow, raw_greeting, 64);
    EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
    CHECK_INT (EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EAGAIN);
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (raw_ended (slow));
    /* and one that is through is not */
    int good = raw_peer (place, "PUSH");
    EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
    EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    let_others_retry (transport);
    EXPECT_NO_EVENT (events);
    raw_send_frame (good, 0, "still here");
    EXPECT (server, "still here");
}

NET_TEST (h256_a_silent_server_is_dropped_and_tried_again)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    CHECK_OK (set_int (push, ZMQ_HANDSHAKE_IVL, 60));
    CHECK_OK (zmq_connect (push, place));
    CHECK_INT (send_str (push, "kept", ZMQ_DONTWAIT), 4);
    for (int i = 0; i < 2; i++) {
        int raw = raw_accept (listener);
        AWAIT (events, ZMQ_EVENT_CONNECTED);
        CHECK_INT (EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), EAGAIN);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
        WAIT_UNTIL (raw_ended (raw));
    }
    int raw = raw_accept (listener);
    raw_handshake (raw, "PULL", NULL);
    RAW_EXPECT (raw, "kept");
}

NET_TEST (s_d7_a_server_that_closes_in_mid_handshake_is_tried_again)
{
    static const size_t sizes[] = {0, 1, 10, 11, 12, 63, 64};
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    CHECK_OK (zmq_connect (push, place));
    for (int i = 0; i < 7; i++) {
        int raw = raw_accept (listener);
        raw_send (raw, raw_greeting, sizes[i]);
        AWAIT (events, ZMQ_EVENT_CONNECTED);
        close (raw);
        int why = EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        if (why != EPIPE && why != ECONNRESET)
            FAIL ("after %zu bytes: %s", sizes[i], errno_name (why));
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
    }
    raw_handshake (raw_accept (listener), "PULL", NULL);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

/* ---- errors that are final ----------------------------------------------------------------- */

/* After DISCONNECTED nothing more happens; the endpoint can be disconnected and connected again. */
static void expect_final (const char *transport_, void *client_, void *events_, const char *place_)
{
    AWAIT (events_, ZMQ_EVENT_DISCONNECTED);
    let_others_retry (transport_);
    EXPECT_NO_EVENT (events_);
    WAIT_UNTIL (settle (client_) == 0);
    CHECK_FAIL (send_str (client_, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_OK (zmq_disconnect (client_, place_));
    CHECK_FAIL (zmq_disconnect (client_, place_), ENOENT);
}

NET_TEST (h257_incompatible_types_are_final_for_the_connecting_side)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    void *client = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (client);
    CHECK_OK (zmq_connect (client, place));
    int raw = raw_accept (listener);
    raw_handshake (raw, "PUB", NULL);
    AWAIT (events, ZMQ_EVENT_CONNECTED);
    expect_final (transport, client, events, place);
    WAIT_UNTIL (raw_ended (raw));
    CHECK (!raw_readable (listener, 0));
}

NET_TEST (h257_the_type_decides)
{
    static const struct
    {
        int type;
        const char *good, *bad;
    } rows[] = {{ZMQ_PAIR, "PAIR", "DEALER"},   {ZMQ_PUB, "SUB", "PULL"},
                {ZMQ_SUB, "XPUB", "PUSH"},      {ZMQ_REQ, "ROUTER", "DEALER"},
                {ZMQ_REP, "DEALER", "ROUTER"},  {ZMQ_DEALER, "REP", "REQ"},
                {ZMQ_ROUTER, "REQ", "REP"},     {ZMQ_PULL, "PUSH", "PUB"},
                {ZMQ_PUSH, "PULL", "push"},     {ZMQ_XPUB, "XSUB", "XPUB"},
                {ZMQ_XSUB, "PUB", "XSUB"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *place = fresh (transport);
        void *server = bound (rows[i].type, place), *events = watch (server);
        int raw = raw_peer (place, rows[i].good);
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
        EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (raw);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        raw = raw_peer (place, rows[i].bad);
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        WAIT_UNTIL (raw_ended (raw));
    }
}

NET_TEST (s_d7_a_protocol_error_is_final)
{
    static const char *commands[] = {"\4\6\5READX", "\4\7\5ERROR\3", "\4\12\5ERROR\003400"};
    for (int i = 0; i < 3; i++) {
        const char *place = fresh (transport);
        int listener = raw_listen (place, 10);
        void *client = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (client);
        CHECK_OK (zmq_connect (client, place));
        int raw = raw_accept (listener);
        char greeting[64], ready[100];
        raw_send (raw, raw_greeting, 64);
        raw_read (raw, greeting, 64);
        raw_frame (raw, ready, sizeof ready); /* which references wait to have sent */
        raw_send (raw, commands[i], strlen (commands[i]));
        expect_final (transport, client, events, place);
        CHECK (!raw_readable (listener, 0));
    }
}

NET_TEST (s_d3_an_endpoint_that_failed_for_good_stays_known)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    void *client = socket_with_ivl (ZMQ_DEALER, 10, 0), *events = watch (client);
    CHECK_OK (zmq_connect (client, place));
    raw_handshake (raw_accept (listener), "PUB", NULL);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    CHECK_OK (zmq_connect (client, place)); /* does nothing */
    let_others_retry (transport);
    EXPECT_NO_EVENT (events);
    CHECK_OK (zmq_disconnect (client, place));
    CHECK_OK (zmq_connect (client, place));
    int raw = raw_accept (listener);
    raw_handshake (raw, "DEALER", NULL);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_parts (client, "hello", NULL);
    RAW_EXPECT (raw, "hello");
}

NET_TEST (h258_a_message_that_is_too_large_ends_an_accepted_link)
{
    const char *place = fresh (transport);
    int64_t limit = 100;
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    void *events = watch (pull);
    CHECK_OK (zmq_bind (pull, place));
    int raw = raw_peer (place, "PUSH");
    const char *largest = text_of ("%0100d", 0);
    raw_send_frame (raw, 0, largest);
    EXPECT (pull, largest);
    raw_send_frame (raw, 1, "small");
    raw_send_frame (raw, 0, text_of ("%0101d", 0));
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (raw_ended (raw));
    CHECK_INT (settle (pull), 0);
    EXPECT_NOTHING (pull);
}

OURS_ONLY (h258_a_small_limit_does_not_break_the_handshake, "references apply it to READY too")
{
    int64_t limit = 10;
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    CHECK_OK (zmq_bind (pull, "tcp://127.0.0.1:*"));
    void *push = connected (ZMQ_PUSH, last_endpoint (pull));
    send_parts (push, "ten bytes.", NULL);
    EXPECT (pull, "ten bytes.");
}

NET_TEST (h258_the_sender_reconnects)
{
    int64_t limit = 100;
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    CHECK_OK (zmq_bind (pull, fresh (transport)));
    void *push = socket_with_ivl (ZMQ_PUSH, 10, 0), *events = watch (push);
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK_INT (send_clog (push, 0, 0), CLOG_SIZE);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_parts (push, "small", NULL);
    EXPECT (pull, "small");
}

NET_TEST (h258_a_connecting_receiver_gives_up)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    int64_t limit = 100;
    void *dealer = socket_with_ivl (ZMQ_DEALER, 10, 0), *events = watch (dealer);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    CHECK_OK (zmq_connect (dealer, place));
    int raw = raw_accept (listener);
    raw_handshake (raw, "DEALER", NULL);
    RAW_SEND (raw, "\2\0\0\0\0\0\0\0\x65");
    expect_final (transport, dealer, events, place);
    WAIT_UNTIL (raw_ended (raw));
    CHECK (!raw_readable (listener, 0));
}
