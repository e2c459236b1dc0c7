"""Grades in the forms that others take: Gradescope, Canvas, Moodle, GitHub Classroom.

All of them are views of grades.json. A sheet that somebody has downloaded is filled in place: every cell that is not
ours stays as it was, to the byte.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parley.contract.errors import BadInput
from parley.contract.record import harmless
from parley.contract.verdict import Outcome, Verdict
from parley.grading.csv_in_place import Sheet, safe
from parley.grading.grades import ScoredTest, StageGrades, State, StudentGrades
from parley.grading.roster import Student, comparable, words_of

MOST_TEXT = 4000  # characters of one test's story in a feedback file
MOST_NAMED = 5  # tests in a short text
Key = Sequence[tuple[str, int]]  # by which a row is somebody's: (what of the student, column)


@dataclass
class Filled:
    """What came of filling a sheet: how many rows were filled, and a sentence for each row or student left out."""

    rows: int = 0
    left: list[str] = field(default_factory=list)


# One student's points, as a share of what the sheet counts in


def value_of(student: StudentGrades, stage: str = "", maximum: float | None = None) -> str | None:
    """The points of a student (of one stage where `stage` is not empty), as text with at most two decimals.

    `maximum`: the points that the sheet counts in, to which ours are scaled; None leaves them as they are. Returns None
    where the student is not graded: what is not known, or not understood, must not become a zero.
    """
    if stage and stage not in student.stages:
        return None
    unknown = (State.NOT_GRADED, State.NEEDS_A_LOOK)
    if any(grades.state in unknown for grades in _parts(student, stage).values()):
        return None
    part = student.stages[stage] if stage else student
    points: float = part.points if maximum is None or not part.of else part.points * maximum / part.of
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _parts(student: StudentGrades, stage: str) -> Mapping[str, StageGrades]:
    """The stages that count: one, or all where `stage` is empty."""
    return {stage: student.stages[stage]} if stage else student.stages


def summary(student: StudentGrades, stage: str = "") -> str:
    """What came of it as one short line: points by stage, what late days cost, the first tests that did not pass.

    Nothing in it is a student's own word, and no hidden test is named.
    """
    parts = _parts(student, stage)
    told = [f"{name} {part.points} of {part.of}" for name, part in parts.items()]
    deducted = sum(part.deducted for part in parts.values())
    late = f" {deducted} points less because it was late." if deducted else ""
    tests = [grade for part in parts.values() if part.state is not State.MISSING for grade in part.tests]
    lost = [grade.test.sentence for grade in tests if grade.verdict.lost and not grade.hidden]
    more = [f"and {len(lost) - MOST_NAMED} more"] if len(lost) > MOST_NAMED else []
    failed = f" Not passed: {' / '.join([*lost[:MOST_NAMED], *more])}" if lost else ""
    return f"Points: {', '.join(told)}.{late}{failed}"


# Gradescope


def gradescope_result(student: StudentGrades) -> dict[str, Any]:
    """A student's results.json for Gradescope, as plain data.

    Source: the specification of results.json in Gradescope's autograder documentation. `score` overrides the sum of
    the tests. Where a test cannot be tried on this system, the others are worth more, for Gradescope's total stays. A
    test whose verdict is trouble of the grader is not listed as failed, it is named in `output`. A hidden test is
    "after_published": then students do not see their total before. (With "hidden" they would, and the total would tell
    of it; that one is meant for tests without points.)
    """
    tests: list[dict[str, Any]] = []
    troubled: list[str] = []
    for number, (name, stage) in enumerate(student.stages.items(), start=1):
        for turn, grade in enumerate(stage.tests, start=1):
            if grade.verdict.outcome.counts:
                tests.append(_gradescope_test(name, f"{number}.{turn}", grade))
            elif not grade.hidden:
                troubled.append(f"Not judged: {grade.test.sentence} {grade.verdict.reason}")
    late = [f"{name}: {stage.late}" for name, stage in student.stages.items() if stage.late]
    output = "\n".join([*student.notes, *student.ignored, *late, *troubled])
    scored = [grade for stage in student.stages.values() for grade in stage.tests]
    not_here = sum(grade.test.points for grade in scored if grade.verdict.outcome is Outcome.NOT_HERE)
    worth = (student.of + not_here) / student.of if student.of else 1
    return {
        "score": round(student.points * worth, 2),
        "output": harmless(output, MOST_TEXT),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"of": student.of, "state": student.state},
    }


def _gradescope_test(stage: str, number: str, grade: ScoredTest) -> dict[str, Any]:
    return {
        "score": grade.verdict.earned,
        "max_score": grade.test.points,
        "status": "passed" if grade.verdict.passed else "failed",
        "name": f"{stage} {grade.test.kind}: {grade.test.sentence}",
        "number": number,
        "output": _told(grade.verdict),
        "visibility": "after_published" if grade.hidden else "visible",
        "tags": [stage, grade.test.kind],
    }


def _told(verdict: Verdict) -> str:
    """What a student reads about a test: its story, or the reason of its verdict."""
    if verdict.passed:
        return "Passed."
    text = verdict.story.text if verdict.story else verdict.reason
    return harmless(f"{verdict.outcome}: {text}", MOST_TEXT, 200)


# Canvas


def fill_canvas(sheet: Sheet, students: Iterable[StudentGrades], column: str, stage: str = "") -> Filled:
    """Fill one assignment's column of an exported Canvas gradebook; returns what came of it.

    `column`: its head, such as "Stage 3 (98765)"; a number in brackets alone, such as "98765", will do. A row is
    matched by ID, then SIS User ID, then SIS Login ID, then the name exactly (the rules of Canvas's own importer,
    lib/gradebook_importer.rb). Raises BadInput where it is no gradebook or has no such column:
    Canvas would make a new assignment then.
    """
    head = sheet.rows[0] if sheet.rows else []
    if len(head) < 4 or "Student" not in head[0] or "ID" not in head[1] or "Section" not in head:
        raise BadInput("it is no Canvas gradebook: its head must begin with Student, ID, and have a column Section.")
    at = _canvas_column(head, column)
    maximum, first = _canvas_maximum(sheet, at)
    columns = [1] + [head.index(name) for name in ("SIS User ID", "SIS Login ID") if name in head]
    keys = [[(what, index) for index in columns] for what in ("id", "email", "key")] + [[("name", 0)]]
    rows = [row for row in range(first, len(sheet.rows)) if sheet.rows[row][0] != "Student, Test"]
    return _fill(sheet, students, keys, rows, lambda row, student: _put_canvas(sheet, row, at, student, stage, maximum))


def _canvas_column(head: Sequence[str], column: str) -> int:
    for index, title in enumerate(head):
        if index > head.index("Section") and column and (title == column or title.endswith(f"({column})")):
            return index
    others = [title for title in head[head.index("Section") + 1 :] if title]
    what = f"no column {column!r} (Canvas would make a new assignment)" if column else "more than one column"
    raise BadInput(f"it has {what}: say which one is meant; there are: {_list(others)}.")


def _canvas_maximum(sheet: Sheet, column: int) -> tuple[float | None, int]:
    """The points possible of a column (None where they are not said), and the first row that is a student's.

    Raises BadInput where Canvas says that it takes nothing there.
    """
    maximum, first = None, 1
    for row, cells in enumerate(sheet.rows[1:4], start=1):
        if "Points Possible" in cells[0]:
            said = cells[column] if column < len(cells) else ""
            if "read only" in said:
                raise BadInput(f"its column {sheet.rows[0][column]!r} is read only: Canvas takes no points there.")
            maximum, first = _number(said), row + 1
        elif not cells[0].strip() and any("Manual Posting" in cell for cell in cells):
            first = row + 1
    return maximum, first


def _put_canvas(sheet: Sheet, row: int, column: int, student: StudentGrades, stage: str, maximum: float | None) -> str:
    value = value_of(student, stage, maximum)
    if value is None:
        return "is not graded yet: the cell stays as it is."
    if column >= len(sheet.rows[row]):
        return SHORT
    if sheet.rows[row][column].strip().upper() == "EX":
        return "is excused: the cell stays as it is."
    # Canvas reads both, but a comma only where cells are separated by semicolons
    sheet.put(row, column, value.replace(".", ",") if sheet.separator == ";" else value)
    return ""


# Moodle

SHORT = "has a row with too few cells: it stays as it is."

MOODLE = {
    "identifier": "Identifier",
    "name": "Full name",
    "id": "ID number",
    "email": "Email address",
    "grade": "Grade",
    "maximum": "Maximum grade",
    "changes": "Grade can be changed",
    "feedback": "Feedback comments",
    "modified": "Last modified (grade)",
}  # the heads of Moodle's offline grading worksheet, in English


def fill_moodle(
    sheet: Sheet,
    students: Iterable[StudentGrades],
    stage: str = "",
    heads: Mapping[str, str] | None = None,
    feedback: Callable[[StudentGrades], str] | None = None,
) -> Filled:
    """Fill the grade (and the feedback) into a grading worksheet downloaded from Moodle; returns what came of it.

    `heads`: {what: head} where the sheet is not in English, with the words of MOODLE as keys; `feedback(student)`: the
    text for the feedback cell. Rows that Moodle would pass over in silence are named: a grade above the maximum, a
    grade that cannot be changed, somebody who is not in the sheet (mod/assign/feedback/offline/importgradeslib.php).
    Raises BadInput where a column is missing.
    """
    heads = {**MOODLE, **(heads or {})}
    head = [title.strip() for title in sheet.rows[0]] if sheet.rows else []
    missing = [heads[what] for what in ("identifier", "grade", "modified") if heads[what] not in head]
    if missing:
        there = f"it has no column {_list(missing)}; there are: {_list(head)}."
        raise BadInput(f"{there} Name the right ones where Moodle speaks another language.")
    at = {what: head.index(title) for what, title in heads.items() if title in head}
    keys = [[("id", at[what]) for what in ("id", "identifier") if what in at]]
    keys += [[(what, at[what])] for what in ("email", "name") if what in at]

    def put(row: int, student: StudentGrades) -> str:
        return _put_moodle(sheet, row, at, student, stage, feedback)

    return _fill(sheet, students, keys, range(1, len(sheet.rows)), put)


def _put_moodle(
    sheet: Sheet,
    row: int,
    at: Mapping[str, int],
    student: StudentGrades,
    stage: str,
    feedback: Callable[[StudentGrades], str] | None,
) -> str:
    cells = sheet.rows[row]
    if len(cells) < len(sheet.rows[0]):
        return SHORT
    maximum = _number(cells[at["maximum"]]) if "maximum" in at else None
    if "maximum" in at and not maximum:
        return f"has {harmless(cells[at['maximum']], 60)!r} as the maximum, which is no number of points."
    value = value_of(student, stage, maximum)
    if value is None:
        return "is not graded yet: the row stays as it is."
    if "changes" in at and _says_no(sheet, at["changes"], row):
        return "has a grade that cannot be changed: Moodle would pass over the row."
    if maximum is not None and float(value) > maximum:
        return f"has {value} of {maximum:g}: Moodle passes over a grade above the maximum."
    sheet.put(row, at["grade"], value)  # Moodle's unformat_float takes a decimal point in every language
    if feedback and "feedback" in at:
        sheet.put(row, at["feedback"], safe(feedback(student)))
    return ""


def _says_no(sheet: Sheet, column: int, row: int) -> bool:
    """Whether this row says no, in a language of which we know the word."""
    return sheet.rows[row][column].strip().lower() in ("no", "nee", "nein", "non", "não")


# GitHub Classroom


def github_result(student: StudentGrades) -> dict[str, Any]:
    """A student's result for GitHub Classroom's reporter, version 3, as plain data: one entry a test.

    The reporter adds up the scores of the tests, so late days are an entry too. Students see all of it: a hidden test
    has no name there. (autograding-grading-reporter, src/main.js and src/notify-classroom.js)
    """
    tests = []
    for name, stage in student.stages.items():
        tests += [_github_test(name, grade) for grade in stage.tests]
        if stage.late:
            tests.append(_github_entry(f"{name}: {stage.late}", "pass", -stage.deducted, 0))
    well = student.state is State.GRADED and all(test["status"] == "pass" for test in tests)
    return {"version": 3, "status": "pass" if well else "fail", "max_score": student.of, "tests": tests}


def _github_test(stage: str, grade: ScoredTest) -> dict[str, Any]:
    verdict, test = grade.verdict, grade.test
    status = "pass" if verdict.passed else "fail"
    if grade.hidden:
        return _github_entry(f"{stage}: a hidden test", status, verdict.earned, test.points)
    entry = _github_entry(f"{stage}: {test.sentence}", status, verdict.earned, test.points)
    told = {"message": "" if verdict.passed else _told(verdict), "test_code": test.name}
    return entry | told | {"filename": test.name.partition("::")[0], "duration": verdict.seconds}


def _github_entry(name: str, status: str, score: float, maximum: int) -> dict[str, Any]:
    nothing = {"message": "", "test_code": "", "filename": "", "line_no": 0, "duration": 0, "output": ""}
    return {"name": name, "status": status, "score": score, "max_score": maximum, **nothing}


def github_output(student: StudentGrades, sentence: str = "") -> str:
    """The same as the step output `result` has it. `sentence`: what to say about all of it, as an entry; or ""."""
    data = github_result(student)
    if sentence:
        data["tests"].insert(0, _github_entry(sentence, "fail", 0, 0))
        data["status"] = "fail"
    return encoded(data)


def encoded(data: object) -> str:
    """Plain data as JSON in base64."""
    return base64.b64encode(json.dumps(data).encode()).decode()


# What Canvas and Moodle share


def _fill(
    sheet: Sheet,
    students: Iterable[StudentGrades],
    keys: Sequence[Key],
    rows: Sequence[int],
    put: Callable[[int, StudentGrades], str],
) -> Filled:
    """Fill a row for each student who has exactly one; `put(row, student)` says why it did not, or returns ""."""
    filled = Filled()
    taken: dict[int, StudentGrades] = {}
    for student in students:
        found = _rows_of(sheet, student, keys, rows)
        if len(found) != 1:
            which = "is not in the sheet" if not found else f"has {len(found)} rows in the sheet"
            filled.left.append(f"{_who(student)} {which}.")
        elif found[0] in taken:
            filled.left.append(f"{_who(student)} has the same row as {_who(taken[found[0]])}.")
        else:
            taken[found[0]] = student
            why = put(found[0], student)
            filled.rows += not why
            filled.left += [f"{_who(student)} {why}"] if why else []
    for row in rows:
        if row not in taken and any(cell.strip() for cell in sheet.rows[row]):
            filled.left.append(f"Line {row + 1} ({harmless(sheet.rows[row][0], 60)}) is of nobody who was graded.")
    return filled


def _rows_of(sheet: Sheet, student: StudentGrades, keys: Sequence[Key], rows: Sequence[int]) -> list[int]:
    """The rows that are this student's, by the first of the keys that has any: any of its columns may fit."""
    for key in keys:
        found = [row for row in rows if any(_same(student, what, column, sheet.rows[row]) for what, column in key)]
        if found:
            return found
    return []


def _same(student: StudentGrades, what: str, column: int, cells: Sequence[str]) -> bool:
    known = {"id": student.id, "identifier": "", "key": student.key, "name": student.name, "email": student.email}
    wanted = known[what].strip()
    if not wanted or column >= len(cells):
        return False
    if what == "name":  # "Last, First" is written by Canvas, and "lastfirst" is how it names what is downloaded
        return comparable(wanted) in words_of(Student("", cells[column]))
    return cells[column].strip().casefold() == wanted.casefold()


def _who(student: StudentGrades) -> str:
    return harmless(student.name or student.key, 60)


def _number(text: str) -> float | None:
    """The number in a cell, with a decimal point or comma; None where there is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _list(words: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in words) or "none"
