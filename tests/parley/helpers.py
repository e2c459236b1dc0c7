"""What tests of the tool share: a command run to its end, a wait with a bound, a student's project, a browser."""

import os
import shutil
import subprocess
import sys
import time

from parley.stages import exercise, root

COMMAND = [sys.executable, "-m", "parley.cli"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSER = {"executable_path": CHROMIUM, "args": ARGUMENTS}  # how playwright starts it


def parley(*words, folder=None, seconds=240, **environment):
    """Run a command to its end, within so many seconds; the finished process, its output as text."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
    )


def until(ready, what, seconds=60):
    """Look again and again until ready() is true; what it says then."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, f"this did not come: {what}"
        time.sleep(0.02)
    return found


def write_project(folder, programs):
    """A project of its own in this folder, in which a student has these programs: {(stage, program): text}."""
    for name in ("lessons", "solutions", "tests", "pyproject.toml"):
        (folder / name).symlink_to(root() / name)
    for (stage, program), text in programs.items():
        path = exercise(stage, program, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
