"""How long does it take to grade one submission, beside nbgrader and otter-grader (Linux).

Run `python benchmarks/grading.py`. Each grader makes the same five checks of the same echo servers: somebody can
connect, one message, 100 kB, UTF-8, a second client. The graders take turns (A B C A B C) after one run that only
warms up. See README.md.
"""

import argparse
import base64
import contextlib
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKS = HERE / "echo_checks.py"
NAMES = ("connects", "one_message", "100_kB", "utf_8", "a_second_client")
OTHERS = ("nbgrader==0.9.6", "otter-grader==7.0.0")
PLACE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "parley" / "other-graders"
SECONDS = 3600  # bound of one run of a grader
PARLEY, TOGETHER = "Parley, in its sandbox, a server for each check", "Parley, in its sandbox, one server for all"
NBGRADER, OTTER = "nbgrader", "otter-grader"

SERVER = """
# submission {number}
import socket
import sys

with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        conn, _ = listener.accept()
        with conn:
            while data := conn.recv(4096):
                conn.sendall(data)
"""

# The five checks as pages of a suite of Parley's: each with a server of its own, and all in one test.
PAGE = '''
"""Five checks of an echo server."""

import pytest

LONG = "0123456789" * 10_000


@pytest.mark.points(1, "core", hint="echo")
def test_connects(scene):
    """Somebody can connect."""
    scene.person("Anna").connects(scene.server()).leaves()


@pytest.mark.points(1, "core", hint="echo")
def test_one_message(scene):
    """A message comes back."""
    scene.person("Anna").connects(scene.server()).sends("hello").receives("hello").leaves()


@pytest.mark.points(1, "core", hint="echo")
def test_100_kB(scene):
    """100 kB come back."""
    scene.person("Anna").connects(scene.server()).sends(LONG).receives(LONG).leaves()


@pytest.mark.points(1, "core", hint="echo")
def test_utf_8(scene):
    """Letters of all kinds come back."""
    scene.person("Anna").connects(scene.server()).sends("Grüße ☕").receives("Grüße ☕").leaves()


@pytest.mark.points(1, "core", hint="echo")
def test_a_second_client(scene):
    """A second client is served."""
    server = scene.server()
    for name in ("Anna", "Ben"):
        scene.person(name).connects(server).sends("hello").receives("hello").leaves()
'''
PAGE_TOGETHER = '''
"""Five checks of an echo server, which is started once for all of them."""

import pytest

LONG = "0123456789" * 10_000


@pytest.mark.points(5, "core", hint="echo")
def test_everything(scene):
    """Somebody can connect; a message, 100 kB and letters of all kinds come back; a second client is served."""
    server = scene.server()
    scene.person("Anna").connects(server).leaves()
    for text in ("hello", LONG, "Grüße ☕", "hello", "hello"):
        scene.person("Ben").connects(server).sends(text).receives(text).leaves()
'''
HINTS = """# Hints

## echo

What comes back?

Read: https://docs.python.org/3/library/socket.html
Bare: server.py, function serve
"""


OTTER_TEST = """
from otter.test_files import test_case

OK_FORMAT = False
name = "{name}"
points = 1


@test_case()
def check():
    import echo_checks

    echo_checks.check_{name}()
"""

# The points of each student in nbgrader's gradebook.
POINTS = """
    SELECT student_id, SUM(auto_score) FROM grade
    JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    GROUP BY student_id
"""


class GraderError(Exception):
    """Something is wrong with the run; the text is a sentence for the user."""


def run(words, folder, **more):
    """Run a program to its end, and return what it printed. Raises GraderError where it fails."""
    streams = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    done = subprocess.run(list(map(str, words)), cwd=folder, timeout=SECONDS, check=False, **streams, **more)
    if done.returncode:
        raise GraderError(f"{words[0]} ended with status {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def other_graders(place):
    """The Python that has the other graders; they are installed there when it is not there yet."""
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        print(f"Installing {' and '.join(OTHERS)} in {place} ...", flush=True)
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        run([python, "-m", "pip", "install", "--quiet", *OTHERS], place)
        (place / "complete").touch()
    return python


class Parley:
    """Parley's worker, one at a time: it is started, gets one job after another, and ends."""

    def __init__(self, folder, servers, page):
        """`folder`: for the suite; `servers`: the sources."""
        self._folder, self._servers = folder, servers
        suite = folder / "tests" / "1_echo"
        suite.mkdir(parents=True)
        (suite / "test_server.py").write_text(page, encoding="utf-8")
        (suite / "hints.md").write_text(HINTS, encoding="utf-8")

    def prepare(self):
        """Nothing is left of the round before."""

    def grade(self, count):
        """Grade so many submissions, and return the points of each."""
        files = ({"server.py": base64.b64encode(server.encode()).decode()} for server in self._servers[:count])
        jobs = [{"job": str(number), "stage": "1_echo", "files": each, "seed": 1} for number, each in enumerate(files)]
        words = [sys.executable, "-I", "-m", "parley.grading.worker"]
        told = "".join(f"{json.dumps(job)}\n" for job in jobs)
        environment = {**os.environ, "PARLEY_ROOT": str(self._folder)}
        done = subprocess.run(words, input=told, capture_output=True, text=True, timeout=SECONDS, env=environment)
        if done.returncode:
            raise GraderError(f"The worker ended with status {done.returncode}: {done.stderr.strip()}")
        points = [0] * count
        for line in map(json.loads, done.stdout.splitlines()):
            if "trouble" in line or line.get("sandbox") is False:
                raise GraderError(f"The worker says: {line}")
            points[int(line["job"])] += line.get("earned", 0)
        return points


class Nbgrader:
    """One command of nbgrader for all submissions: notebooks with a cell for the server and one for each check."""

    def __init__(self, folder, servers, python):
        """`folder`: for the course; `python`: has nbgrader."""
        self._folder, self._python, self._servers = folder, python, servers
        (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'class'\n")
        self._write(folder / "source" / "echo", "### BEGIN SOLUTION\npass\n### END SOLUTION")
        self._nbgrader("generate_assignment", "echo")
        for number, server in enumerate(servers):
            self._write(folder / "submitted" / f"student{number}" / "echo", f"%%writefile server.py{server}")

    def prepare(self):
        """Forget the round before: nbgrader takes up what it has done already."""
        shutil.rmtree(self._folder / "autograded", ignore_errors=True)
        (self._folder / "gradebook.db").unlink()
        self._nbgrader("generate_assignment", "echo", "--force")

    def grade(self, count):
        """Grade so many submissions, and return the points of each."""
        self._nbgrader("autograde", "echo", "--student=student0" if count == 1 else "--student=*")
        with contextlib.closing(sqlite3.connect(self._folder / "gradebook.db")) as book:
            found = dict(book.execute(POINTS))
        return [found.get(f"student{number}", 0) for number in range(count)]

    def _nbgrader(self, *words):
        path = f"{self._python.parent}{os.pathsep}{os.environ['PATH']}"
        run([self._python.parent / "nbgrader", *words], self._folder, env={**os.environ, "PATH": path})

    def _write(self, folder, source):
        folder.mkdir(parents=True)
        shutil.copy(CHECKS, folder)
        graded = {"grade": True, "locked": True, "points": 1}
        cells = [("server", source, {"solution": True})]
        cells += [(name, f"import echo_checks\necho_checks.check_{name}()", graded) for name in NAMES]
        (folder / "echo.ipynb").write_text(notebook(cells), encoding="utf-8")


class Otter:
    """One command of otter-grader for each submission, which is how it grades without a container."""

    def __init__(self, folder, servers, python):
        """`folder`: for tests and submissions; `python`: has otter-grader."""
        self._folder, self._otter = folder, python.parent / "otter"
        (folder / "tests").mkdir()
        for name in NAMES:
            (folder / "tests" / f"{name}.py").write_text(OTTER_TEST.format(name=name), encoding="utf-8")
        shutil.copy(CHECKS, folder)
        run([self._otter, "generate", "-t", "tests", "-o", "autograder.zip", CHECKS.name], folder)
        for number, server in enumerate(servers):
            text = notebook([("server", f"%%writefile server.py{server}", {})])
            (folder / f"student{number}.ipynb").write_text(text, encoding="utf-8")

    def prepare(self):
        """Nothing is left of the round before."""

    def grade(self, count):
        """Grade so many submissions, and return the points of each."""
        points = []
        for number in range(count):
            run([self._otter, "run", "--no-logo", "-a", "autograder.zip", f"student{number}.ipynb"], self._folder)
            found = json.loads((self._folder / "results.json").read_text(encoding="utf-8"))
            points.append(sum(each.get("score", 0) for each in found["tests"]))
        return points


def notebook(cells):
    """A notebook as text; `cells`: (name, source, what nbgrader should know of it)."""
    known = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "cells": [
                {
                    "cell_type": "code",
                    "id": name.replace("_", "-"),
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                    "metadata": {"nbgrader": {**known, "grade_id": name, **more}},
                }
                for name, source, more in cells
            ],
        }
    )


def measured(grader, count):
    """The seconds that it takes for each of so many submissions, its start included. Raises GraderError."""
    grader.prepare()
    began = time.perf_counter()
    points = grader.grade(count)
    seconds = (time.perf_counter() - began) / count
    if points != [len(NAMES)] * count:
        raise GraderError(f"{type(grader).__name__} gave {points} instead of {len(NAMES)} points for each.")
    return seconds


def figures(rounds):
    """The table: `rounds` is {name: [seconds for each round]}."""
    lines = [
        "| grader | seconds for each submission | nbgrader / it | otter-grader / it |",
        "| --- | --- | --- | --- |",
    ]
    for name, seconds in rounds.items():
        ratios = (
            statistics.median(a / b for a, b in zip(rounds[other], seconds, strict=True)) for other in (NBGRADER, OTTER)
        )
        words = f"{statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f})"
        lines.append(f"| {name} | {words} | {' | '.join(f'{ratio:.1f}' for ratio in ratios)} |")
    return "\n".join(lines)


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--submissions", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often (3)")
    parser.add_argument("--place", type=Path, default=PLACE, help=f"where the other graders are installed ({PLACE})")
    asked = parser.parse_args()
    if sys.platform != "linux":
        sys.exit("This benchmark needs Linux, as Parley's sandbox does.")
    python = other_graders(asked.place)
    servers = [SERVER.format(number=number) for number in range(asked.submissions)]
    with tempfile.TemporaryDirectory(prefix="parley-benchmark-") as folder:
        places = [Path(folder, name) for name in ("parley", "together", "nbgrader", "otter")]
        for place in places:
            place.mkdir()
        graders = {
            PARLEY: Parley(places[0], servers, PAGE),
            TOGETHER: Parley(places[1], servers, PAGE_TOGETHER),
            NBGRADER: Nbgrader(places[2], servers, python),
            OTTER: Otter(places[3], servers, python),
        }
        for grader in graders.values():
            measured(grader, 1)  # warms up
        rounds = {name: [] for name in graders}
        for number in range(1, asked.rounds + 1):
            for name, grader in graders.items():
                rounds[name].append(measured(grader, asked.submissions))
                print(f"round {number}: {rounds[name][-1]:.3f} s  {name}", flush=True)
    versions = f"Python {platform.python_version()}, Linux {platform.release().partition('-')[0]}, {', '.join(OTHERS)}"
    print(f"\n{date.today()}, {versions}.")
    print(f"{asked.submissions} submissions, {asked.rounds} rounds; median (minimum to maximum).\n")
    print(figures(rounds))


if __name__ == "__main__":
    try:
        main()
    except (GraderError, subprocess.TimeoutExpired) as problem:
        sys.exit(f"The benchmark stopped: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
