"""Points from verdicts, counted without running anything: kinds, late days, a person's marks, the total."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from parley import stages
from parley.contract.diagnosis import Diagnosis, still_true
from parley.contract.errors import BadInput
from parley.contract.files import write_json, write_whole
from parley.contract.plain import to_plain
from parley.contract.verdict import Kind, Outcome, Points, Verdict, points_by_kind
from parley.grading import tables, verdict_log
from parley.grading.class_file import VERSION, ClassStudent, GradedClass, read_ours
from parley.grading.counting import Counting, checked_hide, of_course
from parley.grading.course import COURSE, MARKS, Course, names_of_stages
from parley.grading.grades import Grades, ScoredTest, StageGrades, State, StudentGrades, tidy
from parley.grading.hand_in import HandIn
from parley.grading.late import LateRule
from parley.grading.marks import read_marks
from parley.grading.rows import read_rows

TABLE, POLICY, TESTS = "grades.csv", "policy.json", "tests.csv"
NOT_YET = f"Not graded yet. To continue: {stages.command('grade')}"


@dataclass(frozen=True)
class Policy:
    """The rules for a class, in policy.json. `late`: late days, as {student's key: {stage, or "" for all: days}};
    `per_day`: the cost of one; `hide`: kinds or names of tests that students must not see.
    """

    late: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    per_day: str = ""
    hide: tuple[str, ...] = ()


def score(
    folder: Path,
    *,
    late: str | Path | None = None,
    per_day: str | None = None,
    hide: Sequence[str] | None = None,
    fresh: bool = False,
    not_yet: str = NOT_YET,
) -> Grades:
    """Write grades.json and grades.csv from the verdicts in a folder of `parley grade`. Return the grades.

    `late`: a CSV file with late days; `per_day`: the cost of one, "10%" of the points earned for the stage, or "5"
    points; `hide`: kinds or names of tests that students must not see. None keeps the last value, and "" (or an empty
    list) resets it. `fresh`: tests have run since, so the last grades are the previous ones; `not_yet`: what to say
    about a test without a verdict. Raise BadInput for bad input.
    """
    known = GradedClass.load(folder)
    policy = Policy()
    if known.course:
        if late is not None or per_day is not None or hide is not None:
            raise BadInput(f"In a course, late days and hidden tests are in {COURSE}. Change them there.")
        course = Course.load(folder.absolute().parent)
        counting, name = of_course(course, known), course.name
    else:
        policy = _policy(folder, known, late, per_day, hide)
        counting, name = _of_policy(folder, known, policy), ""
    before = _before(folder, known, fresh)
    students = []
    for student in known.students:
        stages = {stage: _stage(folder, known, counting, student, stage, not_yet) for stage in known.stages}
        students.append(_student(student, stages, counting, before.get(student.key)))
    grades = Grades(
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        sandbox=known.sandbox,
        seed=known.seed,
        stages=known.stages,
        of=max((student.of for student in students), default=0),
        per_day=policy.per_day,
        hide=counting.hide,
        notes=(*known.notes, *counting.notes),
        students=tuple(students),
        course=name,
    )
    if not known.course:
        write_json(folder / POLICY, {"version": VERSION, **to_plain(policy)})
    grades.save(folder)
    write_whole(folder / TABLE, tables.of_students(grades, known.course), encoding="utf-8-sig")  # Excel: this is UTF-8
    write_whole(folder / TESTS, tables.of_tests(grades), encoding="utf-8-sig")
    return grades


def _of_policy(folder: Path, known: GradedClass, policy: Policy) -> Counting:
    """Return how to count points in a class without a course."""
    return Counting(
        suites=known.suites,
        hide=policy.hide,
        marks=read_marks(folder / MARKS, known.students, known.suites, names_of_stages(known.suites)),
        late={"": LateRule(policy.per_day)},
        late_days=policy.late,
    )


# One student


def _student(
    student: ClassStudent, stages: Mapping[str, StageGrades], counting: Counting, before: float | None
) -> StudentGrades:
    states = {stage.state for stage in stages.values()}
    state = State.GRADED
    if student.nothing and not any(stage.marks for stage in stages.values()):
        state = State.NOTHING
    elif State.NEEDS_A_LOOK in states:
        state = State.NEEDS_A_LOOK
    elif State.NOT_GRADED in states:
        state = State.NOT_GRADED if states <= {State.NOT_GRADED, State.MISSING} else State.PARTLY
    total = counting.total(stages)
    return StudentGrades(
        key=student.key,
        id=student.id,
        name=student.name,
        email=student.email,
        source=student.source,
        state=state,
        points=total.points,
        of=total.of,
        ignored=student.ignored,
        notes=student.notes,
        stages={name: replace(stage, dropped=name in total.dropped) for name, stage in stages.items()},
        before=before,
        section=student.section,
    )


def _stage(
    folder: Path, known: GradedClass, counting: Counting, student: ClassStudent, name: str, not_yet: str
) -> StageGrades:
    """Return what a student earned for a stage: in a course, by the attempt that counts."""
    if not known.course:
        files, unclear = student.fingerprints.get(name, ""), student.unclear.get(name, "")
        hand_in = HandIn(student.source, files=files, unclear=unclear, trouble=student.trouble, work=student.work)
        return _attempt(folder, known, counting, student, name, hand_in, not_yet)
    hand_ins = student.hand_ins.get(name, ())
    candidates = counting.candidates(student.key, name, hand_ins) or [HandIn("")]
    attempts = [_attempt(folder, known, counting, student, name, hand_in, not_yet) for hand_in in candidates]
    best = max(reversed(attempts), key=lambda stage: stage.points)  # of equal ones the last
    best = next((stage for stage in attempts if not stage.is_known), best)  # then the best one is unknown
    taken = counting.why(student.key, name, hand_ins, best.hand_in) if best.hand_in else ""
    return replace(best, taken=taken, weight=counting.plans[name].weight)


def _attempt(
    folder: Path,
    known: GradedClass,
    counting: Counting,
    student: ClassStudent,
    name: str,
    hand_in: HandIn,
    not_yet: str,
) -> StageGrades:
    """Return what one attempt earned. A test without a verdict earns nothing."""
    suite, files = counting.suites[name], hand_in.files
    found: dict[str, Verdict] = {}
    diagnoses: tuple[Diagnosis, ...] = ()
    if files:
        log = verdict_log.log_of(folder, hand_in.work or student.key, name, files if known.course else "")
        found = verdict_log.known(log, suite, known.fingerprints(name, files))
        diagnoses = verdict_log.known_diagnoses(log, files)
    elif hand_in.unclear:
        not_yet = hand_in.unclear
    elif not hand_in.trouble:
        reason = "This stage wasn't handed in."
        found = {test.name: Verdict(test, Outcome.NOT_BEGUN, reason) for test in suite}
    verdicts = [found.get(test.name) or Verdict(test, Outcome.NOT_RUN, not_yet) for test in suite]
    tests = tuple(_scored(verdict, counting, student.key, name) for verdict in verdicts)
    earned, lateness = sum(test.points for test in tests), counting.lateness(student.key, name, hand_in)
    deducted = lateness.rule.cost(earned, lateness.days)
    points = earned - deducted
    marks = counting.marks_on(student.key, name)
    for mark in marks:
        points = mark.on(points)
    decided = any(mark.points is not None and not mark.is_difference for mark in marks)
    on_tests = tuple(mark for test in tests for mark in counting.marks_on(student.key, name, test.test.name))
    state = State.GRADED if decided else _state(tests, hand_in)
    return StageGrades(
        points=tidy(points),
        of=sum(test.test.points for test in tests if test.counts or decided),
        kinds=dict.fromkeys(Kind, Points(0, 0)) | points_by_kind(verdicts),
        state=state,
        late_days=lateness.days,
        deducted=tidy(deducted),
        seconds=round(sum(verdict.seconds for verdict in verdicts), 3),
        cpu=round(sum(verdict.cpu for verdict in verdicts), 3),
        tests=tests,
        diagnoses=tuple(still_true(diagnoses, [verdict for verdict in verdicts if verdict.lost])),
        unclear="" if decided else hand_in.unclear,
        marks=(*on_tests, *marks),
        by_hand=tidy(points + deducted - sum(verdict.earned for verdict in verdicts)),
        not_counted=counting.not_counted.get(name, ()),
        hand_in=hand_in if hand_in.path and known.course else None,
        timing=lateness.told,
        open_until=counting.open_until(student.key, name) if state is State.MISSING else None,
    )


def _scored(verdict: Verdict, counting: Counting, key: str, stage: str) -> ScoredTest:
    """Return a test with its verdict, and the points that a person gives for it."""
    by_hand: float | None = None
    for mark in counting.marks_on(key, stage, verdict.test.name):
        if mark.points is not None:
            by_hand = tidy(mark.on(verdict.earned if by_hand is None else by_hand))
    return ScoredTest(verdict, counting.hides(verdict.test), by_hand)


def _state(tests: Iterable[ScoredTest], hand_in: HandIn) -> State:
    if hand_in.unclear:
        return State.NEEDS_A_LOOK
    if not hand_in.files and not hand_in.trouble:
        return State.MISSING
    outcomes = {test.verdict.outcome for test in tests if test.by_hand is None}
    if not all(outcome.is_known for outcome in outcomes):
        return State.NOT_GRADED
    return State.NOT_BEGUN if outcomes == {Outcome.NOT_BEGUN} else State.GRADED


# Before


def _before(folder: Path, known: GradedClass, fresh: bool) -> dict[str, float | None]:
    """Return the points of each student the last time that all of these stages were graded, by the student's key."""
    try:
        old = Grades.load(folder)
    except BadInput:
        return {}
    return {student.key: _points_before(student, known, fresh) for student in old.students}


def _points_before(student: StudentGrades, known: GradedClass, fresh: bool) -> float | None:
    names = known.stages
    whole = all(name in student.stages and student.stages[name].is_known for name in names)
    same = set(student.stages) == set(names)
    if not fresh or not whole:  # the same run, or a stopped one: keep its previous points
        return student.before if same else None
    if known.course:  # points of other stages don't belong to these
        return student.points if same else None
    return sum(student.stages[name].points for name in names)


# Late days and hidden tests


def _policy(
    folder: Path, known: GradedClass, late: str | Path | None, per_day: str | None, hide: Sequence[str] | None
) -> Policy:
    """Return the last rules, with those replaced that aren't None."""
    policy = read_ours(folder / POLICY, Policy) if (folder / POLICY).exists() else Policy()
    if late is not None:
        policy = replace(policy, late=_late(Path(late), known) if late else {})
    if per_day is not None:
        policy = replace(policy, per_day=LateRule(per_day.strip()).per_day)
    if hide is not None:
        policy = replace(policy, hide=checked_hide([name for name in hide if name], known))
    return policy


def _late(path: Path, known: GradedClass) -> dict[str, dict[str, int]]:
    """Return late days from a CSV file with the columns id (or name, email), days and, if they differ, stage."""
    late: dict[str, dict[str, int]] = {}
    for row in read_rows(path, ("days",), "late days"):
        key, stage = row.whose(known.students), row.text("stage")
        if stage and stage not in known.stages:
            raise row.wrong(f"There's no stage {stage!r} in these grades.")
        if not re.fullmatch(r"\d{1,4}", row.text("days")):
            raise row.wrong("Days must be a whole number.")
        late.setdefault(key, {})[stage] = int(row.text("days"))
    return late
