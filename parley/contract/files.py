"""Locks that the system frees when their holder ends, however that comes."""

import contextlib
import os
import time
from pathlib import Path

WITHIN = 10  # seconds to wait for another process, which holds a lock for a moment only
EVERY = 0.02  # seconds between two tries: no system tells everywhere that a lock is free


def try_to_lock(file):
    """Lock an open file for this process, without waiting; whether it worked."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1024)  # a locked byte cannot be read, so it lies behind the text
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextlib.contextmanager
def one_at_a_time(path):
    """Change the file at this path as the only process that does so. Raises OSError if another one does not end.

    The lock is a file beside it, for the file itself may be replaced.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f"{path.name}.lock"), "a", encoding="utf-8") as lock:
        end = time.monotonic() + WITHIN
        while not try_to_lock(lock):
            if time.monotonic() > end:
                raise OSError(f"{path} is in use by another process.")
            time.sleep(EVERY)
        yield
