/* Two sockets: how many messages pass, and how long one takes. */

#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void push (side_t *side)
{
    char *body = allocate (1, job.size + 1);
    void *socket;
    enter_side (0);
    socket = connected (ZMQ_PUSH);
    for (long i = 0; i < job.count; i++)
        send_bytes (socket, body, job.size, 0);
    /* Over ipc, libzmq loses messages of a sender that goes before they have arrived. */
    await_release (side);
    zmq.close_ (socket);
    leave_side ();
    free (body);
}

/* PUSH to PULL, as fast as it goes. */
void throughput (void)
{
    side_t side;
    watch_t started;
    char *body = allocate (1, job.size + 1);
    void *socket;
    prepare_side (&side, push);
    open_context (0);
    start_handler ();
    socket = bound_here (ZMQ_PULL);
    start_side (&side);
    recv_bytes (socket, body, job.size); /* the clock starts when both are at work */
    started = watch ();
    for (long i = 1; i < job.count; i++)
        recv_bytes (socket, body, job.size);
    report_rate (&started, (double) job.count - 1);
    release_side (&side);
    join_side (&side);
    zmq.close_ (socket);
    zmq.ctx_term_ (ctx);
    free (body);
}

/* Round trips before those that count. */
static long warm_up (void)
{
    return job.count / 10 + 1;
}

static void reply (side_t *side)
{
    char *body = allocate (1, job.size + 1);
    void *socket;
    (void) side;
    enter_side (0);
    socket = connected (ZMQ_REP);
    for (long i = -warm_up (); i < job.count; i++) {
        recv_bytes (socket, body, job.size);
        send_bytes (socket, body, job.size, 0);
    }
    zmq.close_ (socket);
    leave_side ();
    free (body);
}

/* REQ to REP and back: half a round trip is what one way takes. */
void latency (void)
{
    side_t side;
    char *body = allocate (1, job.size + 1);
    double *times = allocate ((size_t) job.count, sizeof *times);
    double cpu = 0;
    void *socket;
    prepare_side (&side, reply);
    open_context (0);
    start_handler ();
    socket = bound_here (ZMQ_REQ);
    start_side (&side);
    for (long i = -warm_up (); i < job.count; i++) {
        double sent;
        if (i == 0)
            cpu = cpu_used ();
        sent = now ();
        send_bytes (socket, body, job.size, 0);
        recv_bytes (socket, body, job.size);
        if (i >= 0)
            times[i] = (now () - sent) / 2;
    }
    cpu = cpu_used () - cpu;
    join_side (&side);
    report_times (times, job.count);
    report ("cpu", cpu / (2.0 * job.count) * 1e6);
    zmq.close_ (socket);
    zmq.ctx_term_ (ctx);
    free (times);
    free (body);
}

/* Sends at a rate, in bursts: a sleep of less than a millisecond would measure the kernel's. */
static void push_paced (side_t *side)
{
    static const long TICK_NS = 1000000;
    char *body = allocate (1, job.size + 1);
    long burst = job.rate / 1000 > 0 ? job.rate / 1000 : 1, left = job.count;
    struct timespec tick;
    void *socket;
    enter_side (0);
    socket = connected (ZMQ_PUSH);
    clock_gettime (CLOCK_MONOTONIC, &tick);
    while (left > 0) {
        double due, stamp;
        tick.tv_nsec += TICK_NS;
        if (tick.tv_nsec >= 1000000000) {
            tick.tv_nsec -= 1000000000;
            tick.tv_sec++;
        }
        due = tick.tv_sec + tick.tv_nsec * 1e-9;
        /* Who is late because sending took long has kept these messages waiting since they were
         * due; waking up late is the kernel's doing and does not count. */
        stamp = now ();
        if (stamp < due) {
            while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &tick, NULL) == EINTR)
                ;
            stamp = now ();
        } else
            stamp = due;
        memcpy (body, &stamp, sizeof stamp);
        for (long i = 0; i < burst && left > 0; i++, left--)
            send_bytes (socket, body, job.size, 0);
    }
    await_release (side);
    zmq.close_ (socket);
    leave_side ();
    free (body);
}

/* PUSH to PULL at a steady rate: from when a message is due to when it has arrived. */
void load_latency (void)
{
    side_t side;
    char *body = allocate (1, job.size + 1);
    double *times = allocate ((size_t) job.count, sizeof *times);
    long skipped = job.count / 10;
    double cpu = 0;
    void *socket;
    if (job.size < sizeof (double))
        fail ("a message holds its time: eight bytes at least");
    prepare_side (&side, push_paced);
    open_context (0);
    start_handler ();
    socket = bound_here (ZMQ_PULL);
    start_side (&side);
    for (long i = 0; i < job.count; i++) {
        double stamp;
        if (i == skipped)
            cpu = cpu_used ();
        recv_bytes (socket, body, job.size);
        memcpy (&stamp, body, sizeof stamp);
        times[i] = now () - stamp;
    }
    cpu = cpu_used () - cpu;
    release_side (&side);
    join_side (&side);
    report_times (times + skipped, job.count - skipped);
    report ("cpu", cpu / (double) (job.count - skipped) * 1e6);
    zmq.close_ (socket);
    zmq.ctx_term_ (ctx);
    free (times);
    free (body);
}
