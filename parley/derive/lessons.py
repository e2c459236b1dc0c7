"""Lessons and their notebooks: lessons/*.md is the source, notebooks/*.ipynb is derived from it, without outputs."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parley import stages
from parley.contract.errors import BadInput

NEEDED = ("jupytext", "nbformat")
NOT_BUILT = (
    "The notebooks were skipped, because jupytext isn't installed here. "
    f"To install it: {stages.install('notebooks', 'build')}"
)
HEADER = '<!-- Derived from lessons/{name}.md by "parley build": change that file, not this one. -->'
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# ](1_echo.md) or ](1_echo.md#a-heading)
LINK = re.compile(r"\]\((?P<page>\w+)\.md(?:#(?P<anchor>[^)\s]*))?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
Cell = dict[str, Any]  # a cell of a notebook, as in its file: cell_type, id, source, metadata
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def available() -> bool:
    """Whether the packages that make notebooks are installed (the extra `notebooks`)."""
    return all(find_spec(name) for name in NEEDED)


def pages(root: Path) -> list[Path]:
    """Return the lessons of the project in this folder, in order: a list of paths, possibly empty."""
    return sorted((Path(root) / "lessons").glob("*.md"))


def notebooks(root: Path) -> list[tuple[Path, str]]:
    """Return the notebooks of the project in this folder, as a list of (path, the text that it should have).

    Raise BadInput if a lesson has a mistake.
    """
    return [(Path(root) / "notebooks" / f"{page.stem}.ipynb", notebook(page)) for page in pages(root)]


def notebook(page: Path) -> str:
    """Return the notebook of a lesson (a path) as text: the same for the same lesson, with no outputs."""
    import jupytext  # type: ignore[import-untyped, unused-ignore]
    import nbformat

    name = f"lessons/{page.name}"
    try:
        text = page.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} isn't UTF-8 text.") from error
    book = jupytext.reads(text, fmt="md")
    cells = []
    for cell in book.cells:
        source = cell.source.replace("\r\n", "\n")
        if cell.cell_type == "markdown":
            source = _linked(source, page)
        elif re.match(r"%%(bash|sh|script|html|javascript|js|perl|ruby)\b", source):
            raise BadInput(f"{name}: a cell begins with {source.split()[0]}, but cells are Python on every system.")
        cells.append({"cell_type": cell.cell_type, "metadata": dict(cell.metadata), "source": source})
    if not cells or cells[0]["cell_type"] != "markdown":
        raise BadInput(f"{name} must begin with its title.")
    cells[0]["source"] = f"{HEADER.format(name=page.stem)}\n\n{cells[0]['source']}"
    new_notebook: Any = nbformat.v4.new_notebook  # (nbformat has no types)
    fresh = new_notebook(cells=[_cell(nbformat, cell, key) for cell, key in _named(cells)])
    fresh.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    fresh.metadata["parley"] = {"sha256": digest(fresh.cells)}
    nbformat.validate(fresh)
    return json.dumps(fresh, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cell(nbformat: Any, cell: Cell, key: str) -> Any:
    new = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}[cell["cell_type"]]
    return new(cell["source"], id=key, metadata=cell["metadata"])


def _named(cells: Iterable[Cell]) -> Iterator[tuple[Cell, str]]:
    """Return each cell with an id made from its content, so that it stays the same when another cell changes."""
    seen: dict[str, int] = {}
    for cell in cells:
        content = f"{cell['cell_type']}\n{cell['source']}"
        seen[content] = seen.get(content, 0) + 1
        yield cell, hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]


# Links between pages


def _linked(source: str, page: Path) -> str:
    """Return Markdown with links to notebooks instead of lessons. Code in it stays unchanged."""
    parts, last = [], 0
    for fence in FENCE.finditer(source):
        parts += [LINK.sub(lambda link: _link(link, page), source[last : fence.start()]), fence[0]]
        last = fence.end()
    return "".join(parts) + LINK.sub(lambda link: _link(link, page), source[last:])


def _link(link: re.Match[str], page: Path) -> str:
    target = page.with_name(f"{link['page']}.md")
    if not target.is_file():  # the tests of the lessons report it
        return link[0]
    anchor = ""
    if link["anchor"]:
        known = anchors(target.read_text(encoding="utf-8"))
        heading = known.get(link["anchor"], link["anchor"])
        anchor = "#" + heading.replace(" ", "-")  # as JupyterLab and nbconvert name a heading
    return f"]({target.stem}.ipynb{anchor})"


def anchors(text: str) -> dict[str, str]:
    """Return the headings of a page, by the anchors that code hosts give them: {anchor: heading}."""
    found: dict[str, str] = {}
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"[`*_]|\]\([^)]*\)|\[", "", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = sum(bool(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", known)) for known in found)
        found[f"{anchor}-{number}" if number else anchor] = plain
    return found


# A notebook's file


def content(text: str) -> list[tuple[str, str, str]] | None:
    """Return a notebook's content as plain data: the kind, id and source of each cell. None if it isn't a notebook."""
    try:
        cells = json.loads(text)["cells"]
        return [(cell["cell_type"], cell.get("id", ""), _source(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _source(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def digest(cells: Iterable[Cell]) -> str:
    """Return the SHA-256 of cells' content."""
    said = [(cell["cell_type"], cell.get("id", ""), _source(cell["source"])) for cell in cells]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def has_outputs(text: str) -> bool:
    """Whether a cell of this notebook was run."""
    return any(cell.get("outputs") or cell.get("execution_count") for cell in json.loads(text)["cells"])


def is_made(text: str) -> bool:
    """Whether a build once made this notebook, in contrast to a student's own one in the same folder."""
    return content(text) is not None and "parley" in json.loads(text).get("metadata", {})


def is_untouched(text: str) -> bool:
    """Whether a notebook is as a build made it: no one edited or ran it."""
    if content(text) is None:
        return False
    book = json.loads(text)
    return book.get("metadata", {}).get("parley", {}).get("sha256") == digest(book["cells"]) and not has_outputs(text)


def as_markdown(text: str) -> str:
    """Return a notebook as a page, for a readable diff. Anything else stays unchanged."""
    said = content(text)
    if said is None:
        return text
    return "\n\n".join(f"```python\n{source}\n```" if kind == "code" else source for kind, _, source in said) + "\n"
