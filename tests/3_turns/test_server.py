"""Stage 3, the server: the client speaks, the server answers, in turn, until one of them leaves. 50 points.

What is asked is in PROTOCOLS.md. Not tested: a line that never ends (no rule says when it has to be noticed), how the
user is asked for a line (the wording is free), typed bytes that aren't UTF-8, and half a line before EOF.
"""

import pytest

from parley.harness.programs import NO_UTF_8
from parley.harness.scene import MANY_ROUNDS, NO_CLOSE, SILENCE

LONGEST = 65_536  # bytes of the longest line
ASKED = "☂"  # in the questions, and in no answer


@pytest.mark.points(3, "core", hint="screen")
def test_a_turn_each(scene):
    """The server shows the client's line immediately, even after a silence, then sends its user's answer."""
    server, patient = scene.server(), scene.server(name="second server")
    question, answer = scene.words(), scene.words()
    anna = scene.person("Anna").connects(server)
    anna.says(question)
    server.prints(question)
    server.types(answer)
    anna.receives(answer, hint="turns").receives_line("", hint="line-end")  # and then the newline
    scene.deadlines.watch(SILENCE)
    anna.says(answer)
    server.prints(answer, hint="patience")
    server.types(question)
    anna.receives(f"{question}\n", hint="line-end")  # and no \r
    scene.person("Ben").connects(patient, hint="patience").says(question)
    patient.prints(question)


@pytest.mark.points(2, "core", hint="ahead")
def test_answers_typed_ahead(scene):
    """Lines typed out of turn wait for their turn: none is lost, doubled or out of order."""
    server = scene.server()
    answers = [scene.words() for _ in range(40)]
    for answer in answers:
        server.types(answer)
    anna = scene.person("Anna").connects(server)
    for answer in answers:
        question = f"{ASKED} {scene.words()}"
        anna.says(question).receives_line(answer)
        server.prints_next(question, among=ASKED)
    server.types(*map(str, range(MANY_ROUNDS)))
    for number in scene.rounds():
        anna.says("and then?").receives_line(str(number), hint="forever")


@pytest.mark.points(2, "core", hint="turns")
def test_one_answer_in_each_turn(scene):
    """The server sends one line in each turn, and no other before the client speaks again."""
    server = scene.server().types("one ☕", "two ☕", "three ☕")
    anna = scene.person("Anna").connects(server)
    anna.says("good morning ☕").receives_line("one ☕")
    server.comes_to_rest()
    anna.has_received_no_more()
    anna.says("good evening ☕").receives_line("two ☕")
    server.comes_to_rest()
    anna.has_received_no_more()
    anna.says("/close").sees_end()


@pytest.mark.points(1, "core", hint="first")
def test_the_client_speaks_first(scene):
    """The server sends nothing before the client speaks, even if its user typed already."""
    answer = scene.words()
    server = scene.server().types(answer).comes_to_rest()
    anna = scene.person("Anna").connects(server)
    server.comes_to_rest()
    anna.says("/close").sees_end()
    server.ends(status=0)


@pytest.mark.points(2, "core", hint="close-heard")
def test_the_client_closes(scene):
    """The line /close from the client ends the conversation: a notice, and exit status 0."""
    server = scene.server().types("I shall say /close too ☕")
    anna = scene.person("Anna").connects(server)
    anna.says("soon I shall say /close ☕")
    server.prints("soon I shall say /close ☕")
    anna.receives_line("I shall say /close too ☕")
    server.has_had_its_say()
    anna.says("/close").sees_end()
    server.ends_with_a_sentence(status=0)


@pytest.mark.points(3, "core", hint="close-typed")
def test_the_server_closes(scene):
    """/close typed at the server waits for its turn, is sent, and ends the server with exit status 0."""
    server = scene.server().types("/close", "too late ⌛")
    anna = scene.person("Anna").connects(server)
    server.comes_to_rest()
    anna.says("good morning ☕")
    server.prints("good morning ☕")
    anna.receives_line("/close")
    anna.sees_end()
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="close-heard")
def test_words_that_are_no_close(scene):
    """Only the line /close ends the conversation, not a line that contains it, not /CLOSE, and no other word."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    for line in NO_CLOSE:
        anna.says(line)
        server.prints(line)
        server.types(line)
        anna.receives_line(line)


@pytest.mark.points(2, "core", hint="keyboard")
def test_the_keyboard_ends(scene):
    """End of input counts as /close. Lines typed before are still sent, the last one even without a newline."""
    server = scene.server().types("hello ☕").ends_keyboard("the last words ☕")
    anna = scene.person("Anna").connects(server)
    anna.says("one ☕").receives_line("hello ☕")
    anna.says("two ☕").receives_line("the last words ☕")
    server.comes_to_rest()
    anna.has_received_no_more(hint="first")  # it is her turn
    anna.says("three ☕").receives_line("/close")
    anna.sees_end()
    server.ends(status=0)
    server = scene.server(name="second server").ends_keyboard("/close")
    ben = scene.person("Ben").connects(server).says("good morning ☕")
    ben.receives_line("/close")
    ben.sees_end()
    server.ends(status=0)


@pytest.mark.points(2, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line that arrives byte by byte is one line, and one turn."""
    server = scene.server().types("I hear ☕")
    line = scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends_in_pieces(*(bytes([byte]) for byte in f"{line}\n".encode()))
    server.prints(line)
    anna.receives_line("I hear ☕")


@pytest.mark.points(1, "core", hint="letter")
def test_a_letter_in_two_pieces(scene):
    """A letter whose bytes arrive in two chunks stays that letter."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    anna.sends_in_pieces(b"caf\xc3", b"\xa9\n")
    server.prints("café")


@pytest.mark.points(2, "core", hint="glued")
def test_two_lines_in_one_piece(scene):
    """Two lines that arrive in one chunk are two turns, with an answer to each."""
    server = scene.server().types("first ☕", "second ☕")
    one, two = scene.words(), scene.words()
    anna = scene.person("Anna").connects(server)
    anna.sends(f"{one}\n{two}\n/close\n")
    server.prints(one)
    server.prints(two)
    anna.receives_line("first ☕")
    anna.receives_line("second ☕")
    anna.sees_end()
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    """Bytes that aren't UTF-8 are replaced, and no others. The conversation continues."""
    server = scene.server().types("what did you say? ☕")
    anna = scene.person("Anna").connects(server)
    anna.sends(b"bl\xff\xfe\xffue \xe2\x98\x95\n")
    server.prints(check=is_blue_with_a_hole, words='"bl" and "ue ☕" with something between them')
    anna.receives_line("what did you say? ☕")


def is_blue_with_a_hole(line):
    """Whether something stands where the bytes were that are no text."""
    return "bl" in line and line.endswith("ue ☕") and not line.endswith("blue ☕")


@pytest.mark.points(1, "core", hint="crlf")
def test_line_ends_of_telnet(scene):
    r"""A line may end with \r\n, as telnet sends it: this \r isn't part of the text, and an earlier one is."""
    server = scene.server().types("good evening ☕", "good night ☕")
    anna = scene.person("Anna").connects(server)
    anna.sends("good morning ☕\r\n")
    server.prints("good morning ☕")
    anna.receives_line("good evening ☕")
    anna.sends_in_pieces("sleep well ☕\r", "\n")
    server.prints("sleep well ☕")
    anna.receives_line("good night ☕")
    anna.sends("two \r\r\n")
    server.prints("two \r", hint="unchanged")
    server.types("two?")
    anna.receives_line("two?")
    anna.sends("/close\r\n").sees_end()
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="long")
def test_a_long_line(scene):
    """A line stays one line, even if it fills a buffer exactly, or has 65,536 bytes and the next one behind it."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    longest = "a" + "é" * (LONGEST // 2 - 1) + "z"
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    for line in (*fills, longest):
        anna.says(line)
        server.prints(line)
        server.types(line)
        anna.receives_line(line)
    server.types("one ☕", "two ☕")
    anna.sends(f"{longest}\nI have said it all ☕\n").receives_line("one ☕")
    server.prints(longest)
    anna.receives_line("two ☕")
    server.prints("I have said it all ☕")


@pytest.mark.points(1, "core", hint="empty")
def test_an_empty_line_is_a_turn(scene):
    """An empty line is a turn, even several times, and so is a line of spaces."""
    server = scene.server().types("", "", "", " ", "you are silent too ☕")
    anna = scene.person("Anna").connects(server)
    anna.says("good morning ☕").receives_line("")
    server.prints("good morning ☕")
    for answer in ("", "", " "):
        anna.says("").receives_line(answer)
        server.prints(words="a line for the empty one", hint="screen")
    anna.says(" ").receives_line("you are silent too ☕")
    server.prints(" ", hint="screen")


@pytest.mark.points(1, "core", hint="unchanged")
def test_the_text_stays_as_it_is(scene):
    """Lines are sent and shown unchanged: spaces, characters that look like newlines, a line said before."""
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    anna.says("ten %\rtwenty % ☕")
    server.prints("ten %\rtwenty % ☕")
    server.types("I see ☕")
    anna.receives_line("I see ☕")
    for line in (
        "  two spaces, ☕, and two more  ",
        "page 1, cafe\u0301\f\u2028page 2\x85\x1c\v☕",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
        "\ufeffmark, \x1b[1mbold\x1b[0m ☕\0",
        "Server: Client: who says that? ☕",
        "again ☕",
        "again ☕",
    ):
        anna.says(line)
        server.prints(line)
        server.types(line)
        anna.receives_line(line)


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Keyboard and screen use UTF-8, even on a system that doesn't."""
    server = scene.server(environment=NO_UTF_8).types("дом, 船, žluťoučký")
    anna = scene.person("Anna").connects(server)
    anna.says("чай, 茶, café").receives_line("дом, 船, žluťoučký")
    server.prints("чай, 茶, café")


@pytest.mark.points(1, "core", hint="one")
def test_one_conversation(scene):
    """The server serves one conversation: a client that comes in the middle doesn't disturb it."""
    server = scene.server()
    anna, ben = scene.person("Anna").connects(server), scene.person("Ben")
    anna.says("good morning ☕")
    server.prints("good morning ☕")
    if ben.tries_to_connect(server):
        ben.says("I am Ben ☺")
    server.rests().has_not_printed("I am Ben")
    server.types("good evening ☕")
    anna.receives_line("good evening ☕")
    anna.says("good night ☕")
    server.prints("good night ☕")
    server.types("/close")
    anna.receives_line("/close")
    anna.sees_end()
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST the server can be reached at every address of this machine."""
    takes_a_turn(scene, scene.server(host=""), host="127.0.0.2")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the server listens at port 50007, without HOST only at 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    server = scene.server(host=None, port=50007)
    second = scene.server(host="127.0.0.2", port=50007, tells_port=False, name="second server")
    takes_a_turn(scene, server)
    takes_a_turn(scene, second, host="127.0.0.2")


@pytest.mark.points(3, "errors", hint="lost")
def test_the_client_leaves_without_close(scene):
    """A client that closes without /close is lost: the server prints a line and exits with status 1."""
    server = scene.server()
    anna = takes_a_turn(scene, server)
    server.has_had_its_say()
    anna.ends()
    server.ends_with_a_sentence(status=1)
    anna.sees_end()
    server = scene.server(name="second server")
    scene.person("Ben").connects(server).ends().sees_end()  # without a word
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="reset")
def test_the_client_is_cut_off(scene):
    """A client that resets in the middle of a line is lost: one line, status 1, no traceback."""
    server = scene.server()
    anna = takes_a_turn(scene, server)
    server.has_had_its_say()
    anna.sends_in_pieces("☕ what I always wan").resets()
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="gone")
def test_the_client_is_gone_during_the_answer(scene):
    """A client that disconnects while the answer is typed is noticed at the next exchange: one line, status 1."""
    server = scene.server()
    anna = takes_a_turn(scene, server)
    anna.says("good morning ☕")
    server.prints("good morning ☕")
    server.has_had_its_say()
    anna.resets(arrives=True)
    server.types("are you still there? ☕", "nobody? ☕")
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops an idle server: exit status 0, no traceback."""
    takes_a_turn(scene, scene.server())
    scene.server(name="next server").presses_ctrl_c().ends(status=0)


@pytest.mark.points(3, "errors", hint="port-free")
def test_ctrl_c_during_a_conversation(scene):
    """Ctrl+C stops the server in any turn, and the next start can use its port immediately."""
    server = scene.server()
    takes_a_turn(scene, server)
    server.presses_ctrl_c().ends(status=0, hint="ctrl-c")
    server = scene.server(port=server.address[1], name="next server")
    ben = scene.person("Ben").connects(server)
    ben.says("good morning ☕")
    server.prints("good morning ☕")
    server.presses_ctrl_c().ends(status=0, hint="ctrl-c")


@pytest.mark.points(1, "errors", hint="port-taken")
def test_the_port_is_taken(scene):
    """A server whose port is taken prints a line and exits with status 1. The first server keeps running."""
    server = scene.server()
    second = scene.server(port=server.address[1], name="second server", listens=False)
    second.ends_with_a_sentence(status=1)
    takes_a_turn(scene, server)


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and exit status 1, no traceback."""
    takes_a_turn(scene, scene.server())
    for port in ("harbour", 65_536, -5):
        scene.server(port=port, listens=False).ends_with_a_sentence(status=1)


@pytest.mark.points(1, "errors", hint="too-long")
def test_a_line_that_is_too_long(scene):
    """A line of more than 65,536 bytes ends the conversation: one line, status 1."""
    server = scene.server()
    anna = takes_a_turn(scene, server)
    server.has_had_its_say()
    anna.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says who connected, with address and port."""
    server = scene.server()
    anna = takes_a_turn(scene, server)
    words = f"a line with the address and the port of Anna: 127.0.0.1, {anna.port}"
    server.logs(check=lambda line: "127.0.0.1" in line and str(anna.port) in line, words=words)


@pytest.mark.points(2, "logging", hint="log-left")
def test_the_log_says_who_has_left(scene):
    """The log says that the client left."""
    server = scene.server()
    anna = takes_a_turn(scene, server)
    server.logs(containing=str(anna.port))
    anna.says("/close").sees_end()
    server.logs(words="a line about the end of this conversation")


def takes_a_turn(scene, server, host=None):
    """Someone who has connected (at this address of the machine), spoken, and got an answer: this server works."""
    question, answer = scene.words(), scene.words()
    person = scene.person("Anna").connects(server, host=host).says(question)
    server.prints(question)
    server.types(answer)
    person.receives_line(answer)
    return person
