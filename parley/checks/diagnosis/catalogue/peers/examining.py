"""How the programs of stage 4 are examined."""

from __future__ import annotations

from collections.abc import Callable

from parley.checks.diagnosis.catalogue.peers.shared import (
    CLOSES,
    OTHER,
    OWN,
    SAID,
    TOGETHER,
    TYPED,
    TYPES_CLOSE,
    WITHOUT_A_WORD,
)
from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.harness.actors import Person, Role


def examine_server(visit: Visit) -> None:
    """A server and a guest of ours, three times: they talk, and the end comes in another way each time."""

    def begins() -> tuple[Role, Person]:
        server = visit.server(types=OWN)
        return server, visit.guest(OTHER, server)

    _three_chats(visit, begins)


def examine_client(visit: Visit) -> None:
    """A client and a server of ours, three times, as examine_server does it."""

    def begins() -> tuple[Role, Person]:
        client, host = visit.client(OWN)
        return client, visit.comes(client, host)

    _three_chats(visit, begins)


def examine_pair(visit: Visit) -> None:
    """The own server with the own client: both names are typed, then a line at each keyboard."""
    server = visit.server(types=OWN)
    client = visit.own_client(server, OTHER)
    visit.at("between your own two programs")
    for program, name in ((server, OTHER), (client, OWN)):
        came = name in visit.shows(program, lambda screen, name=name: name in screen)  # type: ignore[misc]
        visit.note("hears_name", program, came=came)
    server.types(TYPED[0])
    client.types(TYPED[1])
    for program, text in ((server, TYPED[1]), (client, TYPED[0])):
        came = text in visit.shows(program, lambda screen, text=text: text in screen)  # type: ignore[misc]
        visit.note("hears_line", program, came=came)
        if not came:
            visit.look(program)


def _three_chats(visit: Visit, begins: Callable[[], tuple[Role, Person]]) -> None:
    program, person = begins()
    if not _names(visit, program, person):
        return
    if visit.vary.pause:
        visit.at("after a quiet time")
        visit.scene.deadlines.watch(visit.vary.pause)
        visit.note("quiet", over=person.over or program.ended, log=program.logged.decode(errors="replace")[-200:])
        return
    _says(visit, program, person)
    _types(visit, program, person)
    visit.at(CLOSES)
    before = len(program.printed)
    person.says("/close")
    _comes_to_its_end(visit, program)
    visit.note("heard_close", shows=shown(bytes(program.printed)[before:]))

    program, person = begins()
    person.says(OTHER)
    visit.hears(person, lambda came: OWN.encode() in came)
    visit.at(WITHOUT_A_WORD)
    person.ends()
    _comes_to_its_end(visit, program)

    program, person = begins()
    person.says(OTHER)
    visit.shows(program, lambda screen: OTHER in screen)
    visit.hears(person, lambda came: OWN.encode() in came)
    visit.at(TYPES_CLOSE)
    program.types("/close")
    came = visit.hears(person, lambda came: came.endswith(b"\n"))
    if not came:
        visit.note("leaves_first", over=visit.sees_end(person))
    visit.stand(program)
    person.ends()  # a right program may wait a second for the other's last words
    visit.note("close", how=compared(b"/close\n", came), came=shown(came), over=visit.sees_end(person))
    if not visit.ends(program):
        visit.amiss(program, "leaves")
    visit.note("leaves", ended=program.ended, status=_status(program))


def _names(visit: Visit, program: Role, person: Person) -> bool:
    """Who is connected says nothing at first, then tells its name; whether anything came."""
    visit.at("after the connection")
    wanted = f"{OWN}\n".encode()
    came = visit.hears(person, lambda came: b"\n" in came)
    visit.note("name", told=False, how=compared(wanted, came), came=shown(came))
    if came != wanted:
        visit.amiss(program, "name")
    before = _last_line(program)
    person.says(OTHER)
    if not came:
        visit.at("after the other's name")
        came = visit.hears(person, lambda came: b"\n" in came)
        visit.note("name", told=True, how=compared(wanted, came), came=shown(came))
    if not came:
        visit.look(program)
        visit.at("after a typed line")
        program.types(TYPED[0])
        came = visit.hears(person, lambda came: TYPED[0].encode() in came)
        visit.note("first_line", came=shown(came), how=compared(f"{OWN}\n{TYPED[0]}\n".encode(), came))
        return False
    shows = visit.shows(program, lambda screen: OTHER in screen)
    alone = any(line.removeprefix(before) == OTHER for line in shows.splitlines())
    visit.note("greets", came=OTHER in shows, alone=alone)
    return True


def _last_line(program: Role) -> str:
    """What stands in the line in which the program prints next, such as a prompt."""
    return bytes(program.printed).decode(errors="replace").rpartition("\n")[2]


def _says(visit: Visit, program: Role, person: Person) -> None:
    """Two lines, one after the other, then two at once, arrive at the program."""
    for number, text in enumerate(SAID, 1):
        visit.at("after the first line" if number == 1 else "after the second line")
        before = len(program.printed)
        person.says(text)
        if not _is_shown(visit, program, number, text, before):
            return
    visit.at("after two lines in one chunk")
    person.sends("".join(f"{text}\n" for text in TOGETHER))
    screen = visit.shows(program, lambda screen: all(_line(screen, text) for text in TOGETHER))
    first, second = (_line(screen, text).removesuffix(text) for text in TOGETHER)
    came = all(_line(screen, text) for text in TOGETHER) and first == second
    visit.note("at_once", came=came, some=TOGETHER[1] in screen, first=TOGETHER[0] in screen)
    if not came:
        visit.look(program)


def _line(screen: str, text: str) -> str:
    """The last line of a screen that ends with this text, or ""."""
    return next((line for line in reversed(screen.splitlines()) if line.endswith(text)), "")


def _is_shown(visit: Visit, program: Role, number: int, text: str, before: int) -> bool:
    """Whether a line that was said appears; `before`: bytes that had been printed before it was said."""
    screen = visit.shows(program, lambda screen: bool(_line(screen, text)) or f"{text.encode()!r}" in screen)
    line = _line(screen, text)
    how = "same" if line.endswith(f"{OTHER}: {text}") else "label" if line else "nothing"
    if f"{text.encode()!r}" in screen:
        how = "repr"
    label = line.removesuffix(text)
    name = bool(label and f"{label}{OTHER}" in screen)
    above = bool(line and f"{OTHER}\n{line}" in screen)
    instead = shown(bytes(program.printed)[before:]) if how == "nothing" else ""
    visit.note("shown", number=number, how=how, line=line, label=label, name=name, above=above, instead=instead)
    if how in ("nothing", "repr"):
        visit.amiss(program, "shown")
        if program.ended:
            visit.note("over_already", status=_status(program))
    return how in ("same", "label")


def _types(visit: Visit, program: Role, person: Person) -> None:
    """Two lines are typed, one after the other, and no one answers."""
    for number, text in enumerate(TYPED, 1):
        visit.at("after the first typed line" if number == 1 else "after the second typed line")
        if number == 1:
            visit.note("untyped", came=shown(visit.hears(person, lambda came: True)))
        program.types(text)
        wanted = f"{text}\n".encode()
        came = visit.hears(person, lambda came, wanted=wanted: len(came) >= len(wanted))  # type: ignore[misc]
        missing = [SAID[int(fact["number"]) - 1] for fact in visit.facts if fact.fits(how="nothing") and fact["number"]]
        missing += [TOGETHER[1] for fact in visit.facts if fact.name == "at_once" and not fact["some"]]
        if number == 1 and missing:
            said = missing[0]
            shows = visit.shows(program, lambda screen, said=said: said in screen)  # type: ignore[misc]
            visit.note("shown_later", came=said in shows)
        how = compared(wanted, came)
        visit.note("sent", number=number, how=how, came=shown(came), wanted=shown(wanted), over=person.over)
        if came != wanted:
            visit.amiss(program, "sent")
        if not came:
            person.says("answer 41")
            later = visit.hears(person, lambda came: b"\n" in came)
            visit.note("after_answer", came=text.encode() in later)
            if text.encode() not in later:
                visit.at("after one more typed line")
                program.types("pepper 51")
                again = visit.hears(person, lambda came: b"pepper 51" in came)
                visit.note("typed_again", came=b"pepper 51" in again, both=text.encode() in again)
            return


def _comes_to_its_end(visit: Visit, program: Role) -> None:
    """No one types: does it end? If not, someone presses Enter."""
    ended = visit.ends(program)
    visit.note("ends", ended=ended, status=_status(program))
    if not ended:
        visit.amiss(program, "end")
        next_guest = visit.another_guest("Ben", program) if visit.program == "server" else None
        if next_guest:
            visit.note("next_guest", served=OWN.encode() in visit.hears(next_guest, lambda came: b"\n" in came))
            next_guest.ends()
        program.types("")
        visit.note("enter", ends=visit.ends(program))
        program.kill()  # or it disturbs what is looked at next


def _status(program: Role) -> int:
    return program.status if program.status is not None else -1
