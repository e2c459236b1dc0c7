"""What is wrong with a submission that lost points: examined after its tests, for limited time, without effect on
points.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from parley.checks.diagnosis.catalogue import examinations
from parley.checks.diagnosis.examined import Examined
from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import TakesTooLong
from parley.contract.record import Failed
from parley.contract.verdict import Outcome, Verdict

TAKES_AT_MOST = 30  # seconds for all examinations of a submission; nearly all take less than three


def explained(
    stage: str,
    folder: Path,
    verdicts: Sequence[Verdict],
    failures: Mapping[str, Failed],
    start: Any = None,
    alone: Callable[[], object] = lambda: None,
    seconds: float = TAKES_AT_MOST,
) -> tuple[Diagnosis, ...]:
    """Return what is wrong with the programs in a folder, in the order shown, or () if unknown.

    `verdicts`: of all tests of the stage; `failures`: {test: the Failed that ended it}; `start`: how to start programs;
    `alone`: called on the thread of each examination before it begins. It never raises, and ends within `seconds`. A
    submission may deceive it, but can't stop or delay grading.
    """
    lost = [verdict for verdict in verdicts if verdict.lost and verdict.outcome is not Outcome.NOT_BEGUN]
    if not lost or not examinations(stage):
        return ()
    try:
        with _bounded(seconds):
            programs = sorted({verdict.test.program for verdict in verdicts}, reverse=True)  # the server first
            examined = Examined(stage, folder, programs, start, alone)
            try:
                return tuple(examined.diagnoses(verdicts, failures))
            finally:
                examined.end()
    except TakesTooLong:
        print(f"An examination of stage {stage} was stopped after {seconds} s.", file=sys.stderr)
    except Exception:
        traceback.print_exc()
    return ()


@contextlib.contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Raise TakesTooLong in this block after this many seconds. (Not on Windows, and only in the main thread.)"""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise TakesTooLong

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
