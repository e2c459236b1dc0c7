"""The five stages, the further exercises, and where their files are: the only list of them in the tool."""

import os
from dataclasses import dataclass
from pathlib import Path

from parley.contract.errors import BadInput

VERSIONS = ("full", "quiet", "bare", "comments")
EDITION = "edition"  # the folder that a students' edition has in the place of solutions/
NO_SOLUTIONS = "this is the students' edition: it has no solutions; the instructor has them."
BARE_ALONE = "this is the students' edition: of the solutions it has bare alone; the instructor has the others."


@dataclass(frozen=True)
class Stage:
    """One stage: its number, the name of its folders, a title, and its programs (without .py).

    A further exercise is one too. `work` and `models`: where its programs are in exercises/ and in solutions/, where
    that is no folder of its name.
    """

    number: int
    name: str
    title: str
    programs: tuple[str, ...] = ("server", "client")
    work: str = ""
    models: str = ""


STAGES = (
    Stage(1, "1_echo", "Echo: bytes go out and come back"),
    Stage(2, "2_logbook", "Logbook: one way, line by line"),
    Stage(3, "3_turns", "Turns: one speaks, the other answers"),
    Stage(4, "4_peers", "Peers: both speak at any time"),
    Stage(5, "5_broadcast", "Broadcast: everybody hears everybody"),
)

# What may be added to one's server of stage 5, for points besides its hundred; each in a folder of its own.
EXERCISES = tuple(
    Stage(5, f"5_further/{name}", title, ("server",), work="5_broadcast")
    for name, title in (
        ("alone", "Alone: the first participant is told that nobody else is there yet"),
        ("unique", "Unique: a name in use gets a number"),
        ("password", "Password: who enters must give it first"),
        ("whisper", "Whisper: the console tells one participant something alone"),
        ("kick", "Kick: the console makes one participant leave"),
        ("consent", "Consent: two may talk in private, if both want to"),
    )
)
FURTHER_NAMES = tuple(Path(exercise.name).name for exercise in EXERCISES)
FURTHER = Stage(5, "5_further", "All further exercises in one server", ("server",), work="5_broadcast")
WINDOW = Stage(
    5, "5_further/gui", "Window: a client that is no terminal", ("gui_client",), "5_broadcast", "5_broadcast"
)


def root():
    """The folder of the project: the one above this package, or the one that PARLEY_ROOT names.

    Raises BadInput if PARLEY_ROOT names no folder.
    """
    named = os.environ.get("PARLEY_ROOT")
    if not named:
        return Path(__file__).resolve().parent.parent
    folder = Path(named).resolve()
    if not folder.is_dir():
        raise BadInput(f"PARLEY_ROOT is {named!r}, which is not a folder.")
    return folder


def has_solutions(project=None, version="full"):
    """Whether the solutions are here in this version: the whole project has all, a students' edition none, or bare
    alone. The folder is root() where left out.
    """
    folder = (project or root()) / "solutions"
    return any(folder.glob("*/full")) or any(folder.glob(f"*/{version}"))


def missing(project=None):
    """The sentence about what this students' edition does not have; it begins with a small letter."""
    return BARE_ALONE if has_solutions(project, "bare") else NO_SOLUTIONS


def solution(stage, version, program, project=None):
    """The path of a program of ours: version is full, quiet or bare, program is server or client.

    The project's folder is root() where it is left out. Raises BadInput for any other version (the
    comments-only one is the student's: see exercise).
    """
    if version not in ("full", "quiet", "bare"):
        raise BadInput(f"There is no version {version!r} in solutions: the versions there are full, quiet and bare.")
    return (project or root()) / "solutions" / (stage.models or stage.name) / version / f"{program}.py"


def exercise(stage, program, project=None):
    """The path of the student's own server or client of this stage."""
    return (project or root()) / "exercises" / (stage.work or stage.name) / f"{program}.py"


def work(suite, project=None):
    """The folder in exercises/ that the tests in this folder are about."""
    project = project or root()
    for stage in (*EXERCISES, WINDOW):
        if suite == project / "tests" / stage.name:
            return exercise(stage, "server", project).parent
    return project / "exercises" / suite.name


def plan(exercise, project=None):
    """The path of the page that says by comments what a further exercise adds to the student's own server."""
    return (project or root()) / "exercises" / f"{exercise.name}.py"


def typed(stage):
    """How one means this stage or further exercise on the command line: 5, or 5 --exercise kick."""
    if stage in STAGES:
        return str(stage.number)
    return f"{stage.number} --gui" if stage == WINDOW else f"{stage.number} --exercise {Path(stage.name).name}"


def further(stage, name):
    """The further exercises of a stage that this name means: one, or all of the server for "all"; gui is one too.

    Raises BadInput that names them.
    """
    if stage != STAGES[-1]:
        raise BadInput(f"{stage.name} has no further exercises: they belong to {STAGES[-1].name}.")
    known = {**dict(zip(FURTHER_NAMES, zip(EXERCISES, strict=True), strict=True)), "gui": (WINDOW,), "all": EXERCISES}
    if name not in known:
        raise BadInput(f"There is no further exercise {name!r}: there are {', '.join(FURTHER_NAMES)}, gui and all.")
    return known[name]


def find(text):
    """The stage that a text such as "1", "echo" or "1_echo" means.

    Raises BadInput that names the five stages.
    """
    wanted = str(text).strip().lower()
    for stage in STAGES:
        if wanted in (str(stage.number), stage.name, stage.name.partition("_")[2]):
            return stage
    *others, last = (stage.name for stage in STAGES)
    raise BadInput(f"There is no stage {str(text)!r}: the stages are {', '.join(others)} and {last}.")
