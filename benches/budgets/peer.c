/*
 * The other side of a connection, outside of the process that is measured.
 *
 *     peer DESCRIPTOR
 *
 * It speaks as much ZMTP 3.1 as a peer without security has to, takes orders over DESCRIPTOR, and
 * first of all says there at which port of 127.0.0.1 it listens. It has no library in it, so that
 * both libraries meet the same peer, and it runs at full speed while the other side is counted.
 *
 * That the other side has taken in what was written is known from its answer to a PING behind it.
 */

#define _GNU_SOURCE
#include "orders.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Seconds after which a wait has failed: far more than anything here takes under valgrind. */
enum { PATIENCE = 60 };
enum { GREETING = 64, COMMAND = 4, LONG = 2, MOST_CONNECTIONS = 64, ROOM = 256 * 1024 };

static int orders;
static int listener;
static unsigned char room[ROOM];

__attribute__ ((noreturn)) static void fail (const char *what)
{
    perror (what);
    exit (1);
}

static void write_all (int fd, const void *data, size_t size)
{
    for (const char *at = data; size > 0;) {
        ssize_t written = send (fd, at, size, MSG_NOSIGNAL);
        if (written <= 0)
            fail ("peer: write");
        at += written;
        size -= (size_t) written;
    }
}

static void read_all (int fd, void *data, size_t size)
{
    for (char *at = data; size > 0;) {
        ssize_t got = recv (fd, at, size, 0);
        if (got <= 0)
            fail ("peer: read");
        at += got;
        size -= (size_t) got;
    }
}

/* Reads bytes that do not matter. */
static void skip (int fd, size_t size)
{
    while (size > 0) {
        ssize_t got = recv (fd, room, size < ROOM ? size : ROOM, 0);
        if (got <= 0)
            fail ("peer: read");
        size -= (size_t) got;
    }
}

static void answer (void)
{
    write_all (orders, "", 1);
}

/* Writes the header of a frame to `to`; returns its length. */
static size_t header (unsigned char *to, int flags, size_t size)
{
    if (size < 256) {
        to[0] = (unsigned char) flags;
        to[1] = (unsigned char) size;
        return 2;
    }
    to[0] = (unsigned char) (flags | LONG);
    for (int place = 0; place < 8; place++)
        to[1 + place] = (unsigned char) ((uint64_t) size >> (56 - 8 * place));
    return 9;
}

/* What a message takes on the wire. */
static size_t length (size_t size)
{
    return size + (size < 256 ? 2 : 9);
}

/* Greeting and READY of both sides, the other's unread. */
static void shake_hands (int fd, const char *type)
{
    static const unsigned char greeting[GREETING] = {0xFF, 0, 0, 0,   0,   0,   0,  0,
                                                     0,    0x7F, 3, 1, 'N', 'U', 'L', 'L'};
    unsigned char frame[256], head[2];
    unsigned char *at = frame + 2;
    uint32_t letters = htonl ((uint32_t) strlen (type));
    memcpy (at, "\5READY\13Socket-Type", 18);
    memcpy (at + 18, &letters, 4);
    memcpy (at + 22, type, strlen (type));
    header (frame, COMMAND, 22 + strlen (type));
    write_all (fd, greeting, sizeof greeting);
    skip (fd, GREETING);
    write_all (fd, frame, 2 + 22 + strlen (type));
    read_all (fd, head, 2);
    if (head[0] != COMMAND)
        fail ("peer: no READY");
    skip (fd, head[1]);
}

static void be_patient (int fd)
{
    const struct timeval time = {.tv_sec = PATIENCE};
    setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

static int accepted (const char *type)
{
    int fd = accept (listener, NULL, NULL);
    if (fd < 0)
        fail ("peer: accept");
    be_patient (fd);
    shake_hands (fd, type);
    return fd;
}

static int connected (int port, const char *type)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons ((uint16_t) port)};
    int fd = socket (AF_INET, SOCK_STREAM, 0), on = 1;
    place.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    if (fd < 0 || connect (fd, (struct sockaddr *) &place, sizeof place) != 0)
        fail ("peer: connect");
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    be_patient (fd);
    shake_hands (fd, type);
    return fd;
}

/* What asks the other side whether it has come this far, and how long that is. */
static const char ping[] = "\4\7\4PING\0\0";
enum { PING = sizeof ping - 1 };

/* Waits for the answer to a PING. */
static void await_pong (int fd)
{
    unsigned char head[2], body[255];
    read_all (fd, head, 2);
    read_all (fd, body, head[1]);
    if (head[0] != COMMAND || head[1] != 5 || memcmp (body, "\4PONG", 5) != 0)
        fail ("peer: no PONG");
}

/* Asks, and waits. */
static void settle (int fd)
{
    write_all (fd, ping, PING);
    await_pong (fd);
}

/* Waits until the other side closes, which it does first: so it never tries to connect again. */
static void bury (int fd)
{
    while (recv (fd, room, ROOM, 0) > 0)
        continue;
    close (fd);
}

/* As many messages as one write takes, and how many these are. */
static unsigned char *frames (size_t size, long *fit)
{
    const size_t each = length (size);
    *fit = each < ROOM ? (long) (ROOM / each) : 1;
    unsigned char *data = calloc ((size_t) *fit, each);
    if (!data)
        fail ("peer: memory");
    for (long frame = 0; frame < *fit; frame++)
        header (data + (size_t) frame * each, 0, size);
    return data;
}

static void give (int fd, const unsigned char *data, long fit, const struct order *order)
{
    for (long left = order->count; left > 0; left -= fit)
        write_all (fd, data, (size_t) (left < fit ? left : fit) * length (order->size));
}

static void drain (const struct order *order, long answers)
{
    int fd = accepted ("PULL");
    for (long done = 0; done < answers; done++) {
        skip (fd, (size_t) (order->count / answers) * length (order->size));
        answer ();
    }
    bury (fd);
}

static void flood (const struct order *order)
{
    long fit;
    unsigned char *data = frames (order->size, &fit);
    int fd = connected (order->port, "PUSH");
    give (fd, data, fit, order);
    settle (fd);
    answer ();
    bury (fd);
    free (data);
}

static void give_each (const struct order *order)
{
    const size_t each = length (order->size);
    unsigned char *data = calloc (1, each + PING);
    if (!data)
        fail ("peer: memory");
    header (data, 0, order->size);
    memcpy (data + each, ping, PING);
    int fd = connected (order->port, "PUSH");
    settle (fd);
    answer ();
    for (long done = 0; done < order->count; done++) {
        skip (orders, 1);
        /* In one piece, so that it is read in one. */
        write_all (fd, data, each + PING);
        await_pong (fd);
        answer ();
    }
    bury (fd);
    free (data);
}

static void subscribe (const struct order *order)
{
    int fds[MOST_CONNECTIONS];
    const size_t burst = (size_t) order->burst * length (order->size);
    const int idle = accepted ("PULL");
    for (int number = 0; number < order->connections; number++) {
        fds[number] = connected (order->port, "SUB");
        /* A message in the old form of a subscription, which every version takes. */
        write_all (fds[number], "\0\1\1", 3);
        settle (fds[number]);
    }
    answer ();
    for (long done = 0; done < order->count; done += order->burst) {
        for (int number = 0; number < order->connections; number++)
            skip (fds[number], burst);
        answer ();
    }
    bury (idle);
    for (int number = 0; number < order->connections; number++)
        bury (fds[number]);
}

int main (int argc, char **argv)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t size = sizeof place;
    struct order order;
    if (argc != 2)
        return 2;
    orders = atoi (argv[1]);
    place.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    listener = socket (AF_INET, SOCK_STREAM, 0);
    be_patient (listener);
    if (bind (listener, (struct sockaddr *) &place, size) != 0 || listen (listener, 8) != 0
        || getsockname (listener, (struct sockaddr *) &place, &size) != 0)
        fail ("peer: listen");
    const int port = ntohs (place.sin_port);
    write_all (orders, &port, sizeof port);
    while (recv (orders, &order, sizeof order, MSG_WAITALL) == sizeof order)
        switch (order.what) {
        case DRAIN:
            drain (&order, 1);
            break;
        case DRAIN_EACH:
            drain (&order, order.count);
            break;
        case FLOOD:
            flood (&order);
            break;
        case GIVE_EACH:
            give_each (&order);
            break;
        case SUBSCRIBE:
            subscribe (&order);
            break;
        }
    return 0;
}
