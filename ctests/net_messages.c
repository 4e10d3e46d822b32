/* Messages of all sizes over tcp and ipc, and waiting for them. */
#include "network.h"

/* A socket connected to `place_` that reconnects quickly. */
static void *client_of (int type_, const char *place_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (socket, place_));
    return socket;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* The byte at a position of a test message. */
static unsigned char byte_at (size_t size_, size_t at_)
{
    return (unsigned char) (at_ * 31 + at_ / 251 + size_);
}

/* Sends a message of a size with bytes that tell where they belong. */
static void send_size (void *socket_, size_t size_, int flags_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, size_));
    unsigned char *data = zmq_msg_data (&msg);
    for (size_t i = 0; i < size_; i++)
        data[i] = byte_at (size_, i);
    CHECK_INT (zmq_msg_send (&msg, socket_, flags_), size_);
}

/* Receives it. */
static void expect_size (void *socket_, size_t size_, int more_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (zmq_msg_recv (&msg, socket_, 0), size_);
    CHECK_INT (zmq_msg_more (&msg), more_);
    const unsigned char *data = zmq_msg_data (&msg);
    for (size_t i = 0; i < size_; i++)
        if (data[i] != byte_at (size_, i))
            FAIL ("byte %zu of %zu is %02x", i, size_, data[i]);
    CHECK_OK (zmq_msg_close (&msg));
}

static const size_t sizes[] = {0,    1,    29,    30,    31,    32,    33,    34,     253,
                               254,  255,  256,   257,   8183,  8191,  8192,  8193,   16384,
                               65534, 65535, 65536, 65537, 100000, 1 << 20};

#define SIZES (sizeof sizes / sizeof *sizes)

NET_TEST (s_b4_messages_of_all_sizes)
{
    void *server = bound (ZMQ_DEALER, fresh (transport));
    void *client = client_of (ZMQ_DEALER, last_endpoint (server));
    for (size_t i = 0; i < SIZES; i++)
        send_size (client, sizes[i], 0);
    for (size_t i = 0; i < SIZES; i++)
        expect_size (server, sizes[i], 0);
    for (size_t i = 0; i < SIZES; i++) {
        send_size (server, sizes[i], 0);
        expect_size (client, sizes[i], 0);
    }
}

NET_TEST (s_b4_frames_of_all_sizes)
{
    void *server = bound (ZMQ_DEALER, fresh (transport));
    void *client = client_of (ZMQ_DEALER, last_endpoint (server));
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < SIZES; i++)
            send_size (client, sizes[i], i + 1 < SIZES ? ZMQ_SNDMORE : 0);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < SIZES; i++)
            expect_size (server, sizes[i], i + 1 < SIZES);
}

NET_TEST (s_b4_a_message_of_64_mib)
{
    void *server = bound (ZMQ_PULL, fresh (transport));
    void *client = client_of (ZMQ_PUSH, last_endpoint (server));
    send_size (client, 1, 0);
    send_size (client, 64 << 20, 0);
    send_size (client, 1, 0);
    expect_size (server, 1, 0);
    expect_size (server, 64 << 20, 0);
    expect_size (server, 1, 0);
}

NET_TEST (s_b4_empty_frames_anywhere)
{
    void *server = bound (ZMQ_DEALER, fresh (transport));
    void *client = client_of (ZMQ_DEALER, last_endpoint (server));
    send_parts (client, "", NULL);
    send_parts (client, "", "", "", NULL);
    send_parts (client, "", "middle", "", NULL);
    send_parts (client, "first", "", "", "last", NULL);
    EXPECT (server, "");
    EXPECT (server, "", "", "");
    EXPECT (server, "", "middle", "");
    EXPECT (server, "first", "", "", "last");
}

NET_TEST (s_b4_many_small_messages)
{
    void *pull = bound (ZMQ_PULL, fresh (transport)), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 0));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    for (int i = 0; i < 50000; i++)
        CHECK_INT (zmq_send (push, &i, sizeof i, ZMQ_DONTWAIT), sizeof i);
    for (int i = 0; i < 50000; i++) {
        int number;
        CHECK_INT (zmq_recv (pull, &number, sizeof number, 0), sizeof number);
        if (number != i)
            CHECK_INT (number, i);
    }
}

NET_TEST (s_b4_a_constant_buffer_is_sent)
{
    static const char text[] = "constant";
    void *pull = bound (ZMQ_PULL, fresh (transport));
    void *push = client_of (ZMQ_PUSH, last_endpoint (pull));
    CHECK_INT (zmq_send_const (push, text, 8, 0), 8);
    EXPECT (pull, "constant");
}

static _Atomic int released;

static void release (void *data_, void *hint_)
{
    free (data_);
    released += hint_ == &released;
}

NET_TEST (s_b4_a_buffer_given_away_is_released_after_it_was_sent)
{
    void *pull = bound (ZMQ_PULL, fresh (transport));
    void *push = client_of (ZMQ_PUSH, last_endpoint (pull));
    for (int i = 0; i < 10; i++) {
        zmq_msg_t msg;
        size_t size = (size_t) 1 << (2 * i);
        unsigned char *data = malloc (size);
        for (size_t n = 0; n < size; n++)
            data[n] = byte_at (size, n);
        CHECK_OK (zmq_msg_init_data (&msg, data, size, release, &released));
        CHECK_INT (zmq_msg_send (&msg, push, 0), size);
        expect_size (pull, size, 0);
    }
    WAIT_UNTIL (released == 10);
}

/* ---- polling ------------------------------------------------------------------------------- */

NET_TEST (s_c11_poll_wakes_up_for_what_arrives)
{
    void *one = bound (ZMQ_PULL, fresh (transport)), *two = bound (ZMQ_DEALER, fresh (transport));
    void *push = client_of (ZMQ_PUSH, last_endpoint (one));
    void *dealer = client_of (ZMQ_DEALER, last_endpoint (two));
    zmq_pollitem_t items[] = {{one, 0, ZMQ_POLLIN, 0}, {two, 0, ZMQ_POLLIN, 0}};
    CHECK_INT (zmq_poll (items, 2, 0), 0);
    for (int i = 0; i < 20; i++) {
        send_parts (i % 2 ? dealer : push, "hello", NULL);
        CHECK_INT (zmq_poll (items, 2, PATIENCE), 1);
        CHECK_INT (items[i % 2].revents, ZMQ_POLLIN);
        CHECK_INT (items[1 - i % 2].revents, 0);
        CHECK_INT (zmq_poll (items, 2, PATIENCE), 1); /* it stays so */
        EXPECT (i % 2 ? two : one, "hello");
        CHECK_INT (zmq_poll (items, 2, 0), 0);
    }
}

NET_TEST (s_c10_the_descriptor_tells_when_to_look)
{
    void *server = bound (ZMQ_DEALER, fresh (transport));
    void *client = client_of (ZMQ_DEALER, last_endpoint (server));
    bounce (server, client);
    int fd = get_int (server, ZMQ_FD);
    for (int i = 0; i < 50; i++) {
        while (settle (server) & ZMQ_POLLIN)
            CHECK (0);
        send_parts (client, "1", NULL);
        send_parts (client, "2", "two", NULL);
        /* the only safe loop: sleep on the descriptor when EVENTS shows nothing */
        for (int got = 0; got < 3;) {
            while (!(settle (server) & ZMQ_POLLIN))
                CHECK (raw_readable (fd, PATIENCE));
            got += drain (server);
        }
        CHECK_INT (get_int (server, ZMQ_FD), fd);
    }
}

NET_TEST (s_c10_the_descriptor_tells_of_room)
{
    void *push = narrow_socket (ZMQ_PUSH), *pull = narrow_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, fresh (transport)));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    int fd = get_int (push, ZMQ_FD), sent = clog_up (push);
    CHECK_INT (settle (push), 0);
    int got = 0;
    while (got < sent) {
        char body[CLOG_SIZE];
        CHECK_INT (zmq_recv (pull, body, sizeof body, 0), CLOG_SIZE);
        got++;
    }
    while (!(settle (push) & ZMQ_POLLOUT))
        CHECK (raw_readable (fd, PATIENCE));
}

NET_TEST (s_c10_the_descriptor_tells_of_a_new_peer_and_of_a_lost_one)
{
    const char *place = fresh (transport);
    void *push = bound (ZMQ_PUSH, place);
    int fd = get_int (push, ZMQ_FD);
    CHECK_INT (settle (push), 0);
    int raw = raw_peer (place, "PULL");
    while (!(settle (push) & ZMQ_POLLOUT))
        CHECK (raw_readable (fd, PATIENCE));
    close (raw);
    while (settle (push) & ZMQ_POLLOUT)
        CHECK (raw_readable (fd, PATIENCE));
}

NET_TEST (s_c10_a_new_endpoint_is_something_to_look_at)
{
    /* A program that waits for the descriptor and for nothing else learns of it at once. */
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    int bound_fd = get_int (pull, ZMQ_FD), connected_fd = get_int (push, ZMQ_FD);
    CHECK_INT (settle (pull) | (settle (push) & ZMQ_POLLIN), 0);
    CHECK (!raw_readable (bound_fd, 0) && !raw_readable (connected_fd, 0));
    CHECK_OK (zmq_bind (pull, fresh (transport)));
    CHECK (raw_readable (bound_fd, 0));
    CHECK_INT (settle (pull), 0);
    CHECK (!raw_readable (bound_fd, 0));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    CHECK (raw_readable (connected_fd, 0));
}

NET_TEST (s_c10_the_descriptor_tells_of_the_first_message)
{
    for (int i = 0; i < 100; i++) {
        void *publisher = bound (ZMQ_XPUB, fresh (transport)), *subscriber = new_socket (ZMQ_SUB);
        int fd = get_int (subscriber, ZMQ_FD);
        char subscription[2];
        CHECK_INT (settle (subscriber), 0);
        CHECK_OK (zmq_connect (subscriber, last_endpoint (publisher)));
        CHECK_OK (zmq_setsockopt (subscriber, ZMQ_SUBSCRIBE, "a", 1));
        CHECK_INT (zmq_recv (publisher, subscription, sizeof subscription, 0), 2);
        CHECK_INT (send_str (publisher, "a", 0), 1);
        /* it sleeps first and looks then, like a loop that slept when the program connected */
        do
            CHECK (raw_readable (fd, PATIENCE));
        while (!(settle (subscriber) & ZMQ_POLLIN));
        EXPECT (subscriber, "a");
        close_socket (subscriber);
        close_socket (publisher);
    }
}
