"""A process with one libzmq, which does what it is told: a line of JSON in, a line of JSON out.

    peer.py LIBRARY

A task is the name of a function of `Peer` and its arguments; an answer is its result, or the errno
that it failed with. Bytes travel as text, each byte a character.
"""

import ctypes
import json
import os
import struct
import sys
import threading

RCVMORE, LAST_ENDPOINT, LINGER, RCVTIMEO, SNDTIMEO = 13, 32, 17, 27, 28
LIMIT = 30_000  # milliseconds that anything may take
PAIR, ROUTER = 0, 6
HANDSHAKE_EVENTS = 0x800 | 0x1000 | 0x2000 | 0x4000 | 0x200
POINTER = ctypes.c_void_p


class Failed(Exception):
    """A call that failed, with its errno."""


class Peer:
    """The sockets of this process."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name in ["zmq_ctx_new", "zmq_socket"]:
            getattr(self.lib, name).restype = POINTER
        self.context = POINTER(self.lib.zmq_ctx_new())
        self.sockets = []
        self.monitors = {}
        self.status = b"200"
        self.questions = []
        self.user = None
        self.lib.zmq_msg_gets.restype = ctypes.c_char_p
        self.lib.zmq_msg_data.restype = POINTER

    def check(self, result):
        """A result that is none raises."""
        if result == -1:
            raise Failed(self.lib.zmq_errno())
        return result

    def open(self, kind):
        """A socket that waits for nothing for ever."""
        socket = POINTER(self.lib.zmq_socket(self.context, kind))
        for option, value in [(LINGER, 0), (RCVTIMEO, LIMIT), (SNDTIMEO, LIMIT)]:
            self.set(socket, option, value)
        return socket

    def set(self, socket, option, value):
        """Sets an option to an int, to text, or to NULL."""
        if isinstance(value, int):
            number = ctypes.c_int(value)
            self.check(self.lib.zmq_setsockopt(socket, option, ctypes.byref(number), 4))
        elif value is None:
            self.check(self.lib.zmq_setsockopt(socket, option, None, 0))
        else:
            value = value.encode("latin1")
            self.check(self.lib.zmq_setsockopt(socket, option, value, len(value)))

    def get(self, socket, option, room):
        """Reads an option."""
        value, size = ctypes.create_string_buffer(room), ctypes.c_size_t(room)
        self.check(self.lib.zmq_getsockopt(socket, option, value, ctypes.byref(size)))
        return value.raw[: size.value]

    def frames(self, socket):
        """Receives a message."""
        parts, more = [], 1
        while more:
            message = ctypes.create_string_buffer(64)
            self.lib.zmq_msg_init(message)
            size = self.check(self.lib.zmq_msg_recv(message, socket, 0))
            parts.append(ctypes.string_at(self.lib.zmq_msg_data(message), size))
            self.user = self.property(message, b"User-Id")
            more = self.lib.zmq_msg_more(message)
            self.lib.zmq_msg_close(message)
        return parts

    def property(self, message, name):
        """A property of the connection that a message came on."""
        value = self.lib.zmq_msg_gets(message, name)
        return value.decode("latin1") if value is not None else None

    def put(self, socket, parts, flags=0):
        """Sends a message."""
        for at, part in enumerate(parts):
            more = 2 if at + 1 < len(parts) else 0
            self.check(self.lib.zmq_send(socket, part, len(part), flags | more))

    # What can be asked for.

    def has(self, name):
        return self.lib.zmq_has(name.encode())

    def socket(self, kind, options):
        self.sockets.append(self.open(kind))
        for option, value in options:
            self.set(self.sockets[-1], option, value)
        return len(self.sockets) - 1

    def option(self, at, option, value):
        self.set(self.sockets[at], option, value)

    def state(self, at, options):
        """The values of options: of ints and of text."""
        values = []
        for option, room in options:
            value = self.get(self.sockets[at], option, room)
            values.append(struct.unpack("=i", value)[0] if room == 4 else value.decode("latin1"))
        return values

    def monitor(self, at):
        """Begins to watch a socket."""
        name = f"inproc://monitor-{at}".encode()
        self.check(self.lib.zmq_socket_monitor(self.sockets[at], name, HANDSHAKE_EVENTS))
        self.monitors[at] = self.open(PAIR)
        self.check(self.lib.zmq_connect(self.monitors[at], name))

    def event(self, at, wait=LIMIT):
        """The next event; none if there is none in time."""
        self.set(self.monitors[at], RCVTIMEO, wait)
        try:
            event, value = struct.unpack("=HI", self.frames(self.monitors[at])[0])
        except Failed:
            return None
        return [event, value]

    def bind(self, at, endpoint="tcp://127.0.0.1:*"):
        self.check(self.lib.zmq_bind(self.sockets[at], endpoint.encode()))
        return self.get(self.sockets[at], LAST_ENDPOINT, 300).rstrip(b"\0").decode()

    def connect(self, at, endpoint):
        self.check(self.lib.zmq_connect(self.sockets[at], endpoint.encode()))

    def send(self, at, parts):
        self.put(self.sockets[at], [part.encode("latin1") for part in parts])

    def recv(self, at, wait=LIMIT):
        """The next message; none if there is none in time."""
        self.set(self.sockets[at], RCVTIMEO, wait)
        try:
            return [part.decode("latin1") for part in self.frames(self.sockets[at])]
        except Failed:
            return None

    def recv_user(self, at):
        """The next message, and the user that it is from."""
        return [self.recv(at), self.user]

    def close(self, at):
        self.check(self.lib.zmq_close(self.sockets[at]))

    def handler(self):
        """Begins to judge peers."""
        socket = self.open(ROUTER)
        self.set(socket, RCVTIMEO, -1)
        self.check(self.lib.zmq_bind(socket, b"inproc://zeromq.zap.01"))

        def judge():
            while True:
                # A ROUTER sees the pipe's id and the delimiter first.
                frames = self.frames(socket)
                self.questions.append([frame.decode("latin1") for frame in frames[2:]])
                answer = [b"1.0", frames[3], self.status, b"text", b"somebody", b""]
                self.put(socket, frames[:2] + answer)

        threading.Thread(target=judge, daemon=True).start()

    def verdict(self, status):
        """What the handler says from now on."""
        self.status = status.encode()

    def asked(self):
        """What the handler was asked."""
        return self.questions


def main():
    # Whatever a library writes to standard output must not look like an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer = Peer(sys.argv[1])
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = {"result": getattr(peer, name)(*arguments)}
        except Failed as failed:
            answer = {"errno": failed.args[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    # The sockets end with the process.
    os._exit(0)


main()
