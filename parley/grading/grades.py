"""grades.json: what each student has earned, stage by stage and test by test. Pages and exports are made of it."""

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
    """How far a student, or a stage of one, is graded."""

    GRADED = "graded"
    PARTLY = "partly graded"
    NOT_GRADED = "not graded"
    NOT_BEGUN = "not begun"
    MISSING = "missing"
    NOTHING = "nothing handed in"
    NEEDS_A_LOOK = "needs a look"  # no one knows what was handed in, or whose it is: a person has to say


def tidy(points: float) -> float:
    """Points with two decimals at most; whole ones are a whole number, which is shown without any."""
    rounded = round(points, 2)
    return int(rounded) if rounded == int(rounded) else rounded


@dataclass(frozen=True)
class ScoredTest:
    """The verdict on a test, whether the students may not see it, and the points that a person gives instead."""

    verdict: Verdict
    hidden: bool
    by_hand: float | None = None

    @property
    def test(self) -> GradedTest:
        """The test itself."""
        return self.verdict.test

    @property
    def points(self) -> float:
        """What it brings: as a person says, else as its verdict does."""
        return self.verdict.earned if self.by_hand is None else self.by_hand

    @property
    def counts(self) -> bool:
        """Whether what it is worth is in the total."""
        return self.by_hand is not None or self.verdict.outcome.counts

    def as_data(self) -> dict[str, Any]:
        """The test and its verdict as plain data for JSON."""
        by_hand = {} if self.by_hand is None else {"by_hand": self.by_hand}
        return {**to_plain(self.test), **self.verdict.as_data(), "hidden": self.hidden, **by_hand}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ScoredTest:
        """What as_data has made plain. Raises KeyError or ValueError if it is none."""
        return cls(Verdict.from_data(from_plain(GradedTest, data), data), data["hidden"], data.get("by_hand"))


@dataclass(frozen=True)
class StageGrades:
    """What a student has earned for a stage: `points` of `of`, with `deducted` points taken off for late days.

    `kinds`: the machine's points of each kind; `seconds`, `cpu`: what the tests took one after another; `diagnoses`:
    what is wrong with the programs, in the order in which it is told; `unclear`: why a person has to look at it;
    `marks`: a person's word, and `by_hand`: what it adds to the machine's points; `not_counted`: sentences of tests
    that don't count here. In a course also: `weight`: its part of the total, and `dropped`: it is not in the total;
    `hand_in`: what counts of what was handed in; `taken`: why that, a sentence; `timing`: when, and what the deadline
    was, sentences; `open_until`: nothing was handed in, and there is still time.
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
        """Whether there is a verdict: what the grader could not do, or no one understands, must not become a zero, nor
        must what a student still has time for.
        """
        return self.state not in (State.NOT_GRADED, State.NEEDS_A_LOOK) and self.open_until is None

    @property
    def share(self) -> float:
        """The points as a share of what can be earned, from 0 to 1 (or more, if a person says so)."""
        return self.points / self.of if self.of else 0

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on all tests."""
        return [grade.verdict for grade in self.tests]

    @property
    def late(self) -> str:
        """What late days have cost, as a sentence; "" where they have cost nothing."""
        if not self.deducted:
            return ""
        days = "1 late day" if self.late_days == 1 else f"{self.late_days} late days"
        return f"{self.deducted} points less, for {days}. {self.timing}".strip()


@dataclass(frozen=True)
class StudentGrades:
    """What a student has earned: see ClassStudent for who that is. `before`: the points of the last run, or None."""

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
        """Whether there were other points before."""
        return self.before is not None and self.before != self.points

    def only(self, stage: str) -> StudentGrades:
        """The student with this stage alone."""
        alone = self.stages[stage]
        return replace(self, points=alone.points, of=alone.of, state=alone.state, stages={stage: alone})


@dataclass(frozen=True)
class NotGraded:
    """A stage that is not graded, and a sentence about it."""

    student: StudentGrades
    stage: str
    note: str


@dataclass(frozen=True)
class NeedsALook:
    """Stages of a student that a person has to look at, and why."""

    student: StudentGrades
    stages: tuple[str, ...]
    reason: str

    @property
    def where(self) -> str:
        """The folder or zip, as it is called in the class; "" where nothing came under the student's name."""
        return self.student.source


@dataclass(frozen=True)
class Grades:
    """What a class has earned. `made`: when, in UTC; `of`: what all stages are worth; `per_day` and `hide`: what a
    late day costs, and which kinds and tests are hidden; `course`: the name of the course, or "".
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
        """What is not graded, with the first note about the student, or with `otherwise`."""
        return [
            NotGraded(student, name, next(iter(student.notes), otherwise))
            for student in self.students
            for name, stage in student.stages.items()
            if stage.state is State.NOT_GRADED
        ]

    def needs_a_look(self) -> list[NeedsALook]:
        """What a person has to look at, and why: all of it."""
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
        """Read grades.json. Raises BadInput if it is missing, or no such file."""
        return read_ours(folder / GRADES, cls)
