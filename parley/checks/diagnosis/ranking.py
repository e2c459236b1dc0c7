"""Which fault is told first: the one that explains most of what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parley.checks.diagnosis.evidence import Case, Evidence, Failure
from parley.checks.diagnosis.fault import Fault, Found
from parley.contract.diagnosis import Diagnosis

KINDS = ("core", "errors", "logging")  # the order in which lost points count
MOST_STEPS = 5
CORE_WEIGHS = 3  # points of errors for each of the core, if no more is known than that a rule isn't kept


@dataclass(frozen=True)
class Candidate:
    """A fault that the evidence shows, and the failed tests that it may explain."""

    fault: Fault
    program: str
    found: Found
    explains: tuple[Failure, ...]

    def weight(self, left: Sequence[Failure]) -> tuple[int, ...]:
        """How much it explains of what is left: the greatest is told first."""
        mine = [failure for failure in self.explains if failure in left]
        by_kind = [sum(failure.points for failure in mine if failure.kind == kind) for kind in KINDS]
        core, errors, logging = by_kind
        lacking = 0
        if self.fault.missing and self.fault.fallback:
            core, errors = 0, errors + CORE_WEIGHS * core
        elif self.fault.missing:
            core, lacking = 0, core
        if self.fault.rare:
            core, lacking, errors, logging = 0, 0, 0, sum(by_kind)
        if self.fault.fallback and not self.fault.missing and len(mine) < 2:
            core = errors = logging = 0  # one test alone has nothing in common with others
        stops = self.fault.stops and bool(mine)
        everyday = self.fault.everyday and bool(mine)
        form, missing = self.fault.last, self.fault.missing
        exact = not self.fault.fallback
        return (not form, stops, core, everyday, lacking, errors, logging, not missing, exact, -self.fault.life)


def candidates(evidence: Evidence, faults: Iterable[Fault], programs: Iterable[str]) -> list[Candidate]:
    """All faults that the evidence shows, and the fallbacks for what these don't explain. Where no test has failed,
    nothing is asked and nothing is found.
    """
    shown: list[Candidate] = []
    for program in programs:
        case = Case(evidence, program)
        if not case.failures:
            continue
        for fault in sorted(faults, key=lambda fault: fault.fallback):
            if program not in fault.programs:
                continue
            if fault.fallback:
                case = case.but_for([failure for candidate in shown for failure in candidate.explains])
            found = fault.decides(case)
            if found:
                explains = tuple(failure for failure in case.failures if fault.explains(case, found, failure))
                shown.append(Candidate(fault, program, found, explains))
    return shown


def diagnoses(evidence: Evidence, faults: Iterable[Fault], programs: Iterable[str]) -> list[Diagnosis]:
    """The faults in the order in which they are told; what one explains counts for no other one."""
    known = candidates(evidence, faults, programs)
    left = list(evidence.failures)
    told = []
    while known:
        first = max(known, key=lambda candidate: candidate.weight(left))
        known.remove(first)
        explained = [failure for failure in first.explains if failure in left]
        if explained:
            told.append(_diagnosis(first, explained, len(evidence.failures)))
            left = [failure for failure in left if failure not in explained]
    return told


def unexplained(evidence: Evidence, told: Iterable[Diagnosis]) -> list[Failure]:
    """The failed tests that no diagnosis explains: gaps of the catalogue."""
    explained = {test for diagnosis in told for test in diagnosis.tests}
    return [failure for failure in evidence.failures if failure.test not in explained]


def _diagnosis(candidate: Candidate, explained: Sequence[Failure], failed: int) -> Diagnosis:
    fault, details = candidate.fault, {"program": candidate.program, **candidate.found.details}
    return Diagnosis(
        fault=fault.slug,
        program=candidate.program,
        sentence=fault.sentence.format(**details),
        question=fault.question.format(**details),
        read=fault.read,
        steps=candidate.found.steps[:MOST_STEPS],
        tests=tuple(failure.test for failure in explained),
        points=sum(failure.points for failure in explained),
        failed=failed,
    )
