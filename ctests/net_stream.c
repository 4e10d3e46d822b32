/* STREAM: bytes of any protocol over tcp and ipc. */
#include "raw.h"

/* A bound STREAM, a plain peer of it, and the id of their link, with its notification read. */
typedef struct
{
    void *stream;
    const char *endpoint;
    int peer;
    raw_id id;
} link_t;

static link_t link_over (int transport_)
{
    link_t l = {new_socket (ZMQ_STREAM), NULL, 0, {{0}, 0}};
    l.endpoint = bind_over (transport_, l.stream);
    l.peer = plain_connect (l.endpoint);
    l.id = EXPECT_NOTICE (l.stream);
    return l;
}

/* The id that the socket assigned last. */
static raw_id assigned (void *stream_)
{
    raw_id id;
    id.size = sizeof id.bytes;
    CHECK_OK (zmq_getsockopt (stream_, ZMQ_ROUTING_ID, id.bytes, &id.size));
    return id;
}

/* The number in an automatic id. */
static uint32_t number_of (raw_id id_)
{
    uint32_t number;
    CHECK_INT (id_.size, 5);
    CHECK_INT (id_.bytes[0], 0);
    memcpy (&number, id_.bytes + 1, sizeof number);
    return ntohl (number);
}

TEST (h136_both_ends_are_told_of_a_link)
{
    EACH_TRANSPORT (i) {
        void *server = new_socket (ZMQ_STREAM), *client = new_socket (ZMQ_STREAM);
        CHECK_OK (zmq_connect (client, bind_over (i, server)));
        raw_id to_client = EXPECT_NOTICE (server), to_server = EXPECT_NOTICE (client);
        CHECK_OK (SEND_RAW (client, to_server, "hello"));
        EXPECT_RAW (server, to_client, "hello");
        CHECK_OK (SEND_RAW (server, to_client, "and back"));
        EXPECT_RAW (client, to_server, "and back");
        close_socket (client);
        CHECK (same_id (EXPECT_NOTICE (server), to_client));
        EXPECT_NOTHING (server);
    }
}

TEST (h137_without_notifications_only_bytes_come)
{
    EACH_TRANSPORT (i) {
        void *stream = new_socket (ZMQ_STREAM);
        CHECK_OK (set_int (stream, ZMQ_STREAM_NOTIFY, 0));
        const char *endpoint = bind_over (i, stream);
        int first = plain_connect (endpoint), second = plain_connect (endpoint);
        char got[16];
        raw_id id;
        PLAIN_WRITE (first, "hello");
        CHECK_INT (RECV_RAW (stream, &id, got, sizeof got), 5);
        CHECK_OK (close (first));
        EXPECT_GONE (stream, id);
        PLAIN_WRITE (second, "there");
        CHECK_INT (RECV_RAW (stream, &id, got, sizeof got), 5);
        CHECK_INT (memcmp (got, "there", 5), 0);
        EXPECT_NOTHING (stream);
    }
}

TEST (h137_the_option_of_notifications_is_0_or_1_of_a_stream)
{
    void *stream = new_socket (ZMQ_STREAM);
    CHECK_OK (set_int (stream, ZMQ_STREAM_NOTIFY, 1));
    CHECK_FAIL (set_int (stream, ZMQ_STREAM_NOTIFY, 2), EINVAL);
    CHECK_FAIL (set_int (stream, ZMQ_STREAM_NOTIFY, -1), EINVAL);
    int value;
    size_t size = sizeof value;
    CHECK_FAIL (zmq_getsockopt (stream, ZMQ_STREAM_NOTIFY, &value, &size), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_ROUTER), ZMQ_STREAM_NOTIFY, 0), EINVAL);
}

TEST (h138_bytes_come_with_the_id_of_their_link)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        number_of (l.id);
        PLAIN_WRITE (l.peer, "\0\1binary\xff");
        char got[16];
        raw_id id;
        CHECK_INT (RECV_RAW (l.stream, &id, got, sizeof got), 9);
        CHECK (same_id (id, l.id));
        CHECK_INT (memcmp (got, "\0\1binary\xff", 9), 0);
    }
}

TEST (h138_ids_increase_by_one)
{
    link_t l = link_over (TCP);
    uint32_t last = number_of (l.id);
    for (int i = 0; i < 5; i++) {
        plain_connect (l.endpoint);
        uint32_t next = number_of (EXPECT_NOTICE (l.stream));
        CHECK_INT (next, last + 1);
        last = next;
    }
}

TEST (h139_the_id_has_more_and_the_bytes_have_not)
{
    link_t l = link_over (TCP);
    PLAIN_WRITE (l.peer, "hello");
    zmq_msg_t id, bytes;
    CHECK_OK (zmq_msg_init (&id));
    CHECK_OK (zmq_msg_init (&bytes));
    CHECK_INT (zmq_msg_recv (&id, l.stream, 0), 5);
    CHECK_INT (zmq_msg_more (&id), 1);
    CHECK_INT (zmq_msg_recv (&bytes, l.stream, 0), 5);
    CHECK_INT (zmq_msg_more (&bytes), 0);
    CHECK_OK (zmq_msg_close (&id));
    CHECK_OK (zmq_msg_close (&bytes));
}

TEST (h140_exactly_the_bytes_are_written)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        CHECK_OK (send_raw (l.stream, l.id, "\0\1", 2));
        CHECK_OK (SEND_RAW (l.stream, l.id, "hello"));
        PLAIN_EXPECT (l.peer, "\0\1hello");
        CHECK_OK (SEND_RAW (l.stream, l.id, ""));
        PLAIN_EXPECT_END (l.peer, l.stream);
    }
}

TEST (h140_large_amounts_are_written)
{
    EACH_TRANSPORT (i) {
        size_t size = 3000000;
        char *bytes = many_bytes (size);
        link_t l = link_over (i);
        CHECK_OK (send_raw (l.stream, l.id, bytes, size));
        CHECK_OK (send_raw (l.stream, l.id, bytes, 10000));
        plain_expect (l.peer, bytes, size);
        plain_expect (l.peer, bytes, 10000);
        free (bytes);
    }
}

TEST (h141_an_unknown_id_gives_ehostunreach)
{
    link_t l = link_over (TCP);
    CHECK_FAIL (zmq_send (l.stream, "\0abcd", 5, ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_FAIL (zmq_send (l.stream, "nobody", 6, ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_FAIL (zmq_send (l.stream, "", 0, ZMQ_SNDMORE), EHOSTUNREACH);
    CHECK_OK (SEND_RAW (l.stream, l.id, "hello")); /* an id is still what is expected */
    PLAIN_EXPECT (l.peer, "hello");
}

TEST (h142_sndmore_on_the_bytes_is_ignored)
{
    link_t l = link_over (TCP);
    CHECK_INT (zmq_send (l.stream, l.id.bytes, l.id.size, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (l.stream, "one", 3, ZMQ_SNDMORE), 3);
    CHECK_INT (zmq_send (l.stream, l.id.bytes, l.id.size, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (l.stream, "two", 3, 0), 3);
    PLAIN_EXPECT (l.peer, "onetwo");
}

TEST (s_a9_an_id_without_sndmore_is_swallowed_with_the_next_frame)
{
    link_t l = link_over (TCP);
    CHECK_INT (zmq_send (l.stream, l.id.bytes, l.id.size, 0), 5);
    CHECK_INT (zmq_send (l.stream, "swallowed", 9, 0), 9);
    CHECK_OK (SEND_RAW (l.stream, l.id, "hello"));
    PLAIN_EXPECT (l.peer, "hello");
}

TEST (h143_the_end_of_a_link_is_told_after_its_bytes)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        PLAIN_WRITE (l.peer, "the last words");
        CHECK_OK (close (l.peer));
        EXPECT_RAW (l.stream, l.id, "the last words");
        CHECK (same_id (EXPECT_NOTICE (l.stream), l.id));
        EXPECT_GONE (l.stream, l.id);
        EXPECT_NOTHING (l.stream);
    }
}

TEST (h143_a_reset_ends_a_link_too)
{
    link_t l = link_over (TCP);
    plain_reset (l.peer);
    CHECK (same_id (EXPECT_NOTICE (l.stream), l.id));
    EXPECT_GONE (l.stream, l.id);
}

TEST (h144_sending_nothing_closes_the_link_after_what_was_sent)
{
    EACH_TRANSPORT (i) {
        link_t l = link_over (i);
        CHECK_OK (SEND_RAW (l.stream, l.id, "hello"));
        CHECK_OK (SEND_RAW (l.stream, l.id, "world"));
        CHECK_OK (SEND_RAW (l.stream, l.id, ""));
        PLAIN_EXPECT (l.peer, "helloworld");
        PLAIN_EXPECT_END (l.peer, l.stream);
        EXPECT_GONE (l.stream, l.id);
        EXPECT_NOTHING (l.stream); /* and nobody is told what they did themselves */
    }
}

TEST (h144_large_amounts_are_written_before_the_link_is_closed)
{
    size_t size = 3000000;
    char *bytes = many_bytes (size);
    link_t l = link_over (TCP);
    CHECK_OK (send_raw (l.stream, l.id, bytes, size));
    CHECK_OK (SEND_RAW (l.stream, l.id, ""));
    plain_expect (l.peer, bytes, size);
    PLAIN_EXPECT_END (l.peer, l.stream);
    free (bytes);
}

TEST (h144_other_links_stay)
{
    link_t l = link_over (TCP);
    int other = plain_connect (l.endpoint);
    raw_id id = EXPECT_NOTICE (l.stream);
    CHECK_OK (SEND_RAW (l.stream, l.id, ""));
    PLAIN_EXPECT_END (l.peer, l.stream);
    PLAIN_WRITE (other, "hello");
    EXPECT_RAW (l.stream, id, "hello");
    CHECK_OK (SEND_RAW (l.stream, id, "and back"));
    PLAIN_EXPECT (other, "and back");
}

TEST (h145_the_routing_id_is_that_of_the_last_link)
{
    EACH_TRANSPORT (i) {
        void *server = new_socket (ZMQ_STREAM), *client = new_socket (ZMQ_STREAM);
        const char *endpoint = bind_over (i, server);
        CHECK_INT (assigned (client).size, 0);
        CHECK_OK (zmq_connect (client, endpoint));
        raw_id id = assigned (client);
        number_of (id);
        CHECK (same_id (EXPECT_NOTICE (client), id));
        CHECK_OK (SEND_RAW (client, id, "hello"));
        raw_id back = EXPECT_NOTICE (server);
        EXPECT_RAW (server, back, "hello");
        CHECK (same_id (assigned (server), back));
        CHECK_OK (zmq_connect (client, endpoint));
        CHECK_INT (number_of (assigned (client)), number_of (id) + 1);
    }
}

TEST (h145_bytes_may_be_sent_before_the_link_is_up)
{
    const char *endpoint = free_endpoint (IPC);
    void *client = new_socket (ZMQ_STREAM), *server = new_socket (ZMQ_STREAM);
    CHECK_OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (client, endpoint));
    CHECK_OK (SEND_RAW (client, assigned (client), "early"));
    CHECK_OK (zmq_bind (server, endpoint));
    raw_id id = EXPECT_NOTICE (server);
    EXPECT_RAW (server, id, "early");
}

TEST (h146_a_link_can_be_named)
{
    EACH_TRANSPORT (i) {
        raw_id name = {"my own name", 11};
        void *server = new_socket (ZMQ_STREAM), *client = new_socket (ZMQ_STREAM);
        const char *endpoint = bind_over (i, server);
        CHECK_OK (set_str (client, ZMQ_CONNECT_ROUTING_ID, "my own name"));
        CHECK_OK (zmq_connect (client, endpoint));
        CHECK_OK (SEND_RAW (client, name, "hello"));
        CHECK (same_id (EXPECT_NOTICE (client), name));
        raw_id id = EXPECT_NOTICE (server);
        EXPECT_RAW (server, id, "hello");
        CHECK_OK (SEND_RAW (server, id, "and back"));
        EXPECT_RAW (client, name, "and back");
        CHECK_OK (zmq_connect (client, endpoint)); /* the name was for one connect */
        number_of (EXPECT_NOTICE (client));
    }
}

TEST (h147_the_address_of_the_peer_is_on_both_frames)
{
    EACH_TRANSPORT (i) {
        char local[64];
        link_t l = link_over (i);
        PLAIN_WRITE (l.peer, "hello");
        snprintf (local, sizeof local, "localhost:%d:%d:%d", (int) getuid (), (int) getgid (),
                  (int) getpid ());
        for (int part = 0; part < 2; part++) {
            zmq_msg_t msg;
            CHECK_OK (zmq_msg_init (&msg));
            CHECK_INT (zmq_msg_recv (&msg, l.stream, 0), 5);
            CHECK_STR (zmq_msg_gets (&msg, "Peer-Address"), i == TCP ? "127.0.0.1" : local);
            CHECK_NULL (zmq_msg_gets (&msg, "Socket-Type"), EINVAL);
            CHECK_NULL (zmq_msg_gets (&msg, "Identity"), EINVAL);
            CHECK (zmq_msg_get (&msg, ZMQ_SRCFD) > 2);
            CHECK_OK (zmq_msg_close (&msg));
        }
    }
}

TEST (h147_the_address_of_the_peer_is_on_notifications)
{
    void *stream = new_socket (ZMQ_STREAM);
    plain_connect (bind_over (TCP, stream));
    for (int part = 0; part < 2; part++) {
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (zmq_msg_recv (&msg, stream, 0), part ? 0 : 5);
        CHECK_STR (zmq_msg_gets (&msg, "Peer-Address"), "127.0.0.1");
        CHECK_OK (zmq_msg_close (&msg));
    }
}

/* The bytes that have come from a link, in items of any size. */
static struct
{
    char bytes[65536];
    size_t size, read;
} inbox;

/* Reads exactly so many bytes of one link. */
static const char *read_exactly (void *stream_, raw_id id_, size_t size_)
{
    while (inbox.size - inbox.read < size_) {
        raw_id id;
        size_t room = sizeof inbox.bytes - inbox.size;
        int n = RECV_RAW (stream_, &id, inbox.bytes + inbox.size, room);
        CHECK (same_id (id, id_));
        CHECK (n > 0 && (size_t) n <= room);
        inbox.size += (size_t) n;
    }
    inbox.read += size_;
    return inbox.bytes + inbox.read - size_;
}

TEST (h148_a_stream_speaks_zmtp_to_a_dealer)
{
    EACH_TRANSPORT (i) {
        char greeting[64] = {(char) 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1, 'N', 'U', 'L', 'L'};
        void *stream = new_socket (ZMQ_STREAM), *dealer = new_socket (ZMQ_DEALER);
        CHECK_OK (set_str (dealer, ZMQ_ROUTING_ID, "me"));
        CHECK_OK (zmq_connect (dealer, bind_over (i, stream)));
        raw_id id = EXPECT_NOTICE (stream);
        CHECK_INT (memcmp (read_exactly (stream, id, 10), "\xff\0\0\0\0\0\0\0\3\x7f", 10), 0);
        CHECK_OK (send_raw (stream, id, greeting, 64));
        CHECK_INT (memcmp (read_exactly (stream, id, 54), "\3\1NULL\0", 7), 0);
        CHECK_OK (send_raw (stream, id, "\4\x1c\5READY\xbSocket-Type\0\0\0\6ROUTER", 30));
        static const char ready[] =
          "\4\x2b\5READY\xbSocket-Type\0\0\0\6DEALER\x8Identity\0\0\0\2me";
        CHECK_INT (memcmp (read_exactly (stream, id, 45), ready, 45), 0);
        CHECK_OK (send_raw (stream, id, "\1\1a\0\5hello", 10));
        EXPECT (dealer, "a", "hello");
        send_parts (dealer, "b", "world", NULL);
        CHECK_INT (memcmp (read_exactly (stream, id, 10), "\1\1b\0\5world", 10), 0);
    }
}

/* ---- beyond the list ----------------------------------------------------------------------- */

/* The items that a number of bytes come in, each at most `limit_`; the link ends after them. */
static void expect_chunks (link_t *l_, size_t size_, size_t limit_)
{
    char *bytes = many_bytes (size_), *got = malloc (size_ + 1);
    size_t done = 0, largest = 0;
    plain_write (l_->peer, bytes, size_);
    CHECK_OK (close (l_->peer));
    for (;;) {
        raw_id id;
        int n = RECV_RAW (l_->stream, &id, got + done, size_ + 1 - done);
        CHECK (same_id (id, l_->id));
        if (n == 0)
            break;
        done += (size_t) n;
        CHECK (done <= size_);
        largest = (size_t) n > largest ? (size_t) n : largest;
    }
    CHECK_INT (done, size_);
    CHECK_INT (memcmp (got, bytes, size_), 0);
    CHECK (largest <= limit_);
    free (bytes);
    free (got);
}

TEST (w92_bytes_come_in_items_of_at_most_8192)
{
    EACH_TRANSPORT (i) {
        static const size_t sizes[] = {20000, 8192, 8193, 100000};
        for (int j = 0; j < 4; j++) {
            link_t l = link_over (i);
            expect_chunks (&l, sizes[j], 8192);
        }
    }
}

TEST (w8_the_limit_of_messages_is_none_of_bytes)
{
    int64_t limit = 10;
    link_t l = {new_socket (ZMQ_STREAM), NULL, 0, {{0}, 0}};
    CHECK_OK (zmq_setsockopt (l.stream, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    l.peer = plain_connect (bind_over (TCP, l.stream));
    l.id = EXPECT_NOTICE (l.stream);
    expect_chunks (&l, 20000, 8192);
}

TEST (w8_a_silent_link_is_not_closed_by_timers)
{
    link_t l = {new_socket (ZMQ_STREAM), NULL, 0, {{0}, 0}};
    CHECK_OK (set_int (l.stream, ZMQ_HANDSHAKE_IVL, 20));
    CHECK_OK (set_int (l.stream, ZMQ_HEARTBEAT_IVL, 20));
    CHECK_OK (set_int (l.stream, ZMQ_HEARTBEAT_TIMEOUT, 20));
    l.peer = plain_connect (bind_over (TCP, l.stream));
    l.id = EXPECT_NOTICE (l.stream);
    CHECK (!plain_readable (l.peer, 200));
    PLAIN_WRITE (l.peer, "still here");
    EXPECT_RAW (l.stream, l.id, "still here");
    CHECK_OK (SEND_RAW (l.stream, l.id, "fine"));
    PLAIN_EXPECT (l.peer, "fine");
}

TEST (s_a9_a_lost_link_comes_back_with_its_id)
{
    const char *endpoint;
    int listener = plain_listen (&endpoint);
    void *stream = new_socket (ZMQ_STREAM);
    CHECK_OK (set_int (stream, ZMQ_RECONNECT_IVL, 10));
    CHECK_OK (zmq_connect (stream, endpoint));
    raw_id id = assigned (stream);
    for (int round = 0; round < 3; round++) {
        int peer = plain_accept (listener);
        CHECK (same_id (EXPECT_NOTICE (stream), id));
        CHECK_OK (SEND_RAW (stream, id, "hello"));
        PLAIN_EXPECT (peer, "hello");
        PLAIN_WRITE (peer, "and back");
        EXPECT_RAW (stream, id, "and back");
        CHECK_OK (close (peer));
        CHECK (same_id (EXPECT_NOTICE (stream), id));
    }
}

TEST (s_a9_pollout_is_always_set)
{
    void *stream = new_socket (ZMQ_STREAM);
    CHECK_INT (settle (stream), ZMQ_POLLOUT);
    bind_over (TCP, stream);
    CHECK_INT (settle (stream), ZMQ_POLLOUT);
    link_t l = link_over (TCP);
    CHECK_INT (settle (l.stream), ZMQ_POLLOUT);
    PLAIN_WRITE (l.peer, "hello");
    WAIT_UNTIL (settle (l.stream) == (ZMQ_POLLIN | ZMQ_POLLOUT));
}

TEST (s_a9_a_full_link_gives_eagain_at_the_id)
{
    link_t l = {new_socket (ZMQ_STREAM), NULL, 0, {{0}, 0}};
    CHECK_OK (set_int (l.stream, ZMQ_SNDHWM, 2));
    CHECK_OK (set_int (l.stream, ZMQ_SNDBUF, 4096));
    l.endpoint = bind_over (TCP, l.stream);
    l.peer = plain_connect (l.endpoint);
    l.id = EXPECT_NOTICE (l.stream);
    size_t size = 1000000;
    char *bytes = many_bytes (size);
    int count = 0;
    /* Nobody reads. Full is what takes nothing for a while, as the network goes on taking. */
    for (int refusals = 0; refusals < 100; refusals++) {
        if (send_raw (l.stream, l.id, bytes, size) == 0) {
            refusals = 0;
            CHECK (++count < 100);
        } else
            CHECK (errno == EAGAIN);
        sleep_ms (1);
        settle (l.stream);
    }
    CHECK_OK (set_int (l.stream, ZMQ_SNDTIMEO, 20));
    CHECK_FAIL (zmq_send (l.stream, l.id.bytes, l.id.size, ZMQ_SNDMORE), EAGAIN);
    CHECK_INT (settle (l.stream), ZMQ_POLLOUT);
    for (int i = 0; i < count; i++)
        plain_expect (l.peer, bytes, size);
    WAIT_UNTIL ((settle (l.stream), SEND_RAW (l.stream, l.id, "room") == 0));
    PLAIN_EXPECT (l.peer, "room");
    free (bytes);
}

TEST (s_a9_links_do_not_mix)
{
    enum
    {
        PEERS = 10,
        ROUNDS = 20
    };
    void *stream = new_socket (ZMQ_STREAM);
    const char *endpoint = bind_over (TCP, stream);
    int peers[PEERS];
    raw_id ids[PEERS];
    for (int i = 0; i < PEERS; i++) {
        peers[i] = plain_connect (endpoint);
        ids[i] = EXPECT_NOTICE (stream);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < PEERS; i++) {
            char text[16];
            snprintf (text, sizeof text, "%02d-%02d", i, round);
            plain_write (peers[i], text, 5);
        }
    int seen[PEERS] = {0};
    char got[PEERS][ROUNDS * 5];
    for (int left = PEERS * ROUNDS * 5; left > 0;) {
        raw_id id;
        char some[8192];
        int n = RECV_RAW (stream, &id, some, sizeof some), i = 0;
        CHECK (n > 0);
        while (i < PEERS && !same_id (id, ids[i]))
            i++;
        CHECK (i < PEERS && seen[i] + n <= ROUNDS * 5);
        memcpy (got[i] + seen[i], some, (size_t) n);
        seen[i] += n;
        left -= n;
    }
    for (int i = 0; i < PEERS; i++)
        for (int round = 0; round < ROUNDS; round++) {
            char text[16];
            snprintf (text, sizeof text, "%02d-%02d", i, round);
            CHECK_INT (memcmp (got[i] + round * 5, text, 5), 0);
        }
}

TEST (s_a9_a_disconnect_ends_a_link_that_was_connected)
{
    void *server = new_socket (ZMQ_STREAM), *client = new_socket (ZMQ_STREAM);
    const char *endpoint = bind_over (TCP, server);
    CHECK_OK (zmq_connect (client, endpoint));
    raw_id to_server = EXPECT_NOTICE (client), to_client = EXPECT_NOTICE (server);
    CHECK_OK (zmq_disconnect (client, endpoint));
    WAIT_UNTIL (settle (client) && settle (server) & ZMQ_POLLIN);
    CHECK (same_id (EXPECT_NOTICE (server), to_client));
    EXPECT_GONE (client, to_server);
    CHECK_FAIL (zmq_disconnect (client, endpoint), ENOENT);
}

TEST (s_a9_an_unbind_ends_links_that_were_accepted)
{
    link_t l = link_over (TCP);
    CHECK_OK (zmq_unbind (l.stream, l.endpoint));
    WAIT_UNTIL ((settle (l.stream), plain_readable (l.peer, 0)));
    plain_drain (l.peer);
    EXPECT_GONE (l.stream, l.id);
}

TEST (s_a9_a_close_writes_what_was_sent)
{
    link_t l = link_over (TCP);
    size_t size = 1000000;
    char *bytes = many_bytes (size);
    CHECK_OK (send_raw (l.stream, l.id, bytes, size));
    close_socket (l.stream);
    plain_expect (l.peer, bytes, size);
    char byte;
    CHECK (plain_readable (l.peer, PATIENCE));
    CHECK_INT (recv (l.peer, &byte, 1, 0), 0);
    free (bytes);
}

/* A web server of three lines, as the guides show it. */
static void *serve (void *stream_)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHello, World!";
    for (int requests = 0; requests < 3;) {
        raw_id id;
        char request[4096];
        int n = RECV_RAW (stream_, &id, request, sizeof request - 1);
        if (n == 0)
            continue; /* somebody has come or gone */
        request[n] = 0;
        CHECK_INT (strncmp (request, "GET / HTTP/1.0\r\n", 16), 0);
        CHECK_INT (zmq_send (stream_, id.bytes, id.size, ZMQ_SNDMORE), id.size);
        CHECK_INT (send_str (stream_, answer, 0), strlen (answer));
        CHECK_INT (zmq_send (stream_, id.bytes, id.size, ZMQ_SNDMORE), id.size);
        CHECK_INT (zmq_send (stream_, "", 0, 0), 0);
        requests++;
    }
    WAIT_UNTIL (settle (stream_) == ZMQ_POLLOUT);
    return NULL;
}

TEST (s_a9_a_web_server)
{
    void *stream = new_socket (ZMQ_STREAM);
    const char *endpoint = bind_over (TCP, stream);
    pthread_t server = start (serve, stream);
    int browser[3];
    for (int i = 0; i < 3; i++) {
        browser[i] = plain_connect (endpoint);
        PLAIN_WRITE (browser[i], "GET / HTTP/1.0\r\n\r\n");
        PLAIN_EXPECT (browser[i],
                      "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHello, World!");
    }
    join (server);
    for (int i = 0; i < 3; i++)
        PLAIN_EXPECT_END (browser[i], stream);
}
