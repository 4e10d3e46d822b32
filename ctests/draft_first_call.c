/* The thread-safe types: first calls, and the rules they all share. */
#include "sockets.h"

#include <sys/syscall.h>

static const int thread_safe[] = {ZMQ_SERVER, ZMQ_CLIENT,  ZMQ_RADIO, ZMQ_DISH,
                                  ZMQ_GATHER, ZMQ_SCATTER, ZMQ_PEER,  ZMQ_CHANNEL};
#define THREAD_SAFE_TYPES (sizeof thread_safe / sizeof *thread_safe)

/* Checks one row of the table; errno 0 stands for success. */
static void row (int type_, int send_errno_, int recv_errno_, int events_)
{
    void *socket = new_socket (type_);
    char byte;
    if (send_errno_)
        CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), send_errno_);
    else
        CHECK_INT (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), 1);
    CHECK_FAIL (zmq_recv (socket, &byte, 1, ZMQ_DONTWAIT), recv_errno_);
    CHECK_INT (settle (socket), events_);
}

TEST (s_a0_server_first_calls)
{
    row (ZMQ_SERVER, EHOSTUNREACH, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_client_first_calls)
{
    row (ZMQ_CLIENT, EAGAIN, EAGAIN, 0);
}

TEST (s_a0_radio_first_calls)
{
    row (ZMQ_RADIO, 0, ENOTSUP, ZMQ_POLLOUT);
}

TEST (s_a0_dish_first_calls)
{
    row (ZMQ_DISH, ENOTSUP, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_gather_first_calls)
{
    row (ZMQ_GATHER, ENOTSUP, EAGAIN, 0);
}

TEST (s_a0_scatter_first_calls)
{
    row (ZMQ_SCATTER, EAGAIN, ENOTSUP, 0);
}

TEST (s_a0_peer_first_calls)
{
    row (ZMQ_PEER, EHOSTUNREACH, EAGAIN, ZMQ_POLLOUT);
}

TEST (s_a0_channel_first_calls)
{
    row (ZMQ_CHANNEL, EAGAIN, EAGAIN, 0);
}

TEST (h149_thread_safe_reads_1_for_the_thread_safe_types_only)
{
    for (int type = ZMQ_PAIR; type <= ZMQ_CHANNEL; type++) {
        int expected = 0;
        for (size_t i = 0; i < THREAD_SAFE_TYPES; i++)
            expected |= thread_safe[i] == type;
        void *socket = new_socket (type);
        CHECK_INT (get_int (socket, ZMQ_THREAD_SAFE), expected);
        CHECK_INT (get_int (socket, ZMQ_TYPE), type);
    }
}

TEST (h150_sndmore_gives_einval)
{
    for (size_t i = 0; i < THREAD_SAFE_TYPES; i++) {
        int type = thread_safe[i];
        int sends = type != ZMQ_DISH && type != ZMQ_GATHER;
        void *socket = new_socket (type);
        CHECK_FAIL (send_str (socket, "a", ZMQ_SNDMORE), sends ? EINVAL : ENOTSUP);
        CHECK_FAIL (send_str (socket, "a", ZMQ_SNDMORE | ZMQ_DONTWAIT), sends ? EINVAL : ENOTSUP);
    }
}

TEST (h151_zmq_fd_gives_einval)
{
    for (size_t i = 0; i < THREAD_SAFE_TYPES; i++) {
        int fd;
        size_t size = sizeof fd;
        CHECK_FAIL (zmq_getsockopt (new_socket (thread_safe[i]), ZMQ_FD, &fd, &size), EINVAL);
    }
}

TEST (s_a10_rcvmore_is_0)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    send_parts (client, "a", NULL);
    EXPECT_BIN (server, "a", 0);
    CHECK_INT (get_int (client, ZMQ_RCVMORE), 0);
}

TEST (s_a10_multipart_messages_of_foreign_peers_are_discarded)
{
    int types[] = {ZMQ_SERVER, ZMQ_CLIENT, ZMQ_GATHER, ZMQ_CHANNEL, ZMQ_PEER};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *socket, *foreign;
        inproc_pair (types[i], ZMQ_PAIR, &socket, &foreign);
        send_parts (foreign, "many", "parts", "of it", NULL);
        send_parts (foreign, "single", NULL);
        EXPECT_FROM (socket, "single");
        EXPECT_NOTHING (socket);
    }
}

TEST (s_a0_dish_starts_with_linger_0)
{
    for (size_t i = 0; i < THREAD_SAFE_TYPES; i++)
        CHECK_INT (get_int (new_socket (thread_safe[i]), ZMQ_LINGER),
                   thread_safe[i] == ZMQ_DISH ? 0 : -1);
}

static _Atomic int receiver_tid;

static void *receive_answer (void *client_)
{
    char text[16];
    receiver_tid = (int) syscall (SYS_gettid);
    CHECK_INT (recv_str (client_, text, sizeof text, 0), 6);
    CHECK_STR (text, "answer");
    return NULL;
}

TEST (s_a10_a_blocked_call_leaves_the_socket_to_other_threads)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    pthread_t receiver = start (receive_answer, client);
    WAIT_UNTIL (receiver_tid && thread_sleeps (receiver_tid));
    CHECK_INT (send_str (client, "question", 0), 8);
    CHECK_INT (get_int (client, ZMQ_TYPE), ZMQ_CLIENT);
    CHECK_INT (send_to (server, EXPECT_FROM (server, "question"), "answer", 0), 6);
    join (receiver);
}

static _Atomic int signals;

static void count_signal (int signal_)
{
    (void) signal_;
    signals++;
}

TEST (s_a10_a_signal_does_not_interrupt_a_blocked_receive)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    CHECK_INT (send_str (client, "question", 0), 8);
    uint32_t id = EXPECT_FROM (server, "question");
    struct sigaction action = {.sa_handler = count_signal};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    pthread_t receiver = start (receive_answer, client);
    WAIT_UNTIL (receiver_tid && thread_sleeps (receiver_tid));
    CHECK_OK (pthread_kill (receiver, SIGUSR1));
    WAIT_UNTIL (signals == 1 && thread_sleeps (receiver_tid));
    CHECK_INT (send_to (server, id, "answer", 0), 6);
    join (receiver);
}
