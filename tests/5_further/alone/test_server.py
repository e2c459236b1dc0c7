"""Extra exercise alone: the first participant is told that they are alone.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md.
"""

import pytest

from parley.checks.mistakes import page_of
from parley.stages import root

stage_5 = page_of(root() / "tests" / "5_broadcast" / "test_server.py")
enter, talk, visitor = stage_5.enter, stage_5.talk, stage_5.visitor


def joins(scene, server, name):
    """A participant joins. Returns who, and the lines until the welcome, with NAME for the name."""
    person = visitor(scene, server, name)
    return person, lines_of(person, person.says(person.name).receives_lines_until(person.name))


def lines_of(person, lines):
    """These lines with NAME instead of this person's name, so that those of two people can be compared."""
    return [line.replace(person.name, "NAME") for line in lines]


def second(scene, server, first, name="Ben"):
    """A second participant joins. Returns who, and the lines that the second one gets."""
    person, lines = joins(scene, server, name)
    first.says("who is there?")
    return person, [*lines, *lines_of(person, person.receives_lines_until(f"{first.name}: who is there?")[:-1])]


def told_to_be_alone(person, lines, usual, later, hint=None):
    """This person gets a line that is not among the usual ones, before any notice about a later one."""
    while all(line in usual for line in lines):
        line = person.receives_line(
            check=lambda line: later.name not in line,
            words=f"a line that {later.name} does not get: that nobody else is here yet",
            hint=hint,
        )
        lines = lines_of(person, [line])


@pytest.mark.points(6, "core", hint="first")
def test_the_first_one_is_told(scene):
    """The first participant is told that they are alone; the second one isn't, and the first only once."""
    server = scene.server()
    anna, lines = joins(scene, server, "Anna")
    ben, usual = second(scene, server, anna)
    told_to_be_alone(anna, lines, usual, ben)
    anna.receives_lines_until(ben.name)
    talk(scene, ben, anna)
    talk(scene, anna, ben)


@pytest.mark.points(4, "core", hint="again")
def test_alone_again(scene):
    """After all have left, the next participant is told again; one who saw the others leave isn't."""
    server = scene.server()
    anna, _ = joins(scene, server, "Anna")
    ben, usual = second(scene, server, anna)
    anna.says("{quit}").receives_lines_until_end()
    ben.receives_lines_until(anna.name)
    carla, lines = joins(scene, server, "Carla")
    ben.receives_line(containing=carla.name)
    carla.says("{quit}").receives_lines_until_end()
    ben.receives_line(containing=carla.name)
    ben.says("{quit}").receives_lines_until_end()
    dana, lines = joins(scene, server, "Dana")
    emil, _ = second(scene, server, dana, "Emil")
    told_to_be_alone(dana, lines, usual, emil)


@pytest.mark.points(4, "core", hint="first")
def test_visitors_do_not_count(scene):
    """A visitor without a name doesn't count: the first participant with a name is told."""
    server = scene.server()
    visitor(scene, server, "Silent")
    anna, lines = joins(scene, server, "Anna")
    ben, usual = second(scene, server, anna)
    told_to_be_alone(anna, lines, usual, ben)


@pytest.mark.points(6, "errors", hint="again")
def test_who_is_lost_does_not_count(scene):
    """A lost participant no longer counts: the next one is told that they are alone."""
    server = scene.server()
    anna, _ = joins(scene, server, "Anna")
    ben, usual = second(scene, server, anna)
    anna.receives_lines_until(ben.name)
    ben.sends("half a li").was_received().resets()
    anna.receives_line(containing=ben.name)
    anna.says("{quit}").receives_lines_until_end()
    carla, lines = joins(scene, server, "Carla")
    dana, _ = second(scene, server, carla, "Dana")
    told_to_be_alone(carla, lines, usual, dana)
