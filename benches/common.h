/* What the programs that measure share, whichever library they measure. */
#ifndef BENCHES_COMMON_H
#define BENCHES_COMMON_H

#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>

/* What is to be done, from the command line. */
typedef struct
{
    const char *scenario;
    /* inproc for two threads of one process; tcp or ipc for two processes. */
    const char *where;
    const char *mechanism; /* none, plain or curve */
    size_t size;
    long count;
    long peers;
    long rate; /* messages per second */
} job_t;

extern job_t job;

/* Where the socket under measurement is bound; until it is, what to bind to. */
extern char endpoint[256];

/* The other side, in a thread or in a process of its own. */
typedef struct side
{
    void (*work) (struct side *);
    pthread_t thread;
    pid_t process;
    int down[2], up[2];
} side_t;

/* Ends the program: what was tried did not work, so there is no figure. */
void fail (const char *what) __attribute__ ((noreturn));

/* Zeroed memory. */
void *allocate (size_t count, size_t size);

/* Fills `job` and `endpoint` from SCENARIO WHERE [NAME=VALUE]... */
void parse (int argc, char **argv);

/* Seconds on a clock that all processes share. */
double now (void);

/* Seconds of processor, user and system, of all threads of this process and of all sides. */
double cpu_used (void);

/* Private memory of this process in KiB. */
double resident (void);

/* Makes room for this many descriptors if it can, and returns how many there may be. */
long allow_descriptors (long wanted);

/* Prints one result as `NAME VALUE`. */
void report (const char *name, double value);

/* What the measured stretch is divided by: its beginning. */
typedef struct
{
    double clock, cpu;
} watch_t;

/* Starts a stretch. */
watch_t watch (void);

/* Ends it: prints what a stretch of `operations` gives per second, and its `cpu` for each. */
void report_rate (const watch_t *started, double operations);

/* Prints `value` (the mean) and percentiles of times in seconds, as microseconds; sorts them. */
void report_times (double *times, long count);

/* Says what the other side does. Has to come before there is a context, as it may fork. */
void prepare_side (side_t *side, void (*work) (side_t *));
/* Lets it begin, now that `endpoint` is known. */
void start_side (side_t *side);
/* Waits until it has ended, and fails if that was not as it should be. */
void join_side (side_t *side);
/* Called by the side: it has got as far as agreed. */
void side_reports (side_t *side);
/* Waits for that; returns whether it came within as many milliseconds, -1 being for ever. */
int await_report (side_t *side, int milliseconds);
/* Lets the side go on that waits in `await_release`. */
void release_side (side_t *side);
void await_release (side_t *side);

#endif
