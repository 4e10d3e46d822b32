/* One side of a conversation between two processes, each with a libzmq of its own choice.
 *
 *     peer LIBRARY a|b TYPE PEER-TYPE bind|connect ENDPOINT [OPTION...]
 *
 * Side `a` begins: it sends, side `b` checks every byte and, where the pattern has a way back,
 * returns what it got. Both walk through the same list of messages, so neither has to be told.
 * Options: `identity` sets a routing id, `heartbeat` pings every 10 ms, `large` sends one message
 * of 1 GiB and nothing else, `brief` few messages and no large ones; those of security.h.
 *
 * Lines on stdout are for interop/run: `endpoint X` from who binds, `ready` from a `b` that a
 * publisher has reached, `ok` at the end of each, or what went wrong. A publisher sends its first
 * message again and again until a line comes on stdin; nobody closes before one comes.
 */
#define _GNU_SOURCE
#include "security.h"
#include <poll.h>

/* ---- content ------------------------------------------------------------------------------- */

/* Frames repeat a sequence of this length, each from a place of its own. */
#define PERIOD 251
#define CHUNK (PERIOD * 256)
static unsigned char sequence[CHUNK + PERIOD];

static void fill (unsigned char *to_, size_t size_, unsigned seed_)
{
    const unsigned char *from = sequence + seed_ % PERIOD;
    for (; size_ > CHUNK; to_ += CHUNK, size_ -= CHUNK)
        memcpy (to_, from, CHUNK);
    if (size_)
        memcpy (to_, from, size_);
}

static int matches (const unsigned char *data_, size_t size_, unsigned seed_)
{
    const unsigned char *from = sequence + seed_ % PERIOD;
    for (; size_ > CHUNK; data_ += CHUNK, size_ -= CHUNK)
        if (memcmp (data_, from, CHUNK) != 0)
            return 0;
    return !size_ || memcmp (data_, from, size_) == 0;
}

/* ---- what is said -------------------------------------------------------------------------- */

#define MAX_PARTS 100
typedef struct
{
    int parts;
    size_t sizes[MAX_PARTS];
} shape_t;

static int lockstep, large, brief;

/* Sizes at which a representation, a header or a buffer changes. */
static const size_t around[] = {1,    29,   33,    64,    253,    255,    1024,    4096,    8183,
                                8192, 16384, 32768, 65536, 131072, 262144, 1 << 20};
#define LARGEST ((size_t) 1 << 24)
#define AROUNDS ((int) (sizeof around / sizeof *around))

/* Messages of several parts; -1 ends one. */
static const int multipart[][9] = {{0, -1},
                                   {0, 0, -1},
                                   {5, 0, -1},
                                   {0, 5, -1},
                                   {0, 0, 0, -1},
                                   {1, 0, 255, 256, 0, 70000, 0, 33, -1},
                                   {300, 3, 300, -1}};
#define MULTIPARTS ((int) (sizeof multipart / sizeof *multipart))

static int many (void)
{
    return brief ? 200 : lockstep ? 2000 : 100000;
}

/* Sizes of the brief conversation; a box adds 33 bytes to each. */
static const size_t some[] = {0, 1, 222, 223, 300, 8192 - 33, 65536, 1 << 20};
#define SOMES ((int) (sizeof some / sizeof *some))

/* The `index_`th message; 0 when there is none. */
static int shape (int index_, shape_t *shape_)
{
    shape_->parts = 1;
    if (large) {
        shape_->sizes[0] = 1 << 30;
        return index_ == 0;
    }
    if (brief) {
        if (index_ < SOMES) {
            shape_->sizes[0] = some[index_];
            return 1;
        }
        index_ -= SOMES;
    } else {
        if (index_ < 3 * AROUNDS) {
            shape_->sizes[0] = around[index_ / 3] + (size_t) (index_ % 3) - 1;
            return 1;
        }
        index_ -= 3 * AROUNDS;
        if (index_ == 0) {
            shape_->sizes[0] = LARGEST;
            return 1;
        }
        index_ -= 1;
    }
    if (index_ < MULTIPARTS) {
        for (shape_->parts = 0; multipart[index_][shape_->parts] != -1; shape_->parts++)
            shape_->sizes[shape_->parts] = (size_t) multipart[index_][shape_->parts];
        return 1;
    }
    index_ -= MULTIPARTS;
    if (index_ == 0) {
        shape_->parts = MAX_PARTS;
        for (int i = 0; i < MAX_PARTS; i++)
            shape_->sizes[i] = (size_t) (i % 7 * i);
        return 1;
    }
    index_ -= 1;
    shape_->sizes[0] = (size_t) (index_ % 48);
    return index_ < many ();
}

/* ---- patterns ------------------------------------------------------------------------------ */

static void *sock;
static int type, peer_type;
static int identity;
static const char *peer_name;
/* The id that the other side has here, if this is a ROUTER that has heard of it. */
static unsigned char id[256];
static size_t id_size;

static void send_frame (const void *data_, size_t size_, int more_)
{
    zmq_msg_t msg;
    TRY (z_msg_init_size (&msg, size_));
    if (size_)
        memcpy (z_msg_data (&msg), data_, size_);
    TRY (z_msg_send (&msg, sock, more_ ? ZMQ_SNDMORE : 0));
}

/* Receives a frame that must be these bytes, with or without more behind it. */
static void expect_frame (const void *data_, size_t size_, int more_, const char *what_)
{
    zmq_msg_t msg;
    TRY (z_msg_init (&msg));
    TRY (z_msg_recv (&msg, sock, 0));
    if (z_msg_size (&msg) != size_ || (size_ && memcmp (z_msg_data (&msg), data_, size_) != 0))
        fail ("%s: got %zu bytes, expected %zu", what_, z_msg_size (&msg), size_);
    if (z_msg_more (&msg) != more_)
        fail ("%s: MORE is %d", what_, !more_);
    z_msg_close (&msg);
}

/* Receives the id that a ROUTER puts before a message, and keeps or compares it. */
static void expect_id (void)
{
    zmq_msg_t msg;
    if (id_size) {
        expect_frame (id, id_size, 1, "routing id");
        return;
    }
    TRY (z_msg_init (&msg));
    TRY (z_msg_recv (&msg, sock, 0));
    id_size = z_msg_size (&msg);
    if (!z_msg_more (&msg) || id_size == 0 || id_size > sizeof id)
        fail ("routing id of %zu bytes", id_size);
    memcpy (id, z_msg_data (&msg), id_size);
    z_msg_close (&msg);
    int named = identity && (peer_type == ZMQ_DEALER || peer_type == ZMQ_ROUTER
                             || peer_type == ZMQ_REQ);
    if (named && (id_size != strlen (peer_name) || memcmp (id, peer_name, id_size) != 0))
        fail ("the peer is not called %s", peer_name);
    if (!named && (id_size != 5 || id[0] != 0))
        fail ("a made id of %zu bytes", id_size);
}

/* What stands before each message, depending on the pattern. */
static int publishes (void)
{
    return type == ZMQ_PUB || type == ZMQ_XPUB;
}

static int subscribes (void)
{
    return type == ZMQ_SUB || type == ZMQ_XSUB;
}

/* Whether this side writes and reads the empty frame that REQ and REP hide. */
static int delimits (void)
{
    return (type == ZMQ_DEALER && peer_type == ZMQ_REP)
           || (type == ZMQ_ROUTER && peer_type == ZMQ_REQ);
}

static void send_message (const shape_t *shape_, int index_)
{
    if (type == ZMQ_ROUTER)
        send_frame (id, id_size, 1);
    if (delimits ())
        send_frame (NULL, 0, 1);
    if (publishes ()) {
        if (index_ % 3 == 0) { /* which nobody asked for */
            send_frame ("tropic", 6, 1);
            send_frame ("x", 1, 0);
        }
        send_frame ("topic", 5, 1);
    }
    for (int part = 0; part < shape_->parts; part++) {
        zmq_msg_t msg;
        TRY (z_msg_init_size (&msg, shape_->sizes[part]));
        fill (z_msg_data (&msg), shape_->sizes[part], (unsigned) (index_ + 5 * part));
        TRY (z_msg_send (&msg, sock, part + 1 < shape_->parts ? ZMQ_SNDMORE : 0));
    }
}

static void expect_message (const shape_t *shape_, int index_)
{
    if (type == ZMQ_ROUTER)
        expect_id ();
    if (delimits ())
        expect_frame (NULL, 0, 1, "delimiter");
    if (subscribes ())
        expect_frame ("topic", 5, 1, "topic");
    for (int part = 0; part < shape_->parts; part++) {
        zmq_msg_t msg;
        TRY (z_msg_init (&msg));
        TRY (z_msg_recv (&msg, sock, 0));
        size_t size = z_msg_size (&msg);
        if (size != shape_->sizes[part])
            fail ("message %d part %d has %zu bytes, not %zu", index_, part, size,
                  shape_->sizes[part]);
        if (!matches (z_msg_data (&msg), size, (unsigned) (index_ + 5 * part)))
            fail ("message %d part %d of %zu bytes is not what was sent", index_, part, size);
        if (z_msg_more (&msg) != (part + 1 < shape_->parts))
            fail ("message %d part %d: wrong MORE", index_, part);
        if (brief)
            expect_user (&msg);
        z_msg_close (&msg);
    }
}

/* ---- course -------------------------------------------------------------------------------- */

/* Whether a line has come on stdin, waiting for it at most `ms_`. */
static int told (int ms_)
{
    struct pollfd item = {STDIN_FILENO, POLLIN, 0};
    char line[100];
    if (poll (&item, 1, ms_) != 1)
        return 0;
    if (read (STDIN_FILENO, line, sizeof line) <= 0)
        exit (1); /* the driver has gone */
    return 1;
}

/* Makes sure that the other side is there, where sending would be in vain otherwise. */
static void meet (void)
{
    if (type == ZMQ_XPUB) {
        expect_frame ("\1topic", 6, 0, "subscription");
    } else if (type == ZMQ_PUB) {
        while (!told (1)) {
            send_frame ("topic", 5, 1);
            send_frame ("hello", 5, 0);
        }
        send_frame ("topic", 5, 1);
        send_frame ("begin", 5, 0);
    } else if (peer_type == ZMQ_PUB) {
        char word[5] = "hello";
        int first = 1;
        while (memcmp (word, "begin", 5) != 0) {
            zmq_msg_t msg;
            expect_frame ("topic", 5, 1, "topic");
            TRY (z_msg_init (&msg));
            TRY (z_msg_recv (&msg, sock, 0));
            if (z_msg_size (&msg) != 5)
                fail ("a first message of %zu bytes", z_msg_size (&msg));
            memcpy (word, z_msg_data (&msg), 5);
            z_msg_close (&msg);
            if (first)
                say ("ready");
            first = 0;
        }
    } else if (type == ZMQ_ROUTER && peer_type == ZMQ_ROUTER) {
        expect_id (); /* by its probe */
        expect_frame (NULL, 0, 0, "probe");
    }
}

int main (int argc_, char **argv_)
{
    if (argc_ < 7)
        fail ("arguments");
    for (int i = 0; i < CHUNK + PERIOD; i++)
        sequence[i] = (unsigned char) (i % PERIOD);
    load (argv_[1]);
    int begins = argv_[2][0] == 'a';
    type = type_of (argv_[3]);
    peer_type = type_of (argv_[4]);
    const char *name = begins ? "side-a" : "side-b";
    peer_name = begins ? "side-b" : "side-a";
    lockstep = type == ZMQ_REQ || type == ZMQ_REP || peer_type == ZMQ_REQ || peer_type == ZMQ_REP;
    int one_way = publishes () || subscribes () || type == ZMQ_PUSH || type == ZMQ_PULL;

    void *ctx = z_ctx_new ();
    sock = z_socket (ctx, type);
    if (!sock)
        fail ("no socket");
    for (int i = 7; i < argc_; i++) {
        if (strcmp (argv_[i], "identity") == 0) {
            identity = 1;
            TRY (z_setsockopt (sock, ZMQ_ROUTING_ID, name, strlen (name)));
        } else if (strcmp (argv_[i], "heartbeat") == 0) {
            set_number (sock, ZMQ_HEARTBEAT_IVL, 10);
            set_number (sock, ZMQ_HEARTBEAT_TIMEOUT, 30000);
            set_number (sock, ZMQ_HEARTBEAT_TTL, 30000);
        } else if (strcmp (argv_[i], "large") == 0) {
            large = 1;
        } else if (strcmp (argv_[i], "brief") == 0) {
            brief = 1;
        } else if (!secure (sock, argv_[i])) {
            fail ("%s is no option", argv_[i]);
        }
    }
    if (!one_way || publishes () || subscribes ()) { /* PUSH and PULL have to wait for each other */
        set_number (sock, ZMQ_SNDHWM, 0);
        set_number (sock, ZMQ_RCVHWM, 0);
    }
    if (type == ZMQ_ROUTER && peer_type == ZMQ_ROUTER)
        set_number (sock, ZMQ_PROBE_ROUTER, 1);
    if (type == ZMQ_SUB)
        TRY (z_setsockopt (sock, ZMQ_SUBSCRIBE, "topic", 5));

    start_handler (ctx, identity ? name : "");
    attach (sock, argv_[5], argv_[6]);
    if (type == ZMQ_XSUB)
        send_frame ("\1topic", 6, 0);
    meet ();

    shape_t message;
    for (int i = 0; shape (i, &message); i++) {
        if (begins)
            send_message (&message, i);
        else
            expect_message (&message, i);
        if (lockstep && begins)
            expect_message (&message, i);
        else if (!one_way && !begins)
            send_message (&message, i);
    }
    for (int i = 0; begins && !one_way && !lockstep && shape (i, &message); i++)
        expect_message (&message, i);
    say ("ok");
    while (!told (1000)) {
    }
    set_number (sock, ZMQ_LINGER, 0);
    TRY (z_close (sock));
    terminate ();
    return 0;
}
