/* Half of what a round trip between two threads takes. */

#include "tool.h"

#include <pthread.h>
#include <zmq.h>

static size_t size;
static long count;

static void *answer (void *socket)
{
    for (long i = 0; i < count; i++) {
        recv_message (socket, size);
        send_message (socket, size);
    }
    close_socket (socket);
    return NULL;
}

int main (int argc, char **argv)
{
    double start, length;
    pthread_t thread;
    void *socket;
    expect_arguments (argc, 2, 2, "<message-size> <roundtrip-count>");
    size = (size_t) number (argv[1], 0);
    count = number (argv[2], 1);
    socket = bound (ZMQ_REQ, "inproc://lat");
    if (pthread_create (&thread, NULL, answer, connected (ZMQ_REP, "inproc://lat")) != 0)
        fail ("thread");
    start = clock_us ();
    for (long i = 0; i < count; i++) {
        send_message (socket, size);
        recv_message (socket, size);
    }
    length = clock_us () - start;
    pthread_join (thread, NULL);
    print_latency (size, count, length);
    close_socket (socket);
    end_context ();
    return 0;
}
