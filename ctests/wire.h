/* Peers written by hand: a plain TCP socket of the test talks to the library, byte by byte.
 *
 *     TEST (w046_the_ready_of_pull)
 *     {
 *         EACH_WAY {
 *             void *pull = new_socket (ZMQ_PULL);
 *             int peer = join_peer (pull);
 *             send_hex (peer, GREETING_31);
 *             EXPECT_HEX (peer, OUR_GREETING);
 *             EXPECT_HEX (peer, "04 1A 05 'READY' 0B 'Socket-Type' 00000004 'PULL'");
 *         }
 *     }
 *
 * EACH_WAY runs its block four times: the library binds or connects, and what the peer sends leaves
 * in one piece or one byte at a time. The ends of both sockets are in this process, so a peer knows
 * without guessing when the library has read what was sent (`swallowed`).
 *
 * Bytes are written as text: pairs of hex digits, 'words' as they are, `*N` repeats what stands
 * before it, blanks mean nothing. Everything passes through printf first.
 *
 * Tests are named `w046_`, after assertion 46 of the wire reference, or `w_s28_` after its section
 * 2.8.
 */
#ifndef CTESTS_WIRE_H
#define CTESTS_WIRE_H

#include "sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* How long nothing has to happen before a test believes that nothing will. What could happen
 * happens within a millisecond; more time makes the belief firmer, not the test slower to fail. */
#define CALM 40

/* ---- ways ---------------------------------------------------------------------------------- */

/* Whether the library connects to the peer, rather than binds. */
static int connects;
/* Whether what peers send leaves one byte at a time. */
static int bytewise;
/* The listener that a connecting library comes to, or -1. */
static int listener = -1;
static int wire_way, wire_peers[64], wire_peer_count;
/* The socket that the last peer joined. */
static void *wire_socket;

/* Ends all connections and sockets of the round before. */
T_FN void end_round (void)
{
    while (wire_peer_count)
        close (wire_peers[--wire_peer_count]);
    if (listener != -1)
        close (listener);
    listener = -1;
    wire_socket = NULL;
    finish ();
}

T_FN int wire_first_way (void)
{
    wire_way = 0;
    return 1;
}

T_FN int wire_next_way (int last_)
{
    static const char *const names[] = {"bound: ", "connected: ", "bound, bytewise: ",
                                        "connected, bytewise: "};
    if (wire_way)
        end_round ();
    if (wire_way == last_)
        return 0;
    connects = wire_way & 1;
    bytewise = wire_way >> 1;
    t_round = names[wire_way++];
    return 1;
}

/* Runs a block in all four ways. */
#define EACH_WAY for (wire_first_way (); wire_next_way (4);)

/* Runs a block twice: the library binds, the library connects. */
#define EACH_ROLE for (wire_first_way (); wire_next_way (2);)

/* ---- bytes --------------------------------------------------------------------------------- */

/* Bytes made of text. */
typedef struct
{
    unsigned char *data;
    size_t size;
} bytes_t;

T_FN void append (bytes_t *bytes_, const void *data_, size_t size_)
{
    bytes_->data = realloc (bytes_->data, bytes_->size + size_ + 1);
    memcpy (bytes_->data + bytes_->size, data_, size_);
    bytes_->size += size_;
}

/* Reads the notation described above. */
T_FN bytes_t parse_bytes (const char *text_)
{
    bytes_t bytes = {NULL, 0};
    size_t unit = 0; /* where the thing that `*N` repeats begins */
    for (const char *at = text_; *at;) {
        if (*at == ' ' || *at == '|') {
            at++;
        } else if (*at == '\'') {
            const char *end = strchr (++at, '\'');
            if (!end)
                FAIL ("no closing quote in %s", text_);
            unit = bytes.size;
            append (&bytes, at, (size_t) (end - at));
            at = end + 1;
        } else if (*at == '*') {
            char *end;
            unsigned long count = strtoul (at + 1, &end, 10);
            size_t size = bytes.size - unit;
            unsigned char *once = malloc (size + 1);
            memcpy (once, bytes.data + unit, size);
            bytes.size = unit;
            bytes.data = realloc (bytes.data, unit + size * count + 1);
            for (unsigned long i = 0; i < count; i++) {
                memcpy (bytes.data + bytes.size, once, size);
                bytes.size += size;
            }
            free (once);
            at = end;
        } else {
            unsigned byte;
            int used = 0;
            if (sscanf (at, "%2x%n", &byte, &used) != 1 || used != 2)
                FAIL ("%s is not hex", at);
            unsigned char value = (unsigned char) byte;
            unit = bytes.size;
            append (&bytes, &value, 1);
            at += 2;
        }
    }
    return bytes;
}

/* Formats and reads the notation. */
T_FN bytes_t format_bytes (const char *format_, va_list args_)
{
    char *text;
    if (vasprintf (&text, format_, args_) == -1)
        FAIL ("no memory");
    bytes_t bytes = parse_bytes (text);
    free (text);
    return bytes;
}

/* Shows bytes in a failing line: words as words, the rest in hex, long ones cut. */
T_FN const char *show_bytes (const unsigned char *data_, size_t size_)
{
    static char text[2][400];
    static int turn;
    char *to = text[turn ^= 1], *start = to;
    int quoted = 0;
    *to = 0;
    for (size_t i = 0; i < size_; i++) {
        if (to - start > 330) {
            sprintf (to, "%s... %zu bytes", quoted ? "'" : "", size_);
            return start;
        }
        int letter = (data_[i] >= 'A' && data_[i] <= 'z') || data_[i] == '-';
        if (letter != quoted)
            to += sprintf (to, "'");
        quoted = letter;
        to += sprintf (to, letter ? "%c" : "%02X ", data_[i]);
    }
    if (quoted)
        sprintf (to, "'");
    return start;
}

/* ---- peers --------------------------------------------------------------------------------- */

T_FN int wire_keep (int fd_)
{
    int one = 1;
    if (fd_ == -1)
        FAIL ("no peer: %s", errno_name (errno));
    setsockopt (fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (wire_peer_count == sizeof wire_peers / sizeof *wire_peers)
        FAIL ("too many peers in one round");
    wire_peers[wire_peer_count++] = fd_;
    return fd_;
}

/* Closes a peer's connection. */
T_FN void close_peer (int peer_)
{
    for (int i = 0; i < wire_peer_count; i++)
        if (wire_peers[i] == peer_) {
            wire_peers[i] = wire_peers[--wire_peer_count];
            close (peer_);
            return;
        }
    FAIL ("not a peer of this round");
}

/* Closes a peer's connection with a reset. */
T_FN void reset_peer (int peer_)
{
    struct linger now = {1, 0};
    setsockopt (peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close_peer (peer_);
}

T_FN struct sockaddr_in loopback (int port_)
{
    struct sockaddr_in address;
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    address.sin_port = htons ((uint16_t) port_);
    return address;
}

/* The port that a listener or the library got. */
T_FN int port_of (int fd_)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname (fd_, (struct sockaddr *) &address, &size) == -1)
        FAIL ("getsockname gave %s", errno_name (errno));
    return ntohs (address.sin_port);
}

T_FN int bound_port (void *socket_)
{
    return atoi (strrchr (last_endpoint (socket_), ':') + 1);
}

/* A plain connection to a port of this host. */
T_FN int dial (int port_)
{
    struct sockaddr_in address = loopback (port_);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect (fd, (struct sockaddr *) &address, sizeof address) == -1)
        FAIL ("connecting to the library gave %s", errno_name (errno));
    return wire_keep (fd);
}

/* A plain listener, on a port of the system's choice if `port_` is 0. */
T_FN int plain_listener (int port_)
{
    int one = 1, fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback (port_);
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind (fd, (struct sockaddr *) &address, sizeof address) == -1 || listen (fd, 100) == -1)
        FAIL ("listening gave %s", errno_name (errno));
    return fd;
}

/* Whether `fd_` has something to say within `ms_`. */
T_FN int speaks (int fd_, int ms_)
{
    struct pollfd item = {fd_, POLLIN, 0};
    int64_t deadline = now_ms () + ms_;
    int rc;
    do {
        int64_t left = deadline - now_ms ();
        rc = poll (&item, 1, left > 0 ? (int) left : 0);
    } while (rc == -1 && errno == EINTR);
    return rc == 1;
}

/* Waits for the next connection that the library makes to `listener`. */
T_FN int accept_peer (void)
{
    if (!speaks (listener, PATIENCE))
        FAIL ("the library does not connect");
    return wire_keep (accept4 (listener, NULL, NULL, SOCK_CLOEXEC));
}

/* Binds or connects the library's socket, as the round wants it, and returns the first peer. */
T_FN int join_peer (void *socket_)
{
    wire_socket = socket_;
    if (!connects) {
        CHECK_OK (zmq_bind (socket_, "tcp://127.0.0.1:*"));
        return dial (bound_port (socket_));
    }
    char endpoint[64];
    if (listener != -1)
        close (listener);
    listener = plain_listener (0);
    /* Waits between attempts are short, so that a test soon sees whether there is another one. */
    CHECK_OK (set_int (socket_, ZMQ_RECONNECT_IVL, 10));
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port_of (listener));
    CHECK_OK (zmq_connect (socket_, endpoint));
    return accept_peer ();
}

/* The next peer of the same socket: one more that dials, or the library's next attempt. */
T_FN int next_peer (void *socket_)
{
    return connects ? accept_peer () : dial (bound_port (socket_));
}

/* The library's end of a peer's connection, or -1 when it has closed it. */
T_FN int library_end (int peer_)
{
    struct sockaddr_in mine, theirs, name;
    socklen_t size = sizeof mine;
    if (getsockname (peer_, (struct sockaddr *) &mine, &size) == -1)
        return -1;
    size = sizeof theirs;
    if (getpeername (peer_, (struct sockaddr *) &theirs, &size) == -1)
        return -1;
    for (int fd = 3; fd < 1024; fd++) {
        size = sizeof name;
        if (fd == peer_ || getpeername (fd, (struct sockaddr *) &name, &size) == -1
            || name.sin_port != mine.sin_port)
            continue;
        size = sizeof name;
        if (getsockname (fd, (struct sockaddr *) &name, &size) == 0
            && name.sin_port == theirs.sin_port)
            return fd;
    }
    return -1;
}

/* Waits until the library has read all that was sent, or has closed. It may also decide to leave
 * input where it is, which takes CALM to believe. */
T_FN void swallowed (int peer_)
{
    int64_t deadline = now_ms () + CALM;
    int waiting, end = library_end (peer_);
    if (end == -1 && !speaks (peer_, 0)) { /* not accepted yet */
        WAIT_UNTIL ((end = library_end (peer_)) != -1 || speaks (peer_, 0));
    }
    while (end != -1 && ioctl (end, FIONREAD, &waiting) == 0 && waiting > 0) {
        if (now_ms () > deadline)
            return;
        sched_yield ();
        end = library_end (peer_);
    }
}

/* Sends bytes; a library that has closed already is for the next expectation to find. */
T_FN void send_bytes (int peer_, const void *data_, size_t size_)
{
    const char *data = data_;
    /* The ends of long ones are as good as all of them. */
    size_t head = !bytewise ? 0 : size_ <= 400 ? size_ : 100;
    for (size_t i = 0; i < head; i++) {
        if (send (peer_, data + i, 1, MSG_NOSIGNAL) != 1)
            return;
        swallowed (peer_);
    }
    int64_t deadline = now_ms () + PATIENCE;
    while (head < size_) {
        ssize_t n = send (peer_, data + head, size_ - head, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            head += (size_t) n;
        else if (errno != EAGAIN)
            return;
        else if (now_ms () > deadline)
            FAIL ("the library does not read");
        else
            sleep_ms (1);
    }
}

/* Sends bytes given as text. */
__attribute__ ((format (printf, 2, 3), unused)) static void
send_hex (int peer_, const char *format_, ...)
{
    va_list args;
    va_start (args, format_);
    bytes_t bytes = format_bytes (format_, args);
    va_end (args);
    send_bytes (peer_, bytes.data, bytes.size);
    free (bytes.data);
}

/* Reads up to `size_` bytes that must come; returns how many came before the connection's end. A
 * socket of a reference learns of a new peer, and sends it its subscriptions, when the program
 * calls in: so the program does, while it waits. */
T_FN size_t read_bytes (int peer_, unsigned char *to_, size_t size_)
{
    size_t got = 0;
    int64_t deadline = now_ms () + PATIENCE;
    while (got < size_) {
        if (!speaks (peer_, 2)) {
            if (now_ms () > deadline)
                break;
            if (wire_socket)
                settle (wire_socket);
            continue;
        }
        ssize_t n = recv (peer_, to_ + got, size_ - got, MSG_DONTWAIT);
        if (n <= 0 && errno != EAGAIN)
            break;
        if (n > 0)
            got += (size_t) n;
    }
    return got;
}

/* See EXPECT_HEX. */
__attribute__ ((format (printf, 4, 5), unused)) static void
wire_expect (const char *file_, int line_, int peer_, const char *format_, ...)
{
    va_list args;
    va_start (args, format_);
    bytes_t want = format_bytes (format_, args);
    va_end (args);
    unsigned char *got = malloc (want.size + 1);
    size_t size = read_bytes (peer_, got, want.size);
    if (size != want.size || memcmp (got, want.data, size) != 0)
        t_fail (file_, line_, "the library sent %s, expected %s", show_bytes (got, size),
                show_bytes (want.data, want.size));
    free (got);
    free (want.data);
}

/* The next bytes that the library sends are these. */
#define EXPECT_HEX(peer_, ...) wire_expect (__FILE__, __LINE__, peer_, __VA_ARGS__)

/* See EXPECT_SILENCE. */
T_FN void wire_silence (const char *file_, int line_, int peer_, int ms_)
{
    unsigned char got[100];
    swallowed (peer_);
    if (!speaks (peer_, ms_))
        return;
    ssize_t n = recv (peer_, got, sizeof got, MSG_DONTWAIT);
    if (n > 0)
        t_fail (file_, line_, "the library sent %s, expected nothing",
                show_bytes (got, (size_t) n));
    t_fail (file_, line_, "the library closed the connection");
}

/* The library has read all, sends nothing, and keeps the connection. */
#define EXPECT_SILENCE(peer_) wire_silence (__FILE__, __LINE__, peer_, CALM)

/* As EXPECT_SILENCE, for a time that matters to the test. */
#define EXPECT_SILENCE_OF(peer_, ms_) wire_silence (__FILE__, __LINE__, peer_, ms_)

/* See EXPECT_CLOSED and EXPECT_GONE. */
T_FN void wire_closed (const char *file_, int line_, int peer_, int anything_)
{
    unsigned char got[4096];
    int64_t deadline = now_ms () + PATIENCE;
    for (;;) {
        if (!speaks (peer_, (int) (deadline - now_ms ())))
            t_fail (file_, line_, "the library keeps the connection");
        ssize_t n = recv (peer_, got, sizeof got, MSG_DONTWAIT);
        if (n == 0 || (n == -1 && errno != EAGAIN))
            return;
        if (n > 0 && !anything_)
            t_fail (file_, line_, "the library sent %s, expected a close",
                    show_bytes (got, (size_t) n));
    }
}

/* The library closes the connection and sends nothing more before. */
#define EXPECT_CLOSED(peer_) wire_closed (__FILE__, __LINE__, peer_, 0)

/* The library closes the connection, whatever it sends before. */
#define EXPECT_GONE(peer_) wire_closed (__FILE__, __LINE__, peer_, 1)

/* Reads one frame of ZMTP 2.0 or later into `to_`: its flags, its size; fails if none comes. */
T_FN unsigned char read_frame (int peer_, unsigned char *to_, size_t room_, size_t *size_)
{
    unsigned char head[9];
    if (read_bytes (peer_, head, 2) != 2)
        FAIL ("no frame came");
    *size_ = head[1];
    if (head[0] & 2) {
        if (read_bytes (peer_, head + 2, 7) != 7)
            FAIL ("half a frame came");
        *size_ = 0;
        for (int i = 1; i < 9; i++)
            *size_ = *size_ << 8 | head[i];
    }
    if (*size_ > room_)
        FAIL ("a frame of %zu bytes came", *size_);
    if (read_bytes (peer_, to_, *size_) != *size_)
        FAIL ("half a frame came");
    return head[0];
}

/* ---- ZMTP ---------------------------------------------------------------------------------- */

/* What a peer sends; of the four, the peer of the third is a libzmq 3.2 and that of the fourth an
 * even older one. Both want a socket type, then an identity frame. */
#define GREETING_31 "FF 00*8 7F 03 01 'NULL' 00*16 00 00*31 "
#define GREETING_30 "FF 00*8 7F 03 00 'NULL' 00*16 00 00*31 "
#define GREETING_20 "FF 00*8 7F 01 "
#define GREETING_10 "FF 00*8 7F 00 "

/* What the library sends when it has no routing id: to a peer of today, and to any peer. */
#define OUR_SIGNATURE "FF 00*7 01 7F "
#define OUR_GREETING OUR_SIGNATURE "03 01 'NULL' 00*16 00 00*31 "

/* The metadata property that names the socket's type. The length is one byte of four. */
#define TYPE(length_, name_) "0B 'Socket-Type' 000000" length_ " '" name_ "' "

/* By their numbers; from SERVER on they belong to the draft API. */
static const char *const wire_types[] = {
  "PAIR",   "PUB",    "SUB",    "REQ",   "REP",  "DEALER", "ROUTER",
  "PULL",   "PUSH",   "XPUB",   "XSUB",  "STREAM", "SERVER", "CLIENT",
  "RADIO",  "DISH",   "GATHER", "SCATTER", "DGRAM", "PEER", "CHANNEL"};

/* Which type a peer announces to a socket of the library. */
T_FN const char *counterpart (void *socket_)
{
    static const char *const peers[] = {
      "PAIR",   "SUB",    "PUB",    "REP",  "REQ",   "ROUTER",  "DEALER",
      "PUSH",   "PULL",   "SUB",    "PUB",  "STREAM", "CLIENT", "SERVER",
      "DISH",   "RADIO",  "SCATTER", "GATHER", "DGRAM", "PEER", "CHANNEL"};
    return peers[get_int (socket_, ZMQ_TYPE)];
}

/* The READY that the library sends for this socket, as text. */
T_FN const char *our_ready (void *socket_)
{
    static char text[200];
    int type = get_int (socket_, ZMQ_TYPE);
    int names = type == ZMQ_REQ || type == ZMQ_DEALER || type == ZMQ_ROUTER;
    size_t length = strlen (wire_types[type]);
    snprintf (text, sizeof text, "04 %02zX 05 'READY' 0B 'Socket-Type' %08zX '%s' %s",
              22 + length + (names ? 13 : 0), length, wire_types[type],
              names ? "08 'Identity' 00000000" : "");
    return text;
}

/* Sends the READY of a peer of the given type without identity. */
T_FN void send_ready (int peer_, const char *type_)
{
    size_t length = strlen (type_);
    send_hex (peer_, "04 %02zX 05 'READY' 0B 'Socket-Type' %08zX '%s'", 22 + length, length, type_);
}

/* Goes with a connected peer through greeting and READY; the socket must have no routing id. */
T_FN void shake_hands (void *socket_, int peer_, const char *greeting_)
{
    send_hex (peer_, "%s", greeting_);
    EXPECT_HEX (peer_, OUR_GREETING);
    EXPECT_HEX (peer_, "%s", our_ready (socket_));
    send_ready (peer_, counterpart (socket_));
}

/* A peer of the socket, ready to exchange messages as ZMTP 3.1 does. */
T_FN int ready_peer (void *socket_)
{
    int peer = join_peer (socket_);
    shake_hands (socket_, peer, GREETING_31);
    return peer;
}

/* The same for ZMTP 3.0. */
T_FN int ready_peer_30 (void *socket_)
{
    int peer = join_peer (socket_);
    shake_hands (socket_, peer, GREETING_30);
    return peer;
}

/* Makes sure that what the peer has sent was not only read but has reached the socket. An answer to
 * a PING may overtake what came before it; an answer to the next one does not. */
T_FN void heard (void *socket_, int peer_)
{
    for (int i = 0; i < 2; i++) {
        send_hex (peer_, "04 0C 04 'PING' 0000 'heard'");
        EXPECT_HEX (peer_, "04 0A 04 'PONG' 'heard'");
    }
    settle (socket_);
}

/* A ready peer that the socket knows of: what the socket sends from now on is for the peer too. */
T_FN int known_peer (void *socket_, const char *greeting_)
{
    int peer = join_peer (socket_);
    shake_hands (socket_, peer, greeting_);
    heard (socket_, peer);
    return peer;
}

/* A peer that speaks ZMTP 2.0 (`revision_` 1) or 1.0 with a versioned greeting (0), after the
 * exchange of empty identities. */
T_FN int old_peer (void *socket_, int revision_)
{
    int peer = join_peer (socket_);
    send_hex (peer, "FF 00*8 7F %02X 05 %s", revision_, revision_ ? "00 00" : "01 00");
    EXPECT_HEX (peer, OUR_SIGNATURE "03 %02X", get_int (socket_, ZMQ_TYPE));
    EXPECT_HEX (peer, revision_ ? "00 00" : "01 00");
    return peer;
}

/* A peer that knows no greeting, after the exchange of empty identities. */
T_FN int unversioned_peer (void *socket_)
{
    int peer = join_peer (socket_);
    send_hex (peer, "01 00");
    EXPECT_HEX (peer, OUR_SIGNATURE);
    return peer;
}

/* ---- events -------------------------------------------------------------------------------- */

/* Lets a socket report what becomes of its connections; returns the reader. */
T_FN void *watch (void *socket_)
{
    static int number;
    char endpoint[64];
    snprintf (endpoint, sizeof endpoint, "inproc://watch-%d", ++number);
    CHECK_OK (zmq_socket_monitor (socket_, endpoint,
                                  ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED
                                    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
                                    | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
                                    | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
                                    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
    return connected (ZMQ_PAIR, endpoint);
}

/* Appends the next event of a monitor to `text_`, if one comes within `ms_`; returns it, or 0. */
T_FN int next_event (void *reader_, long ms_, char *text_, size_t room_)
{
    unsigned char frame[6];
    uint16_t event;
    uint32_t value;
    char endpoint[256];
    if (!(wait_for (reader_, ZMQ_POLLIN, ms_) & ZMQ_POLLIN))
        return 0;
    CHECK_INT (zmq_recv (reader_, frame, sizeof frame, ZMQ_DONTWAIT), 6);
    CHECK (zmq_recv (reader_, endpoint, sizeof endpoint, ZMQ_DONTWAIT) != -1);
    memcpy (&event, frame, sizeof event);
    memcpy (&value, frame + 2, sizeof value);
    size_t used = strlen (text_);
    const char *gap = used ? " " : "";
    text_ += used;
    room_ -= used;
    switch (event) {
        case ZMQ_EVENT_DISCONNECTED:
            snprintf (text_, room_, "%sDISCONNECTED", gap);
            break;
        case ZMQ_EVENT_CONNECT_RETRIED:
            snprintf (text_, room_, "%sRETRIED", gap);
            break;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            snprintf (text_, room_, "%sHS_OK", gap);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            snprintf (text_, room_, "%sHS_PROTO(%X)", gap, value);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            snprintf (text_, room_, "%sHS_AUTH(%u)", gap, value);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            snprintf (text_, room_, "%sHS_NODETAIL(%s)", gap, errno_name ((int) value));
            break;
        default:
            snprintf (text_, room_, "%sevent %u", gap, event);
    }
    return event;
}

/* The events up to the next end of a connection, as text. A connecting socket must then try again
 * if `retries_`, and must not otherwise. */
T_FN const char *how_it_ended (void *reader_, int retries_)
{
    static char text[500];
    int event;
    text[0] = 0;
    do {
        event = next_event (reader_, PATIENCE, text, sizeof text);
    } while (event && event != ZMQ_EVENT_DISCONNECTED);
    if (!event || !connects)
        return text;
    char after[100] = "";
    event = next_event (reader_, retries_ ? PATIENCE : CALM, after, sizeof after);
    if ((event == ZMQ_EVENT_CONNECT_RETRIED) != retries_)
        FAIL ("after %s came %s", text, event ? after : "no retry");
    if (!retries_ && speaks (listener, 0))
        FAIL ("after %s the library connects again", text);
    return text;
}

/* The same without the reason that the library under development gives for bad metadata, where a
 * reference says nothing. */
T_FN const char *how_it_ended_in_short (void *reader_, int retries_)
{
    const char *text = how_it_ended (reader_, retries_);
    const char *extra = "HS_PROTO(10000018) ";
    return strncmp (text, extra, strlen (extra)) == 0 ? text + strlen (extra) : text;
}

#define RETRIES 1
#define STAYS_AWAY 0

/* Waits for the end of the handshake and takes its event from the reader. */
#define EXPECT_HS_OK(reader_)                                                                      \
    do {                                                                                           \
        char t_text[100] = "";                                                                     \
        next_event (reader_, PATIENCE, t_text, sizeof t_text);                                     \
        CHECK_STR (t_text, "HS_OK");                                                               \
    } while (0)

/* No event came, and none comes. */
#define EXPECT_NO_EVENT(reader_)                                                                   \
    do {                                                                                           \
        char t_text[100] = "";                                                                     \
        next_event (reader_, CALM, t_text, sizeof t_text);                                         \
        CHECK_STR (t_text, "");                                                                    \
    } while (0)

/* ---- memory -------------------------------------------------------------------------------- */

/* Kilobytes that this process holds in memory. */
T_FN long resident_kb (void)
{
    long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file || fscanf (file, "%*d %ld", &pages) != 1)
        FAIL ("no /proc/self/statm");
    fclose (file);
    return pages * (sysconf (_SC_PAGESIZE) / 1024);
}

/* Kilobytes of address space that this process has reserved. */
T_FN long reserved_kb (void)
{
    long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file || fscanf (file, "%ld", &pages) != 1)
        FAIL ("no /proc/self/statm");
    fclose (file);
    return pages * (sysconf (_SC_PAGESIZE) / 1024);
}

#endif
