"""The tasks of stage 5, broadcast."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

from parley.notebooks.tasks import Tried, task

LIMIT = 3  # seconds in which a student's function must return
PATIENCE = 0.3  # limit of a call on a connection here, in seconds
STILL_RUNNING = object()  # the result of a function that hasn't returned
NO_RETURN = Tried(False, f"your function hadn't returned after {LIMIT} s. What does it wait for?")
Message = tuple[str, object, str]  # what happened, on which connection, and a text


def _call(function: Callable[..., Any], *args: object, release: Callable[[], object] = lambda: None) -> Any:
    """Return what a function returns, or STILL_RUNNING. Its exceptions pass through. `release()`: lets it continue if
    it hasn't returned in time.
    """
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function(*args))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT)
    if thread.is_alive():
        release()
        return STILL_RUNNING
    if errors:
        raise errors[0]
    return results[0]


@task("5 threads")
def threads(answer: int) -> Tried:
    """Try the answer: how many threads does a server have for four participants, with an acceptor, a sender and
    receivers?
    """
    messages: queue.Queue[bytes] = queue.Queue()
    started = [threading.main_thread()]

    def start(target: Callable[..., object], *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, daemon=True)
        started.append(thread)
        thread.start()
        return thread

    def receive(conn: socket.socket) -> None:
        with conn:
            while data := conn.recv(100):
                messages.put(data)

    def accept_all(listener: socket.socket) -> None:
        for _ in range(4):
            conn, _address = listener.accept()
            start(receive, conn)

    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        start(messages.get)
        acceptor = start(accept_all, listener)
        for _ in range(4):
            stack.enter_context(socket.create_connection(listener.getsockname(), timeout=LIMIT)).sendall(b"hello")
        acceptor.join(LIMIT)
        count = len(started)
    return Tried(
        answer == count, f"it is {count}: main, the acceptor, the sender, and a receiver for each of the four."
    )


class CountedLock:
    """A lock that counts how often it was taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *trouble: object) -> None:
        self.release()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Work like threading's lock."""
        got_it = self._lock.acquire(blocking, timeout)
        self._taken += got_it
        return got_it

    def release(self) -> None:
        """Work like threading's lock."""
        self._lock.release()

    def locked(self) -> bool:
        """Work like threading's lock."""
        return self._lock.locked()

    @property
    def turn(self) -> int:
        """Return the number of the turn in which a thread holds it, or 0."""
        return self._taken if self.locked() else 0


class Listener:
    """A connection whose sendall lets other threads overtake.

    `heard`: the data sent there; `turns`: by line, the turn of the lock in which it was sent.
    """

    def __init__(self, lock: CountedLock) -> None:
        self.heard: list[bytes] = []
        self.turns: dict[bytes, int] = {}
        self._lock, self._never = lock, threading.Event()

    def sendall(self, data: bytes) -> None:
        """Keep the data, a moment later."""
        self.turns[data] = self._lock.turn
        self._never.wait(0.001)
        self.heard.append(data)


@task("5 tell_others")
def tell_others(answer: Callable[..., Any]) -> Tried:
    """Call it in two threads at the same time: the other listeners must hear one order."""
    lock = CountedLock()
    anna, ben, carla, dana = people = [Listener(lock) for _ in range(4)]
    lines = 20

    def speak(author: Listener, name: str) -> None:
        for number in range(lines):
            answer(people, lock, author, f"{name}: {number}".encode())

    with ExitStack() as stack:
        stack.callback(_give_back, lock)
        speaker = threading.Thread(target=_quiet(speak), args=[anna, "Anna"], daemon=True)
        speaker.start()
        returned = _call(speak, ben, "Ben", release=lambda: _give_back(lock))
        speaker.join(LIMIT)
        if returned is STILL_RUNNING or speaker.is_alive():
            return Tried(False, "your function waits for a lock that no thread gives back.")
    if any(line.startswith(b"Anna") for line in anna.heard) or any(line.startswith(b"Ben") for line in ben.heard):
        return Tried(False, "an author got a line of her own back.")
    if len(carla.heard) != 2 * lines or len(dana.heard) != 2 * lines:
        return Tried(False, f"of {2 * lines} lines, one listener got {len(carla.heard)} and another {len(dana.heard)}.")
    if carla.heard != dana.heard:
        at = next(at for at, pair in enumerate(zip(carla.heard, dana.heard, strict=True)) if pair[0] != pair[1])
        return Tried(
            False,
            f"two threads called it, and line {at + 1} was {carla.heard[at].decode()} for one listener and "
            f"{dana.heard[at].decode()} for another. Is the lock held from the first listener to the last?",
        )
    if carla.turns != dana.turns or 0 in carla.turns.values():
        return Tried(
            False,
            "two threads called it, and lines can change places: the lock isn't held from the first listener to the "
            "last, so another author can come in between.",
        )
    return Tried(True, f"two threads called it {lines} times each, and all listeners heard one order.")


def _quiet(function: Callable[..., Any]) -> Callable[..., None]:
    """Return the function with its exceptions suppressed: another call shows them."""

    def call(*args: object) -> None:
        with suppress(Exception):
            function(*args)

    return call


def _give_back(lock: CountedLock) -> None:
    if lock.locked():
        lock.release()


class WatchedLock:
    """A lock that reports when someone asks for it: `asked`, an event."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.asked = threading.Event()

    def __enter__(self) -> None:
        self.asked.set()
        self._lock.acquire()

    def __exit__(self, *trouble: object) -> None:
        self._lock.release()


@task("5 stands")
def stands(answer: str) -> Tried:
    """Try the answer: where does one participant's thread block while another thread sends to a stalled reader?"""
    lock = WatchedLock()
    holds, got_it = threading.Event(), threading.Event()
    ours, zoe = socket.socketpair()
    ben, bens_server_end = socket.socketpair()

    def send_to_zoe() -> None:
        with lock, suppress(OSError):
            holds.set()
            ours.sendall(b"a line for Zoe\n" * 100_000)

    def hear_ben() -> None:
        bens_server_end.recv(100)
        with lock:
            got_it.set()

    workers = [threading.Thread(target=work, daemon=True) for work in (send_to_zoe, hear_ben)]
    with ours, zoe, ben, bens_server_end:
        workers[0].start()
        holds.wait(LIMIT)
        lock.asked.clear()
        workers[1].start()
        ben.sendall(b"Is anybody there?\n")
        waits = lock.asked.wait(LIMIT) and not got_it.wait(PATIENCE)
        zoe.close()  # now the sendall fails, and the lock is free
        for worker in workers:
            worker.join(LIMIT)
    place = "lock" if waits else "recv"
    return Tried(
        answer.strip().lower() == place,
        "Ben's thread had received his line, and then blocked at the lock, which Anna's thread holds while its sendall "
        "waits for Zoe.",
    )


@task("5 hear")
def hear(answer: Callable[..., Any]) -> Tried:
    """Check what it puts into the queue, for several ways to leave."""
    joined, left = ("joined", "conn", "Anna"), ("left", "conn", "Anna")
    hello = ("said", "conn", "Anna: hello")
    cases: list[tuple[str, list[str], list[Message]]] = [
        ("Anna says hello, and her stream ends", ["Anna", "hello"], [joined, hello, left]),
        ("Anna says hello, then {quit}", ["Anna", "hello", "{quit}"], [joined, hello, left]),
        ("more lines come after Anna's {quit}", ["Anna", "{quit}", "hello"], [joined, left]),
        ("a visitor goes before giving a name", [], [("left", "conn", "")]),
        ("a visitor says {quit} instead of a name", ["{quit}"], [("left", "conn", "")]),
    ]
    for words, lines, wanted in cases:
        messages: queue.Queue[Any] = queue.Queue()
        if _call(answer, iter(lines), "conn", messages) is STILL_RUNNING:
            return NO_RETURN
        found = [messages.get() for _ in range(messages.qsize())]
        if found != wanted:
            return Tried(False, f"when {words}, the queue should get {_told(wanted)}, but got {_told(found)}.")
    return Tried(True, f"{len(cases)} visitors came and went, and each of them put one 'left', as the last element.")


def _told(messages: list[Any]) -> str:
    return ", ".join(repr(message) for message in messages) or "nothing"


@task("5 take_all")
def take_all(answer: Callable[..., Any]) -> Tried:
    """Try it with three waiting elements, then with one that comes later."""
    messages: queue.Queue[Any] = queue.Queue()
    for number in (1, 2, 3):
        messages.put(number)
    found = _call(answer, messages, release=lambda: messages.put("too many"))
    if found is STILL_RUNNING:
        return Tried(False, "three elements waited, and your function wanted a fourth: it didn't return.")
    if found != [1, 2, 3]:
        return Tried(False, f"1, 2 and 3 waited in the queue, and your function returned {found!r}.")
    late = threading.Timer(PATIENCE, messages.put, [4])
    late.start()
    found = _call(answer, messages, release=lambda: messages.put("too many"))
    late.join(LIMIT)
    if found is STILL_RUNNING:
        return Tried(False, "the queue was empty, then one element came, and your function still waited for another.")
    if found != [4]:
        return Tried(False, f"the queue was empty, 4 came a moment later, and your function returned {found!r}.")
    return Tried(True, "it returned all three that waited; from an empty queue it waited for one.")


class CountingSocket:
    """A connection that counts. `pieces`: what each call of sendall sent."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        """Keep the data."""
        self.pieces.append(data)


@task("5 send_outboxes")
def send_outboxes(answer: Callable[..., Any]) -> Tried:
    """Expect one call of sendall for each outbox with something in it, and empty outboxes afterwards."""
    anna, ben, carla = CountingSocket(), CountingSocket(), CountingSocket()
    outboxes = {anna: [b"one\n", b"two\n", b"three\n"], ben: [b"two\n"], carla: []}
    _call(answer, outboxes)
    if anna.pieces != [b"one\ntwo\nthree\n"] or ben.pieces != [b"two\n"] or carla.pieces:
        return Tried(
            False,
            f"outboxes of three lines, one line and none were sent as {anna.pieces}, {ben.pieces} and {carla.pieces}; "
            "send each outbox in one chunk, and nothing for an empty one.",
        )
    if len(outboxes) != 3 or any(outboxes.values()):
        return Tried(False, "all was sent, but then the outboxes were not empty: the next call would send it again.")
    return Tried(True, "one call of sendall for each outbox that had something in it, and then all were empty.")


@task("5 send")
def send(answer: Callable[..., Any]) -> Tried:
    """Send lines to a client that reads, one that doesn't, and one that disconnected."""
    with ExitStack() as stack:

        def pair() -> tuple[socket.socket, socket.socket]:
            both = socket.socketpair()
            for end in both:
                stack.enter_context(end)
                end.settimeout(PATIENCE)
            return both

        ours, reader = pair()
        _call(answer, ours, [b"one\n", b"two\n"])
        if (heard := reader.recv(100)) != b"one\ntwo\n":
            return Tried(False, f"b'one\\n' and b'two\\n' should have been sent in one chunk, but {heard!r} arrived.")
        ours, asleep = pair()
        if _call(answer, ours, [b"x" * 1_000_000] * 20, release=asleep.close) is STILL_RUNNING:
            return NO_RETURN
        if not _ends(asleep):
            return Tried(
                False, "a client didn't read, sendall gave up, but your function didn't hang up on that client."
            )
        ours, gone = pair()
        gone.close()
        for _ in range(3):  # what is sent first may still be taken
            _call(answer, ours, [b"Are you there?\n"])
    return Tried(
        True, "it sent, hung up on a client that didn't read, and raised nothing for a client that had disconnected."
    )


def _ends(conn: socket.socket) -> bool:
    """Whether the stream of this connection ends, after all data sent on it."""
    try:
        while conn.recv(1 << 20):
            pass
    except TimeoutError:
        return False
    except OSError:  # a reset is an end too
        return True
    return True
