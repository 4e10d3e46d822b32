/* PUSH and PULL: load balancing out, fair queueing in, whole messages only. */
#include "sockets.h"

#include <sys/syscall.h>

#define EP "inproc://pushpull"

/* Waits until other sockets can have noticed that `pull_` was closed: a witness that was connected
 * to it too has lost its only peer. Made before the close, asked after it. */
static void *witness_of (void *pull_)
{
    CHECK_OK (zmq_bind (pull_, "inproc://witness"));
    void *witness = connected (ZMQ_PUSH, "inproc://witness");
    CHECK_INT (settle (witness), ZMQ_POLLOUT);
    return witness;
}

TEST (h023_push_without_peer_gives_eagain)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
}

TEST (h024_push_without_peer_honours_sndtimeo)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDTIMEO, 250));
    int64_t start = now_ms ();
    CHECK_FAIL (send_str (push, "a", 0), EAGAIN);
    int64_t took = now_ms () - start;
    if (took < 249 || took > 2000)
        FAIL ("SNDTIMEO of 250 ended after %lld ms", (long long) took);
}

static _Atomic int sender_tid;

static void *send_one (void *push_)
{
    sender_tid = (int) syscall (SYS_gettid);
    CHECK_INT (send_str (push_, "at last", 0), 7);
    return NULL;
}

TEST (h025_blocking_send_returns_as_soon_as_a_pull_connects)
{
    void *push = bound (ZMQ_PUSH, EP);
    pthread_t sender = start (send_one, push);
    WAIT_UNTIL (sender_tid && thread_sleeps (sender_tid));
    void *pull = connected (ZMQ_PULL, EP);
    join (sender);
    EXPECT (pull, "at last");
}

TEST (h026_messages_rotate_over_five_pulls)
{
    void *push = bound (ZMQ_PUSH, EP), *pull[5];
    for (int i = 0; i < 5; i++)
        pull[i] = connected (ZMQ_PULL, EP);
    CHECK_INT (settle (push), ZMQ_POLLOUT);
    const char *text[10] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (push, text[i], ZMQ_DONTWAIT), 1);
    for (int i = 0; i < 5; i++) {
        EXPECT (pull[i], text[i]);
        EXPECT (pull[i], text[i + 5]);
        EXPECT_NOTHING (pull[i]);
    }
}

TEST (h026_messages_rotate_over_five_bound_pulls_too)
{
    void *push = new_socket (ZMQ_PUSH), *pull[5];
    for (int i = 0; i < 5; i++) {
        char endpoint[32];
        snprintf (endpoint, sizeof endpoint, "inproc://pull-%d", i);
        pull[i] = bound (ZMQ_PULL, endpoint);
        CHECK_OK (zmq_connect (push, endpoint));
    }
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (push, i < 5 ? "one" : "two", ZMQ_DONTWAIT), 3);
    for (int i = 0; i < 5; i++) {
        EXPECT (pull[i], "one");
        EXPECT (pull[i], "two");
        EXPECT_NOTHING (pull[i]);
    }
}

TEST (h027_first_five_receives_come_from_five_peers)
{
    void *pull = bound (ZMQ_PULL, EP);
    for (int i = 0; i < 5; i++) {
        void *push = connected (ZMQ_PUSH, EP);
        char text[2] = {(char) ('a' + i), 0};
        send_parts (push, text, NULL);
        send_parts (push, text, NULL);
    }
    int seen[5] = {0};
    for (int i = 0; i < 5; i++) {
        char text[2];
        RECV_TEXT (pull, text);
        CHECK (text[0] >= 'a' && text[0] <= 'e');
        CHECK_INT (seen[text[0] - 'a']++, 0);
    }
    CHECK_INT (drain (pull), 5);
}

TEST (s_a14_three_peers_with_two_messages_each_are_read_in_turn)
{
    void *pull = bound (ZMQ_PULL, EP), *push[3];
    for (int i = 0; i < 3; i++)
        push[i] = connected (ZMQ_PUSH, EP);
    send_parts (push[0], "a1", NULL);
    send_parts (push[0], "a2", NULL);
    send_parts (push[1], "b1", NULL);
    send_parts (push[1], "b2", NULL);
    send_parts (push[2], "c1", NULL);
    send_parts (push[2], "c2", NULL);
    EXPECT (pull, "a1");
    EXPECT (pull, "b1");
    EXPECT (pull, "c1");
    EXPECT (pull, "a2");
    EXPECT (pull, "b2");
    EXPECT (pull, "c2");
    EXPECT_NOTHING (pull);
}

TEST (h028_multipart_messages_of_several_pushes_are_never_interleaved)
{
    void *pull = bound (ZMQ_PULL, EP), *push[3];
    const char *frames[3][2] = {{"a1", "a2"}, {"b1", "b2"}, {"c1", "c2"}};
    for (int i = 0; i < 3; i++)
        push[i] = connected (ZMQ_PUSH, EP);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 3; i++)
            CHECK_INT (send_str (push[i], frames[i][0], ZMQ_SNDMORE), 2);
        for (int i = 2; i >= 0; i--)
            CHECK_INT (send_str (push[i], frames[i][1], 0), 2);
    }
    for (int i = 0; i < 12; i++) {
        char first[8], second[8];
        RECV_TEXT (pull, first);
        CHECK_INT (get_int (pull, ZMQ_RCVMORE), 1);
        RECV_TEXT (pull, second);
        CHECK_INT (get_int (pull, ZMQ_RCVMORE), 0);
        CHECK (first[1] == '1' && second[1] == '2' && first[0] == second[0]);
    }
    EXPECT_NOTHING (pull);
}

TEST (h029_full_peers_are_skipped_and_only_all_full_gives_eagain)
{
    void *push = socket_with_hwm (ZMQ_PUSH, 1, 1), *pull[3];
    CHECK_OK (zmq_bind (push, EP));
    for (int i = 0; i < 3; i++) {
        pull[i] = socket_with_hwm (ZMQ_PULL, 1, i == 1 ? 3 : 1);
        CHECK_OK (zmq_connect (pull[i], EP));
    }
    CHECK_INT (fill (push), 2 + 4 + 2);
    CHECK_INT (settle (push), 0);
    CHECK_INT (drain (pull[1]), 4);
    CHECK_INT (settle (push), ZMQ_POLLOUT);
    CHECK_INT (fill (push), 4);
    CHECK_INT (drain (pull[0]), 2);
    CHECK_INT (drain (pull[1]), 4);
    CHECK_INT (drain (pull[2]), 2);
}

TEST (h030_all_frames_of_a_message_go_to_the_same_pull)
{
    void *push = bound (ZMQ_PUSH, EP), *pull[2];
    pull[0] = connected (ZMQ_PULL, EP);
    pull[1] = connected (ZMQ_PULL, EP);
    settle (push);
    for (int i = 0; i < 4; i++)
        send_parts (push, "a", "b", "c", "d", NULL);
    for (int i = 0; i < 2; i++) {
        EXPECT (pull[i], "a", "b", "c", "d");
        EXPECT (pull[i], "a", "b", "c", "d");
        EXPECT_NOTHING (pull[i]);
    }
}

TEST (h031_hwm_is_not_checked_between_the_frames_of_a_message)
{
    void *push = socket_with_hwm (ZMQ_PUSH, 1, 1), *pull = socket_with_hwm (ZMQ_PULL, 1, 1);
    CHECK_OK (zmq_bind (pull, EP));
    CHECK_OK (zmq_connect (push, EP));
    for (int message = 0; message < 2; message++)
        for (int i = 0; i < 100; i++)
            CHECK_INT (send_str (push, "a", ZMQ_DONTWAIT | (i < 99 ? ZMQ_SNDMORE : 0)), 1);
    CHECK_FAIL (send_str (push, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (drain (pull), 200);
}

TEST (h032_rest_of_a_message_to_a_dead_peer_is_swallowed)
{
    void *push = bound (ZMQ_PUSH, EP);
    void *dies = connected (ZMQ_PULL, EP), *lives = connected (ZMQ_PULL, EP);
    void *witness = witness_of (dies);
    settle (push);
    CHECK_INT (send_str (push, "1", ZMQ_DONTWAIT | ZMQ_SNDMORE), 1);
    close_socket (dies);
    WAIT_UNTIL (settle (witness) == 0);
    int refused = 0;
    for (int i = 0; i < 3; i++)
        if (send_str (push, "2", ZMQ_DONTWAIT | (i < 2 ? ZMQ_SNDMORE : 0)) == -1) {
            CHECK (errno == EAGAIN);
            refused++;
        }
    CHECK (refused <= 1);
    send_parts (push, "whole", "message", NULL);
    EXPECT (lives, "whole", "message");
    EXPECT_NOTHING (lives);
}

TEST (h032_rest_is_swallowed_without_eagain_once_the_loss_was_noticed)
{
    void *push = bound (ZMQ_PUSH, EP);
    void *dies = connected (ZMQ_PULL, EP);
    void *witness = witness_of (dies);
    settle (push);
    CHECK_INT (send_str (push, "1", ZMQ_DONTWAIT | ZMQ_SNDMORE), 1);
    close_socket (dies);
    WAIT_UNTIL (settle (witness) == 0);
    CHECK_INT (settle (push), ZMQ_POLLOUT); /* inside a message, whoever is there */
    WAIT_UNTIL (send_str (push, "2", ZMQ_DONTWAIT | ZMQ_SNDMORE) == 1);
    CHECK_INT (settle (push), ZMQ_POLLOUT);
    CHECK_INT (send_str (push, "3", ZMQ_DONTWAIT), 1);
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (send_str (push, "4", ZMQ_DONTWAIT), EAGAIN);
}

TEST (h033_blocking_push_never_fails_on_the_rest_of_a_message)
{
    void *push = bound (ZMQ_PUSH, EP);
    void *dies = connected (ZMQ_PULL, EP), *lives = connected (ZMQ_PULL, EP);
    void *witness = witness_of (dies);
    settle (push);
    CHECK_INT (send_str (push, "1", ZMQ_SNDMORE), 1);
    close_socket (dies);
    WAIT_UNTIL (settle (witness) == 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT (send_str (push, "2", i < 4 ? ZMQ_SNDMORE : 0), 1);
    send_parts (push, "whole", "message", NULL);
    EXPECT (lives, "whole", "message");
    EXPECT_NOTHING (lives);
}

TEST (h034_frames_are_invisible_until_the_last_one_is_sent)
{
    void *pull, *push;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    for (int i = 0; i < 3; i++) {
        CHECK_INT (send_str (push, "a", ZMQ_SNDMORE), 1);
        CHECK_INT (settle (pull), 0);
        EXPECT_NOTHING (pull);
    }
    CHECK_INT (send_str (push, "z", 0), 1);
    CHECK_INT (settle (pull), ZMQ_POLLIN);
    EXPECT (pull, "a", "a", "a", "z");
}

TEST (h035_a_push_closed_in_mid_message_delivers_whole_messages_only)
{
    void *pull, *push;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    send_parts (push, "one", NULL);
    send_parts (push, "two", "parts", NULL);
    CHECK_INT (send_str (push, "partial", ZMQ_SNDMORE), 7);
    CHECK_INT (send_str (push, "partial", ZMQ_SNDMORE), 7);
    close_socket (push);
    EXPECT (pull, "one");
    EXPECT (pull, "two", "parts");
    void *next = connected (ZMQ_PUSH, last_endpoint (pull));
    send_parts (next, "three", NULL);
    EXPECT (pull, "three");
    EXPECT_NOTHING (pull);
}

TEST (h036_every_second_message_is_parked_for_an_endpoint_nobody_bound)
{
    void *pull = bound (ZMQ_PULL, "inproc://live");
    void *push = connected (ZMQ_PUSH, "inproc://live");
    CHECK_OK (zmq_connect (push, "inproc://dead"));
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (push, i % 2 ? "dead" : "live", ZMQ_DONTWAIT), 4);
    for (int i = 0; i < 5; i++)
        EXPECT (pull, "live");
    EXPECT_NOTHING (pull);
    void *late = bound (ZMQ_PULL, "inproc://dead");
    for (int i = 0; i < 5; i++)
        EXPECT (late, "dead");
    EXPECT_NOTHING (late);
}

TEST (s_a11_a_new_peer_joins_at_the_end_of_the_rotation)
{
    void *push = bound (ZMQ_PUSH, EP), *pull[3];
    pull[0] = connected (ZMQ_PULL, EP);
    pull[1] = connected (ZMQ_PULL, EP);
    settle (push);
    send_parts (push, "0", NULL);
    pull[2] = connected (ZMQ_PULL, EP);
    settle (push);
    send_parts (push, "1", NULL);
    send_parts (push, "2", NULL);
    send_parts (push, "3", NULL);
    EXPECT (pull[0], "0");
    EXPECT (pull[1], "1");
    EXPECT (pull[2], "2");
    EXPECT (pull[0], "3");
}

TEST (s_a14_a_connection_found_empty_rejoins_at_the_end)
{
    void *pull = bound (ZMQ_PULL, EP);
    void *a = connected (ZMQ_PUSH, EP), *b = connected (ZMQ_PUSH, EP);
    send_parts (a, "a1", NULL);
    EXPECT (pull, "a1");
    EXPECT_NOTHING (pull);
    send_parts (b, "b1", NULL);
    send_parts (b, "b2", NULL);
    send_parts (a, "a2", NULL);
    EXPECT (pull, "b1");
    EXPECT (pull, "a2");
    EXPECT (pull, "b2");
}

TEST (s_a14_frames_of_a_begun_message_are_there_without_waiting)
{
    void *pull, *push;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    send_parts (push, "a", "b", "c", NULL);
    close_socket (push);
    EXPECT_BIN (pull, "a", 1);
    CHECK_INT (settle (pull), ZMQ_POLLIN);
    EXPECT_BIN (pull, "b", 1);
    EXPECT_BIN (pull, "c", 0);
    WAIT_UNTIL (settle (pull) == 0);
}

TEST (s_a3_the_direction_that_a_type_lacks_gives_enotsup)
{
    void *pull, *push;
    char byte;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    CHECK_FAIL (send_str (pull, "a", 0), ENOTSUP);
    CHECK_FAIL (send_str (pull, "a", ZMQ_DONTWAIT), ENOTSUP);
    CHECK_FAIL (zmq_recv (push, &byte, 1, 0), ENOTSUP);
    CHECK_FAIL (zmq_recv (push, &byte, 1, ZMQ_DONTWAIT), ENOTSUP);
}

TEST (s_a3_a_push_drops_what_it_queued_for_a_peer_that_went_away)
{
    void *push = bound (ZMQ_PUSH, EP);
    void *pull = connected (ZMQ_PULL, EP);
    settle (push);
    send_parts (push, "old", NULL);
    close_socket (pull);
    WAIT_UNTIL (settle (push) == 0);
    void *next = connected (ZMQ_PULL, EP);
    CHECK_INT (settle (push), ZMQ_POLLOUT);
    EXPECT_NOTHING (next);
    send_parts (push, "new", NULL);
    EXPECT (next, "new");
}
