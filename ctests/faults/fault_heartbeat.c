/* Heartbeats of a link whose receiver does not keep up: slow is not dead.
 *
 * One side is the library under test, the other the same library or, in a process of its own, a
 * reference. A process plays a side of another library by running this program once more.
 */
#include "faults.h"

/* Enough to fill the buffers of the kernel on both sides, so that the sender stands still. */
#define MESSAGES 300
#define SIZE 100000

/* How long the receiver does nothing. */
#define PAUSE 3000

static void *beat (void *socket_)
{
    CHECK_OK (set_int (socket_, ZMQ_HEARTBEAT_IVL, 100));
    return socket_;
}

/* Sends all messages at once; how far they get is the library's business. */
static void send_all (void *push_)
{
    static char body[SIZE];
    for (int i = 0; i < MESSAGES; i++) {
        snprintf (body, sizeof body, "%08d", i);
        CHECK_INT (zmq_send (push_, body, sizeof body, 0), sizeof body);
    }
}

static void receive_all (void *pull_)
{
    static char body[SIZE];
    for (int i = 0; i < MESSAGES; i++) {
        if (!(wait_for (pull_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN))
            FAIL ("%d of %d messages came", i, MESSAGES);
        CHECK_INT (zmq_recv (pull_, body, sizeof body, ZMQ_DONTWAIT), sizeof body);
        if (atoi (body) != i)
            FAIL ("message %d came after message %d", atoi (body), i - 1);
    }
}

static void *new_push (void)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 0));
    return push;
}

static void *new_pull (void)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_RCVHWM, 1));
    return pull;
}

/* ---- the other side ------------------------------------------------------------------------ */

/* Plays the side that FAULTS_SIDE names, with a heartbeat if it says so. It talks with the test by
 * stdin and stdout: an endpoint to connect to, `start`, `done` when all is said or heard. */
static void play (const char *side_)
{
    char endpoint[64];
    if (read (STDIN_FILENO, endpoint, sizeof endpoint) != sizeof endpoint)
        _exit (1);
    int push = strncmp (side_, "push", 4) == 0;
    void *socket = push ? new_push () : new_pull ();
    if (strstr (side_, "beats"))
        beat (socket);
    void *events = watch (socket);
    CHECK_OK (zmq_connect (socket, endpoint));
    EXPECT_HS_OK (events);
    tell (STDOUT_FILENO, "ready");
    await (STDIN_FILENO, "start");
    if (push)
        send_all (socket);
    else
        receive_all (socket);
    char text[200] = "";
    next_event (events, 0, text, sizeof text);
    tell (STDOUT_FILENO, text[0] ? "broken" : "done");
    await (STDIN_FILENO, "look");
    next_event (events, 0, text, sizeof text);
    tell (STDOUT_FILENO, text[0] ? "broken" : "whole");
    await (STDIN_FILENO, "enough");
    finish ();
}

__attribute__ ((constructor)) static void play_if_asked (void)
{
    const char *side = getenv ("FAULTS_SIDE");
    if (side) {
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        play (side);
        _exit (0);
    }
}

static const char *side_wanted;

/* Becomes this program once more, under another library if there is one. */
static void under_other_library (int from_, int to_)
{
    dup2 (from_, STDIN_FILENO);
    dup2 (to_, STDOUT_FILENO);
    setenv ("FAULTS_SIDE", side_wanted, 1);
    if (other_library ())
        setenv ("LD_LIBRARY_PATH", other_library (), 1);
    execl ("/proc/self/exe", "fault_heartbeat", (char *) NULL);
    _exit (127);
}

static helper_t other_side (const char *side_, const char *endpoint_)
{
    char endpoint[64] = "";
    side_wanted = side_;
    helper_t helper = fork_helper (under_other_library);
    snprintf (endpoint, sizeof endpoint, "%s", endpoint_);
    CHECK_INT (write (helper.to, endpoint, sizeof endpoint), sizeof endpoint);
    return helper;
}

static void end_whole (helper_t helper_)
{
    tell (helper_.to, "look");
    await (helper_.from, "whole");
    tell (helper_.to, "enough");
    end_helper (helper_);
}

/* ---- tests --------------------------------------------------------------------------------- */

/* A sender with a heartbeat and a receiver that pauses, in this process. */
static void pause_of_one_library (int push_beats_, int pull_beats_, const char *endpoint_)
{
    void *pull = new_pull (), *push = new_push ();
    if (push_beats_)
        beat (push);
    if (pull_beats_)
        beat (pull);
    void *events[] = {watch (pull), watch (push)};
    CHECK_OK (zmq_bind (pull, endpoint_));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    EXPECT_HS_OK (events[0]);
    EXPECT_HS_OK (events[1]);
    EXPECT_NO_EVENT (events[0]);
    send_all (push);
    char text[200] = "";
    next_event (events[0], PAUSE, text, sizeof text);
    next_event (events[1], 0, text, sizeof text);
    CHECK_STR (text, "");
    receive_all (pull);
    EXPECT_NO_EVENT (events[0]);
    EXPECT_NO_EVENT (events[1]);
}

OURS_ONLY (f_a_pause_of_the_receiver_is_no_death, "a reference closes the link of a slow receiver")
{
    pause_of_one_library (1, 0, "tcp://127.0.0.1:*");
}

OURS_ONLY (f_a_pause_is_no_death_where_both_sides_beat,
           "a reference closes the link of a slow receiver")
{
    pause_of_one_library (1, 1, "tcp://127.0.0.1:*");
}

OURS_ONLY (f_a_pause_is_no_death_where_the_receiver_beats,
           "a reference closes its own link while it does not read")
{
    pause_of_one_library (0, 1, "tcp://127.0.0.1:*");
}

OURS_ONLY (f_a_pause_over_ipc_is_no_death, "a reference closes the link of a slow receiver")
{
    pause_of_one_library (1, 1, "ipc://*");
}

/* Small messages fit into the kernel: the PING behind them is sent, and waits to be read. */
OURS_ONLY (f_a_pause_with_few_messages_is_no_death,
           "a reference closes the link of a slow receiver")
{
    void *pull = new_pull (), *push = beat (new_push ());
    void *events[] = {watch (pull), watch (push)};
    CHECK_OK (zmq_bind (pull, "tcp://127.0.0.1:*"));
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    EXPECT_HS_OK (events[0]);
    EXPECT_HS_OK (events[1]);
    for (int i = 0; i < 1000; i++)
        CHECK_INT (send_str (push, "hi", 0), 2);
    char text[200] = "";
    next_event (events[0], PAUSE, text, sizeof text);
    next_event (events[1], 0, text, sizeof text);
    CHECK_STR (text, "");
    for (int i = 0; i < 1000; i++)
        EXPECT (pull, "hi");
    EXPECT_NO_EVENT (events[1]);
}

/* The reference sends and beats; this library does not receive for a while. It has seen PINGs
 * before, so it can know that somebody counts on an answer. */
OURS_ONLY (f_a_reference_takes_no_pause_for_a_death, "there has to be a reference beside it")
{
    if (!other_library ()) {
        note ("no other library: f_a_reference_takes_no_pause_for_a_death tries nothing");
        return;
    }
    void *pull = new_pull (), *events = watch (pull);
    CHECK_OK (zmq_bind (pull, "tcp://127.0.0.1:*"));
    helper_t helper = other_side ("push beats", last_endpoint (pull));
    EXPECT_HS_OK (events);
    await (helper.from, "ready");
    char text[200] = "";
    next_event (events, 350, text, sizeof text); /* a few beats */
    CHECK_STR (text, "");
    tell (helper.to, "start");
    await (helper.from, "done");
    next_event (events, PAUSE, text, sizeof text);
    CHECK_STR (text, "");
    receive_all (pull);
    EXPECT_NO_EVENT (events);
    end_whole (helper);
}

/* This library sends and beats; the reference does not receive for a while, nor does it read. */
OURS_ONLY (f_a_paused_reference_is_not_dead, "there has to be a reference beside it")
{
    if (!other_library ()) {
        note ("no other library: f_a_paused_reference_is_not_dead tries nothing");
        return;
    }
    void *push = beat (new_push ()), *events = watch (push);
    CHECK_OK (zmq_bind (push, "tcp://127.0.0.1:*"));
    helper_t helper = other_side ("pull", last_endpoint (push));
    EXPECT_HS_OK (events);
    await (helper.from, "ready");
    send_all (push);
    char text[200] = "";
    next_event (events, PAUSE, text, sizeof text);
    CHECK_STR (text, "");
    tell (helper.to, "start");
    await (helper.from, "done");
    EXPECT_NO_EVENT (events);
    end_whole (helper);
}

/* What is dead is noticed all the same. */
TEST (f_a_stopped_process_is_dead)
{
    void *push = beat (new_push ()), *events = watch (push);
    CHECK_OK (zmq_bind (push, "tcp://127.0.0.1:*"));
    helper_t helper = other_side ("pull", last_endpoint (push));
    EXPECT_HS_OK (events);
    await (helper.from, "ready");
    kill (helper.pid, SIGSTOP);
    char text[200] = "";
    next_event (events, PATIENCE, text, sizeof text);
    CHECK_STR (text, "DISCONNECTED");
    kill (helper.pid, SIGKILL);
    kill (helper.pid, SIGCONT);
    waitpid (helper.pid, NULL, 0);
}
