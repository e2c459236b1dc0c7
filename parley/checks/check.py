"""Check a stage's programs with its graded suite, several tests in parallel, and keep the result."""

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
# errors of a test when programs in a sandbox used up something
TAKEN = {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENOSPC}
MUCH = 4 * 1024**2  # bytes recorded in a scene
JOBS = 3  # tests in parallel: most of the time they wait


@dataclass(frozen=True)
class Check:
    """The result of a check.

    `trouble`: sentences about grader errors; `diagnoses`: what is wrong, in the order shown; `failures`: {test: the
    Failed that ended it}; `examined`: the evidence, if the whole suite ran; `fingerprint`: of the programs when the
    check began.
    """

    verdicts: list[Verdict]
    seed: int
    trouble: list[str]
    diagnoses: list[Diagnosis] = field(default_factory=list)
    failures: Mapping[str, Failed] = field(default_factory=dict, repr=False)
    examined: Examined | None = field(default=None, repr=False)
    fingerprint: str = ""

    def shortest_story(self, tests: Sequence[str]) -> str:
        """Return the shortest story among these tests, as text without a hint, or "" if nothing ran."""
        failures = [self.failures[test] for test in tests if test in self.failures]
        told = [tell(failure) for failure in failures if failure.cause not in (*NOTHING_RAN, "not reached")]
        return min(told, key=lambda story: story.count("\n"), default="")

    @property
    def points(self) -> Points:
        """The points of all tests that count."""
        return points_of(self.verdicts)

    @property
    def has_core(self) -> bool:
        """Whether no test of the core cost points."""
        return not any(verdict.test.kind == "core" for verdict in self.lost)

    @property
    def lost(self) -> list[Verdict]:
        """The verdicts that cost points."""
        return [verdict for verdict in self.verdicts if verdict.lost]

    @property
    def first(self) -> Verdict | None:
        """The verdict of the first test that ran and failed (it has a story), or None."""
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
        """Whether the student started none of the checked programs."""
        return bool(self.verdicts) and all(verdict.outcome is Outcome.NOT_BEGUN for verdict in self.verdicts)


@dataclass(frozen=True)
class Playable:
    """A graded test to play: `function(scene)` plays it, and its mark may bound the scene."""

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

    `programs`: which of server and client (default: both); `seed`: repeats an earlier run; `test`: the name of the only
    test to run; `first`: the names of tests ("1_echo/test_server.py::test_...") to start before all others, in this
    order; `on_verdict(verdict)` is called for each as soon as it and those before it are known, or with `first` as soon
    as it is known; `examine`: whether to make diagnoses too. Raise BadInput if the suite has a mistake, and
    KeyboardInterrupt after Ctrl+C, when all programs have ended.
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
    """Return the files of graded tests of a stage: for the server first, then the client, then others. For each
    program, those of the workbook come first, then those of a course.

    Checking, grading and releasing all use these. Raise BadInput if a course's file has a name that is taken, or that
    doesn't say which program it's about.
    """
    found: list[Path] = []
    for folder in stages.suites(stage):
        for page in sorted(folder.glob("test_*.py")):
            if page.name in (known.name for known in found):
                raise BadInput(f"{page}: There's already a {page.name}. Call yours test_server_more.py, for example.")
            if program_of(page.name) not in stage.programs:
                names = " or ".join(f"test_{program}_more.py" for program in stage.programs)
                raise BadInput(f"{page} doesn't say which program it's about. Call it {names}.")
            found.append(page)
    order = {program: number for number, program in enumerate(stage.programs)}
    return sorted(found, key=lambda page: order[program_of(page.name)])


def graded_tests(folder: Path, page: str, suite: str, known: Mapping[str, Hint] | None = None) -> Iterator[Playable]:
    """Return the graded tests of a file of a suite, in its order.

    `folder`: of the suite; `page`: the name of a file there; `suite`: its name, with which the names of tests begin;
    `known`: its hints (default: those of the folder). Raise BadInput if a test's mark or docstring is incomplete.
    """
    known = hints(folder) if known is None else known
    for name, function in vars(page_of(folder / page)).items():
        if name.startswith("test_"):
            mark = next((mark for mark in getattr(function, "pytestmark", []) if mark.name == "points"), None)
            yield Playable(graded(f"{suite}/{page}::{name}", function, mark, known), function, mark)


def test_names(stage: Stage, programs: Sequence[str] | None = None) -> list[str]:
    """Return the names of the graded tests of a stage (default: of both programs), in their order."""
    return [playable.test.function for playable in _tests(stage, programs)]


def _tests(stage: Stage, programs: Sequence[str] | None) -> list[Playable]:
    """Return the graded tests of these programs of a stage (default: of all), as in graded_tests."""
    known = hints_of(stage)
    pages = [page for page in suite_pages(stage) if program_of(page.name) in (programs or stage.programs)]
    return [test for page in pages for test in graded_tests(page.parent, page.name, stage.name, known)]


class SuiteRun:
    """One run of tests, several in parallel. An exception that leaves it ends all running programs."""

    def __init__(self, ledger: Ledger, known: Mapping[str, Hint], start: Starter | None = None) -> None:
        """`known`: the hints of the suite; `start`: how to start programs (see parley.harness.scene.Scene)."""
        self.ledger, self.known, self.start = ledger, known, start
        self.used: dict[str, float] = {}  # by test: seconds of CPU time that its programs used
        self.trouble: list[str] = []  # exceptions in threads of ours: sentences
        self.failures: dict[str, Failed] = {}  # by test: the Failed that ended it
        self.examined: Examined | None = None  # the first contact, in parallel with the tests, if there is one
        self._scenes: set[Scene] = set()  # running
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
        """Whether this test reports a program that Python can't read: the first test of that program does."""
        tests = self.ledger.manifest
        of_it = [known for known in tests if f"{known.program}.py" == failed.facts["file"]]
        return test == (of_it or tests)[0]

    def _play(self, playable: Playable) -> None:
        scene: Scene | None = None
        name, folder = playable.test.name, self.ledger.submission or ""
        try:
            with opened(self.ledger, name, folder, playable.mark, start=self.start) as scene:
                self._scenes.add(scene)
                if self._stopped:  # stopped just now: this scene wasn't ended with the others
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
        """Return the verdict on a test. Without a known result it earns nothing."""
        stopped = Verdict(test, Outcome.NOT_RUN, "The check was stopped.")
        return self.ledger.verdicts.get(test.name, stopped)


def _is_of_programs(error: NotHere | OSError) -> bool:
    """Whether only the running programs can have caused this, because no one else is in their sandbox."""
    return isinstance(error, NotHere) or error.errno in TAKEN


# The results of the checks so far


def progress() -> dict[str, dict[str, Any]]:
    """Return the stored results: {stage name: {"earned", "of", "lost": [{"test", "hint"}], "diagnosis", "layer",
    "core"}}.

    "core": the fingerprint of the programs that passed all tests of the core, or "". A file that can't be read counts
    as no progress yet.
    """
    kept = read_json(stages.root() / STATE)
    return kept if isinstance(kept, dict) else {}


def keep_progress(stage: Stage, done: Check, whole: bool) -> None:
    """Keep the result of a Check of the student's own programs. `whole`: it covered both, with all tests."""
    lost = [{"test": verdict.test.name, "hint": verdict.test.hint} for verdict in done.lost]
    points: dict[str, object] = {}
    if whole:
        core = done.fingerprint if done.has_core else ""
        points = {"earned": done.points.earned, "of": done.points.of, "core": core}
    first = done.diagnoses[0].as_data() if done.diagnoses else None
    remember(stage, lost=lost, layer=0, diagnosis=first, **points)


def programs_digest(stage: Stage, folder: Path) -> str:
    """Return a digest of the exact programs of a stage in this folder, or "" if one can't be read."""
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
    """Return the diagnosis that the last check of a stage showed first, or None."""
    try:
        return Diagnosis.from_data(progress()[stage.name]["diagnosis"])
    except (KeyError, ValueError):
        return None


def remember(stage: Stage, **known: object) -> None:
    """Keep what is known about a stage."""
    kept = progress()
    kept[stage.name] = {**kept.get(stage.name, {}), **known}
    write_json(stages.root() / STATE, kept, indent=2)
