"""What the Linux kernel says about TCP sockets, quickly: which ones listen, and how much is still unread.

Reading /proc/net/tcp walks the kernel's whole table of connections, which takes 20 ms on some machines; asking through
netlink (man 7 sock_diag) takes a hundredth of that. It tells of the network of the thread that asks, /proc/net of the
process's. The functions return None if the kernel can't be asked: their callers then have another way.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
from typing import NamedTuple

SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NETLINK_SOCK_DIAG = 4
# as psutil calls them, at the numbers that the kernel gives them (include/net/tcp_states.h)
STATES = [
    "NONE",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "SYN_RECV",
]
TCP_LISTEN = STATES.index("LISTEN")
# all states except "bound" (such sockets hold nothing) and TIME_WAIT (they belong to no program any more): there may be
# thousands of both, and a busy machine takes seconds to read them all
CONNECTED = 0x1FFF & ~(1 << STATES.index("TIME_WAIT"))
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
REQUEST = struct.Struct("=BBBBI")  # struct inet_diag_req_v2, up to the socket's id
SOCKET_ID = struct.Struct("!HH16s16s")  # struct inet_diag_sockid: ports and addresses; 12 more bytes follow
REST = struct.Struct("=IIIII")  # the end of struct inet_diag_msg: expires, rqueue, wqueue, uid, inode
UNIX_REQUEST = struct.Struct("=BBHIIIII")  # struct unix_diag_req
UNIX_SHOW_MEMORY, UNIX_MEMORY, INET_MEMORY = 0x20, 5, 7  # UDIAG_SHOW_MEMINFO, UNIX_DIAG_MEMINFO, INET_DIAG_SKMEMINFO
UNIX_BODY, INET_BODY = 16, 72  # sizes of struct unix_diag_msg and inet_diag_msg
ATTRIBUTE = struct.Struct("=HH")  # struct nlattr
MEMORY = struct.Struct("=8I")  # what SK_MEMINFO_... number: received, its limit, sent, its limit, ..., queued, ...
ANY_COOKIE = bytes(4) + b"\xff" * 8

Address = tuple[str, int]  # host and port
Listener = tuple[str, int, int]  # host, port and the inode of the socket
Answer = tuple[str, tuple[int, int, bytes, bytes], tuple[int, int, int, int, int]]  # state; SOCKET_ID, REST unpacked


class Socket(NamedTuple):
    """A TCP socket: its state, its own address, the address at the other end (None if there is none), how many bytes
    its owner hasn't received yet, and its inode.
    """

    state: str
    near: Address
    far: Address | None
    unread: int
    inode: int


def listening() -> list[Listener] | None:
    """Return all listening TCP sockets as (address, port, inode), or None if the kernel doesn't tell."""
    found = sockets(1 << TCP_LISTEN)
    return None if found is None else [(*each.near, each.inode) for each in found]


def sockets(states: int = CONNECTED) -> list[Socket] | None:
    """Return all TCP sockets in these states, or None if the kernel doesn't tell.

    `states`: the sum of 1 << STATES.index(state) for each of them.
    """
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        answers = _ask(family, states, SOCKET_ID.pack(0, 0, b"", b"") + ANY_COOKIE, NLM_F_DUMP)
        if answers is None:
            return None
        for state, (own, other, near, far), (_, waiting, _, _, inode) in answers:
            listens = state == "LISTEN"  # what waits there is no bytes: clients that nobody has accepted
            end = None if listens else (_address(family, far), other)
            found.append(Socket(state, (_address(family, near), own), end, 0 if listens else waiting, inode))
    return found


def unread(local: Address, remote: Address) -> int | None:
    """Return how many bytes the owner of the IPv4 connection local-remote hasn't received yet, or None.

    Both are (address, port), as the owner of that end sees them.
    """
    addresses = (socket.inet_aton(end[0]).ljust(16, b"\0") for end in (local, remote))
    answers = _ask(socket.AF_INET, 0xFFF, SOCKET_ID.pack(local[1], remote[1], *addresses) + ANY_COOKIE, 0)
    return answers[0][2][1] if answers else None


class SocketMemory:
    """How much kernel memory the sockets of one network use, which no limit of a process covers.

    Create it in a thread of this network. Then any thread can ask.
    """

    def __init__(self) -> None:
        """Raise OSError."""
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self._netlink.settimeout(1)
        self._number = 0

    def used(self) -> int:
        """Return the bytes used now, as far as the kernel tells."""
        requests = [(UNIX_REQUEST.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, UNIX_SHOW_MEMORY, 0, 0), UNIX_BODY)]
        for family, protocol in itertools.product(
            (socket.AF_INET, socket.AF_INET6), (socket.IPPROTO_TCP, socket.IPPROTO_UDP)
        ):
            which = SOCKET_ID.pack(0, 0, b"", b"") + ANY_COOKIE
            request = REQUEST.pack(family, protocol, 1 << (INET_MEMORY - 1), 0, CONNECTED) + which
            requests.append((request, INET_BODY))
        return sum(self._sum(request, body) for request, body in requests)

    def close(self) -> None:
        """Ask no more."""
        self._netlink.close()

    def _sum(self, request: bytes, body: int) -> int:
        """Return the memory of the sockets that this request asks about. `body`: bytes in an answer before its
        attributes.
        """
        self._number += 1
        header = HEADER.pack(
            HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, self._number, 0
        )
        total = 0
        with contextlib.suppress(OSError, struct.error):  # a kernel that doesn't know this kind of socket
            self._netlink.send(header + request)
            while True:
                message = self._netlink.recv(1 << 16)
                at = 0
                while at < len(message):
                    length, kind, _, number, _ = HEADER.unpack_from(message, at)
                    if number == self._number and kind in (NLMSG_DONE, NLMSG_ERROR):
                        return total
                    if number == self._number:
                        total += _memory_in(message, at + HEADER.size + body, at + length)
                    at += (length + 3) & ~3
        return total


def _memory_in(message: bytes, at: int, end: int) -> int:
    """Return the memory of one socket, from the attributes in this part of a message."""
    while at + ATTRIBUTE.size <= end:
        length, kind = ATTRIBUTE.unpack_from(message, at)
        if kind in (UNIX_MEMORY, INET_MEMORY) and length >= ATTRIBUTE.size + MEMORY.size:
            received, _, sent, _, _, queued, _, _ = MEMORY.unpack_from(message, at + ATTRIBUTE.size)
            return int(received) + max(int(sent), int(queued))
        at += max(ATTRIBUTE.size, (length + 3) & ~3)
    return 0


def _ask(family: int, states: int, socket_id: bytes, flags: int) -> list[Answer] | None:
    request = REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, states) + socket_id
    header = HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | flags, 1, 0)
    answers: list[Answer] = []
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as netlink:
            netlink.settimeout(1)
            netlink.send(header + request)
            while _read_answers(netlink.recv(1 << 16), answers) and flags:
                pass
    except (OSError, AttributeError):  # not Linux, or asking isn't allowed here
        return None
    return answers


def _read_answers(message: bytes, answers: list[Answer]) -> bool:
    """Add the sockets in this message to `answers`, and return whether more messages will come."""
    at = 0
    while at < len(message):
        length, kind, *_ = HEADER.unpack_from(message, at)
        if kind == NLMSG_DONE:
            return False
        if kind == NLMSG_ERROR:
            raise OSError("netlink refuses")
        body = at + HEADER.size
        state = STATES[message[body + 1]]
        answers.append((state, SOCKET_ID.unpack_from(message, body + 4), REST.unpack_from(message, body + 52)))
        at += (length + 3) & ~3
    return True


def _address(family: int, packed: bytes) -> str:
    return socket.inet_ntop(family, packed[:4] if family == socket.AF_INET else packed)
