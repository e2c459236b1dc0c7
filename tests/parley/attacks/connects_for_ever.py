"""A client that opens as many connections as it can: through a wire, each costs the test two files and two threads.

Program: client
Test: test_line_after_line
Verdict: failed
"""

import contextlib
import socket
import sys

address = sys.argv[1], int(sys.argv[2])
kept = []
while len(kept) < 900:
    with contextlib.suppress(OSError):
        kept.append(socket.create_connection(address))
sys.stdin.read()
