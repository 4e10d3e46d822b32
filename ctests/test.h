/* A test framework of one header. Each program includes it once; it brings main().
 *
 *     TEST (h023_push_without_peer_gives_eagain)
 *     {
 *         void *push = new_socket (ZMQ_PUSH);
 *         CHECK_FAIL (zmq_send (push, "a", 1, ZMQ_DONTWAIT), EAGAIN);
 *     }
 *
 * Every test runs in a forked child under an alarm, so that a crash or a hang is a failing line and
 * not the end of the program. Stdout carries `ok NAME`, `not ok NAME file:line expr got ...` or
 * `skip NAME reason`, and must be the same for every library; stderr is free.
 *
 * Arguments of a program: any number of substrings, a test runs if its name contains one of them;
 * `--list` names the tests. Environment: ZMQ_TEST_LIBRARY begins with `ours` for the library under
 * development and anything else for a reference; ZMQ_TEST_TIMEOUT replaces the 20 s of the alarm.
 */
#ifndef CTESTS_TEST_H
#define CTESTS_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define T_FN __attribute__ ((unused)) static

/* ---- registration -------------------------------------------------------------------------- */

typedef struct
{
    const char *name;
    const char *ours_only; /* why no reference can run it, or NULL */
    int patch;             /* the first 4.3.x that can */
    void (*body) (void);
} t_test_t;

static t_test_t t_tests[512];
static int t_count;

T_FN void t_register (const char *name_, const char *ours_only_, int patch_, void (*body_) (void))
{
    if (t_count == sizeof t_tests / sizeof *t_tests) {
        fprintf (stderr, "too many tests in one program\n");
        exit (2);
    }
    t_tests[t_count++] = (t_test_t){name_, ours_only_, patch_, body_};
}

#define T_DEFINE(name_, reason_, patch_)                                                           \
    static void name_ (void);                                                                      \
    __attribute__ ((constructor)) static void t_register_##name_ (void)                            \
    {                                                                                              \
        t_register (#name_, reason_, patch_, name_);                                               \
    }                                                                                              \
    static void name_ (void)

/* A test, named after the assertion of the specification that it covers. */
#define TEST(name_) T_DEFINE (name_, NULL, 0)

/* A test that no reference passes, because it differs on purpose or because it crashes there. */
#define OURS_ONLY(name_, reason_) T_DEFINE (name_, reason_, 0)

/* A test of what libzmq does from 4.3.5 on; older references skip it. */
#define SINCE_4_3_5(name_) T_DEFINE (name_, NULL, 5)

/* True when the library under development runs, false for a reference. */
T_FN int ours (void)
{
    const char *library = getenv ("ZMQ_TEST_LIBRARY");
    return library && strncmp (library, "ours", 4) == 0;
}

/* ---- checks -------------------------------------------------------------------------------- */

/* What the first failing check of a test had to say; shared between the child and its parent. */
static char *t_failure;
#define T_FAILURE_SIZE 1000

/* Which of several rounds the test is in: ends with a colon and a blank, or is empty. */
static const char *t_round = "";

/* Ends the test, from whichever thread or forked process of it. The first message is kept. */
__attribute__ ((noreturn, format (printf, 3, 4), unused)) static void
t_fail (const char *file_, int line_, const char *format_, ...)
{
    char text[T_FAILURE_SIZE];
    const char *slash = strrchr (file_, '/');
    int n = snprintf (text, sizeof text, "%s:%d %s", slash ? slash + 1 : file_, line_, t_round);
    va_list args;
    va_start (args, format_);
    vsnprintf (text + n, sizeof text - (size_t) n, format_, args);
    va_end (args);
    if (t_failure && !t_failure[0])
        memcpy (t_failure, text, sizeof text);
    _exit (1);
}

#define FAIL(...) t_fail (__FILE__, __LINE__, __VA_ARGS__)

/* The name of an errno value: what a failing line shows. */
T_FN const char *errno_name (int err_)
{
    switch (err_) {
        case EFSM:
            return "EFSM";
        case ENOCOMPATPROTO:
            return "ENOCOMPATPROTO";
        case ETERM:
            return "ETERM";
        case EMTHREAD:
            return "EMTHREAD";
        default: {
            const char *name = strerrorname_np (err_);
            return name ? name : "unknown errno";
        }
    }
}

/* `expr_` holds. */
#define CHECK(expr_)                                                                               \
    do {                                                                                           \
        if (!(expr_))                                                                              \
            FAIL ("%s got false", #expr_);                                                         \
    } while (0)

/* `expr_` is the integer `expected_`. */
#define CHECK_INT(expr_, expected_)                                                                \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long long t_got = (long long) (expr_);                                                     \
        int t_errno = errno;                                                                       \
        long long t_want = (long long) (expected_);                                                \
        if (t_got != t_want)                                                                       \
            FAIL ("%s got %lld, expected %lld%s%s", #expr_, t_got, t_want,                         \
                  t_got == -1 ? ", errno " : "", t_got == -1 ? errno_name (t_errno) : "");         \
    } while (0)

/* `expr_` returns 0, the success of most calls. */
#define CHECK_OK(expr_) CHECK_INT (expr_, 0)

/* `expr_` returns -1 and sets errno to `errno_`. */
#define CHECK_FAIL(expr_, errno_)                                                                  \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long long t_got = (long long) (expr_);                                                     \
        int t_errno = errno;                                                                       \
        int t_want = (errno_);                                                                     \
        if (t_got != -1)                                                                           \
            FAIL ("%s got %lld, expected -1 with %s", #expr_, t_got, errno_name (t_want));         \
        if (t_errno != t_want)                                                                     \
            FAIL ("%s got errno %s, expected %s", #expr_, errno_name (t_errno),                    \
                  errno_name (t_want));                                                            \
    } while (0)

/* `expr_` returns a null pointer and sets errno to `errno_`. */
#define CHECK_NULL(expr_, errno_)                                                                  \
    do {                                                                                           \
        errno = 0;                                                                                 \
        const void *t_got = (expr_);                                                               \
        int t_errno = errno;                                                                       \
        int t_want = (errno_);                                                                     \
        if (t_got)                                                                                 \
            FAIL ("%s got a pointer, expected NULL with %s", #expr_, errno_name (t_want));         \
        if (t_errno != t_want)                                                                     \
            FAIL ("%s got errno %s, expected %s", #expr_, errno_name (t_errno),                    \
                  errno_name (t_want));                                                            \
    } while (0)

/* `expr_` is a C string equal to `expected_`. */
#define CHECK_STR(expr_, expected_)                                                                \
    do {                                                                                           \
        const char *t_got = (expr_);                                                               \
        const char *t_want = (expected_);                                                          \
        if (!t_got || strcmp (t_got, t_want) != 0)                                                 \
            FAIL ("%s got \"%s\", expected \"%s\"", #expr_, t_got ? t_got : "(null)", t_want);     \
    } while (0)

/* ---- time ---------------------------------------------------------------------------------- */

/* Milliseconds of the monotonic clock. */
T_FN int64_t now_ms (void)
{
    struct timespec ts;
    clock_gettime (CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Lets time pass. For clocks under test only: to wait for something, wait for it. */
T_FN void sleep_ms (int ms_)
{
    struct timespec ts = {ms_ / 1000, (ms_ % 1000) * 1000000L};
    while (nanosleep (&ts, &ts) == -1 && errno == EINTR) {
    }
}

/* The bound of every wait that must succeed; far above what a loaded machine needs. */
#define PATIENCE 10000

/* Waits until `expr_` holds, looking again each millisecond; fails the test after PATIENCE. */
#define WAIT_UNTIL(expr_)                                                                          \
    do {                                                                                           \
        int64_t t_deadline = now_ms () + PATIENCE;                                                 \
        while (!(expr_)) {                                                                         \
            if (now_ms () > t_deadline)                                                            \
                FAIL ("%s never came true", #expr_);                                               \
            sleep_ms (1);                                                                          \
        }                                                                                          \
    } while (0)

/* ---- context and sockets of a test --------------------------------------------------------- */

/* The context and the open sockets that the framework cleans up when the test body returns. Only
 * the thread of the test body may call the functions below. */
static void *t_context;
static void *t_sockets[4096];
static int t_socket_count;

/* The context of the test, made at the first call. */
T_FN void *context (void)
{
    if (!t_context) {
        t_context = zmq_ctx_new ();
        if (!t_context)
            FAIL ("zmq_ctx_new gave NULL with %s", errno_name (errno));
    }
    return t_context;
}

/* A new socket of the test's context. Close it with `close_socket`, or not at all. */
T_FN void *new_socket (int type_)
{
    void *socket = zmq_socket (context (), type_);
    if (!socket)
        FAIL ("zmq_socket of type %d gave NULL with %s", type_, errno_name (errno));
    if (t_socket_count == sizeof t_sockets / sizeof *t_sockets)
        FAIL ("too many sockets in one test");
    t_sockets[t_socket_count++] = socket;
    return socket;
}

/* Takes a socket of `new_socket` out of the automatic clean-up. */
T_FN void forget_socket (void *socket_)
{
    for (int i = 0; i < t_socket_count; i++)
        if (t_sockets[i] == socket_) {
            t_sockets[i] = t_sockets[--t_socket_count];
            return;
        }
    FAIL ("not a socket of this test");
}

/* Closes a socket of `new_socket`. */
T_FN void close_socket (void *socket_)
{
    forget_socket (socket_);
    CHECK_OK (zmq_close (socket_));
}

/* Closes every socket that is still open, with LINGER 0, and terminates the test's context. Runs by
 * itself after the body; a body that tests termination calls it earlier. */
T_FN void finish (void)
{
    int zero = 0;
    while (t_socket_count) {
        void *socket = t_sockets[--t_socket_count];
        zmq_setsockopt (socket, ZMQ_LINGER, &zero, sizeof zero); /* ETERM after a shutdown */
        CHECK_OK (zmq_close (socket));
    }
    if (t_context) {
        void *ctx = t_context;
        t_context = NULL;
        CHECK_OK (zmq_ctx_term (ctx));
    }
}

/* ---- options ------------------------------------------------------------------------------- */

/* Sets an int option and returns what zmq_setsockopt did. */
T_FN int set_int (void *socket_, int option_, int value_)
{
    return zmq_setsockopt (socket_, option_, &value_, sizeof value_);
}

/* Sets a string option, without its terminator, and returns what zmq_setsockopt did. */
T_FN int set_str (void *socket_, int option_, const char *value_)
{
    return zmq_setsockopt (socket_, option_, value_, strlen (value_));
}

/* Reads an int option; fails the test if that fails. */
T_FN int get_int (void *socket_, int option_)
{
    int value = 0x5a5a5a5a;
    size_t size = sizeof value;
    if (zmq_getsockopt (socket_, option_, &value, &size) != 0)
        FAIL ("zmq_getsockopt of %d gave errno %s", option_, errno_name (errno));
    if (size != sizeof value)
        FAIL ("zmq_getsockopt of %d gave length %zu", option_, size);
    return value;
}

/* Lets a socket look at what happened to it, and returns its ZMQ_EVENTS. */
T_FN int settle (void *socket_)
{
    return get_int (socket_, ZMQ_EVENTS);
}

/* The endpoint that the last bind or connect gave, in a static buffer. */
T_FN const char *last_endpoint (void *socket_)
{
    static char text[1024];
    size_t size = sizeof text;
    if (zmq_getsockopt (socket_, ZMQ_LAST_ENDPOINT, text, &size) != 0)
        FAIL ("ZMQ_LAST_ENDPOINT gave errno %s", errno_name (errno));
    return text;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* Sends a C string as one frame and returns what zmq_send did. */
T_FN int send_str (void *socket_, const char *text_, int flags_)
{
    return zmq_send (socket_, text_, strlen (text_), flags_);
}

/* Sends the given C strings, ended by NULL, as one message; fails the test if a send fails. */
T_FN void send_parts (void *socket_, ...)
{
    va_list args;
    va_start (args, socket_);
    const char *part = va_arg (args, const char *);
    while (part) {
        const char *next = va_arg (args, const char *);
        if (send_str (socket_, part, next ? ZMQ_SNDMORE : 0) == -1)
            FAIL ("sending \"%s\" gave errno %s", part, errno_name (errno));
        part = next;
    }
    va_end (args);
}

/* Receives one frame as a C string in `buffer_`, and returns what zmq_recv did. */
T_FN int recv_str (void *socket_, char *buffer_, size_t size_, int flags_)
{
    int n = zmq_recv (socket_, buffer_, size_ - 1, flags_);
    buffer_[n < 0 ? 0 : (size_t) n < size_ - 1 ? (size_t) n : size_ - 1] = 0;
    return n;
}

/* Waits at most `ms_` for the events of one socket (a ZMQ_POLLIN, ZMQ_POLLOUT mask) and returns
 * those that are there. */
T_FN int wait_for (void *socket_, int events_, long ms_)
{
    zmq_pollitem_t item = {socket_, 0, (short) events_, 0};
    int64_t deadline = now_ms () + ms_;
    while (zmq_poll (&item, 1, ms_) == -1) {
        if (errno != EINTR)
            FAIL ("zmq_poll gave errno %s", errno_name (errno));
        ms_ = deadline > now_ms () ? (long) (deadline - now_ms ()) : 0;
    }
    return item.revents;
}

/* See EXPECT. */
T_FN void t_expect (const char *file_, int line_, void *socket_, ...)
{
    va_list args;
    va_start (args, socket_);
    const char *part = va_arg (args, const char *);
    while (part) {
        char got[1024];
        const char *next = va_arg (args, const char *);
        if (!(wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN))
            t_fail (file_, line_, "nothing came, expected \"%s\"", part);
        if (recv_str (socket_, got, sizeof got, ZMQ_DONTWAIT) == -1)
            t_fail (file_, line_, "expecting \"%s\" gave errno %s", part, errno_name (errno));
        if (strcmp (got, part) != 0)
            t_fail (file_, line_, "received \"%s\", expected \"%s\"", got, part);
        if (get_int (socket_, ZMQ_RCVMORE) != (next != NULL))
            t_fail (file_, line_, "after \"%s\" got ZMQ_RCVMORE %d", part, next == NULL);
        part = next;
    }
    va_end (args);
}

/* Receives one message, waiting for it, and checks that its frames are the C strings given. */
#define EXPECT(socket_, ...) t_expect (__FILE__, __LINE__, socket_, __VA_ARGS__, NULL)

/* Nothing can be received now. */
#define EXPECT_NOTHING(socket_)                                                                    \
    do {                                                                                           \
        char t_text[256];                                                                          \
        if (recv_str (socket_, t_text, sizeof t_text, ZMQ_DONTWAIT) != -1)                         \
            FAIL ("received \"%s\", expected nothing", t_text);                                    \
        if (errno != EAGAIN)                                                                       \
            FAIL ("receiving nothing gave errno %s", errno_name (errno));                          \
    } while (0)

/* Makes two sockets of the test's context and joins them over inproc: `*bound_` binds, `*other_`
 * connects. */
T_FN void inproc_pair (int bound_type_, int other_type_, void **bound_, void **other_)
{
    static int number;
    char endpoint[64];
    snprintf (endpoint, sizeof endpoint, "inproc://t-pair-%d", ++number);
    *bound_ = new_socket (bound_type_);
    *other_ = new_socket (other_type_);
    CHECK_OK (zmq_bind (*bound_, endpoint));
    CHECK_OK (zmq_connect (*other_, endpoint));
}

/* Sends a two-part message from `client_` to `server_` and another one back. */
T_FN void bounce (void *server_, void *client_)
{
    send_parts (client_, "12345678ABCDEFGH12345678abcdefgh", "second part", NULL);
    EXPECT (server_, "12345678ABCDEFGH12345678abcdefgh", "second part");
    send_parts (server_, "and back again", "the other second part, longer than an inline message",
                NULL);
    EXPECT (client_, "and back again", "the other second part, longer than an inline message");
}

/* ---- threads ------------------------------------------------------------------------------- */

/* Starts a thread of the test. */
T_FN pthread_t start (void *(*body_) (void *), void *arg_)
{
    pthread_t thread;
    int rc = pthread_create (&thread, NULL, body_, arg_);
    if (rc != 0)
        FAIL ("pthread_create gave %s", errno_name (rc));
    return thread;
}

/* Waits for the end of a thread and returns its result. */
T_FN void *join (pthread_t thread_)
{
    void *result;
    int rc = pthread_join (thread_, &result);
    if (rc != 0)
        FAIL ("pthread_join gave %s", errno_name (rc));
    return result;
}

/* True when thread `tid_` (of gettid) of this process sleeps in the kernel. */
T_FN int thread_sleeps (int tid_)
{
    char path[64], line[512];
    snprintf (path, sizeof path, "/proc/self/task/%d/stat", tid_);
    FILE *file = fopen (path, "r");
    if (!file)
        return 0;
    char *read = fgets (line, sizeof line, file);
    fclose (file);
    char *after_name = read ? strrchr (line, ')') : NULL;
    return after_name && after_name[1] == ' ' && after_name[2] == 'S';
}

/* ---- running ------------------------------------------------------------------------------- */

T_FN void t_child (const t_test_t *test_, int seconds_)
{
    struct rlimit no_core = {0, 0};
    setrlimit (RLIMIT_CORE, &no_core);
    setpgid (0, 0);
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    alarm ((unsigned) seconds_);
    test_->body ();
    finish ();
    exit (0);
}

/* Runs one test in a child; returns whether it passed. */
T_FN int t_run (const t_test_t *test_, int seconds_)
{
    t_failure[0] = 0;
    fflush (stdout);
    pid_t child = fork ();
    if (child == 0)
        t_child (test_, seconds_);
    int status = 0;
    while (waitpid (child, &status, 0) == -1 && errno == EINTR) {
    }
    kill (-child, SIGKILL); /* what the test forked and did not reap */
    if (WIFEXITED (status) && WEXITSTATUS (status) == 0 && !t_failure[0]) {
        printf ("ok %s\n", test_->name);
        return 1;
    }
    if (t_failure[0])
        printf ("not ok %s %s\n", test_->name, t_failure);
    else if (WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM)
        printf ("not ok %s hangs\n", test_->name);
    else if (WIFSIGNALED (status))
        printf ("not ok %s got SIG%s\n", test_->name, sigabbrev_np (WTERMSIG (status)));
    else
        printf ("not ok %s got exit status %d\n", test_->name, WEXITSTATUS (status));
    return 0;
}

T_FN int t_selected (const char *name_, int argc_, char **argv_)
{
    for (int i = 1; i < argc_; i++)
        if (strstr (name_, argv_[i]))
            return 1;
    return argc_ == 1;
}

int main (int argc_, char **argv_)
{
    if (argc_ == 2 && strcmp (argv_[1], "--list") == 0) {
        for (int i = 0; i < t_count; i++)
            puts (t_tests[i].name);
        return 0;
    }
    t_failure = mmap (NULL, T_FAILURE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                      0);
    if (t_failure == MAP_FAILED) {
        perror ("mmap");
        return 2;
    }
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    const char *limit = getenv ("ZMQ_TEST_TIMEOUT");
    int seconds = limit ? atoi (limit) : 20;
    int passed = 0, failed = 0;
    for (int i = 0; i < t_count; i++) {
        if (!t_selected (t_tests[i].name, argc_, argv_))
            continue;
        if (t_tests[i].ours_only && !ours ()) {
            printf ("skip %s %s\n", t_tests[i].name, t_tests[i].ours_only);
            continue;
        }
        if (patch < t_tests[i].patch) {
            printf ("skip %s needs 4.3.%d\n", t_tests[i].name, t_tests[i].patch);
            continue;
        }
        if (t_run (&t_tests[i], seconds))
            passed++;
        else
            failed++;
    }
    printf ("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
