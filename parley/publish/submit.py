"""A zip of the student's programs to hand in, after a last check, with what is missing said."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from parley import stages
from parley.checks.check import check
from parley.contract.errors import BadInput
from parley.contract.files import in_one_step
from parley.harness.scene import unready

WHEN = (1980, 1, 1, 0, 0, 0)  # the date of all files in the zip: the same work gives the same zip
SAID = {
    "missing": "{file} is missing.",
    "not begun": "{file} is not begun.",
    "syntax": "{file} is no Python: line {line}.",
}


@dataclass
class Packed:
    """What came of packing: `path` of the zip, `files` in it, `points`: {stage name: (earned, of)} where it was
    checked, `missing`: sentences.
    """

    path: Path
    files: list[str] = field(default_factory=list)
    points: dict[str, tuple[int, int]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def pack(path, wanted=stages.STAGES, *, checks=True, on_stage=None):
    """Put the student's programs of these stages into a zip, in one step, and return a Packed.

    `checks`: run each begun stage's suite first; `on_stage(stage)` is called before that. A program that is not begun
    is handed in as it is, and said so. Raises BadInput where nothing at all is begun or the path is
    none for a zip, OSError where it cannot be written.
    """
    packed, begun = Packed(Path(path)), False
    if packed.path.is_dir() or not packed.path.absolute().parent.is_dir():
        what = "is a folder" if packed.path.is_dir() else "is in a folder that is not there"
        raise BadInput(f"{packed.path} {what}: give the name of a new zip.")
    for stage in wanted:
        states = [unready(stages.exercise(stage, program)) for program in stage.programs]
        packed.missing += [_sentence(stage, cause, facts) for cause, facts in states if cause]
        if any(cause not in ("missing", "not begun") for cause, _ in states):
            begun = True
            if checks:
                if on_stage:
                    on_stage(stage)
                packed.points[stage.name] = check(stage, stages.exercise(stage, "server").parent).points
    if not begun:
        raise BadInput("nothing is begun in exercises/ yet: there is nothing to hand in.")
    _write(packed, wanted)
    return packed


def _sentence(stage, cause, facts):
    return f"{stage.name}: {SAID[cause].format(**facts)}"


def _write(packed, wanted):
    with in_one_step(packed.path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _programs(wanted):
            name = path.relative_to(stages.root() / "exercises").as_posix()
            archive.writestr(zipfile.ZipInfo(name, WHEN), path.read_bytes(), zipfile.ZIP_DEFLATED)
            packed.files.append(name)


def _programs(wanted):
    """The student's files of these stages: all that is Python, for a program may import what lies beside it."""
    for stage in wanted:
        folder = stages.exercise(stage, "server").parent
        yield from sorted(path for path in folder.glob("*.py") if path.is_file())
