/* What goes over the wire while a handler of authentication thinks, and after it has decided: peers
 * made by hand, of all mechanisms. The handler is played by the test. */
#include "security_curve_peer.h"

#define PLAIN_GREETING "FF 00*8 7F 03 01 'PLAIN' 00*15 00 00*31 "
#define READY_PUSH "04 1A 05 'READY' " TYPE ("04", "PUSH")

/* The mechanisms by their place in `asking`. */
enum
{
    WITH_NULL,
    WITH_PLAIN,
    WITH_CURVE,
};

static void asking_round (int i_, const char *what_)
{
    static char text[100];
    snprintf (text, sizeof text, "%s, %s, %s: ", connects ? "connected" : "bound", asking[i_].name,
              what_);
    t_round = text;
}

static void *socket_that_asks (int i_)
{
    void *pull = new_socket (ZMQ_PULL);
    asking[i_].server (pull);
    return pull;
}

/* A peer that has said all that makes the library ask. With NULL that is the greeting alone. */
static curve_t asked_peer (int i_, void *pull_)
{
    if (i_ == WITH_CURVE) {
        curve_t c = welcome_client_of (pull_);
        curve_send (&c, 4, curve_initiate (&c, metadata_of ("PUSH")));
        return c;
    }
    curve_t c = curve_new (join_peer (pull_), 1);
    send_hex (c.fd, i_ == WITH_NULL ? GREETING_31 : PLAIN_GREETING);
    EXPECT_HEX (c.fd, OUR_SIGNATURE "03 01");
    unsigned char rest[52];
    CHECK_INT (read_bytes (c.fd, rest, sizeof rest), sizeof rest);
    if (i_ == WITH_PLAIN)
        send_hex (c.fd, "04 11 05 'HELLO' 05 'admin' 04 'pass'");
    return c;
}

/* Reads the request, and replies. */
static void decide (int i_, void *zap_, const char *status_)
{
    zap_request (zap_, i_ == WITH_NULL ? "domain" : "", "", asking[i_].name);
    zap_reply (zap_, status_, "somebody");
}

/* What an admitted peer does to say something. */
static void speak (int i_, curve_t *c_)
{
    if (i_ == WITH_CURVE) {
        free (CURVE_READY (c_).data);
        CURVE_SAY (c_, "00 'a'");
        return;
    }
    if (i_ == WITH_PLAIN) {
        EXPECT_HEX (c_->fd, "04 08 07 'WELCOME'");
        send_hex (c_->fd, "04 1D 08 'INITIATE' " TYPE ("04", "PUSH"));
    }
    EXPECT_HEX (c_->fd, "04 1A 05 'READY' " TYPE ("04", "PULL"));
    if (i_ == WITH_NULL)
        send_hex (c_->fd, READY_PUSH);
    send_hex (c_->fd, "00 01 'a'");
}

TEST (w085_nothing_is_said_before_the_handler_has_decided)
{
    EACH_WAY
        for (int i = 0; i < ASKING; i++) {
            asking_round (i, "200");
            void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (i);
            curve_t c = asked_peer (i, pull);
            EXPECT_SILENCE (c.fd);
            decide (i, zap, "200");
            speak (i, &c);
            EXPECT_PROPERTY (pull, "a", "User-Id", "somebody");
            end_round ();
        }
}

TEST (w087_refusals_over_the_wire)
{
    static const char *const statuses[] = {"400", "500"};
    EACH_WAY
        for (int i = 0; i < ASKING; i++)
            for (int j = 0; j < 2; j++) {
                asking_round (i, statuses[j]);
                void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (i);
                curve_t c = asked_peer (i, pull);
                decide (i, zap, statuses[j]);
                EXPECT_HEX (c.fd, "%s 03 '%s'",
                            i == WITH_PLAIN ? "04 09 5E 'RROR'" : "04 0A 05 'ERROR'", statuses[j]);
                EXPECT_SILENCE (c.fd); /* it is the peer that hangs up */
                EXPECT_NOTHING (pull);
                end_round ();
            }
}

TEST (w087_a_300_has_no_words)
{
    EACH_WAY
        for (int i = 0; i < ASKING; i++) {
            asking_round (i, "300");
            void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (i);
            curve_t c = asked_peer (i, pull);
            decide (i, zap, "300");
            if (speaks (c.fd, CALM)) /* a reference may end it at once, or wait for the timer */
                EXPECT_CLOSED (c.fd);
            EXPECT_NOTHING (pull);
            end_round ();
        }
}

OURS_ONLY (w_s74_refused_peers_are_hung_up_on_soon, "a reference waits for the handshake's timer")
{
    static const char *const statuses[] = {"300", "400"};
    connects = bytewise = 0;
    for (int i = WITH_NULL; i <= WITH_CURVE; i += 2) /* PLAIN is in security_plain_wire.c */
        for (int j = 0; j < 2; j++) {
            asking_round (i, statuses[j]);
            void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (i);
            curve_t c = asked_peer (i, pull);
            decide (i, zap, statuses[j]);
            int64_t begun = now_ms ();
            EXPECT_GONE (c.fd);
            CHECK (now_ms () - begun < 8000);
            end_round ();
        }
}

TEST (w086_wrong_replies_end_the_connection)
{
    EACH_ROLE
        for (int i = WITH_PLAIN; i <= WITH_CURVE; i++) {
            asking_round (i, "201");
            void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (i);
            curve_t c = asked_peer (i, pull);
            decide (i, zap, "201");
            EXPECT_CLOSED (c.fd);
            EXPECT_NOTHING (pull);
            end_round ();
        }
}

TEST (w_s657_nothing_may_be_said_while_the_handler_thinks)
{
    EACH_ROLE
        for (int kind = 0; kind < 3; kind++)
            for (int watched = 0; watched < 2; watched++) {
                in_round (kind == 0 ? "a message" : kind == 1 ? "an INITIATE" : "nothing", watched);
                void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_CURVE);
                void *events = watched ? watch (pull) : NULL;
                curve_t c = asked_peer (WITH_CURVE, pull);
                zap_request (zap, "", "", "CURVE");
                if (kind == 0)
                    CURVE_SAY (&c, "00 'a'");
                else if (kind == 1)
                    curve_send (&c, 4, curve_initiate (&c, metadata_of ("PUSH")));
                else
                    send_hex (c.fd, "04 00");
                REFUSED (pull, events, c.fd, UNSPECIFIED);
                end_round ();
            }
}

TEST (w_s62_a_ready_while_the_handler_thinks)
{
    EACH_WAY {
        void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_NULL);
        curve_t c = asked_peer (WITH_NULL, pull);
        send_hex (c.fd, READY_PUSH);
        EXPECT_SILENCE (c.fd);
        EXPECT_NOTHING (pull);
        decide (WITH_NULL, zap, "200");
        EXPECT_HEX (c.fd, "04 1A 05 'READY' " TYPE ("04", "PULL"));
        send_hex (c.fd, "00 01 'a'");
        EXPECT_PROPERTY (pull, "a", "User-Id", "somebody");
    }
}

OURS_ONLY (w_s17_what_follows_a_ready_waits_for_the_handler,
           "a reference ends the connection: its own READY has not been sent")
{
    EACH_WAY {
        void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_NULL);
        curve_t c = asked_peer (WITH_NULL, pull);
        send_hex (c.fd, READY_PUSH "01 01 'a' 00 01 'b'");
        EXPECT_NOTHING (pull);
        decide (WITH_NULL, zap, "200");
        EXPECT_HEX (c.fd, "04 1A 05 'READY' " TYPE ("04", "PULL"));
        EXPECT (pull, "a", "b");
    }
}

TEST (w_s17_what_follows_a_ready_is_not_heard_before_the_handler)
{
    EACH_WAY {
        void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_NULL);
        curve_t c = asked_peer (WITH_NULL, pull);
        send_hex (c.fd, READY_PUSH "01 01 'a' 00 01 'b'");
        EXPECT_NOTHING (pull);
        decide (WITH_NULL, zap, "400");
        swallowed (c.fd);
        EXPECT_NOTHING (pull);
    }
}

TEST (w_s657_the_handler_comes_before_the_metadata)
{
    EACH_ROLE
        for (int watched = 0; watched < 2; watched++) {
            in_round ("a type that does not fit", watched);
            void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_CURVE);
            void *events = watched ? watch (pull) : NULL;
            curve_t c = welcome_client_of (pull);
            curve_send (&c, 4, curve_initiate (&c, metadata_of ("PUB")));
            zap_request (zap, "", "", "CURVE");
            zap_reply (zap, "200", "");
            REFUSED (pull, events, c.fd, NOTHING_SAID);
            end_round ();
        }
}

TEST (w053_the_users_name_is_the_handlers)
{
    EACH_ROLE
        for (int i = 0; i < 2; i++) {
            void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_CURVE);
            curve_t c = welcome_client_of (pull);
            curve_send (&c, 4, curve_initiate (&c, parse_bytes (TYPE ("04", "PUSH")
                                                                "07 'User-Id' 00000004 'root'")));
            zap_request (zap, "", "", "CURVE");
            zap_reply (zap, "200", i ? "" : "guest");
            free (CURVE_READY (&c).data);
            CURVE_SAY (&c, "00 'a'");
            EXPECT_PROPERTY (pull, "a", "User-Id", i ? "" : "guest");
            end_round ();
        }
}

TEST (w_s73_a_handler_that_comes_after_the_connection)
{
    EACH_ROLE
        for (int i = 0; i < ASKING; i++) {
            asking_round (i, "late");
            void *pull = socket_that_asks (i);
            int peer = join_peer (pull);
            EXPECT_HEX (peer, OUR_SIGNATURE);
            void *zap = bound (ZMQ_REP, ZAP); /* in time for the rest of the greeting */
            send_hex (peer, "%s", i == WITH_NULL  ? GREETING_31
                                  : i == WITH_PLAIN ? PLAIN_GREETING
                                                    : "FF 00*8 7F 03 01 'CURVE' 00*15 00 00*31");
            unsigned char rest[54];
            CHECK_INT (read_bytes (peer, rest, sizeof rest), sizeof rest);
            curve_t c = curve_new (peer, 1);
            if (i == WITH_PLAIN)
                send_hex (peer, "04 11 05 'HELLO' 05 'admin' 04 'pass'");
            if (i == WITH_CURVE) {
                curve_send (&c, 4, curve_hello (&c));
                CURVE_WELCOMED (&c);
                curve_send (&c, 4, curve_initiate (&c, metadata_of ("PUSH")));
            }
            decide (i, zap, "200");
            speak (i, &c);
            EXPECT_PROPERTY (pull, "a", "User-Id", "somebody");
            end_round ();
        }
}

TEST (w_s657_nobody_is_asked_about_a_client_without_a_key)
{
    EACH_ROLE {
        void *zap = bound (ZMQ_REP, ZAP), *pull = socket_that_asks (WITH_CURVE);
        curve_t c = welcome_client_of (pull);
        initiate_t i = proper_initiate (&c);
        memcpy (i.pub, c.server_pub, 32); /* the vouch does not prove that one */
        curve_send (&c, 4, curve_initiate_with (&c, &i, metadata_of ("PUSH")));
        EXPECT_CLOSED (c.fd);
        EXPECT_NOTHING (zap);
    }
}

TEST (w088_null_without_a_handler)
{
    EACH_WAY {
        void *pull = socket_that_asks (WITH_NULL);
        int peer = join_peer (pull);
        shake_hands (pull, peer, GREETING_31);
        send_hex (peer, "00 01 'a'");
        EXPECT_NO_PROPERTY (pull, "a", "User-Id");
    }
}

TEST (w088_null_with_a_domain_that_is_enforced_without_a_handler)
{
    EACH_ROLE {
        void *pull = socket_that_asks (WITH_NULL);
        CHECK_OK (set_int (pull, ZMQ_ZAP_ENFORCE_DOMAIN, 1));
        CHECK_OK (set_int (pull, ZMQ_HANDSHAKE_IVL, 300));
        curve_t c = asked_peer (WITH_NULL, pull);
        send_hex (c.fd, READY_PUSH "00 01 'a'");
        EXPECT_CLOSED (c.fd);
        EXPECT_NOTHING (pull);
    }
}
