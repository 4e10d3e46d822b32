"""One round through the stock wheel of pyzmq; prints the libraries that it has mapped.

Patterns, transports and CURVE, as far as they show that the library behind the wheel works.
"""

import tempfile
import threading

import zmq

LIMIT = 10_000  # milliseconds that an answer may take


def socket(context, kind, **options):
    """A socket that gives up rather than wait for ever."""
    made = context.socket(kind)
    made.linger = 0
    made.rcvtimeo = made.sndtimeo = LIMIT
    for name, value in options.items():
        setattr(made, name, value)
    return made


def request_reply(context, endpoint, server=None, client=None):
    """A question and an answer, long enough not to fit into the message itself."""
    with socket(context, zmq.REP, **(server or {})) as reply, \
            socket(context, zmq.REQ, **(client or {})) as request:
        reply.bind(endpoint)
        request.connect(reply.last_endpoint)
        request.send_multipart([b"", b"x" * 100_000])
        assert reply.recv_multipart() == [b"", b"x" * 100_000]
        reply.send(b"answer", copy=False)
        assert request.recv(copy=False).bytes == b"answer"


def publish_subscribe(context):
    """A topic that was asked for, and one that was not."""
    with socket(context, zmq.XPUB) as publisher, socket(context, zmq.SUB) as subscriber:
        publisher.bind("tcp://127.0.0.1:*")
        subscriber.connect(publisher.last_endpoint)
        subscriber.subscribe(b"news")
        assert publisher.recv() == b"\1news"
        publisher.send(b"weather")
        publisher.send(b"news of the day")
        assert subscriber.recv() == b"news of the day"


def poll_from_a_thread(context):
    """A poller that another thread wakes."""
    with socket(context, zmq.PULL) as pull:
        pull.bind("inproc://thread")

        def push():
            with socket(context, zmq.PUSH, linger=LIMIT) as out:
                out.connect("inproc://thread")
                out.send(b"here")

        thread = threading.Thread(target=push)
        poller = zmq.Poller()
        poller.register(pull, zmq.POLLIN)
        thread.start()
        assert poller.poll(LIMIT) == [(pull, zmq.POLLIN)]
        assert pull.recv() == b"here"
        thread.join()


def main():
    """All of it, then what is mapped."""
    public, secret = zmq.curve_keypair()
    server = {"curve_server": True, "curve_secretkey": secret, "curve_publickey": public}
    own_public, own_secret = zmq.curve_keypair()
    client = {"curve_serverkey": public, "curve_publickey": own_public,
              "curve_secretkey": own_secret}
    with zmq.Context() as context, tempfile.TemporaryDirectory() as folder:
        for endpoint in ("inproc://here", f"ipc://{folder}/there", "tcp://127.0.0.1:*"):
            request_reply(context, endpoint)
        request_reply(context, "tcp://127.0.0.1:*", server, client)
        publish_subscribe(context)
        poll_from_a_thread(context)
    with open("/proc/self/maps") as maps:
        print(*sorted({line.split()[-1] for line in maps if "libzmq" in line}), sep="\n")


if __name__ == "__main__":
    main()
