/* Many threads at once on the whole interface, and two threads on one queue for long.
 *
 * `admin/stress` runs this program by itself, under ThreadSanitizer and under memcheck. What the
 * threads do is drawn from a seed; in which order it meets is up to the machine. Environment, on
 * top of what test.h knows: STRESS_SEED, STRESS_LIVES (sockets that each thread opens),
 * STRESS_MESSAGES (per direction of a flow).
 *
 * All counters are relaxed and nothing else is shared where it can be avoided: whatever orders
 * threads here would hide from ThreadSanitizer that the library does not.
 */
#include "../sockets.h"
#include <semaphore.h>
#include <stdatomic.h>

static int setting (const char *name_, int default_)
{
    const char *text = getenv (name_);
    return text ? atoi (text) : default_;
}

/* Pseudo-random numbers below `limit_` (xorshift; the state is never 0). */
static int draw (uint32_t *state_, int limit_)
{
    *state_ ^= *state_ << 13;
    *state_ ^= *state_ >> 17;
    *state_ ^= *state_ << 5;
    return (int) (*state_ % (uint32_t) limit_);
}

/* ---- bodies that know whether they were freed ---------------------------------------------- */

#define BODY_MIN 8   /* longer than a routing id, a delimiter or a subscription of this program */
#define BODY_MAX 200 /* longer than what a message holds inside */
#define BODY_MARK 'b'

static atomic_uchar *frees; /* how often the free function was called, by number of the body */
static atomic_int bodies;
static int bodies_max;

static void release (void *data_, void *hint_)
{
    uint32_t number = (uint32_t) (uintptr_t) hint_;
    CHECK (memcmp ((char *) data_ + 4, &number, sizeof number) == 0);
    CHECK_INT (atomic_fetch_add_explicit (&frees[number], 1, memory_order_relaxed), 0);
    free (data_);
}

/* A message around a numbered body: mark, number, and the rest filled with what follows from it. */
static void make_body (zmq_msg_t *msg_, size_t size_)
{
    uint32_t number = (uint32_t) atomic_fetch_add_explicit (&bodies, 1, memory_order_relaxed);
    CHECK ((int) number < bodies_max);
    unsigned char *data = malloc (size_);
    CHECK (data != NULL);
    memset (data, BODY_MARK, 4);
    memcpy (data + 4, &number, sizeof number);
    memset (data + BODY_MIN, (int) (number & 0xff), size_ - BODY_MIN);
    CHECK_OK (zmq_msg_init_data (msg_, data, size_, release, (void *) (uintptr_t) number));
}

/* Whatever has the length of a body is one, is whole, and is not freed yet, unless it is a copy. */
static void check_body (zmq_msg_t *msg_, int copied_)
{
    size_t size = zmq_msg_size (msg_);
    if (size < BODY_MIN)
        return;
    const unsigned char *data = zmq_msg_data (msg_);
    uint32_t number;
    memcpy (&number, data + 4, sizeof number);
    CHECK_INT (data[0], BODY_MARK);
    CHECK ((int) number < bodies_max);
    if (!copied_)
        CHECK_INT (atomic_load_explicit (&frees[number], memory_order_relaxed), 0);
    for (size_t i = BODY_MIN; i < size; i++)
        CHECK_INT (data[i], number & 0xff);
}

static void check_all_freed_once (void)
{
    int made = atomic_load (&bodies);
    CHECK (made > 0);
    for (int i = 0; i < made; i++)
        CHECK_INT (atomic_load (&frees[i]), 1);
}

/* ---- sockets that come and go -------------------------------------------------------------- */

#define WORKERS 4
#define NAMES 3 /* endpoints per pattern, few, so that they meet */
#define DEEDS 6 /* between the opening of a socket and its close */
#define BURST 5 /* messages after each deed */

/* What a type answers besides success, EAGAIN, and ETERM at the end. */
typedef struct
{
    int type;
    int send_errno;
    int recv_errno;
} rules_t;

static const rules_t patterns[][2] = {
  {{ZMQ_PUSH, 0, ENOTSUP}, {ZMQ_PULL, ENOTSUP, 0}},
  {{ZMQ_PAIR, 0, 0}, {ZMQ_PAIR, 0, 0}},
  {{ZMQ_DEALER, 0, 0}, {ZMQ_ROUTER, EHOSTUNREACH, 0}},
  {{ZMQ_PUB, 0, ENOTSUP}, {ZMQ_SUB, ENOTSUP, 0}},
  {{ZMQ_XPUB, 0, 0}, {ZMQ_XSUB, 0, 0}},
  {{ZMQ_REQ, EFSM, EFSM}, {ZMQ_REP, EFSM, EFSM}},
  {{ZMQ_SERVER, EHOSTUNREACH, 0}, {ZMQ_CLIENT, 0, 0}},
  {{ZMQ_RADIO, 0, ENOTSUP}, {ZMQ_DISH, ENOTSUP, 0}},
  {{ZMQ_SCATTER, 0, ENOTSUP}, {ZMQ_GATHER, ENOTSUP, 0}},
  {{ZMQ_CHANNEL, 0, 0}, {ZMQ_CHANNEL, 0, 0}},
  {{ZMQ_PEER, EHOSTUNREACH, 0}, {ZMQ_PEER, EHOSTUNREACH, 0}},
};
#define PATTERNS ((int) (sizeof patterns / sizeof *patterns))

static int is_thread_safe (int type_)
{
    return type_ >= ZMQ_SERVER;
}

/* How a context ends. */
typedef enum
{
    AFTER_ALL,   /* when the threads are done */
    BY_SHUTDOWN, /* in the middle, by zmq_ctx_shutdown */
    BY_TERM      /* in the middle, by zmq_ctx_term */
} ending_t;

/* What the threads of one context share. */
typedef struct
{
    void *ctx;
    atomic_int over;  /* ETERM is due from now on */
    atomic_int lives; /* sockets that have come and gone */
    sem_t half;       /* half of them have */
    int lives_max;
    int networked;                    /* tcp and ipc besides inproc */
    atomic_int ports[PATTERNS][NAMES]; /* the last that was bound; 0: none yet */
    pthread_mutex_t lock;
    void *left; /* a socket that one thread has put down for another one; under `lock` */
} crowd_t;

typedef struct
{
    crowd_t *crowd;
    void *anchor; /* keeps the context from ending before its thread does */
    uint32_t random;
    int number;
    int stopped; /* has seen ETERM */
} worker_t;

/* Every answer is a success or one of three errnos; ETERM only at the end. Returns the answer. */
static int
one_of (const char *file_, int line_, worker_t *self_, int rc_, int errno_1_, int errno_2_)
{
    int err = errno;
    if (rc_ >= 0)
        return rc_;
    if (err == ETERM && atomic_load_explicit (&self_->crowd->over, memory_order_relaxed))
        self_->stopped = 1;
    else if (err == 0 || (err != errno_1_ && err != errno_2_))
        t_fail (file_, line_, "got errno %s", errno_name (err));
    return rc_;
}

/* `expr_` succeeds, or fails with one of two errnos (0: with none), or with ETERM at the end. */
#define ONE_OF(self_, expr_, errno_1_, errno_2_)                                                   \
    one_of (__FILE__, __LINE__, self_, expr_, errno_1_, errno_2_)

static void
send_msg (worker_t *self_, void *socket_, const rules_t *rules_, zmq_msg_t *msg_, int flags_)
{
    if (ONE_OF (self_, zmq_msg_send (msg_, socket_, flags_), EAGAIN, rules_->send_errno) < 0)
        CHECK_OK (zmq_msg_close (msg_));
}

static void send_bodies (worker_t *self_, void *socket_, const rules_t *rules_)
{
    for (int i = 0; i < BURST; i++) {
        zmq_msg_t msg;
        make_body (&msg, (size_t) (BODY_MIN + draw (&self_->random, BODY_MAX - BODY_MIN)));
        if (rules_->type == ZMQ_RADIO)
            CHECK_OK (zmq_msg_set_group (&msg, "g"));
        int flags = draw (&self_->random, 2) ? ZMQ_DONTWAIT : 0;
        if (!is_thread_safe (rules_->type) && draw (&self_->random, 4) == 0)
            flags |= ZMQ_SNDMORE;
        send_msg (self_, socket_, rules_, &msg, flags);
    }
}

/* Receives what is there and sends every third frame back, with its routing id if it has one. */
static void receive (worker_t *self_, void *socket_, const rules_t *rules_, int flags_)
{
    for (int i = 0; i < 4 * BURST; i++) {
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init (&msg));
        int rc = ONE_OF (self_, zmq_msg_recv (&msg, socket_, flags_), EAGAIN, rules_->recv_errno);
        if (rc >= 0)
            check_body (&msg, self_->crowd->networked);
        if (rc >= 0 && rules_->recv_errno != ENOTSUP && draw (&self_->random, 3) == 0)
            send_msg (self_, socket_, rules_, &msg,
                      ZMQ_DONTWAIT | (zmq_msg_more (&msg) ? ZMQ_SNDMORE : 0));
        else
            CHECK_OK (zmq_msg_close (&msg));
        if (rc < 0)
            return;
        flags_ = ZMQ_DONTWAIT;
    }
}

/* Reads events; each is of several frames that begin with the event's number. */
static void read_monitor (worker_t *self_, void *reader_)
{
    char first[16];
    for (;;) {
        int size = ONE_OF (self_, zmq_recv (reader_, first, sizeof first, ZMQ_DONTWAIT), EAGAIN, 0);
        if (size < 0)
            return;
        CHECK (size == 6 || size == 8);
        int more = 1;
        size_t length = sizeof more;
        while (more) {
            if (ONE_OF (self_, zmq_recv (reader_, NULL, 0, ZMQ_DONTWAIT), 0, 0) < 0
                || ONE_OF (self_, zmq_getsockopt (reader_, ZMQ_RCVMORE, &more, &length), 0, 0) < 0)
                return;
        }
    }
}

/* Sets a monitor and connects its reader, or returns NULL. */
static void *monitor (worker_t *self_, void *socket_, int life_)
{
    char endpoint[64];
    snprintf (endpoint, sizeof endpoint, "inproc://monitor-%d-%d", self_->number, life_);
    int rc = draw (&self_->random, 2)
               ? zmq_socket_monitor_versioned (socket_, endpoint, ZMQ_EVENT_ALL_V2, 2, ZMQ_PAIR)
               : zmq_socket_monitor (socket_, endpoint, ZMQ_EVENT_ALL);
    if (ONE_OF (self_, rc, 0, 0) < 0)
        return NULL;
    void *reader = zmq_socket (self_->crowd->ctx, ZMQ_PAIR);
    if (ONE_OF (self_, reader ? 0 : -1, 0, 0) < 0)
        return NULL;
    ONE_OF (self_, zmq_connect (reader, endpoint), 0, 0);
    return reader;
}

/* An endpoint of a pattern; the value is where its port is kept, if it has one. */
static atomic_int *choose_endpoint (worker_t *self_, int pattern_, char name_[64])
{
    int number = draw (&self_->random, NAMES);
    atomic_int *port = &self_->crowd->ports[pattern_][number];
    switch (self_->crowd->networked ? draw (&self_->random, 3) : 0) {
        case 0:
            snprintf (name_, 64, "inproc://n-%d-%d", pattern_, number);
            return NULL;
        case 1:
            snprintf (name_, 64, "ipc://@stress-%d-%d-%d", (int) getpid (), pattern_, number);
            return NULL;
        default:
            snprintf (name_, 64, "tcp://127.0.0.1:%d",
                      atomic_load_explicit (port, memory_order_relaxed));
            return port;
    }
}

/* Binds a name, or a port that is free now. */
static void bind_somewhere (worker_t *self_, void *socket_, const char *name_, atomic_int *port_)
{
    char endpoint[64];
    size_t size = sizeof endpoint;
    if (ONE_OF (self_, zmq_bind (socket_, port_ ? "tcp://127.0.0.1:*" : name_), EADDRINUSE, 0) < 0
        || !port_
        || ONE_OF (self_, zmq_getsockopt (socket_, ZMQ_LAST_ENDPOINT, endpoint, &size), 0, 0) < 0)
        return;
    atomic_store_explicit (port_, atoi (strrchr (endpoint, ':') + 1), memory_order_relaxed);
}

/* One call of those that change what a socket is tied to, or ask about it. */
static void do_deed (worker_t *self_, void *socket_, const rules_t *rules_, int pattern_)
{
    char name[64];
    atomic_int *port = choose_endpoint (self_, pattern_, name);
    zmq_pollitem_t item = {socket_, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0};
    int events = 0;
    size_t size = sizeof events;
    switch (draw (&self_->random, 11)) {
        case 0:
        case 1:
        case 2:
            bind_somewhere (self_, socket_, name, port);
            break;
        case 3:
        case 4:
        case 5:
            ONE_OF (self_, zmq_connect (socket_, name), 0, 0);
            break;
        case 6:
            ONE_OF (self_, zmq_unbind (socket_, name), ENOENT, 0);
            break;
        case 7:
            ONE_OF (self_, zmq_disconnect (socket_, name), ENOENT, 0);
            break;
        case 8:
            /* without a monitor of version 2, without a pipe */
            ONE_OF (self_, zmq_socket_monitor_pipes_stats (socket_), EINVAL, EAGAIN);
            break;
        case 9:
            ONE_OF (self_, set_int (socket_, ZMQ_SNDHWM, draw (&self_->random, 4)), 0, 0);
            break;
        default:
            ONE_OF (self_, zmq_poll (&item, 1, 1), 0, 0);
            ONE_OF (self_, zmq_getsockopt (socket_, ZMQ_EVENTS, &events, &size), 0, 0);
            if (rules_->type == ZMQ_SUB)
                ONE_OF (self_, set_str (socket_, ZMQ_SUBSCRIBE, "b"), 0, 0);
    }
}

/* What a socket needs so that no call blocks for long and something can arrive. */
static void prepare (worker_t *self_, void *socket_, const rules_t *rules_)
{
    ONE_OF (self_, set_int (socket_, ZMQ_SNDHWM, 1 + draw (&self_->random, 5)), 0, 0);
    ONE_OF (self_, set_int (socket_, ZMQ_RCVHWM, 1 + draw (&self_->random, 5)), 0, 0);
    ONE_OF (self_, set_int (socket_, ZMQ_SNDTIMEO, 1 + draw (&self_->random, 3)), 0, 0);
    ONE_OF (self_, set_int (socket_, ZMQ_RCVTIMEO, 1 + draw (&self_->random, 3)), 0, 0);
    if (rules_->type == ZMQ_SUB)
        ONE_OF (self_, set_str (socket_, ZMQ_SUBSCRIBE, ""), 0, 0);
    if (rules_->type == ZMQ_XSUB)
        ONE_OF (self_, zmq_send (socket_, "\1", 1, 0), 0, 0);
    if (rules_->type == ZMQ_DISH)
        ONE_OF (self_, zmq_join (socket_, "g"), 0, 0);
    if (rules_->type == ZMQ_ROUTER)
        ONE_OF (self_, set_int (socket_, ZMQ_ROUTER_MANDATORY, draw (&self_->random, 2)), 0, 0);
    if (self_->crowd->networked) {
        ONE_OF (self_, set_int (socket_, ZMQ_LINGER, draw (&self_->random, 3) * 5), 0, 0);
        ONE_OF (self_, set_int (socket_, ZMQ_RECONNECT_IVL, draw (&self_->random, 4) * 2 - 1), 0,
                0);
        ONE_OF (self_, set_int (socket_, ZMQ_IMMEDIATE, draw (&self_->random, 4) == 0), 0, 0);
        ONE_OF (self_, set_int (socket_, ZMQ_HEARTBEAT_IVL, draw (&self_->random, 3)), 0, 0);
        int fd;
        size_t size = sizeof fd;
        if (!is_thread_safe (rules_->type) && draw (&self_->random, 4) == 0)
            ONE_OF (self_, zmq_getsockopt (socket_, ZMQ_FD, &fd, &size), 0, 0);
    }
}

/* Puts a socket down for whoever comes next, and takes what lies there. */
static void *swap (crowd_t *crowd_, void *socket_)
{
    CHECK_OK (pthread_mutex_lock (&crowd_->lock));
    void *other = crowd_->left;
    crowd_->left = socket_;
    CHECK_OK (pthread_mutex_unlock (&crowd_->lock));
    return other;
}

/* Opens a socket, does this and that with it, and closes it or one that another thread left. */
static void live (worker_t *self_, int life_)
{
    int pattern = draw (&self_->random, PATTERNS);
    const rules_t *rules = &patterns[pattern][draw (&self_->random, 2)];
    void *socket = zmq_socket (self_->crowd->ctx, rules->type);
    if (ONE_OF (self_, socket ? 0 : -1, 0, 0) < 0)
        return;
    prepare (self_, socket, rules);
    void *reader = draw (&self_->random, 3) == 0 ? monitor (self_, socket, life_) : NULL;
    for (int i = 0; i < DEEDS && !self_->stopped; i++) {
        do_deed (self_, socket, rules, pattern);
        send_bodies (self_, socket, rules);
        receive (self_, socket, rules, draw (&self_->random, 4) ? ZMQ_DONTWAIT : 0);
        if (reader)
            read_monitor (self_, reader);
    }
    if (reader && draw (&self_->random, 2)) {
        CHECK_OK (zmq_close (reader));
        reader = NULL;
    }
    if (draw (&self_->random, 4) == 0)
        socket = swap (self_->crowd, socket);
    if (socket)
        CHECK_OK (zmq_close (socket));
    if (reader) {
        read_monitor (self_, reader);
        CHECK_OK (zmq_close (reader));
    }
}

static void *work (void *arg_)
{
    worker_t *self = arg_;
    crowd_t *crowd = self->crowd;
    for (int i = 0; i < crowd->lives_max / WORKERS && !self->stopped; i++) {
        live (self, i);
        int lives = atomic_fetch_add_explicit (&crowd->lives, 1, memory_order_relaxed) + 1;
        if (lives == crowd->lives_max / 2)
            CHECK_OK (sem_post (&crowd->half));
    }
    void *left = swap (crowd, NULL);
    if (left)
        CHECK_OK (zmq_close (left));
    CHECK_OK (zmq_close (self->anchor));
    return NULL;
}

/* A thread that waits for a message that never comes, on a socket that it may share. */
typedef struct
{
    void *socket;
    atomic_int users;
} waiting_t;

static void *wait_for_the_end (void *arg_)
{
    waiting_t *waiting = arg_;
    char byte;
    CHECK_FAIL (zmq_recv (waiting->socket, &byte, 1, 0), ETERM);
    if (atomic_fetch_sub (&waiting->users, 1) == 1)
        CHECK_OK (zmq_close (waiting->socket));
    return NULL;
}

static void come_and_go (ending_t ending_, int networked_)
{
    crowd_t crowd = {.ctx = zmq_ctx_new (), .lives_max = setting ("STRESS_LIVES", 200) * WORKERS,
                     .networked = networked_};
    uint32_t seed = (uint32_t) setting ("STRESS_SEED", 1);
    fprintf (stderr, "seed %u\n", seed);
    CHECK (crowd.ctx != NULL && crowd.lives_max > 0);
    if (networked_)
        CHECK_OK (zmq_ctx_set (crowd.ctx, ZMQ_IO_THREADS, 2));
    CHECK_OK (sem_init (&crowd.half, 0, 0));
    CHECK_OK (pthread_mutex_init (&crowd.lock, NULL));
    bodies_max = crowd.lives_max * DEEDS * BURST;
    frees = calloc ((size_t) bodies_max, sizeof *frees);
    CHECK (frees != NULL);

    waiting_t pull = {zmq_socket (crowd.ctx, ZMQ_PULL), 1};
    waiting_t client = {zmq_socket (crowd.ctx, ZMQ_CLIENT), 2};
    worker_t workers[WORKERS];
    pthread_t threads[WORKERS];
    pthread_t waiting[3] = {start (wait_for_the_end, &pull), start (wait_for_the_end, &client),
                            start (wait_for_the_end, &client)};
    for (int i = 0; i < WORKERS; i++) {
        uint32_t random = (seed * 3 + (uint32_t) ending_) * 0x9e3779b9u + (uint32_t) i + 1;
        workers[i] = (worker_t){.crowd = &crowd, .random = random ? random : 1, .number = i};
        workers[i].anchor = zmq_socket (crowd.ctx, ZMQ_PAIR);
        CHECK (workers[i].anchor != NULL);
    }
    for (int i = 0; i < WORKERS; i++)
        threads[i] = start (work, &workers[i]);

    if (ending_ != AFTER_ALL)
        while (sem_wait (&crowd.half) != 0)
            CHECK (errno == EINTR);
    else
        for (int i = 0; i < WORKERS; i++)
            join (threads[i]);
    atomic_store_explicit (&crowd.over, 1, memory_order_relaxed);
    if (ending_ != BY_TERM)
        CHECK_OK (zmq_ctx_shutdown (crowd.ctx));
    else
        CHECK_OK (zmq_ctx_term (crowd.ctx));
    if (ending_ != AFTER_ALL)
        for (int i = 0; i < WORKERS; i++)
            join (threads[i]);
    for (int i = 0; i < 3; i++)
        join (waiting[i]);
    if (ending_ != BY_TERM) {
        CHECK_NULL (zmq_socket (crowd.ctx, ZMQ_PAIR), ETERM);
        CHECK_OK (zmq_ctx_term (crowd.ctx));
    }
    CHECK (crowd.left == NULL);
    check_all_freed_once ();
    free (frees);
}

TEST (sockets_come_and_go)
{
    come_and_go (AFTER_ALL, 0);
}

TEST (sockets_come_and_go_until_shutdown)
{
    come_and_go (BY_SHUTDOWN, 0);
}

TEST (sockets_come_and_go_until_term)
{
    come_and_go (BY_TERM, 0);
}

TEST (sockets_come_and_go_over_networks)
{
    come_and_go (AFTER_ALL, 1);
}

TEST (sockets_come_and_go_over_networks_until_shutdown)
{
    come_and_go (BY_SHUTDOWN, 1);
}

TEST (sockets_come_and_go_over_networks_until_term)
{
    come_and_go (BY_TERM, 1);
}

/* ---- flows between two threads ------------------------------------------------------------- */

/* One end of a flow; for types that address their peer, with its address. */
typedef struct
{
    void *socket;
    int type;
    int messages;
    uint32_t peer;      /* of a SERVER */
    char peer_bytes[5]; /* of a ROUTER */
} end_t;

/* Message number n has this length, on both sides of what a message holds inside. */
static size_t flow_size (int number_)
{
    return sizeof (int) + (size_t) (number_ % 61);
}

static void send_numbers (end_t *end_)
{
    for (int i = 0; i < end_->messages; i++) {
        zmq_msg_t msg;
        size_t size = flow_size (i);
        CHECK_OK (zmq_msg_init_size (&msg, size));
        memset (zmq_msg_data (&msg), i & 0xff, size);
        memcpy (zmq_msg_data (&msg), &i, sizeof i);
        if (end_->type == ZMQ_ROUTER)
            CHECK_INT (zmq_send (end_->socket, end_->peer_bytes, 5, ZMQ_SNDMORE), 5);
        if (end_->type == ZMQ_SERVER)
            CHECK_OK (zmq_msg_set_routing_id (&msg, end_->peer));
        CHECK_INT (zmq_msg_send (&msg, end_->socket, 0), size);
    }
}

/* Receives the address of the peer, which stays the same. */
static void receive_address (end_t *end_, int first_)
{
    char bytes[sizeof end_->peer_bytes];
    CHECK_INT (zmq_recv (end_->socket, bytes, sizeof bytes, 0), sizeof bytes);
    CHECK_INT (get_int (end_->socket, ZMQ_RCVMORE), 1);
    if (first_)
        memcpy (end_->peer_bytes, bytes, sizeof bytes);
    CHECK (memcmp (end_->peer_bytes, bytes, sizeof bytes) == 0);
}

static void receive_numbers (end_t *end_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    for (int i = 0; i < end_->messages; i++) {
        int number;
        if (end_->type == ZMQ_ROUTER)
            receive_address (end_, i == 0);
        CHECK_INT (zmq_msg_recv (&msg, end_->socket, 0), flow_size (i));
        memcpy (&number, zmq_msg_data (&msg), sizeof number);
        CHECK_INT (number, i);
        CHECK_INT (zmq_msg_more (&msg), 0);
        const unsigned char *data = zmq_msg_data (&msg);
        for (size_t k = sizeof number; k < flow_size (i); k++)
            CHECK_INT (data[k], i & 0xff);
        if (end_->type == ZMQ_SERVER) {
            if (i == 0)
                end_->peer = zmq_msg_routing_id (&msg);
            CHECK_INT (zmq_msg_routing_id (&msg), end_->peer);
        }
    }
    CHECK_FAIL (zmq_msg_recv (&msg, end_->socket, ZMQ_DONTWAIT), EAGAIN);
    CHECK_OK (zmq_msg_close (&msg));
}

/* The far end: sends all, and receives as many if its type can. */
static void *be_the_far_end (void *arg_)
{
    end_t *end = arg_;
    send_numbers (end);
    if (end->type != ZMQ_PUSH)
        receive_numbers (end);
    return NULL;
}

/* Checks order and completeness there and back; `hwm_` 0 leaves the default. */
static void flow (int far_type_, int near_type_, int hwm_)
{
    int messages = setting ("STRESS_MESSAGES", 100000);
    end_t far = {.socket = new_socket (far_type_), .type = far_type_, .messages = messages};
    end_t near = {.socket = new_socket (near_type_), .type = near_type_, .messages = messages};
    void *both[2] = {far.socket, near.socket};
    for (int i = 0; i < 2 && hwm_; i++) {
        CHECK_OK (set_int (both[i], ZMQ_SNDHWM, hwm_));
        CHECK_OK (set_int (both[i], ZMQ_RCVHWM, hwm_));
    }
    if (near_type_ == ZMQ_ROUTER)
        CHECK_OK (set_int (near.socket, ZMQ_ROUTER_MANDATORY, 1)); /* waits, does not drop */
    CHECK_OK (zmq_bind (near.socket, "inproc://flow"));
    CHECK_OK (zmq_connect (far.socket, "inproc://flow"));
    pthread_t thread = start (be_the_far_end, &far);
    receive_numbers (&near);
    if (far_type_ != ZMQ_PUSH)
        send_numbers (&near);
    join (thread);
}

TEST (push_to_pull_in_order_at_hwm_1)
{
    flow (ZMQ_PUSH, ZMQ_PULL, 1);
}

TEST (push_to_pull_in_order_at_default_hwm)
{
    flow (ZMQ_PUSH, ZMQ_PULL, 0);
}

TEST (dealer_to_router_and_back_in_order_at_hwm_1)
{
    flow (ZMQ_DEALER, ZMQ_ROUTER, 1);
}

TEST (dealer_to_router_and_back_in_order_at_default_hwm)
{
    flow (ZMQ_DEALER, ZMQ_ROUTER, 0);
}

TEST (client_to_server_and_back_in_order_at_hwm_1)
{
    flow (ZMQ_CLIENT, ZMQ_SERVER, 1);
}

TEST (client_to_server_and_back_in_order_at_default_hwm)
{
    flow (ZMQ_CLIENT, ZMQ_SERVER, 0);
}

/* ---- one socket, many threads -------------------------------------------------------------- */

#define SENDERS 3
#define RECEIVERS 2

/* A message of the shared flow; a sender of -1 ends the receiver that gets it. */
typedef struct
{
    int sender;
    int number;
} numbered_t;

typedef struct
{
    void *socket;
    int index;
    int messages;
    int received[SENDERS];
} sharer_t;

static void *send_shared (void *arg_)
{
    sharer_t *self = arg_;
    for (int i = 0; i < self->messages; i++) {
        numbered_t message = {self->index, i};
        CHECK_INT (zmq_send (self->socket, &message, sizeof message, 0), sizeof message);
    }
    return NULL;
}

/* Receives until the end; what comes from one sender comes in its order. */
static void *receive_shared (void *arg_)
{
    sharer_t *self = arg_;
    int last[SENDERS] = {-1, -1, -1};
    for (;;) {
        numbered_t message;
        CHECK_INT (zmq_recv (self->socket, &message, sizeof message, 0), sizeof message);
        if (message.sender == -1)
            return NULL;
        CHECK (message.sender >= 0 && message.sender < SENDERS);
        CHECK (message.number > last[message.sender]);
        last[message.sender] = message.number;
        self->received[message.sender]++;
    }
}

TEST (threads_share_a_client_and_a_server)
{
    int messages = setting ("STRESS_MESSAGES", 100000) / SENDERS;
    void *server = socket_with_hwm (ZMQ_SERVER, 1, 1);
    void *client = socket_with_hwm (ZMQ_CLIENT, 1, 1);
    sharer_t senders[SENDERS], receivers[RECEIVERS];
    pthread_t sending[SENDERS], receiving[RECEIVERS];
    CHECK_OK (zmq_bind (server, "inproc://shared"));
    CHECK_OK (zmq_connect (client, "inproc://shared"));
    for (int i = 0; i < RECEIVERS; i++) {
        receivers[i] = (sharer_t){.socket = server};
        receiving[i] = start (receive_shared, &receivers[i]);
    }
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (sharer_t){.socket = client, .index = i, .messages = messages};
        sending[i] = start (send_shared, &senders[i]);
    }
    for (int i = 0; i < SENDERS; i++)
        join (sending[i]);
    for (int i = 0; i < RECEIVERS; i++) {
        numbered_t end = {-1, 0};
        CHECK_INT (zmq_send (client, &end, sizeof end, 0), sizeof end);
    }
    for (int i = 0; i < RECEIVERS; i++)
        join (receiving[i]);
    for (int i = 0; i < SENDERS; i++)
        CHECK_INT (receivers[0].received[i] + receivers[1].received[i], messages);
}
