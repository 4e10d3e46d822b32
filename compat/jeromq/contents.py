"""Messages of all kinds, over every pair of types that both libraries know."""

import security
from scene import HASTE, VERSIONS, Group, attach
from talk import ANY, said

# Types of the library in the prefix, and of JeroMQ.
PAIRS = [("PUSH", "PULL"), ("PULL", "PUSH"), ("PUB", "SUB"), ("SUB", "PUB"), ("PUB", "XSUB"),
         ("XSUB", "PUB"), ("XPUB", "SUB"), ("SUB", "XPUB"), ("XPUB", "XSUB"), ("XSUB", "XPUB"),
         ("REQ", "REP"), ("REP", "REQ"), ("DEALER", "ROUTER"), ("ROUTER", "DEALER"),
         ("DEALER", "REP"), ("REP", "DEALER"), ("REQ", "ROUTER"), ("ROUTER", "REQ"),
         ("DEALER", "DEALER"), ("ROUTER", "ROUTER"), ("PAIR", "PAIR")]
QUICK = (("DEALER", "ROUTER"), ("ROUTER", "DEALER"), ("SUB", "PUB"), ("XPUB", "SUB"), ("REP", "REQ"),
         ("PULL", "PUSH"))

# Sizes where a header or a buffer changes, with and without the 33 bytes that a box adds.
SIZES = (1, 222, 223, 255, 256, 8159, 8192, 65536)
PUBLISHERS, SUBSCRIBERS = ("PUB", "XPUB"), ("SUB", "XSUB")
BURST = 200
MESSAGES = {
    "one part": [[b"hello"]],
    "empty": [[b""]],
    "multipart": [[b"a", b"", b"c"], [b"", b"", b""], [b"x" * 255, b"y" * 256, b"", "*70000,3"]],
    "sizes": [[f"*{size},{size}"] for size in SIZES],
    "1 MiB": [["*1048576,7"], [b"before", "*1048576,9", b"behind"]],
    "burst": [[b"%d" % index * (index % 7)] for index in range(BURST)],
}
HUGE = [["*16777216,5"]]


class Talk:
    """A pair of sockets, and how to get a message through."""

    def __init__(self, native, kind, jero, jero_kind):
        self.ends = {native: kind, jero: jero_kind}
        self.native, self.jero = native, jero

    def other(self, peer):
        return self.jero if peer is self.native else self.native

    def options(self, peer):
        """What a type needs to be talked with."""
        kind, partner = self.ends[peer], self.ends[self.other(peer)]
        wanted = {"SNDTIMEO": 10000, "RCVHWM": 0, "SNDHWM": 0}
        if kind == partner == "ROUTER":
            wanted.update(IDENTITY="native" if peer is self.native else "jero", PROBE=1)
        if kind == "SUB":
            wanted["SUBSCRIBE"] = "topic"
        if peer is self.jero:
            wanted["HANDSHAKE_IVL"] = HASTE
        return wanted

    def meet(self):
        """Makes sure that the two have met, where what is sent is lost otherwise."""
        for peer, kind in self.ends.items():
            partner = self.other(peer)
            if kind == "XSUB":
                peer.send("s", b"\1topic")
            if kind == self.ends[partner] == "ROUTER":
                wanted = [b"jero" if peer is self.native else b"native", b""]
                assert peer.hear("s", partner) == [said(part) for part in wanted]
        for peer, kind in self.ends.items():
            if kind == "XPUB":
                assert peer.hear("s", self.other(peer)) == [said(b"\1topic")]
            if kind == "PUB":
                self.publish(peer)

    def publish(self, peer):
        """Sends until something arrives, and then a last time."""
        partner = self.other(peer)
        while True:
            peer.send("s", b"topic", b"hello")
            if partner.recv("s", 0.02):
                break
        peer.send("s", b"topic", b"begin")
        while partner.recv("s") != ["x" + b"topic".hex(), "x" + b"begin".hex()]:
            pass

    def front(self, peer, address):
        """What stands before a message that this side sends, or receives."""
        kind, partner = self.ends[peer], self.ends[self.other(peer)]
        if kind == partner == "ROUTER":
            return [b"jero" if peer is self.native else b"native"]
        first = [address] if kind == "ROUTER" else []
        return first + ([b""] if partner in ("REQ", "REP") and kind in ("DEALER", "ROUTER") else [])

    def beginners(self):
        """Who may say the first word."""
        return [peer for peer, kind in self.ends.items()
                if kind in ("PUSH", "PUB", "XPUB", "REQ", "PAIR")
                or kind == "DEALER" and self.ends[self.other(peer)] != "REQ"
                or kind == self.ends[self.other(peer)] == "ROUTER"]

    def through(self, peer, messages):
        """Has a side send these messages; the other returns them, where there is a way back."""
        kind, partner = self.ends[peer], self.other(peer)
        if kind in PUBLISHERS:
            for parts in messages:
                peer.send("s", b"tropic", b"nobody wants it")
                peer.send("s", b"topic", *parts)
            for parts in messages:
                partner.expect("s", b"topic", *parts)
            return
        chunk = 1 if kind == "REQ" else len(messages)
        for at in range(0, len(messages), chunk):
            self.bout(peer, messages[at:at + chunk])

    def bout(self, peer, messages):
        """As `through`, where everything is sent before anything is received."""
        partner = self.other(peer)
        for parts in messages:
            peer.send("s", *self.front(peer, None), *parts)
        heard = []
        for parts in messages:
            got = partner.recv("s")
            front = self.front(partner, ANY)
            wanted = [said(part) for part in (*front, *parts)]
            assert got == wanted, f"got {str(got)[:200]}, wanted {str(wanted)[:200]}"
            heard.append(got[0])
            if self.ends[partner] == "REP":
                self.answer(partner, heard[-1], parts)
                peer.expect("s", *self.front(peer, None), *parts)
        if self.ends[partner] in ("PULL", "REP"):
            return
        for address, parts in zip(heard, messages):
            self.answer(partner, address, parts)
        for parts in messages:
            peer.expect("s", *self.front(peer, None), *parts)

    def answer(self, peer, address, parts):
        """Sends a message back to whom it came from."""
        peer.send("s", *self.front(peer, bytes.fromhex(address[1:]) if address[:1] == "x" else b""),
                  *parts)


def talk(scene, kind, jero_kind, binder, mechanism, lines):
    """One connection, and all kinds of messages on it."""
    native, jero = scene.native(), scene.jero()
    pair = Talk(native, kind, jero, jero_kind)
    server, client = (native, jero) if binder == "c" else (jero, native)
    # JeroMQ's REQ takes the user id that its handler has given for a malformed reply.
    judged = server is native or jero_kind != "REQ"
    secure = dict(zip((server, client), security.prepare(server, client, mechanism, judged)))
    for peer, own in pair.ends.items():
        peer.new("s", own, **secure[peer], **pair.options(peer))
    attach(server, "s", client, "s")
    pair.meet()
    for line in lines:
        for peer in pair.beginners():
            pair.through(peer, MESSAGES.get(line, HUGE))
        yield line


def groups():
    """All groups of this file."""
    for version in VERSIONS:
        for kind, jero_kind in PAIRS:
            for binder in "cj":
                for mechanism in ("NULL", "PLAIN", "CURVE"):
                    mark = {("DEALER", "ROUTER"): "w106 ", ("SUB", "PUB"): "w107 "}.get(
                        (kind, jero_kind), "")
                    lines = list(MESSAGES)
                    if (kind, jero_kind, binder) == ("DEALER", "ROUTER", "j"):
                        lines.append("16 MiB")
                    yield Group(
                        f"{version} {mark}{kind}>{jero_kind} tcp {binder}-binds {mechanism}", lines,
                        talk, kind, jero_kind, binder, mechanism, lines,
                        quick=(kind, jero_kind) in QUICK and mechanism != "PLAIN")
