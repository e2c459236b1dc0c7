"""The tasks of stage 1, echo."""

from __future__ import annotations

import socket

from parley.notebooks.tasks import Tried, task


@task("1 most")
def most(answer: int) -> Tried:
    """How many bytes recv(10) returns at most, and at least, of 25 that are there."""
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"The lamp is at the window")
        received = other.recv(10)
    return Tried(answer == len(received), f"recv(10) returned {received!r}: {len(received)} bytes, and the rest waits.")
