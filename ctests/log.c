/* The lines that ZMQ_OXIDE_LOG asks for: what a return value cannot say. */
#include "test.h"

#define NO_LOG "a reference has no log"

/* Sends what the library says to a pipe; returns the reading end. */
static int captured_log (const char *wanted_)
{
    int ends[2];
    CHECK_INT (pipe (ends), 0);
    CHECK (dup2 (ends[1], 2) == 2);
    close (ends[1]);
    CHECK_INT (setenv ("ZMQ_OXIDE_LOG", wanted_, 1), 0);
    return ends[0];
}

/* Reads what there is, once the writing end is closed. */
static const char *said (int log_)
{
    static char text[4096];
    size_t len = 0;
    ssize_t got;
    close (2);
    while ((got = read (log_, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t) got;
    text[len] = 0;
    return text;
}

OURS_ONLY (log_a_full_context_names_the_option, NO_LOG)
{
    int log = captured_log ("1");
    CHECK_OK (zmq_ctx_set (context (), ZMQ_MAX_SOCKETS, 1));
    new_socket (ZMQ_PAIR);
    CHECK_NULL (zmq_socket (context (), ZMQ_PAIR), EMFILE);
    CHECK (strstr (said (log), "ZMQ_MAX_SOCKETS") != NULL);
}

OURS_ONLY (log_nothing_is_said_unasked, NO_LOG)
{
    int log = captured_log ("0");
    CHECK_OK (zmq_ctx_set (context (), ZMQ_MAX_SOCKETS, 1));
    new_socket (ZMQ_PAIR);
    CHECK_NULL (zmq_socket (context (), ZMQ_PAIR), EMFILE);
    CHECK (strcmp (said (log), "") == 0);
}

static void terminate (void *ctx_)
{
    zmq_ctx_term (ctx_);
}

OURS_ONLY (log_a_term_that_waits_names_the_sockets, NO_LOG)
{
    int log = captured_log ("1");
    void *ctx = zmq_ctx_new ();
    void *dealer = zmq_socket (ctx, ZMQ_DEALER);
    void *thread = zmq_threadstart (terminate, ctx);
    char text[4096] = "";
    size_t len = 0;
    while (strstr (text, "not closed by the program: [Dealer]") == NULL) {
        ssize_t got = read (log, text + len, sizeof text - 1 - len);
        CHECK (got > 0);
        len += (size_t) got;
        text[len] = 0;
    }
    CHECK_OK (zmq_close (dealer));
    zmq_threadclose (thread);
}
