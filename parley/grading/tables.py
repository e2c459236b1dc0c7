"""The gradebook as CSV: a row for each student, and a row for each test of each student. No cell can be a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from parley.contract.verdict import Kind
from parley.grading.csv_in_place import safe
from parley.grading.grades import Grades, StageGrades, State, StudentGrades, tidy

WHO = ("key", "id", "name", "email")
OF_COURSE = ("late days", "late", "by hand", "points", "of", "weight", "counts", "handed in", "file")


def of_students(grades: Grades, course: bool) -> str:
    """Return a row for each student, as the text of a CSV file. `course`: include a course's data on each stage."""
    by_hand = any(stage.by_hand for student in grades.students for stage in student.stages.values())
    head = [*WHO]
    for name in grades.stages:
        head += [f"{name} {what}" for what in (*Kind, *(OF_COURSE if course else ()))]
    head += ["late", *(["by hand"] if by_hand else []), "total", "of", "state"]
    return _text([head, *(_student(student, grades.stages, course, by_hand) for student in grades.students)])


def _student(student: StudentGrades, names: Iterable[str], course: bool, by_hand: bool) -> list[object]:
    row: list[object] = [*_who(student)]
    for name in names:
        stage = student.stages[name]
        row += ["" if stage.state is State.NEEDS_A_LOOK else stage.kinds[kind].earned for kind in Kind]
        row += _of_course(stage) if course else []
    stages = student.stages.values()
    row.append(tidy(-sum(stage.deducted for stage in stages)))
    row += [tidy(sum(stage.by_hand for stage in stages))] if by_hand else []
    total = "" if student.state is State.NEEDS_A_LOOK else student.points
    return [*row, total, student.of, student.state]


def _of_course(stage: StageGrades) -> list[object]:
    """Return a course's data on a student's stage, by OF_COURSE. Without a verdict there are no points."""
    hand_in = stage.hand_in
    return [
        stage.late_days,
        tidy(-stage.deducted),
        stage.by_hand,
        stage.points if stage.is_known and stage.state is not State.MISSING else "",
        stage.of,
        stage.weight,
        "no" if stage.dropped else "yes",
        hand_in.when.isoformat(sep=" ", timespec="minutes") if hand_in and hand_in.when else "",
        safe(hand_in.path) if hand_in else "",
    ]


def of_tests(grades: Grades) -> str:
    """Return a row for each test of each student, as the text of a CSV file."""
    head = [*WHO, "stage", "test", "kind", "sentence", "points", "of", "verdict", "by hand", "hidden"]
    rows: list[Sequence[object]] = [head]
    for student in grades.students:
        for name, stage in student.stages.items():
            for scored in stage.tests:
                rows.append(
                    [
                        *_who(student),
                        name,
                        scored.test.name,
                        scored.test.kind,
                        scored.test.sentence,
                        tidy(scored.points) if scored.counts else "",
                        scored.test.points,
                        scored.verdict.outcome,
                        "" if scored.by_hand is None else tidy(scored.by_hand),
                        "yes" if scored.hidden else "no",
                    ]
                )
    return _text(rows)


def _who(student: StudentGrades) -> list[str]:
    return [safe(text) for text in (student.key, student.id, student.name, student.email)]


def _text(rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
