/* tcp endpoints: what may be written, what becomes of it, and the options that act on them. */
#include "network.h"

#include <net/if.h>

/* An endpoint, and the errno that it gives; 0 for success. */
typedef struct
{
    const char *endpoint;
    int err;
} row_t;

/* Tries all rows of a table on a fresh socket each, and shows the one that is wrong. */
static void try_rows (int (*call_) (void *, const char *), const row_t *rows_, int ipv6_)
{
    for (; rows_->endpoint; rows_++) {
        void *socket = new_socket (ZMQ_DEALER);
        CHECK_OK (set_int (socket, ZMQ_IPV6, ipv6_));
        errno = 0;
        int rc = call_ (socket, rows_->endpoint);
        int err = rc == 0 ? 0 : errno;
        if (err != rows_->err || (rc != 0 && rc != -1))
            FAIL ("\"%s\" got %d (%s), expected %s", rows_->endpoint, rc, errno_name (err),
                  errno_name (rows_->err));
        if (rc == -1)
            CHECK_STR (last_endpoint (socket), "");
        CHECK_OK (set_int (socket, ZMQ_LINGER, 0));
        close_socket (socket);
    }
}

/* True when ::1 can be bound; without it there is nothing to test. */
static int has_ipv6 (void)
{
    int fd = socket (AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int rc = bind (fd, (struct sockaddr *) &address, sizeof address);
    close (fd);
    return rc == 0;
}

/* The port that stands at the end of a bound endpoint, whose rest is `prefix_`. */
static int port_after (void *socket_, const char *prefix_)
{
    const char *place = place_of (socket_);
    if (strncmp (place, prefix_, strlen (prefix_)) != 0)
        FAIL ("bound to %s, expected %s...", place, prefix_);
    int port = port_of (place);
    CHECK (port > 0 && port < 65536);
    CHECK_STR (place, text_of ("%s%d", prefix_, port));
    return port;
}

TEST (h227_a_wildcard_port_gives_an_endpoint_to_connect_to)
{
    static const char *forms[] = {"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://127.1:*",
                                  "tcp://lo:*", "tcp://[127.0.0.1]:*"};
    for (int i = 0; i < 5; i++) {
        void *server = bound (ZMQ_DEALER, forms[i]);
        port_after (server, "tcp://127.0.0.1:");
        void *client = connected (ZMQ_DEALER, last_endpoint (server));
        bounce (server, client);
    }
}

SINCE_4_3_5 (a62_a_name_is_resolved_for_a_bind)
{
    void *server = bound (ZMQ_DEALER, "tcp://localhost:*");
    port_after (server, "tcp://127.0.0.1:");
    bounce (server, connected (ZMQ_DEALER, last_endpoint (server)));
}

TEST (h227_the_length_of_last_endpoint_includes_the_end)
{
    void *server = bound (ZMQ_DEALER, "tcp://127.0.0.1:*");
    char text[256];
    size_t size = sizeof text;
    CHECK_OK (zmq_getsockopt (server, ZMQ_LAST_ENDPOINT, text, &size));
    CHECK_INT (size, strlen (text) + 1);
    size = strlen (text);
    CHECK_FAIL (zmq_getsockopt (server, ZMQ_LAST_ENDPOINT, text, &size), EINVAL);
}

TEST (a62_all_interfaces)
{
    static const char *forms[] = {"tcp://*:*", "tcp://*:0", "tcp://0.0.0.0:*"};
    for (int i = 0; i < 3; i++) {
        void *server = bound (ZMQ_DEALER, forms[i]);
        int port = port_after (server, "tcp://0.0.0.0:");
        void *client = connected (ZMQ_DEALER, text_of ("tcp://127.0.0.1:%d", port));
        bounce (server, client);
    }
}

TEST (h232_last_endpoint_of_explicit_binds_is_the_literal_string)
{
    void *server = new_socket (ZMQ_DEALER);
    const char *one = fresh ("tcp"), *two = fresh ("tcp");
    CHECK_OK (zmq_bind (server, one));
    CHECK_STR (last_endpoint (server), one);
    CHECK_OK (zmq_bind (server, two));
    CHECK_STR (last_endpoint (server), two);
    CHECK_FAIL (zmq_bind (server, one), EADDRINUSE);
    CHECK_STR (last_endpoint (server), two);
    CHECK_OK (zmq_unbind (server, two));
    CHECK_STR (last_endpoint (server), two);
}

TEST (a62_last_endpoint_of_a_connect_is_the_string_given)
{
    static const char *forms[] = {"tcp://localhost:9", "tcp://127.1:9", "tcp://nobody..nowhere:9",
                                  "tcp://127.0.0.1:0;127.0.0.1:9"};
    for (int i = 0; i < 4; i++) {
        void *client = connected (ZMQ_DEALER, forms[i]);
        CHECK_STR (last_endpoint (client), forms[i]);
        CHECK_OK (zmq_disconnect (client, forms[i]));
        CHECK_STR (last_endpoint (client), forms[i]);
    }
}

TEST (h228_an_address_in_use_gives_eaddrinuse)
{
    void *one = new_socket (ZMQ_DEALER), *two = new_socket (ZMQ_DEALER);
    const char *place = fresh ("tcp");
    CHECK_OK (zmq_bind (one, place));
    CHECK_FAIL (zmq_bind (two, place), EADDRINUSE);
    CHECK_FAIL (zmq_bind (one, place), EADDRINUSE);
    CHECK_FAIL (zmq_bind (two, text_of ("tcp://*:%d", port_of (place))), EADDRINUSE);
    void *client = connected (ZMQ_DEALER, place);
    bounce (one, client);
    /* another address of the same port is free */
    CHECK_OK (zmq_bind (two, text_of ("tcp://127.0.0.2:%d", port_of (place))));
    void *wide = bound (ZMQ_DEALER, "tcp://*:*");
    CHECK_FAIL (zmq_bind (two, text_of ("tcp://127.0.0.1:%d", port_after (wide, "tcp://0.0.0.0:"))),
                EADDRINUSE);
}

TEST (h229_binds_that_fail)
{
    static const row_t rows[] = {
      {"tcp://192.0.2.1:*", EADDRNOTAVAIL},
      {"tcp://192.0.2.1:5555", EADDRNOTAVAIL},
      {"tcp://nointerface0:*", ENODEV},
      {"tcp://nobody..nowhere:*", ENODEV},
      {"tcp://:*", ENODEV},
      {"tcp://:5555", ENODEV},
      {"tcp://[::1]:*", ENODEV},
      {"tcp://::1:*", ENODEV},
      {"tcp://127.0.0.1", EINVAL},
      {"tcp://*", EINVAL},
      {"tcp://127.0.0.1:", EINVAL},
      {"tcp://127.0.0.1:http", EINVAL},
      {"tcp://127.0.0.1:abc", EINVAL},
      {"tcp://127.0.0.1:00", EINVAL},
      {"tcp://127.0.0.1:**", EINVAL},
      {"tcp://127.0.0.1: ", EINVAL},
      {"tcp://127.0.0.1:*;127.0.0.1:*", 0},
      {"tcp://nointerface0:*;127.0.0.1:*", ENODEV},
      {"tcp://127.0.0.1;127.0.0.1:*", EINVAL},
      {"tcp://127.0.0.1%:*", EINVAL},
      {"tcp://127.0.0.1%0:*", EINVAL},
      {"tcp://127.0.0.1%nointerface0:*", EINVAL},
      {"tcp://127.0.0.1%lo:*", 0},
      {"tcp://127.0.0.1%1:*", 0},
      {"tcp://", EINVAL},
      {"TCP://127.0.0.1:*", EPROTONOSUPPORT},
      {" tcp://127.0.0.1:*", EPROTONOSUPPORT},
      {NULL, 0}};
    try_rows (zmq_bind, rows, 0);
}

TEST (h229_a_socket_goes_on_after_a_failed_bind)
{
    void *server = new_socket (ZMQ_DEALER);
    CHECK_FAIL (zmq_bind (server, "tcp://192.0.2.1:*"), EADDRNOTAVAIL);
    CHECK_FAIL (zmq_bind (server, "tcp://nointerface0:*"), ENODEV);
    CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
    bounce (server, connected (ZMQ_DEALER, last_endpoint (server)));
}

TEST (h230_connects_that_cannot_succeed_return_0)
{
    static const row_t rows[] = {
      {"tcp://127.0.0.1:1", 0},
      {"tcp://127.0.0.1:0", 0},
      {"tcp://nobody..nowhere:5555", 0},
      {"tcp://a_b..c:5555", 0},
      {"tcp://:5555", 0},
      {"tcp://[::1]:5555", 0},
      {"tcp://::1:5555", 0},
      {"tcp://127.0.0.1:5555x", 0},
      {"tcp://127.0.0.1%lo:1", 0},
      {"tcp://127.0.0.1:0;127.0.0.1:1", 0},
      {NULL, 0}};
    try_rows (zmq_connect, rows, 0);
}

TEST (h231_malformed_connects_give_einval)
{
    static const row_t rows[] = {
      {"tcp://127.0.0.1", EINVAL},
      {"tcp://localhost", EINVAL},
      {"tcp://127.0.0.1:", EINVAL},
      {"tcp://127.0.0.1:*", EINVAL},
      {"tcp://*:5555", EINVAL},
      {"tcp://*:*", EINVAL},
      {"tcp://127.0.0.1:http", EINVAL},
      {"tcp://127.0.0.1: 5555", EINVAL},
      {"tcp://127.0.0.1:-1", EINVAL},
      {"tcp:// 127.0.0.1:5555", EINVAL},
      {"tcp://-a:5555", EINVAL},
      {"tcp://.a:5555", EINVAL},
      {"tcp://_a:5555", EINVAL},
      {"tcp://a/b:5555", EINVAL},
      {"tcp://a,b:5555", EINVAL},
      {"tcp://a@b:5555", EINVAL},
      {"tcp://a b:5555", EINVAL},
      {"tcp://\xc3\xa9:5555", EINVAL},
      {"tcp://*:0;127.0.0.1:5555", EINVAL},
      {"tcp://;127.0.0.1:5555", EINVAL},
      {"tcp://", EINVAL},
      {"tcp:/127.0.0.1:5555", EINVAL},
      {"://127.0.0.1:5555", EINVAL},
      {"Tcp://127.0.0.1:5555", EPROTONOSUPPORT},
      {NULL, 0}};
    try_rows (zmq_connect, rows, 0);
}

TEST (a62_ipv6_binds)
{
    if (!has_ipv6 ())
        return;
    static const char *forms[][2] = {{"tcp://[::1]:*", "tcp://[::1]:"},
                                     {"tcp://::1:*", "tcp://[::1]:"},
                                     {"tcp://*:*", "tcp://[::]:"},
                                     {"tcp://[::]:*", "tcp://[::]:"},
                                     {"tcp://127.0.0.1:*", "tcp://[::ffff:127.0.0.1]:"},
                                     {"tcp://[::ffff:127.0.0.1]:*", "tcp://[::ffff:127.0.0.1]:"}};
    for (int i = 0; i < 6; i++) {
        void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
        CHECK_OK (set_int (server, ZMQ_IPV6, 1));
        CHECK_OK (zmq_bind (server, forms[i][0]));
        int port = port_after (server, forms[i][1]);
        CHECK_OK (set_int (client, ZMQ_IPV6, 1));
        CHECK_OK (zmq_connect (client, i < 2 || i == 3 ? text_of ("tcp://[::1]:%d", port)
                                                       : text_of ("tcp://127.0.0.1:%d", port)));
        bounce (server, client);
    }
}

TEST (a62_all_interfaces_of_ipv6_take_ipv4_clients)
{
    if (!has_ipv6 ())
        return;
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, ZMQ_IPV6, 1));
    CHECK_OK (zmq_bind (server, "tcp://*:*"));
    int port = port_after (server, "tcp://[::]:");
    void *client = connected (ZMQ_DEALER, text_of ("tcp://127.0.0.1:%d", port));
    bounce (server, client);
}

TEST (a62_ipv6_zones)
{
    if (!has_ipv6 ())
        return;
    static const row_t rows[] = {
      {"tcp://[::1%lo]:*", 0},
      {"tcp://[::1%1]:*", 0},
      {"tcp://[::1%]:*", EINVAL},
      {"tcp://[::1%0]:*", EINVAL},
      {"tcp://[::1%nointerface0]:*", EINVAL},
      {"tcp://[::1:*", ENODEV},
      {"tcp://[2001:db8::1]:*", EADDRNOTAVAIL},
      {NULL, 0}};
    try_rows (zmq_bind, rows, 1);
}

/* The address of the peer of a connection that a raw listener accepted. */
static const char *peer_of (int fd_)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    CHECK_OK (getpeername (fd_, (struct sockaddr *) &address, &size));
    return text_of ("%s:%d", inet_ntoa (address.sin_addr), ntohs (address.sin_port));
}

TEST (h248_a_source_address_is_used)
{
    const char *place = fresh ("tcp");
    int listener = raw_listen (place, 10), source = fresh_port ();
    void *client = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_connect (client, text_of ("tcp://127.0.0.1:%d;%s", source, place + 6)));
    CHECK_STR (peer_of (raw_accept (listener)), text_of ("127.0.0.1:%d", source));
    CHECK_OK (zmq_connect (client, text_of ("tcp://127.0.0.2:0;%s", place + 6)));
    CHECK (strncmp (peer_of (raw_accept (listener)), "127.0.0.2:", 10) == 0);
    CHECK_OK (zmq_connect (client, text_of ("tcp://127.0.0.3:*;%s", place + 6)));
    CHECK (strncmp (peer_of (raw_accept (listener)), "127.0.0.3:", 10) == 0);
    CHECK_OK (zmq_connect (client, text_of ("tcp://lo:*;%s", place + 6)));
    CHECK (strncmp (peer_of (raw_accept (listener)), "127.0.0.1:", 10) == 0);
}

TEST (a62_a_name_is_resolved_for_a_connection)
{
    void *server = bound (ZMQ_DEALER, "tcp://127.0.0.1:*");
    void *client =
      connected (ZMQ_DEALER, text_of ("tcp://localhost:%d", port_of (last_endpoint (server))));
    bounce (server, client);
}

TEST (h248_both_ends_of_a_connection_with_a_source_talk)
{
    void *server = bound (ZMQ_DEALER, "tcp://127.0.0.1:*");
    void *client =
      connected (ZMQ_DEALER, text_of ("tcp://127.0.0.1:0;%s", last_endpoint (server) + 6));
    bounce (server, client);
}

TEST (a62_a_source_that_cannot_be_had_is_retried)
{
    void *server = bound (ZMQ_DEALER, "tcp://127.0.0.1:*"), *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    void *events = watch (client);
    CHECK_OK (zmq_connect (client, text_of ("tcp://192.0.2.1:0;%s", last_endpoint (server) + 6)));
    AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
    AWAIT (events, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_INT (settle (server), 0);
}

TEST (a62_the_options_of_tcp_are_set_on_what_is_accepted_and_connected)
{
    const char *place = fresh ("tcp");
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, ZMQ_RCVBUF, 100000));
    CHECK_OK (set_int (server, ZMQ_SNDBUF, 120000));
    CHECK_OK (set_int (server, ZMQ_BACKLOG, 3));
    CHECK_OK (set_int (server, ZMQ_TOS, 0x28));
    CHECK_OK (set_int (server, ZMQ_TCP_KEEPALIVE, 1));
    CHECK_OK (set_int (server, ZMQ_TCP_KEEPALIVE_CNT, 7));
    CHECK_OK (set_int (server, ZMQ_TCP_KEEPALIVE_IDLE, 77));
    CHECK_OK (set_int (server, ZMQ_TCP_KEEPALIVE_INTVL, 17));
    CHECK_OK (set_int (server, ZMQ_TCP_MAXRT, 7000));
    void *events = watch (server);
    CHECK_OK (zmq_bind (server, place));
    int listener = EXPECT_EVENT (events, ZMQ_EVENT_LISTENING);
    raw_peer (place, "DEALER");
    int accepted = EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
    static const struct
    {
        int level, option, value;
    } rows[] = {{SOL_SOCKET, SO_RCVBUF, 200000},    {SOL_SOCKET, SO_SNDBUF, 240000},
                {IPPROTO_IP, IP_TOS, 0x28},         {SOL_SOCKET, SO_KEEPALIVE, 1},
                {IPPROTO_TCP, TCP_KEEPCNT, 7},      {IPPROTO_TCP, TCP_KEEPIDLE, 77},
                {IPPROTO_TCP, TCP_KEEPINTVL, 17},   {IPPROTO_TCP, TCP_USER_TIMEOUT, 7000},
                {IPPROTO_TCP, TCP_NODELAY, 1}};
    EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED); /* and they have been set */
    for (int i = 0; i < 9; i++) {
        int value = -1;
        socklen_t size = sizeof value;
        CHECK_OK (getsockopt (accepted, rows[i].level, rows[i].option, &value, &size));
        if (value != rows[i].value)
            FAIL ("option %d of level %d is %d, expected %d", rows[i].option, rows[i].level, value,
                  rows[i].value);
    }
    CHECK (fcntl (accepted, F_GETFD) & FD_CLOEXEC);
    CHECK (fcntl (listener, F_GETFD) & FD_CLOEXEC);
    struct tcp_info info;
    socklen_t size = sizeof info;
    CHECK_OK (getsockopt (listener, IPPROTO_TCP, TCP_INFO, &info, &size));
    CHECK_INT (info.tcpi_sacked, 3); /* of a listener: its backlog */
}

TEST (h249_bindtodevice_reads_back)
{
    void *server = new_socket (ZMQ_DEALER);
    char text[32];
    size_t size = sizeof text;
    CHECK_OK (zmq_getsockopt (server, ZMQ_BINDTODEVICE, text, &size));
    CHECK_INT (size, 1);
    CHECK_STR (text, "");
    CHECK_OK (set_str (server, ZMQ_BINDTODEVICE, "lo"));
    size = sizeof text;
    CHECK_OK (zmq_getsockopt (server, ZMQ_BINDTODEVICE, text, &size));
    CHECK_INT (size, 3);
    CHECK_STR (text, "lo");
    CHECK_FAIL (set_str (server, ZMQ_BINDTODEVICE, "seventeen-letters"), EINVAL);
}

TEST (h249_bindtodevice_acts)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (server, ZMQ_BINDTODEVICE, "nointerface0"));
    CHECK_FAIL (zmq_bind (server, "tcp://127.0.0.1:*"), ENODEV);
    CHECK_OK (set_str (server, ZMQ_BINDTODEVICE, "lo"));
    CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
    CHECK_OK (set_str (client, ZMQ_BINDTODEVICE, "lo"));
    CHECK_OK (zmq_connect (client, last_endpoint (server)));
    bounce (server, client);
}

TEST (h247_use_fd_listens_on_a_prepared_descriptor)
{
    const char *place = fresh ("tcp");
    int fd = raw_listen (place, 10);
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (server, ZMQ_USE_FD, fd));
    CHECK_INT (get_int (server, ZMQ_USE_FD), fd);
    CHECK_OK (zmq_bind (server, "tcp://not parsed at all"));
    CHECK_STR (last_endpoint (server), place);
    bounce (server, connected (ZMQ_DEALER, place));
    CHECK_OK (zmq_unbind (server, place));
    WAIT_UNTIL (fcntl (fd, F_GETFD) == -1); /* it belonged to the socket */
}

/* Binds a socket with these filters and checks whether a client from `source_` gets in. */
static void try_filters (const char *one_, const char *two_, const char *source_, int admitted_)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, one_));
    if (two_)
        CHECK_OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, two_));
    void *events = watch (server);
    CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
    EXPECT_EVENT (events, ZMQ_EVENT_LISTENING);
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (client, text_of ("tcp://%s:0;%s", source_, last_endpoint (server) + 6)));
    if (admitted_) {
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPTED);
        bounce (server, client);
    } else {
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPT_FAILED);
        EXPECT_EVENT (events, ZMQ_EVENT_ACCEPT_FAILED); /* it comes again */
    }
    close_socket (client);
    close_socket (server);
}

TEST (a54_accept_filters_decide_who_gets_in)
{
    try_filters ("127.0.0.1", NULL, "127.0.0.1", 1);
    try_filters ("127.0.0.1", NULL, "127.0.0.2", 0);
    try_filters ("127.0.0.0/8", NULL, "127.0.0.2", 1);
    try_filters ("127.0.0.2/31", NULL, "127.0.0.3", 1);
    try_filters ("127.0.0.2/31", NULL, "127.0.0.4", 0);
    try_filters ("0.0.0.0/0", NULL, "127.0.0.1", 1);
    try_filters ("10.0.0.0/8", NULL, "127.0.0.1", 0);
    try_filters ("10.0.0.0/8", "127.0.0.1", "127.0.0.1", 1);
}

TEST (a54_no_accept_filter_is_left_after_clearing)
{
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, "10.0.0.0/8"));
    CHECK_OK (zmq_setsockopt (server, ZMQ_TCP_ACCEPT_FILTER, NULL, 0));
    CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
    bounce (server, connected (ZMQ_DEALER, last_endpoint (server)));
}

TEST (a54_a_refused_client_sees_its_handshake_fail)
{
    void *server = new_socket (ZMQ_DEALER), *client = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, "10.0.0.0/8"));
    CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    void *events = watch (client);
    CHECK_OK (zmq_connect (client, last_endpoint (server)));
    for (int i = 0; i < 2; i++) {
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECTED);
        int why = EXPECT_EVENT (events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        CHECK (why == EPIPE || why == ECONNRESET);
        EXPECT_EVENT (events, ZMQ_EVENT_DISCONNECTED);
        EXPECT_EVENT (events, ZMQ_EVENT_CONNECT_RETRIED);
    }
}

TEST (s_d10_an_endpoint_keeps_the_filters_of_its_bind)
{
    void *server = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_bind (server, "tcp://127.0.0.1:*"));
    CHECK_OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, "10.0.0.0/8"));
    bounce (server, connected (ZMQ_DEALER, last_endpoint (server)));
}
