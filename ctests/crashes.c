/* Inputs on which a reference crashes or aborts: here they are answered. */
#include "test.h"

#define CRASHES "a reference crashes"

OURS_ONLY (a82_null_endpoint_is_einval, CRASHES)
{
    void *socket = new_socket (ZMQ_PAIR);
    CHECK_FAIL (zmq_bind (socket, NULL), EINVAL);
    CHECK_FAIL (zmq_connect (socket, NULL), EINVAL);
    CHECK_FAIL (zmq_bind (NULL, NULL), ENOTSOCK);
}

/* -1 with EINVAL or EFAULT: both are sane for a pointer that is missing. */
#define CHECK_REFUSED(expr_)                                                                       \
    do {                                                                                           \
        errno = 0;                                                                                 \
        int t_got = (expr_);                                                                       \
        int t_errno = errno;                                                                       \
        if (t_got != -1 || (t_errno != EINVAL && t_errno != EFAULT))                               \
            FAIL ("%s got %d %s, expected a refusal", #expr_, t_got, errno_name (t_errno));        \
    } while (0)

OURS_ONLY (a82_null_option_values, CRASHES)
{
    void *socket = new_socket (ZMQ_DEALER), *sub = new_socket (ZMQ_SUB);
    static const int options[] = {ZMQ_LINGER, ZMQ_SNDHWM, ZMQ_ROUTING_ID, ZMQ_IPV6, 1000};
    for (int i = 0; i < 5; i++)
        CHECK_REFUSED (zmq_setsockopt (socket, options[i], NULL, 4));
    CHECK_REFUSED (zmq_setsockopt (socket, ZMQ_AFFINITY, NULL, 8));
    CHECK_REFUSED (zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, NULL, 8));
    CHECK_REFUSED (zmq_setsockopt (socket, ZMQ_ROUTING_ID, NULL, 5));
    CHECK_REFUSED (zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, NULL, 32));
    CHECK_REFUSED (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 5));
    CHECK_REFUSED (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 4));
    CHECK_INT (get_int (socket, ZMQ_LINGER), -1);
}

OURS_ONLY (a82_null_getsockopt_arguments, CRASHES)
{
    void *socket = new_socket (ZMQ_DEALER);
    int value;
    size_t size = sizeof value;
    static const int options[] = {ZMQ_LINGER, ZMQ_EVENTS, ZMQ_FD, ZMQ_LAST_ENDPOINT};
    for (int i = 0; i < 4; i++) {
        CHECK_REFUSED (zmq_getsockopt (socket, options[i], NULL, &size));
        CHECK_REFUSED (zmq_getsockopt (socket, options[i], &value, NULL));
        CHECK_REFUSED (zmq_getsockopt (socket, options[i], NULL, NULL));
    }
}

OURS_ONLY (a82_send_of_an_invalid_message_is_efault, CRASHES)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_FAIL (zmq_msg_send (&msg, a, 0), EFAULT);
    CHECK_FAIL (zmq_sendmsg (a, &msg, 0), EFAULT);
    CHECK_FAIL (zmq_msg_send (NULL, a, 0), EFAULT);
    CHECK_FAIL (zmq_sendmsg (a, NULL, 0), EFAULT);
    EXPECT_NOTHING (b);
}

OURS_ONLY (a82_null_messages, CRASHES)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_FAIL (zmq_msg_close (NULL), EFAULT);
    CHECK_FAIL (zmq_msg_init (NULL), EFAULT);
    CHECK_FAIL (zmq_msg_init_size (NULL, 5), EFAULT);
    CHECK_FAIL (zmq_msg_move (NULL, &msg), EFAULT);
    CHECK_FAIL (zmq_msg_move (&msg, NULL), EFAULT);
    CHECK_FAIL (zmq_msg_copy (NULL, &msg), EFAULT);
    CHECK_FAIL (zmq_msg_copy (&msg, NULL), EFAULT);
    CHECK (zmq_msg_data (NULL) == NULL);
    CHECK_INT (zmq_msg_size (NULL), 0);
    CHECK_INT (zmq_msg_more (NULL), 0);
    CHECK (zmq_msg_get (NULL, ZMQ_MORE) <= 0);
    CHECK (zmq_msg_gets (NULL, "Socket-Type") == NULL);
    CHECK_OK (zmq_msg_close (&msg));
}

OURS_ONLY (a82_closed_messages, CRASHES)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 100));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK (zmq_msg_data (&msg) == NULL);
    CHECK_INT (zmq_msg_size (&msg), 0);
    CHECK (zmq_msg_gets (&msg, "Socket-Type") == NULL);
}

OURS_ONLY (a82_a_failed_init_size_leaves_an_invalid_message, CRASHES)
{
    zmq_msg_t msg;
    memset (&msg, 0xa5, sizeof msg);
    CHECK_FAIL (zmq_msg_init_size (&msg, SIZE_MAX), ENOMEM);
    CHECK_FAIL (zmq_msg_close (&msg), EFAULT);
    CHECK_FAIL (zmq_msg_init_size (&msg, (size_t) 1 << 62), ENOMEM);
    CHECK_FAIL (zmq_msg_close (&msg), EFAULT);
}

OURS_ONLY (a82_null_buffers_are_efault, CRASHES)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_FAIL (zmq_send (a, NULL, 5, 0), EFAULT);
    CHECK_FAIL (zmq_send_const (a, NULL, 5, 0), EFAULT);
    zmq_msg_t msg;
    CHECK_FAIL (zmq_msg_init_data (&msg, NULL, 5, NULL, NULL), EFAULT);
    EXPECT_NOTHING (b);
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK_INT (send_str (a, "b", 0), 1);
    CHECK_FAIL (zmq_recv (b, NULL, 5, 0), EFAULT);
    EXPECT (b, "b");
}

OURS_ONLY (a82_copy_onto_itself_keeps_the_message, "a reference destroys it")
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 100));
    memset (zmq_msg_data (&msg), 'm', 100);
    CHECK_OK (zmq_msg_copy (&msg, &msg));
    CHECK_INT (zmq_msg_size (&msg), 100);
    CHECK_INT (((char *) zmq_msg_data (&msg))[99], 'm');
    CHECK_OK (zmq_msg_close (&msg));
}

OURS_ONLY (a82_proxies_of_bad_sockets, CRASHES)
{
    void *open = new_socket (ZMQ_PULL), *closed = new_socket (ZMQ_PULL);
    close_socket (closed);
    CHECK_FAIL (zmq_device (0, NULL, NULL), EFAULT);
    CHECK_FAIL (zmq_device (ZMQ_QUEUE, open, NULL), EFAULT);
    CHECK_FAIL (zmq_device (ZMQ_QUEUE, NULL, open), EFAULT);
    CHECK_FAIL (zmq_proxy_steerable (open, closed, NULL, open), ENOTSOCK);
    CHECK_FAIL (zmq_proxy_steerable (open, open, NULL, closed), ENOTSOCK);
    CHECK_FAIL (zmq_proxy (open, open, closed), ENOTSOCK);
}

/* A steerable proxy of one REP with itself, which ends by command. */
static void *steer (void *sockets_)
{
    void **sockets = sockets_;
    CHECK_OK (zmq_proxy_steerable (sockets[0], sockets[0], NULL, sockets[1]));
    return NULL;
}

OURS_ONLY (a82_steerable_with_one_socket_works, "a draft build of a reference crashes")
{
    void *rep, *req, *control, *controller;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    inproc_pair (ZMQ_REP, ZMQ_REQ, &control, &controller);
    void *sockets[] = {rep, control};
    pthread_t thread = start (steer, sockets);
    send_parts (req, "echo", NULL);
    EXPECT (req, "echo");
    send_parts (controller, "TERMINATE", NULL);
    EXPECT (controller, "");
    join (thread);
}

OURS_ONLY (a82_duplicate_connect_routing_id_is_einval, CRASHES)
{
    void *router = new_socket (ZMQ_ROUTER), *first = new_socket (ZMQ_DEALER);
    void *second = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_bind (first, "inproc://first"));
    CHECK_OK (zmq_bind (second, "inproc://second"));
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "same"));
    CHECK_OK (zmq_connect (router, "inproc://first"));
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "same"));
    CHECK_FAIL (zmq_connect (router, "inproc://second"), EINVAL);
    send_parts (router, "same", "to the first", NULL);
    EXPECT (first, "to the first");
    EXPECT_NOTHING (second);
}

OURS_ONLY (a82_null_utility_arguments, CRASHES)
{
    char text[64];
    CHECK_INT (zmq_has (NULL), 0);
    zmq_version (NULL, NULL, NULL);
    CHECK_FAIL (zmq_timers_destroy (NULL), EFAULT);
    CHECK (zmq_z85_encode (NULL, (const uint8_t *) "1234", 4) == NULL);
    CHECK (zmq_z85_encode (text, NULL, 4) == NULL);
    CHECK (zmq_z85_decode (NULL, "Hello") == NULL);
    CHECK (zmq_z85_decode ((uint8_t *) text, NULL) == NULL);
    CHECK_INT (zmq_curve_keypair (NULL, text), -1);
    CHECK_INT (zmq_curve_public (text, NULL), -1);
    zmq_atomic_counter_destroy (NULL);
}

OURS_ONLY (a82_foreign_memory_is_no_handle, "a reference reads past its end")
{
    /* of every byte value, and shorter than any object of the library would be */
    static char junk[64];
    char byte;
    for (int value = 0; value < 256; value += 5) {
        memset (junk, value, sizeof junk);
        CHECK_FAIL (zmq_close (junk), ENOTSOCK);
        CHECK_FAIL (zmq_recv (junk, &byte, 1, 0), ENOTSOCK);
        CHECK_FAIL (zmq_ctx_term (junk), EFAULT);
        CHECK_FAIL (zmq_timers_execute (junk), EFAULT);
    }
}
