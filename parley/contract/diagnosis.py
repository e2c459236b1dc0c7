"""What is wrong with a program: the observed facts, and the diagnosis they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parley.contract.plain import fields_from_plain, fields_to_plain
from parley.contract.verdict import Verdict

Detail = str | int | float | bool


@dataclass(frozen=True)
class Fact:
    """Something observed about a program, never a guess from its wording.

    `program`: "server" or "client"; `name`: what was seen ("stands", "raises", ...); `details`: its values; `where`:
    the test or moment of the examination, in words.
    """

    program: str
    name: str
    details: Mapping[str, Detail] = field(default_factory=dict)
    where: str = ""

    def __getitem__(self, key: str) -> Detail:
        """Return one of the details, "" if unknown."""
        return self.details.get(key, "")

    def fits(self, **wanted: Detail) -> bool:
        """Whether the details have these values."""
        return all(self[key] == value for key, value in wanted.items())


@dataclass(frozen=True)
class Diagnosis:
    """One fault of a program, as shown to the student.

    `fault`: its slug; `program`: "server" or "client"; `sentence`: what is wrong; `question`: a hint; `read`: a place
    in the lessons ("lessons/1_echo.md#the-server"); `steps`: the evidence, two to five sentences; `tests`: the names of
    the failed tests that it explains; `points`: their worth; `failed`: how many tests of all programs failed.
    """

    fault: str
    program: str
    sentence: str
    question: str
    read: str
    steps: tuple[str, ...]
    tests: tuple[str, ...]
    points: int
    failed: int

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON, for from_data."""
        data = fields_to_plain(self)
        explains = {"tests": data.pop("tests"), "points": data.pop("points"), "of": data.pop("failed")}
        return {**data, "explains": explains}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Diagnosis:
        """Return the diagnosis that as_data made. Raise ValueError with one sentence for anything else."""
        try:
            explains = data["explains"]
            return fields_from_plain(cls, {**data, **explains, "failed": explains["of"]})
        except (KeyError, TypeError, ValueError):
            raise ValueError("This isn't a diagnosis.") from None


def still_true(diagnoses: Iterable[Diagnosis], lost: Sequence[Verdict]) -> list[Diagnosis]:
    """Limit the diagnoses to these lost verdicts, for example those that someone may see."""
    points = {verdict.test.name: verdict.test.points for verdict in lost}
    found = []
    for diagnosis in diagnoses:
        tests = tuple(test for test in diagnosis.tests if test in points)
        if tests:
            worth = sum(points[test] for test in tests)
            found.append(replace(diagnosis, tests=tests, points=worth, failed=len(points)))
    return found
