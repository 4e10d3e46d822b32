"""What is measured, and what is to be reached."""

from dataclasses import dataclass

MORE, LESS = "more", "less"
# What the processor time of every operation may be, beside that of libzmq.
CPU_TARGET = 0.6


@dataclass(frozen=True)
class Figure:
    """One number of a scenario: what it is called, and what its ratio to libzmq's has to be."""
    name: str
    key: str
    unit: str
    better: str
    target: float | None = None
    # Instead of a ratio: what ours may be at most, where libzmq's is about nothing.
    limit: float | None = None

    def met(self, ratio, ours):
        """Whether the target is reached; None if there is none."""
        if self.limit is not None:
            return ours <= self.limit
        if self.target is None:
            return None
        return ratio >= self.target if self.better == MORE else ratio <= self.target

    def goal(self):
        """The target as text."""
        if self.limit is not None:
            return f"≤ {self.limit:g} {self.unit}"
        if self.target is None:
            return "–"
        return f"{'≥' if self.better == MORE else '≤'} {self.target:g}"


@dataclass(frozen=True)
class Scenario:
    """One run of bench, and the figures that come out of it."""
    name: str
    kind: str
    where: str
    options: tuple
    figures: tuple
    short: bool = False
    # Takes so long with some library that a few rounds have to do.
    slow: bool = False

    def arguments(self, quick, share=1):
        """For the command line; a quick run shows that everything works, and measures nothing. A
        share of the messages is for who would take minutes for all of them."""
        options = dict(self.options)
        if share > 1:
            options["count"] = max(options["count"] // share, 100)
        if quick:
            options["count"] = max(options.get("count", 2) // 100, 20)
            if options.get("peers", 0) > 100:
                options["peers"] = max(options["peers"] // 50, 20)
        return [self.kind, self.where, *(f"{name}={value}" for name, value in options.items())]

    def option(self, name):
        return dict(self.options)[name]

    @property
    def nng(self):
        """Whether the program for nng has it as well."""
        return self.kind in ("throughput", "latency") and "mechanism" not in dict(self.options)


def size_name(size):
    """A size as people say it."""
    return {65536: "64 KiB", 1048576: "1 MB"}.get(size, f"{size} B")


def cpu(name, row):
    """The processor time; it has a target where the scenario is a row that is to be reached."""
    return Figure(f"{name}: CPU", "cpu", "µs", LESS, CPU_TARGET if row else None)


def throughput(where, size, count, target=None, mechanism=None, short=False):
    name = f"PUSH/PULL {where} {(mechanism + ' ') if mechanism else ''}{size_name(size)}"
    options = (("size", size), ("count", count))
    if mechanism:
        options += (("mechanism", mechanism),)
    return Scenario(name, "throughput", where, options,
                    (Figure(name, "value", "msg/s", MORE, target), cpu(name, target)), short)


def latency(where, count, target):
    name = f"REQ/REP one way {where} 1 B"
    return Scenario(name, "latency", where, (("size", 1), ("count", count)), (
        Figure(name, "value", "µs", LESS, target),
        *(Figure(f"{name}: {key}", key, "µs", LESS) for key in ("p50", "p99", "p99.9")),
        cpu(name, target)), True)


def load(rate, short=False):
    name = f"one way tcp 100 B at {rate:,}/s"
    return Scenario(name, "load", "tcp", (("size", 100), ("count", rate * 2), ("rate", rate)), (
        *(Figure(f"{name}: {key}", key, "µs", LESS) for key in ("p50", "p99", "p99.9")),
        cpu(name, None)), short)


def pattern(name, kind, where, unit, target, short=False, **options):
    return Scenario(name, kind, where, tuple(options.items()),
                    (Figure(name, "value", unit, MORE, target), cpu(name, target)), short)


def connect(peers, target=None):
    name = f"opening {peers:,} connections"
    return Scenario(name, "connect", "tcp", (("peers", peers),), (
        Figure(name, "value", "/s", MORE, target), cpu(name, target)), slow=True)


def only(name, kind, where, figure, short=False, slow=False, **options):
    return Scenario(name, kind, where, tuple(options.items()), (figure,), short, slow)


POLL = "zmq_poll over 2,000 idle sockets"
SUBSCRIPTIONS = "1,000,000 subscriptions"

SCENARIOS = [
    latency("inproc", 50000, 0.05),
    latency("tcp", 20000, 0.2),
    latency("ipc", 20000, 0.2),
    load(10000),
    load(100000, True),
    load(400000),
    throughput("inproc", 1, 3000000, 3, short=True),
    throughput("inproc", 100, 2000000, 5, short=True),
    throughput("inproc", 1000, 1000000),
    throughput("inproc", 10000, 300000),
    throughput("inproc", 65536, 60000),
    throughput("inproc", 1048576, 4000),
    throughput("tcp", 1, 3000000, 2, short=True),
    throughput("tcp", 100, 2000000, 3.5, short=True),
    throughput("tcp", 1000, 600000, 3, short=True),
    throughput("tcp", 10000, 150000),
    throughput("tcp", 65536, 30000, 1.6, short=True),
    throughput("tcp", 1048576, 3000, 1.0),
    throughput("ipc", 1, 3000000),
    throughput("ipc", 100, 2000000, 3, short=True),
    throughput("ipc", 1000, 600000),
    throughput("ipc", 10000, 150000),
    throughput("ipc", 65536, 30000),
    throughput("ipc", 1048576, 3000),
    throughput("tcp", 100, 1000000, None, "plain"),
    throughput("tcp", 1000, 500000, None, "plain"),
    throughput("tcp", 65536, 20000, None, "plain"),
    throughput("tcp", 100, 600000, 2, "curve", short=True),
    throughput("tcp", 1000, 150000, None, "curve"),
    throughput("tcp", 65536, 8000, 1.5, "curve"),
    *(pattern(f"PUB to {peers} SUB tcp 100 B", "fanout", "tcp", "deliveries/s",
              3 if peers == 20 else None, peers == 20, size=100, peers=peers,
              count=2000000 // peers) for peers in (1, 5, 20, 100)),
    pattern("ROUTER echo, 50 DEALERs", "echo", "tcp", "answers/s", 2.5, True, size=100, peers=50,
            count=2000),
    pattern("proxy inproc 100 B", "proxy", "inproc", "msg/s", 2, True, size=100, count=2000000),
    pattern("proxy tcp 100 B", "proxy", "tcp", "msg/s", None, size=100, count=1000000),
    only("memory of an idle tcp pair", "memory", "tcp",
         Figure("memory of an idle tcp pair", "value", "KiB", LESS, 0.2), True, peers=2000),
    only("memory of an idle inproc pair", "memory", "inproc",
         Figure("memory of an idle inproc pair", "value", "KiB", LESS), peers=2000),
    connect(100), connect(1000, 5), connect(2000), connect(5000, 5),
    Scenario(POLL, "poll", "tcp", (("peers", 2000), ("count", 1000)),
             (Figure(POLL, "value", "µs", LESS, 0.1), cpu(POLL, True)), True),
    Scenario(SUBSCRIPTIONS, "subscriptions", "inproc", (("count", 1000000),), (
        Figure(f"{SUBSCRIPTIONS}: time", "value", "s", LESS, 0.7),
        *(Figure(f"{SUBSCRIPTIONS}: {key}", key, "s", LESS) for key in ("add", "match", "remove")),
        Figure(f"{SUBSCRIPTIONS}: memory", "memory", "MiB", LESS, 0.5),
        cpu(SUBSCRIPTIONS, True)), slow=True),
    only("idle CPU, 10,000 connections", "idle", "tcp",
         Figure("idle CPU, 10,000 connections", "value", "%", LESS, limit=0.05), slow=True,
         peers=10000, count=5000),
]
