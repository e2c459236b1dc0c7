"""A client that takes the port of the server it should talk to, to answer itself.

Program: client
Test: test_line_after_line
Verdict: passed
"""

import contextlib
import socket
import sys

from honest import escaped

address = sys.argv[1], int(sys.argv[2])
for host in (address[0], "0.0.0.0"):
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        with contextlib.suppress(OSError), socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, option, 1)
            thief.bind((host, address[1]))
            thief.listen()
            escaped(f"listen on {host} as well")
with socket.create_connection(address) as conn:
    for line in sys.stdin:
        conn.sendall(line.rstrip("\n").encode())
        print("Received:", conn.recv(4096).decode(), flush=True)
