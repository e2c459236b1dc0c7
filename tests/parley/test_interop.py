"""Every client with every server: what works, what fails, and who is to blame for it."""

import _thread
import csv
import threading
from functools import partial

import pytest

from parley import stages
from parley.contract.errors import GraderError
from parley.grading import interop
from parley.grading.intake import Submission
from parley.grading.interop import FAILS, NOT_TRIED, OURS, WORKS
from parley.grading.jobs import Done, Talked
from parley.grading.worker_client import WorkerClient

ECHO = stages.find(1)
here = partial(WorkerClient, sandbox=False)

UPPER = """import socket, sys
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        conn, _ = listener.accept()
        with conn:
            while data := conn.recv(4096):
                conn.sendall(data.upper())
"""
DEAF = "input()\n"
SILENT = "import socket, sys\nsocket.create_connection((sys.argv[1], int(sys.argv[2])))\n"


def ours(program):
    return stages.solution(ECHO, "full", program).read_bytes()


def a_submission(key, **programs):
    files = {f"{name}.py": text if isinstance(text, bytes) else text.encode() for name, text in programs.items()}
    return Submission(key, f"{key}.zip", key=key, stages={ECHO.name: files} if files else {})


@pytest.fixture(scope="module")
def submissions():
    return [
        a_submission("anna", server=ours("server"), client=ours("client")),
        a_submission("ben", server=UPPER, client=ours("client")),  # a wrong server
        a_submission("carla", server=ours("server"), client=SILENT),  # a wrong client
        a_submission("dana", server="# later\n", client="def (\n"),
        a_submission("emil"),
        a_submission("farah", server=DEAF),
    ]


@pytest.fixture(scope="module")
def table(submissions):
    return interop.meet(submissions, ECHO, jobs=3, start=here)[0]


def row(table, server):
    return {name: table.meetings[server, name].verdict for name in table.clients}


def test_what_works_and_what_fails(table):
    assert row(table, "anna") == row(table, OURS)
    assert row(table, "anna") == {
        OURS: WORKS,
        "anna": WORKS,
        "ben": WORKS,
        "carla": FAILS,
    }
    assert {row(table, "ben")[name] for name in (OURS, "anna", "ben", "carla")} == {FAILS}
    assert table.servers == [OURS, "anna", "ben", "carla", "farah"]  # a pair that is not there is none
    assert len(table.meetings) == 5 * 4 and NOT_TRIED not in table.count()
    assert table.absent == {
        "server.py of dana": "server.py isn't started.",
        "client.py of dana": "client.py has a syntax error in line 1.",
        "server.py of emil": "there's no server.py.",
        "client.py of emil": "there's no client.py.",
        "client.py of farah": "there's no client.py.",
    }
    assert table.meetings["farah", "anna"].said.endswith("it didn't listen on its port.")


def test_only_our_own_programs_show_who_is_to_blame(table):
    assert table.meetings["anna", "carla"].blame == "client"
    assert table.meetings["ben", "anna"].blame == "server"
    assert table.meetings["ben", "carla"].blame == "both"
    assert table.meetings["anna", "ben"].blame == ""


def test_the_table_is_the_same_each_time(submissions, table):
    for seed in (1, 2):
        again, _ = interop.meet(submissions, ECHO, jobs=4, seed=seed, start=here)
        assert again.meetings == table.meetings


def test_two_that_are_right_with_ours_and_fail_together_are_not_blamed():
    table = interop.MeetingTable("1_echo", [OURS, "a", "b"])
    for pair in ((OURS, "a"), ("a", OURS), (OURS, "b"), ("b", OURS)):
        table.meetings[pair] = interop.Meeting(*pair, WORKS)
    table.meetings["a", "b"] = meeting = interop.Meeting("a", "b", FAILS)
    interop._blame(table, meeting)
    assert meeting.blame == ""


def test_of_a_large_class_each_meets_ours_and_some_others_the_same_ones_for_a_seed():
    names = [OURS, *(f"student {number}" for number in range(100))]
    pairs = interop._pairs(names, names, 1000, seed=5)
    assert pairs == interop._pairs(names, names, 1000, seed=5) != interop._pairs(names, names, 1000, seed=6)
    assert len(set(pairs)) == len(pairs) <= 1000
    for name in names[1:]:
        assert (OURS, name) in pairs and (name, OURS) in pairs
        assert sum(client == name for _, client in pairs) == sum(server == name for server, _ in pairs) >= 8
    assert interop._pairs([OURS], names, 10, seed=1) == [(OURS, name) for name in names]


class Ill:
    """A worker that has trouble: always, or once."""

    def __init__(self, left):
        self._left = left

    def run(self, job):
        if self._left:
            self._left.pop()
            raise GraderError("out of memory.")
        yield Talked(WORKS, "")
        yield Done()

    def tell_to_stop(self):
        pass

    stop = tell_to_stop


def test_trouble_of_the_grader_is_tried_again_and_then_told_as_such():
    anna = [a_submission("anna", server=ours("server"), client=ours("client"))]
    once, _ = interop.meet(anna, ECHO, jobs=1, start=partial(Ill, ["x"]))
    assert once.count() == {WORKS: 4}
    always, _ = interop.meet(anna, ECHO, jobs=1, start=lambda: Ill(["x"] * 100))
    assert always.count() == {interop.GRADER: 4}
    assert not any(meeting.blame for meeting in always.meetings.values())


class Stopped:
    """A worker in whose third conversation somebody presses Ctrl+C."""

    def __init__(self, ran):
        self._ran, self._told = ran, threading.Event()

    def run(self, job):
        if len(self._ran) == 2:
            _thread.interrupt_main()
            assert self._told.wait(30)
            raise GraderError("stopped.")
        self._ran.append(job.name)
        yield from (Talked(WORKS, ""), Done())

    def tell_to_stop(self):
        self._told.set()

    stop = tell_to_stop


def test_what_is_done_is_kept_when_it_is_stopped(tmp_path):
    anna = [a_submission("anna", server=ours("server") + b"\n", client=ours("client"))]
    ran = []

    def meet(start):
        keep, done = interop.keeper(tmp_path, ECHO.name), interop.read_done(tmp_path, ECHO.name)
        return interop.meet(anna, ECHO, jobs=1, start=start, done=done, keep=keep)

    table, stopped = meet(lambda: Stopped(ran))
    assert stopped and table.count() == {WORKS: 2, NOT_TRIED: 2}
    again = []
    table, stopped = meet(lambda: Stopped(again))
    assert not stopped and table.count() == {WORKS: 4} and len(again) == 2
    (tmp_path / "interop-1_echo.jsonl").write_text('no JSON\n{"print": 3}\n', encoding="utf-8")
    assert interop.read_done(tmp_path, ECHO.name) == {}


def test_the_report_is_a_sheet_and_a_page_in_which_names_stay_text(tmp_path):
    name = "=cmd<script>alert(1)</script>"
    table = interop.MeetingTable("1_echo", [OURS, name])
    table.meetings[OURS, name] = interop.Meeting(OURS, name, FAILS, "\x1b[31m<b>no</b>", "client")
    sheet, page = interop.write_meetings(table, tmp_path)
    (line,) = csv.DictReader(sheet.open(encoding="utf-8", newline=""))
    assert line["client"] == f"'{name}" and line["blame"] == "client"
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "<b>" not in text and "\x1b" not in text
    assert "&lt;script&gt;" in text
