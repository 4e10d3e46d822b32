// monitor_t: its callbacks for what happens to a socket.
#include "check.hpp"

#include <thread>
#include <vector>

namespace
{
// Writes down what it is called for.
struct monitor : zmq::monitor_t
{
    std::vector<std::string> seen;
    std::string address;
    int started = 0;

    void note(const char *what, const char *where)
    {
        seen.emplace_back(what);
        address = where;
    }

    void on_monitor_started() override { ++started; }
    void on_event_connected(const zmq_event_t &, const char *at) override
    {
        note("connected", at);
    }
    void on_event_connect_delayed(const zmq_event_t &, const char *at) override
    {
        note("delayed", at);
    }
    void on_event_connect_retried(const zmq_event_t &event, const char *at) override
    {
        WANT(event.value > 0);
        note("retried", at);
    }
    void on_event_listening(const zmq_event_t &event, const char *at) override
    {
        WANT(event.value > 2);
        note("listening", at);
    }
    void on_event_bind_failed(const zmq_event_t &event, const char *at) override
    {
        WANT(event.value == EADDRINUSE);
        note("bind failed", at);
    }
    void on_event_accepted(const zmq_event_t &, const char *at) override { note("accepted", at); }
    void on_event_closed(const zmq_event_t &, const char *at) override { note("closed", at); }
    void on_event_disconnected(const zmq_event_t &, const char *at) override
    {
        note("disconnected", at);
    }
    void on_event_handshake_succeeded(const zmq_event_t &, const char *at) override
    {
        note("shaken", at);
    }
    void on_event_handshake_failed_auth(const zmq_event_t &event, const char *at) override
    {
        note(event.value == 400 ? "refused with 400" : "refused", at);
    }
    void on_event_handshake_failed_protocol(const zmq_event_t &, const char *at) override
    {
        note("protocol", at);
    }

    // Waits for one event.
    std::string next()
    {
        const size_t before = seen.size();
        WANT(check_event(20000));
        WANT(seen.size() == before + 1);
        return seen.back();
    }
};
}

CHECK(monitor_of_a_server)
{
    zmq::context_t context;
    zmq::socket_t server = make(context, zmq::socket_type::rep);
    monitor events;
    events.init(server, "inproc://events");
    WANT(events.started == 1);
    WANT(!events.check_event());
    server.bind("tcp://127.0.0.1:*");
    const std::string endpoint = server.get(zmq::sockopt::last_endpoint);
    WANT(events.next() == "listening" && events.address == endpoint);
    {
        zmq::socket_t client = make(context, zmq::socket_type::req);
        client.connect(endpoint);
        WANT(events.next() == "accepted");
        WANT(events.next() == "shaken");
    }
    WANT(events.next() == "disconnected");
    server.unbind(endpoint);
    WANT(events.next() == "closed" && events.address == endpoint);
}

CHECK(monitor_of_a_client)
{
    zmq::context_t context;
    zmq::socket_t server = make(context, zmq::socket_type::rep),
                  client = make(context, zmq::socket_type::req);
    server.bind("tcp://127.0.0.1:*");
    const std::string endpoint = server.get(zmq::sockopt::last_endpoint);
    monitor events;
    events.init(client, std::string("inproc://events"));
    client.set(zmq::sockopt::reconnect_ivl, 10);
    client.connect(endpoint);
    WANT(events.next() == "delayed" && events.address == endpoint);
    WANT(events.next() == "connected");
    WANT(events.next() == "shaken");
    server.close();
    WANT(events.next() == "disconnected");
    WANT(events.next() == "retried");
}

CHECK(monitor_of_a_bind_that_fails)
{
    zmq::context_t context;
    zmq::socket_t one = make(context, zmq::socket_type::rep),
                  two = make(context, zmq::socket_type::rep);
    one.bind("tcp://127.0.0.1:*");
    monitor events;
    events.init(two, "inproc://events", ZMQ_EVENT_BIND_FAILED);
    // libzmq's error number of a bind that is monitored is that of what the monitor did last.
    bool thrown = false;
    try {
        two.bind(one.get(zmq::sockopt::last_endpoint));
    }
    catch (const zmq::error_t &) {
        thrown = true;
    }
    WANT(thrown);
    WANT(events.next() == "bind failed");
}

CHECK(monitor_of_a_refusal)
{
    zmq::context_t context;
    zmq::socket_t handler = make(context, zmq::socket_type::rep);
    handler.bind("inproc://zeromq.zap.01");
    zmq::socket_t server = make(context, zmq::socket_type::rep),
                  client = make(context, zmq::socket_type::req);
    server.set(zmq::sockopt::plain_server, true);
    server.set(zmq::sockopt::zap_domain, "here");
    server.bind("tcp://127.0.0.1:*");
    monitor there, here;
    there.init(server, "inproc://there", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    here.init(client, "inproc://here", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    client.set(zmq::sockopt::plain_username, "stranger");
    client.set(zmq::sockopt::plain_password, "guess");
    client.connect(server.get(zmq::sockopt::last_endpoint));
    zmq::multipart_t request(handler);
    WANT(request.size() == 8 && request.peekstr(2) == "here" && request.peekstr(6) == "stranger");
    zmq::multipart_t answer;
    for (const std::string &part : {std::string("1.0"), request.peekstr(1), std::string("400"),
                                    std::string("No"), std::string(), std::string()})
        answer.addstr(part);
    WANT(answer.send(handler));
    WANT(there.next() == "refused with 400");
    WANT(here.next() == "refused with 400");
}

CHECK(monitor_aborts_and_moves)
{
    zmq::context_t context;
    zmq::socket_t server = make(context, zmq::socket_type::rep);
    monitor events;
    events.init(server, "inproc://events");
    server.bind("tcp://127.0.0.1:*");
    WANT(events.next() == "listening");
    events.abort();
    WANT(!events.check_event(20000));
    WANT_ERROR(EPROTONOSUPPORT, monitor().init(server, "tcp://127.0.0.1:9"));
}

CHECK(monitor_runs_until_its_socket_closes)
{
    zmq::context_t context;
    zmq::socket_t server = make(context, zmq::socket_type::rep);
    monitor events;
    events.init(server, "inproc://events", ZMQ_EVENT_LISTENING | ZMQ_EVENT_MONITOR_STOPPED);
    std::thread thread([&] {
        while (events.check_event(-1))
            continue;
    });
    server.bind("tcp://127.0.0.1:*");
    server.close();
    thread.join();
    WANT(events.seen == std::vector<std::string>{"listening"});
}
