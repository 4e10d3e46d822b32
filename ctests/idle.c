/* Sockets with nothing to do use no processor. */
#include "sockets.h"

#define PAIRS 100
#define WATCHED_MS 300
#define ALLOWED_US 5000

/* Microseconds of processor time that this process has used, all threads together. */
static long used_us (void)
{
    struct rusage usage;
    CHECK_OK (getrusage (RUSAGE_SELF, &usage));
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec
           + usage.ru_stime.tv_usec;
}

/* Lets time pass and checks that the process has slept. */
static void check_idle (void)
{
    long before = used_us ();
    sleep_ms (WATCHED_MS);
    long used = used_us () - before;
    if (used >= ALLOWED_US)
        FAIL ("%d ms of doing nothing took %ld us of processor time", WATCHED_MS, used);
}

/* Makes PAIRS pairs over which something has gone to and fro. */
static void make_pairs (int bound_type_, int other_type_, void *bound_[PAIRS], void *other_[PAIRS])
{
    for (int i = 0; i < PAIRS; i++) {
        inproc_pair (bound_type_, other_type_, &bound_[i], &other_[i]);
        send_parts (other_[i], "a", NULL);
        EXPECT (bound_[i], "a");
    }
}

TEST (a43_idle_sockets_use_no_processor)
{
    void *bound[PAIRS], *other[PAIRS];
    make_pairs (ZMQ_PAIR, ZMQ_PAIR, bound, other);
    check_idle ();
    for (int i = 0; i < PAIRS; i++)
        bounce (bound[i], other[i]);
    check_idle ();
}

/* A thread that waits, in one of three ways, until the context is shut down. */
typedef struct
{
    int way;
    int tid;
    void **sockets;
} idler_t;

static void *be_idle (void *arg_)
{
    idler_t *idler = arg_;
    char byte;
    zmq_pollitem_t items[PAIRS];
    for (int i = 0; i < PAIRS; i++)
        items[i] = (zmq_pollitem_t){idler->sockets[i], 0, ZMQ_POLLIN, 0};
    __atomic_store_n (&idler->tid, gettid (), __ATOMIC_SEQ_CST);
    if (idler->way == 0)
        CHECK_FAIL (zmq_recv (idler->sockets[0], &byte, 1, 0), ETERM);
    else if (idler->way == 1)
        CHECK_FAIL (zmq_poll (items, PAIRS, -1), ETERM);
    else
        CHECK_FAIL (zmq_proxy (idler->sockets[0], idler->sockets[1], NULL), ETERM);
    return NULL;
}

TEST (c07_waiting_threads_use_no_processor)
{
    void *pull[3][PAIRS], *push[3][PAIRS];
    idler_t idlers[3];
    pthread_t threads[3];
    for (int way = 0; way < 3; way++) {
        /* a proxy wants to write to its second socket too */
        int type = way == 2 ? ZMQ_PAIR : ZMQ_PULL;
        make_pairs (type, way == 2 ? ZMQ_PAIR : ZMQ_PUSH, pull[way], push[way]);
        idlers[way] = (idler_t){way, 0, pull[way]};
        threads[way] = start (be_idle, &idlers[way]);
    }
    for (int way = 0; way < 3; way++) {
        int tid;
        WAIT_UNTIL ((tid = __atomic_load_n (&idlers[way].tid, __ATOMIC_SEQ_CST)) != 0
                    && thread_sleeps (tid));
    }
    check_idle ();
    CHECK_OK (zmq_ctx_shutdown (context ()));
    for (int way = 0; way < 3; way++)
        join (threads[way]);
}
