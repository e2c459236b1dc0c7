"""Everyone's client against everyone's server: one conversation for each pair, including our own programs.

A failing pair doesn't show who is wrong. Blame needs our own program: a client that fails with our server too, or a
server that fails with our client too. It never costs points.
"""

import contextlib
import csv
import itertools
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parley import stages
from parley.contract.files import about
from parley.contract.plain import from_plain, to_plain
from parley.contract.record import Failed, visible
from parley.contract.story import cause
from parley.grading.crew import Crew, Hand, JobLimit
from parley.grading.csv_in_place import safe
from parley.grading.fingerprints import deciding_files, files_print
from parley.grading.intake import Submission
from parley.grading.jobs import Done, Job, Line, Talked
from parley.grading.pages import filled_page
from parley.grading.worker_client import RunsJobs, WorkerClient
from parley.harness.play import SCRIPTS
from parley.harness.reaper import folder_prefix
from parley.harness.scene import Scene, unready
from parley.stages import Stage

OURS = "(ours)"
WORKS, FAILS, NOT_TRIED, GRADER = "works", "fails", "not tried", "grader"
SIGNS = {WORKS: "✓", FAILS: "✗", NOT_TRIED: " ", GRADER: "!"}
MOST_PAIRS = 1000  # with more programs, each meets only some of the others


@dataclass
class Meeting:
    """The result of one server with one client: `verdict`, `said` (a sentence), `blame`: server, client, both, ""."""

    server: str
    client: str
    verdict: str = NOT_TRIED
    said: str = ""
    blame: str = ""
    tries: int = field(default=0, compare=False)

    @property
    def is_done(self) -> bool:
        """Whether the result is known."""
        return self.verdict != NOT_TRIED


@dataclass
class MeetingTable:
    """All meetings of a stage: `names` of the programs, ours first; `meetings`: {(server, client): Meeting}."""

    stage: str
    names: list[str]
    meetings: dict[tuple[str, str], Meeting] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)  # {program: why it isn't tried}

    @property
    def servers(self) -> list[str]:
        """Return whose servers meet clients, in order."""
        return [name for name in self.names if any(server == name for server, _ in self.meetings)]

    @property
    def clients(self) -> list[str]:
        """Return whose clients meet servers, in order."""
        return [name for name in self.names if any(client == name for _, client in self.meetings)]

    def count(self) -> dict[str, int]:
        """Return how many meetings have each verdict."""
        return dict(Counter(meeting.verdict for meeting in self.meetings.values()))


@dataclass(frozen=True)
class KeptMeeting:
    """A line of interop-STAGE.jsonl: the fingerprint of a pair of programs, and the result."""

    print: str
    verdict: str
    said: str


# One conversation, in a worker


def talk(job: Job, say: Callable[[Line], object], start: Any = None) -> Done:
    """Let the server and the client(s) of a job talk as in the stage's scene, write the result, and return the last
    line.

    `say(line)`: writes a line; `start`: how to start programs (see parley.harness.scene.Scene). Raise OSError.
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
    """Return why they failed, without the port number, which differs each time."""
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
    done: Mapping[str, Meeting] | None = None,
    keep: Callable[[str, Meeting], object] = lambda print, meeting: None,
) -> tuple[MeetingTable, bool]:
    """Let every client meet every server of a stage, if both exist. Return (the table, whether it was stopped).

    `submissions`: from intake.read_all; `jobs`: conversations in parallel; `start()`: starts a worker; `most`: pairs,
    of more only a sample is tried, the same for the same seed; `on_meeting(meeting, left)`: called for each result;
    `done`: earlier results, by the fingerprint of the pair; `keep(fingerprint, meeting)`: called with each new result,
    on any thread. Raise CannotGrade if no worker can work here. Ctrl+C stops it and keeps all results.
    """
    print_of: dict[tuple[str, str], str] = {}
    programs = {OURS: {f"{name}.py": _ours(stage, name) for name in ("server", "client")}}
    programs |= {submission.key: submission.stages.get(stage.name, {}) for submission in submissions}
    states = {
        name: {program: _state(files, program) for program in ("server", "client")} for name, files in programs.items()
    }
    table = MeetingTable(stage.name, list(programs))
    for name, known in states.items():
        table.absent |= {f"{program}.py of {name}": why for program, why in known.items() if why}
    able = {program: [name for name in programs if not states[name][program]] for program in ("server", "client")}
    rules = files_print(deciding_files() | {"of": f"{stage.name} {seed}".encode()}).encode()
    left = []
    for pair in _pairs(able["server"], able["client"], most, seed):
        server, client = programs[pair[0]]["server.py"], programs[pair[1]]["client.py"]
        print_of[pair] = files_print({"server": server, "client": client, "rules": rules})
        known_before = (done or {}).get(print_of[pair])
        table.meetings[pair] = meeting = Meeting(*pair)
        if known_before:
            meeting.verdict, meeting.said = known_before.verdict, known_before.said
        else:
            left.append(meeting)
    ended = itertools.count(1)
    stopped = False

    def do(meeting: Meeting, hand: Hand[Meeting]) -> str:
        files = {f"{name}.py": programs[getattr(meeting, name)][f"{name}.py"] for name in ("server", "client")}
        job = Job(f"{meeting.server} with {meeting.client}", stage.name, files, seed, talk=True)
        (talked,) = [line for line in hand.lines_of(job) if isinstance(line, Talked)]
        meeting.verdict, meeting.said = talked.verdict, talked.said
        keep(print_of[meeting.server, meeting.client], meeting)
        return ""

    def over(meeting: Meeting, trouble: str) -> None:
        if trouble:
            meeting.verdict, meeting.said = GRADER, trouble
        on_meeting(meeting, len(left) - next(ended))

    try:
        Crew(left, JobLimit(jobs), start, do, over).work()
    except KeyboardInterrupt:
        stopped = True
    for meeting in table.meetings.values():
        _blame(table, meeting)
    return table, stopped


def _ours(stage: Stage, program: str) -> bytes:
    source: bytes = stages.solution(stage, "full", program).read_bytes()
    return source


def _state(files: Mapping[str, bytes], program: str) -> str:
    """Return why this program can't be tried, in a sentence, or ""."""
    name = f"{program}.py"
    if name not in files:
        return f"there's no {name}."
    with tempfile.TemporaryDirectory(prefix=folder_prefix()) as folder:
        path = Path(folder) / name
        path.write_bytes(files[name])
        why, facts = unready(path)
    if why is None:
        return ""
    return f"{name} isn't started." if why == "not begun" else f"{name} has a syntax error in line {facts['line']}."


def _pairs(servers: Sequence[str], clients: Sequence[str], most: int, seed: int) -> list[tuple[str, str]]:
    """Return the pairs (server, client) that meet: all, or if there are too many, each with ours and some others.

    Ours is the first of both.
    """
    if len(servers) * len(clients) <= most:
        return [(server, client) for server in servers for client in clients]
    others, callers = list(servers[1:]), list(clients[1:])
    pairs = [(OURS, name) for name in clients] + [(name, OURS) for name in others]
    if not (others and callers):
        return pairs
    random.Random(seed).shuffle(others)
    random.Random(seed + 1).shuffle(callers)
    several = min(len(others), max(1, (most - len(pairs)) // len(callers)))  # servers for each client, without ours
    for at, client in enumerate(callers):
        pairs += [(others[(at + step) % len(others)], client) for step in range(several)]
    return pairs


def _blame(table: MeetingTable, meeting: Meeting) -> None:
    """Return who is to blame for a failed meeting, as far as our own programs show it."""
    if meeting.verdict != FAILS:
        return
    with_ours = {"server": (meeting.server, OURS), "client": (OURS, meeting.client)}
    failed = {who: table.meetings[pair].verdict == FAILS for who, pair in with_ours.items() if pair in table.meetings}
    meeting.blame = (
        "both"
        if len(failed) == 2 and all(failed.values())
        else next((who for who, is_so in failed.items() if is_so), "")
    )


# Stored results


def read_done(folder: Path, stage: str) -> dict[str, Meeting]:
    """Return the results of earlier runs: {fingerprint of the pair: meeting}. Ignore invalid lines."""
    found = {}
    with contextlib.suppress(OSError):
        for text in _kept(folder, stage).read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                line = from_plain(KeptMeeting, json.loads(text))
                found[line.print] = Meeting("", "", line.verdict, line.said)
    return found


def keeper(folder: Path, stage: str) -> Callable[[str, Meeting], None]:
    """Yield a function that writes each meeting into the folder immediately. Raise OSError if that's impossible."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _kept(folder, stage)
    path.touch()

    def keep(fingerprint: str, meeting: Meeting) -> None:
        line = json.dumps(to_plain(KeptMeeting(fingerprint, meeting.verdict, meeting.said)))
        with about(path), path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    return keep


def _kept(folder: Path, stage: str) -> Path:
    return folder / f"interop-{stage}.jsonl"


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
