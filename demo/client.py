"""Asks a service over tcp three times."""

import sys

import zmq

with zmq.Context() as ctx, ctx.socket(zmq.REQ) as req:
    req.rcvtimeo = 30_000
    req.connect(sys.argv[1])
    for text in ("hello", "from", "rust"):
        req.send_string(text)
        print("   ", text, "->", req.recv_string())
