"""What was exported before, so that an export doesn't overwrite a cell, comment or file that a person changed since."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley.contract.files import write_json
from parley.contract.plain import to_plain
from parley.grading.class_file import VERSION, read_ours

EXPORTED = "exported.json"
CHANGED = "was changed by a person"


@dataclass
class ExportLog:
    """`cells`: {what was filled, such as "canvas Echo (22)": {student's key: each text that we ever put there}};
    `files`: {path: the hash of what we wrote}.
    """

    cells: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> ExportLog:
        """Read it from the folder of the grades, or return an empty one if nothing was exported yet. Raise BadInput."""
        path = folder / EXPORTED
        known = read_ours(path, Kept) if path.exists() else Kept()
        cells = {what: {key: list(texts) for key, texts in kept.items()} for what, kept in known.cells.items()}
        return cls(cells, dict(known.files))

    def save(self, folder: Path) -> None:
        """Write it into the folder of the grades."""
        write_json(folder / EXPORTED, {"version": VERSION, **to_plain(self)})

    def ours(self, what: str, key: str) -> list[str]:
        """Return each text that we ever put into a student's cell."""
        return self.cells.get(what, {}).get(key, [])

    def note(self, what: str, key: str, text: str) -> None:
        """Note that our text is in a student's cell now."""
        texts = self.cells.setdefault(what, {}).setdefault(key, [])
        if text not in texts:
            texts.append(text)

    def note_file(self, path: Path, data: bytes) -> None:
        """Note what we wrote into a file."""
        self.files[str(path.resolve())] = _hash(data)

    def may_write(self, path: Path) -> bool:
        """Whether a file doesn't exist, or is as we wrote it."""
        if not path.exists():
            return True
        return path.is_file() and self.files.get(str(path.resolve())) == _hash(path.read_bytes())


@dataclass(frozen=True)
class Kept:
    """An ExportLog as in its file."""

    cells: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def is_ours(cell: str, texts: Sequence[str]) -> bool:
    """Whether a cell with a grade is empty, or has one of these texts: 20 is 20.00, and 7,5 is 7.5."""
    return not cell.strip() or any(_same_number(cell, text) for text in texts)


def _same_number(one: str, other: str) -> bool:
    try:
        first, second = (round(float(text.strip().replace(",", ".")), 2) for text in (one, other))
    except ValueError:
        return one.strip() == other.strip()
    return first == second


def with_ours(comment: str, new: str, before: Sequence[str], alone: Sequence[str]) -> str | None:
    """Return a comment with our new text in place of our old one, or after a person's. None if a person changed ours.

    `before`: each text that we ever put into it; `alone`: what a person had written before ours was first added.
    """
    if not comment.strip():
        return new
    for text in sorted({new, *before}, key=len, reverse=True):
        for shape in (text, html.escape(text, quote=False), html.escape(text)):  # as Moodle may give it back
            if shape in comment:
                return comment if text == new else comment.replace(shape, new, 1)
    if before and comment not in alone:
        return None
    return f"{comment}\n\n{new}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
