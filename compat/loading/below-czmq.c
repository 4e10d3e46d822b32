/* A program of CZMQ's, which brings its own wish for a libzmq: see linked.c. */
#define _GNU_SOURCE
#include <czmq.h>
#include <dlfcn.h>

int main (int argc, char **argv)
{
    (void) argc;
    Dl_info where;
    char found[PATH_MAX];
    if (!dladdr ((void *) (size_t) zmq_version, &where) || !realpath (where.dli_fname, found)
        || strcmp (found, argv[1]) != 0)
        return 1;
    zsock_t *push = zsock_new_push ("@tcp://127.0.0.1:*"), *pull = NULL;
    if (!push || !(pull = zsock_new_pull (NULL)) || zsock_connect (pull, "%s", zsock_endpoint (push)))
        return 2;
    zsock_set_rcvtimeo (pull, 20000);
    zstr_send (push, "hello");
    char *got = zstr_recv (pull);
    const int fine = got && streq (got, "hello");
    zstr_free (&got);
    zsock_destroy (&push);
    zsock_destroy (&pull);
    return fine ? 0 : 3;
}
