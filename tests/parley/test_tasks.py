"""The checked cells of the lessons: a right answer is right, a wrong one is told why."""

import pytest

from parley import answer
from parley.contract.errors import BadInput


def test_an_answer_is_right_or_told_why():
    assert str(answer("1 letters")).startswith("Your turn: ")
    assert str(answer("1 letters", 6)).startswith("Not yet: 'café ☕' has 6 characters. encode() gave 9 bytes")
    assert str(answer("1 letters", 9)).startswith("Right: ")


def test_what_an_answer_raises_is_told_with_its_line():
    from parley.notebooks import tasks

    @tasks.task("1 test")
    def call(function):
        return tasks.Tried(function() == 1, "")

    def broken():
        raise LookupError("no such thing")

    assert "LookupError in line " in str(answer("1 test", broken)) and "(broken)" in str(answer("1 test", broken))


def test_a_task_that_there_is_not_is_one_sentence():
    with pytest.raises(BadInput, match="There is no task '1 nothing'"):
        answer("1 nothing")
