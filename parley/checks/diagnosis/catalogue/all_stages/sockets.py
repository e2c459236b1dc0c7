"""The wrong socket, a closed one, one for all threads; and what goes wrong with the first bytes that come from one."""

from __future__ import annotations

import ast
import re

from parley.checks.diagnosis.catalogue.all_stages.shared import (
    FORESEEN,
    IDEA,
    SERVER,
    explains_exception,
    fact_line,
    raised_in,
    serves_one_conversation,
)
from parley.checks.diagnosis.evidence import PORT_TAKEN, Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_raised, as_step, as_steps, seen
from parley.checks.diagnosis.syntax import called_before, closed_before, compared_with_text, length_as_flags
from parley.checks.diagnosis.threads import closed_while_lent, shared_connection
from parley.contract.diagnosis import Fact


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


def _on_listener(case: Case) -> Found | None:
    """A line that receives or sends raises, although a guest is there: its socket is connected to no one."""
    errors = ("Errno 107", "Errno 57", "10057")  # not connected, on several systems
    raises = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in errors)]
    talks = [fact for fact in raises if _LISTENER_TALKS.search(fact_line(case, fact)) and not _was_accepted(case, fact)]
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


def _listens(case: Case, fact: Fact) -> bool:
    """Whether the socket that a line talks with is the one that listens: its name says so, and if another socket may
    have this name too, nothing has ever been exchanged.
    """
    talks = _LISTENER_TALKS.search(fact_line(case, fact))
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
    talks = _LISTENER_TALKS.search(fact_line(case, fact))
    return bool(talks and re.search(rf"\b{talks[1]}\b[^=\n]*=[^=\n]*\.accept\(", case.source))


CLOSED = ("Errno 9]", "WinError 10038]")  # no socket any more
GONE = ("Errno 9]", "Errno 22]", "WinError 10038]", "WinError 10022]")  # no socket any more, or one that can't listen


def _listener_gone(case: Case) -> Found | None:
    """A later accept raises: the name of the listening socket belongs to a closed socket, or to a client's one."""
    for fact in case.facts("raises"):
        accepts = re.search(r"([\w.]+)\.accept\(", fact_line(case, fact))
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
    if not lent or not case.fact("trouble") or any(map(serves_one_conversation, case.failures)):
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
    if not shared or not failures or any(map(serves_one_conversation, failures)):
        return None
    step = f"Line {shared.line} of server.py gives {shared.name} the socket of the client that has just come."
    return seen(failures, step, as_step(failures[0]), line=shared.line, name=shared.name)


STILL_WATCHED = ("is already registered", "Invalid file descriptor: -1", "cannot be a negative integer")


def of_closed_socket(message: str) -> bool:
    """Whether the message of an exception is about a closed socket that is still watched."""
    return any(words in message for words in STILL_WATCHED)


def _still_watched(case: Case) -> Found | None:
    """It has closed a socket, and still asks select or a selector about it."""
    for fact in case.facts("raises"):
        message = str(fact["message"])
        if of_closed_socket(message):
            told = message if len(message) < 100 else f"... {message[-40:]}"  # a socket has a long name
            step = f"Line {fact['line']} raises {fact['exception']}: {told}"
            details = {"line": fact["line"], "exception": str(fact["exception"]), "early": True}
            return Found(details, ("A client had left, and its socket was closed.", step))
    return None


def _closed_by_itself(case: Case) -> Found | None:
    """A line receives from a socket, or sends through one, and another one has always closed it by then."""
    for fact in case.facts("raises"):
        if any(number in str(fact["message"]) for number in CLOSED):
            line = int(fact["line"])
            closing = closed_before(case.source, line, ("recv", "send", "sendall"))
            if closing:
                closes = f"The end of the with in line {closing.line}" if closing.by_with else f"Line {closing.line}"
                when = " in the next round of the loop" if closing.each_round else ""
                details = {"closes": closes, "name": closing.name, "when": when, "exception": str(fact["exception"])}
                return Found({**details, "line": line, "early": True}, (as_raised(fact),))
    return None


def _uses_closed_socket(case: Case) -> Found | None:
    """A line receives from a socket, or sends through one, that the server has closed itself; no except foresees it."""
    if _closed_while_lent(case) or _closed_by_itself(case):
        return None
    for fact in case.facts("raises"):
        talks = re.search(r"\.(recv|send|sendall)\(", fact_line(case, fact))
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
        return raised_in(case, found, failure) and failure.moment != PORT_TAKEN
    return failure.cause in ("silence", "end", "ended", "refused")


def _explains_gone(case: Case, found: Found, failure: Failure) -> bool:
    return raised_in(case, found, failure) or failure.cause in ("refused", "ended", "crashed")


def _first_exchange_crashes(case: Case) -> Found | None:
    """An exception that is no trouble of a connection ends it before its first exchange is done."""
    uncaught = case.fact("uncaught", ended=True)
    done = [name for name in ("answer", "entry", "shown", "heard") if case.fact(name, number=1, how="same")]
    done += ["message"] if case.fact("message", how="same") else []
    if not uncaught or done or case.fact("does_not_begin") or not case.fact("trouble"):
        return None
    raised = [fact for fact in case.facts("raises") if fact["exception"] == uncaught["exception"]]
    if not raised or uncaught["exception"] in FORESEEN or str(uncaught["exception"]).startswith("Unicode"):
        return None
    if of_closed_socket(str(raised[-1]["message"])):
        return None
    details = {key: raised[-1][key] for key in ("line", "exception", "message")} | {"early": True}
    name = f"{raised[-1]['exception']}: {raised[-1]['message']}"
    return Found(details, (f"Line {raised[-1]['line']} of {case.program}.py raises {name}.",))


USES_CLOSED_SOCKET = Fault(
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
)
_LINGERS = re.compile(r"SO_LINGER")
_FEW_BYTES = re.compile(r"\.(?:recv|read)\(\s*([1-9]|1[0-6])\s*\)")
LONG = 4096  # bytes of a text that is long for someone who takes a few bytes at a time


def _closes_with_reset(case: Case) -> Found | None:
    """Its text sets SO_LINGER, and the other side has seen a reset in a failed test."""
    lingers = _LINGERS.search(case.source)
    reset = [failure for failure in case.failures if any(event.what == "sees reset" for event in failure.events)]
    if not lingers or not reset:
        return None
    line = case.line_of(lingers)
    text = case.written(line)
    return seen(reset, "The connection was reset where end of stream was awaited.", text, line=line)


def _few_bytes_at_a_time(case: Case) -> Found | None:
    """It takes a few bytes with each call, and isn't done with a long text in time."""
    takes = _FEW_BYTES.search(case.source)
    late = case.failed(causes=("spins", "out of time", "silence", "silent screen", "unread"))
    long = [failure for failure in late if sum(len(event.data) for event in failure.given[-2:]) > LONG]
    if not takes or not long:
        return None
    line = case.line_of(takes)
    text = case.written(line)
    count = sum(len(event.data) for event in long[0].given[-2:])
    step = f"{count:,} bytes were sent; after 2 s your {case.program} was still busy with them."
    return seen(long, step, text, line=line, most=takes[1])


FAULTS = [
    Fault(
        slug="closes-with-reset",
        life=Life.LEAVE,
        decides=_closes_with_reset,
        sentence="Line {line} sets SO_LINGER: with a time of 0, close throws away what is still on its way, and the "
        "other side sees a reset, not the end of the stream.",
        question="How does the other side tell a user who has left from a cable that was cut? What does close do on a "
        "socket as it is made?",
        read=IDEA,
    ),
    Fault(
        slug="few-bytes-at-a-time",
        life=Life.TAKE,
        decides=_few_bytes_at_a_time,
        sentence="Line {line} takes no more than {most} of the bytes that wait with each call, so a long text takes "
        "too long.",
        question="How often does line {line} run for a line of 65,536 bytes, and what else is done each time? What "
        "does recv(4096) return if only ten bytes have arrived?",
        read=IDEA,
    ),
    Fault(
        slug="recv-on-listener",
        life=Life.TAKE,
        decides=_on_listener,
        explains=explains_exception,
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
        explains=explains_exception,
        stops=True,
        sentence="Line {line} tells the system that your {program} sends nothing more on this connection. Line {sends} "
        "sends on it later, and that is refused.",
        question="What does shutdown say to the other side, and what can you still do with this socket? Which line of "
        "yours is the last one that sends?",
        read=SERVER,
    ),
    Fault(
        slug="uses-closed-socket",
        life=Life.TAKE,
        decides=_closed_by_itself,
        explains=_explains_closed_socket,
        stops=True,
        sentence="{closes} closes the socket {name}, and line {line} still uses it{when}: your {program} has ended "
        "the conversation itself.",
        question="What can you still do with a socket after close? When is the conversation really over, and which "
        "line of yours should close it?",
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
        explains=explains_exception,
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
        explains=explains_exception,
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
]
