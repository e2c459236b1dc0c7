"""Grading a whole sample class as an instructor does, and what the commands say about bad input."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from helpers import COMMAND, marked, parley
from typer.testing import CliRunner

from parley.checks.mistakes import page_of
from parley.cli import application
from parley.grading.grades import Grades
from parley.isolation import sandbox
from parley.stages import STAGES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")

sample = page_of(Path(__file__).parent / "class" / "make_class.py")
make_class = sample.make_class
AS_A_USER = Path(__file__).with_name("as_a_user.py")
SECONDS = 500  # bound of grading the class on a slow machine
SERVER = "print('server')\n"


def put(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(SERVER, encoding="utf-8")


# the sample class


@pytest.mark.slow
def test_each_gets_what_is_expected(sample_class):
    found = {student.entry: points(sample_class.of(student)) for student in sample_class.students}
    assert found == {
        student.entry: {stage.name: student.points.get(stage.name, 0) for stage in STAGES}
        for student in sample_class.students
    }
    assert len(sample_class.students) >= 12


def points(student):
    return {name: stage.points for name, stage in student.stages.items()}


@pytest.mark.slow
def test_each_is_told_what_was_not_read(sample_class):
    for student in sample_class.students:
        grades = sample_class.of(student)
        assert student.said in " ".join(grades.notes + grades.ignored)
        state = "nothing handed in" if not student.files else "graded"
        assert grades.state == ("needs a look" if student.look else state)


@pytest.mark.slow
def test_nothing_was_trouble_of_the_graders(sample_class):
    grades = sample_class.grades
    stages = [stage for student in grades.students for stage in student.stages.values() if not stage.unclear]
    verdicts = [verdict for stage in stages for verdict in stage.verdicts]
    assert not [verdict for verdict in verdicts if not verdict.outcome.is_known]
    assert all(verdict.story.text for verdict in verdicts if verdict.outcome == "failed")
    assert grades.sandbox is (not sample_class.options)
    assert ("without a sandbox" in sample_class.run.stdout) is bool(sample_class.options)


@pytest.mark.slow
def test_nothing_is_left_and_nothing_was_changed(sample_class):
    assert not marked("PARLEY_TEST", sample_class.mark)
    submissions, folder = sample_class.submissions, sample_class.folder
    assert sorted(folder.parent.iterdir()) == [submissions, folder]
    assert {"facts", "class.json", "grades.json", "grades.csv"} <= {path.name for path in folder.iterdir()}
    assert {path.name for path in submissions.iterdir()} == {student.entry for student in sample_class.students}


@pytest.mark.slow
def test_again_nothing_runs_and_all_is_as_it_was(sample_class):
    run = sample_class.grade()
    assert run.returncode == 0 and "To grade: 0 stages" in run.stderr, run.stderr
    grades = Grades.load(sample_class.folder)
    assert list(map(points, grades.students)) == list(map(points, sample_class.grades.students))


@pytest.mark.slow
def test_score_counts_again_without_running(sample_class, tmp_path):
    (tmp_path / "late.csv").write_text("key,stage,days\nanna,,1\nben,1_echo,2\n", encoding="utf-8")
    late = ["--late", tmp_path / "late.csv", "--per-day", "10%", "--hide", "errors"]
    run = parley("score", sample_class.folder, *late)
    assert run.returncode == 0, run.stderr
    grades = Grades.load(sample_class.folder)
    late_points = {student.key: student.points for student in grades.students}
    assert (late_points["anna"], late_points["ben"]) == (450, 72 + 90)
    run = parley("score", sample_class.folder, "--late", "", "--per-day", "", "--hide", "")
    assert run.returncode == 0, run.stderr


@pytest.mark.slow
def test_an_ordinary_user_gives_the_same_grades(tmp_path_factory):
    """Where root runs the tests, the whole command runs as another user, who may write into one folder only."""
    if not (found := sandbox.probe()).ok:
        pytest.skip(f"{found.reason} {found.remedy}")
    as_a_user = ["-I", AS_A_USER] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o777)
        students = make_class(place / "class", ["kofi", "mira", "noor", sample.FORMULA])
        command = [sys.executable, *as_a_user, *COMMAND[1:], "grade", place / "class", "-o", place / "grades"]
        run = subprocess.run(command, cwd=name, capture_output=True, text=True, timeout=SECONDS)
        assert run.returncode == 0, run.stdout + run.stderr
        path = place / "grades" / "grades.json"
        grades = Grades.load(place / "grades")
        assert path.stat().st_uid != 0
    assert grades.sandbox is True
    assert {student.source: student.points for student in grades.students} == {
        student.entry: sum(student.points.values()) for student in students
    }


@pytest.mark.slow
def test_hostile_names_stay_text(sample_class):
    assert "<script>alert(1)" in sample_class.run.stdout and "\x1b" not in sample_class.run.stdout
    table = (sample_class.folder / "grades.csv").read_text(encoding="utf-8-sig")
    assert ",'=cmd| calc!A1 <script>alert(1)," in table
    assert not any(line.startswith(("=", "+", "-", "@")) for line in table.splitlines())


# what is said


def test_where_nothing_was_graded_nothing_is_counted(tmp_path):
    run = parley("score", tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert "class.json can't be read" in run.stderr and len(run.stderr.splitlines()) == 1


def test_where_nothing_can_be_isolated_nothing_is_graded(tmp_path, monkeypatch):
    put(tmp_path, "class/anna/1_echo/server.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sandbox, "probe", lambda: sandbox.Probe(False, "No way.", "Try --no-sandbox."))
    run = CliRunner().invoke(application(), ["grade", "class"])
    assert run.exit_code == 3 and "Nothing can be graded here: No way. Try --no-sandbox." in run.output
    assert [path.name for path in (tmp_path / "grades").iterdir()] == [".lock"]


def test_a_roster_names_the_students_and_who_is_missing(tmp_path):
    put(tmp_path, "class/anna_1_2_x/README.md", "class/zoe/README.md", "class/list.txt")
    (tmp_path / "roster.csv").write_text("id,name,email\n1,Anna Bell,a@x.org\n2,Ben B,b@x.org\n", encoding="utf-8")
    run = parley("grade", "class", "--roster", "roster.csv", "--no-sandbox", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    grades = Grades.load(tmp_path / "grades")
    found = [(student.id, student.name, student.email, student.state) for student in grades.students]
    assert found == [
        ("1", "Anna Bell", "a@x.org", "needs a look"),  # a text, and no program
        ("2", "Ben B", "b@x.org", "needs a look"),  # is zoe Ben?
        ("", "zoe", "", "needs a look"),
    ]
    assert "zoe isn't in the roster." in run.stderr
    assert "Not read, because they are neither folders nor zip files: list.txt." in run.stderr


def test_the_bar_at_a_terminal_and_ctrl_c(tmp_path, terminal):
    hangs = "import time\ntime.sleep(60)\n"
    for name in ("anna", "ben"):
        put(tmp_path, f"class/{name}/1_echo/server.py")
        (tmp_path / f"class/{name}/1_echo/client.py").write_text(hangs, encoding="utf-8")
    run = terminal(*COMMAND, "grade", "class", "--no-sandbox", environment={**os.environ, "NO_COLOR": "1"})
    run.shows("0 of 2 students")
    run.shows("left")
    run.types("\x03")
    run.shows("Stopped. The results so far are kept")
    assert run.ends() == 130
