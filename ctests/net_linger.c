/* What becomes of queued messages over tcp and ipc when sockets close, disconnect or unbind, and
 * when links are lost; LINGER. */
#include "network.h"

/* A PUSH with a LINGER value and three messages for an endpoint where nobody listens yet. */
static void *push_with_backlog (const char *place_, int linger_)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_LINGER, linger_));
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (push, place_));
    send_parts (push, "1", NULL);
    send_parts (push, "2", "two", NULL);
    send_parts (push, "3", NULL);
    return push;
}

/* Receives that backlog. */
static void expect_backlog (void *pull_)
{
    EXPECT (pull_, "1");
    EXPECT (pull_, "2", "two");
    EXPECT (pull_, "3");
    EXPECT_NOTHING (pull_);
}

/* A narrow PUSH that is connected to `*raw_`, a PULL of `*listener_` that does not read. */
static void *push_to_raw (const char *place_, int immediate_, int *listener_, int *raw_)
{
    *listener_ = raw_listen_narrow (place_);
    void *push = narrow_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_IMMEDIATE, immediate_));
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (push, place_));
    *raw_ = raw_accept (*listener_);
    raw_handshake (*raw_, "PULL", NULL);
    return push;
}

/* A narrow PUSH that is bound, and `*raw_`, a connected PULL that does not read. */
static void *bound_push_and_raw (const char *place_, int *raw_)
{
    void *push = narrow_socket (ZMQ_PUSH);
    CHECK_OK (zmq_bind (push, place_));
    *raw_ = raw_peer (place_, "PULL");
    WAIT_UNTIL (settle (push) == ZMQ_POLLOUT);
    return push;
}

/* ---- close --------------------------------------------------------------------------------- */

NET_TEST (h183_close_never_blocks)
{
    void *push = push_with_backlog (fresh (transport), -1);
    int listener, raw;
    void *clogged = push_to_raw (fresh (transport), 0, &listener, &raw);
    clog_up (clogged);
    int64_t start_ms = now_ms ();
    close_socket (push);
    close_socket (clogged);
    CHECK (now_ms () - start_ms < 1000);
    t_term_t *term = start_term ();
    close (raw);
    close (listener);
    WAIT_UNTIL (term->tid && thread_sleeps (term->tid));
    _exit (0); /* it would wait for ever */
}

NET_TEST (h184_linger_0_does_not_hold_up_term)
{
    void *push = push_with_backlog (fresh (transport), 0);
    int listener, raw;
    void *clogged = push_to_raw (fresh (transport), 0, &listener, &raw);
    CHECK_OK (set_int (clogged, ZMQ_LINGER, 0));
    clog_up (clogged);
    close_socket (push);
    close_socket (clogged);
    CHECK (end_of_term (start_term ()) < 2000);
}

NET_TEST (h185_messages_for_an_endpoint_bound_later_are_delivered_after_close)
{
    const char *place = fresh (transport);
    close_socket (push_with_backlog (place, -1));
    t_term_t *term = start_term ();
    expect_term_waits (term);
    void *pull = bound (ZMQ_PULL, place);
    expect_backlog (pull);
    end_of_term (term);
}

NET_TEST (h186_term_waits_as_long_as_linger_says)
{
    close_socket (push_with_backlog (fresh (transport), 300));
    int64_t took = end_of_term (start_term ());
    if (took < 290 || took > 5000)
        FAIL ("LINGER 300 took %lld ms", (long long) took);
}

NET_TEST (h186_a_peer_that_does_not_read_is_waited_for_as_long)
{
    int listener, raw;
    void *push = push_to_raw (fresh (transport), 0, &listener, &raw);
    CHECK_OK (set_int (push, ZMQ_LINGER, 200));
    clog_up (push);
    close_socket (push);
    int64_t took = end_of_term (start_term ());
    if (took < 190 || took > 5000)
        FAIL ("LINGER 200 took %lld ms", (long long) took);
}

NET_TEST (h187_the_value_at_the_close_counts)
{
    void *push = push_with_backlog (fresh (transport), -1);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    close_socket (push);
    CHECK (end_of_term (start_term ()) < 2000);
    const char *place = fresh (transport);
    push = push_with_backlog (place, 0);
    CHECK_OK (set_int (push, ZMQ_LINGER, -1));
    close_socket (push);
    expect_backlog (bound (ZMQ_PULL, place));
}

NET_TEST (s_b7_a_context_that_does_not_block_sets_linger_0)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_BLOCKY, 0));
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, fresh (transport)));
    send_parts (push, "lost", NULL);
    close_socket (push);
    CHECK (end_of_term (start_term ()) < 2000);
}

NET_TEST (s_b7_nothing_pending_goes_at_once)
{
    void *lonely = connected (ZMQ_PUSH, fresh (transport));
    void *pull = bound (ZMQ_PULL, fresh (transport));
    void *push = connected (ZMQ_PUSH, last_endpoint (pull));
    CHECK_OK (set_int (pull, ZMQ_LINGER, -1));
    send_parts (push, "hello", NULL);
    EXPECT (pull, "hello");
    close_socket (lonely);
    close_socket (push);
    close_socket (pull);
    CHECK (end_of_term (start_term ()) < 2000);
}

NET_TEST (s_b7_unread_messages_hold_up_nobody)
{
    void *pull = bound (ZMQ_PULL, fresh (transport));
    void *push = connected (ZMQ_PUSH, last_endpoint (pull));
    CHECK_OK (set_int (pull, ZMQ_LINGER, -1));
    for (int i = 0; i < 100; i++)
        send_parts (push, "unread", NULL);
    WAIT_UNTIL (settle (pull) == ZMQ_POLLIN);
    close_socket (pull);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    close_socket (push);
    CHECK (end_of_term (start_term ()) < 2000);
}

OURS_ONLY (s_b7_links_in_mid_handshake_with_nothing_pending_go_at_once,
           "references wait for two such links, not for one")
{
    const char *place = fresh ("tcp");
    int listener = raw_listen (place, 10);
    char greeting[10];
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_LINGER, -1));
    CHECK_OK (zmq_connect (pull, place));
    CHECK_OK (zmq_connect (pull, place));
    raw_read (raw_accept (listener), greeting, 10);
    raw_read (raw_accept (listener), greeting, 10);
    close_socket (pull);
    CHECK (end_of_term (start_term ()) < 2000);
}

NET_TEST (s_b7_linger_0_drops_what_the_network_has_not_taken)
{
    int listener, raw;
    void *push = push_to_raw (fresh (transport), 0, &listener, &raw);
    int sent = clog_up (push), got = 0;
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    close_socket (push);
    CHECK (end_of_term (start_term ()) < 2000);
    for (int number; (number = raw_clog (raw)) != -1; got++)
        CHECK_INT (number, got);
    CHECK (got < sent);
}

NET_TEST (s_b7_linger_for_ever_sends_all)
{
    int listener, raw;
    void *push = push_to_raw (fresh (transport), 0, &listener, &raw);
    int sent = clog_up (push);
    CHECK_OK (set_int (push, ZMQ_LINGER, -1));
    close_socket (push);
    t_term_t *term = start_term ();
    expect_term_waits (term);
    for (int i = 0; i < sent; i++)
        CHECK_INT (raw_clog (raw), i);
    CHECK_INT (raw_clog (raw), -1);
    end_of_term (term);
}

NET_TEST (s_b7_the_binding_side_sends_all_too)
{
    int raw;
    void *push = bound_push_and_raw (fresh (transport), &raw);
    int sent = clog_up (push);
    CHECK_OK (set_int (push, ZMQ_LINGER, -1));
    close_socket (push);
    t_term_t *term = start_term ();
    expect_term_waits (term);
    for (int i = 0; i < sent; i++)
        CHECK_INT (raw_clog (raw), i);
    CHECK_INT (raw_clog (raw), -1);
    end_of_term (term);
}

NET_TEST (s_b7_an_accepted_link_that_breaks_ends_the_lingering)
{
    int raw;
    void *push = bound_push_and_raw (fresh (transport), &raw);
    clog_up (push);
    CHECK_OK (set_int (push, ZMQ_LINGER, -1));
    close_socket (push);
    t_term_t *term = start_term ();
    expect_term_waits (term);
    close (raw);
    end_of_term (term);
}

NET_TEST (s_b7_a_lingering_connecter_goes_on_reconnecting)
{
    int listener, raw;
    void *push = push_to_raw (fresh (transport), 0, &listener, &raw);
    int sent = clog_up (push), number = -1, before = -1;
    CHECK_OK (set_int (push, ZMQ_LINGER, -1));
    close_socket (push);
    t_term_t *term = start_term ();
    for (int i = 0; i < 3; i++) { /* three peers die */
        close (raw);
        raw = raw_accept (listener);
    }
    raw_handshake (raw, "PULL", NULL);
    while ((number = raw_clog (raw)) != -1) {
        CHECK (number > before);
        before = number;
    }
    CHECK_INT (before, sent - 1);
    end_of_term (term);
}

/* ---- disconnect and unbind ----------------------------------------------------------------- */

NET_TEST (h190_disconnect_with_linger_delivers_what_was_queued)
{
    const char *place = fresh (transport);
    void *push = push_with_backlog (place, -1);
    CHECK_OK (zmq_disconnect (push, place));
    CHECK_FAIL (send_str (push, "late", ZMQ_DONTWAIT), EAGAIN);
    void *events, *pull = bound_and_watched (ZMQ_PULL, place, &events);
    EXPECT (pull, "1");
    EXPECT (pull, "2", "two");
    EXPECT (pull, "3");
    AWAIT_WITH (push, events, ZMQ_EVENT_DISCONNECTED);
    EXPECT_NOTHING (pull);
}

NET_TEST (h190_disconnect_of_a_clogged_link_sends_all)
{
    int listener, raw;
    const char *place = fresh (transport);
    void *push = push_to_raw (place, 0, &listener, &raw);
    int sent = clog_up (push);
    CHECK_OK (zmq_disconnect (push, place));
    CHECK_FAIL (send_str (push, "late", ZMQ_DONTWAIT), EAGAIN);
    for (int i = 0; i < sent; i++)
        CHECK_INT (raw_clog (raw), i);
    WAIT_UNTIL (settle (push) == 0 && raw_ended (raw));
}

NET_TEST (s_b7_disconnect_with_linger_0_drops_what_was_queued)
{
    int listener, raw;
    const char *place = fresh (transport);
    void *push = push_to_raw (place, 0, &listener, &raw);
    int sent = clog_up (push);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    CHECK_OK (zmq_disconnect (push, place));
    WAIT_UNTIL (settle (push) == 0 && raw_ended (raw));
    CHECK (raw_dropped < (size_t) sent * CLOG_SIZE);
}

NET_TEST (h191_disconnect_drops_unread_messages)
{
    void *push = bound (ZMQ_PUSH, fresh (transport)), *other = bound (ZMQ_PUSH, fresh (transport));
    const char *place = place_of (push);
    void *pull = connected (ZMQ_PULL, place);
    send_parts (push, "unread", NULL);
    WAIT_UNTIL (settle (pull) == ZMQ_POLLIN);
    CHECK_OK (zmq_disconnect (pull, place));
    CHECK_INT (settle (pull), 0);
    EXPECT_NOTHING (pull);
    CHECK_OK (zmq_connect (pull, last_endpoint (other)));
    send_parts (other, "read", NULL);
    EXPECT (pull, "read");
}

NET_TEST (h192_unbind_keeps_unread_messages)
{
    const char *place = fresh (transport);
    void *pull = bound (ZMQ_PULL, place);
    int raw = raw_peer (place, "PUSH");
    raw_send_frame (raw, 0, "1");
    raw_send_frame (raw, 1, "2");
    raw_send_frame (raw, 0, "two");
    raw_send_frame (raw, 0, "3");
    raw_send_frame (raw, 1, "half");
    raw_sync (raw);
    CHECK_OK (zmq_unbind (pull, place));
    expect_backlog (pull);
    WAIT_UNTIL (settle (pull) == 0 && raw_ended (raw)); /* later than here, but before long */
}

NET_TEST (h193_unbind_closes_accepted_links)
{
    int raw;
    const char *place = fresh (transport);
    void *push = bound_push_and_raw (place, &raw);
    send_parts (push, "hello", NULL);
    RAW_EXPECT (raw, "hello");
    CHECK_OK (zmq_unbind (push, place));
    WAIT_UNTIL (settle (push) == 0 && raw_ended (raw));
    CHECK_FAIL (send_str (push, "late", ZMQ_DONTWAIT), EAGAIN);
}

NET_TEST (s_b6_unbind_drops_what_was_queued_whatever_linger_says)
{
    int raw;
    const char *place = fresh (transport);
    void *push = bound_push_and_raw (place, &raw);
    int sent = clog_up (push);
    CHECK_OK (set_int (push, ZMQ_LINGER, -1));
    CHECK_OK (zmq_unbind (push, place));
    WAIT_UNTIL (settle (push) == 0 && raw_ended (raw));
    CHECK (raw_dropped < (size_t) sent * CLOG_SIZE);
    close_socket (push);
    CHECK (end_of_term (start_term ()) < 2000);
}

/* ---- lost links ---------------------------------------------------------------------------- */

NET_TEST (h194_messages_of_an_accepted_peer_that_went_stay_readable)
{
    const char *place = fresh (transport);
    void *dealer = bound (ZMQ_DEALER, place), *events = watch (dealer);
    int raw = raw_peer (place, "DEALER");
    raw_send_frame (raw, 0, "1");
    raw_send_frame (raw, 1, "2");
    raw_send_frame (raw, 0, "two");
    raw_send_frame (raw, 0, "3");
    close (raw);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (settle (dealer) == ZMQ_POLLIN);
    CHECK_FAIL (send_str (dealer, "a", ZMQ_DONTWAIT), EAGAIN); /* it can be read, not written */
    expect_backlog (dealer);
}

NET_TEST (h194_a_successor_does_not_get_the_backlog)
{
    int raw;
    const char *place = fresh (transport);
    void *push = bound_push_and_raw (place, &raw);
    clog_up (push);
    close (raw);
    WAIT_UNTIL (settle (push) == 0);
    raw = raw_peer (place, "PULL");
    CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    send_parts (push, "new", NULL);
    RAW_EXPECT (raw, "new");
}

NET_TEST (h195_a_connecter_keeps_its_backlog)
{
    int listener, raw;
    void *push = push_to_raw (fresh (transport), 0, &listener, &raw);
    int sent = clog_up (push), before = -1;
    close (raw);
    raw = raw_accept (listener);
    raw_handshake (raw, "PULL", NULL);
    while (before < sent - 1) {
        int number = raw_clog (raw);
        CHECK (number > before && (before == -1 || number == before + 1)); /* only the first miss */
        before = number;
    }
}

NET_TEST (h195_whole_messages_only_arrive_after_a_reconnection)
{
    const char *place = fresh (transport);
    int listener = raw_listen_narrow (place);
    void *push = narrow_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (push, place));
    int raw = raw_accept (listener);
    raw_handshake (raw, "PULL", NULL);
    int sent = 0;
    do
        while (send_clog (push, 2 * sent, ZMQ_DONTWAIT | ZMQ_SNDMORE) == CLOG_SIZE) {
            CHECK_INT (send_clog (push, 2 * sent + 1, ZMQ_DONTWAIT), CLOG_SIZE);
            sent++;
        }
    while (wait_for (push, ZMQ_POLLOUT, 50));
    close (raw);
    close (listener);
    WAIT_UNTIL (access (place + 6, F_OK) != 0 || unlink (place + 6) == 0);
    void *pull = new_socket (ZMQ_PULL);
    bind_again (pull, place);
    for (int number = -1; number < 2 * sent - 2;) {
        char body[CLOG_SIZE];
        CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        CHECK_INT (zmq_recv (pull, body, sizeof body, ZMQ_DONTWAIT), CLOG_SIZE);
        CHECK_INT (get_int (pull, ZMQ_RCVMORE), 1);
        memcpy (&number, body, sizeof number);
        CHECK_INT (number % 2, 0);
        CHECK_INT (zmq_recv (pull, body, sizeof body, ZMQ_DONTWAIT), CLOG_SIZE);
        CHECK_INT (get_int (pull, ZMQ_RCVMORE), 0);
        CHECK_INT (memcmp (body, &(int){number + 1}, sizeof number), 0);
    }
    EXPECT_NOTHING (pull);
}

NET_TEST (s_b6_messages_of_a_listener_that_went_stay_readable)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    void *pull = connected (ZMQ_PULL, place), *events = watch (pull);
    int raw = raw_accept (listener);
    raw_handshake (raw, "PUSH", NULL);
    raw_send_frame (raw, 0, "1");
    raw_send_frame (raw, 1, "2");
    raw_send_frame (raw, 0, "two");
    raw_send_frame (raw, 0, "3");
    raw_send_frame (raw, 1, "half");
    close (raw);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    raw = raw_accept (listener);
    raw_handshake (raw, "PUSH", NULL);
    raw_send_frame (raw, 0, "4");
    EXPECT (pull, "1");
    EXPECT (pull, "2", "two");
    EXPECT (pull, "3");
    EXPECT (pull, "4");
}

NET_TEST (h196_immediate_drops_the_backlog_of_a_lost_link)
{
    int listener, raw;
    void *push = push_to_raw (fresh (transport), 1, &listener, &raw);
    CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    clog_up (push);
    close (raw);
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (send_str (push, "refused", ZMQ_DONTWAIT), EAGAIN);
    raw = raw_accept (listener);
    CHECK_FAIL (send_str (push, "too early", ZMQ_DONTWAIT), EAGAIN);
    raw_handshake (raw, "PULL", NULL);
    CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    send_parts (push, "new", NULL);
    RAW_EXPECT (raw, "new");
}

NET_TEST (s_b6_a_protocol_error_keeps_what_came_before_it)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    int64_t limit = 100;
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    CHECK_OK (set_int (dealer, ZMQ_RECONNECT_IVL, 10));
    void *events = watch (dealer);
    CHECK_OK (zmq_connect (dealer, place));
    int raw = raw_accept (listener);
    raw_handshake (raw, "DEALER", NULL);
    raw_send_frame (raw, 0, "1");
    raw_send_frame (raw, 1, "2");
    raw_send_frame (raw, 0, "two");
    raw_send_frame (raw, 0, "3");
    raw_send_frame (raw, 1, "half");
    RAW_SEND (raw, "\0\x65"); /* 101 bytes follow */
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (settle (dealer) == ZMQ_POLLIN);
    CHECK_FAIL (send_str (dealer, "a", ZMQ_DONTWAIT), EAGAIN);
    expect_backlog (dealer);
    let_others_retry (transport);
    EXPECT_NO_EVENT (events);
    CHECK (!raw_readable (listener, 0));
}

NET_TEST (h198_half_a_message_of_a_peer_that_dies_is_never_delivered)
{
    static const char bytes[] = "\1\4half\1\4half\0\11unfinish"; /* one byte short */
    const char *place = fresh (transport);
    void *events, *pull = bound_and_watched (ZMQ_PULL, place, &events);
    for (size_t size = 1; size < sizeof bytes; size++) {
        int raw = raw_peer (place, "PUSH");
        raw_send (raw, bytes, size);
        close (raw);
        AWAIT (events, ZMQ_EVENT_DISCONNECTED);
        CHECK_INT (settle (pull), 0);
        EXPECT_NOTHING (pull);
    }
    void *push = connected (ZMQ_PUSH, place);
    send_parts (push, "whole", "message", NULL);
    EXPECT (pull, "whole", "message");
}

NET_TEST (s_b4_closing_in_mid_message_drops_the_unfinished_part)
{
    const char *place = fresh (transport);
    void *events, *pull = bound_and_watched (ZMQ_PULL, place, &events);
    void *push = connected (ZMQ_PUSH, place);
    send_parts (push, "whole", NULL);
    CHECK_INT (send_str (push, "half", ZMQ_SNDMORE), 4);
    close_socket (push);
    EXPECT (pull, "whole");
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
    CHECK_INT (settle (pull), 0);
    EXPECT_NOTHING (pull);
}

NET_TEST (s_b4_the_rest_of_a_message_is_discarded_after_a_disconnect)
{
    const char *place = fresh (transport);
    void *pull = bound (ZMQ_PULL, place), *other = bound (ZMQ_PULL, fresh (transport));
    void *push = connected (ZMQ_PUSH, place), *events = watch (pull);
    CHECK_INT (send_str (push, "1", ZMQ_SNDMORE), 1);
    CHECK_OK (zmq_disconnect (push, place));
    CHECK_OK (zmq_connect (push, last_endpoint (other)));
    CHECK_INT (send_str (push, "2", ZMQ_SNDMORE), 1);
    CHECK_INT (send_str (push, "3", 0), 1);
    send_parts (push, "next", "message", NULL);
    EXPECT (other, "next", "message");
    AWAIT_WITH (push, events, ZMQ_EVENT_DISCONNECTED);
    EXPECT_NOTHING (other);
    EXPECT_NOTHING (pull);
}
