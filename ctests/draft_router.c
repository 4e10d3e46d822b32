/* Draft parts of ROUTER: notifications, as far as inproc has any, and the state of a peer. */
#include "sockets.h"

#define EP "inproc://router"

TEST (h127_router_notify_is_0_to_3)
{
    void *router = new_socket (ZMQ_ROUTER);
    CHECK_INT (get_int (router, ZMQ_ROUTER_NOTIFY), 0);
    for (int value = 0; value < 4; value++) {
        CHECK_OK (set_int (router, ZMQ_ROUTER_NOTIFY, value));
        CHECK_INT (get_int (router, ZMQ_ROUTER_NOTIFY), value);
    }
    CHECK_FAIL (set_int (router, ZMQ_ROUTER_NOTIFY, -1), EINVAL);
    CHECK_FAIL (set_int (router, ZMQ_ROUTER_NOTIFY, 4), EINVAL);
    CHECK_INT (get_int (router, ZMQ_ROUTER_NOTIFY), 3);
}

TEST (h128_router_notify_on_other_types_can_be_read_only)
{
    int types[] = {ZMQ_DEALER, ZMQ_REQ, ZMQ_PAIR, ZMQ_PUB, ZMQ_SERVER};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *socket = new_socket (types[i]);
        CHECK_FAIL (set_int (socket, ZMQ_ROUTER_NOTIFY, 1), EINVAL);
        CHECK_INT (get_int (socket, ZMQ_ROUTER_NOTIFY), 0);
    }
    CHECK_OK (set_int (new_socket (ZMQ_REP), ZMQ_ROUTER_NOTIFY, 1));
}

TEST (s_a85_nothing_is_notified_over_inproc)
{
    void *router = new_socket (ZMQ_ROUTER), *dealer = socket_with_id (ZMQ_DEALER, "peer");
    CHECK_OK (set_int (router, ZMQ_ROUTER_NOTIFY, ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT));
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (zmq_bind (router, EP));
    CHECK_OK (zmq_connect (dealer, EP));
    CHECK_INT (settle (router), ZMQ_POLLOUT);
    EXPECT_NOTHING (router);
    close_socket (dealer);
    WAIT_UNTIL (settle (router) == 0);
    EXPECT_NOTHING (router);
}

TEST (h132_peer_state_is_pollout_when_there_is_room_and_0_when_full)
{
    void *router = socket_with_hwm (ZMQ_ROUTER, 1, 1), *dealer = socket_with_hwm (ZMQ_DEALER, 1, 1);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_OK (zmq_bind (router, EP));
    CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (dealer, EP));
    settle (router);
    CHECK_INT (zmq_socket_get_peer_state (router, "peer", 4), ZMQ_POLLOUT);
    send_parts (router, "peer", "1", NULL);
    CHECK_INT (zmq_socket_get_peer_state (router, "peer", 4), ZMQ_POLLOUT);
    send_parts (router, "peer", "2", NULL);
    CHECK_INT (zmq_socket_get_peer_state (router, "peer", 4), 0);
    CHECK_INT (drain (dealer), 2);
    settle (router);
    CHECK_INT (zmq_socket_get_peer_state (router, "peer", 4), ZMQ_POLLOUT);
}

TEST (h132_peer_state_of_an_unknown_peer_gives_ehostunreach)
{
    void *router = bound (ZMQ_ROUTER, EP);
    CHECK_FAIL (zmq_socket_get_peer_state (router, "peer", 4), EHOSTUNREACH);
    CHECK_FAIL (zmq_socket_get_peer_state (new_socket (ZMQ_REP), "peer", 4), EHOSTUNREACH);
}

TEST (h132_peer_state_is_for_router_and_rep)
{
    int types[] = {ZMQ_DEALER, ZMQ_REQ, ZMQ_PAIR, ZMQ_PUB, ZMQ_SERVER, ZMQ_STREAM};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        CHECK_FAIL (zmq_socket_get_peer_state (new_socket (types[i]), "peer", 4), ENOTSUP);
    CHECK_FAIL (zmq_socket_get_peer_state (NULL, "peer", 4), ENOTSOCK);
}
