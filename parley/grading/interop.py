"""Everybody's client against everybody's server: one conversation for each pair, our own programs among them.

A pair that fails says nothing about who is wrong. Blame is only given where our own program shows it: a client that
fails with our server too, a server that fails with our client too. It costs nobody a point.
"""

import base64
import csv
import queue
import random
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from parley import stages
from parley.contract.errors import CannotGrade, GraderError
from parley.contract.record import Failed, visible
from parley.contract.story import cause
from parley.grading.csv_in_place import safe
from parley.grading.pages import page as filled_page
from parley.grading.worker_client import Judge
from parley.harness.play import SCRIPTS
from parley.harness.reaper import folder_prefix
from parley.harness.scene import Scene, unready

OURS = "(ours)"
WORKS, FAILS, NOT_SUPPORTED, NOT_TRIED, GRADER = "works", "fails", "not supported", "not tried", "grader"
SIGNS = {WORKS: "✓", FAILS: "✗", NOT_SUPPORTED: "-", NOT_TRIED: " ", GRADER: "!"}
MOST_PAIRS = 1000  # of more, each program meets some of the others only
TRIES = 2  # of a conversation that ends by trouble of the grader's


@dataclass
class Meeting:
    """What came of one server with one client: `verdict`, `said` (a sentence), `blame`: server, client, both, or ""."""

    server: str
    client: str
    verdict: str = NOT_TRIED
    said: str = ""
    blame: str = ""


@dataclass
class Table:
    """All meetings of a stage: `names` of the programs, ours first; `meetings`: {(server, client): Meeting}."""

    stage: str
    names: list[str]
    meetings: dict[tuple[str, str], Meeting] = field(default_factory=dict)

    def count(self):
        """How many meetings there are of each verdict, as a dict."""
        return dict(Counter(meeting.verdict for meeting in self.meetings.values()))


# One conversation, in a judge


def talk(job, say, start=None):
    """Let the server and the client(s) of a job talk as the stage's scene has it, and say what came of it; returns the
    fields of the last line.

    `say(**fields)` writes a line; `start`: how programs are started (see parley.harness.scene.Scene). Raises OSError.
    """
    with tempfile.TemporaryDirectory(prefix=folder_prefix()) as folder:
        for name in ("server.py", "client.py"):
            (Path(folder) / name).write_bytes(base64.b64decode(job["files"][name]))
        with Scene(folder, seed=job.get("seed"), start=start) as scene:
            try:
                SCRIPTS[job["stage"]](scene)
                scene.check()
                say(talked=WORKS, said="")
            except Failed as failed:
                say(talked=FAILS, said=_seen(failed))
    return {"done": True}


def _seen(failed):
    """Why they failed, without the number of the port, which is another one each time."""
    return cause(failed).replace(f"port {failed.facts.get('port')}", "its port")


# All conversations of a class


def meet(submissions, stage, *, jobs=4, seed=0, start=Judge, most=MOST_PAIRS, on_meeting=None):
    """Let every client meet every server of a stage; returns the Table.

    `submissions`: as intake.read_all gives them; `jobs`: conversations at once; `start()`: starts a judge; `most`:
    pairs, from which on only a sample is tried, the same for the same seed; `on_meeting(meeting, left)` is called as
    they come. Raises CannotGrade if no judge can work here.
    """
    programs = {OURS: {f"{name}.py": _ours(stage, name) for name in ("server", "client")}}
    programs |= {one.key: one.stages.get(stage.name, {}) for one in submissions}
    states = {name: {each: _state(files, each) for each in ("server", "client")} for name, files in programs.items()}
    table = Table(stage.name, list(programs))
    left = []
    for pair in _pairs(list(programs), most, seed):
        table.meetings[pair] = meeting = Meeting(*pair)
        said = states[pair[0]]["server"] or states[pair[1]]["client"]
        if said:
            meeting.verdict, meeting.said = NOT_SUPPORTED, said
        else:
            left.append(meeting)
    _Round(programs, stage, seed, start, on_meeting).talk(left, jobs)
    for meeting in left:
        _blame(table, meeting)
    return table


def _ours(stage, program):
    return stages.solution(stage, "full", program).read_bytes()


def _state(files, program):
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


def _pairs(names, most, seed):
    """The pairs (server, client) that meet: all, or, of too many, each with ours and with as many others as fit."""
    if len(names) ** 2 <= most:
        return [(server, client) for server in names for client in names]
    others = names[1:]
    random.Random(seed).shuffle(others)
    each = max(1, (most - 2 * len(names)) // len(others))  # servers that a client meets besides ours
    pairs = [(OURS, name) for name in names] + [(name, OURS) for name in names[1:]]
    for at, client in enumerate(others):
        pairs += [(others[(at + step) % len(others)], client) for step in range(min(each, len(others)))]
    return pairs


def _blame(table, meeting):
    """Who is to blame for a meeting that failed, as far as our own programs show it."""
    if meeting.verdict != FAILS:
        return
    failed = {
        "server": table.meetings[meeting.server, OURS].verdict == FAILS,
        "client": table.meetings[OURS, meeting.client].verdict == FAILS,
    }
    meeting.blame = "both" if all(failed.values()) else next((who for who, is_so in failed.items() if is_so), "")


class _Round:
    """Conversations, several at once, each thread with a judge of its own."""

    def __init__(self, programs, stage, seed, start, on_meeting):
        self._programs, self._stage, self._seed, self._start = programs, stage, seed, start
        self._tell = on_meeting or (lambda meeting, left: None)
        self._waiting, self._news, self._judges = queue.SimpleQueue(), queue.SimpleQueue(), []
        self._stopped = threading.Event()

    def talk(self, meetings, jobs):
        """Let all these pairs meet. However it ends, no judge and no program is left."""
        for meeting in meetings:
            self._waiting.put(meeting)
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(min(jobs, len(meetings)))]
        try:
            for worker in workers:
                worker.start()
            for left in range(len(meetings), 0, -1):
                met = self._next()
                if isinstance(met, Exception):
                    raise met
                self._tell(met, left - 1)
        finally:
            self._stopped.set()
            for judge in list(self._judges):
                judge.tell_to_stop()
            for worker in workers:
                if worker.ident:
                    worker.join()

    def _next(self):
        while True:
            try:
                return self._news.get(timeout=1)  # a limit, so that Windows sees Ctrl+C
            except queue.Empty:
                continue

    def _work(self):
        judge = None
        try:
            while not self._stopped.is_set():
                try:
                    meeting = self._waiting.get_nowait()
                except queue.Empty:
                    return
                judge = self._meet(meeting, judge)
                self._news.put(meeting)
        except Exception as error:  # the one who waits has to know
            self._news.put(error)
        finally:
            if judge:
                judge.stop()

    def _meet(self, meeting, judge):
        """One meeting, tried again after trouble of the grader's; returns the judge for the next one."""
        for _ in range(TRIES):
            if self._stopped.is_set():
                return judge
            if judge is None:
                judge = self._start()
                self._judges.append(judge)
            try:
                for line in judge.run(self._job(meeting)):
                    if "talked" in line:
                        meeting.verdict, meeting.said = line["talked"], line["said"]
                return judge
            except CannotGrade:
                raise
            except GraderError as trouble:
                meeting.verdict, meeting.said = GRADER, str(trouble)
                judge.stop()
                judge = None
        return judge

    def _job(self, meeting):
        files = {"server.py": self._programs[meeting.server]["server.py"]}
        files["client.py"] = self._programs[meeting.client]["client.py"]
        packed = {name: base64.b64encode(data).decode() for name, data in files.items()}
        known = {"job": f"{meeting.server} with {meeting.client}", "stage": self._stage.name, "seed": self._seed}
        return {**known, "talk": True, "files": packed}


# Reports


def write(table, folder):
    """Write interop-STAGE.csv and interop-STAGE.html into a folder, and return their paths."""
    folder = Path(folder)
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
