/* Draft options of publishers and subscribers. */
#include "sockets.h"

#define EP "inproc://xpub"

TEST (h066_verbose_unsubscribe_passes_every_unsubscribe)
{
    void *xpub = new_socket (ZMQ_XPUB), *xsub = new_socket (ZMQ_XSUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_VERBOSER, 1));
    CHECK_OK (set_int (xsub, ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    CHECK_OK (zmq_connect (xsub, EP));
    SEND_BIN (xsub, "\0A", 0); /* never subscribed */
    EXPECT_BIN (xpub, "\0A", 0);
    SEND_BIN (xsub, "\1A", 0);
    SEND_BIN (xsub, "\1A", 0);
    SEND_BIN (xsub, "\0A", 0);
    SEND_BIN (xsub, "\0A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_NOTHING (xpub);
    CHECK_FAIL (set_int (new_socket (ZMQ_SUB), ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 1), EINVAL);
}

/* A bound XPUB and a connected XSUB, both with ONLY_FIRST_SUBSCRIBE. */
static void only_first_pair (void **xpub_, void **xsub_)
{
    *xpub_ = new_socket (ZMQ_XPUB);
    *xsub_ = new_socket (ZMQ_XSUB);
    CHECK_OK (set_int (*xpub_, ZMQ_ONLY_FIRST_SUBSCRIBE, 1));
    CHECK_OK (set_int (*xsub_, ZMQ_ONLY_FIRST_SUBSCRIBE, 1));
    CHECK_OK (zmq_bind (*xpub_, EP));
    CHECK_OK (zmq_connect (*xsub_, EP));
}

TEST (h069_only_first_subscribe_keeps_user_messages_whole)
{
    void *xpub, *xsub;
    only_first_pair (&xpub, &xsub);
    SEND_BIN (xsub, "ABC", ZMQ_SNDMORE);
    SEND_BIN (xsub, "\0BC", 0);
    EXPECT_BIN (xpub, "ABC", 1);
    EXPECT_BIN (xpub, "\0BC", 0);
    SEND_BIN (xsub, "ABC", ZMQ_SNDMORE);
    SEND_BIN (xsub, "\1BC", ZMQ_SNDMORE);
    SEND_BIN (xsub, "tail", 0);
    EXPECT_BIN (xpub, "ABC", 1);
    EXPECT_BIN (xpub, "\1BC", 1);
    EXPECT_BIN (xpub, "tail", 0);
    EXPECT_NOTHING (xpub);
    send_parts (xpub, "BC", NULL);
    EXPECT_NOTHING (xsub);
}

TEST (h070_only_first_subscribe_still_takes_frames_after_a_subscription)
{
    void *xpub, *xsub;
    only_first_pair (&xpub, &xsub);
    SEND_BIN (xsub, "\1BC", ZMQ_SNDMORE);
    SEND_BIN (xsub, "\1CD", 0);
    EXPECT_BIN (xpub, "\1BC", 0);
    EXPECT_BIN (xpub, "\1CD", 0);
    EXPECT_NOTHING (xpub);
    send_parts (xpub, "BC", NULL);
    send_parts (xpub, "CD", NULL);
    EXPECT (xsub, "BC");
    EXPECT (xsub, "CD");
}

TEST (s_a43_only_first_subscribe_is_for_xsub_and_publishers)
{
    CHECK_OK (set_int (new_socket (ZMQ_PUB), ZMQ_ONLY_FIRST_SUBSCRIBE, 1));
    CHECK_OK (set_int (new_socket (ZMQ_XPUB), ZMQ_ONLY_FIRST_SUBSCRIBE, 0));
    CHECK_OK (set_int (new_socket (ZMQ_XSUB), ZMQ_ONLY_FIRST_SUBSCRIBE, 1));
    CHECK_FAIL (set_int (new_socket (ZMQ_SUB), ZMQ_ONLY_FIRST_SUBSCRIBE, 1), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_XSUB), ZMQ_ONLY_FIRST_SUBSCRIBE, -1), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_XPUB), ZMQ_ONLY_FIRST_SUBSCRIBE, -1), EINVAL);
}

TEST (h077_last_value_goes_to_the_new_subscriber_only)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    void *one = connected (ZMQ_SUB, EP), *two = connected (ZMQ_SUB, EP);
    subscribe (one, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "A");
    send_parts (xpub, "A", "for one", NULL);
    EXPECT (one, "A", "for one");
    subscribe (two, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "A");
    send_parts (xpub, "A", "last value", NULL);
    EXPECT (two, "A", "last value");
    EXPECT_NOTHING (one);
    send_parts (xpub, "A", "for all", NULL);
    EXPECT (one, "A", "for all");
    EXPECT (two, "A", "for all");
}

TEST (s_a45_last_value_is_sent_only_if_the_topic_matches)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    void *one = connected (ZMQ_XSUB, EP);
    SEND_BIN (one, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "A");
    send_parts (xpub, "B", NULL);
    EXPECT_NOTHING (one);
    send_parts (xpub, "A", NULL);
    EXPECT (one, "A");
}

TEST (s_a45_last_value_0_leaves_manual_mode)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, 1));
    CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, 0));
    CHECK_OK (zmq_bind (xpub, EP));
    CHECK_FAIL (zmq_setsockopt (xpub, ZMQ_SUBSCRIBE, "A", 1), EINVAL);
    void *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    send_parts (xpub, "A", NULL);
    EXPECT (sub, "A");
}

TEST (h081_topics_count_on_both_ends)
{
    void *xpub = bound (ZMQ_XPUB, EP), *sub = connected (ZMQ_SUB, EP);
    const char *topic[] = {"a", "ab", "abc"};
    CHECK_INT (get_int (xpub, ZMQ_TOPICS_COUNT), 0);
    CHECK_INT (get_int (sub, ZMQ_TOPICS_COUNT), 0);
    for (int i = 0; i < 3; i++) {
        subscribe (sub, topic[i]);
        settle (xpub);
        CHECK_INT (get_int (sub, ZMQ_TOPICS_COUNT), i + 1);
        CHECK_INT (get_int (xpub, ZMQ_TOPICS_COUNT), i + 1);
    }
    for (int i = 0; i < 3; i++) {
        unsubscribe (sub, topic[i]);
        settle (xpub);
        CHECK_INT (get_int (sub, ZMQ_TOPICS_COUNT), 2 - i);
        CHECK_INT (get_int (xpub, ZMQ_TOPICS_COUNT), 2 - i);
    }
}

TEST (h081_topics_count_on_pub_and_xsub)
{
    void *pub = bound (ZMQ_PUB, EP), *xsub = connected (ZMQ_XSUB, EP);
    void *sub = connected (ZMQ_SUB, EP);
    SEND_BIN (xsub, "\1A", 0);
    SEND_BIN (xsub, "\1B", 0);
    subscribe (sub, "B");
    subscribe (sub, "C");
    settle (pub);
    CHECK_INT (get_int (xsub, ZMQ_TOPICS_COUNT), 2);
    CHECK_INT (get_int (sub, ZMQ_TOPICS_COUNT), 2);
    CHECK_INT (get_int (pub, ZMQ_TOPICS_COUNT), 3);
}

TEST (h082_topics_count_is_for_publishers_and_subscribers_and_cannot_be_set)
{
    int types[] = {ZMQ_PULL, ZMQ_PUSH, ZMQ_PAIR, ZMQ_ROUTER, ZMQ_RADIO, ZMQ_DISH};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int value;
        size_t size = sizeof value;
        void *socket = new_socket (types[i]);
        CHECK_FAIL (zmq_getsockopt (socket, ZMQ_TOPICS_COUNT, &value, &size), EINVAL);
    }
    CHECK_FAIL (set_int (new_socket (ZMQ_PUB), ZMQ_TOPICS_COUNT, 1), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_SUB), ZMQ_TOPICS_COUNT, 1), EINVAL);
}

TEST (h083_manual_last_value_rejects_negative_values_and_wrong_sizes)
{
    int types[] = {ZMQ_XPUB, ZMQ_PUB};
    for (int i = 0; i < 2; i++) {
        void *xpub = new_socket (types[i]);
        char big[8] = {0};
        CHECK_FAIL (set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, -1), EINVAL);
        CHECK_FAIL (zmq_setsockopt (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, big, 8), EINVAL);
        CHECK_FAIL (zmq_setsockopt (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, big, 1), EINVAL);
        CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, 2));
    }
}
