"""Check a stage's programs with its graded suite, test by test, and keep what came of it."""

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path

import pytest

from parley import stages
from parley.points import read_verdicts, total

STATE = Path(".parley") / "progress.json"  # in the project's folder


class Check:
    """What came of a check: the verdicts (as read_verdicts gives them), and pytest's exit status."""

    def __init__(self, verdicts, status, seed):
        self.verdicts, self.status, self.seed = verdicts, status, seed

    @property
    def points(self):
        """(earned, of): the points of all tests that count."""
        numbers = total(self.verdicts).values()
        return sum(earned for earned, _ in numbers), sum(of for _, of in numbers)

    @property
    def lost(self):
        """The verdicts of the tests that were not passed and count."""
        return [each for each in self.verdicts if each["verdict"] not in ("passed", "not here")]

    @property
    def not_begun(self):
        """Whether nothing of what was checked has been begun."""
        return bool(self.verdicts) and all(each["verdict"] == "not begun" for each in self.verdicts)


def check(stage, folder, programs=None, *, seed=None, test=None, on_verdict=None):
    """Run the graded suite of a stage on the programs in a folder, and return a Check.

    `programs`: which of server and client (both where left out); `seed`: repeats an earlier run; `test`: the name
    of one test alone; `on_verdict(verdict)` is called as soon as each is known. Raises ValueError if the suite
    cannot be run at all, with what pytest says, and KeyboardInterrupt after Ctrl+C.
    """
    pages = [stages.root() / "tests" / stage.name / f"test_{program}.py" for program in programs or stage.programs]
    nodes = [f"{page}::{test}" if test else str(page) for page in pages]
    with tempfile.TemporaryDirectory(prefix="parley-") as temporary:
        path = Path(temporary) / "verdicts.jsonl"
        told = _Told(path, on_verdict)
        options = ["--submission", str(folder), "--verdicts", str(path)]
        options += [] if seed is None else ["--seed", str(seed)]
        options += ["-c", str(stages.root() / "pyproject.toml"), "--rootdir", str(stages.root())]
        # our own words instead of pytest's: no report of its own, no options for one, nothing captured
        options += ["-p", "no:terminal", "-p", "no:cacheprovider", "-s", "-o", "addopts=--import-mode=importlib"]
        with contextlib.redirect_stderr(io.StringIO()) as said:
            status = pytest.main([*nodes, *options], plugins=[told])
        if status == pytest.ExitCode.INTERRUPTED and not told.trouble:
            raise KeyboardInterrupt
        if told.trouble or not path.exists() or not path.stat().st_size:
            reason = "\n".join(told.trouble) or said.getvalue().strip()
            raise ValueError(f"the suite of {stage.name} could not be run: {reason}")
        return Check(read_verdicts(path), int(status), told.seed)


class _Told:
    """A pytest plugin that tells each verdict as soon as it is in the file."""

    def __init__(self, path, on_verdict):
        self.path, self.on_verdict, self.count, self.seed, self.trouble = path, on_verdict, 0, None, []

    def pytest_collectreport(self, report):
        if report.failed:
            self.trouble.append(str(report.longrepr))

    def pytest_runtest_logfinish(self):
        if not self.on_verdict:
            return
        decided = [each for each in read_verdicts(self.path) if each["verdict"] not in ("not run", "crashed")]
        for each in decided[self.count :]:
            self.on_verdict(each)
        self.count = len(decided)

    def pytest_sessionfinish(self):
        if self.path.exists():
            with open(self.path, encoding="utf-8") as file:
                self.seed = json.loads(file.readline() or "{}").get("seed")


# What has come of the checks so far


def progress():
    """The progress kept so far: {stage name: {"earned", "of", "lost": [{"test", "hint", "program"}], "layer"}}.

    A file that cannot be read counts as no progress yet.
    """
    try:
        kept = json.loads((stages.root() / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def remember(stage, **known):
    """Keep what is known about a stage, in one step: the file is the old one or the new one, never a part."""
    kept = progress()
    kept[stage.name] = {**kept.get(stage.name, {}), **known}
    path = stages.root() / STATE
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    os.replace(beside, path)
