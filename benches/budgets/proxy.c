/* A proxy between two sockets, in a thread of its own. */

#define _GNU_SOURCE
#include "work.h"
#include <pthread.h>

/* The proxy's frontend, backend and control. */
static void *pass_on (void *given)
{
    void **ends = given;
    ENSURE (zmq_proxy_steerable (ends[0], ends[1], NULL, ends[2]) == 0);
    return NULL;
}

/* PUSH to a proxy to PULL. All messages are there when the proxy begins, so that what it does depends
 * little on when it gets to run. */
void relay (long count)
{
    pthread_t thread;
    void *ends[3] = {bound (ZMQ_PULL, "inproc://a"), bound (ZMQ_PUSH, "inproc://b"),
                     bound (ZMQ_PAIR, "inproc://c")};
    void *source = connected (ZMQ_PUSH, "inproc://a"), *sink = connected (ZMQ_PULL, "inproc://b");
    void *control = connected (ZMQ_PAIR, "inproc://c");
    for (long done = 0; done < count; done++)
        put (source);
    ENSURE (pthread_create (&thread, NULL, pass_on, ends) == 0);
    for (long done = 0; done < count; done++)
        take (sink);
    ENSURE (zmq_send (control, "TERMINATE", 9, 0) == 9);
    ENSURE (pthread_join (thread, NULL) == 0);
    for (int end = 0; end < 3; end++)
        zmq_close (ends[end]);
    zmq_close (source);
    zmq_close (sink);
    zmq_close (control);
}
