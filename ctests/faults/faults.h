/* What the programs of this folder share: measuring this process, and peers in processes of their
 * own. They take their time, so `ctests/run --faults` runs them and nothing else does.
 *
 * A line that begins with `# ` is a measurement, not a result.
 */
#ifndef CTESTS_FAULTS_H
#define CTESTS_FAULTS_H

#include "wire.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/un.h>

/* Says what was measured. */
__attribute__ ((format (printf, 1, 2), unused)) static void note (const char *format_, ...)
{
    va_list args;
    va_start (args, format_);
    printf ("# ");
    vprintf (format_, args);
    printf ("\n");
    va_end (args);
    fflush (stdout);
}

/* ---- measuring ----------------------------------------------------------------------------- */

/* Milliseconds of processor time that this process has used, in all its threads. */
T_FN int64_t cpu_ms (void)
{
    struct rusage usage;
    getrusage (RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000LL
           + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Processor time that this process uses while this thread sleeps for `ms_`. */
T_FN int64_t cpu_while_idle (int ms_)
{
    int64_t before = cpu_ms ();
    sleep_ms (ms_);
    return cpu_ms () - before;
}

/* Resident memory after what is free has been given back, where the allocator is that of libc. */
T_FN long trimmed_kb (void)
{
    malloc_trim (0);
    return resident_kb ();
}

/* How many descriptors are open. */
T_FN int descriptors (void)
{
    int count = 0;
    DIR *folder = opendir ("/proc/self/fd");
    if (!folder)
        FAIL ("no /proc/self/fd");
    while (readdir (folder))
        count++;
    closedir (folder);
    return count - 3; /* itself, and the two dots */
}

/* Lets this process have `wanted_` descriptors; whether it may. */
T_FN int allow_descriptors (rlim_t wanted_)
{
    struct rlimit limit;
    getrlimit (RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted_)
        return 1;
    limit.rlim_cur = wanted_;
    if (limit.rlim_max < wanted_)
        limit.rlim_max = wanted_;
    return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

/* ---- other processes ----------------------------------------------------------------------- */

/* A process of this test, and the two ways to tell it something and to hear from it. */
typedef struct
{
    pid_t pid;
    int to, from;
} helper_t;

/* Forks a process that runs `body_` with a descriptor to read from and one to write to. It must not
 * use the sockets of its parent. */
T_FN helper_t fork_helper (void (*body_) (int from_, int to_))
{
    int down[2], up[2];
    if (pipe (down) == -1 || pipe (up) == -1)
        FAIL ("no pipe");
    helper_t helper = {fork (), down[1], up[0]};
    if (helper.pid == 0) {
        close (down[1]);
        close (up[0]);
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        body_ (down[0], up[1]);
        _exit (0);
    }
    close (down[0]);
    close (up[1]);
    return helper;
}

/* Gives a word of eight letters or less to the other side. */
T_FN void tell (int to_, const char *word_)
{
    char buffer[8] = "";
    memcpy (buffer, word_, strnlen (word_, 8));
    if (write (to_, buffer, 8) != 8)
        FAIL ("nobody listens to %s", word_);
}

/* Waits for a word of the other side. */
T_FN void await (int from_, const char *word_)
{
    char buffer[9] = "";
    if (!speaks (from_, 3 * PATIENCE))
        FAIL ("no word from the other process, expected %s", word_);
    if (read (from_, buffer, 8) != 8)
        FAIL ("the other process ended, expected %s", word_);
    if (strcmp (buffer, word_) != 0)
        FAIL ("the other process says %s, expected %s", buffer, word_);
}

/* Waits for the end of a helper, which must be a good one. */
T_FN void end_helper (helper_t helper_)
{
    int status;
    close (helper_.to);
    close (helper_.from);
    if (waitpid (helper_.pid, &status, 0) != helper_.pid || status != 0)
        FAIL ("the other process ended with status %x", status);
}

/* The folder of a reference library other than the one that runs, or NULL. */
T_FN const char *other_library (void)
{
    static char folder[1000];
    const char *others = getenv ("ZMQ_TEST_OTHERS");
    if (!others || !*others)
        return NULL;
    /* the last, which is the newest where several are named */
    const char *last = strrchr (others, ':');
    snprintf (folder, sizeof folder, "%s", last ? last + 1 : others);
    return folder;
}

/* ---- service ------------------------------------------------------------------------------- */

/* The library still serves: a good peer of a bound PULL comes, says something and is heard. */
T_FN void still_serves (void *pull_)
{
    connects = 0;
    bytewise = 0;
    int peer = next_peer (pull_);
    shake_hands (pull_, peer, GREETING_31);
    send_hex (peer, "00 04 'good'");
    EXPECT (pull_, "good");
    close_peer (peer);
}

#endif
