/* The first send, the first receive and the first ZMQ_EVENTS of a fresh socket, for each type. */
#include "sockets.h"

/* Checks one row of the table; errno 0 stands for success. */
static void row (void *socket_, int send_errno_, int recv_errno_, int events_)
{
    char byte;
    if (send_errno_)
        CHECK_FAIL (zmq_send (socket_, "a", 1, ZMQ_DONTWAIT), send_errno_);
    else
        CHECK_INT (zmq_send (socket_, "a", 1, ZMQ_DONTWAIT), 1);
    CHECK_FAIL (zmq_recv (socket_, &byte, 1, ZMQ_DONTWAIT), recv_errno_);
    CHECK_INT (settle (socket_), events_);
}

TEST (s_a0_pair_first_calls)
{
    row (new_socket (ZMQ_PAIR), EAGAIN, EAGAIN, 0);
}

TEST (s_a0_dealer_first_calls)
{
    row (new_socket (ZMQ_DEALER), EAGAIN, EAGAIN, 0);
}

TEST (s_a0_push_first_calls)
{
    row (new_socket (ZMQ_PUSH), EAGAIN, ENOTSUP, 0);
}

TEST (s_a0_pub_first_calls)
{
    row (new_socket (ZMQ_PUB), 0, ENOTSUP, ZMQ_POLLOUT);
}

TEST (s_a0_xpub_first_calls)
{
    row (new_socket (ZMQ_XPUB), 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_xsub_first_calls)
{
    row (new_socket (ZMQ_XSUB), 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_router_first_calls)
{
    row (new_socket (ZMQ_ROUTER), 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_stream_first_calls)
{
    row (new_socket (ZMQ_STREAM), 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_stream_first_frame_with_sndmore_gives_ehostunreach)
{
    CHECK_FAIL (send_str (new_socket (ZMQ_STREAM), "id", ZMQ_SNDMORE | ZMQ_DONTWAIT),
                EHOSTUNREACH);
}

TEST (s_a0_sub_first_calls)
{
    row (new_socket (ZMQ_SUB), ENOTSUP, EAGAIN, 0);
}

TEST (s_a0_pull_first_calls)
{
    row (new_socket (ZMQ_PULL), ENOTSUP, EAGAIN, 0);
}

TEST (s_a0_req_first_calls)
{
    row (new_socket (ZMQ_REQ), EAGAIN, EFSM, 0);
}

TEST (s_a0_rep_first_calls)
{
    row (new_socket (ZMQ_REP), EFSM, EAGAIN, 0);
}

TEST (s_a0_mandatory_router_first_calls)
{
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_FAIL (send_str (router, "id", ZMQ_SNDMORE | ZMQ_DONTWAIT), EHOSTUNREACH);
    row (router, 0, EAGAIN, 0);
}

TEST (s_a0_zmq_type_reads_the_number_of_the_type)
{
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++)
        CHECK_INT (get_int (new_socket (type), ZMQ_TYPE), type);
}

TEST (s_a0_inproc_checks_no_types)
{
    void *pull, *pair;
    inproc_pair (ZMQ_PULL, ZMQ_PAIR, &pull, &pair);
    send_parts (pair, "odd", "couple", NULL);
    EXPECT (pull, "odd", "couple");
}
