/* What the familiar tools share. */

#define _GNU_SOURCE
#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

/* Keys for measuring only: those of the example in the manual page zmq_curve(7). */
#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

void *context;

void fail (const char *what)
{
    fprintf (stderr, "%s: %s: %s\n", program_invocation_short_name, what,
             zmq_strerror (zmq_errno ()));
    exit (1);
}

void expect_arguments (int argc, int least, int most, const char *arguments)
{
    if (argc - 1 >= least && argc - 1 <= most)
        return;
    fprintf (stderr, "usage: %s %s\n", program_invocation_short_name, arguments);
    exit (1);
}

long number (const char *text, long least)
{
    char *end;
    long value = strtol (text, &end, 10);
    if (!*text || *end || value < least) {
        fprintf (stderr, "%s: '%s' is no number of at least %ld\n", program_invocation_short_name,
                 text, least);
        exit (1);
    }
    return value;
}

void *make_socket (int type)
{
    void *socket;
    if (!context && !(context = zmq_ctx_new ()))
        fail ("zmq_ctx_new");
    socket = zmq_socket (context, type);
    if (!socket)
        fail ("zmq_socket");
    return socket;
}

void *bound (int type, const char *endpoint)
{
    void *socket = make_socket (type);
    if (zmq_bind (socket, endpoint) != 0)
        fail (endpoint);
    return socket;
}

void *connected (int type, const char *endpoint)
{
    void *socket = make_socket (type);
    if (zmq_connect (socket, endpoint) != 0)
        fail (endpoint);
    return socket;
}

static void set_key (void *socket, int option, const char *key)
{
    if (zmq_setsockopt (socket, option, key, strlen (key)) != 0)
        fail ("CURVE");
}

void use_curve (void *socket, int server)
{
    if (server) {
        const int yes = 1;
        if (zmq_setsockopt (socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) != 0)
            fail ("CURVE");
        set_key (socket, ZMQ_CURVE_SECRETKEY, SERVER_SECRET);
    } else {
        set_key (socket, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC);
        set_key (socket, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC);
        set_key (socket, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET);
    }
}

void send_message (void *socket, size_t size)
{
    zmq_msg_t message;
    if (zmq_msg_init_size (&message, size) != 0)
        fail ("zmq_msg_init_size");
    memset (zmq_msg_data (&message), 0, size);
    if (zmq_msg_send (&message, socket, 0) < 0)
        fail ("zmq_msg_send");
}

void recv_message (void *socket, size_t size)
{
    zmq_msg_t message;
    zmq_msg_init (&message);
    if (zmq_msg_recv (&message, socket, 0) < 0)
        fail ("zmq_msg_recv");
    if (zmq_msg_size (&message) != size) {
        errno = EMSGSIZE;
        fail ("a message that is not as long as was said");
    }
    zmq_msg_close (&message);
}

void close_socket (void *socket)
{
    if (zmq_close (socket) != 0)
        fail ("zmq_close");
}

void end_context (void)
{
    if (zmq_ctx_term (context) != 0)
        fail ("zmq_ctx_term");
}

double clock_us (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

void print_throughput (size_t size, long count, double microseconds)
{
    double rate = (count - 1) / microseconds * 1e6; /* the first one started the clock */
    printf ("message size: %zu [B]\n", size);
    printf ("message count: %ld\n", count);
    printf ("mean throughput: %.0f [msg/s]\n", rate);
    printf ("mean throughput: %.3f [Mb/s]\n", rate * size * 8 / 1e6);
}

void print_latency (size_t size, long roundtrips, double microseconds)
{
    printf ("message size: %zu [B]\n", size);
    printf ("roundtrip count: %ld\n", roundtrips);
    printf ("average latency: %.3f [us]\n", microseconds / (2.0 * roundtrips));
}
