"""Where the threads of a program stand, and what it did that no socket tells: only to explain, never to judge."""

from __future__ import annotations

import ast
import contextlib
import functools
import itertools
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parley.contract.diagnosis import Detail
from parley.harness.programs import Program, read_carefully
from parley.harness.scene import syntax_tree

INSTRUMENT = Path(__file__).with_name("instrument")
MOST_NOTES = 512 * 1024  # bytes of a file of notes
MOST_EVENTS, MOST_STACKS, MOST_FRAMES = 1000, 200, 100
MOST_LINE = 1000  # bytes of an event
MOST_TEXT, MOST_NUMBER = 300, 10**9
MOST_NAME = 100  # characters of a function's name
ASKS = 3  # how often a program is asked: Python misses a signal that comes just before it waits for the system
TELLS_WITHIN = 0.2  # seconds of a quick machine within which the stacks have to be here, each time

# which function of Python's own library a thread waits in: the innermost one that is known here
LIBRARY = {
    ("threading.py", "join"): "join",
    ("threading.py", "_shutdown"): "shutdown",
    ("threading.py", "wait"): "wait",
    ("queue.py", "get"): "get",
    ("queue.py", "put"): "put",
    ("socket.py", "accept"): "accept",
    ("socket.py", "create_connection"): "connect",
    ("socket.py", "readinto"): "recv",
    ("socket.py", "write"): "send",
    ("selectors.py", "select"): "select",
    ("thread.py", "run"): "executor",  # of concurrent.futures: it runs what is no line of the program, such as input
}
# what a line of the program itself calls
CALLS = {
    **dict.fromkeys(("recv", "recv_into", "recvfrom"), "recv"),
    **dict.fromkeys(("send", "sendall"), "send"),
    **{name: name for name in ("accept", "connect", "input", "join", "get", "put", "select", "sleep", "wait")},
    "create_connection": "connect",
    "acquire": "lock",
}
PLACE = {"line": int, "function": str}
EVENTS: Mapping[str, Mapping[str, type]] = {  # what an event has, by its name
    "raises": {**PLACE, "exception": str, "message": str, "thread": str},
    "binds": {**PLACE, "host": str, "port": int},
    "connects": {**PLACE, "host": str, "port": int},
    "opens": {**PLACE, "path": str, "mode": str},
}


@dataclass(frozen=True)
class Noted:
    """Something that a program has written down while it ran: `what`, one of EVENTS, and what belongs to it."""

    what: str
    details: Mapping[str, Detail]


@dataclass(frozen=True)
class Position:
    """Where a thread stands.

    `thread`: "main", or the function of the program that the thread runs; `function` and `line`: the innermost ones of
    the program itself ("" and 0 where it has none); `call`: what it waits in there, such as recv or join; "" where
    that is not known.
    """

    thread: str
    function: str
    line: int
    call: str


@dataclass(frozen=True)
class Frame:
    """One call that a thread is in: the name of the file, the line, and the function."""

    file: str
    line: int
    function: str


def events(program: Program) -> list[Noted]:
    """What a program that was examined has written down so far; [] where it could not.

    It may have written there whatever it likes: what is no event is left out, and what is too long is cut.
    """
    lines = program.note("events", MOST_NOTES).split(b"\n")[:MOST_EVENTS]
    return [event for line in lines if (event := _event(line))]


def _event(line: bytes) -> Noted | None:
    try:
        data = json.loads(line) if len(line) <= MOST_LINE else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    wanted = EVENTS.get(str(data.get("what")))
    if wanted is None or not all(type(data.get(name)) is kind for name, kind in wanted.items()):
        return None
    details = {name: _tame(data[name]) for name in wanted}
    return Noted(data["what"], details)


def _tame(value: str | int) -> Detail:
    """A detail as it can be shown and written anywhere."""
    if isinstance(value, int):
        return max(-MOST_NUMBER, min(value, MOST_NUMBER))
    return value[:MOST_TEXT].encode(errors="replace").decode()


def positions(program: Program, source: Path) -> list[Position]:
    """Where each thread of an examined program stands now; [] where the system cannot tell.

    `source`: the program's file.
    """
    if program.ended or not program.process.notes or not hasattr(signal, "SIGUSR2"):
        return []
    if read_carefully(program.process.notes / "stacks", 1) is None:  # no one heeds the signal: it would end the program
        return []
    before = len(program.note("stacks", MOST_NOTES))
    told = b""

    def here() -> bool:
        nonlocal told
        told = program.note("stacks", MOST_NOTES)[before:]
        return told.endswith(b"\n") or program.ended

    for _ in range(ASKS):
        with contextlib.suppress(OSError):  # it has ended
            os.kill(program.process.pid, signal.SIGUSR2)
        if program.deadlines.poll(here, TELLS_WITHIN):
            break
    lines = told.splitlines()
    return [_position(is_main, frames, source) for is_main, frames in _stacks(lines[-1])] if lines else []


def _stacks(line: bytes) -> list[tuple[bool, list[Frame]]]:
    """Each thread that this line tells of: whether it is the main thread, and its stack (innermost first).

    The program may have written the line itself: what is no stack is left out.
    """
    try:
        threads = json.loads(line)
    except (ValueError, RecursionError):
        return []
    found = []
    for thread in threads[:MOST_STACKS] if isinstance(threads, list) else []:
        if isinstance(thread, dict) and isinstance(thread.get("frames"), list):
            frames = [frame for each in thread["frames"][:MOST_FRAMES] if (frame := _frame(each))]
            found.append((thread.get("main") is True, frames))
    return found


def _frame(told: object) -> Frame | None:
    match told:
        case [str(file), int(line), str(function)]:
            return Frame(file, int(_tame(line)), str(_tame(function))[:MOST_NAME])
    return None


def _position(is_main: bool, stack: list[Frame], source: Path) -> Position:
    """What one thread's stack (innermost first) says."""
    own = [frame for frame in stack if frame.file == source.name]
    inner = itertools.takewhile(lambda frame: frame.file != source.name, stack)
    library = (LIBRARY.get((frame.file, frame.function)) for frame in inner)
    line, function = (own[0].line, own[0].function) if own else (0, "")
    call = next(filter(None, library), "") or (_call(source, line) if line else "")
    return Position("main" if is_main else own[-1].function if own else "", function, line, call)


ALL_LINES = ("list", "tuple", "sorted", "join", "map", "filter", "set", "next")  # what takes lines from sys.stdin


@functools.lru_cache(maxsize=8)
def _calls(source: Path) -> Mapping[int, tuple[str, ...]]:
    """The calls in each line of a program, as CALLS names them."""
    found: dict[int, tuple[str, ...]] = {}
    try:
        tree = syntax_tree(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        for line, name in _waits(node):
            found[line] = (*found.get(line, ()), name)
    return found


def _waits(node: ast.AST) -> list[tuple[int, str]]:
    """The (line, call) pairs of what waits in this node of the syntax tree."""
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name.startswith("read"):
            return [(node.lineno, "input" if "stdin" in ast.unparse(function) else "recv")]
        if name in ALL_LINES and any(ast.unparse(argument).endswith("stdin") for argument in node.args):
            return [(node.lineno, "input")]
        of_text = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Constant)  # b"".join(...)
        return [(node.lineno, CALLS[name])] if name in CALLS and not of_text else []
    if isinstance(node, ast.For | ast.comprehension) and "stdin" in ast.unparse(node.iter):
        return [(node.iter.lineno, "input")]
    if isinstance(node, ast.With):  # with lock:
        return [(node.lineno, "lock") for item in node.items if isinstance(item.context_expr, ast.Name | ast.Attribute)]
    return []


def _call(source: Path, line: int) -> str:
    calls = _calls(source).get(line, ())
    return calls[0] if calls else ""


def told(position: Position, program: str) -> str:
    """A position as a sentence: "main stands in line 12, in serve, and waits in recv"."""
    where = f"line {position.line} of {program}.py" if position.line else "Python's own code"
    inside = f", in {position.function}()" if position.function not in ("", "<module>") else ""
    waits = WAITS.get(position.call, "")
    thread = "The main thread" if position.thread == "main" else f"The thread of {position.thread or 'Python'}()"
    return f"{thread} is at {where}{inside}{waits}."


WAITS: Mapping[str, str] = {
    "recv": ": it waits for data",
    "accept": ": it waits for a client to connect",
    "input": ": it waits for the keyboard",
    "join": ": it waits for another thread to end",
    "shutdown": ": the program has finished, and waits for its other threads",
    "get": ": it waits for something in the queue",
    "put": ": it waits for room in the queue",
    "send": ": it waits until the other side takes what it sends",
    "lock": ": it waits for a lock",
    "connect": ": it waits to be connected",
    "select": ": it waits for any of its sockets",
    "sleep": ": it sleeps",
    "wait": ": it waits for another thread",
    "executor": ": it does what an executor was given, such as to read the keyboard",
}
