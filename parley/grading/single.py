"""One submission, graded in its own container, as on Gradescope and GitHub Actions.

    python -I -m parley.grading.single gradescope ROOT           ROOT is /autograder there
    python -I -m parley.grading.single github FOLDER SETTINGS    FOLDER: what was handed in; SETTINGS: as JSON

Results exist from the start and are written again after each verdict. So the points earned so far survive any end. With
a time limit, this ends by itself before the platform ends it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from parley import stages
from parley.contract.errors import BadInput, GraderError
from parley.contract.files import write_json
from parley.grading import driver, formats
from parley.grading.grades import StudentGrades
from parley.grading.intake import Submission
from parley.grading.scores import score
from parley.grading.worker_client import WorkerClient
from parley.isolation import sandbox
from parley.stages import Stage

NOBODY = 65534  # the user for programs without a sandbox
BEGUN = "Grading started, but it didn't finish."
UNFINISHED = "Grading didn't finish. These are the points earned until then."
NOT_REACHED = "The time ran out before this test."
TROUBLE = "A grader error, which isn't your fault (no points lost). Ask for another run. "
TRIED_WITHIN = 30  # seconds to try a program as another user


@dataclass(frozen=True)
class Settings:
    """How to grade: these `stages`; `hide`: kinds or tests; `seconds`: limit for all of it, 0 for none."""

    stages: tuple[Stage, ...]
    hide: tuple[str, ...] = ()
    seconds: float = 0
    seed: int | None = None


def settings_from(text: str) -> Settings:
    """Return the settings of a run, from JSON: {"stages": names, "hide", "seconds", "seed"}, all optional.

    Raise BadInput.
    """
    try:
        known = {"stages": [], "hide": [], "seconds": 0, "seed": None} | json.loads(text)
        wanted = {stages.find(name) for name in known["stages"]}
        chosen = tuple(stage for stage in stages.STAGES if not wanted or stage in wanted)
        return Settings(chosen, tuple(known["hide"]), known["seconds"], known["seed"])
    except (ValueError, TypeError) as error:
        raise BadInput(f"These settings can't be used: {error}") from None


# Where results go


class Results(Protocol):
    """Where the results of one student go."""

    def nothing_yet(self, sentence: str) -> None:
        """Write that nothing was earned so far."""

    def write(self, student: StudentGrades, sentence: str, seconds: float) -> None:
        """Write what one student earned. `sentence`: a remark about all of it, or ""."""


class Gradescope:
    """/autograder/results/results.json."""

    def __init__(self, root: Path) -> None:
        self.path = root / "results" / "results.json"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            self.path.parent.chmod(0o755)  # programs of another user can write nothing there

    def nothing_yet(self, sentence: str) -> None:
        """Write that nothing was earned so far."""
        write_json(self.path, {"score": 0, "output": sentence, "stdout_visibility": "hidden", "tests": []})

    def write(self, student: StudentGrades, sentence: str, seconds: float) -> None:
        """Write what one student earned. `sentence`: a remark about all of it, or ""."""
        data = formats.gradescope_result(student)
        data["output"] = "\n".join(filter(None, [sentence, data["output"]]))
        write_json(self.path, data | {"execution_time": round(seconds)})


class GitHub:
    """The step output `result`, in the file that GITHUB_OUTPUT names. The last one written counts."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def nothing_yet(self, sentence: str) -> None:
        """Write that nothing was earned so far. The reporter needs a list of tests."""
        test = {"name": sentence, "status": "fail", "score": 0}
        self._add(formats.encoded({"version": 3, "status": "fail", "max_score": 0, "tests": [test]}))

    def write(self, student: StudentGrades, sentence: str, seconds: float) -> None:
        """Write what one student earned. `sentence`: a remark about all of it, or ""."""
        self._add(formats.github_output(student, sentence))

    def _add(self, result: str) -> None:
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(f"result={result}\n")


# The run


class Writing(driver.Watch):
    """Writes the results again as the run goes."""

    def __init__(self, folder: Path, results: Results, hide: Sequence[str]) -> None:
        self._folder, self._results, self._hide = folder, results, hide
        self._began = time.monotonic()

    def begins(
        self, submissions: Sequence[Submission], notes: Sequence[str], tasks: Sequence[driver.Task], unchanged: int
    ) -> None:
        """Note the possible points."""
        self.write(UNFINISHED)

    def verdict(self, task: driver.Task) -> None:
        """Note one more verdict."""
        self.write(UNFINISHED)

    def write(self, sentence: str) -> StudentGrades:
        """Write the known results, and return the one student."""
        (student,) = score(self._folder, hide=self._hide, not_yet=NOT_REACHED).students
        self._results.write(student, sentence, time.monotonic() - self._began)
        return student


def grade_one(submission: Path, settings: Settings, results: Results) -> bool:
    """Grade one submission (a folder), and write the results as they come. Return whether all of it was graded.

    A grader error is also written into the results, then raised again.
    """
    submission = submission.absolute()
    if not submission.is_dir():
        results.nothing_yet(f"Nothing was handed in: there's no folder {submission.name}.")
        return True
    results.nothing_yet(BEGUN)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="parley-alone-", ignore_cleanup_errors=True) as folder,
            _limited(settings.seconds),
        ):
            return _grade(submission, settings, results, Path(folder))
    except (GraderError, OSError, ValueError) as error:
        results.nothing_yet(f"{TROUBLE}({error})")
        raise
    except KeyboardInterrupt:  # before any verdict
        results.nothing_yet(UNFINISHED)
        return False


def _grade(submission: Path, settings: Settings, results: Results, folder: Path) -> bool:
    writing = Writing(folder, results, settings.hide)
    isolated, start = _isolation()
    others = [path for path in submission.parent.iterdir() if path.name != submission.name]
    result = driver.grade(
        submission.parent,
        folder,
        settings.stages,
        sandbox=isolated,
        seed=settings.seed,
        watch=writing,
        start=start,
        leave_out=others,
        single=True,
    )
    student = writing.write(UNFINISHED if result.stopped else "")
    print(f"{student.points} of {student.of} points, {student.state}.", flush=True)
    if result.not_graded:
        why = "; ".join(sorted(set(result.not_graded.values())))
        writing.write(f"{TROUBLE}({why})")
        print(f"Not graded: {result.not_graded}", file=sys.stderr)
    return not (result.stopped or result.not_graded)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Stop this block after this many seconds (0: never), or at a termination signal."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _isolation() -> tuple[bool, Callable[[], WorkerClient]]:
    """Return how to isolate programs here, as (whether in a sandbox, how to start a worker), and print it.

    A sandbox is best. If the container allows none, only the container isolates programs, and they run as another user
    than the one who writes the results. If we aren't root, they run as the same user.
    """
    found = sandbox.probe()
    if found.ok:
        print("Programs run in a sandbox.", flush=True)
        return True, partial(WorkerClient, True)
    print(f"No sandbox: {found.reason}", flush=True)
    if os.geteuid() == 0 and _others_can():
        print("The programs run as another user than the one who writes the results.", flush=True)
        return False, partial(WorkerClient, False, NOBODY)
    print("Programs run as the user who writes the results: only the container keeps them in.", flush=True)
    return False, partial(WorkerClient, False)


def _others_can() -> bool:
    """Whether another user can start Python here, with everything that a worker needs."""
    words = [sys.executable, "-I", "-c", "import parley.grading.worker"]
    try:
        tried = subprocess.run(
            words, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", capture_output=True, timeout=TRIED_WITHIN
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def main(words: Sequence[str]) -> int:
    """Grade the submission. The exit status is 0 if all of it was graded."""
    form, *rest = words
    results: Results
    try:
        if form == "gradescope":
            (root,) = map(Path, rest)
            results = Gradescope(root)
            results.nothing_yet(BEGUN)
            settings = settings_from((root / "source" / "settings.json").read_text(encoding="utf-8"))
            return 0 if grade_one(root / "submission", settings, results) else 1
        submission, text = rest
        results = GitHub(os.environ["GITHUB_OUTPUT"])
        return 0 if grade_one(Path(submission), settings_from(text), results) else 1
    except (GraderError, OSError, ValueError) as error:
        print(f"Grader error: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
