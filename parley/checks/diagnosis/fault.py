"""What a fault is: the evidence that decides it, what it explains, and what is said about it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from parley.checks.diagnosis.evidence import IN_WORDS, Case, Failure
from parley.contract.diagnosis import Detail, Fact
from parley.contract.story import CAUSES, sentence_of


class Life(enum.IntEnum):
    """The order of a program's life: of equal faults the earlier one is told first."""

    READ = 1  # Python reads it
    START = 2  # it starts, with its arguments
    LISTEN = 3  # it listens or connects
    GREET = 4  # the first words are said
    TAKE = 5  # it takes one message
    ANSWER = 6  # it answers, shows or hands on
    NEXT = 7  # it goes on: the next message, the next guest
    NOTICE = 8  # it notices an end
    LEAVE = 9  # it ends
    TELL = 10  # it says in a sentence or in its log what happened


@dataclass(frozen=True)
class Found:
    """What decided a fault: `details` for its sentence and question, `steps`: the evidence in sentences, `failures`:
    the failed tests in which it was seen (none where an examination has seen it).
    """

    details: Mapping[str, Detail] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


Decides = Callable[[Case], Found | None]
Explains = Callable[[Case, Found, Failure], bool]


def as_seen(case: Case, found: Found, failure: Failure) -> bool:
    """It explains the failed tests in which it was seen."""
    return failure in found.failures


def everything(case: Case, found: Found, failure: Failure) -> bool:
    """It explains every failed test of its program."""
    return True


def like(*names: str, causes: Iterable[str] = ()) -> Explains:
    """It explains the failed tests with such names ("test_ctrl_c*") or such causes, and those in which it was seen."""
    known = frozenset(causes)

    def explains(case: Case, found: Found, failure: Failure) -> bool:
        return failure in found.failures or failure.fits(*names) or failure.cause in known

    return explains


@dataclass(frozen=True)
class Fault:
    """Something that people get wrong.

    `slug`: its name; `life`: where in a program's life it shows; `decides`: whether the evidence shows it;
    `sentence` and `question`: with {names} of the details that were found; `read`: a place in the lessons;
    `explains`: which failed tests it may explain; `programs`: in which it can be; `stops`: it stops the program or
    lets it spin, so that it stands before what differs by a byte; `mistakes`: those in tests/mistakes that show it;
    `everyday`: anybody meets it, not only with a guest of a rare kind, so that it stands before other faults in the
    handling of errors; `rare`: only an unusual system or peer meets it, so that its points count as those of
    logging do; `missing`: something is not there yet, so that its core points count after those of the others, and
    before all that is about errors; `last`:
    a matter of form alone, told when all else was told; `fallback`: it names what was seen and not the belief
    behind it, so it is looked for only in failed tests that no other fault explains.
    """

    slug: str
    life: Life
    decides: Decides
    sentence: str
    question: str
    read: str
    explains: Explains = as_seen
    programs: tuple[str, ...] = ("server", "client")
    stops: bool = False
    mistakes: tuple[str, ...] = ()
    everyday: bool = False
    rare: bool = False
    missing: bool = False
    last: bool = False
    fallback: bool = False


# Predicates that many faults use


def seen(failures: list[Failure], *steps: str, **details: Detail) -> Found | None:
    """Found in these failed tests, or None if there are none; a {where} in the details is that of the first one."""
    if not failures:
        return None
    first = failures[0]
    where = str(first.facts.get("where") or "")
    known: dict[str, Detail] = {"exception": first.exception, "where": where, "who": str(first.facts.get("who") or "")}
    known |= {"moment": IN_WORDS[first.moment], "status": str(first.facts.get("status") or "")}
    return Found(known | details, steps or (as_step(first),), tuple(failures))


def in_tests(
    *names: str,
    causes: Iterable[str] = (),
    moment: str = "",
    exceptions: Iterable[str] = (),
    step: str = "",
) -> Decides:
    """It is decided by failed tests alone: by their names, causes, moment and exceptions."""

    def decides(case: Case) -> Found | None:
        failures = case.failed(*names, causes=causes, moment=moment, exceptions=exceptions)
        return seen(failures, *([step] if step else []))

    return decides


def as_steps(*parts: Fact | str | None) -> tuple[str, ...]:
    """Steps of evidence: sentences as they are, facts that stand for a position as they are told."""
    return tuple(str(part["told"]) if isinstance(part, Fact) else part for part in parts if part)


def as_raised(fact: Fact) -> str:
    """The step that says which line of a program raises which exception, of a fact "raises"."""
    return f"Line {fact['line']} raises {fact['exception']}: {fact['message']}"


def standing(case: Case, call: str, where: str = "") -> Fact | None:
    """The fact that a thread stands in this call, at a moment whose name has `where` in it; None if there is none."""
    return next((fact for fact in case.facts("stands", call=call) if where in fact.where), None)


def as_step(failure: Failure) -> str:
    """What a failed test has seen, as a sentence."""
    if failure.cause not in CAUSES:
        return failure.sentence
    told = sentence_of(failure.cause, failure.facts)
    if failure.cause == "silent screen":  # whether that was flushed is asked by the fault that an experiment decides
        told = told.partition(" If ")[0]
    return f"{capital(IN_WORDS[failure.moment])}: {told[:1].lower()}{told[1:]}"


def capital(text: str) -> str:
    """The text with a capital at its beginning; names in it keep theirs, which str.capitalize would take away."""
    return text[:1].upper() + text[1:]
