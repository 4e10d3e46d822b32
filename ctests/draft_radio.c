/* RADIO and DISH: groups. */
#include "sockets.h"

#define EP "inproc://radio"

TEST (h161_join_twice_gives_einval)
{
    void *dish = new_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "group"));
    CHECK_FAIL (zmq_join (dish, "group"), EINVAL);
    CHECK_OK (zmq_leave (dish, "group"));
    CHECK_OK (zmq_join (dish, "group"));
}

TEST (h161_group_names_have_up_to_255_bytes)
{
    void *dish = new_socket (ZMQ_DISH);
    char group[257];
    memset (group, 'g', sizeof group);
    group[256] = 0;
    CHECK_FAIL (zmq_join (dish, group), EINVAL);
    CHECK_FAIL (zmq_leave (dish, group), EINVAL);
    group[255] = 0;
    CHECK_OK (zmq_join (dish, group));
    CHECK_OK (zmq_leave (dish, group));
    CHECK_OK (zmq_join (dish, ""));
    CHECK_OK (zmq_leave (dish, ""));
}

TEST (h161_leaving_a_group_not_joined_gives_einval)
{
    void *dish = new_socket (ZMQ_DISH);
    CHECK_FAIL (zmq_leave (dish, "group"), EINVAL);
    CHECK_FAIL (zmq_leave (dish, ""), EINVAL);
    CHECK_OK (zmq_join (dish, "group"));
    CHECK_FAIL (zmq_leave (dish, "groups"), EINVAL);
    CHECK_OK (zmq_leave (dish, "group"));
    CHECK_FAIL (zmq_leave (dish, "group"), EINVAL);
}

TEST (h162_join_and_leave_are_for_dish)
{
    int types[] = {ZMQ_RADIO, ZMQ_SUB, ZMQ_XPUB, ZMQ_PAIR, ZMQ_GATHER};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *socket = new_socket (types[i]);
        CHECK_FAIL (zmq_join (socket, "group"), ENOTSUP);
        CHECK_FAIL (zmq_leave (socket, "group"), ENOTSUP);
    }
    CHECK_FAIL (zmq_join (NULL, "group"), ENOTSOCK);
    CHECK_FAIL (zmq_leave (NULL, "group"), ENOTSOCK);
}

TEST (h163_dish_receives_messages_of_joined_groups_only)
{
    void *radio = bound (ZMQ_RADIO, EP), *dish = connected (ZMQ_DISH, EP);
    CHECK_OK (zmq_join (dish, "Movies"));
    settle (radio);
    CHECK_INT (send_group (radio, "TV", "no", 0), 2);
    CHECK_INT (send_group (radio, "Movies", "yes", 0), 3);
    CHECK_INT (send_group (radio, "Movie", "no", 0), 2);
    CHECK_INT (send_group (radio, "Movies2", "no", 0), 2);
    CHECK_INT (send_group (radio, "movies", "no", 0), 2);
    CHECK_INT (send_group (radio, NULL, "no", 0), 2);
    EXPECT_GROUP (dish, "Movies", "yes");
    EXPECT_NOTHING (dish);
}

TEST (h163_several_groups_and_leaving)
{
    void *radio = bound (ZMQ_RADIO, EP), *dish = connected (ZMQ_DISH, EP);
    CHECK_OK (zmq_join (dish, "A"));
    CHECK_OK (zmq_join (dish, "B"));
    settle (radio);
    CHECK_INT (send_group (radio, "A", "1", 0), 1);
    CHECK_INT (send_group (radio, "B", "2", 0), 1);
    EXPECT_GROUP (dish, "A", "1");
    EXPECT_GROUP (dish, "B", "2");
    CHECK_OK (zmq_leave (dish, "A"));
    settle (radio);
    CHECK_INT (send_group (radio, "A", "3", 0), 1);
    CHECK_INT (send_group (radio, "B", "4", 0), 1);
    EXPECT_GROUP (dish, "B", "4");
    EXPECT_NOTHING (dish);
}

TEST (h164_long_group_names_work)
{
    void *radio = bound (ZMQ_RADIO, EP), *dish = connected (ZMQ_DISH, EP);
    static const size_t sizes[] = {13, 14, 15, 16, 100, 254, 255};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char group[256] = "";
        memset (group, 'g', sizes[i]);
        CHECK_OK (zmq_join (dish, group));
        settle (radio);
        CHECK_INT (send_group (radio, group, "hello", 0), 5);
        EXPECT_GROUP (dish, group, "hello");
    }
    EXPECT_NOTHING (dish);
}

TEST (s_a105_the_empty_group_matches_messages_without_group)
{
    void *radio = bound (ZMQ_RADIO, EP), *dish = connected (ZMQ_DISH, EP);
    CHECK_OK (zmq_join (dish, ""));
    settle (radio);
    CHECK_INT (send_str (radio, "plain", 0), 5);
    CHECK_INT (send_group (radio, "A", "no", 0), 2);
    CHECK_INT (send_group (radio, "", "empty", 0), 5);
    EXPECT_GROUP (dish, "", "plain");
    EXPECT_GROUP (dish, "", "empty");
    EXPECT_NOTHING (dish);
}

TEST (h165_joins_are_sent_to_every_radio_that_is_attached)
{
    void *dish = bound (ZMQ_DISH, EP);
    CHECK_OK (zmq_join (dish, "A"));
    void *one = connected (ZMQ_RADIO, EP);
    settle (dish);
    settle (one);
    CHECK_INT (send_group (one, "A", "first", 0), 5);
    EXPECT_GROUP (dish, "A", "first");
    close_socket (one);
    void *two = connected (ZMQ_RADIO, EP);
    settle (dish);
    settle (two);
    CHECK_INT (send_group (two, "A", "second", 0), 6);
    CHECK_INT (send_group (two, "B", "no", 0), 2);
    EXPECT_GROUP (dish, "A", "second");
    EXPECT_NOTHING (dish);
}

TEST (s_a105_radio_fans_out)
{
    void *radio = bound (ZMQ_RADIO, EP), *dish[3];
    for (int i = 0; i < 3; i++) {
        dish[i] = connected (ZMQ_DISH, EP);
        CHECK_OK (zmq_join (dish[i], i == 2 ? "B" : "A"));
    }
    settle (radio);
    CHECK_INT (send_group (radio, "A", "hello", 0), 5);
    EXPECT_GROUP (dish[0], "A", "hello");
    EXPECT_GROUP (dish[1], "A", "hello");
    EXPECT_NOTHING (dish[2]);
}

TEST (s_a105_dish_has_pollin_for_joined_groups_only)
{
    void *dish, *foreign; /* a foreign peer sends it everything */
    inproc_pair (ZMQ_DISH, ZMQ_SCATTER, &dish, &foreign);
    CHECK_OK (zmq_join (dish, "A"));
    CHECK_INT (send_group (foreign, "B", "no", 0), 2);
    CHECK_INT (settle (dish), ZMQ_POLLOUT);
    CHECK_INT (send_group (foreign, "A", "yes", 0), 3);
    CHECK_INT (settle (dish), ZMQ_POLLIN | ZMQ_POLLOUT);
    EXPECT_GROUP (dish, "A", "yes");
    EXPECT_NOTHING (dish);
}

TEST (s_a105_radio_drops_for_a_full_dish)
{
    void *radio = socket_with_hwm (ZMQ_RADIO, 1, 1), *dish = socket_with_hwm (ZMQ_DISH, 1, 1);
    CHECK_OK (zmq_bind (radio, EP));
    CHECK_OK (zmq_connect (dish, EP));
    CHECK_OK (zmq_join (dish, "A"));
    settle (radio);
    for (int i = 0; i < 5; i++)
        CHECK_INT (send_group (radio, "A", "a", 0), 1);
    CHECK_INT (settle (radio), ZMQ_POLLOUT);
    CHECK_INT (drain (dish), 2);
}

TEST (s_a105_radio_with_nodrop_gives_eagain_for_a_full_dish)
{
    void *radio = socket_with_hwm (ZMQ_RADIO, 1, 1), *dish = socket_with_hwm (ZMQ_DISH, 1, 1);
    CHECK_OK (set_int (radio, ZMQ_XPUB_NODROP, 1));
    CHECK_OK (zmq_bind (radio, EP));
    CHECK_OK (zmq_connect (dish, EP));
    CHECK_OK (zmq_join (dish, "A"));
    settle (radio);
    CHECK_INT (send_group (radio, "A", "1", ZMQ_DONTWAIT), 1);
    CHECK_INT (send_group (radio, "A", "2", ZMQ_DONTWAIT), 1);
    CHECK_FAIL (send_group (radio, "A", "3", ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (send_group (radio, "B", "x", ZMQ_DONTWAIT), 1);
    CHECK_INT (drain (dish), 2);
    settle (radio);
    CHECK_INT (send_group (radio, "A", "3", ZMQ_DONTWAIT), 1);
    EXPECT_GROUP (dish, "A", "3");
}

TEST (s_a105_radio_refuses_the_other_options_of_xpub)
{
    void *radio = new_socket (ZMQ_RADIO);
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_VERBOSE, 1), EINVAL);
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_VERBOSER, 1), EINVAL);
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_MANUAL, 1), EINVAL);
    CHECK_FAIL (set_str (radio, ZMQ_XPUB_WELCOME_MSG, "a"), EINVAL);
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_NODROP, -1), EINVAL);
}

TEST (s_a105_a_group_of_a_message_is_cut_to_255_bytes_and_can_be_replaced)
{
    zmq_msg_t msg;
    char group[301], expected[256] = "";
    memset (group, 'g', 300);
    group[300] = 0;
    memset (expected, 'g', 255);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_STR (zmq_msg_group (&msg), "");
    CHECK_OK (zmq_msg_set_group (&msg, group));
    CHECK_STR (zmq_msg_group (&msg), expected);
    CHECK_OK (zmq_msg_set_group (&msg, "short"));
    CHECK_STR (zmq_msg_group (&msg), "short");
    CHECK_OK (zmq_msg_close (&msg));
}
