"""A server that takes all ports that systems give to clients, so that nobody could connect.

Verdict: failed
Reason: it had more than 4096 open files and sockets
Earns: 1_echo 50
"""

import contextlib
import os
import socket
import sys

AT_ONCE = 1000  # files that one process may have open
with open("/proc/sys/net/ipv4/ip_local_port_range") as text:
    first, last = map(int, text.read().split())
taken, done = os.pipe()
begins = range(first, last + 1, AT_ONCE)
for begin in begins:
    if os.fork() == 0:
        kept = [socket.socket() for _ in range(AT_ONCE)]
        for port, sock in zip(range(begin, last + 1), kept, strict=False):
            with contextlib.suppress(OSError):
                sock.bind(("0.0.0.0", port))
        os.write(done, b"!")
        os.read(0, 1)
        os.wait()
for _ in begins:
    os.read(taken, 1)
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    os.waitpid(-1, 0)
