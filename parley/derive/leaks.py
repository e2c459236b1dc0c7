"""Solution text: which lines in a row give a solution away, and where they are in other files."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

AT_ONCE = 3  # this many lines of a solution in a row are solution text
# what may come before a shown line: a number, or the sign of a change
BEFORE = re.compile(r"^\s*(?:\d+ +|[-+|] ?)")
CUT = " ..."
COMMENT = re.compile(r"(?:^|\s)#.*$")


@dataclass(frozen=True)
class Leak:
    """Solution text in a file: the file's name, the solution, and the lines."""

    file: str
    solution: str
    lines: tuple[str, ...]


def known_lines(root: Path, given: Collection[Path] = ()) -> dict[tuple[str, ...], str]:
    """Return all runs of three lines of a solution: {the lines: the solution's name}.

    `given`: the solutions that students may have. Their lines don't count in the others either. Lines are without
    comments and indentation. Docstrings, headings of functions and imports aren't solutions: exercises have them too,
    or anyone would write them.
    """
    known: dict[tuple[str, ...], str] = {}
    allowed = set()
    for path in sorted((root / "solutions").rglob("*.py")):
        lines = statements(path.read_text(encoding="utf-8"))
        for at in range(len(lines) - AT_ONCE + 1):
            three = tuple(lines[at : at + AT_ONCE])
            known.setdefault(three, path.relative_to(root).as_posix())
            if path in given:
                allowed.add(three)
    return {three: name for three, name in known.items() if three not in allowed}


def leaks(files: Mapping[str, bytes], known: Mapping[tuple[str, ...], str]) -> Iterator[Leak]:
    """Return where such lines are in files, as Leaks. `files`: {name: bytes}; `known`: from known_lines."""
    for name, data in files.items():
        for lines in _ways_to_read(name, data):
            for at in range(len(lines) - AT_ONCE + 1):
                three = tuple(lines[at : at + AT_ONCE])
                if three in known:
                    yield Leak(name, known[three], three)


def without_solution(lines: Iterable[str], known: Mapping[tuple[str, ...], str]) -> list[str]:
    """Return these lines of a diff, with " ..." instead of each one that would turn the lines before it into solution
    text, in the old program, in the new one, or as shown.
    """
    shown: list[str] = []
    # the last plain lines shown, for a reader who skips the lines with this sign
    last: dict[str, list[str]] = {"+": [], "-": [], "": []}
    for line in lines:
        plain = _plain([BEFORE.sub("", line)])
        readings = [before for skipped, before in last.items() if not skipped or line[:1] != skipped]
        if any(tuple([*before, *plain][-AT_ONCE:]) in known for before in readings):
            plain = [CUT]
            line = CUT
        if line != CUT or shown[-1:] != [CUT]:
            shown.append(line)
        for before in readings:
            before[:] = [*before, *plain][-AT_ONCE + 1 :]
    return shown


def statements(source: str) -> list[str]:
    """Return the lines of a program that are its solution, without comments and indentation."""
    left_out: set[int] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            left_out.update(range(first, node.body[0].lineno))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = [line for number, line in enumerate(source.splitlines(), 1) if number not in left_out]
    return _plain(lines)


def _plain(lines: Iterable[str]) -> list[str]:
    """Return lines without comments and indentation, except empty ones."""
    return [plain for line in lines if (plain := COMMENT.sub("", line).strip())]


def _ways_to_read(name: str, data: bytes) -> Iterator[list[str]]:
    """Return the lines of a file in all the ways in which it could contain a solution: lists of plain lines."""
    if name.endswith(".gz"):
        name, data = name.removesuffix(".gz"), gzip.decompress(data)
    text = data.decode("utf-8", errors="replace")
    texts = [text]
    if name.endswith((".json", ".ipynb")):
        # those of one kind together: in a log, the name of the logger separates the lines
        found: dict[str, list[str]] = {}
        for key, string in _strings(json.loads(text)):
            found.setdefault(key, []).append(string)
        texts = ["\n".join(strings) for strings in found.values()]
    elif name.endswith(".py"):
        tree = ast.parse(text)
        constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        texts.append("\n".join(value for value in constants if isinstance(value, str)))
    for shown in texts:
        lines = shown.splitlines()
        yield _plain(lines)
        yield _plain([BEFORE.sub("", line) for line in lines])


def _strings(data: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield all texts in plain data, in order, each with its key."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _strings(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value, key)
