"""The downloads of learning platforms: the files, author and time of each hand-in.

Read a download unchanged: a zip or a folder, with or without an extra folder around everything.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from parley import stages
from parley.contract.errors import BadInput, Refused
from parley.contract.record import visible
from parley.grading.archives import (
    Entry,
    Unpacking,
    file_at,
    in_folder,
    in_zip,
    is_archive,
    is_zip,
    open_plainly,
    without_debris,
)

METADATA = "submission_metadata.yml"  # of Gradescope's export
MOST_METADATA = 32 * 1024**2  # bytes of it
MOST_FOLDERS = 3  # nested folders around a whole download

# How learning platforms name files in their downloads. `file`: the student's name for it.
MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(file|onlinetext)(_(?P<file>.*))?", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)", re.DOTALL)
BLACKBOARD = re.compile(
    r".+_(?P<login>[^_]+)_attempt_(?P<when>\d{4}(-\d\d){5})(_(?P<file>.*)|\.txt)?", re.DOTALL
)  # Chat_anna_attempt_2026-11-20-10-00-00_project.zip
FORMS = (MOODLE, CANVAS, BLACKBOARD)
# Canvas adds a number to the name of a file that is handed in again: server-1.py is server.py
AGAIN = re.compile(r"-(?P<times>\d{1,4})(?P<end>\.\w{1,9})\Z")


@dataclass(frozen=True)
class PersonNamed:
    """A person as a platform names them. Unknown fields are "".

    `label`: a name that may contain more than the student's own, such as chat-annabell (the login) or Team 1-Anna Bell.
    """

    name: str = ""
    number: str = ""
    login: str = ""
    email: str = ""
    label: str = ""

    @property
    def shown(self) -> str:
        """What to call them."""
        return self.name or self.label or self.login or self.email or self.number


@dataclass(frozen=True)
class Upload:
    """One hand-in: its unchanged files, and the platform's data about it.

    `source`: the name of the folder or file (the first of them); `handed_in`: when (without a time zone if the platform
    names none), or None if unknown; `late`: whether the platform calls it late; `entries()`: lists the files, and
    raises Refused and OSError; `path`: where it is on this disk, None inside a zip.
    """

    source: str
    people: tuple[PersonNamed, ...]
    entries: Callable[[], Iterable[Entry]]
    handed_in: datetime | None = None
    late: bool = False
    path: Path | None = None


@dataclass(frozen=True)
class Item:
    """A file or a folder in the folder (or the zip) of a class. `entries()`: the files in it, or the file itself."""

    name: str
    is_folder: bool
    entries: Callable[[], Iterable[Entry]]
    on_disk: Path | None = None


def uploads(
    place: Path, stack: contextlib.ExitStack, leave_out: Sequence[Path] = (), *, single: bool = False
) -> tuple[list[Upload], list[str]]:
    """Return the hand-ins in a folder or a zip, and the names of its other files. `stack`: closes files that must stay
    open.

    `leave_out`: paths that aren't hand-ins; `single`: the folder is one student's, without a platform's structure.
    Raise BadInput if there are no hand-ins.
    """
    items = _items(place, stack, leave_out)
    if single:
        return [Upload(item.name, (PersonNamed(item.name),), item.entries, path=item.on_disk) for item in items], []
    for _ in range(MOST_FOLDERS):
        if not (inner := _inside(items, stack)):
            break
        items = inner
    metadata = next((item for item in items if item.name == METADATA), None)
    if metadata:
        found = list(_of_gradescope(metadata, items))
    else:
        handed_in = [item for item in items if item.is_folder or is_archive(item.name) or _form_of(item)]
        found = list(_by_names(handed_in))
    known = {upload.source for upload in found}
    forms = {item.name for item in items if _form_of(item)}
    return found, [visible(item.name) for item in items if item.name not in known | forms | {METADATA}]


# Contents


def must_be_there(place: Path) -> None:
    """Raise BadInput if the path that the teacher named doesn't exist."""
    if not place.exists():
        shown = visible(str(place))
        raise BadInput(f"{shown} doesn't exist. Name a folder that contains a folder or zip file for each student.")


def _items(place: Path, stack: contextlib.ExitStack, leave_out: Sequence[Path]) -> list[Item]:
    must_be_there(place)
    shown = visible(str(place))
    if not place.is_dir():
        if not is_zip(place.name):
            raise BadInput(
                f"{shown} is neither a folder nor a zip file. Name one with a folder or zip file for each student."
            )
        try:
            return _in_a_zip(without_debris(in_zip(stack.enter_context(open_plainly(place)), stack, lambda _: None)))
        except Refused as refused:
            raise BadInput(f"{shown} {refused}. Unpack it, and name the folder.") from None
    names = sorted(name for name in os.listdir(place) if not name.startswith("."))
    if any(stage.name in names for stage in stages.STAGES):
        raise BadInput(f"{shown} contains the stages of one student. Name the folder above it.")
    out = [os.path.realpath(path) for path in leave_out]
    return [_on_disk(place / name) for name in names if os.path.realpath(place / name) not in out]


def _on_disk(path: Path) -> Item:
    def entries() -> Iterable[Entry]:
        if path.is_symlink():
            raise Refused("is a link, and no link is followed")
        return in_folder(path) if path.is_dir() else [file_at(path, (path.name,))]

    return Item(path.name, path.is_dir() or path.is_symlink(), entries, path)


def _in_a_zip(entries: Iterable[Entry]) -> list[Item]:
    """Return the top-level items of a zip, from the files in it."""
    files: dict[str, list[Entry]] = {}
    for entry in entries:
        files.setdefault(entry.path[0], []).append(entry)
    items = []
    for name, inside in sorted(files.items()):
        is_folder = any(len(entry.path) > 1 for entry in inside)
        if is_folder:
            inside = [Entry(entry.path[1:], entry.read) for entry in inside if len(entry.path) > 1]
        items.append(Item(name, is_folder, lambda inside=inside: inside))  # type: ignore[misc]
    return items


def _inside(items: Sequence[Item], stack: contextlib.ExitStack) -> list[Item]:
    """Return the contents of the only item here, if that's the download of a class and not a submission itself."""
    candidates = [item for item in items if item.is_folder or is_zip(item.name)]
    if len(candidates) != 1 or _form_of(candidates[0]) or METADATA in (item.name for item in items):
        return []
    (only,) = candidates
    with contextlib.suppress(Refused, OSError):
        if only.is_folder and only.on_disk:
            if only.on_disk.is_symlink():
                return []
            inner = [_on_disk(path) for path in sorted(only.on_disk.iterdir()) if not path.name.startswith(".")]
        elif only.is_folder:
            inner = _in_a_zip(only.entries())
        else:
            (file,) = only.entries()
            unpacking = stack.enter_context(Unpacking(lambda _: None))
            inner = _in_a_zip(without_debris(unpacking.opened(file)))
        if _is_class(inner):
            return inner
    return []


def _is_class(items: Sequence[Item]) -> bool:
    """Whether these are hand-ins, and not the parts of one."""
    if any(item.name == METADATA or _form_of(item) for item in items):
        return True
    handed_in = [item for item in items if item.is_folder or is_zip(item.name)]
    if len(handed_in) == 1:  # possibly one more folder
        return len(items) == 1 and handed_in[0].is_folder and _looks_like_class_inside(handed_in[0])
    return len([item for item in handed_in if _has_work(item)]) > 1


def _looks_like_class_inside(item: Item) -> bool:
    with contextlib.suppress(Refused, OSError):
        tops = Counter(entry.path[0] for entry in without_debris(item.entries()) if len(entry.path) > 1)
        return METADATA in tops or any(_form_of(Item(name, True, list)) for name in tops)
    return False


def _has_work(item: Item) -> bool:
    """Whether it's a whole hand-in: a zip, or a folder with a stage's folder or a repository in it."""
    if any(item.name == stage.name for stage in stages.STAGES) or item.name in ("exercises", "solutions", "tests"):
        return False
    if item.on_disk and (item.on_disk / ".git").exists():
        return True
    with contextlib.suppress(Refused, OSError):
        with Unpacking(lambda _: None) as unpacking:
            parts = {part for entry in unpacking.all_files(item.entries()) for part in entry.path}
        return bool(parts & {*(stage.name for stage in stages.STAGES), "server.py", "client.py"})
    return False


# Names


def _stem(item: Item) -> str:
    return item.name.rpartition(".")[0] if not item.is_folder and is_archive(item.name) else item.name


def _form_of(item: Item) -> re.Match[str] | None:
    return next((found for form in FORMS if (found := form.fullmatch(item.name))), None)


def _by_names(items: Sequence[Item]) -> Iterator[Upload]:
    """Return the hand-ins of items that name their authors. Items with the same author belong together."""
    together: dict[tuple[str, ...], list[tuple[Item, re.Match[str] | None]]] = {}
    for item in items:
        form = _form_of(item)
        fields = form.groupdict() if form else {}
        same = (fields.get("name") or fields.get("login"), fields.get("number"), fields.get("when")) if form else ()
        together.setdefault(tuple(word or "" for word in same) or (item.name, "alone"), []).append((item, form))
    blind = _blind_word(form for members in together.values() for _, form in members)
    front = _front([item for item in items if item.on_disk and (item.on_disk / ".git").exists()])
    for members in together.values():
        first, form = members[0]
        if form is None:
            label = _stem(first)
            login = label[len(front) :] if front and label.startswith(front) else ""
            person = PersonNamed(visible(login or label), login=visible(login), label=label)
            yield Upload(first.name, (person,), first.entries, path=first.on_disk)
            continue
        fields = form.groupdict()
        name, number, login = (fields.get(what) or "" for what in ("name", "number", "login"))
        if blind and name.rpartition("-")[2] == blind:
            person = PersonNamed(visible(f"{name} {number}"), number=number)
        else:
            person = PersonNamed(visible(name or login), number, visible(login), label=name)
        late = any(known and known.groupdict().get("late") for _, known in members)
        when = _moment(fields.get("when"))
        yield Upload(first.name, (person,), _files_of(members), when, late, first.on_disk)


def _blind_word(forms: Iterable[re.Match[str] | None]) -> str:
    """Return the word that Moodle writes for hidden names, in its language, or "" if it shows the names."""
    moodle = [form for form in forms if form and form.re is MOODLE]
    words = {form["name"].rpartition("-")[2] for form in moodle}
    if "Participant" in words:
        return "Participant"
    numbers = {form["number"] for form in moodle}
    return words.pop() if len(words) == 1 and len(numbers) > 2 else ""


def _front(repositories: Sequence[Item]) -> str:
    """Return the common beginning of the names of cloned repositories: the name of the assignment, and a hyphen."""
    names = sorted(item.name for item in repositories) or [""]
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(names[0], names[-1], strict=False))
    common = "".join(letter for letter, _ in alike)
    return common[: common.rfind("-") + 1] if len(repositories) > 2 else ""


def _files_of(members: Sequence[tuple[Item, re.Match[str] | None]]) -> Callable[[], Iterable[Entry]]:
    """Return a function that lists the files of these items, with the names that the student gave them."""

    def entries() -> Iterator[Entry]:
        newest: dict[str, tuple[int, Entry]] = {}
        for item, form in members:
            if item.is_folder or form is None:
                yield from item.entries()
                continue
            name = form.groupdict().get("file") or item.name
            times = 0
            if form.re is CANVAS and (again := AGAIN.search(name)):
                name, times = name[: again.start()] + again["end"], int(again["times"])
            (entry,) = item.entries()
            if name not in newest or newest[name][0] < times:
                newest[name] = times, Entry((name,), entry.read, entry.on_disk)
        yield from (entry for _, entry in newest.values())

    return entries


def _moment(text: str | None) -> datetime | None:
    """Return the time in the name of a Blackboard file, which has no time zone."""
    if text:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
    return None


# Gradescope


def _of_gradescope(metadata: Item, items: Sequence[Item]) -> Iterator[Upload]:
    """Return the hand-ins of a Gradescope export. Raise BadInput if its table can't be read."""
    try:
        (entry,) = metadata.entries()
        table = _yaml(entry.read(MOST_METADATA))
    except (Refused, OSError, ValueError) as error:
        raise BadInput(f"{METADATA} can't be read: {error}") from None
    for item in items:
        if item.is_folder or is_archive(item.name):
            known = table.get(_stem(item))
            said = known if isinstance(known, dict) else {}
            listed = said.get(":submitters")
            people = tuple(_submitter(person) for person in listed if isinstance(person, dict)) if listed else ()
            when = said.get(":created_at")
            if isinstance(when, datetime) and when.tzinfo is None:
                when = when.replace(tzinfo=timezone.utc)
            handed_in = when if isinstance(when, datetime) else None
            people = people or (PersonNamed(visible(item.name)),)
            yield Upload(item.name, people, item.entries, handed_in, path=item.on_disk)


def _submitter(known: dict[str, Any]) -> PersonNamed:
    name, number, email = (visible(str(known.get(key) or "").strip()) for key in (":name", ":sid", ":email"))
    return PersonNamed(name, number, email=email)


def _yaml(data: bytes) -> dict[str, Any]:
    """Return the table in a YAML file, ignoring Ruby's own types. Raise ValueError."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads only plain data. The C version is ten times as fast."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    try:
        table = yaml.load(data, Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(f"it isn't YAML ({type(error).__name__}).") from None
    if not isinstance(table, dict):
        raise ValueError("it has no table of submissions.")
    return table
