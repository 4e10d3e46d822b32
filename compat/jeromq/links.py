"""What becomes of a connection: heartbeats, first and last messages, limits, and coming back."""

import time

import security
from relay import Relay
from scene import HASTE, VERSIONS, Group, attach, draft
from talk import (ANY, DISCONNECTED, PATIENCE, RETRIED, SUCCEEDED,
                  said, until)

GONE = b"it is gone"


def greet(client, server):
    """A message from a DEALER to a ROUTER and back; answers the DEALER's id."""
    client.send("s", b"hello")
    who, text = server.recv("s")
    assert text == said(b"hello"), text
    server.send("s", bytes.fromhex(who[1:]), b"welcome")
    client.expect("s", b"welcome")
    return bytes.fromhex(who[1:])


def stays(native, client, server, seconds):
    """Looks whether a connection outlives some time of silence."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        event = native.event("s", max(0, end - time.monotonic()))
        assert event is None or event[0] != DISCONNECTED, "the connection was lost"
    greet(client, server)


# ---- heartbeats ------------------------------------------------------------------------------


def heartbeats(scene, who, mechanism):
    """Heartbeats of one side or of both keep a connection, whoever has bound."""
    beats = {"HEARTBEAT_IVL": 50, "HEARTBEAT_TTL": 2000, "HEARTBEAT_TIMEOUT": 2000}
    for binder in "cj":
        native, jero, server, client, ours, theirs = security.pair(scene, binder, mechanism)
        for peer, kind, secure in ((server, "ROUTER", ours), (client, "DEALER", theirs)):
            side = "c" if peer is native else "j"
            own = dict(beats) if who in (side, "both") else {}
            if peer is jero:
                own["HANDSHAKE_IVL"] = HASTE
            peer.new("s", kind, **secure, **own)
        native.ask("monitor", "s")
        attach(server, "s", client, "s")
        greet(client, server)
        native.events("s")
        stays(native, client, server, 0.5)
        yield f"keep the connection {binder}-binds"
        jero.ask("reset")
        native.ask("quit")


def frozen(scene, who, how):
    """A peer that is stopped is noticed: by its silence, or by the TTL that it has announced."""
    native, jero = scene.native(), scene.machine()
    # JeroMQ forgets a timer that is set again before it would have expired (docs/jeromq.md): its
    # timeout has to be shorter than its interval, and only the first TTL counts.
    own = {"HEARTBEAT_IVL": 300, "HEARTBEAT_TIMEOUT": 150}
    announced = {"HEARTBEAT_IVL": 700, "HEARTBEAT_TTL": 1000, "HEARTBEAT_TIMEOUT": 0}
    stopped, watcher = (jero, native) if who == "j" else (native, jero)
    options = {stopped: announced if how == "TTL" else {}, watcher: own if how == "timeout" else {}}
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, **options[jero])
    native.new("s", "DEALER", **options[native])
    watcher.ask("monitor", "s")
    relay = Relay(jero.ask("bind", "s", "tcp://127.0.0.1:*"))
    native.ask("connect", "s", relay.endpoint)
    try:
        greet(native, jero)
        pings = "client" if (who == "c") == (how == "TTL") else "server"
        until(lambda: b"\x04PING" in relay.said(0, pings), "no PING")
        stopped.freeze()
        watcher.await_event("s", DISCONNECTED)
        yield "is noticed"
        if watcher is jero:
            jero.expect("s", ANY, GONE)
            yield "and its disconnect message comes"
    finally:
        relay.close()


def long_ttl(scene, who, ttl):
    """A TTL whose milliseconds need more than 16 bits."""
    native, jero = scene.native(), scene.jero()
    beats = {"HEARTBEAT_IVL": 200, "HEARTBEAT_TTL": ttl, "HEARTBEAT_TIMEOUT": 30000}
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, **(beats if who == "j" else {}))
    native.new("s", "DEALER", **(beats if who == "c" else {}))
    native.ask("monitor", "s")
    attach(jero, "s", native, "s")
    native.await_event("s", SUCCEEDED)
    stays(native, native, jero, 1)
    yield "stays"


def context(scene, size):
    """JeroMQ's PING has a context, which our PONG returns, up to 16 bytes of it."""
    native, jero = scene.native(), scene.jero()
    jero.new("s", "ROUTER", HEARTBEAT_IVL=50, HEARTBEAT_CONTEXT=b"c" * size)
    native.new("s", "DEALER")
    relay = Relay(jero.ask("bind", "s", "tcp://127.0.0.1:*"))
    native.ask("connect", "s", relay.endpoint)
    try:
        until(lambda: relay.links and b"\x04PONG" + b"c" * min(size, 16) in relay.said(0, "client"),
              "no PONG with the context")
        greet(native, jero)
    finally:
        relay.close()
    yield "comes back"


# ---- hello and disconnect messages -------------------------------------------------------------


def hello(scene, who, kind, mechanism):
    """A hello message is the first on each new connection."""
    native, jero, server, client, ours, theirs = security.pair(scene, "j", mechanism)
    jero.new("s", kind, **(ours if server is jero else theirs))
    partner = "DEALER" if kind == "ROUTER" else "ROUTER"
    native.new("s", partner, RECONNECT_IVL=10, **(ours if server is native else theirs))
    draft(jero if who == "j" else native, "s", HELLO_MSG=b"hello, you")
    relay = Relay(jero.ask("bind", "s", "tcp://127.0.0.1:*"))
    native.ask("connect", "s", relay.endpoint)
    try:
        for line in ("comes first", "comes again after a reconnection"):
            hearer, other = (native, jero) if who == "j" else (jero, native)
            got = hearer.hear("s", other)
            router = (partner if hearer is native else kind) == "ROUTER"
            assert got == ([ANY] if router else []) + [said(b"hello, you")], got
            yield line
            relay.cut()
    finally:
        relay.close()


def disconnect(scene, who, mechanism):
    """A disconnect message says that a client has gone, after all that it has sent."""
    native, jero, server, client, ours, theirs = security.pair(scene, who, mechanism)
    server.new("s", "ROUTER", **ours)
    draft(server, "s", DISCONNECT_MSG=GONE)
    endpoint = server.ask("bind", "s", "tcp://127.0.0.1:*")
    for number in range(3):
        client.new("s", "DEALER", HANDSHAKE_IVL=HASTE if client is jero else 30000, **theirs)
        client.ask("connect", "s", endpoint)
        name = greet(client, server)
        client.send("s", b"the last")
        server.expect("s", name, b"the last")
        client.ask("close", "s")
        server.expect("s", name, GONE)
    yield "comes, and is the last"


def many(scene, mechanism):
    """Client after client of a server with all that may be set: none is dropped."""
    native, jero, server, client, ours, theirs = security.pair(scene, "j", mechanism)
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, HELLO_MSG=b"hello, you", HEARTBEAT_IVL=100,
             HEARTBEAT_TTL=120000, HEARTBEAT_TIMEOUT=30000, **ours)
    endpoint = jero.ask("bind", "s", "tcp://127.0.0.1:*")
    for number in range(40):
        native.new("s", "DEALER", HEARTBEAT_IVL=100, HEARTBEAT_TTL=30000, **theirs)
        native.ask("monitor", "s")
        native.ask("connect", "s", endpoint)
        jero.ask("touch", "s")
        native.expect("s", b"hello, you")
        name = greet(native, jero)
        assert DISCONNECTED not in [event for event, _ in native.await_event("s", SUCCEEDED)]
        native.ask("close", "s")
        jero.expect("s", name, GONE)
    yield "40 clients, one after the other"


# ---- the reported failure, cause by cause: see docs/jeromq.md -------------------------------------


def limit_of_the_server(scene, mechanism):
    """JeroMQ closes without a word when a frame is longer than its limit."""
    native, jero, server, client, ours, theirs = security.pair(scene, "j", mechanism)
    extra = 33 if mechanism == "CURVE" else 0
    limit = 400
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, MAXMSGSIZE=limit, **ours)
    native.new("s", "DEALER", RECONNECT_IVL=1000, **theirs)
    native.ask("monitor", "s")
    relay = Relay(jero.ask("bind", "s", "tcp://127.0.0.1:*"))
    native.ask("connect", "s", relay.endpoint)
    try:
        native.await_event("s", SUCCEEDED)
        assert native.events("s") == [], "an idle client is dropped"
        yield "an idle client stays"
        native.send("s", b"m" * (limit + 1 - extra))
        seen = native.await_event("s", RETRIED)
        assert [event for event, _ in seen] == [DISCONNECTED, RETRIED], seen
        assert relay.ended(0) == "server", relay.ended(0)
        jero.expect("s", ANY, GONE)
        yield "one byte too many: JeroMQ hangs up, and sees its disconnect message only"
        native.await_event("s", SUCCEEDED)
        native.send("s", b"m" * (limit - extra))
        jero.expect("s", ANY, b"m" * (limit - extra))
        yield "the limit itself passes, on the next connection"
        log = native.said()
        assert "size of messages" in log and f"had {limit + 1} bytes" in log, log
        yield "w109 the log names the probable reason"
    finally:
        relay.close()


def limit_of_the_client(scene, limit, hello_size):
    """A limit of ours that JeroMQ's hello message exceeds, or its READY."""
    native, jero = scene.native(), scene.jero()
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, **({"HELLO_MSG": b"h" * hello_size} if hello_size else {}))
    native.new("s", "DEALER", MAXMSGSIZE=limit)
    native.ask("monitor", "s")
    attach(jero, "s", native, "s")
    if hello_size <= limit:
        native.await_event("s", SUCCEEDED)
        native.send("s", b"hello")
        got = jero.recv("s")
        assert got[1] == said(b"hello"), got
        yield "does not concern the handshake"
        return
    native.await_event("s", DISCONNECTED)
    assert RETRIED not in [event for event, _ in native.events("s")], "it comes back"
    yield "ends the connection, for good"
    log = native.said()
    assert f"frame of {hello_size} bytes" in log and f"ZMQ_MAXMSGSIZE is {limit}" in log, log
    assert "whose reason may be" not in log, "the reason is known, and the log guesses: " + log
    yield "and the log names the reason"


def short_ttl(scene, who):
    """Whoever announces a shorter TTL than the interval of its heartbeats is dropped after each."""
    native, jero = scene.native(), scene.jero()
    beats = {"HEARTBEAT_IVL": 400, "HEARTBEAT_TTL": 100, "HEARTBEAT_TIMEOUT": 30000}
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, **(beats if who == "j" else {}))
    native.new("s", "DEALER", **(beats if who == "c" else {}))
    native.ask("monitor", "s")
    relay = Relay(jero.ask("bind", "s", "tcp://127.0.0.1:*"))
    native.ask("connect", "s", relay.endpoint)
    try:
        native.await_event("s", DISCONNECTED)
        ended = until(lambda: relay.ended(0), "nobody hung up")
        assert ended == ("server" if who == "c" else "client"), ended
        jero.expect("s", ANY, GONE)
        native.await_event("s", SUCCEEDED)
        yield "drops the connection, which comes back"
        log = native.said()
        wanted = "100 ms that its own PING had announced" if who == "j" else "heartbeats"
        assert wanted in log, log
        yield "and the log names it"
    finally:
        relay.close()


def same_name(scene, handover):
    """Two clients with the same routing id: a server serves one of them, and drops neither."""
    first, jero, second = scene.native(), scene.jero(), scene.native()
    jero.new("s", "ROUTER", DISCONNECT_MSG=GONE, HANDOVER=int(handover))
    endpoint = jero.ask("bind", "s", "tcp://127.0.0.1:*")
    for client in (first, second):
        client.new("s", "DEALER", IDENTITY="same")
        client.ask("monitor", "s")
        client.ask("connect", "s", endpoint)
        client.await_event("s", SUCCEEDED)
        if client is first:
            greet(client, jero)
        jero.ask("touch", "s")
    greet(second if handover else first, jero)
    for client in (first, second):
        assert DISCONNECTED not in [event for event, _ in client.events("s")], "dropped"
    yield "is served, and none is dropped"


# ---- coming back ---------------------------------------------------------------------------------


def comes_back(scene, who, kind, jero_kind):
    """One side is killed and started again at the same place; what the other has asked for holds."""
    if who == "j":
        survivor, victim, sub = scene.native(), scene.machine(), kind
        restart, pub = scene.machine, jero_kind
    else:
        survivor, victim, sub = scene.machine(), scene.native(), jero_kind
        restart, pub = scene.native, kind
    survivor.new("s", sub, RECONNECT_IVL=20,
                 **({"HANDSHAKE_IVL": HASTE} if who == "c" else {}),
                 **({"SUBSCRIBE": "topic"} if sub == "SUB" else {}))
    victim.new("s", pub)
    endpoint = attach(victim, "s", survivor, "s")
    if sub == "XSUB":
        survivor.send("s", b"\1topic")
    for line in ("begins", "and comes back"):
        end = time.monotonic() + PATIENCE
        while True:
            if sub in ("SUB", "XSUB"):
                victim.send("s", b"tropic", b"nobody wants it")
                victim.send("s", b"topic", line.encode())
                if got := survivor.recv("s", 0.05):
                    assert got == [said(b"topic"), said(line.encode())], got
                    break
            else:
                survivor.send("s", line.encode())
                if got := victim.recv("s", 0.05):
                    break
            assert time.monotonic() < end, "nothing arrives"
        yield line
        if line == "begins":
            victim.kill()
            victim = restart()
            victim.new("s", pub)
            victim.ask("bind", "s", endpoint)


def groups():
    """All groups of this file."""
    for version in VERSIONS:
        def group(title, lines, talk, *args, quick=False, version=version):
            return Group(f"{version} {title}", lines, talk, *args, quick=quick)
        for mechanism in ("NULL", "PLAIN", "CURVE"):
            for who in ("c", "j", "both"):
                yield group(f"{mechanism} heartbeats of {who}",
                            ["keep the connection c-binds", "keep the connection j-binds"],
                            heartbeats, who, mechanism, quick=mechanism == "CURVE")
            for who, kind in (("j", "ROUTER"), ("j", "DEALER"), ("c", "ROUTER"), ("c", "DEALER")):
                yield group(f"{mechanism} {who}'s hello message, {kind} of JeroMQ",
                            ["comes first", "comes again after a reconnection"],
                            hello, who, kind, mechanism)
            for who in "cj":
                yield group(f"{mechanism} {who}'s disconnect message", ["comes, and is the last"],
                            disconnect, who, mechanism, quick=mechanism != "PLAIN")
            yield group(f"{mechanism} a ROUTER of JeroMQ with everything set",
                        ["40 clients, one after the other"], many, mechanism, quick=mechanism == "CURVE")
            yield group(f"{mechanism} MAXMSGSIZE of JeroMQ",
                        ["an idle client stays",
                         "one byte too many: JeroMQ hangs up, and sees its disconnect message only",
                         "the limit itself passes, on the next connection",
                         "w109 the log names the probable reason"],
                        limit_of_the_server, mechanism, quick=mechanism != "PLAIN")
        for how in ("timeout", "TTL"):
            yield group(f"{how}: a frozen JeroMQ", ["is noticed"], frozen, "j", how)
            yield group(f"{how}: a frozen c", ["is noticed", "and its disconnect message comes"],
                        frozen, "c", how)
        for ttl in (65600, 120000):
            yield group(f"w108 TTL of {ttl} ms from JeroMQ", ["stays"], long_ttl, "j", ttl, quick=True)
            yield group(f"TTL of {ttl} ms from c", ["stays"], long_ttl, "c", ttl)
        for size in (5, 16, 40):
            yield group(f"PING with a context of {size} bytes", ["comes back"], context, size)
        yield group("MAXMSGSIZE of 20 here", ["does not concern the handshake"],
                    limit_of_the_client, 20, 0)
        yield group("MAXMSGSIZE of 50 here and a longer hello message",
                    ["ends the connection, for good", "and the log names the reason"],
                    limit_of_the_client, 50, 60, quick=True)
        for who in "cj":
            yield group(f"{who} announces a TTL shorter than its interval",
                        ["drops the connection, which comes back", "and the log names it"],
                        short_ttl, who)
        for handover in (False, True):
            yield group(f"two clients of one name, {'with' if handover else 'without'} handover",
                        ["is served, and none is dropped"], same_name, handover)
        for kind, jero_kind in (("SUB", "PUB"), ("XSUB", "PUB"), ("SUB", "XPUB"), ("DEALER", "ROUTER"),
                                ("PUSH", "PULL")):
            yield group(f"{kind}>{jero_kind} JeroMQ is killed", ["begins", "and comes back"],
                        comes_back, "j", kind, jero_kind)
            yield group(f"{jero_kind}>{kind} c is killed", ["begins", "and comes back"],
                        comes_back, "c", jero_kind, kind)
