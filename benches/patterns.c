/* More than two sockets: fan-out, a service with clients, a proxy. */

#include "bench.h"

#include <stdlib.h>

/* Every socket gets every message, so they are read in turn. */
static void subscribe (side_t *side)
{
    char *body = allocate (1, job.size + 1);
    void **sockets = allocate ((size_t) job.peers, sizeof *sockets);
    enter_side (0);
    for (long i = 0; i < job.peers; i++) {
        sockets[i] = connected (ZMQ_SUB);
        if (zmq.setsockopt_ (sockets[i], ZMQ_SUBSCRIBE, "", 0) != 0)
            fail ("subscribe");
    }
    for (long i = 0; i < job.peers; i++)
        recv_bytes (sockets[i], body, 1);
    side_reports (side);
    for (long i = 0; i < job.peers; i++) {
        int size;
        /* What was sent to find out whether the subscription is there. */
        while ((size = zmq.recv_ (sockets[i], body, job.size, 0)) == 1)
            ;
        if (size != (int) job.size)
            fail ("a message of another size");
    }
    for (long n = 1; n < job.count; n++)
        for (long i = 0; i < job.peers; i++)
            recv_bytes (sockets[i], body, job.size);
    side_reports (side);
    for (long i = 0; i < job.peers; i++)
        zmq.close_ (sockets[i]);
    leave_side ();
    free (sockets);
    free (body);
}

/* PUB to many SUB, none of which may miss anything: deliveries. */
void fan_out (void)
{
    side_t side;
    watch_t started;
    char *body = allocate (1, job.size + 1);
    void *socket;
    if (job.size < 2)
        fail ("one byte is the probe");
    prepare_side (&side, subscribe);
    open_context (0);
    start_handler ();
    socket = opened (ZMQ_PUB);
    set_number (socket, ZMQ_XPUB_NODROP, 1);
    bind_here (socket);
    start_side (&side);
    do
        send_bytes (socket, body, 1, 0);
    while (!await_report (&side, 1));
    started = watch ();
    for (long i = 0; i < job.count; i++)
        send_bytes (socket, body, job.size, 0);
    await_report (&side, -1);
    report_rate (&started, (double) job.count * (double) job.peers);
    join_side (&side);
    zmq.close_ (socket);
    zmq.ctx_term_ (ctx);
    free (body);
}

/* Each client has one request under way, from its first to its last. */
static void ask (side_t *side)
{
    char *body = allocate (1, job.size + 1);
    void **sockets = allocate ((size_t) job.peers, sizeof *sockets);
    (void) side;
    enter_side (0);
    for (long i = 0; i < job.peers; i++) {
        sockets[i] = connected (ZMQ_DEALER);
        send_bytes (sockets[i], body, job.size, 0);
    }
    for (long turn = 1; turn < job.count; turn++)
        for (long i = 0; i < job.peers; i++) {
            recv_bytes (sockets[i], body, job.size);
            send_bytes (sockets[i], body, job.size, 0);
        }
    for (long i = 0; i < job.peers; i++) {
        recv_bytes (sockets[i], body, job.size);
        zmq.close_ (sockets[i]);
    }
    leave_side ();
    free (sockets);
    free (body);
}

/* ROUTER sends back what comes, to whom it came from: answers. */
void echo (void)
{
    side_t side;
    watch_t started;
    char id[256], *body = allocate (1, job.size + 1);
    void *socket;
    prepare_side (&side, ask);
    open_context (0);
    start_handler ();
    socket = bound_here (ZMQ_ROUTER);
    start_side (&side);
    for (long i = 0; i < job.count * job.peers; i++) {
        int length = zmq.recv_ (socket, id, sizeof id, 0);
        if (length <= 0 || length > (int) sizeof id)
            fail ("routing id");
        recv_bytes (socket, body, job.size);
        if (i == job.peers) /* all are there */
            started = watch ();
        send_bytes (socket, id, (size_t) length, ZMQ_SNDMORE);
        send_bytes (socket, body, job.size, 0);
    }
    report_rate (&started, (double) (job.count - 1) * (double) job.peers);
    join_side (&side);
    zmq.close_ (socket);
    zmq.ctx_term_ (ctx);
    free (body);
}

/* Runs the proxy until the context is shut down. */
static void *pass_on (void *ends)
{
    void **sockets = ends;
    zmq.proxy_ (sockets[0], sockets[1], NULL);
    zmq.close_ (sockets[0]);
    zmq.close_ (sockets[1]);
    return NULL;
}

/* PUSH to a proxy to PULL; the proxy and who receives are threads of one process. */
void proxy (void)
{
    side_t side;
    watch_t started;
    pthread_t thread;
    char *body = allocate (1, job.size + 1);
    void *ends[2], *sink;
    prepare_side (&side, push);
    open_context (0);
    start_handler ();
    ends[0] = bound_here (ZMQ_PULL);
    ends[1] = opened (ZMQ_PUSH);
    sink = opened (ZMQ_PULL);
    if (zmq.bind_ (ends[1], "inproc://behind") != 0
        || zmq.connect_ (sink, "inproc://behind") != 0
        || pthread_create (&thread, NULL, pass_on, ends) != 0)
        fail ("proxy");
    start_side (&side);
    recv_bytes (sink, body, job.size);
    started = watch ();
    for (long i = 1; i < job.count; i++)
        recv_bytes (sink, body, job.size);
    report_rate (&started, (double) job.count - 1);
    release_side (&side);
    join_side (&side);
    zmq.ctx_shutdown_ (ctx);
    pthread_join (thread, NULL);
    zmq.close_ (sink);
    zmq.ctx_term_ (ctx);
    free (body);
}
