"""What tests of the tool share: a command run to its end, a wait with a bound, a student's project, a browser,
slow cases."""

import contextlib
import os
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from parley import cli
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


def run(*command, folder=None, seconds=240, **environment):
    """Run a command to its end, within so many seconds; the finished process, its output as text. What is None in
    `environment` is not in that of the command.
    """
    environment = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        cwd=folder,
        env={name: text for name, text in environment.items() if text is not None},
        stdin=subprocess.DEVNULL,
    )


def parley(*words, **more):
    """As run, for a command of ours."""
    return run(*COMMAND, *words, **more)


def refused(capsys):
    """Run the command of ours that is in sys.argv here, which is quick, until it refuses: (exit status, its errors)."""
    try:
        cli.main()
    except SystemExit as ended:
        if isinstance(ended.code, str):  # as Python prints it
            return 1, f"{capsys.readouterr().err}{ended.code}\n"
        return ended.code, capsys.readouterr().err
    raise AssertionError("the command was not refused")


def marked(name, value):
    """The living processes, but this one, in whose environment this name has this value."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            mine = process.environ().get(name) == str(value) and process.pid != os.getpid()
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def assert_gone(name, value):
    """Fail if one of those is still there after a while; it is ended then."""
    end = time.monotonic() + 15
    while (left := marked(name, value)) and time.monotonic() < end:
        psutil.wait_procs(left, timeout=0.2)
    for process in left:
        process.kill()
    assert not left


def slow(*cases):
    """These cases of a parametrized test, each a tuple, for a run with --all only."""
    return [pytest.param(*case, marks=pytest.mark.slow) for case in cases]


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
