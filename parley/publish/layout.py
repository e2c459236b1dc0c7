"""A workbook laid out in a folder, from what an installed Parley carries: `parley init FOLDER`."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.derive import lessons

OF_A_CHECKOUT = ("start.py", "pyproject.toml")  # what is carried for editions alone: here Parley is installed already
TYPED = "python3 start.py "  # how lessons type a command


@dataclass
class LaidOut:
    """The files that were written, and those that were there already and stay as they are."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def lay_out(folder: Path) -> LaidOut:
    """Lay out the workbook in a folder, which is made if it is not there. A file that is there is never written over.

    In lessons and notebooks the commands are written as they are typed where Parley was installed. Raises BadInput in
    a checkout, which is a workbook already, and OSError where a file cannot be written.
    """
    if not stages.INSTALLED:
        raise BadInput(f"{stages.PACKAGE.parent} is a workbook already. Begin there: {stages.command('lab')}")
    laid_out = LaidOut()
    for source in sorted(stages.WORKBOOK.rglob("*")):
        name = source.relative_to(stages.WORKBOOK)
        if not source.is_file() or "__pycache__" in name.parts or str(name) in OF_A_CHECKOUT:
            continue
        target = folder / name
        if target.exists():
            laid_out.kept.append(target)
        else:
            write_whole(target, _retyped(source))
            laid_out.written.append(target)
    return laid_out


def _retyped(source: Path) -> str | bytes:
    """What is in a file, with the commands in a lesson or a notebook as this user types them."""
    if source.suffix not in (".md", ".ipynb"):
        return source.read_bytes()
    text = source.read_text(encoding="utf-8").replace(TYPED, f"{stages.command()} ")
    if source.suffix == ".md":
        return text
    notebook = json.loads(text)
    notebook["metadata"]["parley"]["sha256"] = lessons.digest(notebook["cells"])  # it is still no one's work
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
