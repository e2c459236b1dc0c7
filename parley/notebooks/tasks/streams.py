"""Real connections for the tasks, with chunks as small as a task wants."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

from parley.contract.errors import NotYet

SECONDS = 2  # seconds that a student's function may wait for bytes that don't come
MOST_ENDS = 20  # how often it may receive b"" before that counts as an endless loop


class Narrow(socket.socket):
    """A connection whose recv returns at most `most` bytes, as on a busy network."""

    most = 1
    _ends = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Like a socket's recv. Raise NotYet for a function that waits with no response or never stops."""
        try:
            data = super().recv(min(size, self.most), flags)
        except TimeoutError:
            raise NotYet(f"Your function waited in recv for {SECONDS} s, but nothing more comes.") from None
        self._ends += not data
        if self._ends > MOST_ENDS:
            raise NotYet(
                f'Your function received b"" {MOST_ENDS} times and continues, although that means end of stream.'
            )
        return data


def narrowed(connection: socket.socket, most: int) -> Narrow:
    """Return this connection as one that receives at most `most` bytes at a time. The old object is closed."""
    narrow = Narrow(fileno=connection.detach())
    narrow.most = most
    narrow.settimeout(SECONDS)
    return narrow


@contextlib.contextmanager
def connected(most: int = 65536) -> Iterator[tuple[socket.socket, Narrow]]:
    """Return two ends of a connection on this machine, as (ours, the student's). The second receives at most `most`
    bytes at a time.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname(), timeout=SECONDS)
        accepted, _ = listener.accept()
    with ours, narrowed(accepted, most) as theirs:
        yield ours, theirs


def wait_until_there(connection: socket.socket, count: int) -> None:
    """Wait until this many bytes can be received, without receiving them."""
    deadline = time.monotonic() + SECONDS
    while len(socket.socket.recv(connection, count, socket.MSG_PEEK)) < count and time.monotonic() < deadline:
        pass


def answered_bytes(value: object) -> object:
    """Return text as UTF-8, and anything else unchanged. (Forgetting the b of b"..." is no wrong answer.)"""
    return value.encode() if isinstance(value, str) else value
