"""A client that shows what was typed as if it had come back, and never receives.

Program: client
Test: test_what_is_shown_has_come_back
Verdict: failed
Earns: 1_echo 50
"""

import socket
import sys
import threading

host, port = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_connection((host, port), 2) as sock:
    for line in sys.stdin:
        if not line.rstrip("\n"):
            break
        sock.sendall(line.rstrip("\n").encode())
        print("Received: " + line.rstrip("\n"), flush=True)
    threading.Event().wait(5)
