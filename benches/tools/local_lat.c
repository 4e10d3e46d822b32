/* Answers remote_lat. */

#include "tool.h"

#include <zmq.h>

int main (int argc, char **argv)
{
    size_t size;
    long count;
    void *socket;
    expect_arguments (argc, 3, 3, "<bind-to> <message-size> <roundtrip-count>");
    size = (size_t) number (argv[2], 0);
    count = number (argv[3], 1);
    socket = bound (ZMQ_REP, argv[1]);
    for (long i = 0; i < count; i++) {
        recv_message (socket, size);
        send_message (socket, size);
    }
    close_socket (socket);
    end_context ();
    return 0;
}
