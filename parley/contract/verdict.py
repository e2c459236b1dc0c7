"""What a graded test says of a program: the test, its outcome, what that costs, and the points that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from parley.contract.plain import fields_from_plain, fields_to_plain
from parley.contract.story import Story


class Word(str, Enum):
    """A word that stands as it is in files and on the screen (enum.StrEnum is new in Python 3.11)."""

    def __str__(self) -> str:
        return str(self.value)


class Kind(Word):
    """What a test is about: what `bare` must do, what `quiet` adds, what `full` adds."""

    CORE = "core"
    ERRORS = "errors"
    LOGGING = "logging"


class Outcome(Word):
    """How a graded test ended."""

    PASSED = "passed"
    FAILED = "failed"
    OUT_OF_TIME = "out of time"
    NOT_BEGUN = "not begun"
    NOT_REACHED = "not reached"  # the program never came so far, for a reason that an earlier test has told
    CRASHED = "crashed"
    NOT_RUN = "not run"
    NOT_HERE = "not here"
    GRADER = "grader"

    @property
    def shown(self) -> str:
        """The outcome as a person reads it; the value itself is for files."""
        return SHOWN.get(self, str(self))

    @property
    def counts(self) -> bool:
        """Whether it says something about the student; what does not leaves the total."""
        return self not in (Outcome.NOT_HERE, Outcome.GRADER)

    @property
    def is_known(self) -> bool:
        """Whether the test need not run again."""
        return self not in (Outcome.NOT_RUN, Outcome.GRADER)


SHOWN = {
    Outcome.OUT_OF_TIME: "timed out",
    Outcome.NOT_BEGUN: "not started",
    Outcome.NOT_HERE: "unsupported here",
    Outcome.GRADER: "grader error",
}


@dataclass(frozen=True)
class GradedTest:
    """A graded test, as a suite's manifest lists it.

    `name`: "1_echo/test_server.py::test_..."; `sentence`: what it says; `hint`: the key of its hint.
    """

    name: str = field(metadata={"key": "test"})
    points: int
    kind: Kind
    sentence: str
    hint: str

    @property
    def page(self) -> str:
        """The file that it stands in: "test_server.py"."""
        return self.name.partition("::")[0].rpartition("/")[2]

    @property
    def program(self) -> str:
        """Whose test it is: "server", "client" or "gui_client"."""
        return program_of(self.page)

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.name.rpartition("::")[2]


def program_of(page: str) -> str:
    """The program that a page of tests is about: "server" of test_server.py, and of test_server_more.py."""
    stem = page.removeprefix("test_").removesuffix(".py")
    return next((name for name in ("server", "client", "gui_client") if f"{stem}_".startswith(f"{name}_")), stem)


@dataclass(frozen=True)
class Verdict:
    """The result of a graded test.

    `reason`: one sentence, "" where it has passed; `story`: how it failed, where it ran; `seconds` that it took, and
    `cpu`: seconds of CPU time, where they are known.
    """

    test: GradedTest
    outcome: Outcome = field(metadata={"key": "verdict"})
    reason: str = ""
    story: Story | None = field(default=None, repr=False)
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def earned(self) -> int:
        """The points that it brings."""
        return self.test.points if self.outcome is Outcome.PASSED else 0

    @property
    def passed(self) -> bool:
        """Whether the test has passed."""
        return self.outcome is Outcome.PASSED

    @property
    def lost(self) -> bool:
        """Whether it has cost points."""
        return not self.passed and self.outcome.counts

    def as_data(self) -> dict[str, Any]:
        """The verdict as plain data for JSON; of the test it has the name alone."""
        return {**fields_to_plain(self), "test": self.test.name, "earned": self.earned}

    @classmethod
    def from_data(cls, test: GradedTest, data: Mapping[str, Any]) -> Verdict:
        """The verdict on this test that as_data has made plain. Raises ValueError if it is none."""
        return fields_from_plain(cls, {**data, "test": test})


class Points(NamedTuple):
    """Points earned, of so many."""

    earned: int
    of: int


def points_by_kind(verdicts: Iterable[Verdict]) -> dict[Kind, Points]:
    """Points by kind, for the kinds that there are; a test that says nothing about the student is not counted."""
    counted = [verdict for verdict in verdicts if verdict.outcome.counts]
    of_kind = {kind: [verdict for verdict in counted if verdict.test.kind is kind] for kind in Kind}
    return {kind: points_of(verdicts) for kind, verdicts in of_kind.items() if verdicts}


def points_of(verdicts: Iterable[Verdict]) -> Points:
    """The points of all tests that count."""
    counted = [verdict for verdict in verdicts if verdict.outcome.counts]
    return Points(sum(verdict.earned for verdict in counted), sum(verdict.test.points for verdict in counted))
