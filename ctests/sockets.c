/* Handles, what each socket type answers when nobody is there, closing. */
#include "test.h"

static const int types[] = {ZMQ_PAIR,   ZMQ_PUB,  ZMQ_SUB,  ZMQ_REQ,  ZMQ_REP,  ZMQ_DEALER,
                            ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};
#define TYPES (sizeof types / sizeof *types)

TEST (h001_unknown_type_is_einval)
{
    CHECK_NULL (zmq_socket (context (), 21), EINVAL);
    CHECK_NULL (zmq_socket (context (), -1), EINVAL);
    CHECK_NULL (zmq_socket (context (), 1000000), EINVAL);
    /* and takes no place */
    void *socket = new_socket (ZMQ_PAIR);
    close_socket (socket);
}

TEST (h002_socket_of_null_context_is_efault)
{
    CHECK_NULL (zmq_socket (NULL, ZMQ_PAIR), EFAULT);
    CHECK_NULL (zmq_socket (NULL, -1), EFAULT);
}

TEST (a43_type_is_checked_after_the_context_state)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_NULL (zmq_socket (ctx, -1), ETERM);
}

/* Every socket call on a handle that is none. */
static void check_enotsock (void *handle_)
{
    int value = 0;
    size_t size = sizeof value;
    char buffer[4];
    zmq_msg_t msg;
    struct iovec {
        void *base;
        size_t len;
    } iov = {buffer, sizeof buffer};
    size_t count = 1;
    CHECK_FAIL (zmq_bind (handle_, "inproc://a"), ENOTSOCK);
    CHECK_FAIL (zmq_connect (handle_, "inproc://a"), ENOTSOCK);
    CHECK_FAIL (zmq_unbind (handle_, "inproc://a"), ENOTSOCK);
    CHECK_FAIL (zmq_disconnect (handle_, "inproc://a"), ENOTSOCK);
    CHECK_FAIL (zmq_setsockopt (handle_, ZMQ_LINGER, &value, sizeof value), ENOTSOCK);
    CHECK_FAIL (zmq_getsockopt (handle_, ZMQ_LINGER, &value, &size), ENOTSOCK);
    CHECK_FAIL (zmq_socket_monitor (handle_, "inproc://m", ZMQ_EVENT_ALL), ENOTSOCK);
    CHECK_FAIL (zmq_socket_monitor (handle_, NULL, 0), ENOTSOCK);
    CHECK_FAIL (zmq_send (handle_, "a", 1, 0), ENOTSOCK);
    CHECK_FAIL (zmq_send_const (handle_, "a", 1, 0), ENOTSOCK);
    CHECK_FAIL (zmq_recv (handle_, buffer, sizeof buffer, 0), ENOTSOCK);
    CHECK_FAIL (zmq_sendiov (handle_, (void *) &iov, 1, 0), ENOTSOCK);
    CHECK_FAIL (zmq_recviov (handle_, (void *) &iov, &count, 0), ENOTSOCK);
    CHECK_OK (zmq_msg_init_size (&msg, 1));
    CHECK_FAIL (zmq_msg_send (&msg, handle_, 0), ENOTSOCK);
    CHECK_FAIL (zmq_msg_recv (&msg, handle_, 0), ENOTSOCK);
    CHECK_FAIL (zmq_sendmsg (handle_, &msg, 0), ENOTSOCK);
    CHECK_FAIL (zmq_recvmsg (handle_, &msg, 0), ENOTSOCK);
    CHECK_INT (zmq_msg_size (&msg), 1);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_FAIL (zmq_close (handle_), ENOTSOCK);
}

TEST (h003_calls_on_null_are_enotsock)
{
    check_enotsock (NULL);
}

TEST (a40_context_as_socket_is_enotsock)
{
    check_enotsock (context ());
}

TEST (a40_zeroed_memory_as_socket_is_enotsock)
{
    static char zeroed[4096];
    check_enotsock (zeroed);
}

TEST (a40_socket_as_context_is_efault)
{
    void *socket = new_socket (ZMQ_PAIR);
    CHECK_FAIL (zmq_ctx_term (socket), EFAULT);
    CHECK_FAIL (zmq_ctx_shutdown (socket), EFAULT);
    CHECK_FAIL (zmq_ctx_set (socket, ZMQ_IO_THREADS, 1), EFAULT);
    CHECK_FAIL (zmq_ctx_get (socket, ZMQ_IO_THREADS), EFAULT);
    CHECK_NULL (zmq_socket (socket, ZMQ_PAIR), EFAULT);
}

TEST (h004_send_on_a_closed_handle_is_enotsock)
{
    void *socket = new_socket (ZMQ_PUSH);
    close_socket (socket);
    CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), ENOTSOCK);
}

TEST (h004_close_twice_is_enotsock)
{
    void *socket = new_socket (ZMQ_PUSH);
    close_socket (socket);
    CHECK_FAIL (zmq_close (socket), ENOTSOCK);
}

OURS_ONLY (a40_stale_handles_answer_for_good, "a reference reads freed memory")
{
    void *socket = new_socket (ZMQ_PUSH);
    close_socket (socket);
    finish ();
    check_enotsock (socket);
    void *ctx = zmq_ctx_new ();
    CHECK_OK (zmq_ctx_term (ctx));
    CHECK_FAIL (zmq_ctx_term (ctx), EFAULT);
    CHECK_FAIL (zmq_ctx_shutdown (ctx), EFAULT);
    CHECK_FAIL (zmq_ctx_get (ctx, ZMQ_IO_THREADS), EFAULT);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EFAULT);
}

/* What a fresh socket answers to a send, a receive and a query of ZMQ_EVENTS. */
static void check_idle (int type_, int send_errno_, int more_errno_, int recv_errno_, int events_)
{
    char buffer[4];
    void *socket = new_socket (type_);
    CHECK_INT (settle (socket), events_);
    if (recv_errno_)
        CHECK_FAIL (zmq_recv (socket, buffer, sizeof buffer, ZMQ_DONTWAIT), recv_errno_);
    if (send_errno_)
        CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), send_errno_);
    else
        CHECK_INT (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), 1);
    close_socket (socket);
    socket = new_socket (type_);
    if (more_errno_)
        CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), more_errno_);
    else
        CHECK_INT (zmq_send (socket, "a", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), 1);
    close_socket (socket);
}

TEST (h017_idle_pair)
{
    check_idle (ZMQ_PAIR, EAGAIN, EAGAIN, EAGAIN, 0);
}

TEST (a46_idle_publishers_drop)
{
    check_idle (ZMQ_PUB, 0, 0, ENOTSUP, ZMQ_POLLOUT);
    check_idle (ZMQ_XPUB, 0, 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (a46_idle_subscribers)
{
    check_idle (ZMQ_SUB, ENOTSUP, ENOTSUP, EAGAIN, 0);
    check_idle (ZMQ_XSUB, 0, 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (a46_idle_req_and_rep)
{
    check_idle (ZMQ_REQ, EAGAIN, EAGAIN, EFSM, 0);
    check_idle (ZMQ_REP, EFSM, EFSM, EAGAIN, 0);
}

TEST (a46_idle_dealer_and_router)
{
    check_idle (ZMQ_DEALER, EAGAIN, EAGAIN, EAGAIN, 0);
    check_idle (ZMQ_ROUTER, 0, 0, EAGAIN, ZMQ_POLLOUT);
}

TEST (a46_idle_mandatory_router)
{
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_INT (settle (router), 0);
    CHECK_FAIL (zmq_send (router, "a", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_INT (zmq_send (router, "a", 1, ZMQ_DONTWAIT), 1);
}

TEST (a46_idle_push_and_pull)
{
    check_idle (ZMQ_PUSH, EAGAIN, EAGAIN, ENOTSUP, 0);
    check_idle (ZMQ_PULL, ENOTSUP, ENOTSUP, EAGAIN, 0);
}

TEST (a46_idle_stream)
{
    void *stream = new_socket (ZMQ_STREAM);
    CHECK_INT (settle (stream), ZMQ_POLLOUT);
    EXPECT_NOTHING (stream);
    CHECK_FAIL (zmq_send (stream, "abcde", 5, ZMQ_DONTWAIT | ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_INT (zmq_send (stream, "a", 1, ZMQ_DONTWAIT), 1);
}

TEST (h005_send_without_a_send_side_is_enotsup)
{
    /* not waited for, whatever the flags */
    CHECK_FAIL (zmq_send (new_socket (ZMQ_PULL), "a", 1, 0), ENOTSUP);
    CHECK_FAIL (zmq_send (new_socket (ZMQ_SUB), "a", 1, 0), ENOTSUP);
}

TEST (h006_recv_without_a_receive_side_is_enotsup)
{
    char buffer[4];
    CHECK_FAIL (zmq_recv (new_socket (ZMQ_PUSH), buffer, 4, 0), ENOTSUP);
    CHECK_FAIL (zmq_recv (new_socket (ZMQ_PUB), buffer, 4, 0), ENOTSUP);
}

TEST (h016_default_linger)
{
    for (size_t i = 0; i < TYPES; i++) {
        void *socket = new_socket (types[i]);
        int expected = types[i] == ZMQ_SUB || types[i] == ZMQ_XSUB ? 0 : -1;
        CHECK_INT (get_int (socket, ZMQ_LINGER), expected);
    }
}

TEST (a53_type_and_thread_safety)
{
    for (size_t i = 0; i < TYPES; i++) {
        void *socket = new_socket (types[i]);
        CHECK_INT (get_int (socket, ZMQ_TYPE), types[i]);
        CHECK_INT (get_int (socket, ZMQ_THREAD_SAFE), 0);
    }
}

TEST (a43_close_returns_at_once_with_messages_queued)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, "inproc://nobody"));
    CHECK_INT (send_str (push, "waits", 0), 5);
    int64_t before = now_ms ();
    close_socket (push);
    CHECK (now_ms () - before < 1000);
}

TEST (a43_close_frees_the_inproc_name)
{
    void *first = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (first, "inproc://again"));
    close_socket (first);
    void *second = new_socket (ZMQ_PAIR);
    WAIT_UNTIL (zmq_bind (second, "inproc://again") == 0);
}

static void *use_and_close (void *socket_)
{
    EXPECT (socket_, "over there");
    CHECK_OK (zmq_close (socket_));
    return NULL;
}

TEST (a43_socket_moves_to_another_thread)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "over there", 0), 10);
    forget_socket (b);
    join (start (use_and_close, b));
}

static void *open_and_close (void *ctx_)
{
    for (int i = 0; i < 50; i++) {
        void *socket = zmq_socket (ctx_, types[(size_t) i % TYPES]);
        CHECK (socket != NULL);
        CHECK_OK (zmq_close (socket));
    }
    return NULL;
}

TEST (a40_sockets_are_made_by_many_threads_at_once)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start (open_and_close, context ());
    for (int i = 0; i < 4; i++)
        join (threads[i]);
}
