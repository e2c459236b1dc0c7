"""What several pages of faults ask, of this folder and of the stages."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable

from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Found, seen
from parley.checks.diagnosis.syntax import Handler, handlers
from parley.contract.diagnosis import Fact

ERRORS = "lessons/1_echo.md#the-second-round-errors"
LOG = "lessons/1_echo.md#the-third-round-the-log"
SERVER = "lessons/1_echo.md#the-server"
CLIENT = "lessons/1_echo.md#the-client"
IDEA = "lessons/1_echo.md#the-idea"
SOCKET_TROUBLE = ("ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError", "ConnectionError", "OSError")
FORESEEN = (
    *SOCKET_TROUBLE,
    *("KeyboardInterrupt", "TimeoutError", "BlockingIOError", "EOFError", "IncompleteReadError", "CancelledError"),
    *("StopIteration", "StopAsyncIteration", "GeneratorExit", "SystemExit"),
)
ENDED = ("crashed", "traceback")
# exceptions that are a slip in the program itself, not trouble that comes from outside
SLIPS = ("TypeError", "AttributeError", "NameError", "UnboundLocalError", "ValueError", "IndexError", "KeyError")
LEFT_OUT = ("test_*port_may_be_left_out", "test_*default*")  # nothing is wrong where HOST and PORT are told
SILENT = ("silence", "silent screen")


def logged(case: Case, failure: Failure) -> str:
    """What the program had on its standard error in a failed test, whoever waited there for what."""
    return failure.shown("logs", case.program).decode(errors="replace")


def _any(message: str) -> bool:
    return True


def bases_of(exception: str) -> set[str]:
    """The names of the classes of Python's own to which an exception of this name belongs; those of Exception if it is
    none of Python's.
    """
    return {base.__name__ for base in getattr(builtins, exception, Exception).__mro__}


def _caught_by(case: Case, raised: Fact) -> Handler | None:
    """The except that catches this exception: the innermost one around its line, or else one that catches all."""
    names = bases_of(str(raised["exception"])) | {str(raised["exception"])}
    fitting = [handler for handler in handlers(case.source) if names & handler.catches]
    around = [handler for handler in fitting if handler.first <= int(raised["line"]) <= handler.last]
    if around:
        return max(around, key=lambda handler: handler.first)
    return next((handler for handler in fitting if handler.broad), None)


def raised_in(case: Case, found: Found, failure: Failure) -> bool:
    """Whether it failed with this exception, or caught it and said in its log what it says."""
    exception = found.details.get("exception", "")
    raised = [str(fact["message"]) for fact in case.facts("raises") if fact["exception"] == exception]
    logs = failure.shown("logs").decode(errors="replace")
    return failure.exception == exception or any(len(message) >= SHORTEST and message in logs for message in raised)


SHORTEST = 8  # characters of a message that can't stand in a log by chance


def explains_exception(case: Case, found: Found, failure: Failure) -> bool:
    """What failed with this exception; where it ends the program in the first exchange, everything that needs one."""
    if raised_in(case, found, failure) or case.fact("does_not_begin"):
        return True
    return (
        bool(found.details.get("early")) and failure.cause not in ("other status", "wordless") and not failure.exception
    )


def raised_slip(*exceptions: str, fits: Callable[[str], bool] = _any) -> Decides:
    """An exception that is a slip of the pen, in a line of the program itself, and that someone gets to see.

    `fits`: whether its message is one of those that are meant.
    """

    def decides(case: Case) -> Found | None:
        for fact in case.facts("raises"):
            message = str(fact["message"])
            if fact["exception"] not in exceptions or not fits(message) or not matters(case, fact):
                continue
            name = f"{fact['exception']}: {message}"
            step = f"Line {fact['line']} of {case.program}.py, in {fact['function']}, raises {name}."
            details = {"line": fact["line"], "exception": fact["exception"], "message": message, "early": True}
            return Found(details | {"function": fact["function"]}, (step,))
        failed = [failure for failure in case.failed(exceptions=exceptions) if not failure.fits(*LEFT_OUT)]
        failures = [failure for failure in failed if fits(_message(failure))]
        if not failures:
            return None
        return seen(failures, message=_message(failures[0]), line=failures[0].line or "?")

    return decides


def fact_line(case: Case, fact: Fact) -> str:
    """The line of the program's text that a fact names."""
    return case.line(int(fact["line"]))


def _message(failure: Failure) -> str:
    """What the exception said that ended the program, as its log has it."""
    told = re.findall(rf"^{re.escape(failure.exception)}: (.*)$", failure.shown("logs").decode(errors="replace"), re.M)
    return str(told[-1]).strip() if told else ""


def matters(case: Case, raised: Fact) -> bool:
    """Whether an exception that was seen has ended something, and not in silence; where an except of the program names
    it, it is foreseen.
    """
    exception = str(raised["exception"])
    if case.fact("uncaught", exception=exception) or case.failed(exceptions=[exception]):
        return True
    handler = _caught_by(case, raised)
    if case.fact("does_not_begin"):  # a handler that doesn't say what it caught is what to mend first
        return handler is None or (handler.broad and not handler.vague)
    return bool(case.fact("trouble")) and (handler is None or (handler.broad and not handler.silent))


def limited(decides: Decides) -> Decides:
    """The same, where the program's text has a time limit at all: what has none cannot have left it on."""
    limits = re.compile(r"timeout|wait_for|create_connection\((?:\w+|\(.*\))\s*,")
    return lambda case: decides(case) if limits.search(case.source) else None


def serves_one_conversation(failure: Failure) -> bool:
    """Whether it is about a server of stage 3 or 4: with its only client its conversation is over too."""
    return failure.program == "server" and failure.test.startswith(("3_", "4_"))


def hidden(case: Case) -> Found | None:
    """An exception that is no trouble of a connection was raised in its own lines, and no one sees it."""
    seen_ending = [fact for fact in case.facts("uncaught") if fact["exception"] not in FORESEEN]
    if seen_ending or not (case.fact("trouble") or case.fact("does_not_begin")):
        return None
    for fact in case.facts("raises"):
        handler, line = _caught_by(case, fact), int(fact["line"])
        if handler is None or not handler.broad or not handler.vague or fact["exception"] in FORESEEN:
            continue
        if str(fact["exception"]).startswith("Unicode"):
            continue  # a letter was cut: that is another matter
        if case.line(line).lstrip().startswith("raise "):
            continue  # the program raises it itself, and knows why
        name = f"{fact['exception']}: {fact['message']}"
        step = f"Line {line} of {case.program}.py, in {fact['function']}, raises {name}"
        details = {key: fact[key] for key in ("line", "exception", "message")} | {"except_line": handler.line}
        says = "says nothing" if handler.silent else "doesn't say what it was"
        return Found(
            details | {"says": says}, (f"{step}.", f"The except in line {handler.line} catches it, and {says}.")
        )
    return None


def came_in(failure: Failure) -> str:
    """What anyone received or saw in a failed test."""
    came = [event.data for event in failure.events if event.what in ("receives", "prints")]
    return b"".join(came).decode(errors="replace")
