/* What must not depend on a second processor. */
#include "test.h"

#include <sched.h>
#include <sys/resource.h>

#define ROUND_TRIPS 500

static void pin_to_one_core (void)
{
    cpu_set_t allowed, one;
    CHECK_INT (sched_getaffinity (0, sizeof allowed, &allowed), 0);
    int cpu = 0;
    while (!CPU_ISSET (cpu, &allowed))
        cpu++;
    CPU_ZERO (&one);
    CPU_SET (cpu, &one);
    CHECK_INT (sched_setaffinity (0, sizeof one, &one), 0);
}

static long cpu_ms (void)
{
    struct rusage used;
    CHECK_INT (getrusage (RUSAGE_SELF, &used), 0);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000
           + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

static void echo (void *rep_)
{
    char text[8];
    for (int i = 0; i < ROUND_TRIPS; i++)
        if (zmq_recv (rep_, text, sizeof text, 0) == -1 || zmq_send (rep_, text, 1, 0) == -1)
            return;
}

/* A woken thread takes the place of the one that wakes it, in the middle of that. It must not need
   the other one to go on. */
TEST (two_threads_on_one_core_do_not_spin)
{
    void *req, *rep;
    char text[8];
    pin_to_one_core ();
    inproc_pair (ZMQ_REQ, ZMQ_REP, &req, &rep);
    void *thread = zmq_threadstart (echo, rep);
    long before = cpu_ms ();
    for (int i = 0; i < ROUND_TRIPS; i++) {
        CHECK_INT (zmq_send (req, "a", 1, 0), 1);
        CHECK_INT (zmq_recv (req, text, sizeof text, 0), 1);
    }
    CHECK (cpu_ms () - before < ROUND_TRIPS);
    zmq_threadclose (thread);
}
