/* What a handler of authentication replies, when it does, and what becomes of it. */
#include "security_sockets.h"

/* ---- replies that are wrong ------------------------------------------------------------------ */

/* A reply: what is NULL is as it should be. */
typedef struct
{
    const char *version, *id, *status, *metadata;
    size_t size;
    int frames; /* 0: 6, as is proper */
    const char *event;
} bad_reply_t;

#define MALFORMED "HANDSHAKE_FAILED_PROTOCOL:ZAP_MALFORMED_REPLY"
#define BAD_VERSION "HANDSHAKE_FAILED_PROTOCOL:ZAP_BAD_VERSION"
#define BAD_ID "HANDSHAKE_FAILED_PROTOCOL:ZAP_BAD_REQUEST_ID"
#define BAD_STATUS "HANDSHAKE_FAILED_PROTOCOL:ZAP_INVALID_STATUS_CODE"
#define BAD_METADATA "HANDSHAKE_FAILED_PROTOCOL:ZAP_INVALID_METADATA"

static const bad_reply_t bad_replies[] = {
  {.frames = 1, .event = MALFORMED},
  {.frames = 3, .event = MALFORMED},
  {.frames = 5, .event = MALFORMED},
  {.frames = 7, .event = MALFORMED},
  {.frames = 8, .event = MALFORMED},
  {.version = "2.0", .event = BAD_VERSION},
  {.version = "1.1", .event = BAD_VERSION},
  {.version = "1.00", .event = BAD_VERSION},
  {.version = "1", .event = BAD_VERSION},
  {.version = "", .event = BAD_VERSION},
  {.id = "2", .event = BAD_ID},
  {.id = "11", .event = BAD_ID},
  {.id = "", .event = BAD_ID},
  {.status = "201", .event = BAD_STATUS},
  {.status = "204", .event = BAD_STATUS},
  {.status = "100", .event = BAD_STATUS},
  {.status = "600", .event = BAD_STATUS},
  {.status = "2000", .event = BAD_STATUS},
  {.status = "20", .event = BAD_STATUS},
  {.status = "20O", .event = BAD_STATUS},
  {.status = "", .event = BAD_STATUS},
  {.metadata = "\1", .size = 1, .event = BAD_METADATA},                /* too short for any name */
  {.metadata = "\5Hell", .size = 5, .event = BAD_METADATA},            /* a part of a name */
  {.metadata = "\5Hello\0\0", .size = 8, .event = BAD_METADATA},       /* a part of a length */
  {.metadata = "\5Hello\0\0\0\6World", .size = 15, .event = BAD_METADATA}, /* of a value */
  {.metadata = "\5Hello\0\0\0\5World!", .size = 16, .event = BAD_METADATA},
  {.metadata = "\5Hello\xff\xff\xff\xffWorld", .size = 15, .event = BAD_METADATA},
  /* several faults: the first in the order of the frames counts, after their number */
  {.frames = 5, .version = "2.0", .event = MALFORMED},
  {.version = "2.0", .id = "2", .status = "201", .event = BAD_VERSION},
  {.id = "2", .status = "201", .event = BAD_ID},
  {.status = "201", .metadata = "\5Hell", .size = 5, .event = BAD_STATUS},
};
#define BAD_REPLIES (sizeof bad_replies / sizeof *bad_replies)

static void send_reply (void *zap_, const bad_reply_t *reply_)
{
    const char *frames[8] = {reply_->version ? reply_->version : "1.0",
                             reply_->id ? reply_->id : "1",
                             reply_->status ? reply_->status : "200",
                             "text",
                             "somebody",
                             "",
                             "",
                             ""};
    int count = reply_->frames ? reply_->frames : 6;
    for (int i = 0; i < count; i++)
        if (i == 5 && reply_->metadata)
            CHECK_INT (zmq_send (zap_, reply_->metadata, reply_->size, 0), reply_->size);
        else
            CHECK_INT (send_str (zap_, frames[i], i < count - 1 ? ZMQ_SNDMORE : 0),
                       strlen (frames[i]));
}

TEST (w086_replies_that_are_wrong)
{
    EACH_ASKING (i)
        for (size_t j = 0; j < BAD_REPLIES; j++) {
            static char text[32];
            snprintf (text, sizeof text, "%s, reply %zu: ", asking[i].name, j);
            t_round = text;
            void *zap = handler (ZMQ_REP);
            couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
            zap_request (zap, domain_of (i), "", asking[i].name);
            send_reply (zap, &bad_replies[j]);
            EXPECT_EVENTS (c.server_reader, c.endpoint, bad_replies[j].event);
            start_over ();
        }
}

TEST (w_s74_a_delimiter_that_is_not_empty)
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_ROUTER);
        unsigned char id[5];
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        zap_request_of (zap, id, domain_of (i), "", asking[i].name);
        CHECK_INT (zmq_send (zap, id, 5, ZMQ_SNDMORE), 5);
        CHECK_INT (zmq_send (zap, "x", 1, ZMQ_SNDMORE), 1);
        zap_reply (zap, "200", "");
        EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_PROTOCOL:0x20000000");
        start_over ();
    }
}

OURS_ONLY (w086_a_wrong_reply_ends_the_connection_at_once,
           "a reference whose socket is monitored may wait for the timer")
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        zap_request (zap, domain_of (i), "", asking[i].name);
        send_reply (zap, &(bad_reply_t){.status = "201"});
        EXPECT_EVENTS (c.server_reader, c.endpoint, BAD_STATUS " DISCONNECTED");
        start_over ();
    }
}

/* ---- what a good reply brings ---------------------------------------------------------------- */

TEST (w_s44_the_user_id_is_on_every_frame)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        zap_request (zap, domain_of (i), "", asking[i].name);
        zap_reply (zap, "200", "somebody");
        EXPECT_MARRIED (c);
        send_parts (c.client, "a", "b", NULL);
        EXPECT_PROPERTY (c.server, "a", "User-Id", "somebody");
        EXPECT_PROPERTY (c.server, "b", "User-Id", "somebody");
        send_parts (c.server, "c", NULL);
        EXPECT_NO_PROPERTY (c.client, "c", "User-Id"); /* the client has asked nobody */
        part (&c);
    }
}

TEST (w_s44_the_user_id_may_be_empty)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        zap_request (zap, domain_of (i), "", asking[i].name);
        zap_reply (zap, "200", "");
        EXPECT_MARRIED (c);
        send_parts (c.client, "a", NULL);
        EXPECT_PROPERTY (c.server, "a", "User-Id", "");
        part (&c);
    }
}

TEST (w_s44_the_user_id_for_all_kinds_of_sockets)
{
    static const int types[][2] = {{ZMQ_PULL, ZMQ_PUSH}, {ZMQ_PAIR, ZMQ_PAIR},
                                   {ZMQ_REP, ZMQ_REQ},   {ZMQ_REP, ZMQ_DEALER},
                                   {ZMQ_SUB, ZMQ_XPUB},  {ZMQ_ROUTER, ZMQ_DEALER}};
    void *zap = handler (ZMQ_REP);
    for (int i = 0; i < 6; i++) {
        couple_t c = couple_apart (types[i][0], plain_server, types[i][1], plain_client);
        if (types[i][0] == ZMQ_SUB)
            subscribe (c.server, "");
        meet (&c);
        zap_request (zap, "", "", "PLAIN");
        zap_reply (zap, "200", "somebody");
        EXPECT_MARRIED (c);
        if (types[i][0] == ZMQ_SUB) { /* which says so when its thread learns of the peer */
            WAIT_UNTIL ((settle (c.server), settle (c.client) & ZMQ_POLLIN));
            EXPECT_BIN (c.client, "\1", 0);
        }
        if (types[i][1] == ZMQ_DEALER && types[i][0] == ZMQ_REP)
            send_parts (c.client, "", "a", NULL);
        else
            send_parts (c.client, "a", NULL);
        if (types[i][0] == ZMQ_ROUTER) {
            char id[16];
            CHECK (wait_for (c.server, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
            RECV_TEXT (c.server, id);
        }
        EXPECT_PROPERTY (c.server, "a", "User-Id", "somebody");
        part (&c);
    }
}

OURS_ONLY (w_s74_a_req_that_asks, "a reference's REQ takes the user id for a part of the reply")
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_of (ZMQ_REQ, asking[i].server, ZMQ_REP, asking[i].client);
        zap_request (zap, domain_of (i), "", asking[i].name);
        zap_reply (zap, "200", "somebody");
        EXPECT_MARRIED (c);
        for (int n = 0; n < 3; n++) {
            send_parts (c.server, "question", NULL);
            EXPECT (c.client, "question");
            send_parts (c.client, "answer", NULL);
            EXPECT_PROPERTY (c.server, "answer", "User-Id", "somebody");
        }
        EXPECT_END (c.server, c.server_reader);
        start_over ();
    }
}

OURS_ONLY (w_s74_a_user_id_is_no_message,
           "a reference says that there is one to read once a command has come")
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        CHECK_OK (set_int (c.client, ZMQ_HEARTBEAT_IVL, 10));
        /* else it is the interval, which a busy machine exceeds; who comes back would ask again */
        CHECK_OK (set_int (c.client, ZMQ_HEARTBEAT_TIMEOUT, PATIENCE));
        meet (&c);
        zap_request (zap, domain_of (i), "", asking[i].name);
        zap_reply (zap, "200", "somebody");
        EXPECT_MARRIED (c);
        CHECK_INT (wait_for (c.server, ZMQ_POLLIN, QUIET), 0);
        send_parts (c.client, "a", NULL);
        EXPECT_PROPERTY (c.server, "a", "User-Id", "somebody");
        start_over ();
    }
}

/* Lets the three mechanisms meet with this metadata in the reply, one after the other, and checks
 * one property of a message of a client that says it is X-who=peer. */
static void reply_with (const void *metadata_, size_t size_, const char *name_, const char *value_)
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        CHECK_OK (set_str (c.client, ZMQ_METADATA, "X-who:peer"));
        CHECK_OK (set_str (c.client, ZMQ_ROUTING_ID, "me"));
        meet (&c);
        zap_request (zap, domain_of (i), "", asking[i].name);
        zap_reply_with (zap, "200", "somebody", metadata_, size_);
        EXPECT_MARRIED (c);
        send_parts (c.client, "a", NULL);
        EXPECT_PROPERTY (c.server, "a", name_, value_);
        start_over ();
    }
}

#define REPLY_WITH(literal_, name_, value_)                                                        \
    reply_with (literal_, sizeof (literal_) - 1, name_, value_)

TEST (w091_metadata_of_the_reply)
{
    REPLY_WITH ("\4Role\0\0\0\5guest\1b\0\0\0\0", "Role", "guest");
    REPLY_WITH ("\4Role\0\0\0\5guest\1b\0\0\0\0", "b", "");
    REPLY_WITH ("\4Role\0\0\0\5guest\1b\0\0\0\0", "User-Id", "somebody");
    REPLY_WITH ("\4Role\0\0\0\5guest", "X-who", "peer");
    REPLY_WITH ("\4Role\0\0\0\5guest", "Socket-Type", "DEALER");
    REPLY_WITH ("\4Role\0\0\0\5guest", "Identity", "me");
    REPLY_WITH ("\4Role\0\0\0\5guest", "Peer-Address", "127.0.0.1");
}

TEST (w_s44_the_handler_has_precedence)
{
    REPLY_WITH ("\5X-who\0\0\0\7handler", "X-who", "handler");
    REPLY_WITH ("\5X-who\0\0\0\3one\5X-who\0\0\0\3two", "X-who", "one");
    REPLY_WITH ("\7User-Id\0\0\0\4else", "User-Id", "somebody");       /* than its metadata */
    REPLY_WITH ("\014Peer-Address\0\0\0\4else", "Peer-Address", "127.0.0.1");
}

OURS_ONLY (w091_a_type_in_the_reply_is_ignored, "a reference shows it in the place of the peer's")
{
    REPLY_WITH ("\013Socket-Type\0\0\0\6ROUTER", "Socket-Type", "DEALER");
}

OURS_ONLY (w091_an_identity_in_the_reply_is_ignored,
           "with a reference the handler changes the routing id of the peer")
{
    REPLY_WITH ("\10Identity\0\0\0\4else", "Identity", "me");
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_apart (ZMQ_ROUTER, asking[i].server, ZMQ_DEALER, asking[i].client);
        CHECK_OK (set_str (c.client, ZMQ_ROUTING_ID, "me"));
        meet (&c);
        zap_request (zap, domain_of (i), "", asking[i].name);
        zap_reply_with (zap, "200", "somebody", "\10Identity\0\0\0\4else", 17);
        EXPECT_MARRIED (c);
        send_parts (c.client, "a", NULL);
        EXPECT (c.server, "me", "a");
        start_over ();
    }
}

TEST (w_s36_subscriptions_wait_for_the_handler)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        couple_t c = couple_apart (ZMQ_XPUB, asking[i].server, ZMQ_SUB, asking[i].client);
        subscribe (c.client, "a");
        meet (&c);
        zap_request (zap, domain_of (i), "", asking[i].name);
        subscribe (c.client, "b"); /* not a moment too late */
        EXPECT_NOTHING (c.server);
        zap_reply (zap, "200", "");
        EXPECT_MARRIED (c);
        EXPECT_BIN (c.server, "\1a", 0);
        EXPECT_BIN (c.server, "\1b", 0);
        send_parts (c.server, "a message", NULL);
        EXPECT (c.client, "a message");
        part (&c);
    }
}

TEST (w_s67_messages_wait_for_the_handler)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        couple_t c = couple_of (ZMQ_PULL, asking[i].server, ZMQ_PUSH, asking[i].client);
        send_parts (c.client, "a", "b", NULL);
        zap_request (zap, domain_of (i), "", asking[i].name);
        EXPECT_QUIET (c.server_reader, 0);
        EXPECT_NOTHING (c.server);
        zap_reply (zap, "200", "");
        EXPECT (c.server, "a", "b");
        part (&c);
    }
}

TEST (w_s71_replies_in_another_order)
{
    void *zap = handler (ZMQ_ROUTER), *router = new_socket (ZMQ_ROUTER), *clients[3];
    plain_server (router);
    const char *endpoint = bind_over (TCP, router);
    unsigned char ids[3][5];
    char name[2] = "0";
    for (int i = 0; i < 3; i++, name[0]++) {
        clients[i] = new_socket (ZMQ_DEALER);
        CHECK_OK (set_str (clients[i], ZMQ_PLAIN_USERNAME, name));
        CHECK_OK (set_str (clients[i], ZMQ_ROUTING_ID, name));
        CHECK_OK (zmq_connect (clients[i], endpoint));
        CHECK (wait_for (zap, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        CHECK_INT (zmq_recv (zap, ids[i], 5, ZMQ_DONTWAIT), 5);
        EXPECT (zap, "", "1.0", "1", "", "127.0.0.1", "", "PLAIN", name, "");
        send_parts (clients[i], "a", NULL);
    }
    CHECK (memcmp (ids[0], ids[1], 5) != 0 && memcmp (ids[1], ids[2], 5) != 0);
    for (int i = 2; i >= 0; i--) {
        name[0] = (char) ('0' + i);
        EXPECT_NOTHING (router);
        zap_reply_to (zap, ids[i], "200", name);
        EXPECT_BYTES (router, name, 1, 1);
        EXPECT_PROPERTY (router, "a", "User-Id", name);
    }
}
