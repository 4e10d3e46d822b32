/* What the familiar tools share. They are linked with libzmq, so LD_LIBRARY_PATH swaps it. */
#ifndef BENCHES_TOOL_H
#define BENCHES_TOOL_H

#include <stddef.h>

/* The context of the program, made by the first socket. */
extern void *context;

/* Ends the program with its name, what did not work, and what the library says about it. */
void fail (const char *what) __attribute__ ((noreturn));

/* Ends the program with the arguments that it takes, unless there are from `least` to `most`. */
void expect_arguments (int argc, int least, int most, const char *arguments);

/* An argument that is a number of at least as much. */
long number (const char *text, long least);

/* A socket. */
void *make_socket (int type);

/* A socket that is bound, or connected. */
void *bound (int type, const char *endpoint);
void *connected (int type, const char *endpoint);

/* Has a socket be one end of CURVE, with keys that these tools have in common. */
void use_curve (void *socket, int server);

/* Sends a message of this size. */
void send_message (void *socket, size_t size);
/* Receives one of this size. */
void recv_message (void *socket, size_t size);

/* Closes a socket, or waits until all is sent and ends the context. */
void close_socket (void *socket);
void end_context (void);

/* Microseconds on a clock that does not jump. */
double clock_us (void);

/* Prints what these tools always have. */
void print_throughput (size_t size, long count, double microseconds);
void print_latency (size_t size, long roundtrips, double microseconds);

#endif
