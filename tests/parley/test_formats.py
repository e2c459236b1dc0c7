"""Grades in the forms of others, read back by the rules of those who import them."""

import base64
import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.contract.story import Cause, Story
from parley.contract.verdict import GradedTest, Kind, Outcome, Verdict, points_by_kind, points_of
from parley.grading import formats
from parley.grading.csv_in_place import Sheet, safe
from parley.grading.grades import ScoredTest, StageGrades, State, StudentGrades

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,"Essay, first draft (11)",Parley (22),Parley total
    Points Possible,,,,,10,20,(read only)
"Berg, Anna",101,s1,anna@example.org,A,"7.5 ",,
"O""Neil, Ben",102,s2,ben,A,,,
"=Cruz, Carla",103,,carla,B,EX,EX,
"Dahl, Dana",104,s4,dana,B,,3,
"Student, Test",105,,t,A,,,
"""

MOODLE = """\
Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 900,Anna Berg,s1,anna@example.org,Submitted,,"100.00",Yes,"Friday, 20 November 2026, 10:00",-,
Participant 901,"Ben ""Bo"" O'Neil",s2,ben@example.org,Submitted,"50.00",100.00,No,-,-,"Well
done"
Participant 902,"=Cruz, Carla",,carla@example.org,Submitted,,100.00,Yes,-,-,
"""


def a_test(outcome="passed", points=10, reason="", hidden=False, sentence="It answers."):
    test = GradedTest("1_echo/test_server.py::test_x", points, Kind.CORE, sentence, "h")
    text = "1. Anna sends \x1b[31mhello\nExpected: hello"
    story = Story(sentence, (), None, None, Cause("silence", ""), None, (), (), text) if outcome == "failed" else None
    return ScoredTest(Verdict(test, Outcome(outcome), reason, story, 0.5), hidden)


def a_student(key="anna", name="Anna Berg", email="", number="", tests=(), state="graded", days=0, deducted=0):
    tests = tuple(tests) or (a_test(), a_test("failed", 30))
    verdicts = [test.verdict for test in tests]
    points, of = points_of(verdicts)
    points -= deducted
    stage = StageGrades(points, of, points_by_kind(verdicts), State(state), days, deducted, 0.5, 0.5, tests)
    who = {"key": key, "name": name, "email": email, "id": number, "source": key, "ignored": (), "notes": ()}
    return StudentGrades(**who, state=State(state), points=points, of=of, stages={"1_echo": stage}, before=None)


ANNA = a_student(email="anna@example.org", number="s1")
BEN = a_student("ben", 'Ben "Bo" O\'Neil', "ben@example.org", "s2", [a_test(), a_test()])
CARLA = a_student("carla", "=Cruz, Carla")
EMIL = a_student("emil", "Emil Frey")


# A sheet


@given(
    st.lists(st.lists(st.text(alphabet='ab",;\n é='), min_size=2, max_size=4), max_size=4),
    st.sampled_from([",", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_a_sheet_is_read_as_csv_and_written_back_to_the_byte(rows, separator, end, mark):
    rows = [["x", "y", "z"], *rows]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    data = (b"\xef\xbb\xbf" if mark else b"") + text.getvalue().encode()
    sheet = Sheet(data)
    assert sheet.separator == separator
    assert sheet.rows == rows
    assert sheet.as_bytes() == data


@given(st.text(alphabet='ab",;\r\n é='))
def test_a_filled_cell_is_read_back_as_it_was_put(text):
    sheet = Sheet(b'a,b,c\n1,"2,2",3\n')
    sheet.put(1, 1, text)
    assert list(csv.reader(io.StringIO(sheet.as_bytes().decode(), newline="")))[1] == ["1", text, "3"]


@pytest.mark.parametrize("data", [b'a,b\n"1,2\n', b'a,b\n"1"x,2\n', b"a,b\n\xff\n"])
def test_what_is_no_sheet_is_told_in_a_sentence(data):
    with pytest.raises(ValueError, match=r"line 2|UTF-8"):
        Sheet(data)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_of_ours_is_a_formula(text):
    assert safe(text) == f"'{text}"
    assert safe("Well done") == "Well done"
    assert safe("a\0b") == "a\ufffdb"


# Canvas


def canvas_import(data, title):
    """What Canvas would take from a file: {ID: grade of this column}, by the rules of its importer."""
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    head = rows[0]
    assert len(head) > 3 and "Student" in head[0] and "ID" in head[1]
    column = head.index(title)
    assert head.index("Section") < column
    students = [row for row in rows[1:] if "Points Possible" not in row[0]]
    return {row[1]: row[column] for row in students if row[column] != ""}  # blank: no change


def test_canvas_takes_the_points_scaled_to_what_is_possible():
    sheet = Sheet(CANVAS.encode())
    filled = formats.fill_canvas(sheet, [ANNA, BEN, CARLA, EMIL], "22")
    grades = canvas_import(sheet.as_bytes(), "Parley (22)")
    assert grades == {"101": "5", "102": "20", "103": "EX", "104": "3"}
    assert filled.rows == 2
    told = " ".join(filled.left)
    assert "=Cruz, Carla is excused" in told and "Emil Frey isn't in the sheet" in told and "Dahl, Dana" in told
    assert "Student, Test" not in told


def test_a_gradebook_with_semicolons_has_decimal_commas():
    third = a_student(number="s1", tests=[a_test(), a_test("failed", 20)])
    sheet = Sheet(CANVAS.replace('"Essay, first draft (11)"', "Essay").replace(",", ";").encode())
    formats.fill_canvas(sheet, [third], "22")
    assert sheet.rows[2][6] == "6,67"


@pytest.mark.parametrize("name", ["berganna", "Anna Berg", "BERG, ANNA", "Ánna Berg"])
def test_a_student_without_an_id_is_known_by_the_name_as_canvas_and_others_write_it(name):
    sheet = Sheet(CANVAS.encode())
    assert formats.fill_canvas(sheet, [a_student(name=name)], "22").rows == 1
    assert sheet.rows[2][6] == "5"


def test_trouble_of_the_grader_becomes_no_zero():
    sheet = Sheet(CANVAS.encode())
    filled = formats.fill_canvas(sheet, [a_student(number="s4", name="Dana Dahl", state="not graded")], "22")
    assert sheet.as_bytes() == CANVAS.encode()
    assert filled.left[0] == "Dana Dahl isn't graded yet: the cell stays unchanged."


def test_a_row_that_fits_two_submissions_is_filled_by_neither_and_both_are_named():
    sheet = Sheet(CANVAS.encode())
    students = [replace(ANNA, source="anna.zip"), replace(BEN, id="s1", email="", source="ben")]
    filled = formats.fill_canvas(sheet, students, "22")
    assert sheet.as_bytes() == CANVAS.encode() and filled.conflict
    assert "anna.zip and ben fit the same row, line 3, so none of them fills it." in filled.left


# Moodle


def moodle_import(data, maximum_head="Maximum grade"):
    """What Moodle would take from a worksheet: {participant: grade}; rows it passes over are left out."""
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    taken = {}
    for row in rows:
        assert row["Identifier"].startswith("Participant ")
        if row["Grade"] and float(row["Grade"]) <= float(row[maximum_head]) and row["Grade can be changed"] == "Yes":
            taken[row["Identifier"]] = (float(row["Grade"]), row["Feedback comments"])
    return taken


def test_moodle_takes_grade_and_feedback():
    sheet = Sheet(MOODLE.encode())
    filled = formats.fill_moodle(sheet, [ANNA, BEN, CARLA], feedback=lambda student: "=See the page, please.")
    taken = moodle_import(sheet.as_bytes())
    assert taken["Participant 900"] == (25.0, "'=See the page, please.")
    assert taken["Participant 902"][0] == 25.0  # matched by its name, which begins with =
    assert filled.rows == 2
    assert filled.left == ["Ben \"Bo\" O'Neil has a grade that can't be changed: Moodle would skip the row."]


def test_moodle_keeps_everything_else_to_the_byte():
    sheet = Sheet(MOODLE.encode())
    formats.fill_moodle(sheet, [ANNA])
    assert sheet.as_bytes() == MOODLE.replace('Submitted,,"100.00"', 'Submitted,25,"100.00"').encode()


def test_a_grade_above_the_maximum_is_told_and_not_written():
    much = a_student(number="s1", tests=[a_test(points=20)])
    much = replace(much, points=25)  # a bonus
    sheet = Sheet(MOODLE.encode())
    filled = formats.fill_moodle(sheet, [much])
    assert "has 125 of 100: Moodle skips a grade above the maximum." in filled.left[0]
    assert sheet.as_bytes() == MOODLE.encode()


def test_moodle_gets_a_decimal_point_whatever_its_language_writes():
    """unformat_float of Moodle takes a point in every language, a comma only where the language has it."""
    third = a_student(number="s1", tests=[a_test(), a_test("failed", 20)])
    sheet = Sheet(MOODLE.replace(",", ";").replace("100.00", "100,00").encode())
    assert formats.fill_moodle(sheet, [third]).rows == 1
    assert sheet.rows[1][5] == "33.33"


def test_a_scale_is_no_number_of_points():
    sheet = Sheet(MOODLE.replace('"100.00"', "Good").encode())
    filled = formats.fill_moodle(sheet, [ANNA])
    assert filled.left[0] == "Anna Berg has 'Good' as the maximum, which isn't a number of points."
    assert filled.rows == 0


# Gradescope and GitHub


def test_gradescope_shows_what_may_be_seen():
    student = a_student(tests=[a_test(), a_test("failed", 30, hidden=True), a_test("grader", reason="no memory.")])
    student = replace(student, points=10)
    results = json.loads(json.dumps(formats.gradescope_result(student)))
    assert results["score"] == 10
    assert [test["visibility"] for test in results["tests"]] == ["visible", "after_published"]
    assert [test["status"] for test in results["tests"]] == ["passed", "failed"]
    assert results["tests"][0]["number"] == "1.1"
    assert "no memory." in results["output"]
    assert "\x1b" not in results["tests"][1]["output"]


def test_github_gets_version_three_in_base64():
    result = json.loads(base64.b64decode(formats.github_output(ANNA)))
    assert (result["version"], result["status"], result["max_score"]) == (3, "fail", 40)
    assert [test["score"] for test in result["tests"]] == [10, 0]
