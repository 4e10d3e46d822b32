/* Links that begin, end and are taken back at awkward moments. */
#include "raw.h"

/* Waits for the end of a link that a plain peer has ended from its side. */
static void let_go (int fd_)
{
    char byte;
    CHECK_OK (shutdown (fd_, SHUT_WR));
    CHECK (plain_readable (fd_, PATIENCE));
    CHECK_INT (recv (fd_, &byte, 1, 0), 0);
    close (fd_);
}

/* A peer that came and went while the application did not look leaves nothing behind that a close
 * would wait for: neither one that is refused, nor one that nobody hears of before the close. */
TEST (a_peer_that_came_and_went_does_not_hold_up_a_close)
{
    for (int transport = 0; transport < 2; transport++) {
        void *pair = new_socket (ZMQ_PAIR), *first = new_socket (ZMQ_PAIR);
        const char *endpoint = bind_over (transport, pair);
        CHECK_OK (zmq_connect (first, endpoint));
        CHECK_INT (send_str (first, "hello", 0), 5);
        EXPECT (pair, "hello");
        int fd = plain_connect (endpoint);
        zmtp_handshake (fd, "PAIR");
        let_go (fd);

        void *pull = new_socket (ZMQ_PULL);
        endpoint = bind_over (transport, pull);
        CHECK (get_int (pull, ZMQ_FD) >= 0);
        fd = plain_connect (endpoint);
        zmtp_handshake (fd, "PUSH");
        let_go (fd);
    }
    finish ();
}

/* An endpoint whose pipe came with its link is taken back as any other: what was sent is delivered,
 * and then the link ends. */
TEST (an_immediate_connection_can_be_taken_back)
{
    for (int transport = 0; transport < 2; transport++) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        const char *endpoint = bind_over (transport, pull);
        CHECK_OK (set_int (push, ZMQ_IMMEDIATE, 1));
        CHECK_OK (zmq_connect (push, endpoint));
        CHECK_INT (send_str (push, "before", 0), 6);
        CHECK_OK (zmq_disconnect (push, endpoint));
        EXPECT (pull, "before");
        WAIT_UNTIL (!(settle (push) & ZMQ_POLLOUT));
        CHECK_FAIL (send_str (push, "after", ZMQ_DONTWAIT), EAGAIN);
        CHECK_FAIL (zmq_disconnect (push, endpoint), ENOENT);

        /* The same before the socket knows that the link is up. */
        int fd;
        void *early = new_socket (ZMQ_PUSH);
        int listener = plain_listen (&endpoint);
        CHECK_OK (set_int (early, ZMQ_IMMEDIATE, 1));
        CHECK_OK (zmq_connect (early, endpoint));
        fd = plain_accept (listener);
        zmtp_handshake (fd, "PULL");
        CHECK_OK (zmq_disconnect (early, endpoint));
        PLAIN_EXPECT_END (fd, early);
        WAIT_UNTIL (!(settle (early) & ZMQ_POLLOUT));
        CHECK_FAIL (send_str (early, "after", ZMQ_DONTWAIT), EAGAIN);
        close (fd);
        close (listener);
    }
}

/* Links without a protocol have no handshake to be late with: many old ones may stand beside new
 * ones. */
TEST (a_raw_socket_keeps_any_number_of_links)
{
    enum { MANY = 1030 };
    static int fds[MANY + 1];
    struct rlimit limit = {4 * MANY, 4 * MANY};
    setrlimit (RLIMIT_NOFILE, &limit);
    void *stream = new_socket (ZMQ_STREAM);
    CHECK_OK (set_int (stream, ZMQ_BACKLOG, MANY));
    const char *endpoint = bind_over (TCP, stream);
    raw_id id;
    for (int i = 0; i < MANY; i++) {
        fds[i] = plain_connect (endpoint);
        id = EXPECT_NOTICE (stream);
    }
    /* as long as a handshake may take when others wait */
    sleep_ms (2100);
    fds[MANY] = plain_connect (endpoint);
    id = EXPECT_NOTICE (stream);
    CHECK_OK (SEND_RAW (stream, id, "hello"));
    plain_expect (fds[MANY], "hello", 5);
    for (int i = 0; i <= MANY; i++)
        CHECK (!plain_readable (fds[i], 0));
}

/* The I/O thread has seen what came on any connection before: there is one for all of them, and it
 * has made another connection since. */
static void let_the_thread_catch_up (void)
{
    void *pull = new_socket (ZMQ_PULL);
    void *push = connected (ZMQ_PUSH, bind_over (TCP, pull));
    send_parts (push, "here", NULL);
    EXPECT (pull, "here");
    close_socket (push);
    close_socket (pull);
}

/* What is sent while a link that is lost still has messages to deliver goes to the next link. */
OURS_ONLY (messages_wait_for_the_next_link_behind_what_the_last_one_brought,
           "a reference does not see the end before it has delivered all, and sends into the void")
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_RCVHWM, 1));
    CHECK_OK (set_int (dealer, ZMQ_RECONNECT_IVL, 1));
    CHECK_OK (zmq_connect (dealer, endpoint));
    int fd = plain_accept (listener);
    zmtp_handshake (fd, "DEALER");
    for (int i = 0; i < 10; i++)
        PLAIN_WRITE (fd, "\0\4held");
    close (fd);
    let_the_thread_catch_up ();
    char text[2] = "";
    for (*text = 'a'; *text <= 'e'; ++*text)
        CHECK_INT (send_str (dealer, text, ZMQ_DONTWAIT), 1);
    let_the_thread_catch_up ();
    for (int i = 0; i < 10; i++)
        EXPECT (dealer, "held");
    fd = plain_accept (listener);
    zmtp_handshake (fd, "DEALER");
    for (*text = 'a'; *text <= 'e'; ++*text)
        ZMTP_EXPECT (fd, 0, text);
    close (fd);
    close (listener);
}
