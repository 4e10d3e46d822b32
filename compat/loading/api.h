/* The functions of a libzmq as a table, so that the same conversation can be held by a library that
 * is linked, by one that is opened, and between two of them. */
#ifndef API_H
#define API_H

#include <zmq.h>

#define FUNCTIONS(X)                                                                       \
    X (zmq_version, void, (int *, int *, int *))                                           \
    X (zmq_errno, int, (void))                                                             \
    X (zmq_strerror, const char *, (int))                                                  \
    X (zmq_ctx_new, void *, (void))                                                        \
    X (zmq_ctx_term, int, (void *))                                                        \
    X (zmq_socket, void *, (void *, int))                                                  \
    X (zmq_close, int, (void *))                                                           \
    X (zmq_setsockopt, int, (void *, int, const void *, size_t))                           \
    X (zmq_getsockopt, int, (void *, int, void *, size_t *))                               \
    X (zmq_bind, int, (void *, const char *))                                              \
    X (zmq_connect, int, (void *, const char *))                                           \
    X (zmq_send, int, (void *, const void *, size_t, int))                                 \
    X (zmq_recv, int, (void *, void *, size_t, int))                                       \
    X (zmq_poll, int, (zmq_pollitem_t *, int, long))                                       \
    X (zmq_curve_keypair, int, (char *, char *))

struct api
{
#define POINTER(name, result, arguments) result (*name) arguments;
    FUNCTIONS (POINTER)
#undef POINTER
};

/* Holds all conversations between what the first library binds and the second connects; they may be
 * the same. Ends the process with a line if one fails. */
void converse (const struct api *bound, const struct api *connected);

/* Ends the process with a line unless exactly `count` different files named libzmq are mapped, and
 * zmq_version of `api` comes from `library`. */
void expect_mapped (const struct api *api, const char *library, int count);

/* Ends the process with a line. */
void fail (const char *what) __attribute__ ((noreturn));

#endif
