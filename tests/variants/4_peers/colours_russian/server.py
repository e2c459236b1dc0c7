"""Чат двоих, сервер: в peer.py лежит всё общее для двух программ."""

import socket
import sys

from peer import run, stop


def connect(host, port):
    """Дождаться собеседника."""
    with socket.create_server((host, port)) as listener:
        listener.settimeout(0.1)
        while not stop:
            try:
                return listener.accept()
            except TimeoutError:
                pass
    raise OSError("Ctrl+C")


if __name__ == "__main__":
    run(connect, *sys.argv[1:])
