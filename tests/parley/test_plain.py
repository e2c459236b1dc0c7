"""Typed values become plain data and come back the same; data of another shape is refused in a sentence."""

import json

import pytest

from parley.contract.plain import from_plain, to_plain
from parley.contract.record import Event
from parley.contract.story import Cause, Hint, Output, Step, Story
from parley.contract.verdict import GradedTest, Kind, Outcome, Points, Verdict
from parley.grading.grades import ScoredTest, StageGrades, State
from parley.grading.jobs import Job

TEST = GradedTest("1_echo/test_server.py::test_x", 5, Kind.CORE, "It answers.", "answers")
EVENTS = (Event(0.25, "Anna", "sends", b"\xff", "server"), Event(1.000001, "server", "receives", "é".encode()))
STORY = Story("It.", (Step(1, "x"),), None, "é", Cause("end", "x"), Hint("a", "b", "c", ""), (), EVENTS, "text")
GRADE = ScoredTest(Verdict(TEST, Outcome.FAILED, "why", STORY, 1.5, 0.25), True)
STAGE = StageGrades(0, 5, {Kind.CORE: Points(0, 5)}, State.GRADED, 0, 0, 1.5, 0.25, (GRADE,))
JOB = Job("anna/1_echo", "1_echo", {"server.py": b"\xff\n"}, tests=("test_x",))


@pytest.mark.parametrize("value", [TEST, STORY, GRADE, STAGE, JOB, Output("title", "text")], ids=lambda it: type(it))
def test_a_value_comes_back_from_json(value):
    assert from_plain(type(value), json.loads(json.dumps(to_plain(value)))) == value


@pytest.mark.parametrize("key", ["points", "kinds", "state", "tests", "cpu"])
@pytest.mark.parametrize("wrong", [None, "x", {"x": 1}, [3]])
def test_another_shape_is_refused(key, wrong):
    with pytest.raises(ValueError, match=r"This is no|is not a valid (State|Kind)"):
        from_plain(StageGrades, {**to_plain(STAGE), key: wrong})
    with pytest.raises(ValueError, match="This is no StageGrades"):
        from_plain(StageGrades, {})
