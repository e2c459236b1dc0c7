"""The story of a failure, as text and as data: what happened step by step, what was expected, why it didn't come, and a
hint.
"""

from __future__ import annotations

import itertools
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parley.contract.plain import fields_from_plain, fields_to_plain
from parley.contract.record import Event, Failed, as_data, first_difference, harmless, quoted, visible

# What went wrong, chosen by states and error numbers, never by a program's wording.
CAUSES = {
    # there is nothing to start
    "missing": "There's no {file} in the folder.",
    "not begun": "Not started: {file} has no statements yet, only comments.",
    "syntax": "There's a syntax error in line {line} of {file}, or just before it: {message}.",
    # it doesn't start properly
    "not listening": "{who} runs, but {seconds} s after its start it didn't listen on port {port}.",
    "other port": "{who} listens on port {elsewhere} instead of port {port}.",
    "nobody came": "{who} runs, but didn't connect to the server within {seconds} s.",
    "refused": "The connection was refused: no server listens there.",
    "unanswered": "No server answered: the connection was neither accepted nor refused within {seconds} s.",
    "not reached": "Not run, for the same reason as the tests before it.",
    # it exits too early, or never
    "ended": "{who} had already exited ({status}).",
    "crashed": "{who} crashed with an exception that it doesn't catch: {exception}{where}.",
    "traceback": "{who} keeps running, but an exception that it doesn't catch ended a part of it: {exception}{where}.",
    "goes on": "{who} was still running after {seconds} s.",
    "other status": "{who} exited with {status}, but should have exited with status {wanted}.",
    "wordless": "{who} exited without printing or logging a reason.",
    "other stream": "{who} printed its reason on standard output. Errors belong on standard error.",
    "only logged": "{who} said so only on standard error, in its log. The user reads standard output.",
    # it never stops working
    "spins": "{who} is busy all the time although nothing happens: one of its loops never waits.",
    "floods": "{who} was stopped: {what}.",
    "grows": "{who} uses {used} MB of memory, but {most} MB are enough.",
    "taken": "The programs used up what the test itself needs: {what}.",
    # other bytes arrived than expected, or none
    "end": "{other} ended the stream (EOF): it won't send anything more.",
    "reset": "{other} reset the connection.",
    "silence": "{other} sent nothing for {seconds} s. The connection is still open.",
    "part": "{other} sent only {count} of {total} bytes, and nothing more within {seconds} s.",
    "no line end": "{other} sent bytes, but no newline (\\n) within {seconds} s.",
    "other bytes": "Other bytes arrived: byte {number} is the first one that differs.",
    "other line": "{other} sent a line, but not the expected one.",
    "too much": "{other} sent more than it should (extra bytes: {count}).",
    "unwanted": "{other} sent something that {who} shouldn't get.",
    "unread": "{other} didn't receive what was sent to it: it read nothing more for {seconds} s.",
    # its screen and log
    "silent screen": "{who} printed nothing for {seconds} s. If you did call `print`, was the output flushed?",
    "silent log": "{who} logged nothing for {seconds} s.",
    "other print": "{who} printed something else, and nothing more within {seconds} s.",
    "unwanted print": "{who} printed something that it shouldn't print.",
    # its window
    "not in window": "{who} didn't have that in its window within {seconds} s.",
    "frozen": "{who} doesn't react: its window did nothing for {seconds} s.",
    "moved": "{who} scrolled away from where its user was reading: line {line} is at the top instead of {wanted}.",
    "foreign thread": "{who} used its window from a thread other than the main one ({thread}).",
    # its files
    "no file": "{who} didn't create {file} in the folder where it was started.",
    "other file": "Line {number} of the file {file} isn't what it should be.",
    # it all took too long
    "out of time": "The scene was stopped because it took longer than {seconds} s.",
}
NOTHING_RAN = ("missing", "not begun", "syntax")

# How a story says each verb of the record. {A}: the actor; {U}: the user at that program's keyboard.
PHRASES = {
    "starts": "{A} starts{note}.",
    "listens": "{A} listens{note}.",
    "types": "{U} types {data}.",
    "ends keyboard": "{U} presses Ctrl+D (end of input).",
    "presses Ctrl+C": "{U} presses Ctrl+C.",
    "uses window": "{U} uses the window{note}.",
    "prints": "{A} prints {data}.",
    "logs": "{A} logs {data}.",
    "connects": "{A} connects to {peer}.",
    "accepts": "{A} accepts {peer}.",
    "sends": "{A} sends {data} to {peer}.",
    "receives": "{A} receives {data} from {peer}.",
    "ends stream": "{A} closes its sending side to {peer} (EOF).",
    "resets": "{A} resets the connection to {peer}.",
    "sees end": "{A} sees EOF from {peer}.",
    "sees reset": "{A} sees that the connection was reset.",
    "is refused": "{A} is refused.",
    "stops reading": "{A} stops reading.",
    "exits": "{A} exits{note}.",
    "is killed": "{A} is killed.",
    "waits": "{A} waits{note}.",
    "expects": "{A} expects {note}.",
}

NOTHING = "(nothing)"
ALIKE = 5  # this many steps of one kind in a row become three lines
LONGEST_TURN = 4  # longest repeated sequence of kinds ("sends", "receives") that folds like one kind
MOST_LINES = 25  # lines of steps; a longer story shows its beginning, its end and the decisive steps
LEAST_STEPS = 8  # lines that always fit
SEEN = ("prints", "receives", "sees end", "sees reset", "is refused", "exits", "is killed")  # steps that decide a story
WIDTH = 100  # columns of a story
MOST_KEPT = 4_096  # bytes of one event in the record of a story
MOST_BYTES = 50_000  # of all events there: if there are more, all keep the same number of bytes
MOST_EVENTS = 500  # events there; a longer record keeps its beginning and end, and so do the steps
WINDOW = 64  # bytes shown of what was expected and received
TAIL = 8  # lines shown of a program's screen or log


@dataclass(frozen=True)
class Hint:
    """One hint: a question, where to read about it, and which part of the bare version shows it ("": none does)."""

    key: str
    question: str
    read: str
    bare: str


@dataclass(frozen=True)
class Step:
    """One event, as a sentence."""

    number: int
    text: str


@dataclass(frozen=True)
class Cause:
    """Why the expectation failed: a key of CAUSES, and the sentence."""

    key: str
    sentence: str


@dataclass(frozen=True)
class Output:
    """The last lines of a program's screen or log."""

    title: str
    text: str


@dataclass(frozen=True)
class Story:
    """How a test failed, safe to show anywhere.

    `sentence`: what the test says; `expected` and `received`: None if there's nothing to compare; `events`: its record;
    `text`: the whole story for a terminal.
    """

    sentence: str
    steps: tuple[Step, ...]
    expected: str | None
    received: str | None
    cause: Cause
    hint: Hint | None
    output: tuple[Output, ...]
    events: tuple[Event, ...]
    text: str

    @property
    def nothing_ran(self) -> bool:
        """Whether there was no program to start."""
        return self.cause.key in NOTHING_RAN

    @property
    def size(self) -> int:
        """Its approximate size in a file, in bytes."""
        steps = sum(len(step.text) for step in self.steps)
        return len(self.text) + steps + sum(len(event.data) + len(event.note) for event in self.events)

    def shortened(self) -> Story:
        """Return the story with only its last few steps. The text stays unchanged."""
        return replace(self, steps=self.steps[-LEAST_STEPS:], events=self.events[-LEAST_STEPS:])

    def as_data(self) -> dict[str, Any]:
        """Return the story as plain data for JSON."""
        fields = fields_to_plain(self)
        del fields["events"]
        return {**fields, "record": as_data(self.events)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Story:
        """Return the story that as_data made plain. Raise KeyError, TypeError or ValueError for anything else."""
        return fields_from_plain(cls, {**data, "events": data["record"]["events"]})


def tell(failed: Failed, hints: Mapping[str, Hint] | None = None) -> str:
    """Return the story of a failure as text of several lines. `hints`: {key: Hint}, to include the hint."""
    return story(failed, hints).text


def story(failed: Failed, hints: Mapping[str, Hint] | None = None) -> Story:
    """Return the story of a failure. `hints`: {key: Hint}, to include the hint."""
    told = Story(
        failed.sentence,
        tuple(Step(number, step(event)) for number, event in _ends_of(list(enumerate(failed.steps, 1)))),
        _shown(failed.expected),
        _shown(failed.received),
        Cause(failed.cause, cause(failed)),
        (hints or {}).get(failed.hint or ""),
        tuple(_outputs(failed.steps)),
        tuple(_kept(failed.steps)),
        "",
    )
    return replace(told, text=_text(told, failed))


def _text(told: Story, failed: Failed) -> str:
    heading = [told.sentence, ""] if told.sentence else []
    why = _wrapped("  Cause:    ", told.cause.sentence)
    if told.cause.key == "syntax":
        why += _place_in_line(failed.facts)
    if told.hint:
        why += [*_wrapped("  Hint:     ", told.hint.question), f"            Read: {told.hint.read}"]
    if told.nothing_ran:
        return "\n".join([*heading, *why])
    why = [*_told_bytes(failed), *why]
    room = MOST_LINES - len(heading) - len(why) - 1  # the line after the steps is empty
    outputs = _told_outputs(told.output, room - LEAST_STEPS)
    return "\n".join([*heading, *_told_steps(failed.steps, room - len(outputs)), "", *why, *outputs])


def _place_in_line(facts: Mapping[str, Any]) -> list[str]:
    """Return the line that Python can't read, and a mark below the place in it."""
    text, column = str(facts.get("text", "")), int(facts.get("column", 0))
    if not text or column < 1:
        return []
    start = max(0, column - WINDOW)
    return [
        f"      {visible(text[start : start + WIDTH])}",
        " " * (6 + _width(visible(text[start : column - 1]))) + "^",
    ]


def _told_outputs(outputs: Sequence[Output], room: int) -> list[str]:
    """Return the last lines of screens and logs, as many of each as fit."""
    lines: list[str] = []
    for number, output in enumerate(outputs):
        share = (room - len(lines)) // (len(outputs) - number) - 1
        if share > 0:
            last = output.text.split("\n")[-share:]
            lines += [f"  {output.title}:", *(f"  | {line}" for line in last)]
    return lines


def cause(failed: Failed) -> str:
    """Return one plain sentence: why the expectation failed."""
    return sentence_of(failed.cause, failed.facts)


def sentence_of(cause: str, facts: Mapping[str, Any]) -> str:
    """Return a cause and its facts (as in Failed) as one plain sentence."""
    shown = {name: harmless(str(value), 200) for name, value in facts.items()}
    shown |= {name: actor(shown[name]) for name in ("who", "other") if shown.get(name)}
    return _sentence(CAUSES[cause].format(**shown))


def step(event: Event) -> str:
    """Return one event as a sentence that begins with the actor."""
    who = actor(harmless(event.who, 60))
    user = f"{who}'s user" if _is_role(event.who) else who
    note = harmless(event.note, 200)
    if note and event.what != "expects":
        note = f" ({note})"
    fields = {
        "A": who,
        "U": user,
        "note": note,
        "data": quoted(event.data),
        "peer": actor(harmless(event.peer, 60)),
    }
    return _sentence(PHRASES[event.what].format(**fields))


def actor(name: str) -> str:
    """Return a name as a story says it: Anna is a name, the server a role."""
    return f"the {name}" if _is_role(name) else name


def _is_role(name: str) -> bool:
    return name[:1].islower()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told_steps(events: Sequence[Event], room: int) -> list[str]:
    """Return the numbered steps in at most this many lines, with the last one marked. Fold similar steps. If that's
    still too long, show the beginning, the end, and what each actor was last seen to do.
    """
    seen = {event.who: number for number, event in enumerate(events, 1) if event.what in SEEN}
    mine = seen.pop(events[-1].who, 0)  # of the actor that expects something: these come first
    told: list[tuple[int, str]] = []  # the numbers of the steps, and the lines
    for turn, group in _alike(events[:-1]):
        lines = [(number, f"    {number:>3}. {step(event)}") for number, event in group]
        number, first = group[0]
        if first.what == "logs" and len(group) > 1:
            lines = [(number, f"    {number:>3}. {_sentence(actor(first.who))} logs {len(group)} lines (see below).")]
        elif len(group) >= max(ALIKE, 2 * turn + 2):
            begin = max(2, turn)
            left_out = len(group) - begin - turn
            lines[begin:-turn] = [(0, f"         ... {left_out} more like these")]
        told += lines
    last = f"  > {len(events):>3}. {step(events[-1])}"
    return [*_shortened(told, max(room, LEAST_STEPS) - 1, [mine, *sorted(seen.values(), reverse=True)]), last]


def _shortened(told: list[tuple[int, str]], room: int, decisive: Sequence[int]) -> list[str]:
    """Shorten to this many lines: leave out the middle except decisive steps, the first of them first."""
    if len(told) <= room:
        return [line for _, line in told]
    places = {number: place for place, (number, _) in enumerate(told) if number}
    kept: set[int] = set()
    at_end = range(len(told) - 1, len(told) - room, -1)
    for place in (0, *(places[number] for number in decisive if number in places), *at_end):
        if len(_with_gaps(told, kept | {place})) <= room:
            kept.add(place)
    return _with_gaps(told, kept)


def _with_gaps(told: list[tuple[int, str]], kept: set[int]) -> list[str]:
    """Return the lines at these places. A line for each gap between them says how many are missing."""
    lines = []
    for is_kept, group in itertools.groupby(range(len(told)), kept.__contains__):
        places = list(group)
        if is_kept or len(places) == 1:
            lines += [told[place][1] for place in places]
        else:
            lines.append(f"         ... {len(places)} more lines")
    return lines


def _alike(events: Sequence[Event]) -> list[tuple[int, list[tuple[int, Event]]]]:
    """Return the numbered events in groups to fold, each with the length of its repeated sequence. A group has steps of
    one kind, by any actor, or a few kinds in turn ("sends", "receives", "sends", ...).
    """
    kinds = [(event.what, event.who if event.what == "logs" else "") for event in events]
    groups = []
    start = 0
    while start < len(events):
        turn, length = max(((turn, _repeats(kinds, start, turn)) for turn in range(1, LONGEST_TURN + 1)), key=_gain)
        groups.append((turn, [(start + at + 1, events[start + at]) for at in range(length)]))
        start += length
    return groups


def _gain(found: tuple[int, int]) -> tuple[int, int]:
    """Return how many lines it saves to fold a group of this length with this sequence. Among equals, prefer the
    shorter sequence.
    """
    turn, length = found
    return length - max(2, turn) - turn, -turn


def _repeats(kinds: Sequence[object], start: int, turn: int) -> int:
    """Return how many steps from here repeat a sequence of length `turn`, or `turn` if nothing repeats."""
    end = start + turn
    while end < len(kinds) and kinds[end] == kinds[end - turn]:
        end += 1
    if turn == 1:
        return end - start
    whole = (end - start) // turn * turn
    return whole if whole >= 3 * turn else 1


def _told_bytes(failed: Failed) -> list[str]:
    """Return what was expected and received, as far as there's something to show."""
    expected, received = failed.expected, failed.received
    if isinstance(expected, bytes) and isinstance(received, bytes):
        return _compared(expected, received)
    lines = [("Expected", expected), ("Received", received)]
    return [f"  {word}: {_one_line(value)}" for word, value in lines if value is not None]


def _compared(expected: bytes, received: bytes) -> list[str]:
    """Return two lines of bytes around the first one that differs, and a mark below it."""
    at = first_difference(expected, received)
    start = _whole(received, max(0, at - WINDOW // 2))
    lines = [f"  Expected: {_window(expected, start)}", f"  Received: {_window(received, start)}"]
    if received:
        before = ("... " if start else "") + visible(received[start : _whole(received, at)])
        lines.append(" " * (13 + _width(before)) + "^")
    return lines


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))


def _window(data: bytes, start: int) -> str:
    """Return some bytes from `start` on, in quotes on one line, with "..." for missing ones."""
    if not data:
        return NOTHING
    shown = visible(data[start : start + WINDOW])
    return ("... " if start else "") + f'"{shown}"' + (" ..." if len(data) > start + WINDOW else "")


def _one_line(value: bytes | str) -> str:
    if isinstance(value, bytes):
        return quoted(value, 2 * WINDOW) if value else NOTHING
    return harmless(value, 200)


def _whole(data: bytes, at: int) -> int:
    """Return the place of the character that this byte belongs to, if the bytes there are UTF-8."""
    start = at
    while start > 0 and start > at - 4 and start < len(data) and data[start] & 0xC0 == 0x80:
        start -= 1
    return start


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _kept(events: Sequence[Event]) -> list[Event]:
    """Return the events without the excess, so that a verdict stays small even if a program floods."""
    events = _ends_of(events)
    most = MOST_KEPT
    if sum(min(len(event.data), MOST_KEPT) for event in events) > MOST_BYTES:
        most = min(MOST_KEPT, MOST_BYTES // len(events))
    return [event if len(event.data) <= most else replace(event, data=event.data[:most] + b" ...") for event in events]


def _ends_of(some: Sequence[Any]) -> Sequence[Any]:
    """Return the beginning and the end if there are more than MOST_EVENTS."""
    return some if len(some) <= MOST_EVENTS else [*some[: MOST_EVENTS // 2], *some[-MOST_EVENTS // 2 :]]


def _shown(value: bytes | str | None) -> str | None:
    """Return what was expected or received, as plain data that is safe to show."""
    return _one_line(value) if value is not None else None


def _outputs(events: Sequence[Event]) -> list[Output]:
    """Return the last lines of each program's screen and log, titled as the program's own words."""
    found = []
    for who in dict.fromkeys(event.who for event in events if event.what == "starts"):
        for what, name in (("prints", "screen (stdout)"), ("logs", "log (stderr)")):
            said = b"".join(event.data for event in events if event.who == who and event.what == what)
            if said.strip():
                lines = said.decode(errors="replace").rstrip().splitlines()
                title = f"{_sentence(actor(harmless(who, 60)))}'s {name}, last lines"
                found.append(Output(title, harmless("\n".join(lines[-TAIL:]), 2000, TAIL)))
    return found
