/* What becomes of queued messages when a socket closes or disconnects; LINGER. Over inproc. */
#include "sockets.h"

#define EP "inproc://linger"

/* Checks that a call took no noticeable time. */
#define CHECK_FAST(call_)                                                                          \
    do {                                                                                           \
        int64_t t_start = now_ms ();                                                               \
        CHECK_OK (call_);                                                                          \
        int64_t t_took = now_ms () - t_start;                                                      \
        if (t_took > 1000)                                                                         \
            FAIL ("%s took %lld ms", #call_, (long long) t_took);                                  \
    } while (0)

/* A PUSH with a LINGER value and three messages for an endpoint nobody has bound. */
static void *push_with_backlog (int linger_)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_LINGER, linger_));
    CHECK_OK (zmq_connect (push, EP));
    send_parts (push, "1", NULL);
    send_parts (push, "2", "two", NULL);
    send_parts (push, "3", NULL);
    return push;
}

TEST (h183_close_never_blocks)
{
    void *push = push_with_backlog (-1);
    forget_socket (push);
    CHECK_FAST (zmq_close (push));
    void *pull, *other;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &other);
    CHECK_OK (set_int (other, ZMQ_LINGER, -1));
    CHECK_INT (fill (other), 2000);
    forget_socket (other);
    CHECK_FAST (zmq_close (other));
}

/* Closes a PUSH with a backlog and checks that the end of the context does not wait for it. */
static void term_does_not_wait (int linger_)
{
    void *push = push_with_backlog (linger_);
    void *ctx = t_context;
    forget_socket (push);
    CHECK_OK (zmq_close (push));
    t_context = NULL;
    CHECK_FAST (zmq_ctx_term (ctx));
}

TEST (h184_linger_0_does_not_hold_up_term)
{
    term_does_not_wait (0);
}

TEST (s_b7_no_linger_holds_up_term_over_inproc)
{
    term_does_not_wait (-1);
    term_does_not_wait (30000);
}

TEST (h185_messages_for_an_endpoint_bound_later_are_delivered_after_close)
{
    void *push = push_with_backlog (-1);
    close_socket (push);
    void *pull = bound (ZMQ_PULL, EP);
    EXPECT (pull, "1");
    EXPECT (pull, "2", "two");
    EXPECT (pull, "3");
    EXPECT_NOTHING (pull);
}

TEST (s_b7_a_late_bind_receives_them_even_with_linger_0)
{
    void *push = push_with_backlog (0);
    close_socket (push);
    void *pull = bound (ZMQ_PULL, EP);
    EXPECT (pull, "1");
    EXPECT (pull, "2", "two");
    EXPECT (pull, "3");
    EXPECT_NOTHING (pull);
}

TEST (h188_linger_below_minus_1_gives_einval)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (set_int (push, ZMQ_LINGER, -2), EINVAL);
    CHECK_INT (get_int (push, ZMQ_LINGER), -1);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    CHECK_INT (get_int (push, ZMQ_LINGER), 0);
    CHECK_OK (set_int (push, ZMQ_LINGER, 5000));
    CHECK_FAIL (set_int (push, ZMQ_LINGER, INT32_MIN), EINVAL);
    CHECK_INT (get_int (push, ZMQ_LINGER), 5000);
}

TEST (h189_inproc_messages_survive_a_close_with_linger_0)
{
    void *pull, *push;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    CHECK_INT (fill (push), 2000);
    close_socket (push);
    CHECK_INT (drain (pull), 2000);
    EXPECT_NOTHING (pull);
}

TEST (h189_inproc_messages_survive_a_close_of_the_binding_side)
{
    void *push = bound (ZMQ_PUSH, EP), *pull = connected (ZMQ_PULL, EP);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    settle (push);
    send_parts (push, "1", NULL);
    send_parts (push, "2", "two", NULL);
    close_socket (push);
    EXPECT (pull, "1");
    EXPECT (pull, "2", "two");
    EXPECT_NOTHING (pull);
}

TEST (h191_disconnect_drops_unread_messages)
{
    void *push = bound (ZMQ_PUSH, "inproc://one"), *other = bound (ZMQ_PUSH, "inproc://two");
    void *pull = connected (ZMQ_PULL, "inproc://one");
    CHECK_OK (zmq_connect (pull, "inproc://two"));
    send_parts (push, "unread", NULL);
    send_parts (other, "kept", NULL);
    CHECK_OK (zmq_disconnect (pull, "inproc://one"));
    EXPECT (pull, "kept");
    EXPECT_NOTHING (pull);
}

TEST (s_b6_disconnect_delivers_what_was_sent_whatever_linger_says)
{
    int lingers[] = {0, -1};
    for (int i = 0; i < 2; i++) {
        void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
        CHECK_OK (set_int (push, ZMQ_LINGER, lingers[i]));
        send_parts (push, "1", NULL);
        send_parts (push, "2", "two", NULL);
        CHECK_OK (zmq_disconnect (push, EP));
        CHECK_FAIL (send_str (push, "3", ZMQ_DONTWAIT), EAGAIN);
        EXPECT (pull, "1");
        EXPECT (pull, "2", "two");
        EXPECT_NOTHING (pull);
        CHECK_OK (zmq_unbind (pull, EP));
    }
}

TEST (s_b6_close_drops_unread_inbound_messages)
{
    void *one = bound (ZMQ_PAIR, EP), *two = connected (ZMQ_PAIR, EP);
    send_parts (one, "never read", NULL);
    CHECK_INT (settle (two), ZMQ_POLLIN | ZMQ_POLLOUT);
    close_socket (two);
    WAIT_UNTIL (settle (one) == 0);
    void *next = adopted_pair (one, EP);
    EXPECT_NOTHING (next);
    bounce (one, next);
}

TEST (s_b6_messages_of_a_peer_that_closed_stay_readable)
{
    void *dealer = bound (ZMQ_DEALER, EP), *peer = connected (ZMQ_DEALER, EP);
    send_parts (peer, "1", NULL);
    send_parts (peer, "2", "two", NULL);
    close_socket (peer);
    WAIT_UNTIL (settle (dealer) == ZMQ_POLLIN);
    CHECK_FAIL (send_str (dealer, "a", ZMQ_DONTWAIT), EAGAIN); /* it can be read, not written */
    EXPECT (dealer, "1");
    EXPECT (dealer, "2", "two");
    EXPECT_NOTHING (dealer);
}

TEST (s_b6_messages_of_a_peer_that_disconnected_stay_readable)
{
    void *dealer = bound (ZMQ_DEALER, EP), *peer = connected (ZMQ_DEALER, EP);
    send_parts (peer, "1", NULL);
    CHECK_OK (zmq_disconnect (peer, EP));
    WAIT_UNTIL ((settle (peer), settle (dealer)) == ZMQ_POLLIN);
    CHECK_FAIL (send_str (dealer, "a", ZMQ_DONTWAIT), EAGAIN);
    EXPECT (dealer, "1");
    EXPECT_NOTHING (dealer);
}

TEST (h192_unbind_keeps_unread_messages_and_connections)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    send_parts (push, "before", NULL);
    CHECK_OK (zmq_unbind (pull, EP));
    EXPECT (pull, "before");
    send_parts (push, "after", NULL);
    EXPECT (pull, "after");
}

TEST (h198_half_a_message_of_a_peer_that_dies_is_never_delivered)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    void *witness = connected (ZMQ_DEALER, "inproc://witness");
    CHECK_OK (zmq_bind (push, "inproc://witness"));
    CHECK_INT (send_str (push, "half", ZMQ_SNDMORE), 4);
    close_socket (push);
    WAIT_UNTIL (settle (witness) == 0);
    CHECK_INT (settle (pull), 0);
    EXPECT_NOTHING (pull);
    void *next = connected (ZMQ_PUSH, EP);
    send_parts (next, "whole", "message", NULL);
    EXPECT (pull, "whole", "message");
}

TEST (s_b4_half_a_message_to_an_endpoint_bound_later_is_never_delivered)
{
    void *push = connected (ZMQ_PUSH, EP);
    send_parts (push, "whole", NULL);
    CHECK_INT (send_str (push, "half", ZMQ_SNDMORE), 4);
    close_socket (push);
    void *pull = bound (ZMQ_PULL, EP);
    EXPECT (pull, "whole");
    EXPECT_NOTHING (pull);
}

TEST (s_b4_the_rest_of_a_message_is_discarded_after_a_disconnect)
{
    void *pull = bound (ZMQ_PULL, EP), *other = bound (ZMQ_PULL, "inproc://other");
    void *push = connected (ZMQ_PUSH, EP);
    CHECK_INT (send_str (push, "1", ZMQ_SNDMORE), 1);
    CHECK_OK (zmq_disconnect (push, EP));
    CHECK_OK (zmq_connect (push, "inproc://other"));
    CHECK_INT (send_str (push, "2", ZMQ_SNDMORE), 1);
    CHECK_INT (send_str (push, "3", 0), 1);
    send_parts (push, "next", "message", NULL);
    EXPECT (other, "next", "message");
    EXPECT_NOTHING (other);
    EXPECT_NOTHING (pull);
}

TEST (s_b7_a_closed_socket_keeps_its_place_until_its_messages_were_read)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_MAX_SOCKETS, 4));
    void *pull, *push, *idle_pull, *idle_push;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &idle_pull, &idle_push);
    CHECK_NULL (zmq_socket (context (), ZMQ_PULL), EMFILE);
    send_parts (push, "unread", NULL);
    close_socket (push);
    close_socket (idle_push); /* finished after the one before */
    void *first = NULL, *second = NULL;
    WAIT_UNTIL ((settle (idle_pull), first = zmq_socket (context (), ZMQ_PULL)));
    CHECK_NULL (zmq_socket (context (), ZMQ_PULL), EMFILE);
    EXPECT (pull, "unread");
    WAIT_UNTIL ((settle (pull), second = zmq_socket (context (), ZMQ_PULL)));
    CHECK_OK (zmq_close (first));
    CHECK_OK (zmq_close (second));
}
