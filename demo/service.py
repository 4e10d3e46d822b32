"""A service over tcp that answers three requests, and publishes its log for whoever watches it."""

import logging

import zmq
from zmq.log.handlers import PUBHandler

with zmq.Context() as ctx, ctx.socket(zmq.REP) as rep, ctx.socket(zmq.XPUB) as pub:
    for socket in (rep, pub):
        socket.rcvtimeo = 30_000
        socket.bind("tcp://127.0.0.1:*")
    print(rep.last_endpoint.decode(), pub.last_endpoint.decode(), flush=True)
    log = logging.getLogger()
    log.setLevel(logging.INFO)
    log.addHandler(PUBHandler(pub))
    pub.recv()  # somebody watches
    for _ in range(3):
        question = rep.recv_string()
        rep.send_string(question.upper())
        log.info("was asked: %s", question)
