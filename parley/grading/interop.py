"""Everybody's client against everybody's server: one conversation for each pair, our own programs among them.

A pair that fails says nothing about who is wrong. Blame is only given where our own program shows it: a client that
fails with our server too, a server that fails with our client too. It costs nobody a point.
"""

import csv
import itertools
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parley import stages
from parley.contract.record import Failed, visible
from parley.contract.story import cause
from parley.grading.crew import Crew, Hand, JobLimit
from parley.grading.csv_in_place import safe
from parley.grading.intake import Submission
from parley.grading.jobs import Done, Job, Line, Talked
from parley.grading.pages import filled_page
from parley.grading.worker_client import RunsJobs, WorkerClient
from parley.harness.play import SCRIPTS
from parley.harness.reaper import folder_prefix
from parley.harness.scene import Scene, unready
from parley.stages import Stage

OURS = "(ours)"
WORKS, FAILS, NOT_SUPPORTED, NOT_TRIED, GRADER = "works", "fails", "not supported", "not tried", "grader"
SIGNS = {WORKS: "✓", FAILS: "✗", NOT_SUPPORTED: "-", NOT_TRIED: " ", GRADER: "!"}
MOST_PAIRS = 1000  # of more, each program meets some of the others only


@dataclass
class Meeting:
    """What came of one server with one client: `verdict`, `said` (a sentence), `blame`: server, client, both, or ""."""

    server: str
    client: str
    verdict: str = NOT_TRIED
    said: str = ""
    blame: str = ""
    tries: int = field(default=0, compare=False)

    @property
    def is_done(self) -> bool:
        """Whether it is known what came of it."""
        return self.verdict != NOT_TRIED


@dataclass
class MeetingTable:
    """All meetings of a stage: `names` of the programs, ours first; `meetings`: {(server, client): Meeting}."""

    stage: str
    names: list[str]
    meetings: dict[tuple[str, str], Meeting] = field(default_factory=dict)

    def count(self) -> dict[str, int]:
        """How many meetings there are of each verdict."""
        return dict(Counter(meeting.verdict for meeting in self.meetings.values()))


# One conversation, in a worker


def talk(job: Job, say: Callable[[Line], object], start: Any = None) -> Done:
    """Let the server and the client(s) of a job talk as the stage's scene has it, and say what came of it; returns the
    last line.

    `say(line)` writes a line; `start`: how programs are started (see parley.harness.scene.Scene). Raises OSError.
    """
    with tempfile.TemporaryDirectory(prefix=folder_prefix()) as folder:
        for name in ("server.py", "client.py"):
            (Path(folder) / name).write_bytes(job.files[name])
        with Scene(folder, seed=job.seed, start=start) as scene:
            try:
                SCRIPTS[job.stage](scene)
                scene.check()
                say(Talked(WORKS, ""))
            except Failed as failed:
                say(Talked(FAILS, _seen(failed)))
    return Done()


def _seen(failed: Failed) -> str:
    """Why they failed, without the number of the port, which is another one each time."""
    return cause(failed).replace(f"port {failed.facts.get('port')}", "its port")


# All conversations of a class


def meet(
    submissions: Iterable[Submission],
    stage: Stage,
    *,
    jobs: int = 4,
    seed: int = 0,
    start: Callable[[], RunsJobs] = WorkerClient,
    most: int = MOST_PAIRS,
    on_meeting: Callable[[Meeting, int], object] = lambda meeting, left: None,
) -> MeetingTable:
    """Let every client meet every server of a stage; returns the table.

    `submissions`: as intake.read_all gives them; `jobs`: conversations at once; `start()`: starts a worker; `most`:
    pairs, from which on only a sample is tried, the same for the same seed; `on_meeting(meeting, left)` is called as
    they come. Raises CannotGrade if no worker can work here.
    """
    programs = {OURS: {f"{name}.py": _ours(stage, name) for name in ("server", "client")}}
    programs |= {submission.key: submission.stages.get(stage.name, {}) for submission in submissions}
    states = {
        name: {program: _state(files, program) for program in ("server", "client")} for name, files in programs.items()
    }
    table = MeetingTable(stage.name, list(programs))
    left = []
    for pair in _pairs(list(programs), most, seed):
        table.meetings[pair] = meeting = Meeting(*pair)
        said = states[pair[0]]["server"] or states[pair[1]]["client"]
        if said:
            meeting.verdict, meeting.said = NOT_SUPPORTED, said
        else:
            left.append(meeting)
    ended = itertools.count(1)

    def do(meeting: Meeting, hand: Hand[Meeting]) -> str:
        files = {f"{name}.py": programs[getattr(meeting, name)][f"{name}.py"] for name in ("server", "client")}
        job = Job(f"{meeting.server} with {meeting.client}", stage.name, files, seed, talk=True)
        (talked,) = [line for line in hand.lines_of(job) if isinstance(line, Talked)]
        meeting.verdict, meeting.said = talked.verdict, talked.said
        return ""

    def over(meeting: Meeting, trouble: str) -> None:
        if trouble:
            meeting.verdict, meeting.said = GRADER, trouble
        on_meeting(meeting, len(left) - next(ended))

    Crew(left, JobLimit(jobs), start, do, over).work()
    for meeting in left:
        _blame(table, meeting)
    return table


def _ours(stage: Stage, program: str) -> bytes:
    source: bytes = stages.solution(stage, "full", program).read_bytes()
    return source


def _state(files: Mapping[str, bytes], program: str) -> str:
    """Why this program cannot take part, in a sentence; "" if it can."""
    name = f"{program}.py"
    if name not in files:
        return f"there is no {name}."
    with tempfile.TemporaryDirectory(prefix=folder_prefix()) as folder:
        path = Path(folder) / name
        path.write_bytes(files[name])
        why, facts = unready(path)
    if why is None:
        return ""
    return f"{name} is not begun." if why == "not begun" else f"{name} is no Python: line {facts['line']}."


def _pairs(names: Sequence[str], most: int, seed: int) -> list[tuple[str, str]]:
    """The pairs (server, client) that meet: all, or, of too many, each with ours and with as many others as fit."""
    if len(names) ** 2 <= most:
        return [(server, client) for server in names for client in names]
    others = list(names[1:])
    random.Random(seed).shuffle(others)
    several = max(1, (most - 2 * len(names)) // len(others))  # servers that a client meets besides ours
    pairs = [(OURS, name) for name in names] + [(name, OURS) for name in names[1:]]
    for at, client in enumerate(others):
        pairs += [(others[(at + step) % len(others)], client) for step in range(min(several, len(others)))]
    return pairs


def _blame(table: MeetingTable, meeting: Meeting) -> None:
    """Who is to blame for a meeting that failed, as far as our own programs show it."""
    if meeting.verdict != FAILS:
        return
    failed = {
        "server": table.meetings[meeting.server, OURS].verdict == FAILS,
        "client": table.meetings[OURS, meeting.client].verdict == FAILS,
    }
    meeting.blame = "both" if all(failed.values()) else next((who for who, is_so in failed.items() if is_so), "")


# Reports


def write_meetings(table: MeetingTable, folder: Path) -> tuple[Path, Path]:
    """Write interop-STAGE.csv and interop-STAGE.html into a folder, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    sheet, page = (folder / f"interop-{table.stage}.{kind}" for kind in ("csv", "html"))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["server", "client", "verdict", "blame", "what was seen"])
        for meeting in table.meetings.values():
            who = [safe(meeting.server), safe(meeting.client)]
            rows.writerow([*who, meeting.verdict, meeting.blame, safe(visible(meeting.said))])
    page.write_text(filled_page("interop.html", table=table, signs=SIGNS), encoding="utf-8")
    return sheet, page
