"""Pages made of grades.json: feedback for each student, and one page about the class. Nothing is run."""

from pathlib import Path

from parley.checks.points import KINDS
from parley.grading import facts, overview
from parley.grading.feedback import STYLE, feedback, title_of
from parley.grading.pages import page
from parley.grading.scores import GRADES, not_graded

FEEDBACK, CLASS_PAGE = "feedback", "class.html"
OURS = b'<meta name="generator" content="Parley">'  # in each page that we have made
LOOKED_AT = 2000  # bytes of a page, to see whether it is ours


def write(folder):
    """Write the page of each student into feedback/, and class.html, of the grades in a folder; returns its path.

    Pages of students who are no longer in the grades go, if we have made them. Raises ValueError with one sentence if
    there are no grades.
    """
    folder = Path(folder)
    grades = facts.read_json(folder / GRADES)
    pages = folder / FEEDBACK
    pages.mkdir(exist_ok=True)
    written = set()
    for one in grades["students"]:
        path = pages / f"{one['key']}.html"
        facts.write_whole(path, student_page(one, grades))
        written.add(path.name)
    for path in pages.glob("*.html"):
        if path.name not in written and _is_ours(path):
            path.unlink()
    facts.write_whole(folder / CLASS_PAGE, class_page(grades, folder))
    return folder / CLASS_PAGE


def _is_ours(path):
    with path.open("rb") as file:
        return OURS in file.read(LOOKED_AT)


def student_page(one, grades):
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


def class_page(grades, folder):
    """The HTML of the page about the class; `folder`: where the grades are."""
    tables = [overview.table(grades, name) for name in grades["stages"]]
    all_points, stage_points = overview.plots(grades)
    by_stage, slowest = overview.times(grades)
    names = {one["key"]: one["name"] for one in grades["students"]}
    return page(
        "class.html",
        grades=grades,
        made=_made(grades),
        title_of=title_of,
        tables=tables,
        failed=overview.most_failed(tables),
        signs=overview.SIGNS,
        groups=overview.groups(grades),
        most_groups=overview.MOST_GROUPS,
        all_points=all_points,
        stage_points=stage_points,
        nothing=overview.nothing_handed_in(grades),
        not_begun=overview.not_begun(grades),
        waited=overview.waited_in_vain(grades),
        not_graded=[(names[key], key, stage, note) for key, stage, note in not_graded(grades)],
        again=overview.again(grades, folder),
        times=by_stage,
        slowest=slowest,
        before=any(one["before"] is not None for one in grades["students"]),
    )


def _made(grades):
    day, _, time = grades["made"].partition("T")
    return f"{day} {time[:5]} UTC"
