/* zmq_poll with thread-safe sockets, and zmq_ppoll. */
#include "draft.h"

TEST (a48_poll_of_thread_safe_sockets)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    zmq_pollitem_t items[] = {{server, 0, ZMQ_POLLIN, 99}, {client, 0, ZMQ_POLLIN, 99}};
    CHECK_INT (zmq_poll (items, 2, 0), 0);
    CHECK_INT (items[0].revents, 0);
    CHECK_INT (items[1].revents, 0);
    int64_t before = now_ms ();
    CHECK_INT (zmq_poll (items, 2, 40), 0);
    CHECK (now_ms () - before >= 38);
    CHECK_INT (send_str (client, "hi", 0), 2);
    CHECK_INT (zmq_poll (items, 2, -1), 1);
    CHECK_INT (items[0].revents, ZMQ_POLLIN);
    CHECK_INT (items[1].revents, 0);
    EXPECT_FRAME (server, "hi");
    CHECK_INT (zmq_poll (items, 2, 0), 0);
}

TEST (a48_poll_mixes_all_kinds)
{
    void *server, *client, *a, *b;
    int ends[2];
    CHECK_OK (pipe (ends));
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    zmq_pollitem_t items[] = {{server, 0, ZMQ_POLLIN, 99},
                              {b, 0, ZMQ_POLLIN, 99},
                              {NULL, ends[0], ZMQ_POLLIN, 99}};
    CHECK_INT (zmq_poll (items, 3, 0), 0);
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK_INT (zmq_poll (items, 3, -1), 1);
    CHECK_INT (items[1].revents, ZMQ_POLLIN);
    CHECK_INT (send_str (client, "a", 0), 1);
    CHECK_INT (write (ends[1], "a", 1), 1);
    CHECK_INT (zmq_poll (items, 3, -1), 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT (items[i].revents, ZMQ_POLLIN);
}

TEST (a48_the_same_thread_safe_socket_twice)
{
    void *server, *client;
    inproc_pair (ZMQ_SERVER, ZMQ_CLIENT, &server, &client);
    CHECK_INT (send_str (client, "hi", 0), 2);
    zmq_pollitem_t items[] = {{server, 0, ZMQ_POLLIN, 99}, {server, 0, ZMQ_POLLOUT, 99}};
    CHECK_INT (zmq_poll (items, 2, -1), 1);
    CHECK_INT (items[0].revents, ZMQ_POLLIN);
    CHECK_INT (items[1].revents, ZMQ_POLLOUT);
}

TEST (a48_poll_of_a_terminated_thread_safe_socket)
{
    zmq_pollitem_t item = {new_socket (ZMQ_SERVER), 0, ZMQ_POLLIN, 0};
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_FAIL (zmq_poll (&item, 1, -1), ETERM);
    CHECK_FAIL (zmq_poll (&item, 1, 0), ETERM);
}

/* ---- zmq_ppoll ----------------------------------------------------------------------------- */

static volatile sig_atomic_t handled;

static void on_signal (int signal_)
{
    (void) signal_;
    handled++;
}

TEST (a48_ppoll_arguments)
{
    zmq_pollitem_t item = {new_socket (ZMQ_PULL), 0, ZMQ_POLLIN, 0};
    CHECK_FAIL (zmq_ppoll (&item, -1, 0, NULL), EINVAL);
    CHECK_FAIL (zmq_ppoll (NULL, 1, 0, NULL), EFAULT);
    CHECK_INT (zmq_ppoll (NULL, 0, 0, NULL), 0);
    int64_t before = now_ms ();
    CHECK_INT (zmq_ppoll (NULL, 0, 40, NULL), 0);
    CHECK (now_ms () - before >= 38);
    CHECK_INT (zmq_ppoll (&item, 1, 0, NULL), 0);
    close_socket (item.socket);
    CHECK_FAIL (zmq_ppoll (&item, 1, 0, NULL), ENOTSOCK);
    item.socket = new_socket (ZMQ_SERVER);
    CHECK_FAIL (zmq_ppoll (&item, 1, 0, NULL), EINVAL);
    item.socket = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_FAIL (zmq_ppoll (&item, 1, -1, NULL), ETERM);
}

TEST (h226_ppoll_delivers_events)
{
    void *a, *b;
    int ends[2];
    sigset_t mask;
    sigfillset (&mask);
    CHECK_OK (pipe (ends));
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    zmq_pollitem_t items[] = {{b, 0, ZMQ_POLLIN, 99},
                              {b, 0, ZMQ_POLLOUT, 99},
                              {NULL, ends[0], ZMQ_POLLIN, 99}};
    const sigset_t *masks[] = {NULL, &mask};
    for (int i = 0; i < 2; i++) {
        CHECK_INT (zmq_ppoll (items, 3, -1, masks[i]), 1);
        CHECK_INT (items[0].revents, 0);
        CHECK_INT (items[1].revents, ZMQ_POLLOUT);
        CHECK_INT (items[2].revents, 0);
    }
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK_INT (write (ends[1], "a", 1), 1);
    CHECK_INT (zmq_ppoll (items, 3, -1, &mask), 3);
}

TEST (h226_ppoll_ends_by_a_signal_that_its_mask_lets_through)
{
    struct sigaction action = {.sa_handler = on_signal};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    sigset_t blocked, open, before;
    sigemptyset (&blocked);
    sigaddset (&blocked, SIGUSR1);
    CHECK_OK (pthread_sigmask (SIG_BLOCK, &blocked, &before));
    open = before;
    sigdelset (&open, SIGUSR1);
    zmq_pollitem_t item = {new_socket (ZMQ_PULL), 0, ZMQ_POLLIN, 0};
    CHECK_OK (raise (SIGUSR1));
    /* pending, and kept so by a mask that blocks it */
    CHECK_INT (zmq_ppoll (&item, 1, 30, NULL), 0);
    CHECK_INT (zmq_ppoll (&item, 1, 30, &blocked), 0);
    CHECK_INT (handled, 0);
    CHECK_FAIL (zmq_ppoll (&item, 1, -1, &open), EINTR);
    CHECK_INT (handled, 1);
    /* and the mask of the thread is as it was */
    CHECK_OK (raise (SIGUSR1));
    CHECK_INT (handled, 1);
    CHECK_INT (zmq_ppoll (&item, 1, 30, NULL), 0);
    CHECK_FAIL (zmq_ppoll (NULL, 0, PATIENCE * 1000, &open), EINTR);
    CHECK_INT (handled, 2);
}
