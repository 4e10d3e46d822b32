/* What all tests of mechanisms share: keys, what makes a socket use a mechanism, and a handler of
 * authentication that the test itself plays.
 *
 *     void *zap = bound (ZMQ_REP, ZAP);
 *     ...
 *     EXPECT (zap, "1.0", "1", "domain", "127.0.0.1", "", "PLAIN", "admin", "pass");
 *     zap_reply (zap, "200", "somebody");
 *
 * The test's own thread can do so because handshakes happen in another.
 */
#ifndef CTESTS_SECURITY_H
#define CTESTS_SECURITY_H

#include "sockets.h"

/* Where a handler listens. */
#define ZAP "inproc://zeromq.zap.01"

/* Options that are part of the draft API in the header, but are known to every release. */
#ifndef ZMQ_METADATA
#define ZMQ_METADATA 95
#endif
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/* The keys of appendix A of the wire reference: s is 00 to 1F, c is 20 to 3F. */
#define SERVER_PUBLIC "K3HW^WVq.zo69t)(umF>:XvwTj:QGN^yKlWaVH(S"
#define SERVER_SECRET "009c61o!#m2NH?C3>iWS5d]J*6CRx17-skh9337x"
#define CLIENT_PUBLIC "hgP.#hDUHSUiE^h?&P6wi8P5^Qk?rT(1ek&+[:+/"
#define CLIENT_SECRET "ar.{NbQB=+c[cR@eg&FcfFLssg=mfIi5%2YjuU>)"

/* C in its 32 bytes, as a handler sees it. */
static const unsigned char client_public[32] = {
  0x35, 0x80, 0x72, 0xd6, 0x36, 0x58, 0x80, 0xd1, 0xae, 0xea, 0x32, 0x9a, 0xdf, 0x91, 0x21, 0x38,
  0x38, 0x51, 0xed, 0x21, 0xa2, 0x8e, 0x3b, 0x75, 0xe9, 0x65, 0xd0, 0xd2, 0xcd, 0x16, 0x62, 0x54};

/* ---- mechanisms ---------------------------------------------------------------------------- */

/* Makes a socket one of a mechanism. */
typedef void mechanism_t (void *socket_);

T_FN void none (void *socket_)
{
    (void) socket_;
}

T_FN void plain_server (void *socket_)
{
    CHECK_OK (set_int (socket_, ZMQ_PLAIN_SERVER, 1));
}

T_FN void plain_client (void *socket_)
{
    CHECK_OK (set_str (socket_, ZMQ_PLAIN_USERNAME, "admin"));
    CHECK_OK (set_str (socket_, ZMQ_PLAIN_PASSWORD, "pass"));
}

T_FN void curve_server (void *socket_)
{
    CHECK_OK (set_int (socket_, ZMQ_CURVE_SERVER, 1));
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SECRETKEY, SERVER_SECRET));
}

T_FN void curve_client (void *socket_)
{
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC));
    CHECK_OK (set_str (socket_, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC));
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET));
}

/* With NULL, a domain is what lets a socket ask. */
T_FN void domain (void *socket_)
{
    CHECK_OK (set_str (socket_, ZMQ_ZAP_DOMAIN, "domain"));
}

/* The sockets that ask a handler, and what connects to them. */
static const struct
{
    const char *name;
    mechanism_t *server, *client;
} asking[] = {{"NULL", domain, none},
              {"PLAIN", plain_server, plain_client},
              {"CURVE", curve_server, curve_client}};
#define ASKING 3

/* ---- a handler ----------------------------------------------------------------------------- */

/* Reads a request of a mechanism from a REP up to the credentials, of a domain and the identity of
 * the asking socket; the peer is at 127.0.0.1. */
T_FN void zap_head (void *zap_, const char *domain_, const char *identity_, const char *mechanism_)
{
    const char *head[] = {"1.0", "1", domain_, "127.0.0.1", identity_};
    for (int i = 0; i < 5; i++)
        EXPECT_BYTES (zap_, head[i], strlen (head[i]), 1);
    EXPECT_BYTES (zap_, mechanism_, strlen (mechanism_), strcmp (mechanism_, "NULL") != 0);
}

/* Reads a whole request: the peer is an admin with a pass, or has the key of CLIENT_PUBLIC. */
T_FN void zap_request (
  void *zap_, const char *domain_, const char *identity_, const char *mechanism_)
{
    zap_head (zap_, domain_, identity_, mechanism_);
    if (strcmp (mechanism_, "PLAIN") == 0) {
        EXPECT_BIN (zap_, "admin", 1);
        EXPECT_BIN (zap_, "pass", 0);
    } else if (strcmp (mechanism_, "CURVE") == 0)
        EXPECT_BYTES (zap_, client_public, sizeof client_public, 0);
}

/* The same for a ROUTER: `id_` gets the frame that leads back, of 5 bytes. */
T_FN void zap_request_of (void *zap_,
                          unsigned char id_[5],
                          const char *domain_,
                          const char *identity_,
                          const char *mechanism_)
{
    CHECK (wait_for (zap_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    CHECK_INT (zmq_recv (zap_, id_, 5, ZMQ_DONTWAIT), 5);
    CHECK_INT (id_[0], 0); /* an id that the ROUTER has made up: the asker has none */
    EXPECT_BIN (zap_, "", 1);
    zap_request (zap_, domain_, identity_, mechanism_);
}

/* Replies with a status and a user, and metadata in its encoding. */
T_FN void zap_reply_with (
  void *zap_, const char *status_, const char *user_, const void *metadata_, size_t size_)
{
    const char *head[] = {"1.0", "1", status_, "text", user_};
    for (int i = 0; i < 5; i++)
        CHECK_INT (send_str (zap_, head[i], ZMQ_SNDMORE), strlen (head[i]));
    CHECK_INT (zmq_send (zap_, metadata_, size_, 0), size_);
}

/* Replies with a status and a user. */
T_FN void zap_reply (void *zap_, const char *status_, const char *user_)
{
    zap_reply_with (zap_, status_, user_, "", 0);
}

/* The same from a ROUTER. */
T_FN void zap_reply_to (void *zap_,
                        const unsigned char id_[5],
                        const char *status_,
                        const char *user_)
{
    CHECK_INT (zmq_send (zap_, id_, 5, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (zap_, "", 0, ZMQ_SNDMORE), 0);
    zap_reply (zap_, status_, user_);
}

/* ---- properties of messages ---------------------------------------------------------------- */

/* Receives the frame `text_`, and gives what zmq_msg_gets says of it: a text to the end of the test,
 * or NULL. */
T_FN const char *t_property (
  const char *file_, int line_, void *socket_, const char *text_, const char *name_)
{
    static char value[512];
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    if (!(wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN))
        t_fail (file_, line_, "nothing came, expected \"%s\"", text_);
    if (zmq_msg_recv (&msg, socket_, ZMQ_DONTWAIT) == -1)
        t_fail (file_, line_, "expecting \"%s\" gave errno %s", text_, errno_name (errno));
    if (zmq_msg_size (&msg) != strlen (text_)
        || memcmp (zmq_msg_data (&msg), text_, strlen (text_)) != 0)
        t_fail (file_, line_, "received \"%.*s\", expected \"%s\"", (int) zmq_msg_size (&msg),
                (char *) zmq_msg_data (&msg), text_);
    const char *got = zmq_msg_gets (&msg, name_);
    if (!got && errno != EINVAL)
        t_fail (file_, line_, "no \"%s\", but errno %s", name_, errno_name (errno));
    snprintf (value, sizeof value, "%s", got ? got : "");
    CHECK_OK (zmq_msg_close (&msg));
    return got ? value : NULL;
}

/* A message of one text comes, and its property is this. */
#define EXPECT_PROPERTY(socket_, text_, name_, value_)                                             \
    CHECK_STR (t_property (__FILE__, __LINE__, socket_, text_, name_), value_)

/* A message of one text comes, and has no such property. */
#define EXPECT_NO_PROPERTY(socket_, text_, name_)                                                  \
    CHECK (t_property (__FILE__, __LINE__, socket_, text_, name_) == NULL)

#endif
