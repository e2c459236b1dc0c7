"""The reaper: a process that kills the programs that another process started, once that exits in any way.

Restarting a kernel while a cell hangs kills it, and closing the terminal kills a check. Neither can clean up. So every
process it starts carries a mark in its environment. The reaper waits at the other end of a pipe until its own starter
exits.
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

MARK = "PARLEY_STARTED_BY"  # in the environment of everything that this process starts
TRIES = 5  # seconds in which everything must be killed
QUIET = 0.3  # seconds without finding a process: a program may just be starting
IN_ORDER = b"."  # what a process sends before it exits by itself
EVERY = 0.02  # seconds between two searches

if sys.platform == "win32":
    NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP  # for a program that Ctrl+C here doesn't reach
else:
    NEW_GROUP = 0  # it has its own session instead

_started: list[subprocess.Popen[bytes]] = []  # the reaper of this process


def start() -> str:
    """Start a reaper for this process, if it has none, and return its mark. Call it before you start programs."""
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
    """Tell the reaper that this process starts nothing more. (Its forks exit too, but don't speak for it.)"""
    if os.getpid() == pid and started.stdin:
        with contextlib.suppress(OSError):
            started.stdin.write(IN_ORDER)
            started.stdin.close()


def end_marked(mark: str, quiet: float = QUIET) -> None:
    """Kill all processes with this mark except this one, and remove the folders made for its programs.

    Search until nothing was found for `quiet` seconds, and at least once.
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
    """Return how the names of a process's folders for programs begin: of this process, or the one with this id."""
    return f"parley-{pid or os.getpid()}-"


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in _family() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _family() -> set[int]:
    """Return the ids of this process and of its reaper, if it has one."""
    return {os.getpid(), *(reaper.pid for reaper in _started)}


def _project() -> Path:
    """Return the folder to import this package from, wherever the kernel was started."""
    return Path(__file__).resolve().parents[2]


def main() -> None:
    """Wait until the process that started this one exits. Then kill the processes with the mark."""
    in_order = sys.stdin.buffer.read() == IN_ORDER
    end_marked(sys.argv[1], quiet=0 if in_order else QUIET)


if __name__ == "__main__":
    main()
