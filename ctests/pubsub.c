/* PUB and SUB: prefix subscriptions, counting, slow subscribers, inverted matching. */
#include "sockets.h"

#define EP "inproc://pubsub"

/* A bound PUB and a connected SUB with the given subscription (NULL: none), ready to send. */
static void pub_and_sub (const char *prefix_, void **pub_, void **sub_)
{
    *pub_ = bound (ZMQ_PUB, EP);
    *sub_ = connected (ZMQ_SUB, EP);
    if (prefix_)
        subscribe (*sub_, prefix_);
    settle (*pub_);
}

TEST (h039_pub_without_subscriber_drops)
{
    void *pub = bound (ZMQ_PUB, EP);
    for (int i = 0; i < UNLIMITED; i++)
        CHECK_INT (send_str (pub, "a", 0), 1);
    void *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "");
    settle (pub);
    EXPECT_NOTHING (sub);
}

TEST (h040_pub_and_xpub_always_report_pollout)
{
    int types[] = {ZMQ_PUB, ZMQ_XPUB};
    for (int i = 0; i < 2; i++) {
        void *pub = socket_with_hwm (types[i], 1, 1), *sub = socket_with_hwm (ZMQ_SUB, 1, 1);
        CHECK_INT (settle (pub), ZMQ_POLLOUT);
        inproc_pair (types[i], ZMQ_SUB, &pub, &sub);
        subscribe (sub, "");
        CHECK (settle (pub) & ZMQ_POLLOUT);
        for (int n = 0; n < 10; n++)
            CHECK_INT (send_str (pub, "a", 0), 1);
        CHECK (settle (pub) & ZMQ_POLLOUT);
    }
}

TEST (h041_sub_without_subscription_receives_nothing)
{
    void *pub, *sub;
    pub_and_sub (NULL, &pub, &sub);
    send_parts (pub, "a", NULL);
    send_parts (pub, "", NULL);
    CHECK_INT (settle (sub), 0);
    EXPECT_NOTHING (sub);
}

TEST (h042_empty_subscription_receives_everything)
{
    void *pub, *sub;
    pub_and_sub ("", &pub, &sub);
    send_parts (pub, "a", NULL);
    send_parts (pub, "", NULL);
    send_parts (pub, "", "tail", NULL);
    EXPECT (sub, "a");
    EXPECT (sub, "");
    EXPECT (sub, "", "tail");
    EXPECT_NOTHING (sub);
}

TEST (h043_only_the_first_frame_is_matched)
{
    void *pub, *sub;
    pub_and_sub ("A", &pub, &sub);
    send_parts (pub, "B", "A", NULL);
    send_parts (pub, "A", "B", NULL);
    send_parts (pub, "AB", "", "C", NULL);
    send_parts (pub, "", "A", NULL);
    send_parts (pub, "bA", NULL);
    EXPECT (sub, "A", "B");
    EXPECT (sub, "AB", "", "C");
    EXPECT_NOTHING (sub);
}

TEST (h044_unsubscribing_an_unknown_topic_succeeds)
{
    void *xpub = bound (ZMQ_XPUB, EP), *sub = new_socket (ZMQ_SUB);
    unsubscribe (sub, "unknown");
    CHECK_OK (zmq_connect (sub, EP));
    unsubscribe (sub, "unknown");
    EXPECT_NOTHING (xpub);
}

TEST (h045_two_subscriptions_need_two_unsubscriptions)
{
    void *pub, *sub;
    pub_and_sub ("A", &pub, &sub);
    subscribe (sub, "A");
    unsubscribe (sub, "A");
    settle (pub);
    send_parts (pub, "A1", NULL);
    EXPECT (sub, "A1");
    unsubscribe (sub, "A");
    settle (pub);
    send_parts (pub, "A2", NULL);
    EXPECT_NOTHING (sub);
}

TEST (h046_subscribe_on_other_types_gives_einval)
{
    int types[] = {ZMQ_PUB, ZMQ_XSUB, ZMQ_PULL, ZMQ_XPUB, ZMQ_PAIR, ZMQ_ROUTER};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *socket = new_socket (types[i]);
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "a", 1), EINVAL);
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_UNSUBSCRIBE, "a", 1), EINVAL);
    }
}

TEST (h047_subscription_of_null_with_length_zero_works)
{
    void *pub, *sub;
    pub_and_sub (NULL, &pub, &sub);
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 0));
    settle (pub);
    send_parts (pub, "all", NULL);
    EXPECT (sub, "all");
    CHECK_OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, NULL, 0));
    settle (pub);
    send_parts (pub, "none", NULL);
    EXPECT_NOTHING (sub);
}

TEST (h048_long_topics_round_trip)
{
    void *xpub = bound (ZMQ_XPUB, EP), *sub = connected (ZMQ_SUB, EP);
    static const size_t sizes[] = {245, 246, 254, 255, 256, 10000};
    static char note[10001];
    memset (note, 'x', sizeof note);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, note + 1, sizes[i]));
        note[0] = 1;
        EXPECT_BYTES (xpub, note, sizes[i] + 1, 0);
        CHECK_OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, note + 1, sizes[i]));
        note[0] = 0;
        EXPECT_BYTES (xpub, note, sizes[i] + 1, 0);
    }
    EXPECT_NOTHING (xpub);
}

TEST (h049_pub_at_hwm_drops_for_the_slow_subscriber_only)
{
    void *pub = socket_with_hwm (ZMQ_PUB, 1, 1);
    void *slow = socket_with_hwm (ZMQ_SUB, 1, 1), *fast = socket_with_hwm (ZMQ_SUB, 1, 0);
    CHECK_OK (zmq_bind (pub, EP));
    CHECK_OK (zmq_connect (slow, EP));
    CHECK_OK (zmq_connect (fast, EP));
    subscribe (slow, "");
    subscribe (fast, "");
    settle (pub);
    char text[] = "0";
    for (int i = 0; i < 10; i++) {
        text[0] = (char) ('0' + i);
        CHECK_INT (send_str (pub, text, 0), 1);
    }
    EXPECT (slow, "0");
    EXPECT (slow, "1");
    EXPECT_NOTHING (slow);
    for (int i = 0; i < 10; i++) {
        text[0] = (char) ('0' + i);
        EXPECT (fast, text);
    }
    settle (pub);
    send_parts (pub, "again", NULL);
    EXPECT (slow, "again");
}

TEST (h050_slow_subscriber_never_gets_part_of_a_message)
{
    void *pub = socket_with_hwm (ZMQ_PUB, 2, 1), *sub = socket_with_hwm (ZMQ_SUB, 1, 1);
    CHECK_OK (zmq_bind (pub, EP));
    CHECK_OK (zmq_connect (sub, EP));
    subscribe (sub, "");
    settle (pub);
    int received = 0;
    for (int i = 0; i < 100; i++) {
        send_parts (pub, "head", "body", "tail", NULL);
        settle (pub);
        if (i % 7 < 2 && settle (sub) & ZMQ_POLLIN) {
            EXPECT (sub, "head", "body", "tail");
            received++;
        }
    }
    while (settle (sub) & ZMQ_POLLIN) {
        EXPECT (sub, "head", "body", "tail");
        received++;
    }
    CHECK (received >= 10 && received < 100);
}

TEST (s_a12_a_subscriber_that_is_full_at_the_first_frame_misses_the_whole_message)
{
    void *pub = socket_with_hwm (ZMQ_PUB, 1, 1), *sub = socket_with_hwm (ZMQ_SUB, 1, 1);
    CHECK_OK (zmq_bind (pub, EP));
    CHECK_OK (zmq_connect (sub, EP));
    subscribe (sub, "");
    settle (pub);
    send_parts (pub, "1", NULL);
    send_parts (pub, "2", NULL);
    CHECK_INT (send_str (pub, "3", ZMQ_SNDMORE), 1);
    EXPECT (sub, "1");
    EXPECT (sub, "2");
    settle (pub);
    CHECK_INT (send_str (pub, "3", 0), 1);
    EXPECT_NOTHING (sub);
    send_parts (pub, "4", NULL);
    EXPECT (sub, "4");
}

TEST (s_a12_a_subscriber_attached_during_a_message_takes_part_from_the_next)
{
    void *pub, *sub;
    pub_and_sub ("", &pub, &sub);
    CHECK_INT (send_str (pub, "a", ZMQ_SNDMORE), 1);
    void *late = connected (ZMQ_SUB, EP);
    subscribe (late, "");
    settle (pub);
    CHECK_INT (send_str (pub, "b", 0), 1);
    send_parts (pub, "c", "d", NULL);
    EXPECT (sub, "a", "b");
    EXPECT (sub, "c", "d");
    EXPECT (late, "c", "d");
    EXPECT_NOTHING (late);
}

TEST (h053_connecting_pub_drops_before_the_bind_and_delivers_after)
{
    void *pub = connected (ZMQ_PUB, EP), *sub = new_socket (ZMQ_SUB);
    send_parts (pub, "too early", NULL);
    subscribe (sub, "");
    CHECK_OK (zmq_bind (sub, EP));
    settle (sub);
    settle (pub);
    send_parts (pub, "in time", NULL);
    EXPECT (sub, "in time");
    EXPECT_NOTHING (sub);
}

TEST (h056_inverted_matching_gives_everything_but_the_subscription)
{
    void *pub = new_socket (ZMQ_PUB), *sub = new_socket (ZMQ_SUB), *all = new_socket (ZMQ_SUB);
    CHECK_OK (set_int (pub, ZMQ_INVERT_MATCHING, 1));
    CHECK_OK (set_int (sub, ZMQ_INVERT_MATCHING, 1));
    CHECK_OK (set_int (all, ZMQ_INVERT_MATCHING, 1));
    CHECK_OK (zmq_bind (pub, EP));
    CHECK_OK (zmq_connect (sub, EP));
    CHECK_OK (zmq_connect (all, EP));
    subscribe (sub, "A");
    settle (pub);
    send_parts (pub, "A1", NULL);
    send_parts (pub, "B", "A", NULL);
    send_parts (pub, "", NULL);
    send_parts (pub, "A2", "B", NULL);
    EXPECT (sub, "B", "A");
    EXPECT (sub, "");
    EXPECT_NOTHING (sub);
    EXPECT (all, "A1");
    EXPECT (all, "B", "A");
    EXPECT (all, "");
    EXPECT (all, "A2", "B");
    EXPECT_NOTHING (all);
}

TEST (h057_invert_matching_accepts_any_int_and_reads_back_0_or_1)
{
    int types[] = {ZMQ_PUB, ZMQ_SUB, ZMQ_XPUB, ZMQ_XSUB, ZMQ_PAIR};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *socket = new_socket (types[i]);
        CHECK_INT (get_int (socket, ZMQ_INVERT_MATCHING), 0);
        int values[] = {1, 2, -1, INT32_MAX};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            CHECK_OK (set_int (socket, ZMQ_INVERT_MATCHING, values[k]));
            CHECK_INT (get_int (socket, ZMQ_INVERT_MATCHING), 1);
        }
        CHECK_OK (set_int (socket, ZMQ_INVERT_MATCHING, 0));
        CHECK_INT (get_int (socket, ZMQ_INVERT_MATCHING), 0);
    }
}

TEST (s_a41_nested_and_overlapping_subscriptions_deliver_once)
{
    void *pub, *sub;
    pub_and_sub ("A", &pub, &sub);
    subscribe (sub, "AB");
    subscribe (sub, "ABC");
    subscribe (sub, "");
    settle (pub);
    send_parts (pub, "ABCD", NULL);
    EXPECT (sub, "ABCD");
    EXPECT_NOTHING (sub);
    unsubscribe (sub, "");
    unsubscribe (sub, "A");
    settle (pub);
    send_parts (pub, "AX", NULL);
    send_parts (pub, "ABX", NULL);
    EXPECT (sub, "ABX");
    EXPECT_NOTHING (sub);
}

TEST (s_a41_sub_skips_whole_messages_that_it_did_not_ask_for)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    void *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, ""); /* the publisher sends it everything */
    for (int i = 0; i < 100; i++)
        send_parts (xpub, "B", "A", NULL);
    CHECK_INT (settle (sub), 0);
    for (int i = 0; i < 100; i++)
        send_parts (xpub, "B", "A", NULL);
    send_parts (xpub, "A", "B", NULL);
    CHECK_INT (settle (sub), ZMQ_POLLIN);
    EXPECT (sub, "A", "B");
    EXPECT_NOTHING (sub);
}

TEST (s_a42_subscriptions_beyond_sndhwm_are_dropped_for_an_unbound_peer)
{
    void *sub = socket_with_hwm (ZMQ_SUB, 2, 2);
    CHECK_OK (zmq_connect (sub, EP));
    subscribe (sub, "A");
    subscribe (sub, "B");
    subscribe (sub, "C");
    void *xpub = socket_with_hwm (ZMQ_XPUB, 2, 2);
    CHECK_OK (zmq_bind (xpub, EP));
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1B", 0);
    if (ours ()) /* control traffic is never dropped there, on purpose */
        EXPECT_BIN (xpub, "\1C", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_a42_the_distinct_set_of_subscriptions_is_sent_when_a_peer_is_attached)
{
    void *sub = new_socket (ZMQ_SUB), *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_VERBOSE, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    subscribe (sub, "A");
    subscribe (sub, "A");
    subscribe (sub, "B");
    unsubscribe (sub, "B");
    CHECK_OK (zmq_connect (sub, EP));
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_05_a_first_send_takes_earlier_subscriptions_into_account)
{
    void *pub = bound (ZMQ_PUB, EP), *sub[3];
    for (int i = 0; i < 3; i++) {
        sub[i] = connected (ZMQ_SUB, EP);
        subscribe (sub[i], "");
    }
    send_parts (pub, "no wait", NULL);
    for (int i = 0; i < 3; i++)
        EXPECT (sub[i], "no wait");
}
