"""The keeper: a process that ends what a notebook's kernel has started when that kernel is gone, however it ended.

A kernel that is restarted while a cell hangs is killed: nothing in it can tidy up any more. So everything that it
starts carries a mark in its environment, and the keeper waits for the end of the kernel at the other end of a pipe.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

MARK = "PARLEY_KERNEL"  # in the environment of everything that is started for this process
TRIES = 5  # seconds in which all has to be ended
QUIET = 0.3  # seconds without a find: a program may just be starting

_started = []  # the keeper of this process


def keep():
    """Have a keeper for this process, and return the mark that it looks for. Called before programs are started."""
    if not _started:
        os.environ[MARK] = f"{os.getpid()}-{time.time_ns()}"
        own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", "parley.harness.reaper", os.environ[MARK]]
        _started.append(subprocess.Popen(command, stdin=subprocess.PIPE, cwd=_project(), **quiet, **own))
    return os.environ[MARK]


def end_marked(mark):
    """End all that carries this mark, but this process, and remove the folders that were made for its programs."""
    end = time.monotonic() + TRIES
    since = time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < QUIET:
        if found := _marked(mark):
            for process in found:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(found, timeout=1)
            since = time.monotonic()
    for folder in Path(tempfile.gettempdir()).glob(f"{folder_prefix(mark.partition('-')[0])}*"):
        shutil.rmtree(folder, ignore_errors=True)


def folder_prefix(pid=None):
    """How the names of the folders begin that a process makes for programs: this one, or that with this id."""
    return f"parley-{pid or os.getpid()}-"


def _marked(mark):
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in _family() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _family():
    """This process and its keeper, if it has one."""
    return {os.getpid(), *(each.pid for each in _started)}


def _project():
    """Where this package can be imported from, wherever the kernel was started."""
    return Path(__file__).resolve().parents[2]


def main():
    """Wait until the one who has started this has ended; then end what carries the mark."""
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])


if __name__ == "__main__":
    main()
