"""How verdicts become points: which attempt and tests count, late days, a person's marks, the total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.verdict import GradedTest, Kind
from parley.grading.class_file import GradedClass
from parley.grading.course import BEST, COURSE, LAST, MARKS, TIMES, Course, Plan, moment, names_of_stages
from parley.grading.grades import StageGrades, tidy
from parley.grading.hand_in import HandIn
from parley.grading.late import LateRule
from parley.grading.marks import Mark, find_tests, read_marks
from parley.grading.rows import Row, read_rows

Times = Mapping[tuple[str, str, str], datetime]  # {(student's key, stage, name of the folder or zip, or ""): when}


@dataclass(frozen=True)
class Lateness:
    """How late something is: days, the rule for their cost, and sentences about it."""

    days: int = 0
    rule: LateRule = field(default_factory=LateRule)
    told: str = ""


@dataclass(frozen=True)
class Total:
    """The total of all stages: points earned and possible, and the names of dropped stages."""

    points: float
    of: float
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counting:
    """How to count points in one folder of grades, from policy.json or the course.toml above it.

    `suites`: {stage: the tests that count, with their worth}; `not_counted`: {stage: sentences of the others}; `hide`:
    kinds or names of tests that students don't see; `late_days`: {student's key: {stage, or "" for all: days}}, counted
    by a person; `late`: {stage, or "" for all: their cost}. In a course also `plans`, `deadlines`: {(student's key,
    stage): with extensions}, `times`: when something was handed in, according to a person.
    """

    suites: Mapping[str, tuple[GradedTest, ...]]
    hide: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    late: Mapping[str, LateRule] = field(default_factory=dict)
    late_days: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    not_counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    deadlines: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    times: Times = field(default_factory=dict)
    attempts: str = LAST
    drop_lowest: int = 0
    notes: tuple[str, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def hides(self, test: GradedTest) -> bool:
        """Whether students don't see this test."""
        return test.kind in self.hide or test.name in self.hide

    def marks_on(self, key: str, stage: str, test: str = "") -> tuple[Mark, ...]:
        """Return a person's marks on a student's stage as a whole, or on one test of it, in the order of the file."""
        return tuple(mark for mark in self.marks if (mark.student, mark.stage, mark.test) == (key, stage, test))

    # which attempt

    def in_order(self, key: str, stage: str, hand_ins: Iterable[HandIn]) -> list[HandIn]:
        """Return all attempts with their valid times, the oldest first."""
        timed = [replace(hand_in, when=self._when(key, stage, hand_in)) for hand_in in hand_ins]
        known = all(hand_in.when for hand_in in timed)
        return sorted(timed, key=lambda hand_in: hand_in.when.timestamp()) if known else timed  # type: ignore[union-attr]

    def _when(self, key: str, stage: str, hand_in: HandIn) -> datetime | None:
        handed_in_as = self.plans[stage].handed_in_as if stage in self.plans else stage
        for name in (hand_in.path, ""):
            if (key, handed_in_as, name) in self.times:
                return self.times[key, handed_in_as, name]
        return hand_in.when

    def candidates(self, key: str, stage: str, hand_ins: Iterable[HandIn]) -> list[HandIn]:
        """Return the attempts that may count: all with programs if the best one counts, otherwise one."""
        known = self.in_order(key, stage, hand_ins)
        able = [hand_in for hand_in in known if hand_in.is_something]
        if not able or self.attempts == BEST:
            return able or known[-1:]
        deadline, rule = self.deadlines.get((key, stage)), self._rule(stage)
        in_time = [
            hand_in
            for hand_in in able
            if not (hand_in.when and deadline and not rule.in_time(deadline, hand_in.when))
            and not (hand_in.late and hand_in.when is None)
        ]
        return (in_time or able)[-1:]

    def why(self, key: str, stage: str, hand_ins: Sequence[HandIn], taken: HandIn) -> str:
        """Return sentences about which of several attempts counts, and why, or "" if there was only one."""
        if len(hand_ins) < 2:
            return ""
        late = self.lateness(key, stage, taken).days > 0 or (taken.late and taken.when is None)
        if self.attempts == BEST:
            reason = "it has the most points"
        elif (key, stage) not in self.deadlines:
            reason = "it is the last one"
        else:
            reason = "it is the last one, and none came before the deadline" if late else "it is the last in time"
        others = [hand_in for hand_in in self.in_order(key, stage, hand_ins) if hand_in.path != taken.path]
        unable = [hand_in.path for hand_in in others if not hand_in.is_something]
        more = f" No program of this stage is in {', '.join(unable)}." if unable else ""
        return f"Of {len(hand_ins)} attempts, {taken.path} counts: {reason}.{more}"

    # late days

    def _rule(self, stage: str) -> LateRule:
        return self.late.get(stage) or self.late.get("") or LateRule()

    def lateness(self, key: str, stage: str, hand_in: HandIn) -> Lateness:
        """Return how late an attempt is."""
        rule, deadline = self._rule(stage), self.deadlines.get((key, stage))
        if deadline is None:
            counted = self.late_days.get(key, {})
            return Lateness(counted.get(stage, counted.get("", 0)), rule)
        until = f"the deadline was {shown_moment(deadline)}"
        if hand_in.when is None:
            how_late = "calls it late, but doesn't say how late, so it costs nothing" if hand_in.late else ""
            return Lateness(0, rule, f"The platform {how_late}; {until}." if how_late else "")
        days = rule.days(deadline, hand_in.when)
        cost = f"; {rule.told(days)}" if days else ""
        when = hand_in.when.astimezone(deadline.tzinfo)
        return Lateness(days, rule, f"Handed in {shown_moment(when)}; {until}{cost}.")

    def open_until(self, key: str, stage: str) -> datetime | None:
        """Return the deadline of a student's stage if there's still time, or None."""
        deadline = self.deadlines.get((key, stage))
        return deadline if deadline and self.now < deadline.astimezone(timezone.utc) else None

    # the total

    def total(self, stages: Mapping[str, StageGrades]) -> Total:
        """Return the total of these stages: their sum, or the weighted sum if they have weights."""
        if not self.plans:
            return Total(
                tidy(sum(stage.points for stage in stages.values())), sum(stage.of for stage in stages.values())
            )
        main = [name for name in stages if not self.plans[name].extra]
        lowest = sorted(main, key=lambda name: stages[name].share)[: min(self.drop_lowest, len(main) - 1)]
        kept = [name for name in main if name not in lowest]
        of, weight = (sum(self.plans[name].weight for name in names) for names in (main, kept))
        points = sum(self.plans[name].weight * stages[name].share for name in kept) * (of / weight if weight else 0)
        points += sum(self.plans[name].weight * stages[name].share for name in stages if self.plans[name].extra)
        return Total(tidy(points), tidy(of), tuple(lowest))


def shown_moment(when: datetime) -> str:
    """Return a time as a person reads it: 2026-10-02 23:59 CEST."""
    return when.strftime("%Y-%m-%d %H:%M %Z").strip()


# Of a course


def of_course(course: Course, known: GradedClass) -> Counting:
    """Return how to count points in a course, by its files, for the students and stages of these grades.

    Raise a BadInput that names the file and the line or key.
    """
    suites, left_out = {}, {}
    for name, suite in known.suites.items():
        if name not in course.plans:
            raise BadInput(
                f"{course.folder / COURSE} has no stage {name} any more, which is in the grades. Add it again."
            )
        suites[name], left_out[name] = _counted(course, name, suite)
    deadlines = {
        (student.key, name): plan.deadline
        for student in known.students
        for name, plan in course.plans.items()
        if plan.deadline
    }
    notes = []
    for named, more in course.extensions.items():
        row = Row({}, (named,), f"{course.folder / COURSE}, extensions.{named}")
        try:
            key = row.whose(known.students)
        except BadInput as error:
            if course.roster:
                raise
            notes.append(str(error))  # students who haven't handed in anything yet are unknown
            continue
        for name in course.plans:
            until = more.get(name) or more.get(course.plans[name].handed_in_as)
            deadline = deadlines.get((key, name))
            if isinstance(until, timedelta):
                until = deadline + until if deadline else None
            if until:
                deadlines[key, name] = until
    return Counting(
        suites=suites,
        hide=checked_hide(course.hide, known, f"{course.folder / COURSE}, hide"),
        marks=read_marks(course.folder / MARKS, known.students, known.suites, names_of_stages(known.suites)),
        late={name: plan.late for name, plan in course.plans.items()},
        not_counted=left_out,
        plans=course.plans,
        deadlines=deadlines,
        times=_times(course, known),
        attempts=course.attempts,
        drop_lowest=course.drop_lowest,
        notes=tuple(notes),
    )


def checked_hide(hide: Iterable[str], known: GradedClass, where: str = "") -> tuple[str, ...]:
    """Return kinds and names of tests to hide. Raise BadInput for an unknown one. `where`: begins the sentence."""
    names = {*map(str, Kind), *(test.name for suite in known.suites.values() for test in suite)}
    for name in hide:
        if name not in names:
            front = f"{where}: " if where else ""
            raise BadInput(f"{front}There's nothing called {name!r} to hide. Use {', '.join(Kind)}.")
    return tuple(hide)


def _counted(course: Course, name: str, suite: Sequence[GradedTest]) -> tuple[tuple[GradedTest, ...], tuple[str, ...]]:
    """Return the tests of a stage that count, with their worth, and sentences of the others."""
    plan = course.plans[name]
    where = f"{course.folder / COURSE}, {'extra' if plan.extra else 'stage'}.{Path(name).name}"
    dropped = {_test(text, suite, f"{where}.drop") for text in plan.drop}
    worth = {_test(text, suite, f"{where}.points"): points for text, points in plan.points.items()}
    counted = tuple(
        replace(test, points=worth.get(test.name, test.points)) for test in suite if test.name not in dropped
    )
    if not sum(test.points for test in counted):
        raise BadInput(f"{where}: No test with points is left.")
    return counted, tuple(test.sentence for test in suite if test.name in dropped)


def _test(text: str, suite: Sequence[GradedTest], where: str) -> str:
    found = find_tests(text, suite)
    if len(found) != 1:
        what = "more than one test" if found else "no test"
        raise BadInput(f"{where}: {text!r} is {what} of this stage: use a name from tests.csv.")
    return found[0]


def _times(course: Course, known: GradedClass) -> dict[tuple[str, str, str], datetime]:
    """Return when something was handed in, by times.csv: student, stage, when, and file if there are several."""
    path = course.folder / TIMES
    if not path.exists():
        return {}
    found: dict[tuple[str, str, str], datetime] = {}
    names = names_of_stages(course.plans)
    for row in read_rows(path, ("stage", "when"), "times"):
        stage = names.get(row.text("stage").lower())
        if stage is None:
            raise row.wrong(f"This course has no stage {row.text('stage')!r}.")
        when = moment(row.text("when"), course.zone)
        if when is None:
            raise row.wrong(f"{row.text('when')!r} isn't a time. Write it as 2026-10-02 23:59.")
        found[row.whose(known.students), stage, row.text("file")] = when
    return found
