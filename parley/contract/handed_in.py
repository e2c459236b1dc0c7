"""Which files of a student's folder count: its Python modules. check runs, submit packs and grade reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")  # a program, or a module that it can import
PACKAGE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a folder that a program can import from
DEBRIS = {"__pycache__", "__MACOSX", "node_modules", "venv", "env", "Thumbs.db"}  # and names that begin with a dot
CHANGES_PYTHON = ("sitecustomize.py", "usercustomize.py")  # Python may run these before the program
LEVELS = 3  # nested packages
MOST_MODULES = 500  # files checked


def is_module(parts: Sequence[str]) -> bool:
    """Whether a path below a stage's folder, as its parts, is a module: ("server.py",), ("common", "sizes.py")."""
    *folders, name = parts
    known = len(folders) <= LEVELS and all(PACKAGE.fullmatch(folder) and folder not in DEBRIS for folder in folders)
    return known and bool(MODULE.fullmatch(name)) and name not in CHANGES_PYTHON


def is_debris(name: str) -> bool:
    """Whether a file or folder of this name isn't a student's work, but made by Python, Git or an OS."""
    return name in DEBRIS or name.startswith(".")


def modules(folder: Path) -> dict[str, Path]:
    """Return the modules in a stage's folder and its packages, in order: {"common/sizes.py": its path}."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder).parts
        for name in sorted(names):
            if is_module((*inside, name)) and len(found) < MOST_MODULES:
                found["/".join((*inside, name))] = Path(place, name)
        folders[:] = sorted(name for name in folders if is_module((*inside, name, "any.py")))
    return found


def copy_modules(folder: Path, to: Path) -> None:
    """Copy the modules in a stage's folder into another one. Raise OSError."""
    for name, path in modules(folder).items():
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
