/* Very many subscriptions: what it takes to add, match and remove them, and to keep them. */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

/* How many are under way at a time. */
enum { AT_A_TIME = 500 };
enum { SHORTEST = 8, LONGEST = 24 };

/* The n-th topic, always the same: letters and digits in no order; returns its length. */
static size_t topic (long n, char text[LONGEST])
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789./";
    uint64_t state = (uint64_t) n * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
    for (size_t i = 0; i < LONGEST; i++) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        text[i] = LETTERS[(state * 0x2545f4914f6cdd1du >> 33) % (sizeof LETTERS - 1)];
    }
    return SHORTEST + (size_t) (state % (LONGEST - SHORTEST + 1));
}

/* Adds or removes all, and takes the notifications in. */
static void change_all (void *publisher, void *subscriber, int option)
{
    char text[LONGEST], news[LONGEST + 1];
    for (long from = 0; from < job.count; from += AT_A_TIME) {
        long until = from + AT_A_TIME < job.count ? from + AT_A_TIME : job.count;
        for (long n = from; n < until; n++) {
            size_t length = topic (n, text);
            if (zmq.setsockopt_ (subscriber, option, text, length) != 0)
                fail ("subscription");
        }
        for (long n = from; n < until; n++) {
            int length = zmq.recv_ (publisher, news, sizeof news, 0);
            if (length != (int) topic (n, text) + 1
                || news[0] != (option == ZMQ_SUBSCRIBE ? 1 : 0))
                fail ("notification");
        }
    }
}

/* One message to each topic, which arrives, and one to none, which does not. */
static void match_all (void *publisher, void *subscriber)
{
    char text[LONGEST];
    for (long from = 0; from < job.count; from += AT_A_TIME) {
        long until = from + AT_A_TIME < job.count ? from + AT_A_TIME : job.count;
        for (long n = from; n < until; n++) {
            size_t length = topic (n, text);
            send_bytes (publisher, text, length, 0);
            text[length / 2] = '#';
            send_bytes (publisher, text, length, 0);
        }
        for (long n = from; n < until; n++)
            recv_bytes (subscriber, text, topic (n, text));
    }
    if (zmq.recv_ (subscriber, text, sizeof text, ZMQ_DONTWAIT) >= 0)
        fail ("a message that nobody subscribed to");
}

/* Has a socket drop nothing: libzmq does not look for new room while it only subscribes or
 * publishes. A library may refuse this and do without; what it lost then fails the checks. */
static void take_all (void *socket)
{
    const int unlimited = 0;
    (void) zmq.setsockopt_ (socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    (void) zmq.setsockopt_ (socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
}

/* XPUB and SUB: seconds for all, and MiB while they are there. */
void subscriptions (void)
{
    void *publisher, *subscriber;
    double start, added, matched, removed, before, cpu;
    open_context (0);
    publisher = opened (ZMQ_XPUB);
    take_all (publisher);
    bind_here (publisher);
    subscriber = opened (ZMQ_SUB);
    take_all (subscriber);
    if (zmq.connect_ (subscriber, endpoint) != 0)
        fail ("connect");
    before = resident ();
    cpu = cpu_used ();
    start = now ();
    change_all (publisher, subscriber, ZMQ_SUBSCRIBE);
    added = now ();
    report ("memory", (resident () - before) / 1024);
    match_all (publisher, subscriber);
    matched = now ();
    change_all (publisher, subscriber, ZMQ_UNSUBSCRIBE);
    removed = now ();
    report ("cpu", (cpu_used () - cpu) / (double) job.count * 1e6);
    report ("value", removed - start);
    report ("add", added - start);
    report ("match", matched - added);
    report ("remove", removed - matched);
    zmq.close_ (subscriber);
    zmq.close_ (publisher);
    zmq.ctx_term_ (ctx);
}
