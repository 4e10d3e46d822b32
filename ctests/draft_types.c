/* The thread-safe socket types: what an idle one answers, single frames, use by many threads. */
#include "draft.h"

/* What a fresh socket answers to a send, a receive and a query of ZMQ_EVENTS. */
static void check_idle (int type_, int send_errno_, int more_errno_, int recv_errno_, int events_)
{
    char buffer[4];
    void *socket = new_socket (type_);
    CHECK_INT (settle (socket), events_);
    CHECK_FAIL (zmq_recv (socket, buffer, sizeof buffer, ZMQ_DONTWAIT), recv_errno_);
    if (send_errno_)
        CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), send_errno_);
    else
        CHECK_INT (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), 1);
    CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), more_errno_);
}

TEST (a46_idle_server_and_client)
{
    check_idle (ZMQ_SERVER, EHOSTUNREACH, EINVAL, EAGAIN, ZMQ_POLLOUT);
    check_idle (ZMQ_CLIENT, EAGAIN, EINVAL, EAGAIN, 0);
}

TEST (a46_idle_radio_and_dish)
{
    check_idle (ZMQ_RADIO, 0, EINVAL, ENOTSUP, ZMQ_POLLOUT);
    check_idle (ZMQ_DISH, ENOTSUP, ENOTSUP, EAGAIN, ZMQ_POLLOUT);
}

TEST (a46_idle_gather_and_scatter)
{
    check_idle (ZMQ_GATHER, ENOTSUP, ENOTSUP, EAGAIN, 0);
    check_idle (ZMQ_SCATTER, EAGAIN, EINVAL, ENOTSUP, 0);
}

TEST (a46_idle_peer_and_channel)
{
    check_idle (ZMQ_PEER, EHOSTUNREACH, EINVAL, EAGAIN, ZMQ_POLLOUT);
    check_idle (ZMQ_CHANNEL, EAGAIN, EINVAL, EAGAIN, 0);
}

TEST (a46_idle_dgram)
{
    void *dgram = new_socket (ZMQ_DGRAM);
    CHECK_INT (settle (dgram), 0);
    EXPECT_NOTHING (dgram);
    CHECK_INT (get_int (dgram, ZMQ_THREAD_SAFE), 0);
    CHECK (get_int (dgram, ZMQ_FD) >= 0);
}

/* A reference aborts. */
TEST (a82_dgram_before_its_bind_is_eagain)
{
    void *dgram = new_socket (ZMQ_DGRAM);
    CHECK_FAIL (zmq_send (dgram, "127.0.0.1:1", 11, ZMQ_DONTWAIT | ZMQ_SNDMORE), EAGAIN);
}

TEST (h016_default_linger_of_draft_types)
{
    for (size_t i = 0; i < THREAD_SAFE_TYPES; i++) {
        void *socket = new_socket (thread_safe_types[i]);
        CHECK_INT (get_int (socket, ZMQ_LINGER), thread_safe_types[i] == ZMQ_DISH ? 0 : -1);
        CHECK_INT (get_int (socket, ZMQ_TYPE), thread_safe_types[i]);
    }
    CHECK_INT (get_int (new_socket (ZMQ_DGRAM), ZMQ_LINGER), -1);
}

TEST (sa10_thread_safe_types_have_no_fd)
{
    for (size_t i = 0; i < THREAD_SAFE_TYPES; i++) {
        void *socket = new_socket (thread_safe_types[i]);
        int fd;
        size_t size = sizeof fd;
        CHECK_INT (get_int (socket, ZMQ_THREAD_SAFE), 1);
        CHECK_INT (get_int (socket, ZMQ_RCVMORE), 0);
        CHECK_FAIL (zmq_getsockopt (socket, ZMQ_FD, &fd, &size), EINVAL);
    }
}

TEST (sa10_multipart_is_refused)
{
    void *a, *b;
    inproc_pair (ZMQ_CHANNEL, ZMQ_CHANNEL, &a, &b);
    CHECK_FAIL (send_str (a, "more", ZMQ_SNDMORE), EINVAL);
    CHECK_INT (send_str (a, "single", 0), 6);
    EXPECT_FRAME (b, "single");
}

TEST (a46_multipart_from_a_foreign_peer_is_discarded)
{
    static const int types[] = {ZMQ_SERVER, ZMQ_CLIENT, ZMQ_GATHER, ZMQ_CHANNEL, ZMQ_PEER};
    for (int i = 0; i < 5; i++) {
        void *receiver, *sender;
        inproc_pair (types[i], ZMQ_PAIR, &receiver, &sender);
        send_parts (sender, "two", "parts", NULL);
        send_parts (sender, "one", NULL);
        EXPECT_FRAME (receiver, "one");
        EXPECT_NOTHING (receiver);
    }
}

static void *recv_one (void *socket_)
{
    char text[32];
    CHECK_INT (recv_str (socket_, text, sizeof text, 0), 2);
    CHECK_STR (text, "hi");
    return NULL;
}

TEST (sa10_a_blocked_call_keeps_nobody_out)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    pthread_t thread = start (recv_one, client);
    char text[32];
    CHECK_INT (send_str (client, "question", 0), 8);
    CHECK_OK (set_int (server, ZMQ_RCVTIMEO, PATIENCE));
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, server, 0), 8);
    uint32_t id = zmq_msg_routing_id (&msg);
    CHECK_INT (get_int (client, ZMQ_SNDHWM), 1000);
    CHECK_FAIL (recv_str (client, text, sizeof text, ZMQ_DONTWAIT), EAGAIN);
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_OK (zmq_msg_init_buffer (&msg, "hi", 2));
    CHECK_OK (zmq_msg_set_routing_id (&msg, id));
    CHECK_INT (zmq_msg_send (&msg, server, 0), 2);
    join (thread);
}

#define SENDERS 4
#define MESSAGES 1000

static void *send_many (void *socket_)
{
    for (int i = 0; i < MESSAGES; i++)
        CHECK_INT (zmq_send (socket_, "x", 1, 0), 1);
    return NULL;
}

static int received;

static void *recv_many (void *socket_)
{
    char byte;
    for (;;) {
        int n = zmq_recv (socket_, &byte, 1, 0);
        if (n == -1) {
            CHECK (errno == ETERM);
            return NULL;
        }
        __atomic_add_fetch (&received, 1, __ATOMIC_SEQ_CST);
    }
}

TEST (sa10_many_threads_share_two_sockets)
{
    void *gather, *scatter;
    pthread_t senders[SENDERS], receivers[SENDERS];
    inproc_pair (ZMQ_GATHER, ZMQ_SCATTER, &gather, &scatter);
    for (int i = 0; i < SENDERS; i++) {
        receivers[i] = start (recv_many, gather);
        senders[i] = start (send_many, scatter);
    }
    for (int i = 0; i < SENDERS; i++)
        join (senders[i]);
    WAIT_UNTIL (__atomic_load_n (&received, __ATOMIC_SEQ_CST) == SENDERS * MESSAGES);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    for (int i = 0; i < SENDERS; i++)
        join (receivers[i]);
}

static int signalled;

static void on_signal (int signal_)
{
    (void) signal_;
    __atomic_store_n (&signalled, 1, __ATOMIC_SEQ_CST);
}

typedef struct
{
    pthread_t thread;
    int tid;
    void *client;
} pest_t;

static void *signal_then_send (void *arg_)
{
    pest_t *pest = arg_;
    WAIT_UNTIL (thread_sleeps (pest->tid));
    pthread_kill (pest->thread, SIGUSR1);
    WAIT_UNTIL (__atomic_load_n (&signalled, __ATOMIC_SEQ_CST) && thread_sleeps (pest->tid));
    CHECK_INT (send_str (pest->client, "hi", 0), 2);
    return NULL;
}

TEST (sa10_signals_do_not_interrupt)
{
    void *server, *client;
    struct sigaction action = {.sa_handler = on_signal};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    pest_t pest = {pthread_self (), gettid (), client};
    pthread_t thread = start (signal_then_send, &pest);
    recv_one (server);
    join (thread);
}

TEST (h206_shutdown_wakes_thread_safe_types)
{
    received = 0;
    pthread_t thread = start (recv_many, new_socket (ZMQ_SERVER));
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (thread);
    CHECK_INT (received, 0);
}

/* ---- connect_peer, groups, peer state ------------------------------------------------------ */

TEST (a45_connect_peer)
{
    void *a = new_socket (ZMQ_PEER), *b = new_socket (ZMQ_PEER);
    CHECK_OK (zmq_bind (a, "inproc://peer"));
    uint32_t id = zmq_connect_peer (b, "inproc://peer");
    CHECK (id != 0);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_buffer (&msg, "hello", 5));
    CHECK_OK (zmq_msg_set_routing_id (&msg, id));
    CHECK_INT (zmq_msg_send (&msg, b, 0), 5);
    CHECK_OK (set_int (a, ZMQ_RCVTIMEO, PATIENCE));
    CHECK_INT (zmq_msg_recv (&msg, a, 0), 5);
    /* and back, by the id that came with it */
    CHECK (zmq_msg_routing_id (&msg) != 0);
    CHECK_INT (zmq_msg_send (&msg, a, 0), 5);
    EXPECT_FRAME (b, "hello");
    CHECK_OK (zmq_msg_close (&msg));
    uint32_t second = zmq_connect_peer (b, "inproc://peer");
    CHECK (second != 0 && second != id);
}

/* zmq_connect_peer gives 0 with the errno. */
static void check_no_peer (void *socket_, const char *endpoint_, int errno_)
{
    errno = 0;
    uint32_t id = zmq_connect_peer (socket_, endpoint_);
    if (id != 0 || errno != errno_)
        FAIL ("zmq_connect_peer got %u %s, expected %s", id, errno_name (errno),
              errno_name (errno_));
}

TEST (a45_connect_peer_refuses)
{
    void *peer = new_socket (ZMQ_PEER);
    check_no_peer (NULL, "inproc://peer", ENOTSOCK);
    check_no_peer (new_socket (ZMQ_PAIR), "inproc://peer", ENOTSUP);
    check_no_peer (new_socket (ZMQ_SERVER), "inproc://peer", ENOTSUP);
    check_no_peer (peer, "nonsense", EINVAL);
    check_no_peer (peer, "foo://peer", EPROTONOSUPPORT);
    CHECK_OK (set_int (peer, ZMQ_IMMEDIATE, 1));
    check_no_peer (peer, "inproc://peer", EFAULT);
}

TEST (a412_join_and_leave)
{
    void *dish = new_socket (ZMQ_DISH);
    char group[257];
    memset (group, 'g', sizeof group);
    group[256] = 0;
    CHECK_FAIL (zmq_join (NULL, "a"), ENOTSOCK);
    CHECK_FAIL (zmq_leave (NULL, "a"), ENOTSOCK);
    CHECK_FAIL (zmq_join (new_socket (ZMQ_RADIO), "a"), ENOTSUP);
    CHECK_FAIL (zmq_leave (new_socket (ZMQ_RADIO), "a"), ENOTSUP);
    CHECK_FAIL (zmq_join (new_socket (ZMQ_SUB), "a"), ENOTSUP);
    CHECK_FAIL (zmq_leave (new_socket (ZMQ_SUB), "a"), ENOTSUP);
    CHECK_FAIL (zmq_join (dish, group), EINVAL);
    CHECK_FAIL (zmq_leave (dish, group), EINVAL);
    group[255] = 0;
    CHECK_OK (zmq_join (dish, group));
    CHECK_OK (zmq_join (dish, "a"));
    CHECK_FAIL (zmq_join (dish, "a"), EINVAL);
    CHECK_OK (zmq_join (dish, "A"));
    CHECK_OK (zmq_join (dish, ""));
    CHECK_FAIL (zmq_join (dish, ""), EINVAL);
    CHECK_OK (zmq_leave (dish, "a"));
    CHECK_FAIL (zmq_leave (dish, "a"), EINVAL);
    CHECK_OK (zmq_leave (dish, group));
    CHECK_OK (zmq_join (dish, "a"));
}

/* A reference aborts. */
TEST (a82_null_group_is_einval)
{
    void *dish = new_socket (ZMQ_DISH);
    CHECK_FAIL (zmq_join (dish, NULL), EINVAL);
    CHECK_FAIL (zmq_leave (dish, NULL), EINVAL);
}

TEST (a40_join_and_leave_do_not_look_at_termination)
{
    void *dish = new_socket (ZMQ_DISH);
    char byte;
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_FAIL (zmq_recv (dish, &byte, 1, 0), ETERM);
    CHECK_OK (zmq_join (dish, "a"));
    CHECK_OK (zmq_leave (dish, "a"));
}

TEST (a412_peer_state)
{
    void *router = new_socket (ZMQ_ROUTER), *dealer = new_socket (ZMQ_DEALER);
    CHECK_FAIL (zmq_socket_get_peer_state (NULL, "id", 2), ENOTSOCK);
    CHECK_FAIL (zmq_socket_get_peer_state (dealer, "id", 2), ENOTSUP);
    CHECK_FAIL (zmq_socket_get_peer_state (router, "id", 2), EHOSTUNREACH);
    CHECK_OK (set_int (router, ZMQ_SNDHWM, 1));
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 1));
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "id", 2));
    CHECK_OK (zmq_bind (router, "inproc://router"));
    CHECK_OK (zmq_connect (dealer, "inproc://router"));
    CHECK_INT (send_str (dealer, "hello", 0), 5);
    EXPECT (router, "id", "hello");
    CHECK_INT (zmq_socket_get_peer_state (router, "id", 2), ZMQ_POLLOUT);
    CHECK_FAIL (zmq_socket_get_peer_state (router, "other", 5), EHOSTUNREACH);
    send_parts (router, "id", "1", NULL);
    send_parts (router, "id", "2", NULL);
    send_parts (router, "id", "dropped", NULL);
    CHECK_INT (zmq_socket_get_peer_state (router, "id", 2), 0);
}
