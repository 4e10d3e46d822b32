"""Mechanisms: who is let in, and what those hear who are not."""

from scene import Group, attach
from talk import AUTH, CONNECTED, DISCONNECTED, NO_DETAIL, PROTOCOL, SILENCE, SUCCEEDED

USER, PASSWORD = "admin", "secret"


class Keys:
    """The keys of one conversation."""

    def __init__(self, peer):
        self.server, self.server_secret = peer.ask("keys").split(" ")
        self.client, self.client_secret = peer.ask("keys").split(" ")
        self.other, self.other_secret = peer.ask("keys").split(" ")


def prepare(server, client, mechanism):
    """Starts what judges at the server; answers the options of the server and of the client."""
    if mechanism == "NULL":
        return {}, {}
    server.ask("zap")
    if mechanism == "PLAIN":
        server.ask("allow", f"PLAIN:{USER}:{PASSWORD}")
        return ({"PLAIN_SERVER": 1, "ZAP_DOMAIN": "test"},
                {"PLAIN_USERNAME": USER, "PLAIN_PASSWORD": PASSWORD})
    keys = Keys(client)
    server.ask("allow", f"CURVE:{keys.client}")
    return ({"CURVE_SERVER": 1, "CURVE_SECRETKEY": keys.server_secret, "ZAP_DOMAIN": "test",
             "CURVE_PUBLICKEY": keys.server},
            {"CURVE_SERVERKEY": keys.server, "CURVE_PUBLICKEY": keys.client,
             "CURVE_SECRETKEY": keys.client_secret})
