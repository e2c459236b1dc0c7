"""Stage 4, the client: both sides speak at any time. 50 points; what is asked is in PROTOCOLS.md.

A client may ask for its name before it connects or after that: so it is typed at once. It may also wait for the
server's name before it sends its own: the server, which the test plays, tells its name at once.

Not tested: HOST and PORT where left out (stage 1 tests them), the name in bold (that needs a terminal), Ctrl+C before
the name is typed (nobody sees when a program waits for its keyboard), and that the log is made with `logging`. Nor that
the log has a line about a chat that is lost: the sentence about it stands on standard error in any case.
"""

import pytest

NAMES = ("Sofia", "Zoë", "Łukasz", "María José", "Ελένη")
AT_ONCE = 40  # messages sent together


def a_chat(scene):
    """A client and its server, which the test plays; they know each other's name: what comes next is the chat."""
    name = scene.rng.choice(NAMES)
    host = scene.host()
    client = scene.client(host).types(name)
    server = host.accepts().says("Anna")
    server.receives_line(name, hint="names")
    client.prints(containing="Anna", hint="names")
    return client, server


@pytest.mark.points(3, "core", hint="names")
def test_both_tell_their_names(scene):
    """The client tells its name first, and shows with whom it is chatting."""
    name = scene.rng.choice(NAMES)
    host = scene.host()
    client = scene.client(host).types(name)
    server = host.accepts().says("Anna María")
    server.receives_line(name)
    client.prints(containing="Anna María")
    client.has_not_printed("\x1b", hint="bold")  # its screen is no terminal here


@pytest.mark.points(3, "core", hint="arrives")
def test_what_arrives_is_shown(scene):
    """What the server says is shown with the server's name before it."""
    client, server = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        server.says(text)
        client.prints(f"Anna: {text}")


@pytest.mark.points(3, "core", hint="typed")
def test_what_is_typed_is_sent(scene):
    """What is typed is sent as a line of its own, just as it was typed."""
    client, server = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        client.types(text)
        server.receives_line(text)


@pytest.mark.points(4, "core", hint="threads")
def test_both_speak_at_any_time(scene):
    """Either side may say several things, one after another, without waiting for an answer."""
    client, server = a_chat(scene)
    for _ in range(2):
        said = [scene.words() for _ in range(3)]
        for text in said:
            server.says(text)
            client.prints(f"Anna: {text}")
        typed = [scene.words() for _ in range(3)]
        for text in typed:
            client.types(text)
            server.receives_line(text)


@pytest.mark.points(3, "core", hint="together")
def test_many_lines_at_once(scene):
    """A name and many messages that arrive in one piece are a name and many messages; so it is with typed ones."""
    said = [scene.words() for _ in range(AT_ONCE)]
    typed = [scene.words() for _ in range(AT_ONCE)]
    host = scene.host()
    client = scene.client(host).types("\n".join(["Sofia", *typed]))
    server = host.accepts().sends("".join(f"{line}\n" for line in ["Anna", *said]))
    client.prints(f"Anna: {said[0]}")
    for text in said[1:]:
        client.prints_next(f"Anna: {text}", among="Anna: ")
    for text in ["Sofia", *typed]:
        server.receives_line(text)


@pytest.mark.points(2, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line is one line and is shown once, however it arrives: byte by byte, or longer than any buffer."""
    client, server = a_chat(scene)
    server.sends_in_pieces(*(bytes([byte]) for byte in b"one by one\n"))
    client.prints("Anna: one by one")
    long = "far " * 16_383 + "far"
    server.says(long)
    client.prints_next(f"Anna: {long}", among="Anna: ")


@pytest.mark.points(2, "core", hint="letters")
def test_a_letter_in_two_pieces(scene):
    """A letter whose bytes arrive in two pieces is still one letter."""
    client, server = a_chat(scene)
    server.sends_in_pieces(b"caf\xc3", b"\xa9 and \xe8\x8c", b"\xb6\n")
    client.prints("Anna: café and 茶")


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    """Bytes that are no UTF-8 are replaced, and the chat goes on."""
    client, server = a_chat(scene)
    server.sends(b"caf\xe9 \xff and so on\n")
    client.prints(containing="and so on")
    server.says("still here")
    client.prints("Anna: still here")


@pytest.mark.points(1, "core", hint="line-end")
def test_line_ends_of_other_systems(scene):
    """A carriage return before a line end is no part of the line: not of a name, and not of /close."""
    host = scene.host()
    client = scene.client(host).types("Sofia")
    server = host.accepts().sends(b"Anna\r\nhello\r\n")
    client.prints("Anna: hello")
    server.sends(b"/close\r\n")
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="word")
def test_only_close_closes(scene):
    """Only the line /close ends the chat: whatever else is said about the end is just said."""
    client, server = a_chat(scene)
    for text in ("quit", "exit", "NAME", "/close the door, please", "type /close"):
        server.says(text)
        client.prints(f"Anna: {text}")
        client.types(text)
        server.receives_line(text)


@pytest.mark.points(4, "core", hint="wake")
def test_the_server_closes(scene):
    """When the server says /close the client ends at once, although its user has typed nothing."""
    client, server = a_chat(scene)
    server.says("/close")
    client.ends(status=0)
    server.hears_out()


@pytest.mark.points(2, "core", hint="close")
def test_the_user_closes(scene):
    """When /close is typed it is sent, then end-of-stream, and the client ends with status 0."""
    client, server = a_chat(scene)
    client.types("/close")
    server.receives_line("/close", hint="word")
    server.leaves()
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="keyboard")
def test_the_end_of_the_keyboard(scene):
    """The end of the keyboard is as good as /close, even before a name; what was typed before it is still sent."""
    client, server = a_chat(scene)
    text = scene.words()
    client.types(text).ends_keyboard()
    server.receives_line(text)
    server.receives_line("/close")
    server.leaves()
    client.ends(status=0)
    nameless = scene.client(scene.host("next server"), name="nameless client")
    nameless.ends_keyboard().ends(status=0)


@pytest.mark.points(4, "errors", hint="lost")
def test_the_server_goes_without_a_word(scene):
    """When the stream ends without /close the client says so and ends with status 1, with nothing typed."""
    client, server = a_chat(scene)
    server.ends()
    client.ends_with_a_sentence(status=1)
    server.hears_out()


@pytest.mark.points(3, "errors", hint="reset")
def test_the_server_is_lost(scene):
    """When the connection breaks off in the middle of a line the client says so and ends with status 1."""
    client, server = a_chat(scene)
    server.sends("I only wanted to s").resets()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(1, "errors", hint="too-long")
def test_a_line_without_end(scene):
    """A line of more than 65,536 bytes ends the connection: the client says why, with status 1."""
    client, server = a_chat(scene)
    server.says("x" * 100_000)
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C during a chat ends the client with status 0 and without a traceback, and the server sees the end."""
    client, server = a_chat(scene)
    client.presses_ctrl_c()
    server.hears_out().leaves()
    client.ends(status=0)


@pytest.mark.points(2, "errors", hint="refused")
def test_nobody_is_there(scene):
    """A client whose connection is refused says so in a sentence and ends with status 1."""
    client = scene.client(scene.host().refuses_all()).types("Sofia")
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="unanswered")
def test_two_seconds_are_enough(scene):
    """To be connected a client waits 2 s; in the chat it waits for the next line as long as it takes."""
    client, server = a_chat(scene)
    unlucky = scene.client(scene.host("silent server").never_answers(), name="unlucky client").types("Ben")
    unlucky.ends_with_a_sentence(status=1, within=4)
    server.says("I was away for a while")
    client.prints("Anna: I was away for a while", hint="quiet")


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that is no number, or too large, is answered by a sentence and status 1, not by a traceback."""
    for port in ("harbour", "70000"):
        client = scene.client(None, "127.0.0.1", port).types("Sofia")
        client.ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_to_whom(scene):
    """The log says to whom the client is connected, with address and port."""
    host = scene.host()
    client = scene.client(host).types("Sofia")
    host.accepts().says("Anna")
    port = str(host.address[1])
    client.logs(check=lambda line: "127.0.0.1" in line and port in line, words=f"a line with 127.0.0.1 and {port}")


@pytest.mark.points(2, "logging", hint="log-left")
def test_the_log_says_that_it_is_over(scene):
    """The log says that the chat is over."""
    host = scene.host()
    client = scene.client(host).types("Sofia")
    server = host.accepts().says("Anna")
    client.logs(containing=str(host.address[1]), hint="log")
    server.says("/close")
    client.logs(words="a line about the end of the chat")
