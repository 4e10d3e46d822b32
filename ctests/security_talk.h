/* Pairs of sockets of all kinds that say something to each other, under whatever mechanism. */
#ifndef CTESTS_SECURITY_TALK_H
#define CTESTS_SECURITY_TALK_H

#include "security_sockets.h"

/* What a server and a client may be. */
static const int talking[][2] = {
  {ZMQ_PAIR, ZMQ_PAIR},     {ZMQ_PULL, ZMQ_PUSH},     {ZMQ_PUSH, ZMQ_PULL},
  {ZMQ_DEALER, ZMQ_DEALER}, {ZMQ_ROUTER, ZMQ_DEALER}, {ZMQ_DEALER, ZMQ_ROUTER},
  {ZMQ_ROUTER, ZMQ_REQ},    {ZMQ_REP, ZMQ_REQ},       {ZMQ_REQ, ZMQ_REP},
  {ZMQ_REP, ZMQ_DEALER},    {ZMQ_PUB, ZMQ_SUB},       {ZMQ_SUB, ZMQ_PUB},
  {ZMQ_XPUB, ZMQ_SUB},      {ZMQ_XPUB, ZMQ_XSUB},     {ZMQ_XSUB, ZMQ_XPUB},
};
#define TALKING (sizeof talking / sizeof *talking)

/* The next message has these frames in front of what the other says. */
T_FN void say (void *from_, const char *from_id_, void *to_, const char *to_id_)
{
    int from = get_int (from_, ZMQ_TYPE), to = get_int (to_, ZMQ_TYPE);
    if (from == ZMQ_ROUTER)
        CHECK_INT (send_str (from_, to_id_, ZMQ_SNDMORE), strlen (to_id_));
    if ((from == ZMQ_ROUTER && to == ZMQ_REQ) || (from == ZMQ_DEALER && to == ZMQ_REP))
        CHECK_INT (zmq_send (from_, "", 0, ZMQ_SNDMORE), 0);
    send_parts (from_, "first", "", "third", NULL);
    if (to == ZMQ_ROUTER)
        EXPECT_BYTES (to_, from_id_, strlen (from_id_), 1);
    if ((to == ZMQ_ROUTER && from == ZMQ_REQ) || (to == ZMQ_DEALER && from == ZMQ_REP))
        EXPECT_BIN (to_, "", 1);
    EXPECT (to_, "first", "", "third");
}

/* A publisher that says nothing about subscriptions knocks until it is heard. */
T_FN void knock (void *pub_, void *sub_)
{
    char text[16];
    WAIT_UNTIL ((send_str (pub_, "knock", 0), settle (pub_), settle (sub_) & ZMQ_POLLIN));
    send_str (pub_, "enough", 0);
    do {
        CHECK (wait_for (sub_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        RECV_TEXT (sub_, text);
    } while (strcmp (text, "enough") != 0);
}

/* Two whose routing ids are these say something to each other, as far as their types can. */
T_FN void talk (void *server_, const char *server_id_, void *client_, const char *client_id_)
{
    int server = get_int (server_, ZMQ_TYPE), client = get_int (client_, ZMQ_TYPE);
    int server_first = server == ZMQ_REQ || server == ZMQ_PUSH || client == ZMQ_ROUTER;
    void *first = server_first ? server_ : client_, *second = server_first ? client_ : server_;
    const char *first_id = server_first ? server_id_ : client_id_;
    const char *second_id = server_first ? client_id_ : server_id_;
    if (server == ZMQ_PUB || client == ZMQ_PUB) {
        void *pub = server == ZMQ_PUB ? server_ : client_, *sub = pub == server_ ? client_ : server_;
        knock (pub, sub);
        say (pub, "", sub, "");
        return;
    }
    if (server == ZMQ_XPUB || client == ZMQ_XPUB) {
        void *xpub = server == ZMQ_XPUB ? server_ : client_;
        void *sub = xpub == server_ ? client_ : server_;
        WAIT_UNTIL ((settle (sub), settle (xpub) & ZMQ_POLLIN));
        EXPECT_BIN (xpub, "\1", 0);
        say (xpub, "", sub, "");
        return;
    }
    say (first, first_id, second, second_id);
    if (server != ZMQ_PUSH && client != ZMQ_PUSH)
        say (second, second_id, first, first_id);
}

/* Prepares two of these types that can `talk`, with ids "server" and "client". */
T_FN couple_t talkers (int server_type_,
                       mechanism_t *server_,
                       int client_type_,
                       mechanism_t *client_)
{
    static char text[32];
    couple_t c = couple_apart (server_type_, server_, client_type_, client_);
    void *both[] = {c.server, c.client};
    snprintf (text, sizeof text, "types %d and %d: ", server_type_, client_type_);
    t_round = text;
    for (int i = 0; i < 2; i++) {
        int type = get_int (both[i], ZMQ_TYPE);
        CHECK_OK (set_str (both[i], ZMQ_ROUTING_ID, i ? "client" : "server"));
        if (type == ZMQ_SUB)
            subscribe (both[i], "");
        if (type == ZMQ_XSUB)
            CHECK_INT (zmq_send (both[i], "\1", 1, 0), 1);
    }
    return c;
}

/* Sends a message of so many bytes, all different from their neighbours, and receives it. */
T_FN void carry (void *from_, void *to_, size_t size_)
{
    unsigned char *bytes = malloc (size_ + 1), *got = malloc (size_ + 1);
    for (size_t i = 0; i < size_; i++)
        bytes[i] = (unsigned char) (i * 7 + (i >> 8));
    CHECK_INT (zmq_send (from_, bytes, size_, 0), size_);
    CHECK (wait_for (to_, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    CHECK_INT (zmq_recv (to_, got, size_ + 1, ZMQ_DONTWAIT), size_);
    CHECK (memcmp (bytes, got, size_) == 0);
    free (bytes);
    free (got);
}

/* The sizes around which something changes. */
static const size_t weights[] = {0, 1, 29, 30, 33, 34, 221, 222, 223, 254, 255, 256, 257,
                                 8191, 8192, 8193, 65535, 65536, 1 << 20};
#define WEIGHTS (sizeof weights / sizeof *weights)

#endif
