/* Handlers of authentication that come late, leave, fall silent, and peers that leave meanwhile. */
#include "security_sockets.h"

/* How long a silent handler is waited for. */
#define SOON 200

/* A client gets a message through after the handler has agreed. */
static void agreed (void *zap_, int asking_, void *server_, void *client_)
{
    zap_request (zap_, domain_of (asking_), "", asking[asking_].name);
    zap_reply (zap_, "200", "somebody");
    send_parts (client_, "agreed", NULL);
    EXPECT (server_, "agreed");
}

/* The same for a client that makes attempts of which some may have ended unanswered. */
static void agreed_at_last (void *zap_, int asking_, void *server_, void *client_)
{
    send_parts (client_, "at last", NULL);
    int64_t deadline = now_ms () + PATIENCE;
    while (!(wait_for (server_, ZMQ_POLLIN, 1) & ZMQ_POLLIN)) {
        CHECK (now_ms () < deadline);
        if (!(settle (zap_) & ZMQ_POLLIN))
            continue;
        zap_request (zap_, domain_of (asking_), "", asking[asking_].name);
        zap_reply (zap_, "200", "somebody");
    }
    EXPECT_PROPERTY (server_, "at last", "User-Id", "somebody");
}

/* A new client of a kind, connected to an endpoint. */
static void *client_of (int asking_, const char *endpoint_)
{
    void *client = eager_socket (ZMQ_DEALER);
    asking[asking_].client (client);
    CHECK_OK (zmq_connect (client, endpoint_));
    return client;
}

/* ---- handlers that come late ----------------------------------------------------------------- */

TEST (w_s73_plain_is_refused_until_there_is_a_handler)
{
    void *server = new_socket (ZMQ_DEALER), *client = eager_socket (ZMQ_DEALER);
    plain_server (server);
    plain_client (client);
    void *reader = monitor (client);
    CHECK_OK (zmq_connect (client, bind_over (TCP, server)));
    for (int i = 0; i < 2; i++) {
        EXPECT_EVENTS (reader, NULL, "CONNECT_DELAYED CONNECTED " LOST " CONNECT_RETRIED");
    }
    agreed (handler (ZMQ_REP), 1, server, client);
}

TEST (w_s73_a_late_handler_is_asked_about_new_connections)
{
    EACH_ASKING (i) {
        if (asking[i].server == plain_server)
            continue;
        void *server = new_socket (ZMQ_DEALER);
        asking[i].server (server);
        const char *endpoint = bind_over (TCP, server);
        void *first = client_of (i, endpoint);
        bounce (server, first);
        void *zap = handler (ZMQ_REP), *second = client_of (i, endpoint);
        agreed (zap, i, server, second);
        send_parts (first, "a", NULL);
        EXPECT_NO_PROPERTY (server, "a", "User-Id");
        send_parts (second, "b", NULL);
        EXPECT_PROPERTY (server, "b", "User-Id", "somebody");
        start_over ();
    }
}

/* ---- handlers that leave --------------------------------------------------------------------- */

TEST (w_s71_established_connections_need_no_handler)
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        agreed (zap, i, c.server, c.client);
        EXPECT_MARRIED (c);
        stirred = NULL;
        close_socket (zap);
        bounce (c.server, c.client);
        send_parts (c.client, "a", NULL);
        EXPECT_PROPERTY (c.server, "a", "User-Id", "somebody");
        EXPECT_END (c.client, c.client_reader);
        start_over ();
    }
}

TEST (w_s71_a_handler_may_be_replaced)
{
    EACH_ASKING (i) {
        void *server = new_socket (ZMQ_DEALER);
        asking[i].server (server);
        const char *endpoint = bind_over (TCP, server);
        for (int n = 0; n < 3; n++) {
            void *zap = new_socket (ZMQ_REP);
            WAIT_UNTIL (zmq_bind (zap, ZAP) == 0);
            agreed (zap, i, server, client_of (i, endpoint));
            close_socket (zap);
        }
        start_over ();
    }
}

TEST (w_s71_a_handler_that_unbinds_is_gone_for_plain)
{
    void *zap = handler (ZMQ_REP), *server = new_socket (ZMQ_DEALER);
    plain_server (server);
    const char *endpoint = bind_over (TCP, server);
    void *first = client_of (1, endpoint);
    agreed (zap, 1, server, first);
    CHECK_OK (zmq_unbind (zap, ZAP));
    void *second = eager_socket (ZMQ_DEALER), *reader = monitor (second);
    plain_client (second);
    CHECK_OK (zmq_connect (second, endpoint));
    EXPECT_EVENTS (reader, endpoint, "CONNECT_DELAYED CONNECTED " LOST " CONNECT_RETRIED");
    send_parts (first, "a", NULL);
    EXPECT (server, "a");
    CHECK_OK (zmq_bind (zap, ZAP));
    agreed (zap, 1, server, second);
}

TEST (w_s74_a_handler_that_dies_over_a_request)
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP), *server = new_socket (ZMQ_DEALER);
        asking[i].server (server);
        CHECK_OK (set_int (server, ZMQ_HANDSHAKE_IVL, SOON));
        void *client = client_of (i, bind_over (TCP, server)), *reader = monitor (client);
        zap_request (zap, domain_of (i), "", asking[i].name);
        stirred = NULL;
        close_socket (zap);
        /* the connection is not accepted by that, and the next one finds another handler */
        SKIP_TO (reader, HANDSHAKE_FAILED_NO_DETAIL);
        SKIP_TO (reader, DISCONNECTED);
        EXPECT_NOTHING (server);
        zap = new_socket (ZMQ_REP);
        WAIT_UNTIL (zmq_bind (zap, ZAP) == 0);
        agreed_at_last (zap, i, server, client);
        start_over ();
    }
}

OURS_ONLY (w_s74_a_handler_that_goes_has_not_answered, "a reference waits for the timer")
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        meet (&c);
        zap_request (zap, domain_of (i), "", asking[i].name);
        stirred = NULL;
        close_socket (zap);
        EXPECT_EVENTS (c.server_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EFAULT DISCONNECTED");
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
        EXPECT_NOTHING (c.server);
        start_over ();
    }
}

/* ---- handlers that are silent ---------------------------------------------------------------- */

TEST (w_s74_a_handler_that_never_answers)
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        CHECK_OK (set_int (c.server, ZMQ_HANDSHAKE_IVL, SOON));
        meet (&c);
        int64_t begun = now_ms ();
        zap_request (zap, domain_of (i), "", asking[i].name);
        EXPECT_EVENTS (c.server_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED");
        CHECK (now_ms () - begun < 10 * SOON);
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
        start_over ();
    }
}

TEST (w_s74_a_handler_that_answers_too_late)
{
    EACH_ASKING (i) {
        void *zap = handler (ZMQ_REP);
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        CHECK_OK (set_int (c.client, ZMQ_HANDSHAKE_IVL, SOON)); /* who need not be the server */
        meet (&c);
        zap_request (zap, domain_of (i), "", asking[i].name);
        EXPECT_EVENTS (c.client_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED CONNECT_RETRIED");
        zap_reply (zap, "200", "too late"); /* nobody reads it */
        agreed_at_last (zap, i, c.server, c.client);
        start_over ();
    }
}

/* ---- peers and servers that leave meanwhile ---------------------------------------------------- */

TEST (w_s74_a_client_that_leaves_while_the_handler_thinks)
{
    EACH_ASKING (i)
        for (int closes = 0; closes < 2; closes++) {
            void *zap = handler (ZMQ_REP);
            couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
            zap_request (zap, domain_of (i), "", asking[i].name);
            CHECK_OK (set_int (c.client, ZMQ_LINGER, 0));
            if (closes)
                close_socket (c.client);
            else
                CHECK_OK (zmq_disconnect (c.client, c.endpoint));
            WAIT_UNTIL ((settle (closes ? zap : c.client), settle (zap),
                         event_comes (c.server_reader, 0)));
            EXPECT_EVENTS (c.server_reader, c.endpoint, LOST);
            zap_reply (zap, "200", "nobody");
            agreed (zap, i, c.server, client_of (i, c.endpoint));
            EXPECT_NOTHING (c.server);
            start_over ();
        }
}

TEST (w_s74_a_server_that_closes_while_the_handler_thinks)
{
    EACH_ASKING (i)
        for (int replies_first = 0; replies_first < 2; replies_first++) {
            void *zap = handler (ZMQ_REP), *server = new_socket (ZMQ_DEALER);
            asking[i].server (server);
            void *client = client_of (i, bind_over (TCP, server)), *reader = monitor (client);
            zap_request (zap, domain_of (i), "", asking[i].name);
            if (replies_first)
                zap_reply (zap, "200", "somebody");
            close_socket (server);
            if (!replies_first) /* a reference lets the connection live until then */
                zap_reply (zap, "200", "somebody");
            SKIP_TO (reader, DISCONNECTED);
            close_socket (client);
            server = new_socket (ZMQ_DEALER);
            asking[i].server (server);
            agreed (zap, i, server, client_of (i, bind_over (TCP, server)));
            start_over ();
        }
}

/* The order in which the sockets are closed at the end. */
static void end_while_the_handler_thinks (int handler_first_)
{
    EACH_ASKING (i) {
        void *first = handler_first_ ? handler (ZMQ_REP) : NULL;
        void *server = new_socket (ZMQ_DEALER);
        asking[i].server (server);
        client_of (i, bind_over (TCP, server));
        void *zap = first ? first : handler (ZMQ_REP);
        if (!first && asking[i].server == plain_server) { /* who may have been refused before */
            zap_request (zap, "", "", "PLAIN");
        } else if (first)
            zap_request (zap, domain_of (i), "", asking[i].name);
        int64_t begun = now_ms ();
        start_over ();
        CHECK (now_ms () - begun < 5000);
    }
}

TEST (w_s74_the_context_ends_while_the_handler_thinks)
{
    end_while_the_handler_thinks (1);
}

TEST (w_s74_the_context_ends_soon_after_the_handler_has_come)
{
    end_while_the_handler_thinks (0);
}

/* Reads requests and answers none, until the context is shut down. */
static void *mute (void *zap_)
{
    char frame[256];
    while (zmq_recv (zap_, frame, sizeof frame, 0) != -1) {
    }
    int error = errno;
    CHECK_INT (error, ETERM);
    return NULL;
}

TEST (w_s74_the_context_is_shut_down_while_the_handler_thinks)
{
    EACH_ASKING (i) {
        void *zap = bound (ZMQ_ROUTER, ZAP); /* which is the other thread's until that ends */
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        pthread_t thread = start (mute, zap);
        meet (&c);
        CHECK_OK (zmq_ctx_shutdown (context ()));
        join (thread);
        CHECK_FAIL (zmq_recv (c.server, NULL, 0, 0), ETERM);
        start_over ();
    }
}
