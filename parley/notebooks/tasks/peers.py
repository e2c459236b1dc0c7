"""The tasks of stage 4, peers."""

from __future__ import annotations

import contextlib
import linecache
import os
import queue
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from types import FrameType
from typing import Any

from parley.notebooks.tasks import Tried, task

SECONDS = 5  # bound of every wait; a right answer takes milliseconds
CALL = re.compile(r"\.(readline|recv|wait)\(")


@contextlib.contextmanager
def _connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return both ends of a connection: ours and the peer's."""
    ours, peers = socket.socketpair()
    with ours, peers:
        yield ours, peers


# Threads


@task("4 who")
def target_called(answer: str) -> Tried:
    """Try the answer: which thread runs a function that is called in Thread(target=who())?"""
    ran_in: list[threading.Thread] = []

    def who() -> None:
        ran_in.append(threading.current_thread())

    thread = threading.Thread(target=who())  # type: ignore[func-returns-value]
    thread.start()
    thread.join(SECONDS)
    ran_here = ran_in == [threading.current_thread()]
    seen = "main" if ran_here else "new"
    why = f"who() ran in the {seen} thread, before a second one was made. What became its target is None."
    return Tried(answer == seen, why)


@task("4 together")
def two_threads(answer: Callable[[Callable[[], None], Callable[[], None]], object]) -> Tried:
    """Try a function that runs two functions at the same time, and returns when both have returned."""
    gate, returned = threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        if gate.wait(1):
            done.append("first")

    def second() -> None:
        gate.set()
        if not returned.wait(1):  # a slow one: without join the function returns too early
            done.append("second")

    answer(first, second)
    returned.set()
    at_return = sorted(done)
    gate.set()
    if at_return == ["first", "second"]:
        return Tried(
            True, "first() waited for something that second() did, and both had returned when your function did."
        )
    if "first" not in at_return and "second" in at_return:
        return Tried(False, "first() waited for second(), which started only when first() had given up, after 1 s.")
    return Tried(False, "When your function returned, second() was still running. Wait for both.")


# What each thread blocks in


class _Chat:
    """A program of three threads, with a pipe as keyboard and a real connection. `stands` tells where each is."""

    def __init__(self, conn: socket.socket) -> None:
        self._conn, self._ended = conn, threading.Event()
        reads, self._writes = os.pipe()
        self._keyboard = os.fdopen(reads, encoding="utf-8")
        self.threads = {
            "sender": threading.Thread(target=self._sender, daemon=True),
            "receiver": threading.Thread(target=self._receiver, daemon=True),
            "main": threading.Thread(target=self._main, daemon=True),
        }
        for thread in self.threads.values():
            thread.start()

    def _sender(self) -> None:
        while self._keyboard.readline():
            pass

    def _receiver(self) -> None:
        while self._conn.recv(4096) not in (b"/close\n", b""):
            pass
        self._ended.set()

    def _main(self) -> None:
        self._ended.wait()

    def stands(self, wanted: Collection[str]) -> dict[str, str]:
        """Return the call of each living thread, once exactly the `wanted` ones are alive and in a call."""
        seen: dict[str, str] = {}
        for _ in range(100 * SECONDS):
            frames = sys._current_frames()
            alive = {name: thread for name, thread in self.threads.items() if thread.is_alive()}
            seen = {name: _call(frames.get(thread.ident or 0)) for name, thread in alive.items()}
            if set(seen) == set(wanted) and all(seen.values()):
                break
            threading.Event().wait(0.01)
        return seen

    def close(self) -> None:
        """End the remaining threads."""
        os.close(self._writes)
        self._ended.set()
        for thread in self.threads.values():
            thread.join(SECONDS)
        self._keyboard.close()


def _call(frame: FrameType | None) -> str:
    """Return the blocking call in the line of this file that a thread runs, or "" for any other line."""
    while frame and frame.f_code.co_filename != __file__:
        frame = frame.f_back
    found = CALL.search(linecache.getline(__file__, frame.f_lineno)) if frame else None
    return found[1] if found else ""


@task("4 blocks")
def three_calls(answer: dict[str, str]) -> Tried:
    """Try the answer: in which call does each of the three threads block while nothing happens?"""
    with _connection() as (ours, peers):
        chat = _Chat(ours)
        try:
            seen = chat.stands(["sender", "receiver", "main"])
        finally:
            peers.shutdown(socket.SHUT_RDWR)
            chat.close()
    given = {name: str(call).partition("(")[0].rpartition(".")[2] for name, call in dict(answer).items()}
    told = ", ".join(f"{name} in {call}" for name, call in seen.items())
    return Tried(given == seen, f"Three threads, with a real pipe as keyboard and a real connection: {told}.")


@task("4 left")
def still_blocked(answer: str) -> Tried:
    """Try the answer: which thread still blocks after the peer's /close?"""
    with _connection() as (ours, peers):
        chat = _Chat(ours)
        try:
            chat.stands(["sender", "receiver", "main"])
            peers.sendall(b"/close\n")
            seen = chat.stands(["sender"])
        finally:
            chat.close()
    blocked = ", ".join(f"the {name}, in {call}" for name, call in seen.items())
    why = f"/close ended the receiver's wait, and the event ended main's. Still blocked: {blocked}."
    return Tried([answer] == list(seen), why)


ACTIONS: dict[str, Callable[[socket.socket, threading.Event], None]] = {
    "ended.set()": lambda conn, ended: ended.set(),
    "conn.close()": lambda conn, ended: conn.close(),
    "conn.shutdown(SHUT_WR)": lambda conn, ended: conn.shutdown(socket.SHUT_WR),
    "conn.shutdown(SHUT_RDWR)": lambda conn, ended: conn.shutdown(socket.SHUT_RDWR),
}


@task("4 wakes")
def wakes_receiver(answer: Sequence[str]) -> Tried:
    """Try the answer: which actions wake our own receiver, which blocks in recv?"""
    seen = {name for name, action in ACTIONS.items() if _wakes(action)}
    given = {answer} if isinstance(answer, str) else set(answer)
    why = f"On this machine your own receiver was woken by: {', '.join(sorted(seen)) or 'none of them'}."
    return Tried(given == seen, why)


def _wakes(action: Callable[[socket.socket, threading.Event], None]) -> bool:
    """Whether an action wakes a thread that is in recv on the same socket."""
    ended, woken = threading.Event(), threading.Event()
    ours, peers = socket.socketpair()
    with ours, peers:

        def receive() -> None:
            with contextlib.suppress(OSError):  # some systems report it this way
                ours.recv(4096)
            woken.set()

        receiver = threading.Thread(target=receive, daemon=True)
        receiver.start()
        receiver.join(0.1)  # it is in recv by now
        action(ours, ended)
        seen = woken.wait(0.3)
        with contextlib.suppress(OSError):
            peers.shutdown(socket.SHUT_RDWR)
        receiver.join(SECONDS)
    return seen


# The end


PROGRAM = """
import os, threading
threading.Thread(target=os.read, args=[0, 1], daemon=DAEMON).start()
"""


@task("4 daemon")
def daemon_or_not(answer: str) -> Tried:
    """Try the answer: does a program end after main returned, while a non-daemon thread waits at the keyboard?"""
    seen = {daemon: _ends(PROGRAM.replace("DAEMON", str(daemon))) for daemon in (False, True)}
    without, with_it = ("ends" if seen[daemon] else "keeps running" for daemon in (False, True))
    why = f"Without daemon=True the program {without} after main returned. With daemon=True it {with_it}."
    return Tried(answer == without, why)


def _ends(program: str) -> bool:
    """Whether a program exits within a second although nothing is typed."""
    with subprocess.Popen([sys.executable, "-I", "-c", program], stdin=subprocess.PIPE) as process:
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            return False
        finally:
            process.kill()
    return True


@task("4 order")
def order_of_goodbye(answer: Sequence[str]) -> Tried:
    """Try the answer: in which order of "set" and "send" is our own /close never taken for a loss?"""
    steps = list(answer)
    if sorted(steps) != ["send", "set"]:
        return Tried(False, 'The two steps are "set" (the event) and "send" (the line /close), each of them once.')
    taken_for = _own_goodbye(steps)
    other = _own_goodbye(steps[::-1])
    why = f"With {' then '.join(steps)}, EOF was taken for a {taken_for}. The other way round, for a {other}."
    return Tried(taken_for == "goodbye", why)


def _own_goodbye(steps: Sequence[str]) -> str:
    """Send /close in these steps to a peer that then closes. Return what our receiver takes that for."""
    ended = threading.Event()
    taken: queue.Queue[str] = queue.Queue()
    with _connection() as (ours, peers):

        def peer() -> None:
            peers.recv(4096)
            peers.shutdown(socket.SHUT_RDWR)

        def receiver() -> None:
            ours.recv(4096)  # EOF
            taken.put("goodbye" if ended.is_set() else "loss")

        threads = [threading.Thread(target=target, daemon=True) for target in (peer, receiver)]
        for thread in threads:
            thread.start()
        for step in steps:
            if step == "set":
                ended.set()
            else:
                ours.sendall(b"/close\n")
                threads[1].join(0.3)  # holds the window open between the two steps
        told = taken.get(timeout=SECONDS)
        for thread in threads:
            thread.join(SECONDS)
    return told


# A peer that disappears silently


@task("4 alive")
def dead_peer(answer: Callable[[socket.socket, float], Any]) -> Tried:
    """Try a function (conn, patience) that returns the next line, and asks a silent peer by /ping if it's alive."""
    slow = _hears(answer, answers_ping=True)
    if slow != "I am back":
        return Tried(
            False, f"A slow peer answered /ping and then spoke. Your function gave {slow!r} instead of its line."
        )
    dead = _hears(answer, answers_ping=False)
    if not isinstance(dead, OSError):
        return Tried(False, f"A dead peer answered nothing. Your function gave {dead!r} and raised no ConnectionError.")
    return Tried(True, "It waited for a slow peer, and gave up on a dead one whose connection was still open.")


def _hears(function: Callable[[socket.socket, float], Any], answers_ping: bool) -> Any:
    """Return what the function returns or raises, with a peer that answers two pings and then speaks, or a dead one."""
    results: queue.Queue[Any] = queue.Queue()
    with _connection() as (ours, peers):

        def hears() -> None:
            try:
                results.put(function(ours, 0.2))
            except Exception as error:
                results.put(error)

        threading.Thread(target=hears, daemon=True).start()
        if answers_ping:
            peers.settimeout(SECONDS)
            with contextlib.suppress(OSError):
                for _ in range(2):
                    if b"/ping\n" not in peers.recv(4096):
                        break
                    peers.sendall(b"/pong\n")
                peers.sendall(b"I am back\n")
        try:
            return results.get(timeout=SECONDS)
        except queue.Empty:
            peers.shutdown(socket.SHUT_RDWR)
            return "nothing in 5 s"
