"""The checked cells of the lessons: a student's answer, a value or a function, is tried and judged with a reason.

One module for each stage (echo, logbook, turns, peers, broadcast); a task is a function that gets the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from parley.contract.errors import BadInput
from parley.stages import STAGES


@dataclass(frozen=True)
class Tried:
    """What came of trying an answer: whether it is right, and why, in one or two sentences for the student."""

    right: bool
    why: str


Judge = Callable[[Any], Tried]
_tasks: dict[str, Judge] = {}


def task(name: str) -> Callable[[Judge], Judge]:
    """Make a function the task `name` ("1 pieces": the stage's number, then one or two words).

    The function gets the student's answer and returns a Tried. It decides by running something: the student's
    function with real chunks or sockets, or the thing that was asked about. What the student's function raises may
    pass through. Example:

        @task("1 pieces")
        def pieces(answer: int) -> Tried:
            ...
    """

    def keep(judge: Judge) -> Judge:
        _tasks[name] = judge
        return judge

    return keep


def judge_of(name: str) -> Judge:
    """The task with this name. Raises BadInput if there is none."""
    number = name.partition(" ")[0]
    for stage in STAGES:
        if str(stage.number) == number:
            import_module(f"{__name__}.{stage.name.partition('_')[2]}")
    if name not in _tasks:
        raise BadInput(f"There is no task {name!r}. The cells of the lessons have the names.")
    return _tasks[name]
