"""The driver: what has to be graded, handed to judges as jobs, several at once; each verdict on disk as it comes."""

import base64
import contextlib
import hashlib
import json
import os
import queue
import random
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import psutil

from parley import stages
from parley.contract.errors import BadInput, CannotGrade, GraderError
from parley.contract.files import write_json
from parley.contract.record import harmless
from parley.grading import intake, verdict_log
from parley.grading.roster import match, read_roster
from parley.grading.scores import score
from parley.grading.worker import Suite
from parley.grading.worker_client import Judge

TRIES = 2  # of a job that ends by trouble of the grader's
SILENT = 300  # seconds without a word after which a judge is taken for dead: no test may take as long
ASIDE_AFTER = 3  # seconds without a word: the job waits for programs that hang, which is no load
LEAST_ASIDE, ASIDE_PER_CORE = 8, 4  # so many such jobs at once: on a busy machine all jobs are silent for a while
ENDS_WITHIN = 10  # seconds that a worker has to end its judge
LOOKS_EVERY = 0.2  # seconds
MEASURES_EVERY = 1.0  # seconds
IDLE, BUSY = 80, 95  # percent of the CPU: below, more jobs are begun; above, fewer
PER_CORE = 2  # jobs to begin with
MOST_PER_CORE = 16  # jobs
MEMORY = 256 * 1024**2  # bytes that must be free for one more judge
ROOMS_OF_A_VERDICT = ("checks", "harness", "isolation", "views")  # in parley/: what a verdict depends on


@dataclass
class Job:
    """One stage of one student: what is to be run.

    `head`: the first line of its facts; `manifest`: the suite's tests; `left`: the names of those without a verdict.
    """

    student: str
    stage: str
    files: dict[str, bytes]
    head: dict
    manifest: list[dict]
    left: list[str]
    tries: int = 0

    def as_data(self):
        """The job as a judge takes it."""
        whole = len(self.left) == len(self.manifest)
        return {
            "job": f"{self.student}/{self.stage}",
            "stage": self.stage,
            "exercise": None,
            "files": {name: base64.b64encode(data).decode() for name, data in self.files.items()},
            "seed": self.head["seed"],
            "tests": None if whole else [name.partition("/")[2] for name in self.left],
        }


# What is to be done


@dataclass
class Outcome:
    """What came of a run: the grades (as in grades.json), what could not be graded and why, and if it was stopped."""

    grades: dict
    not_graded: dict[tuple[str, str], str]
    stopped: bool


class Watch:
    """Who watches a run: each method is called as it goes. This one does nothing."""

    def begins(self, submissions, notes, jobs, unchanged):
        """Everything is read: Submissions, sentences, the jobs that are left, and how many need not run again."""

    def verdict(self, job):
        """A test of this job has a verdict."""

    def over(self, job):
        """A job has ended."""


def grade(
    submissions,
    folder,
    wanted=stages.STAGES,
    *,
    roster=None,
    jobs=None,
    sandbox=True,
    seed=None,
    watch=None,
    start=None,
    leave_out=(),
):
    """Grade a folder of submissions, as far as it has changed since the last time; returns an Outcome.

    `folder`: for the results; `wanted`: the stages; `roster`: a CSV file; `jobs`: how many at once, None for what the
    machine bears; `seed`: of everything random, None for that of the last run; `start()`: starts a judge, one of this
    machine where it is left out; `leave_out`: paths in `submissions` that are none. Raises BadInput
    for bad input, CannotGrade if no judge can work here. Ctrl+C stops it: all that is done is kept.
    """
    folder, watch = Path(folder), watch or Watch()
    read, notes = intake.read_all(submissions, wanted, leave_out=[folder, *leave_out])
    whose, strange = match(students := read_roster(roster), read) if roster else ({}, [])
    if roster:
        read += _absent([each for each in students if each not in whose.values()], whose, read)
    _make(folder, submissions)
    with verdict_log.locked(folder):
        seed = _last_seed(folder) if seed is None else seed
        known, every = plan(folder, read, whose, wanted, sandbox=sandbox, seed=seed, notes=notes + strange)
        left = [job for job in every if job.left]
        if left and sandbox and start is None:
            _look_at_the_sandbox()
        # from here on nothing but what is found about just these submissions earns points
        write_json(folder / verdict_log.CLASS, known)
        crew, stopped = Crew(folder, left, Limit(jobs), start or partial(Judge, sandbox)), False
        try:
            watch.begins(read, notes + strange, left, len(every) - len(left))
            crew.work(watch)
        except KeyboardInterrupt:
            stopped = True
        return Outcome(score(folder, fresh=bool(left)), crew.not_graded, stopped)


def _make(folder, submissions):
    """Make the folder for the results. Raises BadInput if it cannot be one."""
    if folder.resolve() == Path(submissions).resolve():
        raise BadInput(f"the grades cannot go where the submissions are: give another folder than {folder} with -o.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / verdict_log.LOCK).touch()
    except OSError as error:
        raise BadInput(f"the grades cannot go to {folder}: {error.strerror}.") from None


def _look_at_the_sandbox():
    from parley.isolation.sandbox import probe

    found = probe()
    if not found.ok:
        raise CannotGrade(f"{found.reason} {found.remedy}".strip())


def _absent(students, whose, read):
    """Students of the roster who have handed in nothing, as Submissions with nothing in them."""
    taken = {one.key.casefold() for one in read}
    for student in students:
        key = intake.safe_name(student.id or student.name)
        if key.casefold() in taken:
            key += "-" + hashlib.sha256(repr(student).encode()).hexdigest()[:8]
        taken.add(key.casefold())
        whose[key] = student
        yield intake.Submission(student.shown, "", key=key, empty=True, notes=["Nothing was handed in."])


def plan(folder, submissions, whose, wanted, *, sandbox, seed, notes):
    """Who is in the class and what was handed in, as class.json has it; and the Jobs, done ones included.

    `whose`: {key of a submission: Student}.
    """
    suites = {stage.name: [described for described, *_ in Suite(stage.name, None).tests] for stage in wanted}
    rules = {name: _rules(name, sandbox, seed) for name in suites}
    jobs, students = [], []
    for one in submissions:
        prints = {name: _fingerprint(files, rules[name]) for name, files in one.stages.items()}
        students.append(_described(one, whose.get(one.key), prints))
        jobs += [_job(folder, one, name, prints[name], suites[name], sandbox, seed) for name in prints]
    students.sort(key=lambda one: (one["name"].casefold(), one["key"]))
    known = {"version": verdict_log.VERSION, "stages": list(suites), "sandbox": sandbox, "seed": seed, "notes": notes}
    return {**known, "suites": suites, "students": students}, jobs


def _last_seed(folder):
    with contextlib.suppress(ValueError, KeyError):
        return verdict_log.read_json(folder / verdict_log.CLASS)["seed"]
    return random.SystemRandom().randrange(1_000_000)


def _rules(stage, sandbox, seed):
    """What a verdict depends on besides the submission: the suite, the tool, Python, the seed, the sandbox."""
    tool = Path(stages.__file__).parent
    paths = [tool / "record.py", tool / "stages.py", Path(__file__).with_name("judge.py")]
    for folder in (stages.root() / "tests" / stage, *(tool / room for room in ROOMS_OF_A_VERDICT)):
        paths += folder.glob("*")
    code = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths if path.suffix in (".py", ".md")}
    return [stage, _fingerprint(code, []), sys.version, sandbox, seed]


def _fingerprint(files, rules):
    content = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return hashlib.sha256(json.dumps([content, rules], sort_keys=True).encode()).hexdigest()


def _described(one, student, prints):
    """A student as class.json has it."""
    missing = [f"Not handed in: {', '.join(one.missing)}."] if one.missing else []
    trouble = [one.trouble] if one.trouble else []
    return {
        "key": one.key,
        "id": student.id if student else "",
        "name": student.shown if student else one.name,
        "email": student.email if student else "",
        "source": one.source,
        "fingerprints": prints,
        "nothing": one.empty,
        "trouble": one.trouble,
        "ignored": one.ignored,
        "notes": [*trouble, *one.notes, *missing],
    }


def _job(folder, one, stage, fingerprint, suite, sandbox, seed):
    left = verdict_log.known(folder, one.key, stage, fingerprint).left(suite)
    begun = datetime.now(timezone.utc).isoformat(timespec="seconds")
    head = {"student": one.key, "stage": stage, "fingerprint": fingerprint}
    head |= {"sandbox": sandbox, "seed": seed, "begun": begun}
    return Job(one.key, stage, one.stages[stage], head, suite, left)


# How many at once


class Limit:
    """How many jobs may be under way at once: as many as were asked for, or as the machine bears, measured anew.

    `now`: so many; `aside`: besides them, so many that wait for programs that hang.
    """

    def __init__(self, jobs=None):
        """`jobs`: None for what the machine bears."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._fixed = jobs is not None
        self._least, self._most = cores, MOST_PER_CORE * cores
        self.aside = max(LEAST_ASIDE, ASIDE_PER_CORE * cores)
        self._measured = time.monotonic()
        self.now = jobs or PER_CORE * cores
        psutil.cpu_percent()

    def measure(self, full):
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


class Worker(threading.Thread):
    """One judge and the thread that hands it jobs, one after another."""

    def __init__(self, crew):
        """Belongs to a Crew, which has the jobs."""
        super().__init__(daemon=True)
        self._crew = crew
        self.heard = time.monotonic()  # when its judge last said something
        self.aside = False  # its job waits for programs that hang
        self.judge = None

    def run(self):
        """Take jobs until there are no more, or too many workers."""
        try:
            while job := self._crew.next_for(self):
                self._do(job)
        except Exception as error:  # the one who waits for us has to know
            self._crew.news.put(("failed", error))
        finally:
            if self.judge:
                self.judge.stop()
            self._crew.news.put(("ended", self))

    def _do(self, job):
        self.heard, self.aside = time.monotonic(), False
        job.tries += 1
        try:
            if self.judge is None:
                self._crew.give_judge(self)
            trouble = self._hear(job)
        except CannotGrade:
            raise
        except GraderError as error:
            trouble = str(error)
            self.judge.stop()  # whatever it was: the next job gets a fresh one
            self.judge = None
        self._crew.over(job, trouble)

    def _hear(self, job):
        """Run a job and write down what its judge says, line by line; returns what is amiss with its verdicts."""
        folder = self._crew.folder
        writer = verdict_log.Writer(folder, job.head)
        try:
            with contextlib.closing(self.judge.run(job.as_data())) as lines:
                for line in lines:
                    self.heard = time.monotonic()
                    if not line:  # a sign of life, from another machine
                        continue
                    if {test["test"] for test in line.get("manifest", [])} - set(job.left):
                        raise GraderError("the judge has other tests than the driver.")
                    writer.write(line)
                    if "verdict" in line:
                        self._crew.news.put(("verdict", job))
        finally:
            found = verdict_log.known(folder, job.student, job.stage, job.head["fingerprint"])
            job.left = found.left(job.manifest)
            writer.close(whole=not job.left)
        if not job.left:
            return ""
        why = found.verdicts.get(job.left[0], {}).get("reason", "none came.")
        return f"no verdict for {job.left[0]}: {harmless(why, 300, 1)}"


class Crew:
    """Workers that do jobs, as many at once as a Limit says; what hangs is put aside, and others go on.

    `not_graded`: what came to nothing by trouble of the grader's, as {(student's key, stage): sentence}.
    """

    def __init__(self, folder, jobs, limit, start):
        """`start()` starts a judge."""
        self.folder, self.news, self.not_graded = folder, queue.SimpleQueue(), {}
        self._jobs, self._limit, self._start = deque(jobs), limit, start
        self._lock, self._workers, self._stopped = threading.Lock(), set(), False

    def work(self, watch):
        """Do all jobs; a Watch is told. Raises CannotGrade. However it ends, no judge and no program is left."""
        try:
            while self._jobs or self._workers:
                self._hire()
                with contextlib.suppress(queue.Empty):
                    what, about = self.news.get(timeout=LOOKS_EVERY)
                    self._note(what, about, watch)
        finally:
            self._stop()

    def _note(self, what, about, watch):
        if what == "failed":
            raise about
        if what == "ended":
            with self._lock:
                self._workers.discard(about)
        elif what == "verdict":
            watch.verdict(about)
        else:
            watch.over(about)

    def next_for(self, worker):
        """The next job for this worker, or None if it should end."""
        with self._lock:
            worker.aside = False
            if self._stopped or not self._jobs or self._lively() > self._limit.now:
                return None
            return self._jobs.popleft()

    def give_judge(self, worker):
        """Start a judge for a worker. Raises GraderError if all is over already."""
        with self._lock:
            if self._stopped:
                raise GraderError("the run was stopped.")
            worker.judge = self._start()

    def over(self, job, trouble):
        """A job has ended, perhaps in trouble of the grader's: then it is tried once more."""
        if self._stopped:
            return
        if trouble and job.left and job.tries < TRIES:
            with self._lock:
                self._jobs.appendleft(job)
            return
        if trouble and job.left:
            self.not_graded[job.student, job.stage] = trouble
        self.news.put(("over", job))

    def _lively(self):
        """How many workers do not wait for programs that hang."""
        return sum(not worker.aside for worker in self._workers)

    def _hire(self):
        """Put aside what hangs, end what is dead, and start as many workers as there is room for."""
        now = time.monotonic()
        for worker in self._workers:
            worker.aside = worker.aside or now - worker.heard > ASIDE_AFTER
            if now - worker.heard > SILENT and worker.judge:
                worker.judge.tell_to_stop()
        room = self._limit.now - self._lively()
        self._limit.measure(full=room <= 0)
        room = min(room, len(self._jobs), self._limit.now + self._limit.aside - len(self._workers))
        for _ in range(room):
            worker = Worker(self)
            with self._lock:
                self._workers.add(worker)
            worker.start()

    def _stop(self):
        with self._lock:
            self._stopped = True
        for worker in self._workers:
            if worker.judge:
                worker.judge.tell_to_stop()
        for worker in self._workers:
            if worker.ident:  # it was started
                worker.join(ENDS_WITHIN)
