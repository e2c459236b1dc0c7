"""Stage 5: what is told where no belief is known: which rule of the contract is not kept yet, and what was seen."""

from __future__ import annotations

from parley.checks.diagnosis.catalogue.broadcast.shared import FIRST_ROUND
from parley.checks.diagnosis.contact import shown
from parley.checks.diagnosis.evidence import Case
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, capital, seen


def _not_kept(case: Case) -> Found | None:
    """Of the failed tests of its core that nothing else explains, the one that costs most."""
    core = [failure for failure in case.failed() if failure.kind == "core" and failure.facts]
    if not core or case.fact("does_not_begin"):
        return None
    most = max(core, key=lambda failure: failure.points)
    steps = [capital(as_step(most))]
    if most.given:
        last = most.given[-1]
        what = f'"{shown(last.data)}"' if last.data.strip() else "an empty line"
        steps.append(f"{VERBS[last.what]} last: {what}.")
    return seen([most], *steps, rule=most.sentence.rstrip("."))


VERBS = {"types": "This was typed", "sends": "This was sent"}


FAULTS = [
    Fault(
        slug="rule-not-kept",
        life=Life.TELL,
        decides=_not_kept,
        fallback=True,
        missing=True,
        sentence="Your {program} doesn't keep this rule yet: {rule}.",
        question="Play this rule through by hand, with netcat and your own programs: what do you see, and what does "
        "the rule say? Which line of yours should do it, and does it run?",
        read=FIRST_ROUND,
    ),
]
