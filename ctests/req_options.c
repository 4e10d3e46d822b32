/* REQ with ZMQ_REQ_CORRELATE and ZMQ_REQ_RELAXED. */
#include "sockets.h"

#define EP "inproc://req"

/* A REQ with the given options, bound. */
static void *req_with (int correlate_, int relaxed_)
{
    void *req = new_socket (ZMQ_REQ);
    CHECK_OK (set_int (req, ZMQ_REQ_CORRELATE, correlate_));
    CHECK_OK (set_int (req, ZMQ_REQ_RELAXED, relaxed_));
    CHECK_OK (zmq_bind (req, EP));
    return req;
}

/* Sends a request and reads it at a DEALER that stands in for the REP; returns the request id. */
static uint32_t request_id (void *req_, void *dealer_, const char *body_)
{
    uint32_t id;
    settle (req_);
    send_parts (req_, body_, NULL);
    CHECK_INT (zmq_recv (dealer_, &id, sizeof id, 0), 4);
    CHECK_INT (get_int (dealer_, ZMQ_RCVMORE), 1);
    EXPECT (dealer_, "", body_);
    return id;
}

/* Replies with a request id. */
static void reply (void *dealer_, uint32_t id_, const char *body_)
{
    CHECK_INT (zmq_send (dealer_, &id_, sizeof id_, ZMQ_SNDMORE), 4);
    send_parts (dealer_, "", body_, NULL);
}

TEST (h102_correlated_requests_carry_an_id_that_increases_by_one)
{
    void *req = req_with (1, 0), *dealer = connected (ZMQ_DEALER, EP);
    uint32_t first = request_id (req, dealer, "one");
    for (uint32_t i = 1; i < 5; i++) {
        reply (dealer, first + i - 1, "answer");
        EXPECT (req, "answer");
        CHECK_INT (request_id (req, dealer, "next"), (uint32_t) (first + i));
    }
}

TEST (h103_correlated_req_skips_wrong_ids_and_missing_ones)
{
    void *req = req_with (1, 0), *dealer = connected (ZMQ_DEALER, EP);
    uint32_t id = request_id (req, dealer, "request");
    reply (dealer, id - 1, "wrong id");
    reply (dealer, id + 1, "wrong id");
    send_parts (dealer, "", "no id", NULL);
    send_parts (dealer, "nothing at all", NULL);
    CHECK_INT (zmq_send (dealer, &id, sizeof id, ZMQ_SNDMORE), 4);
    send_parts (dealer, "no delimiter", NULL);
    EXPECT_NOTHING (req);
    reply (dealer, id, "right");
    EXPECT (req, "right");
}

TEST (h102_correlated_req_works_with_a_rep)
{
    void *req = req_with (1, 0), *rep = connected (ZMQ_REP, EP);
    settle (req);
    bounce (rep, req);
    bounce (rep, req);
}

TEST (h104_relaxed_req_may_send_again)
{
    void *req = req_with (0, 1), *rep = connected (ZMQ_REP, EP);
    CHECK_INT (settle (req), ZMQ_POLLOUT);
    send_parts (req, "one", NULL);
    CHECK_INT (settle (req), ZMQ_POLLOUT);
    send_parts (req, "two", "parts", NULL);
    EXPECT (rep, "one");
    send_parts (rep, "stale", NULL);
    EXPECT (rep, "two", "parts");
}

TEST (h105_relaxed_and_correlated_discards_the_reply_to_the_first_request)
{
    void *req = req_with (1, 1), *dealer = connected (ZMQ_DEALER, EP);
    uint32_t one = request_id (req, dealer, "one");
    uint32_t two = request_id (req, dealer, "two");
    CHECK_INT (two, (uint32_t) (one + 1));
    reply (dealer, one, "to one");
    reply (dealer, two, "to two");
    EXPECT (req, "to two");
    settle (req);
    send_parts (req, "three", NULL);
    EXPECT_NOTHING (req);
}

TEST (h106_relaxed_req_discards_a_reply_already_queued_at_the_next_send)
{
    void *req = req_with (0, 1), *dealer = connected (ZMQ_DEALER, EP);
    settle (req);
    send_parts (req, "one", NULL);
    EXPECT (dealer, "", "one");
    send_parts (dealer, "", "to one", NULL);
    CHECK (settle (req) & ZMQ_POLLIN);
    send_parts (req, "two", NULL);
    EXPECT (dealer, "", "two");
    EXPECT_NOTHING (req);
    send_parts (dealer, "", "to two", NULL);
    EXPECT (req, "to two");
}

TEST (s_a53_relaxed_without_correlate_takes_a_late_reply_for_the_new_one)
{
    void *req = req_with (0, 1), *dealer = connected (ZMQ_DEALER, EP);
    settle (req);
    send_parts (req, "one", NULL);
    send_parts (req, "two", NULL);
    send_parts (dealer, "", "late reply to one", NULL);
    EXPECT (req, "late reply to one");
}

TEST (h107_abandoned_peers_stay_in_the_rotation)
{
    void *req = req_with (1, 1), *rep[5];
    for (int i = 0; i < 5; i++)
        rep[i] = connected (ZMQ_REP, EP);
    settle (req);
    for (int i = 0; i < 5; i++)
        send_parts (req, "abandoned", NULL);
    for (int i = 0; i < 5; i++) {
        EXPECT (rep[i], "abandoned");
        send_parts (rep[i], "too late", NULL);
    }
    for (int i = 0; i < 5; i++) {
        settle (req);
        send_parts (req, "wanted", NULL);
        EXPECT (rep[i], "wanted");
        send_parts (rep[i], "reply", NULL);
        EXPECT (req, "reply");
    }
}

TEST (s_a53_a_reply_half_read_may_be_abandoned)
{
    void *req = req_with (1, 1), *dealer = connected (ZMQ_DEALER, EP);
    uint32_t one = request_id (req, dealer, "one");
    CHECK_INT (zmq_send (dealer, &one, sizeof one, ZMQ_SNDMORE), 4);
    send_parts (dealer, "", "first", "second", NULL);
    EXPECT_BIN (req, "first", 1);
    uint32_t two = request_id (req, dealer, "two");
    reply (dealer, two, "to two");
    EXPECT (req, "to two");
}

TEST (s_a53_req_options_take_any_int_but_negative_ones_and_cannot_be_read)
{
    int options[] = {ZMQ_REQ_CORRELATE, ZMQ_REQ_RELAXED};
    for (int i = 0; i < 2; i++) {
        void *req = new_socket (ZMQ_REQ);
        int value;
        size_t size = sizeof value;
        CHECK_OK (set_int (req, options[i], 0));
        CHECK_OK (set_int (req, options[i], 2));
        CHECK_FAIL (set_int (req, options[i], -1), EINVAL);
        CHECK_FAIL (zmq_getsockopt (req, options[i], &value, &size), EINVAL);
        CHECK_FAIL (set_int (new_socket (ZMQ_REP), options[i], 1), EINVAL);
        CHECK_FAIL (set_int (new_socket (ZMQ_DEALER), options[i], 1), EINVAL);
    }
}
