/* What monitors say of peers made by hand, which leave early, say nothing or say what is wrong. */
#include "events.h"

/* A bound socket with its monitor, LISTENING read, and the endpoint. */
typedef struct
{
    void *socket, *reader;
    const char *endpoint;
} server_t;

static server_t server_over (int transport_, void *socket_)
{
    server_t s = {socket_, monitor (socket_), NULL};
    s.endpoint = bind_over (transport_, socket_);
    EXPECT_EVENTS (s.reader, s.endpoint, "LISTENING");
    return s;
}

/* A socket that has connected to a plain listener, its monitor, and the other end of the link. */
typedef struct
{
    void *socket, *reader;
    const char *endpoint;
    int listener, peer;
} client_t;

static client_t client_of (void *socket_)
{
    client_t c = {socket_, monitor (socket_), NULL, 0, 0};
    CHECK_OK (set_int (socket_, ZMQ_RECONNECT_IVL, 10));
    c.listener = plain_listen (&c.endpoint);
    CHECK_OK (zmq_connect (socket_, c.endpoint));
    c.peer = plain_accept (c.listener);
    EXPECT_EVENTS (c.reader, c.endpoint, "CONNECT_DELAYED CONNECTED");
    return c;
}

/* The link of a client ended and is made again. */
static void expect_again (client_t *c_, const char *events_)
{
    EXPECT_EVENTS (c_->reader, c_->endpoint, events_);
    EXPECT_EVENTS (c_->reader, c_->endpoint, "CONNECT_RETRIED CONNECT_DELAYED CONNECTED");
    close (c_->peer);
    c_->peer = plain_accept (c_->listener);
}

/* The link of a client ended and is not made again. */
static void expect_the_end (const client_t *c_, const char *events_)
{
    EXPECT_EVENTS (c_->reader, c_->endpoint, events_);
    EXPECT_QUIET (c_->reader, QUIET);
    CHECK (!plain_readable (c_->listener, 0));
}

/* What a peer says before it leaves, as far into the handshake as the number says. */
#define STAGES 6
static void say (int fd_, int stage_)
{
    switch (stage_) {
        case 0:
            return;
        case 1:
            PLAIN_WRITE (fd_, "\xff\0\0\0");
            return;
        case 2:
            PLAIN_WRITE (fd_, "\xff\0\0\0\0\0\0\0\1\x7f");
            return;
        case 3:
            PLAIN_WRITE (fd_, "\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL\0\0");
            return;
        case 4:
            zmtp_greet (fd_, "NULL");
            return;
        default:
            zmtp_greet (fd_, "NULL");
            PLAIN_WRITE (fd_, "\4\x1a\5READY\xbSocket");
    }
}

/* ---- leaving ------------------------------------------------------------------------------- */

TEST (h287_a_peer_leaves_an_accepted_link_in_the_handshake)
{
    EACH_TRANSPORT (i) {
        server_t s = server_over (i, new_socket (ZMQ_DEALER));
        for (int stage = 0; stage < STAGES; stage++) {
            int peer = plain_connect (s.endpoint);
            say (peer, stage);
            uint32_t link = EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED").value;
            CHECK_OK (close (peer));
            EXPECT_EVENTS (s.reader, s.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET");
            CHECK_INT (EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED").value, link);
        }
        EXPECT_END (s.socket, s.reader);
    }
}

TEST (h287_a_peer_leaves_a_connected_link_in_the_handshake)
{
    client_t c = client_of (new_socket (ZMQ_DEALER));
    for (int stage = 0; stage < STAGES; stage++) {
        say (c.peer, stage);
        CHECK_OK (shutdown (c.peer, SHUT_WR));
        expect_again (&c, "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED");
    }
}

TEST (h287_a_peer_resets_an_accepted_link_in_the_handshake)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    for (int stage = 0; stage < STAGES; stage++) {
        int peer = plain_connect (s.endpoint);
        say (peer, stage);
        EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
        plain_reset (peer);
        EXPECT_EVENTS (s.reader, s.endpoint,
                       "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED");
    }
    EXPECT_END (s.socket, s.reader);
}

TEST (s_e4_a_peer_leaves_after_the_handshake)
{
    EACH_TRANSPORT (i) {
        server_t s = server_over (i, new_socket (ZMQ_DEALER));
        for (int reset = 0; reset < 2; reset++) {
            int peer = plain_connect (s.endpoint);
            zmtp_handshake (peer, "DEALER");
            EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
            if (reset)
                plain_reset (peer);
            else
                CHECK_OK (close (peer));
            EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED");
        }
        EXPECT_END (s.socket, s.reader);
    }
}

TEST (s_e4_a_peer_leaves_in_the_middle_of_a_message)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    int peer = plain_connect (s.endpoint);
    zmtp_handshake (peer, "DEALER");
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
    PLAIN_WRITE (peer, "\1\1a\0\5ab");
    CHECK_OK (close (peer));
    EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED");
    EXPECT_END (s.socket, s.reader);
    EXPECT_NOTHING (s.socket);
}

TEST (s_e4_a_peer_of_a_connected_link_leaves_after_the_handshake)
{
    client_t c = client_of (new_socket (ZMQ_DEALER));
    for (int round = 0; round < 3; round++) {
        zmtp_handshake (c.peer, "DEALER");
        EXPECT_EVENTS (c.reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
        CHECK_OK (shutdown (c.peer, SHUT_WR));
        expect_again (&c, "DISCONNECTED");
    }
}

/* ---- silence ------------------------------------------------------------------------------- */

TEST (h286_a_peer_is_silent_on_an_accepted_link)
{
    EACH_TRANSPORT (i) {
        void *dealer = new_socket (ZMQ_DEALER);
        CHECK_OK (set_int (dealer, ZMQ_HANDSHAKE_IVL, 100));
        server_t s = server_over (i, dealer);
        for (int stage = 0; stage < STAGES; stage++) {
            int peer = plain_connect (s.endpoint);
            say (peer, stage);
            EXPECT_EVENTS (s.reader, s.endpoint,
                           "ACCEPTED HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED");
            plain_drain (peer);
        }
        EXPECT_END (s.socket, s.reader);
    }
}

TEST (h286_a_peer_is_silent_on_a_connected_link)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_HANDSHAKE_IVL, 100));
    client_t c = client_of (dealer);
    for (int stage = 0; stage < STAGES; stage++) {
        say (c.peer, stage);
        expect_again (&c, "HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED");
    }
}

TEST (h286_the_time_of_the_handshake_ends_with_it)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_HANDSHAKE_IVL, 1000));
    server_t s = server_over (TCP, dealer);
    int peer = plain_connect (s.endpoint);
    zmtp_handshake (peer, "DEALER");
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED");
    EXPECT_QUIET (s.reader, 1200);
    PLAIN_WRITE (peer, "\0\5hello");
    EXPECT (dealer, "hello");
}

TEST (h259_a_peer_is_silent_after_the_handshake)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_HEARTBEAT_IVL, 30));
    server_t s = server_over (TCP, dealer);
    int peer = plain_connect (s.endpoint);
    zmtp_handshake (peer, "DEALER");
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED DISCONNECTED");
    EXPECT_END (s.socket, s.reader);
}

TEST (s_e4_a_peer_of_a_connected_link_is_silent_after_the_handshake)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, ZMQ_HEARTBEAT_IVL, 30));
    client_t c = client_of (dealer);
    for (int round = 0; round < 2; round++) {
        zmtp_handshake (c.peer, "DEALER");
        EXPECT_EVENTS (c.reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
        expect_again (&c, "DISCONNECTED");
    }
}

TEST (h261_a_peer_is_silent_for_longer_than_it_said)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    int peer = plain_connect (s.endpoint);
    zmtp_handshake (peer, "DEALER");
    PLAIN_WRITE (peer, "\4\7\4PING\0\1"); /* a tenth of a second */
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED DISCONNECTED");
    EXPECT_END (s.socket, s.reader);
}

/* ---- wrong words --------------------------------------------------------------------------- */

TEST (h288_another_mechanism_on_an_accepted_link)
{
    static const char *const mechanisms[] = {"PLAIN", "CURVE", "null", "NULLX", ""};
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    for (int i = 0; i < 5; i++) {
        int peer = plain_connect (s.endpoint);
        zmtp_greet (peer, mechanisms[i]);
        EXPECT_EVENTS (s.reader, s.endpoint,
                       "ACCEPTED HANDSHAKE_FAILED_PROTOCOL:MECHANISM_MISMATCH DISCONNECTED");
        plain_drain (peer);
    }
    EXPECT_END (s.socket, s.reader);
}

TEST (h288_another_mechanism_on_a_connected_link_is_the_end)
{
    static const char *const mechanisms[] = {"PLAIN", "null"};
    for (int i = 0; i < 2; i++) {
        client_t c = client_of (new_socket (ZMQ_DEALER));
        zmtp_greet (c.peer, mechanisms[i]);
        expect_the_end (&c, "HANDSHAKE_FAILED_PROTOCOL:MECHANISM_MISMATCH DISCONNECTED");
    }
}

/* First frames after the greeting that are wrong, and what is said of them before DISCONNECTED. */
static const struct
{
    const char *bytes;
    size_t size;
    const char *event;
} wrong_words[] = {
#define WORD(bytes_, event_) {bytes_, sizeof (bytes_) - 1, event_}
  WORD ("\4\7\6READYX", "HANDSHAKE_FAILED_PROTOCOL:UNEXPECTED_COMMAND"),
  WORD ("\4\7\4PING\0\0", "HANDSHAKE_FAILED_PROTOCOL:UNEXPECTED_COMMAND"),
  WORD ("\4\x0d\5HELLO\1a\1b\0\0\0", "HANDSHAKE_FAILED_PROTOCOL:UNEXPECTED_COMMAND"),
  WORD ("\0\5hello", "HANDSHAKE_FAILED_PROTOCOL:UNEXPECTED_COMMAND"),
  WORD ("\0\0", "HANDSHAKE_FAILED_PROTOCOL:UNEXPECTED_COMMAND"),
  WORD ("\4\6\5ERROR", "HANDSHAKE_FAILED_PROTOCOL:MALFORMED_ERROR"),
  WORD ("\4\x9\5ERROR\7no", "HANDSHAKE_FAILED_PROTOCOL:MALFORMED_ERROR"),
  WORD ("\4\xa\5ERROR\3" "300", "HANDSHAKE_FAILED_AUTH:300"),
  WORD ("\4\xa\5ERROR\3" "400", "HANDSHAKE_FAILED_AUTH:400"),
  WORD ("\4\xa\5ERROR\3" "500", "HANDSHAKE_FAILED_AUTH:500"),
  WORD ("\4\xa\5ERROR\3" "200", ""),
  WORD ("\4\x9\5ERROR\2no", ""),
  WORD ("\4\7\5ERROR\0", ""),
};
#define WRONG_WORDS (sizeof wrong_words / sizeof *wrong_words)

TEST (s_e6_wrong_words_on_an_accepted_link)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    for (size_t i = 0; i < WRONG_WORDS; i++) {
        int peer = plain_connect (s.endpoint);
        zmtp_greet (peer, "NULL");
        zmtp_greeted (peer);
        plain_write (peer, wrong_words[i].bytes, wrong_words[i].size);
        EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
        EXPECT_EVENTS (s.reader, s.endpoint, wrong_words[i].event);
        EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED");
        plain_drain (peer);
    }
    EXPECT_END (s.socket, s.reader);
}

TEST (s_e6_wrong_words_on_a_connected_link_are_the_end)
{
    static const size_t some[] = {0, 3, 5, 8, 11};
    for (int i = 0; i < 5; i++) {
        client_t c = client_of (new_socket (ZMQ_DEALER));
        zmtp_greet (c.peer, "NULL");
        zmtp_greeted (c.peer);
        plain_write (c.peer, wrong_words[some[i]].bytes, wrong_words[some[i]].size);
        EXPECT_EVENTS (c.reader, c.endpoint, wrong_words[some[i]].event);
        expect_the_end (&c, "DISCONNECTED");
    }
}

/* What is said of a READY with refused properties. A reference just hangs up, we say why. */
static const char *refused_properties (void)
{
    return ours () ? "HANDSHAKE_FAILED_PROTOCOL:INVALID_METADATA DISCONNECTED" : "DISCONNECTED";
}

/* A READY that is wrong: of an incompatible type, or of properties that do not fit. */
static const struct
{
    const char *bytes;
    size_t size;
} wrong_readies[] = {
#define READY(bytes_) {bytes_, sizeof (bytes_) - 1}
  READY ("\4\x19\5READY\xbSocket-Type\0\0\0\3PUB"),
  READY ("\4\x1c\5READY\xbSocket-Type\0\0\0\6dealer"),
  READY ("\4\x1a\5READY\xbSocket-Type\0\0\0\4NONE"),
  READY ("\4\x1d\5READY\xbSocket-Type\0\0\0\6DEALERx"),
  READY ("\4\x1c\5READY\xbSocket-Type\0\0\0\7DEALER"),
  READY ("\4\x1c\5READY\xbSocket-Type\xff\xff\xff\xff" "DEALER"),
  READY ("\4\x12\5READY\x3fSocket-Type"),
};
#define WRONG_READIES (sizeof wrong_readies / sizeof *wrong_readies)

TEST (s_e4_refused_properties_on_an_accepted_link)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    for (size_t i = 0; i < WRONG_READIES; i++) {
        int peer = plain_connect (s.endpoint);
        zmtp_greet (peer, "NULL");
        zmtp_greeted (peer);
        plain_write (peer, wrong_readies[i].bytes, wrong_readies[i].size);
        EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
        EXPECT_EVENTS (s.reader, s.endpoint, refused_properties ());
        plain_drain (peer);
    }
    EXPECT_END (s.socket, s.reader);
}

TEST (s_e4_refused_properties_on_a_connected_link_are_the_end)
{
    for (size_t i = 0; i < 4; i++) {
        client_t c = client_of (new_socket (ZMQ_DEALER));
        zmtp_greet (c.peer, "NULL");
        zmtp_greeted (c.peer);
        plain_write (c.peer, wrong_readies[i].bytes, wrong_readies[i].size);
        expect_the_end (&c, refused_properties ());
    }
}

TEST (s_e4_a_handshake_beyond_the_limit)
{
    int64_t limit = 20;
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    server_t s = server_over (TCP, dealer);
    int peer = plain_connect (s.endpoint);
    zmtp_greet (peer, "NULL");
    zmtp_ready (peer, "DEALER");
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
    if (ours ()) { /* where the limit is for messages alone */
        EXPECT_EVENTS (s.reader, s.endpoint, "HANDSHAKE_SUCCEEDED");
        PLAIN_WRITE (peer, "\0\x15");
    }
    EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED");
    EXPECT_END (s.socket, s.reader);
}

TEST (h258_a_frame_beyond_the_limit_on_an_accepted_link)
{
    int64_t limit = 100;
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    server_t s = server_over (TCP, dealer);
    int peer = plain_connect (s.endpoint);
    zmtp_handshake (peer, "DEALER");
    PLAIN_WRITE (peer, "\0\x65"); /* 101 bytes to come are refused before they do */
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED HANDSHAKE_SUCCEEDED DISCONNECTED");
    plain_drain (peer);
    EXPECT_END (s.socket, s.reader);
}

TEST (h258_a_frame_beyond_the_limit_on_a_connected_link_is_the_end)
{
    int64_t limit = 100;
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    client_t c = client_of (dealer);
    zmtp_handshake (c.peer, "DEALER");
    EXPECT_EVENTS (c.reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
    PLAIN_WRITE (c.peer, "\2\0\0\0\0\0\0\0\x65");
    expect_the_end (&c, "DISCONNECTED");
}

TEST (s_e4_a_reply_without_delimiter_is_the_end_of_a_req)
{
    client_t c = client_of (new_socket (ZMQ_REQ));
    zmtp_handshake (c.peer, "REP");
    EXPECT_EVENTS (c.reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
    PLAIN_WRITE (c.peer, "\0\5hello");
    expect_the_end (&c, "DISCONNECTED");
}

/* ---- other generations and other protocols ------------------------------------------------- */

TEST (s_e4_a_peer_of_zmtp_2_has_no_handshake)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    int peer = plain_connect (s.endpoint);
    PLAIN_WRITE (peer, "\xff\0\0\0\0\0\0\0\1\x7f\1\5\0\0\0\5hello");
    EXPECT (s.socket, "hello");
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
    CHECK_OK (close (peer));
    if (!ours ()) /* says that the handshake failed, as there was no mechanism */
        EXPECT_EVENTS (s.reader, s.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET");
    EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED");
    EXPECT_END (s.socket, s.reader);
}

TEST (s_e4_a_browser_comes_by)
{
    server_t s = server_over (TCP, new_socket (ZMQ_DEALER));
    int peer = plain_connect (s.endpoint);
    PLAIN_WRITE (peer, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
    CHECK_OK (close (peer));
    EXPECT_EVENTS (s.reader, s.endpoint,
                   "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED");
    EXPECT_END (s.socket, s.reader);
}

TEST (s_e4_a_stream_and_plain_peers)
{
    server_t s = server_over (TCP, new_socket (ZMQ_STREAM));
    for (int reset = 0; reset < 2; reset++) {
        int peer = plain_connect (s.endpoint);
        PLAIN_WRITE (peer, "hello");
        uint32_t link = EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED").value;
        if (reset)
            plain_reset (peer);
        else
            CHECK_OK (close (peer));
        EXPECT_EVENTS (s.reader, s.endpoint, "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET");
        CHECK_INT (EXPECT_EVENTS (s.reader, s.endpoint, "DISCONNECTED").value, link);
    }
    EXPECT_END (s.socket, s.reader);
}

TEST (s_a9_a_link_that_the_stream_closes_itself_is_no_event)
{
    char id[5];
    server_t s = server_over (TCP, new_socket (ZMQ_STREAM));
    int peer = plain_connect (s.endpoint);
    EXPECT_EVENTS (s.reader, s.endpoint, "ACCEPTED");
    CHECK_INT (wait_for (s.socket, ZMQ_POLLIN, PATIENCE), ZMQ_POLLIN);
    CHECK_INT (zmq_recv (s.socket, id, sizeof id, ZMQ_DONTWAIT), 5);
    EXPECT_BIN (s.socket, "", 0);
    CHECK_INT (zmq_send (s.socket, id, sizeof id, ZMQ_SNDMORE), 5);
    CHECK_INT (zmq_send (s.socket, "", 0, 0), 0);
    settle (s.socket);
    WAIT_UNTIL ((settle (s.socket), plain_readable (peer, 0)));
    plain_drain (peer);
    EXPECT_END (s.socket, s.reader);
}

/* ---- RECONNECT_STOP, by number as builds without the draft API take it ---------------------- */

#define RECONNECT_STOP 109
#define STOP_HANDSHAKE_FAILED 2

TEST (h255_reconnect_stop_after_a_peer_that_left_in_the_handshake)
{
    static const int stages[] = {0, 2, 4};
    for (int i = 0; i < 3; i++) {
        void *dealer = new_socket (ZMQ_DEALER);
        CHECK_OK (set_int (dealer, RECONNECT_STOP, STOP_HANDSHAKE_FAILED));
        client_t c = client_of (dealer);
        say (c.peer, stages[i]);
        CHECK_OK (shutdown (c.peer, SHUT_WR));
        expect_the_end (&c, "HANDSHAKE_FAILED_NO_DETAIL:EPIPE|ECONNRESET DISCONNECTED");
    }
}

TEST (h255_reconnect_stop_after_a_handshake_that_took_too_long)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, RECONNECT_STOP, STOP_HANDSHAKE_FAILED));
    CHECK_OK (set_int (dealer, ZMQ_HANDSHAKE_IVL, 100));
    client_t c = client_of (dealer);
    expect_the_end (&c, "HANDSHAKE_FAILED_NO_DETAIL:EAGAIN DISCONNECTED");
}

TEST (h255_reconnect_stop_leaves_links_that_had_been_up)
{
    void *dealer = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (dealer, RECONNECT_STOP, STOP_HANDSHAKE_FAILED));
    client_t c = client_of (dealer);
    zmtp_handshake (c.peer, "DEALER");
    EXPECT_EVENTS (c.reader, c.endpoint, "HANDSHAKE_SUCCEEDED");
    CHECK_OK (shutdown (c.peer, SHUT_WR));
    expect_again (&c, "DISCONNECTED");
}
