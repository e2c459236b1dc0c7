"""The colors and letters of the pictures: light and dark, of known width, safe for any text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape

from parley.contract.record import visible

CELL, LETTER = 6.65, 6.0  # the width of a character in programs' texts, and in ours: rather too much than too little
LEAST_LINE = 6  # cells of one of several lines
MANY = 200  # bytes: for more than these, the number is shown too

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
AUTHORS = 6  # this many get their own color; more share them
MESSAGES = 30  # messages of a picture that the mouse can highlight
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
# bytes without an author use BYTES
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
    """Return the CSS of the pictures of this class, for a light and a dark page.

    A page follows the system. A page of JupyterLab follows its own theme. Don't use CSS variables, because SVG viewers
    don't know them.
    """
    in_light, in_dark = _coloured(LIGHT, LIGHT_AUTHORS), _coloured(DARK, DARK_AUTHORS)
    return "\n".join(
        [
            f".{of} {{ font: 11px system-ui, sans-serif; }}",
            _within(f".{of}", SHAPES),
            *(
                f".{of}:has(.m{number}:hover) g.step:not(.m{number}) {{ opacity: 0.25; }}"  # the others fade
                for number in range(MESSAGES)
            ),
            _within(f".{of}", in_light),
            f"@media (prefers-color-scheme: dark) {{\n{_within(f'.{of}', in_dark)}\n}}",
            _within(f'[data-jp-theme-light="true"] .{of}', in_light),
            _within(f'[data-jp-theme-light="false"] .{of}', in_dark),
        ]
    )


def _coloured(names: Mapping[str, str], authors: Sequence[str]) -> str:
    """Return the rules of COLOURS with the colors of these names, and the rules for the authors' colors."""
    rules = COLOURS
    for name, colour in names.items():
        rules = rules.replace(name, colour)
    return "\n".join([rules.strip(), *(OF_AN_AUTHOR.format(*pair).strip() for pair in enumerate(authors))])


def _within(place: str, rules: str) -> str:
    return "\n".join(f"{place} {rule}" for rule in rules.strip().splitlines())


def cells(text: str) -> int:
    """Return the width of a text, in characters of the usual width."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def shortened(text: str, most: int) -> str:
    """Return a text of at most this many cells. Leave out the middle of a longer one, because its end may matter."""
    if cells(text) <= most:
        return text
    tail = _first(text[::-1], (most - 1) // 3)[::-1]
    return _first(text, most - 1 - cells(tail)) + "…" + tail


def _first(text: str, most: int) -> str:
    """Return the first characters of a text that fit into this many cells."""
    return text[: next((end for end in range(len(text)) if cells(text[: end + 1]) > most), len(text))]


def lines_as_text(data: bytes, most: int) -> str:
    r"""Return bytes in at most this many cells. Shorten each line by itself, so that each \n stays visible."""
    whole = as_text(data)
    lines = data.splitlines(keepends=True)
    room = most // max(1, len(lines))
    if cells(whole) <= most or room < LEAST_LINE or not data.endswith(b"\n"):
        return shortened(whole, most)
    return "".join(shortened(visible(line.rstrip(b"\n")), room - 2) + r"\n" for line in lines)


def as_text(data: bytes) -> str:
    """Return bytes as text for a picture, without the middle of long ones, which wouldn't fit."""
    if len(data) <= MANY:
        return visible(data)
    return f"{len(data):,} bytes: {visible(data[:MANY])}{visible(data[-MANY:])}"


def fitted(text: str, room: float, kind: str) -> tuple[str, float]:
    """Return a text cut to fit into this width, and its own width."""
    unit = CELL if kind.startswith("bytes") else LETTER
    text = shortened(text, int(room / unit))
    return text, cells(text) * unit


def placed(text: str, left: float, middle: float, width: float, kind: str, height: int = 16) -> str:
    """Return any text, centered in a box that it can't leave, whatever the font."""
    place = f'x="{short(left - 4)}" y="{short(middle - height / 2)}" width="{short(width + 8)}" height="{height}"'
    return f'<svg {place}><text class="{kind}" x="50%" y="{height // 2 + 4}">{escape(text)}</text></svg>'


def plain(text: str, x: float, y: float, kind: str) -> str:
    """Return our own words, which are known to fit."""
    return f'<text class="{kind}" x="{short(x)}" y="{short(y)}">{escape(text)}</text>'


def short(number: float) -> str:
    """Return a number as short as possible, the same on every machine."""
    return f"{round(number, 1):g}"
