/* Two sockets with CURVE. */
#include "security_talk.h"

/* ---- keys ------------------------------------------------------------------------------------ */

/* Sets a key that is given as Z85, in one of the three forms. */
static void set_key (void *socket_, int option_, const char *key_, int form_)
{
    uint8_t binary[32];
    CHECK (zmq_z85_decode (binary, key_) != NULL);
    CHECK_OK (zmq_setsockopt (socket_, option_, form_ == 32 ? (const void *) binary : key_,
                              (size_t) form_));
}

TEST (w_s6510_keys_in_all_forms)
{
    static const int forms[] = {32, 40, 41};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            couple_t c = couple_apart (ZMQ_DEALER, none, ZMQ_DEALER, none);
            CHECK_OK (set_int (c.server, ZMQ_CURVE_SERVER, 1));
            set_key (c.server, ZMQ_CURVE_SECRETKEY, SERVER_SECRET, forms[i]);
            set_key (c.client, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC, forms[j]);
            set_key (c.client, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC, forms[i]);
            set_key (c.client, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET, forms[j]);
            meet (&c);
            EXPECT_MARRIED (c);
            bounce (c.server, c.client);
            part (&c);
        }
}

TEST (w_s6510_keys_that_were_made)
{
    for (int i = 0; i < 5; i++) {
        char keys[2][2][41], derived[41];
        for (int j = 0; j < 2; j++) {
            CHECK_OK (zmq_curve_keypair (keys[j][0], keys[j][1]));
            CHECK_OK (zmq_curve_public (derived, keys[j][1]));
            CHECK_STR (derived, keys[j][0]);
        }
        couple_t c = couple_apart (ZMQ_DEALER, none, ZMQ_DEALER, none);
        CHECK_OK (set_int (c.server, ZMQ_CURVE_SERVER, 1));
        CHECK_OK (set_str (c.server, ZMQ_CURVE_SECRETKEY, keys[0][1]));
        CHECK_OK (set_str (c.client, ZMQ_CURVE_SERVERKEY, keys[0][0]));
        CHECK_OK (set_str (c.client, ZMQ_CURVE_PUBLICKEY, keys[1][0]));
        CHECK_OK (set_str (c.client, ZMQ_CURVE_SECRETKEY, keys[1][1]));
        meet (&c);
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        part (&c);
    }
}

TEST (w_s6510_a_servers_public_key_does_not_matter)
{
    static const char *const keys[] = {SERVER_PUBLIC, CLIENT_PUBLIC};
    for (int i = 0; i < 2; i++) {
        couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
        CHECK_OK (set_str (c.server, ZMQ_CURVE_PUBLICKEY, keys[i]));
        meet (&c);
        EXPECT_MARRIED (c);
        bounce (c.server, c.client);
        part (&c);
    }
}

TEST (w077_a_wrong_server_key_is_tried_again)
{
    couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
    CHECK_OK (set_str (c.client, ZMQ_CURVE_SERVERKEY, CLIENT_PUBLIC));
    meet (&c);
    CHECK_INT (send_str (c.client, "a", 0), 1);
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENTS (c.server_reader, c.endpoint,
                       "HANDSHAKE_FAILED_PROTOCOL:CRYPTOGRAPHIC DISCONNECTED ACCEPTED");
        EXPECT_EVENTS (c.client_reader, c.endpoint,
                       LOST " CONNECT_RETRIED CONNECT_DELAYED CONNECTED");
    }
    EXPECT_NOTHING (c.server);
}

TEST (w_s6510_a_pair_of_keys_that_is_none)
{
    couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
    CHECK_OK (set_str (c.client, ZMQ_CURVE_PUBLICKEY, SERVER_PUBLIC));
    meet (&c);
    EXPECT_EVENTS (c.server_reader, c.endpoint,
                   "HANDSHAKE_FAILED_PROTOCOL:CRYPTOGRAPHIC DISCONNECTED ACCEPTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
}

TEST (w_s6510_a_server_key_that_is_none)
{
    static const char keys[2][32] = {{0}, {1}}; /* no box can be sealed for these */
    for (int i = 0; i < 2; i++) {
        couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
        CHECK_OK (zmq_setsockopt (c.client, ZMQ_CURVE_SERVERKEY, keys[i], 32));
        meet (&c);
        EXPECT_EVENTS (c.client_reader, c.endpoint, "HANDSHAKE_FAILED_PROTOCOL:CRYPTOGRAPHIC");
        /* Whether the message is kept is not the same for all; nobody gets it. */
        (void) send_str (c.client, "a", ZMQ_DONTWAIT);
        EXPECT_NOTHING (c.server);
        start_over ();
    }
}

TEST (w_s6510_clients_without_keys_of_their_own)
{
    static const char zeros[32];
    for (int i = 0; i < 2; i++) {
        couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, none);
        CHECK_OK (set_str (c.client, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC));
        if (i) {
            CHECK_OK (zmq_setsockopt (c.client, ZMQ_CURVE_PUBLICKEY, zeros, 32));
            CHECK_OK (zmq_setsockopt (c.client, ZMQ_CURVE_SECRETKEY, zeros, 32));
        }
        meet (&c);
        EXPECT_EVENTS (c.server_reader, c.endpoint,
                       "HANDSHAKE_FAILED_PROTOCOL:CRYPTOGRAPHIC DISCONNECTED ACCEPTED");
        EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
        start_over ();
    }
}

TEST (w_s6510_a_server_without_its_key)
{
    couple_t c = couple_apart (ZMQ_DEALER, none, ZMQ_DEALER, curve_client);
    CHECK_OK (set_int (c.server, ZMQ_CURVE_SERVER, 1));
    meet (&c);
    EXPECT_EVENTS (c.server_reader, c.endpoint,
                   "HANDSHAKE_FAILED_PROTOCOL:CRYPTOGRAPHIC DISCONNECTED ACCEPTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint, LOST " CONNECT_RETRIED");
}

/* ---- sockets of all kinds ---------------------------------------------------------------------- */

TEST (w_s65_sockets_of_all_kinds)
{
    for (size_t i = 0; i < TALKING; i++)
        for (int turned = 0; turned < 2; turned++) {
            /* in turn the one that binds is the client of CURVE */
            couple_t c = talkers (talking[i][0], turned ? curve_client : curve_server,
                                  talking[i][1], turned ? curve_server : curve_client);
            meet (&c);
            EXPECT_MARRIED (c);
            talk (c.server, "server", c.client, "client");
            EXPECT_END (c.server, c.server_reader);
            EXPECT_END (c.client, c.client_reader);
            finish ();
        }
}

TEST (w083_topics)
{
    couple_t c = couple_apart (ZMQ_XPUB, curve_server, ZMQ_SUB, curve_client);
    subscribe (c.client, "a");
    meet (&c);
    EXPECT_MARRIED (c);
    EXPECT_BIN (c.server, "\1a", 0);
    subscribe (c.client, "b");
    EXPECT_BIN (c.server, "\1b", 0);
    send_parts (c.server, "c", "never", NULL);
    send_parts (c.server, "b", "to b", NULL);
    send_parts (c.server, "a", "to a", NULL);
    EXPECT (c.client, "b", "to b");
    EXPECT (c.client, "a", "to a");
    unsubscribe (c.client, "b");
    EXPECT_BIN (c.server, "\0b", 0);
    send_parts (c.server, "b", "never", NULL);
    send_parts (c.server, "a", "to a", NULL);
    EXPECT (c.client, "a", "to a");
    char topic[301];
    memset (topic, 'x', 300); /* longer than a short frame */
    topic[300] = 0;
    subscribe (c.client, topic);
    CHECK (wait_for (c.server, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    char got[400];
    CHECK_INT (zmq_recv (c.server, got, sizeof got, ZMQ_DONTWAIT), 301);
    send_parts (c.server, topic, NULL);
    EXPECT (c.client, topic);
}

TEST (w_s65_over_ipc)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    curve_server (server);
    curve_client (client);
    CHECK_OK (zmq_connect (client, bind_over (IPC, server)));
    bounce (server, client);
}

TEST (w_s65_not_over_inproc)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    curve_server (server);
    CHECK_OK (zmq_bind (server, "inproc://x"));
    CHECK_OK (zmq_connect (client, "inproc://x")); /* without keys: nothing leaves the process */
    bounce (server, client);
}

TEST (w_s65_many_clients)
{
    void *router = new_socket (ZMQ_ROUTER), *clients[30];
    curve_server (router);
    const char *endpoint = bind_over (TCP, router);
    for (int i = 0; i < 30; i++) {
        char public_key[41], secret_key[41], id[8];
        clients[i] = new_socket (ZMQ_DEALER);
        CHECK_OK (zmq_curve_keypair (public_key, secret_key));
        CHECK_OK (set_str (clients[i], ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC));
        CHECK_OK (set_str (clients[i], ZMQ_CURVE_PUBLICKEY, public_key));
        CHECK_OK (set_str (clients[i], ZMQ_CURVE_SECRETKEY, secret_key));
        snprintf (id, sizeof id, "%d", i);
        CHECK_OK (set_str (clients[i], ZMQ_ROUTING_ID, id));
        CHECK_OK (zmq_connect (clients[i], endpoint));
        send_parts (clients[i], id, NULL);
    }
    for (int i = 0; i < 30; i++) {
        char id[8];
        CHECK (wait_for (router, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        RECV_TEXT (router, id);
        EXPECT (router, id);
        send_parts (router, id, "for", id, NULL);
    }
    for (int i = 0; i < 30; i++) {
        char id[8];
        snprintf (id, sizeof id, "%d", i);
        EXPECT (clients[i], "for", id);
    }
}

/* ---- messages ---------------------------------------------------------------------------------- */

TEST (w_s655_messages_of_all_sizes)
{
    couple_t c = couple_of (ZMQ_PAIR, curve_server, ZMQ_PAIR, curve_client);
    for (size_t i = 0; i < WEIGHTS; i++) {
        carry (c.client, c.server, weights[i]);
        carry (c.server, c.client, weights[i]);
    }
}

TEST (w_s655_many_messages_in_order)
{
    couple_t c = couple_of (ZMQ_PULL, curve_server, ZMQ_PUSH, curve_client);
    for (int round = 0; round < 20; round++) {
        char text[16];
        for (int i = 0; i < 500; i++) {
            snprintf (text, sizeof text, "%d", 500 * round + i);
            send_parts (c.client, text, i % 3 ? "x" : NULL, NULL);
        }
        for (int i = 0; i < 500; i++) {
            snprintf (text, sizeof text, "%d", 500 * round + i);
            if (i % 3)
                EXPECT (c.server, text, "x");
            else
                EXPECT (c.server, text);
        }
    }
}

TEST (w_s655_many_parts)
{
    couple_t c = couple_of (ZMQ_PAIR, curve_server, ZMQ_PAIR, curve_client);
    for (int i = 0; i < 1000; i++)
        CHECK_INT (zmq_send (c.client, &i, sizeof i, i < 999 ? ZMQ_SNDMORE : 0), sizeof i);
    for (int i = 0; i < 1000; i++)
        EXPECT_BYTES (c.server, &i, sizeof i, i < 999);
}

TEST (w025_the_limit_of_a_server)
{
    int64_t limit = 300;
    couple_t c = couple_apart (ZMQ_PULL, curve_server, ZMQ_PUSH, curve_client);
    CHECK_OK (zmq_setsockopt (c.server, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    meet (&c);
    EXPECT_MARRIED (c);
    carry (c.client, c.server, 267);
    char much[268] = "";
    CHECK_INT (zmq_send (c.client, much, sizeof much, 0), sizeof much);
    EXPECT_EVENTS (c.server_reader, c.endpoint, "DISCONNECTED");
    EXPECT_EVENTS (c.client_reader, c.endpoint, "DISCONNECTED CONNECT_RETRIED");
    carry (c.client, c.server, 267);
    EXPECT_NOTHING (c.server);
}

TEST (w_s67_messages_from_before_the_connection)
{
    void *push = eager_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    curve_client (push);
    curve_server (pull);
    const char *endpoint = held_endpoint ();
    CHECK_OK (zmq_connect (push, endpoint));
    send_parts (push, "a", "b", NULL);
    CHECK_OK (zmq_bind (pull, endpoint));
    EXPECT (pull, "a", "b");
}

TEST (w_s65_a_server_that_comes_back)
{
    void *push = eager_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    curve_client (push);
    curve_server (pull);
    const char *endpoint = bind_to (pull, held_endpoint ());
    void *reader = monitor (push);
    CHECK_OK (zmq_connect (push, endpoint));
    for (int i = 0; i < 3; i++) {
        SKIP_TO (reader, HANDSHAKE_SUCCEEDED);
        send_parts (push, "a", NULL);
        EXPECT (pull, "a");
        close_socket (pull);
        SKIP_TO (reader, DISCONNECTED);
        pull = new_socket (ZMQ_PULL);
        curve_server (pull);
        WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
    }
}

TEST (w_s65_a_server_that_comes_back_with_another_key)
{
    void *push = eager_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    curve_client (push);
    curve_server (pull);
    const char *endpoint = bind_to (pull, held_endpoint ());
    CHECK_OK (zmq_connect (push, endpoint));
    send_parts (push, "a", NULL);
    EXPECT (pull, "a");
    close_socket (pull);
    void *other = new_socket (ZMQ_PULL), *reader = monitor (other);
    CHECK_OK (set_int (other, ZMQ_CURVE_SERVER, 1));
    CHECK_OK (set_str (other, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET));
    WAIT_UNTIL (zmq_bind (other, endpoint) == 0);
    SKIP_TO (reader, HANDSHAKE_FAILED_PROTOCOL);
    send_parts (push, "secret", NULL);
    SKIP_TO (reader, HANDSHAKE_FAILED_PROTOCOL);
    EXPECT_NOTHING (other);
}

/* ---- what else goes on ------------------------------------------------------------------------- */

TEST (w_s5_heartbeats_keep_a_connection)
{
    couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
    void *both[] = {c.server, c.client};
    for (int i = 0; i < 2; i++) {
        CHECK_OK (set_int (both[i], ZMQ_HEARTBEAT_IVL, 20));
        CHECK_OK (set_int (both[i], ZMQ_HEARTBEAT_TIMEOUT, 5000));
        CHECK_OK (set_int (both[i], ZMQ_HEARTBEAT_TTL, 5000));
    }
    meet (&c);
    EXPECT_MARRIED (c);
    EXPECT_QUIET (c.server_reader, 10 * 20);
    bounce (c.server, c.client);
    EXPECT_END (c.server, c.server_reader);
    EXPECT_END (c.client, c.client_reader);
}

TEST (w_s44_properties_of_each_other)
{
    couple_t c = couple_apart (ZMQ_DEALER, curve_server, ZMQ_DEALER, curve_client);
    CHECK_OK (set_str (c.server, ZMQ_ROUTING_ID, "server"));
    CHECK_OK (set_str (c.client, ZMQ_ROUTING_ID, "client"));
    CHECK_OK (set_str (c.server, ZMQ_METADATA, "X-who:the server"));
    CHECK_OK (set_str (c.client, ZMQ_METADATA, "X-who:the client"));
    meet (&c);
    EXPECT_MARRIED (c);
    static const char *const want[][3] = {{"Socket-Type", "DEALER", "DEALER"},
                                          {"Identity", "client", "server"},
                                          {"X-who", "the client", "the server"},
                                          {"Peer-Address", "127.0.0.1", "127.0.0.1"}};
    for (int i = 0; i < 4; i++) {
        send_parts (c.client, "a", NULL);
        EXPECT_PROPERTY (c.server, "a", want[i][0], want[i][1]);
        send_parts (c.server, "a", NULL);
        EXPECT_PROPERTY (c.client, "a", want[i][0], want[i][2]);
    }
    send_parts (c.client, "a", NULL);
    EXPECT_NO_PROPERTY (c.server, "a", "User-Id");
    send_parts (c.client, "a", NULL);
    EXPECT_NO_PROPERTY (c.server, "a", "x-who");
}
