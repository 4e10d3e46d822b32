// What the files of this folder share: checks that register themselves under a name, and sockets
// whose calls end before a check's limit.
#pragma once

#include <zmq.hpp>
#include <zmq_addon.hpp>

#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

// All checks by name, in the order of their names.
inline std::map<std::string, std::function<void()>> &checks()
{
    static std::map<std::string, std::function<void()>> all;
    return all;
}

// Adds a check before main begins.
struct registered
{
    registered(const std::string &name, std::function<void()> run)
    {
        if (!checks().emplace(name, std::move(run)).second)
            throw std::logic_error("two checks are named " + name);
    }
};

// A check is a function with a name.
#define CHECK(name)                                                                        \
    static void name();                                                                    \
    static const registered registered_##name{#name, name};                               \
    static void name()

// Fails the check unless the condition holds.
#define WANT(condition)                                                                    \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            std::ostringstream said;                                                       \
            said << __FILE__ << ":" << __LINE__ << ": " << #condition;                     \
            throw std::runtime_error(said.str());                                          \
        }                                                                                  \
    } while (false)

// Fails the check unless the expression throws zmq::error_t with this number.
#define WANT_ERROR(number, expression)                                                     \
    do {                                                                                   \
        int got = 0;                                                                       \
        try {                                                                              \
            (void) (expression);                                                           \
        }                                                                                  \
        catch (const zmq::error_t &error) {                                                \
            got = error.num();                                                             \
        }                                                                                  \
        if (got != (number)) {                                                             \
            std::ostringstream said;                                                       \
            said << __FILE__ << ":" << __LINE__ << ": " << #expression << " gives " << got \
                 << " and not " << (number);                                               \
            throw std::runtime_error(said.str());                                          \
        }                                                                                  \
    } while (false)

// A socket whose calls end in time.
inline zmq::socket_t make(zmq::context_t &context, zmq::socket_type type)
{
    zmq::socket_t socket(context, type);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 20000);
    socket.set(zmq::sockopt::sndtimeo, 20000);
    return socket;
}

// A bound socket and one connected to it.
struct pair_t
{
    zmq::socket_t bound, connected;

    pair_t(zmq::context_t &context, zmq::socket_type a, zmq::socket_type b) :
        bound(make(context, a)), connected(make(context, b))
    {
        bound.bind("tcp://127.0.0.1:*");
        connected.connect(bound.get(zmq::sockopt::last_endpoint));
    }
};

// Sends a string.
inline void say(zmq::socket_ref socket, const std::string &text,
                zmq::send_flags flags = zmq::send_flags::none)
{
    WANT(socket.send(zmq::buffer(text), flags) == text.size());
}

// Receives a string.
inline std::string hear(zmq::socket_ref socket)
{
    zmq::message_t message;
    WANT(socket.recv(message).has_value());
    return message.to_string();
}
