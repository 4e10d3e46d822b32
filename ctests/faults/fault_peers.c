/* Peers that break off, fall silent, dawdle or talk nonsense. The library goes on, serves others,
 * and gives back what they took. */
#include "faults.h"

/* ---- ends ---------------------------------------------------------------------------------- */

TEST (f_resets_in_mid_message)
{
    static const char *const last[] = {"", "FF 00*8", GREETING_31, GREETING_31 "04 1A 05 'REA'",
                                       "ready", "ready 00", "ready 01 05 'ab'",
                                       "ready 02 0000000000100000 'x'*5000", "ready 01 01 'a'"};
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    close_peer (join_peer (pull));
    still_serves (pull);
    int before = descriptors ();
    for (int i = 0; i < 450; i++) {
        const char *text = last[i % 9];
        int peer = next_peer (pull);
        if (strncmp (text, "ready", 5) == 0) {
            shake_hands (pull, peer, GREETING_31);
            text += 5;
        }
        send_hex (peer, "%s", text);
        if (i % 2)
            swallowed (peer);
        reset_peer (peer);
    }
    still_serves (pull);
    WAIT_UNTIL (descriptors () <= before);
    EXPECT_NOTHING (pull);
}

TEST (f_resets_of_a_link_that_comes_back)
{
    connects = 1;
    bytewise = 0;
    void *push = new_socket (ZMQ_PUSH);
    int peer = join_peer (push);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 10));
    for (int i = 0; i < 50; i++) {
        unsigned char part[5000];
        shake_hands (push, peer, GREETING_31);
        static char body[100000];
        while (zmq_send (push, body, sizeof body, ZMQ_DONTWAIT) != -1) {
        }
        /* somewhere in a message */
        CHECK (read_bytes (peer, part, sizeof part) == sizeof part);
        reset_peer (peer);
        peer = accept_peer ();
    }
    shake_hands (push, peer, GREETING_31);
    /* and the next link begins with a whole message */
    static char last[100000];
    CHECK_INT (zmq_send (push, last, sizeof last, 0), sizeof last);
    EXPECT_HEX (peer, "02 00000000000186A0 00*100000");
}

TEST (f_half_open_peers_are_given_up)
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    CHECK_OK (set_int (pull, ZMQ_HANDSHAKE_IVL, 500));
    close_peer (join_peer (pull));
    int before = descriptors ();
    int peers[60];
    for (int i = 0; i < 60; i++) {
        static const char *const first[] = {"", "FF", "FF 00*8 7F", GREETING_31};
        peers[i] = next_peer (pull);
        send_hex (peers[i], "%s", first[i % 4]);
    }
    still_serves (pull);
    for (int i = 0; i < 60; i++) {
        EXPECT_GONE (peers[i]);
        close_peer (peers[i]);
    }
    WAIT_UNTIL (descriptors () <= before);
}

TEST (f_silent_peers_are_given_up)
{
    connects = bytewise = 0;
    void *push = new_socket (ZMQ_PUSH), *events = watch (push);
    CHECK_OK (set_int (push, ZMQ_HEARTBEAT_IVL, 100));
    CHECK_OK (set_int (push, ZMQ_HEARTBEAT_TIMEOUT, 200));
    int peers[20];
    for (int i = 0; i < 20; i++) {
        peers[i] = i ? next_peer (push) : join_peer (push);
        shake_hands (push, peers[i], GREETING_31);
        EXPECT_HS_OK (events);
    }
    for (int i = 0; i < 20; i++) {
        EXPECT_GONE (peers[i]);
        CHECK_STR (how_it_ended (events, 0), "DISCONNECTED");
    }
}

/* ---- speed --------------------------------------------------------------------------------- */

TEST (f_a_slow_writer_is_heard_and_stops_nobody)
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    int slow = join_peer (pull);
    shake_hands (pull, slow, GREETING_31);
    int quick = next_peer (pull);
    shake_hands (pull, quick, GREETING_31);
    bytes_t bytes = parse_bytes ("01 05 'first' 04 04 03 'ABC' 02 0000000000000190 's'*400");
    int64_t before = cpu_ms ();
    for (size_t i = 0; i < bytes.size; i++) {
        CHECK_INT (send (slow, bytes.data + i, 1, MSG_NOSIGNAL), 1);
        if (i % 10 == 0) {
            send_hex (quick, "00 05 'quick'");
            EXPECT (pull, "quick");
        }
        sleep_ms (1);
    }
    char body[400];
    memset (body, 's', sizeof body);
    EXPECT_BIN (pull, "first", 1);
    EXPECT_BYTES (pull, body, sizeof body, 0);
    CHECK (cpu_ms () - before < 400);
    free (bytes.data);
}

TEST (f_a_slow_writer_of_a_handshake)
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    int slow = join_peer (pull);
    bytes_t bytes = parse_bytes (GREETING_31 "04 1A 05 'READY' " TYPE ("04", "PUSH") "00 02 'hi'");
    size_t handshake = bytes.size - 4;
    for (size_t i = 0; i < bytes.size; i++) {
        if (i == handshake) { /* data waits for the READY of the library */
            EXPECT_HEX (slow, OUR_GREETING);
            EXPECT_HEX (slow, "%s", our_ready (pull));
        }
        CHECK_INT (send (slow, bytes.data + i, 1, MSG_NOSIGNAL), 1);
        sleep_ms (1);
    }
    EXPECT (pull, "hi");
    free (bytes.data);
}

TEST (f_a_slow_reader_stops_nobody)
{
    connects = bytewise = 0;
    void *pub = new_socket (ZMQ_PUB);
    CHECK_OK (set_int (pub, ZMQ_SNDHWM, 100));
    CHECK_OK (set_int (pub, ZMQ_SNDBUF, 10000));
    int slow = join_peer (pub);
    shake_hands (pub, slow, GREETING_31);
    int quick = next_peer (pub);
    shake_hands (pub, quick, GREETING_31);
    send_hex (slow, "04 0A 09 'SUBSCRIBE'");
    send_hex (quick, "04 0A 09 'SUBSCRIBE'");
    heard (pub, slow);
    heard (pub, quick);
    static char body[1000];
    unsigned char byte;
    memset (body, 'b', sizeof body);
    for (int i = 0; i < 2000; i++) {
        CHECK_INT (zmq_send (pub, body, sizeof body, 0), sizeof body);
        EXPECT_HEX (quick, "02 00000000000003E8 'b'*1000");
        /* in order, from the beginning, nothing between */
        CHECK_INT (read_bytes (slow, &byte, 1), 1);
        int at = i % 1009;
        CHECK_INT (byte, at == 0 ? 2 : at < 7 ? 0 : at == 7 ? 3 : at == 8 ? 0xE8 : 'b');
        if (i % 20 == 0)
            sleep_ms (1);
    }
}

TEST (f_a_slow_reader_gets_all_of_it)
{
    connects = bytewise = 0;
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDBUF, 5000));
    int slow = join_peer (push);
    shake_hands (push, slow, GREETING_31);
    for (int i = 0; i < 1500; i++) {
        char text[16];
        snprintf (text, sizeof text, "%04d", i);
        CHECK_INT (send_str (push, text, 0), 4);
        if (i < 600)
            continue;
        unsigned char frame[6];
        for (int j = 0; j < 6; j++) {
            CHECK_INT (read_bytes (slow, frame + j, 1), 1);
            if (j % 3 == 0)
                sleep_ms (1);
        }
        snprintf (text, sizeof text, "%04d", i - 600);
        CHECK (frame[0] == 0 && frame[1] == 4 && memcmp (frame + 2, text, 4) == 0);
    }
}

TEST (f_a_deaf_peer_costs_no_time)
{
    connects = bytewise = 0;
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_SNDHWM, 10));
    int deaf = join_peer (push);
    shake_hands (push, deaf, GREETING_31);
    static char body[100000];
    CHECK_OK (set_int (push, ZMQ_SNDTIMEO, 300));
    while (zmq_send (push, body, sizeof body, 0) != -1) {
    }
    CHECK_FAIL (zmq_send (push, body, sizeof body, 0), EAGAIN);
    int64_t used = cpu_while_idle (1000);
    if (used >= 100)
        FAIL ("waiting for a peer that does not read took %d ms of 1000", (int) used);
}

/* ---- nonsense ------------------------------------------------------------------------------ */

static uint64_t random_state;

static uint32_t random_bits (void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t) (random_state >> 20);
}

/* Fills a buffer with bytes of one of several kinds; returns how many. */
static size_t garbage (unsigned char *to_, size_t room_)
{
    size_t size = random_bits () % room_;
    uint32_t kind = random_bits () % 6;
    for (size_t i = 0; i < size; i++)
        switch (kind) {
            case 0: /* anything */
                to_[i] = (unsigned char) random_bits ();
                break;
            case 1: /* one byte over and over */
                to_[i] = (unsigned char) (i ? to_[0] : random_bits ());
                break;
            case 2: /* small numbers: flags, short lengths */
                to_[i] = random_bits () % 8;
                break;
            case 3: /* text */
                to_[i] = (unsigned char) (' ' + random_bits () % 95);
                break;
            case 4: /* mostly zero */
                to_[i] = random_bits () % 10 ? 0 : (unsigned char) random_bits ();
                break;
            default: /* mostly ones */
                to_[i] = random_bits () % 10 ? 0xFF : (unsigned char) random_bits ();
        }
    return size;
}

/* A stream that is right but for a few bytes. */
static size_t damaged (unsigned char *to_, const char *text_)
{
    bytes_t bytes = parse_bytes (text_);
    memcpy (to_, bytes.data, bytes.size);
    size_t size = bytes.size;
    for (uint32_t i = random_bits () % 4; i < 4; i++)
        to_[random_bits () % size] ^= (unsigned char) (1u << random_bits () % 8);
    if (random_bits () % 3 == 0)
        size = random_bits () % size;
    free (bytes.data);
    return size;
}

static void nonsense (int type_, int count_)
{
    static const char *const streams[] = {
      GREETING_31 "04 1A 05 'READY' " TYPE ("04", "PUSH") "01 01 'a' 00 02 'hi' "
                  "04 07 04 'PING' 0001",
      GREETING_30 "04 28 05 'READY' " TYPE ("03", "REQ") "08 'Identity' 00000002 'ID' "
                  "01 00 00 01 'x'",
      GREETING_31 "04 19 05 'READY' " TYPE ("03", "SUB") "04 0D 09 'SUBSCRIBE' 'TTT' 00 02 01 'T'",
      GREETING_31 "04 19 05 'READY' " TYPE ("03", "PUB") "01 01 'T' 00 02 'hi'",
      "FF 00*8 7F 01 05 00 02 'id' 01 00 00 02 'hi'",
      "FF 00*8 7F 00 05 03 00 'id' 01 01 03 00 'hi'",
      "03 00 'id' 01 01 03 00 'hi' FF 0000000000000003 00 'hi'"};
    static const char *const starts[] = {"", GREETING_31, GREETING_30, "FF 00*8 7F 01 05",
                                         "FF 00*8 7F 00 05 01 00", "01 00"};
    unsigned char buffer[2000];
    void *socket = new_socket (type_);
    connects = bytewise = 0;
    close_peer (join_peer (socket));
    wire_socket = NULL;
    for (int i = 0; i < count_; i++) {
        int peer = next_peer (socket);
        size_t size;
        if (random_bits () % 2) {
            size = damaged (buffer, streams[random_bits () % 7]);
        } else {
            const char *start = starts[random_bits () % 6];
            send_hex (peer, "%s", start);
            if (start[0] == 'F' && random_bits () % 2)
                send_ready (peer, counterpart (socket));
            size = garbage (buffer, sizeof buffer);
        }
        bytewise = random_bits () % 16 == 0;
        send_bytes (peer, buffer, size);
        bytewise = 0;
        if (random_bits () % 4)
            swallowed (peer);
        if (random_bits () % 4 == 0)
            reset_peer (peer);
        else
            close_peer (peer);
        /* the program goes on calling in */
        while (zmq_recv (socket, buffer, sizeof buffer, ZMQ_DONTWAIT) != -1) {
        }
        zmq_send (socket, "T", 1, ZMQ_DONTWAIT);
    }
}

#define NONSENSE(name_, type_)                                                                     \
    TEST (name_)                                                                                   \
    {                                                                                              \
        random_state = 0x9E3779B97F4A7C15u + (type_);                                              \
        void *pull = new_socket (ZMQ_PULL);                                                        \
        connects = bytewise = 0;                                                                   \
        close_peer (join_peer (pull));                                                             \
        nonsense (type_, 100);                                                                     \
        int before = descriptors ();                                                               \
        long memory = trimmed_kb ();                                                               \
        nonsense (type_, 1000);                                                                    \
        wire_socket = pull;                                                                        \
        still_serves (pull);                                                                       \
        WAIT_UNTIL (descriptors () <= before + 6); /* a socket and its listener */                 \
        memory = trimmed_kb () - memory;                                                           \
        if (memory > 16384)                                                                        \
            FAIL ("%ld KiB more after 1000 peers", memory);                                        \
    }

NONSENSE (f_nonsense_to_a_pull, ZMQ_PULL)
NONSENSE (f_nonsense_to_a_router, ZMQ_ROUTER)
NONSENSE (f_nonsense_to_a_rep, ZMQ_REP)
NONSENSE (f_nonsense_to_an_xpub, ZMQ_XPUB)
NONSENSE (f_nonsense_to_a_sub, ZMQ_SUB)
NONSENSE (f_nonsense_to_a_dealer, ZMQ_DEALER)
NONSENSE (f_nonsense_to_a_pair, ZMQ_PAIR)

/* ---- too much ------------------------------------------------------------------------------ */

TEST (f_huge_lengths_take_no_memory)
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    int peer = join_peer (pull);
    shake_hands (pull, peer, GREETING_31);
    long before = resident_kb ();
    for (int i = 0; i < 60; i++) {
        peer = next_peer (pull);
        shake_hands (pull, peer, GREETING_31);
        send_hex (peer, "02 %016X 'x'*1000", 1 << 30);
        swallowed (peer);
    }
    CHECK (resident_kb () - before < 16 * 1024);
}

/* Sends a pattern without end; returns how many KiB it took until the library closed, or -1 if it
 * took them all. */
static int endless (int peer_, const char *pattern_, int kilobytes_)
{
    bytes_t bytes = parse_bytes (pattern_);
    int64_t sent = 0;
    while (sent < 1024LL * kilobytes_) {
        ssize_t n = send (peer_, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (n == -1)
            break;
        sent += n;
    }
    free (bytes.data);
    return sent < 1024LL * kilobytes_ ? (int) (sent / 1024) : -1;
}

OURS_ONLY (f_endless_metadata_is_cut_off, "a reference takes and keeps any amount")
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    close_peer (join_peer (pull));
    long before = resident_kb ();
    for (int i = 0; i < 3; i++) {
        int peer = next_peer (pull);
        send_hex (peer, GREETING_31 "06 %016X 05 'READY'", 1 << 30);
        CHECK (endless (peer, "03 'X-a' 00000100 'v'*256", 100 * 1024) != -1);
        EXPECT_GONE (peer);
    }
    CHECK (resident_kb () - before < 16 * 1024);
    still_serves (pull);
}

OURS_ONLY (f_endless_commands_in_the_handshake_are_cut_off,
           "a reference takes a command of any size")
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    int peer = join_peer (pull);
    long before = resident_kb ();
    send_hex (peer, GREETING_31 "06 %016X", 1 << 30);
    CHECK (endless (peer, "'x'*4096", 100 * 1024) != -1);
    EXPECT_GONE (peer);
    CHECK (resident_kb () - before < 16 * 1024);
    still_serves (pull);
}

TEST (f_a_flood_of_pings_unread)
{
    connects = bytewise = 0;
    void *pull = new_socket (ZMQ_PULL);
    int peer = join_peer (pull);
    shake_hands (pull, peer, GREETING_31);
    struct timeval limit = {5, 0}; /* a library that stops reading is as good */
    setsockopt (peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    long before = resident_kb ();
    int64_t begun = cpu_ms ();
    (void) endless (peer, "04 17 04 'PING' 0000 '0123456789abcdef'", 8 * 1024);
    long grown = resident_kb () - before;
    note ("8 MiB of PING unread: %ld KiB more, %d ms", grown, (int) (cpu_ms () - begun));
    CHECK (grown < 16 * 1024);
    still_serves (pull);
}

/* Sends subscriptions to so many topics, numbered from `first_` on. */
static void subscribe_many (int peer_, int count_, int first_)
{
    bytes_t bytes = {NULL, 0};
    for (int i = 0; i < count_; i++) {
        char frame[32];
        memcpy (frame, "\0\x0F\1", 3);
        snprintf (frame + 3, sizeof frame - 3, "topic-%08d", first_ + i);
        append (&bytes, frame, 17);
    }
    send_bytes (peer_, bytes.data, bytes.size);
    free (bytes.data);
}

/* Makes a publisher take in all that its peer sent: it reads ahead no further than its mark. */
static void take_in (void *pub_, int peer_)
{
    int unsent = 1, unread = 1;
    WAIT_UNTIL (settle (pub_) && ioctl (peer_, TIOCOUTQ, &unsent) == 0 && unsent == 0
                && (ioctl (library_end (peer_), FIONREAD, &unread) == -1 || unread == 0));
}

TEST (f_subscriptions_without_end)
{
    connects = bytewise = 0;
    void *pub = new_socket (ZMQ_PUB);
    int peer = join_peer (pub), good = next_peer (pub);
    shake_hands (pub, peer, GREETING_30);
    shake_hands (pub, good, GREETING_31);
    long before = trimmed_kb ();
    int64_t begun = now_ms ();
    for (int i = 0; i < 100; i++) {
        subscribe_many (peer, 1000, 1000 * i);
        take_in (pub, peer);
    }
    send_hex (good, "00 02 01 'T'");
    heard (pub, good);
    CHECK_INT (send_str (pub, "T", 0), 1);
    EXPECT_HEX (good, "00 01 'T'");
    note ("100,000 subscriptions: %ld KiB more, %d ms", trimmed_kb () - before,
          (int) (now_ms () - begun));
    int gone = library_end (peer);
    close_peer (peer);
    WAIT_UNTIL (settle (pub) && fcntl (gone, F_GETFD) == -1);
    note ("after their peer has gone: %ld KiB more", trimmed_kb () - before);
    CHECK_INT (send_str (pub, "T", 0), 1);
    EXPECT_HEX (good, "00 01 'T'");
}

/* Deep enough to end a walk that calls itself for each byte. */
TEST (f_a_long_topic_does_not_end_the_process)
{
    connects = bytewise = 0;
    void *pub = new_socket (ZMQ_PUB);
    int peer = join_peer (pub), good = next_peer (pub);
    shake_hands (pub, peer, GREETING_31);
    shake_hands (pub, good, GREETING_31);
    send_hex (peer, "02 %016X 01 't'*60000", 60001);
    swallowed (peer);
    close_peer (peer);
    send_hex (good, "00 02 01 'T'");
    heard (pub, good);
    CHECK_INT (send_str (pub, "T", 0), 1);
    EXPECT_HEX (good, "00 01 'T'");
}
