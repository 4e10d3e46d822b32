/* Security of one side of a conversation: options that give a socket a mechanism, and a handler
 * that decides who may come in. The side that has a handler looks at every byte of the requests.
 *
 * Options: `null`, `plain-server`, `plain-client`, `curve-server`, `curve-client` set a mechanism.
 * Clients that are not welcome are `plain-forger`, who has a wrong password, `curve-stranger`, of
 * whose key the handler has not heard, and `curve-misled`, who expects another server. `domain=NAME`
 * sets the domain, `enforce` insists on a handler that has a say. `handler` starts one; it lets in
 * clients of the domain `shop` that show what they should. With `status=CODE` it replies the same to
 * all, with `anonymous` it gives nobody a user id. `nameless` says that the address of the peer is
 * not to be foreseen, as over ipc.
 */
#ifndef INTEROP_SECURITY_H
#define INTEROP_SECURITY_H

#include "library.h"
#include <pthread.h>

/* Secret keys are 00 to 1F, 20 to 3F and 40 to 5F; these are what belongs to them. */
#define SERVER_PUBLIC "K3HW^WVq.zo69t)(umF>:XvwTj:QGN^yKlWaVH(S"
#define SERVER_SECRET "009c61o!#m2NH?C3>iWS5d]J*6CRx17-skh9337x"
#define CLIENT_PUBLIC "hgP.#hDUHSUiE^h?&P6wi8P5^Qk?rT(1ek&+[:+/"
#define CLIENT_SECRET "ar.{NbQB=+c[cR@eg&FcfFLssg=mfIi5%2YjuU>)"
#define STRANGER_PUBLIC "D8rs:?w=pjJ$IKC?Mte/PM@LU:a?9.:vtJMUz5!>"
#define STRANGER_SECRET "kTv.7l}6Nnnj=ADoIFnTp/ga?r8($2sxO*itWpVy"

/* Of the draft interface; libraries without it have the option all the same. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define DOMAIN "shop"

static struct
{
    void *ctx;
    const char *status;    /* of every reply, if not NULL */
    const char *user;      /* id of whom the handler lets in */
    const char *domain;    /* of the socket */
    const char *identity;  /* of the socket, which each request has to name */
    const char *mechanism; /* of the socket */
    const char *address;   /* that the peer has */
    int running;
    pthread_t thread;
} zap = {.user = "somebody",
         .domain = "",
         .identity = "",
         .mechanism = "NULL",
         .address = "127.0.0.1"};

static void set_text (void *socket_, int option_, const char *value_)
{
    TRY (z_setsockopt (socket_, option_, value_, strlen (value_)));
}

static void set_number (void *socket_, int option_, int value_)
{
    TRY (z_setsockopt (socket_, option_, &value_, sizeof value_));
}

/* Sets a key as the 32 bytes that it is. */
static void set_key (void *socket_, int option_, const char *key_)
{
    unsigned char key[32];
    if (!z_z85_decode (key, key_))
        fail ("a key that is none");
    TRY (z_setsockopt (socket_, option_, key, sizeof key));
}

/* Servers give binary keys, clients text. */
static void
curve_client (void *socket_, const char *server_, const char *public_, const char *secret_)
{
    set_text (socket_, ZMQ_CURVE_SERVERKEY, server_);
    set_text (socket_, ZMQ_CURVE_PUBLICKEY, public_);
    set_text (socket_, ZMQ_CURVE_SECRETKEY, secret_);
}

/* Applies an option, if it is one about security. */
static int secure (void *socket_, const char *option_)
{
    if (strncmp (option_, "plain", 5) == 0)
        zap.mechanism = "PLAIN";
    else if (strncmp (option_, "curve", 5) == 0)
        zap.mechanism = "CURVE";

    if (strcmp (option_, "null") == 0) {
        set_number (socket_, ZMQ_PLAIN_SERVER, 0);
    } else if (strcmp (option_, "plain-server") == 0) {
        set_number (socket_, ZMQ_PLAIN_SERVER, 1);
    } else if (strcmp (option_, "plain-client") == 0 || strcmp (option_, "plain-forger") == 0) {
        set_text (socket_, ZMQ_PLAIN_USERNAME, "admin");
        set_text (socket_, ZMQ_PLAIN_PASSWORD, strstr (option_, "forger") ? "Secret" : "secret");
    } else if (strcmp (option_, "curve-server") == 0) {
        set_number (socket_, ZMQ_CURVE_SERVER, 1);
        set_key (socket_, ZMQ_CURVE_SECRETKEY, SERVER_SECRET);
    } else if (strcmp (option_, "curve-client") == 0) {
        curve_client (socket_, SERVER_PUBLIC, CLIENT_PUBLIC, CLIENT_SECRET);
    } else if (strcmp (option_, "curve-stranger") == 0) {
        curve_client (socket_, SERVER_PUBLIC, STRANGER_PUBLIC, STRANGER_SECRET);
    } else if (strcmp (option_, "curve-misled") == 0) {
        curve_client (socket_, CLIENT_PUBLIC, CLIENT_PUBLIC, CLIENT_SECRET);
    } else if (strncmp (option_, "domain=", 7) == 0) {
        zap.domain = option_ + 7;
        set_text (socket_, ZMQ_ZAP_DOMAIN, zap.domain);
    } else if (strcmp (option_, "enforce") == 0) {
        set_number (socket_, ZMQ_ZAP_ENFORCE_DOMAIN, 1);
    } else if (strcmp (option_, "handler") == 0) {
        zap.running = 1;
    } else if (strcmp (option_, "nameless") == 0) {
        zap.address = "";
    } else if (strcmp (option_, "anonymous") == 0) {
        zap.user = "";
    } else if (strncmp (option_, "status=", 7) == 0) {
        zap.status = option_ + 7;
        zap.running = 1;
    } else {
        return 0;
    }
    return 1;
}

/* ---- the handler --------------------------------------------------------------------------- */

typedef struct
{
    char bytes[256];
    size_t size;
} frame_t;

static int is (const frame_t *frame_, const char *text_)
{
    return frame_->size == strlen (text_) && memcmp (frame_->bytes, text_, frame_->size) == 0;
}

/* A frame of a request that can be but one thing. */
static void must_be (const frame_t *frame_, const char *what_, const char *text_)
{
    if (!is (frame_, text_))
        fail ("the handler is told a %s of %zu bytes \"%.*s\", not \"%s\"", what_, frame_->size,
              (int) frame_->size, frame_->bytes, text_);
}

/* Whether the client of a request may come in; the request has to be as the protocol has it. */
static int welcome (const frame_t *frames_, int count_)
{
    unsigned char key[32];
    if (count_ < 6)
        fail ("the handler is told %d frames", count_);
    must_be (&frames_[0], "version", "1.0");
    must_be (&frames_[1], "request id", "1");
    must_be (&frames_[2], "domain", zap.domain);
    if (*zap.address)
        must_be (&frames_[3], "address", zap.address);
    must_be (&frames_[4], "identity", zap.identity);
    must_be (&frames_[5], "mechanism", zap.mechanism);
    int plain = strcmp (zap.mechanism, "PLAIN") == 0, curve = strcmp (zap.mechanism, "CURVE") == 0;
    int credentials = 2 * plain + curve;
    if (count_ != 6 + credentials)
        fail ("the handler is told %d credentials of %s", count_ - 6, zap.mechanism);
    if (credentials == 2 && (!is (&frames_[6], "admin") || !is (&frames_[7], "secret")))
        return 0;
    if (credentials == 1) {
        if (frames_[6].size != sizeof key)
            fail ("the handler is told a key of %zu bytes", frames_[6].size);
        z_z85_decode (key, CLIENT_PUBLIC);
        if (memcmp (frames_[6].bytes, key, sizeof key) != 0)
            return 0;
    }
    return is (&frames_[2], DOMAIN);
}

/* Replies to requests until the context ends. */
static void *handle (void *rep_)
{
    for (;;) {
        frame_t frames[9];
        int count = 0, more = 1;
        size_t size = sizeof more;
        for (; more; count++) {
            frame_t *frame = &frames[count];
            if (count == 9)
                fail ("the handler is told more than eight frames");
            int got = z_recv (rep_, frame->bytes, sizeof frame->bytes, 0);
            if (got < 0) {
                z_close (rep_);
                return NULL;
            }
            frame->size = (size_t) got;
            if (frame->size > sizeof frame->bytes)
                fail ("the handler is told a frame of %zu bytes", frame->size);
            TRY (z_getsockopt (rep_, ZMQ_RCVMORE, &more, &size));
        }
        const char *status = welcome (frames, count) ? "200" : "400";
        if (zap.status)
            status = zap.status;
        int in = strcmp (status, "200") == 0;
        const char *reply[] = {"1.0", "1", status, "as you like it", in ? zap.user : ""};
        for (int i = 0; i < 5; i++)
            TRY (z_send (rep_, reply[i], strlen (reply[i]), ZMQ_SNDMORE));
        TRY (z_send (rep_, "\5Hello\0\0\0\5World", in ? 15 : 0, 0));
    }
}

/* Starts the handler, if an option asked for one. */
static void start_handler (void *ctx_, const char *identity_)
{
    zap.ctx = ctx_;
    zap.identity = identity_;
    if (!zap.running)
        return;
    void *rep = z_socket (ctx_, ZMQ_REP);
    if (!rep)
        fail ("no socket for the handler");
    TRY (z_bind (rep, "inproc://zeromq.zap.01"));
    if (pthread_create (&zap.thread, NULL, handle, rep) != 0)
        fail ("no thread for the handler");
}

/* Terminates the context and the handler with it. */
static void terminate (void)
{
    TRY (z_ctx_term (zap.ctx));
    if (zap.running)
        pthread_join (zap.thread, NULL);
}

/* What a message of a peer that a handler let in has to say of it. */
__attribute__ ((unused)) static void expect_user (zmq_msg_t *msg_)
{
    const char *user = z_msg_gets (msg_, "User-Id"), *hello = z_msg_gets (msg_, "Hello");
    if (!zap.running) {
        if (user)
            fail ("a user id \"%s\" that no handler gave", user);
        return;
    }
    if (!user || strcmp (user, zap.user) != 0)
        fail ("the user id is \"%s\"", user ? user : "none");
    if (!hello || strcmp (hello, "World") != 0)
        fail ("the metadata of the handler is \"%s\"", hello ? hello : "none");
}

#endif
