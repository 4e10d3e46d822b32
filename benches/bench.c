/*
 * Measures one libzmq, loaded by path, in one scenario, and prints one number.
 *
 *     bench LIBRARY throughput WHERE SIZE COUNT   PUSH to PULL: messages per second
 *     bench LIBRARY latency WHERE SIZE COUNT      REQ and REP: microseconds per round trip
 *     bench LIBRARY memory inproc 0 COUNT         KiB per connected, idle pair of sockets
 *
 * WHERE is inproc, for two threads of one process, or tcp or ipc, for two processes. Nothing is
 * linked: the same program measures every library, in fresh processes.
 *
 * Over tcp or ipc a mechanism may follow, with who binds as the server: `plain USER PASSWORD`, or
 * `curve SERVER-PUBLIC SERVER-SECRET CLIENT-PUBLIC CLIENT-SECRET` with keys as text.
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
enum { MAX_SOCKETS = 2, LAST_ENDPOINT = 32, SNDMORE = 2 };
enum {
    PLAIN_SERVER = 44,
    PLAIN_USERNAME = 45,
    PLAIN_PASSWORD = 46,
    CURVE_SERVER = 47,
    CURVE_PUBLICKEY = 48,
    CURVE_SECRETKEY = 49,
    CURVE_SERVERKEY = 50
};

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
static int (*set_option) (void *, int, const void *, size_t);

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
    *(void **) &set_option = symbol (library, "zmq_setsockopt");
}

static double now (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

/* The mechanism and what it needs: a name and a password, or keys. NULL if there is none. */
static char **security;

static void set_text (void *socket, int option, const char *text)
{
    if (set_option (socket, option, text, strlen (text)) != 0)
        fail ("a text of the mechanism is refused");
}

static void set_server (void *socket, int option)
{
    const int yes = 1;
    if (set_option (socket, option, &yes, sizeof yes) != 0)
        fail ("the mechanism is refused");
}

static void be_server (void *socket)
{
    if (!security)
        return;
    if (strcmp (security[0], "plain") == 0) {
        set_server (socket, PLAIN_SERVER);
    } else {
        set_server (socket, CURVE_SERVER);
        set_text (socket, CURVE_SECRETKEY, security[2]);
    }
}

static void be_client (void *socket)
{
    if (!security)
        return;
    if (strcmp (security[0], "plain") == 0) {
        set_text (socket, PLAIN_USERNAME, security[1]);
        set_text (socket, PLAIN_PASSWORD, security[2]);
    } else {
        set_text (socket, CURVE_SERVERKEY, security[1]);
        set_text (socket, CURVE_PUBLICKEY, security[3]);
        set_text (socket, CURVE_SECRETKEY, security[4]);
    }
}

static void *bound (int type, const char *endpoint)
{
    void *socket = open_socket (ctx, type);
    if (!socket)
        fail ("socket");
    be_server (socket);
    if (bind_socket (socket, endpoint) != 0)
        fail ("bind");
    return socket;
}

static void *connected (int type, const char *endpoint)
{
    void *socket = open_socket (ctx, type);
    if (!socket)
        fail ("socket");
    be_client (socket);
    if (connect_socket (socket, endpoint) != 0)
        fail ("connect");
    return socket;
}

/* Lets the one client in, if it has the right name and password. */
static void *judge (void *handler)
{
    enum { FRAMES = 8 };
    char frames[FRAMES][256];
    const char *status = "200", *reply[] = {"1.0", "1", "", "", ""};
    for (int i = 0; i < FRAMES; i++) {
        int length = recv_buffer (handler, frames[i], sizeof frames[i] - 1, 0);
        if (length < 0 || length >= (int) sizeof frames[i])
            fail ("request to the handler");
        frames[i][length] = 0;
    }
    if (strcmp (frames[6], security[1]) != 0 || strcmp (frames[7], security[2]) != 0)
        status = "400";
    reply[2] = status;
    for (int i = 0; i < 5; i++)
        send_buffer (handler, reply[i], strlen (reply[i]), SNDMORE);
    send_buffer (handler, "", 0, 0);
    close_socket (handler);
    return NULL;
}

/* A server of PLAIN lets nobody in without a handler. */
static void start_handler (void)
{
    pthread_t thread;
    void *handler;
    if (!security || strcmp (security[0], "plain") != 0)
        return;
    handler = open_socket (ctx, REP);
    if (!handler || bind_socket (handler, "inproc://zeromq.zap.01") != 0)
        fail ("handler");
    pthread_create (&thread, NULL, judge, handler);
    pthread_detach (thread);
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
    start_handler ();
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
    start_handler ();
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
    if (argc != 6 && (argc != 9 || strcmp (argv[6], "plain") != 0)
        && (argc != 11 || strcmp (argv[6], "curve") != 0))
        fail ("LIBRARY throughput|latency|memory inproc|tcp|ipc SIZE COUNT [plain NAME PASSWORD] "
              "[curve KEY KEY KEY KEY]");
    load (argv[1]);
    in_process = strcmp (argv[3], "inproc") == 0;
    security = argc > 6 ? argv + 6 : NULL;
    if (security && in_process)
        fail ("no mechanism has a say within a process");
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
