"""Stage 2: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import re

from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import Case, Variation
from parley.checks.diagnosis.fault import Fault, Found, Life, as_steps, in_tests, like, seen, standing
from parley.contract.diagnosis import Fact
from parley.harness.actors import Person, Role

SERVER, CLIENT, BYTES = (f"lessons/2_logbook.md#{place}" for place in ("the-server", "the-client", "bytes-and-text"))
BARE, IDEA = "lessons/2_logbook.md#bare-line-by-line", "lessons/2_logbook.md#the-idea"
ERRORS = "lessons/2_logbook.md#the-second-round-errors"
LINES = ("harbour 17", "café ☕ 18", "ferry 19")
PIECES = ("bridge 21", "café 22")
UNBUFFERED, APART = Variation(unbuffered=True), Variation(pause=0.3)
SCREEN = ("silent screen", "other print")


def examine_server(visit: Visit) -> None:
    """A guest sends a line, two lines at once and two in pieces, and ends; then the next guest comes."""
    server = visit.server()
    anna = visit.guest("Anna", server)
    first, *more = LINES
    visit.at("after the first line")
    anna.says(first)
    _sees_entry(visit, server, 1, first)
    visit.at("after two lines at once")
    if visit.vary.pause:
        for line in more:
            anna.says(line)
            visit.scene.deadlines.watch(visit.vary.pause)
    else:
        anna.sends("".join(f"{line}\n" for line in more))
    for number, line in enumerate(more, 2):
        if not _sees_entry(visit, server, number, line):
            break
    else:
        _sends_in_pieces(visit, server, anna)
    visit.at("after the guest's end-of-stream")
    anna.ends()
    visit.note("end", came=visit.sees_end(anna), back=shown(anna.received()))
    if not anna.over:
        visit.amiss(server, "end")
    visit.at("when the next guest comes")
    ben = visit.guest("Ben", server)
    ben.says("Ben 20")
    _sees_entry(visit, server, 6, "Ben 20")


def _sends_in_pieces(visit: Visit, server: Role, anna: Person) -> None:
    """A line in two pieces, and another one that is cut in a letter."""
    for number, line in enumerate(PIECES, 4):
        visit.at(f"after line {number}, in pieces")
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
    visit.note("entry", number=number, how=how, text=text, screen=screen[-300:], kept=text in kept, file=bool(kept))
    if how != "same":
        visit.amiss(server, "entry")
    return how == "same"


def examine_client(visit: Visit) -> None:
    """Somebody types a line, then an empty one and two more; then the keyboard ends."""
    client, host = visit.client(LINES[0])
    person = visit.comes(client, host)
    visit.at("after the first line")
    for number, line in enumerate((LINES[0], "", *LINES[1:]), 1):
        if number > 1:
            visit.at(f"after line {number}")
            client.types(line)
        wanted = f"{line}\n".encode()
        came = visit.hears(person, lambda came, wanted=wanted: len(came) >= len(wanted))  # type: ignore[misc]
        how = compared(wanted, came)
        visit.note("sent", number=number, how=how, came=shown(came), wanted=shown(wanted), over=person.over)
        if how != "same":
            visit.amiss(client, "sent")
            if line:
                break
    visit.at("after the keyboard's end")
    client.ends_keyboard()
    if not visit.ends(client):
        visit.amiss(client, "leaves")


# What decides


def _entry(case: Case, number: int, *hows: str) -> Fact | None:
    return next((fact for fact in case.facts("entry", number=number) if fact["how"] in hows), None)


def _not_flushed(case: Case) -> Found | None:
    silent = _entry(case, 1, "nothing")
    if not silent or not case.again(UNBUFFERED, "entry", number=1, how="same"):
        return None
    kept = (
        "The entry is in logbook.txt already, and not on the screen." if silent["kept"] else "Its screen stays empty."
    )
    return Found(
        {}, as_steps(kept, standing(case, "recv"), "Run without a buffer (python -u) it is on the screen at once.")
    )


def _file_not_flushed(case: Case) -> Found | None:
    failures = case.failed("test_the_logbook", "test_the_logbook_survives", causes=["other file"])
    entry = case.fact("entry", number=1, how="same", kept=False)
    if not entry or not failures:
        return None
    step = "The entry is on the screen, and logbook.txt does not have it yet."
    return Found({}, (step, "When the program is killed then, the entry is lost."), tuple(failures))


def _mode_w(case: Case) -> Found | None:
    opened = next((f for f in case.facts("opens") if "logbook" in str(f["path"]) and "w" in str(f["mode"])), None)
    if not opened:
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
    if wrong and case.again(APART, "entry", number=wrong["number"], how="same"):
        if wrong["number"] == 4:
            return Found({}, ("A line arrived in two pieces, and did not become one entry.", "In one piece, it does."))
        steps = ("Two lines arrived together, and did not become two entries.", "Sent 0.3 s apart, they do.")
        return Found({}, steps)
    pieces = case.failed("test_a_line_in_pieces", "test_several_lines_at_once", causes=SCREEN)
    return seen(pieces, f"What was not understood as lines: {pieces[0].sentence}") if pieces else None


def _file_per_line(case: Case) -> Found | None:
    failures = case.failed("test_several_lines_at_once", causes=SCREEN)
    return (
        seen(failures) if re.search(r"makefile\([^\n]*\)\s*\.\s*read|(for|while)[^\n]*makefile", case.source) else None
    )


def _decodes_pieces(case: Case) -> Found | None:
    """A letter in two pieces breaks, where a line in two pieces does not."""
    failures = case.failed("test_a_letter_in_pieces")
    if not _entry(case, 4, "same") or _entry(case, 5, "same"):
        return None
    return seen(failures, "A line arrived in two pieces, cut in a letter, and its entry is not right.")


def _print_before_file(case: Case) -> Found | None:
    failures = case.failed("test_first_the_logbook_then_the_screen", causes=["unwanted print"])
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
    """The first line goes out with something before or behind it, and then the client waits for an answer."""
    sent = next((f for f in case.facts("sent", number=1) if f["how"] in ("inside", "other", "nothing")), None)
    waits = standing(case, "recv")
    if not sent or not waits:
        return None
    came = (
        f'Typed: "{sent["wanted"]}"; sent: "{sent["came"]}".' if sent["came"] else "It sends nothing of what is typed."
    )
    return Found({"came": sent["came"]}, as_steps(came, waits, "In this stage the server never sends anything."))


def _no_line_end(case: Case) -> Found | None:
    sent = case.fact("sent", number=1, how="no line end")
    return Found({}, (f'Typed: "{sent["wanted"]}"; sent: "{sent["came"]}", without the line end.',)) if sent else None


def _busy_loop(case: Case) -> Found | None:
    spins = next((f for f in case.facts("spins") if "end-of-stream" in f.where), None)
    if not spins:
        return None
    stands = next((f for f in case.facts("stands") if f.where == spins.where and f["line"]), None)
    where = f" Its innermost line is line {stands['line']}, in {stands['function']}." if stands else ""
    return Found(
        {},
        (f"{spins.where.capitalize()} it uses all the time of a processor.{where}", "The next guest is never served."),
    )


def _does_not_close(case: Case) -> Found | None:
    if not case.fact("end", came=False) or case.fact("spins"):
        return None
    step = "The guest has said end-of-stream, and the server never says it too."
    waits = standing(case, "accept", "end-of-stream")
    return Found({}, as_steps(step, waits)) if waits else None


def _serves_one(case: Case) -> Found | None:
    if not case.fact("ended", status=0) or case.fact("uncaught"):
        return None
    return Found(
        {}, ("After its first guest's end-of-stream the program ends, with status 0.", "The next guest is refused.")
    )


def _strips(case: Case) -> Found | None:
    failures = case.failed("test_the_text_stays_as_it_is", causes=SCREEN)
    strips = re.search(r"\.(strip|rstrip|lstrip)\(", case.source)
    return (
        seen(failures, "Blanks at the end or the beginning of a line were typed, and are not in the entry.")
        if strips
        else None
    )


def _sends_nothing(case: Case, file: bool = False) -> Found | None:
    """It is at its keyboard again, and nothing was sent; `file`: it writes into a file of its connection."""
    sent = case.fact("sent", number=1, how="nothing")
    waits = standing(case, "input", "first line")
    if not sent or not waits or file != ("makefile" in case.source):
        return None
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits))


def _all_at_once(case: Case) -> Found | None:
    """Two guests' entries are mixed, and something in its text serves several at once."""
    failures = case.failed("test_one_client_at_a_time", causes=("other file", "other print"))
    several = re.search(r"thread|select|asyncio|fork|socketserver", case.source, re.IGNORECASE)
    return seen(failures) if several else None


def _keeps_cr(case: Case) -> Found | None:
    failures = case.failed("test_lines_from_telnet", causes=("other print", "other file"))
    return seen([failure for failure in failures if b"\r" in failure.shown() or failure.cause == "other file"])


def _waits_for_the_end(case: Case) -> Found | None:
    """No entry is made until the guest has said end-of-stream; then all are."""
    screen = case.fact("screen")
    if not _entry(case, 1, "nothing") or not screen or LINES[0] not in str(screen["text"]):
        return None
    if case.again(UNBUFFERED, "entry", number=1, how="same"):
        return None
    return Found(
        {}, as_steps("No entry was made.", standing(case, "recv"), "It was made after the guest's end-of-stream.")
    )


def _as_bytes(case: Case) -> Found | None:
    wrong = next((fact for fact in case.facts("entry") if f"b'{LINES[0]}" in str(fact["screen"])), None)
    return Found({}, (f"Its screen shows b'{LINES[0]}', with a b and quotes around the text.",)) if wrong else None


FAULTS = [
    Fault(
        slug="output-not-flushed",
        life=Life.ANSWER,
        decides=_not_flushed,
        explains=like(causes=("silent screen",)),
        programs=("server",),
        sentence="Your entries stay in print's buffer: on a pipe nothing is shown until it is full or flushed.",
        question="Your program did come to the print. Where is the printed text, when nobody looks at a terminal?",
        read=SERVER,
        mistakes=("stdout-buffered",),
    ),
    Fault(
        slug="recv-is-a-message",
        life=Life.TAKE,
        decides=_recv_is_a_line,
        explains=like(
            *("test_the_logbook", "test_the_logbook_survives", "test_several_lines_at_once", "test_a_line_in_pieces"),
            *("test_a_long_line", "test_a_letter_in_pieces", "test_lines_from_telnet", "test_the_last_line"),
            "test_a_line_that_never_ends",
        ),
        programs=("server",),
        sentence="You take what one recv brings for one line; it may bring half a line or several: cut at the line "
        "ends and keep the rest.",
        question="How many lines were sent, how many times did recv return, and how many entries did you make? "
        "Which of the two numbers do you count?",
        read=IDEA,
        mistakes=("recv-is-message", "bigger-buffer", "endswith-newline", "torn-message", "long-message-cut"),
    ),
    Fault(
        slug="file-mode-w",
        life=Life.START,
        decides=_mode_w,
        explains=like("test_the_logbook_survives", causes=("other file",)),
        programs=("server",),
        sentence='You open the logbook with "{mode}", which empties it: each start of the server throws away what '
        "was in it.",
        question="What does each way of opening a file do to what is in it already? Start your server twice and "
        "look at the file in between.",
        read=SERVER,
        mistakes=("log-truncated",),
    ),
    Fault(
        slug="file-not-flushed",
        life=Life.ANSWER,
        decides=_file_not_flushed,
        explains=like("test_the_logbook*", causes=("other file",)),
        programs=("server",),
        sentence="The entry is written, but it stays in a buffer of the file: who kills the server loses it.",
        question="What is in the file when the entry is on the screen? Which word tells the file to keep it at once?",
        read=SERVER,
        mistakes=("log-not-flushed",),
    ),
    Fault(
        slug="log-elsewhere",
        life=Life.ANSWER,
        decides=in_tests(causes=["no file"]),
        programs=("server",),
        sentence="There is no logbook.txt in the folder where your server was started.",
        question="Which folder does open mean if the name has no folder in it, and which one does your program name?",
        read=SERVER,
        mistakes=("log-elsewhere",),
    ),
    Fault(
        slug="print-before-file",
        life=Life.ANSWER,
        decides=_print_before_file,
        explains=like("test_first_the_logbook_then_the_screen", causes=("other file",)),
        programs=("server",),
        sentence="You show the entry before it is in the logbook: if writing fails, somebody has read what was "
        "never kept.",
        question="If the power fails between your two lines, what has the reader seen and what is in the file? "
        "Which of the two has to come first?",
        read=SERVER,
        mistakes=("screen-first",),
    ),
    Fault(
        slug="busy-loop",
        life=Life.NOTICE,
        decides=_busy_loop,
        explains=like(
            "test_nothing_*", "test_one_client_*", "test_a_client_*", "test_the_last_line", causes=("spins",)
        ),
        programs=("server",),
        stops=True,
        sentence="When the client has left, recv returns b'' at once, again and again, and your loop has no way "
        "out: it turns for ever.",
        question="What does recv return when the client has ended the stream, and what does your loop do in that "
        "case: what leads out of it?",
        read=BARE,
        mistakes=("eof-ignored",),
    ),
    Fault(
        slug="does-not-close",
        life=Life.NOTICE,
        decides=_does_not_close,
        explains=like("test_nothing_*", "test_one_client_*", causes=("silence",)),
        programs=("server",),
        sentence="When the client has said end-of-stream you leave the loop, but you never close its socket, so it "
        "never hears the end from you.",
        question="Your function returns. What happens to the socket of the client then: which line tells the "
        "client that it is over?",
        read=SERVER,
        mistakes=("quit-without-close",),
    ),
    Fault(
        slug="serves-one-client",
        life=Life.NEXT,
        decides=_serves_one,
        explains=like("test_one_client_*", "test_a_client_*", "test_the_last_line", causes=("ended", "refused")),
        programs=("server",),
        stops=True,
        sentence="Your server accepts exactly one client: when this one leaves, the program is at its end.",
        question="When the first client has left, which line runs next, and how would your program come back to "
        "accept?",
        read=SERVER,
        mistakes=("one-client-only",),
    ),
    Fault(
        slug="crlf",
        life=Life.TAKE,
        decides=_keeps_cr,
        programs=("server",),
        sentence="A line that ends with \\r\\n, as telnet and Windows send it, keeps its \\r in the entry.",
        question="Which two characters end a line there? What is left at its end after you have cut at \\n?",
        read=SERVER,
        mistakes=("crlf",),
    ),
    Fault(
        slug="last-line-lost",
        life=Life.NOTICE,
        decides=in_tests("test_the_last_line", causes=("other print", "silent screen")),
        programs=("server",),
        sentence="A last line without a line end is an entry too; yours is lost.",
        question="What is in your buffer when recv returns b''? Who still has to hear of it?",
        read=SERVER,
        mistakes=("last-line-lost",),
    ),
    Fault(
        slug="strips-text",
        life=Life.TAKE,
        decides=_strips,
        programs=("server",),
        sentence="strip takes away more than the line end: the blanks that somebody typed are gone too.",
        question="What does strip take away if it is given nothing, and what should be taken away?",
        read=SERVER,
        mistakes=("rstrip-chars", "strip-all"),
    ),
    Fault(
        slug="no-line-limit",
        life=Life.TAKE,
        decides=in_tests("test_a_line_that_never_ends", causes=("silence",)),
        programs=("server",),
        sentence="A line that never ends is kept without a limit: one client can fill your memory.",
        question="How long may a line get in your buffer before somebody says stop? Where would you look at its "
        "length?",
        read=ERRORS,
        mistakes=("endless-line", "length-in-characters"),
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
        sentence="What you send has no line end, so nobody knows where your line is over.",
        question="Which byte ends a line? Print repr() of what you send: is it there?",
        read=IDEA,
        mistakes=("no-terminator-sent", "sleep-between-sends"),
    ),
    Fault(
        slug="extra-handshake",
        life=Life.GREET,
        decides=_handshake,
        explains=like(
            "test_what_is_*", "test_it_is_*", "test_the_end_of_the_keyboard", causes=("other bytes", "silence")
        ),
        programs=("client",),
        sentence="You begin with a greeting that this stage does not have, and wait for an answer: here the first "
        "typed line is the first entry, and nothing ever comes back.",
        question="Write down the first three things that cross between client and server in PROTOCOLS.md for stage "
        "2. Who ever sends something to you?",
        read=IDEA,
    ),
    Fault(
        slug="waits-for-the-end",
        life=Life.ANSWER,
        decides=lambda case: _waits_for_the_end(case),
        explains=like(causes=SCREEN),
        programs=("server",),
        sentence="Your server makes no entry until its client has said end-of-stream: until then it collects what "
        "comes.",
        question="What is your server waiting for before it makes an entry, and when is a line whole?",
        read=IDEA,
        mistakes=("process-after-eof",),
    ),
    Fault(
        slug="file-of-connection",
        life=Life.TAKE,
        decides=_file_per_line,
        explains=like("test_several_lines_at_once", "test_a_long_line"),
        programs=("server",),
        sentence="You make a new makefile for each line; what the old one had read already is lost with it.",
        question="How much does a file of a connection read ahead, and where is that when you make another one?",
        read=IDEA,
        mistakes=("makefile-per-line",),
    ),
    Fault(
        slug="last-line-always",
        life=Life.NOTICE,
        decides=in_tests("test_the_last_line", causes=("other file",)),
        programs=("server",),
        sentence="Who says nothing makes an empty entry: what is left at the end is taken for a line even if there "
        "is nothing.",
        question="What is in your buffer at the end if the last line did have its line end?",
        read=SERVER,
        mistakes=("last-line-always",),
    ),
    Fault(
        slug="decode-in-the-middle",
        life=Life.TAKE,
        decides=_decodes_pieces,
        explains=like("test_a_line_in_pieces", "test_a_long_line"),
        programs=("server",),
        sentence="You make text of every piece as it comes; a letter of several bytes may be cut in the middle: "
        "cut bytes at the line ends, and decode whole lines.",
        question="What do you hold if recv ends in the middle of a letter, and when are all its bytes there?",
        read=BYTES,
        mistakes=("utf8-split", "errors-ignore"),
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=in_tests("test_bytes_that_are_no_text", causes=("silent screen", "crashed", "ended", "traceback")),
        programs=("server",),
        sentence="Bytes that are no UTF-8 end your program or its connection.",
        question="What does decode do with a byte that it does not understand, and which argument tells it to do "
        "otherwise?",
        read=BYTES,
        mistakes=("invalid-bytes-kill",),
    ),
    Fault(
        slug="decode-ignore",
        life=Life.TAKE,
        decides=in_tests("test_bytes_that_are_no_text", causes=("other print",)),
        programs=("server",),
        sentence="Bytes that are no UTF-8 disappear without a trace; something has to stand in their place.",
        question='What does errors="ignore" leave in the place of what it does not understand?',
        read=BYTES,
        mistakes=("errors-ignore-invalid",),
    ),
    Fault(
        slug="bytes-shown-as-b",
        life=Life.ANSWER,
        decides=lambda case: _as_bytes(case),
        explains=like(causes=SCREEN),
        programs=("server",),
        sentence="You show the bytes object itself (b'...'), not the text: bytes have to be decoded before they "
        "are printed.",
        question="Your screen shows b and two quotes that nobody typed. What turns bytes into text?",
        read=BYTES,
        mistakes=("str-of-bytes",),
    ),
    Fault(
        slug="splitlines-of-text",
        life=Life.TAKE,
        decides=lambda case: seen(
            [f for f in case.failed("test_the_text_stays_as_it_is", causes=SCREEN) if "splitlines" in case.source]
        ),
        programs=("server",),
        sentence="splitlines cuts text at signs that are no line end here, such as \\f or \\x85.",
        question="Which one byte ends a line? Where does splitlines cut besides?",
        read=SERVER,
        mistakes=("splitlines-of-text",),
    ),
    Fault(
        slug="time-of-an-entry",
        life=Life.ANSWER,
        decides=in_tests("test_the_time_of_an_entry", causes=("other print",)),
        programs=("server",),
        sentence="The time of an entry is not the moment when it was made, in ISO 8601 to the second.",
        question="When does your line that asks for the time run, and what does it return: how many digits, and "
        "behind a dot?",
        read=SERVER,
        mistakes=("time-with-fraction", "time-of-the-start"),
    ),
    Fault(
        slug="echo-kept",
        life=Life.ANSWER,
        decides=in_tests("test_nothing_comes_back", causes=("too much",)),
        programs=("server",),
        sentence="Your server sends lines back; in this stage nothing ever comes back.",
        question="Who reads what you send here? Which line of the echo is still in this program?",
        read=IDEA,
        mistakes=("echo-kept",),
    ),
    Fault(
        slug="all-at-once",
        life=Life.NEXT,
        decides=_all_at_once,
        programs=("server",),
        sentence="Your server serves several clients at once; in this stage they are served one after another.",
        question="What does somebody who connects second have to wait for in this stage?",
        read=IDEA,
        mistakes=("all-at-once",),
    ),
    Fault(
        slug="waits-for-all-lines",
        life=Life.TAKE,
        decides=lambda case: _sends_nothing(case),
        explains=like(causes=("silence",)),
        programs=("client",),
        sentence="Your client sends nothing as long as somebody may type more: it reads its whole keyboard first.",
        question="When does your loop over the keyboard begin to send: after each line, or after the last one?",
        read=CLIENT,
        mistakes=("process-after-eof-client",),
    ),
    Fault(
        slug="sent-not-flushed",
        life=Life.TAKE,
        decides=lambda case: _sends_nothing(case, file=True),
        explains=like(causes=("silence",)),
        programs=("client",),
        sentence="What you write into the file of your connection stays in its buffer: nothing is sent until it is "
        "flushed.",
        question="When does a file hand over what was written into it? Which word makes it do so at once?",
        read=CLIENT,
        mistakes=("file-not-flushed-client",),
    ),
    Fault(
        slug="empty-line",
        life=Life.TAKE,
        decides=lambda case: (
            seen(
                [
                    f
                    for f in case.failed(
                        "test_it_is_sent_as_it_was_typed", causes=("ended", "end", "crashed", "part", "silence")
                    )
                ]
            )
            if case.facts("sent", number=2) and not case.fact("sent", number=2, how="same")
            else None
        ),
        programs=("client",),
        sentence="An empty line is a line like any other in this stage; yours ends the program, or is not sent.",
        question="Which line of yours looks whether a line is empty, and what should happen to an empty line here?",
        read=CLIENT,
        mistakes=("empty-line-ends",),
    ),
    Fault(
        slug="strips-text",
        life=Life.TAKE,
        decides=in_tests("test_it_is_sent_as_it_was_typed", causes=("other bytes", "part")),
        programs=("client",),
        sentence="strip() takes away more than the line end: the blanks that somebody typed are gone too.",
        question="What does strip take away if it is given nothing, and what should be taken away?",
        read=CLIENT,
        mistakes=("strip-all-client",),
    ),
]
