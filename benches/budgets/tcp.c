/* The scenarios over tcp. Where the cost of one side is wanted, the other is the peer, outside. */

#define _GNU_SOURCE
#include "orders.h"
#include "work.h"
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* How often a thread lets others go on that still have something to do, see `wait_for_peer`. */
enum { TURNS = 32 };
/* Publications that an I/O thread finds together. */
enum { BURST = 16 };

static void connect_tcp (void *socket, int where)
{
    char endpoint[64];
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", where);
    ENSURE (zmq_connect (socket, endpoint) == 0);
}

static void *to_port (int type, int where)
{
    void *made = open_socket (type);
    connect_tcp (made, where);
    return made;
}

/* ---- one side, with a peer outside ----------------------------------------------------------- */

static void order (enum what what, int where, int connections, long count)
{
    struct order text;
    memset (&text, 0, sizeof text);
    text.what = what;
    text.port = where;
    text.connections = connections;
    text.count = count;
    text.burst = BURST;
    text.size = size;
    ENSURE (write (orders, &text, sizeof text) == sizeof text);
    own++;
}

/* Waits for the peer's answer, and then until the I/O thread sleeps. The peer answers as soon as it
 * has its bytes, while the thread that wrote them may have some way to go to its next wait; whether
 * it gets there before this thread's next call would be a matter of luck. Valgrind runs one thread
 * at a time, and hands over in turn at each system call that may block: so each turn here is a piece
 * of the other's way, and there are more turns than it has pieces. */
static void wait_for_peer (void)
{
    char byte;
    ENSURE (read (orders, &byte, 1) == 1);
    for (int turn = 0; turn < TURNS; turn++)
        sched_yield ();
    own += 1 + TURNS;
}

/* Binds a socket for others to connect to; returns its port. */
static int bind_tcp (void *socket)
{
    char endpoint[64];
    size_t length = sizeof endpoint;
    int where;
    ENSURE (zmq_bind (socket, "tcp://127.0.0.1:*") == 0);
    ENSURE (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &length) == 0);
    ENSURE (sscanf (endpoint, "tcp://127.0.0.1:%d", &where) == 1);
    return where;
}

/* Send, encode, write. The peer accepts when all messages are queued, so that the I/O thread has
 * them all, and this thread waits while it works. */
void tcp_send (long count)
{
    void *push = to_port (ZMQ_PUSH, port);
    for (long done = 0; done < count; done++)
        put (push);
    order (DRAIN, 0, 1, count);
    wait_for_peer ();
    zmq_close (push);
}

/* One message at a time: the next when the peer has the last. */
void tcp_send_each (long count)
{
    void *push = to_port (ZMQ_PUSH, port);
    order (DRAIN_EACH, 0, 1, count);
    for (long done = 0; done < count; done++) {
        put (push);
        wait_for_peer ();
    }
    zmq_close (push);
}

/* Read, decode, receive. This thread waits until the I/O thread has taken in all messages. */
void tcp_receive (long count)
{
    void *pull = open_socket (ZMQ_PULL);
    const int where = bind_tcp (pull);
    order (FLOOD, where, 1, count);
    wait_for_peer ();
    for (long done = 0; done < count; done++)
        take (pull);
    zmq_close (pull);
}

/* One message at a time, each of them found by a thread that has seen the socket empty. */
void tcp_receive_each (long count)
{
    void *pull = open_socket (ZMQ_PULL);
    const int where = bind_tcp (pull);
    order (GIVE_EACH, where, 1, count);
    wait_for_peer ();
    for (long done = 0; done < count; done++) {
        ENSURE (zmq_recv (pull, buffer, sizeof buffer, ZMQ_DONTWAIT) == -1 && errno == EAGAIN);
        ENSURE (write (orders, "", 1) == 1);
        own++;
        wait_for_peer ();
        take (pull);
    }
    zmq_close (pull);
}

/* What stops an I/O thread: it has to call this to release a message, and gets on when told to. A
 * library that has the application's thread release it is not stopped. */
static struct
{
    pthread_t application;
    int entered[2], leave[2];
    int closed;
} gate;

static void stop (void *data, void *hint)
{
    char byte = 0;
    (void) data;
    (void) hint;
    if (pthread_equal (pthread_self (), gate.application)) {
        gate.closed = 0;
        return;
    }
    ENSURE (write (gate.entered[1], &byte, 1) == 1);
    ENSURE (read (gate.leave[0], &byte, 1) == 1);
}

/* Stops the I/O thread, by a message that goes out by `socket`. */
static void close_gate (void *socket)
{
    zmq_msg_t message;
    char byte;
    gate.closed = 1;
    ENSURE (zmq_msg_init_data (&message, buffer, size, stop, NULL) == 0);
    ENSURE (zmq_msg_send (&message, socket, 0) == (int) size);
    if (gate.closed) {
        ENSURE (read (gate.entered[0], &byte, 1) == 1);
        own += 2;
    }
}

static void open_gate (void)
{
    if (gate.closed) {
        ENSURE (write (gate.leave[1], "", 1) == 1);
        own += 2;
    }
}

/* Publications to many connections, in bursts; the next when the peers have had the last. The I/O
 * thread stands still while a burst is sent: whether it is woken once, or again for each connection
 * after the first, would else be a matter of luck. What stops it is counted, once for each burst. */
void tcp_publish (long count)
{
    void *pub = open_socket (ZMQ_PUB), *push = to_port (ZMQ_PUSH, port);
    gate.application = pthread_self ();
    ENSURE (pipe (gate.entered) == 0 && pipe (gate.leave) == 0);
    order (SUBSCRIBE, bind_tcp (pub), SUBSCRIBERS, count);
    wait_for_peer ();
    look (pub);
    for (long done = 0; done < count; done += BURST) {
        close_gate (push);
        for (int turn = 0; turn < BURST; turn++)
            put (pub);
        open_gate ();
        wait_for_peer ();
    }
    zmq_close (push);
    zmq_close (pub);
    for (int end = 0; end < 2; end++) {
        close (gate.entered[end]);
        close (gate.leave[end]);
    }
}

/* ---- both sides ------------------------------------------------------------------------------ */

/* The whole way, a batch at a time. Here the threads have a choice: one may be at work on the first
 * messages of a batch while the other is at work on the next. */
static void stream (void *push, void *pull, long count)
{
    const int batch = size < 4096 ? BATCH : 8;
    for (long done = 0; done < count; done += batch) {
        for (int turn = 0; turn < batch; turn++)
            put (push);
        for (int turn = 0; turn < batch; turn++)
            take (pull);
    }
    zmq_close (push);
    zmq_close (pull);
}

void tcp_stream (long count)
{
    void *pull = open_socket (ZMQ_PULL);
    stream (to_port (ZMQ_PUSH, bind_tcp (pull)), pull, count);
}

/* The same, sealed and opened. */
void curve_stream (long count)
{
    const int yes = 1;
    char keys[2][2][41];
    void *pull = open_socket (ZMQ_PULL), *push = open_socket (ZMQ_PUSH);
    for (int side = 0; side < 2; side++)
        ENSURE (zmq_curve_keypair (keys[side][0], keys[side][1]) == 0);
    ENSURE (zmq_setsockopt (pull, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0);
    ENSURE (zmq_setsockopt (pull, ZMQ_CURVE_SECRETKEY, keys[0][1], 41) == 0);
    ENSURE (zmq_setsockopt (push, ZMQ_CURVE_SERVERKEY, keys[0][0], 41) == 0);
    ENSURE (zmq_setsockopt (push, ZMQ_CURVE_PUBLICKEY, keys[1][0], 41) == 0);
    ENSURE (zmq_setsockopt (push, ZMQ_CURVE_SECRETKEY, keys[1][1], 41) == 0);
    connect_tcp (push, bind_tcp (pull));
    stream (push, pull, count);
}
