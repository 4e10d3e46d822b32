"""What a half of a case of pyzmq_interop.py works with.

A half is a function. It gets a `Side` and returns what it has seen, as far as that has to be the
same whatever libzmq is behind pyzmq. It fails by raising.
"""

import select
import time

import zmq

LIMIT = 10_000  # milliseconds that a message may take
CASES = {}


class Side:
    """One half of a case: a context, and an understanding with the other half."""

    def __init__(self, task, channel, endpoint):
        self.binds = task["binds"]
        self.tcp = task["transport"] == "tcp"
        self.channel = channel
        self.wish = endpoint
        self.count = 0
        self.ctx = zmq.Context()

    def tell(self, text="go on"):
        """Says something to the other half, outside of ZeroMQ."""
        self.channel.sendall(text.encode() + b"\n")

    def told(self, seconds=0):
        """Whether the other half has said something."""
        return bool(select.select([self.channel], [], [], seconds)[0])

    def hear(self):
        """What the other half said."""
        line = b""
        while not line.endswith(b"\n"):
            assert self.told(LIMIT / 1000), "nothing heard from the other half"
            byte = self.channel.recv(1)
            assert byte, "the other half is gone"
            line += byte
        return line[:-1].decode()

    def adjusted(self, socket, **options):
        """A socket that waits for nothing for ever."""
        socket.rcvtimeo = socket.sndtimeo = socket.linger = LIMIT
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def fresh(self):
        """An endpoint to bind to."""
        self.count += 1
        return self.wish if self.tcp else f"{self.wish}-{self.count}"

    def attach(self, socket):
        """Binds or connects, whichever is this half's part, and returns the endpoint."""
        if self.binds:
            socket.bind(self.fresh())
            endpoint = socket.last_endpoint.decode()
            self.tell(endpoint)
        else:
            endpoint = self.hear()
            socket.connect(endpoint)
        return endpoint

    def socket(self, kind, **options):
        """A socket that nobody knows yet."""
        return self.adjusted(self.ctx.socket(kind), **options)

    def joined(self, kind, **options):
        """A socket that is on its way to one of the other half's."""
        socket = self.socket(kind, **options)
        self.attach(socket)
        return socket


def case(*other_half):
    """Makes a case of a function, which is its first half; the other one is given."""

    def add(first):
        CASES[first.__name__.replace("_", " ")] = (first, *other_half)
        return first

    return add


def run(task, channel, endpoint):
    """Runs one half; what goes wrong is raised once nothing of it is left."""
    side = Side(task, channel, endpoint)
    try:
        facts = CASES[task["case"]][task["half"]](side)
        side.ctx.destroy()  # lingers: what was sent arrives
        return facts
    finally:
        side.ctx.destroy(linger=0)


def loaded_library():
    """The file of libzmq in this process."""
    zmq.Context.instance().term()
    with open("/proc/self/maps") as maps:
        files = {line.split(maxsplit=5)[-1].strip() for line in maps if "libzmq" in line}
    (file,) = files
    return file


def equal(seen, wanted):
    """Fails with an excerpt of what differs."""
    if seen != wanted:
        raise AssertionError(f"got {repr(seen)[:300]}, wanted {repr(wanted)[:300]}")


def until(condition):
    """Tries again until something holds."""
    deadline = time.monotonic() + LIMIT / 1000
    while not condition():
        assert time.monotonic() < deadline, "it never held"
        time.sleep(0.002)


def fails(call, *arguments):
    """The errno of a call that has to fail."""
    try:
        result = call(*arguments)
    except zmq.ZMQError as error:
        return error.errno
    raise AssertionError(f"no error but {result!r}")
