"""What tests share: a terminal (a program at a pseudo-terminal of its own; Linux and macOS), a newcomer's project."""

import os
import select
import shutil
import signal
import subprocess
import time
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers import CHROMIUM, parley

HERE = Path(__file__).parent
SECONDS = 60  # bound of everything that is awaited at a terminal

# where the tests run in the background, Ctrl+C is ignored, and all programs would inherit that
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_course_of_another_test():
    """The course that a test has used is not that of the next one."""
    yield
    os.environ.pop("PARLEY_COURSE", None)


class Terminal:
    """A program at a terminal of its own: what is typed there, and what it shows."""

    def __init__(self, *command, folder, environment=None):
        import fcntl
        import pty
        import termios

        self.keyboard, inside = pty.openpty()

        def at_this_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        streams = {"stdin": inside, "stdout": inside, "stderr": inside}
        environment = {**(environment or os.environ), "PYTHONFAULTHANDLER": "1"}
        self.program = subprocess.Popen(command, cwd=folder, env=environment, preexec_fn=at_this_terminal, **streams)
        os.close(inside)
        self.shown = b""

    def types(self, text):
        os.write(self.keyboard, text.encode())

    def shows(self, text, seconds=SECONDS):
        """Read on until this text has been shown."""
        until = time.monotonic() + seconds
        while text.encode() not in self.shown:
            assert self._reads(until), f"{text!r} was not shown, but {self.shown!r}"

    def ends(self, seconds=SECONDS):
        """Read on until nothing more can come; returns the exit status of the program."""
        until = time.monotonic() + seconds
        while self._reads(until):
            pass
        try:
            return self.program.wait(max(1, until - time.monotonic()))
        except subprocess.TimeoutExpired:  # where does it stand?
            self.program.send_signal(signal.SIGABRT)
            while self._reads(time.monotonic() + 1):
                pass
            raise AssertionError(f"still running after {seconds} s:\n{self.shown.decode(errors='replace')}") from None

    def _reads(self, until):
        """Whether something more has been shown before that time."""
        ready, _, _ = select.select([self.keyboard], [], [], max(0, until - time.monotonic()))
        try:
            more = os.read(self.keyboard, 4096) if ready else b""
        except OSError:  # the terminal is gone with its last program
            more = b""
        self.shown += more
        return bool(more)

    def close(self):
        self.program.kill()
        self.program.wait(SECONDS)
        os.close(self.keyboard)


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def open_one(*command, environment=None):
        opened.append(Terminal(*command, folder=tmp_path, environment=environment))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


@pytest.fixture(scope="session")
def isolation():
    """Skips what needs isolation where that cannot be had."""
    from parley.isolation import sandbox

    found = sandbox.probe()
    if not found.ok:
        pytest.skip(f"{found.reason} {found.remedy}")


@pytest.fixture(scope="session")
def needs_a_browser():
    """Skip where there is none, but never on a server that checks the project."""
    needed = {module: find_spec(module) for module in ("jupyterlab", "playwright")} | {"Chromium": CHROMIUM}
    if missing := [name for name, found in needed.items() if not found]:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"The tests in a browser need {missing[0]}.")


@pytest.fixture(scope="session")
def newcomers_project(tmp_path_factory):
    """A copy of the project, with exercises of comments only, for all tests: who changes it fails."""
    from parley.notebooks.book import copy_project
    from parley.stages import root

    folder = tmp_path_factory.mktemp("newcomer") / "project"
    folder.mkdir()
    copy_project(root(), folder)
    files = sorted(folder.rglob("*"))
    yield folder
    assert sorted(folder.rglob("*")) == files, "a test has changed what all tests copy"


@pytest.fixture
def project(newcomers_project, tmp_path):
    """The same for one test: stages.root() is this where PARLEY_ROOT names it."""
    return Path(shutil.copytree(newcomers_project, tmp_path / "project"))


class SampleClass:
    """The sample class in a folder with a difficult name, and what came of grading it.

    `submissions` and `folder` (of the grades) are paths; `students` says what must come of them; `mark` is in the
    environment of all that has run; `run` is the command that has graded them, and `grades` what it wrote.
    """

    def __init__(self, place):
        from parley.checks.mistakes import page_of
        from parley.grading.grades import Grades
        from parley.isolation import sandbox

        self.submissions, self.folder, self.mark = place / "Abgaben ☕", place / "Noten ☕", uuid.uuid4().hex
        self.options = [] if sandbox.probe().ok else ["--no-sandbox"]
        self.students = page_of(HERE / "class" / "make_class.py").make_class(self.submissions)
        for path in [self.submissions, *self.submissions.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.run = self.grade()
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        self.grades = Grades.load(self.folder)

    def grade(self):
        words = ["grade", self.submissions.name, "-o", self.folder.name, *self.options]
        return parley(*words, folder=self.folder.parent, seconds=500, PARLEY_TEST=self.mark)

    def of(self, student):
        return next(found for found in self.grades.students if found.source == student.entry.replace("\\", "\\\\"))


@pytest.fixture(scope="session")
def sample_class(tmp_path_factory):
    """The sample class, graded once for all tests; who lets it be scored otherwise takes that back."""
    return SampleClass(tmp_path_factory.mktemp("Jahrgang 26, Übung ☕"))


# what these make once for all of their tests takes long, so the tests of such a file run in one process
MADE_ONCE = {
    *("test_accessible.py", "test_book.py", "test_cluster.py", "test_explain.py", "test_exports.py", "test_grade.py"),
    *("test_interop.py", "test_pages.py", "test_release.py", "test_single.py", "test_start.py", "test_wheel.py"),
}
THE_SAMPLE_CLASS = {"test_grade.py", "test_pages.py"}  # and these have the class that was graded in common


# what proves that all fits together takes minutes; each part of it has quicker tests of its own
SLOW = {
    *("test_accessible.py", "test_cluster.py", "test_interop.py", "test_lab.py", "test_pages.py"),
    *("test_release.py", "test_single.py", "test_wheel.py"),
}


def pytest_ignore_collect(collection_path, config):
    """A file that is slow is not even read where slow tests are left out, unless it is named."""
    return True if collection_path.name in SLOW and "not slow" in config.option.markexpr else None


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what is marked as slow
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)  # there is no such hook where pytest-xdist is missing
def pytest_xdist_make_scheduler(config, log):
    """What shares something runs in one process, and begins first; every other test runs wherever there is room."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            if Path(file).name in THE_SAMPLE_CLASS:
                return "the sample class"
            return file if Path(file).name in MADE_ONCE else nodeid

    return Scheduling(config, log)
