"""What a class has handed in: a folder or a zip for each student, read once into memory, and nothing of it trusted.

Only the programs of the stages are read, by an allow-list of names; whatever else is there is counted and named. No
file is unpacked, no link is followed, and nothing is run or imported.
"""

import contextlib
import hashlib
import io
import os
import re
import stat
import struct
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from parley import stages
from parley.contract.errors import BadInput, Refused
from parley.contract.record import visible
from parley.stages import Stage

MOST_BYTES = 1024**2  # of one file
MOST_TOGETHER = 4 * 1024**2  # bytes of one submission
MOST_FILES = 50  # read for one stage
MOST_MODULES = 500  # of one stage that are looked at, and named where they are not read
MOST_ENTRIES = 20_000  # looked at in one submission
MOST_COPIED = 64 * 1024**2  # bytes of a zip that is read although a name in it is not what it says
MOST_DIRECTORY = 4 * 1024**2  # bytes of a zip's table of contents
MOST_SUBMISSIONS = 5_000
LEVELS = 2  # how far down in a submission the stage folders may be
MOST_NAMED = 5  # names in one sentence
MOST_KEY = 120  # bytes of a key in UTF-8: file names have at most 255, and more is put behind it

MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")  # what a program can be, or import
CHANGES_PYTHON = ("sitecustomize.py", "usercustomize.py")  # Python may run these before the program
DEBRIS = {"__pycache__", "__MACOSX", "node_modules", "venv", "env", "Thumbs.db"}  # and what begins with a dot
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no file may be called so on Windows

# How learning platforms name what one downloads from them; the name of a zip without its end.
PLATFORMS = (
    # Moodle: Anna Bell_1234567_assignsubmission_file_
    re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(file|onlinetext)(_.*)?", re.DOTALL),
    # Canvas: bellanna_LATE_123_456_project.zip
    re.compile(r"(?P<name>[^_]+)(_LATE)?_(?P<id>\d+)_\d+_.+", re.DOTALL),
    # Blackboard: Chat_anna_attempt_2026-11-20-10-00-00_project.zip
    re.compile(r".+_(?P<name>[^_]+)_attempt_\d{4}(-\d\d){5}(_.*)?", re.DOTALL),
)


@dataclass
class Submission:
    """What one student has handed in.

    `key`: a safe name for files; `name`: the student, as the folder or zip is called; `source`: that folder or zip;
    `number`: the platform's number in its name, or ""; `stages`: {stage name: {file name: bytes}}; `missing`: names of
    stages; `ignored` and `notes`: sentences, safe to show; `empty`: nothing is in it; `trouble`: why it could not be
    read, where that is not the student's doing; `handed_in`: when, if the platform says so; `late`: whether it calls
    it late; `path`: where it is on this disk.
    """

    name: str
    source: str
    number: str = ""
    key: str = ""
    stages: dict[str, dict[str, bytes]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: bool = False
    trouble: str = ""
    handed_in: datetime | None = None
    late: bool = False
    path: Path | None = None


@dataclass(frozen=True)
class Entry:
    """A file in a submission: its path in parts, and how to read it (that raises Refused or OSError)."""

    path: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]

    @property
    def shown(self) -> str:
        """The path, safe to show."""
        return visible("/".join(self.path))


def read_all(
    folder: Path, wanted: Sequence[Stage] = stages.STAGES, leave_out: Sequence[Path] = ()
) -> tuple[list[Submission], list[str]]:
    """Read all submissions in a folder; returns (list of Submission, sentences about what else is in it).

    `wanted`: the stages; `leave_out`: paths that are no submissions. Raises BadInput if there is
    no such folder, or if it holds no submissions.
    """
    shown = visible(str(folder))
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise BadInput(f"{shown} {what}: give a folder that holds a folder or a zip for each student.")
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    if any(stage.name in names for stage in stages.STAGES):
        raise BadInput(f"{shown} holds the stages of one student: give the folder above it.")
    out = [os.path.realpath(path) for path in leave_out]
    paths = [folder / name for name in names if os.path.realpath(folder / name) not in out]
    chosen = [path for path in paths if path.is_symlink() or path.is_dir() or _is_archive(path)]
    if not 0 < len(chosen) <= MOST_SUBMISSIONS:
        what = f"more than {MOST_SUBMISSIONS:,}" if chosen else "no"
        raise BadInput(f"{shown} holds {what} submissions; there should be a folder or a zip for each student.")
    others = [visible(path.name) for path in paths if path not in chosen]
    sentences = [f"Neither a folder nor a zip, and so not read: {named(others)}."] if others else []
    return with_keys([_submission(path, wanted) for path in chosen]), sentences


def named(names: Sequence[str]) -> str:
    """Some names as words, the first few of them: "a, b and 3 more"."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith((".zip", *OTHER_ARCHIVES))


def _submission(path: Path, wanted: Sequence[Stage]) -> Submission:
    stem = path.stem if _is_archive(path) else path.name
    known = next((found for found in (pattern.fullmatch(stem) for pattern in PLATFORMS) if found), None)
    fields = known.groupdict() if known else {"name": stem}
    found = Submission(visible(fields["name"]), visible(path.name), fields.get("id", ""), path=path)
    try:
        with contextlib.ExitStack() as stack:
            _choose(found, _entries(path, found, stack), wanted)
    except Refused as refused:
        found.notes.append(f"{found.source} {refused}.")
    except OSError as error:
        found.stages.clear()
        found.trouble = f"{found.source} could not be read: {error.strerror or error}."
    return found


def _entries(path: Path, found: Submission, stack: contextlib.ExitStack) -> list[Entry]:
    """The entries of a folder or a zip, without debris. A folder that holds nothing but a zip stands for that zip."""
    if path.is_symlink():
        raise Refused("is a link, and no link is followed")
    if path.is_dir():
        entries = _without_debris(_in_folder(path, ()))
        if len(entries) != 1 or not entries[0].name.lower().endswith(".zip"):
            return entries
        path = path.joinpath(*entries[0].path)
    elif path.suffix.lower() != ".zip":
        raise Refused("is neither a folder nor a zip, so it was not opened")
    return _without_debris(_in_zip(stack.enter_context(_open(path)), found, stack))


def _without_debris(entries: Iterable[Entry]) -> list[Entry]:
    kept = []
    for number, entry in enumerate(entries):
        if number == MOST_ENTRIES:
            raise Refused(f"has more than {MOST_ENTRIES:,} files in it, so it was not read")
        if not any(_is_debris(part) for part in entry.path):
            kept.append(entry)
    return kept


def _is_debris(part: str) -> bool:
    return part in DEBRIS or part.startswith(".")


# Which files of a submission count


def _choose(found: Submission, entries: Sequence[Entry], wanted: Sequence[Stage]) -> None:
    """Read the files of the stages, and say what is missing and what was left out."""
    found.empty = not entries
    homes = {stage.name: _home(found, entries, stage, alone=len(wanted) == 1) for stage in wanted}
    room = MOST_TOGETHER
    for stage in wanted:
        files = [entry for entry in entries if entry.path[:-1] == homes[stage.name]]
        if files:
            read = found.stages[stage.name] = _read_files(found, stage, files, room)
            room -= sum(len(data) for data in read.values())
    found.stages = {name: files for name, files in found.stages.items() if files}
    found.missing = [stage.name for stage in wanted if stage.name not in found.stages]
    if found.empty:
        found.notes.append(f"{found.source} is empty.")
    elif not found.stages:
        which = ", ".join(stage.name for stage in wanted) if len(wanted) < len(stages.STAGES) else "a stage"
        found.notes.append(f"No program of {which} was found. {_what_is_there(entries)}")
    places = set(homes.values())
    others = {stage.name for stage in stages.STAGES if stage not in wanted}  # not graded now, and so not spoken of
    left = [
        entry.shown
        for entry in entries
        if not others.intersection(entry.path[:-1])
        and (entry.path[:-1] not in places or not MODULE.fullmatch(entry.name))
    ]
    if left:
        found.ignored.append(f"Not read, because it is no program of a stage: {named(left)}.")


def _home(found: Submission, entries: Sequence[Entry], stage: Stage, alone: bool) -> tuple[str, ...] | None:
    """The folder of a stage's programs (its path in parts), or None.

    Where one stage is graded `alone` and nobody made a folder for it, the programs may lie there without one.
    """
    programs = {f"{program}.py" for program in stage.programs}
    folders = {entry.path[:-1] for entry in entries if entry.name in programs}
    homes = [path for path in folders if path and path[-1] == stage.name and len(path) <= LEVELS + 1]
    if alone and not homes:
        names = {stage.name for stage in stages.STAGES}
        homes = [path for path in folders if len(path) <= LEVELS and not names & set(path)]
    # a whole project that was handed in has the student's work in exercises/
    homes.sort(key=lambda path: (len(path), "exercises" not in path, path))
    if len(homes) > 1:
        first, *others = (visible("/".join(path) or found.source) for path in homes)
        found.notes.append(f"{stage.name} is there {len(homes)} times: {first} counts, {named(others)} does not.")
    return homes[0] if homes else None


def _what_is_there(entries: Sequence[Entry]) -> str:
    folders = sorted({visible("/".join(entry.path[:-1])) for entry in entries} - {""})
    files = sorted({visible(entry.name) for entry in entries})
    there = [f"folders {named(folders)}"] if folders else []
    return f"What is there: {'; '.join([*there, f'files {named(files)}'])}."


def _read_files(found: Submission, stage: Stage, files: Sequence[Entry], room: int) -> dict[str, bytes]:
    """Read the modules among these files: {name: bytes}, `room` bytes at most."""
    programs = [f"{program}.py" for program in stage.programs]
    modules = [entry for entry in files if MODULE.fullmatch(entry.name)]
    modules.sort(key=lambda entry: (entry.name not in programs, entry.name))
    times = Counter(entry.name.casefold() for entry in modules)
    read: dict[str, bytes] = {}
    if len(modules) > MOST_MODULES:
        found.notes.append(f"{stage.name} has {len(modules):,} modules, more than {MOST_MODULES}: none of it was read.")
        return {}
    for entry in modules:
        try:
            if times[entry.name.casefold()] > 1:
                raise Refused("is there more than once (in small letters and in capitals, perhaps)")
            if entry.name in CHANGES_PYTHON:
                raise Refused("would change how Python starts")
            if len(read) == MOST_FILES:
                raise Refused(f"is one file more than {MOST_FILES}")
            data = entry.read()
            if len(data) > room:
                raise Refused("is too much: all files together are too large")
        except Refused as refused:
            found.ignored.append(f"{entry.shown} {refused}: not read.")
            continue
        room -= len(data)
        read[entry.name] = data
        found.notes.extend(_odd_text(entry.shown, data))
        if entry.name.removesuffix(".py") in sys.stdlib_module_names:
            what = f"shadows Python's own module: import {entry.name.removesuffix('.py')} finds this file instead"
            found.notes.append(f"{entry.shown} {what}.")
    # helpers alone are no program
    return read if any(program in read for program in programs) else {}


def _odd_text(shown: str, data: bytes) -> Iterator[str]:
    """A sentence about a source that Python will not take for text."""
    if b"\0" in data:
        yield f"{shown} has NUL bytes in it, as UTF-16 has: Python takes UTF-8."
    elif b"coding" not in b"".join(data.splitlines()[:2]):
        try:
            data.decode()
        except UnicodeDecodeError:
            yield f"{shown} is not UTF-8 and does not name its encoding: Python cannot read it."


# Folders


def _in_folder(folder: Path, above: tuple[str, ...]) -> Iterator[Entry]:
    """The entries of a folder, as far down as a stage's files can be."""
    with os.scandir(folder) as listed:
        found = sorted(_bounded(listed), key=lambda item: item.name)
    for item in found:
        path = (*above, item.name)
        if not item.is_dir(follow_symlinks=False):
            yield Entry(path, partial(_read_plainly, Path(item.path)))
        elif len(path) <= LEVELS + 1 and not _is_debris(item.name):
            yield from _in_folder(Path(item.path), path)


def _bounded(listed: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    for number, item in enumerate(listed):
        if number > MOST_ENTRIES:
            raise Refused(f"has a folder with more than {MOST_ENTRIES:,} files, so it was not read")
        yield item


def _read_plainly(path: Path) -> bytes:
    with _open(path) as file:
        if os.fstat(file.fileno()).st_nlink > 1:
            raise Refused("is a hard link to another file (copy the submissions without links)")
        return _at_most(file)


def _open(path: Path) -> IO[bytes]:
    """Open a plain file for reading; anything else is refused, and nothing is waited for."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Refused("is a link" if path.is_symlink() else "is no plain file")

    def carefully(name: str, flags: int) -> int:  # it may have become something else just now
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))

    file = open(path, "rb", opener=carefully)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused("is no plain file")
    return file


def _at_most(file: IO[bytes]) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused(f"is larger than {MOST_BYTES // 1024**2} MB")
    return data


# Zips


def _in_zip(file: IO[bytes], found: Submission, stack: contextlib.ExitStack) -> Iterator[Entry]:
    """The entries of an open zip file; what is not where a file can be is left out with a sentence."""
    file = _with_readable_names(file, *_table_of(file))
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except Exception:  # a file made to do harm may fail in any way
        raise Refused("cannot be opened as a zip") from None
    strange = []
    for member in members:
        path = _parts(member.orig_filename)
        if path:
            yield Entry(path, partial(_read_member, archive, member))
        else:
            strange.append(visible(member.orig_filename))
    if strange:
        found.ignored.append(f"Not read, because the path leads out of the zip or nowhere: {named(strange)}.")


def _table_of(file: IO[bytes]) -> tuple[int, bytes]:
    """The table of contents of a zip, and where it begins. One that is enormous is refused before anything reads it.

    Source: APPNOTE.TXT, 4.3.16: the end of central directory record, with the size of the table at its byte 12.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise Refused("is no zip, or a damaged one")
    (table,) = struct.unpack_from("<L", tail, at + 12)
    if tail[max(0, at - 20) :].startswith(b"PK\x06\x07"):
        raise Refused("is a zip of the kind for more than 4 GB (zip64), which is not read: pack it again without that")
    if table > MOST_DIRECTORY:
        raise Refused("has far too many files in it, so it was not read")
    begins = max(0, max(0, size - 65_557) + at - table)
    file.seek(begins)
    return begins, file.read(table)


def _with_readable_names(file: IO[bytes], begins: int, table: bytes) -> IO[bytes]:
    """The zip itself, or a copy in which no name pretends to be UTF-8: zipfile loses all for one that is not.

    Source: APPNOTE.TXT, 4.3.12: each entry of the table has its flags at byte 8, the lengths of its name, of what
    follows and of a comment at byte 28, and the name at byte 46. Flag 11 says that the name is UTF-8.
    """
    at, wrong = 0, []
    while table.startswith(b"PK\x01\x02", at) and at + 46 <= len(table):
        flags, (name, extra, comment) = table[at + 9], struct.unpack_from("<3H", table, at + 28)
        try:
            table[at + 46 : at + 46 + name].decode("utf-8" if flags & 8 else "cp437")
        except UnicodeDecodeError:
            wrong.append(at)
        at += 46 + name + extra + comment
    if not wrong or file.seek(0, os.SEEK_END) > MOST_COPIED:
        return file
    file.seek(0)
    copy = bytearray(file.read())
    for at in wrong:
        copy[begins + at + 9] &= ~8
    return io.BytesIO(copy)


def _parts(name: str) -> tuple[str, ...]:
    """The path of a zip's member in parts, or () if it is not the path of a file in the zip."""
    name = name.replace("\\", "/").removeprefix("./")  # tools for Windows may write the former, and tar the latter
    path = tuple(name.split("/"))
    strange = any(part in ("", ".", "..") or ":" in part or "\0" in part for part in path)
    return () if strange else path


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("is a link" if kind == stat.S_IFLNK else "is no plain file")
    if member.flag_bits & 1:
        raise Refused("is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("is packed in an unusual way")
    try:
        with archive.open(member) as file:
            return _at_most(file)
    except Refused:
        raise
    except Exception:  # a file made to do harm may fail in any way
        raise Refused("cannot be unpacked") from None


# Names


def with_keys(submissions: list[Submission]) -> list[Submission]:
    """Give each submission its key: its student's name made safe, and unlike every other key on any system."""
    for submission in submissions:
        submission.key = safe_name(submission.name)
    times = Counter(submission.key.casefold() for submission in submissions)
    for submission in submissions:
        if times[submission.key.casefold()] > 1:
            sentence = f"is not the only submission of {submission.name}: each is graded on its own."
            submission.notes.append(f"{submission.source} {sentence}")
            submission.key += "-" + hashlib.sha256(submission.source.encode(errors="surrogateescape")).hexdigest()[:8]
    return submissions


def safe_name(text: str) -> str:
    """A text as the name of a file that any system takes, and that no shell and no page misreads."""
    kept = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", text)).strip("-._")
    kept = kept.encode(errors="replace")[:MOST_KEY].decode(errors="ignore").rstrip("-._")
    if not kept:
        return "student-" + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"student-{kept}" if RESERVED.fullmatch(kept) else kept
