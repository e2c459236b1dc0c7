"""The driver: what has changed runs, several at once; whatever is killed, no total rises and no verdict is lost.

The suite here is a small one of its own, in which a submission says what shall happen in each test.
"""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest
from helpers import assert_gone

import parley
from parley.grading.crew import JobLimit
from parley.grading.fingerprints import deciding_files
from parley.grading.grades import Grades
from parley.isolation import sandbox
from parley.stages import STAGES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")

either_way = pytest.mark.parametrize("place", ["plain", "sandbox"], indirect=True)

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]  # of the dice

TOOL = Path(parley.__file__).parent
SECONDS = 120  # bound of a run
TESTS = 12
HINTS = "## h\nWhat do you see?\nRead: lessons/1_echo.md\nBare: server.py, function serve\n"
PAGE = '''"""A suite in which a submission says what happens: a line "3 fails", for example."""
import contextlib
import os
import pathlib
import signal
import pytest
from parley.contract.record import Failed

def act(scene, number):
    with contextlib.suppress(OSError):  # in the sandbox nothing can be written there
        with open(pathlib.Path(os.environ["PARLEY_TEST"]) / "ran", "a") as ran:
            ran.write(f"{number}\\n")
    words = (scene.folder / "server.py").read_text()
    once = pathlib.Path(os.environ["PARLEY_TEST"]) / f"{number} was here"
    scene.deadlines.watch(0.03)
    if f"{number} fails" in words:
        raise Failed(scene.record, "test", "something", "no file", {"who": "server", "file": "x"})
    if f"{number} troubles" in words and not (f"{number} troubles once" in words and once.exists()):
        once.touch()
        raise RuntimeError("trouble")
    if f"{number} kills" in words:
        os.kill(os.getpid(), signal.SIGKILL)
    if f"{number} hangs" in words:
        scene.deadlines.watch(8)
    if f"{number} waits" in words:
        scene.deadlines.poll((pathlib.Path(os.environ["PARLEY_TEST"]) / "go on").exists, 60)
'''
TEST = '''
@pytest.mark.points(5, "core", hint="h")
def test_{number}(scene):
    """Test {number}."""
    act(scene, {number})
'''


@pytest.fixture
def place(tmp_path, request):
    """A project with the small suite, and nothing left behind. With a sandbox where a test asks for one."""
    if isolated := getattr(request, "param", "") == "sandbox":
        found = sandbox.probe()
        if not found.ok:
            pytest.skip(found.reason)
    project = tmp_path / "project"
    for stage in STAGES:
        folder = project / "tests" / stage.name
        folder.mkdir(parents=True)
        (folder / "hints.md").write_text(HINTS, encoding="utf-8")
        page = PAGE + "".join(TEST.format(number=number) for number in range(TESTS))
        (folder / "test_server.py").write_text(page, encoding="utf-8")
    yield Place(tmp_path, isolated)
    assert_gone("PARLEY_TEST", tmp_path)


class Place:
    """A project, a class and its grades, in a folder."""

    def __init__(self, folder, isolated):
        self.cwd = None
        self.isolation = [] if isolated else ["--no-sandbox"]
        self.folder, self.submissions, self.out = folder, folder / "class", folder / "grades"
        self.environment = {
            **os.environ,
            "PARLEY_ROOT": str(folder / "project"),
            "PARLEY_TEST": str(folder),
            "NO_COLOR": "1",
        }

    def hands_in(self, student, words="", stages=("1_echo",)):
        """Somebody hands in a server in which these things happen."""
        for stage in stages:
            path = self.submissions / student / stage / "server.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'"""{words}"""\nprint("{uuid.uuid4()}")\n', encoding="utf-8")

    def command(self, *options):
        words = ["grade", self.submissions, "-o", self.out, *self.isolation, "--seed", "1", *options]
        return [sys.executable, "-m", "parley.cli", *map(str, words)]

    def grades(self, *options, status=0):
        run = subprocess.run(
            self.command(*options),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            env=self.environment,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
        )
        assert run.returncode == status, run.stdout + run.stderr
        return run, Grades.load(self.out)

    def ran(self):
        """The numbers of the tests that have run since this was asked the last time, in order."""
        path = self.folder / "ran"
        found = sorted(map(int, path.read_text(encoding="utf-8").split())) if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    def edits(self, path, old, new):
        path = self.folder / "project" / path
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    def starts(self, *options):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(self.command(*options), env=self.environment, **quiet)

    def verdicts(self):
        """All verdicts on disk: {(student, test): verdict}."""
        found = {}
        for path in sorted((self.out / "facts").glob("*/*.jsonl")) if self.out.exists() else []:
            for line in lines_of(path):
                if "verdict" in line:
                    found[path.parent.name, line["test"]] = line["verdict"]
        return found

    def wait_for(self, count, run):
        """Wait until so many verdicts are on disk, or the run has ended."""
        deadline = time.monotonic() + SECONDS
        while len(self.verdicts()) < count and run.poll() is None:
            assert time.monotonic() < deadline, f"there were never {count} verdicts"
            time.sleep(0.01)

    def workers(self, run):
        try:
            children = psutil.Process(run.pid).children()
            return [child for child in children if "parley.grading.worker" in child.cmdline()]
        except psutil.Error:
            return []


def lines_of(path):
    for text in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(text)


def points(grades):
    return {student.key: student.points for student in grades.students}


# what runs


def test_only_what_has_changed_runs_again(place):
    place.hands_in("anna", "1 fails")
    place.hands_in("ben", stages=("1_echo", "2_logbook"))
    _, grades = place.grades("--stage", "1", "--stage", "2")
    assert points(grades) == {"anna": 55, "ben": 120}
    assert grades.sandbox is False
    before = {path: path.read_bytes() for path in place.out.glob("facts/*/*")}
    run, grades = place.grades("--stage", "1", "--stage", "2")
    assert "To grade: 0 stages (3 are unchanged)." in run.stderr
    assert {path: path.read_bytes() for path in place.out.glob("facts/*/*")} == before
    place.hands_in("ben", "2 fails, 3 fails")
    run, grades = place.grades("--stage", "1", "--stage", "2")
    assert "To grade: 1 stage" in run.stderr
    assert points(grades) == {"anna": 55, "ben": 110}
    assert [student.before for student in grades.students] == [55, 120]
    assert place.out.joinpath("facts/anna/1_echo.jsonl").read_bytes() in before.values()
    assert "120" in run.stdout


def test_another_seed_or_another_stage(place):
    place.hands_in("anna")
    place.grades("--stage", "1")
    run, _ = place.grades("--stage", "1", "--seed", "2")
    assert "To grade: 1 stage." in run.stderr
    _, grades = place.grades("--stage", "2", "--seed", "2")
    assert points(grades) == {"anna": 0}
    assert "Not handed in: 2_logbook." in grades.students[0].notes


PAGE_1 = "tests/1_echo/test_server.py"
MARK_4 = '@pytest.mark.points(5, "core", hint="h")\ndef test_4'


def test_other_points_or_another_kind_are_counted_and_nothing_runs(place):
    place.hands_in("anna", "1 fails")
    place.grades("--stage", "1")
    assert place.ran() == list(range(TESTS))
    place.edits(PAGE_1, MARK_4, '# Worth more.\n@pytest.mark.points(8, "errors", hint="h")\ndef test_4')
    run, grades = place.grades("--stage", "1")
    assert "To grade: 0 stages" in run.stderr and place.ran() == []
    kinds = grades.students[0].stages["1_echo"].kinds
    assert (points(grades), kinds["core"], kinds["errors"]) == ({"anna": 58}, (50, 55), (8, 8))


def test_a_test_that_has_changed_runs_again_alone(place):
    place.hands_in("anna", "1 fails")
    place.hands_in("ben")
    place.grades("--stage", "1")
    place.ran()
    kept = place.verdicts()
    place.edits(PAGE_1, "act(scene, 4)", "act(scene, 40)")
    run, grades = place.grades("--stage", "1")
    assert "To grade: 2 stages." in run.stderr and place.ran() == [40, 40]
    assert points(grades) == {"anna": 55, "ben": 60} and place.verdicts() == kept
    place.edits(PAGE_1, "act(scene, 4" + "0)", "act(scene, 1)")  # now it fails where the other one does
    _, grades = place.grades("--stage", "1")
    assert place.ran() == [1, 1] and points(grades) == {"anna": 50, "ben": 60}


def test_what_all_tests_of_a_page_share_has_all_run_again(place):
    place.hands_in("anna")
    place.grades("--stage", "1")
    place.ran()
    place.edits(PAGE_1, "scene.deadlines.watch(0.03)", "scene.deadlines.watch(0.02)")
    place.grades("--stage", "1")
    assert place.ran() == list(range(TESTS))


def test_a_colour_has_nothing_graded_again_and_the_harness_has_all(place):
    """The tool here is a copy of ours, which is changed."""
    copy = place.folder / "project" / "parley"
    shutil.copytree(TOOL, copy, ignore=shutil.ignore_patterns("__pycache__"))
    place.cwd = place.folder / "project"  # so that it is this copy which runs
    place.hands_in("anna", "1 fails")
    place.grades("--stage", "1")
    place.ran()
    svg = (copy / "drawing" / "svg.py").read_text(encoding="utf-8")
    colour = re.search("#[0-9a-f]{6}", svg)[0]
    (copy / "drawing" / "svg.py").write_text(svg.replace(colour, "#123456"), encoding="utf-8")
    for page in ("grading/student_page.py", "checks/terminal.py"):
        (copy / page).write_text((copy / page).read_text(encoding="utf-8") + "\n# Changed.\n", encoding="utf-8")
    run, grades = place.grades("--stage", "1")
    assert "To grade: 0 stages" in run.stderr and place.ran() == [] and points(grades) == {"anna": 55}
    place.edits("parley/harness/deadlines.py", "import threading\n", "import threading  # Changed.\n")
    place.grades("--stage", "1")
    assert place.ran() == list(range(TESTS))


def test_whatever_a_worker_imports_is_fingerprinted(place):
    """The modules of ours that a worker has in memory when it can begin, but for those that draw nothing and decide
    nothing.
    """
    said = "import sys, parley.grading.worker; print(*(name for name in sys.modules if name.startswith('parley.')))"
    run = subprocess.run([sys.executable, "-c", said], check=True, capture_output=True, text=True, timeout=SECONDS)
    files = {name.removeprefix("parley.").replace(".", "/") for name in run.stdout.split()}
    modules = {f"{name}.py" for name in files if (TOOL / f"{name}.py").exists()}
    assert modules and modules <= set(deciding_files())
    assert not [name for name in deciding_files() if name.startswith(("drawing/", "notebooks/", "publish/"))]


def test_the_seed_of_the_first_run_stays(place):
    place.hands_in("anna")
    command = [word for word in place.command() if word not in ("--seed", "1")]
    for _ in range(2):
        subprocess.run(command, env=place.environment, check=True, capture_output=True, timeout=SECONDS)
        place.hands_in("ben")
    seeds = [next(lines_of(path))["seed"] for path in sorted(place.out.glob("facts/*/*"))]
    assert len(seeds) == 2 and seeds[0] == seeds[1]


def test_the_grades_are_the_same_for_any_number_at_once(place):
    for number in range(6):
        place.hands_in(f"student{number}", f"{number} fails, {number + 3} fails", ("1_echo", "3_turns"))
    found = []
    for jobs in (1, 3, 12):
        place.out = place.folder / f"grades {jobs}"
        _, grades = place.grades("--jobs", jobs)
        found.append([(student.key, verdicts_of(student)) for student in grades.students])
    assert found[0] == found[1] == found[2]


def verdicts_of(student):
    return [(verdict.test.name, verdict.outcome) for stage in student.stages.values() for verdict in stage.verdicts]


@pytest.mark.slow
def test_what_hangs_keeps_nobody_waiting(place):
    place.hands_in("anna", "0 hangs, 1 hangs, 2 hangs, 3 hangs, 4 hangs, 5 hangs")
    for name in ("ben", "carla", "dana"):
        place.hands_in(name)
    run = place.starts("--jobs", "1")
    place.wait_for(3 * TESTS, run)
    assert sum(student == "anna" for student, _ in place.verdicts()) < TESTS
    assert run.wait(SECONDS) == 0
    grades = Grades.load(place.out)
    assert points(grades)["ben"] == points(grades)["dana"] == 60


# trouble of the grader's


def test_trouble_of_the_grader_is_tried_once_more(place):
    place.hands_in("anna", "3 troubles once, 4 fails")
    _, grades = place.grades("--stage", "1")
    assert points(grades) == {"anna": 55} and grades.of == 60


def test_trouble_that_stays_costs_nothing_and_is_said(place):
    place.hands_in("anna", "3 troubles, 4 fails")
    place.hands_in("ben")
    run, grades = place.grades("--stage", "1", status=3)
    anna, ben = grades.students
    assert (anna.points, anna.of, anna.state) == (50, 55, "not graded")
    assert (ben.points, ben.of, ben.state) == (60, 60, "graded")
    assert "anna 1_echo: no verdict for 1_echo/test_server.py::test_3: RuntimeError: trouble" in run.stderr
    assert "To run just these again: parley grade" in run.stderr


def test_a_worker_that_dies_twice_costs_nothing_and_is_said(place):
    place.hands_in("anna", "3 kills")
    place.hands_in("ben")
    run, grades = place.grades("--stage", "1", "--jobs", "1", status=3)
    anna, ben = grades.students
    assert (anna.state, ben.state, ben.points) == ("not graded", "graded", 60)
    assert "anna 1_echo: " in run.stderr and "Traceback" not in run.stderr
    place.hands_in("anna")
    _, grades = place.grades("--stage", "1")
    assert points(grades) == {"anna": 60, "ben": 60}


def test_two_runs_on_one_folder(place):
    place.hands_in("anna", "5 waits")
    run = place.starts("--stage", "1")
    place.wait_for(1, run)
    second = subprocess.run(place.command(), env=place.environment, capture_output=True, text=True, timeout=SECONDS)
    assert second.returncode == 1
    assert "Another Parley run" in second.stderr and len(second.stderr.splitlines()) == 1
    (place.folder / "go on").touch()
    assert run.wait(SECONDS) == 0


# the end at any moment


@pytest.mark.slow
@either_way
def test_whoever_ends_it_politely_ends_it_at_once_and_the_next_run_goes_on(place):
    for name in ("anna", "ben", "carla"):
        place.hands_in(name, "11 waits, 2 fails")
    run = place.starts("--stage", "1", "--jobs", "2")
    place.wait_for(8, run)
    began = time.monotonic()
    run.terminate()  # as Ctrl+C does, which some who run tests ignore (see test_grade.py)
    assert run.wait(SECONDS) == 130
    assert time.monotonic() - began < 50  # each of the tests that wait takes 60
    (place.folder / "go on").touch()
    kept = place.verdicts()
    grades = Grades.load(place.out)
    assert sum(points(grades).values()) == 5 * sum(verdict == "passed" for verdict in kept.values())
    _, grades = place.grades("--stage", "1")
    assert kept.items() <= place.verdicts().items()
    assert points(grades) == {"anna": 55, "ben": 55, "carla": 55}


@pytest.mark.slow
@either_way
@pytest.mark.parametrize("seed", range(3))
def test_a_driver_killed_again_and_again(place, seed):
    """Each time it is killed with its verdicts half written, and started again."""
    dice = random.Random(seed)
    for name, words in (("anna", "1 fails"), ("ben", "2 fails, 5 fails"), ("carla", "")):
        place.hands_in(name, words)
    most = {"anna": 55, "ben": 50, "carla": 60}
    kept = {}
    for _ in range(5):
        run = place.starts("--stage", "1", "--jobs", "3")
        place.wait_for(len(kept) + dice.randrange(1, 10), run)
        time.sleep(dice.random() * 0.05)
        run.kill()
        run.wait()
        now = place.verdicts()
        assert kept.items() <= now.items()
        kept = now
        if (place.out / "class.json").exists():
            counted = subprocess.run(
                [sys.executable, "-m", "parley.cli", "score", place.out],
                env=place.environment,
                capture_output=True,
                timeout=SECONDS,
            )
            assert counted.returncode == 0, counted.stderr
            found = points(Grades.load(place.out))
            assert all(found[key] <= most[key] for key in most)
            passed = sum(verdict == "passed" for verdict in kept.values())
            assert sum(found.values()) == 5 * passed
    _, grades = place.grades("--stage", "1")
    assert kept.items() <= place.verdicts().items()
    assert points(grades) == most


@either_way
@pytest.mark.parametrize("seed", SEEDS)
def test_workers_killed_at_random_moments(place, seed):
    dice = random.Random(seed)
    names = [f"student{number}" for number in range(6)]
    for number, name in enumerate(names):
        place.hands_in(name, f"{number} fails")
    run = place.starts("--stage", "1", "--jobs", "3")
    for _ in range(3):
        place.wait_for(len(place.verdicts()) + dice.randrange(1, 8), run)
        for worker in place.workers(run)[:1]:
            worker.kill()
    status = run.wait(SECONDS)
    grades = Grades.load(place.out)
    graded = {student.key: student.points for student in grades.students if student.state == "graded"}
    assert set(graded.values()) <= {55}
    assert status == (0 if len(graded) == len(names) else 3)
    kept = place.verdicts()
    _, grades = place.grades("--stage", "1")
    assert kept.items() <= place.verdicts().items()
    assert points(grades) == dict.fromkeys(names, 55)


# how many at once


def test_a_number_that_is_asked_for_stays(monkeypatch):
    limit = JobLimit(7)
    monkeypatch.setattr("parley.grading.crew.MEASURES_EVERY", 0)
    limit.measure(full=True)
    assert limit.now == 7


def test_an_idle_machine_takes_more_and_a_busy_one_less(monkeypatch):
    monkeypatch.setattr("parley.grading.crew.MEASURES_EVERY", 0)
    busy = [10.0]
    monkeypatch.setattr("psutil.cpu_percent", lambda: busy[0])
    limit = JobLimit()
    first = limit.now
    limit.measure(full=True)
    assert limit.now == first + 1
    limit.measure(full=False)  # nobody waits: more would be of no use
    assert limit.now == first + 1
    for _ in range(1000):
        limit.measure(full=True)
    most = limit.now
    assert first < most < 1000 * first
    busy[0] = 100.0
    for _ in range(1000):
        limit.measure(full=True)
    assert 1 <= limit.now < first
