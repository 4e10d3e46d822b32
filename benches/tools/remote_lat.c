/* Half of what a round trip to local_lat takes. */

#include "tool.h"

#include <zmq.h>

int main (int argc, char **argv)
{
    size_t size;
    long count;
    double start, length;
    void *socket;
    expect_arguments (argc, 3, 3, "<connect-to> <message-size> <roundtrip-count>");
    size = (size_t) number (argv[2], 0);
    count = number (argv[3], 1);
    socket = connected (ZMQ_REQ, argv[1]);
    start = clock_us ();
    for (long i = 0; i < count; i++) {
        send_message (socket, size);
        recv_message (socket, size);
    }
    length = clock_us () - start;
    print_latency (size, count, length);
    close_socket (socket);
    end_context ();
    return 0;
}
