"""Stage 4, the server: both sides speak at any time. 50 points; what is asked is in PROTOCOLS.md.

A server may ask for its name before it listens, after that, or when somebody has come: so it is typed at once.

Not tested: HOST and PORT where left out (stage 1 tests them), the name in bold (that needs a terminal), Ctrl+C and the
end of the keyboard before somebody has come (nobody sees when a program waits for its keyboard), and that the log is
made with `logging`. Nor that the log has a line about a chat that is lost: the sentence about it stands on standard
error in any case.
"""

import pytest

NAMES = ("Sofia", "Zoë", "Łukasz", "María José", "Ελένη")
AT_ONCE = 40  # messages sent together


def a_chat(scene):
    """A server and Anna, a client, who know each other's name: whatever comes next is the chat."""
    name = scene.rng.choice(NAMES)
    server = scene.server(types=name)
    anna = scene.person("Anna").connects(server).says("Anna")
    anna.receives_line(name, hint="names")
    server.prints(containing="Anna", hint="names")
    return server, anna


@pytest.mark.points(3, "core", hint="names")
def test_both_tell_their_names(scene):
    """The server tells its name first, without being asked, and shows with whom it is chatting."""
    name = scene.rng.choice(NAMES)
    server = scene.server(types=name)
    anna = scene.person("Anna").connects(server)
    anna.receives_line(name)
    anna.says("Anna María")
    server.prints(containing="Anna María")
    server.has_not_printed("\x1b", hint="bold")  # its screen is no terminal here


@pytest.mark.points(2, "core", hint="arrives")
def test_what_arrives_is_shown(scene):
    """What the client says is shown with the client's name before it."""
    server, anna = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        anna.says(text)
        server.prints(f"Anna: {text}")


@pytest.mark.points(2, "core", hint="typed")
def test_what_is_typed_is_sent(scene):
    """What is typed is sent as a line of its own, just as it was typed."""
    server, anna = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        server.types(text)
        anna.receives_line(text)


@pytest.mark.points(4, "core", hint="threads")
def test_both_speak_at_any_time(scene):
    """Either side may say several things, one after another, without waiting for an answer."""
    server, anna = a_chat(scene)
    for _ in range(2):
        said = [scene.words() for _ in range(3)]
        for text in said:
            anna.says(text)
            server.prints(f"Anna: {text}")
        typed = [scene.words() for _ in range(3)]
        for text in typed:
            server.types(text)
            anna.receives_line(text)


@pytest.mark.points(3, "core", hint="together")
def test_many_lines_at_once(scene):
    """A name and many messages that arrive in one piece are a name and many messages; so it is with typed ones."""
    server = scene.server(types="Sofia")
    said = [scene.words() for _ in range(AT_ONCE)]
    typed = [scene.words() for _ in range(AT_ONCE)]
    anna = scene.person("Anna").connects(server)
    anna.sends("".join(f"{line}\n" for line in ["Anna", *said]))
    server.types("\n".join(typed))
    server.prints(f"Anna: {said[0]}")
    for text in said[1:]:
        server.prints_next(f"Anna: {text}", among="Anna: ")
    for text in ["Sofia", *typed]:
        anna.receives_line(text)


@pytest.mark.points(2, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line is one line and is shown once, however it arrives: byte by byte, or longer than any buffer."""
    server, anna = a_chat(scene)
    anna.sends_in_pieces(*(bytes([byte]) for byte in b"one by one\n"))
    server.prints("Anna: one by one")
    long = "far " * 16_383 + "far"
    anna.says(long)
    server.prints_next(f"Anna: {long}", among="Anna: ")


@pytest.mark.points(2, "core", hint="letters")
def test_a_letter_in_two_pieces(scene):
    """A letter whose bytes arrive in two pieces is still one letter."""
    server, anna = a_chat(scene)
    anna.sends_in_pieces(b"caf\xc3", b"\xa9 and \xe8\x8c", b"\xb6\n")
    server.prints("Anna: café and 茶")


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    """Bytes that are no UTF-8 are replaced, and the chat goes on."""
    server, anna = a_chat(scene)
    anna.sends(b"caf\xe9 \xff and so on\n")
    server.prints(containing="and so on")
    anna.says("still here")
    server.prints("Anna: still here")


@pytest.mark.points(1, "core", hint="line-end")
def test_line_ends_of_other_systems(scene):
    """A carriage return before a line end is no part of the line: not of a name, and not of /close."""
    server = scene.server(types="Sofia")
    anna = scene.person("Anna").connects(server)
    anna.sends(b"Anna\r\nhello\r\n")
    server.prints("Anna: hello")
    anna.sends(b"/close\r\n")
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="word")
def test_only_close_closes(scene):
    """Only the line /close ends the chat: whatever else is said about the end is just said."""
    server, anna = a_chat(scene)
    for text in ("quit", "exit", "NAME", "/close the door, please", "type /close"):
        anna.says(text)
        server.prints(f"Anna: {text}")
        server.types(text)
        anna.receives_line(text)


@pytest.mark.points(4, "core", hint="wake")
def test_the_client_closes(scene):
    """When the client says /close the server ends at once, although its user has typed nothing."""
    server, anna = a_chat(scene)
    anna.says("/close")
    server.ends(status=0)
    anna.hears_out()


@pytest.mark.points(3, "core", hint="close")
def test_the_user_closes(scene):
    """When /close is typed it is sent, then end-of-stream, and the server ends, even if Anna stays."""
    server, anna = a_chat(scene)
    server.types("/close")
    anna.receives_line("/close", hint="word")
    anna.sees_end()
    server.ends(status=0)
    anna.leaves()


@pytest.mark.points(1, "core", hint="keyboard")
def test_the_end_of_the_keyboard(scene):
    """The end of the keyboard is as good as /close; what was typed before it is still sent."""
    server, anna = a_chat(scene)
    text = scene.words()
    server.types(text).ends_keyboard()
    anna.receives_line(text)
    anna.receives_line("/close")
    anna.leaves()
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST the server can be reached at every address of this machine."""
    server = scene.server(host="", types="Sofia")
    anna = scene.person("Anna").connects(server, host="127.0.0.2")
    anna.says("Anna").receives_line("Sofia")


@pytest.mark.points(4, "errors", hint="lost")
def test_the_client_goes_without_a_word(scene):
    """When the stream ends without /close the server says so and ends with status 1, with nothing typed."""
    server, anna = a_chat(scene)
    anna.ends()
    server.ends_with_a_sentence(status=1)
    anna.hears_out()


@pytest.mark.points(3, "errors", hint="reset")
def test_the_client_is_lost(scene):
    """When the connection breaks off in the middle of a line the server says so and ends with status 1."""
    server, anna = a_chat(scene)
    anna.sends("I only wanted to s").resets()
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="too-long")
def test_a_line_without_end(scene):
    """A line of more than 65,536 bytes ends the connection: the server says why, with status 1."""
    server, anna = a_chat(scene)
    anna.says("x" * 100_000)
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C ends a server that waits for a client: with status 0 and without a traceback."""
    scene.server(types="Sofia").presses_ctrl_c().ends(status=0)


@pytest.mark.points(2, "errors", hint="port-free")
def test_ctrl_c_during_a_chat(scene):
    """Ctrl+C during a chat ends the server within 2 s, even if Anna stays; the port is free at once."""
    server, anna = a_chat(scene)
    server.presses_ctrl_c().ends(status=0, hint="ctrl-c")
    scene.server(port=server.address[1], types="Sofia", name="next server")
    anna.leaves()


@pytest.mark.points(1, "errors", hint="port-taken")
def test_the_port_is_taken(scene):
    """A server whose port is taken says so in a sentence and ends with status 1; the first one goes on."""
    server = scene.server(types="Sofia")
    second = scene.server(port=server.address[1], types="Ben", listens=False, name="second server")
    second.ends_with_a_sentence(status=1)
    anna = scene.person("Anna").connects(server)
    anna.says("Anna").receives_line("Sofia")


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that is no number, or too large, is answered by a sentence and status 1, not by a traceback."""
    for port in ("harbour", 70_000):
        server = scene.server(port=port, types="Sofia", listens=False)
        server.ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says who has connected, with address and port."""
    server = scene.server(types="Sofia")
    anna = scene.person("Anna").connects(server)
    where = f"127.0.0.1 and the port {anna.port}"
    server.logs(check=lambda line: "127.0.0.1" in line and str(anna.port) in line, words=f"a line with {where}")


@pytest.mark.points(2, "logging", hint="log-left")
def test_the_log_says_who_has_left(scene):
    """The log says that the client has left."""
    server = scene.server(types="Sofia")
    anna = scene.person("Anna").connects(server)
    server.logs(containing=str(anna.port), hint="log")
    anna.says("Anna").receives_line("Sofia")
    anna.says("/close")
    server.logs(words="a line about the end of the chat")
