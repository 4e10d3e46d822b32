/* SERVER and CLIENT: 32-bit routing ids, several threads on one socket. */
#include "sockets.h"

#define EP "inproc://server"
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
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    pthread_t one = start (send_many, client), two = start (send_many, client);
    for (int i = 0; i < 2 * EACH; i++)
        CHECK (EXPECT_FROM (server, "a") != 0);
    join (one);
    join (two);
    EXPECT_NOTHING (server);
}

TEST (h153_a_reply_with_the_routing_id_reaches_the_client)
{
    void *server = bound (ZMQ_SERVER, EP);
    void *one = connected (ZMQ_CLIENT, EP), *two = connected (ZMQ_CLIENT, EP);
    send_parts (one, "from one", NULL);
    uint32_t id_one = EXPECT_FROM (server, "from one");
    send_parts (two, "from two", NULL);
    uint32_t id_two = EXPECT_FROM (server, "from two");
    CHECK (id_one != 0 && id_two != 0 && id_one != id_two);
    CHECK_INT (send_to (server, id_two, "to two", 0), 6);
    CHECK_INT (send_to (server, id_one, "to one", 0), 6);
    CHECK_INT (EXPECT_FROM (one, "to one"), 0);
    CHECK_INT (EXPECT_FROM (two, "to two"), 0);
    EXPECT_NOTHING (one);
    EXPECT_NOTHING (two);
}

TEST (h153_ids_of_connections_increase_by_one)
{
    void *server = bound (ZMQ_SERVER, EP);
    uint32_t last = 0;
    for (int i = 0; i < 4; i++) {
        void *client = connected (ZMQ_CLIENT, EP);
        send_parts (client, "a", NULL);
        uint32_t id = EXPECT_FROM (server, "a");
        if (i)
            CHECK_INT (id, (uint32_t) (last + 1 ? last + 1 : 1));
        last = id;
    }
}

TEST (h154_unknown_or_missing_routing_id_gives_ehostunreach)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    send_parts (client, "a", NULL);
    uint32_t id = EXPECT_FROM (server, "a");
    CHECK_FAIL (send_to (server, id + 1, "b", 0), EHOSTUNREACH);
    CHECK_FAIL (send_to (server, 0, "b", 0), EHOSTUNREACH);
    CHECK_FAIL (send_str (server, "b", 0), EHOSTUNREACH);
    EXPECT_NOTHING (client);
}

TEST (h154_the_id_of_a_vanished_client_gives_ehostunreach)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    send_parts (client, "a", NULL);
    uint32_t id = EXPECT_FROM (server, "a");
    close_socket (client);
    WAIT_UNTIL (settle (server) && send_to (server, id, "b", ZMQ_DONTWAIT) == -1);
    WAIT_UNTIL (settle (server) && send_to (server, id, "b", ZMQ_DONTWAIT) == -1
                && errno == EHOSTUNREACH);
}

TEST (h155_a_routing_id_of_0_gives_einval)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_routing_id (&msg), 0);
    CHECK_FAIL (zmq_msg_set_routing_id (&msg, 0), EINVAL);
    CHECK_OK (zmq_msg_set_routing_id (&msg, 7));
    CHECK_INT (zmq_msg_routing_id (&msg), 7);
    CHECK_FAIL (zmq_msg_set_routing_id (&msg, 0), EINVAL);
    CHECK_INT (zmq_msg_routing_id (&msg), 7);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h156_a_full_client_gives_eagain)
{
    void *server = socket_with_hwm (ZMQ_SERVER, 1, 1), *client = socket_with_hwm (ZMQ_CLIENT, 1, 1);
    CHECK_OK (zmq_bind (server, EP));
    CHECK_OK (zmq_connect (client, EP));
    send_parts (client, "a", NULL);
    uint32_t id = EXPECT_FROM (server, "a");
    CHECK_INT (send_to (server, id, "1", ZMQ_DONTWAIT), 1);
    CHECK_INT (send_to (server, id, "2", ZMQ_DONTWAIT), 1);
    CHECK_FAIL (send_to (server, id, "3", ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (settle (server), ZMQ_POLLOUT);
    CHECK_OK (set_int (server, ZMQ_SNDTIMEO, 50));
    CHECK_FAIL (send_to (server, id, "3", 0), EAGAIN);
    CHECK_INT (EXPECT_FROM (client, "1"), 0);
    CHECK_INT (EXPECT_FROM (client, "2"), 0);
    settle (server);
    CHECK_INT (send_to (server, id, "3", ZMQ_DONTWAIT), 1);
    CHECK_INT (EXPECT_FROM (client, "3"), 0);
}

TEST (s_a101_server_events)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    CHECK_INT (settle (server), ZMQ_POLLOUT);
    CHECK_INT (settle (client), ZMQ_POLLOUT);
    send_parts (client, "a", NULL);
    CHECK_INT (settle (server), ZMQ_POLLIN | ZMQ_POLLOUT);
    uint32_t id = EXPECT_FROM (server, "a");
    CHECK_INT (settle (server), ZMQ_POLLOUT);
    CHECK_INT (send_to (server, id, "b", 0), 1);
    CHECK_INT (settle (client), ZMQ_POLLIN | ZMQ_POLLOUT);
}

TEST (s_a101_a_client_rotates_over_servers)
{
    void *client = bound (ZMQ_CLIENT, EP);
    void *one = connected (ZMQ_SERVER, EP), *two = connected (ZMQ_SERVER, EP);
    settle (client);
    const char *text[] = {"1", "2", "3", "4"};
    for (int i = 0; i < 4; i++)
        send_parts (client, text[i], NULL);
    EXPECT (one, "1");
    EXPECT (two, "2");
    EXPECT (one, "3");
    EXPECT (two, "4");
}

TEST (s_a101_a_copied_message_keeps_its_routing_id)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    send_parts (client, "a", NULL);
    zmq_msg_t msg, copy;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_INT (zmq_msg_recv (&msg, server, 0), 1);
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK (zmq_msg_routing_id (&msg) != 0);
    CHECK_INT (zmq_msg_routing_id (&copy), zmq_msg_routing_id (&msg));
    CHECK_INT (zmq_msg_send (&msg, server, 0), 1);
    CHECK_INT (zmq_msg_send (&copy, server, 0), 1);
    EXPECT (client, "a");
    EXPECT (client, "a");
}

TEST (h170_zmq_poll_works_on_thread_safe_sockets_and_zmq_ppoll_does_not)
{
    void *server, *client, *pull, *push;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    zmq_pollitem_t item[] = {{server, 0, ZMQ_POLLIN, 0},
                             {pull, 0, ZMQ_POLLIN, 0},
                             {client, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0},
                             {new_socket (ZMQ_DISH), 0, ZMQ_POLLIN, 0}};
    CHECK_INT (zmq_poll (item, 4, 0), 1);
    CHECK_INT (item[2].revents, ZMQ_POLLOUT);
    send_parts (client, "a", NULL);
    send_parts (push, "b", NULL);
    CHECK_INT (zmq_poll (item, 4, PATIENCE), 3);
    CHECK_INT (item[0].revents, ZMQ_POLLIN);
    CHECK_INT (item[1].revents, ZMQ_POLLIN);
    CHECK_INT (item[2].revents, ZMQ_POLLOUT);
    CHECK_INT (item[3].revents, 0);
    CHECK_FAIL (zmq_ppoll (item, 4, 0, NULL), EINVAL);
    CHECK_FAIL (zmq_ppoll (item + 3, 1, 0, NULL), EINVAL);
    CHECK_INT (zmq_ppoll (item + 1, 1, 0, NULL), 1);
}

static void *send_after_polling (void *client_)
{
    CHECK_INT (send_str (client_, "wake up", 0), 7);
    return NULL;
}

TEST (h170_a_poll_on_a_thread_safe_socket_is_woken_by_a_message)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    CHECK_INT (wait_for (server, ZMQ_POLLIN, 0), 0);
    pthread_t sender = start (send_after_polling, client);
    CHECK_INT (wait_for (server, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK (EXPECT_FROM (server, "wake up") != 0);
    join (sender);
}
