"""The verdicts of grading on disk, each written immediately. Points are counted from them later.

grades/facts/<key>/<stage>.jsonl: for one student's stage, a line for each verdict as soon as it's known, with the
fingerprint of what decided it (see parley.grading.fingerprints), and a line with all diagnoses and the fingerprint of
the submission's files. Lines with another fingerprint than the requested one don't count. When a stage is finished,
only the lines that count are kept.
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
NO_VALUE = (KeyError, TypeError, ValueError, AttributeError)  # errors for plain data of another shape


@dataclass(frozen=True)
class LogHead:
    """The first line of each run in a log: its subject (see log_of), and its start (UTC)."""

    student: str
    stage: str
    sandbox: bool
    seed: int
    begun: str
    attempt: str = ""


@dataclass(frozen=True)
class LoggedVerdict:
    """A verdict, and the fingerprint of what decided it."""

    verdict: Verdict
    fingerprint: str

    def as_data(self) -> dict[str, Any]:
        """Return the line as plain data for JSON."""
        return {**self.verdict.as_data(), "fingerprint": self.fingerprint}


@dataclass(frozen=True)
class LoggedDiagnoses:
    """What is wrong with the programs of a stage, and the fingerprint of these files."""

    diagnoses: tuple[Diagnosis, ...]
    fingerprint: str


def log_of(folder: Path, key: str, stage: str, attempt: str = "") -> Path:
    """Return the log of a student's stage. `attempt`: the fingerprint of its files, if several attempts are stored."""
    return folder / "facts" / key / (f"{stage}-{attempt[:16]}.jsonl" if attempt else f"{stage}.jsonl")


def known(path: Path, suite: Iterable[GradedTest], fingerprints: Mapping[str, str]) -> dict[str, Verdict]:
    """Return the last verdict with the right fingerprint on each test of a suite, by name.

    Ignore a line that was cut short, and a grader error before a verdict. Without a file, return nothing.
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
    """Return the last diagnoses of these files (a fingerprint), or (), as for an earlier Parley's log."""
    found: tuple[Diagnosis, ...] = ()
    for line in _lines(path):
        if "diagnoses" in line and line["fingerprint"] == files:
            with contextlib.suppress(*NO_VALUE):
                found = tuple(map(Diagnosis.from_data, line["diagnoses"]))
    return found


def left_of(suite: Iterable[GradedTest], verdicts: Mapping[str, Verdict]) -> list[str]:
    """Return the names of the tests that have no verdict yet, or only a grader error."""
    return [test.name for test in suite if test.name not in verdicts or not verdicts[test.name].outcome.is_known]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a log as plain data, each with its fingerprint, which an earlier Parley wrote above them."""
    above = ""
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8", errors="replace") as file:
        for text in file:
            with contextlib.suppress(ValueError, RecursionError):
                line = json.loads(text)
                if isinstance(line, dict):
                    above = line.get("fingerprint", above) if "version" in line else above
                    yield {"fingerprint": above, **line}


class LogWriter:
    """Adds to the log of one student's stage. Each line is on disk when `write` returns."""

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
        """Finish the stage: keep only these verdicts and diagnoses."""
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
    """Lock the folder of a run for this process. Raise BadInput if another one has it.

    The OS frees the lock whenever its holder exits.
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
