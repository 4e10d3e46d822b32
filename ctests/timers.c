/* zmq_timers_*. */
#include "test.h"

typedef struct
{
    int calls;
    int last_id;
    int order;
} fired_t;

static int order;

static void fire (int id_, void *arg_)
{
    fired_t *fired = arg_;
    fired->calls++;
    fired->last_id = id_;
    fired->order = ++order;
}

/* Sleeps for what zmq_timers_timeout says, and executes. */
static void sleep_and_execute (void *timers_)
{
    long ms = zmq_timers_timeout (timers_);
    CHECK (ms >= 0);
    sleep_ms ((int) ms);
    CHECK_OK (zmq_timers_execute (timers_));
}

TEST (h312_timers_arguments)
{
    void *null = NULL;
    fired_t fired = {0, 0, 0};
    static char zeroed[4096];
    void *bad[] = {NULL, zeroed};
    for (int i = 0; i < 2; i++) {
        CHECK_FAIL (zmq_timers_add (bad[i], 1, fire, &fired), EFAULT);
        CHECK_FAIL (zmq_timers_cancel (bad[i], 1), EFAULT);
        CHECK_FAIL (zmq_timers_set_interval (bad[i], 1, 1), EFAULT);
        CHECK_FAIL (zmq_timers_reset (bad[i], 1), EFAULT);
        CHECK_FAIL (zmq_timers_timeout (bad[i]), EFAULT);
        CHECK_FAIL (zmq_timers_execute (bad[i]), EFAULT);
    }
    CHECK_FAIL (zmq_timers_destroy (&null), EFAULT);
    void *not_timers = zeroed;
    CHECK_FAIL (zmq_timers_destroy (&not_timers), EFAULT);
    CHECK (not_timers == zeroed);
    void *timers = zmq_timers_new ();
    CHECK (timers != NULL);
    CHECK_FAIL (zmq_timers_add (timers, 1, NULL, &fired), EFAULT);
    CHECK_FAIL (zmq_timers_cancel (timers, 1), EINVAL);
    CHECK_FAIL (zmq_timers_set_interval (timers, 1, 1), EINVAL);
    CHECK_FAIL (zmq_timers_reset (timers, 1), EINVAL);
    CHECK_OK (zmq_timers_destroy (&timers));
    CHECK (timers == NULL);
}

TEST (h312_double_cancel_is_einval)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    int id = zmq_timers_add (timers, 1000, fire, &fired);
    CHECK_OK (zmq_timers_cancel (timers, id));
    CHECK_FAIL (zmq_timers_cancel (timers, id), EINVAL);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_FAIL (zmq_timers_cancel (timers, id), EINVAL);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (a413_timer_ids_count_from_one)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new (), *others = zmq_timers_new ();
    CHECK_INT (zmq_timers_add (timers, 1000, fire, &fired), 1);
    CHECK_INT (zmq_timers_add (timers, 1000, fire, &fired), 2);
    CHECK_INT (zmq_timers_add (others, 1000, fire, &fired), 1);
    CHECK_OK (zmq_timers_cancel (timers, 2));
    CHECK_INT (zmq_timers_add (timers, 1000, fire, &fired), 3);
    CHECK_OK (zmq_timers_destroy (&timers));
    CHECK_OK (zmq_timers_destroy (&others));
}

TEST (h314_no_timers_no_timeout)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    CHECK_INT (zmq_timers_timeout (timers), -1);
    CHECK_OK (zmq_timers_execute (timers));
    int id = zmq_timers_add (timers, 1000, fire, &fired);
    CHECK (zmq_timers_timeout (timers) > 0);
    CHECK_OK (zmq_timers_cancel (timers, id));
    CHECK_INT (zmq_timers_timeout (timers), -1);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (fired.calls, 0);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (h313_a_timer_fires_when_due)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    int64_t before = now_ms ();
    int id = zmq_timers_add (timers, 100, fire, &fired);
    long timeout = zmq_timers_timeout (timers);
    CHECK (timeout <= 100);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK (fired.calls == 0 || now_ms () - before >= 99);
    while (fired.calls == 0)
        sleep_and_execute (timers);
    CHECK (now_ms () - before >= 99);
    CHECK_INT (fired.last_id, id);
    CHECK_INT (fired.calls, 1);
    /* periodic */
    while (fired.calls == 1)
        sleep_and_execute (timers);
    CHECK (now_ms () - before >= 198);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (h313_a_late_timer_fires_once)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    CHECK_INT (zmq_timers_add (timers, 20, fire, &fired), 1);
    sleep_ms (90);
    CHECK_INT (zmq_timers_timeout (timers), 0);
    int64_t executed = now_ms ();
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (fired.calls, 1);
    /* and is due again a period after the execution */
    while (fired.calls == 1)
        sleep_and_execute (timers);
    CHECK (now_ms () - executed >= 19);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (a413_timers_fire_in_due_order)
{
    fired_t late = {0, 0, 0}, early = {0, 0, 0}, tied = {0, 0, 0};
    void *timers = zmq_timers_new ();
    zmq_timers_add (timers, 300, fire, &late);
    zmq_timers_add (timers, 10, fire, &early);
    zmq_timers_add (timers, 150, fire, &tied);
    sleep_ms (320);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (early.order, 1);
    CHECK_INT (tied.order, 2);
    CHECK_INT (late.order, 3);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (h314_reset_postpones)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    int id = zmq_timers_add (timers, 60, fire, &fired);
    sleep_ms (70);
    int64_t reset = now_ms ();
    CHECK_OK (zmq_timers_reset (timers, id));
    while (fired.calls == 0)
        sleep_and_execute (timers);
    CHECK (now_ms () - reset >= 59);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (h314_set_interval_reschedules)
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    int id = zmq_timers_add (timers, 1000000, fire, &fired);
    int64_t set = now_ms ();
    CHECK_OK (zmq_timers_set_interval (timers, id, 50));
    CHECK (zmq_timers_timeout (timers) <= 50);
    while (fired.calls == 0)
        sleep_and_execute (timers);
    CHECK (now_ms () - set >= 49);
    while (fired.calls == 1)
        sleep_and_execute (timers);
    CHECK (now_ms () - set >= 98);
    CHECK_OK (zmq_timers_set_interval (timers, id, 1000000));
    CHECK (zmq_timers_timeout (timers) > 900000);
    CHECK_OK (zmq_timers_destroy (&timers));
}

TEST (h314_cancel_prevents)
{
    fired_t cancelled = {0, 0, 0}, kept = {0, 0, 0};
    void *timers = zmq_timers_new ();
    int id = zmq_timers_add (timers, 1, fire, &cancelled);
    zmq_timers_add (timers, 5, fire, &kept);
    CHECK_OK (zmq_timers_cancel (timers, id));
    sleep_ms (10);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (cancelled.calls, 0);
    CHECK_INT (kept.calls, 1);
    CHECK_OK (zmq_timers_destroy (&timers));
}

/* What a handler does to its own timers. */
static void *inner_timers;
static int inner_calls;

static void cancel_self (int id_, void *arg_)
{
    (void) arg_;
    inner_calls++;
    CHECK_OK (zmq_timers_cancel (inner_timers, id_));
}

static void add_another (int id_, void *arg_)
{
    CHECK_OK (zmq_timers_cancel (inner_timers, id_));
    CHECK (zmq_timers_add (inner_timers, 5, fire, arg_) > id_);
}

TEST (g04_handlers_may_cancel_and_add)
{
    fired_t fired = {0, 0, 0};
    inner_timers = zmq_timers_new ();
    zmq_timers_add (inner_timers, 1, cancel_self, NULL);
    zmq_timers_add (inner_timers, 1, add_another, &fired);
    sleep_ms (3);
    CHECK_OK (zmq_timers_execute (inner_timers));
    CHECK_INT (inner_calls, 1);
    while (fired.calls == 0)
        sleep_and_execute (inner_timers);
    CHECK_INT (inner_calls, 1);
    CHECK_OK (zmq_timers_destroy (&inner_timers));
}

OURS_ONLY (a82_interval_zero_fires_once_per_execute, "a reference never comes back")
{
    fired_t fired = {0, 0, 0};
    void *timers = zmq_timers_new ();
    CHECK_INT (zmq_timers_add (timers, 0, fire, &fired), 1);
    CHECK_INT (zmq_timers_timeout (timers), 0);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (fired.calls, 1);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (fired.calls, 2);
    CHECK_OK (zmq_timers_destroy (&timers));
}
