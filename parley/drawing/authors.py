"""Who wrote what: the author of each step of a record that carries someone's words, and which message it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parley.contract.record import Event

MOST_MESSAGES = 200  # among which the author of a step is looked for, the newest first
MOST_LOOKED_AT = 4096  # bytes of a step
CARRY = ("types", "sends", "receives", "prints")


@dataclass(frozen=True)
class AuthoredText:
    """A line that someone wrote: its `number`, its `author` and its `text` without the newline."""

    number: int
    author: str
    text: bytes


def messages_in(events: Sequence[Event]) -> dict[int, AuthoredText]:
    """For each step that carries someone's words (by its number), the message: what was typed, or what someone sent
    who has no keyboard here.

    Of several in one step it is the longest. What a server adds of its own, such as a greeting, belongs to no one.
    """
    known: list[AuthoredText] = []
    found: dict[int, AuthoredText] = {}
    for number, event in enumerate(events):
        if event.what not in CARRY:
            continue
        data = event.data[:MOST_LOOKED_AT]
        inside = [message for message in known[-MOST_MESSAGES:] if message.text in data]
        # two may have written the same: it is then the one who sends it, and of one author's the newest
        inside.sort(key=lambda message: (len(message.text), message.author == event.who, message.number))
        writes = event.what == "types" or (event.what == "sends" and event.who != "server" and not inside)
        if writes and data.strip():
            text = max(data.split(b"\n"), key=len).rstrip(b"\r")
            known.append(AuthoredText(len(known), event.who, text))
            inside = known[-1:]
        if inside:
            found[number] = inside[-1]
    return found
