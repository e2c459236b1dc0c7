"""Stage 5: faults that show when someone speaks, and the others are to hear it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.bytes_of_a_line import HOLE, long_text_cut
from parley.checks.diagnosis.catalogue.all_stages.log import SHOWN_ON_STDERR, shown_on_stderr
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import writes_into_file
from parley.checks.diagnosis.catalogue.all_stages.shared import explains_exception, limited
from parley.checks.diagnosis.catalogue.broadcast.shared import (
    ANNA,
    ANY_WORDS,
    BEN,
    CLEO,
    CLIENT,
    CLOSELY,
    DANA,
    ERRORS,
    FIRST,
    FIRST_ROUND,
    HALF,
    LINES,
    MORE,
    OBVIOUS,
    PAGE,
    PREDICT,
    SECOND,
    SENDER,
    SENDS,
    SILENT,
    STALLED,
    STALLS,
    TEXT,
    THIRD,
    THREADS,
    TOGETHER,
    accepts_again,
    all_hear,
    at_line,
    busy_wait,
    busy_without_keyboard,
    came_twice,
    drains_once,
    each_line_is_a_name,
    extra_line,
    found_by,
    gets_no_place,
    in_both,
    in_client,
    in_server,
    name_called,
    name_is_no_text,
    notifies_one,
    only_earlier_hear,
    removes_in_loop,
    seen_closely,
    sends_json,
    sent_again,
    stops_at_author,
    takes_one,
    thread_target_called,
    timeout_shared,
    unforeseen,
    unheard,
    uses,
    where_stands,
    who_fails,
)
from parley.checks.diagnosis.catalogue.conversation import (
    LEFT,
    LIMIT_OF_ALL,
    LONE_CR,
    NEWLINE_TWICE,
    limit_of_all,
    lone_cr,
)
from parley.checks.diagnosis.coroutines import in_coroutine
from parley.checks.diagnosis.evidence import KEYBOARD_END, Case, Failure, Variation
from parley.checks.diagnosis.fault import (
    Decides,
    Fault,
    Found,
    Life,
    as_seen,
    as_steps,
    capital,
    everything,
    like,
    seen,
)
from parley.checks.diagnosis.rewriting import kept_and_lost
from parley.checks.diagnosis.syntax import always_flushes, calls_in, line_of_blank, nodes, parts_of
from parley.checks.diagnosis.threads import (
    awaits_in_loop,
    lock_for_one,
    shared_attribute,
    sleeps,
    throws_away,
)
from parley.contract.diagnosis import Detail, Fact
from parley.contract.record import quoted

THREADING = ("Thread", "start_new_thread", "ThreadPoolExecutor", "ThreadingTCPServer", "ThreadingMixIn")
GROWS = 8  # MB that a server keeps for one who does not read, if nothing limits it


def _shared_by_all(case: Case) -> Found | None:
    """Messages go to the wrong people, and all objects of a class share a list that each should have of its own."""
    messages = case.facts("message")
    shared = shared_attribute(case.source)
    if not shared or (all(fact["how"] == "same" for fact in messages) and not case.fact("trouble")):
        return None
    made = f"Line {shared.line} of {case.program}.py makes {shared.name} once, for the class."
    if not messages:
        return Found({"line": shared.line, "name": shared.name}, (made,))
    wrong = next(fact for fact in messages if fact["how"] != "same")
    came = f'"{wrong["came"]}"' if wrong["came"] else "nothing"
    steps = (made, f'{ANNA} said "{FIRST}". {wrong["to"]} got {came}.')
    return Found({"line": shared.line, "name": shared.name}, steps)


def _one_buffer(case: Case) -> Found | None:
    """What is left of one participant's unfinished line stands before the next line of another one."""
    fact = case.fact("goes_on")
    if not fact or f"{HALF}{THIRD}" not in str(fact["came"]):
        return None
    steps = (
        f'{CLEO} sent "{HALF}", with no newline, and was lost. Then {DANA} said "{THIRD}".',
        f'This came to {ANNA}: "{fact["came"]}"',
    )
    return Found({}, steps)


def _one_decoder(case: Case) -> Found | None:
    """Half a letter that someone has sent stands before the next line of another one."""
    for failure in case.failed("test_any_text", causes=["other bytes", "other line"]):
        came = failure.received.decode(errors="replace") if isinstance(failure.received, bytes) else ""
        said = [event for event in failure.events if event.what == "sends"][-2:]
        if len(said) < 2 or said[0].who == said[1].who or said[0].data.endswith(b"\n") or "\ufffd" not in came:
            continue
        if not isinstance(failure.expected, bytes) or failure.expected != came.replace("\ufffd", "").encode():
            continue
        steps = (
            f"{said[0].who} sent {quoted(said[0].data)}, which ends with half a letter. Then {said[1].who} said "
            f"{quoted(said[1].data.rstrip())}.",
            f"This came to another one: {quoted(came.encode())}",
        )
        return seen([failure], *steps)
    return None


def _one_name(case: Case) -> Found | None:
    """What is said goes out under the name of the one who came last, whoever says it."""
    under = [fact for fact in case.facts("message", how="no author") if f"{DANA}: {FIRST}" in str(fact["came"])]
    if len(under) < 2:
        return None
    told = [node for node in nodes(case.source) if isinstance(node, ast.Global)]
    where = f" (line {told[0].lineno}: {ast.unparse(told[0])})" if told else ""
    steps = (
        f"{ANNA}, {BEN}, {CLEO} and {DANA} came, in this order.",
        f'{ANNA} said "{FIRST}". This came to {under[0]["to"]}: "{under[0]["came"]}"',
    )
    return Found({"where": where}, steps)


def _name_of_each(case: Case) -> Found | None:
    """Whoever hears a message finds the own name before it."""
    own = [fact for fact in case.facts("message") if f"{fact['to']}: {FIRST}" in str(fact["came"])]
    if len(own) < 2:
        return None
    steps = [f'This came to {fact["to"]}: "{fact["came"]}"' for fact in own[:2]]
    return Found({}, (f'{ANNA} said "{FIRST}".', *steps))


def _nobody_hears(case: Case) -> Found | None:
    if case.fact("at_the_end", came=True) and (writes_into_file(case) or _sent_in_turn(case)):
        return None
    return unheard(case) if not _line_of(case, "getsockname") else None


def _own_address(case: Case) -> Found | None:
    """No one hears anyone, and people are told apart by the server's address."""
    line = _line_of(case, "getsockname")
    found = unheard(case) if line else None
    step = "getsockname() is the address of the server's own side: it is the same for all its connections."
    return Found({"line": line}, (*found.steps[:1], step)) if found else None


def _line_of(case: Case, method: str) -> int:
    """The line that calls this method; 0 where none does."""
    return next((call.lineno for call in calls_in(nodes(case.source), {method})), 0)


def _comes_twice(case: Case) -> Found | None:
    """Each message comes to a listener several times."""
    copies = case.facts("copies")
    most = max((int(fact["count"]) for fact in copies), default=0)
    if most < 2 or sent_again(case):
        return None
    heard = ", ".join(f"{fact['to']} {fact['count']} times" for fact in copies)
    return Found({}, (f'{ANNA} said "{FIRST}" once. It came to {heard}.',))


def _sent_in_turn(case: Case) -> Found | None:
    """What is meant for someone waits until this one says something: then it all comes at once."""
    author, untold = case.fact("author", hears=False), case.facts("newcomer_told", to=ANNA, how="nothing")
    if not author or not untold or any(str(fact["about"]) not in str(author["came"]) for fact in untold):
        return None
    if all_hear(case) or not case.fact("at_the_end", came=True) or writes_into_file(case) or notifies_one(case):
        return None
    steps = (
        f"{BEN}, {CLEO} and {DANA} joined, and {ANNA} was not told.",
        f'As soon as {ANNA} had spoken, this came to {ANNA}: "{author["came"]}"',
    )
    return Found({}, steps)


def _sent_not_flushed(case: Case) -> Found | None:
    """What was said came to someone only when the connection was closed; or nothing ever came, and what it sends goes
    into a file that no line flushes.
    """
    if unheard(case) and case.fact("at_the_end", came=True) and writes_into_file(case):
        step = f'{ANNA} said "{FIRST}", and no one received it. When {BEN} left, it came to {BEN} at last.'
        return Found({}, (step,))
    silent = case.fact("greeting", who=ANNA, how="nothing") and case.fact("welcome", who=ANNA, how="nothing", came="")
    if not silent or not writes_into_file(case) or uses(case, "flush") or unforeseen(case):
        return None
    return Found(
        {}, ("A client connected and sent a name, and nothing came.", "No line flushes the file it writes to.")
    )


def _one_hears(case: Case) -> Found | None:
    """Of three who listen, the first one gets a message and the others don't, although no send has failed."""
    heard = [FIRST in str(fact["came"]) for fact in case.facts("message")]
    if _shared_by_all(case):
        return None
    if heard != [True, False, False] or unforeseen(case) or case.fact("author", hears=True):
        return None
    line = _leaves_loop(case)
    why = f": line {line} ends your loop that sends to everyone" if line else ", and no one else"
    step = f'{ANNA} said "{FIRST}". {BEN} received it; {CLEO} and {DANA} did not.'
    return Found({"why": why}, (step,))


def _newest_hears(case: Case) -> Found | None:
    """Whoever came last hears what is said and who comes, and those who came before hear nothing any more."""
    heard = [FIRST in str(fact["came"]) for fact in case.facts("message")]
    before = case.fact("newcomer_told", about=CLEO, to=BEN, how="line")
    silent = case.facts("newcomer_told", about=DANA, how="nothing")
    if heard != [False, False, True] or not before or not any(fact["to"] == BEN for fact in silent):
        return None
    told = f"When {CLEO} came, {BEN} was told. When {DANA} came, {BEN} was not told any more."
    return Found({}, (told, f'{ANNA} said "{FIRST}". {DANA}, who came last, received it; {BEN} and {CLEO} did not.'))


def _leaves_loop(case: Case) -> int:
    """The line of a return or break behind a send, within a loop that sends to each; 0 where there is none."""
    for loop in nodes(case.source):
        if isinstance(loop, ast.For):
            inside = list(ast.walk(loop))
            sends = [
                node.lineno for node in inside if isinstance(node, ast.Call) and name_called(node) in (*SENDS, "write")
            ]
            ways = [node.lineno for node in inside if isinstance(node, ast.Return | ast.Break)]
            behind = [line for line in ways if sends and line > min(sends)]
            if behind:
                return behind[0]
    return 0


def _accepts_few(case: Case) -> Found | None:
    """Some are welcomed, and after them no one is, whoever leaves: nothing accepts any more."""
    waits = case.fact("welcome", how="nothing")
    count = len(case.facts("welcome", how="line"))
    if not waits or not count or not case.fact("greeting", who=waits["who"], how="nothing"):
        return None
    seen_there = [fact for fact in case.facts("stands") if fact.where == waits.where]
    if not case.fact("served_later", came=False) or not seen_there or unforeseen(case) or thread_target_called(case):
        return None
    busy = any(fact["call"] in ("accept", "select", "lock") for fact in seen_there)
    if busy or (count == 1 and accepts_again(case)):
        return None
    clients = "1 client" if count == 1 else f"{count} clients"
    step = f"{clients} came and {'was' if count == 1 else 'were'} served. The next one connected, and nothing came."
    main = next((fact for fact in seen_there if fact["thread"] == "main"), None)
    return Found({"count": clients}, as_steps(step, "One of the others left, and still nothing came.", main))


def _takes_turns_client(case: Case) -> Found | None:
    """What comes is shown only after something was typed: the thread that receives waits for the keyboard."""
    waits = where_stands(case, "input", where="after a line came", thread="main")
    if not waits or not case.fact("shown_later", came=True) or where_stands(case, "recv", where="after a line came"):
        return None
    step = "Lines came, and they weren't shown until something was typed."
    return Found({"line": waits["line"]}, as_steps(step, waits))


def _blocks_the_loop(case: Case) -> Found | None:
    """The only thread waits for the keyboard within a coroutine, and what came is not read."""
    waits = where_stands(case, "input", thread="main")
    if not waits or not case.fact("trouble") or not in_coroutine(case.source, int(waits["line"])):
        return None
    return Found({"line": waits["line"]}, as_steps("Something came, and it wasn't read.", waits))


def _one_connection(case: Case) -> Found | None:
    """What one says goes to its author, and not to the one who came last: that one is taken for the author."""
    if not case.fact("author", hears=True) or not case.fact("message", how="nothing", to=DANA):
        return None
    if not case.fact("message", how="same"):
        return None
    steps = (f"{ANNA} said something, and {ANNA} received it.", f"{DANA}, who had come last, did not.")
    return Found({}, steps)


def _loop_variable(case: Case) -> Found | None:
    """After its first message no one hears a participant any more, and its loop uses a variable of the function."""
    if not case.fact("message", how="same") or not case.fact("lines", how="nothing"):
        return None
    for function in nodes(case.source):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {argument.arg for argument in function.args.args}
        for node in ast.walk(function):
            if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id in names:
                step = f"Line {node.lineno} gives a new value to {node.target.id}, which {function.name}() was given."
                return Found({"line": node.lineno, "name": node.target.id}, (f"Only {BEN}'s first line came.", step))
    return None


def _rest_lost(case: Case) -> Found | None:
    """What comes behind a line, or behind the name, in the same piece, is lost."""
    lines = case.fact("lines", how="other")
    late = any("two 22" in str(fact["came"]) for fact in case.facts("pieces"))
    if lines and f"{BEN}: one 21\\n" in str(lines["came"]) and "two" not in str(lines["came"]) and not late:
        return found_by(lines, f"only this came to {CLEO}")
    if not case.failed("test_lines_and_pieces", "test_any_text") or not case.fact("pieces", how="same"):
        return None
    together = seen_closely(case, "together", welcomed=True)
    if not together or "27" in str(together["came"]) or TOGETHER not in str(together["came"]):
        return None
    return found_by(together, "the line behind the name was lost; only this came")


def _overwritten(case: Case) -> Found | None:
    """Of two messages that come at once, only the later one arrives."""
    lines = case.fact("lines", how="other")
    if not lines or "two 22" not in str(lines["came"]) or "one" in str(lines["came"]):
        return None
    return found_by(lines, f"only this came to {CLEO}")


def _empty_line(case: Case) -> Found | None:
    fact = seen_closely(case, "empty") if case.failed("test_everybody_hears_everybody") else None
    if not fact or fact["how"] == "same" or fact["over"] or _raises_slip(case):
        return None
    what = "loses what comes after an empty line" if fact["how"] == "lost" else "passes an empty line on as a message"
    return Found({"what": what}, (f'{capital(fact.where)}, this came to the others: "{fact["came"]}"',))


def _blank_not_sent(case: Case) -> Found | None:
    """A line of spaces is typed, and the client doesn't send it."""
    for failure in case.failed("test_what_is_typed*", causes=["silence", "ended", "end"]):
        if failure.expected == b" \n" and not failure.exception:
            line = line_of_blank(case.source)
            text = case.written(line)
            does = "doesn't send" if failure.cause == "silence" else "ends at"
            return seen([failure], *as_steps("A line of one space was typed, and nothing came of it.", text), does=does)
    return None


def _empty_line_with_return(case: Case) -> Found | None:
    """An empty line goes nowhere if its newline is alone, and with a \\r before it it is passed on."""
    for failure in case.failed("test_everybody_hears_everybody", causes=["other bytes", "other line"]):
        last = failure.given[-1] if failure.given else None
        came = failure.received.decode(errors="replace").rstrip("\r\n") if isinstance(failure.received, bytes) else ""
        if not last or b"\n\r\n" not in last.data or came != f"{last.who}: ":
            continue
        if seen_closely(case, "empty", how="same"):  # where the newline is alone, it goes nowhere
            what = "passes an empty line on as a message if it ends with `\\r\\n`, as telnet sends it"
            return seen(
                [failure], f'An empty line that ended with \\r\\n was sent. This came of it: "{came}"', what=what
            )
    return None


def _answers_empty_line(case: Case) -> Found | None:
    """Who sends an empty line gets an answer to it."""
    for failure in case.failed("test_everybody_hears_everybody", causes=["other bytes", "other line"]):
        silent = [event for event in failure.events if event.what == "sends" and event.data.startswith(b"\n")]
        came = failure.received if isinstance(failure.received, bytes) else b""
        if not silent or not came.strip() or came.strip() in silent[-1].data:
            continue
        author = silent[-1].who
        if came in failure.shown("receives", author) and not came.startswith(author.encode()):
            return seen([failure], f"{author} sent an empty line, and this came back: {quoted(came)}")
    return None


def _limit_of_all(case: Case) -> Found | None:
    """A line that isn't too long ends its author's connection, since other bytes are counted with it."""
    if case.program == "client":
        return limit_of_all(case, "test_lines_and_letters_in_pieces")
    found = limit_of_all(case, "test_lines_and_pieces", causes=(*LEFT, "other bytes", "other line"))
    came = found.failures[0].received if found else None
    if not found or (isinstance(came, bytes) and b": far" in came):
        return None
    many = [failure for failure in case.failed("test_memory*") if _speaker_dropped(failure)]
    if not many:
        return found
    step = f"{many[0].given[-1].who} sent many lines at once, each of 4,101 bytes, and was dropped."
    does = "compares the limit of a line with all the bytes that wait, and takes several lines for one"
    details = {**found.details, "does": does}
    return replace(found, details=details, steps=(*found.steps, step), failures=(*found.failures, *many))


def _speaker_dropped(failure: Failure) -> bool:
    """Whether the one who speaks, and waits for a notice about another one, gets something else, or EOF."""
    speaks = failure.given[-1].who if failure.given else ""
    other = failure.cause in ("other line", "end", "reset")
    return other and speaks != "" and _listener(failure) == speaks and "Zoe17" not in str(failure.received)


def _lone_cr(case: Case) -> Found | None:
    return lone_cr(case, "test_the_text_stays_as_it_is", "test_what_arrives_is_shown")


def _own_name_hidden(case: Case) -> Found | None:
    """Lines of others are shown, and one that begins with the name of the client's user isn't."""
    for failure in case.failed("test_what_arrives_is_shown", causes=["silent screen", "other print"]):
        given = [event.data.decode(errors="replace").rstrip("\n") for event in failure.given]
        typed = [event.data.decode(errors="replace").rstrip("\n") for event in failure.given if event.what == "types"]
        screen = failure.shown().decode(errors="replace")
        before = [line for line in given[:-1] if line in screen and line not in typed]
        if before and typed and given[-1].startswith(typed[0]) and given[-1] not in screen:
            step = f'"{typed[0]}" was typed as the name. "{before[-1]}" came and was shown, "{given[-1]}" was not.'
            return seen([failure], step, name=typed[0])
    return None


def _blanks_are_the_end(case: Case) -> Found | None:
    """Who sends an empty line sees the end of the stream."""
    fact = seen_closely(case, "empty", over=True) if case.failed("test_everybody_hears_everybody") else None
    if not fact or _raises_slip(case):
        return None
    return Found({}, (f'{DANA} sent an empty line and got EOF. This came to {ANNA}: "{fact["came"]}"',))


def _ends_at_blank(case: Case, found: Found, failure: Failure) -> bool:
    return failure.fits("test_everybody*") or (
        failure.fits("test_what_is_no_name") and failure.cause in ("end", "reset")
    )


def _raises_slip(case: Case) -> bool:
    """Whether an exception ended it that is told by itself."""
    slips = ("IndexError", "KeyError", "TypeError", "AttributeError", "NameError", "UnboundLocalError")
    return bool(case.failed(exceptions=slips))


def _no_line_limit(case: Case) -> Found | None:
    found = _too_long(case)
    other = _no_limit_for_names(case) or _too_long_in_parts(case) or _shows_too_long(case)
    return found if found and not other and not _limited(case) else None


def _line_limit_off(case: Case) -> Found | None:
    """A line that never ends has a limit, and a complete one that is too long has none."""
    found = _too_long(case)
    if not found or _no_limit_for_names(case) or _too_long_in_parts(case) or not _limited(case):
        return None
    steps = as_steps(
        "A line that never ended came, and the connection was ended.",
        "A line of 65,537 bytes came, with its newline, and the connection stayed open.",
    )
    return replace(found, steps=steps)


def _too_long(case: Case) -> Found | None:
    causes = [*SILENT, "goes on"] if case.program == "server" else ["goes on"]
    heard = any(FIRST in str(fact["came"]) for fact in case.facts("message"))
    if not (heard if case.program == "server" else _shows_lines(case)):
        return None  # no line at all arrives
    failures = case.failed("test_a_line_that_is_too_long", causes=causes)
    return seen([failure for failure in failures if not _has_ended_it(failure)])


def _has_ended_it(failure: Failure) -> bool:
    """Whether the last one whose line was too long has seen EOF, or was told: what failed then is something else."""
    said = [event for event in failure.events if event.what == "sends" and len(event.data) > LONGEST // 4]
    if not said:
        return False
    after = [event for event in failure.events if event.at >= said[-1].at and event.who == said[-1].who]
    ended = any(event.what == "sees end" for event in after)
    told = b"".join(event.data for event in after if event.what == "receives")
    logged = any(
        event.what == "logs" and event.at >= said[-1].at and b"65536" in event.data for event in failure.events
    )
    return ended or (bool(told) and logged and len(told) < 1000)


def _too_long_in_parts(case: Case) -> Found | None:
    """A line that is too long doesn't end the connection: the others get it as several messages."""
    for failure in case.failed("test_a_line_that_is_too_long") if case.program == "server" else []:
        long = next((event for event in failure.given if len(event.data) > LONGEST // 4), None)
        author = long.who if long else ""
        for who in {event.who for event in failure.events if event.what == "receives"} - {author}:
            lines = failure.shown("receives", who).split(b"\n")
            parts = [line for line in lines if line.startswith(f"{author}: ".encode())]
            if long and len(parts) > 1 and len(parts[0]) > LONGEST // 4:
                reads = re.search(r"\.(readline|recv)\(", case.source)
                line = case.line_of(reads) if reads else 0
                sizes = " and ".join(f"{len(part) - len(author) - 2:,}" for part in parts[:2])
                step = f"{author} sent a line of more than 65,536 bytes. {who} got two messages of it: {sizes} bytes."
                text = case.written(line)
                return seen([failure], *as_steps(step, text))
    return None


def _shows_too_long(case: Case) -> Found | None:
    """A client shows what comes as it comes, also of a line that is too long, and goes on."""
    for failure in case.failed("test_a_line_that_is_too_long", causes=["goes on"]) if case.program == "client" else []:
        newline = failure.given[-1].at if failure.given else 0.0
        shown = [event for event in failure.events if event.what == "prints" and len(event.data) > 1000]
        if any(event.at < newline for event in shown):
            return seen([failure], "More than 65,536 bytes came without a newline, and all of them were shown.")
    return None


def _no_limit_for_names(case: Case) -> Found | None:
    """A participant's line that is too long ends the connection, and a visitor's first line doesn't."""
    found = _too_long(case)
    if not found or case.program == "client":
        return None
    ended = [event.who for event in found.failures[0].events if event.what == "sees end"]
    if not ended or any(who_fails(found.failures[0]) in (who, "") for who in ended):
        return None
    steps = (
        "A participant's line of 65,537 bytes ended its connection.",
        "A visitor's first line had 65,537 bytes too, and its connection stayed open.",
    )
    return replace(found, steps=steps)


def _limited(case: Case) -> bool:
    """Whether a line that never ends has a limit."""
    fact = case.again(CLOSELY if case.program == "server" else MORE, "endless")
    return bool(fact and fact["over"])


def _text(how: str) -> Decides:
    def decides(case: Case) -> Found | None:
        tests = ("test_any_text", "test_everybody*", "test_the_text_stays_as_it_is")
        fact = seen_closely(case, "text", how=how) if case.failed(*tests) else None
        return found_by(fact, '"  ten more\\r\\n" was sent, and this came')

    return decides


def _expects_parts(case: Case) -> Found | None:
    """A line takes what comes apart, and raises because there are fewer parts, or more, than it takes."""
    raised = [(str(fact["exception"]), int(fact["line"]), str(fact["message"])) for fact in case.facts("raises")]
    raised += [(failure.exception, failure.line, "values to unpack") for failure in case.failures]
    for exception, line, message in raised:
        parts = "index out of range" in message or "values to unpack" in message
        apart = parts_of(case.source, line) if parts and exception in ("ValueError", "IndexError") else None
        if apart is None or apart == "\n":
            continue
        at = f"at `{apart.strip()}`" if apart.strip() else "at its blanks"
        details: dict[str, Detail] = {"line": line, "at": at, "exception": exception, "early": True}
        return Found(details, (f"Line {line} raises {exception}: {case.line(line).strip()}",))
    return None


def _letter(case: Case) -> Found | None:
    if case.program == "client":
        return _letter_client(case)
    if not case.failed("test_any_text") or not case.fact("pieces", how="same"):
        return None
    fact = seen_closely(case, "letter", how="other")
    return (
        found_by(fact, '"one café 26" was sent, and this came')
        if fact and seen_closely(case, "text", how="same")
        else None
    )


def _shows_lines(case: Case) -> bool:
    """Whether a client shows what arrives at all."""
    return any(fact["how"] != "nothing" for fact in case.facts("shown", what="line"))


def _letter_client(case: Case) -> Found | None:
    if case.fact("pieces", how="other") or not _shows_lines(case) or _some_not_shown(case) or long_text_cut(case):
        return None
    failures = case.failed("test_lines_and_letters_in_pieces", causes=["other print", "traceback", "silent screen"])
    ignores = re.search(r"[\"']ignore[\"']", case.source)  # then a half of a letter leaves no sign
    return seen([each for each in failures if ignores or each.exception or HOLE.encode() in each.shown()])


def _echo(case: Case) -> Found | None:
    fact = case.fact("author", hears=True)
    if not fact or _one_connection(case) or each_line_is_a_name(case):
        return None
    return Found({}, (f'{ANNA} had said "{FIRST}". What {ANNA} received next: "{fact["came"]}"',))


def _ends_with_return(case: Case) -> Found | None:
    """What it sends ends with a carriage return and a newline."""
    text = f"{ANNA}: {FIRST}" if case.program == "server" else ANNA
    for fact in case.facts("message" if case.program == "server" else "name"):
        if f"{text}\\r\\n" in str(fact["came"]):
            return Found({}, (f'"{text}\\n" was awaited, and this came: "{fact["came"]}"',))
    return None


def _text_as_bytes(case: Case) -> Found | None:
    """A message comes as Python shows bytes."""
    fact = next((fact for fact in case.facts("message") if f"b'{FIRST}" in str(fact["came"])), None)
    return Found({}, (f'{ANNA} said "{FIRST}". This came to {fact["to"]}: "{fact["came"]}"',)) if fact else None


def _client_sends_bytes(case: Case) -> Found | None:
    """What was typed comes as Python shows bytes."""
    for typed, fact in ((ANNA, case.fact("name", how="inside")), (f"  {FIRST}  ", case.fact("typed", how="other"))):
        came = str(fact["came"]) if fact else ""
        if came.startswith(f"b'{typed}"):
            return Found({}, (f'"{typed}" was typed, and this came: "{came}"',))
    return None


def _client_shows_bytes(case: Case) -> Found | None:
    """What came is shown as Python shows bytes."""
    line = case.fact("shown", what="line", how="same")
    shown = re.search(rf"b'[^\n]*{BEN}: {SECOND}", str(line["screen"])) if line else None
    return Found({}, (f'"{BEN}: {SECOND}" came, and "{shown[0]}" was shown.',)) if shown else None


def _no_newline_shown(case: Case) -> Found | None:
    """Two lines that came are shown in the same line of the screen."""
    pieces = case.fact("pieces", how="same")
    between = str(pieces["screen"]).partition(THIRD)[2].partition("and then") if pieces else ("", "", "")
    if not between[1] or "\n" in between[0] or _client_shows_bytes(case):
        return None
    return Found({}, (f'"{BEN}: {THIRD}" and "and then" came. Shown: "{THIRD}{between[0]}and then".',))


def _answers_author(case: Case) -> Found | None:
    """Who has said something gets a line back that is no message and no notice about anyone."""
    fact = case.fact("author", hears=False)
    if not fact or extra_line(case) or sent_again(case) or not all_hear(case):
        return None
    lines = [line for line in str(fact["came"]).split("\\n") if line.strip()]
    more = [line for line in lines if not any(name in line for name in (ANNA, BEN, CLEO, DANA))]
    if not more or f"{BEN}: {SECOND}" not in lines:
        return None
    return Found({"line": more[0]}, (f'{ANNA} said "{FIRST}", and this came back to {ANNA}: "{more[0]}"',))


def _old_words(case: Case) -> Found | None:
    """Someone receives what was said before this one came."""
    for failure in case.failed("test_two_of_one_name", "test_joining*", "test_no_place_left", causes=["other line"]):
        said: dict[str, list[bytes]] = {}  # {who: what others had said when this one connected}
        so_far: list[bytes] = []
        for event in failure.events:
            if event.what == "sends":
                so_far += [b": " + line for line in event.data.split(b"\n") if line.strip()]
            if event.what == "connects":
                said[event.who] = list(so_far)
            lines = event.data.split(b"\n") if event.what == "receives" else []
            old = [line for line in lines for words in said.get(event.who, []) if line.endswith(words)]
            if old:
                came = old[0].decode(errors="replace")
                return seen([failure], f'"{came}" was said first. Someone came after that, and received it.')
    return None


def _no_author(case: Case) -> Found | None:
    fact = case.fact("message", how="no author")
    if not fact or any(f"{name}: {FIRST}" in str(fact["came"]) for name in (BEN, CLEO, DANA)):
        return None
    return Found({}, (f'{ANNA} said "{FIRST}". This came to {fact["to"]}: "{fact["came"]}", without a name.',))


def _author_form(case: Case) -> Found | None:
    """A message arrives with its author's name, and not as NAME: TEXT."""
    fact = case.fact("message", how="other")
    line = next((line for line in str(fact["came"]).split("\\n") if FIRST in line), "") if fact else ""
    right = f"{ANNA}: {FIRST}"
    if not fact or ANNA not in line or sends_json(case):
        return None
    if line == right or (not line.endswith(FIRST) and (right in line or f"b'{FIRST}" in line)):
        return None
    return Found({}, (f'"{right}" was awaited, and this came to {fact["to"]}: "{fact["came"]}"',))


def _recv_is_a_message(case: Case) -> Found | None:
    if case.program == "client":
        return _recv_is_a_message_client(case)
    message = case.fact("message", to=CLEO)  # who is looked at for the rest, too
    if not message or message["how"] not in ("same", "split") or _rest_lost(case) or _overwritten(case):
        return None
    wrong = next((fact for name in ("pieces", "lines") for fact in case.facts(name) if fact["how"] != "same"), None)
    if wrong and not wrong["came"] and _sends_late(case):
        return None
    if not wrong:
        return _name_and_line(case) or (None if _short_readline(case) else _long_line_cut(case))
    return Found({}, (f'{capital(wrong.where)}, this came to {CLEO}: "{wrong["came"]}"',))


def _name_and_line(case: Case) -> Found | None:
    """A name and a line that came in one piece are taken for a name."""
    if not case.failed("test_lines_and_pieces", "test_any_text"):
        return None
    together = seen_closely(case, "together")
    if not together or "six 27" not in str(together["came"]) or f"{TOGETHER}: six 27" in str(together["came"]):
        return None
    return found_by(together, "both were taken for the name; this came to the others")


def _sends_late(case: Case) -> Found | None:
    """What was said did not come in time, and came later; a loop of the program sleeps."""
    late = [
        fact for name in ("newcomer_told", "message", "lines", "pieces") for fact in case.facts(name, how="nothing")
    ]
    line = sleeps(case.source)
    if not line or not late or not case.fact("at_last", all=True):
        return None
    step = f"{capital(late[0].where)}, nothing came within a second. Later all of it came."
    return Found({"line": line}, (step, case.written(line)))


def _short_readline(case: Case) -> Found | None:
    """A line that is longer than what readline is allowed to return arrives in parts."""
    for call in calls_in(nodes(case.source), {"readline"}):
        given = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        most = given if isinstance(given, int) else 0
        found = _long_line_cut(case) if 0 < most <= LONGEST else None
        if found:
            return replace(found, details={"line": call.lineno, "most": most})
    return None


LONGEST = 65_536  # bytes of a line


def _long_line_cut(case: Case) -> Found | None:
    """Only a line that is longer than what one recv brings arrives in parts."""
    cut = case.failed("test_lines_and_pieces", causes=["other bytes", "part"])
    cut = [failure for failure in cut if isinstance(failure.expected, bytes) and len(failure.expected) > 1000]
    cut = [failure for failure in cut if not failure.received or str(failure.received)[:9] == str(failure.expected)[:9]]
    return seen(cut, "Short lines arrive as they were sent; a long one arrives in several parts.")


def _thrown_away(case: Case) -> Found | None:
    """Of many lines of one participant some never came, and later ones did; or those who listen are dropped."""
    failures = [failure for failure in case.failed("test_several_at_once") if not failure.exception]
    if not failures or not all_hear(case) or not case.fact("lines", how="same"):
        return None
    listener = who_fails(failures[0]) or _listener(failures[0])
    missing = _gap(failures[0], listener)
    missing = missing or (_only_others_got(failures[0], listener) if throws_away(case.source)[0] else None)
    ended = any(event.what == "sees end" and event.who == listener for event in failures[0].events)
    line, why = throws_away(case.source)
    sends = re.search(r"\.send\(", case.source)
    if not line and sends:
        line, why = case.line_of(sends), "`send` takes only as much as there is room for, and the rest is lost"
    text = case.written(line)
    if missing and line:
        lost, later = missing
        step = f'Many lines were said at once. "{lost}" never came to {listener}{later}.'
        does = f"{why}, and throws the line away" if "queue" in why else why
    elif ended and line and not sends:
        step = f"Many lines were said at once, and {listener}, who only listened, got EOF."
        does = f"{why}, and someone who reads all the time is dropped for that"
    else:
        return None
    return seen(failures, *as_steps(step, text), does=does)


def _listener(failure: Failure) -> str:
    return next((event.who for event in reversed(failure.events) if event.what == "expects"), "")


def _gap(failure: Failure, listener: str) -> tuple[str, str] | None:
    """A line that someone said and that never came to this listener, and a later one of the same person that came."""
    came = failure.shown("receives", listener)
    known = set(came.split(b"\n"))
    for who in dict.fromkeys(event.who for event in failure.given if event.who != listener):
        missing = b""
        for line in failure.shown("sends", who).splitlines()[1:]:  # the first one is the name
            if f"{who}: ".encode() + line not in known:
                in_another_form = line + b"\n" in came
                missing = missing or (b"" if in_another_form else line)
            elif missing:
                return missing.decode(errors="replace"), f', and "{line.decode(errors="replace")}" did'
    return None


def _only_others_got(failure: Failure, listener: str) -> tuple[str, str] | None:
    """A line that came to another one, and never to this listener, who waits for it."""
    if failure.cause != "silence":
        return None
    known = set(failure.shown("receives", listener).split(b"\n"))
    for who in dict.fromkeys(event.who for event in failure.events if event.what == "receives"):
        for line in failure.shown("receives", who).split(b"\n"):
            author = line.partition(b": ")[0].decode(errors="replace")
            if line not in known and b": " in line and author not in (listener, "") and who != listener:
                return line.decode(errors="replace"), f", and to {who} it did"
    return None


def _no_lock(case: Case) -> Found | None:
    return None if lock_for_one(case.source) else _unlocked(case)


def _lock_for_one(case: Case) -> Found | None:
    """Threads are in each other's way as without a lock: each one has locked a lock of its own."""
    line = lock_for_one(case.source)
    found = _unlocked(case) if line else None
    return replace(found, details={"line": line}) if found else None


def _unlocked(case: Case) -> Found | None:
    changed = [failure for failure in case.failures if failure.exception == "RuntimeError"]
    order = case.failed("test_one_order_for_all", "test_several_at_once", causes=["other line", "other bytes"])
    lost = _thrown_away(case)
    order = [failure for failure in order if not lost or failure not in lost.failures]
    meanwhile = case.failed(
        "test_joining_and_leaving_meanwhile", "test_several_are_lost_together", "test_slow_threads_say_goodbye"
    )
    raised = next(
        (fact for fact in case.facts("raises", exception="RuntimeError") if "changed size" in str(fact["message"])),
        None,
    )
    if (not changed and not order and not raised) or not uses(case, *THREADING):
        return None
    if changed and not order and removes_in_loop(case):  # the thread itself has changed it
        return None
    if not changed and not raised and (extra_line(case) or _answers_author(case) or _comes_twice(case)):
        return None
    steps = as_steps(
        f"Line {raised['line']} raises RuntimeError: {raised['message']}" if raised else None,
        "An exception says that something changed size while a loop went over it." if changed else None,
        "Two who listened received the same messages in different orders." if order else None,
    )
    return Found({}, steps, tuple([*changed, *order, *meanwhile]))


def _changed_at_await(case: Case) -> Found | None:
    """A loop over a table or set of clients awaits something, and another coroutine changes it in the meantime."""
    lines = [int(fact["line"]) for fact in case.facts("raises", exception="RuntimeError")]
    failures = case.failed(exceptions=["RuntimeError"])
    lines += [failure.line for failure in failures]
    line, awaits = next(((line, at) for line in lines if (at := awaits_in_loop(case.source, line))), (0, 0))
    if not line or removes_in_loop(case):
        return None
    steps = (
        f"Line {line} raises RuntimeError: something changed size while this loop went over it.",
        f"Line {awaits}, in this loop: {case.line(awaits).strip()}",
    )
    return Found({"line": line, "awaits": awaits}, steps, tuple(failures))


def _stalled(case: Case) -> Fact | None:
    """What is seen while one does not read; asked only where a test about that has failed."""
    if all(map(gets_no_place, case.failed(*STALLS))):
        return None
    if not case.fact("message", how="same") and not case.fact("message", how="no author"):
        return None
    stalled = case.again(STALLED, "stalled")
    return None if stalled and stalled["author_over"] else stalled  # it was the one who spoke that it dropped


def _blocking_select(case: Case) -> Found | None:
    stalled = _stalled(case)
    sends = where_stands(case, "send", again=True)
    if not stalled or stalled["heard"] or not uses(case, "select", "selectors", "poll", "epoll"):
        return None
    if sends is None and stalled["greeted"]:
        return None
    return Found(
        {"where": at_line(sends)}, as_steps("A client stopped reading, and no client was served any more.", sends)
    )


def _lock_held(case: Case) -> Found | None:
    stalled = _stalled(case)
    if not stalled or stalled["heard"]:
        return None
    sends, waits = where_stands(case, "send", again=True), where_stands(case, "lock", again=True)
    if not sends or not waits:
        return None
    return Found({"where": at_line(sends)}, as_steps("A client stopped reading.", sends, waits))


def _slow_reader(case: Case) -> Found | None:
    stalled = _stalled(case)
    if not stalled or stalled["heard"]:
        return None
    sends = where_stands(case, "send", again=True)
    return Found(
        {"where": at_line(sends)}, as_steps("A client stopped reading, and the others heard nothing any more.", sends)
    )


def _no_drain(case: Case) -> Found | None:
    """What someone does not read is kept, whatever it is."""
    failures = [failure for failure in case.failed(*STALLS) if not gets_no_place(failure)]
    write = uses(case, "asyncio") and uses(case, "write") and not uses(case, "drain")
    stalled = _stalled(case)
    if not failures or not (write or case.failed("test_memory_is_bounded", causes=["grows"]) or _grows(stalled)):
        return None
    grown = f" In the meantime its memory grew by {stalled['grown']} MB." if stalled and stalled["grown"] else ""
    why = "`write` never waits: what" if uses(case, "asyncio") else "What"
    return Found(
        {"why": why}, (f"A client stopped reading, and the others continued as usual.{grown}",), tuple(failures)
    )


def _grows(stalled: Fact | None) -> bool:
    return bool(stalled and stalled["heard"] and int(stalled["grown"]) > GROWS)


def _keyboard_end_spins(case: Case) -> Found | None:
    """It spins, or sends without end, once its keyboard has ended."""
    return None if busy_wait(case) else seen(case.failed(moment=KEYBOARD_END, causes=["spins", "floods"]))


def _taken_again(case: Case) -> Found | None:
    """After a limit of time has passed, what was received last is taken once more."""
    failures = [failure for failure in case.failed("test_a_silent_newcomer", "test_no_console") if came_twice(failure)]
    line = _passes_on_timeout(case)
    if not failures or not line:
        return None
    came = f'This came to someone a second time: "{came_twice(failures[0])}"'
    return seen(
        failures, f"Line {line} of server.py catches the end of a time limit, and then does nothing.", came, line=line
    )


def _explains_taken_again(case: Case, found: Found, failure: Failure) -> bool:
    """Also where nothing had come before the first limit passed, so that there is no old value."""
    names = ("test_a_silent_newcomer", "test_no_console", "test_joining*", "test_one_order*", *STALLS)
    return failure in found.failures or failure.fits(*names) or failure.exception == "UnboundLocalError"


def _passes_on_timeout(case: Case) -> int:
    """The line of an except for a time limit, around a line that receives, with pass alone; 0 if there is none."""
    for node in nodes(case.source):
        inside = [inner for part in node.body for inner in ast.walk(part)] if isinstance(node, ast.Try) else []
        receives = any(isinstance(inner, ast.Call) and name_called(inner) == "recv" for inner in inside)
        for handler in node.handlers if receives and isinstance(node, ast.Try) else ():
            caught = ast.unparse(handler.type) if handler.type else "timeout"
            if "timeout" in caught.lower() and all(isinstance(part, ast.Pass) for part in handler.body):
                return handler.lineno
    return 0


def _return_shown(case: Case) -> Found | None:
    """A line that ended with \\r\\n is on the screen with its \\r."""
    for failure in case.failed("test_bytes_that_are_no_text", causes=["other print", "silent screen"]):
        if "still here" in str(failure.expected) and b"Ben: still here\r" in failure.shown():
            return seen([failure], '"Ben: still here\\r\\n" came, and the \\r is on the screen.')
    return None


TEXTS = ("test_the_text_stays*", "test_what_is_typed*", "test_what_arrives*")


def _characters_lost(case: Case) -> Found | None:
    """A text came without some of its characters, wherever they stood in it, and with all the others."""
    for failure in case.failed(*TEXTS, causes=["other bytes", "other print"]):
        given = failure.given[-1].data.decode(errors="replace").removesuffix("\n") if failure.given else ""
        came = failure.received.decode(errors="replace") if isinstance(failure.received, bytes) else ""
        kept, lost = kept_and_lost(given, came)
        if lost.strip("\r") and kept and kept in came and 2 * len(kept) >= len(given):
            step = f"{quoted(given)} was {'typed' if failure.given[-1].what == 'types' else 'sent'}, and this came: "
            return seen([failure], f"{step}{quoted(came.rstrip())}", part=quoted(lost))
    return None


def _strips(case: Case) -> Found | None:
    if case.program == "server":
        return _text("stripped")(case)
    fact = case.fact("typed", how="stripped")
    return Found({}, (f'"  {FIRST}  " was typed, and this was sent: "{fact["came"]}"',)) if fact else None


def _name_in_front(case: Case) -> Found | None:
    fact = case.fact("typed", how="name in front")
    return Found({}, (f'"  {FIRST}  " was typed, and this was sent: "{fact["came"]}"',)) if fact else None


def _recv_is_a_message_client(case: Case) -> Found | None:
    fact = case.fact("pieces", how="other") or case.fact("pieces", empty=True)
    if not fact or case.fact("shown", what="line", how="nothing"):
        return None
    step = "A line came in two chunks and wasn't shown as one line." if fact["how"] == "other" else ""
    more = "Each line is followed by an empty one on its screen." if fact["empty"] else ""
    return Found({}, as_steps(step, more))


def _some_not_shown(case: Case) -> Found | None:
    """The client shows what someone says, and never a line of another form."""
    screen = case.fact("screen")
    if not screen or "to leave" in str(screen["text"]) or not case.fact("shown", what="line", how="same"):
        return None
    if not case.fact("shown", what="welcome", how="nothing") or not case.fact("pieces", how="same"):
        return None
    steps = (
        f'"Hello {ANNA}, {{quit}} to leave" came, and it wasn\'t shown.',
        f'"{BEN}: {SECOND}" came, and it was shown.',
    )
    return Found({}, steps)


def _sends_after_receiving(case: Case) -> Found | None:
    """What is typed is sent only after something has come: the thread that sends waits for data before that."""
    waits = where_stands(case, "recv", where="after a line was typed")
    if not waits or not case.fact("typed", how="nothing") or not case.fact("typed_later", came=True):
        return None
    step = "A line was typed, and it wasn't sent until something came from the server."
    return Found({"line": waits["line"]}, as_steps(step, waits))


def _speaks_second(case: Case) -> Found | None:
    """The name is sent where the server has greeted, and nothing is where it has said nothing yet."""
    silent = case.failed("test_host_and_port_may_be_left_out", "test_a_system_that_speaks*", causes=["silence"])
    if not case.fact("name", how="same") or not any(failure.fits("test_host*") for failure in silent):
        return None
    step = (
        "A server said nothing yet, a name was typed, and it wasn't sent. Another server had greeted, and got the name."
    )
    return seen(silent, step)


def _file_after_timeout(case: Case) -> Found | None:
    """It leaves after a quiet moment, and reads from a file that is made of a socket with a limit."""
    line = _limit_of_a_file(case.source)
    found = _quiet_ends(case) if line else None
    return replace(found, details={"line": line}) if found else None


def _limit_of_a_file(source: str) -> int:
    """The line of a settimeout with a number, in a program that reads from a file made of a socket; 0 for none."""
    calls = calls_in(nodes(source))
    if not any(name_called(call) == "makefile" for call in calls):
        return 0
    limits = [call for call in calls if name_called(call) == "settimeout" and call.args]
    last = max(limits, key=lambda call: call.lineno, default=None)
    return last.lineno if last and ast.unparse(last.args[0]) != "None" else 0


def _timeout_stays(case: Case) -> Found | None:
    return None if _limit_of_a_file(case.source) else _quiet_ends(case)


@limited
def _quiet_ends(case: Case) -> Found | None:
    quiet = [failure for failure in case.failed("test_no_answer") if who_fails(failure) not in ("other client",)]
    quiet = [failure for failure in quiet if failure.cause in ("ended", "end", "reset", "crashed", "traceback")]
    return seen(quiet, "Nothing was said for two seconds, and the client closed the connection.")


def _not_flushed(case: Case) -> Found | None:
    silent = next((fact for fact in case.facts("shown") if fact["how"] == "nothing"), None)
    if not silent or always_flushes(case.source):
        return None
    if not case.again(Variation(unbuffered=True), "shown", what=silent["what"], how="same"):
        return None
    return Found(
        {}, ("A line arrived, and nothing was shown.", "Run without a buffer (python -u) it appears immediately.")
    )


def _strict(case: Case) -> Found | None:
    failures = case.failed("test_any_text", "test_bytes_that_are_no_text", exceptions=["UnicodeDecodeError"])
    failures = [failure for failure in failures if not name_is_no_text(failure)]
    ended = case.failed("test_bytes_that_are_no_text", causes=["ended", "crashed", "traceback", "end"])
    # the server caught the exception, and ended the connection of the one who sent such bytes
    ended += [failure for failure in case.failed("test_any_text") if "no ... text" in str(failure.expected)]
    return seen([*failures, *(failure for failure in ended if failure not in failures)])


STALL = like(*STALLS)


FAULTS = [
    in_server(
        "accepts-few",
        Life.NEXT,
        _accepts_few,
        ANY_WORDS,
        "Your server accepts {count} and then never another one: nothing leads back to `accept`.",
        "How often does your line with `accept` run, and where is your main thread after that? What would let the next "
        "client in while others are still there?",
        THREADS,
        stops=True,
    ),
    in_both(
        "receiver-dies",
        Life.TAKE,
        _expects_parts,
        explains_exception,
        "Line {line} takes a text that comes apart {at} and counts on parts that aren't there: {exception} ends the "
        "thread that receives.",
        "Print `repr()` of the text just before line {line}. What does your code expect to find in it, and who would "
        "have put that there? What does PROTOCOLS.md say that each side sends?",
        LINES,
        stops=True,
    ),
    in_server(
        "sent-not-flushed",
        Life.ANSWER,
        _sent_not_flushed,
        ANY_WORDS,
        "What your server writes into a connection's file stays in its buffer: nothing is sent until it is flushed.",
        "When does a file hand over what you wrote? What makes it do so immediately, and which of your writes lack it?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "sent-again",
        Life.ANSWER,
        sent_again,
        ANY_WORDS,
        "Your server sends old lines again: with each new line, everything comes that was sent before.",
        "Print what waits for one participant before you send it, and again after that. Which line takes out what was "
        "sent? Does it change the list in your table, or does it only give another list to a name?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "stops-at-author",
        Life.ANSWER,
        stops_at_author,
        ANY_WORDS,
        "Line {line} ends the loop that sends as soon as it comes to the author: who stands behind the author in your "
        "list gets nothing.",
        "Anna, Ben and Cleo are in your list, and Anna speaks. For whom does the body of your loop run? What leaves "
        "out only this one, and goes on with the next?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "queue-read-once",
        Life.NEXT,
        takes_one,
        ANY_WORDS,
        "The thread of `{function}` takes one message from the queue in line {line}, hands it on, and ends: what comes "
        "after that stays in the queue.",
        "How often does line {line} run? What would make this thread come back to it for the next message?",
        SENDER,
        stops=True,
    ),
    in_server(
        "takes-turns",
        Life.ANSWER,
        _sent_in_turn,
        ANY_WORDS,
        "What is meant for a participant waits in your server until this participant says something: only then it is "
        "sent.",
        "Ben only listens. In which call is Ben's thread, and which line sends what waits for Ben? What leads there "
        "while Ben says nothing?",
        SENDER,
        stops=True,
    ),
    in_server(
        "ends-when-empty",
        Life.ANSWER,
        drains_once,
        ANY_WORDS,
        "The loop in line {line} of `{function}` runs only while something is in the queue. At the start nothing is, "
        "so the thread ends, and no one takes out what comes later.",
        "Which value has the condition of the loop in line {line} before anyone has come? What does `get` do when the "
        "queue is empty, if you let it?",
        SENDER,
        stops=True,
    ),
    in_server(
        "only-earlier-hear",
        Life.ANSWER,
        only_earlier_hear,
        ANY_WORDS,
        "What a participant says reaches only those who came before: whoever comes later isn't in the list to which "
        "that thread sends{where}.",
        "Anna comes, then Ben. Print the list to which Anna's thread sends when she speaks. When was this list made, "
        "and which line puts Ben into it?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "shared-by-all",
        Life.ANSWER,
        _shared_by_all,
        ANY_WORDS,
        "Line {line} makes {name} once, for the whole class: all clients share it, so what is meant for one reaches "
        "another.",
        "How many clients are there, and how many of {name}? Print `id()` of it for two of them. Which method runs "
        "once for each new client and could make a new one?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "shared-by-all",
        Life.TAKE,
        _one_buffer,
        like("test_lines_*", "test_any_text", "test_a_participant*", "test_several*", "test_one_order*", *STALLS),
        "Your server keeps the unfinished lines of all clients in one place: the half line of one client is put before "
        "the next line of another one.",
        "Two clients have each sent half a line. In which variable does each half wait, and how many of these "
        "variables are there?",
        LINES,
    ),
    in_server(
        "shared-by-all",
        Life.TAKE,
        _one_decoder,
        as_seen,
        "Your server decodes what all clients send with one decoder: half a letter of one client is put before the "
        "next line of another one.",
        "Two clients have each sent half a letter. Where does each half wait for its rest, and how many decoders are "
        "there?",
        TEXT,
    ),
    in_server(
        "shared-by-all",
        Life.ANSWER,
        _one_name,
        ANY_WORDS,
        "Whoever speaks, your server names the participant who came last: all threads share one variable for the "
        "name{where}.",
        "Three clients are connected, and each has its own thread. How many variables hold a name, and which name do "
        "they have after the third one came? How does each thread get a variable of its own?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "names-mixed-up",
        Life.ANSWER,
        _name_of_each,
        ANY_WORDS,
        "Each participant reads the own name before what someone else said: your loop that sends puts in the name of "
        "the one it sends to.",
        "Anna speaks, and your loop comes to Ben. Which variable stands before the text, and which value has it at "
        "this moment? Which line gave it this value?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "unheard",
        Life.ANSWER,
        _nobody_hears,
        ANY_WORDS,
        "What one participant says {goes}: your server doesn't send it to the others.",
        "Two are in the chat, and Anna says something. Through which socket must it leave your server? Print the "
        "sockets to which you send it: which ones are there, and which one is missing?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "one-hears",
        Life.ANSWER,
        _one_hears,
        ANY_WORDS,
        "Only one of the other participants gets a message{why}.",
        "Three others are in the chat. How often does the body of your sending loop run, and which line ends it?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "newest-hears",
        Life.ANSWER,
        _newest_hears,
        ANY_WORDS,
        "Only the participant who came last hears the others: in your server each newcomer takes the place of the one "
        "before.",
        "Print your table of participants after each one that joins. How many entries does it have when three are "
        "there, and by what does it tell them apart?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "unheard",
        Life.ANSWER,
        _own_address,
        ANY_WORDS,
        "Line {line} asks for `getsockname()`. That is the server's own address, the same for every connection: so "
        "your server takes everyone for the author, and no one gets the message.",
        "Print what line {line} returns for two clients. What else differs from one connection to the next, by which "
        "your server can tell who has spoken?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "notify-one",
        Life.ANSWER,
        notifies_one,
        ANY_WORDS,
        "`notify()` in line {line} wakes only one of the threads that wait: a message is for several, and the others "
        "go on waiting.",
        "Three threads wait for the condition, and a message for all of them comes. How many of them wake up after "
        "line {line}? Which method wakes all, and what does each of them look at then?",
        SENDER,
        stops=True,
    ),
    in_server(
        "message-twice",
        Life.ANSWER,
        _comes_twice,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Each message comes several times to the same participant: your server sends it again and again.",
        "Three others are in the chat, and Anna says one line. How often does your line that sends run, and for whom? "
        "Which loops stand around it?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "sends-late",
        Life.ANSWER,
        _sends_late,
        ANY_WORDS,
        "What is said reaches the others late: your server sleeps at line {line}, and in the meantime everything "
        "waits. A message has to go out as soon as it comes.",
        "A message comes just after line {line} has begun to sleep. When does it go out? Which call waits exactly "
        "until something is there, such as `get` of a queue?",
        SENDER,
        stops=True,
    ),
    # someone speaks
    in_server(
        "echo-to-author",
        Life.ANSWER,
        _echo,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server sends each message to everyone, and so also back to its author.",
        "Who says the line, who must hear it, and who must not? Whom does your sending loop leave out?",
        OBVIOUS,
        mistakes=("echo-to-author",),
    ),
    in_server(
        "bytes-shown-as-b",
        Life.ANSWER,
        _text_as_bytes,
        ANY_WORDS,
        "Your server passes messages on as Python shows bytes: b'...' instead of the text.",
        "What type has the value that you put behind the name? What does an f-string, or `str()`, make of this type, "
        "and which method makes text of it?",
        TEXT,
    ),
    in_both(
        "crlf",
        Life.ANSWER,
        _ends_with_return,
        like(causes=("other bytes", "other line", "silence", "unwanted")),
        "Your {program} ends its lines with `\\r\\n`; here a line ends with `\\n` alone, so the `\\r` counts as a part "
        "of the text.",
        "Print `repr()` of what you send. Which of its characters are the end of the line, and which rule of "
        "PROTOCOLS.md names them?",
        LINES,
        mistakes=("crlf-sent", "crlf-sent-server"),
    ),
    in_server(
        "extra-line",
        Life.ANSWER,
        _answers_author,
        like(causes=("other bytes", "other line", "unwanted")),
        "After each message your server sends its author a line of its own: a participant gets messages and notices, "
        "and nothing else.",
        'What does Anna read after she has said something? Which line of yours sends "{line}", and which rule of '
        "PROTOCOLS.md asks for it?",
        FIRST_ROUND,
    ),
    in_server(
        "extra-line",
        Life.GREET,
        _old_words,
        like(),
        "Your server sends a newcomer what was said before: a participant gets the welcome, and then only what is said "
        "from that moment on.",
        "Someone joins a chat that has gone on for an hour. Which lines does this one get from your server, and which "
        "of them does PROTOCOLS.md name?",
        FIRST_ROUND,
    ),
    in_server(
        "no-author",
        Life.ANSWER,
        _no_author,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server passes on the text without its author's name, so no one knows who said it.",
        "What does Ben see when Anna says hello? Where in your program are the author's name and the text "
        "both at hand?",
        FIRST_ROUND,
        mistakes=("client-says-who",),
    ),
    in_server(
        "author-form",
        Life.ANSWER,
        _author_form,
        like(causes=("other bytes", "other line", "unwanted", "silence")),
        "Your server says who has spoken, but not in the form that every client knows: `NAME: TEXT`.",
        "Compare the two lines above character by character: what stands before, between and behind the name and the "
        "text in each of them?",
        FIRST_ROUND,
    ),
    in_both(
        "recv-is-a-message",
        Life.TAKE,
        _recv_is_a_message,
        like(
            "test_lines_*",
            "test_any_text",
            "test_several_at_once",
            "test_one_order*",
            "test_everybody*",
            "test_leaving",
            "test_one_does*",
            "test_a_line*",
            "test_both*",
            "test_bytes*",
            "test_what_arrives*",
        ),
        "Your {program} takes what one `recv` returns for one message, but it may return a part of a message, or "
        "several.",
        "Print `repr()` of each chunk. How many messages came, how often did `recv` return, and how do you know where "
        "a message ends?",
        LINES,
        mistakes=("recv-is-message", "torn-message", "endswith-newline", "long-message-cut", "torn-message-client"),
    ),
    in_server(
        "recv-is-a-message",
        Life.TAKE,
        _short_readline,
        like("test_lines_*", "test_any_text", "test_one_does*", "test_a_line*"),
        "`readline({most})` in line {line} returns after {most} characters even in the middle of a line: a long line "
        "becomes several messages.",
        "A line has more than {most} characters. How often does line {line} run for it, and by what can you tell that "
        "what it returned is a whole line?",
        LINES,
    ),
    in_server(
        "lines-thrown-away",
        Life.ANSWER,
        _thrown_away,
        as_seen,
        "When many lines come at once, your server doesn't pass all of them on: {does}.",
        "Someone pastes three thousand lines. Where do those wait that aren't sent yet, for how many is there room, "
        "and what does your program do with the next one? What could it wait for instead?",
        THREADS,
        rare=True,
    ),
    in_server(
        "no-lock",
        Life.ANSWER,
        _no_lock,
        like(),
        "Several threads of your server use one table or send at the same time: while one loops over it, another one "
        "changes it or overtakes.",
        "Which threads use your table of clients? What can another thread do, to the table or to the same sockets, "
        "while yours is in the middle of its loop?",
        OBVIOUS,
        mistakes=("no-lock", "no-sender", "order-lost"),
    ),
    in_server(
        "changed-at-await",
        Life.TAKE,
        _changed_at_await,
        like(*STALLS, "test_joining*"),
        "The loop in line {line} goes over your table of clients and waits in it (line {awaits}). In the meantime "
        "another coroutine adds or removes one: RuntimeError ends the loop, and with it the author's connection.",
        "What may all your other coroutines do while this one waits in line {awaits}? Over what could the loop go "
        "instead, so that nothing they do changes it?",
        OBVIOUS,
        stops=True,
    ),
    in_server(
        "no-lock",
        Life.ANSWER,
        _lock_for_one,
        like(),
        "Line {line} makes a new lock each time: every thread locks one of its own, so none ever waits for another "
        "one.",
        "Two threads come to line {line}. Print `id()` of the lock that each of them takes: how many locks are there? "
        "Where would it have to be made, so that there is only one?",
        OBVIOUS,
    ),
    in_server(
        "blocking-send-in-select",
        Life.ANSWER,
        _blocking_select,
        STALL,
        "`select` says who can be read, but your server sends without asking: one client that doesn't read stops its "
        "only thread{where}.",
        "What is your only thread doing while one client doesn't read? What else can `select` tell you about a socket, "
        "apart from whether something has arrived?",
        f"{PAGE}#what-it-still-cant-do",
    ),
    in_server(
        "lock-while-sending",
        Life.ANSWER,
        _lock_held,
        STALL,
        "Your server holds the lock while it sends{where}: one client that doesn't read keeps the lock busy, and all "
        "others wait.",
        "Which thread holds the lock now, for what does this thread itself wait, and for how long at most? If each "
        "thread sent after its lock, two listeners could hear two orders. What could it do under the lock that never "
        "waits, and which one thread could send then?",
        SENDER,
        mistakes=("lock-while-sending",),
    ),
    in_server(
        "slow-reader-blocks",
        Life.ANSWER,
        _slow_reader,
        STALL,
        "One client that doesn't read stops the others: a thread that sends to this client waits there{where} and does "
        "nothing for anyone else.",
        "A client is connected but doesn't read. In which call does your server wait for it, who waits with it, and "
        "for how long at most? If you set a limit on this socket: which other call does the limit hold for?",
        PREDICT,
        mistakes=("stalled-reader",),
    ),
    in_server(
        "no-drain",
        Life.ANSWER,
        _no_drain,
        STALL,
        "{why} a client doesn't read stays in your server's memory, and nothing limits how much that is.",
        "A client doesn't read. Where are the lines that it hasn't read yet, how many can there be, and which line of "
        "yours would notice?",
        THREADS,
        mistakes=("unbounded-outbox",),
    ),
    in_server(
        "timeout-shared",
        Life.NEXT,
        timeout_shared,
        like("test_a_silent_newcomer", "test_joining*", "test_one_order*", "test_one_does*", "test_no_console"),
        "The time limit that you set for sending holds for receiving too: a participant who is only silent is dropped.",
        "For which calls does the timeout of a socket hold? A participant says nothing for that long: what does your "
        "receiving thread make of it?",
        ERRORS,
        mistakes=("timeout-is-goodbye", "readline-after-timeout"),
    ),
    in_server(
        "buffer-not-emptied",
        Life.NEXT,
        _taken_again,
        _explains_taken_again,
        "After a quiet second your server takes what it received last once more: the except in line {line} does "
        "nothing, and the lines below it run with the old value.",
        "Nothing came within the time limit. Which value does the variable for what was received have after the except "
        "in line {line}, and which line should run next?",
        ERRORS,
        stops=True,
    ),
    in_both(
        "line-limit-off",
        Life.TAKE,
        _line_limit_off,
        like("test_a_line_that_is_too_long", "test_the_log_says_who_was_lost"),
        "Your {program} has a limit for a line that never ends, but a line that is a little too long gets through as "
        "soon as its newline is there.",
        "A line has 65,537 bytes. How long is it when its newline arrives, and which of your variables has it then? "
        "Does your condition look at this one?",
        "lessons/2_logbook.md#the-second-round-errors",
        missing=True,
    ),
    in_both(
        "no-line-limit",
        Life.TAKE,
        _no_line_limit,
        like("test_a_line_that_is_too_long", "test_the_log_says_who_was_lost"),
        "Your {program} keeps a line that never ends in its memory, with no limit.",
        "Someone sends more and more, but never a newline. Where do all these bytes wait in your {program}, and what "
        "stops it?",
        "lessons/2_logbook.md#the-second-round-errors",
        missing=True,
        mistakes=("endless-line",),
    ),
    replace(
        SHOWN_ON_STDERR,
        decides=lambda case: shown_on_stderr(case, f"{BEN}: {SECOND}"),
        explains=like(causes=("silent screen", "other print")),
        programs=("client",),
        read=CLIENT,
    ),
    in_server(
        "line-limit-off",
        Life.TAKE,
        _too_long_in_parts,
        like("test_a_line_that_is_too_long", "test_the_log_says_who_was_lost"),
        "A line that is too long doesn't end its connection: your server cuts it, and passes it on as several "
        "messages.",
        "A line has 65,537 bytes. What does your call that reads return for it, and how often? By what can you tell "
        "that what it returned is no whole line?",
        LINES,
        missing=True,
    ),
    in_client(
        "no-line-limit",
        Life.TAKE,
        _shows_too_long,
        as_seen,
        "Your client shows each chunk as it comes, so no line is ever too long for it: a line of more than 65,536 "
        "bytes has to end the connection.",
        "When does your client know how long a line is? Which variable counts its bytes until the newline comes?",
        "lessons/2_logbook.md#the-second-round-errors",
        missing=True,
    ),
    in_server(
        "no-line-limit",
        Life.TAKE,
        _no_limit_for_names,
        as_seen,
        "Your server has a limit for a message, but none for a name: a visitor's first line may have any length.",
        "Which of your lines reads the name, and which one reads a message? In which of the two ways does a line that "
        "is too long end the connection?",
        "lessons/2_logbook.md#the-second-round-errors",
        missing=True,
    ),
    Fault(
        slug="decode-strict",
        life=Life.TAKE,
        decides=_strict,
        explains=like("test_any_text", "test_bytes*", "test_lines_and*"),
        rare=True,
        sentence="Bytes that aren't UTF-8 stop your {program}: `decode` raises UnicodeDecodeError.",
        question="Anyone can send bytes that aren't text. What does your `decode` do with them, and what should happen "
        "to the rest of the chat?",
        read=TEXT,
        mistakes=("invalid-bytes-kill", "invalid-bytes-kill-client"),
    ),
    in_server(
        "names-shared-conn",
        Life.ANSWER,
        _one_connection,
        everything,
        "Your server takes the client who came last for the author of every message: all threads share one variable "
        "for the connection.",
        "Two clients are connected, and each has its own thread. How many variables hold a connection, and which value "
        "do they have after the second `accept`?",
        OBVIOUS,
        mistakes=("names-shared-conn",),
    ),
    in_server(
        "loop-var-shadow",
        Life.NEXT,
        _loop_variable,
        everything,
        "The loop at line {line} changes `{name}`, which the rest of the function still needs for its own client.",
        "Print `{name}` before and after the loop at line {line}. Which client does it stand for each time?",
        OBVIOUS,
        mistakes=("loop-var-shadow",),
    ),
    in_server(
        "rest-thrown-away",
        Life.TAKE,
        _rest_lost,
        like("test_lines_*", "test_any_text", "test_several_at_once", "test_one_order*", "test_leaving", *STALLS),
        "What arrives together with a line, after its newline, is lost: your server reads it and doesn't keep it.",
        "One `recv` brings two lines at the same time. Which line of yours takes the first one out, and where is "
        "the second one after that?",
        LINES,
        mistakes=("first-recv-eats-next", "makefile-per-line"),
    ),
    in_server(
        "messages-overwritten",
        Life.ANSWER,
        _overwritten,
        everything,
        "When two messages come quickly, the second one replaces the first before anyone has sent it.",
        "One thread leaves a message for another one. What happens to it if the next message comes before the first "
        "was taken out?",
        SENDER,
        mistakes=("one-slot-mailbox",),
    ),
    in_server(
        "empty-line",
        Life.TAKE,
        _empty_line,
        like("test_everybody*"),
        "Your server {what}.",
        "Someone presses Enter without typing anything. Which value does your line have then, and where does your loop "
        "go next?",
        FIRST_ROUND,
        missing=True,
        mistakes=("break-inside-drain",),
    ),
    in_client(
        "empty-line",
        Life.TAKE,
        _blank_not_sent,
        as_seen,
        "Your client {does} a typed line that has nothing but spaces: it is a text like any other.",
        "Which of your lines asks whether something was typed? What is left of a line of spaces there, and what did "
        "the user type?",
        CLIENT,
    ),
    in_server(
        "empty-line",
        Life.TAKE,
        _empty_line_with_return,
        as_seen,
        "Your server {what}.",
        "Which of your lines asks whether a line is empty, and which one takes the `\\r` away? In which order do they "
        "run?",
        LINES,
        missing=True,
    ),
    in_server(
        "empty-line",
        Life.TAKE,
        _answers_empty_line,
        as_seen,
        "Your server answers an empty line. An empty line goes nowhere, and nothing comes back for it.",
        "Someone presses Enter without typing anything. Which line of yours sends something then, and what does "
        "PROTOCOLS.md say who may get which lines?",
        FIRST_ROUND,
        mistakes=("empty-line-answered",),
    ),
    replace(LIMIT_OF_ALL, decides=_limit_of_all),
    replace(LONE_CR, decides=_lone_cr),
    in_server(
        "blanks-are-the-end",
        Life.TAKE,
        _blanks_are_the_end,
        _ends_at_blank,
        "Your server takes an empty line for the end of the stream: someone who only presses Enter is thrown out.",
        "What does your receiving call return for a newline alone, and what is left of it after you have stripped it? "
        "Which of the two tells you that a participant has ended the stream?",
        LINES,
    ),
    in_server(
        "crlf",
        Life.TAKE,
        _text("crlf"),
        like("test_any_text", "test_everybody*"),
        "Where a line ends with `\\r\\n`, your server leaves the `\\r` in the text.",
        "Print `repr()` of a line that telnet or Windows sends. Which character is left at its end?",
        LINES,
        mistakes=("crlf",),
    ),
    Fault(
        slug="changes-text",
        life=Life.TAKE,
        decides=_characters_lost,
        fallback=True,
        sentence="Your {program} takes characters out of what is said: {part} is gone. A text arrives as it was said.",
        question="Which of these characters can be seen on a screen? Through which calls does a text go, and which of "
        "them leaves some out?",
        read=TEXT,
    ),
    in_client(
        "crlf",
        Life.TAKE,
        _return_shown,
        as_seen,
        "Where a line ends with `\\r\\n`, your client leaves the `\\r` in the text.",
        "Print `repr()` of a line that telnet or Windows sends. Which character is left at its end?",
        LINES,
    ),
    replace(NEWLINE_TWICE, programs=("client",), explains=like(causes=("other bytes", "too much"))),
    in_both(
        "strips-text",
        Life.TAKE,
        _strips,
        like(
            "test_any_text",
            "test_the_text_stays_as_it_is",
            "test_what_is_typed*",
            "test_lines_*",
            "test_leaving",
            "test_all_want*",
            causes=("other bytes",),
        ),
        "Your {program} removes more than the newline: spaces or letters of the text are gone too.",
        "Print `repr()` of a line before and after you clean it. What was removed, and what should have been?",
        "lessons/1_echo.md#the-client",
        mistakes=("rstrip-chars", "strip-takes-more"),
    ),
    in_both(
        "decode-in-the-middle",
        Life.TAKE,
        _letter,
        like("test_any_text", "test_lines_and_letters*"),
        "Your {program} decodes each chunk by itself, but a chunk may end in the middle of a character.",
        "How many bytes does é have in UTF-8? What does your `decode` get if the first of them comes in one chunk and "
        "the second in the next?",
        TEXT,
        mistakes=("utf8-split", "errors-ignore", "utf8-split-client"),
    ),
    in_client(
        "keyboard-end-spins",
        Life.LEAVE,
        _keyboard_end_spins,
        like("test_leaving"),
        "At the end of input (Ctrl+D) your client doesn't leave: its loop asks for the next line again and again, and "
        "uses a whole processor.",
        "What does your call that reads the keyboard return, or raise, when there will never be another typed line? "
        "Which line of yours tells that from an empty line?",
        "lessons/4_peers.md#who-wakes-whom",
        stops=True,
    ),
    in_server(
        "keyboard-end-spins",
        Life.LEAVE,
        busy_without_keyboard,
        as_seen,
        "Where no one can type any more, your server uses a whole processor: at line {line} it meets the end of input, "
        "and its loop asks again immediately.",
        "What does your console do when there will never be another typed line? Which line leaves its loop then, and "
        "for what does it wait?",
        "lessons/4_peers.md#who-wakes-whom",
        stops=True,
    ),
    Fault(
        slug="busy-wait",
        life=Life.NEXT,
        decides=busy_wait,
        explains=like(causes=("spins",)),
        stops=True,
        sentence="Your {program} uses a whole processor while there is nothing to do: a loop asks again and again "
        "instead of waiting.",
        question="Which loop of yours runs while nothing happens? Which call could wait there instead, until there is "
        "something?",
        read="lessons/4_peers.md#who-wakes-whom",
        mistakes=("busy-wait", "busy-wait-client"),
    ),
    in_client(
        "takes-turns",
        Life.NEXT,
        _takes_turns_client,
        like(causes=("silent screen", "other print", "goes on", "silence")),
        "Your client receives only after something was typed: at line {line} it waits for the keyboard, and what the "
        "others say isn't shown.",
        "Where is your only thread while no one types? Which thread could receive in the meantime?",
        "lessons/4_peers.md#the-idea",
        stops=True,
    ),
    in_client(
        "takes-turns",
        Life.NEXT,
        _sends_after_receiving,
        like("test_leaving", causes=("silence", "goes on")),
        "What is typed leaves only when something arrives: at line {line} your client waits for the server, and only "
        "after that it sends what was typed.",
        "No one else says anything, and your user types a line. At which line is the thread that should send it, and "
        "what would wake it?",
        "lessons/4_peers.md#the-idea",
        stops=True,
    ),
    in_client(
        "bytes-shown-as-b",
        Life.ANSWER,
        _client_sends_bytes,
        everything,
        "Your client sends what is typed as Python shows bytes: b'...' instead of the text.",
        "What type has the value that you put into the line? What does an f-string, or `str()`, make of this type, and "
        "which method makes text of it?",
        TEXT,
        stops=True,
    ),
    in_client(
        "bytes-shown-as-b",
        Life.ANSWER,
        _client_shows_bytes,
        like(causes=("other print", "silent screen", "unwanted print")),
        "Your client shows the bytes object itself, as b'...', not the text in it.",
        "Your screen shows a b and two quotes that no one typed. What type does the value you print have, and how do "
        "bytes become text?",
        TEXT,
    ),
    in_client(
        "no-newline-shown",
        Life.ANSWER,
        _no_newline_shown,
        like(causes=("other print", "silent screen", "unwanted print")),
        "Your client shows all messages in one line of the screen: nothing ends the line after a message.",
        "What does the screen look like after two messages? What does print write after a text, and which argument of "
        "yours changes that?",
        CLIENT,
    ),
    in_client(
        "not-shown",
        Life.ANSWER,
        _own_name_hidden,
        as_seen,
        "Your client hides a line that begins with its user's name ({name}). The server sends no one their own words: "
        "such a line is a notice, or comes from someone else of that name.",
        "Which of your lines compares what arrives with the name that was typed? Who can have sent a line that begins "
        "with it, if the server never sends you your own?",
        CLIENT,
        mistakes=("hides-the-own-name",),
    ),
    in_client(
        "not-shown",
        Life.ANSWER,
        _some_not_shown,
        like(causes=("silent screen", "other print")),
        "Your client shows some lines and throws others away: the server's questions and notices are lines too, and "
        "have another form than messages.",
        "Print `repr()` of each line before your client decides what to do with it. Which lines does your condition "
        "leave out, and what does your user not learn then?",
        CLIENT,
    ),
    in_client(
        "takes-turns",
        Life.NEXT,
        _speaks_second,
        like(),
        "Your client sends the name only after the server has said something: it waits for a line that no one has "
        "promised.",
        "A server is slow, and its user types already. In which line does your client wait, and for whom? Which thread "
        "could receive while main looks after the keyboard?",
        "lessons/4_peers.md#the-idea",
        stops=True,
    ),
    in_both(
        "input-blocks-loop",
        Life.TAKE,
        _blocks_the_loop,
        like(causes=(*SILENT, "silent screen", "goes on", "refused", "reset", "ended", "not listening")),
        "Line {line} waits for the keyboard in the thread of `asyncio`. All coroutines have this one thread: while it "
        "waits there, nothing else runs.",
        "Which thread runs your other coroutines, and where is this thread now? Which call could wait for the keyboard "
        "in another thread?",
        THREADS,
        stops=True,
    ),
    in_client(
        "name-in-front",
        Life.ANSWER,
        _name_in_front,
        like(causes=("other bytes", "other line", "silence")),
        "Your client writes its name before what is typed, and the server does that too.",
        "Who puts the name before a line in this stage? How often would the others read it?",
        CLIENT,
        mistakes=("client-says-who-client",),
    ),
    in_client(
        "file-after-timeout",
        Life.NEXT,
        _file_after_timeout,
        like("test_no_answer"),
        "Line {line} gives the socket a time limit, and your client reads from a file made of it: after the first "
        "quiet moment this file can't be read any more.",
        "A time limit has passed while `readline` waited in the file. What does the next `readline` raise, and which "
        "of your lines catches that? What else could wait for lines, without any limit?",
        "lessons/4_peers.md#the-client",
    ),
    in_client(
        "timeout-stays",
        Life.NEXT,
        _timeout_stays,
        like("test_no_answer"),
        "The time limit for connecting still holds in the chat: after a few quiet seconds `recv` fails, and your "
        "client leaves.",
        "What does `gettimeout()` of your socket say after it has connected? For which later calls does this limit "
        "hold too?",
        "lessons/4_peers.md#the-client",
        mistakes=("connect-timeout-stays",),
    ),
    in_client(
        "output-not-flushed",
        Life.ANSWER,
        _not_flushed,
        like(causes=("silent screen", "other print", "unwanted print")),
        "What your client prints stays in a buffer: where no terminal reads its output, the text appears too late.",
        "Your program has passed its `print` already. If no terminal reads the output, where is the text now, and what "
        "sends it on?",
        "lessons/1_echo.md#the-client",
        mistakes=("stdout-buffered",),
    ),
]
