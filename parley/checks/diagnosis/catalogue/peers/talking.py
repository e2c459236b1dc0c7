"""Stage 4: faults that show while both talk: a line isn't shown or sent, or the threads don't do their work."""

from __future__ import annotations

import ast
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.log import SHOWN_ON_STDERR, shown_on_stderr
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import writes_into_file
from parley.checks.diagnosis.catalogue.all_stages.shared import SOCKET_TROUBLE
from parley.checks.diagnosis.catalogue.all_stages.sockets import CLOSED
from parley.checks.diagnosis.catalogue.conversation import (
    BYTES_SHOWN_AS_B,
    CHUNK_REPLACED,
    KEYBOARD_READ_TWICE,
    OUTPUT_NOT_FLUSHED,
    replaced_chunk,
)
from parley.checks.diagnosis.catalogue.peers.leaving import SERVES_ON, time_limit
from parley.checks.diagnosis.catalogue.peers.names import NAME_KEEPS_LINE_END
from parley.checks.diagnosis.catalogue.peers.shared import (
    CLOSE,
    CLOSES,
    ERRORS,
    IDEA,
    RECEIVER,
    SAID,
    SCREEN,
    SENDER,
    TYPED,
    UNBUFFERED,
    after_a_message,
    after_it_is_over,
    core_exchange,
    explains_hanging,
    thread_stands,
)
from parley.checks.diagnosis.coroutines import in_coroutine
from parley.checks.diagnosis.evidence import Case
from parley.checks.diagnosis.fault import Fault, Found, Life, as_raised, as_steps, capital, like, seen
from parley.checks.diagnosis.slips import asks_twice, started_per_line
from parley.checks.diagnosis.syntax import always_flushes, name_of, nodes, nodes_in
from parley.checks.diagnosis.threads import run_called

NOT_AGAIN = "nothing leads back to the line that waits for the next one"


def _changes_what_is_shown(case: Case) -> Found | None:
    """Instead of a line that arrived, another text with one of its words was shown."""
    line = case.fact("shown", how="nothing")
    words = SAID[int(line["number"]) - 1].casefold().split() if line else []
    instead = str(line["instead"]).casefold() if line else ""
    wrong = [fact for fact in case.facts("raises") if fact["exception"] not in (*SOCKET_TROUBLE, "SystemExit")]
    if not line or wrong or not any(word in instead for word in words) or _not_flushed(case):
        return None
    step = f'"{SAID[int(line["number"]) - 1]}" arrived. Shown: "{line["instead"]}".'
    return Found({"instead": line["instead"]}, (step,))


def _receiver_dies(case: Case) -> Found | None:
    if not case.fact("shown", how="nothing"):
        return None
    for fact in case.facts("raises"):
        if fact["exception"] in ("ValueError", "IndexError", "KeyError") and fact["function"] != "<module>":
            name = f"{fact['exception']}: {fact['message']}"
            step = f"Line {fact['line']} of {case.program}.py, in {fact['function']}, raises {name}."
            return Found(
                {"exception": fact["exception"], "line": fact["line"]},
                (step, "A line came, and nothing was shown any more."),
            )
    return None


def _not_shown(case: Case) -> Found | None:
    """A line was received, its thread waits for the next one, and it never appears, without a buffer neither."""
    silent = case.fact("shown", number=1, how="nothing")
    waits = thread_stands(case, "recv", where=silent.where) if silent else None
    shows_other = _not_flushed(case) or _on_stderr(case) or _changes_what_is_shown(case)
    if not silent or not waits or not case.fact("greets", came=True) or shows_other:
        return None
    unread = any(fact["unread"] for fact in case.facts("socket") if fact.where == silent.where)
    wrong = [fact for fact in case.facts("raises") if fact["exception"] not in (*SOCKET_TROUBLE, "SystemExit")]
    if unread or wrong or case.fact("shown_later", came=True):
        return None
    step = f'"{SAID[0]}" arrived and was read, and the screen doesn\'t show it, with and without a buffer.'
    return Found({}, as_steps(step, waits))


def _on_stderr(case: Case) -> Found | None:
    return shown_on_stderr(case, SAID[0]) if case.fact("shown", number=1, how="nothing") else None


def _not_flushed(case: Case) -> Found | None:
    if always_flushes(case.source):
        return None
    unbuffered = "Run without a buffer (python -u) it appears immediately."
    if case.fact("shown", number=1, how="nothing") and case.again(UNBUFFERED, "shown", number=1, how="same"):
        return Found({}, ("What arrived is not on the screen.", unbuffered))
    if case.fact("greets", came=False) and case.again(UNBUFFERED, "greets", came=True):
        waiting = [failure for failure in case.failed(causes=SCREEN) if "contains" in str(failure.expected)]
        return seen(waiting, "The other's name has come, and the line with it is not on the screen.", unbuffered)
    return None


def _as_bytes(case: Case) -> Found | None:
    if not case.fact("shown", how="repr"):
        return None
    return Found({}, (f"Its screen shows b'{SAID[0]}', with a b and quotes around the text.",))


def _called_target(case: Case) -> tuple[str, int] | None:
    """The function and the line of a thread that is made with target=f(x)."""
    for node in nodes(case.source):
        if isinstance(node, ast.Call) and name_of(node.func) == "Thread":
            target = next((word.value for word in node.keywords if word.arg == "target"), None)
            target = target or (node.args[1] if len(node.args) > 1 else None)
            if isinstance(target, ast.Call) and name_of(target.func) != "partial":
                return name_of(target.func), node.lineno
    return None


def _names_in(source: str, function: str) -> list[str]:
    """The names that the lines of a function use."""
    return [name_of(node) for node in nodes_in(source, function) if isinstance(node, ast.Name | ast.Attribute)]


def _target_called(case: Case) -> Found | None:
    made = _called_target(case)
    if not made:
        return None
    function, line = made
    stands = thread_stands(case, thread="main")
    if stands and stands["function"] not in (function, *_names_in(case.source, function)):
        return None
    step = f"Line {line} of {case.program}.py calls {function}() immediately, in the thread that makes the new one."
    return Found({"line": line}, as_steps(step, stands))


def _run_called(case: Case) -> Found | None:
    line = run_called(case.source)
    stands = thread_stands(case, thread="main")
    if not line or not case.fact("trouble"):
        return None
    step = f"Line {line} of {case.program}.py calls run(), and not start()."
    return Found({"line": line}, as_steps(step, stands))


def _two_receive(case: Case) -> Found | None:
    """Two threads wait for data at the same moment, on the one connection that there is."""
    keyboards = {fact.where for fact in case.facts("stands", call="input")}
    # a thread that reads its keyboard under another name than sys.stdin seems to receive, too
    receives = case.facts("stands", call="recv")
    certain = [f for f in receives if f.where in keyboards or ".recv" in case.line(int(f["line"]))]
    for first in certain:
        for second in certain:
            if second.where == first.where and second["thread"] != first["thread"]:
                lines = {"first": first["line"], "second": second["line"]}
                return Found(lines, as_steps(first, second))
    return None


def _takes_turns(case: Case) -> Found | None:
    sent = case.fact("sent", how="nothing")
    if sent and case.fact("after_answer", came=True):
        stands = next((fact for fact in case.facts("stands") if fact.where == sent.where), None)
        step = f"{capital(sent.where)} nothing came; when the other side had said something, it came."
        waits = "waits for an answer before you may speak again"
        moment = "You have just said something, and want to add a word."
        return Found({"waits": waits, "moment": moment}, as_steps(step, stands))
    missing = case.fact("shown", how="nothing") or case.fact("at_once", some=False)
    stands = thread_stands(case, "input", "main", missing.where) if missing else None
    if missing and case.fact("shown_later", came=True) and stands:
        receives = thread_stands(case, "recv", where=missing.where)
        if receives and not always_flushes(case.source):  # it may have shown the line, and not flushed it
            return None
        step = f"{capital(missing.where)}, something was not shown until its user typed a line."
        waits = "shows what has arrived only after its user has typed something"
        return Found({"waits": waits, "moment": "A line arrives, and no one types."}, as_steps(step, stands))
    return None


def _reads_two_lines(case: Case) -> Found | None:
    """A typed line is taken, and not sent; the next one that is typed is sent without it."""
    lost = case.fact("sent", how="nothing")
    waits = thread_stands(case, "input", where=lost.where) if lost else None
    if not lost or not waits or not case.fact("typed_again", came=True, both=False) or not asks_twice(case.source):
        return None
    step = f'"{str(lost["wanted"]).removesuffix(_END)}" was typed, and never came. The next typed line did.'
    return Found({"line": waits["line"]}, as_steps(step, waits))


_END = "\\n"  # a newline, as a fact shows it


def _chunk_replaced(case: Case) -> Found | None:
    wrong = case.fact("greets", came=False) or case.fact("shown", how="nothing")
    return replaced_chunk(case, wrong)


def _thread_per_line(case: Case) -> Found | None:
    """What arrives is shown only after something was typed: each typed line starts a thread that receives once."""
    line, function = started_per_line(case.source)
    missing = case.fact("shown", how="nothing") or case.fact("at_once", some=False)
    if not line or not missing:
        return None
    stands = thread_stands(case, "input", "main", missing.where)
    return Found({"line": line, "function": function}, as_steps(f"{capital(missing.where)} nothing was shown.", stands))


def _one_message_only(case: Case) -> Found | None:
    """One line is shown or sent, and no later one: nothing goes back to the line that reads."""
    # (a send after the other's end may raise, or not yet)
    foreseen = (*SOCKET_TROUBLE, "KeyboardInterrupt", "SystemExit")
    unforeseen = [fact for fact in case.facts("raises") if fact["exception"] not in foreseen]
    if unforeseen or time_limit(case):
        return None
    first, second = case.fact("sent", number=1), case.fact("sent", number=2)
    came = "".join(str(fact["came"]) for fact in (first, second) if fact)
    if TYPED[0] in came and "/close" in came:
        step = f'Two lines were typed, and no /close. This came: "{came}".'
        why = "what should happen once, when the user leaves, happens after each line"
        return Found({"does": "says /close after the first line that is typed", "why": why}, (step,))
    if first and second and first["how"] == "same" and second["how"] != "same" and second["over"]:
        step = f'Two lines were typed. "{came}" came, and then the end of the stream.'
        return Found({"does": "sends only the first line that is typed, and leaves", "why": NOT_AGAIN}, (step,))
    second = case.fact("shown", number=2, how="nothing")
    if second and case.fact("shown", number=1, how="same") and case.fact("over_already"):
        step = "The first line that came was shown. Then the program ended, although the other side was still there."
        return Found({"does": "shows the first message that arrives, and ends", "why": NOT_AGAIN}, (step,))
    # where no thread can be seen, nothing says what it does
    waits = thread_stands(case, where="second line") or thread_stands(case, where=CLOSES)
    receives = thread_stands(case, "recv", where="second line") or thread_stands(case, "recv", where=CLOSES)
    if second and case.fact("shown_later", came=False) and waits and not receives:
        step = "The first line that came was shown, the second one was not, and no thread waits for data any more."
        return Found({"does": "shows only the first message that arrives", "why": NOT_AGAIN}, as_steps(step, waits))
    second, waits = case.fact("sent", number=2, how="nothing"), thread_stands(case, where="second typed line")
    if (
        second
        and case.fact("after_answer", came=False)
        and waits
        and not thread_stands(case, "input", where=second.where)
    ):
        step = "The first typed line was sent, the second one was not, and no thread waits for the keyboard any more."
        return Found({"does": "sends only the first line that is typed", "why": NOT_AGAIN}, as_steps(step, waits))
    return None


def _sent_not_flushed(case: Case) -> Found | None:
    """Not even its name came; it writes into a file of its connection, and each thread waits for more."""
    waits = thread_stands(case, "input", where="the other's name") or thread_stands(
        case, "recv", where="the other's name"
    )
    if not case.fact("name", told=True, how="nothing") or not waits or not writes_into_file(case):
        return None
    return Found({}, as_steps("A name was typed, and nothing was sent.", waits))


def _blocks_the_loop(case: Case) -> Found | None:
    """The only thread waits for the keyboard within a coroutine, and what came is not read."""
    waits = thread_stands(case, "input", "main", "line")
    if not waits or not case.fact("shown", how="nothing") or not in_coroutine(case.source, int(waits["line"])):
        return None
    return Found({"line": waits["line"]}, as_steps("A line came, and was not shown.", waits))


def _uses_closed_socket(case: Case) -> Found | None:
    """A line of the chat raises, in the middle of it: the socket was closed before."""
    if not (case.fact("over_already") or case.fact("name", told=True, how="nothing")):
        return None
    for fact in case.facts("raises"):
        if any(number in str(fact["message"]) for number in CLOSED):
            step = as_raised(fact)
            return Found({"line": fact["line"]}, ("No one had left the chat.", step))
    return None


FAULTS = [
    Fault(
        slug="receiver-dies",
        life=Life.TAKE,
        decides=_receiver_dies,
        explains=after_a_message,
        stops=True,
        sentence="Your receiving thread ends with {exception} at line {line} when a message comes: from then on "
        "nothing is shown.",
        question="Print repr() of the line that arrives, just before the line that fails. What does your code expect "
        "to find in it, and who would have put that there?",
        read=ERRORS,
    ),
    replace(
        OUTPUT_NOT_FLUSHED,
        decides=_not_flushed,
        explains=like(causes=(*SCREEN, "unwanted print")),
        read=RECEIVER,
        mistakes=("stdout-buffered",),
    ),
    NAME_KEEPS_LINE_END,
    Fault(
        slug="shows-other-text",
        life=Life.ANSWER,
        decides=_changes_what_is_shown,
        explains=like(causes=(*SCREEN, "unwanted print")),
        sentence='What your {program} shows isn\'t what arrived: it shows "{instead}". A line is shown unchanged.',
        question="Print repr() of the line as it arrived and of what you print. Where do the two differ, and which "
        "line makes the difference?",
        read=RECEIVER,
    ),
    Fault(
        slug="not-shown",
        life=Life.ANSWER,
        decides=_not_shown,
        explains=core_exchange,
        sentence="Your {program} receives what the other side says, but no line of it shows a message: only the name "
        "appears.",
        question="Your receiving loop has a line in its hands that is no /close. Which statement runs next, and where "
        "does the user see the text?",
        read=RECEIVER,
    ),
    replace(SHOWN_ON_STDERR, decides=_on_stderr, explains=like(causes=SCREEN)),
    replace(
        BYTES_SHOWN_AS_B,
        decides=_as_bytes,
        explains=like(causes=SCREEN),
        mistakes=("str-of-bytes",),
    ),
    Fault(
        slug="thread-target-called",
        life=Life.START,
        decides=_target_called,
        explains=core_exchange,
        stops=True,
        sentence="At line {line} your main thread runs the function itself, before there is a thread: target only gets "
        "what this call returns.",
        question="Which thread is inside this function right now? What do the parentheses after its name do, and who "
        "should make that call?",
        read=IDEA,
        mistakes=("target-called",),
    ),
    Fault(
        slug="thread-run-called",
        life=Life.START,
        decides=_run_called,
        explains=core_exchange,
        stops=True,
        sentence="Line {line} calls run() of a thread: the main thread runs the function itself, and no new thread "
        "begins.",
        question="Which thread is inside this function right now? Which method makes a new thread begin?",
        read=IDEA,
        mistakes=("run-not-start",),
    ),
    Fault(
        slug="two-receive",
        life=Life.TAKE,
        decides=_two_receive,
        explains=lambda case, found, failure: (
            after_a_message(case, found, failure) or explains_hanging(case, found, failure)
        ),
        stops=True,
        sentence="Two threads of your {program} receive from the same connection, at lines {first} and {second}: "
        "whatever arrives goes to one of them, and the other one never sees it.",
        question="A line arrives. Which of the two threads gets it? Which one should, and how could it tell the other "
        "one what that one needs to know?",
        read=RECEIVER,
    ),
    Fault(
        slug="sent-not-flushed",
        life=Life.GREET,
        decides=_sent_not_flushed,
        explains=core_exchange,
        stops=True,
        sentence="What your {program} writes into the connection's file stays in its buffer: nothing is sent until it "
        "is flushed.",
        question="When does a file hand over what you wrote? What makes it do so immediately?",
        read=SENDER,
    ),
    Fault(
        slug="input-blocks-loop",
        life=Life.TAKE,
        decides=_blocks_the_loop,
        explains=after_a_message,
        stops=True,
        sentence="Line {line} waits for the keyboard in a coroutine. asyncio has one thread for all coroutines: while "
        "it waits there, nothing else runs.",
        question="Which thread runs your coroutine that receives, and where is this thread now? Which call could wait "
        "for the keyboard in another thread?",
        read=IDEA,
    ),
    Fault(
        slug="uses-closed-socket",
        life=Life.GREET,
        decides=_uses_closed_socket,
        explains=after_it_is_over,
        stops=True,
        sentence="Line {line} uses a socket that your {program} has closed already, before the chat is over.",
        question="Which line closes this socket, or which with block ends before line {line}? How long does the chat "
        "need it?",
        read=CLOSE,
    ),
    replace(KEYBOARD_READ_TWICE, decides=_reads_two_lines, explains=after_a_message, read=SENDER),
    replace(CHUNK_REPLACED, decides=_chunk_replaced, explains=core_exchange, read=RECEIVER),
    Fault(
        slug="thread-per-line",
        life=Life.START,
        decides=_thread_per_line,
        explains=after_a_message,
        stops=True,
        sentence="Line {line} starts a thread of {function} after each typed line: before the first line no one "
        "receives, and after several lines several threads do.",
        question="Which thread waits for what the other side says before anything is typed? How often does this thread "
        "have to start, and what should it do when it has shown a line?",
        read=RECEIVER,
    ),
    Fault(
        slug="one-message-then-close",
        life=Life.NEXT,
        decides=_one_message_only,
        explains=after_a_message,
        stops=True,
        sentence="Your {program} {does}: {why}.",
        question="How often does each line of this function run? What would make it wait for the next message?",
        read=RECEIVER,
    ),
    SERVES_ON,
    Fault(
        slug="takes-turns",
        life=Life.NEXT,
        decides=_takes_turns,
        explains=core_exchange,
        sentence="Your {program} {waits}: in this stage both sides speak at any time.",
        question="{moment} Where does your {program} wait then, and which thread could do the other thing in the "
        "meantime?",
        read=IDEA,
        mistakes=("turn-order",),
    ),
]
