"""The commands of whoever gives something out: derived files, grades for other systems, editions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from parley import stages
from parley.contract.errors import BadInput

NOTHING_CAME = 1  # exit status
SPARE = 30  # seconds before a limit that is set elsewhere: grading ends by itself before
WHERE = {  # what is released, and where it goes if nobody says another place
    "students": "parley-students.zip",
    "gradescope": "parley-autograder.zip",
    "github": ".github/workflows/parley.yml",
}


def build(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where a derived file is not fresh.")
    ] = False,
) -> None:
    """Derive quiet, bare and the comments-only exercises from the full programs."""
    from parley.derive import build

    if check:
        for stale in (found := build.stale_files(stages.root())):
            typer.echo(f"{stale.reason}\n{stale.diff}")
        if found:
            raise BadInput(f"not all derived files are fresh; {stages.command('build')} makes them so.")
        typer.echo("All derived files are fresh.")
        return
    built = build.build(stages.root())
    for path in built.written:
        typer.echo(f"written: {stages.from_root(path)}")
    for path in built.removed:
        typer.echo(f"removed: {stages.from_root(path)}")
    for sentence in built.kept:
        typer.echo(sentence)
    if not (built.written or built.removed or built.kept):
        typer.echo("All derived files are fresh.")


def export(
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORM", help="gradescope, canvas, moodle or github (default: the platform of the course)."
        ),
    ] = "",
    grades: Annotated[
        Path,
        typer.Argument(metavar="GRADES", help="The folder that the command grade has written, or a course folder."),
    ] = Path("grades"),
    into: Annotated[
        Path | None, typer.Option(metavar="SHEET", help="Of canvas and moodle: the sheet that you downloaded there.")
    ] = None,
    column: Annotated[
        str, typer.Option(metavar="HEAD", help='Of canvas: the column to fill, as "Stage 3 (98765)" or 98765.')
    ] = "",
    stage: Annotated[
        str | None, typer.Option(metavar="STAGE", help="This stage only: 1, echo or 1_echo; or kick.")
    ] = None,
    head: Annotated[
        list[str] | None, typer.Option(metavar="WHAT=HEAD", help='Of moodle in another language: grade="Beoordeling".')
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The new file, or the folder for the files.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write also over cells, comments and files that a person changed.")
    ] = False,
) -> None:
    """Write the grades as Gradescope, Canvas, Moodle or GitHub Classroom take them. Nothing is graded or counted."""
    from parley.grading import exports
    from parley.grading.course import Course, grades_in, is_course, stage_called

    if not form:
        if not is_course(Path()):
            raise BadInput(f"name the form: {', '.join((*exports.FILES, *exports.SHEETS))}.")
        form = Course.load(Path()).platform
    grades = grades_in(grades)
    name = stage_called(stage) if stage else ""
    heads = dict(map(exports.head_of, head or ()))
    done = exports.export(form, grades, into=into, column=column, stage=name, heads=heads, out=out, overwrite=overwrite)
    for sentence in done.left:
        typer.echo(f"left out: {sentence}")
    typer.echo(f"written: {done.path} ({done.students} students)")
    if form == "moodle":
        typer.echo("Moodle passes over what was changed there after the download, unless you let it update such too.")
    if done.conflict or not done.students:
        raise typer.Exit(NOTHING_CAME)


def release(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="students, gradescope or github.")] = "students",
    bare_of: Annotated[
        list[str] | None, typer.Argument(metavar="STAGE", help="With --bare: the stages to release it of (all).")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where it goes.")] = None,
    stage: Annotated[
        list[str] | None, typer.Option(metavar="STAGE", help="What is graded there: this stage (may be given again).")
    ] = None,
    hide: Annotated[
        list[str] | None, typer.Option(metavar="WHAT", help="A kind (errors) that students shall not see there.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=2, max=300, metavar="MINUTES", help="The time limit that is set there for a submission.")
    ] = 10,
    tool: Annotated[
        str,
        typer.Option(metavar="OWNER/NAME", help="(github only) Your repository with Parley and the tests that count."),
    ] = "",
    bare: Annotated[
        bool,
        typer.Option(
            "--bare",
            help="Of students: with bare of these stages. Handed in, it earns 60 of 100 points.",
        ),
    ] = False,
    tutor: Annotated[
        bool, typer.Option(help="Of students: with AGENTS.md, which tells an assistant to ask, not to write programs.")
    ] = True,
) -> None:
    """Make what goes out: the students' edition, Gradescope's autograder, or GitHub Classroom's workflow."""
    from parley.publish import release

    grading = bool(stage or hide or tool)
    stages_named = list(bare_of or ())
    if bare and what not in WHERE:  # release --bare 1 2
        what, stages_named = "students", [what, *stages_named]
    if stages_named and not bare:
        raise BadInput(f"Stages go with --bare. Type: {stages.command(f'release students --bare {stages_named[0]}')}")
    if what not in WHERE:
        raise BadInput(f"there is no {what!r} to release: there are {', '.join(WHERE)}.")
    if (what == "students" and grading) or (what == "gradescope" and tool):
        raise BadInput("--stage and --hide go with gradescope and github, --tool with github.")
    if (bare or not tutor) and what != "students":
        raise BadInput("--bare and --no-tutor go with students.")
    path = out or Path(WHERE[what])
    if what == "students":
        typer.echo("The notebooks run once, and what the solutions do there is recorded. Please wait ...")
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
    """The project that something is made of: a workbook that was laid out has no start.py and no pyproject.toml."""
    return stages.WORKBOOK if stages.INSTALLED else stages.root()


def _settings(stage: list[str] | None, hide: list[str] | None, limit: int) -> dict[str, Any]:
    """What is graded elsewhere, as plain data."""
    from parley.contract.verdict import Kind

    kinds = [str(kind) for kind in Kind]
    if strange := [name for name in hide or () if name not in kinds]:
        raise BadInput(f"there is nothing called {strange[0]!r} to hide: the kinds are {', '.join(kinds)}.")
    names = [stages.find(text).name for text in stage or ()]
    return {"stages": names, "hide": list(hide or ()), "seconds": limit * 60 - SPARE}
