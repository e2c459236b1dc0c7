"""Stage 1, the client: it sends what is typed and prints what comes back. 50 points; what is asked is in PROTOCOLS.md.

Here the test plays the server. Nothing is said about more bytes than were sent, about a line so long that neither side
could take it before the other one receives, about typed bytes that aren't UTF-8, and about a server that exits while
the client waits for its keyboard: it notices when the next line is typed, that's the limit of this stage.
"""

from functools import partial

import pytest

from parley.contract.record import quoted
from parley.harness.programs import NO_UTF_8, free_host
from parley.harness.scene import MANY_ROUNDS, NO_COMMANDS

SAID, ANSWERED = "☕", "☔"  # as many bytes


@pytest.mark.points(4, "core", hint="talk")
def test_what_is_typed_goes_out_and_comes_back(scene):
    """The client sends each typed line and prints the reply, at the end of a line."""
    text = scene.words()
    client, server = client_and_server(scene, text)
    echoes(client, server, text)


@pytest.mark.points(3, "core", hint="line")
def test_line_after_line(scene):
    """The client sends each typed line without its newline, whatever its words, a repeated one too, all on the same
    connection.
    """
    texts = [scene.words() for _ in range(40)]
    texts.append(texts[-1])
    client, server = client_and_server(scene, texts[0])
    server.receives(texts[0]).sends(texts[0]).was_received()
    for text in texts[1:]:
        client.types(text)
        server.receives(text).sends(text).was_received()
    for text in texts:
        client.prints(text)
    for word in NO_COMMANDS:
        client.types(word)
        server.receives(word, hint="no-command").sends(word)
        client.prints(word, hint="no-command")
    client.types(*map(str, range(MANY_ROUNDS)))
    for number in scene.rounds():
        server.receives(str(number), hint="forever").sends(str(number))
    client.prints(str(number), hint="forever")


@pytest.mark.points(2, "core", hint="flush")
def test_the_screen_shows_it_at_once(scene):
    """The client prints an answer before it sends the next line, even into a pipe."""
    first, second = f"{SAID} {scene.words()}", scene.words()
    client, server = client_and_server(scene, first)
    answers(server, first)
    client.types(second)
    server.receives(second)
    shows(client, answer_to(first))


@pytest.mark.points(2, "core", hint="whole-line")
def test_the_blanks_of_a_line(scene):
    """The client removes only the newline: spaces, tabs and other signs stay."""
    texts = [
        "   three blanks ☕",
        "one tab ☕\t",
        " ",
        "page 1, cafe\u0301\f\u2028page 2\x85\x1c\v",
        "\ufeffmark, \x1b[1mbold\x1b[0m ☕\0",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
    ]
    client, server = client_and_server(scene, *texts)
    for text in texts:
        echoes(client, server, text)


@pytest.mark.points(2, "core", hint="came-back")
def test_what_is_shown_has_come_back(scene):
    """The client prints what came back, even if the server changed it."""
    text = f"{SAID} {scene.words()}"
    client, server = client_and_server(scene, text)
    answers(server, text)
    shows(client, answer_to(text))


@pytest.mark.points(3, "core", hint="as-many")
def test_an_answer_in_pieces(scene):
    """An answer that arrives byte by byte is printed as one, when it's complete."""
    text = f"one byte after another {SAID}"
    client, server = client_and_server(scene, text)
    server.receives(text)
    server.sends_in_pieces(*(bytes([byte]) for byte in answer_to(text).encode()))
    shows(client, answer_to(text))


@pytest.mark.points(2, "core", hint="letter")
def test_a_letter_in_two_pieces(scene):
    """A letter that arrives in two chunks is printed whole."""
    text = f"{scene.words()} à la carte {SAID}"
    data = answer_to(text).encode()
    client, server = client_and_server(scene, text)
    server.receives(text)
    server.sends_in_pieces(data[:-2], data[-2:])
    shows(client, answer_to(text))


@pytest.mark.points(1, "core", hint="no-text")
def test_bytes_that_are_no_text(scene):
    """If bytes aren't UTF-8, the client prints something else in their place and continues."""
    client, server = client_and_server(scene, "blaue ☕")
    server.receives("blaue ☕").sends(b"bl\xff\xffe \xe2\x98\x95")
    client.prints(check=is_blue_with_a_hole, words='"bl" and "e ☕" with something between them')
    text = scene.words()
    client.types(text)
    echoes(client, server, text)


def is_blue_with_a_hole(line):
    """Whether something stands where the bytes were that are no text."""
    return "bl" in line and line.endswith("e ☕") and not line.endswith("ble ☕")


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Keyboard and screen use UTF-8, even if the operating system doesn't."""
    listener = scene.host()
    client = scene.client(listener, environment=NO_UTF_8).types("дом, 船, žluťoučký")
    echoes(client, listener.accepts(), "дом, 船, žluťoučký")


@pytest.mark.points(2, "core", hint="as-many")
def test_a_long_line(scene):
    """A line comes back whole, whether it fills a buffer exactly or is longer."""
    text = f"{SAID}0123456789abc" * 6_000  # 16 bytes each time
    *fills, longest = lines = [text.encode()[:size].decode() for size in (1024, 2048, 4096, 96_000)]
    client, server = client_and_server(scene, *lines)
    for line in fills:
        answers(server, line)
        shows(client, answer_to(line))
    answer = answer_to(longest)
    server.receives(longest).sends_in_pieces(answer[:40_000], answer[40_000:])
    shows(client, answer)


@pytest.mark.points(2, "core", hint="lines")
def test_several_lines_at_once(scene):
    """Lines typed at the same time each get their answer, on a line of its own. The client exits after the last."""
    texts = [scene.words() for _ in range(4)]
    client, server = client_and_server(scene, *texts)
    before = SAID  # none of the texts has it
    for text in texts:
        server.receives(text).sends(text).was_received()
        words = f"a line that ends with {quoted(text)}, without the answer before it"
        client.prints(check=partial(is_of_its_own, text, before), words=words)
        before = text
    client.ends_keyboard()  # not earlier: a keyboard that has ended wakes a program that waits for it
    server.sees_end()
    client.ends(status=0)


def is_of_its_own(text, before, line):
    """Whether a line ends with this text, and doesn't have the text before it too."""
    return line.endswith(text) and before not in line


@pytest.mark.points(2, "core", hint="keyboard-end")
def test_the_keyboard_ends(scene):
    """At end of input the client sends what's left, closes its side and exits with status 0."""
    text, last = scene.words(), scene.words()
    client, server = client_and_server(scene, text)
    echoes(client, server, text)
    client.ends_keyboard(last)
    echoes(client, server, last)
    client.ends(status=0)
    server.sees_end()


@pytest.mark.points(2, "core", hint="empty-line")
def test_an_empty_line(scene):
    """After an empty line the client sends nothing more and exits with status 0."""
    text = scene.words()
    client, server = client_and_server(scene, text)
    echoes(client, server, text)
    client.types("", "too late ⌛").ends(status=0)
    server.sees_end()


@pytest.mark.points(1, "core", hint="default-port")
def test_the_port_may_be_left_out(scene):
    """Given only a HOST, the client connects to port 50007 there."""
    host = free_host(50007)
    listener = scene.host(address=(host, 50007))
    text = scene.words()
    client = scene.client(None, host).types(text)
    listener.visitor = client
    echoes(client, listener.accepts(hint="default-port"), text)


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without HOST and PORT, the client connects to 127.0.0.1 port 50007."""
    scene.takes_a_network_of_its_own()
    listener = scene.host(address=("127.0.0.1", 50007))
    text = scene.words()
    client = scene.client().types(text)
    listener.visitor = client
    echoes(client, listener.accepts(hint="default-port"), text)


@pytest.mark.points(3, "errors", hint="gone")
def test_the_server_ends_too_early(scene):
    """If the server closes before all bytes are back, the client exits with one line and status 1."""
    client, server = working_client(scene)
    client.has_had_its_say().types("hello ☕")
    server.receives("hello ☕").sends("he").ends()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(3, "errors", hint="lost")
def test_the_server_is_lost(scene):
    """If the connection is reset during an answer, the client exits with one line and status 1."""
    client, server = working_client(scene)
    client.has_had_its_say().types("hello ☕")
    server.receives("hello ☕").sends_in_pieces("he").resets()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="lost-on-send")
def test_the_server_has_gone_meanwhile(scene):
    """A client that finds its server gone when it sends exits with one line and status 1."""
    client, server = working_client(scene)
    client.has_had_its_say()  # it waits for its keyboard when the connection breaks
    server.resets(arrives=True)
    client.types("are you still there? ☕").ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="refused")
def test_nobody_listens(scene):
    """A client that is refused exits with one line and status 1."""
    working_client(scene)
    nobody = scene.host("absent server", listens=False)
    scene.client(nobody).types("hello ☕").ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="no-answer")
def test_nobody_answers(scene):
    """If no machine answers, the client gives up after 2 s; once connected, it waits."""
    patient, server = working_client(scene, name="patient client")
    patient.types(f"hello {SAID}")
    server.receives(f"hello {SAID}")
    silent = scene.host("silent server").never_answers()
    scene.client(silent).types("hello ☕").ends_with_a_sentence(status=1, within=4)
    server.sends(f"hello {ANSWERED}")
    shows(patient, f"hello {ANSWERED}", hint="patience")


@pytest.mark.points(1, "errors", hint="ctrl-c")
def test_ctrl_c_at_the_keyboard(scene):
    """Ctrl+C stops a client that waits for its keyboard: exit status 0, no traceback."""
    client, server = working_client(scene)
    client.presses_ctrl_c().ends(status=0)
    server.sees_end()


@pytest.mark.points(1, "errors", hint="ctrl-c")
def test_ctrl_c_before_the_answer(scene):
    """Ctrl+C stops a client that waits for an answer, or for its connection: exit status 0, no traceback."""
    client, server = working_client(scene)
    client.types("hello ☕")
    server.receives("hello ☕")
    client.presses_ctrl_c().ends(status=0)
    server.sees_end()
    scene.stops_while_it_connects("hello ☕")


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1."""
    working_client(scene)
    for port in ("harbour", "65536", "-5", "9" * 30):
        scene.client(None, "127.0.0.1", port).types("hello ☕").ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="client-log")
def test_the_log_says_where(scene):
    """The log says which server the client is connected to, with address and port."""
    client, server = working_client(scene)
    words = f"a line with the address and the port of the server: 127.0.0.1, {server.port}"
    client.logs(check=lambda line: "127.0.0.1" in line and str(server.port) in line, words=words)


@pytest.mark.points(2, "logging", hint="client-log")
def test_the_log_says_how_it_ended(scene):
    """The log says that the client connected, and then that it left."""
    client, _ = working_client(scene)
    client.logs(words="a line about the connection")
    client.ends_keyboard().logs(words="a line about the end")


def client_and_server(scene, *texts, name="client"):
    """A client at whose keyboard these texts are typed, and the server's side of its connection."""
    listener = scene.host()
    client = scene.client(listener, name=name)
    if texts:
        client.types(*texts)
    return client, listener.accepts()


def working_client(scene, name="client"):
    """A client that has done its work once, and the server's side of its connection."""
    text = scene.words()
    client, server = client_and_server(scene, text, name=name)
    echoes(client, server, text)
    return client, server


def echoes(client, server, text):
    """Let the server receive this text and send it back, and expect that the client receives and shows it."""
    server.receives(text).sends(text).was_received()
    client.prints(text)


def answers(server, text):
    """Let the server receive this text, and answer with other bytes, as many of them."""
    server.receives(text).sends(answer_to(text))


def answer_to(text):
    """The answer to a text that has SAID in it."""
    return text.replace(SAID, ANSWERED)


def shows(client, answer, hint=None):
    """Expect that the next line on the client's screen that has an answer in it ends with this one."""
    client.prints_next(answer, among=ANSWERED, hint=hint)
