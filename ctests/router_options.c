/* ROUTER: probes, ids given to connections, ids of both ends, checks of option values. */
#include "sockets.h"

#define EP "inproc://router"

TEST (h122_probe_router_on_dealer_shows_its_id)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = socket_with_id (ZMQ_DEALER, "prober");
    CHECK_OK (set_int (dealer, ZMQ_PROBE_ROUTER, 1));
    CHECK_OK (zmq_connect (dealer, EP));
    EXPECT (router, "prober", "");
    send_parts (router, "prober", "hello", NULL);
    EXPECT (dealer, "hello");
    EXPECT_NOTHING (router);
}

TEST (h122_probe_router_on_router_shows_its_id)
{
    void *router = bound (ZMQ_ROUTER, EP), *prober = socket_with_id (ZMQ_ROUTER, "prober");
    CHECK_OK (set_int (prober, ZMQ_PROBE_ROUTER, 1));
    CHECK_OK (zmq_connect (prober, EP));
    EXPECT (router, "prober", "");
}

TEST (h122_a_bound_router_probes_newcomers)
{
    void *router = socket_with_id (ZMQ_ROUTER, "bound");
    CHECK_OK (set_int (router, ZMQ_PROBE_ROUTER, 1));
    CHECK_OK (zmq_bind (router, EP));
    void *other = connected (ZMQ_ROUTER, EP), *dealer = connected (ZMQ_DEALER, EP);
    settle (router);
    EXPECT (other, "bound", "");
    EXPECT (dealer, "");
}

TEST (h123_probe_router_is_for_routers_and_their_peers)
{
    int with[] = {ZMQ_DEALER, ZMQ_REQ, ZMQ_ROUTER, ZMQ_REP};
    int without[] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_XPUB, ZMQ_XSUB, ZMQ_PUSH, ZMQ_PULL};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        void *socket = new_socket (with[i]);
        CHECK_OK (set_int (socket, ZMQ_PROBE_ROUTER, 1));
        CHECK_OK (set_int (socket, ZMQ_PROBE_ROUTER, 0));
        CHECK_FAIL (set_int (socket, ZMQ_PROBE_ROUTER, -1), EINVAL);
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        CHECK_FAIL (set_int (new_socket (without[i]), ZMQ_PROBE_ROUTER, 1), EINVAL);
}

TEST (h124_connect_routing_id_names_the_peer_at_once)
{
    void *dealer = socket_with_id (ZMQ_DEALER, "its own id"), *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (zmq_bind (dealer, EP));
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "my name"));
    CHECK_OK (zmq_connect (router, EP));
    send_parts (router, "my name", "hello", NULL);
    EXPECT (dealer, "hello");
    send_parts (dealer, "back", NULL);
    EXPECT (router, "my name", "back");
    CHECK_FAIL (send_str (router, "its own id", ZMQ_SNDMORE), EHOSTUNREACH);
}

TEST (h124_connect_routing_id_names_a_peer_that_is_not_bound_yet)
{
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "late"));
    CHECK_OK (zmq_connect (router, EP));
    send_parts (router, "late", "hello", NULL);
    void *dealer = bound (ZMQ_DEALER, EP);
    EXPECT (dealer, "hello");
}

TEST (h125_connect_routing_id_is_used_once)
{
    void *one = bound (ZMQ_DEALER, "inproc://one"), *two = socket_with_id (ZMQ_DEALER, "two");
    CHECK_OK (zmq_bind (two, "inproc://two"));
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "name"));
    CHECK_OK (zmq_connect (router, "inproc://one"));
    CHECK_OK (zmq_connect (router, "inproc://two"));
    send_parts (router, "name", "hello", NULL);
    EXPECT (one, "hello");
    EXPECT_NOTHING (two);
    send_parts (two, "hello", NULL);
    EXPECT (router, "two", "hello");
}

TEST (h125_connect_routing_id_refuses_empty_values_and_other_types)
{
    char value[8];
    size_t size = sizeof value;
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_FAIL (zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, "", 0), EINVAL);
    CHECK_FAIL (zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, NULL, 0), EINVAL);
    CHECK_FAIL (zmq_getsockopt (router, ZMQ_CONNECT_ROUTING_ID, value, &size), EINVAL);
    CHECK_FAIL (set_str (new_socket (ZMQ_DEALER), ZMQ_CONNECT_ROUTING_ID, "name"), EINVAL);
    CHECK_OK (set_str (new_socket (ZMQ_REP), ZMQ_CONNECT_ROUTING_ID, "name"));
    CHECK_OK (set_str (new_socket (ZMQ_STREAM), ZMQ_CONNECT_ROUTING_ID, "name"));
}

OURS_ONLY (s_a82_a_connect_routing_id_in_use_gives_einval, "the references abort the process")
{
    void *router = new_socket (ZMQ_ROUTER);
    bound (ZMQ_DEALER, "inproc://one");
    bound (ZMQ_DEALER, "inproc://two");
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "name"));
    CHECK_OK (zmq_connect (router, "inproc://one"));
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "name"));
    CHECK_FAIL (zmq_connect (router, "inproc://two"), EINVAL);
}

TEST (h126_two_routers_address_each_other_by_their_ids)
{
    void *one = socket_with_id (ZMQ_ROUTER, "one"), *two = socket_with_id (ZMQ_ROUTER, "two");
    CHECK_OK (set_int (one, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (set_int (two, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (zmq_bind (one, EP));
    CHECK_OK (zmq_connect (two, EP));
    settle (one);
    settle (two);
    send_parts (one, "two", "hello", NULL);
    send_parts (two, "one", "hi", NULL);
    EXPECT (one, "two", "hi");
    EXPECT (two, "one", "hello");
}

TEST (s_a82_ids_with_a_leading_zero_byte_are_accepted)
{
    void *router = bound (ZMQ_ROUTER, EP), *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "\0me", 3));
    CHECK_OK (zmq_connect (dealer, EP));
    send_parts (dealer, "hello", NULL);
    EXPECT_BIN (router, "\0me", 1);
    EXPECT (router, "hello");
    SEND_BIN (router, "\0me", ZMQ_SNDMORE);
    CHECK_INT (send_str (router, "back", 0), 4);
    EXPECT (dealer, "back");
}

TEST (s_a82_types_without_a_routing_id_get_an_automatic_one)
{
    void *router = bound (ZMQ_ROUTER, EP), *push = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_connect (push, EP));
    send_parts (push, "hello", NULL);
    char id[8];
    CHECK_INT (zmq_recv (router, id, sizeof id, 0), 5);
    CHECK_INT (id[0], 0);
    EXPECT (router, "hello");
}

TEST (s_a82_the_id_set_before_the_bind_is_the_one_peers_see)
{
    void *dealer = socket_with_id (ZMQ_DEALER, "before");
    CHECK_OK (zmq_bind (dealer, EP));
    CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "after"));
    void *router = connected (ZMQ_ROUTER, EP);
    settle (dealer);
    send_parts (dealer, "hello", NULL);
    EXPECT (router, "before", "hello");
}

TEST (s_a84_router_options_take_any_int_but_negative_ones_and_cannot_be_read)
{
    int options[] = {ZMQ_ROUTER_MANDATORY, ZMQ_ROUTER_HANDOVER, ZMQ_PROBE_ROUTER, ZMQ_ROUTER_RAW};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        void *router = new_socket (ZMQ_ROUTER);
        int value;
        size_t size = sizeof value;
        CHECK_OK (set_int (router, options[i], 0));
        CHECK_OK (set_int (router, options[i], 2));
        CHECK_FAIL (set_int (router, options[i], -1), EINVAL);
        CHECK_FAIL (zmq_setsockopt (router, options[i], &value, 1), EINVAL);
        CHECK_FAIL (zmq_getsockopt (router, options[i], &value, &size), EINVAL);
    }
}

TEST (s_a6_rep_accepts_the_options_of_router)
{
    void *rep = new_socket (ZMQ_REP);
    CHECK_OK (set_int (rep, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (set_int (rep, ZMQ_ROUTER_HANDOVER, 1));
    CHECK_OK (set_int (rep, ZMQ_PROBE_ROUTER, 1));
    CHECK_FAIL (set_int (new_socket (ZMQ_DEALER), ZMQ_ROUTER_MANDATORY, 1), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_REQ), ZMQ_ROUTER_HANDOVER, 1), EINVAL);
}
