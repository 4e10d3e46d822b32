"""The patterns of ZeroMQ within one process, as anybody would write them for pyzmq."""

import contextlib
import threading

import zmq


def request_reply(ctx):
    """A service and three clients."""

    def serve():
        with ctx.socket(zmq.REP) as rep:
            rep.bind("inproc://service")
            for _ in range(3):
                rep.send_string(rep.recv_string().upper())

    thread = threading.Thread(target=serve)
    thread.start()
    for text in ("hello", "from", "rust"):
        with ctx.socket(zmq.REQ) as req:
            req.connect("inproc://service")
            req.send_string(text)
            print("  REQ/REP      ", text, "->", req.recv_string())
    thread.join()


def publish_subscribe(ctx):
    """Two subscribers that want different things."""
    with ctx.socket(zmq.XPUB) as pub, ctx.socket(zmq.SUB) as warm, ctx.socket(zmq.SUB) as cold:
        pub.bind("inproc://weather")
        for sub, topic in ((warm, "warm"), (cold, "cold")):
            sub.connect("inproc://weather")
            sub.subscribe(topic)
            pub.recv()  # the subscription has arrived
        for report in ("cold 3", "warm 25", "mild 15", "warm 28"):
            pub.send_string(report)
        print("  PUB/SUB      ", [warm.recv_string(), warm.recv_string()], [cold.recv_string()])


def pipeline(ctx):
    """Work that is spread over workers and collected again."""

    def work():
        with ctx.socket(zmq.PULL) as jobs, ctx.socket(zmq.PUSH) as results:
            jobs.connect("inproc://jobs")
            results.connect("inproc://results")
            while (number := jobs.recv_pyobj()) is not None:
                results.send_pyobj(number * number)

    with ctx.socket(zmq.PUSH) as jobs, ctx.socket(zmq.PULL) as results:
        jobs.bind("inproc://jobs")
        results.bind("inproc://results")
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for number in range(1000):
            jobs.send_pyobj(number)
        total = sum(results.recv_pyobj() for _ in range(1000))
        while any(worker.is_alive() for worker in workers):
            if jobs.poll(10, zmq.POLLOUT):
                with contextlib.suppress(zmq.Again):  # the last worker may have gone just now
                    jobs.send_pyobj(None, zmq.DONTWAIT)
        print("  PUSH/PULL     sum of 1000 squares by 4 workers:", total)


def broker(ctx):
    """ROUTER and DEALER joined by a proxy, stopped by ending its context."""
    inner = zmq.Context.shadow(ctx)

    def run():
        with inner.socket(zmq.ROUTER) as front, inner.socket(zmq.DEALER) as back:
            front.bind("inproc://front")
            back.bind("inproc://back")
            control = inner.socket(zmq.PAIR)
            control.bind("inproc://control")
            zmq.proxy_steerable(front, back, None, control)
            control.close()

    thread = threading.Thread(target=run)
    thread.start()
    with ctx.socket(zmq.REP) as rep, ctx.socket(zmq.REQ) as req:
        rep.connect("inproc://back")
        req.connect("inproc://front")
        req.send(b"question")
        rep.send(b"answer to " + rep.recv())
        print("  ROUTER/DEALER", req.recv().decode())
    with ctx.socket(zmq.PAIR) as control:
        control.connect("inproc://control")
        control.send(b"TERMINATE")
        thread.join()


def poller(ctx):
    """Waiting for several sockets at once."""
    poll = zmq.Poller()
    names = {}
    pushes = []
    for name in ("first", "second", "third"):
        pull, push = ctx.socket(zmq.PULL), ctx.socket(zmq.PUSH)
        pull.bind(f"inproc://{name}")
        push.connect(f"inproc://{name}")
        poll.register(pull, zmq.POLLIN)
        names[pull] = name
        pushes.append(push)
    pushes[1].send(b"")
    print("  Poller        ready:", [names[socket] for socket, _ in poll.poll(5000)])
    for socket in [*names, *pushes]:
        socket.close()


def main():
    print("  pyzmq", zmq.__version__, "on libzmq", zmq.zmq_version())
    with zmq.Context() as ctx:
        for pattern in (request_reply, publish_subscribe, pipeline, broker, poller):
            pattern(ctx)


if __name__ == "__main__":
    main()
