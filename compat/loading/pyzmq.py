"""A request and its reply through the distribution's pyzmq, on the library named."""

import sys

import zmq

with zmq.Context() as context, context.socket(zmq.REP) as rep, context.socket(zmq.REQ) as req:
    rep.rcvtimeo = req.rcvtimeo = 20000
    port = rep.bind_to_random_port("tcp://127.0.0.1")
    req.connect(f"tcp://127.0.0.1:{port}")
    req.send_multipart([b"ask", b"this"])
    assert rep.recv_multipart() == [b"ask", b"this"]
    rep.send_string("answer")
    assert req.recv_string() == "answer"
mapped = {line.split()[5] for line in open("/proc/self/maps") if "/libzmq" in line}
assert mapped == {sys.argv[1]}, mapped
