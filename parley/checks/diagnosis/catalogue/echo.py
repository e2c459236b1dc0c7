"""Stage 1: what is done to examine its programs, and the faults that only they have."""

from __future__ import annotations

import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.bytes_of_a_line import long_text_cut, stripped
from parley.checks.diagnosis.catalogue.all_stages.kept_alive import KEPT_ALIVE
from parley.checks.diagnosis.catalogue.all_stages.log import SHOWN_ON_STDERR, shown_on_stderr
from parley.checks.diagnosis.catalogue.all_stages.misunderstood import other_encoding
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import ONE_AFTER_ANOTHER, writes_into_file
from parley.checks.diagnosis.catalogue.all_stages.shared import limited
from parley.checks.diagnosis.catalogue.all_stages.waiting import all_at_once, word_is_command
from parley.checks.diagnosis.catalogue.conversation import BYTES_IN_ESCAPES, shown_in_escapes
from parley.checks.diagnosis.contact import Visit, compared, shown
from parley.checks.diagnosis.evidence import AS_IT_IS, EXCHANGE, Case, Failure, Variation
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, as_steps, in_tests, like, seen, standing
from parley.checks.diagnosis.syntax import always_flushes, line_of_blank, sends_without_receiving
from parley.contract.diagnosis import Fact
from parley.contract.record import quoted

SERVER, CLIENT, ERRORS = (
    f"lessons/1_echo.md#{place}" for place in ("the-server", "the-client", "the-second-round-errors")
)
IDEA = "lessons/1_echo.md#the-idea"
FIRST, SECOND, IN_PIECES = "harbour 17", "café ☕ 18", "bridge 19"
NO_ANSWER = ("silence", "end", "part", "ended")
UNBUFFERED, LINE_END, WHOLE = Variation(unbuffered=True), Variation(line_end=True), Variation(whole=True)
OVER, MORE = Variation(over=True), Variation(more=True)
MUCH = b"." * 70_000  # more than fits into a buffer that people give to recv
SCREEN = ("silent screen", "other print", "unwanted print")


def examine_server(visit: Visit) -> None:
    """A client says something, says something else, and ends; then the next client comes."""
    server = visit.server()
    anna = visit.guest("Anna", server)
    for number, text in enumerate((FIRST, SECOND), 1):
        visit.at(f"after text {number}")
        sent = text.encode() + (b"\n" if visit.vary.line_end else MUCH if visit.vary.more else b"")
        anna.sends(sent)
        came = visit.hears(anna, lambda came, sent=sent: len(came) >= len(sent))  # type: ignore[misc]
        visit.note(
            "answer", number=number, how=compared(sent, came), sent=shown(sent), came=shown(came), over=anna.over
        )
        if came != sent:
            visit.amiss(server, "answer")
            visit.note("screen_has", how=compared(sent, server.printed))
            break
        if visit.vary.interrupted:
            visit.interrupts(server)
            return
    visit.at("after the client's end of stream")
    anna.ends()
    visit.sees_end(anna)
    late = visit.hears(anna, lambda _: True)
    visit.note("end", came=anna.over, late=shown(late), how=compared(FIRST.encode(), late))
    if not anna.over:
        visit.amiss(server, "end")
    visit.at("when the next client comes")
    ben = visit.guest("Ben", server)
    ben.sends(FIRST)
    came = visit.hears(ben, lambda came: len(came) >= len(FIRST))
    visit.note("next", how=compared(FIRST.encode(), came))
    if came != FIRST.encode():
        visit.amiss(server, "next")


def examine_client(visit: Visit) -> None:
    """Someone types a line, and it comes back; then one that comes back in pieces, and one cut in a letter."""
    client, host = visit.client(FIRST)
    person = visit.comes(client, host)
    end = b"\n" if visit.vary.line_end else MUCH if visit.vary.more else b""
    for number, text in enumerate((FIRST, IN_PIECES, SECOND), 1):
        visit.at(f"after line {number}")
        if number > 1:
            client.types(text)
        data = text.encode()
        if visit.vary.ahead:
            client.types(SECOND)
            visit.note("ahead", came=shown(visit.hears(person, bool)))
            return
        came = visit.hears(person, lambda came, data=data: len(came) >= len(data))  # type: ignore[misc]
        visit.note("sent", number=number, how=compared(data, came), sent=shown(came), wanted=shown(data))
        if data not in came:
            visit.amiss(client, "sent")
            break
        pieces = [came + end] if number == 1 or visit.vary.whole else [came[:4], came[4:] + end]
        person.sends_in_pieces(*pieces)
        if visit.vary.over:
            person.ends()
        screen = visit.shows(client, lambda screen, text=text: _ends_a_line(text, screen))  # type: ignore[misc]
        how = "same" if _ends_a_line(text, screen) else compared(data, screen.encode())
        visit.note("shown", number=number, how=how, pieces=len(pieces), screen=screen[-200:])
        if how != "same":
            visit.amiss(client, "shown")
            break
        if visit.vary.interrupted:
            visit.interrupts(client)
            return
    visit.at("after end of input")
    client.ends_keyboard()
    if not visit.ends(client):
        visit.amiss(client, "leaves")


def _ends_a_line(text: str, screen: str) -> bool:
    """Whether a line of the screen ends with this text: what stands before it is free."""
    return any(line.endswith(text) for line in screen.splitlines())


# What decides


def _answer(case: Case, number: int, *hows: str) -> Fact | None:
    return next((fact for fact in case.facts("answer", number=number) if fact["how"] in hows), None)


def _after_an_answer(decides: Decides) -> Decides:
    """It is decided so only of a server whose first answer came: one that answers nothing fails such tests anyway."""
    return lambda case: decides(case) if _answer(case, 1, "same") else None


def _print_instead_of_send(case: Case) -> Found | None:
    """Nothing comes back, and without a buffer its screen shows what was sent; it goes on, or is done with it."""
    answer, waits = _answer(case, 1, "nothing"), standing(case, "recv", "text 1")
    if not answer or case.fact("uncaught") or standing(case, "input"):
        return None
    screen = case.again(UNBUFFERED, "screen_has")
    if screen is None or screen["how"] not in ("same", "inside", "repr"):
        return None
    taken = "So it has taken all bytes." if waits else None
    steps = as_steps(f'"{answer["sent"]}" was sent to it, and nothing came back.', waits, taken)
    return Found({}, (*steps, "Run without a buffer, its own screen shows what was sent to it."))


def _expects_line_end_server(case: Case) -> Found | None:
    answer = _answer(case, 1, "nothing")
    if not answer or answer["over"] or not case.again(LINE_END, "answer", number=1, how="same"):
        return None
    steps = as_steps(f'"{answer["sent"]}" was sent, and nothing came back.', standing(case, "recv", "text 1"))
    return Found({}, (*steps, "Sent with a newline after it, it comes back immediately."))


def _waits_for_the_end(case: Case) -> Found | None:
    """Nothing comes back until the guest has said end of stream; then it does."""
    if not _answer(case, 1, "nothing") or not case.fact("end", came=True, how="same"):
        return None
    return Found(
        {},
        as_steps("Nothing came back.", standing(case, "recv"), "All of it came back after the client's end of stream."),
    )


def _sends_again(case: Case) -> Found | None:
    """The same bytes come back more than once, although they were sent once."""
    again = next((fact for fact in case.facts("answer") if str(fact["came"]).startswith(str(fact["sent"]) * 2)), None)
    first, second = _answer(case, 1, "same"), _answer(case, 2, "inside", "other", "part")
    if second and first and str(second["came"]).startswith(str(first["sent"])):
        again = second  # the first text comes once more, before the second one
    if not again or not again["sent"]:
        return None
    loop = sends_without_receiving(case.source)
    look = "Which line of yours takes away what was sent?"
    if loop:
        look = f"Your loop in line {loop} sends. Which line would bring it something new to send?"
    return Found({"look": look}, (f'Sent once: "{again["sent"]}"', f'Came back: "{str(again["came"])[:100]}"'))


def _whole_buffer(case: Case) -> Found | None:
    """It receives into a buffer of its own, and sends all of it: what came, and the rest of the buffer behind it."""
    into = re.search(r"(recv_into|recvfrom_into|readinto)\(", case.source)
    more = _answer(case, 1, "inside") or _answer(case, 2, "inside")
    if not into or not more or not str(more["came"]).startswith(str(more["sent"])):
        return None
    line = case.line_of(into)
    rest = str(more["came"]).removeprefix(str(more["sent"]))
    steps = (f'"{more["sent"]}" was sent, and came back.', f'Behind it more came: "{rest[:40]}" ...')
    return Found({"line": line, "call": into[1]}, steps)


BLANK_TESTS = ("test_some_bytes_are_enough", "test_any_bytes_come_back")


def _blanks_are_the_end(case: Case) -> Found | None:
    """Only blanks came, and it is done with this client, or answers nothing; all that came before went back."""
    failures = case.failed(*BLANK_TESTS, causes=("end", "reset", "silence"))
    blank = [failure for failure in failures if not _last(failure, "sends", b"?").strip()]
    if not blank or any(failure.exception for failure in blank):
        return None
    sent = _last(blank[0], "sends", b"?")
    why, look, line = "", "Which line of yours ends the conversation or skips an answer, and what does it ask?", 0
    if "strip(" in case.source:
        why, look = ": strip() makes nothing of what came", "What is left of it after strip()?"
    else:
        line = line_of_blank(case.source)
    if line:
        why, look = f" (line {line})", f"What does line {line} ask of what has come?"
    step = f"{quoted(sent)} alone was sent, and it didn't come back."
    over = blank[0].cause != "silence"
    does = "is taken for one that has left" if over else "gets no answer"
    ended = "Then the server ended the connection." if over else None
    return seen(blank, *as_steps(step, ended), what=quoted(sent), does=does, why=why, look=look)


def _last(failure: Failure, what: str, otherwise: bytes) -> bytes:
    """What was sent ("sends") or typed ("types") last in a failed test."""
    return next((event.data for event in reversed(failure.events) if event.what == what), otherwise)


def _changes_bytes(case: Case) -> Found | None:
    if _sends_again(case) or _whole_buffer(case) or long_text_cut(case):
        return None
    answer = _answer(case, 1, "inside", "repr", "no line end", "other") or _answer(case, 2, "other", "part", "inside")
    if answer:
        return Found(
            {"sent": answer["sent"], "came": answer["came"]},
            (f'Sent: "{answer["sent"]}"', f'Came back: "{str(answer["came"])[:150]}"'),
        )
    others = [found.failures for decides in (word_is_command, all_at_once) if (found := decides(case))]
    wrong = [failure for failure in case.failed(causes=["other bytes", "too much"]) if (failure,) not in others]
    if not wrong:
        return None
    step = f"Not all bytes come back unchanged: {wrong[0].sentence}"
    return Found({"sent": "", "came": ""}, (step,), tuple(wrong))


def _ignores_bytes(case: Case) -> Found | None:
    """A part of the bytes doesn't come back; where its text says that it ignores some, that is why."""
    if re.search(r"""["']ignore["']""", case.source):
        return seen(case.failed(causes=("part", "other bytes", "silence"), moment=EXCHANGE))
    return seen(case.failed("test_any_bytes_come_back", causes=("part",)))


def _dies_of_bytes(case: Case) -> Found | None:
    """What it was sent last is no text, and that ends something, or nothing comes back."""
    failures = case.failed("test_any_bytes_come_back", causes=("ended", "crashed", "traceback", "end", "silence"))
    return seen([failure for failure in failures if _is_no_text(failure)])


def _is_no_text(failure: Failure) -> bool:
    if failure.exception:
        return failure.exception == "UnicodeDecodeError"
    try:
        _last(failure, "sends", b"").decode()
    except UnicodeDecodeError:
        return True
    return False


def _one_message(case: Case) -> Found | None:
    """The second text is not answered, and the connection is over, or the server waits for someone else."""
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


def _expects_line_end(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown", number=1) if fact["how"] == "nothing"), None)
    if not silent or not case.fact("sent", number=1, how="same"):
        return None
    known = case.again(LINE_END, "shown", number=1)
    if known is None or known["how"] not in ("same", "inside") or _waits_for_more(case):
        return None
    steps = as_steps(
        "The same bytes came back to it as it had sent, and it shows nothing.", standing(case, "recv", "line 1")
    )
    return Found({}, (*steps, "With a newline after them it shows them immediately."))


def _waits_for_more(case: Case) -> Found | None:
    """It has all that it sent, and waits; bytes more, which end no line, wake it."""
    silent = case.fact("shown", number=1, how="nothing")
    if not silent or not case.fact("sent", number=1, how="same"):
        return None
    more = case.again(MORE, "shown", number=1)
    if more is None or more["how"] not in ("same", "inside"):
        return None
    waits = standing(case, "recv", "line 1")
    known = "All that it sent came back to it, and it shows nothing."
    return Found({}, as_steps(known, waits, "When more bytes come back than it sent, it shows them."))


def _waits_for_a_full_buffer(case: Case) -> Found | None:
    """Nothing comes back, not even after a newline; of a text of many kilobytes something does."""
    answer, waits = _answer(case, 1, "nothing"), standing(case, "recv", "text 1")
    if not answer or not waits or _expects_line_end_server(case):
        return None
    more = case.again(MORE, "answer", number=1)
    if more is None or not str(more["came"]).startswith(FIRST):
        return None
    sent = f'"{answer["sent"]}" was sent to it, and nothing came back.'
    return Found({}, as_steps(sent, waits, f"When {len(MUCH):,} bytes more were sent, it answered."))


def _keeps_the_answer(case: Case) -> Found | None:
    """The second line was sent and came back, and its screen shows the answer to the first one once more."""
    first, second = case.fact("shown", number=1, how="same"), case.fact("shown", number=2)
    if not first or not second:
        return None
    again = [line for line in str(second["screen"]).splitlines() if FIRST in line and IN_PIECES in line]
    if str(second["screen"]).count(FIRST) <= str(first["screen"]).count(FIRST) or (
        second["how"] == "same" and not again
    ):
        return None
    last = str(second["screen"]).splitlines()[-1][-80:]
    return Found({}, (f'"{IN_PIECES}" came back for the second line.', f'Its screen shows "{last}" for it.'))


def _last_piece_only(case: Case) -> Found | None:
    """Of an answer that came in two pieces, the screen shows the second one, and the first one nowhere."""
    torn = case.fact("shown", number=2)
    if not torn or torn["how"] == "same" or not case.fact("shown", number=1, how="same"):
        return None
    first, rest = IN_PIECES[:4], IN_PIECES[4:]
    if not any(line.endswith(rest) for line in str(torn["screen"]).splitlines()) or first in str(torn["screen"]):
        return None
    cut = case.failed(exceptions=["UnicodeDecodeError"])
    step = f'"{IN_PIECES}" came back in two chunks; its screen shows only "{rest}".'
    return Found({}, (step,), tuple(failure for failure in cut if not failure.fits("test_bytes_that_are_no_text")))


def _no_newline_shown(case: Case) -> Found | None:
    """What comes back the second time stands in the same line of the screen as the first."""
    second = case.fact("shown", number=2)
    if not second or not case.fact("shown", number=1, how="same"):
        return None
    shown_first = re.search(rf"{FIRST}([^\r\n][^\n]*)", str(second["screen"]))
    if not shown_first or re.search(rf"{FIRST}\r?\n", str(second["screen"])):
        return None
    return Found({}, (f'Two answers stand in one line of its screen: "{shown_first[0][-80:]}".',))


def _collects_to_the_end(case: Case) -> Found | None:
    """It shows nothing that came until the host has said end of stream; then it does."""
    silent = next((fact for fact in case.facts("shown", number=1) if fact["how"] == "nothing"), None)
    if not silent or not case.fact("sent", number=1, how="same") or not case.again(OVER, "shown", number=1, how="same"):
        return None
    waits = standing(case, "recv", "line 1")
    return Found({}, as_steps("What it sent came back, and it shows nothing.", waits, "It does after end of stream."))


def _as_bytes(case: Case) -> Found | None:
    """The answer itself is shown so: a client that shows its text too may say in this form what it has sent."""
    answers = [fact for fact in case.facts("shown", number=1) if fact["how"] != "same"]
    fact = next((fact for fact in answers if f"b'{FIRST}'" in str(fact["screen"])), None)
    return Found({}, (f"Its screen shows b'{FIRST}', with a b and quotes around the right bytes.",)) if fact else None


def _in_escapes(case: Case) -> Found | None:
    return None if _as_bytes(case) else shown_in_escapes(case.facts("shown"))


def _explains_escapes(case: Case, found: Found, failure: Failure) -> bool:
    return "\\x" in str(failure.received) or b"\\x" in failure.shown()


def _explains_bytes_shown(case: Case, found: Found, failure: Failure) -> bool:
    return "b'" in str(failure.received) or 'b"' in str(failure.received)


def _not_flushed(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown") if fact["how"] == "nothing"), None)
    if not silent or always_flushes(case.source):
        return None
    if not case.again(UNBUFFERED, "shown", number=silent["number"], how="same"):
        return None
    return Found({}, ("Its answer was not on the screen.", "Run without a buffer (python -u) it appears immediately."))


def _decodes_pieces(case: Case) -> Found | None:
    wrong = next((fact for fact in case.facts("shown", number=3) if fact["how"] != "same"), None)
    raises = case.fact("raises", exception="UnicodeDecodeError")
    if wrong and case.again(WHOLE, "shown", number=3, how="same"):
        if raises:
            step = f"Line {raises['line']}, in {raises['function']}, raises UnicodeDecodeError: {raises['message']}"
            return Found(
                {"line": f" (line {raises['line']})"}, ("An answer came in two chunks, cut in a letter.", step)
            )
        return Found(
            {"line": ""}, ("An answer came in two chunks, cut in a letter.", "The letter is broken on its screen.")
        )
    return _decodes_parts(case)


def _decodes_parts(case: Case) -> Found | None:
    """Pieces without strange letters are put together; a letter of two bytes raises, for only one of them is there."""
    variation = AS_IT_IS if case.fact("shown", number=1, how="same") else UNBUFFERED
    together = case.again(variation, "shown", number=2, how="same")
    raises = case.again(variation, "raises", exception="UnicodeDecodeError")
    if not together or not raises or "unexpected end of data" not in str(raises["message"]):
        return None
    step = f"Line {raises['line']}, in {raises['function']}, raises UnicodeDecodeError: {raises['message']}"
    return Found({"line": f" (line {raises['line']})"}, ("An answer came, with an é in it.", step))


def _explains_cut_letters(case: Case, found: Found, failure: Failure) -> bool:
    """Where each chunk that has a part of a letter raises, no test with such letters gets on."""
    if failure.fits("test_a_letter_in_two_pieces", "test_an_answer_in_pieces", "test_a_long_line"):
        return True
    return failure.exception == "UnicodeDecodeError" and not failure.fits("test_bytes_that_are_no_text")


def _shows_each_piece(case: Case) -> Found | None:
    """All pieces of an answer are on the screen, each in a line of its own."""
    torn = case.fact("shown", number=2)
    if not torn or torn["how"] == "same" or not case.fact("shown", number=1, how="same"):
        return None
    first, rest = IN_PIECES[:4], IN_PIECES[4:]
    lines = str(torn["screen"]).splitlines()
    begins = next((number for number, line in enumerate(lines) if line.endswith(first)), None)
    if begins is None or not any(line.endswith(rest) for line in lines[begins + 1 :]):
        return None
    cut = case.failed(exceptions=["UnicodeDecodeError"])
    lines_shown = case.failed(causes=["unwanted print", "other print", "silent screen"])
    step = f'"{IN_PIECES}" came back in two chunks; its screen shows "{first}" and "{rest}" in two lines.'
    return Found({}, (step,), tuple([*lines_shown, *cut]))


def _recv_is_an_answer(case: Case) -> Found | None:
    """It shows the first piece of an answer as if it were the whole."""
    if _shows_each_piece(case) or _counts_letters(case) or _keeps_the_answer(case) or _last_piece_only(case):
        return None
    if _no_newline_shown(case):
        return None
    pieces = case.failed(
        "test_an_answer_in_pieces", causes=["unwanted print", "other print", "silent screen", "silence"]
    )
    whole, torn = case.fact("shown", number=1), case.fact("shown", number=2)
    if not pieces or not whole or whole["how"] not in ("same", "inside") or not torn or torn["how"] == whole["how"]:
        return None
    if _stops_at_a_short_piece(case):
        return None
    return Found({}, ("An answer came byte by byte, and only a part of it was shown.",), tuple(pieces))


def _strips(case: Case) -> Found | None:
    """Blanks are lost, and something in its text takes them away."""
    failures = case.failed("test_the_blanks_of_a_line")
    return stripped(case, failures) if failures else None


def _stops_at_a_short_piece(case: Case) -> bool:
    """Whether its text compares the length of what came with the size of a buffer."""
    return bool(re.search(r"len\(\w+\)\s*(==|<|>=|!=)\s*(\d{3,}|[A-Z_]{3,})", case.source))


def _short_piece(case: Case) -> Found | None:
    """A text that fills a buffer exactly is waited for in vain; or its text says that it looks at the length."""
    waits = case.failed("test_a_long_text_comes_back_whole", "test_a_long_line", causes=("silence", "silent screen"))
    if not _stops_at_a_short_piece(case):
        return seen(waits)
    causes = ("unwanted print", "other print", "part")
    cut = case.failed("test_a_long_text_comes_back_whole", "test_a_long_line", causes=causes)
    pieces = case.failed("test_an_answer_in_pieces", causes=("silence", "silent screen", *causes))
    return seen([*waits, *cut, *pieces])


def _listens_first(case: Case) -> Found | None:
    """It sends nothing, and waits on its connection."""
    waits = standing(case, "recv", "line 1")
    if not waits or not case.fact("sent", number=1, how="nothing") or writes_into_file(case):
        return None
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits))


def _shows_what_was_typed(case: Case) -> Found | None:
    """Something else came back than it had sent, and it shows what it had sent; often it receives nothing at all."""
    tests = ("test_what_is_shown_has_come_back", "test_the_screen_shows_it_at_once")
    failed = case.failed(*tests, causes=("unwanted print", "other print"))
    failures = [failure for failure in failed if _typed(failure) in failure.shown()]
    if not failures or not case.fact("shown", number=1, how="same"):
        return None
    unread = any(failure.cause == "unread" for failure in case.failures)
    more = "What came back was never received." if unread else None
    return seen(failures, *as_steps("Something else came back than was sent; the screen shows what was sent.", more))


def _typed(failure: Failure) -> bytes:
    """What was typed last in a failed test, without its newline."""
    return _last(failure, "types", b"(nothing was typed)").rstrip(b"\r\n")


def _counts_letters(case: Case) -> Found | None:
    """Of a text that came back in one piece, it shows as many bytes as the text has letters."""
    plain, whole = case.again(WHOLE, "shown", number=2, how="same"), case.again(WHOLE, "shown", number=3)
    if not plain or not whole or whole["how"] == "same":
        return None
    some = SECOND.encode()[: len(SECOND)].decode(errors="replace")
    if not any(line.endswith(some) for line in str(whole["screen"]).splitlines()):
        return None
    steps = (
        f'"{SECOND}" came back in one piece: {len(SECOND)} characters, {len(SECOND.encode())} bytes.',
        f'Its screen shows the first {len(SECOND)} bytes: "{some}".',
    )
    return Found({}, steps, tuple(case.failed(causes=["unread", "unwanted print", "other print", "silent screen"])))


def _waits_after_a_byte(case: Case) -> Found | None:
    """In several tests it sent one byte of the line, and nothing more until that byte is back."""
    failures = [failure for failure in case.failed(causes=["part"]) if failure.facts.get("count") == 1]
    return seen(failures) if len(failures) > 1 else None


def _length_in_characters(case: Case) -> Found | None:
    """Pieces of a text without strange letters are put together, and those of one with such letters are not."""
    letters = _counts_letters(case)
    if letters or other_encoding(case) or _decodes_pieces(case):
        return letters
    if not case.fact("shown", number=2, how="same") or _shows_what_was_typed(case):
        return None
    causes = ["unwanted print", "other print"]
    if not case.again(WHOLE, "shown", number=3, how="same"):  # what waits in vain even then has counted letters
        causes.append("silent screen")
    return in_tests("test_a_letter_in_two_pieces", causes=causes)(case)


def _half_is_whole(case: Case) -> Found | None:
    """The server ended in the middle of an answer, and what came of it is shown like a whole one."""
    if _recv_is_an_answer(case):
        return None
    for failure in case.failed("test_the_server_*", causes=("goes on", "other status", "wordless")):
        half, typed = _last(failure, "sends", b""), _typed(failure)
        shown_half = any(line.endswith(half) for line in failure.shown().split(b"\n"))
        ended = any(event.what in ("ends stream", "resets") for event in failure.events)
        if half and shown_half and ended and len(half) < len(typed):
            sent = f"{len(typed)} bytes were sent, {len(half)} came back, and then the server ended the stream."
            return seen([failure], sent, f"Its screen shows {quoted(half)} as an answer.")
    return None


def _leaves_before_its_answer(case: Case) -> Found | None:
    """Its keyboard ended, its last line was sent, and it ended before it showed the answer."""
    failures = []
    for failure in case.failed("test_the_keyboard_ends", "test_several_lines_at_once", causes=["ended"]):
        typed = _typed(failure)
        came = b"".join(event.data for event in failure.events if event.what == "receives")
        ended = any(event.what == "ends keyboard" for event in failure.events)
        well = ended and str(failure.facts.get("status")) in ("0", "status 0") and not failure.exception
        if well and came.endswith(typed) and typed not in failure.shown():
            failures.append(failure)
    typed = _typed(failures[0]) if failures else b""
    step = f"{quoted(typed)} was typed and sent, and the input ended. It exited before its answer was shown."
    return seen(failures, step)


def _line_end_sent(case: Case) -> Found | None:
    sent = next((fact for fact in case.facts("sent", number=1) if fact["sent"] == f"{fact['wanted']}\\n"), None)
    return Found({}, (f'Typed: "{sent["wanted"]}"; sent: "{sent["sent"]}".',)) if sent else None


FAULTS = [
    Fault(
        slug="print-instead-of-send",
        life=Life.ANSWER,
        decides=_print_instead_of_send,
        explains=like(causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server prints the bytes on its own screen and sends nothing back: print never reaches the "
        "client.",
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
        sentence="Your server waits for a newline before it answers, but in this stage clients don't have to send "
        "one: an echo sends bytes back as they arrive.",
        question="What is your server waiting for before it answers? Does anything promise that it will arrive?",
        read=IDEA,
        mistakes=("waits-for-newline",),
    ),
    Fault(
        slug="decode-ignore",
        life=Life.ANSWER,
        decides=_after_an_answer(_ignores_bytes),
        programs=("server",),
        sentence="Some bytes never come back: bytes that aren't text, or half of a letter, get lost.",
        question='What does errors="ignore" do with a byte that it doesn\'t understand? Does an echo have to '
        "understand it?",
        read=SERVER,
        mistakes=("errors-ignore",),
    ),
    Fault(
        slug="sent-again",
        life=Life.ANSWER,
        decides=_sends_again,
        explains=like("test_any_bytes_come_back", causes=("other bytes", "too much", "part", *NO_ANSWER)),
        programs=("server",),
        stops=True,
        sentence="Your server sends the same bytes back more than once: what it has sent is still there to be sent "
        "again.",
        question="Print what you are about to send, each time: what is in it that was sent before? {look}",
        read=SERVER,
    ),
    Fault(
        slug="whole-buffer",
        life=Life.ANSWER,
        decides=_whole_buffer,
        explains=like("test_any_bytes_come_back", causes=("other bytes", "too much", "part")),
        programs=("server",),
        sentence="Your server sends its whole buffer back, not only the bytes that have just arrived in it.",
        question="What does {call} return in line {line}? How large is your buffer, how many of its bytes are new, and "
        "which of them do you send?",
        read=SERVER,
    ),
    Fault(
        slug="blanks-are-the-end",
        life=Life.NOTICE,
        decides=_blanks_are_the_end,
        programs=("server",),
        sentence="A client that sends only {what} {does}{why}. For an echo these are bytes like any others.",
        question="What does recv return for such a message, and what does it return at the end of the stream? {look}",
        read=IDEA,
    ),
    Fault(
        slug="changes-bytes",
        life=Life.ANSWER,
        decides=_changes_bytes,
        explains=like("test_any_bytes_come_back", causes=("other bytes", "too much", "part")),
        programs=("server",),
        sentence="What your server sends back isn't what it received: an echo has the same bytes, whatever they are.",
        question="Print repr() of what recv returned and of what you send. Where do the two differ, and which line "
        "makes the difference?",
        read=SERVER,
        mistakes=("strip-takes-more",),
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_message,
        explains=like("test_a_client_may_go_on", causes=(*NO_ANSWER, "reset")),
        programs=("server",),
        sentence="Your server answers one message of each client, and is done with that client then.",
        question="After the first answer, where does your program continue: does it listen to the same client again, "
        "or has it already moved on?",
        read=SERVER,
        mistakes=("accept-per-message",),
    ),
    Fault(
        slug="expects-line-end",
        life=Life.ANSWER,
        decides=_expects_line_end,
        explains=like(causes=("silent screen", "silence", "goes on")),
        programs=("client",),
        sentence="Your client reads until a newline. In this stage a text goes out without one, so the echo of it "
        "never contains one.",
        question="How many bytes did you send? How can you tell from that number, without a newline, that all of them "
        "are back?",
        read=CLIENT,
    ),
    Fault(
        slug="waits-for-more",
        life=Life.ANSWER,
        decides=_waits_for_a_full_buffer,
        explains=like(causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server waits until a certain number of bytes has arrived, but the client may send fewer and "
        "wait for its answer.",
        question="How many bytes does your server want before it answers? How many does someone send who types `hi`, "
        "and who tells your server that no more will come?",
        read=IDEA,
    ),
    Fault(
        slug="waits-for-more",
        life=Life.ANSWER,
        decides=_waits_for_more,
        explains=like(causes=("silent screen", "silence", "goes on", "ended")),
        programs=("client",),
        sentence="Your client waits for more bytes than it has sent. All of them are back, and it still waits for "
        "another one.",
        question="How many bytes did you send for one line? Go through the condition of your loop around recv with "
        "this number: is it true or false when exactly so many are back?",
        read=CLIENT,
    ),
    Fault(
        slug="buffer-not-emptied",
        life=Life.NEXT,
        decides=_keeps_the_answer,
        explains=like(
            *("test_line_after_line", "test_the_blanks_of_a_line", "test_several_lines_at_once"),
            *("test_the_keyboard_ends", "test_the_server_ends_too_early"),
            causes=("unread", *SCREEN),
        ),
        programs=("client",),
        sentence="Your client shows an old answer again: what came back for one line is still there when the next "
        "line is sent.",
        question="Which of your variables collects what comes back, and which line empties it? Does this line run "
        "once, or for each typed line?",
        read=CLIENT,
        mistakes=("answers-grow",),
    ),
    Fault(
        slug="last-piece-only",
        life=Life.ANSWER,
        decides=_last_piece_only,
        explains=like("test_a_letter_in_two_pieces", "test_an_answer_in_pieces", "test_a_long_line"),
        programs=("client",),
        sentence="If an answer arrives in chunks, your client receives all of them but shows only the last one.",
        question="Your loop runs twice for two chunks. What does the variable with the first one contain after the "
        "second recv?",
        read=CLIENT,
    ),
    Fault(
        slug="no-newline-shown",
        life=Life.ANSWER,
        decides=_no_newline_shown,
        explains=like(causes=SCREEN),
        programs=("client",),
        sentence="Your client shows all answers in one line of the screen: each of them belongs on a line of its own.",
        question="Type two lines and look at the screen. What does print write after a text, and which argument of "
        "yours changes that?",
        read=CLIENT,
    ),
    Fault(
        slug="both-receive",
        life=Life.GREET,
        decides=_listens_first,
        explains=like(causes=("silence", "silent screen", "goes on", "other bytes")),
        programs=("client",),
        stops=True,
        sentence="Your client waits for the server to speak first, but the server of this stage only answers.",
        question="Which of your lines runs first: one that sends, or one that receives? Who speaks first in an echo?",
        read=IDEA,
    ),
    Fault(
        slug="bytes-shown-as-b",
        life=Life.ANSWER,
        decides=_as_bytes,
        explains=_explains_bytes_shown,
        programs=("client",),
        sentence="You print the bytes object itself (b'...'), not its text.",
        question="Your screen shows a b and two quotes that the user didn't type. Which type does the value have "
        "that you print, and what turns it into text?",
        read=CLIENT,
        mistakes=("str-of-bytes-client",),
    ),
    replace(BYTES_IN_ESCAPES, decides=_in_escapes, explains=_explains_escapes, programs=("client",)),
    replace(
        SHOWN_ON_STDERR,
        decides=lambda case: None if _not_flushed(case) else shown_on_stderr(case, FIRST),
        explains=like(causes=("silent screen", "other print", "silence", "unread")),
        programs=("client",),
    ),
    Fault(
        slug="output-not-flushed",
        life=Life.ANSWER,
        decides=_not_flushed,
        explains=like(causes=("silent screen",)),
        programs=("client",),
        sentence="What you print stays in print's buffer: a pipe shows nothing until the buffer is full or flushed.",
        question="Your program did reach the print. Where is the printed text if standard output isn't a terminal?",
        read=CLIENT,
        mistakes=("stdout-buffered",),
    ),
    Fault(
        slug="decode-in-the-middle",
        life=Life.ANSWER,
        decides=_decodes_pieces,
        explains=_explains_cut_letters,
        programs=("client",),
        sentence="You decode every chunk as it arrives{line}, but a chunk can end in the middle of a letter that has "
        "several bytes.",
        question="What do you have if recv returns half of a letter? When are all of its bytes there?",
        read=CLIENT,
        mistakes=("utf8-split-client", "errors-ignore-client"),
    ),
    Fault(
        slug="shows-each-piece",
        life=Life.ANSWER,
        decides=_shows_each_piece,
        explains=like("test_an_answer_in_pieces", "test_a_long_line", "test_a_letter_in_two_pieces"),
        programs=("client",),
        sentence="Your client prints each chunk as it arrives, but the user should see one line: all that came back.",
        question="How often does your print run if one answer arrives in three chunks? Where do the chunks have to "
        "wait until all of them are here?",
        read=CLIENT,
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
        sentence="You take what one recv returns for the whole answer, but the answer can arrive in chunks.",
        question="How many bytes did you send, and how many are back after one recv? What tells you that all of them "
        "are here?",
        read=CLIENT,
        mistakes=("recv-is-message-client", "bigger-buffer-client"),
    ),
    Fault(
        slug="half-is-whole",
        life=Life.NOTICE,
        decides=_half_is_whole,
        programs=("client",),
        sentence="If the server closes in the middle of an answer, your client shows the half that came as if it were "
        "the whole answer.",
        question="recv has returned b''. How many bytes have you sent, and how many are back? What should your user "
        "read if these two numbers differ?",
        read=ERRORS,
    ),
    Fault(
        slug="leaves-before-answer",
        life=Life.LEAVE,
        decides=_leaves_before_its_answer,
        programs=("client",),
        sentence="At the end of input your client exits without the answer to its last line: the line was sent, and no "
        "one waits for what comes back.",
        question="Your input is at its end. How many bytes have you sent, and how many are back? Which line of yours "
        "waits for the rest before the program ends?",
        read=CLIENT,
    ),
    Fault(
        slug="empty-line",
        life=Life.LEAVE,
        decides=in_tests(
            "test_an_empty_line",
            causes=("goes on", "too much", "silence", "spins"),
            step="A user pressed Enter without typing anything: that did not end the conversation.",
        ),
        programs=("client",),
        sentence="In this stage an empty line ends the conversation. Your client sends it, or waits for an answer to "
        "it.",
        question="How many bytes go out for an empty line? How many come back?",
        read=CLIENT,
        mistakes=("empty-send",),
    ),
    Fault(
        slug="waits-for-the-end",
        life=Life.ANSWER,
        decides=_waits_for_the_end,
        explains=like(causes=NO_ANSWER),
        programs=("server",),
        sentence="Your server answers only after its client has closed its sending side. Until then it collects what "
        "arrives.",
        question="What is your server waiting for before it answers? Does the client promise that it will happen?",
        read=IDEA,
        mistakes=("process-after-eof",),
    ),
    Fault(
        slug="waits-for-the-end",
        life=Life.ANSWER,
        decides=_collects_to_the_end,
        explains=like(causes=("silent screen", "silence")),
        programs=("client",),
        sentence="Your client shows nothing until the server has ended the stream: until then it collects what comes.",
        question="What ends your loop around recv? How many bytes are still missing when all that you sent is back?",
        read=CLIENT,
    ),
    Fault(
        slug="short-piece-is-the-end",
        life=Life.ANSWER,
        decides=_short_piece,
        explains=like("test_a_letter_in_two_pieces"),
        sentence="You receive until a chunk doesn't fill your buffer. A text that fills the buffer exactly never "
        "ends with such a chunk, and a chunk can be short at any time.",
        question="How many bytes can one recv return at most, and how many at least? What does that number say about "
        "the end?",
        read=IDEA,
        mistakes=("short-piece-is-the-end", "short-piece-is-the-end-client"),
    ),
    Fault(
        slug="long-message-cut",
        life=Life.ANSWER,
        decides=_after_an_answer(in_tests("test_a_long_text_comes_back_whole", causes=("part", "other bytes"))),
        programs=("server",),
        sentence="A text that is longer than your buffer doesn't come back whole.",
        question="What happens to the bytes that don't fit into your buffer? Which line of yours asks for them?",
        read=IDEA,
        mistakes=("long-message-cut",),
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=_after_an_answer(_dies_of_bytes),
        programs=("server",),
        sentence="Bytes that aren't text end your server or the connection: an echo doesn't need to understand them.",
        question="Does an echo have to understand what it repeats? In which line do your bytes turn into something "
        "else?",
        read=SERVER,
        mistakes=("invalid-bytes-kill",),
    ),
    Fault(
        slug="decode-strict",
        life=Life.ANSWER,
        decides=in_tests("test_bytes_that_are_no_text", causes=("ended", "crashed", "traceback", "end")),
        programs=("client",),
        rare=True,
        sentence="Bytes that aren't UTF-8 end your client: decode raises UnicodeDecodeError.",
        question="Any server can send bytes that aren't text. What does your decode do with them? Which argument makes "
        "it put something in their place?",
        read=CLIENT,
        mistakes=("decode-strict-client",),
    ),
    Fault(
        slug="line-end-sent",
        life=Life.TAKE,
        decides=_line_end_sent,
        explains=like(causes=("other bytes", "too much", "silence", "silent screen", "goes on")),
        stops=True,
        programs=("client",),
        sentence="Your client sends the newline of a typed line too. In this stage only its text goes out.",
        question="Print repr() of a line as you read it from the keyboard. Which of its characters belong to the text?",
        read=CLIENT,
        mistakes=("line-end-sent",),
    ),
    Fault(
        slug="strips-text",
        life=Life.TAKE,
        decides=_strips,
        programs=("client",),
        sentence="{what} in line {line} removes more than the newline: {signs} that the user typed are gone too.",
        question="{asks} What should be removed?",
        read=CLIENT,
        mistakes=("strip-takes-more-client",),
    ),
    Fault(
        slug="shows-what-was-typed",
        life=Life.ANSWER,
        decides=_shows_what_was_typed,
        explains=like("test_several_lines_at_once", causes=("unread", "unwanted print", "other print")),
        programs=("client",),
        stops=True,
        sentence="You show what the user typed, not what came back.",
        question="Which of your variables has what the server sent, and which one do you print?",
        read=CLIENT,
        mistakes=("typed-is-received",),
    ),
    Fault(
        slug="waits-after-a-byte",
        life=Life.ANSWER,
        decides=_waits_after_a_byte,
        explains=like(causes=NO_ANSWER),
        programs=("client",),
        sentence="Your client sends the first byte of a line and then no more, but a server may wait for the whole "
        "line.",
        question="What does your client do between the first byte of a line and the second one? How many bytes does it "
        "wait for there?",
        read=CLIENT,
        mistakes=("waits-after-a-byte",),
    ),
    Fault(
        slug="length-in-characters",
        life=Life.ANSWER,
        decides=_length_in_characters,
        explains=like(
            "test_an_answer_in_pieces", "test_a_long_line", causes=("unread", "unwanted print", "other print")
        ),
        programs=("client",),
        sentence="You count letters instead of bytes, but one letter can have several bytes.",
        question="What is len of a text with é in it, and what is len of its bytes? Which of the two do you wait for?",
        read=CLIENT,
        mistakes=("length-in-characters-client",),
    ),
    Fault(
        slug="read-is-a-line",
        life=Life.TAKE,
        decides=in_tests("test_several_lines_at_once", causes=("silent screen", "other bytes", "too much")),
        explains=like("test_the_blanks_of_a_line"),
        programs=("client",),
        sentence="You take what one read from the keyboard returns for one line, but it can return several.",
        question="If four lines are typed at the same time, how many are in what your reading returns?",
        read=CLIENT,
        mistakes=("read-is-a-line-client",),
    ),
    Fault(
        slug="timeout-stays",
        life=Life.NEXT,
        decides=limited(in_tests("test_nobody_answers", causes=("ended", "crashed", "silent screen"))),
        programs=("client",),
        sentence="The limit of 2 s for connecting still applies to the conversation: after two quiet seconds recv "
        "fails.",
        question="How long does your socket wait for an answer, and which line set that limit? What removes a limit?",
        read=CLIENT,
        mistakes=("connect-timeout-stays",),
    ),
    *KEPT_ALIVE,
    *ONE_AFTER_ANOTHER,
]
