"""A server that sends everybody who comes as much as it can.

Verdict: failed
Earns: 5_broadcast 30
Slow: yes
"""

import contextlib
import socket
import sys
import threading

LINE = b"x" * 65_535 + b"\n"


def flood(conn):
    with contextlib.suppress(OSError):
        while True:
            conn.sendall(LINE)


listener = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=200)
while True:
    threading.Thread(target=flood, args=[listener.accept()[0]], daemon=True).start()
