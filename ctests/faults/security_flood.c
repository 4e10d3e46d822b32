/* Handshakes that are begun and never ended, or that are nonsense: connections that are established
 * go on meanwhile, newcomers get in, and what was taken comes back. */
#include "faults.h"
#include "security.h"

/* How many peers come at once. */
#define FLOOD 300

/* The longest that an exchange over an established connection may take meanwhile, in milliseconds:
 * far more than it takes, far less than starving. */
#define STARVED 2000

#define CURVE_GREETING "FF 00*8 7F 03 01 'CURVE' 00*15 00 00*31 "
#define PLAIN_GREETING "FF 00*8 7F 03 01 'PLAIN' 00*15 00 00*31 "

/* The HELLO of appendix A of the wire reference, which is good for a server with the key s: anybody
 * can say it again, and it makes the server compute. */
#define CURVE_HELLO                                                                                \
    "04 C8 05 'HELLO' 0100 00*72 79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a " \
    "0000000000000001 d1d67784f5291724189b624b9555d30cdaef6b15397079019768fa9dc86328e98fd94fb60c03" \
    "d5cae4af94769c0d785a3e353c66e8e956f9f2ca7441984fb01b24106fe25b62cfa3ddcfa6f693d8025a"
#define PLAIN_HELLO "04 11 05 'HELLO' 05 'admin' 04 'pass'"

/* A server, clients that are established, and where the handler is if there is one. */
typedef struct
{
    void *server, *clients[3], *zap;
    int descriptors, port;
} scene_t;

static void *new_client (mechanism_t *mechanism_, int port_)
{
    char endpoint[64];
    void *client = new_socket (ZMQ_DEALER);
    mechanism_ (client);
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port_);
    CHECK_OK (zmq_connect (client, endpoint));
    return client;
}

/* One message to the server and back; how long that took. */
static int64_t exchange (scene_t *scene_, void *client_)
{
    zmq_msg_t id;
    int64_t begun = now_ms ();
    send_parts (client_, "question", NULL);
    CHECK (wait_for (scene_->server, ZMQ_POLLIN, PATIENCE) & ZMQ_POLLIN);
    CHECK_OK (zmq_msg_init (&id));
    CHECK_INT (zmq_msg_recv (&id, scene_->server, ZMQ_DONTWAIT), 5);
    EXPECT (scene_->server, "question");
    CHECK_INT (zmq_msg_send (&id, scene_->server, ZMQ_SNDMORE), 5);
    send_parts (scene_->server, "answer", NULL);
    EXPECT (client_, "answer");
    return now_ms () - begun;
}

/* The longest of many exchanges. */
static int64_t exchanges (scene_t *scene_, int count_)
{
    int64_t longest = 0;
    for (int i = 0; i < count_; i++) {
        int64_t took = exchange (scene_, scene_->clients[i % 3]);
        longest = took > longest ? took : longest;
    }
    CHECK (longest < STARVED);
    return longest;
}

static void admit (void *zap_)
{
    zap_request (zap_, "", "", "PLAIN");
    zap_reply (zap_, "200", "somebody");
}

static scene_t scene (mechanism_t *server_, mechanism_t *client_, int handler_, int handshake_ms_)
{
    connects = bytewise = 0;
    allow_descriptors (4096);
    scene_t s = {.server = new_socket (ZMQ_ROUTER)};
    s.zap = handler_ ? bound (ZMQ_REP, ZAP) : NULL;
    server_ (s.server);
    CHECK_OK (set_int (s.server, ZMQ_HANDSHAKE_IVL, handshake_ms_));
    CHECK_OK (set_int (s.server, ZMQ_BACKLOG, 1000));
    CHECK_OK (zmq_bind (s.server, "tcp://127.0.0.1:*"));
    s.port = bound_port (s.server);
    for (int i = 0; i < 3; i++) {
        s.clients[i] = new_client (client_, s.port);
        if (s.zap)
            admit (s.zap);
        exchange (&s, s.clients[i]);
    }
    s.descriptors = descriptors ();
    return s;
}

/* Plain peers, more than wire.h keeps; a peer that the library has turned away is as good. */
static int flood[FLOOD];

static int flooder (int port_)
{
    struct sockaddr_in address = loopback (port_);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || connect (fd, (struct sockaddr *) &address, sizeof address) == -1)
        FAIL ("connecting to the library gave %s", errno_name (errno));
    return fd;
}

static void end_of_flood (scene_t *scene_, const char *what_, int64_t longest_)
{
    for (int i = 0; i < FLOOD; i++)
        if (flood[i] != -1)
            close (flood[i]);
    WAIT_UNTIL (((scene_->zap ? settle (scene_->zap) : 0),
                 settle (scene_->server), descriptors () <= scene_->descriptors));
    exchanges (scene_, 30);
    note ("%d peers, %s: the longest exchange took %lld ms", FLOOD, what_, (long long) longest_);
}

/* ---- peers that stop half way ------------------------------------------------------------------ */

/* Opens connections that each say one of these, and lets the others speak in between. */
static void half_open (scene_t *scene_, const char *const *texts_, int count_, const char *what_)
{
    int64_t longest = 0;
    for (int i = 0; i < FLOOD; i++) {
        flood[i] = flooder (scene_->port);
        send_hex (flood[i], "%s", texts_[i % count_]);
        if (i % 10 == 9) {
            int64_t took = exchanges (scene_, 3);
            longest = took > longest ? took : longest;
        }
    }
    int64_t took = exchanges (scene_, 300);
    longest = took > longest ? took : longest;
    end_of_flood (scene_, what_, longest);
}

TEST (f_curve_handshakes_that_stop_half_way)
{
    static const char *const texts[] = {"", "FF", "FF 00*8 7F", CURVE_GREETING,
                                        CURVE_GREETING "04 C8 05 'HELLO' 01 00",
                                        CURVE_GREETING CURVE_HELLO,
                                        CURVE_GREETING CURVE_HELLO "06 0000000000000124 08 'INI'"};
    scene_t s = scene (curve_server, curve_client, 0, 30000);
    half_open (&s, texts, 7, "CURVE half open");
    void *newcomer = new_client (curve_client, s.port);
    exchange (&s, newcomer);
}

TEST (f_a_newcomer_among_curve_handshakes)
{
    scene_t s = scene (curve_server, curve_client, 0, 30000);
    for (int i = 0; i < FLOOD; i++) {
        flood[i] = flooder (s.port);
        send_hex (flood[i], CURVE_GREETING CURVE_HELLO);
    }
    void *newcomer = new_client (curve_client, s.port);
    int64_t longest = exchange (&s, newcomer);
    CHECK (longest < STARVED);
    close_socket (newcomer);
    end_of_flood (&s, "CURVE half open before a newcomer", longest);
}

TEST (f_plain_handshakes_that_stop_half_way)
{
    static const char *const texts[] = {"", "FF 00*8 7F", PLAIN_GREETING,
                                        PLAIN_GREETING "04 11 05 'HELLO'"};
    scene_t s = scene (plain_server, plain_client, 1, 30000);
    half_open (&s, texts, 4, "PLAIN half open");
    void *newcomer = new_client (plain_client, s.port);
    admit (s.zap);
    exchange (&s, newcomer);
}

TEST (f_plain_handshakes_that_a_handler_leaves_waiting)
{
    static const char *const texts[] = {PLAIN_GREETING PLAIN_HELLO};
    scene_t s = scene (plain_server, plain_client, 1, 30000);
    half_open (&s, texts, 1, "PLAIN waiting for the handler");
}

TEST (f_handshakes_end_by_their_timer)
{
    static const char *const texts[] = {"", CURVE_GREETING, CURVE_GREETING CURVE_HELLO};
    scene_t s = scene (curve_server, curve_client, 0, 1000);
    for (int i = 0; i < FLOOD; i++) {
        flood[i] = flooder (s.port);
        send_hex (flood[i], "%s", texts[i % 3]);
    }
    exchanges (&s, 30);
    for (int i = 0; i < FLOOD; i++)
        EXPECT_GONE (flood[i]);
    end_of_flood (&s, "CURVE ended by the timer", exchanges (&s, 30));
}

/* ---- nonsense ---------------------------------------------------------------------------------- */

/* Peers one after the other, each of which says something wrong and is turned away. */
static void nonsense (scene_t *scene_, const char *const *texts_, int count_, const char *what_)
{
    int64_t longest = 0;
    long before = trimmed_kb ();
    for (int i = 0; i < FLOOD; i++) {
        flood[i] = -1;
        int peer = flooder (scene_->port);
        send_hex (peer, "%s", texts_[i % count_]);
        EXPECT_GONE (peer);
        close (peer);
        int64_t took = exchange (scene_, scene_->clients[i % 3]);
        longest = took > longest ? took : longest;
    }
    CHECK (longest < STARVED);
    end_of_flood (scene_, what_, longest);
    note ("%s: %ld kB more", what_, trimmed_kb () - before);
}

TEST (f_curve_handshakes_that_are_nonsense)
{
    static const char *const texts[] = {
      "'GET / HTTP/1.0' 0d0a0d0a",
      "FF 00*8 7F 01 05 00 00",
      "FF 00*8 7F 03 01 'NULL' 00*16 00 00*31",
      CURVE_GREETING "04 00",
      CURVE_GREETING "00 05 'hello'",
      CURVE_GREETING "04 C8 05 'HELLO' 0100 00*192",
      CURVE_GREETING "04 C8 05 'HELLO' 0100 00*72 'x'*120",
      CURVE_GREETING CURVE_HELLO "06 0000000000000124 08 'INITIATE' 'x'*283",
      CURVE_GREETING CURVE_HELLO "00 22 07 'MESSAGE' 00*26",
    };
    scene_t s = scene (curve_server, curve_client, 0, 30000);
    nonsense (&s, texts, 9, "CURVE nonsense");
}

TEST (f_plain_handshakes_that_are_nonsense)
{
    static const char *const texts[] = {
      "'GET / HTTP/1.0' 0d0a0d0a",
      "FF 00*8 7F 01 05 00 00",
      CURVE_GREETING,
      PLAIN_GREETING "04 00",
      PLAIN_GREETING "04 12 05 'HELLO' 05 'admin' 04 'pass' 00",
      PLAIN_GREETING "04 0A 05 'HELLO' FF 'adm'",
    };
    scene_t s = scene (plain_server, plain_client, 1, 30000);
    nonsense (&s, texts, 6, "PLAIN nonsense");
}
