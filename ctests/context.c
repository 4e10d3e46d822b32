/* Context functions and options. */
#include "test.h"
#include <dirent.h>

TEST (h199_term_of_an_unused_context)
{
    void *ctx = zmq_ctx_new ();
    CHECK (ctx != NULL);
    CHECK_OK (zmq_ctx_term (ctx));
}

TEST (h199_null_contexts_are_efault)
{
    CHECK_FAIL (zmq_ctx_term (NULL), EFAULT);
    CHECK_FAIL (zmq_ctx_destroy (NULL), EFAULT);
    CHECK_FAIL (zmq_term (NULL), EFAULT);
    CHECK_FAIL (zmq_ctx_shutdown (NULL), EFAULT);
    CHECK_FAIL (zmq_ctx_set (NULL, ZMQ_IO_THREADS, 1), EFAULT);
    CHECK_FAIL (zmq_ctx_get (NULL, ZMQ_IO_THREADS), EFAULT);
}

TEST (a40_zeroed_memory_as_context_is_efault)
{
    static char zeroed[4096];
    CHECK_FAIL (zmq_ctx_term (zeroed), EFAULT);
    CHECK_FAIL (zmq_ctx_shutdown (zeroed), EFAULT);
    CHECK_FAIL (zmq_ctx_get (zeroed, ZMQ_IO_THREADS), EFAULT);
    CHECK_NULL (zmq_socket (zeroed, ZMQ_PAIR), EFAULT);
}

TEST (a42_deprecated_names_terminate_too)
{
    CHECK_OK (zmq_term (zmq_ctx_new ()));
    CHECK_OK (zmq_ctx_destroy (zmq_ctx_new ()));
}

TEST (a42_init_sets_io_threads)
{
    CHECK_NULL (zmq_init (-1), EINVAL);
    void *ctx = zmq_init (3);
    CHECK (ctx != NULL);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 3);
    CHECK_OK (zmq_term (ctx));
    ctx = zmq_init (0);
    CHECK (ctx != NULL);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 0);
    CHECK_OK (zmq_term (ctx));
}

TEST (h200_defaults)
{
    void *ctx = context ();
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 1);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS), 1023);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_SOCKET_LIMIT), 65535);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_THREAD_SCHED_POLICY), -1);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_MAX_MSGSZ), INT32_MAX);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_MSG_T_SIZE), 64);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 0);
    CHECK_INT (zmq_ctx_get (ctx, 10), 1); /* ZMQ_ZERO_COPY_RECV */
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_IPV6), 0);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_BLOCKY), 1);
}

TEST (h201_unknown_options_are_einval)
{
    static const int unknown[] = {0, -1, 11, 41, 43, 69, 71, 1000};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK_FAIL (zmq_ctx_set (context (), unknown[i], 1), EINVAL);
        CHECK_FAIL (zmq_ctx_get (context (), unknown[i]), EINVAL);
    }
}

/* Sets what is accepted and reads it back; what is below the minimum is refused. */
static void check_int_option (int option_, int minimum_, int readable_)
{
    void *ctx = context ();
    int before = readable_ ? zmq_ctx_get (ctx, option_) : 0;
    CHECK_FAIL (zmq_ctx_set (ctx, option_, minimum_ - 1), EINVAL);
    CHECK_FAIL (zmq_ctx_set (ctx, option_, INT32_MIN), EINVAL);
    if (readable_)
        CHECK_INT (zmq_ctx_get (ctx, option_), before);
    CHECK_OK (zmq_ctx_set (ctx, option_, minimum_));
    if (readable_)
        CHECK_INT (zmq_ctx_get (ctx, option_), minimum_);
    CHECK_OK (zmq_ctx_set (ctx, option_, 7));
    if (readable_)
        CHECK_INT (zmq_ctx_get (ctx, option_), 7);
}

TEST (a42_io_threads)
{
    check_int_option (ZMQ_IO_THREADS, 0, 1);
}

TEST (a42_max_sockets)
{
    check_int_option (ZMQ_MAX_SOCKETS, 1, 1);
}

TEST (a42_max_msgsz)
{
    check_int_option (ZMQ_MAX_MSGSZ, 0, 1);
}

TEST (a42_thread_sched_policy_and_priority)
{
    check_int_option (ZMQ_THREAD_SCHED_POLICY, 0, 1);
    check_int_option (ZMQ_THREAD_PRIORITY, 0, 0);
    CHECK_INT (zmq_ctx_get (context (), ZMQ_SOCKET_LIMIT), 65535);
}

static void check_switch (int option_)
{
    void *ctx = context ();
    CHECK_FAIL (zmq_ctx_set (ctx, option_, -1), EINVAL);
    CHECK_OK (zmq_ctx_set (ctx, option_, 0));
    CHECK_INT (zmq_ctx_get (ctx, option_), 0);
    CHECK_OK (zmq_ctx_set (ctx, option_, 2));
    CHECK_INT (zmq_ctx_get (ctx, option_), 1);
    CHECK_OK (zmq_ctx_set (ctx, option_, 0));
    CHECK_INT (zmq_ctx_get (ctx, option_), 0);
}

TEST (a42_switches)
{
    check_switch (ZMQ_IPV6);
    check_switch (ZMQ_BLOCKY);
    check_switch (10); /* ZMQ_ZERO_COPY_RECV */
}

TEST (a42_msg_t_size_is_read_only)
{
    CHECK_FAIL (zmq_ctx_set (context (), ZMQ_MSG_T_SIZE, 64), EINVAL);
}

TEST (a42_thread_affinity)
{
    void *ctx = context ();
    CHECK_FAIL (zmq_ctx_get (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD), EINVAL);
    CHECK_FAIL (zmq_ctx_get (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE), EINVAL);
    CHECK_FAIL (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, -1), EINVAL);
    CHECK_FAIL (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0), EINVAL);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, 5));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 5));
    CHECK_FAIL (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 5), EINVAL);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    CHECK_FAIL (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0), EINVAL);
}

TEST (a42_name_prefix_as_a_number)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, 1234));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 1234);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, 0));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 0);
}

/* Whether a thread of this process has the name. */
static int thread_named (const char *name_)
{
    char path[300], name[64];
    int found = 0;
    DIR *tasks = opendir ("/proc/self/task");
    CHECK (tasks != NULL);
    struct dirent *entry;
    while ((entry = readdir (tasks)) != NULL && !found) {
        snprintf (path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen (path, "r");
        if (!file)
            continue;
        if (fgets (name, sizeof name, file)) {
            name[strcspn (name, "\n")] = 0;
            found = strcmp (name, name_) == 0;
        }
        fclose (file);
    }
    closedir (tasks);
    return found;
}

/* The number of threads of this process. */
static int thread_count (void)
{
    int count = 0;
    DIR *tasks = opendir ("/proc/self/task");
    CHECK (tasks != NULL);
    struct dirent *entry;
    while ((entry = readdir (tasks)) != NULL)
        count += entry->d_name[0] != '.';
    closedir (tasks);
    return count;
}

TEST (a40_threads_start_with_the_first_socket)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 2));
    CHECK_INT (thread_count (), 1);
    new_socket (ZMQ_PAIR);
    CHECK_INT (thread_count (), 4);
    WAIT_UNTIL (thread_named ("ZMQbg/Reaper"));
    WAIT_UNTIL (thread_named ("ZMQbg/IO/0"));
    WAIT_UNTIL (thread_named ("ZMQbg/IO/1"));
    /* stored, but too late to change anything */
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 5));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 5);
    new_socket (ZMQ_PAIR);
    CHECK_INT (thread_count (), 4);
    finish ();
    WAIT_UNTIL (thread_count () == 1);
}

TEST (a40_thread_names_carry_the_prefix)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_THREAD_NAME_PREFIX, 42));
    new_socket (ZMQ_PAIR);
    WAIT_UNTIL (thread_named ("42/ZMQbg/Reaper"));
    WAIT_UNTIL (thread_named ("42/ZMQbg/IO/0"));
}

TEST (a40_library_threads_block_all_signals)
{
    new_socket (ZMQ_PAIR);
    WAIT_UNTIL (thread_named ("ZMQbg/IO/0"));
    char path[300], line[256];
    int seen = 0;
    DIR *tasks = opendir ("/proc/self/task");
    CHECK (tasks != NULL);
    struct dirent *entry;
    while ((entry = readdir (tasks)) != NULL) {
        if (entry->d_name[0] == '.' || atoi (entry->d_name) == getpid ())
            continue;
        snprintf (path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *file = fopen (path, "r");
        CHECK (file != NULL);
        while (fgets (line, sizeof line, file))
            if (strncmp (line, "SigBlk:", 7) == 0) {
                uint64_t mask = strtoull (line + 7, NULL, 16);
                for (int sig = 1; sig < 32; sig++)
                    if (sig != SIGKILL && sig != SIGSTOP)
                        CHECK (mask >> (sig - 1) & 1);
                seen++;
            }
        fclose (file);
    }
    closedir (tasks);
    CHECK_INT (seen, 2);
}

TEST (h202_max_sockets)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 4));
    void *sockets[4];
    for (int i = 0; i < 4; i++)
        sockets[i] = new_socket (ZMQ_PAIR);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    /* the limit is looked at before the type */
    CHECK_NULL (zmq_socket (ctx, -1), EMFILE);
    close_socket (sockets[1]);
    void *next = NULL;
    WAIT_UNTIL ((next = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    CHECK_OK (zmq_close (next));
}

TEST (a42_max_sockets_is_fixed_by_the_first_socket)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2));
    new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 10));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS), 10);
    new_socket (ZMQ_PAIR);
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
}

TEST (a411_monitor_takes_a_place_of_max_sockets)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2));
    void *first = new_socket (ZMQ_PAIR);
    /* not MONITOR_STOPPED: a reference waits for a reader of it */
    CHECK_OK (zmq_socket_monitor (first, "inproc://monitor", ZMQ_EVENT_CONNECTED));
    CHECK_NULL (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    CHECK_OK (zmq_socket_monitor (first, NULL, 0));
    void *second = NULL;
    WAIT_UNTIL ((second = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    CHECK_FAIL (zmq_socket_monitor (first, "inproc://monitor-2", ZMQ_EVENT_ALL), EMFILE);
    CHECK_OK (zmq_close (second));
}

TEST (h203_no_io_threads_are_enough_for_inproc)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_IO_THREADS, 0));
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    bounce (a, b);
}

TEST (h204_affinity_means_nothing_to_inproc)
{
    uint64_t mask = (uint64_t) 1 << 40;
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_setsockopt (a, ZMQ_AFFINITY, &mask, sizeof mask));
    CHECK_OK (zmq_setsockopt (b, ZMQ_AFFINITY, &mask, sizeof mask));
    CHECK_OK (zmq_bind (a, "inproc://a"));
    CHECK_OK (zmq_connect (b, "inproc://a"));
    bounce (a, b);
}

TEST (h205_blocky_decides_the_linger_of_new_sockets)
{
    void *before = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_ctx_set (context (), ZMQ_BLOCKY, 0));
    CHECK_INT (get_int (before, ZMQ_LINGER), -1);
    CHECK_INT (get_int (new_socket (ZMQ_PUSH), ZMQ_LINGER), 0);
    CHECK_INT (get_int (new_socket (ZMQ_ROUTER), ZMQ_LINGER), 0);
    CHECK_OK (zmq_ctx_set (context (), ZMQ_BLOCKY, 1));
    CHECK_INT (get_int (new_socket (ZMQ_PUSH), ZMQ_LINGER), -1);
}

TEST (h205_ipv6_is_inherited_by_new_sockets)
{
    void *before = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_ctx_set (context (), ZMQ_IPV6, 1));
    CHECK_INT (get_int (before, ZMQ_IPV6), 0);
    void *after = new_socket (ZMQ_PUSH);
    CHECK_INT (get_int (after, ZMQ_IPV6), 1);
    CHECK_INT (get_int (after, ZMQ_IPV4ONLY), 0);
}

TEST (a42_options_work_after_shutdown)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 1);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_BLOCKY), 0);
}
