"""A crowd that all speak at once: how many lines a chat server delivers in a second."""

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
    """How many lines the server.py in a folder delivers in a second to people who say so many lines each, all at once.

    0 where not all lines arrive. `within` bounds each wait, `seconds` all of it (seconds). Raises Failed or BadInput
    where the server does not start.
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
        last.sendall(b"ready\n")  # the notices of all who joined come before this line
        if not all(_hears(conn, b": ready\n") for conn in others):
            return 0
        began = time.perf_counter()
        for conn in crowd:
            conn.sendall(b"".join(b"this is line %d of many\n" % number for number in range(lines)))
        if not _all_hear(crowd, lines * (people - 1), within):
            return 0
        return people * lines * (people - 1) / (time.perf_counter() - began)


def _hears(conn: socket.socket, text: bytes) -> bool:
    """Read from a connection until this has come, in whole lines; returns whether it has."""
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
    """Read from all connections until so many lines have come on each; returns whether they have."""
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
