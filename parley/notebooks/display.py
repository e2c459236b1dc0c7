"""How a cell shows its result: self-contained HTML in a notebook, plain text everywhere else."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Any

from parley.screen import tabulated

Cell = str | tuple[str, str]  # a cell of a table: a text, or a pair of (class, text)

# The class counts twice, so that no rule of the surrounding page wins, such as JupyterLab's word-break for pre.
# Colors come from the surrounding page, with transparent grays, so it's readable in light and dark.
STYLE = """
@property --parley-cut { syntax: "<length>"; inherits: false; initial-value: 0px; }
@keyframes parley-cut { from { --parley-cut: 28px; } 90% { --parley-cut: 28px; } to { --parley-cut: 0px; } }
.parley { max-width: 860px; overflow-x: auto; line-height: 1.45; animation: parley-cut linear;
  animation-timeline: scroll(self inline);
  mask-image: linear-gradient(to left, transparent, black var(--parley-cut)); }
.parley p { margin: 0.4em 0; }
.parley svg.parley-picture, .parley svg.parley-drawing { min-width: 600px; display: block; }
@media (min-width: 600px) { .parley svg.parley-picture.parley-two { min-width: 380px; } }
.parley pre { margin: 0.4em 0; padding: 0.5em 0.7em; overflow-x: auto; font-size: 12.5px; line-height: 1.4;
  font-family: var(--jp-code-font-family, monospace);
  background: rgba(128, 128, 128, 0.1); border-radius: 4px; white-space: pre; word-break: normal;
  overflow-wrap: normal; color: inherit; }
.parley pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
.parley pre span { display: inline-block; min-width: 100%; }
.parley pre span span, .parley pre.code span { display: inline; min-width: 0; }
.parley .out { background: rgba(215, 58, 48, 0.2); }
.parley .in { background: rgba(30, 150, 80, 0.2); }
.parley .place, .parley .number { opacity: 0.75; }
.parley .number { user-select: none; }
.parley .k, .parley .kn, .parley .ow { color: var(--jp-mirror-editor-keyword-color, inherit); font-weight: 600; }
.parley .c1, .parley .sd { color: var(--jp-mirror-editor-comment-color, inherit); font-style: italic; }
.parley .s1, .parley .s2, .parley .sa, .parley .si { color: var(--jp-mirror-editor-string-color, inherit); }
.parley table { border-collapse: collapse; margin: 0.4em 0; font-size: 13px; }
.parley table th, .parley table td { border: 1px solid rgba(128, 128, 128, 0.45); padding: 0.25em 0.5em;
  text-align: left !important; vertical-align: top; white-space: normal; max-width: none; color: inherit; }
.parley table th { font-weight: 600; background: rgba(128, 128, 128, 0.14); }
.parley table td.points { white-space: nowrap; }
.parley .good { background: rgba(30, 150, 80, 0.2); }
.parley .bad { background: rgba(215, 58, 48, 0.2); }
.parley .other { background: rgba(200, 150, 20, 0.2); }
.parley .word { padding: 0.05em 0.45em; border-radius: 3px; font-weight: 600; white-space: nowrap; }
.parley summary { cursor: pointer; }
.parley .beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 0.8em; }
.parley .beside > div { border: 1px solid rgba(128, 128, 128, 0.45); border-radius: 4px; padding: 0.4em 0.7em; }
""".replace(".parley ", ".parley.parley ")


class Shown:
    """Something that a cell shows: `text()` in plain words, `html()` with pictures and colors."""

    def text(self) -> str:
        """Return plain text, safe to print anywhere."""
        raise NotImplementedError

    def html(self) -> str:
        """Return HTML without the frame around it. The words of programs are escaped."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": framed(self.html())}


def framed(html: str) -> str:
    """Return HTML with the frame that gives it its colors."""
    return f'<div class="parley"><style>{STYLE}</style>\n{html}\n</div>'


def words(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def lines(text: str) -> str:
    """Return text whose lines matter, such as a story. Long lines are wrapped."""
    return f'<pre class="wrap">{escape(text)}</pre>'


def folded(title: str, html: str) -> str:
    """Return something that a click opens."""
    return f"<details><summary>{escape(title)}</summary>{html}</details>"


def html_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table."""
    drawn = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    return f"<table><thead><tr>{drawn}</tr></thead><tbody>\n{body}</tbody></table>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    kind, text = cell
    return f'<td class="{kind}">{escape(text)}</td>'


def text_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return the same table as lines of text."""
    return tabulated(headings, [[cell if isinstance(cell, str) else cell[1] for cell in row] for row in rows])


@contextlib.contextmanager
def growing(headings: Sequence[str]) -> Iterator[Callable[[Sequence[Cell]], None]]:
    """Show a table while it grows: call the result with each row.

    In a notebook the table disappears at the end, when the cell shows its result. At a terminal each row is a line.
    Without a viewer, as in a book or a pipe, show nothing.
    """
    rows: list[Sequence[Cell]] = []
    handle = _place_in_notebook()

    def add(row: Sequence[Cell]) -> None:
        rows.append(row)
        if handle:
            data = {"text/plain": text_table(headings, rows), "text/html": framed(html_table(headings, rows))}
            handle.update(data, raw=True)
        elif sys.stdout.isatty():
            print("  ".join(cell if isinstance(cell, str) else cell[1] for cell in row), flush=True)

    try:
        yield add
    finally:
        if handle:
            handle.update({"text/plain": "", "text/html": ""}, raw=True)


def _place_in_notebook() -> Any:
    """Return a place below the running cell whose content can be replaced, or None outside of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel") or os.environ.get("PARLEY_BOOK"):
        return None
    from IPython.display import display

    place = {"text/plain": "Checking ..."}
    return display(place, raw=True, display_id=True)  # type: ignore[no-untyped-call, unused-ignore]


def changes(diff: Iterable[str]) -> str:
    """Return the lines of a unified diff, with removed and added ones colored. The signs - and + say the same."""
    kinds = {"-": "out", "+": "in", "@": "place"}
    drawn = []
    for number, line in enumerate(diff):
        kind = "place" if number < 2 else kinds.get(line[:1], "same")  # the first two lines name the files
        drawn.append(f'<span class="{kind}">{escape(line) or " "}</span>')
    return f'<pre tabindex="0">{chr(10).join(drawn)}</pre>'


def code(source: str, first: int = 1) -> str:
    """Return Python source with line numbers, beginning with `first`."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    coloured = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")
    width = len(str(first + len(coloured) - 1))
    numbered = [f'<span class="number">{first + at:>{width}}</span>  {line}' for at, line in enumerate(coloured)]
    return f'<pre class="code" tabindex="0">{chr(10).join(numbered)}</pre>'
