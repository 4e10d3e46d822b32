"""The two peers of a line, and the lines themselves."""

import contextlib
import tempfile
from pathlib import Path

from talk import Peer, Refused

VERSIONS = ("0.6.0", "0.5.3")

# JeroMQ 0.6.0 forgets some of its sockets that connect: in a few of a hundred attempts it never
# looks at the connection again, whoever is at the other end (docs/jeromq.md, "A JeroMQ socket that
# connects"). Its own handshake timer makes it try again; so many ms instead of half a minute.
HASTE = 500


class Skip(Exception):
    """The library given cannot do that."""


class Group:
    """Lines that one conversation gives: a function that yields the name of each as it is through.

    Where the function fails, all that have not been named fail.
    """

    def __init__(self, title, lines, talk, *args, quick=False):
        self.title, self.lines, self.talk, self.args, self.quick = title, lines, talk, args, quick

    def names(self):
        """The names of all lines."""
        return [f"{self.title} {line}".strip() for line in self.lines]


class Scene:
    """Makes peers, and ends them."""

    def __init__(self, prefix, build, logs):
        self.prefix, self.build, self.logs = Path(prefix), Path(build), Path(logs)
        self.machines = {}
        self.begin("")

    def begin(self, version):
        """A new conversation."""
        self.version, self.extra = version, []

    def native(self):
        """A new process with the library in the prefix."""
        peer = Peer([self.build / "peer"], self.log(), {"ZMQ_OXIDE_LOG": "1"})
        self.extra.append(peer)
        here, there = Path(peer.ask("library")).resolve(), self.prefix / "lib" / "libzmq.so.5"
        assert here == there.resolve(), f"{here} is mapped, and not {there}"
        return peer

    def log(self):
        """A new file for what a process says."""
        return Path(tempfile.mkstemp(dir=self.logs)[1])

    def start_machine(self):
        """A new process with JeroMQ."""
        jars = self.build / "jars"
        path = [self.build / f"classes-{self.version}", jars / f"jeromq-{self.version}.jar",
                *jars.glob("jnacl-*.jar")]
        peer = Peer(["java", "-Xshare:auto", "-XX:+UseSerialGC", "-ea", f"-Djava.io.tmpdir={self.logs}",
                     "-cp", ":".join(str(item) for item in path), "Peer"], self.log())
        here = peer.ask("library")
        assert here == str(path[1]), f"{here} runs, and not {path[1]}"
        return peer

    def machine(self):
        """A process with JeroMQ that nobody else uses, and that may be killed."""
        peer = self.start_machine()
        self.extra.append(peer)
        return peer

    def jero(self):
        """The process with JeroMQ that the lines share, in a new context."""
        if self.version not in self.machines:
            self.machines[self.version] = self.start_machine()
        return self.machines[self.version]

    def end(self):
        """Ends a conversation; answers what went wrong."""
        wrong = []
        for peer in self.extra:
            with contextlib.suppress(OSError, EOFError, ValueError, TimeoutError, Refused):
                peer.kill()
        machine = self.machines.get(self.version)
        if machine:
            try:
                machine.ask("reset")
            except (OSError, EOFError, TimeoutError, Refused) as error:
                wrong.append(f"JeroMQ does not reset: {error}")
                machine.kill()
                del self.machines[self.version]
        return wrong

    def close(self):
        """Ends everything."""
        for machine in self.machines.values():
            machine.kill()


def attach(binder, bound, connecter, connected):
    """Binds one socket, connects the other; answers the endpoint."""
    endpoint = binder.ask("bind", bound, "tcp://127.0.0.1:*")
    connecter.ask("connect", connected, endpoint)
    return endpoint


def draft(peer, sock, **options):
    """Sets options that a library without drafts lacks."""
    for option, value in options.items():
        try:
            peer.set(sock, option, value)
        except Refused as error:
            raise Skip(f"no {option}") from error
