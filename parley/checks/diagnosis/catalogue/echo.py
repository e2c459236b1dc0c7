"""Stage 1: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import re

from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import Case, Failure, Variation
from parley.checks.diagnosis.fault import Fault, Found, Life, as_steps, in_tests, like, seen, standing
from parley.contract.diagnosis import Fact

SERVER, CLIENT, ERRORS = (
    f"lessons/1_echo.md#{place}" for place in ("the-server", "the-client", "the-second-round-errors")
)
BARE = "lessons/1_echo.md#bare-line-by-line"
IDEA = "lessons/1_echo.md#the-idea"
FIRST, SECOND, IN_PIECES = "harbour 17", "café ☕ 18", "bridge 19"
NO_ANSWER = ("silence", "end", "part", "ended")
UNBUFFERED, LINE_END, WHOLE = Variation(unbuffered=True), Variation(line_end=True), Variation(whole=True)


def examine_server(visit: Visit) -> None:
    """A guest says something, says something else, and ends; then the next guest comes."""
    server = visit.server()
    anna = visit.guest("Anna", server)
    for number, text in enumerate((FIRST, SECOND), 1):
        visit.at(f"after text {number}")
        sent = text.encode() + (b"\n" if visit.vary.line_end else b"")
        anna.sends(sent)
        came = visit.hears(anna, lambda came, sent=sent: len(came) >= len(sent))  # type: ignore[misc]
        visit.note(
            "answer", number=number, how=compared(sent, came), sent=shown(sent), came=shown(came), over=anna.over
        )
        if came != sent:
            visit.amiss(server, "answer")
            visit.note("screen_has", how=compared(sent, server.printed))
            break
    visit.at("after the guest's end-of-stream")
    anna.ends()
    visit.sees_end(anna)
    late = visit.hears(anna, lambda _: True)
    visit.note("end", came=anna.over, late=shown(late), how=compared(FIRST.encode(), late))
    if not anna.over:
        visit.amiss(server, "end")
    visit.at("when the next guest comes")
    ben = visit.guest("Ben", server)
    ben.sends(FIRST)
    came = visit.hears(ben, lambda came: len(came) >= len(FIRST))
    visit.note("next", how=compared(FIRST.encode(), came))
    if came != FIRST.encode():
        visit.amiss(server, "next")


def examine_client(visit: Visit) -> None:
    """Somebody types a line, and it comes back; then one that comes back in pieces, and one cut in a letter."""
    client, host = visit.client(FIRST)
    person = visit.comes(client, host)
    end = b"\n" if visit.vary.line_end else b""
    for number, text in enumerate((FIRST, IN_PIECES, SECOND), 1):
        visit.at(f"after line {number}")
        if number > 1:
            client.types(text)
        data = text.encode()
        came = visit.hears(person, lambda came, data=data: len(came) >= len(data))  # type: ignore[misc]
        visit.note("sent", number=number, how=compared(data, came), sent=shown(came), wanted=shown(data))
        if data not in came:
            visit.amiss(client, "sent")
            break
        pieces = [came + end] if number == 1 or visit.vary.whole else [came[:4], came[4:] + end]
        person.sends_in_pieces(*pieces)
        wanted = f"Received: {text}"
        screen = visit.shows(client, lambda screen, wanted=wanted: wanted in screen)  # type: ignore[misc]
        how = "same" if wanted in screen else compared(data, screen.encode())
        visit.note("shown", number=number, how=how, pieces=len(pieces), screen=screen[-200:])
        if how != "same":
            visit.amiss(client, "shown")
            break
    visit.at("after the keyboard's end")
    client.ends_keyboard()
    if not visit.ends(client):
        visit.amiss(client, "leaves")


# What decides


def _answer(case: Case, number: int, *hows: str) -> Fact | None:
    return next((fact for fact in case.facts("answer", number=number) if fact["how"] in hows), None)


def _print_instead_of_send(case: Case) -> Found | None:
    answer, waits = _answer(case, 1, "nothing"), standing(case, "recv", "text 1")
    if not answer or not waits or answer["over"]:
        return None
    screen = case.again(UNBUFFERED, "screen_has")
    if screen is None or screen["how"] not in ("same", "inside", "repr"):
        return None
    steps = as_steps(f'"{answer["sent"]}" was sent to it, and nothing came back.', waits, "So it has taken all bytes.")
    return Found({}, (*steps, "Run without a buffer, its own screen shows what was sent to it."))


def _expects_line_end_server(case: Case) -> Found | None:
    answer = _answer(case, 1, "nothing")
    if not answer or not case.again(LINE_END, "answer", number=1, how="same"):
        return None
    steps = as_steps(f'"{answer["sent"]}" was sent, and nothing came back.', standing(case, "recv", "text 1"))
    return Found({}, (*steps, "Sent with a line end behind it, it comes back at once."))


def _waits_for_the_end(case: Case) -> Found | None:
    """Nothing comes back until the guest has said end-of-stream; then it does."""
    if not _answer(case, 1, "nothing") or not case.fact("end", came=True, how="same"):
        return None
    return Found(
        {}, as_steps("Nothing came back.", standing(case, "recv"), "All came back after the guest's end-of-stream.")
    )


def _changes_bytes(case: Case) -> Found | None:
    answer = _answer(case, 1, "inside", "repr", "no line end", "other") or _answer(case, 2, "other", "part", "inside")
    if answer:
        return Found(
            {"sent": answer["sent"], "came": answer["came"]},
            (f'Sent: "{answer["sent"]}"', f'Came back: "{answer["came"]}"'),
        )
    wrong = case.failed(causes=["other bytes", "too much"])
    if not wrong:
        return None
    step = f"Not all bytes come back as they were: {wrong[0].sentence}"
    return Found({"sent": "", "came": ""}, (step,), tuple(wrong))


def _does_not_close(case: Case) -> Found | None:
    if not case.fact("end", came=False) or case.fact("spins"):
        return None
    waiting = [fact for fact in case.facts("socket", state="CLOSE_WAIT") if "end-of-stream" in fact.where]
    if not waiting and not standing(case, "accept", "end-of-stream"):
        return None
    steps = as_steps(
        "The guest has said end-of-stream, and the server never says it too.",
        standing(case, "accept", "end-of-stream"),
        "The guest's socket is still open at the server (CLOSE_WAIT)." if waiting else None,
    )
    return Found({}, steps)


def _busy_loop(case: Case) -> Found | None:
    spins = next(
        (fact for fact in case.facts("spins") if "end-of-stream" in fact.where or "keyboard" in fact.where), None
    )
    if not spins:
        return None
    stands = next((fact for fact in case.facts("stands") if fact.where == spins.where and fact["line"]), None)
    line = stands["line"] if stands else ""
    where = f" Its innermost line is line {line}, in {stands['function']}." if stands else ""
    return Found({"line": line}, (f"{spins.where.capitalize()} it uses all the time of a processor.{where}",))


def _serves_one(case: Case) -> Found | None:
    ended = case.fact("ended", status=0)
    if not ended or case.fact("uncaught") or not case.fact("end", came=True):
        return None
    if not _answer(case, 1, "same"):
        return None
    return Found(
        {}, ("After its first guest's end-of-stream the program ends, with status 0.", "The next guest is refused.")
    )


def _one_message(case: Case) -> Found | None:
    """The second text is not answered, and the connection is over, or the server waits for somebody else."""
    if not _answer(case, 1, "same") or case.fact("uncaught"):
        return None
    second = _answer(case, 2, "nothing")
    if not second:
        return None
    waits = standing(case, "accept", "text 2")
    if not second["over"] and not waits:
        return None
    over = "Then the server ended the connection." if second["over"] else None
    return Found({}, as_steps("The first text came back, the second one did not.", over, waits))


def _recv_on_listener(case: Case) -> Found | None:
    """It raises in a line that receives or sends, although its guest is there: the socket is connected to nobody."""
    answer = _answer(case, 1, "nothing")
    errors = ("Errno 107", "Errno 57", "Errno 32", "10057")  # not connected, on several systems
    raises = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in errors)]
    if not answer or not raises:
        return None
    line = raises[0]["line"]
    step = f"Line {line} raises {raises[0]['exception']}: {raises[0]['message']}"
    return Found({"line": line}, ("A guest was connected, and had sent something.", step))


def _expects_line_end(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown", number=1) if fact["how"] == "nothing"), None)
    if not silent or not case.fact("sent", number=1, how="same"):
        return None
    known = case.again(LINE_END, "shown", number=1)
    if known is None or known["how"] not in ("same", "inside"):
        return None
    steps = as_steps(
        "The same bytes came back to it as it had sent, and it shows nothing.", standing(case, "recv", "line 1")
    )
    return Found({}, (*steps, "With a line end behind them it shows them at once."))


def _as_bytes(case: Case) -> Found | None:
    fact = next((fact for fact in case.facts("shown") if f"b'{FIRST}'" in str(fact["screen"])), None)
    return Found({}, (f"Its screen shows b'{FIRST}', with a b and quotes around the right bytes.",)) if fact else None


def _explains_bytes_shown(case: Case, found: Found, failure: Failure) -> bool:
    return "b'" in str(failure.received) or 'b"' in str(failure.received)


def _not_flushed(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown") if fact["how"] == "nothing"), None)
    if not silent or not case.again(UNBUFFERED, "shown", number=silent["number"], how="same"):
        return None
    return Found({}, ("Its answer was not on the screen.", "Run without a buffer (python -u) it is there at once."))


def _decodes_pieces(case: Case) -> Found | None:
    wrong = next((fact for fact in case.facts("shown", number=3) if fact["how"] != "same"), None)
    raises = case.fact("raises", exception="UnicodeDecodeError")
    if wrong and case.again(WHOLE, "shown", number=3, how="same"):
        if raises:
            step = f"Line {raises['line']}, in {raises['function']}, raises UnicodeDecodeError: {raises['message']}"
            return Found(
                {"line": f" (line {raises['line']})"}, ("An answer came in two pieces, cut in a letter.", step)
            )
        return Found(
            {"line": ""}, ("An answer came in two pieces, cut in a letter.", "The letter is broken on its screen.")
        )
    return None


def _recv_is_an_answer(case: Case) -> Found | None:
    """It shows the first piece of an answer as if it were the whole."""
    pieces = case.failed(
        "test_an_answer_in_pieces", causes=["unwanted print", "other print", "silent screen", "silence"]
    )
    if not pieces or (case.fact("shown", number=1) and not case.fact("shown", number=1, how="same")):
        return None
    if case.fact("shown", number=2, how="same") or _stops_at_a_short_piece(case):
        return None
    return Found({}, ("An answer came byte after byte; what was shown was only a part of it.",), tuple(pieces))


def _strips(case: Case) -> Found | None:
    """Blanks are lost, and something in its text takes them away."""
    strips = re.search(r"\.(strip\(|lstrip\(|rstrip\(\))", case.source)
    return seen(case.failed("test_the_blanks_of_a_line")) if strips else None


def _stops_at_a_short_piece(case: Case) -> bool:
    """Whether its text compares the length of what came with the size of a buffer."""
    return bool(re.search(r"len\(\w+\)\s*(==|<|>=|!=)\s*(\d{3,}|[A-Z_]{3,})", case.source))


def _short_piece(case: Case) -> Found | None:
    causes = ("silence", "silent screen", "unwanted print", "other print", "part")
    pieces = ("test_an_answer_in_pieces",) if _stops_at_a_short_piece(case) else ()
    return seen(case.failed("test_a_long_text_comes_back_whole", "test_a_long_line", *pieces, causes=causes))


def _line_end_sent(case: Case) -> Found | None:
    sent = next((fact for fact in case.facts("sent", number=1) if fact["sent"] == f"{fact['wanted']}\\n"), None)
    return Found({}, (f'Typed: "{sent["wanted"]}"; sent: "{sent["sent"]}".',)) if sent else None


def _sends_nothing(case: Case) -> Found | None:
    """It is at its keyboard again, and nothing was sent."""
    sent = case.fact("sent", number=1, how="nothing")
    waits = standing(case, "input", "line 1")
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits)) if sent and waits else None


FAULTS = [
    Fault(
        slug="print-instead-of-send",
        life=Life.ANSWER,
        decides=_print_instead_of_send,
        explains=like(causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server shows the bytes on its own screen with print, and sends nothing back: print never "
        "reaches the client.",
        question="Your screen shows what the client said. Which line of yours gives it to the client, and through "
        "which socket?",
        read=SERVER,
    ),
    Fault(
        slug="expects-line-end",
        life=Life.ANSWER,
        decides=_expects_line_end_server,
        explains=like(causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server waits for a line end before it answers, but nobody has promised one: bytes are sent "
        "back as they come.",
        question="What is your server waiting for before it answers? Does anything in the bytes promise that it "
        "will come?",
        read=IDEA,
        mistakes=("waits-for-newline",),
    ),
    Fault(
        slug="recv-on-listener",
        life=Life.TAKE,
        decides=_recv_on_listener,
        explains=like(causes=(*NO_ANSWER, "refused", "reset")),
        programs=("server",),
        stops=True,
        sentence="Line {line} receives from the socket that listens: the client is at the other one, which accept "
        "returns.",
        question="What does accept return: one thing, or two? Which of your sockets is the door, and which one is "
        "the guest?",
        read=BARE,
        mistakes=("recv-on-listener",),
    ),
    Fault(
        slug="changes-bytes",
        life=Life.ANSWER,
        decides=_changes_bytes,
        explains=like("test_any_bytes_come_back", causes=("other bytes", "too much", "part")),
        programs=("server",),
        sentence="What goes back is not what came: an echo has the same bytes, whatever they are.",
        question="Print repr() of what recv returned and of what you send: where do the two differ, and which line "
        "makes the difference?",
        read=SERVER,
        mistakes=("strip-takes-more",),
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_message,
        explains=like("test_a_client_may_go_on", causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server answers one message of each client, and then it is done with this client.",
        question="After the first answer, where does your program go on: does it listen to the same client again, "
        "or has it already said goodbye?",
        read=SERVER,
        mistakes=("accept-per-message",),
    ),
    Fault(
        slug="busy-loop",
        life=Life.NOTICE,
        decides=_busy_loop,
        explains=like("test_the_end_*", "test_one_client_*", "test_a_client_*", "test_nothing_*", causes=("spins",)),
        stops=True,
        sentence="When the other side has ended, recv returns b'' at once, again and again, and your loop has no "
        "way out: it turns for ever.",
        question="What does recv return when the client has ended the stream, and what does your loop do in that "
        "case: what leads out of it?",
        read=BARE,
        mistakes=("eof-ignored", "bytes-vs-str"),
    ),
    Fault(
        slug="does-not-close",
        life=Life.NOTICE,
        decides=_does_not_close,
        explains=like("test_the_end_*", "test_one_client_*", "test_nothing_*", causes=("silence",)),
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
        explains=like("test_one_client_*", "test_a_client_*", causes=("ended", "refused")),
        programs=("server",),
        stops=True,
        sentence="Your server accepts exactly one client: when this one leaves, the program is at its end.",
        question="When the first client has left, which line runs next, and how would your program come back to "
        "accept?",
        read=SERVER,
        mistakes=("serve-once", "one-client-only"),
    ),
    Fault(
        slug="expects-line-end",
        life=Life.ANSWER,
        decides=_expects_line_end,
        explains=like(causes=("silent screen", "silence", "goes on")),
        programs=("client",),
        sentence="Your client reads until a line end, but it has sent none, so an echo of its bytes never has one: "
        "count bytes instead.",
        question="Which byte makes your reading return? Print repr() of what you send: does an echo of it contain "
        "that byte?",
        read=CLIENT,
    ),
    Fault(
        slug="bytes-shown-as-b",
        life=Life.ANSWER,
        decides=_as_bytes,
        explains=_explains_bytes_shown,
        programs=("client",),
        sentence="You show the bytes object itself (b'...'), not the text: bytes have to be decoded before they "
        "are printed.",
        question="Your screen shows b and two quotes that nobody typed. What type is the thing that you print, and "
        "what turns it into text?",
        read=CLIENT,
        mistakes=("str-of-bytes-client",),
    ),
    Fault(
        slug="output-not-flushed",
        life=Life.ANSWER,
        decides=_not_flushed,
        explains=like(causes=("silent screen",)),
        programs=("client",),
        sentence="What you print stays in print's buffer: on a pipe nothing is shown until it is full or flushed.",
        question="Your program did come to the print. Where is the printed text, when nobody looks at a terminal?",
        read=CLIENT,
        mistakes=("stdout-buffered",),
    ),
    Fault(
        slug="decode-in-the-middle",
        life=Life.ANSWER,
        decides=_decodes_pieces,
        explains=like("test_a_letter_in_two_pieces"),
        programs=("client",),
        sentence="You decode every piece as it comes{line}; a letter of two bytes may be cut in the middle: "
        "collect bytes, and decode once at the end.",
        question="What do you hold if recv ends in the middle of a letter, and when are all its bytes there?",
        read=CLIENT,
        mistakes=("utf8-split-client", "errors-ignore-client"),
    ),
    Fault(
        slug="recv-is-a-message",
        life=Life.ANSWER,
        decides=_recv_is_an_answer,
        explains=like(
            "test_an_answer_in_pieces",
            "test_a_long_line",
            "test_a_letter_in_two_pieces",
            "test_the_server_ends_too_early",
        ),
        programs=("client",),
        sentence="You take what one recv brings for the whole answer; it may come in pieces.",
        question="How many bytes did you send, and how many are back after one recv? What tells you that all are here?",
        read=CLIENT,
        mistakes=("recv-is-message-client", "bigger-buffer-client"),
    ),
    Fault(
        slug="empty-line",
        life=Life.LEAVE,
        decides=in_tests("test_an_empty_line", causes=("goes on", "too much", "silence", "spins")),
        programs=("client",),
        sentence="An empty line ends the conversation in this stage; your client sends it, or waits for an answer "
        "to it.",
        question="How many bytes go out for an empty line, and how many do you wait for then?",
        read=CLIENT,
        mistakes=("empty-send",),
    ),
    Fault(
        slug="waits-for-the-end",
        life=Life.ANSWER,
        decides=_waits_for_the_end,
        explains=like(causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server answers only when its client has said end-of-stream: until then it collects what comes.",
        question="What is your server waiting for before it answers? Does the client promise that it will come?",
        read=IDEA,
        mistakes=("process-after-eof",),
    ),
    Fault(
        slug="short-piece-is-the-end",
        life=Life.ANSWER,
        decides=_short_piece,
        explains=like("test_a_letter_in_two_pieces"),
        sentence="You receive until a piece does not fill your buffer: a text that fills it exactly never has such "
        "a piece.",
        question="How many bytes can one recv return at most, and how many at least? What does the number say "
        "about the end?",
        read=IDEA,
        mistakes=("short-piece-is-the-end", "short-piece-is-the-end-client"),
    ),
    Fault(
        slug="long-message-cut",
        life=Life.ANSWER,
        decides=in_tests("test_a_long_text_comes_back_whole", causes=("part", "other bytes")),
        programs=("server",),
        sentence="A text that is longer than one recv can take does not come back whole.",
        question="What happens to the bytes that one recv leaves behind, and which line of yours asks for them?",
        read=IDEA,
        mistakes=("long-message-cut",),
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=in_tests("test_any_bytes_come_back", causes=("ended", "crashed", "traceback", "end", "silence")),
        programs=("server",),
        sentence="Bytes that are no text end your server or its connection: an echo does not need to understand them.",
        question="Does an echo have to understand what it repeats? At which line do your bytes become something else?",
        read=SERVER,
        mistakes=("invalid-bytes-kill",),
    ),
    Fault(
        slug="decode-ignore",
        life=Life.ANSWER,
        decides=in_tests("test_any_bytes_come_back", causes=("part",)),
        programs=("server",),
        sentence="Some bytes never come back: what is no text, or half of a letter, is dropped.",
        question='What does errors="ignore" do with a byte that it does not understand? Does an echo have to '
        "understand it?",
        read=SERVER,
        mistakes=("errors-ignore",),
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
        slug="line-end-sent",
        life=Life.TAKE,
        decides=_line_end_sent,
        explains=like(causes=("other bytes", "too much", "silence", "silent screen", "goes on")),
        stops=True,
        programs=("client",),
        sentence="The line end of a typed line is sent along; in this stage only its text goes out.",
        question="Print repr() of a line as you read it from the keyboard. Which of its characters did the user mean?",
        read=CLIENT,
        mistakes=("line-end-sent",),
    ),
    Fault(
        slug="connection-per-line",
        life=Life.NEXT,
        decides=in_tests("test_line_after_line", causes=("end", "reset")),
        explains=like(causes=("end",)),
        programs=("client",),
        sentence="Your client makes a new connection for each line; one conversation is one connection.",
        question="How often does your line that connects run? Where does it have to stand so that it runs once?",
        read=CLIENT,
        mistakes=("connection-per-line",),
    ),
    Fault(
        slug="strips-text",
        life=Life.TAKE,
        decides=_strips,
        programs=("client",),
        sentence="strip() takes away more than the line end: the blanks that somebody typed are gone too.",
        question="What does strip take away if it is given nothing, and what should be taken away?",
        read=CLIENT,
        mistakes=("strip-takes-more-client",),
    ),
    Fault(
        slug="shows-what-was-typed",
        life=Life.ANSWER,
        decides=in_tests("test_what_is_shown_has_come_back", causes=("unwanted print", "other print")),
        programs=("client",),
        sentence="You show what was typed, and not what has come back.",
        question="Which of your names holds what came from the server, and which one do you print?",
        read=CLIENT,
        mistakes=("typed-is-received",),
    ),
    Fault(
        slug="length-in-characters",
        life=Life.ANSWER,
        decides=in_tests("test_a_letter_in_two_pieces", causes=("unwanted print", "other print", "silent screen")),
        programs=("client",),
        sentence="You count letters where bytes are meant: a letter may have several bytes.",
        question="What does len say of a text with é in it, and what of its bytes? Which of the two do you wait for?",
        read=CLIENT,
        mistakes=("length-in-characters-client",),
    ),
    Fault(
        slug="read-is-a-line",
        life=Life.TAKE,
        decides=in_tests("test_several_lines_at_once"),
        programs=("client",),
        sentence="You take what one read of the keyboard returns for one line; several may be there at once.",
        question="How many lines are in what your reading returns, if four were typed at once?",
        read=CLIENT,
        mistakes=("read-is-a-line-client",),
    ),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        decides=in_tests("test_nobody_answers", causes=("ended", "crashed", "silent screen")),
        programs=("client",),
        sentence="The limit of 2 s that you allow for connecting still holds in the conversation: after two quiet "
        "seconds recv fails.",
        question="How long does your socket wait for an answer, and which line has said so? What takes a limit "
        "away again?",
        read=CLIENT,
        mistakes=("connect-timeout-stays",),
    ),
]
