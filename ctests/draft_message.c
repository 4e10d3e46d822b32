/* Message functions of the draft API: buffers, routing ids, groups. */
#include "draft.h"

TEST (a47_init_buffer_copies)
{
    char data[100];
    static const size_t sizes[] = {0, 1, 33, 34, 100};
    for (int i = 0; i < 5; i++) {
        zmq_msg_t msg;
        memset (data, 'd', sizeof data);
        CHECK_OK (zmq_msg_init_buffer (&msg, data, sizes[i]));
        memset (data, 'x', sizeof data);
        CHECK_INT (zmq_msg_size (&msg), sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            CHECK_INT (((char *) zmq_msg_data (&msg))[k], 'd');
        CHECK_INT (zmq_msg_get (&msg, ZMQ_SHARED), 0);
        CHECK_OK (zmq_msg_close (&msg));
    }
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_buffer (&msg, NULL, 0));
    CHECK_INT (zmq_msg_size (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_FAIL (zmq_msg_init_buffer (&msg, data, SIZE_MAX), ENOMEM);
}

TEST (a47_routing_id)
{
    zmq_msg_t msg, copy, moved;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_init (&moved));
    CHECK_INT (zmq_msg_routing_id (&msg), 0);
    CHECK_FAIL (zmq_msg_set_routing_id (&msg, 0), EINVAL);
    CHECK_OK (zmq_msg_set_routing_id (&msg, 5));
    CHECK_INT (zmq_msg_routing_id (&msg), 5);
    CHECK_FAIL (zmq_msg_set_routing_id (&msg, 0), EINVAL);
    CHECK_INT (zmq_msg_routing_id (&msg), 5);
    CHECK_OK (zmq_msg_set_routing_id (&msg, UINT32_MAX));
    CHECK (zmq_msg_routing_id (&msg) == UINT32_MAX);
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK (zmq_msg_routing_id (&copy) == UINT32_MAX);
    CHECK_OK (zmq_msg_move (&moved, &msg));
    CHECK (zmq_msg_routing_id (&moved) == UINT32_MAX);
    CHECK_INT (zmq_msg_routing_id (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_close (&copy));
    CHECK_OK (zmq_msg_close (&moved));
}

static void fill_group (char *group_, size_t size_)
{
    memset (group_, 'g', size_);
    group_[size_] = 0;
}

TEST (a47_group)
{
    static const size_t sizes[] = {0, 1, 14, 15, 16, 254, 255};
    char group[256];
    for (int i = 0; i < 7; i++) {
        zmq_msg_t msg, copy, moved;
        CHECK_OK (zmq_msg_init_size (&msg, 5));
        CHECK_OK (zmq_msg_init (&copy));
        CHECK_OK (zmq_msg_init (&moved));
        CHECK_STR (zmq_msg_group (&msg), "");
        fill_group (group, sizes[i]);
        CHECK_OK (zmq_msg_set_group (&msg, group));
        CHECK_STR (zmq_msg_group (&msg), group);
        CHECK_OK (zmq_msg_copy (&copy, &msg));
        CHECK_STR (zmq_msg_group (&copy), group);
        CHECK_STR (zmq_msg_group (&msg), group);
        CHECK_OK (zmq_msg_move (&moved, &msg));
        CHECK_STR (zmq_msg_group (&moved), group);
        CHECK_STR (zmq_msg_group (&msg), "");
        CHECK_OK (zmq_msg_close (&msg));
        CHECK_STR (zmq_msg_group (&copy), group);
        CHECK_OK (zmq_msg_close (&copy));
        CHECK_STR (zmq_msg_group (&moved), group);
        CHECK_OK (zmq_msg_close (&moved));
    }
}

TEST (a47_group_can_be_replaced)
{
    char longer[256];
    fill_group (longer, 100);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_set_group (&msg, "short"));
    CHECK_OK (zmq_msg_set_group (&msg, "other"));
    CHECK_STR (zmq_msg_group (&msg), "other");
    CHECK_OK (zmq_msg_set_group (&msg, longer));
    CHECK_STR (zmq_msg_group (&msg), longer);
    CHECK_OK (zmq_msg_close (&msg));
}

/* A reference keeps the long group. */
TEST (a82_a_short_group_replaces_a_long_one)
{
    char longer[256];
    fill_group (longer, 100);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_set_group (&msg, longer));
    CHECK_OK (zmq_msg_set_group (&msg, "short"));
    CHECK_STR (zmq_msg_group (&msg), "short");
    CHECK_OK (zmq_msg_set_group (&msg, ""));
    CHECK_STR (zmq_msg_group (&msg), "");
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a47_a_longer_group_is_cut)
{
    char longer[400], cut[256];
    fill_group (longer, 300);
    fill_group (cut, 255);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_set_group (&msg, longer));
    CHECK_STR (zmq_msg_group (&msg), cut);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a47_dish_receives_the_group)
{
    void *radio, *dish;
    inproc_pair (ZMQ_RADIO, ZMQ_DISH, &radio, &dish);
    static const char *const groups[] = {"Movies", "a group name that is longer than fits inline",
                                         ""};
    for (int i = 0; i < 3; i++) {
        zmq_msg_t msg;
        CHECK_OK (zmq_join (dish, groups[i]));
        settle (radio);
        CHECK_OK (zmq_msg_init_buffer (&msg, "body", 4));
        CHECK_OK (zmq_msg_set_group (&msg, groups[i]));
        CHECK_INT (zmq_msg_send (&msg, radio, 0), 4);
        CHECK_OK (set_int (dish, ZMQ_RCVTIMEO, PATIENCE));
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (zmq_msg_recv (&msg, dish, 0), 4);
        CHECK_STR (zmq_msg_group (&msg), groups[i]);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (a47_server_receives_and_uses_the_routing_id)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    CHECK_INT (send_str (client, "question", 0), 8);
    CHECK_OK (set_int (server, ZMQ_RCVTIMEO, PATIENCE));
    CHECK_OK (set_int (client, ZMQ_RCVTIMEO, PATIENCE));
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, server, 0), 8);
    uint32_t id = zmq_msg_routing_id (&msg);
    CHECK (id != 0);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_init_buffer (&msg, "answer", 6));
    CHECK_OK (zmq_msg_set_routing_id (&msg, id));
    CHECK_INT (zmq_msg_send (&msg, server, 0), 6);
    CHECK_INT (zmq_msg_routing_id (&msg), 0);
    CHECK_INT (zmq_msg_recv (&msg, client, 0), 6);
    CHECK_INT (zmq_msg_routing_id (&msg), 0);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (a82_null_arguments_are_answered)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    int rc = zmq_msg_set_group (&msg, NULL);
    CHECK (rc == -1 && (errno == EINVAL || errno == EFAULT));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_FAIL (zmq_msg_init_buffer (&msg, NULL, 5), EFAULT);
    CHECK_FAIL (zmq_msg_set_routing_id (NULL, 5), EFAULT);
    CHECK_INT (zmq_msg_routing_id (NULL), 0);
    CHECK_FAIL (zmq_msg_set_group (NULL, "group"), EFAULT);
}
