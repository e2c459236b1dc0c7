"""What changes from one program to another: removed and added lines."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path


def compare(old: Path, new: Path) -> list[str]:
    """Return the lines of a unified diff between two program files (paths), each change with its function's name.

    Return an empty list for equal files. Raise OSError if a file can't be read.
    """
    names = (f"{path.parent.parent.name}/{path.parent.name}/{path.name}" for path in (old, new))
    return compare_texts(*(path.read_text(encoding="utf-8") for path in (old, new)), *names)


def compare_texts(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    """Do the same for two texts of programs, with their names for the heading."""
    before = old.splitlines()
    lines: list[str] = []
    for line in difflib.unified_diff(before, new.splitlines(), old_name, new_name, lineterm=""):
        if line.startswith("@@"):
            line = _with_function(line, before)
        lines.append(line)
    return lines


def _with_function(heading: str, before: Sequence[str]) -> str:
    """Return the heading of a change with the function of the old file in which the change begins."""
    start = int(heading.split()[1].lstrip("-").split(",")[0])
    for line in reversed(before[: start + 3]):
        if line.startswith(("def ", "class ")):
            return f"{heading} {line.rstrip(':')}"
    return heading
