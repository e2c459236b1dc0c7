"""The ladder of stage 5: small servers between the obvious one and the student's own, and their speed here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.contract.errors import BadInput
from parley.contract.record import Failed
from parley.derive.source import part
from parley.harness.crowd import deliveries
from parley.notebooks import display, tasks
from parley.notebooks.display import Shown

CLIENTS, LINES = 50, 40  # this many clients say this many lines each, at the same time
SECONDS = 20  # bound of one measurement, in seconds; a quick machine takes less than one
ROUNDS = 2
NOT_ALL, NOT_RUNNING = f"not all arrived within {SECONDS} s", "doesn't run yet"

_SENDER = '''\
"""A queue and one sender: every thread says what happened, and only one of them sends."""

import queue
import socket
import sys
import threading

messages = queue.Queue()  # from all receivers to the sender: (what, connection, text)
people = {}  # the name of each participant, by connection: only the sender looks here


def texts(conn):
    for line in conn.makefile(encoding="utf-8", errors="replace", newline="\\n"):
        yield line.rstrip("\\r\\n")


def hear(lines, conn, messages):
    name = ""
    for text in lines:
        if text == "{quit}":
            break
        if name:
            messages.put(("said", conn, f"{name}: {text}"))
        else:
            name = text
            messages.put(("joined", conn, name))
    messages.put(("left", conn, name))


def receive(conn):
    conn.sendall(b"What is your name?\\n")
    hear(texts(conn), conn, messages)


def tell_others(conn, text):
    for other in people:
        if other is not conn:
            other.sendall(f"{text}\\n".encode())


def handle(what, conn, text):
    if what == "joined":
        tell_others(conn, f"{text} has joined.")
        people[conn] = text
        conn.sendall(f"Hello {text}, say {{quit}} to leave.\\n".encode())
    elif what == "said":
        tell_others(conn, text)
    elif what == "left":
        if people.pop(conn, None):
            tell_others(conn, f"{text} has left.")
        conn.shutdown(socket.SHUT_RDWR)


def send_all():
    while True:
        what, conn, text = messages.get()
        handle(what, conn, text)


threading.Thread(target=send_all, daemon=True).start()
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
with socket.create_server(("127.0.0.1", port), backlog=1000) as listener:
    while True:
        conn, address = listener.accept()
        threading.Thread(target=receive, args=[conn], daemon=True).start()
'''

_OUTBOXES = [  # changes from the one sender to outboxes: (text, text instead)
    (
        '"""A queue and one sender: every thread says what happened, and only one of them sends."""',
        '"""Outboxes: the sender first handles all that waits, then sends each participant one piece."""',
    ),
    ("people = {}  # the name of each participant, by connection", "outboxes = {}  # the lines to send next"),
    (
        '    for other in people:\n        if other is not conn:\n            other.sendall(f"{text}\\n".encode())\n',
        '    line = f"{text}\\n".encode()\n    for other in outboxes:\n        if other is not conn:\n'
        "            outboxes[other].append(line)\n",
    ),
    (
        '        people[conn] = text\n        conn.sendall(f"Hello {text}, say {{quit}} to leave.\\n".encode())\n',
        '        outboxes[conn] = [f"Hello {text}, say {{quit}} to leave.\\n".encode()]\n',
    ),
    (
        "        if people.pop(conn, None):\n",
        '        if conn in outboxes:\n            conn.sendall(b"".join(outboxes.pop(conn)))\n',
    ),
    (
        "        what, conn, text = messages.get()\n        handle(what, conn, text)\n",
        "        for what, conn, text in take_all(messages):\n            handle(what, conn, text)\n"
        "        send_outboxes(outboxes)\n",
    ),
    (
        "def receive(conn):\n",
        "def take_all(messages):\n    found = [messages.get()]\n    for _ in range(messages.qsize()):\n"
        "        found.append(messages.get())\n    return found\n\n\n"
        "def send_outboxes(outboxes):\n    for conn, lines in outboxes.items():\n        if lines:\n"
        '            conn.sendall(b"".join(lines))\n            lines.clear()\n\n\n'
        "def receive(conn):\n",
    ),
]


def _changed(source: str, changes: Sequence[tuple[str, str]]) -> str:
    for old, new in changes:
        if source.count(old) != 1:
            raise LookupError(f"{old!r} is in the program {source.count(old)} times, not once")
        source = source.replace(old, new)
    return source


# each rung's program, and the functions in it that the student writes
RUNGS = {
    "sender.py": (_SENDER, ("hear",)),
    "outboxes.py": (_changed(_SENDER, _OUTBOXES), ("hear", "take_all", "send_outboxes")),
}


class Rung(Shown):
    """A server of the ladder, written to a file. `source`: the frame with the student's functions; `ours`: the names of
    the functions that are still ours, because the student's aren't right yet.
    """

    def __init__(self, path: Path, source: str, ours: Sequence[str]) -> None:
        self.path, self.source, self.ours = path, source, ours

    def text(self) -> str:
        """Return the program, and which of its functions aren't the student's."""
        return f"{self._told()}\n\n{self._visible()}"

    def html(self) -> str:
        """The same, coloured."""
        return display.words(self._told()) + display.code(self._visible())

    def _told(self) -> str:
        if not self.ours:
            return f"{self.path.name} is written, with your functions in it."
        names = ", ".join(f"{name}()" for name in self.ours)
        return (
            f"{self.path.name} is written. Ours replaces each function that isn't right yet in a cell above: {names}."
        )

    def _visible(self) -> str:
        """Return the program, without the bodies of our functions, which would give the answers away."""
        source = self.source.rstrip("\n")
        for name in self.ours:
            _, function = part(source, name)
            source = source.replace(function, f"{function.splitlines()[0]}\n    ...  # yours")
        return source


def rung(name: str, *functions: Callable[..., Any]) -> Rung:
    """Write a server of the ladder into a file beside the notebook, using those of these functions that are right.

    `name`: sender.py or outboxes.py; `functions`: yours from the cells before. Raise BadInput for another name.
    """
    if name not in RUNGS:
        raise BadInput(f"The ladder has no {name!r}: it has {' and '.join(RUNGS)}.")
    source, needed = RUNGS[name]
    given = {function.__name__: function for function in functions}
    ours = []
    for piece in needed:
        if piece in given and _is_right(piece, given[piece]):
            _, old = part(source, piece)
            source = source.replace(old, inspect.getsource(given[piece]).rstrip("\n"))
        else:
            ours.append(piece)
    path = Path(name).resolve()
    path.write_text(source, encoding="utf-8")
    return Rung(path, source, ours)


def _is_right(piece: str, function: Callable[..., Any]) -> bool:
    try:
        return tasks.judge_of(f"5 {piece}")(function).right is True
    except Exception:  # a student's function may raise anything: its own cell showed that
        return False


# how fast


@dataclass(frozen=True)
class Speed:
    """The measured speed of one server: lines delivered per second in each round, 0 if not all arrived, none if the
    server doesn't run.
    """

    name: str
    rounds: tuple[float, ...]

    @property
    def best(self) -> float:
        """The better round, or 0."""
        return max(self.rounds, default=0)

    def cells(self) -> list[str]:
        """Return the rounds in words."""
        return [f"{speed:,.0f}" if speed else NOT_ALL for speed in self.rounds] or [NOT_RUNNING] * ROUNDS


class Speeds(Shown):
    """How many lines per second some servers deliver on this machine: `speeds`."""

    def __init__(self, speeds: Sequence[Speed]) -> None:
        self.speeds = speeds
        self._heads = ["server", *(f"lines delivered per second, round {number + 1}" for number in range(ROUNDS))]
        self._rows = [[speed.name, *speed.cells()] for speed in speeds]

    @property
    def fastest(self) -> str:
        """The server that delivered most lines per second, in any round."""
        return max(self.speeds, key=lambda speed: speed.best).name

    def times(self, name: str, other: str) -> str:
        """Return in words how many times as many lines as another server this one delivers."""
        best = {speed.name: speed.best for speed in self.speeds}
        return f"{best[name] / best[other]:.1f} times as many" if best.get(name) and best.get(other) else "not measured"

    def text(self) -> str:
        """A table."""
        return f"{display.text_table(self._heads, self._rows)}\n{self._how()}"

    def html(self) -> str:
        """A table."""
        return display.html_table(self._heads, self._rows) + display.words(self._how())

    def _how(self) -> str:
        return f"Measured just now: {CLIENTS} clients say {LINES} lines each, and each line goes to all the others."


def speeds(folders: dict[str, Path]) -> Speeds:
    """Measure these servers (name: folder with server.py) in turn."""
    found: dict[str, list[float]] = {name: [] for name in folders}
    for _ in range(ROUNDS):
        for name, folder in folders.items():
            with suppress(Failed):  # it didn't start
                found[name].append(deliveries(folder, CLIENTS, LINES, within=SECONDS, seconds=3 * SECONDS))
    return Speeds([Speed(name, tuple(rounds)) for name, rounds in found.items()])
