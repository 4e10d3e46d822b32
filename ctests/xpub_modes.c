/* XPUB options that change what is sent: manual subscriptions, no-drop, the welcome message. */
#include "sockets.h"

#define EP "inproc://xpub"

/* A bound XPUB in manual mode. */
static void *manual_xpub (void)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    return xpub;
}

TEST (h073_manual_subscriptions_replace_what_the_peer_asked_for)
{
    void *xpub = manual_xpub (), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "B");
    send_parts (xpub, "A", NULL);
    send_parts (xpub, "B", NULL);
    EXPECT (xsub, "B");
    EXPECT_NOTHING (xsub);
    SEND_BIN (xsub, "\0A", 0);
    EXPECT_BIN (xpub, "\0A", 0);
    send_parts (xpub, "B still", NULL);
    EXPECT (xsub, "B still");
    unsubscribe (xpub, "B");
    send_parts (xpub, "B no more", NULL);
    EXPECT_NOTHING (xsub);
}

TEST (h073_the_remembered_subscriber_is_the_one_received_last)
{
    void *xpub = manual_xpub ();
    void *one = connected (ZMQ_XSUB, EP), *two = connected (ZMQ_XSUB, EP);
    SEND_BIN (one, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "one");
    SEND_BIN (two, "\1A", 0);
    settle (xpub);
    subscribe (xpub, "uno"); /* still the first: nothing was received since */
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "two");
    send_parts (xpub, "one", NULL);
    send_parts (xpub, "uno", NULL);
    send_parts (xpub, "two", NULL);
    EXPECT (one, "one");
    EXPECT (one, "uno");
    EXPECT_NOTHING (one);
    EXPECT (two, "two");
    EXPECT_NOTHING (two);
}

TEST (h074_manual_subscription_with_no_remembered_subscriber_does_nothing)
{
    void *xpub = manual_xpub ();
    subscribe (xpub, "A");
    unsubscribe (xpub, "A");
    void *xsub = connected (ZMQ_XSUB, EP);
    settle (xpub);
    subscribe (xpub, "");
    send_parts (xpub, "A", NULL);
    EXPECT_NOTHING (xsub);
}

TEST (h074_manual_subscription_for_a_vanished_subscriber_does_nothing)
{
    void *xpub = manual_xpub (), *gone = connected (ZMQ_XSUB, EP);
    SEND_BIN (gone, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    close_socket (gone);
    EXPECT_BIN (xpub, "\0A", 0);
    subscribe (xpub, "A");
    unsubscribe (xpub, "A");
    void *xsub = connected (ZMQ_XSUB, EP);
    settle (xpub);
    send_parts (xpub, "A", NULL);
    EXPECT_NOTHING (xsub);
}

TEST (h075_closing_a_manual_subscriber_reports_each_topic_it_asked_for)
{
    void *xpub = manual_xpub (), *sub = connected (ZMQ_XSUB, EP);
    SEND_BIN (sub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "XA");
    SEND_BIN (sub, "\1B", 0);
    EXPECT_BIN (xpub, "\1B", 0);
    subscribe (xpub, "XB");
    close_socket (sub);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_BIN (xpub, "\0B", 0);
    EXPECT_NOTHING (xpub);
}

TEST (h076_two_closing_manual_subscribers_of_one_topic_report_twice)
{
    void *xpub = manual_xpub ();
    void *one = connected (ZMQ_XSUB, EP), *two = connected (ZMQ_XSUB, EP);
    SEND_BIN (one, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    SEND_BIN (two, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    close_socket (one);
    EXPECT_BIN (xpub, "\0A", 0);
    close_socket (two);
    EXPECT_BIN (xpub, "\0A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_a45_manual_mode_reports_duplicates)
{
    void *xpub = manual_xpub (), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "\1A", 0);
    SEND_BIN (xsub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    EXPECT_NOTHING (xpub);
}

TEST (s_a45_nothing_is_sent_in_manual_mode_until_the_application_subscribes)
{
    void *xpub = manual_xpub (), *xsub = connected (ZMQ_XSUB, EP);
    SEND_BIN (xsub, "\1A", 0);
    EXPECT_BIN (xpub, "\1A", 0);
    send_parts (xpub, "A", NULL);
    EXPECT_NOTHING (xsub);
    subscribe (xpub, "A");
    send_parts (xpub, "A", NULL);
    EXPECT (xsub, "A");
}

TEST (s_a45_a_sub_discards_what_it_did_not_ask_for_itself)
{
    void *xpub = manual_xpub (), *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    subscribe (xpub, "B");
    subscribe (xpub, "A");
    send_parts (xpub, "B", NULL);
    send_parts (xpub, "A", NULL);
    EXPECT (sub, "A");
    EXPECT_NOTHING (sub);
}

/* An XPUB with NODROP and HWM 1, bound. */
static void *nodrop_xpub (void)
{
    void *xpub = socket_with_hwm (ZMQ_XPUB, 1, 1);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_NODROP, 1));
    CHECK_OK (zmq_bind (xpub, EP));
    return xpub;
}

/* A SUB with HWM 1, connected to the XPUB, subscribed. */
static void *slow_sub (const char *topic_)
{
    void *sub = socket_with_hwm (ZMQ_SUB, 1, 1);
    CHECK_OK (zmq_connect (sub, EP));
    subscribe (sub, topic_);
    return sub;
}

TEST (h078_nodrop_gives_eagain_while_a_matching_subscriber_is_full)
{
    void *xpub = nodrop_xpub (), *slow = slow_sub (""), *other = slow_sub ("");
    settle (xpub);
    CHECK_INT (send_str (xpub, "1", ZMQ_DONTWAIT), 1);
    CHECK_INT (send_str (xpub, "2", ZMQ_DONTWAIT), 1);
    CHECK_INT (drain (other), 2);
    settle (xpub);
    CHECK_FAIL (send_str (xpub, "3", ZMQ_DONTWAIT), EAGAIN);
    CHECK (settle (xpub) & ZMQ_POLLOUT);
    EXPECT_NOTHING (other); /* nobody gets what one cannot take */
    EXPECT (slow, "1");
    EXPECT (slow, "2");
    settle (xpub);
    CHECK_INT (send_str (xpub, "3", ZMQ_DONTWAIT), 1);
    EXPECT (slow, "3");
    EXPECT (other, "3");
}

TEST (h078_nodrop_honours_sndtimeo)
{
    void *xpub = nodrop_xpub ();
    slow_sub ("");
    CHECK_OK (set_int (xpub, ZMQ_SNDTIMEO, 100));
    settle (xpub);
    CHECK_INT (send_str (xpub, "1", 0), 1);
    CHECK_INT (send_str (xpub, "2", 0), 1);
    int64_t start = now_ms ();
    CHECK_FAIL (send_str (xpub, "3", 0), EAGAIN);
    int64_t took = now_ms () - start;
    if (took < 99 || took > 2000)
        FAIL ("SNDTIMEO of 100 ended after %lld ms", (long long) took);
}

TEST (h079_nodrop_does_not_mind_a_full_subscriber_of_another_topic)
{
    void *xpub = nodrop_xpub (), *slow = slow_sub ("A"), *other = slow_sub ("B");
    settle (xpub);
    send_parts (xpub, "A", NULL);
    send_parts (xpub, "A", NULL);
    CHECK_FAIL (send_str (xpub, "A", ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (send_str (xpub, "B", ZMQ_DONTWAIT), 1);
    EXPECT (other, "B");
    CHECK_INT (drain (slow), 2);
}

TEST (h080_welcome_message_reaches_a_subscriber_of_its_prefix)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "Welcome"));
    CHECK_OK (zmq_bind (xpub, EP));
    void *sub = new_socket (ZMQ_SUB), *other = new_socket (ZMQ_SUB);
    subscribe (sub, "W");
    subscribe (other, "X");
    CHECK_OK (zmq_connect (sub, EP));
    CHECK_OK (zmq_connect (other, EP));
    void *xsub = connected (ZMQ_XSUB, EP);
    settle (xpub);
    EXPECT (sub, "Welcome");
    EXPECT (xsub, "Welcome");
    EXPECT_NOTHING (other);
}

TEST (s_a46_an_empty_welcome_message_removes_it)
{
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "Welcome"));
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
    CHECK_OK (zmq_bind (xpub, EP));
    void *xsub = connected (ZMQ_XSUB, EP);
    settle (xpub);
    EXPECT_NOTHING (xsub);
}

TEST (s_a46_nodrop_sends_nothing_of_a_multipart_message_that_does_not_fit)
{
    void *xpub = nodrop_xpub (), *slow = slow_sub ("");
    settle (xpub);
    send_parts (xpub, "1", "one", NULL);
    send_parts (xpub, "2", "two", NULL);
    CHECK_FAIL (send_str (xpub, "3", ZMQ_DONTWAIT | ZMQ_SNDMORE), EAGAIN);
    EXPECT (slow, "1", "one");
    EXPECT (slow, "2", "two");
    settle (xpub);
    send_parts (xpub, "3", "three", NULL);
    EXPECT (slow, "3", "three");
}
