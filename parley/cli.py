"""The command line: registers the commands, and turns expected errors into one-line messages."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

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
SAYS_WHAT_WAS_MEANT = (learn.play, learn.check, learn.watch)  # if words follow the stage
EXAMPLES: dict[Callable[..., Any], tuple[str, ...]] = {
    learn.init: ("init chat",),
    learn.play: ("play 1", "play 1 --client", "play 3 --scene", "play 4 --client --host 192.168.1.20 --port 50008"),
    learn.check: ("check 1", "check 1 --server", "check 2 --function receive_lines", "check 5 --exercise kick"),
    learn.watch: ("watch 1 --server",),
    learn.hint: ("hint 1",),
    learn.diff: ("diff 3 4", "diff 5/bare 5/full --program server"),
    learn.faults: ("faults 2", "faults 2 --version mine"),
    learn.submit: ("submit", "submit --stage 1"),
    teach.course: ("course init networks --platform moodle",),
    teach.grade: ("grade networks", "grade submissions --stage 1 --roster class.csv"),
    teach.score: ("score grades --late late.csv --per-day 10%",),
    teach.new: ("new exercise roll_call",),
    teach.prove: ("prove roll_call",),
    publish.release: ("release students", "release students --bare 1 2", "release gradescope --stage 1"),
    publish.export: ("export moodle grades --into moodle.csv",),
}
TESTS = f"The tests of this project: {stages.command('test')} (further arguments go to pytest)."


def main() -> None:
    """Run the command line. An expected error becomes one line on standard error and status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # no terminal is too old for our words
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
    """Register the commands in their panels. The help of a students' edition shows only those for students."""
    edition = False
    with contextlib.suppress(BadInput):  # no workbook yet: most commands report that when they need it
        root = stages.root()
        edition = (root / stages.EDITION).is_dir()
        if stages.INSTALLED:
            os.environ["PARLEY_ROOT"] = str(root)  # processes in other folders find the same workbook
    app = typer.Typer(
        cls=_Group,
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
            examples = "\n\n".join(f"  {stages.command(example)}" for example in EXAMPLES.get(command, ()))
            epilog = f"Examples:\n\n{examples}" if examples else None
            add = app.command(
                cls=_Command, rich_help_panel=panel, hidden=hidden, context_settings=settings, epilog=epilog
            )
            add(command)
    app.command("likeness", hidden=True)(teach.similarity)  # its name until 2026
    return app


class _Command(TyperCommand):
    """A command whose help says nothing about the value of a flag, because a flag takes none."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments, as typer does."""
        return _without_values(super().get_params(ctx))


class _Group(TyperGroup):
    """The commands together, with the same kind of help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, as typer does."""
        return _without_values(super().get_params(ctx))


def _without_values(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Parley {parley.__version__}")
        raise typer.Exit


def _parley(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Parley: build a chat in five stages with sockets and threads."""


def _sentence(error: OSError) -> str:
    """Return a sentence for an OSError about a file or a full disk, or "" if only a bug can cause it."""
    if error.errno == errno.ENOSPC:
        where = f" for {error.filename}" if error.filename else ""
        return (
            f"No space is left on the disk{where}. Make room, then run the same command again: finished work is kept."
        )
    return f"{error.filename} can't be used: {error.strerror}." if error.filename and error.strerror else ""


if __name__ == "__main__":
    main()
