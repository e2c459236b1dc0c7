"""What the page about a class shows: how the points are spread, who fails which test, and which mistakes are common."""

import math
import shlex
import statistics
from collections import Counter
from dataclasses import dataclass, field
from html import escape

from parley.checks.plugin import CRASHED, FAILED, GRADER, NOT_HERE, NOT_RUN, OUT_OF_TIME, PASSED
from parley.contract.record import harmless, visible
from parley.grading.pages import short_name
from parley.grading.scores import GRADED, MISSING, NOT_BEGUN, NOT_GRADED, NOTHING
from parley.grading.student_page import hint_of
from parley.stages import STAGES

# What stands in the table of tests and students, and the class of its colour.
SIGNS = {
    PASSED: ("✓", ""),
    FAILED: ("✗", "f"),
    OUT_OF_TIME: ("T", "f"),
    CRASHED: ("C", "f"),
    NOT_BEGUN: ("-", "b"),
    NOT_RUN: ("?", "g"),
    GRADER: ("!", "g"),
    NOT_HERE: ("n", "g"),
}
# Causes of failures in which a test has waited in vain, to its very end.
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
HANGS = 0.5  # of a stage's tests: so many have waited in vain
ALIKE = 0.8  # of the students of two groups who are in both of them: then it is one group
MOST_GROUPS = 30
MOST_FAILED = 15  # tests
SLOWEST = 10  # stages of students
BINS = 20  # of the plot of all points, and half as many for a stage


@dataclass
class Cell:
    """One test of one student in the table."""

    sign: str
    style: str
    verdict: str
    who: str
    reason: str


@dataclass
class Row:
    """One test: what became of it for each student of the table, in its order."""

    test: dict
    cells: list[Cell]
    failed: int

    @property
    def hidden(self):
        """Whether the students do not see it."""
        return self.test["hidden"]


@dataclass
class Table:
    """The tests of one stage and the students who have handed it in, those with the most points first."""

    stage: str
    students: list[dict]
    missing: list[dict]
    rows: list[Row]


@dataclass
class Group:
    """Students with the same likely mistake: they fail this test by the same cause, with the same hint.

    `also`: sentences of other tests that the same students fail (or nearly the same: see ALIKE).
    """

    stage: str
    test: dict
    students: list[dict]
    also: list[str] = field(default_factory=list)


@dataclass
class Plot:
    """How points are spread: an SVG, which has a text alternative, and a sentence about it."""

    svg: str
    summary: str


# Who is where


def handed_in(grades, name):
    """The students who have handed in this stage."""
    return [one for one in grades["students"] if one["stages"][name]["state"] != MISSING]


def nothing_handed_in(grades):
    """The students who have handed in nothing at all."""
    return [
        one
        for one in grades["students"]
        if one["state"] == NOTHING or all(stage["state"] == MISSING for stage in one["stages"].values())
    ]


def not_begun(grades):
    """{stage: students whose programs have nothing in them yet}."""
    found = {
        name: [one for one in grades["students"] if one["stages"][name]["state"] == NOT_BEGUN]
        for name in grades["stages"]
    }
    return {name: students for name, students in found.items() if students}


def waited_in_vain(grades):
    """(student, stage, tests that were out of time or waited in vain, all tests) where that is at least half."""
    found = []
    for one in grades["students"]:
        for name, stage in one["stages"].items():
            waited = sum(map(_has_waited, stage["tests"]))
            out = any(test["verdict"] == OUT_OF_TIME for test in stage["tests"])
            if out or waited >= HANGS * max(1, len(stage["tests"])):
                found.append((one, name, waited, len(stage["tests"])))
    return sorted(found, key=lambda each: -each[2])


def _has_waited(test):
    cause = test["story"]["cause"]["key"] if test["story"] else ""
    return test["verdict"] == OUT_OF_TIME or cause in WAITED


def again(grades, folder):
    """The command that grades what is not graded yet; the words in capitals have to be filled in."""
    words = ["parley", "grade", "SUBMISSIONS", "-o", visible(str(folder))]
    if len(grades["stages"]) < len(STAGES):
        words += [word for name in grades["stages"] for word in ("--stage", name)]
    if any(one["id"] or one["email"] for one in grades["students"]):
        words += ["--roster", "ROSTER.csv"]
    return shlex.join(words + ([] if grades["sandbox"] else ["--no-sandbox"]))


# Tests and students


def table(grades, name):
    """The Table of a stage."""
    students = sorted(handed_in(grades, name), key=lambda one: -one["stages"][name]["points"])
    missing = [one for one in grades["students"] if one["stages"][name]["state"] == MISSING]
    rows = []
    for each in zip(*(one["stages"][name]["tests"] for one in students), strict=True):
        cells = [_cell(test, one) for test, one in zip(each, students, strict=True)]
        rows.append(Row(each[0], cells, sum(_is_failed(test) for test in each)))
    return Table(name, students, missing, rows)


def _cell(test, one):
    sign, style = SIGNS[test["verdict"]]
    return Cell(sign, style, test["verdict"], short_name(one["name"], 30), harmless(test["reason"], 120, 1))


def _is_failed(test):
    return test["verdict"] not in (PASSED, NOT_RUN, GRADER, NOT_HERE)


def most_failed(tables):
    """(stage, row, share of those who handed it in, the commonest cause) of the tests that fail most often."""
    found = [(each.stage, row, row.failed / len(each.students)) for each in tables for row in each.rows if row.failed]
    found.sort(key=lambda each: -each[2])
    return [(stage, row, share, _commonest(row)) for stage, row, share in found[:MOST_FAILED]]


def _commonest(row):
    causes = Counter(cell.reason for cell in row.cells if cell.style in ("f", "b"))
    return causes.most_common(1)[0][0]


# The same mistake


def groups(grades):
    """Groups of two students or more with the same likely mistake, the largest first."""
    found = {}
    for one in grades["students"]:
        for name, stage in one["stages"].items():
            for test in stage["tests"]:
                if test["story"] and test["verdict"] in (FAILED, OUT_OF_TIME):
                    likely = name, test["test"], test["story"]["cause"]["key"], hint_of(test)
                    found.setdefault(likely, []).append((one, test))
    together = []
    for (name, *_), members in sorted(found.items(), key=lambda each: -len(each[1])):
        if len(members) > 1:
            _join(together, name, members)
    return together


def _join(together, name, members):
    """Add these to the first group of the same students, or make one of them."""
    keys = {one["key"] for one, _ in members}
    for group in together:
        others = {one["key"] for one in group.students}
        if group.stage == name and len(keys & others) >= ALIKE * len(keys | others):
            group.also.append(members[0][1]["sentence"])
            return
    together.append(Group(name, members[0][1], [one for one, _ in members]))


# Run times


@dataclass
class Times:
    """What the programs of a stage took, in seconds: wall clock and CPU, of all and of the one in the middle."""

    stage: str
    number: int
    wall: float
    cpu: float
    middle_wall: float
    middle_cpu: float


def times(grades):
    """The Times of each stage that somebody has handed in, and the slowest (student, stage name, stage)."""
    ran = [(one, name, one["stages"][name]) for name in grades["stages"] for one in handed_in(grades, name)]
    ran = [each for each in ran if each[2]["seconds"]]
    found = []
    for name in grades["stages"]:
        wall, cpu = ([stage[what] for _, its, stage in ran if its == name] for what in ("seconds", "cpu"))
        if wall:
            found.append(Times(name, len(wall), sum(wall), sum(cpu), statistics.median(wall), statistics.median(cpu)))
    return found, sorted(ran, key=lambda each: -each[2]["seconds"])[:SLOWEST]


# How the points are spread


def plots(grades):
    """The Plot of all points, and {stage: its Plot}. What is not handed in or not wholly graded is in none."""
    nothing = {one["key"] for one in nothing_handed_in(grades)}
    points = [one["points"] for one in grades["students"] if one["state"] == GRADED and one["key"] not in nothing]
    all_of_it = plot(points, grades["of"], BINS, 800, 190)
    by_stage = {}
    for name in grades["stages"]:
        stages = [one["stages"][name] for one in handed_in(grades, name)]
        graded = [stage for stage in stages if stage["state"] != NOT_GRADED]
        of = max((stage["of"] for stage in stages), default=0)
        by_stage[name] = plot([stage["points"] for stage in graded], of, BINS // 2, 260, 120)
    return all_of_it, by_stage


def plot(points, of, bins, width, height):
    """How these points, of so many, are spread over bins; None where there is nothing to see."""
    if not points or not of:
        return None
    counts = [0] * bins
    for each in points:
        counts[min(bins - 1, each * bins // of)] += 1
    spans = [(math.ceil(at * of / bins), math.ceil((at + 1) * of / bins) - 1) for at in range(bins)]
    spans[-1] = (spans[-1][0], of)
    words = "; ".join(
        f"{low} to {high} points: {count}" for (low, high), count in zip(spans, counts, strict=True) if count
    )
    middle = statistics.median(points)
    return Plot(_drawn(counts, of, middle, f"{words}.", width, height), _summary(points, middle))


def _summary(points, middle):
    who = "1 student" if len(points) == 1 else f"{len(points)} students"
    if len(points) == 1:
        return f"{who}: {points[0]} points."
    low, _, high = statistics.quantiles(points, n=4, method="inclusive")
    return (
        f"{who}: from {min(points)} to {max(points)} points, the middle one has {middle:g}, "
        f"half of them have {low:.0f} to {high:.0f}."
    )


def _drawn(counts, of, middle, words, width, height):
    """The bars, with their numbers above them; below them the points, and where the middle is."""
    left, top, floor = 6, 18, height - 42
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
    drawn.append(f'<text x="{x:.1f}" y="{floor + 38}" style="text-anchor: {anchor}">the middle: {middle:g}</text>')
    return (
        f'<svg class="plot" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>How the points are spread</title><desc>{escape(words)}</desc>{''.join(drawn)}</svg>"
    )
