"""Stage 5: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from parley.checks.diagnosis.contact import Visit, shown
from parley.checks.diagnosis.evidence import Case, Failure, Variation
from parley.checks.diagnosis.fault import (
    Decides,
    Explains,
    Fault,
    Found,
    Life,
    as_steps,
    everything,
    in_tests,
    like,
    seen,
)
from parley.contract.diagnosis import Fact
from parley.contract.errors import NotHere
from parley.harness.actors import Person, Role
from parley.harness.scene import syntax_tree

PAGE = "lessons/5_broadcast.md"
THREADS, OBVIOUS, SENDER = f"{PAGE}#the-threads", f"{PAGE}#the-obvious-server", f"{PAGE}#one-sender"
FIRST_ROUND, ERRORS, FULL = (
    f"{PAGE}#the-server-first-round",
    f"{PAGE}#the-second-round-errors",
    f"{PAGE}#what-full-adds",
)
BARE, PREDICT, CLOSES = f"{PAGE}#bare-line-by-line", f"{PAGE}#predict-run-compare", f"{PAGE}#who-opens-who-closes"
LINES, TEXT = "lessons/2_logbook.md#the-idea", "lessons/2_logbook.md#bytes-and-text"

ANNA, BEN, CLEO, DANA = "Anna471", "Ben582", "Cleo693", "Dana714"
SENDS = ("send", "sendall")
BROKEN = ("BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError")
LETTERS = "815" + "ж" * 29  # a name of 32 characters, and of 61 bytes
FIRST, SECOND, THIRD, LAST = "harbour 17", "lantern 18", "meadow 19", "island 20"
HALF = "half a li"
STALLED = Variation(stalled=True)
MB = 1024**2
GROWS = 8  # MB that a server keeps for one who does not read, if nothing limits it


def examine_server(visit: Visit) -> None:
    """Four come one after another and speak; one leaves, one is lost, another one comes; then Ctrl+C."""
    server = visit.server()
    if visit.vary.stalled:
        _one_does_not_read(visit, server)
        return
    people: list[Person] = []
    for name in (ANNA, BEN, CLEO, DANA):
        newcomer = _joins(visit, server, name, people)
        if newcomer is None:
            return
        people.append(newcomer)
    anna, ben, cleo, dana = people
    _all_speak(visit, server, people)
    _one_leaves(visit, server, ben, (anna, cleo, dana))
    visit.at("after somebody has left")
    anna.says(LAST)
    came = visit.hears(cleo, lambda came: LAST.encode() in came)
    visit.note("next", to=CLEO, how=_how(came, ANNA, LAST), named=len(_about(BEN, came)))
    _one_is_lost(visit, server, cleo, (anna, dana))
    _a_long_name(visit, server)
    _ctrl_c(visit, server)


def _joins(visit: Visit, server: Role, name: str, people: list[Person]) -> Person | None:
    """Somebody comes, is greeted, gives a name and is welcomed; None if nothing comes then."""
    visit.at(f"when {name} came")
    person = visit.guest(name, server)
    greeting = visit.hears(person, lambda came: b"\n" in came)
    end = "line" if b"\n" in greeting else "no line end" if greeting else "nothing"
    visit.note("greeting", who=name, how=end, came=shown(greeting), over=person.over)
    if not greeting:
        visit.amiss(server, "greeting")
    person.says(name)
    came = visit.hears(person, lambda came: name.encode() in came and came.endswith(b"\n"))
    late = False
    if name.encode() not in came and people == []:
        visit.amiss(server, "welcome")
        person.says(FIRST)
        came += visit.hears(person, lambda came: name.encode() in came)
        late = name.encode() in came
    how = "nothing" if name.encode() not in came else "line" if came.endswith(b"\n") else "no line end"
    visit.note("welcome", who=name, how=how, came=shown(came), late=late, over=person.over)
    if how == "nothing" and people:
        _served_later(visit, server, person, people[0])
    for other in people:
        came = visit.hears(other, lambda came: name.encode() in came) if how != "nothing" else b""
        visit.note("newcomer_told", about=name, to=other.name, how="line" if name.encode() in came else "nothing")
    return None if how == "nothing" else person


def _served_later(visit: Visit, server: Role, person: Person, first: Person) -> None:
    """The newcomer gets nothing: does it, when the first one has left?"""
    visit.look(server)
    first.ends()
    came = visit.hears(person, bool)
    visit.note("served_later", came=bool(came))


def _all_speak(visit: Visit, server: Role, people: list[Person]) -> None:
    """One speaks, then another one; then several lines come at once, and one in pieces."""
    anna, ben, cleo, dana = people
    visit.at(f"when {ANNA} spoke")
    anna.says(FIRST)
    spoken = f"{ANNA}: {FIRST}\n".encode()
    for listener in (ben, cleo, dana):
        came = visit.hears(listener, lambda came: spoken in came)
        visit.note("message", to=listener.name, how=_how(came, ANNA, FIRST), came=shown(came))
    visit.at(f"when {BEN} spoke")
    ben.says(SECOND)
    came = visit.hears(anna, lambda came: SECOND.encode() in came)
    visit.note("author", hears=FIRST.encode() in came, came=shown(came))
    for listener in (cleo, dana):
        visit.hears(listener, lambda came: SECOND.encode() in came)
    visit.at("when two lines came together")
    ben.sends("one 21\ntwo 22\n")
    expected = f"{BEN}: one 21\n{BEN}: two 22\n".encode()
    came = visit.hears(cleo, lambda came: expected in came)
    visit.note("lines", how="same" if expected in came else "other" if came else "nothing", came=shown(came))
    visit.at("when a line came in two pieces")
    ben.sends_in_pieces("three", " 23\n")
    expected = f"{BEN}: three 23\n".encode()
    for listener in (cleo, anna, dana):
        came = visit.hears(listener, lambda came: b" 23" in came and came.endswith(b"\n"))
        if listener is cleo:
            visit.note("pieces", how="same" if expected in came else "other" if came else "nothing", came=shown(came))


def _one_leaves(visit: Visit, server: Role, leaver: Person, others: tuple[Person, ...]) -> None:
    visit.at(f"when {leaver.name} left with {{quit}}")
    leaver.says("{quit}")
    passed = False
    for other in others:
        came = visit.hears(other, lambda came: bool(_about(leaver.name, came)))
        passed = passed or b"{quit}" in came
        named = len(_about(leaver.name, came))
        visit.note("left", to=other.name, named=named, lines=len(_lines(came)), came=shown(came))
    over = visit.sees_end(leaver)
    visit.note("word", passed=passed, over=over)
    if not over:
        visit.amiss(server, "leaving")
        if passed:  # without its line end, is it the word then?
            leaver.sends("{quit}").ends()
            came = visit.hears(others[0], lambda came: bool(_about(leaver.name, came)) or b"{quit}" in came)
            visit.note("word_alone", passed=b"{quit}" in came)


def _one_is_lost(visit: Visit, server: Role, lost: Person, others: tuple[Person, ...]) -> None:
    visit.at(f"when {lost.name} was lost")
    lost.sends(HALF).resets()
    for other in others:
        came = visit.hears(other, lambda came: bool(_about(lost.name, came)))
        half = HALF.encode() in came
        visit.note("lost", to=other.name, named=len(_about(lost.name, came)), half=half, came=shown(came))
    anna, dana = others
    dana.says(THIRD)
    came = visit.hears(anna, lambda came: f"{DANA}: {THIRD}\n".encode() in came)
    visit.note("goes_on", how=_how(came, DANA, THIRD), ended=server.ended)


def _a_long_name(visit: Visit, server: Role) -> None:
    """A name of 32 characters that takes more bytes, and if that is refused, one of 32 bytes."""
    visit.at("when somebody had a long name")
    person = visit.guest("Ж", server)
    visit.hears(person, lambda came: b"\n" in came)
    accepted = []
    for name in (LETTERS, "8" * 32):
        person.says(name)
        came = visit.hears(person, lambda came: b"\n" in came)
        accepted.append(name.encode() in came)
        if accepted[-1]:
            break
    visit.note("long_name", letters=accepted[0], ascii=accepted[-1])


def _ctrl_c(visit: Visit, server: Role) -> None:
    visit.at("before Ctrl+C")
    visit.hears(visit.guest("a visitor", server), bool)
    try:
        server.presses_ctrl_c()
    except NotHere:
        return
    visit.at("after Ctrl+C")
    ended = visit.ends(server)
    enter = False
    if not ended:
        visit.amiss(server, "Ctrl+C")
        server.types("")
        enter = visit.ends(server)
    visit.note("ctrl_c", ended=ended, enter=enter)


def _one_does_not_read(visit: Visit, server: Role) -> None:
    """An experiment: somebody does not read while another one says more than systems keep."""
    anna, ben = (visit.guest(name, server) for name in (ANNA, BEN))
    for person in (anna, ben):
        visit.hears(person, lambda came: b"\n" in came)
        person.says(person.name)
        visit.hears(person, lambda came, name=person.name: name.encode() in came)  # type: ignore[misc]
    visit.guest("Zoe17", server, reads=False).says("Zoe17")
    visit.hears(ben, lambda came: b"Zoe17" in came)
    before = server.memory()
    text = "".join(f"{number} {'word ' * 1600}\n" for number in range(128)) + f"{LAST}\n"  # 1 MB
    heard = True
    for _ in range(24):
        try:
            anna.waits_for(1.5).sends(text)
        except Exception:  # it does not take anything more
            heard = False
        heard = heard and LAST.encode() in visit.hears(ben, lambda came: LAST.encode() in came)
        if not heard or visit.scene.deadlines.over():
            break
    visit.at("while somebody did not read")
    visit.look(server)
    grown = 0 if server.ended else (server.memory() - before) // MB
    newcomer = visit.guest(CLEO, server)
    greeted = bool(visit.hears(newcomer, bool))
    if not greeted:
        visit.look(server)
    visit.note("stalled", heard=heard, greeted=greeted, grown=grown)


def examine_client(visit: Visit) -> None:
    """The client gives its name; a line is typed, lines come, one of them in pieces; then the chat is over."""
    client, host = visit.client(ANNA)
    person = visit.comes(client, host)
    visit.at("after the name was typed")
    person.says("Who are you?")
    came = visit.hears(person, lambda came: f"{ANNA}\n".encode() in came)
    how = "same" if f"{ANNA}\n".encode() in came else "no line end" if ANNA.encode() in came else "nothing"
    visit.note("name", how=how, came=shown(came), connections=_connections(client, host.address[1]))
    if how != "same":
        visit.amiss(client, "name")
    if how == "nothing":
        return
    person.says(f"Hello {ANNA}, {{quit}} to leave")
    visit.note(
        "shown", what="welcome", how="same" if "to leave" in visit.shows(client, _has("to leave")) else "nothing"
    )
    visit.at("after a line was typed")
    typed = f"  {FIRST}  "
    client.types(typed)
    came = visit.hears(person, lambda came: came.endswith(b"\n"))
    visit.note("typed", how=_typed(typed, came), came=shown(came))
    visit.at("after a line came")
    text = f"{BEN}: {SECOND}"
    person.says(text)
    screen = visit.shows(client, _has(text))
    how = "same" if text in screen else "split" if SECOND in screen else "nothing"
    visit.note("shown", what="line", how=how, screen=screen[-200:])
    if how == "nothing":
        visit.amiss(client, "shown")
    person.sends_in_pieces(f"{BEN}: mead", "ow 19\nand then\n")
    whole = f"{BEN}: {THIRD}"
    screen = visit.shows(client, lambda screen: "and then" in screen)
    end = screen.partition(SECOND)[2]
    visit.note("pieces", how="same" if whole in screen else "other", empty="\n\n" in end, screen=screen[-200:])
    visit.at("after the server's end-of-stream")
    person.ends()
    ended, enter = visit.ends(client), False
    if not ended:
        visit.amiss(client, "end")
        before = len(client.printed)
        client.types("")
        enter = visit.ends(client)
        visit.note("end_shown", bytes=before)
    visit.note("end", ended=ended, enter=enter)


def _connections(client: Role, port: int) -> int:
    """How many connections to this port the client has; 0 where the system does not tell."""
    count = 0
    for process in client.processes():
        try:
            count += sum(bool(each.raddr) and each.raddr.port == port for each in process.net_connections("tcp"))
        except Exception:  # it has ended just now, or the system does not tell
            continue
    return count


def _has(text: str):  # type: ignore[no-untyped-def]
    return lambda screen: text in screen


def _typed(typed: str, came: bytes) -> str:
    """How what was sent differs from what was typed, in a word or two."""
    if came == f"{typed}\n".encode():
        return "same"
    if not came:
        return "nothing"
    if came == typed.encode():
        return "no line end"
    if came.strip() == typed.strip().encode():
        return "stripped"
    return "name in front" if ANNA.encode() in came else "other"


def _lines(came: bytes) -> list[bytes]:
    return [line for line in came.split(b"\n") if line.strip()]


def _about(name: str, came: bytes) -> list[bytes]:
    """The notices about this person among the lines that came."""
    return [
        line for line in _lines(came) if name.encode() in line and b": " not in line.partition(name.encode())[2][:2]
    ]


def _how(came: bytes, author: str, text: str) -> str:
    """How a message came: "same", "nothing", "no line end", "split" (line ends within it), "no author" or "other"."""
    expected = f"{author}: {text}\n".encode()
    if expected in came:
        return "same"
    if came.endswith(expected[:-1]):
        return "no line end"
    if expected.replace(b"\n", b"") in came.replace(b"\n", b""):
        return "split"
    if text.encode() in came:
        return "other" if author.encode() in came else "no author"
    return "other" if came else "nothing"


# What decides


def _stands(case: Case, *calls: str, where: str = "", thread: str = "", again: bool = False) -> Fact | None:
    """Where a thread stood in one of these calls."""
    facts = case.evidence.facts(case.program, STALLED) if again else case.evidence.facts(case.program)
    for fact in facts:
        if fact.name == "stands" and fact["call"] in calls and where in fact.where and thread in str(fact["thread"]):
            return fact
    return None


def _at(fact: Fact | None) -> str:
    """ " (line 17)", or "" where the line is not known."""
    return f" (line {fact['line']})" if fact and fact["line"] else ""


def _tree(case: Case) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(syntax_tree(case.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _no_line_end(case: Case) -> Found | None:
    for name in ("greeting", "welcome", "message"):
        fact = next((fact for fact in case.facts(name) if fact["how"] == "no line end"), None)
        if fact:
            return Found({}, (f'This came from it: "{fact["came"]}", and no line end (\\n) behind it.',))
    return None


def _no_line_end_client(case: Case) -> Found | None:
    fact = next((fact for name in ("name", "typed") for fact in case.facts(name, how="no line end")), None)
    return Found({}, (f'This came from it: "{fact["came"]}", and no line end (\\n) behind it.',)) if fact else None


def _no_greeting(case: Case) -> Found | None:
    greeting = case.fact("greeting", who=ANNA, how="nothing")
    welcome = case.fact("welcome", who=ANNA)
    if not greeting or greeting["over"] or not welcome or welcome["how"] == "nothing":
        return None
    steps = as_steps(
        "Somebody connected, and nothing came.",
        _stands(case, "recv", "select", where=f"when {ANNA} came"),
        f'As soon as a name was sent, this came: "{welcome["came"]}"',
    )
    return Found({}, steps)


def _accept_serves(case: Case) -> Found | None:
    if not case.fact("welcome", who=ANNA, how="line") or not case.fact("welcome", who=BEN, how="nothing"):
        return None
    later = case.fact("served_later", came=True)
    if not later and _stands(case, "accept", where=f"when {BEN} came"):
        return None
    stands = _stands(case, "recv", where=f"when {BEN} came")
    if not later and not stands:
        return None
    steps = as_steps(
        f"{ANNA} was greeted and welcomed; {BEN} connected while {ANNA} was there, and nothing came.",
        stands,
        f"As soon as {ANNA} had left, {BEN} was served." if later else None,
    )
    return Found({"where": _at(stands)}, steps)


def _name_late(case: Case) -> Found | None:
    welcome = case.fact("welcome", who=ANNA, late=True)
    if not welcome or not case.fact("greeting", who=ANNA, how="line"):
        return None
    return Found({}, ("A name was sent, and nothing came.", f'After one more line this came: "{welcome["came"]}"'))


def _name_keeps_line_end(case: Case) -> Found | None:
    fact = case.fact("message", how="split")
    return Found({}, (f'"{ANNA}: {FIRST}" was awaited as one line, and this came: "{fact["came"]}"',)) if fact else None


def _name_length(case: Case) -> Found | None:
    if case.fact("long_name", letters=False, ascii=True):
        return Found({}, (f'The name "{LETTERS}" has 32 characters; it was refused.', "One of 32 digits was taken."))
    return None


def _echo(case: Case) -> Found | None:
    fact = case.fact("author", hears=True)
    if not fact:
        return None
    return Found({}, (f'{ANNA} had said "{FIRST}". What {ANNA} received next: "{fact["came"]}"',))


def _no_author(case: Case) -> Found | None:
    fact = case.fact("message", how="no author")
    if not fact:
        return None
    return Found({}, (f'{ANNA} said "{FIRST}". This came to {fact["to"]}: "{fact["came"]}", without a name.',))


def _recv_is_a_message(case: Case) -> Found | None:
    message = case.fact("message")
    if not message or message["how"] not in ("same", "split"):
        return None
    wrong = next((fact for name in ("pieces", "lines") for fact in case.facts(name) if fact["how"] != "same"), None)
    if not wrong:
        return None
    return Found({}, (f'{wrong.where.capitalize()}, this came to {CLEO}: "{wrong["came"]}"',))


def _quit_not_stripped(case: Case) -> Found | None:
    if not case.fact("word", passed=True, over=False) or case.fact("word_alone", passed=True):
        return None
    steps = as_steps(
        f"{BEN} said {{quit}}: it was passed on like any other line, and the connection stayed open.",
        "Sent without a line end behind it, it was not passed on.",
    )
    return Found({}, steps)


def _quit_unknown(case: Case) -> Found | None:
    if not case.fact("word", over=False) or not case.fact("word_alone", passed=True):
        return None
    return Found({}, (f"{BEN} said {{quit}}: it was passed on like any other line, and the connection stayed open.",))


def _quit_passed_on(case: Case) -> Found | None:
    if not case.fact("word", passed=True, over=True):
        return None
    return Found({}, (f"{BEN} said {{quit}} and left; before that, the others received the word as a message.",))


def _notices(case: Case) -> list[Fact]:
    """What came to those who stayed when somebody left, if the word for leaving is known and nothing else is amiss."""
    return case.facts("left") if not case.fact("word", over=False, passed=True) else []


def _no_notice(case: Case) -> Found | None:
    left = _notices(case)
    if not left or any(fact["lines"] for fact in left) or not case.fact("word", over=True):
        return None
    return Found({}, (f"{BEN} said {{quit}} and saw the end of the stream.", "Nothing came to any of the others."))


def _notice_without_name(case: Case) -> Found | None:
    left = _notices(case)
    nameless = [fact for fact in left if fact["lines"] and not fact["named"]]
    if not nameless or any(fact["named"] for fact in left) or case.fact("word", passed=True):
        return None
    return Found({}, (f'{BEN} left, and this came to the others: "{nameless[0]["came"]}"',))


def _skips_one(case: Case) -> Found | None:
    for facts in (_notices(case), case.facts("lost")):
        told = [bool(fact["named"]) for fact in facts]
        if len(told) > 1 and any(told) and not all(told):
            missed = next(fact for fact in facts if not fact["named"])
            return Found({}, (f"{missed.where.capitalize()}, all the others were told but {missed['to']}.",))
    return None


def _two_notices(case: Case) -> Found | None:
    more = [fact for fact in case.facts("left") if int(fact["named"]) > 1]
    late = case.fact("next", named=1)
    if not more and not (late and all(fact["named"] for fact in case.facts("left"))):
        return None
    return Found({}, (f"{BEN} left once, and the others were told twice.",))


def _does_not_close(case: Case) -> Found | None:
    if not case.fact("word", over=False) or not any(fact["named"] for fact in case.facts("left")):
        return None
    if case.fact("word", passed=True) and not any(fact["named"] for fact in case.facts("left")):
        return None
    return Found({}, (f"{BEN} said {{quit}}, and the others were told.", f"{BEN} never saw the end of the stream."))


def _half_line(case: Case) -> Found | None:
    fact = case.fact("lost", half=True)
    return (
        Found({}, (f'{fact.where.capitalize()} in the middle of a line, this came: "{fact["came"]}"',))
        if fact
        else None
    )


def _lost_not_told(case: Case) -> Found | None:
    lost = case.facts("lost")
    if not lost or any(fact["named"] for fact in lost) or not any(fact["named"] for fact in case.facts("left")):
        return None
    if case.fact("goes_on", ended=True) or case.fact("uncaught"):
        return None
    return Found({}, (f"{CLEO}'s connection was broken off, and the others were not told.",))


def _no_lock(case: Case) -> Found | None:
    changed = [failure for failure in case.failures if failure.exception == "RuntimeError"]
    order = case.failed("test_one_order_for_all", "test_several_at_once", causes=["other line", "other bytes"])
    meanwhile = case.failed(
        "test_joining_and_leaving_meanwhile", "test_several_are_lost_together", "test_slow_threads_say_goodbye"
    )
    raised = next(
        (fact for fact in case.facts("raises", exception="RuntimeError") if "changed size" in str(fact["message"])),
        None,
    )
    if not changed and not order and not raised:
        return None
    steps = as_steps(
        f"Line {raised['line']} raises RuntimeError: {raised['message']}" if raised else None,
        "An exception says that something changed size while a loop went over it." if changed else None,
        "Two who listened received the same messages in different orders." if order else None,
    )
    return Found({}, steps, tuple([*changed, *order, *meanwhile]))


def _stalled(case: Case) -> Fact | None:
    """What is seen while one does not read; asked only where a test about that has failed."""
    if not case.failed("test_one_does_not_read", "test_memory_is_bounded"):
        return None
    if not case.fact("message", how="same") and not case.fact("message", how="no author"):
        return None
    return case.again(STALLED, "stalled")


def _uses(case: Case, *names: str) -> bool:
    words = {getattr(node, "attr", getattr(node, "id", "")) for node in _tree(case)}
    words |= {
        alias.name for node in _tree(case) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }
    return bool(words & set(names))


def _blocking_select(case: Case) -> Found | None:
    stalled = _stalled(case)
    sends = _stands(case, "send", again=True)
    if not stalled or stalled["heard"] or not _uses(case, "select", "selectors", "poll", "epoll"):
        return None
    if sends is None and stalled["greeted"]:
        return None
    return Found({"where": _at(sends)}, as_steps("Somebody did not read, and nobody was served any more.", sends))


def _lock_held(case: Case) -> Found | None:
    stalled = _stalled(case)
    if not stalled or stalled["heard"]:
        return None
    sends, waits = _stands(case, "send", again=True), _stands(case, "lock", again=True)
    if not sends or not waits:
        return None
    return Found({"where": _at(sends)}, as_steps("Somebody did not read.", sends, waits))


def _slow_reader(case: Case) -> Found | None:
    stalled = _stalled(case)
    if not stalled or stalled["heard"]:
        return None
    sends = _stands(case, "send", again=True)
    return Found(
        {"where": _at(sends)}, as_steps("Somebody did not read, and the others heard nothing any more.", sends)
    )


def _no_drain(case: Case) -> Found | None:
    failures = case.failed("test_one_does_not_read", "test_memory_is_bounded")
    if not failures or not _uses(case, "asyncio") or not _uses(case, "write"):
        return None
    stalled = _stalled(case)
    if _uses(case, "drain") and not (stalled and stalled["heard"] and int(stalled["grown"]) > GROWS):
        return None
    grown = f" Meanwhile its memory grew by {stalled['grown']} MB." if stalled and stalled["grown"] else ""
    return Found({}, (f"Somebody did not read, and the others went on as usual.{grown}",), tuple(failures))


def _unbounded(case: Case) -> Found | None:
    grows = case.failed("test_memory_is_bounded", causes=["grows"])
    return None if _uses(case, "asyncio") else seen(grows)


def _no_max(case: Case) -> Found | None:
    """One more than there are places is welcomed."""
    failures = case.failed("test_no_place_left", "test_a_hundred")
    wrong = [failure for failure in failures if _actor(failure) in ("Carla17", "One more")]
    wrong = [failure for failure in wrong if failure.cause in ("silence", "other line", "unwanted")]
    return seen(wrong)


def _actor(failure: Failure) -> str:
    return str(failure.facts.get("who") or "")


def _never_removed(case: Case) -> Found | None:
    """Somebody has left, and the next one gets no place."""
    full = [failure for failure in case.failed("test_no_place_left") if _actor(failure).startswith("Dana")]
    full = [failure for failure in full if failure.cause in ("end", "reset", "other line")]
    if not full:
        return None
    return seen(full, "Two could take part. One of them left, and the next one was told that there is no place.")


def _check_then_act(case: Case) -> Found | None:
    failures = case.failed("test_all_want_the_last_places")
    if not failures or case.failed("test_no_place_left", "test_a_silent_newcomer") or failures[0].exception:
        return None
    return seen(
        failures, "Three could take part. Five came at the same moment, and more got in than there were places."
    )


def _timeout_shared(case: Case) -> Found | None:
    quiet = case.failed("test_a_silent_newcomer", causes=["end", "reset", "other line", "other bytes", "traceback"])
    raised = case.fact("raises", exception="TimeoutError")
    if not quiet or not _uses(case, "settimeout", "setdefaulttimeout", "SO_RCVTIMEO", "wait_for", "timeout"):
        return None
    step = f"Line {raised['line']} raises TimeoutError." if raised else None
    return Found({}, as_steps("Somebody said nothing for a second, and was dropped.", step), tuple(quiet))


def _console_blocks(case: Case) -> Found | None:
    if not case.fact("ctrl_c", ended=False, enter=True):
        return None
    stands = _stands(case, "input", where="after Ctrl+C")
    steps = as_steps("Ctrl+C was pressed, and nothing happened.", stands, "As soon as Enter was pressed, it ended.")
    return Found({"where": _at(stands)}, steps)


def _threads_alive(case: Case) -> Found | None:
    if not case.fact("ctrl_c", ended=False, enter=False):
        return None
    main = _stands(case, "shutdown", "join", where="after Ctrl+C", thread="main")
    facts = [fact for fact in case.facts("stands") if "after Ctrl+C" in fact.where and fact["thread"] != "main"]
    nobody_wakes = any(fact["call"] in ("accept", "recv", "input") for fact in facts)
    if not main or (main["call"] == "join" and (not nobody_wakes or any(fact["call"] == "get" for fact in facts))):
        return None
    return Found({}, as_steps("Ctrl+C was pressed, and it goes on.", main, *facts[:2]))


def _needs_enter(case: Case) -> Found | None:
    if not case.fact("end", ended=False, enter=True):
        return None
    main = _stands(case, "input", where="end-of-stream", thread="main")
    if not main or _exits(case):
        return None
    steps = as_steps("The server ended the stream, and the client went on.", main, "After Enter it ended.")
    return Found({"where": _at(main)}, steps)


def _join_keyboard(case: Case) -> Found | None:
    main = _stands(case, "join", "wait", where="end-of-stream", thread="main")
    other = _stands(case, "input", where="end-of-stream")
    if not case.fact("end", ended=False) or not main or main["call"] != "join" or not other:
        return None
    return Found({"where": _at(main)}, as_steps("The server ended the stream, and the client went on.", main, other))


def _no_daemon(case: Case) -> Found | None:
    main = _stands(case, "shutdown", where="end-of-stream", thread="main")
    other = _stands(case, "input", where="end-of-stream")
    if not case.fact("end", ended=False) or not main or not other or _exits(case):
        return None
    return Found({"where": _at(other)}, as_steps("The server ended the stream, and the client went on.", main, other))


def _end_unnoticed(case: Case) -> Found | None:
    """The thread that receives has ended, and main waits for something that it never hears of."""
    main = _stands(case, "wait", "sleep", "get", where="end-of-stream", thread="main")
    if not case.fact("end", ended=False) or not main or _stands(case, "recv", where="end-of-stream"):
        return None
    return Found({"where": _at(main)}, as_steps("The server ended the stream, and the client went on.", main))


def _keyboard_in_daemon(case: Case) -> Found | None:
    """Python stops with a fatal error, because a daemon thread is at the keyboard."""
    logs = [str(fact["log"]) for fact in case.facts("screen")]
    failures = [failure for failure in case.failures if b"_enter_buffered_busy" in failure.shown("logs")]
    if not failures and not any("_enter_buffered_busy" in log for log in logs):
        return None
    return Found({}, ("Python itself stopped: Fatal Python error: _enter_buffered_busy.",), tuple(failures))


def _exits(case: Case) -> Fact | None:
    return next((fact for fact in case.facts("raises", exception="SystemExit") if fact["thread"] != "MainThread"), None)


def _exit_in_thread(case: Case) -> Found | None:
    exits = _exits(case)
    if exits and case.fact("end", ended=False):
        step = f"Line {exits['line']}, in {exits['function']}, calls sys.exit, in a thread that is not the main one."
        return Found({}, as_steps(step, _stands(case, "input", "join", "shutdown", where="end-of-stream")))
    failures = case.failed("test_leaving", "test_the_server_ends*", causes=["silence", "goes on"])
    if failures and re.search(r"^ {8,}(sys\.)?(exit|quit)\(", case.source, re.MULTILINE):
        return seen(failures)
    return None


def _blank_lines(case: Case) -> Found | None:
    end = case.fact("end", ended=False) or case.failed(causes=["floods"])
    screen = case.fact("screen")
    if not end or not screen or not str(screen["text"]).endswith("\n\n\n"):
        return None
    return Found({}, ("The server ended the stream, and the client prints empty lines, again and again.",))


def _busy_client(case: Case) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if "end-of-stream" in fact.where), None)
    if not spins or _blank_lines(case):
        return None
    return Found({}, ("After the server's end-of-stream it uses all the time of a processor.",))


def _connects_twice(case: Case) -> Found | None:
    fact = next((fact for fact in case.facts("name", how="nothing") if int(fact["connections"]) > 1), None)
    connects = [each for each in case.facts("connects")]
    if fact or (case.fact("name", how="nothing") and len(connects) > 1):
        step = "One client was started, and two connections came." if fact else "It has called connect twice."
        return Found({}, (step, "A name was typed, and nothing arrived on the first one."))
    return None


def _strips(case: Case) -> Found | None:
    fact = case.fact("typed", how="stripped")
    return Found({}, (f'"  {FIRST}  " was typed, and this was sent: "{fact["came"]}"',)) if fact else None


def _name_in_front(case: Case) -> Found | None:
    fact = case.fact("typed", how="name in front")
    return Found({}, (f'"  {FIRST}  " was typed, and this was sent: "{fact["came"]}"',)) if fact else None


def _recv_is_a_message_client(case: Case) -> Found | None:
    fact = case.fact("pieces", how="other") or case.fact("pieces", empty=True)
    if not fact or case.fact("shown", what="line", how="nothing"):
        return None
    step = "A line came in two pieces, and was not shown as one line." if fact["how"] == "other" else ""
    more = "Each line is followed by an empty one on its screen." if fact["empty"] else ""
    return Found({}, as_steps(step, more))


def _target_called(case: Case) -> Found | None:
    for node in _tree(case):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for keyword in node.keywords:
            called = isinstance(keyword.value, ast.Call) and not ast.unparse(keyword.value.func).endswith("partial")
            if name == "Thread" and keyword.arg == "target" and called:
                return _runs_in_main(case, node.lineno, ast.unparse(keyword.value))
        if name == "run" and isinstance(node.func, ast.Attribute) and "Thread(" in ast.unparse(node.func.value):
            return _runs_in_main(case, node.lineno, ast.unparse(node.func)[-4:] + "()")
    return None


def _runs_in_main(case: Case, line: int, what: str) -> Found:
    step = f"Line {line} of {case.program}.py: {what} runs at once, in the thread that is there already."
    stands = _stands(case, "recv", "input", thread="main") or _stands(case, "recv", "input")
    return Found({"line": line}, as_steps(step, stands))


def _timeout_stays(case: Case) -> Found | None:
    quiet = [failure for failure in case.failed("test_no_answer") if _actor(failure) not in ("other client",)]
    quiet = [failure for failure in quiet if failure.cause in ("ended", "end", "reset", "crashed", "traceback")]
    return seen(quiet, "Nothing was said for two seconds, and the client hung up.")


def _nobody_answers(case: Case) -> Found | None:
    waits = case.failed("test_no_answer", causes=["goes on"])
    return seen([failure for failure in waits if _actor(failure) == "other client"])


def _refused(case: Case) -> Found | None:
    """Nobody listens, and that ends it with a traceback; without any try a lost connection does it too."""
    refused = case.failed("test_nobody_is_there", exceptions=["ConnectionRefusedError"])
    trouble = case.failed("test_the_server_is_lost", "test_no_answer", exceptions=(*BROKEN, "TimeoutError"))
    return seen([*refused, *trouble]) if refused else None


def _no_close_word(case: Case) -> Found | None:
    """{quit} is known and /close is not."""
    if not case.fact("word", over=True, passed=False):
        return None
    failures = []
    for failure in case.failed("test_leaving"):
        sent = [event.data for event in failure.events if event.what == "sends"]
        if sent and b"/close" in sent[-1]:
            failures.append(failure)
    return seen(failures, "Somebody said {quit} and left. Somebody else said /close, and did not leave.")


def _crash_on_reset(case: Case) -> Found | None:
    """A broken connection ends the server, or the thread that serves it, with an exception that nobody catches."""
    uncaught = next((fact for fact in case.facts("uncaught") if fact["exception"] in BROKEN), None)
    if uncaught is None or not case.facts("lost") or _line(str(uncaught["where"])) in _bare_sends(case):
        return None
    what = "the whole server" if uncaught["ended"] else "the thread that serves it"
    step = f"{CLEO}'s connection was broken off, and {uncaught['exception']}{uncaught['where']} ended {what}."
    return Found({"what": what, "where": uncaught["where"]}, (step,))


def _dead_client(case: Case) -> Found | None:
    """A send to one who is gone raises in the loop that sends to all, and those behind get nothing."""
    failures = case.failed("test_several_are_lost*", "test_a_participant*", "test_one_does*")
    bare = _bare_sends(case)
    if _crash_on_reset(case):
        return None
    lines = [
        (str(fact["exception"]), int(fact["line"])) for fact in case.facts("raises") if fact["exception"] in BROKEN
    ]
    for failure in failures:
        if failure.exception in BROKEN:
            lines.append((failure.exception, _line(str(failure.facts.get("where") or ""))))
    exception, line_number = next((each for each in lines if each[1] in bare), ("", 0))
    if not failures or not exception:
        return None
    step = f"Line {line_number} raises {exception}, and no try stands between it and the loop that sends to all."
    return Found({"exception": exception, "line": line_number}, (step,))


def _line(where: str) -> int:
    """The line in " (line 17 of server.py, in main)"; 0 where there is none."""
    found = re.search(r"line (\d+)", where)
    return int(found[1]) if found else 0


def _bare_sends(case: Case) -> set[int]:
    """The lines that send within a loop over people, and no try stands between the line and that loop."""
    parents = {child: node for node in _tree(case) for child in ast.iter_child_nodes(node)} if case.source else {}
    calls = [node for node in parents if isinstance(node, ast.Call)]
    bare: set[int] = set()
    names: set[str] = set()  # of functions in which a send is not within a try
    for sender in (set(SENDS), names):
        for call in calls:
            if _name(call) not in sender:
                continue
            node: ast.AST = call
            while node in parents and not isinstance(node, ast.For | ast.Try | ast.FunctionDef | ast.With):
                node = parents[node]
            if isinstance(node, ast.For):
                bare.add(call.lineno)
            if isinstance(node, ast.FunctionDef) and sender is not names:
                names.add(node.name)
    in_functions = {
        node.name: {inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Call) and _name(inner) in SENDS}
        for node in parents
        if isinstance(node, ast.FunctionDef)
    }
    looped = {_name(call) for call in calls if call.lineno in bare}
    return bare.union(*(lines for name, lines in in_functions.items() if name in looped & names))


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _not_flushed(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown") if fact["how"] == "nothing"), None)
    if not silent or not case.again(Variation(unbuffered=True), "shown", what=silent["what"], how="same"):
        return None
    return Found({}, ("A line came, and nothing was shown.", "Run without a buffer (python -u) it is there at once."))


def _strict(case: Case) -> Found | None:
    failures = case.failed("test_any_text", "test_bytes_that_are_no_text", exceptions=["UnicodeDecodeError"])
    ended = case.failed("test_bytes_that_are_no_text", causes=["ended", "crashed", "traceback", "end"])
    return seen([*failures, *(failure for failure in ended if failure not in failures)])


SILENT = ("silence", "no line end", "other line", "other bytes", "part", "end", "unwanted")
ANY_WORDS: Explains = like(causes=(*SILENT, "refused", "reset", "ended"))
STALL = like("test_one_does_not_read", "test_memory_is_bounded")
LEAVING = (
    "test_leaving*",
    "test_any_text",
    "test_no_place_left",
    "test_joining_and_leaving*",
    "test_the_log_says_who",
    "test_several_are_lost*",
)


def _server(
    slug: str,
    life: Life,
    decides: Decides,
    explains: Explains,
    sentence: str,
    question: str,
    read: str,
    stops: bool = False,
    everyday: bool = False,
    mistakes: tuple[str, ...] = (),
) -> Fault:
    return Fault(slug, life, decides, sentence, question, read, explains, ("server",), stops, "", mistakes, everyday)


def _client(
    slug: str,
    life: Life,
    decides: Decides,
    explains: Explains,
    sentence: str,
    question: str,
    read: str,
    stops: bool = False,
    mistakes: tuple[str, ...] = (),
) -> Fault:
    return Fault(slug, life, decides, sentence, question, read, explains, ("client",), stops, "", mistakes)


FAULTS = [
    # somebody comes
    _server(
        "no-line-end",
        Life.GREET,
        _no_line_end,
        everything,
        "Your server sends a line without a newline, so the other side can't tell where the line ends.",
        "Which byte tells the reader that a line is complete? Print `repr()` of what you send: is this byte "
        "at its end?",
        LINES,
        stops=True,
    ),
    _server(
        "no-greeting",
        Life.GREET,
        _no_greeting,
        ANY_WORDS,
        "Your server waits for a name without asking for it: a newcomer sees nothing and can't know what to do.",
        "Connect with netcat and type nothing: what do you see? Which side has to speak first in this stage?",
        FIRST_ROUND,
        stops=True,
    ),
    _server(
        "accept-serves",
        Life.GREET,
        _accept_serves,
        ANY_WORDS,
        "The thread that accepts also serves the client{where}: until this client leaves, no one else is greeted.",
        "In which thread does the code that serves a client run? What is this thread's other job, and who "
        "does that job "
        "in the meantime?",
        THREADS,
        stops=True,
    ),
    _server(
        "name-late",
        Life.GREET,
        _name_late,
        ANY_WORDS,
        "After the name, your server waits for one more line: only then does it welcome the newcomer and tell "
        "the others.",
        "A newcomer has sent a name and nothing else. Which line of your server has it now, and for what does that "
        "thread wait before the welcome?",
        BARE,
        stops=True,
    ),
    _server(
        "name-keeps-line-end",
        Life.GREET,
        _name_keeps_line_end,
        ANY_WORDS,
        "The name keeps its newline in your server, so each message of this participant arrives as two lines.",
        "Print `repr()` of the name that your server has kept. Which character is at its end, and where does it come "
        "from?",
        BARE,
    ),
    _server(
        "name-length-in-bytes",
        Life.GREET,
        _name_length,
        like("test_what_is_no_name"),
        "Your server measures a name in bytes, but the limit is 32 characters: it refuses names that have letters such "
        "as é.",
        "How many characters does `Zoë` have, and how many bytes? Which of the two does your condition count?",
        TEXT,
        mistakes=("length-in-characters",),
    ),
    _server(
        "no-max-clients",
        Life.GREET,
        _no_max,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "Your server lets everyone in: it doesn't keep to the MAX_CLIENTS on its command line.",
        "Start your server with 2 as its third argument and let three join. Where does your program read this number, "
        "and where does it compare it?",
        FIRST_ROUND,
        mistakes=("backlog-is-limit",),
    ),
    _server(
        "check-then-act",
        Life.GREET,
        _check_then_act,
        like("test_all_want*"),
        "Between the question whether there is a free place and the line that takes it, another thread can take this "
        "place.",
        "One place is free and two clients come at the same moment. What does each thread read, line by line, if they "
        "take turns?",
        f"{PAGE}#mistakes-to-find",
        mistakes=("check-then-act-max", "lock-per-call"),
    ),
    # somebody speaks
    _server(
        "echo-to-author",
        Life.ANSWER,
        _echo,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server sends each message to everyone, and so also back to its author.",
        "Who says the line, who must hear it, and who must not? Whom does your sending loop leave out?",
        SENDER,
        mistakes=("echo-to-author",),
    ),
    _server(
        "no-author",
        Life.ANSWER,
        _no_author,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server passes on the text without its author's name, so no one knows who said it.",
        "What does Ben see when Anna says hello? Where in your program are the author's name and the text "
        "both at hand?",
        BARE,
        mistakes=("client-says-who",),
    ),
    _server(
        "recv-is-a-message",
        Life.TAKE,
        _recv_is_a_message,
        like(
            "test_lines_*",
            "test_any_text",
            "test_several_at_once",
            "test_one_order*",
            "test_everybody*",
            "test_leaving",
            "test_one_does*",
            "test_a_line*",
        ),
        "Your server takes what one `recv` returns for one message, but it may return a part of a message, or several.",
        "Print `repr()` of each chunk. How many messages came, how often did `recv` return, and how do you know where "
        "a message ends?",
        LINES,
        mistakes=("recv-is-message", "torn-message", "endswith-newline", "long-message-cut"),
    ),
    _server(
        "no-lock",
        Life.ANSWER,
        _no_lock,
        like(),
        "Several threads of your server use one table or send at the same time: while one loops over it, another one "
        "changes it or overtakes.",
        "Which threads use your table of clients? What can another thread do, to the table or to the same sockets, "
        "while yours is in the middle of its loop?",
        OBVIOUS,
        mistakes=("no-lock", "no-sender", "order-lost"),
    ),
    _server(
        "blocking-send-in-select",
        Life.ANSWER,
        _blocking_select,
        STALL,
        "`select` says who can be read, but your server sends without asking: one client that doesn't read stops its "
        "only thread{where}.",
        "What is your only thread doing while one client doesn't read? What else can `select` tell you about a socket, "
        "apart from whether something has arrived?",
        f"{PAGE}#what-it-still-cannot-do",
    ),
    _server(
        "lock-while-sending",
        Life.ANSWER,
        _lock_held,
        STALL,
        "Your server holds the lock while it sends{where}: one client that doesn't read keeps the lock busy, and all "
        "others wait.",
        "Which thread holds the lock now, and for what does this thread itself wait? What must happen under the lock, "
        "and what could happen after it?",
        OBVIOUS,
        mistakes=("lock-while-sending",),
    ),
    _server(
        "slow-reader-blocks",
        Life.ANSWER,
        _slow_reader,
        STALL,
        "One client that doesn't read stops the others: a thread that sends to this client waits there{where} and does "
        "nothing for anyone else.",
        "A client is connected but doesn't read. In which call does your server wait for it, who waits with it, and "
        "for how long at most?",
        PREDICT,
        mistakes=("stalled-reader",),
    ),
    _server(
        "no-drain",
        Life.ANSWER,
        _no_drain,
        STALL,
        "`write` never waits: what a client doesn't read stays in your server's memory, and nothing limits how much "
        "that is.",
        "A client doesn't read. Where are the lines that it hasn't read yet, how many can there be, and which line of "
        "yours would notice?",
        PREDICT,
    ),
    _server(
        "unbounded-outbox",
        Life.ANSWER,
        _unbounded,
        STALL,
        "What a client doesn't read stays in your server's memory, and nothing limits how much that is.",
        "A client doesn't read. Where are the lines that it hasn't read yet, how many can there be, and which line of "
        "yours would notice?",
        PREDICT,
        mistakes=("unbounded-outbox",),
    ),
    _server(
        "timeout-shared",
        Life.NEXT,
        _timeout_shared,
        like("test_a_silent_newcomer", "test_joining*", "test_one_order*", "test_one_does*"),
        "The time limit that you set for sending holds for receiving too: a participant who is only silent is dropped.",
        "For which calls does the timeout of a socket hold? A participant says nothing for that long: what does your "
        "receiving thread make of it?",
        FULL,
        mistakes=("timeout-is-goodbye",),
    ),
    # somebody leaves
    _server(
        "quit-not-stripped",
        Life.LEAVE,
        _quit_not_stripped,
        like(*LEAVING),
        "Your server compares a line that still has its newline with `{{quit}}`: the two are never equal, so the word "
        "lets no one leave.",
        "Print `repr()` of both things that you compare. Which character is in only one of them?",
        "lessons/2_logbook.md#bare-line-by-line",
    ),
    _server(
        "quit-unknown",
        Life.LEAVE,
        _quit_unknown,
        like(*LEAVING),
        "Your server doesn't know the word `{{quit}}`: what it compares with it is never equal to it, so no one can "
        "leave.",
        "Print `repr()` of both things that you compare. In what do they differ: type, prefix, line end?",
        BARE,
        mistakes=("bytes-vs-str", "terminator-in-compare", "quit-prefixed"),
    ),
    _server(
        "no-close-word",
        Life.LEAVE,
        _no_close_word,
        like(),
        "Your server doesn't know the word `/close`: whoever says it stays in the chat, and the others read it.",
        "Which words let a participant leave in this stage? Which line of yours looks at them?",
        BARE,
    ),
    _server(
        "quit-passed-on",
        Life.LEAVE,
        _quit_passed_on,
        like(*LEAVING),
        "Your server passes `{{quit}}` on to the others like a message, although it's a wish to leave.",
        "A line arrives. Does your loop first pass it on, or first check whether it's the word for leaving?",
        BARE,
        mistakes=("quit-echoed",),
    ),
    _server(
        "no-notice",
        Life.LEAVE,
        _no_notice,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*"),
        "When someone leaves, your server tells no one.",
        "What do the others see when someone leaves? Which line of yours tells them, and does every way out reach this "
        "line?",
        BARE,
    ),
    _server(
        "notice-without-name",
        Life.LEAVE,
        _notice_without_name,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*"),
        "Your server tells the others that someone left, but the notice doesn't say who.",
        "Read the notice that came. From where should your server take the name, and is it still there at this moment?",
        BARE,
    ),
    _server(
        "iterate-while-removing",
        Life.LEAVE,
        _skips_one,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*", "test_one_does*"),
        "Your server removes someone from the list while it loops over this list, so the loop skips the next one.",
        "Number four participants 0 to 3 on paper. You stand at number 1 and take it out: who is number 1 now, and to "
        "which number does the loop go next?",
        OBVIOUS,
    ),
    _server(
        "two-notices",
        Life.LEAVE,
        _two_notices,
        like(*LEAVING, "test_a_participant*"),
        "When one participant leaves, your server tells the others twice.",
        "Which lines of your program tell the others that someone left? Follow one way out from start to end: which "
        "two of them does it pass?",
        f"{PAGE}#questions",
    ),
    _server(
        "does-not-close",
        Life.LEAVE,
        _does_not_close,
        like(*LEAVING, "test_the_console_closes*", "test_ctrl_c*"),
        "A client has left, but your server never closes the connection, so that client never sees end of "
        "stream (EOF).",
        "Your server has finished with this client. Which line tells the client's side that the connection is over, "
        "and does every way out reach it?",
        CLOSES,
        mistakes=("quit-without-close",),
    ),
    _server(
        "never-removed",
        Life.LEAVE,
        _never_removed,
        like("test_no_place_left", "test_several_are_lost*"),
        "Your server puts everyone into its list but takes no one out: those who left still count.",
        "Print your list each time someone leaves. On which of all the ways out does anyone get out of it?",
        BARE,
        mistakes=("slot-leak",),
    ),
    _server(
        "lost-not-told",
        Life.NOTICE,
        _lost_not_told,
        like("test_a_participant*", "test_several_are_lost*", "test_one_does*", "test_a_line*", "test_memory*"),
        "When a connection is lost, your server doesn't tell the people who should know.",
        "A connection breaks instead of ending with a goodbye. Which of your lines runs then, and who reads something "
        "about it?",
        f"{PAGE}#the-cases-that-seem-to-need-a-lock",
        everyday=True,
        mistakes=("left-missing-reset", "left-missing"),
    ),
    _server(
        "half-line-passed-on",
        Life.NOTICE,
        _half_line,
        like("test_a_participant*"),
        "A client is lost in the middle of a line, but your server passes this half line on as if it were a message.",
        "The connection breaks in the middle of a line. What's in your buffer then, and which line of yours takes it "
        "for a message?",
        f"{PAGE}#the-cases-that-seem-to-need-a-lock",
        everyday=True,
    ),
    _server(
        "crash-on-reset",
        Life.NOTICE,
        _crash_on_reset,
        like(
            "test_a_participant*",
            "test_a_visitor*",
            "test_several_are_lost*",
            "test_one_does*",
            "test_the_log_says_who_was*",
            "test_memory*",
        ),
        "A connection reset ends {what}{where}: the call raises an exception, and nothing catches it.",
        "At which line does the exception come up, and what does it end on its way out? How much of your program "
        "should one broken connection end?",
        ERRORS,
        everyday=True,
        mistakes=("reset-uncaught",),
    ),
    _server(
        "dead-client-stops-broadcast",
        Life.NOTICE,
        _dead_client,
        like("test_several_are_lost*", "test_a_participant*", "test_one_does*"),
        "Sending to a client that is gone raises {exception} at line {line}, and everyone after that client gets "
        "nothing.",
        "Your loop sends to three clients, and the first send fails. Which line runs next, and what do the other two "
        "get?",
        ERRORS,
        everyday=True,
    ),
    _server(
        "busy-loop",
        Life.NOTICE,
        in_tests(causes=["spins"]),
        like(causes=("spins",)),
        'After the other side ends the stream, `recv` returns `b""` immediately every time, and your loop never ends.',
        "What does your receiving call return when the other side has ended the stream? Which line of your loop leads "
        "out in this case?",
        "lessons/1_echo.md#the-idea",
        mistakes=("eof-ignored", "busy-wait"),
    ),
    _server(
        "no-line-limit",
        Life.TAKE,
        in_tests("test_a_line_that_is_too_long", causes=[*SILENT, "goes on"]),
        like("test_a_line_that_is_too_long", "test_the_log_says_who_was_lost"),
        "Your server keeps a line that never ends in its memory, with no limit.",
        "Someone sends more and more, but never a newline. Where do all these bytes wait in your server, and what "
        "stops it?",
        "lessons/2_logbook.md#the-second-round-errors",
        mistakes=("endless-line",),
    ),
    # the console, and the end
    _server(
        "ends-with-console",
        Life.LEAVE,
        in_tests("test_no_console", causes=["ended", "crashed", "refused", "reset", "end", "not listening"]),
        like("test_no_console"),
        "Your server ends when its own keyboard input ends, so without a keyboard there is no chat.",
        "What does your program do when its keyboard has no more input? Who still needs the server at this moment?",
        f"{PAGE}#the-cases-that-seem-to-need-a-lock",
        stops=True,
        mistakes=("console-needs-tty",),
    ),
    _server(
        "console-blocks-ctrl-c",
        Life.LEAVE,
        _console_blocks,
        like("test_ctrl_c*"),
        "Ctrl+C only sets a flag in your server, and the main thread looks at this flag after the next Enter{where}.",
        "Where is your main thread when you press Ctrl+C? What must happen before it reaches the line that looks at "
        "the flag?",
        FULL,
        everyday=True,
    ),
    _server(
        "ctrl-c-threads-alive",
        Life.LEAVE,
        _threads_alive,
        like("test_ctrl_c*"),
        "After Ctrl+C your main thread has ended, but other threads keep your server alive.",
        "Which threads still run after your main thread has ended? In which call does each of them wait, and why does "
        "Python wait for them?",
        "lessons/4_peers.md#starting-waiting-ending",
        everyday=True,
        mistakes=("nondaemon-hang", "listener-close"),
    ),
    _server(
        "no-console",
        Life.LEAVE,
        in_tests("test_the_console*", causes=["silence", "silent screen", "goes on"]),
        like("test_the_console*", "test_slow_threads_say*"),
        "Your server doesn't obey its own keyboard: `/close` typed there doesn't end the chat.",
        "Someone types `/close` at the server. Which thread of yours reads the server's keyboard, and what does it do "
        "with this line?",
        THREADS,
    ),
    Fault(
        slug="thread-target-called",
        life=Life.GREET,
        decides=_target_called,
        explains=like(causes=(*SILENT, "silent screen", "goes on")),
        stops=True,
        sentence="At line {line} the function runs at once, before there is a thread: `target` only gets what this "
        "call returns, and `run` starts nothing.",
        question="Which thread is inside this function right now? What do the parentheses after its name do, and who "
        "should make that call?",
        read="lessons/4_peers.md#the-idea",
        mistakes=("target-called", "run-not-start", "run-not-start-client"),
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=_strict,
        explains=like("test_any_text", "test_bytes*", "test_lines_and*"),
        sentence="Bytes that aren't UTF-8 stop your {program}: `decode` raises UnicodeDecodeError.",
        question="Anyone can send bytes that aren't text. What does your `decode` do with them, and what should happen "
        "to the rest of the chat?",
        read=TEXT,
        mistakes=("invalid-bytes-kill", "invalid-bytes-kill-client"),
    ),
    # the client
    _client(
        "connects-twice",
        Life.LISTEN,
        _connects_twice,
        ANY_WORDS,
        "Your client opens two connections: for the server these are two visitors, and one of them never gives a name.",
        "How many connections does a server accept when you start one client? In which directions can bytes travel on "
        "one connection?",
        "lessons/1_echo.md#the-idea",
        stops=True,
    ),
    _client(
        "no-line-end",
        Life.GREET,
        _no_line_end_client,
        everything,
        "Your client sends a line without a newline, so the other side can't tell where the line ends.",
        "Which byte tells the reader that a line is complete? Print `repr()` of what you send: is this byte "
        "at its end?",
        LINES,
        stops=True,
        mistakes=("no-terminator-sent",),
    ),
    _client(
        "strips-text",
        Life.ANSWER,
        _strips,
        like("test_what_is_typed*"),
        "Your client removes more than the newline: spaces at the beginning or the end of the text are gone too.",
        "Print `repr()` of a line with spaces at both ends, before and after you clean it. What was removed, and what "
        "should have been?",
        "lessons/1_echo.md#the-client",
    ),
    _client(
        "name-in-front",
        Life.ANSWER,
        _name_in_front,
        like(causes=("other bytes", "other line", "silence")),
        "Your client writes its name before what is typed, and the server does that too.",
        "Who puts the name before a line in this stage? How often would the others read it?",
        BARE,
        mistakes=("client-says-who-client",),
    ),
    _client(
        "recv-is-a-message",
        Life.TAKE,
        _recv_is_a_message_client,
        like("test_lines_and*", "test_both*", "test_bytes*", "test_what_arrives*"),
        "Your client takes what one `recv` returns for one message, but it may return a part of a message, or several.",
        "Print `repr()` of each chunk. How many messages came, how often did `recv` return, and how do you know where "
        "a message ends?",
        LINES,
        mistakes=("torn-message-client",),
    ),
    _client(
        "needs-enter",
        Life.LEAVE,
        _needs_enter,
        like("test_the_server*", "test_a_line*", "test_no_answer", causes=("goes on",)),
        "Your client looks at the end only between two typed lines: its main thread waits{where} until someone presses "
        "Enter.",
        "Where is your main thread at the moment when the other thread notices the end, and what must happen before it "
        "looks?",
        "lessons/4_peers.md#who-wakes-whom",
    ),
    _client(
        "join-keyboard",
        Life.LEAVE,
        _join_keyboard,
        like("test_the_server*", "test_a_line*", causes=("goes on",)),
        "Your main thread waits in `join`{where} for the thread at the keyboard, and nothing but a typed line can end "
        "that wait.",
        "Which thread learns first that the chat is over: when the other side ends it, and when your own user does? "
        "For which of the two does your main thread wait?",
        "lessons/4_peers.md#who-wakes-whom",
        mistakes=("join-order",),
    ),
    _client(
        "no-daemon",
        Life.LEAVE,
        _no_daemon,
        like("test_the_server*", "test_a_line*", "test_ctrl_c", causes=("goes on",)),
        "Your main thread has ended, but Python waits for the thread at the keyboard{where}, because it isn't a daemon "
        "thread.",
        "The chat is over and your main thread has ended. Which of your threads still waits, in which call, and what "
        "makes Python wait for it?",
        "lessons/4_peers.md#starting-waiting-ending",
    ),
    _client(
        "end-unnoticed",
        Life.LEAVE,
        _end_unnoticed,
        like("test_the_server*", "test_leaving", "test_a_line*", causes=("goes on",)),
        "The other side has ended the stream, but your main thread never hears of it and waits on{where}.",
        "Which line of yours looks at the end of the stream, and what does it change? Does your main thread look at "
        "the same thing?",
        "lessons/4_peers.md#who-wakes-whom",
        mistakes=("flag-not-global",),
    ),
    _client(
        "input-in-daemon-thread",
        Life.LEAVE,
        _keyboard_in_daemon,
        like("test_the_server*", "test_ctrl_c", causes=("crashed", "other status")),
        "A daemon thread still waits in `input()` when your client ends, and Python stops with a fatal error.",
        "The chat is over. Which thread still holds the keyboard when Python ends, and in which call? Which other way "
        "of reading typed lines does the page use?",
        "lessons/4_peers.md#mistakes-to-find",
        mistakes=("daemon-in-input",),
    ),
    _client(
        "exit-in-thread",
        Life.LEAVE,
        _exit_in_thread,
        like("test_the_server*", "test_leaving", "test_a_line*", causes=("goes on",)),
        "`sys.exit` ends only the thread that calls it: your main thread doesn't notice and continues to wait.",
        "In which thread does `sys.exit` run? Which thread is still there, in which call does it wait, and "
        "how could it "
        "learn of the end?",
        "lessons/4_peers.md#starting-waiting-ending",
        mistakes=("exit-in-thread",),
    ),
    _client(
        "eof-blank-lines",
        Life.NOTICE,
        _blank_lines,
        like("test_the_server*", "test_leaving", causes=("goes on", "spins", "floods")),
        "After the server has ended the stream, your client prints empty lines without end.",
        "What does your receiving call return after the stream has ended, and how often? What does your loop do with "
        "it?",
        "lessons/1_echo.md#the-idea",
        stops=True,
    ),
    _client(
        "busy-loop",
        Life.NOTICE,
        _busy_client,
        like("test_the_server*", "test_leaving", causes=("goes on", "spins", "floods")),
        'After the other side ends the stream, `recv` returns `b""` immediately every time, and your loop never ends.',
        "What does your receiving call return when the other side has ended the stream? Which line of your loop leads "
        "out in this case?",
        "lessons/1_echo.md#the-idea",
        mistakes=("eof-ignored-client",),
    ),
    _client(
        "timeout-stays",
        Life.NEXT,
        _timeout_stays,
        like("test_no_answer"),
        "The time limit for connecting still holds in the chat: after a few quiet seconds `recv` fails, and your "
        "client leaves.",
        "What does `gettimeout()` of your socket say after it has connected? For which later calls does this limit "
        "hold too?",
        "lessons/4_peers.md#the-client",
        mistakes=("connect-timeout-stays",),
    ),
    _client(
        "no-connect-timeout",
        Life.LISTEN,
        _nobody_answers,
        like("test_no_answer"),
        "When no one answers at all, your client waits far longer than 2 seconds to connect.",
        "Your client calls an address that never answers. Which line waits, and what tells it how long is enough?",
        "lessons/1_echo.md#bare-line-by-line",
        mistakes=("no-connect-timeout",),
    ),
    _client(
        "traceback-refused",
        Life.START,
        _refused,
        like("test_nobody_is_there"),
        "When no server listens there, your client ends with a traceback instead of one sentence.",
        "At which line does the exception come up? Is this line inside a `try` whose `except` catches this exception?",
        "lessons/1_echo.md#the-second-round-errors",
        mistakes=("refused-traceback",),
    ),
    _client(
        "no-line-limit",
        Life.TAKE,
        in_tests("test_a_line_that_is_too_long"),
        like("test_a_line_that_is_too_long"),
        "Your client keeps a line that never ends in its memory, with no limit.",
        "Someone sends more and more, but never a newline. Where do all these bytes wait in your client, and "
        "what stops "
        "it?",
        "lessons/2_logbook.md#the-second-round-errors",
    ),
    _client(
        "output-not-flushed",
        Life.ANSWER,
        _not_flushed,
        like(causes=("silent screen",)),
        "What your client prints stays in a buffer: where no terminal reads its output, the text appears too late.",
        "Your program has passed its `print` already. If no terminal reads the output, where is the text now, and what "
        "sends it on?",
        "lessons/1_echo.md#bare-line-by-line",
        mistakes=("stdout-buffered",),
    ),
]
