"""The command line: each command calls one room of the house, and prints what comes back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from parley import stages
from parley.contract.errors import BadInput, ParleyError
from parley.grading import commands as grading
from parley.publish import commands as handout

app = typer.Typer(
    help="Parley: build a chat in five stages with sockets and threads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

UNKNOWN = 2  # exit status: a name that there is not; 1 says that a test was not passed

StageName = Annotated[str, typer.Argument(metavar="STAGE", help="A stage: 1, echo or 1_echo.")]


def main():
    """Run the command line; foreseen trouble becomes one sentence on standard error and status 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # no screen is too old for our words
    try:
        app(standalone_mode=True)
    except ParleyError as error:
        sys.exit(f"parley: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def play(
    stage: StageName,
    version: Annotated[
        str, typer.Option(help="full, quiet, bare, mine (in exercises/), or of stage 5 a further exercise: kick.")
    ] = "full",
    client: Annotated[bool, typer.Option("--client", help="Start the client instead of the server.")] = False,
    gui: Annotated[bool, typer.Option("--gui", help="Start stage 5's client with a window instead.")] = False,
    scene: Annotated[bool, typer.Option("--scene", help="Play a short scripted conversation.")] = False,
    host: Annotated[str, typer.Option(help="The host to listen at, or to connect to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.")] = 50007,
    save: Annotated[Path | None, typer.Option(help="With --scene: keep the record in this JSON file.")] = None,
    picture: Annotated[Path | None, typer.Option(help="With --scene: draw what happened, as this SVG file.")] = None,
):
    """Run a stage's server here (its client in a second terminal), or a scripted conversation of both."""
    chosen = stages.find(stage)
    place = "" if (host, port) == ("127.0.0.1", 50007) else f' --host "{host}" --port {port}'
    what = "".join(f" --{name}" for name, on in (("client", client), ("gui", gui), ("scene", scene)) if on)
    folder = _folder(chosen, version, _playable(chosen, f"{place}{what}"))
    if save and not scene:
        raise BadInput("--save goes with --scene: only a scripted conversation is recorded.")
    if picture and not scene:
        raise BadInput("--picture goes with --scene: only a scripted conversation is drawn.")
    if scene:
        _play_scene(chosen, folder, save, picture)
        return
    if gui:
        where = [host, str(port)] if place else []  # without them the window asks
        (window,) = stages.further(chosen, "gui")
        raise typer.Exit(_run(_begun(_folder(window, version) / "gui_client.py"), *where))
    if client and version in stages.FURTHER_NAMES:
        folder = _folder(chosen, "full")  # a further exercise is about the server alone
    path = _begun(folder / f"{'client' if client else 'server'}.py")
    if not client:
        more = "" if version == "full" else f" --version {version}"
        typer.echo(
            f"The {chosen.name} server runs here, Ctrl+C ends it. In a second terminal: "
            f"python3 start.py play {chosen.number}{more}{place} --client"
        )
    raise typer.Exit(_run(path, host, str(port)))


def _playable(stage, what):
    """What can be played in a students' edition instead of a version that it does not have, as a sentence."""
    command = f"python3 start.py play {stage.number} --version"
    if stages.has_solutions(version="bare"):
        return f"This works here: {command} bare{what} (your own: --version mine)"
    return f"With your own program: {command} mine{what}"


def _begun(path):
    """The path of a program, if there is something to run in it: a student's own may have comments alone."""
    from parley.harness.scene import unready

    cause, _ = unready(path)
    if cause == "not begun":
        raise BadInput(f"{_from_root(path)} has no statements yet, only comments: there is nothing to run.")
    return path


@app.command()
def tour():
    """Let all five pairs talk, then check a wrong program and explain what is wrong with it."""
    if not stages.has_solutions():
        raise BadInput(f"{stages.missing()} Begin with the notebooks: python3 start.py lab")
    for stage in stages.STAGES:
        typer.secho(f"\nStage {stage.number}. {stage.title}", bold=True)
        _play_scene(stage, _folder(stage, "full"))
    _check_wrong_program()
    grading.grade_three()
    typer.echo("\nAll five pairs have talked, a mistake was found, and three students have their points.")
    typer.echo("Next: python3 start.py play 1")


def _check_wrong_program():
    """Check a server that makes a classic mistake of stage 2 with the test for it; BadInput if it is not found."""
    import tempfile

    from parley.checks.mistakes import mistakes, write_wrong
    from parley.checks.terminal import check_and_tell

    stage = stages.find("2_logbook")
    mistake = next(each for each in mistakes(stage) if each.name == "torn-message")
    typer.secho(f"\nA wrong server of stage 2. Who writes it believes: {mistake.belief}", bold=True)
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        write_wrong(stage, mistake, folder)
        test = mistake.test.partition("::")[2]
        if check_and_tell(stage, Path(folder), [mistake.program], test=test).all_is_well:
            raise BadInput("the mistake was not found; that is a mistake of Parley's.")


SERVER = Annotated[bool, typer.Option("--server", help="The server alone.")]
CLIENT = Annotated[bool, typer.Option("--client", help="The client alone.")]
DIR = Annotated[Path | None, typer.Option("--dir", help="Check this folder instead of exercises/STAGE.")]


EXERCISE = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"A further exercise of stage 5: {', '.join(stages.FURTHER_NAMES)} or all."),
]
GUI = Annotated[bool, typer.Option("--gui", help="Stage 5's client with a window.")]


@app.command()
def check(
    stage: StageName,
    server: SERVER = False,
    client: CLIENT = False,
    exercise: EXERCISE = None,
    gui: GUI = False,
    folder: DIR = None,
    every: Annotated[bool, typer.Option("--all", help="Tell the story of every failure.")] = False,
    seed: Annotated[int | None, typer.Option(help="Repeat an earlier run.")] = None,
    test: Annotated[
        str | None, typer.Option(metavar="NAME", help="One test alone, by its name in tests/STAGE: test_...")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the first failure, as this SVG file.")] = None,
):
    """Check your programs of a stage: a table of tests with points, then what went wrong first."""
    from parley.checks.terminal import check_and_tell

    suites = _suites(stage, exercise, gui)
    if picture and len(suites) > 1:
        raise BadInput("--picture draws one failure: name one exercise.")
    if test and len(suites) > 1:
        raise BadInput("--test is about one suite: name one exercise.")
    programs = _programs(server, client)
    if test:
        _must_be_a_test(test, suites[0], programs)
    options = {"every": every, "seed": seed, "test": test}
    checks = [check_and_tell(chosen, _work(chosen, folder), programs, **options) for chosen in suites]
    if picture:
        _draw(checks[0].first, picture)
    raise typer.Exit(0 if all(done.all_is_well for done in checks) else 1)


def _draw(failure, picture):
    """Draw what happened in a failed test (its verdict, or None)."""
    if not (failure and failure.story):
        typer.echo(f"\nNo test has run and failed, so there is no picture; {picture} was not written.")
        return
    from parley.contract.files import write_whole
    from parley.drawing.picture import draw

    write_whole(picture, draw(failure.story.events, failure.test.sentence))
    typer.echo(f"\nA picture of the first failure: {picture}")


def _must_be_a_test(name, stage, programs):
    """End with status 2 and one sentence, which names those there are or that are close, if there is no such test."""
    from difflib import get_close_matches

    from parley.checks.check import test_names

    known = test_names(stage, programs)
    if name in known:
        return
    close = get_close_matches(name, known)
    told = f"close to it: {', '.join(close)}" if close else f"there are: {', '.join(known)}"
    typer.echo(f"parley: {stage.name} has no test {name!r}; {told}.", err=True)
    raise typer.Exit(UNKNOWN)


@app.command()
def watch(
    stage: StageName,
    server: SERVER = False,
    client: CLIENT = False,
    exercise: EXERCISE = None,
    gui: GUI = False,
    folder: DIR = None,
    poll: Annotated[bool, typer.Option("--poll", help="For drives that do not tell of changes.")] = False,
):
    """Check your programs of a stage again each time you save one."""
    from parley.checks.terminal import watch as watching

    chosen, *more = _suites(stage, exercise, gui)
    if more:
        raise BadInput("watch checks one further exercise at a time.")
    watching(chosen, _work(chosen, folder), _programs(server, client), poll=poll)


@app.command()
def hint(
    stage: StageName,
    key: Annotated[str | None, typer.Argument(help="A hint's name; the first failure's where left out.")] = None,
    exercise: EXERCISE = None,
    gui: GUI = False,
):
    """Give a hint for the first failure of the last check; ask again for the next part of it."""
    from parley.checks.terminal import next_hint

    chosen, *more = _suites(stage, exercise, gui)
    if more:
        raise BadInput("a hint is about one further exercise.")
    next_hint(chosen, key)


@app.command()
def diff(
    a: Annotated[str, typer.Argument(help="A stage, or a stage and a version: 3 or 3/bare.")],
    b: Annotated[str, typer.Argument(help="Another one. Versions: full, quiet, bare, mine.")],
    program: Annotated[str, typer.Option(help="server or client; both where left out.")] = "",
):
    """Show what changes from one stage, or version, to another: lines taken out (-) and put in (+)."""
    from parley.derive.compare import compare

    first, second = _side(a), _side(b)
    known = first[0].programs
    if first[1] in stages.FURTHER_NAMES or second[1] in stages.FURTHER_NAMES:
        known = stages.FURTHER.programs  # such an exercise is about the server alone
    elif first[0] == second[0] == stages.STAGES[-1] and program in stages.WINDOW.programs:
        known = stages.WINDOW.programs
    programs = [program] if program else known
    for name in programs:
        if name not in known:
            raise BadInput(f"There is no program {name!r}: there are {' and '.join(known)}.")
        old, new = (_folder(stage, version) / f"{name}.py" for stage, version in (first, second))
        for line in compare(old, new):
            colour = {"-": typer.colors.RED, "+": typer.colors.GREEN, "@": typer.colors.CYAN}.get(line[:1])
            typer.secho(line, fg=colour if _colourful() else None)


@app.command()
def build(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where a derived file is not fresh.")
    ] = False,
):
    """Derive quiet, bare and the comments-only exercises from the full programs."""
    from parley.derive import build as building

    try:
        if check:
            _report_stale(building.check(stages.root()))
            return
        built = building.build(stages.root())
    except BadInput as error:
        raise BadInput(error) from error
    for path in built.written:
        typer.echo(f"written: {_from_root(path)}")
    for path in built.removed:
        typer.echo(f"removed: {_from_root(path)}")
    for sentence in built.kept:
        typer.echo(sentence)
    if not (built.written or built.removed or built.kept):
        typer.echo("All derived files are fresh.")


@app.command()
def lab(
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open it in a browser.")] = True,
    port: Annotated[int | None, typer.Option(help="The port of this machine; any free one where left out.")] = None,
):
    """Open the notebooks in JupyterLab; Ctrl+C here ends it."""
    from parley.notebooks import lab as laboratory

    try:
        raise typer.Exit(laboratory.lab(browser, port))
    except BadInput as error:
        raise BadInput(error) from error


@app.command()
def book(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder for the pages.")] = Path("book"),
    mine: Annotated[bool, typer.Option("--mine", help="Run the cells with your exercises, not with comments.")] = False,
):
    """Run all notebooks, and make HTML pages of them that need no network."""
    from parley.notebooks import book as binding

    try:
        index = binding.book(stages.root(), output, mine, say=typer.echo)
    except BadInput as error:
        raise BadInput(error) from error
    typer.echo(f"The book begins with {index}")


@app.command()
def reset(stage: StageName):
    """Put the comments back into exercises/STAGE; your work is kept in a dated copy beside them."""
    from parley.derive import build as building

    chosen = stages.find(stage)
    try:
        kept = building.reset(stages.root(), chosen)
    except BadInput as error:
        raise BadInput(error) from error
    typer.echo(f"exercises/{chosen.name} has the comments again.")
    if kept:
        typer.echo(f"Your work is kept in {_from_root(kept)}.")


@app.command()
def faults(
    stage: Annotated[str | None, typer.Argument(help="A stage: 1, echo or 1_echo; all where it is left out.")] = None,
    version: Annotated[str | None, typer.Option(help="full, quiet, bare or mine; the first three if left out.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the tables of all stages into README.md.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail where README.md has other tables.")] = False,
):
    """Do to the programs what goes wrong on a wire, and show which version holds."""
    from parley.checks import faults as trying
    from parley.checks import tables

    if (write or check) and (stage or version):
        raise BadInput("--write and --check go with all stages and versions.")
    chosen = [stages.find(stage)] if stage else stages.STAGES
    versions = [version] if version else trying.VERSIONS
    for each, one in [(each, one) for each in chosen for one in versions]:
        _folder(each, one, "With --version mine your own programs are tried.")
    outcomes = trying.table(chosen, versions)
    shown = [tables.of_stage(outcomes) if stage else tables.of_stages(outcomes)]
    if not stage:
        shown.append(tables.of_abilities(trying.abilities()))
    for table in shown:
        text = table.as_text()
        typer.echo(text.replace("breaks", typer.style("breaks", bold=True)) if _colourful() else text)
        typer.echo()
    page = stages.root() / "README.md"
    if write:
        typer.echo(f"{'written' if tables.put(page, shown) else 'unchanged'}: {page.name}")
    if check and (differs := tables.stale(page, shown)):
        raise BadInput(f"{differs} python3 start.py faults --write makes it so.")


@app.command()
def doctor():
    """Say whether this machine has what Parley needs, and what to do where it has not."""
    from parley.doctor import examine

    findings = examine()
    for finding in findings:
        typer.echo(f"{finding.verdict:8} {finding.subject}: {finding.said}")
    if any(finding.verdict == "missing" for finding in findings):
        raise typer.Exit(1)


app.command()(grading.grade)
app.command()(grading.score)
app.command()(grading.interop)
app.command()(grading.likeness)
app.command()(handout.export)
app.command()(handout.submit)
app.command()(handout.release)


def _play_scene(stage, folder, save=None, picture=None):
    """Play the scene of a stage with the programs in this folder, and print its transcript.

    `save` and `picture`: files for the record and for the picture; they are written where it goes wrong too.
    """
    from parley.contract.record import Failed
    from parley.harness.play import play as playing

    wrong = None
    try:
        record = playing(stage, folder)
    except Failed as failed:
        wrong, record = failed, failed.record
    for line in record.transcript():
        typer.echo(line)
    if save:
        record.save(save)
    if picture:
        from parley.drawing.picture import draw

        svg = draw(record, f"Stage {stage.number}. {stage.title}")
        picture.write_text(svg, encoding="utf-8", newline="\n")
    if wrong:
        raise BadInput(f"the conversation went wrong: {wrong}") from wrong


def _folder(stage, version, instead=""):
    """The folder of a stage's programs in this version. Raises BadInput where there is none.

    `instead`: a sentence about what a students' edition does have.
    """
    if version == "mine":
        return stages.exercise(stage, "server").parent
    if version in stages.FURTHER_NAMES:
        (stage,), version = stages.further(stage, version), "full"
    try:
        folder = stages.solution(stage, version, "server").parent
    except BadInput as error:
        raise BadInput(f"There is no version {version!r}: there are full, quiet, bare and mine.") from error
    if not stages.has_solutions(version=version):
        raise BadInput(f"{stages.missing()} {instead}".rstrip())
    if not folder.is_dir():
        raise BadInput(f"{_from_root(folder)} is missing; python3 start.py build makes it.")
    return folder


def _work(stage, folder):
    """The folder whose programs are checked. Raises BadInput where it is none."""
    folder = (folder or stages.exercise(stage, "server").parent).absolute()
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}.")
    return folder


def _suites(stage, exercise, gui):
    """What is to be checked: a stage, or one or more of its further exercises, as a list of stages."""
    chosen = stages.find(stage)
    if exercise and gui:
        raise BadInput("--exercise and --gui do not go together.")
    return stages.further(chosen, exercise or "gui") if exercise or gui else [chosen]


def _programs(server, client):
    """The programs to be checked: None for both."""
    chosen = [name for name, wanted in (("server", server), ("client", client)) if wanted]
    return chosen if len(chosen) == 1 else None


def _side(text):
    """A stage and a version from "3" or "3/bare"."""
    stage, _, version = text.partition("/")
    return stages.find(stage), version or "full"


def _run(path, *args):
    """Run a program at this terminal until it ends; its exit status. Ctrl+C is the program's to obey."""
    import signal
    import subprocess

    with subprocess.Popen([sys.executable, str(path), *args]) as program:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return program.wait()


def _report_stale(stale):
    for one in stale:
        typer.echo(f"{one.reason}\n{one.diff}")
    if stale:
        raise BadInput("not all derived files are fresh; python3 start.py build makes them so.")
    typer.echo("All derived files are fresh.")


def _from_root(path):
    """A path as it is seen from the project's folder, with slashes on every system."""
    return path.relative_to(stages.root()).as_posix() if path.is_relative_to(stages.root()) else str(path)


def _colourful():
    import os

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    main()
