/*
 * Measures one libzmq, loaded by path, in one scenario, and prints one number.
 *
 *     bench LIBRARY throughput WHERE SIZE COUNT   PUSH to PULL: messages per second
 *     bench LIBRARY latency WHERE SIZE COUNT      REQ and REP: microseconds per round trip
 *     bench LIBRARY memory inproc 0 COUNT         KiB per connected, idle pair of sockets
 *
 * WHERE is inproc, for two threads of one process, or tcp or ipc, for two processes. Nothing is
 * linked: the same program measures every library, in fresh processes.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIR = 0, REQ = 3, REP = 4, PULL = 7, PUSH = 8 };
enum { MAX_SOCKETS = 2, LAST_ENDPOINT = 32 };

static void *(*ctx_new) (void);
static int (*ctx_set) (void *, int, int);
static int (*ctx_term) (void *);
static void *(*open_socket) (void *, int);
static int (*close_socket) (void *);
static int (*bind_socket) (void *, const char *);
static int (*connect_socket) (void *, const char *);
static int (*send_buffer) (void *, const void *, size_t, int);
static int (*recv_buffer) (void *, void *, size_t, int);
static int (*get_option) (void *, int, void *, size_t *);

static void *ctx;
static size_t size;
static long count;
/* Where the socket under measurement is bound. */
static char endpoint[256];
static int in_process;

__attribute__ ((noreturn)) static void fail (const char *what)
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
    *(void **) &get_option = symbol (library, "zmq_getsockopt");
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

static void push (void)
{
    char *body = calloc (1, size + 1);
    void *socket = connected (PUSH, endpoint);
    for (long i = 0; i < count; i++)
        send_one (socket, body);
    close_socket (socket);
    free (body);
}

static void reply (void)
{
    char *body = calloc (1, size + 1);
    void *socket = connected (REP, endpoint);
    for (long i = 0; i < count; i++) {
        recv_one (socket, body);
        send_one (socket, body);
    }
    close_socket (socket);
    free (body);
}

/* The other side, in a thread or a process of its own. */
typedef struct
{
    void (*work) (void);
    pthread_t thread;
    pid_t process;
    int pipe[2];
} side_t;

static void *run_side (void *side)
{
    ((side_t *) side)->work ();
    return NULL;
}

/* A process has to be forked before there is a context. */
static void prepare_side (side_t *side, void (*work) (void))
{
    side->work = work;
    if (in_process)
        return;
    if (pipe (side->pipe) != 0 || (side->process = fork ()) < 0)
        fail ("fork");
    if (side->process == 0) {
        close (side->pipe[1]);
        if (read (side->pipe[0], endpoint, sizeof endpoint) <= 0)
            fail ("no endpoint");
        ctx = ctx_new ();
        work ();
        ctx_term (ctx);
        _exit (0);
    }
    close (side->pipe[0]);
}

static void start_side (side_t *side)
{
    if (in_process)
        pthread_create (&side->thread, NULL, run_side, side);
    else if (write (side->pipe[1], endpoint, sizeof endpoint) < 0)
        fail ("write");
}

static void join_side (side_t *side)
{
    if (in_process)
        pthread_join (side->thread, NULL);
    else
        waitpid (side->process, NULL, 0);
}

/* Binds what is measured, and says where. */
static void *bound_here (int type)
{
    size_t length = sizeof endpoint;
    void *socket = bound (type, endpoint);
    if (get_option (socket, LAST_ENDPOINT, endpoint, &length) != 0)
        fail ("last endpoint");
    return socket;
}

static double throughput (void)
{
    side_t side;
    char *body = calloc (1, size + 1);
    void *socket;
    double start;
    prepare_side (&side, push);
    ctx = ctx_new ();
    socket = bound_here (PULL);
    start_side (&side);
    recv_one (socket, body); /* the clock starts when both are at work */
    start = now ();
    for (long i = 1; i < count; i++)
        recv_one (socket, body);
    start = (count - 1) / (now () - start);
    join_side (&side);
    close_socket (socket);
    free (body);
    return start;
}

static double latency (void)
{
    side_t side;
    char *body = calloc (1, size + 1);
    void *socket;
    double start;
    prepare_side (&side, reply);
    ctx = ctx_new ();
    socket = bound_here (REQ);
    start_side (&side);
    send_one (socket, body);
    recv_one (socket, body);
    start = now ();
    for (long i = 1; i < count; i++) {
        send_one (socket, body);
        recv_one (socket, body);
    }
    start = (now () - start) / (count - 1) * 1e6;
    join_side (&side);
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
    double before;
    ctx = ctx_new ();
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
    if (argc != 6)
        fail ("LIBRARY throughput|latency|memory inproc|tcp|ipc SIZE COUNT");
    load (argv[1]);
    in_process = strcmp (argv[3], "inproc") == 0;
    strcpy (endpoint, in_process                     ? "inproc://bench"
                      : strcmp (argv[3], "tcp") == 0 ? "tcp://127.0.0.1:*"
                                                     : "ipc://*");
    size = (size_t) atol (argv[4]);
    count = atol (argv[5]);
    if (count < 2)
        fail ("at least two");
    if (strcmp (argv[2], "memory") == 0)
        result = memory ();
    else if (strcmp (argv[2], "throughput") == 0)
        result = throughput ();
    else if (strcmp (argv[2], "latency") == 0)
        result = latency ();
    else
        fail ("which scenario?");
    ctx_term (ctx);
    printf ("%.3f\n", result);
    return 0;
}
