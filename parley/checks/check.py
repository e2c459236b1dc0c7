"""Check a stage's programs with its graded suite, several tests at once, and keep the result."""

from __future__ import annotations

import errno
import gc
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from parley import stages
from parley.checks.hints import hints, hints_of
from parley.checks.mistakes import page_of
from parley.checks.plugin import Ledger, graded, opened, verdict_on
from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import BadInput, NotHere
from parley.contract.files import read_json, write_json
from parley.contract.record import Failed
from parley.contract.story import NOTHING_RAN, Hint, tell
from parley.contract.verdict import GradedTest, Outcome, Points, Verdict, points_of, program_of
from parley.harness.programs import Starter
from parley.harness.scene import Scene
from parley.stages import Stage

if TYPE_CHECKING:
    from parley.checks.diagnosis.examined import Examined

STATE = Path(".parley") / "progress.json"  # in the project's folder
# what a test does not get where programs have taken all there is of it, in a sandbox
TAKEN = {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENOSPC}
MUCH = 4 * 1024**2  # bytes that a scene has taken
JOBS = 3  # tests under way at once: most of the time they wait


@dataclass(frozen=True)
class Check:
    """The result of a check.

    `trouble`: sentences about trouble of our own; `diagnoses`: what is wrong, in the order in which it is told;
    `failures`: {test: the Failed that has ended it}; `examined`: the evidence, where the whole suite has run;
    `fingerprint`: of the programs as they were when it began.
    """

    verdicts: list[Verdict]
    seed: int
    trouble: list[str]
    diagnoses: list[Diagnosis] = field(default_factory=list)
    failures: Mapping[str, Failed] = field(default_factory=dict, repr=False)
    examined: Examined | None = field(default=None, repr=False)
    fingerprint: str = ""

    def shortest_story(self, tests: Sequence[str]) -> str:
        """The shortest story among these tests, as text without a hint; "" where nothing ran."""
        failures = [self.failures[test] for test in tests if test in self.failures]
        told = [tell(failure) for failure in failures if failure.cause not in (*NOTHING_RAN, "not reached")]
        return min(told, key=lambda story: story.count("\n"), default="")

    @property
    def points(self) -> Points:
        """The points of all tests that count."""
        return points_of(self.verdicts)

    @property
    def has_core(self) -> bool:
        """Whether no test of the core has cost points."""
        return not any(verdict.test.kind == "core" for verdict in self.lost)

    @property
    def lost(self) -> list[Verdict]:
        """The verdicts that have cost points."""
        return [verdict for verdict in self.verdicts if verdict.lost]

    @property
    def first(self) -> Verdict | None:
        """The verdict of the first test that ran and failed, which has a story; None if there is none."""
        ran = (verdict for verdict in self.lost if verdict.outcome is not Outcome.NOT_BEGUN)
        return next((verdict for verdict in ran if verdict.story), None)

    @property
    def all_is_well(self) -> bool:
        """Whether everything that could be tested here was tested and passed."""
        return not self.trouble and all(
            verdict.outcome in (Outcome.PASSED, Outcome.NOT_HERE) for verdict in self.verdicts
        )

    @property
    def not_begun(self) -> bool:
        """Whether nothing of what was checked has been begun."""
        return bool(self.verdicts) and all(verdict.outcome is Outcome.NOT_BEGUN for verdict in self.verdicts)


@dataclass(frozen=True)
class Playable:
    """A graded test that can be played: `function(scene)` plays it, and its mark may bound the scene."""

    test: GradedTest
    function: Callable[[Scene], object]
    mark: pytest.Mark | None


def check(
    stage: Stage,
    folder: Path,
    programs: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    test: str | None = None,
    first: Sequence[str] = (),
    on_verdict: Callable[[Verdict], object] | None = None,
    examine: bool = True,
) -> Check:
    """Run the graded suite of a stage on the programs in a folder, and return a Check.

    `programs`: which of server and client (default: both); `seed`: repeats an earlier run; `test`: the name of
    one test alone; `first`: the names of tests ("1_echo/test_server.py::test_...") that begin before all others, in
    this order;
    `on_verdict(verdict)` is called for each as soon as it and those before it are known, or with `first` as soon as it
    is known; `examine`: whether to look for what is wrong, too. Raises BadInput if the suite is not as it should be,
    and KeyboardInterrupt after Ctrl+C, when all programs have ended.
    """
    tests = [playable for playable in _tests(stage, programs) if test in (None, playable.test.function)]
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    run = SuiteRun(Ledger(None, seed, folder), hints_of(stage))
    run.ledger.begin([playable.test for playable in tests])
    checked = programs_digest(stage, folder)
    from parley.checks.diagnosis.catalogue import examinations
    from parley.checks.diagnosis.examined import Examined

    if examine and test is None and examinations(stage.name):
        run.examined = Examined(stage.name, folder, programs or stage.programs)
        run.ledger.seen_elsewhere = run.examined.given_up
    with ThreadPoolExecutor(JOBS) as pool, run:
        turn = {name: number for number, name in enumerate(first)}
        in_turn = sorted(tests, key=lambda playable: turn.get(playable.test.name, len(turn)))
        futures = {pool.submit(run.run_test, playable): playable for playable in in_turn}
        while futures:
            awaited = list(futures) if first else list(futures)[:1]
            for future in wait(awaited, timeout=1, return_when=FIRST_COMPLETED).done:  # so that Windows sees Ctrl+C
                verdict = run.verdict(futures.pop(future).test)
                if on_verdict:
                    on_verdict(verdict)
    verdicts = [run.verdict(playable.test) for playable in tests]
    diagnoses = run.examined.diagnoses(verdicts, run.failures) if run.examined else []
    return Check(verdicts, seed, run.trouble, diagnoses, run.failures, run.examined, checked)


def suite_pages(stage: Stage) -> list[Path]:
    """The pages of graded tests of a stage: those of the server first, then those of the client, then others; of each
    program those of the workbook first, then those of a course.

    Whatever checks, grades or releases a suite takes these. Raises BadInput where a page of a course has the name of
    another, or none that says which program it is about.
    """
    found: list[Path] = []
    for folder in stages.suites(stage):
        for page in sorted(folder.glob("test_*.py")):
            if page.name in (known.name for known in found):
                raise BadInput(f"{page}: there is a {page.name} already. Call yours test_server_more.py, for example.")
            if program_of(page.name) not in stage.programs:
                names = " or ".join(f"test_{program}_more.py" for program in stage.programs)
                raise BadInput(f"{page} doesn't say which program it's about. Call it {names}.")
            found.append(page)
    order = {program: number for number, program in enumerate(stage.programs)}
    return sorted(found, key=lambda page: order[program_of(page.name)])


def graded_tests(folder: Path, page: str, suite: str, known: Mapping[str, Hint] | None = None) -> Iterator[Playable]:
    """The graded tests of a page of a suite, in its order.

    `folder`: of the suite; `page`: a name of a file there; `suite`: its name, with which the names of tests begin;
    `known`: its hints, by default those of the folder. Raises BadInput if a test does not say all that it must.
    """
    known = hints(folder) if known is None else known
    for name, function in vars(page_of(folder / page)).items():
        if name.startswith("test_"):
            mark = next((mark for mark in getattr(function, "pytestmark", []) if mark.name == "points"), None)
            yield Playable(graded(f"{suite}/{page}::{name}", function, mark, known), function, mark)


def test_names(stage: Stage, programs: Sequence[str] | None = None) -> list[str]:
    """The names of the graded tests of a stage, of both programs where they are left out, in their order."""
    return [playable.test.function for playable in _tests(stage, programs)]


def _tests(stage: Stage, programs: Sequence[str] | None) -> list[Playable]:
    """The graded tests of these programs of a stage, of all where there are none, as graded_tests gives them."""
    known = hints_of(stage)
    pages = [page for page in suite_pages(stage) if program_of(page.name) in (programs or stage.programs)]
    return [test for page in pages for test in graded_tests(page.parent, page.name, stage.name, known)]


class SuiteRun:
    """One run of tests, several at once. Leaving it by an exception ends all programs that are still running."""

    def __init__(self, ledger: Ledger, known: Mapping[str, Hint], start: Starter | None = None) -> None:
        """`known`: the hints of the suite; `start`: how programs are started (see parley.harness.scene.Scene)."""
        self.ledger, self.known, self.start = ledger, known, start
        self.used: dict[str, float] = {}  # by test: seconds of CPU time that its programs have used
        self.trouble: list[str] = []  # exceptions in threads of ours: sentences
        self.failures: dict[str, Failed] = {}  # by test: what has ended it
        self.examined: Examined | None = None  # first contact beside the tests, where there is one
        self._scenes: set[Scene] = set()  # under way
        self._stopped = self._much_is_left = False

    def __enter__(self) -> SuiteRun:
        self._hook, threading.excepthook = threading.excepthook, self._note
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        threading.excepthook = self._hook
        self._stopped = kind is not None
        if self._stopped:
            for scene in list(self._scenes):
                scene.end()
            if self.examined:
                self.examined.end()

    def _note(self, failure: threading.ExceptHookArgs) -> None:
        self.trouble.append(f"{failure.exc_type.__name__} in a thread of the checker: {failure.exc_value}")

    def run_test(self, playable: Playable) -> None:
        """Run one test, and decide its result."""
        if self._stopped:
            return
        began, began_cpu = time.monotonic(), time.thread_time()
        error: Exception | None = None
        try:
            self._play(playable)
        except Exception as caught:
            error = caught
        if self.examined:
            error = self.examined.first_story(playable.test.program, error)
            if isinstance(error, Failed) and error.cause == "syntax" and not self._tells_of(playable.test, error):
                error = Failed(error.record, "test", "the program to start", "not reached", {})
        if isinstance(error, Failed):
            self.failures[playable.test.name] = error
        used = self.used.get(playable.test.name, 0.0) + time.thread_time() - began_cpu
        self.ledger.decide(verdict_on(error, playable.test, self.known, time.monotonic() - began, used))
        if isinstance(error, Failed):
            error.keep_less()
        if self._much_is_left:  # Python counts objects, not bytes: it would collect them much later
            self._much_is_left = False
            gc.collect()

    def _tells_of(self, test: GradedTest, failed: Failed) -> bool:
        """Whether it is this test that tells of a program that Python cannot read: the first one of that program."""
        tests = self.ledger.manifest
        of_it = [known for known in tests if f"{known.program}.py" == failed.facts["file"]]
        return test == (of_it or tests)[0]

    def _play(self, playable: Playable) -> None:
        scene: Scene | None = None
        name, folder = playable.test.name, self.ledger.submission or ""
        try:
            with opened(self.ledger, name, folder, playable.mark, start=self.start) as scene:
                self._scenes.add(scene)
                if self._stopped:  # just now: this scene was not among those that were ended
                    scene.end()
                try:
                    playable.function(scene)
                    scene.check()
                except (NotHere, OSError) as error:
                    if self.start is None or not scene.programs or not _is_of_programs(error):
                        raise
                    facts = {"what": getattr(error, "strerror", "") or str(error)}
                    raise Failed(scene.record, "test", "to have what it needs", "taken", facts) from error
        finally:
            if scene:
                self._scenes.discard(scene)
                self._much_is_left = self._much_is_left or scene.record.taken > MUCH
                self.used[name] = sum(program.cpu_seconds() for program in scene.programs)

    def verdict(self, test: GradedTest) -> Verdict:
        """What is known of a test. A test without a verdict earns nothing."""
        stopped = Verdict(test, Outcome.NOT_RUN, "The check was stopped.")
        return self.ledger.verdicts.get(test.name, stopped)


def _is_of_programs(error: NotHere | OSError) -> bool:
    """Whether only the programs that run can have led to this, in a sandbox that no one else is in."""
    return isinstance(error, NotHere) or error.errno in TAKEN


# What has come of the checks so far


def progress() -> dict[str, dict[str, Any]]:
    """What is kept: {stage name: {"earned", "of", "lost": [{"test", "hint"}], "diagnosis", "layer", "core"}}.

    "core": the fingerprint of the programs that passed all tests of the core, "" where they did not. A file that cannot
    be read counts as no progress yet.
    """
    kept = read_json(stages.root() / STATE)
    return kept if isinstance(kept, dict) else {}


def keep_progress(stage: Stage, done: Check, whole: bool) -> None:
    """Keep the result of a Check of the student's own programs; `whole`: of both of them, with all tests."""
    lost = [{"test": verdict.test.name, "hint": verdict.test.hint} for verdict in done.lost]
    points: dict[str, object] = {}
    if whole:
        core = done.fingerprint if done.has_core else ""
        points = {"earned": done.points.earned, "of": done.points.of, "core": core}
    first = done.diagnoses[0].as_data() if done.diagnoses else None
    remember(stage, lost=lost, layer=0, diagnosis=first, **points)


def programs_digest(stage: Stage, folder: Path) -> str:
    """A digest of the programs of a stage in this folder, exactly as they are; "" where one of them cannot be read."""
    digest = hashlib.sha256()
    try:
        for program in stage.programs:
            source = (folder / f"{program}.py").read_bytes()
            digest.update(f"{program} {len(source)} ".encode() + source)
    except OSError:
        return ""
    return digest.hexdigest()


def own_have_core(stage: Stage) -> bool:
    """Whether the student's own programs, exactly as they are now, passed all tests of the core in the last check of
    the whole stage.
    """
    kept = progress().get(stage.name)
    now = programs_digest(stage, stages.exercise(stage, "server").parent)
    return bool(now) and isinstance(kept, dict) and kept.get("core") == now


def kept_diagnosis(stage: Stage) -> Diagnosis | None:
    """What the last check of a stage told first; None where it was no diagnosis."""
    try:
        return Diagnosis.from_data(progress()[stage.name]["diagnosis"])
    except (KeyError, ValueError):
        return None


def remember(stage: Stage, **known: object) -> None:
    """Keep what is known about a stage."""
    kept = progress()
    kept[stage.name] = {**kept.get(stage.name, {}), **known}
    write_json(stages.root() / STATE, kept, indent=2)
