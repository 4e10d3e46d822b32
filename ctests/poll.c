/* zmq_poll: sockets and descriptors, results and time-outs. */
#include "test.h"
#include <fcntl.h>
#include <sys/socket.h>

TEST (h222_poll_counts_ready_items_and_clears_the_others)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    void *idle = new_socket (ZMQ_PULL);
    zmq_pollitem_t items[] = {{a, 0, ZMQ_POLLIN, 99}, {b, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 99},
                              {idle, 0, ZMQ_POLLIN, 99}};
    CHECK_INT (zmq_poll (items, 3, -1), 1);
    CHECK_INT (items[0].revents, 0);
    CHECK_INT (items[1].revents, ZMQ_POLLOUT);
    CHECK_INT (items[2].revents, 0);
    CHECK_INT (send_str (b, "a", 0), 1);
    CHECK_INT (zmq_poll (items, 3, -1), 2);
    CHECK_INT (items[0].revents, ZMQ_POLLIN);
    CHECK_INT (items[1].revents, ZMQ_POLLOUT);
    CHECK_INT (items[2].revents, 0);
    /* it stays ready until it is read */
    CHECK_INT (zmq_poll (items, 1, 0), 1);
    EXPECT (a, "a");
    CHECK_INT (zmq_poll (items, 1, 0), 0);
    CHECK_INT (items[0].revents, 0);
}

TEST (h223_poll_with_timeout_zero_returns_at_once)
{
    zmq_pollitem_t item = {new_socket (ZMQ_PULL), 0, ZMQ_POLLIN, 99};
    int64_t before = now_ms ();
    for (int i = 0; i < 100; i++)
        CHECK_INT (zmq_poll (&item, 1, 0), 0);
    CHECK_INT (item.revents, 0);
    CHECK_INT (zmq_poll (NULL, 0, 0), 0);
    CHECK (now_ms () - before < 2000);
}

TEST (h223_poll_of_nothing_sleeps)
{
    zmq_pollitem_t item = {NULL, 0, 0, 99};
    int64_t before = now_ms ();
    CHECK_INT (zmq_poll (NULL, 0, 60), 0);
    CHECK (now_ms () - before >= 58);
    before = now_ms ();
    CHECK_INT (zmq_poll (&item, 0, 60), 0);
    CHECK (now_ms () - before >= 58);
    CHECK_INT (item.revents, 99);
}

TEST (a48_poll_times_out)
{
    zmq_pollitem_t item = {new_socket (ZMQ_PULL), 0, ZMQ_POLLIN, 99};
    int64_t before = now_ms ();
    CHECK_INT (zmq_poll (&item, 1, 60), 0);
    CHECK (now_ms () - before >= 58);
    CHECK (now_ms () - before < 5000);
    CHECK_INT (item.revents, 0);
}

TEST (a48_poll_arguments)
{
    zmq_pollitem_t item = {new_socket (ZMQ_PULL), 0, ZMQ_POLLIN, 0};
    CHECK_FAIL (zmq_poll (&item, -1, 0), EINVAL);
    CHECK_FAIL (zmq_poll (NULL, -1, 0), EINVAL);
    CHECK_FAIL (zmq_poll (NULL, 1, 0), EFAULT);
}

TEST (h225_poll_of_a_closed_socket_is_enotsock)
{
    void *open = new_socket (ZMQ_PULL), *closed = new_socket (ZMQ_PULL);
    close_socket (closed);
    zmq_pollitem_t items[] = {{open, 0, ZMQ_POLLIN, 0}, {closed, 0, ZMQ_POLLIN, 0}};
    CHECK_FAIL (zmq_poll (items, 2, 0), ENOTSOCK);
    CHECK_FAIL (zmq_poll (items, 2, -1), ENOTSOCK);
    items[1].socket = context ();
    CHECK_FAIL (zmq_poll (items, 2, 0), ENOTSOCK);
}

TEST (a48_socket_items_know_pollin_and_pollout_only)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "a", 0), 1);
    zmq_pollitem_t item = {b, 0, ZMQ_POLLERR | ZMQ_POLLPRI, 99};
    CHECK_INT (zmq_poll (&item, 1, 0), 0);
    CHECK_INT (item.revents, 0);
    item.events = 0x7ff0;
    CHECK_INT (zmq_poll (&item, 1, 0), 0);
    CHECK_INT (item.revents, 0);
    item.events = 0;
    CHECK_INT (zmq_poll (&item, 1, 10), 0);
    CHECK_INT (item.revents, 0);
    item.events = 0x7fff;
    CHECK_INT (zmq_poll (&item, 1, 0), 1);
    CHECK_INT (item.revents, ZMQ_POLLIN | ZMQ_POLLOUT);
    item.events = ZMQ_POLLOUT;
    CHECK_INT (zmq_poll (&item, 1, 0), 1);
    CHECK_INT (item.revents, ZMQ_POLLOUT);
}

TEST (a48_socket_item_ignores_its_fd)
{
    int ends[2];
    CHECK_OK (pipe (ends));
    CHECK_INT (write (ends[1], "a", 1), 1);
    zmq_pollitem_t item = {new_socket (ZMQ_PULL), ends[0], ZMQ_POLLIN, 99};
    CHECK_INT (zmq_poll (&item, 1, 10), 0);
    CHECK_INT (item.revents, 0);
}

TEST (a48_the_same_socket_twice)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "a", 0), 1);
    zmq_pollitem_t items[] = {{b, 0, ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLOUT, 0}, {b, 0, 0, 0}};
    CHECK_INT (zmq_poll (items, 3, -1), 2);
    CHECK_INT (items[0].revents, ZMQ_POLLIN);
    CHECK_INT (items[1].revents, ZMQ_POLLOUT);
    CHECK_INT (items[2].revents, 0);
}

TEST (h224_sockets_and_descriptors_together)
{
    void *a, *b;
    int ends[2];
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (pipe (ends));
    zmq_pollitem_t items[] = {{b, 0, ZMQ_POLLIN, 99},
                              {NULL, ends[0], ZMQ_POLLIN, 99},
                              {NULL, ends[1], ZMQ_POLLOUT, 99},
                              {NULL, -1, ZMQ_POLLIN, 99}};
    CHECK_INT (zmq_poll (items, 2, 0), 0);
    CHECK_INT (zmq_poll (items, 4, -1), 1);
    CHECK_INT (items[2].revents, ZMQ_POLLOUT);
    CHECK_INT (items[3].revents, 0);
    CHECK_INT (write (ends[1], "a", 1), 1);
    CHECK_INT (zmq_poll (items, 2, -1), 1);
    CHECK_INT (items[0].revents, 0);
    CHECK_INT (items[1].revents, ZMQ_POLLIN);
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK_INT (zmq_poll (items, 4, -1), 3);
    CHECK_INT (items[0].revents, ZMQ_POLLIN);
    CHECK_INT (items[1].revents, ZMQ_POLLIN);
}

/* Event loops may hand over a socket and its own ZMQ_FD. */
TEST (a48_descriptors_are_looked_at_before_sockets_take_in_their_news)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://own"));
    int fd = get_int (pull, ZMQ_FD);
    CHECK_INT (get_int (pull, ZMQ_EVENTS), 0);
    CHECK_OK (zmq_connect (push, "inproc://own"));
    zmq_pollitem_t items[] = {{pull, 0, ZMQ_POLLIN, 0}, {NULL, fd, ZMQ_POLLIN, 0}};
    CHECK_INT (zmq_poll (items, 2, 500), 1);
    CHECK_INT (items[0].revents, 0);
    CHECK_INT (items[1].revents, ZMQ_POLLIN);
    CHECK_INT (zmq_poll (items, 2, 0), 0);
}

TEST (h224_hang_up_is_pollerr_even_if_not_asked_for)
{
    int ends[2];
    CHECK_OK (pipe (ends));
    close (ends[1]);
    zmq_pollitem_t item = {NULL, ends[0], ZMQ_POLLIN, 99};
    CHECK_INT (zmq_poll (&item, 1, -1), 1);
    CHECK_INT (item.revents, ZMQ_POLLERR);
    item.events = 0;
    CHECK_INT (zmq_poll (&item, 1, -1), 1);
    CHECK_INT (item.revents, ZMQ_POLLERR);
}

TEST (a48_bad_descriptor_is_pollerr)
{
    int fd = open ("/dev/null", O_RDONLY);
    close (fd);
    zmq_pollitem_t item = {NULL, fd, ZMQ_POLLIN, 99};
    CHECK_INT (zmq_poll (&item, 1, 0), 1);
    CHECK_INT (item.revents, ZMQ_POLLERR);
}

TEST (a48_descriptor_minus_one_never_fires)
{
    zmq_pollitem_t item = {NULL, -1, ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR, 99};
    int64_t before = now_ms ();
    CHECK_INT (zmq_poll (&item, 1, 30), 0);
    CHECK (now_ms () - before >= 28);
    CHECK_INT (item.revents, 0);
}

TEST (a48_urgent_data_is_pollpri)
{
    /* out-of-band bytes of a local stream socket are urgent data like those of TCP */
    int ends[2];
    CHECK_OK (socketpair (AF_UNIX, SOCK_STREAM, 0, ends));
    if (send (ends[1], "!", 1, MSG_OOB) != 1)
        return; /* a kernel without it */
    zmq_pollitem_t item = {NULL, ends[0], ZMQ_POLLPRI, 99};
    CHECK_INT (zmq_poll (&item, 1, -1), 1);
    CHECK_INT (item.revents, ZMQ_POLLPRI);
}

TEST (a48_many_items)
{
    enum
    {
        MANY = 200
    };
    zmq_pollitem_t items[2 * MANY];
    void *last = NULL, *peer = new_socket (ZMQ_PUSH);
    int ends[2];
    CHECK_OK (pipe (ends));
    for (int i = 0; i < MANY; i++) {
        last = new_socket (ZMQ_PULL);
        items[2 * i] = (zmq_pollitem_t){last, 0, ZMQ_POLLIN, 99};
        items[2 * i + 1] = (zmq_pollitem_t){NULL, ends[0], ZMQ_POLLIN, 99};
    }
    CHECK_INT (zmq_poll (items, 2 * MANY, 1), 0);
    CHECK_OK (zmq_bind (last, "inproc://last"));
    CHECK_OK (zmq_connect (peer, "inproc://last"));
    CHECK_INT (send_str (peer, "a", 0), 1);
    CHECK_INT (zmq_poll (items, 2 * MANY, -1), 1);
    CHECK_INT (items[2 * MANY - 2].revents, ZMQ_POLLIN);
    CHECK_INT (write (ends[1], "a", 1), 1);
    CHECK_INT (zmq_poll (items, 2 * MANY, -1), MANY + 1);
}

/* ---- waking up ----------------------------------------------------------------------------- */

typedef struct
{
    int waiter; /* the thread that must be asleep first */
    void *socket;
    int fd;
} waker_t;

static void *wake (void *arg_)
{
    waker_t *waker = arg_;
    WAIT_UNTIL (thread_sleeps (waker->waiter));
    if (waker->socket)
        CHECK_INT (send_str (waker->socket, "a", 0), 1);
    else
        CHECK_INT (write (waker->fd, "a", 1), 1);
    return NULL;
}

TEST (a48_a_message_wakes_poll)
{
    void *a, *b;
    int ends[2];
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (pipe (ends));
    zmq_pollitem_t items[] = {{NULL, ends[0], ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLIN, 0}};
    static const long timeouts[] = {-1, PATIENCE};
    for (int i = 0; i < 2; i++) {
        waker_t waker = {gettid (), a, 0};
        pthread_t thread = start (wake, &waker);
        CHECK_INT (zmq_poll (items, 2, timeouts[i]), 1);
        CHECK_INT (items[0].revents, 0);
        CHECK_INT (items[1].revents, ZMQ_POLLIN);
        join (thread);
        EXPECT (b, "a");
    }
}

TEST (a48_a_descriptor_wakes_poll)
{
    void *a, *b;
    int ends[2];
    char byte;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (pipe (ends));
    zmq_pollitem_t items[] = {{NULL, ends[0], ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLIN, 0}};
    static const long timeouts[] = {-1, PATIENCE};
    for (int i = 0; i < 2; i++) {
        waker_t waker = {gettid (), NULL, ends[1]};
        pthread_t thread = start (wake, &waker);
        CHECK_INT (zmq_poll (items, 2, timeouts[i]), 1);
        CHECK_INT (items[0].revents, ZMQ_POLLIN);
        CHECK_INT (items[1].revents, 0);
        join (thread);
        CHECK_INT (read (ends[0], &byte, 1), 1);
    }
}

static void *drain (void *arg_)
{
    waker_t *waker = arg_;
    WAIT_UNTIL (thread_sleeps (waker->waiter));
    EXPECT (waker->socket, "a");
    EXPECT (waker->socket, "a");
    return NULL;
}

TEST (a48_room_wakes_poll)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 1));
    CHECK_OK (set_int (pull, ZMQ_RCVHWM, 1));
    CHECK_OK (zmq_bind (pull, "inproc://room"));
    CHECK_OK (zmq_connect (push, "inproc://room"));
    CHECK_INT (send_str (push, "a", ZMQ_DONTWAIT), 1);
    CHECK_INT (send_str (push, "a", ZMQ_DONTWAIT), 1);
    zmq_pollitem_t item = {push, 0, ZMQ_POLLOUT, 0};
    CHECK_INT (zmq_poll (&item, 1, 0), 0);
    waker_t waker = {gettid (), pull, 0};
    pthread_t thread = start (drain, &waker);
    CHECK_INT (zmq_poll (&item, 1, -1), 1);
    CHECK_INT (item.revents, ZMQ_POLLOUT);
    join (thread);
}

TEST (a48_poll_lets_an_item_without_events_process)
{
    /* A subscription is taken in although nothing of the publisher is asked for. */
    void *pub, *sub;
    inproc_pair (ZMQ_PUB, ZMQ_SUB, &pub, &sub);
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
    zmq_pollitem_t item = {pub, 0, 0, 99};
    CHECK_INT (zmq_poll (&item, 1, 0), 0);
    CHECK_INT (item.revents, 0);
    CHECK_INT (send_str (pub, "a", 0), 1);
    EXPECT (sub, "a");
}

TEST (a48_half_a_received_message_is_pollin)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    send_parts (a, "1", "2", NULL);
    char byte;
    CHECK_INT (zmq_recv (b, &byte, 1, 0), 1);
    zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
    CHECK_INT (zmq_poll (&item, 1, 0), 1);
    CHECK_INT (zmq_recv (b, &byte, 1, 0), 1);
    CHECK_INT (zmq_poll (&item, 1, 0), 0);
}
