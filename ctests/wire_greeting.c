/* The greeting: how it is staged, which generation a peer belongs to, what is tolerated. */
#include "wire.h"

/* Types that take part in every exchange. */
#define TYPES 11

TEST (w001_a_silent_peer_gets_ten_bytes)
{
    EACH_ROLE {
        int peer = join_peer (new_socket (ZMQ_PULL));
        EXPECT_HEX (peer, "FF 00*7 01 7F");
        EXPECT_SILENCE (peer);
    }
}

TEST (w001_the_padding_is_one_more_than_the_routing_id)
{
    EACH_ROLE {
        char id[256] = "";
        memset (id, 'i', 255);
        void *dealer = socket_with_id (ZMQ_DEALER, "ABC"), *pull = socket_with_id (ZMQ_PULL, id);
        int peer = join_peer (dealer);
        EXPECT_HEX (peer, "FF 00*7 04 7F");
        EXPECT_SILENCE (peer);
        peer = join_peer (pull);
        EXPECT_HEX (peer, "FF 00*6 0100 7F");
        EXPECT_SILENCE (peer);
    }
}

TEST (w002_the_tenth_byte_brings_the_major)
{
    EACH_WAY {
        int peer = join_peer (new_socket (ZMQ_PULL));
        EXPECT_HEX (peer, OUR_SIGNATURE);
        send_hex (peer, "FF 00*8");
        EXPECT_SILENCE (peer);
        send_hex (peer, "7F");
        EXPECT_HEX (peer, "03");
        EXPECT_SILENCE (peer);
    }
}

TEST (w003_the_eleventh_byte_brings_the_rest)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = join_peer (pull);
        EXPECT_HEX (peer, OUR_SIGNATURE);
        send_hex (peer, "FF 00*8 7F");
        EXPECT_HEX (peer, "03");
        EXPECT_SILENCE (peer);
        send_hex (peer, "03");
        EXPECT_HEX (peer, "01 'NULL' 00*16 00 00*31");
        EXPECT_SILENCE (peer);
        /* and the rest of the peer's brings READY, not a byte earlier */
        send_hex (peer, "01 'NULL' 00*16 00 00*30");
        EXPECT_SILENCE (peer);
        send_hex (peer, "00");
        EXPECT_HEX (peer, "%s", our_ready (pull));
        EXPECT_SILENCE (peer);
    }
}

TEST (w004_an_old_revision_brings_the_socket_type)
{
    EACH_ROLE
        for (int revision = 0; revision <= 1; revision++)
            for (int type = 0; type < TYPES; type++) {
                int peer = join_peer (new_socket (type));
                EXPECT_HEX (peer, OUR_SIGNATURE);
                send_hex (peer, "FF 00*8 7F %02X", revision);
                EXPECT_HEX (peer, "03 %02X", type);
                EXPECT_SILENCE_OF (peer, 10);
            }
}

TEST (w005_other_majors_are_as_3)
{
    static const int majors[] = {2, 3, 4, 0x7F, 0x80, 0xFF};
    EACH_WAY
        for (size_t i = 0; i < sizeof majors / sizeof *majors; i++) {
            void *pull = new_socket (ZMQ_PULL);
            int peer = join_peer (pull);
            send_hex (peer, "FF 00*8 7F %02X 01 'NULL' 00*16 00 00*31", majors[i]);
            EXPECT_HEX (peer, OUR_GREETING);
            EXPECT_HEX (peer, "%s", our_ready (pull));
            send_ready (peer, "PUSH");
            send_hex (peer, "00 02 'hi'");
            EXPECT (pull, "hi");
        }
}

TEST (w006_every_minor_but_0_is_as_1)
{
    static const int minors[] = {0, 1, 2, 9, 0xFF};
    EACH_WAY
        for (size_t i = 0; i < sizeof minors / sizeof *minors; i++) {
            void *sub = new_socket (ZMQ_SUB);
            int peer = join_peer (sub);
            subscribe (sub, "T");
            send_hex (peer, "FF 00*8 7F 03 %02X 'NULL' 00*16 00 00*31", minors[i]);
            EXPECT_HEX (peer, OUR_GREETING);
            EXPECT_HEX (peer, "%s", our_ready (sub));
            send_ready (peer, "PUB");
            EXPECT_HEX (peer, minors[i] ? "04 0B 09 'SUBSCRIBE' 'T'" : "00 02 01 'T'");
        }
}

TEST (w007_an_odd_tenth_byte_is_a_signature)
{
    static const int odd[] = {0x01, 0x7F, 0xFF};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            int peer = join_peer (new_socket (ZMQ_PULL));
            send_hex (peer, "FF 00*7 01 %02X", odd[i]);
            EXPECT_HEX (peer, OUR_SIGNATURE "03");
            EXPECT_SILENCE (peer);
        }
}

TEST (w007_an_even_tenth_byte_is_a_long_identity)
{
    static const int even[] = {0x00, 0x7E, 0xFE};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *router = new_socket (ZMQ_ROUTER);
            int peer = join_peer (router);
            /* a v1 frame of 1 + 3 bytes in its long form */
            send_hex (peer, "FF 00*7 04 %02X 'xyz'", even[i]);
            EXPECT_HEX (peer, OUR_SIGNATURE);
            send_hex (peer, "03 00 'hi'");
            EXPECT (router, "xyz", "hi");
            send_parts (router, "xyz", "ho", NULL);
            EXPECT_HEX (peer, "03 00 'ho'");
        }
}

TEST (w008_a_first_byte_other_than_ff_is_no_signature)
{
    EACH_WAY {
        void *router = socket_with_id (ZMQ_ROUTER, "ABC");
        int peer = join_peer (router);
        EXPECT_HEX (peer, "FF 00*7 04 7F");
        send_hex (peer, "04"); /* the first byte of an identity frame decides */
        EXPECT_HEX (peer, "'ABC'");
        EXPECT_SILENCE (peer);
        send_hex (peer, "00 'xyz' 03 00 'hi'");
        EXPECT (router, "xyz", "hi");
    }
}

TEST (w010_mechanisms_are_compared_in_all_20_bytes)
{
    static const char *const others[] = {
      "'null' 00*16",     "'NULL' 00 'x' 00*14", "'NULL' 00*15 01", "'NULLX' 00*15",
      "'NUL' 00*17",      "'PLAIN' 00*15",       "'CURVE' 00*15",   "'GSSAPI' 00*14",
      "00*20",            "FF*20",               "'A'*20"};
    EACH_WAY
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = join_peer (pull);
            send_hex (peer, "FF 00*8 7F 03 01 %s 00 00*31", others[i]);
            EXPECT_GONE (peer); /* in whichever state its own greeting is */
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "HS_PROTO(11000002) DISCONNECTED");
        }
}

TEST (w010_the_mechanism_is_judged_at_the_end_of_the_greeting)
{
    EACH_WAY {
        int peer = join_peer (new_socket (ZMQ_PULL));
        send_hex (peer, "FF 00*8 7F 03 01 'PLAIN' 00*15 00 00*30");
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_SILENCE (peer);
        send_hex (peer, "00");
        EXPECT_CLOSED (peer);
    }
}

TEST (w011_padding_as_server_and_filler_are_ignored)
{
    static const char *const greetings[] = {
      "FF FF*8 7F 03 01 'NULL' 00*16 00 00*31", "FF 00*7 05 7F 03 01 'NULL' 00*16 00 00*31",
      "FF 00*8 7F 03 01 'NULL' 00*16 01 00*31", "FF 00*8 7F 03 01 'NULL' 00*16 FF 00*31",
      "FF 00*8 7F 03 01 'NULL' 00*16 00 FF*31", "FF 'a'*8 01 04 09 'NULL' 00*16 07 'f'*31"};
    EACH_WAY
        for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = join_peer (pull);
            shake_hands (pull, peer, greetings[i]);
            EXPECT_HS_OK (events);
            send_hex (peer, "00 02 'hi'");
            EXPECT (pull, "hi");
        }
}

TEST (w012_greeting_and_ready_in_one_segment)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = join_peer (pull);
        send_hex (peer, GREETING_31 "04 1A 05 'READY' " TYPE ("04", "PUSH"));
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (pull));
        EXPECT_HS_OK (events);
        send_hex (peer, "00 02 'hi'");
        EXPECT (pull, "hi");
    }
}

TEST (w012_a_greeting_cut_anywhere)
{
    for (int cut = 1; cut < 64 + 28; cut++) {
        static const char whole[] = GREETING_31 "04 1A 05 'READY' " TYPE ("04", "PUSH");
        connects = bytewise = 0;
        void *pull = new_socket (ZMQ_PULL);
        bytes_t bytes = parse_bytes (whole);
        CHECK_INT (bytes.size, 64 + 28);
        int peer = join_peer (pull);
        send_bytes (peer, bytes.data, (size_t) cut);
        swallowed (peer);
        send_bytes (peer, bytes.data + cut, bytes.size - (size_t) cut);
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (pull));
        send_hex (peer, "00 02 'hi'");
        EXPECT (pull, "hi");
        free (bytes.data);
        close_peer (peer);
        close_socket (pull);
    }
}

TEST (w013_messages_wait_for_the_ready_of_the_peer)
{
    EACH_WAY {
        void *push = new_socket (ZMQ_PUSH);
        int peer = join_peer (push);
        if (connects)
            send_parts (push, "a", "b", NULL);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (push));
        EXPECT_SILENCE (peer);
        send_ready (peer, "PULL");
        if (!connects)
            send_parts (push, "a", "b", NULL);
        EXPECT_HEX (peer, "01 01 'a' 00 01 'b'");
    }
}

OURS_ONLY (w013_data_behind_the_ready_is_kept,
           "a reference closes when a frame overtakes its own READY")
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = join_peer (pull);
        send_hex (peer, GREETING_31 "04 1A 05 'READY' " TYPE ("04", "PUSH") "01 01 'a' 00 02 'hi'");
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (pull));
        EXPECT_HS_OK (events);
        EXPECT (pull, "a", "hi");
    }
}

TEST (w014_an_unversioned_exchange)
{
    EACH_WAY {
        void *router = socket_with_id (ZMQ_ROUTER, "ABC");
        int peer = join_peer (router);
        send_hex (peer, "04 00 'xyz'");
        EXPECT_HEX (peer, "FF 0000000000000004 7F 414243");
        send_hex (peer, "02 01 'a' 02 00 'b'");
        EXPECT (router, "xyz", "a", "b");
        send_parts (router, "xyz", "c", "", NULL);
        EXPECT_HEX (peer, "02 01 'c' 01 00");
    }
}

TEST (w017_the_handshake_has_a_time_limit)
{
    static const char *const stages[] = {"", "FF", "FF 00*8 7F", "FF 00*8 7F 03", "FF 00*8 7F 01",
                                         GREETING_31, GREETING_31 "04 1A 05"};
    EACH_WAY
        for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            CHECK_OK (set_int (pull, ZMQ_HANDSHAKE_IVL, 150));
            int64_t begun = now_ms ();
            int peer = join_peer (pull);
            send_hex (peer, "%s", stages[i]);
            EXPECT_GONE (peer);
            int64_t took = now_ms () - begun;
            CHECK (took >= 149 && took < 5000);
            /* A reference says whatever errno was left from an earlier call. */
            const char *end = how_it_ended (events, RETRIES), *known = "HS_NODETAIL(EAGAIN)";
            CHECK_STR (strchr (end, ' '), " DISCONNECTED");
            CHECK (strncmp (end, known, ours () ? strlen (known) : strlen ("HS_NODETAIL(")) == 0);
        }
}

TEST (w017_no_time_limit_after_the_handshake)
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL);
        CHECK_OK (set_int (pull, ZMQ_HANDSHAKE_IVL, 100));
        int peer = ready_peer (pull);
        EXPECT_SILENCE_OF (peer, 200);
        send_hex (peer, "00 02 'hi'");
        EXPECT (pull, "hi");
    }
}

SINCE_4_3_5 (w017_old_peers_are_through_with_their_greeting)
{
    EACH_ROLE
        for (int revision = 0; revision <= 1; revision++) {
            void *pull = new_socket (ZMQ_PULL);
            CHECK_OK (set_int (pull, ZMQ_HANDSHAKE_IVL, 100));
            int peer = old_peer (pull, revision);
            EXPECT_SILENCE_OF (peer, 200);
            send_hex (peer, revision ? "00 02 'hi'" : "03 00 'hi'");
            EXPECT (pull, "hi");
        }
}

TEST (w_s18_an_end_before_the_handshake_is_retried)
{
    static const char *const stages[] = {"", "FF", "FF 00*8 7F", "FF 00*8 7F 03", GREETING_31,
                                         GREETING_31 "04 1A 05"};
    EACH_WAY
        for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = join_peer (pull);
            send_hex (peer, "%s", stages[i]);
            swallowed (peer);
            shutdown (peer, SHUT_WR);
            EXPECT_GONE (peer);
            CHECK_STR (how_it_ended (events, RETRIES), "HS_NODETAIL(EPIPE) DISCONNECTED");
        }
}

TEST (w_s18_a_reset_before_the_handshake_is_retried)
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = join_peer (pull);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (pull));
        swallowed (peer);
        reset_peer (peer);
        CHECK_STR (how_it_ended (events, RETRIES), "HS_NODETAIL(ECONNRESET) DISCONNECTED");
    }
}

TEST (w065_ready_does_not_wait_for_ready)
{
    EACH_WAY {
        void *router = new_socket (ZMQ_ROUTER);
        int peer = join_peer (router);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (router));
    }
}

TEST (w105_nagle_is_off)
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull), end = library_end (peer), on = 0;
        socklen_t size = sizeof on;
        CHECK (end != -1);
        CHECK_OK (getsockopt (end, IPPROTO_TCP, TCP_NODELAY, &on, &size));
        CHECK_INT (on, 1);
    }
}
