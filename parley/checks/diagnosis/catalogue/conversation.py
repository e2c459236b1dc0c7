"""What stages 3 and 4 have in common: two people talk with each other, line by line.

The faults here say nothing about what decides them: each stage's page adds that, with dataclasses.replace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, seen
from parley.checks.diagnosis.rewriting import alike, changed_text
from parley.checks.diagnosis.slips import limit_itself, limit_of_lines, limit_passed_since, replaces_chunks
from parley.contract.diagnosis import Fact

LEFT = ("ended", "end", "reset", "silence")  # what is seen of a program that has left a conversation
LINES, BYTES = "lessons/2_logbook.md#the-idea", "lessons/2_logbook.md#bytes-and-text"
LABEL = re.compile(r'"(\w[^":]*: (.*?))"')  # a text with who said it, as a test awaits it


def misses_its_label(failure: Failure) -> bool:
    """Whether the text that a test awaits is on the screen, and only the word before it is another one."""
    wanted = LABEL.search(str(failure.expected))
    came = failure.received or b""
    screen = came if isinstance(came, str) else came.decode(errors="replace")
    return bool(wanted and screen and wanted[1] not in screen and wanted[2] in screen)


def no_notice(case: Case) -> Found | None:
    """It ends after the other side's /close as it should, and tells its user nothing."""
    return seen(case.failed("test_the_*_closes", causes=["wordless"]))


def notice_in_the_log(case: Case) -> Found | None:
    """It ends after the other side's /close as it should, and its notice is on standard error alone."""
    return seen(case.failed("test_the_*_closes", causes=["only logged"]))


def whatever_its_label(fault: Fault, other_label: Decides) -> Fault:
    """The fault, decided without the tests that only miss a label: they were over before they saw anything else."""

    def decides(case: Case) -> Found | None:
        label = other_label(case)
        return fault.decides(case.but_for(label.failures) if label else case)

    return fault if fault.last else replace(fault, decides=decides)


def lacks_line_end(failure: Failure) -> bool:
    """Whether all that was awaited came, except for its newline."""
    came, wanted = failure.received, failure.expected
    if not isinstance(came, bytes) or not isinstance(wanted, bytes) or not wanted.endswith(b"\n"):
        return False
    return came == wanted[:-1] or came.startswith(wanted[:-1] + b"/close")


def only_blanks_are_lost(case: Case) -> Found | None:
    """A line with blanks at its ends comes without them."""
    return seen([failure for failure in case.failures if _lost_its_blanks(failure)])


def _lost_its_blanks(failure: Failure) -> bool:
    wanted = re.search(r'"(?:\w+: )?(\s+\S.*|.*\S\s+)"', str(failure.expected))
    came = failure.received or b""
    text = came if isinstance(came, str) else came.decode(errors="replace")
    return wanted is not None and wanted[1].strip() in text and wanted[1] not in text


# what people write for a newline, as a fact shows what came of it: how it is told
WRITTEN_OUT = {"/n": "/n", "/r/n": "/r/n", "\\\\n": "a backslash and an n", "\\\\r\\\\n": "\\r\\n, letter by letter"}


def other_end(text: str, came: str) -> str:
    """What stands in the place of the newline behind a text that was sent, as a fact shows it; "" if nothing does."""
    if not came.startswith(text):
        return ""
    end = came.removeprefix(text)
    if end in WRITTEN_OUT:
        return WRITTEN_OUT[end]
    marks = re.sub(r"\\x[0-9a-f]{2}|\\[nrt]", "", end)
    alone = "\\n" not in end and len(end) < 10 and not re.search(r"[\w\s]", marks)
    return end if end in ("\\r\\n", "\\n\\r", "\\n\\n") or alone else ""


_LOOKED_FOR = re.compile(
    r"(?:split|partition|endswith|readuntil|find|index)\(\s*b?([\"'])(?P<called>.*?)\1"
    r"|[=!]=\s*b?([\"'])(?P<compared>.*?)\3|b?([\"'])(?P<inside>[^\"']*)\5\s+(?:not\s+)?in\b"
)
_NO_NEWLINE = ("\\0", "\\x00", "\\r\\n", "\\r", "|", ";", "#", "$", "~", "\\x04", "\\x03")


def looks_for_other_end(source: str) -> str:
    """What a program's text looks for at the end of a line where it looks for no newline at all; "" if it does not."""
    found = [next(filter(None, match.groupdict().values()), "") for match in _LOOKED_FOR.finditer(source)]
    if "\\n" in found or "readline" in source or "splitlines" in source:
        return ""
    return next((end for end in found if end in _NO_NEWLINE), "")


# a text, and behind it one character again and again, as a fact shows it
FILLED = re.compile(r"(.*?)(\\x[0-9a-f]{2}|[ #_*.-])\2{7,}")


def writes_what_it_reads(case: Case) -> bool:
    """Whether a text file of the program reads from its connection, and writes to it as well."""
    return re.search(r"makefile\([^)b]*[\"'](rw|wr)[\"']", case.source) is not None


MOST_PREFIX = 100  # bytes: a number before a text is shorter


def is_length(came: bytes, text: bytes) -> bool:
    """Whether what came is a text with its length before it: in binary, or in digits."""
    prefix, found, _ = came.partition(text)
    if not found or not prefix:
        return False
    lengths = (len(text), len(text) + 1)
    digits = re.fullmatch(rb"\D*?0*(\d+)\D*", prefix) if len(prefix) <= MOST_PREFIX else None
    if digits and int(digits[1]) in lengths:
        return True
    return len(prefix) <= 8 and any(int.from_bytes(prefix, order) in lengths for order in ("big", "little"))


def takes_text_for_length(case: Case, text: str) -> Fact | None:
    """The fact that a line of the program turns the beginning of this text, which was sent to it, into a number."""
    raises = case.facts("raises", exception="ValueError")
    return next((f for f in raises if "int()" in str(f["message"]) and text[:4] in str(f["message"])), None)


def shown_in_escapes(facts: Iterable[Fact]) -> Found | None:
    """An é is on the screen as Python writes its two bytes: told from these facts, which have the screen."""
    if not any(r"\xc3\xa9" in str(fact["screen"]) for fact in facts):
        return None
    return Found({}, (r"A line with an é came. Its screen has \xc3\xa9 in the place of the é.",))


def replaced_chunk(case: Case, fact: Fact | None) -> Found | None:
    """A line came, and the line of the program that collects it keeps its last chunk alone. `fact`: what was seen."""
    line, name = replaces_chunks(case.source)
    if not line or not fact:
        return None
    step = case.written(line)
    return Found({"line": line, "name": name}, ("A whole line came, and it isn't on the screen as it came.", step))


def lone_cr(case: Case, *tests: str) -> Found | None:
    """A line with a \\r in its middle comes as two lines, or without it."""
    for failure in case.failed(*tests):
        wanted, came = (_in_escapes(text) for text in (failure.expected, failure.received))
        _, found, part = came.partition("line 1")
        if "line 1\\rstill" in wanted and found and not part.startswith("\\r"):
            does = "drops it" if "still" in part.partition("\\n")[0] else "ends the line there"
            step = f'This line was sent: "line 1\\rstill line 1". This came of it: "line 1{part[:40]}"'
            return seen([failure], step, does=does)
        if two_cr(failure) and failure.cause in ("other print", "silent screen") and not _changed_alike(case, failure):
            step = 'This line was sent: "two \\r", and \\r\\n after it. Both \\r are gone where it was shown.'
            return seen([failure], step, does="takes each \\r at the end of a line away, not only the last one")
    return None


def _changed_alike(case: Case, failure: Failure) -> bool:
    """Whether the text of another test has lost such characters too, or a line of the program's text changes both."""
    changes = [(each, change) for each in case.failures if (change := changed_text(each))]
    own = next((change for each, change in changes if each is failure), None)
    others = [change for each, change in changes if each is not failure]
    return own is not None and any(alike(case.source, own, change) for change in others)


def two_cr(failure: Failure) -> bool:
    """Whether the last line that was sent has a \\r before the one of its end."""
    return bool(failure.given) and failure.given[-1].data.endswith(b"\r\r\n")


def _in_escapes(text: bytes | str | None) -> str:
    """A text in which each \\r and \\n is written out, without the quotes around it."""
    plain = text.decode(errors="replace") if isinstance(text, bytes) else text or ""
    return plain.replace("\r", "\\r").replace("\n", "\\n").removesuffix("\\n").strip('"')


LONGEST = 65_536  # bytes of a line: a longer one is too long
ALL_OR_ONE = (
    "Your program has cut what arrived into lines, and the rest waits for its newline. Does it compare one line with "
    "the limit, or all that is there?"
)
JUST_THE_LIMIT = "What does line {line} say of a line of exactly 65,536 bytes?"


def limit_of_all(case: Case, *tests: str, causes: Iterable[str] = LEFT) -> Found | None:
    """It leaves at a line that has as many bytes as a line may have, alone or with the next one in the same chunk."""
    for failure in case.failed(*tests, causes=causes):
        if failure.exception or not failure.given:
            continue
        speaker = failure.given[-1].who
        given = b"".join(event.data for event in failure.given if event.who == speaker)
        lines = given.split(b"\n")[:-1]
        if not lines or max(map(len, lines)) > LONGEST or LONGEST not in map(len, lines[-2:]):
            continue
        if len(lines[-1]) < LONGEST:
            step = f"A line of {LONGEST:,} bytes came, and the next one in the same chunk as its end."
            does = "compares the limit of a line with all the bytes that wait, and takes several lines for one"
            return seen([failure], step, does=does, asks=ALL_OR_ONE)
        step = f"A line of {LONGEST:,} bytes came, and its newline."
        line, sign = limit_itself(case.source)
        if line:
            does = f"takes the limit itself for too much, with {sign} in line {line}"
            text = case.written(line)
            return seen([failure], step, text, does=does, asks=JUST_THE_LIMIT.format(line=line))
        return seen([failure], step, does="counts more than the text of a line, such as its newline", asks=ALL_OR_ONE)
    return None


def limit_missed(case: Case, *tests: str) -> Found | None:
    """A line that is too long is taken, although a line of the program's text compares a length with a limit."""
    line = limit_of_lines(case.source)
    failures = [failure for failure in case.failed(*tests) if failure.cause not in TOLD_BADLY and failure.given]
    if not line or not failures:
        return None
    given = failures[0].given
    parts = [event.data for event in given if event.who == given[-1].who and event.what == "sends"]
    too_long = b"".join(parts).removesuffix(b"\n").rpartition(b"\n")[2]
    if len(too_long) <= LONGEST:
        return None
    ends = given[-1].data.endswith(b"\n")
    came = f"A line of {len(too_long):,} bytes came, its newline with the last chunk"
    if not ends:
        came = f"{len(too_long):,} bytes came without a newline"
    step = f"{came}, and the {case.program} did not end the conversation."
    does = case.written(line)
    why = limit_passed_since(case.source) or f"the longest has {LONGEST:,}"
    return seen(failures, step, does, line=line, length=f"{len(too_long):,}", why=why)


TOLD_BADLY = ("other status", "other stream", "wordless")  # it has ended, and only its last words are amiss


def sent_too_much(failures: list[Failure], word: str) -> Found | None:
    """The word with which its user leaves went out, and then something else."""
    for failure in failures:
        came = failure.received.decode(errors="replace").strip() if isinstance(failure.received, bytes) else ""
        typed = [line for event in failure.given for line in event.data.decode(errors="replace").splitlines()]
        if came:
            what = "what is typed after it" if came.partition("\n")[0] in typed[-1:] else "one more line"
            step = f'{word} was typed, and sent. After it this came: "{came[:60]}"'
            return seen([failure], step, word=word, what=what)
    return None


def undecided(case: Case) -> None:
    """Nothing decides it: a stage's page has to say what does."""


NO_LINE_END = Fault(
    slug="no-line-end",
    life=Life.TAKE,
    decides=undecided,
    stops=True,
    sentence="Your {program} sends a line without a newline, so the other side can't tell where the line ends.",
    question="Which byte tells the reader that a line is complete? Print repr() of what you send: is this byte at its "
    "end?",
    read=LINES,
)


def newline_twice(case: Case) -> Found | None:
    """A typed line goes out with its own newline and another one."""
    for fact in (*case.facts("said", number=1), *case.facts("sent", number=1), *case.facts("typed")):
        wanted, came = str(fact["wanted"]), str(fact["came"])
        if came == f"{wanted}\\n" and "\\n\\n" not in case.source:
            return Found({}, (f'Typed: "{wanted}"', f'Sent: "{came}"'))
    return None


OTHER_END = Fault(
    slug="other-line-end",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} ends its lines with {end}, but a line ends with \\n and nothing else.",
    question="Print repr() of what you send. What comes after the text there, and which single byte ends a line?",
    read=LINES,
)
KEYBOARD_READ_TWICE = Fault(
    slug="keyboard-read-twice",
    life=Life.TAKE,
    decides=undecided,
    stops=True,
    sentence="Your {program} reads two typed lines for each one that it sends: it keeps the first for itself, and its "
    "user has to type again.",
    question="How often does your program ask the keyboard between two lines that it sends? Which of these calls gets "
    "what should be sent, and what becomes of what the other one returned?",
    read=LINES,
)
NEWLINE_TWICE = Fault(
    slug="newline-twice",
    life=Life.TAKE,
    decides=newline_twice,
    stops=True,
    sentence="Your {program} adds a newline to a typed line that still has its own, so an empty line follows each "
    "line.",
    question="Print repr() of a line as you read it from the keyboard. What is its last character, and what do you add "
    "to it before you send it?",
    read=LINES,
)
EXPECTS_OTHER_END = Fault(
    slug="expects-other-end",
    life=Life.TAKE,
    decides=undecided,
    stops=True,
    sentence="Your {program} waits for {end} at the end of a line, but a line ends with \\n and nothing else.",
    question="Print repr() of what has arrived. Which byte ends the line there, and which one does your loop wait for?",
    read=LINES,
)
LENGTH_PREFIX = Fault(
    slug="length-prefix",
    life=Life.TAKE,
    decides=undecided,
    stops=True,
    sentence="Your {program} puts the length before each message, or expects it there. Here a newline ends each "
    "message, and nothing comes before it.",
    question="Print the first bytes that you send for `hi`. What would someone with netcat have to type so that "
    "your {program} understands it?",
    read=LINES,
)
FIXED_SIZE = Fault(
    slug="fixed-size",
    life=Life.GREET,
    decides=undecided,
    stops=True,
    sentence="Your {program} fills each text up to a fixed size. Here a text is a line: it is as long as it is, and "
    "ends with a newline.",
    question="Print repr() of what you send for `hi`. How does your reader know where a text ends, and what does "
    "someone with netcat see?",
    read=LINES,
)
ONE_FILE_FOR_BOTH = Fault(
    slug="one-file-for-both",
    life=Life.TAKE,
    decides=undecided,
    sentence="You read and write with one text file, makefile('rw'): each write throws away what the file has read "
    "ahead.",
    question="How much does a file of a connection read ahead? Where would that stay if reading had a file of its "
    "own, and sending used the socket?",
    read=LINES,
)
OUTPUT_NOT_FLUSHED = Fault(
    slug="output-not-flushed",
    life=Life.ANSWER,
    decides=undecided,
    sentence="What your {program} prints stays in a buffer: where no terminal reads its output, the text appears too "
    "late.",
    question="Your program has passed its print already. If no terminal reads the output, where is the text now, and "
    "what sends it on?",
    read=LINES,
)
BYTES_SHOWN_AS_B = Fault(
    slug="bytes-shown-as-b",
    life=Life.ANSWER,
    decides=undecided,
    sentence="Your {program} shows the bytes object itself, as b'...', not the text in it.",
    question="Your screen shows a b and two quotes that no one typed. What type does the value you print have, and how "
    "do bytes become text?",
    read=BYTES,
)
BYTES_IN_ESCAPES = Fault(
    slug="bytes-in-escapes",
    life=Life.ANSWER,
    decides=undecided,
    sentence="Your {program} shows bytes as Python writes them, with \\x and numbers for a letter such as é: str() and "
    "repr() don't decode.",
    question="What type does the value have that your line came in? Which call turns bytes into text, and which one "
    "only shows how Python would write them?",
    read=BYTES,
)
STRIPS_TEXT = Fault(
    slug="strips-text",
    life=Life.TAKE,
    decides=undecided,
    sentence="strip() removes more than the newline: the spaces at the start or end of a line are gone too.",
    question="What does strip remove if you give it no argument? What should be removed?",
    read=LINES,
)
RECV_IS_A_MESSAGE = Fault(
    slug="recv-is-a-message",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} takes what one recv returns for one message, but it may return a part of a message, or "
    "several.",
    question="Print repr() of each chunk. How many messages came, how often did recv return, and how do you know where "
    "a message ends?",
    read=LINES,
)
CHUNK_REPLACED = Fault(
    slug="chunk-replaced",
    life=Life.TAKE,
    decides=undecided,
    stops=True,
    sentence="Line {line} puts each chunk that arrives in the place of the one before, so {name} only has the last "
    "piece of the line.",
    question="recv returns a part of a line, and then the next part. What is in {name} before line {line} runs, and "
    "what is in it after that? How do you add something to what is there?",
    read=LINES,
)
DECODE_IN_THE_MIDDLE = Fault(
    slug="decode-in-the-middle",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} decodes each chunk as it comes, but a chunk may end in the middle of a letter.",
    question="What do you have when a chunk ends in the middle of an é? At which point of your program are all its "
    "bytes there?",
    read=BYTES,
)
DECODE_STRICT = Fault(
    slug="decode-strict",
    life=Life.TAKE,
    decides=undecided,
    sentence="Bytes that aren't UTF-8 stop your {program}: decode raises UnicodeDecodeError.",
    question="Anyone can send bytes that aren't text. What does your decode do with them, and what should happen to "
    "the rest of the chat?",
    read=BYTES,
)
NO_NOTICE = Fault(
    slug="no-notice",
    life=Life.TELL,
    decides=undecided,
    sentence="When /close arrives, your {program} exits without a word: its user doesn't learn that the other one has "
    "left.",
    question="The other side has said /close. Which line of yours runs then, and what does your user read?",
    read=LINES,
    mistakes=("ends-without-a-notice",),
)
NOTICE_IN_THE_LOG = Fault(
    slug="notice-in-the-log",
    life=Life.TELL,
    decides=notice_in_the_log,
    last=True,
    sentence="When /close arrives, your {program} says only in its log that the other one has left. The log goes to "
    "standard error; what your user should read goes to standard output.",
    question="The other side has said /close. Which line of yours tells the user so, and where does it write to?",
    read=LINES,
    mistakes=("notice-in-the-log-client",),
)
CRLF = Fault(
    slug="crlf",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} keeps the \\r of lines that end with \\r\\n, as telnet and Windows send them.",
    question="Print repr() of a line that ended with \\r\\n, after you have cut it. Which character is still at its "
    "end?",
    read=LINES,
)
NO_LINE_LIMIT = Fault(
    slug="no-line-limit",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} keeps a line that never ends in its memory, with no limit.",
    question="Someone sends more and more, but never a newline. Where do all these bytes wait in your {program}, and "
    "what stops it?",
    read=LINES,
)
LIMIT_MISSED = Fault(
    slug="line-limit-off",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} has a limit for a line (line {line}), but a line of {length} bytes gets through: {why}.",
    question="What does line {line} measure: bytes or characters, a whole line or only what has no newline yet? Does "
    "it run for a line whose newline comes with its last chunk?",
    read=LINES,
)
LIMIT_OF_ALL = Fault(
    slug="limit-of-all",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} {does}. So a line of 65,536 bytes counts as too long, although it's just long enough.",
    question="{asks} Which is the longest line that it lets through?",
    read=LINES,
    mistakes=("limit-of-all-that-came",),
)
LONE_CR = Fault(
    slug="lone-cr",
    life=Life.TAKE,
    decides=undecided,
    rare=True,
    sentence="A \\r in the middle of a line is a character of its text, but your {program} {does}. Only a \\r right "
    "before the newline belongs to the line's end.",
    question="Print repr() of what arrives, and of the lines that you cut it into. Which call looks for \\r, and where "
    "in a line does it look?",
    read=LINES,
    mistakes=("cut-at-lone-cr", "cut-at-lone-cr-client"),
)
SENDS_AFTER_CLOSE = Fault(
    slug="sends-after-close",
    life=Life.LEAVE,
    decides=undecided,
    sentence="The user has typed {word}, and your {program} still sends {what}. After this word nothing more goes out.",
    question="Your loop at the keyboard has read {word} and sent it. Which line runs next, and which one would have to "
    "run so that the loop ends there?",
    read="lessons/4_peers.md#who-wakes-whom",
    mistakes=("sends-after-close", "sends-after-quit"),
)
BUSY_LOOP = Fault(
    slug="busy-loop",
    life=Life.NOTICE,
    decides=undecided,
    stops=True,
    sentence='After the other side ends the stream, recv returns b"" immediately every time, and your loop never ends.',
    question="What does your receiving call return when the other side has ended the stream? Which line of your loop "
    "leads out in this case?",
    read=LINES,
)
OTHER_LABEL = Fault(
    slug="other-label",
    life=Life.ANSWER,
    decides=undecided,
    last=True,
    sentence="Your {program} shows what arrives, but not in the form that other programs look for: {label}: TEXT.",
    question="Compare the two lines above character by character. What stands before the text in each of them?",
    read=LINES,
)
LAST_LINE_WITHOUT_END = Fault(
    slug="last-line-without-end",
    life=Life.LEAVE,
    decides=undecided,
    rare=True,
    sentence="If the last typed line has no newline (Ctrl+D in the middle of a line), your {program} sends it without "
    "one.",
    question="What does your reading return for a line that ends with the keyboard? What should be at its end when it "
    "is sent?",
    read=LINES,
)
