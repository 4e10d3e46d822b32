/* Release functions that use the library: they are called where no lock is held. */
#include "test.h"

static void *t_victim; /* the socket that the release function uses */
static int t_calls;

/* Uses the socket in every way that takes its lock, then closes another one. */
static void use_socket (void *data_, void *hint_)
{
    (void) data_;
    int type;
    size_t size = sizeof type;
    zmq_getsockopt (t_victim, ZMQ_TYPE, &type, &size);
    zmq_send (t_victim, "from the callback", 17, ZMQ_DONTWAIT);
    get_int (t_victim, ZMQ_EVENTS);
    if (hint_)
        zmq_close (hint_);
    t_calls++;
}

/* Makes a message that calls `use_socket` when it goes. */
static void make (zmq_msg_t *msg_, void *hint_)
{
    static char content[] = "content";
    CHECK_OK (zmq_msg_init_data (msg_, content, 7, use_socket, hint_));
}

OURS_ONLY (a_pub_without_subscribers_drops, "a reference may be inside its own send")
{
    t_victim = new_socket (ZMQ_PUB);
    zmq_msg_t msg;
    make (&msg, zmq_socket (context (), ZMQ_PAIR));
    CHECK_INT (zmq_msg_send (&msg, t_victim, 0), 7);
    CHECK_INT (t_calls, 1);
    finish ();
}

OURS_ONLY (a_receive_releases_what_the_message_held, "a reference may be inside its own receive")
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    t_victim = b;
    zmq_msg_t msg;
    CHECK_INT (send_str (a, "new", 0), 3);
    make (&msg, NULL);
    CHECK_INT (zmq_msg_recv (&msg, b, 0), 3);
    CHECK_INT (t_calls, 1);
    CHECK_OK (zmq_msg_close (&msg));
    EXPECT (a, "from the callback");
    /* And so does one that has to wait, before it waits. */
    CHECK_OK (set_int (b, ZMQ_RCVTIMEO, 20));
    make (&msg, NULL);
    CHECK_FAIL (zmq_msg_recv (&msg, b, 0), EAGAIN);
    CHECK_INT (t_calls, 2);
    EXPECT (a, "from the callback");
    finish ();
}

OURS_ONLY (a_pipe_that_goes_takes_its_messages_along, "a reference may be inside its own close")
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    t_victim = a;
    zmq_msg_t msg;
    for (int i = 0; i < 10; i++) {
        make (&msg, NULL);
        CHECK_INT (zmq_msg_send (&msg, a, i < 9 ? 0 : ZMQ_SNDMORE), 7);
    }
    close_socket (b);
    for (int64_t end = now_ms () + 5000; t_calls < 10 && now_ms () < end; sleep_ms (1))
        settle (a);
    CHECK_INT (t_calls, 10);
    finish ();
}

OURS_ONLY (receives_into_a_buffer_release_before_they_return, "as above")
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    t_victim = b;
    zmq_msg_t msg;
    char buffer[8];
    make (&msg, NULL);
    CHECK_INT (zmq_msg_send (&msg, a, 0), 7);
    CHECK_INT (zmq_recv (b, buffer, sizeof buffer, 0), 7);
    CHECK_INT (t_calls, 1);
    finish ();
}
