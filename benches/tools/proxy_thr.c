/* How many messages per second go from one thread through zmq_proxy to another. */

#include "tool.h"

#include <pthread.h>
#include <zmq.h>

static size_t size;
static long count;

static void *push (void *socket)
{
    for (long i = 0; i < count; i++)
        send_message (socket, size);
    close_socket (socket);
    return NULL;
}

/* Passes on what comes until the context is shut down. */
static void *pass_on (void *ends)
{
    void **sockets = ends;
    zmq_proxy (sockets[0], sockets[1], NULL);
    close_socket (sockets[0]);
    close_socket (sockets[1]);
    return NULL;
}

int main (int argc, char **argv)
{
    double start, length;
    pthread_t sender, proxy;
    void *ends[2], *socket;
    expect_arguments (argc, 2, 2, "<message-size> <message-count>");
    size = (size_t) number (argv[1], 0);
    count = number (argv[2], 2);
    ends[0] = bound (ZMQ_PULL, "inproc://front");
    ends[1] = bound (ZMQ_PUSH, "inproc://back");
    socket = connected (ZMQ_PULL, "inproc://back");
    if (pthread_create (&proxy, NULL, pass_on, ends) != 0
        || pthread_create (&sender, NULL, push, connected (ZMQ_PUSH, "inproc://front")) != 0)
        fail ("thread");
    recv_message (socket, size);
    start = clock_us ();
    for (long i = 1; i < count; i++)
        recv_message (socket, size);
    length = clock_us () - start;
    pthread_join (sender, NULL);
    zmq_ctx_shutdown (context);
    pthread_join (proxy, NULL);
    print_throughput (size, count, length);
    close_socket (socket);
    end_context ();
    return 0;
}
