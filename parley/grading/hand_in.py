"""What was handed in, and when: according to the platform, or the last commit of a clone."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from parley.grading.intake import Submission

GIT_WITHIN = 10  # seconds for git to read one commit
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class HandIn:
    """What one student handed in for one stage, once.

    `path`: the folder or zip, as shown; `when`: with a time zone, or None if unknown; `late`: the platform calls it
    late, maybe without saying how late; `files`: the fingerprint of its files, "" without a program of the stage;
    `unclear`: why a person must look at it, or ""; `trouble`: why it couldn't be read, if that isn't the student's
    fault; `work`: the key under which it's graded, if not the student's own.
    """

    path: str
    when: datetime | None = None
    late: bool = False
    files: str = ""
    unclear: str = ""
    trouble: str = ""
    work: str = ""

    @property
    def is_something(self) -> bool:
        """Whether it may earn points: it has programs, or that isn't known yet."""
        return bool(self.files or self.unclear or self.trouble)


def time_of(submission: Submission, zone: tzinfo) -> datetime | None:
    """Return when a submission was handed in: according to the platform, or its last commit, or None.

    `zone`: of a time without one.
    """
    when = submission.handed_in
    if when is None and submission.path is not None:
        when = last_commit(submission.path)
    return when.replace(tzinfo=zone) if when and when.tzinfo is None else when


def last_commit(clone: Path) -> datetime | None:
    """Return when the last commit of a clone was made, or None without a commit or git.

    Don't trust a student's clone: never read its configuration, which can name programs for git to start. Git reads
    only one object from it, in our own empty repository.
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
    """Return the commit that the HEAD of a clone names, or ""."""
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
    """Return a small text file of a clone, or ""."""
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1024**2).strip()
    except OSError:
        return ""
