"""The tasks of stage 2, logbook."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable

from parley.contract.errors import NotYet
from parley.notebooks.tasks import NOTHING_RETURNED, Tried, task
from parley.notebooks.tasks.streams import answered_bytes, connected


@task("2 split")
def split(answer: object) -> Tried:
    """Try the answer: what does split return for bytes with two newlines?"""
    parts = b"harbor\nfog\nlight".split(b"\n")
    if not isinstance(answer, list):
        raise NotYet('Answer with a list, such as [b"...", b"..."].')
    return Tried([answered_bytes(part) for part in answer] == parts, f"It returned {parts}: the newlines are gone.")


@task("2 waiting")
def waiting(answer: object) -> Tried:
    """Try the answer: what waits in the buffer after the second of three chunks?"""
    rest = b""
    for data in (b"left the har", b"bor\nfog\nlight"):
        whole = (rest + data).split(b"\n")
        rest = whole.pop()
    return Tried(answered_bytes(answer) == rest, f"After the second chunk {whole} are whole, and {rest!r} waits.")


@task("2 cuts")
def cuts(answer: int) -> Tried:
    """Try the answer: at how many places can you cut a text's bytes so that both parts can be decoded?"""
    data = "чай".encode()
    good = [at for at in range(1, len(data)) if _is_text(data[:at]) and _is_text(data[at:])]
    places = " and ".join(map(str, good))
    return Tried(answer == len(good), f"Cut after byte {places}, and both parts are text. Elsewhere decode() failed.")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@task("2 pause")
def pause(answer: int) -> Tried:
    """Try the answer: how often does a generator print before the loop that uses it has its first value?"""
    said = []

    def countdown(start: int) -> Iterable[int]:
        while start:
            said.append("about to hand out")
            yield start
            start = start - 1

    numbers = iter(countdown(3))
    first = next(numbers)
    times = len(said)
    rest = len(list(numbers))
    why = f"When the body got {first}, it was printed {times} time. The other {rest} came later, one before each value."
    return Tried(answer == times, f"{why} A function that returns a list would have done all {times + rest} first.")


Receive = Callable[[socket.socket], "Iterable[bytes] | None"]
Frames = tuple[Callable[[bytes], "bytes | None"], Receive]


@task("2 frames")
def frames(functions: Frames) -> Tried:
    """Try a function that frames a message, and one that receives framed messages."""
    frame, receive_frames = functions
    messages = [b"fog", b"", b"two\nlines\n", b"\x00\x00\x00\x01", bytes(range(256)) * 40]
    framed = [frame(message) for message in messages]
    if None in framed:
        return NOTHING_RETURNED
    sent = b"".join(data for data in framed if data)
    for most in (1, 3, 4096):
        received = _received(receive_frames, sent, most)
        if received is None:
            return NOTHING_RETURNED
        if received != messages:
            return Tried(False, _difference(messages, received, most))
    if _received_too_little(receive_frames, sent[:-1]) not in (None, messages[:-1]):
        return Tried(
            False, "The stream ended one byte too early, and your function took the last message for a whole one."
        )
    return Tried(True, "Messages with newlines, with zeros, and without any byte, in chunks of 1, 3 and 4096 bytes.")


def _received(receive_frames: Receive, sent: bytes, most: int) -> list[bytes] | None:
    """Return what the student's function gives for these bytes, which arrive in chunks of `most` bytes."""

    def send() -> None:
        with contextlib.suppress(OSError):  # not all of it was received
            other.sendall(sent)
            other.shutdown(socket.SHUT_WR)

    with connected(most) as (other, conn):
        sender = threading.Thread(target=send)
        sender.start()
        try:
            received = receive_frames(conn)
            return None if received is None else list(received)
        finally:
            conn.close()  # so that the sender always ends
            sender.join()


def _received_too_little(receive_frames: Receive, sent: bytes) -> list[bytes] | None:
    """Do the same if the stream ends inside a message. Return None if the function raises an exception for it."""
    try:
        return _received(receive_frames, sent, 4096)
    except NotYet:
        raise
    except Exception:
        return None


def _difference(messages: list[bytes], received: list[bytes], most: int) -> str:
    for number, message in enumerate(messages):
        came = received[number] if number < len(received) else None
        if came != message:
            what = "did not come" if came is None else f"came as {came[:30]!r}"
            return f"In chunks of {most}, the message {message[:30]!r} {what}."
    return f"{len(messages)} messages were sent, and your function gave {len(received)}."
