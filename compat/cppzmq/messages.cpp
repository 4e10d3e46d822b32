// message_t, multipart_t, and what zmq_addon.hpp makes of them.
#include "check.hpp"

#include <array>
#include <numeric>
#include <vector>

CHECK(message_made_in_every_way)
{
    zmq::message_t none;
    WANT(none.empty() && none.size() == 0);
    zmq::message_t sized(40);
    WANT(sized.size() == 40 && !sized.empty());
    const std::string words = "some words";
    zmq::message_t text(words), block(words.data(), words.size()),
      range(words.begin(), words.end());
    WANT(text == block && block == range && text != sized);
    zmq::message_t numbers(std::vector<int>{1, 2, 3});
    WANT(numbers.size() == 3 * sizeof(int) && numbers.data<int>()[2] == 3);
    zmq::message_t nothing(nullptr, 0);
    WANT(nothing.empty());
    WANT(zmq::message_t(std::string_view("view")).to_string_view() == "view");
}

CHECK(message_with_a_function_that_frees)
{
    static int freed;
    freed = 0;
    char block[100] = "kept by the program";
    const auto count = [](void *, void *hint) { ++*static_cast<int *>(hint); };
    {
        zmq::message_t message(block, sizeof block, count, &freed);
        WANT(message.data() == block && freed == 0);
        zmq::message_t other;
        other.copy(message);
        WANT(other.data() == block);
        message.rebuild();
        WANT(freed == 0);
        message.rebuild(block, 3, count, &freed);
        WANT(freed == 0);
    }
    WANT(freed == 2);
}

CHECK(message_sent_is_freed_once)
{
    static int freed;
    freed = 0;
    std::vector<char> block(100000, 'x');
    {
        zmq::context_t context;
        pair_t pair(context, zmq::socket_type::pull, zmq::socket_type::push);
        zmq::message_t message(block.data(), block.size(),
                               [](void *, void *) { ++freed; });
        WANT(pair.connected.send(message, zmq::send_flags::none) == block.size());
        WANT(message.empty());
        WANT(hear(pair.bound) == std::string(block.begin(), block.end()));
    }
    WANT(freed == 1);
}

CHECK(message_moves_and_copies)
{
    zmq::message_t small(std::string("small")), large(std::string(5000, 'l')), other, copy;
    other.move(large);
    WANT(large.empty() && other.size() == 5000);
    copy.copy(other);
    WANT(copy == other && copy.size() == 5000);
    swap(small, other);
    WANT(other.to_string() == "small" && small.size() == 5000);
    zmq::message_t moved(std::move(small));
    WANT(small.empty() && moved == copy);
    copy = std::move(other);
    WANT(copy.to_string() == "small");
}

CHECK(message_rebuilt)
{
    zmq::message_t message(std::string(5000, 'l'));
    message.rebuild();
    WANT(message.empty());
    message.rebuild(33);
    WANT(message.size() == 33);
    message.rebuild("words", 5);
    WANT(message.to_string() == "words");
    WANT(message.str() == "zmq::message_t [size 005] ( words)");
}

CHECK(message_has_properties)
{
    zmq::context_t context;
    pair_t pair(context, zmq::socket_type::router, zmq::socket_type::dealer);
    pair.connected.set(zmq::sockopt::routing_id, "too late");
    say(pair.connected, "a", zmq::send_flags::sndmore);
    say(pair.connected, "b");
    zmq::message_t id, a, b;
    WANT(pair.bound.recv(id) && id.size() == 5 && id.more());
    WANT(pair.bound.recv(a) && a.more() && a.get(ZMQ_MORE) == 1);
    WANT(pair.bound.recv(b) && !b.more() && b.get(ZMQ_MORE) == 0);
    WANT(b.get(ZMQ_SRCFD) > 2);
    WANT(b.get(ZMQ_SHARED) == 0);
    WANT(std::string(b.gets("Socket-Type")) == "DEALER");
    WANT(std::string(b.gets("Peer-Address")) == "127.0.0.1");
    WANT_ERROR(EINVAL, b.gets("Nothing"));
    WANT_ERROR(EINVAL, b.get(12345));
    zmq::message_t copy;
    b = zmq::message_t(std::string(1000, 'x'));
    copy.copy(b);
    WANT(b.get(ZMQ_SHARED) == 1 && copy.get(ZMQ_SHARED) == 1);
}

CHECK(message_of_every_size)
{
    zmq::context_t context;
    pair_t pair(context, zmq::socket_type::pull, zmq::socket_type::push);
    for (const size_t size : {0, 1, 28, 29, 32, 33, 34, 254, 255, 256, 8191, 8192, 70000, 3000000}) {
        std::string text(size, '\0');
        std::iota(text.begin(), text.end(), char(1));
        say(pair.connected, text);
        WANT(hear(pair.bound) == text);
    }
}

CHECK(multipart_is_built_and_taken_apart)
{
    zmq::multipart_t parts("middle");
    parts.pushstr("first");
    parts.addstr("last");
    parts.addtyp<int>(42);
    parts.addmem("raw", 3);
    WANT(parts.size() == 5 && parts.peekstr(1) == "middle" && parts.peektyp<int>(3) == 42);
    zmq::multipart_t copy = parts.clone();
    WANT(copy == parts && copy.equal(&parts));
    WANT(parts.popstr() == "first");
    WANT(copy != parts);
    WANT(parts.remove().to_string() == "raw");
    zmq::multipart_t other("zero");
    parts.prepend(std::move(other));
    WANT(parts.front().to_string() == "zero" && other.empty());
    other.addstr("end");
    parts.append(std::move(other));
    WANT(parts.back().to_string() == "end");
    WANT(parts.str() == "\n[004] zero\n[006] middle\n[004] last\n[004] 2a000000\n[003] end");
    zmq::multipart_t number = zmq::multipart_t::create(7.5);
    WANT(number.poptyp<double>() == 7.5 && number.empty());
}

CHECK(multipart_travels)
{
    zmq::context_t context;
    pair_t pair(context, zmq::socket_type::pull, zmq::socket_type::push);
    zmq::multipart_t parts;
    for (int part = 0; part < 100; ++part)
        parts.addstr(std::string(part * 7, 'x'));
    zmq::multipart_t wanted = parts.clone();
    WANT(parts.send(pair.connected) && parts.empty());
    zmq::multipart_t got(pair.bound);
    WANT(got == wanted);
    WANT(!got.recv(pair.bound, ZMQ_DONTWAIT));
}

CHECK(multipart_as_one_message)
{
    zmq::multipart_t parts;
    parts.addstr("");
    parts.addstr(std::string(254, 'a'));
    parts.addstr(std::string(255, 'b'));
    zmq::message_t packed = parts.encode();
    WANT(packed.size() == 1 + 1 + 254 + 5 + 255);
    WANT(zmq::multipart_t::decode(packed) == parts);
    zmq::multipart_t cut;
    bool refused = false;
    try {
        cut.decode_append(zmq::message_t(packed.data(), packed.size() - 1));
    }
    catch (const std::out_of_range &) {
        refused = true;
    }
    WANT(refused);
}

CHECK(send_multipart_and_recv_multipart)
{
    zmq::context_t context;
    pair_t pair(context, zmq::socket_type::pull, zmq::socket_type::push);
    std::array<zmq::const_buffer, 3> buffers = {zmq::str_buffer("a"), zmq::str_buffer(""),
                                                zmq::str_buffer("ccc")};
    WANT(zmq::send_multipart(pair.connected, buffers) == 3u);
    std::vector<zmq::message_t> got;
    WANT(zmq::recv_multipart(pair.bound, std::back_inserter(got)) == 3u);
    WANT(got[2].to_string() == "ccc" && got[1].empty());
    WANT(zmq::send_multipart(pair.connected, got, zmq::send_flags::dontwait) == 3u);
    std::vector<zmq::message_t> again;
    WANT(zmq::recv_multipart_n(pair.bound, std::back_inserter(again), 3) == 3u);
    WANT(again[0].to_string() == "a");
    WANT(!zmq::recv_multipart(pair.bound, std::back_inserter(again),
                              zmq::recv_flags::dontwait));
    WANT(zmq::send_multipart(pair.connected, buffers) == 3u);
    bool refused = false;
    try {
        (void) zmq::recv_multipart_n(pair.bound, std::back_inserter(again), 2);
    }
    catch (const std::runtime_error &) {
        refused = true;
    }
    WANT(refused);
}
