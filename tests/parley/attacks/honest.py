"""What all attacks share: an honest echo server, and how an attack that has worked gives itself away."""

import contextlib
import os
import socket
import sys


def serve():
    """Echo, as stage 1 asks for."""
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
        while True:
            conn, _ = listener.accept()
            with conn:
                while data := conn.recv(4096):
                    conn.sendall(data)


def fails(what, attempt):
    """This attempt must fail, or else the attack has worked."""
    with contextlib.suppress(OSError, ImportError, MemoryError, ValueError):
        attempt()
        escaped(what)


def escaped(what):
    """The attack has worked: end in a way that no test takes for an honest server."""
    print("ESCAPED:", what, file=sys.stderr, flush=True)
    os._exit(99)
