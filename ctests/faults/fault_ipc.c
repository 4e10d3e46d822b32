/* A sender that has gone: what the kernel still holds of it is read. */
#include "faults.h"

/* Frames of 1000 bytes, numbered. */
static void numbered (unsigned char *frame_, int number_)
{
    memset (frame_, 'x', 1009);
    memcpy (frame_, "\2\0\0\0\0\0\0\3\xE8", 9);
    snprintf ((char *) frame_ + 9, 16, "%08d", number_);
}

/* Writes as many frames as the kernel takes while nobody reads; returns how many left complete. */
static int stuff (int peer_)
{
    unsigned char frame[1009];
    for (int i = 0;; i++) {
        numbered (frame, i);
        size_t sent = 0;
        int64_t deadline = now_ms () + 300; /* the library may still be reading */
        while (sent < sizeof frame) {
            ssize_t n = send (peer_, frame + sent, sizeof frame - sent,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0)
                sent += (size_t) n;
            else if (errno != EAGAIN)
                FAIL ("the library closes");
            else if (now_ms () > deadline)
                return i;
            else
                sleep_ms (1);
        }
    }
}

/* Receives the frames 0 to `count_` - 1 and nothing more. */
static void expect_numbers (void *pull_, int count_)
{
    for (int i = 0; i < count_; i++) {
        char text[1000];
        if (!(wait_for (pull_, ZMQ_POLLIN, 2000) & ZMQ_POLLIN))
            FAIL ("%d of %d messages came", i, count_);
        CHECK_INT (zmq_recv (pull_, text, sizeof text, ZMQ_DONTWAIT), 1000);
        text[8] = 0;
        CHECK_INT (atoi (text), i);
    }
    EXPECT_NOTHING (pull_);
}

static void *small_pull (void)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_RCVHWM, 1));
    return pull;
}

/* A plain connection to an abstract name. */
static int dial_ipc (const char *name_)
{
    struct sockaddr_un address;
    memset (&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf (address.sun_path + 1, sizeof address.sun_path - 1, "%s", name_);
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + 1 + strlen (name_));
    if (connect (fd, (struct sockaddr *) &address, size) == -1)
        FAIL ("connecting over ipc gave %s", errno_name (errno));
    wire_peers[wire_peer_count++] = fd;
    return fd;
}

static int stuffed_ipc_peer (void *pull_, const char *name_, int *count_)
{
    char endpoint[100];
    snprintf (endpoint, sizeof endpoint, "ipc://@%s", name_);
    CHECK_OK (zmq_bind (pull_, endpoint));
    int peer = dial_ipc (name_);
    bytes_t bytes = parse_bytes (GREETING_31 "04 1A 05 'READY' " TYPE ("04", "PUSH"));
    CHECK_INT (send (peer, bytes.data, bytes.size, MSG_NOSIGNAL), bytes.size);
    EXPECT_HEX (peer, OUR_GREETING "%s", our_ready (pull_));
    *count_ = stuff (peer);
    CHECK (*count_ > 20);
    return peer;
}

OURS_ONLY (f_ipc_is_read_to_the_end_after_its_sender_has_gone,
           "a reference drops what the kernel holds")
{
    char name[64];
    int count;
    void *pull = small_pull ();
    snprintf (name, sizeof name, "fault-ipc-%d", (int) getpid ());
    close_peer (stuffed_ipc_peer (pull, name, &count));
    expect_numbers (pull, count);
}

TEST (f_ipc_is_read_to_the_end_while_its_sender_lives)
{
    char name[64];
    int count;
    void *pull = small_pull ();
    snprintf (name, sizeof name, "fault-ipc-%d", (int) getpid ());
    stuffed_ipc_peer (pull, name, &count);
    for (int i = 0; i < count; i++)
        CHECK_INT (zmq_recv (pull, NULL, 0, 0), 1000);
}

TEST (f_tcp_is_read_to_the_end_after_its_sender_has_gone)
{
    connects = bytewise = 0;
    void *pull = small_pull ();
    int peer = join_peer (pull);
    int size = 20000;
    setsockopt (peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    shake_hands (pull, peer, GREETING_31);
    int count = stuff (peer);
    shutdown (peer, SHUT_WR);
    for (int i = 0; i < count; i++) {
        char text[1000];
        CHECK (wait_for (pull, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        CHECK_INT (zmq_recv (pull, text, sizeof text, ZMQ_DONTWAIT), 1000);
        text[8] = 0;
        CHECK_INT (atoi (text), i);
    }
}

/* A library that closes in good order: all of it arrives, whatever the mark of the receiver. */
static void sender (int from_, int to_)
{
    char endpoint[8 + 64];
    if (read (from_, endpoint, sizeof endpoint) != sizeof endpoint)
        _exit (1);
    void *push = connected (ZMQ_PUSH, endpoint);
    for (int i = 0; i < 1000; i++) {
        unsigned char frame[1009];
        numbered (frame, i);
        CHECK_INT (zmq_send (push, frame + 9, 1000, 0), 1000);
    }
    tell (to_, "sent");
    int forever = -1;
    CHECK_OK (zmq_setsockopt (push, ZMQ_LINGER, &forever, sizeof forever));
    forget_socket (push);
    CHECK_OK (zmq_close (push));
    finish ();
    tell (to_, "gone");
}

static void sender_goes (const char *endpoint_)
{
    char endpoint[8 + 64] = "";
    helper_t helper = fork_helper (sender);
    void *pull = small_pull ();
    CHECK_OK (zmq_bind (pull, endpoint_));
    snprintf (endpoint, sizeof endpoint, "%s", last_endpoint (pull));
    CHECK_INT (write (helper.to, endpoint, sizeof endpoint), sizeof endpoint);
    await (helper.from, "sent");
    /* Receives until what is left fits into the kernel, and the sender can go; then the rest. */
    int got = 0;
    while (got < 1000) {
        if (helper.pid && speaks (helper.from, got % 50 ? 0 : 100)) {
            await (helper.from, "gone");
            end_helper (helper);
            helper.pid = 0;
        }
        char text[1000];
        if (!(wait_for (pull, ZMQ_POLLIN, 2000) & ZMQ_POLLIN))
            FAIL ("%d of 1000 messages came", got);
        CHECK_INT (zmq_recv (pull, text, sizeof text, ZMQ_DONTWAIT), 1000);
        text[8] = 0;
        CHECK_INT (atoi (text), got++);
    }
    CHECK_INT (helper.pid, 0);
}

OURS_ONLY (f_a_sender_over_ipc_may_exit, "a reference drops what the kernel holds")
{
    char endpoint[64];
    snprintf (endpoint, sizeof endpoint, "ipc://@fault-exit-%d", (int) getpid ());
    sender_goes (endpoint);
}

TEST (f_a_sender_over_tcp_may_exit)
{
    sender_goes ("tcp://127.0.0.1:*");
}
