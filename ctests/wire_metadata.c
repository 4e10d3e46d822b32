/* The NULL handshake: READY, its metadata, ERROR, and what the program sees of it. */
#include "wire.h"

/* Headers hide it with the draft API, libraries always know it. */
#ifndef ZMQ_METADATA
#define ZMQ_METADATA 95
#endif

/* Reads a property of the message that comes next. */
static const char *property_of_next (void *socket_, const char *name_)
{
    static char text[300];
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN, ZMQ_POLLIN);
    CHECK (zmq_msg_recv (&msg, socket_, ZMQ_DONTWAIT) != -1);
    const char *value = zmq_msg_gets (&msg, name_);
    snprintf (text, sizeof text, "%s", value ? value : "(none)");
    CHECK_OK (zmq_msg_close (&msg));
    return text;
}

/* Joins a peer that has sent its greeting and got READY, and is to answer with its own. */
static int greeted_peer (void *socket_)
{
    int peer = join_peer (socket_);
    send_hex (peer, GREETING_31);
    EXPECT_HEX (peer, OUR_GREETING);
    EXPECT_HEX (peer, "%s", our_ready (socket_));
    return peer;
}

/* Sends a READY with metadata given as text. */
static void ready_with (int peer_, const char *metadata_)
{
    bytes_t bytes = parse_bytes (metadata_);
    if (bytes.size + 6 > 255)
        send_hex (peer_, "06 %016zX 05 'READY' %s", bytes.size + 6, metadata_);
    else
        send_hex (peer_, "04 %02zX 05 'READY' %s", bytes.size + 6, metadata_);
    free (bytes.data);
}

/* ---- what the library says ----------------------------------------------------------------- */

TEST (w046_the_ready_of_pull)
{
    EACH_WAY {
        int peer = join_peer (new_socket (ZMQ_PULL));
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING "04 1A 05 'READY' 0B 'Socket-Type' 00000004 'PULL'");
        EXPECT_SILENCE (peer);
    }
}

TEST (w047_the_ready_of_each_type)
{
    EACH_WAY
        for (int type = ZMQ_PAIR; type <= ZMQ_XSUB; type++) {
            void *socket = new_socket (type);
            int peer = join_peer (socket);
            send_hex (peer, GREETING_31);
            EXPECT_HEX (peer, OUR_GREETING);
            EXPECT_HEX (peer, "%s", our_ready (socket));
        }
}

TEST (w047_identity_is_for_req_dealer_and_router)
{
    static const char *const readies[] = {
      "04 1A 05 'READY' " TYPE ("04", "PAIR"),
      "04 19 05 'READY' " TYPE ("03", "PUB"),
      "04 19 05 'READY' " TYPE ("03", "SUB"),
      "04 28 05 'READY' " TYPE ("03", "REQ") "08 'Identity' 00000002 'ID'",
      "04 19 05 'READY' " TYPE ("03", "REP"),
      "04 2B 05 'READY' " TYPE ("06", "DEALER") "08 'Identity' 00000002 'ID'",
      "04 2B 05 'READY' " TYPE ("06", "ROUTER") "08 'Identity' 00000002 'ID'",
      "04 1A 05 'READY' " TYPE ("04", "PULL"),
      "04 1A 05 'READY' " TYPE ("04", "PUSH"),
      "04 1A 05 'READY' " TYPE ("04", "XPUB"),
      "04 1A 05 'READY' " TYPE ("04", "XSUB")};
    EACH_ROLE
        for (int type = ZMQ_PAIR; type <= ZMQ_XSUB; type++) {
            int peer = join_peer (socket_with_id (type, "ID"));
            send_hex (peer, GREETING_31);
            EXPECT_HEX (peer, "FF 00*7 03 7F 03 01 'NULL' 00*16 00 00*31");
            EXPECT_HEX (peer, "%s", readies[type]);
        }
}

TEST (w047_an_identity_of_255_bytes)
{
    EACH_ROLE {
        char id[256] = "";
        memset (id, 'i', 255);
        int peer = join_peer (socket_with_id (ZMQ_DEALER, id));
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, "FF 00*6 0100 7F 03 01 'NULL' 00*16 00 00*31");
        EXPECT_HEX (peer, "06 %016X 05 'READY' " TYPE ("06", "DEALER") "08 'Identity' 000000FF "
                          "'i'*255", 6 + 22 + 13 + 255);
    }
}

TEST (w048_x_properties_follow_in_order)
{
    EACH_ROLE {
        void *dealer = socket_with_id (ZMQ_DEALER, "ID"), *pull = new_socket (ZMQ_PULL);
        static const char *const set[] = {"X-b:two", "X-a:one", "X-B:upper", "X-a:again", "X-ab:x"};
        for (int i = 0; i < 5; i++) {
            CHECK_OK (set_str (dealer, ZMQ_METADATA, set[i]));
            CHECK_OK (set_str (pull, ZMQ_METADATA, set[i]));
        }
        const char *own = "03 'X-B' 00000005 'upper' 03 'X-a' 00000003 'one' "
                          "04 'X-ab' 00000001 'x' 03 'X-b' 00000003 'two'";
        int size = 13 + 11 + 10 + 11;
        int peer = join_peer (dealer);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, "FF 00*7 03 7F 03 01 'NULL' 00*16 00 00*31");
        EXPECT_HEX (peer, "04 %02X 05 'READY' " TYPE ("06", "DEALER") "08 'Identity' 00000002 'ID'"
                          "%s", 0x2B + size, own);
        peer = join_peer (pull);
        send_hex (peer, GREETING_31);
        EXPECT_HEX (peer, OUR_GREETING "04 %02X 05 'READY' " TYPE ("04", "PULL") "%s", 0x1A + size,
                    own);
    }
}

/* ---- what the library accepts -------------------------------------------------------------- */

TEST (w049_metadata_that_is_accepted)
{
    static const char *const accepted[] = {
      "",                                              /* no properties */
      TYPE ("04", "PUSH"),                             /* one */
      "0B 'socket-type' 00000006 'DEALER'",            /* one that nobody knows */
      "01 'x' 00000000",                               /* an empty value */
      "00 00000003 'abc'",                             /* an empty name */
      "00 00000000",                                   /* both */
      TYPE ("04", "PUSH") "08 'Identity' 00000001 'a'",
      TYPE ("04", "PUSH") TYPE ("04", "PUSH"),         /* twice */
      "08 'Identity' 00000000 08 'Identity' 00000001 'b'",
      "08 'Identity' 0000012C 'i'*300",
      TYPE ("04", "PUSH") "03 'X-a' 000003E8 'v'*1000",
      "FF 'n'*255 00000002 0000",
      "0B 'Socket-Type'",                              /* a name and the end: as if not there */
      "03 'X-a' 00000001 'a' 01 'x'",
      "0B 'Socket-Type' 00000004",                     /* a length and the end: the same */
      "01 'x' FFFFFFFE",
    };
    EACH_WAY
        for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = greeted_peer (pull);
            ready_with (peer, accepted[i]);
            EXPECT_HS_OK (events);
            send_hex (peer, "00 02 'hi'");
            EXPECT (pull, "hi");
        }
}

TEST (w_s28_frames_of_ready_that_are_accepted)
{
    static const char *const heads[] = {"00 1A", "01 1A", "04 1A", "05 1A", "FC 1A", "F8 1A",
                                        "06 000000000000001A", "02 000000000000001A",
                                        "07 000000000000001A"};
    EACH_WAY
        for (int i = 0; i < 9; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = greeted_peer (pull);
            send_hex (peer, "%s 05 'READY' " TYPE ("04", "PUSH"), heads[i]);
            EXPECT_HS_OK (events);
            send_hex (peer, "00 02 'hi'");
            EXPECT (pull, "hi");
        }
}

/* Metadata that cannot be read. */
static const char *const broken[] = {
  TYPE ("04", "PUSH") "00",                            /* one trailing byte */
  TYPE ("04", "PUSH") "01",
  "04",
  "0B 'Socket-Typ'",                                   /* a name cut short */
  "0B 'Socket-Type' 000000",                           /* a part of it */
  "0B 'Socket-Type' 00000004 'PUS'",                   /* a value cut short */
  "0B 'Socket-Type' 00000005 'PUSH'",
  "01 'x' 7FFFFFFF 'abc'",                             /* values of absurd length */
  "01 'x' 80000000 'abc'",
  "01 'x' FFFFFFFF 'abc'",
  "01 'x' FFFFFFFE 00",
};

/* Types that do not go with PULL. */
static const char *const strangers[] = {
  TYPE ("04", "PULL"),   TYPE ("03", "REQ"),    TYPE ("06", "DEALER"),
  TYPE ("04", "push"),   TYPE ("05", "PUSHX"),  TYPE ("03", "PUS"),
  TYPE ("00", ""),       TYPE ("05", "OTHER"),  TYPE ("05", "PUSH' 00 '"),
  TYPE ("04", "PUSH") TYPE ("04", "PULL"),             /* each one counts */
};

/* Sends each of several metadata to a PULL, which must close for good and say `want_`. */
static void refused (const char *const *metadata_, size_t count_, const char *want_, int short_)
{
    for (size_t i = 0; i < count_; i++) {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = greeted_peer (pull);
        ready_with (peer, metadata_[i]);
        EXPECT_CLOSED (peer);
        CHECK_STR (short_ ? how_it_ended_in_short (events, STAYS_AWAY)
                          : how_it_ended (events, STAYS_AWAY), want_);
    }
}

TEST (w050_broken_metadata_closes_for_good)
{
    EACH_WAY
        refused (broken, sizeof broken / sizeof *broken, "DISCONNECTED", 1);
}

OURS_ONLY (w050_broken_metadata_is_reported, "a reference says nothing but DISCONNECTED")
{
    EACH_ROLE
        refused (broken, sizeof broken / sizeof *broken, "HS_PROTO(10000018) DISCONNECTED", 0);
}

TEST (w051_an_incompatible_type_closes_for_good)
{
    EACH_WAY
        refused (strangers, sizeof strangers / sizeof *strangers, "DISCONNECTED", 1);
}

OURS_ONLY (w051_an_incompatible_type_is_reported, "a reference says nothing but DISCONNECTED")
{
    EACH_ROLE
        refused (strangers, sizeof strangers / sizeof *strangers,
                 "HS_PROTO(10000018) DISCONNECTED", 0);
}

TEST (w_s43_which_types_go_together)
{
    static const char *const table[] = {"PAIR",        "SUB XSUB",           "PUB XPUB",
                                        "REP ROUTER",  "REQ DEALER",         "REP DEALER ROUTER",
                                        "REQ DEALER ROUTER", "PUSH",         "PULL",
                                        "SUB XSUB",    "PUB XPUB"};
    EACH_ROLE
        for (int own = ZMQ_PAIR; own <= ZMQ_XSUB; own++)
            for (int other = ZMQ_PAIR; other <= ZMQ_STREAM; other++) {
                void *socket = new_socket (own), *events = watch (socket);
                int peer = greeted_peer (socket), fits = 0;
                char list[64];
                snprintf (list, sizeof list, "%s", table[own]);
                for (char *name = strtok (list, " "); name; name = strtok (NULL, " "))
                    fits |= strcmp (name, wire_types[other]) == 0;
                send_ready (peer, wire_types[other]);
                if (fits) {
                    EXPECT_HS_OK (events);
                } else {
                    EXPECT_CLOSED (peer);
                    char text[200] = "";
                    while (next_event (events, PATIENCE, text, sizeof text)
                           != ZMQ_EVENT_DISCONNECTED)
                        CHECK (strlen (text) < 100 && !strstr (text, "HS_OK"));
                }
                /* A context for each: a reference waits for ever for a monitor that has closed. */
                end_round ();
            }
}

TEST (w_s28_other_commands_close_for_good)
{
    static const char *const others[] = {
      "04 06 06 'READYX'", "04 07 06 'READYX'", "04 05 04 'READ'", "04 06 05 'ready'",
      "04 07 04 'PING' 0000", "04 05 04 'PONG'", "04 06 05 'HELLO'", "04 0D 09 'SUBSCRIBE' 'TTT'",
      "00 02 'hi'", "01 01 'a' 00 01 'b'", "00 00", "04 00", "04 01 05", "04 04 05 'REA'",
      "04 01 00", "06 0000000000000000"};
    EACH_WAY
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = greeted_peer (pull);
            send_hex (peer, "%s", others[i]);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "HS_PROTO(10000001) DISCONNECTED");
        }
}

TEST (w066_an_error_with_a_status_is_one_of_authentication)
{
    static const char *const status[] = {"300", "400", "500"};
    EACH_WAY
        for (int i = 0; i < 3; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = greeted_peer (pull);
            char want[64];
            snprintf (want, sizeof want, "HS_AUTH(%s) DISCONNECTED", status[i]);
            send_hex (peer, "04 0A 05 'ERROR' 03 '%s'", status[i]);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), want);
        }
}

TEST (w066_an_error_with_another_reason_says_nothing)
{
    static const char *const reasons[] = {"00", "03 '200'", "03 '401'", "04 '4000'", "03 '600'",
                                          "0A 'a sad text'", "02 '40'", "FF 'r'*255",
                                          "03 '400' 'trailing'"};
    EACH_WAY
        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = greeted_peer (pull);
            bytes_t bytes = parse_bytes (reasons[i]);
            if (bytes.size + 6 > 255)
                send_hex (peer, "06 %016zX 05 'ERROR' %s", bytes.size + 6, reasons[i]);
            else
                send_hex (peer, "04 %02zX 05 'ERROR' %s", bytes.size + 6, reasons[i]);
            free (bytes.data);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY),
                       i == 8 ? "HS_AUTH(400) DISCONNECTED" : "DISCONNECTED");
        }
}

TEST (w066_a_broken_error_is_malformed)
{
    static const char *const errors[] = {"04 06 05 'ERROR'", "04 07 05 'ERROR' 01",
                                         "04 09 05 'ERROR' 03 '40'", "04 08 05 'ERROR' FF 'x'"};
    EACH_WAY
        for (int i = 0; i < 4; i++) {
            void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
            int peer = greeted_peer (pull);
            send_hex (peer, "%s", errors[i]);
            EXPECT_CLOSED (peer);
            CHECK_STR (how_it_ended (events, STAYS_AWAY), "HS_PROTO(10000015) DISCONNECTED");
        }
}

TEST (w_s28_an_error_before_anything_else)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = join_peer (pull);
        char text[100] = "";
        send_hex (peer, GREETING_31 "04 0A 05 'ERROR' 03 '400'");
        next_event (events, PATIENCE, text, sizeof text);
        CHECK_STR (text, "HS_AUTH(400)"); /* then references may wait for the peer to close */
    }
}

OURS_ONLY (w_s111_a_ready_has_a_limit, "a reference takes and keeps any amount")
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
        int peer = greeted_peer (pull);
        send_hex (peer, "06 %016X 05 'READY' 03 'X-a' %08X 'v'*1000000", 1000014, 1000000);
        EXPECT_GONE (peer);
        CHECK_STR (how_it_ended_in_short (events, STAYS_AWAY), "DISCONNECTED");
    }
}

/* ---- what the program sees ----------------------------------------------------------------- */

TEST (w_s44_properties_are_for_the_program)
{
    static const char *const names[] = {"Socket-Type", "Identity", "X-a", "X-none", "x-a",
                                        "X-empty", "X-nul", "plain", "Routing-Id"};
    static const char *const values[] = {"PUSH", "me", "one", "(none)", "(none)", "", "ab", "p",
                                         "(none)"};
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = greeted_peer (pull);
        ready_with (peer, TYPE ("04", "PUSH") "08 'Identity' 00000002 'me' 03 'X-a' 00000003 'one' "
                          "07 'X-empty' 00000000 05 'X-nul' 00000004 'ab' 00 'c' "
                          "05 'plain' 00000001 'p'");
        for (int i = 0; i < 9; i++) {
            send_hex (peer, "01 01 'a' 00 01 'b'");
            CHECK_STR (property_of_next (pull, names[i]), values[i]);
            CHECK_STR (property_of_next (pull, names[i]), values[i]);
        }
    }
}

OURS_ONLY (w052_a_peer_cannot_claim_a_reserved_name,
           "a reference shows the User-Id that a peer claims")
{
    static const char *const names[] = {"User-Id", "Routing-Id", "__fd", "Peer-Address"};
    EACH_WAY
        for (int i = 0; i < 4; i++) {
            void *pull = new_socket (ZMQ_PULL);
            int peer = greeted_peer (pull);
            char text[200];
            snprintf (text, sizeof text, TYPE ("04", "PUSH") "%02zX '%s' 00000005 'admin'",
                      strlen (names[i]), names[i]);
            ready_with (peer, text);
            send_hex (peer, "00 01 'a'");
            CHECK (strcmp (property_of_next (pull, names[i]), "admin") != 0);
        }
}

TEST (w052_a_peer_cannot_claim_an_address)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = greeted_peer (pull);
        ready_with (peer, TYPE ("04", "PUSH") "0C 'Peer-Address' 00000007 '1.2.3.4'");
        send_hex (peer, "00 01 'a'");
        CHECK_STR (property_of_next (pull, "Peer-Address"), "127.0.0.1");
    }
}

TEST (w054_of_two_equal_properties_the_first_counts)
{
    EACH_WAY {
        void *pull = new_socket (ZMQ_PULL);
        int peer = greeted_peer (pull);
        ready_with (peer, TYPE ("04", "PUSH") "03 'X-a' 00000003 'one' 03 'X-a' 00000003 'two'");
        send_hex (peer, "00 01 'a'");
        CHECK_STR (property_of_next (pull, "X-a"), "one");
    }
}

/* Sends `metadata_` as a DEALER's; a message of it must reach the ROUTER with the id `id_`. */
static void becomes_id (const char *metadata_, const char *id_, size_t size_)
{
    void *router = new_socket (ZMQ_ROUTER);
    int peer = greeted_peer (router);
    ready_with (peer, metadata_);
    send_hex (peer, "00 01 'a'");
    EXPECT_BYTES (router, id_, size_, 1);
    EXPECT (router, "a");
    CHECK_INT (zmq_send (router, id_, size_, ZMQ_SNDMORE), size_);
    send_parts (router, "b", NULL);
    EXPECT_HEX (peer, "00 01 'b'");
}

TEST (w055_an_identity_becomes_the_routing_id)
{
    static char long_id[255];
    memset (long_id, 'i', sizeof long_id);
    EACH_WAY {
        becomes_id (TYPE ("06", "DEALER") "08 'Identity' 00000002 'ID'", "ID", 2);
        becomes_id ("08 'Identity' 00000001 FF", "\xFF", 1);
        becomes_id ("08 'Identity' 000000FF 'i'*255", long_id, 255);
        /* the last one counts */
        becomes_id ("08 'Identity' 00000001 'a' 08 'Identity' 00000001 'b'", "b", 1);
        /* one that begins like those that a ROUTER makes is as good */
        becomes_id ("08 'Identity' 00000005 00 01 02 03 04", "\0\1\2\3\4", 5);
        becomes_id ("08 'Identity' 00000001 00", "\0", 1);
    }
}

TEST (w055_without_identity_the_router_makes_one)
{
    static const char *const none[] = {"", TYPE ("06", "DEALER"), "08 'Identity' 00000000",
                                       "08 'identity' 00000001 'a'"};
    EACH_WAY
        for (int i = 0; i < 4; i++) {
            void *router = new_socket (ZMQ_ROUTER);
            int peer = greeted_peer (router);
            char id[6];
            ready_with (peer, none[i]);
            send_hex (peer, "00 01 'a'");
            CHECK_INT (zmq_recv (router, id, sizeof id, 0), 5);
            CHECK_INT (id[0], 0);
            EXPECT (router, "a");
            CHECK_INT (zmq_send (router, id, 5, ZMQ_SNDMORE), 5);
            send_parts (router, "b", NULL);
            EXPECT_HEX (peer, "00 01 'b'");
        }
}

TEST (w055_a_router_answers_the_owner_of_an_overlong_identity)
{
    EACH_WAY {
        void *router = new_socket (ZMQ_ROUTER);
        int peer = greeted_peer (router);
        char id[400];
        ready_with (peer, "08 'Identity' 0000012C 'i'*300");
        send_hex (peer, "00 01 'a'");
        int size = zmq_recv (router, id, sizeof id, 0);
        CHECK (size > 0);
        EXPECT (router, "a");
        CHECK_INT (zmq_send (router, id, (size_t) size, ZMQ_SNDMORE), size);
        send_parts (router, "b", NULL);
        EXPECT_HEX (peer, "00 01 'b'");
    }
}

TEST (w_s36_of_two_equal_identities_the_second_is_ignored)
{
    EACH_WAY {
        if (connects)
            continue;
        void *router = new_socket (ZMQ_ROUTER), *events = watch (router);
        int first = greeted_peer (router);
        ready_with (first, "08 'Identity' 00000001 'a'");
        EXPECT_HS_OK (events);
        send_hex (first, "00 03 'one'");
        EXPECT (router, "a", "one");
        int second = next_peer (router);
        shake_hands (router, second, GREETING_31);
        EXPECT_HS_OK (events);
        int third = next_peer (router);
        send_hex (third, GREETING_31);
        EXPECT_HEX (third, OUR_GREETING);
        EXPECT_HEX (third, "%s", our_ready (router));
        ready_with (third, "08 'Identity' 00000001 'a'");
        EXPECT_HS_OK (events);
        send_hex (third, "00 05 'three'");
        heard (router, third);
        EXPECT_NOTHING (router);
        send_parts (router, "a", "for the first", NULL);
        EXPECT_HEX (first, "00 0D 'for the first'");
        EXPECT_SILENCE (third);
        /* not even when the first has gone */
        close_peer (first);
        char text[100] = "";
        next_event (events, PATIENCE, text, sizeof text);
        CHECK_STR (text, "DISCONNECTED");
        send_hex (third, "00 05 'three'");
        heard (router, third);
        EXPECT_NOTHING (router);
    }
}

TEST (w056_the_address_of_a_peer)
{
    EACH_ROLE {
        void *pull = new_socket (ZMQ_PULL);
        int peer = ready_peer (pull);
        send_hex (peer, "00 01 'a'");
        CHECK_STR (property_of_next (pull, "Peer-Address"), "127.0.0.1");
    }
}

TEST (w056_the_address_of_an_ipc_peer_names_its_owner)
{
    void *pull = bound (ZMQ_PULL, "ipc://*");
    void *push = connected (ZMQ_PUSH, last_endpoint (pull));
    char want[100];
    send_parts (push, "a", NULL);
    snprintf (want, sizeof want, ":%d:%d:%d", (int) getuid (), (int) getgid (), (int) getpid ());
    const char *got = property_of_next (pull, "Peer-Address");
    CHECK (strlen (got) > strlen (want));
    CHECK_STR (got + strlen (got) - strlen (want), want);
}
