"""class.json: the students, what they handed in, and which suites grade it. Written when a run begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parley.contract.errors import BadInput
from parley.contract.files import write_json
from parley.contract.plain import Made, from_plain, to_plain
from parley.contract.verdict import GradedTest
from parley.grading.fingerprints import fingerprint
from parley.grading.hand_in import HandIn

VERSION = 1  # of all files of grading
CLASS = "class.json"


@dataclass(frozen=True)
class ClassStudent:
    """A student of the class, and what they handed in.

    `key`: a safe name for files; `source`: the folder or zip, or ""; `fingerprints`: {stage: of its files}, for the
    stages that were handed in; `nothing`: it's empty; `trouble`: why it couldn't be read, if that isn't the student's
    fault; `ignored` and `notes`: sentences; `unclear`: {stage: why a person must look at it}; `work`: the key under
    which a group's work is graded, "" for the student's own; `section`: as in the roster; `hand_ins`: {stage: all
    hand-ins for it}, in a course, where times and rules decide which one counts.
    """

    key: str
    id: str
    name: str
    email: str
    source: str
    fingerprints: Mapping[str, str]
    nothing: bool
    trouble: str
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    unclear: Mapping[str, str] = field(default_factory=dict)
    work: str = ""
    section: str = ""
    hand_ins: Mapping[str, tuple[HandIn, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class GradedClass:
    """A class for grading.

    `suites`: {stage: its tests}; `rules`: {stage: {name of a test: what else decides it, apart from the submission}};
    `notes`: sentences about other hand-ins; `course`: whether the folder above has a course.toml that says how to count
    points.
    """

    suites: Mapping[str, tuple[GradedTest, ...]]
    students: tuple[ClassStudent, ...]
    sandbox: bool
    seed: int
    notes: tuple[str, ...] = ()
    rules: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    course: bool = False

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in order."""
        return list(self.suites)

    def fingerprints(self, stage: str, files: str) -> dict[str, str]:
        """Return the fingerprint that a verdict must have, for each test of a stage, on these files (a fingerprint
        too).

        Without rules, an earlier Parley wrote this file: its one fingerprint counts for all tests.
        """
        rules = self.rules.get(stage)
        return {test.name: fingerprint(rules[test.name], files) if rules else files for test in self.suites[stage]}

    def save(self, folder: Path) -> None:
        """Write class.json into the folder for the grades, in one step."""
        write_json(folder / CLASS, {"version": VERSION, "stages": self.stages, **to_plain(self)})

    @classmethod
    def load(cls, folder: Path) -> GradedClass:
        """Read class.json. Raise BadInput if it's missing or another kind of file."""
        return read_ours(folder / CLASS, cls)


def read_ours(path: Path, kind: type[Made]) -> Made:
    """Return the value of this type in our JSON file. Raise BadInput if it can't be read, or is something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict) and data.get("version") == VERSION:
            return from_plain(kind, data)
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        pass
    raise BadInput(f"{path} wasn't written by grade. Name the folder that grade wrote.")
