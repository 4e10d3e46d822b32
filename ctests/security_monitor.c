/* What monitors say of handshakes with PLAIN and CURVE, and of authentication by a handler. */
#include "events.h"

/* The pair of keys of the published CURVE examples of the interface, and another public key. */
#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

/* ---- mechanisms ---------------------------------------------------------------------------- */

typedef void mechanism_t (void *socket_);

static void none (void *socket_)
{
    (void) socket_;
}

static void plain_server (void *socket_)
{
    CHECK_OK (set_int (socket_, ZMQ_PLAIN_SERVER, 1));
}

static void plain_client (void *socket_)
{
    CHECK_OK (set_str (socket_, ZMQ_PLAIN_USERNAME, "admin"));
    CHECK_OK (set_str (socket_, ZMQ_PLAIN_PASSWORD, "pass"));
}

static void curve_server (void *socket_)
{
    CHECK_OK (set_int (socket_, ZMQ_CURVE_SERVER, 1));
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SECRETKEY, SERVER_SECRET));
}

static void curve_client (void *socket_)
{
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC));
    CHECK_OK (set_str (socket_, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC));
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET));
}

static void curve_stranger (void *socket_)
{
    curve_client (socket_);
    CHECK_OK (set_str (socket_, ZMQ_CURVE_SERVERKEY, CLIENT_PUBLIC));
}

static void domain (void *socket_)
{
    CHECK_OK (set_str (socket_, ZMQ_ZAP_DOMAIN, "test"));
}

/* Two sockets that have begun to speak, with their events up to ACCEPTED and CONNECTED read. */
typedef struct
{
    void *server, *client, *server_reader, *client_reader;
    const char *endpoint;
} couple_t;

static couple_t couple_of (
  int server_type_, mechanism_t *server_, int client_type_, mechanism_t *client_, int handshake_ms_)
{
    couple_t c = {new_socket (server_type_), new_socket (client_type_), NULL, NULL, NULL};
    server_ (c.server);
    client_ (c.client);
    CHECK_OK (set_int (c.server, ZMQ_HANDSHAKE_IVL, handshake_ms_));
    CHECK_OK (set_int (c.client, ZMQ_RECONNECT_IVL, 10));
    c.server_reader = monitor (c.server);
    c.client_reader = monitor (c.client);
    c.endpoint = bind_over (TCP, c.server);
    CHECK_OK (zmq_connect (c.client, c.endpoint));
    EXPECT_EVENTS (c.server_reader, c.endpoint, "LISTENING ACCEPTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint, "CONNECT_DELAYED CONNECTED");
    return c;
}

/* The two know each other by the mismatch, unless one hung up before the other had looked. */
static void expect_mismatch (void *reader_)
{
    event_t event = NEXT_EVENT (reader_);
    if (event.number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        CHECK_INT (event.value, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
    else
        CHECK_INT (event.number, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    EXPECT_EVENTS (reader_, NULL, "DISCONNECTED");
}

TEST (a41_has_the_mechanisms)
{
    CHECK_INT (zmq_has ("curve"), 1);
}

TEST (h288_mechanisms_that_differ)
{
    static mechanism_t *const pairs[][2] = {
      {none, plain_client}, {none, curve_client},         {plain_server, none},
      {curve_server, none}, {curve_server, plain_client}, {plain_server, curve_client}};
    for (int i = 0; i < 6; i++) {
        couple_t c = couple_of (ZMQ_DEALER, pairs[i][0], ZMQ_DEALER, pairs[i][1], 30000);
        expect_mismatch (c.server_reader);
        expect_mismatch (c.client_reader);
        close_socket (c.client);
        close_socket (c.server);
        SKIP_TO (c.client_reader, MONITOR_STOPPED);
        SKIP_TO (c.server_reader, MONITOR_STOPPED);
    }
}

TEST (h273_curve_succeeds_without_a_handler)
{
    couple_t c = couple_of (ZMQ_ROUTER, curve_server, ZMQ_DEALER, curve_client, 30000);
    EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
    EXPECT_EVENTS (c.client_reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
    EXPECT_END (c.server, c.server_reader);
    EXPECT_END (c.client, c.client_reader);
}

TEST (s_e4_a_wrong_server_key_is_seen_by_the_server_and_tried_again)
{
    couple_t c = couple_of (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_stranger, 30000);
    EXPECT_EVENTS (c.server_reader, c.endpoint,
                   "HANDSHAKE_FAILED_PROTOCOL:CRYPTOGRAPHIC DISCONNECTED ACCEPTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint,
                   "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED "
                   "CONNECT_DELAYED CONNECTED");
}

TEST (s_e4_two_curve_servers_wait_for_each_other)
{
    couple_t c = couple_of (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_server, 100);
    EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint,
                   "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED");
}

TEST (s_e4_types_that_a_curve_server_refuses_are_tried_again)
{
    couple_t c = couple_of (ZMQ_PULL, curve_server, ZMQ_PUB, curve_client, 30000);
    if (ours ()) /* a reference does not say why */
        EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_PROTOCOL:INVALID_METADATA");
    EXPECT_EVENTS (c.server_reader, c.endpoint, "DISCONNECTED ACCEPTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint,
                   "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED");
}

/* ---- a handler ----------------------------------------------------------------------------- */

/* What the handler replies: what is NULL is as it should be. */
typedef struct
{
    const char *version, *id, *status, *metadata;
    size_t metadata_size;
    int frames; /* 6 of a proper reply, the last of which is the metadata */
} reply_t;

static reply_t reply;
static int handler_ready;

/* Replies to requests until the context ends. */
static void *handler_body (void *context_)
{
    void *rep = zmq_socket (context_, ZMQ_REP);
    CHECK_OK (zmq_bind (rep, "inproc://zeromq.zap.01"));
    __atomic_store_n (&handler_ready, 1, __ATOMIC_RELEASE);
    for (;;) {
        char version[16], id[16], frame[256];
        if (recv_str (rep, version, sizeof version, 0) == -1)
            break;
        recv_str (rep, id, sizeof id, 0);
        while (get_int (rep, ZMQ_RCVMORE))
            recv_str (rep, frame, sizeof frame, 0);
        const char *texts[] = {reply.version ? reply.version : version, reply.id ? reply.id : id,
                               reply.status, "text", "somebody"};
        for (int i = 0; i < reply.frames - 1; i++)
            send_str (rep, i < 5 ? texts[i] : "", ZMQ_SNDMORE);
        zmq_send (rep, reply.metadata, reply.metadata_size, 0);
    }
    zmq_close (rep);
    return NULL;
}

/* Starts a handler that replies with this. */
static void handler (reply_t reply_)
{
    reply = reply_;
    reply.frames = reply_.frames ? reply_.frames : 6;
    start (handler_body, context ());
    WAIT_UNTIL (__atomic_load_n (&handler_ready, __ATOMIC_ACQUIRE));
}

/* The mechanisms with which a server asks. */
static mechanism_t *const asking[][2] = {
  {plain_server, plain_client}, {curve_server, curve_client}, {domain, none}};
#define ASKING 3

TEST (s_e4_the_handler_agrees)
{
    handler ((reply_t){.status = "200"});
    for (int i = 0; i < ASKING; i++) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i][0], ZMQ_DEALER, asking[i][1], 30000);
        EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
        EXPECT_EVENTS (c.client_reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
        bounce (c.server, c.client);
        EXPECT_END (c.server, c.server_reader);
        EXPECT_END (c.client, c.client_reader);
    }
}

/* The handler refuses with 400 or 500. */
static void refuse (const char *status_)
{
    char event[64];
    snprintf (event, sizeof event, "HANDSHAKE_FAILED_AUTH:%s", status_);
    handler ((reply_t){.status = status_});
    for (int i = 0; i < ASKING; i++) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i][0], ZMQ_DEALER, asking[i][1], 30000);
        EXPECT_EVENTS (c.server_reader, c.endpoint, event);
        EXPECT_EVENTS (c.client_reader, c.endpoint, event);
        EXPECT_EVENTS (c.client_reader, c.endpoint, "DISCONNECTED");
        SKIP_TO (c.server_reader, DISCONNECTED);
        EXPECT_QUIET (c.client_reader, QUIET);
        EXPECT_END (c.client, c.client_reader);
        EXPECT_END (c.server, c.server_reader);
    }
}

TEST (h289_the_handler_refuses_with_400)
{
    refuse ("400");
}

TEST (h289_the_handler_refuses_with_500)
{
    refuse ("500");
}

TEST (h290_the_handler_refuses_with_300)
{
    handler ((reply_t){.status = "300"});
    for (int i = 0; i < ASKING; i++) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i][0], ZMQ_DEALER, asking[i][1], 400);
        EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_AUTH:300");
        SKIP_TO (c.server_reader, DISCONNECTED);
        EXPECT_EVENTS (c.client_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED");
    }
}

/* The handler's reply is wrong: what the server says of it. */
static void reply_badly (reply_t reply_, const char *event_)
{
    handler (reply_);
    for (int i = 0; i < 2; i++) { /* NULL is in no hurry to hang up */
        couple_t c = couple_of (ZMQ_DEALER, asking[i][0], ZMQ_DEALER, asking[i][1], 400);
        EXPECT_EVENTS (c.server_reader, c.endpoint, event_);
        SKIP_TO (c.server_reader, DISCONNECTED);
        EXPECT_EVENTS (c.client_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED");
    }
}

TEST (h291_a_reply_of_a_wrong_version)
{
    reply_badly ((reply_t){.status = "200", .version = "2.0"},
                 "HANDSHAKE_FAILED_PROTOCOL:ZAP_BAD_VERSION");
}

TEST (h291_a_reply_with_a_wrong_request_id)
{
    reply_badly ((reply_t){.status = "200", .id = "2222"},
                 "HANDSHAKE_FAILED_PROTOCOL:ZAP_BAD_REQUEST_ID");
}

TEST (h291_a_reply_with_a_wrong_status)
{
    reply_badly ((reply_t){.status = "204"}, "HANDSHAKE_FAILED_PROTOCOL:ZAP_INVALID_STATUS_CODE");
}

TEST (h291_a_reply_of_too_few_frames)
{
    reply_badly ((reply_t){.status = "200", .frames = 5},
                 "HANDSHAKE_FAILED_PROTOCOL:ZAP_MALFORMED_REPLY");
}

TEST (h291_a_reply_of_too_many_frames)
{
    reply_badly ((reply_t){.status = "200", .frames = 7},
                 "HANDSHAKE_FAILED_PROTOCOL:ZAP_MALFORMED_REPLY");
}

TEST (h291_a_reply_with_metadata_that_does_not_fit)
{
    reply_badly ((reply_t){.status = "200",
                           .metadata = "\5Hello\0\0\0\x64World",
                           .metadata_size = 15},
                 "HANDSHAKE_FAILED_PROTOCOL:ZAP_INVALID_METADATA");
}

TEST (h292_a_plain_server_without_a_handler)
{
    couple_t c = couple_of (ZMQ_DEALER, plain_server, ZMQ_DEALER, plain_client, 400);
    EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EFAULT");
    SKIP_TO (c.server_reader, DISCONNECTED);
    EXPECT_EVENTS (c.client_reader, c.endpoint,
                   "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED CONNECT_RETRIED");
}

TEST (s_e4_null_with_a_domain_and_no_handler_succeeds)
{
    couple_t c = couple_of (ZMQ_DEALER, domain, ZMQ_DEALER, none, 30000);
    EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
    EXPECT_EVENTS (c.client_reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
}

/* A connecting side that asks, and has no time to lose. */
static void hasty_domain (void *socket_)
{
    domain (socket_);
    CHECK_OK (set_int (socket_, ZMQ_HANDSHAKE_IVL, 300));
}

/* ZMQ_ZAP_ENFORCE_DOMAIN, which only the draft interface names. */
#define ENFORCE_DOMAIN 93

static void hasty_enforced_domain (void *socket_)
{
    hasty_domain (socket_);
    CHECK_OK (set_int (socket_, ENFORCE_DOMAIN, 1));
}

/* What was sent waits for the next link, although nobody judged the peer of this one. */
TEST (s_e4_a_handler_that_goes_with_a_question_costs_no_message)
{
    void *rep = new_socket (ZMQ_REP);
    CHECK_OK (zmq_bind (rep, "inproc://zeromq.zap.01"));
    couple_t c = couple_of (ZMQ_PULL, none, ZMQ_PUSH, hasty_domain, 30000);
    CHECK_INT (send_str (c.client, "kept", 0), 4);
    EXPECT (rep, "1.0", "1", "test", "127.0.0.1", "", "NULL");
    close_socket (rep);
    EXPECT (c.server, "kept");
    SKIP_TO (c.client_reader, CONNECT_RETRIED);
    SKIP_TO (c.client_reader, HANDSHAKE_SUCCEEDED);
}

/* One that insists on a handler finds it as soon as there is one. */
TEST (s_e4_a_client_that_insists_on_a_handler_waits_for_one)
{
    couple_t c = couple_of (ZMQ_PULL, none, ZMQ_PUSH, hasty_enforced_domain, 30000);
    EXPECT_EVENTS (c.client_reader, c.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EFAULT");
    SKIP_TO (c.client_reader, CONNECT_RETRIED);
    handler ((reply_t){.status = "200"});
    SKIP_TO (c.client_reader, HANDSHAKE_SUCCEEDED);
}
