"""The picture of threads: where they wait and what wakes them, from programs that ran and did what they always do."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import parley
from parley.contract.moment import Moment
from parley.contract.record import Event
from parley.drawing.threads import MOST_STEPS, ROW, describe_threads, draw_threads
from parley.harness.play import SCRIPTS
from parley.harness.scene import Scene
from parley.harness.watching import Watching, moments
from parley.notebooks import cells
from parley.stages import STAGES, solution

HOSTILE = '</title><script>alert(1)</script>&"\x1b[31m\u202e\x00\ud800'


def watched(folder, script):
    """The record and the moments of a run."""
    with Scene(folder, seed=1, start=Watching()) as scene:
        script(scene)
        return list(scene.record), moments(scene)


def in_order(text, *parts):
    """Whether these parts are in the text, one behind the other."""
    at = 0
    for part in parts:
        at = text.find(part, at)
        assert at >= 0, f"{part!r} is not there, or too early:\n{text}"
        at += len(part)


def server_alone(tmp_path, body):
    """A folder with a server of these lines that listens and serves one connection, `conn`."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    text = f"""import queue, socket, sys, threading, time

def serve(conn):
{lines}
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    conn, _ = listener.accept()
    serve(conn)
"""
    (tmp_path / "server.py").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("version", ["full", "bare"])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_watched_program_does_what_it_always_does(stage, version):
    with Scene(solution(stage, version, "server").parent, seed=1, start=Watching()) as scene:
        SCRIPTS[stage.name](scene)
        scene.check()
        seen = moments(scene)
    assert {moment.who for moment in seen} == {program.name for program in scene.programs}
    assert {moment.what for moment in seen} >= {"waits", "goes on"}


def test_a_message_goes_through_threads_and_the_queue():
    def two_people(scene):
        anna, ben = scene.people(scene.server(), "Anna", "Ben")
        for person in (anna, ben):
            person.receives_line(containing="name")
            person.says(person.name).receives_line(containing=f"Hello {person.name}")
        anna.says("cake?")
        ben.receives_line(containing="cake?")

    record, seen = watched(solution(STAGES[4], "full", "server").parent, two_people)
    text = describe_threads(record, seen)
    assert "The thread send_all waits in get (messages) for something in the queue" in text
    in_order(
        text,
        "Anna connects to server.",
        "The thread accept_all accepts Anna.",
        "The thread accept_all starts the thread receive Anna.",
        "The thread receive Anna waits in recv (Anna) for data",
        "arrives at the OS of server, and waits there.",
        'The thread receive Anna receives "cake?\\n" from Anna.',
        "The thread receive Anna puts ('said', Anna, 'Anna: cake?') into the queue messages.",
        "The thread send_all takes ('said', Anna, 'Anna: cake?') out of the queue messages.",
        'The thread send_all sends "Anna: cake?\\n" to Ben.',
    )
    svg = ET.fromstring(draw_threads(record, seen, "Two people"))
    written = {element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Anna", "Ben", "OS buffer", "main", "accept_all", "receive Anna", "messages", "send_all"} <= written


def test_both_sides_of_stage_4_are_drawn_and_an_event_wakes_main():
    record, seen = watched(solution(STAGES[3], "full", "server").parent, SCRIPTS["4_peers"])
    in_order(
        describe_threads(record, seen),
        "Server's main thread waits in wait (ended)",
        "Server's thread send_typed sets ended.",
        "Server's thread send_typed set ended: server's main thread continues.",
        "Server's main thread waits in join (Thread-2 (print_received)) for the end of that thread",
        "Server's thread print_received ended: server's main thread continues.",
    )
    assert "client's thread" not in describe_threads(record, seen, ["server"]).lower()


def test_bytes_wait_in_the_os_while_the_program_waits_for_its_keyboard():
    def two_at_once(scene):
        server = scene.server()
        anna = scene.people(server, "Anna")[0].says("one")
        server.prints(containing="one")
        server.comes_to_rest()
        anna.says("two")
        server.types("yes")
        anna.receives(b"yes\n")
        server.prints(containing="two")

    record, seen = watched(solution(STAGES[2], "full", "server").parent, two_at_once)
    in_order(
        describe_threads(record, seen),
        "The main thread waits in input for the keyboard",
        '"two\\n" from Anna arrives at the OS of server, and waits there.',
        'Server\'s user types "yes": it waits in the OS.',
        'The main thread reads "yes\\n" from the keyboard.',
        'The main thread receives "two\\n" from Anna.',
    )
    assert 'class="filled"' in draw_threads(record, seen)


def test_a_lock_a_condition_and_a_pause(tmp_path):
    folder = server_alone(
        tmp_path,
        """
lock, ready = threading.Lock(), threading.Condition()
def second():
    conn.sendall(b"here")
    with lock:
        conn.sendall(b"locked")
    with ready:
        ready.notify()
with ready:
    with lock:
        threading.Thread(target=second).start()
        conn.recv(10)
    ready.wait()
""",
    )

    def while_it_is_held(scene):
        server = scene.server()
        anna = scene.people(server, "Anna")[0].receives(b"here")
        server.comes_to_rest()
        anna.sends(b"go on").receives(b"locked")

    record, seen = watched(folder, while_it_is_held)
    in_order(
        describe_threads(record, seen),
        "The main thread starts the thread second.",
        "The thread second waits in lock (lock) for the thread that holds the lock",
        "The main thread set lock: the thread second continues.",
        'The thread second sends "locked" to Anna.',
    )


def test_waits_that_time_out_and_begin_again_are_one(tmp_path):
    folder = server_alone(
        tmp_path,
        """
conn.settimeout(0.02)
while True:
    try:
        conn.sendall(conn.recv(100))
        break
    except TimeoutError:
        pass
""",
    )

    def late(scene):
        server = scene.server()
        anna = scene.people(server, "Anna")[0]
        scene.deadlines.poll(lambda: server.note("moments", 10**6).count(b"TimeoutError") > 2, 5)
        anna.sends(b"hello").receives(b"hello")

    record, seen = watched(folder, late)
    assert sum(moment.error == "TimeoutError" for moment in seen) > 2
    assert describe_threads(record, seen).count("waits in recv") == 1


def test_a_program_may_write_there_what_it_likes(tmp_path):
    folder = server_alone(
        tmp_path,
        r"""
import os
with open(os.path.join(os.environ["PARLEY_EXAMINES"], "moments"), "a") as file:
    print('{"what": "waits"}', "[]", "{" * 9000, sep="\n", file=file)
    print('{"what": "waits", "at": "x", "data": "", "size": 1}', file=file)
    print('{"what": "waits", "at": 1, "data": "\\u20ac", "size": 1}', file=file)
conn.sendall(b"done")
""",
    )
    record, seen = watched(folder, lambda scene: scene.people(scene.server(), "Anna")[0].receives(b"done"))
    assert "done" in describe_threads(record, seen)


def test_nothing_in_a_name_can_harm_the_picture():
    seen = [
        Moment(0.1, "server", 0, HOSTILE, "waits", call=HOSTILE, on=HOSTILE, peer=HOSTILE),
        Moment(0.2, "server", 1, HOSTILE, "puts", on=HOSTILE, data=HOSTILE.encode(errors="replace"), item=1),
        Moment(0.3, "server", 0, HOSTILE, "goes on", call=HOSTILE, error=HOSTILE),
        Moment(0.4, "server", 1, HOSTILE, "takes", on=HOSTILE, item=1),
    ]
    svg = draw_threads([Event(0.15, HOSTILE, "connects", peer="server")], seen, HOSTILE)
    assert not list(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}script"))


def test_of_a_long_run_the_middle_is_left_out():
    seen = [Moment(number / 100, "server", 0, "MainThread", "prints", data=b"x") for number in range(5000)]
    svg = ET.fromstring(draw_threads([], seen))
    assert int(svg.get("height")) < (MOST_STEPS + 10) * ROW
    assert "4,910 more steps" in {element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")}


def test_a_cell_draws_the_threads_of_a_run_and_does_one_again_that_was_not_watched(tmp_path):
    picture = cells.draw(cells.play(3, "bare"), threads=True)
    assert "main thread waits in" in picture.text()
    assert "Client's" not in cells.draw(cells.play(3, "bare", threads=True), threads="server").text()
    with pytest.raises(cells.Wrong, match=r"no program 'Anna' in this run\. Use server, client"):
        cells.draw(cells.play(3, "bare", threads=True), threads="Anna")


def test_a_recorded_run_keeps_its_moments():
    run = cells.play(3, "bare", threads=True)
    kept = cells.RecordedRun(run.as_data())
    assert cells.draw(kept, threads=True).text() == cells.draw(run, threads=True).text()


def test_nothing_that_a_point_depends_on_is_watched():
    tool = Path(parley.__file__).parent
    users = {
        path.relative_to(tool).as_posix()
        for path in tool.rglob("*.py")
        if "harness.watching" in path.read_text(encoding="utf-8")
    }
    assert users == {"notebooks/cells.py"}
