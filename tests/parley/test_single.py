"""One submission in a container of its own: results from the start, kept whatever ends the run, forged by nobody."""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from helpers import assert_gone

from parley import stages
from parley.contract.errors import BadInput
from parley.grading import single
from parley.publish import release

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these containers are Linux")

SECONDS = 300  # bound of everything that is awaited here
ECHO = stages.find(1)
HANGS = "import time\n\nwhile True:\n    time.sleep(60)\n"
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
# where no sandbox can be had, as in most containers: the words of a program that says so and goes on
NO_SANDBOX = (
    "import sys; from parley.isolation import sandbox; "
    "sandbox.probe = lambda: sandbox.Probe(False, 'None can be had here.'); "
    "from parley.grading import single; sys.exit(single.main(sys.argv[1:]))"
)
# a program that looks whether it can get at the results, or at the worker that has started it
ATTACKS = """
import os

SAID = []
for path, how in (({results!r}, "ab"), (f"/proc/{{os.getppid()}}/fd/1", "wb"), (f"/proc/{{os.getppid()}}/mem", "rb")):
    try:
        open(path, how).close()
        SAID.append(f"{{path}} can be opened")
    except OSError as error:
        SAID.append(type(error).__name__)
with open({told!r}, "a") as file:
    file.write(f"{{os.getuid()}} {{' '.join(SAID)}}\\n")
"""


class Container:
    """What Gradescope has in a container, in a folder that everybody may pass."""

    def __init__(self, folder, python):
        self.folder, self.results = folder, folder / "results" / "results.json"
        self.submission = folder / "submission"
        # these come first: the Python to be used, and what stands for apt-get, as no test may change this machine
        programs = folder / "programs"
        programs.mkdir()
        (programs / "python3").symlink_to(python)
        write_program(programs / "apt-get", "exit 0")
        path = os.pathsep.join([str(programs), "/usr/bin", "/bin", os.environ["PATH"]])
        known = {name: text for name, text in os.environ.items() if name not in ("PARLEY_ROOT", "VIRTUAL_ENV")}
        self.environment = {**known, "PATH": path, "PARLEY_AUTOGRADER": str(folder), "NO_COLOR": "1"}
        self.python = folder / "source" / ".venv" / "bin" / "python"

    def hands_in(self, version="full", **programs):
        """A submission of stage 1: our own programs in this version, and these instead."""
        shutil.rmtree(self.submission, ignore_errors=True)
        shutil.rmtree(self.results.parent, ignore_errors=True)
        folder = self.submission / "1_echo"
        folder.mkdir(parents=True)
        for program in ECHO.programs:
            text = stages.solution(ECHO, version, program).read_text(encoding="utf-8")
            (folder / f"{program}.py").write_text(programs.get(program, text), encoding="utf-8")

    def settings(self, **settings):
        (self.folder / "source" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")

    def begins(self, *command):
        """Begin run_autograder, or another command: its process."""
        command = command or (self.folder / "run_autograder",)
        environment = {**self.environment, "PARLEY_ROOT": str(self.folder / "source" / "project")}
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
        return subprocess.Popen(command, env=environment, cwd=self.folder, start_new_session=True, **output)

    def grades(self, *command):
        """Run it to its end: (exit status, what it printed, results.json)."""
        process = self.begins(*command)
        said, _ = process.communicate(timeout=SECONDS)
        return process.returncode, said, self.read()

    def read(self):
        return json.loads(self.results.read_text(encoding="utf-8"))


def write_program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def usable_python():
    """A Python that can make a virtual environment, as a path; skips where there is none.

    Best the system's own: another user cannot start one in somebody's home.
    """
    code = "import sys; from ensurepip import version; sys.exit(sys.version_info < (3, 10))"
    for python in ("/usr/bin/python3", os.path.realpath(sys.executable)):
        if os.path.exists(python) and subprocess.run([python, "-c", code], capture_output=True).returncode == 0:
            return python
    pytest.skip("No Python here can make a virtual environment.")


def skip_if_pip_reaches_nothing(python, folder):
    """Skip where pip cannot get a package at all, which says nothing about Parley."""
    command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder / "downloaded", "pytest"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=SECONDS)
    if done.returncode != 0:
        pytest.skip(f"pip can get no package here: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def container():
    """An autograder as Gradescope makes it of our zip, in a fresh virtual environment."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        made = Container(folder, usable_python())
        settings = {"stages": ["1_echo"], "hide": ["logging"], "seconds": SECONDS}
        release.gradescope(stages.root(), folder / "autograder.zip", settings)
        subprocess.run(
            [sys.executable, "-m", "zipfile", "-e", folder / "autograder.zip", folder / "source"], check=True
        )
        for name in release.SCRIPTS:  # unzip keeps that they may be run, Python's zipfile does not
            (folder / "source" / name).chmod(0o755)
        shutil.copy(folder / "source" / "run_autograder", folder)
        done = subprocess.run(
            [folder / "source" / "setup.sh"], env=made.environment, capture_output=True, text=True, timeout=SECONDS
        )
        if done.returncode != 0 and made.python.exists():
            skip_if_pip_reaches_nothing(made.python, folder)
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
        assert_gone("PARLEY_AUTOGRADER", made.folder)


@pytest.fixture
def fresh(container):
    """The same with the settings that it was released with."""
    container.settings(stages=["1_echo"], hide=["logging"], seconds=SECONDS)
    return container


def is_valid(results):
    """Assert what Gradescope's specification says of results.json; returns the tests."""
    assert isinstance(results["score"], int | float)
    top = {"score", "execution_time", "output", "output_format", "test_output_format", "test_name_format"}
    assert set(results) <= top | {"visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"}
    assert results["stdout_visibility"] in VISIBILITIES
    of_a_test = {"score", "max_score", "status", "name", "number", "output", "tags", "visibility"}
    for test in results["tests"]:
        assert set(test) <= of_a_test
        assert test["status"] in ("passed", "failed") and test["visibility"] in VISIBILITIES
        assert 0 <= test["score"] <= test["max_score"]
        assert all(isinstance(test[name], str) for name in ("name", "number", "output"))
    return results["tests"]


def test_the_zip_has_its_two_scripts_at_the_top_and_no_solution(container):
    with zipfile.ZipFile(container.folder / "autograder.zip") as archive:
        for name in release.SCRIPTS:
            assert archive.getinfo(name).external_attr >> 16 & 0o111
            assert archive.read(name).startswith(b"#!")
        names = archive.namelist()
    assert not [name for name in names if "solutions" in name or "mistakes/" in name or "variants" in name]


def test_the_setup_asks_for_what_is_missing_and_ends_where_it_cannot_be_had(tmp_path):
    """On an image that has neither Python nor bubblewrap, with an apt-get that says what it was asked for."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "env", "sh"):
        (programs / name).symlink_to(shutil.which(name))
    write_program(programs / "apt-get", f'echo "$*" >>{tmp_path}/asked\n[ "$1" != install ]')
    setup = stages.root() / "parley" / "publish" / "templates" / "setup.sh"
    environment = {"PATH": str(programs), "PARLEY_AUTOGRADER": str(tmp_path)}
    assert subprocess.run(["bash", setup], env=environment, timeout=SECONDS).returncode == 1
    update, install = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert update.split()[0] == "update"
    assert install.split()[-3:] == ["python3", "python3-venv", "bubblewrap"]
    assert not (tmp_path / "source").exists()


def test_a_submission_is_graded_and_hidden_tests_are_hidden(fresh):
    fresh.hands_in("bare")
    status, said, results = fresh.grades()
    assert status == 0, said
    tests = is_valid(results)
    assert results["score"] == sum(test["score"] for test in tests) == 60
    assert sum(test["max_score"] for test in tests) == 100
    hidden = {test["visibility"] for test in tests if "logging" in test["tags"]}
    shown = {test["visibility"] for test in tests if "logging" not in test["tags"]}
    assert (hidden, shown) == ({"after_published"}, {"visible"})
    assert "60 of 100 points, graded." in said and "sandbox" in said
    assert results["output"] == ""


@pytest.mark.parametrize("place", ["mine/1_echo", ".", "mine.zip"])
def test_programs_are_found_where_students_put_them(fresh, place):
    fresh.hands_in("full", client='"""Nothing yet."""\n')
    home = fresh.submission / "1_echo"
    if place == "mine.zip":
        with zipfile.ZipFile(fresh.submission / place, "w") as archive:
            for path in home.iterdir():
                archive.write(path, f"1_echo/{path.name}")
        shutil.rmtree(home)
    elif place == ".":
        for path in home.iterdir():
            path.rename(fresh.submission / path.name)
        home.rmdir()
    else:
        (fresh.submission / "mine").mkdir()
        home.rename(fresh.submission / place)
    status, said, results = fresh.grades()
    assert (status, results["score"]) == (0, 50), said
    is_valid(results)


def test_nothing_handed_in(fresh):
    fresh.hands_in()
    shutil.rmtree(fresh.submission / "1_echo")
    status, said, results = fresh.grades()
    assert (status, results["score"]) == (0, 0), said
    assert "submission is empty." in results["output"]
    is_valid(results)


def test_what_was_earned_is_there_when_the_run_is_killed(fresh):
    """The server is right, the client hangs: the points of the server are there whenever it ends."""
    fresh.hands_in("full", client=HANGS)
    process = fresh.begins()
    seen, end = {0}, time.monotonic() + SECONDS
    while max(seen) < 20 and process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            seen.add(fresh.read()["score"])
        time.sleep(0.02)  # nobody tells when the file changes
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=SECONDS)
    results = fresh.read()
    tests = is_valid(results)
    assert 20 <= max(seen) <= results["score"] == sum(test["score"] for test in tests) <= 50
    assert len(seen) > 3  # it grew
    assert results["output"].startswith(single.UNFINISHED)
    late = [test for test in tests if test["output"] == f"not run: {single.NOT_REACHED}"]
    assert late and not any(test["score"] for test in late)
    assert sum(test["max_score"] for test in tests) == 100


def test_the_run_ends_by_itself_before_the_limit(fresh):
    fresh.settings(stages=["1_echo"], seconds=6)
    fresh.hands_in("full", server=HANGS, client=HANGS)
    began = time.monotonic()
    status, said, results = fresh.grades()
    assert status == 1 and time.monotonic() - began < 60, said
    assert results["output"].startswith(single.UNFINISHED)
    assert results["score"] == 0
    is_valid(results)


def test_trouble_of_the_graders_is_no_fault_of_the_student(fresh):
    fresh.settings(stages=["1_echo"], hide=["nothing such"])
    fresh.hands_in()
    status, said, results = fresh.grades()
    assert status == 3 and "nothing such" in said
    assert results["output"].startswith(single.TROUBLE) and "nothing such" in results["output"]


def test_results_are_there_even_if_python_cannot_start(fresh):
    fresh.hands_in()
    away = fresh.python.with_name("away")
    fresh.python.rename(away)
    try:
        status, said, results = fresh.grades()
    finally:
        away.rename(fresh.python)
    assert status != 0 and results["score"] == 0 and "did not begin" in results["output"], said


def test_where_there_is_no_sandbox_nobody_gets_at_the_results(fresh, tmp_path):
    with tempfile.TemporaryDirectory(prefix="told-") as folder:
        os.chmod(folder, 0o777)
        told = Path(folder, "told")
        attack = ATTACKS.format(results=str(fresh.results), told=str(told))
        server = stages.solution(ECHO, "full", "server").read_text(encoding="utf-8")
        fresh.hands_in("full", server=f"{attack}\n{server}")
        words = [fresh.python, "-I", "-c", NO_SANDBOX, "gradescope", str(fresh.folder)]
        status, said, results = fresh.grades(*words)
        assert (status, results["score"]) == (0, 100), said
        assert "No sandbox: None can be had here." in said
        if "only the container keeps them in" in said:
            assert os.geteuid() != 0 or not os.access("/usr/bin/python3", os.X_OK)
            pytest.skip("programs can be of another user only where root grades with a Python that all may start")
        lines = set(told.read_text(encoding="utf-8").splitlines())
    assert lines == {f"{single.NOBODY} PermissionError PermissionError PermissionError"}


# GitHub


def reported(text):
    """What GitHub's reporter makes of a step's output: (points, of, status), by src/notify-classroom.js."""
    last = [line for line in text.splitlines() if line.startswith("result=")][-1]  # the last one of a name counts
    results = json.loads(base64.b64decode(last.removeprefix("result=")))
    assert results["version"] == 3 and results["status"] in ("pass", "fail", "error")
    return sum(test["score"] for test in results["tests"]), results["max_score"], results["status"]


def github(tmp_path, version, **settings):
    """Grade a student's repository as the workflow does: (exit status, what the reporter makes of it)."""
    if version:
        place = tmp_path / "repository" / "exercises" / "1_echo"
        shutil.copytree(stages.solution(ECHO, version, "server").parent, place)
    (tmp_path / "repository").mkdir(exist_ok=True)
    output = tmp_path / "output"
    words = [sys.executable, "-I", "-m", "parley.grading.single", "github", "exercises", json.dumps(settings)]
    done = subprocess.run(
        words, cwd=tmp_path / "repository", env={**os.environ, "GITHUB_OUTPUT": str(output)}, timeout=SECONDS
    )
    return done.returncode, reported(output.read_text(encoding="utf-8"))


def test_github_gets_the_points(tmp_path):
    assert github(tmp_path, "bare", stages=["1_echo"]) == (0, (60, 100, "fail"))


def test_github_is_told_that_nothing_was_handed_in(tmp_path):
    assert github(tmp_path, None, stages=["1_echo"]) == (0, (0, 0, "fail"))


def test_github_keeps_what_was_earned_within_the_limit(tmp_path):
    status, (points, of, word) = github(tmp_path, "full", stages=["1_echo", "2_logbook"], seconds=600)
    assert (status, points, of, word) == (0, 100, 200, "fail")


@pytest.mark.parametrize("tool", ["prof/parley", "prof/parley@main"])
def test_the_workflow_says_what_the_reporter_needs(tmp_path, tool):
    yaml = pytest.importorskip("yaml")
    path = tmp_path / ".github" / "workflows" / "parley.yml"
    settings = {"stages": ["1_echo"], "hide": ["errors"], "seconds": 570}
    release.github(path, settings, tool)
    text = path.read_text(encoding="utf-8")
    assert f"The tests that count come from {tool}, which students can't change." in text
    text = text.replace(tool, "")
    assert "@" not in text.replace("@v1", "").replace("@v4", "").replace("@v5", "")
    (job,) = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    steps = {step["name"]: step for step in job["steps"]}
    report = steps["Report the points to GitHub Classroom"]
    assert report["with"]["runners"] == "parley" and report["if"] == "always()"
    assert report["env"] == {"PARLEY_RESULTS": "${{ steps.parley.outputs.result }}"}
    assert steps["Grade"]["id"] == "parley"
    assert single.settings_from(steps["Grade"]["env"]["SETTINGS"]).stages == (ECHO,)
    assert job["timeout-minutes"] * 60 > 570
    fetched = steps["Fetch Parley"]["with"]
    assert (fetched["repository"], fetched.get("ref", "")) == tuple((tool + "@").split("@")[:2])
    assert steps["Set up Parley and its sandbox"]["run"].rstrip().endswith(f"--editable {fetched['path']}")


@pytest.mark.parametrize("tool", ["", "no repository", "a/b/c@"])
def test_the_tests_that_count_must_come_from_elsewhere(tmp_path, tool):
    with pytest.raises(BadInput, match="Students can change" if not tool else "isn't a repository"):
        release.github(tmp_path / "parley.yml", {"seconds": 570}, tool)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "[]", '{"stages": ["9"]}', '{"stages": 3}'])
def test_settings_that_are_none_are_told_in_a_sentence(text):
    with pytest.raises(ValueError, match="These settings can't be used"):
        single.settings_from(text)
