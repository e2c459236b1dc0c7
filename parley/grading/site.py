"""Pages from grades.json: feedback for each student, and one page about the class. Nothing runs."""

from pathlib import Path

from parley.contract.files import write_whole
from parley.contract.verdict import Kind
from parley.grading import class_page
from parley.grading.grades import Grades, StudentGrades
from parley.grading.pages import filled_page
from parley.grading.scores import NOT_YET
from parley.grading.student_page import STYLE, feedback, title_of

FEEDBACK, CLASS_PAGE, NAMELESS_PAGE = "feedback", "class.html", "class-anonymous.html"
OURS = b'<meta name="generator" content="Parley">'  # in each page that we made
LOOKED_AT = 2000  # bytes of a page, to see whether it is ours


def write_pages(folder: Path, anonymous: bool = False) -> Path:
    """Write feedback/ with a page for each student, and class.html, from the grades in a folder. Return the path of
    class.html.

    `anonymous`: also class-anonymous.html, in which students are numbers. If it exists, it's always made again. Remove
    our pages of students who are no longer in the grades. Raise BadInput if there are no grades.
    """
    grades = Grades.load(folder)
    pages = folder / FEEDBACK
    pages.mkdir(exist_ok=True)
    written = set()
    for student in grades.students:
        path = pages / f"{student.key}.html"
        write_whole(path, student_html(student, grades))
        written.add(path.name)
    for path in pages.glob("*.html"):
        if path.name not in written and _is_ours(path):
            path.unlink()
    write_whole(folder / CLASS_PAGE, class_html(grades, folder))
    nameless = folder / NAMELESS_PAGE
    if anonymous or (nameless.exists() and _is_ours(nameless)):
        write_whole(nameless, class_html(class_page.without_names(grades), folder, anonymous=True))
    return folder / CLASS_PAGE


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return OURS in file.read(LOOKED_AT)


def student_html(student: StudentGrades, grades: Grades) -> str:
    """Return the HTML of a student's page."""
    known = feedback(student, grades.stages)
    pictures = any(mistake.picture for part in known.parts for mistake in part.mistakes)
    return filled_page(
        "student.html",
        feedback=known,
        kinds=list(Kind),
        made=_made(grades),
        sandbox=grades.sandbox,
        picture_style=STYLE if pictures else "",
    )


def class_html(grades: Grades, folder: Path, anonymous: bool = False) -> str:
    """Return the HTML of the page about the class. `folder`: where the grades are; `anonymous`: without links to
    students.
    """
    tables = [class_page.stage_table(grades, name) for name in grades.stages]
    all_points, stage_points = class_page.plots(grades)
    by_stage, slowest = class_page.times(grades)
    return filled_page(
        "class.html",
        grades=grades,
        made=_made(grades),
        title_of=title_of,
        tables=tables,
        anonymous=anonymous,
        twins=class_page.twins(grades),
        unclear=grades.needs_a_look(),
        measured={table.stage: class_page.measured(table) for table in tables},
        sections=class_page.sections(grades),
        failed=class_page.most_failed(tables),
        signs=class_page.SIGNS,
        diagnosed=class_page.diagnosed(grades),
        groups=class_page.groups(grades),
        most_groups=class_page.MOST_GROUPS,
        all_points=all_points,
        stage_points=stage_points,
        nothing=class_page.nothing_handed_in(grades),
        not_begun=class_page.not_begun(grades),
        waited=class_page.waited_in_vain(grades),
        not_graded=grades.not_graded(NOT_YET),
        again=class_page.again(grades, folder),
        times=by_stage,
        slowest=slowest,
        before=any(student.before is not None for student in grades.students),
    )


def _made(grades: Grades) -> str:
    day, _, time = grades.made.partition("T")
    return f"{day} {time[:5]} UTC"
