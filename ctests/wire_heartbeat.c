/* PING, PONG and their timers. */
#include "wire.h"

#define PING "04 07 04 'PING' 0000"
#define PONG "04 05 04 'PONG'"

/* A socket with a heartbeat: period, timeout and announced time to live, -1 for those not set. */
static void *beating (int type_, int ivl_, int timeout_, int ttl_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_IVL, ivl_));
    if (timeout_ != -1)
        CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, timeout_));
    if (ttl_ != -1)
        CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_TTL, ttl_));
    return socket;
}

TEST (w057_a_ping_has_a_time_to_live_and_no_context)
{
    static const int ttls[] = {-1, 0, 100, 12300, 65500, 6553599};
    static const int fields[] = {0, 0, 1, 123, 655, 65535};
    EACH_ROLE
        for (int i = 0; i < 6; i++) {
            void *pull = beating (ZMQ_PULL, 20, 10000, ttls[i]);
            EXPECT_HEX (ready_peer (pull), "04 07 04 'PING' %04X", fields[i]);
        }
}

TEST (w057_a_ping_is_answered)
{
    int types[] = {ZMQ_PULL, ZMQ_PUSH, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_REP, ZMQ_REQ, ZMQ_SUB, ZMQ_PUB,
                   ZMQ_XPUB, ZMQ_XSUB, ZMQ_PAIR};
    EACH_WAY
        for (int i = 0; i < 11; i++)
            for (int minor = 0; minor < 2; minor++) {
                void *socket = new_socket (types[i]);
                int peer = minor ? ready_peer (socket) : ready_peer_30 (socket);
                send_hex (peer, PING);
                EXPECT_HEX (peer, PONG);
                send_hex (peer, "04 08 04 'PING' 0000 'c'");
                EXPECT_HEX (peer, "04 06 04 'PONG' 'c'");
                send_hex (peer, "04 17 04 'PING' 0000 '0123456789abcdef'");
                EXPECT_HEX (peer, "04 15 04 'PONG' '0123456789abcdef'");
                CHECK_INT (settle (socket) & ZMQ_POLLIN, 0);
            }
}

TEST (w058_no_more_than_16_bytes_of_context_come_back)
{
    EACH_WAY {
        int peer = ready_peer (new_socket (ZMQ_PULL));
        send_hex (peer, "04 18 04 'PING' 0000 '0123456789abcdefX'");
        EXPECT_HEX (peer, "04 15 04 'PONG' '0123456789abcdef'");
        send_hex (peer, "04 1B 04 'PING' 0000 '0123456789abcdefghij'");
        EXPECT_HEX (peer, "04 15 04 'PONG' '0123456789abcdef'");
        send_hex (peer, "06 %016X 04 'PING' 0000 'x'*1000", 1007);
        EXPECT_HEX (peer, "04 15 04 'PONG' 'x'*16");
        EXPECT_SILENCE (peer);
    }
}

TEST (w058_context_is_bytes)
{
    EACH_WAY {
        int peer = ready_peer (new_socket (ZMQ_PULL));
        send_hex (peer, "04 0B 04 'PING' 0000 00 FF 00 7F");
        EXPECT_HEX (peer, "04 09 04 'PONG' 00 FF 00 7F");
    }
}

OURS_ONLY (w059_a_short_ping_is_dropped, "a reference answers with bytes of its memory")
{
    static const char *const shorts[] = {"04 05 04 'PING'", "04 06 04 'PING' 00",
                                         "06 0000000000000005 04 'PING'"};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *pull = new_socket (ZMQ_PULL);
            int peer = ready_peer (pull);
            send_hex (peer, "%s", shorts[i]);
            EXPECT_SILENCE (peer);
            send_hex (peer, "00 02 'hi' " PING);
            EXPECT (pull, "hi");
            EXPECT_HEX (peer, PONG);
        }
}

TEST (w_s53_a_pong_unasked_is_ignored)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        send_hex (peer, PONG "04 15 04 'PONG' '0123456789abcdef' 06 %016X 04 'PONG' 'x'*300 "
                        "00 02 'hi'", 305);
        EXPECT (pull, "hi");
        EXPECT_SILENCE (peer);
    }
}

TEST (w_s53_a_pong_goes_between_parts)
{
    EACH_WAY {
        void *push = new_socket (ZMQ_PUSH);
        int peer = ready_peer (push);
        CHECK_INT (zmq_send (push, "a", 1, ZMQ_SNDMORE), 1);
        send_hex (peer, PING);
        EXPECT_HEX (peer, PONG); /* before the message is complete */
        CHECK_INT (zmq_send (push, "b", 1, 0), 1);
        EXPECT_HEX (peer, "01 01 'a' 00 01 'b'");
    }
}

TEST (w061_a_time_to_live_ends)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = ready_peer (pull);
        EXPECT_HS_OK (events);
        int64_t begun = now_ms ();
        send_hex (peer, "04 07 04 'PING' 0001");
        EXPECT_HEX (peer, PONG);
        EXPECT_CLOSED (peer);
        int64_t took = now_ms () - begun;
        CHECK (took >= 99 && took < 5000);
        CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
    }
}

TEST (w061_any_frame_lifts_it)
{
    static const char *const frames[] = {"00 02 'hi'", "01 02 'hi'", PING, PONG, "04 04 03 'ABC'",
                                         "04 00", "00 00"};
    EACH_ROLE
        for (int i = 0; i < 7; i++) {
            int peer = ready_peer (new_socket (ZMQ_PULL));
            send_hex (peer, "04 07 04 'PING' 0001");
            EXPECT_HEX (peer, PONG);
            send_hex (peer, "%s", frames[i]);
            if (i == 2)
                EXPECT_HEX (peer, PONG);
            EXPECT_SILENCE_OF (peer, 150);
        }
}

TEST (w061_a_part_of_a_frame_does_not)
{
    EACH_ROLE {
        int peer = ready_peer (new_socket (ZMQ_PULL));
        send_hex (peer, "04 07 04 'PING' 0001 00 05 'ab'");
        EXPECT_HEX (peer, PONG);
        EXPECT_CLOSED (peer);
    }
}

OURS_ONLY (w060_a_long_time_to_live_is_long, "a reference counts milliseconds in 16 bits")
{
    static const int ttls[] = {656, 660, 1311, 0xFFFF};
    EACH_ROLE {
        int peers[4];
        void *sockets[4];
        for (int i = 0; i < 4; i++) {
            peers[i] = ready_peer (sockets[i] = new_socket (ZMQ_PULL));
            send_hex (peers[i], "04 07 04 'PING' %04X", ttls[i]);
            EXPECT_HEX (peers[i], PONG);
        }
        for (int i = 0; i < 4; i++)
            EXPECT_SILENCE_OF (peers[i], i ? CALM : 800);
    }
}

TEST (w060_up_to_655_it_is)
{
    static const int ttls[] = {5, 100, 600, 655};
    EACH_ROLE {
        int peers[4];
        for (int i = 0; i < 4; i++) {
            peers[i] = ready_peer (new_socket (ZMQ_PULL));
            send_hex (peers[i], "04 07 04 'PING' %04X", ttls[i]);
            EXPECT_HEX (peers[i], PONG);
        }
        EXPECT_SILENCE_OF (peers[0], 300);
        EXPECT_SILENCE_OF (peers[3], CALM);
        EXPECT_CLOSED (peers[0]);
        EXPECT_SILENCE_OF (peers[1], CALM);
        EXPECT_SILENCE_OF (peers[2], CALM);
    }
}

TEST (w062_the_first_ping_comes_after_one_interval)
{
    EACH_WAY {
        void *pull = beating (ZMQ_PULL, 150, 10000, -1);
        int peer = join_peer (pull);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (pull));
        /* which begins when both are ready */
        EXPECT_SILENCE_OF (peer, 200);
        int64_t begun = now_ms ();
        send_ready (peer, "PUSH");
        EXPECT_HEX (peer, PING);
        CHECK (now_ms () - begun >= 149);
        begun = now_ms ();
        EXPECT_HEX (peer, PING);
        CHECK (now_ms () - begun >= 130);
    }
}

TEST (w062_pings_come_whatever_else_is_said)
{
    EACH_ROLE {
        void *pull = beating (ZMQ_PULL, 30, 10000, -1);
        int peer = ready_peer (pull);
        for (int i = 0; i < 5; i++) {
            while (!speaks (peer, 2)) {
                send_hex (peer, "00 02 'hi'");
                EXPECT (pull, "hi");
            }
            EXPECT_HEX (peer, PING);
        }
    }
}

TEST (w_s53_a_ping_without_answer_ends_the_link)
{
    EACH_ROLE {
        void *pull = beating (ZMQ_PULL, 50, 100, -1), *events = watch (pull);
        int peer = ready_peer (pull);
        EXPECT_HS_OK (events);
        int64_t begun = now_ms ();
        EXPECT_HEX (peer, PING);
        EXPECT_GONE (peer);
        CHECK (now_ms () - begun >= 140);
        CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
    }
}

TEST (w_s53_the_timeout_is_the_interval_by_default)
{
    EACH_ROLE {
        void *pull = beating (ZMQ_PULL, 100, -1, -1), *events = watch (pull);
        int peer = ready_peer (pull);
        EXPECT_HS_OK (events);
        int64_t begun = now_ms ();
        EXPECT_HEX (peer, PING);
        EXPECT_GONE (peer);
        CHECK (now_ms () - begun >= 190);
        CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
    }
}

TEST (w_s53_any_frame_answers_a_ping)
{
    static const char *const frames[] = {"00 02 'hi'", "01 02 'hi'", PONG, "04 04 03 'ABC'",
                                         "04 06 04 'PONG' 'x'", "04 00"};
    EACH_ROLE
        for (int i = 0; i < 6; i++) {
            /* One PING after the other is answered before the time has run out. */
            void *pull = beating (ZMQ_PULL, 30, 2000, -1), *events = watch (pull);
            int peer = ready_peer (pull);
            EXPECT_HS_OK (events);
            for (int j = 0; j < 4; j++) {
                EXPECT_HEX (peer, PING);
                send_hex (peer, "%s", frames[i]);
            }
            EXPECT_NO_EVENT (events);
        }
}

TEST (w_s53_a_timeout_of_0_is_none)
{
    EACH_ROLE {
        void *pull = beating (ZMQ_PULL, 20, 0, -1), *events = watch (pull);
        int peer = ready_peer (pull);
        EXPECT_HS_OK (events);
        for (int i = 0; i < 10; i++)
            EXPECT_HEX (peer, PING);
        EXPECT_NO_EVENT (events);
    }
}

TEST (w_s53_no_heartbeat_unasked)
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL);
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TIMEOUT, 20));
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TTL, 100));
        EXPECT_SILENCE_OF (ready_peer (pull), 150);
    }
}

TEST (w064_the_time_to_live_is_kept_in_tenths)
{
    void *pull = new_socket (ZMQ_PULL);
    static const int set[] = {99, 100, 199, 250, 6553599, 0, -99};
    static const int got[] = {0, 100, 100, 200, 6553500, 0, 0};
    for (int i = 0; i < 7; i++) {
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TTL, set[i]));
        CHECK_INT (get_int (pull, ZMQ_HEARTBEAT_TTL), got[i]);
    }
    CHECK_FAIL (set_int (pull, ZMQ_HEARTBEAT_TTL, 6553600), EINVAL);
    CHECK_FAIL (set_int (pull, ZMQ_HEARTBEAT_TTL, -100), EINVAL);
    CHECK_FAIL (set_int (pull, ZMQ_HEARTBEAT_TIMEOUT, -1), EINVAL);
}

/* What the two sides of a link agree on lasts, however idle. */
TEST (w_s53_two_live_peers_stay_together)
{
    void *pull = beating (ZMQ_PULL, 20, 2000, 2000), *push = beating (ZMQ_PUSH, 20, 2000, 2000);
    void *events = watch (pull);
    CHECK_OK (zmq_bind (pull, "tcp://127.0.0.1:*"));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    EXPECT_HS_OK (events);
    char text[100] = "";
    next_event (events, 300, text, sizeof text);
    CHECK_STR (text, "");
    send_parts (push, "hi", NULL);
    EXPECT (pull, "hi");
}
