"""pyzmq's authenticators at work, a line for each case: what a server and its clients have seen.

    cases.py [--client INTERPRETER] [--only TEXT]

The output is the same whatever libzmq is behind pyzmq: `compat/auth/check` compares. The clients are
in a thread of the same process, or in a process that another interpreter runs.
"""

import argparse
import asyncio
import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile
import traceback

import client
import zmq.auth
from scene import KINDS, Scene

CASES = {}
# Options of clients of NULL, and of PLAIN.
ANYBODY = {}
ADMIN = {"plain_username": "admin", "plain_password": "secret"}
FORGER = {"plain_username": "admin", "plain_password": "Secret"}
NOBODY = {"plain_username": "nobody", "plain_password": "secret"}
# Servers of NULL that ask, of those that do not, and of PLAIN.
ASKS = {"zap_domain": "shop"}
CARELESS = {}
PLAIN = {"plain_server": 1, "zap_domain": "shop"}


def case(function):
    CASES[function.__name__.replace("_", " ")] = function
    return function


def curve_server(scene, domain="shop"):
    """Options of a server of CURVE, and what its clients have to know."""
    public, secret = scene.certificate("server")
    return {"curve_server": 1, "curve_secretkey": secret, "zap_domain": domain}, public


def curve_client(server_public, pair):
    return {
        "curve_serverkey": server_public,
        "curve_publickey": pair[0],
        "curve_secretkey": pair[1],
    }


# ---- NULL --------------------------------------------------------------------------------------


@case
async def null_without_a_policy(scene):
    scene.start()
    yield await scene.visit(ASKS, ANYBODY)


@case
async def null_without_a_domain_is_not_asked(scene):
    scene.start().deny("127.0.0.1")
    yield await scene.visit(CARELESS, ANYBODY)


@case
async def null_of_allowed_addresses(scene):
    scene.start().allow("10.1.2.3")
    yield await scene.visit(ASKS, ANYBODY)
    scene.auth.allow("127.0.0.1", "127.0.0.2")
    yield await scene.visit(ASKS, ANYBODY)


@case
async def null_of_denied_addresses(scene):
    scene.start().deny("10.1.2.3")
    yield await scene.visit(ASKS, ANYBODY)
    scene.auth.deny("127.0.0.1")
    yield await scene.visit(ASKS, ANYBODY)


@case
async def null_over_ipc(scene):
    scene.start()
    yield await scene.visit(ASKS, ANYBODY, ipc=True)
    scene.auth.allow("127.0.0.1")
    yield await scene.visit(ASKS, ANYBODY, ipc=True)


@case
async def null_where_the_server_connects(scene):
    scene.start()
    yield await scene.visit(ASKS, ANYBODY, binds=False)
    scene.auth.deny("127.0.0.1")
    yield await scene.visit(ASKS, ANYBODY, binds=False)


# ---- PLAIN -------------------------------------------------------------------------------------


@case
async def plain_without_passwords(scene):
    scene.start()
    yield await scene.visit(PLAIN, ADMIN)


@case
async def plain_with_passwords(scene):
    scene.start().configure_plain(domain="shop", passwords={"admin": "secret", "guest": ""})
    yield await scene.visit(PLAIN, ADMIN)
    yield await scene.visit(PLAIN, FORGER)
    yield await scene.visit(PLAIN, NOBODY)
    yield await scene.visit(PLAIN, {"plain_username": "guest"})


@case
async def plain_with_a_new_password(scene):
    scene.start().configure_plain(domain="shop", passwords={"admin": "before"})
    yield await scene.visit(PLAIN, ADMIN)
    scene.auth.configure_plain(domain="shop", passwords={"admin": "secret"})
    yield await scene.visit(PLAIN, ADMIN)


@case
async def plain_in_other_domains(scene):
    scene.start().configure_plain(domain="*", passwords={"admin": "secret"})
    yield await scene.visit(PLAIN, ADMIN)
    yield await scene.visit({"plain_server": 1}, ADMIN)


@case
async def plain_with_long_and_foreign_names(scene):
    names = {"x" * 255: "y" * 255, "Zoë": "пароль"}
    scene.start().configure_plain(domain="shop", passwords=names)
    for name, password in names.items():
        yield await scene.visit(PLAIN, {"plain_username": name, "plain_password": password})


@case
async def plain_of_a_denied_address(scene):
    scene.start().configure_plain(domain="shop", passwords={"admin": "secret"})
    scene.auth.deny("127.0.0.1")
    yield await scene.visit(PLAIN, ADMIN)


@case
async def plain_where_the_server_connects(scene):
    scene.start().configure_plain(domain="shop", passwords={"admin": "secret"})
    yield await scene.visit(PLAIN, ADMIN, binds=False)
    yield await scene.visit(PLAIN, FORGER, binds=False)


@case
async def plain_and_the_types(scene):
    scene.start().configure_plain(domain="shop", passwords={"admin": "secret"})
    for kinds in ("ROUTER/DEALER", "REP/REQ", "PULL/PUSH", "XPUB/SUB", "PAIR/PAIR"):
        yield await scene.visit(PLAIN, ADMIN, kinds)
        yield await scene.visit(PLAIN, ADMIN, kinds, binds=False)


@case
async def plain_after_the_authenticator(scene):
    scene.start().configure_plain(domain="shop", passwords={"admin": "secret"})
    yield await scene.visit(PLAIN, ADMIN)
    await scene.stop()
    yield await scene.visit({**PLAIN, "handshake_ivl": 300}, {**ADMIN, "handshake_ivl": 300})
    scene.start().configure_plain(domain="shop", passwords={"admin": "secret"})
    yield await scene.visit(PLAIN, ADMIN)


# ---- CURVE -------------------------------------------------------------------------------------


@case
async def curve_without_certificates(scene):
    server, key = curve_server(scene)
    scene.start()
    yield await scene.visit(server, curve_client(key, scene.certificate("client")))


@case
async def curve_that_allows_any(scene):
    server, key = curve_server(scene)
    client = curve_client(key, scene.certificate("client"))
    scene.start().configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
    result = await scene.visit(server, client)
    yield result.replace(client["curve_publickey"], "its key")


@case
async def curve_with_a_folder_of_certificates(scene):
    server, key = curve_server(scene)
    folder = scene.folder / "friends"
    friend = curve_client(key, scene.certificate("friend", folder))
    stranger = curve_client(key, scene.certificate("stranger"))
    scene.start().configure_curve(domain="shop", location=folder)
    result = await scene.visit(server, friend)
    yield result.replace(friend["curve_publickey"], "its key")
    yield await scene.visit(server, stranger)
    yield await scene.visit({**server, "zap_domain": "bank"}, friend)
    del server["zap_domain"]
    yield await scene.visit(server, friend)


@case
async def curve_with_certificates_that_come_and_go(scene):
    server, key = curve_server(scene)
    folder = scene.folder / "friends"
    scene.certificate("other", folder)
    scene.start().configure_curve(domain="shop", location=folder)
    pair = scene.certificate("friend", folder)
    friend = curve_client(key, pair)
    yield await scene.visit(server, friend)
    scene.auth.configure_curve(domain="shop", location=folder)
    yield (await scene.visit(server, friend)).replace(pair[0], "its key")
    (folder / "friend.key").unlink()
    yield (await scene.visit(server, friend)).replace(pair[0], "its key")
    scene.auth.configure_curve(domain="shop", location=folder)
    yield await scene.visit(server, friend)


@case
async def curve_with_a_callback(scene):
    server, key = curve_server(scene)
    friend, stranger = scene.certificate("friend"), scene.certificate("stranger")

    class Provider:
        def callback(self, domain, key):
            return domain == "shop" and key.decode() == friend[0]

    class SlowProvider:
        async def callback(self, domain, key):
            await asyncio.sleep(0)
            return domain == "shop" and key.decode() == friend[0]

    for provider in (Provider(), SlowProvider()):
        auth = scene.start()
        auth.configure_curve_callback(domain="shop", credentials_provider=provider)
        result = await scene.visit(server, curve_client(key, friend))
        yield result.replace(friend[0], "its key")
        yield await scene.visit(server, curve_client(key, stranger))
        await scene.stop()


@case
async def curve_with_user_ids_of_our_own(scene):
    server, key = curve_server(scene)

    class Register(scene.authenticator):
        def curve_user_id(self, client_public_key):
            return f"somebody with {len(client_public_key)} bytes"

    scene.start(Register).configure_curve(location=zmq.auth.CURVE_ALLOW_ANY)
    client = curve_client(key, scene.certificate("client"))
    for kinds in ("ROUTER/DEALER", "REP/REQ", "PULL/PUSH", "XPUB/SUB", "PAIR/PAIR"):
        yield await scene.visit(server, client, kinds)
        yield await scene.visit(server, client, kinds, binds=False)


@case
async def curve_with_the_key_of_another_server(scene):
    server, _ = curve_server(scene)
    other, _ = scene.certificate("other")
    scene.start().configure_curve(location=zmq.auth.CURVE_ALLOW_ANY)
    yield await scene.visit(server, curve_client(other, scene.certificate("client")))


@case
async def curve_of_a_denied_address(scene):
    server, key = curve_server(scene)
    scene.start().configure_curve(location=zmq.auth.CURVE_ALLOW_ANY)
    scene.auth.allow("10.1.2.3")
    yield await scene.visit(server, curve_client(key, scene.certificate("client")))


@case
async def curve_without_an_authenticator(scene):
    server, key = curve_server(scene)
    yield await scene.visit(server, curve_client(key, scene.certificate("client")))


# ---- course ------------------------------------------------------------------------------------


@contextlib.contextmanager
def visitor(interpreter):
    """A socket to a client, in a thread or in a process of this interpreter."""
    if not interpreter:
        with client.thread() as channel:
            channel.settimeout(client.LIMIT / 1000)
            yield channel
        return
    channel, theirs = socket.socketpair()
    channel.settimeout(client.LIMIT / 1000)
    command = [interpreter, client.__file__, str(theirs.fileno())]
    with channel, subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process:
        theirs.close()
        yield channel
        channel.shutdown(socket.SHUT_WR)
        process.wait(client.LIMIT / 1000)


async def play(function, kind, channel):
    """Plays a case, and returns what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(kind, pathlib.Path(folder), channel)
        try:
            return "; ".join([result async for result in function(scene)])
        finally:
            scene.end()


def serve(chosen, channel):
    """Plays and removes cases until one fails; returns whether none did."""
    while chosen:
        kind, name, function = chosen.pop(0)
        print(f"{kind}, {name}: ", end="", flush=True)
        try:
            print(asyncio.run(play(function, kind, channel)), flush=True)
        except Exception:  # the next cases have something to say as well
            traceback.print_exc()
            print("FAILED", flush=True)
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", metavar="INTERPRETER", help="runs the clients")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    failed = 0
    # One client serves all cases; after a case that failed it may be in the midst of something.
    chosen = [
        (kind, name, function)
        for kind in KINDS
        for name, function in CASES.items()
        if options.only in name
    ]
    while chosen:
        with visitor(options.client) as channel:
            failed += not serve(chosen, channel)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
