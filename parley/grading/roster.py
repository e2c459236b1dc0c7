"""The class: a table of students, and whose each submission is. Never guess among several."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.record import visible
from parley.grading.csv_in_place import read_sheet
from parley.grading.intake import Submission
from parley.grading.platforms import PersonNamed

# the names that a column can have, in small letters and without spaces, underscores and hyphens. Of several columns for
# one thing, the first non-empty one counts
COLUMNS = {
    "id": (
        *("id", "studentid", "number", "studentnumber", "idnumber", "username", "user", "login", "sid"),
        *("sisuserid", "sisloginid", "key", "identifier", "rosteridentifier"),
    ),
    "name": ("name", "student", "fullname", "studentname"),
    "first": ("firstname", "first", "givenname"),
    "last": ("lastname", "last", "surname", "familyname"),
    "email": ("email", "mail", "emailaddress"),
    "number": ("identifier", "participant", "sisuserid", "idnumber", "sid", "id"),  # a platform's number
    "login": ("login", "loginid", "sisloginid", "username", "user", "githubusername", "github"),
    "section": ("section", "sections"),
    "group": ("group", "team", "groupname"),
}
COUNTED = re.compile(r"\D+ (\d+)")  # Moodle's Participant 123, in any language


@dataclass(frozen=True)
class Student:
    """A student as in the roster. It has `id` or `name`; all other fields may be "".

    `numbers`, `logins`: their possible names on platforms, normalized; `section`, `group`: as in the roster.
    """

    id: str
    name: str
    email: str = ""
    section: str = ""
    group: str = ""
    numbers: frozenset[str] = frozenset()
    logins: frozenset[str] = frozenset()

    @property
    def shown(self) -> str:
        """The name to show for this student."""
        return self.name or self.id


@dataclass(frozen=True)
class Matching:
    """Whose each submission is.

    `authors`: {key of a submission: its authors}; `unclear`: {key of a submission: why its author is unknown};
    `in_doubt`: {student without a submission: why an unclear one may be theirs}; `left_out`: keys of submissions that
    belong to no one; `notes`: sentences.
    """

    authors: Mapping[str, tuple[Student, ...]]
    unclear: Mapping[str, str]
    in_doubt: Mapping[Student, str]
    left_out: frozenset[str] = frozenset()
    notes: tuple[str, ...] = field(default=())


def read_roster(path: str | Path) -> list[Student]:
    """Return the students in a roster: a CSV file whose first line names its columns (such as id, name, email).

    A platform's own list works too: Moodle's grading worksheet, Canvas's gradebook, the roster of Gradescope or GitHub
    Classroom. Raise BadInput for any other file, or if two students have the same id.
    """
    rows = [row for row in read_sheet(path).rows if any(cell.strip() for cell in row)]
    columns = _all_columns(rows[0]) if rows else {}
    if not {"id", "name", "first", "last"} & set(columns):
        raise BadInput(f"{path} isn't a roster. Its first line must name the columns, with id and name among them.")
    students = [_student(columns, row) for row in rows[1:] if not _is_of_canvas(row)]
    seen: set[str] = set()
    for student in students:
        if student.id and student.id in seen:
            raise BadInput(f"{path} has two students with the id {visible(student.id)}.")
        seen.add(student.id)
    return [student for student in students if student.shown]


def _is_of_canvas(row: Sequence[str]) -> bool:
    """Whether a row of a gradebook isn't a student's: points possible, or the test student."""
    return "Points Possible" in row[0] or row[0] == "Student, Test"


def columns_of(head: Sequence[str]) -> dict[str, int]:
    """Return where the columns are: {one of id, name, first, last, email: index}. `head`: their titles."""
    known = _all_columns(head)
    return {what: known[what][0] for what in ("id", "name", "first", "last", "email") if what in known}


def _all_columns(head: Sequence[str]) -> dict[str, list[int]]:
    titles = [re.sub(r"[\s_-]", "", title).lower() for title in head]
    found = {what: [titles.index(name) for name in names if name in titles] for what, names in COLUMNS.items()}
    return {what: places for what, places in found.items() if places}


def _student(columns: Mapping[str, Sequence[int]], row: Sequence[str]) -> Student:
    def cells(what: str) -> list[str]:
        listed = [row[at].strip() for at in columns.get(what, ()) if at < len(row)]
        return [visible(text) for text in listed if text]

    def cell(what: str) -> str:
        return next(iter(cells(what)), "")

    name = cell("name") or " ".join(part for part in (cell("first"), cell("last")) if part)
    numbers = {text for number in cells("number") for text in (number, *COUNTED.findall(number))}
    return Student(
        cell("id"),
        name,
        cell("email"),
        cell("section"),
        cell("group"),
        frozenset(map(comparable, numbers)),
        frozenset(login.casefold() for login in cells("login")),
    )


# Whose each submission is


def match(
    students: Sequence[Student],
    submissions: Iterable[Submission],
    authors: Mapping[str, Sequence[Student]] | None = None,
) -> Matching:
    """Return whose each submission is, by number, then login, then address, then name, then the name of a group.

    Ignore capitals, accents and spaces in names. A submission that fits several students stays unmatched, and so does
    one whose number and name fit different students. `authors`: {name of a folder or zip: its authors}, written by a
    person, which takes priority.
    """
    said = {_plain_source(source): tuple(known) for source, known in (authors or {}).items()}
    whose: dict[str, tuple[Student, ...]] = {}
    unclear: dict[str, str] = {}
    left_out: set[str] = set()
    maybe: dict[Student, str] = {}
    lost: list[str] = []
    notes: list[str] = []
    for submission in submissions:
        if (known := said.pop(_plain_source(submission.source), None)) is not None:
            if known:
                whose[submission.key] = known
            else:
                left_out.add(submission.key)
            continue
        people = submission.people or (PersonNamed(submission.name, submission.number, label=submission.name),)
        found: list[Student] = []
        for person in people:
            fits, doubt = _fits(person, students)
            if not doubt:
                found += [student for student in fits if student not in found]
                continue
            who = f"{submission.source} " if len(people) == 1 else f"{visible(person.shown)}, of {submission.source}, "
            notes.append(f"{who}{doubt}.")
            maybe |= dict.fromkeys(fits, notes[-1])
            lost += [] if fits else [submission.source]
        if found:
            whose[submission.key] = tuple(found)
        else:
            unclear[submission.key] = notes[-1]
    taken = {student for known in whose.values() for student in known}
    if lost:
        which = "one submission" if len(lost) == 1 else f"{len(lost)} submissions"
        sentence = f"Nothing under this name, but {which} couldn't be matched to any student: {', '.join(lost[:8])}."
        maybe = dict.fromkeys(students, sentence) | maybe
    notes += [f"There's no submission {visible(source)}, but authors are named for it." for source in said]
    in_doubt = {student: reason for student, reason in maybe.items() if student not in taken}
    return Matching(whose, unclear, in_doubt, frozenset(left_out), tuple(notes))


def _fits(person: PersonNamed, students: Sequence[Student]) -> tuple[list[Student], str]:
    """Return the students whom a platform may mean by this person, and why that's unclear, or ""."""
    levels = [
        [student for student in students if _by_number(person, student)],
        _by_login(person, students),
        [student for student in students if person.email and student.email.casefold() == person.email.casefold()],
        [student for student in students if _by_name(person, student)],
    ]
    fits = next((level for level in levels if level), [])
    for level in levels:  # a later key may distinguish students that an earlier one doesn't
        fits = [student for student in fits if student in level] or fits if len(fits) > 1 else fits
    if not fits:
        wanted = comparable(person.label or person.name)
        group = [student for student in students if student.group and comparable(student.group) == wanted]
        return group, "" if group else "isn't in the roster"
    if len(fits) > 1:
        return fits, f"fits several students of the roster: {', '.join(_told(student) for student in fits[:8])}"
    others = [student for level in levels if level and fits[0] not in level for student in level]
    if others:
        return [*fits, *others], f"fits {_told(fits[0])} by one thing and {_told(others[0])} by another"
    return fits, ""


def _told(student: Student) -> str:
    return f"{student.name} ({student.id})" if student.name and student.id else student.shown


def _by_number(person: PersonNamed, student: Student) -> bool:
    numbers = {comparable(text) for text in (person.number, person.label) if text}
    return bool(numbers & (student.numbers | {comparable(student.id)}) - {""})


def _by_login(person: PersonNamed, students: Sequence[Student]) -> list[Student]:
    """Return whose login this is. A clone is called project-login, so the longest login that fits counts."""
    whole = {text.casefold() for text in (person.login, person.label, person.name) if text}
    front = () if person.number or person.email else (person.label.casefold(),)
    fits: list[tuple[int, Student]] = []
    for student in students:
        address = student.email.partition("@")[0].casefold()
        mine = {*student.logins, student.id.casefold(), address} - {""}
        length = max((len(login) for login in mine if login in whole), default=0)
        behind = (len(login) for login in student.logins for text in front if text.endswith(f"-{login}"))
        if most := max(length, *behind, 0):
            fits.append((most, student))
    longest = max((length for length, _ in fits), default=0)
    return [student for length, student in fits if length == longest]


def _by_name(person: PersonNamed, student: Student) -> bool:
    """Whether this is the student's name, in either order of its parts, possibly after a team and a hyphen."""
    if not (person.name or person.label):
        return False
    parts = (person.label or person.name).split("-")
    names = {comparable(person.name), *(comparable("-".join(parts[at:])) for at in range(len(parts)))} - {""}
    return bool(names & words_of(student))


def _plain_source(source: str) -> str:
    return unicodedata.normalize("NFC", source).casefold().removesuffix(".zip").rstrip("/")


def read_authors(path: str | Path, students: Sequence[Student]) -> dict[str, list[Student]]:
    """Return whose a submission is, from a CSV file with the columns submission and id (or name, email).

    Each author has a row. An empty cell says that the submission belongs to no one. Return {name of a folder or zip:
    authors}. Raise BadInput.
    """
    rows = [row for row in read_sheet(path).rows if any(cell.strip() for cell in row)]
    titles = [title.strip().lower() for title in rows[0]] if rows else []
    who = set(columns_of(titles).values())
    if "submission" not in titles or not who:
        raise BadInput(f"{path} names no authors. Its first line must name the columns submission and id.")
    authors: dict[str, list[Student]] = {}
    for row in rows[1:]:
        source = row[titles.index("submission")].strip() if titles.index("submission") < len(row) else ""
        words = {comparable(row[at]) for at in who if at < len(row)} - {""}
        fits = [student for student in students if words & words_of(student)]
        if not source or (words and len(fits) != 1):
            which = "more than one student" if fits else "no student"
            what = "no submission is named" if not source else f"this is {which} of the roster"
            raise BadInput(f"{path}: {visible(', '.join(row))}: {what}.")
        authors.setdefault(source, []).extend(fits)
    return authors


def words_of(student: Student) -> set[str]:
    """Return the normalized words by which a submission or another table's line may name this student."""
    parts = student.name.replace(",", " ").split()
    texts = [student.id, student.name, "".join(parts[1:] + parts[:1]), "".join(parts[-1:] + parts[:-1])]
    texts += [student.email, student.email.partition("@")[0]]
    return {comparable(text) for text in texts} - {""}


def comparable(text: str) -> str:
    """Return a name normalized for comparison: only letters and digits, without accents and capitals."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
