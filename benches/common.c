/* Clocks, processor time, results, and the other side. */

#define _GNU_SOURCE
#include "common.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SIDES = 4 };

job_t job = {.mechanism = "none", .size = 1, .count = 1000, .peers = 1, .rate = 100000};
char endpoint[256];

/* The processes of the sides, for the sum of what all have used. */
static pid_t processes[MAX_SIDES];

void fail (const char *what)
{
    fprintf (stderr, "%s: %s\n", job.scenario ? job.scenario : "bench", what);
    _exit (1);
}

void *allocate (size_t count, size_t size)
{
    void *memory = calloc (count, size);
    if (!memory)
        fail ("no memory");
    return memory;
}

/* The number after `name`, if the argument begins with it. */
static int number (const char *argument, const char *name, long *value)
{
    size_t length = strlen (name);
    char *end;
    if (strncmp (argument, name, length) != 0)
        return 0;
    *value = strtol (argument + length, &end, 10);
    if (*end || *value < 0)
        fail (argument);
    return 1;
}

void parse (int argc, char **argv)
{
    long size = (long) job.size;
    if (argc < 2)
        fail ("SCENARIO inproc|tcp|ipc [size=N] [count=N] [peers=N] [rate=N] [mechanism=NAME]");
    job.scenario = argv[0];
    job.where = argv[1];
    for (int i = 2; i < argc; i++) {
        if (strncmp (argv[i], "mechanism=", 10) == 0)
            job.mechanism = argv[i] + 10;
        else if (!number (argv[i], "size=", &size) && !number (argv[i], "count=", &job.count)
                 && !number (argv[i], "peers=", &job.peers)
                 && !number (argv[i], "rate=", &job.rate))
            fail (argv[i]);
    }
    job.size = (size_t) size;
    if (job.count < 2 || job.peers < 1 || job.rate < 1)
        fail ("at least two messages, one peer, and one message per second");
    strcpy (endpoint, strcmp (job.where, "inproc") == 0 ? "inproc://bench"
                      : strcmp (job.where, "tcp") == 0  ? "tcp://127.0.0.1:*"
                                                        : "ipc://*");
}

static double seconds (clockid_t clock)
{
    struct timespec time;
    if (clock_gettime (clock, &time) != 0)
        fail ("clock");
    return time.tv_sec + time.tv_nsec * 1e-9;
}

double now (void)
{
    return seconds (CLOCK_MONOTONIC);
}

double cpu_used (void)
{
    double sum = seconds (CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < MAX_SIDES; i++) {
        clockid_t clock;
        if (!processes[i])
            continue;
        if (clock_getcpuclockid (processes[i], &clock) != 0)
            fail ("processor time of the other side");
        sum += seconds (clock);
    }
    return sum;
}

double resident (void)
{
    long pages = 0, shared = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file || fscanf (file, "%*d %ld %ld", &pages, &shared) != 2)
        fail ("statm");
    fclose (file);
    return (double) (pages - shared) * sysconf (_SC_PAGESIZE) / 1024;
}

long allow_descriptors (long wanted)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        fail ("limit of descriptors");
    if ((rlim_t) wanted <= limit.rlim_cur)
        return (long) limit.rlim_cur;
    if ((rlim_t) wanted > limit.rlim_max) {
        /* Only root may, and only up to what the system allows. */
        struct rlimit higher = {(rlim_t) wanted, (rlim_t) wanted};
        if (setrlimit (RLIMIT_NOFILE, &higher) == 0)
            return wanted;
        wanted = (long) limit.rlim_max;
    }
    limit.rlim_cur = (rlim_t) wanted;
    if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
        fail ("limit of descriptors");
    return wanted;
}

void report (const char *name, double value)
{
    printf ("%s %.9g\n", name, value);
}

watch_t watch (void)
{
    watch_t started;
    started.cpu = cpu_used ();
    started.clock = now ();
    return started;
}

void report_rate (const watch_t *started, double operations)
{
    double clock = now () - started->clock;
    double cpu = cpu_used () - started->cpu;
    report ("value", operations / clock);
    report ("cpu", cpu / operations * 1e6);
}

static int by_size (const void *left, const void *right)
{
    double a = *(const double *) left, b = *(const double *) right;
    return (a > b) - (a < b);
}

void report_times (double *times, long count)
{
    static const struct
    {
        const char *name;
        double share;
    } PERCENTILES[] = {{"p10", 0.1},   {"p50", 0.5},     {"p90", 0.9},      {"p99", 0.99},
                       {"p99.9", .999}, {"p99.99", .9999}, {"max", 1}};
    double sum = 0;
    qsort (times, (size_t) count, sizeof *times, by_size);
    for (long i = 0; i < count; i++)
        sum += times[i];
    report ("value", sum / count * 1e6);
    for (size_t i = 0; i < sizeof PERCENTILES / sizeof *PERCENTILES; i++) {
        long at = (long) (PERCENTILES[i].share * count);
        report (PERCENTILES[i].name, times[at < count ? at : count - 1] * 1e6);
    }
}

static void *run_side (void *side)
{
    ((side_t *) side)->work (side);
    return NULL;
}

/* The life of a side that is a process. */
static void be_side (side_t *side)
{
    /* A measurement that is given up takes its other side with it. */
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    memset (processes, 0, sizeof processes);
    close (side->down[1]);
    close (side->up[0]);
    if (read (side->down[0], endpoint, sizeof endpoint) != sizeof endpoint)
        fail ("no endpoint");
    side->work (side);
    _exit (0);
}

void prepare_side (side_t *side, void (*work) (side_t *))
{
    int place = 0;
    side->work = work;
    side->process = 0;
    if (pipe (side->down) != 0 || pipe (side->up) != 0)
        fail ("pipe");
    if (strcmp (job.where, "inproc") == 0)
        return;
    side->process = fork ();
    if (side->process < 0)
        fail ("fork");
    if (side->process == 0)
        be_side (side);
    close (side->down[0]);
    close (side->up[1]);
    while (place < MAX_SIDES && processes[place])
        place++;
    if (place == MAX_SIDES)
        fail ("too many sides");
    processes[place] = side->process;
}

void start_side (side_t *side)
{
    if (!side->process) {
        if (pthread_create (&side->thread, NULL, run_side, side) != 0)
            fail ("thread");
    } else if (write (side->down[1], endpoint, sizeof endpoint) != sizeof endpoint)
        fail ("the other side has gone");
}

void join_side (side_t *side)
{
    int status = 0;
    if (!side->process) {
        pthread_join (side->thread, NULL);
    } else {
        if (waitpid (side->process, &status, 0) != side->process || status != 0)
            fail ("the other side failed");
        for (int i = 0; i < MAX_SIDES; i++)
            if (processes[i] == side->process)
                processes[i] = 0;
    }
}

static void put (int descriptor)
{
    if (write (descriptor, "!", 1) != 1)
        fail ("the other side has gone");
}

static void get (int descriptor)
{
    char byte;
    if (read (descriptor, &byte, 1) != 1)
        fail ("the other side has gone");
}

void side_reports (side_t *side)
{
    put (side->up[1]);
}

int await_report (side_t *side, int milliseconds)
{
    struct pollfd item = {.fd = side->up[0], .events = POLLIN};
    if (poll (&item, 1, milliseconds) == 0)
        return 0;
    get (side->up[0]);
    return 1;
}

void release_side (side_t *side)
{
    put (side->down[1]);
}

void await_release (side_t *side)
{
    get (side->down[0]);
}
