"""A program that does several things at once: with threads and locks, or with queues, select and coroutines."""

from __future__ import annotations

import ast
import re
from typing import TypeGuard

from parley.checks.diagnosis.catalogue.all_stages.shared import IDEA, SILENT
from parley.checks.diagnosis.catalogue.all_stages.waiting import NOT_BLOCKING, WOULD_BLOCK, does_not_wait
from parley.checks.diagnosis.coroutines import awaited_in_turn, in_coroutine, unsafe_call
from parley.checks.diagnosis.evidence import KEYBOARD_END, Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, everything, seen
from parley.checks.diagnosis.syntax import name_of, nodes
from parley.checks.diagnosis.threads import (
    bound_late,
    keyboard_in_two_ways,
    never_started,
    started_later,
    thread_of,
    under_lock,
    watched_keyboard,
)
from parley.contract.diagnosis import Detail


def _empty_queue(case: Case) -> Found | None:
    """A thread takes from a queue with a limit of time, and nothing catches what comes at its end."""
    empty = case.failed(exceptions=["Empty"])
    takes = [failure.line for failure in empty if re.search(r"\.get(_nowait)?\(", case.line(failure.line))]
    return seen(empty, line=takes[0]) if takes else None


def _send_would_block(case: Case) -> Found | None:
    """A line that sends raises at once where the other side reads too slowly: its sockets don't block."""
    full = case.failed(exceptions=["BlockingIOError"])
    sends = [failure.line for failure in full if re.search(r"\.(send|write)", case.line(failure.line))]
    if sends:
        return seen(full, line=sends[0])
    caught = [failure for failure in case.failed() if failure.given and WOULD_BLOCK.search(failure.shown("logs"))]
    never_waits, first = NOT_BLOCKING.search(case.source), re.search(r"\.send\w*\(", case.source)
    if not caught or not never_waits or not first or does_not_wait(case):
        return None
    says = WOULD_BLOCK.search(caught[0].shown("logs"))
    step = f'Its log: "{says[0].decode(errors="replace").strip()[-100:]}"' if says else None
    line = case.line_of(never_waits)
    text = case.written(line)
    return seen(caught, *as_steps(as_step(caught[0]), step, text), line=case.line_of(first))


def _cancelled(case: Case) -> Found | None:
    """asyncio.run is at its end, and cancels the coroutines that still wait: each raises CancelledError."""
    failures = case.failed(exceptions=["CancelledError"])
    lines = [failure.line for failure in failures if in_coroutine(case.source, failure.line)]
    return seen(failures, line=lines[0]) if lines else None


def _select_and_buffer(case: Case) -> Found | None:
    """It asks select about its keyboard, and of several lines that were typed at once not all are sent."""
    watched = watched_keyboard(case.source)
    at_once = [failure for failure in case.failed(causes=("silence", "part")) if _stays_unsent(failure)]
    if not watched or not at_once or _two_ways(case):
        return None
    asks = f"Line {watched.line} of {case.program}.py has select watch the keyboard."
    reads = f"Line {watched.reads} reads one line of it: {watched.call}"
    return seen(at_once, "Several lines were typed at once, and not all of them were sent.", asks, reads)


def _two_ways(case: Case) -> Found | None:
    """It reads its keyboard through Python's buffer, and past it, and lines that were typed at once are not sent."""
    ways = keyboard_in_two_ways(case.source)
    lost = [failure for failure in case.failed(causes=("silence", "part")) if _awaits_a_typed_one(failure)]
    if not ways or not lost:
        return None
    ahead, past = (f"Line {way.line} of {case.program}.py: {way.call}" for way in ways)
    details: dict[str, Detail] = {"first": ways[0].line, "second": ways[1].line, "call": ways[0].call}
    return seen(lost, "Several lines were typed at once, and not all of them were sent.", ahead, past, **details)


def _awaits_a_typed_one(failure: Failure) -> bool:
    """Whether a line is awaited that was typed together with others, and nothing of it came."""
    wanted = failure.expected.removesuffix(b"\n") if isinstance(failure.expected, bytes) else b""
    typed = [event.data.split(b"\n") for event in failure.events if event.what == "types"]
    came = b"".join(event.data for event in failure.events if event.what == "receives")
    together = any(wanted in lines for lines in [*typed, *_typed_at_once(failure)] if len(lines) > 1)
    return bool(wanted) and together and wanted not in came.split(b"\n")


def _stays_unsent(failure: Failure) -> bool:
    """Whether several lines were typed at once, and a later one of them didn't come."""
    came = b"".join(event.data for event in failure.events if event.what == "receives")
    for typed in _typed_at_once(failure):
        first, rest = typed[0], b"".join(typed[1:])
        if rest and first in came and (failure.cause == "part" or _awaits_one_of(failure, typed[1:])):
            return True
    return False


def _awaits_one_of(failure: Failure, lines: list[bytes]) -> bool:
    wanted = failure.expected
    return not isinstance(wanted, bytes) or wanted.removesuffix(b"\n") in lines


def _typed_at_once(failure: Failure) -> list[list[bytes]]:
    """The groups of lines that were typed at the program's keyboard one after the other, with nothing between."""
    groups: list[list[bytes]] = [[]]
    for event in failure.events:
        if event.what == "types":
            groups[-1] += event.data.split(b"\n")
        elif event.what in ("sends", "receives", "prints"):
            groups.append([])
    return [group for group in groups if len(group) > 1]


def _explains_unsent(case: Case, found: Found, failure: Failure) -> bool:
    """Whatever waits for lines that were typed at once, or for what would have come after them."""
    waits = failure.cause in (*SILENT, "part", "goes on", "unread", "ended", "end")
    return failure in found.failures or (waits and bool(_typed_at_once(failure)))


def _arguments_of_thread(case: Case) -> Found | None:
    logs = [str(fact["log"]) for fact in case.facts("screen")]
    words = "argument after * must be an iterable"
    line = next((line for log in logs for line in log.splitlines() if words in line), "")
    return Found({}, (f"A thread ends as soon as it begins: {line[:150]}",)) if line else None


_OTHER_ARGUMENTS = re.compile(r"TypeError: (?:\w+\.)*(\w+)\(\) ((?:missing|takes) [^\n]*)")


def _other_arguments(case: Case) -> Found | None:
    """A thread calls its function with other arguments than this function takes."""
    logs = [str(fact["log"]) for fact in case.facts("screen")]
    logs += [failure.shown("logs").decode(errors="replace") for failure in case.failed(exceptions=["TypeError"])]
    raised = next((found for log in logs if (found := _OTHER_ARGUMENTS.search(log))), None)
    made = thread_of(case.source, raised[1]) if raised else 0
    if not raised or not made:
        return None
    text = case.written(made)
    return Found({"line": made, "function": raised[1], "says": raised[2]}, (raised[0], text))


def _core_or_silent(case: Case, found: Found, failure: Failure) -> bool:
    """What a thread that doesn't do its work may make fail."""
    return failure.kind == "core" or failure.cause in (*SILENT, "goes on")


def _never_started(case: Case) -> Found | None:
    """A thread is made, no line starts it, and no thread was seen that runs its function."""
    made = never_started(case.source) if case.fact("trouble") else None
    if not made or (made.function not in ("", "run") and case.fact("stands", thread=made.function)):
        return None
    runs = f"{made.function}() never runs" if made.function else "its function never runs"
    step = f"Line {made.line} of {case.program}.py has a new thread, and no line calls its start()."
    seen_there = case.fact("stands", thread="main")
    return Found({"line": made.line, "runs": runs}, as_steps(step, seen_there))


FOR_NO_PEER = ("input", "join", "wait", "sleep", "get")  # what the other side can't bring to an end


def _started_later(case: Case) -> Found | None:
    """The main thread waits in a line before the one that starts a thread, and no thread runs what that one should."""
    if not case.fact("trouble"):
        return None
    for main in case.facts("stands", thread="main"):
        if main["call"] not in FOR_NO_PEER or not main["line"]:
            continue  # what comes from the other side, such as its name, may well be awaited first
        running = {fact["thread"] for fact in case.facts("stands") if fact.where == main.where}
        for late in started_later(case.source, str(main["function"]), int(main["line"])):
            if late.function and late.function not in running:
                step = f"Line {late.line} of {case.program}.py starts the thread of {late.function}(), and hasn't run."
                details: dict[str, Detail] = {"line": late.line, "function": late.function, "waits": main["line"]}
                return Found(details, as_steps(main, step))
    return None


def _bound_late(case: Case) -> Found | None:
    """Threads run a lambda that was made in a loop: all of them find what the loop's variable was at its end."""
    late = bound_late(case.source) if case.fact("trouble") else None
    if not late:
        return None
    step = f"Line {late.line} of {case.program}.py makes a function that looks {late.name} up when its thread runs."
    stand = [fact for fact in case.facts("stands") if fact["thread"] == "<lambda>"]
    return Found({"line": late.line, "name": late.name}, as_steps(step, *stand[:2]))


def _reads_under_lock(case: Case) -> Found | None:
    """A thread waits for the keyboard, or for data, with a lock for which another thread waits."""
    for call, what, comes in (("input", "the keyboard", "is typed"), ("recv", "the other side", "arrives")):
        for reads in case.facts("stands", call=call):
            lock = under_lock(case.source, int(reads["line"]))
            waits = next((fact for fact in case.facts("stands", call="lock") if fact.where == reads.where), None)
            if lock and waits:
                details = {"line": lock, "input": reads["line"], "what": what, "comes": comes}
                return Found(details, as_steps(reads, waits))
    return None


def _reads_all_of_the_keyboard(case: Case) -> Found | None:
    """A thread stands in a call that reads the keyboard to its end."""
    whole = {node.lineno: ast.unparse(node) for node in nodes(case.source) if _reads_to_the_end(node)}
    for keyboard in case.facts("stands", call="input"):
        line = int(keyboard["line"])
        if line in whole and case.fact("trouble"):
            return Found({"line": line, "call": whole[line]}, as_steps(keyboard))
    return None


def _reads_to_the_end(node: ast.AST) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call) or node.args or not ast.unparse(node.func).startswith(("sys.stdin.", "stdin.")):
        return False
    return name_of(node.func) in ("read", "readlines")


def _unsafe_call(case: Case) -> Found | None:
    """Nothing came of what was typed: the thread that reads it calls what only the thread of asyncio may call."""
    unsafe = unsafe_call(case.source)
    typed = [failure for failure in case.failed(causes=(*SILENT, "silent screen", "goes on")) if _was_typed(failure)]
    begins = case.fact("does_not_begin")
    if not unsafe or not (typed or begins):
        return None
    step = f"The thread of {unsafe.function}() runs line {unsafe.line} of {case.program}.py: {unsafe.call}()."
    then = as_step(typed[0]) if typed else None
    return Found({"line": unsafe.line, "call": unsafe.call}, as_steps(step, then), tuple(typed))


def _explains_unsafe(case: Case, found: Found, failure: Failure) -> bool:
    return failure in found.failures or bool(case.fact("does_not_begin"))


def _in_turn(case: Case) -> Found | None:
    """Something is missing, and of two coroutines that should run side by side one waits for the end of the other."""
    turn = awaited_in_turn(case.source)
    if not turn or not case.fact("trouble"):
        return None
    first, second = turn
    name = name_of(first.func)
    step = f"Line {first.lineno} of {case.program}.py awaits {name}(), and only then line {second.lineno} runs."
    return Found({"line": first.lineno, "name": name, "second": second.lineno}, (step,))


def _was_typed(failure: Failure) -> bool:
    """Whether the last thing that was done is that something was typed, or that the keyboard ended."""
    return failure.moment == KEYBOARD_END or bool(failure.given and failure.given[-1].what == "types")


def _never_notified(case: Case) -> Found | None:
    """A thread waits for a condition, and no line of the program notifies one."""
    words = {name_of(node) for node in nodes(case.source)}
    if "Condition" not in words or words & {"notify", "notify_all", "notifyAll"}:
        return None
    for waits in case.facts("stands", call="wait"):
        if under_lock(case.source, int(waits["line"])):
            return Found({"line": waits["line"]}, as_steps(waits, f"No line of {case.program}.py calls notify()."))
    return None


FAULTS = [
    Fault(
        slug="thread-arguments",
        life=Life.START,
        decides=_arguments_of_thread,
        explains=lambda case, found, failure: failure.exception == "TypeError" or failure.kind == "core",
        stops=True,
        sentence="A thread ends as soon as it begins, because its args are no list or tuple.",
        question="What type has what stands behind args= in your line with Thread? What do parentheses around one "
        "single value make of it?",
        read="lessons/4_peers.md#the-idea",
        mistakes=("args-not-tuple",),
    ),
    Fault(
        slug="thread-arguments",
        life=Life.START,
        decides=_other_arguments,
        explains=everything,
        stops=True,
        sentence="The thread at line {line} ends as soon as it begins. Python says: {function}() {says}.",
        question="How many arguments does {function}() take, and how many stand behind args= in line {line}?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="thread-never-started",
        life=Life.START,
        decides=_never_started,
        explains=_core_or_silent,
        stops=True,
        sentence="The thread at line {line} is made but never started, so {runs}.",
        question="What does Thread(...) do, and what does start() do? How many threads run in your program right now?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="waits-before-start",
        life=Life.START,
        decides=_started_later,
        explains=_core_or_silent,
        stops=True,
        sentence="The thread of {function} starts too late: your main thread waits at line {waits}, and line {line} "
        "starts this thread only after that.",
        question="Which of your threads run while main is at line {waits}? Whose work does the other side wait for, "
        "and from which line on is it done?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="bound-late",
        life=Life.START,
        decides=_bound_late,
        explains=_core_or_silent,
        stops=True,
        sentence="The lambda in line {line} looks `{name}` up only when its thread runs, and then the loop is over: "
        "all threads run the same function.",
        question="When does the loop change `{name}` for the last time, and when does each thread look at it? How can "
        "target and args say it without a lambda?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="lock-while-reading",
        life=Life.TAKE,
        decides=_reads_under_lock,
        explains=_core_or_silent,
        stops=True,
        sentence="Your {program} holds the lock of line {line} while it waits for {what} (line {input}): until "
        "something {comes}, no other thread gets this lock.",
        question="Who holds the lock while nothing {comes}, and who waits for it? Which line needs it, and which one "
        "only waits?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="keyboard-read-whole",
        life=Life.TAKE,
        decides=_reads_all_of_the_keyboard,
        explains=_core_or_silent,
        stops=True,
        sentence="Line {line} reads the keyboard to its end: {call} returns only when no more can be typed, so no line "
        "is sent before that.",
        question="When does {call} return if someone types one line and waits for an answer? Which loop gets each line "
        "as soon as it is typed?",
        read="lessons/4_peers.md#the-sender",
        mistakes=("process-after-eof-client",),
    ),
    Fault(
        slug="never-notified",
        life=Life.ANSWER,
        decides=_never_notified,
        explains=_core_or_silent,
        stops=True,
        sentence="A thread waits for a condition in line {line}, and no line of your {program} notifies it: it waits "
        "forever.",
        question="What wakes a thread that waits for a condition? Which line changes what this thread waits for, and "
        "what should it say right after that? What would a queue do instead?",
        read="lessons/4_peers.md#who-wakes-whom",
    ),
]

# select, queues, sockets that don't block, coroutines
OTHER_WAYS = [
    Fault(
        slug="stdin-buffer-and-select",
        life=Life.TAKE,
        decides=_select_and_buffer,
        explains=_explains_unsent,
        sentence="select says nothing about lines that Python has already read: of several lines typed at once, yours "
        "sends one, and the others stay in the buffer of sys.stdin.",
        question="How many lines does one readline take from the system, and how many does it return? Who tells select "
        "about the rest?",
        read="lessons/4_peers.md#the-idea",
    ),
    Fault(
        slug="keyboard-in-two-ways",
        life=Life.TAKE,
        decides=_two_ways,
        explains=_explains_unsent,
        sentence="Your {program} reads its keyboard in two ways: {call} in line {first} may take more than one line "
        "into its buffer, and line {second} never looks there.",
        question="Someone pastes three lines at once. Where are the second and the third when line {first} has "
        "returned the first one? Which one way of reading could do for both?",
        read="lessons/4_peers.md#the-sender",
    ),
    Fault(
        slug="empty-queue",
        life=Life.NEXT,
        decides=_empty_queue,
        everyday=True,
        sentence="Line {line} takes from a queue that is empty, and nothing catches the exception queue.Empty: it ends "
        "this thread{where}.",
        question="What does get do when nothing comes in time, and what then happens to the loop around it? How long "
        "may a user be silent in a chat?",
        read="lessons/5_broadcast.md#the-threads",
    ),
    Fault(
        slug="send-would-block",
        life=Life.NOTICE,
        decides=_send_would_block,
        everyday=True,
        sentence="Line {line} sends on a socket that doesn't block: where the other side reads too slowly, it raises "
        "BlockingIOError, and the rest is never sent.",
        question="What does send do on such a socket when the system has no room for more? Where do the bytes wait "
        "then, who sends them later, and how many may wait at most?",
        read="lessons/5_broadcast.md#one-sender",
    ),
    Fault(
        slug="cancelled",
        life=Life.LEAVE,
        decides=_cancelled,
        sentence="At its end your program cancels a coroutine that still waits at line {line}: there it raises "
        "CancelledError, and your user gets a traceback.",
        question="Which of your coroutines still wait when main is over? What ends each of them before that, and who "
        "waits for it?",
        read="lessons/5_broadcast.md#who-opens-who-closes",
    ),
    Fault(
        slug="not-threadsafe",
        life=Life.TAKE,
        decides=_unsafe_call,
        explains=_explains_unsafe,
        sentence="Line {line} calls {call}() in another thread than that of `asyncio`: it isn't woken, and sleeps on.",
        question="Which thread runs line {line}, and which one waits for what it does? Which call of the loop hands a "
        "function over from another thread?",
        read=IDEA,
    ),
    Fault(
        slug="coroutines-in-turn",
        life=Life.START,
        decides=_in_turn,
        explains=_core_or_silent,
        stops=True,
        sentence="Line {line} waits until {name}() is over, and only then line {second} begins: await runs coroutines "
        "one after the other, not side by side.",
        question="When does {name}() end, and what should happen in the meantime? Which call of asyncio runs two "
        "coroutines at the same time?",
        read=IDEA,
    ),
]
