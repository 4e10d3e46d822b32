/* What the tests over tcp and ipc share beyond sockets.h: endpoints nobody uses, peers that speak
 * bytes instead of messages, monitors to wait with, and processes that can be killed.
 *
 * Nothing here is synchronous, so everything is waited for: `EXPECT`, `WAIT_UNTIL`, `AWAIT` for an
 * event of a monitor, `raw_sync` for a peer that has read all it was sent. That something does not
 * happen is asked after a witness has shown that there was time enough for it.
 */
#ifndef CTESTS_NETWORK_H
#define CTESTS_NETWORK_H

#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define T_BOTH(name_, patch_)                                                                      \
    static void name_##_over (const char *transport);                                              \
    T_DEFINE (name_##_tcp, NULL, patch_)                                                           \
    {                                                                                              \
        name_##_over ("tcp");                                                                      \
    }                                                                                              \
    T_DEFINE (name_##_ipc, NULL, patch_)                                                           \
    {                                                                                              \
        name_##_over ("ipc");                                                                      \
    }                                                                                              \
    static void name_##_over (__attribute__ ((unused)) const char *transport)

/* A test that runs over tcp and over ipc; `transport` names the one. */
#define NET_TEST(name_) T_BOTH (name_, 0)

/* The same, of what libzmq does from 4.3.5 on. */
#define NET_SINCE_4_3_5(name_) T_BOTH (name_, 5)

/* ---- places -------------------------------------------------------------------------------- */

/* A folder of this run of the program; who made it removes it with all that tests left there. */
static char t_folder[128];
static pid_t t_folder_owner;

T_FN int t_remove (const char *path_, const struct stat *stat_, int type_, struct FTW *ftw_)
{
    (void) stat_;
    (void) type_;
    (void) ftw_;
    return remove (path_);
}

T_FN void t_remove_folder (void)
{
    if (getpid () == t_folder_owner)
        nftw (t_folder, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}

__attribute__ ((constructor)) static void t_make_folder (void)
{
    snprintf (t_folder, sizeof t_folder, "%s/ctests-XXXXXX", P_tmpdir);
    if (!mkdtemp (t_folder)) {
        perror ("mkdtemp");
        exit (2);
    }
    t_folder_owner = getpid ();
    atexit (t_remove_folder);
}

/* A buffer for a short text; the last 64 stay valid. */
T_FN char *t_text (void)
{
    static char texts[64][256];
    static int turn;
    return texts[turn++ % 64];
}

/* Formats a short text. */
__attribute__ ((format (printf, 1, 2), unused)) static const char *
text_of (const char *format_, ...)
{
    char *text = t_text ();
    va_list args;
    va_start (args, format_);
    vsnprintf (text, 256, format_, args);
    va_end (args);
    return text;
}

/* A copy of a text that stays valid to the end of the test. */
T_FN const char *keep (const char *text_)
{
    static char texts[65536];
    static size_t used;
    size_t size = strlen (text_) + 1;
    if (size > sizeof texts - used)
        FAIL ("too many texts to keep");
    used += size;
    return memcpy (texts + used - size, text_, size);
}

/* A path in the folder of this run that no other test uses. */
T_FN const char *fresh_path (void)
{
    static int number;
    return keep (text_of ("%s/%d-%d", t_folder, (int) getpid (), ++number));
}

/* A port of 127.0.0.1 that belongs to this test to its end. Whoever connects is refused, since the
 * socket that holds it does not listen, and whoever sets SO_REUSEADDR may bind it. */
T_FN int fresh_port (void)
{
    int one = 1, fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (fd == -1 || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0
        || bind (fd, (struct sockaddr *) &address, sizeof address) != 0
        || getsockname (fd, (struct sockaddr *) &address, &size) != 0)
        FAIL ("no port: %s", errno_name (errno));
    return ntohs (address.sin_port);
}

/* An endpoint of "tcp" or "ipc" where nobody listens, and where this test alone may. */
T_FN const char *fresh (const char *transport_)
{
    if (strcmp (transport_, "tcp") == 0)
        return keep (text_of ("tcp://127.0.0.1:%d", fresh_port ()));
    return keep (text_of ("ipc://%s", fresh_path ()));
}

/* The last endpoint of a socket, valid to the end of the test. */
T_FN const char *place_of (void *socket_)
{
    return keep (last_endpoint (socket_));
}

/* The port at the end of a tcp endpoint. */
T_FN int port_of (const char *endpoint_)
{
    return atoi (strrchr (endpoint_, ':') + 1);
}

/* Binds where a listener may be that was closed a moment ago: its end takes a while. */
T_FN void bind_again (void *socket_, const char *endpoint_)
{
    int64_t deadline = now_ms () + PATIENCE;
    while (zmq_bind (socket_, endpoint_) != 0) {
        if (errno != EADDRINUSE || now_ms () > deadline)
            FAIL ("binding %s again gave %s", endpoint_, errno_name (errno));
        sleep_ms (1);
    }
}

/* ---- monitors ------------------------------------------------------------------------------ */

/* One event. */
typedef struct
{
    int event;
    int value;
    char endpoint[256];
} event_t;

/* Monitors a socket from now on; the value is where the events are read. */
T_FN void *watch (void *socket_)
{
    static int number;
    const char *endpoint = text_of ("inproc://t-watch-%d", ++number);
    CHECK_OK (zmq_socket_monitor (socket_, endpoint, ZMQ_EVENT_ALL));
    return connected (ZMQ_PAIR, endpoint);
}

/* Reads an event that comes within `ms_`; false if none does. */
T_FN int next_event (void *reader_, long ms_, event_t *event_)
{
    unsigned char frame[6];
    uint16_t event;
    if (!(wait_for (reader_, ZMQ_POLLIN, ms_) & ZMQ_POLLIN))
        return 0;
    CHECK_INT (zmq_recv (reader_, frame, sizeof frame, ZMQ_DONTWAIT), 6);
    memcpy (&event, frame, sizeof event);
    memcpy (&event_->value, frame + 2, sizeof event_->value);
    event_->event = event;
    if (recv_str (reader_, event_->endpoint, sizeof event_->endpoint, ZMQ_DONTWAIT) == -1)
        FAIL ("an event without an endpoint: %s", errno_name (errno));
    return 1;
}

/* See EXPECT_EVENT, AWAIT and AWAIT_WITH. */
T_FN int
t_await (const char *file_, int line_, void *reader_, int event_, int skip_, void *socket_)
{
    event_t event;
    int64_t deadline = now_ms () + PATIENCE;
    for (;;) {
        int came = next_event (reader_, socket_ ? 1 : PATIENCE, &event);
        if (now_ms () > deadline)
            t_fail (file_, line_, "event %#x never came", event_);
        if (!came) {
            settle (socket_);
            continue;
        }
        if (event.event == event_)
            return event.value;
        if (!skip_)
            t_fail (file_, line_, "got event %#x (%d, %s), expected %#x", event.event, event.value,
                    event.endpoint, event_);
    }
}

/* The next event is this one; its value is the result. */
#define EXPECT_EVENT(reader_, event_) t_await (__FILE__, __LINE__, reader_, event_, 0, NULL)

/* Reads events until this one comes; its value is the result. */
#define AWAIT(reader_, event_) t_await (__FILE__, __LINE__, reader_, event_, 1, NULL)

/* As AWAIT, while `socket_` looks at what happened to it: only then does it end connections after
 * zmq_disconnect or zmq_unbind. */
#define AWAIT_WITH(socket_, reader_, event_)                                                       \
    t_await (__FILE__, __LINE__, reader_, event_, 1, socket_)

/* No event waits to be read. */
#define EXPECT_NO_EVENT(reader_)                                                                   \
    do {                                                                                           \
        event_t t_event;                                                                           \
        if (next_event (reader_, 0, &t_event))                                                     \
            FAIL ("got event %#x (%d, %s), expected none", t_event.event, t_event.value,           \
                  t_event.endpoint);                                                               \
    } while (0)

/* As `bound`, with a monitor from before that: whoever has been trying to connect is seen from the
 * beginning. */
T_FN void *bound_and_watched (int type_, const char *endpoint_, void **events_)
{
    void *socket = new_socket (type_);
    *events_ = watch (socket);
    CHECK_OK (zmq_bind (socket, endpoint_));
    EXPECT_EVENT (*events_, ZMQ_EVENT_LISTENING);
    return socket;
}

/* Counts the events of one kind that wait to be read, and drops all others. */
T_FN int count_events (void *reader_, int event_)
{
    event_t event;
    int count = 0;
    while (next_event (reader_, 0, &event))
        count += event.event == event_;
    return count;
}

/* Lets so much time pass that a socket with RECONNECT_IVL 10 would have tried again some times: one
 * of that kind does. */
T_FN void let_others_retry (const char *transport_)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 20));
    void *events = watch (push);
    CHECK_OK (zmq_connect (push, fresh (transport_)));
    for (int i = 0; i < 5; i++)
        AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
    close_socket (push);
    close_socket (events);
}

/* ---- peers that speak bytes ---------------------------------------------------------------- */

/* The address of an endpoint of 127.0.0.1 or of a path. */
typedef union
{
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
} t_address_t;

T_FN socklen_t t_address (const char *endpoint_, t_address_t *address_)
{
    memset (address_, 0, sizeof *address_);
    if (strncmp (endpoint_, "tcp://", 6) == 0) {
        address_->in.sin_family = AF_INET;
        address_->in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
        address_->in.sin_port = htons ((uint16_t) port_of (endpoint_));
        return sizeof address_->in;
    }
    address_->un.sun_family = AF_UNIX;
    snprintf (address_->un.sun_path, sizeof address_->un.sun_path, "%s", endpoint_ + 6);
    return sizeof address_->un;
}

T_FN int t_raw_socket (const t_address_t *address_)
{
    int one = 1, fd = socket (address_->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        FAIL ("socket gave %s", errno_name (errno));
    if (address_->any.sa_family == AF_INET) {
        setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        /* What is sent on two connections is to arrive in this order. */
        setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return fd;
}

/* Listens at an endpoint. */
T_FN int raw_listen (const char *endpoint_, int backlog_)
{
    t_address_t address;
    socklen_t size = t_address (endpoint_, &address);
    int fd = t_raw_socket (&address);
    if (bind (fd, &address.any, size) != 0 || listen (fd, backlog_) != 0)
        FAIL ("listening at %s gave %s", endpoint_, errno_name (errno));
    return fd;
}

/* Waits until a descriptor can be read, for `ms_`; false if it cannot. */
T_FN int raw_readable (int fd_, int ms_)
{
    struct pollfd item = {fd_, POLLIN, 0};
    return poll (&item, 1, ms_) == 1;
}

/* Accepts the next connection. */
T_FN int raw_accept (int listener_)
{
    if (!raw_readable (listener_, PATIENCE))
        FAIL ("nobody connects");
    int fd = accept4 (listener_, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1)
        FAIL ("accept gave %s", errno_name (errno));
    return fd;
}

/* Connects to an endpoint. */
T_FN int raw_connect (const char *endpoint_)
{
    t_address_t address;
    socklen_t size = t_address (endpoint_, &address);
    int fd = t_raw_socket (&address);
    if (connect (fd, &address.any, size) != 0)
        FAIL ("connecting to %s gave %s", endpoint_, errno_name (errno));
    return fd;
}

/* Sends bytes, all of them. */
T_FN void raw_send (int fd_, const void *data_, size_t size_)
{
    const char *data = data_;
    while (size_) {
        ssize_t n = send (fd_, data, size_, MSG_NOSIGNAL);
        if (n == -1)
            FAIL ("sending bytes gave %s", errno_name (errno));
        data += n;
        size_ -= (size_t) n;
    }
}

/* Sends the bytes of a literal. */
#define RAW_SEND(fd_, literal_) raw_send (fd_, literal_, sizeof (literal_) - 1)

/* Reads exactly so many bytes. */
T_FN void raw_read (int fd_, void *data_, size_t size_)
{
    char *data = data_;
    while (size_) {
        if (!raw_readable (fd_, PATIENCE))
            FAIL ("%zu bytes more never came", size_);
        ssize_t n = recv (fd_, data, size_, 0);
        if (n <= 0)
            FAIL ("reading bytes gave %s", n == 0 ? "the end" : errno_name (errno));
        data += n;
        size_ -= (size_t) n;
    }
}

/* How many bytes `raw_ended` has dropped. */
static size_t raw_dropped;

/* Drops what came on a connection; true once it has ended, orderly or not. */
T_FN int raw_ended (int fd_)
{
    char bytes[65536];
    for (;;) {
        ssize_t n = recv (fd_, bytes, sizeof bytes, MSG_DONTWAIT);
        raw_dropped += n > 0 ? (size_t) n : 0;
        if (n == 0 || (n == -1 && errno == ECONNRESET))
            return 1;
        if (n == -1 && errno == EAGAIN)
            return 0;
        if (n == -1)
            FAIL ("waiting for the end gave %s", errno_name (errno));
    }
}

/* Reads one frame of ZMTP 2 or 3; returns its flags, and its body as a C string of at most `size_`
 * bytes. */
T_FN int raw_frame (int fd_, char *body_, size_t size_)
{
    unsigned char head[9];
    size_t length;
    raw_read (fd_, head, 2);
    if (head[0] & 2) {
        raw_read (fd_, head + 2, 7);
        length = 0;
        for (int i = 1; i < 9; i++)
            length = length << 8 | head[i];
    } else
        length = head[1];
    if (length >= size_)
        FAIL ("a frame of %zu bytes", length);
    raw_read (fd_, body_, length);
    body_[length] = 0;
    return head[0];
}

/* The next frame that is no command has this text. */
#define RAW_EXPECT(fd_, text_)                                                                     \
    do {                                                                                           \
        char t_body[1024];                                                                         \
        while (raw_frame (fd_, t_body, sizeof t_body) & 4) {                                       \
        }                                                                                          \
        CHECK_STR (t_body, text_);                                                                 \
    } while (0)

/* Sends a frame of fewer than 256 bytes. */
T_FN void raw_send_frame (int fd_, int flags_, const char *text_)
{
    unsigned char frame[300] = {(unsigned char) flags_, (unsigned char) strlen (text_)};
    memcpy (frame + 2, text_, strlen (text_));
    raw_send (fd_, frame, 2 + strlen (text_));
}

/* The greeting of ZMTP 3.1 with the mechanism NULL. */
static const char raw_greeting[64] = "\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL";

/* Shakes hands as a socket of a type, with an id or without (NULL). */
T_FN void raw_handshake (int fd_, const char *type_, const char *id_)
{
    char greeting[64], body[512], ready[512];
    raw_send (fd_, raw_greeting, sizeof raw_greeting);
    raw_read (fd_, greeting, sizeof greeting);
    CHECK_INT (raw_frame (fd_, body, sizeof body), 4); /* which need not wait for ours */
    CHECK (strncmp (body, "\5READY", 6) == 0);
    int n = sprintf (ready, "%c%c%cREADY%cSocket-Type%c%c%c%c%s", 4, 0, 5, 11, 0, 0, 0,
                     (int) strlen (type_), type_);
    if (id_)
        n += sprintf (ready + n, "%cIdentity%c%c%c%c%s", 8, 0, 0, 0, (int) strlen (id_), id_);
    ready[1] = (char) (n - 2);
    raw_send (fd_, ready, (size_t) n);
}

/* A raw peer of a type that is connected to `endpoint_`. */
T_FN int raw_peer (const char *endpoint_, const char *type_)
{
    int fd = raw_connect (endpoint_);
    raw_handshake (fd, type_, NULL);
    return fd;
}

/* The other side has taken all frames sent so far: it answers a PING. And another one, since it may
 * answer the first before it hands on what came along with it. */
T_FN void raw_sync (int fd_)
{
    char body[1024];
    for (int pings = 0; pings < 2; pings++) {
        RAW_SEND (fd_, "\4\7\4PING\0\0");
        while (raw_frame (fd_, body, sizeof body) != 4 || strcmp (body, "\4PONG") != 0) {
        }
    }
}

/* ---- more than the network holds ----------------------------------------------------------- */

/* The size of what `clog_up` sends: a number, and enough bytes to fill the buffers of a link. */
#define CLOG_SIZE 8192

/* A new socket with a high-water mark of 100 whose connections have small buffers. */
T_FN void *narrow_socket (int type_)
{
    void *socket = socket_with_hwm (type_, 100, 100);
    CHECK_OK (set_int (socket, ZMQ_SNDBUF, 16384));
    CHECK_OK (set_int (socket, ZMQ_RCVBUF, 16384));
    return socket;
}

/* Sends the message `number_` of a clog; returns what zmq_send did. */
T_FN int send_clog (void *socket_, int number_, int flags_)
{
    char body[CLOG_SIZE] = {0};
    memcpy (body, &number_, sizeof number_);
    return zmq_send (socket_, body, sizeof body, flags_);
}

/* Sends until the queue is full and stays full, and returns how many messages were taken. That the
 * peer has not read what it holds is up to the test. */
T_FN int clog_up (void *socket_)
{
    int count = 0;
    do {
        while (send_clog (socket_, count, ZMQ_DONTWAIT) == CLOG_SIZE)
            count++;
        if (errno != EAGAIN)
            FAIL ("clogging gave errno %s", errno_name (errno));
    } while (wait_for (socket_, ZMQ_POLLOUT, 200));
    CHECK (count >= 100);
    return count;
}

/* Reads one message of a clog from a raw connection and returns its number; -1 at the end, which
 * may come inside a message. */
T_FN int raw_clog (int fd_)
{
    unsigned char frame[9 + CLOG_SIZE];
    for (size_t have = 0; have < sizeof frame;) {
        if (!raw_readable (fd_, PATIENCE))
            FAIL ("a message stays unfinished");
        ssize_t n = recv (fd_, frame + have, sizeof frame - have, 0);
        if (n == 0 || (n == -1 && errno == ECONNRESET))
            return -1;
        if (n == -1)
            FAIL ("reading bytes gave %s", errno_name (errno));
        have += (size_t) n;
    }
    CHECK_INT (frame[0], 2);
    CHECK_INT (frame[7] << 8 | frame[8], CLOG_SIZE);
    int number;
    memcpy (&number, frame + 9, sizeof number);
    return number;
}

/* Lets a raw listener accept connections with a small buffer. */
T_FN int raw_listen_narrow (const char *endpoint_)
{
    int size = 16384, fd = raw_listen (endpoint_, 10);
    CHECK_OK (setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
    return fd;
}

/* ---- who releases what was sent ------------------------------------------------------------- */

/* How often `count_release` was called since `count_releases`, and how often of that by the thread
 * that had called the latter. */
static _Atomic int releases, releases_by_the_sender;
static pthread_t t_sender;

/* Begins to count; the thread that calls this is the one that sends. */
T_FN void count_releases (void)
{
    t_sender = pthread_self ();
    releases = releases_by_the_sender = 0;
}

/* For zmq_msg_init_data with content that needs no release. */
T_FN void count_release (void *data_, void *hint_)
{
    (void) data_;
    (void) hint_;
    if (pthread_equal (pthread_self (), t_sender))
        releases_by_the_sender++;
    releases++;
}

/* ---- the end of a context ------------------------------------------------------------------ */

/* A zmq_ctx_term that goes on in a thread of its own. */
typedef struct
{
    void *ctx;
    pthread_t thread;
    _Atomic int tid;
    _Atomic int done;
    int64_t took;
} t_term_t;

T_FN void *t_term (void *arg_)
{
    t_term_t *term = arg_;
    int64_t start_ms = now_ms ();
    term->tid = gettid ();
    CHECK_OK (zmq_ctx_term (term->ctx));
    term->took = now_ms () - start_ms;
    term->done = 1;
    return NULL;
}

/* Starts the end of the test's context, all of whose sockets are closed; what is made from now on
 * belongs to a new one. */
T_FN t_term_t *start_term (void)
{
    static t_term_t term;
    CHECK_INT (t_socket_count, 0);
    term = (t_term_t){.ctx = t_context};
    t_context = NULL;
    term.thread = start (t_term, &term);
    return &term;
}

/* Waits for its end and returns how long it took. */
T_FN int64_t end_of_term (t_term_t *term_)
{
    WAIT_UNTIL (term_->done);
    join (term_->thread);
    return term_->took;
}

/* It waits: its thread sleeps, and goes on sleeping while others retry. */
T_FN void expect_term_waits (t_term_t *term_)
{
    WAIT_UNTIL (term_->tid && thread_sleeps (term_->tid));
    let_others_retry ("ipc");
    CHECK (!term_->done);
}

/* ---- processes ----------------------------------------------------------------------------- */

/* Runs `body_` in a process of its own, which has no context yet. */
T_FN pid_t process (void (*body_) (const char *), const char *arg_)
{
    pid_t child = fork ();
    if (child == -1)
        FAIL ("fork gave %s", errno_name (errno));
    if (child == 0) {
        t_context = NULL;
        t_socket_count = 0;
        body_ (arg_);
        finish ();
        _exit (0);
    }
    return child;
}

/* Kills a process without a chance to clean up. */
T_FN void kill_process (pid_t child_)
{
    int status;
    CHECK_OK (kill (child_, SIGKILL));
    CHECK_INT (waitpid (child_, &status, 0), child_);
}

/* Waits for the end of a process, which must be a good one. */
T_FN void end_of_process (pid_t child_)
{
    int status = 0;
    WAIT_UNTIL (waitpid (child_, &status, WNOHANG) == child_);
    CHECK_INT (status, 0);
}

#endif
