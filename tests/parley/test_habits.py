"""What keeps the project in order by itself: the linter sees each file that it should."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parley.stages import root

ROOT = root()


def tracked_files(*patterns):
    """The files that git tracks, as a set of paths below ROOT; skips where nothing says so."""
    if not shutil.which("git"):
        pytest.skip("Git is not installed, so nothing says which files are tracked.")
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, encoding="utf-8")
    if listed.returncode != 0:
        pytest.skip("This is no checkout of git, so nothing says which files are tracked.")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_linter_sees_each_tracked_file_but_those_of_students_and_those_derived():
    tracked = tracked_files("*.py", "*.ipynb")
    assert "parley/notebooks/cells.py" in tracked
    ruff = [sys.executable, "-m", "ruff", "check", "--show-files"]
    shown = subprocess.run(ruff, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    seen = {Path(name).relative_to(ROOT).as_posix() for name in shown.stdout.splitlines()}
    assert tracked - seen == {name for name in tracked if name.startswith(("exercises/", "notebooks/"))}
