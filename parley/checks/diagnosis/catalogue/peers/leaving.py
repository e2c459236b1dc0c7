"""Stage 4: faults that show when someone leaves or is lost, and when a program ends."""

from __future__ import annotations

import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.ending import holds_keyboard
from parley.checks.diagnosis.catalogue.all_stages.shared import SLIPS, SOCKET_TROUBLE
from parley.checks.diagnosis.catalogue.conversation import (
    BUSY_LOOP,
    LAST_LINE_WITHOUT_END,
    LONGEST,
    NO_LINE_END,
    SENDS_AFTER_CLOSE,
    lacks_line_end,
    sent_too_much,
)
from parley.checks.diagnosis.catalogue.peers.shared import (
    BEGIN,
    CLIENT,
    CLOSE,
    CLOSES,
    ERRORS,
    LOG,
    LOG_OF_END,
    QUIET,
    RECEIVER,
    SENDER,
    TYPES_CLOSE,
    WAKE,
    WITHOUT_A_WORD,
    after_it_is_over,
    explains_hanging,
    goes_on_after,
    not_even_a_chat,
    thread_stands,
)
from parley.checks.diagnosis.contact import shown
from parley.checks.diagnosis.evidence import CTRL_C, RESET, Case, Failure
from parley.checks.diagnosis.fault import (
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
from parley.checks.diagnosis.syntax import empty_functions, never_equal, wakes_in_vain
from parley.contract.diagnosis import Fact

MISTAKES = "lessons/4_peers.md#spot-the-bug"
DAEMON = re.compile(r"daemon\s*=\s*True|setDaemon|start_new_thread")
DAEMONS_END = "its main thread has nothing more to do, and daemon threads end with it"
LOST = ("test_the_*_goes_without_a_word", "test_the_*_is_lost")


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


def _serves_on(case: Case) -> Found | None:
    """The chat is over, and main waits for the next client."""
    goes_on = goes_on_after(case, CLOSES)
    accepts = thread_stands(case, "accept", "main", CLOSES)
    served = case.fact("next_guest", served=True)
    if not goes_on or not (accepts or (served and served.where == goes_on.where)):
        return None
    main = accepts or thread_stands(case, thread="main", where=CLOSES)
    next_one = "The next client that connected was greeted." if served else None
    where = f" at line {main['line']}" if main and main["line"] else ""
    step = "The other side said /close, and the server kept running."
    return Found({"where": where}, as_steps(step, main, next_one))


def _no_close_word(case: Case) -> Found | None:
    """/close came, and is shown as a message, or the receiver goes on waiting."""
    goes_on = goes_on_after(case, CLOSES)
    waits = thread_stands(case, "recv", where=CLOSES)
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


def _input_in_daemon_thread(case: Case) -> Found | None:
    logs = [str(fact["log"]) for fact in case.facts("screen") if holds_keyboard(str(fact["log"]))]
    failures = [failure for failure in case.failures if holds_keyboard(failure.shown("logs"))]
    if not logs and not failures:
        return None
    line = "Python's last words: Fatal Python error: _enter_buffered_busy: could not acquire lock for stdin."
    return Found({}, ("When the program ended, a daemon thread still waited in input().", line), tuple(failures))


def _keyboard_at_the_end(case: Case) -> tuple[Fact, Fact | None] | None:
    """Where main, and the thread at the keyboard, stand when the chat is over and the program goes on."""
    goes_on = goes_on_after(case)
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
    other = other or thread_stands(case, thread="another", where=main.where)
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
    if not goes_on_after(case, CLOSES) and _lost_unnoticed(case):  # it knows of a polite end
        return None
    main = stands[0]
    step, enter = f"{capital(main.where)} the program kept running.", _enter_ends(case, main)
    notices = "notices the end only when someone presses Enter" if enter else "keeps running when the chat is over"
    return Found({"line": main["line"], "notices": notices}, as_steps(step, main, wakes_in_vain(case.source), enter))


def _exit_in_thread(case: Case) -> Found | None:
    """sys.exit was called in a thread, and the program went on."""
    if not goes_on_after(case):
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
    stands = _keyboard_at_the_end(case) if goes_on_after(case, CLOSES) else None
    if (
        not stands
        or thread_stands(case, "recv", where=stands[0].where)
        or stands[0]["call"] not in ("wait", "sleep", "get")
    ):
        return None
    main = stands[0]
    return Found({"line": main["line"]}, as_steps(f"{capital(main.where)} the program kept running.", main))


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
    stands = as_steps(thread_stands(case, thread="main", where=TYPES_CLOSE))
    return Found({"leaves": stays}, ("/close was typed; nothing came, and the stream did not end.", *stands))


def _close_not_sent_at_the_end(case: Case) -> Found | None:
    if not case.fact("close", how="same"):
        return None
    failures = case.failed("test_the_end_of_the_keyboard", causes=("end", "ended", "silence", "other bytes"))
    failures = [failure for failure in failures if failure.expected in (None, b"/close\n")]
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
    return Found({}, as_steps(step, leaves, thread_stands(case, thread="main", where=TYPES_CLOSE)), tuple(failures))


def _explains_own_close(case: Case, found: Found, failure: Failure) -> bool:
    """Where it also goes on after the other's /close, that has another reason."""
    own = failure.fits("test_the_user_closes", "test_the_end_of_the_keyboard")
    return own or (failure.cause == "goes on" and not goes_on_after(case, CLOSES))


def _sends_after_close(case: Case) -> Found | None:
    """/close was typed and sent, and more comes after it."""
    if _close_not_heard(case):
        return None
    return sent_too_much(case.failed("test_the_user_closes", causes=["too much"]), "/close")


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
    keyboard = thread_stands(case, "input", where=TYPES_CLOSE)
    if not case.fact("close", how="same") or not keyboard:
        return None
    hangs = case.failed("test_the_user_closes", causes=("silence", "goes on", "other status"))
    if not case.fact("leaves", ended=True, status=0):  # it doesn't leave, and what is typed next is sent as well
        hangs += case.failed("test_the_user_closes", causes=["too much"])
    if not hangs or thread_stands(case, "join", "main", TYPES_CLOSE):
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


def time_limit(case: Case) -> Fact | None:
    """A line of the program raises, since a time limit of its socket was reached."""
    return next((fact for fact in case.facts("raises") if "timed out" in str(fact["message"]) and fact["line"]), None)


def _timeout_stays(case: Case) -> Found | None:
    limit = time_limit(case)
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
    soon = not found.failures and after_it_is_over(case, found, failure)
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
    stands = thread_stands(case, thread="another", where=spins.where)
    step = f"{capital(spins.where)} it uses all the time of a processor."
    return Found({}, as_steps(step, stands))


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


def _same_exception(case: Case, found: Found, failure: Failure) -> bool:
    return failure in found.failures or failure.exception == found.details["exception"]


def _lost_unnoticed(case: Case) -> Found | None:
    """An end of the stream without /close: it goes on, or leaves without a word as after a goodbye."""
    crashes = _crash_at_a_loss(case)
    raised = [failure for failure in case.failed(*LOST) if _raises_itself(case, failure)]
    if (raised or not crashes) and goes_on_after(case, WITHOUT_A_WORD) and not goes_on_after(case, CLOSES):
        stands = thread_stands(case, thread="main", where=WITHOUT_A_WORD)
        only = f"{raised[0].exception}{raised[0].facts['where']} ends only that thread." if raised else None
        steps = as_steps("After /close it exits. After EOF without /close, it keeps running.", only, stands)
        return Found({"does": "keeps running"}, steps)
    silent = [failure for failure in case.failed(*LOST, causes=("other status",)) if _says_nothing(failure)]
    silent = [failure for failure in silent if not _said_no_name(failure)]
    step = "After EOF without /close it exits with status 0 and prints nothing."
    return seen(silent, step, does="ends as if /close had arrived")


LOST_BEFORE = {
    "other status": "exits with {status}",
    "wordless": "exits without a message",
    "goes on": "keeps running",
    "unwanted print": 'shows "None" in the place of a name',
}


def _lost_before_the_name(case: Case) -> Found | None:
    """In the chat it notices a loss, as the same test has seen before, and not if no name has come yet."""
    for failure in case.failed(*LOST, causes=LOST_BEFORE):
        if _said_no_name(failure) and not failure.exception:
            step = "In the chat a loss was noticed. Then another one connected, said nothing, and was lost."
            does = LOST_BEFORE[failure.cause].format(status=failure.facts.get("status") or "status 0")
            return seen([failure], step, as_step(failure), does=does)
    return None


def _said_no_name(failure: Failure) -> bool:
    """Whether the one who was lost at last had not said anything."""
    lost = [event.who for event in failure.events if event.what in ("ends stream", "resets")]
    return bool(lost) and not failure.shown("sends", lost[-1])


def _says_nothing(failure: Failure) -> bool:
    """Whether nothing was shown or logged after the loss."""
    after = [event.what for event in failure.events]
    losses = [number for number, what in enumerate(after) if what in ("ends stream", "resets")]
    return bool(losses) and not {"prints", "logs"} & set(after[losses[-1] :])


def _explains_busy_loop(case: Case, found: Found, failure: Failure) -> bool:
    turns = failure.cause in ("spins", "floods", "goes on")
    return turns or (failure.fits("test_the_*_goes_without_a_word") and not not_even_a_chat(failure))


def _explains_serving(case: Case, found: Found, failure: Failure) -> bool:
    own = failure.fits("test_the_user_closes", "test_the_end_of_the_keyboard", "test_the_*_goes_*", "test_the_*_lost")
    return own or explains_hanging(case, found, failure)


ENDS_TOO_EARLY = Fault(
    slug="ends-too-early",
    life=Life.TAKE,
    decides=lambda case: _over_already(case) or _leaves_when_quiet(case),
    explains=after_it_is_over,
    stops=True,
    sentence="Your {program} exits {when}, in the middle of the chat: {why}.",
    question="Which line does your main thread run last, and when? For what should it wait before that, and who "
    "could tell it?",
    read=BEGIN,
)
SERVES_ON = Fault(
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
)
FAULTS = [
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
        explains=explains_hanging,
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
        explains=explains_hanging,
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
        explains=explains_hanging,
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
        explains=explains_hanging,
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
        explains=explains_hanging,
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
        explains=explains_hanging,
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
        slug="lost-before-the-name",
        life=Life.NOTICE,
        decides=_lost_before_the_name,
        sentence="If the other side is lost before it has sent its name, your {program} {does}. This is a loss like "
        "any other: a one-line message and status 1.",
        question="The stream ends, or is reset, and not even the first line has come. Which of your lines run then, "
        "and which value does the other's name have there?",
        read=ERRORS,
        mistakes=("reset-before-the-name",),
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
    replace(SENDS_AFTER_CLOSE, decides=_sends_after_close),
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
