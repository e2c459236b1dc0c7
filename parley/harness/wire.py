"""What stands between two programs: it passes bytes on, whole or in pieces, at once or late, and records them.

What a program sends and receives cannot be seen from outside; the wire sees it cross, and records it in the program's
name. People and hosts of a test record for themselves.
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

TICK = 0.2  # seconds after which a blocked call looks whether the wire is closed
PIECE_BOUND = 1  # seconds to wait until a piece is received, before the next one is sent anyway
SURELY = 8  # so many looks in a row that find nothing unread: then it has arrived and was received
SHORT_PAUSE = 0.02  # seconds instead of that, where no one tells what is received, or the program does not receive now
MOST_CARRIED = 32 * 1024 * 1024  # bytes in one direction of one connection, which is reset then
MOST_PIECES = 50_000  # of them
MOST_LINKS = 200  # connections through one wire: whoever comes then is reset
PIECES_BOUND = 3  # seconds that all those waits on one connection may take together
LINGER_NO_TIME = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # close() then sends a reset


class Target(Protocol):
    """Whatever one can connect to: a server, a host or a wire.

    `name`: what the story calls it; `program`: the student's program behind it, None where the test plays it;
    `address`: where it listens, None where no address can be said.
    """

    name: str

    @property
    def program(self) -> Program | None:
        """See above."""

    @property
    def address(self) -> Address | None:
        """See above."""

    def expects(self, port: int, name: str) -> None:
        """Be told that the one of this name will connect from this port."""


def port_of(target: Target) -> int:
    """The port at which this target listens."""
    assert target.address, f"The {target.name} has no address that one could connect to."
    return target.address[1]


class Wire:
    """A wire to a program or a host. Whoever connects to its address is connected to the target.

    `to_server` and `to_client` are its two directions; what is set there holds for all its connections. `near`: the
    name of the program that connects to it.
    """

    def __init__(
        self,
        target: Target,
        record: Record,
        deadlines: Deadlines,
        listener: socket.socket,
        own_port: Callable[[], int],
    ) -> None:
        """`listener`: a socket that listens; `own_port`: says from which port it connects."""
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
        """The person of this name will connect from this port."""
        self._people[port] = name

    def close(self) -> None:
        """Close everything; nothing is recorded."""
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
            # the target does not take it: neither does the wire
            far.close()
            reset_connection(near)
            return
        client = End(person or self.near, near, records=person is None)
        server = End(self.name, far, records=self.program is not None, program=self.program)
        link = Link(self, client, server)
        self._links.append(link)
        link.start()


class End:
    """One end of a connection through a wire: its name, the wire's socket to it, and whether the wire records for
    it."""

    def __init__(self, name: str, connection: socket.socket, records: bool, program: Program | None = None) -> None:
        """The end of this name at this socket; `program`: the one at it, where that is known."""
        self.name = name
        self.socket = connection
        self.records = records
        self.program = program
        with contextlib.suppress(OSError):  # reset already: who receives from it will see it
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(TICK)

    @property
    def gone(self) -> bool:
        """Whether the program at it is known to have ended."""
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
        """Carry from now on."""
        for carrier in self.carriers:
            carrier.thread.start()

    def close(self) -> None:
        """End it, with end of stream at both ends, and nothing recorded."""
        self._stop()
        for end in self.ends:
            end.socket.close()

    def reset(self, *ends: End) -> None:
        """End it, with a reset at these ends and end of stream at the other."""
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
    """How a wire carries in one direction. It can be told at any time, also while bytes cross."""

    def __init__(self) -> None:
        self.size: int | None = None  # of the pieces, in bytes; None: all passes as it comes
        self.late: float = 0  # seconds

    def split(self, size: int = 1) -> None:
        """Send pieces of so many bytes, each one when the program has received the one before."""
        self.size = size

    def delay(self, seconds: float) -> None:
        """Send each piece on so many seconds late."""
        self.late = seconds

    def pieces(self, data: bytes) -> list[bytes]:
        """Cut the data into the pieces in which it is to be sent."""
        size = self.size or len(data)
        return [data[start : start + size] for start in range(0, len(data), size)]


class Carrier:
    """Carries the bytes of one connection in one direction, in a thread of its own."""

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
        room = not self.sender.records or self._record.takes(len(data))  # of the others, the receiver keeps it
        return not room or self._bytes > MOST_CARRIED or self._pieces > MOST_PIECES

    def _pass(self, data: bytes) -> None:
        if self.direction.late:
            self._record.add("wire", "waits", note=f"{self.direction.late} s")
            with self._deadlines.news:
                self._deadlines.news.wait_for(lambda: self.link.over, self.direction.late)
        self._send(data)
        self._deadlines.tell()

    def _pass_end(self, data: bytes | None) -> None:
        """Pass on how the sender has ended: b"" for end of stream, None for a reset."""
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
            except OSError:  # the receiver is gone: its own direction tells the sender, unless it is at its end already
                if not any(carrier.thread.is_alive() for carrier in self.link.carriers if carrier is not self):
                    self.link.reset(self.sender)
                return


def send_all(connection: socket.socket, data: bytes, given_up: Callable[[], object]) -> None:
    """Send all of the data on a socket that has a timeout; stop when given_up() is true."""
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
    """How many bytes were sent, and are not known to have arrived at the system of the other end; 0 where no one tells.

    Source: tcp(7), SIOCOUTQ, which termios calls TIOCOUTQ.
    """
    try:
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (ImportError, OSError, AttributeError):
        return 0


class Pace:
    """Keeps pieces apart that are sent one after another to a program, so that it receives each by itself.

    Linux tells how much a program has not received yet. Where that is not known, a short pause has to do. All
    is bounded, for a program that does not receive now: it may wait for its keyboard.
    """

    def __init__(self, connection: socket.socket, deadlines: Deadlines) -> None:
        self._connection = connection
        self._deadlines = deadlines
        self._bound: float = PIECE_BOUND
        self._left: float = PIECES_BOUND

    def wait_until_received(self) -> None:
        """Wait until the program at the other end has received all that was sent to it."""
        try:
            here, there = self._connection.getsockname(), self._connection.getpeername()
        except OSError:  # it is over
            return
        began = time.monotonic()
        end = began + min(self._bound, self._left)
        nothing = 0  # how often one after another nothing was unread
        while True:
            arrived = not unacknowledged(self._connection)  # asked first: what is under way is not unread yet
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
