"""The content of a class's page: how the points are spread, who fails which test, and which mistakes are common."""

import math
import random
import shlex
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from parley.contract.diagnosis import Diagnosis
from parley.contract.record import harmless, visible
from parley.contract.verdict import GradedTest, Outcome, Verdict
from parley.grading.grades import Grades, ScoredTest, StageGrades, State, StudentGrades
from parley.grading.pages import short_name
from parley.grading.student_page import hint_of
from parley.stages import STAGES

# The signs in the table of tests and students, and the CSS classes of their colors.
SIGNS = {
    Outcome.PASSED: ("✓", ""),
    Outcome.FAILED: ("✗", "f"),
    Outcome.OUT_OF_TIME: ("T", "f"),
    Outcome.CRASHED: ("C", "f"),
    Outcome.NOT_REACHED: ("↑", "b"),
    Outcome.NOT_BEGUN: ("-", "b"),
    Outcome.NOT_RUN: ("?", "g"),
    Outcome.GRADER: ("!", "g"),
    Outcome.NOT_HERE: ("n", "g"),
}
# Causes of failures in which a test waited to the end with no response.
WAITED = (
    "not listening",
    "nobody came",
    "unanswered",
    "goes on",
    "silence",
    "part",
    "no line end",
    "unread",
    "silent screen",
    "silent log",
    "out of time",
)
HANGS = 0.5  # share of a stage's tests that waited with no response
ALIKE = 0.8  # share of two groups' students who are in both, from which on they are one group
MOST_GROUPS = 30
MOST_FAILED = 15  # tests
SLOWEST = 10  # stages of students
FEW = 5  # students: with fewer, say nothing about how well a test tells them apart
BINS = 20  # bins in the plot of all points, and half as many for a stage


@dataclass(frozen=True)
class CellOfTest:
    """One test of one student in the table."""

    sign: str
    style: str
    outcome: Outcome
    who: str
    reason: str


@dataclass(frozen=True)
class RowOfTest:
    """One test: the result for each student of the table, in its order. `hidden`: students don't see it."""

    test: GradedTest
    hidden: bool
    cells: list[CellOfTest]
    failed: int


@dataclass(frozen=True)
class StageTable:
    """The tests of one stage and the students who handed it in, those with the most points first."""

    stage: str
    students: list[StudentGrades]
    missing: list[StudentGrades]
    rows: list[RowOfTest]


@dataclass(frozen=True)
class MostFailed:
    """A test that fails often: for this share (0 to 1) of those who handed it in, and the commonest cause."""

    stage: str
    row: RowOfTest
    share: float
    cause: str


@dataclass(frozen=True)
class MeasuredTest:
    """How a test works in this class.

    `passed`: the share (0 to 1) of those who handed it in that passed; `discrimination`: the correlation (-1 to 1) of
    its result with the other points of the stage, or None if that says nothing.
    """

    row: RowOfTest
    passed: float
    discrimination: float | None


@dataclass(frozen=True)
class Section:
    """The students of one section: {stage: the median of its points, or None if no one is graded}; `all`: of all their
    points.
    """

    name: str
    students: int
    by_stage: Mapping[str, float | None]
    all: float | None


@dataclass(frozen=True)
class WaitedInVain:
    """A student's stage of which this many tests timed out or waited with no response."""

    student: StudentGrades
    stage: str
    tests: int
    of: int


@dataclass(frozen=True)
class Group:
    """Students with the same likely mistake: they fail this test with the same cause and hint.

    `first`: the result for the first of them; `also`: sentences of other tests that the same students fail (or
    nearly the same: see ALIKE).
    """

    stage: str
    first: Verdict
    students: list[StudentGrades]
    also: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CommonFault:
    """Students whose programs have the same fault: the diagnosis of the first, and the points that it costs all
    together.
    """

    stage: str
    first: Diagnosis
    students: list[StudentGrades]
    points: int


@dataclass(frozen=True)
class Plot:
    """How points are spread: an SVG with a text alternative, and a sentence about it."""

    svg: str
    summary: str


# Who is where


def handed_in(grades: Grades, name: str) -> list[StudentGrades]:
    """Return the students who handed in this stage, in a form that is understood."""
    not_there = (State.MISSING, State.NEEDS_A_LOOK)
    return [student for student in grades.students if student.stages[name].state not in not_there]


def nothing_handed_in(grades: Grades) -> list[StudentGrades]:
    """Return the students who handed in nothing at all."""
    return [
        student
        for student in grades.students
        if student.state is State.NOTHING or all(stage.state is State.MISSING for stage in student.stages.values())
    ]


def not_begun(grades: Grades) -> dict[str, list[StudentGrades]]:
    """Return {stage: students whose programs are still empty}."""
    found = {
        name: [student for student in grades.students if student.stages[name].state is State.NOT_BEGUN]
        for name in grades.stages
    }
    return {name: students for name, students in found.items() if students}


def waited_in_vain(grades: Grades) -> list[WaitedInVain]:
    """Return where a test timed out, or at least half of a student's stage waited with no response, the most first."""
    found = []
    for student in grades.students:
        for name, stage in student.stages.items():
            waited = sum(map(_has_waited, stage.verdicts))
            out = any(verdict.outcome is Outcome.OUT_OF_TIME for verdict in stage.verdicts)
            if out or waited >= HANGS * max(1, len(stage.tests)):
                found.append(WaitedInVain(student, name, waited, len(stage.tests)))
    return sorted(found, key=lambda waited: -waited.tests)


def _has_waited(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.OUT_OF_TIME or (verdict.story is not None and verdict.story.cause.key in WAITED)


def again(grades: Grades, folder: Path) -> str:
    """Return the command that grades the rest. The reader must fill in the words in capitals."""
    if grades.course:
        return shlex.join(["parley", "grade", visible(str(folder.parent))])
    words = ["parley", "grade", "SUBMISSIONS", "-o", visible(str(folder))]
    if len(grades.stages) < len(STAGES):
        words += [word for name in grades.stages for word in ("--stage", name)]
    if any(student.id or student.email for student in grades.students):
        words += ["--roster", "ROSTER.csv"]
    return shlex.join(words + ([] if grades.sandbox else ["--no-sandbox"]))


# Tests and students


def stage_table(grades: Grades, name: str) -> StageTable:
    """Return the table of a stage."""
    students = sorted(handed_in(grades, name), key=lambda student: -student.stages[name].points)
    missing = [student for student in grades.students if student.stages[name].state is State.MISSING]
    rows = [_row(students, tests) for tests in zip(*(student.stages[name].tests for student in students), strict=True)]
    return StageTable(name, students, missing, rows)


def _row(students: Sequence[StudentGrades], tests: Sequence[ScoredTest]) -> RowOfTest:
    cells = [_cell(grade.verdict, student) for grade, student in zip(tests, students, strict=True)]
    failed = sum(grade.verdict.lost and grade.verdict.outcome.is_known for grade in tests)
    return RowOfTest(tests[0].test, tests[0].hidden, cells, failed)


def _cell(verdict: Verdict, student: StudentGrades) -> CellOfTest:
    sign, style = SIGNS[verdict.outcome]
    return CellOfTest(sign, style, verdict.outcome, short_name(student.name, 30), harmless(verdict.reason, 120, 1))


def most_failed(tables: Iterable[StageTable]) -> list[MostFailed]:
    """Return the tests that fail most often."""
    found = [
        MostFailed(table.stage, row, row.failed / len(table.students), _commonest(row))
        for table in tables
        for row in table.rows
        if row.failed
    ]
    return sorted(found, key=lambda test: -test.share)[:MOST_FAILED]


def measured(table: StageTable) -> list[MeasuredTest]:
    """Return the tests of a stage, with how difficult each is and how well it tells strong programs from weak ones."""
    graded = [student for student in table.students if student.stages[table.stage].state is not State.NOT_GRADED]
    found = []
    for row in table.rows if graded else ():
        tests = [student.stages[table.stage].tests for student in graded]
        verdicts = [next(grade.verdict for grade in mine if grade.test.name == row.test.name) for mine in tests]
        rest = [
            sum(grade.verdict.earned for grade in mine) - verdict.earned
            for mine, verdict in zip(tests, verdicts, strict=True)
        ]
        passed = [float(verdict.passed) for verdict in verdicts]
        found.append(MeasuredTest(row, statistics.mean(passed), _correlation(passed, rest)))
    return found


def _correlation(passed: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return the correlation of two rows of numbers, or None for few students or a row of equal numbers."""
    if len(passed) < FEW or len(set(passed)) == 1 or len(set(rest)) == 1:
        return None
    return statistics.correlation(passed, list(map(float, rest)))


def sections(grades: Grades) -> list[Section]:
    """Return the sections of the class, if the roster has any."""
    members: dict[str, list[StudentGrades]] = {}
    for student in grades.students:
        members.setdefault(student.section, []).append(student)
    if set(members) <= {""}:
        return []
    found = []
    for name, students in sorted(members.items()):
        by_stage = {
            stage: _median(student.stages[stage].points for student in handed_in(grades, stage) if student in students)
            for stage in grades.stages
        }
        whole = [student.points for student in students if student.state is State.GRADED]
        found.append(Section(name, len(students), by_stage, _median(whole)))
    return found


def _median(points: Iterable[float]) -> float | None:
    listed = list(points)
    return statistics.median(listed) if listed else None


# Without names


def without_names(grades: Grades) -> Grades:
    """Return the same grades with numbers for students, in random order, and without their own words on the page."""
    students = random.SystemRandom().sample(grades.students, len(grades.students))
    numbered = [
        replace(
            student,
            key=f"student-{number}",
            id="",
            name=f"Student {number}",
            email="",
            source="",
            ignored=(),
            notes=(),
            stages={name: _nameless(stage) for name, stage in student.stages.items()},
        )
        for number, student in enumerate(students, start=1)
    ]
    return replace(grades, students=tuple(numbered), notes=())


def _nameless(stage: StageGrades) -> StageGrades:
    return replace(stage, unclear="A person must look at it.") if stage.unclear else stage


def twins(grades: Grades) -> set[str]:
    """Return the names that several students share, so that the page shows their keys too."""
    times = Counter(student.name.casefold() for student in grades.students)
    return {student.key for student in grades.students if times[student.name.casefold()] > 1}


def _commonest(row: RowOfTest) -> str:
    causes = Counter(cell.reason for cell in row.cells if cell.style in ("f", "b"))
    return causes.most_common(1)[0][0]


# The same mistake


def diagnosed(grades: Grades) -> list[CommonFault]:
    """Return the faults of all students, the one that costs the most points first."""
    found: dict[tuple[str, str, str], list[tuple[StudentGrades, Diagnosis]]] = {}
    for student in grades.students:
        for name, stage in student.stages.items():
            for diagnosis in stage.diagnoses:
                found.setdefault((name, diagnosis.program, diagnosis.fault), []).append((student, diagnosis))
    same = [
        CommonFault(
            name,
            members[0][1],
            [student for student, _ in members],
            sum(diagnosis.points for _, diagnosis in members),
        )
        for (name, _, _), members in found.items()
    ]
    return sorted(same, key=lambda fault: -fault.points)


def groups(grades: Grades) -> list[Group]:
    """Return groups of two or more students who fail the same tests without a diagnosis, the largest first."""
    found: dict[tuple[str, str, str, str], list[tuple[StudentGrades, Verdict]]] = {}
    for student in grades.students:
        for name, stage in student.stages.items():
            explained = {test for diagnosis in stage.diagnoses for test in diagnosis.tests}
            for verdict in stage.verdicts:
                if verdict.test.name in explained:
                    continue
                if verdict.story and verdict.outcome in (Outcome.FAILED, Outcome.OUT_OF_TIME):
                    likely = name, verdict.test.name, verdict.story.cause.key, hint_of(verdict)
                    found.setdefault(likely, []).append((student, verdict))
    together: list[Group] = []
    for (name, *_), members in sorted(found.items(), key=lambda group: -len(group[1])):
        if len(members) > 1:
            _join(together, name, members)
    return together


def _join(together: list[Group], name: str, members: Sequence[tuple[StudentGrades, Verdict]]) -> None:
    """Add these to the first group of the same students, or make a new group."""
    keys = {student.key for student, _ in members}
    first = members[0][1]
    for group in together:
        others = {student.key for student in group.students}
        if group.stage == name and len(keys & others) >= ALIKE * len(keys | others):
            group.also.append(first.test.sentence)
            return
    together.append(Group(name, first, [student for student, _ in members]))


# Run times


@dataclass(frozen=True)
class RanFor:
    """A student's stage that ran."""

    student: StudentGrades
    name: str
    stage: StageGrades


@dataclass(frozen=True)
class Times:
    """The times of a stage's programs in seconds, wall clock and CPU: their sum and median."""

    stage: str
    number: int
    wall: float
    cpu: float
    middle_wall: float
    middle_cpu: float


def times(grades: Grades) -> tuple[list[Times], list[RanFor]]:
    """Return the times of each stage that was handed in, and what took longest."""
    ran = [RanFor(student, name, student.stages[name]) for name in grades.stages for student in handed_in(grades, name)]
    ran = [part for part in ran if part.stage.seconds]
    found = []
    for name in grades.stages:
        wall = [part.stage.seconds for part in ran if part.name == name]
        cpu = [part.stage.cpu for part in ran if part.name == name]
        if wall:
            found.append(Times(name, len(wall), sum(wall), sum(cpu), statistics.median(wall), statistics.median(cpu)))
    return found, sorted(ran, key=lambda part: -part.stage.seconds)[:SLOWEST]


# How the points are spread


def plots(grades: Grades) -> tuple[Plot | None, dict[str, Plot | None]]:
    """Return the plot of all points, and {stage: its plot}. Skip work that wasn't handed in or isn't wholly graded."""
    nothing = {student.key for student in nothing_handed_in(grades)}
    graded = [student for student in grades.students if student.state is State.GRADED and student.key not in nothing]
    all_of_it = plot([student.points for student in graded], grades.of, BINS, 800, 190)
    by_stage = {}
    for name in grades.stages:
        stages = [student.stages[name] for student in handed_in(grades, name)]
        points = [stage.points for stage in stages if stage.state is not State.NOT_GRADED]
        of = max((stage.of for stage in stages), default=0)
        by_stage[name] = plot(points, of, BINS // 2, 260, 120)
    return all_of_it, by_stage


def plot(points: Sequence[float], of: float, bins: int, width: int, height: int) -> Plot | None:
    """Return how these points are spread over bins, or None if there's nothing to see."""
    if not points or not of:
        return None
    counts = [0] * bins
    for number in points:
        counts[min(bins - 1, int(number * bins // of))] += 1
    spans: list[tuple[int, float]] = [
        (math.ceil(at * of / bins), math.ceil((at + 1) * of / bins) - 1) for at in range(bins)
    ]
    spans[-1] = (spans[-1][0], of)
    words = "; ".join(
        f"{low} to {high} points: {count}" for (low, high), count in zip(spans, counts, strict=True) if count
    )
    middle = statistics.median(points)
    return Plot(_drawn(counts, of, middle, f"{words}.", width, height), _summary(points, middle))


def _summary(points: Sequence[float], middle: float) -> str:
    who = "1 student" if len(points) == 1 else f"{len(points)} students"
    if len(points) == 1:
        return f"{who}: {points[0]} points."
    low, _, high = statistics.quantiles(points, n=4, method="inclusive")
    return (
        f"{who}: from {min(points)} to {max(points)} points, the median is {middle:g}, "
        f"half of them have {low:.0f} to {high:.0f}."
    )


def _drawn(counts: Sequence[int], of: float, middle: float, words: str, width: int, height: int) -> str:
    """Draw the bars with their numbers above, and the points and the median below."""
    left, top, floor = 6, 18, height - 42
    x: float
    step = (width - 2 * left) / len(counts)
    drawn = []
    for at, count in enumerate(counts):
        if count:
            x, tall = left + at * step, max(2, (floor - top) * count / max(counts))
            drawn.append(
                f'<rect class="bar" x="{x + 1:.1f}" y="{floor - tall:.1f}" width="{step - 2:.1f}" height="{tall:.1f}"/>'
                f'<text x="{x + step / 2:.1f}" y="{floor - tall - 4:.1f}">{count}</text>'
            )
    drawn.append(f'<path d="M{left} {floor + 0.5}H{width - left}"/>')
    for quarter in range(5):
        anchor = {0: "start", 4: "end"}.get(quarter, "middle")
        x = left + (width - 2 * left) * quarter / 4
        drawn.append(f'<text x="{x:.1f}" y="{floor + 22}" style="text-anchor: {anchor}">{of * quarter / 4:g}</text>')
    x = left + (width - 2 * left) * middle / of
    anchor = "start" if middle < of / 4 else "end" if middle > of * 3 / 4 else "middle"
    drawn.append(f'<path class="middle" d="M{x:.1f} {floor + 2}l-5 8h10z"/>')
    drawn.append(f'<text x="{x:.1f}" y="{floor + 38}" style="text-anchor: {anchor}">median: {middle:g}</text>')
    return (
        f'<svg class="plot" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>How the points are spread</title><desc>{escape(words)}</desc>{''.join(drawn)}</svg>"
    )
