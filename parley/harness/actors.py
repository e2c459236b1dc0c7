"""The actors of a scene: people and servers that the test plays, and a student's programs."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from parley.contract.errors import NotHere
from parley.contract.record import Failed, Record, first_difference, quoted
from parley.contract.story import actor
from parley.harness import sockdiag
from parley.harness.deadlines import Deadlines
from parley.harness.programs import LOOPBACK, Program, connects_from, how_it_ended
from parley.harness.sockdiag import Address
from parley.harness.wire import Pace, Target, port_of, reset_connection

TICK = 0.2  # seconds after which a blocked call checks whether the scene is over
WITHIN = 2  # seconds of a quick machine: limit for an answer
ONE_CHUNK = 48_000  # bytes that loopback carries in one piece; how a longer line arrives would be chance
MOST_PIECES = 50_000  # chunks that one person may receive, in addition to one for each byte of the text it waits for
MOST_LINES = 10_000  # lines that are skipped while waiting for one
CONNECTS = "connects"  # the hint for a client that never connects, in the suites that have it
COMES_WITHIN = 2.5  # seconds of a quick machine: limit for a client to start and connect
RESETS_WITHIN = 0.4  # seconds in which a reset arrives at the other end
PATIENT_FOR = 1  # seconds: so long any client waits for an answer when it connects; all give up within 2
GIVEN_UP_WITHIN = 0.5  # seconds to wait for a program that is known never to listen or connect
LAST_WORDS = 0.5  # seconds in which a program may exit after its connection ended
IDLE_WINDOW = 0.25  # seconds over which CPU time is measured
LINE_END = os.linesep.encode()  # how a line ends on a program's screen
IDLE_WINDOWS = 4  # number of windows, if the program used the processor at all
IDLE_LOOKS = 5  # in a window, at what the threads of the program do
IDLE_SHARE = 0.15  # of that window: an idle program uses less
IDLE_SHARE_LATER = 0.06  # of a longer window: a program with a window that polls 20 times a second uses 0.02

Facts = dict[str, object]  # values for the sentence of a cause
Reason = tuple[str, Facts]  # a key of CAUSES in story.py, and its facts


@dataclass(frozen=True)
class Wanted:
    """What a line must be: in words, and as a function of its text. `text`: the exact text, if there is one."""

    words: str
    fits: Callable[[str], object]
    text: str | None = None


def wanted(
    text: str | None = None,
    containing: str | None = None,
    check: Callable[[str], object] | None = None,
    words: str = "",
) -> Wanted:
    """Return the line wanted: exactly `text`, one that contains `containing`, or one for which check(line) is true."""
    if text is not None:
        return Wanted(f"the line {quoted(text)}", lambda line: line == text, text)
    if containing is not None:
        return Wanted(f"a line that contains {quoted(containing)}", lambda line: containing in line)
    return Wanted(words or "a line", check or (lambda line: True))


class Person:
    """Someone with a socket: Anna, Ben. The person's own thread receives incoming data immediately.

    Methods that do something return the person, so you can chain them. `hint`: the key of the hint to give if that step
    fails (default: the one of the test's mark).
    """

    def __init__(self, name: str, record: Record, deadlines: Deadlines) -> None:
        self.name = name
        self.record = record
        self.deadlines = deadlines
        self.peer = ""  # the name of the other end
        self.program: Program | None = None  # the program at the other end, even through a wire
        self.own_port: Callable[[], int] = lambda: 0  # the port from which the person connects
        self._socket: socket.socket | None = None
        self._inbox = bytearray()
        self._seen = 0  # bytes of the inbox that expectations have consumed
        self._searched = 0  # bytes of the inbox already searched for the next newline
        self._pieces = 0  # chunks received
        self._wanted = 0  # bytes of the text that the person waits for: a program may send each on its own
        self._end = ""  # "", "end", "reset" or "flood"
        self._receive_buffer: int | None = None
        self._within: float = WITHIN
        self._reader: threading.Thread | None = None
        self._taking = threading.Lock()  # held while data is received
        self._closing = False

    # what a person does

    def stops_reading(self, receive_buffer: int = 4096) -> Person:
        """Never receive anything, with a small receive buffer. Call it before the person connects."""
        self._receive_buffer = receive_buffer
        self.record.add(self.name, "stops reading")
        return self

    def waits_for(self, seconds: float) -> Person:
        """From now on, wait up to this many seconds (of a quick machine) for the peer, instead of WITHIN."""
        self._within = seconds
        return self

    def connects(self, target: Target, host: str | None = None, hint: str | None = None) -> Person:
        """Connect to a program, a wire or a host. `host`: another address of this machine to connect to."""
        cause = self._connect(target, host)
        if cause:
            raise self._failed("to be connected", *self._reason(cause), hint=hint)
        return self

    def tries_to_connect(self, target: Target) -> bool:
        """Connect if the target listens, and return whether it did."""
        return not self._connect(target)

    def sends(self, data: bytes | str, hint: str | None = None) -> Person:
        """Send bytes, or text as UTF-8. Raise Failed if the peer doesn't read them."""
        data = as_bytes(data)
        self.record.add(self.name, "sends", data, self.peer)
        rest = memoryview(data)

        def some_taken() -> bool:
            nonlocal rest
            try:
                rest = rest[self._connected.send(rest[:65536]) :]
            except TimeoutError:
                return False
            except OSError:  # the connection is over: the next receive tells how
                rest = rest[:0]
            return True

        while rest:
            if not self.deadlines.poll(some_taken, self._within):
                raise self._failed(
                    f"the {self.peer} to read everything that was sent", *self._reason("unread"), hint=hint
                )
        return self

    def says(self, line: bytes | str, hint: str | None = None) -> Person:
        """Send a line: this text and a newline. A long one arrives in two parts."""
        data = as_bytes(line) + b"\n"
        if len(data) <= ONE_CHUNK:
            return self.sends(data, hint)
        return self.sends_in_pieces(data[:ONE_CHUNK], data[ONE_CHUNK:], hint=hint)

    def sends_in_pieces(self, *pieces: bytes | str, hint: str | None = None) -> Person:
        """Send each chunk separately, once the program has received the previous one."""
        pace = Pace(self._connected, self.deadlines)
        for piece in pieces:
            self.sends(piece, hint)
            pace.wait_until_received()
        return self

    def ends(self) -> Person:
        """Close the sending side (EOF). The person still receives."""
        self.record.add(self.name, "ends stream", peer=self.peer)
        with contextlib.suppress(OSError):
            self._connected.shutdown(socket.SHUT_WR)
        return self

    def leaves(self, hint: str | None = None) -> Person:
        """Close the sending side, receive until the peer closes its own, then close."""
        self.ends().hears_out(hint).close()
        return self

    def resets(self, arrives: bool = False) -> Person:
        """Reset the connection, as happens when a program is killed or a network fails.

        `arrives`: wait until the other end has been reset, if the OS tells (Linux). A busy machine takes a moment.
        """
        self.record.add(self.name, "resets", peer=self.peer)
        self._stop_reader()
        connected, ends = self._connected, None
        if arrives:
            with contextlib.suppress(OSError):  # the other end has reset it before
                ends = connected.getpeername(), connected.getsockname()
        reset_connection(connected)
        if ends:
            self.deadlines.poll(lambda: sockdiag.unread(*ends) is None, RESETS_WITHIN)
        return self

    def close(self) -> None:
        """Close the socket, if there is one. Record nothing."""
        if self._socket is not None:
            self._stop_reader()
            self._socket.close()

    # what a person expects

    def was_received(self, hint: str | None = None) -> Person:
        """Expect the program at the other end to receive everything sent to it, if the OS tells (Linux)."""

        was_reset = False

        def taken() -> bool:
            nonlocal was_reset
            try:
                here, there = self._connected.getsockname(), self._connected.getpeername()
                unread = sockdiag.unread(there, here)
                self._connected.getpeername()  # again: it may have been reset in between
            except OSError:  # reset, because the peer closed with unread bytes
                was_reset = True
                return True
            return unread in (0, None)

        if not self.deadlines.poll(taken, self._within) or was_reset:
            expectation = f"the {self.peer} to receive everything that was sent"
            raise self._failed(expectation, *self._reason("unread"), hint=hint)
        return self

    def receives(self, data: bytes | str, hint: str | None = None) -> Person:
        """Expect exactly these bytes (or this text) next."""
        data = as_bytes(data)
        self._wanted = len(data)
        self._wait(lambda: self._waiting() >= len(data))
        received = self._next(len(data))
        if received != data:
            cause = self._why_bytes(data, received)
            raise self._failed(f"to receive {quoted(data)}", *cause, expected=data, received=received, hint=hint)
        self._seen += len(data)
        return self

    def receives_line(
        self,
        text: str | None = None,
        *,
        containing: str | None = None,
        check: Callable[[str], object] | None = None,
        words: str = "",
        hint: str | None = None,
    ) -> str:
        """Expect a line next, and return its text: exactly `text`, one that contains `containing`, or one for
        which check(line) is true, described by `words` ("a line that ...").
        """
        return self._line(wanted(text, containing, check, words), self._seen, hint)

    def _line(self, line: Wanted, since: int, hint: str | None) -> str:
        """Expect this line next. If it doesn't come, the story shows the inbox `since` that position."""
        self._wait(lambda: self._line_end() >= 0)
        raw = self._next_line()
        received = raw.rstrip(b"\r\n").decode(errors="replace")
        if raw.endswith(b"\n") and line.fits(received):
            self._seen += len(raw)
            return received
        expected = line.words if line.text is None else f"{line.text}\n".encode()
        cause = self._why_line(line, raw)
        came = raw or bytes(self._inbox[since:])
        raise self._failed(f"to receive {line.words}", *cause, expected=expected, received=came, hint=hint)

    def receives_lines(self, count: int, hint: str | None = None) -> list[str]:
        """Expect this many lines next, with any text, and return their texts."""
        return [self.receives_line(words=f"line {number} of {count}", hint=hint) for number in range(1, count + 1)]

    def receives_lines_until(
        self,
        containing: str | None = None,
        *,
        check: Callable[[str], object] | None = None,
        words: str = "",
        hint: str | None = None,
    ) -> list[str]:
        """Expect a line that contains this, or for which check(line) is true. Return its text after those of the lines
        before it.
        """
        line = wanted(None, containing, check, words)
        lines: list[str] = []
        since = self._seen
        while not lines or not line.fits(lines[-1]):
            if len(lines) >= MOST_LINES or self.deadlines.over():
                self._end = "flood" if len(lines) >= MOST_LINES else self._end
                cause = self._reason() if len(lines) >= MOST_LINES else ("out of time", {})
                both: dict[str, Any] = {"expected": line.words, "received": bytes(self._inbox[since:])}
                raise self._failed(f"to receive {line.words}", *cause, **both, hint=hint)
            lines.append(self._line(wanted(words=line.words), since, hint))
        return lines

    def receives_lines_until_end(self, or_reset: bool = False, hint: str | None = None) -> list[str]:
        """Expect EOF (or a reset, if allowed), possibly after some lines. Return their texts."""
        rest = self._seen
        self.hears_out(hint)._sees(("end", "reset") if or_reset else ("end",), "to see EOF", hint)
        return self.received()[rest:].decode(errors="replace").splitlines()

    def receives_nothing_before(self, containing: str, hint: str | None = None) -> str:
        """Expect the next line to contain this, and return its text. This proves, without waiting for silence, that
        nothing else was sent to this person before.
        """
        received = self.receives_line(words=f"a line that contains {quoted(containing)}", hint=hint)
        if containing in received:
            return received
        words = f"nothing before a line that contains {quoted(containing)}"
        facts = {"who": self.name, "other": self.peer}
        both = {"expected": words, "received": quoted(received)}
        raise self._failed(f"to receive {words}", "unwanted", facts, **both, hint=hint)

    def has_received_no_more(self, hint: str | None = None) -> Person:
        """Expect that nothing more has arrived so far. Don't wait for what may still come."""
        self.deadlines.poll(self._has_taken_all, self._within)
        self._has_no_more("to have received no more", hint)
        return self

    def sees_end(self, hint: str | None = None) -> Person:
        """Expect EOF next: nothing before it, and no reset."""
        return self._sees(("end",), "to see EOF", hint)

    def sees_end_or_reset(self, hint: str | None = None) -> Person:
        """Expect EOF or a reset next, and nothing before it."""
        return self._sees(("end", "reset"), "to see EOF or a reset", hint)

    def hears_out(self, hint: str | None = None) -> Person:
        """Receive and ignore everything until EOF or a reset."""
        if not self.deadlines.until(lambda: self._end, self._within):
            raise self._failed("to see EOF", *self._reason(), hint=hint)
        self._seen = len(self._inbox)
        return self

    @property
    def over(self) -> bool:
        """Whether the peer ended the stream or the connection was reset."""
        return bool(self._end)

    @property
    def port(self) -> int:
        """The port at this person's end of the connection. It identifies the client for a server."""
        port: int = self._connected.getsockname()[1]
        return port

    def received(self) -> bytes:
        """All bytes received so far, including those that no expectation has consumed."""
        return bytes(self._inbox)

    # how it is done

    @property
    def _connected(self) -> socket.socket:
        assert self._socket, f"{self.name} hasn't connected to anything."
        return self._socket

    def _connect(self, target: Target, host: str | None = None) -> str:
        """Connect. Return the cause if it failed, or ""."""
        self.peer, self.program = target.name, target.program
        self.record.add(self.name, "connects", peer=self.peer)
        connection = socket.socket()
        connection.settimeout(WITHIN)
        if self._receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        late = isinstance(target, Role)  # a wire must know the port before anyone connects
        try:
            connects_from(connection, host or LOOPBACK, self.own_port, late)
        except OSError as error:
            connection.close()
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            raise NotHere(f"This machine doesn't have the address {host}.") from None
        try:
            if not late:
                target.expects(connection.getsockname()[1], self.name)
            connection.connect((host or LOOPBACK, port_of(target)))
            if late:
                target.expects(connection.getsockname()[1], self.name)
        except ConnectionRefusedError:
            self.record.add(self.name, "is refused", peer=self.peer)
            connection.close()
            return "refused"
        except TimeoutError:
            connection.close()
            return "unanswered"
        except ConnectionError:  # it was connected, and reset immediately
            self._socket = connection
            self._keep("reset")
            return ""
        self._has(connection)
        return ""

    def _has(self, connection: socket.socket) -> Person:
        """Use this connection, and receive from it from now on."""
        self._socket = connection
        with contextlib.suppress(OSError):  # reset already: the reader will see it
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(TICK)  # for the reader and for sends: both continue after a timeout
        if not self._receive_buffer:
            arrivals = selectors.DefaultSelector()
            arrivals.register(connection, selectors.EVENT_READ)  # here: the thread may run when it is closed already
            reader = threading.Thread(target=self._read, args=[arrivals], daemon=True)
            reader.start()
            self._reader = reader  # not earlier: the thread that ends the scene waits for it
        return self

    def _stop_reader(self) -> None:
        self._closing = True
        if self._reader:
            with contextlib.suppress(OSError):
                self._connected.shutdown(socket.SHUT_RD)  # wakes it
            self._reader.join(2 * TICK)

    def _read(self, arrivals: selectors.BaseSelector) -> None:
        with arrivals:
            while not self._end and not self._closing:
                if arrivals.select(TICK):
                    self._take()

    def _take(self) -> None:
        with self._taking:
            try:
                data: bytes | str = self._connected.recv(65536)
            except TimeoutError:
                return
            except OSError:
                data = "reset"
            if not self._closing:
                self._keep(data)
        self.deadlines.tell()

    def _has_taken_all(self) -> bool:
        """Whether all that has arrived at the socket is in the inbox: on a busy machine it may wait for the reader."""
        if self._end or self._closing or not self._reader:
            return True
        with self._taking, selectors.DefaultSelector() as arrivals:
            arrivals.register(self._connected, selectors.EVENT_READ)
            return not arrivals.select(0)

    def _keep(self, data: bytes | str) -> None:
        """Store received data: bytes, b"" for EOF, or "reset"."""
        if isinstance(data, str) or not data:
            what = "reset" if data else "end"
            self.record.add(self.name, f"sees {what}", peer=self.peer)
            self._end = what
        else:
            self.record.add(self.name, "receives", data, self.peer)
            self._inbox += data
            self._pieces += 1
            if self._pieces > MOST_PIECES + self._wanted or not self.record.takes(len(data)):
                self._end = "flood"

    def _waiting(self) -> int:
        return len(self._inbox) - self._seen

    def _next(self, count: int) -> bytes:
        return bytes(self._inbox[self._seen : self._seen + count])

    def _line_end(self) -> int:
        """Return where the next line ends, or -1. (Search no byte twice: a line may never end.)"""
        arrived = len(self._inbox)
        found = self._inbox.find(b"\n", max(self._seen, self._searched), arrived)
        self._searched = arrived if found < 0 else found
        return found

    def _next_line(self) -> bytes:
        """Return the next line with its newline, or the part that has arrived."""
        end = self._line_end()
        return self._next(end + 1 - self._seen if end >= 0 else self._waiting())

    def _wait(self, ready: Callable[[], object]) -> None:
        """Wait until ready() is true, the connection is over, or nothing has arrived for too long."""
        while not ready() and not self._end:
            before = len(self._inbox)
            if not self.deadlines.until(partial(self._has_news, before), self._within):
                return

    def _has_news(self, before: int) -> bool:
        """Whether more than this many bytes have arrived, or the connection is over."""
        return bool(self._end) or len(self._inbox) > before

    def _sees(self, ends: tuple[str, ...], expectation: str, hint: str | None) -> Person:
        self._wait(self._waiting)
        self._has_no_more(expectation, hint)
        if self._end not in ends:
            raise self._failed(expectation, *self._reason(), hint=hint)
        return self

    def _has_no_more(self, expectation: str, hint: str | None) -> None:
        if more := self._next(self._waiting()):
            facts = {"other": self.peer, "count": len(more)}
            raise self._failed(expectation, "too much", facts, expected=b"", received=more, hint=hint)

    def _why_bytes(self, expected: bytes, received: bytes) -> Reason:
        """Return why these bytes aren't the expected ones: a cause and its facts."""
        if not expected.startswith(received):
            return "other bytes", {"number": first_difference(expected, received) + 1}
        cause, facts = self._reason()
        if cause == "silence" and received:
            return "part", facts | {"count": len(received), "total": len(expected)}
        return cause, facts

    def _why_line(self, line: Wanted, raw: bytes) -> Reason:
        """Return why this isn't the line wanted: a cause and its facts."""
        if line.text is not None:
            return self._why_bytes(f"{line.text}\n".encode(), raw)
        if raw.endswith(b"\n"):
            return "other line", {"other": self.peer}
        cause, facts = self._reason()
        return ("no line end", facts) if cause == "silence" and raw else (cause, facts)

    def _reason(self, cause: str = "silence") -> Reason:
        """Return why nothing more arrived, judging by the connection and the program at its other end."""
        facts = {"who": self.name, "other": self.peer, "seconds": self._within}
        if self._end == "flood":
            sent = f"it sent {len(self._inbox):,} bytes in {self._pieces:,} chunks"
            return "floods", {"who": self.peer, "what": f"{sent}, more than any test asks for"}
        if self.program:
            if self._end or cause == "refused":
                self.program.wait_until_it_ends(LAST_WORDS)
            found = trouble(self.program)
            if found:
                return found
        return (self._end or cause), facts

    def _failed(
        self,
        expectation: str,
        cause: str,
        facts: Mapping[str, object],
        *,
        expected: bytes | str | None = None,
        received: bytes | str | None = None,
        hint: str | None = None,
    ) -> Failed:
        if self.deadlines.out_of_time:
            cause, facts = "out of time", {"seconds": self.deadlines.seconds}
        both = {"expected": expected, "received": received}
        return Failed(self.record, self.name, expectation, cause, facts, **both, hint=hint)


class Host:
    """A server played by the test, for a client to talk to."""

    program: Program | None = None  # the test plays it, no student's program

    def __init__(
        self, name: str, record: Record, deadlines: Deadlines, listener: socket.socket, listens: bool = True
    ) -> None:
        """Accept connections on this socket, if it listens."""
        self.name = name
        self.record = record
        self.deadlines = deadlines
        self.comes_within: float = COMES_WITHIN
        self.waited_in_vain = False  # for a client that neither exited nor connected
        self.answers_within: float = WITHIN
        self._listener = listener
        self._listener.settimeout(TICK)
        self.own_port: Callable[[], int] = lambda: 0  # the port from which the person connects
        self._fillers: list[socket.socket] = []
        self.address: Address = self._listener.getsockname()
        self.visitor: Role | None = None  # the program that should connect
        self.given_up: Callable[[str], bool] = lambda program: False  # as Scene.given_up
        self.people: list[Person] = []
        if listens:
            record.add(name, "listens", note="played by the test")

    def expects(self, port: int, name: str) -> None:
        """(A host doesn't need to know who connects.)"""

    def accepts(self, hint: str | None = None) -> Person:
        """Expect a client to connect, and return this end of the connection as a Person.

        The hint is CONNECTS, in the suites that have it, if no client has ever connected.
        """
        accepted: list[socket.socket] = []

        def came() -> object:
            self._listener.settimeout(0 if self.given_up("client") else TICK)
            with contextlib.suppress(TimeoutError, BlockingIOError):
                accepted.append(self._listener.accept()[0])
            return accepted or (self.visitor and self.visitor.ended) or self.given_up("client")

        enough = self.visitor.had_its_time if self.visitor else lambda: False
        self.deadlines.poll(came, self.comes_within, enough)
        visitor = self.visitor.name if self.visitor else "client"
        given_up = self.given_up("client") or (self.visitor and self.visitor.is_given_up())
        if not accepted and given_up and not self.people:
            raise Failed(self.record, self.name, f"{actor(visitor)} to connect", "not reached", {})
        if not accepted:
            self.waited_in_vain = not (self.people or (self.visitor and self.visitor.ended_by_itself))
            reason = self.visitor and trouble(self.visitor)
            cause, facts = reason or ("nobody came", {"who": visitor, "seconds": self.comes_within})
            hint = hint or (None if self.people else CONNECTS)
            raise Failed(self.record, self.name, f"{actor(visitor)} to connect", cause, facts, hint=hint)
        self.record.add(self.name, "accepts", peer=visitor)
        person = Person(self.name, self.record, self.deadlines).waits_for(self.answers_within)
        person.peer, person.program = visitor, self.visitor
        self.people.append(person)
        return person._has(accepted[0])

    def never_answers(self) -> Host:
        """From now on, answer no client: neither accept nor refuse it.

        This fills the accept queue, so that the OS ignores further clients. Raise NotHere if it refuses them instead
        (Windows).
        """
        self._listener.listen(0)
        for _ in range(300):
            filler = socket.socket()
            filler.settimeout(0.05)  # on loopback the OS answers immediately, if at all
            self._fillers.append(filler)
            connects_from(filler, LOOPBACK, self.own_port)
            try:
                filler.connect(self.address)
            except TimeoutError:
                self.record.add(self.name, "waits", note="never answers")
                return self
            except OSError:
                break
        raise NotHere("This operating system answers every client, even where no program accepts.")

    def close(self) -> None:
        """Close all sockets of this host."""
        for connection in (self._listener, *self._fillers):
            connection.close()
        for person in self.people:
            person.close()


AnyRole = TypeVar("AnyRole", bound="Role")  # most expectations of a program return the program


class Role(Program):
    """A student's program in its role, with what a test can expect of it. Expectations raise Failed."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._seen = {"prints": 0, "logs": 0}
        self._passed_over = {"prints": b"", "logs": b""}  # lines before the one found last
        self.began = time.monotonic()
        self.alone_at = self.began  # when it was last seen without a connection to the host that never answers
        self.starts_within: float = COMES_WITHIN
        self.answers_within: float = WITHIN
        self.given_up: Callable[[], bool] = lambda: False  # whether the program is known never to listen or connect
        self.forgiven = False
        self.visitors: dict[int, str] = {}  # port -> name of the person who connects from it

    def expects(self, port: int, name: str) -> None:
        """Note who connects from this port: the program's sockets show only the port."""
        self.visitors[port] = name

    def presses_ctrl_c(self: AnyRole) -> AnyRole:
        """Press Ctrl+C, and expect the program to run until then: an earlier exit is no answer to Ctrl+C. Raise NotHere
        on Windows.
        """
        if os.name != "nt":
            self._let_it_rest()
            if self.is_over():
                self.wait_until_it_ends()
                raise self._failed("to run until Ctrl+C is pressed", *self._what_was_seen())
        return super().presses_ctrl_c()

    def connects_to(self, silent: Host) -> bool:
        """Wait until the program is waiting for this host, which never answers. Return whether it is: it gives up by
        itself, and not each OS tells what a program waits for.
        """
        waits = False

        def decided() -> bool:
            nonlocal waits
            asked = time.monotonic()
            waits = self.connections_to(silent.address[1]) > 0
            if not waits:
                self.alone_at = asked
            return waits or self.is_over() or self.given_up()

        self.deadlines.poll(decided, self.starts_within)
        return waits

    def is_interrupted(self) -> bool:
        """Press Ctrl+C at once, without waiting for a moment of rest. Return whether the program had waited for so
        short a time that it can't have given up by itself.
        """
        super().presses_ctrl_c()
        return time.monotonic() - self.alone_at < PATIENT_FOR

    def may_have_a_traceback(self: AnyRole) -> AnyRole:
        """Don't fail because of a traceback in the log, now or at the end of the scene."""
        self.forgiven = True
        return self

    def prints(
        self,
        text: str | None = None,
        *,
        containing: str | None = None,
        check: Callable[[str], object] | None = None,
        words: str = "",
        hint: str | None = None,
    ) -> str:
        """Expect another line on the screen, possibly after others, and return it.

        It must end with `text` (a prompt may come before it), contain `containing`, or make check(line) true, described
        by `words` ("a line that ...").
        """
        line = wanted(None, containing, check, words)
        if text is not None:
            line = Wanted(f"a line that ends with {quoted(text)}", lambda shown: shown.endswith(text), text)
        return self._shows("prints", line, hint)

    def prints_next(self: AnyRole, text: str, among: str, hint: str | None = None) -> AnyRole:
        """Expect the next line on the screen that contains `among` to end with `text`. So none of these lines is
        missing, repeated or out of order.
        """
        line = self._shows("prints", wanted(containing=among), hint)
        if not line.endswith(text):
            expected = f"a line that ends with {quoted(text)}"
            expectation = f"to print {expected} next"
            both = {"expected": expected, "received": quoted(line)}
            raise self._failed(expectation, "unwanted print", {}, **both, hint=hint)
        return self

    def logs(
        self,
        *,
        containing: str | None = None,
        check: Callable[[str], object] | None = None,
        words: str = "",
        unlike: str = "",
        hint: str | None = None,
    ) -> str:
        """Expect another line in the log (standard error), as prints() does for the screen. By default any line with a
        word or a sign in it will do, or with one that the line `unlike` doesn't have.
        """
        says_more = check or (lambda line: _words_of(line) - _words_of(unlike))
        return self._shows("logs", wanted(None, containing, says_more, words or "any line"), hint)

    def has_not_printed(self: AnyRole, text: str, after: str = "", hint: str | None = None) -> AnyRole:
        """Expect that this text isn't on the screen so far, or in no line after the text `after`."""
        place = f" after {quoted(after)}" if after else ""
        for line in self._lines("prints"):
            if after in line and text in line[line.index(after) + len(after) :]:
                expectation = f"not to print {quoted(text)}{place}"
                raise self._failed(expectation, "unwanted print", {}, received=quoted(line), hint=hint)
        return self

    def holds(
        self: AnyRole, name: str, texts: Iterable[str], read: Callable[[str], str] = str, hint: str | None = None
    ) -> AnyRole:
        """Expect a file in the working directory to have exactly these lines now. read(line) returns the part of a line
        to compare (default: all of it).
        """
        content = self.file(name)
        if content is None:
            raise self._failed(f"to have a file {name}", "no file", {"file": name}, hint=hint)
        lines = content.replace(os.linesep.encode(), b"\n").decode(errors="backslashreplace").split("\n")
        lines = lines if lines[-1] else lines[:-1]
        for number, (text, line) in enumerate(itertools.zip_longest(texts, lines), 1):
            if text is None or line is None or read(line) != text:
                shown = ["no further line" if told is None else quoted(told) for told in (text, line)]
                expectation = f"to have exactly the right lines in {name}"
                facts = {"file": name, "number": number}
                raise self._failed(expectation, "other file", facts, expected=shown[0], received=shown[1], hint=hint)
        return self

    def ends(self: AnyRole, status: int | None = 0, within: float | None = None, hint: str | None = None) -> AnyRole:
        """Expect the program to exit by itself with this status (None: any), within this many seconds of a quick
        machine. The default is WITHIN plus the time it may need to start, or GIVEN_UP_WITHIN for a program that is
        given up.
        """
        expectation = "to exit" if status is None else f"to exit with status {status}"
        starting = max(0, self.began + self.starts_within - time.monotonic()) if within is None else 0
        within = within or WITHIN
        self.deadlines.poll(lambda: self.ended or self.given_up(), within + starting)
        if self.given_up() and not self._ends_soon(within + starting):
            raise self._failed(expectation, "not reached", {}, hint=hint)
        if not self.ended:
            cause = trouble(self) or ("goes on", {"who": self.name, "seconds": within})
            raise self._failed(expectation, *cause, hint=hint)
        if self.uncaught() or self.overflow:
            raise self._failed(expectation, *self._what_was_seen(), hint=hint)
        if status is not None and self.status != status:
            raise self._failed(
                expectation, "other status", {"status": how_it_ended(self.status), "wanted": status}, hint=hint
            )
        return self

    def ends_with_a_sentence(
        self: AnyRole,
        status: int | None = 1,
        within: float | None = None,
        besides: Role | None = None,
        unlike: str = "",
        hint: str | None = None,
    ) -> AnyRole:
        """Expect the program to exit as in ends(), and to print why: some text, no traceback. With status 1 it is an
        error, on standard error. With status 0 it is a notice to the user, on standard output. What the program said
        before has_had_its_say() is no reason.

        `besides`: a run of the same program that did its work. The lines it printed too (such as the question for a
        name) are no reason. Nor is a line that ends with `unlike`.
        """
        before = dict(self._seen)
        self.ends(status, within, hint)
        no_reason = unlike.encode() or b"\n"  # no line ends with this one

        def reasons(said: bytes, usual: bytes) -> bool:
            lines = set(said.splitlines()) - set(usual.splitlines())
            return any(line.strip() and not line.endswith(no_reason) for line in lines)

        logged = reasons(self.logged[before["logs"] :], besides.logged if besides else b"")
        printed = reasons(self.printed[before["prints"] :], besides.printed if besides else b"")
        if not logged and not printed:
            raise self._failed("to print why it exits", "wordless", {}, hint=hint)
        if not logged and status == 1:
            raise self._failed("to print why it exits on standard error", "other stream", {}, hint=hint)
        if not printed and status == 0:
            raise self._failed("to print why it exits on standard output", "only logged", {}, hint=hint)
        return self

    def rests(self: AnyRole, hint: str | None = None) -> AnyRole:
        """Expect the program to be idle when there's nothing to do: for a moment it uses hardly any CPU time.

        A program that exited counts as idle. If it shouldn't have exited, the next expectation fails.
        """
        if spins(self) and not self.ended:
            raise self._failed("to rest", *self._what_was_seen(), hint=hint)
        return self

    def comes_to_rest(self: AnyRole) -> AnyRole:
        """Let the program read what was typed and finish its reaction, before the scene continues.

        A program that is given up does neither.
        """
        if not self.given_up():
            self.wait_until_it_rests()
        return self

    def has_had_its_say(self: AnyRole) -> AnyRole:
        """Let the program finish its reaction. From now on, only what it prints and logs later counts."""
        self.comes_to_rest()
        self._seen = {what: len(said) for what, said in self._streams.items()}
        return self

    def uses_at_most(self: AnyRole, memory: int, hint: str | None = None) -> AnyRole:
        """Expect the program to use at most this many bytes of memory now."""
        used = self.memory()
        if used > memory:
            facts = {"used": used // 1024**2, "most": memory // 1024**2}
            raise self._failed("not to use more and more memory", "grows", facts, hint=hint)
        return self

    def has_no_traceback(self: AnyRole, hint: str | None = None) -> AnyRole:
        """Expect no traceback in the log so far."""
        if self.uncaught():
            raise self._failed("to have no traceback in its log", *self._what_was_seen(), hint=hint)
        return self

    def is_given_up(self) -> bool:
        """Whether the program still runs, is known never to listen or connect, and nothing else is wrong."""
        return self.given_up() and not self.ended and not self.uncaught() and not self.overflow

    # how it is done

    def _ends_soon(self, most: float) -> bool:
        """Whether the program exits right after its start, which takes at most this many seconds."""
        self.deadlines.poll(lambda: self.ended or self.has_begun(), most)
        return self.wait_until_it_ends(GIVEN_UP_WITHIN)

    def _lines(self, what: str) -> list[str]:
        data = self.printed if what == "prints" else self.logged
        return data.decode(errors="replace").splitlines()

    def _what_was_seen(self) -> Reason:
        """Return what is wrong with the program. (Busy a moment ago still counts as busy.)"""
        return trouble(self) or ("spins", {"who": self.name})

    def _shows(self, what: str, wanted_line: Wanted, hint: str | None) -> str:
        """Wait for a line on the screen or in the log, after the one that the last expectation found."""
        stream = self._streams[what]
        start = self._seen[what]
        found: list[str] = []

        def look() -> list[str]:
            while not found and (end := stream.find(b"\n", self._seen[what])) >= 0:
                line = bytes(stream[self._seen[what] : end]).removesuffix(LINE_END[:-1]).decode(errors="replace")
                if wanted_line.fits(line):
                    found.append(line)
                    self._passed_over[what] = bytes(stream[start : self._seen[what]])
                self._seen[what] = end + 1
            return found

        if self.deadlines.until(lambda: look() or self.ended, self.answers_within) and look():
            return found[0]
        verb = "print" if what == "prints" else "log"
        shown = bytes(stream[start:])
        silent = "silent screen" if what == "prints" else "silent log"
        cause = trouble(self) or ("other print" if shown else silent, {"seconds": self.answers_within})
        both: dict[str, Any] = {"expected": wanted_line.words, "received": shown or self._passed_over[what]}
        raise self._failed(f"to {verb} {wanted_line.words}", *cause, **both, hint=hint)

    def _failed(
        self,
        expectation: str,
        cause: str,
        facts: Mapping[str, object],
        *,
        expected: bytes | str | None = None,
        received: bytes | str | None = None,
        hint: str | None = None,
    ) -> Failed:
        if self.deadlines.out_of_time:
            cause, facts = "out of time", {"seconds": self.deadlines.seconds}
        facts = {"who": self.name, **facts}
        both = {"expected": expected, "received": received}
        return Failed(self.record, "test", f"{actor(self.name)} {expectation}", cause, facts, **both, hint=hint)


def trouble(program: Program) -> Reason | None:
    """Return what is visibly wrong with this program: a cause and its facts, or None."""
    facts: Facts = {"who": program.name, "status": how_it_ended(program.status), "exception": program.uncaught()}
    facts["where"] = program.uncaught_at() if facts["exception"] else ""
    if program.overflow:
        return "floods", facts | {"what": program.overflow}
    if program.ended:
        return ("crashed" if facts["exception"] else "ended"), facts
    if facts["exception"]:
        return "traceback", facts
    return ("spins", facts) if spins(program) else None


def spins(program: Program) -> bool:
    """Whether the program uses the processor all the time, measured while nothing happens.

    If it does, measure again for longer, because on a busy machine it may get little CPU time at first. A program that
    gets none, but would run at every look if it had a processor, spins as well. On a slow machine all measurements
    take longer.
    """
    began, before = time.monotonic(), program.cpu_seconds()
    windows = eager = 0
    while True:
        would_run = _would_run(program, IDLE_WINDOW * program.deadlines.factor)
        windows, eager = windows + 1, eager + 1 if would_run else 0
        used = program.cpu_seconds() - before
        if used > max(IDLE_SHARE * IDLE_WINDOW, IDLE_SHARE_LATER * (time.monotonic() - began)) or eager == IDLE_WINDOWS:
            return True
        if not would_run and (not used or windows >= IDLE_WINDOWS):
            return False


def _would_run(program: Program, seconds: float) -> bool:
    """Let this many seconds pass. Return whether a thread of the program ran or waited for a processor at each look."""
    looks = []
    for _ in range(IDLE_LOOKS):
        program.deadlines.watch(seconds / IDLE_LOOKS)
        looks.append(program.would_run())
    return all(looks)


def _words_of(line: str) -> set[str]:
    """Return the words in a line, and the signs that stand alone, such as the "+" in "+ Anna": a time has none."""
    return set(re.findall(r"[^\W\d_]+|(?<!\S)[^\w\s]+(?!\S)", line))


def as_bytes(data: bytes | str) -> bytes:
    """Return text as UTF-8, and bytes unchanged."""
    return data.encode() if isinstance(data, str) else bytes(data)
