"""Stage 5, the client: it sends what is typed, and shows what all the others say. 30 points; what is asked is in
PROTOCOLS.md. Here the test plays the server.

Free to choose, and so not tested: whether an empty line that is typed is sent, whether {quit} itself is sent before
EOF, typed bytes that aren't UTF-8, and half a line before EOF. Nor is a reset while something is being sent (whether
the sender or the receiver learns of it is chance), and that a lost server is logged: the message about it is on
standard error in any case.
"""

import re

import pytest

from parley.harness.programs import NO_KEYBOARD, NO_UTF_8

LONGEST = 65_536  # bytes of the longest line
HALF = LONGEST // 2  # bytes that arrive in one chunk
AT_ONCE = 100  # lines
SIGNS = (  # a text stays as it is, whatever its characters
    "  two spaces, ☕, and two more  ",
    "page 1\f\u2028page 2\x85\x1c\v☕",
    "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
    "\ufeffmark, \x1b[1mbold\x1b[0m, cafe\u0301 ☕\0",
)


def a_chat(scene, name="Anna"):
    """A client whose user has given a name, and the server's end of its connection."""
    host = scene.host()
    client = scene.client(host)
    client.types(name)
    server = host.accepts()
    server.says("Who are you?").receives_line(name, hint="typed")
    server.says(f"Hello {name}, {{quit}} to leave")
    return client, server


def says_goodbye(server):
    """Whether a client has said that it leaves, in one way or another."""
    return server.over or server.received().endswith((b"{quit}\n", b"/close\n"))


def bids_farewell(scene, client, server, hint=None):
    """Expect a client to leave, with a word or with EOF alone, to say nothing more, and to wait without being busy."""
    if not scene.deadlines.until(lambda: says_goodbye(server), 2):
        server.sees_end(hint=hint)
    if server.received().endswith((b"{quit}\n", b"/close\n")):
        server.receives_line(check=("{quit}", "/close").__contains__, words="{quit} or /close", hint=hint)
    client.rests(hint="waiting")
    server.ends().sees_end(hint=hint)


def connects(scene, client, host):
    """Whether this client is connected to the host, or should be. (It may ask for the name first, and exit.)"""
    scene.deadlines.poll(lambda: client.ended or client.connections_to(host.address[1]), host.comes_within)
    client.comes_to_rest()
    return not client.ended


@pytest.mark.points(2, "core", hint="typed")
def test_what_is_typed_is_sent(scene):
    """The client sends the first typed line as the name, and each further line unchanged, repeated ones too."""
    client, server = a_chat(scene, "łukasz McÖr")
    words = ["{quit}ting", "{QUIT}", "/CLOSE", "/closed", "I shall say {quit} ☕", "/close the window ☕", " {quit} "]
    words += ["/quit", "/exit", "bye", "/help", "/who", "@Łukasz ☕"]
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    for text in (scene.words(), *SIGNS, " ", "again ☕", "again ☕", *words, *fills):
        client.types(text)
        server.receives_line(text)
    client.types("", "Ben: not me ☕")
    server.receives_lines_until("Ben: not me ☕")
    client.types("nothing else ☕")
    server.receives("nothing else ☕\n")


@pytest.mark.points(2, "core", hint="screen")
def test_what_arrives_is_shown(scene):
    """The client shows each line when it arrives, even if its user types nothing, and then rests."""
    client, server = a_chat(scene)
    for text in (scene.words(), *SIGNS, "line 1\rstill line 1 ☕", "again ☕", "again ☕", scene.words()):
        server.says(f"Ben: {text}")
        client.prints(f"Ben: {text}")
    # the user's own name, and a sign that some take for the beginning of a file
    for line in ("Anna has joined ☕", "Anna: I am another Anna ☕", SIGNS[-1]):
        server.says(line)
        client.prints(line)
    server.sends("Ben: and so")
    client.rests(hint="waiting")
    server.sends(" on ☕\n")
    client.prints("Ben: and so on ☕")


@pytest.mark.points(3, "core", hint="both")
def test_both_at_once(scene):
    """While many lines are typed and many arrive, each is sent or shown once, and in order."""
    client, server = a_chat(scene)
    typed = [f"anna ☕ {number}" for number in range(1, AT_ONCE + 1)]
    said = [f"Ben: ben ☕ {number}" for number in range(1, AT_ONCE + 1)]
    client.types("\n".join(typed))
    server.sends("".join(f"{line}\n" for line in said))
    for text in typed:
        server.receives_line(text)
    client.prints(said[0])
    for text in said[1:]:
        client.prints_next(text, among="Ben: ")


@pytest.mark.points(2, "core", hint="lines")
def test_lines_and_letters_in_pieces(scene):
    """A line is shown whole, whether it arrives in chunks, cuts a letter, fills a buffer or is longer."""
    client, server = a_chat(scene)
    server.sends_in_pieces(*(bytes([byte]) for byte in b"Ben: byte by byte\nBen: and"), b" so", b" on\nBen: 17\n")
    for text in ("Ben: byte by byte", "Ben: and so on", "Ben: 17"):
        client.prints(text)
    server.sends_in_pieces(b"Ben: one caf\xc3", b"\xa9, and \xe8\x8c", b"\xb6 for Carla\n")
    client.prints("Ben: one café, and 茶 for Carla", hint="letters")
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    longest = "far " * (LONGEST // 4 - 1) + "away"
    for line in (*fills, longest):
        server.says(line)
        client.prints(line)
    # the next line comes in the same chunk as the end of the longest one
    longest = longest.replace("far", "off")
    server.sends_in_pieces(longest[:HALF], f"{longest[HALF:]}\nand near\n")
    for line in (longest, "and near"):
        client.prints(line)


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    r"""Bytes that aren't UTF-8 are replaced, a \r before \n is dropped, and the chat continues."""
    client, server = a_chat(scene)
    server.sends(b"Ben: no \xff\xfe text\nBen: still here\r\n")
    client.prints(check=re.compile(r".*Ben: no \S+ text").fullmatch, words="the line Ben: no ... text")
    client.prints("Ben: still here", hint="line-end")


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Keyboard and screen use UTF-8, even if the operating system doesn't."""
    host = scene.host()
    client = scene.client(host, environment=NO_UTF_8).types("Łukasz")
    server = host.accepts()
    server.receives_line("Łukasz")
    server.says("Ben: чай, 茶, café")
    client.prints("Ben: чай, 茶, café")
    client.types("дом, 船, žluťoučký")
    server.receives_line("дом, 船, žluťoučký")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the client connects to port 50007, without HOST to 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    for address, told in (("127.0.0.1", []), ("127.0.0.2", ["127.0.0.2"])):
        host = scene.host(address=(address, 50007))
        host.visitor = scene.client(None, *told).types("Anna")
        host.accepts(hint="default-port").receives_line("Anna", hint="typed")


@pytest.mark.points(3, "core", hint="quit")
def test_leaving(scene):
    """{quit}, /close and end of input leave, even before the name: nothing is sent after that, and the status is 0."""
    for way in ("{quit}", "/close", None):
        client, server = a_chat(scene)
        client.types("good night")
        server.receives_line("good night")
        server.says("Ben: good night")
        client.prints("Ben: good night", hint="screen")
        if way:
            client.types(way, "too late ⌛")
        else:
            client.ends_keyboard("sleep well ☕")
            server.receives_line("sleep well ☕", hint="keyboard")
        bids_farewell(scene, client, server, hint=None if way else "keyboard")
        client.ends(status=0)
    hosts = [scene.host(name) for name in ("second server", "third server", "fourth server")]
    clients = [
        scene.client(hosts[0], name="nameless client").types("{quit}", "too late ⌛"),
        scene.client(hosts[1], name="nameless client").ends_keyboard(),
        scene.client(hosts[2], name="nameless client", **NO_KEYBOARD).ends_keyboard(),  # the pipe that it had before
    ]
    for host, client, hint in zip(hosts, clients, (None, "keyboard", "keyboard"), strict=True):
        if connects(scene, client, host):
            bids_farewell(scene, client, host.accepts(hint=hint), hint=hint)
        client.ends(status=0, hint=hint)


@pytest.mark.points(2, "core", hint="over")
def test_the_server_ends_the_chat(scene):
    """When the server closes, the client prints a notice and exits with status 0, with nothing typed."""
    client, server = a_chat(scene)
    server.says("The chat is over. 17")
    client.prints(containing="17")
    server.ends()
    client.prints(check=lambda line: line.strip(), words="a notice that the chat is over")
    client.ends(status=0)
    host = scene.host("next server")  # it has no word for anyone
    client = scene.client(host, name="next client").types("Anna")
    server = host.accepts()
    client.has_had_its_say()
    server.ends()
    client.prints(check=lambda line: line.strip(), words="a notice that the chat is over")
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="words")
def test_words_of_others_are_words(scene):
    """The client shows what others say, even if it looks like a command or a question for the name."""
    client, server = a_chat(scene)
    for text in ("Ben: {quit}", "Ben: /close", "Who are you?", "Ben: is {quit} the word: yes or no? ☕"):
        server.says(text)
        client.prints(text)
    client.types("I am still here ☕")
    server.receives_line("I am still here ☕")


@pytest.mark.points(3, "errors", hint="server-lost")
def test_the_server_is_lost(scene):
    """If the connection is reset, even in the middle of a line, the client exits with one line and status 1."""
    client, server = a_chat(scene)
    server.says("Ben: 17")
    client.prints("Ben: 17")
    client.has_had_its_say()
    server.sends("Ben: half a li").was_received().resets()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C ends a chat with status 0 and no traceback, even if the server stays; it may come before the name."""
    client, server = a_chat(scene)
    server.says("Ben: 17")
    client.prints("Ben: 17")
    client.presses_ctrl_c()
    server.receives_lines_until_end()
    client.ends(status=0)
    server.close()
    nameless = scene.client(scene.host("next server"), name="nameless client").begins_to_type("An")
    nameless.presses_ctrl_c().ends(status=0)


@pytest.mark.points(1, "errors", hint="nobody-there")
def test_nobody_is_there(scene):
    """If no server listens, or the port isn't valid, the client exits with one line and status 1."""
    a_chat(scene)
    ports = [scene.client(None, "127.0.0.1", port) for port in ("harbour", "70000", "9" * 30)]
    for client in (scene.client(scene.host("absent server", listens=False)), *ports):
        client.types("Anna").ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="no-answer")
def test_no_answer(scene):
    """If no machine answers, the client exits after 2 s with one line and status 1; once connected, it waits."""
    client, server = a_chat(scene)
    other = scene.client(scene.host("busy server").never_answers(), name="other client")
    other.types("Ben").ends_with_a_sentence(status=1, within=4)
    server.says("Carla: good morning ☕", hint="quiet")
    client.prints("Carla: good morning ☕", hint="quiet")
    client.types("good morning, Carla ☕")
    server.receives_line("good morning, Carla ☕", hint="quiet")


@pytest.mark.points(1, "errors", hint="endless")
def test_a_line_that_is_too_long(scene):
    """A line of more than 65,536 bytes ends the connection, and the client says so."""
    client, server = a_chat(scene)
    client.has_had_its_say()
    server.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    client.ends_with_a_sentence(status=None)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_what_happens(scene):
    """The log says which server the client connected to, with address and port, and that it left."""
    client, server = a_chat(scene)
    connected = client.logs(
        check=lambda line: "127.0.0.1" in line and str(server.port) in line, words="the server's address"
    )
    client.types("{quit}")
    scene.deadlines.until(lambda: says_goodbye(server), 2)
    server.ends()
    client.logs(unlike=connected, words="a line about the end")
