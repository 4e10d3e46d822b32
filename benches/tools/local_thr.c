/* How many messages per second come from remote_thr. */

#include "tool.h"

#include <zmq.h>

int main (int argc, char **argv)
{
    size_t size;
    long count;
    double start;
    void *socket;
    expect_arguments (argc, 3, 4, "<bind-to> <message-size> <message-count> [<enable-curve>]");
    size = (size_t) number (argv[2], 0);
    count = number (argv[3], 2);
    socket = make_socket (ZMQ_PULL);
    if (argc > 4 && number (argv[4], 0))
        use_curve (socket, 1);
    if (zmq_bind (socket, argv[1]) != 0)
        fail (argv[1]);
    recv_message (socket, size); /* the clock starts with the first */
    start = clock_us ();
    for (long i = 1; i < count; i++)
        recv_message (socket, size);
    print_throughput (size, count, clock_us () - start);
    close_socket (socket);
    end_context ();
    return 0;
}
