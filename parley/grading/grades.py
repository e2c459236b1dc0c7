"""grades.json: what each student earned, by stage and by test. Pages and exports are made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from parley.contract.diagnosis import Diagnosis
from parley.contract.files import write_json
from parley.contract.plain import from_plain, to_plain
from parley.contract.verdict import GradedTest, Kind, Points, Verdict, Word
from parley.grading.class_file import VERSION, read_ours
from parley.grading.hand_in import HandIn
from parley.grading.marks import Mark

GRADES = "grades.json"


class State(Word):
    """How far a student, or a student's stage, is graded."""

    GRADED = "graded"
    PARTLY = "partly graded"
    NOT_GRADED = "not graded"
    NOT_BEGUN = "not begun"
    MISSING = "missing"
    NOTHING = "nothing handed in"
    NEEDS_A_LOOK = "needs a look"  # unknown content or author: a person must decide


def tidy(points: float) -> float:
    """Round points to two decimals, and return whole ones as an int, which is shown without decimals."""
    rounded = round(points, 2)
    return int(rounded) if rounded == int(rounded) else rounded


@dataclass(frozen=True)
class ScoredTest:
    """The verdict on a test, whether it's hidden from students, and the points that a person gives instead."""

    verdict: Verdict
    hidden: bool
    by_hand: float | None = None

    @property
    def test(self) -> GradedTest:
        """The test itself."""
        return self.verdict.test

    @property
    def points(self) -> float:
        """Its points: a person's, or those of its verdict."""
        return self.verdict.earned if self.by_hand is None else self.by_hand

    @property
    def counts(self) -> bool:
        """Whether its worth counts in the total."""
        return self.by_hand is not None or self.verdict.outcome.counts

    def as_data(self) -> dict[str, Any]:
        """Return the test and its verdict as plain data for JSON."""
        by_hand = {} if self.by_hand is None else {"by_hand": self.by_hand}
        return {**to_plain(self.test), **self.verdict.as_data(), "hidden": self.hidden, **by_hand}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ScoredTest:
        """Return what as_data made plain. Raise KeyError or ValueError for anything else."""
        return cls(Verdict.from_data(from_plain(GradedTest, data), data), data["hidden"], data.get("by_hand"))


@dataclass(frozen=True)
class StageGrades:
    """What a student earned for a stage: `points` of `of`, with `deducted` points subtracted for late days.

    `kinds`: the machine's points of each kind; `seconds`, `cpu`: what the tests took one after another; `diagnoses`:
    what is wrong with the programs, in the order shown; `unclear`: why a person must look at it; `marks`: a person's,
    and `by_hand`: what they add to the machine's points; `not_counted`: sentences of tests that don't count here. In a
    course also: `weight`: its part of the total; `dropped`: it isn't in the total; `hand_in`: the attempt that counts;
    `taken`: why, in a sentence; `timing`: sentences about its time and the deadline; `open_until`: the deadline, if
    nothing was handed in and there's still time.
    """

    points: float
    of: int
    kinds: Mapping[Kind, Points]
    state: State
    late_days: int
    deducted: float
    seconds: float
    cpu: float
    tests: tuple[ScoredTest, ...]
    diagnoses: tuple[Diagnosis, ...] = ()
    unclear: str = ""
    marks: tuple[Mark, ...] = ()
    by_hand: float = 0
    not_counted: tuple[str, ...] = ()
    weight: float | None = None
    dropped: bool = False
    hand_in: HandIn | None = None
    taken: str = ""
    timing: str = ""
    open_until: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether there's a verdict. A grader error, unclear work, or work not yet due must not become a zero."""
        return self.state not in (State.NOT_GRADED, State.NEEDS_A_LOOK) and self.open_until is None

    @property
    def share(self) -> float:
        """The points as a share of the possible ones, from 0 to 1 (or more, if a person says so)."""
        return self.points / self.of if self.of else 0

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on all tests."""
        return [grade.verdict for grade in self.tests]

    @property
    def late(self) -> str:
        """The cost of late days as a sentence, or ""."""
        if not self.deducted:
            return ""
        days = "1 late day" if self.late_days == 1 else f"{self.late_days} late days"
        return f"{self.deducted} points less, for {days}. {self.timing}".strip()


@dataclass(frozen=True)
class StudentGrades:
    """What a student earned (see ClassStudent for the student). `before`: the points of the last run, or None."""

    key: str
    id: str
    name: str
    email: str
    source: str
    state: State
    points: float
    of: float
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    stages: Mapping[str, StageGrades]
    before: float | None
    section: str = ""

    @property
    def changed(self) -> bool:
        """Whether the points changed."""
        return self.before is not None and self.before != self.points

    def only(self, stage: str) -> StudentGrades:
        """Return the student with only this stage."""
        alone = self.stages[stage]
        return replace(self, points=alone.points, of=alone.of, state=alone.state, stages={stage: alone})


@dataclass(frozen=True)
class NotGraded:
    """A stage that isn't graded, and a sentence about it."""

    student: StudentGrades
    stage: str
    note: str


@dataclass(frozen=True)
class NeedsALook:
    """A student's stages that a person must look at, and why."""

    student: StudentGrades
    stages: tuple[str, ...]
    reason: str

    @property
    def where(self) -> str:
        """The folder or zip, by its name in the class, or "" if nothing was handed in under the student's name."""
        return self.student.source


@dataclass(frozen=True)
class Grades:
    """What a class earned. `made`: when, in UTC; `of`: the worth of all stages; `per_day` and `hide`: the cost of a
    late day, and the hidden kinds and tests; `course`: the name of the course, or "".
    """

    made: str
    sandbox: bool
    seed: int
    stages: Sequence[str]
    of: float
    per_day: str
    hide: tuple[str, ...]
    notes: tuple[str, ...]
    students: tuple[StudentGrades, ...]
    course: str = ""

    def not_graded(self, otherwise: str) -> list[NotGraded]:
        """Return what isn't graded, with the first note about the student, or with `otherwise`."""
        return [
            NotGraded(student, name, next(iter(student.notes), otherwise))
            for student in self.students
            for name, stage in student.stages.items()
            if stage.state is State.NOT_GRADED
        ]

    def needs_a_look(self) -> list[NeedsALook]:
        """Return everything that a person must look at, and why."""
        found: dict[tuple[str, str], list[str]] = {}
        for student in self.students:
            for name, stage in student.stages.items():
                if stage.unclear:
                    found.setdefault((student.key, stage.unclear), []).append(name)
        known = {student.key: student for student in self.students}
        return [NeedsALook(known[key], tuple(names), reason) for (key, reason), names in found.items()]

    def save(self, folder: Path) -> None:
        """Write grades.json into this folder, in one step."""
        write_json(folder / GRADES, {"version": VERSION, **to_plain(self)})

    @classmethod
    def load(cls, folder: Path) -> Grades:
        """Read grades.json. Raise BadInput if it's missing or another kind of file."""
        return read_ours(folder / GRADES, cls)
