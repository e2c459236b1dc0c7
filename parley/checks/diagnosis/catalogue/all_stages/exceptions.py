"""A line raises an exception: a value of another type, a name that has no value, None."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.not_called import no_await
from parley.checks.diagnosis.catalogue.all_stages.shared import (
    ERRORS,
    FORESEEN,
    IDEA,
    SERVER,
    SHORTEST,
    bases_of,
    came_in,
    explains_exception,
    fact_line,
    hidden,
    matters,
    raised_slip,
)
from parley.checks.diagnosis.catalogue.all_stages.sockets import of_closed_socket
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, as_raised, as_step, as_steps
from parley.checks.diagnosis.slips import accepted_whole, assigned_inside, none_at_the_margin, returns_nothing
from parley.checks.diagnosis.syntax import handlers, names_at_the_margin
from parley.contract.diagnosis import Detail, Fact


def _mixes(message: str) -> bool:
    """Whether the message of an exception is about text where bytes should be, or the other way round."""
    both = "bytes" in message and "str" in message
    return both or any(words in message for words in ("no attribute 'decode'", "no attribute 'encode'", "an encoding"))


_TEXT_AND_NUMBER = re.compile(
    r"'str' object cannot be interpreted as an integer|an integer is required \(got type str\)"
    r"|'(?:int|float)' and 'str'|'str' and '(?:int|float)'|not \"(?:int|float)\"\) to str"
)
_NO_PAIR = re.compile(
    r"\b(?:bind|connect|connect_ex)\(\) takes exactly one argument|\bcreate_server\(\) takes 1 positional"
    r"|\baddress must be (?:a )?(?:tuple|pair)"
)


def _text_and_number(message: str) -> bool:
    """Whether the message of an exception is about text where a number should be, or the other way round."""
    return bool(_TEXT_AND_NUMBER.search(message))


def _no_pair(message: str) -> bool:
    """Whether the message of an exception is about an address that is no pair of host and port."""
    return bool(_NO_PAIR.search(message))


def _open_type_error(fits: Callable[[str], bool]) -> Decides:
    """A TypeError with such a message, which no except of the program hides."""
    slip = raised_slip("TypeError", fits=fits)
    return lambda case: None if hidden(case) else slip(case)


def _local_name(case: Case) -> Found | None:
    """A function assigns to a name of the program without saying that it means that one, and uses it before."""
    found = raised_slip("UnboundLocalError")(case)
    quoted = re.search(r"'(\w+)'", str(found.details["message"])) if found else None
    if not found or not quoted or quoted[1] not in names_at_the_margin(case.source):
        return None
    return replace(found, details={**found.details, "name": quoted[1]})


def _other_slip(message: str) -> bool:
    """Whether the message of an exception is none of those that have a fault of their own."""
    return not any(fits(message) for fits in (_mixes, no_await, _text_and_number, _no_pair, of_closed_socket))


_NO_SOCKET = re.compile(r"'tuple' object (has no attribute '(\w+)'|does not support the context manager)")
_OF_A_SOCKET = frozenset(
    ["recv", "send", "sendall", "makefile", "close", "shutdown", "settimeout", "setblocking", "__enter__", "fileno"]
)


def _accepted_whole(case: Case) -> Found | None:
    """A line takes what accept returned for a socket, and it is a pair of a socket and an address."""
    line = accepted_whole(case.source)
    for fact in case.facts("raises") if line else ():
        pair = _NO_SOCKET.search(str(fact["message"]))
        if pair and (pair[2] or "__enter__") in _OF_A_SOCKET:
            return Found({"line": line, "uses": fact["line"], "exception": fact["exception"]}, (as_raised(fact),))
    return None


def _explains_pair(case: Case, found: Found, failure: Failure) -> bool:
    """Whatever needs its first client."""
    return failure.exception == found.details["exception"] or failure.kind == "core" or failure.cause in HIDDEN


def _none_outside(case: Case) -> Found | None:
    """A name that has None outside of the functions is still None: a function gives its value to a name of its own."""
    for fact in case.facts("raises"):
        attribute = re.search(r"'NoneType' object has no attribute '(\w+)'", str(fact["message"]))
        if not attribute or not matters(case, fact):
            continue
        used = re.findall(rf"\b(\w+)\.{attribute[1]}\b", fact_line(case, fact))
        own = assigned_inside(case.source, set(used) & none_at_the_margin(case.source))
        if own:
            details: dict[str, Detail] = {"line": fact["line"], "exception": fact["exception"], "early": True}
            own_name: dict[str, Detail] = {"name": own.name, "function": own.function, "assigns": own.line}
            return Found(details | own_name, (as_raised(fact),))
    return None


def _returns_nothing(case: Case) -> Found | None:
    """It shows or sends None, or fails with it, and takes the result of a function that returns nothing."""
    shown = [failure for failure in case.failures if re.search(r"\bNone\b", came_in(failure))]
    for silent in returns_nothing(case.source):
        raised = next((fact for fact in case.facts("raises") if _fails_with_none(case, fact, silent.name)), None)
        if shown or raised:
            seen_there = as_raised(raised) if raised else "The word None came where a text should be."
            uses = f"Line {silent.used} of {case.program}.py uses what {silent.function}() returns, and no line of "
            details: dict[str, Detail] = {"name": silent.function, "line": silent.line}
            exception = str(raised["exception"]) if raised else ""
            steps = (f"{uses}{silent.function}() returns anything.", seen_there)
            return Found(details | {"exception": exception}, steps, tuple(shown))
    return None


def _fails_with_none(case: Case, raised: Fact, name: str) -> bool:
    """Whether an exception says that this name is None."""
    return bool(name) and "NoneType" in str(raised["message"]) and name in fact_line(case, raised)


def _explains_none(case: Case, found: Found, failure: Failure) -> bool:
    """What was shown as None, and all else that needs what arrives."""
    if failure.exception:
        return failure.exception == found.details["exception"]
    return failure in found.failures or (failure.kind == "core" and failure.cause != "other status")


def _slip_taken_for_trouble(case: Case) -> Found | None:
    """What a line raises by mistake is caught and told like trouble from outside, and the conversation ends."""
    for fact in case.facts("raises"):
        said = re.split(r": |['\"(]", str(fact["message"]))[0]  # without the values of this one time
        own = fact_line(case, fact).lstrip().startswith("raise ")  # it knows why it ends
        if own or len(said) < SHORTEST or fact["exception"] in (*FORESEEN, *OF_LETTERS):
            continue
        failures = [failure for failure in case.failures if _says_and_ends(failure, said)]
        bases = bases_of(str(fact["exception"]))
        handler = next((each for each in handlers(case.source) if each.catches & bases), None)
        if failures and handler:
            details = {"line": fact["line"], "exception": fact["exception"], "message": fact["message"], "said": said}
            steps = as_steps(as_raised(fact), as_step(failures[0]))
            return Found(details | {"handler": handler.line}, steps, tuple(failures))
    return None


OF_LETTERS = ("UnicodeDecodeError", "UnicodeEncodeError")  # a letter was cut or is none: another matter


def _says_and_ends(failure: Failure, said: str) -> bool:
    """Whether the program ended in this test, and its log has these words."""
    return failure.cause in (*OVER, "other status") and _says(failure, said)


def _says(failure: Failure, said: str) -> bool:
    return said in failure.shown("logs").decode(errors="replace")


def _explains_end(case: Case, found: Found, failure: Failure) -> bool:
    return _says(failure, str(found.details["said"])) or failure.cause in OVER


OVER = ("ended", "end", "reset")
HIDDEN = ("end", "ended", "part", "silence", "silent screen", "reset", "no file", "other file")


def _explains_hidden(case: Case, found: Found, failure: Failure) -> bool:
    return failure.cause in HIDDEN or bool(case.fact("does_not_begin"))


CALLS_ITSELF = Fault(
    slug="calls-itself",
    life=Life.TAKE,
    decides=raised_slip("RecursionError"),
    explains=explains_exception,
    sentence="A function calls itself, directly or through another one (line {line}), and no call is over before "
    "the next one begins. Python allows about a thousand of them, then your program stops ({exception}).",
    question="How many calls of that function are still open after three rounds? Which kind of loop would begin the "
    "next round and leave none open?",
    read=SERVER,
    mistakes=("calls-itself", "calls-itself-client"),
)
SLIP_TAKEN_FOR_TROUBLE = Fault(
    slug="slip-taken-for-trouble",
    life=Life.TAKE,
    decides=_slip_taken_for_trouble,
    explains=_explains_end,
    sentence="Line {line} raises {exception} ({message}). The except in line {handler} catches it like trouble from "
    "outside, and the conversation ends.",
    question="Which value did each name in line {line} have at that moment? Print them with repr() one line above. "
    "Which exceptions did you want to catch in line {handler}?",
    read=ERRORS,
)
OTHER_SLIP = Fault(
    slug="exception",
    life=Life.TAKE,
    decides=raised_slip(
        "TypeError",
        "AttributeError",
        "ImportError",
        "ModuleNotFoundError",
        "KeyError",
        "IndexError",
        fits=_other_slip,
    ),
    explains=explains_exception,
    sentence="An exception stops your program in line {line} ({exception}: {message}).",
    question="Go to that line and read it aloud. Which value did each name in it have at that moment? Print them "
    "with repr() one line above.",
    read=SERVER,
    mistakes=("index-empty", "remove-by-value", "console-crash"),
)
HIDES_EXCEPTIONS = Fault(
    slug="except-pass-hides",
    life=Life.TAKE,
    decides=hidden,
    explains=_explains_hidden,
    stops=True,
    sentence="The except in line {except_line} catches every exception and {says}, so you never see what "
    "goes wrong in line {line} ({exception}: {message}).",
    question="What does your except do with what it catches? Print the exception there: what does it say, and is "
    "it one that you expected?",
    read=ERRORS,
)
FAULTS = [
    Fault(
        slug="str-not-bytes",
        life=Life.TAKE,
        decides=raised_slip("TypeError", "AttributeError", fits=_mixes),
        explains=explains_exception,
        stops=True,
        sentence="Line {line} mixes text and bytes: a socket sends and receives only bytes ({message}).",
        question="What type does each value in line {line} have? Which method turns text into bytes, and which one "
        "turns bytes into text?",
        read="lessons/2_logbook.md#bytes-and-text",
    ),
    Fault(
        slug="text-and-number",
        life=Life.TAKE,
        decides=_open_type_error(_text_and_number),
        explains=explains_exception,
        stops=True,
        sentence="Line {line} uses a text where a number should be, or the other way round ({message}).",
        question="What type does each value in line {line} have? What type do the words in sys.argv have, and which "
        'call makes a number of the text "50007"?',
        read=SERVER,
        mistakes=("port-as-text",),
    ),
    Fault(
        slug="address-is-a-pair",
        life=Life.LISTEN,
        decides=_open_type_error(_no_pair),
        explains=explains_exception,
        stops=True,
        sentence="Line {line} doesn't get its address as one value, a pair of host and port ({message}).",
        question="How many arguments does the call in line {line} want, and how many do you give it? What do you have "
        "to write so that host and port are one value?",
        read=IDEA,
    ),
    Fault(
        slug="local-name",
        life=Life.TAKE,
        decides=_local_name,
        explains=explains_exception,
        stops=True,
        sentence="Your function {function} assigns to {name}: that makes a name of its own there, which has no value "
        "yet in line {line}.",
        question="Which line of {function} assigns to {name}? Does Python look outside of the function for such a "
        "name? Which word says that you mean the one outside?",
        read=SERVER,
    ),
    Fault(
        slug="local-name",
        life=Life.LISTEN,
        decides=_none_outside,
        explains=explains_exception,
        stops=True,
        sentence="{name} is still None in line {line}: your function {function} gives a value to a name of its own "
        "(line {assigns}), not to the {name} outside.",
        question="Which {name} does line {assigns} mean: the one outside of {function}, or one that only {function} "
        "knows? Which word says that you mean the one outside?",
        read=SERVER,
    ),
    Fault(
        slug="accept-is-a-pair",
        life=Life.LISTEN,
        decides=_accepted_whole,
        explains=_explains_pair,
        programs=("server",),
        stops=True,
        sentence="accept returns two things, a socket and the client's address. Line {line} gives one name to both, so "
        "line {uses} has a pair and no socket.",
        question="Print what accept returns. Which part of it can receive and send, and how do you give a name to each "
        "part?",
        read=IDEA,
    ),
    Fault(
        slug="no-return",
        life=Life.TAKE,
        decides=_returns_nothing,
        explains=_explains_none,
        stops=True,
        sentence="Your function {name} (line {line}) returns nothing: whoever calls it gets None and not its result.",
        question="What does your function {name} have in its hands when it ends, and which line hands that over to "
        "whoever has called it?",
        read=SERVER,
    ),
    Fault(
        slug="name-error-on-first-client",
        life=Life.TAKE,
        decides=raised_slip("NameError", "UnboundLocalError"),
        explains=explains_exception,
        stops=True,
        sentence="Line {line} uses a name that doesn't exist when the line runs ({message}).",
        question="Go to line {line}, and look for the line that makes this name. Is it spelled the same way there, "
        "and has it run before?",
        read=SERVER,
        mistakes=(),
    ),
]
