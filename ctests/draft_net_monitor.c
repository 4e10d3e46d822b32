/* What monitors have in the draft API, over tcp and ipc: version 2, hidden sockets of other types,
 * statistics of pipes. And ZMQ_ROUTER_NOTIFY, which tells of links too, and ZMQ_IN_BATCH_SIZE. */
#include "events.h"
#include "raw.h"

/* ---- version 2 ----------------------------------------------------------------------------- */

/* One event as its frames say it. */
typedef struct
{
    uint64_t number, count, values[4];
    char local[256], remote[256];
} event_v2;

/* Receives a frame that holds one 64-bit number, which more frames follow. */
static uint64_t number_from (void *reader_)
{
    uint64_t value;
    CHECK_INT (zmq_recv (reader_, &value, sizeof value, 0), 8);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), 1);
    return value;
}

/* Receives a frame of text. */
static void text_from (void *reader_, char text_[256], int more_)
{
    int n = recv_str (reader_, text_, 256, 0);
    CHECK (n >= 0);
    CHECK_INT (strlen (text_), n);
    CHECK_INT (get_int (reader_, ZMQ_RCVMORE), more_);
}

/* The next event, waiting for it. */
static event_v2 next_v2 (void *reader_)
{
    event_v2 event;
    CHECK_INT (wait_for (reader_, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    event.number = number_from (reader_);
    event.count = number_from (reader_);
    CHECK_INT (event.count, event.number == ZMQ_EVENT_PIPES_STATS ? 2 : 1);
    for (uint64_t i = 0; i < event.count; i++)
        event.values[i] = number_from (reader_);
    text_from (reader_, event.local, 1);
    text_from (reader_, event.remote, 0);
    return event;
}

/* The next event is this one, with these endpoints; NULL stands for any. */
static event_v2 t_expect_v2 (const char *file_, int line_, void *reader_, uint64_t number_,
                             const char *local_, const char *remote_)
{
    event_v2 event = next_v2 (reader_);
    if (event.number != number_)
        t_fail (file_, line_, "event %#x came, expected %#x", (unsigned) event.number,
                (unsigned) number_);
    if (local_ && strcmp (event.local, local_) != 0)
        t_fail (file_, line_, "event %#x has the local endpoint \"%s\", expected \"%s\"",
                (unsigned) number_, event.local, local_);
    if (remote_ && strcmp (event.remote, remote_) != 0)
        t_fail (file_, line_, "event %#x has the remote endpoint \"%s\", expected \"%s\"",
                (unsigned) number_, event.remote, remote_);
    return event;
}
#define EXPECT_V2(reader_, event_, local_, remote_)                                                \
    t_expect_v2 (__FILE__, __LINE__, reader_, ZMQ_EVENT_##event_, local_, remote_)

/* The type of socket that listens to a monitor of this type. */
static int reader_type (int type_)
{
    return type_ == ZMQ_PUB ? ZMQ_SUB : type_ == ZMQ_PUSH ? ZMQ_PULL : ZMQ_PAIR;
}

/* Monitors a socket in version 2 through a hidden socket of this type; returns the reader. */
static void *monitor_v2 (void *socket_, uint64_t mask_, int type_)
{
    static int number;
    char endpoint[32];
    snprintf (endpoint, sizeof endpoint, "inproc://t-v2-%d", ++number);
    CHECK_OK (zmq_socket_monitor_versioned (socket_, endpoint, mask_, 2, type_));
    void *reader = connected (reader_type (type_), endpoint);
    if (type_ == ZMQ_PUB)
        subscribe (reader, "");
    return reader;
}

TEST (h272_an_event_of_version_2)
{
    EACH_TRANSPORT (i) {
        unsigned char frame[16];
        char text[256];
        uint64_t value;
        void *pull = new_socket (ZMQ_PULL), *reader = monitor_v2 (pull, ZMQ_EVENT_ALL_V2, ZMQ_PAIR);
        const char *endpoint = bind_over (i, pull);
        CHECK_INT (wait_for (reader, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        for (int part = 0; part < 3; part++) {
            CHECK_INT (zmq_recv (reader, frame, sizeof frame, 0), 8);
            CHECK_INT (get_int (reader, ZMQ_RCVMORE), 1);
            memcpy (&value, frame, sizeof value);
            if (part < 2)
                CHECK_INT (value, part ? 1 : ZMQ_EVENT_LISTENING);
            else
                CHECK (value > 2 && fcntl ((int) value, F_GETFD) != -1);
        }
        CHECK_INT (recv_str (reader, text, sizeof text, 0), strlen (endpoint));
        CHECK_STR (text, endpoint);
        CHECK_INT (get_int (reader, ZMQ_RCVMORE), 1);
        CHECK_INT (recv_str (reader, text, sizeof text, 0), 0);
        CHECK_INT (get_int (reader, ZMQ_RCVMORE), 0);
    }
}

/* The events of one connection on both sides, through monitors of this type. */
static void follow_a_connection (int transport_, int type_)
{
    void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
    void *at_pull = monitor_v2 (pull, ZMQ_EVENT_ALL_V2, type_);
    void *at_push = monitor_v2 (push, ZMQ_EVENT_ALL_V2, type_);
    const char *endpoint = bind_over (transport_, pull);
    EXPECT_V2 (at_pull, LISTENING, endpoint, "");
    CHECK_OK (zmq_connect (push, endpoint));
    if (transport_ == TCP)
        CHECK_INT (EXPECT_V2 (at_push, CONNECT_DELAYED, "", endpoint).values[0], EINPROGRESS);
    event_v2 up = EXPECT_V2 (at_push, CONNECTED, NULL, endpoint);
    EXPECT_V2 (at_push, HANDSHAKE_SUCCEEDED, up.local, endpoint);
    event_v2 accepted = EXPECT_V2 (at_pull, ACCEPTED, endpoint, up.local);
    EXPECT_V2 (at_pull, HANDSHAKE_SUCCEEDED, endpoint, up.local);
    if (transport_ == TCP) {
        CHECK_INT (strncmp (up.local, "tcp://127.0.0.1:", 16), 0);
        CHECK (strcmp (up.local, endpoint) != 0);
        CHECK_STR (name_of ((int) up.values[0], getsockname), up.local);
        CHECK_STR (name_of ((int) accepted.values[0], getpeername), up.local);
    } else
        CHECK_STR (up.local, "ipc://");
    close_socket (pull);
    event_v2 closed = EXPECT_V2 (at_pull, CLOSED, endpoint, "");
    CHECK (closed.values[0] != accepted.values[0]);
    CHECK_INT (EXPECT_V2 (at_pull, MONITOR_STOPPED, "", "").values[0], 0);
    CHECK_INT (EXPECT_V2 (at_push, DISCONNECTED, up.local, endpoint).values[0], up.values[0]);
    uint64_t wait = EXPECT_V2 (at_push, CONNECT_RETRIED, "", endpoint).values[0];
    CHECK (wait >= 10 && wait < 20);
    if (transport_ == TCP)
        EXPECT_V2 (at_push, CONNECT_DELAYED, "", endpoint);
    EXPECT_V2 (at_push, CLOSED, "", endpoint);
}

TEST (h275_the_endpoints_of_a_connection)
{
    EACH_TRANSPORT (i)
        follow_a_connection (i, ZMQ_PAIR);
}

TEST (h276_through_a_push)
{
    EACH_TRANSPORT (i)
        follow_a_connection (i, ZMQ_PUSH);
}

TEST (h276_through_a_pub)
{
    EACH_TRANSPORT (i)
        follow_a_connection (i, ZMQ_PUB);
}

TEST (h276_version_1_through_a_push)
{
    unsigned char frame[8];
    char text[256];
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor_versioned (pull, "inproc://v1", ZMQ_EVENT_ALL, 1, ZMQ_PUSH));
    void *reader = connected (ZMQ_PULL, "inproc://v1");
    const char *endpoint = bind_over (TCP, pull);
    CHECK_INT (zmq_recv (reader, frame, sizeof frame, 0), 6);
    CHECK_INT (get_int (reader, ZMQ_RCVMORE), 1);
    CHECK_INT (recv_str (reader, text, sizeof text, 0), strlen (endpoint));
    CHECK_STR (text, endpoint);
    CHECK_INT (get_int (reader, ZMQ_RCVMORE), 0);
}

TEST (s_e3_a_bind_that_fails_in_version_2)
{
    void *other = new_socket (ZMQ_PULL), *pull = new_socket (ZMQ_PULL);
    void *reader = monitor_v2 (pull, ZMQ_EVENT_ALL_V2, ZMQ_PAIR);
    const char *endpoint = bind_over (TCP, other);
    CHECK_FAIL (zmq_bind (pull, endpoint), EADDRINUSE);
    EXPECT_V2 (reader, CLOSED, "", "");
    CHECK_INT (EXPECT_V2 (reader, BIND_FAILED, endpoint + 6, "").values[0], EADDRINUSE);
    CHECK_FAIL (zmq_bind (pull, "tcp://:5555"), ENODEV);
    CHECK_INT (EXPECT_V2 (reader, BIND_FAILED, ":5555", "").values[0], ENODEV);
}

TEST (s_e3_a_name_in_version_2)
{
    char given[64];
    void *pull = new_socket (ZMQ_PULL), *push = eager_socket (ZMQ_PUSH);
    const char *endpoint = bind_over (TCP, pull);
    snprintf (given, sizeof given, "tcp://localhost:%s", strrchr (endpoint, ':') + 1);
    void *reader = monitor_v2 (push, ZMQ_EVENT_ALL_V2, ZMQ_PAIR);
    CHECK_OK (zmq_connect (push, given));
    EXPECT_V2 (reader, CONNECT_DELAYED, "", given);
    event_v2 up = EXPECT_V2 (reader, CONNECTED, NULL, given);
    EXPECT_V2 (reader, HANDSHAKE_SUCCEEDED, up.local, given);
    close_socket (pull);
    EXPECT_V2 (reader, DISCONNECTED, up.local, given);
    EXPECT_V2 (reader, CONNECT_RETRIED, "", endpoint);
    EXPECT_V2 (reader, CONNECT_DELAYED, "", endpoint);
}

TEST (h284_the_mask_of_version_2)
{
    void *pull = new_socket (ZMQ_PULL);
    uint64_t mask = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_MONITOR_STOPPED | (1ULL << 40);
    void *reader = monitor_v2 (pull, mask, ZMQ_PAIR);
    const char *endpoint = bind_over (TCP, pull);
    connected (ZMQ_PUSH, endpoint);
    EXPECT_V2 (reader, ACCEPTED, endpoint, NULL);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    EXPECT_V2 (reader, MONITOR_STOPPED, "", "");
}

TEST (h273_a_thread_safe_socket_has_a_monitor_too)
{
    void *server = new_socket (ZMQ_SERVER), *client = new_socket (ZMQ_CLIENT);
    void *at_server = monitor_v2 (server, ZMQ_EVENT_ALL_V2, ZMQ_PAIR);
    void *at_client = monitor_v2 (client, ZMQ_EVENT_ALL_V2, ZMQ_PAIR);
    const char *endpoint = bind_over (TCP, server);
    EXPECT_V2 (at_server, LISTENING, endpoint, "");
    CHECK_OK (zmq_connect (client, endpoint));
    EXPECT_V2 (at_client, CONNECT_DELAYED, "", endpoint);
    event_v2 up = EXPECT_V2 (at_client, CONNECTED, NULL, endpoint);
    EXPECT_V2 (at_client, HANDSHAKE_SUCCEEDED, up.local, endpoint);
    EXPECT_V2 (at_server, ACCEPTED, endpoint, up.local);
    EXPECT_V2 (at_server, HANDSHAKE_SUCCEEDED, endpoint, up.local);
}

/* ---- statistics of pipes ------------------------------------------------------------------- */

TEST (h294_statistics_of_a_push_whose_peers_do_not_read)
{
    enum
    {
        PEERS = 4,
        MARK = 500
    };
    static char body[10000];
    void *push = socket_with_hwm (ZMQ_PUSH, MARK, MARK), *pull[PEERS];
    const char *endpoint = bind_over (TCP, push);
    for (int i = 0; i < PEERS; i++) {
        pull[i] = socket_with_hwm (ZMQ_PULL, 1, 1);
        CHECK_OK (zmq_connect (pull[i], endpoint));
    }
    void *reader = monitor_v2 (push, ZMQ_EVENT_PIPES_STATS, ZMQ_PAIR);
    /* Full is what takes nothing for a while, as the network goes on taking what was queued. */
    for (int quiet = 0; quiet < 100;) {
        if (zmq_send (push, body, sizeof body, ZMQ_DONTWAIT) != -1)
            quiet = 0;
        else {
            CHECK_INT (wait_for (push, ZMQ_POLLOUT, 1) & ~ZMQ_POLLOUT, 0);
            quiet++;
        }
    }
    int taken = 0;
    CHECK_OK (set_int (pull[0], ZMQ_RCVTIMEO, 200));
    while (zmq_recv (pull[0], body, sizeof body, 0) != -1)
        taken++;
    CHECK (taken >= MARK);
    settle (push);
    CHECK_OK (zmq_socket_monitor_pipes_stats (push));
    int full = 0, drained = 0;
    for (int i = 0; i < PEERS; i++) {
        while (!(wait_for (reader, ZMQ_POLLIN, 1) & ZMQ_POLLIN))
            settle (push);
        event_v2 stats = next_v2 (reader);
        CHECK_INT (stats.number, ZMQ_EVENT_PIPES_STATS);
        CHECK_STR (stats.local, endpoint);
        CHECK_INT (strncmp (stats.remote, "tcp://127.0.0.1:", 16), 0);
        CHECK_INT (stats.values[1], 0);
        full += stats.values[0] == MARK;
        drained += stats.values[0] == 0;
    }
    CHECK_INT (full, PEERS - 1);
    CHECK_INT (drained, 1);
    EXPECT_NOTHING (reader);
}

TEST (s_e5_statistics_of_a_connect_that_has_not_happened)
{
    void *push = socket_with_hwm (ZMQ_PUSH, 10, 10);
    const char *endpoint = refused_endpoint ();
    CHECK_OK (zmq_connect (push, endpoint));
    void *reader = monitor_v2 (push, ZMQ_EVENT_PIPES_STATS, ZMQ_PAIR);
    for (int i = 0; i < 3; i++)
        send_parts (push, "a", NULL);
    CHECK_OK (zmq_socket_monitor_pipes_stats (push));
    while (!(wait_for (reader, ZMQ_POLLIN, 1) & ZMQ_POLLIN))
        settle (push);
    event_v2 stats = EXPECT_V2 (reader, PIPES_STATS, "", endpoint);
    CHECK_INT (stats.values[0], 3);
    CHECK_INT (stats.values[1], 0);
}

TEST (s_e5_statistics_of_messages_not_yet_received)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        CHECK_OK (zmq_connect (push, bind_over (i, pull)));
        for (int j = 0; j < 3; j++)
            send_parts (push, "a", NULL);
        EXPECT (pull, "a");
        void *reader = monitor_v2 (pull, ZMQ_EVENT_PIPES_STATS, ZMQ_PAIR);
        /* All three count: of a mark of 1000 the reader's next report is far away. */
        for (uint64_t waiting = 0; waiting != 3;) {
            CHECK_OK (zmq_socket_monitor_pipes_stats (pull));
            while (!(wait_for (reader, ZMQ_POLLIN, 1) & ZMQ_POLLIN))
                settle (pull);
            event_v2 stats = next_v2 (reader);
            CHECK_INT (stats.number, ZMQ_EVENT_PIPES_STATS);
            CHECK_INT (stats.values[0], 0);
            waiting = stats.values[1];
            CHECK (waiting <= 3);
        }
    }
}

/* ---- ROUTER_NOTIFY ------------------------------------------------------------------------- */

/* A ROUTER that says when peers come (1) and go (2). */
static void *notifying (int events_)
{
    void *router = eager_socket (ZMQ_ROUTER);
    CHECK_OK (set_int (router, ZMQ_ROUTER_NOTIFY, events_));
    return router;
}

TEST (h129_peers_come_and_go)
{
    EACH_TRANSPORT (i) {
        static const int masks[] = {ZMQ_NOTIFY_CONNECT, ZMQ_NOTIFY_DISCONNECT,
                                    ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT, 0};
        for (int j = 0; j < 4; j++) {
            void *router = notifying (masks[j]);
            const char *endpoint = bind_over (i, router);
            for (int round = 0; round < 2; round++) {
                void *dealer = socket_with_id (ZMQ_DEALER, round ? "second" : "first");
                CHECK_OK (zmq_connect (dealer, endpoint));
                send_parts (dealer, "hello", NULL);
                if (masks[j] & ZMQ_NOTIFY_CONNECT)
                    EXPECT (router, round ? "second" : "first", "");
                EXPECT (router, round ? "second" : "first", "hello");
                close_socket (dealer);
                if (masks[j] & ZMQ_NOTIFY_DISCONNECT)
                    EXPECT (router, round ? "second" : "first", "");
            }
            EXPECT_NOTHING (router);
        }
    }
}

TEST (h129_peers_without_an_id_come_and_go)
{
    char id[5];
    void *router = notifying (ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT);
    void *dealer = connected (ZMQ_DEALER, bind_over (TCP, router));
    CHECK_INT (wait_for (router, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK_INT (zmq_recv (router, id, sizeof id, 0), 5);
    CHECK_INT (id[0], 0);
    EXPECT (router, "");
    CHECK_INT (zmq_send (router, id, sizeof id, ZMQ_SNDMORE), 5);
    send_parts (router, "welcome", NULL);
    EXPECT (dealer, "welcome");
    close_socket (dealer);
    EXPECT_BYTES (router, id, sizeof id, 1);
    EXPECT (router, "");
}

TEST (h129_links_that_were_connected_come_and_go_and_come_again)
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    void *router = notifying (ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT);
    CHECK_OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "peer"));
    CHECK_OK (zmq_connect (router, endpoint));
    for (int round = 0; round < 3; round++) {
        int peer = plain_accept (listener);
        zmtp_handshake (peer, "DEALER");
        EXPECT (router, "peer", "");
        PLAIN_WRITE (peer, "\0\5hello");
        EXPECT (router, "peer", "hello");
        CHECK_OK (close (peer));
        EXPECT (router, "peer", "");
    }
}

TEST (h130_no_word_of_links_without_a_handshake)
{
    void *router = notifying (ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT);
    const char *endpoint = bind_over (TCP, router);
    CHECK_OK (zmq_socket_monitor (router, "inproc://events", ZMQ_EVENT_DISCONNECTED));
    void *reader = connected (ZMQ_PAIR, "inproc://events");
    for (int i = 0; i < 2; i++) {
        int peer = plain_connect (endpoint);
        if (i)
            zmtp_greet (peer, "NULL");
        CHECK_OK (close (peer));
        CHECK_INT (wait_for (reader, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        CHECK_INT (take (reader, 2), 2);
    }
    void *dealer = socket_with_id (ZMQ_DEALER, "peer");
    CHECK_OK (zmq_connect (dealer, endpoint));
    EXPECT (router, "peer", "");
    EXPECT_NOTHING (router);
}

TEST (h131_half_a_message_is_discarded_before_the_word)
{
    char more[32], *end = zmtp_property (more, "Identity", "peer", 4);
    void *router = notifying (ZMQ_NOTIFY_DISCONNECT);
    int peer = plain_connect (bind_over (TCP, router));
    zmtp_handshake_with (peer, "DEALER", more, (size_t) (end - more));
    PLAIN_WRITE (peer, "\0\5hello\1\5whole\0\7message\1\4half\1\4more");
    EXPECT (router, "peer", "hello"); /* what follows lies ready while the peer leaves */
    CHECK_OK (close (peer));
    EXPECT (router, "peer", "whole", "message");
    EXPECT (router, "peer", "");
    EXPECT_NOTHING (router);
}

TEST (s_a85_no_word_of_links_that_were_ended_here)
{
    void *router = notifying (ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT);
    const char *endpoint = bind_over (TCP, router);
    void *dealer = socket_with_id (ZMQ_DEALER, "peer");
    CHECK_OK (zmq_connect (dealer, endpoint));
    EXPECT (router, "peer", "");
    CHECK_OK (zmq_socket_monitor (dealer, "inproc://events", ZMQ_EVENT_DISCONNECTED));
    void *reader = connected (ZMQ_PAIR, "inproc://events");
    CHECK_OK (zmq_unbind (router, endpoint));
    WAIT_UNTIL ((settle (router), settle (reader)) & ZMQ_POLLIN);
    EXPECT_NOTHING (router);
}

TEST (s_a85_a_rep_may_set_it_and_others_may_not)
{
    CHECK_OK (set_int (new_socket (ZMQ_REP), ZMQ_ROUTER_NOTIFY, ZMQ_NOTIFY_CONNECT));
    CHECK_FAIL (set_int (new_socket (ZMQ_DEALER), ZMQ_ROUTER_NOTIFY, ZMQ_NOTIFY_CONNECT), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_STREAM), ZMQ_ROUTER_NOTIFY, ZMQ_NOTIFY_CONNECT), EINVAL);
}

/* ---- sizes of reads ------------------------------------------------------------------------ */

TEST (w92_the_size_of_the_items_of_a_stream_can_be_set)
{
    size_t size = 1050, done = 0;
    char *bytes = many_bytes (size), got[100];
    void *stream = new_socket (ZMQ_STREAM);
    CHECK_OK (set_int (stream, ZMQ_IN_BATCH_SIZE, sizeof got));
    int peer = plain_connect (bind_over (TCP, stream));
    raw_id id = EXPECT_NOTICE (stream), from;
    plain_write (peer, bytes, size);
    while (done < size) {
        int n = RECV_RAW (stream, &from, got, sizeof got);
        CHECK (same_id (id, from));
        CHECK (n > 0 && (size_t) n <= sizeof got);
        CHECK_INT (memcmp (got, bytes + done, (size_t) n), 0);
        done += (size_t) n;
    }
    free (bytes);
}
