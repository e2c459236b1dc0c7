"""Stage 3: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.bytes_of_a_line import cr_inside
from parley.checks.diagnosis.catalogue.all_stages.ending import INPUT_FLUSHES
from parley.checks.diagnosis.catalogue.all_stages.kept_alive import KEPT_ALIVE, main_is_over
from parley.checks.diagnosis.catalogue.all_stages.log import SHOWN_ON_STDERR, shown_on_stderr
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import (
    CONNECTION_PER_LINE,
    CONNECTS_LATE,
    ENDS_AT_ONCE,
    FIRST_LINE_TAKEN,
    OTHER_PARTS,
    TAKES_AT_ONCE,
    connects_again,
    writes_into_file,
)
from parley.checks.diagnosis.catalogue.all_stages.shared import SLIPS, limited
from parley.checks.diagnosis.catalogue.all_stages.waiting import does_not_wait
from parley.checks.diagnosis.catalogue.conversation import (
    BUSY_LOOP,
    BYTES,
    BYTES_IN_ESCAPES,
    BYTES_SHOWN_AS_B,
    CHUNK_REPLACED,
    CRLF,
    DECODE_IN_THE_MIDDLE,
    DECODE_STRICT,
    EXPECTS_OTHER_END,
    KEYBOARD_READ_TWICE,
    LAST_LINE_WITHOUT_END,
    LENGTH_PREFIX,
    LIMIT_MISSED,
    LINES,
    NEWLINE_TWICE,
    NO_LINE_END,
    NO_LINE_LIMIT,
    NO_NOTICE,
    NOTICE_IN_THE_LOG,
    ONE_FILE_FOR_BOTH,
    OTHER_END,
    OUTPUT_NOT_FLUSHED,
    RECV_IS_A_MESSAGE,
    STRIPS_TEXT,
    TOLD_BADLY,
    is_length,
    lacks_line_end,
    limit_missed,
    looks_for_other_end,
    newline_twice,
    no_notice,
    other_end,
    replaced_chunk,
    shown_in_escapes,
    takes_text_for_length,
    writes_what_it_reads,
)
from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import CTRL_C, UNANSWERED, Case, Failure, Variation
from parley.checks.diagnosis.fault import (
    Decides,
    Fault,
    Found,
    Life,
    as_raised,
    as_steps,
    capital,
    in_tests,
    like,
    seen,
    standing,
)
from parley.checks.diagnosis.syntax import always_flushes, calls_of, is_under_word, makes_file_per_line, never_equal
from parley.contract.diagnosis import Fact
from parley.contract.record import quoted
from parley.harness.actors import Person, Role

IDEA, ONE_TURN, NOBODY_BEGINS, ONE_CONVERSATION = (
    f"lessons/3_turns.md#{place}" for place in ("the-idea", "one-turn", "nobody-begins", "one-conversation")
)
QUESTIONS = ("harbour 1701", "bridge 18", "castle 19", "ferry 20", "café 21", "paper 32", "no /close 33", "olive 34")
ANSWERS = ("lantern 2702", "river 28", "garden 29", "window 30", "rosé 31", "candle 35", "no /close 36", "basket 37")
TELNET, WORD_INSIDE, NO_TEXT = (
    6,
    7,
    8,
)  # the numbers of the lines that end with \r\n, have /close in them, are not UTF-8
CLOSES, TYPES_CLOSE = "after the other side's /close", "after a typed /close"
UNBUFFERED, APART, BEGUN = Variation(unbuffered=True), Variation(pause=0.3, whole=True), Variation(name=True)
AHEAD = Variation(ahead=True)
SCREEN = ("silent screen", "other print", "unwanted print")
ENDED = ("end", "ended", "reset")
EOF = (*ENDED, "silence", "other bytes", "other line", "part", "too much", "other status")
CONVERSATION = ("silence", "part", "no line end", "other bytes", "other line", "unread", "end", "reset")
STALLED = (*CONVERSATION, "goes on", "ended", *SCREEN)
OTHERS = ("test_the_log_*", "test_a_port_*", "test_the_port_*", "test_there_is_no_server")


def examine_server(visit: Visit) -> None:
    """A guest and the server's user talk in turn: a line; two at once; two in pieces; strange ones. Then /close."""

    def begins() -> tuple[Role, Person]:
        server = visit.server()
        return server, visit.guest("Anna", server)

    def turn(server: Role, anna: Person) -> None:
        anna.says(QUESTIONS[0])
        visit.shows(server, lambda screen: QUESTIONS[0] in screen)

    server, anna = begins()
    if visit.vary.name:
        visit.note("greets", came=shown(visit.hears(anna, lambda came: b"\n" in came)))
        return
    if visit.vary.ahead:
        anna.says(QUESTIONS[0])
        _says_two_lines(visit, server, anna, ANSWERS)
        return
    for number, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True), 1):
        visit.at(f"after line {number}")
        _speaks(visit, anna, number, QUESTIONS)
        heard = _hears(visit, server, number, question)
        if visit.vary.interrupted:
            visit.interrupts(server)
            return
        server.types(answer)
        said = _says(visit, server, anna, number, answer)
        if not _goes_on_after(number, heard, said):
            break
    visit.at("after the client's end of stream")
    anna.ends()
    _notices(visit, server)
    if _has_talked(visit):
        server, anna = begins()
        _hears_close(visit, server, anna)
        server, anna = begins()
        turn(server, anna)
        _types_close(visit, server, anna)


def examine_client(visit: Visit) -> None:
    """The client's user and its server talk in turn, as with a server. Then /close."""

    def begins() -> tuple[Role, Person]:
        client, host = visit.client(QUESTIONS[0])
        return client, visit.comes(client, host)

    client, person = begins()
    if visit.vary.name:
        person.says("welcome 16")
    if visit.vary.ahead:
        _says_two_lines(visit, client, person, QUESTIONS)
        return
    for number, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True), 1):
        visit.at(f"after line {number}")
        if number > 1:
            client.types(question)
        said = _says(visit, client, person, number, question)
        _speaks(visit, person, number, ANSWERS)
        heard = _hears(visit, client, number, answer)
        if visit.vary.interrupted:
            visit.interrupts(client)
            return
        if not _goes_on_after(number, heard, said):
            break
    visit.at("after the server's end of stream")
    person.ends()
    client.types("anybody 22")
    _notices(visit, client)
    if _has_talked(visit):
        client, person = begins()
        visit.hears(person, lambda came: b"\n" in came)
        _hears_close(visit, client, person)
        client, person = begins()
        visit.hears(person, lambda came: b"\n" in came)
        person.says(ANSWERS[0])
        _types_close(visit, client, person)


def examine_pair(visit: Visit) -> None:
    """Both own programs talk with each other: a line and an answer."""
    server = visit.server()
    client = visit.own_client(server, QUESTIONS[0])
    for program, other, line in ((server, client, QUESTIONS[0]), (client, server, ANSWERS[0])):
        screen = visit.shows(program, lambda screen, line=line: line in screen)  # type: ignore[misc]
        visit.note("heard", program, number=1, how=_how(line, screen))
        if line not in screen:
            visit.look(program)
            visit.look(other)
        server.types(ANSWERS[0])


def _speaks(visit: Visit, person: Person, number: int, lines: tuple[str, ...]) -> None:
    """Send the line with this number, from 1: the second together with the third, the two behind them in pieces."""
    line = f"{lines[number - 1]}\n".encode()
    if number == TELNET:
        person.sends(line.replace(b"\n", b"\r\n"))
    elif number == NO_TEXT:
        person.sends(line.replace(b" ", b"\xff"))
    elif visit.vary.pause or number in (1, WORD_INSIDE):
        person.sends(line)
    elif number == 2:
        person.sends(line + f"{lines[2]}\n".encode())
    elif number > 3:
        person.sends_in_pieces(line[:4], line[4:])


def _goes_on_after(number: int, heard: str, said: bool) -> bool:
    """Whether the next line can be looked at: a line was understood, or it was a strange one and is shown somehow."""
    return said and (heard == "same" or (number >= TELNET and heard == "inside"))


def _has_talked(visit: Visit) -> bool:
    """Whether the first line and its answer were understood."""
    first = [fact for fact in visit.facts if fact.fits(number=1)]
    return {fact.name for fact in first if fact["how"] == "same"} >= {"heard", "said"}


def _hears(visit: Visit, program: Role, number: int, line: str) -> str:
    """How a program shows what the other side has said."""
    look: Callable[[str], str] = (
        (lambda screen: _how_no_text(line, screen)) if number == NO_TEXT else (lambda screen: _how(line, screen))
    )
    screen = visit.shows(program, lambda screen: look(screen) == "same")
    how = look(screen)
    visit.note("heard", number=number, how=how, line=line, screen=screen[-300:], ended=program.ended)
    if how != "same" and number < TELNET:
        visit.amiss(program, "heard")
    return how


def _says(visit: Visit, program: Role, person: Person, number: int, line: str) -> bool:
    """Whether a program sends what was typed."""
    wanted = f"{line}\n".encode()
    came = visit.hears(person, lambda came: wanted in came)
    how = compared(wanted, came)
    visit.note("said", number=number, how=how, came=shown(came), wanted=shown(wanted), over=person.over)
    if how != "same":
        visit.note("prefix", is_length=is_length(came, line.encode()), came=shown(came))
        visit.amiss(program, "said")
    return how == "same"


def _says_two_lines(visit: Visit, program: Role, person: Person, lines: tuple[str, ...]) -> None:
    """Two lines are typed at once (at the client the first one is there already): do both come in one turn?"""
    for line in lines[program.name == "client" : 2]:
        program.types(line)
    came = visit.hears(person, lambda came: lines[1].encode() in came)
    both, first = (line.encode() in came for line in (lines[1], lines[0]))
    visit.note("ahead", both=both, first=first, came=shown(came))
    if both and not first:  # was only the first one taken for something else, or is it every other line?
        person.says("next 43")
        program.types("pepper 44")
        visit.note("ahead_again", came=b"pepper 44" in visit.hears(person, lambda came: b"pepper 44" in came))


def _notices(visit: Visit, program: Role) -> None:
    ended = visit.ends(program)
    visit.note("notices", ended=ended, status=_status(program))
    if not ended:
        visit.amiss(program, "notices")


def _hears_close(visit: Visit, program: Role, person: Person) -> None:
    """The other side says /close, and no one types: does it end? If not, someone presses Enter."""
    visit.at(CLOSES)
    person.says("/close")
    ended = visit.ends(program)
    screen = program.printed.decode(errors="replace")
    shows = bool(re.search(r"(^|: *|> *)/close\r?$", screen, re.MULTILINE))
    visit.note("close_heard", ended=ended, shows=shows, status=_status(program))
    if not ended:
        visit.amiss(program, "close_heard")
        visit.hears(person, bool)
        program.types("")
        ends = visit.ends(program)
        visit.note("enter", ends=ends, sent=visit.hears(person, bool).startswith(b"\n"))


def _types_close(visit: Visit, program: Role, person: Person) -> None:
    """/close is typed: what comes, and does the program end?"""
    visit.at(TYPES_CLOSE)
    program.types("/close")
    came = visit.hears(person, lambda came: came.endswith(b"/close\n"))
    over, ended = visit.sees_end(person), visit.ends(program)
    # what came before it, as an answer to the first line, belongs to no /close
    how = "same" if came.endswith(b"/close\n") else compared(b"/close\n", came)
    visit.note("close_typed", how=how, came=shown(came), over=over, ended=ended, status=_status(program))
    if not ended:
        visit.amiss(program, "close_typed")


def _status(program: Role) -> int:
    return program.status if program.status is not None else -1


def _how(line: str, screen: str) -> str:
    """How a line is shown: "same" (at the end of a line), "inside", "repr" (as Python shows bytes) or "nothing"."""
    screen = screen.replace(os.linesep, "\n")
    if f"{line}\n" in screen:
        return "same"
    if f"{repr(line.encode())[1:-1]}" in screen and (
        f"b'{line}" in screen or "\\x" in screen or f"b'{line}'" in screen
    ):
        return "repr"
    return "inside" if line in screen else "nothing"


def _how_no_text(line: str, screen: str) -> str:
    """How a line is shown whose blank came as a byte that is no text: "same" if something stands in its place."""
    before, after = line.split()
    if re.search(rf"{before}.+{after}$", screen, re.MULTILINE):
        return "same"
    return "inside" if f"{before}{after}" in screen else "nothing"


# What decides


def _fact(case: Case, name: str, number: int, *hows: str) -> Fact | None:
    return next((fact for fact in case.facts(name, number=number) if fact["how"] in hows), None)


def stalls(case: Case, found: Found, failure: Failure) -> bool:
    """It explains whatever needs a conversation that gets on."""
    if failure in found.failures or failure.cause in CONVERSATION:
        return True
    apart = failure.moment in (UNANSWERED, CTRL_C) or failure.fits(*OTHERS)
    return failure.cause in STALLED and not apart


def _at_keyboard_first(case: Case) -> Found | None:
    """It waits for its keyboard, and has no one's connection yet."""
    waits = standing(case, "input")
    if not waits or not (case.fact("does_not_begin") or _fact(case, "heard", 1, "nothing", "inside")):
        return None
    if any(fact["state"] not in ("LISTEN", "TIME_WAIT") for fact in _sockets_beside(case, waits)):
        return None
    no = "It doesn't listen yet." if case.fact("does_not_begin") else "A client has connected, and it hasn't accepted."
    return Found({"line": waits["line"]}, as_steps("It runs.", no, waits))


def _sockets_beside(case: Case, stands: Fact) -> list[Fact]:
    """The program's sockets as they were when it was seen standing there, and not at a later look."""
    facts = case.evidence.facts(case.program)
    later = facts[facts.index(stands) + 1 :]
    look = itertools.takewhile(lambda fact: fact.name in ("stands", "spins", "socket"), later)
    return [fact for fact in look if fact.name == "socket"]


def _has_taken(case: Case, stands: Fact) -> bool:
    """Whether nothing of the line lies unread in its sockets, where the system tells."""
    connected = [fact for fact in _sockets_beside(case, stands) if fact["state"] == "ESTABLISHED"]
    return sys.platform == "linux" and bool(connected) and not any(int(fact["unread"]) for fact in connected)


def _both_send_first(case: Case) -> Found | None:
    """The client has spoken, and the server, which has its connection, is at the keyboard; or it spoke before that."""
    waits = standing(case, "input", "line 1")
    if not waits or not _fact(case, "heard", 1, "nothing"):
        return _greets(case)
    if _fact(case, "said", 1, "nothing") or _not_flushed(case) or _on_stderr(case) or _has_taken(case, waits):
        return None
    steps = as_steps(
        "The client has sent its first line, and the server has not shown it.", waits, "The line waits there unread."
    )
    return Found({"does": "turns to its own keyboard first"}, steps)


def _shown_late(case: Case) -> Found | None:
    """It has received a line, and is at its keyboard; once something was typed there, the line is shown."""
    waits, screen = standing(case, "input", "line 1"), case.fact("screen")
    if not waits or not screen or not _fact(case, "heard", 1, "nothing") or not _has_taken(case, waits):
        return None
    if _lines(case)[0] not in str(screen["text"]) or _not_flushed(case):
        return None
    late = "When something had been typed there, the line was on its screen."
    return Found({"line": waits["line"]}, as_steps("The other side has said its first line.", waits, late))


def _reads_two_lines(case: Case) -> Found | None:
    """A line was typed, and nothing is sent until one more is typed, which alone comes; and so it goes on."""
    waits = standing(case, "input", "line 1")
    if not waits or not _fact(case, "said", 1, "nothing"):
        return None
    ahead = case.again(AHEAD, "ahead", both=True, first=False)
    if not ahead or not case.again(AHEAD, "ahead_again", came=False):
        return None
    step = (
        f'Two lines were typed. This came: "{ahead["came"]}". A third one was typed after an answer, and didn\'t come.'
    )
    return Found({"line": waits["line"]}, as_steps(waits, step))


def _chunk_replaced(case: Case) -> Found | None:
    heard = (_fact(case, "heard", number, "nothing", "inside") for number in (1, 4))
    return replaced_chunk(case, next(filter(None, heard), None))


def _accepts_to_answer(case: Case) -> Found | None:
    """It has shown a line, and waits for a new client in a function that then sends."""
    waits = standing(case, "accept", "line 1")
    if not waits or not _fact(case, "heard", 1, "same") or not _fact(case, "said", 1, "nothing"):
        return None
    if {"accept", "sendall"} <= calls_of(case.source, str(waits["function"])):
        return Found({"line": waits["line"]}, as_steps("The client has said a line, and waits for the answer.", waits))
    return None


def _greets(case: Case) -> Found | None:
    """Something comes before its client has said a word."""
    more = _fact(case, "said", 1, "inside", "other")
    greeting = case.again(BEGUN, "greets") if more else None
    if not greeting or not greeting["came"]:
        return None
    step = f'A client has connected and said nothing; this came: "{greeting["came"]}"'
    return Found({"does": "says something as soon as a client connects"}, (step,))


def _both_receive(case: Case) -> Found | None:
    """A line was typed, and nothing is sent: it waits for the other side to speak."""
    silent, waits = _fact(case, "said", 1, "nothing"), standing(case, "recv", "line 1")
    if not silent or silent["over"] or not (waits or case.again(BEGUN, "said", number=1, how="same")):
        return None
    begun = case.again(BEGUN, "said", number=1)
    if begun is None or begun["how"] == "nothing":
        return None
    together = case.together("heard", number=1)
    both = "Your own server and client wait for each other too." if together and together["how"] != "same" else None
    line = waits["line"] if waits else ""
    steps = as_steps(
        "A line was typed, and nothing was sent.", waits, "When its server speaks first, it speaks too.", both
    )
    return Found({"line": line}, steps)


def _no_line_end(case: Case) -> Found | None:
    said = _fact(case, "said", 1, "no line end")
    if not said:
        return None
    together = case.together("heard", number=1)
    hangs = "Your own two programs hang as well." if together and together["how"] != "same" else None
    step = f'Typed: "{said["wanted"]}"; sent: "{said["came"]}", without the newline.'
    return Found({}, as_steps(step, standing(case, "recv", "line 1"), hangs))


def _length_prefix(case: Case) -> Found | None:
    """It sends the length before the text, or waits for one: its own two programs understand each other."""
    own = case.fact("prefix", is_length=True)
    if own:
        return Found({}, (f'It sent "{own["came"]}": the length of the text, and then the text.',))
    number = takes_text_for_length(case, (QUESTIONS if case.program == "server" else ANSWERS)[0])
    if number:
        return Found({}, (f"Line {number['line']} of {case.program}.py raises ValueError: {number['message']}",))
    if not _fact(case, "heard", 1, "nothing"):
        return None
    client = Case(case.evidence, "client").fact("prefix", is_length=True)
    unpacks = re.search(r"unpack|from_bytes|int\(.*(recv|decode|read)", case.source)
    if not (client or unpacks) or case.together("heard", how="nothing") or not case.together("heard", how="same"):
        return None
    steps = as_steps(
        "A whole line was sent to it, and it shows nothing.",
        standing(case, "recv", "line 1"),
        f'Your client sends "{client["came"]}": the length first.' if client else None,
        "Your own two programs understand each other.",
    )
    return Found({}, steps)


def _echo_kept(case: Case) -> Found | None:
    """What comes is what the client has said, and not what was typed."""
    said = _fact(case, "said", 1, "other")
    if not said or not _fact(case, "heard", 1, "same") or not str(said["came"]).startswith(QUESTIONS[0]):
        return None
    return Found({}, (f'The client said "{QUESTIONS[0]}".', f'Typed: "{said["wanted"]}"', f'Sent: "{said["came"]}"'))


def _close_again(case: Case) -> Found | None:
    """A /close comes although the conversation is over: the other side has said it already, or it comes twice."""
    failures = [failure for failure in case.failed(causes=["too much"]) if failure.received == b"/close\n"]
    heard = [failure for failure in failures if _close_came(failure)]
    twice = [failure for failure in failures if _came(failure).splitlines().count(b"/close") > 1]
    step = "The other side said /close, and after that it sent /close too." if heard else "It sent /close twice."
    return seen(heard or twice, step)


def _came(failure: Failure) -> bytes:
    """All that the program under test has sent."""
    return b"".join(event.data for event in failure.events if event.what == "receives")


def _close_came(failure: Failure) -> bool:
    """Whether the other side has said /close, alone or behind other lines."""
    sent = [event.data.rstrip(b"\r\n") for event in failure.events if event.what == "sends"]
    return any(data.rpartition(b"\n")[2] == b"/close" for data in sent)


def _extra_line(case: Case) -> Found | None:
    """What was typed comes as a line of its own, and before it comes another one, which no one has typed."""
    said = _fact(case, "said", 1, "inside", "other")
    came = str(said["came"]) if said else ""
    before = came.removesuffix(str(said["wanted"])) if said else ""
    if not said or not came.endswith(str(said["wanted"])) or not before.endswith("\\n") or _greets(case):
        return None
    line = before.removesuffix("\\n")[:60]
    return Found({"line": line}, (f'Typed: "{said["wanted"]}"', f'Sent: "{came}"'))


def _other_end(case: Case) -> Found | None:
    said = case.fact("said", number=1)
    end = other_end(str(said["wanted"]).removesuffix("\\n"), str(said["came"])) if said else ""
    if not said or said["how"] == "same" or not end or newline_twice(case):
        return None
    return Found({"end": end}, (f'Typed: "{said["wanted"]}"', f'Sent: "{said["came"]}"'))


def _expects_other_end(case: Case) -> Found | None:
    """A whole line came, and it waits for more; it looks for something else at the end of a line."""
    waits, end = standing(case, "recv", "line 1"), looks_for_other_end(case.source)
    if not waits or not end or not _fact(case, "heard", 1, "nothing"):
        return None
    return Found({"end": end}, as_steps("A whole line was sent to it, and it shows nothing.", waits))


def _changes(case: Case) -> Found | None:
    said = _fact(case, "said", 1, "inside", "other", "repr")
    if not said or case.fact("prefix", is_length=True) or _other_end(case):
        return None
    if newline_twice(case) or _extra_line(case) or _echo_kept(case):
        return None
    return Found({}, (f'Typed: "{said["wanted"]}"', f'Sent: "{said["came"]}"'))


def _not_flushed(case: Case) -> Found | None:
    if not _fact(case, "heard", 1, "nothing") or always_flushes(case.source):
        return None
    if not case.again(UNBUFFERED, "heard", number=1, how="same"):
        return None
    step = "What was said to it isn't on its screen."
    unbuffered = "Run without a buffer (python -u) it appears immediately."
    return Found({}, as_steps(step, unbuffered, None if "input(" in case.source else INPUT_FLUSHES))


def _on_stderr(case: Case) -> Found | None:
    return None if _not_flushed(case) else shown_on_stderr(case, _lines(case)[0])


def _same_line(case: Case) -> Found | None:
    """What was said is on the screen, with something else behind it in the same line."""
    heard = next((fact for fact in case.facts("heard") if fact["how"] == "inside"), None)
    if not heard or int(heard["number"]) >= TELNET:
        return None
    lines = str(heard["screen"]).splitlines()
    line = next((line for line in lines if str(heard["line"]) in line), "")
    if line.endswith(str(heard["line"])) and case.again(UNBUFFERED, "heard", number=1, how="same"):
        return None
    return Found({"line": line}, (f'The line on its screen: "{line}"', f'What was said: "{heard["line"]}"'))


def _as_bytes(case: Case) -> Found | None:
    wrong = next((fact for fact in case.facts("heard") if f"b'{fact['line']}" in str(fact["screen"])), None)
    return Found({}, (f"Its screen shows b'{wrong['line']}', with a b and quotes.",)) if wrong else None


def _waits_for_the_end(case: Case) -> Found | None:
    """Nothing is shown until the other side has ended the stream."""
    screen = case.fact("screen")
    line = (QUESTIONS if case.program == "server" else ANSWERS)[0]
    if not _fact(case, "heard", 1, "nothing") or not screen or line not in str(screen["text"]):
        return None
    if not standing(case, "recv", "line 1") or case.again(UNBUFFERED, "heard", number=1, how="same"):
        return None
    return Found({}, as_steps("A whole line was sent to it.", standing(case, "recv"), "It was shown after the end."))


def _recv_is_a_line(case: Case) -> Found | None:
    """It goes wrong with two lines in one piece, or with one in pieces; each line alone is understood."""
    if _file_per_line(case) or _one_file_for_both(case) or _decodes_pieces(case) or _out_of_turn(case):
        return None
    if not _fact(case, "said", 1, "same"):
        return None
    heard = [fact for number in (2, 3, 4) for fact in case.facts("heard", number=number)]
    wrong = next((fact for fact in heard if fact["how"] != "same"), None)
    if wrong and _fact(case, "heard", 1, "same") and case.again(APART, "heard", number=wrong["number"], how="same"):
        together = "Two lines came in one chunk" if int(wrong["number"]) < 4 else "A line came in two chunks"
        return Found({}, (f"{together}, and it didn't understand them.", "Whole, and one after another, it does."))
    failures = case.failed("test_two_lines_in_one_piece", "test_a_line_in_pieces", "test_a_long_line", causes=STALLED)
    return seen(failures) if _fact(case, "heard", 1, "same") and not _fact(case, "heard", 4, "same") else None


def _strips(case: Case) -> Found | None:
    """Blanks at the start or end of a line are lost, and something in its text takes them away."""
    failed = case.failed("test_the_text_stays_as_it_is", causes=(*SCREEN, "other bytes", "other line", "part"))
    failures = [failure for failure in failed if not failure.repeated] if not cr_inside(case) else []
    return seen(failures) if re.search(r"\.(l|r)?strip\(\)", case.source) else None


def _spaces_lost(case: Case, found: Found, failure: Failure) -> bool:
    """The test in which it was seen, and the one where a line of spaces is a turn."""
    return failure in found.failures or (failure.fits("test_an_empty_line_*") and failure.expected == b" \n")


def _decodes_pieces(case: Case) -> Found | None:
    """A letter in two pieces breaks, where a line in two pieces does not; or a letter breaks however it comes."""
    raises = case.fact("raises", exception="UnicodeDecodeError")
    if raises and str(raises["message"]).startswith("'utf-8'") and not case.facts("heard", number=NO_TEXT):
        step = f"Line {raises['line']} raises UnicodeDecodeError: {raises['message']}"
        return Found({}, ("All that came was UTF-8.", step), tuple(_cut_letters(case)))
    if not _fact(case, "heard", 4, "same") or not case.facts("heard", number=5) or _fact(case, "heard", 5, "same"):
        return None
    if not case.again(APART, "heard", number=5, how="same"):
        return None
    return Found({}, ("A line came in two chunks, cut in a letter.", "In one chunk, it is right."))


def _cut_letters(case: Case) -> list[Failure]:
    """The failed tests that a letter has ended, although all that was sent in them is UTF-8."""
    failures = case.failed(exceptions=["UnicodeDecodeError"])
    return [failure for failure in failures if not failure.fits("test_bytes_that_are_no_text")]


def _sent_not_flushed(case: Case) -> Found | None:
    """A line was typed and taken, and nothing is sent: it is in the buffer of a file of its connection."""
    waits = standing(case, "recv", "line 1") or standing(case, "input", "line 1")
    if not waits or not _fact(case, "said", 1, "nothing") or not writes_into_file(case) or _flushes_file(case):
        return None
    return None if case.program == "server" and not _fact(case, "heard", 1, "same") else _nothing_sent(waits)


def _flushes_file(case: Case) -> bool:
    """Whether its text flushes something else than the screen."""
    return bool(re.search(r"(?<!stdout)\.flush\(|print\([^\n]*file=[^\n]*flush=True", case.source))


def _never_answers(case: Case) -> Found | None:
    """It shows what was said, and never sends anything: it listens to its client again, or goes away."""
    if not _fact(case, "heard", 1, "same") or not _fact(case, "said", 1, "nothing") or case.fact("uncaught"):
        return None
    waits = standing(case, "recv", "line 1") or standing(case, "accept", "line 1")
    if not waits or _sent_not_flushed(case) or _answer_on_screen(case) or _accepts_to_answer(case):
        return None
    return _nothing_sent(waits)


def _print_instead_of_send(case: Case) -> Found | None:
    """Its answer is on its own screen, and nothing is sent."""
    if not _fact(case, "said", 1, "nothing") or not _answer_on_screen(case) or writes_into_file(case):
        return None
    return Found({}, ("An answer was typed, and nothing was sent.", "The answer is on the server's own screen."))


def _answer_on_screen(case: Case) -> bool:
    screen = case.fact("screen")
    return bool(screen and ANSWERS[0] in str(screen["text"]))


def _nothing_sent(waits: Fact) -> Found:
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits))


def _never_receives(case: Case) -> Found | None:
    """It has sent a line, and waits for its keyboard although the answer lies there."""
    waits = standing(case, "input", "line 1")
    if not waits or not _fact(case, "said", 1, "same") or not _fact(case, "heard", 1, "nothing"):
        return None
    if does_not_wait(case) or not any(int(fact["unread"]) for fact in case.facts("socket") if "line 1" in fact.where):
        return None
    step = "The client has sent a line, and its answer waits there unread."
    return Found({"line": waits["line"]}, as_steps(step, waits))


def _ends_without_close(case: Case) -> Found | None:
    """A line came that is no /close, and it has ended with status 0, and shows nothing of that line."""
    heard = _fact(case, "heard", 1, "nothing")
    if not heard or not heard["ended"] or not case.fact("ended", status=0) or case.fact("uncaught"):
        return None
    if _on_stderr(case) or any(fact["exception"] in SLIPS for fact in case.facts("raises")):
        return None
    last = (str(heard["screen"]).splitlines() or [""])[-1][-60:]
    shows = f'The last line of its screen is "{last}".' if last else None
    return Found({}, as_steps(f'The other side said "{heard["line"]}", and it exited with status 0.', shows))


def _shows_what_was_typed(case: Case) -> Found | None:
    """What was said to it has been received and is not on the screen: in its place is what its own user typed."""
    waits, screen = standing(case, "input", "line 1"), case.fact("screen")
    own = (ANSWERS if case.program == "server" else QUESTIONS)[0]
    if not waits or not screen or not _fact(case, "said", 1, "same") or not _fact(case, "heard", 1, "nothing"):
        return None
    shows = any(line.endswith(own) for line in str(screen["text"]).splitlines())
    if not shows or not _has_taken(case, waits) or _not_flushed(case) or _on_stderr(case):
        return None
    typed = f'"{own}" was typed at its keyboard, and stands on its screen.'
    return Found({}, as_steps(typed, f'"{_lines(case)[0]}" was said to it, and does not.', waits))


def _connection_per_line(case: Case) -> Found | None:
    """Its second line goes through another connection."""
    if _fact(case, "said", 2, "same") or not _fact(case, "said", 1, "same"):
        return None
    return connects_again(case)


def _one_turn(case: Case) -> Found | None:
    """The first turn is right, and then the program is over, or waits for someone else."""
    first = _fact(case, "heard", 1, "same") and _fact(case, "said", 1, "same")
    if not first or _fact(case, "heard", 2, "same") or _fact(case, "said", 2, "same") or case.fact("uncaught"):
        return None
    if _ends_sending(case):
        return None
    waits, ended = standing(case, "accept", "line 2"), case.fact("ended", status=0)
    over = next((fact for fact in case.facts("said", number=2) if fact["over"]), None)
    if not waits and not (ended and over):
        return None
    told = None if waits else "Then the program ended, with status 0."
    return Found({}, as_steps("One line and its answer were right.", waits, told))


def _ends_without_line_end(case: Case) -> Found | None:
    """The last line that is typed has no newline, and so it is sent."""
    failures = case.failed("test_the_keyboard_*", causes=("part", "no line end", "other bytes"))
    return seen([failure for failure in failures if lacks_line_end(failure)])


def _file_per_line(case: Case) -> Found | None:
    wrong = _fact(case, "heard", 3, "nothing") or _fact(case, "heard", 2, "nothing")
    per_line = re.search(r"makefile\([^\n]*\)\s*\.\s*read|(for|while)[^\n]*makefile", case.source)
    if not wrong or not (per_line or makes_file_per_line(case.source)):
        return None
    return Found({}, ("Two lines came in one chunk, and only the first was shown.",))


def _one_file_for_both(case: Case) -> Found | None:
    """Of two lines in one piece the second is lost: its text file reads and writes, and a write drops what was read."""
    second = _fact(case, "heard", 3, "nothing")
    if not second or not writes_what_it_reads(case) or not _fact(case, "said", 1, "same"):
        return None
    return Found(
        {}, ("Two lines came in one chunk, and the second was lost when the answer to the first was written.",)
    )


def _buffer_kept(case: Case) -> Found | None:
    """What was shown already is shown again with the next line."""
    failures = case.failed(causes=["unwanted print"])
    again = [
        fact
        for fact in case.facts("heard")
        if int(fact["number"]) > 1 and str(fact["screen"]).count(_lines(case)[0]) > 1
    ]
    return Found({}, ("A line that was shown already is shown again.",), tuple(failures)) if again else None


def _out_of_turn(case: Case) -> Found | None:
    """It says two lines in one turn, or says what was typed before its first turn has come."""
    failures = [failure for failure in case.failures if failure.cause not in NEVER_SAID and _too_soon(failure)]
    at_once = re.search(r"select|poll\(|Thread|async|executor", case.source)
    if failures and at_once and not _both_send_first(case) and not does_not_wait(case):
        says = "sends what is typed as soon as it is typed"
        look = "Whose turn is it then, and for what may it wait: the keyboard, or the other side?"
        return seen(failures, _too_soon(failures[0]), says=says, look=look)
    tests = ("test_one_answer_in_each_turn", "test_one_line_in_each_turn")
    failures = case.failed(*tests, causes=["too much", "other line"])
    both = case.again(AHEAD, "ahead", both=True) if failures and not does_not_wait(case) else None
    look = "Which call must come after it before the keyboard may be read again?"
    says = "says a second line before the other side has answered"
    step = f'Two lines were typed; in one turn came "{both["came"]}"' if both else ""
    return seen(failures, step, says=says, look=look) if both else None


NEVER_SAID = ("not reached", "crashed", "traceback")


def _too_soon(failure: Failure) -> str:
    """What a program has said out of turn in a failed test, as a step: lines that were typed, and for which the other
    side has not spoken; "" if it kept to its turns.
    """
    typed = {line for event in failure.events if event.what == "types" for line in event.data.splitlines()}
    turns, said = int(failure.program == "client"), 0
    for event in failure.events:
        if event.what in ("connects", "accepts"):  # a conversation begins
            turns, said = int(failure.program == "client"), 0
        elif event.what in ("ends stream", "resets"):
            return ""  # no one is there any more, for whose turn it could wait
        elif event.what == "sends":
            turns += event.data.count(b"\n")
        elif event.what == "receives":
            said += event.data.count(b"\n")
            lines = [line for line in event.data.splitlines() if line in typed]
            if said > turns and lines:
                before = "Before the client had said anything" if not turns else "Before the other side had answered"
                return f"{before}, {quoted(lines[-1])} came, which was typed at its keyboard."
    return ""


def _lines(case: Case) -> tuple[str, ...]:
    """What the other side says."""
    return QUESTIONS if case.program == "server" else ANSWERS


def _strange(case: Case, number: int) -> Fact | None:
    """How a strange line was heard: in an examination with whole lines, if one in pieces does not get that far."""
    fact = case.fact("heard", number=number)
    if fact or not _fact(case, "heard", 1, "same") or _fact(case, "heard", number - 1, "nothing"):
        return fact
    return case.again(APART, "heard", number=number)


def _crlf(case: Case) -> Found | None:
    heard = _strange(case, TELNET)
    if not heard or heard["how"] not in ("inside", "repr"):
        return None
    return Found({}, (f'A line came that ended with \\r\\n: "{heard["line"]}"; on the screen it still has its \\r.',))


TOO_LONG = "test_a_line_that_is_too_long"


def _close_with_cr(case: Case) -> Found | None:
    """It knows the word, and goes on where it comes with \\r\\n; other lines that end so lose their \\r."""
    if not case.fact("close_heard", ended=True) or _crlf(case):
        return None
    failed = case.failed("test_line_ends_of_*", causes=("silence", "goes on"))
    failures = [failure for failure in failed if failure.given and failure.given[-1].data == b"/close\r\n"]
    shows = any(line.endswith(b"/close") for failure in failures for line in failure.shown().splitlines())
    shown_too = "Its screen shows /close like any other line." if shows else None
    return seen(failures, *as_steps("/close came with \\r\\n after it, and the program kept running.", shown_too))


def _no_limit(case: Case) -> Found | None:
    """A line that is too long doesn't end it; where it ends, it is only its last words that are amiss."""
    failures = [] if limit_missed(case, TOO_LONG) else case.failed(TOO_LONG)
    return seen([failure for failure in failures if failure.cause not in TOLD_BADLY])


def _close_inside(case: Case) -> Found | None:
    """It takes a sentence with the word in it for the word."""
    heard, said = _strange(case, WORD_INSIDE), case.fact("said", number=WORD_INSIDE)
    if said and said["how"] != "same":
        return Found({"line": "no /close"}, (f'Typed: "{said["wanted"]}"; sent: "{said["came"]}".',))
    if heard and heard["how"] == "nothing":
        step = f'The other side said "{heard["line"]}", and the program took that for its end.'
        return Found({"line": str(heard["line"])}, (step,))
    return _like_close(case)


def _like_close(case: Case) -> Found | None:
    """It ended at a line that is only like the word, such as /CLOSE."""
    failed = case.failed("test_words_that_are_no_close", causes=("ended", "end", "other status", "silence"))
    if not _fact(case, "said", 1, "same") or _over_after_a_turn(case):  # it never gets as far as that line
        return None
    for failure in failed:
        said = [event.data for event in failure.given]
        line = said[-1].decode(errors="replace").strip("\r\n") if said else ""
        if "close" in line.lower() and _fact(case, "heard", 1, "same"):
            step = f'The line "{line}" was said or typed, and the program took it for its end.'
            return seen([failure], step, line=line)
    return None


def _sends_after_close(case: Case) -> Found | None:
    """A line sends through its socket, or receives, and raises: the program itself has closed it before."""
    for fact in case.facts("raises"):
        numbers = ("Errno 9]", "WinError 10038]", "closed file", "closed or detached")
        if not any(number in f"{fact['message']}" for number in numbers):
            continue
        in_the_middle = _over_after_a_turn(case)
        if not case.fact("uncaught") and not in_the_middle:
            continue
        raised = case.facts("raises", line=fact["line"], exception="OSError")
        if raised or fact["exception"] == "ValueError":
            details = {"line": fact["line"], "exception": fact["exception"], "early": in_the_middle}
            if not in_the_middle and (_fact(case, "heard", 1, "same") or _fact(case, "said", 1, "same")):
                look = "In which order do your last lines run: which one says goodbye, and which one closes?"
                return Found(details | {"look": look}, (as_raised(fact),))
            look = f"Which line closes this socket, or which with block ends before line {fact['line']} runs?"
            return Found(details | {"look": look}, ("No one had left the conversation.", as_raised(fact)))
    return None


def _over_after_a_turn(case: Case) -> bool:
    """Whether its first turn was right, and it was gone before the second one was."""
    if not _fact(case, "heard", 1, "same") or not _fact(case, "said", 1, "same"):
        return False
    second = [fact for name in ("heard", "said") for fact in case.facts(name, number=2)]
    return any(fact["how"] != "same" and (fact["ended"] or fact["over"]) for fact in second)


def _ends_sending(case: Case) -> Found | None:
    """It has ended its sending side after its first line, and a later one can't be sent."""
    ends = re.search(r"\.shutdown\(", case.source)
    if not ends or not _fact(case, "said", 1, "same") or not _fact(case, "said", 2, "nothing"):
        return None
    for fact in case.facts("raises"):
        if any(number in str(fact["message"]) for number in ("Errno 32]", "WinError 10058]")):
            line = case.line_of(ends)
            return Found({"line": line}, ("The first line was sent, the second one was not.", as_raised(fact)))
    return None


def _explains_sending_after_close(case: Case, found: Found, failure: Failure) -> bool:
    if failure.exception:
        there = f"line {found.details['line']}" in str(failure.facts.get("where"))
        return failure.exception == found.details["exception"] and there
    if found.details["early"] and stalls(case, found, failure):
        return True
    return _leaves_itself(case, found, failure)


def _no_text(how: str, step: str) -> Decides:
    """A line with a byte that is not UTF-8 is shown like this."""

    def decides(case: Case) -> Found | None:
        heard = _strange(case, NO_TEXT)
        return Found({}, (step,)) if heard and heard["how"] == how else None

    return decides


def _busy_loop(case: Case) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if "end of stream" in fact.where), None)
    if not spins:
        return None
    stands = next((fact for fact in case.facts("stands") if fact.where == spins.where and fact["line"]), None)
    where = f" Its innermost line is line {stands['line']}, in {stands['function']}." if stands else ""
    return Found({}, (f"{capital(spins.where)} it uses all the time of a processor.{where}",))


def _serves_on(case: Case) -> Found | None:
    """Its guest has left, and it waits for the next one; a server that has let in two at once is another matter."""
    waits = _waits_for_the_next(case, CLOSES) or _waits_for_the_next(case, "end of stream")
    if not waits or _two_at_once(case):
        return None
    return Found({}, as_steps("Its client has left.", waits), tuple(case.failed("test_one_conversation")))


def _explains_serving_on(case: Case, found: Found, failure: Failure) -> bool:
    """Where a file of it keeps the connection open until the program ends, the other side waits for that end too."""
    open_still = case.fact("close_typed", how="same", over=False)
    waits = failure.cause == "goes on" or (failure.cause == "silence" and open_still is not None)
    return waits or failure in found.failures or failure.fits("test_one_conversation")


def _waits_for_the_next(case: Case, moment: str) -> Fact | None:
    """Where it waits for a new client: in accept, or in the loop of a module that does this for it (asyncio)."""
    waits = standing(case, "select", moment)
    sockets = _sockets_beside(case, waits) if waits else []
    listens = bool(sockets) and all(fact["state"] == "LISTEN" for fact in sockets)
    return standing(case, "accept", moment) or (waits if listens and case.program == "server" else None)


def _two_at_once(case: Case) -> Found | None:
    return in_tests("test_one_conversation", causes=["unwanted print", "other bytes"])(case)


def _own_close_hangs(case: Case) -> Found | None:
    """It has sent its own /close and noticed that: it waits for data in the lines that are for this word."""
    waits = standing(case, "recv", TYPES_CLOSE)
    if not waits or not case.fact("close_typed", how="same", ended=False):
        return None
    if not is_under_word(case.source, "/close", int(waits["line"])):
        return None
    steps = as_steps("/close was typed and sent, and the program kept running.", waits)
    return Found({"line": waits["line"]}, steps)


def _unknown_close(case: Case) -> Found | None:
    """It goes on after a /close: it shows the word that came, or waits for an answer to the one that was typed."""
    heard, typed = case.fact("close_heard", ended=False, shows=True), case.fact("close_typed", how="same", ended=False)
    waits = standing(case, "recv", TYPES_CLOSE)
    if typed and not waits and (_waits_for_the_next(case, TYPES_CLOSE) or main_is_over(case)):
        typed = None  # this conversation is over: it waits for the next one, or for another thread
    if typed and _own_close_hangs(case):
        typed = None  # it knows the word, and waits for more
    if not heard and not typed:
        return None
    when = " or ".join(word for word, fact in (("arrives", heard), ("is typed", typed)) if fact)
    shows = 'The other side said "/close": it is on the screen like any other line.' if heard else None
    sent = "/close was typed and sent, and the program kept running." if typed else None
    look = "Which line of yours should notice it? Print repr() of the two things that this line compares."
    asks = standing(case, "input", CLOSES)
    if heard and not typed and asks and asks["line"]:
        look = f"It waits for its keyboard at line {asks['line']} then: which line of yours has looked at what came?"
    why = never_equal(case.source, "/close")
    if why:
        look = "Print repr() of the two things that your program compares. What is the difference?"
    elif waits and not heard:
        look = f"After that it waits at line {waits['line']}: for what, and who has promised to send it?"
    return Found({"when": when, "look": look}, as_steps(shows, sent, why, None if why else waits))


def _close_without_enter(case: Case) -> Found | None:
    """It knows the word, but not as the end of its keyboard input, with no newline behind it."""
    if case.failed(f"test_the_{case.program}_closes", "test_the_*_leaves_without_close"):
        return None
    sent = [failure for failure in case.failed("test_the_keyboard_*", causes=EOF) if _sent_close(failure)]
    failures = [failure for failure in sent if failure.typed[-1:] == [b"/close"]]
    step = "/close was typed without Enter, and the keyboard input ended; /close was sent, and the program went on."
    return seen(failures, step)


def _needs_enter(case: Case) -> Found | None:
    """The other side's /close is noticed, and it waits for something else."""
    if not case.fact("close_heard", ended=False, shows=False) or _serves_on(case) or _two_at_once(case):
        return None
    if _goes_on_talking(case) or main_is_over(case):
        return None
    stands = next((fact for fact in case.facts("stands") if fact.where == CLOSES), None)
    enter = "Enter ends it." if case.fact("enter", ends=True) else None
    where = f" (line {stands['line']})" if stands and stands["line"] else ""
    steps = as_steps("The other side said /close, and the program kept running.", stands, enter)
    return Found({"where": where}, steps)


def _goes_on_talking(case: Case) -> Found | None:
    """The other side's /close is noticed, and the next typed line is sent as ever."""
    if not case.fact("close_heard", ended=False, shows=False) or not case.fact("enter", ends=False, sent=True):
        return None
    stands = standing(case, "input", CLOSES)
    where = f" at line {stands['line']}" if stands and stands["line"] else ""
    step = "The other side said /close, and the program kept running."
    return Found({"where": where}, as_steps(step, stands, "Enter was pressed, and it sent this line too."))


def _close_was_said(failure: Failure) -> bool:
    """Whether the test waited in vain after the other side's /close."""
    sent = [event.data for event in failure.events if event.what == "sends"]
    return failure.cause in ("silence", "goes on") and bool(sent) and sent[-1].rstrip(b"\r\n").endswith(b"/close")


def _close_not_sent(case: Case) -> Found | None:
    typed = case.fact("close_typed", over=True)
    if not typed or typed["how"] in ("same", "no line end", "inside"):
        return None
    came = f'"{typed["came"]}"' if typed["came"] else "nothing"
    return Found({}, (f"/close was typed; what came before the end of the stream: {came}.",))


def _close_without_line_end(case: Case) -> Found | None:
    """/close is sent, but not as a line, although other lines have their newline."""
    typed = case.fact("close_typed", how="no line end")
    return Found({}, (f'/close was typed; "{typed["came"]}" was sent, without the newline.',)) if typed else None


def _close_not_sent_at_eof(case: Case) -> Found | None:
    failures = [failure for failure in case.failed("test_the_keyboard_*", causes=EOF) if not _sent_close(failure)]
    return seen([failure for failure in failures if not failure.exception and not lacks_line_end(failure)])


def _sent_close(failure: Failure) -> bool:
    """Whether the line /close came, whatever else went wrong."""
    return any(event.what == "receives" and b"/close\n" in event.data for event in failure.events)


def _other_leaves(case: Case, found: Found, failure: Failure) -> bool:
    """A test in which the other side leaves."""
    other = "client" if case.program == "server" else "server"
    return failure.fits(f"test_the_{other}_closes", "test_one_*_in_each_turn", "test_the_client_speaks_first")


def _leaves_itself(case: Case, found: Found, failure: Failure) -> bool:
    """A test in which its own user leaves."""
    other = "client" if case.program == "server" else "server"
    return failure.fits(f"test_the_{case.program}_closes", "test_the_keyboard_*") and other not in failure.name


def _lost(case: Case) -> Found | None:
    """The other side has gone without /close, and it ends as if it had heard one, or goes on."""
    failures = case.failed("test_the_*_leaves_without_close", "test_the_*_is_gone_*", "test_the_*_is_cut_off")
    causes = ("other status", "goes on", "silence", "floods")
    good = [failure for failure in failures if failure.cause in causes]
    ends = any(failure.cause == "other status" for failure in good)
    does = "ends as if it had heard a goodbye" if ends else "keeps running"
    if not ends and main_is_over(case):
        return None  # it has noticed, and another thread keeps it running
    return seen(good, does=does) if _fact(case, "heard", 1, "same") else None


FAULTS = [
    *KEPT_ALIVE,
    Fault(
        slug="input-before-accept",
        life=Life.LISTEN,
        decides=_at_keyboard_first,
        explains=lambda case, found, failure: bool(case.fact("does_not_begin")) or stalls(case, found, failure),
        programs=("server",),
        stops=True,
        sentence="At line {line} your server waits at its own keyboard before it accepts a client: someone must press "
        "Enter first.",
        question="Your program has started, and no client is served yet. In which call does it wait, and who would "
        "have to do something there?",
        read=ONE_CONVERSATION,
    ),
    Fault(
        slug="both-receive",
        life=Life.GREET,
        decides=_both_receive,
        explains=stalls,
        programs=("client",),
        stops=True,
        sentence="Your {program} waits for the other side to speak first, while the other side waits for it: both wait "
        "forever.",
        question="Write the first row of the conversation as a table. Who has to speak, and in which call is each of "
        "the two programs at this moment?",
        read=NOBODY_BEGINS,
        mistakes=("turn-order-client",),
    ),
    Fault(
        slug="both-send-first",
        life=Life.GREET,
        decides=_both_send_first,
        explains=stalls,
        programs=("server",),
        stops=True,
        sentence="Your server {does}, although the client begins the conversation.",
        question="Look at the first row of this stage's table: who speaks there? What does your server do first after "
        "accept, and what does its client do at the same moment?",
        read=IDEA,
        mistakes=("turn-order",),
    ),
    replace(
        LENGTH_PREFIX,
        decides=_length_prefix,
        explains=lambda case, found, failure: stalls(case, found, failure) or failure.exception == "ValueError",
    ),
    replace(NEWLINE_TWICE, explains=stalls),
    replace(OTHER_END, decides=_other_end, explains=stalls, mistakes=("crlf-sent",)),
    replace(EXPECTS_OTHER_END, decides=_expects_other_end, explains=stalls),
    replace(KEYBOARD_READ_TWICE, decides=_reads_two_lines, explains=stalls, read=ONE_TURN),
    replace(FIRST_LINE_TAKEN, programs=("server", "client")),
    ENDS_AT_ONCE,
    TAKES_AT_ONCE,
    OTHER_PARTS,
    CONNECTS_LATE,
    replace(CHUNK_REPLACED, decides=_chunk_replaced, explains=stalls),
    replace(
        NO_LINE_END,
        decides=_no_line_end,
        explains=stalls,
        mistakes=("no-terminator-sent", "no-terminator-sent-server"),
    ),
    Fault(
        slug="untyped-line",
        life=Life.TAKE,
        decides=_extra_line,
        explains=stalls,
        sentence='Your {program} sends a line that no one has typed: "{line}". The other side takes it for your turn.',
        question="How many lines does the other side receive in one turn of yours, and which of them did your user "
        "type? Does TCP need a message that says that something has arrived?",
        read=IDEA,
    ),
    Fault(
        slug="echo-kept",
        life=Life.ANSWER,
        decides=_echo_kept,
        explains=stalls,
        programs=("server",),
        sentence="Your server sends back what the client has said, as an echo does, and not what its own user types.",
        question="Which of your variables has the client's line, and which one has what was typed at your keyboard? "
        "Which of the two do you send?",
        read=IDEA,
    ),
    Fault(
        slug="changes-bytes",
        life=Life.TAKE,
        decides=_changes,
        explains=stalls,
        sentence="Your {program} sends something else than what was typed: a line crosses as it is, and nothing before "
        "or behind it but its newline.",
        question="Print repr() of what was typed and of what you send. Which line of yours makes the difference, and "
        "who should see what it adds?",
        read=IDEA,
    ),
    replace(SHOWN_ON_STDERR, decides=_on_stderr, explains=stalls),
    replace(
        OUTPUT_NOT_FLUSHED,
        decides=_not_flushed,
        explains=like(causes=("silent screen",)),
        mistakes=("stdout-buffered", "stdout-buffered-client"),
    ),
    Fault(
        slug="sent-not-flushed",
        life=Life.TAKE,
        decides=_sent_not_flushed,
        explains=stalls,
        stops=True,
        sentence="What your {program} writes into the connection's file stays in its buffer: nothing is sent until it "
        "is flushed.",
        question="When does a file hand over what you wrote? What makes it do so immediately?",
        read=LINES,
    ),
    Fault(
        slug="print-instead-of-send",
        life=Life.ANSWER,
        decides=_print_instead_of_send,
        explains=stalls,
        programs=("server",),
        stops=True,
        sentence="Your server prints its answer on its own screen and sends nothing: print never reaches the client.",
        question="Your screen shows the answer. Which line of yours gives it to the client, and through which socket?",
        read=ONE_TURN,
    ),
    Fault(
        slug="shown-late",
        life=Life.ANSWER,
        decides=_shown_late,
        explains=stalls,
        stops=True,
        sentence="Your {program} has received the line, and reads its keyboard (line {line}) before it shows it: its "
        "user has to answer what is not on the screen yet.",
        question="In which order do your three steps of a turn run: receive, show, read the keyboard? What does your "
        "user see when it is time to type?",
        read=ONE_TURN,
    ),
    Fault(
        slug="connection-per-line",
        life=Life.NEXT,
        decides=_accepts_to_answer,
        explains=stalls,
        programs=("server",),
        stops=True,
        sentence="Your server accepts another connection before it answers (line {line}), but the client waits for the "
        "answer on the one that it has.",
        question="How often does your line with accept run in one conversation? What does accept return, and where "
        "could you keep it?",
        read=ONE_CONVERSATION,
    ),
    Fault(
        slug="never-answers",
        life=Life.ANSWER,
        decides=_never_answers,
        explains=stalls,
        programs=("server",),
        stops=True,
        sentence="Your server shows what the client says, but never sends what is typed at its own keyboard.",
        question="The client has spoken and waits. Whose turn is it now, and which line of yours reads the keyboard "
        "and sends?",
        read=ONE_TURN,
    ),
    Fault(
        slug="never-receives",
        life=Life.ANSWER,
        decides=_never_receives,
        explains=stalls,
        programs=("client",),
        stops=True,
        sentence="Your client sends a line and asks its user again at line {line}: it does not receive the answer "
        "first.",
        question="After your line is sent, who speaks? Which call brings that to your program, and where does it "
        "stand in your loop?",
        read=ONE_TURN,
    ),
    Fault(
        slug="ends-without-close",
        life=Life.ANSWER,
        decides=_ends_without_close,
        explains=lambda case, found, failure: stalls(case, found, failure) or failure.cause == "ended",
        stops=True,
        sentence="Your {program} takes the first line that arrives for a goodbye: it exits without showing it, "
        "although no one said /close.",
        question="Which condition of yours decides that the conversation is over? Print repr() of all that it looks "
        "at: is it true for any line?",
        read=IDEA,
    ),
    Fault(
        slug="shows-what-was-typed",
        life=Life.ANSWER,
        decides=_shows_what_was_typed,
        explains=stalls,
        stops=True,
        sentence="Your {program} shows what its own user typed, not what the other side said.",
        question="Which of your variables has what was received, and which one do you print?",
        read=ONE_TURN,
    ),
    replace(CONNECTION_PER_LINE, decides=_connection_per_line, read=ONE_CONVERSATION),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_turn,
        explains=stalls,
        stops=True,
        sentence="Your {program} ends the conversation after one line and its answer, although no one said /close.",
        question="After the first answer, which line of your program runs next? What would lead it back to the next "
        "turn of the same conversation?",
        read=ONE_TURN,
    ),
    replace(LAST_LINE_WITHOUT_END, decides=_ends_without_line_end, read=ONE_TURN),
    Fault(
        slug="prompt-in-the-same-line",
        life=Life.ANSWER,
        decides=_same_line,
        explains=like(causes=SCREEN),
        sentence="The text that arrived has no line of its own on your {program}'s screen: something else, such as a "
        "prompt, is in the same line.",
        question="Send the output of your {program} to a file, and read the line with the text. What else is in it, "
        "and which of your lines should have ended it before?",
        read=ONE_TURN,
    ),
    replace(
        BYTES_IN_ESCAPES,
        decides=lambda case: None if _as_bytes(case) else shown_in_escapes(case.facts("heard")),
        explains=like(causes=SCREEN),
    ),
    replace(STRIPS_TEXT, decides=_strips, explains=_spaces_lost, mistakes=("strip-takes-more",)),
    replace(
        BYTES_SHOWN_AS_B,
        decides=_as_bytes,
        explains=like(causes=SCREEN),
        mistakes=("str-of-bytes",),
    ),
    Fault(
        slug="waits-for-the-end",
        life=Life.TAKE,
        decides=_waits_for_the_end,
        explains=stalls,
        sentence="Your {program} shows nothing until the other side has ended the stream: until then it collects what "
        "comes.",
        question="What is your {program} waiting for before it shows a line, and when is a line complete?",
        read=LINES,
        mistakes=("process-after-eof",),
    ),
    Fault(
        slug="file-of-connection",
        life=Life.TAKE,
        decides=_file_per_line,
        explains=like("test_two_lines_in_one_piece"),
        sentence="You make a new makefile for each line; what the old one had read already is lost with it.",
        question="How much does a file of a connection read ahead, and where is that when you make another one?",
        read=LINES,
        mistakes=("makefile-per-line",),
    ),
    replace(
        ONE_FILE_FOR_BOTH,
        decides=_one_file_for_both,
        explains=like("test_two_lines_in_one_piece", "test_*_typed_ahead", "test_line_ends_of_*"),
    ),
    replace(
        DECODE_IN_THE_MIDDLE,
        decides=_decodes_pieces,
        explains=like("test_a_letter_in_two_pieces", "test_a_line_in_pieces", "test_a_long_line"),
        mistakes=("utf8-split", "errors-ignore"),
    ),
    replace(
        RECV_IS_A_MESSAGE,
        decides=_recv_is_a_line,
        explains=like(
            *(
                "test_a_line_in_pieces",
                "test_a_letter_in_two_pieces",
                "test_two_lines_in_one_piece",
                "test_a_long_line",
            ),
            *("test_a_line_that_is_too_long", "test_answers_typed_ahead", "test_questions_typed_ahead"),
            *("test_line_ends_of_*", "test_an_empty_line_*"),
        ),
        mistakes=("recv-is-message", "torn-message", "bigger-buffer", "endswith-newline", "long-message-cut"),
    ),
    Fault(
        slug="buffer-not-emptied",
        life=Life.NEXT,
        decides=_buffer_kept,
        explains=stalls,
        sentence="What your {program} has shown stays in its buffer, and is shown again with the next line.",
        question="Print your buffer before and after a line is taken out of it. Which line of yours removes what was "
        "shown?",
        read=LINES,
        mistakes=("buffer-not-emptied",),
    ),
    Fault(
        slug="out-of-turn",
        life=Life.NEXT,
        decides=_out_of_turn,
        explains=like(
            *("test_*_typed_ahead", "test_the_*_closes", "test_the_keyboard_*"),
            causes=["too much", "silence", "silent screen"],  # it waits for a second line that nobody types
        ),
        sentence="Your {program} {says}: a turn is one line, and then the other side speaks.",
        question="What happens in your {program} after it has said a line? {look}",
        read=ONE_TURN,
        mistakes=("two-in-a-turn", "both-at-once"),
    ),
    Fault(
        slug="empty-line",
        life=Life.TAKE,
        decides=in_tests("test_an_empty_line_is_a_turn"),
        sentence="An empty line is a turn like any other in this stage; your {program} skips it, doesn't show it, or "
        "ends with it.",
        question="The user only presses Enter. Which line of yours looks whether a line is empty, and for whom does "
        "the other side wait then?",
        read=ONE_TURN,
        mistakes=("empty-send", "empty-skipped", "empty-unseen"),
    ),
    replace(
        CRLF,
        decides=_crlf,
        explains=like("test_line_ends_of_*"),
        mistakes=("crlf", "crlf-client"),
    ),
    Fault(
        slug="crlf",
        life=Life.LEAVE,
        decides=_close_with_cr,
        sentence="Your {program} doesn't recognize /close if \\r\\n comes after it, as telnet and Windows send it: the "
        "\\r isn't part of the word.",
        question="Print repr() of what your {program} compares with /close. Which character stands at its end, and "
        "which line of yours removes it: before the comparison, or after it?",
        read=LINES,
    ),
    replace(
        DECODE_STRICT,
        decides=_no_text("nothing", "A line came with a byte that isn't UTF-8, and it wasn't shown."),
        explains=like("test_bytes_that_are_no_text"),
        mistakes=("invalid-bytes-kill",),
    ),
    Fault(
        slug="decode-ignore",
        life=Life.TAKE,
        decides=_no_text("inside", "A byte came that isn't UTF-8, and the line is shown without any sign of it."),
        explains=like("test_bytes_that_are_no_text"),
        sentence="Bytes that aren't UTF-8 disappear without a trace. Something has to replace them.",
        question='What does errors="ignore" leave in the place of what it does not understand?',
        read=BYTES,
        mistakes=("invalid-bytes-vanish",),
    ),
    replace(
        NO_LINE_LIMIT,
        decides=_no_limit,
        mistakes=("endless-line", "endless-line-server"),
    ),
    replace(LIMIT_MISSED, decides=lambda case: limit_missed(case, TOO_LONG)),
    Fault(
        slug="listener-open",
        life=Life.LISTEN,
        decides=_two_at_once,
        explains=like(causes=["goes on", "silence"]),  # a thread ends with its conversation; the program does not
        programs=("server",),
        sentence="Your server takes a second client while it serves its only one: two "
        "conversations share one keyboard.",
        question="A second client connects while the first one is served. Who lets it in, who will ever answer it, and "
        "which socket makes this possible?",
        read=ONE_CONVERSATION,
        mistakes=("input-in-handlers",),
    ),
    Fault(
        slug="serves-on",
        life=Life.LEAVE,
        decides=_serves_on,
        explains=_explains_serving_on,
        programs=("server",),
        sentence="When its conversation is over, your server waits for the next client: in this stage it ends.",
        question="How many conversations does the server of this stage have? Which line of yours leads back to accept?",
        read=ONE_CONVERSATION,
        mistakes=("serves-forever",),
    ),
    replace(
        BUSY_LOOP,
        decides=_busy_loop,
        explains=like("test_the_*_leaves_without_close", "test_the_*_is_gone_*", causes=("spins", "floods")),
        read=ONE_TURN,
        mistakes=("eof-ignored",),
    ),
    Fault(
        slug="close-word-inside",
        life=Life.LEAVE,
        decides=_close_inside,
        explains=like("test_the_*_closes", "test_words_that_are_no_close"),
        sentence='The line "{line}" ends your conversation, but only a line that is exactly /close should.',
        question="Is `{line}` the word itself, does it contain the word, or is it only like it? What exactly does your "
        "condition ask, and what have you done to the line before?",
        read=IDEA,
        mistakes=("close-in-the-middle", "close-stripped"),
    ),
    Fault(
        slug="own-close-hangs",
        life=Life.LEAVE,
        decides=_own_close_hangs,
        explains=like(
            *("test_the_*_closes", "test_the_keyboard_*", "test_one_conversation"),
            *("test_the_log_says_who_has_left", "test_the_log_says_that_it_is_over"),
        ),
        sentence="After its own /close your {program} doesn't end: at line {line} it waits for the other side.",
        question="The line /close is sent. For what does line {line} wait, and who has promised that it comes? What "
        "tells the other side that nothing more will come?",
        read=IDEA,
        mistakes=("own-close-hangs",),
    ),
    Fault(
        slug="no-close-word",
        life=Life.LEAVE,
        decides=_unknown_close,
        explains=like(
            "test_the_*_closes", "test_the_keyboard_*", "test_one_*_in_each_turn", "test_the_client_speaks_*"
        ),
        sentence="Your {program} doesn't end the conversation when /close {when}.",
        question="What happens in your {program} to the line /close when it {when}? {look}",
        read=IDEA,
        mistakes=("bytes-vs-str", "terminator-in-compare", "close-only-sent"),
    ),
    Fault(
        slug="no-close-word",
        life=Life.LEAVE,
        decides=_close_without_enter,
        sentence="Your {program} doesn't end the conversation when /close is the last thing typed, without Enter.",
        question="What does your reading line return when the input ends behind a text, and what after Enter? With "
        "what do you compare it?",
        read=IDEA,
        mistakes=("close-with-its-newline",),
    ),
    Fault(
        slug="goes-on-after-close",
        life=Life.LEAVE,
        decides=_goes_on_talking,
        explains=lambda case, found, failure: _other_leaves(case, found, failure) or _close_was_said(failure),
        sentence="After the other side's /close your {program} goes on with the next turn: it reads its "
        "keyboard{where}, and sends what is typed.",
        question="Which line of yours notices /close, and which line runs right after it? Does the loop around it "
        "learn that the conversation is over?",
        read=IDEA,
    ),
    Fault(
        slug="needs-enter",
        life=Life.LEAVE,
        decides=_needs_enter,
        explains=lambda case, found, failure: _other_leaves(case, found, failure) or _close_was_said(failure),
        sentence="The other side has said /close, and your {program} doesn't end: it waits for something first{where}.",
        question="The other side's /close has arrived and is noticed. For what does your {program} wait before it "
        "closes the connection and ends?",
        read=IDEA,
        mistakes=("quit-without-close",),
    ),
    Fault(
        slug="uses-closed-socket",
        life=Life.LEAVE,
        decides=_sends_after_close,
        explains=_explains_sending_after_close,
        stops=True,
        sentence="Line {line} uses the connection after your {program} has closed it.",
        question="{look} What can a closed socket still do?",
        read=IDEA,
    ),
    Fault(
        slug="ends-sending-too-early",
        life=Life.NEXT,
        decides=_ends_sending,
        explains=stalls,
        stops=True,
        sentence="Your {program} ends its sending side (line {line}) after the first line, although the conversation "
        "goes on.",
        question="What does shutdown say to the other side? What tells it that a line is complete, and what tells it "
        "that nothing more will come?",
        read=IDEA,
    ),
    Fault(
        slug="close-again",
        life=Life.LEAVE,
        decides=_close_again,
        sentence="Your {program} sends /close although the conversation is over: one /close, from either side, ends it "
        "for both.",
        question="After a /close has come or gone, who reads what you still send? Which lines of yours send /close, "
        "and which of them runs when the other side has left?",
        read=IDEA,
    ),
    Fault(
        slug="close-not-sent",
        life=Life.LEAVE,
        decides=_close_not_sent,
        explains=_leaves_itself,
        sentence="You leave without a message: /close ends your own program, but the other side only sees the stream "
        "end and must think that you are lost.",
        question="What does the other side receive, byte by byte, when you type /close? How does this differ from a "
        "lost connection?",
        read=IDEA,
        mistakes=("close-not-sent",),
    ),
    replace(
        NO_LINE_END,
        life=Life.LEAVE,
        stops=False,
        decides=_close_without_line_end,
        explains=_leaves_itself,
        sentence="Your {program} sends /close without its newline, so the other side waits for the rest of the line.",
    ),
    Fault(
        slug="close-not-sent-at-eof",
        life=Life.LEAVE,
        decides=_close_not_sent_at_eof,
        sentence="When the keyboard input ends, your {program} leaves without the line /close: the other side takes it "
        "for a loss.",
        question="End your keyboard input with Ctrl+D. What does the other side receive, byte by byte, and how does "
        "this differ from a lost connection?",
        read=ONE_TURN,
        mistakes=("stdin-eof-is-empty",),
    ),
    Fault(
        slug="lost-unnoticed",
        life=Life.NOTICE,
        decides=_lost,
        sentence="The other side disappears without /close, and your {program} {does}.",
        question="The stream ends without /close. What does your receiving call return then, before anything is "
        "stripped from it? Which line of yours tells that from a goodbye, and from an empty line?",
        read=IDEA,
        mistakes=("lost-is-left", "left-at-once", "gone-is-left", "server-gone-unnoticed", "sent-means-delivered"),
    ),
    Fault(
        slug="lost-without-a-word",
        life=Life.TELL,
        decides=in_tests("test_the_*_leaves_*", "test_the_*_is_cut_off", "test_the_*_is_gone_*", causes=["wordless"]),
        explains=like(causes=["wordless"]),
        sentence="When the other side is lost, your {program} exits without saying so.",
        question="What does the person in front of your {program} read when the other side is lost? Which line of "
        "yours could tell?",
        read=IDEA,
        mistakes=("lost-without-a-word",),
    ),
    replace(NO_NOTICE, decides=no_notice, read=IDEA),
    replace(NOTICE_IN_THE_LOG, read=IDEA),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        everyday=True,
        decides=limited(in_tests("test_nobody_answers", causes=["ended", "silent screen", "other print"])),
        programs=("client",),
        sentence="The 2 s that you allow for connecting still hold in the conversation: after two quiet seconds recv "
        "fails and your client closes the connection.",
        question="How long may the other side think before it answers? Which limit does your socket still have then?",
        read=IDEA,
        mistakes=("connect-timeout-stays",),
    ),
]
