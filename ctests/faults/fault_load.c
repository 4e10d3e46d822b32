/* Many connections, too many for the descriptors there are, and connections that come and go. */
#include "faults.h"

/* ---- descriptors --------------------------------------------------------------------------- */

#define CALLERS 5

/* Holds connections to a port, told through the pipe, and reports when each has been greeted. */
static void callers (int from_, int to_)
{
    uint16_t port;
    int peers[CALLERS];
    await (from_, "port");
    if (read (from_, &port, sizeof port) != sizeof port)
        _exit (1);
    for (int i = 0; i < CALLERS; i++)
        peers[i] = dial (port);
    tell (to_, "waiting");
    for (int i = 0; i < CALLERS; i++)
        EXPECT_HEX (peers[i], OUR_SIGNATURE);
    tell (to_, "greeted");
    await (from_, "enough");
}

/* Takes all descriptors away and lets others call; gives them back after `ms_`. Returns how much
 * processor time that took. */
static int64_t out_of_descriptors (int ms_)
{
    struct rlimit full, none;
    helper_t helper = fork_helper (callers);
    void *pull = new_socket (ZMQ_PULL);
    connects = bytewise = 0;
    close_peer (join_peer (pull));
    still_serves (pull);
    uint16_t port = (uint16_t) bound_port (pull);
    getrlimit (RLIMIT_NOFILE, &full);
    none = full;
    /* The lowest number that is free is the first that may not be given out. */
    int lowest = dup (0);
    none.rlim_cur = (rlim_t) lowest;
    close (lowest);
    CHECK_OK (setrlimit (RLIMIT_NOFILE, &none));
    tell (helper.to, "port");
    CHECK_INT (write (helper.to, &port, sizeof port), sizeof port);
    await (helper.from, "waiting");
    int64_t used = cpu_while_idle (ms_);
    CHECK_OK (setrlimit (RLIMIT_NOFILE, &full));
    await (helper.from, "greeted");
    tell (helper.to, "enough");
    end_helper (helper);
    still_serves (pull);
    return used;
}

TEST (f_a_listener_recovers_when_descriptors_return)
{
    out_of_descriptors (300);
}

OURS_ONLY (f_a_listener_without_descriptors_backs_off, "a reference spins")
{
    int64_t used = out_of_descriptors (1000);
    note ("a listener without descriptors used %d ms of 1000", (int) used);
    CHECK (used < 100);
}

/* ---- idle ---------------------------------------------------------------------------------- */

/* Connectors in a process of their own. */
#define SHARE 2000

static int wanted (void)
{
    const char *text = getenv ("FAULTS_CONNECTIONS");
    return text ? atoi (text) : 2000;
}

/* Makes SHARE connections that say something each; reports the memory they take, and the processor
 * time that they use while idle. */
static void connectors (int from_, int to_)
{
    static void *push[SHARE];
    char endpoint[64];
    long figures[2];
    if (read (from_, endpoint, sizeof endpoint) != sizeof endpoint)
        _exit (1);
    CHECK (allow_descriptors (2 * SHARE + 200));
    CHECK_OK (zmq_ctx_set (context (), ZMQ_MAX_SOCKETS, SHARE + 100));
    long before = trimmed_kb ();
    for (int i = 0; i < SHARE; i++) {
        push[i] = connected (ZMQ_PUSH, endpoint);
        CHECK_INT (send_str (push[i], "x", 0), 1);
    }
    tell (to_, "sent");
    await (from_, "idle");
    figures[0] = trimmed_kb () - before;
    figures[1] = cpu_while_idle (2000);
    CHECK_INT (write (to_, figures, sizeof figures), sizeof figures);
    await (from_, "enough");
    finish ();
}

TEST (f_idle_connections_cost_no_time)
{
    int helpers = (wanted () + SHARE - 1) / SHARE, count = helpers * SHARE;
    helper_t helper[64];
    char endpoint[64] = "";
    CHECK (helpers <= 64);
    if (!allow_descriptors ((rlim_t) count + 200)) {
        note ("%d connections want as many descriptors: left out", count);
        return;
    }
    for (int i = 0; i < helpers; i++)
        helper[i] = fork_helper (connectors);
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_BACKLOG, 4096));
    CHECK_OK (zmq_bind (pull, "tcp://127.0.0.1:*"));
    snprintf (endpoint, sizeof endpoint, "%s", last_endpoint (pull));
    long before = trimmed_kb (), theirs = 0, used = 0;
    int64_t begun = now_ms ();
    for (int i = 0; i < helpers; i++) {
        CHECK_INT (write (helper[i].to, endpoint, sizeof endpoint), sizeof endpoint);
        await (helper[i].from, "sent");
        for (int got = 0; got < SHARE; got++)
            EXPECT (pull, "x");
    }
    int64_t took = now_ms () - begun;
    long ours_kb = trimmed_kb () - before;
    for (int i = 0; i < helpers; i++)
        tell (helper[i].to, "idle");
    used = cpu_while_idle (1500);
    for (int i = 0; i < helpers; i++) {
        long figures[2];
        CHECK_INT (read (helper[i].from, figures, sizeof figures), sizeof figures);
        theirs += figures[0];
        used += figures[1];
    }
    note ("%d connection pairs: made in %d ms; KiB each: %.1f accepted, %.1f connected with "
          "socket; %ld ms of processor time in 2 s of idleness", count, (int) took,
          (double) ours_kb / count, (double) theirs / count, used);
    for (int i = 0; i < helpers; i++) {
        tell (helper[i].to, "enough");
        end_helper (helper[i]);
    }
    CHECK (used < 100 * (helpers + 1));
}

/* ---- coming and going ---------------------------------------------------------------------- */

#define STORM 500

TEST (f_a_storm_of_reconnects)
{
    allow_descriptors (6 * STORM + 200);
    CHECK_OK (zmq_ctx_set (context (), ZMQ_MAX_SOCKETS, STORM + 100));
    void *push[STORM];
    char endpoint[64];
    int port_holder = plain_listener (0), port = port_of (port_holder);
    close (port_holder);
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    for (int i = 0; i < STORM; i++) {
        push[i] = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push[i], ZMQ_RECONNECT_IVL, 20));
        CHECK_OK (set_int (push[i], ZMQ_IMMEDIATE, 1)); /* POLLOUT says that the link is up */
        CHECK_OK (zmq_connect (push[i], endpoint));
    }
    int64_t begun = now_ms (), used = cpu_ms ();
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_BACKLOG, STORM));
    for (int round = 0; round < 6; round++) {
        CHECK_OK (zmq_bind (pull, endpoint));
        for (int i = 0; i < STORM; i++)
            WAIT_UNTIL (settle (push[i]) & ZMQ_POLLOUT);
        if (round == 5)
            break;
        CHECK_OK (zmq_unbind (pull, endpoint));
        for (int i = 0; i < STORM; i++)
            WAIT_UNTIL (settle (pull) == 0 && !(settle (push[i]) & ZMQ_POLLOUT));
        /* the name is free when the listener has closed */
        int fd = -1, one = 1;
        struct sockaddr_in address = loopback (port);
        WAIT_UNTIL ((fd != -1 ? close (fd) : 0, fd = socket (AF_INET, SOCK_STREAM, 0),
                     setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one),
                     bind (fd, (struct sockaddr *) &address, sizeof address) == 0
                       && listen (fd, 1) == 0));
        close (fd);
    }
    note ("%d connectors, 6 times: %d ms, %d ms of processor time", STORM,
          (int) (now_ms () - begun), (int) (cpu_ms () - used));
    char seen[STORM] = "";
    for (int i = 0; i < STORM; i++) {
        char text[16];
        snprintf (text, sizeof text, "%d", i);
        CHECK (send_str (push[i], text, 0) > 0);
    }
    for (int i = 0; i < STORM; i++) {
        char text[16];
        CHECK (wait_for (pull, ZMQ_POLLIN, PATIENCE));
        CHECK (recv_str (pull, text, sizeof text, ZMQ_DONTWAIT) > 0);
        seen[atoi (text)]++;
    }
    for (int i = 0; i < STORM; i++)
        CHECK_INT (seen[i], 1);
}

/* Connectors whose listener is away for long must not keep a processor busy. */
TEST (f_connectors_without_listener_cost_little)
{
    allow_descriptors (3 * STORM + 200);
    int holder = plain_listener (0), port = port_of (holder);
    char endpoint[64];
    close (holder);
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    for (int i = 0; i < STORM; i++) {
        void *push = new_socket (ZMQ_PUSH);
        CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 100));
        CHECK_OK (zmq_connect (push, endpoint));
    }
    int64_t used = cpu_while_idle (2000);
    note ("%d connectors without listener used %d ms of 2000", STORM, (int) used);
    CHECK (used < 1500);
}

/* Subscribers that connect, subscribe and die; the publisher's thread does not call in. */
static void subscribers_die (int port_, int count_)
{
    wire_socket = NULL;
    for (int i = 0; i < count_; i++) {
        int peer = dial (port_);
        send_hex (peer, GREETING_31 "04 19 05 'READY' " TYPE ("03", "SUB"));
        EXPECT_HEX (peer, OUR_GREETING "04 19 05 'READY' " TYPE ("03", "PUB"));
        send_hex (peer, "04 0D 09 'SUBSCRIBE' 'TTT'");
        swallowed (peer);
        close_peer (peer);
    }
}

OURS_ONLY (f_dead_subscribers_of_an_idle_pub_are_forgotten,
           "a reference keeps some 35 KiB of each until the next call")
{
    void *pub = new_socket (ZMQ_PUB);
    connects = bytewise = 0;
    CHECK_OK (zmq_bind (pub, "tcp://127.0.0.1:*"));
    int port = bound_port (pub);
    subscribers_die (port, 500);
    long before = trimmed_kb ();
    int open = descriptors ();
    subscribers_die (port, 500);
    WAIT_UNTIL (descriptors () <= open);
    WAIT_UNTIL (trimmed_kb () - before < 2048);
    note ("500 dead subscribers of an idle PUB: %ld KiB", trimmed_kb () - before);
}
