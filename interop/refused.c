/* One side of a conversation that security should not let begin, and what its monitor says of it.
 *
 *     refused LIBRARY TYPE bind|connect ENDPOINT MILLISECONDS [OPTION...]
 *
 * The options are those of security.h; MILLISECONDS is the patience with a handshake. Lines on
 * stdout are for interop/run: `endpoint X` from who binds, and `events` with what happened to the
 * first connection once it was there. At the end of who connects stands whether it `retries` or
 * `stays away`. A line on stdin ends it; no message may have come until then.
 */
#define _GNU_SOURCE
#include "security.h"
#include <errno.h>
#include <stdint.h>

/* Longer than any conversation: nobody may come back while the other looks at the first attempt. */
#define RETRY_MS 60000

static void *ctx;

/* A number and its name. */
typedef struct
{
    uint32_t number;
    const char *name;
} name_t;

/* The events that tell; those before the handshake are the same in each conversation. */
static const name_t events[] = {
  {ZMQ_EVENT_DISCONNECTED, "DISCONNECTED"},
  {ZMQ_EVENT_HANDSHAKE_SUCCEEDED, "SUCCEEDED"},
  {ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, "NO_DETAIL"},
  {ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, "PROTOCOL"},
  {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, "AUTH"},
  {0, NULL},
};

static const name_t errors[] = {
  {EPIPE, "GONE"}, {ECONNRESET, "GONE"}, {EAGAIN, "LATE"}, {EFAULT, "NO_HANDLER"}, {0, NULL}};

static const name_t violations[] = {
  {ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND, "UNEXPECTED_COMMAND"},
  {ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA, "METADATA"},
  {ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC, "CRYPTOGRAPHIC"},
  {ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, "MECHANISM"},
  {ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE, "ZAP_STATUS"},
  {0, NULL},
};

/* The name of a number, or NULL. */
static const char *name_in (const name_t *names_, uint32_t number_)
{
    for (; names_->name; names_++)
        if (names_->number == number_)
            return names_->name;
    return NULL;
}

/* Reads an event: its number, and its value. */
static int next_event (void *reader_, uint32_t *value_, int flags_)
{
    unsigned char frame[8];
    char endpoint[300];
    uint16_t number;
    int size = z_recv (reader_, frame, sizeof frame, flags_);
    if (size < 0 && z_errno () == EAGAIN)
        return 0;
    if (size != 6)
        fail ("an event of %d bytes", size);
    memcpy (&number, frame, sizeof number);
    memcpy (value_, frame + 2, sizeof *value_);
    TRY (z_recv (reader_, endpoint, sizeof endpoint, 0));
    return number;
}

/* Reads events up to the end of the first connection, and adds them to the text. */
static void read_events (void *reader_, char *text_, size_t size_)
{
    for (int event = 0;
         event != ZMQ_EVENT_DISCONNECTED && event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED;) {
        uint32_t value;
        event = next_event (reader_, &value, 0);
        const char *name = name_in (events, (uint32_t) event), *detail = NULL;
        size_t end = strlen (text_);
        if (!name)
            continue;
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
            detail = name_in (errors, value);
        else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
            detail = name_in (violations, value);
        if (detail)
            snprintf (text_ + end, size_ - end, " %s:%s", name, detail);
        else if (event == ZMQ_EVENT_DISCONNECTED || event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            snprintf (text_ + end, size_ - end, " %s", name);
        else
            snprintf (text_ + end, size_ - end, " %s:%u", name, value);
    }
}

/* Has the I/O thread carry a message over the network: what it was about to do before is done. */
static void let_the_thread_turn (void)
{
    char endpoint[300];
    size_t size = sizeof endpoint;
    void *pull = z_socket (ctx, ZMQ_PULL), *push = z_socket (ctx, ZMQ_PUSH);
    TRY (z_bind (pull, "tcp://127.0.0.1:*"));
    TRY (z_getsockopt (pull, ZMQ_LAST_ENDPOINT, endpoint, &size));
    TRY (z_connect (push, endpoint));
    TRY (z_send (push, "turn", 4, 0));
    TRY (z_recv (pull, endpoint, sizeof endpoint, 0));
    TRY (z_close (push));
    TRY (z_close (pull));
}

/* Whether a new attempt is due. */
static int retries (void *reader_)
{
    uint32_t value;
    let_the_thread_turn ();
    for (int event; (event = next_event (reader_, &value, ZMQ_DONTWAIT)) != 0;)
        if (event == ZMQ_EVENT_CONNECT_RETRIED)
            return 1;
    return 0;
}

int main (int argc_, char **argv_)
{
    char text[1000] = "", line[100];
    if (argc_ < 6)
        fail ("arguments");
    load (argv_[1]);
    ctx = z_ctx_new ();
    int type = type_of (argv_[2]), connects = argv_[3][0] == 'c';
    void *sock = z_socket (ctx, type), *reader = z_socket (ctx, ZMQ_PAIR);
    if (!sock || !reader)
        fail ("no socket");
    for (int i = 6; i < argc_; i++)
        if (!secure (sock, argv_[i]))
            fail ("%s is no option", argv_[i]);
    set_number (sock, ZMQ_HANDSHAKE_IVL, atoi (argv_[5]));
    set_number (sock, ZMQ_RECONNECT_IVL, RETRY_MS);
    set_number (sock, ZMQ_LINGER, 0);
    TRY (z_socket_monitor (sock, "inproc://monitor", ZMQ_EVENT_ALL));
    TRY (z_connect (reader, "inproc://monitor"));
    start_handler (ctx, "");
    attach (sock, argv_[3], argv_[4]);
    /* Something that must not arrive; by now there may be nobody left to send it to. */
    if (connects && type != ZMQ_PULL && z_send (sock, "a secret", 8, ZMQ_DONTWAIT) != 8
        && z_errno () != EAGAIN)
        fail ("z_send: %s", z_strerror (z_errno ()));

    read_events (reader, text, sizeof text);
    printf ("events%s%s\n", text, !connects ? "" : retries (reader) ? " retries" : " stays away");
    fflush (stdout);
    if (!fgets (line, sizeof line, stdin))
        return 1; /* the driver has gone */
    if (type != ZMQ_PUB && type != ZMQ_PUSH
        && (z_recv (sock, line, sizeof line, ZMQ_DONTWAIT) != -1 || z_errno () != EAGAIN))
        fail ("a message came through");
    TRY (z_close (sock));
    TRY (z_close (reader));
    terminate ();
    return 0;
}
