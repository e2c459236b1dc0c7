"""Try one function of a program in this process, with chunks that hurt: python -m parley.checks.function_trial.

FUNCTIONS has the functions that can be tried, and how. Arguments: the program's file, the number of its stage,
the function's name, the file to write to (as JSON, again after each trial), and the seconds for each trial.
"""

from __future__ import annotations

import ast
import inspect
import io
import os
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

from parley.contract.errors import Unusable
from parley.contract.files import write_json
from parley.contract.plain import to_plain
from parley.contract.trial import FunctionTrials, Trial

ADDRESS = ("127.0.0.1", 54321)  # address of a client, for a function that takes one
MOST_STEPS = 12  # steps shown of one trial
MOST_LINES = 1000  # values taken from a function that yields
LONG = "x" * 9000  # more than one recv(4096) takes
TOO_LONG = b"far " * 20_000  # a line of 80,000 bytes
MOST = 65_536  # bytes that a line may have
AFTER_THE_END = 50  # calls of recv after end of stream: more count as an endless loop


class Stuck(BaseException):
    """The function waits for something that never arrives, or never stops. The text says how. No `except Exception` of
    the student catches this.
    """


@dataclass(frozen=True)
class Way:
    """One way to call a function.

    `sentence`: what is tried; `chunks`: what each recv finds; `typed`: what is typed at the keyboard; `echoes`: sent
    data comes back in chunks of these lengths; `expected`: the required output; `core`: see Trial (the other ways only
    require an end).
    """

    sentence: str
    chunks: tuple[bytes, ...] = ()
    typed: str = ""
    echoes: tuple[int, ...] = ()
    expected: tuple[str, ...] = ()
    core: bool = True


LINES = (
    Way("a line in each chunk", (b"one\n", b"two\n"), expected=("one", "two")),
    Way("two lines in one chunk", (b"one\ntwo\n",), expected=("one", "two")),
    Way("a line in two chunks", (b"harb", b"our\n"), expected=("harbour",)),
    Way(
        "a chunk that ends in the middle of the next line",
        (b"one\ntw", b"o\nthree\n"),
        expected=("one", "two", "three"),
    ),
    Way("each byte in a chunk of its own", tuple(bytes([byte]) for byte in b"ab\nc\n"), expected=("ab", "c")),
    Way("a chunk that ends in the middle of a letter", (b"caf\xc3", b"\xa9\n"), expected=("café",)),
    Way("an empty line between two others", (b"one\n\ntwo\n",), expected=("one", "", "two")),
    Way("spaces around the text", (b"  one \n",), expected=("  one ",)),
    Way(r"lines that end with \r\n, cut between the two", (b"one\r", b"\ntwo\r\n"), expected=("one", "two")),
    Way("a long line", (f"{LONG}\n".encode(),), expected=(LONG,)),
    Way("a last line without a newline", (b"one\nlast",), expected=("one", "last")),
    Way("end of stream, and nothing before it", (), expected=()),
    Way("a line that never ends", (TOO_LONG,), core=False),
)
ECHO = (
    Way("one chunk", (b"Hello",), expected=("Hello",)),
    Way("three chunks", (b"one", b"two", b"three"), expected=("onetwothree",)),
    Way("spaces and newlines", (b"  a\n\n", b" b "), expected=("  a\n\n b ",)),
    Way("a letter that is cut in two", (b"caf\xc3", b"\xa9"), expected=("café",)),
    Way("many bytes", (LONG.encode(),), expected=(LONG,)),
    Way("end of stream, and nothing before it", (), expected=("",)),
)
TALK = (
    Way("one line", typed="Hello\n", echoes=(5,), expected=("Hello",)),
    Way("two lines", typed="one\ntwo\n", echoes=(3, 3), expected=("one", "two")),
    Way("an answer in three chunks", typed="Hello there\n", echoes=(2, 5, 4), expected=("Hello there",)),
    Way("an answer that is cut inside a letter", typed="Grüße\n", echoes=(3, 2, 2), expected=("Grüße",)),
    Way("spaces around the text", typed="  two  spaces \n", echoes=(15,), expected=("  two  spaces ",)),
    Way("a last line without a newline", typed="last", echoes=(4,), expected=("last",)),
    Way("an empty line: leave", typed="one\n\ntwo\n", echoes=(3,), expected=("one",)),
    Way("end of input, and nothing before it", typed="", expected=()),
    Way("the server closes early", (b"He",), typed="Hello\n", core=False),
)
SENDS = (
    Way("one line", typed="one\n", expected=("one\n",)),
    Way("two lines", typed="one\ntwo\n", expected=("one\ntwo\n",)),
    Way("letters of two bytes", typed="Grüße\n", expected=("Grüße\n",)),
    Way("spaces around the text", typed="  two  spaces \n", expected=("  two  spaces \n",)),
    Way("an empty line between two others", typed="one\n\ntwo\n", expected=("one\n\ntwo\n",)),
)
SPEAKS = (
    *(way for way in SENDS if way.typed.count("\n") == 1),
    Way("an empty line", typed="\n", expected=("\n",)),
    Way("end of input", typed="", expected=("",)),  # it sends /close, or leaves that to its caller
)
SHOWS = (
    Way(
        "a line in each chunk",
        (b"06:40 left the harbour\n", b"07:15 fog\n"),
        expected=("06:40 left the harbour", "07:15 fog"),
    ),
    Way("two lines in one chunk", (b"one\ntwo\n",), expected=("one", "two")),
    Way("a chunk that ends in the middle of a line", (b"one\ntw", b"o\n"), expected=("one", "two")),
    Way("a letter that is cut in two", (b"caf\xc3", b"\xa9\n"), expected=("café",)),
)
NAMED = tuple(
    replace(way, chunks=(b"Carla\n", *way.chunks, b"/close\n"), expected=("Carla", *way.expected)) for way in SHOWS
)


# What a function does in a trial


class TrialSteps:
    """What happened in a trial, as sentences, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.printed = ""  # since the last other step

    def tell(self, step: str) -> None:
        """Something has happened."""
        self.flush()
        self.told.append(step)

    def flush(self) -> None:
        """Record printed text as a step."""
        if self.printed:
            self.told.append(f"prints {readable(self.printed)}")
        self.printed = ""

    def short(self) -> tuple[str, ...]:
        """Return the steps; of many, leave out the middle."""
        self.flush()
        left_out = len(self.told) - MOST_STEPS
        if left_out <= 1:
            return tuple(self.told)
        half = MOST_STEPS // 2
        return (*self.told[:half], f"... {left_out} more steps", *self.told[-half:])


class TrialScreen(io.TextIOWrapper):
    """Standard output in a trial, which keeps printed text."""

    def __init__(self, steps: TrialSteps) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self._steps = steps
        self.text = ""

    def write(self, text: str) -> int:
        """Keep a text."""
        self._steps.printed += text
        self.text += text
        return len(text)

    def lines(self) -> list[str]:
        """The printed lines, without text that has no newline yet, such as a prompt."""
        return self.text.split("\n")[:-1]


class Connection(socket.socket):
    """A connected socket on which each recv finds only the next chunk."""

    def __init__(self, way: Way, steps: TrialSteps) -> None:
        mine, self._peer = socket.socketpair()
        super().__init__(mine.family, mine.type, mine.proto, fileno=mine.detach())
        self._way, self._steps = way, steps
        self._chunks = list(way.chunks)
        self._lengths = list(way.echoes)
        self._waiting = 0  # bytes that the function can receive right now
        self._ends = 0  # calls of recv that returned end of stream
        self._echoed = 0  # sent bytes that came back
        self._fed = b""  # data handed out
        self.sent = b""
        self.is_late = False  # whether it received again before it gave all that was due
        self.come_out: Callable[[], int] = lambda: 0  # how many lines or bytes the function has given so far
        self.due: Callable[[bytes], int] = lambda fed: 0  # how many of them are due after this data

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive the next chunk."""
        self._feed()
        data = super().recv(size, flags)
        self._taken(data, flags)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive into a buffer, for a file made from this socket."""
        self._feed()
        number = super().recv_into(buffer, nbytes, flags)
        self._taken(bytes(memoryview(buffer)[:number]), flags)
        return number

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, and keep the data."""
        number = super().send(data, flags)
        self._note(bytes(data)[:number])
        return number

    def sendall(self, data: Any, flags: int = 0) -> None:
        """The same."""
        super().sendall(data, flags)
        self._note(bytes(data))

    def _note(self, data: bytes) -> None:
        self.sent += data
        missing = len(data)
        while missing:  # take it out, so that the buffer never fills up
            missing -= len(self._peer.recv(missing))
        self._steps.tell(f"sends {readable(data)}")

    def _feed(self) -> None:
        if self._waiting or self._ends:
            return
        self.is_late = self.is_late or self.come_out() < self.due(self._fed)
        chunk = self._next()
        if chunk is None:
            self._peer.shutdown(socket.SHUT_WR)
        else:
            self._fed += chunk
            self._peer.sendall(chunk)
            self._waiting = len(chunk)

    def _next(self) -> bytes | None:
        """Return the next chunk, or None at the end of the stream."""
        if not self._way.echoes:
            return self._chunks.pop(0) if self._chunks else None
        if self._echoed == len(self.sent):
            raise Stuck("calls recv although all bytes of the answer are here: it would wait forever")
        length = self._lengths.pop(0) if self._lengths else len(self.sent)
        answer = self.sent[self._echoed : self._echoed + length]
        self._echoed += len(answer)
        return answer

    def _taken(self, data: bytes, flags: int) -> None:
        if flags & socket.MSG_PEEK:
            return
        self._waiting -= len(data)
        if data:
            self._steps.tell(f"recv returns {readable(data)}")
            return
        self._ends += 1
        if self._ends == 1:
            self._steps.tell('recv returns b"": end of stream')
        if self._ends > AFTER_THE_END:
            raise Stuck('calls recv again and again after end of stream (b""): leave the loop there')


def readable(value: bytes | str) -> str:
    """Return bytes or text as Python writes it, in double quotes, shortened."""
    start = 'b"' if isinstance(value, bytes) else '"'
    inner = repr(value[:60])[2 if isinstance(value, bytes) else 1 : -1].replace('"', '\\"').replace("\\'", "'")
    return f'{start}{inner}"' + (f" ... ({len(value):,} in all)" if len(value) > 60 else "")


# The kinds of functions


@dataclass(frozen=True)
class Came:
    """The output of a call: the texts, what else is wrong (or ""), and what is wrong if they came too late."""

    received: tuple[str, ...]
    why: str = ""
    late: str = ""


Kind = Callable[[Callable[[], Any], Connection, TrialScreen, TrialSteps], Came]


def yields_lines(call: Callable[[], Any], conn: Connection, screen: TrialScreen, steps: TrialSteps) -> Came:
    """A function that yields each line that arrives."""
    found: list[Any] = []
    conn.come_out = lambda: len(found)
    conn.due = lambda fed: fed.count(b"\n")
    given = call()
    if given is None or isinstance(given, str | bytes):
        what = "nothing" if given is None else "one text"
        return Came((), f"It returns {what}. Use yield to hand out each line.")
    for line in given:
        found.append(line)
        steps.tell(f"gives {readable(line) if isinstance(line, str | bytes) else repr(line)}")
        if len(found) > MOST_LINES:
            raise Stuck("gives line after line and never stops")
    texts = tuple(line if isinstance(line, str) else repr(line) for line in found)
    if any(isinstance(line, bytes) for line in found):
        return Came(texts, "It gives bytes. Turn each line into text with decode().")
    if any(text.endswith("\n") for text in texts):
        return Came(texts, "It gives the newline as a part of the line.")
    why = "" if max(map(len, texts), default=0) <= MOST else "It takes a line without an end."
    return Came(texts, why, "It gives a line later than it could. Use yield as soon as the newline has arrived.")


def sends_back(call: Callable[[], Any], conn: Connection, screen: TrialScreen, steps: TrialSteps) -> Came:
    """A function that sends back everything it receives."""
    conn.come_out, conn.due = lambda: len(conn.sent), len
    call()
    late = "It receives again before it has sent back what it has."
    return Came((conn.sent.decode(errors="backslashreplace"),), late=late)


def prints_answers(call: Callable[[], Any], conn: Connection, screen: TrialScreen, steps: TrialSteps) -> Came:
    """A function that sends typed lines, and prints the replies."""
    call()
    why = "It sends the newline too. Remove it from what was typed." if b"\n" in conn.sent else ""
    return Came(tuple(screen.lines()), why)


def prints_lines(call: Callable[[], Any], conn: Connection, screen: TrialScreen, steps: TrialSteps) -> Came:
    """A function that prints each line that arrives."""
    conn.come_out = lambda: len(screen.lines())
    conn.due = lambda fed: fed.count(b"\n")
    call()
    late = "It receives again before it has printed the line it has."
    return Came(tuple(screen.lines()), late=late)


def sends_typed(call: Callable[[], Any], conn: Connection, screen: TrialScreen, steps: TrialSteps) -> Came:
    """A function that sends typed lines with newlines. It may send its leave at the end."""
    call()
    text = conn.sent.decode(errors="backslashreplace")
    for goodbye in ("/close\n", "{quit}\n"):
        text = text.removesuffix(goodbye)
    return Came((text,))


WRONG: dict[Kind, str] = {  # said about wrong output, if nothing better is known
    yields_lines: "The lines aren't the ones that arrived.",
    sends_back: "What it sends isn't what arrived.",
    prints_answers: "What it prints isn't what came back.",
    prints_lines: "What it prints isn't what arrived.",
    sends_typed: "It doesn't send each line as it was typed, with one newline after it.",
}


@dataclass(frozen=True)
class Known:
    """A function that can be tried: its program, its kind, and the ways to try it."""

    program: str
    name: str
    kind: Kind
    ways: Sequence[Way]


FUNCTIONS: dict[int, tuple[Known, ...]] = {
    1: (Known("server", "serve", sends_back, ECHO), Known("client", "talk", prints_answers, TALK)),
    2: (
        Known("server", "receive_lines", yields_lines, LINES),
        Known("server", "serve", prints_lines, SHOWS),
        Known("client", "talk", sends_typed, SENDS),
    ),
    3: (
        *(Known(program, "receive_lines", yields_lines, LINES) for program in ("server", "client")),
        *(Known(program, "speak", sends_typed, SPEAKS) for program in ("server", "client")),
    ),
    4: (
        *(Known(program, "receive_lines", yields_lines, LINES) for program in ("server", "client")),
        *(Known(program, "send_typed", sends_typed, SENDS) for program in ("server", "client")),
        *(Known(program, "print_received", prints_lines, NAMED) for program in ("server", "client")),
    ),
    5: (
        *(Known(program, "receive_lines", yields_lines, LINES) for program in ("server", "client")),
        Known("client", "send_typed", sends_typed, SENDS),
        Known("client", "print_received", prints_lines, SHOWS),
    ),
}


# The program


def loaded(path: Path, tree: ast.Module, name: str) -> Callable[..., Any]:
    """Return the function of this name, with the program's other definitions, without running the program."""
    module: dict[str, Any] = {"__name__": "tried", "__file__": str(path), "__builtins__": __builtins__}
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            exec(compile(ast.Module([statement], []), str(path), "exec"), module)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            try:  # an assignment may need something missing, such as a command-line argument
                exec(compile(ast.Module([statement], []), str(path), "exec"), module)
            except (Exception, SystemExit):
                continue
    function: Callable[..., Any] = module[name]
    return function


def read_program(path: Path, name: str) -> ast.Module:
    """Return the syntax tree of a program that has this function. Raise Unusable."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" in line {line}" if line else ""
        raise Unusable(f"Python can't read {path.name}: {getattr(error, 'msg', error)}{where}.") from None
    functions = {statement.name: statement for statement in tree.body if isinstance(statement, ast.FunctionDef)}
    if name not in functions:
        close = get_close_matches(name, functions, 1, 0.4)
        meant = f" Rename {close[0]} if you mean that one." if close else ""
        has = f"It has {', '.join(functions)}." if functions else "It has no functions at all."
        raise Unusable(f"{path.name} has no function {name}. {has}{meant}")
    if all(map(_does_nothing, functions[name].body)):
        raise Unusable(f"{name} in {path.name} has no statements yet: the comments in it are your plan.")
    return tree


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether this is pass, a docstring or three dots."""
    is_value = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_value or isinstance(statement, ast.Pass)


def arguments_for(function: Callable[..., Any], conn: Connection, logbook: Any) -> list[Any]:
    """Return the arguments to call the function with. Raise Unusable if it needs something unknown."""
    parameters = list(inspect.signature(function).parameters.values())
    known = {"addr": ADDRESS, "log": logbook, "book": logbook, "file": logbook, "name": "Anna"}
    if not parameters:
        raise Unusable(f"{function.__name__}() takes no argument. Give it the connection: {function.__name__}(conn).")
    given: list[Any] = [conn]
    for parameter in parameters[1:]:
        if parameter.default is not parameter.empty or parameter.kind not in (0, 1):
            break
        fitting = [value for word, value in known.items() if word in parameter.name.lower()]
        if not fitting:
            raise Unusable(
                f"{function.__name__} needs {parameter.name!r}, and the check doesn't know what to give it. It gives a "
                "connection, then an address, a logbook or a name to a parameter that is called so."
            )
        given.append(fitting[0])
    return given


# A trial


def tried(way: Way, kind: Kind, path: Path, tree: ast.Module, name: str) -> Trial:
    """Call the function in this way. Raise Unusable."""
    function = loaded(path, tree, name)
    steps = TrialSteps()
    if way.typed:
        steps.tell(f"the user types {readable(way.typed)}, then ends the input")
    kept = sys.stdin, sys.stdout
    outcome = Came(())
    with tempfile.TemporaryFile("w+", encoding="utf-8") as logbook, Connection(way, steps) as conn:
        arguments = arguments_for(function, conn, logbook)
        sys.stdin = io.TextIOWrapper(io.BytesIO(way.typed.encode()), encoding="utf-8")
        sys.stdout = screen = TrialScreen(steps)
        try:
            outcome = kind(lambda: function(*arguments), conn, screen, steps)
        except Stuck as stuck:
            outcome = Came(tuple(screen.lines()), f"It {stuck}.")
        except SystemExit as error:
            outcome = Came((), f"It ends the program: sys.exit({error.code!r}).")
        except Exception as error:
            outcome = Came(tuple(screen.lines()), _raised(error, path) if way.core else "")
        finally:
            sys.stdin, sys.stdout = kept
    why = outcome.why
    if way.core and not why:
        why = (outcome.late if conn.is_late else "") if _fits(way, kind, outcome.received) else WRONG[kind]
    expected = tuple(map(readable, way.expected)) if way.core else ("an end, with or without an exception",)
    return Trial(way.sentence, way.core, not why, steps.short(), expected, tuple(map(readable, outcome.received)), why)


def _fits(way: Way, kind: Kind, received: tuple[str, ...]) -> bool:
    """Whether this is the required output. Printed lines may have more text around it."""
    if kind is prints_answers:
        pairs = zip(received, way.expected, strict=False)
        return len(received) == len(way.expected) and all(line.endswith(text) for line, text in pairs)
    if kind is prints_lines:
        lines = iter(received)
        return all(any(text in line for line in lines) for text in way.expected)
    return received == way.expected


def _raised(error: Exception, path: Path) -> str:
    """Return an exception's message, with the line of the program."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f" in line {lines[-1]} of {path.name}" if lines else ""
    return f"{type(error).__name__}{where}: {error}."


def all_tried(known: Known, path: Path, keep: Callable[[FunctionTrials], object], seconds: float) -> None:
    """Try a function in all ways, and write the result after each one. A trial that takes too long is the last."""
    done: list[Trial] = []

    def report(problem: str = "") -> FunctionTrials:
        return FunctionTrials(known.program, known.name, problem, tuple(done))

    try:
        tree = read_program(path, known.name)
        for way in known.ways:
            with Watchdog(seconds, path) as watchdog:
                watchdog.out_of_time = _giving_up(way, known, done, keep)
                trial = tried(way, known.kind, path, tree, known.name)
            done.append(trial)
            keep(report())
    except Unusable as error:
        keep(report(str(error)))


def _giving_up(
    way: Way, known: Known, done: list[Trial], keep: Callable[[FunctionTrials], object]
) -> Callable[[str], object]:
    def give_up(where: str) -> None:
        expected = tuple(map(readable, way.expected))
        trial = Trial(way.sentence, way.core, False, (), expected, (), f"It didn't finish{where}.")
        keep(FunctionTrials(known.program, known.name, "", (*done, trial)))
        os._exit(0)

    return give_up


class Watchdog:
    """Calls out_of_time(where) in another thread if the block hasn't ended after this many seconds."""

    def __init__(self, seconds: float, path: Path) -> None:
        self._seconds, self._path = seconds, str(path)
        self._over = threading.Event()
        self._watched = threading.get_ident()
        self.out_of_time: Callable[[str], object] = lambda where: None

    def __enter__(self) -> Watchdog:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()

    def _watch(self) -> None:
        if self._over.wait(self._seconds):
            return
        frames = traceback.extract_stack(sys._current_frames()[self._watched])
        lines = [frame.lineno for frame in frames if frame.filename == self._path]
        self.out_of_time(f": after {self._seconds:g} s it is still in line {lines[-1]}" if lines else "")


def main() -> None:
    """Try the function that the command line names."""
    file, number, program, name, report, seconds = sys.argv[1:]
    known = next(known for known in FUNCTIONS[int(number)] if (known.program, known.name) == (program, name))
    all_tried(known, Path(file), lambda found: write_json(Path(report), to_plain(found)), float(seconds))


if __name__ == "__main__":
    main()
