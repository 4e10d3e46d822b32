// Every binding of cppzmq's headers that works without a network, compiled against our header.

#include <zmq.hpp>
#include <zmq_addon.hpp>

#include <cassert>
#include <string>
#include <vector>

int main ()
{
    zmq::context_t ctx;
    zmq::socket_t rep (ctx, zmq::socket_type::rep);
    zmq::socket_t req (ctx, zmq::socket_type::req);
    rep.set (zmq::sockopt::linger, 0);
    assert (rep.get (zmq::sockopt::linger) == 0);
    rep.bind ("inproc://cppzmq");
    req.connect (rep.get (zmq::sockopt::last_endpoint));

    req.send (zmq::str_buffer ("question"), zmq::send_flags::none);
    zmq::pollitem_t items[] = {{rep.handle (), 0, ZMQ_POLLIN, 0}};
    assert (zmq::poll (items, 1, std::chrono::milliseconds (5000)) == 1);
    zmq::message_t message;
    const auto received = rep.recv (message);
    assert (received && message.to_string () == "question");
    std::vector<zmq::const_buffer> parts = {zmq::str_buffer ("an"), zmq::str_buffer ("swer")};
    zmq::send_multipart (rep, parts);
    std::vector<zmq::message_t> answer;
    const auto count = zmq::recv_multipart (req, std::back_inserter (answer));
    assert (count && *count == 2 && answer[1].to_string () == "swer");

#ifdef ZMQ_BUILD_DRAFT_API
    zmq::socket_t server (ctx, zmq::socket_type::server);
    zmq::socket_t client (ctx, zmq::socket_type::client);
    server.bind ("inproc://drafts");
    client.connect ("inproc://drafts");
    client.send (zmq::str_buffer ("hello"), zmq::send_flags::none);
    zmq::poller_t<> poller;
    poller.add (server, zmq::event_flags::pollin);
    std::vector<zmq::poller_event<>> events (1);
    assert (poller.wait_all (events, std::chrono::milliseconds (5000)) == 1);
    zmq::message_t hello;
    const auto greeting = server.recv (hello);
    assert (greeting && hello.routing_id () != 0);
#endif
    return 0;
}
