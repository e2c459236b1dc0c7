"""A record as a chat: who typed what, and on which screens it arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from parley.contract.record import Event, harmless


@dataclass(frozen=True)
class Message:
    """One line that someone typed and someone saw.

    `author`: who typed it; `text`: what was typed; `viewers`: who saw it; `shown`: the line on their screens.
    """

    author: str
    text: str
    viewers: tuple[str, ...]
    shown: str


def messages(events: Iterable[Event]) -> list[Message]:
    """Return the lines that were typed and then shown on a screen, in the order of typing.

    A line on a screen belongs to the oldest typed line that it ends with and that this screen hasn't shown yet. So a
    time or a name may come before it. Skip lines that no screen shows (a name, a command).
    """
    typed: list[tuple[str, str]] = []  # author and text
    seen: defaultdict[int, dict[str, str]] = defaultdict(dict)  # by the number of a typed line: {viewer: line}
    rest: defaultdict[str, str] = defaultdict(str)  # by viewer: an incomplete line
    for event in events:
        if event.what == "types":
            typed.append((event.who, event.data.decode(errors="replace").rstrip("\n")))
        elif event.what == "prints":
            *lines, rest[event.who] = (rest[event.who] + event.data.decode(errors="replace")).split("\n")
            for line in lines:
                for number, (_, text) in enumerate(typed):
                    if text and line.endswith(text) and event.who not in seen[number]:
                        seen[number][event.who] = line
                        break
    return [
        Message(author, harmless(text), tuple(sorted(seen[number])), harmless(next(iter(seen[number].values()))))
        for number, (author, text) in enumerate(typed)
        if seen.get(number)
    ]
