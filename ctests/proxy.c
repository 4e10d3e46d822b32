/* zmq_proxy, zmq_proxy_steerable, zmq_device. */
#include "test.h"

/* What a proxy thread gets: sockets bound and handed over by the test body. */
typedef struct
{
    void *frontend, *backend, *capture, *control;
    int steerable;
    int rc, error;
} proxy_t;

static void *run_proxy (void *arg_)
{
    proxy_t *proxy = arg_;
    errno = 0;
    proxy->rc = proxy->steerable
                  ? zmq_proxy_steerable (proxy->frontend, proxy->backend, proxy->capture,
                                         proxy->control)
                  : zmq_proxy (proxy->frontend, proxy->backend, proxy->capture);
    proxy->error = errno;
    return NULL;
}

/* Ends a proxy by shutting its context down, and takes its sockets back. */
static void end_by_shutdown (proxy_t *proxy_, pthread_t thread_)
{
    CHECK_OK (zmq_ctx_shutdown (context ()));
    join (thread_);
    CHECK_INT (proxy_->rc, -1);
    CHECK_INT (proxy_->error, ETERM);
}

static void *bound (int type_, const char *endpoint_)
{
    void *socket = new_socket (type_);
    CHECK_OK (zmq_bind (socket, endpoint_));
    return socket;
}

static void *connected (int type_, const char *endpoint_)
{
    void *socket = new_socket (type_);
    CHECK_OK (zmq_connect (socket, endpoint_));
    return socket;
}

TEST (h301_null_sockets_are_efault)
{
    void *socket = new_socket (ZMQ_PULL);
    CHECK_FAIL (zmq_proxy (NULL, socket, NULL), EFAULT);
    CHECK_FAIL (zmq_proxy (socket, NULL, NULL), EFAULT);
    CHECK_FAIL (zmq_proxy_steerable (NULL, socket, NULL, socket), EFAULT);
    CHECK_FAIL (zmq_proxy_steerable (socket, NULL, NULL, socket), EFAULT);
}

TEST (a410_closed_sockets_are_enotsock)
{
    void *open = new_socket (ZMQ_PULL), *closed = new_socket (ZMQ_PULL);
    close_socket (closed);
    CHECK_FAIL (zmq_proxy (open, closed, NULL), ENOTSOCK);
    CHECK_FAIL (zmq_proxy (closed, open, NULL), ENOTSOCK);
}

TEST (h300_router_dealer_with_capture)
{
    proxy_t proxy = {bound (ZMQ_ROUTER, "inproc://front"), bound (ZMQ_DEALER, "inproc://back"),
                     bound (ZMQ_PUSH, "inproc://capture"), NULL, 0, 0, 0};
    void *capture = connected (ZMQ_PULL, "inproc://capture");
    void *rep = connected (ZMQ_REP, "inproc://back");
    void *req = new_socket (ZMQ_REQ);
    CHECK_OK (zmq_setsockopt (req, ZMQ_ROUTING_ID, "client", 6));
    CHECK_OK (zmq_connect (req, "inproc://front"));
    pthread_t thread = start (run_proxy, &proxy);
    for (int i = 0; i < 3; i++) {
        send_parts (req, "question", "more of it", NULL);
        EXPECT (rep, "question", "more of it");
        send_parts (rep, "answer", NULL);
        EXPECT (req, "answer");
        EXPECT (capture, "client", "", "question", "more of it");
        EXPECT (capture, "client", "", "answer");
    }
    end_by_shutdown (&proxy, thread);
}

TEST (g01_one_way_proxy)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     NULL, 0, 0, 0};
    void *push = connected (ZMQ_PUSH, "inproc://front");
    void *pull = connected (ZMQ_PULL, "inproc://back");
    pthread_t thread = start (run_proxy, &proxy);
    for (int i = 0; i < 1500; i++) {
        char text[16];
        snprintf (text, sizeof text, "%d", i);
        send_parts (push, text, "second", NULL);
    }
    for (int i = 0; i < 1500; i++) {
        char text[16];
        snprintf (text, sizeof text, "%d", i);
        EXPECT (pull, text, "second");
    }
    end_by_shutdown (&proxy, thread);
}

TEST (g01_forwarder)
{
    proxy_t proxy = {bound (ZMQ_XSUB, "inproc://front"), bound (ZMQ_XPUB, "inproc://back"), NULL,
                     NULL, 0, 0, 0};
    void *xpub = connected (ZMQ_XPUB, "inproc://front");
    void *sub = connected (ZMQ_SUB, "inproc://back");
    pthread_t thread = start (run_proxy, &proxy);
    CHECK_OK (set_str (sub, ZMQ_SUBSCRIBE, "topic"));
    EXPECT (xpub, "\x01topic");
    send_parts (xpub, "other", NULL);
    send_parts (xpub, "topic 1", "body", NULL);
    EXPECT (sub, "topic 1", "body");
    end_by_shutdown (&proxy, thread);
}

TEST (g01_a_peerless_backend_leaves_the_frontend_unread)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     NULL, 0, 0, 0};
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 1));
    CHECK_OK (set_int (proxy.frontend, ZMQ_RCVHWM, 1));
    CHECK_OK (zmq_connect (push, "inproc://front"));
    pthread_t thread = start (run_proxy, &proxy);
    int sent = 0;
    CHECK_OK (set_int (push, ZMQ_SNDTIMEO, 100));
    while (send_str (push, "a", 0) == 1)
        sent++;
    CHECK (errno == EAGAIN);
    /* the limits of the binder are those of its bind: 1 and 1000 */
    CHECK_INT (sent, 1001);
    void *pull = connected (ZMQ_PULL, "inproc://back");
    for (int i = 0; i < sent; i++)
        EXPECT (pull, "a");
    end_by_shutdown (&proxy, thread);
}

TEST (h301_shutdown_ends_a_blocked_proxy)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     NULL, 0, 0, 0};
    void *push = connected (ZMQ_PUSH, "inproc://front");
    pthread_t thread = start (run_proxy, &proxy);
    for (int i = 0; i < 100; i++)
        CHECK_INT (send_str (push, "a", 0), 1);
    end_by_shutdown (&proxy, thread);
}

TEST (h302_one_rep_as_both_ends_echoes)
{
    void *rep = bound (ZMQ_REP, "inproc://echo");
    proxy_t proxy = {rep, rep, NULL, NULL, 0, 0, 0};
    void *req = connected (ZMQ_REQ, "inproc://echo");
    pthread_t thread = start (run_proxy, &proxy);
    for (int i = 0; i < 3; i++) {
        /* one frame: a REP refuses to answer before it has read everything */
        send_parts (req, "echo", NULL);
        EXPECT (req, "echo");
    }
    end_by_shutdown (&proxy, thread);
}

static void *run_device (void *arg_)
{
    proxy_t *proxy = arg_;
    proxy->rc = zmq_device (12345, proxy->frontend, proxy->backend);
    proxy->error = errno;
    return NULL;
}

TEST (a410_device_is_a_proxy)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     NULL, 0, 0, 0};
    void *push = connected (ZMQ_PUSH, "inproc://front");
    void *pull = connected (ZMQ_PULL, "inproc://back");
    pthread_t thread = start (run_device, &proxy);
    send_parts (push, "through", NULL);
    EXPECT (pull, "through");
    end_by_shutdown (&proxy, thread);
}

/* ---- steerable ----------------------------------------------------------------------------- */

/* Asks for the statistics, checks the shape of the reply and fills `values_`. */
static void statistics (void *control_, uint64_t values_[8])
{
    CHECK_INT (send_str (control_, "STATISTICS", 0), 10);
    CHECK (wait_for (control_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    for (int i = 0; i < 8; i++) {
        CHECK_INT (zmq_recv (control_, &values_[i], sizeof values_[i], ZMQ_DONTWAIT), 8);
        CHECK_INT (get_int (control_, ZMQ_RCVMORE), i < 7);
    }
}

static void command (void *control_, const char *text_)
{
    CHECK (send_str (control_, text_, 0) > 0);
    EXPECT (control_, "");
}

static void end_by_command (proxy_t *proxy_, pthread_t thread_, void *control_)
{
    command (control_, "TERMINATE");
    join (thread_);
    CHECK_INT (proxy_->rc, 0);
}

SINCE_4_3_5 (h303_steering_by_req)
{
    proxy_t proxy = {bound (ZMQ_ROUTER, "inproc://front"), bound (ZMQ_DEALER, "inproc://back"),
                     NULL, bound (ZMQ_REP, "inproc://control"), 1, 99, 0};
    void *control = connected (ZMQ_REQ, "inproc://control");
    void *rep = connected (ZMQ_REP, "inproc://back");
    void *req = connected (ZMQ_REQ, "inproc://front");
    pthread_t thread = start (run_proxy, &proxy);
    uint64_t values[8];
    statistics (control, values);
    for (int i = 0; i < 8; i++)
        CHECK_INT (values[i], 0);
    send_parts (req, "question", NULL);
    EXPECT (rep, "question");
    send_parts (rep, "answer", NULL);
    EXPECT (req, "answer");
    command (control, "nonsense");
    command (control, "PAUSE");
    command (control, "RESUME");
    end_by_command (&proxy, thread, control);
}

SINCE_4_3_5 (h304_statistics)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     bound (ZMQ_REP, "inproc://control"), 1, 99, 0};
    void *control = connected (ZMQ_REQ, "inproc://control");
    void *push = connected (ZMQ_PUSH, "inproc://front");
    void *pull = connected (ZMQ_PULL, "inproc://back");
    pthread_t thread = start (run_proxy, &proxy);
    for (int i = 0; i < 10; i++)
        send_parts (push, "12345", "678", NULL);
    send_parts (push, "12345", NULL);
    for (int i = 0; i < 10; i++)
        EXPECT (pull, "12345", "678");
    EXPECT (pull, "12345");
    static const uint64_t expected[8] = {21, 85, 0, 0, 0, 0, 21, 85};
    uint64_t values[8];
    statistics (control, values);
    for (int i = 0; i < 8; i++)
        CHECK_INT (values[i], expected[i]);
    end_by_command (&proxy, thread, control);
}

SINCE_4_3_5 (h304_statistics_of_both_directions)
{
    proxy_t proxy = {bound (ZMQ_ROUTER, "inproc://front"), bound (ZMQ_DEALER, "inproc://back"),
                     NULL, bound (ZMQ_REP, "inproc://control"), 1, 99, 0};
    void *control = connected (ZMQ_REQ, "inproc://control");
    void *rep = connected (ZMQ_REP, "inproc://back");
    void *req = new_socket (ZMQ_REQ);
    CHECK_OK (zmq_setsockopt (req, ZMQ_ROUTING_ID, "ID", 2));
    CHECK_OK (zmq_connect (req, "inproc://front"));
    pthread_t thread = start (run_proxy, &proxy);
    send_parts (req, "question", NULL);
    EXPECT (rep, "question");
    send_parts (rep, "yes", NULL);
    EXPECT (req, "yes");
    static const uint64_t expected[8] = {3, 10, 3, 5, 3, 5, 3, 10};
    uint64_t values[8];
    statistics (control, values);
    for (int i = 0; i < 8; i++)
        CHECK_INT (values[i], expected[i]);
    end_by_command (&proxy, thread, control);
}

OURS_ONLY (a410_pause_stops_forwarding, "4.3.5 does not pause on PAUSE")
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     bound (ZMQ_REP, "inproc://control"), 1, 99, 0};
    void *control = connected (ZMQ_REQ, "inproc://control");
    void *push = connected (ZMQ_PUSH, "inproc://front");
    void *pull = connected (ZMQ_PULL, "inproc://back");
    pthread_t thread = start (run_proxy, &proxy);
    command (control, "PAUSE");
    send_parts (push, "held", NULL);
    uint64_t values[8];
    for (int i = 0; i < 20; i++) {
        statistics (control, values); /* control is obeyed meanwhile */
        CHECK_INT (values[0], 0);
    }
    EXPECT_NOTHING (pull);
    command (control, "RESUME");
    EXPECT (pull, "held");
    end_by_command (&proxy, thread, control);
}

TEST (g02_pair_control_and_termination)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     bound (ZMQ_PAIR, "inproc://control"), 1, 99, 0};
    void *control = connected (ZMQ_PAIR, "inproc://control");
    pthread_t thread = start (run_proxy, &proxy);
    uint64_t values[8];
    statistics (control, values);
    CHECK_INT (send_str (control, "TERMINATE", 0), 9);
    join (thread);
    CHECK_INT (proxy.rc, 0);
}

TEST (g02_steerable_without_control_is_a_proxy)
{
    proxy_t proxy = {bound (ZMQ_PULL, "inproc://front"), bound (ZMQ_PUSH, "inproc://back"), NULL,
                     NULL, 1, 99, 0};
    void *push = connected (ZMQ_PUSH, "inproc://front");
    void *pull = connected (ZMQ_PULL, "inproc://back");
    pthread_t thread = start (run_proxy, &proxy);
    send_parts (push, "through", NULL);
    EXPECT (pull, "through");
    end_by_shutdown (&proxy, thread);
}
