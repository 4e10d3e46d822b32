"""Every pair of socket types: single messages, many frames, many messages, a large one.

The first half asks or sends.
"""

import contextlib
import functools

import zmq
from interop_side import CASES, equal, until

WINDOW = 100  # messages on their way at once where too many would be dropped

LOADS = {
    "single": [[bytes([n % 256]) * n] for n in (0, 1, 2, 32, 33, 34, 254, 255, 256, 8192, 70_000)],
    "parts": [
        [b"", b"a", b""],
        [b"", b""],
        [b"a", b"", b"", b"b"],
        [b"x" * 255, b"", b"y" * 256],
        [b"%d" % n for n in range(300)],
    ],
    "many": [[b"%d" % number] for number in range(10_000)],
    "large": [[bytes(range(250)) * 80_000]],  # 20 MB
}


def ask(side, load, kind, before=(), **options):
    """Sends messages and gets each back; `before` are the frames that this type needs first."""
    socket = side.joined(kind, **options)
    before = list(before)
    if kind == zmq.ROUTER:
        socket.router_mandatory = 1  # so that a peer that is not here yet is noticed
        side.hear()
        until(lambda: reaches(socket, before[0]))
        equal(socket.recv_multipart(), [before[0], b"reached"])
    window = 1 if kind == zmq.REQ else WINDOW
    for start in range(0, len(load), window):
        messages = load[start : start + window]
        for message in messages:
            socket.send_multipart(before + message)
        for message in messages:
            equal(socket.recv_multipart(), before + message)


def reaches(router, name):
    with contextlib.suppress(zmq.ZMQError):
        router.send_multipart([name, b"reached"])
        return True
    return False


def echo(side, load, kind, **options):
    """Sends back what comes, whatever frames the type has before it."""
    socket = side.joined(kind, **options)
    if kind == zmq.ROUTER and options:
        side.tell()
        socket.send_multipart(socket.recv_multipart())
    for _ in load:
        socket.send_multipart(socket.recv_multipart())


def send(side, load, kind):
    """Sends messages in one direction, and goes while they are on their way."""
    socket = side.joined(kind)
    for message in load:
        socket.send_multipart(message)
    if not side.tcp:
        # Over ipc a full libzmq loses what the kernel still holds for it when the sender goes.
        side.hear()


def receive(side, load, kind):
    """Receives what `send` sends."""
    socket = side.joined(kind)
    for message in load:
        equal(socket.recv_multipart(), message)
    if not side.tcp:
        side.tell()


def publish(side, load, kind):
    """Sends to one subscriber, once it is there."""
    socket = side.joined(kind, sndhwm=0)
    if kind == zmq.XPUB:
        equal(socket.recv(), b"\x01")
    while not side.told(0.002):
        socket.send(b"is anybody there")
    side.hear()
    for message in load:
        socket.send_multipart(message)
    side.hear()


def subscribe(side, load, kind):
    """Receives what `publish` sends after it knows of this subscriber."""
    socket = side.joined(kind, rcvhwm=0)
    socket.linger = 0  # libzmq would keep the subscriptions for a publisher that is gone
    socket.send(b"\x01") if kind == zmq.XSUB else socket.subscribe(b"")
    equal(socket.recv(), b"is anybody there")
    side.tell()
    while (message := socket.recv_multipart()) == [b"is anybody there"]:
        pass
    for number, wanted in enumerate(load):
        equal(message if number == 0 else socket.recv_multipart(), wanted)
    side.tell()


PAIRS = {
    "PAIR/PAIR": (ask, {"kind": zmq.PAIR}, echo, {"kind": zmq.PAIR}),
    "PUB/SUB": (publish, {"kind": zmq.PUB}, subscribe, {"kind": zmq.SUB}),
    "XPUB/SUB": (publish, {"kind": zmq.XPUB}, subscribe, {"kind": zmq.SUB}),
    "PUB/XSUB": (publish, {"kind": zmq.PUB}, subscribe, {"kind": zmq.XSUB}),
    "XPUB/XSUB": (publish, {"kind": zmq.XPUB}, subscribe, {"kind": zmq.XSUB}),
    "REQ/REP": (ask, {"kind": zmq.REQ}, echo, {"kind": zmq.REP}),
    "REQ/ROUTER": (ask, {"kind": zmq.REQ}, echo, {"kind": zmq.ROUTER}),
    "DEALER/REP": (ask, {"kind": zmq.DEALER, "before": [b""]}, echo, {"kind": zmq.REP}),
    "DEALER/ROUTER": (ask, {"kind": zmq.DEALER}, echo, {"kind": zmq.ROUTER}),
    "DEALER/DEALER": (ask, {"kind": zmq.DEALER}, echo, {"kind": zmq.DEALER}),
    "ROUTER/ROUTER": (
        ask,
        {"kind": zmq.ROUTER, "before": [b"echo"], "routing_id": b"ask"},
        echo,
        {"kind": zmq.ROUTER, "routing_id": b"echo"},
    ),
    "PUSH/PULL": (send, {"kind": zmq.PUSH}, receive, {"kind": zmq.PULL}),
}

for pair, (one, of_one, other, of_other) in PAIRS.items():
    for name, load in LOADS.items():
        if name == "many" and of_one["kind"] == zmq.REQ:
            load = load[:4000]  # each answer is waited for
        CASES[f"{pair} {name}"] = (
            functools.partial(one, load=load, **of_one),
            functools.partial(other, load=load, **of_other),
        )
