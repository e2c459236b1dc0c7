"""Files that are written in one step, and locks that the OS frees whenever their holder exits."""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from parley.contract.errors import BadInput

WITHIN = 10  # seconds to wait for another process, which holds a lock only for a moment
EVERY = 0.02  # seconds between two tries: no portable call waits for a lock with a limit


@contextlib.contextmanager
def in_one_step(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to. At the end, that file or folder replaces `path`.

    Readers find the old file or the new one, never a part. If the block fails, nothing remains.

        with in_one_step(folder / "work.zip") as beside, zipfile.ZipFile(beside, "w") as archive:
            archive.writestr("server.py", source)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextlib.contextmanager
def about(path: Path) -> Iterator[None]:
    """Add the file's name to an OSError in the block: for a full disk, the OS doesn't."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # otherwise it names the problem itself
            error.filename = error.filename or str(path)
        raise


def write_whole(path: Path, content: str | bytes, encoding: str = "utf-8") -> None:
    """Write a file in one step. Newlines of a text stay unchanged."""
    data = content.encode(encoding) if isinstance(content, str) else content
    with about(path), in_one_step(path) as beside:
        beside.write_bytes(data)


def can_write_into(folder: Path) -> None:
    """Make a folder if it doesn't exist, and check that files can be written into it. Raise BadInput."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(f"Nothing can be written into {folder}: {error.strerror}. Name another folder.") from None


def write_json(path: Path, data: object, indent: int | None = None) -> None:
    """Write plain data as JSON in one step."""
    write_whole(path, json.dumps(data, indent=indent, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Return the plain data in a JSON file, or None if it doesn't exist or isn't JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def try_to_lock(file: IO[str]) -> bool:
    """Lock an open file for this process, without waiting. Return whether it worked."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1024)  # a locked byte can't be read, so lock one after the text
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock for changing the file at this path. Raise OSError if another process doesn't release it.

    The lock is a file beside it, because the file itself may be replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f"{path.name}.lock"), "a", encoding="utf-8") as lock:
        end = time.monotonic() + WITHIN
        while not try_to_lock(lock):
            if time.monotonic() > end:
                raise OSError(f"{path} is in use by another process. Wait until it finishes, then try again.")
            time.sleep(EVERY)
        yield
