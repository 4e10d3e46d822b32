/* The mechanisms: who binds is the server, who connects the client. */

#include "bench.h"

#include <string.h>

#define NAME "admin"
#define PASSWORD "secret"

/* The secret keys are the bytes 00 to 1F (server) and 20 to 3F (client). */
#define SERVER_PUBLIC "K3HW^WVq.zo69t)(umF>:XvwTj:QGN^yKlWaVH(S"
#define SERVER_SECRET "009c61o!#m2NH?C3>iWS5d]J*6CRx17-skh9337x"
#define CLIENT_PUBLIC "hgP.#hDUHSUiE^h?&P6wi8P5^Qk?rT(1ek&+[:+/"
#define CLIENT_SECRET "ar.{NbQB=+c[cR@eg&FcfFLssg=mfIi5%2YjuU>)"

static int uses (const char *mechanism)
{
    return strcmp (job.mechanism, mechanism) == 0;
}

static void set_text (void *socket, int option, const char *text)
{
    if (zmq.setsockopt_ (socket, option, text, strlen (text)) != 0)
        fail ("a text of the mechanism is refused");
}

void be_server (void *socket)
{
    if (uses ("plain")) {
        set_number (socket, ZMQ_PLAIN_SERVER, 1);
    } else if (uses ("curve")) {
        set_number (socket, ZMQ_CURVE_SERVER, 1);
        set_text (socket, ZMQ_CURVE_SECRETKEY, SERVER_SECRET);
    }
}

void be_client (void *socket)
{
    if (uses ("plain")) {
        set_text (socket, ZMQ_PLAIN_USERNAME, NAME);
        set_text (socket, ZMQ_PLAIN_PASSWORD, PASSWORD);
    } else if (uses ("curve")) {
        set_text (socket, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC);
        set_text (socket, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC);
        set_text (socket, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET);
    }
}

/* Lets the one client in, if it has the right name and password. */
static void *judge (void *handler)
{
    enum { FRAMES = 8 };
    char frames[FRAMES][256];
    const char *reply[] = {"1.0", "1", "200", "", ""};
    for (int i = 0; i < FRAMES; i++) {
        int length = zmq.recv_ (handler, frames[i], sizeof frames[i] - 1, 0);
        if (length < 0 || length >= (int) sizeof frames[i])
            fail ("request to the handler");
        frames[i][length] = 0;
    }
    if (strcmp (frames[6], NAME) != 0 || strcmp (frames[7], PASSWORD) != 0)
        reply[2] = "400";
    for (int i = 0; i < 5; i++)
        send_bytes (handler, reply[i], strlen (reply[i]), ZMQ_SNDMORE);
    send_bytes (handler, "", 0, 0);
    zmq.close_ (handler);
    return NULL;
}

/* A server of PLAIN lets nobody in without a handler. */
void start_handler (void)
{
    pthread_t thread;
    void *handler;
    if (!uses ("plain"))
        return;
    handler = opened (ZMQ_REP);
    if (zmq.bind_ (handler, "inproc://zeromq.zap.01") != 0
        || pthread_create (&thread, NULL, judge, handler) != 0)
        fail ("handler");
    pthread_detach (thread);
}
