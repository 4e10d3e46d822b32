/* What ZMQ_OXIDE_LOG says of a link that was lost: the reason, or what it may be. */
#include "network.h"

/* Reads lines from `log_` until both of these have come. */
static void await_lines (int log_, char *text_, size_t size_, const char *one_, const char *other_)
{
    size_t len = 0;
    text_[0] = 0;
    while (!strstr (text_, one_) || !strstr (text_, other_)) {
        ssize_t got = read (log_, text_ + len, size_ - 1 - len);
        CHECK (got > 0);
        len += (size_t) got;
        text_[len] = 0;
    }
}

OURS_ONLY (log_a_limit_on_messages_is_named_by_both_sides, "a reference has no log")
{
    static char text[8192];
    int ends[2];
    CHECK_INT (pipe (ends), 0);
    CHECK (dup2 (ends[1], 2) == 2);
    CHECK_INT (setenv ("ZMQ_OXIDE_LOG", "1", 1), 0);
    void *pull = new_socket (ZMQ_PULL);
    int64_t limit = 50;
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    CHECK_OK (zmq_bind (pull, "tcp://127.0.0.1:*"));
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (zmq_connect (push, last_endpoint (pull)));
    char body[51] = "";
    CHECK_INT (zmq_send (push, body, sizeof body, 0), sizeof body);
    /* Who has refused the frame knows why, and guesses nothing: the line ends there. */
    await_lines (ends[0], text, sizeof text, "a frame of 51 bytes, but ZMQ_MAXMSGSIZE is 50\n",
                 "our longest frame had 51 bytes");
}
