"""Zips that are the same for the same files."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.files import in_one_step

WHEN = (1980, 1, 1, 0, 0, 0)  # the date of all files in a zip: the same files give the same zip


def new_zip(path: Path) -> Path:
    """Return this path if a zip can be there. Raise BadInput."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that doesn't exist"
        raise BadInput(f"{path} {what}. Name a new zip file.")
    return path


def write_zip(path: Path, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
    """Write a zip in one step: {name: bytes}. `executable`: names of executable files. Raise BadInput, OSError."""
    with in_one_step(new_zip(path)) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(info, files[name])
