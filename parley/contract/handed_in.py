"""What counts of a student's folder: its Python modules. They are what check runs, submit packs and grade reads."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")  # what a program can be, or import
PACKAGE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a folder that a program can import from
DEBRIS = {"__pycache__", "__MACOSX", "node_modules", "venv", "env", "Thumbs.db"}  # and what begins with a dot
CHANGES_PYTHON = ("sitecustomize.py", "usercustomize.py")  # Python may run these before the program
LEVELS = 3  # of packages in one another
MOST_MODULES = 500  # looked at


def is_module(parts: Sequence[str]) -> bool:
    """Whether a path below a stage's folder, in parts, is a module: ("server.py",), ("common", "sizes.py")."""
    *folders, name = parts
    known = len(folders) <= LEVELS and all(PACKAGE.fullmatch(folder) and folder not in DEBRIS for folder in folders)
    return known and bool(MODULE.fullmatch(name)) and name not in CHANGES_PYTHON


def is_debris(name: str) -> bool:
    """Whether a file or folder of this name is no one's work: what Python, Git or a system leaves lying about."""
    return name in DEBRIS or name.startswith(".")


def modules(folder: Path) -> dict[str, Path]:
    """The modules in a stage's folder and in the packages there, in order: {"common/sizes.py": its path}."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder).parts
        for name in sorted(names):
            if is_module((*inside, name)) and len(found) < MOST_MODULES:
                found["/".join((*inside, name))] = Path(place, name)
        folders[:] = sorted(name for name in folders if is_module((*inside, name, "any.py")))
    return found


def copy_modules(folder: Path, to: Path) -> None:
    """Copy the modules in a stage's folder into another one. Raises OSError."""
    for name, path in modules(folder).items():
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
