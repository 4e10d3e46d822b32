/* What zmq_msg_gets and ZMQ_SRCFD say of the link a message came from. */
#include "rawpeer.h"

/* Receives the next frame, waiting for it, into `msg_`, which is open. */
static void recv_msg (void *socket_, zmq_msg_t *msg_)
{
    CHECK_INT (wait_for (socket_, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK (zmq_msg_recv (msg_, socket_, ZMQ_DONTWAIT) != -1);
}

/* Receives a frame and drops it. */
static void take_one (void *socket_)
{
    CHECK_INT (wait_for (socket_, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK_INT (take (socket_, 1), 1);
}

/* The property of a message has this value; NULL stands for none. */
static void check_property (const char *file_, int line_, const zmq_msg_t *msg_, const char *name_,
                            const char *value_)
{
    errno = 0;
    const char *got = zmq_msg_gets (msg_, name_);
    int error = errno;
    if (!got != !value_ || (got && strcmp (got, value_) != 0))
        t_fail (file_, line_, "%s is \"%s\", expected \"%s\"", name_, got ? got : "(null)",
                value_ ? value_ : "(null)");
    if (!got && error != EINVAL)
        t_fail (file_, line_, "no %s gave errno %s", name_, errno_name (error));
}
#define CHECK_PROPERTY(msg_, name_, value_)                                                        \
    check_property (__FILE__, __LINE__, msg_, name_, value_)

/* The next frame has this property. */
#define EXPECT_PROPERTY(socket_, name_, value_)                                                    \
    do {                                                                                           \
        zmq_msg_t t_msg;                                                                           \
        CHECK_OK (zmq_msg_init (&t_msg));                                                          \
        recv_msg (socket_, &t_msg);                                                                \
        CHECK_PROPERTY (&t_msg, name_, value_);                                                    \
        CHECK_OK (zmq_msg_close (&t_msg));                                                         \
    } while (0)

/* What Peer-Address says in this process. */
static const char *peer_address (int transport_)
{
    char text[64];
    if (transport_ == TCP)
        return "127.0.0.1";
    snprintf (text, sizeof text, "localhost:%d:%d:%d", (int) getuid (), (int) getgid (),
              (int) getpid ());
    return kept (text);
}

TEST (h295_properties_of_a_link)
{
    EACH_TRANSPORT (i) {
        zmq_msg_t msg;
        void *router = new_socket (ZMQ_ROUTER), *dealer = socket_with_id (ZMQ_DEALER, "me");
        CHECK_OK (zmq_connect (dealer, bind_over (i, router)));
        send_parts (dealer, "hello", NULL);
        CHECK_OK (zmq_msg_init (&msg));
        recv_msg (router, &msg);
        recv_msg (router, &msg);
        CHECK_PROPERTY (&msg, "Socket-Type", "DEALER");
        CHECK_PROPERTY (&msg, "Identity", "me");
        CHECK_PROPERTY (&msg, "Peer-Address", peer_address (i));
        CHECK_PROPERTY (&msg, "User-Id", NULL);
        CHECK_PROPERTY (&msg, "Routing-Id", NULL);
        CHECK_PROPERTY (&msg, "Nothing", NULL);
        CHECK_PROPERTY (&msg, "", NULL);
        CHECK_PROPERTY (&msg, "socket-type", NULL);
        CHECK_PROPERTY (&msg, "PEER-ADDRESS", NULL);
        CHECK_PROPERTY (&msg, "Socket-Typ", NULL);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (h295_every_type_says_what_it_is)
{
    static const struct
    {
        int server, client;
        const char *server_says, *client_says;
    } rows[] = {
      {ZMQ_PAIR, ZMQ_PAIR, "PAIR", "PAIR"},         {ZMQ_ROUTER, ZMQ_REQ, "ROUTER", "REQ"},
      {ZMQ_DEALER, ZMQ_REP, "DEALER", "REP"},       {ZMQ_ROUTER, ZMQ_DEALER, "ROUTER", "DEALER"},
      {ZMQ_DEALER, ZMQ_DEALER, "DEALER", "DEALER"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char id[16];
        void *server = new_socket (rows[i].server), *client = new_socket (rows[i].client);
        CHECK_OK (zmq_connect (client, bind_over (TCP, server)));
        if (rows[i].client == ZMQ_REP) {
            send_parts (server, "", "question", NULL);
            EXPECT_PROPERTY (client, "Socket-Type", rows[i].server_says);
            send_parts (client, "answer", NULL);
            EXPECT_PROPERTY (server, "Socket-Type", rows[i].client_says);
            continue;
        }
        send_parts (client, "question", NULL);
        if (rows[i].server == ZMQ_ROUTER) {
            CHECK_INT (zmq_recv (server, id, sizeof id, 0), 5);
            if (rows[i].client == ZMQ_REQ)
                EXPECT_PROPERTY (server, "Socket-Type", rows[i].client_says);
            EXPECT_PROPERTY (server, "Socket-Type", rows[i].client_says);
            CHECK_INT (zmq_send (server, id, 5, ZMQ_SNDMORE), 5);
            if (rows[i].client == ZMQ_REQ)
                CHECK_INT (zmq_send (server, "", 0, ZMQ_SNDMORE), 0);
        } else
            EXPECT_PROPERTY (server, "Socket-Type", rows[i].client_says);
        CHECK_INT (zmq_send (server, "answer", 6, 0), 6);
        EXPECT_PROPERTY (client, "Socket-Type", rows[i].server_says);
    }
}

TEST (h295_one_way_types_say_what_they_are)
{
    static const struct
    {
        int receiver, sender;
        const char *says;
    } rows[] = {
      {ZMQ_PULL, ZMQ_PUSH, "PUSH"}, {ZMQ_SUB, ZMQ_PUB, "PUB"}, {ZMQ_SUB, ZMQ_XPUB, "XPUB"},
      {ZMQ_XSUB, ZMQ_PUB, "PUB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *receiver = new_socket (rows[i].receiver), *sender = new_socket (rows[i].sender);
        CHECK_OK (zmq_connect (sender, bind_over (TCP, receiver)));
        if (rows[i].receiver == ZMQ_SUB)
            subscribe (receiver, "");
        if (rows[i].receiver == ZMQ_XSUB)
            CHECK_INT (zmq_send (receiver, "\1", 1, 0), 1);
        WAIT_UNTIL ((send_str (sender, "hello", 0), settle (receiver) & ZMQ_POLLIN));
        EXPECT_PROPERTY (receiver, "Socket-Type", rows[i].says);
    }
}

TEST (f_identity_is_that_of_types_that_have_one)
{
    static const struct
    {
        int server, client;
        const char *given, *identity;
    } rows[] = {
      {ZMQ_ROUTER, ZMQ_DEALER, "me", "me"}, {ZMQ_ROUTER, ZMQ_DEALER, NULL, ""},
      {ZMQ_ROUTER, ZMQ_REQ, "me", "me"},    {ZMQ_DEALER, ZMQ_DEALER, "me", "me"},
      {ZMQ_PULL, ZMQ_PUSH, "me", NULL},     {ZMQ_PAIR, ZMQ_PAIR, "me", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *server = new_socket (rows[i].server), *client = new_socket (rows[i].client);
        if (rows[i].given)
            CHECK_OK (set_str (client, ZMQ_ROUTING_ID, rows[i].given));
        CHECK_OK (zmq_connect (client, bind_over (TCP, server)));
        send_parts (client, "hello", NULL);
        if (rows[i].server == ZMQ_ROUTER)
            take_one (server);
        EXPECT_PROPERTY (server, "Identity", rows[i].identity);
    }
}

/* True when the loopback interface has ::1. */
static int has_ipv6 (void)
{
    struct sockaddr_in6 place = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int there = fd >= 0 && bind (fd, (struct sockaddr *) &place, sizeof place) == 0;
    if (fd >= 0)
        close (fd);
    return there;
}

TEST (w56_the_address_of_a_peer_over_ipv6)
{
    if (!has_ipv6 ())
        return;
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (pull, ZMQ_IPV6, 1));
    CHECK_OK (set_int (push, ZMQ_IPV6, 1));
    CHECK_OK (zmq_connect (push, bind_to (pull, "tcp://[::1]:*")));
    send_parts (push, "hello", NULL);
    EXPECT_PROPERTY (pull, "Peer-Address", "::1");
}

TEST (w56_the_address_of_a_mapped_peer)
{
    if (!has_ipv6 ())
        return;
    char endpoint[64];
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_IPV6, 1));
    CHECK_OK (set_str (pull, ZMQ_BINDTODEVICE, "lo"));
    const char *port = strrchr (bind_to (pull, "tcp://[::]:*"), ':') + 1;
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", port);
    send_parts (connected (ZMQ_PUSH, endpoint), "hello", NULL);
    EXPECT_PROPERTY (pull, "Peer-Address", "::ffff:127.0.0.1");
}

TEST (w56_the_address_on_the_connecting_side)
{
    EACH_TRANSPORT (i) {
        void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
        CHECK_OK (zmq_connect (pull, bind_over (i, push)));
        send_parts (push, "hello", NULL);
        EXPECT_PROPERTY (pull, "Peer-Address", peer_address (i));
    }
}

TEST (w56_the_address_of_another_process)
{
    int pipes[2];
    CHECK_OK (pipe (pipes));
    void *pull = new_socket (ZMQ_PULL);
    const char *endpoint = bind_over (IPC, pull);
    pid_t child = fork ();
    if (child == 0) { /* a plain peer: nothing of the library is used here */
        char byte;
        int fd = plain_connect (endpoint);
        zmtp_handshake (fd, "PUSH");
        PLAIN_WRITE (fd, "\0\5hello");
        read (pipes[0], &byte, 1);
        _exit (0);
    }
    char address[64];
    snprintf (address, sizeof address, "localhost:%d:%d:%d", (int) getuid (), (int) getgid (),
              (int) child);
    EXPECT_PROPERTY (pull, "Peer-Address", address);
    CHECK_INT (write (pipes[1], "x", 1), 1);
    CHECK_INT (waitpid (child, NULL, 0), child);
}

SINCE_4_3_5 (f_srcfd_is_the_descriptor_of_the_link) /* before, the id of a ROUTER had none */
{
    zmq_msg_t msg;
    void *router = new_socket (ZMQ_ROUTER), *dealer = new_socket (ZMQ_DEALER);
    const char *endpoint = bind_over (TCP, router);
    CHECK_OK (zmq_connect (dealer, endpoint));
    send_parts (dealer, "one", "two", NULL);
    CHECK_OK (zmq_msg_init (&msg));
    for (int part = 0; part < 3; part++) {
        recv_msg (router, &msg);
        int fd = zmq_msg_get (&msg, ZMQ_SRCFD);
        CHECK (fd > 2);
        CHECK_STR (name_of (fd, getsockname), endpoint);
        CHECK_INT (zmq_msg_get (&msg, ZMQ_MORE), part < 2);
    }
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_srcfd_tells_links_apart)
{
    EACH_TRANSPORT (i) {
        int fds[2];
        zmq_msg_t msg;
        void *pull = new_socket (ZMQ_PULL);
        const char *endpoint = bind_over (i, pull);
        CHECK_OK (zmq_msg_init (&msg));
        for (int j = 0; j < 2; j++) {
            send_parts (connected (ZMQ_PUSH, endpoint), "hello", NULL);
            recv_msg (pull, &msg);
            fds[j] = zmq_msg_get (&msg, ZMQ_SRCFD);
            CHECK (fds[j] > 2 && fcntl (fds[j], F_GETFD) != -1);
        }
        CHECK (fds[0] != fds[1]);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

SINCE_4_3_5 (f_every_part_has_the_properties) /* before, the id of a ROUTER had none */
{
    EACH_TRANSPORT (i) {
        zmq_msg_t msg;
        void *router = new_socket (ZMQ_ROUTER), *dealer = socket_with_id (ZMQ_DEALER, "me");
        CHECK_OK (zmq_connect (dealer, bind_over (i, router)));
        send_parts (dealer, "one", "", "three", NULL);
        CHECK_OK (zmq_msg_init (&msg));
        for (int part = 0; part < 4; part++) {
            recv_msg (router, &msg);
            CHECK_PROPERTY (&msg, "Socket-Type", "DEALER");
            CHECK_PROPERTY (&msg, "Identity", "me");
            CHECK_PROPERTY (&msg, "Peer-Address", peer_address (i));
            CHECK_INT (zmq_msg_more (&msg), part < 3);
        }
        CHECK_OK (zmq_msg_close (&msg));
    }
}

SINCE_4_3_5 (h133_a_query_of_events_loses_no_properties) /* before, the id of a ROUTER had none */
{
    zmq_msg_t msg;
    void *router = new_socket (ZMQ_ROUTER), *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_connect (dealer, bind_over (TCP, router)));
    send_parts (dealer, "one", "two", NULL);
    WAIT_UNTIL (settle (router) & ZMQ_POLLIN);
    CHECK_OK (zmq_msg_init (&msg));
    for (int part = 0; part < 3; part++) {
        CHECK (settle (router) & ZMQ_POLLIN);
        recv_msg (router, &msg);
        CHECK_PROPERTY (&msg, "Socket-Type", "DEALER");
        CHECK_PROPERTY (&msg, "Peer-Address", "127.0.0.1");
    }
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_messages_of_every_size_have_the_properties)
{
    static const size_t sizes[] = {0, 1, 29, 30, 33, 34, 255, 256, 8191, 8192, 100000};
    static char bytes[100000];
    zmq_msg_t msg;
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, bind_over (TCP, pull)));
    CHECK_OK (zmq_msg_init (&msg));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_INT (zmq_send (push, bytes, sizes[i], 0), sizes[i]);
        recv_msg (pull, &msg);
        CHECK_INT (zmq_msg_size (&msg), sizes[i]);
        CHECK_PROPERTY (&msg, "Socket-Type", "PUSH");
    }
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_copies_and_moved_messages_keep_them)
{
    zmq_msg_t msg, copy, moved;
    void *pull = new_socket (ZMQ_PULL), *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, bind_over (TCP, pull)));
    send_parts (push, "hello", NULL);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_init (&moved));
    recv_msg (pull, &msg);
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK_OK (zmq_msg_move (&moved, &msg));
    CHECK_PROPERTY (&msg, "Socket-Type", NULL);
    CHECK_PROPERTY (&moved, "Socket-Type", "PUSH");
    CHECK_OK (zmq_msg_close (&moved));
    CHECK_PROPERTY (&copy, "Socket-Type", "PUSH");
    CHECK_PROPERTY (&copy, "Peer-Address", "127.0.0.1");
    CHECK (zmq_msg_get (&copy, ZMQ_SRCFD) > 2);
    CHECK_OK (zmq_msg_close (&copy));
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_properties_outlive_the_link)
{
    zmq_msg_t msg;
    void *pull = new_socket (ZMQ_PULL), *push = socket_with_id (ZMQ_PUSH, "me");
    CHECK_OK (zmq_connect (push, bind_over (TCP, pull)));
    send_parts (push, "hello", NULL);
    CHECK_OK (zmq_msg_init (&msg));
    recv_msg (pull, &msg);
    const char *type = zmq_msg_gets (&msg, "Socket-Type");
    CHECK_STR (type, "PUSH");
    close_socket (push);
    close_socket (pull);
    finish ();
    CHECK_STR (type, "PUSH"); /* the text belongs to the message */
    CHECK_PROPERTY (&msg, "Peer-Address", "127.0.0.1");
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h298_a_forwarded_message_has_the_properties_of_its_last_link)
{
    zmq_msg_t msg;
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    void *router = new_socket (ZMQ_ROUTER), *dealer = new_socket (ZMQ_DEALER), *a, *b;
    CHECK_OK (zmq_connect (push, bind_over (TCP, pull)));
    CHECK_OK (zmq_connect (dealer, bind_over (IPC, router)));
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    CHECK_OK (zmq_msg_init (&msg));
    send_parts (push, "hello", NULL);
    recv_msg (pull, &msg);
    CHECK_PROPERTY (&msg, "Socket-Type", "PUSH");
    CHECK_INT (zmq_msg_send (&msg, dealer, 0), 5);
    recv_msg (router, &msg);
    recv_msg (router, &msg);
    CHECK_PROPERTY (&msg, "Socket-Type", "DEALER");
    CHECK_PROPERTY (&msg, "Peer-Address", peer_address (IPC));
    CHECK_INT (zmq_msg_send (&msg, a, 0), 5);
    recv_msg (b, &msg);
    CHECK_INT (memcmp (zmq_msg_data (&msg), "hello", 5), 0);
    CHECK_PROPERTY (&msg, "Socket-Type", NULL);
    CHECK_PROPERTY (&msg, "Peer-Address", NULL);
    CHECK_FAIL (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (h299_inproc_has_no_properties)
{
    zmq_msg_t msg;
    void *a, *b;
    inproc_pair (ZMQ_ROUTER, ZMQ_DEALER, &a, &b);
    send_parts (b, "hello", NULL);
    CHECK_OK (zmq_msg_init (&msg));
    for (int part = 0; part < 2; part++) {
        recv_msg (a, &msg);
        CHECK_PROPERTY (&msg, "Socket-Type", NULL);
        CHECK_PROPERTY (&msg, "Identity", NULL);
        CHECK_PROPERTY (&msg, "Peer-Address", NULL);
        CHECK_FAIL (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    }
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_a_subscription_has_the_properties_of_its_link)
{
    EACH_TRANSPORT (i) {
        zmq_msg_t msg;
        void *xpub = new_socket (ZMQ_XPUB), *sub = new_socket (ZMQ_SUB);
        subscribe (sub, "topic");
        CHECK_OK (zmq_connect (sub, bind_over (i, xpub)));
        CHECK_OK (zmq_msg_init (&msg));
        recv_msg (xpub, &msg);
        CHECK_INT (zmq_msg_size (&msg), 6);
        CHECK_PROPERTY (&msg, "Socket-Type", "SUB");
        CHECK_PROPERTY (&msg, "Peer-Address", peer_address (i));
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (f_a_request_and_its_reply_have_properties)
{
    zmq_msg_t msg;
    void *rep = new_socket (ZMQ_REP), *req = socket_with_id (ZMQ_REQ, "me");
    CHECK_OK (zmq_connect (req, bind_over (TCP, rep)));
    CHECK_OK (zmq_msg_init (&msg));
    send_parts (req, "question", NULL);
    recv_msg (rep, &msg);
    CHECK_PROPERTY (&msg, "Socket-Type", "REQ");
    CHECK_PROPERTY (&msg, "Identity", "me");
    CHECK_INT (zmq_msg_send (&msg, rep, 0), 8);
    recv_msg (req, &msg);
    CHECK_PROPERTY (&msg, "Socket-Type", "REP");
    CHECK_PROPERTY (&msg, "Identity", NULL);
    CHECK_OK (zmq_msg_close (&msg));
}

/* ---- application properties ---------------------------------------------------------------- */

#ifndef ZMQ_METADATA
#define ZMQ_METADATA 95 /* of the draft API; builds without it know the number */
#endif

TEST (h297_application_properties_reach_the_other_side)
{
    EACH_TRANSPORT (i) {
        zmq_msg_t msg;
        void *router = new_socket (ZMQ_ROUTER), *dealer = new_socket (ZMQ_DEALER);
        CHECK_OK (set_str (dealer, ZMQ_METADATA, "X-name:value"));
        CHECK_OK (set_str (dealer, ZMQ_METADATA, "X-url:tcp://127.0.0.1:5555"));
        CHECK_OK (set_str (dealer, ZMQ_METADATA, "X-name:second"));
        CHECK_OK (set_str (router, ZMQ_METADATA, "X-name:router"));
        CHECK_OK (zmq_connect (dealer, bind_over (i, router)));
        CHECK_OK (set_str (dealer, ZMQ_METADATA, "X-late:value"));
        send_parts (dealer, "one", "two", NULL);
        CHECK_OK (zmq_msg_init (&msg));
        char id[5];
        for (int part = 0; part < 3; part++) {
            recv_msg (router, &msg);
            if (part == 0) {
                memcpy (id, zmq_msg_data (&msg), sizeof id);
                continue;
            }
            CHECK_PROPERTY (&msg, "X-name", "value");
            CHECK_PROPERTY (&msg, "X-url", "tcp://127.0.0.1:5555");
            CHECK_PROPERTY (&msg, "X-late", NULL);
            CHECK_PROPERTY (&msg, "x-name", NULL);
            CHECK_PROPERTY (&msg, "Socket-Type", "DEALER");
        }
        CHECK_INT (zmq_send (router, id, sizeof id, ZMQ_SNDMORE), 5);
        send_parts (router, "back", NULL);
        recv_msg (dealer, &msg);
        CHECK_PROPERTY (&msg, "X-name", "router");
        CHECK_PROPERTY (&msg, "X-url", NULL);
        CHECK_OK (zmq_msg_close (&msg));
    }
}

TEST (h297_application_properties_that_are_refused)
{
    static const char *const bad[] = {"name:value", "X-name", "X-name:", ":value", "x-name:value",
                                      "X:value", "", "Socket-Type:DEALER", "X-:a"};
    char longest[300];
    void *dealer = new_socket (ZMQ_DEALER);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAIL (set_str (dealer, ZMQ_METADATA, bad[i]), EINVAL);
    snprintf (longest, sizeof longest, "X-%0253d:v", 0);
    CHECK_OK (set_str (dealer, ZMQ_METADATA, longest));
    snprintf (longest, sizeof longest, "X-%0254d:v", 0);
    CHECK_FAIL (set_str (dealer, ZMQ_METADATA, longest), EINVAL);
    CHECK_FAIL (zmq_setsockopt (dealer, ZMQ_METADATA, NULL, 0), EINVAL);
    char value[16];
    size_t size = sizeof value;
    CHECK_FAIL (zmq_getsockopt (dealer, ZMQ_METADATA, value, &size), EINVAL);
}

TEST (h297_every_type_sends_application_properties)
{
    static const int types[][2] = {{ZMQ_PULL, ZMQ_PUSH}, {ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_REP, ZMQ_REQ}};
    for (int i = 0; i < 3; i++) {
        void *server = new_socket (types[i][0]), *client = new_socket (types[i][1]);
        CHECK_OK (set_str (client, ZMQ_METADATA, "X-name:value"));
        CHECK_OK (zmq_connect (client, bind_over (TCP, server)));
        send_parts (client, "hello", NULL);
        EXPECT_PROPERTY (server, "X-name", "value");
    }
}

/* ---- what a peer made by hand says of itself ------------------------------------------------ */

/* Receives a message of a DEALER made by hand that has these properties, in their encoding. */
static void recv_from_peer (zmq_msg_t *msg_, const char *more_, const char *end_)
{
    void *dealer = new_socket (ZMQ_DEALER);
    int peer = plain_connect (bind_over (TCP, dealer));
    zmtp_handshake_with (peer, "DEALER", more_, (size_t) (end_ - more_));
    PLAIN_WRITE (peer, "\0\5hello");
    CHECK_OK (zmq_msg_init (msg_));
    recv_msg (dealer, msg_);
}

TEST (w54_of_two_properties_of_one_name_the_first_is_seen)
{
    zmq_msg_t msg;
    char more[128], *end = zmtp_property (more, "X-name", "first", 5);
    end = zmtp_property (end, "X-name", "second", 6);
    recv_from_peer (&msg, more, end);
    CHECK_PROPERTY (&msg, "X-name", "first");
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (w44_any_property_of_a_peer_is_seen)
{
    zmq_msg_t msg;
    char more[128], *end = zmtp_property (more, "Resource", "some", 4);
    end = zmtp_property (end, "X-empty", "", 0);
    end = zmtp_property (end, "X-zero", "a\0b", 3);
    end = zmtp_property (end, "socket-type", "PUB", 3);
    recv_from_peer (&msg, more, end);
    CHECK_PROPERTY (&msg, "Resource", "some");
    CHECK_PROPERTY (&msg, "X-empty", "");
    CHECK_PROPERTY (&msg, "X-zero", "a"); /* as a C string ends there */
    CHECK_PROPERTY (&msg, "socket-type", "PUB");
    CHECK_PROPERTY (&msg, "Socket-Type", "DEALER");
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (w44_a_peer_that_says_nothing_has_an_address_only)
{
    zmq_msg_t msg;
    void *dealer = new_socket (ZMQ_DEALER);
    int peer = plain_connect (bind_over (TCP, dealer));
    zmtp_greet (peer, "NULL");
    PLAIN_WRITE (peer, "\4\6\5READY");
    char body[256];
    size_t size;
    zmtp_greeted (peer);
    zmtp_read (peer, body, &size);
    PLAIN_WRITE (peer, "\0\5hello");
    CHECK_OK (zmq_msg_init (&msg));
    recv_msg (dealer, &msg);
    CHECK_PROPERTY (&msg, "Socket-Type", NULL);
    CHECK_PROPERTY (&msg, "Identity", NULL);
    CHECK_PROPERTY (&msg, "Peer-Address", "127.0.0.1");
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (w44_a_peer_cannot_choose_its_address_or_descriptor)
{
    zmq_msg_t msg;
    char more[128], *end = zmtp_property (more, "Peer-Address", "192.0.2.1", 9);
    end = zmtp_property (end, "__fd", "0", 1);
    recv_from_peer (&msg, more, end);
    CHECK_PROPERTY (&msg, "Peer-Address", "127.0.0.1");
    CHECK (zmq_msg_get (&msg, ZMQ_SRCFD) > 2);
    CHECK_OK (zmq_msg_close (&msg));
}

OURS_ONLY (w52_a_peer_cannot_say_which_user_it_is, "a reference believes it if nobody was asked")
{
    zmq_msg_t msg;
    char more[128], *end = zmtp_property (more, "User-Id", "root", 4);
    end = zmtp_property (end, "Routing-Id", "forged", 6);
    recv_from_peer (&msg, more, end);
    CHECK_PROPERTY (&msg, "User-Id", NULL);
    CHECK_PROPERTY (&msg, "Routing-Id", NULL);
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_the_last_identity_routes_and_the_first_is_seen)
{
    zmq_msg_t msg;
    void *router = new_socket (ZMQ_ROUTER);
    int peer = plain_connect (bind_over (TCP, router));
    char more[128], *end = zmtp_property (more, "Identity", "one", 3);
    end = zmtp_property (end, "Identity", "three", 5);
    zmtp_handshake_with (peer, "DEALER", more, (size_t) (end - more));
    PLAIN_WRITE (peer, "\0\5hello");
    CHECK_OK (zmq_msg_init (&msg));
    recv_msg (router, &msg);
    CHECK_INT (zmq_msg_size (&msg), 5);
    CHECK_INT (memcmp (zmq_msg_data (&msg), "three", 5), 0);
    recv_msg (router, &msg);
    CHECK_PROPERTY (&msg, "Identity", "one");
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (f_a_peer_of_zmtp_2_has_no_properties)
{
    zmq_msg_t msg;
    void *dealer = new_socket (ZMQ_DEALER);
    int peer = plain_connect (bind_over (TCP, dealer));
    PLAIN_WRITE (peer, "\xff\0\0\0\0\0\0\0\1\x7f\1\5\0\2me\0\5hello");
    CHECK_OK (zmq_msg_init (&msg));
    recv_msg (dealer, &msg);
    CHECK_INT (memcmp (zmq_msg_data (&msg), "hello", 5), 0);
    CHECK_PROPERTY (&msg, "Socket-Type", NULL);
    CHECK_PROPERTY (&msg, "Identity", NULL);
    CHECK_PROPERTY (&msg, "Peer-Address", NULL);
    CHECK_FAIL (zmq_msg_get (&msg, ZMQ_SRCFD), EINVAL);
    CHECK_OK (zmq_msg_close (&msg));
}
