/* What the measured program tells its peer, over a pair of descriptors that both hold. */
#ifndef BUDGETS_ORDERS_H
#define BUDGETS_ORDERS_H

#include <stddef.h>

/* What the peer is to do with one connection, or with several. */
enum what
{
    /* Accept, read `count` messages, then answer with one byte. */
    DRAIN,
    /* Accept, then read one message at a time, and answer each with one byte. */
    DRAIN_EACH,
    /* Connect to `port`, write `count` messages, and answer when the other side has taken all in. */
    FLOOD,
    /* Connect to `port`, answer; then write a message for each byte that comes, and answer when the
     * other side has taken it in. */
    GIVE_EACH,
    /* Accept, and leave that connection alone. Connect to `port` `connections` times, subscribe to
     * everything, answer; then read `burst` messages from each, and answer, until it was `count`. */
    SUBSCRIBE
};

/* One order; the peer is done with it when all connections of it are closed. */
struct order
{
    enum what what;
    int port;
    int connections;
    long count;
    long burst;
    size_t size;
};

#endif
