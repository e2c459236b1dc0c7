"""When something was handed in: from the platform's names and files, from git, or from a CSV file."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

METADATA = "submission_metadata.yml"  # beside the submissions in what Gradescope exports
MOST_METADATA = 64 * 1024**2  # bytes of it
GIT_WITHIN = 10  # seconds for git to read one commit
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

# Blackboard: Chat_anna_attempt_2026-11-20-10-00-00_project.zip, in the time zone of the school
BLACKBOARD = re.compile(r"_attempt_(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
CANVAS_LATE = re.compile(r"[^_]+_LATE_\d+_\d+_")  # bellanna_LATE_123_456_project.zip
CANVAS_AGAIN = re.compile(r"[^_]+(?:_LATE)?_\d+_\d+_.+-(\d+)(?:\.zip)?")  # ..._project-1.zip: handed in once more
GRADESCOPE_ENTRY = re.compile(r"(\S[^:]*):\s*")
GRADESCOPE_TIME = re.compile(r" {2}:created_at: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? (Z|[+-]\d\d:?\d\d)")


@dataclass(frozen=True)
class HandIn:
    """What one student handed in for one stage, once.

    `stage`: its name, or None where the folder does not say; `student`: the student's key; `when`: with a time zone,
    or None where nobody knows; `path`: the folder or zip, as it is shown; `attempt`: counted from 1; `late`: the
    platform calls it late, and maybe does not say how late; `files`: the fingerprint of its files, "" where it has no
    program of the stage.
    """

    stage: str | None
    student: str
    when: datetime | None
    path: str
    attempt: int = 1
    late: bool = False
    files: str = ""


@dataclass(frozen=True)
class Stamp:
    """What the platform says of the time of a hand-in: see HandIn for `when`, `late` and `attempt`."""

    when: datetime | None = None
    late: bool = False
    attempt: int = 1


def stamp_of(path: Path, zone: tzinfo) -> Stamp:
    """When a submission (a folder or zip) was handed in, by its name, by Gradescope's list, or by its last commit.

    `zone`: of times that name none.
    """
    again = CANVAS_AGAIN.fullmatch(path.name)
    attempt = int(again[1]) + 1 if again and len(again[1]) < 4 else 1
    late = bool(CANVAS_LATE.match(path.name))
    if found := BLACKBOARD.search(path.name):
        try:
            return Stamp(datetime(*map(int, found.groups()), tzinfo=zone), late, attempt)  # type: ignore[misc, arg-type]
        except ValueError:
            return Stamp(None, late, attempt)
    when = gradescope_times(path.parent / METADATA).get(path.name) or last_commit(path)
    return Stamp(when, late, attempt)


def gradescope_times(path: Path) -> dict[str, datetime]:
    """When each submission of a Gradescope export was made: {name of its folder: time}; {} where there is no list.

    Only the lines that matter are read: the file repeats the results of all submissions, and may be very large.
    """
    found: dict[str, datetime] = {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(MOST_METADATA).splitlines()
    except OSError:
        return {}
    name = ""
    for line in lines:
        if entry := GRADESCOPE_ENTRY.fullmatch(line):
            name = entry[1].strip("'\"")
        elif (made := GRADESCOPE_TIME.match(line)) and name not in found:
            zone = "+00:00" if made[2] == "Z" else made[2]
            found[name] = datetime.strptime(f"{made[1]} {zone}", "%Y-%m-%d %H:%M:%S %z")
    return found


def last_commit(clone: Path) -> datetime | None:
    """When the last commit of a clone was made; None where there is none, or no git.

    A student's clone is not trusted: nothing of its configuration is read, which can name programs that git starts. Git
    reads one object out of it, from an empty repository of ours.
    """
    folder = clone / ".git"
    if clone.is_symlink() or folder.is_symlink() or not folder.is_dir():
        return None
    commit = _head(folder)
    if not commit:
        return None
    with tempfile.TemporaryDirectory(prefix="parley-git-") as empty:
        place = Path(empty)
        for part in ("objects", "refs"):
            (place / part).mkdir()
        (place / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
        version = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
        (place / "config").write_text(version, encoding="utf-8")
        kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
        ours = {"GIT_DIR": empty, "GIT_OBJECT_DIRECTORY": str((folder / "objects").absolute())}
        ours |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_LAZY_FETCH": "1"}
        try:
            done = subprocess.run(
                ["git", "cat-file", "commit", commit],
                cwd=empty,
                env=kept | ours,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=GIT_WITHIN,
            )
        except (OSError, subprocess.SubprocessError):
            return None
    made = re.search(rb"^committer [^\n]*> (\d{1,12}) ([+-]\d{4})$", done.stdout, re.MULTILINE)
    if done.returncode or not made:
        return None
    try:
        zone = datetime.strptime(made[2].decode(), "%z").tzinfo
        return datetime.fromtimestamp(int(made[1]), zone)
    except (ValueError, OverflowError, OSError):
        return None


def _head(folder: Path) -> str:
    """The commit that the HEAD of a clone names, or ""."""
    head = _text(folder / "HEAD")
    if not head.startswith("ref: refs/heads/"):
        return head if COMMIT.fullmatch(head) else ""
    name = head.removeprefix("ref: ")
    if ".." in name:
        return ""
    commit = _text(folder / name)
    if not commit:
        packed = _text(folder / "packed-refs").splitlines()
        commit = next((line.partition(" ")[0] for line in packed if line.endswith(f" {name}")), "")
    return commit if COMMIT.fullmatch(commit) else ""


def _text(path: Path) -> str:
    """A small text file of a clone, or "" where it is none."""
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1024**2).strip()
    except OSError:
        return ""
