"""The commands for how work goes out and comes back: submit, export, release."""

from pathlib import Path
from typing import Annotated

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

Stage = Annotated[str | None, typer.Option(metavar="STAGE", help="This stage only: 1, echo or 1_echo.")]


def submit(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="ZIP", help="Where it goes.")] = Path(
        "parley-submission.zip"
    ),
    stage: Stage = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Whether to check it first.")] = True,
):
    """Make a zip of your programs to hand in, after a last check; say what is missing."""
    from parley.publish.submit import pack

    wanted = [stages.find(stage)] if stage else stages.STAGES

    def tell(each):
        typer.echo(f"Checking {each.name}. Please wait ...")

    packed = pack(out, wanted, checks=check, on_stage=tell)
    for name, (earned, of) in packed.points.items():
        typer.echo(f"{name}: {earned} of {of} points")
    for sentence in packed.missing:
        typer.echo(sentence)
    typer.echo(f"Hand in this file: {packed.path.absolute()} ({len(packed.files)} programs)")


def export(
    form: Annotated[str, typer.Argument(metavar="FORM", help="gradescope, canvas, moodle or github.")],
    grades: Annotated[Path, typer.Argument(metavar="GRADES", help="The folder that parley grade has written.")] = Path(
        "grades"
    ),
    into: Annotated[
        Path | None, typer.Option(metavar="SHEET", help="Of canvas and moodle: the sheet that you downloaded there.")
    ] = None,
    column: Annotated[
        str, typer.Option(metavar="HEAD", help='Of canvas: the column to fill, as "Stage 3 (98765)" or 98765.')
    ] = "",
    stage: Stage = None,
    head: Annotated[
        list[str] | None, typer.Option(metavar="WHAT=HEAD", help='Of moodle in another language: grade="Beoordeling".')
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The new file, or the folder for the files.")] = None,
):
    """Write the grades as Gradescope, Canvas, Moodle or GitHub Classroom take them. Nothing is graded or counted."""
    from parley.grading import exports

    name = stages.find(stage).name if stage else ""
    heads = dict(map(exports.head_of, head or ()))
    done = exports.export(form, grades, into=into, column=column, stage=name, heads=heads, out=out)
    for sentence in done.left:
        typer.echo(f"left out: {sentence}")
    typer.echo(f"written: {done.path} ({done.students} students)")
    if form == "moodle":
        typer.echo("Moodle passes over what was changed there after the download, unless you let it update such too.")
    if not done.students:
        raise typer.Exit(NOTHING_CAME)


Kinds = Annotated[str, typer.Argument(metavar="WHAT", help="students, gradescope or github.")]


def release(
    what: Kinds = "students",
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
        str, typer.Option(metavar="OWNER/NAME", help="Of github: the repository with Parley, if not the student's.")
    ] = "",
    bare: Annotated[
        bool,
        typer.Option(
            "--bare",
            help="Of students: with the bare versions, which the lessons read. Handed in, they earn 60 of 100 points.",
        ),
    ] = False,
):
    """Make what goes out: the students' edition, Gradescope's autograder, or GitHub Classroom's workflow."""
    from parley.publish import release as releasing

    grading = bool(stage or hide or tool)
    if what not in WHERE:
        raise BadInput(f"there is no {what!r} to release: there are {', '.join(WHERE)}.")
    if (what == "students" and grading) or (what == "gradescope" and tool):
        raise BadInput("--stage and --hide go with gradescope and github, --tool with github.")
    if bare and what != "students":
        raise BadInput("--bare goes with students.")
    path = out or Path(WHERE[what])
    settings = _settings(stage, hide, limit)
    try:
        if what == "students":
            typer.echo("The notebooks run once, and what the solutions do there is recorded. Please wait ...")
            releasing.students(stages.root(), path, bare=bare, say=typer.echo)
        elif what == "gradescope":
            releasing.gradescope(stages.root(), path, settings)
        else:
            releasing.github(path, settings, tool)
    except BadInput as error:
        raise BadInput(str(error)) from error
    typer.echo(f"written: {path}")


def _settings(stage, hide, limit):
    """What is graded elsewhere, as plain data."""
    from parley.checks.plugin import KINDS

    strange = [each for each in hide or () if each not in KINDS]
    if strange:
        raise BadInput(f"there is nothing called {strange[0]!r} to hide: the kinds are {', '.join(KINDS)}.")
    names = [stages.find(each).name for each in stage or ()]
    return {"stages": names, "hide": list(hide or ()), "seconds": limit * 60 - SPARE}
