"""The tasks of stage 1, echo."""

from __future__ import annotations

import functools
import http.server
import linecache
import random
import re
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from parley.contract.errors import NotYet
from parley.notebooks.tasks import NOTHING_RETURNED, Tried, task
from parley.notebooks.tasks.streams import SECONDS, answered_bytes, connected, narrowed, wait_until_there


@task("1 one recv")
def one_recv(answer: object) -> Tried:
    """Try the answer: what does one recv(4096) return of "one ", "two " and "three", each sent by itself?"""
    with connected() as (client, conn):
        for words in (b"one ", b"two ", b"three"):
            client.sendall(words)
        wait_until_there(conn, 13)
        received = conn.recv(4096)
    return Tried(
        answered_bytes(answer) == received, f"conn.recv(4096) returned {received!r}: everything that had arrived."
    )


@task("1 four recvs")
def four_recvs(answer: object) -> Tried:
    """Try the answer: what do four calls of recv(10) return of 18 bytes, after which the client closed?"""
    with connected() as (client, conn):
        client.sendall(b"lamp at the window")
        wait_until_there(conn, 18)
        client.close()
        received = [conn.recv(10) for _ in range(4)]
    if not isinstance(answer, list):
        raise NotYet('Answer with a list of four, such as [b"...", b"...", b"...", b"..."].')
    right = [answered_bytes(data) for data in answer] == received
    return Tried(right, f"They returned {received}: 10 bytes at most, then the rest, then no bytes forever.")


@task("1 in which call")
def in_which_call(answer: str) -> Tried:
    """Try the answer: in which call is a server while Anna is connected and silent, and Ben connected and sent
    something?
    """
    accepted = threading.Event()

    def serve(listener: socket.socket) -> None:
        conn, _ = listener.accept()
        accepted.set()
        with conn:
            data = conn.recv(4096)  # one message is enough here
            conn.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=[listener], daemon=True)
        server.start()
        with socket.create_connection(listener.getsockname()) as anna:
            accepted.wait(SECONDS)
            with socket.create_connection(listener.getsockname()) as ben:
                ben.sendall(b"What time is it?")
                line, call = _where(server)
            anna.sendall(b"bye")
            server.join(SECONDS)
    why = f"Its thread was at the line {line!r}: it waits for Anna's bytes, whatever Ben does."
    return Tried(answer.strip("().") == call, why)


def _where(thread: threading.Thread) -> tuple[str, str]:
    """Return the line where a thread waits, and the socket call in it, or "" if there's none within a moment."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        frame = sys._current_frames()[thread.ident or 0]
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).partition("#")[0].strip()
        if found := re.search(r"\.(accept|recv|sendall)\(", line):
            return line, found[1]
    return "", ""


@task("1 address")
def address(function: Callable[[list[str]], tuple[str, object] | None]) -> Tried:
    """Try a function that finds host and port in the words of a command line."""
    for words, host, port in (
        (["server.py"], "127.0.0.1", "50007"),
        (["server.py", "::1"], "::1", "50007"),
        (["server.py", "127.0.0.2", "4711"], "127.0.0.2", "4711"),
        (["server.py", ""], "", "50007"),  # an empty host means every address of this machine
    ):
        found = function(words)
        if found is None:
            return NOTHING_RETURNED
        if [str(value) for value in found] != [host, port]:
            return Tried(False, f"For {words} it returned {found!r}, but it should be {(host, port)!r}.")
    return Tried(True, "It finds host and port, whether they are there or not.")


@task("1 letters")
def letters(answer: int) -> Tried:
    """Try the answer: how many bytes do six characters have?"""
    text = "café ☕"
    data = text.encode()
    return Tried(
        answer == len(data), f"{text!r} has {len(text)} characters. encode() gave {len(data)} bytes: {data!r}."
    )


@task("1 receive exactly")
def receive_exactly(function: Callable[[socket.socket, int], bytes | None]) -> Tried:
    """Try a function that receives until this many bytes have arrived."""
    for text, most in (("The lamp is at the window", 4096), ("The lamp", 1), ("two cafés: ☕☕", 3)):
        sent = text.encode()
        with connected(most) as (other, conn):
            other.sendall(sent)
            wait_until_there(conn, len(sent))
            received = function(conn, len(sent))
        if received is None:
            return NOTHING_RETURNED
        if received != sent:
            came = f"{sent!r} came in chunks of {most}" if most < len(sent) else f"{sent!r} came"
            return Tried(False, f"{came}. Your function returned {received!r}.")
    return Tried(True, "It got everything: in one chunk, byte by byte, and in chunks that end inside a letter.")


@task("1 web")
def web(function: Callable[[socket.socket], bytes | None]) -> Tried:
    """Try a function that gets a file from Python's own web server."""
    text = f"{random.random()}\r\n\r\nis a number, below an empty line.\n".encode() * 50
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "note.txt").write_bytes(text)
        with _Server(("127.0.0.1", 0), functools.partial(_Handler, directory=folder)) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                return _judged(function, server.server_address[1], text)
            finally:
                server.shutdown()
                thread.join()


def _judged(function: Callable[[socket.socket], bytes | None], port: int, text: bytes) -> Tried:
    with narrowed(socket.create_connection(("127.0.0.1", port)), 100) as conn:
        received = function(conn)
    if received is None:
        return NOTHING_RETURNED
    if received == text:
        return Tried(True, f"All {len(text)} bytes of the file, and nothing else, from a server that you didn't write.")
    if not isinstance(received, bytes):
        return Tried(False, f"It returned {type(received).__name__}, but a file is bytes.")
    if received.startswith(b"HTTP/"):
        first = received.partition(b"\r\n")[0]
        return Tried(
            False, f"It returned the whole reply, from {first!r} on. The file begins after the first empty line."
        )
    if received.startswith(b"<!DOCTYPE"):
        return Tried(False, "It returned the server's error page: is the file's name right?")
    return Tried(False, f"The file has {len(text)} bytes. Your function gave {len(received)}: {received[:50]!r} ...")


class _Server(http.server.ThreadingHTTPServer):
    """Python's own server, without reports on the screen."""

    def handle_error(self, *_: object) -> None:
        """Report nothing about a client that leaves too early."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Python's own handler, without reports on the screen."""

    timeout = 2 * SECONDS  # the student's side gives up first

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
