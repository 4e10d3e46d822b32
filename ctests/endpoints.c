/* Endpoint strings and inproc. */
#include "test.h"

typedef int call_t (void *, const char *);
static call_t *const calls[] = {zmq_bind, zmq_connect, zmq_unbind, zmq_disconnect};

static void check_all (const char *endpoint_, int errno_)
{
    void *socket = new_socket (ZMQ_PAIR);
    for (int i = 0; i < 4; i++) {
        errno = 0;
        int rc = calls[i](socket, endpoint_);
        if (rc != -1 || errno != errno_)
            FAIL ("call %d with \"%s\" got %d %s, expected %s", i, endpoint_, rc,
                  errno_name (errno), errno_name (errno_));
    }
    CHECK_STR (last_endpoint (socket), "");
    close_socket (socket);
}

TEST (a61_malformed_endpoints_are_einval)
{
    static const char *const malformed[] = {"",       "tcp",       "tcp:",      "tcp:/x", "tcp://",
                                            "://x",   "inproc",    "inproc://", "://",
                                            "inproc:/a",
                                            "foo",    "foo://",    "inproc:a",  " ",      "//"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        check_all (malformed[i], EINVAL);
}

TEST (a61_unknown_transports_are_eprotonosupport)
{
    static const char *const unknown[] = {"foo://x",  "TCP://127.0.0.1:1", " tcp://127.0.0.1:1",
                                          "Inproc://a", "inproc ://a",       "INPROC://a"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        check_all (unknown[i], EPROTONOSUPPORT);
}

TEST (h234_null_endpoint_of_unbind_and_disconnect_is_einval)
{
    void *socket = new_socket (ZMQ_PAIR);
    CHECK_FAIL (zmq_unbind (socket, NULL), EINVAL);
    CHECK_FAIL (zmq_disconnect (socket, NULL), EINVAL);
}

TEST (h234_unknown_endpoints_are_enoent)
{
    void *socket = new_socket (ZMQ_PAIR);
    CHECK_FAIL (zmq_unbind (socket, "inproc://nothing"), ENOENT);
    CHECK_FAIL (zmq_disconnect (socket, "inproc://nothing"), ENOENT);
}

TEST (a61_the_first_separator_splits)
{
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (a, "inproc://x://y"));
    CHECK_OK (zmq_connect (b, "inproc://x://y"));
    bounce (a, b);
}

TEST (h241_taken_name_is_eaddrinuse)
{
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (a, "inproc://name"));
    CHECK_FAIL (zmq_bind (b, "inproc://name"), EADDRINUSE);
    CHECK_FAIL (zmq_bind (a, "inproc://name"), EADDRINUSE);
    CHECK_STR (last_endpoint (b), "");
    CHECK_STR (last_endpoint (a), "inproc://name");
    /* names are compared byte for byte */
    CHECK_OK (zmq_bind (b, "inproc://Name"));
    CHECK_OK (zmq_bind (a, "inproc://name "));
}

TEST (h241_contexts_have_names_of_their_own)
{
    void *other = zmq_ctx_new ();
    void *a = new_socket (ZMQ_PAIR), *b = zmq_socket (other, ZMQ_PAIR);
    CHECK_OK (zmq_bind (a, "inproc://name"));
    CHECK_OK (zmq_bind (b, "inproc://name"));
    CHECK_OK (zmq_close (b));
    CHECK_OK (zmq_ctx_term (other));
}

TEST (h242_unbind_frees_the_name_and_keeps_links)
{
    void *a, *b;
    a = new_socket (ZMQ_PAIR);
    b = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (a, "inproc://name"));
    CHECK_OK (zmq_connect (b, "inproc://name"));
    CHECK_OK (zmq_unbind (a, "inproc://name"));
    CHECK_FAIL (zmq_unbind (a, "inproc://name"), ENOENT);
    bounce (a, b);
    void *c = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (c, "inproc://name"));
    bounce (b, a);
    CHECK_STR (last_endpoint (a), "inproc://name");
}

TEST (h243_connect_before_bind)
{
    void *first = new_socket (ZMQ_PUSH), *second = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (first, "inproc://later"));
    CHECK_OK (zmq_connect (second, "inproc://later"));
    CHECK_STR (last_endpoint (first), "inproc://later");
    send_parts (first, "1", "2", NULL);
    send_parts (first, "3", NULL);
    send_parts (second, "1", "2", NULL);
    send_parts (second, "3", NULL);
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://later"));
    /* present at once, and served in turn */
    CHECK_INT (settle (pull), ZMQ_POLLIN);
    EXPECT (pull, "1", "2");
    EXPECT (pull, "1", "2");
    EXPECT (pull, "3");
    EXPECT (pull, "3");
    EXPECT_NOTHING (pull);
}

TEST (a45_binder_may_be_of_any_type_and_speak_first)
{
    void *pair = new_socket (ZMQ_PAIR), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_connect (pull, "inproc://odd"));
    CHECK_OK (zmq_bind (pair, "inproc://odd"));
    send_parts (pair, "from a PAIR to a PULL", NULL);
    EXPECT (pull, "from a PAIR to a PULL");
}

TEST (a45_connecting_twice_makes_two_links)
{
    static const int types[] = {ZMQ_DEALER, ZMQ_PUSH};
    for (int i = 0; i < 2; i++) {
        void *pull = new_socket (ZMQ_PULL), *socket = new_socket (types[i]);
        CHECK_OK (set_int (pull, ZMQ_RCVHWM, 1));
        CHECK_OK (set_int (socket, ZMQ_SNDHWM, 1));
        CHECK_OK (zmq_bind (pull, "inproc://twice"));
        CHECK_OK (zmq_connect (socket, "inproc://twice"));
        CHECK_OK (zmq_connect (socket, "inproc://twice"));
        int sent = 0;
        while (zmq_send (socket, "a", 1, ZMQ_DONTWAIT) == 1)
            sent++;
        CHECK_INT (sent, 4);
        /* and one disconnect ends both */
        CHECK_OK (zmq_disconnect (socket, "inproc://twice"));
        CHECK_FAIL (zmq_disconnect (socket, "inproc://twice"), ENOENT);
        WAIT_UNTIL (settle (socket) == 0);
        CHECK_FAIL (zmq_send (socket, "a", 1, ZMQ_DONTWAIT), EAGAIN);
        CHECK_OK (zmq_unbind (pull, "inproc://twice"));
    }
}

TEST (a45_disconnect_leaves_what_was_sent)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://leave"));
    CHECK_OK (zmq_connect (push, "inproc://leave"));
    send_parts (push, "sent", NULL);
    CHECK_OK (zmq_disconnect (push, "inproc://leave"));
    CHECK_FAIL (zmq_send (push, "late", 4, ZMQ_DONTWAIT), EAGAIN);
    EXPECT (pull, "sent");
    EXPECT_NOTHING (pull);
}

TEST (a45_disconnect_before_the_bind)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_connect (push, "inproc://leave"));
    CHECK_OK (zmq_disconnect (push, "inproc://leave"));
    CHECK_FAIL (zmq_disconnect (push, "inproc://leave"), ENOENT);
    settle (push);
    CHECK_OK (zmq_bind (pull, "inproc://leave"));
    CHECK_FAIL (zmq_send (push, "late", 4, ZMQ_DONTWAIT), EAGAIN);
}

TEST (a45_unbind_and_disconnect_are_the_same)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://same"));
    CHECK_OK (zmq_connect (push, "inproc://same"));
    CHECK_OK (zmq_disconnect (pull, "inproc://same"));
    CHECK_OK (zmq_bind (pull, "inproc://same"));
    CHECK_OK (zmq_unbind (push, "inproc://same"));
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (zmq_send (push, "late", 4, ZMQ_DONTWAIT), EAGAIN);
}

TEST (a45_a_socket_connects_to_itself)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_bind (dealer, "inproc://self"));
    CHECK_OK (zmq_connect (dealer, "inproc://self"));
    send_parts (dealer, "to myself", NULL);
    EXPECT (dealer, "to myself");
}

TEST (a45_no_reconnection_when_the_binder_goes)
{
    void *push = new_socket (ZMQ_PUSH), *pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://gone"));
    CHECK_OK (zmq_connect (push, "inproc://gone"));
    CHECK_OK (zmq_unbind (pull, "inproc://gone"));
    close_socket (pull);
    WAIT_UNTIL (settle (push) == 0);
    CHECK_FAIL (zmq_send (push, "a", 1, ZMQ_DONTWAIT), EAGAIN);
    pull = new_socket (ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://gone"));
    CHECK_FAIL (zmq_send (push, "a", 1, ZMQ_DONTWAIT), EAGAIN);
    CHECK_OK (zmq_connect (push, "inproc://gone"));
    send_parts (push, "again", NULL);
    EXPECT (pull, "again");
}

TEST (h246_long_names)
{
    char endpoint[1100];
    memset (endpoint, 'n', sizeof endpoint);
    memcpy (endpoint, "inproc://", 9);
    endpoint[9 + 1000] = 0;
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (a, endpoint));
    CHECK_OK (zmq_connect (b, endpoint));
    bounce (a, b);
    char text[1100];
    size_t size = sizeof text;
    CHECK_OK (zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, text, &size));
    CHECK_INT (size, strlen (endpoint) + 1);
    CHECK_STR (text, endpoint);
}

TEST (a64_any_byte_is_a_name)
{
    void *a = new_socket (ZMQ_PAIR), *b = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (a, "inproc://\xff %41/*:é"));
    CHECK_OK (zmq_connect (b, "inproc://\xff %41/*:é"));
    bounce (a, b);
}

TEST (a45_last_endpoint_follows_success_only)
{
    void *a = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_bind (a, "inproc://one"));
    CHECK_OK (zmq_bind (a, "inproc://two"));
    CHECK_STR (last_endpoint (a), "inproc://two");
    CHECK_FAIL (zmq_bind (a, "inproc://one"), EADDRINUSE);
    CHECK_FAIL (zmq_bind (a, "foo://three"), EPROTONOSUPPORT);
    CHECK_STR (last_endpoint (a), "inproc://two");
    CHECK_OK (zmq_connect (a, "inproc://three"));
    CHECK_STR (last_endpoint (a), "inproc://three");
    CHECK_OK (zmq_unbind (a, "inproc://two"));
    CHECK_OK (zmq_disconnect (a, "inproc://three"));
    CHECK_STR (last_endpoint (a), "inproc://three");
}

/* One of many threads: connects, or binds, names that its counterpart binds, or connects. */
typedef struct
{
    int number;
    int binds;
} side_t;

static void *one_side (void *arg_)
{
    const side_t *side = arg_;
    char endpoint[64];
    snprintf (endpoint, sizeof endpoint, "inproc://race-%d", side->number);
    void *socket = zmq_socket (context (), ZMQ_PAIR);
    CHECK (socket != NULL);
    CHECK_OK (side->binds ? zmq_bind (socket, endpoint) : zmq_connect (socket, endpoint));
    if (side->binds)
        EXPECT (socket, "hello");
    else
        CHECK_INT (send_str (socket, "hello", 0), 5);
    CHECK_OK (zmq_close (socket));
    return NULL;
}

TEST (h244_connect_and_bind_race_from_100_threads)
{
    pthread_t threads[100];
    side_t sides[100];
    context ();
    for (int i = 0; i < 100; i++) {
        sides[i] = (side_t){i / 2, i % 2};
        threads[i] = start (one_side, &sides[i]);
    }
    for (int i = 0; i < 100; i++)
        join (threads[i]);
}
