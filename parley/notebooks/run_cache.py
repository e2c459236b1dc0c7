"""Runs of the solutions, recorded when a students' edition is made, because its notebooks can't run them.

A run is stored as JSON, under a key of its arguments: the function, the stage, the version, and the text of the script.
The source lines in tracebacks are removed.
"""

from __future__ import annotations

import gzip
import hashlib
import inspect
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any, Protocol, TypeVar

from parley import stages
from parley.contract.errors import NotRecorded
from parley.contract.files import write_whole
from parley.contract.record import Event, Failed
from parley.harness.scene import Scene

Script = Callable[[Scene], object]  # plays a conversation

RECORDING = "PARLEY_RECORDING"  # in the environment: the folder in which to store new runs
RUNS = Path(stages.EDITION) / "runs"  # the folder in a students' edition
NOTE = "Recorded when this edition was made."
NO_SUCH_RUN = "This edition has no record of that. It has only the runs of the lessons' original cells."
# a line of a traceback; deeper indented lines below it are source
PLACE = re.compile(r'^(?P<indent> *)File "(?P<path>[^"\n]*)", line \d+')


class AsData(Protocol):
    """A result that can be stored."""

    def as_data(self) -> Any:
        """Return it as plain data."""


Kept = TypeVar("Kept", bound=AsData)


def kept(
    words: Sequence[object],
    make: Callable[[], Kept],
    revive: Callable[[Any], Kept],
    script: Script | None = None,
) -> Kept:
    """Return what make() returns. In a students' edition, return what it returned when the edition was made.

    `words`: plain data, the arguments: the function, the stage, the version ("" if it needs all of them), and the rest.
    The text of `script` (a function, or None) is added. `revive(data)`: turns the data from a result's `as_data()` back
    into the result. What a script leaves in the lists and dicts of its notebook is recorded too. Raise NotRecorded.
    """
    if stages.has_solutions(version=str(words[2] or "full"), stage=stages.find(words[1])):
        made = make()
        if folder := os.environ.get(RECORDING):
            key = _key(words, script)
            data = {"key": key, "result": made.as_data(), "left": dict(_containers(script))}
            _save(Path(folder) / _name(key), data)
        return made
    try:
        data = json.loads(gzip.decompress((stages.root() / RUNS / _name(_key(words, script))).read_bytes()))
    except (OSError, EOFError, ValueError):
        raise NotRecorded(NO_SUCH_RUN) from None
    for name, container in _containers(script):
        if name in data["left"]:
            container.clear()
            if isinstance(container, dict):
                container.update(data["left"][name])
            else:
                container.extend(data["left"][name])
    return revive(data["result"])


def _key(words: Sequence[object], script: Script | None) -> list[object]:
    try:
        return [*words, inspect.getsource(script).rstrip() if script else ""]
    except (OSError, TypeError):
        raise NotRecorded(NO_SUCH_RUN) from None


def _name(key: Sequence[object]) -> str:
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
    return f"{key[1]}-{key[0]}-{digest}.json.gz"


def _containers(script: Script | None) -> Iterator[tuple[str, list[Any] | dict[Any, Any]]]:
    """Return the lists and dicts of plain data that a script uses by name, as pairs (name, value)."""
    if not isinstance(script, FunctionType):
        return
    for name in script.__code__.co_names:
        value = script.__globals__.get(name)
        if isinstance(value, list | dict) and _is_plain(value):
            yield name, value


def _is_plain(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def _save(path: Path, data: object) -> None:
    write_whole(path, gzip.compress(json.dumps(data, ensure_ascii=False).encode(), mtime=0))


# Without source lines


def clean_events(events: Iterable[Event]) -> list[Event]:
    """Return these events without the source lines of tracebacks in logs, and with file names instead of paths."""
    cleaners: dict[str, _Cleaner] = {}
    cleaned = []
    for event in events:
        if event.what == "logs":
            cleaner = cleaners.setdefault(event.who, _Cleaner())
            text = "".join(map(cleaner.clean, event.data.decode(errors="surrogateescape").splitlines(keepends=True)))
            event = replace(event, data=text.encode(errors="surrogateescape"))
            if not text:
                continue
        cleaned.append(event)
    return cleaned


def clean_failed(failed: Failed | None) -> Failed | None:
    """Do the same for a Failed. None stays None."""
    if failed is None:
        return None
    cleaned = Failed.__new__(Failed)  # creating it again would add to its record
    vars(cleaned).update(vars(failed))
    cleaned.steps = clean_events(failed.steps)
    cleaned.expected, cleaned.received = map(_clean, (failed.expected, failed.received))
    return cleaned


def _clean(value: bytes | str | None) -> bytes | str | None:
    if isinstance(value, bytes):
        return _clean_text(value.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    return _clean_text(value) if value is not None else None


def _clean_text(text: str) -> str:
    return "".join(map(_Cleaner().clean, text.splitlines(keepends=True)))


class _Cleaner:
    """Goes through the lines of a text, and remembers whether it's below a line that names a place."""

    def __init__(self) -> None:
        self._indent: int | None = None

    def clean(self, line: str) -> str:
        """Return the line to store, "" if it's source."""
        place = PLACE.match(line)
        if place:
            self._indent = len(place["indent"])
            return line.replace(place["path"], re.split(r"[/\\]", place["path"])[-1], 1)
        if self._indent is not None and len(line) - len(line.lstrip(" ")) > self._indent:
            return ""
        self._indent = None
        return line
