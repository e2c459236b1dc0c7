"""What the driver and a worker say to each other, a line of JSON each: jobs go out, and what comes of them comes back.

out  {"job": "anna/1_echo", "stage": "1_echo", "exercise": null, "files": {"server.py": BASE64, ...}, "seed": 17,
      "tests": null or a list of names}
in   {"job", "manifest": [{"test", "points", "kind", "sentence", "hint"}...], "sandbox": true}
     {"job", "begins": TEST}
     {"job", "test", "verdict", "earned", "reason", "story", "seconds", "cpu"}
     {"job", "diagnoses": [...]}   (of all tests of a stage: what is wrong, see parley.contract.diagnosis)
     {"job", "done": true, "seconds", "cpu"}   or   {"job", "trouble": SENTENCE}
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import GraderError
from parley.contract.verdict import GradedTest, Verdict


@dataclass(frozen=True)
class Job:
    """What a worker shall do: play tests of a suite on one submission.

    `name`: what its lines are known by; `stage`, `exercise`: whose suite it is; `files`: {name: content};
    `tests`: their names, with or without the name of the suite before them, or None for all; `talk`: let the server
    and the client talk instead (see parley.grading.interop).
    """

    name: str
    stage: str
    files: Mapping[str, bytes]
    seed: int = 0
    exercise: str | None = None
    tests: tuple[str, ...] | None = None
    talk: bool = False

    def as_data(self) -> dict[str, Any]:
        """The job as plain data for JSON."""
        return {
            "job": self.name,
            "stage": self.stage,
            "exercise": self.exercise,
            "files": {name: base64.b64encode(content).decode() for name, content in self.files.items()},
            "seed": self.seed,
            "tests": None if self.tests is None else list(self.tests),
            "talk": self.talk,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Job":
        """The job that as_data has made plain. Raises GraderError, KeyError or TypeError if it is none."""
        tests = data.get("tests")
        return cls(
            data["job"],
            data["stage"],
            {name: _content(name, text) for name, text in data["files"].items()},
            data.get("seed") or 0,
            data.get("exercise"),
            None if tests is None else tuple(tests),
            data.get("talk", False),
        )


def _content(name: str, text: str) -> bytes:
    if Path(name).name != name or name in ("", ".", "..") or "\\" in name or "\0" in name:
        raise GraderError(f"A file of a submission cannot be called {name!r}.")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise GraderError(f"The content of {name} is not given in base64.") from None


@dataclass(frozen=True)
class Manifest:
    """The first line of a job: its tests, and whether programs run in a sandbox."""

    tests: tuple[GradedTest, ...]
    sandbox: bool

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {"manifest": [test.as_data() for test in self.tests], "sandbox": self.sandbox}


@dataclass(frozen=True)
class Begins:
    """A test begins: its name."""

    test: str

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {"begins": self.test}


@dataclass(frozen=True)
class Talked:
    """What came of a talk: the word of a verdict of parley.grading.interop, and a sentence."""

    verdict: str
    said: str

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {"talked": self.verdict, "said": self.said}


@dataclass(frozen=True)
class Diagnosed:
    """What is wrong with the programs, in the order in which it is told."""

    diagnoses: tuple[Diagnosis, ...]

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {"diagnoses": [diagnosis.as_data() for diagnosis in self.diagnoses]}


@dataclass(frozen=True)
class Done:
    """The last line of a job that is done: the seconds that it took, and seconds of CPU time."""

    seconds: float = 0.0
    cpu: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {"done": True, "seconds": round(self.seconds, 3), "cpu": round(self.cpu, 3)}


@dataclass(frozen=True)
class JobTrouble:
    """The last line of a job of which nothing counts: what trouble the grader had, in a sentence."""

    sentence: str

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {"trouble": self.sentence}


@dataclass(frozen=True)
class SignOfLife:
    """A job is still on its way, on another machine."""

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {}


Line = Manifest | Begins | Verdict | Talked | Diagnosed | Done | JobTrouble | SignOfLife


def lines_from(plain: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """The lines of one job that as_data has made plain. Raises GraderError at one that is none."""
    tests: dict[str, GradedTest] = {}
    for data in plain:
        try:
            line = _line(data, tests)
        except (KeyError, TypeError, ValueError) as error:
            raise GraderError(f"A line of a worker is not as it should be: {type(error).__name__}: {error}") from None
        if isinstance(line, Manifest):
            tests = {test.name: test for test in line.tests}
        yield line


def _line(data: Mapping[str, Any], tests: Mapping[str, GradedTest]) -> Line:
    if "manifest" in data:
        return Manifest(tuple(map(GradedTest.from_data, data["manifest"])), data["sandbox"])
    if "begins" in data:
        return Begins(data["begins"])
    if "verdict" in data:
        return Verdict.from_data(tests[data["test"]], data)
    if "talked" in data:
        return Talked(data["talked"], data["said"])
    if "diagnoses" in data:
        return Diagnosed(tuple(map(Diagnosis.from_data, data["diagnoses"])))
    if "done" in data:
        return Done(data.get("seconds", 0.0), data.get("cpu", 0.0))
    if "trouble" in data:
        return JobTrouble(data["trouble"])
    return SignOfLife()
