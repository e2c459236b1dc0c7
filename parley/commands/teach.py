"""The commands of whoever teaches: grade a class, count again, compare programs, let them meet."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley import stages
from parley.contract.errors import BadInput, CannotGrade
from parley.stages import Stage

if TYPE_CHECKING:
    from parley.grading.intake import Submission
    from parley.grading.worker_client import RunsJobs

CANNOT_GRADE = 3  # exit status: something could not be graded, by trouble of the grader's
STOPPED = 130
NOT_PROVED = 1

Folder = Annotated[
    Path, typer.Argument(metavar="GRADES", help="The folder that the command grade has written, or a course folder.")
]
Authors = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A CSV file: whose a submission is (submission, id), as of a group.")
]
Late = Annotated[str | None, typer.Option(metavar="FILE", help="A CSV file with late days: id, days, perhaps stage.")]
PerDay = Annotated[str | None, typer.Option(metavar="COST", help="What a late day costs: 10% of the points, or 5.")]
Hide = Annotated[
    list[str] | None, typer.Option(metavar="WHAT", help="A kind (errors), or a test, that students shall not see.")
]


def course(
    what: Annotated[str, typer.Argument(metavar="init", help="init: lay out a course folder.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The new folder of the course.")],
    platform: Annotated[
        str, typer.Option(help="Where students hand in: canvas, moodle, gradescope, github, blackboard, folder.")
    ] = "folder",
) -> None:
    """Lay out a folder for a term: what counts, a place for each hand-in, and one gradebook."""
    from parley.grading import course as courses

    if what != "init":
        raise BadInput(f"There's no {what!r} to do with a course: use {stages.command('course init FOLDER')}.")
    path = courses.init(folder, platform)
    typer.echo(f"written: {path}: deadlines, late days and weights are there. Look at them first.")
    typer.echo(f"Put what students hand in into {folder / courses.HANDED_IN}, a folder for each stage.")
    typer.echo(f"Then: {stages.command(f'grade {folder}')}")


def grade(
    submissions: Annotated[
        Path | None,
        typer.Argument(
            metavar="SUBMISSIONS", help="A folder or a zip for each student, or a course folder (default: this one)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where the grades go (default: grades; of a course, in it).")
    ] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Grade this stage only (may be given again).")] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Grade this extra exercise of stage 5 (may be given again), or all."),
    ] = None,
    gui: Annotated[bool, typer.Option("--gui", help="Grade the client with a window.")] = False,
    roster: Annotated[Path | None, typer.Option(help="A CSV file: who is in the class (id, name, email).")] = None,
    authors: Authors = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=1000, help="How many at once; measured if left out.")] = None,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Do not isolate the programs of students.")] = False,
    seed: Annotated[int | None, typer.Option(help="Repeat an earlier run, with the same random texts.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Let a Dask cluster do the work.")] = None,
) -> None:
    """Grade a class. What has not changed since the last time does not run again."""
    from parley.grading import course_run, driver, progress
    from parley.grading.course import COURSE, GRADES, is_course

    here = submissions or Path()
    in_course = is_course(here)
    if in_course and (out or roster or authors or exercise or gui):
        raise BadInput(f"-o, --roster, --authors, --exercise and --gui are said by the {COURSE} of a course.")
    if not submissions and not in_course:
        raise BadInput("name the folder with the submissions, or go to a course folder (cd).")
    out = here / GRADES if in_course else out or Path(GRADES)
    _heed_the_end()
    with progress.watching() as watch:
        try:
            with _workers(cluster, sandbox := not no_sandbox) as (start, places):
                if in_course:
                    result = course_run.grade_course(
                        here,
                        [stages.find(text) for text in stage or ()],
                        jobs=jobs or places,
                        sandbox=sandbox,
                        seed=seed,
                        watch=watch,
                        start=start,
                    )
                else:
                    result = driver.grade(
                        here,
                        out,
                        _wanted(stage, exercise, gui),
                        roster=roster,
                        authors=authors,
                        jobs=jobs or places,
                        sandbox=sandbox,
                        seed=seed,
                        watch=watch,
                        start=start,
                    )
        except CannotGrade as trouble:
            typer.echo(f"Error: Nothing can be graded here: {trouble}", err=True)
            raise typer.Exit(CANNOT_GRADE) from None
    _write_pages(out)
    progress.show_grades(result.grades, out)
    if result.stopped:
        typer.echo("Stopped. What was done is kept: the same command goes on from there.", err=True)
        raise typer.Exit(STOPPED)
    if progress.tell_not_graded(result):
        raise typer.Exit(CANNOT_GRADE)


def score(
    grades: Folder = Path("grades"),
    late: Late = None,
    per_day: PerDay = None,
    hide: Hide = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Write class-anonymous.html too: the class page without names.")
    ] = False,
) -> None:
    """Count the points again, with late days or hidden tests; nothing is run. What is not given stays as it was."""
    from parley.grading import progress, scores, verdict_log
    from parley.grading.course import grades_in

    grades = grades_in(grades)
    if not grades.is_dir():
        raise BadInput(f"there is no folder {grades}: {stages.command('grade')} makes it.")
    with verdict_log.locked(grades):
        made = scores.score(grades, late=late, per_day=per_day, hide=hide)
    _write_pages(grades, anonymous)
    progress.show_grades(made, grades)


def interop(
    submissions: Annotated[Path, typer.Argument(metavar="SUBMISSIONS", help="A folder or a zip for each student.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the table goes.")] = Path("interop"),
    stage: Annotated[str, typer.Option(help="The stage.")] = "5",
    roster: Annotated[Path | None, typer.Option(help="A CSV file: who is in the class (id, name, email).")] = None,
    authors: Authors = None,
    jobs: Annotated[int, typer.Option(min=1, max=1000, help="Conversations at once.")] = 4,
    most: Annotated[int, typer.Option(min=1, help="Pairs to try at most; of more, a sample is tried.")] = 1000,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Don't isolate the students' programs.")] = False,
    seed: Annotated[int, typer.Option(help="Of the sample and of all that is random.")] = 0,
) -> None:
    """Let every student's client talk to every student's server. It changes no grade. A stopped run continues."""
    from functools import partial

    from parley.grading import interop as meeting
    from parley.grading import progress
    from parley.grading.worker_client import WorkerClient

    chosen = stages.find(stage)
    read = _named_submissions(submissions, [chosen], out, roster, authors)
    _look_at(out, submissions)
    keep = meeting.keeper(out, chosen.name)
    _heed_the_end()
    try:
        with progress.counting(f"Stage {chosen.number}: pairs") as count:
            table, stopped = meeting.meet(
                read,
                chosen,
                jobs=jobs,
                seed=seed,
                start=partial(WorkerClient, not no_sandbox),
                most=most,
                on_meeting=lambda met, left: count(left),
                done=meeting.read_done(out, chosen.name),
                keep=keep,
            )
    except CannotGrade as trouble:
        typer.echo(f"Error: Nothing can be tried here: {trouble}", err=True)
        raise typer.Exit(CANNOT_GRADE) from None
    sheet, page = meeting.write_meetings(table, out)
    typer.echo(", ".join(f"{number} {verdict}" for verdict, number in table.count().items()) + ".")
    if table.absent:
        typer.echo(f"Not tried: {len(table.absent)} programs that aren't there or not started.")
    typer.echo(f"The table: {sheet}; the page: {page}")
    if stopped:
        typer.echo("Stopped. What was done is kept: the same command continues from there.", err=True)
        raise typer.Exit(STOPPED)
    if table.count().get(meeting.GRADER):
        raise typer.Exit(CANNOT_GRADE)


def similarity(
    submissions: Annotated[Path, typer.Argument(metavar="SUBMISSIONS", help="A folder or a zip for each student.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the report goes.")] = Path("similarity"),
    stage: Annotated[list[str] | None, typer.Option(help="This stage only (may be given again).")] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Submissions of an earlier year to compare with (may be given again)."),
    ] = None,
    roster: Annotated[Path | None, typer.Option(help="A CSV file: who is in the class (id, name, email).")] = None,
    authors: Authors = None,
    least: Annotated[float, typer.Option(min=0, max=1, help="List pairs at least this similar (0 to 1).")] = 0.5,
) -> None:
    """Say which programs are similar: pairs to look at, never a verdict. It changes no grade."""
    from parley.grading import similarity as comparing

    wanted = _wanted(stage)
    if not stages.has_solutions():
        raise BadInput(stages.missing())
    read = _named_submissions(submissions, wanted, out, roster, authors)
    others = comparing.earlier_submissions(earlier or (), wanted)
    _look_at(out, submissions)
    found = comparing.compare_all(read, wanted, least, others)
    table, page = comparing.write_similarity(found, out)
    typer.echo(f"{len(found.pairs)} pairs share at least {least:.0%} of a program.")
    typer.echo(f"The table: {table}; the page: {page}")


def new(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="exercise.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it: small letters, as roll_call.")],
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The folder of the course (default: this one, or the folder course)."),
    ] = None,
) -> None:
    """Lay out an exercise of your own: program, plan, suite, hints and faults, which work from the start."""
    from parley.checks import new_exercise

    if what != "exercise":
        raise BadInput(f"There's no {what!r} to lay out. Type: {stages.command(f'new exercise {name}')}")
    if folder is not None and not folder.is_dir():
        raise BadInput(f"{folder} is no folder. Make it, or name another one.")
    course = folder or stages.course() or stages.root() / "course"
    for path in new_exercise.lay_out_exercise(name, course):
        typer.echo(f"written: {path}")
    typer.echo(f"Change what you like, then prove it: {stages.command(f'prove {name}')}")


def prove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An exercise of your own.")],
    most: Annotated[int, typer.Option("--mutants", min=0, help="Small changes of the program to try at most.")] = 40,
) -> None:
    """Prove an exercise of your own: its program passes, its faults are caught, small changes are noticed."""
    from parley.checks import new_exercise

    found = new_exercise.prove(new_exercise.find_own(name), typer.echo, most)
    for verdict in found.lost:
        typer.echo(f"The program fails: {verdict.test.sentence} {verdict.reason}")
    for sentence in found.wrong:
        typer.echo(sentence)
    if found.survivors:
        typer.echo("No test notices these. Add a test, or make sure that each keeps what you ask for:")
        for mutant in found.survivors:
            typer.echo(f"  {mutant}")
    if found.lost or found.wrong:
        raise typer.Exit(NOT_PROVED)
    typer.echo(f"Proved: {found.points} points, {found.faults} faults, {found.mutants} mutants.")


def _named_submissions(
    place: Path, wanted: list[Stage], out: Path, roster: Path | None, authors: Path | None
) -> list[Submission]:
    """The submissions of a class with a key that says whose each is, as far as a roster says it."""
    from parley.grading import driver, intake

    read, notes = intake.read_all(place, wanted, leave_out=[out])
    read, whose, strange = driver.attributed(read, roster, authors, [stage.name for stage in wanted])
    read = [submission for submission in read if submission.source]
    for sentence in (*notes, *strange):
        typer.echo(sentence)
    if roster:
        for submission in read:
            known = whose.get(submission.key, ())
            submission.name = " and ".join(student.shown for student in known) or submission.name
        intake.with_keys(read)
    return read


def _look_at(out: Path, submissions: Path) -> None:
    """Make the folder for results, before anything runs. Raises BadInput if it cannot be one."""
    from parley.contract.files import can_write_into

    if out.resolve() == submissions.resolve():
        raise BadInput(f"The results can't go where the submissions are. Name another folder than {out} with -o.")
    can_write_into(out)


@contextlib.contextmanager
def _workers(address: str | None, sandbox: bool) -> Iterator[tuple[Callable[[], RunsJobs] | None, int | None]]:
    """How workers are started, and how many at once: (None, None) where this machine does the work."""
    if address is None:
        yield None, None
        return
    from parley.grading.cluster import Cluster

    with Cluster(address, sandbox) as cluster:
        yield cluster.worker, cluster.places


def _wanted(named: list[str] | None, exercises: list[str] | None = None, gui: bool = False) -> list[Stage]:
    """The stages and extra exercises of these names, in their order; all stages where nothing is named."""
    chosen = {stages.find(text) for text in named or ()}
    extras = {stage for name in exercises or () for stage in stages.further(stages.STAGES[-1], name)}
    extras |= {stages.WINDOW} if gui else set()
    whole = not chosen and not extras
    known = (*stages.STAGES, *stages.exercises(), stages.WINDOW)
    return [stage for stage in known if stage in chosen | extras or (whole and stage in stages.STAGES)]


def _heed_the_end() -> None:
    """Whoever ends us politely, or closes the terminal, gets what Ctrl+C does."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _write_pages(folder: Path, anonymous: bool = False) -> None:
    from parley.grading import site

    site.write_pages(folder, anonymous)
