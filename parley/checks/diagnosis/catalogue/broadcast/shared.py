"""What several faults of stage 5 ask, and how they are written down."""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import re
from collections.abc import Mapping, Sequence

from parley.checks.diagnosis.catalogue.all_stages.shared import FORESEEN
from parley.checks.diagnosis.evidence import START, Case, Failure, Variation
from parley.checks.diagnosis.fault import (
    Decides,
    Explains,
    Fault,
    Found,
    Life,
    as_raised,
    as_steps,
    capital,
    like,
    seen,
)
from parley.checks.diagnosis.syntax import Function, asks_again, bodies_below, calls_in, name_of, nodes
from parley.checks.diagnosis.threads import copied, ends_when_empty, notified, run_called, takes_once
from parley.contract.diagnosis import Detail, Fact

PAGE = "lessons/5_broadcast.md"
THREADS, OBVIOUS, SENDER = f"{PAGE}#the-threads", f"{PAGE}#the-obvious-server", f"{PAGE}#one-sender"
FIRST_ROUND, ERRORS = f"{PAGE}#the-server-first-round", f"{PAGE}#the-second-round-errors"
LOCK, CLIENT = f"{PAGE}#one-lock", f"{PAGE}#the-client"
PREDICT, CLOSES = f"{PAGE}#predict-run-compare", f"{PAGE}#who-opens-who-closes"
LINES, TEXT = "lessons/2_logbook.md#the-idea", "lessons/2_logbook.md#bytes-and-text"
ANNA, BEN, CLEO, DANA = "Anna471", "Ben582", "Cleo693", "Dana714"
SENDS, READS = ("send", "sendall"), ("recv", "readline", "read", "recv_into")
BROKEN = ("BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError")
LETTERS = "815" + "ж" * 29  # a name of 32 characters, and of 61 bytes
FIRST, SECOND, THIRD, LAST = "harbour 17", "lantern 18", "meadow 19", "island 20"
AFTER = "garden 37"
HALF = "half a li"
STALLED, CLOSELY, MORE = Variation(stalled=True), Variation(closely=True), Variation(more=True)
VISITOR, TOGETHER, PROPER, ENDLESS = "Eva825", "Fred936", "Gus147", "Hal258"
TWIN, OTHER_TWIN = "Kim369", "Kim369 Jr."


def lines_of(came: bytes) -> list[bytes]:
    return [line for line in came.split(b"\n") if line.strip()]


def notices_about(name: str, came: bytes) -> list[bytes]:
    """The notices about this person among the lines that came: not its own words, whatever form they have."""
    lines = [line for line in lines_of(came) if name.encode() in line and b"{quit}" not in line]
    return [line for line in lines if b": " not in line.partition(name.encode())[2][:2]]


def removes_in_loop(case: Case) -> str:
    """Where a loop takes something out of what it goes over, in words; "" where no such line is found."""
    functions = {node.name: node for node in nodes(case.source) if isinstance(node, Function)}
    for loop in nodes(case.source):
        if isinstance(loop, ast.For):
            table = re.sub(r"\.(items|keys|values)\(\)$", "", ast.unparse(loop.iter))
            line = _removes_below(loop.body, table, functions)
            if line:
                return f" (lines {loop.lineno} and {line})"
    return ""


def _removes_below(body: Sequence[ast.stmt], table: str, functions: Mapping[str, Function]) -> int:
    """The line that takes something out of this table, in these statements or in what they call; 0 if none does."""
    for inside in bodies_below(body, functions):
        for call in calls_in(inside, {"remove", "pop", "discard"}):
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == table:
                return call.lineno
        for target in (target for node in inside if isinstance(node, ast.Delete) for target in node.targets):
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) == table:
                return target.lineno
    return 0


def looks_for(source: str, word: str) -> bool:
    """Whether this word stands in the program by itself, and not only in a text that tells people of it."""
    texts = [str(node.value) for node in nodes(source) if isinstance(node, ast.Constant)]
    return any(word in text and len(text.strip()) <= len(f"b'/{word}\\r\\n'") for text in texts)


def where_stands(case: Case, *calls: str, where: str = "", thread: str = "", again: bool = False) -> Fact | None:
    """Where a thread stood in one of these calls."""
    facts = case.evidence.facts(case.program, STALLED) if again else case.evidence.facts(case.program)
    for fact in facts:
        if fact.name == "stands" and fact["call"] in calls and where in fact.where and thread in str(fact["thread"]):
            return fact
    return None


def at_line(fact: Fact | None) -> str:
    """ " (line 17)", or "" where the line is not known."""
    return f" (line {fact['line']})" if fact and fact["line"] else ""


def seen_closely(case: Case, name: str, **details: Detail) -> Fact | None:
    """What a closer look sees of a server with which people can talk, if anything of its core is not right."""
    if not case.fact("message", how="same") or not any(failure.kind == "core" for failure in case.failures):
        return None
    return case.again(CLOSELY, name, **details)


def each_line_is_a_name(case: Case) -> Found | None:
    """Who has a name is welcomed again, by what they have said."""
    welcome, author = case.fact("welcome", who=ANNA, how="line"), case.fact("author", hears=True)
    lines = str(welcome["came"]).split("\\n") if welcome else []
    again = next((line.replace(ANNA, FIRST) for line in lines if ANNA in line), "")
    if not again or not author or again not in str(author["came"]):
        return None
    return Found({}, (f'{ANNA} had been welcomed, and said "{FIRST}". This came to {ANNA}: "{again}"',))


def found_by(fact: Fact | None, what: str) -> Found | None:
    """Found by this fact, which shows what came."""
    return Found({}, (f'{capital(fact.where)}, {what}: "{fact["came"]}"',)) if fact else None


def unforeseen(case: Case) -> Fact | None:
    """An exception that is no trouble of a connection: it may be why something never came."""
    return next((fact for fact in case.facts("raises") if fact["exception"] not in FORESEEN), None)


def unheard(case: Case) -> Found | None:
    """Someone spoke, and no other one ever received a word of it."""
    messages = case.facts("message")
    later = [fact for name in ("lines", "pieces") for fact in case.facts(name)]
    heard = any(FIRST in str(fact["came"]) for fact in messages) or any(fact["how"] != "nothing" for fact in later)
    if not messages or heard or unforeseen(case) or _earlier_hear(case) or takes_one(case) or drains_once(case):
        return None
    if announced_early(case) or notifies_one(case):
        return None
    told = any(fact["how"] == "line" for fact in case.facts("newcomer_told"))
    back = f"Only {ANNA} received it." if case.fact("author", hears=True) else ""
    spoke = f'{ANNA} said "{FIRST}". {BEN}, {CLEO} and {DANA} were in the chat, and none of them received it.'
    notices = "" if told else "They had not been told either that someone came."
    goes = "goes back to this participant alone" if back else "reaches no other participant"
    return Found({"goes": goes}, as_steps(spoke, back, notices))


def _earlier_hear(case: Case) -> tuple[str, ...]:
    """The steps which say that those who came before the author hear it, and no one who came later; none if others
    do.
    """
    earlier, later = case.fact("author", hears=False), case.facts("message")
    heard = earlier is not None and f"{BEN}: {SECOND}" in str(earlier["came"])
    if not heard or not later or any(FIRST in str(fact["came"]) for fact in later):
        return ()
    return (
        f'{ANNA}, who came first, said "{FIRST}", and no one received it.',
        f'{BEN}, who came second, said "{SECOND}", and {ANNA} received it.',
    )


def stops_at_author(case: Case) -> Found | None:
    """Who came before the author hears it, and no one who came later: the loop that sends ends at the author."""
    steps = _earlier_hear(case)
    line = _ends_at_author(case.source) if steps else 0
    return Found({"line": line}, steps) if line else None


def only_earlier_hear(case: Case) -> Found | None:
    """Who came before the author hears it, and no one who came later: its thread knows no one who came later."""
    steps = _earlier_hear(case)
    if not steps or stops_at_author(case) or case.fact("lines", how="same"):
        return None
    copy = copied(case.source)
    where = f" (line {copy.line} makes a copy of `{copy.function}`)" if copy else ""
    return Found({"where": where}, steps)


def _ends_at_author(source: str) -> int:
    """The line of a break or return that ends a loop that sends, as soon as it comes to the one who is left out."""
    for loop in nodes(source):
        if not isinstance(loop, ast.For | ast.AsyncFor):
            continue
        over = {name_of(node) for node in ast.walk(loop.target)}
        for statement in loop.body:
            if isinstance(statement, ast.If) and isinstance(statement.test, ast.Compare):
                compared = list(ast.walk(statement.test))
                if any(isinstance(node, ast.Constant) for node in compared):  # with a text, and not with the author
                    continue
                if not over & {name_of(node) for node in compared}:
                    continue
                ends = statement.body[-1]
                if isinstance(ends, ast.Break | ast.Return) and isinstance(statement.test.ops[0], ast.Is | ast.Eq):
                    return ends.lineno
    return 0


def takes_one(case: Case) -> Found | None:
    """The thread that hands on what is in a queue has ended: no loop leads back to the line that takes from it."""
    taken = takes_once(case.source) if case.fact("trouble", what="message") and case.fact("stands") else None
    if not taken or case.fact("stands", thread=taken.function):
        return None
    step = f"Line {taken.line} of {case.program}.py takes one message, and no loop leads back to it."
    gone = f"When {ANNA} spoke, no thread ran {taken.function}() any more."
    return Found({"line": taken.line, "function": taken.function}, (step, gone))


def drains_once(case: Case) -> Found | None:
    """The thread that hands on has ended, because its loop runs only while something is in the queue."""
    loop = ends_when_empty(case.source) if case.fact("trouble", what="message") and case.fact("stands") else None
    if not loop or any(loop.line <= int(fact["line"]) <= loop.end for fact in case.facts("stands")):
        return None
    step = f"Line {loop.line} of {case.program}.py ends the loop of {loop.function}() when its queue is empty."
    gone = f"When {ANNA} spoke, no thread ran this loop any more."
    return Found({"line": loop.line, "function": loop.function}, (step, gone))


def all_hear(case: Case) -> bool:
    """Whether a message has come to each of those who listened."""
    return all(FIRST in str(fact["came"]) for fact in case.facts("message"))


def accepts_again(case: Case) -> bool:
    """Whether a loop leads back to accept, as far as the text tells."""
    found = nodes(case.source)
    accepting = {node.name for node in found if isinstance(node, ast.FunctionDef) and "accept" in _called_in(node)}
    loops = [node for node in found if isinstance(node, ast.While | ast.For)]
    return any(_called_in(loop) & {"accept", *accepting} for loop in loops)


def _called_in(part: ast.AST) -> set[str]:
    return {name_called(node) for node in ast.walk(part) if isinstance(node, ast.Call)}


def visitor_stays(case: Case) -> Found | None:
    """Participants who leave see EOF, and visitors who leave without a name don't, whatever way they leave."""
    if not case.fact("word", over=True) or case.fact("hung_up", over=False):
        return None
    silent = [failure for failure in case.failed(causes=["silence"]) if _nameless_waits(failure)]
    ended = [failure for failure in silent if any(event.what == "ends stream" for event in failure.events)]
    if not any(who_fails(failure) in _who(failure, "ends stream") for failure in ended):
        return None
    steps = ("A participant left, and got EOF.", "A visitor without a name ended the stream, and never got EOF.")
    return seen(silent, *steps)


def _nameless_waits(failure: Failure) -> bool:
    """Whether one waits for EOF who has never received a line with its name."""
    last = failure.events[-1] if failure.events else None
    if last is None or last.what != "expects" or last.note != "to see EOF":
        return False
    return last.who.encode() not in failure.shown("receives", last.who)


def _who(failure: Failure, what: str) -> set[str]:
    return {event.who for event in failure.events if event.what == what}


def quit_as_name(case: Case) -> Found | None:
    if visitor_stays(case):
        return None
    fact = seen_closely(case, "quit_as_name", over=False) if case.failed("test_leaving_without_a_name") else None
    if not fact or not case.fact("word", over=True):
        return None
    return Found({}, ("A visitor said {quit} instead of a name, and got no EOF.",))


def busy_wait(case: Case) -> Found | None:
    """It spins although no one has left yet."""
    ends = ("ends stream", "sees end", "resets", "is killed", "presses Ctrl+C", "ends keyboard")
    spins = [failure for failure in case.failed(causes=["spins"]) if failure.moment != START]  # one may start slowly
    spins = [failure for failure in spins if not failure.fits(*STALLS)]  # there the server itself hangs up on someone
    early = [failure for failure in spins if not any(event.what in ends for event in failure.events)]
    if case.program == "server" and not asks_again(case.source):
        early += [failure for failure in spins if failure.fits("test_no_console") and failure not in early]
    return seen(early)


def busy_without_keyboard(case: Case) -> Found | None:
    """It spins only where its keyboard has ended."""
    failures = case.failed("test_no_console", causes=["spins", "floods"])
    line = asks_again(case.source)
    if case.program != "server" or not line or busy_wait(case):
        return None
    return seen(failures, line=line)


def sent_again(case: Case) -> Found | None:
    """The notice about one newcomer comes again with the next one, and with what is said then."""
    told = [case.fact("newcomer_told", about=name, to=BEN) for name in (CLEO, DANA)]
    heard = [str(fact["came"]).split("\\n") for fact in (*told, case.fact("message", to=BEN)) if fact]
    again = [line for line in heard[0] if CLEO in line and all(line in lines for lines in heard)] if heard else []
    if len(heard) < 3 or not again:
        return None
    came = "\\n".join(heard[2])
    return Found({}, (f'{CLEO} came, then {DANA}; then {ANNA} said "{FIRST}". This came to {BEN}: "{came}"',))


def announced_early(case: Case) -> Found | None:
    """Those who are there get a line as soon as someone connects, before this one has given a name."""
    early = case.facts("before_name")
    if len({fact["about"] for fact in early}) < 2:  # once may be a late word about the one before
        return None
    each = {fact["about"]: fact for fact in early}
    steps = [
        f'{fact["about"]} connected. Before a name was given, {fact["to"]} got "{fact["came"]}"'
        for fact in each.values()
    ]
    named = any(fact["how"] != "nothing" for fact in case.facts("newcomer_told"))
    then = "" if named else "When the name was given, nothing more came to the others."
    return Found({}, as_steps(*steps[:2], then))


def notifies_one(case: Case) -> Found | None:
    """What is meant for several comes late or not at all, and the threads that wait for it are woken one at a time."""
    line = notified(case.source)
    late = [fact for name in ("message", "newcomer_told") for fact in case.facts(name, how="nothing")]
    if not line or not late:
        return None
    step = f"{capital(late[0].where)}, nothing came to {late[0]['to']}."
    return Found({"line": line}, as_steps(step, where_stands(case, "wait", where=late[0].where)))


def extra_line(case: Case) -> Found | None:
    """Who is in the chat gets more than one line for each newcomer: of two of them, until the next message comes."""
    told = [case.fact("newcomer_told", about=name, to=BEN, how="line") for name in (CLEO, DANA)]
    heard = [fact for fact in (*told, case.fact("message", to=BEN, how="same")) if fact]
    came = "".join(str(fact["came"]) for fact in heard)
    lines = [line for line in came.split("\\n") if line.strip() and not line.endswith(FIRST)]
    if not all(told) or len(lines) < 2 * len(told) or sent_again(case) or announced_early(case):
        return None
    welcome = any("{quit}" in line and (CLEO in line or DANA in line) for line in lines)
    meant = "the welcome of the newcomer, too" if welcome else "more than that"
    return Found({"meant": meant}, (f'{CLEO} and {DANA} came, and {BEN} received these lines: "{came}"',))


def sends_json(case: Case) -> Found | None:
    """What it sends, or the messages at least, comes as JSON."""
    for name in ("greeting", "welcome", "message", "name", "typed"):
        for fact in case.facts(name):
            line = str(fact["came"]).partition("\\n")[0]
            with contextlib.suppress(ValueError):
                if line.startswith(("{", "[")) and isinstance(json.loads(line), dict | list):
                    return Found({}, (f'{capital(fact.where)}, this came: "{line}"',))
    return None


def uses(case: Case, *names: str) -> bool:
    words = {name_of(node) for node in nodes(case.source)}
    words |= {
        alias.name
        for node in nodes(case.source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return bool(words & set(names))


def who_fails(failure: Failure) -> str:
    return str(failure.facts.get("who") or "")


def name_is_no_text(failure: Failure) -> bool:
    """Whether a visitor has given a name with bytes that are no text, before the test failed."""
    first = {event.who: event.data for event in reversed(failure.events) if event.what == "sends"}
    return any(data.decode(errors="replace") != data.decode(errors="ignore") for data in first.values())


def came_twice(failure: Failure) -> str:
    """The line that came to someone in a test once more, in the place of something else; "" if there is none."""
    line = failure.received.strip() if isinstance(failure.received, bytes) else b""
    people = {event.who for event in failure.events if event.what == "receives"}
    again = any(failure.shown("receives", who).split(b"\n").count(line) > 1 for who in people)
    return line.decode(errors="replace") if line and again else ""


REFUSED_AGAIN = ("end", "reset", "other line")  # what one sees who waits for a welcome and gets no place


def gets_no_place(failure: Failure) -> bool:
    """Whether someone who stopped reading, or was lost, is gone, and the next one is told that there is no place."""
    late = failure.fits("test_one_does_not_read") and who_fails(failure).startswith("Carla")
    late |= failure.fits("test_several_are_lost*") and who_fails(failure).startswith(("Farah", "Goran", "Hana"))
    told = isinstance(failure.received, bytes) and failure.received.strip()
    return bool(late and told and failure.cause in REFUSED_AGAIN)


def hears_of_others(failure: Failure) -> bool:
    """Whether a visitor without a name got a line about someone else."""
    return str(failure.expected).startswith("nothing about the others")


def timeout_shared(case: Case) -> Found | None:
    """Who is silent for as long as a limit of time allows is dropped."""
    limits = uses(case, "settimeout", "setdefaulttimeout", "SO_RCVTIMEO", "wait_for", "timeout")
    dropped, late = case.fact("dropped"), case.fact("raises", exception="TimeoutError")
    if dropped and late and limits:
        step = f"{dropped['who']} only listened, and got EOF."
        return Found({}, (step, as_raised(late)))
    return _quiet_dropped(case)


def _quiet_dropped(case: Case) -> Found | None:
    quiet = case.failed("test_a_silent_newcomer", causes=["end", "reset", "other line", "other bytes", "traceback"])
    quiet = [failure for failure in quiet if not came_twice(failure) and not hears_of_others(failure)]
    raised = case.fact("raises", exception="TimeoutError")
    if not quiet or not uses(case, "settimeout", "setdefaulttimeout", "SO_RCVTIMEO", "wait_for", "timeout"):
        return None
    step = f"Line {raised['line']} raises TimeoutError." if raised else None
    return Found({}, as_steps("A participant said nothing for a second, and was dropped.", step), tuple(quiet))


def thread_target_called(case: Case) -> Found | None:
    for node in nodes(case.source):
        if not isinstance(node, ast.Call):
            continue
        name = name_called(node)
        for keyword in node.keywords:
            called = isinstance(keyword.value, ast.Call) and not ast.unparse(keyword.value.func).endswith("partial")
            if name == "Thread" and keyword.arg == "target" and called:
                return _runs_in_main(case, node.lineno, ast.unparse(keyword.value))
        if name == "run" and isinstance(node.func, ast.Attribute) and "Thread(" in ast.unparse(node.func.value):
            return _runs_in_main(case, node.lineno, ast.unparse(node.func)[-4:] + "()")
    line = run_called(case.source) if case.fact("trouble") else 0
    return _runs_in_main(case, line, "run()") if line else None


def _runs_in_main(case: Case, line: int, what: str) -> Found:
    step = f"Line {line} of {case.program}.py: {what} runs immediately, in the thread that is already there."
    stands = where_stands(case, "recv", "input", thread="main") or where_stands(case, "recv", "input")
    return Found({"line": line}, as_steps(step, stands))


def name_called(call: ast.Call) -> str:
    return name_of(call.func)


SILENT = ("silence", "no line end", "other line", "other bytes", "part", "end", "unwanted")


ANY_WORDS: Explains = like(causes=(*SILENT, "refused", "reset", "ended"))


STALLS = ("test_one_does_not_read", "test_memory_is_bounded")


def _fault(
    programs: tuple[str, ...],
    slug: str,
    life: Life,
    decides: Decides,
    explains: Explains,
    sentence: str,
    question: str,
    read: str,
    stops: bool = False,
    everyday: bool = False,
    missing: bool = False,
    rare: bool = False,
    mistakes: tuple[str, ...] = (),
) -> Fault:
    return Fault(
        slug, life, decides, sentence, question, read, explains, programs, stops, mistakes, everyday, rare, missing
    )


in_server = functools.partial(_fault, ("server",))
in_client = functools.partial(_fault, ("client",))
in_both = functools.partial(_fault, ("server", "client"))
