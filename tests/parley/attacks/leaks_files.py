"""Opens sockets until there are no more, and serves with the last ones.

Verdict: passed
"""

import os
import socket

from honest import escaped, serve

held = []
try:
    while len(held) < 5000:
        held.append(socket.socket())
    escaped("open thousands of sockets")
except OSError:
    for _ in range(5):
        held.pop().close()
terminals = []
try:
    while len(terminals) < 5000:
        terminals += os.openpty()
except OSError:
    for number in terminals:
        os.close(number)
serve()
