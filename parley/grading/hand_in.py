"""What was handed in, and when: as the platform says, or by the last commit of a clone."""

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

    `path`: the folder or zip, as it is shown; `when`: with a time zone, or None where no one knows; `late`: the
    platform calls it late, and maybe does not say how late; `files`: the fingerprint of its files, "" where it has no
    program of the stage; `unclear`: why a person has to look at it, "" where it is understood; `trouble`: why it
    could not be read, where that is not the student's doing; `work`: under whose key it is graded, if not one's own.
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
        """Whether it may earn points: there are programs in it, or no one knows yet."""
        return bool(self.files or self.unclear or self.trouble)


def time_of(submission: Submission, zone: tzinfo) -> datetime | None:
    """When a submission came: as the platform says, else when its last commit was made; None where no one knows.

    `zone`: of a time that names none.
    """
    when = submission.handed_in
    if when is None and submission.path is not None:
        when = last_commit(submission.path)
    return when.replace(tzinfo=zone) if when and when.tzinfo is None else when


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
