/* PAIR: one peer, no state machine. */
#include "sockets.h"

TEST (h017_pair_without_peer_gives_eagain_both_ways)
{
    void *pair = new_socket (ZMQ_PAIR);
    char byte;
    CHECK_FAIL (send_str (pair, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (zmq_recv (pair, &byte, 1, ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (settle (pair), 0);
}

TEST (h018_two_pairs_exchange_multipart_messages_both_ways)
{
    void *one, *two;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &one, &two);
    bounce (one, two);
    bounce (two, one);
}

TEST (h019_messages_of_a_second_pair_are_not_delivered)
{
    void *bind = bound (ZMQ_PAIR, "inproc://pair");
    void *first = connected (ZMQ_PAIR, "inproc://pair");
    CHECK_INT (send_str (first, "first", 0), 5);
    void *second = connected (ZMQ_PAIR, "inproc://pair");
    CHECK_INT (send_str (second, "lost", ZMQ_DONTWAIT), 4);
    EXPECT (bind, "first");
    EXPECT_NOTHING (bind);
    CHECK_INT (send_str (bind, "answer", 0), 6);
    EXPECT (first, "answer");
    EXPECT_NOTHING (second);
}

TEST (s_a2_a_refused_pair_gets_eagain_once_the_bound_one_has_looked)
{
    void *bind = bound (ZMQ_PAIR, "inproc://pair");
    connected (ZMQ_PAIR, "inproc://pair");
    settle (bind);
    void *second = connected (ZMQ_PAIR, "inproc://pair");
    CHECK_INT (settle (second), ZMQ_POLLOUT);
    settle (bind);
    WAIT_UNTIL ((settle (bind), settle (second)) == 0);
    CHECK_FAIL (send_str (second, "a", ZMQ_DONTWAIT), EAGAIN);
}

TEST (h020_the_second_pair_is_not_promoted_when_the_first_closes)
{
    void *bind = bound (ZMQ_PAIR, "inproc://pair");
    void *first = connected (ZMQ_PAIR, "inproc://pair");
    settle (bind);
    void *second = connected (ZMQ_PAIR, "inproc://pair");
    settle (bind);
    WAIT_UNTIL ((settle (bind), settle (second)) == 0);
    close_socket (first);
    WAIT_UNTIL (settle (bind) == 0);
    CHECK_FAIL (send_str (bind, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (send_str (second, "a", ZMQ_DONTWAIT), EAGAIN);
}

TEST (h021_a_pair_that_comes_after_the_first_was_read_to_the_end_is_adopted)
{
    void *bind = bound (ZMQ_PAIR, "inproc://pair");
    void *first = connected (ZMQ_PAIR, "inproc://pair");
    CHECK_INT (send_str (first, "last words", 0), 10);
    close_socket (first);
    EXPECT (bind, "last words");
    WAIT_UNTIL (settle (bind) == 0);
    bounce (bind, adopted_pair (bind, "inproc://pair"));
}

TEST (s_a2_a_predecessor_with_unread_messages_keeps_the_place)
{
    void *bind = bound (ZMQ_PAIR, "inproc://pair");
    void *first = connected (ZMQ_PAIR, "inproc://pair");
    CHECK_INT (send_str (first, "unread", 0), 6);
    close_socket (first);
    WAIT_UNTIL (settle (bind) == ZMQ_POLLIN); /* it cannot be written any more: it is ending */
    void *second = connected (ZMQ_PAIR, "inproc://pair");
    CHECK_INT (settle (bind), ZMQ_POLLIN);
    EXPECT (bind, "unread");
    WAIT_UNTIL ((settle (bind), settle (second)) == 0);
    CHECK_FAIL (send_str (bind, "a", ZMQ_DONTWAIT), EAGAIN);
}

TEST (h022_a_pair_with_two_endpoints_sends_everything_to_the_first)
{
    void *one = bound (ZMQ_PAIR, "inproc://one");
    void *two = bound (ZMQ_PAIR, "inproc://two");
    void *pair = connected (ZMQ_PAIR, "inproc://one");
    CHECK_OK (zmq_connect (pair, "inproc://two"));
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (pair, "a", ZMQ_DONTWAIT), 1);
    CHECK_INT (drain (one), 10);
    CHECK_INT (drain (two), 0);
}

TEST (s_a2_a_pair_has_no_order_of_send_and_receive)
{
    void *one, *two;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &one, &two);
    for (int i = 0; i < 3; i++) {
        send_parts (one, "a", "b", NULL);
        send_parts (two, "c", NULL);
    }
    for (int i = 0; i < 3; i++) {
        EXPECT (two, "a", "b");
        EXPECT (one, "c");
    }
}

TEST (s_a2_sending_is_allowed_between_the_frames_of_a_received_message)
{
    void *one, *two;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &one, &two);
    send_parts (one, "a", "b", NULL);
    EXPECT_BIN (two, "a", 1);
    send_parts (two, "c", "d", NULL);
    EXPECT_BIN (two, "b", 0);
    EXPECT (one, "c", "d");
}

TEST (s_a2_a_full_pair_gives_eagain_and_goes_on_after_reads)
{
    void *one = socket_with_hwm (ZMQ_PAIR, 2, 2);
    void *two = socket_with_hwm (ZMQ_PAIR, 2, 2);
    CHECK_OK (zmq_bind (one, "inproc://pair"));
    CHECK_OK (zmq_connect (two, "inproc://pair"));
    CHECK_INT (fill (two), 4);
    CHECK_INT (settle (two), 0);
    CHECK_INT (take (one, 2), 2);
    CHECK_INT (settle (two), ZMQ_POLLOUT);
    CHECK_INT (fill (two), 2);
}
