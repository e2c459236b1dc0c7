"""A workbook set up in a folder from an installed Parley: `parley init FOLDER`."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.derive import lessons

OF_A_CHECKOUT = ("start.py", "pyproject.toml")  # files only for editions: here Parley is installed already
TYPED = "python3 start.py "  # how lessons write a command


@dataclass
class LaidOut:
    """The files that were written, and those that existed and stay unchanged."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def lay_out(folder: Path) -> LaidOut:
    """Set up the workbook in a folder, and make the folder if needed. Never overwrite a file.

    In lessons and notebooks, write the commands as for an installed Parley. Raise BadInput in a checkout, which is a
    workbook already, and OSError if a file can't be written.
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
    """Return the content of a file. In a lesson or notebook, the commands are as this user types them."""
    if source.suffix not in (".md", ".ipynb"):
        return source.read_bytes()
    text = source.read_text(encoding="utf-8").replace(TYPED, f"{stages.command()} ")
    if source.suffix == ".md":
        return text
    notebook = json.loads(text)
    notebook["metadata"]["parley"]["sha256"] = lessons.digest(notebook["cells"])  # it's still no one's work
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
