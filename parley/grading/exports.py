"""grades.json written down as others take it: a sheet that is filled in a new file, or a file for each student."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.contract.record import harmless
from parley.grading import formats
from parley.grading.csv_in_place import read_sheet
from parley.grading.grades import Grades, StudentGrades

SHEETS = ("canvas", "moodle")  # are filled
FILES = ("gradescope", "github")  # are a file for each student
FILLED = "-filled"  # behind the name of a sheet, where nobody says another one


@dataclass
class Exported:
    """What came of it: the `path` of the file or folder, how many students are in it, and who is not (sentences)."""

    path: Path
    students: int = 0
    left: list[str] = field(default_factory=list)


def export(
    form: str,
    folder: Path,
    *,
    into: Path | None = None,
    column: str = "",
    stage: str = "",
    heads: Mapping[str, str] | None = None,
    out: Path | None = None,
) -> Exported:
    """Write the grades in a folder of parley grade in the form of another system; returns what came of it.

    `form`: one of SHEETS or FILES; `into`: the sheet that was downloaded; `column`: of Canvas, the assignment's;
    `stage`: the name of the one stage that counts, all of them where it is empty; `heads`: of Moodle, {what: head} (see
    formats.MOODLE); `out`: where it goes. The sheet itself is not changed, unless `out` is its name. Raises BadInput
    with one sentence for bad input, OSError where nothing can be written.
    """
    grades = Grades.load(folder)
    if stage and stage not in grades.stages:
        raise BadInput(f"{stage} is not in these grades; they have {', '.join(grades.stages)}.")
    if form in FILES:
        if into or column or heads:
            raise BadInput(f"--into, --column and --head go with {' and '.join(SHEETS)}: {form} is a file a student.")
        return _files(form, grades.students, stage, out or folder / form)
    if form not in SHEETS:
        raise BadInput(f"there is no form {form!r}: there are {', '.join((*FILES, *SHEETS))}.")
    if not into:
        raise BadInput(f"{form} needs --into FILE: the sheet that was downloaded there.")
    if (form == "canvas" and heads) or (form == "moodle" and column):
        raise BadInput("--column goes with canvas, and --head with moodle.")
    return _filled(form, grades.students, stage, into, column, heads, out)


# A sheet


def _filled(
    form: str,
    students: Iterable[StudentGrades],
    stage: str,
    into: Path,
    column: str,
    heads: Mapping[str, str] | None,
    out: Path | None,
) -> Exported:
    sheet = read_sheet(into)
    try:
        if form == "canvas":
            filled = formats.fill_canvas(sheet, students, column, stage)
        else:
            filled = formats.fill_moodle(
                sheet, students, stage, _known(heads), lambda student: formats.summary(student, stage)
            )
    except ValueError as error:
        raise BadInput(f"{into}: {error}") from None
    path = out or into.with_name(f"{into.stem}{FILLED}{into.suffix}")
    write_whole(path, sheet.as_bytes())
    return Exported(path, filled.rows, filled.left)


def _known(heads: Mapping[str, str] | None) -> Mapping[str, str] | None:
    strange = [what for what in heads or {} if what not in formats.MOODLE]
    if strange:
        raise BadInput(f"there is no head {strange[0]!r}: there are {', '.join(formats.MOODLE)}.")
    return heads


def head_of(text: str) -> tuple[str, str]:
    """A pair (what, head) from "grade=Beoordeling". Raises BadInput."""
    what, sign, head = text.partition("=")
    if not (what and sign and head.strip()):
        raise BadInput(f'--head takes what and its name in the sheet, as --head grade="Beoordeling", not {text!r}.')
    return what.strip(), head.strip()


# A file for each student


def _files(form: str, students: Iterable[StudentGrades], stage: str, folder: Path) -> Exported:
    folder.mkdir(parents=True, exist_ok=True)
    done = Exported(folder)
    for student in students:
        path = folder / f"{student.key}.json"
        part = student.only(stage) if stage else student
        if formats.value_of(part) is None:
            done.left.append(f"{harmless(student.name, 60)} is not graded yet: there is no file of this student.")
            path.unlink(missing_ok=True)
            continue
        data = formats.gradescope_result(part) if form == "gradescope" else formats.github_result(part)
        write_whole(path, (json.dumps(data, indent=1) + "\n").encode())
        done.students += 1
    return done
