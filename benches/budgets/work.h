/* What the scenarios share: the state of the program, sockets, and which scenarios there are. */
#ifndef BUDGETS_WORK_H
#define BUDGETS_WORK_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

/* The context of this run. */
extern void *ctx;
/* Bytes of a message. */
extern size_t size;
/* Where the peer takes orders, and at which port it listens. */
extern int orders, port;
/* System calls of this program in this run, which are none of the library's. */
extern long own;
/* What is sent, and room for what is received. */
enum { LARGEST = 1 << 20 };
extern char buffer[LARGEST];

/* Messages between two changes of direction. The queues of both libraries hold a power of two in
 * a piece, so that a run goes through whole pieces. */
enum { BATCH = 128, SUBSCRIBERS = 20 };

#define ENSURE(fact)                                                                               \
    do                                                                                             \
        if (!(fact)) {                                                                             \
            fprintf (stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #fact,                         \
                     zmq_strerror (errno));                                                        \
            exit (1);                                                                              \
        }                                                                                          \
    while (0)

/* A socket that blocks nobody: no limits, no lingering. */
void *open_socket (int type);
/* The same, bound to an endpoint. */
void *bound (int type, const char *endpoint);
/* The same, connected to an endpoint. */
void *connected (int type, const char *endpoint);
/* Sends one message. */
void put (void *socket);
/* Receives one message, which is as long as those that are sent. */
void take (void *socket);
/* Has a socket look at what other threads have told it, which a send may put off. */
void look (void *socket);

/* The scenarios; what each is, is said where it is written. */
void calibrate (long count);
void buffers (long count);
void messages (long count);
void contents (long count);
void ask (long count);
void echo (long count);
void publish (long count);
void poll_ready (long count);
void poll_idle (long count);
void relay (long count);
void tcp_send (long count);
void tcp_send_each (long count);
void tcp_receive (long count);
void tcp_receive_each (long count);
void tcp_publish (long count);
void tcp_stream (long count);
void curve_stream (long count);

#endif
