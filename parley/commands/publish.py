"""The commands for publishing: derived files, grades for other platforms, editions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from parley import stages
from parley.contract.errors import BadInput

NOTHING_CAME = 1  # exit status
SPARE = 30  # seconds by which grading stops before a platform's own time limit
WHERE = {  # what to release, and the default file
    "students": "parley-students.zip",
    "gradescope": "parley-autograder.zip",
    "github": ".github/workflows/parley.yml",
}


def build(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing, and fail if a derived file is outdated.")
    ] = False,
) -> None:
    """Derive the quiet and bare versions, the plans in exercises/ and the notebooks."""
    from parley.derive import build

    if check:
        for stale in (found := build.stale_files(stages.root())):
            typer.echo(f"{stale.reason}\n{stale.diff}")
        if found:
            raise BadInput(f"Some derived files are outdated. To update them: {stages.command('build')}")
        typer.echo("All derived files are up to date.")
        return
    built = build.build(stages.root())
    for path in built.written:
        typer.echo(f"written: {stages.from_root(path)}")
    for path in built.removed:
        typer.echo(f"removed: {stages.from_root(path)}")
    for sentence in built.kept:
        typer.echo(sentence)
    if not (built.written or built.removed or built.kept):
        typer.echo("All derived files are up to date.")


def export(
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORM", help="gradescope, canvas, moodle or github (default: the platform of the course)."
        ),
    ] = "",
    grades: Annotated[
        Path,
        typer.Argument(metavar="GRADES", help="The folder that grade wrote, or a course folder."),
    ] = Path("grades"),
    into: Annotated[
        Path | None, typer.Option(metavar="SHEET", help="The sheet you downloaded (canvas, moodle).")
    ] = None,
    column: Annotated[
        str, typer.Option(metavar="HEAD", help='The column to fill, such as "Stage 3 (98765)" or 98765 (canvas only).')
    ] = "",
    stage: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE", help="Export only this stage or extra exercise: 1, echo, 1_echo or kick (default: all)."
        ),
    ] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT=HEAD",
            help="A column's name if your Moodle isn't in English, such as grade=\"Beoordeling\" (may be repeated).",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="PATH", help="The file to write, or the folder for several files."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also overwrite cells, comments and files that a person changed.")
    ] = False,
) -> None:
    """Write the grades in the form that Gradescope, Canvas, Moodle or GitHub Classroom can read."""
    from parley.grading import exports
    from parley.grading.course import Course, grades_in, is_course, stage_called

    if not form:
        if not is_course(Path()):
            raise BadInput(f"Name the platform: {', '.join((*exports.FILES, *exports.SHEETS))}.")
        form = Course.load(Path()).platform
    grades = grades_in(grades)
    name = stage_called(stage) if stage else ""
    heads = dict(map(exports.head_of, head or ()))
    done = exports.export(form, grades, into=into, column=column, stage=name, heads=heads, out=out, overwrite=overwrite)
    for sentence in done.left:
        typer.echo(f"not exported: {sentence}")
    typer.echo(f"written: {done.path} (students: {done.students})")
    if form == "moodle":
        typer.echo(
            "Moodle skips rows that were edited after your download. "
            "To include them, allow this when you import the file."
        )
    if done.conflict or not done.students:
        raise typer.Exit(NOTHING_CAME)


def release(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="What to make: students, gradescope or github.")
    ] = "students",
    bare_of: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STAGE", help="The stages whose bare version to include (only with --bare; default: all)."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="The file to write.")] = None,
    stage: Annotated[
        list[str] | None, typer.Option(metavar="STAGE", help="Grade only this stage there (may be repeated).")
    ] = None,
    hide: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT", help="Hide this kind of tests, such as errors, from students (may be repeated)."),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(min=2, max=300, metavar="MINUTES", help="The time limit for one submission there, in minutes."),
    ] = 10,
    tool: Annotated[
        str,
        typer.Option(metavar="OWNER/NAME", help="Your repository with Parley and the tests that count (github only)."),
    ] = "",
    bare: Annotated[
        bool,
        typer.Option(
            "--bare",
            help="Include the bare version of the stages, which earns 60 of 100 points if handed in (students only).",
        ),
    ] = False,
    tutor: Annotated[
        bool,
        typer.Option(
            "--tutor/--no-tutor",
            help="Include AGENTS.md, which tells AI assistants to ask questions instead of writing programs (students "
            "only).",
        ),
    ] = True,
) -> None:
    """Make the students' edition, an autograder for Gradescope, or a workflow for GitHub Classroom."""
    from parley.publish import release

    grading = bool(stage or hide or tool)
    stages_named = list(bare_of or ())
    if bare and what not in WHERE:  # release --bare 1 2
        what, stages_named = "students", [what, *stages_named]
    if stages_named and not bare:
        raise BadInput(f"Stages go with --bare. Type: {stages.command(f'release students --bare {stages_named[0]}')}")
    if what not in WHERE:
        raise BadInput(f"There's no {what!r} to release. Use {' or '.join(WHERE)}.")
    if (what == "students" and grading) or (what == "gradescope" and tool):
        raise BadInput("--stage and --hide are for gradescope and github, and --tool is for github. Leave them out.")
    if (bare or not tutor) and what != "students":
        raise BadInput("--bare and --no-tutor are for students. Leave them out.")
    path = out or Path(WHERE[what])
    if what == "students":
        typer.echo("Running the notebooks once to record what the solutions do. Please wait ...")
        released = [stages.find(text) for text in stages_named] or (stages.STAGES if bare else [])
        release.students(_project(), path, bare=released, tutor=tutor, say=typer.echo)
    elif what == "gradescope":
        release.gradescope(_project(), path, _settings(stage, hide, limit))
    else:
        release.github(path, _settings(stage, hide, limit), tool)
        typer.echo(f"The tests that count come from {tool}: students must not be able to change that repository.")
        typer.echo("The workflow itself is in each student's repository. Protect .github/workflows there (Classroom:")
        typer.echo(f"protected file paths), and for the final grade run {stages.command('grade')} on the clones.")
    typer.echo(f"written: {path}")


def _project() -> Path:
    """Return the project to release from. A workbook made by `parley init` isn't one: it lacks start.py and
    pyproject.toml.
    """
    return stages.WORKBOOK if stages.INSTALLED else stages.root()


def _settings(stage: list[str] | None, hide: list[str] | None, limit: int) -> dict[str, Any]:
    """Return what a platform grades, as plain data."""
    from parley.contract.verdict import Kind

    kinds = [str(kind) for kind in Kind]
    if strange := [name for name in hide or () if name not in kinds]:
        raise BadInput(f"There's no kind of tests called {strange[0]!r} to hide. Use {', '.join(kinds)}.")
    names = [stages.find(text).name for text in stage or ()]
    return {"stages": names, "hide": list(hide or ()), "seconds": limit * 60 - SPARE}
