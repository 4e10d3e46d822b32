// socket_t and context_t: patterns, flags, proxies, timers, zmq::poll, and errors with their numbers.
#include "check.hpp"

#include <array>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;
using zmq::socket_type;

CHECK(version_is_of_the_header)
{
    const auto [major, minor, patch] = zmq::version();
    int a, b, c;
    zmq::version(&a, &b, &c);
    WANT(a == major && b == minor && c == patch);
    WANT(major == 4 && minor == 3);
}

CHECK(request_and_reply)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::rep, socket_type::req);
    for (int turn = 0; turn < 100; ++turn) {
        say(pair.connected, std::to_string(turn));
        WANT(hear(pair.bound) == std::to_string(turn));
        say(pair.bound, "ok");
        WANT(hear(pair.connected) == "ok");
    }
    WANT_ERROR(EFSM, say(pair.bound, "out of turn"));
    zmq::message_t message;
    WANT_ERROR(EFSM, pair.connected.recv(message));
}

CHECK(publish_and_subscribe)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::xpub, socket_type::sub);
    pair.connected.set(zmq::sockopt::subscribe, "a");
    WANT(hear(pair.bound) == "\x01" "a");
    say(pair.bound, "b: not this");
    say(pair.bound, "a: this");
    WANT(hear(pair.connected) == "a: this");
    pair.connected.set(zmq::sockopt::unsubscribe, "a");
    WANT(hear(pair.bound) == std::string("\0a", 2));
}

CHECK(xpub_decides_by_hand)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::xpub, socket_type::xsub);
    pair.bound.set(zmq::sockopt::xpub_manual, true);
    say(pair.connected, "\x01" "asked");
    WANT(hear(pair.bound) == "\x01" "asked");
    pair.bound.set(zmq::sockopt::subscribe, "given");
    say(pair.bound, "asked for");
    say(pair.bound, "given instead");
    WANT(hear(pair.connected) == "given instead");
}

CHECK(xpub_welcomes)
{
    zmq::context_t context;
    zmq::socket_t publisher = make(context, socket_type::xpub);
    publisher.set(zmq::sockopt::xpub_welcome_msg, "welcome");
    publisher.bind("tcp://127.0.0.1:*");
    zmq::socket_t subscriber = make(context, socket_type::sub);
    subscriber.set(zmq::sockopt::subscribe, "wel");
    subscriber.connect(publisher.get(zmq::sockopt::last_endpoint));
    // Welcomes when the program calls in.
    WANT(hear(publisher) == "\x01" "wel");
    WANT(hear(subscriber) == "welcome");
}

CHECK(router_to_its_peers)
{
    zmq::context_t context;
    zmq::socket_t router = make(context, socket_type::router);
    router.set(zmq::sockopt::router_mandatory, true);
    router.bind("tcp://127.0.0.1:*");
    std::vector<zmq::socket_t> dealers;
    for (const char *name : {"one", "two", "three"}) {
        dealers.push_back(make(context, socket_type::dealer));
        dealers.back().set(zmq::sockopt::routing_id, name);
        dealers.back().set(zmq::sockopt::probe_router, true);
        dealers.back().connect(router.get(zmq::sockopt::last_endpoint));
        WANT(zmq::multipart_t(router).popstr() == name);
    }
    say(router, "two", zmq::send_flags::sndmore);
    say(router, "for two");
    WANT(hear(dealers[1]) == "for two");
    WANT_ERROR(EHOSTUNREACH, say(router, "four", zmq::send_flags::sndmore));
}

CHECK(stream_and_plain_tcp)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::stream, socket_type::stream);
    zmq::multipart_t opened(pair.connected);
    WANT(opened.size() == 2 && opened[1].empty());
    zmq::multipart_t accepted(pair.bound);
    WANT(accepted.size() == 2 && accepted[1].empty());
    say(pair.connected, opened.popstr(), zmq::send_flags::sndmore);
    say(pair.connected, "bytes");
    zmq::multipart_t got(pair.bound);
    WANT(got[0] == accepted[0] && got.peekstr(1) == "bytes");
}

CHECK(flags_and_limits)
{
    zmq::context_t context;
    zmq::socket_t push(context, socket_type::push), pull = make(context, socket_type::pull);
    WANT(!push.send(zmq::str_buffer("x"), zmq::send_flags::dontwait).has_value());
    push.set(zmq::sockopt::sndtimeo, 10);
    WANT(!push.send(zmq::str_buffer("x")).has_value());
    pull.bind("inproc://here");
    push.connect("inproc://here");
    say(push, "0123456789");
    std::array<char, 4> room;
    const auto result = pull.recv(zmq::buffer(room));
    WANT(result && result->size == 4 && result->untruncated_size == 10 && result->truncated());
    WANT(!pull.recv(zmq::buffer(room), zmq::recv_flags::dontwait).has_value());
    zmq::message_t message;
    pull.set(zmq::sockopt::rcvtimeo, 10);
    WANT(!pull.recv(message).has_value());
    say(push, "exactly", zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    say(push, "");
    WANT(hear(pull) == "exactly" && pull.get(zmq::sockopt::rcvmore) == 1);
    WANT(hear(pull) == "" && pull.get(zmq::sockopt::rcvmore) == 0);
}

CHECK(every_transport)
{
    const std::string file = "cppzmq-" + std::to_string(getpid()) + ".sock";
    for (const std::string &endpoint :
         {std::string("tcp://127.0.0.1:*"), std::string("tcp://[::1]:*"), "ipc://" + file,
          std::string("ipc://*"), std::string("inproc://name")}) {
        zmq::context_t context;
        zmq::socket_t pull = make(context, socket_type::pull),
                      push = make(context, socket_type::push);
        if (endpoint.find('[') != std::string::npos) {
            pull.set(zmq::sockopt::ipv6, true);
            push.set(zmq::sockopt::ipv6, true);
        }
        pull.bind(endpoint);
        push.connect(pull.get(zmq::sockopt::last_endpoint));
        say(push, endpoint);
        WANT(hear(pull) == endpoint);
    }
}

CHECK(bind_unbind_connect_disconnect)
{
    zmq::context_t context;
    zmq::socket_t pull = make(context, socket_type::pull), push = make(context, socket_type::push);
    pull.bind("tcp://127.0.0.1:*");
    const std::string endpoint = pull.get(zmq::sockopt::last_endpoint);
    WANT_ERROR(EADDRINUSE, make(context, socket_type::pull).bind(endpoint));
    push.connect(endpoint);
    say(push, "over it");
    WANT(hear(pull) == "over it");
    push.disconnect(endpoint);
    WANT_ERROR(ENOENT, push.disconnect(endpoint));
    pull.unbind(endpoint);
    WANT_ERROR(ENOENT, pull.unbind(endpoint));
    pull.bind("inproc://one");
    WANT_ERROR(EADDRINUSE, make(context, socket_type::pull).bind("inproc://one"));
    pull.unbind("inproc://one");
    make(context, socket_type::pull).bind("inproc://one");
}

CHECK(errors_have_numbers_and_texts)
{
    zmq::context_t context;
    zmq::socket_t socket(context, socket_type::push);
    WANT_ERROR(EINVAL, socket.bind("nothing"));
    WANT_ERROR(EPROTONOSUPPORT, socket.bind("carrier://pigeon"));
    WANT_ERROR(EINVAL, socket.bind("tcp://127.0.0.1:port"));
    WANT_ERROR(ENODEV, socket.bind("tcp://nowhere0:1"));
    WANT_ERROR(EINVAL, socket.connect("tcp://127.0.0.1"));
    WANT_ERROR(EINVAL, zmq::socket_t(context, 99));
    zmq::message_t message;
    WANT_ERROR(ENOTSUP, socket.recv(message));
    WANT_ERROR(ENOTSOCK, zmq::socket_t().bind("inproc://x"));
    try {
        socket.bind("carrier://pigeon");
    }
    catch (const zmq::error_t &error) {
        WANT(std::string(error.what()) == zmq_strerror(EPROTONOSUPPORT));
    }
    WANT(std::string(zmq::error_t(EFSM).what())
         == "Operation cannot be accomplished in current state");
    WANT(std::string(zmq::error_t(ETERM).what()) == "Context was terminated");
}

CHECK(handles_of_sockets)
{
    zmq::context_t context, other;
    zmq::socket_t a(context, socket_type::pair), b(context, socket_type::pair), none;
    zmq::socket_ref ref = a, nobody;
    WANT(ref == a && ref != b && !nobody && nobody == nullptr && !none && a);
    zmq::socket_t moved = std::move(a);
    WANT(!a && ref == moved);
    swap(moved, b);
    WANT(ref == b);
    WANT(zmq::socket_ref(zmq::from_handle, b.handle()) == ref);
    moved.close();
    WANT(!moved);
    moved = zmq::socket_t(context, socket_type::pair);
    WANT(std::hash<zmq::socket_ref>()(ref) == std::hash<zmq::socket_ref>()(b));
    void *const handle = context.handle();
    zmq::context_t taken = std::move(context);
    WANT(taken.handle() == handle && context.handle() == nullptr);
    swap(taken, other);
    WANT(other.handle() == handle);
}

CHECK(limit_of_sockets)
{
    zmq::context_t context(1, 2);
    zmq::socket_t a(context, socket_type::pair), b(context, socket_type::pair);
    WANT_ERROR(EMFILE, zmq::socket_t(context, socket_type::pair));
}

CHECK(shutdown_wakes_a_thread)
{
    zmq::context_t context;
    zmq::socket_t socket(context, socket_type::pull);
    socket.bind("inproc://x");
    int number = 0;
    std::thread thread([&] {
        try {
            zmq::message_t message;
            (void) socket.recv(message);
        }
        catch (const zmq::error_t &error) {
            number = error.num();
        }
        socket.close();
    });
    context.shutdown();
    thread.join();
    WANT(number == ETERM);
    WANT_ERROR(ETERM, zmq::socket_t(context, socket_type::pull));
    context.close();
    WANT(context.handle() == nullptr);
}

CHECK(poll_in_every_way)
{
    zmq::context_t context;
    pair_t pair(context, socket_type::pull, socket_type::push);
    int ends[2];
    WANT(pipe(ends) == 0);
    std::vector<zmq::pollitem_t> items = {{pair.bound.handle(), 0, ZMQ_POLLIN, 0},
                                          {nullptr, ends[0], ZMQ_POLLIN, 0}};
    WANT(zmq::poll(items, 0ms) == 0);
    WANT(zmq::poll(items, 5ms) == 0);
    say(pair.connected, "x");
    WANT(zmq::poll(items, 20s) == 1);
    WANT(items[0].revents == ZMQ_POLLIN && items[1].revents == 0);
    WANT(write(ends[1], "x", 1) == 1);
    WANT(zmq::poll(items.data(), items.size(), 20s) == 2);
    WANT(hear(pair.bound) == "x");
    std::array<zmq::pollitem_t, 1> one = {{{pair.connected.handle(), 0, ZMQ_POLLOUT, 0}}};
    WANT(zmq::poll(one, 20s) == 1 && one[0].revents == ZMQ_POLLOUT);
    zmq::pollitem_t broken = {nullptr, -1, ZMQ_POLLIN, 0};
    WANT(zmq::poll(&broken, 0, 1ms) == 0);
    close(ends[0]);
    close(ends[1]);
}

CHECK(proxy_until_the_end)
{
    zmq::context_t context, outside;
    zmq::socket_t front = make(context, socket_type::router), back = make(context, socket_type::dealer),
                  capture = make(context, socket_type::push);
    zmq::socket_t client = make(outside, socket_type::req), worker = make(outside, socket_type::rep),
                  log = make(outside, socket_type::pull);
    front.bind("tcp://127.0.0.1:*");
    back.bind("tcp://127.0.0.1:*");
    log.bind("tcp://127.0.0.1:*");
    client.connect(front.get(zmq::sockopt::last_endpoint));
    worker.connect(back.get(zmq::sockopt::last_endpoint));
    capture.connect(log.get(zmq::sockopt::last_endpoint));
    int number = 0;
    std::thread thread([&] {
        try {
            zmq::proxy(zmq::socket_ref(front), zmq::socket_ref(back), zmq::socket_ref(capture));
        }
        catch (const zmq::error_t &error) {
            number = error.num();
        }
        for (auto *socket : {&front, &back, &capture})
            socket->close();
    });
    say(client, "question");
    WANT(hear(worker) == "question");
    say(worker, "answer");
    WANT(hear(client) == "answer");
    WANT(zmq::multipart_t(log).back().to_string() == "question");
    WANT(zmq::multipart_t(log).back().to_string() == "answer");
    context.shutdown();
    thread.join();
    WANT(number == ETERM);
}

CHECK(proxy_is_steered)
{
    zmq::context_t context;
    pair_t in(context, socket_type::pull, socket_type::push);
    pair_t out(context, socket_type::push, socket_type::pull);
    pair_t control(context, socket_type::pair, socket_type::pair);
    std::thread thread(
      [&] { zmq::proxy_steerable(in.bound, out.bound, zmq::socket_ref(), control.bound); });
    say(in.connected, "passes");
    WANT(hear(out.connected) == "passes");
    say(control.connected, "PAUSE");
    say(control.connected, "RESUME");
    say(in.connected, "again");
    WANT(hear(out.connected) == "again");
    say(control.connected, "TERMINATE");
    thread.join();
}

CHECK(timers)
{
    void *timers = zmq_timers_new();
    WANT(timers);
    int fired = 0;
    const int timer = zmq_timers_add(
      timers, 5, [](int, void *count) { ++*static_cast<int *>(count); }, &fired);
    WANT(timer >= 0);
    const int other = zmq_timers_add(timers, 3600000, [](int, void *) {}, nullptr);
    while (fired < 3) {
        const long wait = zmq_timers_timeout(timers);
        WANT(wait >= 0 && wait <= 5);
        zmq::poll(static_cast<zmq_pollitem_t *>(nullptr), 0, std::chrono::milliseconds(wait));
        WANT(zmq_timers_execute(timers) == 0);
    }
    WANT(zmq_timers_cancel(timers, timer) == 0);
    WANT(zmq_timers_cancel(timers, timer) == -1 && zmq_errno() == EINVAL);
    WANT(zmq_timers_timeout(timers) > 1000000);
    WANT(zmq_timers_set_interval(timers, other, 2) == 0);
    WANT(zmq_timers_reset(timers, other) == 0);
    WANT(zmq_timers_timeout(timers) <= 2);
    WANT(zmq_timers_destroy(&timers) == 0 && timers == nullptr);
}

CHECK(curve)
{
    char server_public[41], server_secret[41], client_public[41], client_secret[41], again[41];
    WANT(zmq_curve_keypair(server_public, server_secret) == 0);
    WANT(zmq_curve_keypair(client_public, client_secret) == 0);
    WANT(zmq_curve_public(again, server_secret) == 0);
    WANT(std::string(again) == server_public);
    zmq::context_t context;
    zmq::socket_t server = make(context, socket_type::rep), client = make(context, socket_type::req);
    server.set(zmq::sockopt::curve_server, true);
    server.set(zmq::sockopt::curve_secretkey, server_secret);
    server.bind("tcp://127.0.0.1:*");
    client.set(zmq::sockopt::curve_serverkey, server_public);
    client.set(zmq::sockopt::curve_publickey, client_public);
    client.set(zmq::sockopt::curve_secretkey, client_secret);
    client.connect(server.get(zmq::sockopt::last_endpoint));
    say(client, std::string(100000, 's'));
    WANT(hear(server) == std::string(100000, 's'));
}

CHECK(older_calls)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    zmq::context_t context(2);
    WANT(context.getctxopt(ZMQ_IO_THREADS) == 2);
    WANT(context.setctxopt(ZMQ_IPV6, 1) == 0);
    zmq::socket_t a(context, ZMQ_PAIR), b(context, ZMQ_PAIR);
    a.bind("inproc://older");
    b.connect("inproc://older");
    WANT(b.connected());
    WANT(a.send("text", 4) == 4);
    char room[10];
    WANT(b.recv(room, sizeof room) == 4);
    zmq::message_t out(room, 4), in;
    WANT(a.send(out, ZMQ_SNDMORE));
    const std::string more = "more";
    WANT(a.send(more.begin(), more.end()));
    WANT(b.recv(&in) && in.more() && in.to_string() == "text");
    WANT(b.recv(&in) && in.to_string() == "more");
    WANT(b.recv(&in, ZMQ_DONTWAIT) == false);
    zmq_pollitem_t item = {b.handle(), 0, ZMQ_POLLIN, 0};
    WANT(zmq::poll(&item, 1, 0L) == 0);
#pragma GCC diagnostic pop
}
