"""What stages 1 and 2 share: a server that serves one client after another, a client that sends what is typed."""

from __future__ import annotations

import re

from parley.checks.diagnosis.catalogue.all_stages.misunderstood import condition_always_true, keyboard_once
from parley.checks.diagnosis.catalogue.all_stages.shared import (
    CLIENT,
    IDEA,
    LEFT_OUT,
    SERVER,
    SILENT,
    explains_exception,
    fact_line,
    hidden,
    raised_in,
    raised_slip,
)
from parley.checks.diagnosis.catalogue.all_stages.sockets import USES_CLOSED_SOCKET
from parley.checks.diagnosis.evidence import Case, Variation
from parley.checks.diagnosis.fault import Fault, Found, Life, as_steps, capital, everything, like, seen, standing
from parley.checks.diagnosis.syntax import compared_with_text, lacking
from parley.contract.diagnosis import Fact

AHEAD = Variation(ahead=True)


_TAKES_AT_ONCE = re.compile(r"\.get_nowait\(|\.get\((block=)?False")


def _takes_at_once(case: Case) -> Found | None:
    """A line asks a queue for what another thread receives, at once, and finds nothing there yet."""
    for fact in case.facts("raises", exception="Empty"):
        if case.fact("trouble") and _TAKES_AT_ONCE.search(fact_line(case, fact)):
            step = f"Line {fact['line']} raises queue.Empty: nothing has arrived yet."
            return Found({"line": fact["line"]}, ("A line was sent, and its answer needs a moment.", step))
    return None


def _unpacks(message: str) -> bool:
    """Whether the message of an exception is about a number of parts."""
    return "values to unpack" in message


def _busy_loop(case: Case) -> Found | None:
    """It spins as soon as the other side has said end of stream."""
    return _spins(case, "end of stream")


def _asks_its_keyboard(case: Case) -> Found | None:
    """Something came from its client, and it waits for someone to type at its own keyboard."""
    waits = standing(case, "input")
    if not waits or not case.fact("trouble") or case.fact("does_not_begin"):
        return None
    return Found({"line": waits["line"]}, as_steps("A client has sent something.", waits))


def _busy_keyboard(case: Case) -> Found | None:
    """It spins as soon as its keyboard is at its end."""
    return None if keyboard_once(case) else _spins(case, "end of input")


def _spins(case: Case, moment: str) -> Found | None:
    spins = next((fact for fact in case.facts("spins") if moment in fact.where), None)
    if not spins:
        return None
    stands = next((fact for fact in case.facts("stands") if fact.where == spins.where and fact["line"]), None)
    where = f" Its innermost line is line {stands['line']}, in {stands['function']}." if stands else ""
    compares = [
        f"Line {line} asks {condition}: bytes and a text, which are never equal."
        for line, condition in compared_with_text(case.source)[:1]
    ]
    return Found({}, (f"{capital(spins.where)} it uses all the time of a processor.{where}", *compares))


def does_not_close(case: Case) -> Found | None:
    """Its client has ended, after it was served, and never sees the end of the stream."""
    if not case.fact("end", came=False) or case.fact("spins"):
        return None
    if _file_stays_open(case):
        return None
    if not (case.fact("answer", how="same") or case.fact("entry", how="same")) and not standing(case, "recv"):
        return None  # no line of it has ever received from this client
    waiting = [fact for fact in case.facts("socket", state="CLOSE_WAIT") if "end of stream" in fact.where]
    if not waiting and not standing(case, "accept", "end of stream"):
        return None
    steps = as_steps(
        "The client has closed its sending side, and the server never ends the connection.",
        standing(case, "accept", "end of stream"),
        "The server's socket of this client is still open (CLOSE_WAIT)." if waiting else None,
    )
    return Found({}, steps)


def _never_its_turn(case: Case) -> Found | None:
    """Of two clients that are connected at once the second one is never served, although one after another they are."""
    waiting = case.failed("test_one_client_at_a_time", causes=SILENT)
    return seen(waiting) if not case.failed("test_one_client_after_another", "test_a_client_may_*") else None


def _serves_one(case: Case) -> Found | None:
    if not case.fact("ended", status=0) or case.fact("uncaught") or not case.fact("end", came=True):
        return None
    if case.fact("does_not_begin") or not (case.fact("answer", how="same") or case.fact("entry", how="same")):
        return None
    if any(fact["how"] != "same" for name in ("answer", "entry") for fact in case.facts(name, number=2)):
        return None  # its first client has not left yet, and it is done with it
    steps = ("After its first client's end of stream the program ends, with status 0.", "The next client is refused.")
    return Found({}, steps)


def _ends_at_once(case: Case) -> Found | None:
    """It connects, and is over before it has sent the line that was typed; no exception has ended it."""
    silent = case.fact("sent", number=1, how="nothing") or case.fact("said", number=1, how="nothing")
    if not silent or not case.fact("connected") or not case.fact("ended", status=0) or case.fact("uncaught"):
        return None
    if any(fact["how"] != "nothing" for name in ("sent", "said") for fact in case.facts(name)):
        return None
    if case.facts("stands", call="input"):  # it was at its keyboard, and ended with it
        return None
    if condition_always_true(case) or hidden(case) or lacking(case.source) & {"send", "keyboard"}:
        return None
    return Found({}, ("A line was typed, and nothing was sent.", "The client connected and exited with status 0."))


def _first_line_taken(case: Case) -> Found | None:
    """It is at its keyboard again, and nothing was sent; when one more line is typed, something is."""
    silent = case.fact("sent", number=1, how="nothing") or case.fact("said", number=1, how="nothing")
    waits = standing(case, "input", "line")
    if not silent or not waits:
        return None
    ahead = case.again(AHEAD, "ahead")
    if not ahead or not ahead["came"] or case.again(AHEAD, "ahead_again", came=False):
        return None
    sent = f'After a second line it sent "{ahead["came"]}".'
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits, sent))


def _waits_for_all_lines(case: Case) -> Found | None:
    """It is at its keyboard again, and nothing was sent."""
    if _first_line_taken(case):
        return None
    waits = standing(case, "input", "line")
    return _nothing_sent(case, waits) if not writes_into_file(case) else None


def _sent_not_flushed(case: Case) -> Found | None:
    """It waits for something, and nothing was sent: it is in the buffer of a file of its connection."""
    waits = standing(case, "input", "line") or standing(case, "recv", "line")
    return _nothing_sent(case, waits) if writes_into_file(case) else None


def _nothing_sent(case: Case, waits: Fact | None) -> Found | None:
    if not waits or not case.fact("sent", number=1, how="nothing"):
        return None
    return Found({}, as_steps("A line was typed, and nothing was sent.", waits))


def writes_into_file(case: Case) -> bool:
    """Whether it sends by writing into a file of its connection, which may keep what was written."""
    return bool(re.search(r"makefile\([^)]*[\"']r?w", case.source))


def _one_line_only(case: Case) -> Found | None:
    """After its first line it ends, although its keyboard does not."""
    if not case.fact("sent", number=1, how="same") or not case.fact("sent", number=2, how="nothing"):
        return None
    if not case.fact("ended", status=0) or case.fact("uncaught") or connects_again(case):
        return None
    return Found({}, ("The first typed line was sent. Then the client exited, with status 0.",))


def connects_again(case: Case) -> Found | None:
    """It has connected to the same address more than once, although its first connection had not ended."""
    connects = case.facts("connects")
    again = [fact for fact in connects if [fact["host"], fact["port"]] == [connects[0]["host"], connects[0]["port"]]]
    if len(again) < 2:
        return None
    step = (
        f"Line {again[1]['line']} of client.py connected again, although its server had not ended the first connection."
    )
    return Found({}, ("Two lines were typed.", step))


def _ends_sending(case: Case) -> Found | None:
    """A later line can't be sent: it has ended its sending side or closed its socket itself, for the host has not."""
    numbers = ("Errno 32]", "Errno 9]", "WinError 10058]", "WinError 10038]")
    raises = [fact for fact in case.facts("raises") if any(number in str(fact["message"]) for number in numbers)]
    if not raises or not case.fact("sent", number=1, how="same") or not case.fact("sent", number=2, how="nothing"):
        return None
    step = f"Line {raises[0]['line']} of client.py raises {raises[0]['exception']}: {raises[0]['message']}"
    return Found({"exception": raises[0]["exception"]}, ("The first line was sent, the second one was not.", step))


def _connects_late(case: Case) -> Found | None:
    """Where a line was typed it has connected, and where none was it has not."""
    failures = case.failed(causes=["nobody came"])
    told = [failure for failure in failures if not failure.fits(*LEFT_OUT)]
    silent = [failure for failure in told if not any(event.what == "types" for event in failure.events)]
    other_reason = _first_line_taken(case) or connects_again(case)
    return seen(silent) if case.fact("connected") and not other_reason else None


def file_left_open(case: Case) -> re.Match[str] | None:
    """Where the text makes a file of a connection that it closes, if no line closes this file; its name is [1]."""
    made = re.search(r"(\w+)\s*=\s*[\w.]*?(\w+)\.makefile\(", case.source)
    if not made or re.search(rf"\b{made[1]}\.close\(|with {made[1]}\b", case.source):
        return None
    accepted = re.search(r"(\w+)\s*,[^=\n]*=[^=\n]*\.accept\(", case.source)
    names = "|".join({made[2], accepted[1] if accepted else made[2]})
    return made if re.search(rf"\b({names})\.close\(|with ({names})\b", case.source) else None


def _file_stays_open(case: Case) -> Found | None:
    """It closes its client's socket, but not the file that it has made of it, and the client sees no end."""
    if not case.fact("end", came=False) or case.fact("spins") or not standing(case, "accept", "end of stream"):
        return None
    made = file_left_open(case)
    if not made:
        return None
    line = case.line_of(made)
    steps = as_steps(
        "The client has closed its sending side, and never saw the server close the connection.",
        standing(case, "accept", "end of stream"),
        f"Line {line} of server.py makes a file of the connection, and no line closes it.",
    )
    return Found({"file": made[1]}, steps)


FIRST_LINE_TAKEN = Fault(
    slug="first-line-taken",
    life=Life.GREET,
    decides=_first_line_taken,
    explains=everything,
    programs=("client",),
    stops=True,
    sentence="Your {program} uses the first typed line for something else, such as a name. In this stage the first "
    "line is the first message.",
    question="Which line of your program reads the keyboard first, and what does it do with that line? Who types a "
    "name in this stage?",
    read=CLIENT,
)
CONNECTS_LATE = Fault(
    slug="connects-late",
    life=Life.LISTEN,
    decides=_connects_late,
    explains=like(causes=("nobody came", "not reached")),
    programs=("client",),
    stops=True,
    sentence="Your client connects only after the user has typed a line, but it should connect as soon as it starts.",
    question="Which of your lines comes first: the one that connects, or the one that reads the keyboard? Who notices "
    "it if no server is there?",
    read=CLIENT,
)
CONNECTION_PER_LINE = Fault(
    slug="connection-per-line",
    life=Life.NEXT,
    decides=connects_again,
    explains=everything,
    programs=("client",),
    stops=True,
    sentence="Your client makes a new connection for each line, but one conversation is one connection.",
    question="How often does your line that connects run? Where does it have to be to run once?",
    read=CLIENT,
    mistakes=("connection-per-line",),
)
ENDS_AT_ONCE = Fault(
    slug="ends-at-once",
    life=Life.GREET,
    decides=_ends_at_once,
    explains=everything,
    programs=("client",),
    stops=True,
    sentence="Your client exits before it has sent what the user types: it reaches its last line at once.",
    question="Which line of yours waits for the user, and in which thread does it run? What does the main thread do "
    "in the meantime, and what happens to the others when it ends?",
    read=CLIENT,
)
TAKES_AT_ONCE = Fault(
    slug="does-not-wait",
    life=Life.TAKE,
    decides=_takes_at_once,
    explains=like(causes=("silence", "silent screen", "other print", "unwanted print", "unread", "ended", "goes on")),
    programs=("client",),
    stops=True,
    sentence="Line {line} doesn't wait for the answer: it looks into the queue at once, when nothing has arrived yet.",
    question="How long does an answer need, and what does your client do in the meantime? Which way to ask a queue "
    "waits until something is in it?",
    read=IDEA,
)
OTHER_PARTS = Fault(
    slug="exception",
    life=Life.TAKE,
    decides=raised_slip("ValueError", fits=_unpacks),
    explains=explains_exception,
    stops=True,
    sentence="Line {line} takes apart what has another number of parts than it has names for ({message}).",
    question="Print repr() of what line {line} takes apart. How many parts can there be when two lines arrive "
    "together, or a line with more words? What cuts only once?",
    read=SERVER,
)
ONE_AFTER_ANOTHER = [
    FIRST_LINE_TAKEN,
    ENDS_AT_ONCE,
    TAKES_AT_ONCE,
    OTHER_PARTS,
    USES_CLOSED_SOCKET,
    Fault(
        slug="asks-its-keyboard",
        life=Life.GREET,
        decides=_asks_its_keyboard,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server stops at line {line} and waits for someone at its own keyboard. In this stage no one "
        "types there.",
        question="What does your server need for its next step: something from the client, or something from a "
        "keyboard? Who sits at the keyboard of a server?",
        read=IDEA,
    ),
    Fault(
        slug="file-stays-open",
        life=Life.NOTICE,
        decides=_file_stays_open,
        explains=like("test_the_end_*", "test_one_client_*", "test_nothing_*", causes=("silence",)),
        programs=("server",),
        sentence="You close the client's socket, but {file} is a file of it that is still open. The connection ends "
        "only when both are closed.",
        question="Which of your names belong to this connection? Which of them have you closed when the client has "
        "left?",
        read="lessons/2_logbook.md#the-server",
    ),
    Fault(
        slug="busy-loop",
        life=Life.NOTICE,
        decides=_busy_loop,
        explains=like(
            "test_the_end_*",
            "test_one_client_*",
            "test_a_client_*",
            "test_nothing_*",
            "test_the_last_line",
            causes=("spins",),
        ),
        programs=("server",),
        stops=True,
        sentence="After the client closes its sending side, recv returns b'' immediately, again and again, and "
        "nothing ends your loop: it runs forever.",
        question="What does recv return when the client has nothing more to send, and what does your loop do then? "
        "Which line gets out of it?",
        read=IDEA,
        mistakes=("eof-ignored", "bytes-vs-str"),
    ),
    Fault(
        slug="does-not-close",
        life=Life.NOTICE,
        decides=does_not_close,
        explains=like("test_the_end_*", "test_one_client_*", "test_nothing_*", causes=("silence",)),
        programs=("server",),
        sentence="When the client closes its sending side, your server never closes the client's socket, so the "
        "client never sees EOF.",
        question="recv has returned b''. What happens to the client's socket after that? Which line tells the client "
        "that the conversation is over?",
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
        sentence="Your server accepts exactly one client: when that client leaves, your program exits.",
        question="When the first client leaves, which line runs next? How could your program get back to accept?",
        read=SERVER,
        mistakes=("serve-once", "one-client-only"),
    ),
    Fault(
        slug="never-its-turn",
        life=Life.NEXT,
        decides=_never_its_turn,
        explains=like("test_a_client_is_lost", "test_a_client_gives_up", causes=(*SILENT, "unread")),
        programs=("server",),
        fallback=True,
        sentence="A client that connects while your server serves another one never gets its turn: when the first one "
        "has left, nothing is read from the second.",
        question="Connect twice with netcat, and type in both windows; then end the first one. Which line should now "
        "turn to the second one, and does it run?",
        read=SERVER,
    ),
    CONNECTION_PER_LINE,
    Fault(
        slug="ends-sending-too-early",
        life=Life.NEXT,
        decides=_ends_sending,
        explains=raised_in,
        programs=("client",),
        stops=True,
        sentence="Your client closes its socket, or its sending side, after the first line, although the user can "
        "still type.",
        question="Which line calls close or shutdown, and how often does it run? When does your client have nothing "
        "more to say?",
        read=CLIENT,
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_line_only,
        explains=like(
            *("test_line_after_line", "test_several_lines_at_once", "test_the_blanks_of_a_line", "test_what_is_*"),
            *("test_it_is_*", "test_the_end_of_the_keyboard", "test_the_screen_shows_it_at_once", "test_a_long_line"),
        ),
        programs=("client",),
        stops=True,
        sentence="Your client sends one line and exits, although the user can still type.",
        question="How often does your line that reads the keyboard run? What would make it run again?",
        read=CLIENT,
    ),
    Fault(
        slug="sent-not-flushed",
        life=Life.TAKE,
        decides=_sent_not_flushed,
        explains=like(causes=("silence",)),
        programs=("client",),
        sentence="What you write into the connection's file stays in its buffer: nothing is sent until it is flushed.",
        question="When does a file hand over what you wrote? What makes it do so immediately?",
        read=CLIENT,
        mistakes=("file-not-flushed-client",),
    ),
    Fault(
        slug="waits-for-all-lines",
        life=Life.TAKE,
        decides=_waits_for_all_lines,
        explains=like(causes=("silence",)),
        programs=("client",),
        sentence="Your client sends nothing as long as the user can still type: it reads all of its input first.",
        question="When does your loop start to send: after each typed line, or after the last one?",
        read=CLIENT,
        mistakes=("process-after-eof-client",),
    ),
    Fault(
        slug="busy-loop",
        life=Life.LEAVE,
        decides=_busy_keyboard,
        explains=like("test_the_keyboard_ends", "test_the_end_of_the_keyboard", causes=("spins",)),
        programs=("client",),
        stops=True,
        sentence="At the end of input your loop keeps asking for the next line, and never stops.",
        question="What does your line that reads the keyboard return or raise when there is no more input (Ctrl+D)? "
        "Which line of yours checks for that?",
        read=CLIENT,
    ),
]
