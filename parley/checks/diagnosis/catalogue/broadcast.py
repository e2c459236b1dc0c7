"""Stage 5: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages import FORESEEN, limited, writes_into_file
from parley.checks.diagnosis.catalogue.conversation import LAST_LINE_WITHOUT_END
from parley.checks.diagnosis.contact import Visit, shown
from parley.checks.diagnosis.evidence import NEXT_START, START, Case, Failure, Variation
from parley.checks.diagnosis.fault import (
    Decides,
    Explains,
    Fault,
    Found,
    Life,
    as_seen,
    as_steps,
    capital,
    everything,
    in_tests,
    like,
    seen,
)
from parley.checks.diagnosis.syntax import always_flushes, name_of, nodes
from parley.checks.diagnosis.threads import in_coroutine, shared_attribute, takes_once
from parley.contract.diagnosis import Detail, Fact
from parley.contract.errors import NotHere
from parley.harness.actors import Person, Role

PAGE = "lessons/5_broadcast.md"
THREADS, OBVIOUS, SENDER = f"{PAGE}#the-threads", f"{PAGE}#the-obvious-server", f"{PAGE}#one-sender"
FIRST_ROUND, ERRORS = f"{PAGE}#the-server-first-round", f"{PAGE}#the-second-round-errors"
LOCK, CLIENT = f"{PAGE}#one-lock", f"{PAGE}#the-client"
PREDICT, CLOSES = f"{PAGE}#predict-run-compare", f"{PAGE}#who-opens-who-closes"
LINES, TEXT = "lessons/2_logbook.md#the-idea", "lessons/2_logbook.md#bytes-and-text"

ANNA, BEN, CLEO, DANA = "Anna471", "Ben582", "Cleo693", "Dana714"
SENDS, READS = ("send", "sendall"), ("recv", "readline", "read", "recv_into")
SELECTS = ("select", "selectors", "poll", "epoll", "asyncio", "setblocking")
THREADING = ("Thread", "start_new_thread", "ThreadPoolExecutor", "ThreadingTCPServer", "ThreadingMixIn")
BROKEN = ("BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError")
OTHER_NAMES = ("Anna", "anna", "7")
GOOD_NAMES = ("Zoë O'Neill-Kim Jr.", "1001. guest", "Ж")  # none of them is usual, and each is printable
LETTERS = "815" + "ж" * 29  # a name of 32 characters, and of 61 bytes
FIRST, SECOND, THIRD, LAST = "harbour 17", "lantern 18", "meadow 19", "island 20"
HALF = "half a li"
STALLED, CLOSELY, MORE = Variation(stalled=True), Variation(closely=True), Variation(more=True)
VISITOR, TOGETHER, PROPER, ENDLESS = "Eva825", "Fred936", "Gus147", "Hal258"
TWIN = "Kim369"
NO_NAMES = {"an empty line": "  ", "a name with control characters": "Hal\x1b[2J", "a name of 33 characters": "9" * 33}
MB = 1024**2
MOST_WORDS = 4  # of a program's own that are tried
GROWS = 8  # MB that a server keeps for one who does not read, if nothing limits it


def examine_server(visit: Visit) -> None:
    """Four come one after another and speak; one leaves, one is lost, another one comes; then Ctrl+C."""
    server = visit.server()
    if visit.vary.stalled:
        _one_does_not_read(visit, server)
        return
    if visit.vary.closely:
        _look_closely(visit, server)
        return
    people = _all_join(visit, server)
    if not people:
        return
    anna, ben, cleo, dana = people
    _all_speak(visit, server, people)
    _one_leaves(visit, server, ben, (anna, cleo, dana))
    visit.at("after a participant left")
    anna.says(LAST)
    came = visit.hears(cleo, lambda came: LAST.encode() in came)
    visit.note("next", to=CLEO, how=_how(came, ANNA, LAST), named=len(_about(BEN, came)))
    _one_is_lost(visit, server, cleo, (anna, dana))
    _one_ends_the_stream(visit, server, dana, anna)
    _a_long_name(visit, server)
    _ctrl_c(visit, server)


def _all_join(visit: Visit, server: Role) -> list[Person]:
    """Anna, Ben, Cleo and Dana come one after another; [] if nothing comes to one of them."""
    people: list[Person] = []
    for name in (ANNA, BEN, CLEO, DANA):
        newcomer = _joins(visit, server, name, people)
        if newcomer is None:
            return []
        people.append(newcomer)
    return people


def _joins(visit: Visit, server: Role, name: str, people: list[Person]) -> Person | None:
    """Someone comes, is greeted, gives a name and is welcomed; None if nothing comes then."""
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
    quit_told = b"{quit}" in came or b"{quit}" in greeting
    visit.note("welcome", who=name, how=how, came=shown(came), late=late, over=person.over, quit_told=quit_told)
    if how == "nothing" and people:
        _served_later(visit, server, person, people[0])
    elif how == "nothing":
        _passed_on(visit, server, person, answered=bool(came))
    for other in people:
        came = b""
        if how != "nothing":
            came = visit.hears(other, lambda came: name.encode() in came and came.endswith(b"\n"))
        told = "nothing" if name.encode() not in came else "line" if came.endswith(b"\n") else "no line end"
        visit.note("newcomer_told", about=name, to=other.name, how=told, came=shown(came))
    return None if how == "nothing" else person


def _served_later(visit: Visit, server: Role, person: Person, first: Person) -> None:
    """The newcomer gets nothing: does it, when the first one has left?"""
    visit.look(server)
    first.ends()
    came = visit.hears(person, bool)
    visit.note("served_later", came=bool(came))


def _passed_on(visit: Visit, server: Role, person: Person, answered: bool) -> None:
    """No one was welcomed by name: does a word of the program's own do it? What becomes of a line, if another one is
    there?
    """
    for word in _own_words(visit.source)[:MOST_WORDS]:
        if person.over:
            break
        person.says(f"{word} {person.name}")
        came = visit.hears(person, bool)
        if person.name.encode() in came:
            visit.note("own_word", word=word, came=shown(came))
            return
    other = visit.guest(BEN, server)
    visit.hears(other, lambda came: b"\n" in came)
    other.says(BEN)
    visit.hears(other, lambda came: b"\n" in came)
    if person.over:
        return
    person.says(SECOND)
    came = visit.hears(other, lambda came: SECOND.encode() in came and came.endswith(b"\n"))
    visit.note("passed_on", how=_how(came, person.name, SECOND), came=shown(came))
    if answered and not came:
        _another_name(visit, server)


def _another_name(visit: Visit, server: Role) -> None:
    """Is another name taken, such as one of a few letters alone?"""
    visit.at("when a visitor gave another name")
    other = visit.guest("a visitor", server)
    visit.hears(other, lambda came: b"\n" in came)
    for name in OTHER_NAMES:
        other.says(name)
        came = visit.hears(other, lambda came: b"\n" in came)
        if name.encode() in came:
            visit.note("other_name", name=name, came=shown(came))
            return


def _all_speak(visit: Visit, server: Role, people: list[Person]) -> None:
    """One speaks, then another one; then several lines come at once, and one in pieces."""
    anna, ben, cleo, dana = people
    visit.at(f"when {ANNA} spoke")
    anna.says(FIRST)
    spoken = f"{ANNA}: {FIRST}\n".encode()
    for listener in (ben, cleo, dana):
        came = visit.hears(listener, lambda came: spoken in came)
        visit.note("message", to=listener.name, how=_how(came, ANNA, FIRST), came=shown(came))
    if not any(FIRST in str(fact["came"]) for fact in visit.facts if fact.name == "message"):
        visit.amiss(server, "message")
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
    visit.note("lines", how="same" if _is_whole(expected, came) else "other" if came else "nothing", came=shown(came))
    visit.at("when a line came in two chunks")
    ben.sends_in_pieces("three", " 23\n")
    expected = f"{BEN}: three 23\n".encode()
    for listener in (cleo, anna, dana):
        came = visit.hears(listener, lambda came: b" 23" in came and came.endswith(b"\n"))
        if listener is cleo:
            how = "same" if _is_whole(expected, came) else "other" if came else "nothing"
            visit.note("pieces", how=how, came=shown(came))


def _one_leaves(visit: Visit, server: Role, leaver: Person, others: tuple[Person, ...]) -> None:
    visit.at(f"when {leaver.name} left with {{quit}}")
    leaver.says("{quit}")
    passed = False
    for other in others:
        came = visit.hears(other, lambda came: bool(_about(leaver.name, came)))
        passed = passed or b"{quit}" in came
        named = len(_about(leaver.name, came))
        visit.note("left", to=other.name, named=named, lines=len(_lines(came)), came=shown(came))
    if not any(fact["named"] for fact in visit.facts if fact.name == "left"):
        visit.amiss(server, "notice")
    over = visit.sees_end(leaver)
    visit.note("word", passed=passed, over=over)
    last = visit.hears(leaver, lambda came: True)
    visit.note("at_the_end", came=FIRST.encode() in last)
    if not over:
        visit.amiss(server, "leaving")
        if passed:  # without its newline, is it the word then?
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
    visit.note("goes_on", how=_how(came, DANA, THIRD), ended=server.ended, came=shown(came))


def _one_ends_the_stream(visit: Visit, server: Role, leaver: Person, other: Person) -> None:
    visit.at(f"when {leaver.name} ended the stream")
    leaver.ends()
    came = visit.hears(other, lambda came: bool(_about(leaver.name, came)))
    named = len(_about(leaver.name, came))
    if not named:
        visit.amiss(server, "end of stream")
    visit.note("hung_up", named=named, over=visit.sees_end(leaver), came=shown(came))


def _a_long_name(visit: Visit, server: Role) -> None:
    """A name of 32 characters that takes more bytes, and if that is refused, one of 32 bytes."""
    visit.at("when a visitor had a long name")
    person = visit.guest("Ж", server)
    visit.hears(person, lambda came: b"\n" in came)
    accepted = []
    for name in (LETTERS, "8" * 32):
        person.says(name)
        came = visit.hears(person, lambda came: b"\n" in came)
        accepted.append(name.encode() in came)
        if accepted[-1]:
            break
    visit.note("long_name", letters=accepted[0], ascii=accepted[-1], came=shown(came))


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
    """An experiment: someone does not read while another one says more than systems keep."""
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
    visit.at("while a client didn't read")
    visit.look(server)
    grown = 0 if server.ended else (server.memory() - before) // MB
    newcomer = visit.guest(CLEO, server)
    greeted = bool(visit.hears(newcomer, bool))
    newcomer.says(CLEO)
    if not greeted or CLEO.encode() not in visit.hears(newcomer, lambda came: CLEO.encode() in came):
        visit.look(server)
    visit.note("stalled", heard=heard, greeted=greeted, grown=grown)


def _look_closely(visit: Visit, server: Role) -> None:
    """Rare lines, several lost while one speaks, visitors without a good name, the console and its /close."""
    people = _all_join(visit, server)
    if not people:
        return
    anna, ben, cleo, dana = people
    _rare_lines(visit, anna, dana)
    _two_of_one_name(visit, server, anna)
    _several_are_lost(visit, server, (ben, cleo), anna, dana)
    if not dana.over and not server.ended:
        _visitors(visit, server, anna)
        _no_good_names(visit, server)
        _an_endless_line(visit, server, (anna, dana))
        _console(visit, server, (anna, dana))


def _rare_lines(visit: Visit, anna: Person, dana: Person) -> None:
    """An empty line among others, a line as other systems end it, and a letter that comes in two pieces."""
    visit.at("when an empty line came before another one")
    dana.sends("\n\nfive 25\n")
    expected = f"{DANA}: five 25\n".encode()
    came = visit.hears(anna, lambda came: expected in came)
    how = "same" if came == expected else "more" if expected in came else "lost"
    visit.note("empty", how=how, came=shown(came))
    visit.at("when a line ended as on Windows")
    dana.sends("  ten more\r\n")
    came = visit.hears(anna, lambda came: b"ten mor" in came and came.endswith(b"\n"))
    text = came.decode(errors="replace").rpartition(f"{DANA}: ")[2].removesuffix("\n")
    how = "same" if text == "  ten more" else "crlf" if text.endswith("\r") else "stripped"
    visit.note("text", how=how if b"ten mor" in came else "nothing", came=shown(came))
    visit.at("when a letter came in two chunks")
    dana.sends_in_pieces(b"one caf\xc3", b"\xa9 26\n")
    came = visit.hears(anna, lambda came: b" 26" in came)
    visit.note("letter", how="same" if f"{DANA}: one café 26\n".encode() in came else "other", came=shown(came))


def _several_are_lost(visit: Visit, server: Role, lost: tuple[Person, ...], speaker: Person, listener: Person) -> None:
    """Two are lost, and one speaks, before the server can learn of it: it stands still in the meantime."""
    visit.at("when two were lost while another one spoke")
    processes = server.processes()
    for process in processes:
        process.suspend()
    try:
        for person in lost:
            person.resets()
        speaker.says("eight 28")
    finally:
        for process in processes:
            process.resume()
    came = visit.hears(listener, lambda came: f"{speaker.name}: eight 28\n".encode() in came)
    gone = bool(_about(speaker.name, came)) or speaker.over
    visit.note("behind_lost", how=_how(came, speaker.name, "eight 28"), author_gone=gone, came=shown(came))
    came = visit.hears(speaker, lambda came: all(_about(person.name, came) for person in lost))
    visit.note("lost_together", told=sum(bool(_about(person.name, came)) for person in lost), lost=len(lost))


def _visitors(visit: Visit, server: Role, anna: Person) -> None:
    """Someone is connected and says nothing; others leave without a name; one says name and line in one breath."""
    visit.at("while a client was connected and said nothing")
    silent = visit.guest(PROPER, server)
    visit.hears(silent, lambda came: b"\n" in came)
    leaver = visit.guest(VISITOR, server)
    greeted = bool(visit.hears(leaver, lambda came: b"\n" in came))
    visit.note("behind_silent", greeted=greeted)
    if not greeted:
        visit.look(server)
        return
    visit.at("when a visitor said {quit} instead of a name")
    leaver.says("{quit}")
    visit.note("quit_as_name", over=visit.sees_end(leaver))
    scanner = visit.guest("a port scanner", server)
    visit.hears(scanner, bool)
    scanner.ends()
    visit.sees_end(scanner)
    visit.at("when a name and a line came together")
    together = visit.guest(TOGETHER, server)
    visit.hears(together, lambda came: b"\n" in came)
    together.sends(f"{TOGETHER}\nsix 27\n")
    came = visit.hears(anna, lambda came: f"{TOGETHER}: six 27\n".encode() in came)
    welcomed = TOGETHER.encode() in visit.hears(together, lambda came: TOGETHER.encode() in came)
    visit.note("together", how=_how(came, TOGETHER, "six 27"), came=shown(came), welcomed=welcomed)
    known = (TOGETHER, BEN, CLEO)
    stray = [line for line in _lines(came) if not any(word.encode() in line for word in (*known, "six 27"))]
    visit.note("visitor_told", told=bool(stray), came=shown(b"\n".join(stray)))
    visit.at("before a visitor gave a name")
    silent.says(PROPER)
    came = visit.hears(silent, lambda came: PROPER.encode() in came)
    before = came.partition(PROPER.encode())[0]
    visit.note("early", heard=TOGETHER.encode() in before, came=shown(before))


def _two_of_one_name(visit: Visit, server: Role, speaker: Person) -> None:
    """Two have the same name: do both hear what is said, and the second one also when the first one has left?"""
    visit.at("when two had the same name")
    first, second = (visit.guest(TWIN, server) for _ in range(2))
    for person in (first, second):
        visit.hears(person, lambda came: b"\n" in came)
        person.says(TWIN)
        visit.hears(person, lambda came: TWIN.encode() in came)
    both = False
    for text in ("nine 29", "nine 29, once more"):  # who is taken in a moment later misses only the first one
        speaker.says(text)
        both = all([text.encode() in visit.hears(twin, _ends_with(text)) for twin in (first, second)])
        if both:
            break
    first.says("{quit}")
    visit.sees_end(first)
    speaker.says("ten 30")
    visit.note("twins", both=both, other=b"ten 30" in visit.hears(second, lambda came: b"ten 30" in came))
    second.says("{quit}")
    visit.hears(speaker, lambda came: len(_about(TWIN, came)) > 3)  # both came, and both left


def _ends_with(text: str) -> Callable[[bytes], bool]:
    return lambda came: f"{text}\n".encode() in came


def _no_good_names(visit: Visit, server: Role) -> None:
    """What is no good name is given, and then a good one: which of the two is welcomed?"""
    for number, (what, bad) in enumerate(NO_NAMES.items()):
        good = f"{PROPER}{number}"
        visit.at(f"when a visitor gave {what}")
        person = visit.guest("a visitor", server)
        greeting = visit.hears(person, lambda came: b"\n" in came)
        person.says(bad)
        answer = visit.hears(person, lambda came: b"\n" in came)
        welcomed = b"{quit}" in answer and b"{quit}" not in greeting
        person.says(good)
        came = visit.hears(person, lambda came, good=good: good.encode() in came)  # type: ignore[misc]
        visit.note("no_name", what=what, accepted=welcomed or good.encode() not in came, came=shown(answer))
    for name in GOOD_NAMES:
        visit.at(f"when a visitor gave the name {name}")
        person = visit.guest("a visitor", server)
        visit.hears(person, lambda came: b"\n" in came)
        person.says(name)
        came = visit.hears(person, lambda came: b"\n" in came)
        visit.note("good_name", name=name, accepted=name.encode() in came, came=shown(came))


def _an_endless_line(visit: Visit, server: Role, others: tuple[Person, ...]) -> None:
    """Someone sends more and more, and never a newline: is there a limit?"""
    visit.at("when a line never ended")
    person = visit.guest(ENDLESS, server)
    visit.hears(person, lambda came: b"\n" in came)
    person.says(ENDLESS)
    visit.hears(person, lambda came: ENDLESS.encode() in came)
    _sends_without_end(person)
    over = visit.sees_end(person)
    for other in others if over else ():  # the notice is no word about what is done next
        visit.hears(other, lambda came: len(_about(ENDLESS, came)) > 1)
    visit.note("endless", over=over)


def _sends_without_end(person: Person) -> None:
    for _ in range(8):
        try:
            person.waits_for(1.5).sends("word " * 13_000)
        except Exception:  # it does not take anything more
            return


def _console(visit: Visit, server: Role, people: tuple[Person, ...]) -> None:
    """Two lines that are no command are typed at the server's keyboard, and then /close."""
    visit.at("after something was typed at its keyboard")
    server.types("").types("what now?")
    visit.note("console", answered=bool(visit.shows(server, lambda screen: bool(screen.strip()))), ended=server.ended)
    for person in people:  # what came before is not the goodbye
        visit.hears(person, lambda came: True)
    visit.at("after /close was typed at its keyboard")
    server.types("/close")
    for person in people:
        came = visit.hears(person, bool)
        visit.note("goodbye", to=person.name, told=bool(came), over=visit.sees_end(person))
    ended = visit.ends(server)
    if not ended:
        visit.look(server)
    visit.note("closed", ended=ended)


def examine_client(visit: Visit) -> None:
    """The client gives its name; a line is typed, lines come, one of them in pieces; then the chat is over."""
    client, host = visit.client(ANNA)
    person = visit.comes(client, host)
    if visit.vary.more:
        _sends_without_end(person)
        visit.note("endless", over=visit.sees_end(person) or client.ended)
        return
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
    came = visit.hears(person, lambda came: came.endswith(b"\n") and FIRST.encode() in came)
    visit.note("typed", how=_typed(typed, came), came=shown(came))
    if not came:
        visit.amiss(client, "typed")
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
    how = "same" if whole in screen else "other" if "mead" in end else "nothing"
    visit.note("pieces", how=how, empty="\n\n" in end, screen=screen[-200:])
    if how == "nothing":
        visit.amiss(client, "pieces")
        client.types("more words")
        screen = visit.shows(client, lambda screen: "mead" in screen.partition(SECOND)[2])
        visit.note("shown_later", came="mead" in screen.partition(SECOND)[2])
    visit.at("after the server's end of stream")
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
    if came.endswith(f"\n{typed}\n".encode()):
        return "more"
    return "name in front" if ANNA.encode() in came else "other"


def _lines(came: bytes) -> list[bytes]:
    return [line for line in came.split(b"\n") if line.strip()]


def _about(name: str, came: bytes) -> list[bytes]:
    """The notices about this person among the lines that came: not its own words, whatever form they have."""
    lines = [line for line in _lines(came) if name.encode() in line and b"{quit}" not in line]
    return [line for line in lines if b": " not in line.partition(name.encode())[2][:2]]


def _is_whole(lines: bytes, came: bytes) -> bool:
    """Whether these lines came, and nothing stands before them in the first one."""
    return b"\n" + lines in b"\n" + came


def _how(came: bytes, author: str, text: str) -> str:
    """How a message came: "same", "nothing", "no line end", "split" (line ends within it), "no author" or "other"."""
    expected = f"{author}: {text}\n".encode()
    if expected in came:
        return "same" if _is_whole(expected, came) else "other"
    if came.endswith(expected[:-1]):
        return "no line end"
    if expected.replace(b"\n", b"") in came.replace(b"\n", b""):
        return "split"
    if text.encode() in came:
        return "other" if author.encode() in came else "no author"
    return "other" if came else "nothing"


# What decides


def _own_words(source: str) -> list[str]:
    """The words with which a program compares what it reads, but for those that the protocol has."""
    found = nodes(source)
    compared = [node.comparators[0] for node in found if isinstance(node, ast.Compare) and len(node.ops) == 1]
    compared += [call.args[0] for call in found if isinstance(call, ast.Call) and _is_startswith(call)]
    compared += [node.value for node in found if isinstance(node, ast.MatchValue)]
    values = [node.value for node in compared if isinstance(node, ast.Constant)]
    words = [value.decode(errors="replace") if isinstance(value, bytes) else value for value in values]
    texts = [word.strip() for word in words if isinstance(word, str)]
    return list(dict.fromkeys(text for text in texts if text not in ("", "{quit}", "/close", "__main__")))


def _is_startswith(call: ast.Call) -> bool:
    return _name(call) == "startswith" and bool(call.args)


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


def _closely(case: Case, name: str, **details: Detail) -> Fact | None:
    """What a closer look sees of a server with which people can talk, if anything of its core is not right."""
    if not case.fact("message", how="same") or not any(failure.kind == "core" for failure in case.failures):
        return None
    return case.again(CLOSELY, name, **details)


def _came(fact: Fact | None, what: str) -> Found | None:
    """Found by this fact, which shows what came."""
    return Found({}, (f'{capital(fact.where)}, {what}: "{fact["came"]}"',)) if fact else None


def _unforeseen(case: Case) -> Fact | None:
    """An exception that is no trouble of a connection: it may be why something never came."""
    return next((fact for fact in case.facts("raises") if fact["exception"] not in FORESEEN), None)


def _unheard(case: Case) -> Found | None:
    """Someone spoke, and no other one ever received a word of it."""
    messages = case.facts("message")
    later = [fact for name in ("lines", "pieces") for fact in case.facts(name)]
    heard = any(FIRST in str(fact["came"]) for fact in messages) or any(fact["how"] != "nothing" for fact in later)
    if not messages or heard or _unforeseen(case) or _stops_at_author(case) or _takes_one(case):
        return None
    told = any(fact["how"] == "line" for fact in case.facts("newcomer_told"))
    back = f"Only {ANNA} received it." if case.fact("author", hears=True) else ""
    spoke = f'{ANNA} said "{FIRST}". {BEN}, {CLEO} and {DANA} were in the chat, and none of them received it.'
    notices = "" if told else "They had not been told either that someone came."
    goes = "goes back to this participant alone" if back else "reaches no other participant"
    return Found({"goes": goes}, as_steps(spoke, back, notices))


def _stops_at_author(case: Case) -> Found | None:
    """Who came before the author hears it, and no one who came later: the loop that sends ends at the author."""
    earlier, later = case.fact("author", hears=False), case.facts("message")
    heard = earlier is not None and f"{BEN}: {SECOND}" in str(earlier["came"])
    line = _ends_at_author(case.source) if heard else 0
    if not line or not later or any(FIRST in str(fact["came"]) for fact in later):
        return None
    steps = (
        f'{ANNA}, who came first, said "{FIRST}", and no one received it.',
        f'{BEN}, who came second, said "{SECOND}", and {ANNA} received it.',
    )
    return Found({"line": line}, steps)


def _ends_at_author(source: str) -> int:
    """The line of a break or return that ends a loop that sends, as soon as it comes to the one who is left out."""
    for loop in nodes(source):
        if not isinstance(loop, ast.For | ast.AsyncFor):
            continue
        for statement in loop.body:
            if isinstance(statement, ast.If) and isinstance(statement.test, ast.Compare):
                ends = statement.body[-1]
                if isinstance(ends, ast.Break | ast.Return) and isinstance(statement.test.ops[0], ast.Is | ast.Eq):
                    return ends.lineno
    return 0


def _takes_one(case: Case) -> Found | None:
    """The thread that hands on what is in a queue has ended: no loop leads back to the line that takes from it."""
    taken = takes_once(case.source) if case.fact("trouble", what="message") and case.fact("stands") else None
    if not taken or case.fact("stands", thread=taken.function):
        return None
    step = f"Line {taken.line} of {case.program}.py takes one message, and no loop leads back to it."
    gone = f"When {ANNA} spoke, no thread ran {taken.function}() any more."
    return Found({"line": taken.line, "function": taken.function}, (step, gone))


def _shared_by_all(case: Case) -> Found | None:
    """Messages go to the wrong people, and all objects of a class share a list that each should have of its own."""
    messages = case.facts("message")
    if not messages or all(fact["how"] == "same" for fact in messages):
        return None
    shared = shared_attribute(case.source)
    if not shared:
        return None
    made = f"Line {shared.line} of {case.program}.py makes {shared.name} once, for the class."
    wrong = next(fact for fact in messages if fact["how"] != "same")
    came = f'"{wrong["came"]}"' if wrong["came"] else "nothing"
    steps = (made, f'{ANNA} said "{FIRST}". {wrong["to"]} got {came}.')
    return Found({"line": shared.line, "name": shared.name}, steps)


def _one_buffer(case: Case) -> Found | None:
    """What is left of one participant's unfinished line stands before the next line of another one."""
    fact = case.fact("goes_on")
    if not fact or f"{HALF}{THIRD}" not in str(fact["came"]):
        return None
    steps = (
        f'{CLEO} sent "{HALF}", with no newline, and was lost. Then {DANA} said "{THIRD}".',
        f'This came to {ANNA}: "{fact["came"]}"',
    )
    return Found({}, steps)


def _nobody_hears(case: Case) -> Found | None:
    return None if case.fact("at_the_end", came=True) else _unheard(case)


def _sent_not_flushed(case: Case) -> Found | None:
    """What was said came to someone only when the connection was closed; or nothing ever came, and what it sends goes
    into a file that no line flushes.
    """
    if _unheard(case) and case.fact("at_the_end", came=True):
        step = f'{ANNA} said "{FIRST}", and no one received it. When {BEN} left, it came to {BEN} at last.'
        return Found({}, (step,))
    silent = case.fact("greeting", who=ANNA, how="nothing") and case.fact("welcome", who=ANNA, how="nothing", came="")
    if not silent or not writes_into_file(case) or _uses(case, "flush") or _unforeseen(case):
        return None
    return Found(
        {}, ("A client connected and sent a name, and nothing came.", "No line flushes the file it writes to.")
    )


def _one_hears(case: Case) -> Found | None:
    """Of three who listen, the first one gets a message and the others don't, although no send has failed."""
    heard = [FIRST in str(fact["came"]) for fact in case.facts("message")]
    if _shared_by_all(case):
        return None
    if heard != [True, False, False] or _unforeseen(case) or case.fact("author", hears=True):
        return None
    line = _leaves_loop(case)
    why = f": line {line} ends your loop that sends to everyone" if line else ", and no one else"
    step = f'{ANNA} said "{FIRST}". {BEN} received it; {CLEO} and {DANA} did not.'
    return Found({"why": why}, (step,))


def _leaves_loop(case: Case) -> int:
    """The line of a return or break behind a send, within a loop that sends to each; 0 where there is none."""
    for loop in nodes(case.source):
        if isinstance(loop, ast.For):
            inside = list(ast.walk(loop))
            sends = [node.lineno for node in inside if isinstance(node, ast.Call) and _name(node) in (*SENDS, "write")]
            ways = [node.lineno for node in inside if isinstance(node, ast.Return | ast.Break)]
            behind = [line for line in ways if sends and line > min(sends)]
            if behind:
                return behind[0]
    return 0


def _all_hear(case: Case) -> bool:
    """Whether a message has come to each of those who listened."""
    return all(FIRST in str(fact["came"]) for fact in case.facts("message"))


def _length_prefix(case: Case) -> Found | None:
    """What it sends first comes behind its length, in digits or in bytes."""
    fact = case.fact("name") if case.program == "client" else case.fact("greeting", who=ANNA)
    came = str(fact["came"]) if fact else ""
    digits = re.match(r"(\d+)[^\w\d]*?(?=\w)(.*)", came.partition("\\n")[0], re.S)
    if not came.startswith("\\x00") and (not digits or int(digits[1]) not in _lengths(digits[2])):
        return None
    raised = case.fact("raises", exception="ValueError")
    waits = f"Line {raised['line']} raises ValueError: {raised['message']}" if raised else ""
    return Found({}, as_steps(f'It sent "{came}".', waits))


def _lengths(text: str) -> set[int]:
    """The length of a text, with a newline and without, in characters and in bytes."""
    return {len(text), len(text) + 1, len(text.encode()), len(text.encode()) + 1}


def _own_commands(case: Case) -> Found | None:
    """A name alone is not taken; behind a word of the program's own it is."""
    fact = case.fact("own_word")
    if not fact:
        return None
    answer = case.fact("welcome", who=ANNA)
    alone = f'This came: "{answer["came"]}"' if answer and answer["came"] else "Nothing came."
    said = f"The name was sent alone. {alone}"
    return Found({"word": fact["word"]}, (said, f'"{fact["word"]} {ANNA}" was sent, and this came: "{fact["came"]}"'))


def _accepts_few(case: Case) -> Found | None:
    """Some are welcomed, and after them no one is, whoever leaves: nothing accepts any more."""
    waits = case.fact("welcome", how="nothing")
    count = len(case.facts("welcome", how="line"))
    if not waits or not count or not case.fact("greeting", who=waits["who"], how="nothing"):
        return None
    seen_there = [fact for fact in case.facts("stands") if fact.where == waits.where]
    if not case.fact("served_later", came=False) or not seen_there or _unforeseen(case) or _target_called(case):
        return None
    busy = any(fact["call"] in ("accept", "select", "lock") for fact in seen_there)
    if busy or (count == 1 and _accepts_again(case)):
        return None
    clients = "1 client" if count == 1 else f"{count} clients"
    step = f"{clients} came and {'was' if count == 1 else 'were'} served. The next one connected, and nothing came."
    main = next((fact for fact in seen_there if fact["thread"] == "main"), None)
    return Found({"count": clients}, as_steps(step, "One of the others left, and still nothing came.", main))


def _accepts_again(case: Case) -> bool:
    """Whether a loop leads back to accept, as far as the text tells."""
    found = nodes(case.source)
    accepting = {node.name for node in found if isinstance(node, ast.FunctionDef) and "accept" in _called_in(node)}
    loops = [node for node in found if isinstance(node, ast.While | ast.For)]
    return any(_called_in(loop) & {"accept", *accepting} for loop in loops)


def _called_in(part: ast.AST) -> set[str]:
    return {_name(node) for node in ast.walk(part) if isinstance(node, ast.Call)}


def _untyped_line(case: Case) -> Found | None:
    """Behind the name comes a line that no one typed."""
    name, typed = case.fact("name", how="same"), case.fact("typed", how="more")
    after = str(name["came"]).partition(f"{ANNA}\\n")[2] if name else ""
    more = after or (str(typed["came"]) if typed else "")
    line = more.partition("\\n")[0]
    if not line:
        return None
    return Found({"line": line}, (f'"{ANNA}" was typed as the name, and nothing else. After it this came: "{line}"',))


def _last_line(case: Case) -> Found | None:
    """The last typed line has no newline, and so it is sent: the word for leaving comes in the same line."""
    for failure in case.failed("test_leaving", causes=["other bytes", "part", "no line end"]):
        came, wanted = failure.received, failure.expected
        if isinstance(came, bytes) and isinstance(wanted, bytes) and came in (wanted[:-1], wanted[:-1] + b"{quit}\n"):
            return seen([failure], f'The last typed line had no newline. This came: "{shown(came)}"')
    return None


def _takes_turns_client(case: Case) -> Found | None:
    """What comes is shown only after something was typed: the thread that receives waits for the keyboard."""
    waits = _stands(case, "input", where="after a line came", thread="main")
    if not waits or not case.fact("shown_later", came=True) or _stands(case, "recv", where="after a line came"):
        return None
    step = "Lines came, and they weren't shown until something was typed."
    return Found({"line": waits["line"]}, as_steps(step, waits))


def _blocks_the_loop(case: Case) -> Found | None:
    """The only thread waits for the keyboard within a coroutine, and what came is not read."""
    waits = _stands(case, "input", thread="main")
    if not waits or not case.fact("trouble") or not in_coroutine(case.source, int(waits["line"])):
        return None
    return Found({"line": waits["line"]}, as_steps("Something came, and it wasn't read.", waits))


def _no_line_end(case: Case) -> Found | None:
    if _length_prefix(case):
        return None
    for name in ("greeting", "welcome", "newcomer_told", "message", "name", "typed"):
        fact = case.fact(name, how="no line end")
        if fact:
            return Found({}, (f'It sent "{fact["came"]}", with no newline (\\n) after it.',))
    return None


def _no_greeting(case: Case) -> Found | None:
    greeting = case.fact("greeting", who=ANNA, how="nothing")
    welcome = case.fact("welcome", who=ANNA)
    if not greeting or greeting["over"] or not welcome or welcome["how"] == "nothing":
        return None
    steps = as_steps(
        "A client connected, and your server sent nothing.",
        _stands(case, "recv", "select", where=f"when {ANNA} came"),
        f'As soon as a name was sent, this came: "{welcome["came"]}"',
    )
    return Found({}, steps)


def _accept_serves(case: Case) -> Found | None:
    if not case.fact("welcome", who=ANNA, how="line") or not case.fact("welcome", who=BEN, how="nothing"):
        return None
    if not case.fact("greeting", who=BEN, how="nothing") or _target_called(case):
        return None
    later = case.fact("served_later", came=True)
    if not later and _stands(case, "accept", where=f"when {BEN} came"):
        return None
    stands = _stands(case, "recv", where=f"when {BEN} came")
    if not later and (not stands or not _accepts_again(case)):
        return None
    steps = as_steps(
        f"{ANNA} was greeted and welcomed; {BEN} connected while {ANNA} was there, and nothing came.",
        stands,
        f"As soon as {ANNA} had left, {BEN} was served." if later else None,
    )
    return Found({"where": _at(stands)}, steps)


def _takes_turns(case: Case) -> Found | None:
    """A loop goes from one connection to the next and waits at each: no one else is heard in the meantime."""
    if not case.failed("test_a_silent_newcomer") or _uses(case, *SELECTS):
        return None
    for loop in nodes(case.source):
        if not isinstance(loop, ast.For):
            continue
        names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        for call in ast.walk(loop):
            reads = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _name(call) in READS
            if reads and ast.unparse(call.func.value).split(".")[0] in names:  # type: ignore[attr-defined]
                step = f"Line {call.lineno} waits for one of them while line {loop.lineno} goes over all."  # type: ignore[attr-defined]
                return Found({"where": f" (line {call.lineno})"}, (step,))  # type: ignore[attr-defined]
    return None


def _waits_for_name(case: Case) -> Found | None:
    """No one is greeted while someone is connected who has not said anything yet."""
    if not case.failed("test_a_silent_newcomer") or not _closely(case, "behind_silent", greeted=False):
        return None
    return Found({}, ("A client connected and said nothing. The next one connected and wasn't greeted.",))


def _few_at_a_time(case: Case) -> Found | None:
    """Some are served, and the next one only when one of them has left."""
    waits = next((fact for fact in case.facts("welcome", how="nothing") if fact["who"] not in (ANNA, BEN)), None)
    if waits is None or not case.fact("served_later", came=True):
        return None
    count = len(case.facts("welcome", how="line"))
    step = f"{count} were served; the next one connected, and nothing came until one of the others left."
    return Found({"count": count}, (step,))


def _name_late(case: Case) -> Found | None:
    welcome = case.fact("welcome", who=ANNA, late=True)
    if not welcome or not case.fact("greeting", who=ANNA, how="line"):
        return None
    return Found({}, ("A name was sent, and nothing came.", f'After one more line this came: "{welcome["came"]}"'))


def _no_names(case: Case) -> Found | None:
    """The first line is no name here: it is passed on like the others, without an author."""
    welcome, passed_on = case.fact("welcome", who=ANNA, how="nothing"), case.fact("passed_on")
    if not welcome or not passed_on or passed_on["how"] not in ("no author", "no line end"):
        return None
    steps = (
        f"{ANNA} connected and sent a name, and wasn't welcomed.",
        f'{ANNA} said "{SECOND}", and someone else received: "{passed_on["came"]}"',
    )
    return Found({}, steps)


def _welcome_without_name(case: Case) -> Found | None:
    welcome = case.fact("welcome", who=ANNA, how="nothing")
    if not welcome or not welcome["came"] or not case.fact("passed_on", how="same"):
        return None
    return Found({}, (f'The name "{ANNA}" was sent, and this came: "{welcome["came"]}"',))


def _no_way_out(case: Case) -> Found | None:
    """The welcome does not say how one leaves."""
    failures = case.failed("test_a_newcomer_is_welcomed", "test_a_hundred", causes=["silence", "other line"])
    welcome = case.fact("welcome", who=ANNA, how="line", quit_told=False)
    return seen(failures, f'This is the welcome: "{welcome["came"]}"') if welcome else None


def _name_keeps_line_end(case: Case) -> Found | None:
    fact = case.fact("message", how="split")
    return Found({}, (f'"{ANNA}: {FIRST}" was awaited as one line, and this came: "{fact["came"]}"',)) if fact else None


def _name_length(case: Case) -> Found | None:
    if case.fact("long_name", letters=False, ascii=True):
        return Found({}, (f'The name "{LETTERS}" has 32 characters; it was refused.', "One of 32 digits was taken."))
    return None


def _name_refused(case: Case) -> Found | None:
    """A name of printable characters is not taken, and others are."""
    other = case.fact("other_name")
    if other:
        answer = case.fact("welcome", who=ANNA)
        came = f'this came: "{answer["came"]}"' if answer and answer["came"] else "nothing came"
        steps = (f'The name "{ANNA}" was sent, and {came}', f'"{other["name"]}" was sent, and it was taken.')
        return Found({"name": ANNA}, steps)
    long = case.fact("long_name", ascii=False)
    if long and long["came"] and case.failed("test_what_is_no_name") and case.fact("goes_on", how="same"):
        return Found({"name": LETTERS}, (f'A name of 32 characters was sent, and this came: "{long["came"]}"',))
    if not case.failed("test_what_is_no_name", "test_a_hundred", "test_two_of_one_name"):
        return None
    refused = _closely(case, "good_name", accepted=False)
    found = _came(refused, "this came")
    return replace(found, details={"name": refused["name"]}) if refused and refused["came"] and found else None


def _explains_name_refused(case: Case, found: Found, failure: Failure) -> bool:
    """Where a name such as those of the tests is refused, it explains all of them."""
    if found.details["name"] == ANNA:
        return failure.kind == "core" or ANY_WORDS(case, found, failure)
    return failure.fits("test_what_is_no_name", "test_a_hundred")


def _name_unchecked(case: Case) -> Found | None:
    if not case.failed("test_what_is_no_name"):
        return None
    fact = _closely(case, "no_name", accepted=True)
    if not fact or not fact["came"]:
        return None
    return Found({"what": fact["what"]}, (f'{capital(fact.where)}, this came: "{fact["came"]}"',))


def _quit_as_name(case: Case) -> Found | None:
    fact = _closely(case, "quit_as_name", over=False) if case.failed("test_leaving_without_a_name") else None
    if not fact or not case.fact("word", over=True):
        return None
    return Found({}, ("A visitor said {quit} instead of a name, and got no EOF.",))


def _visitor_told(case: Case) -> Found | None:
    failures = case.failed("test_leaving_without_a_name", "test_a_visitor_is_lost")
    fact = _closely(case, "visitor_told", told=True) if failures and not _quit_as_name(case) else None
    return _came(fact, "after visitors had left who never gave a name, this came to the others")


def _early(case: Case) -> Found | None:
    fact = _closely(case, "early", heard=True) if case.failed("test_a_silent_newcomer") else None
    return _came(fact, "this had come to the visitor already")


def _one_connection(case: Case) -> Found | None:
    """What one says goes to its author, and not to the one who came last: that one is taken for the author."""
    if not case.fact("author", hears=True) or not case.fact("message", how="nothing", to=DANA):
        return None
    if not case.fact("message", how="same"):
        return None
    steps = (f"{ANNA} said something, and {ANNA} received it.", f"{DANA}, who had come last, did not.")
    return Found({}, steps)


def _loop_variable(case: Case) -> Found | None:
    """After its first message no one hears a participant any more, and its loop uses a variable of the function."""
    if not case.fact("message", how="same") or not case.fact("lines", how="nothing"):
        return None
    for function in nodes(case.source):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {argument.arg for argument in function.args.args}
        for node in ast.walk(function):
            if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id in names:
                step = f"Line {node.lineno} gives a new value to {node.target.id}, which {function.name}() was given."
                return Found({"line": node.lineno, "name": node.target.id}, (f"Only {BEN}'s first line came.", step))
    return None


def _not_announced(case: Case) -> Found | None:
    told = any(fact["how"] != "nothing" for fact in case.facts("newcomer_told"))
    if told or _unheard(case) or not case.fact("welcome", who=BEN, how="line"):
        return None
    return Found({}, (f"{BEN} came and was welcomed, and {ANNA} was not told.",))


def _one_key(case: Case) -> Found | None:
    """Of two with one name, one hears nothing, perhaps only when the other one has left."""
    failures = case.failed("test_two_of_one_name")
    twins = _closely(case, "twins") if failures and _all_hear(case) else None
    if not twins or (twins["both"] and twins["other"]):
        return None
    when = (
        "not both heard what was said" if not twins["both"] else "the first one left, and the second one heard no more"
    )
    return seen(failures, f"Two named {TWIN} were in the chat: {when}.")


def _rest_lost(case: Case) -> Found | None:
    """What comes behind a line, or behind the name, in the same piece, is lost."""
    lines = case.fact("lines", how="other")
    late = any("two 22" in str(fact["came"]) for fact in case.facts("pieces"))
    if lines and f"{BEN}: one 21\\n" in str(lines["came"]) and "two" not in str(lines["came"]) and not late:
        return _came(lines, f"only this came to {CLEO}")
    if not case.failed("test_lines_and_pieces", "test_any_text") or not case.fact("pieces", how="same"):
        return None
    together = _closely(case, "together", welcomed=True)
    if not together or "27" in str(together["came"]) or TOGETHER not in str(together["came"]):
        return None
    return _came(together, "the line behind the name was lost; only this came")


def _overwritten(case: Case) -> Found | None:
    """Of two messages that come at once, only the later one arrives."""
    lines = case.fact("lines", how="other")
    if not lines or "two 22" not in str(lines["came"]) or "one" in str(lines["came"]):
        return None
    return _came(lines, f"only this came to {CLEO}")


def _empty_line(case: Case) -> Found | None:
    fact = _closely(case, "empty") if case.failed("test_everybody_hears_everybody") else None
    if not fact or fact["how"] == "same" or _raises_slip(case):
        return None
    what = "loses what comes after an empty line" if fact["how"] == "lost" else "passes an empty line on as a message"
    return Found({"what": what}, (f'{capital(fact.where)}, this came to the others: "{fact["came"]}"',))


def _raises_slip(case: Case) -> bool:
    """Whether an exception ended it that is told by itself."""
    slips = ("IndexError", "KeyError", "TypeError", "AttributeError", "NameError", "UnboundLocalError")
    return bool(case.failed(exceptions=slips))


def _no_line_limit(case: Case) -> Found | None:
    found = _too_long(case)
    return found if found and not _limited(case) else None


def _line_limit_off(case: Case) -> Found | None:
    """A line that never ends has a limit, and a complete one that is too long has none."""
    found = _too_long(case)
    if not found or not _limited(case):
        return None
    steps = as_steps(
        "A line that never ended came, and the connection was ended.",
        "A line of 65,537 bytes came, with its newline, and the connection stayed open.",
    )
    return replace(found, steps=steps)


def _too_long(case: Case) -> Found | None:
    causes = [*SILENT, "goes on"] if case.program == "server" else ["goes on"]
    heard = any(FIRST in str(fact["came"]) for fact in case.facts("message"))
    if not (heard if case.program == "server" else _shows_lines(case)):
        return None  # no line at all arrives
    return seen(case.failed("test_a_line_that_is_too_long", causes=causes))


def _limited(case: Case) -> bool:
    """Whether a line that never ends has a limit."""
    fact = case.again(CLOSELY if case.program == "server" else MORE, "endless")
    return bool(fact and fact["over"])


def _text(how: str) -> Decides:
    def decides(case: Case) -> Found | None:
        tests = ("test_any_text", "test_everybody*", "test_the_text_stays_as_it_is")
        fact = _closely(case, "text", how=how) if case.failed(*tests) else None
        return _came(fact, '"  ten more\\r\\n" was sent, and this came')

    return decides


def _letter(case: Case) -> Found | None:
    if case.program == "client":
        return _letter_client(case)
    if not case.failed("test_any_text") or not case.fact("pieces", how="same"):
        return None
    fact = _closely(case, "letter", how="other")
    return _came(fact, '"one café 26" was sent, and this came') if fact and _closely(case, "text", how="same") else None


def _shows_lines(case: Case) -> bool:
    """Whether a client shows what arrives at all."""
    return any(fact["how"] != "nothing" for fact in case.facts("shown", what="line"))


def _letter_client(case: Case) -> Found | None:
    if case.fact("pieces", how="other") or not _shows_lines(case):
        return None
    failures = case.failed("test_lines_and_letters_in_pieces", causes=["other print", "traceback", "silent screen"])
    return seen(failures)


def _bytes_shown(case: Case) -> Found | None:
    fact = next((fact for fact in case.facts("welcome", who=ANNA) if f"b'{ANNA}'" in str(fact["came"])), None)
    return _came(fact, "this came")


def _locks_itself(case: Case) -> Found | None:
    """A thread waits for a lock, and none that could hold it waits for anything but locks."""
    where = f"when {BEN} left with {{quit}}"
    waits = _stands(case, "lock", where=where)
    if not waits or _stands(case, "send", where=where) or case.fact("word", over=True):
        return None
    return Found({"where": _at(waits)}, as_steps(f"{BEN} said {{quit}}, and nothing more happened.", waits))


CLOSING = ("test_the_console_closes*", "test_slow_threads_say*", "test_ctrl_c_during*")


def _closing(case: Case, name: str, **details: Detail) -> Fact | None:
    return _closely(case, name, **details) if case.failed(*CLOSING) else None


def _no_goodbye(case: Case) -> Found | None:
    """At /close it ends, and no one was told why; perhaps only where its threads are slow."""
    ends = ("ended", "end", "reset")
    failures = [failure for failure in case.failed(*CLOSING, causes=ends) if failure.moment != NEXT_START]
    typed = [failure for failure in failures if failure.fits("test_the_console_closes*", "test_slow_threads_say*")]
    if not typed or _closing(case, "goodbye", over=False):
        return None
    return seen(failures, "/close was typed at its keyboard. Its connections ended before everyone had a notice.")


def _console_exits_alone(case: Case) -> Found | None:
    """/close is typed, the thread that reads it calls sys.exit, and the server runs on."""
    if not _closing(case, "closed", ended=False):
        return None
    facts = [fact for fact in case.evidence.facts(case.program, CLOSELY) if fact.name in ("raises", "stands")]
    exits = [fact for fact in facts if fact["exception"] == "SystemExit" and fact["thread"] != "MainThread"]
    if not exits:
        return None
    main = next((fact for fact in facts if fact["thread"] == "main" and "/close" in fact.where), None)
    step = f"/close was typed. Line {exits[0]['line']}, in {exits[0]['function']}, called sys.exit in another thread."
    return Found({"line": exits[0]["line"]}, as_steps(step, main))


def _no_console(case: Case) -> Found | None:
    """What is typed at its keyboard changes nothing."""
    if _console_exits_alone(case):
        return None
    failures = case.failed("test_the_console*", causes=["silence", "silent screen", "goes on"])
    return None if _closing(case, "goodbye", told=True) else seen(failures)


def _close_wakes_nobody(case: Case) -> Found | None:
    """At /close everyone is told, and no one sees the end of the stream while the server runs."""
    if not _closing(case, "goodbye", told=True, over=False) or _does_not_close(case):
        return None
    if any(getattr(node, "attr", "") == "shutdown" for node in nodes(case.source)):
        return None
    return Found({}, ("/close was typed: everyone got a notice, and no one got EOF.",))


def _joins_queue(case: Case) -> Found | None:
    """Main waits until all that was in a queue is done, and no line says that anything is done."""
    main = _stands(case, "wait", where="after Ctrl+C", thread="main")  # in join of a thread it would be "join"
    if not main or case.fact("ctrl_c", ended=True) or not _uses(case, "Queue") or _uses(case, "task_done"):
        return None
    lines = case.source.splitlines()[int(main["line"]) - 1 : int(main["line"])]
    if not any(".join()" in line for line in lines):
        return None
    return Found({"where": _at(main)}, as_steps("Ctrl+C was pressed, and it keeps running.", main))


def _busy_wait(case: Case) -> Found | None:
    """It spins although no one has left yet."""
    ends = ("ends stream", "sees end", "resets", "is killed", "presses Ctrl+C", "ends keyboard")
    spins = [failure for failure in case.failed(causes=["spins"]) if failure.moment != START]  # one may start slowly
    spins = [failure for failure in spins if not failure.fits(*STALLS)]  # there the server itself hangs up on someone
    early = [failure for failure in spins if not any(event.what in ends for event in failure.events)]
    if case.program == "server":
        early += [failure for failure in spins if failure.fits("test_no_console") and failure not in early]
    return seen(early)


def _busy_loop(case: Case) -> Found | None:
    """It spins after the other side has ended the stream."""
    if case.program == "client":
        return _busy_client(case)
    if _busy_wait(case):
        return None
    spins = next((fact for fact in case.facts("spins") if "ended the stream" in fact.where), None)
    step = f"{capital(spins.where)}, your server began to use all the time of a processor." if spins else ""
    found = seen(case.failed(causes=["spins"]), *as_steps(step))
    return found or (Found({}, (step,)) if spins else None)


def _echo(case: Case) -> Found | None:
    fact = case.fact("author", hears=True)
    if not fact or _one_connection(case):
        return None
    return Found({}, (f'{ANNA} had said "{FIRST}". What {ANNA} received next: "{fact["came"]}"',))


def _extra_line(case: Case) -> Found | None:
    """Who is in the chat gets more than one line for each newcomer: of two of them, until the next message comes."""
    told = [case.fact("newcomer_told", about=name, to=BEN, how="line") for name in (CLEO, DANA)]
    heard = [fact for fact in (*told, case.fact("message", to=BEN, how="same")) if fact]
    came = "".join(str(fact["came"]) for fact in heard)
    lines = [line for line in came.split("\\n") if line.strip() and not line.endswith(FIRST)]
    if not all(told) or len(lines) < 2 * len(told):
        return None
    welcome = any("{quit}" in line and (CLEO in line or DANA in line) for line in lines)
    meant = "the welcome of the newcomer, too" if welcome else "more than that"
    return Found({"meant": meant}, (f'{CLEO} and {DANA} came, and {BEN} received these lines: "{came}"',))


def _no_author(case: Case) -> Found | None:
    fact = case.fact("message", how="no author")
    if not fact:
        return None
    return Found({}, (f'{ANNA} said "{FIRST}". This came to {fact["to"]}: "{fact["came"]}", without a name.',))


def _author_form(case: Case) -> Found | None:
    """A message arrives with its author's name, and not as NAME: TEXT."""
    fact = case.fact("message", how="other")
    line = next((line for line in str(fact["came"]).split("\\n") if FIRST in line), "") if fact else ""
    right = f"{ANNA}: {FIRST}"
    if not fact or ANNA not in line or _sends_json(case):
        return None
    if line == right or (not line.endswith(FIRST) and (right in line or f"b'{FIRST}" in line)):
        return None
    return Found({}, (f'"{right}" was awaited, and this came to {fact["to"]}: "{fact["came"]}"',))


def _sends_json(case: Case) -> Found | None:
    """What it sends, or the messages at least, comes as JSON."""
    for name in ("greeting", "welcome", "message", "name", "typed"):
        for fact in case.facts(name):
            line = str(fact["came"]).partition("\\n")[0]
            with contextlib.suppress(ValueError):
                if line.startswith(("{", "[")) and isinstance(json.loads(line), dict | list):
                    return Found({}, (f'{capital(fact.where)}, this came: "{line}"',))
    return None


def _recv_is_a_message(case: Case) -> Found | None:
    if case.program == "client":
        return _recv_is_a_message_client(case)
    message = case.fact("message", to=CLEO)  # who is looked at for the rest, too
    if not message or message["how"] not in ("same", "split") or _rest_lost(case) or _overwritten(case):
        return None
    wrong = next((fact for name in ("pieces", "lines") for fact in case.facts(name) if fact["how"] != "same"), None)
    if not wrong:
        return _name_and_line(case) or _long_line_cut(case)
    return Found({}, (f'{capital(wrong.where)}, this came to {CLEO}: "{wrong["came"]}"',))


def _name_and_line(case: Case) -> Found | None:
    """A name and a line that came in one piece are taken for a name."""
    if not case.failed("test_lines_and_pieces", "test_any_text"):
        return None
    together = _closely(case, "together")
    if not together or "six 27" not in str(together["came"]) or f"{TOGETHER}: six 27" in str(together["came"]):
        return None
    return _came(together, "both were taken for the name; this came to the others")


def _long_line_cut(case: Case) -> Found | None:
    """Only a line that is longer than what one recv brings arrives in parts."""
    cut = case.failed("test_lines_and_pieces", causes=["other bytes", "part"])
    cut = [failure for failure in cut if isinstance(failure.expected, bytes) and len(failure.expected) > 1000]
    return seen(cut, "Short lines arrive as they were sent; a long one arrives in several parts.")


def _quit_not_stripped(case: Case) -> Found | None:
    if not case.fact("word", passed=True, over=False) or case.fact("word_alone", passed=True):
        return None
    steps = as_steps(
        f"{BEN} said {{quit}}: it was passed on like any other line, and the connection stayed open.",
        "Sent without a newline after it, it wasn't passed on.",
    )
    return Found({}, steps)


def _quit_unknown(case: Case) -> Found | None:
    if not case.fact("word", over=False) or not case.fact("word_alone", passed=True):
        return None
    step = f"{BEN} said {{quit}}: it was passed on like any other line, and the connection stayed open."
    compares = "what it compares with it is never equal to it, so no one can leave"
    return Found({"why": compares if _looks_for_quit(case) else "no line of it looks for this word"}, (step,))


def _looks_for_quit(case: Case) -> bool:
    """Whether the word for leaving stands in the program by itself, and not only in a text that tells people of it."""
    texts = [str(node.value) for node in nodes(case.source) if isinstance(node, ast.Constant)]
    return any("quit" in text and len(text.strip()) <= len("b'/{quit}\\r\\n'") for text in texts)


def _word_taken_loosely(case: Case) -> Found | None:
    """Who says a line that is only like a word for leaving sees the end of the stream."""
    for failure in case.failed("test_the_text_stays*", "test_any_text", causes=["other bytes", "other line", "end"]):
        said = [event for event in failure.events if event.what == "sends"]
        ends = [event for event in failure.events if event.what == "sees end" and said and event.who == said[-1].who]
        line = said[-1].data.decode(errors="replace").strip("\r\n") if ends else ""
        if line and line not in ("{quit}", "/close") and "\n" not in line:
            step = f'{said[-1].who} said "{line}", and got EOF.'
            return Found({"line": line}, (step,), (failure,))
    return None


def _quit_passed_on(case: Case) -> Found | None:
    if not case.fact("word", passed=True, over=True):
        return None
    return Found({}, (f"{BEN} said {{quit}} and left; before that, the others received the word as a message.",))


def _notices(case: Case) -> list[Fact]:
    """What came to those who stayed when someone left, if the word for leaving is known and nothing else is amiss."""
    return case.facts("left") if not case.fact("word", over=False, passed=True) else []


def _no_notice(case: Case) -> Found | None:
    """Someone left, and no one was told; perhaps the one who left has seen no end of the stream either."""
    left = _notices(case)
    if not left or any(fact["lines"] for fact in left):
        return _no_notice_of_end(case)
    if case.fact("word", over=True):
        return Found(
            {"how": "", "more": ""}, (f"{BEN} said {{quit}} and got EOF.", "Nothing came to any of the others.")
        )
    if _spins(case, left[0].where) or _unforeseen(case) or _locks_itself(case):
        return None
    details: dict[str, Detail] = {"how": "", "more": ", and the connection of the one who left stays open"}
    return Found(details, (f"{BEN} said {{quit}}. No EOF came to {BEN}, and nothing came to any of the others.",))


def _no_notice_of_end(case: Case) -> Found | None:
    """Who leaves with the word is missed, and who ends the stream is not."""
    ended = case.fact("hung_up", named=0)
    left = case.fact("left", named=1) and case.fact("word", over=True) and case.fact("goes_on", how="same", ended=False)
    if not ended or not left or ended["came"] or _spins(case, ended.where) or _unforeseen(case):
        return None
    if _crash_on_reset(case) or _dead_client(case):
        return None  # the thread that would tell them has ended with an exception
    more = "" if ended["over"] else ", and the connection stays open"
    steps = (
        f"{BEN} left with {{quit}}, and the others were told.",
        f"{DANA} ended the stream (EOF), and no one was told{more}.",
    )
    return Found({"how": " by ending the stream (EOF), without {quit}", "more": more}, steps)


def _spins(case: Case, where: str) -> bool:
    """Whether it used a whole processor at this moment."""
    return any(fact.where == where for fact in case.facts("spins"))


def _names_mixed_up(case: Case) -> Found | None:
    """Someone has left, and the notice, or a message after that, has the name of another one."""
    left = _notices(case)
    for fact in left:
        wrong = [name for name in (ANNA, CLEO, DANA) if _about(name, str(fact["came"]).replace("\\n", "\n").encode())]
        if not fact["named"] and len(wrong) == 1:
            return Found({}, (f'{BEN} left, and this came to {fact["to"]}: "{fact["came"]}"',))
    speaks = case.fact("goes_on", how="no author") or case.fact("goes_on", how="other")
    right = case.fact("message", how="same") and case.fact("next", how="same")
    for name in (ANNA, BEN, CLEO):
        if speaks and right and f"{name}: {THIRD}" in str(speaks["came"]):
            step = f'{BEN} and {CLEO} had left. Then {DANA} said "{THIRD}", and this came: "{speaks["came"]}"'
            return Found({}, (step,))
    return None


def _notice_without_name(case: Case) -> Found | None:
    left = _notices(case) if not _names_mixed_up(case) else []
    nameless = [fact for fact in left if fact["lines"] and not fact["named"]]
    if not nameless or any(fact["named"] for fact in left) or case.fact("word", passed=True):
        return None
    return Found({}, (f'{BEN} left, and this came to the others: "{nameless[0]["came"]}"',))


def _skips_one(case: Case) -> Found | None:
    for facts in (_notices(case), case.facts("lost")):
        told = [bool(fact["named"]) for fact in facts] if _all_hear(case) else []
        if len(told) > 1 and any(told) and not all(told):
            missed = next(fact for fact in facts if not fact["named"])
            step = f"{capital(missed.where)}, all the others got a notice except {missed['to']}."
            return Found({"where": _removes_in_loop(case)}, (step,))
    return None


def _removes_in_loop(case: Case) -> str:
    """Where a loop takes something out of what it goes over, in words; "" where no such line is found."""
    for loop in nodes(case.source):
        if not isinstance(loop, ast.For):
            continue
        removals = {f"{ast.unparse(loop.iter)}.{name}" for name in ("remove", "pop", "discard")}
        for call in ast.walk(loop):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in removals:
                return f" (lines {loop.lineno} and {call.lineno})"
    return ""


def _two_notices(case: Case) -> Found | None:
    more = [fact for fact in case.facts("left") if int(fact["named"]) > 1]
    late = case.fact("next", named=1)
    if not more and not (late and all(fact["named"] for fact in case.facts("left"))):
        return None
    return Found({}, (f"{BEN} left once, and the others got two notices.",))


def _does_not_close(case: Case) -> Found | None:
    if not case.fact("word", over=False) or not any(fact["named"] for fact in case.facts("left")):
        return None
    if case.fact("word", passed=True) and not any(fact["named"] for fact in case.facts("left")):
        return None
    return Found({}, (f"{BEN} said {{quit}}, and the others got a notice.", f"{BEN} never got EOF."))


def _half_line(case: Case) -> Found | None:
    fact = case.fact("lost", half=True)
    return Found({}, (f'{capital(fact.where)} in the middle of a line, this came: "{fact["came"]}"',)) if fact else None


def _removed_twice(case: Case) -> Found | None:
    """A line takes someone out, or looks for it, in a list from which another line has taken it already."""
    lines = case.source.splitlines()
    places = [number for number, line in enumerate(lines, 1) if re.search(r"\.(remove|pop)\(|\bdel ", line)]
    raised = [(failure.exception, _line(str(failure.facts.get("where") or ""))) for failure in case.failures]
    looks_for = re.compile(r"\.(remove|index|pop)\(|\bdel ")
    for exception, number in raised:
        others = [place for place in places if place != number]
        text = lines[number - 1] if 0 < number <= len(lines) else ""
        if exception not in ("ValueError", "KeyError") or not others or not looks_for.search(text):
            continue
        failures = [failure for failure in case.failures if failure.exception == exception]
        first = next((place for place in others if not number < place < number + 3), others[0])
        details: dict[str, Detail] = {"line": number, "exception": exception, "first": first}
        return Found(details, (f"Line {number} raises {exception}: {text.strip()}",), tuple(failures))
    return None


def _lost_not_told(case: Case) -> Found | None:
    lost = case.facts("lost")
    if not lost or any(fact["named"] for fact in lost) or not any(fact["named"] for fact in case.facts("left")):
        return None
    if case.fact("goes_on", ended=True) or case.fact("uncaught"):
        return None
    return Found({}, (f"{CLEO}'s connection was reset, and the others got no notice.",))


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
    if (not changed and not order and not raised) or not _uses(case, *THREADING):
        return None
    if not changed and not raised and _extra_line(case):  # that is what the two have heard otherwise
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
    words = {name_of(node) for node in nodes(case.source)}
    words |= {
        alias.name
        for node in nodes(case.source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return bool(words & set(names))


def _blocking_select(case: Case) -> Found | None:
    stalled = _stalled(case)
    sends = _stands(case, "send", again=True)
    if not stalled or stalled["heard"] or not _uses(case, "select", "selectors", "poll", "epoll"):
        return None
    if sends is None and stalled["greeted"]:
        return None
    return Found({"where": _at(sends)}, as_steps("A client stopped reading, and no client was served any more.", sends))


def _lock_held(case: Case) -> Found | None:
    stalled = _stalled(case)
    if not stalled or stalled["heard"]:
        return None
    sends, waits = _stands(case, "send", again=True), _stands(case, "lock", again=True)
    if not sends or not waits:
        return None
    return Found({"where": _at(sends)}, as_steps("A client stopped reading.", sends, waits))


def _slow_reader(case: Case) -> Found | None:
    stalled = _stalled(case)
    if not stalled or stalled["heard"]:
        return None
    sends = _stands(case, "send", again=True)
    return Found(
        {"where": _at(sends)}, as_steps("A client stopped reading, and the others heard nothing any more.", sends)
    )


def _no_drain(case: Case) -> Found | None:
    """What someone does not read is kept, whatever it is."""
    failures = case.failed(*STALLS)
    write = _uses(case, "asyncio") and _uses(case, "write") and not _uses(case, "drain")
    stalled = _stalled(case)
    if not failures or not (write or case.failed("test_memory_is_bounded", causes=["grows"]) or _grows(stalled)):
        return None
    grown = f" In the meantime its memory grew by {stalled['grown']} MB." if stalled and stalled["grown"] else ""
    why = "`write` never waits: what" if _uses(case, "asyncio") else "What"
    return Found(
        {"why": why}, (f"A client stopped reading, and the others continued as usual.{grown}",), tuple(failures)
    )


def _grows(stalled: Fact | None) -> bool:
    return bool(stalled and stalled["heard"] and int(stalled["grown"]) > GROWS)


def _no_max(case: Case) -> Found | None:
    """One more than there are places is welcomed."""
    return _one_too_many(case) if not _asks_for_more(case.source) else None


def _max_off_by_one(case: Case) -> Found | None:
    """One more than there are places is welcomed, and the one after that is refused."""
    line = _asks_for_more(case.source)
    found = _one_too_many(case) if line else None
    return replace(found, details={"line": line}) if found else None


def _one_too_many(case: Case) -> Found | None:
    failures = case.failed("test_no_place_left", "test_a_hundred")
    wrong = [failure for failure in failures if _welcomed(failure) & {"Carla17", "One more"}]
    return seen(wrong, "All places were taken. One more client came and was welcomed.")


def _asks_for_more(source: str) -> int:
    """The line that asks whether there are more than the limit, where as many are already enough; 0 if none does."""
    for node in nodes(source):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Call) and _name(node.left) == "len":
            limit, by = node.comparators[0], node.ops[0]
            if isinstance(by, ast.Gt | ast.LtE) and isinstance(limit, ast.Name | ast.Attribute):
                return node.lineno
    return 0


REFUSED = ("Carla17", "Emil17", "Farah17", "One more")  # those for whom there is no place


def _refused_stays(case: Case) -> Found | None:
    """One more than there are places gets a notice, and no end of the stream."""
    failures = case.failed("test_no_place_left", "test_all_want*", "test_a_hundred", causes=["silence"])
    told = [
        failure for failure in failures if _actor(failure) in REFUSED and failure.shown("receives", _actor(failure))
    ]
    told = [failure for failure in told if not _welcomed(failure) & {_actor(failure)}]
    step = "All places were taken. One more client came and got a notice; then nothing more came, and no EOF."
    return seen(told, step)


def _welcomed(failure: Failure) -> set[str]:
    """Those who have received a line with their own name."""
    came: dict[str, bytes] = {}
    for event in failure.events:
        if event.what == "receives":
            came[event.who] = came.get(event.who, b"") + event.data
    return {name for name, data in came.items() if name.encode() in data}


def _actor(failure: Failure) -> str:
    return str(failure.facts.get("who") or "")


def _never_removed(case: Case) -> Found | None:
    """Someone has left, and the next one gets no place."""
    full = [failure for failure in case.failed("test_no_place_left") if _actor(failure).startswith("Dana")]
    full = [failure for failure in full if failure.cause in ("end", "reset", "other line")]
    if not full:
        return _sends_to_the_gone(case)
    return seen(full, "There was room for two. One of them left, and the next one was told that there is no room.")


def _sends_to_the_gone(case: Case) -> Found | None:
    """Nothing takes anybody out of a table, and who speaks after a participant left is not heard."""
    takes_out = any(isinstance(node, ast.Delete) for node in nodes(case.source)) or _made_again(case.source)
    if takes_out or _uses(case, "remove", "discard", "pop", "clear", "popitem", "difference_update"):
        return None
    if not case.fact("next", how="nothing"):
        return _meets_the_gone(case)
    closed = [fact for fact in case.facts("raises") if str(fact["exception"]) in (*BROKEN, "OSError", "ValueError")]
    sends = next((fact for fact in closed if int(fact["line"]) in _sending_lines(case)), None)
    if sends is None:
        return None
    raised = f"Line {sends['line']} raises {sends['exception']}: {sends['message']}"
    return Found({}, (f"{BEN} left. Then {ANNA} said something, and no one heard it.", raised))


def _made_again(source: str) -> bool:
    """Whether a list or table is made from another one, such as all but one: that takes an entry out, too."""
    made = (ast.ListComp, ast.SetComp, ast.DictComp)
    values = [node.value for node in nodes(source) if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)]
    return any(isinstance(inner, made) for value in values if value for inner in ast.walk(value)) or any(
        isinstance(node, ast.Call) and _name(node) == "filter" for node in nodes(source)
    )


def _meets_the_gone(case: Case) -> Found | None:
    """At its end it still finds someone who has left in its table: nothing takes anybody out."""
    if not _uses(case, "append", "add") and not any(isinstance(node, ast.Subscript) for node in nodes(case.source)):
        return None
    in_loops = {
        inner.lineno
        for loop in nodes(case.source)
        if isinstance(loop, ast.For)
        for inner in ast.walk(loop)
        if isinstance(inner, ast.Call) and _name(inner) in ("shutdown", *SENDS)
    }
    for fact in case.facts("raises"):
        if fact["exception"] in (*BROKEN, "OSError") and int(fact["line"]) in in_loops:
            raised = f"Line {fact['line']} raises {fact['exception']}: {fact['message']}"
            return Found({}, (f"{BEN} and {CLEO} had left, and no line took them out of a list.", raised))
    return None


def _sending_lines(case: Case) -> set[int]:
    calls = [node for node in nodes(case.source) if isinstance(node, ast.Call)]
    return {call.lineno for call in calls if _name(call) in (*SENDS, "write")}


def _check_then_act(case: Case) -> Found | None:
    """There are three places: one after another no more get in, but at the same moment more do."""
    failures = [failure for failure in case.failed("test_all_want_the_last_places") if len(_welcomed(failure)) > 3]
    if _no_max(case):
        return None
    step = "There was room for three. Five came at the same moment, and more than three joined."
    return seen(failures, step)


def _timeout_shared(case: Case) -> Found | None:
    quiet = case.failed("test_a_silent_newcomer", causes=["end", "reset", "other line", "other bytes", "traceback"])
    raised = case.fact("raises", exception="TimeoutError")
    if not quiet or not _uses(case, "settimeout", "setdefaulttimeout", "SO_RCVTIMEO", "wait_for", "timeout"):
        return None
    step = f"Line {raised['line']} raises TimeoutError." if raised else None
    return Found({}, as_steps("A participant said nothing for a second, and was dropped.", step), tuple(quiet))


def _ends_with_console(case: Case) -> Found | None:
    """Without a keyboard it is over; where a limit drops whoever is silent, that has ended the stream there too."""
    if _timeout_shared(case):
        return None
    causes = ("ended", "crashed", "refused", "reset", "end", "not listening")
    return in_tests("test_no_console", causes=causes)(case)


def _console_blocks(case: Case) -> Found | None:
    if not case.fact("ctrl_c", ended=False, enter=True):
        return None
    stands = _stands(case, "input", where="after Ctrl+C")
    if not stands and any("after Ctrl+C" in fact.where for fact in case.facts("stands")):
        return None  # on a slow machine it ended by itself, a moment later
    steps = as_steps("Ctrl+C was pressed, and nothing happened.", stands, "As soon as Enter was pressed, it ended.")
    return Found({"where": _at(stands)}, steps)


def _threads_alive(case: Case) -> Found | None:
    """It is told to end, by Ctrl+C or by /close, and main waits for threads that nothing wakes."""
    if case.fact("ctrl_c", ended=False, enter=False):
        return _waits_for_threads(case, case.facts("stands"), "Ctrl+C")
    if _closing(case, "closed", ended=False):
        facts = [fact for fact in case.evidence.facts(case.program, CLOSELY) if fact.name == "stands"]
        return _waits_for_threads(case, facts, "/close")
    return None


def _waits_for_threads(case: Case, stands: list[Fact], told: str) -> Found | None:
    stands = [fact for fact in stands if f"after {told}" in fact.where]
    main = next((fact for fact in stands if fact["thread"] == "main" and fact["call"] in ("shutdown", "join")), None)
    others = [fact for fact in stands if fact["thread"] != "main"]
    nobody_wakes = any(fact["call"] in ("accept", "recv", "input") for fact in others)
    if not main or (main["call"] == "join" and (not nobody_wakes or any(fact["call"] == "get" for fact in others))):
        return None
    waits = f"waits for them{_at(main)}" if main["call"] == "join" and main["line"] else "has ended"
    done = "Ctrl+C was pressed" if told == "Ctrl+C" else "/close was typed"
    return Found({"waits": waits, "told": told}, as_steps(f"{done}, and it keeps running.", main, *others[:2]))


def _own_end_is_loss(case: Case) -> Found | None:
    """It ended with status 1 and a last word about that: when its user left, or when the server ended the chat."""
    for failure in case.failed("test_leaving", "test_the_server_ends*", causes=["other status"]):
        words = failure.shown("logs" if failure.fits("test_leaving") else "prints").decode(errors="replace")
        last = words.strip().rpartition("\n")[2]
        if failure.facts.get("wanted") != 0 or not last or "Traceback" in words:
            continue
        who = "its own user leaves" if failure.fits("test_leaving") else "the server ends the stream"
        steps = (f"{capital(who)}: it ended with status 1.", f'Its last words: "{last[-150:]}"')
        return Found({"who": who}, steps, (failure,))
    return None


def _needs_enter(case: Case) -> Found | None:
    if not case.fact("end", ended=False, enter=True):
        return None
    main = _stands(case, "input", where="end of stream", thread="main")
    if not main or _exits(case):
        return None
    steps = as_steps("The server ended the stream (EOF), and the client kept running.", main, "After Enter it ended.")
    return Found({"where": _at(main)}, steps)


def _join_keyboard(case: Case) -> Found | None:
    main = _stands(case, "join", "wait", where="end of stream", thread="main")
    other = _stands(case, "input", where="end of stream")
    if not case.fact("end", ended=False) or not main or main["call"] != "join" or not other:
        return None
    return Found(
        {"where": _at(main)}, as_steps("The server ended the stream (EOF), and the client kept running.", main, other)
    )


def _no_daemon(case: Case) -> Found | None:
    main = _stands(case, "shutdown", where="end of stream", thread="main")
    other = _stands(case, "input", where="end of stream")
    if not case.fact("end", ended=False) or not main or not other or _exits(case):
        return None
    return Found(
        {"where": _at(other)}, as_steps("The server ended the stream (EOF), and the client kept running.", main, other)
    )


def _keyboard_in_executor(case: Case) -> Found | None:
    """asyncio waits at its end for the thread of its executor, and this one is at the keyboard."""
    if not case.fact("end", ended=False, enter=True) or not _uses(case, "run_in_executor", "to_thread"):
        return None
    main = _stands(case, "select", "join", "wait", where="end of stream", thread="main")
    steps = as_steps("The server ended the stream (EOF), and the client kept running.", main, "After Enter it ended.")
    return Found({}, steps) if main else None


def _waits_for_word(case: Case) -> Found | None:
    """No name comes, and what it sends stands under an if that looks for certain words in what arrives."""
    if not case.fact("name", how="nothing"):
        return None
    for node in nodes(case.source):
        if not isinstance(node, ast.If):
            continue
        word = _awaited_word(node.test)
        if word and any(_name(call) in (*SENDS, "write") for call in _calls(node)):
            step = f"Line {node.lineno} of client.py looks for {word!r}, and only then something is sent."
            return Found({"word": word}, ('"Who are you?" came, and no name was sent.', step))
    return None


def _awaited_word(test: ast.expr) -> str:
    """The word that an if looks for; "" if there is none, or if it is one of those with which people leave."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq | ast.In):
        return ""
    words = [node.value for node in ast.walk(test) if isinstance(node, ast.Constant)]
    texts = [word.decode(errors="replace") if isinstance(word, bytes) else word for word in words]
    word = next((text.strip() for text in texts if isinstance(text, str)), "")
    return "" if word in ("{quit}", "/close") else word


def _calls(node: ast.If) -> list[ast.Call]:
    """The calls in the lines below an if."""
    return [call for line in node.body for call in ast.walk(line) if isinstance(call, ast.Call)]


def _end_unnoticed(case: Case) -> Found | None:
    """The thread that receives has ended, and main waits for something that it never hears of."""
    main = _stands(case, "wait", "sleep", "get", where="end of stream", thread="main")
    if not case.fact("end", ended=False) or not main or _stands(case, "recv", where="end of stream"):
        return None
    return Found(
        {"where": _at(main)}, as_steps("The server ended the stream (EOF), and the client kept running.", main)
    )


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
        return Found({}, as_steps(step, _stands(case, "input", "join", "shutdown", where="end of stream")))
    failures = case.failed("test_leaving", "test_the_server_ends*", causes=["silence", "goes on"])
    return seen(failures) if _exits_in(case) & _targets(case) else None


def _exits_in(case: Case) -> set[str]:
    """The names of the functions that call sys.exit."""
    functions = [node for node in nodes(case.source) if isinstance(node, ast.FunctionDef)]
    return {
        function.name
        for function in functions
        if any(isinstance(node, ast.Call) and _name(node) in ("exit", "quit") for node in ast.walk(function))
    }


def _targets(case: Case) -> set[str]:
    """The names of the functions that threads run."""
    calls = [node for node in nodes(case.source) if isinstance(node, ast.Call)]
    made = [word.value for call in calls for word in call.keywords if word.arg == "target"]
    made += [call.args[0] for call in calls if _name(call) == "start_new_thread" and call.args]
    return {name_of(node) for node in made}


def _blank_lines(case: Case) -> Found | None:
    end = case.fact("end", ended=False) or case.failed(causes=["floods"])
    screen = case.fact("screen")
    if not end or not screen or not str(screen["text"]).endswith("\n\n\n"):
        return None
    return Found({}, ("The server ended the stream (EOF), and the client prints empty lines, again and again.",))


def _busy_client(case: Case) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if "end of stream" in fact.where), None)
    if not spins or _blank_lines(case) or _busy_wait(case):
        return None
    return Found({}, ("After the server's end of stream it uses all the time of a processor.",))


def _connects_twice(case: Case) -> Found | None:
    fact = next((fact for fact in case.facts("name", how="nothing") if int(fact["connections"]) > 1), None)
    connects = [each for each in case.facts("connects")]
    if fact or (case.fact("name", how="nothing") and len(connects) > 1):
        step = "One client was started, and two connections came." if fact else "It called connect twice."
        return Found({}, (step, "A name was typed, and nothing arrived on the first one."))
    return None


def _strips(case: Case) -> Found | None:
    if case.program == "server":
        return _text("stripped")(case)
    fact = case.fact("typed", how="stripped")
    return Found({}, (f'"  {FIRST}  " was typed, and this was sent: "{fact["came"]}"',)) if fact else None


def _name_in_front(case: Case) -> Found | None:
    fact = case.fact("typed", how="name in front")
    return Found({}, (f'"  {FIRST}  " was typed, and this was sent: "{fact["came"]}"',)) if fact else None


def _recv_is_a_message_client(case: Case) -> Found | None:
    fact = case.fact("pieces", how="other") or case.fact("pieces", empty=True)
    if not fact or case.fact("shown", what="line", how="nothing"):
        return None
    step = "A line came in two chunks and wasn't shown as one line." if fact["how"] == "other" else ""
    more = "Each line is followed by an empty one on its screen." if fact["empty"] else ""
    return Found({}, as_steps(step, more))


def _target_called(case: Case) -> Found | None:
    for node in nodes(case.source):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node)
        for keyword in node.keywords:
            called = isinstance(keyword.value, ast.Call) and not ast.unparse(keyword.value.func).endswith("partial")
            if name == "Thread" and keyword.arg == "target" and called:
                return _runs_in_main(case, node.lineno, ast.unparse(keyword.value))
        if name == "run" and isinstance(node.func, ast.Attribute) and "Thread(" in ast.unparse(node.func.value):
            return _runs_in_main(case, node.lineno, ast.unparse(node.func)[-4:] + "()")
    return None


def _runs_in_main(case: Case, line: int, what: str) -> Found:
    step = f"Line {line} of {case.program}.py: {what} runs immediately, in the thread that is already there."
    stands = _stands(case, "recv", "input", thread="main") or _stands(case, "recv", "input")
    return Found({"line": line}, as_steps(step, stands))


@limited
def _timeout_stays(case: Case) -> Found | None:
    quiet = [failure for failure in case.failed("test_no_answer") if _actor(failure) not in ("other client",)]
    quiet = [failure for failure in quiet if failure.cause in ("ended", "end", "reset", "crashed", "traceback")]
    return seen(quiet, "Nothing was said for two seconds, and the client closed the connection.")


def _nobody_answers(case: Case) -> Found | None:
    waits = case.failed("test_no_answer", causes=["goes on"])
    return seen([failure for failure in waits if _actor(failure) == "other client"])


def _refused(case: Case) -> Found | None:
    """No one listens, and that ends it with a traceback; without any try a lost connection does it too."""
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
    return seen(failures, "One participant said {quit} and left. Another one said /close and didn't leave.")


def _crash_on_reset(case: Case) -> Found | None:
    """A broken connection ends the server, or the thread that serves it, with an exception that no one catches."""
    uncaught = next((fact for fact in case.facts("uncaught") if fact["exception"] in (*BROKEN, "OSError")), None)
    if uncaught and uncaught["exception"] not in BROKEN and case.fact("goes_on", ended=False):
        return None  # no reset: it ended later, at Ctrl+C, since it used a socket that was none any more
    if uncaught is None and case.facts("lost"):
        return _lost_visitor(case)
    if uncaught is None or not case.facts("lost") or _line(str(uncaught["where"])) in _bare_sends(case):
        return None
    what = "the whole server" if uncaught["ended"] else "the thread that serves it"
    step = f"{CLEO}'s connection was reset, and {uncaught['exception']}{uncaught['where']} ended {what}."
    return Found({"what": what, "where": uncaught["where"]}, (step,))


def _lost_visitor(case: Case) -> Found | None:
    """Only the reset of someone who has not given a name yet is caught nowhere."""
    failures = [failure for failure in case.failed("test_a_visitor_is_lost") if failure.exception in BROKEN]
    step = "The connection of a visitor who had not given a name was reset."
    return seen(failures, step, what="the thread that serves it")


def _dead_client(case: Case) -> Found | None:
    """A send to one who is gone raises in the loop that sends to all, and those behind get nothing."""
    failures = case.failed("test_several_are_lost*", "test_a_participant*", "test_one_does*")
    bare = _bare_sends(case)
    if not failures or not bare or _crash_on_reset(case):
        return None
    facts = [*case.facts("raises"), *case.evidence.facts(case.program, CLOSELY)]
    lines = [
        (str(fact["exception"]), int(fact["line"]))
        for fact in facts
        if fact.name == "raises" and fact["exception"] in BROKEN
    ]
    for failure in failures:
        if failure.exception in BROKEN:
            lines.append((failure.exception, _line(str(failure.facts.get("where") or ""))))
    exception, line_number = next((each for each in lines if each[1] in bare), ("", 0))
    if not exception:
        return None
    step = f"Line {line_number} raises {exception}, and no try stands between it and the loop that sends to all."
    return Found({"exception": exception, "line": line_number}, (step,))


def _line(where: str) -> int:
    """The line in " (line 17 of server.py, in main)"; 0 where there is none."""
    found = re.search(r"line (\d+)", where)
    return int(found[1]) if found else 0


def _bare_sends(case: Case) -> set[int]:
    """The lines that send within a loop over people, and no try stands between the line and that loop."""
    parents = {child: node for node in nodes(case.source) for child in ast.iter_child_nodes(node)}
    calls = [node for node in parents if isinstance(node, ast.Call)]
    bare: set[int] = set()
    names: set[str] = set()  # of functions in which a send is not within a try
    guarded: set[str] = set()  # of functions that another loop over people calls within a try
    for sender in (set(SENDS), names):
        for call in calls:
            if _name(call) not in sender:
                continue
            node: ast.AST = call
            while node in parents and not isinstance(node, ast.For | ast.Try | ast.FunctionDef | ast.With):
                node = parents[node]
            if isinstance(node, ast.For) and _goes_to(call, node.target):
                bare.add(call.lineno)
            if isinstance(node, ast.Try):
                while node in parents and not isinstance(node, ast.For | ast.FunctionDef):
                    node = parents[node]
                if isinstance(node, ast.For) and _goes_to(call, node.target) and not _says_goodbye(node):
                    guarded.add(_name(call))
                continue
            if isinstance(node, ast.FunctionDef) and sender is not names:
                names.add(node.name)
    in_functions = {
        node.name: {inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Call) and _name(inner) in SENDS}
        for node in parents
        if isinstance(node, ast.FunctionDef)
    }
    looped = {_name(call) for call in calls if call.lineno in bare}
    return bare.union(*(lines for name, lines in in_functions.items() if name in (looped & names) - guarded))


def _says_goodbye(loop: ast.For) -> bool:
    """Whether this loop hangs up on everyone: it is not the one that sends what is said."""
    return any(isinstance(node, ast.Call) and _name(node) in ("shutdown", "close") for node in ast.walk(loop))


def _goes_to(call: ast.Call, target: ast.AST) -> bool:
    """Whether the receiver of this send is what a loop goes over: c.send(...) or send(c, ...) for each c."""
    over = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if owner is None or ast.unparse(owner) == "self":
        places: list[ast.expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
    else:
        places = [owner]
    return any(ast.unparse(place).split(".")[0].split("[")[0] in over for place in places)


def _name(call: ast.Call) -> str:
    return name_of(call.func)


def _not_flushed(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown") if fact["how"] == "nothing"), None)
    if not silent or always_flushes(case.source):
        return None
    if not case.again(Variation(unbuffered=True), "shown", what=silent["what"], how="same"):
        return None
    return Found(
        {}, ("A line arrived, and nothing was shown.", "Run without a buffer (python -u) it appears immediately.")
    )


def _strict(case: Case) -> Found | None:
    failures = case.failed("test_any_text", "test_bytes_that_are_no_text", exceptions=["UnicodeDecodeError"])
    ended = case.failed("test_bytes_that_are_no_text", causes=["ended", "crashed", "traceback", "end"])
    # the server caught the exception, and ended the connection of the one who sent such bytes
    ended += [failure for failure in case.failed("test_any_text") if "no ... text" in str(failure.expected)]
    return seen([*failures, *(failure for failure in ended if failure not in failures)])


SILENT = ("silence", "no line end", "other line", "other bytes", "part", "end", "unwanted")
ANY_WORDS: Explains = like(causes=(*SILENT, "refused", "reset", "ended"))
STALLS = ("test_one_does_not_read", "test_memory_is_bounded")
STALL = like(*STALLS)
LEAVING = (
    "test_leaving*",
    "test_two_of_one_name",
    "test_any_text",
    "test_no_place_left",
    "test_joining_and_leaving*",
    "test_the_log_says_who",
    "test_several_are_lost*",
)


def _explains_never_removed(case: Case, found: Found, failure: Failure) -> bool:
    """Where a send to one who has left ends the thread of the one who speaks, everything after that."""
    after = failure.fits(*LEAVING, "test_leaving*", "test_a_*_is_lost", "test_one_*", "test_two_*", "test_several*")
    ends = failure.exception in (*BROKEN, "OSError") or failure.fits("test_ctrl_c_during*", "test_the_console_closes*")
    return failure.fits("test_no_place_left", "test_several_are_lost*") or (not found.failures and (after or ends))


def _explains_alive(case: Case, found: Found, failure: Failure) -> bool:
    """What happens at /close has the same reason, where its console obeys."""
    obeys = failure.fits(*CLOSING, "test_the_console") and bool(_closing(case, "goodbye", told=True))
    return failure.fits("test_ctrl_c*") or obeys


def _explains_crash(case: Case, found: Found, failure: Failure) -> bool:
    """Where only a visitor's reset ends a thread, it explains nothing else."""
    lost = ("test_a_participant*", "test_a_visitor*", "test_several_are_lost*", "test_the_log_says_who_was*")
    return failure in found.failures or (not found.failures and failure.fits(*lost, *STALLS))


def _explains_dead_client(case: Case, found: Found, failure: Failure) -> bool:
    """Where no one is told of a loss, that is what keeps the notice from coming, and not the line that sends."""
    told = failure.fits("test_a_participant*", "test_one_does*") and not _lost_not_told(case)
    return told or failure.fits("test_several_are_lost*")


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


_server = functools.partial(_fault, ("server",))
_client = functools.partial(_fault, ("client",))
_both = functools.partial(_fault, ("server", "client"))


FAULTS = [
    # someone comes
    _both(
        "length-prefix",
        Life.GREET,
        _length_prefix,
        everything,
        "Your {program} sends the length of each text before it; in this stage a text is a line, which ends with a "
        "newline.",
        "How does your {program} tell where a text ends, and how does PROTOCOLS.md say it? Who else can understand "
        "yours?",
        LINES,
        stops=True,
    ),
    _both(
        "other-format",
        Life.GREET,
        _sends_json,
        everything,
        "Your {program} sends JSON. In this stage a line is text as people read it, with no braces or quotes around "
        "it.",
        "Connect with netcat instead of your own program: what do you read, and what would you have to type? Which "
        "lines does PROTOCOLS.md name?",
        LINES,
        stops=True,
    ),
    _server(
        "own-commands",
        Life.GREET,
        _own_commands,
        ANY_WORDS,
        "Your server waits for words of its own, such as `{word}`. In this stage the first line is the name alone, and "
        "each further line is a message.",
        "Someone answers your greeting with `Anna`, and then says `Hello`. What does your server make of each of these "
        "two lines?",
        FIRST_ROUND,
        stops=True,
    ),
    _server(
        "accepts-few",
        Life.NEXT,
        _accepts_few,
        ANY_WORDS,
        "Your server accepts {count} and then never another one: nothing leads back to `accept`.",
        "How often does your line with `accept` run, and where is your main thread after that? What would let the next "
        "client in while others are still there?",
        THREADS,
        stops=True,
    ),
    _server(
        "sent-not-flushed",
        Life.ANSWER,
        _sent_not_flushed,
        ANY_WORDS,
        "What your server writes into a connection's file stays in its buffer: nothing is sent until it is flushed.",
        "When does a file hand over what you wrote? What makes it do so immediately, and which of your writes lack it?",
        FIRST_ROUND,
        stops=True,
    ),
    _server(
        "stops-at-author",
        Life.ANSWER,
        _stops_at_author,
        ANY_WORDS,
        "Line {line} ends the loop that sends as soon as it comes to the author: who stands behind the author in your "
        "list gets nothing.",
        "Anna, Ben and Cleo are in your list, and Anna speaks. For whom does the body of your loop run? What leaves "
        "out only this one, and goes on with the next?",
        OBVIOUS,
        stops=True,
    ),
    _server(
        "queue-read-once",
        Life.NEXT,
        _takes_one,
        ANY_WORDS,
        "The thread of `{function}` takes one message from the queue in line {line}, hands it on, and ends: what comes "
        "after that stays in the queue.",
        "How often does line {line} run? What would make this thread come back to it for the next message?",
        SENDER,
        stops=True,
    ),
    _server(
        "shared-by-all",
        Life.ANSWER,
        _shared_by_all,
        ANY_WORDS,
        "Line {line} makes {name} once, for the whole class: all clients share it, so what is meant for one reaches "
        "another.",
        "How many clients are there, and how many of {name}? Print `id()` of it for two of them. Which method runs "
        "once for each new client and could make a new one?",
        OBVIOUS,
        stops=True,
    ),
    _server(
        "shared-by-all",
        Life.TAKE,
        _one_buffer,
        like("test_lines_*", "test_any_text", "test_a_participant*", "test_several*", "test_one_order*", *STALLS),
        "Your server keeps the unfinished lines of all clients in one place: the half line of one client is put before "
        "the next line of another one.",
        "Two clients have each sent half a line. In which variable does each half wait, and how many of these "
        "variables are there?",
        LINES,
    ),
    _server(
        "unheard",
        Life.ANSWER,
        _nobody_hears,
        ANY_WORDS,
        "What one participant says {goes}: your server doesn't send it to the others.",
        "Two are in the chat, and Anna says something. Through which socket must it leave your server? Print the "
        "sockets to which you send it: which ones are there, and which one is missing?",
        OBVIOUS,
        stops=True,
    ),
    _server(
        "one-hears",
        Life.ANSWER,
        _one_hears,
        ANY_WORDS,
        "Only one of the other participants gets a message{why}.",
        "Three others are in the chat. How often does the body of your sending loop run, and which line ends it?",
        OBVIOUS,
        stops=True,
    ),
    _both(
        "no-line-end",
        Life.GREET,
        _no_line_end,
        everything,
        "Your {program} sends a line without a newline, so the other side can't tell where the line ends.",
        "Which byte tells the reader that a line is complete? Print `repr()` of what you send: is this byte "
        "at its end?",
        LINES,
        stops=True,
        mistakes=("no-terminator-sent",),
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
        FIRST_ROUND,
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
        FIRST_ROUND,
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
        "name-refused",
        Life.GREET,
        _name_refused,
        _explains_name_refused,
        'Your server refuses the name "{name}", but a name may have any 1 to 32 printable characters.',
        "Which condition does this name not meet? What does PROTOCOLS.md ask of a name, and which method of a text "
        "asks just that?",
        FIRST_ROUND,
    ),
    _server(
        "no-max-clients",
        Life.GREET,
        _no_max,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "Your server lets everyone in: it doesn't keep to the MAX_CLIENTS on its command line.",
        "Start your server with 2 as its third argument and let three join. Where does your program read this number, "
        "with what does it compare it, and how many are in its list when the third one comes?",
        FIRST_ROUND,
        missing=True,
        mistakes=("backlog-is-limit",),
    ),
    _server(
        "no-max-clients",
        Life.GREET,
        _max_off_by_one,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "Your server lets in one more than MAX_CLIENTS: line {line} only refuses who comes after that.",
        "There is room for 2, and 2 are in your list. The third one comes: what does line {line} compare, and what is "
        "the answer?",
        FIRST_ROUND,
    ),
    _server(
        "refused-stays",
        Life.GREET,
        _refused_stays,
        like("test_all_want*", "test_a_hundred"),
        "When all places are taken, your server says so to the next client, but never closes its connection.",
        "The third of two has read that there is no room. Which lines of your server run for this client after that, "
        "and which of them ends the stream?",
        FIRST_ROUND,
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
        f"{PAGE}#spot-the-bug",
        rare=True,
        mistakes=("check-then-act-max", "lock-per-call"),
    ),
    # someone speaks
    _server(
        "echo-to-author",
        Life.ANSWER,
        _echo,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server sends each message to everyone, and so also back to its author.",
        "Who says the line, who must hear it, and who must not? Whom does your sending loop leave out?",
        OBVIOUS,
        mistakes=("echo-to-author",),
    ),
    _server(
        "extra-line",
        Life.GREET,
        _extra_line,
        ANY_WORDS,
        "When someone comes, the others get one notice of one line with the name. Your server sends them {meant}.",
        "Anna is in the chat and Ben joins. Write down each line that Anna gets, and each that Ben gets. Which of your "
        "lines sends it, and to whom?",
        FIRST_ROUND,
    ),
    _server(
        "no-author",
        Life.ANSWER,
        _no_author,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server passes on the text without its author's name, so no one knows who said it.",
        "What does Ben see when Anna says hello? Where in your program are the author's name and the text "
        "both at hand?",
        FIRST_ROUND,
        mistakes=("client-says-who",),
    ),
    _server(
        "author-form",
        Life.ANSWER,
        _author_form,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server says who has spoken, but not in the form that every client knows: `NAME: TEXT`.",
        "Compare the two lines above character by character: what stands before, between and behind the name and the "
        "text in each of them?",
        FIRST_ROUND,
    ),
    _both(
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
            "test_both*",
            "test_bytes*",
            "test_what_arrives*",
        ),
        "Your {program} takes what one `recv` returns for one message, but it may return a part of a message, or "
        "several.",
        "Print `repr()` of each chunk. How many messages came, how often did `recv` return, and how do you know where "
        "a message ends?",
        LINES,
        mistakes=("recv-is-message", "torn-message", "endswith-newline", "long-message-cut", "torn-message-client"),
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
        f"{PAGE}#what-it-still-cant-do",
    ),
    _server(
        "lock-while-sending",
        Life.ANSWER,
        _lock_held,
        STALL,
        "Your server holds the lock while it sends{where}: one client that doesn't read keeps the lock busy, and all "
        "others wait.",
        "Which thread holds the lock now, for what does this thread itself wait, and for how long at most? If each "
        "thread sent after its lock, two listeners could hear two orders. What could it do under the lock that never "
        "waits, and which one thread could send then?",
        SENDER,
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
        "for how long at most? If you set a limit on this socket: which other call does the limit hold for?",
        PREDICT,
        mistakes=("stalled-reader",),
    ),
    _server(
        "no-drain",
        Life.ANSWER,
        _no_drain,
        STALL,
        "{why} a client doesn't read stays in your server's memory, and nothing limits how much that is.",
        "A client doesn't read. Where are the lines that it hasn't read yet, how many can there be, and which line of "
        "yours would notice?",
        THREADS,
        mistakes=("unbounded-outbox",),
    ),
    _server(
        "timeout-shared",
        Life.NEXT,
        _timeout_shared,
        like("test_a_silent_newcomer", "test_joining*", "test_one_order*", "test_one_does*", "test_no_console"),
        "The time limit that you set for sending holds for receiving too: a participant who is only silent is dropped.",
        "For which calls does the timeout of a socket hold? A participant says nothing for that long: what does your "
        "receiving thread make of it?",
        ERRORS,
        mistakes=("timeout-is-goodbye", "readline-after-timeout"),
    ),
    # someone leaves
    _server(
        "quit-not-stripped",
        Life.LEAVE,
        _quit_not_stripped,
        like(*LEAVING),
        "Your server compares a line that still has its newline with `{{quit}}`: the two are never equal, so the word "
        "lets no one leave.",
        "Print `repr()` of both things that you compare. Which character is in only one of them?",
        "lessons/2_logbook.md#the-server",
    ),
    _server(
        "quit-unknown",
        Life.LEAVE,
        _quit_unknown,
        like(*LEAVING),
        "Your server doesn't know the word `{{quit}}`: {why}.",
        "Which line of yours looks for `{{quit}}`, and does it run before the line is passed on? Print `repr()` of "
        "both things that it compares: are they equal?",
        FIRST_ROUND,
        mistakes=("bytes-vs-str", "terminator-in-compare", "quit-prefixed"),
    ),
    _server(
        "no-close-word",
        Life.LEAVE,
        _no_close_word,
        like(),
        "Your server doesn't know the word `/close`: one who says it stays in the chat, and the others read it.",
        "Which words let a participant leave in this stage? Which line of yours looks at them?",
        FIRST_ROUND,
        missing=True,
    ),
    _server(
        "close-word-inside",
        Life.LEAVE,
        _word_taken_loosely,
        like(),
        'Your server takes the line "{line}" for a wish to leave: only the lines {{quit}} and /close are one, exactly.',
        "Someone says: {line}. What exactly do you compare with the word, and what have you done to the line before?",
        TEXT,
    ),
    _server(
        "quit-passed-on",
        Life.LEAVE,
        _quit_passed_on,
        like(*LEAVING),
        "Your server passes `{{quit}}` on to the others like a message, although it's a wish to leave.",
        "A line arrives. Does your loop first pass it on, or first check whether it's the word for leaving?",
        FIRST_ROUND,
        mistakes=("quit-echoed",),
    ),
    _server(
        "no-notice",
        Life.LEAVE,
        _no_notice,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*"),
        "When someone leaves{how}, your server tells no one{more}.",
        "What do the others see when someone leaves? Which line of yours tells them, and does every way out reach this "
        "line?",
        FIRST_ROUND,
    ),
    _server(
        "names-mixed-up",
        Life.LEAVE,
        _names_mixed_up,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*", "test_two_*"),
        "After someone has left, your server takes one participant for another: a line has the wrong name.",
        "Print everything in which your server keeps clients and names, before and after someone leaves. Does each "
        "name still belong to its client? Which entry is taken out, and which one should be?",
        FIRST_ROUND,
    ),
    _server(
        "notice-without-name",
        Life.LEAVE,
        _notice_without_name,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*"),
        "Your server tells the others that someone left, but the notice doesn't say who.",
        "Read the notice that came. From where should your server take the name, and is it still there at this moment?",
        FIRST_ROUND,
    ),
    _server(
        "iterate-while-removing",
        Life.LEAVE,
        _skips_one,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*", "test_one_does*"),
        "Your server removes someone from the list while it loops over this list{where}, so the loop skips the next "
        "one.",
        "Number four participants 0 to 3 on paper. You stand at number 1 and take it out: who is number 1 now, and to "
        "which number does the loop go next? Over what could the loop go instead, so that removing changes nothing?",
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
        _explains_never_removed,
        "Your server puts everyone into its list but takes no one out: those who left still count.",
        "Print your list each time someone leaves. On which of all the ways out does anyone get out of it?",
        FIRST_ROUND,
        mistakes=("slot-leak",),
    ),
    _server(
        "removed-twice",
        Life.NOTICE,
        _removed_twice,
        like(),
        "Line {line} raises {exception}: whom it looks for isn't there any more, because line {first} has taken it out "
        "before.",
        "Which lines of your server take a participant out, and in which threads do they run? Who is the first when a "
        "connection is lost, and what does the second one do then?",
        ERRORS,
        everyday=True,
    ),
    _server(
        "lost-not-told",
        Life.NOTICE,
        _lost_not_told,
        like(
            "test_leaving",
            "test_a_participant*",
            "test_several_are_lost*",
            "test_one_does*",
            "test_a_line*",
            "test_memory*",
        ),
        "When a connection is lost, your server doesn't tell the people who should know.",
        "A connection is reset instead of ending with /close. Which of your lines runs then, and who reads something "
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
        _explains_crash,
        "A connection reset ends {what}{where}: the call raises an exception, and nothing catches it.",
        "At which line does the exception come up, and what does it end on its way out? How much of your program "
        "should one broken connection end?",
        ERRORS,
        everyday=True,
        mistakes=("reset-uncaught", "shutdown-raises"),
    ),
    _server(
        "dead-client-stops-broadcast",
        Life.NOTICE,
        _dead_client,
        _explains_dead_client,
        "Sending to a client that is gone raises {exception} at line {line}, and everyone after that client gets "
        "nothing.",
        "Your loop sends to three clients, and the first send fails. Which line runs next, and what do the other two "
        "get?",
        ERRORS,
        everyday=True,
    ),
    _both(
        "busy-loop",
        Life.NOTICE,
        _busy_loop,
        like(*LEAVING, "test_a_participant*", "test_a_visitor*", "test_the_server*", causes=("spins", "floods")),
        'After the other side ends the stream, `recv` returns `b""` immediately every time, and your loop never ends.',
        "What does your receiving call return when the other side has ended the stream? Which line of your loop leads "
        "out in this case?",
        "lessons/1_echo.md#the-idea",
        stops=True,
        mistakes=("eof-ignored", "eof-ignored-client"),
    ),
    _both(
        "line-limit-off",
        Life.TAKE,
        _line_limit_off,
        like("test_a_line_that_is_too_long", "test_the_log_says_who_was_lost"),
        "Your {program} has a limit for a line that never ends, but a line that is a little too long gets through as "
        "soon as its newline is there.",
        "A line has 65,537 bytes. How long is it when its newline arrives, and which of your variables has it then? "
        "Does your condition look at this one?",
        "lessons/2_logbook.md#the-second-round-errors",
        missing=True,
    ),
    _both(
        "no-line-limit",
        Life.TAKE,
        _no_line_limit,
        like("test_a_line_that_is_too_long", "test_the_log_says_who_was_lost"),
        "Your {program} keeps a line that never ends in its memory, with no limit.",
        "Someone sends more and more, but never a newline. Where do all these bytes wait in your {program}, and what "
        "stops it?",
        "lessons/2_logbook.md#the-second-round-errors",
        missing=True,
        mistakes=("endless-line",),
    ),
    # the console, and the end
    _server(
        "ends-with-console",
        Life.LEAVE,
        _ends_with_console,
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
        ERRORS,
        everyday=True,
    ),
    _server(
        "ctrl-c-threads-alive",
        Life.LEAVE,
        _threads_alive,
        _explains_alive,
        "After {told} other threads keep your server alive: your main thread {waits}.",
        "Which threads still run after {told}? In which call does each of them wait, and what makes Python, or your "
        "main thread, wait for them?",
        "lessons/4_peers.md#starting-waiting-ending",
        everyday=True,
        mistakes=("nondaemon-hang", "listener-close"),
    ),
    _server(
        "exit-in-thread",
        Life.LEAVE,
        _console_exits_alone,
        like("test_the_console*", "test_slow_threads*"),
        "`sys.exit` in line {line} ends only the thread at the console: your main thread doesn't notice and keeps the "
        "server running.",
        "In which thread does `sys.exit` run? Which thread is still there, in which call does it wait, and how could "
        "it learn of the end?",
        "lessons/4_peers.md#starting-waiting-ending",
    ),
    _server(
        "no-console",
        Life.LEAVE,
        _no_console,
        like("test_the_console*", "test_slow_threads_say*"),
        "Your server doesn't obey its own keyboard: `/close` typed there doesn't end the chat.",
        "Someone types `/close` at the server. Which thread of yours reads the server's keyboard, and what does it do "
        "with this line?",
        THREADS,
        missing=True,
    ),
    Fault(
        slug="thread-target-called",
        life=Life.GREET,
        decides=_target_called,
        explains=like(causes=(*SILENT, "silent screen", "goes on")),
        stops=True,
        sentence="At line {line} the function runs immediately, before there is a thread: `target` only gets what this "
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
        rare=True,
        sentence="Bytes that aren't UTF-8 stop your {program}: `decode` raises UnicodeDecodeError.",
        question="Anyone can send bytes that aren't text. What does your `decode` do with them, and what should happen "
        "to the rest of the chat?",
        read=TEXT,
        mistakes=("invalid-bytes-kill", "invalid-bytes-kill-client"),
    ),
    _server(
        "no-names",
        Life.GREET,
        _no_names,
        ANY_WORDS,
        "Your server takes the first line of a newcomer for a message: it never asks for a name and never uses one.",
        "What does Ben need to know when a line arrives, apart from its text? Which line of your server learns who is "
        "connected there?",
        FIRST_ROUND,
        stops=True,
    ),
    _server(
        "welcome-without-name",
        Life.GREET,
        _welcome_without_name,
        ANY_WORDS,
        "Your server's welcome doesn't contain the newcomer's name, so no one can tell whether the name was accepted.",
        "Read the line that comes after you give your name. What does PROTOCOLS.md say that it contains?",
        FIRST_ROUND,
        stops=True,
    ),
    _server(
        "way-out-untold",
        Life.GREET,
        _no_way_out,
        like(),
        "Your server's welcome doesn't say how to leave: the word `{{quit}}` isn't in it.",
        "You have just joined and don't know this program. From which line do you learn how to leave again?",
        FIRST_ROUND,
        missing=True,
    ),
    _server(
        "round-robin-recv",
        Life.GREET,
        _takes_turns,
        ANY_WORDS,
        "One thread of your server listens to everyone in turn{where}: while it waits for someone who says nothing, it "
        "hears no one else.",
        "Two clients are connected, and only the second one sends something. In which `recv` does your thread wait at "
        "this moment, and for whom?",
        THREADS,
        stops=True,
        mistakes=("round-robin-recv",),
    ),
    _server(
        "silent-newcomer",
        Life.GREET,
        _waits_for_name,
        like("test_a_silent_newcomer", "test_ctrl_c_during*", causes=("silence",)),
        "Your server waits for a newcomer's first words before it accepts the next one: someone who says nothing keeps "
        "all others out.",
        "Someone connects and types nothing. Which of your threads waits for this client, and what else is this "
        "thread's job?",
        THREADS,
        stops=True,
        mistakes=("silent-newcomer",),
    ),
    _server(
        "few-at-a-time",
        Life.GREET,
        _few_at_a_time,
        ANY_WORDS,
        "Your server serves only {count} clients at a time: the next one waits until one of them leaves.",
        "How many threads can serve clients in your program at the same time? Which line sets this number, and what "
        "happens to one client more?",
        THREADS,
        stops=True,
        mistakes=("fixed-thread-pool",),
    ),
    _server(
        "bytes-shown-as-b",
        Life.GREET,
        _bytes_shown,
        everything,
        "Your server shows a name as Python shows bytes: b'...' instead of the text.",
        "What type does the name have where you put it into a message? What does `str()` make of this type, and which "
        "method makes text of it?",
        TEXT,
        mistakes=("str-of-bytes",),
    ),
    _server(
        "no-join-notice",
        Life.GREET,
        _not_announced,
        ANY_WORDS,
        "Your server welcomes a newcomer, but tells no one else who has come.",
        "Anna is in the chat and Ben joins. What does each of the two read, and which line of yours sends it?",
        FIRST_ROUND,
        mistakes=("left-unsaid",),
    ),
    _server(
        "name-unchecked",
        Life.GREET,
        _name_unchecked,
        like("test_what_is_no_name"),
        "Your server accepts {what} as a name, instead of asking again.",
        "Which names does your server refuse? Try an empty line, a tab and a name of 33 characters: what does each "
        "participant see then?",
        FIRST_ROUND,
        missing=True,
        mistakes=("empty-name", "name-injection"),
    ),
    _server(
        "quit-as-name",
        Life.GREET,
        _quit_as_name,
        like("test_leaving_without_a_name"),
        "A visitor who says `{{quit}}` instead of a name can't leave: your server looks at this word only later.",
        "The very first line of a visitor is `{{quit}}`. Which of your lines looks at it first, and what does it make "
        "of it?",
        FIRST_ROUND,
        mistakes=("quit-as-name",),
    ),
    _server(
        "ghost-visitor",
        Life.LEAVE,
        _visitor_told,
        like("test_leaving_without_a_name", "test_a_visitor_is_lost"),
        "Your server tells the others about someone who left without ever giving a name.",
        "A client disconnects before it gives a name. Which of your lines still run for it, and which of them need a "
        "name?",
        FIRST_ROUND,
        mistakes=("ghost-visitor",),
    ),
    _server(
        "early-listener",
        Life.GREET,
        _early,
        like(
            *("test_a_silent_newcomer", "test_leaving_without_a_name", "test_a_visitor_is_lost"),
            *("test_no_place_left", "test_all_want_the_last_places", "test_a_hundred"),
            "test_several_are_lost_together",
        ),
        "Your server sends messages to visitors who haven't given a name yet.",
        "From which moment on does someone take part? Print your list of recipients: is someone in it who has no name?",
        FIRST_ROUND,
        mistakes=("early-listener",),
    ),
    _server(
        "names-shared-conn",
        Life.ANSWER,
        _one_connection,
        everything,
        "Your server takes the client who came last for the author of every message: all threads share one variable "
        "for the connection.",
        "Two clients are connected, and each has its own thread. How many variables hold a connection, and which value "
        "do they have after the second `accept`?",
        OBVIOUS,
        mistakes=("names-shared-conn",),
    ),
    _server(
        "loop-var-shadow",
        Life.NEXT,
        _loop_variable,
        everything,
        "The loop at line {line} changes `{name}`, which the rest of the function still needs for its own client.",
        "Print `{name}` before and after the loop at line {line}. Which client does it stand for each time?",
        OBVIOUS,
        mistakes=("loop-var-shadow",),
    ),
    _server(
        "overwritten-key",
        Life.GREET,
        _one_key,
        like("test_two_of_one_name"),
        "Two participants with the same name don't both hear what is said: the second one takes the first one's place.",
        "Two people called Anna join. How many entries does your table have then, and by what does it tell the two "
        "apart?",
        FIRST_ROUND,
        mistakes=("overwritten-key",),
    ),
    _server(
        "rest-thrown-away",
        Life.TAKE,
        _rest_lost,
        like("test_lines_*", "test_any_text", "test_several_at_once", "test_one_order*", "test_leaving", *STALLS),
        "What arrives together with a line, after its newline, is lost: your server reads it and doesn't keep it.",
        "One `recv` brings two lines at the same time. Which line of yours takes the first one out, and where is "
        "the second one after that?",
        LINES,
        mistakes=("first-recv-eats-next", "makefile-per-line"),
    ),
    _server(
        "messages-overwritten",
        Life.ANSWER,
        _overwritten,
        everything,
        "When two messages come quickly, the second one replaces the first before anyone has sent it.",
        "One thread leaves a message for another one. What happens to it if the next message comes before the first "
        "was taken out?",
        SENDER,
        mistakes=("one-slot-mailbox",),
    ),
    _server(
        "empty-line",
        Life.TAKE,
        _empty_line,
        like("test_everybody*"),
        "Your server {what}.",
        "Someone presses Enter without typing anything. Which value does your line have then, and where does your loop "
        "go next?",
        FIRST_ROUND,
        missing=True,
        mistakes=("break-inside-drain",),
    ),
    _server(
        "crlf",
        Life.TAKE,
        _text("crlf"),
        like("test_any_text", "test_everybody*"),
        "Where a line ends with `\\r\\n`, your server leaves the `\\r` in the text.",
        "Print `repr()` of a line that telnet or Windows sends. Which character is left at its end?",
        LINES,
        mistakes=("crlf",),
    ),
    _both(
        "strips-text",
        Life.TAKE,
        _strips,
        like(
            "test_any_text",
            "test_the_text_stays_as_it_is",
            "test_what_is_typed*",
            "test_lines_*",
            "test_leaving",
            "test_all_want*",
            causes=("other bytes",),
        ),
        "Your {program} removes more than the newline: spaces or letters of the text are gone too.",
        "Print `repr()` of a line before and after you clean it. What was removed, and what should have been?",
        "lessons/1_echo.md#the-client",
        mistakes=("rstrip-chars", "strip-takes-more"),
    ),
    _both(
        "decode-in-the-middle",
        Life.TAKE,
        _letter,
        like("test_any_text", "test_lines_and_letters*"),
        "Your {program} decodes each chunk by itself, but a chunk may end in the middle of a character.",
        "How many bytes does é have in UTF-8? What does your `decode` get if the first of them comes in one chunk and "
        "the second in the next?",
        TEXT,
        mistakes=("utf8-split", "errors-ignore", "utf8-split-client"),
    ),
    _server(
        "lock-twice",
        Life.LEAVE,
        _locks_itself,
        like(*LEAVING, *STALLS, "test_a_participant*", "test_a_line*", "test_the_console*", "test_ctrl_c*"),
        "A thread of your server waits for a lock that it holds itself{where}.",
        "Which lock does this line ask for, and which thread holds it? Follow the calls backwards from this line.",
        LOCK,
        mistakes=("lock-twice",),
    ),
    _server(
        "no-goodbye",
        Life.LEAVE,
        _no_goodbye,
        like(),
        "Your server ends before everyone has been told that the chat is over.",
        "You type `/close` at the server. Which line sends everyone a last message, in which thread does it run, "
        "and is it done when your program ends?",
        CLOSES,
        mistakes=("no-goodbye", "daemon-cuts-goodbye", "join-no-parens", "os-exit"),
    ),
    _server(
        "close-does-not-wake",
        Life.LEAVE,
        _close_wakes_nobody,
        like(*CLOSING, "test_no_place_left", "test_all_want*", "test_a_hundred", "test_the_console"),
        "Your server closes a socket while another thread still waits in `recv` on it: the other side sees no end of "
        "stream (EOF).",
        "Which thread still uses the connection when you close it? What does `close` do then, and which call ends the "
        "stream for both sides?",
        CLOSES,
        mistakes=("close-does-not-wake",),
    ),
    _server(
        "queue-join-forever",
        Life.LEAVE,
        _joins_queue,
        like(*CLOSING, "test_ctrl_c*", "test_the_console*"),
        "Your main thread waits{where} until everything in the queue is reported as done, but no one reports it.",
        "What does `join` of a queue wait for? Which line of yours tells the queue that a message has been dealt with?",
        CLOSES,
        mistakes=("queue-join-forever",),
    ),
    Fault(
        slug="busy-wait",
        life=Life.NEXT,
        decides=_busy_wait,
        explains=like(causes=("spins",)),
        stops=True,
        sentence="Your {program} uses a whole processor while there is nothing to do: a loop asks again and again "
        "instead of waiting.",
        question="Which loop of yours runs while nothing happens? Which call could wait there instead, until there is "
        "something?",
        read="lessons/4_peers.md#who-wakes-whom",
        mistakes=("busy-wait", "busy-wait-client"),
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
        "untyped-line",
        Life.GREET,
        _untyped_line,
        like(causes=("other bytes", "other line", "silence", "unwanted")),
        'Your client sends a line that its user didn\'t type ("{line}"): every server takes it for a message.',
        "Which lines does your client send that no one has typed? Who tells the others that someone has come?",
        CLIENT,
    ),
    replace(LAST_LINE_WITHOUT_END, decides=_last_line, programs=("client",), read=CLIENT),
    _client(
        "takes-turns",
        Life.NEXT,
        _takes_turns_client,
        like(causes=("silent screen", "other print", "goes on", "silence")),
        "Your client receives only after something was typed: at line {line} it waits for the keyboard, and what the "
        "others say isn't shown.",
        "Where is your only thread while no one types? Which thread could receive in the meantime?",
        "lessons/4_peers.md#the-idea",
        stops=True,
    ),
    _both(
        "input-blocks-loop",
        Life.TAKE,
        _blocks_the_loop,
        like(causes=(*SILENT, "silent screen", "goes on", "refused", "reset", "ended", "not listening")),
        "Line {line} waits for the keyboard in a coroutine. `asyncio` has one thread for all coroutines: while it "
        "waits there, nothing else runs.",
        "Which thread runs your other coroutines, and where is this thread now? Which call could wait for the keyboard "
        "in another thread?",
        THREADS,
        stops=True,
    ),
    _client(
        "extra-handshake",
        Life.GREET,
        _waits_for_word,
        lambda case, found, failure: failure.kind == "core" or ANY_WORDS(case, found, failure),
        "Your client sends its name only when `{word}` comes, but every server greets in words of its own.",
        "Which words does PROTOCOLS.md prescribe for a greeting in this stage? How can your client send what is typed "
        "without understanding what the server says?",
        CLIENT,
        stops=True,
    ),
    _client(
        "name-in-front",
        Life.ANSWER,
        _name_in_front,
        like(causes=("other bytes", "other line", "silence")),
        "Your client writes its name before what is typed, and the server does that too.",
        "Who puts the name before a line in this stage? How often would the others read it?",
        CLIENT,
        mistakes=("client-says-who-client",),
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
        "no-daemon",
        Life.LEAVE,
        _keyboard_in_executor,
        like("test_the_server*", "test_a_line*", "test_ctrl_c", causes=("goes on",)),
        "Your tasks have ended, but `asyncio` waits for its thread at the keyboard, and this thread waits for Enter.",
        "Which thread of your client reads the keyboard, and who has started it? What does `asyncio.run` do with such "
        "a thread at the end, and which kind of thread would Python not wait for?",
        "lessons/4_peers.md#starting-waiting-ending",
    ),
    _client(
        "end-unnoticed",
        Life.NOTICE,
        _end_unnoticed,
        like("test_the_server*", "test_leaving", "test_a_line*", causes=("goes on",)),
        "The other side has ended the stream, but your main thread never hears of it and keeps waiting{where}.",
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
        "lessons/4_peers.md#spot-the-bug",
        stops=True,
        mistakes=("daemon-in-input", "stdin-eof"),  # the second one ends so too, before Python 3.14
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
        "own-end-is-loss",
        Life.LEAVE,
        _own_end_is_loss,
        as_seen,
        "When {who}, your client takes this for a lost connection and ends with status 1.",
        "What does `recv` return, or raise, when the chat has ended as planned, and what when the connection is lost? "
        "Which of the two does your client see here, and which status does it give?",
        CLIENT,
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
        "lessons/1_echo.md#the-client",
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
        "output-not-flushed",
        Life.ANSWER,
        _not_flushed,
        like(causes=("silent screen", "other print", "unwanted print")),
        "What your client prints stays in a buffer: where no terminal reads its output, the text appears too late.",
        "Your program has passed its `print` already. If no terminal reads the output, where is the text now, and what "
        "sends it on?",
        "lessons/1_echo.md#the-client",
        mistakes=("stdout-buffered",),
    ),
    _client(
        "close-word-inside",
        Life.NOTICE,
        in_tests("test_words_of_others_are_words", causes=["ended"]),
        like("test_words_of_others*", causes=("ended",)),
        "Your client leaves when a line that arrives contains `{{quit}}`, but these are the words of someone else.",
        "Which lines may end your client: those that are typed, or those that arrive? On which of them do you look for "
        "`{{quit}}`?",
        CLIENT,
        mistakes=("in-band-control-word",),
    ),
]
