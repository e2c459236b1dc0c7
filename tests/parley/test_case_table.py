"""The table of cases in stage 5's lesson: the tests that it names are there, and those that no suite has are here."""

import re

import psutil
import pytest

from parley import stages
from parley.checks.mistakes import mistakes, page_of
from parley.harness.scene import Scene

STAGE = stages.find(5)
LESSON = stages.root() / "lessons" / "5_broadcast.md"
HEADING = "## The cases that seem to need a lock"
SUITE = stages.root() / "tests" / STAGE.name
PAUSE = 4  # seconds, more than one short pause
PAGE = "".join(f"{number} {'word ' * 1600}\n" for number in range(128))  # 1 MB in lines


def rows():
    section = LESSON.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def known():
    """All names that may stand in the last column: tests of the suite, tests of this page, known mistakes."""
    tests = [name for page in ("test_server.py", "test_client.py") for name in vars(page_of(SUITE / page))]
    here = [name for name in globals() if name.startswith("test_")]
    return {*tests, *here, *(mistake.name for mistake in mistakes(STAGE))}


def test_the_table_is_there():
    assert len(rows()) >= 20
    assert all(len(row) == 3 and all(row) for row in rows())


def test_each_case_names_tests_that_exist():
    for case, _, proof in rows():
        names = re.findall(r"`([^`]+)`", proof)
        assert names, f"{case}: no test is named"
        assert set(names) <= known(), f"{case}: {sorted(set(names) - known())}"


def test_each_test_of_this_page_is_in_the_table():
    told = " ".join(proof for *_, proof in rows())
    scenes = [name for name, value in globals().items() if name.startswith("test_") and "scene" in _arguments(value)]
    assert [name for name in scenes if f"`{name}`" not in told] == []


def _arguments(function):
    return function.__code__.co_varnames[: function.__code__.co_argcount]


# What no suite has, because the contract does not ask for it or not each system can do it


@pytest.fixture
def scene():
    with Scene(stages.solution(STAGE, "full", "server").parent, seed=5, seconds=60) as scene:
        yield scene
        scene.check()


def enter(server, *people):
    """These people join, one after another; each has received all that there was to receive."""
    for number, person in enumerate(people):
        person.connects(server).says(person.name).receives_lines_until(f"Hello {person.name}")
        for other in people[:number]:
            other.receives_lines_until(f"{person.name} has joined.")
    return people


def test_who_was_not_let_in_goes_on_talking(scene):
    """Somebody for whom there was no place is not heard, whatever it says and however late."""
    server = scene.server("2")
    anna, ben = enter(server, scene.person("Anna"), scene.person("Ben"))
    carla = scene.person("Carla").connects(server).sends("Carla\n" + "Let me in\n" * 100)
    carla.receives_lines_until_end(or_reset=True)
    ben.says("Was that the door?")
    anna.receives_line("Ben: Was that the door?")


def test_quit_and_reset_at_once(scene):
    """Who says {quit} and breaks the connection off in the same moment has left once."""
    server = scene.server()
    anna, ben = enter(server, scene.person("Anna"), scene.person("Ben"))
    for name in ("Carla", "Dana", "Emil"):
        (guest,) = enter(server, scene.person(name))
        guest.says("{quit}").resets()
        for person in (anna, ben):
            person.receives_line(f"{name} has joined.")
            person.receives_line(f"{name} has left.")
    ben.says("Who is next?")
    anna.receives_line("Ben: Who is next?")


def test_close_while_a_newcomer_gives_its_name(scene):
    """The newcomer is let in or not; either way it sees the end, and the server ends in order."""
    for number in range(5):
        server = scene.server(name=f"server {number}")
        anna, ben = enter(server, scene.person(f"Anna{number}"), scene.person(f"Ben{number}"))
        carla = scene.person(f"Carla{number}").connects(server)
        carla.receives_line("Welcome to Parley. What is your name?")
        server.types("/close")
        carla.says("Carla")
        for person in (anna, ben):
            person.receives_lines_until("The chat is over.")
            person.receives_lines_until_end()
        carla.receives_lines_until_end(or_reset=True)
        server.ends(status=0)


def test_ctrl_c_while_one_does_not_read(scene):
    """Ctrl+C waits for one who does not read no longer than our patience; the others hear the goodbye."""
    server = scene.server()
    anna, ben = (person.waits_for(PAUSE) for person in enter(server, scene.person("Anna"), scene.person("Ben")))
    scene.person("Zoe").stops_reading().connects(server).says("Zoe")
    for person in (anna, ben):
        person.receives_lines_until("Zoe has joined.")
    anna.sends(PAGE * 6)  # more than systems keep for one who does not read
    server.presses_ctrl_c()
    ben.receives_lines_until("The chat is over.")
    ben.receives_lines_until_end()
    server.ends(status=0, within=PAUSE)


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="only Linux can limit another process's files")
def test_the_acceptor_fails(scene):
    """While no connection can be accepted, those who are there go on; when it can be, the newcomer is served."""
    server = scene.server()
    anna, ben = enter(server, scene.person("Anna"), scene.person("Ben"))
    process = psutil.Process(server.process.pid)
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds(), process.rlimit(psutil.RLIMIT_NOFILE)[1]))
    carla = scene.person("Carla").connects(server)
    server.logs(containing="cannot accept")
    anna.says("Carla stands at the door.")
    ben.receives_line("Anna: Carla stands at the door.")
    process.rlimit(psutil.RLIMIT_NOFILE, (256, process.rlimit(psutil.RLIMIT_NOFILE)[1]))
    carla.waits_for(PAUSE).says("Carla").receives_lines_until("Hello Carla")
