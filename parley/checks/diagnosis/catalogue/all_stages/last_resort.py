"""What is told where no belief is known: what was seen."""

from __future__ import annotations

from parley.checks.diagnosis.catalogue.all_stages.shared import ERRORS, IDEA, SILENT, logged
from parley.checks.diagnosis.evidence import CTRL_C, KEYBOARD_END, Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, like, seen
from parley.checks.diagnosis.rewriting import alike, changed_text
from parley.contract.diagnosis import Fact
from parley.contract.record import quoted


def _exception_left(case: Case) -> Found | None:
    """Of the exceptions that nothing else explains, the one that costs most."""
    points: dict[tuple[str, str], int] = {}
    for failure in case.failures:
        if failure.exception and failure.facts.get("where"):
            points[_place(failure)] = points.get(_place(failure), 0) + failure.points
    if not points:
        return None
    most = max(points, key=lambda place: points[place])
    failures = [failure for failure in case.failures if failure.exception and _place(failure) == most]
    return seen(failures, *as_steps(as_step(failures[0]), _last_words(case, failures[0])))


def _place(failure: Failure) -> tuple[str, str]:
    """The exception and where it came up, whichever of the threads that run this line it was."""
    return failure.exception, str(failure.facts.get("where") or "").partition(", thread ")[0]


def _last_words(case: Case, failure: Failure) -> str | None:
    """What Python says at the end of the traceback of a failure's exception."""
    lines = logged(case, failure).splitlines()
    return next((f'Python says: "{line[:150]}"' for line in lines if line.startswith(f"{failure.exception}: ")), None)


def _other_status(case: Case) -> Found | None:
    """It ends as planned, but with a status that says that something went wrong."""
    return seen([failure for failure in case.failed(causes=["other status"]) if failure.facts.get("wanted") == 0])


CAME = ("other bytes", "other print", "unwanted print", "other line")


def _changes_text(case: Case) -> Found | None:
    """What came is the text that was given, but for a part in it."""
    changed = [(failure, change) for failure in case.failed(causes=CAME) if (change := changed_text(failure))]
    if not changed:
        return None
    same = [each for each in changed if each is changed[0] or alike(case.source, changed[0][1], each[1])]
    change = max((change for _, change in same), key=lambda change: len(change.part))
    line, call = change.made_by(case.source)
    step = f"{quoted(change.given)} was {VERB[change.how]}, and {quoted(change.came)} came."
    does = f"Line {line} of {case.program}.py does that: {call}" if line else None
    what = f"{quoted(change.part)} becomes {quoted(change.other)}" if change.other else f"{quoted(change.part)} is lost"
    asks = f"Print repr() of a text before line {line} and after it." if line else FOLLOW
    return seen(
        [each for each, _ in same], *as_steps(step, does), what=what, by=f" (line {line})" if line else "", asks=asks
    )


VERB = {"types": "typed", "sends": "sent"}
FOLLOW = "Follow a text from the line that takes it in to the line that passes it on."


AT_REST = ("recv", "accept", "input", "select", "get", "wait")  # where the threads of a right program wait
FEW = 3  # threads: of more than these, where one rests says nothing about what is wrong


def _waits_in_vain(case: Case) -> Found | None:
    """It stands in a line of its own, and nothing that a test awaited has come from it."""
    silent = case.failed(causes=SILENT)
    stands = [fact for fact in case.facts("stands") if fact["line"] and fact["call"] != "sleep"]
    leaving = all(failure.moment in (KEYBOARD_END, CTRL_C) or failure.fits("test_leaving") for failure in silent)
    if case.program == "client" and leaving:
        stands = [fact for fact in stands if fact["call"] != "input"]  # that is no place after the keyboard's end
    if not silent or not stands or case.fact("does_not_begin"):
        return None
    there = [fact for fact in stands if fact.where == stands[0].where]
    many = len(there) > FEW
    told = [fact for fact in there if fact["call"] not in AT_REST] if many else there
    if len(there) > 1:  # each of these waits for another thread, for the keyboard, or for anyone
        told = [fact for fact in told if fact["call"] not in ("get", "accept", "select") and not _at_its_keyboard(fact)]
    if not told:
        return None
    return Found({"line": told[0]["line"]}, as_steps(as_step(silent[0]), told[0]), tuple(silent))


def _at_its_keyboard(fact: Fact) -> bool:
    """Whether a thread of its own waits for what is typed."""
    return fact["call"] == "input" and fact["thread"] != "main"


FAULTS = [
    Fault(
        slug="exception",
        life=Life.NOTICE,
        decides=_exception_left,
        fallback=True,
        sentence="Your program raises {exception}{where}, and nothing in it catches that.",
        question="Go to that line and read it aloud. Which value did each name in it have at that moment? Print them "
        "with repr() one line above.",
        read=ERRORS,
    ),
    Fault(
        slug="changes-text",
        life=Life.ANSWER,
        decides=_changes_text,
        fallback=True,
        sentence="Your {program} changes what is said{by}: {what}. A text arrives as it was said.",
        question="{asks} Which call returns another text, and who may need the one that was said?",
        read="lessons/2_logbook.md#the-idea",
    ),
    Fault(
        slug="other-status",
        life=Life.LEAVE,
        decides=_other_status,
        fallback=True,
        sentence="Your {program} ends with {status} although nothing has gone wrong. That says to whoever started it: "
        "there was an error.",
        question="Which line ends your program when the conversation is over as planned? Which status does it give?",
        read=ERRORS,
    ),
    Fault(
        slug="waits-in-vain",
        life=Life.NOTICE,
        decides=_waits_in_vain,
        explains=like(causes=SILENT),
        fallback=True,
        sentence="Your {program} stops at line {line} and waits there for something that never comes.",
        question="What exactly does line {line} wait for? Who has to do it, and does anything promise that it happens?",
        read=IDEA,
    ),
]
