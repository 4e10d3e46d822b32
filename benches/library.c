/* Loads the library, and makes sockets of it. */

#define _GNU_SOURCE
#include "bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

library_t zmq;
void *ctx;

static void *symbol (void *library, const char *name)
{
    void *found = dlsym (library, name);
    if (!found)
        fail (name);
    return found;
}

void load (const char *path)
{
    void *library = dlopen (path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail (dlerror ());
#define LOOK_UP(name) *(void **) &zmq.name##_ = symbol (library, "zmq_" #name);
    FUNCTIONS (LOOK_UP)
#undef LOOK_UP
}

/* Ends the program with what the library says about it. */
__attribute__ ((noreturn)) static void refused (const char *what)
{
    char text[200];
    snprintf (text, sizeof text, "%s: %s", what, zmq.strerror_ (zmq.errno_ ()));
    fail (text);
}

void open_context (long sockets)
{
    ctx = zmq.ctx_new_ ();
    if (!ctx)
        refused ("context");
    if (sockets > 1000 && zmq.ctx_set_ (ctx, ZMQ_MAX_SOCKETS, (int) sockets) != 0)
        refused ("limit of sockets");
}

void enter_side (long sockets)
{
    if (!ctx)
        open_context (sockets);
}

void leave_side (void)
{
    /* A thread shares the context of the one who measures. */
    if (strcmp (job.where, "inproc") != 0)
        zmq.ctx_term_ (ctx);
}

void *opened (int type)
{
    void *socket = zmq.socket_ (ctx, type);
    if (!socket)
        refused ("socket");
    return socket;
}

void bind_here (void *socket)
{
    size_t length = sizeof endpoint;
    be_server (socket);
    if (zmq.bind_ (socket, endpoint) != 0)
        refused ("bind");
    if (zmq.getsockopt_ (socket, ZMQ_LAST_ENDPOINT, endpoint, &length) != 0)
        refused ("last endpoint");
}

void *bound_here (int type)
{
    void *socket = opened (type);
    bind_here (socket);
    return socket;
}

void *connected (int type)
{
    void *socket = opened (type);
    be_client (socket);
    if (zmq.connect_ (socket, endpoint) != 0)
        refused ("connect");
    return socket;
}

void set_number (void *socket, int option, int value)
{
    if (zmq.setsockopt_ (socket, option, &value, sizeof value) != 0)
        refused ("option");
}

void send_bytes (void *socket, const void *body, size_t size, int flags)
{
    if (zmq.send_ (socket, body, size, flags) != (int) size)
        refused ("send");
}

void recv_bytes (void *socket, void *body, size_t size)
{
    int received = zmq.recv_ (socket, body, size, 0);
    if (received < 0)
        refused ("recv");
    if (received != (int) size)
        fail ("a message of another size");
}
