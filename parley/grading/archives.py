"""Files in folders and zips, including nested zips: listed and read within limits, never trusted.

Never unpack a file to disk or follow a link. Refuse the excess before reading it.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from parley.contract.errors import Refused
from parley.contract.handed_in import is_debris
from parley.contract.record import visible

MOST_BYTES = 1024**2  # bytes of one file that isn't an archive
MOST_ENTRIES = 20_000  # files in one submission, or in the zip of a class
MOST_PACKED = 64 * 1024**2  # bytes of all zips in one submission that must be read whole
MOST_ARCHIVES = 20  # archives to open in one submission
MOST_NESTED = 4  # nested archives
MOST_DIRECTORY = 4 * 1024**2  # bytes of a zip's table of contents
MOST_LEVELS = 8  # nested folders
MOST_NAMED = 5  # names in one sentence

OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")

Note = Callable[[str], object]  # gets a sentence about files that weren't read


@dataclass(frozen=True)
class Entry:
    """A file: its path in parts, and `read(most)`, which returns its bytes and raises Refused or OSError.

    `on_disk`: its path, if it's a separate file there.
    """

    path: tuple[str, ...]
    read: Callable[[int], bytes]
    on_disk: Path | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]

    @property
    def shown(self) -> str:
        """The path, safe to show."""
        return visible("/".join(self.path))

    def below(self, *above: str) -> Entry:
        """Return the same file with these parts before its path."""
        return Entry((*above, *self.path), self.read, self.on_disk)


def is_zip(name: str) -> bool:
    """Whether a file of this name is a zip."""
    return name.lower().endswith(".zip")


def is_archive(name: str) -> bool:
    """Whether a file of this name is an archive, of a kind that is read or of another."""
    return name.lower().endswith((".zip", *OTHER_ARCHIVES))


def named(names: Iterable[str]) -> str:
    """Return some names as words, the first few of them: "a, b and 3 more"."""
    listed = list(names)
    more = len(listed) - MOST_NAMED
    return ", ".join(listed[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def without_debris(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries without debris. Raise Refused if there are too many."""
    found = []
    for number, entry in enumerate(entries):
        if number == MOST_ENTRIES:
            raise Refused(f"has more than {MOST_ENTRIES:,} files in it, so it wasn't read")
        if not any(map(is_debris, entry.path)):
            found.append(entry)
    return found


class Unpacking:
    """Opens the zips in one submission, within its limits. Leaving the block closes them."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._stack = contextlib.ExitStack()
        self._bytes, self._archives = MOST_PACKED, MOST_ARCHIVES
        self.closed: list[str] = []  # archives that weren't opened: the end of a sentence for each

    def __enter__(self) -> Unpacking:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def all_files(self, entries: Iterable[Entry], nested: int = 0) -> list[Entry]:
        """Return the files among these entries, with each zip replaced by its files. Raise Refused."""
        files: list[Entry] = []
        for entry in without_debris(entries):
            if not is_archive(entry.name):
                files.append(entry)
                continue
            try:
                files += [inner.below(*entry.path) for inner in self.all_files(self.opened(entry, nested), nested + 1)]
            except Refused as refused:
                self.closed.append(f"{entry.shown} {refused}")
            if len(files) > MOST_ENTRIES:
                raise Refused(f"has more than {MOST_ENTRIES:,} files in it, so it wasn't read")
        return files

    def opened(self, entry: Entry, nested: int = 0) -> Iterator[Entry]:
        """Return the entries of a zip. `nested`: how many archives that zip is in. Raise Refused."""
        if not is_zip(entry.name):
            raise Refused("is an archive that isn't a zip file, so it wasn't opened")
        if nested == MOST_NESTED or not self._archives:
            what = f"is in {nested} other archives" if nested == MOST_NESTED else f"is one more than {MOST_ARCHIVES}"
            raise Refused(f"{what}, so it wasn't opened")
        self._archives -= 1
        file: IO[bytes]
        if entry.on_disk:
            file = self._stack.enter_context(open_plainly(entry.on_disk))
        else:
            data = entry.read(self._bytes)
            self._bytes -= len(data)
            file = io.BytesIO(data)
        return in_zip(file, self._stack, self._note)


# Folders


def in_folder(folder: Path, above: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Return the files in a folder and below, as deep as a stage's files can be. Raise Refused and OSError."""
    with os.scandir(folder) as listed:
        found = sorted(_bounded(listed), key=lambda item: item.name)
    for item in found:
        path = (*above, item.name)
        if not item.is_dir(follow_symlinks=False):
            yield file_at(Path(item.path), path)
        elif len(path) <= MOST_LEVELS and not is_debris(item.name):
            yield from in_folder(Path(item.path), path)


def file_at(place: Path, path: tuple[str, ...]) -> Entry:
    """Return the entry of a file on the disk."""
    return Entry(path, partial(read_plainly, place), place)


def _bounded(listed: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    for number, item in enumerate(listed):
        if number > MOST_ENTRIES:
            raise Refused(f"has a folder with more than {MOST_ENTRIES:,} files, so it wasn't read")
        yield item


def read_plainly(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a plain file, at most this many. Raise Refused and OSError."""
    with open_plainly(path) as file:
        if os.fstat(file.fileno()).st_nlink > 1:
            raise Refused("is a hard link to another file (copy the submissions without links)")
        return _at_most(file, most)


def open_plainly(path: Path) -> IO[bytes]:
    """Open a plain file for reading. Refuse anything else, and never block."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Refused("is a link" if path.is_symlink() else "isn't a regular file")

    def carefully(name: str, flags: int) -> int:  # it may have changed into something else just now
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))

    file = open(path, "rb", opener=carefully)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused("isn't a regular file")
    return file


def _at_most(file: IO[bytes], most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        size = f"{most // 1024**2} MB" if most >= 1024**2 else f"{most:,} bytes"
        raise Refused(f"is larger than {size}")
    return data


# Zips


def in_zip(file: IO[bytes], stack: contextlib.ExitStack, note: Note) -> Iterator[Entry]:
    """Return the files in an open zip, which `stack` closes. Skip impossible paths with a sentence. Raise Refused."""
    file = _with_readable_names(file, *_table_of(file))
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except Exception:  # a malicious file may fail in any way
        raise Refused("can't be opened as a zip file") from None
    strange = []
    for member in members:
        path = _parts(member.orig_filename)
        if path:
            yield Entry(path, partial(_read_member, archive, member))
        else:
            strange.append(visible(member.orig_filename))
    if strange:
        note(f"Not read, because the path leads out of the zip or nowhere: {named(strange)}.")


def _table_of(file: IO[bytes]) -> tuple[int, bytes]:
    """Return the table of contents of a zip, and its offset. Refuse an enormous one before reading it.

    Source: APPNOTE.TXT, 4.3.16: the end of central directory record, with the size of the table at its byte 12.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise Refused("isn't a zip file, or is damaged")
    (table,) = struct.unpack_from("<L", tail, at + 12)
    if tail[max(0, at - 20) :].startswith(b"PK\x06\x07"):
        raise Refused("is a zip64 file (for more than 4 GB), which isn't read: pack it again as a plain zip file")
    if table > MOST_DIRECTORY:
        raise Refused("has far too many files in it, so it wasn't read")
    begins = max(0, max(0, size - 65_557) + at - table)
    file.seek(begins)
    return begins, file.read(table)


def _with_readable_names(file: IO[bytes], begins: int, table: bytes) -> IO[bytes]:
    """Return the zip itself, or a copy in which no name claims to be UTF-8: one false claim makes zipfile reject the
    zip.

    Source: APPNOTE.TXT, 4.3.12: each entry of the table has its flags at byte 8, the lengths of its name, extra field
    and comment at byte 28, and the name at byte 46. Flag 11 says that the name is UTF-8.
    """
    at, wrong = 0, []
    while table.startswith(b"PK\x01\x02", at) and at + 46 <= len(table):
        flags, (name, extra, comment) = table[at + 9], struct.unpack_from("<3H", table, at + 28)
        try:
            table[at + 46 : at + 46 + name].decode("utf-8" if flags & 8 else "cp437")
        except UnicodeDecodeError:
            wrong.append(at)
        at += 46 + name + extra + comment
    if not wrong or file.seek(0, os.SEEK_END) > MOST_PACKED:
        return file
    file.seek(0)
    copy = bytearray(file.read())
    for at in wrong:
        copy[begins + at + 9] &= ~8
    return io.BytesIO(copy)


def _parts(name: str) -> tuple[str, ...]:
    """Return the path of a zip's member in parts, or () if it isn't the path of a file in the zip."""
    name = name.replace("\\", "/").removeprefix("./")  # tools for Windows may write the former, and tar the latter
    path = tuple(name.split("/"))
    strange = any(part in ("", ".", "..") or ":" in part or "\0" in part for part in path)
    return () if strange else path


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int = MOST_BYTES) -> bytes:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("is a link" if kind == stat.S_IFLNK else "isn't a regular file")
    if member.flag_bits & 1:
        raise Refused("is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("is packed in an unusual way")
    try:
        with archive.open(member) as file:
            return _at_most(file, most)
    except Refused:
        raise
    except Exception:  # a malicious file may fail in any way
        raise Refused("can't be unpacked") from None
