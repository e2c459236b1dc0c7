"""What keeps the project in order by itself: the linter, the workflow and the hooks do what they seem to do."""

import csv
import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer

from parley import cli
from parley.grading.grades import Grades
from parley.grading.tables import of_students
from parley.stages import root

ROOT = root()
SECONDS = 120  # bound of one command
HANDED_IN = "tests/gold/"  # programs as students hand them in: some cannot even be read


def tracked_files(*patterns):
    """The files that git tracks, as a set of paths below ROOT; skips where nothing says so."""
    if not shutil.which("git"):
        pytest.skip("Git is not installed, so nothing says which files are tracked.")
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, encoding="utf-8")
    if listed.returncode != 0:
        pytest.skip("This is no checkout of git, so nothing says which files are tracked.")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_linter_sees_each_tracked_file_but_those_of_students_and_those_derived():
    tracked = tracked_files("*.py", "*.ipynb")
    assert "parley/notebooks/cells.py" in tracked
    ruff = [sys.executable, "-m", "ruff", "check", "--show-files"]
    shown = subprocess.run(ruff, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    seen = {Path(name).relative_to(ROOT).as_posix() for name in shown.stdout.splitlines()}
    assert tracked - seen == {name for name in tracked if name.startswith(("exercises/", "notebooks/", HANDED_IN))}


def test_no_file_of_ours_gets_a_warning_when_it_is_compiled():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in (name for name in tracked_files("*.py") if not name.startswith(HANDED_IN)):
            compile((ROOT / name).read_text(encoding="utf-8"), name, "exec")


@functools.cache
def can_be_run(command):
    """Whether this is a command of the repository, or of what it installs: it can at least tell what it does."""
    program, *words = shlex.split(command.removeprefix("sudo "))
    if program in ("python", "python3"):
        if words[0] == "start.py":  # what it starts, without what it installs before
            words = ["-m", "pytest"] if words[1] == "test" else ["-m", "parley.cli", *words[1:]]
        told = subprocess.run(
            [sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=SECONDS
        )
        return told.returncode == 0 and "usage" in told.stdout.lower()
    return not words and program in tracked_files(program) and os.access(ROOT / program, os.X_OK)


def yaml_of(name):
    """What a file says in YAML; skips where nothing here can read that."""
    yaml = pytest.importorskip("yaml", reason="The files in YAML are read with the extra notebooks.")
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_each_step_of_the_workflow_is_a_command_of_this_repository():
    jobs = yaml_of(".github/workflows/ci.yml")["jobs"]
    steps = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert "python start.py tour" in steps and "python start.py test" in steps and "sudo .ci/run" in steps
    assert [step for step in steps if not can_be_run(step)] == []


def test_the_workflow_runs_on_the_pythons_and_systems_that_we_promise():
    matrix = yaml_of(".github/workflows/ci.yml")["jobs"]["readme"]["strategy"]["matrix"]
    promised = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(matrix["python"]) <= set(promised)
    assert {promised[0], promised[-1]} <= set(matrix["python"])
    assert {system.partition("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}


def test_each_hook_before_a_commit_can_be_run():
    hooks = yaml_of(".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert hooks and [hook["entry"] for hook in hooks if not can_be_run(hook["entry"])] == []


def test_the_commands_of_the_dev_container_can_be_run():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    commands = [text for name, text in container.items() if name.endswith("Command")]
    assert any("start.py lab" in command for command in commands)
    assert [command for command in commands if not can_be_run(command)] == []


def test_a_command_that_is_none_is_found_out():
    for command in ("python start.py nothing-such", "python -m ruff nothing-such", ".ci/nothing-such", "make all"):
        assert not can_be_run(command)


def test_each_form_for_an_issue_asks_something():
    for name in tracked_files(".github/ISSUE_TEMPLATE/*.yml"):
        form = yaml_of(name)
        assert form["name"] and form["description"]
        for question in form["body"]:
            assert question["type"] in ("textarea", "input", "dropdown") and question["attributes"]["label"]


# Commands in the text


COMMAND = re.compile(r"python3 start\.py ([^`\n#]+)")
TEXTS = ("README.md", "docs/teaching.md", "docs/faults.md", "docs/scale.md")
NO_COMMANDS = {"test", "--help", "X"}  # start.py itself knows the first two; X stands for any


@pytest.mark.parametrize("page", TEXTS)
def test_every_command_in_the_text_exists(page):
    known = typer.main.get_command(cli.application()).commands
    for words in COMMAND.findall((ROOT / page).read_text(encoding="utf-8")):
        name, *rest = shlex.split(words)
        if name in NO_COMMANDS:
            continue
        assert name in known, words
        options = {option for parameter in known[name].params for option in parameter.opts}
        assert {word for word in rest if re.fullmatch("--?[a-z][a-z-]*", word)} <= options, words


def test_the_readme_shows_its_commands_in_two_screens():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


def test_the_guide_names_every_column_of_the_grades():
    written = next(csv.reader([of_students(Grades("", True, 0, ["1_echo"], 100, "", (), (), ()), False)]))
    rows = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8").splitlines()
    (row,) = (row for row in rows if row.startswith("| `grades.csv` |"))
    assert set(written) <= set(re.findall("`([^`]+)`", row))
