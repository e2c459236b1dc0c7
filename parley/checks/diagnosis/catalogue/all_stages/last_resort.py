"""What is told where no belief is known: what was seen."""

from __future__ import annotations

from parley.checks.diagnosis.catalogue.all_stages.shared import ERRORS, IDEA, SILENT, logged
from parley.checks.diagnosis.evidence import CTRL_C, KEYBOARD_END, Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, like, seen
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
    for failure in case.failed(causes=CAME):
        given = failure.given
        came = [event for event in failure.events if event.what in ("prints", "receives")]
        if given and came and came[-1].at >= given[-1].at:
            wanted, other = (_last_line(event.data) for event in (given[-1], came[-1]))
            parts = _changed_part(wanted, other)
            if parts:
                step = f"{quoted(wanted)} was {VERB[given[-1].what]}, and {quoted(other)} came."
                return seen([failure], step, part=quoted(parts[0]), other=quoted(parts[1]))
    return None


VERB = {"types": "typed", "sends": "sent"}


def _last_line(data: bytes) -> str:
    return data.decode(errors="replace").removesuffix("\n").rpartition("\n")[2]


def _changed_part(wanted: str, came: str) -> tuple[str, str] | None:
    """The part of a text that is another one in what came (which may have more in front); None where it has all of the
    text, or less than half.
    """
    if wanted in came:
        return None
    start = next(length for length in range(len(wanted), -1, -1) if wanted[:length] in came)
    there = came.find(wanted[:start]) + start
    rest, other = wanted[start:], came[there:]
    most = min(len(rest), len(other))
    end = next(length for length in range(most, -1, -1) if rest.endswith(other[len(other) - length :]))
    if 2 * (start + end) < len(wanted):
        return None
    return rest[: len(rest) - end], other[: len(other) - end]


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
    at_work = [fact for fact in there if fact["call"] not in AT_REST]
    if len(there) > 1:  # each of these waits for another thread, or for someone new
        there = [fact for fact in there if fact["call"] not in ("get", "accept")]
    if not there or (len(there) > FEW and not at_work):
        return None
    told = (at_work if len(there) > FEW else there)[0]
    return Found({"line": told["line"]}, as_steps(as_step(silent[0]), told), tuple(silent))


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
        sentence="Your {program} changes what is said: {part} becomes {other}. A text arrives as it was said.",
        question="Through which calls does a text go from the line that takes it in to the line that passes it on? "
        "Which of them returns another text?",
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
