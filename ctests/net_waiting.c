/* What goes on behind a socket whose thread has waited for many short answers, as a program does
 * that asks and is told at once: afterwards the thread is busy with something else, or waits in
 * another way. */
#include "network.h"

/* Answers every "ask" on a connection, until something else comes. */
static void *answer_all (void *fd_)
{
    int fd = *(int *) fd_;
    char body[16];
    while (raw_frame (fd, body, sizeof body) == 0 && strcmp (body, "ask") == 0)
        raw_send_frame (fd, 0, "told");
    return NULL;
}

static void talk (void *dealer_, int times_)
{
    for (int i = 0; i < times_; i++) {
        CHECK_INT (send_str (dealer_, "ask", 0), 3);
        EXPECT (dealer_, "told");
    }
}

/* A bound DEALER that has been told a lot by a raw one: its connection. */
static int talkative_peer (void *dealer_, const char *place_)
{
    CHECK_OK (zmq_bind (dealer_, place_));
    int raw = raw_peer (place_, "DEALER");
    pthread_t thread = start (answer_all, &raw);
    talk (dealer_, 200);
    CHECK_INT (send_str (dealer_, "end", 0), 3);
    CHECK_INT (pthread_join (thread, NULL), 0);
    return raw;
}

NET_TEST (s_e_a_peer_that_goes_is_noticed_by_a_socket_that_does_not_wait)
{
    void *dealer = new_socket (ZMQ_DEALER), *events = watch (dealer);
    int raw = talkative_peer (dealer, fresh (transport));
    close (raw);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
}

NET_TEST (s_e_a_peer_is_answered_by_a_socket_that_does_not_wait)
{
    int raw = talkative_peer (new_socket (ZMQ_DEALER), fresh (transport));
    raw_sync (raw);
}

NET_TEST (h023_messages_arrive_while_the_thread_is_away)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 0));
    int raw = talkative_peer (dealer, fresh (transport));
    for (int i = 0; i < 1000; i++)
        raw_send_frame (raw, 0, "later");
    raw_sync (raw);
    for (int i = 0; i < 1000; i++) {
        char text[8];
        CHECK_INT (recv_str (dealer, text, sizeof text, ZMQ_DONTWAIT), 5);
    }
}

/* The ways of a program to look for a message without waiting for it. */
static int there (void *socket_, int way_)
{
    zmq_pollitem_t item = {socket_, 0, ZMQ_POLLIN, 0};
    char text[8];
    switch (way_) {
        case 0:
            return get_int (socket_, ZMQ_EVENTS) & ZMQ_POLLIN;
        case 1:
            return zmq_poll (&item, 1, 0);
        default:
            return recv_str (socket_, text, sizeof text, ZMQ_DONTWAIT) == 5;
    }
}

NET_TEST (h023_who_does_not_wait_sees_soon_what_has_arrived)
{
    void *dealer = new_socket (ZMQ_DEALER);
    int raw = talkative_peer (dealer, fresh (transport));
    for (int way = 0; way < 3; way++) {
        int late = 0;
        for (int i = 0; i < 20; i++) {
            raw_send_frame (raw, 0, "first");
            EXPECT (dealer, "first");
            raw_send_frame (raw, 0, "later");
            int64_t since = now_ms ();
            while (!there (dealer, way))
                ;
            /* A busy machine may hold up some. */
            late += now_ms () - since > 5;
            if (way < 2)
                EXPECT (dealer, "later");
        }
        CHECK (late <= 10);
    }
}

NET_TEST (g02_the_descriptor_shows_messages_after_waits)
{
    void *dealer = new_socket (ZMQ_DEALER);
    int raw = talkative_peer (dealer, fresh (transport));
    struct pollfd item = {get_int (dealer, ZMQ_FD), POLLIN, 0};
    while (get_int (dealer, ZMQ_EVENTS) & ZMQ_POLLIN)
        EXPECT (dealer, "told");
    raw_send_frame (raw, 0, "later");
    do
        CHECK_INT (poll (&item, 1, PATIENCE), 1);
    while (!(get_int (dealer, ZMQ_EVENTS) & ZMQ_POLLIN));
    EXPECT (dealer, "later");
}

NET_TEST (a48_poll_of_many_sockets_after_waits_in_one)
{
    void *dealer = new_socket (ZMQ_DEALER);
    int raw = talkative_peer (dealer, fresh (transport));
    zmq_pollitem_t items[10] = {{dealer, 0, ZMQ_POLLIN, 0}};
    for (int i = 1; i < 10; i++) {
        items[i].socket = bound (ZMQ_PULL, fresh (transport));
        items[i].events = ZMQ_POLLIN;
    }
    raw_send_frame (raw, 0, "later");
    CHECK_INT (zmq_poll (items, 10, PATIENCE), 1);
    EXPECT (dealer, "later");
}

NET_TEST (a48_poll_and_receive_take_turns)
{
    void *dealer = new_socket (ZMQ_DEALER);
    zmq_pollitem_t item = {dealer, 0, ZMQ_POLLIN, 0};
    const char *place = fresh (transport);
    CHECK_OK (zmq_bind (dealer, place));
    int raw = raw_peer (place, "DEALER");
    pthread_t thread = start (answer_all, &raw);
    for (int i = 0; i < 200; i++) {
        CHECK_INT (send_str (dealer, "ask", 0), 3);
        if (i % 3 == 0)
            CHECK_INT (zmq_poll (&item, 1, PATIENCE), 1);
        EXPECT (dealer, "told");
    }
    CHECK_INT (send_str (dealer, "end", 0), 3);
    CHECK_INT (pthread_join (thread, NULL), 0);
    CHECK_INT (zmq_poll (&item, 1, 50), 0);
    close (raw);
}

NET_TEST (h190_a_socket_closed_after_waits_delivers_what_it_sent)
{
    void *dealer = new_socket (ZMQ_DEALER);
    int raw = talkative_peer (dealer, fresh (transport));
    CHECK_INT (send_str (dealer, "last", 0), 4);
    close_socket (dealer);
    RAW_EXPECT (raw, "last");
    WAIT_UNTIL (raw_ended (raw));
}

/* A program may hold a lock of its own while it sends, and take it where messages are released. */
NET_TEST (a43_what_is_sent_is_not_released_by_the_thread_that_sends_it)
{
    static char data[20000];
    void *push = new_socket (ZMQ_PUSH), *pull = bound (ZMQ_PULL, fresh (transport));
    count_releases ();
    CHECK_OK (zmq_connect (push, place_of (pull)));
    for (int i = 0; i < 40; i++) {
        zmq_msg_t msg;
        size_t size = i % 2 ? sizeof data : 100;
        CHECK_OK (zmq_msg_init_data (&msg, data, size, count_release, NULL));
        CHECK_INT (zmq_msg_send (&msg, push, 0), (int) size);
        CHECK_INT (zmq_recv (pull, data, 0, 0), (int) size);
    }
    WAIT_UNTIL (releases == 40);
    CHECK_INT (releases_by_the_sender, 0);
}

/* A second peer of a PAIR stays, and is not heard. */
NET_TEST (c10_an_intruder_may_say_what_it_likes)
{
    void *pair = new_socket (ZMQ_PAIR);
    const char *place = fresh (transport);
    char frames[100 * 102];
    for (int i = 0; i < 100; i++) {
        frames[i * 102] = 0;
        frames[i * 102 + 1] = 100;
        memset (frames + i * 102 + 2, 'x', 100);
    }
    CHECK_OK (zmq_bind (pair, place));
    int first = raw_peer (place, "PAIR");
    raw_send_frame (first, 0, "before");
    EXPECT (pair, "before");
    int second = raw_peer (place, "PAIR");
    raw_send (second, frames, sizeof frames);
    raw_send_frame (first, 0, "after");
    EXPECT (pair, "after");
    EXPECT_NOTHING (pair);
}

/* Subscribes, says so to another socket of the same program, which may be listening to the teller just
 * then, and hears what is published next. */
static void subscribe_and_say_so (const char *transport)
{
    const char *place = fresh (transport);
    void *pub = bound (ZMQ_PUB, place);
    int subscriber = raw_peer (place, "SUB");
    place = fresh (transport);
    void *pull = bound (ZMQ_PULL, place);
    int teller = raw_peer (place, "PUSH");
    for (int i = 0; i < 300; i++) {
        char subscription[64], topic[32], heard[32];
        snprintf (topic, sizeof topic, "topic %d.", i);
        snprintf (subscription, sizeof subscription, "\11SUBSCRIBE%s", topic);
        if (i % 2)
            raw_send_frame (teller, 0, "busy");
        raw_send_frame (subscriber, 4, subscription);
        raw_send_frame (teller, 0, "ready");
        if (i % 2)
            EXPECT (pull, "busy");
        EXPECT (pull, "ready");
        CHECK_INT (send_str (pub, topic, 0), (int) strlen (topic));
        CHECK_INT (raw_frame (subscriber, heard, sizeof heard), 0);
        CHECK_STR (heard, topic);
    }
}

OURS_ONLY (s_e_who_subscribes_and_then_says_so_hears_what_follows,
           "references look for subscriptions now and then")
{
    subscribe_and_say_so ("tcp");
    subscribe_and_say_so ("ipc");
}
