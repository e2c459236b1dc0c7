"""The command line: registers the commands, and turns what was foreseen into one sentence."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import parley
from parley import stages
from parley.commands import learn, publish, teach
from parley.commands.tour import tour
from parley.contract.errors import BadInput, ParleyError

PANELS: dict[str, tuple[Callable[..., Any], ...]] = {
    "Learn": (
        *(learn.init, tour, learn.lab, learn.book, learn.play, learn.check, learn.watch, learn.hint),
        *(learn.diff, learn.faults, learn.reset, learn.submit, learn.doctor),
    ),
    "Teach": (
        *(teach.course, teach.grade, teach.score, teach.interop, teach.similarity),
        *(teach.new, teach.prove),
    ),
    "Publish": (publish.build, publish.release, publish.export),
}
SAYS_WHAT_WAS_MEANT = (learn.play, learn.check, learn.watch)  # by words after the stage, which they do not take
TESTS = f"The tests of this project: {stages.command('test')} (what stands behind it is for pytest)"


def main() -> None:
    """Run the command line; what was foreseen becomes one sentence on standard error and status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # no screen is too old for our words
    try:
        application()(prog_name=stages.command())
    except ParleyError as error:
        sys.exit(f"Error: {error}")
    except OSError as error:
        if not (sentence := _sentence(error)):
            raise
        sys.exit(f"Error: {sentence}")
    except KeyboardInterrupt:
        sys.exit(130)


def application() -> typer.Typer:
    """The commands in their panels; the help of a students' edition shows those that a student can run."""
    edition = False
    with contextlib.suppress(BadInput):  # no workbook yet: most commands say so when they look for it
        root = stages.root()
        edition = (root / stages.EDITION).is_dir()
        if stages.INSTALLED:
            os.environ["PARLEY_ROOT"] = str(root)  # what is started in another folder finds the same workbook
    app = typer.Typer(
        help="Parley: build a chat in five stages with sockets and threads.",
        epilog=None if stages.INSTALLED or edition else TESTS,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_parley)
    for panel, commands in PANELS.items():
        for command in commands:
            hidden = (edition and panel != "Learn") or (command is learn.init and not stages.INSTALLED)
            settings = {"allow_extra_args": command in SAYS_WHAT_WAS_MEANT}
            app.command(rich_help_panel=panel, hidden=hidden, context_settings=settings)(command)
    app.command("likeness", hidden=True)(teach.similarity)  # its name until 2026
    return app


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Parley {parley.__version__}")
        raise typer.Exit


def _parley(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version, and end.")
    ] = False,
) -> None:
    """Parley: build a chat in five stages with sockets and threads."""


def _sentence(error: OSError) -> str:
    """What the system says of a file, or of a full disk, as a sentence; "" for what only a bug can be."""
    if error.errno == errno.ENOSPC:
        where = f" for {error.filename}" if error.filename else ""
        return f"no space left{where}. Make room, and give the same command again: what is done is kept."
    return f"{error.filename}: {error.strerror}." if error.filename and error.strerror else ""


if __name__ == "__main__":
    main()
