"""The faults that the programs of every stage can have: how they begin, how they end, and what they say about it."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeGuard

from parley.checks.diagnosis.evidence import (
    BAD_PORT,
    CTRL_C,
    KEYBOARD_END,
    NEXT_START,
    PORT_TAKEN,
    REFUSED,
    RESET,
    STREAM_END,
    UNANSWERED,
    Case,
    Failure,
    Variation,
)
from parley.checks.diagnosis.fault import (
    Decides,
    Fault,
    Found,
    Life,
    as_raised,
    as_step,
    as_steps,
    capital,
    everything,
    in_tests,
    like,
    seen,
    standing,
)
from parley.checks.diagnosis.slips import (
    accepted_whole,
    assigned_inside,
    leaves_uncalled,
    none_at_the_margin,
    returns_nothing,
    wants_words,
)
from parley.checks.diagnosis.syntax import (
    Handler,
    always_true,
    called_before,
    compared_with_text,
    connects_in_a_loop,
    handlers,
    lacking,
    length_as_flags,
    name_of,
    named_only,
    names_at_the_margin,
    nodes,
    statements_that_call,
    uncalled,
    uncalled_conditions,
)
from parley.checks.diagnosis.threads import (
    bound_late,
    closed_while_lent,
    in_coroutine,
    never_started,
    shared_connection,
    started_later,
    under_lock,
)
from parley.contract.diagnosis import Detail, Fact

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
AHEAD = Variation(ahead=True)
INPUT_FLUSHES = "input() also sends on what was printed before; sys.stdin.readline() doesn't."


def holds_keyboard(log: bytes | str) -> bool:
    """Whether Python's last words are that a daemon thread is at the keyboard, and not in the middle of a print."""
    return _held(log) not in ("", "stdout", "stderr")


def holds_screen(log: bytes | str) -> bool:
    """Whether Python's last words are that a daemon thread is in the middle of a print."""
    return _held(log) in ("stdout", "stderr")


_HELD = re.compile(r"_enter_buffered_busy[^\n]*?(?:<(std\w+)>[^\n]*)?$", re.M)


def _held(log: bytes | str) -> str:
    """The name of the file that a daemon thread held when Python ended, "stdin" where it isn't told; "" for none."""
    found = _HELD.search(log if isinstance(log, str) else log.decode(errors="replace"))
    return (found[1] or "stdin") if found else ""


# It cannot be read, or does nothing


def _syntax(*kinds: str, words: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> Decides:
    def decides(case: Case) -> Found | None:
        fact = case.fact("syntax")
        if fact is None or (kinds and fact["kind"] not in kinds):
            return None
        message = str(fact["message"])
        if (words and not any(word in message for word in words)) or any(word in message for word in but):
            return None
        line, text = int(fact["line"]), str(fact["text"])
        indent = len(text) - len(text.lstrip())
        caret = " " * max(0, int(fact["column"]) - 1 - indent) + "^"
        step = f"Python stops at line {line} of {case.program}.py: {fact['kind']}: {message}\n{text.strip()}\n{caret}"
        return Found({"line": line, "message": message, "text": text.strip()}, (step, "Nothing of it has ever run."))

    return decides


def _nothing_runs(case: Case) -> Found | None:
    fact = case.fact("nothing_runs")
    if fact is None or not case.fact("ended", status=0):
        return None
    name, line = str(fact["name"]), fact["if_line"]
    why = f"In its text functions are defined, {name}() among them, but nothing at the margin calls any of them."
    if line:
        why = f"The if in line {line} is never true: as Python runs a program, __name__ is another word there."
    return Found({"name": name}, ("The program exits immediately with status 0 and prints nothing.", why))


def _missing_import(case: Case) -> Found | None:
    fact = case.fact("never_bound", module=True)
    if fact is None or not _raised(case, "NameError", str(fact["name"])):
        return None
    step = f"Line {fact['line']} of {case.program}.py uses {fact['name']}, and no line imports it."
    return Found(fact.details, (step,))


def _raised(case: Case, exception: str, words: str = "") -> bool:
    """Whether this exception was seen, by an examination or by a test."""
    facts = case.facts("raises", exception=exception)
    return any(words in str(fact["message"]) for fact in facts) or bool(case.failed(exceptions=[exception]))


def _mixes(message: str) -> bool:
    """Whether the message of an exception is about text where bytes should be, or the other way round."""
    both = "bytes" in message and "str" in message
    return both or any(words in message for words in ("no attribute 'decode'", "no attribute 'encode'", "an encoding"))


def does_not_wait(case: Case) -> Found | None:
    """A line that receives raises at once where nothing has come yet, and nothing in its text waits for more."""
    if not case.fact("trouble") or re.search(r"\bselect|asyncio|poll\(", case.source):
        return None
    for fact in case.facts("raises", exception="BlockingIOError"):
        if re.search(r"\.(recv\w*|read\w*)\(", _line(case, fact)):
            step = f"Line {fact['line']} raises BlockingIOError: {fact['message']}"
            return Found({"line": fact["line"]}, ("Nothing had come yet when it wanted to receive.", step))
    return None


_TAKES_AT_ONCE = re.compile(r"\.get_nowait\(|\.get\((block=)?False")


def _takes_at_once(case: Case) -> Found | None:
    """A line asks a queue for what another thread receives, at once, and finds nothing there yet."""
    for fact in case.facts("raises", exception="Empty"):
        if case.fact("trouble") and _TAKES_AT_ONCE.search(_line(case, fact)):
            step = f"Line {fact['line']} raises queue.Empty: nothing has arrived yet."
            return Found({"line": fact["line"]}, ("A line was sent, and its answer needs a moment.", step))
    return None


def _empty_queue(case: Case) -> Found | None:
    """A thread takes from a queue with a limit of time, and nothing catches what comes at its end."""
    empty = case.failed(exceptions=["Empty"])
    takes = [failure.line for failure in empty if re.search(r"\.get(_nowait)?\(", case.line(failure.line))]
    return seen(empty, line=takes[0]) if takes else None


def _send_would_block(case: Case) -> Found | None:
    """A line that sends raises at once where the other side reads too slowly: its sockets don't block."""
    full = case.failed(exceptions=["BlockingIOError"])
    sends = [failure.line for failure in full if re.search(r"\.(send|write)", case.line(failure.line))]
    return seen(full, line=sends[0]) if sends else None


def _tries_again(case: Case) -> Found | None:
    """No server listens there, and it goes on, since a loop connects again and again."""
    failures = case.failed(moment=REFUSED, causes=["goes on", "spins", "floods"])
    line = connects_in_a_loop(case.source)
    if not failures or not line:
        return None
    return seen([*failures, *case.failed(moment=UNANSWERED, causes=["goes on"])], line=line)


def _no_connect_timeout(case: Case) -> Found | None:
    return None if _tries_again(case) else in_tests(moment=UNANSWERED, causes=["goes on"])(case)


def _cancelled(case: Case) -> Found | None:
    """asyncio.run is at its end, and cancels the coroutines that still wait: each raises CancelledError."""
    failures = case.failed(exceptions=["CancelledError"])
    lines = [failure.line for failure in failures if in_coroutine(case.source, failure.line)]
    return seen(failures, line=lines[0]) if lines else None


def _no_await(message: str) -> bool:
    """Whether the message of an exception is about a coroutine that stands where its result should."""
    return "coroutine" in message


NEVER_AWAITED = re.compile(r"\.py:(\d+): RuntimeWarning: coroutine '([\w.<>]+)' was never awaited")


def _never_awaited(case: Case) -> Found | None:
    """A line of its own makes a coroutine and nothing more, as Python warns: none of its lines runs."""
    alone = {(call.lineno, name_of(call.func)) for call in statements_that_call(case.source)}
    for failure in case.failures:
        for number, coroutine in NEVER_AWAITED.findall(_logged(case, failure)):
            line, name = int(number), coroutine.rpartition(".")[2]
            if (line, name) in alone and name != "drain":  # without it all is sent, too
                warned = [each for each in case.failures if _warns(case, each, line)]
                step = f"Python warns: coroutine '{coroutine}' was never awaited (line {line} of {case.program}.py)."
                return seen(warned, step, line=line, name=name)
    return None


def _logged(case: Case, failure: Failure) -> str:
    """What the program had on its standard error in a failed test, whoever waited there for what."""
    return failure.shown("logs", case.program).decode(errors="replace")


def _warns(case: Case, failure: Failure, line: int) -> bool:
    found = NEVER_AWAITED.findall(_logged(case, failure))
    return any(int(number) == line for number, _ in found) and (failure.kind == "core" or failure.cause in SILENT)


def _always_true(case: Case) -> Found | None:
    """A condition of its own has `or` and a text alone, and the program goes wrong."""
    if not case.fact("trouble") and not case.fact("does_not_begin"):
        return None
    found = always_true(case.source)
    if not found:
        return None
    line, condition = found[0]
    step = f"Line {line} of {case.program}.py asks whether {condition}."
    return Found({"line": line, "condition": condition[:60]}, (step, "A text alone counts as true, whatever came."))


def _compared_with_text(case: Case) -> Found | None:
    """A condition compares bytes with a text, which is never true, and the program doesn't notice what it looks for."""
    found = compared_with_text(case.source)
    failures = case.failed(causes=("goes on", "spins", "silence", "floods", "too much"))
    if not found or not failures or case.fact("spins"):
        return None
    line, condition = found[0]
    step = f"Line {line} of {case.program}.py asks {condition}: bytes on one side, a text on the other."
    never = as_step(failures[0])
    return Found({"line": line, "condition": condition[:60]}, (step, never), tuple(failures))


def _no_parentheses(case: Case) -> Found | None:
    """A line of its own only names one of Python's methods, and what goes wrong is what this method would have done."""
    for line, name in uncalled(case.source):
        method = name.rpartition(".")[2]
        lacks = LACKS_CALL.get(method)
        if method == "close" and not _does_not_close(case):
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
    said = [event.data for event in failure.events if event.what in ("sends", "types")]
    return bool(said) and said[-1].rstrip(b"\r\n").endswith((b"/close", b"{quit}"))


def _condition_without_call(case: Case) -> Found | None:
    """A while or an if asks whether there is a function, which there is, and something goes wrong."""
    found = uncalled_conditions(case.source)
    if not found or not (case.fact("trouble") or case.fact("does_not_begin")):
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


# exceptions that are a slip in the program itself, not trouble that comes from outside
SLIPS = ("TypeError", "AttributeError", "NameError", "UnboundLocalError", "ValueError", "IndexError", "KeyError")
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
    slip = _slip("TypeError", fits=fits)
    return lambda case: None if _hidden(case) else slip(case)


def _local_name(case: Case) -> Found | None:
    """A function assigns to a name of the program without saying that it means that one, and uses it before."""
    found = _slip("UnboundLocalError")(case)
    quoted = re.search(r"'(\w+)'", str(found.details["message"])) if found else None
    if not found or not quoted or quoted[1] not in names_at_the_margin(case.source):
        return None
    return replace(found, details={**found.details, "name": quoted[1]})


def _object_shown(case: Case) -> Found | None:
    """What came has a function as Python shows it, where its result should stand."""
    for failure in case.failures:
        shown = _FUNCTION_SHOWN.search(_came_in(failure))
        name = shown[1].rpartition(".")[2] if shown else ""
        line = named_only(case.source, name) if name else 0
        if shown and line:
            failures = [other for other in case.failures if shown[0] in _came_in(other)]
            step = f'"{shown[0]} ...>" came: this is how Python shows the function itself.'
            return seen(failures, step, line=line, name=name)
    return None


_FUNCTION_SHOWN = re.compile(r"<(?:built-in method|built-in function|bound method|function) ([\w.]+)")


def _explains_object(case: Case, found: Found, failure: Failure) -> bool:
    return failure in found.failures or (not failure.exception and failure.kind == "core")


def _unpacks(message: str) -> bool:
    """Whether the message of an exception is about a number of parts."""
    return "values to unpack" in message


def _other_slip(message: str) -> bool:
    """Whether the message of an exception is none of those that have a fault of their own."""
    return not any(fits(message) for fits in (_mixes, _no_await, _text_and_number, _no_pair, _of_closed_socket))


def _any(message: str) -> bool:
    return True


def _caught_by(case: Case, raised: Fact) -> Handler | None:
    """The except that catches this exception: the innermost one around its line, or else one that catches all."""
    kind = getattr(builtins, str(raised["exception"]), Exception)
    names = {base.__name__ for base in kind.__mro__} | {str(raised["exception"])}
    fitting = [handler for handler in handlers(case.source) if names & handler.catches]
    around = [handler for handler in fitting if handler.first <= int(raised["line"]) <= handler.last]
    if around:
        return max(around, key=lambda handler: handler.first)
    return next((handler for handler in fitting if handler.broad), None)


def _explains_exception(case: Case, found: Found, failure: Failure) -> bool:
    """What failed with this exception; where it ends the program in the first exchange, everything that needs one."""
    exception = found.details.get("exception", "")
    if failure.exception == exception or case.fact("does_not_begin"):
        return True
    return (
        bool(found.details.get("early")) and failure.cause not in ("other status", "wordless") and not failure.exception
    )


LEFT_OUT = ("test_*port_may_be_left_out", "test_*default*")  # nothing is wrong where HOST and PORT are told


def _host_for_port(case: Case) -> Found | None:
    """It takes the HOST that it was given for a port: its arguments have another order."""
    told = case.fact("told")
    if told is None:
        return None
    for fact in case.facts("raises", exception="ValueError"):
        if str(fact["message"]).endswith(f"{told['host']!r}") and "int()" in str(fact["message"]):
            step = f"It was started with {told['host']} {told['port']}; line {fact['line']} raises {fact['message']}."
            return Found({"line": fact["line"], "host": told["host"]}, (step,))
    return None


_CODEC = re.compile(r"[\"'](us-?ascii|ascii|latin[-_ ]?1|iso[-_]?8859[-_]?\d+|cp\d+|windows-\d+)[\"']", re.IGNORECASE)
LETTERS_LOST = ("UnicodeEncodeError", "UnicodeDecodeError")
TWO_FOR_ONE = "\u00c3\u00a9"  # what the two bytes of an e with an accent look like in Latin-1


def other_encoding(case: Case) -> Found | None:
    """A line of its own names an encoding that is not UTF-8, and a letter was lost there, or came out as two."""
    raised = [(int(fact["line"]), str(fact["exception"])) for fact in case.facts("raises")]
    for failure in case.failed(exceptions=LETTERS_LOST):
        raised += [(failure.line, failure.exception)] if failure.line else []
    for number, exception in raised:
        codec = _CODEC.search(case.line(number)) if exception in LETTERS_LOST else None
        if codec:
            step = f"Line {number} of {case.program}.py raises {exception}."
            return Found({"line": number, "codec": codec[1]}, (step,))
    screens = [str(fact["screen"]) for name in ("shown", "entry", "heard") for fact in case.facts(name)]
    named = next(
        ((number, found) for number, line in enumerate(case.source.splitlines(), 1) if (found := _CODEC.search(line))),
        None,
    )
    if not named or not any(TWO_FOR_ONE in screen for screen in screens):
        return None
    step = f"An \u00e9 came, which is two bytes, and its screen shows {TWO_FOR_ONE}: a letter for each byte."
    return Found({"line": named[0], "codec": named[1][1]}, (step,))


def _explains_encoding(case: Case, found: Found, failure: Failure) -> bool:
    if failure.exception:
        return failure.exception in LETTERS_LOST
    shows = failure.cause in ("silent screen", "other print", "unwanted print", "unread")
    return shows or (failure.kind == "core" and failure.cause not in ("other status", "wordless"))


def shown_on_stderr(case: Case, text: str) -> Found | None:
    """A text that should be on the screen is in what the program has written to standard error."""
    screen = case.fact("screen")
    if not screen or text in str(screen["text"]):
        return None
    line = next((line for line in str(screen["log"]).splitlines() if line.endswith(text)), None)
    if line is None:
        return None
    steps = ("Its screen (standard output) stays empty.", f'Standard error has "{line[-80:]}".')
    return Found({}, steps)


def _keyboard_once(case: Case) -> Found | None:
    """A second line was typed, and the first one is sent again; or it is sent again and again, typed once."""
    for name in ("sent", "said"):
        once = case.fact(name, number=1)
        flood = str(once["came"] or once["sent"]) if once else ""
        if once and once["wanted"] and flood.startswith(str(once["wanted"]) * 3):
            return Found({}, (f'"{once["wanted"]}" was typed once, and it sent "{flood[:60]}".',))
        first, second = case.fact(name, number=1, how="same"), case.fact(name, number=2)
        if not first or not second:
            continue
        text = str(first["wanted"]).removesuffix("\\n")
        came = str(second["came"] or second["sent"])
        rest = came.removeprefix(text)
        if came.startswith(text) and (rest == "" or rest.startswith(("\\n", text))):
            sent = f'"{second["wanted"]}" was typed then, and it sent "{came[:60]}".'
            return Found({}, (f'"{text}" was typed and sent.', sent))
    return None


_OTHER_FORMAT = re.compile(r"\b(pickle|json|struct|marshal|ast|yaml)\.(loads?|unpack\w*|literal_eval)\(|\beval\(")


def _other_format(case: Case) -> Found | None:
    """A line of its own reads what came in a format that has more rules than text has, and raises."""
    for fact in case.facts("raises"):
        reads = _OTHER_FORMAT.search(_line(case, fact))
        if not reads or fact["exception"] in FORESEEN or not case.fact("trouble"):
            continue
        step = f"Line {fact['line']} of {case.program}.py raises {fact['exception']}: {fact['message']}"
        details = {"line": fact["line"], "reads": reads[0].rstrip("("), "exception": str(fact["exception"])}
        return Found(details | {"early": True}, ("A line of text was sent to it.", step))
    return None


_ROLES = {
    "binds": re.compile(r"\.bind\(|create_server|start_server|socketserver"),
    "connects": re.compile(r"\.connect(_ex)?\(|create_connection|open_connection"),
}


def _other_role(case: Case) -> Found | None:
    """The server connects and the client binds: each has the other's text."""
    own, others = ("binds", "connects") if case.program == "server" else ("connects", "binds")
    told = case.fact("told")
    fact = case.fact(others, port=told["port"]) if told else None
    if not fact or case.fact(own) or not case.fact("does_not_begin") or _ROLES[own].search(case.source):
        return None
    step = f"Line {fact['line']} of {case.program}.py {others}; no line of it {own}."
    does, other = ("connects to", "client") if case.program == "server" else ("listens at", "server")
    return Found({"does": does, "other": other, "line": fact["line"]}, (step,))


_TAKEN = ("Errno 98]", "Errno 48]", "WinError 10048]")  # the address is in use, on several systems


def _client_binds(case: Case) -> Found | None:
    """The client binds the address that it should connect to, where its server listens already."""
    told = case.fact("told")
    binds = case.fact("binds", port=told["port"]) if told else None
    for fact in case.facts("raises"):
        if binds and fact["line"] == binds["line"] and any(number in str(fact["message"]) for number in _TAKEN):
            return Found({"line": fact["line"]}, ("Its server listened at the address already.", as_raised(fact)))
    return None


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


def _wants_words(case: Case) -> Found | None:
    """It was started with HOST and PORT, and ends since it wants more words, or fewer."""
    if not case.fact("does_not_begin"):
        return None
    for fact in case.facts("raises", exception="IndexError"):
        place = re.search(r"argv\[(\d+)\]", _line(case, fact))
        if place and int(place[1]) > 2:
            words = {"wants": f"looks for word number {place[1]}", "line": fact["line"]}
            return Found(words, (f"It was started with two words. {as_raised(fact)}",))
    line, words_wanted = wants_words(case.source)
    if not line or not case.fact("ended") or case.fact("uncaught"):
        return None
    wants = f"wants {words_wanted} {'word' if words_wanted == 1 else 'words'}"
    return Found({"wants": wants, "line": line}, ("It was started with two words, and exits at once.",))


def _none_outside(case: Case) -> Found | None:
    """A name that has None outside of the functions is still None: a function gives its value to a name of its own."""
    for fact in case.facts("raises"):
        attribute = re.search(r"'NoneType' object has no attribute '(\w+)'", str(fact["message"]))
        if not attribute or not _matters(case, fact):
            continue
        used = re.findall(rf"\b(\w+)\.{attribute[1]}\b", _line(case, fact))
        own = assigned_inside(case.source, set(used) & none_at_the_margin(case.source))
        if own:
            details: dict[str, Detail] = {"line": fact["line"], "exception": fact["exception"], "early": True}
            own_name: dict[str, Detail] = {"name": own.name, "function": own.function, "assigns": own.line}
            return Found(details | own_name, (as_raised(fact),))
    return None


def _returns_nothing(case: Case) -> Found | None:
    """It shows or sends None, or fails with it, and takes the result of a function that returns nothing."""
    shown = [failure for failure in case.failures if re.search(r"\bNone\b", _came_in(failure))]
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
    return bool(name) and "NoneType" in str(raised["message"]) and name in _line(case, raised)


def _explains_none(case: Case, found: Found, failure: Failure) -> bool:
    """What was shown as None, and all else that needs what arrives."""
    if failure.exception:
        return failure.exception == found.details["exception"]
    return failure in found.failures or (failure.kind == "core" and failure.cause != "other status")


def _slip(*exceptions: str, fits: Callable[[str], bool] = _any) -> Decides:
    """An exception that is a slip of the pen, in a line of the program itself, and that someone gets to see.

    `fits`: whether its message is one of those that are meant.
    """

    def decides(case: Case) -> Found | None:
        for fact in case.facts("raises"):
            message = str(fact["message"])
            if fact["exception"] not in exceptions or not fits(message) or not _matters(case, fact):
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


def _on_listener(case: Case) -> Found | None:
    """A line that receives or sends raises, although a guest is there: its socket is connected to no one."""
    errors = ("Errno 107", "Errno 57", "10057")  # not connected, on several systems
    raises = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in errors)]
    talks = [fact for fact in raises if _LISTENER_TALKS.search(_line(case, fact)) and not _was_accepted(case, fact)]
    # where a send says "broken pipe" instead, its client may as well have left: the name has to be the listener's
    broken = [fact for fact in case.facts("raises") if "Errno 32" in str(fact["message"]) and _listens(case, fact)]
    talks += broken
    if not talks or not case.fact("trouble"):
        return None
    details = {"line": talks[0]["line"], "exception": str(talks[0]["exception"]), "early": True}
    return Found(details, ("A client was connected, and had sent something.", as_raised(talks[0])))


def _sends_after_shutdown(case: Case) -> Found | None:
    """A send is refused, and a line above it has said on the same socket that nothing more will be sent."""
    refused = ("Errno 32]", "Errno 107]", "Errno 57]", "WinError 10058]")
    for fact in case.facts("raises"):
        if any(number in str(fact["message"]) for number in refused):
            early = called_before(case.source, int(fact["line"]), ("send", "sendall"), "shutdown")
            if early and not ast.unparse(early).endswith(("SHUT_RD)", "(0)")):
                details = {"line": early.lineno, "sends": fact["line"], "exception": str(fact["exception"])}
                return Found({**details, "early": True}, (as_raised(fact),))
    return None


def _listen_before_bind(case: Case) -> Found | None:
    """The system refuses the address, for the socket has one: it has listened before."""
    for fact in case.facts("raises"):
        early = called_before(case.source, int(fact["line"]), ("bind",), "listen")
        if early and case.fact("does_not_begin"):
            return Found({"line": early.lineno, "binds": fact["line"]}, (as_raised(fact),))
    return None


def _length_as_flags(case: Case) -> Found | None:
    """Something is lost or refused, and a line gives a length where flags belong."""
    wrong = length_as_flags(case.source)
    if not wrong:
        return None
    line, method = wrong
    failures = case.failed(causes=("part", "silence", "other bytes", "crashed", "ended", "traceback", "end"))
    step = f"Line {line} of {case.program}.py calls {method} with two arguments, and the second one is a number."
    return seen(failures, step, line=line, method=method)


EXCHANGES = ("answer", "entry", "shown", "heard", "name", "welcome", "message")  # facts that something went well
_LISTENER_TALKS = re.compile(r"(\w+)\.(recv|send|sendall)\(")


def _line(case: Case, fact: Fact) -> str:
    """The line of the program's text that a fact names."""
    return case.line(int(fact["line"]))


def _listens(case: Case, fact: Fact) -> bool:
    """Whether the socket that a line talks with is the one that listens: its name says so, and if another socket may
    have this name too, nothing has ever been exchanged.
    """
    talks = _LISTENER_TALKS.search(_line(case, fact))
    if not talks or _was_accepted(case, fact):
        return False
    name = re.escape(talks[1])
    looped = re.search(rf"\bfor\b[^:\n]*\b{name}\b[^:\n]*\bin\b", case.source)
    handed_over = re.search(rf"\bdef\b[^\n]*[(,]\s*{name}\b", case.source)
    exchanged = [fact for name in EXCHANGES for how in ("same", "line") for fact in case.facts(name, how=how)]
    if looped or (handed_over and exchanged):
        return False
    return bool(re.search(rf"\b{name}\.(accept|listen)\(", case.source))


def _was_accepted(case: Case, fact: Fact) -> bool:
    """Whether the socket that a line talks with has its name from accept: then it was connected, and is no more."""
    talks = _LISTENER_TALKS.search(_line(case, fact))
    return bool(talks and re.search(rf"\b{talks[1]}\b[^=\n]*=[^=\n]*\.accept\(", case.source))


CLOSED = ("Errno 9]", "WinError 10038]")  # no socket any more
GONE = ("Errno 9]", "Errno 22]", "WinError 10038]", "WinError 10022]")  # no socket any more, or one that can't listen


def _listener_gone(case: Case) -> Found | None:
    """A later accept raises: the name of the listening socket belongs to a closed socket, or to a client's one."""
    for fact in case.facts("raises"):
        accepts = re.search(r"([\w.]+)\.accept\(", _line(case, fact))
        if not accepts or not any(number in str(fact["message"]) for number in GONE):
            continue
        name = accepts[1]
        again = re.search(rf"^\s*{re.escape(name)}\s*,[^=\n]*=\s*{re.escape(name)}\.accept\(", case.source, re.M)
        why = f"the same line gives the name {name} to the client's socket" if again else f"{name} is closed by then"
        step = as_raised(fact)
        details = {"line": fact["line"], "name": name, "why": why, "exception": str(fact["exception"])}
        return Found(details, ("The first client was served, and the next accept failed.", step))
    return None


def _closed_while_lent(case: Case) -> Found | None:
    """It starts a thread for a client, and closes this client's socket at once, while the thread still needs it."""
    lent = closed_while_lent(case.source)
    if not lent or not case.fact("trouble") or any(map(_serves_one_conversation, case.failures)):
        return None
    closes = f"the with in line {lent.closed}" if lent.by_with else f"line {lent.closed}"
    ends = "ends as soon as start() has returned, and closes" if lent.by_with else "runs next, and closes"
    raised = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in CLOSED)]
    step = f"Line {lent.started} of server.py starts the thread; {closes} {ends} {lent.name}."
    return Found({"closes": closes, "name": lent.name}, as_steps(step, *(as_raised(fact) for fact in raised[:1])))


def _one_for_all_threads(case: Case) -> Found | None:
    """All its threads talk through one variable, and that has the socket of the client who came last."""
    shared = shared_connection(case.source)
    failures = case.failed("test_one_client_*", "test_a_client_*", causes=("silence", "end", "reset", "part"))
    if not shared or not failures or any(map(_serves_one_conversation, failures)):
        return None
    step = f"Line {shared.line} of server.py gives {shared.name} the socket of the client that has just come."
    return seen(failures, step, as_step(failures[0]), line=shared.line, name=shared.name)


STILL_WATCHED = ("is already registered", "Invalid file descriptor: -1", "cannot be a negative integer")


def _of_closed_socket(message: str) -> bool:
    """Whether the message of an exception is about a closed socket that is still watched."""
    return any(words in message for words in STILL_WATCHED)


def _still_watched(case: Case) -> Found | None:
    """It has closed a socket, and still asks select or a selector about it."""
    for fact in case.facts("raises"):
        message = str(fact["message"])
        if _of_closed_socket(message):
            told = message if len(message) < 100 else f"... {message[-40:]}"  # a socket has a long name
            step = f"Line {fact['line']} raises {fact['exception']}: {told}"
            details = {"line": fact["line"], "exception": str(fact["exception"]), "early": True}
            return Found(details, ("A client had left, and its socket was closed.", step))
    return None


def _uses_closed_socket(case: Case) -> Found | None:
    """A line receives from a socket, or sends through one, that the server has closed itself; no except foresees it."""
    if _closed_while_lent(case):
        return None
    for fact in case.facts("raises"):
        talks = re.search(r"\.(recv|send|sendall)\(", _line(case, fact))
        if not talks or not any(number in str(fact["message"]) for number in CLOSED):
            continue
        if not case.fact("uncaught", exception=fact["exception"]) or _listens(case, fact):
            continue
        step = as_raised(fact)
        details = {"line": fact["line"], "exception": str(fact["exception"])}
        return Found(details, ("A client had left, and its socket was closed.", step))
    return None


def _explains_closed_socket(case: Case, found: Found, failure: Failure) -> bool:
    if failure.exception:
        return failure.exception == found.details["exception"] and failure.moment != PORT_TAKEN
    return failure.cause in ("silence", "end", "ended", "refused")


def _explains_gone(case: Case, found: Found, failure: Failure) -> bool:
    return failure.exception == found.details["exception"] or failure.cause in ("refused", "ended", "crashed")


def _first_exchange_crashes(case: Case) -> Found | None:
    """An exception that is no trouble of a connection ends it before its first exchange is done."""
    uncaught = case.fact("uncaught", ended=True)
    done = [name for name in ("answer", "entry", "shown", "heard") if case.fact(name, number=1, how="same")]
    if not uncaught or done or case.fact("does_not_begin") or not case.fact("trouble"):
        return None
    raised = [fact for fact in case.facts("raises") if fact["exception"] == uncaught["exception"]]
    if not raised or uncaught["exception"] in FORESEEN or str(uncaught["exception"]).startswith("Unicode"):
        return None
    if _of_closed_socket(str(raised[-1]["message"])):
        return None
    details = {key: raised[-1][key] for key in ("line", "exception", "message")} | {"early": True}
    name = f"{raised[-1]['exception']}: {raised[-1]['message']}"
    return Found(details, (f"Line {raised[-1]['line']} of {case.program}.py raises {name}.",))


def _message(failure: Failure) -> str:
    """What the exception said that ended the program, as its log has it."""
    told = re.findall(rf"^{re.escape(failure.exception)}: (.*)$", failure.shown("logs").decode(errors="replace"), re.M)
    return str(told[-1]).strip() if told else ""


def _matters(case: Case, raised: Fact) -> bool:
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


# Where it listens, or connects


def _fixed(what: str, key: str) -> Decides:
    """The program bound ("binds") or connected ("connects") to another host or port than it was told."""

    def decides(case: Case) -> Found | None:
        told, did = case.fact("told"), case.fact(what)
        if told is None or did is None or did[key] == told[key] or (key == "host" and did["host"] in ("", "localhost")):
            return None
        if key == "host" and did["host"] == "0.0.0.0":
            return None  # it can be reached there too
        verb = "binds to" if what == "binds" else "connects to"
        step = (
            f"It was started with {told['host']} {told['port']}; line {did['line']} of {case.program}.py {verb} "
            f"{did['host']}, port {did['port']}."
        )
        unread = case.fact("argv_unread") is not None
        more = ("sys.argv is nowhere in the program.",) if unread else ()
        return Found({"host": did["host"], "port": did["port"], "line": did["line"], "unread": unread}, (step, *more))

    return decides


def _wrong_host(case: Case) -> Found | None:
    found = _fixed("binds", "host")(case)
    return None if found is None or _fixed("binds", "port")(case) else found


BEGINS_NOT = ("not listening", "other port", "nobody came")


def _no_default(case: Case) -> Found | None:
    """Only where the PORT is left out it does not listen or connect; where it is told one, it does."""
    causes = ("crashed", "ended", "not listening", "other port", "nobody came", "goes on", "wordless")
    failures = [failure for failure in case.failed(*LEFT_OUT, causes=causes) if not _at_every_address(failure)]
    told = [failure for failure in case.failures if failure not in failures and failure.cause in BEGINS_NOT]
    return None if case.fact("does_not_begin") or told else seen(failures)


def limited(decides: Decides) -> Decides:
    """The same, where the program's text has a time limit at all: what has none cannot have left it on."""
    limits = re.compile(r"timeout|wait_for|create_connection\((?:\w+|\(.*\))\s*,")
    return lambda case: decides(case) if limits.search(case.source) else None


def _everywhere(case: Case) -> Found | None:
    """Where the HOST is left out, no other server can listen at the same port of another address of this machine."""
    failures = [failure for failure in case.failed(*LEFT_OUT) if _at_every_address(failure)]
    return seen(failures, "Another server couldn't listen at 127.0.0.2 and the same port: the address was taken.")


def _at_every_address(failure: Failure) -> bool:
    return failure.facts.get("who") == "second server" and failure.cause in ("crashed", "ended")


def _ignores_argv(case: Case) -> Found | None:
    port, host = _fixed("connects", "port")(case), _fixed("connects", "host")(case)
    found = port or host
    if found is None:
        return None
    given = "HOST and PORT" if port else "HOST"
    to = f"{found.details['host']}, port {found.details['port']}" if port else f"the host {found.details['host']}"
    return replace(found, details={**found.details, "to": to, "given": given})


def _never_begins(case: Case) -> Found | None:
    """It runs, but it never listens, or never connects."""
    begins = case.fact("does_not_begin")
    if begins is None or begins["cause"] in ("crashed", "ended", "floods"):
        return None
    verb = _begins(case)
    stands = [str(fact["told"]) for fact in case.facts("stands")][:3]
    step = f"It runs, and 2.5 s after its start it has not {'listened' if verb == 'listens' else 'connected'} yet."
    busy = case.fact("spins") is not None
    more = ("It uses all the time of a processor: a loop in it never waits.",) if busy else ()
    first = case.fact("stands")
    line = f": it is at line {first['line']}" if first and first["line"] else ""
    return Found({"verb": verb, "line": line}, (step, *stands, *more))


def _ends_first(case: Case) -> Found | None:
    """It ends before it listens or connects, without an exception that would tell why."""
    begins, ended = case.fact("does_not_begin"), case.fact("ended")
    if begins is None or ended is None or case.fact("uncaught") or _hidden(case):
        return None
    verb = _begins(case)
    raises = case.facts("raises")[-1:]
    if raises and raises[0]["exception"] in SLIPS:
        return None
    last = [f"Line {fact['line']} raised {fact['exception']}: {fact['message']}" for fact in raises]
    step = f"It exits with status {ended['status']} before it {verb}."
    return Found({"verb": verb, "status": ended["status"]}, (step, *last))


def _crashes_first(case: Case) -> Found | None:
    """An exception ends it before it listens or connects; where an except catches a slip, it is over as well."""
    uncaught = case.fact("uncaught")
    raised = [fact for fact in case.facts("raises") if uncaught and fact["exception"] == uncaught["exception"]]
    if not uncaught and case.fact("ended") and not _hidden(case):
        raised = [fact for fact in case.facts("raises")[-1:] if fact["exception"] in SLIPS]
    if not case.fact("does_not_begin") or not raised:
        return None
    details = {key: raised[-1][key] for key in ("line", "exception", "message")}
    return Found(details, (f"It exits before it {_begins(case)}.",))


def _udp(case: Case) -> Found | None:
    """It never listens or connects, and its text opens a socket of the other kind."""
    lines = [number for number, line in enumerate(case.source.splitlines(), 1) if "SOCK_DGRAM" in line]
    if not lines or not case.fact("does_not_begin"):
        return None
    step = f"Line {lines[0]} of {case.program}.py asks for SOCK_DGRAM; with such a socket nothing {_begins(case)}."
    return Found({"line": lines[0]}, (step, *(str(fact["told"]) for fact in case.facts("stands")[:1])))


def _no_listen(case: Case) -> Found | None:
    """It has bound its socket, and nothing in its text listens."""
    binds, listens = case.fact("binds"), re.search(r"\.listen\(|create_server|start_server|socketserver", case.source)
    if not binds or listens or not case.fact("does_not_begin"):
        return None
    return Found({}, (f"Line {binds['line']} of server.py binds the socket; no line makes it listen.",))


def _begins(case: Case) -> str:
    return "listens" if case.program == "server" else "connects"


# How it ends, and what it says


def _refused(case: Case) -> Found | None:
    """No one listens, and that ends it with a traceback; without any try a lost connection does it too."""
    refused = case.failed(moment=REFUSED, causes=ENDED)
    lost = case.failed("test_the_server_*", causes=ENDED, exceptions=SOCKET_TROUBLE)
    unanswered = case.failed(moment=UNANSWERED, causes=ENDED, exceptions=["TimeoutError"])
    return seen([*refused, *unanswered, *lost]) if refused else None


def _serves_one_conversation(failure: Failure) -> bool:
    """Whether it is about a server of stage 3 or 4: with its only client its conversation is over too."""
    return failure.program == "server" and failure.test.startswith(("3_", "4_"))


def _crash_on_reset(case: Case) -> Found | None:
    failures = case.failed(moment=RESET, causes=("crashed", "ended", "refused", "reset"))
    return seen([failure for failure in failures if not _serves_one_conversation(failure)])


def _lost_with_a_traceback(case: Case) -> Found | None:
    """A lost connection ends the program as an error of Python's."""
    if case.program == "client":
        return seen(case.failed("test_the_server_*", causes=ENDED, exceptions=SOCKET_TROUBLE))
    lost = case.failed(moment=RESET, causes=("crashed", "ended", "refused", "reset", "traceback"))
    return seen([failure for failure in lost if _serves_one_conversation(failure) and failure.exception])


def _status_0(case: Case) -> Found | None:
    """It ends with status 0 where it should be 1; what Ctrl+C does is another matter."""
    return seen([failure for failure in case.failed(causes=["other status"]) if failure.facts.get("wanted") == 1])


def _no_log(case: Case) -> Found | None:
    """Nothing is logged at all, in any test that has waited for a line in the log."""
    silent = [failure for failure in case.failed("test_the_log_*") if not failure.shown("logs").strip()]
    waited = [failure for failure in silent if failure.cause in ("silent log", "ended", "")]
    if not waited or any(
        b"%d" % failure_port in failure.shown() for failure in waited for failure_port in _ports(failure)
    ):
        return None
    step = "The log (standard error) is empty in every test, even after a client connected."
    return Found({}, (step,), tuple(waited))


def _log_on_screen(case: Case) -> Found | None:
    """The line that is wanted in the log stands on the screen."""
    failures = [
        failure
        for failure in case.failed("test_the_log_*")
        if not failure.shown("logs").strip() and len(failure.shown().splitlines()) > 0
    ]
    lines = [line for failure in failures for line in failure.shown().splitlines() if _tells(failure, line)]
    if not lines:
        return None
    line = lines[0].decode(errors="replace")[:60]
    steps = (f'Its screen (standard output) shows "{line}".', "Its log (standard error) is empty.")
    return Found({"line": line}, steps, tuple(failures))


def _tells(failure: Failure, line: bytes) -> bool:
    return any(b"%d" % port in line for port in _ports(failure)) or b"127.0.0.1" in line


def _ports(failure: Failure) -> list[int]:
    """The ports that the test expects in the log, as its expectation names them."""
    words = str(failure.expected or "").replace('"', " ").replace(",", " ").split()
    return [int(word) for word in words if word.isdigit() and len(word) > 3]


def _logs_something(*tests: str) -> Decides:
    """The log has lines, but not the one about this."""

    def decides(case: Case) -> Found | None:
        failures = [
            failure
            for failure in case.failed(*tests, causes=["silent log", "other print", "ended"])
            if failure.shown("logs").strip()
        ]
        return seen(failures, *(as_step(failure) for failure in failures[:1]))

    return decides


def _hidden(case: Case) -> Found | None:
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


HIDDEN = ("end", "ended", "part", "silence", "silent screen", "reset", "no file", "other file")


def _explains_hidden(case: Case, found: Found, failure: Failure) -> bool:
    return failure.cause in HIDDEN or bool(case.fact("does_not_begin"))


# What stages 1 and 2 share: a server that serves one client after another, a client that sends what is typed


def _busy_loop(case: Case) -> Found | None:
    """It spins as soon as the other side has said end of stream."""
    return _spins(case, "end of stream")


def _asks_its_keyboard(case: Case) -> Found | None:
    """Something came from its client, and it waits for someone to type at its own keyboard."""
    waits = standing(case, "input")
    if not waits or not case.fact("trouble") or case.fact("does_not_begin"):
        return None
    return Found({"line": waits["line"]}, as_steps("A client has sent something.", waits))


def _busy_keyboard(case: Case) -> Found | None:
    """It spins as soon as its keyboard is at its end."""
    return None if _keyboard_once(case) else _spins(case, "end of input")


def _spins(case: Case, moment: str) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if moment in fact.where), None)
    if not spins:
        return None
    stands = next((fact for fact in case.facts("stands") if fact.where == spins.where and fact["line"]), None)
    where = f" Its innermost line is line {stands['line']}, in {stands['function']}." if stands else ""
    compares = [
        f"Line {line} asks {condition}: bytes and a text, which are never equal."
        for line, condition in compared_with_text(case.source)[:1]
    ]
    return Found({}, (f"{capital(spins.where)} it uses all the time of a processor.{where}", *compares))


def _does_not_close(case: Case) -> Found | None:
    """Its client has ended, after it was served, and never sees the end of the stream."""
    if not case.fact("end", came=False) or case.fact("spins"):
        return None
    if _file_stays_open(case):
        return None
    if not (case.fact("answer", how="same") or case.fact("entry", how="same")) and not standing(case, "recv"):
        return None  # no line of it has ever received from this client
    waiting = [fact for fact in case.facts("socket", state="CLOSE_WAIT") if "end of stream" in fact.where]
    if not waiting and not standing(case, "accept", "end of stream"):
        return None
    steps = as_steps(
        "The client has closed its sending side, and the server never ends the connection.",
        standing(case, "accept", "end of stream"),
        "The server's socket of this client is still open (CLOSE_WAIT)." if waiting else None,
    )
    return Found({}, steps)


def _serves_one(case: Case) -> Found | None:
    if not case.fact("ended", status=0) or case.fact("uncaught") or not case.fact("end", came=True):
        return None
    if case.fact("does_not_begin") or not (case.fact("answer", how="same") or case.fact("entry", how="same")):
        return None
    if any(fact["how"] != "same" for name in ("answer", "entry") for fact in case.facts(name, number=2)):
        return None  # its first client has not left yet, and it is done with it
    steps = ("After its first client's end of stream the program ends, with status 0.", "The next client is refused.")
    return Found({}, steps)


def _ends_at_once(case: Case) -> Found | None:
    """It connects, and is over before it has sent the line that was typed; no exception has ended it."""
    silent = case.fact("sent", number=1, how="nothing") or case.fact("said", number=1, how="nothing")
    if not silent or not case.fact("connected") or not case.fact("ended", status=0) or case.fact("uncaught"):
        return None
    if any(fact["how"] != "nothing" for name in ("sent", "said") for fact in case.facts(name)):
        return None
    if case.facts("stands", call="input"):  # it was at its keyboard, and ended with it
        return None
    if _always_true(case) or _hidden(case) or lacking(case.source) & {"send", "keyboard"}:
        return None
    return Found({}, ("A line was typed, and nothing was sent.", "The client connected and exited with status 0."))


def _first_line_taken(case: Case) -> Found | None:
    """It is at its keyboard again, and nothing was sent; when one more line is typed, something is."""
    silent = case.fact("sent", number=1, how="nothing") or case.fact("said", number=1, how="nothing")
    waits = standing(case, "input", "line")
    if not silent or not waits:
        return None
    ahead = case.again(AHEAD, "ahead")
    if not ahead or not ahead["came"] or case.again(AHEAD, "ahead_again", came=False):
        return None
    sent = f'After a second line it sent "{ahead["came"]}".'
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits, sent))


def _waits_for_all_lines(case: Case) -> Found | None:
    """It is at its keyboard again, and nothing was sent."""
    if _first_line_taken(case):
        return None
    waits = standing(case, "input", "line")
    return _nothing_sent(case, waits) if not writes_into_file(case) else None


def _sent_not_flushed(case: Case) -> Found | None:
    """It waits for something, and nothing was sent: it is in the buffer of a file of its connection."""
    waits = standing(case, "input", "line") or standing(case, "recv", "line")
    return _nothing_sent(case, waits) if writes_into_file(case) else None


def _nothing_sent(case: Case, waits: Fact | None) -> Found | None:
    if not waits or not case.fact("sent", number=1, how="nothing"):
        return None
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits))


def writes_into_file(case: Case) -> bool:
    """Whether it sends by writing into a file of its connection, which may keep what was written."""
    return bool(re.search(r"makefile\([^)]*[\"']r?w", case.source))


def _one_line_only(case: Case) -> Found | None:
    """After its first line it ends, although its keyboard does not."""
    if not case.fact("sent", number=1, how="same") or not case.fact("sent", number=2, how="nothing"):
        return None
    if not case.fact("ended", status=0) or case.fact("uncaught") or connects_again(case):
        return None
    return Found({}, ("The first typed line was sent. Then the client exited, with status 0.",))


def connects_again(case: Case) -> Found | None:
    """It has connected to the same address more than once, although its first connection had not ended."""
    connects = case.facts("connects")
    again = [fact for fact in connects if [fact["host"], fact["port"]] == [connects[0]["host"], connects[0]["port"]]]
    if len(again) < 2:
        return None
    step = (
        f"Line {again[1]['line']} of client.py connected again, although its server had not ended the first connection."
    )
    return Found({}, ("Two lines were typed.", step))


def _ends_sending(case: Case) -> Found | None:
    """A later line can't be sent: it has ended its sending side or closed its socket itself, for the host has not."""
    numbers = ("Errno 32]", "Errno 9]", "WinError 10058]", "WinError 10038]")
    raises = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in numbers)]
    if not raises or not case.fact("sent", number=1, how="same") or not case.fact("sent", number=2, how="nothing"):
        return None
    step = f"Line {raises[0]['line']} of client.py raises {raises[0]['exception']}: {raises[0]['message']}"
    return Found({"exception": raises[0]["exception"]}, ("The first line was sent, the second one was not.", step))


def _connects_late(case: Case) -> Found | None:
    """Where a line was typed it has connected, and where none was it has not."""
    failures = case.failed(causes=["nobody came"])
    told = [failure for failure in failures if not failure.fits(*LEFT_OUT)]
    silent = [failure for failure in told if not any(event.what == "types" for event in failure.events)]
    other_reason = _first_line_taken(case) or connects_again(case)
    return seen(silent) if case.fact("connected") and not other_reason else None


def _file_stays_open(case: Case) -> Found | None:
    """It closes its client's socket, but not the file that it has made of it, and the client sees no end."""
    if not case.fact("end", came=False) or case.fact("spins") or not standing(case, "accept", "end of stream"):
        return None
    made = re.search(r"(\w+)\s*=\s*[\w.]*?(\w+)\.makefile\(", case.source)
    if not made or re.search(rf"\b{made[1]}\.close\(|with {made[1]}\b", case.source):
        return None
    accepted = re.search(r"(\w+)\s*,[^=\n]*=[^=\n]*\.accept\(", case.source)
    names = "|".join({made[2], accepted[1] if accepted else made[2]})
    if not re.search(rf"\b({names})\.close\(|with ({names})\b", case.source):
        return None
    line = case.line_of(made)
    steps = as_steps(
        "The client has closed its sending side, and never saw the server close the connection.",
        standing(case, "accept", "end of stream"),
        f"Line {line} of server.py makes a file of the connection, and no line closes it.",
    )
    return Found({"file": made[1]}, steps)


SHOWN_ON_STDERR = Fault(
    slug="shown-on-stderr",
    life=Life.ANSWER,
    decides=lambda case: None,
    stops=True,
    sentence="What your {program} should show goes to standard error. It belongs on standard output, where print "
    "puts it.",
    question="Start your {program} with 2> log.txt at the end of the command line. What is left on the screen? Which "
    "of your lines are for the user, and which are for the log?",
    read=LOG,
)
FIRST_LINE_TAKEN = Fault(
    slug="first-line-taken",
    life=Life.GREET,
    decides=_first_line_taken,
    explains=everything,
    programs=("client",),
    stops=True,
    sentence="Your {program} uses the first typed line for something else, such as a name. In this stage the first "
    "line is the first message.",
    question="Which line of your program reads the keyboard first, and what does it do with that line? Who types a "
    "name in this stage?",
    read=CLIENT,
)
CONNECTS_LATE = Fault(
    slug="connects-late",
    life=Life.LISTEN,
    decides=_connects_late,
    explains=like(causes=("nobody came", "not reached")),
    programs=("client",),
    stops=True,
    sentence="Your client connects only after the user has typed a line, but it should connect as soon as it starts.",
    question="Which of your lines comes first: the one that connects, or the one that reads the keyboard? Who notices "
    "it if no server is there?",
    read=CLIENT,
)
CONNECTION_PER_LINE = Fault(
    slug="connection-per-line",
    life=Life.NEXT,
    decides=connects_again,
    explains=everything,
    programs=("client",),
    stops=True,
    sentence="Your client makes a new connection for each line, but one conversation is one connection.",
    question="How often does your line that connects run? Where does it have to be to run once?",
    read=CLIENT,
    mistakes=("connection-per-line",),
)
ENDS_AT_ONCE = Fault(
    slug="ends-at-once",
    life=Life.GREET,
    decides=_ends_at_once,
    explains=everything,
    programs=("client",),
    stops=True,
    sentence="Your client exits before it has sent what the user types: it reaches its last line at once.",
    question="Which line of yours waits for the user, and in which thread does it run? What does the main thread do "
    "in the meantime, and what happens to the others when it ends?",
    read=CLIENT,
)
DOES_NOT_WAIT = Fault(
    slug="does-not-wait",
    life=Life.TAKE,
    decides=does_not_wait,
    explains=like(
        causes=("silence", "silent screen", "other print", "unwanted print", "too much", "other line", "goes on")
    ),
    stops=True,
    sentence="Line {line} doesn't wait for what arrives: your socket is set not to block, so recv raises "
    "BlockingIOError if nothing is there yet.",
    question="What does recv do on a socket as it is made, if nothing has arrived yet? Which line of yours has "
    "changed that?",
    read=IDEA,
)
TAKES_AT_ONCE = Fault(
    slug="does-not-wait",
    life=Life.TAKE,
    decides=_takes_at_once,
    explains=like(causes=("silence", "silent screen", "other print", "unwanted print", "unread", "ended", "goes on")),
    programs=("client",),
    stops=True,
    sentence="Line {line} doesn't wait for the answer: it looks into the queue at once, when nothing has arrived yet.",
    question="How long does an answer need, and what does your client do in the meantime? Which way to ask a queue "
    "waits until something is in it?",
    read=IDEA,
)
OTHER_PARTS = Fault(
    slug="exception",
    life=Life.TAKE,
    decides=_slip("ValueError", fits=_unpacks),
    explains=_explains_exception,
    stops=True,
    sentence="Line {line} takes apart what has another number of parts than it has names for ({message}).",
    question="Print repr() of what line {line} takes apart. How many parts can there be when two lines arrive "
    "together, or a line with more words? What cuts only once?",
    read=SERVER,
)
ONE_AFTER_ANOTHER = [
    FIRST_LINE_TAKEN,
    ENDS_AT_ONCE,
    DOES_NOT_WAIT,
    TAKES_AT_ONCE,
    OTHER_PARTS,
    Fault(
        slug="uses-closed-socket",
        life=Life.NEXT,
        decides=_uses_closed_socket,
        explains=_explains_closed_socket,
        programs=("server",),
        stops=True,
        sentence="Line {line} uses the socket of a client that has left: your server has closed it and still keeps it.",
        question="Which line closes the client's socket? After that, which of your variables or lists still has it, "
        "and what should they have instead?",
        read=SERVER,
    ),
    Fault(
        slug="asks-its-keyboard",
        life=Life.GREET,
        decides=_asks_its_keyboard,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server stops at line {line} and waits for someone at its own keyboard. In this stage no one "
        "types there.",
        question="What does your server need for its next step: something from the client, or something from a "
        "keyboard? Who sits at the keyboard of a server?",
        read=IDEA,
    ),
    Fault(
        slug="file-stays-open",
        life=Life.NOTICE,
        decides=_file_stays_open,
        explains=like("test_the_end_*", "test_one_client_*", "test_nothing_*", causes=("silence",)),
        programs=("server",),
        sentence="You close the client's socket, but {file} is a file of it that is still open. The connection ends "
        "only when both are closed.",
        question="Which of your names belong to this connection? Which of them have you closed when the client has "
        "left?",
        read="lessons/2_logbook.md#the-server",
    ),
    Fault(
        slug="busy-loop",
        life=Life.NOTICE,
        decides=_busy_loop,
        explains=like(
            "test_the_end_*",
            "test_one_client_*",
            "test_a_client_*",
            "test_nothing_*",
            "test_the_last_line",
            causes=("spins",),
        ),
        programs=("server",),
        stops=True,
        sentence="After the client closes its sending side, recv returns b'' immediately, again and again, and "
        "nothing ends your loop: it runs forever.",
        question="What does recv return when the client has nothing more to send, and what does your loop do then? "
        "Which line gets out of it?",
        read=IDEA,
        mistakes=("eof-ignored", "bytes-vs-str"),
    ),
    Fault(
        slug="does-not-close",
        life=Life.NOTICE,
        decides=_does_not_close,
        explains=like("test_the_end_*", "test_one_client_*", "test_nothing_*", causes=("silence",)),
        programs=("server",),
        sentence="When the client closes its sending side, your server never closes the client's socket, so the "
        "client never sees EOF.",
        question="recv has returned b''. What happens to the client's socket after that? Which line tells the client "
        "that the conversation is over?",
        read=SERVER,
        mistakes=("quit-without-close",),
    ),
    Fault(
        slug="serves-one-client",
        life=Life.NEXT,
        decides=_serves_one,
        explains=like("test_one_client_*", "test_a_client_*", "test_the_last_line", causes=("ended", "refused")),
        programs=("server",),
        stops=True,
        sentence="Your server accepts exactly one client: when that client leaves, your program exits.",
        question="When the first client leaves, which line runs next? How could your program get back to accept?",
        read=SERVER,
        mistakes=("serve-once", "one-client-only"),
    ),
    CONNECTION_PER_LINE,
    Fault(
        slug="ends-sending-too-early",
        life=Life.NEXT,
        decides=_ends_sending,
        explains=lambda case, found, failure: failure.exception == found.details["exception"],
        programs=("client",),
        stops=True,
        sentence="Your client closes its socket, or its sending side, after the first line, although the user can "
        "still type.",
        question="Which line calls close or shutdown, and how often does it run? When does your client have nothing "
        "more to say?",
        read=CLIENT,
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_line_only,
        explains=like(
            *("test_line_after_line", "test_several_lines_at_once", "test_the_blanks_of_a_line", "test_what_is_*"),
            *("test_it_is_*", "test_the_end_of_the_keyboard", "test_the_screen_shows_it_at_once", "test_a_long_line"),
        ),
        programs=("client",),
        stops=True,
        sentence="Your client sends one line and exits, although the user can still type.",
        question="How often does your line that reads the keyboard run? What would make it run again?",
        read=CLIENT,
    ),
    Fault(
        slug="sent-not-flushed",
        life=Life.TAKE,
        decides=_sent_not_flushed,
        explains=like(causes=("silence",)),
        programs=("client",),
        sentence="What you write into the connection's file stays in its buffer: nothing is sent until it is flushed.",
        question="When does a file hand over what you wrote? What makes it do so immediately?",
        read=CLIENT,
        mistakes=("file-not-flushed-client",),
    ),
    Fault(
        slug="waits-for-all-lines",
        life=Life.TAKE,
        decides=_waits_for_all_lines,
        explains=like(causes=("silence",)),
        programs=("client",),
        sentence="Your client sends nothing as long as the user can still type: it reads all of its input first.",
        question="When does your loop start to send: after each typed line, or after the last one?",
        read=CLIENT,
        mistakes=("process-after-eof-client",),
    ),
    Fault(
        slug="busy-loop",
        life=Life.LEAVE,
        decides=_busy_keyboard,
        explains=like("test_the_keyboard_ends", "test_the_end_of_the_keyboard", causes=("spins",)),
        programs=("client",),
        stops=True,
        sentence="At the end of input your loop keeps asking for the next line, and never stops.",
        question="What does your line that reads the keyboard return or raise when there is no more input (Ctrl+D)? "
        "Which line of yours checks for that?",
        read=CLIENT,
    ),
]

_SELECTS_STDIN = re.compile(r"(select|register)\([^)\n]*stdin|=\s*\[[^]\n]*stdin[^]\n]*\][\s\S]*select\(")


def _select_and_buffer(case: Case) -> Found | None:
    """It asks select about its keyboard, and of several lines that were typed at once not all are sent."""
    if not _SELECTS_STDIN.search(case.source):
        return None
    silent = case.failed(causes=("silence", "part"))
    at_once = [
        failure
        for failure in silent
        if any(event.what == "types" and b"\n" in event.data.rstrip(b"\n") for event in failure.events)
    ]
    return seen(at_once, "Several lines were typed at once, and not all of them were sent.")


# What is told where no belief is known: what was seen


SILENT = ("silence", "silent screen")


def _exception_left(case: Case) -> Found | None:
    """Of the exceptions that nothing else explains, the one that costs most."""
    points: dict[tuple[str, str], int] = {}
    for failure in case.failures:
        if failure.exception and failure.facts.get("where"):
            place = (failure.exception, str(failure.facts["where"]))
            points[place] = points.get(place, 0) + failure.points
    if not points:
        return None
    most = max(points, key=lambda place: points[place])
    failures = [failure for failure in case.failures if (failure.exception, failure.facts.get("where")) == most]
    return seen(failures, *as_steps(as_step(failures[0]), _last_words(case, failures[0])))


def _last_words(case: Case, failure: Failure) -> str | None:
    """What Python says at the end of the traceback of a failure's exception."""
    lines = _logged(case, failure).splitlines()
    return next((f'Python says: "{line[:150]}"' for line in lines if line.startswith(f"{failure.exception}: ")), None)


def _other_status(case: Case) -> Found | None:
    """It ends as planned, but with a status that says that something went wrong."""
    return seen([failure for failure in case.failed(causes=["other status"]) if failure.facts.get("wanted") == 0])


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
    if len(there) > FEW and not at_work:
        return None
    told = (at_work if len(there) > FEW else there)[0]
    return Found({"line": told["line"]}, as_steps(as_step(silent[0]), told), tuple(silent))


def _arguments_of_thread(case: Case) -> Found | None:
    logs = [str(fact["log"]) for fact in case.facts("screen")]
    words = "argument after * must be an iterable"
    line = next((line for log in logs for line in log.splitlines() if words in line), "")
    return Found({}, (f"A thread ends as soon as it begins: {line[:150]}",)) if line else None


def _core_or_silent(case: Case, found: Found, failure: Failure) -> bool:
    """What a thread that doesn't do its work may make fail."""
    return failure.kind == "core" or failure.cause in (*SILENT, "goes on")


def _never_started(case: Case) -> Found | None:
    """A thread is made, no line starts it, and no thread was seen that runs its function."""
    made = never_started(case.source) if case.fact("trouble") else None
    if not made or (made.function and case.fact("stands", thread=made.function)):
        return None
    runs = f"{made.function}() never runs" if made.function else "its function never runs"
    step = f"Line {made.line} of {case.program}.py has a new thread, and no line calls its start()."
    seen_there = case.fact("stands", thread="main")
    return Found({"line": made.line, "runs": runs}, as_steps(step, seen_there))


FOR_NO_PEER = ("input", "join", "wait", "sleep", "get")  # what the other side can't bring to an end


def _started_later(case: Case) -> Found | None:
    """The main thread waits in a line before the one that starts a thread, and no thread runs what that one should."""
    if not case.fact("trouble"):
        return None
    for main in case.facts("stands", thread="main"):
        if main["call"] not in FOR_NO_PEER or not main["line"]:
            continue  # what comes from the other side, such as its name, may well be awaited first
        running = {fact["thread"] for fact in case.facts("stands") if fact.where == main.where}
        for late in started_later(case.source, str(main["function"]), int(main["line"])):
            if late.function and late.function not in running:
                step = f"Line {late.line} of {case.program}.py starts the thread of {late.function}(), and hasn't run."
                details: dict[str, Detail] = {"line": late.line, "function": late.function, "waits": main["line"]}
                return Found(details, as_steps(main, step))
    return None


def _bound_late(case: Case) -> Found | None:
    """Threads run a lambda that was made in a loop: all of them find what the loop's variable was at its end."""
    late = bound_late(case.source) if case.fact("trouble") else None
    if not late:
        return None
    step = f"Line {late.line} of {case.program}.py makes a function that looks {late.name} up when its thread runs."
    stand = [fact for fact in case.facts("stands") if fact["thread"] == "<lambda>"]
    return Found({"line": late.line, "name": late.name}, as_steps(step, *stand[:2]))


def _reads_under_lock(case: Case) -> Found | None:
    """A thread waits for the keyboard, or for data, with a lock for which another thread waits."""
    for call, what, comes in (("input", "the keyboard", "is typed"), ("recv", "the other side", "arrives")):
        for reads in case.facts("stands", call=call):
            lock = under_lock(case.source, int(reads["line"]))
            waits = next((fact for fact in case.facts("stands", call="lock") if fact.where == reads.where), None)
            if lock and waits:
                details = {"line": lock, "input": reads["line"], "what": what, "comes": comes}
                return Found(details, as_steps(reads, waits))
    return None


def _reads_all_of_the_keyboard(case: Case) -> Found | None:
    """A thread stands in a call that reads the keyboard to its end."""
    whole = {node.lineno: ast.unparse(node) for node in nodes(case.source) if _reads_to_the_end(node)}
    for keyboard in case.facts("stands", call="input"):
        line = int(keyboard["line"])
        if line in whole and case.fact("trouble"):
            return Found({"line": line, "call": whole[line]}, as_steps(keyboard))
    return None


def _reads_to_the_end(node: ast.AST) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call) or node.args or not ast.unparse(node.func).startswith(("sys.stdin.", "stdin.")):
        return False
    return name_of(node.func) in ("read", "readlines")


def _never_notified(case: Case) -> Found | None:
    """A thread waits for a condition, and no line of the program notifies one."""
    words = {name_of(node) for node in nodes(case.source)}
    if "Condition" not in words or words & {"notify", "notify_all", "notifyAll"}:
        return None
    for waits in case.facts("stands", call="wait"):
        if under_lock(case.source, int(waits["line"])):
            return Found({"line": waits["line"]}, as_steps(waits, f"No line of {case.program}.py calls notify()."))
    return None


def _takes_options(case: Case) -> Found | None:
    """It ends with the words of argparse: HOST and PORT are no words that it knows."""
    for fact in case.facts("screen"):
        if "error: unrecognized arguments:" in str(fact["log"]) and case.fact("does_not_begin"):
            last = str(fact["log"]).strip().splitlines()[-1][:150]
            return Found({}, (f'Started with HOST and PORT it exits. Its last words: "{last}"',))
    return None


def _forgotten_f(case: Case) -> Found | None:
    """What came has a name of the program's own in braces, or %s: nothing has put a value in its place."""
    found = nodes(case.source)
    names = {name_of(node) for node in found} | {node.arg for node in found if isinstance(node, ast.arg)}
    filled = {id(node.left) for node in found if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)}
    filled |= {id(node.args[0]) for node in found if isinstance(node, ast.Call) and len(node.args) > 1}  # of a log
    places = {}
    for node in found:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in filled:
            words = re.findall(r"%s|\{[A-Za-z_][\w.]*\}", node.value)
            own = [word for word in words if word == "%s" or word[1:-1].partition(".")[0] in names]
            places.update(dict.fromkeys(own, node.lineno))
    for word, line in places.items():
        failures = [failure for failure in case.failures if word in _came_in(failure)]
        if failures and word != "{quit}":
            why = "nothing with % comes after it" if word == "%s" else "the text has no f before its quotes"
            step = f"{word} came, as it stands in line {line} of {case.program}.py, and not a name or a text."
            return seen(failures, step, word=word, line=line, why=why)
    return None


def _came_in(failure: Failure) -> str:
    """What anyone received or saw in a failed test."""
    came = [event.data for event in failure.events if event.what in ("receives", "prints")]
    return b"".join(came).decode(errors="replace")


def _exit_loses_output(case: Case) -> Found | None:
    """It ends with os._exit, and run without a buffer it prints more."""
    lines = [number for number, line in enumerate(case.source.splitlines(), 1) if re.search(r"\bos\._exit\(", line)]
    failures = case.failed(causes=(*SILENT, "wordless", "other print"))
    failures += [failure for failure in case.failed(causes=["ended"]) if failure.moment == STREAM_END]
    if not lines or not failures:
        return None
    shown, unbuffered = case.facts("screen"), case.again(Variation(unbuffered=True), "screen")
    if not shown or not unbuffered or len(str(unbuffered["text"]).split()) <= len(str(shown[0]["text"]).split()):
        return None
    last = str(unbuffered["text"]).rstrip().rpartition("\n")[2][-100:]
    step = f'Run without a buffer (python -u) its last line is "{last}". Run as usual, this line never appears.'
    return Found({"lines": ", ".join(map(str, lines))}, (step,), tuple(failures))


def _ctrl_c_status(case: Case) -> Found | None:
    """It ends after Ctrl+C, and not with status 0."""
    ended = case.failed(moment=CTRL_C, causes=["other status", "ended"])
    return seen([failure for failure in ended if str(failure.facts.get("status")) not in ("0", "status 0")])


def _end_of_input(case: Case) -> Found | None:
    found = in_tests(causes=ENDED, exceptions=["EOFError"])(case)
    if found is None or "flush" in case.source:
        return found
    # whoever exchanges input() for readline() now would see fewer tests pass, after a right step
    return replace(found, steps=(*found.steps, f"{INPUT_FLUSHES} If you change to it, print with flush=True."))


FAULTS = [
    Fault(
        slug="syntax-indentation",
        life=Life.READ,
        decides=_syntax("IndentationError", "TabError"),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: line {line} isn't indented the way the line above it asks for "
        "({message}).",
        question="Which lines belong to the line above, the one that ends with a colon? Start the program yourself "
        "and read which line Python names.",
        read=SERVER,
    ),
    Fault(
        slug="syntax-colon",
        life=Life.READ,
        decides=_syntax("SyntaxError", words=("expected ':'",)),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: line {line} has no colon at its end ({text}).",
        question="How do your other lines that start with def, if, for, while or with end? Start the program "
        "yourself and read which line Python names.",
        read=SERVER,
    ),
    Fault(
        slug="syntax",
        life=Life.READ,
        decides=_syntax("SyntaxError", "ValueError", "RecursionError", but=("expected ':'",)),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: it can't read line {line} ({message}).",
        question="Start the program yourself. Where does Python put its mark, and what is missing there or just "
        "before it?",
        read=SERVER,
    ),
    Fault(
        slug="main-never-called",
        life=Life.START,
        decides=_nothing_runs,
        explains=everything,
        stops=True,
        sentence="Your program defines everything and calls nothing: no line outside a function calls {name}().",
        question="What does Python do with the lines below a def, and when? Which line of yours starts the program?",
        read=SERVER,
        mistakes=("main-not-called", "main-not-called-client"),
    ),
    Fault(
        slug="missing-import",
        life=Life.START,
        decides=_missing_import,
        explains=everything,
        stops=True,
        sentence="Line {line} uses {name}, but no line imports it.",
        question="Where does a name such as {name} come from if no line of yours makes it?",
        read=SERVER,
    ),
    Fault(
        slug="ignores-argv",
        life=Life.LISTEN,
        decides=_ignores_argv,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Your client always connects to {to}, whatever {given} you start it with.",
        question="The words after client.py on the command line: where does your program read them? Print sys.argv "
        "and the address that you connect to.",
        read=CLIENT,
    ),
    Fault(
        slug="fixed-port",
        life=Life.LISTEN,
        decides=_fixed("binds", "port"),
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server always listens on port {port}, whatever PORT you start it with.",
        question="The words after server.py on the command line: where does your program read them? Print sys.argv "
        "and the address that you bind to.",
        read=SERVER,
    ),
    Fault(
        slug="wrong-host",
        life=Life.LISTEN,
        decides=_wrong_host,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="You bind to {host}, an address that your program chooses. The HOST comes from the command line.",
        question="Which address did the command line give, and which one does your program bind to? Whose address is "
        "{host}?",
        read=SERVER,
    ),
    Fault(
        slug="udp-socket",
        life=Life.START,
        decides=_udp,
        explains=everything,
        stops=True,
        sentence="Line {line} opens a UDP socket (SOCK_DGRAM). A conversation needs TCP: it connects two programs, and "
        "keeps all bytes in order.",
        question="Which kind of socket does the lesson open? What does connect do that sendto doesn't?",
        read=IDEA,
    ),
    Fault(
        slug="listen-before-bind",
        life=Life.START,
        decides=_listen_before_bind,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Line {line} listens before line {binds} binds: by then the system has given the socket an address "
        "of its own choice.",
        question="In which order does a server choose its address, listen and accept? What can listen do with a "
        "socket that has no address yet?",
        read=IDEA,
    ),
    Fault(
        slug="no-listen",
        life=Life.LISTEN,
        decides=_no_listen,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server binds its socket to an address, but never listens there, so no client can connect.",
        question="What does a socket have to do between bind and accept, so that clients can reach it?",
        read=IDEA,
    ),
    Fault(
        slug="never-begins",
        life=Life.LISTEN,
        decides=_never_begins,
        explains=everything,
        stops=True,
        sentence="Your {program} runs, but it never {verb}{line}.",
        question="Which lines run between the start of your program and the line where it {verb}? What is the line "
        "named here waiting for?",
        read=IDEA,
        mistakes=(),
    ),
    Fault(
        slug="ends-before-it-begins",
        life=Life.LISTEN,
        decides=_ends_first,
        explains=everything,
        stops=True,
        sentence="Your {program} exits with status {status} before it {verb}.",
        question="Start it yourself with 127.0.0.1 and a port. What is the last line that runs, and what does it say?",
        read=IDEA,
    ),
    Fault(
        slug="host-ignored",
        life=Life.LISTEN,
        decides=in_tests(
            "test_an_empty_host_means_every_interface", causes=["refused", "crashed", "ended", "not listening"]
        ),
        explains=like(*LEFT_OUT, causes=["not listening"]),
        rare=True,
        programs=("server",),
        sentence="Started with an empty HOST, your server can't be reached at every address of this machine.",
        question="What does an empty host mean in the address that you bind to? Does your program pass it on "
        "unchanged?",
        read=IDEA,
        mistakes=("empty-host-replaced", "host-ignored", "empty-host-is-loopback", "loopback-only", "localhost-only"),
    ),
    Fault(
        slug="argv-defaults",
        life=Life.START,
        decides=_no_default,
        rare=True,
        sentence="Started without a PORT, your program doesn't use 50007.",
        question="How long is sys.argv if you only give a HOST? What does your line that reads the port do then?",
        read=SERVER,
        mistakes=("exit-no-parens", "exit-no-parens-client", "port-always-told", "port-always-told-client"),
    ),
    Fault(
        slug="argv-defaults",
        life=Life.LISTEN,
        decides=_everywhere,
        programs=("server",),
        rare=True,
        sentence="Started without a HOST, your server listens at every address of this machine, not just at 127.0.0.1.",
        question="Which host do you bind to if the command line gives none? Who can reach that address?",
        read=SERVER,
        mistakes=("everywhere-by-default",),
    ),
    Fault(
        slug="str-not-bytes",
        life=Life.TAKE,
        decides=_slip("TypeError", "AttributeError", fits=_mixes),
        explains=_explains_exception,
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
        explains=_explains_exception,
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
        explains=_explains_exception,
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
        explains=_explains_exception,
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
        explains=_explains_exception,
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
        decides=_slip("NameError", "UnboundLocalError"),
        explains=_explains_exception,
        stops=True,
        sentence="Line {line} uses a name that doesn't exist when the line runs ({message}).",
        question="Go to line {line}, and look for the line that makes this name. Is it spelled the same way there, "
        "and has it run before?",
        read=SERVER,
        mistakes=(),
    ),
    Fault(
        slug="other-role",
        life=Life.START,
        decides=_other_role,
        explains=everything,
        stops=True,
        sentence="Your {program}.py does what a {other} does: line {line} {does} the address that it was given.",
        question="Which of the two programs waits for clients, and which one goes to it? Look into both of your files: "
        "does each have the right name?",
        read=IDEA,
    ),
    Fault(
        slug="client-binds",
        life=Life.LISTEN,
        decides=_client_binds,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Line {line} binds your client's socket to the server's own address, which is taken. Only a server "
        "binds; a client connects.",
        question="Who has to be found at a known address, and who goes there? Which port does your client need for "
        "itself, and who chooses that one?",
        read=IDEA,
    ),
    Fault(
        slug="argv-count",
        life=Life.START,
        decides=_wants_words,
        explains=everything,
        stops=True,
        sentence="Your {program} {wants} on its command line (line {line}), but it is started with two, HOST and PORT.",
        question="Start it as `python {program}.py 127.0.0.1 50007`. Which words does sys.argv have then, and where "
        "does all else come from that your program needs?",
        read=SERVER,
    ),
    Fault(
        slug="other-format",
        life=Life.TAKE,
        decides=_other_format,
        explains=_explains_exception,
        stops=True,
        sentence="Line {line} reads what arrives with {reads}, but what other programs send is text, and nothing else.",
        question="Look at this stage in PROTOCOLS.md: which bytes does the other side send? What would someone with "
        "netcat have to type so that line {line} understands it?",
        read="lessons/2_logbook.md#the-idea",
    ),
    Fault(
        slug="argv-order",
        life=Life.START,
        decides=_host_for_port,
        explains=everything,
        stops=True,
        sentence="Line {line} takes {host} for the port: the first word on the command line is the HOST, the second "
        "one is the PORT.",
        question="Print sys.argv at the start of your program. Which of its places has the HOST, and which one has the "
        "PORT?",
        read=SERVER,
    ),
    Fault(
        slug="other-encoding",
        life=Life.TAKE,
        decides=other_encoding,
        explains=_explains_encoding,
        stops=True,
        sentence="Line {line} names the encoding {codec}, but all text here is UTF-8: another one loses letters "
        "or changes them.",
        question="Which letters does {codec} have, and how many bytes does an é take in UTF-8? Which encoding should "
        "line {line} name?",
        read="lessons/2_logbook.md#bytes-and-text",
    ),
    Fault(
        slug="keyboard-read-once",
        life=Life.NEXT,
        decides=_keyboard_once,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Your client reads the keyboard once and then sends this one line again and again.",
        question="How often does your line that reads the keyboard run, and how often the one that sends? Which of "
        "them is inside your loop?",
        read=CLIENT,
    ),
    Fault(
        slug="always-true",
        life=Life.TAKE,
        decides=_always_true,
        explains=like(causes=("end", "ended", "silence", "silent screen", "other print", "other bytes", "reset")),
        stops=True,
        sentence="The condition in line {line} is always true: {condition} compares with the first text only.",
        question="Python reads line {line} as two questions with or between them. What is the second one, and when is "
        "it false?",
        read=SERVER,
    ),
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
        decides=_slip("TypeError", "AttributeError", fits=_no_await),
        explains=_explains_exception,
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
    Fault(
        slug="exception",
        life=Life.TAKE,
        decides=_slip(
            "TypeError",
            "AttributeError",
            "ImportError",
            "ModuleNotFoundError",
            "RecursionError",
            "KeyError",
            "IndexError",
            fits=_other_slip,
        ),
        explains=_explains_exception,
        sentence="An exception stops your program in line {line} ({exception}: {message}).",
        question="Go to that line and read it aloud. Which value did each name in it have at that moment? Print them "
        "with repr() one line above.",
        read=SERVER,
        mistakes=("index-empty", "remove-by-value", "console-crash"),
    ),
    Fault(
        slug="exception",
        life=Life.TAKE,
        decides=_crashes_first,
        explains=everything,
        stops=True,
        sentence="An exception stops your program in line {line} ({exception}: {message}).",
        question="Go to that line and read it aloud. Which value did each name in it have at that moment? Print them "
        "with repr() one line above.",
        read=SERVER,
    ),
    Fault(
        slug="recv-on-listener",
        life=Life.TAKE,
        decides=_on_listener,
        explains=_explains_exception,
        programs=("server",),
        stops=True,
        sentence="Line {line} uses the listening socket to talk. The client is at the other end of the socket that "
        "accept returns.",
        question="What does accept return: one thing, or two? Which of your sockets listens, and which one is the "
        "connection?",
        read=IDEA,
        mistakes=("recv-on-listener",),
    ),
    Fault(
        slug="sends-after-shutdown",
        life=Life.TAKE,
        decides=_sends_after_shutdown,
        explains=_explains_exception,
        stops=True,
        sentence="Line {line} tells the system that your {program} sends nothing more on this connection. Line {sends} "
        "sends on it later, and that is refused.",
        question="What does shutdown say to the other side, and what can you still do with this socket? Which line of "
        "yours is the last one that sends?",
        read=SERVER,
    ),
    Fault(
        slug="length-as-flags",
        life=Life.TAKE,
        decides=_length_as_flags,
        stops=True,
        sentence="Line {line} gives {method} a second argument. It takes that number for flags, not for a length.",
        question="What does {method} need to know about the length, if bytes in Python know their own? What may the "
        "system do with your bytes because of such flags?",
        read=SERVER,
    ),
    Fault(
        slug="exception",
        life=Life.TAKE,
        decides=_first_exchange_crashes,
        explains=_explains_exception,
        stops=True,
        sentence="An exception stops your program in line {line} ({exception}: {message}).",
        question="Go to that line and read it aloud. Which value did each name in it have at that moment? Print them "
        "with repr() one line above.",
        read=SERVER,
    ),
    Fault(
        slug="compared-with-text",
        life=Life.NOTICE,
        decides=_compared_with_text,
        stops=True,
        sentence="Line {line} compares bytes with a text: b'' and '' are never equal, so {condition} never tells what "
        "you want to know.",
        question="What type does each side of the comparison in line {line} have? Print repr() of both: where does a "
        "b before the quotes make a difference?",
        read="lessons/2_logbook.md#bytes-and-text",
    ),
    Fault(
        slug="closed-still-watched",
        life=Life.NEXT,
        decides=_still_watched,
        explains=_explains_exception,
        programs=("server",),
        stops=True,
        sentence="You close a client's socket, and your select or selector still watches it: line {line} raises "
        "{exception} then.",
        question="Where do you enter a new socket so that it is watched? Which line takes it out again, and does it "
        "run before close?",
        read=SERVER,
    ),
    Fault(
        slug="shared-by-all",
        life=Life.NEXT,
        decides=_one_for_all_threads,
        programs=("server",),
        stops=True,
        sentence="All your threads use the same variable, {name}: when the next client comes, line {line} gives it "
        "another socket, and the thread of the client before loses its own.",
        question="Two clients are there. How many threads run, and how many variables are there for their sockets? How "
        "does a function get a value of its own?",
        read=SERVER,
    ),
    Fault(
        slug="uses-closed-socket",
        life=Life.TAKE,
        decides=_closed_while_lent,
        explains=lambda case, found, failure: failure.kind == "core" or failure.cause in ("reset", "end", "silence"),
        programs=("server",),
        stops=True,
        sentence="You close {name} too early: {closes} closes it right after the thread has started, and the thread "
        "still needs it.",
        question="start() doesn't wait for the thread. When does your main thread close the client's socket, and who "
        "knows when the conversation is over?",
        read=SERVER,
    ),
    Fault(
        slug="listener-gone",
        life=Life.NEXT,
        decides=_listener_gone,
        explains=_explains_gone,
        programs=("server",),
        stops=True,
        sentence="Line {line} can accept only one client: {why}, so there is no listening socket left.",
        question="Your server needs two sockets: which one listens forever, and which one belongs to one client? What "
        "is the name of each, and which one do you close?",
        read=IDEA,
    ),
    Fault(
        slug="except-pass-hides",
        life=Life.TAKE,
        decides=_hidden,
        explains=_explains_hidden,
        stops=True,
        sentence="The except in line {except_line} catches every exception and {says}, so you never see what "
        "goes wrong in line {line} ({exception}: {message}).",
        question="What does your except do with what it catches? Print the exception there: what does it say, and is "
        "it one that you expected?",
        read=ERRORS,
    ),
    Fault(
        slug="locale-encoding",
        life=Life.ANSWER,
        decides=in_tests("test_a_system_that_speaks_no_utf_8"),
        rare=True,
        sentence="Screen, keyboard or file use the encoding of the system that your program runs on, not UTF-8.",
        question="Which encoding do print, input and open use if you don't name one? Where do you say UTF-8?",
        read="lessons/2_logbook.md#the-server",
        mistakes=("open-without-encoding", "console-encoding", "console-encoding-client"),
    ),
    Fault(
        slug="traceback-ctrl-c",
        life=Life.LEAVE,
        decides=in_tests(moment=CTRL_C, causes=ENDED, exceptions=["KeyboardInterrupt"]),
        sentence="Ctrl+C ends your program with a traceback{where}. Pressing it is a normal way to quit.",
        question="Which exception does Ctrl+C raise? Does except Exception or except OSError catch it?",
        read=ERRORS,
        mistakes=(
            "ctrl-c-uncaught",
            "ctrl-c-uncaught-client",
            "ctrl-c-is-no-error",
            "ctrl-c-is-no-error-client",
            "kbdint-in-worker",
            "kbdint-in-worker-client",
        ),
    ),
    Fault(
        slug="ctrl-c-status",
        life=Life.LEAVE,
        decides=_ctrl_c_status,
        sentence="After Ctrl+C your program exits with {status}. Pressing it is a normal way to quit, so the status "
        "is 0.",
        question="Whom does the number in sys.exit tell something, and what? Is Ctrl+C an error?",
        read=ERRORS,
        mistakes=("handler-without-break", "ctrl-c-is-an-error-client"),
    ),
    Fault(
        slug="ctrl-c-swallowed",
        life=Life.LEAVE,
        decides=in_tests(moment=CTRL_C, causes=["goes on", "spins"]),
        sentence="Your program catches Ctrl+C and keeps running.",
        question="Which except of yours catches KeyboardInterrupt, and what does the program do after it?",
        read=ERRORS,
        mistakes=("bare-except", "handler-without-break"),
    ),
    Fault(
        slug="traceback-refused",
        life=Life.LISTEN,
        decides=_refused,
        programs=("client",),
        sentence="If no server listens there, your user gets a traceback{where} instead of a one-line error.",
        question="Which line connects, and is it inside your try? What should your user read instead?",
        read=ERRORS,
        mistakes=("refused-uncaught",),
    ),
    Fault(
        slug="tries-again-forever",
        life=Life.LISTEN,
        decides=_tries_again,
        programs=("client",),
        sentence="If no server listens there, your client tries again and again (line {line}), and never ends: its "
        "user can't tell what is wrong.",
        question="Which line leads back to the one that connects, and when does that stop? What should your user read "
        "after the first failure, and with which status does the client end?",
        read=ERRORS,
    ),
    Fault(
        slug="no-connect-timeout",
        life=Life.LISTEN,
        decides=_no_connect_timeout,
        programs=("client",),
        sentence="If no server answers, your client waits for minutes: connecting has no limit of 2 s.",
        question="How long does connecting take if the other machine says neither yes nor no? Which argument limits "
        "it, and what takes the limit away again for the time after?",
        read=CLIENT,
        mistakes=("no-connect-timeout",),
    ),
    Fault(
        slug="overflow-port",
        life=Life.START,
        decides=in_tests(moment=BAD_PORT, exceptions=["OverflowError"]),
        sentence="A number that can't be a port, such as 70000, ends in a traceback{where}.",
        question="Which exception says that a number is too large for a port? Do you catch it?",
        read=ERRORS,
        mistakes=("port-too-large",),
    ),
    Fault(
        slug="traceback-bad-port",
        life=Life.START,
        decides=in_tests(moment=BAD_PORT, causes=ENDED),
        sentence="A PORT that isn't a number ends in a traceback{where} instead of a one-line error.",
        question="Which exception does int raise for a word? Is that line inside your try?",
        read=ERRORS,
        mistakes=("port-no-number-client", "bad-port", "port-is-no-number"),
    ),
    Fault(
        slug="port-not-reusable",
        life=Life.LEAVE,
        decides=in_tests(moment=NEXT_START, causes=("crashed", "ended", "not listening", "other port", "goes on")),
        programs=("server",),
        sentence="After your server exits, the operating system keeps its port for a while, and the next start fails "
        "because the address is in use.",
        question="Which socket option, set before bind, says that a port can be used again immediately?",
        read=ERRORS,
        mistakes=("no-reuseaddr", "reuseaddr-after-bind"),
    ),
    Fault(
        slug="traceback-at-trouble",
        life=Life.START,
        decides=in_tests(moment=PORT_TAKEN, causes=ENDED),
        sentence="If the port is taken, your user gets a traceback{where} instead of a one-line error.",
        question="Which line binds, and is it inside your try? What should your user read instead?",
        read=ERRORS,
        mistakes=("port-busy-uncaught",),
    ),
    Fault(
        slug="port-taken-silent",
        life=Life.START,
        decides=in_tests(moment=PORT_TAKEN, causes=("wordless", "goes on", "spins", "not listening")),
        programs=("server",),
        sentence="If its port is taken, your server doesn't exit with a one-line error.",
        question="What can a server do that can't bind? What does its user have to read, and what is the exit status?",
        read=ERRORS,
        mistakes=("port-busy",),
    ),
    Fault(
        slug="traceback-at-end-of-input",
        life=Life.LEAVE,
        decides=_end_of_input,
        sentence="The end of input (Ctrl+D) ends your program with a traceback{where}.",
        question="What does input do when there are no more lines: does it return something, or raise something?",
        read=CLIENT,
        mistakes=("stdin-eof",),
    ),
    Fault(
        slug="crash-on-reset",
        life=Life.NOTICE,
        decides=_crash_on_reset,
        programs=("server",),
        sentence="One connection that is reset ends your whole server{where}: recv or send raises an exception then.",
        question="Who should be affected if one client is lost? Which lines does the try have to enclose, so that "
        "the loop with accept keeps running?",
        read=ERRORS,
        mistakes=("reset-uncaught", "reset-uncaught-send", "getpeername-raises"),
    ),
    Fault(
        slug="traceback-lost",
        life=Life.NOTICE,
        decides=_lost_with_a_traceback,
        sentence="If the connection is lost, your user gets a traceback{where} instead of a one-line error.",
        question="Which of your lines use the network? Are all of them inside a try that catches OSError?",
        read=ERRORS,
        mistakes=("reset-uncaught-client", "reset-uncaught-send-client", "reset-uncaught", "reset-uncaught-send"),
    ),
    Fault(
        slug="gone-unnoticed",
        life=Life.NOTICE,
        decides=in_tests("test_the_server_*", causes=("goes on", "spins", "floods")),
        programs=("client",),
        sentence="When the server is gone, your client doesn't notice and keeps running.",
        question="What does recv return when the server has closed the connection, and which line of yours checks "
        "for that?",
        read=ERRORS,
        mistakes=("server-gone-unnoticed",),
    ),
    Fault(
        slug="status-0-at-trouble",
        life=Life.LEAVE,
        decides=_status_0,
        sentence="Your program says what went wrong, but exits with {status}. After an error the status is 1.",
        question="How could a script that starts your program find out that it failed? What does the number in "
        "sys.exit say?",
        read=ERRORS,
        mistakes=(
            "server-gone-unsaid",
            "loss-is-goodbye",
            "lost-is-over",
            "exit-no-parens-port",
            "exit-no-parens",
            "ctrl-c-uncaught-client",
            "ctrl-c-is-no-error-client",
        ),
    ),
    Fault(
        slug="log-on-stdout",
        life=Life.TELL,
        decides=_log_on_screen,
        sentence="Your log goes to standard output, where the user reads the chat. It belongs on standard error.",
        question="Which of your prints are for the user, and which ones tell what the program itself is doing?",
        read=LOG,
        mistakes=("log-on-the-screen", "log-on-screen"),
    ),
    Fault(
        slug="no-log",
        life=Life.TELL,
        decides=_no_log,
        sentence="Your program logs nothing: you can't find out later who connected, who left and what went wrong.",
        question="Which three things happen to a connection that you'd like to read about later?",
        read=LOG,
        mistakes=("log-level", "no-log", "no-log-client"),
    ),
    Fault(
        slug="log-without-port",
        life=Life.TELL,
        decides=lambda case: seen(
            [failure for failure in case.failed("test_the_log_says_wh*", causes=["other print"]) if _ports(failure)]
        ),
        sentence="The log doesn't say which address and port it was.",
        question="Two programs on one machine have the same address. What tells them apart?",
        read=LOG,
        mistakes=("log-without-port", "log-without-port-client"),
    ),
    Fault(
        slug="log-lost-missing",
        life=Life.TELL,
        decides=_logs_something("test_the_log_says_who_was_lost", "test_the_log_says_what_was_*"),
        sentence="The log doesn't say who was lost, or why.",
        question="In which line of yours do you find out that a connection is lost, and what do you do there?",
        read=LOG,
        mistakes=("lost-unlogged", "lost-not-logged", "loss-not-logged", "too-long-not-logged"),
    ),
    Fault(
        slug="log-left-missing",
        life=Life.TELL,
        decides=_logs_something(
            *("test_the_log_says_who", "test_the_log_says_who_has_left", "test_the_log_says_that_it_is_over"),
            *("test_the_log_says_how_it_ended", "test_the_log_says_the_end"),
        ),
        sentence="The log doesn't say who left.",
        question="Which line of yours runs when a conversation is over? What should you log there?",
        read=LOG,
        mistakes=("left-missing", "left-not-logged", "left-missing-client", "left-not-logged-client"),
    ),
    Fault(
        slug="thread-arguments",
        life=Life.START,
        decides=_arguments_of_thread,
        explains=lambda case, found, failure: failure.exception == "TypeError" or failure.kind == "core",
        stops=True,
        sentence="A thread ends as soon as it begins, because its args are no list or tuple.",
        question="What type has what stands behind args= in your line with Thread? What do parentheses around one "
        "single value make of it?",
        read="lessons/4_peers.md#the-idea",
        mistakes=("args-not-tuple",),
    ),
    Fault(
        slug="thread-never-started",
        life=Life.START,
        decides=_never_started,
        explains=_core_or_silent,
        stops=True,
        sentence="The thread at line {line} is made but never started, so {runs}.",
        question="What does Thread(...) do, and what does start() do? How many threads run in your program right now?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="waits-before-start",
        life=Life.START,
        decides=_started_later,
        explains=_core_or_silent,
        stops=True,
        sentence="The thread of {function} starts too late: your main thread waits at line {waits}, and line {line} "
        "starts this thread only after that.",
        question="Which of your threads run while main is at line {waits}? Whose work does the other side wait for, "
        "and from which line on is it done?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="bound-late",
        life=Life.START,
        decides=_bound_late,
        explains=_core_or_silent,
        stops=True,
        sentence="The lambda in line {line} looks `{name}` up only when its thread runs, and then the loop is over: "
        "all threads run the same function.",
        question="When does the loop change `{name}` for the last time, and when does each thread look at it? How can "
        "target and args say it without a lambda?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="lock-while-reading",
        life=Life.TAKE,
        decides=_reads_under_lock,
        explains=_core_or_silent,
        stops=True,
        sentence="Your {program} holds the lock of line {line} while it waits for {what} (line {input}): until "
        "something {comes}, no other thread gets this lock.",
        question="Who holds the lock while nothing {comes}, and who waits for it? Which line needs it, and which one "
        "only waits?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="keyboard-read-whole",
        life=Life.TAKE,
        decides=_reads_all_of_the_keyboard,
        explains=_core_or_silent,
        stops=True,
        sentence="Line {line} reads the keyboard to its end: {call} returns only when no more can be typed, so no line "
        "is sent before that.",
        question="When does {call} return if someone types one line and waits for an answer? Which loop gets each line "
        "as soon as it is typed?",
        read="lessons/4_peers.md#the-sender",
        mistakes=("process-after-eof-client",),
    ),
    Fault(
        slug="never-notified",
        life=Life.ANSWER,
        decides=_never_notified,
        explains=_core_or_silent,
        stops=True,
        sentence="A thread waits for a condition in line {line}, and no line of your {program} notifies it: it waits "
        "forever.",
        question="What wakes a thread that waits for a condition? Which line changes what this thread waits for, and "
        "what should it say right after that? What would a queue do instead?",
        read="lessons/4_peers.md#who-wakes-whom",
    ),
    Fault(
        slug="argv-options",
        life=Life.START,
        decides=_takes_options,
        explains=everything,
        stops=True,
        sentence="Your {program} wants its HOST and PORT as options such as --port. They come as plain words: python "
        "{program}.py HOST PORT.",
        question="Start it as `python {program}.py 127.0.0.1 50007`. What does argparse say? How does add_argument "
        "name an argument that is no option, and one that may be left out?",
        read=IDEA,
    ),
    Fault(
        slug="forgotten-f",
        life=Life.ANSWER,
        decides=_forgotten_f,
        explains=lambda case, found, failure: failure in found.failures and failure.cause in (*SILENT, "other line"),
        stops=True,
        sentence="Line {line} sends or shows {word} as it is written there, not a name or a text: {why}.",
        question="What makes Python put a value in the place of {word}? Print the text just before it is sent.",
        read=IDEA,
    ),
    Fault(
        slug="exit-loses-output",
        life=Life.LEAVE,
        decides=_exit_loses_output,
        sentence="os._exit (line {lines}) ends your program without flushing: what you printed last never appears.",
        question="Where is the text of your last print if no terminal reads it, and who hands it on when a program "
        "ends? What does os._exit leave out?",
        read="lessons/4_peers.md#starting-waiting-ending",
    ),
    Fault(
        slug="stdin-buffer-and-select",
        life=Life.TAKE,
        decides=_select_and_buffer,
        sentence="select says nothing about lines that Python has already read: of several lines typed at once, yours "
        "sends one, and the others stay in the buffer of sys.stdin.",
        question="How many lines does one readline take from the system, and how many does it return? Who tells select "
        "about the rest?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="empty-queue",
        life=Life.NEXT,
        decides=_empty_queue,
        everyday=True,
        sentence="Line {line} takes from a queue that is empty, and nothing catches the exception queue.Empty: it ends "
        "this thread{where}.",
        question="What does get do when nothing comes in time, and what then happens to the loop around it? How long "
        "may a user be silent in a chat?",
        read="lessons/5_broadcast.md#the-threads",
    ),
    Fault(
        slug="send-would-block",
        life=Life.NOTICE,
        decides=_send_would_block,
        everyday=True,
        sentence="Line {line} sends on a socket that doesn't block: where the other side reads too slowly, it raises "
        "BlockingIOError, and nothing catches that.",
        question="What does send do on such a socket when the system has no room for more? Where do the bytes wait "
        "then, who sends them later, and how many may wait at most?",
        read="lessons/5_broadcast.md#one-sender",
    ),
    Fault(
        slug="cancelled",
        life=Life.LEAVE,
        decides=_cancelled,
        sentence="At its end your program cancels a coroutine that still waits at line {line}: there it raises "
        "CancelledError, and your user gets a traceback.",
        question="Which of your coroutines still wait when main is over? What ends each of them before that, and who "
        "waits for it?",
        read="lessons/5_broadcast.md#who-opens-who-closes",
    ),
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
