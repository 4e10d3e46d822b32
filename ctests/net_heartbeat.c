/* Heartbeats: PINGs, what they carry, and links that end because nothing answers. */
#include "network.h"

#define PING "\4\7\4PING"

/* A bound DEALER with heartbeats, its monitor past LISTENING. */
static void *server_with_heartbeats (const char *place_, int ivl_, int timeout_, int ttl_,
                                     void **events_)
{
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, ZMQ_HEARTBEAT_IVL, ivl_));
    if (timeout_ >= 0)
        CHECK_OK (set_int (server, ZMQ_HEARTBEAT_TIMEOUT, timeout_));
    CHECK_OK (set_int (server, ZMQ_HEARTBEAT_TTL, ttl_));
    *events_ = watch (server);
    CHECK_OK (zmq_bind (server, place_));
    EXPECT_EVENT (*events_, ZMQ_EVENT_LISTENING);
    return server;
}

/* A raw DEALER whose arrival the server has reported. */
static int peer_of (const char *place_, void *events_)
{
    int raw = raw_peer (place_, "DEALER");
    EXPECT_EVENT (events_, ZMQ_EVENT_ACCEPTED);
    EXPECT_EVENT (events_, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    return raw;
}

/* Reads a PING and returns its time to live. */
static int next_ping (int raw_)
{
    unsigned char frame[9];
    raw_read (raw_, frame, sizeof frame);
    CHECK_INT (memcmp (frame, PING, 7), 0);
    return frame[7] << 8 | frame[8];
}

NET_TEST (h259_a_silent_peer_is_given_up)
{
    void *events;
    const char *place = fresh (transport);
    server_with_heartbeats (place, 50, -1, 0, &events);
    int64_t start_ms = now_ms ();
    int raw = peer_of (place, events);
    CHECK_INT (next_ping (raw), 0);
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (raw_ended (raw));
    int64_t took = now_ms () - start_ms; /* one interval to the PING, one without an answer */
    if (took < 95 || took > 5000)
        FAIL ("given up after %lld ms", (long long) took);
}

NET_TEST (h259_a_connecting_side_gives_up_and_reconnects)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    void *client = new_socket (ZMQ_DEALER), *events = watch (client);
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (set_int (client, ZMQ_HEARTBEAT_IVL, 30));
    CHECK_OK (zmq_connect (client, place));
    for (int i = 0; i < 3; i++) {
        int raw = raw_accept (listener);
        raw_handshake (raw, "DEALER", NULL);
        next_ping (raw);
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
        WAIT_UNTIL (raw_ended (raw));
    }
}

NET_TEST (s_d8_the_timeout_counts_from_the_ping)
{
    void *events;
    const char *place = fresh (transport);
    server_with_heartbeats (place, 20, 600, 0, &events);
    int raw = peer_of (place, events);
    next_ping (raw);
    int64_t start_ms = now_ms ();
    for (int i = 0; i < 3; i++)
        next_ping (raw); /* they go on meanwhile */
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    int64_t took = now_ms () - start_ms;
    if (took < 500 || took > 5000)
        FAIL ("given up after %lld ms", (long long) took);
}

NET_TEST (s_d8_timeout_0_never_gives_up)
{
    void *events;
    const char *place = fresh (transport);
    void *server = server_with_heartbeats (place, 10, 0, 0, &events);
    int raw = peer_of (place, events);
    for (int i = 0; i < 20; i++)
        next_ping (raw);
    EXPECT_NO_EVENT (events);
    raw_send_frame (raw, 0, "still here");
    EXPECT (server, "still here");
}

NET_TEST (s_d8_any_frame_counts_as_an_answer)
{
    static const struct
    {
        const char *bytes;
        size_t size;
    } rows[] = {{"\4\5\4PONG", 7}, {PING "\0\0", 9}, {"\0\1a", 3}, {"\4\2\1X", 4}};
    for (int i = 0; i < 4; i++) {
        void *events;
        const char *place = fresh (transport);
        server_with_heartbeats (place, 30, 3000, 0, &events);
        int raw = peer_of (place, events);
        char body[100];
        int64_t start_ms = now_ms ();
        for (int pings = 0; pings < 8;) {
            raw_frame (raw, body, sizeof body);
            if (strncmp (body, "\4PING", 5) == 0) {
                raw_send (raw, rows[i].bytes, rows[i].size);
                pings++;
            }
        }
        CHECK (now_ms () - start_ms >= 200);
        EXPECT_NO_EVENT (events);
    }
}

NET_TEST (s_d8_a_ping_carries_the_time_to_live)
{
    static const int ttls[][2] = {{0, 0}, {99, 0}, {100, 1}, {12345, 123}, {6553599, 65535}};
    for (int i = 0; i < 5; i++) {
        void *events;
        const char *place = fresh (transport);
        server_with_heartbeats (place, 10, 0, ttls[i][0], &events);
        CHECK_INT (next_ping (peer_of (place, events)), ttls[i][1]);
    }
}

NET_TEST (s_d8_the_first_ping_comes_one_interval_after_the_handshake)
{
    void *events;
    const char *place = fresh (transport);
    server_with_heartbeats (place, 150, 0, 0, &events);
    int64_t start_ms = now_ms ();
    int raw = peer_of (place, events);
    next_ping (raw);
    CHECK (now_ms () - start_ms >= 149);
    next_ping (raw);
    CHECK (now_ms () - start_ms >= 298);
}

NET_TEST (s_d8_pings_go_on_while_there_is_traffic)
{
    void *events;
    char body[100];
    const char *place = fresh (transport);
    void *server = server_with_heartbeats (place, 20, 0, 0, &events);
    int raw = peer_of (place, events);
    for (int pings = 0, messages = 0; pings < 5 || messages < 50; messages++) {
        raw_send_frame (raw, 0, "ask");
        EXPECT (server, "ask");
        send_parts (server, "answer", NULL);
        while (raw_frame (raw, body, sizeof body) & 4)
            pings++;
        CHECK_STR (body, "answer");
    }
}

/* Two sockets with heartbeats and nothing to say stay connected. */
NET_TEST (h260_two_live_peers_stay_connected)
{
    void *server_events;
    const char *place = fresh (transport);
    void *server = server_with_heartbeats (place, 20, 2000, 5000, &server_events);
    void *client = new_socket (ZMQ_DEALER), *events = watch (client);
    CHECK_OK (set_int (client, ZMQ_HEARTBEAT_IVL, 20));
    CHECK_OK (set_int (client, ZMQ_HEARTBEAT_TIMEOUT, 2000));
    CHECK_OK (zmq_connect (client, place));
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    AWAIT (server_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    sleep_ms (300);
    EXPECT_NO_EVENT (events);
    EXPECT_NO_EVENT (server_events);
    bounce (server, client);
}

NET_TEST (h260_one_side_with_heartbeats_is_enough)
{
    void *events;
    const char *place = fresh (transport);
    void *server = server_with_heartbeats (place, 20, 2000, 5000, &events);
    void *client = connected (ZMQ_DEALER, place);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    sleep_ms (200);
    EXPECT_NO_EVENT (events);
    bounce (server, client);
}

NET_TEST (h260_all_types_answer)
{
    static const struct
    {
        int type;
        const char *peer;
    } rows[] = {{ZMQ_PAIR, "PAIR"}, {ZMQ_PUB, "SUB"},   {ZMQ_SUB, "PUB"},    {ZMQ_REQ, "REP"},
                {ZMQ_REP, "REQ"},   {ZMQ_PULL, "PUSH"}, {ZMQ_PUSH, "PULL"},  {ZMQ_XPUB, "SUB"},
                {ZMQ_XSUB, "PUB"},  {ZMQ_ROUTER, "REQ"}, {ZMQ_DEALER, "REP"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *place = fresh (transport);
        bound (rows[i].type, place);
        int raw = raw_peer (place, rows[i].peer);
        for (int n = 0; n < 3; n++)
            raw_sync (raw);
    }
}

NET_TEST (h261_a_server_drops_the_link_when_the_ttl_has_passed)
{
    void *server = bound (ZMQ_DEALER, fresh (transport)), *events = watch (server);
    void *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (client, ZMQ_HEARTBEAT_IVL, 250));
    CHECK_OK (set_int (client, ZMQ_HEARTBEAT_TTL, 100));
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (client, last_endpoint (server)));
    EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
    EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED); /* and it comes back */
}

NET_TEST (h261_a_ttl_is_measured_from_the_ping)
{
    const char *place = fresh (transport);
    void *server = bound (ZMQ_DEALER, place), *events = watch (server);
    int raw = raw_peer (place, "DEALER");
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    int64_t start_ms = now_ms ();
    RAW_SEND (raw, PING "\0\2");
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    int64_t took = now_ms () - start_ms;
    if (took < 198 || took > 5000)
        FAIL ("dropped after %lld ms", (long long) took);
}

NET_TEST (s_d8_any_frame_cancels_the_ttl)
{
    static const struct
    {
        const char *bytes;
        size_t size;
    } rows[] = {{"\4\5\4PONG", 7}, {PING "\0\0", 9}, {"\0\1a", 3}, {"\4\2\1X", 4}};
    for (int i = 0; i < 4; i++) {
        const char *place = fresh (transport);
        void *server = bound (ZMQ_DEALER, place), *events = watch (server);
        int raw = raw_peer (place, "DEALER"), witness = raw_peer (place, "DEALER");
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        char both[32] = PING "\0\1"; /* in one piece, so that the second is not late */
        memcpy (both + 9, rows[i].bytes, rows[i].size);
        raw_send (raw, both, 9 + rows[i].size);
        raw_sync (raw);
        RAW_SEND (witness, PING "\0\2"); /* which gets longer, and is dropped */
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        WAIT_UNTIL (raw_ended (witness));
        EXPECT_NO_EVENT (events);
        raw_sync (raw);
    }
}

NET_TEST (s_d8_a_ttl_of_0_is_none)
{
    const char *place = fresh (transport);
    void *server = bound (ZMQ_DEALER, place), *events = watch (server);
    int raw = raw_peer (place, "DEALER");
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    RAW_SEND (raw, PING "\0\0");
    let_others_retry (transport);
    EXPECT_NO_EVENT (events);
    raw_send_frame (raw, 0, "still here");
    EXPECT (server, "still here");
}

/* A PING with TTL 656 (65.6 s), whose milliseconds do not fit 16 bits. */
OURS_ONLY (s_d8_a_long_ttl_is_long, "references compute it modulo 65536 ms")
{
    const char *place = fresh ("tcp");
    void *server = bound (ZMQ_DEALER, place), *events = watch (server);
    int raw = raw_peer (place, "DEALER"), witness = raw_peer (place, "DEALER");
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    RAW_SEND (raw, PING "\2\220");
    RAW_SEND (witness, PING "\0\3");
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL (raw_ended (witness));
    EXPECT_NO_EVENT (events);
    raw_sync (raw);
}

/* The receiver has heartbeats and an application that does not receive: it must not mistake its own
 * silence for that of its peer. */
OURS_ONLY (s_b1_a_receiver_at_its_mark_keeps_its_link, "references drop and reconnect it")
{
    void *pull = narrow_socket (ZMQ_PULL), *push = narrow_socket (ZMQ_PUSH);
    CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_IVL, 30));
    const char *place = fresh ("tcp");
    CHECK_OK (zmq_bind (pull, place));
    void *events = watch (push);
    CHECK_OK (zmq_connect (push, place));
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    int sent = clog_up (push);
    sleep_ms (500);
    EXPECT_NO_EVENT (events);
    for (int i = 0; i < sent; i++) {
        char body[CLOG_SIZE];
        CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        CHECK_INT (zmq_recv (pull, body, sizeof body, ZMQ_DONTWAIT), CLOG_SIZE);
        CHECK_INT (memcmp (body, &i, sizeof i), 0);
    }
}

NET_TEST (h262_a_context_is_echoed_up_to_16_bytes)
{
    const char *place = fresh (transport);
    bound (ZMQ_DEALER, place);
    int raw = raw_peer (place, "DEALER");
    for (int size = 0; size <= 40; size++) {
        char ping[64] = "\4\7\4PING", body[100];
        int echoed = size > 16 ? 16 : size;
        ping[1] = (char) (7 + size);
        for (int i = 0; i < size; i++)
            ping[9 + i] = (char) ('a' + i);
        raw_send (raw, ping, (size_t) (9 + size));
        CHECK_INT (raw_frame (raw, body, sizeof body), 4);
        CHECK_STR (body, text_of ("\4PONG%.*s", echoed, ping + 9));
    }
}

NET_TEST (h262_a_pong_comes_between_the_frames_of_a_message)
{
    const char *place = fresh (transport);
    void *dealer = bound (ZMQ_DEALER, place);
    int raw = raw_peer (place, "DEALER");
    raw_send_frame (raw, 1, "one");
    raw_sync (raw);
    raw_send_frame (raw, 1, "two");
    RAW_SEND (raw, "\4\5\4PONG");
    raw_sync (raw);
    CHECK_INT (settle (dealer), ZMQ_POLLOUT);
    raw_send_frame (raw, 0, "three");
    EXPECT (dealer, "one", "two", "three");
}

TEST (h263_the_options)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_IVL), 0);
    CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_TTL), 0);
    CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_TIMEOUT), -1);
    static const int ttls[][2] = {{6553599, 6553500}, {99, 0}, {199, 100}, {250, 200}, {0, 0}};
    for (int i = 0; i < 5; i++) {
        CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_TTL, ttls[i][0]));
        CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_TTL), ttls[i][1]);
    }
    CHECK_FAIL (set_int (socket, ZMQ_HEARTBEAT_TTL, 6553600), EINVAL);
    CHECK_FAIL (set_int (socket, ZMQ_HEARTBEAT_TTL, -100), EINVAL);
    CHECK_FAIL (set_int (socket, ZMQ_HEARTBEAT_IVL, -1), EINVAL);
    CHECK_FAIL (set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, -1), EINVAL);
}

/* A process that is stopped, as if its machine were cut off. */
static void wait_to_be_stopped (const char *place_)
{
    void *dealer = connected (ZMQ_DEALER, place_);
    send_parts (dealer, "hello", NULL);
    for (;;)
        pause ();
}

NET_TEST (h259_a_process_that_is_stopped_is_given_up)
{
    void *events;
    const char *place = fresh (transport);
    void *server = server_with_heartbeats (place, 30, 300, 0, &events);
    pid_t child = process (wait_to_be_stopped, place);
    EXPECT (server, "hello");
    EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
    EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    EXPECT_NO_EVENT (events);
    CHECK_OK (kill (child, SIGSTOP));
    EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
    kill_process (child);
}
