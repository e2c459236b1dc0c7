"""Stage 5: faults that show when someone comes, and gives a name."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.broadcast.shared import (
    ANNA,
    ANY_WORDS,
    BEN,
    BROKEN,
    CLIENT,
    CLOSELY,
    FIRST,
    FIRST_ROUND,
    LETTERS,
    LINES,
    LOCK,
    OBVIOUS,
    OTHER_TWIN,
    PAGE,
    READS,
    SECOND,
    SENDS,
    SILENT,
    TEXT,
    THREADS,
    TWIN,
    accepts_again,
    all_hear,
    announced_early,
    at_line,
    each_line_is_a_name,
    extra_line,
    found_by,
    hears_of_others,
    in_both,
    in_client,
    in_server,
    name_called,
    name_is_no_text,
    quit_as_name,
    seen_closely,
    sends_json,
    thread_target_called,
    unheard,
    uses,
    where_stands,
    who_fails,
)
from parley.checks.diagnosis.evidence import Case, Failure, line_in
from parley.checks.diagnosis.fault import (
    Fault,
    Found,
    Life,
    as_seen,
    as_step,
    as_steps,
    capital,
    everything,
    like,
    seen,
)
from parley.checks.diagnosis.slips import limit_of_lines, template_of_values
from parley.checks.diagnosis.syntax import Function, calls_in, name_of, nodes
from parley.checks.diagnosis.threads import SENDS_OR_TAKES, lock_left, sleeps
from parley.contract.record import quoted, visible

SELECTS = ("select", "selectors", "poll", "epoll", "asyncio", "setblocking")


def _length_prefix(case: Case) -> Found | None:
    """What it sends first comes behind its length, in digits or in bytes."""
    fact = case.fact("name") if case.program == "client" else case.fact("greeting", who=ANNA)
    came = str(fact["came"]) if fact else ""
    digits = re.match(r"(\d+)[^\w\d]*?(?=\w)(.*)", came.partition("\\n")[0], re.S)
    if not came.startswith("\\x00") and (not digits or int(digits[1]) not in _lengths(digits[2])):
        return None
    raised = case.fact("raises", exception="ValueError")
    waits = f"Line {raised['line']} raises ValueError: {raised['message']}" if raised else ""
    return Found({}, as_steps(f'It sent "{came}".', waits))


def _lengths(text: str) -> set[int]:
    """The length of a text, with a newline and without, in characters and in bytes."""
    return {len(text), len(text) + 1, len(text.encode()), len(text.encode()) + 1}


def _own_commands(case: Case) -> Found | None:
    """A name alone is not taken; behind a word of the program's own it is."""
    fact = case.fact("own_word")
    if not fact:
        return None
    answer = case.fact("welcome", who=ANNA)
    alone = f'This came: "{answer["came"]}"' if answer and answer["came"] else "Nothing came."
    said = f"The name was sent alone. {alone}"
    return Found({"word": fact["word"]}, (said, f'"{fact["word"]} {ANNA}" was sent, and this came: "{fact["came"]}"'))


def _untyped_line(case: Case) -> Found | None:
    """Behind the name comes a line that no one typed."""
    name, typed = case.fact("name", how="same"), case.fact("typed", how="more")
    after = str(name["came"]).partition(f"{ANNA}\\n")[2] if name else ""
    more = after or (str(typed["came"]) if typed else "")
    line = more.partition("\\n")[0]
    if not line:
        return None
    return Found({"line": line}, (f'"{ANNA}" was typed as the name, and nothing else. After it this came: "{line}"',))


def _no_line_end(case: Case) -> Found | None:
    if _length_prefix(case):
        return None
    for name in ("greeting", "welcome", "newcomer_told", "message", "name", "typed"):
        fact = case.fact(name, how="no line end")
        if fact and not str(fact["came"]).endswith("\\r\\n"):
            return Found({}, (f'It sent "{fact["came"]}", with no newline (\\n) after it.',))
    return None


def _no_greeting(case: Case) -> Found | None:
    greeting = case.fact("greeting", who=ANNA, how="nothing")
    welcome = case.fact("welcome", who=ANNA)
    if not greeting or greeting["over"] or not welcome or welcome["how"] == "nothing":
        return None
    steps = as_steps(
        "A client connected, and your server sent nothing.",
        where_stands(case, "recv", "select", where=f"when {ANNA} came"),
        f'As soon as a name was sent, this came: "{welcome["came"]}"',
    )
    return Found({}, steps)


def _accept_serves(case: Case) -> Found | None:
    if not case.fact("welcome", who=ANNA, how="line") or not case.fact("welcome", who=BEN, how="nothing"):
        return None
    if not case.fact("greeting", who=BEN, how="nothing") or thread_target_called(case):
        return None
    if uses(case, "ThreadingTCPServer", "ThreadingMixIn"):
        return None  # each client has a thread of its own
    later = case.fact("served_later", came=True)
    if not later and where_stands(case, "accept", where=f"when {BEN} came"):
        return None
    stands = where_stands(case, "recv", where=f"when {BEN} came")
    if not later and (not stands or not accepts_again(case)):
        return None
    steps = as_steps(
        f"{ANNA} was greeted and welcomed; {BEN} connected while {ANNA} was there, and nothing came.",
        stands,
        f"As soon as {ANNA} had left, {BEN} was served." if later else None,
    )
    return Found({"where": at_line(stands)}, steps)


def _takes_turns(case: Case) -> Found | None:
    """A loop goes from one connection to the next and waits at each: no one else is heard in the meantime."""
    if not case.failed("test_a_silent_newcomer") or uses(case, *SELECTS):
        return None
    for loop in nodes(case.source):
        if not isinstance(loop, ast.For):
            continue
        names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        for call in ast.walk(loop):
            reads = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and name_called(call) in READS
            if reads and ast.unparse(call.func.value).split(".")[0] in names:  # type: ignore[attr-defined]
                step = f"Line {call.lineno} waits for one of them while line {loop.lineno} goes over all."  # type: ignore[attr-defined]
                return Found({"where": f" (line {call.lineno})"}, (step,))  # type: ignore[attr-defined]
    return None


def _waits_for_name(case: Case) -> Found | None:
    """No one is greeted while someone is connected who has not said anything yet."""
    ignored = seen_closely(case, "behind_silent", greeted=False) if case.failed("test_a_silent_newcomer") else None
    if not ignored:
        return None
    stands = [fact for fact in case.evidence.facts(case.program, CLOSELY) if fact.name == "stands"]
    if any(fact["call"] == "accept" for fact in stands if fact.where == ignored.where):
        return None  # the next one has been accepted: something else keeps the greeting back
    return Found({}, ("A client connected and said nothing. The next one connected and wasn't greeted.",))


def _few_at_a_time(case: Case) -> Found | None:
    """Some are served, and the next one only when one of them has left."""
    waits = next((fact for fact in case.facts("welcome", how="nothing") if fact["who"] not in (ANNA, BEN)), None)
    if waits is None or not case.fact("served_later", came=True) or sleeps(case.source, SENDS_OR_TAKES):
        return None
    count = len(case.facts("welcome", how="line"))
    step = f"{count} were served; the next one connected, and nothing came until one of the others left."
    return Found({"count": count}, (step,))


def _name_late(case: Case) -> Found | None:
    welcome = case.fact("welcome", who=ANNA, late=True)
    if not welcome or not case.fact("greeting", who=ANNA, how="line"):
        return None
    after = str(welcome["came"]).removeprefix(str(welcome["answer"] or ""))
    if welcome["answer"]:
        steps = (f'A name was sent, and this came: "{welcome["answer"]}"', f'After one more line this came: "{after}"')
        return Found({"asks": "asks for something more, and takes the next line for the answer"}, steps)
    steps = ("A name was sent, and nothing came.", f'After one more line this came: "{after}"')
    return Found({"asks": "waits for one more line"}, steps)


def _no_names(case: Case) -> Found | None:
    """The first line is no name here: it is passed on like the others, without an author."""
    welcome, passed_on = case.fact("welcome", who=ANNA, how="nothing"), case.fact("passed_on")
    if not welcome or not passed_on or passed_on["how"] not in ("no author", "no line end") or _changes_name(case):
        return None
    steps = (
        f"{ANNA} connected and sent a name, and wasn't welcomed.",
        f'{ANNA} said "{SECOND}", and someone else received: "{passed_on["came"]}"',
    )
    return Found({}, steps)


def _welcome_without_name(case: Case) -> Found | None:
    welcome = case.fact("welcome", who=ANNA, how="nothing")
    if not welcome or not welcome["came"] or _changes_name(case):
        return None
    hung_up = bool(welcome["over"]) or not case.fact("passed_on")
    if not case.fact("passed_on", how="same") and not (hung_up and "{quit}" in str(welcome["came"])):
        return None
    return Found({}, (f'The name "{ANNA}" was sent, and this came: "{welcome["came"]}"',))


def _changes_name(case: Case) -> Found | None:
    """The name that someone gave comes back with other capitals, or without its digits."""
    welcome = case.fact("welcome", who=ANNA, how="nothing")
    came = str(welcome["came"]) if welcome else ""
    if came and ANNA not in came and (ANNA.casefold() in came.casefold() or ANNA.rstrip("0123456789") in came):
        return Found({}, (f'The name "{ANNA}" was sent, and this came: "{came}"',))
    other = seen_closely(case, "good_name", accepted=True, same=False) if case.failed("test_what_is_no_name") else None
    return found_by(other, "this came") or _welcomed_otherwise(case)


def _welcomed_otherwise(case: Case) -> Found | None:
    """A visitor is welcomed by its name with other capitals, or other blanks between its words."""
    for failure in case.failed("test_what_is_no_name", "test_a_newcomer*", causes=["silence", "other line"]):
        welcome = _first_welcome(failure)
        if welcome:
            name, came = welcome
            plain, other = (" ".join(text.casefold().split()) for text in (name, came))
            if plain and name not in came and plain in other:
                step = f"A visitor gave the name {quoted(name)}, and this came: {quoted(came)}"
                return seen([failure], step)
    return None


def _bytes_of_name_lost(case: Case) -> Found | None:
    """A visitor is welcomed by its name without the byte in it that is no text."""
    texts = [node for node in nodes(case.source) if isinstance(node, ast.Constant)]
    line = next((text.lineno for text in texts if text.value == "ignore"), 0)
    for failure in case.failed("test_any_text", causes=["other line"]):
        said = failure.given[-1].data.strip() if failure.given else b""
        came = failure.received.strip() if isinstance(failure.received, bytes) else b""
        lost = said.decode(errors="ignore").encode()
        if lost != said and lost in came:
            step = f"A visitor gave the name {quoted(said)} (not UTF-8), and this came: {quoted(came)}"
            text = case.written(line)
            return seen([failure], *as_steps(step, text))
    return None


def _first_welcome(failure: Failure) -> tuple[str, str] | None:
    """What the visitor who waits in vain had given as a name last, when a line with {quit} came, and this line."""
    name, greeting = None, ""
    for event in failure.events:
        if event.who != (who_fails(failure) or _last_listener(failure)):
            continue
        text = event.data.decode(errors="replace")
        if event.what == "sends":
            name = text.removesuffix("\n").strip(" \t")
        elif event.what == "receives" and name is None:
            greeting += text
        elif event.what == "receives" and name is not None and "{quit}" in text and "{quit}" not in greeting:
            return name, next(line for line in text.split("\n") if "{quit}" in line)
    return None


def _blanks_refused(case: Case) -> Found | None:
    """A good name is refused where it has blanks around it."""
    for failure in case.failed("test_what_is_no_name", "test_a_newcomer*", causes=["silence"]):
        mine = [event for event in failure.events if event.who == who_fails(failure)]
        said = [at for at, event in enumerate(mine) if event.what == "sends"]
        last = mine[said[-1]].data.decode(errors="replace").removesuffix("\n") if said else ""
        name = last.strip()
        good = 1 <= len(name) <= 32 and name.isprintable()
        answered = bool(said) and any(event.what == "receives" for event in mine[said[-1] :])
        if good and last != name and answered and not _first_welcome(failure):
            return seen([failure], f"A visitor gave the name {quoted(last)}, and was asked for another one.", name=name)
    return None


def _no_way_out(case: Case) -> Found | None:
    """The welcome does not say how one leaves."""
    failures = case.failed("test_a_newcomer_is_welcomed", "test_a_hundred", causes=["silence", "other line"])
    welcome = case.fact("welcome", who=ANNA, how="line", quit_told=False)
    return seen(failures, f'This is the welcome: "{welcome["came"]}"') if welcome else None


def _said_in_another_line(case: Case) -> Found | None:
    """The welcome says how one leaves in a line without the name."""
    failures = case.failed("test_a_newcomer_is_welcomed", "test_a_hundred", causes=["silence", "other line"])
    failures = [failure for failure in failures if "{quit}" in str(failure.expected)]
    welcome = case.fact("welcome", who=ANNA, how="line")
    greeting = case.fact("greeting", who=ANNA)
    came = "".join(str(fact["came"]) for fact in (greeting, welcome) if fact)
    lines = came.split("\\n")
    apart = any("{quit}" in line for line in lines) and not any("{quit}" in line and ANNA in line for line in lines)
    return (
        seen(failures, f'A newcomer gave the name {ANNA}, and got these lines: "{came}"') if welcome and apart else None
    )


def _not_said(case: Case) -> Found | None:
    return None if _fills_in_quit(case) else _no_way_out(case)


def _replaced_quit(case: Case) -> Found | None:
    """The welcome has something else where its text has {quit}."""
    line = _fills_in_quit(case)
    found = _no_way_out(case) if line else None
    return replace(found, details={"line": line}) if found else None


def _fills_in_quit(case: Case) -> int:
    """The line of an f-string with {quit} in single braces, which Python replaces with what `quit` is; 0 for none."""
    values = [node for node in nodes(case.source) if isinstance(node, ast.FormattedValue)]
    return next((value.lineno for value in values if ast.unparse(value.value) == "quit"), 0)


def _name_keeps_line_end(case: Case) -> Found | None:
    fact = case.fact("message", how="split")
    return Found({}, (f'"{ANNA}: {FIRST}" was awaited as one line, and this came: "{fact["came"]}"',)) if fact else None


def _name_length(case: Case) -> Found | None:
    if not case.fact("long_name", letters=False, ascii=True):
        return None
    if seen_closely(case, "good_name", accepted=False):  # a short one that isn't all ASCII is refused, too
        return None
    return Found({}, (f'The name "{LETTERS}" has 32 characters; it was refused.', "One of 32 digits was taken."))


def _name_refused(case: Case) -> Found | None:
    """A name of printable characters is not taken, and others are."""
    other = case.fact("other_name")
    if other and not _changes_name(case):
        answer = case.fact("welcome", who=ANNA)
        came = f'this came: "{answer["came"]}"' if answer and answer["came"] else "nothing came"
        steps = (f'The name "{ANNA}" was sent, and {came}', f'"{other["name"]}" was sent, and it was taken.')
        return Found({"name": ANNA}, steps)
    long = case.fact("long_name", ascii=False)
    if long and long["came"] and case.failed("test_what_is_no_name") and case.fact("goes_on", how="same"):
        return Found({"name": LETTERS}, (f'A name of 32 characters was sent, and this came: "{long["came"]}"',))
    if not case.failed("test_what_is_no_name", "test_a_hundred", "test_two_of_one_name"):
        return None
    refused = seen_closely(case, "good_name", accepted=False) if not _name_cut(case) else None
    found = found_by(refused, "this came")
    return replace(found, details={"name": refused["name"]}) if refused and refused["came"] and found else None


def _name_cut(case: Case) -> Found | None:
    """Who gives a name of several words is welcomed by one of them."""
    failed = case.failed("test_what_is_no_name", "test_a_hundred")
    fact = seen_closely(case, "good_name", accepted=False) if failed else None
    words = [word for word in str(fact["name"]).split() if word in str(fact["came"])] if fact else []
    if fact is None or not words or "{quit}" not in str(fact["came"]):
        return None
    return Found({"name": fact["name"], "part": words[0]}, (f'{capital(fact.where)}, this came: "{fact["came"]}"',))


def _explains_name_refused(case: Case, found: Found, failure: Failure) -> bool:
    """Where a name such as those of the tests is refused, it explains all of them."""
    if found.details["name"] == ANNA:
        return failure.kind == "core" or ANY_WORDS(case, found, failure)
    return failure.fits("test_what_is_no_name", "test_a_hundred")


def _name_hangs_up(case: Case) -> Found | None:
    """Who gives a bad name sees the end of the stream."""
    fact = seen_closely(case, "no_name", over=True) if case.failed("test_what_is_no_name") else None
    if not fact:
        return _name_hangs_up_later(case)
    came = f'This came before EOF: "{fact["came"]}"' if fact["came"] else "Nothing came but EOF."
    what = f"{fact['what']} as a name" if "name" not in str(fact["what"]) else fact["what"]
    return Found({"what": what}, (f"{capital(fact.where)}, its connection was closed.", came))


def _name_hangs_up_later(case: Case) -> Found | None:
    """Who gives a bad name is asked again, and after some of them sees the end of the stream."""
    for failure in case.failed("test_what_is_no_name", causes=["end", "reset"]):
        mine = [event for event in failure.events if event.who == who_fails(failure)]
        ends = next((at for at, event in enumerate(mine) if event.what == "sees end"), 0)
        given = sum(event.what == "sends" for event in mine[:ends])
        asked = sum(event.what == "receives" for event in mine[:ends])
        if given > 1 and asked > 1:
            what = "one bad name after another"
            return seen([failure], f"A visitor gave {given} bad names and was asked again. Then it got EOF.", what=what)
    return None


def _name_not_asked_again(case: Case) -> Found | None:
    """After a bad name nothing comes, and a good one is taken."""
    silent = case.failed("test_what_is_no_name", causes=["silence"])
    fact = seen_closely(case, "no_name", accepted=False, over=False, came="") if silent else None
    return Found({}, (f"{capital(fact.where)}, nothing came.",)) if fact else None


def _name_unchecked(case: Case) -> Found | None:
    if not case.failed("test_what_is_no_name"):
        return None
    fact = seen_closely(case, "no_name", accepted=True)
    if not fact or not fact["came"]:
        return None
    return Found({"what": fact["what"]}, (f'{capital(fact.where)}, this came: "{fact["came"]}"',))


def _named_by_server(case: Case) -> Found | None:
    """After a bad name a visitor is welcomed, under another name than the one that it has given."""
    if _welcomed_otherwise(case) or _name_unchecked(case):
        return None
    for failure in case.failed("test_what_is_no_name", causes=["silence", "other line", "other bytes"]):
        welcome = _first_welcome(failure)
        name, came = welcome or ("", "")
        bad = not (1 <= len(name) <= 32 and name.isprintable())
        if name and bad and name[:20] not in came:
            return seen([failure], f"A visitor gave the name {quoted(name)}, and this came: {quoted(came)}")
    return None


def _name_is_template(case: Case) -> Found | None:
    """Someone whose name has a % and braces is welcomed, speaks, and isn't heard; a format is made of a value."""
    template = template_of_values(case.source)
    line = template.line if template else 0
    for failure in case.failed("test_what_is_no_name") if line else []:
        said = [event.data for event in failure.given[-1:]]
        name = next((event.data for event in failure.given if b"{x}" in event.data), b"").strip().decode()
        if said in ([b"are you here?\n"], [b"hello\n"]) and name:
            step = (
                f"A participant named {quoted(name)} spoke. This came to another one: {quoted(failure.received or '')}"
            )
            return seen([failure], step, case.written(line), line=line)
    return None


def _takes_signs(case: Case) -> Found | None:
    """A name is taken although one of its characters can't be printed; other such names may be refused."""
    if _name_unchecked(case):
        return None
    for failure in case.failed("test_what_is_no_name"):
        said, greeted = None, b""
        for event in failure.events:
            if event.what == "sends" and "Carla" in event.who:
                said = event.data.decode(errors="replace").removesuffix("\n")
            elif event.what == "receives" and "Carla" in event.who and said is None:
                greeted += event.data
            elif event.what == "receives" and "Carla" in event.who and said and b"{quit}" in event.data:
                if b"{quit}" in greeted or said.strip().isprintable():
                    break
                step = f"A visitor gave the name {quoted(said)}, and this came: {quoted(event.data)}"
                return seen([failure], step, name=visible(said))
    return None


def _asked_again(failure: Failure, word: str) -> bool:
    """Whether a visitor has given a bad name, then said this word, and waits in vain for what it leads to."""
    said = [event.data for event in failure.events if event.what == "sends" and event.who == who_fails(failure)]
    return said == [b"\n", f"{word}\n".encode()]


def _quit_when_asked_again(case: Case) -> Found | None:
    """A visitor may leave with {quit} at first, and not when it is asked for a name once more."""
    failures = case.failed("test_leaving_without_a_name", causes=["silence", "other line", "other bytes"])
    again = [failure for failure in failures if _asked_again(failure, "{quit}")]
    return seen(again, "A visitor sent an empty line, was asked for a name again, said {quit}, and got no EOF.")


def _name_strict(case: Case) -> Found | None:
    """Bytes that are no text were replaced in a message; a visitor whose name has such bytes is lost."""
    if _bytes_of_name_lost(case):
        return None
    failures = [failure for failure in case.failed("test_any_text") if name_is_no_text(failure)]
    return seen(failures, 'A visitor gave the name "Zo\\xe417" (not UTF-8), and was neither welcomed nor asked again.')


def _early(case: Case) -> Found | None:
    fact = seen_closely(case, "early", heard=True) if case.failed("test_a_silent_newcomer") else None
    if fact:
        return found_by(fact, "this had come to the visitor already")
    failures = _told_of_others(case)
    failures = [failure for failure in failures if _others_have_it_too(failure)]
    came = failures[0].received if failures else None
    step = "A visitor had given no good name yet, and this came to it, as to the participants: "
    return seen(failures, f"{step}{quoted(came)}") if isinstance(came, bytes) else None


def _told_of_others(case: Case) -> list[Failure]:
    """The failed tests in which a visitor without a name got a line about someone else."""
    failures = case.failed("test_what_is_no_name", "test_a_silent_newcomer", causes=["other line"])
    return [failure for failure in failures if hears_of_others(failure)]


def _others_have_it_too(failure: Failure) -> bool:
    """Whether the line that came to a visitor came to a participant as well."""
    line = failure.received.strip() if isinstance(failure.received, bytes) else b""
    people = {event.who for event in failure.events if event.what == "receives"} - {_last_listener(failure)}
    return any(line in failure.shown("receives", who).split(b"\n") for who in people)


def _last_listener(failure: Failure) -> str:
    """Who expected something at last."""
    return next((event.who for event in reversed(failure.events) if event.what == "expects"), "")


def _names_in_question(case: Case) -> Found | None:
    """What a visitor alone is told, before its welcome, has the name of a participant."""
    failures = [failure for failure in _told_of_others(case) if not _others_have_it_too(failure)]
    came = failures[0].received if failures else None
    step = "A visitor had given no good name yet, and this came to it alone: "
    return seen(failures, f"{step}{quoted(came)}") if isinstance(came, bytes) else None


def _not_announced(case: Case) -> Found | None:
    told = any(fact["how"] != "nothing" for fact in case.facts("newcomer_told"))
    if told or unheard(case) or announced_early(case) or not case.fact("welcome", who=BEN, how="line"):
        return None
    return Found({}, (f"{BEN} came and was welcomed, and {ANNA} was not told.",))


def _one_key(case: Case) -> Found | None:
    """Of two with one name, one hears nothing, perhaps only when the other one has left."""
    failures = case.failed("test_two_of_one_name")
    twins = seen_closely(case, "twins") if failures and all_hear(case) else None
    if not twins or twins["both"] or _second_refused(case):
        return None
    return seen(failures, f"Two named {TWIN} were in the chat: not both heard what was said.")


def _removed_by_name(case: Case) -> Found | None:
    """Two with one name hear what is said; one of them leaves, and the other one has no part in the chat any more."""
    for failure in case.failed("test_two_of_one_name", causes=["silence", "end", "reset", "other line"]):
        said = [event.data.decode(errors="replace") for event in failure.events if event.what == "sends"]
        gone = "{quit}\n" in said and any("hello, you one" in text for text in said)
        if not gone or not any("there are two of us" in text for text in said):
            continue
        after = "the other one heard nothing any more"
        if any("I am here" in text for text in said):
            after = "what the other one said reached no one"
        step = "Two with the same name were in the chat, and both heard what was said."
        return seen([failure], step, f"One of them left. After that {after}.")
    return None


def _author_by_name(case: Case) -> Found | None:
    """Of two with one name neither hears the other, and both hear everyone else."""
    failures = case.failed("test_two_of_one_name")
    if not failures or not seen_closely(case, "twins", both=True, each_other=False):
        return None
    return seen(failures, f"Two named {TWIN} were in the chat. One of them spoke, and the other one didn't hear it.")


def _second_refused(case: Case) -> Found | None:
    """Who gives a name that someone has already is asked for another one, or hung up on."""
    second = seen_closely(case, "second_of_name") if case.failed("test_two_of_one_name") else None
    if not second or not (second["taken"] or second["over"]):
        return None
    after = f'Then "{OTHER_TWIN}" was taken.' if second["taken"] else "Then the connection was closed."
    return Found({}, (f'Two gave the name "{TWIN}". This came to the second one: "{second["came"]}"', after))


def _explains_changed_name(case: Case, found: Found, failure: Failure) -> bool:
    """Where no one was welcomed by name, all that comes after a welcome fails for it."""
    welcomed = case.fact("welcome", who=ANNA, how="line")
    waits = failure.kind == "core" or ANY_WORDS(case, found, failure)
    return failure.fits("test_what_is_no_name") or (not welcomed and waits)


def _bytes_shown(case: Case) -> Found | None:
    fact = next((fact for fact in case.facts("welcome", who=ANNA) if f"b'{ANNA}'" in str(fact["came"])), None)
    return found_by(fact, "this came")


def _no_max(case: Case) -> Found | None:
    """One more than there are places is welcomed."""
    if _asks_for_more(case.source) or _listens_for(case.source) or _refused_and_in(case) or _no_default_max(case):
        return None
    return _one_too_many(case)


def _refused_and_in(case: Case) -> Found | None:
    """One more than there are places is told so, and welcomed."""
    found = _one_too_many(case)
    if found is None:
        return None
    for failure in found.failures:
        greeting, name = failure.shown("receives", "Anna17"), "Carla17"
        lines = failure.shown("receives", name).split(b"\n")
        before = [line for line in lines[:-1] if line.strip() and line not in greeting and name.encode() not in line]
        if greeting and before and name in _welcomed(failure) and lines.index(before[0]) < len(lines) - 2:
            came = failure.shown("receives", name).decode(errors="replace").strip()
            step = f'All places were taken. One more client gave a name, and this came: "{came}"'
            return Found({"notice": before[0].decode(errors="replace").strip()}, (step,), found.failures)
    return None


def _backlog(case: Case) -> Found | None:
    """One more than there are places is welcomed, and the limit is only what `listen` is given."""
    line = _listens_for(case.source)
    found = _one_too_many(case) if line and not _asks_for_more(case.source) else None
    return replace(found, details={"line": line}) if found else None


def _listens_for(source: str) -> int:
    """The line that gives the limit to `listen`, where no condition ever looks at it; 0 if there is none."""
    found = nodes(source)
    for call in found:
        if not isinstance(call, ast.Call) or name_called(call) not in ("listen", "create_server"):
            continue
        given = call.args if name_called(call) == "listen" else []
        given = [*given, *(word.value for word in call.keywords if word.arg == "backlog")]
        limits = {name_of(node) for value in given for node in ast.walk(value)} - {"", "int", "sys"}
        compared = {name_of(part) for node in found if isinstance(node, ast.Compare) for part in ast.walk(node)}
        if limits and not limits & (compared - {"argv", "len"}):
            return call.lineno
    return 0


def _max_off_by_one(case: Case) -> Found | None:
    """One more than there are places is welcomed, and the one after that is refused."""
    line = _asks_for_more(case.source)
    found = _one_too_many(case) if line else None
    return replace(found, details={"line": line}) if found else None


def _one_too_many(case: Case) -> Found | None:
    failures = case.failed("test_no_place_left", "test_a_hundred")
    wrong = [failure for failure in failures if _welcomed(failure) & {"Carla17", "One more"}]
    return seen(wrong, "All places were taken. One more client came and was welcomed.")


def _no_default_max(case: Case) -> Found | None:
    """With a limit on the command line it holds; without one a hundred and first gets in."""
    found = _one_too_many(case)
    if not found or case.failed("test_no_place_left") or not all(f.fits("test_a_hundred") for f in found.failures):
        return None
    return replace(found, steps=("It was started without a third argument. A hundred joined, and one more did, too.",))


def _asks_for_more(source: str) -> int:
    """The line that asks whether there are more than the limit, where as many are already enough; 0 if none does."""
    for node in nodes(source):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Call) and name_called(node.left) == "len":
            limit, by = node.comparators[0], node.ops[0]
            places = isinstance(limit, ast.Name | ast.Attribute) and not _is_limit_of_lines(node, source)
            if isinstance(by, ast.Gt | ast.LtE) and places:
                return node.lineno
    return 0


def _is_limit_of_lines(asks: ast.Compare, source: str) -> bool:
    """Whether this compares a length with a number that is far too large for clients."""
    values = [node for node in nodes(source) if isinstance(node, ast.Assign)]
    numbers = [ast.unparse(node) for node in values if isinstance(node.value, ast.Constant | ast.BinOp)]
    return bool(limit_of_lines("\n".join([*numbers, ast.unparse(asks)])))


REFUSED = ("Carla17", "Emil17", "Farah17", "One more")  # those for whom there is no place


def _refused_stays(case: Case) -> Found | None:
    """One more than there are places gets a notice, and no end of the stream."""
    failures = case.failed("test_no_place_left", "test_all_want*", "test_a_hundred", causes=["silence"])
    told = [
        failure
        for failure in failures
        if who_fails(failure) in REFUSED and failure.shown("receives", who_fails(failure))
    ]
    told = [failure for failure in told if not _welcomed(failure) & {who_fails(failure)}]
    told = [failure for failure in told if not _only_greeted(failure)]
    step = "All places were taken. One more client came and got a notice; then nothing more came, and no EOF."
    return seen(told, step)


def _refused_silently(case: Case) -> Found | None:
    """One more than there are places sees the end of the stream, and no word about it."""
    failures = case.failed("test_no_place_left", "test_all_want*", "test_a_hundred", causes=["end", "reset"])
    silent = [failure for failure in failures if who_fails(failure) in REFUSED]
    silent = [
        failure for failure in silent if _only_greeted(failure) or not failure.shown("receives", who_fails(failure))
    ]
    step = "All places were taken. One more client gave a name, and got EOF. No line said why."
    return seen(silent, step)


def _refused_early(case: Case) -> Found | None:
    """There is room for two, and the first or the second one is refused."""
    early = case.failed("test_no_place_left", causes=["end", "reset"])
    early = [failure for failure in early if who_fails(failure).startswith(("Anna", "Ben"))]
    early = [failure for failure in early if isinstance(failure.received, bytes) and failure.received.strip()]
    if not early:
        return None
    came = str(early[0].received, "utf-8", "replace").strip() if isinstance(early[0].received, bytes) else ""
    number = "first" if who_fails(early[0]).startswith("Anna") else "second"
    step = f'There was room for two. The {number} one gave a name, and this came before EOF: "{came}"'
    nameless = {event.who for event in early[0].events if event.what == "connects"} - _welcomed(early[0])
    visitors = f"{len(nameless) - 1} more were connected, and had no name yet: they take no place."
    return seen(early, *as_steps(step, visitors if number == "first" and len(nameless) > 1 else None), number=number)


def _refused_is_told_of(case: Case) -> Found | None:
    found = _refused_announced(case)
    return found if found and not found.details["speaks"] else None


def _refused_speaks(case: Case) -> Found | None:
    """What someone says for whom there was no place comes to the others, and nothing else about this one does."""
    found = _refused_announced(case)
    return found if found and found.details["speaks"] else None


def _refused_announced(case: Case) -> Found | None:
    """Those who are in the chat get a notice about someone for whom there was no place, but not about visitors."""
    visitors = case.failed("test_leaving_without_a_name", "test_a_visitor_is_lost")
    if visitors and seen_closely(case, "visitor_told", told=True):
        return None
    for failure in case.failed("test_no_place_left", causes=["other bytes", "other line", "unwanted"]):
        came = failure.received.decode(errors="replace") if isinstance(failure.received, bytes) else ""
        name = next((name for name in REFUSED if name in came.partition(": ")[0]), "")  # not said by another one
        if name and failure.facts.get("who") not in REFUSED:
            step = f'All places were taken, and {name} was refused. This came to the others: "{came.strip()}"'
            return Found({"speaks": came.startswith(f"{name}: ")}, (step,), (failure,))
    return None


def _only_greeted(failure: Failure) -> bool:
    """Whether the one who fails has received nothing but what others received before they gave a name."""
    greetings: dict[str, bytes] = {}
    named: set[str] = set()
    for event in failure.events:
        if event.what == "sends":
            named.add(event.who)
        elif event.what == "receives" and event.who not in named:
            greetings[event.who] = greetings.get(event.who, b"") + event.data
    who = who_fails(failure)
    return failure.shown("receives", who) in [came for other, came in greetings.items() if other != who]


def _has_refused(failure: Failure) -> bool:
    """Whether someone for whom there was no place has seen its stream end."""
    return any(event.what == "sees end" and event.who in REFUSED for event in failure.events)


def _lock_kept(case: Case) -> Found | None:
    """A return leaves its function with a lock that was acquired, and whoever needs this lock waits."""
    left, silent = lock_left(case.source), case.failed(causes=["silence"])
    silent = [failure for failure in silent if failure.kind == "core"]
    if not left or not silent:
        return None
    acquires, leaves = left
    step = (
        f"Line {acquires} of server.py acquires the lock, and no line before the return in line {leaves} releases it."
    )
    return seen(silent, *as_steps(step, as_step(silent[0])), leaves=leaves, acquires=acquires)


def _few_workers(case: Case) -> Found | None:
    """A pool of threads serves its clients, and it has fewer threads than a hundred clients need."""
    failures = case.failed("test_a_hundred", causes=["silence"])
    pools = calls_in(nodes(case.source))
    pools = [node for node in pools if name_of(node.func) == "ThreadPoolExecutor"]
    if not failures or not pools or not case.fact("welcome", how="line"):
        return None
    waits = f"{who_fails(failures[0])}, one of a hundred, connected and gave a name, and was not welcomed."
    made = f"Line {pools[0].lineno} of server.py makes a pool of threads, and each client keeps one of them."
    return seen(failures, waits, made, count=len(_welcomed(failures[0])))


def _waits_for_a_place(case: Case) -> Found | None:
    """One more than there are places gives a name, and hears nothing more, neither a notice nor an end."""
    failures = case.failed("test_no_place_left", "test_all_want*", "test_a_hundred", causes=["silence"])
    waiting = [failure for failure in failures if who_fails(failure) in REFUSED and _only_greeted(failure)]
    if any(_has_refused(failure) for failure in waiting):
        return None  # the first one was told; why the next ones wait has another reason
    if not waiting or not case.fact("welcome", how="line"):
        return None
    uses_one = uses(case, "Semaphore", "BoundedSemaphore", "Condition")
    acquires = "An acquire() waits until another participant leaves." if uses_one else ""
    step = "All places were taken. One more client gave a name, and got neither a notice nor EOF."
    return seen(waiting, *as_steps(step, acquires))


def _welcomed(failure: Failure) -> set[str]:
    """Those who have received a line with their own name."""
    came: dict[str, bytes] = {}
    for event in failure.events:
        if event.what == "receives":
            came[event.who] = came.get(event.who, b"") + event.data
    return {name for name, data in came.items() if name.encode() in data}


def _check_then_act(case: Case) -> Found | None:
    """There are three places: one after another no more get in, but at the same moment more do."""
    failures = [failure for failure in case.failed("test_all_want_the_last_places") if len(_welcomed(failure)) > 3]
    if _no_max(case) or _asked_at_connect(case):
        return None
    step = "There was room for three. Five came at the same moment, and more than three joined."
    return seen(failures, step)


def _asked_at_connect(case: Case) -> Found | None:
    """All who were connected before the last places were taken get in: only who connects later is refused."""
    failures = [failure for failure in case.failed("test_all_want_the_last_places") if len(_welcomed(failure)) == 6]
    line = _asks_where_it_accepts(case.source)
    if not failures or not line or case.failed("test_no_place_left"):
        return None
    step = "There was room for three. Five visitors without a name were there, then each gave a name, and all joined."
    text = f"Line {line} of server.py, where it accepts: {case.line(line).strip()}"
    return seen(failures, step, text, line=line)


def _asks_where_it_accepts(source: str) -> int:
    """The line that compares how many there are with a limit, in a function that accepts and in no other one; or 0."""
    asks: list[int] = []
    for function in nodes(source):
        if not isinstance(function, Function):
            continue
        inside = list(ast.walk(function))
        accepts = bool(calls_in(inside, {"accept"}))
        accepts |= function.name in ("verify_request", "get_request", "process_request")  # of socketserver
        compares = [node for node in inside if isinstance(node, ast.Compare) and _asks_how_many(node)]
        compares = [node for node in compares if not _is_limit_of_lines(node, source)]
        if compares and not accepts:
            return 0
        asks += [node.lineno for node in compares]
    return asks[0] if asks else 0


def _asks_how_many(node: ast.Compare) -> bool:
    """Whether this compares a number with a limit that is no number in the text: len(members) >= MAX."""
    order = isinstance(node.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE | ast.Eq)
    sides = [node.left, *node.comparators]
    named = all(not isinstance(side, ast.Constant) for side in sides)
    return order and named and any("len(" in ast.unparse(side) or "count" in ast.unparse(side) for side in sides)


def _waits_for_word(case: Case) -> Found | None:
    """No name comes, and what it sends stands under an if that looks for certain words in what arrives."""
    if not case.fact("name", how="nothing"):
        return None
    for node in nodes(case.source):
        if not isinstance(node, ast.If):
            continue
        word = _awaited_word(node.test)
        if word and any(name_called(call) in (*SENDS, "write") for call in _calls(node)):
            step = f"Line {node.lineno} of client.py looks for {word!r}, and only then something is sent."
            return Found({"word": word}, ('"Who are you?" came, and no name was sent.', step))
    return _loops_for_word(case)


def _loops_for_word(case: Case) -> Found | None:
    """It stands in a loop that receives, and leaves it only when certain words come."""
    stands = case.fact("stands", call="recv")
    for loop in nodes(case.source) if stands else ():
        if not isinstance(loop, ast.While | ast.For):
            continue
        ways = [node for node in ast.walk(loop) if isinstance(node, ast.If)]
        tests = [node.test for node in ways if isinstance(node.body[-1], ast.Break | ast.Return)]
        words = [(test.lineno, _awaited_word(test)) for test in tests]
        if isinstance(loop, ast.While) and isinstance(loop.test, ast.Compare):
            words.append((loop.lineno, _unlike(loop.test)))
        for line, word in words:
            if any(letter.isalpha() for letter in word):
                step = f"Line {line} of client.py waits for {word!r}, and before that nothing is sent."
                return Found({"word": word}, as_steps('"Who are you?" came, and no name was sent.', step, stands))
    return None


def _unlike(test: ast.Compare) -> str:
    """The word of `word not in text`, or of `text != word`."""
    opposite = {ast.NotIn: ast.In(), ast.NotEq: ast.Eq()}.get(type(test.ops[0]))
    return _awaited_word(ast.Compare(test.left, [opposite], test.comparators)) if opposite else ""


def _awaited_word(test: ast.expr) -> str:
    """The word that an if looks for; "" if there is none, or if it is one of those with which people leave."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq | ast.In):
        return ""
    words = [node.value for node in ast.walk(test) if isinstance(node, ast.Constant)]
    texts = [word.decode(errors="replace") if isinstance(word, bytes) else word for word in words]
    word = next((text.strip() for text in texts if isinstance(text, str)), "")
    return "" if word in ("{quit}", "/close") else word


def _calls(node: ast.If) -> list[ast.Call]:
    """The calls in the lines below an if."""
    return [call for line in node.body for call in ast.walk(line) if isinstance(call, ast.Call)]


def _word_as_name(case: Case) -> Found | None:
    """A nameless user types the word for leaving, and the client sends what is typed after that."""
    for failure in case.failed("test_leaving", causes=["too much", "silence", "goes on", "unwanted"]):
        typed = [event for event in failure.events if event.what == "types" and "nameless" in event.who]
        came = failure.received if isinstance(failure.received, bytes) else b""
        if not typed or typed[0].data.rstrip() != b"{quit}" or not came.startswith(b"{quit}\n"):
            continue
        step = f"{{quit}} was typed as the very first line, then another one. This came: {quoted(came)}"
        logs = failure.shown("logs", "second nameless client").decode(errors="replace").strip().split("\n")
        raised = [line for line in logs if "line " in line and ", in " in line][-1:] if "EOFError" in logs[-1] else []
        at = line_in(raised[0]) if raised else 0
        end = f"Where the input ended before the name, line {at} raised EOFError." if at else None
        return seen([failure], *as_steps(step, end))
    return None


def _connects_twice(case: Case) -> Found | None:
    fact = next((fact for fact in case.facts("name", how="nothing") if int(fact["connections"]) > 1), None)
    connects = [each for each in case.facts("connects")]
    if fact or (case.fact("name", how="nothing") and len(connects) > 1):
        step = "One client was started, and two connections came." if fact else "It called connect twice."
        return Found({}, (step, "A name was typed, and nothing arrived on the first one."))
    return None


def _nobody_answers(case: Case) -> Found | None:
    waits = case.failed("test_no_answer", causes=["goes on"])
    return seen([failure for failure in waits if who_fails(failure) == "other client"])


def _refused(case: Case) -> Found | None:
    """No one listens, and that ends it with a traceback; without any try a lost connection does it too."""
    refused = case.failed("test_nobody_is_there", exceptions=["ConnectionRefusedError"])
    trouble = case.failed("test_the_server_is_lost", "test_no_answer", exceptions=(*BROKEN, "TimeoutError"))
    return seen([*refused, *trouble]) if refused else None


FAULTS = [
    # someone comes
    in_both(
        "length-prefix",
        Life.GREET,
        _length_prefix,
        everything,
        "Your {program} sends the length of each text before it; in this stage a text is a line, which ends with a "
        "newline.",
        "How does your {program} tell where a text ends, and how does PROTOCOLS.md say it? Who else can understand "
        "yours?",
        LINES,
        stops=True,
    ),
    in_both(
        "other-format",
        Life.GREET,
        sends_json,
        everything,
        "Your {program} sends JSON. In this stage a line is text as people read it, with no braces or quotes around "
        "it.",
        "Connect with netcat instead of your own program: what do you read, and what would you have to type? Which "
        "lines does PROTOCOLS.md name?",
        LINES,
        stops=True,
    ),
    in_server(
        "own-commands",
        Life.GREET,
        _own_commands,
        ANY_WORDS,
        "Your server waits for words of its own, such as `{word}`. In this stage the first line is the name alone, and "
        "each further line is a message.",
        "Someone answers your greeting with `Anna`, and then says `Hello`. What does your server make of each of these "
        "two lines?",
        FIRST_ROUND,
        stops=True,
    ),
    in_both(
        "no-line-end",
        Life.GREET,
        _no_line_end,
        everything,
        "Your {program} sends a line without a newline, so the other side can't tell where the line ends.",
        "Which byte tells the reader that a line is complete? Print `repr()` of what you send: is this byte "
        "at its end?",
        LINES,
        stops=True,
        mistakes=("no-terminator-sent",),
    ),
    in_server(
        "no-greeting",
        Life.GREET,
        _no_greeting,
        ANY_WORDS,
        "Your server waits for a name without asking for it: a newcomer sees nothing and can't know what to do.",
        "Connect with netcat and type nothing: what do you see? Which side has to speak first in this stage?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "accept-serves",
        Life.GREET,
        _accept_serves,
        ANY_WORDS,
        "The thread that accepts also serves the client{where}: until this client leaves, no one else is greeted.",
        "In which thread does the code that serves a client run? What is this thread's other job, and who "
        "does that job "
        "in the meantime?",
        THREADS,
        stops=True,
    ),
    in_server(
        "name-late",
        Life.GREET,
        _name_late,
        ANY_WORDS,
        "After the name, your server {asks}: only then does it welcome the newcomer and tell the others.",
        "A newcomer has sent a name and nothing else. Which line of your server has it now, and for what does that "
        "thread wait before the welcome?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "name-keeps-line-end",
        Life.GREET,
        _name_keeps_line_end,
        ANY_WORDS,
        "The name keeps its newline in your server, so each message of this participant arrives as two lines.",
        "Print `repr()` of the name that your server has kept. Which character is at its end, and where does it come "
        "from?",
        FIRST_ROUND,
    ),
    in_server(
        "name-length-in-bytes",
        Life.GREET,
        _name_length,
        like("test_what_is_no_name"),
        "Your server measures a name in bytes, but the limit is 32 characters: it refuses names that have letters such "
        "as é.",
        "How many characters does `Zoë` have, and how many bytes? Which of the two does your condition count?",
        TEXT,
        mistakes=("length-in-characters",),
    ),
    in_server(
        "name-refused",
        Life.GREET,
        _name_refused,
        _explains_name_refused,
        'Your server refuses the name "{name}", but a name may have any 1 to 32 printable characters.',
        "Which condition does this name not meet? What does PROTOCOLS.md ask of a name, and which method of a text "
        "asks just that?",
        FIRST_ROUND,
        mistakes=("name-of-letters-only",),
    ),
    in_server(
        "name-refused",
        Life.GREET,
        _blanks_refused,
        like("test_what_is_no_name"),
        'Your server refuses the name "{name}" if it has spaces or tabs around it: it checks the name before it takes '
        "them away.",
        "Someone types a name and a tab. In which order do your lines strip the name, measure it and look at its "
        "characters? Which of them should see the name as it will be kept?",
        FIRST_ROUND,
    ),
    in_server(
        "name-cut",
        Life.GREET,
        _name_cut,
        like("test_what_is_no_name", "test_a_hundred"),
        'Your server keeps only a part of a name: of "{name}" it takes "{part}".',
        "Print `repr()` of the line that came and of the name that you keep. Which call takes the line apart, and what "
        "does PROTOCOLS.md say that may stand in a name?",
        FIRST_ROUND,
    ),
    in_server(
        "name-refused",
        Life.GREET,
        _second_refused,
        like("test_two_of_one_name"),
        "Your server refuses a name that another participant has already, but in this stage two people may have the "
        "same name.",
        "What does PROTOCOLS.md say about two participants with the same name? Which line of yours asks whether a name "
        "is in use, and by what else could your server tell the two apart?",
        FIRST_ROUND,
    ),
    in_server(
        "author-by-name",
        Life.GREET,
        _author_by_name,
        like(),
        "Your server leaves out everyone who has the author's name: of two participants with the same name neither "
        "hears the other.",
        "By what does your loop recognise the author whom it leaves out? Two people called Anna are there, and one of "
        "them speaks: for which of the two is your condition true?",
        OBVIOUS,
    ),
    in_server(
        "no-max-clients",
        Life.GREET,
        _no_max,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "Your server lets everyone in: it doesn't keep to the MAX_CLIENTS on its command line.",
        "Start your server with 2 as its third argument and let three join. Where does your program read this number, "
        "with what does it compare it, and how many are in its list when the third one comes?",
        FIRST_ROUND,
        missing=True,
        mistakes=("backlog-is-limit",),
    ),
    in_server(
        "no-max-clients",
        Life.GREET,
        _no_default_max,
        as_seen,
        "Your server keeps to the MAX_CLIENTS on its command line, but without one it lets in more than a hundred.",
        "Start your server without a third argument. Which number does it compare with then, and which one does "
        "PROTOCOLS.md name?",
        FIRST_ROUND,
        missing=True,
    ),
    in_server(
        "no-max-clients",
        Life.GREET,
        _max_off_by_one,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "Your server lets in one more than MAX_CLIENTS: line {line} only refuses who comes after that.",
        "There is room for 2, and 2 are in your list. The third one comes: what does line {line} compare, and what is "
        "the answer?",
        FIRST_ROUND,
    ),
    in_server(
        "refused-stays",
        Life.GREET,
        _refused_stays,
        like("test_all_want*", "test_a_hundred"),
        "When all places are taken, your server says so to the next client, but never closes its connection.",
        "The third of two has read that there is no room. Which lines of your server run for this client after that, "
        "and which of them ends the stream?",
        FIRST_ROUND,
    ),
    in_server(
        "no-max-clients",
        Life.GREET,
        _refused_and_in,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        'When all places are taken, your server says so ("{notice}"), and then lets the client in all the same.',
        "The third of two has read that there is no room. Which line of your server runs next for this client, and "
        "what would end it there?",
        FIRST_ROUND,
    ),
    in_server(
        "no-max-clients",
        Life.GREET,
        _backlog,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "The number that line {line} gives to `listen` says how many may wait to be accepted, not how many may be in "
        "the chat: your server lets everyone in.",
        "Your server has accepted two clients, and `listen` was given 2. How many wait to be accepted now, and what "
        "happens to the third one? Which of your lines counts those who are in the chat?",
        FIRST_ROUND,
    ),
    in_server(
        "refused-silently",
        Life.GREET,
        _refused_silently,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "When all places are taken, your server closes the next client's connection without a word: this client can't "
        "know why.",
        "The third of two gives a name. Which lines of your server run for this client then? What should it read "
        "before its connection ends?",
        FIRST_ROUND,
    ),
    in_server(
        "refused-early",
        Life.GREET,
        _refused_early,
        like("test_all_want*", "test_a_hundred"),
        "Your server refuses clients although there is room: of two places not even the {number} one could be taken.",
        "Start your server with 2 as its third argument, and print what you compare with it when the first client "
        "comes. What else is in this number besides participants?",
        FIRST_ROUND,
    ),
    in_server(
        "refused-announced",
        Life.GREET,
        _refused_is_told_of,
        like("test_all_want*", "test_a_hundred"),
        "Your server tells the others about a client for whom there is no place.",
        "All places are taken, and one more client gives a name. In which order do your lines look for a place, tell "
        "the others and add the newcomer? What should the others hear of someone who never got in?",
        FIRST_ROUND,
    ),
    in_server(
        "refused-announced",
        Life.GREET,
        _refused_speaks,
        as_seen,
        "Your server still passes on what a client says for whom there was no place.",
        "A client was refused, and its next line was on its way already. Which line of yours still reads it, and which "
        "one asks whether its author takes part before the others get it?",
        FIRST_ROUND,
        rare=True,
    ),
    in_server(
        "waits-for-a-place",
        Life.GREET,
        _waits_for_a_place,
        like("test_no_place_left", "test_all_want*", "test_a_hundred"),
        "When all places are taken, the next client is left to wait: your server neither tells it so nor ends its "
        "connection.",
        "The third of two gives a name. In which call does its thread wait then, and for whom? What should this client "
        "read instead?",
        FIRST_ROUND,
    ),
    in_server(
        "lock-kept",
        Life.GREET,
        _lock_kept,
        as_seen,
        "Your server leaves a function with the lock that it acquired in line {acquires}: the return in line {leaves} "
        "comes before the release, and then no other thread ever gets this lock.",
        "Follow each way through your function from line {acquires} to its end. On which of them is the lock not "
        "released? What would a `with` do there?",
        LOCK,
        stops=True,
    ),
    in_server(
        "check-then-act",
        Life.GREET,
        _check_then_act,
        like("test_all_want*"),
        "Between the question whether there is a free place and the line that takes it, another thread can take this "
        "place.",
        "One place is free and two clients come at the same moment. What does each thread read, line by line, if they "
        "take turns?",
        f"{PAGE}#spot-the-bug",
        rare=True,
        mistakes=("check-then-act-max", "lock-per-call"),
    ),
    in_server(
        "check-then-act",
        Life.GREET,
        _asked_at_connect,
        as_seen,
        "Your server asks whether there is a free place when a client connects (line {line}), but the place is taken "
        "later, with the name: whoever was connected before gets in, however many take part by then.",
        "Two places are free, and five visitors are connected without a name. Then all five give one. Which line of "
        "yours looks at the number of participants at that moment?",
        FIRST_ROUND,
        rare=True,
    ),
    in_server(
        "extra-line",
        Life.GREET,
        extra_line,
        ANY_WORDS,
        "When someone comes, the others get one notice of one line with the name. Your server sends them {meant}.",
        "Anna is in the chat and Ben joins. Write down each line that Anna gets, and each that Ben gets. Which of your "
        "lines sends it, and to whom?",
        FIRST_ROUND,
    ),
    Fault(
        slug="thread-target-called",
        life=Life.GREET,
        decides=thread_target_called,
        explains=like(causes=(*SILENT, "silent screen", "goes on")),
        stops=True,
        sentence="At line {line} the function runs immediately, before there is a thread: `target` only gets what this "
        "call returns, and `run` starts nothing.",
        question="Which thread is inside this function right now? What do the parentheses after its name do, and who "
        "should make that call?",
        read="lessons/4_peers.md#the-idea",
        mistakes=("target-called", "run-not-start", "run-not-start-client"),
    ),
    in_server(
        "no-names",
        Life.GREET,
        _no_names,
        ANY_WORDS,
        "Your server takes the first line of a newcomer for a message: it never asks for a name and never uses one.",
        "What does Ben need to know when a line arrives, apart from its text? Which line of your server learns who is "
        "connected there?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "each-line-is-a-name",
        Life.GREET,
        each_line_is_a_name,
        like(causes=(*SILENT, "other bytes", "other line", "unwanted")),
        "Your server takes everything that someone says for a name: it doesn't remember that this client has one.",
        "Which variable tells your server that a client has its name, and which line gives this variable a value?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "welcome-without-name",
        Life.GREET,
        _welcome_without_name,
        ANY_WORDS,
        "Your server's welcome doesn't contain the newcomer's name, so no one can tell whether the name was accepted.",
        "Read the line that comes after you give your name. What does PROTOCOLS.md say that it contains?",
        FIRST_ROUND,
        stops=True,
    ),
    in_server(
        "changes-name",
        Life.GREET,
        _changes_name,
        _explains_changed_name,
        "Your server changes the name that a newcomer gives. It has to stay as it was typed, but for the spaces at its "
        "ends.",
        "Which methods do you call on the name before you keep it? Print `repr()` of it before and after each of them.",
        FIRST_ROUND,
    ),
    in_server(
        "changes-name",
        Life.GREET,
        _bytes_of_name_lost,
        as_seen,
        "Bytes of a name that aren't UTF-8 vanish in your server: it has to put something in their place, as in a "
        "message.",
        "Which of your lines decodes a name? What does each value of `errors` do with a byte that isn't text, and "
        "which one do your messages use?",
        TEXT,
        rare=True,
    ),
    in_server(
        "way-out-untold",
        Life.GREET,
        _not_said,
        like(),
        "Your server's welcome doesn't say how to leave: the word `{{quit}}` isn't in it.",
        "You have just joined and don't know this program. From which line do you learn how to leave again?",
        FIRST_ROUND,
        missing=True,
    ),
    in_server(
        "way-out-untold",
        Life.GREET,
        _said_in_another_line,
        like(),
        "Your server's welcome says `{{quit}}` in another line than the name: the line with the newcomer's name has to "
        "say how to leave, too.",
        "What does PROTOCOLS.md say about the welcome's line? How could a client tell yours from any other line that "
        "comes?",
        FIRST_ROUND,
    ),
    in_server(
        "way-out-untold",
        Life.GREET,
        _replaced_quit,
        like(),
        "Your server's welcome doesn't say `{{quit}}`: in line {line} this word stands in an f-string, where Python "
        "puts a value of its own in its place.",
        "What does Python do with a name in braces in an f-string? How do you write braces there that stay braces?",
        FIRST_ROUND,
    ),
    in_server(
        "round-robin-recv",
        Life.GREET,
        _takes_turns,
        ANY_WORDS,
        "One thread of your server listens to everyone in turn{where}: while it waits for someone who says nothing, it "
        "hears no one else.",
        "Two clients are connected, and only the second one sends something. In which `recv` does your thread wait at "
        "this moment, and for whom?",
        THREADS,
        stops=True,
        mistakes=("round-robin-recv",),
    ),
    in_server(
        "silent-newcomer",
        Life.GREET,
        _waits_for_name,
        like("test_a_silent_newcomer", "test_ctrl_c_during*", causes=("silence",)),
        "Your server waits for a newcomer's first words before it accepts the next one: someone who says nothing keeps "
        "all others out.",
        "Someone connects and types nothing. Which of your threads waits for this client, and what else is this "
        "thread's job?",
        THREADS,
        stops=True,
        mistakes=("silent-newcomer",),
    ),
    in_server(
        "few-at-a-time",
        Life.GREET,
        _few_at_a_time,
        ANY_WORDS,
        "Your server serves only {count} clients at a time: the next one waits until one of them leaves.",
        "How many threads can serve clients in your program at the same time? Which line sets this number, and what "
        "happens to one client more?",
        THREADS,
        stops=True,
        mistakes=("fixed-thread-pool",),
    ),
    in_server(
        "few-at-a-time",
        Life.GREET,
        _few_workers,
        as_seen,
        "Your server serves only {count} clients at a time: the next one waits until one of them leaves.",
        "How many threads can serve clients in your program at the same time? Which line sets this number, and what "
        "happens to one client more?",
        THREADS,
    ),
    in_server(
        "bytes-shown-as-b",
        Life.GREET,
        _bytes_shown,
        everything,
        "Your server shows a name as Python shows bytes: b'...' instead of the text.",
        "What type does the name have where you put it into a message? What does `str()` make of this type, and which "
        "method makes text of it?",
        TEXT,
        mistakes=("str-of-bytes",),
    ),
    in_server(
        "no-join-notice",
        Life.GREET,
        _not_announced,
        ANY_WORDS,
        "Your server welcomes a newcomer, but tells no one else who has come.",
        "Anna is in the chat and Ben joins. What does each of the two read, and which line of yours sends it?",
        FIRST_ROUND,
        mistakes=("left-unsaid",),
    ),
    in_server(
        "name-hangs-up",
        Life.GREET,
        _name_hangs_up,
        like("test_what_is_no_name"),
        "When someone gives {what}, your server closes the connection. It has to ask again.",
        "Someone mistypes the name. Which line of yours decides what happens then, and where would it have to lead so "
        "that the next line counts as a name again?",
        FIRST_ROUND,
    ),
    in_server(
        "name-not-asked-again",
        Life.GREET,
        _name_not_asked_again,
        like("test_what_is_no_name"),
        "After a bad name your server says nothing: it has to ask for a name again.",
        "Someone has given a name that your server doesn't take. What does this person see, and how can they know that "
        "it's their turn?",
        FIRST_ROUND,
    ),
    in_server(
        "announced-early",
        Life.GREET,
        announced_early,
        ANY_WORDS,
        "Your server tells the others that someone has connected, before this one has a name. They should hear of it "
        "after the welcome, with the name.",
        "Someone connects and gives no name yet. What do the others read at this moment, and what would they like to "
        "know? In which line of your server is the name there for the first time?",
        FIRST_ROUND,
    ),
    in_server(
        "name-unchecked",
        Life.GREET,
        _name_unchecked,
        like("test_what_is_no_name"),
        "Your server accepts {what} as a name, instead of asking again.",
        "Which names does your server refuse? Try an empty line, a tab and a name of 33 characters: what does each "
        "participant see then?",
        FIRST_ROUND,
        missing=True,
        mistakes=("empty-name", "name-injection"),
    ),
    in_server(
        "name-unchecked",
        Life.GREET,
        _takes_signs,
        like("test_what_is_no_name"),
        'Your server accepts "{name}" as a name, although a character in it can\'t be printed. It has to ask again.',
        "Which characters does your condition refuse, and which of them are in this name? Which method of a text asks "
        "whether all its characters can be printed?",
        FIRST_ROUND,
        mistakes=("name-of-control-signs",),
    ),
    in_server(
        "name-unchecked",
        Life.GREET,
        _named_by_server,
        as_seen,
        "After a bad name your server lets the visitor in under a name of its own: it has to ask again, as often as it "
        "takes.",
        "Someone gives a bad name once more. Which line of yours decides that it was enough, and what does this person "
        "read then?",
        FIRST_ROUND,
    ),
    in_server(
        "name-in-template",
        Life.GREET,
        _name_is_template,
        as_seen,
        "Line {line} fills a text in where the name stands already: a % or braces in someone's name are taken for a "
        "place to fill.",
        "Someone is called 100%. What is the text in line {line} before it is filled in, and how many places to fill "
        "has it then? What puts a name and a text together in one step?",
        TEXT,
        rare=True,
    ),
    in_server(
        "name-strict",
        Life.GREET,
        _name_strict,
        as_seen,
        "A visitor whose name has bytes that aren't UTF-8 is dropped, although your server replaces such bytes in a "
        "message.",
        "Which of your lines run for a name, and which for a message? Which of them decides what becomes of a byte "
        "that isn't text?",
        TEXT,
        rare=True,
        mistakes=("strict-name",),
    ),
    in_server(
        "quit-as-name",
        Life.GREET,
        quit_as_name,
        like("test_leaving_without_a_name"),
        "A visitor who says `{{quit}}` instead of a name can't leave: your server looks at this word only later.",
        "The very first line of a visitor is `{{quit}}`. Which of your lines looks at it first, and what does it make "
        "of it?",
        FIRST_ROUND,
        mistakes=("quit-as-name",),
    ),
    in_server(
        "quit-as-name",
        Life.GREET,
        _quit_when_asked_again,
        like("test_leaving_without_a_name"),
        "A visitor who was asked for a name again can't leave with `{{quit}}`: your server looks at this word only the "
        "first time.",
        "A visitor presses Enter, reads your question once more, and says `{{quit}}`. Which of your lines takes this "
        "second answer, and does it look at the word?",
        FIRST_ROUND,
        mistakes=("quit-only-at-first",),
    ),
    in_server(
        "early-listener",
        Life.GREET,
        _early,
        like(
            *("test_a_silent_newcomer", "test_leaving_without_a_name", "test_a_visitor_is_lost"),
            *("test_no_place_left", "test_all_want_the_last_places", "test_a_hundred"),
            *("test_several_are_lost_together", "test_what_is_no_name"),
        ),
        "Your server sends messages to visitors who haven't given a name yet.",
        "From which moment on does someone take part? Print your list of recipients: is someone in it who has no name?",
        FIRST_ROUND,
        mistakes=("early-listener", "asked-again-and-in"),
    ),
    in_server(
        "early-listener",
        Life.GREET,
        _names_in_question,
        as_seen,
        "Your server tells a visitor without a name who takes part: only participants should hear of the others.",
        "Someone connects, gives no good name, and goes away again. What have they read by then, and which line of "
        "yours names the participants?",
        FIRST_ROUND,
    ),
    in_server(
        "removed-by-name",
        Life.LEAVE,
        _removed_by_name,
        as_seen,
        "When one of two participants with the same name leaves, your server removes the other one: it looks for the "
        "name, and two may have the same.",
        "Two people called Anna are there, and one of them leaves. Which line takes her out of your list, and for how "
        "many entries is its condition true? What does only this one have?",
        OBVIOUS,
    ),
    in_server(
        "overwritten-key",
        Life.GREET,
        _one_key,
        like("test_two_of_one_name"),
        "Two participants with the same name don't both hear what is said: the second one takes the first one's place.",
        "Two people called Anna join. How many entries does your table have then, and by what does it tell the two "
        "apart?",
        FIRST_ROUND,
        mistakes=("overwritten-key",),
    ),
    # the client
    in_client(
        "connects-twice",
        Life.LISTEN,
        _connects_twice,
        ANY_WORDS,
        "Your client opens two connections: for the server these are two visitors, and one of them never gives a name.",
        "How many connections does a server accept when you start one client? In which directions can bytes travel on "
        "one connection?",
        "lessons/1_echo.md#the-idea",
        stops=True,
    ),
    in_client(
        "untyped-line",
        Life.GREET,
        _untyped_line,
        like(causes=("other bytes", "other line", "silence", "unwanted")),
        'Your client sends a line that its user didn\'t type ("{line}"): every server takes it for a message.',
        "Which lines does your client send that no one has typed? Who tells the others that someone has come?",
        CLIENT,
    ),
    in_client(
        "quit-as-name",
        Life.GREET,
        _word_as_name,
        as_seen,
        "Your client takes the first typed line for the name, whatever it is: a user who types `{{quit}}` there "
        "can't leave.",
        "Which line of yours reads the name, and which one reads all that is typed after it? Which of the two knows "
        "the words for leaving, and the end of input?",
        CLIENT,
        mistakes=("quit-as-name-client",),
    ),
    in_client(
        "extra-handshake",
        Life.GREET,
        _waits_for_word,
        lambda case, found, failure: failure.kind == "core" or ANY_WORDS(case, found, failure),
        "Your client sends its name only when `{word}` comes, but every server greets in words of its own.",
        "Which words does PROTOCOLS.md prescribe for a greeting in this stage? How can your client send what is typed "
        "without understanding what the server says?",
        CLIENT,
        stops=True,
    ),
    in_client(
        "no-connect-timeout",
        Life.LISTEN,
        _nobody_answers,
        like("test_no_answer"),
        "When no one answers at all, your client waits far longer than 2 seconds to connect.",
        "Your client calls an address that never answers. Which line waits, and what tells it how long is enough?",
        "lessons/1_echo.md#the-client",
        mistakes=("no-connect-timeout",),
    ),
    in_client(
        "traceback-refused",
        Life.START,
        _refused,
        like("test_nobody_is_there"),
        "When no server listens there, your client ends with a traceback instead of one sentence.",
        "At which line does the exception come up? Is this line inside a `try` whose `except` catches this exception?",
        "lessons/1_echo.md#the-second-round-errors",
        mistakes=("refused-traceback",),
    ),
]
