/* Two sockets under a mechanism, and what their monitors say. */
#ifndef CTESTS_SECURITY_SOCKETS_H
#define CTESTS_SECURITY_SOCKETS_H

#include "events.h"
#include "security.h"

/* A handler that the test plays. A connection that has asked one ends only when the handler's socket
 * takes notice, which it does while the test waits for events. */
T_FN void *handler (int type_)
{
    return stirred = bound (type_, ZAP);
}

/* Ends everything, for the next round of a test. */
T_FN void start_over (void)
{
    stirred = NULL;
    finish ();
}

/* A tcp endpoint that is this test's to its end, for servers that come and go: a descriptor that never
 * listens holds the port, so that nobody else gets it while clients still knock there. */
T_FN const char *held_endpoint (void)
{
    struct sockaddr_storage place;
    socklen_t size = place_of ("tcp://127.0.0.1:0", &place);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    CHECK (fd >= 0);
    CHECK_OK (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    CHECK_OK (bind (fd, (struct sockaddr *) &place, size));
    return name_of (fd, getsockname);
}

/* Goes through the mechanisms with which a server asks, and names them in failing lines. */
#define EACH_ASKING(i_) for (int i_ = 0; i_ < ASKING && (t_round = round_of (i_)); i_++)

T_FN const char *round_of (int i_)
{
    static char text[16];
    snprintf (text, sizeof text, "%s: ", asking[i_].name);
    return text;
}

/* The domain that a server of this round has. */
T_FN const char *domain_of (int i_)
{
    return asking[i_].server == domain ? "domain" : "";
}

/* What one sees of a connection that the other has ended. */
#define LOST "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED"

/* A socket that binds and one that connects to it, with their events. */
typedef struct
{
    void *server, *client, *server_reader, *client_reader;
    const char *endpoint;
} couple_t;

/* Makes the two, with their options, but does not let them meet. */
T_FN couple_t couple_apart (int server_type_,
                            mechanism_t *server_,
                            int client_type_,
                            mechanism_t *client_)
{
    couple_t c = {new_socket (server_type_), new_socket (client_type_), NULL, NULL, NULL};
    server_ (c.server);
    client_ (c.client);
    CHECK_OK (set_int (c.client, ZMQ_RECONNECT_IVL, 10));
    c.server_reader = monitor (c.server);
    c.client_reader = monitor (c.client);
    return c;
}

/* Lets them meet, and takes their events up to ACCEPTED and CONNECTED. */
T_FN void meet (couple_t *couple_)
{
    couple_->endpoint = bind_over (TCP, couple_->server);
    CHECK_OK (zmq_connect (couple_->client, couple_->endpoint));
    EXPECT_EVENTS (couple_->server_reader, couple_->endpoint, "LISTENING ACCEPTED");
    EXPECT_EVENTS (couple_->client_reader, couple_->endpoint, "CONNECT_DELAYED CONNECTED");
}

/* Two that have begun to speak. */
T_FN couple_t couple_of (int server_type_,
                         mechanism_t *server_,
                         int client_type_,
                         mechanism_t *client_)
{
    couple_t c = couple_apart (server_type_, server_, client_type_, client_);
    meet (&c);
    return c;
}

/* Both know that they may speak, and nothing else has happened. */
#define EXPECT_MARRIED(couple_)                                                                    \
    do {                                                                                           \
        EXPECT_EVENTS ((couple_).server_reader, (couple_).endpoint, "HANDSHAKE_SUCCEEDED");        \
        EXPECT_EVENTS ((couple_).client_reader, (couple_).endpoint, "HANDSHAKE_SUCCEEDED");        \
    } while (0)

/* Closes the two; their monitors close with the test. */
T_FN void part (couple_t *couple_)
{
    int zero = 0;
    CHECK_OK (set_int (couple_->client, ZMQ_LINGER, zero));
    CHECK_OK (set_int (couple_->server, ZMQ_LINGER, zero));
    close_socket (couple_->client);
    close_socket (couple_->server);
    SKIP_TO (couple_->client_reader, MONITOR_STOPPED);
    SKIP_TO (couple_->server_reader, MONITOR_STOPPED);
    close_socket (couple_->client_reader);
    close_socket (couple_->server_reader);
}

#endif
