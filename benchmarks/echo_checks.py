"""Five checks of an echo server, as an instructor writes them for a notebook grader. Used by grading.py.

The server is started once, for all five, by the first check that needs it.
"""

import atexit
import functools
import socket
import subprocess
import sys
import time

SECONDS = 5  # bound of everything


@functools.lru_cache
def address():
    """Start server.py of this folder, and return its address when it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        found = free.getsockname()
    server = subprocess.Popen([sys.executable, "server.py", *map(str, found)])
    atexit.register(server.kill)
    until = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(found, SECONDS).close()
            return found
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.002)


def echoes(data, clients=1):
    """Whether each of so many clients, one after another, gets these bytes back."""
    for _ in range(clients):
        with socket.create_connection(address(), SECONDS) as conn:
            conn.sendall(data)
            received = b""
            while len(received) < len(data) and (more := conn.recv(65536)):
                received += more
            if received != data:
                return False
    return True


def check_connects():
    assert echoes(b"")


def check_one_message():
    assert echoes(b"hello")


def check_100_kB():
    assert echoes(b"0123456789" * 10_000)


def check_utf_8():
    assert echoes("Grüße ☕".encode())


def check_a_second_client():
    assert echoes(b"hello", clients=2)
