"""Everything that pyzmq does within one process, case by case, with what came of it.

The output is the same whatever libzmq is behind pyzmq: `compat/run` compares the stock wheel with a
pyzmq built on this library. With --drafts, which needs a pyzmq built with the draft API, only the
cases of draft sockets run.
"""

import asyncio
import errno
import os
import sys
import threading
import traceback

import zmq
import zmq.asyncio
import zmq.utils.z85
from zmq.devices import ThreadDevice, ThreadProxy, ThreadProxySteerable
from zmq.utils.monitor import recv_monitor_message

LIMIT = 5000  # milliseconds that an answer may take
CASES = {False: [], True: []}


def case(function, draft=False):
    CASES[draft].append(function)
    return function


def draft_case(function):
    return case(function, draft=True)


def name_of(error):
    """The name of an errno, also of those that only ZeroMQ has."""
    own = {zmq.ETERM: "ETERM", zmq.EFSM: "EFSM", zmq.ENOCOMPATPROTO: "ENOCOMPATPROTO"}
    return own.get(error) or errno.errorcode.get(error, str(error))


def fails(call, *arguments, **options):
    """The errno of a call that has to fail."""
    try:
        result = call(*arguments, **options)
    except zmq.ZMQError as error:
        return name_of(error.errno)
    return f"no error but {result!r}"


class Net:
    """Sockets of one context, closed together, all of them used by one thread."""

    def __init__(self):
        self.ctx = zmq.Context()
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.ctx.closed:
            self.ctx.destroy(linger=0)

    def socket(self, kind, **options):
        socket = self.ctx.socket(kind)
        socket.rcvtimeo = socket.sndtimeo = LIMIT
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def pair(self, bound, connected, bound_options={}, **options):
        self.count += 1
        endpoint = f"inproc://pair-{self.count}"
        first = self.socket(bound, **bound_options)
        first.bind(endpoint)
        second = self.socket(connected, **options)
        second.connect(endpoint)
        return first, second


@case
def version(net):
    print(zmq.zmq_version(), zmq.zmq_version_info())
    for error in (zmq.EFSM, zmq.ETERM, zmq.ENOCOMPATPROTO, zmq.EAGAIN, zmq.EHOSTUNREACH):
        print(error, zmq.strerror(error))


@case
def pair(net):
    left, right = net.pair(zmq.PAIR, zmq.PAIR)
    left.send_string("over")
    print(right.recv_string())
    right.send_multipart([b"and", b"", b"back"])
    print(left.recv_multipart())
    print(fails(left.recv, zmq.DONTWAIT))


@case
def request_reply(net):
    rep, req = net.pair(zmq.REP, zmq.REQ)
    print(fails(req.recv, zmq.DONTWAIT), fails(rep.send, b"unasked"))
    for number in range(3):
        req.send_json({"question": number})
        print(fails(req.send, b"again"))
        question = rep.recv_json()
        rep.send_pyobj((question, "answer"))
        print(req.recv_pyobj())


@case
def relaxed_request(net):
    rep, req = net.pair(zmq.REP, zmq.REQ, req_relaxed=1, req_correlate=1)
    req.send(b"first")
    req.send(b"second")
    for _ in range(2):
        rep.send(b"re " + rep.recv())
    print(req.recv())


@case
def publish_subscribe(net):
    pub, sub = net.pair(zmq.XPUB, zmq.SUB)
    for topic in ("a", "ab", ""):
        sub.subscribe(topic)
        print(pub.recv())
    sub.unsubscribe("")
    print(pub.recv())
    for topic in (b"a", b"abc", b"b", b"ba"):
        pub.send_multipart([topic, b"body"])
    print(sub.recv_multipart(), sub.recv_multipart(), fails(sub.recv, zmq.DONTWAIT))
    print(fails(sub.send, b"not mine"), fails(net.socket(zmq.PUB).recv))


@case
def many_subscribers(net):
    pub = net.socket(zmq.PUB)
    pub.bind("inproc://many")
    subs = []
    for number in range(20):
        sub = net.socket(zmq.SUB)
        sub.connect("inproc://many")
        sub.subscribe(b"%d" % (number % 4))
        subs.append(sub)
    for number in range(4):
        pub.send(b"%d message" % number)
    print([sub.recv() for sub in subs])


@case
def push_pull(net):
    push = net.socket(zmq.PUSH)
    push.bind("inproc://work")
    pulls = [net.socket(zmq.PULL) for _ in range(3)]
    for pull in pulls:
        pull.connect("inproc://work")
    for number in range(9):
        push.send(b"%d" % number)
    print([[pull.recv() for _ in range(3)] for pull in pulls])
    print(fails(push.recv), fails(pulls[0].send, b""))


@case
def router_dealer(net):
    router = net.socket(zmq.ROUTER, router_mandatory=1)
    router.bind("inproc://routed")
    dealers = []
    for name in (b"one", b"two"):
        dealer = net.socket(zmq.DEALER, routing_id=name)
        dealer.connect("inproc://routed")
        dealer.send_multipart([b"from", name])
        dealers.append(dealer)
    print(sorted(router.recv_multipart() for _ in dealers))
    for name in (b"two", b"one"):
        router.send_multipart([name, b"to", name])
    print([dealer.recv_multipart() for dealer in dealers])
    print(fails(router.send_multipart, [b"three", b"nobody"]))
    unnamed = net.socket(zmq.DEALER)
    unnamed.connect("inproc://routed")
    unnamed.send(b"who")
    identity, body = router.recv_multipart()
    print(len(identity), identity[:1], body)


@case
def stream_exists(net):
    stream = net.socket(zmq.STREAM)
    print(stream.type, stream.getsockopt(zmq.EVENTS), fails(stream.recv, zmq.DONTWAIT))


@case
def high_water_mark(net):
    pull, push = net.pair(zmq.PULL, zmq.PUSH, {"rcvhwm": 3}, sndhwm=2)
    sent = 0
    while push.poll(0, zmq.POLLOUT):
        push.send(b"", zmq.DONTWAIT)
        sent += 1
    print(sent, fails(push.send, b"", zmq.DONTWAIT))
    for _ in range(sent):
        pull.recv()
    print(push.poll(LIMIT, zmq.POLLOUT) == zmq.POLLOUT)


@case
def conflate(net):
    pull, push = net.pair(zmq.PULL, zmq.PUSH, {"conflate": 1}, conflate=1)
    for number in range(5):
        push.send(b"%d" % number)
    print(pull.recv(), fails(pull.recv, zmq.DONTWAIT))


@case
def timeouts(net):
    pull = net.socket(zmq.PULL, rcvtimeo=20)
    push = net.socket(zmq.PUSH, sndtimeo=20)
    print(fails(pull.recv), fails(push.send, b""))
    print(pull.poll(20), fails(pull.recv, zmq.DONTWAIT))


@case
def options(net):
    socket = net.ctx.socket(zmq.DEALER)
    for name in ("AFFINITY", "LINGER", "SNDHWM", "RCVHWM", "RCVTIMEO", "SNDTIMEO", "BACKLOG",
                 "MAXMSGSIZE", "RECONNECT_IVL", "RECONNECT_IVL_MAX", "IMMEDIATE", "IPV6", "TYPE",
                 "TCP_KEEPALIVE", "HANDSHAKE_IVL", "HEARTBEAT_IVL", "HEARTBEAT_TTL",
                 "HEARTBEAT_TIMEOUT", "MECHANISM", "TOS", "CONFLATE", "THREAD_SAFE", "RCVMORE",
                 "EVENTS", "LAST_ENDPOINT", "ROUTING_ID", "ZAP_DOMAIN", "PLAIN_USERNAME",
                 "SOCKS_PROXY", "MULTICAST_HOPS", "CONNECT_TIMEOUT"):
        print(name, socket.get(getattr(zmq, name)))
    for name, value in (("LINGER", -2), ("SNDHWM", -1), ("BACKLOG", -1), ("IMMEDIATE", 2),
                        ("HEARTBEAT_TTL", 6553600), ("TYPE", 1), ("ROUTING_ID", b""),
                        ("ROUTING_ID", b"x" * 256), ("SUBSCRIBE", b""), ("XPUB_VERBOSE", 1)):
        print(name, fails(socket.set, getattr(zmq, name), value))
    socket.set(zmq.HEARTBEAT_TTL, 1234)
    print(socket.get(zmq.HEARTBEAT_TTL))
    print(fails(socket.setsockopt, 4711, 1), fails(socket.getsockopt, 4711))


@case
def context_options(net):
    for name in ("IO_THREADS", "MAX_SOCKETS", "SOCKET_LIMIT", "THREAD_SCHED_POLICY", "MAX_MSGSZ",
                 "MSG_T_SIZE", "IPV6", "BLOCKY"):
        print(name, net.ctx.get(getattr(zmq, name)))
    with zmq.Context(io_threads=2) as ctx:
        print(ctx.get(zmq.IO_THREADS))
        ctx.set(zmq.MAX_SOCKETS, 2)
        sockets = [ctx.socket(zmq.PUSH) for _ in range(2)]
        print(fails(ctx.socket, zmq.PUSH))
        ctx.destroy()
        print([socket.closed for socket in sockets])


@case
def endpoints(net):
    pull, push = net.pair(zmq.PULL, zmq.PUSH)
    print(pull.last_endpoint)
    other = net.socket(zmq.PULL)
    print(fails(other.bind, pull.last_endpoint), fails(other.unbind, pull.last_endpoint))
    print(fails(other.bind, "foo://bar"), fails(other.connect, "nonsense"))
    push.disconnect(pull.last_endpoint)
    print(fails(push.disconnect, pull.last_endpoint), fails(push.send, b"", zmq.DONTWAIT))
    pull.unbind("inproc://pair-1")
    other.bind("inproc://pair-1")
    push.connect("inproc://pair-1")
    push.send(b"to the new one")
    print(other.recv())
    early = net.socket(zmq.PUSH)
    early.connect("inproc://later")
    early.send(b"sent before bind")
    late = net.socket(zmq.PULL)
    late.bind("inproc://later")
    print(late.recv())


@case
def polling(net):
    pairs = [net.pair(zmq.PULL, zmq.PUSH) for _ in range(4)]
    poller = zmq.Poller()
    for pull, push in pairs:
        poller.register(pull, zmq.POLLIN)
    print(poller.poll(0))
    for index in (1, 3):
        pairs[index][1].send(b"")
    ready = dict(poller.poll(LIMIT))
    print([pull in ready for pull, _ in pairs], set(ready.values()))
    reading, writing = os.pipe()
    poller.register(reading, zmq.POLLIN)
    os.write(writing, b"x")
    print(len(poller.poll(LIMIT)))
    readable, writable, broken = zmq.select([pairs[1][0]], [pairs[0][1]], [], 1)
    print(len(readable), len(writable), len(broken))
    os.close(reading)
    os.close(writing)


@case
def descriptor(net):
    pull, push = net.pair(zmq.PULL, zmq.PUSH)
    print(pull.getsockopt(zmq.EVENTS), pull.getsockopt(zmq.FD) >= 0)
    push.send(b"")
    while not pull.getsockopt(zmq.EVENTS):
        zmq.select([pull.getsockopt(zmq.FD)], [], [], 1)
    print(pull.getsockopt(zmq.EVENTS), push.getsockopt(zmq.EVENTS))


@case
def frames(net):
    pull, push = net.pair(zmq.PULL, zmq.PUSH)
    for size in (0, 1, 33, 34, 8192, 70000, 1 << 20):
        body = os.urandom(size)
        tracker = push.send(body, copy=False, track=True)
        frame = pull.recv(copy=False)
        print(size, frame.bytes == body, frame.more, fails(frame.get, "User-Id"))
        del frame
        tracker.wait(LIMIT / 1000)
        print(tracker.done)
    push.send_multipart([b"a", b"b"], copy=False)
    first = pull.recv(copy=False)
    print(first.more, pull.getsockopt(zmq.RCVMORE), pull.recv(copy=False).more)
    buffer = bytearray(4)
    push.send(b"abc")
    print(pull.recv_into(buffer), buffer)


@case
def threads(net):
    pull = net.socket(zmq.PULL)
    pull.bind("inproc://threads")

    def work(number):
        push = net.socket(zmq.PUSH)
        push.connect("inproc://threads")
        for turn in range(200):
            push.send_multipart([b"%d" % number, b"%d" % turn])
        push.close(linger=LIMIT)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    turns = {}
    for _ in range(8 * 200):
        number, turn = pull.recv_multipart()
        turns.setdefault(number, []).append(int(turn))
    for worker in workers:
        worker.join()
    print(sorted(turns), all(turn == list(range(200)) for turn in turns.values()))


@case
def terminated(net):
    ctx = zmq.Context()
    waiting = threading.Event()
    result = []

    def wait():
        with ctx.socket(zmq.PULL) as pull:
            waiting.set()
            result.append(fails(pull.recv))

    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait()
    ctx.term()
    thread.join()
    print(result, ctx.closed)


@case
def proxy(net):
    device = ThreadProxy(zmq.ROUTER, zmq.DEALER, zmq.PUB)
    device.context_factory = lambda: net.ctx
    device.bind_in("inproc://front")
    device.bind_out("inproc://back")
    device.bind_mon("inproc://capture")
    for setsockopt in (device.setsockopt_in, device.setsockopt_out, device.setsockopt_mon):
        setsockopt(zmq.LINGER, 0)
    capture = net.socket(zmq.SUB)
    capture.connect("inproc://capture")
    capture.subscribe(b"")
    device.start()
    rep = net.socket(zmq.REP)
    rep.connect("inproc://back")
    reqs = [net.socket(zmq.REQ) for _ in range(3)]
    for number, req in enumerate(reqs):
        req.connect("inproc://front")
        req.send(b"%d" % number)
        rep.send(b"re " + rep.recv())
        print(req.recv())
    print(capture.recv_multipart()[2:])
    # The device's sockets belong to its thread, which closes them when the context ends.
    for socket in (capture, rep, *reqs):
        socket.close()
    net.ctx.term()
    device.join(LIMIT / 1000)
    print(device.launcher.is_alive())


@case
def steered_proxy(net):
    device = ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUB, zmq.PAIR)
    device.context_factory = lambda: net.ctx
    device.bind_in("inproc://steered-front")
    device.bind_out("inproc://steered-back")
    device.bind_ctrl("inproc://steering")
    control = net.socket(zmq.PAIR)
    device.start()
    control.connect("inproc://steering")
    push, pull = net.socket(zmq.PUSH), net.socket(zmq.PULL)
    push.connect("inproc://steered-front")
    pull.connect("inproc://steered-back")
    push.send(b"through")
    print(pull.recv())
    control.send(b"TERMINATE")
    device.join(LIMIT / 1000)
    print(device.launcher.is_alive())


@case
def monitor(net):
    pull = net.socket(zmq.PULL)
    events = pull.get_monitor_socket(zmq.EVENT_ALL)
    events.rcvtimeo = LIMIT
    pull.bind("inproc://monitored")
    pull.disable_monitor()
    print(fails(pull.monitor, "tcp://127.0.0.1:5555", zmq.EVENT_ALL))
    last = net.socket(zmq.PULL)
    heard = last.get_monitor_socket(zmq.EVENT_ALL)
    heard.rcvtimeo = LIMIT
    last.monitor(None, 0)
    print(recv_monitor_message(heard)["event"] == zmq.EVENT_MONITOR_STOPPED)


@case
def keys(net):
    public, secret = zmq.curve_keypair()
    print(len(public), len(secret), zmq.curve_public(secret) == public)
    print(zmq.utils.z85.encode(bytes.fromhex("864fd26fb559f75b")))
    print([(name, zmq.has(name)) for name in ("gssapi", "norm", "nonsense")])
    socket = net.socket(zmq.DEALER, curve_secretkey=secret, curve_publickey=public)
    print(socket.mechanism == zmq.CURVE)


@case
def asynchronous(net):
    async def main():
        ctx = zmq.asyncio.Context()
        rep, req = ctx.socket(zmq.REP), ctx.socket(zmq.REQ)
        rep.bind("inproc://async")
        req.connect("inproc://async")

        async def answer():
            for _ in range(50):
                await rep.send_multipart([b"re", await rep.recv()])

        server = asyncio.ensure_future(answer())
        answers = []
        for number in range(50):
            await req.send(b"%d" % number)
            answers.append(await asyncio.wait_for(req.recv_multipart(), LIMIT / 1000))
        await server
        poller = zmq.asyncio.Poller()
        poller.register(req, zmq.POLLOUT)
        events = await poller.poll(LIMIT)
        ctx.destroy(linger=0)
        return answers == [[b"re", b"%d" % n] for n in range(50)], len(events)

    print(asyncio.run(main()))


@draft_case
def server_client(net):
    server, client = net.pair(zmq.SERVER, zmq.CLIENT)
    client.send(b"question")
    frame = server.recv(copy=False)
    print(frame.bytes, frame.routing_id != 0)
    server.send(b"answer", routing_id=frame.routing_id)
    print(client.recv(), fails(client.send_multipart, [b"no", b"parts"]))
    print(fails(server.send, b"nobody", routing_id=frame.routing_id + 1))


@draft_case
def radio_dish(net):
    dish, radio = net.pair(zmq.DISH, zmq.RADIO)
    dish.join("news")
    print(fails(dish.join, b"news"), fails(dish.leave, b"olds"), fails(dish.join, b"x" * 256))
    # The membership travels through the pipe, and nothing tells when it has arrived.
    for _ in range(LIMIT // 20):
        radio.send(b"ignored", group="olds")
        radio.send(b"headline", group="news")
        if dish.poll(20):
            break
    frame = dish.recv(copy=False)
    print(frame.bytes, frame.group)


@draft_case
def gather_scatter(net):
    gather, scatter = net.pair(zmq.GATHER, zmq.SCATTER)
    for number in range(5):
        scatter.send(b"%d" % number)
    print([gather.recv() for _ in range(5)])


@draft_case
def channel(net):
    left, right = net.pair(zmq.CHANNEL, zmq.CHANNEL)
    left.send(b"over")
    right.send(b"back")
    print(right.recv(), left.recv())


@draft_case
def peer(net):
    left, right = net.pair(zmq.PEER, zmq.PEER)
    print(left.type == zmq.PEER, right.getsockopt(zmq.THREAD_SAFE))


@draft_case
def dgram_exists(net):
    dgram = net.socket(zmq.DGRAM)
    print(dgram.type == zmq.DGRAM, dgram.getsockopt(zmq.THREAD_SAFE))


@draft_case
def many_threads_on_one_socket(net):
    server = net.socket(zmq.SERVER)
    server.bind("inproc://shared")
    client = net.socket(zmq.CLIENT)
    client.connect("inproc://shared")

    def work():
        for _ in range(200):
            client.send(b"x")

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    print(sum(len(server.recv()) for _ in range(4 * 200)))
    for worker in workers:
        worker.join()


@draft_case
def has_draft(net):
    print(zmq.has("draft"), zmq.DRAFT_API)


def main():
    drafts = "--drafts" in sys.argv[1:]
    for function in CASES[drafts]:
        print(f"== {function.__name__}", flush=True)
        with Net() as net:
            try:
                function(net)
            except Exception as error:  # the next cases have something to say as well
                traceback.print_exc()
                print(f"FAILED {type(error).__name__}: {error}")
    print("== end")


if __name__ == "__main__":
    main()
