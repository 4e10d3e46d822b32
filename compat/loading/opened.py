"""A request and its reply through ctypes, on the library named."""

import ctypes
import sys

zmq = ctypes.CDLL(sys.argv[1], use_errno=True)
for name in ("zmq_ctx_new", "zmq_socket"):
    getattr(zmq, name).restype = ctypes.c_void_p
handle = ctypes.c_void_p
limit = ctypes.c_int(20000)
RCVTIMEO, LAST_ENDPOINT, REQ, REP = 27, 32, 3, 4

context = handle(zmq.zmq_ctx_new())
rep, req = (handle(zmq.zmq_socket(context, kind)) for kind in (REP, REQ))
for socket in (rep, req):
    assert zmq.zmq_setsockopt(socket, RCVTIMEO, ctypes.byref(limit), 4) == 0
assert zmq.zmq_bind(rep, b"tcp://127.0.0.1:*") == 0
endpoint, size = ctypes.create_string_buffer(100), ctypes.c_size_t(100)
assert zmq.zmq_getsockopt(rep, LAST_ENDPOINT, endpoint, ctypes.byref(size)) == 0
assert zmq.zmq_connect(req, endpoint.value) == 0
room = ctypes.create_string_buffer(10)
for sender, receiver, text in ((req, rep, b"ask"), (rep, req, b"answer")):
    assert zmq.zmq_send(sender, text, ctypes.c_size_t(len(text)), 0) == len(text)
    assert zmq.zmq_recv(receiver, room, ctypes.c_size_t(10), 0) == len(text)
    assert room.raw[:len(text)] == text
assert zmq.zmq_close(rep) == 0 and zmq.zmq_close(req) == 0 and zmq.zmq_ctx_term(context) == 0
mapped = {line.split()[5] for line in open("/proc/self/maps") if "/libzmq" in line}
assert mapped == {sys.argv[1]}, mapped
