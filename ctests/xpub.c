/* XPUB and XSUB: what the application of a publisher gets to see, and user messages. */
#include "sockets.h"

#define EP "inproc://xpub"

/* A new XPUB with one int option set to 1 (0: none), bound. */
static void *xpub_with (int option_)
{
    void *xpub = new_socket (ZMQ_XPUB);
    if (option_)
        CHECK_OK (set_int (xpub, option_, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    return xpub;
}

TEST (h058_first_subscription_and_last_unsubscription_are_reported)
{
    void *xpub = xpub_with (0), *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "topic");
    EXPECT_BIN (xpub, "\1topic", 0);
    unsubscribe (sub, "topic");
    EXPECT_BIN (xpub, "\0topic", 0);
    subscribe (sub, "");
    EXPECT_BIN (xpub, "\1", 0);
    unsubscribe (sub, "");
    EXPECT_BIN (xpub, "\0", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h059_a_duplicate_subscription_is_not_reported)
{
    void *xpub = xpub_with (0), *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h059_a_duplicate_subscription_is_reported_with_verbose)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSE), *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h060_a_second_subscriber_to_a_topic_is_not_reported)
{
    void *xpub = xpub_with (0);
    void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
    subscribe (one, "A");
    subscribe (two, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
    send_parts (xpub, "A", NULL);
    EXPECT (one, "A");
    EXPECT (two, "A");
}

TEST (h060_a_second_subscriber_to_a_topic_is_reported_with_verbose)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSE);
    subscribe (connected (ZMQ_SUB, EP), "A");
    subscribe (connected (ZMQ_SUB, EP), "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h061_verboser_reports_the_unsubscription_of_each_subscriber)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSER);
    void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
    subscribe (one, "A");
    subscribe (two, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    unsubscribe (one, "A");
    EXPECT_BIN (xpub, "\0A", 0);
    unsubscribe (two, "A");
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h062_only_the_last_unsubscription_is_reported_by_default)
{
    int options[] = {0, ZMQ_XPUB_VERBOSE};
    for (int i = 0; i < 2; i++) {
        void *xpub = xpub_with (options[i]);
        void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
        subscribe (one, "A");
        subscribe (two, "A");
        settle (xpub);
        CHECK_INT (drain (xpub), i + 1);
        unsubscribe (one, "A");
        EXPECT_NOTHING (xpub);
        unsubscribe (two, "A");
        EXPECT_BIN (xpub, "\0A", 0);
        EXPECT_NOTHING (xpub);
        CHECK_OK (zmq_unbind (xpub, EP));
    }
}

TEST (h063_disconnect_of_the_last_subscriber_is_reported)
{
    void *xpub = xpub_with (0);
    void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
    subscribe (one, "T");
    subscribe (two, "T");
    subscribe (one, "U");
    EXPECT_BIN (xpub, "\1T", 0);
    EXPECT_BIN (xpub, "\1U", 0);
    CHECK_OK (zmq_disconnect (one, EP));
    WAIT_UNTIL ((settle (one), settle (xpub)) & ZMQ_POLLIN);
    EXPECT_BIN (xpub, "\0U", 0);
    EXPECT_NOTHING (xpub);
    close_socket (two);
    EXPECT_BIN (xpub, "\0T", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h064_xsub_swallows_an_unsubscribe_for_an_unknown_topic)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSER), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "\0unknown", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h065_xsub_passes_every_subscribe_and_the_last_unsubscribe)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSER), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "\1A", 0);
    SEND_BIN (xsub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    SEND_BIN (xsub, "\0A", 0);
    EXPECT_NOTHING (xpub);
    SEND_BIN (xsub, "\0A", 0);
    EXPECT_BIN (xpub, "\0A", 0);
    SEND_BIN (xsub, "\0A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h067_a_user_message_reaches_xpub_unchanged)
{
    void *xpub = xpub_with (0), *xsub = connected (ZMQ_XSUB, EP);
    send_parts (xsub, "user message", NULL);
    EXPECT (xpub, "user message");
    SEND_BIN (xsub, "\2\1\0", 0);
    EXPECT_BIN (xpub, "\2\1\0", 0);
    send_parts (xsub, "", NULL);
    EXPECT (xpub, "");
    send_parts (xsub, "two", "parts", NULL);
    EXPECT (xpub, "two", "parts");
    EXPECT_NOTHING (xpub);
}

TEST (h067_user_messages_and_notifications_keep_their_order)
{
    void *xpub = xpub_with (0), *xsub = connected (ZMQ_XSUB, EP);
    send_parts (xsub, "before", NULL);
    SEND_BIN (xsub, "\1A", 0);
    send_parts (xsub, "after", NULL);
    EXPECT (xpub, "before");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT (xpub, "after");
}

TEST (h068_a_user_message_to_pub_is_dropped)
{
    void *pub = bound (ZMQ_PUB, EP), *xsub = connected (ZMQ_XSUB, EP);
    send_parts (xsub, "user message", NULL);
    SEND_BIN (xsub, "\1A", 0);
    send_parts (xsub, "user", "message", NULL);
    CHECK_INT (settle (pub), ZMQ_POLLOUT);
    send_parts (pub, "A", NULL);
    send_parts (pub, "user", NULL);
    EXPECT (xsub, "A");
    EXPECT_NOTHING (xsub);
}

TEST (h068_a_user_message_reaches_every_publisher)
{
    void *one = bound (ZMQ_XPUB, "inproc://one"), *two = bound (ZMQ_XPUB, "inproc://two");
    void *xsub = connected (ZMQ_XSUB, "inproc://one");
    CHECK_OK (zmq_connect (xsub, "inproc://two"));
    send_parts (xsub, "to", "all", NULL);
    EXPECT (one, "to", "all");
    EXPECT (two, "to", "all");
}

TEST (h071_a_later_frame_that_starts_with_1_is_a_subscription)
{
    void *xpub = xpub_with (0), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "ABC", ZMQ_SNDMORE);
    SEND_BIN (xsub, "\1BC", 0);
    EXPECT_BIN (xpub, "ABC", 1);
    EXPECT_BIN (xpub, "\1BC", 0);
    EXPECT_NOTHING (xpub);
    send_parts (xpub, "BCD", NULL);
    EXPECT (xsub, "BCD");
}

TEST (h072_xsub_does_not_filter)
{
    void *xpub = xpub_with (ZMQ_XPUB_MANUAL), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "B");
    send_parts (xpub, "B1", "second", NULL);
    send_parts (xpub, "A1", NULL);
    EXPECT (xsub, "B1", "second");
    EXPECT_NOTHING (xsub);
}

TEST (h083_xpub_options_reject_negative_values_and_wrong_sizes)
{
    int options[] = {ZMQ_XPUB_VERBOSE, ZMQ_XPUB_VERBOSER, ZMQ_XPUB_NODROP, ZMQ_XPUB_MANUAL};
    int types[] = {ZMQ_XPUB, ZMQ_PUB};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < 4; i++) {
            void *xpub = new_socket (types[t]);
            char big[8] = {0};
            size_t size = sizeof big;
            CHECK_FAIL (set_int (xpub, options[i], -1), EINVAL);
            CHECK_FAIL (zmq_setsockopt (xpub, options[i], big, 1), EINVAL);
            CHECK_FAIL (zmq_setsockopt (xpub, options[i], big, 8), EINVAL);
            CHECK_FAIL (zmq_setsockopt (xpub, options[i], big, 0), EINVAL);
            CHECK_OK (set_int (xpub, options[i], 0));
            CHECK_OK (set_int (xpub, options[i], 1));
            CHECK_OK (set_int (xpub, options[i], 2));
            CHECK_FAIL (zmq_getsockopt (xpub, options[i], big, &size), EINVAL);
        }
}

TEST (s_a43_xsub_always_reports_pollout)
{
    void *xsub = socket_with_hwm (ZMQ_XSUB, 1, 1);
    CHECK_OK (zmq_connect (xsub, EP));
    for (int i = 0; i < 10; i++)
        send_parts (xsub, "user message", NULL);
    CHECK_INT (settle (xsub), ZMQ_POLLOUT);
}

TEST (s_a44_verboser_reports_the_topics_of_a_subscriber_that_disappears)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSER);
    void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
    subscribe (one, "A");
    subscribe (two, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    close_socket (one);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_NOTHING (xpub);
    close_socket (two);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_a44_setting_verbose_switches_verboser_off)
{
    for (int value = 0; value < 2; value++) {
        void *xpub = xpub_with (ZMQ_XPUB_VERBOSER);
        CHECK_OK (set_int (xpub, ZMQ_XPUB_VERBOSE, value));
        void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
        subscribe (one, "A");
        subscribe (two, "A");
        settle (xpub);
        CHECK_INT (drain (xpub), 1 + value);
        unsubscribe (one, "A");
        EXPECT_NOTHING (xpub);
        CHECK_OK (zmq_unbind (xpub, EP));
    }
}

TEST (s_a44_verboser_0_switches_both_off)
{
    void *xpub = xpub_with (ZMQ_XPUB_VERBOSE);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_VERBOSER, 0));
    void *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_a44_an_unsubscribe_for_a_topic_not_held_is_reported)
{
    void *xpub = xpub_with (0), *raw = connected (ZMQ_PAIR, EP);
    SEND_BIN (raw, "\0A", 0);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_a44_pub_accepts_the_options_of_xpub)
{
    void *pub = new_socket (ZMQ_PUB);
    CHECK_OK (set_int (pub, ZMQ_XPUB_VERBOSE, 1));
    CHECK_OK (set_int (pub, ZMQ_XPUB_VERBOSER, 1));
    CHECK_OK (set_int (pub, ZMQ_XPUB_NODROP, 1));
    CHECK_OK (set_str (pub, ZMQ_XPUB_WELCOME_MSG, "hello"));
    CHECK_OK (set_int (pub, ZMQ_XPUB_MANUAL, 1));
}

TEST (s_a44_notifications_pile_up_without_bound)
{
    void *xpub = xpub_with (0), *sub = connected (ZMQ_SUB, EP);
    for (int i = 0; i < UNLIMITED; i++) {
        char topic[16];
        snprintf (topic, sizeof topic, "%d", i);
        subscribe (sub, topic);
        settle (xpub);
        settle (sub);
    }
    CHECK_INT (drain (xpub), UNLIMITED);
}

TEST (s_a44_an_unsubscription_is_enough_to_stop_the_stream)
{
    void *xpub = xpub_with (0), *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    send_parts (xpub, "A1", NULL);
    unsubscribe (sub, "A");
    EXPECT_BIN (xpub, "\0A", 0);
    send_parts (xpub, "A2", NULL);
    EXPECT_NOTHING (sub); /* A1 is filtered by the subscriber itself by now */
}
