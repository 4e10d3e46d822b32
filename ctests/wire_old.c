/* Peers of other generations: ZMTP 1.0 with and without a versioned greeting, and ZMTP 2.0. */
#include "wire.h"

/* A frame for a peer of revision 0 (or of none) or 1: MORE or not, then a short body. */
static const char *old_frame (int revision_, int more_, const char *body_)
{
    static char text[4][100];
    static int turn;
    char *to = text[turn = (turn + 1) % 4];
    bytes_t bytes = parse_bytes (body_);
    snprintf (to, sizeof *text, revision_ ? "%1$02X %2$02zX %3$s" : "%2$02zX %1$02X %3$s", more_,
              bytes.size + (revision_ ? 0 : 1), body_);
    free (bytes.data);
    return to;
}

/* Peers of the three generations, after identities: revision 0, 1, and none at all (2). */
static int peer_of_age (void *socket_, int age_)
{
    return age_ == 2 ? unversioned_peer (socket_) : old_peer (socket_, age_);
}

#define EACH_AGE for (int age = 0; age < 3; age++)
/* How a generation frames: those without a revision as revision 0. */
#define FRAMING (age == 1)

TEST (w004_after_twelve_bytes_come_identities)
{
    EACH_WAY
        for (int revision = 0; revision < 2; revision++) {
            void *dealer = socket_with_id (ZMQ_DEALER, "ABC");
            int peer = join_peer (dealer);
            send_hex (peer, "FF 00*8 7F %02X", revision);
            EXPECT_HEX (peer, "FF 00*7 04 7F 03 05");
            EXPECT_SILENCE (peer);
            send_hex (peer, "06");
            EXPECT_HEX (peer, revision ? "00 03 'ABC'" : "04 00 'ABC'");
            EXPECT_SILENCE (peer);
        }
}

TEST (w004_the_type_of_an_old_peer_is_ignored)
{
    EACH_WAY
        for (int revision = 0; revision < 2; revision++)
            for (int type = 0; type < 256; type += 51) {
                void *pull = new_socket (ZMQ_PULL);
                int peer = join_peer (pull);
                send_hex (peer, "FF 00*8 7F %02X %02X %s %s", revision, type,
                          old_frame (revision, 0, ""), old_frame (revision, 0, "'hi'"));
                EXPECT (pull, "hi");
            }
}

TEST (w_s14_messages_go_both_ways)
{
    EACH_WAY
        EACH_AGE {
            void *dealer = new_socket (ZMQ_DEALER);
            int peer = peer_of_age (dealer, age);
            send_hex (peer, "%s %s %s", old_frame (FRAMING, 1, "'a'"), old_frame (FRAMING, 1, ""),
                      old_frame (FRAMING, 0, "'b'"));
            EXPECT (dealer, "a", "", "b");
            send_parts (dealer, "c", "", "d", NULL);
            EXPECT_HEX (peer, "%s %s %s", old_frame (FRAMING, 1, "'c'"), old_frame (FRAMING, 1, ""),
                        old_frame (FRAMING, 0, "'d'"));
        }
}

TEST (w_s14_identities_become_routing_ids)
{
    EACH_WAY
        EACH_AGE {
            void *router = new_socket (ZMQ_ROUTER);
            int peer = join_peer (router);
            if (age < 2)
                send_hex (peer, "FF 00*8 7F %02X 05", age);
            send_hex (peer, "%s %s", old_frame (FRAMING, 0, "'id'"), old_frame (FRAMING, 0, "'x'"));
            EXPECT (router, "id", "x");
            send_parts (router, "id", "y", NULL);
            static const char *const own[] = {"03 06 01 00", "03 06 00 00", ""};
            EXPECT_HEX (peer, OUR_SIGNATURE "%s %s", own[age], old_frame (FRAMING, 0, "'y'"));
        }
}

TEST (w_s14_an_empty_identity_is_none)
{
    EACH_WAY
        EACH_AGE {
            void *router = new_socket (ZMQ_ROUTER);
            int peer = peer_of_age (router, age);
            char id[6];
            send_hex (peer, "%s", old_frame (FRAMING, 0, "'x'"));
            CHECK_INT (zmq_recv (router, id, sizeof id, 0), 5);
            CHECK_INT (id[0], 0);
            EXPECT (router, "x");
        }
}

TEST (w_s14_the_identity_frame_may_say_more)
{
    EACH_WAY
        EACH_AGE {
            void *router = new_socket (ZMQ_ROUTER);
            int peer = join_peer (router);
            if (age < 2)
                send_hex (peer, "FF 00*8 7F %02X 05", age);
            send_hex (peer, "%s %s", old_frame (FRAMING, 1, "'id'"), old_frame (FRAMING, 0, "'x'"));
            EXPECT (router, "id", "x");
        }
}

TEST (w_s14_an_old_peer_brings_no_event_until_it_goes)
{
    EACH_ROLE
        EACH_AGE {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = peer_of_age (pull, age);
            send_hex (peer, "%s", old_frame (FRAMING, 0, "'hi'"));
            EXPECT (pull, "hi");
            EXPECT_NO_EVENT (events);
            close_peer (peer);
            const char *text = how_it_ended (events, RETRIES);
            CHECK_STR (strstr (text, "DISCONNECTED"), "DISCONNECTED");
        }
}

OURS_ONLY (w_s18_an_old_peer_that_goes_had_no_failed_handshake,
           "a reference reports a failed handshake after any time of service")
{
    EACH_ROLE
        EACH_AGE {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = peer_of_age (pull, age);
            send_hex (peer, "%s", old_frame (FRAMING, 0, "'hi'"));
            EXPECT (pull, "hi");
            close_peer (peer);
            CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
        }
}

TEST (w_s14_no_properties)
{
    EACH_ROLE
        EACH_AGE {
            void *pull = new_socket (ZMQ_PULL);
            int peer = peer_of_age (pull, age);
            zmq_msg_t msg;
            send_hex (peer, "%s", old_frame (FRAMING, 0, "'hi'"));
            CHECK_OK (zmq_msg_init (&msg));
            CHECK_INT (zmq_msg_recv (&msg, pull, 0), 2);
            CHECK (!zmq_msg_gets (&msg, "Socket-Type") && !zmq_msg_gets (&msg, "Identity"));
            CHECK_OK (zmq_msg_close (&msg));
        }
}

TEST (w007_a_long_identity_of_an_unversioned_peer)
{
    EACH_WAY {
        void *router = new_socket (ZMQ_ROUTER);
        int peer = join_peer (router);
        char id[255];
        memset (id, 'i', sizeof id);
        send_hex (peer, "FF 00*6 0100 00 'i'*255 03 00 'hi'");
        EXPECT_BYTES (router, id, sizeof id, 1);
        EXPECT (router, "hi");
    }
}

TEST (w_s15_any_protocol_can_look_like_an_old_peer)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = join_peer (pull);
        send_hex (peer, "'GET' 20 2F 20 'HTTP' 2F 31 2E 30 0D0A 0D0A");
        EXPECT_HEX (peer, OUR_SIGNATURE);
        EXPECT_SILENCE (peer);
        EXPECT_NOTHING (pull);
    }
}

TEST (w015_an_unversioned_peer_of_a_pub_gets_everything)
{
    int types[] = {ZMQ_PUB, ZMQ_XPUB};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *pub = new_socket (types[i]);
            int peer = unversioned_peer (pub);
            int64_t deadline = now_ms () + PATIENCE;
            while (!speaks (peer, 1)) {
                CHECK (now_ms () < deadline);
                CHECK_INT (send_str (pub, "hi", 0), 2);
            }
            EXPECT_HEX (peer, "03 00 'hi'");
            if (types[i] == ZMQ_XPUB)
                EXPECT_BIN (pub, "\1", 0);
        }
}

TEST (w015_a_versioned_one_has_to_subscribe)
{
    EACH_WAY
        for (int revision = 0; revision < 2; revision++) {
            void *xpub = new_socket (ZMQ_XPUB);
            int peer = old_peer (xpub, revision);
            send_hex (peer, "%s", old_frame (revision, 0, "02"));
            EXPECT_BIN (xpub, "\2", 0); /* so it knows of the peer */
            send_parts (xpub, "Them", NULL);
            EXPECT_SILENCE (peer);
            send_hex (peer, "%s", old_frame (revision, 0, "01 'T'"));
            EXPECT_BIN (xpub, "\1T", 0);
            send_parts (xpub, "Us", NULL);
            send_parts (xpub, "Them", NULL);
            EXPECT_HEX (peer, "%s", old_frame (revision, 0, "'Them'"));
            send_hex (peer, "%s", old_frame (revision, 0, "00 'T'"));
            EXPECT_BIN (xpub, "\0T", 0);
            send_parts (xpub, "Them", NULL);
            EXPECT_SILENCE (peer);
        }
}

TEST (w036_subscriptions_to_old_peers_are_messages)
{
    EACH_WAY
        EACH_AGE {
            void *sub = new_socket (ZMQ_SUB);
            subscribe (sub, "b");
            subscribe (sub, "a");
            int peer = peer_of_age (sub, age);
            EXPECT_HEX (peer, "%s %s", old_frame (FRAMING, 0, "01 'a'"),
                        old_frame (FRAMING, 0, "01 'b'"));
            subscribe (sub, "TTT");
            EXPECT_HEX (peer, "%s", old_frame (FRAMING, 0, "01 'TTT'"));
            unsubscribe (sub, "TTT");
            EXPECT_HEX (peer, "%s", old_frame (FRAMING, 0, "00 'TTT'"));
        }
}

TEST (w_s21_long_topics_to_old_peers)
{
    EACH_ROLE {
        char text[300];
        memset (text, 't', sizeof text);
        for (int size = 252; size <= 253; size++)
            for (int age = 0; age < 3; age += 2) {
                void *sub = new_socket (ZMQ_SUB);
                CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, text, (size_t) size));
                int peer = peer_of_age (sub, age);
                if (size == 252)
                    EXPECT_HEX (peer, "FE 00 01 't'*252");
                else
                    EXPECT_HEX (peer, "FF %016X 00 01 't'*253", 255);
            }
        void *sub = new_socket (ZMQ_SUB);
        CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, text, 254));
        EXPECT_HEX (old_peer (sub, 1), "00 FF 01 't'*254");
        sub = new_socket (ZMQ_SUB);
        CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, text, 256));
        EXPECT_HEX (old_peer (sub, 1), "02 %016X 01 't'*256", 257);
    }
}

OURS_ONLY (w038_a_topic_of_255_bytes_to_2_0, "a reference sends a short flag with a long length")
{
    EACH_ROLE {
        char text[255];
        memset (text, 't', sizeof text);
        void *sub = new_socket (ZMQ_SUB);
        CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, text, sizeof text));
        EXPECT_HEX (old_peer (sub, 1), "02 %016X 01 't'*255", 256);
    }
}

TEST (w019_the_long_form_of_v1_begins_at_254)
{
    static const int sizes[] = {0, 1, 252, 253, 254, 255, 256, 70000};
    static char body[70000];
    memset (body, 'b', sizeof body);
    EACH_WAY
        for (int age = 0; age < 3; age += 2) {
            void *dealer = new_socket (ZMQ_DEALER);
            int peer = peer_of_age (dealer, age);
            for (int i = 0; i < 8; i++) {
                char head[32];
                snprintf (head, sizeof head, sizes[i] < 254 ? "%02X 00" : "FF %016X 00",
                          sizes[i] + 1);
                CHECK_INT (zmq_send (dealer, body, (size_t) sizes[i], 0), sizes[i]);
                EXPECT_HEX (peer, "%s 'b'*%d", head, sizes[i]);
                send_hex (peer, "%s 'b'*%d", head, sizes[i]);
                CHECK_INT (zmq_recv (dealer, NULL, 0, 0), sizes[i]);
            }
        }
}

TEST (w019_the_long_form_of_v1_with_a_small_length)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = old_peer (pull, 0);
        send_hex (peer, "FF %016X 01 'a' FF %016X 00 FF %016X FE 'b'", 2, 1, 2);
        EXPECT (pull, "a", "");
        EXPECT (pull, "b");
    }
}

TEST (w020_a_v1_length_of_0_closes_for_good)
{
    static const char *const zeros[] = {"00", "FF 0000000000000000"};
    EACH_WAY
        for (int i = 0; i < 2; i++)
            for (int age = 0; age < 3; age += 2) {
                void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
                int peer = peer_of_age (pull, age);
                send_hex (peer, "03 00 'hi' %s", zeros[i]);
                EXPECT_CLOSED (peer);
                const char *text = how_it_ended (events, STAYS_AWAY);
                CHECK_STR (strstr (text, "DISCONNECTED"), "DISCONNECTED");
                EXPECT (pull, "hi");
            }
}

TEST (w020_a_first_byte_of_0_closes)
{
    EACH_WAY {
        int peer = join_peer (new_socket (ZMQ_PULL));
        send_hex (peer, "00");
        EXPECT_GONE (peer);
    }
}

TEST (w026_impossible_v1_lengths_close)
{
    static const char *const lengths[] = {"FFFFFFFFFFFFFFFF", "8000000000000001"};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *pull = new_socket (ZMQ_PULL);
            int peer = old_peer (pull, 0);
            send_hex (peer, "FF %s 00", lengths[i]);
            EXPECT_CLOSED (peer);
            EXPECT_NOTHING (pull);
        }
}

TEST (w023_maxmsgsize_counts_for_old_peers)
{
    EACH_WAY
        EACH_AGE {
            void *pull = new_socket (ZMQ_PULL);
            int64_t limit = 10;
            CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
            int peer = peer_of_age (pull, age);
            send_hex (peer, "%s", old_frame (FRAMING, 0, "'b'*10"));
            EXPECT (pull, "bbbbbbbbbb");
            send_hex (peer, FRAMING ? "00 0B" : "0C 00");
            EXPECT_CLOSED (peer);
        }
}

TEST (w022_reserved_flags_of_v1_are_ignored)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = old_peer (pull, 0);
        send_hex (peer, "02 FF 'a' 02 FE 'b' 02 02 'c' 02 04 'd'");
        EXPECT (pull, "a", "b");
        EXPECT (pull, "c");
        EXPECT (pull, "d");
    }
}

TEST (w_s22_a_command_in_2_0_is_dropped)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = old_peer (pull, 1);
        send_hex (peer, "04 04 03 'ABC' 04 00 00 02 'hi'");
        EXPECT (pull, "hi");
    }
}

TEST (w_s25_requests_of_old_peers)
{
    EACH_WAY
        EACH_AGE {
            void *rep = new_socket (ZMQ_REP);
            int peer = peer_of_age (rep, age);
            send_hex (peer, "%s %s", old_frame (FRAMING, 1, ""), old_frame (FRAMING, 0, "'req'"));
            EXPECT (rep, "req");
            send_parts (rep, "rep", NULL);
            EXPECT_HEX (peer, "%s %s", old_frame (FRAMING, 1, ""), old_frame (FRAMING, 0, "'rep'"));
        }
}

TEST (w_s25_requests_to_old_peers)
{
    EACH_WAY
        EACH_AGE {
            void *req = new_socket (ZMQ_REQ);
            int peer = peer_of_age (req, age);
            send_parts (req, "req", NULL);
            EXPECT_HEX (peer, "%s %s", old_frame (FRAMING, 1, ""), old_frame (FRAMING, 0, "'req'"));
            send_hex (peer, "%s %s", old_frame (FRAMING, 1, ""), old_frame (FRAMING, 0, "'rep'"));
            EXPECT (req, "rep");
        }
}

TEST (w063_no_ping_to_old_peers)
{
    EACH_ROLE
        EACH_AGE {
            void *pull = new_socket (ZMQ_PULL);
            CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_IVL, 20));
            int peer = peer_of_age (pull, age);
            EXPECT_SILENCE_OF (peer, 150);
            send_hex (peer, "%s", old_frame (FRAMING, 0, "'hi'"));
            EXPECT (pull, "hi");
        }
}

TEST (w063_a_ping_to_3_0)
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL);
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_IVL, 20));
        EXPECT_HEX (ready_peer_30 (pull), "04 07 04 'PING' 0000");
    }
}
