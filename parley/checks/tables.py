"""The results of faults.py as tables: for a terminal, Markdown, a notebook, and docs/faults.md."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.checks.faults import ABILITIES, FAULTS, LEFT_OUT, SceneOutcome
from parley.contract.errors import BadInput
from parley.screen import tabulated, wrapped
from parley.stages import STAGES, Stage

PAGE = "docs/faults.md"  # shows the tables of all stages
BEGIN = "<!-- what follows is made by: python3 start.py faults --write -->"  # around the tables in a page
END = "<!-- end of what is made -->"
CAN = {"holds": "yes", "breaks": "no"}


@dataclass(frozen=True)
class Table:
    """A table of words: `title`, `heads` and `rows`, and a `note` below it, or ""."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    note: str = ""

    def as_text(self) -> str:
        """Return it for a terminal. Long cells take several lines."""
        note = ["", wrapped(self.note)] if self.note else []
        return "\n".join([self.title, "", tabulated(self.heads, self.rows), *note])

    def as_markdown(self) -> str:
        """Return it for docs/faults.md and the lessons."""
        rows = [self.heads, ["---"] * len(self.heads), *self.rows]
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
        return "\n".join([f"**{self.title}**", "", *lines, *(["", self.note] if self.note else [])])

    def as_html(self) -> str:
        """Return it for a notebook, with failures in bold."""
        left = ' style="text-align:left"'
        heads = "".join(f'<th scope="col"{left}>{html.escape(cell)}</th>' for cell in self.heads)
        rows = "".join(
            f'<tr><th scope="row"{left}>{html.escape(first)}</th>'
            + "".join(f"<td{left}>{_emphasised(html.escape(cell))}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in self.rows
        )
        caption = f"<caption{left}>{html.escape(self.title)}</caption>"
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}"


def of_stage(outcomes: Sequence[SceneOutcome]) -> Table:
    """Return the Table of one stage: how each version does under each fault, and how the first one broke."""
    versions = list(dict.fromkeys(outcome.version for outcome in outcomes))
    rows = []
    for name, row in _by_name(outcomes):
        told = next((outcome for outcome in row if outcome.held is False), row[-1])
        rows.append([name, FAULTS[name], *(outcome.word for outcome in row), told.said])
    title = f"What goes wrong on the wire of stage {_head(outcomes[0].stage)}"
    return Table(title, ["fault", "what happens", *versions, "what was seen"], rows)


def of_stages(outcomes: Sequence[SceneOutcome]) -> Table:
    """Return the Table of all stages: which versions of which stage break under each fault."""
    rows = []
    for name, row in _by_name(outcomes):
        cells = [[outcome for outcome in row if outcome.stage == stage] for stage in STAGES]
        rows.append([name, FAULTS[name], *map(_who_breaks, cells)])
    parts = [f"{_listed(names)} in stage {_listed(numbers)}: {why}" for names, numbers, why in LEFT_OUT]
    note = f"A dash marks a fault that means nothing in a stage ({'; '.join(parts)})."
    heads = ["fault", "what happens", *map(_head, STAGES)]
    return Table("What goes wrong on the wire, and who breaks", heads, rows, note)


def of_abilities(outcomes: Sequence[SceneOutcome]) -> Table:
    """Return the Table of what a chat needs: which stage can do it."""
    rows = [
        [ABILITIES[name], *(CAN.get(outcome.word, outcome.word) for outcome in row)] for name, row in _by_name(outcomes)
    ]
    return Table("What a stage can't do is the reason for the next one", ["a chat needs", *map(_head, STAGES)], rows)


# A page with tables


def put(page: Path, tables: Sequence[Table]) -> bool:
    """Put these tables between the markers of a page. Return whether that changed it. Raise BadInput if the page has no
    markers.
    """
    text = page.read_text(encoding="utf-8")
    before, there, after = _parts(page, text)
    here = _made(tables)
    if there != here:
        page.write_text(f"{before}{BEGIN}{here}{END}{after}", encoding="utf-8", newline="\n")
    return there != here


def stale(page: Path, tables: Sequence[Table]) -> str:
    """Return why the tables in a page aren't these, as a sentence, or "". Raise BadInput as put() does, and if this
    system can't try all faults in the tables.
    """
    if any("not here" in row for table in tables for row in table.rows):
        raise BadInput("This system can't try all faults, so it can't tell whether the tables are right.")
    _, there, _ = _parts(page, page.read_text(encoding="utf-8"))
    pairs = itertools.zip_longest(there.splitlines(), _made(tables).splitlines(), fillvalue="")
    differing = next((pair for pair in pairs if pair[0] != pair[1]), None)
    return f"{page.name} says {differing[0]!r}, but what was seen just now is {differing[1]!r}." if differing else ""


def _parts(page: Path, text: str) -> tuple[str, str, str]:
    before, begin, rest = text.partition(BEGIN)
    there, end, after = rest.partition(END)
    if not begin or not end:
        raise BadInput(f"{page.name} has no place for the tables: it needs the lines {BEGIN} and {END}.")
    return before, there, after


def _made(tables: Sequence[Table]) -> str:
    return "\n\n" + "\n\n".join(table.as_markdown() for table in tables) + "\n\n"


# How it is done


def _by_name(outcomes: Sequence[SceneOutcome]) -> list[tuple[str, list[SceneOutcome]]]:
    """Return pairs of a name and its outcomes, in the order of FAULTS and ABILITIES."""
    there = {outcome.name for outcome in outcomes}
    names = [name for name in (*FAULTS, *ABILITIES) if name in there]
    return [(name, [outcome for outcome in outcomes if outcome.name == name]) for name in names]


def _who_breaks(outcomes: Sequence[SceneOutcome]) -> str:
    """Return the text of one cell: which versions break."""
    broken = [outcome.version for outcome in outcomes if outcome.held is False]
    if broken:
        return f"{_listed(broken)} {'breaks' if len(broken) == 1 else 'break'}"
    return outcomes[-1].word if outcomes else "-"


def _head(stage: Stage) -> str:
    return stage.name.replace("_", " ")


def _listed(words: Sequence[object]) -> str:
    *others, last = map(str, words)
    return f"{', '.join(others)} and {last}" if others else last


def _emphasised(cell: str) -> str:
    return f"<strong>{cell}</strong>" if cell == "no" or cell.endswith(("breaks", "break")) else cell
