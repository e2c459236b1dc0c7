"""Stage 3, the client: it speaks first, then it waits for the answer, in turn, until one of them leaves. 50 points.

What is asked is in PROTOCOLS.md. Here the test plays the server. Not tested: a line that never ends (no rule says when
it has to be noticed), how the user is asked for a line (the wording is free), typed bytes that aren't UTF-8, and half a
line before EOF.
"""

import pytest

from parley.harness.programs import NO_UTF_8
from parley.harness.scene import MANY_ROUNDS, NO_CLOSE

LONGEST = 65_536  # bytes of the longest line
ANSWERED = "☔"  # in the answers, and in no question


def conversation(scene):
    """The client that is tested, and the server that the test plays, connected to each other."""
    host = scene.host()
    client = scene.client(host)
    return client, host.accepts()


@pytest.mark.points(3, "core", hint="first")
def test_a_turn_each(scene):
    """The client speaks first, and shows the server's answer immediately."""
    client, server = conversation(scene)
    question, answer = scene.words(), scene.words()
    client.types(question)
    server.receives(question).receives_line("", hint="line-end")  # and then the newline
    server.says(answer)
    client.prints(answer, hint="screen")
    client.types(answer)
    server.receives(f"{answer}\n", hint="line-end")  # and no \r


@pytest.mark.points(3, "core", hint="ahead")
def test_questions_typed_ahead(scene):
    """Lines typed out of turn wait for their turn: none is lost, doubled or out of order."""
    client, server = conversation(scene)
    questions = [scene.words() for _ in range(40)]
    for question in questions:
        client.types(question)
    for question in questions:
        answer = f"{ANSWERED} {scene.words()}"
        server.receives_line(question)
        server.says(answer)
        client.prints_next(answer, among=ANSWERED)
    client.types(*map(str, range(MANY_ROUNDS)))
    for number in scene.rounds():
        server.receives_line(str(number), hint="forever")
        server.says("and then?")


@pytest.mark.points(2, "core", hint="turns")
def test_one_line_in_each_turn(scene):
    """The client sends one line, and no other before the server answers."""
    client, server = conversation(scene)
    client.types("one ☕", "two ☕", "three ☕").comes_to_rest()
    server.receives_line("one ☕")
    server.has_received_no_more()
    server.says("I hear one ☕")
    client.prints("I hear one ☕")
    client.comes_to_rest()
    server.receives_line("two ☕")
    server.has_received_no_more()
    server.says("/close").sees_end()


@pytest.mark.points(3, "core", hint="close-heard")
def test_the_server_closes(scene):
    """The line /close from the server ends the conversation: a notice, and exit status 0."""
    client, server = conversation(scene)
    client.types("how do we use /close? ☕", "I see ☕")
    server.receives_line("how do we use /close? ☕")
    server.says("one of us says /close ☕")
    client.prints("one of us says /close ☕")
    server.receives_line("I see ☕")
    client.has_had_its_say()
    server.says("/close").sees_end()
    client.ends_with_a_sentence(status=0)
    client, server = conversation(scene)
    client.types("good morning ☕").has_had_its_say()
    server.receives_line("good morning ☕")
    server.says("/close").sees_end()
    client.ends_with_a_sentence(status=0)


@pytest.mark.points(3, "core", hint="close-typed")
def test_the_client_closes(scene):
    """/close typed at the client waits for its turn, is sent, and ends the client with exit status 0."""
    client, server = conversation(scene)
    client.types("good morning ☕", "/close", "too late ⌛").comes_to_rest()
    server.receives_line("good morning ☕")
    server.says("good evening ☕")
    client.prints("good evening ☕")
    server.receives_line("/close")
    server.sees_end()
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="close-heard")
def test_words_that_are_no_close(scene):
    """Only the line /close ends the conversation, not a line that contains it, not /CLOSE, and no other word."""
    client, server = conversation(scene)
    for line in NO_CLOSE:
        client.types(line)
        server.receives_line(line)
        server.says(line)
        client.prints(line)


@pytest.mark.points(1, "core", hint="keyboard")
def test_the_keyboard_ends(scene):
    """End of input counts as /close, even if nothing was typed."""
    client, server = conversation(scene)
    client.ends_keyboard()
    server.receives_line("/close")
    server.sees_end()
    client.ends(status=0)
    client, server = conversation(scene)
    client.ends_keyboard("/close")
    server.receives_line("/close")
    server.sees_end()
    client.ends(status=0)


@pytest.mark.points(2, "core", hint="keyboard")
def test_the_keyboard_is_a_file(scene):
    """Lines typed before end of input are still sent, one in each turn, the last one even without a newline."""
    client, server = conversation(scene)
    client.types("one ☕").ends_keyboard("two ☕")
    server.receives_line("one ☕")
    server.says("I hear one ☕")
    server.receives_line("two ☕")
    server.says("I hear two ☕")
    server.receives_line("/close")
    server.sees_end()
    client.prints("I hear one ☕")
    client.prints("I hear two ☕")
    client.ends(status=0)


@pytest.mark.points(2, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line that arrives byte by byte is one line, and one turn."""
    client, server = conversation(scene)
    line = scene.words()
    client.types("one ☕", "two ☕")
    server.receives_line("one ☕")
    server.sends_in_pieces(*(bytes([byte]) for byte in f"{line}\n".encode()))
    client.prints(line)
    server.receives_line("two ☕")


@pytest.mark.points(1, "core", hint="letter")
def test_a_letter_in_two_pieces(scene):
    """A letter whose bytes arrive in two chunks stays that letter."""
    client, server = conversation(scene)
    client.types("where do we meet? ☕")
    server.receives_line("where do we meet? ☕")
    server.sends_in_pieces(b"at the caf\xc3", b"\xa9\n")
    client.prints("at the café")


@pytest.mark.points(2, "core", hint="glued")
def test_two_lines_in_one_piece(scene):
    """Two lines that arrive in one chunk are two turns of the server."""
    client, server = conversation(scene)
    one, two = scene.words(), scene.words()
    client.types("first ☕", "second ☕", "third ☕")
    server.receives_line("first ☕")
    server.sends(f"{one}\n{two}\n/close\n")
    client.prints(one)
    client.prints(two)
    server.receives_line("second ☕")
    server.receives_line("third ☕")
    server.sees_end()
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    """Bytes that aren't UTF-8 are replaced, and no others. The conversation continues."""
    client, server = conversation(scene)
    client.types("which colour? ☕", "what did you say? ☕")
    server.receives_line("which colour? ☕")
    server.sends(b"bl\xff\xfe\xffue \xe2\x98\x95\n")
    client.prints(check=is_blue_with_a_hole, words='"bl" and "ue ☕" with something between them')
    server.receives_line("what did you say? ☕")


def is_blue_with_a_hole(line):
    """Whether something stands where the bytes were that are no text."""
    return "bl" in line and line.endswith("ue ☕") and not line.endswith("blue ☕")


@pytest.mark.points(1, "core", hint="crlf")
def test_line_ends_of_windows(scene):
    r"""A line may end with \r\n, as on some systems: this \r isn't part of the text, and an earlier one is."""
    client, server = conversation(scene)
    client.types("one ☕", "two ☕", "two and a half ☕", "three ☕")
    server.receives_line("one ☕")
    server.sends("good evening ☕\r\n")
    client.prints("good evening ☕")
    server.receives_line("two ☕")
    server.sends_in_pieces("good night ☕\r", "\n")
    client.prints("good night ☕")
    server.receives_line("two and a half ☕")
    server.sends("two \r\r\n")
    client.prints("two \r", hint="unchanged")
    server.receives_line("three ☕")
    server.sends("/close\r\n").sees_end()
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="long")
def test_a_long_line(scene):
    """A line stays one line, even if it fills a buffer exactly, or has 65,536 bytes and the next one behind it."""
    client, server = conversation(scene)
    longest = "a" + "é" * (LONGEST // 2 - 1) + "z"
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    for line in (*fills, longest):
        client.types(line)
        server.receives_line(line)
        server.says(line)
        client.prints(line)
    client.types("one ☕", "two ☕")
    server.receives_line("one ☕")
    server.sends(f"{longest}\nI have said it all ☕\n")
    client.prints(longest)
    server.receives_line("two ☕")
    client.prints("I have said it all ☕")


@pytest.mark.points(1, "core", hint="empty")
def test_an_empty_line_is_a_turn(scene):
    """An empty line is a turn, even several times, and so is a line of spaces."""
    client, server = conversation(scene)
    client.types("", "", "", " ", "you are silent too ☕")
    for _ in range(3):
        server.receives_line("")
        server.says("")
        client.prints(words="a line for the empty one", hint="screen")
    server.receives_line(" ")
    server.says(" ")
    client.prints(" ", hint="screen")
    server.receives_line("you are silent too ☕")


@pytest.mark.points(1, "core", hint="unchanged")
def test_the_text_stays_as_it_is(scene):
    """Lines are sent and shown unchanged: spaces, characters that look like newlines, a line said before."""
    client, server = conversation(scene)
    client.types("how much is done? ☕")
    server.receives_line("how much is done? ☕")
    server.says("ten %\rtwenty % ☕")
    client.prints("ten %\rtwenty % ☕")
    for line in (
        "  two spaces, ☕, and two more  ",
        "page 1, cafe\u0301\f\u2028page 2\x85\x1c\v☕",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
        "\ufeffmark, \x1b[1mbold\x1b[0m ☕\0",
        "Server: Client: who says that? ☕",
        "again ☕",
        "again ☕",
    ):
        client.types(line)
        server.receives_line(line)
        server.says(line)
        client.prints(line)


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Keyboard and screen use UTF-8, even on a system that doesn't."""
    host = scene.host()
    client = scene.client(host, environment=NO_UTF_8).types("дом, 船, žluťoučký")
    server = host.accepts()
    server.receives_line("дом, 船, žluťoučký")
    server.says("чай, 茶, café")
    client.prints("чай, 茶, café")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the client connects to port 50007, without HOST to 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    for address, told in (("127.0.0.1", []), ("127.0.0.2", ["127.0.0.2"])):
        host = scene.host(address=(address, 50007))
        host.visitor = client = scene.client(None, *told)
        takes_a_turn(scene, client, host.accepts(hint="default-port"))


@pytest.mark.points(3, "errors", hint="unanswered")
def test_nobody_answers(scene):
    """A client that isn't connected within 2 s gives up. Once connected, it waits for its turn without a limit."""
    patient, server = conversation(scene)
    takes_a_turn(scene, patient, server)
    patient.types("take your time ⌛")
    server.receives_line("take your time ⌛")
    outside = scene.client(scene.host("busy server").never_answers(), name="other client")
    outside.ends_with_a_sentence(status=1, within=4)
    server.says("here I am ☺")
    patient.prints("here I am ☺", hint="patience")


@pytest.mark.points(1, "errors", hint="refused")
def test_there_is_no_server(scene):
    """If no server listens, the client prints a line and exits with status 1."""
    takes_a_turn(scene, *conversation(scene))
    host = scene.host("absent server", listens=False)
    scene.client(host).ends_with_a_sentence(status=1)


@pytest.mark.points(3, "errors", hint="lost")
def test_the_server_leaves_without_close(scene):
    """A server that closes without /close is lost: the client prints a line and exits with status 1."""
    client, server = conversation(scene)
    client.types("good morning ☕", "are you there? ☕")
    server.receives_line("good morning ☕")
    server.says("good evening ☕").receives_line("are you there? ☕")
    client.prints("good evening ☕")
    client.has_had_its_say()
    server.ends()
    client.ends_with_a_sentence(status=1)
    server.sees_end()
    client, server = conversation(scene)
    client.types("good morning ☕").has_had_its_say()
    server.receives_line("good morning ☕")
    server.ends().sees_end()  # without a word
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="reset")
def test_the_server_is_cut_off(scene):
    """A server that resets in the middle of a line is lost: one line, status 1, no traceback."""
    client, server = conversation(scene)
    takes_a_turn(scene, client, server)
    client.has_had_its_say().types("good morning ☕")
    server.receives_line("good morning ☕")
    server.sends_in_pieces("☕ what I always wan").resets()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="gone")
def test_the_server_is_gone_during_the_question(scene):
    """A server that disconnects while a line is typed is noticed at the next exchange: one line, status 1."""
    client, server = conversation(scene)
    takes_a_turn(scene, client, server)
    client.has_had_its_say()
    server.ends()
    client.types("are you still there? ☕", "nobody? ☕")
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops the client in any turn, and while it connects: exit status 0, no traceback."""
    client, server = conversation(scene)
    client.types("good morning ☕")
    server.receives_line("good morning ☕")
    client.presses_ctrl_c().ends(status=0)
    client, server = conversation(scene)
    takes_a_turn(scene, client, server)
    client.presses_ctrl_c().ends(status=0)
    scene.stops_while_it_connects()


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and exit status 1, no traceback."""
    takes_a_turn(scene, *conversation(scene))
    for port in ("harbour", "65536", "-5", "9" * 30):
        scene.client(None, "127.0.0.1", port).ends_with_a_sentence(status=1)


@pytest.mark.points(1, "errors", hint="too-long")
def test_a_line_that_is_too_long(scene):
    """A line of more than 65,536 bytes ends the conversation: one line, status 1."""
    client, server = conversation(scene)
    takes_a_turn(scene, client, server)
    client.types("tell me a story ☕").has_had_its_say()
    server.receives_line("tell me a story ☕")
    server.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_where(scene):
    """The log says where the client connected, with address and port."""
    client, server = conversation(scene)
    takes_a_turn(scene, client, server)
    words = f"a line with the address and the port of the server: 127.0.0.1, {server.port}"
    client.logs(check=lambda line: "127.0.0.1" in line and str(server.port) in line, words=words)


@pytest.mark.points(2, "logging", hint="log-left")
def test_the_log_says_that_it_is_over(scene):
    """The log says that the conversation is over."""
    client, server = conversation(scene)
    takes_a_turn(scene, client, server)
    client.logs(containing=str(server.port))
    client.types("/close")
    server.receives_line("/close")
    server.sees_end()
    client.logs(words="a line about the end of this conversation")


def takes_a_turn(scene, client, server):
    """Expect that each side hears what the other one says: this client does its work."""
    question, answer = scene.words(), scene.words()
    client.types(question)
    server.receives_line(question)
    server.says(answer)
    client.prints(answer)
