/* Sends to local_thr. */

#include "tool.h"

#include <zmq.h>

int main (int argc, char **argv)
{
    size_t size;
    long count;
    void *socket;
    expect_arguments (argc, 3, 4, "<connect-to> <message-size> <message-count> [<enable-curve>]");
    size = (size_t) number (argv[2], 0);
    count = number (argv[3], 2);
    socket = make_socket (ZMQ_PUSH);
    if (argc > 4 && number (argv[4], 0))
        use_curve (socket, 0);
    if (zmq_connect (socket, argv[1]) != 0)
        fail (argv[1]);
    for (long i = 0; i < count; i++)
        send_message (socket, size);
    close_socket (socket);
    end_context (); /* waits until all is sent */
    return 0;
}
