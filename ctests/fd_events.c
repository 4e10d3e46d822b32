/* ZMQ_FD and ZMQ_EVENTS: the edge-triggered contract of event loops. */
#include "test.h"
#include <fcntl.h>

/* Whether ZMQ_FD of the socket is readable within `ms_`. */
static int readable (void *socket_, int ms_)
{
    struct pollfd item = {get_int (socket_, ZMQ_FD), POLLIN, 0};
    int rc = poll (&item, 1, ms_);
    CHECK (rc >= 0);
    return rc == 1 && (item.revents & POLLIN);
}

TEST (c10_fd_is_a_descriptor_for_life)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    int fd = get_int (a, ZMQ_FD);
    CHECK (fd >= 0);
    CHECK (fd != get_int (b, ZMQ_FD));
    CHECK (fcntl (fd, F_GETFD) & FD_CLOEXEC);
    CHECK (fcntl (fd, F_GETFL) & O_NONBLOCK);
    bounce (a, b);
    CHECK_INT (get_int (a, ZMQ_FD), fd);
}

TEST (c10_fd_of_an_idle_socket_is_quiet)
{
    CHECK (!readable (new_socket (ZMQ_PAIR), 0));
}

TEST (h216_a_message_makes_the_fd_readable)
{
    void *a, *b;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    CHECK_INT (settle (b), 0);
    CHECK (!readable (b, 0));
    CHECK_INT (send_str (a, "a", 0), 1);
    CHECK (readable (b, PATIENCE));
    CHECK_INT (settle (b), ZMQ_POLLIN);
    EXPECT (b, "a");
}

TEST (h217_further_messages_are_no_new_edge)
{
    void *a, *b;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    CHECK_INT (settle (b), 0);
    CHECK_INT (send_str (a, "1", 0), 1);
    CHECK (readable (b, PATIENCE));
    CHECK_INT (settle (b), ZMQ_POLLIN);
    CHECK (!readable (b, 0));
    CHECK_INT (send_str (a, "2", 0), 1);
    CHECK (!readable (b, 0));
    CHECK_INT (settle (b), ZMQ_POLLIN);
}

TEST (h218_a_message_after_draining_is_a_new_edge)
{
    void *a, *b;
    char byte;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    settle (b);
    for (int i = 0; i < 3; i++) {
        CHECK_INT (send_str (a, "1", 0), 1);
        CHECK_INT (send_str (a, "2", 0), 1);
        CHECK (readable (b, PATIENCE));
        CHECK_INT (settle (b), ZMQ_POLLIN);
        CHECK_INT (zmq_recv (b, &byte, 1, ZMQ_DONTWAIT), 1);
        CHECK_INT (zmq_recv (b, &byte, 1, ZMQ_DONTWAIT), 1);
        EXPECT_NOTHING (b);
        CHECK (!readable (b, 0));
    }
    /* events without POLLIN are an end of draining, too */
    CHECK_INT (send_str (a, "1", 0), 1);
    CHECK_INT (settle (b), ZMQ_POLLIN);
    CHECK_INT (zmq_recv (b, &byte, 1, ZMQ_DONTWAIT), 1);
    CHECK_INT (settle (b), 0);
    CHECK_INT (send_str (a, "2", 0), 1);
    CHECK (readable (b, PATIENCE));
}

TEST (h219_fd_may_be_readable_without_events)
{
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_bind (pull, "inproc://new-peer"));
    CHECK_INT (settle (pull), 0);
    CHECK_OK (zmq_connect (push, "inproc://new-peer"));
    /* readable or not, asking is right and finds nothing */
    readable (pull, 0);
    CHECK_INT (settle (pull), 0);
    CHECK (!readable (pull, 0));
}

TEST (h220_room_makes_the_fd_of_a_full_push_readable)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 1));
    CHECK_OK (set_int (pull, ZMQ_RCVHWM, 1));
    CHECK_OK (zmq_bind (pull, "inproc://room"));
    CHECK_OK (zmq_connect (push, "inproc://room"));
    CHECK_INT (send_str (push, "1", ZMQ_DONTWAIT), 1);
    CHECK_INT (send_str (push, "2", ZMQ_DONTWAIT), 1);
    CHECK_FAIL (send_str (push, "3", ZMQ_DONTWAIT), EAGAIN);
    CHECK_INT (settle (push), 0);
    CHECK (!readable (push, 0));
    EXPECT (pull, "1");
    EXPECT (pull, "2");
    CHECK (readable (push, PATIENCE));
    CHECK_INT (settle (push), ZMQ_POLLOUT);
    CHECK_INT (send_str (push, "3", ZMQ_DONTWAIT), 1);
}

TEST (h220_a_first_peer_makes_the_fd_of_a_push_readable)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (push, "inproc://first-peer"));
    CHECK_INT (settle (push), 0);
    CHECK_OK (zmq_connect (pull, "inproc://first-peer"));
    CHECK (readable (push, PATIENCE));
    CHECK_INT (settle (push), ZMQ_POLLOUT);
}

TEST (h221_after_a_send_events_still_tell)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    settle (a);
    settle (b);
    CHECK_INT (send_str (a, "1", 0), 1);
    CHECK (readable (b, PATIENCE));
    CHECK_INT (send_str (b, "2", 0), 1);
    /* whether the descriptor is still readable is not said, the events are */
    CHECK_INT (settle (b), ZMQ_POLLIN | ZMQ_POLLOUT);
    EXPECT (b, "1");
}

TEST (c10_shutdown_makes_the_fd_readable)
{
    void *pull = new_socket (ZMQ_PULL);
    struct pollfd item = {get_int (pull, ZMQ_FD), POLLIN, 0};
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_INT (poll (&item, 1, PATIENCE), 1);
    int events;
    size_t size = sizeof events;
    CHECK_FAIL (zmq_getsockopt (pull, ZMQ_EVENTS, &events, &size), ETERM);
}

TEST (c10_events_of_the_types)
{
    static const struct
    {
        int bound, other, bound_events, other_events, after_message;
    } rows[] = {{ZMQ_PAIR, ZMQ_PAIR, ZMQ_POLLOUT, ZMQ_POLLOUT, ZMQ_POLLIN | ZMQ_POLLOUT},
                {ZMQ_PUSH, ZMQ_PULL, ZMQ_POLLOUT, 0, ZMQ_POLLIN},
                {ZMQ_DEALER, ZMQ_DEALER, ZMQ_POLLOUT, ZMQ_POLLOUT, ZMQ_POLLIN | ZMQ_POLLOUT},
                {ZMQ_DEALER, ZMQ_ROUTER, ZMQ_POLLOUT, ZMQ_POLLOUT, ZMQ_POLLIN | ZMQ_POLLOUT},
                {ZMQ_REQ, ZMQ_REP, ZMQ_POLLOUT, 0, ZMQ_POLLIN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *bound, *other;
        inproc_pair (rows[i].bound, rows[i].other, &bound, &other);
        CHECK_INT (settle (bound), rows[i].bound_events);
        CHECK_INT (settle (other), rows[i].other_events);
        CHECK_INT (send_str (bound, "a", 0), 1);
        CHECK_INT (settle (other), rows[i].after_message);
        if (rows[i].bound == ZMQ_REQ)
            CHECK_INT (settle (bound), 0);
    }
}

/* A loop as event-driven programs write it: sleep on the fd, then receive while POLLIN. */
static void *echo_loop (void *socket_)
{
    struct pollfd item = {get_int (socket_, ZMQ_FD), POLLIN, 0};
    for (int seen = 0; seen < 2000;) {
        while (settle (socket_) & ZMQ_POLLIN) {
            char text[16];
            int n = recv_str (socket_, text, sizeof text, ZMQ_DONTWAIT);
            CHECK (n > 0);
            CHECK_INT (send_str (socket_, text, 0), n);
            seen++;
        }
        if (seen < 2000)
            CHECK_INT (poll (&item, 1, PATIENCE), 1);
    }
    return NULL;
}

TEST (c10_no_wake_up_is_lost_in_a_loop)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    pthread_t thread = start (echo_loop, b);
    char text[16], got[16];
    int sent = 0, received = 0;
    struct pollfd item = {get_int (a, ZMQ_FD), POLLIN, 0};
    while (received < 2000) {
        /* bursts of different lengths, so that edges meet at every place */
        for (int burst = received % 7 + 1; burst && sent < 2000; burst--, sent++) {
            snprintf (text, sizeof text, "%d", sent);
            CHECK (send_str (a, text, 0) > 0);
        }
        while (settle (a) & ZMQ_POLLIN) {
            CHECK (recv_str (a, got, sizeof got, ZMQ_DONTWAIT) > 0);
            CHECK_INT (atoi (got), received);
            received++;
        }
        if (received < sent)
            CHECK_INT (poll (&item, 1, PATIENCE), 1);
    }
    join (thread);
}
