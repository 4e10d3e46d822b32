/* PLAIN, byte by byte: the library as the server of a client made by hand. The handler is played by
 * the test. What a client does is in security_plain_client.c. */
#include "security_plain_peer.h"

/* ---- what goes well -------------------------------------------------------------------------- */

TEST (w009_a_plain_server_greets_without_saying_so)
{
    EACH_WAY {
        int peer = join_peer (server_socket (ZMQ_PULL));
        EXPECT_HEX (peer, OUR_SIGNATURE);
        send_hex (peer, GREETING);
        EXPECT_HEX (peer, "03 01 'PLAIN' 00*15 00 00*31");
        EXPECT_SILENCE (peer);
    }
}

TEST (w_s64_a_handshake_with_a_client)
{
    EACH_WAY {
        void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL), *events = watch (pull);
        int peer = greeted_peer (pull);
        send_hex (peer, HELLO);
        zap_request (zap, "", "", "PLAIN");
        EXPECT_SILENCE (peer);
        zap_reply (zap, "200", "somebody");
        EXPECT_HEX (peer, WELCOME);
        EXPECT_NO_EVENT (events);
        send_hex (peer, INITIATE_PUSH);
        EXPECT_HEX (peer, "04 1A 05 'READY' " TYPE ("04", "PULL"));
        EXPECT_HS_OK (events);
        send_hex (peer, "01 01 'a' 00 01 'b'");
        EXPECT (pull, "a", "b");
    }
}

TEST (w_s64_credentials_of_all_kinds)
{
    static const char *const parts[][2] = {{"", ""}, {"'a'", ""}, {"", "'b'"}, {"00 'x'", "00"},
                                           {"'x'*255", "'y'*255"}, {"FF", "05 'HELLO'"}};
    EACH_ROLE
        for (int i = 0; i < 6; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
            int peer = greeted_peer (pull);
            bytes_t user = parse_bytes (parts[i][0]), password = parse_bytes (parts[i][1]);
            size_t size = 8 + user.size + password.size;
            send_hex (peer, size > 255 ? "06 %016zX" : "04 %02zX", size);
            send_hex (peer, "05 'HELLO' %02zX %s %02zX %s", user.size, parts[i][0], password.size,
                      parts[i][1]);
            zap_head (zap, "", "", "PLAIN");
            EXPECT_BYTES (zap, user.data, user.size, 1);
            EXPECT_BYTES (zap, password.data, password.size, 0);
            zap_reply (zap, "200", "");
            EXPECT_HEX (peer, WELCOME);
            free (user.data);
            free (password.data);
            end_round ();
        }
}

TEST (w_s64_flags_of_commands_are_not_looked_at)
{
    static const int flags[] = {0, 1, 5, 0xFC};
    EACH_ROLE
        for (int i = 0; i < 4; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
            int peer = greeted_peer (pull);
            send_hex (peer, "%02X %s", flags[i], &HELLO[2]);
            zap_request (zap, "", "", "PLAIN");
            zap_reply (zap, "200", "");
            EXPECT_HEX (peer, WELCOME);
            send_hex (peer, "%02X %s", flags[i] | 2, "000000000000001D 08 'INITIATE' "
                                                     TYPE ("04", "PUSH"));
            EXPECT_HEX (peer, "04 1A 05 'READY' " TYPE ("04", "PULL"));
            end_round ();
        }
}

TEST (w029_after_the_handshake_all_is_as_without)
{
    EACH_WAY {
        void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
        int peer = welcome_peer (pull, zap);
        send_hex (peer, INITIATE_PUSH);
        EXPECT_HEX (peer, "04 1A 05 'READY' " TYPE ("04", "PULL"));
        send_hex (peer, "01 01 'a' 04 09 04 'PING' 0000 'cc' 04 04 03 'ABC' 04 00 " HELLO
                        "04 0A 05 'ERROR' 03 '400' 00 01 'b'");
        EXPECT_HEX (peer, "04 07 04 'PONG' 'cc'");
        EXPECT (pull, "a", "b");
        EXPECT_SILENCE (peer);
    }
}

/* ---- what a server refuses ------------------------------------------------------------------- */

/* Both with and without a monitor, a client says this and is turned away; nobody is asked. */
static void refuse_hellos (const fault_t *faults_, size_t count_)
{
    EACH_ROLE
        for (size_t i = 0; i < count_; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (faults_[i].name, watched);
                void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
                void *events = watched ? watch (pull) : NULL;
                int peer = greeted_peer (pull);
                bytes_t body = parse_bytes (faults_[i].name);
                send_hex (peer, body.size > 255 ? "06 %016zX" : "04 %02zX", body.size);
                send_bytes (peer, body.data, body.size);
                free (body.data);
                REFUSED (pull, events, peer, faults_[i].outcome);
                EXPECT_NOTHING (zap);
                end_round ();
            }
}

TEST (w071_hellos_that_are_wrong)
{
    static const fault_t faults[] = {
      {"05 'HELLO'", BAD_HELLO},                                /* no name */
      {"05 'HELLO' 05 'admin'", BAD_HELLO},                     /* no password */
      {"05 'HELLO' 06 'admin'", BAD_HELLO},                     /* a name that is cut off */
      {"05 'HELLO' FF 'admin' 04 'pass'", BAD_HELLO},
      {"05 'HELLO' 05 'admin' 05 'pass'", BAD_HELLO},           /* a password that is cut off */
      {"05 'HELLO' 05 'admin' FF 'pass'", BAD_HELLO},
      {"05 'HELLO' 05 'admin' 04 'pass' 00", BAD_HELLO},        /* more than that */
      {"05 'HELLO' 05 'admin' 04 'pass' 00*1000", BAD_HELLO},
      {"05 'HELLO' 00 00 00", BAD_HELLO},
      {"05 'HELLO' 00", BAD_HELLO},
    };
    refuse_hellos (faults, sizeof faults / sizeof *faults);
}

TEST (w_s64_other_commands_in_the_place_of_a_hello)
{
    static const fault_t faults[] = {
      {"", STRUCTURE},
      {"00", STRUCTURE},
      {"05 'HELL'", STRUCTURE},
      {"'plain'", STRUCTURE},
      {"05 'hello' 05 'admin' 04 'pass'", UNEXPECTED},
      {"04 'HELLO' 05 'admin' 04 'pass'", UNEXPECTED},
      {"08 'INITIATE' " TYPE ("04", "PUSH"), UNEXPECTED},
      {"05 'READY' " TYPE ("04", "PUSH"), UNEXPECTED},
      {"07 'WELCOME'", UNEXPECTED},
      {"05 'ERROR' 03 '400'", UNEXPECTED},
      {"5E 'RROR' 03 '400'", STRUCTURE},
      {"05 'HELLX' 00 00", UNEXPECTED},
      {"00 'a'", UNEXPECTED},
    };
    refuse_hellos (faults, sizeof faults / sizeof *faults);
}

TEST (w_s64_initiates_that_are_wrong)
{
    static const fault_t faults[] = {
      {"04 00", UNEXPECTED},
      {"04 01 00", UNEXPECTED},
      {"04 08 08 'INITIAT'", UNEXPECTED},
      {"04 0A 08 'initiate' 00", UNEXPECTED},
      {HELLO, UNEXPECTED},
      {READY_PUSH, UNEXPECTED},
      {"04 0A 05 'ERROR' 03 '400'", UNEXPECTED},
      {"00 05 'plain'", UNEXPECTED},
      {"00 02 00 'a'", UNEXPECTED},
      {"04 0A 08 'INITIATE' 00", NOTHING_SAID},
      {"04 1E 08 'INITIATE' " TYPE ("04", "PUSH") "00", NOTHING_SAID},
      {"04 1C 08 'INITIATE' " TYPE ("04", "PUS"), NOTHING_SAID},
      {"04 1C 08 'INITIATE' " TYPE ("03", "PUB"), NOTHING_SAID},
      {"04 1D 08 'INITIATE' " TYPE ("04", "push"), NOTHING_SAID},
    };
    EACH_ROLE
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (faults[i].name, watched);
                void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
                void *events = watched ? watch (pull) : NULL;
                int peer = welcome_peer (pull, zap);
                send_hex (peer, "%s", faults[i].name);
                REFUSED (pull, events, peer, faults[i].outcome);
                end_round ();
            }
}

TEST (w_s64_a_type_is_not_needed)
{
    EACH_ROLE {
        void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
        int peer = welcome_peer (pull, zap);
        send_hex (peer, "04 09 08 'INITIATE'");
        EXPECT_HEX (peer, "04 1A 05 'READY' " TYPE ("04", "PULL"));
    }
}

OURS_ONLY (w_s111_plain_commands_that_announce_too_much,
           "a reference waits for as much as MAXMSGSIZE allows")
{
    EACH_ROLE
        for (int i = 0; i < 3; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
            int peer = i < 2 ? greeted_peer (pull) : welcome_peer (pull, zap);
            if (i < 2) /* the longest HELLO has 518 bytes */
                send_hex (peer, "06 %s 05 'HELLO'", i ? "0000000040000000" : "0000000000000207");
            else
                send_hex (peer, "06 0000000000020000 08 'INITIATE'");
            EXPECT_CLOSED (peer);
            EXPECT_NOTHING (pull);
            end_round ();
        }
}

/* ---- the handler and the peer ------------------------------------------------------------------ */

TEST (w070_no_handler)
{
    EACH_WAY {
        void *pull = server_socket (ZMQ_PULL);
        int peer = greeted_peer (pull);
        send_hex (peer, HELLO);
        EXPECT_CLOSED (peer);
        EXPECT_NOTHING (pull);
    }
    EACH_ROLE {
        void *pull = server_socket (ZMQ_PULL), *events = watch (pull);
        char text[100] = "";
        send_hex (greeted_peer (pull), HELLO);
        next_event (events, PATIENCE, text, sizeof text);
        CHECK_STR (text, "HS_NODETAIL(EFAULT)");
    }
}

OURS_ONLY (w070_no_handler_while_a_monitor_looks, "a reference may wait for the timer then")
{
    EACH_ROLE {
        void *pull = server_socket (ZMQ_PULL), *events = watch (pull);
        int peer = greeted_peer (pull);
        send_hex (peer, HELLO);
        EXPECT_CLOSED (peer);
        char text[100] = "";
        next_event (events, PATIENCE, text, sizeof text);
        next_event (events, PATIENCE, text, sizeof text);
        CHECK_STR (text, "HS_NODETAIL(EFAULT) DISCONNECTED");
    }
}

/* Says HELLO and has the handler refuse. */
static int refused_peer (void *socket_, void *zap_, const char *greeting_, const char *status_)
{
    int peer = join_peer (socket_);
    send_hex (peer, "%s", greeting_);
    EXPECT_HEX (peer, PLAIN_GREETING);
    send_hex (peer, HELLO);
    zap_request (zap_, "", "", "PLAIN");
    zap_reply (zap_, status_, "");
    return peer;
}

TEST (w_s63_the_error_for_3_1)
{
    static const char *const statuses[] = {"400", "500"};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
            int peer = refused_peer (pull, zap, GREETING, statuses[i]);
            EXPECT_HEX (peer, "04 09 5E 52 52 4F 52 03 '%s'", statuses[i]);
            EXPECT_SILENCE (peer); /* the peer may hang up first */
            end_round ();
        }
}

OURS_ONLY (w_s63_the_error_for_3_0, "a reference spells it wrongly for everybody")
{
    static const char *const statuses[] = {"400", "500"};
    EACH_WAY
        for (int i = 0; i < 2; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
            int peer = refused_peer (pull, zap, GREETING_OF_30, statuses[i]);
            EXPECT_HEX (peer, "04 0A 05 'ERROR' 03 '%s'", statuses[i]);
            end_round ();
        }
}

TEST (w087_silence_after_300)
{
    EACH_WAY {
        void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
        int peer = refused_peer (pull, zap, GREETING, "300");
        if (speaks (peer, CALM)) /* sooner or later it ends, but without a word */
            EXPECT_CLOSED (peer);
    }
}

OURS_ONLY (w_s74_a_refused_peer_is_hung_up_on_soon, "a reference waits for the handshake's timer")
{
    static const char *const statuses[] = {"300", "400", "500"};
    EACH_ROLE
        for (int i = 0; i < 3; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
            int64_t begun = now_ms ();
            int peer = refused_peer (pull, zap, GREETING, statuses[i]);
            EXPECT_GONE (peer);
            CHECK (now_ms () - begun >= 200 && now_ms () - begun < 8000);
            end_round ();
        }
}

TEST (w_s64_nothing_may_be_said_while_the_handler_thinks)
{
    static const char *const said[] = {HELLO, INITIATE_PUSH, "00 01 'a'", "04 00", READY_PUSH};
    EACH_ROLE
        for (int i = 0; i < 5; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (said[i], watched);
                void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
                void *events = watched ? watch (pull) : NULL;
                int peer = greeted_peer (pull);
                send_hex (peer, HELLO);
                zap_request (zap, "", "", "PLAIN");
                send_hex (peer, "%s", said[i]);
                REFUSED (pull, events, peer, UNSPECIFIED);
                zap_reply (zap, "200", "too late");
                EXPECT_NOTHING (pull);
                end_round ();
            }
}

TEST (w_s64_nothing_reaches_the_socket_before_the_handshake)
{
    EACH_ROLE {
        void *zap = bound (ZMQ_REP, ZAP), *pull = server_socket (ZMQ_PULL);
        int peer = join_peer (pull);
        send_hex (peer, GREETING HELLO INITIATE_PUSH "00 01 'a'");
        zap_request (zap, "", "", "PLAIN");
        EXPECT_NOTHING (pull);
        zap_reply (zap, "400", "");
        EXPECT_GONE (peer);
        EXPECT_NOTHING (pull);
    }
}
