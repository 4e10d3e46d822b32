/* What the tests with peers made by hand share, whatever the mechanism: greetings, and how the library
 * turns somebody away. */
#ifndef CTESTS_SECURITY_WIRE_H
#define CTESTS_SECURITY_WIRE_H

#include "security.h"
#include "wire.h"

/* Something that a peer does wrong, and what the library's monitor says of it. */
typedef struct
{
    const char *name, *outcome;
} fault_t;

#define UNSPECIFIED "HS_PROTO(10000000) DISCONNECTED"
#define STRUCTURE "HS_PROTO(10000011) DISCONNECTED"
#define UNEXPECTED "HS_PROTO(10000001) DISCONNECTED"
#define BAD_SEQUENCE "HS_PROTO(10000002) DISCONNECTED"
#define KEY_EXCHANGE "HS_PROTO(10000003) DISCONNECTED"
#define BAD_MESSAGE "HS_PROTO(10000012) DISCONNECTED"
#define BAD_HELLO "HS_PROTO(10000013) DISCONNECTED"
#define BAD_INITIATE "HS_PROTO(10000014) DISCONNECTED"
#define BAD_ERROR "HS_PROTO(10000015) DISCONNECTED"
#define BAD_READY "HS_PROTO(10000016) DISCONNECTED"
#define BAD_WELCOME "HS_PROTO(10000017) DISCONNECTED"
#define BAD_PROPERTY "HS_PROTO(10000018) DISCONNECTED"
#define CRYPTOGRAPHIC "HS_PROTO(11000001) DISCONNECTED"
#define NOTHING_SAID "DISCONNECTED"

/* Names a round of a test in failing lines. */
T_FN void in_round (const char *name_, int watched_)
{
    static char text[100];
    snprintf (text, sizeof text, "%s, %s, %s: ", connects ? "connected" : "bound", name_,
              watched_ ? "watched" : "not watched");
    t_round = text;
}

/* Whether the library connects once more within `ms_`. Somebody else's client may do so too: one that
 * still knocks where another test has listened, whose port the listener has got. */
T_FN int comes_again (int ms_)
{
    while (speaks (listener, ms_)) {
        int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
        int own = fd != -1 && library_end (fd) != -1;
        close (fd);
        if (own)
            return 1;
    }
    return 0;
}

/* The events up to the end of the connection, as text; a connecting socket does not come again. The
 * reason that only the library under development gives for wrong metadata is left out if `short_`. */
T_FN const char *how_it_left (void *reader_, int short_)
{
    static char text[500];
    const char *extra = "HS_PROTO(10000018) ";
    int event;
    text[0] = 0;
    do {
        event = next_event (reader_, PATIENCE, text, sizeof text);
    } while (event && event != ZMQ_EVENT_DISCONNECTED);
    if (event && connects) {
        char after[100] = "";
        if (next_event (reader_, CALM, after, sizeof after))
            FAIL ("after %s came %s", text, after);
        if (comes_again (0))
            FAIL ("after %s the library connects again", text);
    }
    return short_ && strncmp (text, extra, strlen (extra)) == 0 ? text + strlen (extra) : text;
}

/* The library ends the connection, takes no message, and does not come again. With a monitor it
 * says why; without one it must do the same. */
T_FN void t_refused (const char *file_, int line_, void *socket_, void *events_, int fd_,
                     const char *outcome_)
{
    wire_closed (file_, line_, fd_, 0);
    if (events_) {
        const char *got = how_it_left (events_, strcmp (outcome_, NOTHING_SAID) == 0);
        if (strcmp (got, outcome_) != 0)
            t_fail (file_, line_, "it ended with %s, expected %s", got, outcome_);
    } else if (connects && comes_again (CALM))
        t_fail (file_, line_, "the library comes again");
    EXPECT_NOTHING (socket_);
}
#define REFUSED(socket_, events_, fd_, outcome_)                                                   \
    t_refused (__FILE__, __LINE__, socket_, events_, fd_, outcome_)

#endif
