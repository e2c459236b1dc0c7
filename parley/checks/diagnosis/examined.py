"""The diagnosis of one check, from its beginning to its end: first contact beside the suite, then what it all means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from parley.checks.diagnosis.catalogue import examinations, faults
from parley.checks.diagnosis.contact import Contact, Visit
from parley.checks.diagnosis.evidence import Evidence, Failure, Variation
from parley.checks.diagnosis.ranking import diagnoses
from parley.contract.diagnosis import Diagnosis, Fact
from parley.contract.record import Failed
from parley.contract.verdict import Outcome, Verdict
from parley.harness.scene import MOST_SOURCE

MOST_IN_LINE = 2_000  # characters of a program that something is looked for in
OVER_AT_ONCE = ("crashed", "ended", "floods", "syntax", "missing", "not begun")  # causes that no test waits for


class Examined:
    """First contact with the programs of a folder, which begins at once, and the diagnoses that a check leads to.

    `evidence`: known after diagnoses().
    """

    def __init__(
        self,
        stage: str,
        folder: Path,
        programs: Sequence[str],
        start: Any = None,
        alone: Callable[[], object] = lambda: None,
    ) -> None:
        """`stage`: its name ("1_echo"); `start`: how programs are started (see parley.harness.scene.Scene); alone() is
        called on the thread of each examination before it begins.
        """
        self.evidence: Evidence | None = None
        self._stage, self._folder, self._programs, self._start = stage, Path(folder), programs, start
        self._told: set[str] = set()
        self._alone = alone
        self._examinations = examinations(stage)
        wanted = {program: examine for program, examine in self._examinations.items() if program in programs}
        self._contact = Contact(self._folder, wanted, start, alone)

    def given_up(self, program: str) -> bool:
        """Whether no test needs to wait for this program: it never listens, or never connects, where it is told to."""
        failed = self._contact.given_up.get(program)
        return failed is not None and failed.cause not in OVER_AT_ONCE

    def first_story(self, program: str, error: Exception | None) -> Exception | None:
        """What ended a test: of the first one of a program that is not reached, what first contact has seen instead."""
        if not isinstance(error, Failed) or error.cause != "not reached":
            return error
        failed = self._contact.given_up.get(program)
        if failed is None or program in self._told:
            return error
        self._told.add(program)
        return failed

    def diagnoses(self, verdicts: Sequence[Verdict], failed: Mapping[str, Failed]) -> list[Diagnosis]:
        """What is wrong, in the order in which it is told. `failed`: {test: the Failed that has ended it}."""
        facts = self._contact.wait()
        lost = [verdict.test for verdict in verdicts if verdict.lost and verdict.outcome is not Outcome.NOT_BEGUN]
        failures = [Failure.of(test, failed.get(test.name)) for test in lost]
        sources = {program: _text(self._folder / f"{program}.py") for program in self._programs}
        self.evidence = Evidence(failures, facts, self._examine, sources)
        return diagnoses(self.evidence, faults(self._stage), self._programs)

    @property
    def trouble(self) -> list[BaseException]:
        """Exceptions of ours in first contact: it explains less then, and costs no one a point."""
        return self._contact.trouble

    def end(self) -> None:
        """End all that takes part in first contact, at once."""
        self._contact.end()

    def _examine(self, program: str, variation: Variation) -> list[Fact]:
        examine = self._examinations.get(program)
        if not examine:
            return []
        self._alone()
        return Visit(self._folder, program, variation, self._start).run(examine)


def _text(path: Path) -> str:
    """The text of a program; "" where it is too long, or a line of it is, for whatever looks for words in it."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text if len(text) <= MOST_SOURCE and max(map(len, text.split("\n"))) <= MOST_IN_LINE else ""
