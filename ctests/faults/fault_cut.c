/* A cable that is cut: two processes in network namespaces of their own, with a pair of virtual
 * devices between them. Wants root and `ip`; both namespaces vanish with their processes. */
#include "faults.h"

#define ADDRESS_A "10.99.0.1"
#define ADDRESS_B "10.99.0.2"

/* Runs `ip` with the words given. */
__attribute__ ((format (printf, 1, 2))) static int ip (const char *format_, ...)
{
    char command[300] = "ip ";
    va_list args;
    va_start (args, format_);
    vsnprintf (command + 3, sizeof command - 30, format_, args);
    va_end (args);
    strcat (command, " 2>/dev/null");
    return system (command);
}

static int isolate (void)
{
    return unshare (CLONE_NEWNET) == 0 && ip ("link set lo up") == 0;
}

static void *with_heartbeat (int type_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_IVL, 100));
    CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, 300));
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, 50));
    CHECK_OK (set_int (socket, ZMQ_CONNECT_TIMEOUT, 300));
    CHECK_OK (set_int (socket, ZMQ_HANDSHAKE_IVL, 1000));
    return socket;
}

/* The end of a link that was up; says how long it took to notice. */
static int noticed (void *events_)
{
    int64_t begun = now_ms ();
    char text[1000] = "";
    while (next_event (events_, PATIENCE, text, sizeof text) != ZMQ_EVENT_DISCONNECTED)
        CHECK (strlen (text) < 900 && now_ms () - begun < PATIENCE);
    return (int) (now_ms () - begun);
}

/* The next handshake that succeeds. */
static void restored (void *events_)
{
    int64_t begun = now_ms ();
    char text[100];
    do {
        CHECK (now_ms () - begun < 2 * PATIENCE);
        text[0] = 0;
    } while (next_event (events_, 100, text, sizeof text) != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

/* The far end: connects, and sends one message for each word. */
static void far_end (int from_, int to_)
{
    if (!isolate ()) {
        tell (to_, "cannot");
        return;
    }
    tell (to_, "apart");
    await (from_, "wired");
    CHECK_INT (ip ("addr add " ADDRESS_B "/24 dev far"), 0);
    CHECK_INT (ip ("link set far up"), 0);
    tell (to_, "up");
    uint16_t port;
    char endpoint[64];
    CHECK_INT (read (from_, &port, sizeof port), sizeof port);
    void *push = with_heartbeat (ZMQ_PUSH), *events = watch (push);
    snprintf (endpoint, sizeof endpoint, "tcp://" ADDRESS_A ":%d", port);
    CHECK_OK (zmq_connect (push, endpoint));
    restored (events); /* the interface may take a moment to be up */
    send_parts (push, "first", NULL);
    tell (to_, "on");
    await (from_, "cut");
    int took = noticed (events);
    CHECK (took < 3000);
    tell (to_, "noticed");
    send_parts (push, "while cut", NULL);
    await (from_, "mended");
    restored (events);
    send_parts (push, "afterwards", NULL);
    tell (to_, "on");
    await (from_, "enough");
    finish ();
}

TEST (f_a_cut_cable_is_noticed_and_its_repair_too)
{
    helper_t helper = fork_helper (far_end);
    char word[9] = "";
    CHECK_INT (read (helper.from, word, 8), 8);
    if (strcmp (word, "apart") != 0 || !isolate ()
        || ip ("link add near type veth peer name far") != 0
        || ip ("link set far netns %d", (int) helper.pid) != 0) {
        note ("no network namespaces here: no cable to cut");
        kill (helper.pid, SIGKILL);
        waitpid (helper.pid, NULL, 0);
        return;
    }
    CHECK_INT (ip ("addr add " ADDRESS_A "/24 dev near"), 0);
    CHECK_INT (ip ("link set near up"), 0);
    tell (helper.to, "wired");
    await (helper.from, "up");
    void *pull = with_heartbeat (ZMQ_PULL), *events = watch (pull);
    CHECK_OK (zmq_bind (pull, "tcp://" ADDRESS_A ":*"));
    uint16_t port = (uint16_t) bound_port (pull);
    CHECK_INT (write (helper.to, &port, sizeof port), sizeof port);
    EXPECT_HS_OK (events);
    EXPECT (pull, "first");
    await (helper.from, "on");

    CHECK_INT (ip ("link set near down"), 0);
    tell (helper.to, "cut");
    int took = noticed (events);
    CHECK (took < 3000);
    await (helper.from, "noticed");
    note ("a cut was noticed after %d ms (heartbeat 100, timeout 300)", took);
    EXPECT_NOTHING (pull);

    CHECK_INT (ip ("link set near up"), 0);
    tell (helper.to, "mended");
    int64_t begun = now_ms ();
    restored (events);
    note ("and its repair after %d ms", (int) (now_ms () - begun));
    EXPECT (pull, "while cut");
    EXPECT (pull, "afterwards");
    await (helper.from, "on");
    tell (helper.to, "enough");
    end_helper (helper);
}
