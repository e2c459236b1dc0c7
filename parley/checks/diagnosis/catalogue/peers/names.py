"""Stage 4: faults that show when two programs meet: a name is told, shown, or put before what is said."""

from __future__ import annotations

import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.conversation import (
    EXPECTS_OTHER_END,
    FILLED,
    FIXED_SIZE,
    LINES,
    NEWLINE_TWICE,
    NO_LINE_END,
    OTHER_END,
    OTHER_LABEL,
    looks_for_other_end,
    misses_its_label,
    newline_twice,
    other_end,
)
from parley.checks.diagnosis.catalogue.peers.leaving import ENDS_TOO_EARLY
from parley.checks.diagnosis.catalogue.peers.shared import (
    BEGIN,
    OTHER,
    OWN,
    RECEIVER,
    SAID,
    SCREEN,
    SENDER,
    TYPED,
    UNBUFFERED,
    core_exchange,
    not_even_a_chat,
    thread_stands,
)
from parley.checks.diagnosis.contact import shown
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, like, seen
from parley.checks.diagnosis.slips import template_of_values
from parley.contract.diagnosis import Fact

LONG_NAME = "Anna María de la {Cruz} 100 %"  # a name that a test gives


def _no_line_end(case: Case) -> Found | None:
    facts = [*case.facts("name", how="no line end"), *case.facts("sent", how="no line end")]
    if not facts:
        return None
    came = facts[0]["came"]
    what = "its name" if facts[0].name == "name" else "a typed line"
    alone = (
        ""
        if case.together("hears_line", came=True)
        else "Your own two programs hang together, or misunderstand each other."
    )
    return Found({}, as_steps(f'What came as {what}: "{came}", without a newline.', alone))


def _name_deadlock(case: Case) -> Found | None:
    if not case.fact("name", told=False, how="nothing") or not case.facts("name", told=True):
        return None
    if case.fact("name", told=True, how="nothing"):
        return None
    stands = thread_stands(case, "recv", where="connection")
    both = case.together("hears_name", came=False)
    return Found(
        {},
        as_steps(
            "After the connection nothing came; as soon as the other side told its name, its own came.",
            stands,
            "Your own server and client, started together, never hear each other's names." if both else None,
        ),
    )


def _first_line(case: Case) -> Fact | None:
    """What came first, where no name ever came alone."""
    return case.fact("first_line")


def _name_with_message(case: Case) -> Found | None:
    fact = _first_line(case)
    if not fact or not str(fact["came"]).startswith(OWN) or TYPED[0] not in str(fact["came"]):
        return None
    return Found(
        {}, (f'"{OWN}" was typed as its name, and nothing came.', f'With the first typed line came "{fact["came"]}".')
    )


def _name_untold(case: Case) -> Found | None:
    fact = _first_line(case)
    if not fact or OWN in str(fact["came"]) or TYPED[0] not in str(fact["came"]):
        return None
    return Found(
        {}, (f'"{OWN}" was typed as its name, and it never came.', f'The first line that came: "{fact["came"]}".')
    )


def _length_prefix(case: Case) -> Found | None:
    """The name comes behind its length."""
    prefix = re.compile(rf"({len(OWN)}|\\x05)\W*{OWN}")
    name = next((fact for fact in case.facts("name") if prefix.search(str(fact["came"]))), None)
    if not name:
        return None
    works = "Your own server and client understand it." if case.together("hears_name", came=True) else ""
    return Found({}, as_steps(f'The name "{OWN}" came as "{name["came"]}".', works))


def _extra_handshake(case: Case) -> Found | None:
    """The first line has something before or behind the name, or is something else."""
    name = next((fact for fact in case.facts("name") if fact["how"] in ("inside", "other", "repr")), None)
    if not name or _untyped_line(case) or _other_end(case) or _fixed_size(case):
        return None
    return Found({}, (f'The name "{OWN}" was typed. The first line that came: "{name["came"]}".',))


def _other_end(case: Case) -> Found | None:
    """A name or a line that was typed ends in another way than with a newline."""
    for fact in (*case.facts("name"), *case.facts("sent", number=1)):
        text, came = (OWN if fact.name == "name" else TYPED[0]), str(fact["came"])
        end = other_end(text, came) if fact["how"] != "same" else ""
        if end and not newline_twice(case):
            name_only = fact.name == "name" and case.fact("sent", number=1, how="same")
            ended = "its name" if name_only else "its lines"
            return Found({"end": end, "ended": ended}, (f'Typed: "{text}". Sent: "{came}".',))
    return None


def _expects_other_end(case: Case) -> Found | None:
    """A name and a line came, and it waits for more; it looks for something else at the end of a line."""
    waits, end = thread_stands(case, "recv", where="first"), looks_for_other_end(case.source)
    if not waits or not end or not (case.fact("shown", number=1, how="nothing") or case.fact("greets", came=False)):
        return None
    return Found({"end": end}, as_steps("Whole lines were sent to it, and it shows nothing.", waits))


def _fixed_size(case: Case) -> Found | None:
    """The name comes, and behind it the same character again and again."""
    for fact in case.facts("name"):
        filled = FILLED.fullmatch(str(fact["came"]).removesuffix("\\n"))
        if filled and filled[1] == OWN:
            works = "Your own server and client understand it." if case.together("hears_name", came=True) else ""
            step = f'"{OWN}" was typed as its name. This came: "{str(fact["came"])[:60]}".'
            return Found({}, as_steps(step, works))
    return None


def _untyped_line(case: Case) -> Found | None:
    """The name comes in a line of its own, and behind it another line that no one typed."""
    if _other_end(case):
        return None
    for name in case.facts("name", how="inside"):
        first, end, more = str(name["came"]).partition("\\n")
        if first == OWN and end and more:
            line = more.partition("\\n")[0]
            return Found({"line": line}, (f'Only the name "{OWN}" was typed, and this came: "{name["came"]}".',))
    sent, untyped = case.fact("sent", number=1), case.fact("untyped")
    came = str(sent["came"]) if sent and TYPED[0] in str(sent["came"]) else ""
    line, end, _ = (str(untyped["came"] or came) if untyped else came).partition("\\n")
    if end and line and TYPED[0] not in line and case.fact("name", told=False, how="same"):
        return Found({"line": line}, (f'The name came, and then this, which no one had typed: "{line}".',))
    return None


def _changes_text(case: Case) -> Found | None:
    """One line is typed, and something else comes."""
    sent = case.fact("sent", number=1)
    if not sent or sent["how"] not in ("other", "part", "inside") or _untyped_line(case) or _name_before_each(case):
        return None
    if "/close" in str(sent["came"]) or _other_end(case) or _length_prefix(case):
        return None
    return Found({"came": sent["came"]}, (f'Typed: "{sent["wanted"]}". Sent: "{sent["came"]}".',))


def _name_from_second_line(case: Case) -> Found | None:
    """The first line of the other side is shown or thrown away, and the second one is taken for its name."""
    first, second = SAID
    later = case.fact("shown", number=2)
    if not later or not str(later["line"]).endswith(f"{first}: {second}"):
        return None
    step = f'The name "{OTHER}" came, then the lines "{first}" and "{second}". The last one was shown as '
    return Found({}, (f'{step}"{later["line"]}".',))


def _no_names(case: Case) -> Found | None:
    """The other's name is shown as a message, or messages are shown without it."""
    line = case.fact("shown", number=1, how="label")
    if not line or _label(case) != "none" or _name_from_second_line(case):
        return None
    first = f'"{OTHER}", the first line that came, was shown as a message.' if line["name"] else ""
    alike = line["name"] and str(line["label"]).strip()
    uses = "treats the first line that arrives like all others" if alike else "uses no names"
    return Found({"uses": uses}, as_steps(first, f'"{SAID[0]}", said by {OTHER}, was shown as "{line["line"]}".'))


def _name_not_shown(case: Case) -> Found | None:
    """The other's name stands before what is said, but nothing is shown when it comes."""
    line = case.fact("shown", number=1, how="same")
    if not line or not case.fact("greets", came=False) or case.again(UNBUFFERED, "greets", came=True):
        return None
    shown_later = f'"{SAID[0]}", said by {OTHER} after that, was shown as "{line["line"]}".'
    return Found({}, (f'The other\'s name, "{OTHER}", came, and it was not shown.', shown_later))


def _name_cut(case: Case) -> Found | None:
    """A name of several words is sent or shown without all of it."""
    for failure in case.failed("test_both_tell_their_names", causes=(*SCREEN, "other bytes", "other line", "part")):
        if failure.cause in SCREEN:
            shows = failure.shown().decode(errors="replace")
            line = _line_with(shows, "Anna")
            part = next((part for part in _beginnings(LONG_NAME) if part in line), "")
            goes_on = part and re.match(r"\w|\N{REPLACEMENT CHARACTER}", line.partition(part)[2])  # in other letters
            if part and part != LONG_NAME and not goes_on:
                return seen([failure], f'The name "{LONG_NAME}" arrived. Shown: "{line}".', whole=LONG_NAME)
        if isinstance(failure.expected, bytes) and isinstance(failure.received, bytes) and _sends_a_part(failure):
            step = _as_sent(failure.expected, failure.received)
            return seen([failure], step, whole=failure.expected.decode().strip())
    return None


def _name_in_template(case: Case) -> Found | None:
    """A name or a text with { or % in it is not shown as it is, or stops something: it is part of a format."""
    template = template_of_values(case.source)
    for failure in case.failed("test_both_tell_*", "test_the_text_stays_*", "test_only_*") if template else []:
        given = b"".join(event.data for event in failure.given).decode(errors="replace")
        if not template or template.sign not in given or not _stops_at(failure, template.line):
            continue
        says = [line for line in failure.shown("logs").decode(errors="replace").splitlines() if line.strip()]
        step = f'"{LONG_NAME}" is such a name.' if LONG_NAME in given else as_step(failure)
        line = case.written(template.line)
        last = f'The last line of its log: "{says[-1][:150]}"' if says else None
        return seen([failure], *as_steps(step, line, last), line=template.line, sign=template.sign)
    return None


def _stops_at(failure: Failure, line: int) -> bool:
    """Whether formatting may have failed in this line, and what the test awaited is a line that was formatted."""
    if failure.exception:
        return failure.exception in ("KeyError", "IndexError", "ValueError", "TypeError") and failure.line in (0, line)
    name_alone = failure.fits("test_both_tell_*") and f"{LONG_NAME}: " not in str(failure.expected)
    return not name_alone and failure.cause in (*SCREEN, "ended", "end", "silence")


def _sends_a_part(failure: Failure) -> bool:
    """Whether a typed name was awaited, and only its beginning or some of its words came."""
    wanted, came = failure.expected, failure.received
    typed = failure.typed
    if not isinstance(wanted, bytes) or not isinstance(came, bytes) or not came.strip():
        return False
    if typed and typed[0].splitlines()[:1] != [wanted.strip()]:  # that is no name
        return False
    words, kept = wanted.split(), came.split()
    some = len(kept) < len(words) and set(kept) <= set(words)
    return some or (came != wanted and came.endswith(b"\n") and wanted.startswith(came[:-1]))


def _explains_name_cut(case: Case, found: Found, failure: Failure) -> bool:
    return failure in found.failures or _sends_a_part(failure)


def _beginnings(name: str) -> list[str]:
    """The name, and all that may be left of it if its end is lost, the longest first."""
    return [name[:length].rstrip() for length in range(len(name), len(OTHER) - 1, -1)]


def _as_sent(wanted: bytes, came: bytes) -> str:
    return f'The name "{wanted.decode().strip()}" was typed. Sent: "{shown(came)}".'


def _name_changed(case: Case) -> Found | None:
    """A name is sent in other letters, such as small ones."""
    for failure in case.failed("test_both_tell_their_names", causes=("other bytes", "other line")):
        wanted, came = failure.expected, failure.received
        if isinstance(wanted, bytes) and isinstance(came, bytes) and came.endswith(b"\n") and came != wanted:
            alike = came.decode(errors="replace").casefold() == wanted.decode().casefold()
            return seen([failure], _as_sent(wanted, came)) if alike else None
    return None


def _line_with(screen: str, text: str) -> str:
    return next((line for line in screen.splitlines() if text in line), "")


def _label(case: Case) -> str:
    """What stands before what is said, if not "NAME: ": "own name", "other" (of a program that has shown the other's
    name as a name), or "none"; "" if it is right.
    """
    line = case.fact("shown", number=1, how="label")
    if not line:
        return ""
    if OWN in str(line["label"]):
        return "own name"
    as_name = case.fact("greets", came=True, alone=False) and not line["name"]
    return "other" if as_name or OTHER in str(line["label"]) else "none"


def _name_keeps_line_end(case: Case) -> Found | None:
    """What is said stands in a line of its own, below the line that ends with the name of who said it."""
    line = case.fact("shown", number=1, how="label", above=True)
    label = str(line["label"]) if line else ""
    if not line or not label.strip() or re.search(r"\w", label):
        return None
    step = f'"{SAID[0]}" was shown in two lines: one ends with "{OTHER}", and the next one is "{line["line"]}".'
    return Found({}, (step,))


def _other_label(case: Case) -> Found | None:
    """What is said is shown in another form."""
    return _misses_label(case) if _label(case) == "other" and not _name_keeps_line_end(case) else None


def _own_name_shown(case: Case) -> Found | None:
    """What the other one says is shown with the name of the program's own user."""
    return _misses_label(case) if _label(case) == "own name" else None


def _misses_label(case: Case) -> Found | None:
    line = case.facts("shown", number=1)[0]
    failures = tuple(failure for failure in case.failures if misses_its_label(failure))
    steps = (f'Wanted: "{OTHER}: {SAID[0]}"', f'Shown: "{line["line"]}"')
    return Found({"label": "NAME"}, steps, failures) if failures else None


def any_label(case: Case) -> Found | None:
    return _other_label(case) or _own_name_shown(case)


def _name_before_each(case: Case) -> Found | None:
    sent = case.fact("sent", number=1, how="inside")
    if not sent or OWN not in str(sent["came"]) or _untyped_line(case):
        return None
    return Found({}, (f'Typed: "{sent["wanted"]}". Sent: "{sent["came"]}".',))


def _explains_no_names(case: Case, found: Found, failure: Failure) -> bool:
    causes = (*SCREEN, "other bytes", "silence", "unwanted print")
    core = failure.kind == "core" and (failure.cause in causes or failure.fits("test_the_end_of_the_keyboard"))
    return core or not_even_a_chat(failure)


NAME_KEEPS_LINE_END = Fault(
    slug="name-keeps-line-end",
    life=Life.GREET,
    decides=_name_keeps_line_end,
    explains=like(causes=(*SCREEN, "unwanted print")),
    sentence="The other's name keeps its newline in your {program}, so each message is shown in two lines.",
    question="Print repr() of the name as it arrived. What is at its end, and where should it have been cut?",
    read=RECEIVER,
)
FAULTS = [
    replace(
        NO_LINE_END,
        life=Life.GREET,
        decides=_no_line_end,
        explains=core_exchange,
        mistakes=("no-terminator-sent",),
    ),
    Fault(
        slug="name-deadlock",
        life=Life.GREET,
        decides=_name_deadlock,
        explains=like("test_both_tell_their_names"),
        stops=True,
        sentence="Your {program} waits for the other side's name before it sends its own: two such programs wait for "
        "each other forever.",
        question="Start your own server and your own client. In which call does each of them wait now, and what would "
        "the other have to do first?",
        read=BEGIN,
        mistakes=("silent-newcomer",),
    ),
    Fault(
        slug="name-with-message",
        life=Life.GREET,
        decides=_name_with_message,
        explains=core_exchange,
        sentence="The name leaves your {program} only together with the first message, so the other side doesn't know "
        "yet who came.",
        question="You have typed your name and nothing else. Which bytes have left your {program} by now, and which "
        "line sends them?",
        read=BEGIN,
    ),
    Fault(
        slug="name-untold",
        life=Life.GREET,
        decides=_name_untold,
        explains=core_exchange,
        sentence="Your {program} never sends its name: each side sends its name as its first line.",
        question="Which is the first line that leaves your {program}? How does the other side learn who it talks with?",
        read=BEGIN,
        mistakes=("name-untold",),
    ),
    Fault(
        slug="length-prefix",
        life=Life.GREET,
        decides=_length_prefix,
        explains=core_exchange,
        stops=True,
        sentence="Your {program} sends the length of each text before it; in this stage a text is a line, which ends "
        "with a newline.",
        question="How does your {program} tell where a text ends, and how does PROTOCOLS.md say it? Who else can "
        "understand yours?",
        read=LINES,
    ),
    replace(FIXED_SIZE, decides=_fixed_size, explains=core_exchange),
    replace(NEWLINE_TWICE, explains=core_exchange),
    replace(
        OTHER_END,
        life=Life.GREET,
        decides=_other_end,
        explains=core_exchange,
        sentence="Your {program} ends {ended} with {end}, but a line ends with \\n and nothing else.",
    ),
    replace(EXPECTS_OTHER_END, life=Life.GREET, decides=_expects_other_end, explains=core_exchange),
    Fault(
        slug="extra-handshake",
        life=Life.GREET,
        decides=lambda case: _extra_handshake(case) or _name_changed(case),
        explains=core_exchange,
        sentence="The first line that your {program} sends isn't just the name that its user typed.",
        question="Which line does your user type first, and which line does your {program} send first? PROTOCOLS.md, "
        "stage 4, says what goes out there: what does yours say instead?",
        read=BEGIN,
    ),
    Fault(
        slug="untyped-line",
        life=Life.GREET,
        decides=_untyped_line,
        explains=core_exchange,
        sentence='After its name your {program} sends a line that its user didn\'t type ("{line}"): for the other side '
        "it is a message.",
        question="Which lines leave your {program} before anything but the name was typed? What does the other side "
        "show when they arrive, and under whose name?",
        read=BEGIN,
    ),
    Fault(
        slug="name-from-second-line",
        life=Life.GREET,
        decides=_name_from_second_line,
        explains=_explains_no_names,
        sentence="Your {program} takes the second line that arrives for the other's name. The name is the first line: "
        "nothing comes before it.",
        question="How many lines does your {program} read before the first message? Which lines does the other side "
        "send before it, according to PROTOCOLS.md?",
        read=RECEIVER,
    ),
    ENDS_TOO_EARLY,
    Fault(
        slug="no-names",
        life=Life.GREET,
        decides=_no_names,
        explains=_explains_no_names,
        sentence="Your {program} {uses}. The first line that its user types is a name and goes out first. The "
        "first line that arrives is the other's name: it is shown, and stands before each later line.",
        question="What does your {program} do with the first line that is typed, and what with the first line that "
        "arrives? How could it remember the name for the lines that follow?",
        read=RECEIVER,
    ),
    Fault(
        slug="name-not-shown",
        life=Life.GREET,
        decides=_name_not_shown,
        explains=like(causes=("silent screen",)),
        sentence="Your {program} takes the other's name but doesn't show it: its user can't see who has come until the "
        "first message.",
        question="The other's name has arrived, and nothing else yet. What does your user see at this moment? Which "
        "line of yours could show who is there?",
        read=RECEIVER,
    ),
    Fault(
        slug="name-cut",
        life=Life.GREET,
        decides=_name_cut,
        explains=_explains_name_cut,
        sentence='Your {program} loses a part of a name: "{whole}" is one name, whatever is in it.',
        question="Print repr() of the name as it was read and as you use it. Which line of yours makes it shorter, and "
        "what for?",
        read=RECEIVER,
        mistakes=("name-cut",),
    ),
    Fault(
        slug="name-in-template",
        life=Life.ANSWER,
        decides=_name_in_template,
        stops=True,
        sentence="The format in line {line} is put together with a name or a text: if that has a {sign} in it, Python "
        "takes this for a place to fill in.",
        question="Print the format just before line {line} uses it. Which of its places did you write, and which came "
        "with a name? How does an f-string put both together in one step?",
        read=RECEIVER,
    ),
    Fault(
        slug="own-name-shown",
        life=Life.ANSWER,
        decides=_own_name_shown,
        sentence="Your {program} shows what the other side says under the name of its own user.",
        question="Two names are in your {program}: one was typed, the other one arrived. What is each of them called, "
        "and which one stands in the line that shows a message?",
        read=RECEIVER,
    ),
    Fault(
        slug="changes-text",
        life=Life.TAKE,
        decides=_changes_text,
        explains=like("test_the_user_closes", causes=("other bytes", "part", "no line end", "silence", "too much")),
        sentence='What your {program} sends isn\'t what its user typed: it sent "{came}". A line goes out unchanged.',
        question="Print repr() of the line that you read and of what you send. Which name stands in the line that "
        "sends, and what is its value there?",
        read=SENDER,
    ),
    replace(
        OTHER_LABEL,
        last=False,  # whoever speaks is part of what is shown in this stage
        decides=_other_label,
        read=RECEIVER,
    ),
    Fault(
        slug="name-before-each-line",
        life=Life.TAKE,
        decides=_name_before_each,
        explains=like("test_the_user_closes", "test_the_end_of_the_keyboard", causes=("other bytes",)),
        sentence="Your {program} puts its name before each line that it sends; the other side has the name already.",
        question="What has the other side got as your first line, and what does it put before each text that it shows?",
        read=SENDER,
        mistakes=("client-says-who", "quit-prefixed"),
    ),
]
