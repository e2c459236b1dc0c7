"""Grades on their way to other systems: a small class that is really graded, and what each importer makes of it."""

import base64
import csv
import io
import json
import os
import shutil

import pytest
from helpers import parley

from parley import stages
from parley.grading import exports, formats
from parley.grading.grades import Grades

pytestmark = pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")

ROSTER = """\
id,name,email
s1,Anna Berg,anna@example.org
s2,"Ben ""Bo"" O'Neil",ben@example.org
s4,Dana Dahl,
,"=Cruz, Carla",
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,"Essay, first draft (11)",Echo (22),Parley total
    Points Possible,,,,,10,20,(read only)
"Berg, Anna",101,s1,anna@example.org,A,"7.5 ",,
"O'Neil, Ben",102,s2,ben,A,,,
"=Cruz, Carla",103,,carla,B,,3,
"Frey, Emil",106,,emil,B,,1,
"Student, Test",105,,t,A,,,
"""
MOODLE = """\
Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 900,Anna Berg,s1,anna@example.org,Submitted,,"50,00",Yes,"Friday, 20 November 2026, 10:00",-,
Participant 901,"Ben ""Bo"" O'Neil",s2,ben@example.org,Submitted,,"50,00",Yes,-,-,"Well
done"
Participant 902,"=Cruz, Carla",,carla@example.org,Submitted,,"50,00",Yes,-,-,
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A folder with a class that was graded: Anna has done all, Ben has no error handling, Carla's is no Python, and
    Dana has handed in nothing.
    """
    folder = tmp_path_factory.mktemp("class of Èlia")
    for name, version in (("Anna Berg", "full"), ("s2", "bare"), ("=Cruz, Carla", "bare")):
        shutil.copytree(stages.solution(stages.find(1), version, "server").parent, folder / "in" / name / "1_echo")
    (folder / "in" / "=Cruz, Carla" / "1_echo" / "server.py").write_text("def serve(:\n", encoding="utf-8")
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (folder / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    (folder / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    words = ["grade", "in", "--stage", "1", "--no-sandbox", "--roster", "roster.csv", "--seed", "3"]
    done = parley(*words, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def the_class(graded, tmp_path):
    """The same for one test, which may change it."""
    return shutil.copytree(graded, tmp_path / "class", dirs_exist_ok=True)


def points(folder):
    students = json.loads((folder / "grades" / "grades.json").read_text(encoding="utf-8"))["students"]
    return {student["name"]: student["points"] for student in students}


def test_the_class_is_what_the_tests_here_count_with(graded):
    assert points(graded) == {"=Cruz, Carla": 30, "Anna Berg": 100, 'Ben "Bo" O\'Neil': 60, "Dana Dahl": 0}


def test_canvas_gets_a_new_file_and_the_rest_of_it_to_the_byte(the_class):
    done = parley("export", "canvas", "--into", "canvas.csv", "--column", "22", folder=the_class)
    assert done.returncode == 0, done.stderr
    assert (the_class / "canvas.csv").read_text(encoding="utf-8") == CANVAS
    # what Canvas reads: the grades by ID, scaled to the 20 points that the assignment has there; a person's 3 is kept
    text = (the_class / "canvas-filled.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["Echo (22)"] for row in rows] == ["20", "20", "12", "3", "1", ""]
    expected = CANVAS.replace('"7.5 ",,', '"7.5 ",20,').replace("ben,A,,,", "ben,A,,12,")
    assert text == expected
    assert "not exported: =Cruz, Carla has '3' there, which a person entered, so it stays (not 6)." in done.stdout
    assert "not exported: Dana Dahl isn't in the sheet." in done.stdout
    assert "not exported: Line 6 (Frey, Emil) belongs to no graded student." in done.stdout
    assert "canvas-filled.csv (students: 2)" in done.stdout


def test_the_sheet_itself_is_filled_only_where_it_is_named(the_class):
    words = ["export", "canvas", "--into", "canvas.csv", "--column", "Echo (22)", "-o", "canvas.csv"]
    assert parley(*words, folder=the_class).returncode == 0
    assert '"7.5 ",20,' in (the_class / "canvas.csv").read_text(encoding="utf-8")
    assert not (the_class / "canvas-filled.csv").exists()


def test_moodle_gets_grades_and_a_short_text(the_class):
    done = parley("export", "moodle", "--into", "moodle.csv", "--stage", "echo", folder=the_class)
    assert done.returncode == 0, done.stderr
    text = (the_class / "moodle-filled.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    # Moodle takes a point in every language, and passes over what is above the maximum
    assert [float(row["Grade"]) for row in rows] == [50, 30, 15]
    assert rows[0]["Feedback comments"] == "Points: 1_echo 100 of 100."
    assert rows[1]["Feedback comments"].startswith("Well\ndone\n\nPoints: 1_echo 60 of 100. Not passed: ")
    assert '"50,00",Yes,"Friday, 20 November 2026, 10:00",-,' in text


def test_moodle_in_another_language(the_class):
    dutch = MOODLE.replace("Grade,", "Beoordeling,", 1).replace("Last modified (grade)", "Laatst gewijzigd")
    (the_class / "moodle.csv").write_text(dutch, encoding="utf-8")
    words = ["export", "moodle", "--into", "moodle.csv"]
    plain = parley(*words, folder=the_class)
    assert plain.returncode == 1 and "no column 'Grade', 'Last modified (grade)'" in plain.stderr
    heads = ["--head", "grade=Beoordeling", "--head", "modified=Laatst gewijzigd"]
    assert parley(*words, *heads, folder=the_class).returncode == 0
    assert "Submitted,50," in (the_class / "moodle-filled.csv").read_text(encoding="utf-8")


def test_gradescope_and_github_get_a_file_for_each_student(the_class):
    assert parley("export", "gradescope", folder=the_class).returncode == 0
    assert parley("export", "github", "-o", "for github", folder=the_class).returncode == 0
    files = sorted(path.name for path in (the_class / "grades" / "gradescope").iterdir())
    assert files == ["Anna-Berg.json", "Cruz-Carla.json", "s2.json"]
    ben = json.loads((the_class / "grades" / "gradescope" / "s2.json").read_text(encoding="utf-8"))
    assert (ben["score"], sum(test["max_score"] for test in ben["tests"])) == (60, 100)
    ben = json.loads((the_class / "for github" / "s2.json").read_text(encoding="utf-8"))
    assert (ben["version"], ben["status"], ben["max_score"]) == (3, "fail", 100)
    assert sum(test["score"] for test in ben["tests"]) == 60  # the reporter adds them up


def test_what_is_hidden_is_named_nowhere(the_class):
    assert parley("score", "--hide", "errors", folder=the_class).returncode == 0
    students = Grades.load(the_class / "grades").students
    ben = next(student for student in students if student.key == "s2")
    hidden = [grade.test.sentence for grade in ben.stages["1_echo"].tests if grade.hidden]
    assert len(hidden) > 3
    seen = formats.summary(ben) + json.dumps(formats.github_result(ben))
    seen += json.dumps([test for test in formats.gradescope_result(ben)["tests"] if test["visibility"] == "visible"])
    assert not [sentence for sentence in hidden if sentence in seen]


def test_late_days_are_told_and_counted(the_class):
    (the_class / "late.csv").write_text("id,days\ns1,2\n", encoding="utf-8")
    assert parley("score", "--late", "late.csv", "--per-day", "5", folder=the_class).returncode == 0
    anna = next(student for student in Grades.load(the_class / "grades").students if student.id == "s1")
    assert "10 points less" in formats.summary(anna) and "10 points less" in formats.gradescope_result(anna)["output"]
    assert (
        sum(test["score"] for test in formats.github_result(anna)["tests"])
        == formats.gradescope_result(anna)["score"]
        == 90
    )
    assert json.loads(base64.b64decode(formats.github_output(anna)))["status"] == "pass"


def test_who_is_not_graded_is_in_no_file(the_class):
    """A grader error must not become a zero, nor may an older file stay."""
    assert parley("export", "gradescope", folder=the_class).returncode == 0
    path = the_class / "grades" / "grades.json"
    grades = json.loads(path.read_text(encoding="utf-8"))
    ben = next(student for student in grades["students"] if student["key"] == "s2")
    ben["stages"]["1_echo"]["state"] = "not graded"
    path.write_text(json.dumps(grades), encoding="utf-8")
    done = parley("export", "gradescope", folder=the_class)
    assert "not exported: Ben \"Bo\" O'Neil isn't graded yet" in done.stdout
    assert not (the_class / "grades" / "gradescope" / "s2.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["canvas"], "canvas needs the sheet that you downloaded there. Add --into FILE"),
        (["canvas", "--into", "canvas.csv"], "more than one column"),
        (
            ["canvas", "--into", "canvas.csv", "--column", "Echo"],
            "'Echo' (Canvas would make a new assignment)",
        ),
        (["canvas", "--into", "canvas.csv", "--column", "Parley total"], "is read only"),
        (["canvas", "--into", "moodle.csv", "--column", "22"], "isn't a Canvas gradebook"),
        (["canvas", "--into", "nothing.csv", "--column", "22"], "can't be read"),
        (["moodle", "--into", "canvas.csv"], "no column 'Identifier', 'Grade', 'Last modified (grade)'"),
        (["moodle", "--into", "moodle.csv", "--head", "grade"], "--head needs a column"),
        (["moodle", "--into", "moodle.csv", "--head", "mark=Note"], "There's no column 'mark'"),
        (["moodle", "--into", "moodle.csv", "--column", "22"], "--column is for canvas"),
        (["gradescope", "--into", "canvas.csv"], "Leave them out for gradescope"),
        (["blackboard"], "There's no platform 'blackboard'"),
        (["github", "--stage", "2"], "2_logbook isn't in these grades. Use 1_echo."),
        (["github", "nowhere"], "can't be read"),
        (["github", "--stage", "9"], "There's no stage '9'"),
    ],
)
def test_bad_input_is_one_sentence(graded, words, sentence):
    before = sorted(path.name for path in graded.iterdir())
    done = parley("export", *words, folder=graded)
    assert done.returncode == 1 and sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert sorted(path.name for path in graded.iterdir()) == before


def test_a_row_that_is_too_short_is_told(the_class):
    short = CANVAS.replace('"Berg, Anna",101,s1,anna@example.org,A,"7.5 ",,', '"Berg, Anna",101,s1')
    (the_class / "canvas.csv").write_text(short, encoding="utf-8")
    done = parley("export", "canvas", "--into", "canvas.csv", "--column", "22", folder=the_class)
    assert done.returncode == 0 and "not exported: Anna Berg has a row with too few cells" in done.stdout


def test_a_number_that_is_two_students_is_nobodys(the_class):
    """In one column s1 is Anna, in another one Emil: no grade for either, and it is said."""
    (the_class / "canvas.csv").write_text(CANVAS.replace("106,,emil", "106,,s1"), encoding="utf-8")
    done = exports.export("canvas", the_class / "grades", into=the_class / "canvas.csv", column="22")
    assert "Anna Berg has 2 rows in the sheet." in done.left
    assert '"7.5 ",,' in done.path.read_text(encoding="utf-8")
