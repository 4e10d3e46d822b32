"""Mechanisms: who is let in, and what those hear who are not."""

import contextlib

from scene import HASTE, VERSIONS, Group, attach
from talk import (ANY, AUTH, DISCONNECTED, NO_DETAIL, PROTOCOL, SILENCE, SUCCEEDED,
                  Refused)

USER, PASSWORD = "admin", "secret"


class Keys:
    """The keys of one conversation."""

    def __init__(self, peer):
        self.server, self.server_secret = peer.ask("keys").split(" ")
        self.client, self.client_secret = peer.ask("keys").split(" ")
        self.other, self.other_secret = peer.ask("keys").split(" ")


def prepare(server, client, mechanism, judged=True):
    """Starts what judges at the server; answers the options of the server and of the client."""
    if mechanism == "NULL":
        return {}, {}
    if judged:
        server.ask("zap")
    if mechanism == "PLAIN":
        if judged:
            server.ask("allow", f"PLAIN:{USER}:{PASSWORD}")
        return ({"PLAIN_SERVER": 1, "ZAP_DOMAIN": "test"},
                {"PLAIN_USERNAME": USER, "PLAIN_PASSWORD": PASSWORD})
    keys = Keys(client)
    if judged:
        server.ask("allow", f"CURVE:{keys.client}")
    return ({"CURVE_SERVER": 1, "CURVE_SECRETKEY": keys.server_secret, "ZAP_DOMAIN": "test",
             "CURVE_PUBLICKEY": keys.server},
            {"CURVE_SERVERKEY": keys.server, "CURVE_PUBLICKEY": keys.client,
             "CURVE_SECRETKEY": keys.client_secret})


def pair(scene, server_side, mechanism):
    """The two peers as (server, client), a DEALER that connects to a ROUTER, their options ready."""
    native, jero = scene.native(), scene.jero()
    server, client = (native, jero) if server_side == "c" else (jero, native)
    ours, theirs = prepare(server, client, mechanism)
    return native, jero, server, client, ours, theirs


def refused(scene, native, server, client, ours, theirs):
    """Tries a connection that must come to nothing; answers the events of the library's side."""
    server.new("s", "ROUTER", **ours)
    client.new("s", "DEALER", RECONNECT_IVL=100, SNDTIMEO=0,
               HANDSHAKE_IVL=30000 if client is native else HASTE, **theirs)
    native.ask("monitor", "s")
    attach(server, "s", client, "s")
    with contextlib.suppress(Refused):
        # It may have been refused by now, and then there is nobody to send to.
        client.send("s", b"let me in")
    seen = native.await_event("s", AUTH, PROTOCOL, NO_DETAIL, DISCONNECTED)
    assert server.recv("s", SILENCE) is None, "a message came through"
    seen += native.events("s")
    assert SUCCEEDED not in [number for number, _ in seen], "the handshake succeeded"
    return seen


def has(native, seen, event, *values):
    """The events contain this one, now or after further attempts: JeroMQ has some that say nothing."""
    while not any(number == event and (not values or value in values) for number, value in seen):
        seen = native.await_event("s", event)


def wrong_password(scene, server_side):
    """A server says no to a password; and the client's monitor says why."""
    native, _, server, client, ours, theirs = pair(scene, server_side, "PLAIN")
    theirs["PLAIN_PASSWORD"] = "wrong"
    seen = refused(scene, native, server, client, ours, theirs)
    yield "refused"
    has(native, seen, AUTH, 400)
    yield "reported as 400"


def no_such_user(scene, server_side):
    """A server says no to a name."""
    native, _, server, client, ours, theirs = pair(scene, server_side, "PLAIN")
    theirs["PLAIN_USERNAME"] = "nobody"
    refused(scene, native, server, client, ours, theirs)
    yield "refused"


def status(scene, number):
    """JeroMQ as client hears another status than 400 of our handler."""
    native, _, server, client, ours, theirs = pair(scene, "c", "PLAIN")
    native.ask("refusal", number)
    theirs["PLAIN_PASSWORD"] = "wrong"
    has(native, refused(scene, native, server, client, ours, theirs), AUTH, number)
    yield "refused"


def unknown_key(scene, server_side):
    """A server's handler does not know the client's key."""
    native, _, server, client, ours, theirs = pair(scene, server_side, "CURVE")
    public, secret = native.ask("keys").split(" ")
    theirs.update(CURVE_PUBLICKEY=public, CURVE_SECRETKEY=secret)
    seen = refused(scene, native, server, client, ours, theirs)
    yield "refused"
    has(native, seen, AUTH, 400)
    yield "reported as 400"


def wrong_server_key(scene, server_side):
    """The client has taken another for the server."""
    native, _, server, client, ours, theirs = pair(scene, server_side, "CURVE")
    theirs["CURVE_SERVERKEY"] = native.ask("keys").split(" ")[0]
    seen = refused(scene, native, server, client, ours, theirs)
    yield "refused"
    if server_side == "c":
        has(native, seen, PROTOCOL, 0x11000001)
    else:
        has(native, seen, DISCONNECTED)
    yield "reported"


def mismatch(scene, server_side, server_mechanism, client_mechanism):
    """Two sides with different mechanisms."""
    native, _, server, client, ours, _ = pair(scene, server_side, server_mechanism)
    theirs = {"PLAIN": {"PLAIN_USERNAME": USER, "PLAIN_PASSWORD": PASSWORD}, "NULL": {},
              "CURVE": None}[client_mechanism]
    if theirs is None:
        keys = Keys(native)
        theirs = {"CURVE_SERVERKEY": keys.server, "CURVE_PUBLICKEY": keys.client,
                  "CURVE_SECRETKEY": keys.client_secret}
    seen = refused(scene, native, server, client, ours, theirs)
    assert any(event == PROTOCOL and value == 0x11000002 or event == NO_DETAIL
               for event, value in seen), seen
    yield "refused"


def user_id(scene, server_side, mechanism):
    """The name that the handler gives is on the messages of the server."""
    native, jero, server, client, ours, theirs = pair(scene, server_side, mechanism)
    server.new("s", "ROUTER", **ours)
    client.new("s", "DEALER", HANDSHAKE_IVL=HASTE if client is jero else 30000, **theirs)
    attach(server, "s", client, "s")
    for _ in range(2):
        client.send("s", b"who am I?")
        assert server.recv("s"), "no message"
        name = USER if mechanism == "PLAIN" else \
            "somebody" if server is native else theirs["CURVE_PUBLICKEY"]
        got = server.ask("user", "s")
        assert got == name, f"the user is {got}"
    yield "user id"


def connecting_server(scene, server_side, mechanism):
    """The side that connects is the server of the mechanism."""
    native, jero, server, client, ours, theirs = pair(scene, server_side, mechanism)
    client.new("s", "ROUTER", **theirs)
    server.new("s", "DEALER", HANDSHAKE_IVL=HASTE if server is jero else 30000, **ours)
    attach(client, "s", server, "s")
    server.send("s", b"question")
    who, text = client.recv("s")
    assert text == "x" + b"question".hex()
    client.send("s", bytes.fromhex(who[1:]), b"answer", b"")
    server.expect("s", b"answer", b"")
    yield "the server connects"


def without_handler(scene, server_side):
    """PLAIN without a handler: JeroMQ lets everybody in, and this library nobody."""
    native, jero = scene.native(), scene.jero()
    server, client = (native, jero) if server_side == "c" else (jero, native)
    theirs = {"PLAIN_USERNAME": USER, "PLAIN_PASSWORD": PASSWORD}
    if server is native:
        seen = refused(scene, native, server, client, {"PLAIN_SERVER": 1}, theirs)
        has(native, seen, NO_DETAIL)
        yield "refuses everybody"
        return
    server.new("s", "ROUTER", PLAIN_SERVER=1)
    client.new("s", "DEALER", **theirs)
    attach(server, "s", client, "s")
    client.send("s", b"anybody")
    server.expect("s", ANY, b"anybody")
    yield "lets everybody in"


def long_identity(scene, length):
    """JeroMQ takes no more than 256 bytes of metadata in the handshake of CURVE."""
    native, jero, server, client, ours, theirs = pair(scene, "j", "CURVE")
    server.new("s", "ROUTER", **ours)
    client.new("s", "DEALER", IDENTITY=b"i" * length, **theirs)
    attach(server, "s", client, "s")
    client.send("s", b"a name")
    server.expect("s", b"i" * length, b"a name")
    yield "arrives"


def groups():
    """All groups of this file."""
    for version in VERSIONS:
        for side in "cj":
            def group(title, lines, talk, *args, quick=False, front=f"{version} ", side=side):
                return Group(f"{front}{title}", lines, talk, side, *args, quick=quick)
            mark = "w110 " if side == "j" else ""
            yield group(f"{mark}{side}-server PLAIN wrong password", ["refused", "reported as 400"],
                        wrong_password, quick=True)
            yield group(f"{side}-server PLAIN no such user", ["refused"], no_such_user)
            yield group(f"{side}-server CURVE unknown client key", ["refused", "reported as 400"],
                        unknown_key, quick=True)
            yield group(f"{side}-server CURVE wrong server key", ["refused", "reported"],
                        wrong_server_key, quick=True)
            for mechanism in ("PLAIN", "CURVE"):
                yield group(f"{side}-server {mechanism}", ["user id"], user_id, mechanism)
                yield group(f"{side}-server {mechanism}", ["the server connects"], connecting_server,
                            mechanism)
                yield group(f"{side}-server {mechanism} and a NULL client", ["refused"], mismatch,
                            mechanism, "NULL")
                yield group(f"{side}-server NULL and a {mechanism} client", ["refused"], mismatch,
                            "NULL", mechanism)
            yield group(f"{side}-server PLAIN without a handler",
                        ["refuses everybody" if side == "c" else "lets everybody in"],
                        without_handler)
        yield Group(f"{version} c-server PLAIN status 500", ["refused"], status, 500)
        yield Group(f"{version} j-server CURVE identity of 200 bytes", ["arrives"], long_identity, 200)
