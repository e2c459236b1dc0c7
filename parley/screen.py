"""What a person reads in a terminal: its width, wrapped text, tables, and colors."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Collection, Sequence

import typer

NARROWEST = 40  # columns: a smaller terminal wraps our lines by itself
LEAST_TEXT = 24  # columns that a hanging indent leaves for the words
MOST_LISTED = 8  # names in a message

# a wrapped line hangs below: an indent, a mark (a step, a dash, a line of a program), a number, points or a label
HANGS = re.compile(r"(?P<mark> *(?:[>|-] +)?)(?P<label>\d+\. |\d+ of +\d+  |(?<=  )[A-Z][a-z]+: +)?")


def width() -> int:
    """Return the columns of this terminal, or 80 if the output goes into a file or a pipe. COLUMNS overrides both."""
    fallback = (80, 24)
    columns = fallback[0]
    if os.environ.get("COLUMNS") or sys.stdout.isatty():
        columns = shutil.get_terminal_size(fallback).columns
    return max(NARROWEST, columns)


def colorful() -> bool:
    """Whether to use colors and bold letters: at a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def wrapped(text: str) -> str:
    """Wrap the lines of a text between words, each below its own first word. Never join lines."""
    return "\n".join(part for line in text.split("\n") for part in _parts_of(line))


def say(text: str = "", *, color: str | None = None, bold: bool = False) -> None:
    """Print a text, wrapped to the terminal, in this typer color if the terminal has colors."""
    typer.secho(wrapped(text), fg=color, bold=bold or None, color=colorful())


def listed(names: Sequence[str]) -> str:
    """List names for a message, one per line. Shorten a long list."""
    more = [f"and {len(names) - MOST_LISTED} more"] if len(names) > MOST_LISTED else []
    return "\n".join(f"  {name}" for name in [*names[:MOST_LISTED], *more])


def tabulated(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = (), indent: int = 0
) -> str:
    """Return a table that fits the terminal, with long cells wrapped between words. `right`: the columns with numbers.

    Without `heads` there's no heading. Cells are plain text.
    """
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    drawn = Table(
        box=None, pad_edge=False, padding=(0, 2 if heads else 1, 0, 0), show_header=bool(heads), header_style="bold"
    )
    cells = [heads, *rows] if heads else rows
    for number, column in enumerate(zip(*cells, strict=True)):
        longest_word = max((len(word) for cell in column for word in cell.split()), default=1)
        drawn.add_column(
            Text(heads[number]) if heads else "",
            justify="right" if number in right else "left",
            min_width=min(longest_word, LEAST_TEXT),
            overflow="fold",
        )
    for row in rows:
        drawn.add_row(*map(Text, row))
    console = Console(file=io.StringIO(), width=width(), force_terminal=colorful(), highlight=False)
    with console.capture() as captured:
        console.print(Padding(drawn, (0, 0, 0, indent)))
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _parts_of(line: str) -> list[str]:
    """Wrap one line into several."""
    columns = width()
    if len(line) <= columns:
        return [line]
    found = HANGS.match(line)
    assert found  # it also matches an empty text
    mark, label = found["mark"], found["label"] or ""
    below = mark if "|" in mark else " " * len(mark)
    if columns - len(mark) - len(label) >= LEAST_TEXT:
        below += " " * len(label)
    return textwrap.wrap(line, columns, subsequent_indent=below, break_on_hyphens=False)
