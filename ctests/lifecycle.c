/* Shutdown, termination, fork, running out of descriptors. */
#include "test.h"
#include <dirent.h>
#include <fcntl.h>

/* ---- shutdown ------------------------------------------------------------------------------ */

TEST (a42_shutdown_is_idempotent)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), ETERM);
}

TEST (h207_after_shutdown_every_call_is_eterm)
{
    void *a, *b;
    char buffer[8];
    int value = 0;
    size_t size = sizeof value;
    inproc_pair (ZMQ_DEALER, ZMQ_DEALER, &a, &b);
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_NULL (zmq_socket (context (), ZMQ_PAIR), ETERM);
    /* the query lets the socket notice */
    CHECK_FAIL (zmq_getsockopt (a, ZMQ_EVENTS, &value, &size), ETERM);
    CHECK_FAIL (zmq_send (a, "a", 1, ZMQ_DONTWAIT), ETERM);
    CHECK_FAIL (zmq_send (a, "a", 1, 0), ETERM);
    CHECK_FAIL (zmq_recv (a, buffer, sizeof buffer, ZMQ_DONTWAIT), ETERM);
    CHECK_FAIL (zmq_recv (a, buffer, sizeof buffer, 0), ETERM);
    CHECK_FAIL (set_int (a, ZMQ_LINGER, 0), ETERM);
    CHECK_FAIL (set_int (a, 1000, 0), ETERM);
    CHECK_FAIL (zmq_getsockopt (a, ZMQ_LINGER, &value, &size), ETERM);
    CHECK_FAIL (zmq_getsockopt (a, ZMQ_FD, &value, &size), ETERM);
    CHECK_FAIL (zmq_bind (a, "inproc://after"), ETERM);
    CHECK_FAIL (zmq_bind (a, "nonsense"), ETERM);
    CHECK_FAIL (zmq_connect (a, "inproc://after"), ETERM);
    CHECK_FAIL (zmq_unbind (a, "inproc://after"), ETERM);
    CHECK_FAIL (zmq_disconnect (a, "inproc://after"), ETERM);
    CHECK_FAIL (zmq_disconnect (a, NULL), ETERM);
    CHECK_FAIL (zmq_socket_monitor (a, "inproc://monitor", 0), ETERM);
    CHECK_FAIL (zmq_socket_monitor (a, NULL, 0), ETERM);
    zmq_pollitem_t item = {a, 0, ZMQ_POLLIN, 0};
    CHECK_FAIL (zmq_poll (&item, 1, 0), ETERM);
    CHECK_FAIL (zmq_poll (&item, 1, -1), ETERM);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 50));
    CHECK_FAIL (zmq_msg_send (&msg, a, 0), ETERM);
    CHECK_FAIL (zmq_msg_recv (&msg, a, 0), ETERM);
    CHECK_INT (zmq_msg_size (&msg), 50);
    CHECK_OK (zmq_msg_close (&msg));
    /* each socket notices for itself, and by a blocking call as well */
    CHECK_FAIL (zmq_recv (b, buffer, sizeof buffer, 0), ETERM);
    CHECK_FAIL (zmq_send (b, "a", 1, 0), ETERM);
    close_socket (a);
    CHECK_FAIL (zmq_close (a), ENOTSOCK);
}

TEST (h207_shutdown_is_noticed_by_calls_that_process)
{
    void *sockets[4];
    for (int i = 0; i < 4; i++)
        sockets[i] = new_socket (ZMQ_PULL);
    char byte;
    zmq_pollitem_t item = {sockets[3], 0, ZMQ_POLLIN, 0};
    CHECK_OK (zmq_ctx_shutdown (context ()));
    CHECK_FAIL (zmq_recv (sockets[0], &byte, 1, ZMQ_DONTWAIT), ETERM);
    CHECK_FAIL (zmq_bind (sockets[1], "inproc://a"), ETERM);
    CHECK_FAIL (zmq_connect (sockets[2], "inproc://a"), ETERM);
    CHECK_FAIL (zmq_poll (&item, 1, 0), ETERM);
}

/* What a thread does until shutdown ends it. */
typedef struct
{
    int kind; /* 0 recv, 1 send, 2 poll, 3 poll with a descriptor, 4 proxy */
    int tid;
    int ready[2]; /* made by the test body */
} blocked_t;

static void *block_until_eterm (void *arg_)
{
    blocked_t *blocked = arg_;
    int type = blocked->kind == 0 ? ZMQ_PULL : ZMQ_PUSH;
    void *socket = zmq_socket (context (), type);
    CHECK (socket != NULL);
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0},
                              {NULL, blocked->ready[0], ZMQ_POLLIN, 0}};
    char byte;
    __atomic_store_n (&blocked->tid, gettid (), __ATOMIC_SEQ_CST);
    switch (blocked->kind) {
        case 0:
            CHECK_FAIL (zmq_recv (socket, &byte, 1, 0), ETERM);
            break;
        case 1:
            CHECK_FAIL (zmq_send (socket, "a", 1, 0), ETERM);
            break;
        case 2:
            CHECK_FAIL (zmq_poll (items, 1, -1), ETERM);
            break;
        case 3:
            CHECK_FAIL (zmq_poll (items, 2, PATIENCE * 1000), ETERM);
            break;
        default: {
            void *other = zmq_socket (context (), ZMQ_PULL);
            CHECK (other != NULL);
            CHECK_FAIL (zmq_proxy (other, socket, NULL), ETERM);
            CHECK_OK (zmq_close (other));
        }
    }
    CHECK_OK (zmq_close (socket));
    return NULL;
}

static void check_wake (int kind_, int by_term_)
{
    blocked_t blocked = {kind_, 0, {-1, -1}};
    CHECK_OK (pipe (blocked.ready));
    context (); /* made here, not by the thread */
    pthread_t thread = start (block_until_eterm, &blocked);
    int tid;
    WAIT_UNTIL ((tid = __atomic_load_n (&blocked.tid, __ATOMIC_SEQ_CST)) != 0
                && thread_sleeps (tid));
    if (by_term_)
        finish ();
    else
        CHECK_OK (zmq_ctx_shutdown (context ()));
    join (thread);
}

TEST (h206_shutdown_wakes_recv)
{
    check_wake (0, 0);
}

TEST (h206_shutdown_wakes_send)
{
    check_wake (1, 0);
}

TEST (h206_shutdown_wakes_poll)
{
    check_wake (2, 0);
    finish ();
    check_wake (3, 0);
}

TEST (h301_shutdown_wakes_proxy)
{
    check_wake (4, 0);
}

TEST (h208_term_wakes_and_waits_for_the_close)
{
    check_wake (0, 1);
    check_wake (2, 1);
}

/* ---- term ---------------------------------------------------------------------------------- */

typedef struct
{
    void *ctx;
    int tid;
    int done;
} terminator_t;

static void *terminate (void *arg_)
{
    terminator_t *terminator = arg_;
    __atomic_store_n (&terminator->tid, gettid (), __ATOMIC_SEQ_CST);
    CHECK_OK (zmq_ctx_term (terminator->ctx));
    __atomic_store_n (&terminator->done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

TEST (h208_term_blocks_until_all_sockets_are_closed)
{
    void *ctx = zmq_ctx_new ();
    void *a = zmq_socket (ctx, ZMQ_PAIR), *b = zmq_socket (ctx, ZMQ_PULL);
    terminator_t terminator = {ctx, 0, 0};
    pthread_t thread = start (terminate, &terminator);
    int tid;
    WAIT_UNTIL ((tid = __atomic_load_n (&terminator.tid, __ATOMIC_SEQ_CST)) != 0
                && thread_sleeps (tid));
    /* it got as far as to stop the sockets */
    char byte;
    CHECK_FAIL (zmq_recv (a, &byte, 1, 0), ETERM);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), ETERM);
    CHECK_OK (zmq_close (a));
    CHECK_INT (__atomic_load_n (&terminator.done, __ATOMIC_SEQ_CST), 0);
    WAIT_UNTIL (thread_sleeps (tid));
    CHECK_INT (__atomic_load_n (&terminator.done, __ATOMIC_SEQ_CST), 0);
    CHECK_OK (zmq_close (b));
    join (thread);
    CHECK_INT (terminator.done, 1);
}

TEST (h209_term_does_not_wait_for_inproc_connects)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, "inproc://never"));
    CHECK_INT (send_str (push, "lost", 0), 4);
    forget_socket (push);
    CHECK_OK (zmq_close (push));
    finish ();
}

TEST (h211_shutdown_close_term_with_pending_connects)
{
    void *sockets[3] = {new_socket (ZMQ_PUSH), new_socket (ZMQ_SUB), new_socket (ZMQ_REQ)};
    for (int i = 0; i < 3; i++)
        CHECK_OK (zmq_connect (sockets[i], "inproc://never"));
    CHECK_OK (zmq_ctx_shutdown (context ()));
    for (int i = 0; i < 3; i++)
        close_socket (sockets[i]);
    finish ();
}

TEST (a42_term_after_shutdown_without_sockets)
{
    void *ctx = zmq_ctx_new ();
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_OK (zmq_ctx_term (ctx));
}

TEST (h189_queued_inproc_messages_survive_close_with_linger_0)
{
    void *a, *b;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    CHECK_OK (set_int (a, ZMQ_LINGER, 0));
    for (int i = 0; i < 10; i++)
        CHECK_INT (send_str (a, "kept", 0), 4);
    close_socket (a);
    for (int i = 0; i < 10; i++)
        EXPECT (b, "kept");
    EXPECT_NOTHING (b);
}

TEST (a42_contexts_come_and_go)
{
    for (int i = 0; i < 100; i++) {
        void *a, *b;
        inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
        send_parts (a, "left", "behind", NULL);
        finish ();
    }
}

TEST (a42_contexts_are_independent)
{
    void *other = zmq_ctx_new ();
    void *socket = zmq_socket (other, ZMQ_PAIR);
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (zmq_ctx_shutdown (other));
    bounce (a, b);
    CHECK_OK (zmq_close (socket));
    CHECK_OK (zmq_ctx_term (other));
    bounce (b, a);
}

/* ---- descriptors --------------------------------------------------------------------------- */

static int open_descriptors (void)
{
    int count = 0;
    DIR *folder = opendir ("/proc/self/fd");
    CHECK (folder != NULL);
    while (readdir (folder))
        count++;
    closedir (folder);
    return count;
}

TEST (a42_term_gives_every_descriptor_back)
{
    int before = open_descriptors ();
    for (int i = 0; i < 3; i++) {
        void *a, *b;
        inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
        bounce (a, b);
        finish ();
        CHECK_INT (open_descriptors (), before);
    }
}

TEST (a40_descriptors_are_close_on_exec)
{
    int mine[64], count = 0;
    for (int fd = 0; fd < 64; fd++)
        mine[fd] = fcntl (fd, F_GETFD) != -1;
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    for (int fd = 0; fd < 64; fd++)
        if (!mine[fd] && fcntl (fd, F_GETFD) != -1) {
            CHECK (fcntl (fd, F_GETFD) & FD_CLOEXEC);
            count++;
        }
    CHECK (count > 0);
}

/* Takes every descriptor that is left but `spare_`. */
static void exhaust_descriptors (int spare_)
{
    int fds[256], count = 0;
    struct rlimit limit;
    CHECK_OK (getrlimit (RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 64;
    CHECK_OK (setrlimit (RLIMIT_NOFILE, &limit));
    while ((fds[count] = open ("/dev/null", O_RDONLY)) != -1)
        count++;
    CHECK (errno == EMFILE);
    CHECK (count > spare_);
    while (spare_--)
        close (fds[--count]);
}

TEST (a42_ctx_new_without_descriptors_is_emfile)
{
    exhaust_descriptors (0);
    CHECK_NULL (zmq_ctx_new (), EMFILE);
    CHECK_NULL (zmq_ctx_new (), EMFILE);
}

TEST (c01_socket_without_descriptors_is_emfile)
{
    void *ctx = context ();
    new_socket (ZMQ_PAIR); /* threads and their descriptors are there */
    exhaust_descriptors (2);
    void *first = zmq_socket (ctx, ZMQ_PAIR), *second = zmq_socket (ctx, ZMQ_PAIR);
    CHECK (first != NULL && second != NULL);
    for (int i = 0; i < 5; i++)
        CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    CHECK_OK (zmq_close (first));
    void *third = NULL;
    WAIT_UNTIL ((third = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    CHECK_OK (zmq_close (second));
    CHECK_OK (zmq_close (third));
}

TEST (a43_first_socket_without_descriptors_is_emfile)
{
    void *ctx = context ();
    exhaust_descriptors (0);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
}

TEST (c01_inproc_needs_no_descriptors_once_sockets_exist)
{
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PAIR);
    exhaust_descriptors (0);
    CHECK_OK (zmq_bind (a, "inproc://dry"));
    CHECK_OK (zmq_connect (b, "inproc://dry"));
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    finish ();
}

/* ---- fork ---------------------------------------------------------------------------------- */

/* Ends a forked process that found everything right. It does not exit: what it inherited and
   dropped would be a leak to whoever looks for leaks. */
static void end_well (void)
{
    kill (getpid (), SIGKILL);
}

/* Waits for a forked process and checks that it ended well. */
static void reap (pid_t child_)
{
    int status;
    CHECK (child_ > 0);
    CHECK_INT (waitpid (child_, &status, 0), child_);
    CHECK (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

TEST (h212_a_forked_child_may_drop_what_it_inherited)
{
    void *a, *b;
    char byte;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    bounce (a, b);
    pid_t child = fork ();
    if (child == 0) {
        alarm (10);
        CHECK_FAIL (zmq_recv (a, &byte, 1, 0), EINTR);
        CHECK_OK (zmq_close (a));
        CHECK_OK (zmq_close (b));
        zmq_ctx_term (context ()); /* EINTR in a reference; what counts is that it comes back */
        end_well ();
    }
    reap (child);
    bounce (a, b);
    EXPECT_NOTHING (a);
}

TEST (h212_inherited_sockets_answer_eintr)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_INT (send_str (a, "kept", 0), 4);
    pid_t child = fork ();
    if (child == 0) {
        alarm (10);
        int events;
        size_t size = sizeof events;
        zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
        CHECK_FAIL (zmq_getsockopt (b, ZMQ_EVENTS, &events, &size), EINTR);
        CHECK_FAIL (zmq_poll (&item, 1, -1), EINTR);
        CHECK_FAIL (zmq_send (b, "a", 1, ZMQ_DONTWAIT), EINTR);
        CHECK_OK (set_int (b, ZMQ_LINGER, 0));
        end_well ();
    }
    reap (child);
    EXPECT (b, "kept");
    bounce (a, b);
}

/* Whether the descriptor of a socket is readable. */
static int fd_readable (void *socket_)
{
    struct pollfd item = {get_int (socket_, ZMQ_FD), POLLIN, 0};
    return poll (&item, 1, 0);
}

TEST (h212_a_forked_child_rings_nothing_of_its_parent)
{
    void *sub, *pub;
    inproc_pair (ZMQ_XPUB, ZMQ_SUB, &pub, &sub);
    settle (pub);
    settle (sub);
    CHECK_INT (fd_readable (pub), 0);
    CHECK_INT (fd_readable (sub), 0);
    if (!ours ())
        return;
    pid_t child = fork ();
    if (child == 0) {
        alarm (10);
        CHECK_OK (set_int (sub, ZMQ_RCVHWM, 5));
        CHECK (get_int (sub, ZMQ_FD) >= 0);
        zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "a", 1);
        zmq_socket_monitor (sub, "inproc://monitor", ZMQ_EVENT_ALL);
        CHECK (zmq_socket (context (), ZMQ_PAIR) == NULL);
        CHECK_OK (zmq_ctx_shutdown (context ()));
        zmq_ctx_term (context ());
        end_well ();
    }
    reap (child);
    CHECK_INT (fd_readable (pub), 0);
    CHECK_INT (fd_readable (sub), 0);
    CHECK_OK (set_str (sub, ZMQ_SUBSCRIBE, "b"));
    EXPECT (pub, "\1b");
}

TEST (h212_a_context_without_sockets_may_be_used_by_a_child)
{
    context ();
    pid_t child = fork ();
    if (child == 0) {
        alarm (10);
        void *c, *d;
        inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &c, &d);
        bounce (c, d);
        if (ours ()) /* EINTR in a reference */
            finish ();
        end_well ();
    }
    reap (child);
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    bounce (a, b);
    finish ();
}

TEST (h212_a_forked_child_may_use_a_context_of_its_own)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    pid_t child = fork ();
    if (child == 0) {
        alarm (10);
        t_context = NULL;
        t_socket_count = 0;
        void *c, *d;
        inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &c, &d);
        bounce (c, d);
        finish ();
        end_well ();
    }
    reap (child);
    bounce (a, b);
}

TEST (h212_messages_stay_usable_after_fork)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 100));
    new_socket (ZMQ_PAIR);
    pid_t child = fork ();
    if (child == 0) {
        alarm (10);
        CHECK_INT (zmq_msg_size (&msg), 100);
        CHECK_OK (zmq_msg_close (&msg));
        end_well ();
    }
    reap (child);
    CHECK_OK (zmq_msg_close (&msg));
}
