"""grades.json in the forms that platforms read: a filled copy of a sheet, or a file for each student."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.contract.record import harmless
from parley.grading import formats
from parley.grading.csv_in_place import read_sheet
from parley.grading.export_log import ExportLog
from parley.grading.grades import Grades, StudentGrades

SHEETS = ("canvas", "moodle")  # sheets to fill
FILES = ("gradescope", "github")  # a file for each student
FILLED = "-filled"  # appended to the name of a sheet by default


@dataclass
class Exported:
    """The result: the `path` of the file or folder, how many students are in it, sentences about the missing ones, and
    whether a row fits two submissions.
    """

    path: Path
    students: int = 0
    left: list[str] = field(default_factory=list)
    conflict: bool = False


def export(
    form: str,
    folder: Path,
    *,
    into: Path | None = None,
    column: str = "",
    stage: str = "",
    heads: Mapping[str, str] | None = None,
    out: Path | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write the grades in a folder of `parley grade` in a platform's form. Return the result.

    `form`: one of SHEETS or FILES; `into`: the downloaded sheet; `column`: the assignment's (Canvas only); `stage`: the
    name of the only stage that counts, or empty for all; `heads`: {what: head} (Moodle only, see formats.MOODLE);
    `out`: where to write; `overwrite`: also overwrite what a person changed. The sheet itself stays unchanged, unless
    `out` is its name. Raise BadInput with one sentence for bad input, and OSError if nothing can be written.
    """
    grades, log = Grades.load(folder), ExportLog.load(folder)
    if stage and stage not in grades.stages:
        raise BadInput(f"{stage} isn't in these grades. Use {', '.join(grades.stages)}.")
    if form in FILES:
        if into or column or heads:
            raise BadInput(f"--into, --column and --head are for {' and '.join(SHEETS)}. Leave them out for {form}.")
        done = _files(form, grades.students, stage, out or folder / form, log, overwrite)
        log.save(folder)
        return done
    if form not in SHEETS:
        raise BadInput(f"There's no platform {form!r}. Use {', '.join((*FILES, *SHEETS))}.")
    if not into:
        raise BadInput(f"{form} needs the sheet that you downloaded there. Add --into FILE.")
    if (form == "canvas" and heads) or (form == "moodle" and column):
        raise BadInput("--column is for canvas, and --head for moodle. Leave the other one out.")
    done = _filled(form, grades.students, stage, into, column, heads, out, log, overwrite)
    log.save(folder)
    return done


# A sheet


def _filled(
    form: str,
    students: Iterable[StudentGrades],
    stage: str,
    into: Path,
    column: str,
    heads: Mapping[str, str] | None,
    out: Path | None,
    log: ExportLog,
    overwrite: bool,
) -> Exported:
    sheet = read_sheet(into)
    path = out or into.with_name(f"{into.stem}{FILLED}{into.suffix}")
    same = path.exists() and path.resolve() == into.resolve()
    if not (same or overwrite or log.may_write(path)):
        raise BadInput(f"{path} was changed after Parley wrote it. Name another file with -o, or use --overwrite.")
    try:
        if form == "canvas":
            filled = formats.fill_canvas(sheet, students, column, stage, log, overwrite)
        else:
            filled = formats.fill_moodle(
                sheet,
                students,
                stage,
                _known(heads),
                lambda student: formats.summary(student, stage),
                log,
                overwrite,
            )
    except ValueError as error:
        raise BadInput(f"{into}: {error}") from None
    write_whole(path, sheet.as_bytes())
    log.note_file(path, sheet.as_bytes())
    return Exported(path, filled.rows, filled.left, filled.conflict)


def _known(heads: Mapping[str, str] | None) -> Mapping[str, str] | None:
    strange = [what for what in heads or {} if what not in formats.MOODLE]
    if strange:
        raise BadInput(f"There's no column {strange[0]!r} in a sheet of Moodle. Use {', '.join(formats.MOODLE)}.")
    return heads


def head_of(text: str) -> tuple[str, str]:
    """Return a pair (what, head) from "grade=Beoordeling". Raise BadInput."""
    what, sign, head = text.partition("=")
    if not (what and sign and head.strip()):
        raise BadInput(
            f'--head needs a column and its name in the sheet, such as --head grade="Beoordeling", not {text!r}.'
        )
    return what.strip(), head.strip()


# A file for each student


def _files(
    form: str, students: Iterable[StudentGrades], stage: str, folder: Path, log: ExportLog, overwrite: bool
) -> Exported:
    folder.mkdir(parents=True, exist_ok=True)
    done = Exported(folder)
    for student in students:
        path, who = folder / f"{student.key}.json", harmless(student.name, 60)
        part = student.only(stage) if stage else student
        if not overwrite and not log.may_write(path):
            done.left.append(f"{who}: {path} was changed after Parley wrote it, so it stays.")
            continue
        if formats.value_of(part) is None:
            done.left.append(f"{who} {formats.no_verdict(part, '')}: there's no file for this student.")
            path.unlink(missing_ok=True)
            continue
        result = formats.gradescope_result(part) if form == "gradescope" else formats.github_result(part)
        data = (json.dumps(result, indent=1) + "\n").encode()
        write_whole(path, data)
        log.note_file(path, data)
        done.students += 1
    return done
