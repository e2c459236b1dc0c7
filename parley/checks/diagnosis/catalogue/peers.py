"""Stage 4: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.ending import holds_keyboard
from parley.checks.diagnosis.catalogue.all_stages.log import SHOWN_ON_STDERR, shown_on_stderr
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import writes_into_file
from parley.checks.diagnosis.catalogue.all_stages.shared import ENDED, SLIPS, SOCKET_TROUBLE
from parley.checks.diagnosis.catalogue.all_stages.sockets import CLOSED
from parley.checks.diagnosis.catalogue.conversation import (
    BUSY_LOOP,
    BYTES_SHOWN_AS_B,
    CHUNK_REPLACED,
    CRLF,
    DECODE_IN_THE_MIDDLE,
    DECODE_STRICT,
    EXPECTS_OTHER_END,
    FILLED,
    FIXED_SIZE,
    KEYBOARD_READ_TWICE,
    LAST_LINE_WITHOUT_END,
    LINES,
    NO_LINE_END,
    NO_LINE_LIMIT,
    ONE_FILE_FOR_BOTH,
    OTHER_END,
    OTHER_LABEL,
    OUTPUT_NOT_FLUSHED,
    RECV_IS_A_MESSAGE,
    STRIPS_TEXT,
    lacks_line_end,
    looks_for_other_end,
    misses_its_label,
    only_blanks_are_lost,
    other_end,
    replaced_chunk,
    whatever_its_label,
    writes_what_it_reads,
)
from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import (
    BAD_PORT,
    CTRL_C,
    EXCHANGE,
    NEXT_START,
    PORT_TAKEN,
    REFUSED,
    RESET,
    START,
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
    in_tests,
    like,
    seen,
)
from parley.checks.diagnosis.slips import asks_twice, started_per_line
from parley.checks.diagnosis.syntax import (
    always_flushes,
    empty_functions,
    name_of,
    never_equal,
    nodes,
    nodes_in,
    wakes_in_vain,
)
from parley.checks.diagnosis.threads import in_coroutine, run_called
from parley.contract.diagnosis import Fact
from parley.harness.actors import Person, Role

IDEA, SENDER, RECEIVER = (f"lessons/4_peers.md#{place}" for place in ("the-idea", "the-sender", "the-receiver"))
BEGIN, WAKE = (f"lessons/4_peers.md#{place}" for place in ("starting-waiting-ending", "who-wakes-whom"))
CLIENT, CLOSE = (f"lessons/4_peers.md#{place}" for place in ("the-client", "who-closes-what-in-which-order"))
ERRORS, LOG = (f"lessons/4_peers.md#the-{place}" for place in ("second-round-errors", "third-round-the-log"))
MISTAKES = "lessons/4_peers.md#spot-the-bug"

OWN, OTHER = "Sofia", "Anna"  # the names: of the program's user, and of who talks with it
SAID, TYPED = ("harbour 17", "café ☕ 18"), ("ferry 21", "Straße 22")
TOGETHER = ("candle 31", "lemon 32")
NOT_AGAIN = "nothing leads back to the line that waits for the next one"
UNBUFFERED, QUIET = Variation(unbuffered=True), Variation(pause=2.5)
CLOSES, WITHOUT_A_WORD, TYPES_CLOSE = "after /close", "after the end without a word", "after a typed /close"
SCREEN = ("silent screen", "other print")
LOG_OF_END = ("test_the_log_says_who_has_left", "test_the_log_says_that_it_is_over")
DAEMON = re.compile(r"daemon\s*=\s*True|setDaemon|start_new_thread")
DAEMONS_END = "its main thread has nothing more to do, and daemon threads end with it"
LONGEST = 65_536  # bytes of a line; a longer one ends the chat
LOST = ("test_the_*_goes_without_a_word", "test_the_*_is_lost")


# What is done


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


# What decides


def _stands(case: Case, call: str = "", thread: str = "", where: str = "") -> Fact | None:
    """Where a thread stands ("main", or "another" one) that waits in this call."""
    for fact in case.facts("stands"):
        mine = not thread or (fact["thread"] == "main") == (thread == "main")
        if mine and (not call or fact["call"] == call) and where in fact.where:
            return fact
    return None


def _goes_on(case: Case, where: str = "after") -> Fact | None:
    """The first end after which it went on."""
    return next((fact for fact in case.facts("ends", ended=False) if where in fact.where), None)


def _hangs(case: Case, found: Found, failure: Failure) -> bool:
    """A test that waits in vain for the program's end, or for what it logs then."""
    if failure.fits(*LOG_OF_END):
        return failure.cause == "silent log" and bool(failure.shown("logs").strip())
    return failure in found.failures or (failure.cause == "goes on" and failure.moment != UNANSWERED)


def _no_line_end(case: Case) -> Found | None:
    facts = [*case.facts("name", how="no line end"), *case.facts("sent", how="no line end")]
    if not facts:
        return None
    came = facts[0]["came"]
    what = "its name" if facts[0].name == "name" else "a typed line"
    alone = (
        ""
        if case.together("hears_line", came=True)
        else "Your own two programs hang together, or misunderstand each other."
    )
    return Found({}, as_steps(f'What came as {what}: "{came}", without a newline.', alone))


def _name_deadlock(case: Case) -> Found | None:
    if not case.fact("name", told=False, how="nothing") or not case.facts("name", told=True):
        return None
    if case.fact("name", told=True, how="nothing"):
        return None
    stands = _stands(case, "recv", where="connection")
    both = case.together("hears_name", came=False)
    return Found(
        {},
        as_steps(
            "After the connection nothing came; as soon as the other side told its name, its own came.",
            stands,
            "Your own server and client, started together, never hear each other's names." if both else None,
        ),
    )


def _first_line(case: Case) -> Fact | None:
    """What came first, where no name ever came alone."""
    return case.fact("first_line")


def _name_with_message(case: Case) -> Found | None:
    fact = _first_line(case)
    if not fact or not str(fact["came"]).startswith(OWN) or TYPED[0] not in str(fact["came"]):
        return None
    return Found(
        {}, (f'"{OWN}" was typed as its name, and nothing came.', f'With the first typed line came "{fact["came"]}".')
    )


def _name_untold(case: Case) -> Found | None:
    fact = _first_line(case)
    if not fact or OWN in str(fact["came"]) or TYPED[0] not in str(fact["came"]):
        return None
    return Found(
        {}, (f'"{OWN}" was typed as its name, and it never came.', f'The first line that came: "{fact["came"]}".')
    )


def _length_prefix(case: Case) -> Found | None:
    """The name comes behind its length."""
    prefix = re.compile(rf"({len(OWN)}|\\x05)\W*{OWN}")
    name = next((fact for fact in case.facts("name") if prefix.search(str(fact["came"]))), None)
    if not name:
        return None
    works = "Your own server and client understand it." if case.together("hears_name", came=True) else ""
    return Found({}, as_steps(f'The name "{OWN}" came as "{name["came"]}".', works))


def _extra_handshake(case: Case) -> Found | None:
    """The first line has something before or behind the name, or is something else."""
    name = next((fact for fact in case.facts("name") if fact["how"] in ("inside", "other", "repr")), None)
    if not name or _untyped_line(case) or _other_end(case) or _fixed_size(case):
        return None
    return Found({}, (f'The name "{OWN}" was typed. The first line that came: "{name["came"]}".',))


def _other_end(case: Case) -> Found | None:
    """A name or a line that was typed ends in another way than with a newline."""
    for fact in (*case.facts("name"), *case.facts("sent", number=1)):
        text, came = (OWN if fact.name == "name" else TYPED[0]), str(fact["came"])
        end = other_end(text, came) if fact["how"] != "same" else ""
        if end:
            name_only = fact.name == "name" and case.fact("sent", number=1, how="same")
            ended = "its name" if name_only else "its lines"
            return Found({"end": end, "ended": ended}, (f'Typed: "{text}". Sent: "{came}".',))
    return None


def _expects_other_end(case: Case) -> Found | None:
    """A name and a line came, and it waits for more; it looks for something else at the end of a line."""
    waits, end = _stands(case, "recv", where="first"), looks_for_other_end(case.source)
    if not waits or not end or not (case.fact("shown", number=1, how="nothing") or case.fact("greets", came=False)):
        return None
    return Found({"end": end}, as_steps("Whole lines were sent to it, and it shows nothing.", waits))


def _fixed_size(case: Case) -> Found | None:
    """The name comes, and behind it the same character again and again."""
    for fact in case.facts("name"):
        filled = FILLED.fullmatch(str(fact["came"]).removesuffix("\\n"))
        if filled and filled[1] == OWN:
            works = "Your own server and client understand it." if case.together("hears_name", came=True) else ""
            step = f'"{OWN}" was typed as its name. This came: "{str(fact["came"])[:60]}".'
            return Found({}, as_steps(step, works))
    return None


def _untyped_line(case: Case) -> Found | None:
    """The name comes in a line of its own, and behind it another line that no one typed."""
    if _other_end(case):
        return None
    for name in case.facts("name", how="inside"):
        first, end, more = str(name["came"]).partition("\\n")
        if first == OWN and end and more:
            line = more.partition("\\n")[0]
            return Found({"line": line}, (f'Only the name "{OWN}" was typed, and this came: "{name["came"]}".',))
    sent, untyped = case.fact("sent", number=1), case.fact("untyped")
    came = str(sent["came"]) if sent and TYPED[0] in str(sent["came"]) else ""
    line, end, _ = (str(untyped["came"] or came) if untyped else came).partition("\\n")
    if end and line and TYPED[0] not in line and case.fact("name", told=False, how="same"):
        return Found({"line": line}, (f'The name came, and then this, which no one had typed: "{line}".',))
    return None


def _changes_text(case: Case) -> Found | None:
    """One line is typed, and something else comes."""
    sent = case.fact("sent", number=1)
    if not sent or sent["how"] not in ("other", "part", "inside") or _untyped_line(case) or _name_before_each(case):
        return None
    if "/close" in str(sent["came"]) or _other_end(case) or _length_prefix(case):
        return None
    return Found({"came": sent["came"]}, (f'Typed: "{sent["wanted"]}". Sent: "{sent["came"]}".',))


def _name_from_second_line(case: Case) -> Found | None:
    """The first line of the other side is shown or thrown away, and the second one is taken for its name."""
    first, second = SAID
    later = case.fact("shown", number=2)
    if not later or not str(later["line"]).endswith(f"{first}: {second}"):
        return None
    step = f'The name "{OTHER}" came, then the lines "{first}" and "{second}". The last one was shown as '
    return Found({}, (f'{step}"{later["line"]}".',))


def _over_already(case: Case) -> Found | None:
    """Names have crossed, and it ends at once, by itself: its other threads end with it."""
    fatal = [failure for failure in case.failures if _dies_in_the_chat(failure)]
    if _has_failed(case) or not (case.fact("over_already") or fatal):
        return None
    if not DAEMON.search(case.source):
        return None
    left = f"Names were exchanged. No one had left the chat, and the {case.program} was already at its end."
    return Found({"when": "as soon as its threads have started", "why": DAEMONS_END}, (left,), tuple(fatal))


def _has_failed(case: Case) -> bool:
    """Whether an exception, or its own exit with status 1, has ended it: then it does not just end with main."""
    raised = [fact for fact in case.facts("uncaught") if not str(fact["exception"]).startswith("Fatal")]
    slips = [fact for fact in case.facts("raises") if fact["exception"] in SLIPS]
    return bool(raised or slips or case.fact("over_already", status=1))


def _dies_in_the_chat(failure: Failure) -> bool:
    """Whether Python has stopped with a fatal error, as it does at a program's end, before anyone ended the chat.

    (A line that is too long ends it, too.)
    """
    ends = ("ends stream", "resets", "ends keyboard", "presses Ctrl+C", "is killed")
    ended = any(event.what in ends or b"/close" in event.data for event in failure.events)
    sent = b"".join(event.data for event in failure.events if event.what == "sends")
    ended = ended or any(len(line) > LONGEST for line in sent.split(b"\n"))
    return not ended and holds_keyboard(failure.shown("logs"))


def _no_names(case: Case) -> Found | None:
    """The other's name is shown as a message, or messages are shown without it."""
    line = case.fact("shown", number=1, how="label")
    if not line or _label(case) != "none" or _name_from_second_line(case):
        return None
    first = f'"{OTHER}", the first line that came, was shown as a message.' if line["name"] else ""
    alike = line["name"] and str(line["label"]).strip()
    uses = "treats the first line that arrives like all others" if alike else "uses no names"
    return Found({"uses": uses}, as_steps(first, f'"{SAID[0]}", said by {OTHER}, was shown as "{line["line"]}".'))


def _name_not_shown(case: Case) -> Found | None:
    """The other's name stands before what is said, but nothing is shown when it comes."""
    line = case.fact("shown", number=1, how="same")
    if not line or not case.fact("greets", came=False) or case.again(UNBUFFERED, "greets", came=True):
        return None
    shown_later = f'"{SAID[0]}", said by {OTHER} after that, was shown as "{line["line"]}".'
    return Found({}, (f'The other\'s name, "{OTHER}", came, and it was not shown.', shown_later))


def _name_cut(case: Case) -> Found | None:
    """A name of two words is sent or shown without the second one."""
    for failure in case.failed("test_both_tell_their_names", causes=(*SCREEN, "other bytes", "other line", "part")):
        if failure.cause in SCREEN:
            whole, shows = "Anna María", failure.shown().decode(errors="replace")
            if "Anna" in shows and "Mar" not in shows:
                line = _line_with(shows, "Anna")
                return seen([failure], f'The name "{whole}" arrived. Shown: "{line}".', whole=whole)
        wanted, came = failure.expected, failure.received
        if isinstance(wanted, bytes) and isinstance(came, bytes):
            words, kept = wanted.split(), came.split()
            if 0 < len(kept) < len(words) and set(kept) <= set(words):
                return seen([failure], _as_sent(wanted, came), whole=wanted.decode().strip())
    return None


def _as_sent(wanted: bytes, came: bytes) -> str:
    return f'The name "{wanted.decode().strip()}" was typed. Sent: "{shown(came)}".'


def _name_changed(case: Case) -> Found | None:
    """A name is sent in other letters, such as small ones."""
    for failure in case.failed("test_both_tell_their_names", causes=("other bytes", "other line")):
        wanted, came = failure.expected, failure.received
        if isinstance(wanted, bytes) and isinstance(came, bytes) and came.endswith(b"\n") and came != wanted:
            alike = came.decode(errors="replace").casefold() == wanted.decode().casefold()
            return seen([failure], _as_sent(wanted, came)) if alike else None
    return None


def _line_with(screen: str, text: str) -> str:
    return next((line for line in screen.splitlines() if text in line), "")


def _label(case: Case) -> str:
    """What stands before what is said, if not "NAME: ": "own name", "other" (of a program that has shown the other's
    name as a name), or "none"; "" if it is right.
    """
    line = case.fact("shown", number=1, how="label")
    if not line:
        return ""
    if OWN in str(line["label"]):
        return "own name"
    as_name = case.fact("greets", came=True, alone=False) and not line["name"]
    return "other" if as_name or OTHER in str(line["label"]) else "none"


def _name_keeps_line_end(case: Case) -> Found | None:
    """What is said stands in a line of its own, below the line that ends with the name of who said it."""
    line = case.fact("shown", number=1, how="label", above=True)
    label = str(line["label"]) if line else ""
    if not line or not label.strip() or re.search(r"\w", label):
        return None
    step = f'"{SAID[0]}" was shown in two lines: one ends with "{OTHER}", and the next one is "{line["line"]}".'
    return Found({}, (step,))


def _changes_what_is_shown(case: Case) -> Found | None:
    """Instead of a line that arrived, another text with one of its words was shown."""
    line = case.fact("shown", how="nothing")
    words = SAID[int(line["number"]) - 1].casefold().split() if line else []
    instead = str(line["instead"]).casefold() if line else ""
    wrong = [fact for fact in case.facts("raises") if fact["exception"] not in (*SOCKET_TROUBLE, "SystemExit")]
    if not line or wrong or not any(word in instead for word in words) or _not_flushed(case):
        return None
    step = f'"{SAID[int(line["number"]) - 1]}" arrived. Shown: "{line["instead"]}".'
    return Found({"instead": line["instead"]}, (step,))


def _empty_line(case: Case) -> Found | None:
    """An empty line is typed or arrives, and it is not passed on, or it ends something."""
    for failure in case.failed("test_the_text_stays_as_it_is"):
        typed = failure.expected == b"\n"
        arrived = str(failure.expected).endswith('contains "Anna:"')
        if (typed or arrived) and not failure.exception and isinstance(failure.received, bytes | None):
            over = failure.cause in ("ended", "end", "reset") or b"/close" in (failure.received or b"")
            does = "the chat ends" if over else "it isn't sent" if typed else "it isn't shown"
            return seen([failure], as_step(failure), what="is typed" if typed else "arrives", does=does)
    return None


def _other_label(case: Case) -> Found | None:
    """What is said is shown in another form."""
    return _misses_label(case) if _label(case) == "other" and not _name_keeps_line_end(case) else None


def _own_name_shown(case: Case) -> Found | None:
    """What the other one says is shown with the name of the program's own user."""
    return _misses_label(case) if _label(case) == "own name" else None


def _misses_label(case: Case) -> Found | None:
    line = case.facts("shown", number=1)[0]
    failures = tuple(failure for failure in case.failures if misses_its_label(failure))
    steps = (f'Wanted: "{OTHER}: {SAID[0]}"', f'Shown: "{line["line"]}"')
    return Found({"label": "NAME"}, steps, failures) if failures else None


def _any_label(case: Case) -> Found | None:
    return _other_label(case) or _own_name_shown(case)


def _name_before_each(case: Case) -> Found | None:
    sent = case.fact("sent", number=1, how="inside")
    if not sent or OWN not in str(sent["came"]) or _untyped_line(case):
        return None
    return Found({}, (f'Typed: "{sent["wanted"]}". Sent: "{sent["came"]}".',))


def _receiver_dies(case: Case) -> Found | None:
    if not case.fact("shown", how="nothing"):
        return None
    for fact in case.facts("raises"):
        if fact["exception"] in ("ValueError", "IndexError", "KeyError") and fact["function"] != "<module>":
            name = f"{fact['exception']}: {fact['message']}"
            step = f"Line {fact['line']} of {case.program}.py, in {fact['function']}, raises {name}."
            return Found(
                {"exception": fact["exception"], "line": fact["line"]},
                (step, "A line came, and nothing was shown any more."),
            )
    return None


def _not_shown(case: Case) -> Found | None:
    """A line was received, its thread waits for the next one, and it never appears, without a buffer neither."""
    silent = case.fact("shown", number=1, how="nothing")
    waits = _stands(case, "recv", where=silent.where) if silent else None
    shows_other = _not_flushed(case) or _on_stderr(case) or _changes_what_is_shown(case)
    if not silent or not waits or not case.fact("greets", came=True) or shows_other:
        return None
    unread = any(fact["unread"] for fact in case.facts("socket") if fact.where == silent.where)
    wrong = [fact for fact in case.facts("raises") if fact["exception"] not in (*SOCKET_TROUBLE, "SystemExit")]
    if unread or wrong or case.fact("shown_later", came=True):
        return None
    step = f'"{SAID[0]}" arrived and was read, and the screen doesn\'t show it, with and without a buffer.'
    return Found({}, as_steps(step, waits))


def _on_stderr(case: Case) -> Found | None:
    return shown_on_stderr(case, SAID[0]) if case.fact("shown", number=1, how="nothing") else None


def _not_flushed(case: Case) -> Found | None:
    if always_flushes(case.source):
        return None
    unbuffered = "Run without a buffer (python -u) it appears immediately."
    if case.fact("shown", number=1, how="nothing") and case.again(UNBUFFERED, "shown", number=1, how="same"):
        return Found({}, ("What arrived is not on the screen.", unbuffered))
    if case.fact("greets", came=False) and case.again(UNBUFFERED, "greets", came=True):
        waiting = [failure for failure in case.failed(causes=SCREEN) if "contains" in str(failure.expected)]
        return seen(waiting, "The other's name has come, and the line with it is not on the screen.", unbuffered)
    return None


def _as_bytes(case: Case) -> Found | None:
    if not case.fact("shown", how="repr"):
        return None
    return Found({}, (f"Its screen shows b'{SAID[0]}', with a b and quotes around the text.",))


def _called_target(case: Case) -> tuple[str, int] | None:
    """The function and the line of a thread that is made with target=f(x)."""
    for node in nodes(case.source):
        if isinstance(node, ast.Call) and name_of(node.func) == "Thread":
            target = next((word.value for word in node.keywords if word.arg == "target"), None)
            target = target or (node.args[1] if len(node.args) > 1 else None)
            if isinstance(target, ast.Call) and name_of(target.func) != "partial":
                return name_of(target.func), node.lineno
    return None


def _names_in(source: str, function: str) -> list[str]:
    """The names that the lines of a function use."""
    return [name_of(node) for node in nodes_in(source, function) if isinstance(node, ast.Name | ast.Attribute)]


def _target_called(case: Case) -> Found | None:
    made = _called_target(case)
    if not made:
        return None
    function, line = made
    stands = _stands(case, thread="main")
    if stands and stands["function"] not in (function, *_names_in(case.source, function)):
        return None
    step = f"Line {line} of {case.program}.py calls {function}() immediately, in the thread that makes the new one."
    return Found({"line": line}, as_steps(step, stands))


def _run_called(case: Case) -> Found | None:
    line = run_called(case.source)
    stands = _stands(case, thread="main")
    if not line or not case.fact("trouble"):
        return None
    step = f"Line {line} of {case.program}.py calls run(), and not start()."
    return Found({"line": line}, as_steps(step, stands))


def _two_receive(case: Case) -> Found | None:
    """Two threads wait for data at the same moment, on the one connection that there is."""
    keyboards = {fact.where for fact in case.facts("stands", call="input")}
    # a thread that reads its keyboard under another name than sys.stdin seems to receive, too
    receives = case.facts("stands", call="recv")
    certain = [f for f in receives if f.where in keyboards or ".recv" in case.line(int(f["line"]))]
    for first in certain:
        for second in certain:
            if second.where == first.where and second["thread"] != first["thread"]:
                lines = {"first": first["line"], "second": second["line"]}
                return Found(lines, as_steps(first, second))
    return None


def _takes_turns(case: Case) -> Found | None:
    sent = case.fact("sent", how="nothing")
    if sent and case.fact("after_answer", came=True):
        stands = next((fact for fact in case.facts("stands") if fact.where == sent.where), None)
        step = f"{capital(sent.where)} nothing came; when the other side had said something, it came."
        waits = "waits for an answer before you may speak again"
        moment = "You have just said something, and want to add a word."
        return Found({"waits": waits, "moment": moment}, as_steps(step, stands))
    missing = case.fact("shown", how="nothing") or case.fact("at_once", some=False)
    stands = _stands(case, "input", "main", missing.where) if missing else None
    if missing and case.fact("shown_later", came=True) and stands:
        receives = _stands(case, "recv", where=missing.where)
        if receives and not always_flushes(case.source):  # it may have shown the line, and not flushed it
            return None
        step = f"{capital(missing.where)}, something was not shown until its user typed a line."
        waits = "shows what has arrived only after its user has typed something"
        return Found({"waits": waits, "moment": "A line arrives, and no one types."}, as_steps(step, stands))
    return None


def _reads_two_lines(case: Case) -> Found | None:
    """A typed line is taken, and not sent; the next one that is typed is sent without it."""
    lost = case.fact("sent", how="nothing")
    waits = _stands(case, "input", where=lost.where) if lost else None
    if not lost or not waits or not case.fact("typed_again", came=True, both=False) or not asks_twice(case.source):
        return None
    step = f'"{str(lost["wanted"]).removesuffix(_END)}" was typed, and never came. The next typed line did.'
    return Found({"line": waits["line"]}, as_steps(step, waits))


_END = "\\n"  # a newline, as a fact shows it


def _chunk_replaced(case: Case) -> Found | None:
    wrong = case.fact("greets", came=False) or case.fact("shown", how="nothing")
    return replaced_chunk(case, wrong)


def _thread_per_line(case: Case) -> Found | None:
    """What arrives is shown only after something was typed: each typed line starts a thread that receives once."""
    line, function = started_per_line(case.source)
    missing = case.fact("shown", how="nothing") or case.fact("at_once", some=False)
    if not line or not missing:
        return None
    stands = _stands(case, "input", "main", missing.where)
    return Found({"line": line, "function": function}, as_steps(f"{capital(missing.where)} nothing was shown.", stands))


def _one_message_only(case: Case) -> Found | None:
    """One line is shown or sent, and no later one: nothing goes back to the line that reads."""
    # (a send after the other's end may raise, or not yet)
    foreseen = (*SOCKET_TROUBLE, "KeyboardInterrupt", "SystemExit")
    unforeseen = [fact for fact in case.facts("raises") if fact["exception"] not in foreseen]
    if unforeseen or _time_limit(case):
        return None
    first, second = case.fact("sent", number=1), case.fact("sent", number=2)
    came = "".join(str(fact["came"]) for fact in (first, second) if fact)
    if TYPED[0] in came and "/close" in came:
        step = f'Two lines were typed, and no /close. This came: "{came}".'
        why = "what should happen once, when the user leaves, happens after each line"
        return Found({"does": "says /close after the first line that is typed", "why": why}, (step,))
    if first and second and first["how"] == "same" and second["how"] != "same" and second["over"]:
        step = f'Two lines were typed. "{came}" came, and then the end of the stream.'
        return Found({"does": "sends only the first line that is typed, and leaves", "why": NOT_AGAIN}, (step,))
    second = case.fact("shown", number=2, how="nothing")
    # where no thread can be seen, nothing says what it does
    waits = _stands(case, where="second line") or _stands(case, where=CLOSES)
    receives = _stands(case, "recv", where="second line") or _stands(case, "recv", where=CLOSES)
    if second and case.fact("shown_later", came=False) and waits and not receives:
        step = "The first line that came was shown, the second one was not, and no thread waits for data any more."
        return Found({"does": "shows only the first message that arrives", "why": NOT_AGAIN}, as_steps(step, waits))
    second, waits = case.fact("sent", number=2, how="nothing"), _stands(case, where="second typed line")
    if second and case.fact("after_answer", came=False) and waits and not _stands(case, "input", where=second.where):
        step = "The first typed line was sent, the second one was not, and no thread waits for the keyboard any more."
        return Found({"does": "sends only the first line that is typed", "why": NOT_AGAIN}, as_steps(step, waits))
    return None


def _sent_not_flushed(case: Case) -> Found | None:
    """Not even its name came; it writes into a file of its connection, and each thread waits for more."""
    waits = _stands(case, "input", where="the other's name") or _stands(case, "recv", where="the other's name")
    if not case.fact("name", told=True, how="nothing") or not waits or not writes_into_file(case):
        return None
    return Found({}, as_steps("A name was typed, and nothing was sent.", waits))


def _blocks_the_loop(case: Case) -> Found | None:
    """The only thread waits for the keyboard within a coroutine, and what came is not read."""
    waits = _stands(case, "input", "main", "line")
    if not waits or not case.fact("shown", how="nothing") or not in_coroutine(case.source, int(waits["line"])):
        return None
    return Found({"line": waits["line"]}, as_steps("A line came, and was not shown.", waits))


def _serves_on(case: Case) -> Found | None:
    """The chat is over, and main waits for the next client."""
    goes_on = _goes_on(case, CLOSES)
    accepts = _stands(case, "accept", "main", CLOSES)
    served = case.fact("next_guest", served=True)
    if not goes_on or not (accepts or (served and served.where == goes_on.where)):
        return None
    main = accepts or _stands(case, thread="main", where=CLOSES)
    next_one = "The next client that connected was greeted." if served else None
    where = f" at line {main['line']}" if main and main["line"] else ""
    step = "The other side said /close, and the server kept running."
    return Found({"where": where}, as_steps(step, main, next_one))


def _no_close_word(case: Case) -> Found | None:
    """/close came, and is shown as a message, or the receiver goes on waiting."""
    goes_on = _goes_on(case, CLOSES)
    waits = _stands(case, "recv", where=CLOSES)
    heard = case.fact("heard_close")
    if heard and heard["shows"] and "/close" not in str(heard["shows"]):  # it has told its user something else
        waits = None
    shows = _shown_as_message(case)
    if not goes_on or not (shows or waits):
        return None
    does = "shows the line as a message" if shows else "keeps waiting for the next line"
    why = never_equal(case.source, "/close")
    step = "The other side said /close, and the program kept running."
    return Found({"does": does}, as_steps(step, why, None if why else waits))


def _shown_as_message(case: Case) -> bool:
    """Whether /close was shown like what the other side says."""
    return any(line.endswith(": /close") for fact in case.facts("screen") for line in str(fact["text"]).splitlines())


def _close_word_inside(case: Case) -> Found | None:
    """It ended at a line that is only like the word."""
    failures = case.failed("test_only_close_closes", causes=("ended", "end", "other bytes", "crashed", "reset"))
    said = [event for failure in failures for event in failure.events if event.what in ("sends", "types")]
    line = said[-1].data.decode(errors="replace").strip("\r\n").rpartition("\n")[2] if said else ""
    return seen(failures, line=f'"{line}"' if line else "that only contains the word /close")


def _input_in_daemon_thread(case: Case) -> Found | None:
    logs = [str(fact["log"]) for fact in case.facts("screen") if holds_keyboard(str(fact["log"]))]
    failures = [failure for failure in case.failures if holds_keyboard(failure.shown("logs"))]
    if not logs and not failures:
        return None
    line = "Python's last words: Fatal Python error: _enter_buffered_busy: could not acquire lock for stdin."
    return Found({}, ("When the program ended, a daemon thread still waited in input().", line), tuple(failures))


def _keyboard_at_the_end(case: Case) -> tuple[Fact, Fact | None] | None:
    """Where main, and the thread at the keyboard, stand when the chat is over and the program goes on."""
    goes_on = _goes_on(case)
    if not goes_on:
        return None
    main = next((f for f in case.facts("stands", thread="main") if f.where == goes_on.where), None)
    keyboard = (f for f in case.facts("stands", call="input") if f.where == goes_on.where and f["thread"] != "main")
    return (main, next(keyboard, None)) if main else None


def _enter_ends(case: Case, goes_on: Fact) -> str | None:
    ends = any(fact["ends"] for fact in case.facts("enter") if fact.where == goes_on.where)
    return "Enter ends it." if ends else None


def _no_daemon(case: Case) -> Found | None:
    stands = _keyboard_at_the_end(case)
    if _executor_at_the_keyboard(case):
        return None
    if not stands or not (stands[0]["call"] == "shutdown" or (stands[0]["call"] == "join" and not stands[0]["line"])):
        return None
    main, other = stands
    other = other or _stands(case, thread="another", where=main.where)
    return Found(
        {"where": f" is at line {other['line']}" if other and other["line"] else " still runs"},
        as_steps(f"{capital(main.where)} the program kept running.", main, other, _enter_ends(case, main)),
    )


def _executor_at_the_keyboard(case: Case) -> Found | None:
    """The chat is over, and asyncio waits for a thread of its executor: Enter ends it."""
    stands = _keyboard_at_the_end(case)
    if not stands or not re.search(r"run_in_executor|to_thread|Executor\(", case.source):
        return None
    main, keyboard = stands
    enter = _enter_ends(case, main)
    keyboard = keyboard or next((f for f in case.facts("stands", call="executor") if f.where == main.where), None)
    if not enter or not keyboard or main["call"] == "input":
        return None
    return Found({}, as_steps(f"{capital(main.where)} the program kept running.", main, keyboard, enter))


def _join_keyboard(case: Case) -> Found | None:
    stands = _keyboard_at_the_end(case)
    if not stands or stands[0]["call"] != "join" or not stands[0]["line"] or not stands[1]:
        return None
    main, keyboard = stands
    return Found(
        {"line": main["line"]},
        as_steps(f"{capital(main.where)} the program kept running.", main, keyboard, _enter_ends(case, main)),
    )


def _needs_enter(case: Case) -> Found | None:
    stands = _keyboard_at_the_end(case)
    if not stands or stands[0]["call"] != "input" or _shown_as_message(case):
        return None
    if not _goes_on(case, CLOSES) and _lost_unnoticed(case):  # it knows of a polite end
        return None
    main = stands[0]
    step, enter = f"{capital(main.where)} the program kept running.", _enter_ends(case, main)
    notices = "notices the end only when someone presses Enter" if enter else "keeps running when the chat is over"
    return Found({"line": main["line"], "notices": notices}, as_steps(step, main, wakes_in_vain(case.source), enter))


def _exit_in_thread(case: Case) -> Found | None:
    """sys.exit was called in a thread, and the program went on."""
    if not _goes_on(case):
        return None
    for fact in case.facts("raises"):
        if fact["exception"] == "SystemExit" and fact["thread"] != "MainThread":
            line = fact["line"]
            step = (
                f"Line {line} of {case.program}.py, in {fact['function']}, calls sys.exit in a thread that is not main."
            )
            stands = _keyboard_at_the_end(case)
            return Found({"line": line}, as_steps(step, stands[0] if stands else None))
    return None


def _end_not_told(case: Case) -> Found | None:
    """The receiver has gone, and main waits for something that no one says."""
    stands = _keyboard_at_the_end(case) if _goes_on(case, CLOSES) else None
    if not stands or _stands(case, "recv", where=stands[0].where) or stands[0]["call"] not in ("wait", "sleep", "get"):
        return None
    main = stands[0]
    return Found({"line": main["line"]}, as_steps(f"{capital(main.where)} the program kept running.", main))


def _no_notice(case: Case) -> Found | None:
    """It ends after /close as it should, and says nothing."""
    failures = case.failed("test_the_client_closes", "test_the_server_closes", causes=["wordless"])
    return None if _goes_on(case) else seen(failures)


def _close_not_sent(case: Case) -> Found | None:
    close = case.fact("close")
    if not close or close["how"] in ("same", "no line end", "inside"):
        return None
    came = f'"{close["came"]}"' if close["came"] else "nothing"
    leaves = "leaves without sending /close: the other side sees only the end of the stream and must take it for a loss"
    if close["came"] or case.fact("leaves_first", over=True):
        return Found({"leaves": leaves}, (f"/close was typed; what came before the end of the stream: {came}.",))
    if not case.fact("sent", number=2, how="same"):
        return None
    stays = "stops reading the keyboard when its user types /close, but neither sends that line nor leaves"
    stands = as_steps(_stands(case, thread="main", where=TYPES_CLOSE))
    return Found({"leaves": stays}, ("/close was typed; nothing came, and the stream did not end.", *stands))


def _close_not_sent_at_the_end(case: Case) -> Found | None:
    if not case.fact("close", how="same"):
        return None
    failures = case.failed("test_the_end_of_the_keyboard", causes=("end", "ended", "silence", "other bytes"))
    return seen([failure for failure in failures if not lacks_line_end(failure)])


def _ends_without_line_end(case: Case) -> Found | None:
    """The last line that is typed has no line end, and so it is sent: /close comes in the same line."""
    failures = [failure for failure in case.failed("test_the_end_of_the_keyboard") if lacks_line_end(failure)]
    came = [failure.received for failure in failures if isinstance(failure.received, bytes)]
    return seen(failures, f'The last typed line had no newline. This came: "{shown(came[0])}"') if came else None


def _own_close_hangs(case: Case) -> Found | None:
    """/close was sent, but its end of stream, or its own end, does not come."""
    close = case.fact("close", how="same")
    failures = case.failed("test_the_user_closes", causes=("silence", "goes on"))
    if not close or not failures or _close_not_heard(case):
        return None
    hangs = case.fact("leaves", ended=False)
    step = (
        "/close was typed and sent, and the program kept running."
        if hangs
        else "/close was typed and sent, and no EOF came."
    )
    leaves = "" if hangs else "It came only after the other side had closed its sending side too."
    return Found({}, as_steps(step, leaves, _stands(case, thread="main", where=TYPES_CLOSE)), tuple(failures))


def _explains_own_close(case: Case, found: Found, failure: Failure) -> bool:
    """Where it also goes on after the other's /close, that has another reason."""
    own = failure.fits("test_the_user_closes", "test_the_end_of_the_keyboard")
    return own or (failure.cause == "goes on" and not _goes_on(case, CLOSES))


def _close_without_line_end(case: Case) -> Found | None:
    """What is typed is sent with its newline, and only its /close without one."""
    if not case.fact("close", how="no line end") or not case.fact("sent", number=1, how="same"):
        return None
    return Found({}, ('/close was typed, and "/close" came, without a newline. Other lines came with it.',))


def _own_end_is_loss(case: Case) -> Found | None:
    """Its user typed /close, which was sent; it ended with status 1, and no socket was closed too early."""
    failures = case.failed("test_the_user_closes", "test_the_end_of_the_keyboard", causes=["other status"])
    failures = [failure for failure in failures if failure.facts.get("wanted") == 0 and not failure.exception]
    if not failures or not case.fact("close", how="same") or not case.fact("ends", ended=True, status=0):
        return None
    if _closed_too_early(case) or _close_not_heard(case) or _timeout_stays(case):
        return None
    step = "After the other side's /close it exits with status 0. After its own, which was sent, with status 1."
    words = failures[0].shown("logs").decode(errors="replace").strip().splitlines()
    return Found({}, as_steps(step, f'Its last words: "{words[-1][:150]}"' if words else None), tuple(failures))


def _close_not_heard(case: Case) -> Found | None:
    """A typed /close is sent, as any line is, and the thread at the keyboard waits for the next line."""
    keyboard = _stands(case, "input", where=TYPES_CLOSE)
    if not case.fact("close", how="same") or not keyboard:
        return None
    hangs = case.failed("test_the_user_closes", causes=("silence", "goes on", "other status"))
    if not hangs or _stands(case, "join", "main", TYPES_CLOSE):
        return None
    step = "/close was typed and sent, and the program waits for the next typed line."
    return Found({}, as_steps(step, never_equal(case.source, "/close"), keyboard), tuple(hangs))


def _closed_too_early(case: Case) -> Found | None:
    """Its last words after its own /close are about a socket that is no socket any more."""
    causes = ("other status", "crashed", "traceback")
    for failure in case.failed("test_the_user_closes", "test_the_end_of_the_keyboard", causes=causes):
        log = failure.shown("logs").decode(errors="replace").strip()
        if "[Errno 9]" in log or "[WinError 10038]" in log:
            status = str(failure.facts.get("status") or "an exception")
            last = log.splitlines()[-1][:150]
            steps = (f"After its own /close it ended with {status}.", f'Its last words: "{last}"')
            return Found({"status": status}, steps, (failure,))
    return None


def _uses_closed_socket(case: Case) -> Found | None:
    """A line of the chat raises, in the middle of it: the socket was closed before."""
    if not (case.fact("over_already") or case.fact("name", told=True, how="nothing")):
        return None
    for fact in case.facts("raises"):
        if any(number in str(fact["message"]) for number in CLOSED):
            step = as_raised(fact)
            return Found({"line": fact["line"]}, ("No one had left the chat.", step))
    return None


def _time_limit(case: Case) -> Fact | None:
    """A line of the program raises, since a time limit of its socket was reached."""
    return next((fact for fact in case.facts("raises") if "timed out" in str(fact["message"]) and fact["line"]), None)


def _timeout_stays(case: Case) -> Found | None:
    limit = _time_limit(case)
    if limit and (case.fact("over_already") or "timed out object" in str(limit["message"])):
        step = as_raised(limit)
        return Found({}, ("No one had left the chat.", step))
    left = case.again(QUIET, "quiet", over=True) if "timeout" in case.source else None
    if not left or _leaves_when_quiet(case):
        return None
    failures = case.failed("test_two_seconds_are_enough", causes=("ended", "other status", "end", "silent screen"))
    log = str(left["log"]).strip().splitlines()[-1:]
    words = f'Its last words: "{log[0][:100]}"' if log else None
    return Found({}, as_steps("No one said anything for 2.5 s, and it left.", words), tuple(failures))


def _explains_time_limit(case: Case, found: Found, failure: Failure) -> bool:
    """Where a test was quiet for long; where the examination was not even that, whatever needs a moment of silence."""
    soon = not found.failures and _after_it_is_over(case, found, failure)
    soon = soon or (failure.cause == "other status" and failure.facts.get("wanted") == 0)
    return soon or failure in found.failures or failure.fits("test_two_seconds_are_enough")


def _leaves_when_quiet(case: Case) -> Found | None:
    """No one said anything, and it left, although no time limit of a socket was reached."""
    failures = case.failed("test_two_seconds_are_enough")
    if not failures or _has_failed(case) or not case.again(QUIET, "quiet", over=True):
        return None
    limits = ("TimeoutError", "timeout", "BlockingIOError")
    if any(case.again(QUIET, "raises", exception=name) for name in limits) or empty_functions(case.source):
        return None
    why = DAEMONS_END if DAEMON.search(case.source) else "no thread of it waits for anything any more"
    details = {"when": "after a short time", "why": why}
    return Found(details, ("No one said anything for 2.5 s, and it left.",), tuple(failures))


def _busy_loop(case: Case) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if WITHOUT_A_WORD in fact.where), None)
    if not spins:
        return None
    stands = _stands(case, thread="another", where=spins.where)
    step = f"{capital(spins.where)} it uses all the time of a processor."
    return Found({}, as_steps(step, stands))


def _recv_is_a_message(case: Case) -> Found | None:
    failures = case.failed("test_many_lines_at_once", "test_a_line_in_pieces", causes=(*SCREEN, "unwanted print"))
    failures = [failure for failure in failures if not _only_a_letter_is_cut(failure)]
    if case.fact("at_once", came=True):
        failures = [failure for failure in failures if not _cut_among_many(failure)]
    failures += [failure for failure in case.failed("test_a_line_in_pieces", causes=ENDED) if _in_parts(failure)]
    if not failures or case.fact("shown", how="nothing") or not case.fact("shown", number=2):
        return None
    if _lost_with_the_name(case) or _last_line_only(case) or _no_newline_shown(case):
        return None
    if writes_what_it_reads(case) and ".recv" not in case.source:
        return None
    if case.fact("at_once", came=False):
        return seen(failures, "Two lines that arrived one by one were shown. Two that arrived together weren't.")
    if failures[0].fits("test_many_lines_at_once"):
        step = "A name and lines arrived in one chunk, and the lines after the name were lost."
    else:
        step = "A line that arrived in several chunks wasn't shown as one line."
    return seen(failures, step)


def _keyboard_in_chunks(case: Case) -> Found | None:
    """A long line was typed, and it came in several lines: all of its bytes, and newlines between them."""
    for failure in case.failed("test_a_line_in_pieces", causes=["other bytes"]):
        wanted, came = failure.expected, failure.received
        if isinstance(wanted, bytes) and isinstance(came, bytes) and b"\n" in came:
            at = came.index(b"\n")
            if wanted.startswith(came[:at]) and at + 1 < len(wanted):
                step = (
                    f"A line of {len(wanted):,} bytes was typed. It was sent in parts, the first one of {at:,} bytes."
                )
                return seen([failure], step)
    return None


def _only_a_letter_is_cut(failure: Failure) -> bool:
    """Whether a line that came byte by byte was shown as one line, with other signs for its letter of many bytes."""
    lines = failure.shown().decode(errors="replace").splitlines()
    return any("one by one " in line and "\N{REPLACEMENT CHARACTER}" in line for line in lines)


def _cut_among_many(failure: Failure) -> bool:
    """Whether of many lines that came in one chunk a letter was lost, where a call returned half of its bytes."""
    lost = "\N{REPLACEMENT CHARACTER}".encode() in failure.shown() or failure.exception == "UnicodeDecodeError"
    return failure.fits("test_many_lines_at_once") and lost


def _in_parts(failure: Failure) -> bool:
    """Whether the letters of a line that came byte by byte were shown as so many lines."""
    return b": o\n" in failure.shown() and b": n\n" in failure.shown()


def _cut_at_other_signs(case: Case) -> Found | None:
    """A line with characters that only look like newlines was shown up to the first one."""
    for failure in case.failed("test_the_text_stays_as_it_is", causes=(*SCREEN, "unwanted print")):
        came = failure.received if isinstance(failure.received, str) else ""
        if "page 2" in str(failure.expected) and came.endswith('page 1"'):
            return seen([failure], f"Wanted: {failure.expected!s}", f"Shown: {came}")
    return None


def _explains_recv(case: Case, found: Found, failure: Failure) -> bool:
    """What needs whole lines; where it also goes on after the other's /close, that has another reason."""
    if failure.fits("test_many_lines_at_once"):
        return failure.cause in (*SCREEN, "unwanted print")
    pieces = failure.fits("test_a_line_in_pieces", "test_a_letter_in_two_pieces")
    names = ("test_line_ends_of_other_systems", "test_a_line_without_end", "test_the_*_closes", *LOG_OF_END)
    later = failure.fits(*names) and not failure.fits("test_the_user_closes", "test_only_close_closes")
    return failure in found.failures or pieces or (later and not _goes_on(case))


def _last_line_only(case: Case) -> Found | None:
    """Of two lines that came together the second one is shown, and the first one never."""
    if not case.fact("at_once", some=True, first=False):
        return None
    step = f'"{TOGETHER[0]}" and "{TOGETHER[1]}" arrived together. Only "{TOGETHER[1]}" was shown.'
    return Found({}, (step,))


def _no_newline_shown(case: Case) -> Found | None:
    """Two lines that came one after the other are shown in the same line of the screen."""
    second = case.fact("shown", number=2)
    if not second or SAID[0] not in str(second["line"]):
        return None
    return Found({}, (f'"{SAID[0]}" and "{SAID[1]}" arrived one by one. Shown: "{second["line"]}".',))


def _lost_with_the_name(case: Case) -> Found | None:
    """Lines that come together are shown, and so are parts of a line; only what comes with the name is lost."""
    failures = case.failed("test_many_lines_at_once", "test_line_ends_of_other_systems", causes=SCREEN)
    failures = [failure for failure in failures if not _cut_among_many(failure)]
    if not any(failure.fits("test_many_lines_at_once") for failure in failures):
        return None
    if not case.fact("at_once", came=True) or case.failed("test_a_line_in_pieces", causes=SCREEN):
        return None
    if writes_what_it_reads(case):
        return None
    step = "A name and lines arrived in one chunk, and the lines after the name were lost. Later ones were shown."
    return seen(failures, step)


def _one_file_for_both(case: Case) -> Found | None:
    """What was read ahead is lost, and the file that reads also writes."""
    failures = case.failed("test_many_lines_at_once", "test_both_speak_at_any_time", causes=SCREEN)
    if not failures or not writes_what_it_reads(case):
        return None
    return seen(failures, "Lines arrived in one chunk while something was sent, and some of them were lost.")


def _if_it_shows(decides: Decides) -> Decides:
    """Decided only where what arrives is shown at all: otherwise such a test has seen something else."""

    def shows(case: Case) -> Found | None:
        return decides(case) if any(fact["how"] != "nothing" for fact in case.facts("shown", number=2)) else None

    return shows


def _crash_at_a_loss(case: Case) -> Found | None:
    crashed = [
        failure
        for failure in case.failed(causes=("crashed", "traceback"))
        if failure.exception in SOCKET_TROUBLE and not _raises_itself(case, failure)
    ]
    return seen([failure for failure in crashed if failure.moment == RESET or failure.fits(*LOST)])


def _raises_itself(case: Case, failure: Failure) -> bool:
    """Whether a thread was ended by an exception that a `raise` of the program has raised: it knows of the loss."""
    return failure.cause == "traceback" and case.line(failure.line).strip().startswith("raise ")


def _cut_letter(case: Case) -> Found | None:
    """A letter was cut, which Python says, and nothing was shown any more."""
    words = "unexpected end of data"
    for fact in case.facts("raises", exception="UnicodeDecodeError"):
        if words in str(fact["message"]) and case.fact("shown", number=2, how="nothing"):
            raised = f"Line {fact['line']} of {case.program}.py raises UnicodeDecodeError: {fact['message']}"
            return Found({}, (raised, f'That was at the line "{SAID[1]}"; nothing was shown after that.'))
    return _if_it_shows(in_tests("test_a_letter_in_two_pieces"))(case)


def _explains_cut_letter(case: Case, found: Found, failure: Failure) -> bool:
    """If the examination has seen it, all that follows from it."""
    raised = failure.exception == "UnicodeDecodeError"
    follows = not found.failures and (raised or _after_a_message(case, found, failure))
    cut = _only_a_letter_is_cut(failure) or _cut_among_many(failure)
    return failure in found.failures or cut or follows or failure.fits("test_bytes_that_are_no_text")


def _same_exception(case: Case, found: Found, failure: Failure) -> bool:
    return failure in found.failures or failure.exception == found.details["exception"]


def _lost_unnoticed(case: Case) -> Found | None:
    """An end of the stream without /close: it goes on, or leaves without a word as after a goodbye."""
    crashes = _crash_at_a_loss(case)
    raised = [failure for failure in case.failed(*LOST) if _raises_itself(case, failure)]
    if (raised or not crashes) and _goes_on(case, WITHOUT_A_WORD) and not _goes_on(case, CLOSES):
        stands = _stands(case, thread="main", where=WITHOUT_A_WORD)
        only = f"{raised[0].exception}{raised[0].facts['where']} ends only that thread." if raised else None
        steps = as_steps("After /close it exits. After EOF without /close, it keeps running.", only, stands)
        return Found({"does": "keeps running"}, steps)
    silent = [failure for failure in case.failed(*LOST, causes=("other status",)) if _says_nothing(failure)]
    step = "After EOF without /close it exits with status 0 and prints nothing."
    return seen(silent, step, does="ends as if /close had arrived")


def _says_nothing(failure: Failure) -> bool:
    """Whether nothing was shown or logged after the loss."""
    after = [event.what for event in failure.events]
    losses = [number for number, what in enumerate(after) if what in ("ends stream", "resets")]
    return bool(losses) and not {"prints", "logs"} & set(after[losses[-1] :])


def _explains_no_names(case: Case, found: Found, failure: Failure) -> bool:
    causes = (*SCREEN, "other bytes", "silence", "unwanted print")
    core = failure.kind == "core" and (failure.cause in causes or failure.fits("test_the_end_of_the_keyboard"))
    return core or _not_even_a_chat(failure)


def _not_even_a_chat(failure: Failure) -> bool:
    """Whether a test about how a chat ends or is logged was over before that: its first lines did not cross."""
    causes = (*SCREEN, "silence", "other bytes", "other line", "part", "no line end")
    return failure.kind != "core" and failure.cause in causes and failure.moment in (EXCHANGE, START, REFUSED)


def _explains_busy_loop(case: Case, found: Found, failure: Failure) -> bool:
    turns = failure.cause in ("spins", "floods", "goes on")
    return turns or (failure.fits("test_the_*_goes_without_a_word") and not _not_even_a_chat(failure))


def _after_a_message(case: Case, found: Found, failure: Failure) -> bool:
    """Everything for which a message has to be taken, also where the program then ends, or never does."""
    ends = failure.kind == "core" and failure.cause in ("ended", "end", "goes on", "other status")
    return ends or _core_exchange(case, found, failure)


def _after_it_is_over(case: Case, found: Found, failure: Failure) -> bool:
    """Everything that would have happened in the chat."""
    elsewhere = failure.moment in (CTRL_C, NEXT_START, PORT_TAKEN, BAD_PORT, REFUSED)
    return not elsewhere and failure.cause in (
        "ended",
        "crashed",
        "end",
        "reset",
        "silent screen",
        "other status",
        "silence",
    )


def _explains_serving(case: Case, found: Found, failure: Failure) -> bool:
    own = failure.fits("test_the_user_closes", "test_the_end_of_the_keyboard", "test_the_*_goes_*", "test_the_*_lost")
    return own or _hangs(case, found, failure)


def _core_exchange(case: Case, found: Found, failure: Failure) -> bool:
    """Everything that needs names and lines to cross."""
    causes = (*SCREEN, "part", "no line end", "silence", "other bytes", "other line", "unwanted print", "traceback")
    return failure in found.failures or failure.cause in causes


FAULTS = [
    replace(
        NO_LINE_END,
        life=Life.GREET,
        decides=_no_line_end,
        explains=_core_exchange,
        mistakes=("no-terminator-sent",),
    ),
    Fault(
        slug="name-deadlock",
        life=Life.GREET,
        decides=_name_deadlock,
        explains=like("test_both_tell_their_names"),
        stops=True,
        sentence="Your {program} waits for the other side's name before it sends its own: two such programs wait for "
        "each other forever.",
        question="Start your own server and your own client. In which call does each of them wait now, and what would "
        "the other have to do first?",
        read=BEGIN,
        mistakes=("silent-newcomer",),
    ),
    Fault(
        slug="name-with-message",
        life=Life.GREET,
        decides=_name_with_message,
        explains=_core_exchange,
        sentence="The name leaves your {program} only together with the first message, so the other side doesn't know "
        "yet who came.",
        question="You have typed your name and nothing else. Which bytes have left your {program} by now, and which "
        "line sends them?",
        read=BEGIN,
    ),
    Fault(
        slug="name-untold",
        life=Life.GREET,
        decides=_name_untold,
        explains=_core_exchange,
        sentence="Your {program} never sends its name: each side sends its name as its first line.",
        question="Which is the first line that leaves your {program}? How does the other side learn who it talks with?",
        read=BEGIN,
        mistakes=("name-untold",),
    ),
    Fault(
        slug="length-prefix",
        life=Life.GREET,
        decides=_length_prefix,
        explains=_core_exchange,
        stops=True,
        sentence="Your {program} sends the length of each text before it; in this stage a text is a line, which ends "
        "with a newline.",
        question="How does your {program} tell where a text ends, and how does PROTOCOLS.md say it? Who else can "
        "understand yours?",
        read=LINES,
    ),
    replace(FIXED_SIZE, decides=_fixed_size, explains=_core_exchange),
    replace(
        OTHER_END,
        life=Life.GREET,
        decides=_other_end,
        explains=_core_exchange,
        sentence="Your {program} ends {ended} with {end}, but a line ends with \\n and nothing else.",
    ),
    replace(EXPECTS_OTHER_END, life=Life.GREET, decides=_expects_other_end, explains=_core_exchange),
    Fault(
        slug="extra-handshake",
        life=Life.GREET,
        decides=lambda case: _extra_handshake(case) or _name_changed(case),
        explains=_core_exchange,
        sentence="The first line that your {program} sends isn't just the name that its user typed.",
        question="Which line does your user type first, and which line does your {program} send first? PROTOCOLS.md, "
        "stage 4, says what goes out there: what does yours say instead?",
        read=BEGIN,
    ),
    Fault(
        slug="untyped-line",
        life=Life.GREET,
        decides=_untyped_line,
        explains=_core_exchange,
        sentence='After its name your {program} sends a line that its user didn\'t type ("{line}"): for the other side '
        "it is a message.",
        question="Which lines leave your {program} before anything but the name was typed? What does the other side "
        "show when they arrive, and under whose name?",
        read=BEGIN,
    ),
    Fault(
        slug="name-from-second-line",
        life=Life.GREET,
        decides=_name_from_second_line,
        explains=_explains_no_names,
        sentence="Your {program} takes the second line that arrives for the other's name. The name is the first line: "
        "nothing comes before it.",
        question="How many lines does your {program} read before the first message? Which lines does the other side "
        "send before it, according to PROTOCOLS.md?",
        read=RECEIVER,
    ),
    Fault(
        slug="ends-too-early",
        life=Life.TAKE,
        decides=lambda case: _over_already(case) or _leaves_when_quiet(case),
        explains=_after_it_is_over,
        stops=True,
        sentence="Your {program} exits {when}, in the middle of the chat: {why}.",
        question="Which line does your main thread run last, and when? For what should it wait before that, and who "
        "could tell it?",
        read=BEGIN,
    ),
    Fault(
        slug="no-names",
        life=Life.GREET,
        decides=_no_names,
        explains=_explains_no_names,
        sentence="Your {program} {uses}. The first line that its user types is a name and goes out first. The "
        "first line that arrives is the other's name: it is shown, and stands before each later line.",
        question="What does your {program} do with the first line that is typed, and what with the first line that "
        "arrives? How could it remember the name for the lines that follow?",
        read=RECEIVER,
    ),
    Fault(
        slug="name-not-shown",
        life=Life.GREET,
        decides=_name_not_shown,
        explains=like(causes=("silent screen",)),
        sentence="Your {program} takes the other's name but doesn't show it: its user can't see who has come until the "
        "first message.",
        question="The other's name has arrived, and nothing else yet. What does your user see at this moment? Which "
        "line of yours could show who is there?",
        read=RECEIVER,
    ),
    Fault(
        slug="name-cut",
        life=Life.GREET,
        decides=_name_cut,
        sentence='Your {program} loses a part of a name: "{whole}" is one name, whatever is in it.',
        question="Print repr() of the name as it was read and as you use it. Which line of yours makes it shorter, and "
        "what for?",
        read=RECEIVER,
    ),
    Fault(
        slug="own-name-shown",
        life=Life.ANSWER,
        decides=_own_name_shown,
        sentence="Your {program} shows what the other side says under the name of its own user.",
        question="Two names are in your {program}: one was typed, the other one arrived. What is each of them called, "
        "and which one stands in the line that shows a message?",
        read=RECEIVER,
    ),
    Fault(
        slug="changes-text",
        life=Life.TAKE,
        decides=_changes_text,
        explains=like("test_the_user_closes", causes=("other bytes", "part", "no line end", "silence", "too much")),
        sentence='What your {program} sends isn\'t what its user typed: it sent "{came}". A line goes out unchanged.',
        question="Print repr() of the line that you read and of what you send. Which name stands in the line that "
        "sends, and what is its value there?",
        read=SENDER,
    ),
    replace(
        OTHER_LABEL,
        last=False,  # whoever speaks is part of what is shown in this stage
        decides=_other_label,
        read=RECEIVER,
    ),
    Fault(
        slug="name-before-each-line",
        life=Life.TAKE,
        decides=_name_before_each,
        explains=like("test_the_user_closes", "test_the_end_of_the_keyboard", causes=("other bytes",)),
        sentence="Your {program} puts its name before each line that it sends; the other side has the name already.",
        question="What has the other side got as your first line, and what does it put before each text that it shows?",
        read=SENDER,
        mistakes=("client-says-who", "quit-prefixed"),
    ),
    Fault(
        slug="receiver-dies",
        life=Life.TAKE,
        decides=_receiver_dies,
        explains=_after_a_message,
        stops=True,
        sentence="Your receiving thread ends with {exception} at line {line} when a message comes: from then on "
        "nothing is shown.",
        question="Print repr() of the line that arrives, just before the line that fails. What does your code expect "
        "to find in it, and who would have put that there?",
        read=ERRORS,
    ),
    replace(
        OUTPUT_NOT_FLUSHED,
        decides=_not_flushed,
        explains=like(causes=(*SCREEN, "unwanted print")),
        read=RECEIVER,
        mistakes=("stdout-buffered",),
    ),
    Fault(
        slug="name-keeps-line-end",
        life=Life.GREET,
        decides=_name_keeps_line_end,
        explains=like(causes=(*SCREEN, "unwanted print")),
        sentence="The other's name keeps its newline in your {program}, so each message is shown in two lines.",
        question="Print repr() of the name as it arrived. What is at its end, and where should it have been cut?",
        read=RECEIVER,
    ),
    Fault(
        slug="shows-other-text",
        life=Life.ANSWER,
        decides=_changes_what_is_shown,
        explains=like(causes=(*SCREEN, "unwanted print")),
        sentence='What your {program} shows isn\'t what arrived: it shows "{instead}". A line is shown unchanged.',
        question="Print repr() of the line as it arrived and of what you print. Where do the two differ, and which "
        "line makes the difference?",
        read=RECEIVER,
    ),
    Fault(
        slug="not-shown",
        life=Life.ANSWER,
        decides=_not_shown,
        explains=_core_exchange,
        sentence="Your {program} receives what the other side says, but no line of it shows a message: only the name "
        "appears.",
        question="Your receiving loop has a line in its hands that is no /close. Which statement runs next, and where "
        "does the user see the text?",
        read=RECEIVER,
    ),
    replace(SHOWN_ON_STDERR, decides=_on_stderr, explains=like(causes=SCREEN)),
    replace(
        BYTES_SHOWN_AS_B,
        decides=_as_bytes,
        explains=like(causes=SCREEN),
        mistakes=("str-of-bytes",),
    ),
    Fault(
        slug="thread-target-called",
        life=Life.START,
        decides=_target_called,
        explains=_core_exchange,
        stops=True,
        sentence="At line {line} your main thread runs the function itself, before there is a thread: target only gets "
        "what this call returns.",
        question="Which thread is inside this function right now? What do the parentheses after its name do, and who "
        "should make that call?",
        read=IDEA,
        mistakes=("target-called",),
    ),
    Fault(
        slug="thread-run-called",
        life=Life.START,
        decides=_run_called,
        explains=_core_exchange,
        stops=True,
        sentence="Line {line} calls run() of a thread: the main thread runs the function itself, and no new thread "
        "begins.",
        question="Which thread is inside this function right now? Which method makes a new thread begin?",
        read=IDEA,
        mistakes=("run-not-start",),
    ),
    Fault(
        slug="two-receive",
        life=Life.TAKE,
        decides=_two_receive,
        explains=lambda case, found, failure: _after_a_message(case, found, failure) or _hangs(case, found, failure),
        stops=True,
        sentence="Two threads of your {program} receive from the same connection, at lines {first} and {second}: "
        "whatever arrives goes to one of them, and the other one never sees it.",
        question="A line arrives. Which of the two threads gets it? Which one should, and how could it tell the other "
        "one what that one needs to know?",
        read=RECEIVER,
    ),
    Fault(
        slug="sent-not-flushed",
        life=Life.GREET,
        decides=_sent_not_flushed,
        explains=_core_exchange,
        stops=True,
        sentence="What your {program} writes into the connection's file stays in its buffer: nothing is sent until it "
        "is flushed.",
        question="When does a file hand over what you wrote? What makes it do so immediately?",
        read=SENDER,
    ),
    Fault(
        slug="input-blocks-loop",
        life=Life.TAKE,
        decides=_blocks_the_loop,
        explains=_after_a_message,
        stops=True,
        sentence="Line {line} waits for the keyboard in a coroutine. asyncio has one thread for all coroutines: while "
        "it waits there, nothing else runs.",
        question="Which thread runs your coroutine that receives, and where is this thread now? Which call could wait "
        "for the keyboard in another thread?",
        read=IDEA,
    ),
    Fault(
        slug="uses-closed-socket",
        life=Life.GREET,
        decides=_uses_closed_socket,
        explains=_after_it_is_over,
        stops=True,
        sentence="Line {line} uses a socket that your {program} has closed already, before the chat is over.",
        question="Which line closes this socket, or which with block ends before line {line}? How long does the chat "
        "need it?",
        read=CLOSE,
    ),
    replace(KEYBOARD_READ_TWICE, decides=_reads_two_lines, explains=_after_a_message, read=SENDER),
    replace(CHUNK_REPLACED, decides=_chunk_replaced, explains=_core_exchange, read=RECEIVER),
    Fault(
        slug="thread-per-line",
        life=Life.START,
        decides=_thread_per_line,
        explains=_after_a_message,
        stops=True,
        sentence="Line {line} starts a thread of {function} after each typed line: before the first line no one "
        "receives, and after several lines several threads do.",
        question="Which thread waits for what the other side says before anything is typed? How often does this thread "
        "have to start, and what should it do when it has shown a line?",
        read=RECEIVER,
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_message_only,
        explains=_after_a_message,
        stops=True,
        sentence="Your {program} {does}: {why}.",
        question="How often does each line of this function run? What would make it wait for the next message?",
        read=RECEIVER,
    ),
    Fault(
        slug="serves-on",
        life=Life.NOTICE,
        decides=_serves_on,
        explains=_explains_serving,
        programs=("server",),
        sentence="When the chat is over, your server waits for the next client{where}. In this stage it serves one "
        "chat and exits.",
        question="The chat is over. For what does your main thread wait now, and which line brought it there? What "
        "should it wait for instead?",
        read=BEGIN,
    ),
    Fault(
        slug="takes-turns",
        life=Life.NEXT,
        decides=_takes_turns,
        explains=_core_exchange,
        sentence="Your {program} {waits}: in this stage both sides speak at any time.",
        question="{moment} Where does your {program} wait then, and which thread could do the other thing in the "
        "meantime?",
        read=IDEA,
        mistakes=("turn-order",),
    ),
    replace(
        RECV_IS_A_MESSAGE,
        decides=_recv_is_a_message,
        explains=_explains_recv,
        mistakes=("recv-is-message", "torn-message", "buffer-kept", "long-message-cut"),
    ),
    Fault(
        slug="empty-line",
        life=Life.NEXT,
        decides=_empty_line,
        sentence="When an empty line {what}, {does}. An empty line is a line like any other.",
        question="What is the value of your line when it is empty, and what does `if not line` make of it? How does "
        "the end of the stream, or of the keyboard, differ from that?",
        read=SENDER,
    ),
    Fault(
        slug="no-notice",
        life=Life.TELL,
        decides=_no_notice,
        sentence="When /close arrives, your {program} exits without a word: its user doesn't learn that the other one "
        "has left.",
        question="The other side has said /close. Which line of yours runs then, and what does your user read?",
        read=RECEIVER,
    ),
    Fault(
        slug="reads-on-after-close",
        life=Life.LEAVE,
        decides=in_tests("test_the_client_closes", "test_the_server_closes", causes=("unwanted print", "unwanted")),
        sentence="Your {program} still shows what comes after /close: this line ends the chat, and nothing after it "
        "counts.",
        question="/close and another line arrive in one chunk. Your loop has found /close: what does it do with the "
        "line after it?",
        read=RECEIVER,
    ),
    Fault(
        slug="cut-at-other-signs",
        life=Life.TAKE,
        decides=_cut_at_other_signs,
        rare=True,
        sentence="Your {program} cuts lines where no newline is: splitlines() and universal newlines also cut at "
        "characters such as \\f and \\x85.",
        question="Which call of yours cuts what arrives into lines, and at which characters does it cut? Which single "
        "byte ends a line here?",
        read=LINES,
    ),
    Fault(
        slug="keyboard-in-chunks",
        life=Life.TAKE,
        decides=_keyboard_in_chunks,
        sentence="Your {program} takes what one read of the keyboard returns for one line: a long line comes in parts, "
        "and short ones come together.",
        question="How much does your call that reads the keyboard return when someone pastes a long text, and how "
        "much when they paste three short lines? What did you do about that where you receive?",
        read=SENDER,
    ),
    Fault(
        slug="last-line-only",
        life=Life.TAKE,
        decides=_last_line_only,
        explains=_explains_recv,
        sentence="If several lines arrive at almost the same time, your {program} shows only the last one: each of "
        "them takes the place of the one before.",
        question="Two lines have arrived and neither is shown yet. Where is each of them? How many lines does that "
        "place hold, and what holds more?",
        read=RECEIVER,
    ),
    Fault(
        slug="no-newline-shown",
        life=Life.ANSWER,
        decides=_no_newline_shown,
        explains=like(causes=(*SCREEN, "unwanted print")),
        sentence="Your {program} shows all messages in one line of the screen: nothing ends the line after a message.",
        question="What does the screen look like after two messages? What did you cut from the end of each line when "
        "it arrived, and who puts it back?",
        read=RECEIVER,
    ),
    replace(
        ONE_FILE_FOR_BOTH,
        decides=_one_file_for_both,
        explains=like("test_many_lines_at_once", "test_both_speak_*", "test_line_ends_of_*", "test_a_line_in_pieces"),
    ),
    Fault(
        slug="lost-with-the-name",
        life=Life.TAKE,
        decides=_lost_with_the_name,
        sentence="What arrives together with the name is lost: the line of your {program} that reads the name has "
        "already taken more, and what reads on doesn't get it.",
        question="A name and the first message arrive in one chunk. Which of your variables has the message when the "
        "name is known, and does the loop that shows messages ever look there?",
        read=RECEIVER,
        mistakes=("first-recv-eats-next", "first-recv-eats-next-client"),
    ),
    replace(
        DECODE_IN_THE_MIDDLE,
        decides=_cut_letter,
        explains=_explains_cut_letter,
        mistakes=("utf8-split", "errors-ignore"),
    ),
    replace(
        DECODE_STRICT,
        rare=True,
        decides=in_tests(
            "test_bytes_that_are_no_text",
            causes=("ended", "traceback", "crashed", "silent screen", "end", "other status", "goes on"),
        ),
        mistakes=("invalid-bytes-kill", "thread-death-unseen"),
    ),
    replace(
        STRIPS_TEXT,
        decides=only_blanks_are_lost,
        mistakes=("strip-takes-more",),
    ),
    replace(
        CRLF,
        decides=_if_it_shows(in_tests("test_line_ends_of_other_systems", causes=SCREEN)),
        mistakes=("crlf",),
    ),
    replace(
        NO_LINE_LIMIT,
        decides=_if_it_shows(in_tests("test_a_line_without_end", causes=("goes on", "silence"))),
        read=ERRORS,
        mistakes=("endless-line",),
    ),
    Fault(
        slug="bold-always",
        life=Life.ANSWER,
        decides=in_tests("test_both_tell_their_names", causes=("unwanted print",)),
        sentence="Your {program} shows the name in bold even if its output isn't a terminal: then the text "
        "contains the codes for bold.",
        question="Who reads what you print if it goes into a file? How can your {program} know whether its screen is a "
        "terminal?",
        read=RECEIVER,
        mistakes=("bold-always",),
    ),
    Fault(
        slug="close-word-inside",
        life=Life.NEXT,
        decides=_close_word_inside,
        sentence="The line {line} ends the chat; only the line /close should.",
        question="Anna says: {line}. What exactly do you compare with the word, and what have you done to her line "
        "before?",
        read=SENDER,
        mistakes=("close-anyhow",),
    ),
    Fault(
        slug="control-word-in-the-text",
        life=Life.NEXT,
        decides=_if_it_shows(
            in_tests("test_only_close_closes", causes=("silent screen", "other print", "too much", "unwanted"))
        ),
        sentence="A word that your programs say to each other is taken out of the chat: if typed, it isn't heard.",
        question="Which words does your {program} treat in a special way? What happens if a person types one of them?",
        read=IDEA,
        mistakes=("in-band-control-word",),
    ),
    Fault(
        slug="input-in-daemon-thread",
        life=Life.NOTICE,
        decides=_input_in_daemon_thread,
        explains=like("test_the_*_closes", causes=("crashed", "other status")),
        sentence="A daemon thread still waits in input() when your {program} ends, and Python stops with a fatal "
        "error.",
        question="The chat is over. Which thread still holds the keyboard when Python ends, and in which call? Which "
        "other way of reading typed lines does the page use?",
        read=MISTAKES,
        mistakes=("daemon-in-input", "stdin-eof"),  # the second one ends so too, before Python 3.14
    ),
    Fault(
        slug="exit-in-thread",
        life=Life.NOTICE,
        decides=_exit_in_thread,
        explains=_hangs,
        sentence="sys.exit at line {line} ends only the thread that calls it: your main thread doesn't notice and "
        "continues to wait.",
        question="In which thread does sys.exit run? Which thread is still there, in which call does it wait, and how "
        "could it learn of the end?",
        read=WAKE,
    ),
    Fault(
        slug="no-daemon",
        life=Life.NOTICE,
        decides=_no_daemon,
        explains=_hangs,
        sentence="Your main thread has ended, but Python waits for the thread that{where}, because it isn't a daemon "
        "thread.",
        question="The chat is over and your main thread has ended. Which of your threads still waits, in which call, "
        "and what makes Python wait for it?",
        read=BEGIN,
        mistakes=("nondaemon-hang",),
    ),
    Fault(
        slug="executor-at-keyboard",
        life=Life.NOTICE,
        decides=_executor_at_the_keyboard,
        explains=_hangs,
        sentence="The chat is over, but your {program} waits for the thread that your executor (run_in_executor, "
        "to_thread) has lent to the keyboard: cancelling its task doesn't end it, only Enter does.",
        question="Who made the thread that reads the keyboard, and who waits for it when your coroutines are done? "
        "Which kind of thread is no reason for Python to wait?",
        read=BEGIN,
    ),
    Fault(
        slug="join-keyboard",
        life=Life.NOTICE,
        decides=_join_keyboard,
        explains=_hangs,
        sentence="At line {line} your main thread waits in join for the thread at the keyboard, and only a typed line "
        "can end that wait.",
        question="Which thread learns first that the chat is over: when the other side says /close, and when your own "
        "user types it? For which of the two does your main thread wait?",
        read=WAKE,
        mistakes=("join-order",),
    ),
    Fault(
        slug="needs-enter",
        life=Life.NOTICE,
        decides=_needs_enter,
        explains=_hangs,
        sentence="Your {program} {notices}: at line {line} main waits for the keyboard.",
        question="The other side has said /close. Which thread knows it, and in which call does main "
        "wait in the meantime?",
        read=WAKE,
        mistakes=("input-blocks-exit",),
    ),
    Fault(
        slug="no-close-word",
        life=Life.NOTICE,
        decides=_no_close_word,
        explains=like("test_the_*_closes", "test_line_ends_of_other_systems", *LOG_OF_END),
        sentence="Your {program} doesn't end the chat when /close arrives: it {does}.",
        question="Print repr() of the line that arrives, and of what you compare it with. Are they equal, and of the "
        "same type?",
        read=RECEIVER,
        mistakes=("terminator-in-compare", "bytes-vs-str"),
    ),
    Fault(
        slug="end-not-told",
        life=Life.NOTICE,
        decides=_end_not_told,
        explains=_hangs,
        sentence="Your receiver knows that the chat is over, but your main thread, which waits at line {line}, doesn't "
        "hear of it.",
        question="For what exactly does main wait at line {line}? Which line should change that when the chat is over: "
        "does it run, and is it the same object?",
        read=WAKE,
        mistakes=("flag-not-global",),
    ),
    replace(
        BUSY_LOOP,
        decides=_busy_loop,
        explains=_explains_busy_loop,
        read=RECEIVER,
        mistakes=("eof-ignored",),
    ),
    Fault(
        slug="lost-unnoticed",
        life=Life.NOTICE,
        decides=_lost_unnoticed,
        explains=like(*LOST, "test_a_line_without_end"),
        sentence="The other side disappears without /close, and your {program} {does}.",
        question="The stream ends without /close. Which line of yours runs after the receiving loop, and who learns of "
        "it there?",
        read=ERRORS,
        mistakes=("server-gone-unnoticed", "winerror-10054"),
    ),
    Fault(
        slug="crash-on-reset",
        life=Life.NOTICE,
        decides=_crash_at_a_loss,
        explains=_same_exception,
        sentence="A reset connection ends a thread or all of your {program} with a traceback{where}: nothing catches "
        "the exception of that line.",
        question="At which line does the exception come up, and what does it end on its way out? What should your user "
        "read instead?",
        read=ERRORS,
        mistakes=("winerror-10054",),
    ),
    Fault(
        slug="lost-not-told",
        life=Life.TELL,
        decides=in_tests(*LOST, causes=("wordless",)),
        sentence="When the other side is lost, your {program} exits without a message: its user doesn't learn why.",
        question="A connection is reset instead of ending with /close. Which of your lines runs then, and who reads "
        "something about it?",
        read=ERRORS,
    ),
    Fault(
        slug="keyboard-end-unnoticed",
        life=Life.LEAVE,
        decides=in_tests("test_the_end_of_the_keyboard", causes=("goes on", "spins", "floods")),
        sentence="End of input doesn't end your {program}. It counts as /close, even before a name.",
        question="What does your line that reads the keyboard give when nothing more can come, and which line of yours "
        "looks at that?",
        read=SENDER,
    ),
    Fault(
        slug="close-not-sent",
        life=Life.LEAVE,
        decides=_close_not_sent,
        explains=like("test_the_user_closes", "test_the_end_of_the_keyboard"),
        sentence="Your {program} {leaves}.",
        question="After a user types /close, what does the other side receive, byte by byte? How can it tell /close "
        "from a broken cable?",
        read=SENDER,
    ),
    Fault(
        slug="close-not-sent-at-eof",
        life=Life.LEAVE,
        decides=_close_not_sent_at_the_end,
        sentence="At end of input your {program} doesn't send /close, so the other side takes that for a loss.",
        question="The user presses Ctrl+D instead of typing /close. Which line of yours runs then, and what does "
        "your {program} send?",
        read=SENDER,
    ),
    replace(LAST_LINE_WITHOUT_END, decides=_ends_without_line_end, read=SENDER),
    Fault(
        slug="own-close-hangs",
        life=Life.LEAVE,
        decides=_own_close_hangs,
        explains=_explains_own_close,
        sentence="After its own /close your {program} doesn't exit: the other side waits for its end of stream.",
        question="Your user has typed /close. Which thread still waits, in which call, and what tells the other side "
        "that nothing more will come?",
        read=CLOSE,
        mistakes=("close-does-not-wake", "flag-while-blocked"),
    ),
    replace(
        NO_LINE_END,
        life=Life.LEAVE,
        decides=_close_without_line_end,
        explains=like("test_the_user_closes", "test_the_end_of_the_keyboard"),
        stops=False,
        sentence="Your {program} sends /close without a newline, so the other side can't tell that this line is "
        "complete.",
        read=SENDER,
    ),
    Fault(
        slug="close-not-heard",
        life=Life.LEAVE,
        decides=_close_not_heard,
        explains=_explains_own_close,
        sentence="Your {program} sends a typed /close as it sends any line, and then waits for the next one: it "
        "doesn't notice that its own user leaves.",
        question="Print repr() of the line that was typed, and of what you compare it with. Are they equal? Which "
        "line of yours runs then?",
        read=SENDER,
    ),
    Fault(
        slug="own-end-is-loss",
        life=Life.LEAVE,
        decides=_own_end_is_loss,
        sentence="When its own user leaves, your {program} takes this for a lost connection and ends with status 1.",
        question="The user has typed /close. Which thread hears of the end after that, and how could it know that this "
        "end was meant?",
        read=CLOSE,
    ),
    Fault(
        slug="closed-too-early",
        life=Life.LEAVE,
        decides=_closed_too_early,
        explains=like("test_the_user_closes", "test_the_end_of_the_keyboard"),
        sentence="After its own /close your {program} ends with {status}: one thread has closed a socket that "
        "another one still uses.",
        question="Which thread closes the socket, and which one uses it after that? Who should close it, and when?",
        read=CLOSE,
        mistakes=("bad-fd-after-close",),
    ),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        everyday=True,
        decides=_timeout_stays,
        explains=_explains_time_limit,
        sentence="A time limit of your socket still holds in the chat: if nothing arrives for that long, the call that "
        "receives fails, and your {program} leaves.",
        question="What does gettimeout() of your socket say while the chat is on? Which calls does this limit hold "
        "for, and what do they do when the time is over?",
        read=CLIENT,
        mistakes=("connect-timeout-stays",),
    ),
    Fault(
        slug="ctrl-c-swallowed",
        life=Life.LEAVE,
        decides=in_tests(moment=CTRL_C, causes=("silence",)),
        explains=like("test_ctrl_c*"),
        sentence="Your {program} catches Ctrl+C and keeps running.",
        question="Which line of yours hears of Ctrl+C, and which one runs after it? Does that lead to the end?",
        read=ERRORS,
        mistakes=("handler-without-break",),
    ),
    Fault(
        slug="ctrl-c-threads-alive",
        life=Life.LEAVE,
        decides=in_tests("test_ctrl_c_during_a_chat", causes=("goes on",)),
        sentence="After Ctrl+C your {program} still waits for its threads, and they wait for the keyboard or the other "
        "side.",
        question="Ctrl+C has reached main. Which threads live on, in which call does each of them wait, and who waits "
        "for them?",
        read=ERRORS,
        mistakes=("join-without-bound",),
    ),
    Fault(
        slug="no-log-of-end",
        life=Life.TELL,
        decides=in_tests(*LOG_OF_END),
        sentence="Your {program} logs how a conversation begins, but not how it ends.",
        question="In which ways can a conversation end, and which of them leave a line in your log?",
        read=LOG,
        mistakes=("left-missing", "os-exit"),
    ),
]
LABELS = ("own-name-shown", "other-label")
FAULTS = [fault if fault.slug in LABELS else whatever_its_label(fault, _any_label) for fault in FAULTS]
