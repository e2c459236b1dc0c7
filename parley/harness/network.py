"""A network with only loopback, for one thread and the processes it starts (Linux): see network_namespaces(7)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Callable

from parley.contract.errors import NotHere

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
MINE = "/proc/thread-self/ns/net"


def new_network() -> None:
    """Give this thread, and the processes it starts from now on, a new network. Raise OSError."""
    import fcntl

    call("unshare", NEW_NETWORK)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def own_network() -> Callable[[], None]:
    """Give this thread a new network, and return a function that restores the previous one.

    Raise NotHere if this isn't available: it takes root or a sandbox.
    """
    with contextlib.ExitStack() as opened:
        try:
            before = os.open(MINE, os.O_RDONLY)
            opened.callback(os.close, before)
            new_network()
        except OSError:
            raise NotHere("This needs its own network, which isn't available here (a sandbox has one).") from None
        close = opened.pop_all().close

    def lead_back() -> None:
        call("setns", before, NEW_NETWORK)
        close()

    return lead_back


def call(name: str, *args: bytes | int | None) -> None:
    """Call a function of the C library. Raise OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
