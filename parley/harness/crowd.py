"""A crowd that speaks at the same time: how many lines a chat server delivers per second."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from parley.harness.scene import Scene


def deliveries(folder: Path | str, people: int, lines: int, *, within: float, seconds: float) -> float:
    """Return how many lines per second the server.py in a folder delivers to people who all speak at the same time.

    Return 0 if not all lines arrive. `within`: bound of each wait; `seconds`: bound of it all (seconds). Raise Failed
    or BadInput if the server doesn't start.
    """
    with ExitStack() as stack:
        scene = stack.enter_context(Scene(folder, seconds=seconds))
        address: Any = scene.server().address  # known, as it listens
        crowd = []
        for number in range(people):
            crowd.append(stack.enter_context(socket.create_connection(address, timeout=within)))
            name = b"Guest%03d" % number
            crowd[-1].sendall(name + b"\n")
            if not _hears(crowd[-1], name):
                return 0
        *others, last = crowd
        last.sendall(b"ready\n")  # after the notices of all who joined
        if not all(_hears(conn, b": ready\n") for conn in others):
            return 0
        began = time.perf_counter()
        for conn in crowd:
            conn.sendall(b"".join(b"this is line %d of many\n" % number for number in range(lines)))
        if not _all_hear(crowd, lines * (people - 1), within):
            return 0
        return people * lines * (people - 1) / (time.perf_counter() - began)


def _hears(conn: socket.socket, text: bytes) -> bool:
    """Read whole lines from a connection until this has arrived. Return whether it has."""
    heard = b""
    with suppress(OSError):
        while text not in heard or not heard.endswith(b"\n"):
            data = conn.recv(65_536)
            if not data:
                return False
            heard += data
        return True
    return False


def _all_hear(crowd: Sequence[socket.socket], lines: int, within: float) -> bool:
    """Read from all connections until this many lines have arrived on each. Return whether they have."""
    missing = dict.fromkeys(crowd, lines)
    until = time.monotonic() + within
    with selectors.DefaultSelector() as selector:
        for conn in crowd:
            selector.register(conn, selectors.EVENT_READ)
        while any(left > 0 for left in missing.values()):
            ready = selector.select(max(0.0, until - time.monotonic()))
            if not ready:
                return False
            for key, _ in ready:
                listener: Any = key.fileobj
                data = listener.recv(1 << 20)
                if not data:
                    return False
                missing[listener] -= data.count(b"\n")
    return True
