"""The verdict of a graded test: the test, its outcome and cost, and the points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from parley.contract.plain import fields_from_plain, fields_to_plain
from parley.contract.story import Story


class Word(str, Enum):
    """A word that is the same in files and on the screen (enum.StrEnum is new in Python 3.11)."""

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
    NOT_REACHED = "not reached"  # the program never got that far, for a reason that an earlier test showed
    CRASHED = "crashed"
    NOT_RUN = "not run"
    NOT_HERE = "not here"
    GRADER = "grader"

    @property
    def shown(self) -> str:
        """The outcome as a person reads it. The value itself is for files."""
        return SHOWN.get(self, str(self))

    @property
    def counts(self) -> bool:
        """Whether it says something about the student. Otherwise the test doesn't count in the total."""
        return self not in (Outcome.NOT_HERE, Outcome.GRADER)

    @property
    def is_known(self) -> bool:
        """Whether the test needn't run again."""
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

    `name`: "1_echo/test_server.py::test_..."; `sentence`: its docstring; `hint`: the key of its hint.
    """

    name: str = field(metadata={"key": "test"})
    points: int
    kind: Kind
    sentence: str
    hint: str

    @property
    def page(self) -> str:
        """Its file: "test_server.py"."""
        return file_of_test(self.name)

    @property
    def program(self) -> str:
        """The program that it tests: "server", "client" or "gui_client"."""
        return program_of(self.page)

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.name.rpartition("::")[2]


def file_of_test(name: str) -> str:
    """Return the file of a graded test, "test_server.py", from its name, "1_echo/test_server.py::test_..."."""
    return name.partition("::")[0].rpartition("/")[2]


def program_of(page: str) -> str:
    """Return the program that a file of tests is about: "server" for test_server.py and test_server_more.py."""
    stem = page.removeprefix("test_").removesuffix(".py")
    return next((name for name in ("server", "client", "gui_client") if f"{stem}_".startswith(f"{name}_")), stem)


@dataclass(frozen=True)
class Verdict:
    """The result of a graded test.

    `reason`: one sentence, "" if it passed; `story`: how it failed, if it ran; `seconds`: its duration, and `cpu`: its
    seconds of CPU time, if known.
    """

    test: GradedTest
    outcome: Outcome = field(metadata={"key": "verdict"})
    reason: str = ""
    story: Story | None = field(default=None, repr=False)
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def earned(self) -> int:
        """The points it earned."""
        return self.test.points if self.outcome is Outcome.PASSED else 0

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return self.outcome is Outcome.PASSED

    @property
    def lost(self) -> bool:
        """Whether it cost points."""
        return not self.passed and self.outcome.counts

    def as_data(self) -> dict[str, Any]:
        """Return the verdict as plain data for JSON, with only the name of the test."""
        return {**fields_to_plain(self), "test": self.test.name, "earned": self.earned}

    @classmethod
    def from_data(cls, test: GradedTest, data: Mapping[str, Any]) -> Verdict:
        """Return the verdict on this test that as_data made plain. Raise ValueError for anything else."""
        return fields_from_plain(cls, {**data, "test": test})


class Points(NamedTuple):
    """Points earned, out of a total."""

    earned: int
    of: int


def points_by_kind(verdicts: Iterable[Verdict]) -> dict[Kind, Points]:
    """Return the points of each kind present. Tests that say nothing about the student don't count."""
    counted = [verdict for verdict in verdicts if verdict.outcome.counts]
    of_kind = {kind: [verdict for verdict in counted if verdict.test.kind is kind] for kind in Kind}
    return {kind: points_of(verdicts) for kind, verdicts in of_kind.items() if verdicts}


def points_of(verdicts: Iterable[Verdict]) -> Points:
    """Return the points of all tests that count."""
    counted = [verdict for verdict in verdicts if verdict.outcome.counts]
    return Points(sum(verdict.earned for verdict in counted), sum(verdict.test.points for verdict in counted))
