"""Extra exercise consent: two may talk in private, if both want to.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md.
"""

import pytest

from parley.checks.mistakes import page_of
from parley.stages import root

stage_5 = page_of(root() / "tests" / "5_broadcast" / "test_server.py")
enter, talk, told_about = stage_5.enter, stage_5.talk, stage_5.told_about


def asks(anna, ben):
    """Anna asks Ben for a private talk, and Ben hears of it."""
    anna.says(f"/ask {ben.name}")
    ben.receives_line(
        check=lambda line: anna.name in line and not line.startswith(f"{anna.name}: "),
        words=f"a question that contains {anna.name}",
        hint="ask",
    )


def agree(anna, ben):
    """Anna asks Ben for a private talk, and Ben says yes."""
    asks(anna, ben)
    ben.says("yes")
    anna.receives_line(containing=ben.name, hint="yes")
    ben.receives_line(words="a line that says that the talk has begun", hint="yes")


def confides(scene, anna, ben, hint="private"):
    """Anna says something that Ben hears; the test shows elsewhere that no one else does."""
    text = f"{anna.name}: {scene.words()}"
    anna.says(text.partition(": ")[2])
    ben.receives_line(check=lambda line: line.endswith(text), words=f"a line that ends with {text!r}", hint=hint)


def hears_of_the_end(scene, person, gone, speaker, *listeners):
    """A person hears that the one left with whom it talked, or who had asked it, in one line or in two; then it hears
    what the speaker says, as all the listeners do.
    """
    person.receives_lines_until(gone.name)
    text = scene.words()
    speaker.says(text)
    for listener in (person, *listeners):
        listener.receives_lines_until(f"{speaker.name}: {text}")


@pytest.mark.points(4, "core", hint="private")
def test_two_talk_in_private(scene):
    """After /ask NAME and the answer yes, only these two hear each other; they still hear the others."""
    server = scene.server()
    anna, ben, carla, dana = enter(scene, server, "Anna", "Ben", "Carla", "Dana")
    asks(anna, ben)
    talk(scene, anna, ben, carla, dana, hint="yes")
    ben.says("yes")
    anna.receives_line(containing=ben.name, hint="yes")
    ben.receives_line(words="a line that says that the talk has begun", hint="yes")
    for one, other in ((anna, ben), (ben, anna), (ben, anna)):
        confides(scene, one, other)
    talk(scene, carla, anna, ben, dana)
    talk(scene, dana, carla, anna, ben)


@pytest.mark.points(3, "core", hint="yes")
def test_anything_else_is_no(scene):
    """Only yes means yes: every other answer refuses, and only the one who asked learns of it."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    for answer in ("no", "yes, perhaps", "Yes?", f"{ben.name}: yes"):
        asks(anna, ben)
        ben.says(answer)
        anna.receives_line(containing=ben.name)
        talk(scene, anna, ben, carla)
        talk(scene, ben, anna, carla)
    ben.says("yes")
    for person in (anna, carla):
        person.receives_line(f"{ben.name}: yes")


@pytest.mark.points(3, "core", hint="end")
def test_the_talk_ends(scene):
    """/all from either of the two ends the talk, and so does leaving; then they may ask again."""
    server = scene.server()
    anna, ben, carla = enter(scene, server, "Anna", "Ben", "Carla")
    for one in (anna, ben):
        agree(anna, ben)
        one.says("/all")
        for person in (anna, ben):
            person.receives_line(words="a line that says that the talk is over")
        talk(scene, anna, ben, carla)
        talk(scene, ben, anna, carla)
    agree(ben, anna)
    ben.says("{quit}").receives_lines_until_end()
    told_about(ben, carla)
    hears_of_the_end(scene, anna, ben, carla)
    talk(scene, anna, carla)
    agree(anna, carla)
    confides(scene, carla, anna)


@pytest.mark.points(2, "core", hint="busy")
def test_who_cannot_be_asked(scene):
    """Asking no one, yourself or someone who is busy is refused: only the one who asked learns of it."""
    server = scene.server()
    anna, ben, carla, dana = enter(scene, server, "Anna", "Ben", "Carla", "Dana")
    for name in ("Nobody17", carla.name):
        carla.says(f"/ask {name}").receives_line(words="a line that says that this cannot be")
    asks(anna, ben)
    for name in (anna.name, ben.name):
        carla.says(f"/ask {name}").receives_line(words="a line that says that this cannot be")
    ben.says("yes")
    for person in (anna, ben):
        person.receives_line(words="a line that says that the talk has begun")
    carla.says(f"/ask {ben.name}").receives_line(words="a line that says that this cannot be")
    confides(scene, anna, ben)
    talk(scene, dana, anna, ben, carla)
    agree(carla, dana)
    confides(scene, dana, carla)
    confides(scene, ben, anna)


@pytest.mark.points(6, "errors", hint="end")
def test_one_of_the_two_is_lost(scene):
    """If one of the two is lost, or the one who asked, everyone hears the other one again."""
    server = scene.server()
    anna, ben, carla, dana = enter(scene, server, "Anna", "Ben", "Carla", "Dana")
    agree(anna, ben)
    confides(scene, ben, anna)
    ben.sends("half a li").was_received().resets()
    told_about(ben, carla, dana)
    hears_of_the_end(scene, anna, ben, carla, dana)
    talk(scene, anna, carla, dana)
    asks(anna, dana)
    anna.resets()
    told_about(anna, carla)
    hears_of_the_end(scene, dana, anna, carla)
    dana.says("yes")
    carla.receives_line(f"{dana.name}: yes")
    agree(carla, dana)
    confides(scene, dana, carla)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_who_talks(scene):
    """The log says who talks with whom in private."""
    server = scene.server()
    anna, ben = enter(scene, server, "Anna", "Ben")
    agree(anna, ben)
    server.logs(check=lambda line: anna.name in line and ben.name in line, words="the names of both")
