"""The rows of a CSV file that a person keeps: cells by heading, their line, and the student meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.record import harmless
from parley.grading.class_file import ClassStudent
from parley.grading.csv_in_place import read_sheet
from parley.grading.roster import Student, columns_of, comparable, words_of

WHO = ("id", "email", "name")  # headings that identify a student, the surest first


@dataclass(frozen=True)
class Row:
    """One row. `cells`: {heading, in small letters, without spaces: text}; `who`: texts that identify the student, the
    surest first; `where`: the file and the line.
    """

    cells: Mapping[str, str]
    who: tuple[str, ...]
    where: str

    def text(self, *headings: str) -> str:
        """Return the text under the first of these headings that the file has, or ""."""
        return next((self.cells[heading] for heading in headings if heading in self.cells), "")

    def wrong(self, sentence: str) -> BadInput:
        """Return an error that says what is wrong with this row."""
        return BadInput(f"{self.where}: {sentence}")

    def whose(self, students: Iterable[ClassStudent]) -> str:
        """Return the key of the student meant. Raise BadInput for none of these, or more than one."""
        listed = list(students)
        for text in self.who:
            word = comparable(text)
            fits = [student.key for student in listed if word in _words(student)]
            if len(fits) == 1:
                return fits[0]
            if fits:
                raise self.wrong(f"{harmless(text, 60)!r} is more than one student in these grades. Use the id.")
        raise self.wrong(f"{harmless(', '.join(self.who), 60)!r} isn't a student in these grades.")


def read_rows(path: Path, needs: Sequence[str], what: str) -> list[Row]:
    """Return the rows of a CSV file whose first line has the headings.

    `needs`: required headings, in addition to one that identifies the student; `what`: what the file should be, for the
    error. Raise BadInput.
    """
    sheet = read_sheet(path)
    filled = [at for at, row in enumerate(sheet.rows) if any(cell.strip() for cell in row)]
    titles = [re.sub(r"[\s_-]", "", title).lower() for title in sheet.rows[filled[0]]] if filled else []
    columns = columns_of(titles)
    who = [columns[name] for name in WHO if name in columns]
    if not who or any(need not in titles for need in needs):
        known = ", ".join(("student", *needs))
        raise BadInput(f"{path} has no {what}. Its first line must name the columns {known}.")
    rows = []
    for at in filled[1:]:
        texts = [cell.strip() for cell in sheet.rows[at]]
        where = f"{path}, line {sheet.lines[at]}"
        if len(texts) > len(titles):
            raise BadInput(f"{where}: It has more cells than the first line. Put texts with a comma in quotes.")
        names = tuple(texts[column] for column in who if column < len(texts) and texts[column])
        rows.append(Row(dict(zip(titles, texts, strict=False)), names, where))
    return rows


def _words(student: ClassStudent) -> set[str]:
    return words_of(Student(student.id, student.name, student.email)) | {comparable(student.key)}
