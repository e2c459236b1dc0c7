"""Grading a whole sample class as an instructor does, and what the commands say about bad input."""

import os
import subprocess
import sys
import tempfile
import uuid
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


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class, read-only, in a folder with a difficult name, and what came of grading it."""
    options = [] if sandbox.probe().ok else ["--no-sandbox"]
    place = tmp_path_factory.mktemp("Jahrgang 26, Übung ☕")
    students = make_class(place / "Abgaben ☕")
    for path in [place / "Abgaben ☕", *(place / "Abgaben ☕").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    mark = uuid.uuid4().hex
    run = parley("grade", "Abgaben ☕", "-o", "Noten ☕", *options, folder=place, seconds=SECONDS, PARLEY_TEST=mark)
    assert run.returncode == 0, run.stdout + run.stderr
    grades = Grades.load(place / "Noten ☕")
    return Graded(place, options, students, run, grades, mark)


class Graded:
    def __init__(self, place, options, students, run, grades, mark):
        self.place, self.options, self.students, self.run, self.grades = place, options, students, run, grades
        self.mark = mark

    def of(self, student):
        return next(found for found in self.grades.students if found.source == student.entry.replace("\\", "\\\\"))


def test_each_gets_what_is_expected(graded):
    found = {student.entry: points(graded.of(student)) for student in graded.students}
    assert found == {
        student.entry: {stage.name: student.points.get(stage.name, 0) for stage in STAGES}
        for student in graded.students
    }
    assert len(graded.students) >= 12


def points(student):
    return {name: stage.points for name, stage in student.stages.items()}


def test_each_is_told_what_was_not_read(graded):
    for student in graded.students:
        grades = graded.of(student)
        assert student.said in " ".join(grades.notes + grades.ignored)
        state = "nothing handed in" if not student.files else "graded"
        assert grades.state == ("needs a look" if student.look else state)


def test_nothing_was_trouble_of_the_graders(graded):
    stages = [stage for student in graded.grades.students for stage in student.stages.values() if not stage.unclear]
    verdicts = [verdict for stage in stages for verdict in stage.verdicts]
    assert not [verdict for verdict in verdicts if not verdict.outcome.is_known]
    assert all(verdict.story.text for verdict in verdicts if verdict.outcome == "failed")
    assert graded.grades.sandbox is (not graded.options)
    assert ("without a sandbox" in graded.run.stdout) is bool(graded.options)


def test_nothing_is_left_and_nothing_was_changed(graded):
    assert not marked("PARLEY_TEST", graded.mark)
    assert sorted(path.name for path in graded.place.iterdir()) == ["Abgaben ☕", "Noten ☕"]
    names = {path.name for path in (graded.place / "Noten ☕").iterdir()}
    assert {"facts", "class.json", "grades.json", "grades.csv"} <= names
    assert sorted(path.name for path in (graded.place / "Abgaben ☕").iterdir()) == sorted(
        student.entry for student in graded.students
    )


def test_again_nothing_runs_and_all_is_as_it_was(graded):
    run = parley("grade", "Abgaben ☕", "-o", "Noten ☕", *graded.options, folder=graded.place)
    assert run.returncode == 0 and "To grade: 0 stages" in run.stderr, run.stderr
    grades = Grades.load(graded.place / "Noten ☕")
    assert [points(student) for student in grades.students] == [points(student) for student in graded.grades.students]


def test_score_counts_again_without_running(graded):
    late = graded.place.parent / f"late {uuid.uuid4()}.csv"
    late.write_text("key,stage,days\nanna,,1\nben,1_echo,2\n", encoding="utf-8")
    run = parley("score", graded.place / "Noten ☕", "--late", late, "--per-day", "10%", "--hide", "errors")
    assert run.returncode == 0, run.stderr
    grades = Grades.load(graded.place / "Noten ☕")
    late_points = {student.key: student.points for student in grades.students}
    assert (late_points["anna"], late_points["ben"]) == (450, 72 + 90)
    run = parley("score", graded.place / "Noten ☕", "--late", "", "--per-day", "", "--hide", "")
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


def test_hostile_names_stay_text(graded):
    assert "<script>alert(1)" in graded.run.stdout and "\x1b" not in graded.run.stdout
    table = (graded.place / "Noten ☕" / "grades.csv").read_text(encoding="utf-8-sig")
    assert ",'=cmd| calc!A1 <script>alert(1)," in table
    assert not any(line.startswith(("=", "+", "-", "@")) for line in table.splitlines())


# what is said


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["grade", "no such folder"], "no such folder doesn't exist"),
        (["grade", "empty"], "contains no submissions"),
        (["grade", "class", "--stage", "9"], "There's no stage '9'"),
        (["grade", "class", "--roster", "no.csv"], "no.csv can't be read"),
        (["grade", "class", "--roster", "class/anna/1_echo/server.py"], "isn't a roster"),
        (["grade", "class", "-o", "class"], "can't go into the folder with the submissions"),
        (["grade", "class", "-o", "file"], "The grades can't go to file"),
        (["grade", "one"], "contains the stages of one student"),
        (["score", "empty"], "can't be read"),
        (["score", "no such folder"], "there's no folder no such folder"),
    ],
)
def test_bad_input_gets_one_sentence(args, words, tmp_path):
    put(tmp_path, "class/anna/1_echo/server.py", "one/1_echo/server.py", "file")
    (tmp_path / "empty").mkdir()
    run = parley(*args, folder=tmp_path)
    assert run.returncode == 1, run.stderr
    assert words in run.stderr and len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "grades").exists()


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
    assert "zoe is not in the roster." in run.stderr
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
