/* PEER, CHANNEL, SCATTER and GATHER. */
#include "sockets.h"

#define EP "inproc://peer"

/* zmq_connect_peer failed with this errno. */
#define CHECK_NO_PEER(call_, errno_)                                                               \
    do {                                                                                           \
        errno = 0;                                                                                 \
        uint32_t t_got = (call_);                                                                  \
        int t_errno = errno;                                                                       \
        if (t_got != 0)                                                                            \
            FAIL ("%s got %u, expected 0", #call_, t_got);                                         \
        if (t_errno != (errno_))                                                                   \
            FAIL ("%s got errno %s, expected %s", #call_, errno_name (t_errno),                    \
                  errno_name (errno_));                                                            \
    } while (0)

TEST (h157_connect_peer_returns_an_id_usable_at_once)
{
    void *one = bound (ZMQ_PEER, EP), *two = new_socket (ZMQ_PEER);
    uint32_t id = zmq_connect_peer (two, EP);
    CHECK (id != 0);
    CHECK_INT (send_to (two, id, "hello", ZMQ_DONTWAIT), 5);
    uint32_t back = EXPECT_FROM (one, "hello");
    CHECK (back != 0);
    CHECK_INT (send_to (one, back, "hi", ZMQ_DONTWAIT), 2);
    CHECK_INT (EXPECT_FROM (two, "hi"), id);
}

TEST (h157_connect_peer_works_before_the_bind)
{
    void *two = new_socket (ZMQ_PEER);
    uint32_t id = zmq_connect_peer (two, EP);
    CHECK (id != 0);
    CHECK_INT (send_to (two, id, "early", ZMQ_DONTWAIT), 5);
    void *one = bound (ZMQ_PEER, EP);
    CHECK (EXPECT_FROM (one, "early") != 0);
}

TEST (h157_connect_peer_on_other_types_gives_enotsup)
{
    int types[] = {ZMQ_PAIR, ZMQ_ROUTER, ZMQ_SERVER, ZMQ_CLIENT, ZMQ_CHANNEL};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        CHECK_NO_PEER (zmq_connect_peer (new_socket (types[i]), EP), ENOTSUP);
}

TEST (h157_connect_peer_with_immediate_gives_efault)
{
    void *peer = new_socket (ZMQ_PEER);
    CHECK_OK (set_int (peer, ZMQ_IMMEDIATE, 1));
    CHECK_NO_PEER (zmq_connect_peer (peer, EP), EFAULT);
    CHECK_OK (set_int (peer, ZMQ_IMMEDIATE, 0));
    CHECK (zmq_connect_peer (peer, EP) != 0);
}

TEST (h157_connect_peer_checks_its_arguments)
{
    void *peer = new_socket (ZMQ_PEER);
    CHECK_NO_PEER (zmq_connect_peer (NULL, EP), ENOTSOCK);
    CHECK_NO_PEER (zmq_connect_peer (peer, "inproc://"), EINVAL);
    CHECK_NO_PEER (zmq_connect_peer (peer, "nothing://x"), EPROTONOSUPPORT);
}

TEST (h158_messages_carry_the_id_that_connect_peer_returned)
{
    void *one = bound (ZMQ_PEER, "inproc://one"), *two = bound (ZMQ_PEER, "inproc://two");
    void *peer = new_socket (ZMQ_PEER);
    uint32_t id_one = zmq_connect_peer (peer, "inproc://one");
    uint32_t id_two = zmq_connect_peer (peer, "inproc://two");
    CHECK (id_one && id_two && id_one != id_two);
    CHECK_INT (send_to (peer, id_two, "to two", 0), 6);
    CHECK_INT (send_to (peer, id_one, "to one", 0), 6);
    CHECK_INT (send_to (one, EXPECT_FROM (one, "to one"), "from one", 0), 8);
    CHECK_INT (EXPECT_FROM (peer, "from one"), id_one);
    CHECK_INT (send_to (two, EXPECT_FROM (two, "to two"), "from two", 0), 8);
    CHECK_INT (EXPECT_FROM (peer, "from two"), id_two);
}

TEST (s_a102_plain_connect_works_and_the_id_comes_with_the_first_message)
{
    void *one = bound (ZMQ_PEER, EP), *two = connected (ZMQ_PEER, EP);
    void *three = new_socket (ZMQ_PEER);
    CHECK_FAIL (send_str (one, "no id", ZMQ_DONTWAIT), EHOSTUNREACH);
    CHECK_FAIL (send_str (two, "no id", ZMQ_DONTWAIT), EHOSTUNREACH);
    uint32_t id = zmq_connect_peer (three, EP);
    CHECK_INT (send_to (three, id, "a", 0), 1);
    CHECK_INT (send_to (one, EXPECT_FROM (one, "a"), "b", 0), 1);
    CHECK_INT (EXPECT_FROM (three, "b"), id);
    EXPECT_NOTHING (two);
}

TEST (h159_channels_exchange_single_frames)
{
    void *one, *two;
    inproc_pair (ZMQ_CHANNEL, ZMQ_CHANNEL, &one, &two);
    for (int i = 0; i < 3; i++) {
        send_parts (one, "a", NULL);
        send_parts (two, "b", NULL);
    }
    for (int i = 0; i < 3; i++) {
        EXPECT (two, "a");
        EXPECT (one, "b");
    }
}

TEST (h159_a_second_channel_is_refused)
{
    void *one = bound (ZMQ_CHANNEL, EP), *two = connected (ZMQ_CHANNEL, EP);
    settle (one);
    void *three = connected (ZMQ_CHANNEL, EP);
    WAIT_UNTIL ((settle (one), settle (three)) == 0);
    CHECK_FAIL (send_str (three, "lost", ZMQ_DONTWAIT), EAGAIN);
    send_parts (two, "first", NULL);
    EXPECT (one, "first");
    EXPECT_NOTHING (one);
}

TEST (h159_a_full_channel_gives_eagain)
{
    void *one = socket_with_hwm (ZMQ_CHANNEL, 2, 2), *two = socket_with_hwm (ZMQ_CHANNEL, 2, 2);
    CHECK_OK (zmq_bind (one, EP));
    CHECK_OK (zmq_connect (two, EP));
    CHECK_INT (fill (two), 4);
    CHECK_INT (settle (two), 0);
    CHECK_INT (take (one, 2), 2);
    CHECK_INT (settle (two), ZMQ_POLLOUT);
}

TEST (h160_scatter_takes_gathers_in_turn)
{
    void *scatter = bound (ZMQ_SCATTER, EP);
    void *one = connected (ZMQ_GATHER, EP), *two = connected (ZMQ_GATHER, EP);
    settle (scatter);
    const char *text[] = {"1", "2", "3", "4"};
    for (int i = 0; i < 4; i++)
        send_parts (scatter, text[i], NULL);
    EXPECT (one, "1");
    EXPECT (two, "2");
    EXPECT (one, "3");
    EXPECT (two, "4");
    EXPECT_NOTHING (one);
    EXPECT_NOTHING (two);
}

TEST (s_a104_gather_reads_fairly)
{
    void *gather = bound (ZMQ_GATHER, EP);
    void *one = connected (ZMQ_SCATTER, EP), *two = connected (ZMQ_SCATTER, EP);
    send_parts (one, "a1", NULL);
    send_parts (one, "a2", NULL);
    send_parts (two, "b1", NULL);
    send_parts (two, "b2", NULL);
    CHECK_INT (settle (gather), ZMQ_POLLIN);
    EXPECT (gather, "a1");
    EXPECT (gather, "b1");
    EXPECT (gather, "a2");
    EXPECT (gather, "b2");
    CHECK_INT (settle (gather), 0);
}

TEST (s_a104_a_full_scatter_gives_eagain)
{
    void *gather = socket_with_hwm (ZMQ_GATHER, 1, 1);
    void *scatter = socket_with_hwm (ZMQ_SCATTER, 1, 1);
    CHECK_OK (zmq_bind (gather, EP));
    CHECK_OK (zmq_connect (scatter, EP));
    CHECK_INT (fill (scatter), 2);
    CHECK_INT (settle (scatter), 0);
    CHECK_INT (drain (gather), 2);
    CHECK_INT (settle (scatter), ZMQ_POLLOUT);
}
