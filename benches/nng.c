/*
 * The scenarios throughput and latency of bench with nng in the place of a libzmq, for one more
 * column: the same arguments without the library, the same output.
 */

#define _GNU_SOURCE
#include "common.h"

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check (int error, const char *what)
{
    if (error) {
        fprintf (stderr, "%s: ", what);
        fail (nng_strerror (error));
    }
}

/* Listens, and leaves in `endpoint` where. */
static void listen_here (nng_socket socket)
{
    nng_listener listener;
    nng_sockaddr address;
    if (strcmp (job.where, "tcp") == 0)
        strcpy (endpoint, "tcp://127.0.0.1:0");
    else if (strcmp (job.where, "ipc") == 0)
        snprintf (endpoint, sizeof endpoint, "abstract://bench-%d", (int) getpid ());
    check (nng_listen (socket, endpoint, &listener, 0), "listen");
    if (strcmp (job.where, "tcp") != 0)
        return;
    check (nng_listener_get_addr (listener, NNG_OPT_LOCADDR, &address), "address");
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d",
              ((address.s_in.sa_port & 0xff) << 8) | (address.s_in.sa_port >> 8));
}

static void send_one (nng_socket socket, char *body)
{
    check (nng_send (socket, body, job.size, 0), "send");
}

static void recv_one (nng_socket socket, char *body)
{
    size_t size = job.size + 1;
    check (nng_recv (socket, body, &size, 0), "recv");
    if (size != job.size)
        fail ("a message of another size");
}

static void push (side_t *side)
{
    char *body = allocate (1, job.size + 1);
    nng_socket socket;
    check (nng_push0_open (&socket), "socket");
    check (nng_dial (socket, endpoint, NULL, 0), "dial");
    for (long i = 0; i < job.count; i++)
        send_one (socket, body);
    await_release (side); /* closing throws away what is not yet sent */
    nng_close (socket);
    free (body);
}

static void throughput (void)
{
    side_t side;
    watch_t started;
    char *body = allocate (1, job.size + 1);
    nng_socket socket;
    prepare_side (&side, push);
    check (nng_pull0_open (&socket), "socket");
    listen_here (socket);
    start_side (&side);
    recv_one (socket, body);
    started = watch ();
    for (long i = 1; i < job.count; i++)
        recv_one (socket, body);
    report_rate (&started, (double) job.count - 1);
    release_side (&side);
    join_side (&side);
    nng_close (socket);
    free (body);
}

static long warm_up (void)
{
    return job.count / 10 + 1;
}

static void reply (side_t *side)
{
    char *body = allocate (1, job.size + 1);
    nng_socket socket;
    check (nng_rep0_open (&socket), "socket");
    check (nng_dial (socket, endpoint, NULL, 0), "dial");
    for (long i = -warm_up (); i < job.count; i++) {
        recv_one (socket, body);
        send_one (socket, body);
    }
    await_release (side);
    nng_close (socket);
    free (body);
}

static void latency (void)
{
    side_t side;
    char *body = allocate (1, job.size + 1);
    double *times = allocate ((size_t) job.count, sizeof *times);
    double cpu = 0;
    nng_socket socket;
    prepare_side (&side, reply);
    check (nng_req0_open (&socket), "socket");
    listen_here (socket);
    start_side (&side);
    for (long i = -warm_up (); i < job.count; i++) {
        double sent;
        if (i == 0)
            cpu = cpu_used ();
        sent = now ();
        send_one (socket, body);
        recv_one (socket, body);
        if (i >= 0)
            times[i] = (now () - sent) / 2;
    }
    cpu = cpu_used () - cpu;
    report_times (times, job.count);
    report ("cpu", cpu / (2.0 * (double) job.count) * 1e6);
    release_side (&side);
    join_side (&side);
    nng_close (socket);
    free (times);
    free (body);
}

int main (int argc, char **argv)
{
    parse (argc - 1, argv + 1);
    if (strcmp (job.scenario, "throughput") == 0)
        throughput ();
    else if (strcmp (job.scenario, "latency") == 0)
        latency ();
    else
        fail ("nng does not know this scenario");
    return 0;
}
