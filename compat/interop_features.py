"""What pyzmq offers besides messages, and what sockets do at their edges, between two processes."""

import asyncio
import functools
import sys
import time

import zmq
import zmq.asyncio
from interop_side import LIMIT, case, equal, fails, until
from zmq.devices import ThreadProxy
from zmq.utils.monitor import recv_monitor_message


def echoes(side, kind, count, **options):
    """A socket that has sent back so many messages."""
    socket = side.joined(kind, **options)
    for _ in range(count):
        socket.send_multipart(socket.recv_multipart())
    return socket


def echo(kind, count, **options):
    """A half that sends back so many messages."""

    def half(side):
        echoes(side, kind, count, **options)

    return half


def introduce_three(side):
    for kind, name in ((zmq.DEALER, b"dealer"), (zmq.REQ, b"req"), (zmq.DEALER, b"")):
        socket = side.joined(kind, **({"routing_id": name} if name else {}))
        socket.send_multipart([b"I am", name])
        equal(socket.recv_multipart(), [b"you are", name])


@case(introduce_three)
def identities(side):
    router = side.socket(zmq.ROUTER)
    facts = []
    for _ in range(3):
        side.attach(router)
        identity, *frames = router.recv_multipart()
        router.send_multipart([identity, *frames[:-2], b"you are", frames[-1]])
        named = identity == frames[-1]
        facts.append([named, named or (len(identity), identity[0]), len(frames)])
    return facts


def leave_twice(side):
    for name in (b"first", b"second"):
        dealer = side.joined(zmq.DEALER, routing_id=name)
        dealer.send(b"here")
        equal(dealer.recv(), b"seen")
        dealer.close()
        side.tell()


@case(leave_twice)
def unreachable_router_peers(side):
    router = side.socket(zmq.ROUTER, router_mandatory=1)
    for name in (b"first", b"second"):
        equal(fails(router.send_multipart, [name, b"nobody"]), zmq.EHOSTUNREACH)
        side.attach(router)
        equal(router.recv_multipart(), [name, b"here"])
        router.send_multipart([name, b"seen"])
        side.hear()
        if not side.binds:
            # It would keep the name for the next connection.
            router.disconnect(router.last_endpoint)
        # Over a network it takes a moment until the loss is noticed.
        until(functools.partial(unreachable, router, name))


def unreachable(router, name):
    try:
        router.send_multipart([name, b"gone"], zmq.DONTWAIT)
    except zmq.ZMQError as error:
        return error.errno == zmq.EHOSTUNREACH
    return False


def two_of_one_name(side):
    old = side.joined(zmq.DEALER, routing_id=b"name")
    old.send(b"old")
    equal(old.recv(), b"to the old one")
    new = side.joined(zmq.DEALER, routing_id=b"name")
    new.send(b"new")
    equal(new.recv(), b"to the new one")
    old.linger = 0


@case(two_of_one_name)
def router_handover(side):
    router = side.socket(zmq.ROUTER, router_handover=1)
    for which in (b"old", b"new"):
        side.attach(router)
        equal(router.recv_multipart(), [b"name", which])
        router.send_multipart([b"name", b"to the %s one" % which])


@case(echo(zmq.ROUTER, 1, routing_id=b"own name"))
def connect_routing_id(side):
    router = side.socket(zmq.ROUTER)
    name = b"own name"
    if not side.binds:
        name = router.connect_routing_id = b"given name"
    side.attach(router)
    router.router_mandatory = 1
    until(lambda: not unreachable(router, name))
    equal(router.recv_multipart(), [name, b"gone"])


def be_probed(side):
    router = side.joined(zmq.ROUTER)
    equal(router.recv_multipart(), [b"prober", b""])
    router.send_multipart([b"prober", b"noticed"])


@case(be_probed)
def probe_router(side):
    dealer = side.joined(zmq.DEALER, probe_router=1, routing_id=b"prober")
    equal(dealer.recv(), b"noticed")


def choose_topics(side):
    sub = side.joined(zmq.SUB)
    for topic in (b"a", b"ab", b"a", b"c", b""):
        sub.subscribe(topic)
    for topic in (b"", b"a", b"c"):
        sub.unsubscribe(topic)
    sub.subscribe(b"end")
    seen = []
    while not seen or seen[-1] != [b"end", b""]:
        seen.append(sub.recv_multipart())
    sub.linger = 0
    return [[frame.decode() for frame in message] for message in seen]


@case(choose_topics)
def topics(side):
    pub = side.joined(zmq.XPUB, xpub_verbose=1)
    seen = [pub.recv()]
    while seen[-1] != b"\x01end":
        seen.append(pub.recv())
    for topic in (b"", b"a", b"ab", b"abc", b"c", b"b", b"end"):
        pub.send_multipart([topic, b""])
    # What else was seen depends on when the connection came up.


def gone_subscriber(side):
    sub = side.joined(zmq.SUB)
    for topic in (b"one", b"two"):
        sub.subscribe(topic)
    while not side.told():
        sub.poll(1)  # a socket that is not called does not see who connects
    side.hear()
    sub.close(linger=0)


@case(gone_subscriber)
def subscriptions_end_with_their_peer(side):
    pub = side.joined(zmq.XPUB)
    seen = sorted(pub.recv() for _ in range(2))
    side.tell()
    if side.binds:  # a connecting one waits for it to come back
        seen += sorted(pub.recv() for _ in range(2))
    return [message.decode("latin-1") for message in seen]


def read_when_told(side):
    pull = side.joined(zmq.PULL, rcvhwm=5)
    for number in range(int(side.hear())):
        equal(int(pull.recv()[:8]), number)
    side.tell()


@case(read_when_told)
def high_water_mark(side):
    push = side.joined(zmq.PUSH, sndhwm=5)
    sent = 0
    try:
        while True:
            push.sndtimeo = LIMIT if sent == 0 else 200
            push.send(b"%08d" % sent + bytes(100_000))
            sent += 1
    except zmq.Again:
        pass
    assert sent >= 5, sent
    push.sndtimeo = LIMIT
    side.tell(str(sent + 20))
    for number in range(sent, sent + 20):
        push.send(b"%08d" % number)
    # A full libzmq loses what the kernel still holds for it when the sender goes.
    side.hear()


def keep_newest(side):
    pull = side.joined(zmq.PULL, conflate=1)
    side.hear()
    newest = -1
    while newest < 1000:
        number = int(pull.recv())
        assert number > newest, (number, newest)
        newest = number
    side.tell()


@case(keep_newest)
def conflate(side):
    push = side.joined(zmq.PUSH, conflate=1)
    assert push.poll(LIMIT, zmq.POLLOUT)
    for number in range(1000):
        push.send(b"%d" % number)
    side.tell()
    # libzmq sometimes loses the newest message, so one of these has to do.
    while not side.told(0.01):
        number += 1
        push.send(b"%d" % number)
    side.hear()


@case(echo(zmq.REP, 5))
def relaxed_requests(side):
    req = side.joined(zmq.REQ, req_relaxed=1, req_correlate=1)
    for number in range(5):
        req.send(b"%d" % number)
    equal(req.recv(), b"4")


def come_and_go(side):
    """The binding half goes twice, and comes back at the same place."""
    if not side.binds:
        dealer = side.socket(zmq.DEALER, reconnect_ivl=10)
        losses = dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        side.attach(dealer)
        for number in range(3):
            dealer.send(b"%d" % number)
            equal(dealer.recv(), b"%d" % number)
            side.tell()
            # What is sent before it is noticed would be lost.
            assert losses.poll(LIMIT)
            recv_monitor_message(losses)
        dealer.disable_monitor()
        return
    endpoint = None
    for _ in range(3):
        dealer = side.socket(zmq.DEALER)
        if endpoint:
            until(functools.partial(is_bound, dealer, endpoint))
        else:
            endpoint = side.attach(dealer)
        dealer.send(dealer.recv())
        side.hear()
        dealer.close()


def is_bound(socket, endpoint):
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        equal(error.errno, zmq.EADDRINUSE)
        return False
    return True


@case(come_and_go)
def reconnection(side):
    come_and_go(side)


def beat(side):
    socket = side.joined(zmq.PAIR, heartbeat_ivl=20, heartbeat_timeout=300, heartbeat_ttl=500)
    events = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    socket.send(b"begin")
    equal(socket.recv(), b"begin")
    equal(events.poll(400), 0)
    socket.send(b"end")
    equal(socket.recv(), b"end")
    socket.disable_monitor()


@case(beat)
def heartbeats(side):
    beat(side)


def visit(side):
    dealer = side.joined(zmq.DEALER)
    dealer.send(b"hello")
    equal(dealer.recv(), b"hello")
    side.hear()
    dealer.close()


@case(visit)
def monitor(side):
    dealer = side.socket(zmq.DEALER, reconnect_ivl=100)
    events = dealer.get_monitor_socket(zmq.EVENT_ALL)
    events.rcvtimeo = LIMIT
    endpoint = side.attach(dealer).encode()
    dealer.send(dealer.recv())
    side.tell()
    seen = []
    while not seen or seen[-1][0] != "DISCONNECTED":
        message = recv_monitor_message(events)
        seen.append([zmq.Event(message["event"]).name, message["endpoint"] == endpoint])
    dealer.disable_monitor()
    return seen


def send_through_three(side):
    for number in range(3):
        push = side.joined(zmq.PUSH)
        push.send(b"%d" % number)


@case(send_through_three)
def poller(side):
    poll, names = zmq.Poller(), {}
    for number in range(3):
        pull = side.joined(zmq.PULL)
        names[pull] = b"%d" % number
        poll.register(pull, zmq.POLLIN)
    waiting = set(names)
    while waiting:
        ready = poll.poll(LIMIT)
        assert ready, waiting
        for pull, _ in ready:
            equal(pull.recv(), names[pull])
            waiting.discard(pull)
    return fails(pull.recv, zmq.DONTWAIT) == zmq.EAGAIN


async def answer_all(side):
    ctx = zmq.asyncio.Context(side.ctx)
    router = side.adjusted(ctx.socket(zmq.ROUTER))
    for _ in range(4):
        side.attach(router)
    for _ in range(4 * 100):
        await router.send_multipart(await asyncio.wait_for(router.recv_multipart(), LIMIT / 1000))
    router.close()


@case(lambda side: asyncio.run(answer_all(side)))
def asyncio_sockets(side):
    async def ask(dealer, name):
        for number in range(100):
            await dealer.send_multipart([name, b"%d" % number])
            if number % 10 == 0:
                assert await dealer.poll(LIMIT)
            answer = await asyncio.wait_for(dealer.recv_multipart(), LIMIT / 1000)
            equal(answer, [name, b"%d" % number])
        dealer.close()

    async def main():
        ctx = zmq.asyncio.Context(side.ctx)
        dealers = [side.adjusted(ctx.socket(zmq.DEALER)) for _ in range(4)]
        for dealer in dealers:
            side.attach(dealer)
        await asyncio.gather(*(ask(dealer, b"%d" % n) for n, dealer in enumerate(dealers)))

    asyncio.run(main())


def descriptor_loop(side):
    """A loop of its own on ZMQ_FD, as event loops do it: edges, and EVENTS after each of them."""
    import select

    dealer = side.joined(zmq.DEALER)
    edges = select.epoll()
    edges.register(dealer.getsockopt(zmq.FD), select.EPOLLIN | select.EPOLLET)
    seen, asked = 0, 0
    while seen < 500:
        events = dealer.getsockopt(zmq.EVENTS)
        if events & zmq.POLLIN:
            equal(int(dealer.recv(zmq.DONTWAIT)), seen)
            seen += 1
        elif asked == seen and events & zmq.POLLOUT:
            dealer.send(b"%d" % asked, zmq.DONTWAIT)
            asked += 1
        elif not dealer.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            assert edges.poll(LIMIT / 1000), f"nothing came after {seen} answers"
    edges.close()


@case(echo(zmq.DEALER, 500))
def edges_of_the_descriptor(side):
    descriptor_loop(side)


def use_proxy(side):
    req, rep = side.joined(zmq.REQ), side.joined(zmq.REP)
    for number in range(100):
        req.send_multipart([b"%d" % number, b""])
        rep.send_multipart([b"re", *rep.recv_multipart()])
        equal(req.recv_multipart(), [b"re", b"%d" % number, b""])
    side.tell()


@case(use_proxy)
def thread_proxy(side):
    device = ThreadProxy(zmq.ROUTER, zmq.DEALER)
    device.context_factory = lambda: side.ctx
    for bind, connect, at_random in (
        (device.bind_in, device.connect_in, device.bind_in_to_random_port),
        (device.bind_out, device.connect_out, device.bind_out_to_random_port),
    ):
        if not side.binds:
            connect(side.hear())
        elif side.tcp:
            side.tell(f"tcp://127.0.0.1:{at_random('tcp://127.0.0.1')}")
        else:
            endpoint = side.fresh()
            bind(endpoint)
            side.tell(endpoint)
    device.setsockopt_in(zmq.LINGER, 0)
    device.setsockopt_out(zmq.LINGER, 0)
    device.start()
    side.hear()
    side.ctx.term()
    device.join(LIMIT / 1000)
    return device.launcher.is_alive()


@case(echo(zmq.PAIR, 12))
def message_tracker(side):
    pair = side.joined(zmq.PAIR)
    for size in (0, 1, 1000, 65_536, 100_000, 5_000_000):
        body = bytes(size) + b"x"
        before = sys.getrefcount(body)
        tracker = pair.send(body, copy=False, track=True)
        frame = pair.recv(copy=False)
        equal(bytes(frame.buffer) == body, True)
        tracker.wait(LIMIT / 1000)
        until(lambda: sys.getrefcount(body) == before)
        parts = [body, b"", body]
        tracker = pair.send_multipart(parts, copy=False, track=True)
        equal(pair.recv_multipart(copy=True) == parts, True)
        tracker.wait(LIMIT / 1000)
        assert tracker.done


def vanish(side):
    pull = side.joined(zmq.PULL)
    equal(pull.recv(), b"0")
    pull.close(linger=0)
    side.tell()
    side.hear()


@case(vanish)
def destroy_without_linger(side):
    push = side.joined(zmq.PUSH)
    push.send(b"0")
    side.hear()
    tracker = None
    # Whatever the state of the connection is: nothing of this is delivered.
    for number in range(1, 100):
        try:
            tracker = push.send(b"%d" % number + bytes(100_000), zmq.DONTWAIT, False, True)
        except zmq.Again:
            break
    begun = time.monotonic()
    side.ctx.destroy(linger=0)
    assert time.monotonic() - begun < 2
    if tracker:
        tracker.wait(LIMIT / 1000)
    side.tell()
    return push.closed


def show_papers(side):
    dealer = side.joined(zmq.DEALER, routing_id=b"papers", metadata=b"X-Colour:red")
    dealer.send(b"here they are")
    equal(dealer.recv(), b"thank you")


@case(show_papers)
def properties_of_the_peer(side):
    router = side.joined(zmq.ROUTER)
    router.recv()
    frame = router.recv(copy=False)
    router.send_multipart([b"papers", b"thank you"])
    address = frame.get("Peer-Address")
    names = ("Socket-Type", "Identity", "Routing-Id", "X-Colour")
    return [property_of(frame, name) for name in names], side.tcp and address


def property_of(frame, name):
    try:
        return frame.get(name)
    except zmq.ZMQError as error:
        return error.errno


def raw_exchange(side):
    """Some bytes in both directions; returns socket and id."""
    stream = side.joined(zmq.STREAM)
    identity, empty = stream.recv_multipart()
    equal((len(identity), empty), (5, b""))
    stream.send_multipart([identity, b"GET / "])
    seen = b""
    while len(seen) < 6:
        again, data = stream.recv_multipart()
        equal(again, identity)
        seen += data
    equal(seen, b"GET / ")
    return stream, identity


def hung_up(side):
    stream, identity = raw_exchange(side)
    side.tell()
    equal(stream.recv_multipart(), [identity, b""])


@case(hung_up)
def stream(side):
    stream, identity = raw_exchange(side)
    side.hear()
    stream.send_multipart([identity, b""])  # closes the connection
    equal(fails(stream.send, identity, zmq.SNDMORE), zmq.EHOSTUNREACH)


def crowd(side):
    dealers = [side.socket(zmq.DEALER, routing_id=b"%d" % number) for number in range(30)]
    for dealer in dealers:
        side.attach(dealer)
    for turn in range(10):
        for dealer in dealers:
            dealer.send(b"%d" % turn)
    for dealer in dealers:
        for turn in range(10):
            equal(dealer.recv(), b"%d" % turn)


@case(crowd)
def many_peers(side):
    router = side.socket(zmq.ROUTER)
    for _ in range(30):
        side.attach(router)
    for _ in range(30 * 10):
        router.send_multipart(router.recv_multipart())


def exchange_and_take_back(side):
    pair = side.socket(zmq.PAIR)
    endpoint = side.attach(pair)
    pair.send(b"both ways")
    equal(pair.recv(), b"both ways")
    take_back = pair.unbind if side.binds else pair.disconnect
    take_back(endpoint)
    return fails(take_back, endpoint)


@case(exchange_and_take_back)
def taking_endpoints_back(side):
    return exchange_and_take_back(side)
