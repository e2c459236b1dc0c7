"""What stages 3 and 4 have in common: two people talk with each other, line by line.

The faults here say nothing about what decides them: each stage's page adds that, with dataclasses.replace.
"""

from __future__ import annotations

import re
from dataclasses import replace

from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, seen

LINES, BYTES = "lessons/2_logbook.md#the-idea", "lessons/2_logbook.md#bytes-and-text"
LABEL = re.compile(r'"(\w[^":]*: (.*?))"')  # a text with who said it, as a test awaits it


def misses_its_label(failure: Failure) -> bool:
    """Whether the text that a test awaits is on the screen, and only the word before it is another one."""
    wanted = LABEL.search(str(failure.expected))
    came = failure.received or b""
    screen = came if isinstance(came, str) else came.decode(errors="replace")
    return bool(wanted and screen and wanted[1] not in screen and wanted[2] in screen)


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
DECODE_IN_THE_MIDDLE = Fault(
    slug="decode-in-the-middle",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} decodes each chunk as it comes, but a chunk may end in the middle of a letter.",
    question="What do you have when a chunk ends in the middle of an é? At which point of your program are all its "
    "bytes there?",
    read=BYTES,
)
STRIPS_TEXT = Fault(
    slug="strips-text",
    life=Life.TAKE,
    decides=undecided,
    sentence="Your {program} removes more than the newline: the spaces that someone typed are gone too.",
    question="What does strip remove if you give it no argument? What should be removed?",
    read=LINES,
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
