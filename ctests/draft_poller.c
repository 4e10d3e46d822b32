/* zmq_poller_*. */
#include "draft.h"
#include <fcntl.h>

static void *bad_pollers[2];
static char zeroed[4096];

static void make_bad_pollers (void)
{
    bad_pollers[0] = NULL;
    bad_pollers[1] = zeroed;
}

static void *new_poller (void)
{
    void *poller = zmq_poller_new ();
    CHECK (poller != NULL);
    return poller;
}

static void check_cleared (const zmq_poller_event_t *event_)
{
    CHECK (event_->socket == NULL);
    CHECK_INT (event_->fd, -1);
    CHECK (event_->user_data == NULL);
    CHECK_INT (event_->events, 0);
}

TEST (a21_layout_of_the_event)
{
    CHECK_INT (sizeof (zmq_poller_event_t), 32);
    CHECK_INT (_Alignof (zmq_poller_event_t), 8);
    CHECK_INT (__builtin_offsetof (zmq_poller_event_t, socket), 0);
    CHECK_INT (__builtin_offsetof (zmq_poller_event_t, fd), 8);
    CHECK_INT (__builtin_offsetof (zmq_poller_event_t, user_data), 16);
    CHECK_INT (__builtin_offsetof (zmq_poller_event_t, events), 24);
}

TEST (h305_bad_pollers_are_efault)
{
    zmq_poller_event_t event;
    int fd;
    void *socket = new_socket (ZMQ_PULL);
    make_bad_pollers ();
    for (int i = 0; i < 2; i++) {
        void *bad = bad_pollers[i];
        CHECK_FAIL (zmq_poller_size (bad), EFAULT);
        CHECK_FAIL (zmq_poller_add (bad, socket, NULL, ZMQ_POLLIN), EFAULT);
        CHECK_FAIL (zmq_poller_modify (bad, socket, ZMQ_POLLIN), EFAULT);
        CHECK_FAIL (zmq_poller_remove (bad, socket), EFAULT);
        CHECK_FAIL (zmq_poller_add_fd (bad, 0, NULL, ZMQ_POLLIN), EFAULT);
        CHECK_FAIL (zmq_poller_modify_fd (bad, 0, ZMQ_POLLIN), EFAULT);
        CHECK_FAIL (zmq_poller_remove_fd (bad, 0), EFAULT);
        CHECK_FAIL (zmq_poller_wait (bad, &event, 0), EFAULT);
        CHECK_FAIL (zmq_poller_wait_all (bad, &event, 1, 0), EFAULT);
        CHECK_FAIL (zmq_poller_fd (bad, &fd), EFAULT);
        CHECK_FAIL (zmq_poller_destroy (&bad), EFAULT);
        /* before anything else is looked at */
        CHECK_FAIL (zmq_poller_add (bad, NULL, NULL, 99), EFAULT);
        CHECK_FAIL (zmq_poller_add_fd (bad, -1, NULL, 99), EFAULT);
    }
    CHECK_FAIL (zmq_poller_destroy (NULL), EFAULT);
    void *poller = new_poller ();
    CHECK_OK (zmq_poller_destroy (&poller));
    CHECK (poller == NULL);
    CHECK_FAIL (zmq_poller_destroy (&poller), EFAULT);
}

TEST (h305_bad_sockets_are_enotsock)
{
    void *poller = new_poller (), *closed = new_socket (ZMQ_PULL);
    close_socket (closed);
    void *bad[] = {NULL, closed, context (), zeroed};
    for (int i = 0; i < 4; i++) {
        CHECK_FAIL (zmq_poller_add (poller, bad[i], NULL, ZMQ_POLLIN), ENOTSOCK);
        CHECK_FAIL (zmq_poller_add (poller, bad[i], NULL, 99), ENOTSOCK);
        CHECK_FAIL (zmq_poller_modify (poller, bad[i], ZMQ_POLLIN), ENOTSOCK);
        CHECK_FAIL (zmq_poller_remove (poller, bad[i]), ENOTSOCK);
    }
    CHECK_INT (zmq_poller_size (poller), 0);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h305_fd_minus_one_is_ebadf)
{
    void *poller = new_poller ();
    CHECK_FAIL (zmq_poller_add_fd (poller, -1, NULL, ZMQ_POLLIN), EBADF);
    CHECK_FAIL (zmq_poller_add_fd (poller, -1, NULL, 99), EBADF);
    CHECK_FAIL (zmq_poller_modify_fd (poller, -1, ZMQ_POLLIN), EBADF);
    CHECK_FAIL (zmq_poller_remove_fd (poller, -1), EBADF);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h305_twice_and_unknown_are_einval)
{
    void *poller = new_poller (), *a = new_socket (ZMQ_PULL), *b = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_poller_add (poller, a, NULL, ZMQ_POLLIN));
    CHECK_FAIL (zmq_poller_add (poller, a, NULL, ZMQ_POLLOUT), EINVAL);
    CHECK_FAIL (zmq_poller_modify (poller, b, ZMQ_POLLIN), EINVAL);
    CHECK_FAIL (zmq_poller_remove (poller, b), EINVAL);
    CHECK_OK (zmq_poller_add_fd (poller, 0, NULL, ZMQ_POLLIN));
    CHECK_FAIL (zmq_poller_add_fd (poller, 0, NULL, ZMQ_POLLIN), EINVAL);
    CHECK_FAIL (zmq_poller_modify_fd (poller, 1, ZMQ_POLLIN), EINVAL);
    CHECK_FAIL (zmq_poller_remove_fd (poller, 1), EINVAL);
    CHECK_INT (zmq_poller_size (poller), 2);
    CHECK_OK (zmq_poller_remove (poller, a));
    CHECK_FAIL (zmq_poller_remove (poller, a), EINVAL);
    CHECK_OK (zmq_poller_remove_fd (poller, 0));
    CHECK_FAIL (zmq_poller_remove_fd (poller, 0), EINVAL);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h305_event_bits)
{
    void *poller = new_poller (), *a = new_socket (ZMQ_PULL);
    static const short bad[] = {16, 99, -1, 0x4000};
    for (int i = 0; i < 4; i++) {
        CHECK_FAIL (zmq_poller_add (poller, a, NULL, bad[i]), EINVAL);
        CHECK_FAIL (zmq_poller_add_fd (poller, 0, NULL, bad[i]), EINVAL);
        CHECK_FAIL (zmq_poller_modify (poller, a, bad[i]), EINVAL);
        CHECK_FAIL (zmq_poller_modify_fd (poller, 0, bad[i]), EINVAL);
    }
    CHECK_OK (zmq_poller_add (poller, a, NULL, 15));
    CHECK_OK (zmq_poller_modify (poller, a, 0));
    CHECK_OK (zmq_poller_add_fd (poller, 0, NULL, 15));
    CHECK_OK (zmq_poller_modify_fd (poller, 0, 0));
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h306_size)
{
    void *poller = new_poller (), *a = new_socket (ZMQ_PULL), *b = new_socket (ZMQ_PULL);
    CHECK_INT (zmq_poller_size (poller), 0);
    CHECK_OK (zmq_poller_add (poller, a, NULL, ZMQ_POLLIN));
    CHECK_INT (zmq_poller_size (poller), 1);
    CHECK_OK (zmq_poller_add (poller, b, NULL, 0));
    CHECK_INT (zmq_poller_size (poller), 2);
    CHECK_OK (zmq_poller_add_fd (poller, 0, NULL, 0));
    CHECK_INT (zmq_poller_size (poller), 3);
    CHECK_OK (zmq_poller_modify (poller, a, 0));
    CHECK_INT (zmq_poller_size (poller), 3);
    CHECK_OK (zmq_poller_remove (poller, a));
    CHECK_INT (zmq_poller_size (poller), 2);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h307_wait_times_out_with_eagain)
{
    void *poller = new_poller ();
    zmq_poller_event_t event = {poller, 5, poller, 5};
    CHECK_OK (zmq_poller_add (poller, new_socket (ZMQ_PULL), poller, ZMQ_POLLIN));
    CHECK_FAIL (zmq_poller_wait (poller, &event, 0), EAGAIN);
    check_cleared (&event);
    int64_t before = now_ms ();
    CHECK_FAIL (zmq_poller_wait (poller, &event, 40), EAGAIN);
    CHECK (now_ms () - before >= 38);
    zmq_poller_event_t events[2] = {{poller, 5, poller, 5}, {poller, 5, poller, 5}};
    CHECK_FAIL (zmq_poller_wait_all (poller, events, 2, 0), EAGAIN);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h307_nothing_to_wait_for_is_efault)
{
    void *poller = new_poller (), *socket = new_socket (ZMQ_PULL);
    zmq_poller_event_t event;
    CHECK_FAIL (zmq_poller_wait (poller, &event, -1), EFAULT);
    check_cleared (&event);
    CHECK_FAIL (zmq_poller_wait_all (poller, &event, 0, -1), EFAULT);
    CHECK_FAIL (zmq_poller_wait (poller, &event, 0), EAGAIN);
    int64_t before = now_ms ();
    CHECK_FAIL (zmq_poller_wait (poller, &event, 40), EAGAIN);
    CHECK (now_ms () - before >= 38);
    CHECK_OK (zmq_poller_add (poller, socket, NULL, 0));
    CHECK_OK (zmq_poller_add_fd (poller, 0, NULL, 0));
    CHECK_FAIL (zmq_poller_wait (poller, &event, -1), EFAULT);
    CHECK_FAIL (zmq_poller_wait (poller, &event, 0), EAGAIN);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (a49_wait_arguments)
{
    void *poller = new_poller (), *a, *b;
    zmq_poller_event_t event;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (zmq_poller_add (poller, a, NULL, ZMQ_POLLOUT));
    CHECK_FAIL (zmq_poller_wait (poller, NULL, 0), EFAULT);
    CHECK_FAIL (zmq_poller_wait_all (poller, NULL, 1, 0), EFAULT);
    CHECK_FAIL (zmq_poller_wait_all (poller, NULL, -1, 0), EFAULT);
    CHECK_FAIL (zmq_poller_wait_all (poller, &event, -1, 0), EINVAL);
    CHECK_FAIL (zmq_poller_wait_all (poller, &event, 0, 0), EAGAIN);
    CHECK_FAIL (zmq_poller_fd (poller, NULL), EINVAL);
    CHECK_INT (zmq_poller_wait_all (poller, &event, 1, 0), 1);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h308_events_say_what_fired)
{
    void *poller = new_poller (), *a, *b;
    int ends[2], tag_a, tag_b, tag_fd;
    CHECK_OK (pipe (ends));
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (zmq_poller_add (poller, a, &tag_a, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_add_fd (poller, ends[0], &tag_fd, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_add (poller, b, &tag_b, ZMQ_POLLIN | ZMQ_POLLOUT));
    zmq_poller_event_t event, events[4];
    CHECK_OK (zmq_poller_wait (poller, &event, -1));
    CHECK (event.socket == b && event.user_data == &tag_b);
    CHECK_INT (event.fd, -1);
    CHECK_INT (event.events, ZMQ_POLLOUT);
    CHECK_OK (zmq_poller_modify (poller, b, ZMQ_POLLIN));
    CHECK_FAIL (zmq_poller_wait (poller, &event, 0), EAGAIN);
    CHECK_INT (write (ends[1], "a", 1), 1);
    CHECK_OK (zmq_poller_wait (poller, &event, -1));
    CHECK (event.socket == NULL && event.user_data == &tag_fd);
    CHECK_INT (event.fd, ends[0]);
    CHECK_INT (event.events, ZMQ_POLLIN);
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK_INT (send_str (b, "b", 0), 1);
    /* in the order of registration, the rest cleared */
    memset (events, 0x55, sizeof events);
    CHECK_INT (zmq_poller_wait_all (poller, events, 4, -1), 3);
    CHECK (events[0].socket == a && events[0].user_data == &tag_a);
    CHECK_INT (events[0].events, ZMQ_POLLIN);
    CHECK_INT (events[1].fd, ends[0]);
    CHECK (events[2].socket == b);
    check_cleared (&events[3]);
    /* with little room the first ones win */
    CHECK_INT (zmq_poller_wait_all (poller, events, 2, -1), 2);
    CHECK (events[0].socket == a);
    CHECK_INT (events[1].fd, ends[0]);
    CHECK_OK (zmq_poller_wait (poller, &event, -1));
    CHECK (event.socket == a);
    CHECK_OK (zmq_poller_remove (poller, a));
    CHECK_OK (zmq_poller_remove_fd (poller, ends[0]));
    CHECK_OK (zmq_poller_wait (poller, &event, -1));
    CHECK (event.socket == b);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (a49_hang_up_of_a_descriptor_is_pollerr)
{
    void *poller = new_poller ();
    int ends[2];
    zmq_poller_event_t event;
    CHECK_OK (pipe (ends));
    close (ends[1]);
    CHECK_OK (zmq_poller_add_fd (poller, ends[0], NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_wait (poller, &event, -1));
    CHECK_INT (event.events, ZMQ_POLLERR);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (a49_fd_0_is_no_socket)
{
    void *poller = new_poller (), *socket = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_add_fd (poller, 0, NULL, 0));
    CHECK_OK (zmq_poller_remove_fd (poller, 0));
    CHECK_INT (zmq_poller_size (poller), 1);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (a49_closed_sockets_stay_counted)
{
    void *poller = new_poller (), *socket = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    close_socket (socket);
    CHECK_INT (zmq_poller_size (poller), 1);
    CHECK_FAIL (zmq_poller_modify (poller, socket, 0), ENOTSOCK);
    CHECK_FAIL (zmq_poller_remove (poller, socket), ENOTSOCK);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h309_poller_fd)
{
    void *poller = new_poller (), *pull = new_socket (ZMQ_PULL);
    void *client = new_socket (ZMQ_CLIENT);
    int fd = -1;
    CHECK_FAIL (zmq_poller_fd (poller, &fd), EINVAL);
    CHECK_OK (zmq_poller_add (poller, pull, NULL, ZMQ_POLLIN));
    CHECK_FAIL (zmq_poller_fd (poller, &fd), EINVAL);
    CHECK_OK (zmq_poller_add (poller, client, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_fd (poller, &fd));
    CHECK (fd >= 0 && fcntl (fd, F_GETFD) != -1);
    CHECK_OK (zmq_poller_remove (poller, client));
    int again = -1;
    CHECK_OK (zmq_poller_fd (poller, &again));
    CHECK_INT (again, fd);
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (h310_poller_on_a_server)
{
    void *poller = new_poller (), *server, *client;
    zmq_poller_event_t event;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    CHECK_OK (zmq_poller_add (poller, server, NULL, ZMQ_POLLIN));
    CHECK_FAIL (zmq_poller_wait (poller, &event, 0), EAGAIN);
    CHECK_INT (send_str (client, "hi", 0), 2);
    CHECK_OK (zmq_poller_wait (poller, &event, PATIENCE));
    CHECK (event.socket == server);
    CHECK_INT (event.events, ZMQ_POLLIN);
    EXPECT_FRAME (server, "hi");
    CHECK_FAIL (zmq_poller_wait (poller, &event, 0), EAGAIN);
    CHECK_OK (zmq_poller_modify (poller, server, ZMQ_POLLOUT));
    CHECK_OK (zmq_poller_wait (poller, &event, 0));
    CHECK_INT (event.events, ZMQ_POLLOUT);
    CHECK_OK (zmq_poller_remove (poller, server));
    CHECK_OK (zmq_poller_destroy (&poller));
}

TEST (g03_a_thread_safe_socket_may_be_in_several_pollers)
{
    void *pollers[2] = {new_poller (), new_poller ()}, *server, *client;
    zmq_poller_event_t event;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    for (int i = 0; i < 2; i++)
        CHECK_OK (zmq_poller_add (pollers[i], server, NULL, ZMQ_POLLIN));
    CHECK_INT (send_str (client, "hi", 0), 2);
    for (int i = 0; i < 2; i++)
        CHECK_OK (zmq_poller_wait (pollers[i], &event, PATIENCE));
    EXPECT_FRAME (server, "hi");
    for (int i = 0; i < 2; i++) {
        CHECK_FAIL (zmq_poller_wait (pollers[i], &event, 0), EAGAIN);
        CHECK_OK (zmq_poller_remove (pollers[i], server));
        CHECK_OK (zmq_poller_destroy (&pollers[i]));
    }
}

/* A thread in zmq_poller_wait. */
typedef struct
{
    void *socket;
    int tid;
} waiter_t;

static void *wait_for_eterm (void *arg_)
{
    waiter_t *waiter = arg_;
    zmq_poller_event_t event;
    void *poller = new_poller ();
    CHECK_OK (zmq_poller_add (poller, waiter->socket, NULL, ZMQ_POLLIN));
    __atomic_store_n (&waiter->tid, gettid (), __ATOMIC_SEQ_CST);
    CHECK_FAIL (zmq_poller_wait (poller, &event, -1), ETERM);
    check_cleared (&event);
    CHECK_OK (zmq_poller_destroy (&poller));
    return NULL;
}

TEST (h311_termination_gives_eterm)
{
    static const int types[] = {ZMQ_PULL, ZMQ_SERVER};
    for (int i = 0; i < 2; i++) {
        waiter_t waiter = {new_socket (types[i]), 0};
        pthread_t thread = start (wait_for_eterm, &waiter);
        int tid;
        WAIT_UNTIL ((tid = __atomic_load_n (&waiter.tid, __ATOMIC_SEQ_CST)) != 0
                    && thread_sleeps (tid));
        CHECK_OK (zmq_ctx_shutdown (context ()));
        join (thread);
        finish ();
    }
}

/* A reference aborts, because the socket no longer tells its descriptor. */
TEST (a82_a_socket_added_after_termination_gives_eterm)
{
    static const int types[] = {ZMQ_PULL, ZMQ_SERVER};
    for (int i = 0; i < 2; i++) {
        void *poller = new_poller (), *socket = new_socket (types[i]);
        zmq_poller_event_t event;
        char byte;
        CHECK_OK (zmq_ctx_shutdown (context ()));
        CHECK_FAIL (zmq_recv (socket, &byte, 1, 0), ETERM);
        CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
        CHECK_FAIL (zmq_poller_wait (poller, &event, 0), ETERM);
        CHECK_OK (zmq_poller_destroy (&poller));
        finish ();
    }
}

static void *send_late (void *arg_)
{
    waiter_t *waiter = arg_;
    WAIT_UNTIL (thread_sleeps (waiter->tid));
    CHECK_INT (send_str (waiter->socket, "late", 0), 4);
    return NULL;
}

TEST (a49_a_message_wakes_wait)
{
    static const int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_SERVER, ZMQ_CLIENT}};
    for (int i = 0; i < 2; i++) {
        void *poller = new_poller (), *receiver, *sender;
        zmq_poller_event_t event;
        inproc_pair (types[i][0], types[i][1], &receiver, &sender);
        CHECK_OK (zmq_poller_add (poller, receiver, NULL, ZMQ_POLLIN));
        waiter_t waiter = {sender, gettid ()};
        pthread_t thread = start (send_late, &waiter);
        CHECK_OK (zmq_poller_wait (poller, &event, -1));
        CHECK (event.socket == receiver);
        join (thread);
        CHECK_OK (zmq_poller_remove (poller, receiver));
        CHECK_OK (zmq_poller_destroy (&poller));
    }
}

TEST (g03_fd_of_a_socket_as_a_plain_descriptor)
{
    void *poller = new_poller (), *a, *b;
    zmq_poller_event_t event;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    CHECK_INT (settle (b), 0);
    CHECK_OK (zmq_poller_add_fd (poller, get_int (b, ZMQ_FD), b, ZMQ_POLLIN));
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK_OK (zmq_poller_wait (poller, &event, PATIENCE));
    CHECK (event.user_data == b);
    CHECK_INT (settle (b), ZMQ_POLLIN);
    CHECK_OK (zmq_poller_destroy (&poller));
}

static void on_signal (int signal_)
{
    (void) signal_;
}

static void *pester (void *arg_)
{
    waiter_t *waiter = arg_;
    pthread_t thread = *(pthread_t *) waiter->socket;
    while (!__atomic_load_n (&waiter->tid, __ATOMIC_SEQ_CST)) {
        pthread_kill (thread, SIGUSR1);
        sleep_ms (1);
    }
    return NULL;
}

TEST (h213_signal_during_poller_wait)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    static const int types[] = {ZMQ_PULL, ZMQ_SERVER};
    for (int i = 0; i < 2; i++) {
        void *poller = new_poller (), *socket = new_socket (types[i]);
        zmq_poller_event_t event;
        CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
        pthread_t self = pthread_self ();
        waiter_t pest = {&self, 0};
        pthread_t thread = start (pester, &pest);
        CHECK_FAIL (zmq_poller_wait (poller, &event, -1), EINTR);
        check_cleared (&event);
        CHECK_FAIL (zmq_poller_wait_all (poller, &event, 1, PATIENCE * 1000), EINTR);
        __atomic_store_n (&pest.tid, 1, __ATOMIC_SEQ_CST);
        join (thread);
        CHECK_OK (zmq_poller_destroy (&poller));
    }
}
