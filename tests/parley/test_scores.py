"""Facts become points: nothing without a verdict counts, late days cost, and a table is only a table."""

import contextlib
import csv
import io
import json

import pytest

from parley.contract.files import write_json
from parley.grading import verdict_log
from parley.grading.scores import not_graded, score

SUITES = {
    "1_echo": [
        {"test": "1_echo/t.py::a", "points": 60, "kind": "core", "sentence": "A.", "hint": "h"},
        {"test": "1_echo/t.py::b", "points": 30, "kind": "errors", "sentence": "B.", "hint": "h"},
        {"test": "1_echo/t.py::c", "points": 10, "kind": "logging", "sentence": "C.", "hint": "h"},
    ],
    "2_logbook": [{"test": "2_logbook/t.py::a", "points": 99, "kind": "core", "sentence": "A.", "hint": "h"}],
}


def student(key, **more):
    """A student as class.json has it, who has handed in stage 1."""
    known = {"key": key, "id": "", "name": key, "email": "", "source": f"{key}.zip", "fingerprints": {"1_echo": "new"}}
    return {**known, "nothing": False, "trouble": "", "ignored": [], "notes": [], **more}


def a_class(folder, *students, stages=("1_echo", "2_logbook")):
    """Write class.json."""
    suites = {name: SUITES[name] for name in stages}
    known = {"version": 1, "stages": list(stages), "suites": suites, "sandbox": True, "seed": 7, "notes": []}
    write_json(folder / verdict_log.CLASS, {**known, "students": list(students)})


def found(folder, key, *verdicts, fingerprint="new", stage="1_echo", done=True):
    """Write facts: verdicts are pairs of (letter of the test, verdict)."""
    writer = verdict_log.Writer(folder, {"student": key, "stage": stage, "fingerprint": fingerprint})
    for letter, verdict in verdicts:
        earned = 1000 if verdict == "passed" else 0  # what a line claims to have earned does not count
        story = {"sentence": "S", "text": "T"} if verdict == "failed" else None
        writer.write(
            {
                "test": f"{stage}/t.py::{letter}",
                "verdict": verdict,
                "earned": earned,
                "reason": f"r {letter}",
                "story": story,
                "seconds": 1.5,
                "cpu": 0.25,
            }
        )
    if done:
        writer.write({"done": True, "seconds": 4.5, "cpu": 1.0})
    writer.close(whole=done)


ALL = (("a", "passed"), ("b", "passed"), ("c", "passed"))


def one_of(grades, key="anna"):
    return next(each for each in grades["students"] if each["key"] == key)


def test_points_by_kind_state_and_time(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    grades = score(tmp_path)
    anna = one_of(grades)
    assert (anna["points"], anna["of"], anna["state"], anna["before"]) == (70, 199, "graded", None)
    echo = anna["stages"]["1_echo"]
    assert echo["kinds"] == {"core": [60, 60], "errors": [0, 30], "logging": [10, 10]}
    assert (echo["state"], echo["seconds"], echo["cpu"]) == ("graded", 4.5, 1.0)
    assert [test["earned"] for test in echo["tests"]] == [60, 0, 10]
    assert echo["tests"][1]["story"]["text"] == "T" and echo["tests"][1]["reason"] == "r b"
    assert anna["stages"]["2_logbook"]["state"] == "missing"
    assert anna["stages"]["2_logbook"]["kinds"]["core"] == [0, 99]
    assert json.loads((tmp_path / "grades.json").read_text(encoding="utf-8")) == grades


def test_what_has_no_verdict_earns_nothing_and_is_not_graded(tmp_path):
    a_class(tmp_path, student("anna"), student("ben"))
    found(tmp_path, "anna", ("a", "passed"), done=False)
    grades = score(tmp_path)
    anna, ben = one_of(grades), one_of(grades, "ben")
    assert (anna["points"], anna["stages"]["1_echo"]["state"], anna["state"]) == (60, "not graded", "not graded")
    assert anna["stages"]["1_echo"]["of"] == 100
    assert (ben["points"], ben["state"]) == (0, "not graded")
    assert {test["verdict"] for test in ben["stages"]["1_echo"]["tests"]} == {"not run"}
    assert [(key, name) for key, name, _ in not_graded(grades)] == [("anna", "1_echo"), ("ben", "1_echo")]


def test_facts_about_another_submission_earn_nothing(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", *ALL, fingerprint="old")
    assert one_of(score(tmp_path))["points"] == 0


def test_new_facts_take_the_place_of_old_ones_only_when_they_are_whole(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", *ALL, fingerprint="old")
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), done=False)
    path = verdict_log.file_of(tmp_path, "anna", "1_echo")
    assert verdict_log.read(path).head["fingerprint"] == "old" and len(verdict_log.read(path).verdicts) == 3
    assert one_of(score(tmp_path))["points"] == 60
    found(tmp_path, "anna", ("c", "passed"))  # goes on where the last one has stopped
    assert verdict_log.read(path).head["fingerprint"] == "new" and len(verdict_log.read(path).verdicts) == 3
    assert not verdict_log.newer(path).exists()
    assert one_of(score(tmp_path))["points"] == 70


def test_a_file_cut_anywhere_raises_nothing_and_loses_no_whole_line(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    path = verdict_log.file_of(tmp_path, "anna", "1_echo")
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        passed = {line["test"][-1] for line in lines_of(whole[:size]) if line.get("verdict") == "passed"}
        assert one_of(score(tmp_path))["points"] == 60 * ("a" in passed) + 10 * ("c" in passed)
    for size in range(0, len(whole), 7):  # and whoever goes on there adds to it
        path.write_bytes(whole[:size])
        found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
        assert one_of(score(tmp_path))["points"] == 70


def lines_of(data):
    """The lines of JSON that are whole."""
    for line in data.decode().split("\n"):
        with contextlib.suppress(ValueError):
            yield json.loads(line)


def test_trouble_of_the_grader_is_not_counted_and_not_graded(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), ("b", "grader"), ("c", "not here"))
    grades = score(tmp_path)
    anna = one_of(grades)
    assert (anna["points"], anna["of"], anna["state"]) == (60, 60, "not graded")
    found(tmp_path, "anna", ("b", "failed"))
    anna = one_of(score(tmp_path))
    assert (anna["points"], anna["of"], anna["state"]) == (60, 90, "graded")


def test_states(tmp_path):
    nothing = {"fingerprints": {}}
    a_class(
        tmp_path,
        student("anna", fingerprints={"1_echo": "new", "2_logbook": "new"}),
        student("ben"),
        student("carla", nothing=True, **nothing),
        student("dana", trouble="could not be read.", notes=["could not be read."], **nothing),
        student("emil", **nothing),
    )
    found(tmp_path, "anna", *ALL)
    found(tmp_path, "ben", *((letter, "not begun") for letter in "abc"))
    grades = score(tmp_path)
    states = {one["key"]: (one["state"], one["stages"]["1_echo"]["state"]) for one in grades["students"]}
    assert states == {
        "anna": ("partly graded", "graded"),
        "ben": ("graded", "not begun"),
        "carla": ("nothing handed in", "missing"),
        "dana": ("not graded", "not graded"),
        "emil": ("graded", "missing"),
    }
    assert ("dana", "1_echo", "could not be read.") in not_graded(grades)


def test_before_is_the_last_whole_run(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    assert one_of(score(tmp_path, fresh=True))["before"] is None
    assert one_of(score(tmp_path))["before"] is None  # nothing has run since
    a_class(tmp_path, student("anna", fingerprints={"1_echo": "newer"}), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), fingerprint="newer", done=False)
    anna = one_of(score(tmp_path, fresh=True))
    assert (anna["points"], anna["before"]) == (60, 70)
    found(tmp_path, "anna", ("b", "passed"), ("c", "passed"), fingerprint="newer")
    anna = one_of(score(tmp_path, fresh=True))
    assert (anna["points"], anna["before"]) == (100, 70)
    assert one_of(score(tmp_path))["before"] == 70
    a_class(tmp_path, student("anna"))  # other stages: there is nothing to compare
    assert one_of(score(tmp_path, fresh=True))["before"] is None


# late days, hidden tests


def late(tmp_path, text):
    path = tmp_path / "late.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("per_day", "days", "deducted"),
    [("10%", 1, 7), ("10%", 3, 21), ("15%", 1, 10), ("5", 2, 10), ("50", 2, 70), ("", 2, 0), ("2.5%", 1, 1)],
)
def test_late_days_cost(tmp_path, per_day, days, deducted):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    grades = score(tmp_path, late=late(tmp_path, f"key,days\nanna,{days}\n"), per_day=per_day)
    echo = one_of(grades)["stages"]["1_echo"]
    assert (echo["late_days"], echo["deducted"], echo["points"]) == (days, deducted, 70 - deducted)
    assert echo["kinds"]["core"] == [60, 60]


def test_late_days_of_one_stage_and_of_all(tmp_path):
    anna = student("anna", id="17", name="Anna Bell", fingerprints={"1_echo": "new", "2_logbook": "new"})
    a_class(tmp_path, anna, student("ben"))
    found(tmp_path, "anna", *ALL)
    found(tmp_path, "anna", ("a", "passed"), stage="2_logbook")
    path = late(tmp_path, "Name;Stage;Days\nbell, anna;;1\nAnna Bell;2_logbook;0\n")
    grades = score(tmp_path, late=path, per_day="10%")
    assert {name: each["deducted"] for name, each in one_of(grades)["stages"].items()} == {"1_echo": 10, "2_logbook": 0}
    assert one_of(grades)["points"] == 90 + 99


def test_what_is_not_given_stays_and_what_is_empty_goes(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", *ALL)
    score(tmp_path, late=late(tmp_path, "key,days\nanna,1\n"), per_day="10%", hide=["errors"])
    grades = score(tmp_path)
    assert (one_of(grades)["points"], grades["per_day"], grades["hide"]) == (90, "10%", ["errors"])
    assert [test["hidden"] for test in one_of(grades)["stages"]["1_echo"]["tests"]] == [False, True, False]
    grades = score(tmp_path, late="", hide=[""])
    assert (one_of(grades)["points"], grades["hide"]) == (100, [])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"per_day": "much"}, "not 'much'"),
        ({"hide": ["secrets"]}, "nothing called 'secrets' to hide"),
        ({"late": "id,hours\n1,2\n"}, "no late days"),
        ({"late": "id,days\nzoe,2\n"}, "no student of these grades"),
        ({"late": "id,days\nanna,two\n"}, "whole number"),
        ({"late": "id,days\nanna,-1\n"}, "whole number"),
        ({"late": "id,stage,days\nanna,9_moon,1\n"}, "no stage '9_moon'"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(tmp_path, settings, words):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    if "late" in settings:
        settings = {"late": late(tmp_path, settings["late"])}
    with pytest.raises(ValueError, match=words):
        score(tmp_path, **settings)
    assert not (tmp_path / "grades.json").exists() and not (tmp_path / "policy.json").exists()


def test_a_folder_without_facts_gets_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"class.json cannot be read"):
        score(tmp_path)
    (tmp_path / "class.json").write_text("[]")
    with pytest.raises(ValueError, match="is not what parley grade has written"):
        score(tmp_path)


# the table


def test_the_table_has_a_row_for_each_and_no_formula(tmp_path):
    name = "=cmd|' /c calc'!A1"
    a_class(tmp_path, student("cmd", name=name, id="+1", email="@x"), student("ben", name='B, "Ben"'))
    found(tmp_path, "cmd", *ALL)
    score(tmp_path)
    text = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[:7] == ["key", "id", "name", "email", "1_echo core", "1_echo errors", "1_echo logging"]
    assert head[-4:] == ["late", "total", "of", "state"]
    assert rows[0][:7] == ["cmd", "'+1", f"'{name}", "'@x", "60", "30", "10"]
    assert rows[0][-4:] == ["0", "100", "199", "graded"]
    assert rows[1][2] == 'B, "Ben"'
    assert all(len(row) == len(head) for row in rows)


def test_two_at_once_are_told(tmp_path):
    with verdict_log.locked(tmp_path):
        with pytest.raises(ValueError, match="in use by another parley"):
            with verdict_log.locked(tmp_path):
                pass
    with verdict_log.locked(tmp_path):
        pass
