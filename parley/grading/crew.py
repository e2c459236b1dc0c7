"""A crew: jobs that are done several at once, each thread with a worker of its own; what hangs is put aside."""

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

TRIES = 2  # of a job that ends by a grader error
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


class JobLimit:
    """How many jobs may be under way at once: as many as were asked for, or as the machine bears, measured again.

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


class Doable(Protocol):
    """What a crew does. `tries`: how often it was begun."""

    tries: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do of it."""


Work = TypeVar("Work", bound=Doable)


class Hand(threading.Thread, Generic[Work]):
    """A thread that hands one worker jobs, one after another."""

    def __init__(self, crew: Crew[Work]) -> None:
        super().__init__(daemon=True)
        self._crew = crew
        self.heard = time.monotonic()  # when its worker last said something
        self.aside = False  # its job waits for programs that hang
        self.worker: RunsJobs | None = None

    def run(self) -> None:
        """Take work until there is no more, or too many hands."""
        failure = None
        try:
            while work := self._crew.next_for(self):
                self._do(work)
        except Exception as error:  # the one who waits for us has to know
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
                self.worker.stop()  # whatever it was: the next job gets a fresh one
            self.worker = None
        self._crew.over(work, trouble)

    def lines_of(self, job: Job) -> Iterator[Line]:
        """Have the worker do a job: its lines, as they come. Raises GraderError."""
        for line in (self.worker or self._crew.give_worker(self)).run(job):
            self.heard = time.monotonic()
            yield line

    def tell(self, news: Callable[[], object]) -> None:
        """Have this called on the thread that waits for the crew."""
        self._crew.tell(news)


class Crew(Generic[Work]):
    """Hands that do work, as much at once as a limit says; what hangs is put aside, and others go on."""

    def __init__(
        self,
        work: Iterable[Work],
        limit: JobLimit,
        start: Callable[[], RunsJobs],
        do: Callable[[Work, Hand[Work]], str],
        over: Callable[[Work, str], object],
    ) -> None:
        """`start()` starts a worker; do(work, hand) does it, on the thread of this hand, and returns what is amiss, or
        raises GraderError: then it is tried once more; over(work, trouble) is called at its end, where someone waits.
        """
        self.do = do
        self._left, self._limit, self._start, self._over = deque(work), limit, start, over
        self._news: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._lock, self._stopped = threading.Lock(), False
        self._hands: set[Hand[Work]] = set()

    def work(self) -> None:
        """Do all of it. Raises CannotGrade. However it ends, no worker and no program is left."""
        try:
            while self._left or self._hands:
                self._hire()
                with contextlib.suppress(queue.Empty):
                    self._news.get(timeout=LOOKS_EVERY)()
        finally:
            self._stop()

    def tell(self, news: Callable[[], object]) -> None:
        """Something for the thread that waits: a function that is called there."""
        self._news.put(news)

    def ended(self, hand: Hand[Work], error: Exception | None) -> None:
        """A hand takes no more work; what it has met is raised where someone waits."""

        def note() -> None:
            with self._lock:
                self._hands.discard(hand)
            if error:
                raise error

        self.tell(note)

    def next_for(self, hand: Hand[Work]) -> Work | None:
        """The next work for this hand, or None if it should end."""
        with self._lock:
            hand.aside = False
            if self._stopped or not self._left or self._lively() > self._limit.now:
                return None
            return self._left.popleft()

    def give_worker(self, hand: Hand[Work]) -> RunsJobs:
        """Start a worker for a hand. Raises GraderError if all is over already."""
        with self._lock:
            if self._stopped:
                raise GraderError("The run was stopped.")
            hand.worker = self._start()
            return hand.worker

    def over(self, work: Work, trouble: str) -> None:
        """This has ended, perhaps in a grader error: then it is tried once more."""
        if self._stopped:
            return
        if trouble and not work.is_done and work.tries < TRIES:
            with self._lock:
                self._left.appendleft(work)
            return
        self.tell(lambda: self._over(work, "" if work.is_done else trouble))

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
