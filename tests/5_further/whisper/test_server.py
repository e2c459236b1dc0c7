"""Extra exercise whisper: the console tells one participant something in private.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md.
"""

import pytest

from parley.checks.mistakes import page_of
from parley.stages import root

stage_5 = page_of(root() / "tests" / "5_broadcast" / "test_server.py")
enter, talk, told_about = stage_5.enter, stage_5.talk, stage_5.told_about


def whispers(scene, server, person, hint=None):
    """The console tells this person something: a line that ends with it is what this person gets next."""
    text = scene.words()
    server.types(f"/to {person.name} {text}")
    words = f"a line that ends with {text!r}"
    person.receives_line(check=lambda line: line.endswith(text), words=words, hint=hint)


@pytest.mark.points(5, "core", hint="one")
def test_one_hears_it(scene):
    """/to NAME TEXT at the console: only this participant gets a line, and it ends with TEXT."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    for person in (ben, carla, ben):
        whispers(scene, server, person)
    talk(scene, anna, ben, carla)
    talk(scene, carla, anna, ben)


@pytest.mark.points(4, "core", hint="nobody")
def test_nobody_has_that_name(scene):
    """If no participant has that name, or there's no text, the console says so, and the chat continues."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    carla.says("{quit}").receives_lines_until_end()
    told_about(carla, anna, ben)
    for line in ("/to Nobody17 hello", f"/to {carla.name} hello", f"/to {anna.name}", "/to ", "/to"):
        server.types(line).prints(words="a line at the console")
    whispers(scene, server, ben, hint="nobody")
    talk(scene, ben, anna)


@pytest.mark.points(3, "core", hint="spaces")
def test_names_with_spaces(scene):
    """A name may have spaces: if several names fit, the longest one counts."""
    server = scene.server()
    (anna,) = enter(scene, server, "Anna")
    other = scene.person(f"{anna.name} Lee").connects(server)
    other.says(other.name).receives_lines_until(other.name)
    anna.receives_lines_until(other.name)
    anna.says("hello")
    other.receives_lines_until(f"{anna.name}: hello")
    whispers(scene, server, other)
    whispers(scene, server, anna)
    talk(scene, anna, other)


@pytest.mark.points(6, "errors", hint="nobody")
def test_to_one_who_was_lost(scene):
    """If that participant's connection was reset, the console says so, and the chat continues."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    whispers(scene, server, ben)
    ben.sends("half a li").was_received().resets()
    told_about(ben, anna, carla)
    server.types(f"/to {ben.name} are you there?").prints(words="a line at the console")
    carla.resets()
    server.types(f"/to {carla.name} and you?")  # it may come before or after the loss is known
    told_about(carla, anna)
    whispers(scene, server, anna)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_to_whom(scene):
    """The log says who was told something."""
    server = scene.server()
    _, ben = enter(scene, server, "Anna", "Ben")
    whispers(scene, server, ben)
    server.logs(containing=ben.name)
