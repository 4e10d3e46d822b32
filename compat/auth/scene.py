"""A server with an authenticator of pyzmq's, whom clients visit one after the other."""

import asyncio
import errno
import inspect
import json
import logging
import time

import zmq
import zmq.asyncio
import zmq.auth
from client import HANDSHAKE, LIMIT, adjusted, handshake
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.thread import ThreadAuthenticator

KINDS = {
    "thread": (ThreadAuthenticator, zmq.Poller),
    "asyncio": (AsyncioAuthenticator, zmq.asyncio.Poller),
}


class Scene:
    """The stage of a case."""

    def __init__(self, kind, folder, channel):
        self.authenticator, self.poller = KINDS[kind]
        self.folder = folder
        self.channel = channel
        self.lines = channel.makefile("r")
        self.ctx = zmq.Context()
        self.auth = None
        self.log = logging.getLogger("quiet")
        self.log.addHandler(logging.NullHandler())
        self.log.propagate = False
        self.visits = 0

    def start(self, make=None):
        """Starts an authenticator; `make` is a class that takes the place of the usual one."""
        self.auth = (make or self.authenticator)(self.ctx, log=self.log)
        self.auth.start()
        return self.auth

    async def stop(self):
        """Stops the authenticator for good: its tasks end later than it does, and its endpoint is
        free when the closed socket has been reaped."""
        self.auth.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        with self.ctx.socket(zmq.REP) as probe:
            until = time.monotonic() + LIMIT / 1000
            while True:
                try:
                    probe.bind("inproc://zeromq.zap.01")
                    break
                except zmq.ZMQError as error:
                    assert error.errno == errno.EADDRINUSE and time.monotonic() < until, error
                    time.sleep(0.001)
            probe.unbind("inproc://zeromq.zap.01")

    def end(self):
        if self.auth:
            self.auth.stop()
        self.lines.close()
        self.ctx.destroy(linger=0)

    def certificate(self, name, *folders):
        """A new pair of keys, of which the public one lies in each of the folders."""
        public_file, secret_file = zmq.auth.create_certificates(self.folder, name)
        public, secret = zmq.auth.load_certificate(secret_file)
        assert zmq.auth.load_certificate(public_file) == (public, None)
        assert zmq.curve_public(secret) == public
        for folder in folders:
            folder.mkdir(exist_ok=True)
            with open(public_file) as source:
                (folder / f"{name}.key").write_text(source.read())
        return public.decode(), secret.decode()

    async def visit(self, server, client, kinds="DEALER/DEALER", binds=True, ipc=False):
        """One client visits, and the result is what the two have seen."""
        self.visits += 1
        own, other = kinds.split("/")
        socket = adjusted(self.ctx.socket(getattr(zmq, own)), server)
        monitor = socket.get_monitor_socket(HANDSHAKE)
        endpoint = ""
        if binds:
            socket.bind(f"ipc://{self.folder}/{self.visits}" if ipc else "tcp://127.0.0.1:*")
            endpoint = socket.last_endpoint.decode()
        task = {"kind": other, "options": client, "endpoint": endpoint, "text": "hello"}
        self.channel.sendall(json.dumps(task).encode() + b"\n")
        if not binds:
            socket.connect(json.loads(self.lines.readline())["endpoint"])
        try:
            return await self.receive(socket, monitor)
        finally:
            socket.disable_monitor()
            monitor.close(0)
            socket.close(0)

    async def receive(self, socket, monitor):
        """Serves until the client has left; says who it was, or why it did not come in."""
        poller = self.poller()
        for item in (socket, monitor, self.channel):
            poller.register(item, zmq.POLLIN)
        seen = told = users = None
        while told is None or seen is None or (seen == "in" and users is None):
            ready = poller.poll(LIMIT)
            ready = dict(await ready if inspect.isawaitable(ready) else ready)
            assert ready, f"nothing happens: server {seen}, client {told}, users {users}"
            if monitor in ready and seen is None:
                seen = handshake(monitor)
                poller.unregister(monitor)
            if socket in ready:
                assert users is None, "more than one message"
                users = self.reply(socket)
                poller.unregister(socket)
            if self.channel.fileno() in ready:
                told = json.loads(self.lines.readline())
                poller.unregister(self.channel)
        if seen == "in":
            said = " ".join(told["said"])
            return f"in as {users}, told {said!r}" if told["end"] == "in" else f"? {told['end']}"
        assert users is None, "a message of a client that is not in"
        # Who waits for a server that does not answer may hear its end, or not.
        end = "gives up" if told["end"] in ("gone", "late") else told["end"]
        return f"server: {seen}, client: {end}"

    def reply(self, socket):
        """Returns a message to who sent it, and whom its frames are said to come from."""
        frames = socket.recv_multipart(copy=False)
        users = set()
        for frame in frames[1:] if socket.type == zmq.ROUTER else frames:
            try:
                users.add(frame.get("User-Id"))
            except zmq.ZMQError:
                users.add(None)
        if socket.type == zmq.XPUB:
            socket.send_multipart([b"topic", b"news"])
        elif socket.type != zmq.PULL:
            socket.send_multipart([frame.bytes for frame in frames])
        return " and ".join(sorted(map(repr, users)))
