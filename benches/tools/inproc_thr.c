/* How many messages per second go from one thread to another. */

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

int main (int argc, char **argv)
{
    double start, length;
    pthread_t thread;
    void *socket;
    expect_arguments (argc, 2, 2, "<message-size> <message-count>");
    size = (size_t) number (argv[1], 0);
    count = number (argv[2], 2);
    socket = bound (ZMQ_PULL, "inproc://thr");
    if (pthread_create (&thread, NULL, push, connected (ZMQ_PUSH, "inproc://thr")) != 0)
        fail ("thread");
    recv_message (socket, size);
    start = clock_us ();
    for (long i = 1; i < count; i++)
        recv_message (socket, size);
    length = clock_us () - start;
    pthread_join (thread, NULL);
    print_throughput (size, count, length);
    close_socket (socket);
    end_context ();
    return 0;
}
