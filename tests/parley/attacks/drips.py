"""Answers one byte at a time, each so early that nobody has given up.

Slow: it takes the whole time of a scene, which on a slow machine is enough for all of its answer
Verdict: out of time or passed
"""

import sys
import time
from socket import create_server

with create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        conn, _ = listener.accept()
        with conn:
            while data := conn.recv(4096):
                for byte in data:
                    time.sleep(1.4)
                    conn.sendall(bytes([byte]))
