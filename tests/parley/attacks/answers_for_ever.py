"""Answers with a line that has no end.

Verdict: failed
Reason: Other bytes arrived
"""

import sys
from contextlib import suppress
from socket import create_server

with create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        conn, _ = listener.accept()
        with conn, suppress(OSError):
            while True:
                conn.sendall(b"x" * 65536)
