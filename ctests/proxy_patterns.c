/* zmq_proxy and zmq_proxy_steerable. */
#include "sockets.h"

#include <sys/syscall.h>

/* The sockets of a proxy that runs in a thread, and how it ended. */
typedef struct
{
    void *frontend, *backend, *capture, *control;
    int steerable, result, error;
    _Atomic int tid;
    pthread_t thread;
} proxy_t;

static void *run (void *proxy_)
{
    proxy_t *p = proxy_;
    p->tid = (int) syscall (SYS_gettid);
    p->result = p->steerable
                  ? zmq_proxy_steerable (p->frontend, p->backend, p->capture, p->control)
                  : zmq_proxy (p->frontend, p->backend, p->capture);
    p->error = errno;
    return NULL;
}

static void start_proxy (proxy_t *proxy_)
{
    proxy_->steerable = proxy_->control != NULL;
    proxy_->thread = start (run, proxy_);
}

/* Ends a proxy by shutting the context down. */
static void end_by_shutdown (proxy_t *proxy_)
{
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (proxy_->thread);
    CHECK_INT (proxy_->result, -1);
    CHECK_INT (proxy_->error, ETERM);
}

/* Releases before 4.3.5 answered STATISTICS only, and counted messages there, not frames. */
static int before_4_3_5 (void)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    return major * 10000 + minor * 100 + patch < 40305;
}

/* A PAIR whose peer is the control socket of the proxy. */
static void *controller_of (proxy_t *proxy_)
{
    void *controller;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &proxy_->control, &controller);
    return controller;
}

/* Sends a command and checks that one empty frame comes back. */
static void command (void *controller_, const char *text_)
{
    send_parts (controller_, text_, NULL);
    if (!before_4_3_5 ())
        EXPECT (controller_, "");
}

/* Ends a proxy by TERMINATE. */
static void end_by_command (proxy_t *proxy_, void *controller_)
{
    command (controller_, "TERMINATE");
    join (proxy_->thread);
    CHECK_INT (proxy_->result, 0);
}

/* Asks for the eight counters. */
static void statistics (void *controller_, uint64_t *counters_)
{
    send_parts (controller_, "STATISTICS", NULL);
    CHECK_INT (wait_for (controller_, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    for (int i = 0; i < 8; i++) {
        CHECK_INT (zmq_recv (controller_, &counters_[i], 8, ZMQ_DONTWAIT), 8);
        CHECK_INT (get_int (controller_, ZMQ_RCVMORE), i < 7);
    }
}

/* A proxy between a ROUTER and a DEALER with a REQ before and a REP behind it. */
static proxy_t broker (void **req_, void **rep_)
{
    proxy_t proxy = {0};
    inproc_pair (ZMQ_ROUTER, ZMQ_REQ, &proxy.frontend, req_);
    CHECK_OK (set_str (*req_, ZMQ_ROUTING_ID, "req"));
    inproc_pair (ZMQ_DEALER, ZMQ_REP, &proxy.backend, rep_);
    return proxy;
}

TEST (h300_router_dealer_relays_requests_and_replies)
{
    void *req, *rep;
    proxy_t proxy = broker (&req, &rep);
    start_proxy (&proxy);
    for (int i = 0; i < 3; i++) {
        send_parts (req, "request", "with two parts", NULL);
        EXPECT (rep, "request", "with two parts");
        send_parts (rep, "reply", "", "tail", NULL);
        EXPECT (req, "reply", "", "tail");
    }
    end_by_shutdown (&proxy);
}

TEST (h300_capture_receives_copies_of_both_directions)
{
    int types[][2] = {{ZMQ_PUSH, ZMQ_PULL}, {ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_DEALER, ZMQ_DEALER}};
    for (int i = 0; i < 3; i++) {
        proxy_t proxy = {0};
        void *front, *back, *reader, *control;
        inproc_pair (ZMQ_DEALER, ZMQ_DEALER, &proxy.frontend, &front);
        inproc_pair (ZMQ_DEALER, ZMQ_DEALER, &proxy.backend, &back);
        inproc_pair (types[i][0], types[i][1], &proxy.capture, &reader);
        control = controller_of (&proxy);
        start_proxy (&proxy);
        send_parts (front, "to", "the back", NULL);
        EXPECT (back, "to", "the back");
        EXPECT (reader, "to", "the back");
        send_parts (back, "to", "", "the front", NULL);
        EXPECT (front, "to", "", "the front");
        EXPECT (reader, "to", "", "the front");
        EXPECT_NOTHING (reader);
        end_by_command (&proxy, control);
    }
}

TEST (h300_a_pub_captures_too)
{
    proxy_t proxy = {0};
    void *push, *pull, *sub;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &proxy.frontend, &push);
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &proxy.backend, &pull);
    inproc_pair (ZMQ_PUB, ZMQ_SUB, &proxy.capture, &sub);
    subscribe (sub, "");
    start_proxy (&proxy);
    send_parts (push, "a", "b", NULL);
    EXPECT (pull, "a", "b");
    EXPECT (sub, "a", "b");
    end_by_shutdown (&proxy);
}

TEST (h301_null_sockets_give_efault)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_FAIL (zmq_proxy (NULL, pull, NULL), EFAULT);
    CHECK_FAIL (zmq_proxy (pull, NULL, NULL), EFAULT);
    CHECK_FAIL (zmq_proxy (NULL, NULL, NULL), EFAULT);
    CHECK_FAIL (zmq_proxy_steerable (NULL, pull, NULL, NULL), EFAULT);
    CHECK_FAIL (zmq_proxy_steerable (pull, NULL, NULL, NULL), EFAULT);
}

TEST (h301_shutdown_ends_a_proxy_without_peers)
{
    proxy_t proxy = {0};
    proxy.frontend = bound (ZMQ_PULL, "inproc://front");
    proxy.backend = bound (ZMQ_PUSH, "inproc://back");
    start_proxy (&proxy);
    end_by_shutdown (&proxy);
}

TEST (h301_shutdown_ends_a_proxy_with_a_blocked_backend)
{
    proxy_t proxy = {0};
    proxy.frontend = bound (ZMQ_PULL, "inproc://front");
    void *push = connected (ZMQ_PUSH, "inproc://front");
    proxy.backend = socket_with_hwm (ZMQ_PUSH, 1, 1);
    CHECK_OK (zmq_connect (proxy.backend, "inproc://nobody"));
    for (int i = 0; i < 100; i++)
        send_parts (push, "a", NULL);
    start_proxy (&proxy);
    WAIT_UNTIL (proxy.tid && thread_sleeps (proxy.tid));
    end_by_shutdown (&proxy);
}

TEST (h301_a_context_that_was_shut_down_gives_eterm)
{
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_FAIL (zmq_proxy (pull, push, NULL), ETERM);
}

TEST (h302_one_rep_as_both_ends_echoes)
{
    proxy_t proxy = {0};
    void *req;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &proxy.frontend, &req);
    proxy.backend = proxy.frontend;
    start_proxy (&proxy);
    for (int i = 0; i < 3; i++) {
        send_parts (req, "echo", NULL); /* a REP cannot send before it has read to the end */
        EXPECT (req, "echo");
    }
    end_by_shutdown (&proxy);
}

TEST (h303_each_command_is_answered_and_terminate_ends_the_call)
{
    void *req, *rep, *control;
    proxy_t proxy = broker (&req, &rep);
    uint64_t counters[8];
    if (before_4_3_5 ())
        control = controller_of (&proxy);
    else
        inproc_pair (ZMQ_REP, ZMQ_REQ, &proxy.control, &control);
    start_proxy (&proxy);
    statistics (control, counters);
    for (int i = 0; i < 8; i++)
        CHECK_INT (counters[i], 0);
    command (control, "PAUSE");
    command (control, "RESUME");
    if (!before_4_3_5 ()) { /* which aborted */
        command (control, "unknown");
        command (control, "terminate");
    }
    end_by_command (&proxy, control);
}

TEST (h303_rep_pair_and_dealer_work_as_control_sockets)
{
    int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_DEALER, ZMQ_DEALER}, {ZMQ_REP, ZMQ_REQ}};
    for (int i = 0; i < 3; i++) {
        void *req, *rep, *control;
        proxy_t proxy = broker (&req, &rep);
        inproc_pair (types[i][0], types[i][1], &proxy.control, &control);
        start_proxy (&proxy);
        uint64_t counters[8];
        statistics (control, counters);
        send_parts (control, "TERMINATE", NULL);
        join (proxy.thread);
        CHECK_INT (proxy.result, 0);
    }
}

TEST (h303_without_control_it_is_a_plain_proxy)
{
    proxy_t proxy = {0};
    void *push, *pull;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &proxy.frontend, &push);
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &proxy.backend, &pull);
    proxy.steerable = 1;
    proxy.thread = start (run, &proxy);
    send_parts (push, "a", "b", NULL);
    EXPECT (pull, "a", "b");
    end_by_shutdown (&proxy);
}

TEST (h304_statistics_count_frames_and_bytes_per_socket_and_direction)
{
    proxy_t proxy = {0};
    void *front, *back, *control;
    inproc_pair (ZMQ_DEALER, ZMQ_DEALER, &proxy.frontend, &front);
    inproc_pair (ZMQ_DEALER, ZMQ_DEALER, &proxy.backend, &back);
    control = controller_of (&proxy);
    start_proxy (&proxy);
    send_parts (front, "12345", "678", NULL);
    send_parts (front, "", NULL);
    EXPECT (back, "12345", "678");
    EXPECT (back, "");
    send_parts (back, "1234567890", NULL);
    EXPECT (front, "1234567890");
    uint64_t counters[8], expected[8] = {3, 8, 1, 10, 1, 10, 3, 8};
    if (before_4_3_5 ())
        expected[0] = expected[6] = 2;
    statistics (control, counters);
    for (int i = 0; i < 8; i++)
        CHECK_INT (counters[i], expected[i]);
    end_by_command (&proxy, control);
}

OURS_ONLY (s_g2_pause_stops_forwarding_and_resume_restarts_it,
           "PAUSE of the references does not pause")
{
    proxy_t proxy = {0};
    void *push, *pull;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &proxy.frontend, &push);
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &proxy.backend, &pull);
    void *control = controller_of (&proxy);
    uint64_t counters[8];
    start_proxy (&proxy);
    send_parts (push, "before", NULL);
    EXPECT (pull, "before");
    command (control, "PAUSE");
    send_parts (push, "during", NULL);
    command (control, "PAUSE"); /* a round trip through the loop of the proxy */
    statistics (control, counters);
    CHECK_INT (counters[0], 1);
    EXPECT_NOTHING (pull);
    command (control, "RESUME");
    EXPECT (pull, "during");
    end_by_command (&proxy, control);
}

OURS_ONLY (s_g2_a_paused_proxy_can_be_terminated, "PAUSE of the references does not pause")
{
    proxy_t proxy = {0};
    void *push, *pull;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &proxy.frontend, &push);
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &proxy.backend, &pull);
    void *control = controller_of (&proxy);
    start_proxy (&proxy);
    command (control, "PAUSE");
    send_parts (push, "kept", NULL);
    end_by_command (&proxy, control);
    EXPECT (proxy.frontend, "kept");
    EXPECT_NOTHING (pull);
}

TEST (s_g1_a_source_is_not_read_while_the_destination_has_no_peer)
{
    proxy_t proxy = {0};
    void *push;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &proxy.frontend, &push);
    proxy.backend = bound (ZMQ_PUSH, "inproc://back");
    void *control = controller_of (&proxy);
    uint64_t counters[8];
    start_proxy (&proxy);
    send_parts (push, "waits", NULL);
    statistics (control, counters);
    statistics (control, counters);
    CHECK_INT (counters[0], 0);
    void *pull = connected (ZMQ_PULL, "inproc://back");
    EXPECT (pull, "waits");
    end_by_command (&proxy, control);
}

TEST (s_g1_xsub_xpub_passes_subscriptions_up_and_messages_down)
{
    proxy_t proxy = {0};
    void *pub = bound (ZMQ_XPUB, "inproc://pub"), *sub;
    proxy.frontend = connected (ZMQ_XSUB, "inproc://pub");
    inproc_pair (ZMQ_XPUB, ZMQ_SUB, &proxy.backend, &sub);
    start_proxy (&proxy);
    subscribe (sub, "A");
    EXPECT_BIN (pub, "\1A", 0);
    send_parts (pub, "A1", "body", NULL);
    send_parts (pub, "B1", NULL);
    EXPECT (sub, "A1", "body");
    unsubscribe (sub, "A");
    EXPECT_BIN (pub, "\0A", 0);
    end_by_shutdown (&proxy);
}

TEST (s_g1_nodrop_chain_holds_back_the_publisher_and_loses_nothing)
{
    proxy_t proxy = {0};
    void *xpub = socket_with_hwm (ZMQ_XPUB, 10, 10), *sub = socket_with_hwm (ZMQ_SUB, 10, 10);
    proxy.frontend = socket_with_hwm (ZMQ_XSUB, 10, 10);
    proxy.backend = socket_with_hwm (ZMQ_XPUB, 10, 10);
    CHECK_OK (set_int (xpub, ZMQ_XPUB_NODROP, 1));
    CHECK_OK (set_int (proxy.backend, ZMQ_XPUB_NODROP, 1));
    CHECK_OK (zmq_bind (xpub, "inproc://front"));
    CHECK_OK (zmq_connect (proxy.frontend, "inproc://front"));
    CHECK_OK (zmq_bind (proxy.backend, "inproc://back"));
    CHECK_OK (zmq_connect (sub, "inproc://back"));
    subscribe (sub, "");
    start_proxy (&proxy);
    EXPECT_BIN (xpub, "\1", 0);
    int sent = fill (xpub);
    CHECK (sent >= 20 && sent <= 40);
    for (int i = 0; i < sent; i++) {
        char text[16];
        snprintf (text, sizeof text, "%d", i);
        EXPECT (sub, text);
    }
    EXPECT_NOTHING (sub);
    end_by_shutdown (&proxy);
}

static void *run_device (void *proxy_)
{
    proxy_t *p = proxy_;
    p->result = zmq_device (0, p->frontend, p->backend);
    p->error = errno;
    return NULL;
}

TEST (s_g1_zmq_device_is_a_proxy_without_capture)
{
    proxy_t proxy = {0};
    void *push, *pull;
    inproc_pair (ZMQ_PULL, ZMQ_PUSH, &proxy.frontend, &push);
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &proxy.backend, &pull);
    proxy.thread = start (run_device, &proxy);
    send_parts (push, "a", "b", NULL);
    EXPECT (pull, "a", "b");
    end_by_shutdown (&proxy);
}
