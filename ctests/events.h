/* Monitors of version 1, and what tests expect of their events:
 *
 *     void *reader = monitor (socket);
 *     EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED");
 *     EXPECT_END (socket, reader);
 *
 * The text names the events that must come next, in order and without others between them. A
 * colon gives the value: `CLOSED:7`, or by name `HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET`.
 * Without one it must be of the kind that the event has: a descriptor, a wait, an errno or 0.
 */
#ifndef CTESTS_EVENTS_H
#define CTESTS_EVENTS_H

#include "rawpeer.h"

/* One event as its two frames say it. */
typedef struct
{
    int number;
    uint32_t value;
    char endpoint[256];
} event_t;

static const struct
{
    int number;
    const char *name;
} event_names[] = {
  {ZMQ_EVENT_CONNECTED, "CONNECTED"},
  {ZMQ_EVENT_CONNECT_DELAYED, "CONNECT_DELAYED"},
  {ZMQ_EVENT_CONNECT_RETRIED, "CONNECT_RETRIED"},
  {ZMQ_EVENT_LISTENING, "LISTENING"},
  {ZMQ_EVENT_BIND_FAILED, "BIND_FAILED"},
  {ZMQ_EVENT_ACCEPTED, "ACCEPTED"},
  {ZMQ_EVENT_ACCEPT_FAILED, "ACCEPT_FAILED"},
  {ZMQ_EVENT_CLOSED, "CLOSED"},
  {ZMQ_EVENT_CLOSE_FAILED, "CLOSE_FAILED"},
  {ZMQ_EVENT_DISCONNECTED, "DISCONNECTED"},
  {ZMQ_EVENT_MONITOR_STOPPED, "MONITOR_STOPPED"},
  {ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, "HANDSHAKE_FAILED_NO_DETAIL"},
  {ZMQ_EVENT_HANDSHAKE_SUCCEEDED, "HANDSHAKE_SUCCEEDED"},
  {ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, "HANDSHAKE_FAILED_PROTOCOL"},
  {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, "HANDSHAKE_FAILED_AUTH"},
};
#define EVENT_NAMES (sizeof event_names / sizeof *event_names)

T_FN const char *event_name (int number_)
{
    for (size_t i = 0; i < EVENT_NAMES; i++)
        if (event_names[i].number == number_)
            return event_names[i].name;
    return "unknown event";
}

/* The values that a text may name. */
T_FN uint32_t event_value (const char *text_)
{
    static const struct
    {
        const char *name;
        uint32_t value;
    } names[] = {
      {"EPIPE", EPIPE},
      {"ECONNRESET", ECONNRESET},
      {"EAGAIN", EAGAIN},
      {"EFAULT", EFAULT},
      {"EINPROGRESS", EINPROGRESS},
      {"EADDRINUSE", EADDRINUSE},
      {"EADDRNOTAVAIL", EADDRNOTAVAIL},
      {"ENODEV", ENODEV},
      {"EINVAL", EINVAL},
      {"ENOENT", ENOENT},
      {"ENAMETOOLONG", ENAMETOOLONG},
      {"UNEXPECTED_COMMAND", ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {"MALFORMED_ERROR", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR},
      {"MALFORMED_UNSPECIFIED", ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED},
      {"INVALID_METADATA", ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA},
      {"CRYPTOGRAPHIC", ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {"MECHANISM_MISMATCH", ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH},
      {"ZAP_MALFORMED_REPLY", ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY},
      {"ZAP_BAD_REQUEST_ID", ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID},
      {"ZAP_BAD_VERSION", ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION},
      {"ZAP_INVALID_STATUS_CODE", ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE},
      {"ZAP_INVALID_METADATA", ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp (names[i].name, text_) == 0)
            return names[i].value;
    char *end;
    uint32_t value = (uint32_t) strtoul (text_, &end, 0);
    if (end == text_ || *end)
        FAIL ("the test expects a value \"%s\" that nobody knows", text_);
    return value;
}

/* Monitors these events of a socket and returns the PAIR that reads them. */
T_FN void *monitor_some (void *socket_, int mask_)
{
    static int number;
    char endpoint[32];
    snprintf (endpoint, sizeof endpoint, "inproc://t-monitor-%d", ++number);
    CHECK_OK (zmq_socket_monitor (socket_, endpoint, mask_));
    return connected (ZMQ_PAIR, endpoint);
}

/* Monitors all events of a socket and returns the PAIR that reads them. */
T_FN void *monitor (void *socket_)
{
    return monitor_some (socket_, ZMQ_EVENT_ALL);
}

/* Reads an event of which the first frame is there. */
T_FN event_t t_read_event (const char *file_, int line_, void *reader_)
{
    event_t event;
    unsigned char frame[8];
    int n = zmq_recv (reader_, frame, sizeof frame, ZMQ_DONTWAIT);
    if (n != 6 || !get_int (reader_, ZMQ_RCVMORE))
        t_fail (file_, line_, "the first frame of an event has %d bytes, MORE is %d", n,
                get_int (reader_, ZMQ_RCVMORE));
    uint16_t number;
    memcpy (&number, frame, sizeof number);
    memcpy (&event.value, frame + 2, sizeof event.value);
    event.number = number;
    n = recv_str (reader_, event.endpoint, sizeof event.endpoint, ZMQ_DONTWAIT);
    if (n == -1 || get_int (reader_, ZMQ_RCVMORE))
        t_fail (file_, line_, "the endpoint of %s is not the last frame", event_name (number));
    if (strlen (event.endpoint) != (size_t) n)
        t_fail (file_, line_, "the endpoint of %s has %d bytes, with a zero", event_name (number),
                n);
    return event;
}

/* True when the value of an event is of the kind that it has. */
T_FN int value_fits (const event_t *event_)
{
    switch (event_->number) {
        case ZMQ_EVENT_CONNECTED:
        case ZMQ_EVENT_LISTENING:
        case ZMQ_EVENT_ACCEPTED:
        case ZMQ_EVENT_CLOSED:
        case ZMQ_EVENT_DISCONNECTED:
            return event_->value > 2 && event_->value < 1 << 20; /* a descriptor */
        case ZMQ_EVENT_CONNECT_DELAYED:
            return event_->value == EINPROGRESS;
        case ZMQ_EVENT_CONNECT_RETRIED:
            return event_->value > 0 && event_->value < 1 << 30;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        case ZMQ_EVENT_MONITOR_STOPPED:
            return event_->value == 0;
        case ZMQ_EVENT_ACCEPT_FAILED:
            return 1; /* a filter sets no errno, so a reference says what was left over */
        default:
            return event_->value != 0; /* an errno or a code */
    }
}

/* A socket that gets the chance to go on with what it has begun while a test waits for events, or
 * NULL. Ends that it asked for by zmq_disconnect or zmq_unbind take its thread more than once. */
static void *stirred;

/* Waits for an event; false if none comes. */
T_FN int event_comes (void *reader_, long ms_)
{
    zmq_pollitem_t items[] = {{reader_, 0, ZMQ_POLLIN, 0}, {stirred, 0, ZMQ_POLLIN, 0}};
    int64_t deadline = now_ms () + ms_;
    while (!items[0].revents && ms_ >= 0) {
        if (zmq_poll (items, stirred ? 2 : 1, ms_) == -1 && errno != EINTR)
            FAIL ("zmq_poll gave errno %s", errno_name (errno));
        ms_ = deadline > now_ms () ? (long) (deadline - now_ms ()) : -1;
    }
    return items[0].revents;
}

/* The next event, waiting for it. */
T_FN event_t t_next_event (const char *file_, int line_, void *reader_, const char *expected_)
{
    if (!event_comes (reader_, PATIENCE))
        t_fail (file_, line_, "no event came, expected %s", expected_);
    event_t event = t_read_event (file_, line_, reader_);
    if (!value_fits (&event))
        t_fail (file_, line_, "%s of \"%s\" has the value %u", event_name (event.number),
                event.endpoint, event.value);
    return event;
}
#define NEXT_EVENT(reader_) t_next_event (__FILE__, __LINE__, reader_, "one")

/* See EXPECT_EVENTS. */
T_FN event_t t_expect_events (
  const char *file_, int line_, void *reader_, const char *endpoint_, const char *expected_)
{
    event_t event = {0};
    char text[512], *rest, *next;
    snprintf (text, sizeof text, "%s", expected_);
    for (char *word = strtok_r (text, " ", &rest); word; word = strtok_r (NULL, " ", &rest)) {
        event = t_next_event (file_, line_, reader_, word);
        char *value = strchr (word, ':');
        if (value)
            *value++ = 0;
        if (strcmp (event_name (event.number), word) != 0)
            t_fail (file_, line_, "%s:%u of \"%s\" came, expected %s", event_name (event.number),
                    event.value, event.endpoint, word);
        int same = !value;
        for (char *one = value ? strtok_r (value, "|", &next) : NULL; one;
             one = strtok_r (NULL, "|", &next))
            same = same || event_value (one) == event.value;
        if (!same)
            t_fail (file_, line_, "%s came with value %u", word, event.value);
        if (endpoint_ && strcmp (event.endpoint, endpoint_) != 0)
            t_fail (file_, line_, "%s came of \"%s\", expected \"%s\"", word, event.endpoint,
                    endpoint_);
    }
    return event;
}

/* The next events are those that the text names, all of this endpoint unless that is NULL. The
 * value is the last of them. */
#define EXPECT_EVENTS(reader_, endpoint_, expected_)                                               \
    t_expect_events (__FILE__, __LINE__, reader_, endpoint_, expected_)

/* No event was raised that has not been read: stopping the monitor gives the very next one. */
#define EXPECT_END(socket_, reader_)                                                               \
    do {                                                                                           \
        CHECK_OK (zmq_socket_monitor (socket_, NULL, 0));                                          \
        EXPECT_EVENTS (reader_, "", "MONITOR_STOPPED");                                            \
        EXPECT_NOTHING (reader_);                                                                  \
    } while (0)

/* No event comes for so many milliseconds. That is for what must never happen: too short a time
 * lets a fault pass, but makes no sound library fail. */
#define EXPECT_QUIET(reader_, ms_)                                                                 \
    do {                                                                                           \
        if (event_comes (reader_, ms_)) {                                                          \
            event_t t_event = t_read_event (__FILE__, __LINE__, reader_);                          \
            FAIL ("%s:%u of \"%s\" came, expected nothing", event_name (t_event.number),           \
                  t_event.value, t_event.endpoint);                                                \
        }                                                                                          \
    } while (0)

/* Reads and drops events until one is this one, and returns it. */
T_FN event_t t_skip_to (const char *file_, int line_, void *reader_, int number_)
{
    for (;;) {
        event_t event = t_next_event (file_, line_, reader_, event_name (number_));
        if (event.number == number_)
            return event;
    }
}
#define SKIP_TO(reader_, event_) t_skip_to (__FILE__, __LINE__, reader_, ZMQ_EVENT_##event_)

/* ---- what many sequences share ------------------------------------------------------------- */

/* How long nothing must happen where a next attempt would be 10 to 20 ms away. */
#define QUIET 150

/* A new socket that tries again after 10 to 20 ms. */
T_FN void *eager_socket (int type_)
{
    void *socket = new_socket (type_);
    CHECK_OK (set_int (socket, ZMQ_RECONNECT_IVL, 10));
    return socket;
}

/* What an attempt says that succeeds: connects to ipc are never delayed. */
T_FN const char *connecting (int transport_)
{
    return transport_ == TCP ? "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED"
                             : "CONNECTED HANDSHAKE_SUCCEEDED";
}

/* What an attempt says that is refused. */
T_FN const char *refused (int transport_)
{
    return transport_ == TCP ? "CONNECT_DELAYED CLOSED" : "CLOSED";
}

/* An endpoint where nobody listens. */
T_FN const char *deserted (int transport_)
{
    return transport_ == TCP ? refused_endpoint () : free_endpoint (IPC);
}

#endif
