"""The five stages, the extra exercises, and where their files are: the only list of them in the tool."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from parley.contract.errors import BadInput

PACKAGE = Path(__file__).resolve().parent
WORKBOOK = PACKAGE / "workbook"  # in a Parley installed from its wheel: the files for `parley init`
INSTALLED = WORKBOOK.is_dir()  # otherwise a checkout or a students' edition, with start.py beside this package
DISTRIBUTION = "parley-workbook"  # the name on the package index
NO_WORKBOOK = "There's no workbook in this folder. Go to yours (cd), or make one: parley init FOLDER"
VERSIONS = ("full", "quiet", "bare", "comments")
EDITION = "edition"  # the folder of a students' edition that replaces solutions/
NO_SOLUTIONS = "This edition comes without solutions."
COURSE = "course.toml"  # in the folder of a course


@dataclass(frozen=True)
class Stage:
    """One stage: its number, the name of its folders, a title, and its programs (without .py).

    An extra exercise is a Stage too. `work` and `models`: its folders in exercises/ and solutions/, if they aren't
    named after it. `own`: whether it belongs to a course (see course), not to the workbook.
    """

    number: int
    name: str
    title: str
    programs: tuple[str, ...] = ("server", "client")
    work: str = ""
    models: str = ""
    own: bool = False


STAGES = (
    Stage(1, "1_echo", "Echo: bytes go out and come back"),
    Stage(2, "2_logbook", "Logbook: one way, line by line"),
    Stage(3, "3_turns", "Turns: one speaks, the other answers"),
    Stage(4, "4_peers", "Peers: both speak at any time"),
    Stage(5, "5_broadcast", "Broadcast: everybody hears everybody"),
)

# Additions to your server of stage 5, for extra points, each in its own folder.
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
FURTHER = Stage(5, "5_further", "All extra exercises in one server", ("server",), work="5_broadcast")
WINDOW = Stage(
    5, "5_further/gui", "Window: a client outside the terminal", ("gui_client",), "5_broadcast", "5_broadcast"
)


def root() -> Path:
    """Return the folder of the workbook. PARLEY_ROOT names it. Otherwise it's the folder above this package (in a
    checkout), or the first workbook among the current folder and those above it (if Parley was installed).

    Raise BadInput if PARLEY_ROOT names no folder, or if there's no workbook.
    """
    if named := os.environ.get("PARLEY_ROOT"):
        folder = Path(named).resolve()
        if not folder.is_dir():
            raise BadInput(f"PARLEY_ROOT is {named!r}, which isn't a folder. Set it to a folder, or unset it.")
        return folder
    if not INSTALLED:
        return PACKAGE.parent
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "tests" / STAGES[0].name).is_dir() and (folder / "exercises").is_dir():
            return folder
    raise BadInput(NO_WORKBOOK)


def course() -> Path | None:
    """Return the folder with the tests and exercises that an instructor added, or None. PARLEY_COURSE names it.
    Otherwise it's the first folder with a course.toml among the current one and those above it, or the folder `course`
    of the workbook (as in a students' edition).

    Its folders tests/, exercises/ and solutions/ are like those of the workbook. Raise BadInput if PARLEY_COURSE names
    no folder.
    """
    if named := os.environ.get("PARLEY_COURSE"):
        if not Path(named).is_dir():
            raise BadInput(f"PARLEY_COURSE is {named!r}, which isn't a folder. Set it to a folder, or unset it.")
        return Path(named).resolve()
    here = Path.cwd()
    found = next((folder for folder in (here, *here.parents) if (folder / COURSE).is_file()), root() / "course")
    return found if found.is_dir() else None


def use_course(folder: Path) -> None:
    """Use this folder as the course from now on, in this process and all that it starts (see course)."""
    os.environ["PARLEY_COURSE"] = str(folder.resolve())


def suites(stage: Stage) -> list[Path]:
    """Return the folders with the graded tests of a stage: the workbook's, then that of a course, if it has one."""
    ours = root() / "tests" / stage.name
    added = course()
    theirs = added / "tests" / stage.name if added else ours
    found = [folder for folder in dict.fromkeys((ours, theirs)) if folder.is_dir()]
    return found or [ours]


def exercises() -> tuple[Stage, ...]:
    """Return the extra exercises of the server by name: the workbook's, then those of a course."""
    added = course()
    folder = added / "tests" / FURTHER.name if added else None
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder and folder.is_dir() else []
    own = [name for name in names if name.isidentifier() and name not in (*FURTHER_NAMES, "gui", "all")]
    return EXERCISES + tuple(
        Stage(
            5,
            f"{FURTHER.name}/{name}",
            f"{name.capitalize()}: an exercise of this course",
            ("server",),
            FURTHER.work,
            own=True,
        )
        for name in own
    )


def _place_of(stage: Stage, project: Path | None) -> Path:
    """Return the folder with a stage's programs and page: the course's for its own exercise."""
    return project or (course() if stage.own else None) or root()


def from_root(path: Path) -> str:
    """Return a path relative to the workbook's folder, with slashes on every system."""
    return path.relative_to(root()).as_posix() if path.is_relative_to(root()) else str(path)


def command(words: str = "") -> str:
    """Return a command as this user types it: `parley check 1` if Parley was installed, otherwise with start.py."""
    program = "parley" if INSTALLED else "py start.py" if os.name == "nt" else "python3 start.py"
    return f"{program} {words}".rstrip()


def install(extra: str, words: str) -> str:
    """Return the command that installs an extra: the command that needs it (start.py installs it), or pip."""
    return f"pip install '{DISTRIBUTION}[{extra}]'" if INSTALLED else command(words)


def has_solutions(project: Path | None = None, version: str = "full", stage: Stage | None = None) -> bool:
    """Whether the solutions are here in this version, for this stage (default: for any stage).

    The whole project has all of them. A students' edition has none, or `bare` of the released stages. `folder`: of the
    project (default: root()).
    """
    folder = (project or root()) / "solutions"
    of_stage = (stage.models or stage.name) if stage else "*"
    return any(folder.glob("*/full")) or any(folder.glob(f"{of_stage}/{version}"))


def solution(stage: Stage, version: str, program: str, project: Path | None = None) -> Path:
    """Return the path of one of our programs. `version`: full, quiet or bare; `program`: server or client.

    The project's folder is root() by default. Raise BadInput for any other version (for the comments-only one, see
    exercise).
    """
    if version not in ("full", "quiet", "bare"):
        raise BadInput(f"There's no version {version!r} in solutions. Use full, quiet or bare.")
    return _place_of(stage, project) / "solutions" / (stage.models or stage.name) / version / f"{program}.py"


def exercise(stage: Stage, program: str, project: Path | None = None) -> Path:
    """Return the path of the student's own server or client of this stage."""
    return (project or root()) / "exercises" / (stage.work or stage.name) / f"{program}.py"


def work(suite: Path, project: Path | None = None) -> Path:
    """Return the folder in exercises/ that the tests in this folder are about."""
    name = FURTHER.work if suite.parent.name == FURTHER.name else suite.name
    return (project or root()) / "exercises" / name


def plan_page(exercise: Stage, project: Path | None = None) -> Path:
    """Return the path of the plan: comments that say what an extra exercise adds to the student's own server."""
    return _place_of(exercise, project) / "exercises" / f"{exercise.name}.py"


def typed(stage: Stage) -> str:
    """Return this stage or extra exercise as typed on the command line: 5, or 5 --exercise kick."""
    if stage in STAGES:
        return str(stage.number)
    return f"{stage.number} --gui" if stage == WINDOW else f"{stage.number} --exercise {Path(stage.name).name}"


def further(stage: Stage, name: str) -> tuple[Stage, ...]:
    """Return the extra exercises of a stage with this name: one, or all of the server's for "all". gui is one too.

    Raise a BadInput that lists them.
    """
    if stage != STAGES[-1]:
        raise BadInput(f"{stage.name} has no extra exercises: they belong to {STAGES[-1].name}.")
    every = exercises()
    known = {Path(exercise.name).name: (exercise,) for exercise in every} | {"gui": (WINDOW,), "all": every}
    if name not in known:
        raise BadInput(f"There's no extra exercise {name!r}. Use {', '.join(known)}.")
    return known[name]


def find(text: object) -> Stage:
    """Return the stage for a text such as "1", "echo" or "1_echo".

    Raise a BadInput that says what you can type.
    """
    wanted = str(text).strip().lower()
    for stage in STAGES:
        if wanted in (str(stage.number), stage.name, stage.name.partition("_")[2]):
            return stage
    raise BadInput(f"There's no stage {str(text)!r}. Use 1 to {len(STAGES)}, or a name such as {STAGES[0].name}.")
