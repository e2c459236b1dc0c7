"""The verdicts of grading on disk, each as it came; points are made of them later.

grades/facts/<key>/<stage>.jsonl: of one student's stage, a line for each verdict as soon as it is known, with the
fingerprint of what has decided it (see parley.grading.fingerprints), and a line with all diagnoses, with that of the
submission's files. What is not of the fingerprint that is asked for
says nothing now; when a stage is whole, only what counts is kept.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import BadInput
from parley.contract.files import about, try_to_lock, write_whole
from parley.contract.plain import to_plain
from parley.contract.verdict import GradedTest, Verdict
from parley.grading.class_file import VERSION

LOCK = ".lock"
NO_VALUE = (KeyError, TypeError, ValueError, AttributeError)  # of plain data that has another shape


@dataclass(frozen=True)
class LogHead:
    """The line with which each run begins in a log: what it is about (see log_of), and when it began (UTC)."""

    student: str
    stage: str
    sandbox: bool
    seed: int
    begun: str
    attempt: str = ""


@dataclass(frozen=True)
class LoggedVerdict:
    """A verdict, and the fingerprint of what has decided it."""

    verdict: Verdict
    fingerprint: str

    def as_data(self) -> dict[str, Any]:
        """The line as plain data for JSON."""
        return {**self.verdict.as_data(), "fingerprint": self.fingerprint}


@dataclass(frozen=True)
class LoggedDiagnoses:
    """What is wrong with the programs of a stage, and the fingerprint of these files."""

    diagnoses: tuple[Diagnosis, ...]
    fingerprint: str


def log_of(folder: Path, key: str, stage: str, attempt: str = "") -> Path:
    """The log of a student's stage; `attempt`: the fingerprint of its files, where several attempts are kept."""
    return folder / "facts" / key / (f"{stage}-{attempt[:16]}.jsonl" if attempt else f"{stage}.jsonl")


def known(path: Path, suite: Iterable[GradedTest], fingerprints: Mapping[str, str]) -> dict[str, Verdict]:
    """The last verdict on each test of a suite, by its name, that has the fingerprint of that test.

    A line that was cut short counts as never written, and so does a grader error that was followed by a
    verdict. Nothing is known where there is no file.
    """
    found: dict[str, Verdict] = {}
    tests = {test.name: test for test in suite}
    for line in _lines(path):
        test = tests.get(str(line.get("test", "")))
        if test and "verdict" in line and line["fingerprint"] == fingerprints[test.name]:
            with contextlib.suppress(*NO_VALUE):
                found[test.name] = Verdict.from_data(test, line)
    return found


def known_diagnoses(path: Path, files: str) -> tuple[Diagnosis, ...]:
    """The last diagnoses of these files (a fingerprint); () where there are none, as in an earlier Parley's log."""
    found: tuple[Diagnosis, ...] = ()
    for line in _lines(path):
        if "diagnoses" in line and line["fingerprint"] == files:
            with contextlib.suppress(*NO_VALUE):
                found = tuple(map(Diagnosis.from_data, line["diagnoses"]))
    return found


def left_of(suite: Iterable[GradedTest], verdicts: Mapping[str, Verdict]) -> list[str]:
    """The names of the tests that have no verdict yet, or only a grader error."""
    return [test.name for test in suite if test.name not in verdicts or not verdicts[test.name].outcome.is_known]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log as plain data, each with its fingerprint: an earlier Parley wrote it above them."""
    above = ""
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8", errors="replace") as file:
        for text in file:
            with contextlib.suppress(ValueError, RecursionError):
                line = json.loads(text)
                if isinstance(line, dict):
                    above = line.get("fingerprint", above) if "version" in line else above
                    yield {"fingerprint": above, **line}


class LogWriter:
    """Adds to the log of one student's stage; each line is on disk when `write` returns."""

    def __init__(self, folder: Path, head: LogHead) -> None:
        self._path, self._head = log_of(folder, head.student, head.stage, head.attempt), head
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115
        if self._file.tell():
            self._file.write("\n")  # the last line may have been cut short
        self._add(_plain(head))

    def write(self, logged: LoggedVerdict | LoggedDiagnoses) -> None:
        """Add a verdict, or the diagnoses."""
        self._add(to_plain(logged))

    def _add(self, line: Mapping[str, Any]) -> None:
        with about(self._path):
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def keep_only(self, verdicts: Iterable[LoggedVerdict | LoggedDiagnoses]) -> None:
        """The stage is whole: these are its verdicts and diagnoses, and nothing else is kept."""
        self._file.close()
        lines = [_plain(self._head), *map(to_plain, verdicts)]
        write_whole(self._path, "".join(json.dumps(line) + "\n" for line in lines))

    def __enter__(self) -> "LogWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _plain(head: LogHead) -> dict[str, Any]:
    return {"version": VERSION, **to_plain(head)}


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of a run for this process alone. Raises BadInput if another one has it.

    The system frees the lock when its holder ends, however that comes.
    """
    with open(folder / LOCK, "a+", encoding="utf-8") as file:
        if not try_to_lock(file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BadInput(
                f"Another Parley run (process {holder}) is using {folder}. Wait until it finishes, then try again."
            )
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
