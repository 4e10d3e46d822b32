/* PLAIN, byte by byte: the library as the client of a server made by hand; and what all mechanisms do
 * with greetings that are not theirs. */
#include "security_plain_peer.h"

/* ---- what goes well -------------------------------------------------------------------------- */

TEST (w067_a_handshake_with_a_server)
{
    EACH_WAY {
        void *dealer = client_socket (ZMQ_DEALER), *events = watch (dealer);
        int peer = greeted_peer (dealer);
        EXPECT_HEX (peer, "04 11 05 48454C4C4F 05 61646D696E 04 70617373");
        EXPECT_SILENCE (peer);
        send_hex (peer, WELCOME);
        EXPECT_HEX (peer, "04 2C 08 'INITIATE' " TYPE ("06", "DEALER") "08 'Identity' 00000000");
        EXPECT_NO_EVENT (events);
        send_hex (peer, "04 1C 05 'READY' " TYPE ("06", "ROUTER"));
        EXPECT_HS_OK (events);
        send_parts (dealer, "a", "b", NULL);
        EXPECT_HEX (peer, "01 01 'a' 00 01 'b'");
        send_hex (peer, "00 01 'c'");
        EXPECT (dealer, "c");
    }
}

TEST (w_s64_names_and_passwords_of_all_lengths)
{
    static const int lengths[][2] = {{1, 0}, {0, 1}, {1, 1}, {255, 255}, {255, 0}, {0, 255}};
    char text[256];
    memset (text, 'x', sizeof text);
    EACH_ROLE
        for (int i = 0; i < 6; i++) {
            int user = lengths[i][0], password = lengths[i][1], size = 8 + user + password;
            void *pull = new_socket (ZMQ_PULL);
            if (user)
                CHECK_OK (zmq_setsockopt (pull, ZMQ_PLAIN_USERNAME, text, (size_t) user));
            if (password)
                CHECK_OK (zmq_setsockopt (pull, ZMQ_PLAIN_PASSWORD, text, (size_t) password));
            int peer = greeted_peer (pull);
            EXPECT_HEX (peer, size > 255 ? "06 %016X" : "04 %02X", size);
            EXPECT_HEX (peer, "05 'HELLO' %02X 'x'*%d", user, user);
            EXPECT_HEX (peer, "%02X 'x'*%d", password, password);
        }
}

TEST (w036_subscriptions_are_plain)
{
    EACH_ROLE {
        void *sub = client_socket (ZMQ_SUB);
        int peer = helloed_peer (sub);
        send_hex (peer, WELCOME);
        EXPECT_HEX (peer, "04 1C 08 'INITIATE' " TYPE ("03", "SUB"));
        send_hex (peer, "04 19 05 'READY' " TYPE ("03", "PUB"));
        heard (sub, peer);
        subscribe (sub, "TTT");
        EXPECT_HEX (peer, "04 0D 09 'SUBSCRIBE' 'TTT'");
    }
}

/* ---- what a client refuses --------------------------------------------------------------------- */

/* Both with and without a monitor, a server says this to a client that has said HELLO or INITIATE. */
static void answer (int initiated_, const fault_t *faults_, size_t count_)
{
    EACH_ROLE
        for (size_t i = 0; i < count_; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (faults_[i].name, watched);
                void *pull = client_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                int peer = helloed_peer (pull);
                if (initiated_) {
                    send_hex (peer, WELCOME);
                    EXPECT_HEX (peer, "04 1D 08 'INITIATE' " TYPE ("04", "PULL"));
                }
                send_hex (peer, "%s", faults_[i].name);
                REFUSED (pull, events, peer, faults_[i].outcome);
                end_round ();
            }
}
#define ANSWER(initiated_, faults_) answer (initiated_, faults_, sizeof faults_ / sizeof *faults_)

TEST (w068_answers_to_a_hello_that_are_wrong)
{
    static const fault_t faults[] = {
      {"04 09 07 'WELCOME' 00", BAD_WELCOME},
      {"06 0000000000000400 07 'WELCOME' 00*1016", BAD_WELCOME},
      {"04 08 07 'welcome'", UNEXPECTED},
      {"04 07 07 'WELCOM'", UNEXPECTED},
      {"04 00", UNEXPECTED},
      {"04 01 07", UNEXPECTED},
      {READY_PUSH, UNEXPECTED},
      {HELLO, UNEXPECTED},
      {INITIATE_PUSH, UNEXPECTED},
      {"00 05 'plain'", UNEXPECTED},
      {"00 00", UNEXPECTED},
    };
    ANSWER (0, faults);
}

TEST (w081_answers_to_an_initiate_that_are_wrong)
{
    static const fault_t faults[] = {
      {"04 06 05 'ready'", UNEXPECTED},
      {WELCOME, UNEXPECTED},
      {"04 00", UNEXPECTED},
      {"00 05 'plain'", UNEXPECTED},
      {"00 01 'a'", UNEXPECTED},
    };
    ANSWER (1, faults);
}

static const fault_t properties[] = {
  {"04 07 05 'READY' 00", BAD_PROPERTY},
  {"04 1B 05 'READY' " TYPE ("04", "PUSH") "00", BAD_PROPERTY},
  {"04 19 05 'READY' " TYPE ("04", "PUS"), BAD_PROPERTY},
  {"04 19 05 'READY' " TYPE ("03", "PUB"), BAD_PROPERTY},
  {"04 1A 05 'READY' " TYPE ("04", "push"), BAD_PROPERTY},
};
#define PROPERTIES 5

/* A server says one of these to a client that has said INITIATE. */
static int say_property (void *socket_, int which_)
{
    int peer = helloed_peer (socket_);
    send_hex (peer, WELCOME);
    EXPECT_HEX (peer, "04 1D 08 'INITIATE' " TYPE ("04", "PULL"));
    send_hex (peer, "%s", properties[which_].name);
    return peer;
}

TEST (w081_metadata_of_a_server_that_is_wrong)
{
    EACH_ROLE
        for (int i = 0; i < PROPERTIES; i++) {
            void *pull = client_socket (ZMQ_PULL);
            REFUSED (pull, NULL, say_property (pull, i), BAD_PROPERTY);
            end_round ();
        }
    EACH_ROLE
        for (int i = 0; i < PROPERTIES; i++) {
            void *pull = client_socket (ZMQ_PULL), *events = watch (pull);
            char text[100] = "";
            say_property (pull, i);
            next_event (events, PATIENCE, text, sizeof text);
            CHECK_STR (text, "HS_PROTO(10000018)");
            end_round ();
        }
}

OURS_ONLY (w081_metadata_of_a_server_while_a_monitor_looks,
           "a reference reports it and then lets the connection hang")
{
    EACH_ROLE
        for (int i = 0; i < PROPERTIES; i++) {
            void *pull = client_socket (ZMQ_PULL), *events = watch (pull);
            REFUSED (pull, events, say_property (pull, i), BAD_PROPERTY);
            end_round ();
        }
}

TEST (w069_errors_as_libzmq_spells_them)
{
    static const fault_t faults[] = {
      {"04 09 5E 'RROR' 03 '300'", "HS_AUTH(300) DISCONNECTED"},
      {"04 09 5E 'RROR' 03 '400'", "HS_AUTH(400) DISCONNECTED"},
      {"04 09 5E 'RROR' 03 '500'", "HS_AUTH(500) DISCONNECTED"},
      {"04 09 5E 'RROR' 03 '200'", NOTHING_SAID},
      {"04 09 5E 'RROR' 03 'abc'", NOTHING_SAID},
      {"04 06 5E 'RROR' 00", NOTHING_SAID},
      {"04 13 5E 'RROR' 0D 'Access denied'", NOTHING_SAID},
      {"04 05 5E 'RROR'", BAD_ERROR},
      {"04 09 5E 'RROR' 04 '400'", BAD_ERROR},
    };
    ANSWER (0, faults);
}

OURS_ONLY (w069_errors_as_they_should_be_spelled, "a reference does not know the command")
{
    static const fault_t faults[] = {
      {"04 0A 05 'ERROR' 03 '300'", "HS_AUTH(300) DISCONNECTED"},
      {"04 0A 05 'ERROR' 03 '400'", "HS_AUTH(400) DISCONNECTED"},
      {"04 0A 05 'ERROR' 03 '500'", "HS_AUTH(500) DISCONNECTED"},
      {"04 07 05 'ERROR' 00", NOTHING_SAID},
      {"04 14 05 'ERROR' 0D 'Access denied'", NOTHING_SAID},
      {"04 06 05 'ERROR'", BAD_ERROR},
      {"04 0A 05 'ERROR' 04 '400'", BAD_ERROR},
    };
    ANSWER (0, faults);
}

/* ---- older peers ------------------------------------------------------------------------------- */

TEST (w016_mechanisms_refuse_old_peers)
{
    static mechanism_t *const mechanisms[] = {plain_server, plain_client, curve_server,
                                              curve_client};
    static const char *const old[] = {"FF 00*8 7F 00 05", "FF 00*8 7F 01 05",
                                      "FF 00*8 7F 01 05 00 00 00 01 'x'",
                                      "FF 00*8 7F 00 05 01 00 02 00 'x'",
                                      "01 00 02 00 'x'", "FF 00*7 04 00 'xyz'", "'GET / HTTP/1.0'"};
    EACH_WAY
        for (int m = 0; m < 4; m++)
            for (int i = 0; i < 7; i++) {
                void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
                mechanisms[m](pull);
                int peer = join_peer (pull);
                send_hex (peer, "%s", old[i]);
                EXPECT_GONE (peer);
                CHECK_STR (how_it_left (events, 0), "DISCONNECTED");
                EXPECT_NOTHING (pull);
                end_round ();
            }
}

TEST (w010_mechanisms_that_differ)
{
    static mechanism_t *const mechanisms[] = {none, plain_server, plain_client, curve_server,
                                              curve_client};
    static const char *const own[] = {"NULL", "PLAIN", "PLAIN", "CURVE", "CURVE"};
    static const char *const names[] = {"'NULL' 00*16",         "'PLAIN' 00*15", "'CURVE' 00*15",
                                        "'GSSAPI' 00*14",       "'plain' 00*15", "'curve' 00*15",
                                        "'PLAIN' 00 'x' 00*13", "'CURVE' 20 00*14", "00*20",
                                        "'CURVE' 00*14 'x'",    "'PLAINCURVE' 00*10"};
    EACH_ROLE
        for (int m = 0; m < 5; m++)
            for (int i = 0; i < 11; i++) {
                if (strncmp (names[i] + 1, own[m], strlen (own[m])) == 0 && i < 3)
                    continue;
                in_round (names[i], 1);
                void *pull = new_socket (ZMQ_PULL), *events = watch (pull);
                mechanisms[m](pull);
                int peer = join_peer (pull);
                send_hex (peer, "FF 00*8 7F 03 01 %s 00 00*31", names[i]);
                EXPECT_GONE (peer);
                CHECK_STR (how_it_left (events, 0), "HS_PROTO(11000002) DISCONNECTED");
                EXPECT_NOTHING (pull);
                end_round ();
            }
}
