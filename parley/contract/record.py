"""What happened, in order: the one record behind every view of a run."""

from __future__ import annotations

import base64
import bisect
import json
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, AnyStr

from parley.contract.errors import BadInput
from parley.contract.plain import to_plain

VERSION = 1  # of the file that Record.save writes
MOST_TAKEN = 32 * 1024**2  # bytes that all programs together print and send in one scene
MOST_EVENTS = 20_000  # in one record
MOST_DATA = 1024**2  # bytes of all its events: after that an event keeps only its first SHORT bytes
SHORT = 256
MOST_STEPS = 2_000  # steps kept of a failure: of more, the beginning and the end
MOST_COMPARED = 64 * 1024  # bytes received in addition to as many as were expected

VERBS = (
    "starts",
    "listens",
    "types",
    "ends keyboard",
    "presses Ctrl+C",
    "uses window",
    "prints",
    "logs",
    "connects",
    "accepts",
    "sends",
    "receives",
    "ends stream",
    "resets",
    "sees end",
    "sees reset",
    "is refused",
    "stops reading",
    "exits",
    "is killed",
    "waits",
    "expects",
)


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    `at`: seconds since the record began; `who`: "server", "client", "Anna"; `what`: one of VERBS; `data`: the bytes
    typed, printed, sent or received; `peer`: the other end, or ""; `note`: more about it, in words.
    """

    at: float
    who: str
    what: str
    data: bytes = b""
    peer: str = ""
    note: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return the event as plain data, without empty fields, and with "base64" instead of "data" if that isn't
        UTF-8.
        """
        fields = asdict(self)
        try:
            fields["data"] = self.data.decode()
        except UnicodeDecodeError:
            fields["base64"] = base64.b64encode(fields.pop("data")).decode()
        return {name: value for name, value in fields.items() if value or name not in ("data", "peer", "note")}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Event:
        """Return the event that as_data made plain. Raise TypeError or ValueError for anything else."""
        fields = dict(data)
        text = fields.pop("data", "").encode()
        return cls(**fields | {"data": base64.b64decode(fields.pop("base64")) if "base64" in fields else text})


class Record:
    """Events in the order in which they happened. Any thread may add one. `began`: its start, by perf_counter."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._closed = False
        self.taken = 0  # bytes that programs printed and sent so far
        self._kept = 0  # bytes of all events
        self._lock = threading.Lock()
        self.began = time.perf_counter()

    def add(self, who: str, what: str, data: bytes = b"", peer: str = "", note: str = "") -> Event:
        """Add an event that happens now, and return it. Raise ValueError if `what` isn't one of VERBS.

        A record is bounded, whatever the programs do: it drops the excess.
        """
        if what not in VERBS:
            raise ValueError(f"{what!r} isn't something that a record knows.")
        with self._lock:
            kept = bytes(data if self._kept + len(data) <= MOST_DATA else data[:SHORT])
            at = round(time.perf_counter() - self.began, 6)  # as it is saved, so that what is shown stays the same
            event = Event(at, who, what, kept, peer, note)
            if not self._closed and len(self._events) < MOST_EVENTS:
                self._events.append(event)
                self._kept += len(kept)
        return event

    def takes(self, count: int) -> bool:
        """Whether the programs may print and send this many more bytes: MOST_TAKEN in all."""
        with self._lock:
            self.taken += count
            return self.taken <= MOST_TAKEN

    def close(self) -> None:
        """End the scene: keep no events from the cleanup."""
        self._closed = True

    def __iter__(self) -> Iterator[Event]:
        """Return a copy of the events so far, in order."""
        with self._lock:
            return iter(list(self._events))

    def __len__(self) -> int:
        return len(self._events)

    def save(self, path: Path) -> None:
        """Write the record to a file: JSON in UTF-8, with bytes as text if they are UTF-8, otherwise as base64."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(as_data(self), file, ensure_ascii=False, indent=1)

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a record that save wrote. Raise BadInput for any other file."""
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            if content["version"] != VERSION:
                raise BadInput(f"{path} is a record of version {content['version']}, not {VERSION}.")
            record = cls.of(events_from(content))
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError, UnicodeDecodeError):
            raise BadInput(f"{path} isn't a record that Parley saved.") from None
        return record

    @classmethod
    def of(cls, events: Iterable[Event]) -> Record:
        """Return a record of these events, as they once happened."""
        record = cls()
        record._events = list(events)
        return record

    def transcript(self) -> list[str]:
        """Return the record as plain lines, one for each event, safe to print on a terminal."""
        width = max((len(harmless(event.who)) for event in self), default=0)
        return [_line(event, width) for event in self]


class Failed(AssertionError):
    """What a test expected next in a scene did not come.

    `record`: the record; `steps`: its events up to this expectation, which is the last; `expected` and `received`:
    bytes, words for something else, or None; `cause` and `facts`: a key of CAUSES in story.py and the values for its
    sentence; `hint`: the key of a hint, or None for the one of the test's mark; `sentence`: what the test says, set by
    its runner.
    """

    def __init__(
        self,
        record: Record,
        who: str,
        expectation: str,
        cause: str,
        facts: Mapping[str, object],
        *,
        expected: bytes | str | None = None,
        received: bytes | str | None = None,
        hint: str | None = None,
    ) -> None:
        """`who`: the actor; `expectation`: what it expected, in words ("to receive ...")."""
        last = record.add(who, "expects", note=expectation)
        events = list(record)
        super().__init__(f"{who} expects {expectation}: {cause}")
        self.record = record
        self.steps = events[: events.index(last) + 1] if last in events else [*events, last]
        self.expected = expected
        most = (len(expected) if isinstance(expected, bytes) else 0) + MOST_COMPARED
        self.received = received if received is None else received[:most]
        self.cause = cause
        self.facts: dict[str, Any] = dict(facts)
        self.hint = hint
        self.sentence = ""

    def keep_less(self) -> None:
        """Keep only some steps, not the whole record, now that the story was shown."""
        if len(self.steps) > MOST_STEPS:
            self.steps = [*self.steps[: MOST_STEPS // 2], *self.steps[-MOST_STEPS // 2 :]]
        self.record = Record.of(self.steps)
        self.__traceback__ = None


def as_data(events: Iterable[Event]) -> dict[str, Any]:
    """Return events as plain data for JSON: {"version": 1, "events": [...]}, with "data" or "base64" in each."""
    return {"version": VERSION, "events": to_plain(list(events))}


def events_from(content: Mapping[str, Any]) -> list[Event]:
    """Return the list of events that as_data made plain. Raise KeyError or TypeError for anything else."""
    return [Event.from_data(fields) for fields in content["events"]]


def _line(event: Event, width: int) -> str:
    words = [f"{event.at:7.3f}  {harmless(event.who):<{width}}  {event.what}"]
    if event.data:
        words.append(quoted(event.data, 200))
    if event.peer:
        towards = event.what in ("connects", "sends", "ends stream", "resets")
        words.append(f"-> {harmless(event.peer)}" if towards else f"({harmless(event.peer)})")
    if event.note:
        words.append(f"[{harmless(event.note, 200)}]")
    return " ".join(words)


def first_difference(expected: AnyStr, received: AnyStr) -> int:
    """Return the index of the first byte (or character) that differs, or that one of the two lacks."""
    most = min(len(expected), len(received))
    return bisect.bisect_left(range(1, most + 1), True, key=lambda length: expected[:length] != received[:length])


def quoted(data: bytes | str, limit: int = 60) -> str:
    """Return bytes or text in double quotes, on one line, safe to show, cut after `limit` bytes or characters."""
    shown = visible(data[:limit])
    missing = len(data) - limit
    return f'"{shown}"' if missing <= 0 else f'"{shown}" and {missing:,} {_units(data)} more'


def _units(data: bytes | str) -> str:
    return "bytes" if isinstance(data, bytes) else "characters"


def visible(data: bytes | str) -> str:
    r"""Return bytes or text on one line: control characters and \\ escaped (\n, \x1b), \xNN for bytes that aren't
    UTF-8.
    """
    text = data.decode(errors="surrogateescape") if isinstance(data, bytes) else data
    return _safe(text.replace("\\", "\\\\"))


def _safe(text: str) -> str:
    """Return a text with all characters escaped that can't be printed."""
    return text if text.isprintable() else "".join(map(_visible, text))  # nearly always


def _visible(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that isn't UTF-8, as kept by surrogateescape
        return f"\\x{ord(character) - 0xDC00:02x}"
    # categories: C is control, format (such as marks of text direction) and others; Z is space
    category = unicodedata.category(character)
    if category[0] == "C" or (category[0] == "Z" and character != " "):
        return character.encode("unicode_escape").decode()
    return character


def harmless(text: bytes | str, characters: int = 4000, lines: int = 60) -> str:
    """Return bytes or text of a student, safe to show. Escape control characters except the newline. Cut after this
    many characters or lines, with a note of how much is missing.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    kept = text[:characters].split("\n")
    missing = []
    if len(kept) > lines:
        missing.append(f"{text.count(chr(10)) + 1 - lines:,} more lines")
    elif len(text) > characters:
        missing.append(f"{len(text) - characters:,} more characters")
    shown = "\n".join(map(_safe, kept[:lines]))
    return f"{shown} ... {missing[0]}" if missing else shown
