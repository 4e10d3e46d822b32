"""Conversations with PLAIN, CURVE and a handler that has a say, and those that must not begin."""

import itertools

HANDLER = ("domain=shop", "handler")

# Options of the server, and of the client. The server of NULL is who has a handler.
MECHANISMS = {"NULL": (HANDLER, ("null",)),
              "PLAIN": (("plain-server", *HANDLER), ("plain-client",)),
              "CURVE": (("curve-server", *HANDLER), ("curve-client",))}
# Without a handler these are let in as well.
ALONE = {"NULL": (("domain=shop",), ()), "CURVE": (("curve-server",), ("curve-client",))}

# Pairs of types, transport, options of both sides.
TALKS = [(("PUSH", "PULL"), "tcp", ()),
         (("PUSH", "PULL"), "ipc", ("nameless",)),
         (("DEALER", "ROUTER"), "tcp", ()),
         (("DEALER", "ROUTER"), "tcp", ("identity", "heartbeat")),
         (("PUB", "SUB"), "tcp", ()),
         (("REQ", "REP"), "tcp", ())]


def talks():
    """What is said under a mechanism: its name, the types, transport, who binds, who is the server,
    options of the sides."""
    for (types, transport, options), server, binder in itertools.product(TALKS, "ab", "ab"):
        for name, of_roles in [*MECHANISMS.items(), *ALONE.items()]:
            if of_roles in ALONE.values() and (types, transport) != (("PUSH", "PULL"), "tcp"):
                continue
            of_sides = dict(zip("ab", of_roles if server == "a" else reversed(of_roles)))
            # A reference whose REQ has given its peer a user id hangs up at the first reply.
            anonymous = ("anonymous",) if types[0] == "REQ" and server == "a" else ()
            sides = {side: (*of_sides[side], *options, *anonymous, "brief") for side in "ab"}
            yield name, types, transport, binder, server, sides


# ---- refusals ----------------------------------------------------------------------------------

# What a monitor says from the handshake on, and what the side does next if it was who connected:
# whether it tries again depends on who had hung up, and why.
RETRIES, AWAY, EITHER = "retries", "stays away", "retries|stays away"
GONE = (r"NO_DETAIL:GONE DISCONNECTED", RETRIES)
LATE = (r"NO_DETAIL:LATE DISCONNECTED", RETRIES)
MISMATCH = (r"PROTOCOL:MECHANISM DISCONNECTED", AWAY)
UNEXPECTED = (r"PROTOCOL:UNEXPECTED_COMMAND DISCONNECTED", AWAY)
FORGED = (r"PROTOCOL:CRYPTOGRAPHIC DISCONNECTED", AWAY)
# Not every library says why it does not like the type of the other.
TYPE = (r"(PROTOCOL:METADATA )?DISCONNECTED", AWAY)

# A server that has refused waits for the client to go. Does it look before the client has gone, it
# stays away, so both are right. One that misses a handler may hang up at once, when the client has
# gone, or when its patience ends.
NO_HANDLER = (r"NO_DETAIL:NO_HANDLER( NO_DETAIL:NO_HANDLER)*( NO_DETAIL:(GONE|LATE))? DISCONNECTED",
              EITHER)
BAD_REPLY = (r"PROTOCOL:ZAP_STATUS DISCONNECTED", EITHER)


def denied(code, after=AWAY):
    """Both hear of 400 and 500; the client, who knows that it is not wanted, stays away."""
    event = rf"AUTH:{code} DISCONNECTED"
    return [((event, EITHER), (event, after))]


# What server and client may say, together.
SILENCE = [((r"AUTH:300 DISCONNECTED", EITHER), client) for client in (GONE, LATE)]
UNHEARD = [(NO_HANDLER, client) for client in (GONE, LATE)]
UNREADABLE = [(BAD_REPLY, client) for client in (GONE, LATE)]
DIFFERENT = [(MISMATCH, MISMATCH), (MISMATCH, GONE), (GONE, MISMATCH)]
TWO_CLIENTS = [(UNEXPECTED, UNEXPECTED), (UNEXPECTED, GONE), (GONE, UNEXPECTED)]
TWO_SERVERS = [(GONE, LATE)]  # as the second has less patience
WRONG_TYPES = [(TYPE, GONE)]
# With NULL both look at the type.
WRONG_TYPES_NULL = [(TYPE, TYPE), (TYPE, GONE), (GONE, TYPE)]

DEALERS = ("DEALER", "DEALER")


def refusals():
    """Conversations that must not begin: a mechanism, what is wrong, the types, the options of the
    server, those of the client, what they may say."""
    yield "CURVE", "wrong server key", DEALERS, MECHANISMS["CURVE"][0], ("curve-misled",), [
        (FORGED, GONE)]
    yield "CURVE", "unknown client key", DEALERS, MECHANISMS["CURVE"][0], ("curve-stranger",), (
        denied(400))
    yield "PLAIN", "wrong password", DEALERS, MECHANISMS["PLAIN"][0], ("plain-forger",), denied(400)
    for name, (server, client) in MECHANISMS.items():
        # A client of NULL sometimes sees that the server hangs up before it has read why.
        after = EITHER if name == "NULL" else AWAY
        plain = tuple(option for option in server if option not in HANDLER)
        yield name, "another domain", DEALERS, (*plain, "domain=bank", "handler"), client, (
            denied(400, after))
        for code in (400, 500):
            yield name, f"status {code}", DEALERS, (*server, f"status={code}"), client, (
                denied(code, after))
        yield name, "status 300", DEALERS, (*server, "status=300"), client, SILENCE
        if name != "NULL":
            yield name, "no domain", DEALERS, (*plain, "handler"), client, denied(400)
            yield name, "status 204", DEALERS, (*server, "status=204"), client, UNREADABLE
            yield name, "two servers", DEALERS, plain, plain, TWO_SERVERS
            yield name, "two clients", DEALERS, client, client, TWO_CLIENTS
        enforce = ("domain=shop",) if name == "PLAIN" else ("domain=shop", "enforce")
        yield name, "no handler", DEALERS, (*plain, *enforce), client, UNHEARD
        for other, (_, client) in MECHANISMS.items():
            if other != name:
                yield name, f"client of {other}", DEALERS, server, client, DIFFERENT
        client = MECHANISMS[name][1]
        for types in (("PULL", "PUB"), ("PUB", "PULL")):
            yield name, "wrong types", types, server, client, (
                WRONG_TYPES_NULL if name == "NULL" else WRONG_TYPES)
    yield "PLAIN", "server of CURVE", DEALERS, ("plain-server",), ("curve-server",), DIFFERENT


def outcome(side, connects):
    """A side of an outcome, as its process may print it."""
    events, after = side
    return f"{events} ({after})" if connects else events
