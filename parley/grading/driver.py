"""The driver: what has to be graded, handed to workers as jobs, several at once; each verdict on disk as it comes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import psutil

from parley import stages
from parley.contract.errors import BadInput, CannotGrade, GraderError
from parley.contract.record import harmless
from parley.contract.verdict import GradedTest, Verdict
from parley.grading import intake, verdict_log
from parley.grading.class_file import ClassStudent, GradedClass
from parley.grading.fingerprints import files_print, rules_of
from parley.grading.grades import Grades
from parley.grading.intake import Submission
from parley.grading.jobs import Diagnosed, Job, Manifest
from parley.grading.roster import Student, match, read_roster
from parley.grading.scores import score
from parley.grading.verdict_log import (
    LoggedDiagnoses,
    LoggedVerdict,
    LogHead,
    LogWriter,
    known_diagnoses,
    left_of,
    log_of,
)
from parley.grading.worker import Suite
from parley.grading.worker_client import RunsJobs, WorkerClient
from parley.stages import Stage

TRIES = 2  # of a job that ends by trouble of the grader's
SILENT = 300  # seconds without a word after which a worker is taken for dead: no test may take as long
ASIDE_AFTER = 3  # seconds without a word: the job waits for programs that hang, which is no load
LEAST_ASIDE, ASIDE_PER_CORE = 8, 4  # so many such jobs at once: on a busy machine all jobs are silent for a while
ENDS_WITHIN = 10  # seconds that a hand has to end its worker
LOOKS_EVERY = 0.2  # seconds
MEASURES_EVERY = 1.0  # seconds
IDLE, BUSY = 80, 95  # percent of the CPU: below, more jobs are begun; above, fewer
PER_CORE = 2  # jobs to begin with
MOST_PER_CORE = 16  # jobs
MEMORY = 256 * 1024**2  # bytes that must be free for one more worker


@dataclass
class Task:
    """One stage of one student: what is to be run.

    `suite`: all tests of the stage; `fingerprints`: what decides each of them, by name; `left`: the names of those
    without a verdict; `tries`: how often it was begun.
    """

    student: str
    stage: str
    files: Mapping[str, bytes]
    suite: tuple[GradedTest, ...]
    fingerprints: Mapping[str, str]
    left: list[str]
    head: LogHead
    tries: int = 0

    def job(self) -> Job:
        """What a worker has to do for it."""
        whole = len(self.left) == len(self.suite)
        tests = None if whole else tuple(self.left)
        return Job(f"{self.student}/{self.stage}", self.stage, self.files, self.head.seed, tests=tests)


# What is to be done


@dataclass(frozen=True)
class RunResult:
    """What came of a run: the grades, what could not be graded and why ({(student's key, stage): sentence}), and
    whether it was stopped.
    """

    grades: Grades
    not_graded: Mapping[tuple[str, str], str]
    stopped: bool


class Watch:
    """Who watches a run: each method is called as it goes. This one does nothing."""

    def begins(
        self, submissions: Sequence[Submission], notes: Sequence[str], tasks: Sequence[Task], unchanged: int
    ) -> None:
        """Everything is read: submissions, sentences, the tasks that are left, and how many need not run again."""

    def verdict(self, task: Task) -> None:
        """A test of this task has a verdict."""

    def over(self, task: Task) -> None:
        """A task has ended."""


def grade(
    submissions: Path,
    folder: Path,
    wanted: Sequence[Stage] = stages.STAGES,
    *,
    roster: Path | None = None,
    jobs: int | None = None,
    sandbox: bool = True,
    seed: int | None = None,
    watch: Watch | None = None,
    start: Callable[[], RunsJobs] | None = None,
    leave_out: Sequence[Path] = (),
) -> RunResult:
    """Grade a folder of submissions, as far as it has changed since the last time; returns what came of it.

    `folder`: for the results; `wanted`: the stages; `roster`: a CSV file; `jobs`: how many at once, None for what the
    machine bears; `seed`: of everything random, None for that of the last run; `start()`: starts a worker, one of this
    machine where it is left out; `leave_out`: paths in `submissions` that are none. Raises BadInput
    for bad input, CannotGrade if no worker can work here. Ctrl+C stops it: all that is done is kept.
    """
    watch = watch or Watch()
    read, notes = intake.read_all(submissions, wanted, leave_out=[folder, *leave_out])
    whose: dict[str, Student] = {}
    if roster:
        students = read_roster(roster)
        whose, strange = match(students, read)
        read += _absent([student for student in students if student not in whose.values()], whose, read)
        notes += strange
    _make(folder, submissions)
    with verdict_log.locked(folder):
        seed = _last_seed(folder) if seed is None else seed
        known = class_of(read, whose, wanted, sandbox=sandbox, seed=seed, notes=notes)
        tasks = tasks_of(folder, known, read)
        left = [task for task in tasks if task.left]
        if left and sandbox and start is None:
            _look_at_the_sandbox()
        # from here on nothing but what is found about just these submissions earns points
        known.save(folder)
        crew, stopped = Crew(folder, left, JobLimit(jobs), start or partial(WorkerClient, sandbox)), False
        try:
            watch.begins(read, notes, left, len(tasks) - len(left))
            crew.work(watch)
        except KeyboardInterrupt:
            stopped = True
        return RunResult(score(folder, fresh=bool(left)), crew.not_graded, stopped)


def _make(folder: Path, submissions: Path) -> None:
    """Make the folder for the results. Raises BadInput if it cannot be one."""
    if folder.resolve() == submissions.resolve():
        raise BadInput(f"the grades cannot go where the submissions are: give another folder than {folder} with -o.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / verdict_log.LOCK).touch()
    except OSError as error:
        raise BadInput(f"the grades cannot go to {folder}: {error.strerror}.") from None


def _look_at_the_sandbox() -> None:
    from parley.isolation.sandbox import probe

    found = probe()
    if not found.ok:
        raise CannotGrade(f"{found.reason} {found.remedy}".strip())


def _absent(students: Iterable[Student], whose: dict[str, Student], read: Sequence[Submission]) -> Iterator[Submission]:
    """Students of the roster who have handed in nothing, as submissions with nothing in them."""
    taken = {submission.key.casefold() for submission in read}
    for student in students:
        key = intake.safe_name(student.id or student.name)
        if key.casefold() in taken:
            key += "-" + hashlib.sha256(repr(student).encode()).hexdigest()[:8]
        taken.add(key.casefold())
        whose[key] = student
        yield Submission(student.shown, "", key=key, empty=True, notes=["Nothing was handed in."])


def class_of(
    submissions: Iterable[Submission],
    whose: Mapping[str, Student],
    wanted: Iterable[Stage],
    *,
    sandbox: bool,
    seed: int,
    notes: Sequence[str],
) -> GradedClass:
    """Who is in the class, what was handed in, and what decides a verdict. `whose`: {key of a submission: Student}."""
    suites = {stage.name: Suite(stage.name) for stage in wanted}
    tests = {name: tuple(playable.test for playable in suite.tests) for name, suite in suites.items()}
    rules = {name: rules_of(suites[name].folder, tests[name], sandbox=sandbox, seed=seed) for name in suites}
    students = [_class_student(submission, whose.get(submission.key)) for submission in submissions]
    students.sort(key=lambda student: (student.name.casefold(), student.key))
    return GradedClass(tests, tuple(students), sandbox, seed, tuple(notes), rules)


def _class_student(submission: Submission, student: Student | None) -> ClassStudent:
    missing = [f"Not handed in: {', '.join(submission.missing)}."] if submission.missing else []
    trouble = [submission.trouble] if submission.trouble else []
    return ClassStudent(
        key=submission.key,
        id=student.id if student else "",
        name=student.shown if student else submission.name,
        email=student.email if student else "",
        source=submission.source,
        fingerprints={stage: files_print(files) for stage, files in submission.stages.items()},
        nothing=submission.empty,
        trouble=submission.trouble,
        ignored=tuple(submission.ignored),
        notes=(*trouble, *submission.notes, *missing),
    )


def tasks_of(folder: Path, known: GradedClass, submissions: Iterable[Submission]) -> list[Task]:
    """All tasks of a class, with what is left of each; those without anything left included."""
    begun = datetime.now(timezone.utc).isoformat(timespec="seconds")
    tasks = []
    for submission in submissions:
        for stage, files in submission.stages.items():
            suite, fingerprints = known.suites[stage], known.fingerprints(stage, files_print(files))
            head = LogHead(submission.key, stage, known.sandbox, known.seed, begun)
            task = Task(submission.key, stage, files, suite, fingerprints, [], head)
            task.left = left_of(suite, verdicts_of(folder, task))
            tasks.append(task)
    return tasks


def verdicts_of(folder: Path, task: Task) -> dict[str, Verdict]:
    """What is known of a task, by the names of its tests."""
    return verdict_log.known(log_of(folder, task.student, task.stage), task.suite, task.fingerprints)


def _last_seed(folder: Path) -> int:
    with contextlib.suppress(BadInput):
        return GradedClass.load(folder).seed
    return random.SystemRandom().randrange(1_000_000)


# How many at once


class JobLimit:
    """How many jobs may be under way at once: as many as were asked for, or as the machine bears, measured anew.

    `now`: so many; `aside`: besides them, so many that wait for programs that hang.
    """

    def __init__(self, jobs: int | None = None) -> None:
        """`jobs`: None for what the machine bears."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._fixed = jobs is not None
        self._least, self._most = cores, MOST_PER_CORE * cores
        self.aside = max(LEAST_ASIDE, ASIDE_PER_CORE * cores)
        self._measured = time.monotonic()
        self.now = jobs or PER_CORE * cores
        psutil.cpu_percent()

    def measure(self, full: bool) -> None:
        """Look at the machine from time to time; `full`: as many jobs are under way as may be."""
        if self._fixed or time.monotonic() - self._measured < MEASURES_EVERY:
            return
        self._measured = time.monotonic()
        busy, memory = psutil.cpu_percent(), psutil.virtual_memory().available
        if full and busy < IDLE and memory > MEMORY:
            self.now = min(self._most, self.now + 1)
        elif busy > BUSY:
            self.now = max(self._least, self.now - 1)


# The work


class Hand(threading.Thread):
    """A thread that hands one worker jobs, one after another, and writes down what it says."""

    def __init__(self, crew: Crew) -> None:
        """Belongs to a crew, which has the tasks."""
        super().__init__(daemon=True)
        self._crew = crew
        self.heard = time.monotonic()  # when its worker last said something
        self.aside = False  # its job waits for programs that hang
        self.worker: RunsJobs | None = None

    def run(self) -> None:
        """Take tasks until there are no more, or too many hands."""
        failure = None
        try:
            while task := self._crew.next_for(self):
                self._do(task)
        except Exception as error:  # the one who waits for us has to know
            failure = error
        finally:
            if self.worker:
                self.worker.stop()
            self._crew.ended(self, failure)

    def _do(self, task: Task) -> None:
        self.heard, self.aside = time.monotonic(), False
        task.tries += 1
        try:
            trouble = self._hear(task, self.worker or self._crew.give_worker(self))
        except CannotGrade:
            raise
        except GraderError as error:
            trouble = str(error)
            if self.worker:
                self.worker.stop()  # whatever it was: the next job gets a fresh one
            self.worker = None
        self._crew.over(task, trouble)

    def _hear(self, task: Task, worker: RunsJobs) -> str:
        """Run a task and write down what its worker says, line by line; returns what is amiss with its verdicts."""
        folder = self._crew.folder
        with LogWriter(folder, task.head) as log:
            try:
                for line in worker.run(task.job()):
                    self.heard = time.monotonic()
                    if isinstance(line, Manifest) and {test.name for test in line.tests} - set(task.left):
                        raise GraderError("the worker has other tests than the driver.")
                    if isinstance(line, Verdict):
                        log.write(LoggedVerdict(line, task.fingerprints[line.test.name]))
                        self._crew.tell(lambda watch: watch.verdict(task))
                    if isinstance(line, Diagnosed):
                        log.write(LoggedDiagnoses(line.diagnoses, files_print(task.files)))
            finally:
                found = verdicts_of(folder, task)
                task.left = left_of(task.suite, found)
            if not task.left:
                kept: list[LoggedVerdict | LoggedDiagnoses] = [
                    LoggedVerdict(found[test.name], task.fingerprints[test.name]) for test in task.suite
                ]
                files = files_print(task.files)
                if diagnoses := known_diagnoses(log_of(folder, task.student, task.stage), files):
                    kept.append(LoggedDiagnoses(diagnoses, files))
                log.keep_only(kept)
                return ""
        first = found.get(task.left[0])
        return f"no verdict for {task.left[0]}: {harmless(first.reason if first else 'none came.', 300, 1)}"


class Crew:
    """Hands that do tasks, as many at once as a limit says; what hangs is put aside, and others go on.

    `not_graded`: what came to nothing by trouble of the grader's, as {(student's key, stage): sentence}.
    """

    def __init__(self, folder: Path, tasks: Iterable[Task], limit: JobLimit, start: Callable[[], RunsJobs]) -> None:
        """`start()` starts a worker."""
        self.folder = folder
        self._news: queue.SimpleQueue[Callable[[Watch], object]] = queue.SimpleQueue()
        self.not_graded: dict[tuple[str, str], str] = {}
        self._tasks, self._limit, self._start = deque(tasks), limit, start
        self._lock, self._stopped = threading.Lock(), False
        self._hands: set[Hand] = set()

    def work(self, watch: Watch) -> None:
        """Do all tasks; a watch is told. Raises CannotGrade. However it ends, no worker and no program is left."""
        try:
            while self._tasks or self._hands:
                self._hire()
                with contextlib.suppress(queue.Empty):
                    self._news.get(timeout=LOOKS_EVERY)(watch)
        finally:
            self._stop()

    def tell(self, news: Callable[[Watch], object]) -> None:
        """Something for the thread that waits, and for its watch: a function that is called there."""
        self._news.put(news)

    def ended(self, hand: Hand, error: Exception | None) -> None:
        """A hand takes no more tasks; what it has met is raised where somebody waits."""

        def note(watch: Watch) -> None:
            with self._lock:
                self._hands.discard(hand)
            if error:
                raise error

        self.tell(note)

    def next_for(self, hand: Hand) -> Task | None:
        """The next task for this hand, or None if it should end."""
        with self._lock:
            hand.aside = False
            if self._stopped or not self._tasks or self._lively() > self._limit.now:
                return None
            return self._tasks.popleft()

    def give_worker(self, hand: Hand) -> RunsJobs:
        """Start a worker for a hand. Raises GraderError if all is over already."""
        with self._lock:
            if self._stopped:
                raise GraderError("the run was stopped.")
            hand.worker = self._start()
            return hand.worker

    def over(self, task: Task, trouble: str) -> None:
        """A task has ended, perhaps in trouble of the grader's: then it is tried once more."""
        if self._stopped:
            return
        if trouble and task.left and task.tries < TRIES:
            with self._lock:
                self._tasks.appendleft(task)
            return
        if trouble and task.left:
            self.not_graded[task.student, task.stage] = trouble
        self.tell(lambda watch: watch.over(task))

    def _lively(self) -> int:
        """How many hands do not wait for programs that hang."""
        return sum(not hand.aside for hand in self._hands)

    def _hire(self) -> None:
        """Put aside what hangs, end what is dead, and start as many hands as there is room for."""
        now = time.monotonic()
        for hand in self._hands:
            hand.aside = hand.aside or now - hand.heard > ASIDE_AFTER
            if now - hand.heard > SILENT and hand.worker:
                hand.worker.tell_to_stop()
        room = self._limit.now - self._lively()
        self._limit.measure(full=room <= 0)
        room = min(room, len(self._tasks), self._limit.now + self._limit.aside - len(self._hands))
        for _ in range(room):
            hand = Hand(self)
            with self._lock:
                self._hands.add(hand)
            hand.start()

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
        for hand in self._hands:
            if hand.worker:
                hand.worker.tell_to_stop()
        for hand in self._hands:
            if hand.ident:  # it was started
                hand.join(ENDS_WITHIN)
