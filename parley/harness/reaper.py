"""The reaper: a process that ends the programs that another has started when that is gone, however it ended.

A kernel that is restarted while a cell hangs is killed, and so is a check whose terminal is closed: nothing in it can
tidy up any more. So everything that it starts carries a mark in its environment, and the reaper waits for the end of
the process that started it at the other end of a pipe.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

MARK = "PARLEY_STARTED_BY"  # in the environment of everything that is started for this process
TRIES = 5  # seconds in which all has to be ended
QUIET = 0.3  # seconds without a find: a program may just be starting
IN_ORDER = b"."  # what a process says that ends by itself
EVERY = 0.02  # seconds between two looks

if sys.platform == "win32":
    NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP  # for a program that Ctrl+C here does not reach
else:
    NEW_GROUP = 0  # it has a session of its own instead

_started: list[subprocess.Popen[bytes]] = []  # the reaper of this process


def start() -> str:
    """Have a reaper for this process, and return the mark that it looks for. Called before programs are started."""
    if not _started:
        os.environ[MARK] = f"{os.getpid()}-{time.time_ns()}"
        command = [sys.executable, "-m", "parley.harness.reaper", os.environ[MARK]]
        started = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_project(),
            start_new_session=True,
            creationflags=NEW_GROUP,
        )
        _started.append(started)
        atexit.register(_ends_in_order, os.getpid(), started)
    return os.environ[MARK]


def _ends_in_order(pid: int, started: subprocess.Popen[bytes]) -> None:
    """Tell the reaper that this process starts nothing more. (A fork of it ends, too, but does not speak for it.)"""
    if os.getpid() == pid and started.stdin:
        with contextlib.suppress(OSError):
            started.stdin.write(IN_ORDER)
            started.stdin.close()


def end_marked(mark: str, quiet: float = QUIET) -> None:
    """End all that carries this mark, but this process, and remove the folders that were made for its programs.

    It looks until it has found nothing for `quiet` seconds, and at least once.
    """
    since = time.monotonic()
    end = since + TRIES
    while (found := _marked(mark)) or time.monotonic() - since < quiet:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if found:
            psutil.wait_procs(found, timeout=1)
            since = time.monotonic()
        if time.monotonic() > end:
            break
        time.sleep(EVERY)
    for folder in Path(tempfile.gettempdir()).glob(f"{folder_prefix(mark.partition('-')[0])}*"):
        shutil.rmtree(folder, ignore_errors=True)


def folder_prefix(pid: int | str | None = None) -> str:
    """How the names of the folders begin that a process makes for programs: this one, or that with this id."""
    return f"parley-{pid or os.getpid()}-"


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in _family() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _family() -> set[int]:
    """This process and its reaper, if it has one."""
    return {os.getpid(), *(reaper.pid for reaper in _started)}


def _project() -> Path:
    """Where this package can be imported from, wherever the kernel was started."""
    return Path(__file__).resolve().parents[2]


def main() -> None:
    """Wait until the one who has started this has ended; then end what carries the mark."""
    in_order = sys.stdin.buffer.read() == IN_ORDER
    end_marked(sys.argv[1], quiet=0 if in_order else QUIET)


if __name__ == "__main__":
    main()
