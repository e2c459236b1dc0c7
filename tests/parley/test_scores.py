"""Facts become points: nothing without a verdict counts, late days cost, and a table is only a table."""

import contextlib
import csv
import io
import json

import pytest

from parley.contract.story import Cause, Story
from parley.contract.verdict import GradedTest, Kind, Outcome, Verdict
from parley.grading import verdict_log
from parley.grading.class_file import ClassStudent, GradedClass
from parley.grading.grades import Grades
from parley.grading.scores import NOT_YET, score

SUITES = {
    "1_echo": tuple(
        GradedTest(f"1_echo/t.py::{letter}", points, kind, f"{letter}.", "h")
        for letter, points, kind in (("a", 60, Kind.CORE), ("b", 30, Kind.ERRORS), ("c", 10, Kind.LOGGING))
    ),
    "2_logbook": (GradedTest("2_logbook/t.py::a", 99, Kind.CORE, "A.", "h"),),
}
STORY = Story("S", (), None, None, Cause("silence", "Nothing came."), None, (), (), "T")


def student(key, **more):
    """A student as class.json has it, who has handed in stage 1."""
    known = {"key": key, "id": "", "name": key, "email": "", "source": f"{key}.zip", "fingerprints": {"1_echo": "new"}}
    return ClassStudent(**{**known, "nothing": False, "trouble": "", "ignored": (), "notes": (), **more})


def a_class(folder, *students, stages=("1_echo", "2_logbook")):
    GradedClass({name: SUITES[name] for name in stages}, students, True, 7).save(folder)


def found(folder, key, *verdicts, fingerprint="new", stage="1_echo"):
    """Write verdicts: pairs of (letter of the test, outcome)."""
    tests = {test.function: test for test in SUITES[stage]}
    with verdict_log.LogWriter(folder, verdict_log.LogHead(key, stage, True, 7, "now")) as log:
        for letter, outcome in verdicts:
            story = STORY if outcome == "failed" else None
            verdict = Verdict(tests[letter], Outcome(outcome), f"r {letter}", story, 1.5, 0.25)
            log.write(verdict_log.LoggedVerdict(verdict, fingerprint))


ALL = (("a", "passed"), ("b", "passed"), ("c", "passed"))


def one_of(grades, key="anna"):
    return next(student for student in grades.students if student.key == key)


def test_points_by_kind_state_and_time(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    grades = score(tmp_path)
    anna = one_of(grades)
    assert (anna.points, anna.of, anna.state, anna.before) == (70, 199, "graded", None)
    echo = anna.stages["1_echo"]
    assert echo.kinds == {"core": (60, 60), "errors": (0, 30), "logging": (10, 10)}
    assert (echo.state, echo.seconds, echo.cpu) == ("graded", 4.5, 0.75)
    assert [verdict.earned for verdict in echo.verdicts] == [60, 0, 10]
    assert echo.verdicts[1].story.text == "T" and echo.verdicts[1].reason == "r b"
    assert anna.stages["2_logbook"].state == "missing"
    assert anna.stages["2_logbook"].kinds["core"] == (0, 99)
    assert Grades.load(tmp_path) == grades


def test_what_has_no_verdict_earns_nothing_and_is_not_graded(tmp_path):
    a_class(tmp_path, student("anna"), student("ben"))
    found(tmp_path, "anna", ("a", "passed"))
    grades = score(tmp_path)
    anna, ben = one_of(grades), one_of(grades, "ben")
    assert (anna.points, anna.stages["1_echo"].state, anna.state) == (60, "not graded", "not graded")
    assert anna.stages["1_echo"].of == 100
    assert (ben.points, ben.state) == (0, "not graded")
    assert {verdict.outcome for verdict in ben.stages["1_echo"].verdicts} == {"not run"}
    assert [(part.student.key, part.stage) for part in grades.not_graded(NOT_YET)] == [
        ("anna", "1_echo"),
        ("ben", "1_echo"),
    ]


def test_facts_about_another_submission_earn_nothing(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", *ALL, fingerprint="old")
    assert one_of(score(tmp_path)).points == 0


def test_a_submission_that_is_as_it_was_once_has_its_verdicts_still(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", *ALL, fingerprint="old")
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"))
    assert one_of(score(tmp_path)).points == 60
    a_class(tmp_path, student("anna", fingerprints={"1_echo": "old"}))
    assert one_of(score(tmp_path)).points == 100


def test_when_a_stage_is_whole_only_what_counts_is_kept(tmp_path):
    a_class(tmp_path, student("anna"))
    found(tmp_path, "anna", *ALL, fingerprint="old")
    log = verdict_log.LogWriter(tmp_path, verdict_log.LogHead("anna", "1_echo", True, 7, "now"))
    log.keep_only([verdict_log.LoggedVerdict(Verdict(SUITES["1_echo"][0], Outcome.PASSED), "new")])
    assert len(verdict_log.log_of(tmp_path, "anna", "1_echo").read_text(encoding="utf-8").splitlines()) == 2
    assert one_of(score(tmp_path)).points == 60


def test_a_log_of_an_earlier_parley_is_read(tmp_path):
    """It had one fingerprint for all verdicts, in its first line."""
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    path = verdict_log.log_of(tmp_path, "anna", "1_echo")
    path.parent.mkdir(parents=True)
    head = {"version": 1, "student": "anna", "stage": "1_echo", "fingerprint": "new", "seed": 7}
    line = {"job": "anna/1_echo", "test": "1_echo/t.py::a", "verdict": "passed", "earned": 60, "story": None}
    path.write_text(f"{json.dumps(head)}\n{json.dumps(line)}\n", encoding="utf-8")
    assert one_of(score(tmp_path)).points == 60


def test_a_file_cut_anywhere_raises_nothing_and_loses_no_whole_line(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    path = verdict_log.log_of(tmp_path, "anna", "1_echo")
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        passed = {line["test"][-1] for line in lines_of(whole[:size]) if line.get("verdict") == "passed"}
        assert one_of(score(tmp_path)).points == 60 * ("a" in passed) + 10 * ("c" in passed)
    for size in range(0, len(whole), 7):  # and whoever goes on there adds to it
        path.write_bytes(whole[:size])
        found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
        assert one_of(score(tmp_path)).points == 70


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
    assert (anna.points, anna.of, anna.state) == (60, 60, "not graded")
    found(tmp_path, "anna", ("b", "failed"))
    anna = one_of(score(tmp_path))
    assert (anna.points, anna.of, anna.state) == (60, 90, "graded")


def test_states(tmp_path):
    nothing = {"fingerprints": {}}
    a_class(
        tmp_path,
        student("anna", fingerprints={"1_echo": "new", "2_logbook": "new"}),
        student("ben"),
        student("carla", nothing=True, **nothing),
        student("dana", trouble="could not be read.", notes=("could not be read.",), **nothing),
        student("emil", **nothing),
    )
    found(tmp_path, "anna", *ALL)
    found(tmp_path, "ben", *((letter, "not begun") for letter in "abc"))
    grades = score(tmp_path)
    states = {student.key: (student.state, student.stages["1_echo"].state) for student in grades.students}
    assert states == {
        "anna": ("partly graded", "graded"),
        "ben": ("graded", "not begun"),
        "carla": ("nothing handed in", "missing"),
        "dana": ("not graded", "not graded"),
        "emil": ("graded", "missing"),
    }
    said = [(part.student.key, part.stage, part.note) for part in grades.not_graded(NOT_YET)]
    assert ("dana", "1_echo", "could not be read.") in said


def test_before_is_the_last_whole_run(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), ("b", "failed"), ("c", "passed"))
    assert one_of(score(tmp_path, fresh=True)).before is None
    assert one_of(score(tmp_path)).before is None  # nothing has run since
    a_class(tmp_path, student("anna", fingerprints={"1_echo": "newer"}), stages=["1_echo"])
    found(tmp_path, "anna", ("a", "passed"), fingerprint="newer")
    anna = one_of(score(tmp_path, fresh=True))
    assert (anna.points, anna.before) == (60, 70)
    found(tmp_path, "anna", ("b", "passed"), ("c", "passed"), fingerprint="newer")
    anna = one_of(score(tmp_path, fresh=True))
    assert (anna.points, anna.before) == (100, 70)
    assert one_of(score(tmp_path)).before == 70
    a_class(tmp_path, student("anna"))  # other stages: there is nothing to compare
    assert one_of(score(tmp_path, fresh=True)).before is None


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
    echo = one_of(grades).stages["1_echo"]
    assert (echo.late_days, echo.deducted, echo.points) == (days, deducted, 70 - deducted)
    assert echo.kinds["core"] == (60, 60)


def test_late_days_of_one_stage_and_of_all(tmp_path):
    anna = student("anna", id="17", name="Anna Bell", fingerprints={"1_echo": "new", "2_logbook": "new"})
    a_class(tmp_path, anna, student("ben"))
    found(tmp_path, "anna", *ALL)
    found(tmp_path, "anna", ("a", "passed"), stage="2_logbook")
    path = late(tmp_path, "Name;Stage;Days\nbell, anna;;1\nAnna Bell;2_logbook;0\n")
    grades = score(tmp_path, late=path, per_day="10%")
    assert {name: stage.deducted for name, stage in one_of(grades).stages.items()} == {"1_echo": 10, "2_logbook": 0}
    assert one_of(grades).points == 90 + 99


def test_what_is_not_given_stays_and_what_is_empty_goes(tmp_path):
    a_class(tmp_path, student("anna"), stages=["1_echo"])
    found(tmp_path, "anna", *ALL)
    score(tmp_path, late=late(tmp_path, "key,days\nanna,1\n"), per_day="10%", hide=["errors"])
    grades = score(tmp_path)
    assert (one_of(grades).points, grades.per_day, grades.hide) == (90, "10%", ("errors",))
    assert [test.hidden for test in one_of(grades).stages["1_echo"].tests] == [False, True, False]
    grades = score(tmp_path, late="", hide=[""])
    assert (one_of(grades).points, grades.hide) == (100, ())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"per_day": "much"}, "not 'much'"),
        ({"hide": ["secrets"]}, "nothing called 'secrets' to hide"),
        ({"late": "id,hours\n1,2\n"}, "no late days"),
        ({"late": "id,days\nzoe,2\n"}, "isn't a student in these grades"),
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
    with pytest.raises(ValueError, match=r"class.json can't be read"):
        score(tmp_path)
    (tmp_path / "class.json").write_text("[]")
    with pytest.raises(ValueError, match="wasn't written by grade"):
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
        with pytest.raises(ValueError, match="Another Parley run"):
            with verdict_log.locked(tmp_path):
                pass
    with verdict_log.locked(tmp_path):
        pass
