"""Stage 1, the server: every byte that arrives goes back. 50 points; what is asked is in PROTOCOLS.md."""

import pytest


@pytest.mark.points(5, "core", hint="echo")
def test_what_is_sent_comes_back(scene):
    """What a client sends comes back to it."""
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends(text).receives(text)


@pytest.mark.points(4, "core", hint="again")
def test_a_client_may_go_on(scene):
    """A client may send again and again, and each time it gets its answer before it goes on."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    for _ in range(4):
        text = scene.words()
        anna.sends(text).receives(text)


@pytest.mark.points(4, "core", hint="pieces")
def test_some_bytes_are_enough(scene):
    """What has arrived goes back at once, even if it is a single byte or half a line."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    for piece in (b"h", b"el", b"lo, Ben\nhow a"):
        anna.sends(piece).receives(piece)


@pytest.mark.points(4, "core", hint="bytes")
def test_any_bytes_come_back(scene):
    """Bytes come back whatever they are: text, half of a letter, zeros, or no text at all."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    half_a_letter = "é".encode()[:1]
    for data in (b"caf" + half_a_letter, bytes(range(256)), b"\r\n \0\0"):
        anna.sends(data).receives(data)


@pytest.mark.points(4, "core", hint="long")
def test_a_long_text_comes_back_whole(scene):
    """A text that is longer than any buffer comes back whole and in order."""
    server = scene.server()
    text = "".join(f"line {number} of a long letter\n" for number in range(30_000))
    anna = scene.person("Anna").connects(server)
    anna.sends(text).receives(text)


@pytest.mark.points(4, "core", hint="end")
def test_the_end_of_a_conversation(scene):
    """A client that has said end-of-stream still gets all its bytes back, and then end-of-stream."""
    server = scene.server()
    text = scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends(text).ends()
    anna.receives(text).sees_end()
    server.rests()


@pytest.mark.points(3, "core", hint="next")
def test_one_client_after_another(scene):
    """Clients are served one after another; what a client sent while it had to wait is not lost."""
    server = scene.server()
    anna, ben = scene.people(server, "Anna", "Ben")
    ben.sends("I am Ben")
    anna.sends("I am Anna").receives("I am Anna").leaves()
    ben.receives("I am Ben").leaves()
    carla = scene.person("Carla").connects(server)
    carla.sends("I am Carla").receives("I am Carla")


@pytest.mark.points(2, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST the server can be reached at every address of this machine."""
    server = scene.server(host="")
    anna = scene.person("Anna").connects(server, host="127.0.0.2")
    anna.sends("hello").receives("hello")


@pytest.mark.points(5, "errors", hint="reset")
def test_a_client_is_lost(scene):
    """A client that breaks its connection off does not disturb the next one."""
    server = scene.server()
    anna, ben = scene.people(server, "Anna", "Ben")
    anna.sends("hello").receives("hello")
    anna.resets()
    ben.sends("I am still here").receives("I am still here")


@pytest.mark.points(3, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C ends a server that waits for clients: with status 0 and without a traceback."""
    scene.server().presses_ctrl_c().ends(status=0)


@pytest.mark.points(3, "errors", hint="port-free")
def test_ctrl_c_during_a_conversation(scene):
    """After Ctrl+C during a conversation the client sees end-of-stream, and the port is free at once."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    anna.sends("hello").receives("hello")
    server.presses_ctrl_c().ends(status=0)
    anna.sees_end()
    scene.server(port=server.address[1], name="next server")


@pytest.mark.points(2, "errors", hint="port-taken")
def test_the_port_is_taken(scene):
    """A server whose port is taken says so in a sentence and ends with status 1; the first one goes on."""
    server = scene.server()
    second = scene.server(port=server.address[1], name="second server", listens=False)
    second.ends_with_a_sentence(status=1)
    anna = scene.person("Anna").connects(server)
    anna.sends("hello").receives("hello")


@pytest.mark.points(2, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that is no number, or too large, is answered by a sentence and status 1, not by a traceback."""
    scene.server(port="harbour", listens=False).ends_with_a_sentence(status=1)
    scene.server(port=70_000, listens=False).ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says who has connected, with address and port, and that a client has left."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    server.logs(containing=str(anna.port))
    anna.leaves()
    server.logs(words="a line about the end of this connection")


@pytest.mark.points(2, "logging", hint="log-lost")
def test_the_log_says_who_was_lost(scene):
    """The log says that a client was lost."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    server.logs(containing=str(anna.port))
    anna.sends("hello").receives("hello")
    anna.resets()
    server.logs(words="a line about the loss of this connection")
