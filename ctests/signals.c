/* A signal ends a blocking call with EINTR, and nothing is lost by it. */
#include "test.h"

static volatile sig_atomic_t handled;

static void handle (int signal_)
{
    (void) signal_;
    handled = 1;
}

/* Interrupts the thread of the test body: signal upon signal, as long as it sleeps, for a signal
 * that comes just before the call must not make the test hang. */
typedef struct
{
    pthread_t thread;
    int tid;
    int stop;
} pest_t;

static void *pester (void *arg_)
{
    pest_t *pest = arg_;
    while (!__atomic_load_n (&pest->stop, __ATOMIC_SEQ_CST)) {
        if (thread_sleeps (pest->tid))
            pthread_kill (pest->thread, SIGUSR1);
        sleep_ms (1);
    }
    return NULL;
}

static pest_t pest;
static pthread_t pest_thread;

static void start_signals (int flags_)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags_};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    handled = 0;
    pest = (pest_t){pthread_self (), gettid (), 0};
    pest_thread = start (pester, &pest);
}

static void stop_signals (void)
{
    WAIT_UNTIL (handled);
    __atomic_store_n (&pest.stop, 1, __ATOMIC_SEQ_CST);
    join (pest_thread);
}

TEST (h213_signal_during_recv)
{
    void *a, *b;
    char byte;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    start_signals (0);
    CHECK_FAIL (zmq_recv (b, &byte, 1, 0), EINTR);
    stop_signals ();
    bounce (a, b);
}

TEST (h213_signal_during_recv_with_a_timeout)
{
    char byte;
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_RCVTIMEO, PATIENCE * 1000));
    start_signals (0);
    CHECK_FAIL (zmq_recv (pull, &byte, 1, 0), EINTR);
    stop_signals ();
}

TEST (h213_sa_restart_makes_no_difference)
{
    char byte;
    void *pull = new_socket (ZMQ_PULL);
    zmq_pollitem_t item = {pull, 0, ZMQ_POLLIN, 0};
    start_signals (SA_RESTART);
    CHECK_FAIL (zmq_recv (pull, &byte, 1, 0), EINTR);
    CHECK_FAIL (zmq_poll (&item, 1, -1), EINTR);
    stop_signals ();
}

TEST (h213_signal_during_send)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 50));
    void *push = new_socket (ZMQ_PUSH);
    start_signals (0);
    CHECK_FAIL (zmq_send (push, "a", 1, 0), EINTR);
    CHECK_FAIL (zmq_msg_send (&msg, push, 0), EINTR);
    stop_signals ();
    CHECK_INT (zmq_msg_size (&msg), 50);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h213_signal_during_poll)
{
    int ends[2];
    CHECK_OK (pipe (ends));
    zmq_pollitem_t items[] = {{new_socket (ZMQ_PULL), 0, ZMQ_POLLIN, 0},
                              {NULL, ends[0], ZMQ_POLLIN, 0}};
    start_signals (0);
    CHECK_FAIL (zmq_poll (items, 2, -1), EINTR);
    CHECK_FAIL (zmq_poll (items, 1, -1), EINTR);
    CHECK_FAIL (zmq_poll (items + 1, 1, -1), EINTR);
    CHECK_FAIL (zmq_poll (items, 1, PATIENCE * 1000), EINTR);
    CHECK_FAIL (zmq_poll (NULL, 0, PATIENCE * 1000), EINTR);
    stop_signals ();
}

TEST (h213_signal_during_proxy)
{
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    start_signals (0);
    CHECK_FAIL (zmq_proxy (pull, push, NULL), EINTR);
    CHECK_FAIL (zmq_proxy_steerable (pull, push, NULL, new_socket (ZMQ_PAIR)), EINTR);
    stop_signals ();
}

TEST (h210_signal_during_term)
{
    void *ctx = zmq_ctx_new ();
    void *socket = zmq_socket (ctx, ZMQ_PULL);
    char byte;
    start_signals (0);
    CHECK_FAIL (zmq_ctx_term (ctx), EINTR);
    /* terminating from here on */
    CHECK_NULL (zmq_socket (ctx, ZMQ_PULL), ETERM);
    CHECK_FAIL (zmq_recv (socket, &byte, 1, 0), ETERM);
    CHECK_FAIL (zmq_ctx_term (ctx), EINTR);
    stop_signals ();
    CHECK_OK (zmq_close (socket));
    CHECK_OK (zmq_ctx_term (ctx));
}

TEST (c08_a_pending_message_wins_over_signals)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    start_signals (0);
    /* calls that need not wait succeed however many signals come */
    for (int i = 0; i < 100; i++) {
        char text[8];
        CHECK_INT (send_str (a, "a", ZMQ_DONTWAIT), 1);
        CHECK_INT (recv_str (b, text, sizeof text, ZMQ_DONTWAIT), 1);
    }
    stop_signals ();
}

static void *trickle (void *socket_)
{
    for (int i = 0; i < 200; i++) {
        char text[8];
        snprintf (text, sizeof text, "%d", i);
        CHECK (send_str (socket_, text, 0) > 0);
        sleep_ms (1);
    }
    return NULL;
}

TEST (c08_nothing_is_lost_by_signals)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    start_signals (0);
    sigset_t blocked, before;
    sigfillset (&blocked);
    pthread_sigmask (SIG_SETMASK, &blocked, &before);
    pthread_t thread = start (trickle, a);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    for (int i = 0; i < 200;) {
        char text[8];
        if (recv_str (b, text, sizeof text, 0) == -1) {
            CHECK (errno == EINTR);
            continue;
        }
        CHECK_INT (atoi (text), i);
        i++;
    }
    join (thread);
    stop_signals ();
}
