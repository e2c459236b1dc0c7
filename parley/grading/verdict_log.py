"""The facts of grading, on disk: who handed in what, and each verdict as it came. Points are made of them later.

grades/class.json                 the students, their stages, the suites; written when a run begins
grades/facts/<key>/<stage>.jsonl  the verdicts of one student's stage, a line for each as soon as it is known
"""

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from parley.checks.plugin import GRADER
from parley.contract.errors import BadInput
from parley.contract.files import try_to_lock

VERSION = 1  # of both kinds of file
CLASS = "class.json"
LOCK = ".lock"


@dataclass
class Facts:
    """What one file of facts says.

    `head`: its first line; `verdicts`: {test: its line}, the last one of each; `seconds`, `cpu`: of all that was run.
    """

    head: dict = field(default_factory=dict)
    verdicts: dict[str, dict] = field(default_factory=dict)
    seconds: float = 0.0
    cpu: float = 0.0

    def left(self, suite):
        """The tests of a suite (a manifest) that have no verdict yet, or only trouble of the grader's."""
        return [test["test"] for test in suite if self.verdicts.get(test["test"], {}).get("verdict", GRADER) == GRADER]


def file_of(folder, key, stage):
    """The file with the facts of a student's stage."""
    return Path(folder) / "facts" / key / f"{stage}.jsonl"


def newer(path):
    """The file in which the facts of a changed submission gather, until they are whole and take the other's place."""
    return path.with_name(f"{path.stem}.new.jsonl")


def known(folder, key, stage, fingerprint):
    """The facts about just this submission, this suite and this tool (a fingerprint): Facts, perhaps empty."""
    path = file_of(folder, key, stage)
    for each in (path, newer(path)):
        facts = read(each)
        if facts.head.get("fingerprint") == fingerprint:
            return facts
    return Facts()


def read(path):
    """The Facts in a file; empty ones if there is no such file. A line that was cut short counts as never written."""
    facts = Facts()
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8", errors="replace") as file:
        lines = list(filter(None, map(_line, file)))
        if not lines or lines[0].get("version") != VERSION:
            return facts
        facts.head = lines[0]
        for line in lines[1:]:
            if "verdict" in line and "test" in line:
                facts.verdicts[line["test"]] = line
            elif line.get("done"):
                facts.seconds += line.get("seconds", 0)
                facts.cpu += line.get("cpu", 0)
    return facts


def _line(text):
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


class Writer:
    """Adds to the facts about one submission's stage; each line is on disk when `write` returns."""

    def __init__(self, folder, head):
        """`head`: the first line (student, stage, fingerprint, ...). Goes on with a file that has the same one."""
        self._path = file_of(folder, head["student"], head["stage"])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        old = read(self._path).head
        self._now = self._path if old.get("fingerprint") in (None, head["fingerprint"]) else newer(self._path)
        goes_on = read(self._now).head.get("fingerprint") == head["fingerprint"]
        self._file = open(self._now, "a" if goes_on else "w", encoding="utf-8")  # noqa: SIM115
        if goes_on:
            self._file.write("\n")  # the last line may have been cut short
        else:
            self.write({"version": VERSION, **head})

    def write(self, line):
        """Add a line (a dict)."""
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self, whole):
        """Close the file; if all verdicts are in it (`whole`), it takes the place of older facts."""
        self._file.close()
        if whole and self._now != self._path:
            os.replace(self._now, self._path)


def read_json(path):
    """The plain data in a JSON file of ours. Raises BadInput if it is none."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise BadInput(f"{path} is not what parley grade has written.")
    return data


@contextlib.contextmanager
def locked(folder):
    """Hold the folder of a run for this process alone. Raises BadInput if another one has it.

    The system frees the lock when its holder ends, however that comes.
    """
    with open(Path(folder) / LOCK, "a+", encoding="utf-8") as file:
        if not try_to_lock(file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BadInput(f"{folder} is in use by another parley (process {holder}): wait for its end.")
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
