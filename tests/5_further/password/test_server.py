"""Extra exercise password: a visitor must first give the password.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md.
"""

import pytest

from parley.checks.mistakes import page_of
from parley.stages import root

stage_5 = page_of(root() / "tests" / "5_broadcast" / "test_server.py")
enter, talk, told_about = stage_5.enter, stage_5.talk, stage_5.told_about
MAX_CLIENTS = "100"


def guarded(scene):
    """A server with a password. Returns both."""
    password = f"{scene.rng.choice(['harbour', 'lantern', 'orchard'])} {scene.rng.randint(100, 999)}"
    return scene.server(MAX_CLIENTS, password), password


def knocks(scene, server, name):
    """A client connects, and is asked for the password."""
    person = scene.person(f"{name}{scene.rng.randint(100, 999)}").connects(server)
    person.receives_line(words="a greeting that asks for the password", hint="first")
    return person


def enter_with(scene, server, password, *names):
    """These people give the password and their names, one after another. Returns them when all know of each other."""
    people = []
    for name in names:
        newcomer = knocks(scene, server, name)
        newcomer.says(password).receives_line(words="a line that asks for the name", hint="first")
        newcomer.says(newcomer.name).receives_lines_until(newcomer.name, hint="first")
        for person in people:
            person.receives_lines_until(newcomer.name)
        people.append(newcomer)
    first, *others = people
    first.says("is everybody here?")
    for person in others:
        person.receives_lines_until(f"{first.name}: is everybody here?")
    return people


@pytest.mark.points(4, "core", hint="first")
def test_first_the_password(scene):
    """After the right password the server asks for a name; without a PASSWORD argument it doesn't ask for one."""
    server, password = guarded(scene)
    anna, ben = enter_with(scene, server, password, "Anna", "Ben")
    talk(scene, ben, anna)
    anna.says(password)
    ben.receives_line(f"{anna.name}: {password}")
    anna, ben = enter(scene, scene.server(MAX_CLIENTS, name="open server"), "Anna", "Ben")
    talk(scene, anna, ben)


@pytest.mark.points(4, "core", hint="three")
def test_three_wrong_tries(scene):
    """The server answers each wrong password, and closes after the third; the others don't notice."""
    server, password = guarded(scene)
    anna, ben = enter_with(scene, server, password, "Anna", "Ben")
    carla = knocks(scene, server, "Carla")
    for wrong in (carla.name, password.upper(), f"{password}!"):
        carla.says(wrong).receives_line(words="a line that says that this was wrong")
    carla.receives_lines_until_end()
    dana = knocks(scene, server, "Dana")
    for wrong in ("open", password[:-1]):
        dana.says(wrong).receives_line(words="a line that says that this was wrong")
    dana.says(password).receives_line(words="a line that asks for the name")
    dana.says(dana.name).receives_lines_until(dana.name)
    told_about(dana, anna, ben)
    talk(scene, dana, anna, ben)


@pytest.mark.points(2, "core", hint="line")
def test_all_in_one_piece(scene):
    r"""Password, name and messages may arrive in one chunk or byte by byte, and with \r\n."""
    server, password = guarded(scene)
    anna, ben = enter_with(scene, server, password, "Anna", "Ben")
    carla = knocks(scene, server, "Carla")
    carla.sends(f"{password}\r\n{carla.name}\r\nhello\r\n")
    told_about(carla, anna, ben)
    for person in (anna, ben):
        person.receives_line(f"{carla.name}: hello")
    dana = knocks(scene, server, "Dana")
    dana.sends_in_pieces(*(bytes([byte]) for byte in f"{password}\n{dana.name}\n".encode()))
    told_about(dana, anna, ben)


@pytest.mark.points(2, "core", hint="outside")
def test_who_is_outside_hears_nothing(scene):
    """A visitor without the password hears nothing, disturbs no one, and may leave."""
    server, password = guarded(scene)
    dana = knocks(scene, server, "Dana")
    anna, ben = enter_with(scene, server, password, "Anna", "Ben")
    carla = knocks(scene, server, "Carla").says("wrong")
    carla.receives_line(words="a line that says that this was wrong")
    talk(scene, anna, ben)
    carla.says("{quit}").receives_lines_until_end()
    knocks(scene, server, "Emil").leaves()
    dana.says(password).receives_line(
        check=lambda line: anna.name not in line and ben.name not in line, words="a line that asks for the name"
    )
    dana.says(dana.name).receives_lines_until(dana.name)
    told_about(dana, anna, ben)


@pytest.mark.points(6, "errors", hint="outside")
def test_who_is_lost_outside(scene):
    """A visitor who is lost before the right password, or sends too long a line, disturbs no one."""
    server, password = guarded(scene)
    anna, ben = enter_with(scene, server, password, "Anna", "Ben")
    knocks(scene, server, "Carla").says("wrong").was_received().resets()
    knocks(scene, server, "Dana").sends(password[:3]).was_received().resets()
    emil = knocks(scene, server, "Emil").sends("x" * (stage_5.LONGEST + 5_000) + "\n")
    emil.receives_lines_until_end(or_reset=True)
    talk(scene, anna, ben)
    farah = knocks(scene, server, "Farah")
    farah.says(password).receives_line(words="a line that asks for the name")
    farah.says(farah.name).receives_lines_until(farah.name)
    told_about(farah, anna, ben)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_who_gave_a_wrong_password(scene):
    """The log says from which address and port a wrong password came."""
    server, _ = guarded(scene)
    carla = knocks(scene, server, "Carla")
    server.logs(containing=str(carla.port))
    carla.says("wrong").receives_line(words="a line that says that this was wrong")
    server.logs(check=lambda line: "127.0.0.1" in line and str(carla.port) in line, words="Carla's address and port")
