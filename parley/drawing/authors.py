"""Who wrote what: the author and message of each step of a record that carries someone's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parley.contract.record import Event

MOST_MESSAGES = 200  # messages to search for the author of a step, the newest first
MOST_LOOKED_AT = 4096  # bytes of a step
CARRY = ("types", "sends", "receives", "prints")


@dataclass(frozen=True)
class AuthoredText:
    """A line that someone wrote: its `number`, its `author` and its `text` without the newline."""

    number: int
    author: str
    text: bytes


def messages_in(events: Sequence[Event]) -> dict[int, AuthoredText]:
    """Return the message of each step that carries someone's words, by the step's number. A message was typed, or sent
    by someone without a keyboard here.

    Of several in one step, take the longest. A server's own additions, such as a greeting, belong to no one.
    """
    known: list[AuthoredText] = []
    found: dict[int, AuthoredText] = {}
    for number, event in enumerate(events):
        if event.what not in CARRY:
            continue
        data = event.data[:MOST_LOOKED_AT]
        inside = [message for message in known[-MOST_MESSAGES:] if message.text in data]
        # for equal messages: the sender's own, and then the newest
        inside.sort(key=lambda message: (len(message.text), message.author == event.who, message.number))
        writes = event.what == "types" or (event.what == "sends" and event.who != "server" and not inside)
        if writes and data.strip():
            text = max(data.split(b"\n"), key=len).rstrip(b"\r")
            known.append(AuthoredText(len(known), event.who, text))
            inside = known[-1:]
        if inside:
            found[number] = inside[-1]
    return found
