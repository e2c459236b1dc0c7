"""The commands for students: set up, lessons, playing, checking and handing in."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.record import Record
from parley.contract.verdict import Verdict
from parley.screen import colorful, listed, say, wrapped
from parley.stages import Stage

UNKNOWN = 2  # exit status: an unknown name; 1 means that a test failed
PLACE = ("127.0.0.1", 50007)  # the default address of the programs

StageName = Annotated[str, typer.Argument(metavar="STAGE", help="The stage: 1, echo or 1_echo.")]
Server = Annotated[bool, typer.Option("--server", help="Only the server.")]
Client = Annotated[bool, typer.Option("--client", help="Only the client.")]
Folder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="FOLDER", help="Check the programs in this folder (default: exercises/STAGE)."),
]
Exercise = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"An extra exercise of stage 5: {', '.join(stages.FURTHER_NAMES)} or all."),
]
Gui = Annotated[bool, typer.Option("--gui", help="Only stage 5's client with a window.")]


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder for the workbook. It's made if it doesn't exist.")
    ],
) -> None:
    """Set up a workbook in a folder: lessons, notebooks, exercises, tests and solutions.

    Existing files stay unchanged.
    """
    from parley.publish.layout import lay_out

    laid_out = lay_out(folder)
    typer.echo(f"The workbook is in {folder.absolute()}: files written: {len(laid_out.written)}.")
    if laid_out.kept:
        typer.echo(f"Files that already existed and stay unchanged: {len(laid_out.kept)}.")
    typer.echo(f"Next: cd {_quoted(folder)}, then {stages.command('tour')} or {stages.command('lab')}")


def _quoted(folder: Path) -> str:
    """Return a folder as you type it in a shell."""
    return f'"{folder}"' if " " in str(folder) else str(folder)


def play(
    context: typer.Context,
    stage: StageName,
    version: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="full, quiet, bare, mine (yours, in exercises/), or for stage 5 an extra exercise such as kick "
            "(default: mine if it passes all core tests, otherwise full).",
        ),
    ] = None,
    client: Annotated[bool, typer.Option("--client", help="Start the client instead of the server.")] = False,
    gui: Annotated[bool, typer.Option("--gui", help="Start stage 5's client with a window instead.")] = False,
    scene: Annotated[bool, typer.Option("--scene", help="Run a short scripted conversation of both programs.")] = False,
    host: Annotated[str, typer.Option(metavar="HOST", help="The host to listen at, or to connect to.")] = PLACE[0],
    port: Annotated[int, typer.Option(metavar="PORT", help="The port to listen at, or to connect to.")] = PLACE[1],
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the record as JSON (only with --scene).")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw what happened as SVG (only with --scene).")
    ] = None,
) -> None:
    """Run a stage's server, its client, or a scripted conversation of both."""
    chosen = stages.find(stage)
    _no_more("play", chosen, context.args, ("client", "scene", "gui"))
    kinds = [name for name, on in (("--client", client), ("--gui", gui), ("--scene", scene)) if on]
    if len(kinds) > 1:
        raise BadInput(f"{' and '.join(kinds)} exclude each other. Use only one of them.")
    if scene and (host, port) != PLACE:
        raise BadInput("--host and --port don't work with --scene, which chooses a free port itself. Leave them out.")
    place = "" if (host, port) == PLACE else f' --host "{host}" --port {port}'
    given, version = version, version or _best(chosen)
    if save and not scene:
        raise BadInput("--save needs --scene, because only a scripted conversation is recorded. Add --scene.")
    if picture and not scene:
        raise BadInput("--picture needs --scene, because only a scripted conversation is drawn. Add --scene.")
    _must_be_writable(save, picture)
    if scene and not given and version == "mine" and not own_have_core(chosen):
        typer.echo("Recorded with the finished programs when this edition was made:")
        show_scene(chosen, recorded(chosen), save, picture)
        return
    folder = folder_of(chosen, version)
    if scene:
        play_scene(chosen, folder, save, picture)
        return
    if gui:
        where = [host, str(port)] if place else []  # without them the window asks for them
        (window,) = stages.further(chosen, "gui")
        raise typer.Exit(_run(_begun(folder_of(window, version) / "gui_client.py"), *where))
    if client and version in stages.FURTHER_NAMES:
        folder = folder_of(chosen, "full")  # an extra exercise is only about the server
    path = _begun(folder / f"{'client' if client else 'server'}.py")
    if not client:
        more = f" --version {given}" if given else ""
        command = stages.command(f"play {chosen.number}{more}{place} --client")
        whose = "Your" if version == "mine" else "The"
        typer.echo(f"{whose} {chosen.name} server runs here. Ctrl+C stops it. In a second terminal, type:\n  {command}")
    raise typer.Exit(_run(path, host, str(port)))


def _best(stage: Stage) -> str:
    """Return the version to play by default: the student's own if it passes all core tests or ours isn't here,
    otherwise full.
    """
    return "mine" if not stages.has_solutions() or own_have_core(stage) else "full"


def own_have_core(stage: Stage) -> bool:
    """Whether the student's own programs pass all core tests (see parley.checks.check)."""
    from parley.checks.check import own_have_core

    return own_have_core(stage)


def _begun(path: Path) -> Path:
    """Return the path of a program that has something to run: a student's own may have only comments."""
    from parley.harness.scene import unready

    cause, _ = unready(path)
    if cause == "not begun":
        raise BadInput(f"{stages.from_root(path)} has no statements yet, only comments. {_instead(path)}")
    return path


def _instead(path: Path) -> str:
    """Return a sentence that says what to run instead of the student's own unstarted program."""
    from parley.harness.scene import unready

    number = int(path.parent.name[0])
    option = "" if path.stem == "server" else " --client"
    if stages.has_solutions(version="bare", stage=stages.STAGES[number - 1]):
        version = "full" if stages.has_solutions() else "bare"
        return f"This works here: {stages.command(f'play {number} --version {version}{option}')}"
    if number == len(stages.STAGES) and option:
        fourth = stages.exercise(stages.STAGES[number - 2], "client")
        if unready(fourth)[0] != "not begun":
            return f"Your client of stage 4 can talk to it: {stages.command(f'play {number - 1} --client')}"
    scene = stages.command(f"play {number} --scene")
    return f"Write some first: the comments are your plan. To see what it will do: {scene}"


def check(
    context: typer.Context,
    stage: StageName,
    server: Server = False,
    client: Client = False,
    exercise: Exercise = None,
    gui: Gui = False,
    folder: Folder = None,
    every: Annotated[bool, typer.Option("--all", help="Show everything that is wrong, step by step.")] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Repeat an earlier run: the number that it showed.")
    ] = None,
    test: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run only this test, by its name in tests/STAGE.")
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Try only this function, such as receive_lines, in about a second and for no points."
        ),
    ] = None,
    times: Annotated[
        int, typer.Option(metavar="N", min=1, help="Repeat the check N times, and show which tests differ.")
    ] = 1,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the first failure as SVG.")] = None,
    data: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write points, verdicts and diagnoses to this file as JSON."),
    ] = None,
) -> None:
    """Check your programs of a stage: show the tests with their points, then what to fix first."""
    from parley.checks.terminal import check_again_and_again, check_and_tell, write_data

    _no_more("check", stages.find(stage), context.args, ("server", "client", "gui", "all"))
    suites = _suites(stage, exercise, gui)
    if picture and len(suites) > 1:
        raise BadInput("--picture draws one failure. Name a single exercise instead of all.")
    if data and len(suites) > 1:
        raise BadInput("--json writes the results of one exercise. Name a single exercise instead of all.")
    if test and len(suites) > 1:
        raise BadInput("--test runs one test of one exercise. Name a single exercise instead of all.")
    programs = _programs(server, client, suites[0])
    _must_be_writable(picture, data)
    if function:
        if test or picture or every or seed is not None or times > 1 or exercise or gui:
            raise BadInput(
                "--function works only with --server, --client, --dir and --json. Leave out the other options."
            )
        raise typer.Exit(_check_function(suites[0], _checked(suites[0], folder), function, programs, data))
    if test:
        _must_be_a_test(test, suites[0], programs)
    if times > 1:
        if picture or data or every or seed is not None:
            raise BadInput("--times doesn't work with --picture, --json, --all or --seed. Leave them out.")
        passed = [check_again_and_again(suite, _checked(suite, folder), programs, times, test) for suite in suites]
        raise typer.Exit(0 if all(passed) else 1)
    checks = [
        check_and_tell(suite, _checked(suite, folder), programs, every=every, seed=seed, test=test) for suite in suites
    ]
    if picture:
        _draw(checks[0].first, picture)
    if data:
        write_data(suites[0], checks[0], data)
    raise typer.Exit(0 if all(done.all_is_well for done in checks) else 1)


def _check_function(stage: Stage, folder: Path, name: str, programs: Sequence[str] | None, data: Path | None) -> int:
    """Try one function of the programs in a folder, and show the result. Return the exit status."""
    from parley.checks.function import check_function, told_trials
    from parley.contract.files import write_json
    from parley.contract.plain import to_plain

    found = check_function(stage, folder, name, programs)
    for trials in found:
        say(told_trials(trials))
    if data:
        write_json(data, to_plain(found))
    return 0 if all(trials.has_core for trials in found) else 1


def _draw(failure: Verdict | None, picture: Path) -> None:
    if not (failure and failure.story):
        typer.echo(f"\nNo test ran and failed, so there's no picture: {picture} wasn't written.")
        return
    from parley.contract.files import write_whole
    from parley.drawing.picture import draw

    write_whole(picture, draw(failure.story.events, failure.test.sentence))
    typer.echo(f"\nPicture of the first failure: {picture}")


def _must_be_a_test(name: str, stage: Stage, programs: Sequence[str] | None) -> None:
    """Exit with status 2 and one sentence, with the known or similar names, if there's no such test."""
    from difflib import get_close_matches

    from parley.checks.check import test_names

    known = test_names(stage, programs)
    if name in known:
        return
    close = get_close_matches(name, known)
    told = f"Did you mean {' or '.join(close)}?" if close else f"Use one of these:\n{listed(known)}"
    typer.echo(f"Error: {stage.name} has no test {name!r}. {told}", err=True)
    raise typer.Exit(UNKNOWN)


def watch(
    context: typer.Context,
    stage: StageName,
    server: Server = False,
    client: Client = False,
    exercise: Exercise = None,
    gui: Gui = False,
    folder: Folder = None,
    poll: Annotated[bool, typer.Option("--poll", help="Look for changes by polling (for network drives).")] = False,
) -> None:
    """Check your programs of a stage again each time you save one."""
    from parley.checks import terminal

    _no_more("watch", stages.find(stage), context.args, ("server", "client", "gui"))
    suite, *others = _suites(stage, exercise, gui)
    if others:
        raise BadInput("watch checks one extra exercise at a time. Name a single one instead of all.")
    terminal.watch(suite, _checked(suite, folder), _programs(server, client, suite), poll=poll)


def hint(
    stage: StageName,
    key: Annotated[
        str | None, typer.Argument(metavar="HINT", help="The name of a hint (default: the one for your first failure).")
    ] = None,
    exercise: Exercise = None,
    gui: Gui = False,
) -> None:
    """Give a hint for the first failure of the last check; ask again for the next part of it."""
    from parley.checks.terminal import next_hint

    suite, *more = _suites(stage, exercise, gui)
    if more:
        raise BadInput("A hint is for one extra exercise. Name a single one instead of all.")
    next_hint(suite, key)


def diff(
    a: Annotated[str, typer.Argument(metavar="FROM", help="A stage, or a stage with a version: 3 or 3/bare.")],
    b: Annotated[str, typer.Argument(metavar="TO", help="Another one. The versions are full, quiet, bare and mine.")],
    program: Annotated[str, typer.Option(metavar="PROGRAM", help="server or client (default: both).")] = "",
) -> None:
    """Show what changes between two stages or versions: removed lines (-) and added lines (+)."""
    from parley.derive.compare import compare

    first, second = map(_side, (a, b))
    known = first[0].programs
    if first[1] in stages.FURTHER_NAMES or second[1] in stages.FURTHER_NAMES:
        known = stages.FURTHER.programs  # such an exercise is only about the server
    elif first[0] == second[0] == stages.STAGES[-1] and program in stages.WINDOW.programs:
        known = stages.WINDOW.programs
    for name in [program] if program else known:
        if name not in known:
            raise BadInput(f"There's no program {name!r} here. Use {' or '.join(known)}.")
        old, new = (folder_of(stage, version) / f"{name}.py" for stage, version in (first, second))
        for line in compare(old, new):
            color = {"-": typer.colors.RED, "+": typer.colors.GREEN, "@": typer.colors.CYAN}.get(line[:1])
            told = wrapped(line) if sys.stdout.isatty() else line  # the reader of a pipe may be patch
            typer.secho(told, fg=color, color=colorful())


def lab(
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open JupyterLab in a browser, or only start it.")
    ] = True,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="The port for JupyterLab (default: any free port).")
    ] = None,
) -> None:
    """Open the notebooks in JupyterLab. Ctrl+C stops it."""
    from parley.notebooks import lab

    raise typer.Exit(lab.lab(browser, port))


def book(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="The folder for the pages.")] = Path(
        "book"
    ),
    mine: Annotated[bool, typer.Option("--mine", help="Your own book, with your programs and answers.")] = False,
) -> None:
    """Run all notebooks and turn them into HTML pages that work offline."""
    from parley.notebooks import book

    output.mkdir(parents=True, exist_ok=True)  # before all the notebooks run
    try:
        index = book.book(stages.root(), output, mine, say=typer.echo)
    finally:
        with contextlib.suppress(OSError):  # it isn't empty, as it should be
            output.rmdir()
    typer.echo(f"The first page of the book: {index}")


def reset(stage: StageName) -> None:
    """Start a stage again with only the comments. Your programs are kept in a dated copy."""
    from parley.derive import build

    chosen = stages.find(stage)
    kept = build.reset(stages.root(), chosen)
    typer.echo(f"exercises/{chosen.name} contains only the comments again.")
    if kept:
        typer.echo(f"Your programs are kept in {stages.from_root(kept)}.")


def faults(
    stage: Annotated[
        str | None, typer.Argument(metavar="STAGE", help="The stage: 1, echo or 1_echo (default: all).")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="full, quiet, bare or mine (default: full, quiet and bare, or mine in a students' edition).",
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the tables of all stages into docs/faults.md.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail if the tables in docs/faults.md differ.")] = False,
) -> None:
    """Break connections on purpose, and show which version of the programs survives."""
    from parley.checks import faults, tables

    if (write or check) and (stage or version):
        raise BadInput("--write and --check are for all stages and versions. Leave out the stage and --version.")
    chosen = [stages.find(stage)] if stage else stages.STAGES
    versions = [version] if version else faults.VERSIONS if stages.has_solutions() else ["mine"]
    for tried in chosen:
        for wanted in versions:
            folder = folder_of(tried, wanted)
            for program in tried.programs if stage else ():
                _begun(folder / f"{program}.py")
    outcomes = faults.table(chosen, versions)
    shown = [tables.of_stage(outcomes) if stage else tables.of_stages(outcomes)]
    if not stage:
        shown.append(tables.of_abilities(faults.abilities()))
    for table in shown:
        text = table.as_text()
        typer.echo(text.replace("breaks", typer.style("breaks", bold=True)) if colorful() else text)
        typer.echo()
    page = stages.root() / tables.PAGE
    if write:
        typer.echo(f"{'written' if tables.put(page, shown) else 'unchanged'}: {tables.PAGE}")
    if check and (differs := tables.stale(page, shown)):
        raise BadInput(f"{differs} To update it: {stages.command('faults --write')}")


def doctor() -> None:
    """Check whether this machine has what Parley needs, and say how to get what is missing."""
    from parley.doctor import examine

    findings = examine()
    for finding in findings:
        say(f"{finding.verdict:8} {finding.subject}: {finding.said}")
    if any(finding.verdict == "missing" for finding in findings):
        raise typer.Exit(1)


def submit(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The zip file to write.")] = Path(
        "parley-submission.zip"
    ),
    stage: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Pack only this stage: 1, echo or 1_echo (default: all).")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Check your programs first, or only pack them.")
    ] = True,
) -> None:
    """Check your programs one last time and pack them into a zip file to hand in."""
    from parley.publish.submit import pack

    wanted = [stages.find(stage)] if stage else stages.STAGES

    def tell(begun: Stage) -> None:
        typer.echo(f"Checking {begun.name}. Please wait ...")

    packed = pack(out, wanted, checks=check, on_stage=tell)
    for name, points in packed.points.items():
        typer.echo(f"{name}: {points.earned} of {points.of} points")
    for sentence in [*packed.missing, *packed.left_out]:
        typer.echo(sentence)
    typer.echo(f"Hand in this file: {packed.path.absolute()} ({len(packed.files)} programs)")


# Shared helpers


def play_scene(stage: Stage, folder: Path, save: Path | None = None, picture: Path | None = None) -> None:
    """Play the scene of a stage with the programs in this folder, and print its transcript.

    `save` and `picture`: files for the record and for the picture, written even if the scene fails.
    """
    from parley.contract.record import Failed
    from parley.harness import play

    wrong = None
    try:
        record = play.play(stage, folder)
    except Failed as failed:
        wrong, record = failed, failed.record
    show_scene(stage, record, save, picture)
    if wrong:
        raise BadInput(f"The conversation went wrong: {wrong}") from wrong


def show_scene(stage: Stage, record: Record, save: Path | None = None, picture: Path | None = None) -> None:
    """Print the transcript of what happened in a stage's scene, and write the files as play_scene does."""
    from parley.contract.files import write_whole

    for line in record.transcript():
        typer.echo(line)
    if save:
        record.save(save)
    if picture:
        from parley.drawing.picture import draw

        write_whole(picture, draw(record, f"Stage {stage.number}. {stage.title}"))


def recorded(stage: Stage) -> Record:
    """Return the record of a stage's scene, made with this students' edition."""
    from parley.notebooks.cells import play

    return play(stage.name, "full").record


def folder_of(stage: Stage, version: str) -> Path:
    """Return the folder of a stage's programs in this version. Raise BadInput if there is none."""
    if version == "mine":
        return stages.exercise(stage, "server").parent
    if version in stages.FURTHER_NAMES:
        (stage,), version = stages.further(stage, version), "full"
    try:
        folder = stages.solution(stage, version, "server").parent
    except BadInput as error:
        raise BadInput(f"There's no version {version!r}. Use full, quiet, bare or mine.") from error
    if not stages.has_solutions(version=version, stage=stage):
        own = stages.command(f"play {stage.number} --version mine")
        raise BadInput(f"{stages.NO_SOLUTIONS} With your own program: {own}")
    if not folder.is_dir():
        raise BadInput(f"{stages.from_root(folder)} is missing. To make it: {stages.command('build')}")
    return folder


def _checked(stage: Stage, folder: Path | None) -> Path:
    """Return the folder whose programs to check. Raise BadInput if it isn't a folder."""
    folder = (folder or stages.exercise(stage, "server").parent).absolute()
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise BadInput(f"{folder} {what}. Give the folder that holds your programs.")
    return folder


def _suites(stage: str, exercise: str | None, gui: bool) -> Sequence[Stage]:
    """Return what to check, as a list of stages: a stage, or one or more of its extra exercises."""
    chosen = stages.find(stage)
    if exercise and gui:
        raise BadInput("--exercise and --gui don't work together. Use only one of them.")
    return stages.further(chosen, exercise or "gui") if exercise or gui else [chosen]


def _programs(server: bool, client: bool, suite: Stage) -> list[str] | None:
    """Return the programs to check, None for all. Raise BadInput if one of them isn't in this suite."""
    chosen = [name for name, wanted in (("server", server), ("client", client)) if wanted]
    if strange := [name for name in chosen if name not in suite.programs]:
        raise BadInput(f"{suite.name} is about {suite.programs[0]}.py only. Leave out --{strange[0]}.")
    return chosen if len(chosen) == 1 else None


def _no_more(command: str, stage: Stage, words: Sequence[str] | None, options: Sequence[str]) -> None:
    """Raise BadInput, with the command that was probably meant, if there are words after the stage."""
    if not words:
        return
    first = words[0].lstrip("-").lower()
    meant = f"--{first}" if first in options else ""
    if command == "play" and first in ("full", "quiet", "bare", "mine", *stages.FURTHER_NAMES):
        meant = f"--version {first}"
    elif command != "play" and stage == stages.STAGES[-1] and first in (*stages.FURTHER_NAMES, "all"):
        meant = f"--exercise {first}"
    example = stages.command(f"{command} {stage.number} {meant}")
    end = f"Type: {example}" if meant else f"For its options, type: {stages.command(f'{command} --help')}"
    raise BadInput(f"{command} takes a stage and options, and {words[0]!r} isn't an option. {end}")


def _must_be_writable(*paths: Path | None) -> None:
    """Raise BadInput, before anything runs, if a file can't be written later."""
    for path in filter(None, paths):
        if path.is_dir():
            raise BadInput(f"{path} is a folder. Name a file in it.")
        if not path.absolute().parent.is_dir():
            raise BadInput(
                f"There's no folder {path.absolute().parent} for {path.name}. Make it, or name another file."
            )


def _side(text: str) -> tuple[Stage, str]:
    """Return the stage and version in "3" or "3/bare". The default version is full, or the student's own if full isn't
    here.
    """
    stage, _, version = text.partition("/")
    return stages.find(stage), version or ("full" if stages.has_solutions() else "mine")


def _run(path: Path, *args: str) -> int:
    """Run a program at this terminal until it exits, and return its exit status. Ctrl+C goes to the program."""
    with subprocess.Popen([sys.executable, str(path), *args]) as program:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return program.wait()
