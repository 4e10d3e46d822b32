/* Endpoints of inproc: names, connect before bind, unbind and disconnect, what is snapshot. */
#include "sockets.h"

#define EP "inproc://inproc"

TEST (h232_last_endpoint_is_the_literal_string_of_each_bind)
{
    void *pull = bound (ZMQ_PULL, "inproc://first");
    CHECK_STR (last_endpoint (pull), "inproc://first");
    CHECK_OK (zmq_bind (pull, "inproc://second"));
    CHECK_STR (last_endpoint (pull), "inproc://second");
    CHECK_OK (zmq_connect (pull, "inproc://third"));
    CHECK_STR (last_endpoint (pull), "inproc://third");
    CHECK_FAIL (zmq_bind (pull, "inproc://first"), EADDRINUSE);
    CHECK_OK (zmq_unbind (pull, "inproc://first"));
    CHECK_STR (last_endpoint (pull), "inproc://third");
}

TEST (h232_last_endpoint_has_its_terminator_and_needs_room_for_it)
{
    char text[64];
    size_t size = sizeof text;
    void *pull = bound (ZMQ_PULL, EP);
    CHECK_OK (zmq_getsockopt (pull, ZMQ_LAST_ENDPOINT, text, &size));
    CHECK_INT (size, sizeof EP);
    size = sizeof EP - 1;
    CHECK_FAIL (zmq_getsockopt (pull, ZMQ_LAST_ENDPOINT, text, &size), EINVAL);
}

TEST (h234_disconnect_of_an_unknown_endpoint_gives_enoent)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    CHECK_FAIL (zmq_disconnect (push, "inproc://other"), ENOENT);
    CHECK_FAIL (zmq_unbind (pull, "inproc://other"), ENOENT);
    CHECK_FAIL (zmq_disconnect (new_socket (ZMQ_PUSH), EP), ENOENT);
    CHECK_OK (zmq_disconnect (push, EP));
    CHECK_FAIL (zmq_disconnect (push, EP), ENOENT);
    CHECK_OK (zmq_unbind (pull, EP));
    CHECK_FAIL (zmq_unbind (pull, EP), ENOENT);
}

TEST (h234_disconnect_of_null_or_malformed_gives_einval)
{
    void *push = new_socket (ZMQ_PUSH);
    const char *bad[] = {NULL,        "",    "inproc", "inproc:", "inproc:/",
                         "inproc://", "://", "://x",   "x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAIL (zmq_disconnect (push, bad[i]), EINVAL);
        CHECK_FAIL (zmq_unbind (push, bad[i]), EINVAL);
    }
    CHECK_FAIL (zmq_disconnect (push, "nothing://x"), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_unbind (push, "INPROC://x"), EPROTONOSUPPORT);
}

TEST (s_d1_malformed_and_unknown_endpoints_are_refused)
{
    void *push = new_socket (ZMQ_PUSH);
    const char *bad[] = {"", "inproc", "inproc:", "inproc:/", "inproc://", "://", "://x", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAIL (zmq_bind (push, bad[i]), EINVAL);
        CHECK_FAIL (zmq_connect (push, bad[i]), EINVAL);
    }
    CHECK_FAIL (zmq_bind (push, "nothing://x"), EPROTONOSUPPORT);
    CHECK_FAIL (zmq_connect (push, "Inproc://x"), EPROTONOSUPPORT);
    CHECK_OK (zmq_bind (push, "inproc://still usable"));
}

TEST (h241_a_taken_name_gives_eaddrinuse)
{
    void *pull = bound (ZMQ_PULL, EP);
    CHECK_FAIL (zmq_bind (new_socket (ZMQ_PULL), EP), EADDRINUSE);
    CHECK_FAIL (zmq_bind (pull, EP), EADDRINUSE);
}

TEST (h241_the_same_name_is_free_in_another_context)
{
    void *pull = bound (ZMQ_PULL, EP), *other = zmq_ctx_new ();
    void *other_pull = zmq_socket (other, ZMQ_PULL), *other_push = zmq_socket (other, ZMQ_PUSH);
    CHECK_OK (zmq_bind (other_pull, EP));
    CHECK_OK (zmq_connect (other_push, EP));
    send_parts (other_push, "for the other", NULL);
    EXPECT (other_pull, "for the other");
    EXPECT_NOTHING (pull);
    CHECK_OK (zmq_close (other_push));
    CHECK_OK (zmq_close (other_pull));
    CHECK_OK (zmq_ctx_term (other));
}

TEST (h242_unbind_frees_the_name_at_once_and_keeps_links)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    CHECK_OK (zmq_unbind (pull, EP));
    void *other_pull = bound (ZMQ_PULL, EP), *other_push = connected (ZMQ_PUSH, EP);
    send_parts (push, "old link", NULL);
    send_parts (other_push, "new link", NULL);
    EXPECT (pull, "old link");
    EXPECT (other_pull, "new link");
}

TEST (h243_messages_queued_before_the_bind_arrive_in_order)
{
    void *push[3];
    for (int i = 0; i < 3; i++)
        push[i] = connected (ZMQ_PUSH, EP);
    send_parts (push[0], "a1", NULL);
    send_parts (push[0], "a2", "tail", NULL);
    send_parts (push[2], "c1", NULL);
    send_parts (push[1], "b1", NULL);
    void *pull = bound (ZMQ_PULL, EP);
    EXPECT (pull, "a1");
    EXPECT (pull, "b1");
    EXPECT (pull, "c1");
    EXPECT (pull, "a2", "tail");
    EXPECT_NOTHING (pull);
}

TEST (h243_connects_before_the_bind_work_in_both_directions)
{
    void *one = connected (ZMQ_PAIR, EP);
    send_parts (one, "early", NULL);
    void *two = bound (ZMQ_PAIR, EP);
    send_parts (two, "back", NULL);
    EXPECT (two, "early");
    EXPECT (one, "back");
    bounce (one, two);
}

static void *connect_and_send (void *unused_)
{
    void *push = zmq_socket (unused_, ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, EP));
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (push, "from a thread", 0), 13);
    return push;
}

TEST (h243_connects_before_the_bind_from_several_threads)
{
    pthread_t thread[8];
    void *push[8];
    for (int i = 0; i < 8; i++)
        thread[i] = start (connect_and_send, context ());
    for (int i = 0; i < 8; i++)
        push[i] = join (thread[i]);
    void *pull = bound (ZMQ_PULL, EP);
    for (int i = 0; i < 80; i++)
        EXPECT (pull, "from a thread");
    EXPECT_NOTHING (pull);
    for (int i = 0; i < 8; i++)
        CHECK_OK (zmq_close (push[i]));
}

static pthread_barrier_t barrier;

typedef struct
{
    void *socket;
    char endpoint[32];
} end_t;

static void *connect_and_ping (void *end_)
{
    end_t *end = end_;
    pthread_barrier_wait (&barrier);
    CHECK_OK (zmq_connect (end->socket, end->endpoint));
    send_parts (end->socket, end->endpoint, NULL);
    EXPECT (end->socket, "pong");
    return NULL;
}

static void *bind_and_pong (void *end_)
{
    end_t *end = end_;
    pthread_barrier_wait (&barrier);
    CHECK_OK (zmq_bind (end->socket, end->endpoint));
    EXPECT (end->socket, end->endpoint);
    send_parts (end->socket, "pong", NULL);
    return NULL;
}

TEST (h244_simultaneous_connects_and_binds_of_100_threads_pair_up)
{
    static end_t end[100];
    pthread_t thread[100];
    CHECK_OK (pthread_barrier_init (&barrier, NULL, 100));
    for (int i = 0; i < 100; i++) {
        end[i].socket = new_socket (ZMQ_PAIR);
        snprintf (end[i].endpoint, sizeof end[i].endpoint, "inproc://pair-%d", i / 2);
    }
    for (int i = 0; i < 100; i++)
        thread[i] = start (i % 2 ? bind_and_pong : connect_and_ping, &end[i]);
    for (int i = 0; i < 100; i++)
        join (thread[i]);
}

TEST (h245_disconnect_ends_the_link_and_the_subscription)
{
    void *xpub = bound (ZMQ_XPUB, EP), *sub = connected (ZMQ_SUB, EP);
    subscribe (sub, "A");
    EXPECT_BIN (xpub, "\1A", 0);
    send_parts (xpub, "A1", NULL);
    EXPECT (sub, "A1");
    CHECK_OK (zmq_disconnect (sub, EP));
    WAIT_UNTIL ((settle (sub), settle (xpub)) & ZMQ_POLLIN);
    EXPECT_BIN (xpub, "\0A", 0);
    send_parts (xpub, "A2", NULL);
    EXPECT_NOTHING (sub);
}

TEST (h246_a_name_of_1000_bytes_works)
{
    char endpoint[1010] = "inproc://";
    memset (endpoint + 9, 'n', 1000);
    void *pull = bound (ZMQ_PULL, endpoint), *push = connected (ZMQ_PUSH, endpoint);
    send_parts (push, "hello", NULL);
    EXPECT (pull, "hello");
    CHECK_STR (last_endpoint (pull), endpoint);
    endpoint[1008] = 'x'; /* names differ in any byte */
    CHECK_OK (zmq_bind (pull, endpoint));
}

TEST (s_d5_there_is_no_reconnection)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    close_socket (pull);
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    pull = bound (ZMQ_PULL, EP);
    CHECK_INT (settle (push), 0);
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_OK (zmq_connect (push, EP));
    send_parts (push, "again", NULL);
    EXPECT (pull, "again");
}

TEST (s_d5_connecting_again_makes_another_connection_for_every_type)
{
    int types[][2] = {{ZMQ_PULL, ZMQ_PUSH}, {ZMQ_ROUTER, ZMQ_DEALER}, {ZMQ_XPUB, ZMQ_SUB}};
    for (int i = 0; i < 3; i++) {
        void *bind = bound (types[i][0], EP), *other = new_socket (types[i][1]);
        if (types[i][1] == ZMQ_SUB) {
            CHECK_OK (set_int (bind, ZMQ_XPUB_VERBOSE, 1));
            subscribe (other, "");
        }
        CHECK_OK (zmq_connect (other, EP));
        CHECK_OK (zmq_connect (other, EP));
        if (types[i][1] == ZMQ_SUB)
            CHECK_INT (drain (bind), 2);
        else {
            CHECK_OK (set_int (other, ZMQ_SNDHWM, 1000));
            CHECK_INT (fill (other), 4000);
        }
        CHECK_OK (zmq_unbind (bind, EP));
    }
}

TEST (s_d4_one_disconnect_ends_all_connections_to_that_name)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    CHECK_OK (zmq_connect (push, EP));
    send_parts (push, "1", NULL);
    send_parts (push, "2", NULL);
    CHECK_OK (zmq_disconnect (push, EP));
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (zmq_disconnect (push, EP), ENOENT);
    EXPECT (pull, "1");
    EXPECT (pull, "2");
}

TEST (s_d4_unbind_of_a_connected_name_acts_as_disconnect)
{
    void *pull = bound (ZMQ_PULL, EP), *push = connected (ZMQ_PUSH, EP);
    send_parts (push, "1", NULL);
    CHECK_OK (zmq_unbind (push, EP));
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    EXPECT (pull, "1");
    CHECK_OK (zmq_disconnect (pull, EP)); /* and disconnect of a bound name as unbind */
    CHECK_OK (zmq_bind (new_socket (ZMQ_PULL), EP));
}

TEST (s_d5_a_socket_may_connect_to_a_name_it_has_bound)
{
    void *dealer = bound (ZMQ_DEALER, EP);
    CHECK_OK (zmq_connect (dealer, EP));
    settle (dealer);
    send_parts (dealer, "to myself", NULL);
    EXPECT (dealer, "to myself");
}

TEST (s_d5_a_socket_may_bind_and_connect_several_endpoints)
{
    void *dealer = bound (ZMQ_DEALER, "inproc://one");
    CHECK_OK (zmq_bind (dealer, "inproc://two"));
    void *third = bound (ZMQ_DEALER, "inproc://three");
    CHECK_OK (zmq_connect (dealer, "inproc://three"));
    void *first = connected (ZMQ_DEALER, "inproc://one");
    void *second = connected (ZMQ_DEALER, "inproc://two");
    settle (dealer);
    for (int i = 0; i < 3; i++)
        send_parts (dealer, "one pool", NULL);
    EXPECT (first, "one pool");
    EXPECT (second, "one pool");
    EXPECT (third, "one pool");
}

TEST (s_d5_the_binders_routing_id_is_that_of_the_bind)
{
    void *one = socket_with_id (ZMQ_DEALER, "before");
    CHECK_OK (zmq_bind (one, EP));
    CHECK_OK (set_str (one, ZMQ_ROUTING_ID, "after"));
    void *router = connected (ZMQ_ROUTER, EP);
    settle (router);
    send_parts (router, "after", "lost", NULL);
    send_parts (router, "before", "hello", NULL);
    EXPECT (one, "hello");
    EXPECT_NOTHING (one);
}

TEST (s_d5_a_waiting_connect_can_be_disconnected)
{
    void *push = connected (ZMQ_PUSH, EP);
    send_parts (push, "1", NULL);
    CHECK_OK (zmq_disconnect (push, EP));
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (zmq_disconnect (push, EP), ENOENT);
}

TEST (s_d5_a_name_is_free_again_after_its_binder_closed)
{
    void *pull = bound (ZMQ_PULL, EP);
    close_socket (pull);
    void *next = new_socket (ZMQ_PULL);
    WAIT_UNTIL (zmq_bind (next, EP) == 0);
    void *push = connected (ZMQ_PUSH, EP);
    send_parts (push, "hello", NULL);
    EXPECT (next, "hello");
}
