/* What peer.c needs to know about names: of types, of options, and of the library that is mapped. */
#ifndef COMPAT_JEROMQ_PEER_H
#define COMPAT_JEROMQ_PEER_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* The number of a type by its name, or -1; drafts by number, for a header that hides them. */
static inline int type_of (const char *name_)
{
    static const struct
    {
        const char *name;
        int type;
    } types[] = {{"PAIR", ZMQ_PAIR},     {"PUB", ZMQ_PUB},       {"SUB", ZMQ_SUB},
                 {"REQ", ZMQ_REQ},       {"REP", ZMQ_REP},       {"DEALER", ZMQ_DEALER},
                 {"ROUTER", ZMQ_ROUTER}, {"PULL", ZMQ_PULL},     {"PUSH", ZMQ_PUSH},
                 {"XPUB", ZMQ_XPUB},     {"XSUB", ZMQ_XSUB},     {"GATHER", 16},
                 {"SCATTER", 17},        {"CHANNEL", 20}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp (types[i].name, name_) == 0)
            return types[i].type;
    errno = EINVAL;
    return -1;
}

static inline void unhex (const char *digits_, unsigned char *to_)
{
    unsigned byte;
    for (; digits_[0] && digits_[1] && sscanf (digits_, "%2x", &byte) == 1; digits_ += 2)
        *to_++ = (unsigned char) byte;
}

/* Adler's checksum, which Java and Python have as well. */
static inline unsigned adler (const unsigned char *data_, size_t size_)
{
    unsigned a = 1, b = 0;
    for (size_t i = 0; i < size_; i++) {
        a = (a + data_[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* Sets an option; values are decimal numbers, or bytes: `x` and digits, or text behind a colon. */
static inline int set (void *sock_, const char *name_, const char *value_)
{
    static const struct
    {
        const char *name;
        int option, wide;
    } options[] = {{"IDENTITY", ZMQ_ROUTING_ID, 0},
                   {"SUBSCRIBE", ZMQ_SUBSCRIBE, 0},
                   {"UNSUBSCRIBE", ZMQ_UNSUBSCRIBE, 0},
                   {"SNDHWM", ZMQ_SNDHWM, 0},
                   {"RCVHWM", ZMQ_RCVHWM, 0},
                   {"LINGER", ZMQ_LINGER, 0},
                   {"SNDTIMEO", ZMQ_SNDTIMEO, 0},
                   {"RECONNECT_IVL", ZMQ_RECONNECT_IVL, 0},
                   {"RECONNECT_IVL_MAX", ZMQ_RECONNECT_IVL_MAX, 0},
                   {"MAXMSGSIZE", ZMQ_MAXMSGSIZE, 1},
                   {"MANDATORY", ZMQ_ROUTER_MANDATORY, 0},
                   {"HANDOVER", ZMQ_ROUTER_HANDOVER, 0},
                   {"PROBE", ZMQ_PROBE_ROUTER, 0},
                   {"HANDSHAKE_IVL", ZMQ_HANDSHAKE_IVL, 0},
                   {"HEARTBEAT_IVL", ZMQ_HEARTBEAT_IVL, 0},
                   {"HEARTBEAT_TTL", ZMQ_HEARTBEAT_TTL, 0},
                   {"HEARTBEAT_TIMEOUT", ZMQ_HEARTBEAT_TIMEOUT, 0},
                   {"ZAP_DOMAIN", ZMQ_ZAP_DOMAIN, 0},
                   {"PLAIN_SERVER", ZMQ_PLAIN_SERVER, 0},
                   {"PLAIN_USERNAME", ZMQ_PLAIN_USERNAME, 0},
                   {"PLAIN_PASSWORD", ZMQ_PLAIN_PASSWORD, 0},
                   {"CURVE_SERVER", ZMQ_CURVE_SERVER, 0},
                   {"CURVE_PUBLICKEY", ZMQ_CURVE_PUBLICKEY, 0},
                   {"CURVE_SECRETKEY", ZMQ_CURVE_SECRETKEY, 0},
                   {"CURVE_SERVERKEY", ZMQ_CURVE_SERVERKEY, 0},
                   {"HELLO_MSG", 110, 0},
                   {"DISCONNECT_MSG", 111, 0},
                   {"HICCUP_MSG", 114, 0}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp (options[i].name, name_) != 0)
            continue;
        unsigned char bytes[1024];
        int64_t wide = strtoll (value_, NULL, 10);
        int number = (int) wide;
        if (value_[0] == ':')
            return zmq_setsockopt (sock_, options[i].option, value_ + 1, strlen (value_ + 1));
        if (value_[0] != 'x')
            return options[i].wide ? zmq_setsockopt (sock_, options[i].option, &wide, sizeof wide)
                                   : zmq_setsockopt (sock_, options[i].option, &number, sizeof number);
        if (strlen (value_) / 2 > sizeof bytes)
            break;
        unhex (value_ + 1, bytes);
        return zmq_setsockopt (sock_, options[i].option, bytes, strlen (value_ + 1) / 2);
    }
    errno = EINVAL;
    return -1;
}

/* The file of the library that this process runs; 0 if there is none, or there are two. */
static inline int mapped (char *path_)
{
    char line[8192];
    int found = 0;
    FILE *maps = fopen ("/proc/self/maps", "r");
    path_[0] = 0;
    while (maps && fgets (line, sizeof line, maps)) {
        char *at = strchr (line, '/');
        if (!at || !strstr (at, "/libzmq.so"))
            continue;
        at[strcspn (at, "\n")] = 0;
        if (strcmp (path_, at) != 0)
            found++;
        snprintf (path_, 4096, "%s", at);
    }
    if (maps)
        fclose (maps);
    return found == 1;
}

#endif
