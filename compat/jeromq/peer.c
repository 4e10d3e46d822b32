/* A peer that is told what to do: sockets of the library in the prefix, one line for each order.
 *
 * Every order on stdin is answered by one line on stdout, `= RESULT` or `! WHY`. The orders are the
 * same for Peer.java, so that the driver need not know whom it talks to; talk.py lists them.
 */
#include "peer.h"
#include <pthread.h>
#include <stdarg.h>

/* ---- answers ------------------------------------------------------------------------------- */

static void answer (const char *format_, ...)
{
    va_list args;
    va_start (args, format_);
    fputs ("= ", stdout);
    vprintf (format_, args);
    va_end (args);
    fputc ('\n', stdout);
    fflush (stdout);
}

static void refuse (const char *why_)
{
    printf ("! %s\n", why_);
    fflush (stdout);
}

/* ---- sockets ------------------------------------------------------------------------------- */

#define SOCKETS 16
static struct
{
    char name[16];
    void *sock, *monitor;
    char user[256];
} sockets[SOCKETS];
static void *ctx;

static int find (const char *name_)
{
    for (int i = 0; i < SOCKETS; i++)
        if (sockets[i].sock && strcmp (sockets[i].name, name_) == 0)
            return i;
    return -1;
}

static void make (const char *name_, const char *type_)
{
    int type = type_of (type_), slot = 0, zero = 0;
    while (slot < SOCKETS && sockets[slot].sock)
        slot++;
    void *sock = slot < SOCKETS && type >= 0 ? zmq_socket (ctx, type) : NULL;
    if (!sock) {
        refuse (zmq_strerror (zmq_errno ()));
        return;
    }
    zmq_setsockopt (sock, ZMQ_LINGER, &zero, sizeof zero);
    sockets[slot].sock = sock;
    sockets[slot].monitor = NULL;
    snprintf (sockets[slot].name, sizeof sockets[slot].name, "%s", name_);
    answer ("");
}

static void shut (int slot_)
{
    if (sockets[slot_].monitor) {
        zmq_socket_monitor (sockets[slot_].sock, NULL, 0);
        zmq_close (sockets[slot_].monitor);
    }
    zmq_close (sockets[slot_].sock);
    sockets[slot_].sock = NULL;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* A part is `x` and hexadecimal digits, or `*SIZE,SEED`: bytes that count up from the seed. */
static void send_parts (void *sock_, char **parts_, int count_)
{
    for (int i = 0; i < count_; i++) {
        zmq_msg_t msg;
        if (parts_[i][0] == '*') {
            char *rest;
            size_t size = strtoul (parts_[i] + 1, &rest, 10);
            unsigned seed = (unsigned) strtoul (rest + 1, NULL, 10);
            zmq_msg_init_size (&msg, size);
            for (size_t at = 0; at < size; at++)
                ((unsigned char *) zmq_msg_data (&msg))[at] = (unsigned char) ((at + seed) % 251);
        } else {
            size_t size = strlen (parts_[i] + 1) / 2;
            zmq_msg_init_size (&msg, size);
            unhex (parts_[i] + 1, zmq_msg_data (&msg));
        }
        if (zmq_msg_send (&msg, sock_, i + 1 < count_ ? ZMQ_SNDMORE : 0) == -1) {
            zmq_msg_close (&msg);
            refuse (zmq_strerror (zmq_errno ()));
            return;
        }
    }
    answer ("");
}

/* Sizes of one part above which its checksum is said instead of its bytes. */
#define SAID 600

static void receive (int slot_, int ms_)
{
    void *sock = sockets[slot_].sock;
    zmq_setsockopt (sock, ZMQ_RCVTIMEO, &ms_, sizeof ms_);
    int more = 1;
    for (int first = 1; more; first = 0) {
        zmq_msg_t msg;
        zmq_msg_init (&msg);
        if (zmq_msg_recv (&msg, sock, 0) == -1) {
            zmq_msg_close (&msg);
            if (first && zmq_errno () == EAGAIN)
                answer ("-");
            else
                refuse (zmq_strerror (zmq_errno ()));
            return;
        }
        const unsigned char *data = zmq_msg_data (&msg);
        size_t size = zmq_msg_size (&msg);
        const char *user = zmq_msg_gets (&msg, "User-Id");
        snprintf (sockets[slot_].user, sizeof sockets[slot_].user, "%s", user ? user : "-");
        more = zmq_msg_more (&msg);
        fputs (first ? "= " : " ", stdout);
        if (size > SAID) {
            printf ("*%zu,%u", size, adler (data, size));
        } else {
            putchar ('x');
            for (size_t i = 0; i < size; i++)
                printf ("%02x", data[i]);
        }
        zmq_msg_close (&msg);
    }
    putchar ('\n');
    fflush (stdout);
}

/* ---- monitors ------------------------------------------------------------------------------ */

static void watch (int slot_)
{
    char name[64];
    int zero = 0;
    snprintf (name, sizeof name, "inproc://monitor-%d-%p", slot_, sockets[slot_].sock);
    if (zmq_socket_monitor (sockets[slot_].sock, name, ZMQ_EVENT_ALL) == -1) {
        refuse (zmq_strerror (zmq_errno ()));
        return;
    }
    sockets[slot_].monitor = zmq_socket (ctx, ZMQ_PAIR);
    zmq_setsockopt (sockets[slot_].monitor, ZMQ_LINGER, &zero, sizeof zero);
    zmq_connect (sockets[slot_].monitor, name);
    answer ("");
}

static void next_event (int slot_, int ms_)
{
    void *sock = sockets[slot_].monitor;
    unsigned char frame[6];
    char where[256];
    uint16_t event;
    uint32_t value;
    zmq_setsockopt (sock, ZMQ_RCVTIMEO, &ms_, sizeof ms_);
    if (zmq_recv (sock, frame, sizeof frame, 0) != sizeof frame) {
        answer ("-");
        return;
    }
    zmq_recv (sock, where, sizeof where, 0);
    memcpy (&event, frame, sizeof event);
    memcpy (&value, frame + 2, sizeof value);
    answer ("%u %u", event, value);
}

/* ---- the handler of ZAP -------------------------------------------------------------------- */

static pthread_mutex_t rules_lock = PTHREAD_MUTEX_INITIALIZER;
static char rules[8][256];
static char refusal[4] = "400";

static int allowed (const char *who_)
{
    int found = 0;
    pthread_mutex_lock (&rules_lock);
    for (int i = 0; i < 8; i++)
        found |= rules[i][0] && strcmp (rules[i], who_) == 0;
    pthread_mutex_unlock (&rules_lock);
    return found;
}

static void *judge (void *sock_)
{
    for (;;) {
        char frames[9][256], who[1024];
        int count = 0, more = 1, sizes[9];
        size_t length = sizeof more;
        for (; more && count < 9; count++) {
            sizes[count] = zmq_recv (sock_, frames[count], 255, 0);
            if (sizes[count] == -1) {
                zmq_close (sock_);
                return NULL;
            }
            frames[count][sizes[count] < 255 ? sizes[count] : 255] = 0;
            zmq_getsockopt (sock_, ZMQ_RCVMORE, &more, &length);
        }
        const char *user = "";
        if (count == 8 && strcmp (frames[5], "PLAIN") == 0) {
            snprintf (who, sizeof who, "PLAIN:%s:%s", frames[6], frames[7]);
            user = frames[6];
        } else if (count == 7 && strcmp (frames[5], "CURVE") == 0 && sizes[6] == 32) {
            char key[41];
            zmq_z85_encode (key, (const uint8_t *) frames[6], 32);
            snprintf (who, sizeof who, "CURVE:%s", key);
            user = "somebody";
        } else {
            snprintf (who, sizeof who, "%s", count > 5 ? frames[5] : "?");
            user = "nobody";
        }
        int good = allowed (who);
        const char *reply[] = {"1.0", frames[1], good ? "200" : refusal, "", good ? user : "", ""};
        for (int i = 0; i < 6; i++)
            zmq_send (sock_, reply[i], strlen (reply[i]), i < 5 ? ZMQ_SNDMORE : 0);
    }
}

static void start_handler (void)
{
    pthread_t thread;
    void *sock = zmq_socket (ctx, ZMQ_REP);
    if (!sock || zmq_bind (sock, "inproc://zeromq.zap.01") == -1) {
        refuse (zmq_strerror (zmq_errno ()));
        return;
    }
    pthread_create (&thread, NULL, judge, sock);
    pthread_detach (thread);
    answer ("");
}

static void allow (const char *who_)
{
    pthread_mutex_lock (&rules_lock);
    for (int i = 0; i < 8; i++)
        if (!rules[i][0]) {
            snprintf (rules[i], sizeof rules[i], "%s", who_);
            break;
        }
    pthread_mutex_unlock (&rules_lock);
    answer ("");
}

/* ---- orders -------------------------------------------------------------------------------- */

/* Orders that concern no socket; 0 if it was none of them. */
static int general (char **words_, int count_)
{
    if (strcmp (words_[0], "library") == 0) {
        char path[4096];
        answer ("%s", mapped (path) ? path : "-");
    } else if (strcmp (words_[0], "zap") == 0) {
        start_handler ();
    } else if (strcmp (words_[0], "allow") == 0 && count_ == 2) {
        allow (words_[1]);
    } else if (strcmp (words_[0], "refusal") == 0 && count_ == 2) {
        memcpy (refusal, words_[1], 3);
        answer ("");
    } else if (strcmp (words_[0], "keys") == 0) {
        char public[41], secret[41];
        zmq_curve_keypair (public, secret);
        answer ("%s %s", public, secret);
    } else if (strcmp (words_[0], "new") == 0 && count_ == 3) {
        make (words_[1], words_[2]);
    } else if (strcmp (words_[0], "quit") == 0) {
        for (int i = 0; i < SOCKETS; i++)
            if (sockets[i].sock)
                shut (i);
        zmq_ctx_term (ctx);
        answer ("");
        exit (0);
    } else {
        return 0;
    }
    return 1;
}

static void result (int rc_)
{
    if (rc_ == -1)
        refuse (zmq_strerror (zmq_errno ()));
    else
        answer ("");
}

static void obey (char **words_, int count_)
{
    if (general (words_, count_))
        return;
    int slot = count_ > 1 ? find (words_[1]) : -1;
    if (slot == -1) {
        refuse ("no such order, or no such socket");
        return;
    }
    void *sock = sockets[slot].sock;
    const char *verb = words_[0];
    if (strcmp (verb, "set") == 0 && count_ == 4) {
        result (set (sock, words_[2], words_[3]));
    } else if (strcmp (verb, "bind") == 0 && count_ == 3) {
        char where[256];
        size_t size = sizeof where;
        if (zmq_bind (sock, words_[2]) == -1
            || zmq_getsockopt (sock, ZMQ_LAST_ENDPOINT, where, &size) == -1)
            refuse (zmq_strerror (zmq_errno ()));
        else
            answer ("%s", where);
    } else if (strcmp (verb, "connect") == 0 && count_ == 3) {
        result (zmq_connect (sock, words_[2]));
    } else if (strcmp (verb, "disconnect") == 0 && count_ == 3) {
        result (zmq_disconnect (sock, words_[2]));
    } else if (strcmp (verb, "send") == 0) {
        send_parts (sock, words_ + 2, count_ - 2);
    } else if (strcmp (verb, "recv") == 0 && count_ == 3) {
        receive (slot, atoi (words_[2]));
    } else if (strcmp (verb, "touch") == 0) {
        int events;
        size_t size = sizeof events;
        result (zmq_getsockopt (sock, ZMQ_EVENTS, &events, &size));
    } else if (strcmp (verb, "user") == 0) {
        answer ("%s", sockets[slot].user);
    } else if (strcmp (verb, "monitor") == 0) {
        watch (slot);
    } else if (strcmp (verb, "event") == 0 && count_ == 3) {
        next_event (slot, atoi (words_[2]));
    } else if (strcmp (verb, "close") == 0) {
        shut (slot);
        answer ("");
    } else {
        refuse ("no such order");
    }
}

int main (void)
{
    static char line[1 << 16];
    ctx = zmq_ctx_new ();
    while (fgets (line, sizeof line, stdin)) {
        char *words[128];
        int count = 0;
        for (char *word = strtok (line, " \n"); word && count < 128; word = strtok (NULL, " \n"))
            words[count++] = word;
        if (count)
            obey (words, count);
    }
    return 0;
}
