/* Messages in a row, faster than they are taken: whoever writes and reads them, they arrive whole,
 * in order and soon, also when the program does nothing more about it. */
#include "network.h"

#define MANY 5000

/* Sends numbers, of which the frame is as long as they say. */
static void send_numbers (void *socket_, int first_, int last_)
{
    char text[16];
    for (int i = first_; i < last_; i++) {
        snprintf (text, sizeof text, "%08d", i);
        CHECK_INT (zmq_send (socket_, text, 8, 0), 8);
    }
}

static void expect_numbers (void *socket_, int first_, int last_)
{
    char text[16];
    for (int i = first_; i < last_; i++) {
        snprintf (text, sizeof text, "%08d", i);
        EXPECT (socket_, text);
    }
}

static void *unlimited_pull (const char *place_)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_RCVHWM, 0));
    CHECK_OK (zmq_bind (pull, place_));
    return pull;
}

/* Nothing is called after the burst that could help it on. */
NET_TEST (h023_the_end_of_a_burst_arrives)
{
    void *pull = unlimited_pull (fresh (transport)), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, place_of (pull)));
    int counts[] = {1, 2, 15, 17, 100, 255, 257, 1000, 3000}, first = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        send_numbers (push, first, first + counts[i]);
        expect_numbers (pull, first, first + counts[i]);
        first += counts[i];
    }
}

NET_TEST (h023_a_burst_to_a_raw_peer_arrives)
{
    void *dealer = new_socket (ZMQ_DEALER);
    const char *place = fresh (transport);
    CHECK_OK (set_int (dealer, ZMQ_SNDHWM, 0));
    CHECK_OK (zmq_bind (dealer, place));
    int raw = raw_peer (place, "DEALER");
    send_numbers (dealer, 0, MANY);
    for (int i = 0; i < MANY; i++) {
        char text[16];
        snprintf (text, sizeof text, "%08d", i);
        RAW_EXPECT (raw, text);
    }
}

/* Numbers that a raw peer has sent with one write. */
static int flood (void *dealer_, const char *place_, int count_)
{
    static char frames[MANY * 10];
    for (int i = 0; i < count_; i++) {
        char text[16];
        snprintf (text, sizeof text, "%08d", i);
        frames[i * 10] = 0;
        frames[i * 10 + 1] = 8;
        memcpy (frames + i * 10 + 2, text, 8);
    }
    CHECK_OK (zmq_bind (dealer_, place_));
    int raw = raw_peer (place_, "DEALER");
    raw_send_frame (raw, 0, "first");
    EXPECT (dealer_, "first");
    raw_send (raw, frames, (size_t) count_ * 10);
    return raw;
}

/* The queue is full most of the time, and each way of waiting empties it. */
NET_TEST (b2_a_flood_is_read_in_any_way_of_waiting)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 10));
    flood (dealer, fresh (transport), MANY);
    expect_numbers (dealer, 0, 1000);
    zmq_pollitem_t item = {dealer, 0, ZMQ_POLLIN, 0};
    for (int i = 1000; i < 2000; i++) {
        CHECK_INT (zmq_poll (&item, 1, PATIENCE), 1);
        expect_numbers (dealer, i, i + 1);
    }
    expect_numbers (dealer, 2000, 2500);
    struct pollfd fd = {get_int (dealer, ZMQ_FD), POLLIN, 0};
    for (int i = 2500; i < MANY; i++) {
        while (!(get_int (dealer, ZMQ_EVENTS) & ZMQ_POLLIN))
            CHECK_INT (poll (&fd, 1, PATIENCE), 1);
        expect_numbers (dealer, i, i + 1);
    }
    EXPECT_NOTHING (dealer);
}

/* With many sockets in one call, none of them is read by the thread that waits. */
NET_TEST (a48_a_flood_is_read_with_many_sockets)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 10));
    flood (dealer, fresh (transport), 1000);
    expect_numbers (dealer, 0, 100);
    zmq_pollitem_t items[10] = {{dealer, 0, ZMQ_POLLIN, 0}};
    for (int i = 1; i < 10; i++) {
        items[i].socket = bound (ZMQ_PULL, fresh (transport));
        items[i].events = ZMQ_POLLIN;
    }
    for (int i = 100; i < 1000; i++) {
        CHECK_INT (zmq_poll (items, 10, PATIENCE), 1);
        expect_numbers (dealer, i, i + 1);
    }
}

/* A call that finds one socket ready does not wait, and another one is read nevertheless. */
NET_TEST (a48_a_flood_is_read_beside_a_socket_that_is_always_ready)
{
    void *dealer = new_socket (ZMQ_DEALER), *busy = bound (ZMQ_PULL, "inproc://busy");
    void *push = connected (ZMQ_PUSH, "inproc://busy");
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 10));
    flood (dealer, fresh (transport), MANY);
    CHECK_INT (send_str (push, "unread", 0), 6);
    zmq_pollitem_t items[] = {{dealer, 0, ZMQ_POLLIN, 0}, {busy, 0, ZMQ_POLLIN, 0}};
    int64_t started = now_ms ();
    for (int i = 0; i < MANY;) {
        CHECK (zmq_poll (items, 2, PATIENCE) >= 1);
        if (items[0].revents & ZMQ_POLLIN) {
            expect_numbers (dealer, i, i + 1);
            i++;
        }
        /* A queue at a time, and a pause after each, would be 5 s. */
        CHECK (now_ms () - started < 2500);
    }
}

/* A heartbeat behind messages that nobody takes is answered. */
OURS_ONLY (s_e_a_peer_is_answered_behind_a_flood, "references do not see it")
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 10));
    int raw = flood (dealer, fresh ("tcp"), 1000);
    expect_numbers (dealer, 0, 15);
    raw_sync (raw);
    expect_numbers (dealer, 15, 1000);
}

/* A peer that has gone leaves what it sent. */
static void flood_and_go (const char *place_)
{
    void *dealer = new_socket (ZMQ_DEALER), *events = watch (dealer);
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 10));
    int raw = flood (dealer, place_, MANY);
    expect_numbers (dealer, 0, 15);
    close (raw);
    expect_numbers (dealer, 15, MANY);
    AWAIT (events, ZMQ_EVENT_DISCONNECTED);
}

TEST (b6_a_flood_of_a_peer_that_has_gone_is_read_to_the_end_over_tcp)
{
    flood_and_go (fresh ("tcp"));
}

OURS_ONLY (b6_a_flood_of_a_peer_that_has_gone_is_read_to_the_end_over_ipc,
           "references lose what the kernel holds")
{
    flood_and_go (fresh ("ipc"));
}

NET_TEST (a43_what_is_sent_in_a_burst_is_not_released_by_the_thread_that_sends_it)
{
    static char data[100];
    void *push = new_socket (ZMQ_PUSH), *pull = unlimited_pull (fresh (transport));
    count_releases ();
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 100));
    CHECK_OK (zmq_connect (push, place_of (pull)));
    for (int i = 0; i < 2 * MANY; i++) {
        zmq_msg_t msg;
        if (i / 100 % 2 == 0 || i % 7 == 0)
            CHECK_INT (zmq_send (push, data, sizeof data, 0), (int) sizeof data);
        else {
            CHECK_OK (zmq_msg_init_data (&msg, data, sizeof data, count_release, NULL));
            CHECK_INT (zmq_msg_send (&msg, push, 0), (int) sizeof data);
        }
    }
    for (int i = 0; i < 2 * MANY; i++)
        CHECK_INT (zmq_recv (pull, data, 0, 0), (int) sizeof data);
    WAIT_UNTIL (releases > MANY / 2);
    CHECK_INT (releases_by_the_sender, 0);
}

static double processor_time (void)
{
    struct timespec used;
    CHECK_OK (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used));
    return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

/* Waits for as long as the socket's time-out says, in vain. */
#define EXPECT_NOTHING_IN_TIME(socket_)                                                            \
    do {                                                                                           \
        char t_byte;                                                                               \
        if (zmq_recv (socket_, &t_byte, 1, 0) != -1 || errno != EAGAIN)                            \
            FAIL ("something came, or errno is %s", errno_name (errno));                           \
    } while (0)

/* Waiting is free, whatever went on before. */
NET_TEST (s_3_a_thread_that_waits_for_long_sleeps)
{
    void *dealer = new_socket (ZMQ_DEALER);
    flood (dealer, fresh (transport), 1000);
    expect_numbers (dealer, 0, 1000);
    double before = processor_time ();
    CHECK_OK (set_int (dealer, ZMQ_RCVTIMEO, 500));
    EXPECT_NOTHING_IN_TIME (dealer);
    zmq_pollitem_t item = {dealer, 0, ZMQ_POLLIN, 0};
    CHECK_INT (zmq_poll (&item, 1, 500), 0);
    CHECK (processor_time () - before < 0.2);
}

/* Nothing is read of a peer whose routing id another one has; it may say what it likes. */
NET_TEST (s_3_a_peer_that_is_not_heard_keeps_nobody_awake)
{
    void *router = new_socket (ZMQ_ROUTER);
    const char *place = fresh (transport);
    CHECK_OK (set_int (router, ZMQ_RCVHWM, 10));
    CHECK_OK (zmq_bind (router, place));
    int heard = raw_connect (place), other = raw_connect (place);
    raw_handshake (heard, "DEALER", "same");
    raw_send_frame (heard, 0, "hello");
    EXPECT (router, "same", "hello");
    raw_handshake (other, "DEALER", "same");
    static char frames[20000 * 3];
    for (size_t i = 0; i < sizeof frames; i += 3)
        memcpy (frames + i, "\0\1x", 3);
    raw_send (other, frames, sizeof frames);
    CHECK_OK (set_int (router, ZMQ_RCVTIMEO, 300));
    double before = processor_time ();
    for (int i = 0; i < 2; i++)
        EXPECT_NOTHING_IN_TIME (router);
    CHECK (processor_time () - before < 0.2);
    raw_send_frame (heard, 0, "again");
    EXPECT (router, "same", "again");
}
