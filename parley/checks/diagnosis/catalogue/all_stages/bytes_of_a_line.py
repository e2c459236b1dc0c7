"""What becomes of the bytes of a line: of a \\r in it or at its end, and of bytes that are no text."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from parley.checks.diagnosis.catalogue.all_stages.shared import came_in
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, everything, like, seen
from parley.checks.diagnosis.slips import FEWEST_KEPT, cuts_at, leaves_newline, takes_away
from parley.checks.diagnosis.syntax import calls_in, name_of, nodes
from parley.contract.record import first_difference, quoted

LINES, BYTES = "lessons/2_logbook.md#the-idea", "lessons/2_logbook.md#bytes-and-text"
WRONG = ("other print", "silent screen", "unwanted print", "other bytes", "other line", "other file", "silence", "part")


def crlf_in_pieces(case: Case) -> Found | None:
    """Where \\r and \\n arrive apart, the \\r stays; where they arrive together, it doesn't."""
    for failure in case.failed(causes=WRONG):
        came = came_in(failure)
        cut = _cut_before_newline(failure)
        whole = [data for data in _sent(failure) if "\r\n" in data]
        if cut and f"{cut}\r" in came and not any(_keeps(data, came) for data in whole):
            step = f"{quoted(cut)} came with \\r\\n after it, the \\r in one chunk and the \\n in the next one."
            return seen([failure], step, "The \\r was still there when the line was shown.")
    return None


def _came(failure: Failure) -> str:
    """What came where the test awaited something: bytes that were received, or all that anyone has seen."""
    if failure.cause == "other bytes" and isinstance(failure.received, bytes):
        return failure.received.decode(errors="replace")
    return came_in(failure)


def _sent(failure: Failure) -> list[str]:
    return [event.data.decode(errors="replace") for event in failure.given if event.what == "sends"]


def _cut_before_newline(failure: Failure) -> str:
    """The text of a line of which the \\r came in one chunk and the \\n in the next one; "" if there was none."""
    for piece, rest in itertools.pairwise(_sent(failure)):
        if piece.endswith("\r") and rest.startswith("\n"):
            return piece.removesuffix("\r").rpartition("\n")[2]
    return ""


def _keeps(data: str, came: str) -> bool:
    """Whether a line of this text, which ended with \\r\\n, was shown with its \\r."""
    return any(f"{line}\r" in came for line in data.split("\r\n")[:-1] if line)


def cr_inside(case: Case) -> Found | None:
    """Stages 1 to 3: a line with a \\r in its middle doesn't come as it was: the \\r ends a line, or it is gone."""
    for failure in case.failed(causes=WRONG):
        if failure.test[0] not in "123":
            continue
        given = failure.given[-1].data.decode(errors="replace") if failure.given else ""
        came = _came(failure)
        line = given.removesuffix("\n").removesuffix("\r")
        plain = line.rstrip("\r")
        if line != plain and line not in came and f"{plain}\n" in came:
            step = f"This line was given, with a \\r as its last character: {quoted(line)}."
            does = "takes every \\r at the end of a line away, not only the one before \\n"
            return seen([failure], step, does=does, look="How many of them does your call take away?")
        text = given.strip("\r\n")
        before, found, after = text.partition("\r")
        if not found or not before or "\n" in after or text in came:
            continue
        gone = before + after in came
        if not gone and not re.search(rf"{re.escape(before)}\n|(?<!\r){re.escape(after)}", came):
            continue
        does = "takes every \\r out of a line" if gone else "takes a \\r in the middle of a line for its end"
        step = f"A line was given that has a \\r in it: {quoted(text)}."
        return seen([failure], step, does=does, look=_look(case.source))
    return None


def _look(source: str) -> str:
    if "makefile" in source:
        return "What does a text file (makefile, open) do with a \\r if you don't give it newline?"
    if "splitlines" in source:
        return "At which characters does splitlines split?"
    return "What do your calls do with a \\r that has no \\n behind it?"


def stripped(case: Case, failures: list[Failure]) -> Found | None:
    """Characters at the ends of a line are lost in these failed tests, and a line of its text takes such away."""
    line, call = takes_away(case.source)
    if not call:
        return None
    lost = {lost_byte(failure) for failure in failures}
    signs = {frozenset([b" "]): "spaces", frozenset([b"\t"]): "tabs"}.get(frozenset(lost), "characters")
    asks = f"Which characters does {call} take away, and how many of them?"
    if call.endswith("()"):
        asks = f"What does {call} take away if you give it no argument?"
    step = f"Line {line} of {case.program}.py calls {call}."
    return seen(failures, *map(as_step, failures[:1]), step, what=call, line=line, signs=signs, asks=asks)


def lost_byte(failure: Failure) -> bytes:
    """The first byte that did not come, where others did; b"" if that isn't known."""
    if not isinstance(failure.expected, bytes) or not isinstance(failure.received, bytes):
        return b""
    at = first_difference(failure.expected, failure.received)
    return failure.expected[at : at + 1]


def _last_letter_cut(case: Case) -> Found | None:
    """The last typed line had no newline, and came without its last character; its text cuts one off."""
    cuts = re.search(r"\[\s*:\s*-1\s*\]", case.source)
    for failure in case.failed(causes=WRONG) if cuts else []:
        ended = [at for at, event in enumerate(failure.events) if event.what == "ends keyboard"]
        typed = [event.data for event in failure.events[: ended[-1]] if event.what == "types"] if ended else []
        text = typed[-1].decode(errors="replace") if typed else ""
        came = [event.data for event in failure.events if event.what == "receives"]
        lines = b"".join(came).decode(errors="replace").split("\n")
        cut = [line for line in lines if line and line.endswith(text[:-1])]
        if len(text) > 1 and cut and text not in "\n".join(lines):
            line = case.line_of(cuts) if cuts else 0
            step = f"{quoted(text)} was typed, and the input ended behind it. This came of it: {quoted(text[:-1])}"
            return seen([failure], step, case.written(line), line=line)
    return None


HOLE = "\ufffd"  # what stands in the place of a byte that is no text
BYTE_AS_LETTER = "\u00ff"  # what the byte FF is in Latin-1, and in the Windows encoding that is like it


def second_encoding(case: Case) -> Found | None:
    """A line that isn't all UTF-8 is shown with a letter for each byte."""
    for failure in case.failed("test_bytes_that_are_no_text", "test_any_text*", causes=WRONG):
        given = failure.given[-1].data if failure.given else b""
        if b"\xff" in given and BYTE_AS_LETTER in came_in(failure):
            shows = next(line[-60:] for line in came_in(failure).split("\n") if BYTE_AS_LETTER in line)
            step = f'{quoted(given.rstrip())} was sent, and its screen shows "{shows}".'
            return seen([failure], step)
    return None


def half_letter_kept(case: Case) -> Found | None:
    """A half of a letter at the end of a line isn't shown there, or stands at the beginning of the next line; a byte in
    the middle of a line that is no text is replaced.
    """
    for failure in case.failed("test_bytes_that_are_no_text", "test_any_text*", causes=WRONG):
        given, came = failure.given[-1].data.strip(b"\r\n") if failure.given else b"", came_in(failure)
        text, whole = given.decode(errors="replace"), given.decode(errors="ignore")
        gone = text == f"{whole}{HOLE}" and f"{whole}\n" in came and HOLE in came
        if gone:
            step = f"{quoted(given)} was sent, a line that ends with half a letter, and that half isn't on the screen."
            return seen([failure], step)
        before = failure.given[-2:-1]
        of_another = [event for event in before if event.who != failure.given[-1].who and event.data[-1:] != b"\n"]
        if whole and text == whole and f"{HOLE}{text}" in came and not of_another:
            step = f"{quoted(given)} was sent, and its screen shows it with a {HOLE} in front of it."
            return seen([failure], "The line before it ended with half a letter.", step)
    return None


def _normalizes(case: Case) -> Found | None:
    """A letter that can be written in two ways comes in the other one, and something in its text rewrites letters."""
    rewrites = re.search(r"normalize\(", case.source)
    for failure in case.failed(causes=WRONG) if rewrites else []:
        wanted = failure.expected if isinstance(failure.expected, bytes) else b""
        texts = [*wanted.splitlines(), *(event.data for event in failure.given[-1:])]
        came = _came(failure)
        gone = [text for text in (data.decode(errors="replace").strip() for data in texts) if text not in came]
        if any(text != other and other in came for text in gone for other in _other_ways(text)):
            line = case.line_of(rewrites) if rewrites else 0
            return seen([failure], f"Line {line} of {case.program}.py calls normalize.", line=line)
    return None


def _other_ways(text: str) -> list[str]:
    return [
        unicodedata.normalize("NFC", text),
        unicodedata.normalize("NFD", text),
        unicodedata.normalize("NFKC", text),
        unicodedata.normalize("NFKD", text),
    ]


LONGEST_LETTER = 4  # bytes, in UTF-8
MOST_DOTS = 8  # characters that may stand for what was left out


def long_text_cut(case: Case) -> Found | None:
    """Of a long text only the beginning came: as much as a line of its program keeps, or dots came after it."""
    cuts = [(failure, *cut) for failure in case.failed(causes=WRONG) if (cut := _cut(case.source, failure))]
    if not cuts:
        return None
    _, step, line = cuts[0]
    text = case.written(line)
    at = f" (line {line})" if line else ""
    return seen([failure for failure, *_ in cuts], *as_steps(step, text), at=at)


def _cut(source: str, failure: Failure) -> tuple[str, int] | None:
    """What came of a text that was given, in a sentence, and the line that cuts it (0 if none is known to)."""
    for whole, label, there in _texts_that_came(failure):
        kept = first_difference(whole, there)
        dots = there[kept:].strip()
        if kept >= len(whole) or len(dots) > MOST_DOTS:
            continue
        line = cuts_at(source, {kept, len(there), len(label) + len(there)})
        if line or (kept >= FEWEST_KEPT and dots.strip("[]() ") in ("...", "\N{HORIZONTAL ELLIPSIS}")):
            return _first_of(len(whole), kept, "characters"), line
        least = len(whole[:kept].encode())
        for came in range(least, least + LONGEST_LETTER):  # the cut may be in the middle of a letter
            line = cuts_at(source, {came})
            if line:
                return _first_of(len(whole.encode()), came, "bytes"), line
    return None


def _first_of(all_of_it: int, kept: int, units: str) -> str:
    return f"A text of {all_of_it:,} {units} was given. Its first {kept:,} came, and no more."


def _texts_that_came(failure: Failure) -> Iterator[tuple[str, str, str]]:
    """Each text that was given in a failed test, what stands before it where it came, and what came of it."""
    wanted, came = failure.expected, failure.received
    if isinstance(wanted, bytes) and isinstance(came, bytes):
        at = first_difference(wanted, came)
        start = wanted.rfind(b"\n", 0, at) + 1
        yield _text(wanted[start:].partition(b"\n")[0]), "", _text(came[start:].partition(b"\n")[0])  # of a line
        yield _text(wanted), "", _text(came)
    elif failure.given and failure.given[-1].what == "sends":
        said = (failure.given[-1].data, failure.shown())
        text, shown = (_text(data).rstrip("\n").rpartition("\n")[2] for data in said)
        if len(text) > FEWEST_KEPT:
            label, beginning, rest = shown.partition(text[:FEWEST_KEPT])
            yield text, label, f"{beginning}{rest}"


def _text(data: bytes) -> str:
    return data.decode(errors="ignore")


def _wrapped(case: Case) -> Found | None:
    """A text comes with other spaces and line ends in it, and a call in its program breaks texts into lines."""
    calls = calls_in(nodes(case.source), WRAPS)
    failures = [failure for failure in case.failed(causes=WRONG) if calls and _other_blanks(failure)]
    if not failures:
        return None
    call = calls[0]
    step = case.written(call.lineno)
    return seen(failures, as_step(failures[0]), step, line=call.lineno, call=name_of(call.func))


WRAPS = ("fill", "wrap", "TextWrapper")  # of textwrap: they break a text into lines, and take spaces away there


def _other_blanks(failure: Failure) -> bool:
    """Whether all words of the text that was given came, but not the text itself."""
    text = _text(failure.given[-1].data).strip("\r\n") if failure.given else ""
    came = _came(failure)
    return text not in came and "".join(text.split()) in "".join(came.split())


def _split_at_blanks(case: Case) -> Found | None:
    """Of a text of several words, a word came alone in a line, and a call of its text splits at blanks."""
    calls = calls_in(nodes(case.source), {"split"})
    splits = next((call.lineno for call in calls if not call.args and not call.keywords), 0)
    failures = [failure for failure in case.failed(causes=WRONG) if splits and _words_apart(failure)]
    text = case.written(splits)
    step = f"{quoted(failures[0].given[-1].data)} was given, and its words came apart." if failures else ""
    return seen(failures, step, text, line=splits)


def _words_apart(failure: Failure) -> bool:
    text = _text(failure.given[-1].data).strip("\r\n") if failure.given else ""
    words, came = text.split(), _came(failure)
    return len(words) > 1 and text not in came and bool(re.search(rf"{re.escape(words[0])}$", came, re.MULTILINE))


def _blank_line(failure: Failure) -> bool:
    """Whether a line with no word in it was given, and it didn't come as it was."""
    return failure.cause in WRONG and bool(failure.given) and not failure.given[-1].data.strip()


LONG_TEXT_CUT = Fault(
    slug="long-text-cut",
    life=Life.TAKE,
    decides=long_text_cut,
    sentence="Your {program} cuts a long text{at}: only its beginning arrives.",
    question="What is this cut meant to protect: a screen, or memory? What does the reader lose, and what does "
    "PROTOCOLS.md say about long texts?",
    read=LINES,
)


def _leaves_newline(case: Case) -> Found | None:
    """Lines come wrong, and its text takes a line off the waiting bytes, but not the newline behind it."""
    line, cut = leaves_newline(case.source)
    failures = [failure for failure in case.failures if failure.kind == "core"]
    if not line or not failures:
        return None
    return seen(failures, f"Line {line} of {case.program}.py: {cut}", as_step(failures[0]), line=line)


FAULTS = [
    LONG_TEXT_CUT,
    Fault(
        slug="newline-left-behind",
        life=Life.TAKE,
        decides=_leaves_newline,
        explains=everything,
        stops=True,
        sentence="Line {line} takes a line off what has arrived, and leaves its newline behind: the next line begins "
        "with it.",
        question="At which place is the newline, as find() or index() says? Print repr() of what is left after line "
        "{line}: which byte comes first, and what is the next line then?",
        read=LINES,
    ),
    Fault(
        slug="split-at-blanks",
        life=Life.TAKE,
        decides=_split_at_blanks,
        explains=like(causes=(*WRONG, "goes on", "ended", "other status")),
        stops=True,
        sentence="Line {line} splits what came at every blank: each word of a text becomes a text of its own.",
        question="What does split() split at if you give it no argument? Which single byte ends a line here?",
        read=LINES,
    ),
    Fault(
        slug="text-wrapped",
        life=Life.TAKE,
        decides=_wrapped,
        explains=lambda case, found, failure: failure in found.failures or _blank_line(failure),
        sentence="Line {line} breaks texts into lines ({call}): a long one becomes several lines, and spaces are "
        "lost. A text arrives as it was said.",
        question="How does someone who reads your screen tell a new line of a text from a new message? Which "
        "characters does {call} take away?",
        read=LINES,
    ),
    Fault(
        slug="last-letter-cut",
        life=Life.TAKE,
        decides=_last_letter_cut,
        sentence="Line {line} cuts off the last character of each typed line, but the last one may end without a "
        "newline: then it loses a letter.",
        question="Print repr() of a line that ends with the input (Ctrl+D in the middle of a line). Which character "
        "does line {line} cut off there? Which call removes a newline only if there is one?",
        read="lessons/1_echo.md#the-client",
    ),
    Fault(
        slug="normalizes-text",
        life=Life.TAKE,
        decides=_normalizes,
        sentence="Your {program} rewrites letters that can be written in two ways (line {line}). A text has to arrive "
        "with the same characters that it had.",
        question="How many characters has a text before normalize, and how many after it? Who may need the ones that "
        "are gone?",
        read=BYTES,
        mistakes=("normalized-client",),
    ),
    Fault(
        slug="crlf-in-pieces",
        life=Life.TAKE,
        decides=crlf_in_pieces,
        sentence="Your {program} looks for \\r\\n in each chunk, but a chunk can end between the \\r and the \\n. Then "
        "the \\r stays in the line.",
        question="At which point of your program is a line complete, with both characters of its end? What do you have "
        "to take away there, after you have split at \\n?",
        read=LINES,
        mistakes=("crlf-per-chunk",),
    ),
    Fault(
        slug="lone-cr",
        life=Life.TAKE,
        decides=cr_inside,
        rare=True,
        explains=like("test_lines_from_telnet", "test_line_ends_of_*"),
        sentence="Your {program} {does}. Only \\n ends a line, and only a \\r just before it belongs to that end.",
        question="Which line of yours looks for \\r, and where in the line may it find one? {look}",
        read=LINES,
        mistakes=("universal-newlines", "every-cr-goes"),
    ),
    Fault(
        slug="second-encoding",
        life=Life.TAKE,
        decides=second_encoding,
        sentence="Your {program} takes a line that isn't all UTF-8 for text in another encoding: its right letters "
        "break too.",
        question="One byte of a line is wrong. How many of its other letters can still be read as UTF-8? What "
        "makes decode put something in the place of the wrong byte alone?",
        read=BYTES,
        mistakes=("latin-1-instead",),
    ),
    Fault(
        slug="half-letter-kept",
        life=Life.TAKE,
        decides=half_letter_kept,
        sentence="If a line ends with half a letter, your {program} keeps that half for the next line.",
        question="Your decoder waits for the rest of a letter. What can come after a newline: the rest of it, or "
        "something new? Who tells the decoder that a line is over?",
        read=BYTES,
        mistakes=("decoder-keeps-half",),
    ),
]
