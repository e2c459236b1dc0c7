"""The pytest plugin of the graded suites: the mark `points`, the fixture `scene`, a verdict for each test.

    pytest tests/1_echo --submission FOLDER [--verdicts FILE] [--seed N] [--python PATH]

(with -p parley.checks.points where Parley is not installed).

A test is graded if it stands beside a page of hints, or has the mark:

    @pytest.mark.points(4, "core", hint="pieces")  # kinds: core, errors, logging; seconds=20 bounds the scene
"""

import contextlib
import json
import random
import signal
import threading
from pathlib import Path

import pytest

from parley.checks.hints import PAGE, chosen, hints
from parley.record import Failed, harmless

KINDS = ("core", "errors", "logging")
PASSED, FAILED, OUT_OF_TIME, NOT_BEGUN = "passed", "failed", "out of time", "not begun"
CRASHED, NOT_RUN, NOT_HERE, GRADER = "crashed", "not run", "not here", "grader"
NOT_REACHED = "not reached"  # a program does not even listen or connect, as is known already
COSTS_NOTHING = (NOT_HERE, GRADER)  # verdicts that say nothing about the student
OTHER_VERDICTS = {  # by cause
    "out of time": OUT_OF_TIME,
    "not begun": NOT_BEGUN,
    "missing": NOT_BEGUN,
    "not reached": NOT_REACHED,
}
SECONDS = 20  # bound of one test's scene on a quick machine
IN_VAIN = 2  # tests in which a program ran but did not listen or connect: the next ones wait less for it
STARTS_SOON = 1  # seconds that they wait
SILENT = 5  # tests that waited in vain for whatever it was, nearly all so far: the next ones wait less for everything
SOON = 0.5  # seconds that they wait
TROUBLE_OF_THE_GRADER = 3  # exit status
# an exception in a thread of ours is trouble of the grader, not something for the student to pay for
THREADS_MAY_NOT_FAIL = "error::pytest.PytestUnhandledThreadExceptionWarning"
LEDGER = pytest.StashKey()
GRADED = pytest.StashKey()


class Ledger:
    """The manifest and the verdicts of one run, on disk as soon as they are known."""

    def __init__(self, path, seed, submission):
        """`path`: the file to write (JSON lines), or None."""
        self.seed = seed
        self.submission = submission
        self.manifest = []
        self.verdicts = {}
        self.hints = {}  # folder -> its hints
        self.waited_in_vain = 0  # tests
        self.silent = 0  # tests
        self.done = 0  # tests
        self._file = open(path, "w", encoding="utf-8") if path else None  # noqa: SIM115

    def hangs(self):
        """Whether the programs hardly ever do anything."""
        return self.silent >= SILENT and self.silent >= 0.8 * self.done

    def write(self, **fields):
        """One line of JSON, on disk when this returns."""
        if self._file:
            self._file.write(json.dumps(fields, ensure_ascii=True) + "\n")
            self._file.flush()

    def close(self):
        """Close the file."""
        if self._file:
            self._file.close()

    def begin(self, tests):
        """The tests of this run: what all of them together are worth is the total."""
        self.manifest = tests
        self.write(version=1, seed=self.seed, submission=str(self.submission or ""), tests=tests)

    def decide(self, test, verdict, reason="", story=None, seconds=0.0, cpu=None):
        """Note the verdict of a test; `seconds` that it took, `cpu`: seconds of CPU time, where that is known."""
        points = test["points"] if verdict == PASSED else 0
        known = {
            "verdict": verdict,
            "earned": points,
            "reason": reason,
            "story": story,
            "seconds": round(seconds, 3),
        }
        if cpu is not None:
            known["cpu"] = round(cpu, 3)
        self.verdicts[test["test"]] = known
        self.write(test=test["test"], **known)


def read_verdicts(path):
    """The tests of a run and their verdicts, from the file that --verdicts has written: a list of dicts with
    test, points, kind, sentence, hint, verdict, earned, reason, story, seconds.

    A test without a verdict has crashed if it had begun, and was not run otherwise: it earns nothing. Raises
    ValueError with one sentence if the file does not begin with a manifest.
    """
    with open(path, encoding="utf-8") as file:
        lines = [_line(text) for text in file]
    if not lines or "tests" not in lines[0]:
        raise ValueError(f"{path} has no manifest: the run has ended before its tests were collected.")
    begun = {line["begins"] for line in lines if "begins" in line}
    known = {line["test"]: line for line in lines[1:] if "verdict" in line}
    return [{**test, **known.get(test["test"], _missing(test["test"] in begun))} for test in lines[0]["tests"]]


def _line(text):
    try:
        line = json.loads(text)
    except ValueError:  # the run ended while it was writing
        return {}
    return line if isinstance(line, dict) else {}


def _missing(begun):
    verdict, reason = (
        (CRASHED, "The run ended in the middle of this test.")
        if begun
        else (NOT_RUN, "The run ended before this test.")
    )
    return {"verdict": verdict, "earned": 0, "reason": reason, "story": None, "seconds": 0.0}


def total(verdicts):
    """Points by kind, as {kind: (earned, of)}; a test that says nothing about the student is not counted."""
    counted = [each for each in verdicts if each["verdict"] not in COSTS_NOTHING]
    kinds = {}
    for kind in KINDS:
        of_kind = [each for each in counted if each["kind"] == kind]
        if of_kind:
            kinds[kind] = (sum(each["earned"] for each in of_kind), sum(each["points"] for each in of_kind))
    return kinds


# what pytest calls


def pytest_addoption(parser):
    group = parser.getgroup("parley", "points for tests in which a student's programs really run")
    group.addoption("--submission", metavar="DIR", help="folder with server.py and client.py to be tested")
    group.addoption("--seed", type=int, metavar="N", help="the seed of everything random (printed in the header)")
    group.addoption("--verdicts", metavar="FILE", help="write a line of JSON for each verdict as soon as it is known")
    group.addoption("--python", metavar="PATH", help="the Python that runs the programs (this one where left out)")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "points(number, kind, hint=KEY, seconds=20): what this graded test is worth, and its hint"
    )
    submission = config.getoption("submission")
    if submission and not Path(submission).is_dir():
        raise pytest.UsageError(f"--submission: there is no folder {submission}.")
    seed = config.getoption("seed")
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    try:
        config.stash[LEDGER] = Ledger(config.getoption("verdicts"), seed, submission)
    except OSError as error:
        raise pytest.UsageError(f"--verdicts: {error.filename} cannot be written: {error.strerror}.") from None


def pytest_report_header(config):
    ledger = config.stash[LEDGER]
    return f"parley: seed {ledger.seed}, submission {ledger.submission or 'exercises'}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    problems = []
    tests = []
    pages = config.stash[LEDGER].hints
    for item in items:
        folder = item.path.parent
        if not (folder / PAGE).is_file() and item.get_closest_marker("points") is None:
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
        # somebody who ends us politely gets what Ctrl+C does: all programs are ended first
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)


def graded(name, function, mark, known):
    """What a graded test's mark and docstring say, as the dict of the manifest; `known`: the hints of its suite.

    Raises ValueError if they do not say all that they must.
    """
    if mark is None:
        raise ValueError("A graded test needs the mark points.")
    points, kind = (*mark.args, None, None)[:2]
    hint = mark.kwargs.get("hint")
    sentence = (function.__doc__ or "").strip().partition("\n\n")[0]
    if not isinstance(points, int) or points < 1 or kind not in KINDS or len(mark.args) != 2:
        raise ValueError(f"The mark is points(number, kind), and the kinds are {', '.join(KINDS)}.")
    if set(mark.kwargs) - {"hint", "seconds"}:
        raise ValueError("Besides the number and the kind, the mark takes hint= and seconds= only.")
    if hint not in known:
        raise ValueError(f"The hint {hint!r} is not in {PAGE}.")
    if not sentence:
        raise ValueError("A graded test needs a docstring: the sentence that its story begins with.")
    return {
        "test": name,
        "points": points,
        "kind": kind,
        "sentence": " ".join(sentence.split()),
        "hint": hint,
    }


@pytest.fixture
def scene(request):
    """The scene of a graded test: see parley.harness.scene.Scene."""
    from parley import stages

    ledger = request.config.stash[LEDGER]
    submission = ledger.submission or stages.work(request.path.parent)
    python = request.config.getoption("python")
    name = f"{request.path.parent.name}/{request.path.name}::{request.node.name}"
    mark = request.node.get_closest_marker("points")
    with opened(ledger, name, submission, mark, [python] if python else ()) as scene:
        yield scene


@contextlib.contextmanager
def opened(ledger, name, submission, mark, python=(), start=None):
    """A Scene for the graded test of this name; where the tests before it have waited in vain, it waits less.

    `python` and `start`: as Scene has them.
    """
    from parley.harness.scene import Scene

    seconds = mark.kwargs.get("seconds", SECONDS) if mark else SECONDS
    seed = f"{ledger.seed} {name}"
    with Scene(submission, seed=seed, python=python, seconds=seconds, start=start) as scene:
        if ledger.waited_in_vain >= IN_VAIN:
            scene.starts_within = STARTS_SOON
        if ledger.hangs():
            scene.starts_within = scene.answers_within = SOON
        try:
            yield scene
        finally:
            ledger.waited_in_vain += scene.waited_in_vain
            ledger.silent += scene.patience.in_vain
            ledger.done += 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    if GRADED in item.stash:
        item.config.stash[LEDGER].write(begins=item.stash[GRADED]["test"])
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    scene = pyfuncitem.funcargs.get("scene")
    if GRADED not in pyfuncitem.stash or scene is None:
        return (yield)
    try:
        result = yield
        scene.check()
        return result
    finally:
        scene.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if GRADED not in item.stash:
        return report
    error = call.excinfo.value if call.excinfo else None
    if error is not None or call.when == "call":
        _judge(item, call, report, error)
    return report


def _judge(item, call, report, error):
    """Decide what this error (or none) means for the test, and show it as what it is."""
    ledger, test = item.config.stash[LEDGER], item.stash[GRADED]
    verdict, reason, story = judged(error, test, ledger.hints[item.path.parent])
    if story:
        report.longrepr = story["text"]
    elif verdict == NOT_HERE:
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"Cannot be tested here: {error}")
    elif verdict == GRADER:
        report.sections.append(("trouble of the grader", "This says nothing about the programs that were tested."))
    ledger.decide(test, verdict, reason, story, call.duration)


def judged(error, test, known):
    """What an exception (or None) that ends a graded test means: (verdict, reason, its story as a dict or None).

    `test`: the test as graded() describes it; `known`: the hints of its suite.
    """
    if error is None:
        return PASSED, "", None
    if isinstance(error, Failed):
        from parley.views.story import cause, story, tell

        error.sentence = test["sentence"]
        error.hint = chosen(error, known, test["hint"])
        told = {**story(error, known), "text": tell(error, known)}
        return OTHER_VERDICTS.get(error.cause, FAILED), cause(error), told
    if type(error).__name__ == "NotHere" or isinstance(error, pytest.skip.Exception):
        return NOT_HERE, str(error), None
    return GRADER, f"{type(error).__name__}: {error}", None


def pytest_sessionfinish(session):
    ledger = session.config.stash[LEDGER]
    if any(known["verdict"] == GRADER for known in ledger.verdicts.values()):
        session.exitstatus = TROUBLE_OF_THE_GRADER
    ledger.close()


def pytest_terminal_summary(terminalreporter, config):
    """A line for each test, and the points of each kind."""
    ledger = config.stash[LEDGER]
    if not ledger.manifest:
        return
    verdicts = [{**test, **ledger.verdicts.get(test["test"], _missing(False))} for test in ledger.manifest]
    terminalreporter.section("points")
    for each in verdicts:
        colour = {PASSED: "green"}.get(each["verdict"], "yellow" if each["verdict"] in COSTS_NOTHING else "red")
        points = f"{each['earned']:>3} of {each['points']:>2}  {each['kind']:<8}"
        terminalreporter.write(f"{points}{each['verdict']:<12}", **{colour: True})
        terminalreporter.write(each["sentence"] + "\n")
    kinds = total(verdicts)
    words = [f"{kind} {earned} of {of}" for kind, (earned, of) in kinds.items()]
    earned, of = (sum(numbers) for numbers in zip(*kinds.values(), strict=True)) if kinds else (0, 0)
    terminalreporter.write(f"{', '.join(words)}; together {earned} of {of} points (seed {ledger.seed}).\n")
    for each in verdicts:
        if each["verdict"] in COSTS_NOTHING:
            what = "Trouble of the grader" if each["verdict"] == GRADER else "Not tested here"
            terminalreporter.write_line(f"{what}, not counted: {each['test']}: {harmless(each['reason'], 300, 2)}")
