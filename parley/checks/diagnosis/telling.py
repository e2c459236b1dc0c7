"""A diagnosis told on a terminal: what is wrong, how it was seen, what hangs on it, and a question."""

from __future__ import annotations

import textwrap

from parley.contract.diagnosis import Diagnosis
from parley.contract.record import harmless

WIDTH = 80  # columns
MOST_LINES = 25


def tell_diagnosis(diagnosis: Diagnosis) -> str:
    """The diagnosis as text of a few lines, safe to show."""
    lines = [*_wrapped("", f"{diagnosis.program}.py: {diagnosis.sentence}"), ""]
    for step in diagnosis.steps:
        for number, part in enumerate(harmless(step, 500, 6).split("\n")):
            # lines of a program under each other stay as they are: a caret has to stand below its place
            lines += [f"      {part}"[:WIDTH]] if number else _wrapped("  - ", part)
    number = len(diagnosis.tests)
    tests = f"{number} of {diagnosis.failed} failed {'test' if diagnosis.failed == 1 else 'tests'}"
    points = f"{diagnosis.points} {'point' if diagnosis.points == 1 else 'points'}"
    lines += ["", *_wrapped("  ", f"This explains {tests}, {points}.")]
    lines += _wrapped("  Question: ", diagnosis.question)
    lines += _wrapped("  Read:     ", diagnosis.read)
    return "\n".join(lines[:MOST_LINES])


def _wrapped(label: str, text: str) -> list[str]:
    text = harmless(text, 1000, 1)
    return textwrap.wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))
