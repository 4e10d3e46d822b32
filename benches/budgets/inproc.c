/* The scenarios in which one thread does all work, over inproc or without any socket. */

#define _GNU_SOURCE
#include "work.h"
#include <string.h>
#include <unistd.h>

enum { DEALERS = 50, IDLE = 20 };

/* The counters themselves: two allocations, a release and a system call for each. */
void calibrate (long count)
{
    for (long done = 0; done < count; done++) {
        char *volatile first = malloc (100);
        ENSURE (first);
        char *volatile second = realloc (first, 5000);
        ENSURE (second);
        free (second);
        ENSURE (getppid () > 0);
    }
}

/* zmq_send on PUSH and zmq_recv on PULL. */
void buffers (long count)
{
    void *pull = bound (ZMQ_PULL, "inproc://a"), *push = connected (ZMQ_PUSH, "inproc://a");
    for (long done = 0; done < count; done += BATCH) {
        for (int turn = 0; turn < BATCH; turn++)
            put (push);
        for (int turn = 0; turn < BATCH; turn++)
            take (pull);
    }
    zmq_close (push);
    zmq_close (pull);
}

/* The same with messages: made, sent, received, closed. */
void messages (long count)
{
    void *pull = bound (ZMQ_PULL, "inproc://a"), *push = connected (ZMQ_PUSH, "inproc://a");
    zmq_msg_t message;
    for (long done = 0; done < count; done += BATCH) {
        for (int turn = 0; turn < BATCH; turn++) {
            ENSURE (zmq_msg_init_size (&message, size) == 0);
            ENSURE (zmq_msg_send (&message, push, 0) == (int) size);
        }
        for (int turn = 0; turn < BATCH; turn++) {
            ENSURE (zmq_msg_init (&message) == 0);
            ENSURE (zmq_msg_recv (&message, pull, 0) == (int) size);
            ENSURE (zmq_msg_close (&message) == 0);
        }
    }
    zmq_close (push);
    zmq_close (pull);
}

/* A message made and closed, and no socket. */
void contents (long count)
{
    zmq_msg_t message;
    for (long done = 0; done < count; done++) {
        ENSURE (zmq_msg_init_size (&message, size) == 0);
        ENSURE (zmq_msg_close (&message) == 0);
    }
}

/* A question and its answer. */
void ask (long count)
{
    void *rep = bound (ZMQ_REP, "inproc://a"), *req = connected (ZMQ_REQ, "inproc://a");
    for (long done = 0; done < count; done++) {
        put (req);
        take (rep);
        put (rep);
        take (req);
    }
    zmq_close (req);
    zmq_close (rep);
}

/* A ROUTER sends back what each of many DEALERs sends. */
void echo (long count)
{
    void *router = bound (ZMQ_ROUTER, "inproc://a"), *dealers[DEALERS];
    char name[256];
    for (int number = 0; number < DEALERS; number++)
        dealers[number] = connected (ZMQ_DEALER, "inproc://a");
    for (long done = 0; done < count; done += DEALERS) {
        for (int number = 0; number < DEALERS; number++)
            put (dealers[number]);
        for (int number = 0; number < DEALERS; number++) {
            int length = zmq_recv (router, name, sizeof name, 0);
            ENSURE (length > 0);
            take (router);
            ENSURE (zmq_send (router, name, (size_t) length, ZMQ_SNDMORE) == length);
            put (router);
        }
        for (int number = 0; number < DEALERS; number++)
            take (dealers[number]);
    }
    for (int number = 0; number < DEALERS; number++)
        zmq_close (dealers[number]);
    zmq_close (router);
}

/* A publication to many subscribers, each of which receives it. */
void publish (long count)
{
    void *pub = bound (ZMQ_PUB, "inproc://a"), *subs[SUBSCRIBERS];
    for (int number = 0; number < SUBSCRIBERS; number++) {
        subs[number] = connected (ZMQ_SUB, "inproc://a");
        ENSURE (zmq_setsockopt (subs[number], ZMQ_SUBSCRIBE, "", 0) == 0);
    }
    look (pub);
    for (long done = 0; done < count; done++) {
        put (pub);
        for (int number = 0; number < SUBSCRIBERS; number++)
            take (subs[number]);
    }
    for (int number = 0; number < SUBSCRIBERS; number++)
        zmq_close (subs[number]);
    zmq_close (pub);
}

/* zmq_poll on one socket that has a message. */
void poll_ready (long count)
{
    void *pull = bound (ZMQ_PULL, "inproc://a"), *push = connected (ZMQ_PUSH, "inproc://a");
    zmq_pollitem_t item = {.socket = pull, .events = ZMQ_POLLIN};
    put (push);
    for (long done = 0; done < count; done++)
        ENSURE (zmq_poll (&item, 1, -1) == 1);
    zmq_close (push);
    zmq_close (pull);
}

/* zmq_poll on many sockets that have none, without waiting; they could send, and waited once. */
void poll_idle (long count)
{
    const int short_time = 1;
    zmq_pollitem_t items[IDLE];
    void *router = bound (ZMQ_ROUTER, "inproc://a");
    memset (items, 0, sizeof items);
    for (int number = 0; number < IDLE; number++) {
        void *dealer = connected (ZMQ_DEALER, "inproc://a");
        ENSURE (zmq_setsockopt (dealer, ZMQ_RCVTIMEO, &short_time, sizeof short_time) == 0);
        ENSURE (zmq_recv (dealer, buffer, size, 0) == -1 && errno == EAGAIN);
        items[number].socket = dealer;
        items[number].events = ZMQ_POLLIN;
    }
    for (long done = 0; done < count; done++)
        ENSURE (zmq_poll (items, IDLE, 0) == 0);
    for (int number = 0; number < IDLE; number++)
        zmq_close (items[number].socket);
    zmq_close (router);
}
