"""A server that hoards memory where no limit of a process counts it: in what its sockets have not delivered.

Verdict: failed
(On a busy machine it may be given up before it has taken a GiB: so the reason is not held. test_sandbox.py holds it.)
Earns: 1_echo 50
"""

import contextlib
import os
import socket
import sys

MOST = 300 << 20  # bytes of each process
LARGE = 4 << 20  # bytes


def hoard():
    kept, sent = [], 0
    with contextlib.suppress(OSError):
        while sent < MOST:
            pair = socket.socketpair()
            kept.append(pair)
            for sock in pair:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGE)
                sock.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        sent += sock.send(bytes(65_536))
    os.read(0, 1)


listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
for _ in range(6):
    if os.fork() == 0:
        hoard()
        os._exit(0)
while True:
    os.wait()
