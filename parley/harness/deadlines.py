"""How long to wait: every wait is bounded, and the bound grows while this machine is slow."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

# times on the reference machine, where the tests' bounds are comfortable; a slower one waits longer
REFERENCE_START = 0.03  # seconds to start Python
REFERENCE_EXCHANGES = 0.01  # seconds for EXCHANGES bytes to another thread and back
EXCHANGES = 100
ASKS_BEFORE = 0.5  # seconds before the end of a wait when enough() is first called: not sooner, because it asks the OS
SLOWEST = 10  # no machine waits longer than the bound times this


class Deadlines:
    """The waits of one scene.

    Everything in the scene notifies the condition `news`: a wait checks after each notice, never after a sleep.
    `seconds`: bound of the whole scene.
    """

    def __init__(self, seconds: float = 20.0) -> None:
        self.news = threading.Condition()
        self.seconds = seconds
        self.out_of_time = False  # whether the scene reached its bound
        self.in_vain = False  # whether something didn't come within half a second or more
        self.factor = 1.0  # how many times slower than the reference this machine was when something didn't come
        self._began = time.monotonic()

    def tell(self) -> None:
        """Report that something happened: waiting threads check again."""
        with self.news:
            self.news.notify_all()

    def until(self, ready: Callable[[], object], seconds: float) -> bool:
        """Wait until ready() is true, at most `seconds` of a quick machine. Return whether it is."""

        def wait(bound: float) -> bool:
            with self.news:
                return bool(self.news.wait_for(ready, bound))

        return self._bounded(wait, seconds)

    def poll(self, ready: Callable[[], object], seconds: float, enough: Callable[[], bool] = lambda: False) -> bool:
        """Like until(), for what only the OS knows: check often, then less and less often.

        `enough()`: whether to stop after `seconds` even on a slow machine.
        """
        waited = False

        def wait(bound: float) -> bool:
            nonlocal waited
            end = time.monotonic() + bound
            pause = 0.002
            while not ready():
                left = end - time.monotonic()
                has_had_enough = (waited or left < ASKS_BEFORE) and enough()
                if left <= 0 or (waited and has_had_enough):
                    waited = True
                    return False
                with self.news:
                    self.news.wait(min(pause, left))
                pause = min(pause * 1.2, 0.05)
            return True

        return self._bounded(wait, seconds, enough)

    def stretched(self, seconds: float) -> float:
        """Return what these seconds of a quick machine are on this one, as busy as it is now."""
        self.factor = max(self.factor, slowness())
        return seconds * self.factor

    def over(self) -> bool:
        """Whether the scene reached its bound."""
        self.out_of_time = self.out_of_time or self._left() <= 0
        return self.out_of_time

    def watch(self, seconds: float) -> None:
        """Let this many seconds pass, to measure over that time. (Not a way to wait for something.)"""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with self.news:
                self.news.wait(left)

    def _bounded(
        self, wait: Callable[[float], bool], seconds: float, enough: Callable[[], bool] = lambda: False
    ) -> bool:
        if wait(min(seconds, max(0, self._left()))):
            return True
        if not enough():
            # about to give up: is it the program that is slow, or this machine?
            more = min(self.stretched(seconds) - seconds, self._left())
            if more > 0 and wait(more):
                return True
        self.in_vain = self.in_vain or seconds >= 0.5
        self.over()
        return False

    def _left(self) -> float:
        return self._began + self.seconds * self.factor - time.monotonic()


def slowness() -> float:
    """Return how many times slower than the reference this machine is right now: 1 to SLOWEST."""
    start = _seconds(_start)
    exchanges = _seconds(_exchange)
    return min(SLOWEST, max(1.0, start / REFERENCE_START, exchanges / REFERENCE_EXCHANGES))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _start() -> None:
    """Start Python and wait for its end, but no longer than the slowest machine that counts."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        words = [sys.executable, "-E", "-S", "-c", "pass"]
        subprocess.run(words, check=False, timeout=SLOWEST * REFERENCE_START)


def _exchange() -> None:
    """Hand EXCHANGES bytes to another thread, and take each one back. (Use no port: all may be taken.)"""
    near, far = socket.socketpair()
    with near, far:
        echo = threading.Thread(target=_echo, args=[far])
        echo.start()
        for _ in range(EXCHANGES):
            near.sendall(b"x")
            near.recv(1)
        near.shutdown(socket.SHUT_WR)
        echo.join()


def _echo(conn: socket.socket) -> None:
    while data := conn.recv(1):
        conn.sendall(data)
