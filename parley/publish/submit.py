"""A zip of the student's programs to hand in, after a last check, with notes about missing ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley import stages
from parley.checks.check import check
from parley.contract.errors import BadInput
from parley.contract.handed_in import is_debris, modules
from parley.contract.verdict import Points
from parley.grading.archives import named
from parley.harness.scene import unready
from parley.publish.zips import new_zip, write_zip
from parley.stages import Stage

SAID = {
    "missing": "{file} is missing.",
    "not begun": "{file} isn't started.",
    "syntax": "{file} has a syntax error in line {line}.",
}


@dataclass
class Packed:
    """The result of packing: `path` of the zip, `files` in it, `points`: by the names of the checked stages, `missing`
    and `left_out`: sentences.
    """

    path: Path
    files: list[str] = field(default_factory=list)
    points: dict[str, Points] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def pack(
    path: Path,
    wanted: Sequence[Stage] = stages.STAGES,
    *,
    checks: bool = True,
    on_stage: Callable[[Stage], object] | None = None,
) -> Packed:
    """Put the student's programs of these stages, and the modules beside them, into a zip, in one step. Return a
    Packed.

    `checks`: first run the suite of each started stage on the packed files. `on_stage(stage)` is called before that.
    Pack a program that isn't started unchanged, with a note. Raise BadInput if nothing is started or the path can't be
    a zip, and OSError if it can't be written.
    """
    packed, begun = Packed(new_zip(path)), False
    for stage in wanted:
        folder = stages.exercise(stage, "server").parent
        states = [unready(stages.exercise(stage, program)) for program in stage.programs]
        packed.missing += [_sentence(stage, cause, facts) for cause, facts in states if cause]
        packed.left_out += _left_out(folder)
        if any(cause not in ("missing", "not begun") for cause, _ in states):
            begun = True
            if checks:
                if on_stage:
                    on_stage(stage)
                packed.points[stage.name] = check(stage, folder).points
    if not begun:
        raise BadInput("Nothing to hand in yet: no program in exercises/ is started.")
    files = {path.relative_to(stages.root() / "exercises").as_posix(): path.read_bytes() for path in _programs(wanted)}
    packed.files += files
    write_zip(packed.path, files)
    return packed


def _left_out(folder: Path) -> list[str]:
    """Return a sentence about files in a stage's folder that aren't Python modules."""
    packed = {Path(name).parts[0] for name in modules(folder)}
    names = [path.name for path in sorted(folder.glob("*")) if path.name not in packed and not is_debris(path.name)]
    if not names:
        return []
    return [f"{folder.name}: not packed, because of a syntax error: {named(names)}."]


def _sentence(stage: Stage, cause: str, facts: Mapping[str, object]) -> str:
    return f"{stage.name}: {SAID[cause].format(**facts)}"


def _programs(wanted: Sequence[Stage]) -> Iterator[Path]:
    """Return the student's files of these stages: all Python modules, because a program may import those beside it."""
    for stage in wanted:
        yield from modules(stages.exercise(stage, "server").parent).values()
