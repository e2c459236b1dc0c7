"""What a program that is examined writes down about itself. Python loads this file by itself as it starts.

Only runs that explain have it (see positions.py): never one that a point depends on. The program does what it always
does; its arguments, its folder and its own modules are the same. In the folder PARLEY_EXAMINES it leaves two files
(and what it starts in turn, which finds them there, leaves none):

    events  a line of JSON for each exception raised in its own lines (also those that are caught), each address
            bound or connected, and each file opened to be written
    stacks  a line of JSON each time it gets the signal SIGUSR2: where its threads stand. Python's faulthandler tells
            that too, but without Python's lock: if a thread runs at that moment, the whole program may crash
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

TYPE_CHECKING = False  # typing itself would cost each start a moment
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

MOST = 400  # events of one program
MOST_ALIKE = 4  # of one kind in one line
MOST_THREADS = 100
MOST_INNER, MOST_OUTER = 40, 10  # frames of one thread


def instrument(folder: str, own: str) -> None:
    """Begin to write down; `folder`: where to, `own`: the folder of the program's own files."""
    try:
        events = os.open(os.path.join(folder, "events"), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except FileExistsError:
        return
    seen: dict[tuple[str, int, Any], int] = {}

    def note(what: str, frame: FrameType | None, **details: Any) -> None:
        line, function = (frame.f_lineno, frame.f_code.co_name) if frame else (0, "")
        kind = (what, line, details.get("exception"))
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= MOST_ALIKE and len(seen) <= MOST:
            fields = {"what": what, "line": line, "function": function, **details}
            os.write(events, json.dumps(fields).encode() + b"\n")

    def is_own(frame: FrameType) -> bool:
        return frame.f_code.co_filename.startswith(own)

    def nearest(frame: FrameType | None) -> FrameType | None:
        while frame and not is_own(frame):
            frame = frame.f_back
        return frame

    def raised(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "exception":
            kind, value, trace = arg
            deeper = trace and trace.tb_next  # none in a coroutine that has only waited
            while deeper and not is_own(deeper.tb_frame):
                deeper = deeper.tb_next
            if deeper is None and not issubclass(kind, StopIteration | GeneratorExit | StopAsyncIteration):
                thread = threading.current_thread().name
                note("raises", frame, exception=kind.__name__, message=str(value)[:200], thread=thread)
        return raised

    def called(frame: FrameType, event: str, arg: Any) -> Any:
        if not is_own(frame):
            return None
        frame.f_trace_lines = False
        return raised

    def happened(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.bind", "socket.connect"):
            address = args[1]
            if isinstance(address, tuple):
                what = "binds" if event == "socket.bind" else "connects"
                note(what, nearest(sys._getframe(1)), host=str(address[0]), port=address[1])
        elif event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
            frame = nearest(sys._getframe(1))
            if frame:
                note("opens", frame, path=str(args[0]), mode=args[1])

    sys.addaudithook(happened)
    threading.settrace(called)
    sys.settrace(called)
    if hasattr(signal, "SIGUSR2"):
        tell_stacks(os.path.join(folder, "stacks"))


def tell_stacks(path: str) -> None:
    """From now on, write down where the threads stand each time the signal comes.

    Only the main thread heeds signals, and Python goes on with whatever it waited in (PEP 475): the program does not
    notice.
    """

    def frames(frame: FrameType | None) -> list[tuple[str, int, str]]:
        found = []
        while frame:
            found.append((os.path.basename(frame.f_code.co_filename), frame.f_lineno or 0, frame.f_code.co_name))
            frame = frame.f_back
        return found if len(found) <= MOST_INNER + MOST_OUTER else found[:MOST_INNER] + found[-MOST_OUTER:]

    def tell(number: int, interrupted: FrameType | None) -> None:
        main = threading.get_ident()
        threads = [frame for thread, frame in sys._current_frames().items() if thread != main]
        told = [{"main": False, "frames": frames(frame)} for frame in threads[:MOST_THREADS]]
        told.append({"main": True, "frames": frames(interrupted)})
        try:
            os.write(stacks, json.dumps(told).encode() + b"\n")
        except OSError:  # the program has closed it
            return

    signal.signal(signal.SIGUSR2, tell)
    stacks = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)


if os.environ.get("PARLEY_EXAMINES"):
    instrument(os.environ["PARLEY_EXAMINES"], os.environ.get("PARLEY_OWN", ""))
