/* High-water marks over tcp and ipc, peers that do not read, CONFLATE, IMMEDIATE. */
#include "network.h"

/* A narrow socket that is bound, and `*raw_`, a peer of a type that does not read. */
static void *bound_and_raw (int type_, const char *place_, const char *peer_, int *raw_)
{
    void *socket = narrow_socket (type_);
    CHECK_OK (zmq_bind (socket, place_));
    *raw_ = raw_connect (place_);
    raw_handshake (*raw_, peer_, "raw");
    return socket;
}

/* Two narrow sockets, the second one connected to the first. */
static void narrow_pair (const char *place_, int bound_type_, int other_type_, void **bound_,
                         void **other_)
{
    *bound_ = narrow_socket (bound_type_);
    *other_ = narrow_socket (other_type_);
    CHECK_OK (zmq_bind (*bound_, place_));
    CHECK_OK (zmq_connect (*other_, place_));
}

/* Waits for the next message of a clog and returns its number. */
static int next_clog (void *socket_)
{
    char body[CLOG_SIZE];
    int number;
    CHECK_INT (wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN, ZMQ_POLLIN);
    CHECK_INT (zmq_recv (socket_, body, sizeof body, ZMQ_DONTWAIT), CLOG_SIZE);
    memcpy (&number, body, sizeof number);
    return number;
}

/* ---- counting ------------------------------------------------------------------------------ */

NET_TEST (h179_an_unconnected_push_takes_exactly_its_mark)
{
    static const int types[] = {ZMQ_PUSH, ZMQ_DEALER, ZMQ_PAIR};
    static const int marks[] = {1, 2, 7, 1000};
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < 4; i++) {
            void *socket = socket_with_hwm (types[t], marks[i], 5);
            CHECK_OK (zmq_connect (socket, fresh (transport)));
            CHECK_INT (fill (socket), marks[i]);
            CHECK_INT (settle (socket), 0);
        }
    void *socket = socket_with_hwm (ZMQ_PUSH, 0, 5);
    CHECK_OK (zmq_connect (socket, fresh (transport)));
    CHECK_INT (fill (socket), UNLIMITED);
}

NET_TEST (h179_a_link_that_shakes_hands_takes_no_more)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    char greeting[10];
    void *push = socket_with_hwm (ZMQ_PUSH, 7, 7);
    CHECK_OK (zmq_connect (push, place));
    raw_read (raw_accept (listener), greeting, sizeof greeting);
    CHECK_INT (fill (push), 7);
}

NET_TEST (s_b2_a_message_of_many_frames_counts_once)
{
    void *push = socket_with_hwm (ZMQ_PUSH, 3, 3);
    CHECK_OK (zmq_connect (push, fresh (transport)));
    for (int i = 0; i < 3; i++)
        send_parts (push, "1", "2", "3", "4", "5", NULL);
    CHECK_FAIL (send_str (push, "1", ZMQ_DONTWAIT | ZMQ_SNDMORE), EAGAIN);
}

NET_TEST (s_b1_marks_are_per_connection)
{
    void *push = socket_with_hwm (ZMQ_PUSH, 3, 3);
    for (int i = 0; i < 5; i++)
        CHECK_OK (zmq_connect (push, fresh (transport)));
    CHECK_INT (fill (push), 15);
}

NET_TEST (s_b3_a_mark_can_be_raised_at_run_time)
{
    void *push = socket_with_hwm (ZMQ_PUSH, 3, 3);
    CHECK_OK (zmq_connect (push, fresh (transport)));
    CHECK_INT (send_str (push, "1", ZMQ_DONTWAIT), 1);
    CHECK_INT (send_str (push, "2", ZMQ_DONTWAIT), 1);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 10));
    CHECK_INT (fill (push), 8);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 4)); /* loses nothing */
    const char *place = place_of (push);
    void *pull = bound (ZMQ_PULL, place);
    EXPECT (pull, "1");
    EXPECT (pull, "2");
    for (int i = 0; i < 8; i++)
        EXPECT (pull, text_of ("%d", i));
}

NET_TEST (s_b3_an_endpoint_keeps_the_mark_of_its_bind)
{
    void *push = narrow_socket (ZMQ_PUSH);
    const char *place = fresh (transport);
    CHECK_OK (zmq_bind (push, place));
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 3));
    raw_peer (place, "PULL");
    WAIT_UNTIL (settle (push) == ZMQ_POLLOUT);
    CHECK (clog_up (push) >= 100);
}

/* ---- a peer that does not read ------------------------------------------------------------- */

NET_TEST (s_b1_a_sender_stops_and_goes_on)
{
    void *pull, *push;
    narrow_pair (fresh (transport), ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    int sent = clog_up (push), got = 0;
    CHECK (sent >= 200); /* the marks of both sides, and the network */
    CHECK_INT (settle (push), 0);
    CHECK_OK (set_int (push, ZMQ_SNDTIMEO, 20));
    CHECK_FAIL (send_clog (push, sent, 0), EAGAIN);
    for (int round = 0; round < 5; round++) {
        while (!wait_for (push, ZMQ_POLLOUT, 0))
            CHECK_INT (next_clog (pull), got++);
        int before = sent;
        while (send_clog (push, sent, ZMQ_DONTWAIT) == CLOG_SIZE)
            sent++;
        CHECK (sent > before);
    }
    while (got < sent)
        CHECK_INT (next_clog (pull), got++);
    EXPECT_NOTHING (pull);
}

NET_TEST (s_b1_the_binding_sender_stops_and_goes_on)
{
    void *push, *pull;
    narrow_pair (fresh (transport), ZMQ_PUSH, ZMQ_PULL, &push, &pull);
    CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    int sent = clog_up (push), got = 0;
    while (got < sent)
        CHECK_INT (next_clog (pull), got++);
    EXPECT_NOTHING (pull);
    CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    CHECK_INT (send_clog (push, sent, ZMQ_DONTWAIT), CLOG_SIZE);
    CHECK_INT (next_clog (pull), sent);
}

/* Sends a lot of numbered messages of 1 to 3 frames, blocking. */
static void *send_many (void *push_)
{
    for (int i = 0; i < 20000; i++) {
        char text[16];
        int n = snprintf (text, sizeof text, "%d", i);
        for (int frame = i % 3; frame >= 0; frame--)
            CHECK_INT (zmq_send (push_, text, (size_t) n, frame ? ZMQ_SNDMORE : 0), n);
    }
    return NULL;
}

NET_TEST (s_b4_nothing_is_lost_whatever_the_marks)
{
    static const int marks[][2] = {{1, 1}, {1, 0}, {2, 100}, {0, 1}, {1000, 1000}};
    for (int i = 0; i < 5; i++) {
        const char *place = fresh (transport);
        void *pull = socket_with_hwm (ZMQ_PULL, 1, marks[i][1]);
        void *push = socket_with_hwm (ZMQ_PUSH, marks[i][0], 1);
        CHECK_OK (zmq_bind (pull, place));
        CHECK_OK (zmq_connect (push, place));
        pthread_t sender = start (send_many, push);
        for (int n = 0; n < 20000; n++) {
            char text[16], want[16];
            snprintf (want, sizeof want, "%d", n);
            for (int frame = n % 3; frame >= 0; frame--) {
                CHECK (recv_str (pull, text, sizeof text, 0) > 0);
                CHECK_STR (text, want);
                CHECK_INT (get_int (pull, ZMQ_RCVMORE), frame > 0);
            }
        }
        join (sender);
        EXPECT_NOTHING (pull);
    }
}

/* Sends as much as is taken, without blocking. */
static size_t raw_stuff (int fd_)
{
    char bytes[CLOG_SIZE + 9] = "\2\0\0\0\0\0\0\x20";
    size_t total = 0;
    struct pollfd item = {fd_, POLLOUT, 0};
    do {
        ssize_t n;
        size_t at = total % sizeof bytes;
        while ((n = send (fd_, bytes + at, sizeof bytes - at, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0) {
            total += (size_t) n;
            at = total % sizeof bytes;
            if (total > 200000000)
                FAIL ("there is no limit");
        }
        CHECK (errno == EAGAIN);
    } while (poll (&item, 1, 50) == 1);
    return total / sizeof bytes;
}

NET_TEST (s_b1_a_receiver_stops_reading_at_its_mark)
{
    int raw;
    void *pull = bound_and_raw (ZMQ_PULL, fresh (transport), "PUSH", &raw);
    size_t whole = raw_stuff (raw);
    for (size_t i = 0; i < whole; i++)
        CHECK_INT (next_clog (pull), 0);
    EXPECT_NOTHING (pull);
    CHECK (raw_stuff (raw) > 0); /* and it reads again */
}

NET_TEST (s_a12_a_slow_subscriber_misses_whole_messages)
{
    int raw, before = -1, missing = 0;
    void *pub = bound_and_raw (ZMQ_XPUB, fresh (transport), "SUB", &raw);
    raw_send_frame (raw, 0, "\1");
    EXPECT (pub, "\1");
    for (int i = 0; i < 1000; i++) {
        CHECK_INT (send_clog (pub, 2 * i, ZMQ_DONTWAIT | ZMQ_SNDMORE), CLOG_SIZE);
        CHECK_INT (send_clog (pub, 2 * i + 1, ZMQ_DONTWAIT), CLOG_SIZE);
    }
    char frame[CLOG_SIZE + 9], last[CLOG_SIZE + 9];
    for (int sent = 1000; before != 2 * sent - 2;) {
        int number;
        raw_read (raw, frame, sizeof frame);
        CHECK_INT (frame[0], 3);
        memcpy (&number, frame + 9, sizeof number);
        CHECK (number > before && number % 2 == 0);
        missing += number != before + 2;
        raw_read (raw, last, sizeof last);
        CHECK_INT (last[0], 2);
        CHECK_INT (memcmp (last + 9, &(int){number + 1}, sizeof number), 0);
        before = number;
        if (before < 2000 - 2 && !raw_readable (raw, 20)) { /* what is sent now gets in */
            send_clog (pub, 2 * sent, ZMQ_SNDMORE);
            send_clog (pub, 2 * sent + 1, 0);
            sent++;
        }
    }
    CHECK (missing > 0);
}

NET_TEST (s_a46_nodrop_gives_eagain_when_a_subscriber_is_full)
{
    int raw;
    void *pub = bound_and_raw (ZMQ_XPUB, fresh (transport), "SUB", &raw);
    CHECK_OK (set_int (pub, ZMQ_XPUB_NODROP, 1));
    raw_send_frame (raw, 0, "\1");
    EXPECT (pub, "\1");
    int sent = 0;
    do {
        while (send_clog (pub, sent, ZMQ_DONTWAIT) == CLOG_SIZE)
            sent++;
        CHECK (errno == EAGAIN);
        sleep_ms (50); /* POLLOUT says nothing here */
    } while (send_clog (pub, sent, ZMQ_DONTWAIT) == CLOG_SIZE && ++sent);
    CHECK_INT (settle (pub), ZMQ_POLLOUT);
    for (int i = 0; i < sent; i++)
        CHECK_INT (raw_clog (raw), i);
    WAIT_UNTIL (send_clog (pub, sent, ZMQ_DONTWAIT) == CLOG_SIZE);
    CHECK_INT (raw_clog (raw), sent);
}

NET_TEST (s_a84_a_router_drops_what_a_full_peer_cannot_take)
{
    int raw;
    void *router = bound_and_raw (ZMQ_ROUTER, fresh (transport), "DEALER", &raw);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    WAIT_UNTIL (send_str (router, "raw", ZMQ_DONTWAIT | ZMQ_SNDMORE) == 3);
    CHECK_INT (send_clog (router, 0, ZMQ_DONTWAIT), CLOG_SIZE);
    int sent = 1;
    do
        while (send_str (router, "raw", ZMQ_DONTWAIT | ZMQ_SNDMORE) == 3) {
            CHECK_INT (send_clog (router, sent, ZMQ_DONTWAIT), CLOG_SIZE);
            sent++;
        }
    while (errno == EAGAIN && wait_for (router, ZMQ_POLLOUT, 50));
    CHECK_FAIL (send_str (router, "raw", ZMQ_DONTWAIT | ZMQ_SNDMORE), EAGAIN);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 0));
    CHECK_INT (send_str (router, "raw", ZMQ_DONTWAIT | ZMQ_SNDMORE), 3);
    CHECK_INT (send_clog (router, -2, ZMQ_DONTWAIT), CLOG_SIZE); /* and it is gone */
    for (int i = 0; i < sent; i++)
        CHECK_INT (raw_clog (raw), i);
    CHECK_OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    WAIT_UNTIL (send_str (router, "raw", ZMQ_DONTWAIT | ZMQ_SNDMORE) == 3);
    CHECK_INT (send_clog (router, sent, ZMQ_DONTWAIT), CLOG_SIZE);
    CHECK_INT (raw_clog (raw), sent);
}

NET_TEST (s_b1_one_full_peer_does_not_stop_the_others)
{
    const char *place = fresh (transport);
    int raw;
    void *push = bound_and_raw (ZMQ_PUSH, place, "PULL", &raw);
    WAIT_UNTIL (settle (push) == ZMQ_POLLOUT);
    clog_up (push);
    void *pull = connected (ZMQ_PULL, place);
    for (int i = 0; i < 300; i++) {
        CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
        CHECK_INT (send_clog (push, i, ZMQ_DONTWAIT), CLOG_SIZE);
        CHECK_INT (next_clog (pull), i);
    }
}

/* ---- CONFLATE ------------------------------------------------------------------------------ */

NET_TEST (h180_conflate_keeps_the_newest)
{
    static const struct
    {
        int type;
        const char *peer;
    } rows[] = {{ZMQ_PULL, "PUSH"}, {ZMQ_SUB, "PUB"}, {ZMQ_DEALER, "DEALER"}};
    for (int i = 0; i < 3; i++) {
        const char *place = fresh (transport);
        void *socket = new_socket (rows[i].type);
        CHECK_OK (set_int (socket, ZMQ_CONFLATE, 1));
        if (rows[i].type == ZMQ_SUB)
            subscribe (socket, "");
        CHECK_OK (zmq_bind (socket, place));
        int raw = raw_peer (place, rows[i].peer);
        for (int round = 0; round < 3; round++) {
            for (int n = 0; n <= 50; n++)
                raw_send_frame (raw, 0, text_of ("%d", n));
            raw_sync (raw);
            EXPECT (socket, "50");
            EXPECT_NOTHING (socket);
        }
    }
}

NET_TEST (h180_conflate_on_the_sending_side)
{
    const char *place = fresh (transport);
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_CONFLATE, 1));
    CHECK_OK (zmq_connect (push, place));
    CHECK_INT (fill (push), UNLIMITED);
    void *pull = bound (ZMQ_PULL, place);
    EXPECT (pull, text_of ("%d", UNLIMITED - 1));
    EXPECT_NOTHING (pull);
}

NET_TEST (h181_conflate_does_nothing_on_a_pair)
{
    const char *place = fresh (transport);
    void *pair = new_socket (ZMQ_PAIR);
    CHECK_OK (set_int (pair, ZMQ_CONFLATE, 1));
    CHECK_OK (zmq_bind (pair, place));
    int raw = raw_peer (place, "PAIR");
    raw_send_frame (raw, 0, "1");
    raw_send_frame (raw, 0, "2");
    raw_sync (raw);
    EXPECT (pair, "1");
    EXPECT (pair, "2");
}

/* ---- IMMEDIATE ----------------------------------------------------------------------------- */

NET_TEST (s_b8_immediate_means_no_peer_before_the_handshake)
{
    static const struct
    {
        int type;
        const char *peer;
    } rows[] = {{ZMQ_PUSH, "PULL"}, {ZMQ_DEALER, "ROUTER"}, {ZMQ_REQ, "REP"}, {ZMQ_PAIR, "PAIR"}};
    for (int i = 0; i < 4; i++) {
        const char *place = fresh (transport);
        int listener = raw_listen (place, 10);
        void *socket = new_socket (rows[i].type);
        CHECK_OK (set_int (socket, ZMQ_IMMEDIATE, 1));
        CHECK_OK (zmq_connect (socket, place));
        CHECK_FAIL (send_str (socket, "a", ZMQ_DONTWAIT), EAGAIN);
        char greeting[10];
        int raw = raw_accept (listener);
        CHECK_INT (recv (raw, greeting, 10, MSG_PEEK | MSG_WAITALL), 10); /* the link is up */
        CHECK_INT (settle (socket), 0);
        CHECK_FAIL (send_str (socket, "a", ZMQ_DONTWAIT), EAGAIN);
        raw_handshake (raw, rows[i].peer, NULL);
        CHECK_INT (wait_for (socket, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
        CHECK_INT (send_str (socket, "a", ZMQ_DONTWAIT), 1);
        if (rows[i].type == ZMQ_REQ)
            RAW_EXPECT (raw, "");
        RAW_EXPECT (raw, "a");
    }
}

NET_TEST (s_b8_immediate_avoids_endpoints_that_are_down)
{
    void *push = new_socket (ZMQ_PUSH), *pull = bound (ZMQ_PULL, fresh (transport));
    CHECK_OK (set_int (push, ZMQ_IMMEDIATE, 1));
    CHECK_OK (zmq_connect (push, fresh (transport)));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    CHECK_INT (wait_for (push, ZMQ_POLLOUT, PATIENCE), ZMQ_POLLOUT);
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (push, "a", ZMQ_DONTWAIT), 1);
    for (int i = 0; i < 10; i++)
        EXPECT (pull, "a");
}

NET_TEST (h036_without_it_every_second_message_is_parked)
{
    const char *dead = fresh (transport);
    void *push = new_socket (ZMQ_PUSH), *pull = bound (ZMQ_PULL, fresh (transport));
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    CHECK_OK (zmq_connect (push, dead));
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (push, i % 2 ? "dead" : "live", ZMQ_DONTWAIT), 4);
    for (int i = 0; i < 5; i++)
        EXPECT (pull, "live");
    void *late = bound (ZMQ_PULL, dead);
    for (int i = 0; i < 5; i++)
        EXPECT (late, "dead");
    EXPECT_NOTHING (late);
    EXPECT_NOTHING (pull);
}

/* Sends one message, blocking. */
static void *send_one (void *push_)
{
    CHECK_INT (send_str (push_, "at last", 0), 7);
    return NULL;
}

NET_TEST (s_b8_a_blocked_send_goes_on_when_the_link_is_up)
{
    const char *place = fresh (transport);
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_IMMEDIATE, 1));
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (push, place));
    pthread_t sender = start (send_one, push);
    let_others_retry (transport);
    void *pull = bound (ZMQ_PULL, place);
    EXPECT (pull, "at last");
    join (sender);
}
