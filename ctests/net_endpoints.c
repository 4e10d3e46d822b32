/* zmq_unbind and zmq_disconnect over tcp and ipc: which name finds what, and what becomes of the
 * connections; duplicate connects; many endpoints of one socket. */
#include "network.h"

/* ---- names --------------------------------------------------------------------------------- */

TEST (h233_a_wildcard_bind_is_unbound_by_its_real_name)
{
    void *server = bound (ZMQ_DEALER, "tcp://127.0.0.1:*");
    const char *place = place_of (server);
    CHECK_FAIL (zmq_unbind (server, "tcp://127.0.0.1:*"), ENOENT);
    CHECK_FAIL (zmq_unbind (server, "tcp://127.0.0.1:0"), ENOENT);
    CHECK_OK (zmq_unbind (server, place));
    CHECK_FAIL (zmq_unbind (server, place), ENOENT);
}

TEST (h233_all_interfaces_are_unbound_by_their_address)
{
    void *server = bound (ZMQ_DEALER, "tcp://*:*");
    const char *place = place_of (server);
    int port = port_of (place);
    CHECK_FAIL (zmq_unbind (server, text_of ("tcp://*:%d", port)), ENOENT);
    CHECK_FAIL (zmq_unbind (server, text_of ("tcp://127.0.0.1:%d", port)), ENOENT);
    CHECK_FAIL (zmq_unbind (server, text_of ("tcp://localhost:%d", port)), ENOENT);
    CHECK_OK (zmq_unbind (server, place));
}

TEST (a45_other_spellings_find_a_bind)
{
    void *server = new_socket (ZMQ_DEALER);
    static const char *hosts[] = {"localhost", "127.1", "[127.0.0.1]"};
    for (int i = 0; i < 3; i++) {
        CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
        int port = port_of (last_endpoint (server));
        CHECK_OK (zmq_unbind (server, text_of ("tcp://%s:%d", hosts[i], port)));
        CHECK_FAIL (zmq_unbind (server, last_endpoint (server)), ENOENT);
    }
}

TEST (h234_names_that_are_not_there)
{
    void *socket = new_socket (ZMQ_DEALER);
    static const struct
    {
        const char *endpoint;
        int err;
    } rows[] = {{"tcp://127.0.0.1:5555", ENOENT}, {"ipc://name", ENOENT},
                {"ipc://@name", ENOENT},          {"ipc://*", ENOENT},
                {"tcp://*:5555", ENOENT},         {"inproc://name", ENOENT},
                {NULL, EINVAL},                   {"", EINVAL},
                {"tcp", EINVAL},                  {"tcp://", EINVAL},
                {"ipc://", EINVAL},               {"://name", EINVAL},
                {"foo://name", EPROTONOSUPPORT},  {"TCP://127.0.0.1:1", EPROTONOSUPPORT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_FAIL (zmq_disconnect (socket, rows[i].endpoint), rows[i].err);
        CHECK_FAIL (zmq_unbind (socket, rows[i].endpoint), rows[i].err);
    }
}

TEST (h235_disconnect_by_the_string_given_to_connect)
{
    void *client = new_socket (ZMQ_DEALER);
    const char *port = strrchr (fresh ("tcp"), ':');
    static const char *hosts[] = {"localhost", "127.1", "[127.0.0.1]", "nobody..nowhere",
                                  "127.0.0.1:0;127.0.0.1"};
    for (int i = 0; i < 5; i++) {
        const char *place = text_of ("tcp://%s%s", hosts[i], port);
        CHECK_OK (zmq_connect (client, place));
        CHECK_FAIL (zmq_disconnect (client, text_of ("tcp://127.0.0.1%s", port)), ENOENT);
        CHECK_OK (zmq_disconnect (client, place));
        CHECK_FAIL (zmq_disconnect (client, place), ENOENT);
    }
}

NET_TEST (h235_disconnect_of_a_live_link)
{
    void *server = bound (ZMQ_PULL, fresh (transport)), *client = new_socket (ZMQ_PUSH);
    void *events = watch (server);
    const char *place = place_of (server);
    CHECK_OK (zmq_connect (client, place));
    send_parts (client, "hello", NULL);
    EXPECT (server, "hello");
    CHECK_OK (zmq_disconnect (client, place));
    AWAIT_WITH (client, events, ZMQ_EVENT_DISCONNECTED);
    CHECK_FAIL (send_str (client, "late", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (zmq_disconnect (client, place), ENOENT);
    CHECK_OK (zmq_connect (client, place));
    send_parts (client, "again", NULL);
    EXPECT (server, "again");
}

NET_TEST (s_d4_unbind_and_disconnect_are_the_same)
{
    const char *place = fresh (transport);
    void *server = bound (ZMQ_PULL, place), *client = connected (ZMQ_PUSH, place);
    send_parts (client, "hello", NULL);
    EXPECT (server, "hello");
    CHECK_OK (zmq_unbind (client, place));
    CHECK_OK (zmq_disconnect (server, place));
    CHECK_FAIL (zmq_disconnect (server, place), ENOENT);
    CHECK_FAIL (send_str (client, "late", ZMQ_DONTWAIT), EAGAIN);
}

NET_TEST (s_d4_a_name_bound_and_connected_is_removed_in_one_call)
{
    const char *place = fresh (transport);
    void *socket = bound (ZMQ_PUSH, place), *other = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_connect (socket, place));
    CHECK_OK (zmq_disconnect (socket, place));
    CHECK_FAIL (zmq_unbind (socket, place), ENOENT);
    bind_again (other, place);
}

TEST (s_d2_a_port_can_be_bound_again_soon)
{
    void *server = bound (ZMQ_DEALER, "tcp://127.0.0.1:*"), *other = new_socket (ZMQ_DEALER);
    const char *place = place_of (server);
    CHECK_OK (zmq_unbind (server, place));
    bind_again (other, place);
    bounce (other, connected (ZMQ_DEALER, place));
    close_socket (other);
    bind_again (server, place);
}

/* ---- what becomes of connections ----------------------------------------------------------- */

NET_TEST (h237_unbinding_one_endpoint_leaves_the_other)
{
    void *server = new_socket (ZMQ_PULL), *events[2], *client[2];
    const char *place[2] = {fresh (transport), fresh (transport)};
    for (int i = 0; i < 2; i++) {
        CHECK_OK (zmq_bind (server, place[i]));
        client[i] = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (client[i], ZMQ_IMMEDIATE, 1));
        CHECK_OK (set_int (client[i], ZMQ_RECONNECT_IVL, 10));
        events[i] = watch (client[i]);
        CHECK_OK (zmq_connect (client[i], place[i]));
        AWAIT (events[i], ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        send_parts (client[i], "before", NULL);
        EXPECT (server, "before");
    }
    CHECK_OK (zmq_unbind (server, place[0]));
    AWAIT_WITH (server, events[0], ZMQ_EVENT_DISCONNECTED);
    AWAIT (events[0], ZMQ_EVENT_CONNECT_RETRIED);
    AWAIT (events[0], ZMQ_EVENT_CONNECT_RETRIED);
    WAIT_UNTIL (settle (client[0]) == 0);
    EXPECT_NO_EVENT (events[1]);
    send_parts (client[1], "after", NULL);
    EXPECT (server, "after");
    bind_again (server, place[0]); /* and back */
    AWAIT (events[0], ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_parts (client[0], "back", NULL);
    EXPECT (server, "back");
}

NET_TEST (s_d4_all_accepted_links_end_with_an_unbind)
{
    const char *place = fresh (transport);
    void *server = bound (ZMQ_PUSH, place), *other = bound (ZMQ_PULL, fresh (transport));
    int raw[5];
    for (int i = 0; i < 5; i++)
        raw[i] = raw_peer (place, "PULL");
    CHECK_OK (zmq_connect (server, place_of (other))); /* which stays */
    CHECK_OK (zmq_unbind (server, place));
    for (int i = 0; i < 5; i++)
        WAIT_UNTIL (settle (server) == ZMQ_POLLOUT && raw_ended (raw[i]));
    for (int i = 0; i < 5; i++) {
        send_parts (server, "to the one that is left", NULL);
        EXPECT (other, "to the one that is left");
    }
}

NET_TEST (s_d2_all_endpoints_form_one_pool)
{
    void *hub = new_socket (ZMQ_PUSH), *leaf[6];
    for (int i = 0; i < 6; i++) {
        const char *place = fresh (transport);
        leaf[i] = new_socket (ZMQ_PULL);
        CHECK_OK (zmq_bind (i % 2 ? leaf[i] : hub, place));
        CHECK_OK (zmq_connect (i % 2 ? hub : leaf[i], place));
    }
    for (int i = 0; i < 6; i++) /* until each is there */
        WAIT_UNTIL (send_str (hub, "first", ZMQ_DONTWAIT) == 5 && settle (leaf[i]));
    for (int i = 0; i < 12; i++)
        send_parts (hub, "turn", NULL);
    for (int i = 0; i < 6; i++)
        for (int turns = 0; turns < 2;) {
            char text[8];
            CHECK_INT (wait_for (leaf[i], ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
            RECV_TEXT (leaf[i], text);
            turns += strcmp (text, "turn") == 0;
        }
}

TEST (s_d2_one_socket_over_three_transports)
{
    void *pull = bound (ZMQ_PULL, fresh ("tcp"));
    const char *tcp = place_of (pull), *ipc = fresh ("ipc");
    CHECK_OK (zmq_bind (pull, ipc));
    CHECK_OK (zmq_bind (pull, "inproc://three"));
    void *push = connected (ZMQ_PUSH, tcp);
    CHECK_OK (zmq_connect (push, ipc));
    CHECK_OK (zmq_connect (push, "inproc://three"));
    int seen[9] = {0};
    for (int i = 0; i < 9; i++)
        send_parts (push, text_of ("%d", i), NULL);
    for (int i = 0; i < 9; i++) {
        char text[8];
        CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        RECV_TEXT (pull, text);
        CHECK_INT (seen[atoi (text)]++, 0);
    }
    EXPECT_NOTHING (pull);
}

/* ---- connecting twice ---------------------------------------------------------------------- */

/* How many messages a socket takes with SNDHWM 3 after two connects to one endpoint: each
 * connection that is not up takes three. */
static int room_of_two_connects (int type_, const char *place_)
{
    void *socket = socket_with_hwm (type_, 3, 3);
    CHECK_OK (zmq_connect (socket, place_));
    CHECK_OK (zmq_connect (socket, place_));
    return fill (socket);
}

NET_TEST (h236_a_second_connect_of_some_types_does_nothing)
{
    const char *place = fresh (transport);
    CHECK_INT (room_of_two_connects (ZMQ_DEALER, place), 3);
    CHECK_INT (room_of_two_connects (ZMQ_PUSH, place), 6);
}

NET_TEST (h236_how_many_links_two_connects_make)
{
    static const struct
    {
        int type, links;
    } rows[] = {{ZMQ_DEALER, 1}, {ZMQ_REQ, 1},    {ZMQ_SUB, 1}, {ZMQ_PUB, 1},  {ZMQ_PUSH, 2},
                {ZMQ_PULL, 2},   {ZMQ_ROUTER, 2}, {ZMQ_REP, 2}, {ZMQ_XSUB, 2}, {ZMQ_XPUB, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *place = fresh (transport);
        int listener = raw_listen (place, 10);
        void *socket = new_socket (rows[i].type);
        CHECK_OK (set_int (socket, ZMQ_LINGER, 0));
        CHECK_OK (zmq_connect (socket, place));
        CHECK_OK (zmq_connect (socket, place));
        CHECK_STR (last_endpoint (socket), place);
        const char *witness_place = fresh (transport);
        int witness = raw_listen (witness_place, 10);
        CHECK_OK (zmq_connect (socket, witness_place)); /* which is done after the others */
        raw_accept (witness);
        for (int n = 0; n < rows[i].links; n++)
            raw_accept (listener);
        if (raw_readable (listener, 0))
            FAIL ("too many links of type %d", rows[i].type);
        close_socket (socket);
    }
}

NET_TEST (a45_one_disconnect_ends_two_connects)
{
    const char *place = fresh (transport);
    void *push = new_socket (ZMQ_PUSH), *pull = bound (ZMQ_PULL, place), *events = watch (pull);
    CHECK_OK (zmq_connect (push, place));
    CHECK_OK (zmq_connect (push, place));
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    AWAIT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK_OK (zmq_disconnect (push, place));
    AWAIT_WITH (push, events, ZMQ_EVENT_DISCONNECTED);
    AWAIT_WITH (push, events, ZMQ_EVENT_DISCONNECTED);
    CHECK_FAIL (zmq_disconnect (push, place), ENOENT);
    CHECK_FAIL (send_str (push, "late", ZMQ_DONTWAIT), EAGAIN);
}

TEST (a45_what_a_socket_has_bound_it_need_not_connect_to)
{
    void *dealer = new_socket (ZMQ_DEALER);
    const char *place = fresh ("tcp");
    CHECK_OK (zmq_bind (dealer, place));
    CHECK_OK (zmq_bind (dealer, "inproc://other"));
    CHECK_OK (zmq_connect (dealer, place));
    CHECK_STR (last_endpoint (dealer), "inproc://other"); /* nothing was done */
    CHECK_FAIL (send_str (dealer, "a", ZMQ_DONTWAIT), EAGAIN);
}

/* ---- forms all transports share ------------------------------------------------------------ */

TEST (a61_forms_that_are_no_endpoints)
{
    static const struct
    {
        const char *endpoint;
        int err;
    } rows[] = {{"", EINVAL},
                {"tcp", EINVAL},
                {"tcp:", EINVAL},
                {"tcp:/x", EINVAL},
                {"tcp//x", EINVAL},
                {"://", EINVAL},
                {"ipc:", EINVAL},
                {"127.0.0.1:5555", EINVAL},
                {"foo://x", EPROTONOSUPPORT},
                {"Ipc://x", EPROTONOSUPPORT},
                {"tcp ://127.0.0.1:5555", EPROTONOSUPPORT},
                {"http://127.0.0.1:5555", EPROTONOSUPPORT},
                {"tcp4://127.0.0.1:5555", EPROTONOSUPPORT}};
    void *socket = new_socket (ZMQ_DEALER);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_FAIL (zmq_bind (socket, rows[i].endpoint), rows[i].err);
        CHECK_FAIL (zmq_connect (socket, rows[i].endpoint), rows[i].err);
    }
    CHECK_STR (last_endpoint (socket), "");
}

NET_TEST (a61_every_type_binds_and_connects)
{
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        const char *place = fresh (transport);
        void *server = bound (type, place);
        void *client = connected (type, place);
        CHECK_OK (zmq_disconnect (client, place));
        CHECK_OK (zmq_unbind (server, place));
        close_socket (client);
        close_socket (server);
    }
}
