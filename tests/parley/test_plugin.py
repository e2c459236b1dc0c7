"""The plugin: marks, manifest, verdicts, and what each kind of end costs."""

import json
import os
import subprocess
import sys
import textwrap

import psutil
import pytest

from parley import stages
from parley.checks.plugin import FIRST, Ledger, read_verdicts
from parley.contract.verdict import GradedTest, Kind, Outcome, Verdict, points_by_kind

HINTS = "## one\n\nWhy?\n\nRead: a page\nBare: server.py, function serve\n\n## two\n\nHow?\n\nRead: x\nBare: y\n"
PAGE = """
    import pytest

    @pytest.mark.points(4, "core", hint="one")
    def test_it_prints(scene):
        \"\"\"It prints
        hello.\"\"\"
        scene.client().prints("hello")

    @pytest.mark.points(3, "errors", hint="one")
    def test_it_ends(scene):
        \"\"\"It ends.\"\"\"
        scene.client().ends(status=0, hint="two")
"""


def run(*words, **environment):
    """Run pytest with the plugin, and nothing of this run, and return what came of it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    clean |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(stages.root()), "COLUMNS": "200"}
    command = [sys.executable, "-m", "pytest", "-p", "parley.checks.plugin", "--import-mode=importlib", *words]
    return subprocess.run(
        list(map(str, command)), capture_output=True, encoding="utf-8", env=clean | environment, timeout=120
    )


class Suite:
    """A folder with a graded page, its hints, and a submission."""

    def __init__(self, folder):
        self.folder = folder / "9_test"
        self.submission = folder / "submission"
        self.verdicts = folder / "verdicts.jsonl"
        self.folder.mkdir()
        self.submission.mkdir()
        self.has(PAGE)
        (self.folder / "hints.md").write_text(HINTS, encoding="utf-8")

    def has(self, page):
        (self.folder / "test_client.py").write_text(textwrap.dedent(page), encoding="utf-8")

    def grades(self, source, *words):
        if source is not None:
            (self.submission / "client.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return run(self.folder, "--parley-submission", self.submission, "--parley-verdicts", self.verdicts, *words)

    def verdict(self, name="test_it_prints"):
        found = read_verdicts(self.verdicts)
        return next(verdict for verdict in found if verdict.test.name == f"9_test/test_client.py::{name}")


@pytest.fixture
def suite(tmp_path):
    return Suite(tmp_path)


def test_a_right_program(suite):
    done = suite.grades("print('hello')", "--parley-seed", 7)
    assert done.returncode == 0
    assert "parley: seed 7" in done.stdout and "\x1b" not in done.stdout
    assert "  4 of  4  core    passed      It prints hello." in done.stdout
    assert "core 4 of 4, errors 3 of 3; together 7 of 7 points (seed 7)." in done.stdout
    lines = [json.loads(line) for line in suite.verdicts.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["tests"][0] == {
        "test": "9_test/test_client.py::test_it_prints",
        "points": 4,
        "kind": "core",
        "sentence": "It prints hello.",
        "hint": "one",
    }
    assert (lines[0]["version"], lines[0]["seed"]) == (1, 7)
    assert lines[1] == {"begins": "9_test/test_client.py::test_it_prints"}
    assert (lines[2]["verdict"], lines[2]["earned"]) == ("passed", 4)


def test_a_wrong_program(suite):
    done = suite.grades("import sys\nprint('hello')\nsys.exit(3)")
    assert done.returncode == 1
    assert "The client exited with status 3, but should have exited with status 0." in done.stdout
    assert "Hint:     How?" in done.stdout
    assert "Traceback" not in done.stdout
    verdict = suite.verdict("test_it_ends")
    assert (verdict.outcome, verdict.earned) == ("failed", 0)
    assert verdict.story.sentence == "It ends."
    assert verdict.story.hint.key == "two"
    assert "Cause: " in verdict.story.text
    assert points_by_kind(read_verdicts(suite.verdicts)) == {"core": (4, 4), "errors": (0, 3)}


@pytest.mark.parametrize("source", [None, '"""A plan."""\n# read the keyboard\n'])
def test_nothing_begun(suite, source):
    done = suite.grades(source)
    assert done.returncode == 1
    assert {verdict.outcome for verdict in read_verdicts(suite.verdicts)} == {"not begun"}
    assert "together 0 of 7 points" in done.stdout


def test_a_mistake_in_the_language(suite):
    suite.grades("print('hello'")
    assert suite.verdict().outcome == "failed"
    assert suite.verdict().reason.startswith("There's a syntax error in line 1 of client.py")


def test_an_uncaught_exception_in_a_thread(suite):
    suite.grades(
        "import threading\nprint('hello', flush=True)\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()"
    )
    assert suite.verdict("test_it_ends").outcome == "failed"
    assert suite.verdict("test_it_ends").story.cause.key == "crashed"


def test_out_of_time(suite):
    suite.has(PAGE.replace('hint="one"', 'hint="one", seconds=0.2', 1))
    suite.grades("import time\ntime.sleep(60)", "-k", "prints")
    assert suite.verdict().outcome == "out of time"


def test_trouble_of_the_grader(suite):
    suite.has(PAGE + "\n        assert 1 == 2\n")
    done = suite.grades("print('hello')")
    assert done.returncode == 3
    assert "core 4 of 4; together 4 of 4 points (seed " in done.stdout
    assert "Grader error, not counted: 9_test/test_client.py::test_it_ends" in done.stdout
    assert suite.verdict("test_it_ends").outcome == "grader"


def test_trouble_in_a_thread_of_the_grader(suite):
    failing = """
        import threading
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
"""
    suite.has(PAGE + failing)
    done = suite.grades("print('hello')")
    assert done.returncode == 3
    assert suite.verdict().outcome == "passed"
    assert suite.verdict("test_it_ends").outcome == "grader"


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a program without asking it")
def test_a_run_that_is_ended_leaves_nothing_behind(suite):
    client = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    stopping = """
    import os, signal
    import pytest

    @pytest.mark.points(4, "core", hint="one")
    def test_it_prints(scene):
        \"\"\"It prints.\"\"\"
        with open("{pid}", "w") as file:
            file.write(scene.client().prints(check=str.isdigit))
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
"""
    pid = suite.submission / "pid"
    suite.has(stopping.format(pid=pid))
    done = suite.grades(client)
    assert done.returncode == 2
    assert suite.verdict().outcome == "crashed"
    assert not psutil.pid_exists(int(pid.read_text()))


def test_what_cannot_be_tested_here(suite):
    page = (
        "    from parley.harness.programs import NotHere\n"
        + PAGE
        + "\n        raise NotHere('There is no such key here.')\n"
    )
    suite.has(page)
    done = suite.grades("print('hello')")
    assert done.returncode == 0
    assert suite.verdict("test_it_ends").outcome == "not here"
    assert "Not tested here, not counted: 9_test/test_client.py::test_it_ends: There is no such key" in done.stdout
    assert "core 4 of 4; together 4 of 4 points (seed " in done.stdout


def test_what_was_not_run_earns_nothing(suite):
    done = suite.grades("print('hello')", "-k", "prints")
    assert "  0 of  3  errors  not run     It ends." in done.stdout
    assert suite.verdict("test_it_ends").outcome == "not run"
    assert "together 4 of 7 points" in done.stdout


def test_a_run_that_is_killed(suite):
    suite.has(PAGE.replace('scene.client().prints("hello")', "import os; os._exit(9)"))
    suite.grades("print('hello')")
    assert suite.verdict().outcome == "crashed"
    assert suite.verdict("test_it_ends").outcome == "not run"
    assert points_by_kind(read_verdicts(suite.verdicts)) == {"core": (0, 4), "errors": (0, 3)}


def test_a_line_that_was_cut(suite):
    suite.grades("print('hello')")
    text = suite.verdicts.read_text(encoding="utf-8")
    suite.verdicts.write_text(text[: text.rindex('"verdict"')], encoding="utf-8")
    assert suite.verdict("test_it_ends").outcome == "crashed"
    suite.verdicts.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="has no manifest"):
        read_verdicts(suite.verdicts)


MARK = '@pytest.mark.points(4, "core", hint="one")'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (MARK, "", "A graded test needs the mark points."),
        (MARK, '@pytest.mark.points(4, "style", hint="one")', "the kinds are core, errors, logging"),
        (MARK, '@pytest.mark.points(0, "core", hint="one")', "The mark is points(number, kind)"),
        (MARK, '@pytest.mark.points("core", hint="one")', "The mark is points(number, kind)"),
        (MARK, '@pytest.mark.points(4, "core", hint="three")', "The hint 'three' isn't in hints.md"),
        (MARK, '@pytest.mark.points(4, "core")', "The hint None isn't in hints.md"),
        (MARK, '@pytest.mark.points(4, "core", hints="one")', "takes only hint= and seconds="),
        ('"""It ends."""', "", "needs a docstring"),
    ],
)
def test_a_graded_test_that_is_not_as_it_should_be(suite, old, new, problem):
    suite.has(PAGE.replace(old, new))
    done = suite.grades("print('hello')")
    assert done.returncode == 4
    assert problem in done.stdout + done.stderr


def test_a_submission_that_is_not_there(suite):
    done = run(suite.folder, "--parley-submission", suite.folder / "nobody")
    assert done.returncode == 4
    assert "there's no folder" in done.stderr


def test_verdicts_that_cannot_be_written(suite):
    done = run(suite.folder, "--parley-verdicts", suite.folder / "no" / "where.jsonl")
    assert done.returncode == 4
    assert "where.jsonl can't be written: No such file or directory." in done.stderr


def test_another_python(suite):
    suite.has(PAGE.replace('prints("hello")', 'prints("hello").isupper()'))
    (suite.submission / "client.py").write_text("import sys\nprint(sys.executable)\nprint('hello')", encoding="utf-8")
    done = run(suite.folder, "--parley-submission", suite.submission, "--parley-python", sys.executable)
    assert done.returncode == 0, done.stdout


def test_the_same_seed_gives_the_same_words(suite):
    page = PAGE.replace('prints("hello")', "prints(scene.words(5))")
    suite.has(page)
    said = []
    for seed in (1, 1, 2):
        suite.grades("print('bye')", "--parley-seed", seed)
        said.append(suite.verdict().story.expected)
    assert said[0] == said[1] != said[2]


def test_the_same_tests_decide_whether_a_program_is_waited_for():
    """What else runs, and when, hurries nobody: a right client may take a second to exit beside a silent server."""
    ledger = Ledger(None, 1, None)
    pages = ("server", "client")
    tests = [
        GradedTest(f"1_echo/test_{page}.py::test_{number}", 1, Kind.CORE, "It does.", "")
        for page in pages
        for number in range(FIRST + 2)
    ]
    ledger.begin(tests)
    ledger.silent.update(test.name for test in tests[2 : FIRST + 2])
    for test in tests[1 : FIRST + 2]:
        ledger.decide(Verdict(test, Outcome.FAILED, "No."))
    assert not ledger.hangs("server")  # its very first test still runs
    ledger.decide(Verdict(tests[0], Outcome.PASSED))
    assert not ledger.hangs("server")
    ledger.decide(Verdict(tests[0], Outcome.FAILED, "No."))
    assert ledger.hangs("server") and not ledger.hangs("client")
    ledger.silent.clear()
    assert not ledger.hangs("server")  # it fails at once, so nobody waits for long


OTHER_PROJECT = {
    "conftest.py": """
        def pytest_addoption(parser):
            for name in ("submission", "seed", "verdicts", "python"):
                parser.addoption(f"--{name}")

        def pytest_configure(config):
            config.addinivalue_line("markers", "points(number): what it is worth")
    """,
    "test_other.py": """
        import pytest

        @pytest.mark.points(5)
        def test_it(pytestconfig):
            assert pytestconfig.getoption("seed") == "7"
    """,
}


def test_a_project_with_the_same_names_for_options_and_marks_is_left_alone(tmp_path):
    for name, text in OTHER_PROJECT.items():
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    done = run(tmp_path, "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "parley: seed" not in done.stdout
    assert "together" not in done.stdout
