"""What a thread of a program did at some moment, as the program itself has written it down while it ran."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

WHATS = ("begins", "ends", "waits", "goes on", "puts", "takes", "sets", "ends stream", "prints")


@dataclass(frozen=True)
class Moment:
    """One thing that a thread did.

    `at`: seconds since the record of the run began; `who`: the program; `thread`: its number there (0: the main one)
    and `name`, as the program has it; `what`: one of WHATS; `call`: what it waits in ("recv", "get", "lock");
    `on`: the name of the queue, event, lock or thread; `peer`: the other end of the connection; `data`: the first bytes
    of what was sent, received, typed, printed or put, of which there were `size`; `item`: its number in the queue;
    `other`: the number of the thread that has started this one, or that is waited for; `error`: the exception with
    which a wait ended; `line`: of the program.
    """

    at: float
    who: str
    thread: int
    name: str
    what: str
    call: str = ""
    on: str = ""
    peer: str = ""
    data: bytes = b""
    size: int = 0
    item: int = -1
    other: int = -1
    error: str = ""
    line: int = 0

    def as_data(self) -> dict[str, Any]:
        """The moment as plain data: without what is as usual, `data` as base64."""
        plain = {**asdict(self), "at": round(self.at, 6), "data": base64.b64encode(self.data).decode()}
        usual = {field.name: field.default for field in fields(self)} | {"data": ""}
        return {name: value for name, value in plain.items() if value != usual[name]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Moment:
        """The moment that as_data has made plain. Raises TypeError or ValueError if it is none."""
        return cls(**{**data, "data": base64.b64decode(data.get("data", ""))})
