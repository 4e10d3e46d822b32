/* A libzmq that is loaded by path: its functions are called `z_...` here, and the program that
 * includes this is linked with none.
 */
#ifndef INTEROP_LIBRARY_H
#define INTEROP_LIBRARY_H

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define FUNCTIONS(F)                                                                               \
    F (ctx_new)                                                                                    \
    F (ctx_term)                                                                                   \
    F (socket)                                                                                     \
    F (close)                                                                                      \
    F (bind)                                                                                       \
    F (connect)                                                                                    \
    F (setsockopt)                                                                                 \
    F (getsockopt)                                                                                 \
    F (socket_monitor)                                                                             \
    F (errno)                                                                                      \
    F (strerror)                                                                                   \
    F (poll)                                                                                       \
    F (send)                                                                                       \
    F (recv)                                                                                       \
    F (msg_init)                                                                                   \
    F (msg_init_size)                                                                              \
    F (msg_send)                                                                                   \
    F (msg_recv)                                                                                   \
    F (msg_data)                                                                                   \
    F (msg_size)                                                                                   \
    F (msg_more)                                                                                   \
    F (msg_gets)                                                                                   \
    F (msg_close)                                                                                  \
    F (z85_decode)

#define DECLARE(name_) static __typeof__ (zmq_##name_) *z_##name_ __attribute__ ((unused));
FUNCTIONS (DECLARE)

/* Says what went wrong to the driver, which ends the conversation. */
__attribute__ ((noreturn, format (printf, 1, 2))) static void fail (const char *format_, ...)
{
    va_list args;
    va_start (args, format_);
    fputs ("failed: ", stdout);
    vprintf (format_, args);
    puts ("");
    va_end (args);
    fflush (stdout);
    _exit (1);
}

static void load (const char *path_)
{
    void *library = dlopen (path_, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail ("%s", dlerror ());
#define LOAD(name_)                                                                                \
    z_##name_ = (__typeof__ (z_##name_)) dlsym (library, "zmq_" #name_);                           \
    if (!z_##name_)                                                                                \
        fail ("no zmq_" #name_);
    FUNCTIONS (LOAD)
}

/* A call that returns 0 or more. */
#define TRY(call_)                                                                                 \
    do {                                                                                           \
        if ((call_) < 0)                                                                           \
            fail ("%s: %s", #call_, z_strerror (z_errno ()));                                      \
    } while (0)

/* A line for the driver. */
__attribute__ ((unused)) static void say (const char *word_)
{
    puts (word_);
    fflush (stdout);
}

/* Binds or connects, and says where it is bound. */
static void attach (void *socket_, const char *how_, const char *endpoint_)
{
    char endpoint[300];
    size_t size = sizeof endpoint;
    if (how_[0] != 'b') {
        TRY (z_connect (socket_, endpoint_));
        return;
    }
    TRY (z_bind (socket_, endpoint_));
    TRY (z_getsockopt (socket_, ZMQ_LAST_ENDPOINT, endpoint, &size));
    printf ("endpoint %s\n", endpoint);
    fflush (stdout);
}

/* The number of a socket type, by its name. */
static int type_of (const char *name_)
{
    static const char *const names[] = {"PAIR",   "PUB",  "SUB",  "REQ",  "REP", "DEALER",
                                        "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"};
    for (int i = 0; i < 11; i++)
        if (strcmp (name_, names[i]) == 0)
            return i;
    fail ("%s is no type", name_);
}

#endif
