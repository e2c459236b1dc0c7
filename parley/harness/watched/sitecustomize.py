"""Writes down what a program's threads do, so that they can be drawn. Python loads this file by itself at start.

Only runs for display load it (see watching.py), never one that decides about points. The program behaves as always. In
the folder PARLEY_EXAMINES it writes the file "moments". That has a line of JSON each time a thread begins, ends, waits,
continues, puts something into a queue or takes it out, sets an event, or prints.
"""

from __future__ import annotations

import builtins
import functools
import io
import itertools
import json
import os
import queue
import select
import selectors
import socket
import sys
import threading
import time
import weakref

TYPE_CHECKING = False  # importing typing would slow down each start
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

MOST = 5000  # moments of one program
MOST_DATA = 1000  # bytes of what was sent, received, typed, printed or put
MOST_FRAMES = 20  # frames between a call that waits and the program's line that leads to it


def write_moments(folder: str, own: str) -> None:
    """Begin to write. `folder`: where; `own`: the folder of the program's own files."""
    try:
        file = os.open(os.path.join(folder, "moments"), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except FileExistsError:  # a process that the program started
        return
    here = threading.local()  # number: of this thread; inside: whether it is in a watched call already
    numbers, written = itertools.count(), itertools.count()
    names: dict[int, tuple[object, str]] = {}  # id of an object -> the object, and its name in the program
    peers: weakref.WeakKeyDictionary[socket.socket, int] = weakref.WeakKeyDictionary()  # the port at the other end
    shut: weakref.WeakSet[socket.socket] = weakref.WeakSet()  # this side closed its sending side

    def number() -> int:
        if not hasattr(here, "number"):
            here.number = next(numbers)
        return int(here.number)

    def write(what: str, data: bytes | str = b"", **fields: object) -> None:
        if next(written) < MOST:
            raw = data if isinstance(data, bytes) else data.encode(errors="replace")
            moment = {"at": time.perf_counter(), "thread": number(), "name": threading.current_thread().name}
            moment |= {"what": what, "data": raw[:MOST_DATA].decode("latin-1"), "size": len(raw)}
            os.write(file, json.dumps(moment | fields).encode() + b"\n")

    def own_frame() -> FrameType | None:
        frame: FrameType | None = sys._getframe(2)
        for _ in range(MOST_FRAMES):
            if frame is None or frame.f_code.co_filename.startswith(own):
                return frame
            frame = frame.f_back
        return None

    def name_of(thing: object, frame: FrameType) -> str:
        """Return the program's name for this object: of a variable or an attribute."""
        if id(thing) not in names:
            attributes = getattr(frame.f_locals.get("self"), "__dict__", {})
            known = itertools.chain(frame.f_globals.items(), attributes.items(), frame.f_locals.items())
            found = (name for name, value in known if value is thing)
            names[id(thing)] = (thing, next(found, type(thing).__name__.lower()))
        return names[id(thing)][1]

    def peer_of(connection: socket.socket) -> int:
        if connection not in peers:
            try:
                peers[connection] = connection.getpeername()[1]
            except (OSError, IndexError):
                return 0
        return peers[connection]

    def watched(
        call: str,
        original: Callable[..., Any],
        about: Callable[..., dict[str, Any]],
        result: Callable[..., dict[str, Any]] = lambda *_: {},
    ) -> Callable[..., Any]:
        """Return the same function, but writing down when it is called and when it returns.

        `about(frame, *args)` and `result(returned, *args)`: what to write before and after.
        """

        @functools.wraps(original)
        def calls(*args: Any, **named: Any) -> Any:
            frame = None if getattr(here, "inside", False) else own_frame()
            if frame is None:
                return original(*args, **named)
            here.inside = True
            try:
                fields = {"call": call, "line": frame.f_lineno, **about(frame, *args)}
                write("waits", **fields)
                fields.pop("data", None)
                try:
                    returned = original(*args, **named)
                except BaseException as error:
                    write("goes on", **fields, error=type(error).__name__)
                    raise
                write("goes on", **{**fields, **result(returned, *args)})
                return returned
            finally:
                here.inside = False

        return calls

    def in_it(call: str, kind: Any, name: str, *more: Any) -> None:
        setattr(kind, name, watched(call, getattr(kind, name), *more))

    # sockets

    def connection(frame: FrameType, conn: socket.socket, *_: object) -> dict[str, Any]:
        return {"peer": peer_of(conn)}

    def sent(frame: FrameType, conn: socket.socket, data: Any, *_: object) -> dict[str, Any]:
        return {"peer": peer_of(conn), "data": bytes(data)}

    in_it("recv", socket.socket, "recv", connection, lambda data, *_: {"data": data})
    in_it("recv", socket.socket, "recv_into", connection, lambda n, _, into, *__: {"data": bytes(into[:n])})
    in_it("send", socket.socket, "sendall", sent)
    in_it("send", socket.socket, "send", sent, lambda count, *_: {"sent": count})
    in_it("accept", socket.socket, "accept", lambda *_: {}, lambda pair, *_: {"peer": peer_of(pair[0])})
    in_it("connect", socket.socket, "connect", lambda _, __, where: {"peer": where[1]})

    def ends_stream(original: Callable[..., Any], ends: Callable[..., bool]) -> Callable[..., Any]:
        @functools.wraps(original)
        def calls(conn: socket.socket, *args: Any) -> Any:
            frame = own_frame()
            if frame and ends(*args) and peer_of(conn) and conn not in shut:
                shut.add(conn)
                write("ends stream", line=frame.f_lineno, peer=peer_of(conn))
            return original(conn, *args)

        return calls

    for name, ends in (("shutdown", lambda how: how != socket.SHUT_RD), ("close", lambda: True)):
        setattr(socket.socket, name, ends_stream(getattr(socket.socket, name), ends))

    # queues: written down while the queue is locked, so the order of put and get is right

    pending: weakref.WeakKeyDictionary[Any, list[tuple[object, int]]] = weakref.WeakKeyDictionary()
    items = itertools.count()

    def told(item: object) -> str:
        """Return the repr, but name a connection after its other end, even if that disconnected."""
        if isinstance(item, socket.socket):
            return f"<socket.socket raddr=('', {peer_of(item)})>"
        return f"({', '.join(map(told, item))})" if type(item) in (tuple, list) else repr(item)  # type: ignore[call-overload]

    def put(line_up: Any, item: object) -> None:
        item_number = next(items)
        pending.setdefault(line_up, []).append((item, item_number))
        write("puts", told(item), on=on_queue.get(id(line_up), "queue"), item=item_number)
        original_put(line_up, item)

    def get(line_up: Any) -> Any:
        item = original_get(line_up)
        known = pending.get(line_up, [])
        place = next((place for place, (waiting, _) in enumerate(known) if waiting is item), None)
        if place is not None:
            write("takes", on=on_queue.get(id(line_up), "queue"), item=known.pop(place)[1])
        return item

    on_queue: dict[int, str] = {}

    def named(frame: FrameType, thing: object, *_: object) -> dict[str, Any]:
        name = name_of(thing, frame)
        if isinstance(thing, queue.Queue):
            on_queue[id(thing)] = name
        return {"on": name}

    original_put, original_get = queue.Queue._put, queue.Queue._get
    queue.Queue._put, queue.Queue._get = put, get  # type: ignore[assignment, method-assign]
    in_it("put", queue.Queue, "put", named)
    in_it("get", queue.Queue, "get", named)

    # threads, events, conditions and locks

    def joined(frame: FrameType, thread: threading.Thread, *_: object) -> dict[str, Any]:
        return {"on": thread.name, "other": getattr(thread, "parley_number", -1)}

    in_it("join", threading.Thread, "join", joined)
    in_it("wait", threading.Event, "wait", named, lambda is_set, *_: {} if is_set else {"error": "TimeoutError"})
    in_it("wait", threading.Condition, "wait", named, lambda woken, *_: {} if woken else {"error": "TimeoutError"})

    def sets(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def calls(thing: object, *args: Any, **more: Any) -> Any:
            frame = None if getattr(here, "inside", False) else own_frame()
            if frame is None:
                return original(thing, *args, **more)
            write("sets", line=frame.f_lineno, on=name_of(thing, frame))
            here.inside = True
            try:
                return original(thing, *args, **more)
            finally:
                here.inside = False

        return calls

    threading.Event.set = sets(threading.Event.set)  # type: ignore[method-assign]
    threading.Condition.notify = sets(threading.Condition.notify)  # type: ignore[method-assign]

    def start(thread: threading.Thread) -> None:
        run, starter = thread.run, number()
        thread.parley_number = next(numbers)  # type: ignore[attr-defined]

        def runs() -> None:
            here.number = thread.parley_number  # type: ignore[attr-defined]
            write("begins", other=starter)
            try:
                run()
            finally:
                write("ends")

        thread.run = runs  # type: ignore[method-assign]
        was_inside, here.inside = getattr(here, "inside", False), True  # it waits a moment until the thread has started
        try:
            original_start(thread)
        finally:
            here.inside = was_inside

    original_start = threading.Thread.start
    threading.Thread.start = start  # type: ignore[assignment, method-assign]

    class Lock:
        """A lock that writes down when a thread must wait for it."""

        def __init__(self, real: Any) -> None:
            self._real, self._wanted = real, 0

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if self._real.acquire(False):
                return True
            frame = own_frame()
            if not blocking or frame is None:
                return bool(self._real.acquire(blocking, timeout))
            fields = {"call": "lock", "line": frame.f_lineno, "on": name_of(self, frame)}
            self._wanted += 1
            write("waits", **fields)  # type: ignore[arg-type]
            got = self._real.acquire(blocking, timeout)
            self._wanted -= 1
            write("goes on", **fields, **({} if got else {"error": "TimeoutError"}))  # type: ignore[arg-type]
            return bool(got)

        def release(self) -> None:
            frame = own_frame()
            if self._wanted and frame:
                write("sets", line=frame.f_lineno, on=name_of(self, frame))
            self._real.release()

        def __enter__(self) -> bool:
            return self.acquire()

        def __exit__(self, *_: object) -> None:
            self.release()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

    def locks(make: Callable[[], Any]) -> Callable[[], Any]:
        """Watch only locks that the program itself makes, not those inside queues and logs."""
        return lambda: Lock(make()) if sys._getframe(1).f_code.co_filename.startswith(own) else make()

    threading.Lock, threading.RLock = locks(threading.Lock), locks(threading.RLock)  # type: ignore[assignment]

    # other calls that wait, the keyboard and the screen

    for call, module, name in (
        ("sleep", time, "sleep"),
        ("select", select, "select"),
        ("select", selectors.DefaultSelector, "select"),
    ):
        in_it(call, module, name, lambda *_: {})

    def shutdown() -> None:
        write("waits", call="end")
        original_shutdown()

    original_shutdown = threading._shutdown  # type: ignore[attr-defined]
    threading._shutdown = shutdown  # type: ignore[attr-defined]

    class Keyboard(io.TextIOWrapper):
        """The keyboard's input, which writes down when it is waited for."""

        mode = "r"

    def typed(text: str, *_: object) -> dict[str, Any]:
        return {"data": text}

    for name in ("readline", "__next__", "read"):
        in_it("input", Keyboard, name, lambda *_: {}, typed)
    if isinstance(sys.stdin, io.TextIOWrapper):
        newline = None if sys.platform == "win32" else "\n"
        encoding, errors = sys.stdin.encoding, sys.stdin.errors
        # the old one releases the buffer: at exit it would close it, while a daemon thread may be reading from it
        sys.stdin = Keyboard(sys.stdin.detach(), encoding, errors, newline)
        setattr(sys, "__stdin__", sys.stdin)  # noqa: B010 (mypy takes it for final)

    def prints(*values: object, **named: Any) -> None:
        frame = own_frame()
        if frame and named.get("file") in (None, sys.stdout):
            text = str(named.get("sep") or " ").join(map(str, values))
            write("prints", text, line=frame.f_lineno)
        original_print(*values, **named)

    original_print = builtins.print
    builtins.print = prints
    number()  # the main thread is the first


if os.environ.get("PARLEY_EXAMINES"):
    write_moments(os.environ["PARLEY_EXAMINES"], os.environ.get("PARLEY_OWN", ""))
