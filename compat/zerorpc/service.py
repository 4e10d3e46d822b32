"""A service for compat/zerorpc/run: binds to an endpoint and writes into a file where that is."""

import sys
from pathlib import Path

import gevent
import gevent.event
import zerorpc
import zmq


class Service:
    """What can be called."""

    def __init__(self):
        self.closed = 0

    def echo(self, *what):
        """What it is given."""
        return what[0] if len(what) == 1 else what

    def length(self, data):
        return len(data)

    def fail(self, text):
        raise ValueError(text)

    def nap(self, seconds):
        """Takes a while, in which other calls are served."""
        gevent.sleep(seconds)
        return "rested"

    def never(self):
        gevent.event.Event().wait()

    @zerorpc.stream
    def count(self, end):
        """A stream of numbers; says later whether it was closed before its end."""
        try:
            yield from range(end)
        except GeneratorExit:
            self.closed += 1
            raise

    @zerorpc.stream
    def fails_after(self, count):
        yield from range(count)
        raise KeyError("no more")


def main():
    endpoint, where = sys.argv[1], Path(sys.argv[2])
    server = zerorpc.Server(Service(), heartbeat=1, pool_size=200)
    server.bind(endpoint)
    bound = server._events._socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
    unfinished = where.with_suffix(".new")
    unfinished.write_text(bound)
    unfinished.rename(where)
    server.run()


main()
