"""Stages 1 to 3: the main thread is at its end, and another thread keeps the program running."""

from __future__ import annotations

import re

from parley.checks.diagnosis.evidence import (
    AS_IT_IS,
    BAD_PORT,
    CTRL_C,
    PORT_TAKEN,
    REFUSED,
    UNANSWERED,
    Case,
    Failure,
    Variation,
)
from parley.checks.diagnosis.fault import Fault, Found, Life, as_steps, capital
from parley.checks.diagnosis.syntax import calls_of
from parley.contract.diagnosis import Fact

INTERRUPTED = Variation(interrupted=True)
AFTER_CTRL_C = "after Ctrl+C"
READ = "lessons/4_peers.md#starting-waiting-ending"
ENDS = ("/close", "end of stream", "end of input", "Ctrl+C")  # moments at which a program should end
_EXECUTOR = re.compile(r"run_in_executor|to_thread|Executor\(")


def _stands(case: Case) -> list[list[Fact]]:
    """Where the threads of the program stood, by moment, when it should have ended; after Ctrl+C, where a test has seen
    that this doesn't end it.
    """
    waits = case.failed(causes=["goes on"])
    if not waits or waits[0].test[0] not in "123":
        return []
    variations = [AS_IT_IS]
    if any(failure.moment == CTRL_C for failure in waits):
        variations.append(INTERRUPTED)
    facts = [fact for vary in variations for fact in case.evidence.facts(case.program, vary) if fact.name == "stands"]
    moments = dict.fromkeys(fact.where for fact in facts if any(end in fact.where for end in ENDS))
    return [[fact for fact in facts if fact.where == moment] for moment in moments]


def main_is_over(case: Case) -> Fact | None:
    """Where the main thread is if it has nothing more to do, and Python waits for another thread; None for others."""
    return next((fact for stands in _stands(case) for fact in stands if _is_over(fact)), None)


def _is_over(fact: Fact) -> bool:
    return fact["thread"] == "main" and (fact["call"] == "shutdown" or (fact["call"] == "join" and not fact["line"]))


def no_daemon(case: Case) -> Found | None:
    """The main thread is over, and Python waits for another thread."""
    for stands in _stands(case):
        main = next(filter(_is_over, stands), None)
        others = sorted((fact for fact in stands if fact["thread"] != "main"), key=lambda fact: not fact["line"])
        if main and others and not _is_lent(case, others) and not _talks(case, others[0]):
            where = f" is at line {others[0]['line']}" if others[0]["line"] else " still runs"
            step = f"{capital(main.where)} the program kept running."
            steps = as_steps(step, main, others[0], _enter_ends(case, main))
            return Found({"where": where, "when": main.where}, steps)
    return None


def executor_at_keyboard(case: Case) -> Found | None:
    """The program should end, and waits for a thread that its executor has lent to the keyboard: Enter ends it."""
    for stands in _stands(case):
        main = next((fact for fact in stands if fact["thread"] == "main" and fact["call"] != "input"), None)
        enter = _enter_ends(case, main) if main else None
        if main and enter and _is_lent(case, stands):
            lent = next((fact for fact in stands if fact["call"] == "executor"), None)
            step = f"{capital(main.where)} the program kept running."
            return Found({"when": main.where}, as_steps(step, main, lent, enter))
    return None


def _is_lent(case: Case, stands: list[Fact]) -> bool:
    """Whether one of these threads belongs to an executor, which the program asks to do its waiting."""
    return bool(_EXECUTOR.search(case.source)) and any(fact["call"] == "executor" for fact in stands)


def _talks(case: Case, fact: Fact) -> bool:
    """Whether the conversation itself is this thread's work: then it hasn't noticed the end, or doesn't heed it."""
    if fact.where == AFTER_CTRL_C:
        return False
    talks = {"recv", "sendall", "send"} & calls_of(case.source, str(fact["thread"]))
    return fact["call"] in ("recv", "accept", "select") or bool(talks)


def _enter_ends(case: Case, main: Fact) -> str | None:
    variation = INTERRUPTED if main.where == AFTER_CTRL_C else AS_IT_IS
    facts = case.evidence.facts(case.program, variation)
    ends = any(fact.name == "enter" and fact.where == main.where and fact["ends"] for fact in facts)
    return "Enter ends it." if ends else None


def _explains_staying(case: Case, found: Found, failure: Failure) -> bool:
    """Whatever waits in vain for its end, if it has said why it ends, or was seen to be at its end."""
    if failure.cause != "goes on":
        return False
    if failure.moment in (BAD_PORT, PORT_TAKEN, REFUSED, UNANSWERED):
        who = str(failure.facts.get("who") or "")
        return bool(failure.shown("logs", who).strip())
    return found.details["when"] != AFTER_CTRL_C or failure.moment == CTRL_C


KEPT_ALIVE = [
    Fault(
        slug="no-daemon",
        life=Life.LEAVE,
        decides=no_daemon,
        explains=_explains_staying,
        sentence="Your main thread has ended, but Python waits for the thread that{where}, because it isn't a daemon "
        "thread.",
        question="Main is at its end {when}. Which of your threads still waits, in which call, and who could wake it "
        "there? Does this stage need this thread at all?",
        read=READ,
    ),
    Fault(
        slug="executor-at-keyboard",
        life=Life.LEAVE,
        decides=executor_at_keyboard,
        explains=_explains_staying,
        sentence="Your {program} should end, but waits for the thread that its executor (run_in_executor, to_thread) "
        "has lent to the keyboard: cancelling its task doesn't end it, only Enter does.",
        question="Who made the thread that reads the keyboard, and who waits for it when your coroutines are done? "
        "Which kind of thread is no reason for Python to wait?",
        read=READ,
    ),
]
