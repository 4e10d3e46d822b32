/* What the tests of socket behaviour share beyond test.h: binary frames, many sockets at one
 * endpoint, filling and draining queues, and waiting for what a close causes elsewhere.
 *
 * Tests without a number of the checklist are named after the section of the behaviour reference
 * they cover: `s_a43_` is its section A.4.3.
 *
 * inproc is synchronous, so nearly nothing here waits. The exceptions are the consequences of a
 * close, which another thread carries out: those are waited for by asking the affected socket again
 * and again (WAIT_UNTIL with `settle` or an attempt).
 */
#ifndef CTESTS_SOCKETS_H
#define CTESTS_SOCKETS_H

#include "test.h"

/* More than any queue of these tests holds: a queue that takes this many is called unlimited. */
#define UNLIMITED 5000

/* ---- sockets ------------------------------------------------------------------------------- */

/* A new socket that is bound to `endpoint_`. */
T_FN void *bound (int type_, const char *endpoint_)
{
    void *socket = new_socket (type_);
    CHECK_OK (zmq_bind (socket, endpoint_));
    return socket;
}

/* A new socket that is connected to `endpoint_`. */
T_FN void *connected (int type_, const char *endpoint_)
{
    void *socket = new_socket (type_);
    CHECK_OK (zmq_connect (socket, endpoint_));
    return socket;
}

/* A new socket with the two high-water marks set, neither bound nor connected. */
T_FN void *socket_with_hwm (int type_, int send_, int receive_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_SNDHWM, send_));
    CHECK_OK (set_int (socket, ZMQ_RCVHWM, receive_));
    return socket;
}

/* A new socket with a routing id, neither bound nor connected. */
T_FN void *socket_with_id (int type_, const char *id_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_str (socket, ZMQ_ROUTING_ID, id_));
    return socket;
}

/* Connects new PAIRs to a bound one, whose last peer was closed, until one is adopted: the end of a
 * predecessor takes a while, and whoever comes before it is refused. */
T_FN void *adopted_pair (void *bound_, const char *endpoint_)
{
    int64_t deadline = now_ms () + PATIENCE;
    for (;;) {
        void *pair = connected (ZMQ_PAIR, endpoint_);
        if (settle (bound_) & ZMQ_POLLOUT)
            return pair;
        close_socket (pair);
        if (now_ms () > deadline)
            FAIL ("no second PAIR is ever adopted");
        sleep_ms (1);
    }
}

/* Subscribes to (or drops) a prefix given as a C string. */
T_FN void subscribe (void *socket_, const char *prefix_)
{
    CHECK_OK (set_str (socket_, ZMQ_SUBSCRIBE, prefix_));
}

T_FN void unsubscribe (void *socket_, const char *prefix_)
{
    CHECK_OK (set_str (socket_, ZMQ_UNSUBSCRIBE, prefix_));
}

/* ---- frames -------------------------------------------------------------------------------- */

/* Sends a string literal that may contain zero bytes as one frame that must be taken at once. */
#define SEND_BIN(socket_, literal_, flags_)                                                        \
    CHECK_INT (zmq_send (socket_, literal_, sizeof (literal_) - 1, (flags_) | ZMQ_DONTWAIT),       \
               sizeof (literal_) - 1)

/* Shows bytes in a failing line. */
T_FN const char *t_hex (const void *data_, size_t size_)
{
    static char text[2][100];
    static int turn;
    char *to = text[turn ^= 1];
    const unsigned char *from = data_;
    to[0] = 0;
    for (size_t i = 0; i < size_ && i < 32; i++)
        sprintf (to + 3 * i, "%02x ", from[i]);
    return to;
}

/* See EXPECT_BIN. */
T_FN void t_expect_bin (
  const char *file_, int line_, void *socket_, const void *want_, size_t size_, int more_)
{
    static unsigned char got[65536];
    if (!(wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN))
        t_fail (file_, line_, "nothing came, expected %s", t_hex (want_, size_));
    int n = zmq_recv (socket_, got, sizeof got, ZMQ_DONTWAIT);
    if (n == -1)
        t_fail (file_, line_, "expecting %s gave errno %s", t_hex (want_, size_),
                errno_name (errno));
    if ((size_t) n != size_ || memcmp (got, want_, size_) != 0)
        t_fail (file_, line_, "received %d bytes %s, expected %zu bytes %s", n,
                t_hex (got, (size_t) n), size_, t_hex (want_, size_));
    if (get_int (socket_, ZMQ_RCVMORE) != more_)
        t_fail (file_, line_, "after %s got ZMQ_RCVMORE %d", t_hex (want_, size_), !more_);
}

/* Receives one frame, waiting for it: the bytes of the literal, and whether more follow. */
#define EXPECT_BIN(socket_, literal_, more_)                                                       \
    t_expect_bin (__FILE__, __LINE__, socket_, literal_, sizeof (literal_) - 1, more_)

/* As EXPECT_BIN, for bytes at an address. */
#define EXPECT_BYTES(socket_, data_, size_, more_)                                                 \
    t_expect_bin (__FILE__, __LINE__, socket_, data_, size_, more_)

/* Receives a whole message in one frame as text without looking at it; fails when there is none. */
#define RECV_TEXT(socket_, buffer_)                                                                \
    do {                                                                                           \
        if (recv_str (socket_, buffer_, sizeof (buffer_), ZMQ_DONTWAIT) == -1)                     \
            FAIL ("receiving gave errno %s", errno_name (errno));                                  \
    } while (0)

/* ---- queues -------------------------------------------------------------------------------- */

/* Sends one-frame messages numbered "0", "1", ... until one is refused with EAGAIN, or UNLIMITED of
 * them are in; returns how many were taken. */
T_FN int fill (void *socket_)
{
    settle (socket_);
    for (int count = 0; count < UNLIMITED; count++) {
        char text[16];
        snprintf (text, sizeof text, "%d", count);
        if (send_str (socket_, text, ZMQ_DONTWAIT) == -1) {
            if (errno != EAGAIN)
                FAIL ("filling a queue gave errno %s", errno_name (errno));
            return count;
        }
    }
    return UNLIMITED;
}

/* Receives up to `limit_` frames without waiting; returns how many there were. */
T_FN int take (void *socket_, int limit_)
{
    char byte;
    int count = 0;
    while (count < limit_ && zmq_recv (socket_, &byte, 1, ZMQ_DONTWAIT) != -1)
        count++;
    if (count < limit_ && errno != EAGAIN)
        FAIL ("draining a queue gave errno %s", errno_name (errno));
    return count;
}

/* Receives all frames that are there; returns how many there were. */
T_FN int drain (void *socket_)
{
    return take (socket_, INT32_MAX);
}

/* ---- draft API ----------------------------------------------------------------------------- */

#ifdef ZMQ_BUILD_DRAFT_API

/* Names that the header of an older release does not have yet. */
#ifndef ZMQ_BUSY_POLL
#define ZMQ_BUSY_POLL 113
#endif
#ifndef ZMQ_HICCUP_MSG
#define ZMQ_HICCUP_MSG 114
#endif
#ifndef ZMQ_XSUB_VERBOSE_UNSUBSCRIBE
#define ZMQ_XSUB_VERBOSE_UNSUBSCRIBE 115
#endif
#ifndef ZMQ_TOPICS_COUNT
#define ZMQ_TOPICS_COUNT 116
#endif
#ifndef ZMQ_GROUP_MAX_LENGTH
#define ZMQ_GROUP_MAX_LENGTH 255
#endif
#ifndef ZMQ_HAVE_PPOLL
#define ZMQ_HAVE_PPOLL
int zmq_ppoll (zmq_pollitem_t *items_, int nitems_, long timeout_, const sigset_t *sigmask_);
#endif

/* Sends a C string to the peer with routing id `id_`; returns what zmq_msg_send did. */
T_FN int send_to (void *socket_, uint32_t id_, const char *text_, int flags_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, strlen (text_)));
    memcpy (zmq_msg_data (&msg), text_, strlen (text_));
    if (id_)
        CHECK_OK (zmq_msg_set_routing_id (&msg, id_));
    int rc = zmq_msg_send (&msg, socket_, flags_);
    if (rc == -1) {
        int saved = errno;
        CHECK_OK (zmq_msg_close (&msg));
        errno = saved;
    }
    return rc;
}

/* Sends a C string to a group (NULL: leaves the group unset); returns what zmq_msg_send did. */
T_FN int send_group (void *socket_, const char *group_, const char *text_, int flags_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, strlen (text_)));
    memcpy (zmq_msg_data (&msg), text_, strlen (text_));
    if (group_)
        CHECK_OK (zmq_msg_set_group (&msg, group_));
    int rc = zmq_msg_send (&msg, socket_, flags_);
    if (rc == -1) {
        int saved = errno;
        CHECK_OK (zmq_msg_close (&msg));
        errno = saved;
    }
    return rc;
}

/* Receives a message that is there, checks its text, and returns its routing id; copies its group
 * to `group_` (256 bytes) unless that is NULL. */
T_FN uint32_t t_expect_from (
  const char *file_, int line_, void *socket_, const char *text_, char *group_)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    if (!(wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN))
        t_fail (file_, line_, "nothing came, expected \"%s\"", text_);
    if (zmq_msg_recv (&msg, socket_, ZMQ_DONTWAIT) == -1)
        t_fail (file_, line_, "expecting \"%s\" gave errno %s", text_, errno_name (errno));
    if (zmq_msg_size (&msg) != strlen (text_)
        || memcmp (zmq_msg_data (&msg), text_, strlen (text_)) != 0)
        t_fail (file_, line_, "received \"%.*s\", expected \"%s\"", (int) zmq_msg_size (&msg),
                (char *) zmq_msg_data (&msg), text_);
    if (zmq_msg_more (&msg))
        t_fail (file_, line_, "\"%s\" came with MORE", text_);
    uint32_t id = zmq_msg_routing_id (&msg);
    if (group_)
        snprintf (group_, 256, "%s", zmq_msg_group (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    return id;
}

/* Receives one single-frame message with this text; the value is its routing id. */
#define EXPECT_FROM(socket_, text_) t_expect_from (__FILE__, __LINE__, socket_, text_, NULL)

/* Receives one message with this text and this group. */
#define EXPECT_GROUP(socket_, group_, text_)                                                       \
    do {                                                                                           \
        char t_group[256];                                                                         \
        t_expect_from (__FILE__, __LINE__, socket_, text_, t_group);                               \
        CHECK_STR (t_group, group_);                                                               \
    } while (0)

#endif
#endif
