"""The learner's loop at a terminal: a check at each save, a key for each action, and nothing left behind."""

import os
import re

import pytest
from helpers import COMMAND, assert_gone, write_project

from parley.checks.check import check
from parley.checks.check import test_names as names_of_tests
from parley.stages import STAGES, exercise, solution

pytest.importorskip("pty", reason="terminals of this kind are not on Windows")


@pytest.fixture
def project(tmp_path):
    """A project of its own whose student has the bare server of stage 1, and no client yet."""
    text = solution(STAGES[0], "bare", "server").read_text(encoding="utf-8")
    return write_project(tmp_path, {(STAGES[0], "server"): text})


@pytest.fixture
def watching(project, terminal):
    environment = {**os.environ, "PARLEY_ROOT": str(project), "TERM": "dumb"}
    command = [*COMMAND, "watch", "1", "--server"]
    return terminal(*command, environment=environment)


@pytest.mark.parametrize("way_out", ["q", "\x03"])
def test_a_check_at_each_save_and_a_key_for_each_action(watching, project, way_out):
    watching.shows("30 of 50 points")
    watching.shows("q: quit")
    watching.types("h")
    watching.shows("part 1 of 3")
    full = solution(STAGES[0], "full", "server").read_text(encoding="utf-8")
    exercise(STAGES[0], "server", project).write_text(full, encoding="utf-8")
    watching.shows("50 of 50 points")
    watching.types(way_out)
    assert watching.ends() in (0, 130)
    assert not broken(watching)
    assert_gone("PARLEY_ROOT", project)


def test_a_save_runs_the_saved_program_alone_and_first_what_failed_last(project, terminal):
    environment = {**os.environ, "PARLEY_ROOT": str(project), "TERM": "dumb"}
    client = solution(STAGES[0], "full", "client").read_text(encoding="utf-8")
    exercise(STAGES[0], "client", project).write_text(client, encoding="utf-8")
    watching = terminal(*COMMAND, "watch", "1", environment=environment)
    watching.shows("80 of 100 points")
    watching.shows("q: quit")
    before = len(watching.shown)
    quiet = solution(STAGES[0], "bare", "server").read_text(encoding="utf-8") + "\n# saved again\n"
    exercise(STAGES[0], "server", project).write_text(quiet, encoding="utf-8")
    watching.shows("server.py was saved, so only its tests run")
    watching.shows("The tests that failed last run first.")
    watching.shows("30 of 50 points")
    *four, _ = re.split(r"  server errors  (?:failed|not reached): ", watching.shown[before:].decode(), maxsplit=4)
    assert len(four) == 4
    assert not re.search(r"\b6 of \d+ tests", "".join(four))  # three at a time
    watching.types("q")
    assert watching.ends() == 0


def test_ctrl_c_in_the_middle_of_a_check(watching, project):
    watching.shows(" tests")
    watching.types("\x03")
    assert watching.ends() == 130
    assert not broken(watching)
    assert_gone("PARLEY_ROOT", project)


def broken(watching):
    """Whether the command itself has ended with a traceback: one in a story, of the student's program, is indented."""
    return b"\nTraceback" in watching.shown


def test_what_runs_first_runs_in_the_order_given(monkeypatch):
    monkeypatch.setattr("parley.checks.check.JOBS", 1)
    folder = solution(STAGES[0], "full", "server").parent
    names = [f"1_echo/test_server.py::{name}" for name in names_of_tests(STAGES[0], ["server"])]
    begun = []
    first = [names[5], names[2]]
    check(
        STAGES[0],
        folder,
        ["server"],
        seed=1,
        first=first,
        examine=False,
        on_verdict=lambda verdict: begun.append(verdict.test.name),
    )
    assert begun[:2] == first and set(begun) == set(names)
