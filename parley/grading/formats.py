"""Grades in the forms of Gradescope, Canvas, Moodle and GitHub Classroom.

All of them are views of grades.json. A downloaded sheet is filled in place: every other cell stays exactly the same.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parley.contract.errors import BadInput
from parley.contract.record import harmless
from parley.contract.verdict import Outcome, Verdict
from parley.grading.counting import shown_moment
from parley.grading.csv_in_place import Sheet, safe
from parley.grading.export_log import ExportLog, is_ours, with_ours
from parley.grading.grades import ScoredTest, StageGrades, State, StudentGrades, tidy
from parley.grading.marks import Mark
from parley.grading.roster import Student, comparable, words_of

MOST_TEXT = 4000  # characters of one test's story in a feedback file
MOST_NAMED = 5  # tests in a short text
Key = Sequence[tuple[str, int]]  # how to match a row to a student: (what of the student, column)


@dataclass
class Filled:
    """The result of filling a sheet: how many rows are filled, a sentence for each skipped row or student, and whether
    some row fits two submissions.
    """

    rows: int = 0
    left: list[str] = field(default_factory=list)
    conflict: bool = False


@dataclass(frozen=True)
class Guard:
    """Protects cells from being overwritten, if they have neither our earlier nor our new text.

    `what`: what to fill, as named in the log; `overwrite`: overwrite them anyway.
    """

    log: ExportLog
    what: str
    overwrite: bool = False

    def grade(self, key: str, cell: str, value: str) -> tuple[str, str]:
        """Return the text for a student's cell with a grade, and why the cell stays unchanged, or ""."""
        texts = [value, *self.log.ours(self.what, key)]
        if not self.overwrite and not is_ours(cell, texts):
            return cell, f"has {harmless(cell, 40, 1)!r} there, which a person entered, so it stays (not {value})."
        self.log.note(self.what, key, value)
        return (cell if cell.strip() and is_ours(cell, [value]) else value), ""

    def comment(self, key: str, cell: str, text: str) -> tuple[str, str]:
        """Do the same for a comment, in which ours comes after a person's."""
        ours, alone = f"{self.what}, comment", f"{self.what}, comment of a person"
        found = with_ours(cell, text, self.log.ours(ours, key), self.log.ours(alone, key))
        if self.overwrite:
            found = text
        if found is None:
            return cell, "has a comment that a person changed, so it stays."
        if found == f"{cell}\n\n{text}":
            self.log.note(alone, key, cell)
        self.log.note(ours, key, text)
        return found, ""


# One student's points, as a share of the sheet's maximum


def value_of(student: StudentGrades, stage: str = "", maximum: float | None = None) -> str | None:
    """Return the points of a student (of one stage if `stage` isn't empty), as text with at most two decimals.

    `maximum`: of the sheet, to which our points are scaled, or None to keep them. Return None without a verdict:
    unknown, unclear or missing work must not become a zero.
    """
    if stage and stage not in student.stages:
        return None
    parts = _parts(student, stage).values()
    if not all(part.is_known for part in parts) or all(part.state is State.MISSING for part in parts):
        return None
    part = student.stages[stage] if stage else student
    points: float = part.points if maximum is None or not part.of else part.points * maximum / part.of
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _parts(student: StudentGrades, stage: str) -> Mapping[str, StageGrades]:
    """Return the stages that count: one, or all if `stage` is empty."""
    return {stage: student.stages[stage]} if stage else student.stages


def summary(student: StudentGrades, stage: str = "") -> str:
    """Return the result as one short line: points by stage, the cost of late days, the first tests that didn't pass.

    It has no text of a student, and names no hidden test.
    """
    parts = _parts(student, stage)
    told = [f"{name} {part.points} of {part.of}" for name, part in parts.items()]
    if any(part.weight is not None for part in parts.values()) and not stage:
        told.append(f"in all {student.points} of {student.of}")
    deducted = tidy(sum(part.deducted for part in parts.values()))
    late = f" {deducted} points less because it was late." if deducted else ""
    tests = [grade for part in parts.values() if part.state is not State.MISSING for grade in part.tests]
    lost = [grade.test.sentence for grade in tests if grade.verdict.lost and not grade.hidden]
    more = [f"and {len(lost) - MOST_NAMED} more"] if len(lost) > MOST_NAMED else []
    failed = f" Not passed: {' / '.join([*lost[:MOST_NAMED], *more])}" if lost else ""
    by_hand = [f" By hand: {mark.said}" for part in parts.values() for mark in _marks_to_see(part) if mark.said]
    return f"Points: {', '.join(told)}.{late}{failed}{''.join(by_hand)}"


def _marks_to_see(part: StageGrades) -> list[Mark]:
    """Return a person's marks on a stage, without those about hidden tests."""
    hidden = {grade.test.name for grade in part.tests if grade.hidden}
    return [mark for mark in part.marks if mark.test not in hidden]


# Gradescope


def gradescope_result(student: StudentGrades) -> dict[str, Any]:
    """Return a student's results.json for Gradescope, as plain data.

    Source: the specification of results.json in Gradescope's autograder documentation. `score` overrides the sum of the
    tests. If a test can't be tried on this system, the others are worth more, because Gradescope's total is fixed. A
    test that ended in a grader error isn't listed as failed, but named in `output`. A hidden test is "after_published",
    so students don't see their total before that. (With "hidden" they would, and could infer the test's result. It's
    meant for tests without points.)
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
    marks = [f"{name}: {mark.said}" for name, stage in student.stages.items() for mark in _marks_to_see(stage)]
    output = "\n".join([*student.notes, *student.ignored, *late, *marks, *troubled])
    scored = [grade for stage in student.stages.values() for grade in stage.tests]
    not_here = sum(grade.test.points for grade in scored if grade.verdict.outcome is Outcome.NOT_HERE)
    of = sum(stage.of for stage in student.stages.values())
    worth = (of + not_here) / of if of and of == student.of else 1  # in a course, the stages have weights
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
        "score": grade.points,
        "max_score": grade.test.points,
        "status": "passed" if grade.verdict.passed else "failed",
        "name": f"{stage} {grade.test.kind}: {grade.test.sentence}",
        "number": number,
        "output": _told(grade.verdict) + ("" if grade.by_hand is None else f"\nBy hand: {grade.by_hand} points."),
        "visibility": "after_published" if grade.hidden else "visible",
        "tags": [stage, grade.test.kind],
    }


def _told(verdict: Verdict) -> str:
    """Return the text about a test for a student: its story, or the reason of its verdict."""
    if verdict.passed:
        return "Passed."
    text = verdict.story.text if verdict.story else verdict.reason
    return harmless(f"{verdict.outcome}: {text}", MOST_TEXT, 200)


# Canvas


def fill_canvas(
    sheet: Sheet,
    students: Iterable[StudentGrades],
    column: str,
    stage: str = "",
    log: ExportLog | None = None,
    overwrite: bool = False,
) -> Filled:
    """Fill one assignment's column of an exported Canvas gradebook, and return the result.

    `column`: its head, such as "Stage 3 (98765)", or only the number in brackets. A row is matched by ID, then SIS User
    ID, then SIS Login ID, then the exact name (the rules of Canvas's own importer, lib/gradebook_importer.rb). `log`,
    `overwrite`: see Guard. Raise BadInput if it isn't a gradebook or lacks the column, because Canvas would make a new
    assignment.
    """
    head = sheet.rows[0] if sheet.rows else []
    if len(head) < 4 or "Student" not in head[0] or "ID" not in head[1] or "Section" not in head:
        raise BadInput(
            "This isn't a Canvas gradebook. Its first line must begin with Student, ID, and have a column Section."
        )
    at = _canvas_column(head, column)
    maximum, first = _canvas_maximum(sheet, at)
    columns = [1] + [head.index(name) for name in ("SIS User ID", "SIS Login ID") if name in head]
    keys = [[(what, index) for index in columns] for what in ("id", "email", "key")] + [[("name", 0)]]
    rows = [row for row in range(first, len(sheet.rows)) if sheet.rows[row][0] != "Student, Test"]
    guard = Guard(log or ExportLog(), f"canvas {head[at]} {stage}".strip(), overwrite)

    def put(row: int, student: StudentGrades) -> str:
        return _put_canvas(sheet, row, at, student, stage, maximum, guard)

    return _fill(sheet, students, keys, rows, put)


def _canvas_column(head: Sequence[str], column: str) -> int:
    for index, title in enumerate(head):
        if index > head.index("Section") and column and (title == column or title.endswith(f"({column})")):
            return index
    others = [title for title in head[head.index("Section") + 1 :] if title]
    what = f"no column {column!r} (Canvas would make a new assignment)" if column else "more than one column"
    raise BadInput(f"it has {what}. Name one of its columns: {_list(others)}.")


def _canvas_maximum(sheet: Sheet, column: int) -> tuple[float | None, int]:
    """Return the points possible of a column (or None), and the first row that is a student's.

    Raise BadInput if the column is read only in Canvas.
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


def _put_canvas(
    sheet: Sheet,
    row: int,
    column: int,
    student: StudentGrades,
    stage: str,
    maximum: float | None,
    guard: Guard,
) -> str:
    value = value_of(student, stage, maximum)
    if value is None:
        return f"{no_verdict(student, stage)}: the cell stays unchanged."
    if column >= len(sheet.rows[row]):
        return SHORT
    if sheet.rows[row][column].strip().upper() == "EX":
        return "is excused: the cell stays unchanged."
    # Canvas reads both, but a comma only if semicolons separate the cells
    cell, kept = guard.grade(
        student.key, sheet.rows[row][column], value.replace(".", ",") if sheet.separator == ";" else value
    )
    _put(sheet, row, column, cell)
    return kept


def _put(sheet: Sheet, row: int, column: int, text: str) -> None:
    """Fill a cell if its text changes. An unchanged cell keeps its exact bytes."""
    if sheet.rows[row][column] != text:
        sheet.put(row, column, text)


def no_verdict(student: StudentGrades, stage: str) -> str:
    """Return why there are no points to export."""
    parts = _parts(student, stage).values() if not stage or stage in student.stages else ()
    if any(part.state is State.NEEDS_A_LOOK for part in parts):
        return "needs a look"
    if until := [part.open_until for part in parts if part.open_until]:
        return f"handed in nothing, and has time until {shown_moment(max(until))}"
    if all(part.state is State.MISSING for part in parts):
        return "handed in nothing"
    return "isn't graded yet"


# Moodle

SHORT = "has a row with too few cells, which stays unchanged."

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
    log: ExportLog | None = None,
    overwrite: bool = False,
) -> Filled:
    """Fill the grade (and the feedback) into a grading worksheet downloaded from Moodle, and return the result.

    `heads`: {what: head} if the sheet isn't in English, with the words of MOODLE as keys; `feedback(student)`: the text
    for the feedback cell; `log`, `overwrite`: see Guard. Name the rows that Moodle would skip silently: a grade above
    the maximum, a grade that can't be changed, a student who isn't in the sheet
    (mod/assign/feedback/offline/importgradeslib.php). Raise BadInput if a column is missing.
    """
    heads = {**MOODLE, **(heads or {})}
    head = [title.strip() for title in sheet.rows[0]] if sheet.rows else []
    missing = [heads[what] for what in ("identifier", "grade", "modified") if heads[what] not in head]
    if missing:
        there = f"it has no column {_list(missing)}. Its columns: {_list(head)}."
        raise BadInput(f"{there} If your Moodle isn't in English, name the right ones.")
    at = {what: head.index(title) for what, title in heads.items() if title in head}
    keys = [[("id", at[what]) for what in ("id", "identifier") if what in at]]
    keys += [[(what, at[what])] for what in ("email", "name") if what in at]

    guard = Guard(log or ExportLog(), f"moodle {stage}".strip(), overwrite)

    def put(row: int, student: StudentGrades) -> str:
        return _put_moodle(sheet, row, at, student, stage, feedback, guard)

    return _fill(sheet, students, keys, range(1, len(sheet.rows)), put)


def _put_moodle(
    sheet: Sheet,
    row: int,
    at: Mapping[str, int],
    student: StudentGrades,
    stage: str,
    feedback: Callable[[StudentGrades], str] | None,
    guard: Guard,
) -> str:
    cells = sheet.rows[row]
    if len(cells) < len(sheet.rows[0]):
        return SHORT
    maximum = _number(cells[at["maximum"]]) if "maximum" in at else None
    if "maximum" in at and not maximum:
        return f"has {harmless(cells[at['maximum']], 60)!r} as the maximum, which isn't a number of points."
    value = value_of(student, stage, maximum)
    if value is None:
        return f"{no_verdict(student, stage)}: the row stays unchanged."
    if "changes" in at and _says_no(sheet, at["changes"], row):
        return "has a grade that can't be changed: Moodle would skip the row."
    if maximum is not None and float(value) > maximum:
        return f"has {value} of {maximum:g}: Moodle skips a grade above the maximum."
    # Moodle's unformat_float takes a decimal point in every language
    cell, kept = guard.grade(student.key, cells[at["grade"]], value)
    _put(sheet, row, at["grade"], cell)
    if feedback and "feedback" in at:
        comment, also_kept = guard.comment(student.key, cells[at["feedback"]], safe(feedback(student)))
        _put(sheet, row, at["feedback"], comment)
        kept = " It ".join(filter(None, [kept, also_kept]))
    return kept


def _says_no(sheet: Sheet, column: int, row: int) -> bool:
    """Whether this row says no, in a language whose word we know."""
    return sheet.rows[row][column].strip().lower() in ("no", "nee", "nein", "non", "não")


# GitHub Classroom


def github_result(student: StudentGrades) -> dict[str, Any]:
    """Return a student's result for GitHub Classroom's reporter, version 3, as plain data: one entry per test.

    The reporter adds up the scores of the tests, so late days are an entry too. Students see all of it, so a hidden
    test has no name there. (autograding-grading-reporter, src/main.js and src/notify-classroom.js)
    """
    tests = []
    for name, stage in student.stages.items():
        tests += [_github_test(name, grade) for grade in stage.tests]
        if stage.late:
            tests.append(_github_entry(f"{name}: {stage.late}", "pass", -stage.deducted, 0))
        if stage.marks:
            said = "; ".join(mark.said for mark in _marks_to_see(stage))
            tests.append(_github_entry(f"{name}: by hand: {said}", "pass", stage.by_hand, 0))
    well = student.state is State.GRADED and all(test["status"] == "pass" for test in tests)
    of = sum(stage.of for stage in student.stages.values())
    return {"version": 3, "status": "pass" if well else "fail", "max_score": of, "tests": tests}


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
    """Return the same as the step output `result`. `sentence`: an entry about all of it, or ""."""
    data = github_result(student)
    if sentence:
        data["tests"].insert(0, _github_entry(sentence, "fail", 0, 0))
        data["status"] = "fail"
    return encoded(data)


def encoded(data: object) -> str:
    """Return plain data as JSON in base64."""
    return base64.b64encode(json.dumps(data).encode()).decode()


# What Canvas and Moodle share


def _fill(
    sheet: Sheet,
    students: Iterable[StudentGrades],
    keys: Sequence[Key],
    rows: Sequence[int],
    put: Callable[[int, StudentGrades], str],
) -> Filled:
    """Fill a row for each student who has exactly one. `put(row, student)`: fills it, and returns why not, or ""."""
    filled = Filled()
    taken: dict[int, list[StudentGrades]] = {}
    for student in students:
        found = _rows_of(sheet, student, keys, rows)
        if len(found) == 1:
            taken.setdefault(found[0], []).append(student)
        else:
            which = "isn't in the sheet" if not found else f"has {len(found)} rows in the sheet"
            filled.left.append(f"{_who(student)} {which}.")
    for row, (student, *others) in sorted(taken.items()):
        if others:
            filled.conflict = True
            files = " and ".join(harmless(one.source or one.key, 120, 1) for one in (student, *others))
            filled.left.append(f"{files} fit the same row, line {sheet.lines[row]}, so none of them fills it.")
            continue
        why = put(row, student)
        filled.rows += not why
        filled.left += [f"{_who(student)} {why}"] if why else []
    for row in rows:
        if row not in taken and any(cell.strip() for cell in sheet.rows[row]):
            filled.left.append(
                f"Line {sheet.lines[row]} ({harmless(sheet.rows[row][0], 60)}) belongs to no graded student."
            )
    return filled


def _rows_of(sheet: Sheet, student: StudentGrades, keys: Sequence[Key], rows: Sequence[int]) -> list[int]:
    """Return this student's rows, by the first key with a match in any of its columns."""
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
    if what == "name":  # Canvas writes "Last, First" in sheets, and "lastfirst" in names of downloads
        return comparable(wanted) in words_of(Student("", cells[column]))
    return cells[column].strip().casefold() == wanted.casefold()


def _who(student: StudentGrades) -> str:
    return harmless(student.name or student.key, 60)


def _number(text: str) -> float | None:
    """Return the number in a cell, with a decimal point or comma, or None."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _list(words: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in words) or "none"
