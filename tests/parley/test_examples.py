"""The smallest examples and the places in the lessons: each fault has both, and each example runs."""

import re
import subprocess
import sys

import pytest

from parley.checks.diagnosis.catalogue import faults
from parley.checks.diagnosis.examples import examples
from parley.checks.diagnosis.passage import MOST_LINES, passage
from parley.derive.lessons import anchors, pages
from parley.stages import STAGES, root

FAULTS = (root() / "tests" / "gold" / "FAULTS.md").read_text(encoding="utf-8")


def test_each_fault_has_an_example():
    slugs = set(re.findall(r"^\| `([\w-]+)`", FAULTS, re.MULTILINE))
    slugs |= {fault.slug for stage in STAGES for fault in faults(stage.name)}
    assert len(slugs) > 150
    assert slugs - set(examples()) == set()


@pytest.mark.parametrize("slug", sorted(examples()))
def test_each_example_runs_and_shows_something(slug):
    run = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-W", "error", "-c", examples()[slug]],
        input="",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
    )
    assert run.returncode == 0, run.stderr
    assert (run.stdout + run.stderr).strip()
    assert "Traceback" not in run.stderr


def test_each_heading_of_a_lesson_can_be_quoted():
    for page in pages(root()):
        for anchor in anchors(page.read_text(encoding="utf-8")):
            quoted = passage(root(), f"lessons/{page.name}#{anchor}")
            assert quoted and len(quoted.splitlines()) <= MOST_LINES, (page, anchor)


def test_the_paragraph_that_speaks_of_the_question_is_quoted():
    place = "lessons/1_echo.md#the-client"
    assert "`flush=True`" in passage(root(), place, "Where do you flush what you print?").partition("\n\n")[0]
    assert passage(root(), "lessons/1_echo.md#no-such-heading") == ""
    assert passage(root(), "lessons/no_such_page.md#the-server") == ""


def test_the_row_of_a_table_is_quoted_with_the_titles_of_its_columns():
    quoted = passage(root(), "lessons/5_broadcast.md#the-threads", "Which thread calls accept_all?")
    assert quoted.startswith("thread: *acceptor*; function: `accept_all`; waits in: `accept`")
    assert "|" not in quoted and "---" not in quoted
