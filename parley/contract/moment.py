"""What a thread of a program did at some moment, as the program itself wrote it down."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

WHATS = ("begins", "ends", "waits", "goes on", "puts", "takes", "sets", "ends stream", "prints")


@dataclass(frozen=True)
class Moment:
    """One thing that a thread did.

    `at`: seconds since the record of the run began; `who`: the program; `thread`: its number there (0: the main one);
    `name`: its name there; `what`: one of WHATS; `call`: what it waits in ("recv", "get", "lock"); `on`: the name of
    the queue, event, lock or thread; `peer`: the other end of the connection; `data`: the first of the `size` bytes
    sent, received, typed, printed or put; `item`: its number in the queue; `other`: the number of the thread that
    started this one, or that it waits for; `error`: the exception that ended a wait; `line`: of the program.
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
        """Return the moment as plain data, without default values, `data` as base64."""
        plain = {**asdict(self), "data": base64.b64encode(self.data).decode()}
        usual = {field.name: field.default for field in fields(self)} | {"data": ""}
        return {name: value for name, value in plain.items() if value != usual[name]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Moment:
        """Return the moment that as_data made plain. Raise TypeError or ValueError for anything else."""
        return cls(**{**data, "data": base64.b64decode(data.get("data", ""))})
