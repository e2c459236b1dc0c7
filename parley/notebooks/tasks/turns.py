"""The tasks of stage 3, turns."""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from parley.notebooks.tasks import Tried, task

STEPS = ("keyboard", "send", "recv", "print")
SERVER = ("recv", "print", "keyboard", "send")
CLIENT = ("keyboard", "send", "recv", "print")
ROUNDS = 3
SECONDS = 5  # bound of every wait; a right answer takes milliseconds


class Column:
    """One column of the table of turns: a thread repeats its steps on a real socket."""

    def __init__(self, name: str, steps: Sequence[str], conn: socket.socket, changed: threading.Condition) -> None:
        self.name, self._steps, self._conn, self._changed = name, steps, conn, changed
        self._lines = conn.makefile("rb")
        self.typed = [f"{name} {number}" for number in range(1, ROUNDS + 1)]
        self.screen: list[str] = []
        self.at, self.sent, self.received, self.over, self.wrong = "", 0, 0, False, ""
        self._thread = threading.Thread(target=self._take_steps, daemon=True)
        self._thread.start()

    def ends(self) -> None:
        """Wait until its thread ends."""
        self._thread.join(SECONDS)
        self._lines.close()

    def _take_steps(self) -> None:
        with contextlib.suppress(OSError):  # at the end of a deadlock the connection is shut down
            self._run()

    def _run(self) -> None:
        typed, line, heard = iter(self.typed), None, None
        for step in itertools.chain.from_iterable(itertools.repeat(self._steps, ROUNDS)):
            self._now(at=step)
            if step == "keyboard":
                line = next(typed, "")
            elif step == "send":
                if line is None:
                    return self._now(wrong=f"The {self.name} should send a line, but has read none from its keyboard.")
                self._now(sent=self.sent + 1)
                self._conn.sendall(f"{line}\n".encode())
            elif step == "recv":
                heard = self._lines.readline().decode().removesuffix("\n")
                if not heard:
                    return None
                self._now(received=self.received + 1)
            elif heard is None:
                return self._now(wrong=f"The {self.name} should print a line, but has received none.")
            else:
                self.screen.append(heard)
        return self._now(at="", over=True)

    def _now(self, **facts: Any) -> None:
        with self._changed:
            vars(self).update(facts)
            self._changed.notify_all()


@contextlib.contextmanager
def _pairs(count: int) -> Iterator[list[socket.socket]]:
    """Return both ends of `count` connections, in a row."""
    with contextlib.ExitStack() as stack:
        ends = [end for _ in range(count) for end in socket.socketpair()]
        for end in ends:
            stack.enter_context(end)
        yield ends


@task("3 table")
def client_column(answer: Sequence[str]) -> Tried:
    """Try the answer: the steps of the client, in order."""
    steps = list(answer)
    if sorted(steps) != sorted(STEPS):
        return Tried(False, f"The client has these four steps, each of them once: {', '.join(STEPS)}.")
    changed = threading.Condition()
    with _pairs(1) as (ours, theirs):
        columns = [Column("server", SERVER, ours, changed), Column("client", steps, theirs, changed)]
        server, client = columns

        def stuck() -> bool:
            waiting = [column.at == "recv" and not column.over for column in columns]
            under_way = (client.sent - server.received) + (server.sent - client.received)
            return all(waiting) and not under_way

        with changed:
            changed.wait_for(
                lambda: stuck() or client.wrong or server.wrong or (client.over and server.over), timeout=SECONDS
            )
            deadlock = stuck()
        for end in (ours, theirs):
            end.shutdown(socket.SHUT_RDWR)
        for column in columns:
            column.ends()
    if client.wrong:
        return Tried(False, client.wrong)
    if deadlock:
        return Tried(False, "Both programs block in recv, and no line is on its way: they would wait forever.")
    right = client.screen == server.typed and server.screen == client.typed
    return Tried(right, f"{ROUNDS} lines each way. The server printed {server.screen}, the client {client.screen}.")


@task("3 waits")
def line_under_way(answer: dict[str, str]) -> Tried:
    """Try the answer: in which call does each program block while the client's first line is on its way?"""
    changed = threading.Condition()
    with _pairs(2) as (server_end, to_server, client_end, from_client):
        client = Column("client", CLIENT, client_end, changed)
        server = Column("server", SERVER, server_end, changed)
        line = from_client.recv(4096)  # now the line is on its way, between the two programs
        with changed:
            changed.wait_for(lambda: client.at == server.at == "recv", timeout=SECONDS)
            seen = {"server": server.at, "client": client.at}
        to_server.sendall(line)
        for end in (to_server, from_client):
            end.shutdown(socket.SHUT_RDWR)
        for column in (client, server):
            column.ends()
    given = {who: str(call).partition("(")[0].rpartition(".")[2] for who, call in dict(answer).items()}
    both = " and ".join(f"the {who} was in {call}" for who, call in seen.items())
    return Tried(given == seen, f"The line was held back, and then {both}. No deadlock: something is on its way.")


@task("3 typed")
def text_to_send(answer: Callable[[str], str]) -> Tried:
    """Try a function that returns the text to send for a result of readline()."""
    cases = {
        "Yes, until eight.\n": "Yes, until eight.",
        "\n": "",
        "": "/close",
        "  two spaces\n": "  two spaces",
        "the last words": "the last words",
        "/close\n": "/close",
    }
    for read, wanted in cases.items():
        if (got := answer(read)) != wanted:
            return Tried(
                False, f"For {read!r} from readline() it returned {got!r}, but the text to send is {wanted!r}."
            )
    return Tried(True, f"It returned the right text for {len(cases)} results of readline().")


def _receive_lines(conn: socket.socket) -> Iterator[str]:
    with conn.makefile("r", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n")


@task("3 twice")
def second_generator(answer: str) -> Tried:
    """Try the answer: what does a second next(receive_lines(conn)) give after b"one\\ntwo\\n" arrived in one chunk?"""
    with _pairs(1) as (ours, theirs):
        theirs.sendall(b"one\ntwo\n")
        first = next(_receive_lines(ours))
        results: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=lambda: results.put(next(_receive_lines(ours), "nothing")), daemon=True)
        reader.start()
        try:
            second = results.get(timeout=0.5)
        except queue.Empty:
            second = "blocks"
        theirs.shutdown(socket.SHUT_RDWR)
        reader.join(SECONDS)
    why = (
        f"The first call gave {first!r}, and the second one {'blocked' if second == 'blocks' else f'gave {second!r}'}. "
        "Both lines were in the first generator, and it is gone. Call receive_lines once, and loop over it."
    )
    return Tried(answer == second, why)


@task("3 listener")
def open_listener(answer: str) -> Tried:
    """Try the answer: what happens to a second client while the listening socket stays open?"""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = listening.getsockname()
        carla = stack.enter_context(socket.create_connection(address, timeout=SECONDS))
        stack.enter_context(listening.accept()[0])
        open_one = _knocks(address)
        listening.close()
        closed_one = _knocks(address)
        carla.close()
    why = (
        f"With the listening socket open Ben was {open_one}, but no one accepts him. Once it was closed: {closed_one}."
    )
    return Tried(answer == open_one, why)


def _knocks(address: tuple[str, int]) -> str:
    """Return what happens to a client that connects to this address: "connected" or "refused"."""
    try:
        with socket.create_connection(address, timeout=SECONDS):
            return "connected"
    except ConnectionRefusedError:
        return "refused"


PEER = """
import socket, sys, time
conn = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
conn.sendall(b"good morning\\n")
time.sleep(60)
"""


@task("3 killed")
def killed_peer(answer: object) -> Tried:
    """Try the answer: what does recv return next when the peer's program is killed?"""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        with subprocess.Popen([sys.executable, "-I", "-c", PEER, port], stdin=subprocess.DEVNULL) as peer:
            listening.settimeout(4 * SECONDS)
            conn, _ = listening.accept()
            with conn:
                conn.settimeout(SECONDS)
                line = conn.recv(4096)
                peer.kill()
                peer.wait()
                try:
                    outcome: object = conn.recv(4096)
                except ConnectionResetError:
                    outcome = "ConnectionResetError"
    if outcome == b"":
        return Tried(answer == b"", f"After {line!r} came b'': the OS closed the connection of the killed program.")
    why = f"This OS reset the connection, and recv raised {outcome}. On Linux and macOS recv returns b'' here."
    return Tried(answer in (b"", outcome), why)


@task("3 goodbye")
def goodbye_or_loss(answer: Callable[[Iterable[str]], int]) -> Tried:
    """Try a function that returns the exit status after these lines of the peer and then EOF."""
    cases: list[tuple[list[str], int]] = [
        (["good morning", "/close"], 0),
        (["good morning"], 1),
        ([], 1),
        (["how do we use /close?"], 1),
        (["", "/close"], 0),
    ]
    for lines, wanted in cases:
        with _pairs(1) as (ours, theirs):
            theirs.sendall("".join(f"{line}\n" for line in lines).encode())
            theirs.shutdown(socket.SHUT_WR)
            got = answer(_receive_lines(ours))
        if got != wanted:
            return Tried(
                False,
                f"The peer sent {lines} and then EOF. Your function returned {got!r}, but the status is {wanted}.",
            )
    return Tried(True, f"It distinguished /close from a loss in {len(cases)} streams.")


@task("3 patient")
def patient_client(answer: Callable[[str, int, float], socket.socket | None]) -> Tried:
    """Try a function (host, port, seconds) that connects as soon as a server listens, or returns None when the time is
    up.
    """
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        host, port = reserved.getsockname()
        results: queue.Queue[object] = queue.Queue()

        def tries(seconds: float) -> None:
            try:
                results.put(answer(host, port, seconds))
            except Exception as error:
                results.put(error)

        threading.Thread(target=tries, args=[0.3], daemon=True).start()
        if (got := _result(results)) is not None:
            return Tried(False, f"No server came within 0.3 s. Your function gave {got!r} instead of None.")
        threading.Thread(target=tries, args=[SECONDS], daemon=True).start()
        threading.Event().wait(0.3)  # the server comes late
        if not results.empty():
            return Tried(False, f"It had {SECONDS} s, and gave up before the server started, after 0.3 s.")
        reserved.listen()
        conn = _result(results)
        if not isinstance(conn, socket.socket):
            return Tried(False, f"A server started after 0.3 s. Your function gave {conn!r} instead of a connection.")
        conn.close()
    return Tried(True, "It gave up in time without a server, and it found a server that started late.")


def _result(results: queue.Queue[Any]) -> Any:
    """Return the function's result, or a sentence if there was none in time."""
    try:
        return results.get(timeout=4 * SECONDS)
    except queue.Empty:
        return "nothing yet"
