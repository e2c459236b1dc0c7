"""The commands for teachers: grade a class, count again, compare programs, let them meet."""

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

CANNOT_GRADE = 3  # exit status: something could not be graded, by a grader error
STOPPED = 130
NOT_PROVED = 1

Folder = Annotated[Path, typer.Argument(metavar="GRADES", help="The folder that grade wrote, or a course folder.")]
Authors = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A CSV file that says who handed in what, such as groups (columns submission, id)."
    ),
]
Late = Annotated[
    str | None, typer.Option(metavar="FILE", help="A CSV file with late days (columns id, days, and optionally stage).")
]
PerDay = Annotated[
    str | None,
    typer.Option(
        metavar="COST", help="What each late day costs: a share of the points, such as 10%, or points, such as 5."
    ),
]
Hide = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT", help="Hide this kind of tests, such as errors, or this test from students (may be repeated)."
    ),
]


def course(
    what: Annotated[str, typer.Argument(metavar="init", help="Always init.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The course folder to make.")],
    platform: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Where students hand in: canvas, moodle, gradescope, github, blackboard, folder."
        ),
    ] = "folder",
) -> None:
    """Set up a folder for a course: its rules, folders for submissions, one gradebook."""
    from parley.grading import course as courses

    if what != "init":
        raise BadInput(f"There's no command course {what}. Type: {stages.command('course init FOLDER')}")
    path = courses.init(folder, platform)
    typer.echo(f"Written: {path}. Check its deadlines, late days and weights first.")
    typer.echo(f"Then put the submissions into {folder / courses.HANDED_IN}, which has a folder for each stage.")
    typer.echo(f"Then type: {stages.command(f'grade {folder}')}")


def grade(
    submissions: Annotated[
        Path | None,
        typer.Argument(
            metavar="SUBMISSIONS", help="A folder or a zip for each student, or a course folder (default: this one)."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FOLDER", help="The folder for the grades (default: grades, in a course its own)."
        ),
    ] = None,
    stage: Annotated[
        list[str] | None, typer.Option(metavar="STAGE", help="Grade only this stage (may be repeated; default: all).")
    ] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Grade this extra exercise of stage 5 (may be repeated), or all."),
    ] = None,
    gui: Annotated[bool, typer.Option("--gui", help="Grade stage 5's client with a window.")] = False,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CSV file with your class (columns id, name, email).")
    ] = None,
    authors: Authors = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=1000,
            help="Jobs to run in parallel (default: as many as this machine can handle).",
        ),
    ] = None,
    no_sandbox: Annotated[
        bool,
        typer.Option(
            "--no-sandbox", help="Run the students' programs without a sandbox, so that they can reach this machine."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Repeat an earlier run with the same random texts.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The scheduler of a Dask cluster that does the work, as HOST:PORT."),
    ] = None,
) -> None:
    """Grade a class. Only submissions that changed since the last time run again."""
    from parley.grading import course_run, driver, platforms, progress
    from parley.grading.course import COURSE, GRADES, is_course

    here = submissions or Path()
    in_course = is_course(here)
    if in_course and (out or roster or authors or exercise or gui):
        raise BadInput(f"In a course, {COURSE} replaces -o, --roster, --authors, --exercise and --gui. Leave them out.")
    if not submissions and not in_course:
        raise BadInput("Name the folder with the submissions, or go to a course folder (cd).")
    platforms.must_be_there(here)  # before a cluster is asked
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
        typer.echo("Stopped. The results so far are kept. Run the same command again to continue.", err=True)
        raise typer.Exit(STOPPED)
    if progress.tell_not_graded(result):
        raise typer.Exit(CANNOT_GRADE)


def score(
    grades: Folder = Path("grades"),
    late: Late = None,
    per_day: PerDay = None,
    hide: Hide = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Also write class-anonymous.html, the class page without names.")
    ] = False,
) -> None:
    """Count the points again with new late days or hidden tests, without running anything.

    Options that you leave out keep their last value.
    """
    from parley.grading import progress, scores, verdict_log
    from parley.grading.course import grades_in

    grades = grades_in(grades)
    if not grades.is_dir():
        raise BadInput(f"There's no folder {grades}. Grade first: {stages.command('grade')}")
    with verdict_log.locked(grades):
        made = scores.score(grades, late=late, per_day=per_day, hide=hide)
    _write_pages(grades, anonymous)
    progress.show_grades(made, grades)


def interop(
    submissions: Annotated[Path, typer.Argument(metavar="SUBMISSIONS", help="A folder or a zip for each student.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="The folder for the results.")] = Path(
        "interop"
    ),
    stage: Annotated[str, typer.Option(metavar="STAGE", help="The stage whose programs meet.")] = "5",
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CSV file with your class (columns id, name, email).")
    ] = None,
    authors: Authors = None,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Conversations to run in parallel.")] = 4,
    most: Annotated[
        int, typer.Option(metavar="N", min=1, help="Try at most this many pairs, chosen at random.")
    ] = 1000,
    no_sandbox: Annotated[
        bool,
        typer.Option(
            "--no-sandbox", help="Run the students' programs without a sandbox, so that they can reach this machine."
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="Choose the same sample and random texts as an earlier run.")
    ] = 0,
) -> None:
    """Let every student's client talk to every student's server.

    Grades don't change. A stopped run continues where it was.
    """
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
        typer.echo(f"Not tried: {len(table.absent)} programs that are missing or not started.")
    typer.echo(f"The table: {sheet}; the page: {page}")
    if stopped:
        typer.echo("Stopped. The results so far are kept. Run the same command again to continue.", err=True)
        raise typer.Exit(STOPPED)
    if table.count().get(meeting.GRADER):
        raise typer.Exit(CANNOT_GRADE)


def similarity(
    submissions: Annotated[Path, typer.Argument(metavar="SUBMISSIONS", help="A folder or a zip for each student.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="The folder for the report.")] = Path(
        "similarity"
    ),
    stage: Annotated[
        list[str] | None, typer.Option(metavar="STAGE", help="Compare only this stage (may be repeated; default: all).")
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER", help="Also compare with these submissions of an earlier year (may be repeated)."
        ),
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CSV file with your class (columns id, name, email).")
    ] = None,
    authors: Authors = None,
    least: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="List pairs at least this similar (0 to 1).")
    ] = 0.5,
) -> None:
    """Find similar programs: pairs to look at, never a verdict. Grades don't change."""
    from parley.grading import similarity as comparing

    wanted = _wanted(stage)
    if not stages.has_solutions():
        raise BadInput(stages.NO_SOLUTIONS)
    read = _named_submissions(submissions, wanted, out, roster, authors)
    others = comparing.earlier_submissions(earlier or (), wanted)
    _look_at(out, submissions)
    found = comparing.compare_all(read, wanted, least, others)
    table, page = comparing.write_similarity(found, out)
    typer.echo(f"{len(found.pairs)} pairs share at least {least:.0%} of a program.")
    typer.echo(f"The table: {table}; the page: {page}")


def new(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="Always exercise.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in small letters, such as roll_call.")],
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FOLDER", help="The course folder (default: this folder or course)."),
    ] = None,
) -> None:
    """Set up an exercise of your own: a program, plan, tests, hints and faults that already work."""
    from parley.checks import new_exercise

    if what != "exercise":
        raise BadInput(f"There's no command new {what}. Type: {stages.command(f'new exercise {name}')}")
    if folder is not None and not folder.is_dir():
        raise BadInput(f"{folder} isn't a folder. Make it, or name another one.")
    course = folder or stages.course() or stages.root() / "course"
    for path in new_exercise.lay_out_exercise(name, course):
        typer.echo(f"written: {path}")
    typer.echo(f"Change what you like, then prove it: {stages.command(f'prove {name}')}")


def prove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of your exercise.")],
    most: Annotated[
        int, typer.Option("--mutants", metavar="N", min=0, help="Try at most this many small changes of the program.")
    ] = 40,
) -> None:
    """Check an exercise of your own: its program passes, and its tests catch faults and small changes."""
    from parley.checks import new_exercise

    found = new_exercise.prove(new_exercise.find_own(name), typer.echo, most)
    for verdict in found.lost:
        typer.echo(f"The program fails: {verdict.test.sentence} {verdict.reason}")
    for sentence in found.wrong:
        typer.echo(sentence)
    if found.survivors:
        typer.echo("No test notices these changes. Add a test, or make sure that each still does what you ask for:")
        for mutant in found.survivors:
            typer.echo(f"  {mutant}")
    if found.lost or found.wrong:
        raise typer.Exit(NOT_PROVED)
    typer.echo(f"Proved: {found.points} points, {found.faults} faults, {found.mutants} mutants.")


def _named_submissions(
    place: Path, wanted: list[Stage], out: Path, roster: Path | None, authors: Path | None
) -> list[Submission]:
    """Return the submissions of a class, each with a key for its student, as far as a roster has one."""
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
    """Make the folder for results, before anything runs. Raise BadInput if that's impossible."""
    from parley.contract.files import can_write_into

    if out.resolve() == submissions.resolve():
        raise BadInput(
            f"The results can't go into the folder with the submissions. Name another folder than {out} with -o."
        )
    can_write_into(out)


@contextlib.contextmanager
def _workers(address: str | None, sandbox: bool) -> Iterator[tuple[Callable[[], RunsJobs] | None, int | None]]:
    """Return how to start workers, and how many in parallel: (None, None) if this machine does the work."""
    if address is None:
        yield None, None
        return
    from parley.grading.cluster import Cluster

    with Cluster(address, sandbox) as cluster:
        yield cluster.worker, cluster.places


def _wanted(named: list[str] | None, exercises: list[str] | None = None, gui: bool = False) -> list[Stage]:
    """Return the stages and extra exercises of these names, in their order. Default: all stages."""
    chosen = {stages.find(text) for text in named or ()}
    extras = {stage for name in exercises or () for stage in stages.further(stages.STAGES[-1], name)}
    extras |= {stages.WINDOW} if gui else set()
    whole = not chosen and not extras
    known = (*stages.STAGES, *stages.exercises(), stages.WINDOW)
    return [stage for stage in known if stage in chosen | extras or (whole and stage in stages.STAGES)]


def _heed_the_end() -> None:
    """Treat a termination signal or a closed terminal like Ctrl+C."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _write_pages(folder: Path, anonymous: bool = False) -> None:
    from parley.grading import site

    site.write_pages(folder, anonymous)
