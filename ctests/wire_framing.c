/* Frames: short and long, their limits, and what an illegal one costs. */
#include "wire.h"

#include <malloc.h>

/* Sends and receives a body of `size_` bytes and looks at the header: `long_` wants 8 bytes. */
static void bodies (int size_, int long_)
{
    static char body[70000];
    char head[64];
    void *dealer = new_socket (ZMQ_DEALER);
    int peer = ready_peer (dealer);
    snprintf (head, sizeof head, long_ ? "02 %016X" : "00 %02X", size_);
    memset (body, 'b', sizeof body);
    CHECK_INT (zmq_send (dealer, body, (size_t) size_, 0), size_);
    EXPECT_HEX (peer, "%s 'b'*%d", head, size_);
    send_hex (peer, "%s 'b'*%d", head, size_);
    EXPECT_BYTES (dealer, body, (size_t) size_, 0);
}

TEST (w018_up_to_255_bytes_are_short)
{
    static const int sizes[] = {0, 1, 32, 33, 254, 255};
    EACH_WAY
        for (int i = 0; i < 6; i++)
            bodies (sizes[i], 0);
}

TEST (w018_from_256_bytes_on_they_are_long)
{
    static const int sizes[] = {256, 257, 8191, 8192, 8193, 65535, 65536};
    EACH_WAY
        for (int i = 0; i < 7; i++)
            bodies (sizes[i], 1);
}

TEST (w018_parts_of_all_sizes)
{
    EACH_WAY {
        void *dealer = new_socket (ZMQ_DEALER);
        int peer = ready_peer (dealer);
        char body[300];
        memset (body, 'b', sizeof body);
        CHECK_INT (zmq_send (dealer, "", 0, ZMQ_SNDMORE), 0);
        CHECK_INT (zmq_send (dealer, body, 255, ZMQ_SNDMORE), 255);
        CHECK_INT (zmq_send (dealer, body, 256, ZMQ_SNDMORE), 256);
        CHECK_INT (zmq_send (dealer, "", 0, 0), 0);
        EXPECT_HEX (peer, "01 00 01 FF 'b'*255 03 %016X 'b'*256 00 00", 256);
        send_hex (peer, "01 00 01 FF 'b'*255 03 %016X 'b'*256 00 00", 256);
        EXPECT_BIN (dealer, "", 1);
        EXPECT_BYTES (dealer, body, 255, 1);
        EXPECT_BYTES (dealer, body, 256, 1);
        EXPECT_BIN (dealer, "", 0);
    }
}

TEST (w018_many_messages_in_one_segment)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        send_hex (peer, "00 01 'a' 01 01 'b' 00 01 'c' 00 00 02 %016X 'x'*300 01 00 00 00 "
                        "00 02 'hi'", 300);
        EXPECT (pull, "a");
        EXPECT (pull, "b", "c");
        EXPECT (pull, "");
        CHECK_INT (zmq_recv (pull, NULL, 0, 0), 300);
        EXPECT (pull, "", "");
        EXPECT (pull, "hi");
    }
}

TEST (w021_long_form_with_a_small_length)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        send_hex (peer, "03 %016X AA AA 02 %016X 02 %016X 'x' 00 01 'y'", 2, 0, 1);
        EXPECT_BIN (pull, "\xAA\xAA", 1);
        EXPECT_BIN (pull, "", 0);
        EXPECT (pull, "x");
        EXPECT (pull, "y");
    }
}

TEST (w022_reserved_bits_are_ignored)
{
    static const int bits[] = {0x08, 0x10, 0x20, 0x40, 0x80, 0xF8};
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        for (int i = 0; i < 6; i++) {
            send_hex (peer, "%02X 01 'a' %02X %016X 'b'", bits[i] | 1, bits[i] | 2, 1);
            EXPECT (pull, "a", "b");
        }
    }
}

/* A socket that takes frames up to a limit. */
static void *limited (int type_, int64_t limit_)
{
    void *socket = new_socket (type_);
    CHECK_OK (zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &limit_, sizeof limit_));
    CHECK_OK (set_int (socket, ZMQ_RCVTIMEO, PATIENCE));
    return socket;
}

TEST (w023_a_body_of_maxmsgsize_passes)
{
    static const int limits[] = {60, 255, 256, 1000};
    EACH_WAY
        for (int i = 0; i < 4; i++) {
            void *pull = limited (ZMQ_PULL, limits[i]);
            int peer = ready_peer (pull);
            /* in the long form too, and each part by itself */
            send_hex (peer, "03 %016X 'b'*%d 02 %016X 'b'*%d", limits[i], limits[i], limits[i],
                      limits[i]);
            CHECK_INT (zmq_recv (pull, NULL, 0, 0), limits[i]);
            CHECK_INT (zmq_recv (pull, NULL, 0, 0), limits[i]);
            EXPECT_SILENCE (peer);
        }
}

TEST (w023_one_byte_more_closes_for_good)
{
    static const int limits[] = {60, 254, 255, 1000};
    EACH_WAY
        for (int i = 0; i < 4; i++) {
            void *pull = limited (ZMQ_PULL, limits[i]), *events = watch (pull);
            int peer = ready_peer (pull);
            EXPECT_HS_OK (events);
            /* the header alone is enough, and takes the part before it along */
            send_hex (peer, "00 01 'a' 01 01 'b'");
            if (limits[i] < 255)
                send_hex (peer, "00 %02X", limits[i] + 1);
            else
                send_hex (peer, "02 %016X", limits[i] + 1);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "DISCONNECTED");
            EXPECT (pull, "a");
            EXPECT_NOTHING (pull);
        }
}

TEST (w023_the_limit_counts_for_commands_too)
{
    EACH_WAY {
        void *pull = limited (ZMQ_PULL, 60), *events = watch (pull);
        int peer = ready_peer (pull);
        EXPECT_HS_OK (events);
        send_hex (peer, "04 3C 03 'ABC' 00*56");
        EXPECT_SILENCE (peer);
        send_hex (peer, "04 3D 03 'ABC' 00*57");
        EXPECT_CLOSED (peer);
        CHECK_STR (how_it_ended (events, STAYS_AWAY), "DISCONNECTED");
    }
}

TEST (w023_the_limit_is_not_for_sending)
{
    EACH_ROLE {
        void *push = limited (ZMQ_PUSH, 60);
        int peer = ready_peer (push);
        char body[100] = "";
        CHECK_INT (zmq_send (push, body, sizeof body, 0), sizeof body);
        EXPECT_HEX (peer, "00 64 00*100");
    }
}

TEST (w023_the_limit_of_a_bound_socket_is_that_of_its_bind)
{
    EACH_ROLE {
        void *pull = limited (ZMQ_PULL, 60);
        int peer = ready_peer (pull);
        int64_t none = -1;
        CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &none, sizeof none));
        send_hex (peer, "00 64 00*100");
        EXPECT_CLOSED (peer);
    }
}

OURS_ONLY (w024_a_small_limit_leaves_the_handshake_alone,
           "a reference counts READY as a message")
{
    static const int limits[] = {0, 1, 20};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *router = limited (ZMQ_ROUTER, limits[i]);
            int peer = ready_peer (router);
            send_hex (peer, "00 %02X 'b'*%d", limits[i], limits[i]);
            CHECK_INT (zmq_recv (router, NULL, 0, 0), 5);
            CHECK_INT (zmq_recv (router, NULL, 0, 0), limits[i]);
            send_hex (peer, "00 %02X", limits[i] + 1);
            EXPECT_CLOSED (peer);
        }
}

TEST (w026_impossible_lengths_close)
{
    static const char *const lengths[] = {"8000000000000000", "FFFFFFFFFFFFFFFF",
                                          "FFFFFFFFFFFFFFD8", "8000000000000001",
                                          "F000000000000000"};
    EACH_WAY
        for (int i = 0; i < 5; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = ready_peer (pull);
            EXPECT_HS_OK (events);
            long before = resident_kb ();
            send_hex (peer, "02 %s", lengths[i]);
            EXPECT_CLOSED (peer);
            CHECK (resident_kb () - before < 4096);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "DISCONNECTED");
            EXPECT_NOTHING (pull);
        }
}

TEST (w026_impossible_lengths_in_the_handshake_close)
{
    static const char *const lengths[] = {"8000000000000000", "FFFFFFFFFFFFFFFF"};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = join_peer (pull);
            send_hex (peer, GREETING_31 "06 %s", lengths[i]);
            EXPECT_GONE (peer);
            const char *end = how_it_ended (events, STAYS_AWAY);
            CHECK_STR (strstr (end, "DISCONNECTED"), "DISCONNECTED");
        }
}

TEST (w027_a_length_takes_no_memory)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        long before = resident_kb ();
        send_hex (peer, "02 %016X 'a'", 1 << 30);
        EXPECT_SILENCE (peer);
        CHECK (resident_kb () - before < 4096);
        EXPECT_NOTHING (pull);
    }
}

/* All threads share one arena: a second one, which glibc makes when two threads happen to allocate at
 * once, reserves more than any stranger may. */
static void one_arena (void)
{
    CHECK_INT (mallopt (M_ARENA_MAX, 1), 1);
}

OURS_ONLY (w027_a_length_reserves_nothing, "a reference allocates what a stranger announces")
{
    one_arena ();
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        long before = reserved_kb ();
        send_hex (peer, "02 %016X 'a'*1000", 1 << 30);
        EXPECT_SILENCE (peer);
        CHECK (reserved_kb () - before < 16 * 1024);
    }
}

OURS_ONLY (w027_strangers_reserve_nothing, "a reference allocates what a stranger announces")
{
    one_arena ();
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    int peer = join_peer (pull);
    WAIT_UNTIL (library_end (peer) != -1);
    long before = reserved_kb ();
    for (int i = 0; i < 50; i++) {
        peer = next_peer (pull);
        send_hex (peer, GREETING_31 "06 %016X 05 'READY'", 1 << 30);
        swallowed (peer);
    }
    CHECK (reserved_kb () - before < 64 * 1024);
}

TEST (w_s25_a_request_begins_with_an_empty_frame)
{
    EACH_WAY {
        void *req = new_socket (ZMQ_REQ);
        int peer = ready_peer (req);
        send_parts (req, "a", "b", NULL);
        EXPECT_HEX (peer, "01 00 01 01 'a' 00 01 'b'");
        send_hex (peer, "01 00 01 01 'c' 01 00 00 00");
        EXPECT (req, "c", "", "");
        send_parts (req, "again", NULL);
        EXPECT_HEX (peer, "01 00 00 05 'again'");
    }
}

TEST (w_s25_a_correlated_request_begins_with_its_number)
{
    EACH_WAY {
        void *req = new_socket (ZMQ_REQ);
        uint32_t first, second;
        CHECK_OK (set_int (req, ZMQ_REQ_CORRELATE, 1));
        int peer = ready_peer (req);
        send_parts (req, "a", NULL);
        EXPECT_HEX (peer, "01 04");
        CHECK_INT (read_bytes (peer, (void *) &first, 4), 4);
        EXPECT_HEX (peer, "01 00 00 01 'a'");
        const unsigned char *id = (const void *) &first;
        /* a reply of another number, and one without, are none */
        send_hex (peer, "01 04 %02X %02X %02X %02X 01 00 00 05 'wrong'", id[0] ^ 1, id[1], id[2],
                  id[3]);
        send_hex (peer, "01 00 00 04 'none'");
        send_hex (peer, "01 04 %02X %02X %02X %02X 01 00 00 01 'b'", id[0], id[1], id[2], id[3]);
        char text[10];
        CHECK_OK (set_int (req, ZMQ_RCVTIMEO, PATIENCE));
        CHECK_INT (zmq_recv (req, text, sizeof text, 0), 1);
        CHECK_INT (text[0], 'b');
        send_parts (req, "c", NULL);
        EXPECT_HEX (peer, "01 04");
        CHECK_INT (read_bytes (peer, (void *) &second, 4), 4);
        CHECK_INT (second, first + 1);
        EXPECT_HEX (peer, "01 00 00 01 'c'");
    }
}

TEST (w_s25_a_number_in_a_reply_is_tolerated_and_skipped)
{
    EACH_WAY {
        void *req = new_socket (ZMQ_REQ);
        int peer = ready_peer (req);
        send_parts (req, "a", NULL);
        EXPECT_HEX (peer, "01 00 00 01 'a'");
        send_hex (peer, "01 04 'abcd' 01 00 00 01 'b'");
        heard (req, peer);
        EXPECT_NOTHING (req);
        send_hex (peer, "01 00 00 01 'c'");
        EXPECT (req, "c");
    }
}

TEST (w032_a_reply_without_delimiter_closes_for_good)
{
    static const char *const replies[] = {"00 01 'x'",
                                          "01 01 'x' 00 01 'y'",
                                          "00 00",
                                          "01 03 'abc' 01 00 00 01 'x'",
                                          "01 05 'abcde' 01 00 00 01 'x'",
                                          "00 04 'abcd'",
                                          "01 04 'abcd' 00 01 'x'",
                                          "01 04 'abcd' 00 00",
                                          "01 04 'abcd' 01 01 'x' 00 01 'y'"};
    EACH_WAY
        for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
            void *req = new_socket (ZMQ_REQ), *events = watch (req);
            int peer = ready_peer (req);
            EXPECT_HS_OK (events);
            send_parts (req, "a", NULL);
            EXPECT_HEX (peer, "01 00 00 01 'a'");
            send_hex (peer, "%s", replies[i]);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "DISCONNECTED");
            EXPECT_NOTHING (req);
        }
}

TEST (w032_a_request_without_delimiter_is_discarded)
{
    static const char *const requests[] = {"00 01 'x'", "00 00", "01 01 'x' 00 01 'y'",
                                           "01 01 'x' 00 00", "01 01 'x' 01 01 'y' 00 01 'z'"};
    EACH_WAY
        for (int i = 0; i < 5; i++) {
            void *rep = new_socket (ZMQ_REP);
            int peer = ready_peer (rep);
            send_hex (peer, "%s", requests[i]);
            EXPECT_SILENCE (peer);
            EXPECT_NOTHING (rep);
            send_hex (peer, "01 00 00 03 'yes'");
            EXPECT (rep, "yes");
            send_parts (rep, "yes", NULL);
            EXPECT_HEX (peer, "01 00 00 03 'yes'");
        }
}

TEST (w_s25_a_reply_goes_back_through_the_addresses)
{
    EACH_WAY {
        void *rep = new_socket (ZMQ_REP);
        int peer = ready_peer (rep);
        send_hex (peer, "01 01 'a' 01 02 'bb' 01 00 01 03 'req' 01 00 00 01 'x'");
        EXPECT (rep, "req", "", "x");
        send_parts (rep, "rep", "", NULL);
        EXPECT_HEX (peer, "01 01 'a' 01 02 'bb' 01 00 01 03 'rep' 00 00");
    }
}

TEST (w_s25_a_router_passes_frames_as_they_are)
{
    EACH_WAY {
        void *router = new_socket (ZMQ_ROUTER);
        int peer = join_peer (router);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING);
        EXPECT_HEX (peer, "%s", our_ready (router));
        send_hex (peer, "04 2D 05 'READY' " TYPE ("06", "DEALER") "08 'Identity' 00000004 'name'");
        send_hex (peer, "01 00 00 01 'x' 00 00");
        EXPECT (router, "name", "", "x");
        EXPECT (router, "name", "");
        send_parts (router, "name", "", "y", NULL);
        send_parts (router, "name", "", NULL);
        send_parts (router, "nobody", "dropped", NULL);
        send_parts (router, "name", "z", NULL);
        EXPECT_HEX (peer, "01 00 00 01 'y' 00 00 00 01 'z'");
    }
}

TEST (w_s36_a_probe_is_an_empty_message)
{
    int types[] = {ZMQ_DEALER, ZMQ_ROUTER, ZMQ_REQ};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *socket = new_socket (types[i]);
            CHECK_OK (set_int (socket, ZMQ_PROBE_ROUTER, 1));
            int peer = ready_peer (socket);
            EXPECT_HEX (peer, "00 00");
            EXPECT_SILENCE (peer);
        }
}

TEST (w_s36_a_router_makes_ids_of_five_bytes)
{
    EACH_ROLE {
        void *router = new_socket (ZMQ_ROUTER);
        unsigned char first[5], second[5];
        int peer = ready_peer (router);
        send_hex (peer, "00 01 'a'");
        CHECK_INT (zmq_recv (router, first, 5, 0), 5);
        EXPECT (router, "a");
        CHECK_INT (first[0], 0);
        if (connects)
            continue;
        peer = next_peer (router);
        shake_hands (router, peer, GREETING_30);
        send_hex (peer, "00 01 'b'");
        CHECK_INT (zmq_recv (router, second, 5, 0), 5);
        EXPECT (router, "b");
        uint32_t from, to;
        memcpy (&from, first + 1, 4);
        memcpy (&to, second + 1, 4);
        CHECK_INT (ntohl (to), (uint32_t) (ntohl (from) + 1));
    }
}

TEST (w035_a_lost_link_is_tried_again)
{
    static const char *const last[] = {"", "01", "00 05 'ab'", "01 01 'a'", "04 05 04 'PO'",
                                       "02 0000"};
    EACH_WAY
        for (int i = 0; i < 6; i++)
            for (int reset = 0; reset < 2; reset++) {
                void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
                int peer = ready_peer (pull);
                EXPECT_HS_OK (events);
                send_hex (peer, "%s", last[i]);
                swallowed (peer);
                if (reset)
                    reset_peer (peer);
                else
                    close_peer (peer);
                CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
                EXPECT_NOTHING (pull);
                peer = next_peer (pull);
                shake_hands (pull, peer, GREETING_31);
                EXPECT_HS_OK (events);
                send_hex (peer, "00 02 'hi'");
                EXPECT (pull, "hi");
            }
}

TEST (w035_a_half_closed_link_is_a_lost_one)
{
    EACH_WAY {
        void *push = new_socket (ZMQ_PUSH), *events = watch (push);
        int peer = ready_peer (push);
        EXPECT_HS_OK (events);
        shutdown (peer, SHUT_WR);
        EXPECT_CLOSED (peer);
        CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
    }
}

TEST (w035_what_was_queued_goes_to_the_next_link)
{
    connects = 1;
    void *push = new_socket (ZMQ_PUSH), *events = watch (push);
    int peer = ready_peer (push);
    EXPECT_HS_OK (events);
    close_peer (peer);
    CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
    send_parts (push, "a", "b", NULL);
    peer = accept_peer ();
    shake_hands (push, peer, GREETING_31);
    EXPECT_HEX (peer, "01 01 'a' 00 01 'b'");
}
