/* What a library does here once it is loaded: see api.h. */
#define _GNU_SOURCE
#include "api.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WANT(condition)                                                                    \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf (stderr, "%s: ", endpoint);                                            \
            fail (#condition);                                                             \
        }                                                                                  \
    } while (0)

void fail (const char *what)
{
    fprintf (stderr, "fails: %s\n", what);
    /* Threads of a library may be in the middle of something. */
    _exit (1);
}

/* A socket whose calls end in time. */
static void *make (const struct api *api, void *ctx, int type)
{
    const char *endpoint = "a socket";
    const int limit = 20000, linger = 0;
    void *socket = api->zmq_socket (ctx, type);
    WANT (socket);
    WANT (api->zmq_setsockopt (socket, ZMQ_RCVTIMEO, &limit, sizeof limit) == 0);
    WANT (api->zmq_setsockopt (socket, ZMQ_SNDTIMEO, &limit, sizeof limit) == 0);
    WANT (api->zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger) == 0);
    return socket;
}

/* Sends one way, in two parts, a text and many bytes. */
static void pass (const struct api *from, void *sender, const struct api *to, void *receiver,
                  const char *endpoint)
{
    static _Thread_local char out[100000], in[sizeof out];
    int more;
    size_t size = sizeof more;
    zmq_pollitem_t item = {receiver, 0, ZMQ_POLLIN, 0};
    memset (out, endpoint[0], sizeof out);
    WANT (from->zmq_send (sender, "text", 4, ZMQ_SNDMORE) == 4);
    WANT (from->zmq_send (sender, out, sizeof out, 0) == sizeof out);
    WANT (to->zmq_poll (&item, 1, 20000) == 1 && item.revents == ZMQ_POLLIN);
    WANT (to->zmq_recv (receiver, in, sizeof in, 0) == 4 && memcmp (in, "text", 4) == 0);
    WANT (to->zmq_getsockopt (receiver, ZMQ_RCVMORE, &more, &size) == 0 && more == 1);
    WANT (to->zmq_recv (receiver, in, sizeof in, 0) == sizeof in);
    WANT (memcmp (in, out, sizeof in) == 0);
}

/* A question and an answer at an endpoint, encrypted if there are keys. */
static void ask (const struct api *bound, void *bound_ctx, const struct api *connected,
                 void *connected_ctx, const char *endpoint, int encrypted)
{
    char address[256], server[41], client[41], server_secret[41], client_secret[41];
    const int yes = 1;
    size_t size = sizeof address;
    void *rep = make (bound, bound_ctx, ZMQ_REP);
    void *req = make (connected, connected_ctx, ZMQ_REQ);
    if (encrypted) {
        WANT (bound->zmq_curve_keypair (server, server_secret) == 0);
        WANT (connected->zmq_curve_keypair (client, client_secret) == 0);
        WANT (bound->zmq_setsockopt (rep, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0);
        WANT (bound->zmq_setsockopt (rep, ZMQ_CURVE_SECRETKEY, server_secret, 41) == 0);
        WANT (connected->zmq_setsockopt (req, ZMQ_CURVE_SERVERKEY, server, 41) == 0);
        WANT (connected->zmq_setsockopt (req, ZMQ_CURVE_PUBLICKEY, client, 41) == 0);
        WANT (connected->zmq_setsockopt (req, ZMQ_CURVE_SECRETKEY, client_secret, 41) == 0);
    }
    WANT (bound->zmq_bind (rep, endpoint) == 0);
    WANT (bound->zmq_getsockopt (rep, ZMQ_LAST_ENDPOINT, address, &size) == 0);
    WANT (connected->zmq_connect (req, address) == 0);
    for (int turn = 0; turn < 10; ++turn) {
        pass (connected, req, bound, rep, endpoint);
        pass (bound, rep, connected, req, endpoint);
    }
    WANT (bound->zmq_send (rep, "", 0, 0) == -1 && bound->zmq_errno () == EFSM);
    WANT (strcmp (bound->zmq_strerror (EFSM),
                  "Operation cannot be accomplished in current state") == 0);
    WANT (bound->zmq_close (rep) == 0 && connected->zmq_close (req) == 0);
}

/* News for a subscriber. */
static void publish (const struct api *bound, void *bound_ctx, const struct api *connected,
                     void *connected_ctx)
{
    const char *endpoint = "tcp://127.0.0.1:*";
    char address[256], got[10];
    size_t size = sizeof address;
    void *pub = make (bound, bound_ctx, ZMQ_XPUB);
    void *sub = make (connected, connected_ctx, ZMQ_SUB);
    WANT (bound->zmq_bind (pub, endpoint) == 0);
    WANT (bound->zmq_getsockopt (pub, ZMQ_LAST_ENDPOINT, address, &size) == 0);
    WANT (connected->zmq_connect (sub, address) == 0);
    WANT (connected->zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "t", 1) == 0);
    WANT (bound->zmq_recv (pub, got, sizeof got, 0) == 2 && got[0] == 1 && got[1] == 't');
    WANT (bound->zmq_send (pub, "no", 2, 0) == 2);
    pass (bound, pub, connected, sub, endpoint);
    WANT (bound->zmq_close (pub) == 0 && connected->zmq_close (sub) == 0);
}

void converse (const struct api *bound, const struct api *connected)
{
    const char *endpoint = "a context";
    void *bound_ctx = bound->zmq_ctx_new ();
    void *connected_ctx = bound == connected ? bound_ctx : connected->zmq_ctx_new ();
    WANT (bound_ctx && connected_ctx);
    ask (bound, bound_ctx, connected, connected_ctx, "tcp://127.0.0.1:*", 0);
    ask (bound, bound_ctx, connected, connected_ctx, "tcp://127.0.0.1:*", 1);
    ask (bound, bound_ctx, connected, connected_ctx, "ipc://*", 0);
    publish (bound, bound_ctx, connected, connected_ctx);
    if (bound == connected)
        ask (bound, bound_ctx, connected, connected_ctx, "inproc://name", 0);
    WANT (bound->zmq_ctx_term (bound_ctx) == 0);
    if (bound != connected)
        WANT (connected->zmq_ctx_term (connected_ctx) == 0);
}

void expect_mapped (const struct api *api, const char *library, int count)
{
    char line[PATH_MAX + 100], found[PATH_MAX], last[PATH_MAX] = "";
    int files = 0;
    Dl_info where;
    if (!dladdr (*(void **) &api->zmq_version, &where) || !realpath (where.dli_fname, found))
        fail ("dladdr");
    if (strcmp (found, library) != 0)
        fail (found);
    FILE *maps = fopen ("/proc/self/maps", "r");
    if (!maps)
        fail ("/proc/self/maps");
    while (fgets (line, sizeof line, maps)) {
        const char *path = strchr (line, '/');
        /* What belongs to a file stands together. */
        if (path && strstr (path, "/libzmq") && strcmp (path, last) != 0) {
            strcpy (last, path);
            ++files;
        }
    }
    fclose (maps);
    if (files != count) {
        fprintf (stderr, "%d instead of %d\n", files, count);
        fail ("how many libraries are mapped");
    }
}
