/* REQ and REP: the two state machines, the envelope, lost peers. Plain options. */
#include "sockets.h"

#define EP "inproc://reqrep"

TEST (h085_req_recv_before_send_gives_efsm)
{
    void *rep, *req;
    char byte;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    CHECK_FAIL (zmq_recv (req, &byte, 1, 0), EFSM);
    CHECK_FAIL (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT), EFSM);
}

TEST (h085_rep_send_before_recv_gives_efsm)
{
    void *rep, *req;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    CHECK_FAIL (send_str (rep, "a", 0), EFSM);
    send_parts (req, "request", NULL);
    CHECK_FAIL (send_str (rep, "a", ZMQ_DONTWAIT), EFSM);
}

TEST (h086_req_second_send_without_reply_gives_efsm)
{
    void *rep, *req;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    send_parts (req, "request", NULL);
    CHECK_FAIL (send_str (req, "again", 0), EFSM);
    EXPECT (rep, "request");
    send_parts (rep, "reply", NULL);
    CHECK_FAIL (send_str (req, "again", ZMQ_DONTWAIT), EFSM);
    EXPECT (req, "reply");
    send_parts (req, "again", NULL);
    EXPECT (rep, "again");
}

TEST (h087_no_turning_round_between_frames)
{
    void *rep, *req;
    char byte;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    CHECK_INT (send_str (req, "1", ZMQ_SNDMORE), 1);
    CHECK_FAIL (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT), EFSM);
    CHECK_INT (send_str (req, "2", 0), 1);
    EXPECT (rep, "1", "2");
    send_parts (rep, "3", "4", NULL);
    EXPECT_BIN (req, "3", 1);
    CHECK_FAIL (send_str (req, "early", ZMQ_DONTWAIT), EFSM);
    EXPECT_BIN (req, "4", 0);
    CHECK_INT (send_str (req, "5", ZMQ_DONTWAIT), 1);
}

TEST (h088_rep_recv_while_a_reply_is_due_gives_efsm)
{
    void *rep, *req;
    char byte;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    send_parts (req, "1", "2", NULL);
    EXPECT_BIN (rep, "1", 1);
    CHECK_FAIL (send_str (rep, "early", ZMQ_DONTWAIT), EFSM);
    EXPECT_BIN (rep, "2", 0);
    CHECK_FAIL (zmq_recv (rep, &byte, 1, 0), EFSM);
    CHECK_INT (send_str (rep, "3", ZMQ_SNDMORE), 1);
    CHECK_FAIL (zmq_recv (rep, &byte, 1, ZMQ_DONTWAIT), EFSM);
    CHECK_INT (send_str (rep, "4", 0), 1);
    CHECK_FAIL (zmq_recv (rep, &byte, 1, ZMQ_DONTWAIT), EAGAIN);
    EXPECT (req, "3", "4");
}

TEST (h089_req_has_pollout_when_ready_and_not_while_awaiting)
{
    void *rep, *req;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    CHECK_INT (settle (req), ZMQ_POLLOUT);
    CHECK_INT (send_str (req, "1", ZMQ_SNDMORE), 1);
    CHECK_INT (settle (req), ZMQ_POLLOUT);
    CHECK_INT (send_str (req, "2", 0), 1);
    CHECK_INT (settle (req), 0);
    EXPECT (rep, "1", "2");
    send_parts (rep, "3", "4", NULL);
    CHECK_INT (settle (req), ZMQ_POLLIN);
    EXPECT_BIN (req, "3", 1);
    CHECK_INT (settle (req), ZMQ_POLLIN);
    EXPECT_BIN (req, "4", 0);
    CHECK_INT (settle (req), ZMQ_POLLOUT);
}

TEST (h090_rep_has_pollin_for_a_request_and_pollout_while_a_reply_is_due)
{
    void *rep, *req;
    inproc_pair (ZMQ_REP, ZMQ_REQ, &rep, &req);
    CHECK_INT (settle (rep), 0);
    send_parts (req, "1", "2", NULL);
    CHECK_INT (settle (rep), ZMQ_POLLIN);
    EXPECT_BIN (rep, "1", 1);
    CHECK_INT (settle (rep), ZMQ_POLLIN);
    EXPECT_BIN (rep, "2", 0);
    CHECK_INT (settle (rep), ZMQ_POLLOUT);
    CHECK_INT (send_str (rep, "3", ZMQ_SNDMORE), 1);
    CHECK_INT (settle (rep), ZMQ_POLLOUT);
    CHECK_INT (send_str (rep, "4", 0), 1);
    CHECK_INT (settle (rep), 0);
    EXPECT (req, "3", "4");
}

TEST (h090_rep_hides_a_second_request_while_a_reply_is_due)
{
    void *rep = bound (ZMQ_REP, EP);
    void *one = connected (ZMQ_REQ, EP), *two = connected (ZMQ_REQ, EP);
    send_parts (one, "1", NULL);
    send_parts (two, "2", NULL);
    EXPECT (rep, "1");
    CHECK_INT (settle (rep), ZMQ_POLLOUT);
    send_parts (rep, "one", NULL);
    CHECK_INT (settle (rep), ZMQ_POLLIN);
    EXPECT (rep, "2");
    send_parts (rep, "two", NULL);
    EXPECT (one, "one");
    EXPECT (two, "two");
}

TEST (h091_req_without_peers_gives_eagain_and_keeps_its_state)
{
    void *req = new_socket (ZMQ_REQ);
    CHECK_OK (zmq_bind (req, EP));
    CHECK_FAIL (send_str (req, "a", ZMQ_DONTWAIT), EAGAIN);
    CHECK_FAIL (send_str (req, "a", ZMQ_DONTWAIT), EAGAIN);
    char byte;
    CHECK_FAIL (zmq_recv (req, &byte, 1, ZMQ_DONTWAIT), EFSM);
    void *rep = connected (ZMQ_REP, EP);
    settle (req);
    send_parts (req, "a", NULL);
    EXPECT (rep, "a");
}

TEST (h092_router_sees_id_and_empty_frame_before_the_body)
{
    void *router = bound (ZMQ_ROUTER, EP), *req = socket_with_id (ZMQ_REQ, "me");
    CHECK_OK (zmq_connect (req, EP));
    send_parts (req, "body", "more", NULL);
    EXPECT (router, "me", "", "body", "more");
    send_parts (router, "me", "", "reply", "more", NULL);
    EXPECT (req, "reply", "more");
}

TEST (h093_req_rotates_over_five_reps)
{
    void *req = bound (ZMQ_REQ, EP), *rep[5];
    for (int i = 0; i < 5; i++)
        rep[i] = connected (ZMQ_REP, EP);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 5; i++) {
            send_parts (req, "ping", NULL);
            EXPECT (rep[i], "ping");
            send_parts (rep[i], "pong", NULL);
            EXPECT (req, "pong");
        }
}

TEST (h094_rep_keeps_the_whole_return_envelope)
{
    void *rep, *dealer;
    inproc_pair (ZMQ_REP, ZMQ_DEALER, &rep, &dealer);
    send_parts (dealer, "X", "Y", "", "A", NULL);
    EXPECT (rep, "A");
    send_parts (rep, "reply", NULL);
    EXPECT (dealer, "X", "Y", "", "reply");
    send_parts (dealer, "", "B", "", "C", NULL);
    EXPECT (rep, "B", "", "C");
    send_parts (rep, "", "two", NULL);
    EXPECT (dealer, "", "", "two");
}

TEST (h095_rep_drops_a_request_without_delimiter)
{
    void *rep, *dealer;
    inproc_pair (ZMQ_REP, ZMQ_DEALER, &rep, &dealer);
    send_parts (dealer, "no delimiter", NULL);
    send_parts (dealer, "X", "Y", NULL);
    send_parts (dealer, "X", "", NULL);
    CHECK_INT (settle (rep), ZMQ_POLLIN);
    send_parts (dealer, "", "good", NULL);
    EXPECT (rep, "good");
    send_parts (rep, "reply", NULL);
    EXPECT (dealer, "", "reply");
    EXPECT_NOTHING (dealer);
    EXPECT_NOTHING (rep);
}

TEST (h096_a_single_empty_frame_is_no_request_and_two_are)
{
    void *rep, *dealer;
    inproc_pair (ZMQ_REP, ZMQ_DEALER, &rep, &dealer);
    send_parts (dealer, "", NULL);
    EXPECT_NOTHING (rep);
    send_parts (dealer, "", "", NULL);
    EXPECT (rep, "");
    send_parts (rep, "", NULL);
    EXPECT (dealer, "", "");
}

TEST (h097_a_reply_to_a_vanished_requester_succeeds)
{
    void *rep = bound (ZMQ_REP, EP), *gone = connected (ZMQ_REQ, EP);
    send_parts (gone, "request", NULL);
    EXPECT (rep, "request");
    close_socket (gone);
    CHECK_INT (send_str (rep, "for", ZMQ_SNDMORE), 3);
    CHECK_INT (send_str (rep, "nobody", 0), 6);
    void *req = connected (ZMQ_REQ, EP);
    send_parts (req, "next", NULL);
    EXPECT (rep, "next");
    send_parts (rep, "reply", NULL);
    EXPECT (req, "reply");
}

TEST (h098_a_reply_to_a_full_requester_is_dropped)
{
    void *rep = socket_with_hwm (ZMQ_REP, 1, 100), *dealer = socket_with_hwm (ZMQ_DEALER, 100, 1);
    CHECK_OK (zmq_bind (rep, EP));
    CHECK_OK (zmq_connect (dealer, EP));
    for (int i = 0; i < 5; i++) {
        char text[2] = {(char) ('0' + i), 0};
        send_parts (dealer, "", text, NULL);
        EXPECT (rep, text);
        CHECK_INT (send_str (rep, text, 0), 1);
    }
    EXPECT (dealer, "", "0");
    EXPECT (dealer, "", "1");
    EXPECT_NOTHING (dealer);
    settle (rep);
    send_parts (dealer, "", "again", NULL);
    EXPECT (rep, "again");
    send_parts (rep, "reply", NULL);
    EXPECT (dealer, "", "reply");
}

TEST (h099_req_ignores_replies_from_a_peer_it_did_not_ask)
{
    void *req = bound (ZMQ_REQ, EP);
    void *asked = connected (ZMQ_DEALER, EP), *other = connected (ZMQ_DEALER, EP);
    settle (req);
    send_parts (req, "request", NULL);
    EXPECT (asked, "", "request");
    send_parts (other, "", "wrong peer", NULL);
    EXPECT_NOTHING (req);
    send_parts (asked, "", "right peer", NULL);
    EXPECT (req, "right peer");
}

TEST (h100_req_skips_replies_without_delimiter)
{
    void *req, *dealer;
    inproc_pair (ZMQ_REQ, ZMQ_DEALER, &req, &dealer);
    settle (req);
    send_parts (req, "request", NULL);
    EXPECT (dealer, "", "request");
    send_parts (dealer, "no delimiter", NULL);
    send_parts (dealer, "X", "", "addressed", NULL);
    EXPECT_NOTHING (req);
    send_parts (dealer, "", "good", "reply", NULL);
    EXPECT (req, "good", "reply");
}

TEST (h101_an_id_frame_alone_from_router_is_ignored)
{
    void *router = bound (ZMQ_ROUTER, EP), *req = socket_with_id (ZMQ_REQ, "me");
    CHECK_OK (zmq_connect (req, EP));
    send_parts (req, "request", NULL);
    EXPECT (router, "me", "", "request");
    send_parts (router, "me", NULL);
    EXPECT_NOTHING (req);
    send_parts (router, "me", "", "reply", NULL);
    EXPECT (req, "reply");
}

TEST (s_a52_what_was_queued_before_the_request_is_discarded)
{
    void *req, *dealer;
    inproc_pair (ZMQ_REQ, ZMQ_DEALER, &req, &dealer);
    send_parts (dealer, "", "stale", NULL);
    settle (req);
    send_parts (req, "request", NULL);
    EXPECT (dealer, "", "request");
    EXPECT_NOTHING (req);
    send_parts (dealer, "", "fresh", NULL);
    EXPECT (req, "fresh");
}

TEST (s_a54_req_that_lost_its_peer_stays_in_the_awaiting_state)
{
    void *req = bound (ZMQ_REQ, EP), *rep = connected (ZMQ_REP, EP);
    void *witness = connected (ZMQ_DEALER, "inproc://witness");
    CHECK_OK (zmq_bind (rep, "inproc://witness"));
    send_parts (req, "request", NULL);
    close_socket (rep);
    WAIT_UNTIL (settle (witness) == 0);
    WAIT_UNTIL (settle (req) == 0);
    CHECK_FAIL (send_str (req, "again", ZMQ_DONTWAIT), EFSM);
    EXPECT_NOTHING (req);
    void *other = connected (ZMQ_REP, EP);
    settle (req);
    EXPECT_NOTHING (other); /* not sent again */
    CHECK_FAIL (send_str (req, "again", ZMQ_DONTWAIT), EFSM);
}

TEST (s_a54_disconnecting_the_asked_endpoint_does_not_reset_the_state)
{
    void *rep = bound (ZMQ_REP, EP), *req = connected (ZMQ_REQ, EP);
    send_parts (req, "request", NULL);
    CHECK_OK (zmq_disconnect (req, EP));
    EXPECT (rep, "request");
    CHECK_FAIL (send_str (req, "again", ZMQ_DONTWAIT), EFSM);
    EXPECT_NOTHING (req);
}
