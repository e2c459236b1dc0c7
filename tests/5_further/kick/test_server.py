"""Extra exercise kick: the console makes one participant leave.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md.
"""

import pytest

from parley.checks.mistakes import page_of
from parley.stages import root

stage_5 = page_of(root() / "tests" / "5_broadcast" / "test_server.py")
enter, talk, told_about = stage_5.enter, stage_5.talk, stage_5.told_about


def kicks(server, person, *others, reason="", hint=None):
    """The console kicks this person, who is told the reason, and sees EOF; the others get a notice."""
    server.types(f"/kick {person.name} {reason}".strip())
    person.receives_line(containing=reason, hint=hint or "told")
    person.receives_lines_until_end(hint=hint or "end")
    told_about(person, *others, hint=hint or "told")


@pytest.mark.points(5, "core", hint="end")
def test_one_has_to_leave(scene):
    """/kick NAME REASON: that participant gets the reason and EOF, and the others get one notice."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    kicks(server, ben, anna, carla, reason=scene.words())
    ben.sends("I am still here\n")
    talk(scene, anna, carla)
    talk(scene, carla, anna)


@pytest.mark.points(4, "core", hint="place")
def test_its_place_is_free(scene):
    """A kicked participant's place is free, even for the same person; a reason isn't needed."""
    server = scene.server("3")
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    kicks(server, ben, anna, carla)
    kicks(server, carla, anna)
    again = scene.person(ben.name).connects(server)
    again.says(ben.name).receives_lines_until(ben.name, hint="place")
    anna.receives_lines_until(ben.name)
    again.says("I am sorry")
    anna.receives_line(check=lambda line: line.endswith(": I am sorry"), words="a line that ends with ': I am sorry'")
    server.types("/close").ends(status=0)


@pytest.mark.points(3, "core", hint="nobody")
def test_nobody_has_that_name(scene):
    """If no participant has that name, the console says so and the chat continues; names may have spaces."""
    server = scene.server()
    (anna,) = enter(scene, server, "Anna")
    other = scene.person(f"{anna.name} Lee").connects(server)
    other.says(other.name).receives_lines_until(other.name)
    anna.receives_lines_until(other.name)
    anna.says("hello")
    other.receives_lines_until(f"{anna.name}: hello")
    for line in ("/kick Nobody17", "/kick Nobody17 with a reason", "/kick ", "/kick"):
        server.types(line).prints(words="a line at the console")
    kicks(server, other, anna, reason="too loud", hint="spaces")
    anna.says("I am still here")
    (ben,) = enter(scene, server, "Ben")
    told_about(ben, anna)


@pytest.mark.points(6, "errors", hint="once")
def test_one_who_is_lost_just_now(scene):
    """A participant who is kicked and lost at the same moment leaves once: there is one notice."""
    server = scene.server()
    anna, *people = enter(scene, server, "Anna", "Ben", "Carla", "Dana", "Emil")
    *lost, emil = people
    for number, person in enumerate(lost):
        if number % 2:  # lost first, then kicked; else the other way round
            person.resets()
        server.types(f"/kick {person.name}")
        if not number % 2:
            person.resets()
        anna.receives_line(containing=person.name)
        emil.receives_line(containing=person.name)
    kicks(server, emil, anna, hint="once")
    (farah,) = enter(scene, server, "Farah")
    told_about(farah, anna)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_who_was_kicked(scene):
    """The log says who was kicked, and why."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    reason = scene.words()
    kicks(server, ben, anna, reason=reason)
    server.logs(check=lambda line: ben.name in line and reason in line, words=f"{ben.name} and the reason")
