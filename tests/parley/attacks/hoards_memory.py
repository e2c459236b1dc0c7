"""Takes more and more memory.

Verdict: failed
Reason: it used more than 1 GiB of memory
"""

import socket
import sys
import threading

listener = socket.create_server((sys.argv[1], int(sys.argv[2])))  # so that there is time for the rest
hoard = []
while len(hoard) < 110:
    hoard.append(bytearray(b"x") * 10_000_000)
threading.Event().wait()
