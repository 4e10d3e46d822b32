/* Passes a message within the process and prints the file that zmq_version() was found in. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

int main (void)
{
    char buffer[8];
    Dl_info where;
    void *ctx = zmq_ctx_new ();
    void *push = zmq_socket (ctx, ZMQ_PUSH);
    void *pull = zmq_socket (ctx, ZMQ_PULL);
    if (zmq_bind (pull, "inproc://installed") != 0 || zmq_connect (push, "inproc://installed") != 0
        || zmq_send (push, "hello", 5, 0) != 5 || zmq_recv (pull, buffer, sizeof buffer, 0) != 5
        || memcmp (buffer, "hello", 5) != 0) {
        fprintf (stderr, "%s\n", zmq_strerror (zmq_errno ()));
        return 1;
    }
    zmq_close (push);
    zmq_close (pull);
    zmq_ctx_term (ctx);
    if (!dladdr ((void *) (size_t) zmq_version, &where))
        return 2;
    puts (where.dli_fname);
    return 0;
}
