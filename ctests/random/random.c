/* Random calls on one library, a line for each call and what came of it. admin/random compares the
 * lines of several libraries.
 *
 *     random LIBRARY FROM COUNT STEPS [STEP,STEP,...]
 *
 * COUNT seeds are run from FROM on, each in a process of its own, so that a crash ends one seed. A
 * list of steps leaves all others out: each step draws from a generator of its own, so what is left
 * stays what it was. One thread, one context, inproc only, eight slots for sockets; a step that
 * finds its slot empty opens a socket there.
 *
 * What is left open by the interface must not show in the lines:
 *
 * - A socket looks at what its peers have done when it likes (a send at most once in a millisecond,
 *   a receive when it has nothing). ZMQ_EVENTS always makes it look, so it is asked before each
 *   call, and of every socket after a connection was made or ended.
 * - Closing goes on in the background. `barrier` waits until the background has done it.
 * - Routing ids and request ids begin anywhere: lines show them by number, in order of appearance.
 *   Contents of our own never have their lengths, four and five bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

/* ---- the library --------------------------------------------------------------------------- */

#define FUNCTIONS(F)                                                                               \
    F (ctx_new)                                                                                    \
    F (ctx_term)                                                                                   \
    F (ctx_shutdown)                                                                               \
    F (socket)                                                                                     \
    F (close)                                                                                      \
    F (setsockopt)                                                                                 \
    F (getsockopt)                                                                                 \
    F (bind)                                                                                       \
    F (connect)                                                                                    \
    F (unbind)                                                                                     \
    F (disconnect)                                                                                 \
    F (send)                                                                                       \
    F (send_const)                                                                                 \
    F (recv)                                                                                       \
    F (poll)                                                                                       \
    F (msg_init)                                                                                   \
    F (msg_init_size)                                                                              \
    F (msg_init_data)                                                                              \
    F (msg_send)                                                                                   \
    F (msg_recv)                                                                                   \
    F (msg_close)                                                                                  \
    F (msg_move)                                                                                   \
    F (msg_copy)                                                                                   \
    F (msg_data)                                                                                   \
    F (msg_size)                                                                                   \
    F (msg_more)                                                                                   \
    F (msg_get)

static struct
{
#define MEMBER(name_) __typeof__ (zmq_##name_) *name_;
    FUNCTIONS (MEMBER)
} z;

static void load (const char *path_)
{
    void *library = dlopen (path_, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf (stderr, "%s\n", dlerror ());
        exit (2);
    }
#define LOOK_UP(name_)                                                                             \
    z.name_ = (__typeof__ (zmq_##name_) *) dlsym (library, "zmq_" #name_);                         \
    if (!z.name_) {                                                                                \
        fprintf (stderr, "%s: no zmq_" #name_ "\n", path_);                                        \
        exit (2);                                                                                  \
    }
    FUNCTIONS (LOOK_UP)
}

/* ---- chance -------------------------------------------------------------------------------- */

static uint64_t chance;

static uint64_t draw (void)
{
    chance += 0x9e3779b97f4a7c15u;
    uint64_t x = chance;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static int below (int n_)
{
    return (int) (draw () % (uint64_t) n_);
}

static int percent (int n_)
{
    return below (100) < n_;
}

/* The generator of one step; step 0 draws what holds for the whole seed. */
static void begin_step (uint64_t seed_, int step_)
{
    chance = seed_ * 0x2545f4914f6cdd1du + (uint64_t) step_ * 0xd6e8feb86659fd93u;
    draw ();
}

/* ---- what lines show ----------------------------------------------------------------------- */

static const char *error_name (int error_)
{
    switch (error_) {
        case EFSM:
            return "EFSM";
        case ENOCOMPATPROTO:
            return "ENOCOMPATPROTO";
        case ETERM:
            return "ETERM";
        case EMTHREAD:
            return "EMTHREAD";
        default:
            return strerrorname_np (error_);
    }
}

/* Ends a line with what a call returned. */
static void result (int rc_)
{
    if (rc_ < 0)
        printf (" -> %s\n", error_name (errno));
    else
        printf (" -> %d\n", rc_);
}

#define FRAME_ROOM 64
#define IDS 256

typedef struct
{
    unsigned char data[FRAME_ROOM];
    size_t size;
} frame_t;

/* Ids that a library chose, in order of appearance. */
static frame_t ids[IDS];
static int id_count;

static int id_number (const void *data_, size_t size_)
{
    for (int i = 0; i < id_count; ++i)
        if (ids[i].size == size_ && memcmp (ids[i].data, data_, size_) == 0)
            return i;
    if (id_count == IDS)
        return IDS;
    ids[id_count].size = size_;
    memcpy (ids[id_count].data, data_, size_);
    return id_count++;
}

static void show_frame (const void *data_, size_t size_)
{
    const unsigned char *bytes = data_;
    if (size_ == 4)
        printf ("<request %d>", id_number (data_, size_));
    else if (size_ == 5 && bytes[0] == 0)
        printf ("<id %d>", id_number (data_, size_));
    else {
        putchar ('"');
        for (size_t i = 0; i < size_; ++i)
            if (bytes[i] >= ' ' && bytes[i] < 127)
                putchar (bytes[i]);
            else
                printf ("\\%02x", bytes[i]);
        putchar ('"');
    }
}

/* ---- sockets ------------------------------------------------------------------------------- */

enum
{
    SLOTS = 8,
    MESSAGES = 4,
    FRAMES = 6,
    TYPES = 12
};

static const char *const type_names[TYPES] = {"PAIR",   "PUB",    "SUB",  "REQ",  "REP",  "DEALER",
                                              "ROUTER", "PULL",   "PUSH", "XPUB", "XSUB", "STREAM"};

/* Which types belong together, by letter. */
static const char family_of[TYPES] = "appqqqqllpps";

/* Names are for types that are made for each other: which may bind them, and which connect. */
static const struct
{
    const char *name;
    int binds;
    int connects;
} meetings[] = {
#define T(type_) (1 << ZMQ_##type_)
    {"pair", T (PAIR), T (PAIR)},
    {"pull", T (PULL), T (PUSH)},
    {"push", T (PUSH), T (PULL)},
    {"pub", T (PUB) | T (XPUB), T (SUB) | T (XSUB)},
    {"sub", T (SUB) | T (XSUB), T (PUB) | T (XPUB)},
    {"rep", T (REP) | T (ROUTER), T (REQ) | T (DEALER)},
    {"req", T (REQ) | T (DEALER), T (REP) | T (ROUTER)},
    {"dealer", T (DEALER), T (DEALER)},
    {"router", T (ROUTER), T (ROUTER)},
#undef T
};

typedef struct
{
    void *handle;
    int type;
    int joined;    /* has been bound or connected */
    int binds;     /* has been bound */
    int connected; /* how many connects have not been taken back */
    int mandatory; /* ZMQ_ROUTER_MANDATORY is set */
    int ghosts;    /* has ended connections whose peer may not have noticed */
    int probes;    /* ZMQ_PROBE_ROUTER is set */
    int conflates; /* ZMQ_CONFLATE is set */
    int named;     /* ZMQ_CONNECT_ROUTING_ID is set for the next connect */
    int relaxed;   /* ZMQ_REQ_RELAXED is set */
    int open;      /* inside a message that it sends */
    int events;    /* what ZMQ_EVENTS said last */
    frame_t last[FRAMES]; /* the message received last */
    int last_count;
    int last_complete;
} slot_t;

static void *context;
static void *probe; /* see barrier () */
static slot_t slots[SLOTS];
static zmq_msg_t messages[MESSAGES];
static int valid[MESSAGES];

/* What a seed is about. */
static char family;     /* types of one family, or '*' for all of them */
static int strangers;   /* types of one family meet, made for each other or not */
static int odd;         /* any type may meet any other */
static int narrow;      /* sockets meet in pairs only */
static int calm;        /* no connection ends */
static int replies;     /* there are REPs, and what they get are requests */
static int handovers;   /* ZMQ_ROUTER_HANDOVER is in use */
static uint64_t seed;
static int conflating;  /* ZMQ_CONFLATE is in use, multipart messages are not */
static int touch_every; /* ZMQ_EVENTS of all sockets is asked before each call */
static int marks;       /* percentage of sockets that get high-water marks */
static int fresh_names; /* CONNECT_ROUTING_IDs used, as none may be used twice */

static void show_slot (int slot_)
{
    printf ("%d:%s ", slot_, type_names[slots[slot_].type]);
}

/* Asks for ZMQ_EVENTS and says nothing: how many looks it takes is not for comparison. */
static void look_all (void)
{
    for (int i = 0; i < SLOTS; ++i)
        if (slots[i].handle) {
            int events;
            size_t size = sizeof events;
            z.getsockopt (slots[i].handle, ZMQ_EVENTS, &events, &size);
        }
}

/* A ROUTER of the references that has read ahead does not notice that another peer has gone, and
 * goes on to count its room; and so with a peer that does not notice that it was left. */
static int comparable_events (int slot_, int events_)
{
    const slot_t *slot = &slots[slot_];
    int vague = slot->mandatory && (slot->ghosts || (events_ & ZMQ_POLLIN));
    return vague ? events_ & ~ZMQ_POLLOUT : events_;
}

/* Lets a socket look at what happened; its line is part of the comparison. */
static void touch (int slot_)
{
    slot_t *slot = &slots[slot_];
    if (!slot->handle)
        return;
    size_t size = sizeof slot->events;
    /* A peer that has gone counts as one with room until it and the ROUTER are through with it. */
    for (int i = 0; slot->mandatory && i < 3; ++i)
        look_all ();
    int rc = z.getsockopt (slot->handle, ZMQ_EVENTS, &slot->events, &size);
    show_slot (slot_);
    printf ("events");
    result (rc == 0 ? comparable_events (slot_, slot->events) : rc);
}

static void touch_all (void)
{
    for (int i = 0; i < SLOTS; ++i)
        touch (i);
}

/* Waits until the background has done with all that was closed before. It takes closed sockets in
 * their order, and a publisher hears of the end of a subscriber when that is gone. */
static void barrier (void)
{
    void *subscriber = z.socket (context, ZMQ_SUB);
    z.setsockopt (subscriber, ZMQ_SUBSCRIBE, "", 0);
    z.connect (subscriber, "inproc://probe");
    char byte;
    while (z.recv (probe, &byte, 1, ZMQ_DONTWAIT) != 1 || byte != 1)
        ;
    z.close (subscriber);
    for (;;) {
        look_all ();
        int rc = z.recv (probe, &byte, 1, ZMQ_DONTWAIT);
        if (rc == 1 && byte == 0)
            break;
        if (rc < 0 && errno != EAGAIN)
            abort ();
        sched_yield ();
    }
}

static int by_content (const void *left_, const void *right_)
{
    const frame_t *left = left_, *right = right_;
    size_t size = left->size < right->size ? left->size : right->size;
    int order = memcmp (left->data, right->data, size);
    return order ? order : (int) left->size - (int) right->size;
}

/* Reads what a publisher is told. When a subscriber comes or goes, its topics are reported in no
 * particular order. */
static void read_reports (int slot_)
{
    enum
    {
        ROOM = 512
    };
    static frame_t frames[ROOM];
    static int more[ROOM];
    int count = 0;
    while (count < ROOM) {
        frame_t *frame = &frames[count];
        int rc = z.recv (slots[slot_].handle, frame->data, FRAME_ROOM, ZMQ_DONTWAIT);
        if (rc < 0)
            break;
        frame->size = (size_t) rc;
        size_t size = sizeof *more;
        z.getsockopt (slots[slot_].handle, ZMQ_RCVMORE, &more[count++], &size);
    }
    for (int i = 0; i < count;) {
        int end = i + 1;
        if (frames[i].size > 0 && frames[i].data[0] < 2 && !more[i])
            while (end < count && frames[end].size > 0 && frames[end].data[0] == frames[i].data[0]
                   && !more[end])
                ++end;
        qsort (&frames[i], (size_t) (end - i), sizeof *frames, by_content);
        for (; i < end; ++i) {
            show_slot (slot_);
            printf ("report ");
            show_frame (frames[i].data, frames[i].size);
            puts (more[i] ? " more" : "");
        }
    }
}

/* After connections came or went: all sockets learn of it. */
static void settle (int closed_)
{
    look_all ();
    look_all ();
    if (closed_) {
        barrier ();
        barrier ();
    }
    look_all ();
    for (int i = 0; i < SLOTS; ++i)
        if (slots[i].handle && (slots[i].type == ZMQ_XPUB || slots[i].type == ZMQ_XSUB))
            read_reports (i);
    touch_all ();
}

/* Types that a seed's theme has. */
static int random_type (void)
{
    for (;;) {
        int type = below (TYPES);
        /* A REQ of the references notices that a peer has gone when it may receive, and the order of
         * its other peers depends on when that is. */
        if (type == ZMQ_REQ && !calm && !narrow)
            continue;
        /* When it is asked for its events, a REP of the references reads ahead. If that was a whole
         * message, which then is no request, there is room again, and it is another peer's turn. */
        if (type == ZMQ_REP && !replies && !narrow)
            continue;
        if (family == '*' ? family_of[type] != 's' || percent (30) : family_of[type] == family)
            return type;
    }
}

/* Returns whether the option is on now. */
static int set_int (int slot_, int option_, const char *name_, int value_)
{
    show_slot (slot_);
    printf ("set %s %d", name_, value_);
    int rc = z.setsockopt (slots[slot_].handle, option_, &value_, sizeof value_);
    result (rc);
    return rc == 0 && value_ > 0;
}

static void set_bytes (int slot_, int option_, const char *name_, const void *data_, size_t size_)
{
    show_slot (slot_);
    printf ("set %s ", name_);
    show_frame (data_, size_);
    result (z.setsockopt (slots[slot_].handle, option_, data_, size_));
}

/* A subscriber's mark for what it sends would count its subscriptions, and the references lose
 * those that find no room. */
static int may_limit_sending (int type_)
{
    return type_ != ZMQ_SUB && type_ != ZMQ_XSUB;
}

/* In a narrow seed, slots 0 and 1 meet, 2 and 3, and so on; one of the two binds. */
static int narrow_binder (int slot_)
{
    return ((seed >> (slot_ / 2)) + (uint64_t) slot_) % 2 == 0;
}

/* Whether the types of two slots that meet are made for each other. */
static int suits_partner (int slot_)
{
    const slot_t *partner = &slots[slot_ ^ 1];
    if (!partner->handle)
        return 1;
    int binder = 1 << (narrow_binder (slot_) ? slots[slot_].type : partner->type);
    int connecter = 1 << (narrow_binder (slot_) ? partner->type : slots[slot_].type);
    if (slots[slot_].type == ZMQ_STREAM || partner->type == ZMQ_STREAM)
        return 1;
    /* When a request without way back is left by a peer that has gone, a REP of the references loses
     * its next answer. */
    if ((binder | connecter) == (1 << ZMQ_DEALER | 1 << ZMQ_REP))
        return 0;
    for (size_t i = 0; i < sizeof meetings / sizeof *meetings; ++i)
        if ((meetings[i].binds & binder) && (meetings[i].connects & connecter))
            return 1;
    return 0;
}

static void open_socket (int slot_)
{
    slot_t *slot = &slots[slot_];
    memset (slot, 0, sizeof *slot);
    do
        slot->type = random_type ();
    while (narrow && !suits_partner (slot_));
    slot->handle = z.socket (context, slot->type);
    show_slot (slot_);
    printf ("open -> %s\n", slot->handle ? "ok" : error_name (errno));
    /* Marks are set here, before there are connections: raising that of a full queue makes room at
     * once here, and later in the references. */
    if (percent (marks)) {
        if (may_limit_sending (slot->type))
            set_int (slot_, ZMQ_SNDHWM, "SNDHWM", 1 + below (4));
        set_int (slot_, ZMQ_RCVHWM, "RCVHWM", 1 + below (4));
    }
    if (slot->type == ZMQ_SUB && percent (60))
        set_bytes (slot_, ZMQ_SUBSCRIBE, "SUBSCRIBE", "", 0);
}

/* ---- contents ------------------------------------------------------------------------------ */

static void make_topic (frame_t *frame_)
{
    frame_->size = (size_t) below (3);
    for (size_t i = 0; i < frame_->size; ++i)
        frame_->data[i] = (unsigned char) ('a' + below (2));
}

static void make_id (int slot_, frame_t *frame_)
{
    slot_t *slot = &slots[slot_];
    int what = below (10);
    if (what < 6 && slot->last_count > 0) {
        *frame_ = slot->last[0];
    } else if (what < 8 && id_count > 0) {
        *frame_ = ids[below (id_count)];
    } else if (what < 9) {
        frame_->size = 1;
        frame_->data[0] = (unsigned char) ('A' + below (2));
    } else if (fresh_names > 0) {
        frame_->size = (size_t) sprintf ((char *) frame_->data, "c%d", below (fresh_names));
    } else {
        frame_->size = 6;
        memcpy (frame_->data, "nosuch", 6);
    }
}

static void make_frame (int slot_, frame_t *frame_, int first_, int only_)
{
    int type = slots[slot_].type;
    if (first_ && (type == ZMQ_ROUTER || type == ZMQ_STREAM) && percent (90)) {
        make_id (slot_, frame_);
        return;
    }
    make_topic (frame_);
    /* Requests between the frames of a message cut it, and what the references tell of its pieces is
     * not what was sent. */
    if (type == ZMQ_XSUB && only_ && percent (60)) {
        memmove (frame_->data + 1, frame_->data, frame_->size++);
        frame_->data[0] = (unsigned char) below (2);
    } else if (percent (10)) {
        /* Longer than what a message holds in itself. */
        memset (frame_->data + frame_->size, 'x', 40);
        frame_->size += 40;
    } else if (percent (60)) {
        frame_->data[frame_->size++] = (unsigned char) ('0' + below (10));
    }
}

/* ---- sending and receiving ----------------------------------------------------------------- */

static char constant[FRAME_ROOM];

/* After a send. A message whose peer was lost fails once, and what is left of it is thrown away,
 * but the references do not say POLLOUT meanwhile; so it is finished at once. */
static void note_sent (int slot_, int rc_, int more_)
{
    slot_t *slot = &slots[slot_];
    int lost = slot->open && rc_ < 0 && errno == EAGAIN;
    slot->open = rc_ >= 0 && more_;
    if (lost && more_) {
        show_slot (slot_);
        printf ("finish");
        result (z.send (slot->handle, "", 0, ZMQ_DONTWAIT));
    }
}

/* A REQ of the references that is relaxed and fails to ask gives up the question before. */
static int may_send (int slot_)
{
    slot_t *slot = &slots[slot_];
    return !slot->relaxed || slot->open || (slot->events & ZMQ_POLLOUT);
}

static int send_frame (int slot_, const frame_t *frame_, int more_)
{
    if (!may_send (slot_))
        return -1;
    if (slots[slot_].type == ZMQ_DEALER && replies && !slots[slot_].open)
        more_ = 1;
    void *handle = slots[slot_].handle;
    int flags = ZMQ_DONTWAIT | (more_ ? ZMQ_SNDMORE : 0);
    int how = below (3);
    int rc;
    show_slot (slot_);
    printf ("send ");
    show_frame (frame_->data, frame_->size);
    printf (more_ ? " more" : "");
    if (how == 0) {
        rc = z.send (handle, frame_->data, frame_->size, flags);
        result (rc);
    } else if (how == 1) {
        /* The library may go on using the bytes, so they have to be the same for every call. */
        if (frame_->size <= 6 && memcmp (frame_->data, "nosuch", frame_->size) == 0)
            rc = z.send_const (handle, constant, frame_->size, flags);
        else
            rc = z.send (handle, frame_->data, frame_->size, flags);
        result (rc);
    } else {
        zmq_msg_t message;
        z.msg_init_size (&message, frame_->size);
        memcpy (z.msg_data (&message), frame_->data, frame_->size);
        rc = z.msg_send (&message, handle, flags);
        int error = errno;
        printf (" (left %d)", (int) z.msg_size (&message));
        errno = error;
        if (rc < 0)
            printf (" -> %s\n", error_name (error));
        else
            printf (" -> %d\n", rc);
        z.msg_close (&message);
        errno = error;
    }
    note_sent (slot_, rc, more_);
    return rc;
}

/* Whether a message may be left open, and not be finished by the same step. When the peer of a PAIR goes in the middle of one, the
 * references send the rest to the next peer, as a message. A subscription in a message of an XSUB
 * arrives there with the whole message, here at once. */
static int may_leave_open (int type_)
{
    return !conflating && type_ != ZMQ_PAIR && type_ != ZMQ_XSUB;
}

static void send_message (int slot_)
{
    slot_t *slot = &slots[slot_];
    if (slot->last_complete && percent (slot->type == ZMQ_XSUB ? 0 : 40)) {
        /* Back to where it came from. */
        for (int i = 0; i < slot->last_count; ++i)
            if (send_frame (slot_, &slot->last[i], i + 1 < slot->last_count) < 0)
                break;
        return;
    }
    int count = conflating ? 1 : 1 + below (3);
    if (slot->type == ZMQ_DEALER && replies)
        ++count;
    if (slot->type == ZMQ_ROUTER && !conflating)
        ++count;
    for (int i = 0; i < count; ++i) {
        frame_t frame;
        make_frame (slot_, &frame, i == 0, count == 1);
        /* Now and then a message is left open. */
        int more = i + 1 < count || (may_leave_open (slot->type) && percent (5));
        if (send_frame (slot_, &frame, more) < 0)
            break;
    }
}

static int receive_frame (int slot_)
{
    slot_t *slot = &slots[slot_];
    frame_t frame;
    int more = 0;
    int rc;
    show_slot (slot_);
    if (percent (30)) {
        /* Mostly there is room for all of it. */
        size_t room = percent (10) ? 1 : FRAME_ROOM;
        rc = z.recv (slot->handle, frame.data, room, ZMQ_DONTWAIT);
        int error = errno;
        if (rc >= 0) {
            frame.size = (size_t) rc < room ? (size_t) rc : room;
            size_t size = sizeof more;
            z.getsockopt (slot->handle, ZMQ_RCVMORE, &more, &size);
        }
        errno = error;
        printf ("recv %s", room == 1 ? "1 " : "");
        if (rc < 0) {
            printf (" -> %s\n", error_name (error));
            return -1;
        }
        /* A piece of an id is as random as the id. */
        if (room == 1 && (rc == 4 || rc == 5))
            printf ("?");
        else
            show_frame (frame.data, frame.size);
        printf (more ? " more -> %d\n" : " -> %d\n", rc);
    } else {
        zmq_msg_t message;
        z.msg_init_size (&message, 3);
        rc = z.msg_recv (&message, slot->handle, ZMQ_DONTWAIT);
        int error = errno;
        frame.size = z.msg_size (&message);
        more = z.msg_more (&message);
        printf ("recv ");
        if (rc < 0) {
            printf ("(left %d) -> %s\n", (int) frame.size, error_name (error));
            z.msg_close (&message);
            return -1;
        }
        if (frame.size > FRAME_ROOM)
            frame.size = FRAME_ROOM;
        memcpy (frame.data, z.msg_data (&message), frame.size);
        show_frame (frame.data, frame.size);
        printf (more ? " more -> %d\n" : " -> %d\n", rc);
        z.msg_close (&message);
    }
    if (slot->last_complete) {
        slot->last_complete = 0;
        slot->last_count = 0;
    }
    if (slot->last_count < FRAMES)
        slot->last[slot->last_count++] = frame;
    slot->last_complete = !more;
    return more;
}

static void receive_message (int slot_)
{
    while (receive_frame (slot_) > 0)
        ;
}

static void drain (int slot_)
{
    for (int i = 0; i < 60; ++i)
        if (receive_frame (slot_) < 0)
            break;
}

/* Reads a message to its end. */
static void finish_receiving (int slot_)
{
    for (;;) {
        int more = 0;
        size_t size = sizeof more;
        char byte;
        if (z.getsockopt (slots[slot_].handle, ZMQ_RCVMORE, &more, &size) != 0 || !more)
            break;
        show_slot (slot_);
        printf ("rest");
        int rc = z.recv (slots[slot_].handle, &byte, 1, ZMQ_DONTWAIT);
        result (rc);
        if (rc < 0)
            break;
    }
}

/* ---- endpoints ----------------------------------------------------------------------------- */

/* A name, and who stands to it how. If somebody gives up waiting for it, the references let the
 * bind find a connection that has ended, and it takes its turns among the others. Then another
 * generation of the name is used. */
typedef struct
{
    char base[16];
    int generation;
    int binder;
    int waiting[SLOTS];
} name_t;

static name_t names[40];
static int name_count;

static name_t *random_name (int slot_, int connect_)
{
    int type = slots[slot_].type;
    char base[16];
    /* Subscribers keep to publishers: what a subscription looks like to others is not said. */
    int free = odd || strangers || type == ZMQ_STREAM;
    if (family_of[type] == 'p')
        free = free && (type == ZMQ_PUB || type == ZMQ_XPUB) && percent (50);
    /* Connections that a PAIR refuses end, and take their turns until then. */
    if (type == ZMQ_PAIR && !connect_)
        free = 0;
    if (narrow)
        snprintf (base, sizeof base, "n%d", slot_ / 2);
    else if (free)
        snprintf (base, sizeof base, "%c%d", odd ? 'o' : family_of[type], below (3));
    else
        for (;;) {
            int choice = below (sizeof meetings / sizeof *meetings);
            int types = connect_ ? meetings[choice].connects : meetings[choice].binds;
            if (types & (1 << type)) {
                snprintf (base, sizeof base, "%s%d", meetings[choice].name, below (2));
                break;
            }
        }
    for (int i = 0; i < name_count; ++i)
        if (strcmp (names[i].base, base) == 0)
            return &names[i];
    name_t *name = &names[name_count++];
    strcpy (name->base, base);
    name->binder = -1;
    return name;
}

/* A socket has ended its connections to a name, or to all if none is given. */
static void ended (int slot_, name_t *only_)
{
    for (int i = 0; i < name_count; ++i) {
        name_t *name = &names[i];
        if (only_ && only_ != name)
            continue;
        if (name->binder == slot_)
            name->binder = -1;
        else if (name->waiting[slot_]) {
            memset (name->waiting, 0, sizeof name->waiting);
            int type = slots[slot_].type;
            if (!narrow || (type != ZMQ_PUSH && type != ZMQ_PAIR))
                ++name->generation;
        }
    }
}

/* Reads all that there is; a REP answers to get at the next request. */
static void empty (int slot_)
{
    slot_t *slot = &slots[slot_];
    if (!slot->handle)
        return;
    for (int frames = 0; frames < 500; ++frames) {
        char data[FRAME_ROOM];
        int rc = z.recv (slot->handle, data, sizeof data, ZMQ_DONTWAIT);
        if (rc < 0 && errno == EFSM && slot->type == ZMQ_REP) {
            z.send (slot->handle, "", 0, ZMQ_DONTWAIT);
            continue;
        }
        if (rc < 0)
            break;
        show_slot (slot_);
        printf ("empty ");
        show_frame (data, (size_t) rc);
        putchar ('\n');
    }
    slot->last_count = 0;
    slot->last_complete = 0;
}

/* Where several peers meet, all is read before a connection ends: an end that stands in a queue for
 * its turn takes part in the rotation of the references until then, and none here. Which peer
 * comes next when another one has gone is nothing that programs may rely on. */
static void empty_all (void)
{
    for (int i = 0; i < SLOTS; ++i) {
        /* Answers of the last one may have come. */
        look_all ();
        empty (i);
    }
}

/* Before a connection ends. */
static void before_end (int slot_)
{
    if (!narrow)
        empty_all ();
    for (int i = 0; i < SLOTS; ++i) {
        /* A REQ that is in the middle of a question learns here in time that its peer goes. When
         * another peer than that of an unfinished message goes, the references may send the rest to
         * a third one. */
        int type = slots[i].type;
        int finishes = type == ZMQ_REQ || (!narrow && (type == ZMQ_PUSH || type == ZMQ_DEALER));
        if (slots[i].handle && slots[i].open && finishes) {
            frame_t nothing = {.size = 0};
            send_frame (i, &nothing, 0);
        }
    }
    /* If a socket ends the connection whose message it is reading, the references report POLLIN for
     * the rest of it, which is not there. Many types read ahead when they are asked. */
    int type = slots[slot_].type;
    if (type != ZMQ_PULL && type != ZMQ_DEALER && type != ZMQ_PAIR)
        empty (slot_);
    /* A socket of the references that has read ahead does not notice that its peer goes, which keeps
     * that from being told of the end of its subscriptions, and of its message. */
    if (narrow && (type == ZMQ_XPUB || slots[slot_].open))
        empty (slot_ ^ 1);
    finish_receiving (slot_);
}

static void call_endpoint (int slot_)
{
    enum
    {
        BIND,
        CONNECT,
        UNBIND,
        DISCONNECT
    };
    static const char *const calls[] = {"bind", "connect", "unbind", "disconnect"};
    slot_t *slot = &slots[slot_];
    int chosen = below (10);
    int call = chosen < 4 ? BIND : chosen < 8 ? CONNECT : chosen < 9 ? UNBIND : DISCONNECT;
    /* When a socket that probes binds, the references lose the probes to those who wait there. */
    if (slot->probes && call == BIND)
        call = CONNECT;
    /* If two connections between the same two sockets end at once, it depends on whose turn it is
     * which rotation they leave behind in the references. */
    int single = !narrow && !calm && family_of[slot->type] != 'p';
    if (single && call <= CONNECT)
        call = slot_ % 2 == 0 && !slot->probes ? BIND : CONNECT;
    if (narrow && call <= CONNECT) {
        call = narrow_binder (slot_) ? BIND : CONNECT;
        if (call == CONNECT && slot->connected)
            call = DISCONNECT;
    }
    if (calm && call >= UNBIND)
        return;
    /* STREAM has no business on inproc; the references abort. */
    if (slot->type == ZMQ_STREAM)
        call = UNBIND;
    name_t *name = random_name (slot_, call == CONNECT || call == DISCONNECT);
    /* What a conflating socket of the references sends before the bind is lost there. */
    if (call == CONNECT && slot->conflates && name->binder < 0)
        return;
    if (call == CONNECT && !narrow) {
        if (single && slot->connected)
            return;
        /* What a ROUTER of the references reads first of a peer that it has named itself is that peer's
         * own id, and that takes a turn. So nothing else may be there to be read. */
        if (slot->named && name->binder < 0)
            return;
        if (slot->named)
            empty (slot_);
        /* The second connection of a PAIR ends at once. */
        if (slot->type == ZMQ_PAIR && slot->joined)
            return;
    }
    char endpoint[60];
    snprintf (endpoint, sizeof endpoint, "inproc://%s.%d", name->base, name->generation);
    if (call >= UNBIND)
        before_end (slot_);
    else if (handovers && !narrow)
        empty_all ();
    else if (narrow && call == CONNECT) {
        /* What is left of the last connection hides the end of this one from the references. */
        look_all ();
        empty (slot_);
        empty (slot_ ^ 1);
        look_all ();
        barrier ();
    }
    show_slot (slot_);
    printf ("%s %s", calls[call], endpoint);
    int rc = call == BIND      ? z.bind (slot->handle, endpoint)
             : call == CONNECT ? z.connect (slot->handle, endpoint)
             : call == UNBIND  ? z.unbind (slot->handle, endpoint)
                               : z.disconnect (slot->handle, endpoint);
    /* As long as it does not come to the end of what its peer has sent, a socket of the references
     * does not find out that the peer has gone, and still has something to disconnect. */
    int blind = slot->type == ZMQ_REQ || slot->type == ZMQ_REP || narrow;
    if (call >= UNBIND && blind && (rc == 0 || errno == ENOENT))
        printf (" -> 0 or ENOENT\n");
    else
        result (rc);
    if (call <= CONNECT)
        slot->joined = 1;
    if (call == BIND && rc == 0) {
        slot->binds = 1;
        name->binder = slot_;
        memset (name->waiting, 0, sizeof name->waiting);
    }
    if (call == CONNECT && rc == 0) {
        ++slot->connected;
        slot->named = 0;
        name->waiting[slot_] += name->binder < 0;
    }
    if (call >= UNBIND) {
        slot->ghosts = 1;
        slot->connected = 0;
        ended (slot_, name);
    }
    settle (0);
}

static void close_slot (int slot_)
{
    if (calm)
        return;
    before_end (slot_);
    show_slot (slot_);
    printf ("close");
    result (z.close (slots[slot_].handle));
    slots[slot_].handle = NULL;
    ended (slot_, NULL);
    settle (1);
}

/* ---- options ------------------------------------------------------------------------------- */

static void set_option (int slot_)
{
    slot_t *slot = &slots[slot_];
    int type = slot->type;
    frame_t frame;
    /* What concerns this type most of the time, anything now and then. */
    int choice = percent (10)                                                  ? below (20)
                 : type == ZMQ_SUB                                             ? below (3)
                 : type == ZMQ_XSUB                                            ? 8
                 : type == ZMQ_PUB || type == ZMQ_XPUB                         ? below (9)
                 : type == ZMQ_REQ                                             ? 9 + below (3)
                 : type == ZMQ_ROUTER                                          ? 11 + below (5)
                 : type == ZMQ_DEALER || type == ZMQ_REP || type == ZMQ_STREAM ? 11 + below (5)
                                                                               : 16 + below (4);
    switch (choice) {
        case 0:
        case 1:
            make_topic (&frame);
            set_bytes (slot_, ZMQ_SUBSCRIBE, "SUBSCRIBE", frame.data, frame.size);
            break;
        case 2:
            make_topic (&frame);
            set_bytes (slot_, ZMQ_UNSUBSCRIBE, "UNSUBSCRIBE", frame.data, frame.size);
            break;
        case 3:
            set_int (slot_, ZMQ_XPUB_VERBOSE, "XPUB_VERBOSE", below (3) - 1);
            break;
        case 4:
            set_int (slot_, ZMQ_XPUB_VERBOSER, "XPUB_VERBOSER", below (3) - 1);
            break;
        case 5:
            set_int (slot_, ZMQ_XPUB_MANUAL, "XPUB_MANUAL", below (3) - 1);
            break;
        case 6:
            set_int (slot_, ZMQ_XPUB_NODROP, "XPUB_NODROP", below (3) - 1);
            break;
        case 7:
            /* As with probes; only a ROUTER loses it. */
            if (odd && slot->binds)
                break;
            slot->probes |= odd;
            make_topic (&frame);
            set_bytes (slot_, ZMQ_XPUB_WELCOME_MSG, "XPUB_WELCOME_MSG", frame.data, frame.size);
            break;
        case 8:
            set_int (slot_, ZMQ_INVERT_MATCHING, "INVERT_MATCHING", below (3) - 1);
            break;
        case 9:
            slot->relaxed |= set_int (slot_, ZMQ_REQ_RELAXED, "REQ_RELAXED", below (3) - 1);
            break;
        case 10:
            /* Ids with a random first byte could be taken for subscriptions. While an answer is due,
             * the option changes which one the references accept. */
            if (!odd && !slot->joined)
                set_int (slot_, ZMQ_REQ_CORRELATE, "REQ_CORRELATE", below (3) - 1);
            break;
        case 11:
            /* A REQ of the references keeps its id in use when it connects again. */
            if (type == ZMQ_REQ && !calm)
                break;
            frame.size = 1;
            frame.data[0] = (unsigned char) ('A' + below (2));
            set_bytes (slot_, ZMQ_ROUTING_ID, "ROUTING_ID", frame.data, frame.size);
            break;
        case 12:
            /* A REP takes it, and what comes of that is an accident. */
            if (type != ZMQ_REP)
                slot->mandatory |=
                    set_int (slot_, ZMQ_ROUTER_MANDATORY, "ROUTER_MANDATORY", below (3) - 1);
            break;
        case 13:
            if (handovers)
                set_int (slot_, ZMQ_ROUTER_HANDOVER, "ROUTER_HANDOVER", below (3) - 1);
            break;
        case 14:
            if (!slot->binds && !replies && !(narrow && narrow_binder (slot_)))
                slot->probes |= set_int (slot_, ZMQ_PROBE_ROUTER, "PROBE_ROUTER", below (3) - 1);
            break;
        case 15:
            /* One in use would end the reference's process. */
            frame.size = (size_t) sprintf ((char *) frame.data, "c%d", fresh_names++);
            set_bytes (slot_, ZMQ_CONNECT_ROUTING_ID, "CONNECT_ROUTING_ID", frame.data, frame.size);
            slot->named = type == ZMQ_ROUTER || type == ZMQ_REP;
            break;
        case 16:
            if (conflating && !slot->joined)
                slot->conflates |= set_int (slot_, ZMQ_CONFLATE, "CONFLATE", below (3));
            break;
        case 17:
            set_int (slot_, ZMQ_IMMEDIATE, "IMMEDIATE", below (3));
            break;
        case 18:
            set_int (slot_, ZMQ_LINGER, "LINGER", below (4) - 2);
            break;
        default:
            set_int (slot_, 10000 + below (10), "nothing", 1);
    }
}

static void get_option (int slot_)
{
    static const struct
    {
        int option;
        const char *name;
    } known[] = {
        {ZMQ_RCVMORE, "RCVMORE"},         {ZMQ_TYPE, "TYPE"},
        {ZMQ_SNDHWM, "SNDHWM"},           {ZMQ_RCVHWM, "RCVHWM"},
        {ZMQ_LINGER, "LINGER"},           {ZMQ_IMMEDIATE, "IMMEDIATE"},
        {ZMQ_CONFLATE, "CONFLATE"},       {ZMQ_INVERT_MATCHING, "INVERT_MATCHING"},
        {ZMQ_THREAD_SAFE, "THREAD_SAFE"}, {ZMQ_ROUTER_MANDATORY, "ROUTER_MANDATORY"},
        {ZMQ_LAST_ENDPOINT, NULL},        {ZMQ_ROUTING_ID, NULL},
    };
    int choice = below (sizeof known / sizeof *known);
    void *handle = slots[slot_].handle;
    show_slot (slot_);
    if (known[choice].name) {
        int value = 0;
        size_t size = sizeof value;
        int rc = z.getsockopt (handle, known[choice].option, &value, &size);
        if (rc == 0)
            printf ("get %s -> %d\n", known[choice].name, value);
        else
            printf ("get %s -> %s\n", known[choice].name, error_name (errno));
        return;
    }
    char text[256];
    size_t size = sizeof text;
    int rc = z.getsockopt (handle, known[choice].option, text, &size);
    printf ("get %s", known[choice].option == ZMQ_ROUTING_ID ? "ROUTING_ID " : "LAST_ENDPOINT ");
    if (rc == 0)
        show_frame (text, size);
    result (rc);
}

/* ---- messages and polling ------------------------------------------------------------------ */

static char released[] = "released";

static void count_release (void *data_, void *hint_)
{
    (void) data_;
    ++*(int *) hint_;
}

static int releases;
static int to_be_released;

static void show_message (int i_)
{
    if (!valid[i_])
        return;
    printf ("   message %d is ", i_);
    size_t size = z.msg_size (&messages[i_]);
    show_frame (z.msg_data (&messages[i_]), size < FRAME_ROOM ? size : FRAME_ROOM);
    printf (" more %d shared %d\n", z.msg_more (&messages[i_]),
            z.msg_get (&messages[i_], ZMQ_SHARED));
}

/* Something with messages that stay from step to step. */
static void use_message (int slot_)
{
    int a = below (MESSAGES), b = below (MESSAGES);
    int what = below (8);
    if (!valid[a] && what > 2)
        what = below (3);
    /* Closing one that is not valid, or copying onto itself, is EFAULT or ruin. */
    switch (what) {
        case 0:
        case 1:
        case 2:
            if (valid[a])
                z.msg_close (&messages[a]);
            printf ("message %d init %d", a, what);
            if (what == 0)
                result (z.msg_init (&messages[a]));
            else if (what == 1) {
                int size = percent (50) ? 3 : 60;
                result (z.msg_init_size (&messages[a], (size_t) size));
                memset (z.msg_data (&messages[a]), 'm', (size_t) size);
            } else {
                ++to_be_released;
                result (z.msg_init_data (&messages[a], released, sizeof released - 1,
                                         count_release, &releases));
            }
            valid[a] = 1;
            break;
        case 3:
            printf ("message %d close", a);
            result (z.msg_close (&messages[a]));
            valid[a] = 0;
            break;
        case 4:
            if (!valid[b] || a == b)
                return;
            printf ("message %d copy of %d", a, b);
            result (z.msg_copy (&messages[a], &messages[b]));
            break;
        case 5:
            if (!valid[b] || a == b)
                return;
            printf ("message %d move of %d", a, b);
            result (z.msg_move (&messages[a], &messages[b]));
            show_message (b);
            break;
        case 6: {
            if (!may_send (slot_))
                return;
            int more = may_leave_open (slots[slot_].type) && percent (30);
            if (slots[slot_].type == ZMQ_DEALER && replies && !slots[slot_].open)
                more = 1;
            show_slot (slot_);
            printf ("send message %d%s", a, more ? " more" : "");
            int rc = z.msg_send (&messages[a], slots[slot_].handle,
                                 ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
            int error = errno;
            result (rc);
            errno = error;
            note_sent (slot_, rc, more);
            break;
        }
        default:
            show_slot (slot_);
            printf ("recv message %d", a);
            result (z.msg_recv (&messages[a], slots[slot_].handle, ZMQ_DONTWAIT));
    }
    show_message (a);
}

static void poll_sockets (void)
{
    zmq_pollitem_t items[SLOTS];
    int at[SLOTS];
    int count = 0;
    for (int i = 0; i < SLOTS; ++i)
        if (slots[i].handle && percent (60)) {
            items[count] = (zmq_pollitem_t){slots[i].handle, -1, (short) below (slots[i].mandatory ? 2 : 4), 99};
            at[count++] = i;
        }
    printf ("poll");
    int rc = z.poll (items, count, 0);
    for (int i = 0; i < count; ++i)
        printf (" %d:%d=%d", at[i], items[i].events, comparable_events (at[i], items[i].revents));
    result (rc);
}

/* ---- a run --------------------------------------------------------------------------------- */

static void run_step (void)
{
    int slot = below (SLOTS);
    if (!slots[slot].handle) {
        open_socket (slot);
        return;
    }
    int what = below (100);
    if (touch_every)
        touch_all ();
    else
        touch (slot);
    if (what < 22)
        send_message (slot);
    else if (what < 32) {
        frame_t frame;
        make_frame (slot, &frame, percent (50), 1);
        send_frame (slot, &frame, may_leave_open (slots[slot].type) && percent (40));
    } else if (what < 48)
        receive_message (slot);
    else if (what < 56)
        receive_frame (slot);
    else if (what < 60)
        drain (slot);
    else if (what < 78)
        call_endpoint (slot);
    else if (what < 88)
        set_option (slot);
    else if (what < 91)
        get_option (slot);
    else if (what < 95)
        use_message (slot);
    else if (what < 97)
        poll_sockets ();
    else
        close_slot (slot);
}

static void finish (void)
{
    begin_step (0, 0);
    for (int i = 0; i < SLOTS; ++i)
        if (slots[i].handle) {
            touch (i);
            drain (i);
        }
    for (int i = 0; i < SLOTS; ++i)
        if (slots[i].handle) {
            z.close (slots[i].handle);
            slots[i].handle = NULL;
        }
    for (int i = 0; i < MESSAGES; ++i)
        if (valid[i])
            z.msg_close (&messages[i]);
    z.close (probe);
    printf ("term");
    result (z.ctx_term (context));
    /* The references lose messages that were never finished. */
    if (releases != to_be_released)
        fprintf (stderr, "seed %llu: %d messages, %d releases\n", (unsigned long long) seed,
                 to_be_released, releases);
}

static void run_seed (const char *library_, int steps_, const char *only_)
{
    alarm (20);
    load (library_);
    memcpy (constant, "nosuch", 6);
    begin_step (seed, 0);
    family = "*apqlpql*"[below (9)];
    odd = percent (15);
    strangers = percent (20);
    narrow = !odd && !strangers && percent (40);
    calm = !narrow && percent (40);
    replies = !odd && !narrow && percent (50);
    handovers = !calm && percent (30);
    if (odd)
        family = '*';
    conflating = family != '*' && family != 'q' && percent (20);
    touch_every = percent (30);
    marks = 30 * below (4);
    printf ("family %c odd %d strangers %d narrow %d calm %d conflating %d handovers %d\n", family, odd,
            strangers, narrow, calm, conflating, handovers);
    context = z.ctx_new ();
    probe = z.socket (context, ZMQ_XPUB);
    z.bind (probe, "inproc://probe");
    if (only_) {
        char *list = strdup (only_);
        for (char *item = strtok (list, ","); item; item = strtok (NULL, ",")) {
            printf ("step %s\n", item);
            begin_step (seed, atoi (item));
            run_step ();
        }
    } else
        for (int step = 1; step <= steps_; ++step) {
            printf ("step %d\n", step);
            begin_step (seed, step);
            run_step ();
        }
    finish ();
}

int main (int argc_, char **argv_)
{
    if (argc_ < 5) {
        fprintf (stderr, "random LIBRARY FROM COUNT STEPS [STEP,STEP,...]\n");
        return 2;
    }
    uint64_t from = strtoull (argv_[2], NULL, 10);
    uint64_t count = strtoull (argv_[3], NULL, 10);
    for (seed = from; seed < from + count; ++seed) {
        printf ("seed %llu\n", (unsigned long long) seed);
        fflush (stdout);
        pid_t child = fork ();
        if (child == 0) {
            /* What was printed before a crash must not be lost. */
            setvbuf (stdout, NULL, _IOLBF, BUFSIZ);
            run_seed (argv_[1], atoi (argv_[4]), argv_[5]);
            fflush (stdout);
            _exit (0);
        }
        int status;
        waitpid (child, &status, 0);
        if (WIFSIGNALED (status))
            printf ("\nended by %s\n", sigabbrev_np (WTERMSIG (status)));
        else if (WEXITSTATUS (status) != 0)
            return 2;
    }
    return 0;
}
