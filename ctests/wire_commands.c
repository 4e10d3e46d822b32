/* Commands after the handshake, and subscriptions in their two forms. */
#include "wire.h"

/* ---- commands ------------------------------------------------------------------------------ */

/* Commands that mean nothing after the handshake, or to anybody but a publisher. */
static const char *const meaningless[] = {
  "04 04 03 'ABC'",                                  /* nobody knows it */
  "04 08 03 'ABCdata'",                              /* with data */
  "05 04 03 'ABC'",                                  /* with MORE */
  "FC 04 03 'ABC'",                                  /* with reserved bits */
  "06 0000000000000004 03 'ABC'",                    /* in the long form */
  "06 0000000000000200 03 'ABC' 00*508",             /* and really long */
  "04 00",                                           /* nothing at all */
  "06 0000000000000000",                             /* the same in the long form */
  "04 01 00",                                        /* without a name */
  "04 01 04",                                        /* without the name that it announces */
  "04 02 09 'S'",                                    /* with a part of it */
  "04 02 FF 'S'",                                    /* of a name longer than most */
  "04 0D 09 'subscribe' 'TTT'",                      /* in lower case */
  "04 07 04 'ping' 0000",                            /* in lower case */
  "04 19 05 'READY' " TYPE ("03", "SUB"),            /* once more */
  "04 0A 05 'ERROR' 03 '400'",                       /* too late */
  "04 05 04 'PONG'",                                 /* unasked */
  "04 06 05 'HELLO'",                                /* of another mechanism */
  "04 08 04 'JOIN' 'grp'",                           /* of another pattern */
};

TEST (w028_meaningless_commands_are_dropped)
{
    int types[] = {ZMQ_PULL, ZMQ_DEALER, ZMQ_PAIR};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *socket = new_socket (types[i]), *events = watch (socket);
            int peer = ready_peer (socket);
            EXPECT_HS_OK (events);
            for (size_t j = 0; j < sizeof meaningless / sizeof *meaningless; j++)
                send_hex (peer, "%s 00 01 '%c'", meaningless[j], (int) ('a' + j));
            for (size_t j = 0; j < sizeof meaningless / sizeof *meaningless; j++)
                EXPECT (socket, ((char[]){(char) ('a' + j), 0}));
            EXPECT_SILENCE (peer);
            EXPECT_NO_EVENT (events);
        }
}

TEST (w028_every_type_drops_them)
{
    int types[] = {ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP, ZMQ_ROUTER, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB};
    EACH_WAY
        for (int i = 0; i < 8; i++) {
            void *socket = new_socket (types[i]), *events = watch (socket);
            int peer = ready_peer (socket);
            EXPECT_HS_OK (events);
            for (size_t j = 0; j < sizeof meaningless / sizeof *meaningless; j++)
                send_hex (peer, "%s", meaningless[j]);
            EXPECT_SILENCE (peer);
            CHECK_INT (settle (socket) & ZMQ_POLLIN, 0);
            EXPECT_NO_EVENT (events);
        }
}

TEST (w029_commands_between_parts)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        send_hex (peer, "01 01 'a' 04 09 04 'PING' 0000 'cc' 01 01 'b' 04 04 03 'ABC' 04 00 "
                        "00 01 'c'");
        EXPECT_HEX (peer, "04 07 04 'PONG' 'cc'");
        EXPECT (pull, "a", "b", "c");
        EXPECT_NOTHING (pull);
    }
}

TEST (w029_commands_between_the_parts_of_a_reply)
{
    EACH_WAY {
        void *req = new_socket (ZMQ_REQ);
        int peer = ready_peer (req);
        send_parts (req, "a", NULL);
        EXPECT_HEX (peer, "01 00 00 01 'a'");
        send_hex (peer, "04 07 04 'PING' 0000 01 00");
        EXPECT_HEX (peer, "04 05 04 'PONG'");
        send_hex (peer, "04 07 04 'PING' 0000 01 01 'b' 04 04 03 'ABC' 00 01 'c'");
        EXPECT_HEX (peer, "04 05 04 'PONG'");
        EXPECT (req, "b", "c");
    }
}

OURS_ONLY (w031_subscribe_is_for_publishers,
           "a reference hands the command to the program as a message")
{
    int types[] = {ZMQ_PULL, ZMQ_DEALER, ZMQ_PAIR, ZMQ_ROUTER, ZMQ_REP, ZMQ_SUB, ZMQ_XSUB, ZMQ_REQ};
    EACH_WAY
        for (int i = 0; i < 8; i++) {
            void *socket = new_socket (types[i]), *events = watch (socket);
            int peer = ready_peer (socket);
            EXPECT_HS_OK (events);
            send_hex (peer, "04 0D 09 'SUBSCRIBE' 'TTT' 04 0A 06 'CANCEL' 'TTT'");
            send_hex (peer, "04 0A 09 'SUBSCRIBE' 04 07 06 'CANCEL'");
            EXPECT_SILENCE (peer);
            if (types[i] != ZMQ_REQ) /* which has asked nothing */
                EXPECT_NOTHING (socket);
            CHECK_INT (settle (socket) & ZMQ_POLLIN, 0);
            EXPECT_NO_EVENT (events);
        }
}

/* ---- subscriptions that leave ---------------------------------------------------------------- */

TEST (w036_subscriptions_to_3_1_are_commands)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_31);
        subscribe (sub, "TTT");
        EXPECT_HEX (peer, "04 0D 09 'SUBSCRIBE' 54 54 54");
        subscribe (sub, "");
        EXPECT_HEX (peer, "04 0A 09 'SUBSCRIBE'");
        CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "\0\1\xFF", 3));
        EXPECT_HEX (peer, "04 0D 09 'SUBSCRIBE' 00 01 FF");
    }
}

TEST (w036_subscriptions_to_3_0_are_messages)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_30);
        subscribe (sub, "TTT");
        EXPECT_HEX (peer, "00 04 01 54 54 54");
        subscribe (sub, "");
        EXPECT_HEX (peer, "00 01 01");
        CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "\0\1\xFF", 3));
        EXPECT_HEX (peer, "00 04 01 00 01 FF");
    }
}

TEST (w037_cancels_to_3_1_are_commands)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_31);
        subscribe (sub, "TTT");
        unsubscribe (sub, "TTT");
        EXPECT_HEX (peer, "04 0D 09 'SUBSCRIBE' 'TTT' 04 0A 06 'CANCEL' 54 54 54");
        subscribe (sub, "");
        unsubscribe (sub, "");
        EXPECT_HEX (peer, "04 0A 09 'SUBSCRIBE' 04 07 06 'CANCEL'");
    }
}

TEST (w037_cancels_to_3_0_are_messages)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_30);
        subscribe (sub, "TTT");
        unsubscribe (sub, "TTT");
        EXPECT_HEX (peer, "00 04 01 'TTT' 00 04 00 54 54 54");
        subscribe (sub, "");
        unsubscribe (sub, "");
        EXPECT_HEX (peer, "00 01 01 00 01 00");
    }
}

TEST (w037_only_the_last_cancel_leaves)
{
    EACH_WAY
        for (int minor = 0; minor < 2; minor++) {
            void *sub = new_socket (ZMQ_SUB);
            int peer = known_peer (sub, minor ? GREETING_31 : GREETING_30);
            const char *join = minor ? "04 0B 09 'SUBSCRIBE' 'T'" : "00 02 01 'T'";
            subscribe (sub, "T");
            subscribe (sub, "T");
            EXPECT_HEX (peer, "%s %s", join, join);
            unsubscribe (sub, "T");
            unsubscribe (sub, "unknown");
            EXPECT_SILENCE (peer);
            unsubscribe (sub, "T");
            EXPECT_HEX (peer, minor ? "04 08 06 'CANCEL' 'T'" : "00 02 00 'T'");
            unsubscribe (sub, "T");
            EXPECT_SILENCE (peer);
        }
}

/* Subscribes to a topic of `size_` bytes and drops it again. */
static void topic (void *sub_, int size_)
{
    char text[600];
    memset (text, 't', sizeof text);
    CHECK_OK (zmq_setsockopt (sub_, ZMQ_SUBSCRIBE, text, (size_t) size_));
    CHECK_OK (zmq_setsockopt (sub_, ZMQ_UNSUBSCRIBE, text, (size_t) size_));
}

TEST (w039_a_topic_of_245_bytes_to_3_1_is_short)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_31);
        topic (sub, 245);
        EXPECT_HEX (peer, "04 FF 09 'SUBSCRIBE' 't'*245 04 FC 06 'CANCEL' 't'*245");
    }
}

/* Where 4.3.4 makes the mistake of w038. */
SINCE_4_3_5 (w039_longer_topics_to_3_1_are_long)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_31);
        topic (sub, 246);
        EXPECT_HEX (peer, "06 %016X 09 'SUBSCRIBE' 't'*246 04 FD 06 'CANCEL' 't'*246", 256);
        topic (sub, 248);
        EXPECT_HEX (peer, "06 %016X 09 'SUBSCRIBE' 't'*248 04 FF 06 'CANCEL' 't'*248", 258);
        topic (sub, 249);
        EXPECT_HEX (peer, "06 %016X 09 'SUBSCRIBE' 't'*249 06 %016X 06 'CANCEL' 't'*249", 259, 256);
        topic (sub, 600);
        EXPECT_HEX (peer, "06 %016X 09 'SUBSCRIBE' 't'*600 06 %016X 06 'CANCEL' 't'*600", 610, 607);
    }
}

TEST (w039_messages_are_short_up_to_254)
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_30);
        topic (sub, 254);
        EXPECT_HEX (peer, "00 FF 01 't'*254 00 FF 00 't'*254");
        topic (sub, 256);
        EXPECT_HEX (peer, "02 %016X 01 't'*256 02 %016X 00 't'*256", 257, 257);
        topic (sub, 600);
        EXPECT_HEX (peer, "02 %016X 01 't'*600 02 %016X 00 't'*600", 601, 601);
    }
}

OURS_ONLY (w038_a_topic_of_255_bytes_to_3_0, "a reference sends a short flag with a long length")
{
    EACH_WAY {
        void *sub = new_socket (ZMQ_SUB);
        int peer = known_peer (sub, GREETING_30);
        topic (sub, 255);
        EXPECT_HEX (peer, "02 0000000000000100 01 't'*255 02 0000000000000100 00 't'*255");
    }
}

/* Reads `count_` frames that are subscriptions, in whatever order, and the topics in `want_` must
 * be theirs; then nothing more. */
static void expect_topics (int peer_, int minor_, const char *const *want_, int count_)
{
    unsigned char body[300];
    unsigned seen = 0;
    for (int i = 0; i < count_; i++) {
        size_t size, skip = minor_ ? 10 : 1;
        CHECK_INT (read_frame (peer_, body, sizeof body, &size), minor_ ? 4 : 0);
        CHECK (size >= skip && memcmp (body, minor_ ? "\tSUBSCRIBE" : "\1", skip) == 0);
        for (int j = 0; j < count_; j++)
            if (strlen (want_[j]) == size - skip && !memcmp (want_[j], body + skip, size - skip))
                seen |= 1u << j;
    }
    CHECK_INT (seen, (1u << count_) - 1);
    EXPECT_SILENCE (peer_);
}

TEST (w_s31_a_new_peer_gets_each_subscription_once)
{
    static const char *const topics[] = {"", "a", "ab", "c"};
    EACH_WAY
        for (int minor = 0; minor < 2; minor++) {
            void *sub = new_socket (ZMQ_SUB);
            subscribe (sub, "c");
            subscribe (sub, "a");
            subscribe (sub, "ab");
            subscribe (sub, "a");
            subscribe (sub, "");
            subscribe (sub, "gone");
            unsubscribe (sub, "gone");
            int peer = minor ? ready_peer (sub) : ready_peer_30 (sub);
            expect_topics (peer, minor, topics, 4);
            close_peer (peer);
            peer = next_peer (sub);
            shake_hands (sub, peer, minor ? GREETING_30 : GREETING_31);
            expect_topics (peer, !minor, topics, 4);
        }
}

/* A program that writes its subscriptions itself has chosen their form. */
TEST (w036_what_an_xsub_types_is_a_message)
{
    EACH_WAY
        for (int minor = 0; minor < 2; minor++) {
            void *xsub = new_socket (ZMQ_XSUB);
            int peer = known_peer (xsub, minor ? GREETING_31 : GREETING_30);
            SEND_BIN (xsub, "\1TTT", 0);
            SEND_BIN (xsub, "\1TTT", 0);
            EXPECT_HEX (peer, "00 04 01 'TTT' 00 04 01 'TTT'");
            SEND_BIN (xsub, "\0TTT", 0);
            SEND_BIN (xsub, "\0unknown", 0);
            EXPECT_SILENCE (peer);
            SEND_BIN (xsub, "\0TTT", 0);
            EXPECT_HEX (peer, "00 04 00 'TTT'");
            SEND_BIN (xsub, "hello", 0);
            SEND_BIN (xsub, "", 0);
            EXPECT_HEX (peer, "00 05 'hello' 00 00");
            SEND_BIN (xsub, "a", ZMQ_SNDMORE);
            SEND_BIN (xsub, "b", 0);
            EXPECT_HEX (peer, "01 01 'a' 00 01 'b'");
        }
}

TEST (w036_what_an_xsub_typed_is_repeated_in_the_form_of_the_peer)
{
    static const char *const topics[] = {"", "a", "b"};
    EACH_WAY
        for (int minor = 0; minor < 2; minor++) {
            void *xsub = new_socket (ZMQ_XSUB);
            int peer = known_peer (xsub, minor ? GREETING_30 : GREETING_31);
            SEND_BIN (xsub, "\1b", 0);
            SEND_BIN (xsub, "\1", 0);
            SEND_BIN (xsub, "\1a", 0);
            SEND_BIN (xsub, "\1a", 0);
            SEND_BIN (xsub, "\1gone", 0);
            SEND_BIN (xsub, "\0gone", 0);
            close_peer (peer);
            peer = next_peer (xsub);
            shake_hands (xsub, peer, minor ? GREETING_31 : GREETING_30);
            expect_topics (peer, minor, topics, 3);
        }
}

/* ---- subscriptions that arrive --------------------------------------------------------------- */

/* The peer of the publisher gets what matches "T", and nothing else. */
static void serves (void *pub_, int peer_)
{
    heard (pub_, peer_);
    CHECK_INT (send_str (pub_, "Us", 0), 2);
    CHECK_INT (send_str (pub_, "Them", 0), 4);
    EXPECT_HEX (peer_, "00 04 'Them'");
}

/* The peer gets nothing. */
static void ignores (void *pub_, int peer_)
{
    heard (pub_, peer_);
    CHECK_INT (send_str (pub_, "Them", 0), 4);
    EXPECT_SILENCE (peer_);
}

TEST (w040_a_pub_takes_both_forms_from_any_peer)
{
    static const char *const joins[] = {"04 0B 09 'SUBSCRIBE' 'T'", "00 02 01 'T'",
                                        "06 000000000000000B 09 'SUBSCRIBE' 'T'",
                                        "02 0000000000000002 01 'T'",
                                        "05 0B 09 'SUBSCRIBE' 'T' 01 02 01 'x' 00 00"};
    static const char *const leaves[] = {"00 02 00 'T'", "04 08 06 'CANCEL' 'T'"};
    int types[] = {ZMQ_PUB, ZMQ_XPUB};
    EACH_WAY
        for (int i = 0; i < 20; i++) {
            void *pub = new_socket (types[i / 5 % 2]);
            int peer = i / 10 ? ready_peer (pub) : ready_peer_30 (pub);
            send_hex (peer, "%s", joins[i % 5]);
            serves (pub, peer);
            send_hex (peer, "%s", leaves[i % 2]);
            ignores (pub, peer);
        }
}

TEST (w041_an_xpub_reports_both_forms_as_messages)
{
    EACH_WAY
        for (int minor = 0; minor < 2; minor++) {
            void *xpub = new_socket (ZMQ_XPUB);
            int peer = minor ? ready_peer (xpub) : ready_peer_30 (xpub);
            send_hex (peer, "04 0D 09 'SUBSCRIBE' 'TTT' 00 02 01 'U' 04 0A 09 'SUBSCRIBE'");
            EXPECT_BIN (xpub, "\1TTT", 0);
            EXPECT_BIN (xpub, "\1U", 0);
            EXPECT_BIN (xpub, "\1", 0);
            /* once per topic, whatever the form */
            send_hex (peer, "00 04 01 'TTT' 04 0B 09 'SUBSCRIBE' 'U'");
            EXPECT_SILENCE (peer);
            EXPECT_NOTHING (xpub);
            send_hex (peer, "00 04 00 'TTT' 04 08 06 'CANCEL' 'U' 04 07 06 'CANCEL'");
            EXPECT_BIN (xpub, "\0TTT", 0);
            EXPECT_BIN (xpub, "\0U", 0);
            EXPECT_BIN (xpub, "\0", 0);
            EXPECT_SILENCE (peer);
            EXPECT_NOTHING (xpub);
        }
}

/* Where the library connects, references keep what the peer held until it is back. */
TEST (w041_what_a_lost_peer_held_is_reported)
{
    for (bytewise = 0; bytewise < 2; bytewise++) {
        connects = 0;
        void *xpub = new_socket (ZMQ_XPUB);
        int peer = ready_peer (xpub);
        send_hex (peer, "04 0B 09 'SUBSCRIBE' 'T'");
        EXPECT_BIN (xpub, "\1T", 0);
        close_peer (peer);
        EXPECT_BIN (xpub, "\0T", 0);
    }
}

TEST (w042_names_of_commands_are_in_upper_case)
{
    static const char *const wrong[] = {"04 0B 09 'subscribe' 'T'", "04 0B 09 'Subscribe' 'T'",
                                        "04 0A 08 'SUBSCRIB' 'T'", "04 0C 0A 'SUBSCRIBET' 'T'",
                                        "04 0B 09 'SUBSCRIBF' 'T'"};
    EACH_WAY
        for (int i = 0; i < 5; i++) {
            void *xpub = new_socket (ZMQ_XPUB);
            int peer = ready_peer (xpub);
            send_hex (peer, "%s 00 04 01 'end'", wrong[i]);
            EXPECT_BIN (xpub, "\1end", 0);
            EXPECT_NOTHING (xpub);
            ignores (xpub, peer);
        }
}

TEST (w_s31_a_command_without_its_bit_is_a_message)
{
    EACH_WAY {
        void *xpub = new_socket (ZMQ_XPUB), *pub = new_socket (ZMQ_PUB);
        int peer = ready_peer (xpub);
        send_hex (peer, "00 0B 09 'SUBSCRIBE' 'T'");
        EXPECT_BIN (xpub, "\tSUBSCRIBET", 0);
        ignores (xpub, peer);
        peer = ready_peer (pub);
        send_hex (peer, "00 0B 09 'SUBSCRIBE' 'T'");
        ignores (pub, peer);
    }
}

TEST (w_s31_other_messages_are_for_the_program)
{
    EACH_WAY {
        void *xpub = new_socket (ZMQ_XPUB);
        int peer = ready_peer (xpub);
        send_hex (peer, "00 05 'hello' 00 00 00 02 02 'T' 01 01 'a' 00 01 'b' 00 02 01 'T'");
        EXPECT (xpub, "hello");
        EXPECT (xpub, "");
        EXPECT (xpub, "\2T");
        EXPECT (xpub, "a", "b");
        EXPECT_BIN (xpub, "\1T", 0);
        serves (xpub, peer);
    }
}

TEST (w_s31_subscriptions_in_any_part_count)
{
    EACH_WAY {
        void *xpub = new_socket (ZMQ_XPUB);
        int peer = ready_peer (xpub);
        send_hex (peer, "01 01 'a' 00 02 01 'T'");
        EXPECT (xpub, "a", "\1T");
        serves (xpub, peer);
    }
}

TEST (w_s31_a_subscription_to_everything)
{
    EACH_WAY {
        void *xpub = new_socket (ZMQ_XPUB);
        int peer = ready_peer (xpub);
        send_hex (peer, "04 0A 09 'SUBSCRIBE'");
        EXPECT_BIN (xpub, "\1", 0);
        send_parts (xpub, "a", "", "b", NULL);
        send_parts (xpub, "", NULL);
        EXPECT_HEX (peer, "01 01 'a' 01 00 00 01 'b' 00 00");
    }
}

TEST (w_s31_topics_of_all_sizes_arrive)
{
    static const int sizes[] = {244, 245, 246, 254, 255, 256, 1000, 20000};
    static char note[20001];
    memset (note, 't', sizeof note);
    EACH_WAY {
        void *xpub = new_socket (ZMQ_XPUB);
        int peer = ready_peer (xpub);
        for (int i = 0; i < 8; i++) {
            if (i % 2)
                send_hex (peer, "02 %016X 01 't'*%d", sizes[i] + 1, sizes[i]);
            else
                send_hex (peer, "06 %016X 09 'SUBSCRIBE' 't'*%d", sizes[i] + 10, sizes[i]);
            note[0] = 1;
            EXPECT_BYTES (xpub, note, (size_t) sizes[i] + 1, 0);
        }
    }
}
