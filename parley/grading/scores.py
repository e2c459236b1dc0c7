"""Points made of facts, again and again without running anything: kinds, late days, what is hidden; as JSON and CSV."""

import csv
import io
import math
import re
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

from parley.checks.plugin import KINDS, NOT_BEGUN, NOT_RUN, PASSED, total
from parley.contract.errors import BadInput
from parley.contract.files import write_json, write_whole
from parley.contract.record import visible
from parley.grading import verdict_log
from parley.grading.csv_in_place import read as read_sheet
from parley.grading.csv_in_place import safe
from parley.grading.roster import Student, columns_of, plain, words_of

GRADES, TABLE, POLICY = "grades.json", "grades.csv", "policy.json"
GRADED, PARTLY, NOT_GRADED, NOTHING, MISSING = (
    "graded",
    "partly graded",
    "not graded",
    "nothing handed in",
    "missing",
)
NOT_YET = "Not graded yet: parley grade goes on from here."


def score(folder, *, late=None, per_day=None, hide=None, fresh=False):
    """Make grades.json and grades.csv of the facts in a folder that parley grade has written; returns the grades.

    `late`: a CSV file with late days; `per_day`: what one costs, "10%" of what was earned for the stage, or "5"
    points; `hide`: kinds or names of tests that students shall not see. What is None stays as it was the last time,
    and "" (or an empty list) takes it back. `fresh`: tests have run since, so the last grades are those before.
    Raises BadInput for bad input.
    """
    folder = Path(folder)
    known = verdict_log.read_json(folder / verdict_log.CLASS)
    policy = _policy(folder, known, late, per_day, hide)
    before = _before(folder, known["stages"], fresh)
    students = [_student(folder, known, policy, one) for one in known["students"]]
    for one in students:
        one["before"] = before.get(one["key"])
    grades = {
        "version": verdict_log.VERSION,
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "sandbox": known["sandbox"],
        "seed": known["seed"],
        "stages": known["stages"],
        "of": max((one["of"] for one in students), default=0),
        "per_day": policy["per_day"],
        "hide": policy["hide"],
        "notes": known["notes"],
        "students": students,
    }
    write_json(folder / POLICY, policy)
    write_json(folder / GRADES, grades)
    write_whole(folder / TABLE, table(grades), encoding="utf-8-sig")  # so that Excel takes it for UTF-8
    return grades


# One student


def _student(folder, known, policy, one):
    stages = {name: _stage(folder, known, policy, one, name) for name in known["stages"]}
    states = {stage["state"] for stage in stages.values()}
    state = GRADED if NOT_GRADED not in states else NOT_GRADED if states <= {NOT_GRADED, MISSING} else PARTLY
    return {
        **{name: one[name] for name in ("key", "id", "name", "email", "source")},
        "state": NOTHING if one["nothing"] else state,
        "points": sum(stage["points"] for stage in stages.values()),
        "of": sum(stage["of"] for stage in stages.values()),
        "ignored": one["ignored"],
        "notes": one["notes"],
        "stages": stages,
    }


def _stage(folder, known, policy, one, name):
    """What a student has earned for a stage: a test without a verdict has earned nothing."""
    suite = known["suites"][name]
    fingerprint = one["fingerprints"].get(name)
    found = verdict_log.known(folder, one["key"], name, fingerprint) if fingerprint else verdict_log.Facts()
    missing = fingerprint is None and not one["trouble"]
    tests = [_test(test, found.verdicts.get(test["test"]), missing, policy["hide"]) for test in suite]
    kinds = {kind: list(total(tests).get(kind, (0, 0))) for kind in KINDS}
    earned = sum(points for points, _ in kinds.values())
    days = _days(policy, one["key"], name)
    deducted = min(earned, _cost(policy["per_day"], earned, days))
    return {
        "points": earned - deducted,
        "of": sum(of for _, of in kinds.values()),
        "kinds": kinds,
        "state": _state(tests, missing, found.left(suite)),
        "late_days": days,
        "deducted": deducted,
        "seconds": round(found.seconds or sum(test["seconds"] for test in tests), 3),
        "cpu": round(found.cpu or sum(test["cpu"] for test in tests), 3),
        "tests": tests,
    }


def _test(test, line, missing, hidden):
    """A test of the manifest and what is known of it. What it earns is read off the manifest, not off the line."""
    if missing:
        line = {"verdict": NOT_BEGUN, "reason": "This stage was not handed in."}
    line = line or {"verdict": NOT_RUN, "reason": NOT_YET}
    return {
        **test,
        "verdict": line["verdict"],
        "earned": test["points"] if line["verdict"] == PASSED else 0,
        "reason": line.get("reason", ""),
        "story": line.get("story"),
        "seconds": line.get("seconds", 0.0),
        "cpu": line.get("cpu", 0.0),
        "hidden": test["kind"] in hidden or test["test"] in hidden,
    }


def _state(tests, missing, left):
    if missing:
        return MISSING
    if left:
        return NOT_GRADED
    return NOT_BEGUN if all(test["verdict"] == NOT_BEGUN for test in tests) else GRADED


# Before


def _before(folder, stages, fresh):
    """The points of each student the last time that all of these stages were graded: {key: points}."""
    try:
        old = verdict_log.read_json(folder / GRADES)
    except ValueError:
        return {}
    return {one["key"]: _points_before(one, stages, fresh) for one in old["students"]}


def _points_before(one, stages, fresh):
    whole = all(name in one["stages"] and one["stages"][name]["state"] != NOT_GRADED for name in stages)
    if not fresh or not whole:  # the same run, or one that was stopped: what was before it is what was before
        return one["before"] if set(one["stages"]) == set(stages) else None
    return sum(one["stages"][name]["points"] for name in stages)


# Late days, and what is hidden


def _policy(folder, known, late, per_day, hide):
    """What holds for this class, as plain data: {"late": {key: {stage, or "": days}}, "per_day", "hide"}."""
    policy = {"version": verdict_log.VERSION, "late": {}, "per_day": "", "hide": []}
    if (folder / POLICY).exists():
        policy |= verdict_log.read_json(folder / POLICY)
    if late is not None:
        policy["late"] = _late(late, known) if late else {}
    if per_day is not None:
        policy["per_day"] = per_day.strip()
        _cost(policy["per_day"], 0, 0)
    if hide is not None:
        policy["hide"] = [each for each in hide if each]
        tests = {test["test"] for suite in known["suites"].values() for test in suite}
        strange = [each for each in policy["hide"] if each not in KINDS and each not in tests]
        if strange:
            raise BadInput(f"There is nothing called {strange[0]!r} to hide: the kinds are {', '.join(KINDS)}.")
    return policy


def _late(path, known):
    """Late days from a CSV file with the columns id (or name, email), days and, where they differ, stage."""
    rows = [row for row in read_sheet(path).rows if any(cell.strip() for cell in row)]
    titles = [title.strip().lower() for title in rows[0]] if rows else []
    who = columns_of(titles).values()
    if "days" not in titles or not who:
        raise BadInput(f"{path} has no late days: its first line has to name the columns id and days.")
    late = {}
    for row in rows[1:]:
        cells = dict(zip(titles, (cell.strip() for cell in row), strict=False))
        words = {plain(row[at]) for at in who if at < len(row)} - {""}
        key = _whose(words, known["students"], f"{path}: {visible(', '.join(row))}")
        stage = cells.get("stage", "")
        if stage and stage not in known["stages"]:
            raise BadInput(f"{path}: there is no stage {stage!r} in these grades.")
        if not re.fullmatch(r"\d{1,4}", cells.get("days", "")):
            raise BadInput(f"{path}: {visible(', '.join(row))}: days must be a whole number.")
        late.setdefault(key, {})[stage] = int(cells["days"])
    return late


def _whose(words, students, line):
    fits = [
        one["key"]
        for one in students
        if words & (words_of(Student(one["id"], one["name"], one["email"])) | {plain(one["key"])})
    ]
    if len(fits) != 1:
        raise BadInput(f"{line}: this is {'more than one student' if fits else 'no student'} of these grades.")
    return fits[0]


def _days(policy, key, stage):
    days = policy["late"].get(key, {})
    return days.get(stage, days.get("", 0))


def _cost(per_day, earned, days):
    """What late days cost, in whole points, rounded in favour of the student."""
    if not per_day:
        return 0
    number = re.fullmatch(r"(\d+(?:\.\d+)?)(\s*%)?", per_day)
    if not number:
        raise BadInput(f"A late day costs a number of points or a share, as 5 or 10%, not {per_day!r}.")
    each = Fraction(number[1])
    return math.floor(days * (each * earned / 100 if number[2] else each))


# The table


def table(grades):
    """The grades as the text of a CSV file: one row for each student. No cell can be a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    head = [f"{stage} {kind}" for stage in grades["stages"] for kind in KINDS]
    writer.writerow(["key", "id", "name", "email", *head, "late", "total", "of", "state"])
    for one in grades["students"]:
        stages = [one["stages"][name] for name in grades["stages"]]
        earned = [stage["kinds"][kind][0] for stage in stages for kind in KINDS]
        late = -sum(stage["deducted"] for stage in stages)
        who = [safe(one[name]) for name in ("key", "id", "name", "email")]
        writer.writerow([*who, *earned, late, one["points"], one["of"], one["state"]])
    return file.getvalue()


def not_graded(grades):
    """What the grader has not managed, as (student's key, stage, the first note about the student)."""
    return [
        (one["key"], name, next(iter(one["notes"]), NOT_YET))
        for one in grades["students"]
        for name, stage in one["stages"].items()
        if stage["state"] == NOT_GRADED
    ]
