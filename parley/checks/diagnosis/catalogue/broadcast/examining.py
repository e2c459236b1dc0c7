"""How the programs of stage 5 are examined."""

from __future__ import annotations

import ast
from collections.abc import Callable

from parley.checks.diagnosis.catalogue.broadcast.shared import (
    AFTER,
    ANNA,
    BEN,
    CLEO,
    DANA,
    ENDLESS,
    FIRST,
    HALF,
    LAST,
    LETTERS,
    OTHER_TWIN,
    PROPER,
    SECOND,
    THIRD,
    TOGETHER,
    TWIN,
    VISITOR,
    lines_of,
    looks_for,
    name_called,
    notices_about,
)
from parley.checks.diagnosis.contact import Visit, shown
from parley.checks.diagnosis.syntax import nodes
from parley.contract.diagnosis import Detail
from parley.contract.errors import NotHere
from parley.harness.actors import Person, Role

OTHER_NAMES = ("Anna", "anna", "7")
GOOD_NAMES = ("Zoë O'Neill-Kim Jr.", "1001. guest", "Ж")  # none of them is usual, and each is printable
NO_NAMES = {"an empty line": "  ", "a name with control characters": "Hal\x1b[2J", "a name of 33 characters": "9" * 33}
MB = 1024**2
MOST_WORDS = 4  # of a program's own that are tried


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
    visit.note("next", to=CLEO, how=_how(came, ANNA, LAST), named=len(notices_about(BEN, came)), leaver_over=ben.over)
    _one_is_lost(visit, server, cleo, (anna, dana))
    _one_ends_the_stream(visit, server, dana, anna)
    said = (SECOND, "one 21", "three 23")
    visit.note("at_last", all=all(f"{BEN}: {text}\n".encode() in anna.received() for text in said))
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
    before = [visit.has_come(other) for other in people]
    person = visit.guest(name, server)
    greeting = visit.hears(person, lambda came: b"\n" in came)
    end = "line" if b"\n" in greeting else "no line end" if greeting else "nothing"
    visit.note("greeting", who=name, how=end, came=shown(greeting), over=person.over)
    if not greeting:
        visit.amiss(server, "greeting")
    for other, already in zip(people, before, strict=True):
        came = visit.has_come(other)[len(already) :]
        if came:
            visit.note("before_name", about=name, to=other.name, came=shown(came))
    person.says(name)
    came = visit.hears(person, lambda came: name.encode() in came and came.endswith(b"\n"))
    late, answer = False, came
    if name.encode() not in came and people == []:
        visit.amiss(server, "welcome")
        person.says(FIRST)
        came += visit.hears(person, lambda came: name.encode() in came)
        late = name.encode() in came
    how = "nothing" if name.encode() not in came else "line" if came.endswith(b"\n") else "no line end"
    quit_told = b"{quit}" in came or b"{quit}" in greeting
    details: dict[str, Detail] = {"late": late, "over": person.over, "quit_told": quit_told, "answer": shown(answer)}
    visit.note("welcome", who=name, how=how, came=shown(came), **details)
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
    for listener in (ben, cleo, dana):
        visit.note("copies", to=listener.name, count=listener.received().count(spoken))
    for person in people:
        if person.over:
            visit.note("dropped", who=person.name)


def _one_leaves(visit: Visit, server: Role, leaver: Person, others: tuple[Person, ...]) -> None:
    visit.at(f"when {leaver.name} left with {{quit}}")
    leaver.says("{quit}")
    passed = False
    for other in others:
        came = visit.hears(other, lambda came: bool(notices_about(leaver.name, came)))
        passed = passed or b"{quit}" in came
        named = len(notices_about(leaver.name, came))
        lines = len(lines_of(came))
        visit.note("left", to=other.name, named=named, lines=lines, came=shown(came), over=other.over)
    if not any(fact["named"] for fact in visit.facts if fact.name == "left"):
        visit.amiss(server, "notice")
    over = visit.sees_end(leaver)
    visit.note("word", passed=passed, over=over)
    last = visit.hears(leaver, lambda came: True)
    visit.note("at_the_end", came=FIRST.encode() in last)
    if not over:
        visit.amiss(server, "leaving")
        if not passed:  # is it listened to as before?
            leaver.says(AFTER)
            came = visit.hears(others[0], lambda came: AFTER.encode() in came)
            visit.note("after_word", heard=AFTER.encode() in came)
        elif _another_word(visit, leaver):
            return
        else:  # without its newline, is it the word then?
            leaver.sends("{quit}").ends()
            came = visit.hears(others[0], lambda came: bool(notices_about(leaver.name, came)) or b"{quit}" in came)
            visit.note("word_alone", passed=b"{quit}" in came)


def _another_word(visit: Visit, leaver: Person) -> bool:
    """Whether a word of the program's own lets someone leave, which is noted."""
    if looks_for(visit.source, "{quit}"):
        return False
    for word in _own_words(visit.source)[:MOST_WORDS]:
        leaver.says(word)
        if visit.sees_end(leaver):
            visit.note("way_out", word=word)
            return True
    return False


def _one_is_lost(visit: Visit, server: Role, lost: Person, others: tuple[Person, ...]) -> None:
    visit.at(f"when {lost.name} was lost")
    lost.sends(HALF).resets()
    for other in others:
        came = visit.hears(other, lambda came: bool(notices_about(lost.name, came)))
        half = HALF.encode() in came
        visit.note("lost", to=other.name, named=len(notices_about(lost.name, came)), half=half, came=shown(came))
    anna, dana = others
    dana.says(THIRD)
    came = visit.hears(anna, lambda came: f"{DANA}: {THIRD}\n".encode() in came)
    visit.note("goes_on", how=_how(came, DANA, THIRD), ended=server.ended, came=shown(came))


def _one_ends_the_stream(visit: Visit, server: Role, leaver: Person, other: Person) -> None:
    visit.at(f"when {leaver.name} ended the stream")
    leaver.ends()
    came = visit.hears(other, lambda came: bool(notices_about(leaver.name, came)))
    named = len(notices_about(leaver.name, came))
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
        accepted.append(_has_name(name, came))
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
    visit.note("stalled", heard=heard, greeted=greeted, grown=grown, author_over=anna.over)


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
    visit.note("empty", how=how, over=dana.over, came=shown(came))
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
    gone = bool(notices_about(speaker.name, came)) or speaker.over
    visit.note("behind_lost", how=_how(came, speaker.name, "eight 28"), author_gone=gone, came=shown(came))
    came = visit.hears(speaker, lambda came: all(notices_about(person.name, came) for person in lost))
    visit.note("lost_together", told=sum(bool(notices_about(person.name, came)) for person in lost), lost=len(lost))


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
    stray = [line for line in lines_of(came) if not any(word.encode() in line for word in (*known, "six 27"))]
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
    answer = b""
    for person in (first, second):
        visit.hears(person, lambda came: b"\n" in came)
        person.says(TWIN)
        answer = visit.hears(person, lambda came: TWIN.encode() in came)
    both = False
    for text in ("nine 29", "nine 29, once more"):  # who is taken in a moment later misses only the first one
        speaker.says(text)
        both = all([text.encode() in visit.hears(twin, _ends_with(text)) for twin in (first, second)])
        if both:
            break
    if not both:  # was the second one asked for another name?
        second.says(OTHER_TWIN) if not second.over else None
        came = visit.hears(second, lambda came: OTHER_TWIN.encode() in came)
        taken = OTHER_TWIN.encode() in came and f"{TWIN}: {OTHER_TWIN}".encode() not in came  # that would be a message
        visit.note("second_of_name", taken=taken, over=second.over, came=shown(answer))
    first.says("eleven 31") if both else None
    each_other = both and b"eleven 31" in visit.hears(second, lambda came: b"eleven 31" in came)
    first.says("{quit}")
    visit.sees_end(first)
    speaker.says("ten 30")
    other = b"ten 30" in visit.hears(second, lambda came: b"ten 30" in came)
    visit.note("twins", both=both, each_other=each_other, other=other)
    second.says("{quit}")
    visit.hears(speaker, lambda came: len(notices_about(TWIN, came)) > 3)  # both came, and both left


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
        over = person.over and not welcomed
        accepted = welcomed or (good.encode() not in came and not over)
        visit.note("no_name", what=what, accepted=accepted, came=shown(answer), over=over)
    for name in GOOD_NAMES:
        visit.at(f"when a visitor gave the name {name}")
        person = visit.guest("a visitor", server)
        visit.hears(person, lambda came: b"\n" in came)
        person.says(name)
        came = visit.hears(person, lambda came: b"\n" in came)
        same = name.encode() in came
        visit.note("good_name", name=name, accepted=_has_name(name, came), same=same, came=shown(came))


def _has_name(name: str, came: bytes) -> bool:
    """Whether this name came, perhaps in other capitals."""
    return name.casefold() in came.decode(errors="replace").casefold()


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
        visit.hears(other, lambda came: len(notices_about(ENDLESS, came)) > 1)
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
    if visit.vary.closely:
        _own_user_leaves(visit, client, person)
        return
    visit.at("after the name was typed")
    person.says("Who are you?")
    came = visit.hears(person, lambda came: f"{ANNA}\n".encode() in came)
    same = f"{ANNA}\n".encode() in came.replace(b"\r\n", b"\n")
    part = "inside" if came.endswith(b"\n") else "no line end"
    how = "same" if same else part if ANNA.encode() in came else "nothing"
    visit.note("name", how=how, came=shown(came), connections=client.connections_to(host.address[1]))
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
    visit.note("typed", how=_typed(typed, came), came=shown(came), wanted=shown(f"{typed}\n".encode()))
    typed_came = bool(came)
    if not typed_came:
        visit.amiss(client, "typed")
    visit.at("after a line came")
    text = f"{BEN}: {SECOND}"
    person.says(text)
    screen = visit.shows(client, _has(text))
    how = "same" if text in screen else "split" if SECOND in screen else "nothing"
    visit.note("shown", what="line", how=how, screen=screen[-200:])
    if not typed_came:
        later = visit.hears(person, lambda came: FIRST.encode() in came)
        visit.note("typed_later", came=FIRST.encode() in later)
    if how == "nothing":
        visit.amiss(client, "shown")
    person.sends_in_pieces(f"{BEN}: mead", "ow 19\nand then\n")
    whole = f"{BEN}: {THIRD}"
    screen = visit.shows(client, lambda screen: "and then" in screen)
    end = screen.partition(SECOND)[2]
    how = "same" if whole in screen else "other" if "mead" in end or "ow 19" in end else "nothing"
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


def _own_user_leaves(visit: Visit, client: Role, person: Person) -> None:
    """The client's user says the word for leaving: what does the server see of it, and what does the client do?"""
    person.says(f"Hello {ANNA}, {{quit}} to leave")
    visit.shows(client, _has("to leave"))
    client.comes_to_rest()  # so that its receiver waits for the next line when the user leaves
    visit.at("after the user said {quit}")
    client.types("{quit}")
    came = visit.hears(person, lambda came: came.endswith((b"{quit}\n", b"/close\n")))
    told = person.over or b"{quit}" in came or b"/close" in came
    if not told:
        visit.look(client)
    visit.note("user_leaves", told=told, ended=client.ended)


def _has(text: str):  # type: ignore[no-untyped-def]
    return lambda screen: text in screen


def _typed(typed: str, came: bytes) -> str:
    """How what was sent differs from what was typed, in a word or two."""
    if came in (f"{typed}\n".encode(), f"{typed}\r\n".encode()):
        return "same"
    if not came:
        return "nothing"
    if came == typed.encode():
        return "no line end"
    if typed.encode() not in came and came.strip() == typed.strip().encode():
        return "stripped"
    if came.endswith(f"\n{typed}\n".encode()):
        return "more"
    return "name in front" if ANNA.encode() in came else "other"


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
    if expected[:-1] not in came and expected.replace(b"\n", b"") in came.replace(b"\n", b""):
        return "split"
    if text.encode() in came:
        return "other" if author.encode() in came else "no author"
    return "other" if came else "nothing"


def _own_words(source: str) -> list[str]:
    """The words with which a program compares what it reads, but for those that the protocol has."""
    found = nodes(source)
    compared = [node.comparators[0] for node in found if isinstance(node, ast.Compare) and len(node.ops) == 1]
    compared += [call.args[0] for call in found if isinstance(call, ast.Call) and _is_startswith(call)]
    compared += [node.value for node in found if isinstance(node, ast.MatchValue)]
    compared += [each for node in compared if isinstance(node, ast.Tuple | ast.List | ast.Set) for each in node.elts]
    values = [node.value for node in compared if isinstance(node, ast.Constant)]
    words = [value.decode(errors="replace") if isinstance(value, bytes) else value for value in values]
    texts = [word.strip() for word in words if isinstance(word, str)]
    return list(dict.fromkeys(text for text in texts if text not in ("", "{quit}", "/close", "__main__")))


def _is_startswith(call: ast.Call) -> bool:
    return name_called(call) == "startswith" and bool(call.args)
