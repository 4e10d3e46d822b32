/* RADIO and DISH over tcp and ipc. */
#include "single.h"

/* Sends markers until one has arrived, from when on the joins of the DISH count, and receives them
 * up to the last. */
static void expect_joined (void *radio_, void *dish_, const char *group_)
{
    char text[32], got[32];
    int sent = 0;
    CHECK_OK (set_int (dish_, ZMQ_RCVTIMEO, 5));
    int64_t deadline = now_ms () + PATIENCE;
    do {
        CHECK (now_ms () < deadline);
        settle (radio_);
        snprintf (text, sizeof text, "marker %d", ++sent);
        CHECK (send_group (radio_, group_, text, 0) != -1);
    } while (recv_str (dish_, got, sizeof got, 0) == -1);
    CHECK_OK (set_int (dish_, ZMQ_RCVTIMEO, PATIENCE));
    while (strcmp (got, text) != 0)
        CHECK (recv_str (dish_, got, sizeof got, 0) != -1);
}

TEST (h163_dish_receives_joined_groups_only)
{
    EACH_TRANSPORT (i) {
        for (int dish_binds = 0; dish_binds < 2; dish_binds++) {
            void *one, *two;
            couple_over (i, dish_binds ? ZMQ_DISH : ZMQ_RADIO, dish_binds ? ZMQ_RADIO : ZMQ_DISH,
                         &one, &two);
            void *radio = dish_binds ? two : one, *dish = dish_binds ? one : two;
            CHECK_OK (zmq_join (dish, "Movies"));
            expect_joined (radio, dish, "Movies");
            CHECK_INT (send_group (radio, "TV", "no", 0), 2);
            CHECK_INT (send_group (radio, "Movie", "no", 0), 2);
            CHECK_INT (send_group (radio, "Movies2", "no", 0), 2);
            CHECK_INT (send_group (radio, NULL, "no", 0), 2);
            CHECK_INT (send_group (radio, "Movies", "yes", 0), 3);
            EXPECT_OF (dish, "Movies", "yes");
            EXPECT_NOTHING (dish);
        }
    }
}

TEST (h163_groups_are_joined_and_left_while_the_link_is_up)
{
    EACH_TRANSPORT (i) {
        void *radio, *dish;
        couple_over (i, ZMQ_RADIO, ZMQ_DISH, &radio, &dish);
        CHECK_OK (zmq_join (dish, "A"));
        CHECK_OK (zmq_join (dish, "B"));
        expect_joined (radio, dish, "B");
        CHECK_INT (send_group (radio, "A", "1", 0), 1);
        EXPECT_OF (dish, "A", "1");
        CHECK_OK (zmq_leave (dish, "A"));
        CHECK_OK (zmq_join (dish, "C"));
        expect_joined (radio, dish, "C"); /* so the RADIO has heard of the leave too */
        CHECK_INT (send_group (radio, "A", "2", 0), 1);
        CHECK_INT (send_group (radio, "B", "3", 0), 1);
        EXPECT_OF (dish, "B", "3");
        EXPECT_NOTHING (dish);
    }
}

TEST (h164_long_group_names)
{
    EACH_TRANSPORT (i) {
        static const size_t sizes[] = {1, 13, 14, 15, 16, 100, 249, 250, 251, 254, 255};
        void *radio, *dish;
        couple_over (i, ZMQ_RADIO, ZMQ_DISH, &radio, &dish);
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            char group[256] = "";
            memset (group, 'g', sizes[j]);
            CHECK_OK (zmq_join (dish, group));
            expect_joined (radio, dish, group);
            CHECK_INT (send_group (radio, group, "hello", 0), 5);
            EXPECT_OF (dish, group, "hello");
        }
        EXPECT_NOTHING (dish);
    }
}

TEST (h165_joins_are_sent_again_to_a_radio_that_comes_back)
{
    EACH_TRANSPORT (i) {
        void *radio = new_socket (ZMQ_RADIO), *dish = eager_socket (ZMQ_DISH);
        const char *endpoint = bind_over (i, radio);
        CHECK_OK (zmq_join (dish, "A"));
        CHECK_OK (zmq_join (dish, "left"));
        CHECK_OK (zmq_connect (dish, endpoint));
        expect_joined (radio, dish, "A");
        CHECK_OK (zmq_leave (dish, "left"));
        close_socket (radio);
        CHECK_OK (zmq_join (dish, "B")); /* while nobody is there */
        radio = new_socket (ZMQ_RADIO);
        WAIT_UNTIL (zmq_bind (radio, endpoint) == 0);
        expect_joined (radio, dish, "A");
        expect_joined (radio, dish, "B");
        CHECK_INT (send_group (radio, "left", "no", 0), 2);
        CHECK_INT (send_group (radio, "B", "yes", 0), 3);
        EXPECT_OF (dish, "B", "yes");
        EXPECT_NOTHING (dish);
    }
}

TEST (h165_joins_are_sent_to_each_radio)
{
    void *dish = new_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "A"));
    const char *endpoint = bind_over (TCP, dish);
    void *one = connected (ZMQ_RADIO, endpoint);
    expect_joined (one, dish, "A");
    void *two = connected (ZMQ_RADIO, endpoint);
    expect_joined (two, dish, "A");
    CHECK_INT (send_group (one, "A", "1", 0), 1);
    EXPECT_OF (dish, "A", "1");
    CHECK_INT (send_group (two, "A", "2", 0), 1);
    EXPECT_OF (dish, "A", "2");
}

TEST (w34_joins_on_the_wire)
{
    char longest[256] = "";
    memset (longest, 'g', 255);
    void *dish = new_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "grp1"));
    int peer = plain_connect (bind_over (TCP, dish));
    zmtp_handshake (peer, "RADIO");
    PLAIN_EXPECT_OF (dish, peer, "\4\x9\4JOINgrp1");
    CHECK_OK (zmq_join (dish, ""));
    PLAIN_EXPECT (peer, "\4\5\4JOIN");
    CHECK_OK (zmq_leave (dish, "grp1"));
    PLAIN_EXPECT (peer, "\4\xa\5LEAVEgrp1");
    CHECK_OK (zmq_join (dish, longest));
    PLAIN_EXPECT (peer, "\6\0\0\0\0\0\0\1\x4\4JOINgggg");
}

TEST (w44_messages_of_a_radio_on_the_wire)
{
    void *radio = new_socket (ZMQ_RADIO);
    const char *endpoint = bind_over (TCP, radio);
    int peer = plain_connect (endpoint);
    zmtp_handshake (peer, "DISH");
    PLAIN_WRITE (peer, "\4\x9\4JOINgrp1\4\5\4JOIN");
    char group[4];
    /* the empty group was joined last, and the first message of it says that both are in */
    WAIT_UNTIL ((settle (radio), send_group (radio, "", "m", 0), plain_readable (peer, 0)));
    PLAIN_EXPECT (peer, "\1\0\0\1m");
    CHECK_INT (send_group (radio, "grp1", "body1", 0), 5);
    for (;;) { /* more of the first kind may lie between */
        plain_read (peer, group, 2);
        if (group[1])
            break;
        PLAIN_EXPECT (peer, "\0\1m");
    }
    CHECK_INT (memcmp (group, "\1\4", 2), 0);
    PLAIN_EXPECT (peer, "grp1\0\5body1");
}

TEST (w43_joins_that_are_none)
{
    void *radio = new_socket (ZMQ_RADIO);
    const char *endpoint = bind_over (TCP, radio);
    int peer = plain_connect (endpoint);
    zmtp_handshake (peer, "DISH");
    PLAIN_WRITE (peer, "\0\6\4JOINA\4\6\4joinA\4\6\4JOINB");
    WAIT_UNTIL ((settle (radio), send_group (radio, "A", "no", 0), send_group (radio, "B", "m", 0),
                 plain_readable (peer, 0)));
    PLAIN_EXPECT (peer, "\1\1B\0\1m");
}

TEST (w43_a_group_that_is_too_long_closes_the_link)
{
    char join[9 + 5 + 256] = "\6\0\0\0\0\0\0\1\5\4JOIN";
    memset (join + 14, 'g', 256);
    void *radio = new_socket (ZMQ_RADIO);
    const char *endpoint = bind_over (TCP, radio);
    int peer = plain_connect (endpoint);
    zmtp_handshake (peer, "DISH");
    plain_write (peer, join, sizeof join);
    plain_drain (peer);
    void *dish = connected (ZMQ_DISH, endpoint); /* and nobody else has noticed */
    CHECK_OK (zmq_join (dish, "A"));
    expect_joined (radio, dish, "A");
}

/* What a RADIO made by hand sends that no DISH takes: each closes its link. */
TEST (w33_messages_that_close_the_link_of_a_dish)
{
    static const struct
    {
        const char *bytes;
        size_t size;
    } rows[] = {
#define ROW(bytes_) {bytes_, sizeof (bytes_) - 1}
      ROW ("\0\5alone"), ROW ("\1\1A\1\1b\0\1c"), ROW ("\0\0")};
    void *dish = new_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "A"));
    const char *endpoint = bind_over (TCP, dish);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int peer = plain_connect (endpoint);
        zmtp_handshake (peer, "RADIO");
        PLAIN_EXPECT_OF (dish, peer, "\4\6\4JOINA");
        plain_write (peer, rows[i].bytes, rows[i].size);
        plain_drain (peer);
    }
    int peer = plain_connect (endpoint);
    zmtp_handshake (peer, "RADIO");
    PLAIN_EXPECT_OF (dish, peer, "\4\6\4JOINA");
    PLAIN_WRITE (peer, "\1\1B\0\2no\1\1A\0\3yes");
    EXPECT_OF (dish, "A", "yes");
    EXPECT_NOTHING (dish);
}

TEST (w30_a_ping_does_not_close_the_link_of_a_dish)
{
    void *dish = new_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "A"));
    int peer = plain_connect (bind_over (TCP, dish));
    zmtp_handshake (peer, "RADIO");
    PLAIN_EXPECT_OF (dish, peer, "\4\6\4JOINA");
    PLAIN_WRITE (peer, "\4\7\4PING\0\0\4\4\3NEW\1\1A");
    PLAIN_EXPECT (peer, "\4\5\4PONG");
    PLAIN_WRITE (peer, "\4\7\4PING\0\0\0\5hello");
    PLAIN_EXPECT (peer, "\4\5\4PONG");
    EXPECT_OF (dish, "A", "hello");
}
