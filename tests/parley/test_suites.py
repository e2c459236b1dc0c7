"""The graded suites audited as text: whatever fails in them tells a story, with a sentence, a cause and a hint."""

import ast
import itertools
import time

import pytest

from parley.checks.check import check
from parley.checks.hints import SLIP, hints
from parley.stages import EXERCISES, STAGES, WINDOW, find, root, solution

FURTHER = [*EXERCISES, WINDOW]
PAGES = [
    pytest.param(stage, root() / "tests" / stage.name / f"test_{program}.py", id=f"{stage.name}-{program}")
    for stage in [*STAGES, *FURTHER]
    for program in stage.programs
]


def graded(page):
    """The graded tests of a page: (function, the mark points as a call)."""
    tree = ast.parse(page.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [mark for mark in node.decorator_list if ast.unparse(mark).startswith("pytest.mark.points(")]
            assert len(marks) == 1, f"{node.name} has not the one mark points"
            yield node, marks[0]


@pytest.mark.parametrize(("stage", "page"), PAGES)
def test_no_assertion_is_without_a_story(stage, page):
    """Only expectations of actors may fail: each raises Failed, with what was expected, what came, and why.

    (NotHere is no failure: it says why something cannot be tested on this system.)
    """
    tree = ast.parse(page.read_text(encoding="utf-8"))
    silent = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Raise) and not ast.unparse(node).startswith("raise NotHere("))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.fail")
    ]
    assert not silent


@pytest.mark.parametrize(("stage", "page"), PAGES)
def test_no_suite_needs_our_solutions(stage, page):
    """A students' edition has none: its students can earn the same points."""
    assert "solution" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("stage", "page"), PAGES)
def test_every_test_has_a_sentence_and_every_hint_named_is_there(stage, page):
    known = hints(page.parent)
    for function, mark in graded(page):
        sentence = ast.get_docstring(function)
        assert sentence and sentence.endswith("."), function.name
        named = [keyword.value for keyword in mark.keywords if keyword.arg == "hint"]
        named += [
            keyword.value
            for call in ast.walk(function)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg == "hint"
        ]
        assert {name.value for name in named if isinstance(name, ast.Constant)} <= set(known), function.name


@pytest.mark.parametrize("stage", [*STAGES, *FURTHER], ids=lambda stage: stage.name)
def test_a_hint_asks_and_gives_no_code(stage):
    for hint in hints(root() / "tests" / stage.name).values():
        assert "?" in hint.question, hint.key
        assert "\n" not in hint.question and "=" not in hint.question, hint.key
        assert hint.read.startswith(("https://", "lessons/")), hint.key


@pytest.mark.parametrize("stage", [*STAGES, *FURTHER], ids=lambda stage: stage.name)
def test_a_hint_names_a_part_of_bare_that_exists(stage):
    for hint in hints(root() / "tests" / stage.name).values():
        if hint is SLIP:  # it is about any part
            continue
        file, found, name = hint.bare.partition(", function ")
        assert found, hint.key
        source = solution(stage, "bare", file.removesuffix(".py")).read_text(encoding="utf-8")
        assert f"def {name}(" in [line.strip()[: len(name) + 5] for line in source.splitlines()], hint.key


@pytest.mark.parametrize("stage", [*STAGES, *FURTHER], ids=lambda stage: stage.name)
def test_the_points_are_100_by_kind_and_20_of_a_further_exercise(stage):
    points = {"core": 0, "errors": 0, "logging": 0}
    for program in stage.programs:
        for _, mark in graded(root() / "tests" / stage.name / f"test_{program}.py"):
            number, kind = map(ast.literal_eval, mark.args)
            points[kind] += number
    of_further = [(12, 6, 2), (14, 6, 0)]  # who is alone leaves nothing to log
    assert tuple(points.values()) in ([(60, 30, 10)] if stage in STAGES else of_further)


def test_the_hour_may_end_during_a_test(monkeypatch):
    """Each time that the test asks which hour it is, the next one has begun."""
    hours, gmtime = itertools.count(10), time.gmtime
    monkeypatch.setattr(time, "gmtime", lambda *at: gmtime(*at) if at else gmtime(next(hours) * 3600))
    stage = find("2")
    folder = solution(stage, "full", "server").parent
    outcome = check(stage, folder, ["server"], seed=1, test="test_the_time_of_an_entry", examine=False)
    assert [(verdict.passed, verdict.reason) for verdict in outcome.verdicts] == [(True, "")]
