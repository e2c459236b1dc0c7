"""Чат двоих, клиент: в peer.py лежит всё общее для двух программ."""

import socket
import sys

from peer import run


def connect(host, port):
    """Найти собеседника."""
    return socket.create_connection((host, port), timeout=2), (host, port)


if __name__ == "__main__":
    run(connect, *sys.argv[1:])
