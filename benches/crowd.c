/* Many sockets: how fast they connect, and what they cost while nothing happens. */

#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Descriptors in one process, of a connection with both ends there and of a client: that of TCP,
 * and what the socket is woken by. One more, as one library may need what another does without. */
enum { BOTH_ENDS = 4, ONE_END = 3, BESIDES = 100 };
enum { IDLE_SIDES = 2 };
/* How many connect at a time where it is not connecting that is measured: few enough for any
 * backlog. */
enum { AT_A_TIME = 50 };

/* Ends without closing: the measuring is over, and closing thousands takes longer than it did. */
__attribute__ ((noreturn)) static void leave (void)
{
    fflush (stdout);
    _exit (0);
}

/* How many of the wanted connections there can be, with as many descriptors for each. */
static long possible (long each)
{
    long allowed = allow_descriptors (job.peers * each + BESIDES);
    long peers = (allowed - BESIDES) / each;
    return peers < job.peers ? peers : job.peers;
}

/* Prints how many there were, and how many descriptors a process might have for that. */
static void report_extent (long peers)
{
    report ("connections", (double) peers);
    report ("descriptors", (double) allow_descriptors (0));
}

static void send_back (void *router)
{
    char id[256], body;
    int length = zmq.recv_ (router, id, sizeof id, 0);
    if (length <= 0 || length > (int) sizeof id)
        fail ("routing id");
    recv_bytes (router, &body, 1);
    send_bytes (router, id, (size_t) length, ZMQ_SNDMORE);
    send_bytes (router, &body, 1, 0);
}

/* Connects sockets `from` to `to`, each of which has had an answer when this returns. */
static void gather (void *router, void **sockets, long from, long to)
{
    char body = 0;
    while (from < to) {
        long until = from + AT_A_TIME < to ? from + AT_A_TIME : to;
        for (long i = from; i < until; i++) {
            sockets[i] = connected (ZMQ_DEALER);
            send_bytes (sockets[i], &body, 1, 0);
        }
        for (long i = from; i < until; i++)
            send_back (router);
        for (long i = from; i < until; i++)
            recv_bytes (sockets[i], &body, 1);
        from = until;
    }
}

/* Two sockets of a process that are connected and idle: KiB for both together. */
void memory (void)
{
    long peers = possible (BOTH_ENDS);
    void **sockets = allocate ((size_t) peers, sizeof *sockets), *router;
    double before;
    open_context (peers + BESIDES);
    router = bound_here (ZMQ_ROUTER);
    for (long i = 0; i < peers; i++)
        sockets[i] = router; /* so that the page is there */
    /* The first ones start threads and fill buffers that all share. */
    gather (router, sockets, 0, peers / 10);
    before = resident ();
    gather (router, sockets, peers / 10, peers);
    report ("value", (resident () - before) / (double) (peers - peers / 10));
    report_extent (peers);
    leave ();
}

/* The clients: all connect at once, as fast as one thread can say so. */
static void rush (side_t *side)
{
    char body = 0;
    void **sockets = allocate ((size_t) job.peers, sizeof *sockets);
    enter_side (job.peers + BESIDES);
    side_reports (side);
    await_release (side);
    for (long i = 0; i < job.peers; i++) {
        sockets[i] = connected (ZMQ_DEALER);
        send_bytes (sockets[i], &body, 1, 0);
    }
    for (long i = 0; i < job.peers; i++)
        recv_bytes (sockets[i], &body, 1);
    side_reports (side);
    await_release (side); /* which never comes: see leave */
}

/* From the first of many sockets that connect until each has had an answer: connections. */
void connections (void)
{
    side_t side;
    watch_t started;
    void *router;
    job.peers = possible (ONE_END);
    prepare_side (&side, rush);
    open_context (job.peers + BESIDES);
    start_handler ();
    router = bound_here (ZMQ_ROUTER);
    start_side (&side);
    await_report (&side, -1);
    started = watch ();
    release_side (&side);
    for (long i = 0; i < job.peers; i++)
        send_back (router);
    await_report (&side, -1);
    report_rate (&started, (double) job.peers);
    report_extent (job.peers);
    leave ();
}

/* zmq_poll that finds nothing and does not wait: microseconds per call. */
void poll_idle (void)
{
    long peers = possible (BOTH_ENDS);
    void **sockets = allocate ((size_t) peers, sizeof *sockets), *router;
    zmq_pollitem_t *items = allocate ((size_t) peers, sizeof *items);
    watch_t started;
    double cpu;
    open_context (peers + BESIDES);
    router = bound_here (ZMQ_ROUTER);
    gather (router, sockets, 0, peers);
    for (long i = 0; i < peers; i++) {
        items[i].socket = sockets[i];
        items[i].events = ZMQ_POLLIN;
    }
    started = watch ();
    for (long i = 0; i < job.count; i++)
        if (zmq.poll_ (items, (int) peers, 0) != 0)
            fail ("an idle socket has an event");
    cpu = cpu_used () - started.cpu;
    report ("value", (now () - started.clock) / (double) job.count * 1e6);
    report ("cpu", cpu / (double) job.count * 1e6);
    report_extent (peers);
    leave ();
}

/* A share of the clients of `idle`, few at a time, which then do nothing. */
static void settle (side_t *side)
{
    char body = 0;
    long peers = job.peers / IDLE_SIDES;
    enter_side (peers + BESIDES);
    for (long i = 0; i < peers; i += AT_A_TIME) {
        void *sockets[AT_A_TIME];
        long count = peers - i < AT_A_TIME ? peers - i : AT_A_TIME;
        for (long n = 0; n < count; n++) {
            sockets[n] = connected (ZMQ_DEALER);
            send_bytes (sockets[n], &body, 1, 0);
        }
        for (long n = 0; n < count; n++)
            recv_bytes (sockets[n], &body, 1);
    }
    side_reports (side);
    await_release (side); /* which never comes: see leave */
}

static void pass (double seconds)
{
    struct timespec time = {(time_t) seconds, (long) ((seconds - (time_t) seconds) * 1e9)};
    nanosleep (&time, NULL);
}

/* Connections over which nothing goes, for `count` milliseconds: percent of a processor. The
 * clients are in two processes, so that no limit of descriptors is met before the server's. */
void idle (void)
{
    side_t sides[IDLE_SIDES];
    double cpu, length = (double) job.count * 1e-3;
    void *router;
    job.peers /= IDLE_SIDES;
    job.peers = possible (ONE_END) * IDLE_SIDES;
    for (int i = 0; i < IDLE_SIDES; i++)
        prepare_side (&sides[i], settle);
    open_context (job.peers + BESIDES);
    start_handler ();
    router = bound_here (ZMQ_ROUTER);
    for (int i = 0; i < IDLE_SIDES; i++)
        start_side (&sides[i]);
    for (long i = 0; i < job.peers; i++)
        send_back (router);
    for (int i = 0; i < IDLE_SIDES; i++)
        await_report (&sides[i], -1);
    pass (length); /* what is left to do after connecting has been done by then */
    cpu = cpu_used ();
    pass (length);
    report ("value", (cpu_used () - cpu) / length * 100);
    report_extent (job.peers);
    leave ();
}
