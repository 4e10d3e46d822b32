"""Clients that knock at a server of cases.py, and say what they were told.

    client.py DESCRIPTOR

It gets tasks over the socket with this descriptor, a line of JSON each, and answers with lines. As
a thread of the server's process, it does the same by `work`.
"""

import errno
import json
import socket
import sys
import threading
import traceback

import zmq
from zmq.utils.monitor import recv_monitor_message

LIMIT = 10_000  # milliseconds that anything may take
HANDSHAKE = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
REASONS = {
    errno.EPIPE: "gone",
    errno.ECONNRESET: "gone",
    errno.EAGAIN: "late",
    errno.EFAULT: "fault",
}


def adjusted(opened, options):
    """A socket with options that have come as text, which waits for nothing for ever."""
    opened.rcvtimeo = opened.sndtimeo = opened.linger = LIMIT
    for name, value in options.items():
        setattr(opened, name, value.encode() if isinstance(value, str) else value)
    return opened


def handshake(monitor):
    """What the monitor says of the handshake: `in`, or why not."""
    assert monitor.poll(LIMIT), "no handshake came to an end"
    message = recv_monitor_message(monitor)
    event, value = message["event"], int(message["value"])
    if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
        return "in"
    if event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return REASONS.get(value, str(value))
    kind = "auth" if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH else "protocol"
    return f"{kind} {value:x}" if kind == "protocol" else f"{kind} {value}"


def talk(opened, text):
    """Says something, where the type can, and returns what comes back, where it can."""
    if opened.type != zmq.SUB:
        opened.send_multipart([text.encode(), b"", b"end"])
    if opened.type == zmq.PUSH:
        return []
    return [frame.decode() for frame in opened.recv_multipart()]


def knock(task, answer):
    """Meets the server once."""
    with zmq.Context() as ctx:
        opened = adjusted(ctx.socket(getattr(zmq, task["kind"])), task["options"])
        monitor = opened.get_monitor_socket(HANDSHAKE)
        end = ""
        try:
            if task["kind"] == "SUB":
                opened.subscribe(b"topic")
            if task["endpoint"]:
                opened.connect(task["endpoint"])
            else:
                opened.bind("tcp://127.0.0.1:*")
                answer({"endpoint": opened.last_endpoint.decode()})
            end = handshake(monitor)
            said = talk(opened, task["text"]) if end == "in" else []
            answer({"end": end, "said": said})
        finally:
            opened.disable_monitor()
            monitor.close(0)
            # What nobody answers has to arrive all the same.
            opened.close(LIMIT if task["kind"] == "PUSH" and end == "in" else 0)


def work(channel):
    """Does the tasks that come, until no more can."""
    with channel, channel.makefile("r") as lines:

        def answer(what):
            channel.sendall(json.dumps(what).encode() + b"\n")

        for line in lines:
            try:
                knock(json.loads(line), answer)
            except Exception:  # the server has to know, as it waits
                answer({"end": traceback.format_exc(), "said": []})


def thread():
    """A client in a thread of this process: the socket that speaks to it."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=work, args=(theirs,)).start()
    return ours


if __name__ == "__main__":
    work(socket.socket(fileno=int(sys.argv[1])))
