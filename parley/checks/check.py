"""Check a stage's programs with its graded suite, several tests at once, and keep what came of it."""

import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from parley import stages
from parley.checks.diagnosis.catalogue import examinations
from parley.checks.diagnosis.examined import Examined
from parley.checks.hints import hints
from parley.checks.mistakes import page_of
from parley.checks.points import COSTS_NOTHING, NOT_HERE, Ledger, graded, judged, opened, total
from parley.record import Failed
from parley.views.story import NOTHING_RAN, tell

STATE = Path(".parley") / "progress.json"  # in the project's folder
JOBS = 3  # tests under way at once: most of the time they wait


class Check:
    """What came of a check: the verdicts (as points.read_verdicts gives them), the seed, trouble of our own, and the
    diagnoses (parley.contract.diagnosis) in the order in which they are told.
    """

    def __init__(self, verdicts, seed, trouble, diagnoses=(), examined=None, failures=()):
        self.verdicts, self.seed, self.trouble, self.diagnoses = verdicts, seed, trouble, list(diagnoses)
        self.failures = dict(failures)  # {test: the Failed that has ended it}
        self.examined = examined  # with its evidence, where the whole suite has run

    def shortest_story(self, tests):
        """The shortest story among these tests, as text without a hint; "" where nothing ran."""
        failures = [failure for test, failure in self.failures.items() if test in tests]
        told = [tell(failure) for failure in failures if failure.cause not in NOTHING_RAN]
        return min(told, key=lambda story: story.count("\n"), default="")

    @property
    def points(self):
        """(earned, of): the points of all tests that count."""
        numbers = total(self.verdicts).values()
        return sum(earned for earned, _ in numbers), sum(of for _, of in numbers)

    @property
    def lost(self):
        """The verdicts of the tests that were not passed and count."""
        return [each for each in self.verdicts if each["verdict"] != "passed" and each["verdict"] not in COSTS_NOTHING]

    @property
    def first(self):
        """The verdict of the first test that ran and failed, which has a story; None if there is none."""
        return next((each for each in self.lost if each["story"] and each["verdict"] != "not begun"), None)

    @property
    def all_is_well(self):
        """Whether everything that could be tested here was tested and passed."""
        return not self.trouble and all(each["verdict"] in ("passed", NOT_HERE) for each in self.verdicts)

    @property
    def not_begun(self):
        """Whether nothing of what was checked has been begun."""
        return bool(self.verdicts) and all(each["verdict"] == "not begun" for each in self.verdicts)


def check(stage, folder, programs=None, *, seed=None, test=None, on_verdict=None):
    """Run the graded suite of a stage on the programs in a folder, and return a Check.

    `programs`: which of server and client (both where left out); `seed`: repeats an earlier run; `test`: the name of
    one test alone; `on_verdict(verdict)` is called for each as soon as it and those before it are known. Raises
    ValueError if the suite is not as it should be, and KeyboardInterrupt after Ctrl+C, when all programs have ended.
    """
    tests = [each for each in _tests(stage, programs) if test in (None, each[1].__name__)]
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    run = Run(Ledger(None, seed, folder), hints(_suite(stage)))
    run.ledger.begin([described for described, _, _ in tests])
    whole = test is None and bool(examinations(stage.name))
    examined = Examined(stage.name, folder, programs or stage.programs) if whole else None
    run.examined = examined
    with ThreadPoolExecutor(JOBS) as pool, run:
        futures = [pool.submit(run.judge, *each) for each in tests]
        for (described, _, _), future in zip(tests, futures, strict=True):
            while not wait([future], timeout=1).done:  # a limit, so that Windows sees Ctrl+C
                pass
            if on_verdict:
                on_verdict(run.verdict(described))
    verdicts = [run.verdict(described) for described, _, _ in tests]
    diagnoses = examined.diagnoses(verdicts, run.failures) if examined else []
    return Check(verdicts, seed, run.trouble, diagnoses, examined, run.failures)


def graded_tests(folder, page, suite):
    """The graded tests of a page of a suite, in its order: (as the manifest describes it, its function, its mark).

    `folder`: of the suite; `page`: a name of a file there; `suite`: its name, with which the names of tests begin.
    Raises ValueError if a test does not say all that it must.
    """
    known = hints(folder)
    for name, function in vars(page_of(folder / page)).items():
        if name.startswith("test_"):
            mark = next((mark for mark in getattr(function, "pytestmark", []) if mark.name == "points"), None)
            yield graded(f"{suite}/{page}::{name}", function, mark, known), function, mark


def test_names(stage, programs=None):
    """The names of the graded tests of a stage, of both programs where they are left out, in their order."""
    return [function.__name__ for _, function, _ in _tests(stage, programs)]


def _suite(stage):
    return stages.root() / "tests" / stage.name


def _tests(stage, programs):
    """The graded tests of these programs of a stage, of all where there are none, as graded_tests gives them."""
    pages = [f"test_{program}.py" for program in programs or stage.programs]
    return [test for page in pages for test in graded_tests(_suite(stage), page, stage.name)]


class Run:
    """One run of tests, several at once. Leaving it by an exception ends all programs that are still running."""

    def __init__(self, ledger, known, start=None):
        """`known`: the hints of the suite; `start`: how programs are started (see parley.harness.scene.Scene)."""
        self.ledger, self.known, self.start = ledger, known, start
        self.used = {}  # test -> seconds of CPU time that its programs have used, and the thread that has played it
        self.trouble = []  # exceptions in threads of ours: sentences
        self.failures = {}  # test -> the Failed that has ended it
        self.examined = None  # first contact (parley.checks.diagnosis.Examined), where there is one
        self._scenes = set()  # under way
        self._stopped = False

    def __enter__(self):
        self._hook, threading.excepthook = threading.excepthook, self._note
        return self

    def __exit__(self, kind, *details):
        threading.excepthook = self._hook
        self._stopped = kind is not None
        if self._stopped:
            for scene in list(self._scenes):
                scene.end()
            if self.examined:
                self.examined.end()

    def _note(self, failure):
        self.trouble.append(f"{failure.exc_type.__name__} in a thread of the checker: {failure.exc_value}")

    def judge(self, described, function, mark):
        """Run one test, and decide what came of it."""
        if self._stopped:
            return
        began, began_cpu, error = time.monotonic(), time.thread_time(), None
        try:
            self._play(described, function, mark)
        except Exception as caught:
            error = caught
        if self.examined:
            error = self.examined.first_story(described, error)
        if isinstance(error, Failed):
            self.failures[described["test"]] = error
        verdict, reason, story = judged(error, described, self.known)
        used = self.used.get(described["test"], 0.0) + time.thread_time() - began_cpu
        self.ledger.decide(described, verdict, reason, story, time.monotonic() - began, used)

    def _play(self, described, function, mark):
        scene = None
        try:
            with opened(self.ledger, described["test"], self.ledger.submission, mark, start=self.start) as scene:
                self._scenes.add(scene)
                if self.examined:
                    scene.given_up = self.examined.given_up
                if self._stopped:  # just now: this scene was not among those that were ended
                    scene.end()
                function(scene)
                scene.check()
        finally:
            if scene:
                self._scenes.discard(scene)
                self.used[described["test"]] = sum(program.cpu_seconds() for program in scene.programs)

    def verdict(self, described):
        """What is known of a test. A test without a verdict earns nothing."""
        nothing = {"verdict": "not run", "earned": 0, "reason": "The check was stopped.", "story": None, "seconds": 0.0}
        return {**described, **self.ledger.verdicts.get(described["test"], nothing)}


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


def keep(stage, done, whole):
    """Keep what came of a Check of the student's own programs; `whole`: of both of them, with all tests."""
    lost = [{"test": each["test"], "hint": each["hint"]} for each in done.lost]
    earned, of = done.points
    points = {"earned": earned, "of": of} if whole else {}
    first = done.diagnoses[0].as_data() if done.diagnoses else None
    remember(stage, lost=lost, layer=0, diagnosis=first, **points)


def remember(stage, **known):
    """Keep what is known about a stage, in one step: the file is the old one or the new one, never a part."""
    kept = progress()
    kept[stage.name] = {**kept.get(stage.name, {}), **known}
    path = stages.root() / STATE
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    os.replace(beside, path)
