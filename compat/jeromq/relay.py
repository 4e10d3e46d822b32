"""Stands between two peers and writes down every byte, when it came, and who hung up first."""

import contextlib
import socket
import threading
import time
from urllib.parse import urlsplit


class Relay:
    """Passes on each connection to an endpoint."""

    def __init__(self, endpoint):
        where = urlsplit(endpoint)
        self.target = (where.hostname, where.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        # For each connection what happened: (seconds, "client" or "server", bytes or None: it ended).
        self.links = []
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                try:
                    server = socket.create_connection(self.target)
                except OSError:
                    client.close()
                    continue
                link = []
                begun = time.monotonic()
                self.links.append(link)
                self.open += [client, server]
                for name, source, sink in (("client", client, server), ("server", server, client)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self.pump, args=(link, begun, name, source, sink),
                                     daemon=True).start()

    def pump(self, link, begun, name, source, sink):
        """Passes on what one side says, until it ends."""
        data = b"."
        while data:
            try:
                data = source.recv(1 << 16)
            except OSError:
                data = b""
            link.append((time.monotonic() - begun, name, data or None))
            with contextlib.suppress(OSError):
                sink.sendall(data) if data else sink.shutdown(socket.SHUT_RDWR)

    def said(self, index, name):
        """All bytes of one side of a connection."""
        return b"".join(data for _, who, data in self.links[index] if who == name and data)

    def ended(self, index):
        """Who ended a connection, or none."""
        return next((who for _, who, data in list(self.links[index]) if data is None), None)

    def cut(self):
        """Ends all connections; new ones are welcome."""
        for sock in list(self.open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Ends everything."""
        self.listener.close()
        self.cut()
        for sock in self.open:
            sock.close()
