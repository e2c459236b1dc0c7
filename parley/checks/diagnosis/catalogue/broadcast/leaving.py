"""Stage 5: faults that show when someone leaves or is lost, and when the server ends."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.ending import holds_keyboard, holds_screen
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import file_left_open
from parley.checks.diagnosis.catalogue.all_stages.sockets import CLOSED
from parley.checks.diagnosis.catalogue.broadcast.shared import (
    AFTER,
    ANNA,
    BEN,
    BROKEN,
    CLEO,
    CLIENT,
    CLOSELY,
    CLOSES,
    DANA,
    ERRORS,
    FIRST_ROUND,
    LINES,
    LOCK,
    OBVIOUS,
    PAGE,
    REFUSED_AGAIN,
    SENDS,
    SILENT,
    STALLED,
    STALLS,
    TEXT,
    THIRD,
    THREADS,
    all_hear,
    at_line,
    busy_wait,
    busy_without_keyboard,
    found_by,
    gets_no_place,
    in_both,
    in_client,
    in_server,
    looks_for,
    name_called,
    notices_about,
    quit_as_name,
    removes_in_loop,
    seen_closely,
    sent_again,
    timeout_shared,
    unforeseen,
    uses,
    visitor_stays,
    where_stands,
    who_fails,
)
from parley.checks.diagnosis.catalogue.conversation import LAST_LINE_WITHOUT_END, SENDS_AFTER_CLOSE, sent_too_much
from parley.checks.diagnosis.contact import shown
from parley.checks.diagnosis.evidence import KEYBOARD_END, NEXT_START, Case, Failure, line_in
from parley.checks.diagnosis.fault import (
    Found,
    Life,
    as_raised,
    as_seen,
    as_step,
    as_steps,
    capital,
    in_tests,
    like,
    seen,
)
from parley.checks.diagnosis.slips import counts_before_asking
from parley.checks.diagnosis.syntax import calls_in, compared_with_text, name_of, never_equal, nodes, wakes_in_vain
from parley.checks.diagnosis.threads import locked_twice, pauses_at_keyboard, watched_keyboard
from parley.contract.diagnosis import Detail, Fact
from parley.contract.record import quoted


def _last_line(case: Case) -> Found | None:
    """The last typed line has no newline, and so it is sent: the word for leaving comes in the same line."""
    for failure in case.failed("test_leaving", causes=["other bytes", "part", "no line end"]):
        came, wanted = failure.received, failure.expected
        if isinstance(came, bytes) and isinstance(wanted, bytes) and came in (wanted[:-1], wanted[:-1] + b"{quit}\n"):
            return seen([failure], f'The last typed line had no newline. This came: "{shown(came)}"')
    return None


def _last_line_lost(case: Case) -> Found | None:
    """The last typed line has no newline, and nothing of it is sent."""
    for failure in case.failed("test_leaving", causes=["ended", "end", "silence", "other line", "other bytes"]):
        typed = [event for event in failure.events if event.what == "types"]
        wanted = failure.expected if isinstance(failure.expected, bytes) else b""
        if not typed or failure.moment != KEYBOARD_END or wanted != typed[-1].data + b"\n" or failure.exception:
            continue
        if failure.received in (b"", None, b"{quit}\n", b"/close\n") and case.fact("typed", how="same"):
            step = f"{quoted(typed[-1].data)} was typed, with no newline, and the input ended. Nothing of it came."
            return seen([failure], step)
    return None


def _visitor_told(case: Case) -> Found | None:
    failures = case.failed("test_leaving_without_a_name", "test_a_visitor_is_lost")
    fact = seen_closely(case, "visitor_told", told=True) if failures and not quit_as_name(case) else None
    found = found_by(fact, "after visitors had left who never gave a name, this came to the others")
    return found or (None if quit_as_name(case) else _visitor_told_in_a_test(case))


def _visitor_told_in_a_test(case: Case) -> Found | None:
    """A visitor is lost, and the next line that comes to the others is no message."""
    failures = case.failed("test_a_visitor_is_lost", "test_a_line_that_is_too_long", causes=["other bytes"])
    for failure in failures:
        came = failure.received if isinstance(failure.received, bytes) else b""
        people = {event.who for event in failure.events if event.what == "connects"}
        welcomed = [who for who in people if who.encode() in failure.shown("receives", who)]
        ended = {event.who for event in failure.events if event.what in ("resets", "sees end", "ends stream")}
        if not came.strip() or not ended - set(welcomed) or any(who.encode() in came for who in welcomed):
            continue
        step = f"A visitor without a name was lost, and this came to the others: {quoted(came)}"
        return seen([each for each in failures if each.received == failure.received], step)
    return None


def _explains_visitor_told(case: Case, found: Found, failure: Failure) -> bool:
    """Also where the notice about a visitor comes in the place of something else."""
    if failure in found.failures:
        return True
    told = seen_closely(case, "visitor_told", told=True)
    came = failure.received.decode(errors="replace").strip() if isinstance(failure.received, bytes) else ""
    if told and came and failure.cause == "other bytes" and came in str(told["came"]):
        return True
    refused = failure.cause == "other bytes" and failure.fits("test_no_place_left")
    return refused or failure.fits("test_leaving_without_a_name", "test_a_visitor_is_lost")


def _locks_itself(case: Case) -> Found | None:
    """A thread waits for a lock, and none that could hold it waits for anything but locks."""
    where = f"when {BEN} left with {{quit}}"
    waits = where_stands(case, "lock", where=where)
    if not waits or where_stands(case, "send", where=where) or case.fact("word", over=True):
        return None
    return Found({"where": at_line(waits)}, as_steps(f"{BEN} said {{quit}}, and nothing more happened.", waits))


def _waits_for_its_lock(case: Case) -> Found | None:
    """In an ordinary chat a thread stands before a lock, and its text comes there only below a line that takes it."""
    twice = locked_twice(case.source)
    waits = next((fact for fact in case.facts("stands", call="lock") if twice and fact["line"] == twice[1]), None)
    if not twice or not waits or not case.fact("trouble"):
        return None
    step = f"Line {twice[0]} of server.py takes `{twice[2]}`, and what runs below it comes to line {twice[1]}."
    return Found({"where": at_line(waits)}, as_steps(step, waits))


def _takes_lock_twice(case: Case) -> Found | None:
    """Nothing goes on once one is lost while others are told something, and below a lock its text takes it again."""
    twice = locked_twice(case.source)
    stuck = case.failed(*STALLS, "test_several_are_lost*", "test_leaving*", causes=["silence", "unread", "goes on"])
    if not twice or not stuck or _waits_for_its_lock(case):
        return None
    waits = next((fact for fact in _all_seen(case) if fact.name == "stands" and fact["line"] == twice[1]), None)
    outer, inner, lock = twice
    again = f"line {inner}: {case.line(inner).strip()}"
    step = f"Line {outer} of server.py takes `{lock}`, and what runs below it comes to {again}"
    return seen(stuck, *as_steps(step, as_step(stuck[0]), waits), where=f" (line {inner})")


def _all_seen(case: Case) -> list[Fact]:
    """What was seen of it in its examination, and while someone did not read."""
    return [*case.evidence.facts(case.program), *case.evidence.facts(case.program, STALLED)]


CLOSING = ("test_the_console_closes*", "test_slow_threads_say*", "test_ctrl_c_during*")


def _closing(case: Case, name: str, **details: Detail) -> Fact | None:
    return seen_closely(case, name, **details) if case.failed(*CLOSING) else None


def _needs_someone(case: Case) -> Found | None:
    """/close ends a server with people in the chat, and not one with no one in it."""
    failures = case.failed("test_the_console_closes*", causes=["goes on"])
    failures = [failure for failure in failures if who_fails(failure) == "next server"]
    steps = (
        "With three in the chat, /close ended the server.",
        "With no one there, it was typed, and it keeps running.",
    )
    return seen(failures, *steps)


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


def _console_loosely(case: Case) -> Found | None:
    """A line at the console that is only like /close ends the chat."""
    for failure in case.failed("test_the_console", causes=["ended", "end"]):
        typed = [event.data.decode(errors="replace").rstrip("\n") for event in failure.given if event.what == "types"]
        line = typed[-1] if typed else ""
        if "close" in line.lower() and line.strip() != "/close" and not failure.exception:
            return seen([failure], f'"{line}" was typed at its keyboard, and it ended.', line=line)
    return None


def _console_in_buffer(case: Case) -> Found | None:
    """Two lines were typed at once at the console, and the second one waits in Python's buffer; select isn't told."""
    watched = watched_keyboard(case.source)
    failures = [failure for failure in case.failed("test_the_console", causes=["goes on"]) if len(failure.given) > 1]
    failures = [failure for failure in failures if all(event.what == "types" for event in failure.given[-2:])]
    if not watched or not failures:
        return None
    asks = f"Line {watched.line} of server.py has select watch the keyboard."
    reads = f"Line {watched.reads} reads one line of it: {watched.call}"
    return seen(failures, "/closed and /close were typed at once. The first one was answered.", asks, reads)


def _console_wants_newline(case: Case) -> Found | None:
    """/close is obeyed with a newline, and not as the last line of the input, without one."""
    failures = case.failed("test_the_console_closes*", causes=["silence"], moment=KEYBOARD_END)
    if case.failed("test_the_console", "test_slow_threads_say*"):
        return None
    steps = (
        "/close and Enter were typed, and the chat ended.",
        "Another time the input ended right after /close, without a newline, and no one got a notice.",
    )
    failures = [failure for failure in failures if failure.given and failure.given[-1].data == b"/close"]
    return seen(failures, *steps)


def _no_console(case: Case) -> Found | None:
    """What is typed at its keyboard changes nothing."""
    if _console_exits_alone(case) or _accept_not_woken(case):
        return None
    if not case.failed(*CLOSING) or _console_wants_newline(case):
        return None  # it obeys
    failures = case.failed("test_the_console*", causes=["silence", "silent screen", "goes on"])
    return None if _closing(case, "goodbye", told=True) else seen(failures)


def _no_help(case: Case) -> Found | None:
    """A line at the console that is no command gets no answer, and /close is obeyed."""
    if case.failed(*CLOSING, causes=["silence", "goes on"]) or _late_help(case):
        return None
    return seen(case.failed("test_the_console", causes=["silent screen"]))


def _late_help(case: Case) -> Found | None:
    """The first lines at the console are answered, and then no answer comes in time: a line there sleeps."""
    line = pauses_at_keyboard(case.source)
    late = case.failed("test_the_console", causes=["silent screen", "goes on"])
    failures = [failure for failure in late if failure.shown()]
    if not line or not failures:
        return None
    answered = "The first lines that were typed were answered, and then nothing came of a line for 2 s."
    return seen(failures, answered, case.written(line), line=line)


def _accept_not_woken(case: Case) -> Found | None:
    """/close was read, and the main thread waits for the next client."""
    if not _closing(case, "closed", ended=False) or _closing(case, "goodbye", told=True):
        return None
    stands = [fact for fact in case.evidence.facts(case.program, CLOSELY) if fact.name == "stands"]
    stands = [fact for fact in stands if "after /close" in fact.where]
    main = next((fact for fact in stands if fact["thread"] == "main" and fact["call"] == "accept"), None)
    if main is None or any(fact["call"] == "input" for fact in stands) or not looks_for(case.source, "/close"):
        return None
    step = "/close was typed at its keyboard. No one got a notice, and it keeps running."
    return Found({"where": at_line(main)}, as_steps(step, main))


def _close_wakes_nobody(case: Case) -> Found | None:
    """At /close everyone is told, and no one sees the end of the stream while the server runs."""
    if not _closing(case, "goodbye", told=True, over=False) or _does_not_close(case):
        return None
    if any(getattr(node, "attr", "") == "shutdown" for node in nodes(case.source)):
        return None
    return Found({}, ("/close was typed: everyone got a notice, and no one got EOF.",))


def _closes_under_recv(case: Case) -> Found | None:
    """The user of a client left, and the server saw neither a word nor the end: the client has closed its socket, and
    a thread is still in recv there.
    """
    silent = case.failed("test_leaving", "test_ctrl_c", causes=["silence", "goes on"])
    if not any(failure.fits("test_leaving") for failure in silent) or not uses(case, "close") or uses(case, "shutdown"):
        return None
    if not case.again(CLOSELY, "user_leaves", told=False, ended=False) or case.again(CLOSELY, "socket"):
        return None
    stand = [case.again(CLOSELY, "stands", call=call) for call in ("recv", "join", "shutdown")]
    if not stand[0] or not any(stand[1:]):
        return None
    step = "The user said {quit}. The client closed its socket, and the server got no EOF."
    return seen(silent, *as_steps(step, *stand))


def _leaves_untold(case: Case) -> Found | None:
    """The user of a client left, the server saw neither a word nor the end, and the client runs on."""
    silent = case.failed("test_leaving", causes=["silence"])
    if not silent or _closes_under_recv(case) or _exit_in_thread(case):
        return None
    if not case.again(CLOSELY, "user_leaves", told=False, ended=False):
        return None
    main = [fact for fact in case.evidence.facts(case.program, CLOSELY) if fact.name == "stands"]
    stands = next((fact for fact in main if fact["thread"] == "main" and "{quit}" in fact.where), None)
    step = "The user said {quit}. Nothing came to the server, neither a word nor EOF."
    return seen(silent, *as_steps(step, stands))


def _joins_queue(case: Case) -> Found | None:
    """Main waits until all that was in a queue is done, and no line says that anything is done."""
    main = where_stands(case, "wait", where="after Ctrl+C", thread="main")  # in join of a thread it would be "join"
    if not main or case.fact("ctrl_c", ended=True) or not uses(case, "Queue") or uses(case, "task_done"):
        return None
    if ".join()" not in case.line(int(main["line"])):
        return None
    return Found({"where": at_line(main)}, as_steps("Ctrl+C was pressed, and it keeps running.", main))


def _busy_loop(case: Case) -> Found | None:
    """It spins after the other side has ended the stream."""
    if case.program == "client":
        return _busy_client(case)
    if busy_wait(case) or busy_without_keyboard(case) or _polls_the_closed(case):
        return None
    spins = next((fact for fact in case.facts("spins") if "ended the stream" in fact.where), None)
    step = f"{capital(spins.where)}, your server began to use all the time of a processor." if spins else ""
    spinning = case.failed(causes=["spins"])
    steps = as_steps(step or as_step(spinning[0]), _never_the_end(case)) if spins or spinning else ()
    return Found(_at_the_end(case), steps, tuple(spinning)) if steps else None


def _polls_the_closed(case: Case) -> Found | None:
    """It spins once someone has left: it closes the socket, and no line tells poll or the selector to forget it."""
    spinning = case.failed(causes=["spins"])
    made = next(iter(calls_in(nodes(case.source), {"register"})), None)
    if not spinning or not made or calls_in(nodes(case.source), {"unregister"}):
        return None
    steps = (as_step(spinning[0]), f"Line {made.lineno} of server.py registers a socket, and no line unregisters it.")
    return seen(spinning, *steps)


def _at_the_end(case: Case) -> dict[str, Detail]:
    """What its receiving call returns after the end of the stream."""
    if uses(case, "recv") or not uses(case, "readline"):
        return {"call": "recv", "nothing": 'b""'}
    return {"call": "readline", "nothing": 'b""' if uses(case, "asyncio", "StreamRequestHandler") else '""'}


def _quit_not_stripped(case: Case) -> Found | None:
    if not case.fact("word", passed=True, over=False) or not case.fact("word_alone", passed=False):
        return None
    if not looks_for(case.source, "{quit}"):
        return None
    steps = as_steps(
        f"{BEN} said {{quit}}: it was passed on like any other line, and the connection stayed open.",
        "Sent without a newline after it, it wasn't passed on.",
    )
    return Found({}, steps)


def _quit_unknown(case: Case) -> Found | None:
    known = looks_for(case.source, "{quit}")
    if not case.fact("word", over=False, passed=True) or (known and not case.fact("word_alone", passed=True)):
        return None
    step = f"{BEN} said {{quit}}: it was passed on like any other line, and the connection stayed open."
    other = case.fact("way_out")
    if other:
        left = f'Then {BEN} said "{other["word"]}", and got EOF.'
        return Found({"why": f"whoever wants to leave has to say `{other['word']}` instead"}, (step, left))
    compares = "what it compares with it is never equal to it, so no one can leave"
    why = compares if looks_for(case.source, "quit") else "no line of it looks for this word"
    return Found({"why": why}, as_steps(step, never_equal(case.source, "{quit}")))


def _goes_on_after_quit(case: Case) -> Found | None:
    """{quit} is passed on to no one, and then whoever has said it is listened to as before."""
    if not case.fact("word", over=False, passed=False) or not case.fact("after_word", heard=True):
        return None
    told = any(fact["named"] for fact in case.facts("left"))
    steps = (
        f"{BEN} said {{quit}}, and the others were told." if told else f"{BEN} said {{quit}}, and no EOF came.",
        f'Then {BEN} said "{AFTER}", and the others received it.',
        _leaves_only_one_loop(case.source),
    )
    return Found({}, as_steps(*steps))


def _more_after_quit(case: Case) -> Found | None:
    """What came in the same chunk as {quit}, after it, is passed on, or taken for the name of someone new."""
    for failure in case.failed("test_leaving", causes=["other line", "other bytes", "unwanted"]):
        last = failure.given[-1].data.decode(errors="replace") if failure.given else ""
        said = [event.data.decode(errors="replace") for event in failure.events if event.what == "sends"]
        chunk = next((text for text in said if "{quit}\n" in text and not text.endswith("{quit}\n")), last)
        after = [line for line in chunk.partition("{quit}\n")[2].split("\n") if line]
        came = b"".join(event.data for event in failure.events if event.what == "receives").decode(errors="replace")
        there = [line for line in came.split("\n") if any(text in line for text in after)]
        leaver = next(
            (event.who for event in failure.events if event.what == "sends" and b"{quit}\n" in event.data), ""
        )
        said_by = there[0].partition(": ")[0] if there and ": " in there[0] else leaver
        if there and said_by in (leaver, *after):
            shown_lines = "\\n".join(chunk.split("\n"))
            step = f'This came in one chunk: "{shown_lines}"'
            joined = not there[0].endswith(f": {after[0]}")
            does = "takes the line after it for the name of someone new" if joined else "passes on what comes after it"
            return seen([failure], step, f'After that the others got "{there[0]}"', does=does)
    return None


def _leaves_only_one_loop(source: str) -> str:
    """The step which says that a break after {quit} leaves one of two loops; "" if the text doesn't say so."""
    for outer in nodes(source):
        if not isinstance(outer, ast.While | ast.For):
            continue
        for inner in ast.walk(outer):
            if inner is outer or not isinstance(inner, ast.While | ast.For):
                continue
            for way in inner.body:
                asks = isinstance(way, ast.If) and looks_for(ast.unparse(way.test), "{quit}")
                if asks and isinstance(way, ast.If) and isinstance(way.body[-1], ast.Break):
                    line = way.body[-1].lineno
                    return (
                        f"Line {line} leaves the loop of line {inner.lineno}. The one of line {outer.lineno} goes on."
                    )
    return ""


def _leaves_at_empty_line(case: Case) -> Found | None:
    """An empty line is typed, and the client leaves."""
    for failure in case.failed("test_what_is_typed*", causes=["ended", "end"]):
        typed = failure.typed
        if any(not data.strip(b"\n") for data in typed[-2:]):  # the line behind it finds no one there any more
            return seen([failure], "An empty line was typed, and the client left.")
    return None


def _drops_a_message(case: Case) -> Found | None:
    """Other messages arrive, and one with rare characters reaches no one, although its author is still there."""
    for failure in case.failed("test_the_text_stays*", causes=["silence"]):
        said = [event for event in failure.events if event.what == "sends"]
        line = said[-1].data.decode(errors="replace").strip("\n") if said else ""
        if not line.isprintable() and not any(event.what == "sees end" for event in failure.events):
            step = f'{said[-1].who} said "{shown(line.encode())}", and no one else received it.'
            return Found({}, (step,), (failure,))
    return None


def _leaves_at_other_words(case: Case) -> Found | None:
    """A line that is only like a word for leaving is typed, and the client leaves."""
    for failure in case.failed("test_what_is_typed*", "test_leaving", causes=["other bytes", "other line", "end"]):
        typed = [event.data.decode(errors="replace").strip("\n") for event in failure.events if event.what == "types"]
        came = failure.received if isinstance(failure.received, bytes) else b""
        leaves = failure.cause == "end" or came in (b"{quit}\n", b"/close\n", b"{quit}", b"/close")
        line = typed[-1] if typed and leaves else ""
        if re.search("quit|close", line, re.IGNORECASE) and line not in ("{quit}", "/close"):
            left = f'"{came.decode().strip()}"' if came.strip() else "EOF"
            step = f'"{line}" was typed, and {left} came to the server.'
            return Found({"line": line}, (step,), (failure,))
    return None


def _word_taken_loosely(case: Case) -> Found | None:
    """Who says a line that is only like a word for leaving sees the end of the stream."""
    tests = ("test_the_text_stays*", "test_any_text", "test_leaving_without*")
    for failure in case.failed(*tests, causes=["other bytes", "other line", "end", "silence"]):
        said = [event for event in failure.events if event.what == "sends"]
        ends = [event for event in failure.events if event.what == "sees end" and said and event.who == said[-1].who]
        line = said[-1].data.decode(errors="replace").strip("\r\n") if ends else ""
        like_it = re.search("quit|close", line, re.IGNORECASE)
        if like_it and line not in ("{quit}", "/close") and "\n" not in line:
            step = f'{said[-1].who} said "{line}", and got EOF.'
            return Found({"line": line}, (step,), (failure,))
    return None


def _keeps_commands(case: Case) -> Found | None:
    """A line that begins with a slash goes to no one, and whoever said it is still there."""
    for failure in case.failed("test_the_text_stays*", causes=["silence"]):
        said = [event for event in failure.events if event.what == "sends"]
        line = said[-1].data.decode(errors="replace").strip("\r\n") if said else ""
        ends = any(event.what == "sees end" and event.who == said[-1].who for event in failure.events) if said else True
        if line.startswith(("/", "@")) and not ends:
            step = f'{said[-1].who} said "{line}", and not all the others received it.'
            to = "to no one" if line.startswith("/") else "only to the one who is named in it"
            return Found({"line": line, "to": to, "sign": line[0]}, (step,), (failure,))
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
    if all(fact["over"] for fact in left) or _goes_on_after_quit(case):
        return None  # no one was there any more to be told, or no one has left
    if _closed_before_told(case) or _number_of_closed(case):
        return None
    if case.fact("word", over=True):
        return Found(
            {"how": "", "more": ""}, (f"{BEN} said {{quit}} and got EOF.", "Nothing came to any of the others.")
        )
    if _spins(case, left[0].where) or unforeseen(case) or _locks_itself(case):
        return None
    details: dict[str, Detail] = {"how": "", "more": ", and the connection of the one who left stays open"}
    return Found(details, (f"{BEN} said {{quit}}. No EOF came to {BEN}, and nothing came to any of the others.",))


def _no_notice_of_end(case: Case) -> Found | None:
    """Who leaves with the word is missed, and who ends the stream is not."""
    ended = case.fact("hung_up", named=0)
    left = case.fact("left", named=1) and case.fact("word", over=True) and case.fact("goes_on", how="same", ended=False)
    if not ended or not left or ended["came"] or _spins(case, ended.where) or unforeseen(case):
        return None
    if _crash_on_reset(case) or _dead_client(case) or _end_raises(case):
        return None  # the thread that would tell them has ended with an exception
    more = "" if ended["over"] else ", and the connection stays open"
    lost = f"{CLEO}'s connection was reset, and no one was told." if _lost_without_word(case) else ""
    steps = (
        f"{BEN} left with {{quit}}, and the others were told.",
        f"{DANA} ended the stream (EOF), and no one was told{more}.",
        lost,
    )
    how = " without saying {quit}, by ending the stream (EOF) or because the connection is lost" if lost else ""
    return Found({"how": how or " by ending the stream (EOF), without {quit}", "more": more}, as_steps(*steps))


def _end_raises(case: Case) -> Found | None:
    """At the end of a stream a line that receives raises, nothing catches that, and no one is told."""
    ends = case.failed(exceptions=["IncompleteReadError", "EOFError"])
    failures = [failure for failure in ends if failure.line]
    if not failures or not case.fact("hung_up", named=0):
        return None
    line, exception = failures[0].line, failures[0].exception
    steps = (
        f"{DANA} ended the stream (EOF), and no one was told.",
        f"Line {line} raises {exception}: {case.line(line).strip()}",
    )
    return seen(ends, *steps, line=line)


def _lost_without_word(case: Case) -> bool:
    """Whether someone was lost and no one was told, although the server went on."""
    lost = case.facts("lost")
    silent = bool(lost) and not any(fact["named"] for fact in lost)
    return silent and not case.fact("goes_on", ended=True) and not case.fact("uncaught")


def _spins(case: Case, where: str) -> bool:
    """Whether it used a whole processor at this moment."""
    return any(fact.where == where for fact in case.facts("spins"))


def _number_of_closed(case: Case) -> Found | None:
    """No one was told of the one who left, who is looked for under the number of a socket that is closed by then."""
    left = _notices(case)
    asks = calls_in(nodes(case.source), {"fileno"})
    if len(asks) < 2 or not left or any(fact["lines"] for fact in left) or not case.fact("word", over=True):
        return None
    line = max(call.lineno for call in asks)
    steps = (f"{BEN} said {{quit}} and got EOF.", "Nothing came to any of the others.")
    return Found({"line": line}, (*steps, f"Line {line} asks for fileno(), and that of a closed socket is -1."))


def _closed_before_told(case: Case) -> Found | None:
    """Who has left is closed, and is still met in the loop that tells the others: those behind hear nothing."""
    left = _notices(case)
    if not left or all(fact["named"] for fact in left) or not case.fact("word", over=True):
        return None
    closed = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in CLOSED)]
    sends = next((fact for fact in closed if int(fact["line"]) in _bare_sends(case)), None)
    if sends is None:
        return None
    missed = next(fact for fact in left if not fact["named"])
    step = f"{BEN} said {{quit}}, and {missed['to']} got no notice."
    return Found({"line": sends["line"], "exception": str(sends["exception"])}, (step, as_raised(sends)))


def _names_mixed_up(case: Case) -> Found | None:
    """Someone has left, and the notice, or a message after that, has the name of another one."""
    left = _notices(case)
    for fact in left:
        wrong = [
            name for name in (ANNA, CLEO, DANA) if notices_about(name, str(fact["came"]).replace("\\n", "\n").encode())
        ]
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
    if case.failed(exceptions=["RuntimeError"]):
        return None  # the loop ends at once
    for facts in (_notices(case), case.facts("lost")):
        told = [bool(fact["named"]) for fact in facts] if all_hear(case) else []
        if len(told) > 1 and any(told) and not all(told):
            missed = next(fact for fact in facts if not fact["named"])
            if not removes_in_loop(case) and _raises_in_send(case):
                return None
            step = f"{capital(missed.where)}, all the others got a notice except {missed['to']}."
            return Found({"where": removes_in_loop(case)}, (step,))
    return None


def _changes_its_own_loop(case: Case) -> Found | None:
    """A loop takes something out of what it goes over, and raises: this has changed size."""
    changed = [failure for failure in case.failures if failure.exception == "RuntimeError"]
    where = removes_in_loop(case)
    if not changed or not where or _skips_one(case):
        return None
    step = "RuntimeError says that something changed size while a loop went over it."
    return seen(changed, step, where=where)


def _raises_in_send(case: Case) -> bool:
    """Whether a line that sends has raised: that ends a loop, too."""
    return any(int(fact["line"]) in _sending_lines(case) for fact in case.facts("raises"))


def _two_notices(case: Case) -> Found | None:
    more = [fact for fact in case.facts("left") if int(fact["named"]) > 1]
    late = case.fact("next", named=1)
    if sent_again(case) or (not more and not (late and all(fact["named"] for fact in case.facts("left")))):
        return None
    return Found({}, (f"{BEN} left once, and the others got two notices.",))


def _does_not_close(case: Case) -> Found | None:
    if not case.fact("word", over=False) or not any(fact["named"] for fact in case.facts("left")):
        return None
    if case.fact("word", passed=True) and not any(fact["named"] for fact in case.facts("left")):
        return None
    if _closes_without_its_file(case):
        return None
    told = f"{BEN} said {{quit}}, and the others got a notice."
    if case.fact("next", leaver_over=True):
        closes = "closes the connection only when something else happens: until then that client sees no"
        return Found({"closes": closes}, (told, f"{BEN} got no EOF until {ANNA} said something."))
    closes = "never closes the connection, so that client never sees"
    return Found({"closes": closes}, (told, f"{BEN} never got EOF."))


def _waits_for_end(case: Case, found: Found, failure: Failure) -> bool:
    """It explains every failed test in which someone waited for EOF, and what comes after someone has left."""
    last = failure.events[-1] if failure.events else None
    waits = failure.cause == "silence" and last is not None and last.note == "to see EOF"
    return waits or failure.fits(*LEAVING, "test_the_console_closes*", "test_ctrl_c*")


def _closes_without_its_file(case: Case) -> Found | None:
    """Whoever left sees no end: the socket is closed, and a file made of it isn't."""
    made = file_left_open(case)
    told = any(fact["named"] for fact in case.facts("left"))
    if not made or not told or not case.fact("word", over=False, passed=False) or uses(case, "shutdown"):
        return None
    step = f"Line {case.line_of(made)} of server.py makes a file of the connection, and no line closes it."
    return Found(
        {"file": made[1]}, (f"{BEN} said {{quit}}, and the others got a notice.", f"{BEN} never got EOF.", step)
    )


def _half_line(case: Case) -> Found | None:
    fact = case.fact("lost", half=True)
    return Found({}, (f'{capital(fact.where)} in the middle of a line, this came: "{fact["came"]}"',)) if fact else None


def _removes_a_part(case: Case) -> Found | None:
    """A line takes out a value, and what was put into that list are pairs."""
    failures = [failure for failure in case.failed(exceptions=["ValueError"]) if ".remove(" in case.line(failure.line)]
    calls = [node for node in calls_in(nodes(case.source)) if isinstance(node.func, ast.Attribute)]
    removes = {call.lineno: call for call in calls if name_called(call) == "remove" and call.args}
    for failure in failures:
        call = removes.get(failure.line)
        if call is None or isinstance(call.args[0], ast.Tuple):
            continue
        whose = ast.unparse(call.func).rpartition(".")[0]
        for put in calls:
            pair = put.args[0] if put.args else None
            if ast.unparse(put.func) == f"{whose}.append" and isinstance(pair, ast.Tuple):
                same = [each for each in failures if each.line == failure.line]
                steps = (
                    f"Line {put.lineno} puts in {ast.unparse(pair)}.",
                    f"Line {call.lineno} takes out {ast.unparse(call.args[0])}, and raises ValueError.",
                )
                return seen(same, *steps, line=call.lineno, put=put.lineno)
    return None


def _removed_twice(case: Case) -> Found | None:
    """A line takes someone out, or looks for it, in a list from which another line has taken it already."""
    lines = enumerate(case.source.splitlines(), 1)
    places = [number for number, line in lines if re.search(r"\.(remove|pop)\(|\bdel ", line)]
    raised = [(failure.exception, failure.line) for failure in case.failures]
    looks_for = re.compile(r"\.(remove|index|pop)\(|\bdel ")
    for exception, number in raised:
        others = [place for place in places if place != number]
        text = case.line(number)
        if exception not in ("ValueError", "KeyError") or not others or not looks_for.search(text):
            continue
        failures = [failure for failure in case.failures if failure.exception == exception]
        first = next((place for place in others if not number < place < number + 3), others[0])
        details: dict[str, Detail] = {"line": number, "exception": exception, "first": first}
        return Found(details, (f"Line {number} raises {exception}: {text.strip()}",), tuple(failures))
    return None


def _lost_not_told(case: Case) -> Found | None:
    if not _lost_without_word(case) or not any(fact["named"] for fact in case.facts("left")):
        return None
    if _no_notice_of_end(case):
        return None  # only the word is a way out of which they are told
    return Found({}, (f"{CLEO}'s connection was reset, and the others got no notice.",))


def _never_removed(case: Case) -> Found | None:
    """Someone has left, and the next one gets no place."""
    full = [failure for failure in case.failed("test_no_place_left") if who_fails(failure).startswith("Dana")]
    full = [failure for failure in full if failure.cause in ("end", "reset", "other line")]
    if not full:
        return _sends_to_the_gone(case)
    return (
        None
        if _refused_counted(case)
        else seen(full, "There was room for two. One of them left, and the next one was told that there is no room.")
    )


def _refused_counted(case: Case) -> Found | None:
    """Some were refused, someone left, and the next one gets no place; its text counts each of them before it asks."""
    failures = case.failed("test_no_place_left", "test_all_want*", "test_a_hundred", causes=REFUSED_AGAIN)
    counts, asks = counts_before_asking(case.source)
    if not counts or not any(who_fails(failure).startswith("Dana") for failure in failures):
        return None
    step = "There was room for two. Some were refused, one of the two left, and the next one was refused, too."
    text = case.written(counts)
    return seen(failures, step, text, f"Line {asks}: {case.line(asks).strip()}", counts=counts, asks=asks)


def _place_kept_at_eof(case: Case) -> Found | None:
    """Who has left with {quit} leaves a place for the next one, and who has left with EOF doesn't."""
    full = [failure for failure in case.failed("test_no_place_left") if who_fails(failure).startswith("Hana")]
    full = [failure for failure in full if failure.cause in ("end", "reset", "other line")]
    left = "Someone left with {quit}, and the next one got the place. Someone left with EOF, and the next one didn't."
    return seen(full, left)


def _place_kept_when_lost(case: Case) -> Found | None:
    """Who leaves makes room for the next one, and who is lost, or doesn't read, doesn't."""
    full = [failure for failure in case.failed("test_one_does*", "test_several_are_lost*") if gets_no_place(failure)]
    if not full or _never_removed(case) or _place_kept_at_eof(case):
        return None
    stalled = all(failure.fits("test_one_does*") for failure in full)
    how = "doesn't read, and is dropped for that," if stalled else "is lost"
    came = quoted(full[0].received) if isinstance(full[0].received, bytes) else ""
    gone = "A participant didn't read, and your server dropped it." if stalled else "A participant was lost."
    return seen(full, gone, f"The next one gave a name, and this came: {came}", how=how)


def _sends_after_close(case: Case) -> Found | None:
    """The user's word for leaving went out, and then something else."""
    failures = case.failed("test_leaving", causes=["too much"])
    failures = [failure for failure in failures if not str(failure.received).startswith("b'{quit}")]  # it was a name
    typed = [line for failure in failures for event in failure.given for line in event.data.decode().split("\n")]
    words = [line for line in typed if line in ("{quit}", "/close")]
    return sent_too_much(failures, words[-1]) if words else None


def _sends_to_the_gone(case: Case) -> Found | None:
    """Nothing takes anybody out of a table, and who speaks after a participant left is not heard."""
    takes_out = any(isinstance(node, ast.Delete) for node in nodes(case.source)) or _made_again(case.source)
    if takes_out or uses(case, "remove", "discard", "pop", "clear", "popitem", "difference_update"):
        return None
    if not case.fact("next", how="nothing"):
        return _meets_the_gone(case)
    closed = [fact for fact in case.facts("raises") if str(fact["exception"]) in (*BROKEN, "OSError", "ValueError")]
    sends = next((fact for fact in closed if int(fact["line"]) in _sending_lines(case)), None)
    if sends is None:
        return None
    raised = as_raised(sends)
    return Found({}, (f"{BEN} left. Then {ANNA} said something, and no one heard it.", raised))


def _made_again(source: str) -> bool:
    """Whether a list or table is made from another one, such as all but one: that takes an entry out, too."""
    made = (ast.ListComp, ast.SetComp, ast.DictComp)
    values = [node.value for node in nodes(source) if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)]
    return any(isinstance(inner, made) for value in values if value for inner in ast.walk(value)) or any(
        isinstance(node, ast.Call) and name_called(node) == "filter" for node in nodes(source)
    )


def _meets_the_gone(case: Case) -> Found | None:
    """At its end it still finds someone who has left in its table: nothing takes anybody out."""
    if not uses(case, "append", "add") and not any(isinstance(node, ast.Subscript) for node in nodes(case.source)):
        return None
    in_loops = {
        inner.lineno
        for loop in nodes(case.source)
        if isinstance(loop, ast.For)
        for inner in ast.walk(loop)
        if isinstance(inner, ast.Call) and name_called(inner) in ("shutdown", *SENDS)
    }
    for fact in case.facts("raises"):
        if fact["exception"] in (*BROKEN, "OSError") and int(fact["line"]) in in_loops:
            raised = as_raised(fact)
            return Found({}, (f"{BEN} and {CLEO} had left, and no line took them out of a list.", raised))
    return None


def _sending_lines(case: Case) -> set[int]:
    calls = calls_in(nodes(case.source))
    return {call.lineno for call in calls if name_called(call) in (*SENDS, "write")}


REFUSES = ("Operation not permitted", "Pipe transport is ")  # what the system says where a file is to be watched
WATCHED = re.compile(r"connect_read_pipe\(|add_reader\(|\bepoll\(|\bregister\(")


def _keyboard_is_a_file(case: Case) -> Found | None:
    """Where its keyboard is a file or /dev/null, the system refuses to watch it, and that ends a part of it."""
    watches = WATCHED.search(case.source)
    for failure in case.failed("test_no_console", "test_leaving") if watches else []:
        logs = failure.shown("logs", who_fails(failure)).decode(errors="replace")
        words = next((line for line in logs.splitlines() if any(mark in line for mark in REFUSES)), "")
        if watches and words:
            line = case.line_of(watches)
            text = case.written(line)
            return seen([failure], "Its keyboard was /dev/null.", text, f'Python says: "{words}"', line=line)
    return None


def _ends_with_console(case: Case) -> Found | None:
    """Without a keyboard it is over; where a limit drops whoever is silent, that has ended the stream there too."""
    if timeout_shared(case) or _keyboard_is_a_file(case):
        return None
    causes = ("ended", "crashed", "refused", "reset", "end", "not listening")
    return in_tests("test_no_console", causes=causes)(case)


def _console_blocks(case: Case) -> Found | None:
    if not case.fact("ctrl_c", ended=False, enter=True):
        return None
    stands = where_stands(case, "input", where="after Ctrl+C")
    if not stands and any("after Ctrl+C" in fact.where for fact in case.facts("stands")):
        return None  # on a slow machine it ended by itself, a moment later
    steps = as_steps("Ctrl+C was pressed, and nothing happened.", stands, "As soon as Enter was pressed, it ended.")
    return Found({"where": at_line(stands)}, steps)


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
    waits = f"waits for them{at_line(main)}" if main["call"] == "join" and main["line"] else "has ended"
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


def _connects_again(case: Case) -> Found | None:
    """The server ends the stream, and the client connects once more and runs on."""
    connects = case.facts("connects")
    if not case.fact("end", ended=False) or len(connects) < 2 or not case.fact("name", how="same", connections=1):
        return None
    line = connects[-1]["line"]
    steps = ("The server ended the stream (EOF), and the client kept running.", f"Line {line} connected once more.")
    return Found({"line": line}, steps)


def _end_of_keyboard_untold(case: Case) -> Found | None:
    """At end of input the server sees neither a word nor EOF, and a word for leaving works."""
    silent = [failure for failure in case.failed("test_leaving", causes=["silence"]) if failure.moment == KEYBOARD_END]
    if not silent or not case.fact("typed", how="same"):
        return None
    step = "Input ended (Ctrl+D). Nothing came to the server, neither a word nor EOF."
    return seen(silent, step)


def _over_unsaid(case: Case) -> Found | None:
    """The server ended the stream, and the client ended without a word to its user."""
    failures = case.failed("test_the_server_ends*", causes=["ended", "silent screen", "wordless"])
    if not failures or not case.fact("end", ended=True) or not case.fact("shown", what="line", how="same"):
        return None
    screen = case.fact("screen")
    if screen is None or str(screen["text"]).rstrip().rpartition("\n")[2] != "and then" or case.fact("uncaught"):
        return None
    step = "The server ended the stream (EOF). The client ended too, and showed nothing about it."
    return seen(failures, step)


def _needs_enter(case: Case) -> Found | None:
    end = case.fact("end", ended=False)
    main = where_stands(case, "input", where="end of stream", thread="main") if end else None
    if not end or not main or _exits(case):
        return None
    receives = where_stands(case, "recv", where="end of stream") or _spins(case, main.where)
    if not end["enter"] and (receives or _told_of_end(case) is None):
        return None
    ends = "After Enter it ended." if end["enter"] else _told_of_end(case)
    step = "The server ended the stream (EOF), and the client kept running."
    looks = (
        "looks at the end only between two typed lines" if end["enter"] else "has noticed the end, but keeps running"
    )
    return Found({"where": at_line(main), "looks": looks}, as_steps(step, main, wakes_in_vain(case.source), ends))


def _told_of_end(case: Case) -> str | None:
    """What the client showed last, where it has shown something at the end of the stream."""
    screen, before = case.fact("screen"), case.fact("shown", what="line")
    last = str(screen["text"]).rstrip().rpartition("\n")[2] if screen and before else ""
    return f'It showed "{last}".' if last and "and then" not in last else None


def _join_keyboard(case: Case) -> Found | None:
    main = where_stands(case, "join", "wait", where="end of stream", thread="main")
    other = where_stands(case, "input", where="end of stream")
    if not case.fact("end", ended=False) or not main or main["call"] != "join" or not other:
        return None
    return Found(
        {"where": at_line(main)},
        as_steps("The server ended the stream (EOF), and the client kept running.", main, other),
    )


def _no_daemon(case: Case) -> Found | None:
    main = where_stands(case, "shutdown", where="end of stream", thread="main")
    other = where_stands(case, "input", where="end of stream")
    if not case.fact("end", ended=False) or not main or not other or _exits(case):
        return None
    return Found(
        {"where": at_line(other)},
        as_steps("The server ended the stream (EOF), and the client kept running.", main, other),
    )


def _keyboard_in_executor(case: Case) -> Found | None:
    """asyncio waits at its end for the thread of its executor, and this one is at the keyboard."""
    if not case.fact("end", ended=False, enter=True) or not uses(case, "run_in_executor", "to_thread"):
        return None
    main = where_stands(case, "select", "join", "wait", where="end of stream", thread="main")
    steps = as_steps("The server ended the stream (EOF), and the client kept running.", main, "After Enter it ended.")
    return Found({}, steps) if main else None


def _end_unnoticed(case: Case) -> Found | None:
    """The thread that receives has ended, and main waits for something that it never hears of."""
    main = where_stands(case, "wait", "sleep", "get", where="end of stream", thread="main")
    if not case.fact("end", ended=False) or not main or where_stands(case, "recv", where="end of stream"):
        return None
    return Found(
        {"where": at_line(main)}, as_steps("The server ended the stream (EOF), and the client kept running.", main)
    )


def _keyboard_in_daemon(case: Case) -> Found | None:
    """Python stops with a fatal error, because a daemon thread is at the keyboard."""
    logs = [str(fact["log"]) for fact in case.facts("screen")]
    failures = [failure for failure in case.failures if holds_keyboard(failure.shown("logs"))]
    if not failures and not any(holds_keyboard(log) for log in logs):
        return None
    return Found({}, ("Python itself stopped: Fatal Python error: _enter_buffered_busy.",), tuple(failures))


def _explains_fatal(case: Case, found: Found, failure: Failure) -> bool:
    """A client's end may be looked at in other tests, too; a server's other troubles are none of these."""
    ends = failure.fits("test_the_server*", "test_ctrl_c") or failure.cause in ("crashed", "other status")
    return failure in found.failures or (case.program == "client" and ends)


def _exits(case: Case) -> Fact | None:
    return next((fact for fact in case.facts("raises", exception="SystemExit") if fact["thread"] != "MainThread"), None)


def _exit_in_thread(case: Case) -> Found | None:
    exits = _exits(case)
    if exits and case.fact("end", ended=False):
        step = f"Line {exits['line']}, in {exits['function']}, calls sys.exit, in a thread that is not the main one."
        return Found({}, as_steps(step, where_stands(case, "input", "join", "shutdown", where="end of stream")))
    failures = case.failed("test_leaving", "test_the_server_ends*", causes=["silence", "goes on"])
    return seen(failures) if _exits_in(case) & _targets(case) else None


def _exits_in(case: Case) -> set[str]:
    """The names of the functions that call sys.exit."""
    functions = [node for node in nodes(case.source) if isinstance(node, ast.FunctionDef)]
    return {function.name for function in functions if calls_in(ast.walk(function), {"exit", "quit"})}


def _targets(case: Case) -> set[str]:
    """The names of the functions that threads run."""
    calls = calls_in(nodes(case.source))
    made = [word.value for call in calls for word in call.keywords if word.arg == "target"]
    made += [call.args[0] for call in calls if name_called(call) == "start_new_thread" and call.args]
    return {name_of(node) for node in made}


def _blank_lines(case: Case) -> Found | None:
    end = case.fact("end", ended=False) or case.failed(causes=["floods"])
    screen = case.fact("screen")
    if not end or not screen or not str(screen["text"]).endswith("\n\n\n"):
        return None
    dies = tuple(failure for failure in case.failures if holds_screen(failure.shown("logs")))  # it still prints then
    return Found({}, ("The server ended the stream (EOF), and the client prints empty lines, again and again.",), dies)


def _busy_client(case: Case) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if "end of stream" in fact.where), None)
    if not spins or _blank_lines(case) or busy_wait(case):
        return None
    step = "After the server's end of stream it uses all the time of a processor."
    return Found(_at_the_end(case), as_steps(step, _never_the_end(case)))


def _never_the_end(case: Case) -> str:
    """The step that names a comparison of what was received with a text, which is never true; "" if there is none."""
    found = compared_with_text(case.source)
    return f"Line {found[0][0]} asks {found[0][1]}: bytes are never equal to a text." if found else ""


def _close_ends_all(case: Case) -> Found | None:
    """One participant said /close, and another one saw the end of the stream."""
    for failure in case.failed("test_leaving"):
        said = [number for number, event in enumerate(failure.events) if event.what == "sends"]
        last = failure.events[said[-1]] if said else None
        if last is None or b"/close" not in last.data.split(b"\n") or failure.exception:
            continue
        ends = [event.who for event in failure.events[said[-1] :] if event.what == "sees end"]
        other = next((who for who in ends if who != last.who), "")
        if other:
            step = f"{last.who} said /close, and {other} got EOF too."
            return Found({}, (step,), (failure,))
    return None


def _no_close_word(case: Case) -> Found | None:
    """{quit} is known and /close is not."""
    if not case.fact("word", over=True, passed=False) or _close_ends_all(case):
        return None
    failures = []
    for failure in case.failed("test_leaving"):
        sent = [event.data for event in failure.events if event.what == "sends"]
        if sent and b"/close" in sent[-1]:
            failures.append(failure)
    return seen(failures, "One participant said {quit} and left. Another one said /close and didn't leave.")


def _crash_on_reset(case: Case) -> Found | None:
    """A broken connection ends the server, or the thread that serves it, with an exception that no one catches."""
    return _crash(case) or _receiver_lost(case)


def _receiver_lost(case: Case) -> Found | None:
    """The thread of the one who was lost ends in a line that receives, before anyone is told."""
    lost = [failure for failure in case.failed("test_a_participant*") if failure.exception in BROKEN]
    lost = [failure for failure in lost if failure.line not in _bare_sends(case)]
    if not lost or case.fact("lost", named=1):
        return None
    return Found({"what": "the thread that serves it", "where": lost[0].facts.get("where") or ""}, (as_step(lost[0]),))


def _crash(case: Case) -> Found | None:
    """As an examination sees it, or a test of a visitor."""
    uncaught = next((fact for fact in case.facts("uncaught") if fact["exception"] in (*BROKEN, "OSError")), None)
    if uncaught and uncaught["exception"] not in BROKEN and case.fact("goes_on", ended=False, how="same"):
        return None  # no reset: it ended later, at Ctrl+C, since it used a socket that was none any more
    if uncaught is None and case.facts("lost"):
        return _receiver_lost(case) or _lost_visitor(case)
    if uncaught is None or not case.facts("lost") or line_in(uncaught["where"]) in _bare_sends(case):
        return None
    what = "the whole server" if uncaught["ended"] else "the thread that serves it"
    if uncaught["ended"] and case.fact("goes_on", ended=False):
        what = "a thread that the others need, too"
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
    failures = [failure for failure in failures if failure.exception != "BlockingIOError"]
    bare = _bare_sends(case)
    if not failures or not bare or _crash(case):
        return None
    facts = [*case.facts("raises"), *case.evidence.facts(case.program, CLOSELY)]
    lines = [
        (str(fact["exception"]), int(fact["line"]))
        for fact in facts
        if fact.name == "raises" and fact["exception"] in BROKEN
    ]
    for failure in failures:
        if failure.exception in BROKEN:
            lines.append((failure.exception, failure.line))
    exception, line_number = next((each for each in lines if each[1] in bare), ("", 0))
    if not exception:
        return None
    step = f"Line {line_number} raises {exception}, and no try stands between it and the loop that sends to all."
    return Found({"exception": exception, "line": line_number}, (step,))


def _bare_sends(case: Case) -> set[int]:
    """The lines that send within a loop over people, and no try stands between the line and that loop."""
    parents = {child: node for node in nodes(case.source) for child in ast.iter_child_nodes(node)}
    calls = [node for node in parents if isinstance(node, ast.Call)]
    bare: set[int] = set()
    names: set[str] = set()  # of functions in which a send is not within a try
    guarded: set[str] = set()  # of functions that another loop over people calls within a try
    for sender in (set(SENDS), names):
        for call in calls:
            if name_called(call) not in sender:
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
                    guarded.add(name_called(call))
                continue
            if isinstance(node, ast.FunctionDef) and sender is not names:
                names.add(node.name)
    in_functions = {
        node.name: {
            inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Call) and name_called(inner) in SENDS
        }
        for node in parents
        if isinstance(node, ast.FunctionDef)
    }
    looped = {name_called(call) for call in calls if call.lineno in bare}
    return bare.union(*(lines for name, lines in in_functions.items() if name in (looped & names) - guarded))


def _says_goodbye(loop: ast.For) -> bool:
    """Whether this loop hangs up on everyone: it is not the one that sends what is said."""
    return bool(calls_in(ast.walk(loop), {"shutdown", "close"}))


def _goes_to(call: ast.Call, target: ast.AST) -> bool:
    """Whether the receiver of this send is what a loop goes over: c.send(...) or send(c, ...) for each c."""
    over = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if owner is None or ast.unparse(owner) == "self":
        places: list[ast.expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
    else:
        places = [owner]
    return any(ast.unparse(place).split(".")[0].split("[")[0] in over for place in places)


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
    told = failure.fits("test_a_participant*", "test_one_does*") and not (_lost_not_told(case) or _receiver_lost(case))
    return failure.exception != "BlockingIOError" and (told or failure.fits("test_several_are_lost*"))


FAULTS = [
    # someone leaves
    in_server(
        "quit-not-stripped",
        Life.LEAVE,
        _quit_not_stripped,
        like(*LEAVING),
        "Your server compares a line that still has its newline with `{{quit}}`: the two are never equal, so the word "
        "lets no one leave.",
        "Print `repr()` of both things that you compare. Which character is in only one of them?",
        "lessons/2_logbook.md#the-server",
    ),
    in_server(
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
    in_server(
        "quit-goes-on",
        Life.LEAVE,
        _goes_on_after_quit,
        like(*LEAVING, "test_a_line*", "test_memory*"),
        "Your server notices `{{quit}}`, but then goes on as before: whoever has said it is still there, and is still "
        "listened to.",
        "Someone says `{{quit}}`. Follow your lines one by one from there: which loop is it in, and what leads out of "
        "this loop, and of any loop around it?",
        FIRST_ROUND,
    ),
    in_server(
        "quit-goes-on",
        Life.LEAVE,
        _more_after_quit,
        as_seen,
        "If other lines come in the same chunk as `{{quit}}`, your server goes on with them: it {does}.",
        "One `recv` returns `{{quit}}` and two more lines. Which loop of yours goes over these lines, and what leads "
        "out of it at the first of them?",
        LINES,
        rare=True,
        mistakes=("lines-after-quit",),
    ),
    in_server(
        "no-close-word",
        Life.LEAVE,
        _no_close_word,
        like(),
        "Your server doesn't know the word `/close`: one who says it stays in the chat, and the others read it.",
        "Which words let a participant leave in this stage? Which line of yours looks at them?",
        FIRST_ROUND,
        missing=True,
    ),
    in_server(
        "close-ends-all",
        Life.LEAVE,
        _close_ends_all,
        like(),
        "A participant who says `/close` ends the whole chat: this participant wants to leave, and the others want to "
        "stay.",
        "The line `/close` can come from a participant, or from your server's own keyboard. What does it mean in each "
        "case, and which line of yours tells the two apart?",
        FIRST_ROUND,
    ),
    in_server(
        "close-word-inside",
        Life.LEAVE,
        _word_taken_loosely,
        like(),
        'Your server takes the line "{line}" for a wish to leave: only the lines {{quit}} and /close are one, exactly.',
        "Someone says: {line}. What exactly do you compare with the word, and what have you done to the line before?",
        TEXT,
        mistakes=("quit-stripped", "visitor-quit-stripped"),
    ),
    in_server(
        "own-commands",
        Life.LEAVE,
        _keeps_commands,
        like(),
        'Your server takes the line "{line}" for a command and passes it on {to}: only the lines {{quit}} and '
        "/close are commands, exactly.",
        "Someone wants to tell the others: {line}. Which line of yours looks at the {sign}, and what does PROTOCOLS.md "
        "say about a line that isn't one of the two words?",
        TEXT,
    ),
    in_server(
        "drops-message",
        Life.TAKE,
        _drops_a_message,
        like(),
        "Your server keeps back a message because of the characters in it: a name has to be printable, but a message "
        "may have any characters.",
        "Print `repr()` of the line that comes. Which of your conditions is it that doesn't let it through, and what "
        "was this condition meant for?",
        TEXT,
    ),
    in_server(
        "quit-passed-on",
        Life.LEAVE,
        _quit_passed_on,
        like(*LEAVING),
        "Your server passes `{{quit}}` on to the others like a message, although it's a wish to leave.",
        "A line arrives. Does your loop first pass it on, or first check whether it's the word for leaving?",
        FIRST_ROUND,
        mistakes=("quit-echoed",),
    ),
    in_server(
        "no-notice",
        Life.LEAVE,
        _no_notice,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*"),
        "When someone leaves{how}, your server tells no one{more}.",
        "What do the others see when someone leaves? Which line of yours tells them, and does every way out reach this "
        "line?",
        FIRST_ROUND,
        mistakes=("left-missing",),
    ),
    in_server(
        "end-raises",
        Life.LEAVE,
        _end_raises,
        like(*LEAVING, "test_memory*"),
        "At the end of a stream line {line} raises {exception}, and nothing catches it: the lines that tell the others "
        "never run.",
        "Someone leaves with EOF. What does your call in line {line} do then, and which `except` of yours names this "
        "exception? Where would the lines have to stand that run whatever happens?",
        ERRORS,
    ),
    in_server(
        "uses-closed-socket",
        Life.LEAVE,
        _closed_before_told,
        like(*LEAVING, "test_slow_threads*"),
        "Your server closes the connection of whoever leaves, and still finds it in its list when it tells the others: "
        "line {line} raises {exception}, and whoever stands behind it hears nothing.",
        "Ben leaves. In which order does your server close his connection, take him out of the list and tell the "
        "others? Whom does your sending loop meet then?",
        FIRST_ROUND,
    ),
    in_server(
        "no-notice",
        Life.LEAVE,
        _number_of_closed,
        like(*LEAVING, "test_a_participant*", "test_one_does*"),
        "When someone leaves, your server tells no one: line {line} asks for the `fileno()` of a socket that is closed "
        "already, and that is -1.",
        "Print `fileno()` of a socket before and after `close`. By what does your table know a participant, and how "
        "can you still know it when the connection is closed?",
        FIRST_ROUND,
    ),
    in_server(
        "names-mixed-up",
        Life.LEAVE,
        _names_mixed_up,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*", "test_two_*"),
        "After someone has left, your server takes one participant for another: a line has the wrong name.",
        "Print everything in which your server keeps clients and names, before and after someone leaves. Does each "
        "name still belong to its client? Which entry is taken out, and which one should be?",
        FIRST_ROUND,
    ),
    in_server(
        "notice-without-name",
        Life.LEAVE,
        _notice_without_name,
        like(*LEAVING, "test_a_participant*", "test_a_line*", "test_memory*"),
        "Your server tells the others that someone left, but the notice doesn't say who.",
        "Read the notice that came. From where should your server take the name, and is it still there at this moment?",
        FIRST_ROUND,
    ),
    in_server(
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
    in_server(
        "iterate-while-removing",
        Life.LEAVE,
        _changes_its_own_loop,
        like("test_several_are_lost*"),
        "Your server takes someone out of a table while it loops over this table{where}: the loop ends with "
        "RuntimeError, and who comes after that hears nothing.",
        "Two are lost, and your loop comes to the first one. What does it do to the table, and what does Python say "
        "when the loop wants to go on? Over what could it go instead, so that removing changes nothing?",
        OBVIOUS,
    ),
    in_server(
        "two-notices",
        Life.LEAVE,
        _two_notices,
        like(*LEAVING, "test_a_participant*"),
        "When one participant leaves, your server tells the others twice.",
        "Which lines of your program tell the others that someone left? Follow one way out from start to end: which "
        "two of them does it pass?",
        f"{PAGE}#questions",
    ),
    in_server(
        "file-stays-open",
        Life.LEAVE,
        _closes_without_its_file,
        like(*LEAVING, "test_the_console_closes*", "test_ctrl_c*"),
        "You close the client's socket, but `{file}` is a file of it that is still open. The connection ends only when "
        "both are closed.",
        "Which of your names belong to this connection? Which of them have you closed when the client has left?",
        CLOSES,
    ),
    in_server(
        "does-not-close",
        Life.LEAVE,
        _does_not_close,
        _waits_for_end,
        "A client has left, but your server {closes} end of stream (EOF).",
        "Your server has finished with this client. Which line tells the client's side that the connection is over, "
        "and does every way out reach it?",
        CLOSES,
        mistakes=("quit-without-close",),
    ),
    in_server(
        "does-not-close",
        Life.LEAVE,
        visitor_stays,
        like("test_ctrl_c"),
        "A client that leaves before it has a name is never closed by your server: it gets no EOF, and its socket "
        "stays.",
        "A visitor leaves without a name. Which lines of yours run for a participant who leaves, and which of them run "
        "for this one? What has to be done for both?",
        CLOSES,
    ),
    in_server(
        "never-removed",
        Life.LEAVE,
        _never_removed,
        _explains_never_removed,
        "Your server puts everyone into its list but takes no one out: those who left still count.",
        "Print your list each time someone leaves. On which of all the ways out does anyone get out of it?",
        FIRST_ROUND,
        mistakes=("slot-leak",),
    ),
    in_server(
        "never-removed",
        Life.GREET,
        _refused_counted,
        as_seen,
        "Whoever your server refuses keeps a place all the same: line {counts} counts each client before line {asks} "
        "asks whether there is room, and no line counts it back.",
        "Two take part, and a third one is refused. Print your number after that. Which line made it so large, and for "
        "whom should this line run?",
        FIRST_ROUND,
    ),
    in_server(
        "never-removed",
        Life.LEAVE,
        _place_kept_at_eof,
        like("test_several_are_lost_together"),
        "Someone who leaves with end of stream keeps the place in your server: only {{quit}} makes room for the next "
        "one.",
        "A participant can leave with {{quit}} or with end of stream, or be lost. On which of these ways does your "
        "server run the line that gives the place free? Which line do all three pass?",
        FIRST_ROUND,
        mistakes=("place-kept-at-eof",),
    ),
    in_server(
        "never-removed",
        Life.NOTICE,
        _place_kept_when_lost,
        as_seen,
        "Someone who {how} keeps the place in your server: only those who leave make room for the next one.",
        "A participant can leave, be lost, or be dropped by your server because it doesn't read. On which of these "
        "ways does the line run that gives the place free? Which line do all of them pass?",
        ERRORS,
        everyday=True,
    ),
    in_server(
        "removes-a-part",
        Life.LEAVE,
        _removes_a_part,
        like(*LEAVING, causes=("traceback",)),
        "Line {line} takes out something that isn't in the list: line {put} has put in a pair, and this is only a part "
        "of it.",
        "Print the list before line {line}. What is each of its entries, and which of them is equal to what you take "
        "out?",
        FIRST_ROUND,
    ),
    in_server(
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
    in_server(
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
    in_server(
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
    in_server(
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
    in_server(
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
    in_server(
        "closed-still-watched",
        Life.NOTICE,
        _polls_the_closed,
        like(causes=("spins",)),
        "You close a client's socket, and your server still watches it: at each round it hears at once that something "
        "is the matter there, and never rests.",
        "Where do you enter a new socket so that it is watched? Which line takes it out again, and does it run before "
        "close?",
        "lessons/1_echo.md#the-idea",
    ),
    in_both(
        "busy-loop",
        Life.NOTICE,
        _busy_loop,
        like(*LEAVING, "test_a_participant*", "test_a_visitor*", "test_the_server*", causes=("spins", "floods")),
        "After the other side ends the stream, `{call}` returns `{nothing}` immediately every time, and your loop "
        "never ends.",
        "What does your receiving call return when the other side has ended the stream? Which line of your loop leads "
        "out in this case?",
        "lessons/1_echo.md#the-idea",
        stops=True,
        mistakes=("eof-ignored", "eof-ignored-client"),
    ),
    # the console, and the end
    in_both(
        "keyboard-is-a-file",
        Life.START,
        _keyboard_is_a_file,
        as_seen,
        "Line {line} has the system watch the keyboard. That works for a terminal or a pipe, and not for a file or "
        "/dev/null: there your {program} gets an exception instead of the end of input.",
        "Start your program with `< /dev/null` behind it. Which exception comes, and from which line? What could read "
        "the keyboard in a thread of its own, whatever it is?",
        "lessons/4_peers.md#who-wakes-whom",
        rare=True,
    ),
    in_server(
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
    in_server(
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
    in_server(
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
    in_server(
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
    in_server(
        "accept-not-woken",
        Life.LEAVE,
        _accept_not_woken,
        like(*CLOSING, "test_the_console"),
        "Your server reads `/close`, but its main thread waits in `accept`{where}: it learns of the end only when the "
        "next client connects.",
        "`/close` was typed, and no one connects any more. In which call is your main thread? Which thread is awake at "
        "this moment, and could tell everyone and end the program?",
        THREADS,
    ),
    in_server(
        "no-help",
        Life.LEAVE,
        _no_help,
        as_seen,
        "At your server's keyboard a line that isn't a command gets no answer: it has to show a line of help.",
        "Someone types `/colse` at your server by mistake. What does this person see, and which line of yours runs "
        "then?",
        FIRST_ROUND,
        missing=True,
    ),
    in_server(
        "no-help",
        Life.LEAVE,
        _late_help,
        as_seen,
        "Your server's console pauses at line {line}: the lines that are typed in the meantime wait, and get "
        "their answers late.",
        "Someone types three lines quickly. When does your console read the third one, and for what does it wait "
        "before that? What else would be late if this line were /close?",
        FIRST_ROUND,
    ),
    in_server(
        "close-word-inside",
        Life.LEAVE,
        _console_loosely,
        as_seen,
        'Your server\'s console takes the line "{line}" for /close: only the line /close itself ends the chat.',
        "Someone types at the server: {line}. What exactly do you compare with the word there, and what would this "
        "person have to read instead?",
        FIRST_ROUND,
        rare=True,
    ),
    in_server(
        "stdin-buffer-and-select",
        Life.LEAVE,
        _console_in_buffer,
        as_seen,
        "select says nothing about lines that Python has already read: of several lines typed at once, your console "
        "obeys one, and the others stay in the buffer of sys.stdin until the next key.",
        "How many lines does one readline take from the system, and how many does it return? Who tells select about "
        "the rest?",
        "lessons/4_peers.md#the-idea",
        rare=True,
    ),
    in_server(
        "last-line-lost",
        Life.LEAVE,
        _console_wants_newline,
        as_seen,
        "If the input ends right after /close, without a newline, your server's console doesn't obey.",
        "Print `repr()` of what your console reads when someone types /close and presses Ctrl+D instead of Enter. With "
        "what do you compare it?",
        FIRST_ROUND,
        rare=True,
    ),
    in_server(
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
    in_server(
        "ghost-visitor",
        Life.LEAVE,
        _visitor_told,
        _explains_visitor_told,
        "Your server tells the others about someone who left without ever giving a name.",
        "A client disconnects before it gives a name. Which of your lines still run for it, and which of them need a "
        "name?",
        FIRST_ROUND,
        mistakes=("ghost-visitor",),
    ),
    in_server(
        "lock-twice",
        Life.LEAVE,
        _locks_itself,
        like(*LEAVING, *STALLS, "test_a_participant*", "test_a_line*", "test_the_console*", "test_ctrl_c*"),
        "A thread of your server waits for a lock that it holds itself{where}.",
        "Which lock does this line ask for, and which thread holds it? Follow the calls backwards from this line.",
        LOCK,
        mistakes=("lock-twice",),
    ),
    in_server(
        "lock-twice",
        Life.GREET,
        _waits_for_its_lock,
        like(causes=(*SILENT, "goes on", "unread")),
        "A thread of your server waits for a lock that it holds itself{where}.",
        "Which lock does this line ask for, and which thread holds it? Follow the calls backwards from this line.",
        LOCK,
        stops=True,
    ),
    in_server(
        "lock-twice",
        Life.NOTICE,
        _takes_lock_twice,
        like(*STALLS, "test_several_are_lost*"),
        "Your server takes a lock that the same thread holds already{where}: this thread waits for itself, and "
        "all others wait for it. It happens where someone is lost while others are told something.",
        "Which lock does this line ask for, and which thread holds it? Follow the calls backwards from this line. What "
        "could the loop that sends keep for later, until the lock is free?",
        LOCK,
        everyday=True,
    ),
    in_server(
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
    in_server(
        "end-waits-for-the-last",
        Life.LEAVE,
        _needs_someone,
        as_seen,
        "If no one is in the chat, `/close` doesn't end your server: its end waits for something that only the last "
        "one who leaves brings about.",
        "For what does your main thread wait after `/close`, and which line makes that come true? Who runs this line "
        "if the chat is empty?",
        CLOSES,
    ),
    in_server(
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
    in_client(
        "close-does-not-wake",
        Life.LEAVE,
        _closes_under_recv,
        as_seen,
        "Your client closes its socket while another thread still waits in `recv` on it: the server sees no end of "
        "stream (EOF), and that thread goes on waiting.",
        "Which thread still uses the connection when your user leaves? What does `close` do then, and which call ends "
        "the stream for both sides?",
        "lessons/4_peers.md#who-wakes-whom",
    ),
    in_server(
        "queue-join-forever",
        Life.LEAVE,
        _joins_queue,
        like(*CLOSING, "test_ctrl_c*", "test_the_console*"),
        "Your main thread waits{where} until everything in the queue is reported as done, but no one reports it.",
        "What does `join` of a queue wait for? Which line of yours tells the queue that a message has been dealt with?",
        CLOSES,
        mistakes=("queue-join-forever",),
    ),
    replace(LAST_LINE_WITHOUT_END, decides=_last_line, programs=("client",), read=CLIENT),
    in_client(
        "last-line-lost",
        Life.LEAVE,
        _last_line_lost,
        as_seen,
        "If the last typed line has no newline (Ctrl+D in the middle of a line), your client loses it.",
        "The user types a few words and presses Ctrl+D without Enter. In which variable are these words then, and "
        "which line of yours still looks at it?",
        CLIENT,
        rare=True,
    ),
    in_client(
        "leaves-untold",
        Life.LEAVE,
        _leaves_untold,
        like("test_leaving"),
        "Your user leaves, and your client tells the server nothing: it sends neither {{quit}} nor EOF, so the server "
        "and your own threads wait for more.",
        "The loop that reads what is typed is left at {{quit}}. Which line after it lets the server know, and what "
        "does your main thread wait for then?",
        CLIENT,
    ),
    in_client(
        "connects-again",
        Life.NEXT,
        _connects_again,
        like("test_the_server*"),
        "When the server ends the stream, your client connects again (line {line}) and keeps running: here the end of "
        "the stream means that the chat is over.",
        "What does `recv` return when the server ends the chat, and what does it do when the connection is lost? What "
        "should your user see in each case, and when does your client end?",
        CLIENT,
    ),
    in_client(
        "needs-enter",
        Life.LEAVE,
        _needs_enter,
        like("test_the_server*", "test_a_line*", "test_no_answer", causes=("goes on",)),
        "Your client {looks}: its main thread waits{where} until someone presses Enter.",
        "Where is your main thread at the moment when the other thread notices the end, and what must happen before it "
        "looks?",
        "lessons/4_peers.md#who-wakes-whom",
    ),
    in_client(
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
    in_client(
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
    in_client(
        "no-daemon",
        Life.LEAVE,
        _keyboard_in_executor,
        like("test_the_server*", "test_a_line*", "test_ctrl_c", causes=("goes on",)),
        "Your tasks have ended, but `asyncio` waits for its thread at the keyboard, and this thread waits for Enter.",
        "Which thread of your client reads the keyboard, and who has started it? What does `asyncio.run` do with such "
        "a thread at the end, and which kind of thread would Python not wait for?",
        "lessons/4_peers.md#starting-waiting-ending",
    ),
    in_client(
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
    in_both(
        "input-in-daemon-thread",
        Life.LEAVE,
        _keyboard_in_daemon,
        _explains_fatal,
        "A daemon thread still waits in `input()` when your {program} ends, and Python stops with a fatal error.",
        "The chat is over. Which thread still holds the keyboard when Python ends, and in which call? Which other way "
        "of reading typed lines does the page use?",
        "lessons/4_peers.md#spot-the-bug",
        stops=True,
        mistakes=("daemon-in-input", "stdin-eof"),  # the second one ends so too, before Python 3.14
    ),
    in_client(
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
    in_client(
        "keyboard-end-untold",
        Life.LEAVE,
        _end_of_keyboard_untold,
        as_seen,
        "At the end of input (Ctrl+D) your client tells the server nothing: its user is gone, and for everyone else "
        "this participant is still there.",
        "What does your loop at the keyboard do after the last line? Which lines run for `{{quit}}`, and which of them "
        "run at the end of input?",
        CLIENT,
    ),
    in_client(
        "end-unsaid",
        Life.LEAVE,
        _over_unsaid,
        as_seen,
        "When the server ends the chat, your client ends without a word: its user can't tell why.",
        "Your receiving call has returned nothing. Which lines run from there to the end of your program, and what "
        "does its user read?",
        CLIENT,
    ),
    in_client(
        "own-end-is-loss",
        Life.LEAVE,
        _own_end_is_loss,
        as_seen,
        "When {who}, your client takes this for a lost connection and ends with status 1.",
        "What does `recv` return, or raise, when the chat has ended as planned, and what when the connection is lost? "
        "Which of the two does your client see here, and which status does it give?",
        CLIENT,
    ),
    in_client(
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
    replace(SENDS_AFTER_CLOSE, decides=_sends_after_close, programs=("client",)),
    in_client(
        "empty-line",
        Life.LEAVE,
        _leaves_at_empty_line,
        as_seen,
        "An empty typed line ends your client, but only {{quit}}, /close and the end of input are a wish to leave.",
        "Someone presses Enter alone. Which of your conditions is true then, and for which lines was it meant?",
        CLIENT,
    ),
    in_client(
        "close-word-inside",
        Life.LEAVE,
        _leaves_at_other_words,
        as_seen,
        'Your client takes the typed line "{line}" for a wish to leave: only the lines {{quit}} and /close are one, '
        "exactly.",
        "Someone wants to tell the others: {line}. What exactly do you compare with the word, and what have you done "
        "to the line before?",
        CLIENT,
        mistakes=("quit-stripped-client",),
    ),
    in_client(
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
