"""Stage 1, the client: what is typed goes out and comes back. 50 points; what is asked is in PROTOCOLS.md.

Here the test plays the server. Not tested: the default HOST, as port 50007 of 127.0.0.1 may belong to somebody else
while the tests run. Nothing is said about more bytes than were sent, about a line so long that neither side could take
it before the other one receives, and about a server that goes while the client waits for its keyboard: it notices when
the next line is typed, that is the limit of this stage.
"""

import pytest

from parley.harness.programs import free_host


@pytest.mark.points(4, "core", hint="talk")
def test_what_is_typed_goes_out_and_comes_back(scene):
    """What is typed goes to the server, and what comes back is shown as Received: TEXT."""
    text = scene.words()
    client, server = client_and_server(scene, text)
    server.receives(text).sends(text)
    shows(client, text)


@pytest.mark.points(4, "core", hint="line")
def test_line_after_line(scene):
    """Each line that is typed is sent without its line end, all of them on the same connection."""
    texts = [scene.words() for _ in range(3)]
    client, server = client_and_server(scene, texts[0])
    server.receives(texts[0]).sends(texts[0])
    for text in texts[1:]:
        client.types(text)
        server.receives(text).sends(text)
    for text in texts:
        shows(client, text)


@pytest.mark.points(2, "core", hint="flush")
def test_the_screen_shows_it_at_once(scene):
    """An answer is on the screen before the next line is sent, also if the screen is a pipe."""
    first, second = scene.words(), scene.words()
    client, server = client_and_server(scene, first)
    server.receives(first).sends(first)
    client.types(second)
    server.receives(second)
    shows(client, first)


@pytest.mark.points(2, "core", hint="whole-line")
def test_the_blanks_of_a_line(scene):
    """All of a line is sent but its end: also blanks, at both sides of the text or alone."""
    texts = ["   three blanks", "one tab\t", " "]
    client, server = client_and_server(scene, *texts)
    for text in texts:
        server.receives(text).sends(text)
        shows(client, text)


@pytest.mark.points(2, "core", hint="came-back")
def test_what_is_shown_has_come_back(scene):
    """What is shown is what has come back, even if the server answers with something else."""
    text = scene.words()
    answer = text[::-1]
    client, server = client_and_server(scene, text)
    server.receives(text).sends(answer)
    shows(client, answer)


@pytest.mark.points(4, "core", hint="as-many")
def test_an_answer_in_pieces(scene):
    """An answer that arrives byte after byte is shown as one, when as many bytes are back as were sent."""
    text = "one byte after another"
    client, server = client_and_server(scene, text)
    server.receives(text)
    server.sends_in_pieces(*(bytes([byte]) for byte in text.encode()))
    shows(client, text)


@pytest.mark.points(3, "core", hint="letter")
def test_a_letter_in_two_pieces(scene):
    """A letter of several bytes may arrive in two pieces, and is shown whole."""
    text = f"{scene.words()} à la carte ☕"
    data = text.encode()
    client, server = client_and_server(scene, text)
    server.receives(data)
    server.sends_in_pieces(data[:-2], data[-2:])
    shows(client, text)


@pytest.mark.points(2, "core", hint="as-many")
def test_a_long_line(scene):
    """A line comes back whole, whether it fills a buffer exactly or is longer than any buffer."""
    text = "0123456789abcdef" * 6_000
    client, server = client_and_server(scene, text[:4096])
    server.receives(text[:4096]).sends(text[:4096])
    shows(client, text[:4096])
    client.types(text)
    server.receives(text).sends(text)
    shows(client, text)


@pytest.mark.points(2, "core", hint="lines")
def test_several_lines_at_once(scene):
    """Of several lines that are there at once, each one has its own answer, and the client ends after the last."""
    texts = [scene.words() for _ in range(4)]
    client, server = client_and_server(scene, *texts)
    client.ends_keyboard()
    for text in texts:
        server.receives(text).sends(text)
        shows(client, text)
    server.sees_end()
    client.ends(status=0)


@pytest.mark.points(2, "core", hint="keyboard-end")
def test_the_keyboard_ends(scene):
    """When the keyboard's input ends, the client says end-of-stream and ends with status 0."""
    text = scene.words()
    client, server = client_and_server(scene, text)
    server.receives(text).sends(text)
    client.ends_keyboard().ends(status=0)
    server.sees_end()


@pytest.mark.points(2, "core", hint="empty-line")
def test_an_empty_line(scene):
    """An empty line ends the client: it sends nothing more but end-of-stream, and ends with status 0."""
    text = scene.words()
    client, server = client_and_server(scene, text)
    server.receives(text).sends(text)
    client.types("").ends(status=0)
    server.sees_end()


@pytest.mark.points(1, "core", hint="default-port")
def test_the_port_may_be_left_out(scene):
    """A client that is told a HOST only connects to port 50007 there."""
    host = free_host(50007)
    listener = scene.host(address=(host, 50007))
    client = scene.client(None, host).types("hello")
    listener.visitor = client
    listener.accepts(hint="default-port").receives("hello").sends("hello")
    shows(client, "hello")


@pytest.mark.points(3, "errors", hint="gone")
def test_the_server_ends_too_early(scene):
    """A server that ends the stream before all is back makes the client end with a sentence and status 1."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello").sends("he").ends()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(3, "errors", hint="lost")
def test_the_server_is_lost(scene):
    """A connection that breaks off in the middle of an answer makes the client end with a sentence and status 1."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello").sends_in_pieces("he").resets()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="lost-on-send")
def test_the_server_has_gone_meanwhile(scene):
    """A client that meets the loss of its server when it sends the next line ends with a sentence and status 1."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello").sends("hello")
    shows(client, "hello")
    server.resets()
    client.types("are you still there?").ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="refused")
def test_nobody_listens(scene):
    """A client that is refused, as nobody listens there, ends with a sentence and status 1."""
    nobody = scene.host().refuses_all()
    scene.client(nobody).types("hello").ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="no-answer")
def test_nobody_answers(scene):
    """A client that is neither accepted nor refused gives up after 2 s; in a conversation it waits for its answer."""
    patient, server = client_and_server(scene, "hello", name="patient client")
    server.receives("hello")
    silent = scene.host("silent server").never_answers()
    scene.client(silent).types("hello").ends_with_a_sentence(status=1, within=4)
    server.sends("hello")
    shows(patient, "hello", hint="patience")


@pytest.mark.points(1, "errors", hint="ctrl-c")
def test_ctrl_c_at_the_keyboard(scene):
    """Ctrl+C ends a client that waits for its keyboard: with end-of-stream and status 0, without a traceback."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello").sends("hello")
    shows(client, "hello")
    client.presses_ctrl_c().ends(status=0)
    server.sees_end()


@pytest.mark.points(1, "errors", hint="ctrl-c")
def test_ctrl_c_before_the_answer(scene):
    """Ctrl+C ends a client that waits for an answer: with end-of-stream and status 0, without a traceback."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello")
    client.presses_ctrl_c().ends(status=0)
    server.sees_end()


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that is no number, or too large, is answered by a sentence and status 1, not by a traceback."""
    scene.client(None, "127.0.0.1", "harbour").types("hello").ends_with_a_sentence(status=1)
    scene.client(None, "127.0.0.1", "70000").types("hello").ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="client-log")
def test_the_log_says_where(scene):
    """The log says with whom the client is connected, with address and port."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello")
    words = f"a line with the address and the port of the server: 127.0.0.1, {server.port}"
    client.logs(check=lambda line: "127.0.0.1" in line and str(server.port) in line, words=words)


@pytest.mark.points(2, "logging", hint="client-log")
def test_the_log_says_how_it_ended(scene):
    """The log says that the client is connected, and then that it has left."""
    client, server = client_and_server(scene, "hello")
    server.receives("hello").sends("hello")
    shows(client, "hello")
    client.logs(words="a line about the connection")
    client.ends_keyboard().logs(words="a line about the end")


def client_and_server(scene, *texts, name="client"):
    """A client at whose keyboard these texts are typed, and the server's side of its connection."""
    listener = scene.host()
    client = scene.client(listener, name=name)
    for text in texts:
        client.types(text)
    return client, listener.accepts()


def shows(client, text, hint=None):
    """Expect that the next line on the client's screen with the word Received says this text."""
    client.prints_next(f"Received: {text}", among="Received:", hint=hint)
