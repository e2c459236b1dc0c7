"""Runs of the solutions, recorded when a students' edition is made: what its notebooks show of those it does not have.

A run is kept as JSON, under a key of all that was asked for: the function, the stage, the version, and the text of
the script. Tracebacks have source lines in them; those are taken out.
"""

import gzip
import hashlib
import inspect
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from parley import stages
from parley.contract.errors import NotRecorded
from parley.contract.files import write_whole

RECORDING = "PARLEY_RECORDING"  # in the environment: the folder where runs are kept as they are made
RUNS = Path(stages.EDITION) / "runs"  # where a students' edition has them
NOTE = "Recorded when this edition was made: the programs that ran are not in it."
NO_SUCH_RUN = (
    'no such run of the solutions was recorded for this students\' edition. With version="mine" your own programs run'
)
# a line of a traceback; those below it that are indented deeper are source
PLACE = re.compile(r'^(?P<indent> *)File "(?P<path>[^"\n]*)", line \d+')


def kept(words, make, revive, script=None):
    """What make() returns; in a students' edition, what it returned when the edition was made.

    `words`: plain data, all that was asked for: the function, the stage, the version ("" where it needs all of them),
    and the rest; the text of `script` (a function, or None) is added. `revive(data)` makes of the data what `as_data()`
    of a result has given. What a script leaves in the lists and dicts of its notebook is recorded too. Raises
    NotRecorded.
    """
    if stages.has_solutions(version=words[2] or "full"):
        made = make()
        if folder := os.environ.get(RECORDING):
            key = _key(words, script)
            data = {"key": key, "result": made.as_data(), "left": {name: each for name, each in _containers(script)}}
            _save(Path(folder) / _name(key), data)
        return made
    try:
        data = json.loads(gzip.decompress((stages.root() / RUNS / _name(_key(words, script))).read_bytes()))
    except (OSError, EOFError, ValueError):
        raise NotRecorded(_no_such_run()) from None
    for name, container in _containers(script):
        if name in data["left"]:
            container.clear()
            (container.update if isinstance(container, dict) else container.extend)(data["left"][name])
    return revive(data["result"])


def _no_such_run():
    more = ', and with version="bare" ours' if stages.has_solutions(version="bare") else ""
    return f"{NO_SUCH_RUN}{more}."


def _key(words, script):
    try:
        return [*words, inspect.getsource(script).rstrip() if script else ""]
    except (OSError, TypeError):
        raise NotRecorded(_no_such_run()) from None


def _name(key):
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
    return f"{key[1]}-{key[0]}-{digest}.json.gz"


def _containers(script):
    """The lists and dicts of plain data that a script knows by their names, as pairs (name, it)."""
    for name in script.__code__.co_names if script else ():
        value = script.__globals__.get(name)
        if isinstance(value, list | dict) and _is_plain(value):
            yield name, value


def _is_plain(value):
    try:
        return json.loads(json.dumps(value)) == value
    except (TypeError, ValueError):
        return False


def _save(path, data):
    write_whole(path, gzip.compress(json.dumps(data, ensure_ascii=False).encode(), mtime=0))


# Without source lines


def clean_events(events):
    """These events without the source lines of tracebacks in logs, and with the names of files instead of paths."""
    cleaners, kept = {}, []
    for event in events:
        if event.what == "logs":
            cleaner = cleaners.setdefault(event.who, _Cleaner())
            text = "".join(map(cleaner.clean, event.data.decode(errors="surrogateescape").splitlines(keepends=True)))
            event = replace(event, data=text.encode(errors="surrogateescape"))
            if not text:
                continue
        kept.append(event)
    return kept


def clean_failed(failed):
    """The same for what a Failed tells; None stays None."""
    if failed is None:
        return None
    cleaned = SimpleNamespace(**vars(failed))  # an exception cannot be copied
    cleaned.steps = clean_events(failed.steps)
    cleaned.expected, cleaned.received = map(_clean, (failed.expected, failed.received))
    return cleaned


def _clean(value):
    if isinstance(value, bytes):
        return _clean(value.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    return "".join(map(_Cleaner().clean, value.splitlines(keepends=True))) if isinstance(value, str) else value


class _Cleaner:
    """Goes through the lines of a text, and remembers whether it is below a line that names a place."""

    def __init__(self):
        self._indent = None

    def clean(self, line):
        """The line as it may be kept: "" if it is source."""
        place = PLACE.match(line)
        if place:
            self._indent = len(place["indent"])
            return line.replace(place["path"], re.split(r"[/\\]", place["path"])[-1], 1)
        if self._indent is not None and len(line) - len(line.lstrip(" ")) > self._indent:
            return ""
        self._indent = None
        return line
