/* The library under measurement, and the scenarios. */
#ifndef BENCHES_BENCH_H
#define BENCHES_BENCH_H

#include "common.h"

#include <zmq.h>

/* The functions that are looked up: nothing is linked. */
#define FUNCTIONS(X) \
    X (ctx_new) \
    X (ctx_set) \
    X (ctx_shutdown) \
    X (ctx_term) \
    X (socket) \
    X (close) \
    X (bind) \
    X (connect) \
    X (send) \
    X (recv) \
    X (getsockopt) \
    X (setsockopt) \
    X (poll) \
    X (proxy) \
    X (errno) \
    X (strerror)

#define MEMBER(name) __typeof__ (zmq_##name) *name##_;
/* `zmq.send_` is the library's zmq_send; the names end like this as errno is a macro. */
typedef struct
{
    FUNCTIONS (MEMBER)
} library_t;
#undef MEMBER

extern library_t zmq;
/* The one context of this process. */
extern void *ctx;

/* Finds all functions in the library at the path. */
void load (const char *path);
/* Makes the context, with room for as many sockets. */
void open_context (long sockets);
/* The same for a side, if it is a process of its own and needs a context of its own. */
void enter_side (long sockets);
/* Ends the context of such a side, once its sockets are closed and all is sent. */
void leave_side (void);
/* A new socket of a type. */
void *opened (int type);
/* One that is bound to `endpoint`, which then holds the address that others connect to. */
void *bound_here (int type);
/* Binds a socket in the same way. */
void bind_here (void *socket);
/* One that is connected. */
void *connected (int type);
void set_number (void *socket, int option, int value);
/* Sends, or receives, exactly this many bytes. */
void send_bytes (void *socket, const void *body, size_t size, int flags);
void recv_bytes (void *socket, void *body, size_t size);

/* Whoever binds is the server of the mechanism, whoever connects is the client. */
void be_server (void *socket);
void be_client (void *socket);
/* Starts who decides about clients, where the mechanism asks somebody. */
void start_handler (void);

/* The work of a side: connects a PUSH, sends all messages, waits to be released. */
void push (side_t *side);

/* One function for each scenario; main.c says what they print. */
void throughput (void);
void latency (void);
void load_latency (void);
void fan_out (void);
void echo (void);
void proxy (void);
void memory (void);
void connections (void);
void poll_idle (void);
void idle (void);
void subscriptions (void);

#endif
