"""The evidence of a check: what its failed tests have seen, and what the examination of each program has seen."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parley.contract.diagnosis import Detail, Fact
from parley.contract.record import Event, Failed
from parley.contract.verdict import GradedTest

# What was done to a program last, before it failed to do what it should. (Failure.moment)
CTRL_C, RESET, KILLED, BAD_PORT, PORT_TAKEN = "Ctrl+C", "reset", "killed", "bad port", "port taken"
REFUSED, UNANSWERED, NEXT_START = "refused", "unanswered", "next start"
KEYBOARD_END, STREAM_END, EXCHANGE, START = "keyboard's end", "end of stream", "exchange", "start"

NO_PORTS = (" harbour", " 65536", " 70000", " -5", f" {'9' * 30}")  # what tests give as a PORT that is none
MOMENTS: Mapping[str, str] = {
    "presses Ctrl+C": CTRL_C,
    "resets": RESET,
    "is killed": KILLED,
    "ends keyboard": KEYBOARD_END,
    "ends stream": STREAM_END,
    "connects": EXCHANGE,
    "accepts": EXCHANGE,
    "sends": EXCHANGE,
    "types": EXCHANGE,
}
MOST_OF_A_LINE = 80  # characters of a program's line that a step of evidence shows
IN_WORDS: Mapping[str, str] = {
    CTRL_C: "after Ctrl+C",
    RESET: "after a connection was reset",
    KILLED: "after a program was killed",
    BAD_PORT: "when PORT wasn't a valid port",
    PORT_TAKEN: "when its port was taken",
    REFUSED: "when no server listened there",
    UNANSWERED: "when no server answered",
    NEXT_START: "when it was started again at the same port",
    KEYBOARD_END: "after end of input",
    STREAM_END: "after EOF",
    EXCHANGE: "in a conversation",
    START: "at its start",
}


def line_in(where: object) -> int:
    """Return the line in " (line 17 of server.py, in main)", or 0 if there is none."""
    found = re.search(r"line (\d+)", str(where))
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Failure:
    """A failed test, with what it has seen.

    `test`: its name in the manifest ("1_echo/test_server.py::test_ctrl_c"); `program`: whose page it is on; `cause`,
    `facts`, `expected`, `received`: as Failed has them; `events`: the record up to the expectation.
    """

    test: str
    program: str
    sentence: str
    points: int
    kind: str
    cause: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    expected: bytes | str | None = None
    received: bytes | str | None = None
    events: tuple[Event, ...] = ()

    @classmethod
    def of(cls, test: GradedTest, failed: Failed | None) -> Failure:
        """Of a graded test that was not passed, and the Failed that has ended it, where there is one."""
        described = (test.name, test.program, test.sentence, test.points, str(test.kind))
        if failed is None:
            return cls(*described)
        seen = (failed.cause, failed.facts, failed.expected, failed.received, tuple(failed.steps))
        return cls(*described, *seen)

    @property
    def name(self) -> str:
        """The name of its function."""
        return self.test.partition("::")[2]

    @property
    def exception(self) -> str:
        """The type of the exception that its program does not catch, or ""."""
        return str(self.facts.get("exception") or "")

    @property
    def line(self) -> int:
        """The line of its program at which that exception was raised, or 0 if it isn't known."""
        return line_in(self.facts.get("where"))

    @property
    def given(self) -> list[Event]:
        """What was typed and sent, in this order."""
        return [event for event in self.events if event.what in ("types", "sends")]

    @property
    def typed(self) -> list[bytes]:
        """What was typed."""
        return [event.data for event in self.events if event.what == "types"]

    @property
    def repeated(self) -> bool:
        """Whether a text was given a second time, and this time nothing came of it."""
        given = self.given
        same = [event for event in given[:-1] if (event.who, event.what) == (given[-1].who, given[-1].what)]
        if same and same[-1].data == given[-1].data:
            # where other texts end with a newline, one without is a part of a line
            return given[-1].data.endswith(b"\n") or not any(event.data.endswith(b"\n") for event in same)
        if not isinstance(self.expected, bytes) or not isinstance(self.received, bytes):
            return False
        lines = self.expected.splitlines(keepends=True)  # or all were given at once
        once = b"".join(line for before, line in zip([b"", *lines], lines, strict=False) if line != before)
        return once.startswith(self.received) and not self.expected.startswith(self.received)

    @property
    def moment(self) -> str:
        """What was done last before the program failed: one of the moments above."""
        starts = [event for event in self.events if event.what == "starts"]
        own = [event for event in starts if event.who == self.facts.get("who")] or starts
        if own and own[-1].note.endswith(NO_PORTS):
            return BAD_PORT
        same = [event for event in starts[:-1] if event.note == starts[-1].note and event.note]
        if same and self.facts.get("who") == starts[-1].who:
            ended = {event.who for event in self.events if event.what in ("exits", "is killed")}
            since = list(self.events[self.events.index(starts[-1]) :])
            if same[-1].who not in ended:
                return PORT_TAKEN
            if not any(event.what == "listens" and event.who == starts[-1].who for event in since):
                return NEXT_START
            return _last_moment(since)
        if any(name in self.name for name in ("nobody_listens", "nobody_is_there", "there_is_no_server")):
            return REFUSED
        unlucky = self.facts.get("who") == "unlucky client"  # one of several clients of the test
        if unlucky or ("nobody_answers" in self.name and not self.name.startswith("patient")):
            return UNANSWERED
        return _last_moment(self.events)

    def shown(self, what: str = "prints", who: str | None = None) -> bytes:
        """What was printed ("prints"), logged ("logs") or received ("receives") by its program, or by `who`."""
        whose = who or str(self.facts.get("who") or self.program)
        return b"".join(event.data for event in self.events if event.what == what and event.who == whose)

    def fits(self, *names: str) -> bool:
        """Whether its function's name is like one of these: "test_ctrl_c*"."""
        return any(fnmatch.fnmatchcase(self.name, pattern) for pattern in names)


def _last_moment(events: Iterable[Event]) -> str:
    done = [MOMENTS[event.what] for event in events if event.what in MOMENTS]
    # what is done after it belongs to someone else: the next client that comes, for example
    return next((moment for moment in (CTRL_C, RESET) if moment in done), done[-1] if done else START)


@dataclass(frozen=True)
class Variation:
    """What is different when an examination is done once more.

    `unbuffered`: what is printed appears at once; `pause`: seconds between what is sent; `line_end`: a newline is
    added to what has none; `whole`: nothing is sent in pieces; `name`: a name is sent first, and nothing is awaited;
    `stalled`: someone is there who does not read; `ahead`: two lines are typed at once; `closely`: rarer lines,
    visitors and commands take their turn; `over`: the other side ends after it has answered; `more`: much more
    comes than usual; `interrupted`: Ctrl+C is pressed in the first conversation.
    """

    unbuffered: bool = False
    pause: float = 0.0
    line_end: bool = False
    whole: bool = False
    name: bool = False
    stalled: bool = False
    ahead: bool = False
    closely: bool = False
    over: bool = False
    more: bool = False
    interrupted: bool = False


AS_IT_IS = Variation()
PAIR = "pair"  # both programs of a folder, with each other
Examine = Callable[[str, Variation], Sequence[Fact]]


class Evidence:
    """All that is known after a check, of both programs.

    `failures`: the failed tests; `sources`: {program: its text}.
    """

    def __init__(
        self, failures: Iterable[Failure], facts: Iterable[Fact], examine: Examine, sources: Mapping[str, str]
    ) -> None:
        """`facts`: of the first contact; `examine`: does an examination once more, with something different."""
        self.failures = list(failures)
        self.sources = sources
        self._facts = {AS_IT_IS: list(facts)}
        self._examine = examine
        self._asked: dict[tuple[str, Variation], list[Fact]] = {}

    def facts(self, program: str, variation: Variation = AS_IT_IS) -> list[Fact]:
        """What was seen of this program; of both together, and with a variation, it is examined now, once (where it
        begins at all).
        """
        known = [fact for fact in self._facts[AS_IT_IS] if fact.program == program]
        if variation == AS_IT_IS and program != PAIR:
            return known
        if any(fact.name == "does_not_begin" for fact in known):
            return []
        if (program, variation) not in self._asked:
            self._asked[program, variation] = list(self._examine(program, variation))
        return self._asked[program, variation]


class Case:
    """The evidence about one program: what the predicate of a fault looks at."""

    def __init__(self, evidence: Evidence, program: str, but: Sequence[Failure] = ()) -> None:
        """About "server" or "client"; `but`: failed tests that do not count."""
        self.evidence = evidence
        self.program = program
        self._but = but

    def but_for(self, failures: Sequence[Failure]) -> Case:
        """The same without these failed tests."""
        return Case(self.evidence, self.program, failures)

    @property
    def source(self) -> str:
        """The program's text."""
        return self.evidence.sources.get(self.program, "")

    def line(self, number: int) -> str:
        """A line of the program's text, counted from 1, or "" if there is none."""
        lines = ["", *self.source.splitlines()]
        return lines[number] if number < len(lines) else ""

    def written(self, number: int) -> str:
        """A line of the program's text with its number, as a step of evidence shows it ("Line 7 of server.py: x = 1"),
        or "" for the line 0, which stands for none.
        """
        return f"Line {number} of {self.program}.py: {self.line(number).strip()[:MOST_OF_A_LINE]}" if number else ""

    def line_of(self, found: re.Match[str]) -> int:
        """The line in which something that was found in the program's text begins, counted from 1."""
        return self.source[: found.start()].count("\n") + 1

    @property
    def failures(self) -> list[Failure]:
        """The failed tests of this program."""
        mine = (failure for failure in self.evidence.failures if failure.program == self.program)
        return [failure for failure in mine if failure not in self._but]

    def facts(self, name: str, **details: Detail) -> list[Fact]:
        """What first contact has seen under this name, with these details."""
        return [fact for fact in self.evidence.facts(self.program) if fact.name == name and fact.fits(**details)]

    def fact(self, name: str, **details: Detail) -> Fact | None:
        """The first of facts(), or None."""
        return next(iter(self.facts(name, **details)), None)

    def again(self, variation: Variation, name: str, **details: Detail) -> Fact | None:
        """What is seen under this name in an examination with something different: an experiment."""
        facts = self.evidence.facts(self.program, variation)
        return next((fact for fact in facts if fact.name == name and fact.fits(**details)), None)

    def together(self, name: str, **details: Detail) -> Fact | None:
        """What is seen of it under this name while it talks with the other one of the two own programs."""
        facts = self.evidence.facts(PAIR) if len(self.evidence.sources) > 1 else []
        mine = (fact for fact in facts if fact.program == self.program and fact.name == name)
        return next((fact for fact in mine if fact.fits(**details)), None)

    def failed(
        self, *names: str, causes: Iterable[str] = (), moment: str = "", exceptions: Iterable[str] = ()
    ) -> list[Failure]:
        """The failed tests with such names, causes, moment and exceptions; whatever is left out may be any. A test that
        never ran has seen nothing, and is none of them.
        """
        return [
            failure
            for failure in self.failures
            if failure.cause != "not reached"
            and (not names or failure.fits(*names))
            and (not causes or failure.cause in causes)
            and (not moment or failure.moment == moment)
            and (not exceptions or failure.exception in exceptions)
        ]
