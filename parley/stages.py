"""The five stages and where their files are: the only list of them in the tool."""

import os
from dataclasses import dataclass
from pathlib import Path

VERSIONS = ("full", "quiet", "bare", "comments")


@dataclass(frozen=True)
class Stage:
    """One stage: its number, the name of its folders, a title, and its programs (without .py)."""

    number: int
    name: str
    title: str
    programs: tuple[str, ...] = ("server", "client")


STAGES = (
    Stage(1, "1_echo", "Echo: bytes go out and come back"),
    Stage(2, "2_logbook", "Logbook: one way, line by line"),
    Stage(3, "3_turns", "Turns: one speaks, the other answers"),
    Stage(4, "4_peers", "Peers: both speak at any time"),
    Stage(5, "5_broadcast", "Broadcast: everybody hears everybody"),
)


def root():
    """The folder of the project: the one above this package, or the one that PARLEY_ROOT names.

    Raises ValueError with one sentence if PARLEY_ROOT names no folder.
    """
    named = os.environ.get("PARLEY_ROOT")
    if not named:
        return Path(__file__).resolve().parent.parent
    folder = Path(named).resolve()
    if not folder.is_dir():
        raise ValueError(f"PARLEY_ROOT is {named!r}, which is not a folder.")
    return folder


def solution(stage, version, program, project=None):
    """The path of a program of ours: version is full, quiet or bare, program is server or client.

    The project's folder is root() where it is left out. Raises ValueError for any other version (the
    comments-only one is the student's: see exercise).
    """
    if version not in ("full", "quiet", "bare"):
        raise ValueError(f"There is no version {version!r} in solutions: the versions there are full, quiet and bare.")
    return (project or root()) / "solutions" / stage.name / version / f"{program}.py"


def exercise(stage, program, project=None):
    """The path of the student's own server or client of this stage."""
    return (project or root()) / "exercises" / stage.name / f"{program}.py"


def find(text):
    """The stage that a text such as "1", "echo" or "1_echo" means.

    Raises ValueError with one sentence that names the five stages.
    """
    wanted = str(text).strip().lower()
    for stage in STAGES:
        if wanted in (str(stage.number), stage.name, stage.name.partition("_")[2]):
            return stage
    *others, last = (stage.name for stage in STAGES)
    raise ValueError(f"There is no stage {str(text)!r}: the stages are {', '.join(others)} and {last}.")
