/* Monitors over tcp and ipc: frames, values, endpoints, masks, and readers that come late. What
 * follows on what is in net_monitor_sequences.c. */
#include "events.h"

/* A bound and a connected socket with their monitors, and the endpoint they meet at. */
typedef struct
{
    void *server, *client, *server_reader, *client_reader;
    const char *endpoint;
} couple_t;

/* Makes them, without a look at the events. */
static couple_t couple_over (int transport_, int server_type_, int client_type_)
{
    couple_t c = {new_socket (server_type_), new_socket (client_type_), NULL, NULL, NULL};
    CHECK_OK (set_int (c.client, ZMQ_RECONNECT_IVL, 10));
    c.server_reader = monitor (c.server);
    c.client_reader = monitor (c.client);
    c.endpoint = bind_over (transport_, c.server);
    CHECK_OK (zmq_connect (c.client, c.endpoint));
    return c;
}

/* Reads the events of a couple that has just been made. */
static void expect_joined (const couple_t *c_, int transport_)
{
    EXPECT_EVENTS (c_->client_reader, c_->endpoint, connecting (transport_));
    EXPECT_EVENTS (c_->server_reader, c_->endpoint, "LISTENING ACCEPTED HANDSHAKE_SUCCEEDED");
}

TEST (h271_an_event_is_6_bytes_and_the_endpoint_without_a_zero)
{
    EACH_TRANSPORT (i) {
        unsigned char frame[16];
        char text[256];
        uint16_t event;
        uint32_t value;
        void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
        const char *endpoint = bind_over (i, pull);
        CHECK_INT (wait_for (reader, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
        CHECK_INT (zmq_recv (reader, frame, sizeof frame, ZMQ_DONTWAIT), 6);
        CHECK_INT (get_int (reader, ZMQ_RCVMORE), 1);
        memcpy (&event, frame, sizeof event);
        memcpy (&value, frame + 2, sizeof value);
        CHECK_INT (event, ZMQ_EVENT_LISTENING);
        CHECK (value > 2 && fcntl ((int) value, F_GETFD) != -1);
        CHECK_INT (recv_str (reader, text, sizeof text, ZMQ_DONTWAIT), strlen (endpoint));
        CHECK_STR (text, endpoint);
        CHECK_INT (get_int (reader, ZMQ_RCVMORE), 0);
        EXPECT_END (pull, reader);
    }
}

TEST (h273_both_sides_of_a_connection)
{
    EACH_TRANSPORT (i) {
        couple_t c = couple_over (i, ZMQ_PULL, ZMQ_PUSH);
        expect_joined (&c, i);
        send_parts (c.client, "hello", NULL);
        EXPECT (c.server, "hello");
        EXPECT_END (c.client, c.client_reader);
        EXPECT_END (c.server, c.server_reader);
    }
}

TEST (h273_every_pair_of_types_succeeds_alike)
{
    static const int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR},     {ZMQ_PUB, ZMQ_SUB},
                                   {ZMQ_SUB, ZMQ_PUB},       {ZMQ_XPUB, ZMQ_XSUB},
                                   {ZMQ_REP, ZMQ_REQ},       {ZMQ_ROUTER, ZMQ_DEALER},
                                   {ZMQ_ROUTER, ZMQ_ROUTER}, {ZMQ_DEALER, ZMQ_DEALER},
                                   {ZMQ_DEALER, ZMQ_REP},    {ZMQ_PUSH, ZMQ_PULL}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        couple_t c = couple_over (TCP, types[i][0], types[i][1]);
        expect_joined (&c, TCP);
        EXPECT_END (c.client, c.client_reader);
        EXPECT_END (c.server, c.server_reader);
    }
}

TEST (s_e2_values_are_the_descriptors_of_listener_and_links)
{
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    void *pull_reader = monitor (pull), *push_reader = monitor (push);
    const char *endpoint = bind_over (TCP, pull);
    int listener = (int) EXPECT_EVENTS (pull_reader, endpoint, "LISTENING").value;
    int listens = 0;
    socklen_t size = sizeof listens;
    CHECK_OK (getsockopt (listener, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size));
    CHECK_INT (listens, 1);
    CHECK_STR (name_of (listener, getsockname), endpoint);
    CHECK_OK (zmq_connect (push, endpoint));
    int link = (int) EXPECT_EVENTS (push_reader, endpoint, "CONNECT_DELAYED CONNECTED").value;
    EXPECT_EVENTS (push_reader, endpoint, "HANDSHAKE_SUCCEEDED");
    int accepted = (int) EXPECT_EVENTS (pull_reader, endpoint, "ACCEPTED").value;
    EXPECT_EVENTS (pull_reader, endpoint, "HANDSHAKE_SUCCEEDED");
    CHECK_STR (name_of (link, getpeername), endpoint);
    CHECK_STR (name_of (accepted, getsockname), endpoint);
    CHECK_STR (name_of (accepted, getpeername), name_of (link, getsockname));
    close_socket (push);
    CHECK_INT (EXPECT_EVENTS (pull_reader, endpoint, "DISCONNECTED").value, accepted);
    CHECK_OK (zmq_unbind (pull, endpoint));
    CHECK_INT (EXPECT_EVENTS (pull_reader, endpoint, "CLOSED").value, listener);
}

TEST (s_e2_disconnected_has_the_descriptor_of_connected)
{
    EACH_TRANSPORT (i) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        const char *endpoint = bind_over (i, pull);
        void *reader = monitor (push);
        CHECK_OK (zmq_connect (push, endpoint));
        uint32_t link = SKIP_TO (reader, CONNECTED).value;
        EXPECT_EVENTS (reader, endpoint, "HANDSHAKE_SUCCEEDED");
        close_socket (pull);
        CHECK_INT (EXPECT_EVENTS (reader, endpoint, "DISCONNECTED").value, link);
    }
}

TEST (s_e3_a_name_is_reported_as_given_and_as_a_number_after_the_first_link)
{
    char given[64];
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    const char *endpoint = bind_over (TCP, pull);
    snprintf (given, sizeof given, "tcp://localhost:%s", strrchr (endpoint, ':') + 1);
    CHECK_OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    void *reader = monitor (push);
    CHECK_OK (zmq_connect (push, given));
    EXPECT_EVENTS (reader, given, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED");
    close_socket (pull);
    EXPECT_EVENTS (reader, given, "DISCONNECTED");
    EXPECT_EVENTS (reader, endpoint, "CONNECT_RETRIED CONNECT_DELAYED");
}

TEST (s_e3_a_source_address_is_part_of_the_name)
{
    char given[128];
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    const char *endpoint = bind_over (TCP, pull);
    snprintf (given, sizeof given, "tcp://127.0.0.1:0;%s", endpoint + 6);
    void *reader = monitor (push);
    CHECK_OK (zmq_connect (push, given));
    EXPECT_EVENTS (reader, given, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED");
}

TEST (s_e3_an_interface_is_reported_by_its_address)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    CHECK_OK (zmq_bind (pull, "tcp://lo:*"));
    const char *endpoint = kept (last_endpoint (pull));
    CHECK_INT (strncmp (endpoint, "tcp://127.0.0.1:", 16), 0);
    EXPECT_EVENTS (reader, endpoint, "LISTENING");
    connected (ZMQ_PUSH, endpoint);
    EXPECT_EVENTS (reader, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
}

/* Only the loopback interface is listened at, which the option makes sure of. */
TEST (s_e3_a_wildcard_listens_at_all_addresses_and_accepts_at_one)
{
    char concrete[64];
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    CHECK_OK (set_str (pull, ZMQ_BINDTODEVICE, "lo"));
    CHECK_OK (zmq_bind (pull, "tcp://*:*"));
    const char *endpoint = kept (last_endpoint (pull));
    CHECK_INT (strncmp (endpoint, "tcp://0.0.0.0:", 14), 0);
    EXPECT_EVENTS (reader, endpoint, "LISTENING");
    snprintf (concrete, sizeof concrete, "tcp://127.0.0.1:%s", strrchr (endpoint, ':') + 1);
    void *push = connected (ZMQ_PUSH, concrete);
    EXPECT_EVENTS (reader, concrete, "ACCEPTED HANDSHAKE_SUCCEEDED");
    close_socket (push);
    EXPECT_EVENTS (reader, concrete, "DISCONNECTED");
    CHECK_OK (zmq_unbind (pull, endpoint));
    EXPECT_EVENTS (reader, endpoint, "CLOSED");
    EXPECT_END (pull, reader);
}

TEST (s_e3_ipc_endpoints_of_each_form)
{
    CHECK_OK (setenv ("TMPDIR", P_tmpdir, 0));
    const char *path = ipc_endpoint ();
    const char *given[] = {path, "ipc://*", free_endpoint (IPC)};
    for (int i = 0; i < 3; i++) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        void *pull_reader = monitor (pull), *push_reader = monitor (push);
        const char *endpoint = bind_to (pull, given[i]);
        CHECK_INT (strcmp (endpoint, given[i]) == 0, i != 1);
        CHECK_OK (zmq_connect (push, endpoint));
        EXPECT_EVENTS (push_reader, endpoint, "CONNECTED HANDSHAKE_SUCCEEDED");
        EXPECT_EVENTS (pull_reader, endpoint, "LISTENING ACCEPTED HANDSHAKE_SUCCEEDED");
        close_socket (push);
        EXPECT_EVENTS (pull_reader, endpoint, "DISCONNECTED");
        close_socket (pull);
        EXPECT_EVENTS (pull_reader, endpoint, "CLOSED");
        EXPECT_EVENTS (pull_reader, "", "MONITOR_STOPPED");
    }
    remove_ipc (path);
}

TEST (h282_stopping_gives_monitor_stopped_last)
{
    EACH_TRANSPORT (i) {
        couple_t c = couple_over (i, ZMQ_PULL, ZMQ_PUSH);
        expect_joined (&c, i);
        EXPECT_END (c.client, c.client_reader);
        EXPECT_END (c.server, c.server_reader);
        close_socket (c.client);
        close_socket (c.server);
        WAIT_UNTIL (settle (c.server_reader) == 0 && settle (c.client_reader) == 0);
        EXPECT_NOTHING (c.server_reader);
        EXPECT_NOTHING (c.client_reader);
    }
}

TEST (h283_the_second_monitor_gets_what_comes_after_it)
{
    void *pull = new_socket (ZMQ_PULL), *first = monitor (pull);
    const char *endpoint = bind_over (TCP, pull);
    EXPECT_EVENTS (first, endpoint, "LISTENING");
    void *second = monitor (pull);
    EXPECT_EVENTS (first, "", "MONITOR_STOPPED");
    void *push = connected (ZMQ_PUSH, endpoint);
    EXPECT_EVENTS (second, endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
    void *third = monitor_some (pull, ZMQ_EVENT_DISCONNECTED);
    EXPECT_EVENTS (second, "", "MONITOR_STOPPED");
    close_socket (push);
    EXPECT_EVENTS (third, endpoint, "DISCONNECTED");
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    EXPECT_NOTHING (first);
    EXPECT_NOTHING (second);
}

TEST (h284_the_mask_picks_events)
{
    static const struct
    {
        int mask;
        const char *server, *client;
    } rows[] = {
      {ZMQ_EVENT_LISTENING, "LISTENING", ""},
      {ZMQ_EVENT_ACCEPTED, "ACCEPTED", ""},
      {ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED, "", "CONNECTED"},
      {ZMQ_EVENT_CONNECT_DELAYED | ZMQ_EVENT_MONITOR_STOPPED, "MONITOR_STOPPED",
       "CONNECT_DELAYED MONITOR_STOPPED"},
      {ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_CLOSED, "HANDSHAKE_SUCCEEDED CLOSED",
       "HANDSHAKE_SUCCEEDED"},
      {0x8000, "", ""},
      {0, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        void *pull_reader = monitor_some (pull, rows[i].mask);
        void *push_reader = monitor_some (push, rows[i].mask);
        const char *endpoint = bind_over (TCP, pull);
        CHECK_OK (zmq_connect (push, endpoint));
        send_parts (push, "hello", NULL);
        EXPECT (pull, "hello");
        close_socket (push);
        close_socket (pull);
        EXPECT_EVENTS (push_reader, NULL, rows[i].client);
        EXPECT_EVENTS (pull_reader, NULL, rows[i].server);
        WAIT_UNTIL (settle (push_reader) == 0 && settle (pull_reader) == 0);
    }
}

TEST (h285_events_of_a_connect_before_the_reader_are_kept)
{
    EACH_TRANSPORT (i) {
        char name[32];
        snprintf (name, sizeof name, "inproc://late-%d", i);
        void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
        const char *endpoint = bind_over (i, pull);
        CHECK_OK (zmq_socket_monitor (push, name, ZMQ_EVENT_ALL));
        CHECK_OK (zmq_connect (push, endpoint));
        void *reader = connected (ZMQ_PAIR, name);
        EXPECT_EVENTS (reader, endpoint, connecting (i));
        EXPECT_END (push, reader);
    }
}

static void *bind_and_wait (void *pull_)
{
    CHECK_OK (zmq_bind (pull_, free_endpoint (TCP)));
    return NULL;
}

TEST (h285_the_listening_event_before_the_reader_is_kept)
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, "inproc://late", ZMQ_EVENT_ALL));
    pthread_t binder = start (bind_and_wait, pull); /* a reference waits for the reader in there */
    void *reader = connected (ZMQ_PAIR, "inproc://late");
    join (binder);
    EXPECT_EVENTS (reader, last_endpoint (pull), "LISTENING");
    EXPECT_END (pull, reader);
}

OURS_ONLY (a82_a_bind_does_not_wait_for_the_reader, "a reference waits for the reader")
{
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (pull, "inproc://late", ZMQ_EVENT_ALL));
    const char *endpoint = bind_over (TCP, pull);
    void *push = connected (ZMQ_PUSH, endpoint);
    send_parts (push, "hello", NULL);
    EXPECT (pull, "hello");
    void *reader = connected (ZMQ_PAIR, "inproc://late");
    EXPECT_EVENTS (reader, endpoint, "LISTENING ACCEPTED HANDSHAKE_SUCCEEDED");
    EXPECT_END (pull, reader);
}

OURS_ONLY (a82_events_beyond_the_hwm_of_a_silent_reader_hold_nobody_up,
           "a reference stops until somebody reads")
{
    int listening = 0, closed = 0;
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    for (int i = 0; i < 1500; i++) {
        const char *endpoint = bind_over (IPC, pull);
        CHECK_OK (zmq_unbind (pull, endpoint));
    }
    for (int i = 0; i < 3000; i++) {
        event_t event = NEXT_EVENT (reader);
        listening += event.number == ZMQ_EVENT_LISTENING;
        closed += event.number == ZMQ_EVENT_CLOSED;
    }
    CHECK_INT (listening, 1500);
    CHECK_INT (closed, 1500);
    EXPECT_END (pull, reader);
}

TEST (s_e1_a_monitor_may_watch_a_socket_that_reads_another_monitor)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull), *second = monitor (reader);
    const char *endpoint = bind_over (TCP, pull);
    EXPECT_EVENTS (reader, endpoint, "LISTENING");
    EXPECT_END (reader, second);
    EXPECT_END (pull, reader);
}

TEST (s_e1_all_endpoints_of_a_socket_speak_through_one_monitor)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    const char *tcp = bind_over (TCP, pull), *other = bind_over (TCP, pull);
    const char *ipc = bind_over (IPC, pull);
    EXPECT_EVENTS (reader, tcp, "LISTENING");
    EXPECT_EVENTS (reader, other, "LISTENING");
    EXPECT_EVENTS (reader, ipc, "LISTENING");
    connected (ZMQ_PUSH, ipc);
    EXPECT_EVENTS (reader, ipc, "ACCEPTED HANDSHAKE_SUCCEEDED");
    connected (ZMQ_PUSH, other);
    EXPECT_EVENTS (reader, other, "ACCEPTED HANDSHAKE_SUCCEEDED");
    CHECK_OK (zmq_unbind (pull, other));
    EXPECT_EVENTS (reader, other, "CLOSED");
    CHECK_OK (zmq_unbind (pull, tcp));
    EXPECT_EVENTS (reader, tcp, "CLOSED");
    EXPECT_END (pull, reader);
}

TEST (s_e1_a_term_stops_monitors)
{
    void *pull = new_socket (ZMQ_PULL), *reader = monitor (pull);
    const char *endpoint = bind_over (TCP, pull);
    EXPECT_EVENTS (reader, endpoint, "LISTENING");
    CHECK_OK (zmq_ctx_shutdown (context ()));
    char byte;
    CHECK_FAIL (zmq_recv (reader, &byte, 1, 0), ETERM);
    CHECK_FAIL (zmq_socket_monitor (pull, "inproc://more", ZMQ_EVENT_ALL), ETERM);
}
