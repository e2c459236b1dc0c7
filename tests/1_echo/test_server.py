"""Stage 1, the server: every byte that arrives goes back. 50 points; what is asked is in PROTOCOLS.md.

Nothing is said about the server's keyboard and screen, which it does not need, and about a client that never receives
what comes back: all others have to wait for it, that's the limit of this stage.
"""

import pytest

from parley.harness.programs import free_host
from parley.harness.scene import NO_COMMANDS, SILENCE


@pytest.mark.points(4, "core", hint="echo")
def test_what_is_sent_comes_back(scene):
    """What a client sends comes back to it."""
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends(text).receives(text)


@pytest.mark.points(4, "core", hint="again")
def test_a_client_may_go_on(scene):
    """A client can send again and again, whatever its words, even after a silence. It gets each answer before it
    continues.
    """
    server, patient = scene.server(), scene.server(name="second server")
    anna = scene.person("Anna").connects(server)
    for _ in range(40):
        text = scene.words()
        anna.sends(text).receives(text)
    for word in NO_COMMANDS:
        for text in (word, f"{word}\n"):
            anna.sends(text).receives(text, hint="no-command")
    server.rests(hint="rest")
    scene.deadlines.watch(SILENCE)
    text = scene.words()
    anna.sends(text).receives(text, hint="patience")
    scene.person("Ben").connects(patient, hint="patience").sends(text).receives(text)


@pytest.mark.points(4, "core", hint="pieces")
def test_some_bytes_are_enough(scene):
    """What has arrived goes back immediately, even a single byte or half a line."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    for piece in (b"h", b"el", b"lo, Ben\nhow a", b"\n"):
        anna.sends(piece).receives(piece)


@pytest.mark.points(4, "core", hint="bytes")
def test_any_bytes_come_back(scene):
    """All bytes come back: text, half of a letter, zeros, blanks, Ctrl+D, or no text at all."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    half_a_letter = "é".encode()[:1]
    for data in (b"caf" + half_a_letter, bytes(range(256)), b"\r\n \0\0", b" ", b"\n", b"\r\n", b"\4", b"\x1a"):
        anna.sends(data).receives(data)


@pytest.mark.points(4, "core", hint="long")
def test_a_long_text_comes_back_whole(scene):
    """A text comes back whole and in order, whether it fills a buffer exactly or is longer."""
    server = scene.server()
    data = "".join(f"line {number} of a long letter ✉\n" for number in range(30_000)).encode()
    anna = scene.person("Anna").connects(server)
    for part in (data[:1024], data[:2048], data[:4096], data):
        anna.sends(part).receives(part)


@pytest.mark.points(3, "core", hint="end")
def test_the_end_of_a_conversation(scene):
    """A client that closes its sending side still gets all its bytes, then end of stream."""
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends(text).ends()
    anna.receives(text).sees_end()
    server.rests()
    text = "0123456789" * 15_000  # more than one recv returns; wherever it is cut, all pieces are alike
    ben = scene.person("Ben").connects(scene.server(name="second server"))
    ben.sends(text).ends()
    ben.receives(text).sees_end()


@pytest.mark.points(3, "core", hint="next")
def test_one_client_after_another(scene):
    """The server serves one client after another, and loses nothing that was sent in the meantime."""
    server = scene.server()
    anna, ben, carla = scene.people(server, "Anna", "Ben", "Carla")
    carla.sends("I am Carla ☺")
    anna.sends("I am Anna ☺").receives("I am Anna ☺")
    server.comes_to_rest()
    carla.has_received_no_more(hint="turn")
    anna.leaves()
    ben.leaves()
    carla.receives("I am Carla ☺").leaves()
    for _ in scene.rounds():
        dana = scene.person("Dana").connects(server, hint="forever")
        dana.sends("I am Dana ☺").receives("I am Dana ☺", hint="forever").leaves()


@pytest.mark.points(2, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST, clients reach the server at every address of this machine."""
    server = scene.server(host="")
    text = scene.words()
    anna = scene.person("Anna").connects(server, host="127.0.0.2")
    anna.sends(text).receives(text)


@pytest.mark.points(1, "core", hint="default-port")
def test_the_port_may_be_left_out(scene):
    """Given only a HOST, the server listens there at port 50007."""
    host = free_host(50007)
    server = scene.server(host=host, port=50007, tells_port=False)
    text = scene.words()
    anna = scene.person("Anna").connects(server, host=host)
    anna.sends(text).receives(text)


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without HOST and PORT, the server listens at 127.0.0.1 port 50007, and nowhere else."""
    scene.takes_a_network_of_its_own()
    server = scene.server(host=None, port=50007)
    text = scene.words()
    scene.person("Anna").connects(server).sends(text).receives(text)
    scene.server(host="127.0.0.2", port=50007, name="second server", hint="default-host")


@pytest.mark.points(3, "errors", hint="reset")
def test_a_client_is_lost(scene):
    """A client that resets its connection doesn't disturb the next one."""
    server = scene.server()
    anna, ben = scene.people(server, "Anna", "Ben")
    works(scene, anna)
    anna.resets()
    works(scene, ben)


@pytest.mark.points(2, "errors", hint="reset-on-send")
def test_a_client_does_not_wait_for_its_answer(scene):
    """A client that is lost before its answer, or leaves without it, doesn't disturb the next one."""
    server = scene.server()
    anna, ben, carla = scene.people(server, "Anna", "Ben", "Carla")
    works(scene, anna)
    ben.sends("I cannot wait ⌛").resets()
    works(scene, anna)  # so Ben was gone before anybody could answer him
    anna.leaves()
    works(scene, carla)
    dana, eva = scene.people(server, "Dana", "Eva")
    dana.sends("I cannot wait either ⌛\n" * 1000).ends().close()
    works(scene, carla)
    carla.leaves()
    works(scene, eva)


@pytest.mark.points(3, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops an idle server: exit status 0, no traceback."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    works(scene, anna)
    anna.leaves()
    server.presses_ctrl_c().ends(status=0)


@pytest.mark.points(3, "errors", hint="port-free")
def test_ctrl_c_during_a_conversation(scene):
    """After Ctrl+C during a conversation, the client sees end of stream, and the port is free."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    for _ in range(2):  # the second answer shows that the conversation goes on
        works(scene, anna)
    server.presses_ctrl_c().ends(status=0, hint="ctrl-c")
    anna.sees_end()
    scene.server(port=server.address[1], name="next server")


@pytest.mark.points(2, "errors", hint="port-taken")
def test_the_port_is_taken(scene):
    """If the port is taken, the server exits with one line and status 1; the other one continues."""
    server = scene.server()
    second = scene.server(port=server.address[1], name="second server", listens=False)
    second.ends_with_a_sentence(status=1)
    works(scene, scene.person("Anna").connects(server))


@pytest.mark.points(2, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1."""
    works(scene, scene.person("Anna").connects(scene.server()))
    for port in ("harbour", 65_536, -5):
        scene.server(port=port, listens=False).ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says which client connected, with address and port, and that it left."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    logs_who_connects(server, anna)
    anna.leaves()
    server.logs(words="a line about the end of this connection")


@pytest.mark.points(2, "logging", hint="log-lost")
def test_the_log_says_who_was_lost(scene):
    """The log says that a client was lost, in other words than that one left."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    logs_who_connects(server, anna)
    works(scene, anna)
    anna.leaves()
    left = server.logs(words="a line about the end of this connection")
    ben = scene.person("Ben").connects(server)
    logs_who_connects(server, ben)
    works(scene, ben)
    ben.resets()
    server.logs(unlike=left, words="a line that says that Ben was lost, and didn't leave as Anna did")


def works(scene, person):
    """Expect that what this person says comes back: this server does its work."""
    text = scene.words()
    person.sends(text).receives(text)


def logs_who_connects(server, person):
    """Expect a line in the server's log that has the address and the port of this person."""
    words = f"a line with the address and the port of {person.name}: 127.0.0.1, {person.port}"
    server.logs(check=lambda line: "127.0.0.1" in line and str(person.port) in line, words=words)
