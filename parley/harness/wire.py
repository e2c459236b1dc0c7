"""A wire between two programs: it passes bytes on, whole or in chunks, immediately or late, and records them.

You can't see from outside what a program sends and receives. The wire sees it cross, and records it in the program's
name. People and hosts of a test record their own bytes.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from parley.contract.record import Record
from parley.harness import sockdiag
from parley.harness.deadlines import Deadlines
from parley.harness.programs import LOOPBACK, Program, connects_from
from parley.harness.sockdiag import Address

TICK = 0.2  # seconds after which a blocked call checks whether the wire is closed
PIECE_BOUND = 1  # seconds to wait until a chunk is received, before the next one is sent anyway
SURELY = 8  # checks in a row that must find nothing unread before a chunk counts as received
SHORT_PAUSE = 0.02  # seconds to wait instead, if the OS doesn't tell, or the program isn't receiving now
MOST_CARRIED = 32 * 1024 * 1024  # bytes in one direction of a connection before the wire resets it
MOST_PIECES = 50_000  # of them
MOST_LINKS = 200  # connections through one wire: it resets any more
PIECES_BOUND = 3  # seconds that all these waits on one connection may take together
LINGER_NO_TIME = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # close() then sends a reset


class Target(Protocol):
    """Something to connect to: a server, a host or a wire.

    `name`: what the story calls it; `program`: the student's program that you reach, None if the test plays it;
    `address`: where it listens, None if unknown.
    """

    name: str

    @property
    def program(self) -> Program | None:
        """See above."""

    @property
    def address(self) -> Address | None:
        """See above."""

    def expects(self, port: int, name: str) -> None:
        """Note that the person of this name will connect from this port."""


def port_of(target: Target) -> int:
    """Return the port at which this target listens."""
    assert target.address, f"The {target.name} has no address to connect to."
    return target.address[1]


class Wire:
    """A wire to a program or a host. It connects each of its clients to the target.

    `to_server` and `to_client`: its two directions, with settings for all connections. `near`: the name of the program
    that connects to it.
    """

    def __init__(
        self,
        target: Target,
        record: Record,
        deadlines: Deadlines,
        listener: socket.socket,
        own_port: Callable[[], int],
    ) -> None:
        """`listener`: a socket that listens; `own_port`: returns the port from which to connect."""
        self.target = target
        self.name = target.name
        self.program = target.program
        self.near = "client"
        self.record = record
        self.deadlines = deadlines
        self.to_server = Direction()
        self.to_client = Direction()
        self.closing = False
        self._people: dict[int, str] = {}  # port -> name of the person who connects from there
        self._links: list[Link] = []
        self._own_port = own_port
        self._listener = listener
        self._listener.settimeout(TICK)
        self.address: Address = self._listener.getsockname()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def expects(self, port: int, name: str) -> None:
        """Note that the person of this name will connect from this port."""
        self._people[port] = name

    def close(self) -> None:
        """Close everything. Record nothing."""
        self.closing = True
        for link in self._links:
            link.close()
        with contextlib.suppress(OSError), socket.socket() as last:  # wakes the acceptor
            last.settimeout(TICK)
            connects_from(last, LOOPBACK, self._own_port)
            last.connect(self.address)
        self._acceptor.join(2 * TICK)
        self._listener.close()

    def _accept(self) -> None:
        while not self.closing:
            try:
                near, address = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if self.closing:
                near.close()
                return
            self._link(near, self._people.get(address[1]))

    def _link(self, near: socket.socket, person: str | None) -> None:
        if person is None:
            self.record.add(self.near, "connects", peer=self.name)
        if len(self._links) >= MOST_LINKS:
            reset_connection(near)
            return
        far = socket.socket()
        try:
            far.settimeout(2)
            connects_from(far, LOOPBACK, self._own_port)
            self.target.expects(far.getsockname()[1], person or self.near)
            far.connect((LOOPBACK, port_of(self.target)))
        except OSError:
            # the target doesn't accept it, so neither does the wire
            far.close()
            reset_connection(near)
            return
        client = End(person or self.near, near, records=person is None)
        server = End(self.name, far, records=self.program is not None, program=self.program)
        link = Link(self, client, server)
        self._links.append(link)
        link.start()


class End:
    """One end of a connection through a wire: its name, the wire's socket to it, and whether the wire records its
    bytes.
    """

    def __init__(self, name: str, connection: socket.socket, records: bool, program: Program | None = None) -> None:
        """The end of this name at this socket. `program`: the program at this end, if known."""
        self.name = name
        self.socket = connection
        self.records = records
        self.program = program
        with contextlib.suppress(OSError):  # reset already: the next receive will notice
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(TICK)

    @property
    def gone(self) -> bool:
        """Whether the program at this end is known to have exited."""
        return self.program is not None and self.program.ended


class Link:
    """One connection through a wire: two ends, and a thread for each direction."""

    def __init__(self, wire: Wire, client: End, server: End) -> None:
        self.wire = wire
        self.ends = (client, server)
        self.over = False
        self.carriers = [
            Carrier(self, wire.to_server, client, server),
            Carrier(self, wire.to_client, server, client),
        ]

    def start(self) -> None:
        """Start to carry bytes."""
        for carrier in self.carriers:
            carrier.thread.start()

    def close(self) -> None:
        """Close both ends (EOF), and record nothing."""
        self._stop()
        for end in self.ends:
            end.socket.close()

    def reset(self, *ends: End) -> None:
        """Reset the connection at these ends, and close the other (EOF)."""
        self._stop()
        for end in self.ends:
            if end not in ends:
                end.socket.close()
                continue
            if end.records:
                self.wire.record.add(end.name, "sees reset")
            reset_connection(end.socket)

    def _stop(self) -> None:
        self.over = True
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.socket.shutdown(socket.SHUT_RD)  # wakes the thread that receives from it
        self.wire.deadlines.tell()
        for carrier in self.carriers:
            if carrier.thread.is_alive() and carrier.thread is not threading.current_thread():
                carrier.thread.join(2 * TICK)


class Direction:
    """How a wire carries bytes in one direction. You can change it at any time, even while bytes cross."""

    def __init__(self) -> None:
        self.size: int | None = None  # of the chunks, in bytes; None: unchanged
        self.late: float = 0  # seconds

    def split(self, size: int = 1) -> None:
        """Send chunks of this many bytes, each after the program has received the previous one."""
        self.size = size

    def delay(self, seconds: float) -> None:
        """Pass each chunk on this many seconds late."""
        self.late = seconds

    def pieces(self, data: bytes) -> list[bytes]:
        """Return the data in the chunks to send."""
        size = self.size or len(data)
        return [data[start : start + size] for start in range(0, len(data), size)]


class Carrier:
    """Carries the bytes of one connection in one direction, in its own thread."""

    def __init__(self, link: Link, direction: Direction, sender: End, receiver: End) -> None:
        self.link = link
        self.direction = direction
        self.sender = sender
        self.receiver = receiver
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self._record = link.wire.record
        self._deadlines = link.wire.deadlines
        self._pace = Pace(receiver.socket, self._deadlines)
        self._bytes = 0
        self._pieces = 0

    def _carry(self) -> None:
        while not self.link.over:
            try:
                data = self.sender.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = None
            if self.link.over:
                return
            if not data:
                self._pass_end(data)
                return
            if self._is_too_much(data):
                self._record.add("wire", "resets", peer=self.sender.name, note="more than a wire carries")
                self.link.reset(self.sender, self.receiver)
                return
            if self.sender.records:
                self._record.add(self.sender.name, "sends", data, self.receiver.name)
            self._pass(data)

    def _is_too_much(self, data: bytes) -> bool:
        self._bytes += len(data)
        self._pieces += 1
        room = not self.sender.records or self._record.takes(len(data))  # its receiver stores other data
        return not room or self._bytes > MOST_CARRIED or self._pieces > MOST_PIECES

    def _pass(self, data: bytes) -> None:
        if self.direction.late:
            self._record.add("wire", "waits", note=f"{self.direction.late} s")
            with self._deadlines.news:
                self._deadlines.news.wait_for(lambda: self.link.over, self.direction.late)
        self._send(data)
        self._deadlines.tell()

    def _pass_end(self, data: bytes | None) -> None:
        """Pass on how the sender ended: b"" for end of stream, None for a reset."""
        if self.sender.records:
            self._record.add(self.sender.name, "resets" if data is None else "ends stream", peer=self.receiver.name)
        if data is None:
            self.link.reset(self.receiver)
            return
        with contextlib.suppress(OSError):
            if self.receiver.records:
                self._record.add(self.receiver.name, "sees end", peer=self.sender.name)
            self.receiver.socket.shutdown(socket.SHUT_WR)

    def _send(self, data: bytes) -> None:
        for piece in self.direction.pieces(data):
            if self.direction.size:
                self._pace.wait_until_received()
            if self.receiver.records and not self.receiver.gone:
                self._record.add(self.receiver.name, "receives", piece, self.sender.name)
            try:
                send_all(self.receiver.socket, piece, lambda: self.link.over)
            except OSError:  # the receiver disconnected: its own direction tells the sender, unless that has ended
                if not any(carrier.thread.is_alive() for carrier in self.link.carriers if carrier is not self):
                    self.link.reset(self.sender)
                return


def send_all(connection: socket.socket, data: bytes, given_up: Callable[[], object]) -> None:
    """Send all the data on a socket with a timeout. Stop when given_up() is true."""
    rest = memoryview(data)
    while rest and not given_up():
        with contextlib.suppress(TimeoutError):
            rest = rest[connection.send(rest[:65536]) :]


def reset_connection(connection: socket.socket) -> None:
    """Close a connection with a reset instead of end of stream."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NO_TIME)
    connection.close()


def unacknowledged(connection: socket.socket) -> int:
    """Return how many sent bytes the OS at the other end hasn't acknowledged, or 0 if unknown.

    Source: tcp(7), SIOCOUTQ, which termios calls TIOCOUTQ.
    """
    try:
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (ImportError, OSError, AttributeError):
        return 0


class Pace:
    """Separates chunks sent one after another to a program, so that it receives each by itself.

    Linux tells how much a program hasn't received yet. On other systems, use a short pause. Each wait is bounded,
    because the program may not be receiving: it may be waiting for its keyboard.
    """

    def __init__(self, connection: socket.socket, deadlines: Deadlines) -> None:
        self._connection = connection
        self._deadlines = deadlines
        self._bound: float = PIECE_BOUND
        self._left: float = PIECES_BOUND

    def wait_until_received(self) -> None:
        """Wait until the program at the other end has received everything sent to it."""
        try:
            here, there = self._connection.getsockname(), self._connection.getpeername()
        except OSError:  # the connection is over
            return
        began = time.monotonic()
        end = began + min(self._bound, self._left)
        nothing = 0  # checks in a row with nothing unread
        while True:
            arrived = not unacknowledged(self._connection)  # first: bytes on the way aren't unread yet
            unread = sockdiag.unread(there, here)
            nothing = nothing + 1 if unread == 0 else 0
            if nothing and (arrived or nothing > SURELY):  # an acknowledgement may be late
                break
            if unread is None:
                end = min(end, began + SHORT_PAUSE)
            if time.monotonic() >= end:
                self._bound = SHORT_PAUSE
                break
            with self._deadlines.news:
                self._deadlines.news.wait(0.0005)
        self._left -= time.monotonic() - began
