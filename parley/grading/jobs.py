"""The messages between the driver and a worker, a line of JSON each: jobs go out, and results come back.

out  {"job": "anna/1_echo", "stage": "1_echo", "exercise": null, "files": {"server.py": BASE64, ...}, "seed": 17,
      "tests": null or a list of names}
in   {"job", "manifest": [{"test", "points", "kind", "sentence", "hint"}...], "sandbox": true}
     {"job", "begins": TEST}
     {"job", "test", "verdict", "earned", "reason", "story", "seconds", "cpu"}
     {"job", "diagnoses": [...]}   (of all tests of a stage: what is wrong, see parley.contract.diagnosis)
     {"job", "done": true, "seconds", "cpu"}   or   {"job", "trouble": SENTENCE}
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import GraderError
from parley.contract.handed_in import is_module
from parley.contract.plain import from_plain
from parley.contract.verdict import GradedTest, Verdict


@dataclass(frozen=True)
class Job:
    """A worker's job: play tests of a suite on one submission.

    `name`: identifies its lines; `stage`, `exercise`: whose suite it is; `files`: {path below the stage's
    folder: content}; `tests`: their names, with or without the name of the suite before them, or None for all; `talk`:
    let the server and the client talk instead (see parley.grading.interop).
    """

    name: str = field(metadata={"key": "job"})
    stage: str
    files: Mapping[str, bytes]
    seed: int = 0
    exercise: str | None = None
    tests: tuple[str, ...] | None = None
    talk: bool = False

    def __post_init__(self) -> None:
        """Raise GraderError if a file's name would lead out of its folder."""
        for name in self.files:
            if not is_module(name.split("/")):
                raise GraderError(f"A file of a submission can't be called {name!r}.")


@dataclass(frozen=True)
class Manifest:
    """The first line of a job: its tests, and whether programs run in a sandbox."""

    tests: tuple[GradedTest, ...] = field(metadata={"key": "manifest"})
    sandbox: bool


@dataclass(frozen=True)
class Begins:
    """The name of a test that begins."""

    test: str = field(metadata={"key": "begins"})


@dataclass(frozen=True)
class Talked:
    """The result of a talk: the word of a verdict of parley.grading.interop, and a sentence."""

    verdict: str = field(metadata={"key": "talked"})
    said: str


@dataclass(frozen=True)
class Diagnosed:
    """What is wrong with the programs, in the order shown."""

    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True)
class Done:
    """The last line of a finished job: its seconds, and seconds of CPU time."""

    seconds: float = 0.0
    cpu: float = 0.0
    done: bool = True


@dataclass(frozen=True)
class JobTrouble:
    """The last line of a job that doesn't count: the grader error, in a sentence."""

    sentence: str = field(metadata={"key": "trouble"})


@dataclass(frozen=True)
class SignOfLife:
    """A job is still running, on another machine."""


Line = Manifest | Begins | Verdict | Talked | Diagnosed | Done | JobTrouble | SignOfLife
KINDS: dict[str, type[Line]] = {
    "manifest": Manifest,
    "begins": Begins,
    "talked": Talked,
    "diagnoses": Diagnosed,
    "done": Done,
    "trouble": JobTrouble,
}


def lines_from(plain: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield the lines of one job from plain data. Raise GraderError for an invalid one."""
    tests: dict[str, GradedTest] = {}
    for data in plain:
        try:
            line = _line(data, tests)
        except (KeyError, TypeError, ValueError) as error:
            raise GraderError(f"A line of a worker isn't as it should be: {type(error).__name__}: {error}") from None
        if isinstance(line, Manifest):
            tests = {test.name: test for test in line.tests}
        yield line


def _line(data: Mapping[str, Any], tests: Mapping[str, GradedTest]) -> Line:
    if "verdict" in data:
        return Verdict.from_data(tests[data["test"]], data)
    return from_plain(next((KINDS[key] for key in KINDS if key in data), SignOfLife), data)
