"""A call that never happens: parentheses or an await are missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

from parley.checks.diagnosis.catalogue.all_stages.one_after_another import does_not_close
from parley.checks.diagnosis.catalogue.all_stages.shared import (
    LEFT_OUT,
    SERVER,
    SILENT,
    came_in,
    explains_exception,
    logged,
    raised_slip,
)
from parley.checks.diagnosis.evidence import BAD_PORT, PORT_TAKEN, REFUSED, UNANSWERED, Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, everything, like, seen
from parley.checks.diagnosis.slips import leaves_uncalled
from parley.checks.diagnosis.syntax import (
    calls_in,
    name_of,
    named_only,
    nodes,
    statements_that_call,
    uncalled,
    uncalled_conditions,
)


def no_await(message: str) -> bool:
    """Whether the message of an exception is about a coroutine that stands where its result should."""
    return "coroutine" in message


NEVER_AWAITED = re.compile(r"\.py:(\d+): RuntimeWarning: coroutine '([\w.<>]+)' was never awaited")


def _never_awaited(case: Case) -> Found | None:
    """A line of its own, or the question of an if, only makes a coroutine, as Python warns: none of its lines runs."""
    asked = [node.test for node in nodes(case.source) if isinstance(node, ast.If | ast.While)]
    made = [*statements_that_call(case.source), *(call for test in asked for call in calls_in(ast.walk(test)))]
    alone = {(call.lineno, name_of(call.func)) for call in made}
    for failure in case.failures:
        for number, coroutine in NEVER_AWAITED.findall(logged(case, failure)):
            line, name = int(number), coroutine.rpartition(".")[2]
            if (line, name) in alone and name != "drain":  # without it all is sent, too
                warned = [each for each in case.failures if _warns(case, each, line)]
                step = f"Python warns: coroutine '{coroutine}' was never awaited (line {line} of {case.program}.py)."
                return seen(warned, step, line=line, name=name)
    return None


def _warns(case: Case, failure: Failure, line: int) -> bool:
    found = NEVER_AWAITED.findall(logged(case, failure))
    return any(int(number) == line for number, _ in found) and (failure.kind == "core" or failure.cause in SILENT)


def _no_parentheses(case: Case) -> Found | None:
    """A line of its own only names one of Python's methods, and what goes wrong is what this method would have done."""
    for line, name in uncalled(case.source):
        method = name.rpartition(".")[2]
        lacks = LACKS_CALL.get(method)
        if method == "close" and not does_not_close(case):
            continue
        failures = [failure for failure in case.failures if lacks and lacks(failure)]
        if failures:
            step = f"Line {line} of {case.program}.py is {name}; with parentheses it would be a call."
            return seen(failures, step, line=line, name=name)
    return None


def _leaves_uncalled(case: Case) -> Found | None:
    """It goes on after the word that ends the conversation: the line that should end it only names exit."""
    line, name = leaves_uncalled(case.source)
    failures = [failure for failure in case.failures if failure.kind == "core" and _says_goodbye(failure)]
    if not line or not failures:
        return None
    step = f"Line {line} of {case.program}.py is {name}; with parentheses it would be a call."
    return seen(failures, step, as_step(failures[0]), line=line, name=name)


def _says_goodbye(failure: Failure) -> bool:
    """Whether the last thing that was said or typed was the word that ends the conversation."""
    said = [event.data for event in failure.given]
    return bool(said) and said[-1].rstrip(b"\r\n").endswith((b"/close", b"{quit}"))


def _condition_without_call(case: Case) -> Found | None:
    """A while or an if asks whether there is a function, which there is, and something goes wrong."""
    found = uncalled_conditions(case.source)
    shows = case.fact("trouble") or case.fact("does_not_begin") or case.failed(causes=("ended", "goes on", "spins"))
    if not found or not shows:
        return None
    line, name = found[0]
    return Found(
        {"line": line, "name": name}, (f"Line {line} of {case.program}.py asks for {name}, not for {name}().",)
    )


def _goes_on_instead(failure: Failure) -> bool:
    """Whether the program should have said what is wrong, and ended."""
    return failure.moment in (REFUSED, UNANSWERED, BAD_PORT, PORT_TAKEN) or failure.fits(*LEFT_OUT)


# {a method: whether a failed test shows that it was not called}
LACKS_CALL: Mapping[str, Callable[[Failure], bool]] = {
    "close": lambda failure: (
        failure.fits("test_the_end_*", "test_one_client_*", "test_nothing_*") or failure.cause == "silence"
    ),
    "flush": lambda failure: failure.cause in ("silent screen", "other file"),
    "start": lambda failure: failure.cause in ("silent screen", "silence"),
    "clear": lambda failure: failure.cause in ("unwanted print", "other print", "other file"),
    "exit": _goes_on_instead,
}


def _object_shown(case: Case) -> Found | None:
    """What came has a function as Python shows it, where its result should stand."""
    for failure in case.failures:
        shown = _FUNCTION_SHOWN.search(came_in(failure))
        name = shown[1].rpartition(".")[2] if shown else ""
        line = named_only(case.source, name) if name else 0
        if shown and line:
            failures = [other for other in case.failures if shown[0] in came_in(other)]
            step = f'"{shown[0]} ...>" came: this is how Python shows the function itself.'
            return seen(failures, step, line=line, name=name)
    return None


_FUNCTION_SHOWN = re.compile(r"<(?:built-in method|built-in function|bound method|function) ([\w.]+)")


def _explains_object(case: Case, found: Found, failure: Failure) -> bool:
    return failure in found.failures or (not failure.exception and failure.kind == "core")


FAULTS = [
    Fault(
        slug="no-parentheses",
        life=Life.READ,
        decides=_no_parentheses,
        sentence="Line {line} only names {name}: without () nothing is called, and the line does nothing.",
        question="Compare line {line} with your other lines that call something. What do they have at their end?",
        read=SERVER,
        mistakes=("exit-no-parens", "exit-no-parens-client"),
    ),
    Fault(
        slug="no-parentheses",
        life=Life.READ,
        decides=_leaves_uncalled,
        explains=like("test_the_keyboard_ends", "test_the_end_of_the_keyboard"),
        stops=True,
        sentence="Line {line} only names {name}: without () nothing is called, and your {program} goes on after the "
        "word that should end it.",
        question="Compare line {line} with your other lines that call something. What do they have at their end?",
        read=SERVER,
    ),
    Fault(
        slug="no-parentheses",
        life=Life.READ,
        decides=_condition_without_call,
        explains=everything,
        stops=True,
        sentence="Line {line} only names {name}: without () it is not called, and a function counts as true.",
        question="Compare line {line} with your other lines that call something. What do they have at their end?",
        read=SERVER,
    ),
    Fault(
        slug="no-parentheses",
        life=Life.READ,
        decides=_object_shown,
        explains=_explains_object,
        stops=True,
        sentence="Line {line} only names {name}: without () it is not called, and the function itself takes the place "
        "of its result.",
        question="What does Python print for a function that is not called? Compare {name} in line {line} with your "
        "other calls. What do they have at their end?",
        read=SERVER,
    ),
    Fault(
        slug="missing-await",
        life=Life.TAKE,
        decides=raised_slip("TypeError", "AttributeError", fits=no_await),
        explains=explains_exception,
        stops=True,
        sentence="Line {line} calls a function of asyncio without await, so it gets a coroutine and not the result "
        "({message}).",
        question="Which function does line {line} call, and is it defined with async def? What do your other lines "
        "write before such a call?",
        read=SERVER,
    ),
    Fault(
        slug="missing-await",
        life=Life.TAKE,
        decides=_never_awaited,
        stops=True,
        sentence="Line {line} calls {name}() without await: it only makes a coroutine, and nothing in {name}() runs.",
        question="Which lines of {name}() have run? Print something in its first line. What do your other lines write "
        "before a call of a function that is defined with async def?",
        read=SERVER,
    ),
]
