"""What a class handed in: read once into memory, and never trusted.

Read only the programs of the stages, by an allow-list of names. Count and name all other files. Unclear work gets a
reason (`unclear`): a person must look at it, and until then it isn't a 0.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput, Refused
from parley.contract.handed_in import is_module
from parley.contract.record import visible
from parley.grading.archives import MOST_BYTES, Entry, Unpacking, is_archive, named, without_debris
from parley.grading.platforms import PersonNamed, Upload, uploads
from parley.stages import Stage

MOST_TOGETHER = 4 * 1024**2  # bytes of one submission
MOST_FILES = 50  # files read for one stage
MOST_MODULES = 500  # files of one stage to examine, and to name if they aren't read
MOST_SUBMISSIONS = 5_000
MOST_HOMES = 10  # folders of one stage to compare
MOST_LETTERS = 60  # characters of a folder's name to examine
EACH_ALONE = "each is graded on its own."  # if nothing says which one counts
MOST_KEY = 120  # bytes of a key in UTF-8: file names have at most 255, and more is added to it

NOT_WORK = {"tests", "solutions", "edition"}  # folders of a whole project that aren't for student work
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # reserved file names on Windows
DOCSTRING = re.compile(r'\A\s*("""|\'\'\').*?\1', re.DOTALL)

Home = tuple[str, ...]  # the folder of a stage's programs: its path in parts


@dataclass
class Submission:
    """What one student (or a group) handed in.

    `key`: a safe name for files; `name`: the student, by the name of the folder or zip; `source`: that folder or zip;
    `number`: the platform's number in its name, or ""; `people`: its authors according to the platform; `stages`:
    {stage name: {file name: bytes}}; `missing`: names of stages; `unclear`: {stage name: why a person must look at it};
    `ignored` and `notes`: sentences, safe to show; `empty`: nothing is in it; `trouble`: why it couldn't be read, if
    that isn't the student's fault; `handed_in`, `late` and `path`: see parley.grading.platforms.Upload.
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
    people: tuple[PersonNamed, ...] = ()
    unclear: dict[str, str] = field(default_factory=dict)
    handed_in: datetime | None = None
    late: bool = False
    path: Path | None = None

    def needs_a_look(self, wanted: Iterable[str], reason: str) -> None:
        """Note why a person must look at these stages, unless something was noted before."""
        for name in wanted:
            self.unclear.setdefault(name, reason)


def read_all(
    place: Path, wanted: Sequence[Stage] = stages.STAGES, leave_out: Sequence[Path] = (), *, single: bool = False
) -> tuple[list[Submission], list[str]]:
    """Read all submissions in a folder or a zip. Return (list of Submission, sentences about the other files).

    `wanted`: the stages; `leave_out`: paths that aren't submissions; `single`: it contains one student's folder, and
    isn't a platform's download. Raise BadInput if it doesn't exist or has no submissions.
    """
    with contextlib.ExitStack() as stack:
        found, others = uploads(place, stack, leave_out, single=single)
        if not 0 < len(found) <= MOST_SUBMISSIONS:
            what = f"more than {MOST_SUBMISSIONS:,}" if found else "no"
            shown = visible(str(place))
            raise BadInput(
                f"{shown} contains {what} submissions. It must contain a folder or zip file for each student."
            )
        sentences = [f"Not read, because they are neither folders nor zip files: {named(others)}."] if others else []
        return with_keys([_submission(upload, wanted) for upload in found]), sentences


def _submission(upload: Upload, wanted: Sequence[Stage]) -> Submission:
    person = upload.people[0]
    found = Submission(
        name=" and ".join(one.shown for one in upload.people),
        source=visible(upload.source),
        number=person.number,
        people=upload.people,
        handed_in=upload.handed_in,
        late=upload.late,
        path=upload.path,
    )
    names = [stage.name for stage in wanted]
    try:
        with Unpacking(found.ignored.append) as unpacking:
            _choose(found, _files(upload, unpacking), wanted, unpacking.closed)
    except Refused as refused:
        found.notes.append(f"{found.source} {refused}.")
        found.needs_a_look(names, found.notes[-1])
    except OSError as error:
        found.stages.clear()
        found.trouble = f"{found.source} couldn't be read: {error.strerror or error}."
    return found


def _files(upload: Upload, unpacking: Unpacking) -> list[Entry]:
    """Return the files that were handed in. If there's only one zip, return its files."""
    entries = without_debris(upload.entries())
    if len(entries) == 1 and is_archive(entries[0].name):
        try:
            return unpacking.all_files(unpacking.opened(entries[0]), 1)
        except Refused as refused:
            if entries[0].name == upload.source:
                raise
            raise Refused(f"holds {entries[0].shown}, which {refused}") from None
    return unpacking.all_files(entries)


# Which files of a submission count


def _choose(found: Submission, entries: Sequence[Entry], wanted: Sequence[Stage], closed: Sequence[str]) -> None:
    """Read the files of the stages, and note what is missing, skipped or unclear."""
    found.empty = not entries and not closed
    found.ignored += [f"{named(closed)}."] if closed else []
    work = [entry for entry in entries if not NOT_WORK & set(entry.path[:-1])]
    homes = {stage.name: _home(found, work, stage, alone=len(wanted) == 1) for stage in wanted}
    room = MOST_TOGETHER
    for stage in wanted:
        home = homes[stage.name]
        files = [(below, entry) for entry in work if home is not None and (below := _below(home, entry))]
        if any(entry.path[:-1] == home for _, entry in files):
            read = found.stages[stage.name] = _read_files(found, stage, files, room)
            room -= sum(len(data) for data in read.values())
        _look_for_more(found, stage, homes[stage.name], work)
    found.stages = {name: files for name, files in found.stages.items() if files}
    found.missing = [stage.name for stage in wanted if stage.name not in found.stages]
    if found.empty:
        found.notes.append(f"{found.source} is empty.")
    elif not found.stages:
        which = ", ".join(stage.name for stage in wanted) if len(wanted) < len(stages.STAGES) else "a stage"
        found.notes.append(f"No program of {which} was found. {_what_is_there(entries, closed)}")
    others = [stage for stage in stages.STAGES if stage not in wanted]  # not graded now, so don't mention it
    if closed:
        found.needs_a_look(found.missing, f"{closed[0]}.")
    elif not (found.stages or found.empty or any(_of_stage(entry, stage) for entry in work for stage in others)):
        found.needs_a_look(found.missing, found.notes[-1])
    places = [home for home in homes.values() if home is not None]
    left = [
        entry.shown
        for entry in entries
        if not any(_of_stage(entry, stage) for stage in others)
        and not any(entry in work and _below(home, entry) for home in places)
    ]
    if left:
        found.ignored.append(f"Not read, because they aren't programs of a stage: {named(left)}.")


def _below(home: Home, entry: Entry) -> str:
    """Return the name of a module in a stage's folder, or in a package there: "common/sizes.py", or ""."""
    below = entry.path[len(home) :]
    return "/".join(below) if entry.path[: len(home)] == home and is_module(below) else ""


def _of_stage(entry: Entry, stage: Stage) -> bool:
    """Whether a file is in the folder of this stage."""
    return any(_means(part, stage) for part in entry.path[:-1])


def _means(part: str, stage: Stage) -> bool:
    """Whether a folder of this name is a stage's: 1_echo, 1-Echo, echo, Stage 1, 1_echo (1), 1_echo.zip."""
    number, _, word = stage.name.partition("_")
    return _plainly(part[:MOST_LETTERS]) in (word, number + word, f"stage{number}", f"stage{number}{word}")


@lru_cache(4096)
def _plainly(part: str) -> str:
    """Return the name of a folder in small letters and digits, without a suffix that an OS adds to copies."""
    name = re.sub(r"( - copy)?( ?\(\d+\))?(\.zip)?$", "", part.casefold())
    return re.sub(r"[\W_]", "", name)


def _programs_of(stage: Stage) -> set[str]:
    return {f"{program}.py" for program in stage.programs}


def _home(found: Submission, entries: Sequence[Entry], stage: Stage, alone: bool) -> Home | None:
    """Return the folder of a stage's programs, or None.

    If only one stage is graded (`alone`), its programs needn't be in a folder.
    """
    programs = _programs_of(stage)
    holds: dict[Home, list[Entry]] = {}
    for entry in entries:
        if entry.name.casefold() in programs:
            holds.setdefault(entry.path[:-1], []).append(entry)
    homes = [path for path in holds if path and _means(path[-1], stage)]
    if alone and not homes:
        homes = [path for path in holds if not any(_means(part, other) for part in path for other in stages.STAGES)]
    # in a whole project, the student's work is in exercises/
    homes.sort(key=lambda path: (path[-1:] != (stage.name,), "exercises" not in path, len(path), path))
    if len(homes) > 1:
        homes = _the_one(found, stage, homes, holds)
    if homes and homes[0] and homes[0][-1] != stage.name and _means(homes[0][-1], stage):
        found.notes.append(f"{visible('/'.join(homes[0]))} counts as {stage.name}.")
    return homes[0] if homes else None


def _the_one(found: Submission, stage: Stage, homes: Sequence[Home], holds: dict[Home, list[Entry]]) -> list[Home]:
    """Return several folders of a stage, with the one that counts first, and note that. If nothing shows which one
    counts, it's unclear.
    """
    if len(homes) > MOST_HOMES:
        found.needs_a_look([stage.name], f"There are {len(homes):,} folders of {stage.name}.")
        return list(homes)
    texts = {path: _texts(holds[path]) for path in homes}
    begun = [path for path in homes if any(map(_is_begun, texts[path].values()))] or list(homes)
    different = [path for path in begun if texts[path] != texts[begun[0]]]
    first, *others = (visible("/".join(path) or found.source) for path in (*begun, *(set(homes) - set(begun))))
    if others:
        found.notes.append(f"There are {len(homes)} folders of {stage.name}: {first} counts, {named(others)} doesn't.")
    in_exercises = ["exercises" in path for path in begun]
    if different and (in_exercises[0], sum(in_exercises)) != (True, 1):
        places = named([visible("/".join(path) or found.source) for path in begun])
        found.needs_a_look(
            [stage.name], f"There are {len(begun)} folders of {stage.name} with different programs: {places}."
        )
    return begun


def _texts(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Return the content of some programs, as far as it can be read, ignoring newline styles."""
    texts = {}
    for entry in entries:
        with contextlib.suppress(Refused):
            texts[entry.name.casefold()] = entry.read(MOST_BYTES).replace(b"\r\n", b"\n")
    return texts


def _is_begun(data: bytes) -> bool:
    """Whether a program has more than comments, docstrings and headings of functions."""
    text = DOCSTRING.sub("", data.decode(errors="replace"))
    lines = [line.strip() for line in text.splitlines()]
    return any(line and not line.startswith(("#", "def ", '"""', "'''")) for line in lines)


def _look_for_more(found: Submission, stage: Stage, home: Home | None, entries: Sequence[Entry]) -> None:
    """Note a missing program if another file may be it: a person must look."""
    missing = {name for name in _programs_of(stage) if name not in found.stages.get(stage.name, {})}
    others = [other for other in stages.STAGES if other != stage]
    near = [
        entry
        for entry in entries
        if (_of_stage(entry, stage) or (home is not None and not any(_of_stage(entry, other) for other in others)))
        and (*entry.path[:-1], entry.name.casefold()) not in {(*(home or ()), name) for name in _programs_of(stage)}
        and any(_may_be(entry.name, name) for name in missing)
    ]
    if near:
        lacks = " and no ".join(sorted(missing))
        reason = f"{stage.name} has no {lacks}, but there is {named([entry.shown for entry in near])}."
        found.needs_a_look([stage.name], reason)


def _may_be(file: str, program: str) -> bool:
    """Whether a file may be a renamed version of this program: "Server (1).py", "my_server.py.txt", a notebook."""
    name, word = file.casefold(), program.removesuffix(".py")
    return name.endswith(".ipynb") or (word in name and name.endswith((".py", ".txt", ".pyw")))


def _what_is_there(entries: Sequence[Entry], closed: Sequence[str]) -> str:
    folders = sorted({visible("/".join(entry.path[:-1])) for entry in entries} - {""})
    files = sorted({visible(entry.name) for entry in entries})
    there = [f"folders {named(folders)}"] if folders else []
    there += [f"files {named(files)}"] if files else []
    there += [named(closed)] if closed else []
    return f"What was found: {'; '.join(there)}."


def _read_files(found: Submission, stage: Stage, files: list[tuple[str, Entry]], room: int) -> dict[str, bytes]:
    """Read these modules, given as pairs (name below the stage's folder, Entry). Return {name: bytes}, at most `room`
    bytes.
    """
    programs = _programs_of(stage)
    files.sort(key=lambda file: (file[0].casefold() not in programs, file[0]))
    times = Counter(name.casefold() for name, _ in files)
    read: dict[str, bytes] = {}
    if len(files) > MOST_MODULES:
        found.notes.append(f"{stage.name} has {len(files):,} modules, more than {MOST_MODULES}: none of them was read.")
        found.needs_a_look([stage.name], found.notes[-1])
        return {}
    for given, entry in files:
        name = given.casefold() if given.casefold() in programs else given
        try:
            if times[given.casefold()] > 1:
                raise Refused("appears more than once (possibly in small and capital letters)")
            if len(read) == MOST_FILES:
                raise Refused(f"is one file more than {MOST_FILES}")
            data = entry.read(MOST_BYTES)
            if len(data) > room:
                raise Refused("is too much: all files together are too large")
        except Refused as refused:
            found.ignored.append(f"{entry.shown} {refused}: not read.")
            if name in programs:
                found.needs_a_look([stage.name], found.ignored[-1])
            continue
        room -= len(data)
        read[name] = data
        if name != given:
            found.notes.append(f"{entry.shown} counts as {name}.")
        found.notes.extend(_odd_text(entry.shown, data))
        module = given.partition("/")[0].removesuffix(".py")
        if module in sys.stdlib_module_names:
            found.notes.append(f"{entry.shown} shadows Python's own module: import {module} finds this file instead.")
    # helpers without a program don't count
    return read if programs & set(read) else {}


def _odd_text(shown: str, data: bytes) -> Iterator[str]:
    """Return a sentence about a source that Python can't read as text."""
    if b"\0" in data:
        yield f"{shown} has NUL bytes in it, as in UTF-16: Python needs UTF-8."
    elif b"coding" not in b"".join(data.splitlines()[:2]):
        try:
            data.decode()
        except UnicodeDecodeError:
            yield f"{shown} isn't UTF-8 and doesn't name its encoding: Python can't read it."


# Names


def with_keys(submissions: list[Submission]) -> list[Submission]:
    """Give each submission its key: its student's name made safe, and unique on any system."""
    for submission in submissions:
        submission.key = safe_name(submission.name)
    times = Counter(submission.key.casefold() for submission in submissions)
    for submission in submissions:
        if times[submission.key.casefold()] > 1:
            sentence = f"isn't the only submission of {submission.name}: {EACH_ALONE}"
            submission.notes.append(f"{submission.source} {sentence}")
            submission.key += "-" + hashlib.sha256(submission.source.encode(errors="surrogateescape")).hexdigest()[:8]
    return submissions


def safe_name(text: str) -> str:
    """Return a text as a file name that works on any system, in any shell and page."""
    kept = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", text)).strip("-._")
    kept = kept.encode(errors="replace")[:MOST_KEY].decode(errors="ignore").rstrip("-._")
    if not kept:
        return "student-" + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"student-{kept}" if RESERVED.fullmatch(kept) else kept
