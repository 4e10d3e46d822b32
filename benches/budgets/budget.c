/*
 * The work whose cost per message is counted, for `run` beside this file, under callgrind.
 *
 *     budget PEER SCENARIO SIZE COUNT
 *
 * PEER is the program that plays the other side. A scenario is done three times, each with a context
 * of its own: COUNT to warm up, COUNT, twice COUNT. Counts are taken of the second and the third
 * time, and what these differ by is what COUNT messages cost, without what it takes to begin and
 * to end. Callgrind writes the counts; this program prints how many of the system calls between them
 * were its own. Outside of callgrind it only runs.
 *
 * Each scenario leaves no choice to the threads, as far as that is possible: one thread does all
 * work, or one waits for the other; who is to wait for whom is said at each.
 */

#define _GNU_SOURCE
#include "work.h"
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

extern char **environ;

void *ctx;
size_t size;
int orders, port;
long own;
char buffer[LARGEST];

/* A socket that blocks nobody: no limits, no lingering. */
void *open_socket (int type)
{
    const int zero = 0;
    void *made = zmq_socket (ctx, type);
    ENSURE (made);
    ENSURE (zmq_setsockopt (made, ZMQ_SNDHWM, &zero, sizeof zero) == 0);
    ENSURE (zmq_setsockopt (made, ZMQ_RCVHWM, &zero, sizeof zero) == 0);
    ENSURE (zmq_setsockopt (made, ZMQ_LINGER, &zero, sizeof zero) == 0);
    return made;
}

void *bound (int type, const char *endpoint)
{
    void *made = open_socket (type);
    ENSURE (zmq_bind (made, endpoint) == 0);
    return made;
}

void *connected (int type, const char *endpoint)
{
    void *made = open_socket (type);
    ENSURE (zmq_connect (made, endpoint) == 0);
    return made;
}

void put (void *socket)
{
    ENSURE (zmq_send (socket, buffer, size, 0) == (int) size);
}

void take (void *socket)
{
    ENSURE (zmq_recv (socket, buffer, sizeof buffer, 0) == (int) size);
}

/* Has a socket look at what other threads have told it, which a send may put off. */
void look (void *socket)
{
    int events;
    size_t length = sizeof events;
    ENSURE (zmq_getsockopt (socket, ZMQ_EVENTS, &events, &length) == 0);
}

static const struct
{
    const char *name;
    void (*work) (long count);
} scenarios[] = {
    {"calibrate", calibrate},
    {"buffers", buffers},
    {"messages", messages},
    {"contents", contents},
    {"ask", ask},
    {"echo", echo},
    {"publish", publish},
    {"poll_ready", poll_ready},
    {"poll_idle", poll_idle},
    {"relay", relay},
    {"tcp_send", tcp_send},
    {"tcp_send_each", tcp_send_each},
    {"tcp_receive", tcp_receive},
    {"tcp_receive_each", tcp_receive_each},
    {"tcp_publish", tcp_publish},
    {"tcp_stream", tcp_stream},
    {"curve_stream", curve_stream},
};

/* Starts the peer, a program of its own: it is not counted. */
static void start_peer (char *program)
{
    int pair[2];
    char number[16];
    pid_t peer;
    ENSURE (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    orders = pair[0];
    /* The copy is inherited, and the other end is not. */
    int theirs = dup (pair[1]);
    ENSURE (theirs >= 0);
    close (pair[1]);
    snprintf (number, sizeof number, "%d", theirs);
    char *words[] = {program, number, NULL};
    ENSURE (posix_spawn (&peer, program, NULL, NULL, words, environ) == 0);
    close (theirs);
    ENSURE (read (orders, &port, sizeof port) == sizeof port);
}

/* A scenario from beginning to end; returns how many system calls of it were this program's. */
static long run (void (*work) (long), long count)
{
    own = 0;
    ctx = zmq_ctx_new ();
    ENSURE (ctx);
    ENSURE (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 1023) == 0);
    work (count);
    ENSURE (zmq_ctx_term (ctx) == 0);
    return own;
}

int main (int argc, char **argv)
{
    if (argc != 5)
        return 2;
    size = (size_t) atol (argv[3]);
    const long count = atol (argv[4]);
    ENSURE (size <= LARGEST && count > 0);
    for (size_t at = 0; at < sizeof scenarios / sizeof *scenarios; at++) {
        if (strcmp (scenarios[at].name, argv[2]) != 0)
            continue;
        start_peer (argv[1]);
        run (scenarios[at].work, count);
        CALLGRIND_DUMP_STATS_AT ("warm");
        const long once = run (scenarios[at].work, count);
        CALLGRIND_DUMP_STATS_AT ("once");
        const long twice = run (scenarios[at].work, 2 * count);
        CALLGRIND_DUMP_STATS_AT ("twice");
        printf ("%ld\n", twice - once);
        return 0;
    }
    fprintf (stderr, "budget: no scenario %s\n", argv[2]);
    return 2;
}
