/* The handshake of CURVE with the library as the client: a server made by hand, and what becomes of
 * every command that is not as it should be. */
#include "security_curve_peer.h"

/* A socket that is a client of CURVE. */
static void *client_socket (int type_)
{
    void *socket = new_socket (type_);
    curve_client (socket);
    return socket;
}

/* A server that has read the HELLO. */
static curve_t helloed_server_of (void *socket_)
{
    curve_t c = curve_server_of (socket_);
    curve_greet (&c, 1);
    CURVE_HELLOED (&c);
    return c;
}

/* ---- what goes well -------------------------------------------------------------------------- */

TEST (w072_a_handshake_with_a_server)
{
    EACH_WAY {
        void *dealer = client_socket (ZMQ_DEALER), *events = watch (dealer);
        curve_t c = curve_server_of (dealer);
        curve_greet (&c, 1);
        CURVE_HELLOED (&c);
        CHECK_INT (c.their_nonce, 1);
        EXPECT_SILENCE (c.fd);
        curve_send (&c, 4, curve_welcome (&c));
        t_curve_is (__FILE__, __LINE__, CURVE_INITIATED (&c),
                    TYPE ("06", "DEALER") "08 'Identity' 00000000");
        CHECK_INT (c.their_nonce, 2);
        CHECK (memcmp (c.their_pub, client_public, 32) == 0);
        EXPECT_NO_EVENT (events);
        curve_send (&c, 4, curve_ready (&c, metadata_of ("ROUTER")));
        EXPECT_HS_OK (events);
        send_parts (dealer, "hello", "", NULL);
        CURVE_EXPECT (&c, "01 'hello'"); /* its nonce is 3, the next is 4 */
        CURVE_EXPECT (&c, "00");
        CURVE_SAY (&c, "00 'world'");
        EXPECT (dealer, "world");
    }
}

TEST (w047_the_identity_is_in_the_box)
{
    EACH_ROLE {
        void *dealer = client_socket (ZMQ_DEALER);
        CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "me"));
        CHECK_OK (set_str (dealer, ZMQ_METADATA, "X-b:2"));
        CHECK_OK (set_str (dealer, ZMQ_METADATA, "X-a:1"));
        curve_t c = curve_server_of (dealer);
        send_hex (c.fd, "FF 00*8 7F 03 01 'CURVE' 00*15 01 00*31");
        EXPECT_HEX (c.fd, "FF 00*7 03 7F 03 01 'CURVE' 00*15 00 00*31");
        CURVE_HELLOED (&c);
        curve_send (&c, 4, curve_welcome (&c));
        t_curve_is (__FILE__, __LINE__, CURVE_INITIATED (&c),
                    TYPE ("06", "DEALER") "08 'Identity' 00000002 'me' 03 'X-a' 00000001 '1' "
                                          "03 'X-b' 00000001 '2'");
    }
}

TEST (w_s65_every_connection_has_keys_of_its_own)
{
    unsigned char keys[3][32];
    connects = 1;
    void *dealer = client_socket (ZMQ_DEALER);
    for (int i = 0; i < 3; i++) {
        curve_t c = curve_new (i ? accept_peer () : join_peer (dealer), 0);
        curve_greet (&c, 1);
        CURVE_HELLOED (&c);
        CHECK_INT (c.their_nonce, 1);
        memcpy (keys[i], c.their_short, 32);
        for (int j = 0; j < i; j++)
            CHECK (memcmp (keys[i], keys[j], 32) != 0);
        close_peer (c.fd);
    }
}

TEST (w_s656_counters_of_a_server_may_begin_anywhere)
{
    static const uint64_t readies[] = {0, 1, 77, UINT64_MAX - 1};
    EACH_ROLE
        for (int i = 0; i < 4; i++) {
            void *pull = client_socket (ZMQ_PULL);
            curve_t c = initiated_server_of (pull);
            c.nonce = readies[i];
            curve_send (&c, 4, curve_ready (&c, metadata_of ("PUSH")));
            CURVE_SAY (&c, "00 'a'");
            EXPECT (pull, "a");
        }
}

TEST (w_s44_properties_of_the_server)
{
    EACH_ROLE {
        void *pull = client_socket (ZMQ_PULL);
        curve_t c = initiated_server_of (pull);
        curve_send (&c, 4, curve_ready (&c, parse_bytes (TYPE ("04", "PUSH")
                                                         "08 'Identity' 00000002 'me' "
                                                         "03 'X-a' 00000003 'one'")));
        static const char *const want[][2] = {{"Socket-Type", "PUSH"}, {"Identity", "me"},
                                              {"X-a", "one"}, {"Peer-Address", "127.0.0.1"}};
        for (int i = 0; i < 4; i++) {
            CURVE_SAY (&c, "00 'a'");
            EXPECT_PROPERTY (pull, "a", want[i][0], want[i][1]);
        }
    }
}

TEST (w013_a_ready_and_messages_in_one_piece)
{
    EACH_ROLE {
        void *pull = client_socket (ZMQ_PULL);
        curve_t c = initiated_server_of (pull);
        bytes_t all = {NULL, 0};
        bytes_t bodies[] = {curve_ready (&c, metadata_of ("PUSH")), curve_message (&c, "01 'a'"),
                            curve_message (&c, "00 'b'")};
        for (int i = 0; i < 3; i++) {
            append (&all, (char[]){i ? 0 : 4, (char) bodies[i].size}, 2);
            append (&all, bodies[i].data, bodies[i].size);
            free (bodies[i].data);
        }
        send_bytes (c.fd, all.data, all.size);
        free (all.data);
        EXPECT (pull, "a", "b");
    }
}

TEST (w_s69_flags_of_a_servers_commands_are_not_looked_at)
{
    static const int flags[] = {0, 1, 5, 0xFC};
    EACH_ROLE
        for (int i = 0; i < 4; i++) {
            void *pull = client_socket (ZMQ_PULL);
            curve_t c = helloed_server_of (pull);
            curve_send (&c, flags[i], curve_welcome (&c));
            free (CURVE_INITIATED (&c).data);
            curve_send (&c, flags[i], curve_ready (&c, metadata_of ("PUSH")));
            CURVE_SAY (&c, "00 'a'");
            EXPECT (pull, "a");
        }
}

/* ---- in the place of a WELCOME ----------------------------------------------------------------- */

/* Both with and without a monitor, a raw server says this after a HELLO or after an INITIATE. */
static void answer (int initiated_, const fault_t *faults_, size_t count_)
{
    EACH_ROLE
        for (size_t i = 0; i < count_; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (faults_[i].name, watched);
                void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = initiated_ ? initiated_server_of (pull) : helloed_server_of (pull);
                curve_send (&c, 4, parse_bytes (faults_[i].name));
                REFUSED (pull, events, c.fd, faults_[i].outcome);
            }
}
#define ANSWER(initiated_, faults_) answer (initiated_, faults_, sizeof faults_ / sizeof *faults_)

static const fault_t errors[] = {
  {"05 'ERROR'", BAD_ERROR},
  {"05 'ERROR' 04 '400'", BAD_ERROR},
  {"05 'ERROR' 03 '300'", "HS_AUTH(300) DISCONNECTED"},
  {"05 'ERROR' 03 '400'", "HS_AUTH(400) DISCONNECTED"},
  {"05 'ERROR' 03 '500'", "HS_AUTH(500) DISCONNECTED"},
  {"05 'ERROR' 03 '200'", NOTHING_SAID},
  {"05 'ERROR' 04 '4000'", NOTHING_SAID},
  {"05 'ERROR' 03 '401'", NOTHING_SAID},
  {"05 'ERROR' 0D 'Access denied'", NOTHING_SAID},
  {"05 'ERROR' FF 'x'*255", NOTHING_SAID},
  {"05 'ERROR' 00", NOTHING_SAID},
};

TEST (w066_errors_in_the_place_of_a_welcome)
{
    ANSWER (0, errors);
}

TEST (w066_errors_in_the_place_of_a_ready)
{
    ANSWER (1, errors);
}

TEST (w_s658_other_commands_in_the_place_of_a_welcome)
{
    static const fault_t others[] = {
      {"", UNEXPECTED},
      {"00", UNEXPECTED},
      {"07 'WELCOM'", UNEXPECTED},
      {"'plain'", UNEXPECTED},
      {"07 'WELCOME'", CRYPTOGRAPHIC},
      {"07 'WELCOME' 00*159", CRYPTOGRAPHIC},
      {"07 'WELCOME' 00*160", CRYPTOGRAPHIC},
      {"07 'WELCOME' 00*161", CRYPTOGRAPHIC},
      {"07 'welcome' 00*160", UNEXPECTED},
      {"05 'HELLO' 00*194", UNEXPECTED},
      {"08 'INITIATE' 00*248", UNEXPECTED},
      {"05 '^RROR' 03 '400'", UNEXPECTED},
      {"00 'a'", UNEXPECTED},
    };
    ANSWER (0, others);
}

TEST (w_s658_other_commands_in_the_place_of_a_ready)
{
    static const fault_t others[] = {
      {"", UNEXPECTED},
      {"00", UNEXPECTED},
      {"'plain'", UNEXPECTED},
      {"05 'READY' 00*23", BAD_READY},
      {"05 'READY'", BAD_READY},
      {"05 'READY' 00*24", CRYPTOGRAPHIC},
      {"05 'ready' 00*24", UNEXPECTED},
      {"05 'HELLO' 00*194", UNEXPECTED},
      {"07 'MESSAGE' 00*25", UNEXPECTED},
      {"00 'a'", UNEXPECTED},
    };
    ANSWER (1, others);
}

OURS_ONLY (w_s658_a_ready_in_the_place_of_a_welcome,
           "a reference tries to open it with a key that it does not have")
{
    static const fault_t others[] = {
      {"05 'READY' 00*24", UNEXPECTED},
      {"05 'READY' 00*100", UNEXPECTED},
      {"07 'MESSAGE' 00*25", UNEXPECTED},
    };
    ANSWER (0, others);
}

TEST (w_s652_welcomes_that_are_wrong)
{
    static const size_t flips[] = {8, 23, 24, 167};
    EACH_ROLE
        for (int i = 0; i < 6; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (i < 4 ? "a byte" : "a key", watched);
                void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = helloed_server_of (pull);
                if (i == 4) /* of a server that the client does not mean */
                    memcpy (c.secret, c.cookie_key, 32);
                if (i == 5) /* for another client */
                    memcpy (c.their_short, c.short_pub, 32);
                bytes_t welcome = curve_welcome (&c);
                if (i < 4)
                    welcome.data[flips[i]] ^= 1;
                curve_send (&c, 4, welcome);
                REFUSED (pull, events, c.fd, CRYPTOGRAPHIC);
            }
}

TEST (w_s654_readies_that_are_wrong)
{
    static const size_t flips[] = {13, 14, 64};
    EACH_ROLE
        for (int i = 0; i < 4; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round ("a byte", watched);
                void *dealer = client_socket (ZMQ_DEALER), *events = watched ? watch (dealer) : NULL;
                curve_t c = initiated_server_of (dealer);
                if (i == 3)
                    c.key[0] ^= 1;
                bytes_t ready = curve_ready (&c, metadata_of ("ROUTER"));
                CHECK_INT (ready.size, 65);
                if (i < 3)
                    ready.data[flips[i]] ^= 1;
                curve_send (&c, 4, ready);
                REFUSED (dealer, events, c.fd, CRYPTOGRAPHIC);
            }
}

TEST (w081_metadata_of_a_server_that_is_wrong)
{
    static const char *const metadata[] = {
      "00",
      TYPE ("04", "PUSH") "00",
      TYPE ("04", "PUSH") "08 'Ident'",
      TYPE ("05", "PUSH"),
      "01 'x' FFFFFFFF 'y'",
      TYPE ("03", "PUB"),
      TYPE ("04", "push"),
      TYPE ("00", ""),
    };
    EACH_ROLE
        for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (metadata[i], watched);
                void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = initiated_server_of (pull);
                curve_send (&c, 4, curve_ready (&c, parse_bytes (metadata[i])));
                REFUSED (pull, events, c.fd, BAD_PROPERTY);
            }
}

OURS_ONLY (w_s658_a_welcome_twice, "a reference answers it with another INITIATE")
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            in_round ("twice", watched);
            void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
            curve_t c = initiated_server_of (pull);
            curve_send (&c, 4, curve_welcome (&c));
            REFUSED (pull, events, c.fd, UNEXPECTED);
        }
}

OURS_ONLY (w_s652_short_keys_of_low_order, "a reference aborts the process")
{
    EACH_ROLE
        for (size_t i = 0; i < LOW_ORDER; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (low_order[i], watched);
                void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = helloed_server_of (pull);
                low_key (c.short_pub, i);
                curve_send (&c, 4, curve_welcome (&c));
                REFUSED (pull, events, c.fd, CRYPTOGRAPHIC);
            }
}

TEST (w_s61_a_hello_for_a_client)
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            in_round ("a HELLO", watched);
            void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
            curve_t c = curve_new (join_peer (pull), 1);
            curve_greet (&c, 1);
            t_curve_read (__FILE__, __LINE__, &c, 4, 200);
            curve_send (&c, 4, curve_hello (&c));
            REFUSED (pull, events, c.fd, UNEXPECTED);
        }
}
