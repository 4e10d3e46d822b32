/* Two sockets with PLAIN, a handler that the test plays, and mechanisms that do not fit. */
#include "security_talk.h"

/* Lets a handler admit the one who asks. */
static void admit (void *zap_)
{
    zap_request (zap_, "", "", "PLAIN");
    zap_reply (zap_, "200", "somebody");
}

/* ---- credentials ------------------------------------------------------------------------------- */

TEST (w_s64_credentials_reach_the_handler)
{
    static const size_t lengths[][2] = {{5, 4}, {1, 0}, {0, 1}, {1, 1}, {255, 255}, {255, 0},
                                        {0, 255}};
    char user[255], password[255];
    memset (user, 'u', sizeof user);
    memset (password, 'p', sizeof password);
    void *zap = handler (ZMQ_REP);
    for (int i = 0; i < 7; i++) {
        couple_t c = couple_apart (ZMQ_DEALER, plain_server, ZMQ_DEALER, none);
        if (lengths[i][0])
            CHECK_OK (zmq_setsockopt (c.client, ZMQ_PLAIN_USERNAME, user, lengths[i][0]));
        if (lengths[i][1])
            CHECK_OK (zmq_setsockopt (c.client, ZMQ_PLAIN_PASSWORD, password, lengths[i][1]));
        meet (&c);
        zap_head (zap, "", "", "PLAIN");
        EXPECT_BYTES (zap, user, lengths[i][0], 1);
        EXPECT_BYTES (zap, password, lengths[i][1], 0);
        zap_reply (zap, "200", "somebody");
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        part (&c);
    }
}

TEST (w_s64_a_client_that_has_reset_its_name)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_apart (ZMQ_DEALER, none, ZMQ_DEALER, plain_client);
    CHECK_OK (zmq_setsockopt (c.client, ZMQ_PLAIN_USERNAME, NULL, 0)); /* so NULL it is */
    meet (&c);
    EXPECT_MARRIED (c);
    bounce (c.server, c.client);
    EXPECT_NOTHING (zap);
}

/* The handler refuses the first, and admits the second whose password is right. */
static void refuse (const char *status_, const char *client_events_)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_apart (ZMQ_DEALER, plain_server, ZMQ_DEALER, plain_client);
    CHECK_OK (set_int (c.server, ZMQ_HANDSHAKE_IVL, 400));
    CHECK_OK (set_str (c.client, ZMQ_PLAIN_PASSWORD, "wrong"));
    char event[64];
    meet (&c);
    zap_head (zap, "", "", "PLAIN");
    EXPECT_BIN (zap, "admin", 1);
    EXPECT_BIN (zap, "wrong", 0);
    zap_reply (zap, status_, "somebody");
    snprintf (event, sizeof event, "HANDSHAKE_FAILED_AUTH:%s", status_);
    EXPECT_EVENTS (c.server_reader, c.endpoint, event);
    EXPECT_EVENTS (c.client_reader, c.endpoint, client_events_);
    if (strcmp (status_, "300") != 0) { /* the client does not come again */
        EXPECT_QUIET (c.client_reader, QUIET);
        EXPECT_NOTHING (zap);
    } else
        return;
    void *second = new_socket (ZMQ_DEALER);
    plain_client (second);
    CHECK_OK (zmq_connect (second, c.endpoint));
    admit (zap);
    bounce (c.server, second);
}

TEST (w_s64_a_wrong_password_with_400)
{
    refuse ("400", "HANDSHAKE_FAILED_AUTH:400 DISCONNECTED");
}

TEST (w_s64_a_wrong_password_with_500)
{
    refuse ("500", "HANDSHAKE_FAILED_AUTH:500 DISCONNECTED");
}

TEST (w_s64_a_wrong_password_with_300)
{
    refuse ("300", LOST " CONNECT_RETRIED");
}

TEST (w070_no_handler_no_connection)
{
    void *server = new_socket (ZMQ_DEALER), *client = eager_socket (ZMQ_DEALER);
    plain_server (server);
    plain_client (client);
    void *reader = monitor (client);
    CHECK_OK (zmq_connect (client, bind_over (TCP, server)));
    send_parts (client, "a", NULL);
    for (int i = 0; i < 3; i++)
        EXPECT_EVENTS (reader, NULL, "CONNECT_DELAYED CONNECTED " LOST " CONNECT_RETRIED");
    EXPECT_NOTHING (server);
}

TEST (w_s64_a_client_comes_back_with_its_name)
{
    void *zap = handler (ZMQ_REP), *push = eager_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    plain_client (push);
    plain_server (pull);
    const char *endpoint = bind_to (pull, held_endpoint ());
    void *reader = monitor (push);
    CHECK_OK (zmq_connect (push, endpoint));
    for (int i = 0; i < 3; i++) {
        admit (zap);
        SKIP_TO (reader, HANDSHAKE_SUCCEEDED);
        send_parts (push, "a", NULL);
        EXPECT (pull, "a");
        close_socket (pull);
        SKIP_TO (reader, DISCONNECTED);
        pull = new_socket (ZMQ_PULL);
        plain_server (pull);
        WAIT_UNTIL ((settle (zap), zmq_bind (pull, endpoint) == 0));
    }
}

TEST (w_s64_options_set_later_are_for_later_connections)
{
    void *zap = handler (ZMQ_REP), *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    plain_server (pull);
    plain_client (push);
    CHECK_OK (zmq_connect (push, bind_over (TCP, pull)));
    CHECK_OK (set_str (push, ZMQ_PLAIN_USERNAME, "other"));
    admit (zap); /* whom it was when it connected */
    CHECK_OK (zmq_connect (push, kept (last_endpoint (pull))));
    zap_head (zap, "", "", "PLAIN");
    EXPECT_BIN (zap, "other", 1);
    EXPECT_BIN (zap, "pass", 0);
}

/* ---- sockets and messages ---------------------------------------------------------------------- */

TEST (w_s67_sockets_of_all_kinds)
{
    for (size_t i = 0; i < TALKING; i++)
        for (int turned = 0; turned < 2; turned++) {
            couple_t c = talkers (talking[i][0], turned ? plain_client : plain_server,
                                  talking[i][1], turned ? plain_server : plain_client);
            void *zap = handler (ZMQ_REP);
            meet (&c);
            zap_request (zap, "", turned ? "client" : "server", "PLAIN");
            zap_reply (zap, "200", ""); /* a name would be a test of its own for a REQ */
            EXPECT_MARRIED (c);
            talk (c.server, "server", c.client, "client");
            start_over ();
        }
}

TEST (w_s67_messages_of_all_sizes)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_of (ZMQ_PAIR, plain_server, ZMQ_PAIR, plain_client);
    admit (zap);
    for (size_t i = 0; i < WEIGHTS; i++) {
        carry (c.client, c.server, weights[i]);
        carry (c.server, c.client, weights[i]);
    }
}

TEST (w_s67_messages_of_many_parts)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_of (ZMQ_PAIR, plain_server, ZMQ_PAIR, plain_client);
    admit (zap);
    for (int i = 0; i < 1000; i++)
        CHECK_INT (zmq_send (c.client, &i, sizeof i, i < 999 ? ZMQ_SNDMORE : 0), sizeof i);
    for (int i = 0; i < 1000; i++)
        EXPECT_BYTES (c.server, &i, sizeof i, i < 999);
}

TEST (w_s67_over_ipc)
{
    void *zap = handler (ZMQ_REP), *server = new_socket (ZMQ_DEALER);
    void *client = new_socket (ZMQ_DEALER);
    plain_server (server);
    plain_client (client);
    CHECK_OK (zmq_connect (client, bind_over (IPC, server)));
    char frame[256];
    for (int i = 0; i < 8; i++) {
        CHECK (wait_for (zap, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        RECV_TEXT (zap, frame);
    }
    CHECK_STR (frame, "pass");
    zap_reply (zap, "200", "");
    bounce (server, client);
}

TEST (w_s67_not_over_inproc)
{
    void *zap = handler (ZMQ_REP), *server = new_socket (ZMQ_DEALER);
    void *client = new_socket (ZMQ_DEALER);
    plain_server (server);
    CHECK_OK (zmq_bind (server, "inproc://x"));
    CHECK_OK (zmq_connect (client, "inproc://x"));
    bounce (server, client);
    EXPECT_NOTHING (zap);
}

TEST (w_s5_heartbeats_keep_a_plain_connection)
{
    void *zap = handler (ZMQ_REP);
    couple_t c = couple_apart (ZMQ_DEALER, plain_server, ZMQ_DEALER, plain_client);
    void *both[] = {c.server, c.client};
    for (int i = 0; i < 2; i++) {
        CHECK_OK (set_int (both[i], ZMQ_HEARTBEAT_IVL, 20));
        CHECK_OK (set_int (both[i], ZMQ_HEARTBEAT_TIMEOUT, 5000));
    }
    meet (&c);
    zap_request (zap, "", "", "PLAIN");
    zap_reply (zap, "200", ""); /* a name would be a test of its own */
    EXPECT_MARRIED (c);
    EXPECT_QUIET (c.server_reader, 10 * 20);
    bounce (c.server, c.client);
    EXPECT_END (c.server, c.server_reader);
    EXPECT_END (c.client, c.client_reader);
}

/* ---- mechanisms that do not fit ------------------------------------------------------------------ */

static const struct
{
    const char *name, *mechanism;
    mechanism_t *make;
} kinds[] = {
  {"NULL", "NULL", none},
  {"a PLAIN server", "PLAIN", plain_server},
  {"a PLAIN client", "PLAIN", plain_client},
  {"a CURVE server", "CURVE", curve_server},
  {"a CURVE client", "CURVE", curve_client},
};

/* One of the two says what it is, the other may have been cut off before. */
static int says_mismatch (void *reader_)
{
    event_t event = NEXT_EVENT (reader_);
    if (event.number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        CHECK_INT (event.value, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
    else
        CHECK_INT (event.number, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    EXPECT_EVENTS (reader_, NULL, "DISCONNECTED");
    return event.number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
}

TEST (w_s18_mechanisms_that_differ)
{
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            static char text[64];
            if (strcmp (kinds[i].mechanism, kinds[j].mechanism) == 0)
                continue;
            snprintf (text, sizeof text, "%s and %s: ", kinds[i].name, kinds[j].name);
            t_round = text;
            handler (ZMQ_REP);
            couple_t c = couple_of (ZMQ_DEALER, kinds[i].make, ZMQ_DEALER, kinds[j].make);
            int server = says_mismatch (c.server_reader), client = says_mismatch (c.client_reader);
            CHECK (server || client);
            if (client) /* who has been told why does not come again */
                EXPECT_QUIET (c.client_reader, QUIET / 3);
            EXPECT_NOTHING (c.server);
            EXPECT_NOTHING (stirred);
            start_over ();
        }
}

TEST (w_s61_two_servers_wait_for_each_other)
{
    for (int i = 1; i <= 3; i += 2) {
        couple_t c = couple_apart (ZMQ_DEALER, kinds[i].make, ZMQ_DEALER, kinds[i].make);
        CHECK_OK (set_int (c.server, ZMQ_HANDSHAKE_IVL, 150));
        meet (&c);
        EXPECT_EVENTS (c.server_reader, c.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED");
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
        start_over ();
    }
}

TEST (w_s61_two_clients_refuse_each_other)
{
    for (int i = 2; i <= 4; i += 2) {
        couple_t c = couple_of (ZMQ_DEALER, kinds[i].make, ZMQ_DEALER, kinds[i].make);
        void *readers[] = {c.server_reader, c.client_reader};
        int told = 0;
        for (int j = 0; j < 2; j++) {
            event_t event = NEXT_EVENT (readers[j]);
            if (event.number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
                CHECK_INT (event.value, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
                told++;
            } else
                CHECK_INT (event.number, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
            EXPECT_EVENTS (readers[j], NULL, "DISCONNECTED");
        }
        CHECK (told);
        start_over ();
    }
}
