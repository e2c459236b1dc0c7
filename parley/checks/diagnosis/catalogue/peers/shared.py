"""What several faults of stage 4 ask, and the words that its examination uses."""

from __future__ import annotations

from parley.checks.diagnosis.evidence import (
    BAD_PORT,
    CTRL_C,
    EXCHANGE,
    NEXT_START,
    PORT_TAKEN,
    REFUSED,
    START,
    UNANSWERED,
    Case,
    Failure,
    Variation,
)
from parley.checks.diagnosis.fault import Found
from parley.contract.diagnosis import Fact

IDEA, SENDER, RECEIVER = (f"lessons/4_peers.md#{place}" for place in ("the-idea", "the-sender", "the-receiver"))
BEGIN, WAKE = (f"lessons/4_peers.md#{place}" for place in ("starting-waiting-ending", "who-wakes-whom"))
CLIENT, CLOSE = (f"lessons/4_peers.md#{place}" for place in ("the-client", "who-closes-what-in-which-order"))
ERRORS, LOG = (f"lessons/4_peers.md#the-{place}" for place in ("second-round-errors", "third-round-the-log"))
OWN, OTHER = "Sofia", "Anna"  # the names: of the program's user, and of who talks with it
SAID, TYPED = ("harbour 17", "café ☕ 18"), ("ferry 21", "Straße 22")
TOGETHER = ("candle 31", "lemon 32")
UNBUFFERED, QUIET = Variation(unbuffered=True), Variation(pause=2.5)
CLOSES, WITHOUT_A_WORD, TYPES_CLOSE = "after /close", "after the end without a word", "after a typed /close"
SCREEN = ("silent screen", "other print")
LOG_OF_END = ("test_the_log_says_who_has_left", "test_the_log_says_that_it_is_over")


def thread_stands(case: Case, call: str = "", thread: str = "", where: str = "") -> Fact | None:
    """Where a thread stands ("main", or "another" one) that waits in this call."""
    for fact in case.facts("stands"):
        mine = not thread or (fact["thread"] == "main") == (thread == "main")
        if mine and (not call or fact["call"] == call) and where in fact.where:
            return fact
    return None


def goes_on_after(case: Case, where: str = "after") -> Fact | None:
    """The first end after which it went on."""
    return next((fact for fact in case.facts("ends", ended=False) if where in fact.where), None)


def explains_hanging(case: Case, found: Found, failure: Failure) -> bool:
    """A test that waits in vain for the program's end, or for what it logs then."""
    if failure.fits(*LOG_OF_END):
        return failure.cause == "silent log" and bool(failure.shown("logs").strip())
    return failure in found.failures or (failure.cause == "goes on" and failure.moment != UNANSWERED)


def not_even_a_chat(failure: Failure) -> bool:
    """Whether a test about how a chat ends or is logged was over before that: its first lines did not cross."""
    causes = (*SCREEN, "silence", "other bytes", "other line", "part", "no line end")
    return failure.kind != "core" and failure.cause in causes and failure.moment in (EXCHANGE, START, REFUSED)


def after_a_message(case: Case, found: Found, failure: Failure) -> bool:
    """Everything for which a message has to be taken, also where the program then ends, or never does."""
    ends = failure.kind == "core" and failure.cause in ("ended", "end", "goes on", "other status")
    return ends or core_exchange(case, found, failure)


def after_it_is_over(case: Case, found: Found, failure: Failure) -> bool:
    """Everything that would have happened in the chat."""
    elsewhere = failure.moment in (CTRL_C, NEXT_START, PORT_TAKEN, BAD_PORT, REFUSED)
    return not elsewhere and failure.cause in (
        "ended",
        "crashed",
        "end",
        "reset",
        "silent screen",
        "other status",
        "silence",
    )


def core_exchange(case: Case, found: Found, failure: Failure) -> bool:
    """Everything that needs names and lines to cross."""
    causes = (*SCREEN, "part", "no line end", "silence", "other bytes", "other line", "unwanted print", "traceback")
    return failure in found.failures or failure.cause in causes
