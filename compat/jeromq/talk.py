"""Talks to peers, programs that do with sockets what they are told.

An order is a line, its answer is a line. These are the orders, of peer.c and of Peer.java alike:

    library                     which file the sockets are of
    keys                        a new pair of CURVE keys, public and secret
    zap, allow WHO, refusal N   a handler of ZAP, whom it lets in, and the status for the others
    new S TYPE, close S         a socket by the name of S
    set S OPTION VALUE          a number, or `:text`, or `x` and hexadecimal digits
    bind S ENDPOINT             answers the endpoint with its port
    connect S ENDPOINT, disconnect S ENDPOINT
    send S PART..., recv S MS   `-` if nothing came; a PART is `x` and digits, or `*SIZE,SEED`
    touch S                     lets the socket take in who has connected, as every call does
    user S                      the user id of the message received last
    monitor S, event S MS       the next event, its number and its value
    reset (Java only), quit
"""

import os
import selectors
import signal
import subprocess
import time
import zlib

# How long a state may take to come; far more than it needs, as machines may be busy.
PATIENCE = 20
# How long to look whether something comes that must not.
SILENCE = 0.3

CONNECTED, ACCEPTED, DISCONNECTED, RETRIED = 0x1, 0x20, 0x200, 0x4
NO_DETAIL, SUCCEEDED, PROTOCOL, AUTH = 0x800, 0x1000, 0x2000, 0x4000


class Refused(Exception):
    """A peer says that it could not do it."""


class Peer:
    """A process that takes orders."""

    def __init__(self, command, log, env=None):
        self.log = log
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, env=dict(os.environ, **(env or {})), bufsize=0)
        self.rest = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def ask(self, *words, patience=PATIENCE):
        """The answer to an order."""
        self.process.stdin.write((" ".join(str(word) for word in words) + "\n").encode())
        until = time.monotonic() + patience
        while b"\n" not in self.rest:
            if not self.selector.select(max(0, until - time.monotonic())):
                raise TimeoutError(f"no answer to {words[:4]}")
            got = os.read(self.process.stdout.fileno(), 1 << 20)
            if not got:
                raise EOFError(f"the peer died of {words[:4]}: {self.said()[-500:]}")
            self.rest += got
        line, _, self.rest = self.rest.partition(b"\n")
        answer = line.decode()
        if answer.startswith("! "):
            raise Refused(f"{' '.join(str(word) for word in words)[:100]}: {answer[2:]}")
        return answer[2:]

    def new(self, sock, kind, **options):
        """A socket with options; a number, a text, or bytes."""
        self.ask("new", sock, kind)
        for option, value in options.items():
            self.set(sock, option, value)

    def set(self, sock, option, value):
        """Sets one option."""
        if isinstance(value, bytes):
            value = "x" + value.hex()
        elif isinstance(value, str):
            value = ":" + value
        self.ask("set", sock, option, value)

    def send(self, sock, *parts):
        """Sends a message; a part is bytes, or `*SIZE,SEED`."""
        self.ask("send", sock, *(word(part) for part in parts))

    def recv(self, sock, seconds=PATIENCE):
        """The parts of the next message, as `said` has them; none if it does not come."""
        answer = self.ask("recv", sock, int(seconds * 1000), patience=seconds + PATIENCE)
        return None if answer == "-" else answer.split(" ")

    def hear(self, sock, other):
        """Receives a message that the socket of another peer sends by itself, once it is called."""
        def heard():
            other.ask("touch", sock)
            return self.recv(sock, 0.02)
        return until(heard, "the other socket says nothing")

    def expect(self, sock, *parts):
        """Receives a message that must be this."""
        got, wanted = self.recv(sock), [said(part) for part in parts]
        assert got == wanted, f"got {short(got)}, wanted {short(wanted)}"

    def event(self, sock, seconds):
        """The next event, (number, value), or none."""
        answer = self.ask("event", sock, int(seconds * 1000), patience=seconds + PATIENCE)
        return None if answer == "-" else tuple(int(number) for number in answer.split(" "))

    def await_event(self, sock, *numbers):
        """Waits for one of these events; answers all until then."""
        seen = []
        until = time.monotonic() + PATIENCE
        while not seen or seen[-1][0] not in numbers:
            event = self.event(sock, max(0, until - time.monotonic()))
            assert event, f"none of {numbers} came, but {seen}"
            seen.append(event)
        return seen

    def events(self, sock):
        """What has happened and happens within the time of silence."""
        seen = []
        end = time.monotonic() + SILENCE
        while event := self.event(sock, max(0, end - time.monotonic())):
            seen.append(event)
            if time.monotonic() > end + PATIENCE:
                raise TimeoutError("events without end")
        return seen

    def said(self):
        """What the process has written on standard error so far."""
        return self.log.read_text(errors="replace")

    def freeze(self):
        """Stops the process, so that it neither answers nor goes away."""
        self.process.send_signal(signal.SIGSTOP)

    def kill(self):
        """Ends the process without a word to its peers."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            stream.close()
        self.selector.close()

    def quit(self):
        """Has the process end; says whether it did by itself."""
        try:
            self.ask("quit")
            self.process.wait(PATIENCE)
        finally:
            self.kill()


def content(part):
    """The bytes of a part."""
    if isinstance(part, bytes):
        return part
    size, seed = (int(number) for number in part[1:].split(","))
    start = seed % 251
    return (bytes(range(251)) * (size // 251 + 2))[start:start + size]


def word(part):
    """A part as it is given to a peer."""
    return "x" + part.hex() if isinstance(part, bytes) else part


def said(part):
    """A part as a peer says that it came."""
    if part is ANY:
        return ANY
    data = content(part)
    return f"*{len(data)},{zlib.adler32(data)}" if len(data) > 600 else "x" + data.hex()


class _Any:
    """Equal to every part: for ids that a ROUTER has made up."""

    def __eq__(self, other):
        return isinstance(other, str)

    def __repr__(self):
        return "ANY"


ANY = _Any()


def short(parts):
    """A message for a message of failure."""
    return parts and [str(part)[:60] for part in parts]


def until(state, what):
    """Waits for a state; answers it."""
    end = time.monotonic() + PATIENCE
    while not (is_so := state()):
        assert time.monotonic() < end, what
        time.sleep(0.01)
    return is_so
