"""How a program waits for others: how long, with which call, and which words it takes for their end."""

from __future__ import annotations

import itertools
import re

from parley.checks.diagnosis.catalogue.all_stages.shared import ENDED, IDEA, SERVER, fact_line
from parley.checks.diagnosis.coroutines import sleep_in_coroutine
from parley.checks.diagnosis.evidence import EXCHANGE, START, Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_raised, as_step, as_steps, everything, seen
from parley.checks.diagnosis.syntax import accepts_twice, line_of_word, receives_again
from parley.checks.diagnosis.threads import SENDS_OR_TAKES, sleeps
from parley.contract.record import Event, quoted

ENDS = {"3": ("/close",), "4": ("/close",), "5": ("/close", "{quit}")}  # lines that do end something, by stage
NO_WORD_CAUSES = (*ENDED, "spins", "floods")


def word_is_command(case: Case) -> Found | None:
    """A word was given like any other text, nothing came of it as a text, and the program's text looks for it."""
    for failure in case.failed(moment=EXCHANGE):
        given = failure.given[-1] if failure.given else None
        if given is None or failure.cause in NO_WORD_CAUSES or _is_console(failure, given):
            continue
        word = given.data.decode(errors="replace").strip("\r\n")
        line = 0 if word.strip().lower() in ENDS.get(failure.test[0], ()) else _line_for(case, word)
        if line:
            verb = "typed" if given.what == "types" else "sent"
            step = f"{quoted(word)} was {verb} like any other text. Line {line} of {case.program}.py has this word."
            return seen([failure], step, as_step(failure), word=quoted(word), line=line)
    return None


def _line_for(case: Case, word: str) -> int:
    """The line that has this word to compare a text with, or a sign with which it begins, such as /; 0 if none has."""
    sign = re.search(rf"\.startswith\(([\"']){re.escape(word[:1])}\1\)", case.source) if word[:1] in SIGNS else None
    return line_of_word(case.source, word) or (case.line_of(sign) if sign else 0)


SIGNS = ("/", "@", "!", ":", "\\", "{")  # with which a command may begin


def _is_console(failure: Failure, given: Event) -> bool:
    """Whether this was typed where commands belong: at the server of stage 5."""
    return failure.test.startswith("5_") and failure.program == "server" and given.what == "types"


_LIMIT = re.compile(
    r"([\w.]+)\.settimeout\((?!None|0\)|0\.0*\))|setdefaulttimeout\((?!None)|\btimeout\s*=\s*(?!None)"
    r"|select\.select\([^\n]*,\s*[\d.]*[1-9][\d.]*\)|\.(?:select|poll)\(\s*[1-9]|\bwait_for\(|SO_RCVTIMEO"
)
SILENCE = 1.8  # seconds without any event: a test was silent on purpose
AFTER_A_SILENCE = ("test_a_client_may_go_on", "test_a_line_becomes_an_entry", "test_a_turn_each")


def _silent_before(failure: Failure) -> bool:
    """Whether no one had given anything for a while before the last text was given, or the last guest came."""
    mine = [event for event in failure.events if event.what in ("sends", "types", "connects")]
    return any(after.at - before.at > SILENCE for before, after in itertools.pairwise(mine))


def _limit_of_listener(case: Case) -> Found | None:
    """No one came for a while, and it is over: its text sets a time limit for the socket that accepts."""
    failures = [failure for failure in case.failed(*AFTER_A_SILENCE) if _silent_before(failure)]
    failures = [failure for failure in failures if failure.facts.get("who") == "second server"]
    accepts = set(re.findall(r"([\w.]+)\.accept\(", case.source))
    limits = [found for found in _LIMIT.finditer(case.source) if found[1] in accepts or "default" in found[0]]
    if not limits:
        return None
    line = case.line_of(limits[0])
    step = f"Line {line} of server.py sets a time limit for the socket that listens."
    return seen(failures, step, *map(as_step, failures[:1]), line=line)


def _limit_of_conversation(case: Case) -> Found | None:
    """A client says nothing for a while, and the server, whose text sets a time limit, is done with it."""
    failures = [failure for failure in case.failed(*AFTER_A_SILENCE) if _silent_before(failure)]
    failures = [failure for failure in failures if failure.facts.get("who") != "second server"]
    if not all_at_once(case):
        failures += case.failed("test_one_client_at_a_time", causes=("other print", "silent screen", "other file"))
    accepts = set(re.findall(r"([\w.]+)\.accept\(", case.source))
    limits = [found for found in _LIMIT.finditer(case.source) if found[1] is None or found[1] not in accepts]
    if not limits:
        return None
    line = case.line_of(limits[0])
    steps = (
        f"Line {line} of server.py sets a time limit for the connection.",
        "A client was connected and said nothing for a moment. What it said then was lost.",
    )
    return seen(failures, *steps, line=line)


WOULD_BLOCK = re.compile(  # EAGAIN, as each system writes it
    rb"[^\n]*(?:\[Errno (?:11|35)\]|\[WinError 10035\]|BlockingIOError)[^\n]*"
)
NOT_BLOCKING = re.compile(r"setblocking\(\s*(?:False|0)\s*\)|settimeout\(\s*0(?:\.0*)?\s*\)|MSG_DONTWAIT")
_NEVER_WAITS = re.compile(
    rf"{NOT_BLOCKING.pattern}|settimeout\(\s*0?\.0*[1-9]?\s*\)"
    r"|select\([^\n]*?(?:[,(]|=)\s*(?:0|0?\.0*[1-9]?)\s*\)|get_nowait\(|block\s*=\s*False"
)
RESTS_IN = ("test_a_client_may_go_on", "test_one_client_at_a_time")  # where a server must rest while a client is there


def _never_waits(case: Case) -> Found | None:
    """A client is there and says nothing, and the server uses all the time of a processor."""
    failures = [failure for failure in case.failed(*RESTS_IN, causes=["spins"]) if failure.moment != START]
    if not failures or case.fact("spins"):
        return None
    asks = _NEVER_WAITS.search(case.source)
    line = case.line_of(asks) if asks else 0
    step = case.written(line)
    return seen(failures, *as_steps(step, as_step(failures[0])), at=f" (line {line})" if line else "")


def _sleeps_at_work(case: Case) -> Found | None:
    """A test waited in vain, nothing wrong had come, and a loop that sends, receives or shows something sleeps too."""
    failures, line = case.failed(causes=LATE), sleeps(case.source, SENDS_OR_TAKES)
    if not failures or not line:
        return None
    text = case.written(line)
    return seen(failures, as_step(failures[0]), text, line=line)


def _accepts_twice(case: Case) -> Found | None:
    """A client is connected and not served, and an accept right behind the first one waits for another client."""
    line = accepts_twice(case.source) if case.fact("trouble") else 0
    waits = next((fact for fact in case.facts("stands", call="accept") if fact["line"] == line), None)
    return Found({"line": line}, as_steps("A client was connected.", waits)) if line and waits else None


LATE = ("silence", "silent screen", "out of time", "part", "unread", "goes on")


def does_not_wait(case: Case) -> Found | None:
    """A line that receives or accepts raises at once where nothing has come yet, and nothing in its text waits for
    more.
    """
    amiss = case.fact("trouble") or case.fact("does_not_begin")
    told = any(WOULD_BLOCK.search(failure.shown("logs")) for failure in case.failures)
    if not (amiss or told) or re.search(r"\bselect|asyncio|poll\(", case.source):
        return None
    waited = any(case.fact(name, number=1, how="same") for name in ("answer", "entry", "shown", "heard"))
    waited = waited or bool(case.fact("message", how="same") or case.fact("shown", what="line", how="same"))
    for fact in case.facts("raises", exception="BlockingIOError"):
        if waited and receives_again(case.source, int(fact["line"])):
            continue  # it asks again, and what comes does arrive: what goes wrong has another reason
        call = re.search(r"\.(recv\w*|read\w*|accept)\(", fact_line(case, fact))
        if call:
            nothing = "no one is" if call[1] == "accept" else "nothing is"
            early = None if call[1] == "accept" else "Nothing had come yet when it wanted to receive."
            details = {"line": fact["line"], "call": call[1], "nothing": nothing}
            return Found(details, as_steps(early, as_raised(fact)))
    return None


def _explains_haste(case: Case, found: Found, failure: Failure) -> bool:
    return bool(case.fact("does_not_begin")) or failure.cause in _HASTY


_HASTY = (
    *("silence", "silent screen", "other print", "unwanted print", "too much", "other line", "part", "goes on"),
    *(*ENDED, "ended", "end", "reset", "other status", "wordless"),
)
_SEVERAL = re.compile(r"thread|select|asyncio|fork|socketserver", re.IGNORECASE)


def all_at_once(case: Case) -> Found | None:
    """A client is served while another one is connected, and something in its text serves several at once."""
    mixed = case.failed("test_one_client_at_a_time", causes=("other file", "other print"))
    early = case.failed("test_one_client_after_another", causes=["too much"])
    return seen([*mixed, *early]) if _SEVERAL.search(case.source) else None


def _sleeps_in_coroutine(case: Case) -> Found | None:
    """A test waited in vain, and a line sleeps in the thread that runs all coroutines."""
    failures, line = case.failed(causes=LATE), sleep_in_coroutine(case.source)
    return seen(failures, as_step(failures[0]), case.written(line), line=line) if failures and line else None


FAULTS = [
    Fault(
        slug="accepts-twice",
        life=Life.GREET,
        decides=_accepts_twice,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Line {line} waits for a second client before your server has talked to the first one.",
        question="What does each call of accept return? How many clients does your server need before it says or "
        "hears anything?",
        read=SERVER,
    ),
    Fault(
        slug="sleeps-at-work",
        life=Life.TAKE,
        decides=_sleeps_at_work,
        stops=True,
        sentence="Line {line} sleeps in a loop that has work to do: in the meantime everything that has arrived waits.",
        question="What did you want to wait for at line {line}? Which call waits exactly until it is there?",
        read=IDEA,
    ),
    Fault(
        slug="sleeps-at-work",
        life=Life.TAKE,
        decides=_sleeps_in_coroutine,
        sentence="Line {line} sleeps in the thread of `asyncio`. All coroutines have this one thread: while it sleeps, "
        "nothing else runs.",
        question="Which of your other coroutines could go on while line {line} waits? Which call of asyncio lets them?",
        read=IDEA,
    ),
    Fault(
        slug="does-not-wait",
        life=Life.TAKE,
        decides=does_not_wait,
        explains=_explains_haste,
        stops=True,
        sentence="Line {line} doesn't wait: your socket is set not to block, so {call} raises BlockingIOError if "
        "{nothing} there yet.",
        question="What does {call} do on a socket as it is made, if {nothing} there yet? Which line of yours has "
        "changed that?",
        read=IDEA,
    ),
    Fault(
        slug="word-is-command",
        life=Life.NEXT,
        decides=word_is_command,
        sentence="Your {program} takes the word {word} for a command (line {line}). In this stage it's a text like any "
        "other.",
        question="Which line of yours compares a text with {word}, and what happens to that text then? Which ways to "
        "leave does this stage have?",
        read=IDEA,
        mistakes=("quit-word", "quit-word-client"),
    ),
    Fault(
        slug="listener-timeout",
        life=Life.NEXT,
        decides=_limit_of_listener,
        programs=("server",),
        sentence="Your server has a time limit for accept (line {line}): if no client comes for a moment, your "
        "server ends.",
        question="How long may it take until the first client comes? What does accept do when your limit is over, and "
        "who catches that?",
        read=SERVER,
        mistakes=("timeout-of-listener",),
    ),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        decides=_limit_of_conversation,
        programs=("server",),
        sentence="Your server has a time limit for the connection (line {line}): a client that says nothing for a "
        "moment is taken for one that has left.",
        question="How long may someone think before the next line? What tells your server that a client has really "
        "left?",
        read=IDEA,
        mistakes=("timeout-is-goodbye",),
    ),
    Fault(
        slug="busy-wait",
        life=Life.NEXT,
        decides=_never_waits,
        programs=("server",),
        sentence="While its client says nothing, your server asks again and again{at}, and keeps the processor busy.",
        question="Which call of your loop could wait until something comes? What have you told the socket, so that it "
        "doesn't wait?",
        read=SERVER,
        mistakes=("never-waits",),
    ),
    Fault(
        slug="all-at-once",
        life=Life.NEXT,
        decides=all_at_once,
        programs=("server",),
        sentence="Your server serves several clients at the same time. In this stage it serves one after another.",
        question="What does the second client have to wait for in this stage?",
        read=IDEA,
        mistakes=("all-at-once", "thread-for-each"),
    ),
]
