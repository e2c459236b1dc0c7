"""Points made of verdicts, again and again without running anything: kinds, late days, what is hidden."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

from parley import stages
from parley.contract.diagnosis import Diagnosis, still_true
from parley.contract.errors import BadInput
from parley.contract.files import write_json, write_whole
from parley.contract.plain import to_plain
from parley.contract.record import visible
from parley.contract.verdict import GradedTest, Kind, Outcome, Points, Verdict, points_by_kind
from parley.grading import verdict_log
from parley.grading.class_file import VERSION, ClassStudent, GradedClass, read_ours
from parley.grading.csv_in_place import read_sheet, safe
from parley.grading.grades import Grades, ScoredTest, StageGrades, State, StudentGrades
from parley.grading.roster import Student, columns_of, comparable, words_of

TABLE, POLICY = "grades.csv", "policy.json"
NOT_YET = f"Not graded yet: {stages.command('grade')} goes on from here."


@dataclass(frozen=True)
class Policy:
    """What holds for a class, in policy.json. `late`: late days, as {student's key: {stage, or "" for all: days}};
    `per_day`: what one costs; `hide`: kinds or names of tests that students shall not see.
    """

    late: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    per_day: str = ""
    hide: tuple[str, ...] = ()

    def days(self, key: str, stage: str) -> int:
        """How many days late a student's stage is."""
        days = self.late.get(key, {})
        return days.get(stage, days.get("", 0))

    def cost(self, earned: int, days: int) -> int:
        """What late days cost, in whole points, rounded in favour of the student. Raises BadInput."""
        if not self.per_day:
            return 0
        number = re.fullmatch(r"(\d+(?:\.\d+)?)(\s*%)?", self.per_day)
        if not number:
            raise BadInput(f"A late day costs a number of points or a share, as 5 or 10%, not {self.per_day!r}.")
        of_a_day = Fraction(number[1])
        return min(earned, math.floor(days * (of_a_day * earned / 100 if number[2] else of_a_day)))

    def hides(self, test: GradedTest) -> bool:
        """Whether students shall not see this test."""
        return test.kind in self.hide or test.name in self.hide


def score(
    folder: Path,
    *,
    late: str | Path | None = None,
    per_day: str | None = None,
    hide: Sequence[str] | None = None,
    fresh: bool = False,
    not_yet: str = NOT_YET,
) -> Grades:
    """Make grades.json and grades.csv of the verdicts in a folder that parley grade has written; returns the grades.

    `late`: a CSV file with late days; `per_day`: what one costs, "10%" of what was earned for the stage, or "5"
    points; `hide`: kinds or names of tests that students shall not see. What is None stays as it was the last time,
    and "" (or an empty list) takes it back. `fresh`: tests have run since, so the last grades are those before;
    `not_yet`: what to say of a test without a verdict. Raises BadInput for bad input.
    """
    known = GradedClass.load(folder)
    policy = _policy(folder, known, late, per_day, hide)
    before = _before(folder, known.stages, fresh)
    students = []
    for student in known.students:
        stages = {name: _stage(folder, known, policy, student, name, not_yet) for name in known.stages}
        students.append(_student(student, stages, before.get(student.key)))
    grades = Grades(
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        sandbox=known.sandbox,
        seed=known.seed,
        stages=known.stages,
        of=max((student.of for student in students), default=0),
        per_day=policy.per_day,
        hide=policy.hide,
        notes=known.notes,
        students=tuple(students),
    )
    write_json(folder / POLICY, {"version": VERSION, **to_plain(policy)})
    grades.save(folder)
    write_whole(folder / TABLE, as_csv(grades), encoding="utf-8-sig")  # so that Excel takes it for UTF-8
    return grades


# One student


def _student(student: ClassStudent, stages: Mapping[str, StageGrades], before: int | None) -> StudentGrades:
    states = {stage.state for stage in stages.values()}
    state = State.GRADED
    if student.nothing:
        state = State.NOTHING
    elif State.NEEDS_A_LOOK in states:
        state = State.NEEDS_A_LOOK
    elif State.NOT_GRADED in states:
        state = State.NOT_GRADED if states <= {State.NOT_GRADED, State.MISSING} else State.PARTLY
    return StudentGrades(
        key=student.key,
        id=student.id,
        name=student.name,
        email=student.email,
        source=student.source,
        state=state,
        points=sum(stage.points for stage in stages.values()),
        of=sum(stage.of for stage in stages.values()),
        ignored=student.ignored,
        notes=student.notes,
        stages=stages,
        before=before,
        section=student.section,
    )


def _stage(
    folder: Path, known: GradedClass, policy: Policy, student: ClassStudent, name: str, not_yet: str
) -> StageGrades:
    """What a student has earned for a stage: a test without a verdict has earned nothing."""
    suite, files, unclear = known.suites[name], student.fingerprints.get(name), student.unclear.get(name, "")
    found: dict[str, Verdict] = {}
    diagnoses: tuple[Diagnosis, ...] = ()
    if files:
        log = verdict_log.log_of(folder, student.work or student.key, name)
        found = verdict_log.known(log, suite, known.fingerprints(name, files))
        diagnoses = verdict_log.known_diagnoses(log, files)
    elif unclear:
        not_yet = unclear
    elif not student.trouble:
        reason = "This stage was not handed in."
        found = {test.name: Verdict(test, Outcome.NOT_BEGUN, reason) for test in suite}
    verdicts = [found.get(test.name) or Verdict(test, Outcome.NOT_RUN, not_yet) for test in suite]
    kinds = dict.fromkeys(Kind, Points(0, 0)) | points_by_kind(verdicts)
    earned, days = sum(points.earned for points in kinds.values()), policy.days(student.key, name)
    deducted = policy.cost(earned, days)
    return StageGrades(
        points=earned - deducted,
        of=sum(points.of for points in kinds.values()),
        kinds=kinds,
        state=_state(verdicts, bool(files or student.trouble), unclear),
        late_days=days,
        deducted=deducted,
        seconds=round(sum(verdict.seconds for verdict in verdicts), 3),
        cpu=round(sum(verdict.cpu for verdict in verdicts), 3),
        tests=tuple(ScoredTest(verdict, policy.hides(verdict.test)) for verdict in verdicts),
        diagnoses=tuple(still_true(diagnoses, [verdict for verdict in verdicts if verdict.lost])),
        unclear=unclear,
    )


def _state(verdicts: Iterable[Verdict], handed_in: bool, unclear: str) -> State:
    if unclear:
        return State.NEEDS_A_LOOK
    if not handed_in:
        return State.MISSING
    outcomes = {verdict.outcome for verdict in verdicts}
    if not all(outcome.is_known for outcome in outcomes):
        return State.NOT_GRADED
    return State.NOT_BEGUN if outcomes == {Outcome.NOT_BEGUN} else State.GRADED


# Before


def _before(folder: Path, stages: Sequence[str], fresh: bool) -> dict[str, int | None]:
    """The points of each student the last time that all of these stages were graded, by the student's key."""
    try:
        old = Grades.load(folder)
    except BadInput:
        return {}
    return {student.key: _points_before(student, stages, fresh) for student in old.students}


def _points_before(student: StudentGrades, stages: Sequence[str], fresh: bool) -> int | None:
    whole = all(name in student.stages and student.stages[name].state is not State.NOT_GRADED for name in stages)
    if not fresh or not whole:  # the same run, or one that was stopped: what was before it is what was before
        return student.before if set(student.stages) == set(stages) else None
    return sum(student.stages[name].points for name in stages)


# Late days, and what is hidden


def _policy(
    folder: Path, known: GradedClass, late: str | Path | None, per_day: str | None, hide: Sequence[str] | None
) -> Policy:
    """What held the last time, with what is not None instead."""
    policy = read_ours(folder / POLICY, Policy) if (folder / POLICY).exists() else Policy()
    if late is not None:
        policy = replace(policy, late=_late(Path(late), known) if late else {})
    if per_day is not None:
        policy = replace(policy, per_day=per_day.strip())
        policy.cost(0, 0)
    if hide is not None:
        policy = replace(policy, hide=tuple(name for name in hide if name))
        names = {*Kind, *(test.name for suite in known.suites.values() for test in suite)}
        if strange := [name for name in policy.hide if name not in names]:
            raise BadInput(f"There is nothing called {strange[0]!r} to hide: the kinds are {', '.join(Kind)}.")
    return policy


def _late(path: Path, known: GradedClass) -> dict[str, dict[str, int]]:
    """Late days from a CSV file with the columns id (or name, email), days and, where they differ, stage."""
    rows = [row for row in read_sheet(path).rows if any(cell.strip() for cell in row)]
    titles = [title.strip().lower() for title in rows[0]] if rows else []
    who = columns_of(titles).values()
    if "days" not in titles or not who:
        raise BadInput(f"{path} has no late days: its first line has to name the columns id and days.")
    late: dict[str, dict[str, int]] = {}
    for row in rows[1:]:
        cells = dict(zip(titles, (cell.strip() for cell in row), strict=False))
        words = {comparable(row[at]) for at in who if at < len(row)} - {""}
        key = _whose(words, known.students, f"{path}: {visible(', '.join(row))}")
        stage = cells.get("stage", "")
        if stage and stage not in known.stages:
            raise BadInput(f"{path}: there is no stage {stage!r} in these grades.")
        if not re.fullmatch(r"\d{1,4}", cells.get("days", "")):
            raise BadInput(f"{path}: {visible(', '.join(row))}: days must be a whole number.")
        late.setdefault(key, {})[stage] = int(cells["days"])
    return late


def _whose(words: set[str], students: Iterable[ClassStudent], line: str) -> str:
    fits = [
        student.key
        for student in students
        if words & (words_of(Student(student.id, student.name, student.email)) | {comparable(student.key)})
    ]
    if len(fits) != 1:
        raise BadInput(f"{line}: this is {'more than one student' if fits else 'no student'} of these grades.")
    return fits[0]


# The table


def as_csv(grades: Grades) -> str:
    """The grades as the text of a CSV file: one row for each student. No cell can be a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    head = [f"{stage} {kind}" for stage in grades.stages for kind in Kind]
    writer.writerow(["key", "id", "name", "email", *head, "late", "total", "of", "state"])
    for student in grades.students:
        stages = [student.stages[name] for name in grades.stages]
        earned = [stage.kinds[kind].earned for stage in stages for kind in Kind]
        late = -sum(stage.deducted for stage in stages)
        who = [safe(text) for text in (student.key, student.id, student.name, student.email)]
        known = [not stage.unclear for stage in stages for _ in Kind]
        shown = [points if is_known else "" for points, is_known in zip(earned, known, strict=True)]
        total = "" if student.state is State.NEEDS_A_LOOK else student.points
        writer.writerow([*who, *shown, late, total, student.of, student.state])
    return file.getvalue()
