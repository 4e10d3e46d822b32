/* Authentication by a handler: two sockets, and a handler that the test plays. What goes over the
 * wire meanwhile is in security_zap_wire.c, what replies do in security_zap_replies.c. */
#include "security_sockets.h"

/* ---- requests ------------------------------------------------------------------------------ */

TEST (w085_requests_to_a_rep)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        zap_request (zap, domain_of (i), "", asking[i].name);
        EXPECT_QUIET (c.client_reader, 0);
        zap_reply (zap, "200", "");
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        part (&c);
    }
}

TEST (w085_requests_to_a_router)
{
    void *zap = handler (ZMQ_ROUTER);
    unsigned char id[5];
    EACH_ASKING (i) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        zap_request_of (zap, id, domain_of (i), "", asking[i].name);
        zap_reply_to (zap, id, "200", "");
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        part (&c);
    }
}

TEST (w085_the_identity_is_that_of_the_asking_socket)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        couple_t c = couple_apart (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, asking[i].client);
        domain (c.server);
        CHECK_OK (set_str (c.server, ZMQ_ROUTING_ID, "local"));
        CHECK_OK (set_str (c.client, ZMQ_ROUTING_ID, "remote"));
        meet (&c);
        zap_request (zap, "domain", "local", asking[i].name);
        zap_reply (zap, "200", "");
        EXPECT_MARRIED (c);
        part (&c);
    }
}

TEST (w085_every_connection_asks_with_the_same_id)
{
    void *zap = handler (ZMQ_REP);
    EACH_ASKING (i) {
        void *pull = new_socket (ZMQ_PULL);
        asking[i].server (pull);
        const char *endpoint = bind_over (TCP, pull);
        for (int n = 0; n < 3; n++) {
            void *push = new_socket (ZMQ_PUSH);
            asking[i].client (push);
            CHECK_OK (zmq_connect (push, endpoint));
            zap_request (zap, domain_of (i), "", asking[i].name);
            zap_reply (zap, "200", "");
            send_parts (push, "a", NULL);
            EXPECT (pull, "a");
        }
    }
}

TEST (w_s45_the_address_of_an_ipc_peer)
{
    char address[64], want[64];
    void *zap = handler (ZMQ_REP), *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    domain (pull);
    CHECK_OK (zmq_connect (push, bind_over (IPC, pull)));
    EXPECT_BIN (zap, "1.0", 1);
    EXPECT_BIN (zap, "1", 1);
    EXPECT_BIN (zap, "domain", 1);
    RECV_TEXT (zap, address);
    snprintf (want, sizeof want, ":%d:%d:%d", (int) getuid (), (int) getgid (), (int) getpid ());
    CHECK (strlen (address) > strlen (want));
    CHECK_STR (address + strlen (address) - strlen (want), want);
    EXPECT_BIN (zap, "", 1);
    EXPECT_BIN (zap, "NULL", 0);
    zap_reply (zap, "200", "");
    send_parts (push, "a", NULL);
    EXPECT (pull, "a");
}

TEST (w_s62_a_connecting_socket_asks_too)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_of (ZMQ_DEALER, none, ZMQ_DEALER, domain);
    zap_request (zap, "domain", "", "NULL");
    zap_reply (zap, "200", "somebody");
    EXPECT_MARRIED (c);
    send_parts (c.server, "a", NULL);
    EXPECT_PROPERTY (c.client, "a", "User-Id", "somebody");
    send_parts (c.client, "b", NULL);
    EXPECT_NO_PROPERTY (c.server, "b", "User-Id");
}

TEST (w_s62_both_ends_ask)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_of (ZMQ_DEALER, domain, ZMQ_DEALER, domain);
    for (int i = 0; i < 2; i++) {
        zap_request (zap, "domain", "", "NULL");
        zap_reply (zap, "200", "somebody");
    }
    EXPECT_MARRIED (c);
    send_parts (c.server, "a", NULL);
    EXPECT_PROPERTY (c.client, "a", "User-Id", "somebody");
    send_parts (c.client, "b", NULL);
    EXPECT_PROPERTY (c.server, "b", "User-Id", "somebody");
}

TEST (w_s62_a_connecting_socket_that_is_refused)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_of (ZMQ_DEALER, none, ZMQ_DEALER, domain);
    zap_request (zap, "domain", "", "NULL");
    zap_reply (zap, "400", "");
    EXPECT_EVENTS (c.client_reader, c.endpoint, "HANDSHAKE_FAILED_AUTH:400");
    EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_AUTH:400 DISCONNECTED");
}

static void plain_client_with_domain (void *socket_)
{
    plain_client (socket_);
    domain (socket_);
}

static void curve_client_with_domain (void *socket_)
{
    curve_client (socket_);
    domain (socket_);
}

TEST (w_s73_clients_never_ask)
{
    static mechanism_t *const clients[] = {NULL, plain_client_with_domain,
                                           curve_client_with_domain};
    void *zap = handler (ZMQ_REP);
    for (int i = 1; i < ASKING; i++) {
        couple_t c = couple_of (ZMQ_DEALER, asking[i].server, ZMQ_DEALER, clients[i]);
        zap_request (zap, "", "", asking[i].name); /* of an empty domain: the server's */
        zap_reply (zap, "200", "");
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        CHECK_INT (settle (zap) & ZMQ_POLLIN, 0);
        part (&c);
    }
}

TEST (w_s73_nobody_asks_over_inproc)
{
    void *zap = handler (ZMQ_REP), *server = new_socket (ZMQ_DEALER);
    domain (server);
    CHECK_OK (zmq_bind (server, "inproc://secret"));
    void *client = new_socket (ZMQ_DEALER);
    domain (client);
    CHECK_OK (zmq_connect (client, "inproc://secret"));
    bounce (server, client);
    CHECK_INT (settle (zap) & ZMQ_POLLIN, 0);
}

/* ---- who asks, and what comes of it without a handler ---------------------------------------- */

/* How a row of table 7.3 ends. */
enum
{
    ASKED,   /* the handler's word is waited for */
    TAKEN,   /* the connection is accepted without a word */
    REFUSED, /* the server wants a handler and finds none */
};

static const struct
{
    mechanism_t *server, *client;
    const char *mechanism, *domain;
    int handler, outcome, enforced; /* what comes of it by default, and with ENFORCE_DOMAIN */
} consulted[] = {
  {none, none, "NULL", "", 1, TAKEN, TAKEN},
  {none, none, "NULL", "", 0, TAKEN, TAKEN},
  {none, none, "NULL", "domain", 1, ASKED, ASKED},
  {none, none, "NULL", "domain", 0, TAKEN, REFUSED},
  {plain_server, plain_client, "PLAIN", "", 1, ASKED, -1}, /* a test of its own */
  {plain_server, plain_client, "PLAIN", "", 0, REFUSED, -1},
  {plain_server, plain_client, "PLAIN", "domain", 1, ASKED, ASKED},
  {plain_server, plain_client, "PLAIN", "domain", 0, REFUSED, REFUSED},
  {curve_server, curve_client, "CURVE", "", 1, ASKED, TAKEN},
  {curve_server, curve_client, "CURVE", "", 0, TAKEN, TAKEN},
  {curve_server, curve_client, "CURVE", "domain", 1, ASKED, ASKED},
  {curve_server, curve_client, "CURVE", "domain", 0, TAKEN, REFUSED},
};

/* One row of the table. */
static void consult (size_t row_, int enforce_)
{
    static char text[64];
    int outcome = enforce_ ? consulted[row_].enforced : consulted[row_].outcome;
    snprintf (text, sizeof text, "%s, domain \"%s\", %s handler: ", consulted[row_].mechanism,
              consulted[row_].domain, consulted[row_].handler ? "a" : "no");
    t_round = text;
    couple_t c = couple_apart (ZMQ_DEALER, consulted[row_].server, ZMQ_DEALER,
                               consulted[row_].client);
    if (consulted[row_].domain[0])
        domain (c.server);
    if (enforce_)
        CHECK_OK (set_int (c.server, ZMQ_ZAP_ENFORCE_DOMAIN, 1));
    CHECK_OK (set_int (c.server, ZMQ_HANDSHAKE_IVL, outcome == REFUSED ? 300 : 30000));
    void *zap = consulted[row_].handler ? handler (ZMQ_REP) : NULL;
    meet (&c);
    if (outcome == ASKED) {
        zap_request (zap, consulted[row_].domain, "", consulted[row_].mechanism);
        zap_reply (zap, "200", "");
    }
    if (outcome == REFUSED) {
        EXPECT_EVENTS (c.server_reader, c.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EFAULT");
        SKIP_TO (c.server_reader, DISCONNECTED);
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
    } else {
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        if (zap)
            CHECK_INT (settle (zap) & ZMQ_POLLIN, 0);
    }
    part (&c);
    start_over ();
}

TEST (w_s73_who_asks_a_handler)
{
    for (size_t i = 0; i < sizeof consulted / sizeof *consulted; i++)
        consult (i, 0);
}

TEST (w088_who_asks_a_handler_when_the_domain_is_enforced)
{
    for (size_t i = 0; i < sizeof consulted / sizeof *consulted; i++)
        if (consulted[i].enforced != -1)
            consult (i, 1);
}

OURS_ONLY (w090_plain_without_the_domain_that_is_enforced, "a reference aborts the process")
{
    for (int present = 0; present < 2; present++) {
        couple_t c = couple_apart (ZMQ_DEALER, plain_server, ZMQ_DEALER, plain_client);
        CHECK_OK (set_int (c.server, ZMQ_ZAP_ENFORCE_DOMAIN, 1));
        void *zap = present ? handler (ZMQ_REP) : NULL;
        meet (&c);
        SKIP_TO (c.server_reader, DISCONNECTED);
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST);
        if (zap)
            CHECK_INT (settle (zap) & ZMQ_POLLIN, 0);
        part (&c);
        start_over ();
    }
}

OURS_ONLY (w_s71_a_handler_of_another_type_is_none, "a reference aborts the process")
{
    static const int types[] = {ZMQ_DEALER, ZMQ_PULL, ZMQ_PAIR, ZMQ_PUB, ZMQ_REQ};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        bound (types[i], ZAP);
        couple_t taken = couple_of (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
        EXPECT_MARRIED (taken);
        bounce (taken.server, taken.client);
        couple_t refused = couple_of (ZMQ_DEALER, plain_server, ZMQ_DEALER, plain_client);
        EXPECT_EVENTS (refused.server_reader, refused.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EFAULT DISCONNECTED");
        EXPECT_EVENTS (refused.client_reader, refused.endpoint, LOST);
        start_over ();
    }
}

OURS_ONLY (w_s73_a_missing_handler_ends_the_connection_at_once,
           "a reference whose socket is monitored waits for the timer and may repeat the event")
{
    static mechanism_t *const clients[] = {none, plain_client, curve_client};
    static mechanism_t *const servers[] = {none, plain_server, curve_server};
    for (int i = 0; i < 3; i++) {
        couple_t c = couple_apart (ZMQ_DEALER, servers[i], ZMQ_DEALER, clients[i]);
        domain (c.server);
        CHECK_OK (set_int (c.server, ZMQ_ZAP_ENFORCE_DOMAIN, 1));
        CHECK_OK (set_int (c.client, ZMQ_RECONNECT_IVL, -1));
        meet (&c);
        EXPECT_EVENTS (c.server_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EFAULT DISCONNECTED");
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST);
        EXPECT_NOTHING (c.server_reader);
        part (&c);
    }
}
