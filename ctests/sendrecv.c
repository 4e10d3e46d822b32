/* Argument and result rules of the send and receive functions. */
#include "test.h"
#include <sys/uio.h>

TEST (h007_recv_cuts_to_the_buffer)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    char buffer[12];
    memset (buffer, 'x', sizeof buffer);
    CHECK_INT (send_str (a, "0123456789", 0), 10);
    CHECK_INT (zmq_recv (b, buffer, 4, 0), 10);
    CHECK (memcmp (buffer, "0123xxxxxxxx", 12) == 0);
    EXPECT_NOTHING (b);
}

TEST (h008_recv_of_nothing_into_nothing)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "0123456789", 0), 10);
    CHECK_INT (zmq_recv (b, NULL, 0, 0), 10);
    EXPECT_NOTHING (b);
}

TEST (h009_send_of_nothing)
{
    void *a, *b;
    char buffer[4];
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (zmq_send (a, NULL, 0, ZMQ_SNDMORE), 0);
    CHECK_INT (zmq_send_const (a, NULL, 0, 0), 0);
    CHECK_INT (zmq_recv (b, buffer, sizeof buffer, 0), 0);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 1);
    /* an empty part fits into NULL whatever the length says */
    CHECK_INT (zmq_recv (b, NULL, 100, 0), 0);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 0);
    EXPECT_NOTHING (b);
}

TEST (h010_msg_send_empties_the_message)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    static const size_t sizes[] = {0, 1, 33, 34, 100000};
    for (int i = 0; i < 5; i++) {
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init_size (&msg, sizes[i]));
        memset (zmq_msg_data (&msg), 'm', sizes[i]);
        CHECK_INT (zmq_msg_send (&msg, a, 0), sizes[i]);
        CHECK_INT (zmq_msg_size (&msg), 0);
        CHECK_INT (zmq_msg_recv (&msg, b, 0), sizes[i]);
        CHECK_INT (zmq_msg_size (&msg), sizes[i]);
        CHECK (sizes[i] == 0 || ((char *) zmq_msg_data (&msg))[sizes[i] - 1] == 'm');
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (h010_failed_msg_send_keeps_the_message)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 100));
    memset (zmq_msg_data (&msg), 'm', 100);
    void *data = zmq_msg_data (&msg);
    CHECK_FAIL (zmq_msg_send (&msg, new_socket (ZMQ_PUSH), ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (zmq_msg_size (&msg), 100);
    CHECK_FAIL (zmq_msg_send (&msg, new_socket (ZMQ_PULL), 0), ENOTSUP);
    CHECK_FAIL (zmq_msg_send (&msg, new_socket (ZMQ_REP), 0), EFSM);
    CHECK_FAIL (zmq_msg_send (&msg, NULL, 0), ENOTSOCK);
    CHECK_INT (zmq_msg_size (&msg), 100);
    CHECK (zmq_msg_data (&msg) == data);
    CHECK_INT (((char *) data)[99], 'm');
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a46_failed_msg_send_leaves_the_more_flag_of_the_call)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 1));
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (zmq_msg_send (&msg, push, ZMQ_DONTWAIT | ZMQ_SNDMORE), EAGAIN);
    CHECK_INT (zmq_msg_more (&msg), 1);
    CHECK_FAIL (zmq_msg_send (&msg, push, ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (zmq_msg_more (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h011_rcvmore)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 0);
    send_parts (a, "1", "2", "3", NULL);
    char buffer[4];
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 0);
    CHECK_INT (zmq_recv (b, buffer, 4, 0), 1);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 1);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 1);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 1);
    CHECK_INT (zmq_msg_more (&msg), 1);
    CHECK_INT (zmq_msg_get (&msg, ZMQ_MORE), 1);
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 1);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 0);
    CHECK_INT (zmq_msg_more (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a46_a_message_appears_as_a_whole)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "1", ZMQ_SNDMORE), 1);
    EXPECT_NOTHING (b);
    CHECK_INT (settle (b) & ZMQ_POLLIN, 0);
    CHECK_INT (send_str (a, "2", 0), 1);
    EXPECT (b, "1", "2");
}

TEST (a46_unknown_flags_are_ignored)
{
    void *a, *b;
    char buffer[4];
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (zmq_send (a, "a", 1, 0x7ffffffc), 1);
    CHECK_INT (zmq_recv (b, buffer, 4, 0x7ffffffe), 1);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 0);
}

TEST (a46_send_const_shares_the_buffer)
{
    static const char text[] = "constant text that is longer than an inline message can be";
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (zmq_send_const (a, text, sizeof text, 0), sizeof text);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, b, 0), sizeof text);
    CHECK (zmq_msg_data (&msg) == (const void *) text);
    CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 1);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a46_send_copies_the_buffer)
{
    char text[100];
    memset (text, 'a', sizeof text);
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (zmq_send (a, text, sizeof text, 0), 100);
    memset (text, 'b', sizeof text);
    CHECK_INT (zmq_recv (b, text, sizeof text, 0), 100);
    CHECK_INT (text[99], 'a');
}

TEST (a46_recv_into_an_invalid_message_is_efault)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "kept", 0), 4);
    zmq_msg_t msg;
    memset (&msg, 0, sizeof msg);
    CHECK_FAIL (zmq_msg_recv (&msg, b, 0), EFAULT);
    CHECK_FAIL (zmq_recvmsg (b, &msg, 0), EFAULT);
    CHECK_FAIL (zmq_msg_recv (NULL, b, 0), EFAULT);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_FAIL (zmq_msg_recv (&msg, b, 0), EFAULT);
    EXPECT (b, "kept");
}

static void check_after_failed_recv (int type_, int errno_, size_t size_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 100));
    CHECK_FAIL (zmq_msg_recv (&msg, new_socket (type_), ZMQ_DONTWAIT), errno_);
    CHECK_INT (zmq_msg_size (&msg), size_);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a46_message_after_a_failed_recv)
{
    check_after_failed_recv (ZMQ_PUSH, ENOTSUP, 100);
    check_after_failed_recv (ZMQ_REQ, EFSM, 100);
    check_after_failed_recv (ZMQ_XPUB, EAGAIN, 100);
    check_after_failed_recv (ZMQ_STREAM, EAGAIN, 100);
    check_after_failed_recv (ZMQ_PULL, EAGAIN, 0);
    check_after_failed_recv (ZMQ_PAIR, EAGAIN, 0);
    check_after_failed_recv (ZMQ_DEALER, EAGAIN, 0);
    check_after_failed_recv (ZMQ_SUB, EAGAIN, 0);
}

TEST (a46_recv_releases_what_the_message_held)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "new", 0), 3);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 1000));
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 3);
    CHECK_INT (zmq_msg_size (&msg), 3);
    CHECK (memcmp (zmq_msg_data (&msg), "new", 3) == 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a46_deprecated_sendmsg_and_recvmsg)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 5));
    memcpy (zmq_msg_data (&msg), "hello", 5);
    CHECK_INT (zmq_sendmsg (a, &msg, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_sendmsg (a, &msg, 0), 0);
    CHECK_INT (zmq_recvmsg (b, &msg, 0), 5);
    CHECK_INT (zmq_msg_more (&msg), 1);
    CHECK_INT (zmq_recvmsg (b, &msg, 0), 0);
    CHECK_FAIL (zmq_recvmsg (b, &msg, ZMQ_DONTWAIT), EAGAIN);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a46_send_that_cannot_be_allocated_is_enomem)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_FAIL (zmq_send (a, "a", (size_t) 1 << 62, 0), ENOMEM);
    EXPECT_NOTHING (b);
    bounce (a, b);
}

TEST (a46_sendiov_arguments)
{
    struct iovec iov = {(void *) "a", 1};
    void *pair = new_socket (ZMQ_PAIR);
    CHECK_FAIL (zmq_sendiov (pair, &iov, 0, 0), EINVAL);
    CHECK_FAIL (zmq_sendiov (pair, NULL, 1, 0), EINVAL);
    CHECK_FAIL (zmq_sendiov (NULL, NULL, 0, 0), ENOTSOCK);
    CHECK_FAIL (zmq_sendiov (pair, &iov, 1, ZMQ_DONTWAIT), EAGAIN);
}

TEST (a46_sendiov_of_one_message)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    struct iovec iov[] = {{(void *) "one", 3}, {NULL, 0}, {(void *) "three", 5}};
    CHECK_INT (zmq_sendiov (a, iov, 3, ZMQ_SNDMORE), 5);
    EXPECT (b, "one", "", "three");
    EXPECT_NOTHING (b);
    CHECK_STR (iov[0].iov_base, "one");
}

TEST (a46_sendiov_of_several_messages)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    struct iovec iov[] = {{(void *) "one", 3}, {(void *) "two", 3}};
    CHECK_INT (zmq_sendiov (a, iov, 2, 0), 3);
    EXPECT (b, "one");
    EXPECT (b, "two");
}

/* A PUSH and a PULL with room for two messages between them. */
static void tight_pair (void **push_, void **pull_)
{
    *push_ = new_socket (ZMQ_PUSH);
    *pull_ = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (*push_, ZMQ_SNDHWM, 1));
    CHECK_OK (set_int (*pull_, ZMQ_RCVHWM, 1));
    CHECK_OK (zmq_bind (*pull_, "inproc://tight"));
    CHECK_OK (zmq_connect (*push_, "inproc://tight"));
}

TEST (a46_sendiov_failing_midway)
{
    void *a, *b;
    tight_pair (&a, &b);
    struct iovec iov[] = {
        {(void *) "1", 1}, {(void *) "2", 1}, {(void *) "3", 1}, {(void *) "4", 1}};
    CHECK_FAIL (zmq_sendiov (a, iov, 4, ZMQ_DONTWAIT), EAGAIN);
    EXPECT (b, "1");
    EXPECT (b, "2");
    EXPECT_NOTHING (b);
}

TEST (a46_recviov_arguments)
{
    struct iovec iov[2];
    size_t none = 0, one = 1;
    void *pair = new_socket (ZMQ_PAIR);
    CHECK_FAIL (zmq_recviov (pair, iov, NULL, 0), EINVAL);
    CHECK_FAIL (zmq_recviov (pair, iov, &none, 0), EINVAL);
    CHECK_FAIL (zmq_recviov (pair, NULL, &one, 0), EINVAL);
    CHECK_INT (one, 1);
    CHECK_FAIL (zmq_recviov (pair, iov, &one, ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (one, 0);
}

TEST (a46_recviov_stops_at_the_end_of_the_message)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    send_parts (a, "one", "two", NULL);
    send_parts (a, "next", NULL);
    struct iovec iov[5];
    size_t count = 5;
    CHECK_INT (zmq_recviov (b, iov, &count, 0), 2);
    CHECK_INT (count, 2);
    CHECK (iov[0].iov_len == 3 && memcmp (iov[0].iov_base, "one", 3) == 0);
    CHECK (iov[1].iov_len == 3 && memcmp (iov[1].iov_base, "two", 3) == 0);
    free (iov[0].iov_base);
    free (iov[1].iov_base);
    EXPECT (b, "next");
}

TEST (a46_recviov_leaves_what_does_not_fit)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    send_parts (a, "one", "two", "three", NULL);
    struct iovec iov[2];
    size_t count = 2;
    CHECK_INT (zmq_recviov (b, iov, &count, 0), 2);
    CHECK_INT (get_int (b, ZMQ_RCVMORE), 1);
    free (iov[0].iov_base);
    free (iov[1].iov_base);
    EXPECT (b, "three");
}

/* A peer that sends after the receiver blocks. */
static void *send_when_asleep (void *arg_)
{
    void **args = arg_;
    WAIT_UNTIL (thread_sleeps ((int) (intptr_t) args[1]));
    CHECK_INT (send_str (args[0], "late", 0), 4);
    return NULL;
}

TEST (a46_recv_waits_for_a_message)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    void *args[] = {a, (void *) (intptr_t) gettid ()};
    pthread_t thread = start (send_when_asleep, args);
    char buffer[8];
    CHECK_INT (recv_str (b, buffer, sizeof buffer, 0), 4);
    CHECK_STR (buffer, "late");
    join (thread);
}

static void *recv_when_asleep (void *arg_)
{
    void **args = arg_;
    WAIT_UNTIL (thread_sleeps ((int) (intptr_t) args[1]));
    for (int i = 0; i < 3; i++)
        EXPECT (args[0], "fill");
    return NULL;
}

TEST (a46_send_waits_for_room)
{
    void *a, *b;
    tight_pair (&a, &b);
    CHECK_INT (send_str (a, "fill", ZMQ_DONTWAIT), 4);
    CHECK_INT (send_str (a, "fill", ZMQ_DONTWAIT), 4);
    CHECK_FAIL (send_str (a, "fill", ZMQ_DONTWAIT), EAGAIN);
    void *args[] = {b, (void *) (intptr_t) gettid ()};
    pthread_t thread = start (recv_when_asleep, args);
    CHECK_INT (send_str (a, "fill", 0), 4);
    join (thread);
}

static void *bind_when_asleep (void *arg_)
{
    WAIT_UNTIL (thread_sleeps ((int) (intptr_t) arg_));
    void *pull = zmq_socket (context (), ZMQ_PULL);
    /* so little that reading one message gives room back */
    CHECK_OK (set_int (pull, ZMQ_RCVHWM, 1));
    CHECK_OK (zmq_bind (pull, "inproc://late"));
    EXPECT (pull, "first");
    EXPECT (pull, "second");
    CHECK_OK (zmq_close (pull));
    return NULL;
}

TEST (a46_send_waits_for_a_binder_once_the_queue_is_full)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 1));
    CHECK_OK (zmq_connect (push, "inproc://late"));
    CHECK_INT (send_str (push, "first", 0), 5);
    CHECK_FAIL (send_str (push, "second", ZMQ_DONTWAIT), EAGAIN);
    pthread_t thread = start (bind_when_asleep, (void *) (intptr_t) gettid ());
    CHECK_INT (send_str (push, "second", 0), 6);
    join (thread);
}

OURS_ONLY (a_length_that_no_memory_has_is_an_error, "a reference may try to copy that much")
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (zmq_send (push, "a", SIZE_MAX, ZMQ_DONTWAIT), ENOMEM);
    CHECK_FAIL (zmq_setsockopt (push, ZMQ_ROUTING_ID, "a", SIZE_MAX), EINVAL);
}
