"""Programs that write down where their threads wait, so that it can be drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from parley.contract.moment import WHATS, Moment
from parley.harness.actors import Role
from parley.harness.programs import Plain, Process
from parley.harness.scene import Scene

INSTRUMENT = Path(__file__).with_name("watched")
MOST_NOTES = 8 * 1024 * 1024  # bytes of a file of moments
WORDS = ("name", "call", "on", "error")
NUMBERS = ("thread", "item", "other", "line")
SOCKET = re.compile(r"<socket\.socket [^>]{0,200}?(?:raddr=\('[^']{0,50}', (\d+)[^)]{0,50}\))?>")  # in a repr


class Watching(Plain):
    """Starts programs as Plain does, and lets each write down what its threads do. Never used for points.

    The programs and the record share a clock: perf_counter is the same for all processes of a machine.
    """

    def start(
        self,
        path: Path,
        args: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        instrument: Path | None = None,
    ) -> Process:
        """Start a program in this folder, watched."""
        return super().start(path, args, folder, environment, instrument or INSTRUMENT)


def moments(scene: Scene) -> list[Moment]:
    """Return what the threads of all programs of a scene did so far, in order. Call it before the scene ends."""
    targets = {wire.address[1]: wire.name for wire in scene.wires}  # the ports that clients connect to
    targets |= {program.address[1]: program.name for program in scene.programs if program.address}
    found = [
        moment
        for program in scene.programs
        for line in program.note("moments", MOST_NOTES).split(b"\n")
        if (moment := _moment(line, program, scene.record.began, targets | program.visitors))
    ]
    return sorted(found, key=lambda moment: moment.at)


def _moment(line: bytes, program: Role, began: float, names: Mapping[int, str]) -> Moment | None:
    """Return the moment in a line, or None: a program may write anything there."""
    try:
        data = json.loads(line)
        if data["what"] not in WHATS:
            return None
        sent = int(data.get("sent", data["size"]))  # of a send that took only part of its data
        text = str(data["data"])
        if data["what"] == "puts":  # connections are named after their other end
            text = SOCKET.sub(lambda found: names.get(int(found[1] or 0), "a socket"), text)
        fields: dict[str, Any] = {name: str(data.get(name, "")) for name in WORDS}
        fields |= {name: int(data[name]) for name in NUMBERS if name in data}
        fields |= {"at": round(float(data["at"]) - began, 6), "size": sent, "data": text.encode("latin-1")}
        peer = names.get(int(data.get("peer", 0)), "")
        return Moment(who=program.name, what=data["what"], peer=peer, **fields)
    except (ValueError, KeyError, TypeError, RecursionError, UnicodeEncodeError):
        return None
