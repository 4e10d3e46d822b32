// Each typed option: what it is before anything is set, and that what is set is what is read.
#include "check.hpp"

#include <cstdint>

namespace
{
const std::string key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

// A check of a number: its type of socket, the value at first, and another.
template<class Option, class T>
void number(const std::string &name, Option option, zmq::socket_type type, T first, T other)
{
    zmq::context_t context;
    zmq::socket_t socket(context, type);
    const auto begun = socket.get(option);
    if (begun != first)
        throw std::runtime_error(name + " begins as " + std::to_string(begun));
    socket.set(option, other);
    const auto set = socket.get(option);
    if (set != other)
        throw std::runtime_error(name + " is then " + std::to_string(set));
}

// A check of a text.
template<class Option>
void text(const std::string &name, Option option, const std::string &first,
          const std::string &other)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    const std::string begun = socket.get(option);
    if (begun != first)
        throw std::runtime_error(name + " begins as " + begun);
    socket.set(option, other);
    const std::string set = socket.get(option);
    if (set != other)
        throw std::runtime_error(name + " is then " + set);
}
}

#define NUMBER(option, type, first, other)                                                 \
    static const registered number_##option{"option_" #option, [] {                        \
        number<decltype(zmq::sockopt::option), decltype(type_of(zmq::sockopt::option))>(   \
          #option, zmq::sockopt::option, zmq::socket_type::type, first, other);            \
    }}

// A number that can be set and not read.
#define SET(option, type, value)                                                           \
    static const registered set_##option{"option_" #option, [] {                           \
        zmq::context_t context;                                                            \
        zmq::socket_t socket(context, zmq::socket_type::type);                             \
        socket.set(zmq::sockopt::option, value);                                           \
        WANT_ERROR(EINVAL, socket.get(zmq::sockopt::option));                              \
    }}

#define TEXT(option, first, other)                                                         \
    static const registered text_##option{"option_" #option, [] {                          \
        text(#option, zmq::sockopt::option, first, other);                                 \
    }}

template<int Option, class T, bool Unit>
T type_of(zmq::sockopt::integral_option<Option, T, Unit>);

NUMBER(affinity, dealer, 0, 3);
NUMBER(backlog, dealer, 100, 7);
NUMBER(conflate, dealer, 0, 1);
NUMBER(connect_timeout, dealer, 0, 900);
NUMBER(curve_server, dealer, 0, 1);
NUMBER(handshake_ivl, dealer, 30000, 1000);
NUMBER(heartbeat_ivl, dealer, 0, 500);
NUMBER(heartbeat_timeout, dealer, -1, 400);
NUMBER(heartbeat_ttl, dealer, 0, 600);
NUMBER(immediate, dealer, 0, 1);
NUMBER(invert_matching, pub, 0, 1);
NUMBER(ipv6, dealer, 0, 1);
NUMBER(linger, dealer, -1, 250);
NUMBER(maxmsgsize, dealer, -1, INT64_C(1) << 40);
NUMBER(multicast_hops, dealer, 1, 3);
NUMBER(multicast_maxtpdu, dealer, 1500, 1400);
NUMBER(plain_server, dealer, 0, 1);
NUMBER(rate, dealer, 100, 50);
NUMBER(rcvbuf, dealer, -1, 4096);
NUMBER(rcvhwm, dealer, 1000, 5);
NUMBER(rcvtimeo, dealer, -1, 10);
NUMBER(reconnect_ivl, dealer, 100, 20);
NUMBER(reconnect_ivl_max, dealer, 0, 2000);
NUMBER(recovery_ivl, dealer, 10000, 100);
NUMBER(sndbuf, dealer, -1, 4096);
NUMBER(sndhwm, dealer, 1000, 5);
NUMBER(sndtimeo, dealer, -1, 10);
NUMBER(tcp_keepalive, dealer, -1, 1);
NUMBER(tcp_keepalive_cnt, dealer, -1, 4);
NUMBER(tcp_keepalive_idle, dealer, -1, 5);
NUMBER(tcp_keepalive_intvl, dealer, -1, 6);
NUMBER(tcp_maxrt, dealer, 0, 3000);
NUMBER(tos, dealer, 0, 16);
NUMBER(use_fd, dealer, -1, 9);

SET(probe_router, dealer, 1);
SET(req_correlate, req, 1);
SET(req_relaxed, req, 1);
SET(router_handover, router, 1);
SET(router_mandatory, router, 1);
SET(stream_notify, stream, 0);
SET(xpub_verbose, xpub, 1);
SET(xpub_verboser, xpub, 1);
SET(xpub_manual, xpub, 1);
SET(xpub_nodrop, xpub, 1);

TEXT(curve_publickey, std::string(40, '0'), key);
TEXT(curve_secretkey, std::string(40, '0'), key);
TEXT(curve_serverkey, std::string(40, '0'), key);
TEXT(plain_password, "", "secret");
TEXT(plain_username, "", "admin");
TEXT(routing_id, "", "me");
TEXT(socks_proxy, "", "127.0.0.1:1080");
TEXT(zap_domain, "", "here");

// The only text that is read with the NUL at its end, as it counts as binary.
CHECK(option_bindtodevice)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    WANT(socket.get(zmq::sockopt::bindtodevice) == std::string(1, '\0'));
    socket.set(zmq::sockopt::bindtodevice, "lo");
    WANT(socket.get(zmq::sockopt::bindtodevice) == std::string("lo", 3));
}

// What is only read.
CHECK(options_read_only)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::push);
    WANT(socket.get(zmq::sockopt::socket_type) == zmq::socket_type::push);
    WANT(socket.get(zmq::sockopt::type) == ZMQ_PUSH);
    WANT(socket.get(zmq::sockopt::mechanism) == ZMQ_NULL);
    WANT(socket.get(zmq::sockopt::rcvmore) == 0);
    WANT(socket.get(zmq::sockopt::events) == 0);
    WANT(socket.get(zmq::sockopt::fd) > 2);
    WANT(socket.get(zmq::sockopt::last_endpoint) == "");
    WANT(socket.get(zmq::sockopt::thread_safe) == 0);
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::type, ZMQ_PULL));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::events, 1));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::last_endpoint, "tcp://127.0.0.1:1"));
}

// Keys also go as bytes, and the mechanism follows what was set last.
CHECK(options_keys_as_bytes)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::req);
    uint8_t bytes[32];
    WANT(zmq_z85_decode(bytes, key.c_str()));
    socket.set(zmq::sockopt::curve_serverkey, zmq::buffer(bytes));
    WANT(socket.get(zmq::sockopt::mechanism) == ZMQ_CURVE);
    uint8_t read[32];
    WANT(socket.get(zmq::sockopt::curve_serverkey, zmq::buffer(read)) == 32);
    WANT(std::equal(bytes, bytes + 32, read));
    WANT(socket.get(zmq::sockopt::curve_serverkey) == key);
    socket.set(zmq::sockopt::plain_username, "admin");
    WANT(socket.get(zmq::sockopt::mechanism) == ZMQ_PLAIN);
}

// Strings of every kind are taken.
CHECK(options_kinds_of_strings)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    const std::string binary("\x01\x00\x02", 3);
    socket.set(zmq::sockopt::routing_id, binary);
    WANT(socket.get(zmq::sockopt::routing_id) == binary);
    socket.set(zmq::sockopt::routing_id, std::string_view("view"));
    WANT(socket.get(zmq::sockopt::routing_id) == "view");
    socket.set(zmq::sockopt::routing_id, zmq::str_buffer("buffer"));
    WANT(socket.get(zmq::sockopt::routing_id, 20) == "buffer");
    WANT_ERROR(EINVAL, socket.get(zmq::sockopt::routing_id, 2));
}

// Values outside their range.
CHECK(options_refused)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::linger, -2));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::sndhwm, -1));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::rcvtimeo, -2));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::ipv6, 2));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::tos, -1));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::curve_publickey, "short"));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::routing_id, ""));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::routing_id, std::string(256, 'x')));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::subscribe, "topic"));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::router_mandatory, 1));
    WANT_ERROR(EINVAL, socket.set(zmq::sockopt::xpub_verbose, 1));
}

// The older interface without types.
CHECK(options_untyped)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    zmq::context_t context;
    zmq::socket_t socket(context, ZMQ_DEALER);
    socket.setsockopt(ZMQ_LINGER, 77);
    WANT(socket.getsockopt<int>(ZMQ_LINGER) == 77);
    socket.setsockopt(ZMQ_ROUTING_ID, "me", 2);
    char name[10];
    size_t size = sizeof name;
    socket.getsockopt(ZMQ_ROUTING_ID, name, &size);
    WANT(std::string(name, size) == "me");
    WANT_ERROR(EINVAL, socket.setsockopt(9999, 1));
    WANT_ERROR(EINVAL, socket.getsockopt<int>(9999));
    WANT_ERROR(EINVAL, socket.setsockopt(ZMQ_LINGER, "abc", 3));
#pragma GCC diagnostic pop
}

// Options of a context.
CHECK(options_of_a_context)
{
    zmq::context_t context;
    WANT(context.get(zmq::ctxopt::io_threads) == 1);
    WANT(context.get(zmq::ctxopt::max_sockets) == 1023);
    WANT(context.get(zmq::ctxopt::socket_limit) == 65535);
    WANT(context.get(zmq::ctxopt::ipv6) == 0);
    WANT(context.get(zmq::ctxopt::blocky) == 1);
    WANT(context.get(zmq::ctxopt::max_msgsz) == INT32_MAX);
    WANT(context.get(zmq::ctxopt::msg_t_size) == 64);
    context.set(zmq::ctxopt::io_threads, 2);
    context.set(zmq::ctxopt::max_sockets, 10);
    context.set(zmq::ctxopt::ipv6, 1);
    context.set(zmq::ctxopt::blocky, 0);
    context.set(zmq::ctxopt::max_msgsz, 1000);
    context.set(zmq::ctxopt::thread_name_prefix, 5);
    context.set(zmq::ctxopt::thread_affinity_cpu_add, 0);
    context.set(zmq::ctxopt::thread_affinity_cpu_remove, 0);
    WANT(context.get(zmq::ctxopt::io_threads) == 2);
    WANT(context.get(zmq::ctxopt::max_sockets) == 10);
    WANT(context.get(zmq::ctxopt::ipv6) == 1);
    WANT(context.get(zmq::ctxopt::blocky) == 0);
    WANT(context.get(zmq::ctxopt::max_msgsz) == 1000);
    WANT_ERROR(EINVAL, context.set(zmq::ctxopt::io_threads, -1));
    WANT_ERROR(EINVAL, context.set(zmq::ctxopt::thread_affinity_cpu_remove, 7));
    // What the context says is what its sockets begin with.
    zmq::socket_t socket(context, zmq::socket_type::req);
    WANT(socket.get(zmq::sockopt::ipv6) == 1);
    WANT(socket.get(zmq::sockopt::linger) == 0);
}
