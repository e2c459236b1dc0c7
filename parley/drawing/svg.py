"""The colours and letters of the pictures: light and dark, of known width, safe whatever a text contains."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape

from parley.contract.record import visible

CELL, LETTER = 6.65, 6.0  # the width of a character in what programs say, and in words of ours: rather more than less
LEAST_LINE = 6  # cells of one of several lines
MANY = 200  # bytes: of more than these the number is written too

SHAPES = """
svg { overflow: hidden; }
text { text-anchor: middle; white-space: pre; }
.bytes { font: 11px ui-monospace, monospace; }
.left { text-anchor: start; }
.right { text-anchor: end; }
.name { font-size: 13px; font-weight: 600; }
.title { font-size: 15px; font-weight: 600; }
.bad { font-weight: 600; }
.halo { stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.expected { stroke-width: 1.5px; }
path { fill: none; stroke-width: 1.5px; }
.away { stroke-dasharray: 1 5; }
.dashed { stroke-dasharray: 5 4; }
.broken { stroke-width: 2px; }
.more { visibility: hidden; }
.fold:hover .more { visibility: visible; }
.runs { stroke-width: 3px; }
.waiting { stroke-width: 3px; stroke-dasharray: 2 5; }
"""
COLOURS = """
.paper { fill: PAPER; }
text { fill: INK; }
.soft { fill: SOFT; }
.bad { fill: BAD; }
.halo { stroke: PAPER; }
.head { fill: SHADE; }
.typed { fill: SHADE; }
.printed { fill: PAPER; stroke: EDGE; }
.expected { fill: PAPER; stroke: BAD; }
path { stroke: LINE; }
.bytes-line { stroke: BYTES; }
.bytes-tip { stroke: BYTES; fill: BYTES; }
.sign { stroke: SOFT; }
.broken { stroke: BAD; }
.dot { fill: SOFT; }
.runs { stroke: INK; }
.waiting { stroke: SOFT; }
.waits { fill: PAPER; stroke: SOFT; }
.buffer { fill: SHADE; }
.filled { fill: FILLED; }
.passes-line { stroke: PASSES; }
.passes-tip { stroke: PASSES; fill: PASSES; }
.group { stroke: EDGE; }
.more rect { fill: PAPER; stroke: EDGE; }
"""
AUTHORS = 6  # colours for so many; more share them
MESSAGES = 30  # of a picture that can be followed with the mouse
OF_AN_AUTHOR = """
.by{0} .bytes-line {{ stroke: {1}; }}
.by{0} .bytes-tip {{ stroke: {1}; fill: {1}; }}
.by{0} text.bytes {{ fill: {1}; }}
.by{0} text.name {{ fill: {1}; }}
"""
LIGHT = {
    "PAPER": "#ffffff",
    "INK": "#1f2630",
    "SOFT": "#5a6572",
    "BAD": "#a9281c",
    "SHADE": "#e9edf2",
    "EDGE": "#a7b1bc",
    "LINE": "#b9c2cc",
    "FILLED": "#8fb8e8",
    "BYTES": "#1b62b5",
    "PASSES": "#8a4b08",
}
# what no one has written is in BYTES
LIGHT_AUTHORS = ("#8a4b08", "#0a6e4f", "#7b3fa0", "#a3195b", "#5f5a00", "#0b6577")
DARK_AUTHORS = ("#f0b35a", "#5fd0a5", "#c9a0f0", "#ff8fc0", "#d6d060", "#6fd0e0")
DARK = {
    "PAPER": "#14181d",
    "INK": "#e4e8ed",
    "SOFT": "#9aa6b3",
    "BAD": "#ff9a8f",
    "SHADE": "#2a323b",
    "EDGE": "#5d6875",
    "LINE": "#465160",
    "FILLED": "#35618f",
    "BYTES": "#74b3ff",
    "PASSES": "#f0b35a",
}


def css(of: str) -> str:
    """The CSS of the pictures of this class, for a light and for a dark page.

    A page follows the system, unless it is one of JupyterLab's: that has a theme of its own, and says which.
    There are no CSS variables in it, as viewers of SVG files do not know them.
    """
    in_light, in_dark = _coloured(LIGHT, LIGHT_AUTHORS), _coloured(DARK, DARK_AUTHORS)
    return "\n".join(
        [
            f".{of} {{ font: 11px system-ui, sans-serif; }}",
            _within(f".{of}", SHAPES),
            *(
                f".{of}:has(.m{number}:hover) g.step:not(.m{number}) {{ opacity: 0.25; }}"  # the others step back
                for number in range(MESSAGES)
            ),
            _within(f".{of}", in_light),
            f"@media (prefers-color-scheme: dark) {{\n{_within(f'.{of}', in_dark)}\n}}",
            _within(f'[data-jp-theme-light="true"] .{of}', in_light),
            _within(f'[data-jp-theme-light="false"] .{of}', in_dark),
        ]
    )


def _coloured(names: Mapping[str, str], authors: Sequence[str]) -> str:
    """The rules of COLOURS, with the colours of these names, and the rules for the authors' colours."""
    rules = COLOURS
    for name, colour in names.items():
        rules = rules.replace(name, colour)
    return "\n".join([rules.strip(), *(OF_AN_AUTHOR.format(*pair).strip() for pair in enumerate(authors))])


def _within(place: str, rules: str) -> str:
    return "\n".join(f"{place} {rule}" for rule in rules.strip().splitlines())


def cells(text: str) -> int:
    """How many characters of the usual width a text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def shortened(text: str, most: int) -> str:
    """A text that takes at most so many cells; of a longer one the middle is left out, as its end may matter."""
    if cells(text) <= most:
        return text
    tail = _first(text[::-1], (most - 1) // 3)[::-1]
    return _first(text, most - 1 - cells(tail)) + "…" + tail


def _first(text: str, most: int) -> str:
    """The first characters of a text, as many as take at most so many cells."""
    return text[: next((end for end in range(len(text)) if cells(text[: end + 1]) > most), len(text))]


def lines_as_text(data: bytes, most: int) -> str:
    r"""Bytes of at most so many cells; of several lines each is shortened by itself, so that each \n can be seen."""
    whole = as_text(data)
    lines = data.splitlines(keepends=True)
    room = most // max(1, len(lines))
    if cells(whole) <= most or room < LEAST_LINE or not data.endswith(b"\n"):
        return shortened(whole, most)
    return "".join(shortened(visible(line.rstrip(b"\n")), room - 2) + r"\n" for line in lines)


def as_text(data: bytes) -> str:
    """Bytes as they are written on a picture, where the middle of many does not fit anyway."""
    if len(data) <= MANY:
        return visible(data)
    return f"{len(data):,} bytes: {visible(data[:MANY])}{visible(data[-MANY:])}"


def fitted(text: str, room: float, kind: str) -> tuple[str, float]:
    """A text cut so that it fits in this room, and the width that it takes."""
    unit = CELL if kind.startswith("bytes") else LETTER
    text = shortened(text, int(room / unit))
    return text, cells(text) * unit


def placed(text: str, left: float, middle: float, width: float, kind: str, height: int = 16) -> str:
    """A text of anybody, centred in a place that it cannot leave, whatever the font makes of its characters."""
    place = f'x="{short(left - 4)}" y="{short(middle - height / 2)}" width="{short(width + 8)}" height="{height}"'
    return f'<svg {place}><text class="{kind}" x="50%" y="{height // 2 + 4}">{escape(text)}</text></svg>'


def plain(text: str, x: float, y: float, kind: str) -> str:
    """Words of our own, which are known to fit."""
    return f'<text class="{kind}" x="{short(x)}" y="{short(y)}">{escape(text)}</text>'


def short(number: float) -> str:
    """A number as short as can be, the same on every machine."""
    return f"{round(number, 1):g}"
