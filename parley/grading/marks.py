"""A person's marks on top of the machine's: marks.csv, which survives grading and counting again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.contract.verdict import GradedTest
from parley.grading.class_file import ClassStudent
from parley.grading.rows import Row, read_rows

POINTS = re.compile(r"'?(?P<sign>[+-]?)\s*(?P<number>\d+(?:[.,]\d+)?)\s*(?P<word>more|less)?", re.IGNORECASE)
MOST_POINTS = 100_000


@dataclass(frozen=True)
class Mark:
    """A person's mark on a student's stage, or on one test of it (`test`: its name, or "" for the stage).

    `points`: None for only a comment; `is_difference`: they are added to the machine's points instead of replacing
    them; `request`: the student's, and `answer`.
    """

    student: str
    stage: str
    test: str
    points: float | None
    is_difference: bool
    comment: str
    by: str
    request: str
    answer: str

    def on(self, points: float) -> float:
        """Return these points after this mark, at least 0."""
        if self.points is None:
            return points
        return max(0, points + self.points if self.is_difference else self.points)

    @property
    def shown(self) -> str:
        """Its effect on the points: "+2", "-1.5", "17 points", or ""."""
        if self.points is None:
            return ""
        return f"{self.points:+g}" if self.is_difference else f"{self.points:g} points"

    @property
    def said(self) -> str:
        """The mark as a line: "+2 (Ms Bell): well explained. Answer: I see it now."."""
        front = " ".join(filter(None, [self.shown, f"({self.by})" if self.by else ""]))
        words = ": ".join(filter(None, [front, self.comment]))
        return " ".join(filter(None, [words, f"Answer: {self.answer}" if self.answer else ""]))


def read_marks(
    path: Path, students: Sequence[ClassStudent], suites: Mapping[str, Sequence[GradedTest]], names: Mapping[str, str]
) -> tuple[Mark, ...]:
    """Return the marks in a CSV file, none if it doesn't exist.

    `suites`: {name of a stage: its tests}; `names`: {what you can call a stage: its name}. Raise a BadInput with the
    line number for an unknown student, stage or test, or invalid points.
    """
    if not path.exists():
        return ()
    rows = read_rows(path, ("stage", "points"), "marks")
    return tuple(_mark(row, students, suites, names) for row in rows)


def _mark(
    row: Row, students: Sequence[ClassStudent], suites: Mapping[str, Sequence[GradedTest]], names: Mapping[str, str]
) -> Mark:
    student = row.whose(students)
    stage = names.get(row.text("stage").lower(), "")
    if stage not in suites:
        raise row.wrong(f"There's no stage {row.text('stage')!r} in these grades. They have {', '.join(suites)}.")
    points, is_difference = _points(row)
    mark = Mark(
        student=student,
        stage=stage,
        test=test_named(row.text("test"), suites[stage], row) if row.text("test") else "",
        points=points,
        is_difference=is_difference,
        comment=row.text("comment"),
        by=row.text("by"),
        request=row.text("request"),
        answer=row.text("answer"),
    )
    if points is None and not any((mark.comment, mark.request, mark.answer)):
        raise row.wrong("It says nothing. Give points, a comment, a request or an answer.")
    return mark


def _points(row: Row) -> tuple[float | None, bool]:
    """Return the points of a row, and whether they are a difference. (Excel turns +2 into 2, so "2 more" works too.)"""
    text = row.text("points")
    if not text:
        return None, False
    found = POINTS.fullmatch(text)
    if not found or (found["sign"] and found["word"]) or float(found["number"].replace(",", ".")) > MOST_POINTS:
        raise row.wrong(f"{text!r} isn't a number of points. Write 17, or a difference such as +2, -1.5 or '2 more'.")
    less = found["sign"] == "-" or (found["word"] or "").lower() == "less"
    number = float(found["number"].replace(",", "."))
    return (-number if less else number), bool(found["sign"] or found["word"])


def test_named(text: str, suite: Iterable[GradedTest], row: Row) -> str:
    """Return the full name of the test that a row means. Raise BadInput."""
    found = find_tests(text, suite)
    if len(found) != 1:
        known = f"There's no test {text!r} in this stage" if not found else f"{text!r} is more than one test"
        raise row.wrong(f"{known}: use a name from tests.csv.")
    return found[0]


def find_tests(text: str, suite: Iterable[GradedTest]) -> list[str]:
    """Return the full names of the tests that a text may mean: by the whole name, without the stage, or by the
    function.
    """
    tests = list(suite)
    for what in (lambda test: test.name, lambda test: f"{test.page}::{test.function}", lambda test: test.function):
        if found := [test.name for test in tests if what(test) == text.strip()]:
            return found
    return []
