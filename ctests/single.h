/* What the tests of types that know single frames only share, between processes. */
#ifndef CTESTS_SINGLE_H
#define CTESTS_SINGLE_H

#include "events.h"

/* Receives a single frame, waiting for it, and checks its text and (unless that is NULL) its group;
 * returns its routing id. */
T_FN uint32_t expect_one (
  const char *file_, int line_, void *socket_, const char *text_, const char *group_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (set_int (socket_, ZMQ_RCVTIMEO, PATIENCE));
    if (zmq_msg_recv (&msg, socket_, 0) == -1)
        t_fail (file_, line_, "expecting \"%s\" gave errno %s", text_, errno_name (errno));
    size_t size = zmq_msg_size (&msg);
    if (size != strlen (text_) || memcmp (zmq_msg_data (&msg), text_, size) != 0)
        t_fail (file_, line_, "received \"%.*s\", expected \"%s\"", (int) size,
                (char *) zmq_msg_data (&msg), text_);
    if (zmq_msg_more (&msg))
        t_fail (file_, line_, "\"%s\" came with MORE", text_);
    if (group_ && strcmp (zmq_msg_group (&msg), group_) != 0)
        t_fail (file_, line_, "\"%s\" came of the group \"%s\", expected \"%s\"", text_,
                zmq_msg_group (&msg), group_);
    uint32_t id = zmq_msg_routing_id (&msg);
    CHECK_OK (zmq_msg_close (&msg));
    return id;
}
#define EXPECT_ONE(socket_, text_) expect_one (__FILE__, __LINE__, socket_, text_, NULL)
#define EXPECT_OF(socket_, group_, text_) expect_one (__FILE__, __LINE__, socket_, text_, group_)

/* A bound and a connected socket. */
T_FN void couple_over (
  int transport_, int server_type_, int client_type_, void **server_, void **client_)
{
    *server_ = new_socket (server_type_);
    *client_ = eager_socket (client_type_);
    CHECK_OK (zmq_connect (*client_, bind_over (transport_, *server_)));
}

/* Waits until a socket that had no peer has one, which these types tell by POLLOUT. */
#define WAIT_FOR_PEER(socket_) WAIT_UNTIL (settle (socket_) & ZMQ_POLLOUT)

#endif
