// What zmq.hpp has only for libraries with drafts: poller_t, active_poller_t, groups and routing
// ids of messages. A program of its own, as everything changes its shape with the switch.
#include "check.hpp"

#include <vector>

using namespace std::chrono_literals;
using zmq::event_flags;
using zmq::socket_type;

CHECK(draft_poller)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::pull, socket_type::push);
    zmq::poller_t<int> poller;
    int mark = 7;
    std::vector<zmq::poller_event<int>> events(2);
    poller.add(pair.bound, event_flags::pollin, &mark);
    WANT(poller.size() == 1);
    WANT(poller.wait_all(events, 0ms) == 0);
    say(pair.connected, "x");
    WANT(poller.wait_all(events, 20s) == 1);
    WANT(events[0].socket == pair.bound && events[0].user_data == &mark);
    WANT(events[0].events == event_flags::pollin);
    WANT_ERROR(EINVAL, poller.add(pair.bound, event_flags::pollin, &mark));
    poller.add(pair.connected, event_flags::pollout, &mark);
    WANT(poller.wait_all(events, 20s) == 2);
    poller.modify(pair.connected, event_flags::none);
    WANT(poller.wait_all(events, 20s) == 1);
    poller.remove(pair.bound);
    WANT_ERROR(EINVAL, poller.remove(pair.bound));
    WANT_ERROR(EINVAL, poller.modify(pair.bound, event_flags::pollin));
    WANT(poller.size() == 1 && poller.wait_all(events, 5ms) == 0);
}

CHECK(draft_active_poller)
{
    zmq::context_t context;
    pair_t one(context, socket_type::pull, socket_type::push),
      two(context, socket_type::pull, socket_type::push);
    zmq::active_poller_t poller;
    WANT(poller.empty());
    std::string heard;
    poller.add(one.bound, event_flags::pollin, [&](event_flags) { heard += hear(one.bound); });
    poller.add(two.bound, event_flags::pollin, [&](event_flags) { heard += hear(two.bound); });
    WANT(poller.size() == 2);
    WANT_ERROR(EINVAL, poller.add(one.bound, event_flags::pollin, [](event_flags) {}));
    say(one.connected, "1");
    WANT(poller.wait(20s) == 1 && heard == "1");
    say(two.connected, "2");
    WANT(poller.wait(20s) == 1 && heard == "12");
    poller.modify(two.bound, event_flags::none);
    poller.remove(one.bound);
    say(two.connected, "3");
    WANT(poller.wait(5ms) == 0 && poller.size() == 1);
    zmq::active_poller_t moved = std::move(poller);
    moved.modify(two.bound, event_flags::pollin);
    WANT(moved.wait(20s) == 1 && heard == "123");
}

CHECK(draft_groups)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::dish, socket_type::radio);
    pair.bound.join("group");
    zmq::message_t out(std::string("news")), in;
    out.set_group("group");
    WANT(std::string(out.group()) == "group");
    // A radio drops what nobody has joined yet.
    pair.bound.set(zmq::sockopt::rcvtimeo, 10);
    do {
        zmq::message_t copy;
        copy.copy(out);
        copy.set_group("group");
        WANT(pair.connected.send(copy, zmq::send_flags::none).has_value());
    } while (!pair.bound.recv(in));
    WANT(in.to_string() == "news" && std::string(in.group()) == "group");
    pair.bound.leave("group");
    WANT_ERROR(EINVAL, pair.bound.leave("group"));
}

CHECK(draft_routing_ids)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::server, socket_type::client);
    say(pair.connected, "question");
    zmq::message_t in, out(std::string("answer"));
    WANT(pair.bound.recv(in) && in.routing_id() != 0);
    out.set_routing_id(in.routing_id());
    WANT(pair.bound.send(out, zmq::send_flags::none).has_value());
    WANT(hear(pair.connected) == "answer");
    WANT_ERROR(EINVAL, out.set_routing_id(0));
    WANT_ERROR(EHOSTUNREACH, say(pair.bound, "to nobody"));
}

CHECK(draft_options)
{
    zmq::context_t context;
    WANT(context.get(zmq::ctxopt::zero_copy_recv) == 1);
    context.set(zmq::ctxopt::zero_copy_recv, 0);
    WANT(context.get(zmq::ctxopt::zero_copy_recv) == 0);
    zmq::socket_t router(context, socket_type::router), sub(context, socket_type::sub);
    WANT(router.get(zmq::sockopt::router_notify) == 0);
    router.set(zmq::sockopt::router_notify, ZMQ_NOTIFY_CONNECT);
    WANT(router.get(zmq::sockopt::router_notify) == ZMQ_NOTIFY_CONNECT);
    router.set(zmq::sockopt::zap_enforce_domain, true);
    WANT(router.get(zmq::sockopt::zap_enforce_domain) == 1);
    router.set(zmq::sockopt::metadata, "X-Key:value");
    WANT_ERROR(EINVAL, router.set(zmq::sockopt::metadata, "no colon"));
    WANT(zmq::socket_t(context, socket_type::server).get(zmq::sockopt::thread_safe) == 1);
    WANT_ERROR(EINVAL, sub.set(zmq::sockopt::router_notify, 1));
}
