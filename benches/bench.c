/*
 * Measures one libzmq, loaded by path, in one scenario, and prints one number.
 *
 *     bench LIBRARY throughput SIZE COUNT    inproc PUSH to PULL: messages per second
 *     bench LIBRARY latency SIZE COUNT       inproc REQ and REP in two threads: microseconds per
 *                                            round trip
 *     bench LIBRARY memory COUNT             KiB per connected, idle pair of inproc sockets
 *
 * Nothing is linked: the same program measures every library, in fresh processes.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAIR = 0, REQ = 3, REP = 4, PULL = 7, PUSH = 8 };
enum { MAX_SOCKETS = 2 };

static void *(*ctx_new) (void);
static int (*ctx_set) (void *, int, int);
static int (*ctx_term) (void *);
static void *(*open_socket) (void *, int);
static int (*close_socket) (void *);
static int (*bind_socket) (void *, const char *);
static int (*connect_socket) (void *, const char *);
static int (*send_buffer) (void *, const void *, size_t, int);
static int (*recv_buffer) (void *, void *, size_t, int);

static void *ctx;
static size_t size;
static long count;

static void fail (const char *what)
{
    fprintf (stderr, "bench: %s\n", what);
    exit (1);
}

static void *symbol (void *library, const char *name)
{
    void *found = dlsym (library, name);
    if (!found)
        fail (name);
    return found;
}

static void load (const char *path)
{
    void *library = dlopen (path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail (dlerror ());
    *(void **) &ctx_new = symbol (library, "zmq_ctx_new");
    *(void **) &ctx_set = symbol (library, "zmq_ctx_set");
    *(void **) &ctx_term = symbol (library, "zmq_ctx_term");
    *(void **) &open_socket = symbol (library, "zmq_socket");
    *(void **) &close_socket = symbol (library, "zmq_close");
    *(void **) &bind_socket = symbol (library, "zmq_bind");
    *(void **) &connect_socket = symbol (library, "zmq_connect");
    *(void **) &send_buffer = symbol (library, "zmq_send");
    *(void **) &recv_buffer = symbol (library, "zmq_recv");
}

static double now (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void *bound (int type, const char *endpoint)
{
    void *socket = open_socket (ctx, type);
    if (!socket || bind_socket (socket, endpoint) != 0)
        fail ("bind");
    return socket;
}

static void *connected (int type, const char *endpoint)
{
    void *socket = open_socket (ctx, type);
    if (!socket || connect_socket (socket, endpoint) != 0)
        fail ("connect");
    return socket;
}

static void send_one (void *socket, const char *body)
{
    if (send_buffer (socket, body, size, 0) != (int) size)
        fail ("send");
}

static void recv_one (void *socket, char *body)
{
    if (recv_buffer (socket, body, size, 0) != (int) size)
        fail ("recv");
}

static void *push (void *unused)
{
    char *body = calloc (1, size + 1);
    void *socket = connected (PUSH, "inproc://bench");
    (void) unused;
    for (long i = 0; i < count; i++)
        send_one (socket, body);
    close_socket (socket);
    free (body);
    return NULL;
}

static void *reply (void *unused)
{
    char *body = calloc (1, size + 1);
    void *socket = connected (REP, "inproc://bench");
    (void) unused;
    for (long i = 0; i < count; i++) {
        recv_one (socket, body);
        send_one (socket, body);
    }
    close_socket (socket);
    free (body);
    return NULL;
}

static double throughput (void)
{
    pthread_t thread;
    char *body = calloc (1, size + 1);
    void *socket = bound (PULL, "inproc://bench");
    double start;
    pthread_create (&thread, NULL, push, NULL);
    recv_one (socket, body); /* the clock starts when both are at work */
    start = now ();
    for (long i = 1; i < count; i++)
        recv_one (socket, body);
    start = (count - 1) / (now () - start);
    pthread_join (thread, NULL);
    close_socket (socket);
    free (body);
    return start;
}

static double latency (void)
{
    pthread_t thread;
    char *body = calloc (1, size + 1);
    void *socket = bound (REQ, "inproc://bench");
    double start;
    pthread_create (&thread, NULL, reply, NULL);
    send_one (socket, body);
    recv_one (socket, body);
    start = now ();
    for (long i = 1; i < count; i++) {
        send_one (socket, body);
        recv_one (socket, body);
    }
    start = (now () - start) / (count - 1) * 1e6;
    pthread_join (thread, NULL);
    close_socket (socket);
    free (body);
    return start;
}

/* Pages of this process that are in memory and belong to it alone, in KiB. */
static double resident (void)
{
    long pages = 0, shared = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file || fscanf (file, "%*d %ld %ld", &pages, &shared) != 2)
        fail ("statm");
    fclose (file);
    return (double) (pages - shared) * sysconf (_SC_PAGESIZE) / 1024;
}

static double memory (void)
{
    void **sockets = calloc (2 * count, sizeof *sockets);
    char endpoint[64];
    double before;
    ctx_set (ctx, MAX_SOCKETS, 2 * count + 10);
    /* A first socket starts the threads, which are not the price of a pair. */
    close_socket (bound (PAIR, "inproc://first"));
    memset (sockets, 1, 2 * count * sizeof *sockets);
    before = resident ();
    for (long i = 0; i < count; i++) {
        snprintf (endpoint, sizeof endpoint, "inproc://pair-%ld", i);
        sockets[2 * i] = bound (PAIR, endpoint);
        sockets[2 * i + 1] = connected (PAIR, endpoint);
    }
    before = (resident () - before) / count;
    for (long i = 0; i < 2 * count; i++)
        close_socket (sockets[i]);
    free (sockets);
    return before;
}

int main (int argc, char **argv)
{
    double result;
    if (argc < 4)
        fail ("LIBRARY throughput|latency SIZE COUNT, or LIBRARY memory COUNT");
    load (argv[1]);
    ctx = ctx_new ();
    count = atol (argv[argc - 1]);
    size = (size_t) atol (argv[3]);
    if (strcmp (argv[2], "memory") == 0) {
        result = memory ();
    } else if (argc < 5 || count < 2) {
        fail ("SIZE and COUNT");
        return 1;
    } else if (strcmp (argv[2], "throughput") == 0) {
        result = throughput ();
    } else if (strcmp (argv[2], "latency") == 0) {
        result = latency ();
    } else {
        fail ("which scenario?");
        return 1;
    }
    ctx_term (ctx);
    printf ("%.3f\n", result);
    return 0;
}
