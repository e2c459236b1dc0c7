"""Extra exercise unique: a name in use gets a number.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md.
"""

import pytest

from parley.checks.mistakes import page_of
from parley.stages import root

stage_5 = page_of(root() / "tests" / "5_broadcast" / "test_server.py")
enter, talk, told_about, traced_server = stage_5.enter, stage_5.talk, stage_5.told_about, stage_5.traced_server

SLOW = 10  # seconds for which threads that pause at every line may be silent
MANY = 12  # who want the same name: so many that some meet between the question whether it is free and its taking


def another(scene, server, name, becomes, hint=None):
    """A visitor gives a name, and is welcomed by the name that it becomes."""
    person = scene.person(becomes).connects(server).says(name)
    words = f"a line that contains {becomes} and {{quit}}"
    person.receives_lines_until(check=lambda line: is_in(becomes, line) and "{quit}" in line, words=words, hint=hint)
    return person


def is_in(name, line):
    """Whether this name is in a line, and not as a part of one with a number behind it."""
    _, found, after = line.partition(name)
    return bool(found) and not after[:1].isdigit()


@pytest.mark.points(5, "core", hint="number")
def test_a_name_in_use_gets_a_number(scene):
    """The second Anna becomes Anna2, the third Anna3: they are told, and the others see these names."""
    server = scene.server()
    ben, anna = enter(scene, server, "Ben", "Anna")
    for number in (2, 3):
        becomes = f"{anna.name}{number}"
        person = another(scene, server, anna.name, becomes)
        for other in (ben, anna):
            other.receives_lines_until(becomes)
        person.says("hello")
        for other in (ben, anna):
            other.receives_line(f"{becomes}: hello", hint="told")
    anna.says("and I am still Anna")
    ben.receives_lines_until(f"{anna.name}: and I am still Anna")


@pytest.mark.points(4, "core", hint="free")
def test_which_names_are_free(scene):
    """The number is one that isn't in use; a name becomes free when its participant leaves."""
    server = scene.server()
    _, anna = enter(scene, server, "Ben", "Anna")
    second = another(scene, server, f"{anna.name}2", f"{anna.name}2")
    another(scene, server, anna.name, f"{anna.name}3")
    anna.says("{quit}").receives_lines_until_end()
    second.says("{quit}").receives_lines_until_end()
    another(scene, server, anna.name, anna.name)
    another(scene, server, anna.name, f"{anna.name}2")


@pytest.mark.points(3, "core", hint="same-moment")
def test_all_want_the_same_name(scene):
    """When several give the same name at the same moment, each gets another number."""
    server = traced_server(scene, longest=0.006)
    ben, _ = enter(scene, server, "Ben", "Carla")
    ben.waits_for(SLOW)
    name = f"Anna{scene.rng.randint(100, 999)}x"
    people = [scene.person(f"visitor {number}").connects(server) for number in range(1, MANY + 1)]
    for person in people:
        person.receives_line(words="a greeting")
    stage_5.slow_down(server)
    for person in people:
        person.says(name)
    free = [name, *(f"{name}{number}" for number in range(2, MANY + 1))]
    while free:
        line = ben.receives_line(
            check=lambda line: any(is_in(one, line) for one in free),
            words=f"a notice about one of these: {', '.join(free)}",
        )
        free.remove(next(one for one in free if is_in(one, line)))


@pytest.mark.points(6, "errors", hint="free")
def test_the_name_of_one_who_is_lost(scene):
    """A name becomes free when its connection is reset, even a name with a number."""
    server = scene.server()
    ben, anna = enter(scene, server, "Ben", "Anna")
    second = another(scene, server, anna.name, f"{anna.name}2")
    ben.receives_lines_until(f"{anna.name}2")
    second.sends("half a li").was_received().resets()
    told_about(second, ben)
    anna.resets()
    told_about(anna, ben)
    for becomes in (anna.name, f"{anna.name}2"):
        person = another(scene, server, anna.name, becomes)
        ben.receives_line(containing=becomes)
        person.says("back again")
        ben.receives_line(f"{becomes}: back again")


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_which_name_was_changed(scene):
    """The log says that a name was taken, and what it became."""
    server = scene.server()
    (anna,) = enter(scene, server, "Anna")
    another(scene, server, anna.name, f"{anna.name}2")
    server.logs(containing=f"{anna.name}2")
