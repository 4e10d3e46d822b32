/* The end of a context with live connections, calls that block in it, and many sockets at once. */
#include "network.h"

/* ---- termination --------------------------------------------------------------------------- */

NET_TEST (h211_term_with_live_connections)
{
    void *server = bound (ZMQ_ROUTER, fresh (transport)), *client[10];
    for (int i = 0; i < 10; i++) {
        client[i] = connected (ZMQ_DEALER, last_endpoint (server));
        send_parts (client[i], "hello", NULL);
    }
    for (int i = 0; i < 10; i++) {
        char id[16];
        CHECK_INT (zmq_recv (server, id, sizeof id, 0), 5);
        EXPECT (server, "hello");
    }
    int64_t start_ms = now_ms ();
    finish ();
    CHECK (now_ms () - start_ms < 2000);
}

NET_TEST (h211_term_while_attempts_are_made)
{
    for (int i = 0; i < 20; i++) {
        void *push = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 1));
        CHECK_OK (zmq_connect (push, fresh (transport)));
        send_parts (push, "lost", NULL);
    }
    void *events = watch (t_sockets[0]);
    for (int i = 0; i < 3; i++)
        AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
    int64_t start_ms = now_ms ();
    finish ();
    CHECK (now_ms () - start_ms < 2000);
}

NET_TEST (h211_term_in_mid_handshake)
{
    const char *place = fresh (transport), *other = fresh (transport);
    int listener = raw_listen (place, 10);
    void *client = connected (ZMQ_DEALER, place), *server = bound (ZMQ_DEALER, other);
    CHECK (client && server);
    char greeting[10];
    raw_read (raw_accept (listener), greeting, 10);
    raw_read (raw_connect (other), greeting, 10);
    int64_t start_ms = now_ms ();
    finish ();
    CHECK (now_ms () - start_ms < 2000);
}

TEST (h211_term_while_a_connect_is_pending)
{
    const char *place = fresh ("tcp");
    raw_listen (place, 0);
    raw_connect (place);
    void *push = new_socket (ZMQ_PUSH), *events = watch (push);
    CHECK_OK (zmq_connect (push, place));
    EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_DELAYED);
    int64_t start_ms = now_ms ();
    finish ();
    CHECK (now_ms () - start_ms < 2000);
}

NET_TEST (s_c2_a_peer_sees_the_end_of_a_context)
{
    const char *place = fresh (transport);
    int listener = raw_listen (place, 10);
    connected (ZMQ_DEALER, place);
    int raw = raw_accept (listener);
    raw_handshake (raw, "DEALER", NULL);
    finish ();
    CHECK (raw_readable (raw, PATIENCE));
    CHECK (raw_ended (raw));
}

/* A thread that blocks in a call on a socket: the call, and its number while it is in it. */
typedef struct
{
    void *socket;
    int sends;
    _Atomic int tid;
} blocked_t;

static void *block (void *arg_)
{
    blocked_t *blocked = arg_;
    char text[10];
    blocked->tid = gettid ();
    if (blocked->sends)
        CHECK_FAIL (send_str (blocked->socket, "a", 0), ETERM);
    else
        CHECK_FAIL (zmq_recv (blocked->socket, text, sizeof text, 0), ETERM);
    CHECK_FAIL (zmq_recv (blocked->socket, text, sizeof text, 0), ETERM);
    CHECK_FAIL (zmq_connect (blocked->socket, "tcp://127.0.0.1:1"), ETERM);
    CHECK_FAIL (zmq_bind (blocked->socket, "ipc://*"), ETERM);
    CHECK_FAIL (zmq_unbind (blocked->socket, "tcp://127.0.0.1:1"), ETERM);
    CHECK_OK (zmq_close (blocked->socket));
    return NULL;
}

/* Starts it and waits until it sleeps. */
static pthread_t start_blocked (blocked_t *blocked_, void *socket_, int sends_)
{
    *blocked_ = (blocked_t){.socket = socket_, .sends = sends_};
    forget_socket (socket_);
    pthread_t thread = start (block, blocked_);
    WAIT_UNTIL (blocked_->tid && thread_sleeps (blocked_->tid));
    return thread;
}

NET_TEST (h205_shutdown_wakes_a_blocked_receive)
{
    void *server = bound (ZMQ_DEALER, fresh (transport));
    void *client = connected (ZMQ_DEALER, last_endpoint (server));
    bounce (server, client);
    blocked_t blocked;
    pthread_t thread = start_blocked (&blocked, client, 0);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (thread);
    WAIT_UNTIL (send_str (server, "a", ZMQ_DONTWAIT) == -1 && errno == ETERM);
}

NET_TEST (h205_shutdown_wakes_a_blocked_send)
{
    int raw;
    void *dealer = narrow_socket (ZMQ_DEALER);
    const char *place = fresh (transport);
    CHECK_OK (zmq_bind (dealer, place));
    raw = raw_peer (place, "DEALER");
    WAIT_UNTIL (settle (dealer) == ZMQ_POLLOUT);
    clog_up (dealer);
    CHECK_OK (set_int (dealer, ZMQ_LINGER, 0));
    blocked_t blocked;
    pthread_t thread = start_blocked (&blocked, dealer, 1);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (thread);
    WAIT_UNTIL (raw_ended (raw));
}

NET_TEST (h206_term_wakes_blocked_calls_and_waits_for_the_close)
{
    void *dealer = connected (ZMQ_DEALER, fresh (transport));
    blocked_t blocked;
    pthread_t thread = start_blocked (&blocked, dealer, 0);
    end_of_term (start_term ());
    join (thread);
}

static void *poll_for_ever (void *socket_)
{
    zmq_pollitem_t item = {socket_, 0, ZMQ_POLLIN, 0};
    CHECK_FAIL (zmq_poll (&item, 1, -1), ETERM);
    return NULL;
}

NET_TEST (h205_shutdown_wakes_a_poll)
{
    void *dealer = bound (ZMQ_DEALER, fresh (transport));
    pthread_t thread = start (poll_for_ever, dealer);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (thread);
}

NET_TEST (s_c3_shutdown_makes_the_descriptor_readable)
{
    void *dealer = bound (ZMQ_DEALER, fresh (transport));
    int fd = get_int (dealer, ZMQ_FD), events;
    size_t size = sizeof events;
    settle (dealer);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK (raw_readable (fd, PATIENCE));
    CHECK_FAIL (zmq_getsockopt (dealer, ZMQ_EVENTS, &events, &size), ETERM);
}

static void on_signal (int signal_)
{
    (void) signal_;
}

static void *interrupted (void *arg_)
{
    blocked_t *blocked = arg_;
    char text[100];
    blocked->tid = gettid ();
    CHECK_FAIL (zmq_recv (blocked->socket, text, sizeof text, 0), EINTR);
    blocked->tid = 0;
    CHECK_INT (zmq_recv (blocked->socket, text, sizeof text, 0), 5);
    return NULL;
}

NET_TEST (s_c8_a_signal_interrupts_a_receive_and_loses_nothing)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    const char *place = fresh (transport);
    blocked_t blocked = {.socket = bound (ZMQ_PULL, place)};
    pthread_t thread = start (interrupted, &blocked);
    WAIT_UNTIL (blocked.tid && thread_sleeps (blocked.tid));
    CHECK_OK (pthread_kill (thread, SIGUSR1));
    WAIT_UNTIL (!blocked.tid);
    void *push = connected (ZMQ_PUSH, place);
    send_parts (push, "hello", NULL);
    join (thread);
}

/* ---- many ---------------------------------------------------------------------------------- */

NET_TEST (s_c1_two_hundred_sockets_connect_to_one)
{
    void *pull = bound (ZMQ_PULL, fresh (transport));
    char seen[200] = {0}, text[32];
    for (int i = 0; i < 200; i++)
        send_parts (connected (ZMQ_PUSH, last_endpoint (pull)), text_of ("%d", i), "part", NULL);
    for (int i = 0; i < 200; i++) {
        CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        RECV_TEXT (pull, text);
        CHECK_INT (seen[atoi (text)]++, 0);
        EXPECT (pull, "part");
    }
    EXPECT_NOTHING (pull);
}

NET_TEST (s_c1_a_router_answers_two_hundred)
{
    void *router = bound (ZMQ_ROUTER, fresh (transport)), *req[200];
    for (int i = 0; i < 200; i++) {
        req[i] = connected (ZMQ_REQ, last_endpoint (router));
        send_parts (req[i], text_of ("%d", i), NULL);
    }
    for (int i = 0; i < 200; i++) {
        char id[16], text[32];
        CHECK_INT (zmq_recv (router, id, sizeof id, 0), 5);
        EXPECT_BIN (router, "", 1);
        RECV_TEXT (router, text);
        CHECK_INT (zmq_send (router, id, 5, ZMQ_SNDMORE), 5);
        send_parts (router, "", text, NULL);
    }
    for (int i = 0; i < 200; i++)
        EXPECT (req[i], text_of ("%d", i));
}

NET_TEST (s_c1_a_publisher_reaches_two_hundred)
{
    void *xpub = new_socket (ZMQ_XPUB), *sub[200];
    CHECK_OK (set_int (xpub, ZMQ_XPUB_VERBOSE, 1));
    CHECK_OK (zmq_bind (xpub, fresh (transport)));
    for (int i = 0; i < 200; i++) {
        sub[i] = connected (ZMQ_SUB, last_endpoint (xpub));
        subscribe (sub[i], "");
    }
    for (int i = 0; i < 200; i++)
        EXPECT (xpub, "\1");
    for (int i = 0; i < 10; i++)
        send_parts (xpub, text_of ("%d", i), "part", NULL);
    for (int n = 0; n < 200; n++)
        for (int i = 0; i < 10; i++)
            EXPECT (sub[n], text_of ("%d", i), "part");
}

NET_TEST (s_c1_many_sockets_come_and_go)
{
    void *pull = bound (ZMQ_PULL, fresh (transport));
    const char *place = place_of (pull);
    for (int i = 0; i < 500; i++) {
        void *push = connected (ZMQ_PUSH, place);
        send_parts (push, text_of ("%d", i), NULL);
        close_socket (push); /* and what it sent arrives */
    }
    CHECK_INT (wait_for (pull, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    for (int i = 0; i < 500; i++) {
        char text[32];
        CHECK (recv_str (pull, text, sizeof text, 0) > 0);
    }
    EXPECT_NOTHING (pull);
}

/* How many descriptors are open. */
static int descriptors (void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl (fd, F_GETFD) != -1;
    return count;
}

NET_TEST (s_c4_no_descriptor_is_left)
{
    const char *place = fresh (transport);
    int before = descriptors ();
    for (int round = 0; round < 5; round++) {
        void *server = new_socket (ZMQ_DEALER), *client = connected (ZMQ_DEALER, place);
        bind_again (server, place);
        bounce (server, client);
        finish ();
        CHECK_INT (descriptors (), before);
    }
}

NET_TEST (s_c1_several_io_threads)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_IO_THREADS, 4));
    void *router = bound (ZMQ_ROUTER, fresh (transport)), *dealer[16];
    for (int i = 0; i < 16; i++) {
        uint64_t mask = (uint64_t) 1 << i % 4;
        dealer[i] = socket_with_id (ZMQ_DEALER, text_of ("%d", i));
        CHECK_OK (zmq_setsockopt (dealer[i], ZMQ_AFFINITY, &mask, sizeof mask));
        CHECK_OK (zmq_connect (dealer[i], last_endpoint (router)));
        for (int n = 0; n < 20; n++)
            send_parts (dealer[i], text_of ("%d", n), NULL);
    }
    int next[16] = {0};
    for (int i = 0; i < 320; i++) {
        char id[8], text[8];
        CHECK (recv_str (router, id, sizeof id, 0) > 0);
        RECV_TEXT (router, text);
        CHECK_INT (atoi (text), next[atoi (id)]++);
        send_parts (router, id, text, NULL);
    }
    for (int i = 0; i < 16; i++)
        for (int n = 0; n < 20; n++)
            EXPECT (dealer[i], text_of ("%d", n));
}

NET_TEST (s_c5_two_contexts_talk)
{
    void *server = bound (ZMQ_REP, fresh (transport));
    void *other = zmq_ctx_new (), *req = zmq_socket (other, ZMQ_REQ);
    CHECK_OK (zmq_connect (req, last_endpoint (server)));
    send_parts (req, "hello", NULL);
    EXPECT (server, "hello");
    send_parts (server, "there", NULL);
    EXPECT (req, "there");
    CHECK_OK (zmq_close (req));
    CHECK_OK (zmq_ctx_term (other));
}
