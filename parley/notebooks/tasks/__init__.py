"""The checked cells of the lessons: try a student's answer, a value or a function, and say what is wrong.

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
    """The result of trying an answer: whether it's right (None: not answered yet), and why, in one or two sentences for
    the student.
    """

    right: bool | None
    why: str


NOTHING_RETURNED = Tried(None, "write the function, then run this cell again.")  # it returned None


Judge = Callable[[Any], Tried]
_tasks: dict[str, Judge] = {}


def task(name: str) -> Callable[[Judge], Judge]:
    """Register a function as the task `name` ("1 pieces": the stage's number, then one or two words).

    The function gets the student's answer and returns a Tried, or raises NotYet. It runs something to decide: the
    student's function with real chunks or sockets, or the thing in question. Exceptions of the student's function may
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
    """Return the task with this name. Raise BadInput if there is none."""
    number = name.partition(" ")[0]
    for stage in STAGES:
        if str(stage.number) == number:
            import_module(f"{__name__}.{stage.name.partition('_')[2]}")
    if name not in _tasks:
        raise BadInput(f"There's no task {name!r}. The lessons' cells have the names.")
    return _tasks[name]
