/* What the tests of raw sockets share: STREAM, and ROUTER with ZMQ_ROUTER_RAW. */
#ifndef CTESTS_RAW_H
#define CTESTS_RAW_H

#include "rawpeer.h"

/* The id of a link of a raw socket. */
typedef struct
{
    char bytes[32];
    size_t size;
} raw_id;

/* Receives the two frames of an item, waiting for them: the id of the link, and its bytes. */
T_FN int t_recv_raw (
  const char *file_, int line_, void *socket_, raw_id *id_, void *data_, size_t size_)
{
    if (!(wait_for (socket_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN))
        t_fail (file_, line_, "nothing came");
    int n = zmq_recv (socket_, id_->bytes, sizeof id_->bytes, ZMQ_DONTWAIT);
    if (n <= 0 || n > (int) sizeof id_->bytes)
        t_fail (file_, line_, "the id of a link has %d bytes", n);
    id_->size = (size_t) n;
    if (!get_int (socket_, ZMQ_RCVMORE))
        t_fail (file_, line_, "the id of a link comes without MORE");
    n = zmq_recv (socket_, data_, size_, ZMQ_DONTWAIT);
    if (n == -1)
        t_fail (file_, line_, "the bytes of a link gave errno %s", errno_name (errno));
    if (get_int (socket_, ZMQ_RCVMORE))
        t_fail (file_, line_, "the bytes of a link come with MORE");
    return n;
}
#define RECV_RAW(socket_, id_, data_, size_)                                                       \
    t_recv_raw (__FILE__, __LINE__, socket_, id_, data_, size_)

/* The next item has no bytes: a link is up, or has ended. The value is its id. */
T_FN raw_id t_expect_notice (const char *file_, int line_, void *socket_)
{
    raw_id id;
    char byte;
    int n = t_recv_raw (file_, line_, socket_, &id, &byte, 1);
    if (n != 0)
        t_fail (file_, line_, "%d bytes came, expected a notification", n);
    return id;
}
#define EXPECT_NOTICE(socket_) t_expect_notice (__FILE__, __LINE__, socket_)

T_FN int same_id (raw_id a_, raw_id b_)
{
    return a_.size == b_.size && memcmp (a_.bytes, b_.bytes, a_.size) == 0;
}

/* The next items are of this link and make up these bytes, however they are cut. */
T_FN void t_expect_raw (
  const char *file_, int line_, void *socket_, raw_id id_, const void *want_, size_t size_)
{
    char got[8192];
    for (size_t done = 0; done < size_;) {
        raw_id id;
        int n = t_recv_raw (file_, line_, socket_, &id, got, sizeof got);
        if (!same_id (id, id_))
            t_fail (file_, line_, "bytes came from another link");
        if (n == 0)
            t_fail (file_, line_, "the link ended after %zu bytes, expected %zu", done, size_);
        if (n > (int) sizeof got)
            t_fail (file_, line_, "%d bytes came at once", n);
        if (done + (size_t) n > size_ || memcmp (got, (const char *) want_ + done, (size_t) n) != 0)
            t_fail (file_, line_, "received %d bytes %s, expected %s", n, t_hex (got, (size_t) n),
                    t_hex ((const char *) want_ + done, size_ - done));
        done += (size_t) n;
    }
}
#define EXPECT_RAW(socket_, id_, text_)                                                            \
    t_expect_raw (__FILE__, __LINE__, socket_, id_, text_, strlen (text_))

/* Sends bytes to a link; the value is what the first of the two sends did, -1 if it failed. */
T_FN int send_raw (void *socket_, raw_id id_, const void *data_, size_t size_)
{
    if (zmq_send (socket_, id_.bytes, id_.size, ZMQ_SNDMORE | ZMQ_DONTWAIT) == -1)
        return -1;
    CHECK_INT (zmq_send (socket_, data_, size_, 0), size_);
    return 0;
}
#define SEND_RAW(socket_, id_, text_) send_raw (socket_, id_, text_, strlen (text_))

/* Bytes that are all different from their neighbours. */
T_FN char *many_bytes (size_t size_)
{
    char *bytes = malloc (size_);
    CHECK (bytes != NULL);
    for (size_t i = 0; i < size_; i++)
        bytes[i] = (char) (i * 7 + i / 251);
    return bytes;
}

/* The plain peer reads exactly so many bytes, and they are these. */
T_FN void plain_expect (int fd_, const void *want_, size_t size_)
{
    char *got = malloc (size_);
    CHECK (got != NULL);
    plain_read (fd_, got, size_);
    if (memcmp (got, want_, size_) != 0)
        FAIL ("the plain peer read %s, expected %s", t_hex (got, size_), t_hex (want_, size_));
    free (got);
}

/* The plain peer finds the end of the link and nothing before it. The socket gets the chance to go
 * on with an end that it asked for, which takes its thread more than once in a reference. */
#define PLAIN_EXPECT_END(fd_, socket_)                                                             \
    do {                                                                                           \
        char t_byte;                                                                               \
        WAIT_UNTIL ((settle (socket_), plain_readable (fd_, 0)));                                  \
        CHECK_INT (recv (fd_, &t_byte, 1, 0), 0);                                                  \
    } while (0)

/* The link of this id is gone, or goes: until it has, which takes a look at what is left to receive
 * from it, a send finds it closing. */
#define EXPECT_GONE(socket_, id_)                                                                  \
    WAIT_UNTIL ((settle (socket_), SEND_RAW (socket_, id_, "nobody") == -1)                        \
                && errno == EHOSTUNREACH)

#endif
