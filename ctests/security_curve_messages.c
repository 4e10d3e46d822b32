/* Established CURVE connections, with a peer made by hand that is the client or the server: boxes of
 * messages and commands, their counters, and what ends a connection. */
#include "security_curve_peer.h"

/* Which side the library is on. */
enum
{
    SERVER, /* the peer is a client */
    CLIENT, /* the peer is a server */
};

/* Goes through both sides, each bound and connecting. */
#define EACH_SIDE(side_)                                                                           \
    EACH_ROLE                                                                                      \
        for (int side_ = SERVER; side_ <= CLIENT; side_++)

static void *socket_on (int side_, int type_)
{
    void *socket = new_socket (type_);
    (side_ == SERVER ? curve_server : curve_client) (socket);
    return socket;
}

/* A peer that is ready to exchange messages, and that the socket knows of. */
static curve_t peer_of (int side_, void *socket_)
{
    curve_t c = side_ == SERVER ? ready_client_of (socket_) : ready_server_of (socket_);
    curve_heard (socket_, &c);
    return c;
}

static void side_round (int side_, const char *name_, int watched_)
{
    static char text[100];
    snprintf (text, sizeof text, "%s, %s, %s, %s: ", connects ? "connected" : "bound",
              side_ == SERVER ? "a server" : "a client", name_,
              watched_ ? "watched" : "not watched");
    t_round = text;
}

/* ---- what goes well -------------------------------------------------------------------------- */

TEST (w072_sizes_of_messages)
{
    static const size_t sizes[] = {0, 1, 221, 222, 223, 254, 255, 256, 257, 65536, 1048576};
    EACH_SIDE (side) {
        void *pair = socket_on (side, ZMQ_PAIR);
        curve_t c = peer_of (side, pair);
        for (int i = 0; i < 11; i++) {
            size_t size = sizes[i];
            unsigned char *bytes = malloc (size + 1);
            memset (bytes, 'x', size);
            CHECK_INT (zmq_send (pair, bytes, size, 0), size);
            bytes_t body = t_curve_read (__FILE__, __LINE__, &c, 0, 33 + size); /* long from 256 */
            BEGINS (body, "07 'MESSAGE'");
            CHECK_INT (counter_of (body.data + 8), c.their_nonce + 1);
            c.their_nonce++;
            free (body.data);
            curve_send (&c, 0, curve_message (&c, "00 'x'*%zu", size));
            unsigned char *got = malloc (size + 1);
            CHECK (wait_for (pair, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
            CHECK_INT (zmq_recv (pair, got, size + 1, ZMQ_DONTWAIT), size);
            CHECK (memcmp (got, bytes, size) == 0);
            free (got);
            free (bytes);
        }
    }
}

TEST (w_s655_flags_in_the_box)
{
    EACH_SIDE (side) {
        void *pair = socket_on (side, ZMQ_PAIR);
        curve_t c = peer_of (side, pair);
        CURVE_SAY (&c, "01 'a'");
        CURVE_SAY (&c, "FD 'b'"); /* with MORE and bits that mean nothing */
        CURVE_SAY (&c, "FC 'c'");
        EXPECT (pair, "a", "b", "c");
        CURVE_SAY (&c, "00");
        EXPECT (pair, "");
        send_parts (pair, "a", "", "c", NULL);
        CURVE_EXPECT (&c, "01 'a'");
        CURVE_EXPECT (&c, "01");
        CURVE_EXPECT (&c, "00 'c'");
    }
}

TEST (w_s656_counters_may_leap)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL);
        curve_t c = peer_of (side, pull);
        uint64_t leaps[] = {c.nonce + 100, 1ULL << 32, 1ULL << 63, UINT64_MAX - 1, UINT64_MAX};
        for (int i = 0; i < 5; i++) {
            c.nonce = leaps[i];
            CURVE_SAY (&c, "00 'a'");
            EXPECT (pull, "a");
        }
        c.nonce = 0; /* which is what would come next */
        CURVE_SAY (&c, "00 'b'");
        REFUSED (pull, NULL, c.fd, BAD_SEQUENCE);
    }
}

TEST (w028_meaningless_commands_in_a_box)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL);
        curve_t c = peer_of (side, pull);
        static const char *const meaningless[] = {"03 'ABC'", "", "04", "05 'READY'",
                                                  "05 'ERROR' 03 '400'", "07 'MESSAGE' 00*25",
                                                  "05 'HELLO' 00*194"};
        for (int i = 0; i < 7; i++) {
            CURVE_SAY (&c, "02 %s", meaningless[i]);
            CURVE_SAY (&c, "00 'a'");
            EXPECT (pull, "a");
        }
        EXPECT_NOTHING (pull);
        EXPECT_SILENCE (c.fd);
    }
}

TEST (w029_a_ping_between_parts)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL);
        curve_t c = peer_of (side, pull);
        CURVE_SAY (&c, "01 'a'");
        CURVE_SAY (&c, "02 04 'PING' 0000 'cc'");
        CURVE_SAY (&c, "00 'b'");
        CURVE_EXPECT (&c, "02 04 'PONG' 'cc'");
        EXPECT (pull, "a", "b");
    }
}

TEST (w057_heartbeats_are_in_boxes)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL), *events = watch (pull);
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_IVL, 50));
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TIMEOUT, 10000));
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TTL, 1000));
        curve_t c = side == SERVER ? ready_client_of (pull) : ready_server_of (pull);
        EXPECT_HS_OK (events);
        for (int i = 0; i < 3; i++) {
            CURVE_EXPECT (&c, "02 04 'PING' 000A");
            CURVE_SAY (&c, "02 04 'PONG'");
        }
        EXPECT_NO_EVENT (events);
    }
}

TEST (w_s53_a_peer_that_answers_no_ping)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL), *events = watch (pull);
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_IVL, 50));
        CHECK_OK (set_int (pull, ZMQ_HEARTBEAT_TIMEOUT, 100));
        curve_t c = side == SERVER ? ready_client_of (pull) : ready_server_of (pull);
        EXPECT_HS_OK (events);
        CURVE_EXPECT (&c, "02 04 'PING' 0000");
        EXPECT_GONE (c.fd);
        CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
    }
}

TEST (w083_subscriptions_are_in_boxes)
{
    EACH_SIDE (side) {
        void *sub = socket_on (side, ZMQ_SUB);
        curve_t c = peer_of (side, sub);
        subscribe (sub, "TTT");
        CURVE_EXPECT (&c, "02 09 'SUBSCRIBE' 'TTT'");
        unsubscribe (sub, "TTT");
        CURVE_EXPECT (&c, "02 06 'CANCEL' 'TTT'");
        subscribe (sub, "");
        CURVE_EXPECT (&c, "02 09 'SUBSCRIBE'");
        CURVE_SAY (&c, "00 'news'");
        EXPECT (sub, "news");
    }
}

TEST (w083_subscriptions_to_3_0_are_messages)
{
    EACH_ROLE {
        void *sub = socket_on (SERVER, ZMQ_SUB);
        curve_t c = ready_client_with (sub, 0);
        curve_heard (sub, &c);
        subscribe (sub, "TTT");
        CURVE_EXPECT (&c, "00 01 'TTT'");
        unsubscribe (sub, "TTT");
        CURVE_EXPECT (&c, "00 00 'TTT'");
    }
}

TEST (w083_subscriptions_of_a_peer)
{
    EACH_SIDE (side) {
        void *xpub = socket_on (side, ZMQ_XPUB);
        curve_t c = peer_of (side, xpub);
        CURVE_SAY (&c, "02 09 'SUBSCRIBE' 'a'");
        EXPECT_BIN (xpub, "\1a", 0);
        CURVE_SAY (&c, "00 01 'b'");
        EXPECT_BIN (xpub, "\1b", 0);
        send_parts (xpub, "a1", NULL);
        send_parts (xpub, "c1", NULL);
        send_parts (xpub, "b1", NULL);
        CURVE_EXPECT (&c, "00 'a1'");
        CURVE_EXPECT (&c, "00 'b1'");
        CURVE_SAY (&c, "02 06 'CANCEL' 'b'");
        EXPECT_BIN (xpub, "\0b", 0);
    }
}

TEST (w025_a_limit_counts_the_box)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL);
        int64_t limit = 300;
        CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
        curve_t c = peer_of (side, pull);
        char want[268];
        memset (want, 'x', 267);
        want[267] = 0;
        CURVE_SAY (&c, "00 'x'*267");
        EXPECT (pull, want);
        CURVE_SAY (&c, "00 'x'*268");
        REFUSED (pull, NULL, c.fd, NOTHING_SAID);
    }
}

TEST (w_s65_half_a_message_is_dropped)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL), *events = watch (pull);
        curve_t c = peer_of (side, pull);
        EXPECT_HS_OK (events);
        CURVE_SAY (&c, "01 'a'");
        close_peer (c.fd);
        CHECK_STR (how_it_ended (events, RETRIES), "DISCONNECTED");
        EXPECT_NOTHING (pull);
    }
}

TEST (w_s651_outer_bits_that_mean_nothing)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL);
        curve_t c = peer_of (side, pull);
        curve_send (&c, 0xF8, curve_message (&c, "00 'a'"));
        curve_send (&c, 0xF8, curve_message (&c, "01 'x'*300"));
        curve_send (&c, 0x08, curve_message (&c, "00 'b'"));
        EXPECT (pull, "a");
        CHECK (wait_for (pull, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
        char part[400];
        CHECK_INT (zmq_recv (pull, part, sizeof part, ZMQ_DONTWAIT), 300);
        EXPECT (pull, "b");
    }
}

OURS_ONLY (w076_outer_flags_of_a_message, "a reference adds them to those in the box")
{
    static const int flags[] = {1, 4, 5};
    EACH_SIDE (side)
        for (int i = 0; i < 3; i++) {
            void *pull = socket_on (side, ZMQ_PULL);
            curve_t c = peer_of (side, pull);
            curve_send (&c, flags[i], curve_message (&c, "00 'a'"));
            EXPECT (pull, "a");
            curve_send (&c, flags[i], curve_message (&c, "01 'b'"));
            curve_send (&c, flags[i], curve_message (&c, "00 'c'"));
            EXPECT (pull, "b", "c");
            curve_send (&c, flags[i], curve_message (&c, "02 04 'PING' 0000"));
            CURVE_EXPECT (&c, "02 04 'PONG'");
        }
}

/* ---- what ends a connection ------------------------------------------------------------------ */

static const fault_t faults[] = {
  {"the same counter", BAD_SEQUENCE},
  {"a lower counter", BAD_SEQUENCE},
  {"the counter 0", BAD_SEQUENCE},
  {"the message before", BAD_SEQUENCE},
  {"the counter", CRYPTOGRAPHIC},
  {"the first byte of the box", CRYPTOGRAPHIC},
  {"the last byte of the box", CRYPTOGRAPHIC},
  {"the direction", CRYPTOGRAPHIC},
  {"the key", CRYPTOGRAPHIC},
  {"no flags in the box", BAD_MESSAGE},
  {"16 bytes", BAD_MESSAGE},
  {"8 bytes", BAD_MESSAGE},
  {"one byte less", CRYPTOGRAPHIC},
  {"one byte more", CRYPTOGRAPHIC},
  {"another name", UNEXPECTED},
  {"lower case", UNEXPECTED},
  {"a READY", UNEXPECTED},
  {"a HELLO", UNEXPECTED},
  {"an INITIATE", UNEXPECTED},
  {"a plain ERROR", UNEXPECTED},
  {"a plain PING", UNEXPECTED},
  {"a plain subscription", UNEXPECTED},
  {"a plain message that could be a command", UNEXPECTED},
  {"a plain message", STRUCTURE},
  {"nothing", STRUCTURE},
  {"a zero", STRUCTURE},
  {"a part of a name", STRUCTURE},
};
#define FAULTS (sizeof faults / sizeof *faults)

/* What the peer says, after a good message. */
static bytes_t faulty_message (curve_t *c_, size_t fault_)
{
    static const char *const texts[] = {
      "07 'MESSAGF' 00*30", "07 'message' 00*30", "05 'READY' 00*30", "05 'HELLO' 00*194",
      "08 'INITIATE' 00*300", "05 'ERROR' 03 '400'", "04 'PING' 0000", "01 'a'",
      "03 'abcdef'", "'plain'", "", "00", "07 'MESSAG'"};
    if (fault_ >= 14)
        return parse_bytes (texts[fault_ - 14]);
    if (fault_ == 0 || fault_ == 3)
        c_->nonce--;
    if (fault_ == 1)
        c_->nonce -= 2;
    if (fault_ == 2)
        c_->nonce = 0;
    if (fault_ == 7)
        c_->is_client = !c_->is_client;
    if (fault_ == 8)
        c_->key[0] ^= 1;
    if (fault_ == 9)
        return curve_message (c_, " ");
    bytes_t body = curve_message (c_, fault_ == 3 ? "00 'good'" : "00 'never'");
    if (fault_ == 4)
        body.data[14] ^= 1; /* greater than it was */
    if (fault_ == 5)
        body.data[16] ^= 1;
    if (fault_ == 6)
        body.data[body.size - 1] ^= 0x80;
    if (fault_ == 10 || fault_ == 11)
        body.size = fault_ == 10 ? 16 : 8;
    if (fault_ == 12)
        body.size--;
    if (fault_ == 13)
        append (&body, "", 1);
    return body;
}

/* Says it, with or without a monitor: `events_` is where that is read. */
static curve_t say_wrongly (int side_, void *pull_, size_t fault_)
{
    curve_t c = peer_of (side_, pull_);
    CURVE_SAY (&c, "00 'good'");
    EXPECT (pull_, "good");
    curve_send (&c, 0, faulty_message (&c, fault_));
    return c;
}

TEST (w074_messages_that_are_wrong_end_the_connection)
{
    EACH_SIDE (side)
        for (size_t i = 0; i < FAULTS; i++) {
            side_round (side, faults[i].name, 0);
            void *pull = socket_on (side, ZMQ_PULL);
            curve_t c = say_wrongly (side, pull, i);
            REFUSED (pull, NULL, c.fd, faults[i].outcome);
        }
}

TEST (w074_messages_that_are_wrong_are_reported)
{
    EACH_SIDE (side)
        for (size_t i = 0; i < FAULTS; i++) {
            side_round (side, faults[i].name, 1);
            void *pull = socket_on (side, ZMQ_PULL), *events = watch (pull);
            char text[100] = "", want[100];
            say_wrongly (side, pull, i);
            EXPECT_HS_OK (events);
            next_event (events, PATIENCE, text, sizeof text);
            snprintf (want, strcspn (faults[i].outcome, " ") + 1, "%s", faults[i].outcome);
            CHECK_STR (text, want);
            EXPECT_NOTHING (pull);
        }
}

OURS_ONLY (w074_messages_that_are_wrong_end_a_connection_that_is_watched,
           "a reference reports it and then lets the connection hang for ever")
{
    EACH_SIDE (side)
        for (size_t i = 0; i < FAULTS; i++) {
            side_round (side, faults[i].name, 1);
            void *pull = socket_on (side, ZMQ_PULL), *events = watch (pull);
            curve_t c = say_wrongly (side, pull, i);
            EXPECT_HS_OK (events);
            REFUSED (pull, events, c.fd, faults[i].outcome);
        }
}

TEST (w075_the_first_message_with_the_counter_of_the_handshake)
{
    EACH_SIDE (side)
        for (int lower = 0; lower < 2; lower++) {
            void *pull = socket_on (side, ZMQ_PULL);
            curve_t c = side == SERVER ? ready_client_of (pull) : ready_server_of (pull);
            c.nonce -= (uint64_t) (1 + lower);
            CURVE_SAY (&c, "00 'a'");
            REFUSED (pull, NULL, c.fd, BAD_SEQUENCE);
        }
}

TEST (w_s656_messages_in_another_order)
{
    EACH_SIDE (side) {
        void *pull = socket_on (side, ZMQ_PULL);
        curve_t c = peer_of (side, pull);
        bytes_t first = curve_message (&c, "00 'first'"), second = curve_message (&c, "00 'second'");
        curve_send (&c, 0, second);
        EXPECT (pull, "second");
        curve_send (&c, 0, first);
        REFUSED (pull, NULL, c.fd, BAD_SEQUENCE);
    }
}

TEST (w_s656_what_the_library_said_said_back)
{
    EACH_SIDE (side) {
        void *pair = socket_on (side, ZMQ_PAIR);
        curve_t c = peer_of (side, pair);
        send_parts (pair, "a", NULL);
        bytes_t own = t_curve_read (__FILE__, __LINE__, &c, 0, 34);
        own.data[14] ^= 1; /* a counter that is not spent; the box cannot be opened all the same */
        curve_send (&c, 0, own);
        REFUSED (pair, NULL, c.fd, CRYPTOGRAPHIC);
    }
}

TEST (w074_others_do_not_notice)
{
    connects = bytewise = 0;
    void *pull = socket_on (SERVER, ZMQ_PULL);
    curve_t good = peer_of (SERVER, pull);
    for (size_t i = 0; i < FAULTS; i++) {
        curve_t bad = curve_new (next_peer (pull), 1);
        curve_greet (&bad, 1);
        curve_send (&bad, 4, curve_hello (&bad));
        CURVE_WELCOMED (&bad);
        curve_send (&bad, 4, curve_initiate (&bad, metadata_of ("PUSH")));
        free (CURVE_READY (&bad).data);
        CURVE_SAY (&bad, "00 'good'");
        EXPECT (pull, "good");
        curve_send (&bad, 0, faulty_message (&bad, i));
        EXPECT_CLOSED (bad.fd);
        CURVE_SAY (&good, "00 'still'");
        EXPECT (pull, "still");
        close_peer (bad.fd);
    }
}
