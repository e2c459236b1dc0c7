"""Stage 2: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.bytes_of_a_line import (
    cr_inside,
    crlf_in_pieces,
    half_letter_kept,
    lost_byte,
    second_encoding,
    stripped,
)
from parley.checks.diagnosis.catalogue.all_stages.kept_alive import KEPT_ALIVE
from parley.checks.diagnosis.catalogue.all_stages.log import SHOWN_ON_STDERR, shown_on_stderr
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import CONNECTS_LATE, ONE_AFTER_ANOTHER
from parley.checks.diagnosis.catalogue.all_stages.shared import limited
from parley.checks.diagnosis.catalogue.conversation import (
    BYTES_IN_ESCAPES,
    EXPECTS_OTHER_END,
    LENGTH_PREFIX,
    LIMIT_MISSED,
    LIMIT_OF_ALL,
    LONGEST,
    NEWLINE_TWICE,
    OTHER_END,
    is_length,
    limit_missed,
    looks_for_other_end,
    newline_twice,
    other_end,
    shown_in_escapes,
    takes_text_for_length,
)
from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import STREAM_END, Case, Failure, Variation
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, in_tests, like, seen, standing
from parley.checks.diagnosis.slips import limit_of_lines
from parley.checks.diagnosis.syntax import always_flushes, calls_in, line_of_blank, makes_file_per_line, name_of, nodes
from parley.contract.diagnosis import Detail, Fact
from parley.contract.record import quoted
from parley.harness.actors import Person, Role

SERVER, CLIENT, BYTES = (f"lessons/2_logbook.md#{place}" for place in ("the-server", "the-client", "bytes-and-text"))
IDEA = "lessons/2_logbook.md#the-idea"
ERRORS = "lessons/2_logbook.md#the-second-round-errors"
LINES = ("harbour 17", "café ☕ 18", "ferry 19")
PIECES = ("bridge 21", "café 22")
UNBUFFERED, APART = Variation(unbuffered=True), Variation(pause=0.3)
SCREEN = ("silent screen", "other print")


def examine_server(visit: Visit) -> None:
    """A client sends a line, two lines at once and two in pieces, and ends; then the next client comes."""
    server = visit.server()
    anna = visit.guest("Anna", server)
    first, *more = LINES
    visit.at("after the first line")
    anna.says(first)
    _sees_entry(visit, server, 1, first)
    if visit.vary.interrupted:
        visit.interrupts(server)
        return
    visit.at("after two lines in one chunk")
    if visit.vary.pause:
        for line in more:
            anna.says(line)
            visit.scene.deadlines.watch(visit.vary.pause)
    else:
        anna.sends("".join(f"{line}\n" for line in more))
    for number, line in enumerate(more, 2):
        if not _sees_entry(visit, server, number, line):
            visit.note("hung_up", came=visit.sees_end(anna))
            break
    else:
        _sends_in_pieces(visit, server, anna)
    visit.at("after the client's end of stream")
    anna.ends()
    visit.note("end", came=visit.sees_end(anna), back=shown(anna.received()))
    if not anna.over:
        visit.amiss(server, "end")
    visit.at("when the next client comes")
    ben = visit.guest("Ben", server)
    ben.says("Ben 20")
    _sees_entry(visit, server, 6, "Ben 20")


def _sends_in_pieces(visit: Visit, server: Role, anna: Person) -> None:
    """A line in two pieces, and another one that is cut in a letter."""
    for number, line in enumerate(PIECES, 4):
        visit.at(f"after line {number}, in chunks")
        data = f"{line}\n".encode()
        pieces = [data] if visit.vary.pause else [data[:4], data[4:]]
        anna.sends_in_pieces(*pieces)
        if not _sees_entry(visit, server, number, line):
            break


def _sees_entry(visit: Visit, server: Role, number: int, text: str) -> bool:
    screen = visit.shows(server, lambda screen: any(line.endswith(f" {text}") for line in screen.splitlines()))
    entry = next((line for line in screen.splitlines() if line.endswith(f" {text}")), "")
    how = "same" if entry else compared(text.encode(), screen.encode())
    kept = (server.file("logbook.txt") or b"").decode(errors="backslashreplace")
    seen_now: dict[str, Detail] = {
        "screen": screen[-300:],
        "kept": text in kept,
        "file": bool(kept),
        "book": kept[-300:],
    }
    visit.note("entry", number=number, how=how, text=text, **seen_now)
    if how != "same":
        visit.amiss(server, "entry")
    return how == "same"


def examine_client(visit: Visit) -> None:
    """Someone types two lines, an empty one, and another one; then its input ends."""
    client, host = visit.client(LINES[0])
    person = visit.comes(client, host)
    visit.at("after the first line")
    if visit.vary.ahead:
        client.types(LINES[1])
        visit.note("ahead", came=shown(visit.hears(person, lambda came: b"\n" in came)))
        return
    for number, line in enumerate((*LINES[:2], "", *LINES[2:]), 1):
        if number > 1:
            visit.at(f"after line {number}")
            client.types(line)
        wanted = f"{line}\n".encode()
        came = visit.hears(person, lambda came, wanted=wanted: len(came) >= len(wanted))  # type: ignore[misc]
        how = compared(wanted, came)
        visit.note("sent", number=number, how=how, came=shown(came), wanted=shown(wanted), over=person.over)
        if how != "same":
            visit.note("prefix", is_length=bool(line) and is_length(came, line.encode()), came=shown(came))
            visit.amiss(client, "sent")
            if line:
                break
        if visit.vary.interrupted:
            visit.interrupts(client)
            return
    visit.at("after end of input")
    client.ends_keyboard()
    if not visit.ends(client):
        visit.amiss(client, "leaves")


# What decides


def _entry(case: Case, number: int, *hows: str) -> Fact | None:
    return next((fact for fact in case.facts("entry", number=number) if fact["how"] in hows), None)


def _not_flushed(case: Case) -> Found | None:
    silent = _entry(case, 1, "nothing")
    if not silent or always_flushes(case.source) or not case.again(UNBUFFERED, "entry", number=1, how="same"):
        return None
    kept = (
        "The entry is in logbook.txt already, and not on the screen." if silent["kept"] else "Its screen stays empty."
    )
    return Found({}, as_steps(kept, standing(case, "recv"), "Run without a buffer (python -u) it appears immediately."))


def _file_not_flushed(case: Case) -> Found | None:
    failures = case.failed("test_the_logbook", "test_the_logbook_survives", causes=["other file"])
    entry = case.fact("entry", number=1, how="same", kept=False)
    if not entry or not failures or not _writes_a_file(case.source):
        return None
    step = "The entry is on the screen, and logbook.txt does not have it yet."
    return Found({}, (step, "When the program is killed then, the entry is lost."), tuple(failures))


_entries_not_in_the_file = like("test_the_logbook*", "test_first_the_logbook_then_the_screen", causes=("other file",))


def _writes_a_file(source: str) -> bool:
    """Whether any call of a program may write into a file: a write, or a print with a file."""
    calls = calls_in(nodes(source))
    prints = [
        word.value for call in calls if name_of(call.func) == "print" for word in call.keywords if word.arg == "file"
    ]
    writes = any(re.match(r"write|dump|save|FileHandler|basicConfig", name_of(call.func)) for call in calls)
    return writes or any(name_of(file) not in ("stdout", "stderr") for file in prints)


def _never_writes(case: Case) -> Found | None:
    """It opens its logbook, and no line of it writes anything into a file."""
    failures = case.failed("test_the_logbook*", causes=["other file"])
    opened = case.fact("opens")
    if not failures or not opened or _writes_a_file(case.source) or not case.fact("entry", number=1, how="same"):
        return None
    return seen(failures, f"Line {opened['line']} of server.py opens {opened['path']}; no line writes into it.")


def _mode_x(case: Case) -> Found | None:
    """It opens its logbook as a new file, and ends where there is one already."""
    opened = next((fact for fact in case.facts("opens") if "x" in str(fact["mode"])), None)
    failures = case.failed(exceptions=["FileExistsError"])
    if not opened or not failures:
        return None
    step = f'Line {opened["line"]} of server.py opens {opened["path"]} with "{opened["mode"]}".'
    return seen(failures, step, "Its second start ends with FileExistsError.", line=opened["line"])


def _log_in_logbook(case: Case) -> Found | None:
    """One line was sent, and the file has another one that is no entry and is not on the screen."""
    entry = _entry(case, 1, "same")
    lines = [line for line in str(entry["book"]).splitlines() if LINES[0] not in line] if entry else []
    others = [line for line in lines if re.search(r"[^\W\d_]{3}", line) and line not in str(entry["screen"])]  # type: ignore[index]
    if not others:
        return None
    failures = case.failed("test_first_the_logbook_then_the_screen", causes=["unwanted print"])
    failures += case.failed(causes=["other file", "no file"])
    return seen(failures, f'One line was sent, and logbook.txt has the line "{others[0][:100]}".', line=others[0][:60])


_ENTRY = r"^\d\S*(?: \d\S*)? "  # how an entry begins: with a time and a space


def _screens(case: Case) -> list[str]:
    return [str(fact["screen"]).replace("\r\n", "\n") for fact in case.facts("entry")]


def _first_line_taken(case: Case) -> Found | None:
    """The first line of a client becomes no entry, and those behind it do."""
    if not _entry(case, 1, "nothing") or not _entry(case, 2, "same"):
        return None
    steps = (f'"{LINES[0]}" was sent, and no entry was made.', "The line after it became an entry.")
    return Found({}, steps)


def _rest_is_an_entry(case: Case) -> Found | None:
    """Behind the entry of the first line, which came whole, stands one without text; lines in pieces go wrong."""
    if not _entry(case, 1, "same") or _recv_is_a_line(case):
        return None
    empty = re.compile(rf"{_ENTRY}{LINES[0]}\n\d[-\dT:.+ ]+\n", re.MULTILINE)
    if not any(empty.search(screen) for screen in _screens(case)):
        return None
    steps = (f'"{LINES[0]}" was sent, with its newline.', "An entry without any text follows its entry on the screen.")
    return Found({}, steps)


def _entry_again(case: Case) -> Found | None:
    """The first line, which was sent once, is an entry on the screen more than once after later lines."""
    first = re.compile(rf"{_ENTRY}{LINES[0]}$", re.MULTILINE)
    first_fact, later = _entry(case, 1, "same"), _screens(case)[1:]
    if not first_fact or len(first.findall(str(first_fact["screen"]))) != 1:
        return None
    if not any(len(first.findall(screen)) > 1 for screen in later):
        return None
    return Found({}, (f'"{LINES[0]}" was sent once.', "After a later line it is an entry on the screen once more."))


def _mode_w(case: Case) -> Found | None:
    opened = next((f for f in case.facts("opens") if "logbook" in str(f["path"]) and "w" in str(f["mode"])), None)
    if not opened or _newest_first(case):
        return None
    step = f'Line {opened["line"]} of server.py opens {opened["path"]} with "{opened["mode"]}".'
    return Found(
        {"mode": opened["mode"], "line": opened["line"]},
        (step, "After the second start only its own entries are there."),
    )


def _recv_is_a_line(case: Case) -> Found | None:
    """It goes wrong with two lines in one piece, or with one in pieces; each line alone is understood."""
    if not _entry(case, 1, "same") or _file_per_line(case) or _decodes_pieces(case):
        return None
    wrong = next((fact for fact in case.facts("entry") if int(fact["number"]) < 5 and fact["how"] != "same"), None)
    if _loses_half_a_line(case):
        return None
    if wrong and not case.again(APART, "entry", number=wrong["number"], how="same"):
        return None  # whole lines, one by one, are not understood either: it is about something else
    if wrong:
        if wrong["number"] == 4:
            return Found({}, ("A line arrived in two chunks and didn't become one entry.", "In one chunk, it does."))
        steps = ("Two lines arrived together and didn't become two entries.", "Sent 0.3 s apart, they do.")
        return Found({}, steps)
    if _entry(case, len(LINES) + 1, "same"):
        return None
    pieces = case.failed("test_a_line_in_pieces", "test_several_lines_at_once", causes=SCREEN)
    return seen(pieces, f"What was not understood as lines: {pieces[0].sentence}") if pieces else None


def _loses_half_a_line(case: Case) -> Found | None:
    """Lines that arrive together are told apart, but the first half of a line is gone when its rest comes."""
    half, rest = _entry(case, 4, "nothing", "part", "inside", "other"), PIECES[0][4:]
    if not half or not _entry(case, 3, "same") or PIECES[0][:4] in str(half["screen"]):
        return None
    if not case.again(APART, "entry", number=4, how="same"):
        return None
    came = f'its entry has only "{rest}"' if f"{rest}\n" in str(half["screen"]) else "it became no entry"
    steps = ("Two lines that arrived together became two entries.", f'"{PIECES[0]}" arrived in two chunks: {came}.')
    return Found({}, steps)


def _entry_format(case: Case) -> Found | None:
    """The text is on the screen, but not behind a time and a space (before them may be more); or so in the file."""
    entry = _entry(case, 1, "same", "inside")
    if not entry or _as_bytes(case):
        return None
    shown_as, kept_as = (
        [line for line in str(entry[where]).splitlines() if LINES[0] in line] for where in ("screen", "book")
    )
    form = rf"\d\S*( \d\S*)? {LINES[0]}"
    told = f'The client sent "{LINES[0]}".'
    if shown_as and not re.search(rf"{form}\Z", shown_as[0]):
        return Found({"shown": shown_as[0]}, (f'{told} The screen shows "{shown_as[0]}".',))
    if kept_as and not re.fullmatch(form, kept_as[0]):
        return Found({"shown": kept_as[0]}, (f'{told} logbook.txt has "{kept_as[0]}".',))
    return None


def _blank_lines(case: Case) -> Found | None:
    """Behind an entry the file has a line without anything."""
    failures = [failure for failure in case.failed(causes=["other file"]) if failure.received == '""']
    return seen(failures, "In logbook.txt an entry is followed by an empty line.")


def _one_long_line(case: Case) -> Found | None:
    """One line of the file has several entries: each with its time."""
    failures = case.failed(causes=["other file"])
    long = [failure for failure in failures if len(re.findall(r"\d\d:\d\d:\d\d", str(failure.received))) > 1]
    return seen(long, *(f"A line of logbook.txt is {str(failure.received)[:150]}" for failure in long[:1]))


def _file_differs(case: Case) -> Found | None:
    """The text of each entry is in the file too, but the entries are not the same."""
    failures = case.failed("test_the_logbook", causes=["other file"])
    if not failures or not case.fact("entry", number=1, how="same", kept=True) or _entry_format(case):
        return None
    if _entry_again(case) or _rest_is_an_entry(case) or _log_in_logbook(case) or _newest_first(case):
        return None
    return None if case.failed("test_the_time_of_an_entry") else seen(failures)


def _no_logbook(case: Case) -> Found | None:
    """It opens no file at all to write into it."""
    failures = case.failed(causes=["no file"])
    if not failures or case.fact("opens") or not case.fact("entry", number=1, how="same"):
        return None
    if "logbook.txt" in case.source:
        return None  # it does keep them, at another time
    step = "The entry is on the screen, and your server has opened no file to write into it."
    return seen(failures, step)


def _file_too_late(case: Case) -> Found | None:
    """The entry is on the screen, and the file, which it opens in the right place, isn't there before the end."""
    failures = case.failed(causes=["no file"])
    if not failures or not case.fact("entry", number=1, how="same", file=False) or _elsewhere(case):
        return None
    opened = case.fact("opens")
    when = "when the first client had left" if opened else "when your server ended"
    if "logbook.txt" not in case.source:
        return None
    where = f"Line {opened['line']} of server.py opens it {when}." if opened else None
    steps = as_steps("An entry was on the screen, and there was no logbook.txt yet.", where)
    return Found({}, steps, tuple(failures))


_TIME = re.compile(r"(\d\S*(?: \d\S*)?) \S")  # the time of an entry, which may have a space in it
_ISO = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\d(Z|[-+]\d\d:?(\d\d)?)?")


def _time_of_an_entry(case: Case) -> Found | None:
    """The time of an entry is not that of the moment when it was made, or has another form; what is wrong with it?"""
    failures = case.failed("test_the_time_of_an_entry", causes=("other print",))
    shown = failures[0].shown() if failures else b""
    if not failures or (failures[0].given and failures[0].given[-1].data.rstrip(b"\r\n") not in shown):
        return None  # what was said isn't there: that is no matter of its time
    times = [found[1] for line in shown.decode(errors="replace").splitlines() if (found := _TIME.match(line))]
    last = times[-1] if times else ""
    now = re.search(r"such as ([^)]*)", str(failures[0].expected))
    step = f'The time of the entry is "{last}"; it was made at {now[1] if now else "another time"}.'
    if len(times) > 1 and times[0] == last:
        what = f"Each entry has the same time, {last}: your server asks for the time once, and not for each entry."
        step = f'Two entries were made in different seconds, and both have the time "{last}".'
    elif re.search(r":\d\d[.,]\d", last):
        what = f"The time of an entry is to the second in ISO 8601. Yours goes on behind the seconds: {last}."
        step = f'The time of the entry is "{last}".'
    elif _ISO.fullmatch(last.replace(" ", "T")) and " " in last:
        what = f"In ISO 8601 a T stands between the date and the time; yours has a space there: {last}."
    elif last and not _ISO.fullmatch(last):
        what = f"The time of an entry is no time in ISO 8601, to the second: {last}."
    elif "%I" in case.source and now and last[:11] == now[1][:11] and last[14:] == now[1][14:]:
        what = f"Your clock has twelve hours: the entry says {last}, and it was {now[1]}. %H goes up to 23."
    elif re.search(r"%[HI].?%m", case.source):
        what = f"The time of an entry isn't the moment when you made it, {last}: %m is the month, and minutes are %M."
    else:
        what = "The time of an entry isn't the moment when you made it, in ISO 8601 to the second."
    return seen(failures, step, what=what)


def _newest_first(case: Case) -> Found | None:
    """In the file a later entry stands before an earlier one."""
    failures = case.failed("test_the_logbook*", "test_one_client_*", "test_the_last_line", causes=("other file",))
    for fact in case.facts("entry", how="same"):
        earlier, later = (str(fact["book"]).find(f" {line}\n") for line in LINES[:2])
        if -1 < later < earlier:
            step = f'"{LINES[0]}" was sent first, and then "{LINES[1]}".'
            return seen(failures, step, f'In logbook.txt the entry of "{LINES[1]}" stands before the other one.')
    return None


def _untyped_line(case: Case) -> Found | None:
    """When the keyboard has ended, a line comes that no one has typed."""
    failures = case.failed("test_the_end_of_the_keyboard", "test_a_last_line_*", causes=("too much",))
    received = failures[0].received if failures else b""
    line = received.decode(errors="replace") if isinstance(received, bytes) else str(received)
    if not line.strip() or not case.fact("sent", number=2, how="same"):
        return None
    last = line.strip("\n").rpartition("\n")[2][:60]
    return seen(failures, f'After the end of input it sent "{last}", which no one had typed.', line=last)


def _rest_of_another(case: Case) -> Found | None:
    """A client's last line, which had no newline, stands before the first line of the next client."""
    for failure in case.failed("test_the_last_line", "test_a_client_is_lost", causes=SCREEN):
        sent = [event.data.rstrip(b"\n") for event in failure.events if event.what == "sends"]
        joined = [before + after for before, after in itertools.pairwise(sent) if before and after]
        found = next((both for both in joined if b" " + both + b"\n" in failure.shown()), None)
        if found:
            step = f'The next client sent a line; its entry has the text "{found.decode(errors="replace")}".'
            return seen([failure], "A client left, and its last line had no newline.", step)
    return None


def _elsewhere(case: Case) -> bool:
    """Whether it opens a file of another folder or name, or goes to another folder."""
    return "chdir" in case.source or any(str(fact["path"]) != "logbook.txt" for fact in case.facts("opens"))


def _log_elsewhere(case: Case) -> Found | None:
    """It opens another file, or the one of another folder."""
    if _file_too_late(case):
        return None
    failures = case.failed(causes=["no file"])
    opened = case.fact("opens")
    name = str(opened["path"]) if opened else ""
    look = "Which folder does open use if the name has no folder in it? Which one does your program name?"
    if name and not re.search(r"[/\\\\]|^logbook\.txt$", name):
        look = "What is the name of the file that you open?"
    step = f'Line {opened["line"]} of server.py opens "{name[-60:]}" to write into it.' if opened else None
    return seen(failures, *as_steps(*(as_step(failure) for failure in failures[:1]), step), look=look)


def _waits_for_an_answer(case: Case) -> Found | None:
    """It has sent the first line, and waits on its connection instead of its keyboard."""
    silent, waits = case.fact("sent", number=2, how="nothing"), standing(case, "recv", "line 2")
    if not silent or not waits or not case.fact("sent", number=1, how="same"):
        return None
    return Found({}, as_steps("The first typed line was sent, the second one was not.", waits))


def _changes_text(case: Case) -> Found | None:
    """Something else goes out than what was typed, and it goes on."""
    sent = next((fact for fact in case.facts("sent", number=1) if fact["how"] in ("inside", "repr", "other")), None)
    if not sent or _handshake(case) or _other_end(case) or case.fact("prefix", is_length=True):
        return None
    if newline_twice(case):
        return None
    return Found({}, (f'Typed: "{sent["wanted"]}"; sent: "{sent["came"]}".',))


def _other_end(case: Case) -> Found | None:
    sent = case.fact("sent", number=1)
    end = other_end(str(sent["wanted"]).removesuffix("\\n"), str(sent["came"])) if sent else ""
    if not sent or sent["how"] == "same" or not end or newline_twice(case):
        return None
    return Found({"end": end}, (f'Typed: "{sent["wanted"]}"; sent: "{sent["came"]}".',))


def _expects_other_end(case: Case) -> Found | None:
    """A whole line came, and it waits for more; it looks for something else at the end of a line."""
    waits, end = standing(case, "recv", "line"), looks_for_other_end(case.source)
    if not waits or not end or not _entry(case, 1, "nothing"):
        return None
    return Found({"end": end}, as_steps("A whole line was sent to it, and no entry was made.", waits))


def _length_prefix(case: Case) -> Found | None:
    """The client sends the length before the text; the server takes the beginning of a text for a length."""
    own, number = case.fact("prefix", is_length=True), takes_text_for_length(case, LINES[0])
    if own:
        return Found({}, (f'It sent "{own["came"]}": the length of the text, and then the text.',))
    if number:
        return Found({}, (f"Line {number['line']} of {case.program}.py raises ValueError: {number['message']}",))
    waits, unpacks = standing(case, "recv", "line"), re.search(r"\bunpack\(|from_bytes\(", case.source)
    if not waits or not unpacks or not _entry(case, 1, "nothing"):
        return None
    return Found({}, as_steps("A whole line was sent to it, and no entry was made.", waits))


def _strips_typed(case: Case) -> Found | None:
    """Blanks of a typed line are lost; other lines, and those behind it, are sent as they are."""
    failed = case.failed("test_it_is_sent_as_it_was_typed", causes=("other bytes", "part"))
    failures = [failure for failure in failed if not failure.repeated and lost_byte(failure).isspace()]
    failures = [failure for failure in failures if not _ends_there(failure)]
    if not failures or not case.fact("sent", number=2, how="same") or _skips_empty_lines(case):
        return None
    return stripped(case, failures)


def _ends_there(failure: Failure) -> bool:
    """Whether all is right as far as it came, and more than blanks is missing behind that."""
    wanted, came = failure.expected, failure.received
    if not isinstance(wanted, bytes) or not isinstance(came, bytes):
        return False
    return wanted.startswith(came) and bool(wanted[len(came) :].strip())


def _skips_empty_lines(case: Case) -> Found | None:
    """An empty line was typed, and none is sent, or it ends."""
    causes = ("ended", "end", "crashed", "part", "silence", "other bytes")
    failures = case.failed("test_it_is_sent_as_it_was_typed", causes=causes)
    empty = case.fact("sent", number=3)
    return seen(failures) if empty and empty["how"] != "same" else None


def _drops_empty_lines(case: Case) -> Found | None:
    """Lines that arrive together are understood, but not where one of them is empty; or no entry is made of blanks."""
    failed = case.failed("test_several_lines_at_once", "test_lines_from_telnet", causes=SCREEN)
    failures = [failure for failure in failed if '""' in str(failure.expected)]  # an entry without text was awaited
    if not _entry(case, len(LINES) + 1, "same") or _entry_format(case):
        return None
    blank = [failure for failure in case.failed("test_the_text_stays_as_it_is") if _is_blank(failure)]
    line = line_of_blank(case.source)
    at = f" (line {line})" if line else ""
    step = "Two lines that arrived together became two entries; with an empty line among them it goes wrong."
    if failures or not blank:
        return seen([*failures, *blank], step, what="An empty line", at=at)
    text = quoted(blank[0].given[-1].data.strip(b"\r\n"))
    return seen(blank, f"{text} was sent, and no entry came.", what=f"A line of blanks such as {text}", at=at)


def _file_per_line(case: Case) -> Found | None:
    """Of two lines that arrive together the second one is lost, and its text makes a file for each line."""
    failures = case.failed("test_several_lines_at_once", causes=SCREEN)
    per_line = re.search(r"makefile\([^\n]*\)\s*\.\s*readline\(|while[^\n]*makefile", case.source)
    made = per_line or makes_file_per_line(case.source)
    return seen(failures) if made and not _entry(case, len(LINES), "same") else None


def _decodes_pieces(case: Case) -> Found | None:
    """A letter in two pieces breaks, where a line in two pieces does not; or a letter breaks however it comes."""
    raises = case.fact("raises", exception="UnicodeDecodeError")
    if raises and str(raises["message"]).startswith("'utf-8'"):
        cut = case.failed(exceptions=["UnicodeDecodeError"])
        failed = [failure for failure in cut if not failure.fits("test_bytes_that_are_no_text")]
        step = f"Line {raises['line']} raises UnicodeDecodeError: {raises['message']}"
        return seen([*failed, *case.failed("test_a_letter_in_pieces")], "All that came was UTF-8.", step)
    failures = case.failed("test_a_letter_in_pieces")
    if not _entry(case, 4, "same") or _entry(case, 5, "same"):
        return None
    return seen(failures, "A line arrived in two chunks, cut in a letter, and its entry is wrong.")


def _print_before_file(case: Case) -> Found | None:
    failures = case.failed("test_first_the_logbook_then_the_screen", causes=["unwanted print"])
    if _log_in_logbook(case):
        return None
    if not failures or (case.fact("entry", number=1, kept=False, how="same") and not _reaches_file(case)):
        return None
    return Found(
        {},
        ("With a logbook.txt that is always full (/dev/full) the entry was on the screen all the same.",),
        tuple(failures),
    )


def _reaches_file(case: Case) -> bool:
    """Whether the entries of the screen do get into the file, perhaps a moment later."""
    survives = case.failed("test_the_logbook_survives")
    return not survives or any(fact["kept"] for fact in case.facts("entry"))


def _handshake(case: Case) -> Found | None:
    """The first line goes out with something before or behind it, and then the client waits for an answer; or with a
    line before it that no one has typed.
    """
    sent = next((f for f in case.facts("sent", number=1) if f["how"] in ("inside", "other", "nothing")), None)
    waits = standing(case, "recv")
    if not sent or not (waits or str(sent["came"]).endswith(f"\\n{sent['wanted']}")):  # a line of its own before it
        return None
    came = (
        f'Typed: "{sent["wanted"]}"; sent: "{sent["came"]}".' if sent["came"] else "It sends nothing of what is typed."
    )
    return Found({"came": sent["came"]}, as_steps(came, waits, "In this stage the server never sends anything."))


def _no_line_end(case: Case) -> Found | None:
    sent = case.fact("sent", number=1, how="no line end")
    return Found({}, (f'Typed: "{sent["wanted"]}"; sent: "{sent["came"]}", without the newline.',)) if sent else None


def _vanishes(case: Case) -> Found | None:
    """Of a line with bytes that are no text all the rest is there, and nothing in their place."""
    failures = case.failed("test_bytes_that_are_no_text", causes=("other print",))
    return None if second_encoding(case) or half_letter_kept(case) else seen(failures)


def _dies_of_bytes(case: Case) -> Found | None:
    """Bytes that are no text end something, or nothing comes of them; not if they did well in a whole line before."""
    failures = case.failed("test_bytes_that_are_no_text", causes=("silent screen", "crashed", "ended", "traceback"))
    return seen([failure for failure in failures if (failure.cause, failure.moment) != ("silent screen", STREAM_END)])


def _strips(case: Case) -> Found | None:
    failed = case.failed("test_the_text_stays_as_it_is", causes=SCREEN)
    failures = [failure for failure in failed if not failure.repeated and not _is_blank(failure)]
    return None if not failures or cr_inside(case) else stripped(case, failures)


def _is_blank(failure: Failure) -> bool:
    """Whether nothing came of a line that has nothing but blanks."""
    return failure.cause == "silent screen" and bool(failure.given) and not failure.given[-1].data.strip()


def _keeps_cr(case: Case) -> Found | None:
    failures = (
        [] if crlf_in_pieces(case) else case.failed("test_lines_from_telnet", causes=("other print", "other file"))
    )
    return seen([failure for failure in failures if b"\r" in failure.shown() or "\\r" in str(failure.received)])


def _last_line_always(case: Case) -> Found | None:
    """The first entry of the file is of a client that has said nothing: it has no text."""
    failures = case.failed("test_the_last_line", causes=["other file"])
    return seen([failure for failure in failures if re.fullmatch(r'"[-\dT:., ]*"', str(failure.received))])


def _waits_for_the_end(case: Case) -> Found | None:
    """No entry is made until the guest has said end of stream; then all are."""
    screen = case.fact("screen")
    if not _entry(case, 1, "nothing") or not screen or LINES[0] not in str(screen["text"]):
        return None
    if case.again(UNBUFFERED, "entry", number=1, how="same"):
        return None
    return Found(
        {}, as_steps("No entry was made.", standing(case, "recv"), "It was made after the client's end of stream.")
    )


def _one_line(case: Case) -> Found | None:
    """The first line is an entry, the second one is not: it is done with this client, or waits for someone else."""
    if not _entry(case, 1, "same") or _entry(case, 2, "same") or case.fact("uncaught"):
        return None
    waits, over = standing(case, "accept", "two lines"), case.fact("ended", status=0)
    hung_up = case.fact("hung_up", came=True)
    if not waits and not over and not hung_up:
        return None
    ended = "Then the server ended the connection." if hung_up else "The program exited with status 0."
    told = None if waits else ended
    return Found({}, as_steps("The first line became an entry, the second one did not.", waits, told))


def _not_shown(case: Case) -> Found | None:
    """The entry is in the file, and nothing prints it."""
    if not case.fact("entry", number=1, how="nothing", kept=True):
        return None
    if case.again(UNBUFFERED, "entry", number=1, how="same") or _waits_for_the_end(case) or _on_stderr(case):
        return None
    return Found({}, ("The entry is in logbook.txt.", "The screen stays empty, even without a buffer (python -u)."))


def _on_stderr(case: Case) -> Found | None:
    return None if _not_flushed(case) else shown_on_stderr(case, LINES[0])


def _as_bytes(case: Case) -> Found | None:
    wrong = next((fact for fact in case.facts("entry") if f"b'{LINES[0]}" in str(fact["screen"])), None)
    return Found({}, (f"Its screen shows b'{LINES[0]}', with a b and quotes around the text.",)) if wrong else None


def _no_limit(case: Case) -> Found | None:
    """A line that is too long doesn't end its connection, and nothing looks how long it is."""
    failures = case.failed(NEVER_ENDS, causes=("silence",))
    anyone = [failure for failure in failures if not _some_were_ended(failure)]
    return None if limit_missed(case, NEVER_ENDS) else seen(anyone)


def _some_were_ended(failure: Failure) -> bool:
    """Whether one who sent a line that is too long has seen the end of the connection."""
    return any(event.what in ("sees end", "sees reset") for event in failure.events)


def _limit_missed(case: Case) -> Found | None:
    return limit_missed(case, NEVER_ENDS) if case.failed(NEVER_ENDS, causes=("silence",)) else None


def _limit_of_all(case: Case) -> Found | None:
    """A line came that is just as long as a line may be, and the connection was ended; its text has a limit."""
    line = limit_of_lines(case.source)
    for failure in case.failed("test_a_long_line", causes=SCREEN) if line else []:
        longest = [text for event in failure.given for text in event.data.split(b"\n") if len(text) == LONGEST]
        if longest and _some_were_ended(failure) and longest[0] not in failure.shown():
            step = f"A line of {LONGEST:,} bytes came, other lines behind it. The server ended the connection."
            text = case.line(line).strip()
            does = "counts more than the text of one line, such as its newline or other lines"
            equal = re.search(r">=|<=", text)
            if equal:
                does = f"takes the limit itself for too much, with {equal[0]} in line {line}"
            return seen([failure], step, f"Line {line} of server.py: {text[:80]}", does=does, line=line)
    return None


def _sends_something(case: Case) -> Found | None:
    """Something comes from the server: what the client has said, or words of its own."""
    failures = case.failed("test_nothing_comes_back", NEVER_ENDS, causes=("too much",))
    came = failures[0].received if failures else b""
    text = came if isinstance(came, bytes) else str(came).encode()
    given = b"".join(event.data for failure in failures[:1] for event in failure.given)
    if not text.strip() or text in given:
        return seen(failures, what="", asks="Which line is still left over from the echo?")
    words = quoted(text.strip(b"\r\n"))
    asks = "Which line of yours sends these words, and who should read them: a client, or whoever runs the server?"
    return seen(failures, f"This came to a client: {words}", what=f", {words}", asks=asks)


NEVER_ENDS = "test_a_line_that_never_ends"
_loses_last_line = in_tests("test_the_last_line", causes=("other print", "silent screen"))


FAULTS = [
    Fault(
        slug="output-not-flushed",
        life=Life.ANSWER,
        decides=_not_flushed,
        explains=like(causes=("silent screen",)),
        programs=("server",),
        sentence="Your entries stay in print's buffer: a pipe shows nothing until the buffer is full or flushed.",
        question="Your program did reach the print. Where is the printed text if standard output isn't a terminal?",
        read=SERVER,
        mistakes=("stdout-buffered",),
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_line,
        explains=like(
            *("test_several_lines_at_once", "test_a_line_in_pieces", "test_a_letter_in_pieces", "test_a_long_line"),
            *("test_lines_from_telnet", "test_the_last_line", "test_one_client_*", "test_the_time_of_an_entry"),
            *("test_the_logbook*", "test_the_text_stays_as_it_is", "test_a_line_that_never_ends"),
            causes=("silent screen", "end", "reset"),
        ),
        programs=("server",),
        stops=True,
        sentence="Your server takes one line of each client, and is done with that client then.",
        question="After the first entry, where does your program continue: does it listen to the same client again, "
        "or has it already moved on?",
        read=SERVER,
    ),
    CONNECTS_LATE,
    replace(SHOWN_ON_STDERR, decides=_on_stderr, explains=like(causes=SCREEN), programs=("server",)),
    Fault(
        slug="not-shown",
        life=Life.ANSWER,
        decides=_not_shown,
        explains=like(causes=("silent screen",)),
        programs=("server",),
        sentence="Your server keeps its entries in logbook.txt, but never shows them on its screen.",
        question="Who sits in front of your server, and which line of yours lets that person read an entry?",
        read=SERVER,
    ),
    Fault(
        slug="entry-format",
        life=Life.ANSWER,
        decides=_entry_format,
        explains=like(causes=(*SCREEN, "other file")),
        programs=("server",),
        sentence='An entry is a time, a space and the text; yours is "{shown}".',
        question="Which characters come before your time, between the time and the text, and after the text? What "
        "would a program have to do that reads your logbook?",
        read=SERVER,
    ),
    Fault(
        slug="file-differs",
        life=Life.ANSWER,
        decides=_file_differs,
        programs=("server",),
        sentence="The entries in logbook.txt aren't the same as those on the screen.",
        question="How often do you put an entry together? Compare the two with repr(): where do they differ?",
        read=SERVER,
    ),
    Fault(
        slug="no-logbook",
        life=Life.ANSWER,
        decides=_no_logbook,
        explains=like("test_first_the_logbook_then_the_screen"),
        programs=("server",),
        sentence="Your server shows its entries, but writes none of them into a file.",
        question="What is left of your entries when the window is closed? Which line of yours would keep them?",
        read=SERVER,
    ),
    Fault(
        slug="no-newline-in-file",
        life=Life.ANSWER,
        decides=_one_long_line,
        explains=like(causes=["other file"]),
        programs=("server",),
        sentence="Your entries follow each other in one line of logbook.txt: nothing ends an entry there.",
        question="print adds a newline to what it shows. Does write do that too? Open logbook.txt after two entries.",
        read=SERVER,
    ),
    Fault(
        slug="newline-twice",
        life=Life.TAKE,
        decides=_blank_lines,
        programs=("server",),
        sentence="An empty line follows each entry: the text still has the newline that it came with, and you add "
        "another one.",
        question="Print repr() of the text of an entry. What is its last character, and what does print or write add "
        "after it?",
        read=SERVER,
    ),
    Fault(
        slug="recv-is-a-message",
        life=Life.TAKE,
        decides=_recv_is_a_line,
        explains=like(
            *("test_the_logbook", "test_the_logbook_survives", "test_several_lines_at_once", "test_a_line_in_pieces"),
            *("test_a_long_line", "test_a_letter_in_pieces", "test_lines_from_telnet", "test_the_last_line"),
            *("test_a_line_that_never_ends", "test_the_log_says_what_was_too_long"),
        ),
        programs=("server",),
        sentence="You take what one recv returns for one line, but it can return half a line or several.",
        question="How many lines did the client send, how often did recv return, and how many entries did you make? "
        "What marks the end of a line?",
        read=IDEA,
        mistakes=("recv-is-message", "bigger-buffer", "endswith-newline", "torn-message", "long-message-cut"),
    ),
    Fault(
        slug="no-line-buffer",
        life=Life.TAKE,
        decides=_loses_half_a_line,
        explains=like(
            *("test_a_line_in_pieces", "test_a_long_line", "test_a_letter_in_pieces", "test_the_last_line"),
            *("test_a_line_that_never_ends", "test_the_log_says_what_was_too_long"),
        ),
        programs=("server",),
        sentence="If a line arrives in two chunks, your server loses the first one: nothing keeps half a line until "
        "its rest comes.",
        question="What is left in your buffer after a chunk that ends in the middle of a line? What is in it when the "
        "next recv returns, and which line of yours has changed it?",
        read=IDEA,
    ),
    Fault(
        slug="first-line-taken",
        life=Life.GREET,
        decides=_first_line_taken,
        explains=like(causes=("no file", "other file", *SCREEN)),
        programs=("server",),
        stops=True,
        sentence="Your server uses the first line of each client for something else, such as a name. In this stage "
        "every line is an entry.",
        question="Which line of your server receives first, and what does it do with what comes? Does the client of "
        "this stage send a name?",
        read=IDEA,
    ),
    Fault(
        slug="rest-is-an-entry",
        life=Life.TAKE,
        decides=_rest_is_an_entry,
        explains=like(
            *("test_the_logbook", "test_the_logbook_survives", "test_several_lines_at_once", "test_a_line_in_pieces"),
            causes=("other file", *SCREEN),
        ),
        programs=("server",),
        sentence="You make an entry of what stands after the last newline too, but that is no line yet: it is nothing "
        "at all, or the first half of a line.",
        question="How many parts does split return for a text with one newline at its end? Print repr() of each: "
        "which of them is a whole line, and what should wait for its rest?",
        read=IDEA,
    ),
    Fault(
        slug="buffer-not-emptied",
        life=Life.TAKE,
        decides=_entry_again,
        explains=like(causes=("other file", *SCREEN, "floods")),
        programs=("server",),
        sentence="Your server makes entries of old lines again: when the second line arrives, the first one is still "
        "there and becomes an entry once more.",
        question="Which of your variables still has the first line when the second one arrives? Which line of yours "
        "takes away what is an entry already?",
        read=SERVER,
    ),
    Fault(
        slug="log-in-logbook",
        life=Life.ANSWER,
        decides=_log_in_logbook,
        programs=("server",),
        sentence='Your server also writes other lines into logbook.txt, such as "{line}", but only entries belong '
        "there.",
        question="Which of your lines write into logbook.txt? Which of them are entries, and where should the others "
        "go?",
        read=SERVER,
    ),
    Fault(
        slug="file-mode-x",
        life=Life.START,
        decides=_mode_x,
        programs=("server",),
        stops=True,
        sentence='Line {line} opens the logbook with "x", which fails if there is one already: your server can be '
        "started only once.",
        question="What does each mode of open do if the file is there already? Which mode keeps what is in it and adds "
        "to it?",
        read=SERVER,
    ),
    Fault(
        slug="newest-first",
        life=Life.ANSWER,
        decides=_newest_first,
        explains=like(causes=("other file",)),
        programs=("server",),
        sentence="In your logbook the newest entry stands first. The server must append each entry at the end of the "
        "file.",
        question="Which mode of open adds to the end of a file? How much has your server to read and write for one "
        "entry as it is now, when there are a million of them?",
        read=SERVER,
    ),
    Fault(
        slug="untyped-line",
        life=Life.LEAVE,
        decides=_untyped_line,
        programs=("client",),
        sentence='At the end of input your client sends a line that no one has typed: "{line}". It becomes an entry '
        "like any other.",
        question="What does the server see when your client closes its socket? Who would have to know what your word "
        "means?",
        read=CLIENT,
    ),
    Fault(
        slug="file-mode-w",
        life=Life.START,
        decides=_mode_w,
        explains=like("test_the_logbook_survives", causes=("other file",)),
        programs=("server",),
        sentence='You open the logbook with "{mode}", which empties it: each start of the server throws away the old '
        "entries.",
        question="What does each mode of open do to a file that already has something in it? Start your server twice "
        "and look at the file in between.",
        read=SERVER,
        mistakes=("log-truncated",),
    ),
    Fault(
        slug="no-logbook",
        life=Life.ANSWER,
        decides=_never_writes,
        explains=_entries_not_in_the_file,
        programs=("server",),
        sentence="Your server opens its logbook, but never writes an entry into it: entries are only on its screen.",
        question="Which line of yours puts an entry on the screen? Which one puts the same text into the file?",
        read=SERVER,
    ),
    Fault(
        slug="file-not-flushed",
        life=Life.ANSWER,
        decides=_file_not_flushed,
        explains=_entries_not_in_the_file,
        programs=("server",),
        sentence="You write the entry, but it stays in the file's buffer: if the server is killed, the entry is lost.",
        question="What is in the file when the entry appears on the screen? What makes Python hand over what it has "
        "buffered?",
        read=SERVER,
        mistakes=("log-not-flushed",),
    ),
    Fault(
        slug="log-elsewhere",
        life=Life.ANSWER,
        decides=_log_elsewhere,
        explains=like("test_first_the_logbook_then_the_screen"),
        programs=("server",),
        sentence="There's no logbook.txt in the folder where your server was started.",
        question="{look} Where would someone look who only knows the name logbook.txt?",
        read=SERVER,
        mistakes=("log-elsewhere",),
    ),
    Fault(
        slug="file-too-late",
        life=Life.ANSWER,
        decides=_file_too_late,
        explains=_entries_not_in_the_file,
        programs=("server",),
        sentence="Your server keeps its entries in memory and writes the file later: if it is killed before that, they "
        "are lost.",
        question="The entry is on the screen. Which line of yours writes it into logbook.txt, and when does this line "
        "run?",
        read=SERVER,
    ),
    Fault(
        slug="print-before-file",
        life=Life.ANSWER,
        decides=_print_before_file,
        explains=like("test_first_the_logbook_then_the_screen", causes=("other file",)),
        programs=("server",),
        sentence="You show the entry before it is in the logbook: if writing fails, a user has read an entry that "
        "was never kept.",
        question="If the power fails between your two lines, what has the user seen, and what is in the file? Which "
        "of the two has to come first?",
        read=SERVER,
        mistakes=("screen-first",),
    ),
    Fault(
        slug="crlf",
        life=Life.TAKE,
        decides=_keeps_cr,
        programs=("server",),
        sentence="A line that ends with \\r\\n, as telnet and Windows send it, keeps its \\r in the entry.",
        question="Which two characters end such a line? What is left at its end after you split at \\n?",
        read=SERVER,
        mistakes=("crlf",),
    ),
    Fault(
        slug="shared-by-all",
        life=Life.NEXT,
        decides=_rest_of_another,
        explains=like("test_the_last_line", "test_a_client_is_lost"),
        programs=("server",),
        sentence="What one client has left in your buffer comes before the first line of the next client: the buffer "
        "isn't emptied in between.",
        question="Which of your variables keeps half a line, and when does it become empty: once at the start of the "
        "program, or for each client?",
        read=SERVER,
    ),
    Fault(
        slug="last-line-lost",
        life=Life.NOTICE,
        decides=lambda case: None if _rest_of_another(case) else _loses_last_line(case),
        explains=like("test_bytes_that_are_no_text"),
        programs=("server",),
        sentence="A last line without a newline is an entry too, but your server loses it.",
        question="What is in your buffer when recv returns b''? What should happen to it?",
        read=SERVER,
        mistakes=("last-line-lost",),
    ),
    Fault(
        slug="strips-text",
        life=Life.TAKE,
        decides=_strips,
        programs=("server",),
        sentence="{what} in line {line} removes more than the newline: {signs} that the user typed are gone too.",
        question="{asks} What should be removed?",
        read=SERVER,
        mistakes=("rstrip-chars", "strip-all", "zeros-go"),
    ),
    replace(
        LIMIT_OF_ALL,
        decides=_limit_of_all,
        programs=("server",),
        question="How many bytes may a line have at most, and what does line {line} say of a line that has exactly so "
        "many? Does it measure one line, or all that is there?",
        mistakes=(),
    ),
    replace(
        LIMIT_MISSED,
        decides=_limit_missed,
        explains=like("test_the_log_says_what_was_too_long"),
        programs=("server",),
        mistakes=("length-in-characters",),
    ),
    Fault(
        slug="no-line-limit",
        life=Life.TAKE,
        decides=_no_limit,
        explains=like("test_the_log_says_what_was_too_long"),
        programs=("server",),
        sentence="You keep a line that never ends without any limit: one client can fill your memory.",
        question="How long can a line in your buffer get? Where could you check its length?",
        read=ERRORS,
        mistakes=("endless-line",),
    ),
    Fault(
        slug="no-line-end",
        life=Life.TAKE,
        decides=_no_line_end,
        explains=like(
            "test_what_is_*",
            "test_it_is_*",
            "test_the_end_of_the_keyboard",
            "test_a_system_*",
            causes=("part", "no line end"),
        ),
        programs=("client",),
        sentence="Your client sends its lines without a newline, so the server can't tell where a line ends.",
        question="Which byte ends a line? Print repr() of what you send: is that byte in it?",
        read=IDEA,
        mistakes=("no-terminator-sent", "sleep-between-sends"),
    ),
    replace(
        LENGTH_PREFIX,
        decides=_length_prefix,
        explains=lambda case, found, failure: failure.kind == "core" or failure.exception == "ValueError",
    ),
    replace(
        NEWLINE_TWICE,
        explains=like(
            *("test_what_is_*", "test_it_is_*", "test_the_end_of_the_keyboard"),
            causes=("other bytes", "too much", "part", "silence"),
        ),
        programs=("client",),
    ),
    replace(
        OTHER_END,
        decides=_other_end,
        explains=like(
            *("test_what_is_*", "test_it_is_*", "test_the_end_of_the_keyboard"),
            causes=("other bytes", "too much", "part", "silence"),
        ),
        programs=("client",),
    ),
    replace(
        EXPECTS_OTHER_END,
        decides=_expects_other_end,
        explains=lambda case, found, failure: failure.kind == "core",
        programs=("server",),
    ),
    Fault(
        slug="waits-for-an-answer",
        life=Life.NEXT,
        decides=_waits_for_an_answer,
        explains=like(
            *("test_what_is_*", "test_it_is_*", "test_the_end_of_the_keyboard", "test_ctrl_c"),
            causes=("silence", "part"),
        ),
        programs=("client",),
        stops=True,
        sentence="After each line your client waits for an answer, but in this stage nothing ever comes back.",
        question="Which line of yours reads from the connection? Look at the server: does it ever send anything?",
        read=IDEA,
    ),
    Fault(
        slug="changes-text",
        life=Life.TAKE,
        decides=_changes_text,
        explains=like(
            *("test_what_is_*", "test_it_is_*", "test_the_end_of_the_keyboard"),
            causes=("other bytes", "too much"),
        ),
        programs=("client",),
        sentence="What your client sends isn't what the user typed: a line goes out unchanged.",
        question="Print repr() of what you read and of what you send. Where do the two differ, and which line makes "
        "the difference?",
        read=CLIENT,
    ),
    Fault(
        slug="extra-handshake",
        life=Life.GREET,
        decides=_handshake,
        explains=like(
            "test_what_is_*", "test_it_is_*", "test_the_end_of_the_keyboard", causes=("other bytes", "silence")
        ),
        programs=("client",),
        sentence="Your client starts with a greeting that this stage doesn't have, or waits for an answer. Here the "
        "first typed line is the first entry, and nothing ever comes back.",
        question="Read stage 2 in PROTOCOLS.md and write down the first three things that cross between client and "
        "server. Does the server ever send anything?",
        read=IDEA,
    ),
    Fault(
        slug="waits-for-the-end",
        life=Life.ANSWER,
        decides=_waits_for_the_end,
        explains=like("test_the_last_line", causes=SCREEN),
        programs=("server",),
        sentence="Your server makes no entry until its client has closed its sending side. Until then it collects "
        "what arrives.",
        question="What is your server waiting for before it makes an entry? When is a line complete?",
        read=IDEA,
        mistakes=("process-after-eof",),
    ),
    Fault(
        slug="empty-line",
        life=Life.TAKE,
        decides=_drops_empty_lines,
        programs=("server",),
        sentence="{what} is a line like any other and becomes an entry, but your server makes none{at}.",
        question="Which line of yours decides whether a line becomes an entry? What does it do with a line that has "
        "no text, and with one of spaces?",
        read=IDEA,
    ),
    Fault(
        slug="file-of-connection",
        life=Life.TAKE,
        decides=_file_per_line,
        explains=like("test_several_lines_at_once", "test_a_long_line", causes=SCREEN),
        programs=("server",),
        sentence="You call makefile again for each line. What the old file had already read is lost with it.",
        question="How much does a file of a connection read ahead? Where is that when you make another one?",
        read=IDEA,
        mistakes=("makefile-per-line",),
    ),
    Fault(
        slug="last-line-always",
        life=Life.NOTICE,
        decides=_last_line_always,
        explains=like("test_one_client_at_a_time"),
        programs=("server",),
        sentence="A client that says nothing gets an empty entry: you take what is left at the end for a line, even "
        "if nothing is left.",
        question="What is in your buffer at the end if the last line did have its newline?",
        read=SERVER,
        mistakes=("last-line-always",),
    ),
    Fault(
        slug="decode-in-the-middle",
        life=Life.TAKE,
        decides=_decodes_pieces,
        explains=like("test_a_line_in_pieces", "test_a_long_line"),
        programs=("server",),
        sentence="You decode every chunk as it arrives, but a chunk can end in the middle of a letter that has "
        "several bytes.",
        question="What do you have if recv returns half of a letter? When are all of its bytes there?",
        read=BYTES,
        mistakes=("utf8-split", "errors-ignore"),
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=_dies_of_bytes,
        programs=("server",),
        sentence="Bytes that aren't UTF-8 end your server or the connection.",
        question="What does decode do with a byte that it doesn't understand? Which argument makes it do something "
        "else?",
        read=BYTES,
        mistakes=("invalid-bytes-kill",),
    ),
    Fault(
        slug="decode-ignore",
        life=Life.TAKE,
        decides=_vanishes,
        programs=("server",),
        sentence="Bytes that aren't UTF-8 disappear without a trace. Something has to replace them.",
        question='What does errors="ignore" put in place of a byte that it doesn\'t understand?',
        read=BYTES,
        mistakes=("errors-ignore-invalid",),
    ),
    Fault(
        slug="bytes-shown-as-b",
        life=Life.ANSWER,
        decides=_as_bytes,
        explains=like(causes=SCREEN),
        programs=("server",),
        sentence="You print the bytes object itself (b'...'), not its text.",
        question="Your screen shows a b and two quotes that the user didn't type. What turns bytes into text?",
        read=BYTES,
        mistakes=("str-of-bytes",),
    ),
    replace(
        BYTES_IN_ESCAPES,
        decides=lambda case: None if _as_bytes(case) else shown_in_escapes(case.facts("entry")),
        explains=like(causes=(*SCREEN, "other file")),
        programs=("server",),
    ),
    Fault(
        slug="splitlines-of-text",
        life=Life.TAKE,
        decides=lambda case: seen(
            [f for f in case.failed("test_the_text_stays_as_it_is", causes=SCREEN) if "splitlines" in case.source]
        ),
        programs=("server",),
        sentence="splitlines also splits at characters that don't end a line here, such as \\f or \\x85.",
        question="Which one byte ends a line? Where else does splitlines split?",
        read=SERVER,
        mistakes=("splitlines-of-text",),
    ),
    Fault(
        slug="time-of-an-entry",
        life=Life.ANSWER,
        decides=_time_of_an_entry,
        programs=("server",),
        sentence="{what}",
        question="When does your line that asks for the time run? What does it return: how many digits, and are "
        "there any after a dot?",
        read=SERVER,
        mistakes=("time-with-fraction", "time-of-the-start", "twelve-hours"),
    ),
    Fault(
        slug="echo-kept",
        life=Life.ANSWER,
        decides=_sends_something,
        explains=like("test_the_log_says_what_was_too_long"),
        programs=("server",),
        sentence="Your server sends something back{what}, but in this stage nothing ever comes back.",
        question="Does the client read what you send here? {asks}",
        read=IDEA,
        mistakes=("echo-kept",),
    ),
    Fault(
        slug="empty-line",
        life=Life.TAKE,
        decides=_skips_empty_lines,
        programs=("client",),
        sentence="An empty line is a line like any other in this stage. Your client exits, or doesn't send it.",
        question="Which line of yours checks whether a line is empty? What should happen to an empty line here?",
        read=CLIENT,
        mistakes=("empty-line-ends",),
    ),
    Fault(
        slug="strips-text",
        life=Life.TAKE,
        decides=_strips_typed,
        programs=("client",),
        sentence="{what} in line {line} removes more than the newline: {signs} that the user typed are gone too.",
        question="{asks} What should be removed?",
        read=CLIENT,
        mistakes=("strip-all-client",),
    ),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        decides=limited(in_tests("test_nobody_answers", causes=("ended", "crashed", "part", "end", "reset"))),
        programs=("client",),
        sentence="The limit of 2 s for connecting still applies to sending: if the server doesn't read for a while, "
        "sendall fails and your client exits.",
        question="How long may sendall wait until there is room for your bytes, and which line set that limit? What "
        "removes a limit?",
        read=CLIENT,
        mistakes=("connect-timeout-stays",),
    ),
    *KEPT_ALIVE,
    *ONE_AFTER_ANOTHER,
]
