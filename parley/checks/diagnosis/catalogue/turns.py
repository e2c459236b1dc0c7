"""Stage 3: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import re

from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import CTRL_C, UNANSWERED, Case, Failure, Variation
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, as_steps, in_tests, like, seen, standing
from parley.contract.diagnosis import Fact
from parley.harness.actors import Person, Role

IDEA, ONE_TURN, NOBODY_BEGINS, ONE_CONVERSATION = (
    f"lessons/3_turns.md#{place}" for place in ("the-idea", "one-turn", "nobody-begins", "one-conversation")
)
BYTES, LINES = "lessons/2_logbook.md#bytes-and-text", "lessons/2_logbook.md#the-idea"
QUESTIONS = ("harbour 1701", "bridge 18", "castle 19", "ferry 20", "café 21")
ANSWERS = ("lantern 2702", "river 28", "garden 29", "window 30", "rosé 31")
UNBUFFERED, APART, BEGUN = Variation(unbuffered=True), Variation(pause=0.3, whole=True), Variation(name=True)
SCREEN = ("silent screen", "other print", "unwanted print")
ENDED = ("end", "ended", "reset")
EOF = (*ENDED, "silence", "other bytes", "other line", "part", "too much", "other status")
CONVERSATION = ("silence", "part", "no line end", "other bytes", "other line", "unread", "end", "reset")
STALLED = (*CONVERSATION, "goes on", "ended", *SCREEN)
OTHERS = ("test_the_log_*", "test_a_port_*", "test_the_port_*", "test_there_is_no_server")


def examine_server(visit: Visit) -> None:
    """A guest and the server's user talk in turn: a line; two lines at once; a line in pieces; a letter in pieces."""
    server = visit.server()
    anna = visit.guest("Anna", server)
    for number, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True), 1):
        visit.at(f"after line {number}")
        _speaks(visit, anna, number, QUESTIONS)
        heard = _hears(visit, server, number, question)
        server.types(answer)
        if not (_says(visit, server, anna, number, answer) and heard):
            break
    visit.at("after the guest's end-of-stream")
    anna.ends()
    _notices(visit, server)


def examine_client(visit: Visit) -> None:
    """The client's user and its server talk in turn: a line; two lines at once; a line in pieces; a letter in two."""
    client, host = visit.client(QUESTIONS[0])
    person = visit.comes(client, host)
    if visit.vary.name:
        person.says("welcome 16")
    for number, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True), 1):
        visit.at(f"after line {number}")
        if number > 1:
            client.types(question)
        said = _says(visit, client, person, number, question)
        _speaks(visit, person, number, ANSWERS)
        if not (_hears(visit, client, number, answer) and said):
            break
    visit.at("after the server's end-of-stream")
    person.ends()
    client.types("anybody 22")
    _notices(visit, client)


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
    """Send the line with this number, from 1: the second together with the third, the others behind it in pieces."""
    line = f"{lines[number - 1]}\n".encode()
    if visit.vary.pause or number == 1:
        person.sends(line)
    elif number == 2:
        person.sends(line + f"{lines[2]}\n".encode())
    elif number > 3:
        person.sends_in_pieces(line[:4], line[4:])


def _hears(visit: Visit, program: Role, number: int, line: str) -> bool:
    """Whether a program shows what the other side has said."""
    screen = visit.shows(program, lambda screen: _how(line, screen) == "same")
    how = _how(line, screen)
    visit.note("heard", number=number, how=how, line=line, screen=screen[-300:], ended=program.ended)
    if how != "same":
        visit.amiss(program, "heard")
    return how == "same"


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


def _notices(visit: Visit, program: Role) -> None:
    ended = visit.ends(program)
    visit.note("notices", ended=ended, status=program.status if program.status is not None else -1)
    if not ended:
        visit.amiss(program, "notices")


def _how(line: str, screen: str) -> str:
    """How a line is shown: "same" (at the end of a line), "inside", "repr" (as Python shows bytes) or "nothing"."""
    if any(shown_line.endswith(line) for shown_line in screen.splitlines()) and f"{line}\n" in screen:
        return "same"
    if f"{repr(line.encode())[1:-1]}" in screen and (
        f"b'{line}" in screen or "\\x" in screen or f"b'{line}'" in screen
    ):
        return "repr"
    return "inside" if line in screen else "nothing"


MOST_PREFIX = 100  # bytes: a number before a text is shorter


def is_length(came: bytes, text: bytes) -> bool:
    """Whether what came is a text with its length before it: in binary, or in digits."""
    prefix, found, _ = came.partition(text)
    if not found or not prefix:
        return False
    lengths = (len(text), len(text) + 1)
    digits = re.fullmatch(rb"\D*?0*(\d+)\D*", prefix) if len(prefix) <= MOST_PREFIX else None
    if digits and int(digits[1]) in lengths:
        return True
    return len(prefix) <= 8 and any(int.from_bytes(prefix, order) in lengths for order in ("big", "little"))


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
    """It waits for its keyboard, and has nobody's connection yet."""
    waits = standing(case, "input")
    if not waits or not (case.fact("does_not_begin") or _fact(case, "heard", 1, "nothing", "inside")):
        return None
    if any(fact["state"] not in ("LISTEN", "TIME_WAIT") for fact in case.facts("socket") if fact.where == waits.where):
        return None
    no = "It does not listen yet." if case.fact("does_not_begin") else "Somebody has connected; it has not accepted."
    return Found({"line": waits["line"]}, as_steps("It runs.", no, waits))


def _both_send_first(case: Case) -> Found | None:
    """The client has spoken; the server has its connection, and is at the keyboard."""
    waits = standing(case, "input", "line 1")
    if not waits or not _fact(case, "heard", 1, "nothing"):
        return in_tests("test_the_client_speaks_first", causes=["too much", "unwanted"])(case)
    if _fact(case, "said", 1, "nothing"):
        return None
    return Found(
        {},
        as_steps(
            "The client has sent its first line, and the server has not shown it.", waits, "It lies there unread."
        ),
    )


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
    step = f'Typed: "{said["wanted"]}"; sent: "{said["came"]}", without the line end.'
    return Found({}, as_steps(step, standing(case, "recv", "line 1"), hangs))


def _length_prefix(case: Case) -> Found | None:
    """It sends the length before the text, or waits for one: its own two programs understand each other."""
    own = case.fact("prefix", is_length=True)
    if own:
        return Found({}, (f'It sent "{own["came"]}": the length of the text, and then the text.',))
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


def _changes(case: Case) -> Found | None:
    said = _fact(case, "said", 1, "inside", "other", "repr")
    if not said or case.fact("prefix", is_length=True):
        return None
    return Found({}, (f'Typed: "{said["wanted"]}"', f'Sent: "{said["came"]}"'))


def _not_flushed(case: Case) -> Found | None:
    if not _fact(case, "heard", 1, "nothing") or not case.again(UNBUFFERED, "heard", number=1, how="same"):
        return None
    step = "What was said to it is not on its screen."
    return Found({}, (step, "Run without a buffer (python -u) it is on the screen at once."))


def _same_line(case: Case) -> Found | None:
    """What was said is on the screen, with something else behind it in the same line."""
    heard = next((fact for fact in case.facts("heard") if fact["how"] == "inside"), None)
    if not heard:
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
    if _file_per_line(case) or _decodes_pieces(case):
        return None
    heard = [fact for number in (2, 3, 4) for fact in case.facts("heard", number=number)]
    wrong = next((fact for fact in heard if fact["how"] != "same"), None)
    if wrong and _fact(case, "heard", 1, "same") and case.again(APART, "heard", number=wrong["number"], how="same"):
        together = "Two lines came in one piece" if int(wrong["number"]) < 4 else "A line came in two pieces"
        return Found({}, (f"{together}, and it did not understand them.", "Whole, and one after another, it does."))
    failures = case.failed("test_two_lines_in_one_piece", "test_a_line_in_pieces", "test_a_long_line", causes=STALLED)
    return seen(failures) if _talks(case) and not _fact(case, "heard", 4, "same") else None


def _decodes_pieces(case: Case) -> Found | None:
    """A letter in two pieces breaks, where a line in two pieces does not."""
    if not _fact(case, "heard", 4, "same") or not case.facts("heard", number=5) or _fact(case, "heard", 5, "same"):
        return None
    if not case.again(APART, "heard", number=5, how="same"):
        return None
    raises = case.fact("raises", exception="UnicodeDecodeError")
    step = f"Line {raises['line']} raises UnicodeDecodeError: {raises['message']}" if raises else None
    return Found({}, as_steps("A line came in two pieces, cut in a letter.", step, "In one piece, it is right."))


def _file_per_line(case: Case) -> Found | None:
    wrong = _fact(case, "heard", 3, "nothing") or _fact(case, "heard", 2, "nothing")
    if not wrong or not re.search(r"makefile\([^\n]*\)\s*\.\s*read|(for|while)[^\n]*makefile", case.source):
        return None
    return Found({}, ("Two lines came in one piece; only the first was shown.",))


def _buffer_kept(case: Case) -> Found | None:
    """What was shown already is shown again with the next line."""
    failures = case.failed(causes=["unwanted print"])
    again = [
        fact
        for fact in case.facts("heard")
        if int(fact["number"]) > 1 and str(fact["screen"]).count(_lines(case)[0]) > 1
    ]
    return Found({}, ("A line that was shown already is shown again.",), tuple(failures)) if again else None


def _lines(case: Case) -> tuple[str, ...]:
    return QUESTIONS if case.program == "server" else ANSWERS


def _busy_loop(case: Case) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if "end-of-stream" in fact.where), None)
    if not spins:
        return None
    stands = next((fact for fact in case.facts("stands") if fact.where == spins.where and fact["line"]), None)
    where = f" Its innermost line is line {stands['line']}, in {stands['function']}." if stands else ""
    return Found({}, (f"{spins.where.capitalize()} it uses all the time of a processor.{where}",))


def _serves_on(case: Case) -> Found | None:
    waits = standing(case, "accept", "end-of-stream")
    if waits and case.fact("notices", ended=False):
        return Found({}, as_steps("Its guest has left.", waits))
    return seen(case.failed("test_the_*_closes", "test_one_conversation", causes=["goes on"]))


def _shows_close(failure: Failure) -> bool:
    """Whether its screen shows the word as if somebody had said it."""
    return bool(re.search(rb"(^|: *|> *)/close\r?$", failure.shown(), re.MULTILINE))


def _unknown_close(case: Case) -> Found | None:
    """It goes on after a /close, heard or typed; after one that it has heard its screen shows the word."""
    heard, typed = _close_tests(case)
    known = [failure for failure in case.failed(heard, causes=["silence"]) if _shows_close(failure)]
    return seen([*known, *case.failed(typed, causes=["silence", "too much"])]) if _talks(case) else None


def _needs_enter(case: Case) -> Found | None:
    heard, _ = _close_tests(case)
    failures = [failure for failure in case.failed(heard, causes=["silence"]) if not _shows_close(failure)]
    return seen(failures) if _talks(case) else None


def _close_tests(case: Case) -> tuple[str, str]:
    tests = ("test_the_client_closes", "test_the_server_closes")
    return tests if case.program == "server" else (tests[1], tests[0])


def _talks(case: Case) -> bool:
    """Whether a first line and its answer were understood."""
    heard = _fact(case, "heard", 1, "same")
    label = "Client" if case.program == "server" else "Server"
    return bool(heard and f"{label}: {heard['line']}" in str(heard["screen"]) and _fact(case, "said", 1, "same"))


def _where_it_talks(decides: Decides) -> Decides:
    """What tests have seen counts only where a first line and its answer were as tests expect them, its label too."""
    return lambda case: decides(case) if _talks(case) else None


def _close_inside(case: Case) -> Found | None:
    heard, _ = _close_tests(case)
    failures = case.failed(heard, causes=[*ENDED, *SCREEN, "silence"])
    inside = [
        failure
        for failure in failures
        if not any(e.data.endswith(b"\n/close\n") or e.data == b"/close\n" for e in failure.events if e.what == "sends")
    ]
    return seen(inside) if _talks(case) else None


def _close_not_sent(case: Case) -> Found | None:
    _, typed = _close_tests(case)
    return seen(case.failed(typed, causes=ENDED)) if _talks(case) else None


def _lost(case: Case) -> Found | None:
    """The other side has gone without /close, and it ends as if it had heard one, or goes on."""
    failures = case.failed("test_the_*_leaves_without_close", "test_the_*_is_gone_*", "test_the_*_is_cut_off")
    good = [failure for failure in failures if failure.cause == "other status" or _goes_on(failure)]
    return seen(good) if _talks(case) else None


def _goes_on(failure: Failure) -> bool:
    return failure.cause in ("goes on", "silence", "floods")


FAULTS = [
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
        sentence="Your server turns to its own keyboard first, although the client begins: the client's first line "
        "waits unread.",
        question="Look at the first row of this stage's table. What does your server do first after accept, and what "
        "has already arrived by then?",
        read=IDEA,
        mistakes=("turn-order",),
    ),
    Fault(
        slug="length-prefix",
        life=Life.TAKE,
        decides=_length_prefix,
        explains=stalls,
        stops=True,
        sentence="Your {program} puts the length before each message, but here a newline ends each message: other "
        "programs can't read yours.",
        question="Print the first bytes that you send for `hi`. What would someone with netcat have to type so that "
        "your {program} understands it?",
        read=LINES,
    ),
    Fault(
        slug="no-line-end",
        life=Life.TAKE,
        decides=_no_line_end,
        explains=stalls,
        stops=True,
        sentence="Your {program} sends a line without a newline, so the other side can't tell where the line ends.",
        question="Which byte tells the reader that a line is complete? Print repr() of what you send: is this byte at "
        "its end?",
        read=LINES,
        mistakes=("no-terminator-sent", "no-terminator-sent-server"),
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
    Fault(
        slug="output-not-flushed",
        life=Life.ANSWER,
        decides=_not_flushed,
        explains=like(causes=("silent screen",)),
        sentence="What your {program} prints stays in a buffer: where no terminal reads its output, the text appears "
        "too late.",
        question="Your program has passed its print already. If no terminal reads the output, where is the text now, "
        "and what sends it on?",
        read=LINES,
        mistakes=("stdout-buffered", "stdout-buffered-client"),
    ),
    Fault(
        slug="prompt-in-the-same-line",
        life=Life.ANSWER,
        decides=_same_line,
        explains=like(causes=SCREEN),
        sentence="Your {program} writes a prompt into the line of the text that it should show.",
        question="Read the shown line as one row of characters. What stands around the text that arrived, and which "
        "line of yours put it there?",
        read=ONE_TURN,
    ),
    Fault(
        slug="bytes-shown-as-b",
        life=Life.ANSWER,
        decides=_as_bytes,
        explains=like(causes=SCREEN),
        sentence="Your {program} shows the bytes object itself, as b'...', not the text in it.",
        question="Your screen shows a b and two quotes that no one typed. What type does the value you print have, and "
        "how do bytes become text?",
        read=BYTES,
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
    Fault(
        slug="decode-in-the-middle",
        life=Life.TAKE,
        decides=_decodes_pieces,
        explains=like("test_a_letter_in_two_pieces", "test_a_line_in_pieces", "test_a_long_line"),
        sentence="Your {program} decodes each chunk as it comes, but a chunk may end in the middle of a letter.",
        question="What do you have when a chunk ends in the middle of an é? At which point of your program are all its "
        "bytes there?",
        read=BYTES,
        mistakes=("utf8-split", "errors-ignore"),
    ),
    Fault(
        slug="recv-is-a-message",
        life=Life.TAKE,
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
        sentence="Your {program} takes what one recv returns for one message, but it may return a part of a message, "
        "or several.",
        question="Print repr() of each chunk. How many messages came, how often did recv return, and how do you know "
        "where a message ends?",
        read=LINES,
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
        decides=in_tests(
            "test_one_answer_in_each_turn", "test_one_line_in_each_turn", causes=["too much", "other line"]
        ),
        explains=like("test_*_typed_ahead", "test_the_*_closes", "test_the_keyboard_*", causes=["too much"]),
        sentence="Your {program} says a further line although it is not its turn: a turn is one line.",
        question="After your {program} has said a line, which call must come before it may read its keyboard again?",
        read=ONE_TURN,
        mistakes=("two-in-a-turn", "both-at-once"),
    ),
    Fault(
        slug="empty-line",
        life=Life.TAKE,
        decides=in_tests("test_an_empty_line_is_a_turn"),
        sentence="An empty line is a turn like any other in this stage; your {program} skips it, or ends with it.",
        question="The user only presses Enter. Which line of yours looks whether a line is empty, and for whom does "
        "the other side wait then?",
        read=ONE_TURN,
        mistakes=("empty-send", "empty-skipped"),
    ),
    Fault(
        slug="crlf",
        life=Life.TAKE,
        decides=_where_it_talks(in_tests("test_line_ends_of_*")),
        sentence="Your {program} keeps the \\r of lines that end with \\r\\n, as telnet and Windows send them.",
        question="Print repr() of a line that ended with \\r\\n, after you have cut it. Which character is still at "
        "its end?",
        read=LINES,
        mistakes=("crlf", "crlf-client"),
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=_where_it_talks(
            in_tests("test_bytes_that_are_no_text", causes=("silent screen", "crashed", "ended", "traceback"))
        ),
        sentence="Bytes that aren't UTF-8 stop your {program}: decode raises UnicodeDecodeError.",
        question="Anyone can send bytes that aren't text. What does your decode do with them, and what should happen "
        "to the rest of the chat?",
        read=BYTES,
        mistakes=("invalid-bytes-kill",),
    ),
    Fault(
        slug="decode-ignore",
        life=Life.TAKE,
        decides=_where_it_talks(in_tests("test_bytes_that_are_no_text", causes=("other print",))),
        sentence="Bytes that aren't UTF-8 disappear without a trace; something has to stand in their place.",
        question='What does errors="ignore" leave in the place of what it does not understand?',
        read=BYTES,
        mistakes=("invalid-bytes-vanish",),
    ),
    Fault(
        slug="no-line-limit",
        life=Life.TAKE,
        decides=in_tests("test_a_line_that_is_too_long"),
        sentence="Your {program} keeps a line that never ends in its memory, with no limit.",
        question="Someone sends more and more, but never a newline. Where do all these bytes wait in your {program}, "
        "and what stops it?",
        read=LINES,
        mistakes=("endless-line", "endless-line-server"),
    ),
    Fault(
        slug="listener-open",
        life=Life.LISTEN,
        decides=_where_it_talks(in_tests("test_one_conversation", causes=["unwanted print", "other bytes"])),
        explains=like(causes=["goes on"]),
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
        explains=like("test_one_conversation", causes=["goes on"]),
        programs=("server",),
        sentence="When its conversation is over, your server waits for the next client: in this stage it ends.",
        question="How many conversations does the server of this stage have? Which line of yours leads back to accept?",
        read=ONE_CONVERSATION,
        mistakes=("serves-forever",),
    ),
    Fault(
        slug="busy-loop",
        life=Life.NOTICE,
        decides=_busy_loop,
        explains=like("test_the_*_leaves_without_close", "test_the_*_is_gone_*", causes=("spins", "floods")),
        stops=True,
        sentence='After the other side ends the stream, recv returns b"" immediately every time, and your loop never '
        "ends.",
        question="What does your receiving call return when the other side has ended the stream? Which line of your "
        "loop leads out in this case?",
        read=ONE_TURN,
        mistakes=("eof-ignored",),
    ),
    Fault(
        slug="close-word-inside",
        life=Life.LEAVE,
        decides=_close_inside,
        sentence="A sentence that only contains /close ends your conversation, but only a line that is exactly /close "
        "should.",
        question="Someone asks `how do I use /close?`. Is this line the word, or does it contain the word? Which of "
        "the two does your condition ask?",
        read=IDEA,
        mistakes=("close-in-the-middle",),
    ),
    Fault(
        slug="no-close-word",
        life=Life.LEAVE,
        decides=_unknown_close,
        explains=like(
            "test_the_*_closes", "test_the_keyboard_*", "test_one_*_in_each_turn", "test_the_client_speaks_*"
        ),
        sentence="Your {program} doesn't know the word /close: the conversation doesn't end when someone types it or "
        "when it arrives.",
        question="What does your {program} do with the line /close when a user types it, and when it arrives? Which "
        "line of yours looks at it? Print repr() of what it compares.",
        read=IDEA,
        mistakes=("bytes-vs-str", "terminator-in-compare", "close-only-sent"),
    ),
    Fault(
        slug="needs-enter",
        life=Life.LEAVE,
        decides=_needs_enter,
        explains=like("test_one_*_in_each_turn", "test_the_client_speaks_first"),
        sentence="The other side has said /close, and your {program} does not end: it waits for something first.",
        question="The other side's /close has arrived and is noticed. For what does your {program} wait before it "
        "closes the connection and ends?",
        read=IDEA,
        mistakes=("quit-without-close",),
    ),
    Fault(
        slug="close-not-sent",
        life=Life.LEAVE,
        decides=_close_not_sent,
        explains=like("test_the_keyboard_*", causes=()),
        sentence="You leave without a word: /close ends your own program, but the other side only sees the stream end "
        "and must think that you are lost.",
        question="What does the other side receive, byte by byte, when you type /close? How does this differ from a "
        "lost connection?",
        read=IDEA,
        mistakes=("close-not-sent",),
    ),
    Fault(
        slug="close-not-sent-at-eof",
        life=Life.LEAVE,
        decides=_where_it_talks(
            lambda case: seen([f for f in case.failed("test_the_keyboard_*", causes=EOF) if not f.exception])
        ),
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
        sentence="The other side disappears without /close, but your {program} doesn't notice, or ends as if it had "
        "heard a goodbye.",
        question="The stream ends without /close. Which line of yours runs after the receiving loop, and how does it "
        "tell this from a goodbye?",
        read=IDEA,
        mistakes=("lost-is-left", "gone-is-left", "server-gone-unnoticed", "sent-means-delivered"),
    ),
    Fault(
        slug="lost-without-a-word",
        life=Life.TELL,
        decides=in_tests("test_the_*_leaves_*", "test_the_*_is_cut_off", "test_the_*_is_gone_*", causes=["wordless"]),
        explains=like(causes=["wordless"]),
        sentence="When the other side is lost, your {program} ends without a sentence that says so.",
        question="What does the person in front of your {program} read when the other side is lost? Which line of "
        "yours could tell?",
        read=IDEA,
        mistakes=("lost-without-a-word",),
    ),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        decides=_where_it_talks(in_tests("test_nobody_answers", causes=["ended", "silent screen", "other print"])),
        programs=("client",),
        sentence="The 2 s that you allow for connecting still hold in the conversation: after two quiet seconds recv "
        "fails and your client hangs up.",
        question="How long may the other side think before it answers? Which limit does your socket still have then?",
        read=IDEA,
        mistakes=("connect-timeout-stays",),
    ),
]
