"""Processes with this library and with Debian's libzmq5 talk GSSAPI to each other.

    interop.py --ours LIBRARY --theirs LIBRARY

See compat/gssapi/check. Each case has processes of its own, which end with it.
"""

import argparse
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import traceback

from raw import CASES as RAW
from realm import LIMIT, Realm

HERE = os.path.dirname(os.path.abspath(__file__))
REQ, REP, DEALER, ROUTER, PULL, PUSH, SUB, XPUB, PAIR = 3, 4, 5, 6, 7, 8, 2, 9, 0
SUBSCRIBE, UNSUBSCRIBE, HANDSHAKE_IVL, RECONNECT_IVL, ZAP_DOMAIN = 6, 7, 66, 18, 55
HEARTBEAT_IVL, HEARTBEAT_TIMEOUT, ROUTING_ID = 75, 77, 5
SERVER, PRINCIPAL, SERVICE, PLAINTEXT, KIND, SERVICE_KIND = 62, 63, 64, 65, 90, 91
DISCONNECTED, NO_DETAIL, SUCCEEDED, PROTOCOL, AUTH = 0x200, 0x800, 0x1000, 0x2000, 0x4000
EACCES = 13
SERVES = [[SERVER, 1], [PRINCIPAL, "ours@localhost"]]
ASKS = [[SERVICE, "ours@localhost"]]
CLEAR = [[PLAINTEXT, 1]]


class Process:
    """The way to a peer.py."""

    def __init__(self, library, environment):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "peer.py"), library],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def start(self, name, *arguments):
        """Has it begin with something; `finish` gives the result."""
        self.process.stdin.write(json.dumps([name, arguments]) + "\n")
        self.process.stdin.flush()

    def finish(self):
        """The result of what was started, or the errno as a negative number."""
        assert select.select([self.process.stdout], [], [], LIMIT)[0], "no answer"
        line = self.process.stdout.readline()
        assert line, f"the process ended with {self.process.wait(LIMIT)}"
        answer = json.loads(line)
        return answer["result"] if "result" in answer else -answer["errno"]

    def __getattr__(self, name):
        def call(*arguments):
            self.start(name, *arguments)
            return self.finish()

        return call

    def end(self):
        """Ends it."""
        self.process.stdin.close()
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Bench:
    """What a case works with."""

    def __init__(self, realm, server, client, exits):
        self.realm, self.libraries, self.exits = realm, (server, client), exits

    def process(self, library, keys, tickets):
        """A process with a library and what it is told of keys and tickets."""
        process = Process(library, self.realm.environment(keys, tickets))
        self.exits.callback(process.end)
        return process

    def server(self, keys="server"):
        """A process of the first library, with the key of the service."""
        return self.process(self.libraries[0], keys, "server")

    def client(self, tickets="client", keys="client"):
        """A process of the second library, with the ticket of the user."""
        return self.process(self.libraries[1], keys, tickets)

    def pair(self, kinds, bound=(), connected=()):
        """A server that is bound and a client that is connected, both watched."""
        server, client = self.server(), self.client()
        server.socket(kinds[0], [*SERVES, [RECONNECT_IVL, 50], *bound])
        client.socket(kinds[1], [*ASKS, [RECONNECT_IVL, 50], *connected])
        server.monitor(0)
        client.monitor(0)
        client.connect(0, server.bind(0))
        return server, client


CASES = []
BOTH_WAYS = [("ours", "theirs"), ("theirs", "ours"), ("ours", "ours")]


def case(*pairs):
    """Adds a case, for these pairs of a server's and a client's library."""

    def add(function):
        CASES.extend((function, pair) for pair in pairs)
        return function

    return add


def equal(seen, wanted):
    """Fails with what differs."""
    assert seen == wanted, f"got {seen!r:.500}, wanted {wanted!r:.500}"


def exchange(server, client):
    """Messages of many sizes, both ways."""
    for size in [0, 1, 100, 254, 255, 256, 8192, 100_000, 3_000_000]:
        body = ("0123456789" * (size // 10 + 1))[:size]
        client.start("send", 0, ["a", body, "", body])
        equal(server.recv(0), ["me", "a", body, "", body])
        client.finish()
        server.start("send", 0, ["me", body, "b"])
        equal(client.recv(0), [body, "b"])
        server.finish()


@case(*BOTH_WAYS)
def sealed(bench):
    server, client = bench.pair((ROUTER, DEALER), [], [[ROUTING_ID, "me"]])
    exchange(server, client)
    equal((server.event(0), client.event(0)), ([SUCCEEDED, 0], [SUCCEEDED, 0]))


@case(*BOTH_WAYS)
def in_clear(bench):
    server, client = bench.pair((ROUTER, DEALER), CLEAR, [*CLEAR, [ROUTING_ID, "me"]])
    exchange(server, client)


@case(*BOTH_WAYS)
def the_client_names_itself(bench):
    names = [[PRINCIPAL, "alice"], [KIND, 1], [SERVICE, "ours/localhost@TEST.INVALID"]]
    server, client = bench.pair((PULL, PUSH), [], [*names, [SERVICE_KIND, 2]])
    client.send(0, ["hello"])
    equal(server.recv(0), ["hello"])


@case(*BOTH_WAYS)
def a_server_without_a_name(bench):
    server, client = bench.server(), bench.client()
    server.socket(REP, [[SERVER, 1]])
    client.socket(REQ, ASKS)
    client.connect(0, server.bind(0))
    client.send(0, ["question"])
    equal(server.recv(0), ["question"])
    server.send(0, ["answer"])
    equal(client.recv(0), ["answer"])


@case(*BOTH_WAYS)
def the_server_connects(bench):
    server, client = bench.server(), bench.client()
    server.socket(PULL, SERVES)
    client.socket(PUSH, ASKS)
    server.connect(0, client.bind(0))
    client.send(0, ["hello"])
    equal(server.recv(0), ["hello"])


# The sealed subscriptions of libzmq up to 4.3.5, and their ends, are messages with nothing but the
# topic: it does not understand its own, and nobody else can.
@case(("theirs", "ours"), ("ours", "ours"))
def subscriptions_sealed(bench):
    subscriptions(*bench.pair((XPUB, SUB)))


@case(*BOTH_WAYS)
def subscriptions_in_clear(bench):
    subscriptions(*bench.pair((XPUB, SUB), CLEAR, CLEAR))


def subscriptions(server, client):
    client.option(0, SUBSCRIBE, "topic")
    equal(server.recv(0), ["\1topic"])
    server.send(0, ["other"])
    server.send(0, ["topic 1", "part"])
    equal(client.recv(0), ["topic 1", "part"])
    client.option(0, SUBSCRIBE, "other")
    client.option(0, UNSUBSCRIBE, "topic")
    equal((server.recv(0), server.recv(0)), (["\1other"], ["\0topic"]))
    server.send(0, ["topic 2"])
    server.send(0, ["other 2"])
    equal(client.recv(0), ["other 2"])


@case(*BOTH_WAYS)
def heartbeats(bench):
    beats = [[HEARTBEAT_IVL, 50], [HEARTBEAT_TIMEOUT, 250]]
    server, client = bench.pair((PULL, PUSH), beats, beats)
    equal((server.event(0), client.event(0)), ([SUCCEEDED, 0], [SUCCEEDED, 0]))
    # Somebody whose PINGs are not answered would be gone by the end of this.
    equal((server.event(0, 1500), client.event(0, 10)), (None, None))
    client.send(0, ["hello"])
    equal(server.recv(0), ["hello"])


@case(("ours", "theirs"), ("ours", "ours"))
def a_ticket_for_another_service(bench):
    server, client = bench.pair((PULL, PUSH), [], [[SERVICE, "other@localhost"]])
    equal(server.event(0), [PROTOCOL, 0x11000001])
    equal(server.event(0)[0], DISCONNECTED)
    equal(server.recv(0, 100), None)


@case(("theirs", "ours"))
def a_server_that_does_not_take_our_ticket(bench):
    options = [[SERVICE, "other@localhost"]]
    _, client = bench.pair((PULL, PUSH), [[HANDSHAKE_IVL, 300]], options)
    # libzmq says nothing, and closes when its time is over.
    equal(client.event(0)[0], NO_DETAIL)
    equal(client.event(0)[0], DISCONNECTED)


@case(("ours", "ours"), ("theirs", "ours"))
def a_service_that_nobody_knows(bench):
    _, client = bench.pair((PULL, PUSH), [], [[SERVICE, "nobody@localhost"]])
    equal(client.event(0), [NO_DETAIL, EACCES])
    equal(client.event(0)[0], DISCONNECTED)
    equal(client.event(0), [NO_DETAIL, EACCES])


@case(("ours", "ours"), ("theirs", "ours"))
def a_ticket_that_comes_late(bench):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(bench.realm.path("late.tickets"))
    server, client = bench.server(), bench.client("late")
    server.socket(PULL, SERVES)
    client.socket(PUSH, [*ASKS, [RECONNECT_IVL, 50]])
    client.monitor(0)
    client.connect(0, server.bind(0))
    client.start("send", 0, ["hello"])
    client.finish()
    equal(client.event(0), [NO_DETAIL, EACCES])
    bench.realm.ticket("client", "late")
    equal(server.recv(0), ["hello"])


@case(("ours", "ours"), ("ours", "theirs"))
def a_key_that_comes_late(bench):
    keys = bench.realm.path("late.keys")
    server, client = bench.server("late"), bench.client()
    server.socket(PULL, SERVES)
    client.socket(PUSH, [*ASKS, [RECONNECT_IVL, 50]])
    server.monitor(0)
    client.connect(0, server.bind(0))
    client.send(0, ["hello"])
    equal(server.event(0), [NO_DETAIL, EACCES])
    shutil.copy(bench.realm.path("server.keys"), keys + ".new")
    os.rename(keys + ".new", keys)
    equal(server.recv(0), ["hello"])
    os.unlink(keys)


@case(("ours", "theirs"), ("ours", "ours"))
def a_handler_judges(bench):
    server, client = bench.server(), bench.client()
    server.handler()
    server.socket(PULL, [*SERVES, [ZAP_DOMAIN, "domain"], [ROUTING_ID, "id"]])
    client.socket(PUSH, [*ASKS, [RECONNECT_IVL, 50]])
    server.monitor(0)
    server.verdict("400")
    client.connect(0, server.bind(0))
    client.send(0, ["hello"])
    for status in [400, 300, 500]:
        equal(server.event(0), [AUTH, status])
        server.verdict({400: "300", 300: "500", 500: "200"}[status])
        equal(server.event(0)[0], DISCONNECTED)
    equal(server.event(0), [SUCCEEDED, 0])
    equal(server.recv_user(0), [["hello"], "somebody"])
    question = ["1.0", "1", "domain", "127.0.0.1", "id", "GSSAPI", "alice@TEST.INVALID"]
    equal(server.asked(), [question] * 4)


@case(("theirs", "ours"))
def a_handler_of_theirs_judges(bench):
    server, client = bench.server(), bench.client()
    server.handler()
    server.socket(PULL, SERVES)
    client.socket(PUSH, ASKS)
    client.connect(0, server.bind(0))
    client.send(0, ["hello"])
    equal(server.recv_user(0), [["hello"], "somebody"])
    equal(server.asked()[0][5:], ["GSSAPI", "alice@TEST.INVALID"])


@case(*BOTH_WAYS)
def only_one_side_seals(bench):
    for bound, connected in [([], CLEAR), (CLEAR, [])]:
        server, client = bench.pair((PULL, PUSH), bound, connected)
        # The client hears the server's READY first.
        equal(client.event(0), [PROTOCOL, 0x10000001])
        equal(server.event(0)[0], NO_DETAIL)


@case(("ours", "ours"))
def a_dead_kerberos_server_holds_up_nobody_else(bench):
    bench.realm.ticket("client", "slow")  # and none for the service
    server, client = bench.server(), bench.client("slow")
    server.socket(PULL, SERVES)
    client.socket(PUSH, ASKS)
    endpoint = server.bind(0)
    server.socket(PAIR, [])
    client.socket(PAIR, [])
    bench.realm.freeze()
    try:
        client.connect(0, endpoint)
        client.connect(1, server.bind(1))
        for number in range(20):
            client.send(1, [f"{number}"])
            equal(server.recv(1, 2000), [f"{number}"])
            server.send(1, ["back"])
            equal(client.recv(1, 2000), ["back"])
        # A socket that waits for the Kerberos server can be closed.
        client.socket(PUSH, ASKS)
        client.connect(2, endpoint)
        equal(client.close(2), None)
        equal(server.recv(0, 10), None)
    finally:
        bench.realm.thaw()
    client.send(0, ["hello"])
    equal(server.recv(0), ["hello"])


OPTIONS = [(43, 4), (SERVER, 4), (44, 4), (47, 4), (PLAINTEXT, 4), (KIND, 4), (SERVICE_KIND, 4)]
OPTIONS += [(PRINCIPAL, 300), (SERVICE, 300)]
STEPS = [
    [],
    [(SERVER, 1)],
    [(SERVER, 0)],
    [(SERVER, 2)],
    [(SERVER, 1), (SERVER, 0)],
    [(44, 1), (PRINCIPAL, "abc")],
    [(44, 1), (SERVICE, "abc")],
    [(SERVER, 1), (PRINCIPAL, "abc")],
    [(SERVER, 1), (SERVICE, "abc")],
    [(PRINCIPAL, "a" * 255), (PRINCIPAL, "a" * 256), (PRINCIPAL, ""), (PRINCIPAL, None)],
    [(SERVICE, "abc"), (SERVICE, "a" * 256), (SERVICE, ""), (SERVICE, None)],
    [(PRINCIPAL, "abc\0"), (SERVICE, "a\0b")],
    [(PLAINTEXT, 1), (PLAINTEXT, 2)],
    [(KIND, 2), (KIND, 3), (SERVICE_KIND, 1), (SERVICE_KIND, -1)],
    [(SERVER, 1), (45, "name")],
    [(SERVER, 1), (45, None)],
    [(SERVER, 1), (45, None), (PRINCIPAL, "abc")],
    [(SERVER, 1), (44, 0)],
    [(SERVER, 1), (47, 1)],
    [(47, 1), (SERVER, 0)],
]


@case(("ours", "theirs"))
def options_are_alike(bench):
    seen = []
    for process in [bench.server(), bench.client()]:
        equal(process.has("gssapi"), 1)
        seen.append([])
        for steps in STEPS:
            at = process.socket(DEALER, [])
            results = [process.option(at, *step) for step in steps]
            seen[-1].append((steps, results, process.state(at, OPTIONS)))
    for ours, theirs in zip(*seen):
        equal(ours, theirs)


def hostile(name, library):
    """A case of raw.py against a server, which stays as good as before."""
    _, code, _ = RAW[name]

    def play(bench):
        server, client = bench.server(), bench.client()
        server.socket(PULL, SERVES)
        server.monitor(0)
        endpoint = server.bind(0)
        raw = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "raw.py"), endpoint.rpartition(":")[2], name],
            env=bench.realm.environment("client", "client"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            event = server.event(0)
            if code is None:
                equal((event, server.recv(0)), ([SUCCEEDED, 0], ["hello"]))
            else:
                if event == [SUCCEEDED, 0]:
                    event = server.event(0)
                equal(event, [PROTOCOL, code])
                if library == "ours":
                    output, errors = raw.communicate(timeout=LIMIT)
                    assert output.endswith("end\n"), (output, errors)
                if name == "a replay":
                    equal(server.recv(0), ["hello"])
        finally:
            raw.kill()
            raw.communicate()
        equal(server.recv(0, 10), None)
        client.socket(PUSH, ASKS)
        client.connect(0, endpoint)
        client.send(0, ["still there"])
        equal(server.recv(0), ["still there"])

    play.__name__ = f"hostile: {name}"
    CASES.append((play, (library, "ours")))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--theirs", required=True)
    parser.add_argument("--only", help="part of the name of a case")
    arguments = parser.parse_args()
    for name, (_, _, alike) in RAW.items():
        for library in ["ours", "theirs"] if alike else ["ours"]:
            hostile(name, library)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="gssapi-") as folder, contextlib.ExitStack() as outer:
        realm = Realm(folder)
        outer.callback(realm.close)
        for function, (server, client) in CASES:
            name = function.__name__.replace("_", " ")
            if arguments.only and arguments.only not in name:
                continue
            with contextlib.ExitStack() as exits:
                libraries = [getattr(arguments, name) for name in (server, client)]
                try:
                    function(Bench(realm, *libraries, exits))
                    passed += 1
                except Exception:
                    failed += 1
                    print(f"FAILED {name}, server {server}, client {client}")
                    traceback.print_exc(file=sys.stdout)
                sys.stdout.flush()
    print(f"gssapi interop: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
