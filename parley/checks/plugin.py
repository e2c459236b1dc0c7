"""The pytest plugin of the graded suites: the mark `points`, the fixture `scene`, a verdict for each test.

    pytest tests/1_echo --parley-submission FOLDER [--parley-verdicts FILE] [--parley-seed N] [--parley-python PATH]

(with -p parley.checks.plugin if Parley isn't installed). If it's installed, pytest also loads it in other projects. It
leaves their tests unchanged: its options have its name, and without graded tests it prints nothing.

A test is graded if there's a page of hints in its folder. Then it needs the mark:

    @pytest.mark.points(4, "core", hint="pieces")  # kinds: core, errors, logging; seconds=20 bounds the scene
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from parley.checks.hints import PAGE, chosen, hints
from parley.contract.errors import BadInput, NotHere
from parley.contract.plain import from_plain, to_plain
from parley.contract.record import Failed, harmless
from parley.contract.story import Hint, cause, story
from parley.contract.verdict import (
    GradedTest,
    Kind,
    Outcome,
    Verdict,
    file_of_test,
    points_by_kind,
    points_of,
    program_of,
)

if TYPE_CHECKING:
    from parley.harness.programs import Starter
    from parley.harness.scene import Scene

OTHER_OUTCOMES = {  # by cause
    "out of time": Outcome.OUT_OF_TIME,
    "not begun": Outcome.NOT_BEGUN,
    "missing": Outcome.NOT_BEGUN,
    "not reached": Outcome.NOT_REACHED,
}
SECONDS = 20  # bound of one test's scene on a quick machine
IN_VAIN = 2  # tests in which a program ran but didn't listen or connect; if it never did, it's given up
FIRST = 5  # tests of a program: if it passed none, and most waited in vain, its next ones wait less for everything
SOON = 0.5  # seconds that they wait
TROUBLE_OF_THE_GRADER = 3  # exit status
# an exception in a thread of ours is a grader error, not something for the student to pay for
THREADS_MAY_NOT_FAIL = "error::pytest.PytestUnhandledThreadExceptionWarning"
LEDGER: pytest.StashKey[Ledger] = pytest.StashKey()
GRADED: pytest.StashKey[GradedTest] = pytest.StashKey()


class Ledger:
    """The manifest and verdicts of one run, written to disk immediately."""

    def __init__(self, path: Path | None, seed: int, submission: Path | str | None) -> None:
        """`path`: the file to write (JSON lines), or None."""
        self.seed = seed
        self.submission = submission
        self.manifest: list[GradedTest] = []
        self.verdicts: dict[str, Verdict] = {}  # by the name of the test
        self.hints: dict[Path, dict[str, Hint]] = {}  # by the folder of the suite
        self.waited_in_vain: Counter[str] = Counter()  # by program: tests in which it ran, but didn't begin
        self.begun: set[str] = set()  # programs that listened or connected in some test
        self.seen_elsewhere: Callable[[str], bool] = lambda program: False  # whether it never begins, as seen elsewhere
        self.silent: set[str] = set()  # tests that waited with no response
        self._file = open(path, "w", encoding="utf-8") if path else None  # noqa: SIM115

    def given_up(self, program: str) -> bool:
        """Whether this program is known never to listen or connect, so that no test needs to wait for it."""
        if program in self.begun:
            return False
        return self.waited_in_vain[program] >= IN_VAIN or self.seen_elsewhere(program)

    def hangs(self, program: str) -> bool:
        """Whether this program passed none of its first tests, most of which waited in vain. The same tests decide that
        in each run, so that no other test is lost by chance: a right program may take a second to exit.
        """
        first = [test.name for test in self.manifest if test.program == program][:FIRST]
        known = [self.verdicts[name] for name in first if name in self.verdicts]
        if len(known) < FIRST or any(verdict.passed for verdict in known):
            return False
        return len(self.silent.intersection(first)) > FIRST / 2

    def write(self, **fields: Any) -> None:
        """Write one line of JSON. It's on disk when this returns."""
        if self._file:
            self._file.write(json.dumps(fields, ensure_ascii=True) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def begin(self, tests: list[GradedTest]) -> None:
        """Note the tests of this run. Their points add up to the total."""
        self.manifest = tests
        submission = str(self.submission or "")
        self.write(version=1, seed=self.seed, submission=submission, tests=to_plain(tests))

    def decide(self, verdict: Verdict) -> None:
        """Note a verdict."""
        self.verdicts[verdict.test.name] = verdict
        self.write(**verdict.as_data())


def read_verdicts(path: Path) -> list[Verdict]:
    """Return the verdicts of a run, from the file that --parley-verdicts wrote.

    A test without a verdict earns nothing: it crashed if it had started, otherwise it wasn't run. Raise BadInput if the
    file doesn't begin with a manifest.
    """
    with open(path, encoding="utf-8") as file:
        lines = [_line(text) for text in file]
    if not lines or "tests" not in lines[0]:
        raise BadInput(f"{path} has no manifest: the run ended before its tests were collected.")
    begun = {line["begins"] for line in lines if "begins" in line}
    known = {line["test"]: line for line in lines[1:] if "verdict" in line}
    tests = [from_plain(GradedTest, data) for data in lines[0]["tests"]]
    return [
        Verdict.from_data(test, known[test.name]) if test.name in known else without_verdict(test, test.name in begun)
        for test in tests
    ]


def _line(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:  # the run ended while it was writing
        return {}
    return line if isinstance(line, dict) else {}


def without_verdict(test: GradedTest, begun: bool = False) -> Verdict:
    """Return a verdict for a test that has none."""
    if begun:
        return Verdict(test, Outcome.CRASHED, "The run ended in the middle of this test.")
    return Verdict(test, Outcome.NOT_RUN, "The run ended before this test.")


# what pytest calls


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("parley", "points for tests in which a student's programs really run")
    options = (
        ("--parley-submission", "DIR", str, "folder with server.py and client.py to be tested"),
        ("--parley-seed", "N", int, "the seed of everything random (printed when the tests are collected)"),
        ("--parley-verdicts", "FILE", str, "write a line of JSON for each verdict as soon as it's known"),
        ("--parley-python", "PATH", str, "the Python that runs the programs (default: this one)"),
    )
    for name, metavar, kind, text in options:
        group.addoption(name, metavar=metavar, type=kind, help=text)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "points(number, kind, hint=KEY, seconds=20): what this graded test is worth, and its hint"
    )
    submission = config.getoption("parley_submission")
    if submission and not Path(submission).is_dir():
        raise pytest.UsageError(f"--parley-submission: there's no folder {submission}.")
    seed = config.getoption("parley_seed")
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    try:
        config.stash[LEDGER] = Ledger(config.getoption("parley_verdicts"), seed, submission)
    except OSError as error:
        raise pytest.UsageError(f"--parley-verdicts: {error.filename} can't be written: {error.strerror}.") from None


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    ledger = config.stash[LEDGER]
    if not ledger.manifest:
        return []
    return [f"parley: seed {ledger.seed}, submission {ledger.submission or 'exercises'}"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    problems: list[str] = []
    tests: list[GradedTest] = []
    pages = config.stash[LEDGER].hints
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        folder = item.path.parent
        if not (folder / PAGE).is_file():
            continue
        try:
            if folder not in pages:
                pages[folder] = hints(folder)
            name = f"{folder.name}/{item.path.name}::{item.name}"
            item.stash[GRADED] = graded(name, item.function, item.get_closest_marker("points"), pages[folder])
            item.add_marker(pytest.mark.filterwarnings(THREADS_MAY_NOT_FAIL))
            tests.append(item.stash[GRADED])
        except ValueError as problem:
            problems.append(f"{item.nodeid}: {problem}")
    if problems:
        raise pytest.UsageError(*problems)
    if tests:
        config.stash[LEDGER].begin(tests)
        # a termination signal works like Ctrl+C: all programs are ended first
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)


def graded(
    name: str, function: Callable[..., object], mark: pytest.Mark | None, known: Mapping[str, Hint]
) -> GradedTest:
    """Return what a graded test's mark and docstring say. `known`: the hints of its suite.

    Raise BadInput if they are incomplete.
    """
    if mark is None:
        raise BadInput("A graded test needs the mark points.")
    points, kind = (*mark.args, None, None)[:2]
    hint = mark.kwargs.get("hint")
    sentence = (function.__doc__ or "").strip().partition("\n\n")[0]
    if not isinstance(points, int) or points < 1 or kind not in list(Kind) or len(mark.args) != 2:
        raise BadInput(f"The mark is points(number, kind), and the kinds are {', '.join(Kind)}.")
    if set(mark.kwargs) - {"hint", "seconds"}:
        raise BadInput("The mark takes only hint= and seconds= after the number and the kind.")
    if hint not in known:
        raise BadInput(f"The hint {hint!r} isn't in {PAGE}.")
    if not sentence:
        raise BadInput("A graded test needs a docstring: the sentence that its story begins with.")
    return GradedTest(name, points, Kind(kind), " ".join(sentence.split()), str(hint))


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The scene of a graded test: see parley.harness.scene.Scene."""
    from parley import stages

    ledger = request.config.stash[LEDGER]
    submission = ledger.submission or stages.work(request.path.parent)
    python = request.config.getoption("parley_python")
    name = f"{request.path.parent.name}/{request.path.name}::{request.node.name}"
    mark = request.node.get_closest_marker("points")
    with opened(ledger, name, submission, mark, [python] if python else ()) as scene:
        yield scene


@contextlib.contextmanager
def opened(
    ledger: Ledger,
    name: str,
    submission: Path | str,
    mark: pytest.Mark | None,
    python: Sequence[str] = (),
    start: Starter | None = None,
) -> Iterator[Scene]:
    """Yield a Scene for the graded test of this name. It knows which waits of earlier tests had no response.

    `python` and `start`: as in Scene.
    """
    from parley.harness.scene import Scene

    program = program_of(file_of_test(name))
    seconds = mark.kwargs.get("seconds", SECONDS) if mark else SECONDS
    seed = f"{ledger.seed} {name}"
    with Scene(submission, seed=seed, python=python, seconds=seconds, start=start) as scene:
        scene.given_up = ledger.given_up
        if ledger.hangs(program):
            scene.starts_within = scene.answers_within = SOON
        try:
            yield scene
        finally:
            ledger.begun |= scene.begun
            for absent in scene.waited_in_vain:  # what it used up once, it would use up again
                ledger.waited_in_vain[absent] += IN_VAIN if absent in scene.killed else 1
            if scene.deadlines.in_vain:
                ledger.silent.add(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if GRADED in item.stash:
        item.config.stash[LEDGER].write(begins=item.stash[GRADED].name)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    scene: Any = pyfuncitem.funcargs.get("scene")
    if GRADED not in pyfuncitem.stash or scene is None:
        return (yield)
    try:
        result = yield
        scene.check()
        return result
    finally:
        scene.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if GRADED not in item.stash:
        return report
    error = call.excinfo.value if call.excinfo else None
    if error is not None or call.when == "call":
        _note_verdict(item, call, report, error)
    return report


def _note_verdict(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, error: BaseException | None
) -> None:
    """Decide what this error (or none) means for the test, and report it that way."""
    ledger, test = item.config.stash[LEDGER], item.stash[GRADED]
    verdict = verdict_on(error, test, ledger.hints[item.path.parent], call.duration)
    if verdict.story:
        report.longrepr = verdict.story.text
    elif verdict.outcome is Outcome.NOT_HERE:
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"Can't be tested here: {error}")
    elif verdict.outcome is Outcome.GRADER:
        report.sections.append(("grader error", "It says nothing about the programs that were tested."))
    ledger.decide(verdict)


def verdict_on(
    error: BaseException | None,
    test: GradedTest,
    known: Mapping[str, Hint],
    seconds: float = 0.0,
    cpu: float = 0.0,
) -> Verdict:
    """Return the verdict for an exception (or None) at the end of a graded test.

    `known`: the hints of its suite; `seconds`, `cpu`: the time it took.
    """
    if error is None:
        return Verdict(test, Outcome.PASSED, seconds=seconds, cpu=cpu)
    if isinstance(error, Failed):
        error.sentence = test.sentence
        error.hint = chosen(error, known, test.hint)
        outcome = OTHER_OUTCOMES.get(error.cause, Outcome.FAILED)
        return Verdict(test, outcome, cause(error), story(error, known), seconds, cpu)
    if isinstance(error, NotHere | pytest.skip.Exception):
        return Verdict(test, Outcome.NOT_HERE, str(error), None, seconds, cpu)
    return Verdict(test, Outcome.GRADER, f"{type(error).__name__}: {error}", None, seconds, cpu)


def pytest_sessionfinish(session: pytest.Session) -> None:
    ledger = session.config.stash[LEDGER]
    if any(verdict.outcome is Outcome.GRADER for verdict in ledger.verdicts.values()):
        session.exitstatus = TROUBLE_OF_THE_GRADER
    ledger.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print a line for each test, and the points of each kind."""
    ledger = config.stash[LEDGER]
    if not ledger.manifest:
        return
    verdicts = [ledger.verdicts.get(test.name) or without_verdict(test) for test in ledger.manifest]
    terminalreporter.section("points")
    for verdict in verdicts:
        test = verdict.test
        colour = "green" if verdict.passed else "red" if verdict.lost else "yellow"
        points = f"{verdict.earned:>3} of {test.points:>2}  {test.kind:<8}"
        terminalreporter.write(f"{points}{verdict.outcome:<12}", **{colour: True})
        terminalreporter.write(test.sentence + "\n")
    words = [f"{kind} {points.earned} of {points.of}" for kind, points in points_by_kind(verdicts).items()]
    together = points_of(verdicts)
    terminalreporter.write(
        f"{', '.join(words)}; together {together.earned} of {together.of} points (seed {ledger.seed}).\n"
    )
    for verdict in verdicts:
        if not verdict.outcome.counts:
            what = "Grader error" if verdict.outcome is Outcome.GRADER else "Not tested here"
            why = harmless(verdict.reason, 300, 2)
            terminalreporter.write_line(f"{what}, not counted: {verdict.test.name}: {why}")
