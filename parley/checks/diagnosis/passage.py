"""The place in a lesson that a fault names, quoted."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections import Counter
from pathlib import Path

from parley.derive.lessons import FENCE, anchors

WIDTH = 76  # columns
MOST_LINES = 12


def passage(root: Path, read: str, about: str = "") -> str:
    """What a lesson says under a heading, as text of at most MOST_LINES lines; "" where there is no such place.

    `root`: the folder of the workbook; `read`: the place, "lessons/1_echo.md#the-server"; `about`: a text. What is
    quoted begins with the paragraph that has most in common with it.
    """
    page, _, wanted = read.partition("#")
    try:
        text = (root / page).read_text(encoding="utf-8")
    except OSError:
        return ""
    blocks = _blocks(text)
    headings = [number for number, block in enumerate(blocks) if _is_heading(block)]
    places = dict(zip(anchors(text), headings, strict=True))
    if wanted not in places:
        return ""
    below = itertools.dropwhile(_is_heading, blocks[places[wanted] :])
    section = list(itertools.takewhile(lambda block: not _is_heading(block), below))
    return _beginning(section[_nearest(section, about) :])


def _blocks(text: str) -> list[str]:
    """The paragraphs, headings, items of lists and rows of tables of a page, without its code."""
    blocks: list[str] = []
    titles: list[str] = []  # of the columns of the table that we are in
    for part in re.split(r"\n\s*\n|\n(?=- |\d+\. |\|)", FENCE.sub("", text)):
        if not part.startswith("|"):
            titles = []
            blocks += [part.strip()] if part.strip() else []
        elif not titles:
            titles = _cells(part)
        elif not re.fullmatch(r"[\s|:-]*", part):
            named = zip(titles, _cells(part), strict=False)
            blocks.append("; ".join(f"{title}: {cell}" if title else cell for title, cell in named))
    return blocks


def _cells(row: str) -> list[str]:
    """What is in the cells of a row of a table."""
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _is_heading(block: str) -> bool:
    return block.startswith("#")


def _nearest(section: list[str], about: str) -> int:
    """Which of these paragraphs shares most names of code (`recv`) with a text; what few of them have counts most."""
    said = set(re.findall(r"\w{3,}", about))
    names = [
        {name for code in re.findall(r"`([^`]+)`", block) for name in re.findall(r"\w{3,}", code)} for block in section
    ]
    often = Counter(itertools.chain.from_iterable(names))
    shared = [sum(1 / often[name] for name in block & said) for block in names]
    return shared.index(max(shared)) if shared else 0


def _beginning(blocks: list[str]) -> str:
    """The first of these blocks, as many as fit; at least a part of the first one."""
    lines: list[str] = []
    for block in blocks:
        item = re.match(r"- |\d+\. ", block)
        indent = " " * len(item[0]) if item else ""
        wrapped = textwrap.wrap(" ".join(block.split()), WIDTH, subsequent_indent=indent)
        if lines and not item:
            wrapped.insert(0, "")
        if lines and len(lines) + len(wrapped) > MOST_LINES:
            break
        lines += wrapped
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 1 :] = ["..."]
    return "\n".join(lines)
