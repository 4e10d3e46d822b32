/* The second command of a client made by hand, with the library as the server; keys that are none,
 * commands out of turn, too long or cut off. */
#include "security_curve_peer.h"

/* ---- an INITIATE that is wrong --------------------------------------------------------------- */

static const fault_t initiates[] = {
  {"256 bytes", BAD_INITIATE},
  {"9 bytes", BAD_INITIATE},
  {"10 bytes", BAD_INITIATE},
  {"one byte less of the box", CRYPTOGRAPHIC},
  {"one byte more", CRYPTOGRAPHIC},
  {"the first byte of the cookie", CRYPTOGRAPHIC},
  {"the last byte of the cookie's nonce", CRYPTOGRAPHIC},
  {"the first byte of the cookie's box", CRYPTOGRAPHIC},
  {"the last byte of the cookie", CRYPTOGRAPHIC},
  {"another nonce", CRYPTOGRAPHIC},
  {"the first byte of the box", CRYPTOGRAPHIC},
  {"the last byte of the box", CRYPTOGRAPHIC},
  {"a cookie that the client has made", CRYPTOGRAPHIC},
  {"the nonce of the vouch", CRYPTOGRAPHIC},
  {"the first byte of the vouch", CRYPTOGRAPHIC},
  {"the last byte of the vouch", CRYPTOGRAPHIC},
  {"a vouch for another C'", KEY_EXCHANGE},
  {"a vouch of somebody else", CRYPTOGRAPHIC},
  {"the key of somebody else", CRYPTOGRAPHIC},
};
#define INITIATES (sizeof initiates / sizeof *initiates)

static bytes_t faulty_initiate (curve_t *c_, size_t fault_)
{
    static const size_t flips[] = {9, 24, 25, 104, 112, 113};
    initiate_t i = proper_initiate (c_);
    if (fault_ == 12) {
        unsigned char plain[64];
        memcpy (plain, c_->short_pub, 32);
        memcpy (plain + 32, c_->short_secret, 32);
        crypto_secretbox_easy (c_->cookie + 16, plain, 64, nonce_of ("COOKIE--", c_->cookie),
                               c_->cookie_key);
    }
    if (fault_ >= 13 && fault_ <= 15)
        i.vouch_flip = fault_ == 13 ? 0 : fault_ == 14 ? 16 : 95;
    if (fault_ == 16)
        i.vouch_short[0] ^= 1;
    if (fault_ == 17)
        memcpy (i.vouch_secret, c_->cookie_key, 32);
    if (fault_ == 18)
        memcpy (i.pub, c_->server_pub, 32);
    bytes_t body = curve_initiate_with (c_, &i, metadata_of ("PUSH"));
    if (fault_ == 0)
        body.size = 256;
    if (fault_ == 1 || fault_ == 2)
        body.size = 8 + fault_;
    if (fault_ == 3)
        body.size--;
    if (fault_ == 4)
        append (&body, "", 1);
    if (fault_ >= 5 && fault_ <= 10)
        body.data[flips[fault_ - 5]] ^= 1;
    if (fault_ == 11)
        body.data[body.size - 1] ^= 0x80;
    return body;
}

TEST (w080_initiates_that_are_wrong)
{
    EACH_ROLE
        for (size_t i = 0; i < INITIATES; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (initiates[i].name, watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = welcome_client_of (pull);
                curve_send (&c, 4, faulty_initiate (&c, i));
                REFUSED (pull, events, c.fd, initiates[i].outcome);
            }
}

OURS_ONLY (w_s657_the_vouch_names_the_server, "a reference does not look at that half of it")
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
            curve_t c = welcome_client_of (pull);
            initiate_t i = proper_initiate (&c);
            i.vouch_server[31] ^= 1;
            curve_send (&c, 4, curve_initiate_with (&c, &i, metadata_of ("PUSH")));
            REFUSED (pull, events, c.fd, KEY_EXCHANGE);
        }
}

TEST (w_s657_other_commands_in_the_place_of_an_initiate)
{
    static const fault_t others[] = {
      {"", STRUCTURE},
      {"00", STRUCTURE},
      {"08 'INITIATE'", BAD_INITIATE},
      {"08 'INITIAT'", STRUCTURE},
      {"08 'initiate' 00*300", UNEXPECTED},
      {"05 'HELLO' 01 00 00*192", UNEXPECTED},
      {"05 'READY' 00*30", UNEXPECTED},
      {"07 'MESSAGE' 00*30", UNEXPECTED},
      {"05 'ERROR' 03 '400'", UNEXPECTED},
      {"'plain'", STRUCTURE},
    };
    EACH_ROLE
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (others[i].name, watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = welcome_client_of (pull);
                curve_send (&c, 4, parse_bytes (others[i].name));
                REFUSED (pull, events, c.fd, others[i].outcome);
            }
}

TEST (w_s657_a_hello_twice)
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
            curve_t c = welcome_client_of (pull);
            c.nonce = 1;
            curve_send (&c, 4, curve_hello (&c));
            REFUSED (pull, events, c.fd, UNEXPECTED);
        }
}

TEST (w_s657_metadata_that_is_wrong)
{
    static const char *const metadata[] = {
      "00",
      TYPE ("04", "PUSH") "00",
      TYPE ("04", "PUSH") "08 'Identity' 000000",
      TYPE ("04", "PUSH") "08 'Ident'",
      TYPE ("05", "PUSH"),
      "01 'x' FFFFFFFF 'y'",
      TYPE ("03", "PUB"),
      TYPE ("04", "push"),
      TYPE ("00", ""),
      TYPE ("04", "PUSH") TYPE ("04", "PULL"),
    };
    EACH_ROLE
        for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (metadata[i], watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = welcome_client_of (pull);
                curve_send (&c, 4, curve_initiate (&c, parse_bytes (metadata[i])));
                REFUSED (pull, events, c.fd, NOTHING_SAID);
            }
}

OURS_ONLY (w050_wrong_metadata_in_an_initiate_is_reported,
           "a reference says nothing but DISCONNECTED")
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL), *events = watch (pull);
        curve_t c = welcome_client_of (pull);
        curve_send (&c, 4, curve_initiate (&c, parse_bytes ("00")));
        REFUSED (pull, events, c.fd, BAD_PROPERTY);
    }
}

/* ---- replays --------------------------------------------------------------------------------- */

TEST (w_s652_commands_of_another_connection)
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL), *events = watch (pull);
        curve_t first = curve_client_of (pull);
        curve_greet (&first, 1);
        bytes_t hello = curve_hello (&first), again = {NULL, 0};
        append (&again, hello.data, hello.size);
        curve_send (&first, 4, hello);
        CURVE_WELCOMED (&first);
        bytes_t initiate = curve_initiate (&first, metadata_of ("PUSH")), copy = {NULL, 0};
        append (&copy, initiate.data, initiate.size);
        curve_send (&first, 4, initiate);
        free (CURVE_READY (&first).data);
        EXPECT_HS_OK (events);
        if (connects) { /* one connection after the other */
            close_peer (first.fd);
            CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
        }
        curve_t second = curve_new (next_peer (pull), 1);
        curve_greet (&second, 1);
        curve_send (&second, 4, again); /* anybody may have seen it */
        CURVE_WELCOMED (&second);
        CHECK (memcmp (first.cookie, second.cookie, sizeof first.cookie) != 0);
        CHECK (memcmp (first.their_short, second.their_short, 32) != 0);
        curve_send (&second, 4, copy);
        REFUSED (pull, events, second.fd, CRYPTOGRAPHIC);
    }
}

TEST (w_s652_welcomes_differ)
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL);
        unsigned char nonces[3][16], cookies[3][96];
        for (int i = 0; i < 3; i++) {
            curve_t c = curve_new (i ? next_peer (pull) : join_peer (pull), 1);
            curve_greet (&c, 1);
            curve_send (&c, 4, curve_hello (&c));
            bytes_t welcome = t_curve_read (__FILE__, __LINE__, &c, 4, 168);
            memcpy (nonces[i], welcome.data + 8, 16);
            memcpy (cookies[i], welcome.data + 24, 96);
            free (welcome.data);
            close_peer (c.fd);
            for (int j = 0; j < i; j++) {
                CHECK (memcmp (nonces[i], nonces[j], 16) != 0);
                CHECK (memcmp (cookies[i], cookies[j], 96) != 0);
            }
        }
    }
}

/* ---- keys that are none ---------------------------------------------------------------------- */

TEST (w_s651_short_keys_of_low_order)
{
    EACH_ROLE
        for (size_t i = 0; i < LOW_ORDER; i++)
            for (int watched = 0; watched < 2; watched++) {
                static const unsigned char zeros[64];
                unsigned char key[32];
                in_round (low_order[i], watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = curve_client_of (pull);
                curve_greet (&c, 1);
                low_key (c.short_pub, i);
                bytes_t hello = curve_hello (&c);
                hello.size = 120;
                common_key (key, c.short_pub, c.short_secret);
                append_box (&hello, zeros, 64, nonce_of ("CurveZMQHELLO---", hello.data + 112),
                            key);
                curve_send (&c, 4, hello);
                REFUSED (pull, events, c.fd, CRYPTOGRAPHIC);
            }
}

TEST (w_s653_long_keys_of_low_order)
{
    EACH_ROLE
        for (size_t i = 0; i < LOW_ORDER; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (low_order[i], watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = welcome_client_of (pull);
                initiate_t initiate = proper_initiate (&c);
                low_key (initiate.pub, i);
                /* sealed with the key of nothing, which needs no secret */
                unsigned char short_key[32];
                memcpy (short_key, c.their_short, 32);
                low_key (c.their_short, i);
                bytes_t body = curve_initiate_with (&c, &initiate, metadata_of ("PUSH"));
                memcpy (c.their_short, short_key, 32);
                curve_send (&c, 4, body);
                REFUSED (pull, events, c.fd, CRYPTOGRAPHIC);
            }
}

/* ---- too long, too short --------------------------------------------------------------------- */

TEST (w_s11_commands_that_are_cut_off)
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL), *events = watch (pull);
        for (int i = 0; i < 4; i++) {
            curve_t c = curve_new (i ? next_peer (pull) : join_peer (pull), 1);
            curve_greet (&c, 1);
            bytes_t hello = curve_hello (&c);
            send_hex (c.fd, "04 C8");
            if (i)
                send_bytes (c.fd, hello.data, i == 1 ? 100 : i == 2 ? 199 : 200);
            free (hello.data);
            if (i == 3) {
                CURVE_WELCOMED (&c);
                bytes_t initiate = curve_initiate (&c, metadata_of ("PUSH"));
                send_hex (c.fd, "06 %016zX", initiate.size);
                send_bytes (c.fd, initiate.data, initiate.size - 1);
                free (initiate.data);
            }
            EXPECT_SILENCE (c.fd);
            close_peer (c.fd);
            const char *ended = how_it_ended (events, RETRIES);
            if (strcmp (ended, "HS_NODETAIL(ECONNRESET) DISCONNECTED") != 0)
                CHECK_STR (ended, "HS_NODETAIL(EPIPE) DISCONNECTED");
        }
        curve_t c = curve_new (next_peer (pull), 1);
        curve_greet (&c, 1);
        curve_send (&c, 4, curve_hello (&c));
        CURVE_WELCOMED (&c);
    }
}

OURS_ONLY (w_s111_a_hello_that_announces_too_much,
           "a reference waits for as much as MAXMSGSIZE allows")
{
    static const char *const heads[] = {"06 0000000000010001", "06 0000000000020000",
                                        "06 0000000040000000", "06 7FFFFFFFFFFFFFFF"};
    EACH_ROLE
        for (int i = 0; i < 4; i++) {
            void *pull = curve_socket (ZMQ_PULL), *events = watch (pull);
            curve_t c = curve_client_of (pull);
            curve_greet (&c, 1);
            send_hex (c.fd, "%s 05 'HELLO' 01 00", heads[i]);
            EXPECT_CLOSED (c.fd);
            next_event (events, PATIENCE, (char[100]){0}, 100);
            EXPECT_NOTHING (pull);
        }
}

OURS_ONLY (w_s111_an_initiate_that_announces_too_much, "a reference takes and keeps any amount")
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
            curve_t c = welcome_client_of (pull);
            send_hex (c.fd, "06 0000000000020000 08 'INITIATE'");
            EXPECT_CLOSED (c.fd);
            if (events)
                next_event (events, PATIENCE, (char[100]){0}, 100);
            EXPECT_NOTHING (pull);
        }
}

OURS_ONLY (w_s114_an_initiate_with_too_much_metadata, "a reference keeps any amount")
{
    char many[65 * 24] = "";
    for (int i = 0; i < 65; i++)
        sprintf (many + strlen (many), "02 '%02d' 00000000 ", i);
    const char *metadata[] = {"01 'x' 00009000 'v'*36864", many};
    EACH_ROLE
        for (int i = 0; i < 2; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (i ? "65 properties" : "36 KiB", watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = welcome_client_of (pull);
                curve_send (&c, 4, curve_initiate (&c, parse_bytes (metadata[i])));
                REFUSED (pull, events, c.fd, BAD_PROPERTY);
            }
}

TEST (w_s16_a_client_that_dawdles)
{
    EACH_ROLE
        for (int welcome = 0; welcome < 2; welcome++) {
            void *pull = curve_socket (ZMQ_PULL), *events = watch (pull);
            CHECK_OK (set_int (pull, ZMQ_HANDSHAKE_IVL, 200));
            curve_t c = curve_client_of (pull);
            curve_greet (&c, 1);
            if (welcome) {
                curve_send (&c, 4, curve_hello (&c));
                CURVE_WELCOMED (&c);
            }
            EXPECT_CLOSED (c.fd);
            const char *ended = how_it_ended (events, RETRIES);
            if (ours () || strcmp (ended, "HS_NODETAIL(EINPROGRESS) DISCONNECTED") != 0)
                CHECK_STR (ended, "HS_NODETAIL(EAGAIN) DISCONNECTED"); /* or an errno left over */
        }
}
