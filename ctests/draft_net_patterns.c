/* SERVER, CLIENT, SCATTER, GATHER, PEER and CHANNEL over tcp and ipc. */
#include "single.h"

/* ---- SERVER and CLIENT --------------------------------------------------------------------- */

TEST (h153_a_server_answers_its_clients)
{
    EACH_TRANSPORT (i) {
        void *server = new_socket (ZMQ_SERVER);
        const char *endpoint = bind_over (i, server);
        void *one = connected (ZMQ_CLIENT, endpoint), *two = connected (ZMQ_CLIENT, endpoint);
        send_parts (one, "from one", NULL);
        uint32_t id_one = EXPECT_ONE (server, "from one");
        send_parts (two, "from two", NULL);
        uint32_t id_two = EXPECT_ONE (server, "from two");
        CHECK (id_one != 0 && id_two != 0 && id_one != id_two);
        CHECK_INT (send_to (server, id_two, "to two", 0), 6);
        CHECK_INT (send_to (server, id_one, "to one", 0), 6);
        CHECK_INT (EXPECT_ONE (one, "to one"), 0);
        CHECK_INT (EXPECT_ONE (two, "to two"), 0);
    }
}

TEST (h153_either_side_may_bind)
{
    EACH_TRANSPORT (i) {
        void *client, *server;
        couple_over (i, ZMQ_CLIENT, ZMQ_SERVER, &client, &server);
        send_parts (client, "hello", NULL);
        uint32_t id = EXPECT_ONE (server, "hello");
        CHECK (id != 0);
        CHECK_INT (send_to (server, id, "and back", 0), 8);
        CHECK_INT (EXPECT_ONE (client, "and back"), 0);
    }
}

TEST (h154_the_id_of_a_client_that_left_gives_ehostunreach)
{
    EACH_TRANSPORT (i) {
        void *server, *client;
        couple_over (i, ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
        send_parts (client, "hello", NULL);
        uint32_t id = EXPECT_ONE (server, "hello");
        CHECK_FAIL (send_to (server, id + 1, "b", 0), EHOSTUNREACH);
        close_socket (client);
        WAIT_UNTIL ((settle (server), send_to (server, id, "b", ZMQ_DONTWAIT) == -1)
                    && errno == EHOSTUNREACH);
    }
}

#define EACH 2000

static void *send_many (void *client_)
{
    for (int i = 0; i < EACH; i++)
        CHECK_INT (send_str (client_, "a", 0), 1);
    return NULL;
}

TEST (h152_two_threads_may_send_on_one_client)
{
    void *server, *client;
    couple_over (TCP, ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    pthread_t one = start (send_many, client), two = start (send_many, client);
    for (int i = 0; i < 2 * EACH; i++)
        CHECK (EXPECT_ONE (server, "a") != 0);
    join (one);
    join (two);
    EXPECT_NOTHING (server);
}

TEST (s_b1_a_client_without_a_link_takes_as_many_as_its_mark)
{
    void *client = socket_with_hwm (ZMQ_CLIENT, 5, 5);
    CHECK_OK (zmq_connect (client, refused_endpoint ()));
    CHECK_INT (fill (client), 5);
}

TEST (s_b6_a_client_keeps_what_it_sent_until_its_server_is_there)
{
    const char *endpoint = free_endpoint (IPC);
    void *client = eager_socket (ZMQ_CLIENT), *server = new_socket (ZMQ_SERVER);
    CHECK_OK (zmq_connect (client, endpoint));
    send_parts (client, "early", NULL);
    CHECK_OK (zmq_bind (server, endpoint));
    CHECK (EXPECT_ONE (server, "early") != 0);
}

TEST (w34_messages_of_several_frames_are_dropped)
{
    static const struct
    {
        int type;
        const char *peer;
    } rows[] = {{ZMQ_SERVER, "CLIENT"}, {ZMQ_CLIENT, "SERVER"}, {ZMQ_GATHER, "SCATTER"},
                {ZMQ_CHANNEL, "CHANNEL"}, {ZMQ_PEER, "PEER"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *socket = new_socket (rows[i].type);
        int peer = plain_connect (bind_over (TCP, socket));
        zmtp_handshake (peer, rows[i].peer);
        PLAIN_WRITE (peer, "\0\3one\1\4drop\1\4this\0\3too\0\3two");
        EXPECT_ONE (socket, "one");
        EXPECT_ONE (socket, "two");
        EXPECT_NOTHING (socket);
    }
}

TEST (w35_single_frames_are_on_the_wire)
{
    static const struct
    {
        int type;
        const char *peer;
    } rows[] = {{ZMQ_CLIENT, "SERVER"}, {ZMQ_SCATTER, "GATHER"}, {ZMQ_CHANNEL, "CHANNEL"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *socket = new_socket (rows[i].type);
        int peer = plain_connect (bind_over (TCP, socket));
        zmtp_handshake (peer, rows[i].peer);
        WAIT_FOR_PEER (socket);
        send_parts (socket, "hello", NULL);
        PLAIN_EXPECT (peer, "\0\5hello");
    }
}

TEST (h150_sndmore_gives_einval)
{
    static const int types[][2] = {{ZMQ_SERVER, ZMQ_CLIENT},
                                   {ZMQ_GATHER, ZMQ_SCATTER},
                                   {ZMQ_CHANNEL, ZMQ_CHANNEL},
                                   {ZMQ_PEER, ZMQ_PEER}};
    for (int i = 0; i < 4; i++) {
        void *server, *client;
        couple_over (TCP, types[i][0], types[i][1], &server, &client);
        CHECK_FAIL (zmq_send (client, "a", 1, ZMQ_SNDMORE), EINVAL);
        CHECK_FAIL (zmq_send (client, "a", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT), EINVAL);
    }
}

TEST (f_messages_of_draft_types_have_properties)
{
    static const struct
    {
        int receiver, sender;
        const char *says;
    } rows[] = {{ZMQ_SERVER, ZMQ_CLIENT, "CLIENT"},
                {ZMQ_GATHER, ZMQ_SCATTER, "SCATTER"},
                {ZMQ_CHANNEL, ZMQ_CHANNEL, "CHANNEL"}};
    for (int i = 0; i < 3; i++) {
        zmq_msg_t msg;
        void *receiver, *sender;
        couple_over (TCP, rows[i].receiver, rows[i].sender, &receiver, &sender);
        CHECK_INT (send_str (sender, "hello", 0), 5);
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (zmq_msg_recv (&msg, receiver, 0), 5);
        CHECK_STR (zmq_msg_gets (&msg, "Socket-Type"), rows[i].says);
        CHECK_STR (zmq_msg_gets (&msg, "Peer-Address"), "127.0.0.1");
        CHECK_NULL (zmq_msg_gets (&msg, "Identity"), EINVAL);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (h273_every_pair_of_draft_types_gets_through_its_handshake)
{
    static const int types[][2] = {{ZMQ_SERVER, ZMQ_CLIENT},  {ZMQ_CLIENT, ZMQ_SERVER},
                                   {ZMQ_RADIO, ZMQ_DISH},     {ZMQ_DISH, ZMQ_RADIO},
                                   {ZMQ_GATHER, ZMQ_SCATTER}, {ZMQ_SCATTER, ZMQ_GATHER},
                                   {ZMQ_PEER, ZMQ_PEER},      {ZMQ_CHANNEL, ZMQ_CHANNEL}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *server = new_socket (types[i][0]), *client = eager_socket (types[i][1]);
        const char *endpoint = bind_over (TCP, server);
        void *server_reader = monitor (server), *client_reader = monitor (client);
        CHECK_OK (zmq_connect (client, endpoint));
        EXPECT_EVENTS (client_reader, endpoint, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED");
        EXPECT_EVENTS (server_reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
    }
}

TEST (h257_incompatible_draft_types_part)
{
    static const int types[][2] = {{ZMQ_SERVER, ZMQ_SERVER}, {ZMQ_CLIENT, ZMQ_DEALER},
                                   {ZMQ_RADIO, ZMQ_SUB},     {ZMQ_GATHER, ZMQ_PUSH},
                                   {ZMQ_PEER, ZMQ_CHANNEL},  {ZMQ_CHANNEL, ZMQ_PAIR}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *server = new_socket (types[i][0]), *client = new_socket (types[i][1]);
        const char *endpoint = bind_over (TCP, server);
        void *reader =
          monitor_some (server, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        CHECK_OK (zmq_connect (client, endpoint));
        EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
    }
}

/* ---- SCATTER and GATHER -------------------------------------------------------------------- */

TEST (h160_scatter_gives_each_gather_its_turn)
{
    EACH_TRANSPORT (i) {
        void *scatter = new_socket (ZMQ_SCATTER), *gather[2];
        for (int j = 0; j < 2; j++) {
            gather[j] = new_socket (ZMQ_GATHER);
            CHECK_OK (zmq_connect (scatter, bind_over (i, gather[j])));
        }
        for (int j = 0; j < 4; j++) {
            char text[2] = {(char) ('1' + j), 0};
            send_parts (scatter, text, NULL);
        }
        EXPECT_ONE (gather[0], "1");
        EXPECT_ONE (gather[0], "3");
        EXPECT_ONE (gather[1], "2");
        EXPECT_ONE (gather[1], "4");
    }
}

TEST (s_a104_gather_takes_from_all)
{
    EACH_TRANSPORT (i) {
        void *gather = new_socket (ZMQ_GATHER);
        const char *endpoint = bind_over (i, gather);
        for (int j = 0; j < 3; j++) {
            send_parts (connected (ZMQ_SCATTER, endpoint), "hello", NULL);
            EXPECT_ONE (gather, "hello");
        }
        EXPECT_NOTHING (gather);
    }
}

/* ---- PEER ---------------------------------------------------------------------------------- */

TEST (h157_the_id_of_connect_peer_is_usable_at_once)
{
    EACH_TRANSPORT (i) {
        void *one = new_socket (ZMQ_PEER), *two = new_socket (ZMQ_PEER);
        uint32_t id = zmq_connect_peer (two, bind_over (i, one));
        CHECK (id != 0);
        CHECK_INT (send_to (two, id, "hello", ZMQ_DONTWAIT), 5);
        uint32_t back = EXPECT_ONE (one, "hello");
        CHECK (back != 0);
        CHECK_INT (send_to (one, back, "and back", 0), 8);
        CHECK_INT (EXPECT_ONE (two, "and back"), id);
    }
}

TEST (h157_the_id_of_connect_peer_is_usable_before_the_bind)
{
    const char *endpoint = free_endpoint (IPC);
    void *one = new_socket (ZMQ_PEER), *two = eager_socket (ZMQ_PEER);
    uint32_t id = zmq_connect_peer (two, endpoint);
    CHECK (id != 0);
    CHECK_INT (send_to (two, id, "early", ZMQ_DONTWAIT), 5);
    CHECK_OK (zmq_bind (one, endpoint));
    CHECK (EXPECT_ONE (one, "early") != 0);
}

TEST (h158_messages_carry_the_id_of_connect_peer)
{
    EACH_TRANSPORT (i) {
        void *one = new_socket (ZMQ_PEER), *two = new_socket (ZMQ_PEER);
        void *peer = new_socket (ZMQ_PEER);
        uint32_t id_one = zmq_connect_peer (peer, bind_over (i, one));
        uint32_t id_two = zmq_connect_peer (peer, bind_over (i, two));
        CHECK (id_one && id_two && id_one != id_two);
        CHECK_INT (send_to (peer, id_two, "to two", 0), 6);
        CHECK_INT (send_to (peer, id_one, "to one", 0), 6);
        CHECK_INT (send_to (one, EXPECT_ONE (one, "to one"), "from one", 0), 8);
        CHECK_INT (EXPECT_ONE (peer, "from one"), id_one);
        CHECK_INT (send_to (two, EXPECT_ONE (two, "to two"), "from two", 0), 8);
        CHECK_INT (EXPECT_ONE (peer, "from two"), id_two);
        CHECK_FAIL (send_to (peer, id_one + id_two + 1, "x", 0), EHOSTUNREACH);
    }
}

TEST (h158_the_id_of_connect_peer_outlives_the_link)
{
    void *one = new_socket (ZMQ_PEER), *two = eager_socket (ZMQ_PEER);
    const char *endpoint = bind_over (TCP, one);
    uint32_t id = zmq_connect_peer (two, endpoint);
    CHECK_INT (send_to (two, id, "hello", 0), 5);
    CHECK_INT (send_to (one, EXPECT_ONE (one, "hello"), "and back", 0), 8);
    CHECK_INT (EXPECT_ONE (two, "and back"), id);
    void *reader = monitor (two);
    close_socket (one);
    EXPECT_EVENTS (reader, endpoint, "DISCONNECTED");
    one = new_socket (ZMQ_PEER);
    WAIT_UNTIL (zmq_bind (one, endpoint) == 0);
    SKIP_TO (reader, HANDSHAKE_SUCCEEDED);
    CHECK_INT (send_to (two, id, "again", 0), 5);
    CHECK_INT (send_to (one, EXPECT_ONE (one, "again"), "and back", 0), 8);
    CHECK_INT (EXPECT_ONE (two, "and back"), id);
}

TEST (s_a102_a_plain_connect_learns_the_id_from_a_message)
{
    EACH_TRANSPORT (i) {
        void *one = new_socket (ZMQ_PEER), *two = new_socket (ZMQ_PEER);
        CHECK_INT (zmq_connect (two, bind_over (i, one)), 0);
        void *three = new_socket (ZMQ_PEER);
        uint32_t id = zmq_connect_peer (three, bind_over (i, two));
        CHECK_INT (send_to (three, id, "hello", 0), 5);
        uint32_t back = EXPECT_ONE (two, "hello");
        CHECK (back != 0);
        CHECK_INT (send_to (two, back, "and back", 0), 8);
        CHECK_INT (EXPECT_ONE (three, "and back"), id);
    }
}

TEST (h157_connect_peer_that_fails)
{
    void *peer = new_socket (ZMQ_PEER);
    CHECK_INT (zmq_connect_peer (peer, "tcp://127.0.0.1"), 0);
    CHECK_FAIL (zmq_connect_peer (peer, "tcp://127.0.0.1") ? 0 : -1, EINVAL);
    CHECK_FAIL (zmq_connect_peer (peer, "nothing://x") ? 0 : -1, EPROTONOSUPPORT);
    CHECK_FAIL (zmq_connect_peer (new_socket (ZMQ_CLIENT), "tcp://127.0.0.1:1") ? 0 : -1, ENOTSUP);
    CHECK_OK (set_int (peer, ZMQ_IMMEDIATE, 1));
    CHECK_FAIL (zmq_connect_peer (peer, "tcp://127.0.0.1:1") ? 0 : -1, EFAULT);
}

/* ---- CHANNEL ------------------------------------------------------------------------------- */

TEST (h159_channel_goes_both_ways)
{
    EACH_TRANSPORT (i) {
        void *one, *two;
        couple_over (i, ZMQ_CHANNEL, ZMQ_CHANNEL, &one, &two);
        for (int round = 0; round < 3; round++) {
            send_parts (two, "hello", NULL);
            EXPECT_ONE (one, "hello");
            send_parts (one, "and back", NULL);
            EXPECT_ONE (two, "and back");
        }
    }
}

TEST (h159_a_channel_has_one_peer)
{
    EACH_TRANSPORT (i) {
        void *one = new_socket (ZMQ_CHANNEL), *first = eager_socket (ZMQ_CHANNEL);
        const char *endpoint = bind_over (i, one);
        void *reader = monitor (one);
        CHECK_OK (zmq_connect (first, endpoint));
        send_parts (first, "hello", NULL);
        EXPECT_ONE (one, "hello");
        void *second = eager_socket (ZMQ_CHANNEL);
        CHECK_OK (zmq_connect (second, endpoint));
        send_parts (second, "not heard", NULL);
        EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
        send_parts (first, "still there", NULL);
        EXPECT_ONE (one, "still there");
        send_parts (one, "and back", NULL);
        EXPECT_ONE (first, "and back");
        EXPECT_NOTHING (one);
        EXPECT_NOTHING (second);
    }
}
