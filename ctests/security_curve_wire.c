/* The handshake of CURVE with the library as the server: a client made by hand, and what becomes of
 * every command that is not as it should be. */
#include "security_curve_peer.h"

/* ---- what goes well -------------------------------------------------------------------------- */

TEST (w082_appendix_a_bit_for_bit)
{
    curve_t client = curve_new (-1, 1), server = curve_new (-1, 0);
    memcpy (client.their_short, server.short_pub, 32);
    memcpy (server.their_short, client.short_pub, 32);
    common_key (client.key, client.their_short, client.short_secret);
    common_key (server.key, server.their_short, server.short_secret);
    t_curve_is (__FILE__, __LINE__, curve_hello (&client),
                "05 48454c4c4f 0100 00*72 "
                "79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a 0000000000000001 "
                "d1d67784f5291724189b624b9555d30cdaef6b15397079019768fa9dc86328e98fd94fb60c03d5ca"
                "e4af94769c0d785a3e353c66e8e956f9f2ca7441984fb01b24106fe25b62cfa3ddcfa6f693d8025a");
    t_curve_is (__FILE__, __LINE__, curve_welcome (&server),
                "0757454c434f4d45b0b1b2b3b4b5b6b7b8b9babbbcbdbebfbca695163ca436b7c8f7076e072dbb92"
                "67597f48071d82e897093ecb86d47e68df3d5357cf1228e837edf2a8562e825c068f6b1406a892fb"
                "eacb8d742bc5a4a64f9de3b5383059c9845c5aa6de4dd5c64897912b9131efdf6e468670b670be23"
                "6c5d8cdcf8d22b099ebb1f8ea6f2c98003b66818cb8b2aaef26b84b1961903d5a06b26f34b8e5c82"
                "68e2e3d9479d7198");
    memcpy (client.cookie, server.cookie, sizeof client.cookie);
    t_curve_is (__FILE__, __LINE__, curve_initiate (&client, metadata_of ("DEALER")),
                "08494e495449415445 "
                "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf4a0877b4bfc597cc46a7b1577bb4ebce85e4453069f0b020"
                "1ddb97d415e6ccdda49a70f8017604fd52f8333adcbdd5032e836572438d3c7cbd2f53e7c7cac789"
                "3434b732ce81d8657dfeeda91340dc53 0000000000000002 "
                "af1876bce403a7b130c8416e4f6e4da3de705b3fe050388c066cb0116492640e6b1acdee30cd7efc"
                "9186238b0e4ef335ec999468652afaede59ff09e6ae914a9df4ebed3ff15181381bc6a289c1387b2"
                "f08d78527b1f48ddc9a928487e2316e6d7cbfb6385d5ef3d5e7722ab70b150565ef5164361dd1f53"
                "e0f6589a234112d02d058b7772e385bb776f0c349d51155b5754b26440a38e00fda82e52a83c628f"
                "69e3f7ba73c063d1795e3572c9d4a5e9d1d3f9");
    t_curve_is (__FILE__, __LINE__, curve_ready (&server, metadata_of ("ROUTER")),
                "05524541445900000000000000019ffdf514f234e8d5d1deb3c73459fd89ba2f1141bbd8e0b66ef5"
                "b53406390a5e2783d0fdf50ea343000c89136bf79e0b7f2c63");
    t_curve_is (__FILE__, __LINE__, curve_message (&client, "00 'hello'"),
                "074d4553534147450000000000000003946d459dbd9b0803e57120660f41b293216b6caf3955");
    t_curve_is (__FILE__, __LINE__, curve_message (&client, "02 04 'PING' 0000"),
                "074d4553534147450000000000000004598119aaaeb9c6ae1c582f942218de1471e10d041b64a47e");
    t_curve_is (__FILE__, __LINE__, curve_message (&server, "01 'world'"),
                "074d45535341474500000000000000022a987494d6a0259d67731ad4b25e9265c35f5cf2ad60");
}

TEST (w009_a_curve_server_greets_without_saying_so)
{
    EACH_WAY {
        int peer = join_peer (curve_socket (ZMQ_PULL));
        EXPECT_HEX (peer, OUR_SIGNATURE);
        send_hex (peer, "FF 00*8 7F 03 01 'CURVE' 00*15 00 00*31");
        EXPECT_HEX (peer, "03 01 'CURVE' 00*15 00 00*31");
        EXPECT_SILENCE (peer); /* the client speaks first */
    }
}

TEST (w072_a_handshake_with_a_client)
{
    EACH_WAY {
        void *router = curve_socket (ZMQ_ROUTER), *events = watch (router);
        curve_t c = welcome_client_of (router);
        EXPECT_NO_EVENT (events);
        curve_send (&c, 4, curve_initiate (&c, metadata_of ("DEALER")));
        t_curve_is (__FILE__, __LINE__, CURVE_READY (&c),
                    TYPE ("06", "ROUTER") "08 'Identity' 00000000");
        CHECK_INT (c.their_nonce, 1);
        EXPECT_HS_OK (events);
        CURVE_SAY (&c, "00 'hello'");
        unsigned char id[5];
        CHECK (wait_for (router, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        CHECK_INT (zmq_recv (router, id, 5, ZMQ_DONTWAIT), 5);
        EXPECT (router, "hello");
        CHECK_INT (zmq_send (router, id, 5, ZMQ_SNDMORE), 5);
        send_parts (router, "world", "", NULL);
        CURVE_EXPECT (&c, "01 'world'"); /* its nonce is 2, the next is 3 */
        CURVE_EXPECT (&c, "00");
    }
}

TEST (w072_the_ready_of_all_types)
{
    static const int types[] = {ZMQ_PAIR, ZMQ_PUB,  ZMQ_SUB,  ZMQ_REQ,  ZMQ_REP, ZMQ_DEALER,
                                ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_ROUTER};
    EACH_ROLE
        for (int i = 0; i < 11; i++) {
            void *socket = curve_socket (types[i]);
            CHECK_OK (set_str (socket, ZMQ_METADATA, "X-b:2"));
            CHECK_OK (set_str (socket, ZMQ_METADATA, "X-a:1"));
            curve_t c = welcome_client_of (socket);
            curve_send (&c, 4, curve_initiate (&c, metadata_of (counterpart (socket))));
            const char *ready = strchr (our_ready (socket), 'Y') + 2; /* without 04 .. 05 'READY' */
            char text[300];
            snprintf (text, sizeof text, "%s 03 'X-a' 00000001 '1' 03 'X-b' 00000001 '2'", ready);
            t_curve_is (__FILE__, __LINE__, CURVE_READY (&c), text);
        }
}

TEST (w_s656_counters_may_begin_anywhere)
{
    static const uint64_t hellos[] = {0, 1, 77, 1, 2, UINT64_MAX, 5, UINT64_MAX - 1};
    static const uint64_t initiates[] = {0, 1, 78, 0, 1, 3, UINT64_MAX - 9, 2};
    EACH_ROLE
        for (int i = 0; i < 8; i++) {
            void *pull = curve_socket (ZMQ_PULL);
            curve_t c = curve_client_of (pull);
            curve_greet (&c, 1);
            c.nonce = hellos[i];
            curve_send (&c, 4, curve_hello (&c));
            CURVE_WELCOMED (&c);
            c.nonce = initiates[i];
            curve_send (&c, 4, curve_initiate (&c, metadata_of ("PUSH")));
            free (CURVE_READY (&c).data);
            CURVE_SAY (&c, "00 'a'");
            EXPECT (pull, "a");
        }
}

TEST (w_s653_metadata_of_many_kinds)
{
    static const char *const metadata[] = {
      "",                                                   /* not even a type */
      "0B 'Socket-Type' 00000004 'PUSH'",                   /* without identity */
      "00 00000000",                                        /* a name of no bytes */
      "0B 'socket-type' 00000003 'SUB'",                    /* a name that nobody knows */
      "01 'x' 00000400 'v'*1024 0B 'Socket-Type' 00000004 'PUSH'",
      "01 'x' 00004000 'v'*16384 0B 'Socket-Type' 00000004 'PUSH'",
    };
    EACH_WAY
        for (int i = 0; i < 6; i++) {
            void *pull = curve_socket (ZMQ_PULL);
            curve_t c = welcome_client_of (pull);
            curve_send (&c, 4, curve_initiate (&c, parse_bytes (metadata[i])));
            free (CURVE_READY (&c).data);
            CURVE_SAY (&c, "00 'a'");
            EXPECT (pull, "a");
        }
}

TEST (w_s44_properties_of_the_client)
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL);
        curve_t c = welcome_client_of (pull);
        curve_send (&c, 4, curve_initiate (&c, parse_bytes (TYPE ("04", "PUSH")
                                                            "08 'Identity' 00000002 'me' "
                                                            "03 'X-a' 00000003 'one' "
                                                            "03 'X-a' 00000003 'two'")));
        free (CURVE_READY (&c).data);
        static const char *const want[][2] = {{"Socket-Type", "PUSH"}, {"Identity", "me"},
                                              {"X-a", "one"}, {"Peer-Address", "127.0.0.1"}};
        for (int i = 0; i < 4; i++) {
            CURVE_SAY (&c, "00 'a'");
            EXPECT_PROPERTY (pull, "a", want[i][0], want[i][1]);
        }
        CURVE_SAY (&c, "00 'a'");
        EXPECT_NO_PROPERTY (pull, "a", "User-Id");
    }
}

OURS_ONLY (w052_a_curve_client_cannot_claim_a_user,
           "a reference shows the property where no handler was asked")
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL);
        curve_t c = welcome_client_of (pull);
        curve_send (&c, 4, curve_initiate (&c, parse_bytes (TYPE ("04", "PUSH")
                                                            "07 'User-Id' 00000004 'root'")));
        free (CURVE_READY (&c).data);
        CURVE_SAY (&c, "00 'a'");
        EXPECT_NO_PROPERTY (pull, "a", "User-Id");
    }
}

TEST (w_s6_flags_of_handshake_commands_are_not_looked_at)
{
    static const int flags[] = {0, 1, 5, 2, 6, 0xFC};
    EACH_ROLE
        for (int i = 0; i < 6; i++) {
            void *pull = curve_socket (ZMQ_PULL);
            curve_t c = curve_client_of (pull);
            curve_greet (&c, 1);
            bytes_t hello = curve_hello (&c);
            if (flags[i] & 2) { /* the long form of a short frame */
                send_hex (c.fd, "%02X 00000000000000C8", flags[i]);
                send_bytes (c.fd, hello.data, hello.size);
                free (hello.data);
            } else
                curve_send (&c, flags[i], hello);
            CURVE_WELCOMED (&c);
            curve_send (&c, flags[i] & ~2, curve_initiate (&c, metadata_of ("PUSH")));
            free (CURVE_READY (&c).data);
        }
}

TEST (w_s651_padding_of_the_hello_is_not_looked_at)
{
    EACH_ROLE {
        void *pull = curve_socket (ZMQ_PULL);
        curve_t c = curve_client_of (pull);
        curve_greet (&c, 1);
        bytes_t hello = curve_hello (&c);
        memset (hello.data + 8, 0xA5, 72);
        curve_send (&c, 4, hello);
        CURVE_WELCOMED (&c);
    }
}

/* ---- what does not ---------------------------------------------------------------------------- */

/* Bodies that no command has. */
static const fault_t misshapen[] = {
  {"", STRUCTURE},
  {"00", STRUCTURE},
  {"05", STRUCTURE},
  {"05 'HELL'", STRUCTURE},
  {"05 'HELLO'", BAD_HELLO},
  {"FF 'HELLO'", STRUCTURE},
  {"'hello'", STRUCTURE},
  {"05 'JELLO' 00", UNEXPECTED},
  {"05 'hello' 00*194", UNEXPECTED},
  {"04 'HELLO' 00*194", UNEXPECTED},
  {"05 'READY' 00", UNEXPECTED},
  {"07 'WELCOME' 00*160", UNEXPECTED},
  {"07 'MESSAGE' 00*25", UNEXPECTED},
  {"05 'ERROR' 03 '400'", UNEXPECTED},
  {"04 'PING' 0000", UNEXPECTED},
  {"00 'a'", UNEXPECTED},
};
#define MISSHAPEN (sizeof misshapen / sizeof *misshapen)

TEST (w079_commands_in_the_place_of_a_hello)
{
    EACH_ROLE
        for (size_t i = 0; i < MISSHAPEN; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (misshapen[i].name, watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = curve_client_of (pull);
                curve_greet (&c, 1);
                curve_send (&c, 4, parse_bytes (misshapen[i].name));
                REFUSED (pull, events, c.fd, misshapen[i].outcome);
            }
}

TEST (w079_an_initiate_before_a_hello)
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
            curve_t c = curve_client_of (pull);
            curve_greet (&c, 1);
            curve_send (&c, 4, curve_initiate (&c, metadata_of ("PUSH")));
            REFUSED (pull, events, c.fd, UNEXPECTED);
        }
}

static const fault_t hellos[] = {
  {"199 bytes", BAD_HELLO},
  {"201 bytes", BAD_HELLO},
  {"7 bytes", BAD_HELLO},
  {"400 bytes", BAD_HELLO},
  {"version 1.1", BAD_HELLO},
  {"version 2.0", BAD_HELLO},
  {"version 0.0", BAD_HELLO},
  {"another version and a wrong box", BAD_HELLO},
  {"another C'", CRYPTOGRAPHIC},
  {"another nonce", CRYPTOGRAPHIC},
  {"the first byte of the box", CRYPTOGRAPHIC},
  {"the last byte of the box", CRYPTOGRAPHIC},
  {"for another server", CRYPTOGRAPHIC},
};
#define HELLOS (sizeof hellos / sizeof *hellos)

static bytes_t faulty_hello (curve_t *c_, size_t fault_)
{
    if (fault_ == 12)
        memcpy (c_->server_pub, c_->pub, 32);
    bytes_t body = curve_hello (c_);
    switch (fault_) {
        case 0:
            body.size = 199;
            break;
        case 1:
            append (&body, "", 1);
            break;
        case 2:
            body.size = 7;
            break;
        case 3:
            append (&body, body.data, 200);
            break;
        case 4:
            body.data[7] = 1;
            break;
        case 5:
            body.data[6] = 2;
            break;
        case 6:
            body.data[6] = 0;
            break;
        case 7:
            body.data[6] = 2;
            body.data[150] ^= 1;
            break;
        case 8:
            body.data[80] ^= 1;
            break;
        case 9:
            body.data[119] ^= 1;
            break;
        case 10:
            body.data[120] ^= 1;
            break;
        case 11:
            body.data[199] ^= 0x80;
            break;
    }
    return body;
}

TEST (w078_hellos_that_are_wrong)
{
    EACH_ROLE
        for (size_t i = 0; i < HELLOS; i++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (hellos[i].name, watched);
                void *pull = curve_socket (ZMQ_PULL), *events = watched ? watch (pull) : NULL;
                curve_t c = curve_client_of (pull);
                curve_greet (&c, 1);
                curve_send (&c, 4, faulty_hello (&c, i));
                REFUSED (pull, events, c.fd, hellos[i].outcome);
            }
}
