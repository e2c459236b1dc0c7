"""Pages made of grades.json: feedback for each student, and one page about the class. Nothing is run."""

from pathlib import Path

from parley.checks.plugin import KINDS
from parley.contract.files import write_whole
from parley.grading import class_page, verdict_log
from parley.grading.pages import page
from parley.grading.scores import GRADES, not_graded
from parley.grading.student_page import STYLE, feedback, title_of

FEEDBACK, CLASS_PAGE = "feedback", "class.html"
OURS = b'<meta name="generator" content="Parley">'  # in each page that we have made
LOOKED_AT = 2000  # bytes of a page, to see whether it is ours


def write(folder):
    """Write the page of each student into feedback/, and class.html, of the grades in a folder; returns its path.

    Pages of students who are no longer in the grades go, if we have made them. Raises BadInput if
    there are no grades.
    """
    folder = Path(folder)
    grades = verdict_log.read_json(folder / GRADES)
    pages = folder / FEEDBACK
    pages.mkdir(exist_ok=True)
    written = set()
    for one in grades["students"]:
        path = pages / f"{one['key']}.html"
        write_whole(path, student_html(one, grades))
        written.add(path.name)
    for path in pages.glob("*.html"):
        if path.name not in written and _is_ours(path):
            path.unlink()
    write_whole(folder / CLASS_PAGE, class_html(grades, folder))
    return folder / CLASS_PAGE


def _is_ours(path):
    with path.open("rb") as file:
        return OURS in file.read(LOOKED_AT)


def student_html(one, grades):
    """The HTML of a student's page; `one`: the student as in grades.json."""
    known = feedback(one, grades["stages"])
    pictures = any(mistake.picture for part in known.parts for mistake in part.mistakes)
    return page(
        "student.html",
        feedback=known,
        kinds=KINDS,
        made=_made(grades),
        sandbox=grades["sandbox"],
        picture_style=STYLE if pictures else "",
    )


def class_html(grades, folder):
    """The HTML of the page about the class; `folder`: where the grades are."""
    tables = [class_page.table(grades, name) for name in grades["stages"]]
    all_points, stage_points = class_page.plots(grades)
    by_stage, slowest = class_page.times(grades)
    names = {one["key"]: one["name"] for one in grades["students"]}
    return page(
        "class.html",
        grades=grades,
        made=_made(grades),
        title_of=title_of,
        tables=tables,
        failed=class_page.most_failed(tables),
        signs=class_page.SIGNS,
        groups=class_page.groups(grades),
        most_groups=class_page.MOST_GROUPS,
        all_points=all_points,
        stage_points=stage_points,
        nothing=class_page.nothing_handed_in(grades),
        not_begun=class_page.not_begun(grades),
        waited=class_page.waited_in_vain(grades),
        not_graded=[(names[key], key, stage, note) for key, stage, note in not_graded(grades)],
        again=class_page.again(grades, folder),
        times=by_stage,
        slowest=slowest,
        before=any(one["before"] is not None for one in grades["students"]),
    )


def _made(grades):
    day, _, time = grades["made"].partition("T")
    return f"{day} {time[:5]} UTC"
