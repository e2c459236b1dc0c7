"""An instructor's own tests and exercises, in the folder of a course: they count in check, grade and release alike."""

import pytest
from helpers import parley, write_project

from parley import stages
from parley.checks import new_exercise
from parley.checks.check import suite_pages
from parley.checks.check import test_names as names_of_tests
from parley.contract.errors import BadInput
from parley.grading.fingerprints import rules_of
from parley.grading.worker import Suite
from parley.publish import release

ECHO, BROADCAST = stages.find(1), stages.find(5)
PAGE = '''"""What this course asks for besides."""

import pytest


@pytest.mark.points(5, "core", hint="pieces")
def test_a_long_line_comes_back(scene):
    """A line of a thousand letters comes back as it was."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    anna.sends("x" * 1000 + "\\n").receives("x" * 1000 + "\\n")
'''
HINT = "## ours\n\nWhat do you see?\n\nRead: lessons/1_echo.md\nBare: server.py, function serve\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The folder of a course that has a page of its own for stage 1."""
    folder = tmp_path / "course of Ada"
    (folder / "tests" / ECHO.name).mkdir(parents=True)
    (folder / "tests" / ECHO.name / "test_server_more.py").write_text(PAGE, encoding="utf-8")
    monkeypatch.setenv("PARLEY_COURSE", str(folder))
    return folder


def worth(suite):
    return sum(playable.test.points for playable in suite.tests)


def test_a_page_of_a_course_counts_in_check_and_in_grade(course):
    suite = Suite(ECHO.name)
    assert worth(suite) == 105 and [page.name for page in suite.pages] == [
        *("test_server.py", "test_server_more.py", "test_client.py"),
    ]
    assert [playable.test.function for playable in suite.tests] == names_of_tests(ECHO)
    assert "test_a_long_line_comes_back" in names_of_tests(ECHO, ["server"])
    assert "test_a_long_line_comes_back" not in names_of_tests(ECHO, ["client"])
    assert {playable.test.program for playable in suite.tests} == {"server", "client"}


def test_a_student_can_pass_and_fail_it(course, tmp_path):
    words = ["check", "1", "--server", "--test", "test_a_long_line_comes_back", "--dir"]
    run = parley(*words, stages.solution(ECHO, "full", "server").parent)
    assert run.returncode == 0 and "5 of 5 points." in run.stdout, run.stdout + run.stderr
    (tmp_path / "server.py").write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
    run = parley(*words, tmp_path)
    assert run.returncode == 1 and "0 of 5 points." in run.stdout


def test_a_course_is_found_where_its_file_is(course, monkeypatch):
    monkeypatch.delenv("PARLEY_COURSE")
    (course / "below").mkdir()
    monkeypatch.chdir(course / "below")
    assert worth(Suite(ECHO.name)) == 100
    (course / "course.toml").touch()
    assert worth(Suite(ECHO.name)) == 105


def test_what_a_course_adds_decides_its_verdicts_and_no_others(course):
    suite = Suite(ECHO.name)
    tests = [playable.test for playable in suite.tests]
    before = rules_of(suite.folders, tests, sandbox=False, seed=1)
    page = course / "tests" / ECHO.name / "test_server_more.py"
    page.write_text(PAGE.replace('"x" * 1000', '"y" * 1000'), encoding="utf-8")
    after = rules_of(suite.folders, tests, sandbox=False, seed=1)
    assert [name.rpartition("::")[2] for name in before if before[name] != after[name]] == [
        "test_a_long_line_comes_back"
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("test_more.py", PAGE, "doesn't say which program"),
        ("test_server.py", PAGE, "There's already a test_server.py"),
        ("hints.md", HINT.replace("ours", "pieces"), "the hint 'pieces' already exists"),
        ("test_client_more.py", PAGE.replace('hint="pieces"', 'hint="none"'), "'none' isn't in"),
        ("test_client_more.py", PAGE.replace("5,", "0,"), "The mark is points"),
        ("test_client_more.py", "import pytest\ndef (\n", "test_client_more.py, line 2 can't be loaded: SyntaxError"),
        ("test_client_more.py", "import nothing_at_all\n", "can't be loaded: ModuleNotFoundError"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(course, name, text, words):
    (course / "tests" / ECHO.name / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=words):
        Suite(ECHO.name)
    run = parley("check", "1", "--dir", stages.solution(ECHO, "full", "server").parent)
    assert run.returncode == 1 and run.stderr.startswith("Error: ") and "Traceback" not in run.stderr


def test_a_course_may_have_hints_of_its_own(course, tmp_path):
    folder = course / "tests" / ECHO.name
    (folder / "hints.md").write_text(HINT, encoding="utf-8")
    (folder / "test_server_more.py").write_text(PAGE.replace('hint="pieces"', 'hint="ours"'), encoding="utf-8")
    suite = Suite(ECHO.name)
    assert suite.hints["ours"].question == "What do you see?" and worth(suite) == 105
    (tmp_path / "project").mkdir()
    project = write_project(tmp_path / "project", {(ECHO, "server"): "# later\n"})
    assert "What do you see?" in parley("hint", "1", "ours", PARLEY_ROOT=str(project)).stdout


def test_students_get_the_tests_and_the_plan_and_no_solution(course):
    new_exercise.lay_out_exercise("shout", course)
    (course / "roster.csv").write_text("id,name\n", encoding="utf-8")
    names = {name for name in release._as_they_are(stages.root()) if name.startswith("course/")}
    assert names == {
        "course/tests/1_echo/test_server_more.py",
        "course/tests/5_further/shout/test_server.py",
        "course/tests/5_further/shout/hints.md",
        "course/exercises/5_further/shout.py",
    }


def test_an_edition_has_the_folder_of_its_course(course, monkeypatch, tmp_path):
    monkeypatch.delenv("PARLEY_COURSE")
    project = tmp_path / "edition"
    project.mkdir()
    for name in ("tests", "exercises"):
        (project / name).symlink_to(stages.root() / name)
    course.rename(project / "course")
    monkeypatch.setenv("PARLEY_ROOT", str(project))
    assert worth(Suite(ECHO.name)) == 105


def test_a_new_exercise_works_from_the_start(course):
    made = parley("new", "exercise", "shout", "-o", course)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.splitlines()) == 6 and "prove shout" in made.stdout
    (exercise,) = stages.further(BROADCAST, "shout")
    assert exercise.own and stages.exercises()[-1] == exercise
    plan = stages.plan_page(exercise).read_text(encoding="utf-8")
    assert "# shout: the console speaks to all" in plan and "tell_all(f" not in plan
    proved = parley("prove", "shout", "--mutants", "1")
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert proved.stdout.splitlines()[-1] == "Proved: 10 points, 2 faults, 1 mutants."
    run = parley("check", "5", "--exercise", "shout", "--dir", stages.solution(exercise, "full", "server").parent)
    assert run.returncode == 0 and "10 of 10 points" in run.stdout
    assert worth(Suite("5", "shout")) == 10


def test_a_proof_finds_what_is_wrong(course):
    new_exercise.lay_out_exercise("shout", course)
    faults = course / "tests" / "mistakes" / "5_further" / "shout.py"
    faults.write_text(faults.read_text("utf-8").replace('cause="silence"', 'cause="ended"'), encoding="utf-8")
    (exercise,) = stages.further(BROADCAST, "shout")
    found = new_exercise.prove(exercise, lambda line: None, most=0)
    assert len(found.wrong) == 1 and "shows the cause 'silence'" in found.wrong[0]
    program = stages.solution(exercise, "full", "server")
    program.write_text(program.read_text("utf-8").replace("Console: ", "Cons: "), encoding="utf-8")
    found = new_exercise.prove(exercise, lambda line: None, most=0)
    assert found.lost[0].test.function == "test_all_hear_the_console"


def test_what_the_example_adds_still_fits_the_server_of_stage_5():
    program = stages.solution(BROADCAST, "full", "server").read_text(encoding="utf-8")
    assert all(program.count(old) == 1 for old, _ in new_exercise.ADDED)


def test_the_workbooks_pages_are_all_pages_there_are():
    for stage in (*stages.STAGES, *stages.EXERCISES, stages.WINDOW):
        assert [page.name for page in suite_pages(stage)] == [f"test_{program}.py" for program in stage.programs]
