"""A crew does jobs in parallel, each thread with its own worker. It puts hanging jobs aside."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

import psutil

from parley.contract.errors import CannotGrade, GraderError
from parley.grading.jobs import Job, Line
from parley.grading.worker_client import RunsJobs

TRIES = 2  # attempts at a job that ends in a grader error
SILENT = 300  # seconds of silence after which a worker counts as dead: no test may take as long
ASIDE_AFTER = 3  # seconds of silence: the job waits for hanging programs, which costs no CPU
LEAST_ASIDE, ASIDE_PER_CORE = 8, 4  # at most this many such jobs: on a busy machine all jobs are silent for a while
ENDS_WITHIN = 10  # seconds for a hand to end its worker
LOOKS_EVERY = 0.2  # seconds
MEASURES_EVERY = 1.0  # seconds
IDLE, BUSY = 80, 95  # percent of the CPU: below this, start more jobs; above, fewer
PER_CORE = 2  # jobs to begin with
MOST_PER_CORE = 16  # jobs
MEMORY = 256 * 1024**2  # bytes that must be free for one more worker


class JobLimit:
    """How many jobs may run in parallel: as many as requested, or as the machine can handle, measured repeatedly.

    `now`: the limit; `aside`: additional jobs that wait for hanging programs.
    """

    def __init__(self, jobs: int | None = None) -> None:
        """`jobs`: None for as many as the machine can handle."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._fixed = jobs is not None
        self._least, self._most = cores, MOST_PER_CORE * cores
        self.aside = max(LEAST_ASIDE, ASIDE_PER_CORE * cores)
        self._measured = time.monotonic()
        self.now = jobs or PER_CORE * cores
        psutil.cpu_percent()

    def measure(self, full: bool) -> None:
        """Measure the machine from time to time. `full`: whether the limit is reached."""
        if self._fixed or time.monotonic() - self._measured < MEASURES_EVERY:
            return
        self._measured = time.monotonic()
        busy, memory = psutil.cpu_percent(), psutil.virtual_memory().available
        if full and busy < IDLE and memory > MEMORY:
            self.now = min(self._most, self.now + 1)
        elif busy > BUSY:
            self.now = max(self._least, self.now - 1)


class Doable(Protocol):
    """A piece of work for a crew. `tries`: how often it was started."""

    tries: int

    @property
    def is_done(self) -> bool:
        """Whether it's finished."""


Work = TypeVar("Work", bound=Doable)


class Hand(threading.Thread, Generic[Work]):
    """A thread that gives one worker jobs, one after another."""

    def __init__(self, crew: Crew[Work]) -> None:
        super().__init__(daemon=True)
        self._crew = crew
        self.heard = time.monotonic()  # when its worker last wrote something
        self.aside = False  # whether its job waits for hanging programs
        self.worker: RunsJobs | None = None

    def run(self) -> None:
        """Take work until there's no more, or there are too many hands."""
        failure = None
        try:
            while work := self._crew.next_for(self):
                self._do(work)
        except Exception as error:  # the waiting thread must know
            failure = error
        finally:
            if self.worker:
                self.worker.stop()
            self._crew.ended(self, failure)

    def _do(self, work: Work) -> None:
        self.heard, self.aside = time.monotonic(), False
        work.tries += 1
        try:
            trouble = self._crew.do(work, self)
        except CannotGrade:
            raise
        except GraderError as error:
            trouble = str(error)
            if self.worker:
                self.worker.stop()  # after any error, the next job gets a fresh worker
            self.worker = None
        self._crew.over(work, trouble)

    def lines_of(self, job: Job) -> Iterator[Line]:
        """Let the worker do a job, and yield its lines as they come. Raise GraderError."""
        for line in (self.worker or self._crew.give_worker(self)).run(job):
            self.heard = time.monotonic()
            yield line

    def tell(self, news: Callable[[], object]) -> None:
        """Call this on the thread that waits for the crew."""
        self._crew.tell(news)


class Crew(Generic[Work]):
    """Hands that work in parallel, up to a limit. Hanging work is put aside, and the others continue."""

    def __init__(
        self,
        work: Iterable[Work],
        limit: JobLimit,
        start: Callable[[], RunsJobs],
        do: Callable[[Work, Hand[Work]], str],
        over: Callable[[Work, str], object],
    ) -> None:
        """`start()`: starts a worker. do(work, hand): does it, on the thread of this hand, and returns what is wrong,
        or raises GraderError for another try. over(work, trouble): called at its end, on the waiting thread.
        """
        self.do = do
        self._left, self._limit, self._start, self._over = deque(work), limit, start, over
        self._news: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._lock, self._stopped = threading.Lock(), False
        self._hands: set[Hand[Work]] = set()

    def work(self) -> None:
        """Do all the work. Raise CannotGrade. No worker or program outlives this call."""
        try:
            while self._left or self._hands:
                self._hire()
                with contextlib.suppress(queue.Empty):
                    self._news.get(timeout=LOOKS_EVERY)()
        finally:
            self._stop()

    def tell(self, news: Callable[[], object]) -> None:
        """Queue a function for the waiting thread to call."""
        self._news.put(news)

    def ended(self, hand: Hand[Work], error: Exception | None) -> None:
        """Note that a hand takes no more work. Its exception is raised in the waiting thread."""

        def note() -> None:
            with self._lock:
                self._hands.discard(hand)
            if error:
                raise error

        self.tell(note)

    def next_for(self, hand: Hand[Work]) -> Work | None:
        """Return the next work for this hand, or None if it should end."""
        with self._lock:
            hand.aside = False
            if self._stopped or not self._left or self._lively() > self._limit.now:
                return None
            return self._left.popleft()

    def give_worker(self, hand: Hand[Work]) -> RunsJobs:
        """Start a worker for a hand. Raise GraderError if the run is over already."""
        with self._lock:
            if self._stopped:
                raise GraderError("The run was stopped.")
            hand.worker = self._start()
            return hand.worker

    def over(self, work: Work, trouble: str) -> None:
        """Note that this work ended. After a grader error, try it once more."""
        if self._stopped:
            return
        if trouble and not work.is_done and work.tries < TRIES:
            with self._lock:
                self._left.appendleft(work)
            return
        self.tell(lambda: self._over(work, "" if work.is_done else trouble))

    def _lively(self) -> int:
        """Return how many hands aren't waiting for hanging programs."""
        return sum(not hand.aside for hand in self._hands)

    def _hire(self) -> None:
        """Put hanging jobs aside, end dead workers, and start as many hands as the limit allows."""
        now = time.monotonic()
        for hand in self._hands:
            hand.aside = hand.aside or now - hand.heard > ASIDE_AFTER
            if now - hand.heard > SILENT and hand.worker:
                hand.worker.tell_to_stop()
        room = self._limit.now - self._lively()
        self._limit.measure(full=room <= 0)
        room = min(room, len(self._left), self._limit.now + self._limit.aside - len(self._hands))
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
