/* ROUTER and DEALER: routing ids, what sending does to unknown, full and lost peers. */
#include "sockets.h"

#define EP "inproc://router"

/* A bound ROUTER with MANDATORY. */
static void *mandatory_router (int send_hwm_)
{
    void *router = socket_with_hwm (ZMQ_ROUTER, send_hwm_, 1);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (zmq_bind (router, EP));
    return router;
}

/* A DEALER with a routing id, connected. */
static void *dealer_named (const char *id_)
{
    void *dealer = socket_with_id (ZMQ_DEALER, id_);
    CHECK_OK (zmq_connect (dealer, EP));
    return dealer;
}

TEST (h109_automatic_ids_are_a_zero_byte_and_an_increasing_counter)
{
    void *router = bound (ZMQ_ROUTER, EP);
    uint32_t last = 0;
    for (int i = 0; i < 4; i++) {
        void *dealer = connected (ZMQ_DEALER, EP);
        send_parts (dealer, "hello", NULL);
        unsigned char id[6];
        CHECK_INT (zmq_recv (router, id, sizeof id, 0), 5);
        CHECK_INT (get_int (router, ZMQ_RCVMORE), 1);
        EXPECT (router, "hello");
        CHECK_INT (id[0], 0);
        uint32_t number =
          (uint32_t) id[1] << 24 | (uint32_t) id[2] << 16 | (uint32_t) id[3] << 8 | id[4];
        if (i)
            CHECK_INT (number, (uint32_t) (last + 1));
        last = number;
        CHECK_INT (zmq_send (router, id, 5, ZMQ_SNDMORE), 5);
        CHECK_INT (send_str (router, "back", 0), 4);
        EXPECT (dealer, "back");
    }
}

TEST (h110_routing_id_is_1_to_255_bytes)
{
    char id[256];
    memset (id, 'i', sizeof id);
    void *dealer = new_socket (ZMQ_DEALER), *router = bound (ZMQ_ROUTER, EP);
    CHECK_FAIL (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, id, 0), EINVAL);
    CHECK_FAIL (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, id, 256), EINVAL);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, id, 255));
    CHECK_OK (zmq_connect (dealer, EP));
    send_parts (dealer, "hello", NULL);
    EXPECT_BYTES (router, id, 255, 1);
    EXPECT (router, "hello");
}

TEST (h111_sending_to_an_unknown_id_succeeds_by_default)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = dealer_named ("known");
    settle (router);
    send_parts (router, "unknown", "two", "parts", NULL);
    send_parts (router, "known", "kept", NULL);
    EXPECT (dealer, "kept");
    EXPECT_NOTHING (dealer);
}

TEST (h112_mandatory_gives_ehostunreach_at_the_id_frame)
{
    void *router = mandatory_router (1);
    CHECK_FAIL (send_str (router, "unknown", ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_FAIL (send_str (router, "unknown", ZMQ_SNDMORE | ZMQ_DONTWAIT), EHOSTUNREACH);
}

TEST (h113_mandatory_gives_eagain_for_a_full_peer)
{
    void *router = mandatory_router (1), *dealer = socket_with_hwm (ZMQ_DEALER, 1, 1);
    CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (dealer, EP));
    settle (router);
    send_parts (router, "peer", "1", NULL);
    send_parts (router, "peer", "2", NULL);
    CHECK_FAIL (send_str (router, "peer", ZMQ_SNDMORE | ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (settle (router), 0);
    CHECK_OK (set_int (router, ZMQ_SNDTIMEO, 100));
    int64_t start = now_ms ();
    CHECK_FAIL (send_str (router, "peer", ZMQ_SNDMORE), EAGAIN);
    int64_t took = now_ms () - start;
    if (took < 99 || took > 2000)
        FAIL ("SNDTIMEO of 100 ended after %lld ms", (long long) took);
    EXPECT (dealer, "1");
    EXPECT (dealer, "2");
    CHECK_INT (settle (router), ZMQ_POLLOUT);
    send_parts (router, "peer", "3", NULL);
    EXPECT (dealer, "3");
}

TEST (h114_after_ehostunreach_the_next_frame_is_an_id_again)
{
    void *router = mandatory_router (1), *dealer = dealer_named ("peer");
    settle (router);
    CHECK_FAIL (send_str (router, "unknown", ZMQ_SNDMORE), EHOSTUNREACH);
    send_parts (router, "peer", "hello", NULL);
    EXPECT (dealer, "hello");
    EXPECT_NOTHING (dealer);
}

TEST (h114_the_message_of_a_refused_id_frame_is_untouched)
{
    void *router = mandatory_router (1);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 7));
    memcpy (zmq_msg_data (&msg), "unknown", 7);
    CHECK_FAIL (zmq_msg_send (&msg, router, ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_INT (zmq_msg_size (&msg), 7);
    CHECK (memcmp (zmq_msg_data (&msg), "unknown", 7) == 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h115_the_id_of_a_closed_peer_gives_ehostunreach)
{
    void *router = mandatory_router (1), *dealer = dealer_named ("peer");
    settle (router);
    send_parts (router, "peer", "hello", NULL);
    close_socket (dealer);
    WAIT_UNTIL (settle (router) == 0);
    CHECK_FAIL (send_str (router, "peer", ZMQ_SNDMORE), EHOSTUNREACH);
}

/* Sends to "peer", which was closed, until the ROUTER has noticed. */
static void until_unreachable (void *router_)
{
    WAIT_UNTIL (send_str (router_, "peer", ZMQ_SNDMORE | ZMQ_DONTWAIT) == -1
                || (send_str (router_, "lost", 0), settle (router_), 0));
    CHECK_FAIL (send_str (router_, "peer", ZMQ_SNDMORE), EHOSTUNREACH);
}

TEST (s_a84_mandatory_with_a_gone_peer_whose_messages_are_unread_gives_ehostunreach)
{
    void *router = mandatory_router (0), *dealer = dealer_named ("peer");
    send_parts (dealer, "1", NULL);
    send_parts (dealer, "2", NULL);
    close_socket (dealer);
    until_unreachable (router);
    EXPECT (router, "peer", "1");
    EXPECT (router, "peer", "2");
}

TEST (h116_mandatory_has_pollout_only_with_a_peer_that_has_room)
{
    void *router = mandatory_router (1);
    CHECK_INT (settle (router), 0);
    void *full = socket_with_hwm (ZMQ_DEALER, 1, 1);
    CHECK_OK (set_str (full, ZMQ_ROUTING_ID, "full"));
    CHECK_OK (zmq_connect (full, EP));
    CHECK_INT (settle (router), ZMQ_POLLOUT);
    send_parts (router, "full", "1", NULL);
    send_parts (router, "full", "2", NULL);
    CHECK_INT (settle (router), 0);
    dealer_named ("empty");
    CHECK_INT (settle (router), ZMQ_POLLOUT);
}

TEST (h117_default_router_always_has_pollout_and_drops_for_a_full_peer)
{
    void *router = socket_with_hwm (ZMQ_ROUTER, 1, 1), *dealer = socket_with_hwm (ZMQ_DEALER, 1, 1);
    CHECK_INT (settle (router), ZMQ_POLLOUT);
    CHECK_OK (zmq_bind (router, EP));
    CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (dealer, EP));
    settle (router);
    const char *text[5] = {"1", "2", "3", "4", "5"};
    for (int i = 0; i < 5; i++) {
        send_parts (router, "peer", text[i], "tail", NULL);
        CHECK_INT (settle (router), ZMQ_POLLOUT);
    }
    EXPECT (dealer, "1", "tail");
    EXPECT (dealer, "2", "tail");
    EXPECT_NOTHING (dealer);
    settle (router);
    send_parts (router, "peer", "6", NULL);
    EXPECT (dealer, "6");
}

TEST (h118_a_first_frame_without_sndmore_is_swallowed)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = dealer_named ("peer");
    settle (router);
    CHECK_INT (send_str (router, "peer", 0), 4);
    CHECK_INT (send_str (router, "unknown", 0), 7);
    send_parts (router, "peer", "hello", NULL);
    EXPECT (dealer, "hello");
    EXPECT_NOTHING (dealer);
}

TEST (h119_a_newcomer_with_a_taken_id_is_ignored)
{
    void *router = bound (ZMQ_ROUTER, EP);
    void *first = dealer_named ("peer");
    settle (router);
    void *second = dealer_named ("peer");
    settle (router);
    send_parts (second, "from the newcomer", NULL);
    EXPECT_NOTHING (router);
    send_parts (first, "from the first", NULL);
    EXPECT (router, "peer", "from the first");
    send_parts (router, "peer", "hello", NULL);
    EXPECT (first, "hello");
    EXPECT_NOTHING (second);
}

TEST (s_a83_an_ignored_newcomer_is_not_adopted_when_the_first_leaves)
{
    void *router = bound (ZMQ_ROUTER, EP);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    void *first = dealer_named ("peer");
    settle (router);
    void *second = dealer_named ("peer");
    settle (router);
    close_socket (first);
    WAIT_UNTIL (settle (router) == 0);
    send_parts (second, "hello", NULL);
    EXPECT_NOTHING (router);
    CHECK_FAIL (send_str (router, "peer", ZMQ_SNDMORE), EHOSTUNREACH);
    void *third = dealer_named ("peer");
    send_parts (third, "fresh", NULL);
    EXPECT (router, "peer", "fresh");
}

TEST (s_a83_an_id_is_in_use_until_its_last_message_was_read)
{
    void *router = mandatory_router (0), *first = dealer_named ("peer");
    send_parts (first, "old 1", NULL);
    send_parts (first, "old 2", NULL);
    close_socket (first);
    until_unreachable (router);
    void *second = dealer_named ("peer");
    settle (router);
    send_parts (second, "ignored", NULL);
    EXPECT (router, "peer", "old 1");
    EXPECT (router, "peer", "old 2");
    EXPECT_NOTHING (router);
}

TEST (h120_handover_gives_the_id_to_the_newcomer)
{
    void *router = bound (ZMQ_ROUTER, EP);
    CHECK_OK (set_int (router, ZMQ_ROUTER_HANDOVER, 1));
    void *first = dealer_named ("peer");
    send_parts (first, "first", NULL);
    EXPECT (router, "peer", "first");
    void *second = dealer_named ("peer");
    send_parts (second, "second", NULL);
    EXPECT (router, "peer", "second");
    send_parts (router, "peer", "hello", NULL);
    EXPECT (second, "hello");
    EXPECT_NOTHING (first);
}

TEST (s_a83_handover_loses_unread_messages_but_completes_the_one_being_read)
{
    void *router = bound (ZMQ_ROUTER, EP);
    CHECK_OK (set_int (router, ZMQ_ROUTER_HANDOVER, 1));
    void *first = dealer_named ("peer");
    send_parts (first, "begun", "rest", NULL);
    send_parts (first, "lost", NULL);
    EXPECT_BIN (router, "peer", 1);
    EXPECT_BIN (router, "begun", 1);
    void *second = dealer_named ("peer");
    send_parts (second, "new", NULL);
    settle (router);
    EXPECT_BIN (router, "rest", 0);
    EXPECT (router, "peer", "new");
    EXPECT_NOTHING (router);
}

TEST (h121_messages_of_a_closed_peer_stay_readable_with_its_id)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = dealer_named ("peer");
    for (int i = 0; i < 3; i++)
        send_parts (dealer, "last", "words", NULL);
    close_socket (dealer);
    for (int i = 0; i < 3; i++)
        EXPECT (router, "peer", "last", "words");
    EXPECT_NOTHING (router);
}

TEST (h133_an_events_query_loses_nothing_of_a_message)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = dealer_named ("peer");
    send_parts (dealer, "a", "b", NULL);
    CHECK_INT (settle (router), ZMQ_POLLIN | ZMQ_POLLOUT);
    CHECK_INT (settle (router), ZMQ_POLLIN | ZMQ_POLLOUT);
    EXPECT_BIN (router, "peer", 1);
    CHECK_INT (settle (router), ZMQ_POLLIN | ZMQ_POLLOUT);
    EXPECT_BIN (router, "a", 1);
    CHECK_INT (settle (router), ZMQ_POLLIN | ZMQ_POLLOUT);
    EXPECT_BIN (router, "b", 0);
    CHECK_INT (settle (router), ZMQ_POLLOUT);
    CHECK_INT (get_int (router, ZMQ_RCVMORE), 0);
}

TEST (h134_sending_while_a_message_is_half_read_works)
{
    void *router = bound (ZMQ_ROUTER, EP);
    void *one = dealer_named ("one"), *two = dealer_named ("two");
    send_parts (one, "a", "b", NULL);
    send_parts (two, "c", NULL);
    EXPECT_BIN (router, "one", 1);
    send_parts (router, "two", "x", "y", NULL);
    EXPECT_BIN (router, "a", 1);
    send_parts (router, "one", "z", NULL);
    EXPECT_BIN (router, "b", 0);
    EXPECT (router, "two", "c");
    EXPECT (two, "x", "y");
    EXPECT (one, "z");
}

TEST (s_a84_a_message_to_a_peer_that_dies_meanwhile_is_dropped_even_with_mandatory)
{
    void *router = mandatory_router (1), *dealer = dealer_named ("peer");
    settle (router);
    CHECK_INT (send_str (router, "peer", ZMQ_SNDMORE), 4);
    CHECK_INT (send_str (router, "a", ZMQ_SNDMORE), 1);
    close_socket (dealer);
    WAIT_UNTIL (settle (router) == 0);
    CHECK_INT (send_str (router, "b", ZMQ_SNDMORE), 1);
    CHECK_INT (send_str (router, "c", 0), 1);
    CHECK_FAIL (send_str (router, "peer", ZMQ_SNDMORE), EHOSTUNREACH);
}

TEST (s_a7_dealer_rotates_and_reads_fairly)
{
    void *dealer = bound (ZMQ_DEALER, EP);
    void *one = connected (ZMQ_DEALER, EP), *two = connected (ZMQ_DEALER, EP);
    settle (dealer);
    for (int i = 0; i < 4; i++)
        send_parts (dealer, "a", "b", NULL);
    for (int i = 0; i < 2; i++) {
        EXPECT (one, "a", "b");
        EXPECT (two, "a", "b");
    }
    send_parts (one, "1", NULL);
    send_parts (one, "1", NULL);
    send_parts (two, "2", NULL);
    EXPECT (dealer, "1");
    EXPECT (dealer, "2");
    EXPECT (dealer, "1");
}
