"""Who is in the class: a table of students, and which submission is whose."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.record import visible
from parley.grading.csv_in_place import read_sheet
from parley.grading.intake import Submission

# the names that a column may have, in small letters and without spaces, underlines and hyphens
COLUMNS = {
    "id": ("id", "studentid", "number", "studentnumber", "username", "user", "login", "sid", "sisloginid", "key"),
    "name": ("name", "student", "fullname", "studentname"),
    "first": ("firstname", "first", "givenname"),
    "last": ("lastname", "last", "surname", "familyname"),
    "email": ("email", "mail", "emailaddress"),
}


@dataclass(frozen=True)
class Student:
    """A student as the roster has it; `id` or `name` is there, `email` may be ""."""

    id: str
    name: str
    email: str = ""

    @property
    def shown(self) -> str:
        """What to call this student."""
        return self.name or self.id


def read_roster(path: str | Path) -> list[Student]:
    """The students in a roster: a CSV file whose first line names its columns (id, name, email, for example).

    Raises BadInput if it is no such file, or if two students have the same id.
    """
    rows = [row for row in read_sheet(path).rows if any(cell.strip() for cell in row)]
    columns = columns_of(rows[0]) if rows else {}
    if not {"id", "name", "first", "last"} & set(columns):
        raise BadInput(f"{path} is no roster: its first line has to name its columns, id and name among them.")
    students = [_student(columns, row) for row in rows[1:]]
    seen: set[str] = set()
    for student in students:
        if student.id and student.id in seen:
            raise BadInput(f"{path} has two students with the id {visible(student.id)}.")
        seen.add(student.id)
    return [student for student in students if student.shown]


def columns_of(head: Sequence[str]) -> dict[str, int]:
    """Where the columns are: {one of COLUMNS: index}. `head`: their titles."""
    titles = [re.sub(r"[\s_-]", "", title).lower() for title in head]
    found = {}
    for what, names in COLUMNS.items():
        known = [titles.index(name) for name in names if name in titles]
        if known:
            found[what] = known[0]
    return found


def _student(columns: Mapping[str, int], row: Sequence[str]) -> Student:
    def cell(what: str) -> str:
        at = columns.get(what, len(row))
        return visible(row[at].strip()) if at < len(row) else ""

    name = cell("name") or " ".join(part for part in (cell("first"), cell("last")) if part)
    return Student(cell("id"), name, cell("email"))


def match(students: Iterable[Student], submissions: Iterable[Submission]) -> tuple[dict[str, Student], list[str]]:
    """Which submission is whose: {key of a submission: Student}, and sentences about what fits nowhere.

    A submission fits a student if its name or its number is the student's id, name (in either order of its parts) or
    email, whatever the capitals, accents and spaces are. One that fits several students is nobody's.
    """
    whose: defaultdict[str, set[Student]] = defaultdict(set)
    for student in students:
        for word in words_of(student):
            whose[word].add(student)
    matched: dict[str, Student] = {}
    sentences = []
    for submission in submissions:
        fits = whose[comparable(submission.name)] or whose[comparable(submission.number)]
        if len(fits) == 1:
            matched[submission.key] = next(iter(fits))
        else:
            why = "fits several students of the roster" if fits else "is not in the roster"
            sentences.append(f"{submission.source} {why}.")
    return matched, sentences


def words_of(student: Student) -> set[str]:
    """The words by which a submission or a line of another table may name this student, made plain."""
    parts = student.name.replace(",", " ").split()
    texts = [student.id, student.name, "".join(parts[1:] + parts[:1]), "".join(parts[-1:] + parts[:-1])]
    texts += [student.email, student.email.partition("@")[0]]
    return {comparable(text) for text in texts} - {""}


def comparable(text: str) -> str:
    """A text by which names are compared: letters and digits only, without accents and capitals."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
