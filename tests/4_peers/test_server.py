"""Stage 4, the server: both sides speak at any time. 50 points; what is asked is in PROTOCOLS.md.

A server may ask for its name before it listens, after that, or when a client has connected: so the test types it
immediately.

Not tested: the name in bold (that needs a terminal), typed bytes that aren't UTF-8, and half a line before EOF. Nor
that the log has a line about a chat that is lost: the message about it is on standard error in any case.
"""

import re

import pytest

from parley.harness.programs import NO_UTF_8

NAMES = ("Łukasz Żak", "Ελένη Νίκου", "Жанна Ким", "Đặng Thị")  # none of them is in an alphabet of one byte a letter
LONG_NAME = "Anna María de la {Cruz} 100 %"
OWN_NAME = "łukasz McÖr  {Żak} 100 %"  # a program sends it as it was typed
AT_ONCE = 40  # messages sent together
LONGEST = 65_536  # bytes of the longest line
HALF = LONGEST // 2  # bytes that arrive in one chunk


def a_chat(scene):
    """A server and Anna, a client, who know each other's name: whatever comes next is the chat."""
    name = scene.rng.choice(NAMES)
    server = scene.server(types=name)
    anna = scene.person("Anna").connects(server).says("Anna")
    anna.receives_line(name, hint="names")
    server.prints(containing="Anna", hint="names")
    return server, anna


def talk(scene, server, anna):
    """Each side says something, and the other one hears it: this server does its work."""
    said, typed = scene.words(), scene.words()
    anna.says(said)
    server.prints(f"Anna: {said}")
    server.types(typed)
    anna.receives_line(typed)


def a_chat_that_works(scene):
    """A chat in which each side has heard the other one."""
    server, anna = a_chat(scene)
    talk(scene, server, anna)
    return server, anna


@pytest.mark.points(3, "core", hint="names")
def test_both_tell_their_names(scene):
    """The server sends its name first, without being asked, and shows whom it is chatting with."""
    server = scene.server(types=OWN_NAME).rests(hint="waiting")
    anna = scene.person("Anna").connects(server)
    anna.receives_line(OWN_NAME)
    server.rests(hint="waiting")
    anna.says(LONG_NAME)
    server.prints(containing=LONG_NAME)
    text = scene.words()
    anna.says(text)
    server.prints(f"{LONG_NAME}: {text}")
    # its screen is no terminal here: nothing ends a bold name
    server.comes_to_rest().has_not_printed("\x1b", after=LONG_NAME, hint="bold")


@pytest.mark.points(2, "core", hint="arrives")
def test_what_arrives_is_shown(scene):
    """The server shows what the client says, with the client's name before it."""
    server, anna = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        anna.says(text)
        server.prints(f"Anna: {text}")


@pytest.mark.points(2, "core", hint="typed")
def test_what_is_typed_is_sent(scene):
    """The server sends each typed line unchanged, as a line of its own."""
    server, anna = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        server.types(text)
        anna.receives(f"{text}\n")


@pytest.mark.points(3, "core", hint="threads")
def test_both_speak_at_any_time(scene):
    """Either side may send several messages in a row, without waiting for an answer; between them, nothing is busy."""
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
    anna.sends("and so")
    server.rests(hint="waiting")
    anna.sends(" on ☕\n")
    server.prints("Anna: and so on ☕")
    scene.person("Ben").tries_to_connect(server)  # whatever becomes of him, the chat continues
    server.comes_to_rest()
    talk(scene, server, anna)


@pytest.mark.points(2, "core", hint="together")
def test_many_lines_at_once(scene):
    """A name and many messages that arrive in one chunk stay separate, and so do typed ones."""
    said = [scene.words() for _ in range(AT_ONCE)]
    typed = [scene.words() for _ in range(AT_ONCE)]
    server = scene.server(types="\n".join(["Żaneta", *typed]))
    anna = scene.person("Anna").connects(server)
    anna.sends("".join(f"{line}\n" for line in ["Anna", *said]))
    server.prints(f"Anna: {said[0]}")
    for text in said[1:]:
        server.prints_next(f"Anna: {text}", among="Anna: ")
    for text in ["Żaneta", *typed]:
        anna.receives_line(text)


@pytest.mark.points(2, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line is shown once and whole, whether it arrives byte by byte, fills a buffer or is longer."""
    server, anna = a_chat(scene)
    anna.sends_in_pieces(*(bytes([byte]) for byte in "one by one ☕\n".encode()))
    server.prints("Anna: one by one ☕")
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    longest = "far " * (LONGEST // 4 - 1) + "away"
    for line in (*fills, longest):
        anna.says(line)
        server.prints_next(f"Anna: {line}", among="Anna: ")
        server.types(line)
        anna.receives_line(line)
    # the next line comes in the same chunk as the end of the longest one
    longest = longest.replace("far", "off")
    anna.sends_in_pieces(longest[:HALF], f"{longest[HALF:]}\nand near\n")
    for line in (longest, "and near"):
        server.prints_next(f"Anna: {line}", among="Anna: ")


@pytest.mark.points(2, "core", hint="letters")
def test_a_letter_in_two_pieces(scene):
    """A letter whose bytes arrive in two chunks stays that letter."""
    server, anna = a_chat(scene)
    anna.sends_in_pieces(b"caf\xc3", b"\xa9 and \xe8\x8c", b"\xb6\n")
    server.prints("Anna: café and 茶")


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    """Bytes that aren't UTF-8 are replaced, in a name too, and the chat continues."""
    server, anna = a_chat(scene)
    anna.sends(b"caf\xe9 \xff and so on\n")
    server.prints(
        check=re.compile(r".*Anna: caf\S+ \S+ and so on").fullmatch, words="the line Anna: caf... ... and so on"
    )
    anna.says("still here ☕")
    server.prints("Anna: still here ☕")
    server = scene.server(types="Żaneta", name="next server")
    scene.person("André").connects(server).sends(b"Andr\xe9\nand here as well\n")
    server.prints(check=lambda line: "Andr" in line and line.endswith(": and here as well"), words="Andr...: and ...")


@pytest.mark.points(1, "core", hint="line-end")
def test_line_ends_of_other_systems(scene):
    r"""A line may end with \r\n: this \r isn't part of the text, the name or /close, and an earlier one is."""
    server = scene.server(types="Żaneta")
    anna = scene.person("Anna").connects(server)
    anna.sends("Anna\r\nhello ☕\r\n")
    server.prints("Anna: hello ☕")
    anna.sends("two \r\r\n")
    server.prints("Anna: two \r", hint="unchanged")
    anna.sends(b"/close\r\n")
    server.ends(status=0)


@pytest.mark.points(1, "core", hint="word")
def test_only_close_closes(scene):
    """Only the line /close ends the chat, not a line that contains it, not /CLOSE, and no other word."""
    server, anna = a_chat(scene)
    for text in (
        "quit",
        "exit",
        "bye",
        "NAME",
        "{quit}",
        "/quit",
        "/exit",
        "/help",
        "@Anna, come here ☕",
        "/CLOSE",
        "/closed",
        "/close the door ☕",
        "☕ I shall say /close",
        " /close ",
    ):
        anna.says(text)
        server.prints(f"Anna: {text}")
        server.types(text)
        anna.receives_line(text)


@pytest.mark.points(1, "core", hint="unchanged")
def test_the_text_stays_as_it_is(scene):
    """Lines are sent and shown unchanged: empty and repeated ones, spaces, characters that look like newlines."""
    server, anna = a_chat(scene)
    for line in (
        "",
        "  two spaces, ☕, and two more  ",
        "page 1, cafe\u0301\f\u2028page 2\x85\x1c\v☕",
        "\ufeffmark, \x1b[1mbold\x1b[0m ☕\0",
        " ",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
        "again",
        "again",
    ):
        anna.says(line)
        server.prints_next(f"Anna: {line}", among="Anna:")
        server.types(line)
        anna.receives_line(line)
    anna.says("line 1\rstill line 1 ☕")
    server.prints_next("Anna: line 1\rstill line 1 ☕", among="Anna:")


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Keyboard and screen use UTF-8, even if the operating system doesn't."""
    server = scene.server(types="Żaneta", environment=NO_UTF_8)
    anna = scene.person("Жанна").connects(server).says("Жанна")
    anna.receives_line("Żaneta")
    anna.was_received().says("чай, 茶, café")
    server.prints("Жанна: чай, 茶, café")
    server.types("дом, 船, žluťoučký")
    anna.receives_line("дом, 船, žluťoučký")


@pytest.mark.points(3, "core", hint="wake")
def test_the_client_closes(scene):
    """When /close arrives, the server prints a notice and exits immediately; only what comes before it counts."""
    server, anna = a_chat(scene)
    anna.sends("in time ☕\n/close\ntoo late ⌛\n")
    server.prints("Anna: in time ☕", hint="arrives")
    server.ends(status=0).ends_with_a_sentence(status=0, unlike="Anna: /close", hint="over")
    server.has_not_printed("too late ⌛", hint="word")
    anna.hears_out()
    server, anna = a_chat_that_works(scene)
    server.has_had_its_say()  # with a prompt, perhaps, which is no notice
    anna.says("/close")
    server.ends_with_a_sentence(status=0, unlike="Anna: /close", hint="over")


@pytest.mark.points(3, "core", hint="close")
def test_the_user_closes(scene):
    """A typed /close is sent, and nothing after it; the server closes its side and exits, even if Anna stays."""
    server, anna = a_chat(scene)
    server.types("/close", "too late ⌛")
    anna.receives_line("/close", hint="word")
    anna.sees_end()
    server.ends(status=0)
    anna.leaves()


@pytest.mark.points(1, "core", hint="keyboard")
def test_the_end_of_the_keyboard(scene):
    """End of input counts as /close, even before a name; what was typed before is still sent."""
    server, anna = a_chat(scene)
    text = scene.words()
    server.types(text).ends_keyboard("the last words ☕")
    anna.receives_line(text)
    anna.receives_line("the last words ☕")
    anna.receives_line("/close")
    anna.leaves()
    server.ends(status=0)
    nameless = scene.server(listens=False, name="nameless server").ends_keyboard()
    # a server that asks for its name only when somebody has connected notices the end then
    if nameless.wait_until_it_listens(nameless.address[1]):
        scene.person("Ben").tries_to_connect(nameless)
    nameless.ends(status=0)


@pytest.mark.points(1, "core", hint="interfaces")
def test_an_empty_host_means_every_interface(scene):
    """With an empty HOST, clients reach the server at every address of this machine."""
    server = scene.server(host="", types="Żaneta")
    meets_anna(scene, server, host="127.0.0.2")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the server listens at port 50007, without HOST only at 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    server = scene.server(host=None, port=50007, types="Żaneta")
    where = {"host": "127.0.0.2", "port": 50007, "tells_port": False}
    second = scene.server(**where, types="Żaneta", name="second server")
    meets_anna(scene, server)
    meets_anna(scene, second, host="127.0.0.2")


def meets_anna(scene, server, host=None):
    """Anna has connected, at this address of the machine, and has told her name: she and Żaneta can talk."""
    anna = scene.person("Anna").connects(server, host=host).says("Anna")
    anna.receives_line("Żaneta")
    server.prints(containing="Anna")
    talk(scene, server, anna)


@pytest.mark.points(4, "errors", hint="lost")
def test_the_client_goes_without_a_word(scene):
    """If the stream ends without /close, the server prints a line and exits with status 1."""
    server, anna = a_chat_that_works(scene)
    server.has_had_its_say()
    anna.ends()
    server.ends_with_a_sentence(status=1)
    anna.hears_out()
    nameless = scene.server(types="Żaneta", name="next server")
    ben = scene.person("Ben").connects(nameless)
    ben.receives_line("Żaneta", hint="names")
    nameless.has_had_its_say()
    ben.ends()
    nameless.ends_with_a_sentence(status=1).has_not_printed("None")  # there was no one to chat with


@pytest.mark.points(3, "errors", hint="reset")
def test_the_client_is_lost(scene):
    """If the connection is reset in the middle of a line, the server prints a line and exits with status 1."""
    server, anna = a_chat_that_works(scene)
    server.has_had_its_say()
    anna.sends("I only wanted to s").was_received().resets()
    server.ends_with_a_sentence(status=1)
    nameless = scene.server(types="Żaneta", name="next server")
    ben = scene.person("Ben").connects(nameless)
    ben.receives_line("Żaneta", hint="names")
    nameless.has_had_its_say()
    ben.resets()
    nameless.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="too-long")
def test_a_line_without_end(scene):
    """A line of more than 65,536 bytes, or a name, ends the connection: the server says why; status 1."""
    server, anna = a_chat_that_works(scene)
    server.has_had_its_say()
    anna.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    server.ends_with_a_sentence(status=1)
    server = scene.server(types="Żaneta", name="next server")
    ben = scene.person("Ben").connects(server)
    ben.receives_line("Żaneta", hint="names")
    server.has_had_its_say()
    ben.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")  # his name
    server.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops a server that waits for its name or for a client: exit status 0, no traceback."""
    a_chat_that_works(scene)
    scene.server(types="Żaneta", name="next server").presses_ctrl_c().ends(status=0)
    nameless = scene.server(listens=False, name="nameless server").begins_to_type("Ża")
    nameless.rests(hint="waiting").presses_ctrl_c().ends(status=0)


@pytest.mark.points(2, "errors", hint="port-free")
def test_ctrl_c_during_a_chat(scene):
    """Ctrl+C ends a chat within 2 s, even if Anna stays, and the port is free immediately."""
    server, anna = a_chat_that_works(scene)
    server.presses_ctrl_c().ends(status=0, hint="ctrl-c")
    scene.server(port=server.address[1], types="Żaneta", name="next server")
    anna.leaves()


@pytest.mark.points(1, "errors", hint="port-taken")
def test_the_port_is_taken(scene):
    """If the port is taken, the server exits with one line and status 1; the other one continues."""
    server = scene.server(types="Żaneta")
    second = scene.server(port=server.address[1], types="Ben", listens=False, name="second server")
    second.ends_with_a_sentence(status=1, besides=server)
    meets_anna(scene, server)


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1, no traceback."""
    works, _ = a_chat_that_works(scene)
    for port in ("harbour", 65_536, -5):
        server = scene.server(port=port, types="Żaneta", listens=False)
        server.ends_with_a_sentence(status=1, besides=works)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_who(scene):
    """The log says which client connected, with address and port."""
    server, anna = a_chat_that_works(scene)
    where = f"127.0.0.1 and the port {anna.port}"
    server.logs(check=lambda line: "127.0.0.1" in line and str(anna.port) in line, words=f"a line with {where}")


@pytest.mark.points(2, "logging", hint="log-left")
def test_the_log_says_who_has_left(scene):
    """The log says that the client left."""
    server, anna = a_chat_that_works(scene)
    connected = server.logs(containing=str(anna.port), hint="log")
    anna.says("/close")
    server.logs(unlike=connected, words="a line about the end of the chat")
