"""Stage 4, the client: both sides speak at any time. 50 points; what is asked is in PROTOCOLS.md.

A client may ask for its name before it connects or after that: so it is typed immediately. It may also wait for the
server's name before it sends its own: the server, which the test plays, sends its name immediately.

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
    """A client and its server, which the test plays; they know each other's name: what comes next is the chat."""
    name = scene.rng.choice(NAMES)
    host = scene.host()
    client = scene.client(host).types(name)
    server = host.accepts().says("Anna")
    server.receives_line(name, hint="names")
    client.prints(containing="Anna", hint="names")
    return client, server


def talk(scene, client, server):
    """Each side says something, and the other one hears it: this client does its work."""
    said, typed = scene.words(), scene.words()
    server.says(said)
    client.prints(f"Anna: {said}")
    client.types(typed)
    server.receives_line(typed)


def a_chat_that_works(scene):
    """A chat in which each side has heard the other one."""
    client, server = a_chat(scene)
    talk(scene, client, server)
    return client, server


@pytest.mark.points(3, "core", hint="names")
def test_both_tell_their_names(scene):
    """The client sends its name first, and shows whom it is chatting with."""
    host = scene.host()
    client = scene.client(host).types(OWN_NAME)
    server = host.accepts()
    client.rests(hint="waiting")
    server.says(LONG_NAME).receives_line(OWN_NAME)
    client.prints(containing=LONG_NAME)
    text = scene.words()
    server.says(text)
    client.prints(f"{LONG_NAME}: {text}")
    # its screen is no terminal here: nothing ends a bold name
    client.comes_to_rest().has_not_printed("\x1b", after=LONG_NAME, hint="bold")


@pytest.mark.points(2, "core", hint="arrives")
def test_what_arrives_is_shown(scene):
    """The client shows what the server says, with the server's name before it."""
    client, server = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        server.says(text)
        client.prints(f"Anna: {text}")


@pytest.mark.points(2, "core", hint="typed")
def test_what_is_typed_is_sent(scene):
    """The client sends each typed line unchanged, as a line of its own."""
    client, server = a_chat(scene)
    for _ in range(2):
        text = scene.words()
        client.types(text)
        server.receives(f"{text}\n")


@pytest.mark.points(3, "core", hint="threads")
def test_both_speak_at_any_time(scene):
    """Either side may send several messages in a row, without waiting for an answer; between them, nothing is busy."""
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
    server.sends("and so")
    client.rests(hint="waiting")
    server.sends(" on ☕\n")
    client.prints("Anna: and so on ☕")


@pytest.mark.points(3, "core", hint="together")
def test_many_lines_at_once(scene):
    """A name and many messages that arrive in one chunk stay separate, and so do typed ones."""
    said = [scene.words() for _ in range(AT_ONCE)]
    typed = [scene.words() for _ in range(AT_ONCE)]
    host = scene.host()
    client = scene.client(host).types("\n".join(["Żaneta", *typed]))
    server = host.accepts().sends("".join(f"{line}\n" for line in ["Anna", *said]))
    client.prints(f"Anna: {said[0]}")
    for text in said[1:]:
        client.prints_next(f"Anna: {text}", among="Anna: ")
    for text in ["Żaneta", *typed]:
        server.receives_line(text)


@pytest.mark.points(2, "core", hint="pieces")
def test_a_line_in_pieces(scene):
    """A line is shown once and whole, whether it arrives byte by byte, fills a buffer or is longer."""
    client, server = a_chat(scene)
    server.sends_in_pieces(*(bytes([byte]) for byte in "one by one ☕\n".encode()))
    client.prints("Anna: one by one ☕")
    fills = ["a" + "é" * (size // 2 - 1) for size in (1024, 2048, 4096)]
    longest = "far " * (LONGEST // 4 - 1) + "away"
    for line in (*fills, longest):
        server.says(line)
        client.prints_next(f"Anna: {line}", among="Anna: ")
        client.types(line)
        server.receives_line(line)
    # the next line comes in the same chunk as the end of the longest one
    longest = longest.replace("far", "off")
    server.sends_in_pieces(longest[:HALF], f"{longest[HALF:]}\nand near\n")
    for line in (longest, "and near"):
        client.prints_next(f"Anna: {line}", among="Anna: ")


@pytest.mark.points(2, "core", hint="letters")
def test_a_letter_in_two_pieces(scene):
    """A letter whose bytes arrive in two chunks stays that letter."""
    client, server = a_chat(scene)
    server.sends_in_pieces(b"caf\xc3", b"\xa9 and \xe8\x8c", b"\xb6\n")
    client.prints("Anna: café and 茶")


@pytest.mark.points(1, "core", hint="bytes")
def test_bytes_that_are_no_text(scene):
    """Bytes that aren't UTF-8 are replaced, in a name too, and the chat continues."""
    client, server = a_chat(scene)
    server.sends(b"caf\xe9 \xff and so on\n")
    client.prints(
        check=re.compile(r".*Anna: caf\S+ \S+ and so on").fullmatch, words="the line Anna: caf... ... and so on"
    )
    server.says("still here ☕")
    client.prints("Anna: still here ☕")
    host = scene.host("next server")
    client = scene.client(host).types("Żaneta")
    host.accepts().sends(b"Andr\xe9\nand here as well\n")
    client.prints(check=lambda line: "Andr" in line and line.endswith(": and here as well"), words="Andr...: and ...")


@pytest.mark.points(1, "core", hint="line-end")
def test_line_ends_of_other_systems(scene):
    r"""A line may end with \r\n: this \r isn't part of the text, the name or /close, and an earlier one is."""
    host = scene.host()
    client = scene.client(host).types("Żaneta")
    server = host.accepts().sends("Anna\r\nhello ☕\r\n")
    client.prints("Anna: hello ☕")
    server.sends("two \r\r\n")
    client.prints("Anna: two \r", hint="unchanged")
    server.sends(b"/close\r\n")
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="word")
def test_only_close_closes(scene):
    """Only the line /close ends the chat, not a line that contains it, not /CLOSE, and no other word."""
    client, server = a_chat(scene)
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
        server.says(text)
        client.prints(f"Anna: {text}")
        client.types(text)
        server.receives_line(text)


@pytest.mark.points(1, "core", hint="unchanged")
def test_the_text_stays_as_it_is(scene):
    """Lines are sent and shown unchanged: empty and repeated ones, spaces, characters that look like newlines."""
    client, server = a_chat(scene)
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
        server.says(line)
        client.prints_next(f"Anna: {line}", among="Anna:")
        client.types(line)
        server.receives_line(line)
    server.says("line 1\rstill line 1 ☕")
    client.prints_next("Anna: line 1\rstill line 1 ☕", among="Anna:")


@pytest.mark.points(1, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """Keyboard and screen use UTF-8, even if the operating system doesn't."""
    host = scene.host()
    client = scene.client(host, environment=NO_UTF_8).types("Żaneta")
    server = host.accepts().says("Жанна")
    server.receives_line("Żaneta")
    server.was_received().says("чай, 茶, café")
    client.prints("Жанна: чай, 茶, café")
    client.types("дом, 船, žluťoučký")
    server.receives_line("дом, 船, žluťoučký")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the client connects to port 50007, without HOST to 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    for address, told in (("127.0.0.1", []), ("127.0.0.2", ["127.0.0.2"])):
        host = scene.host(address=(address, 50007))
        host.visitor = client = scene.client(None, *told).types("Żaneta")
        server = host.accepts(hint="default-port").says("Anna")
        server.receives_line("Żaneta")
        client.prints(containing="Anna")
        talk(scene, client, server)


@pytest.mark.points(4, "core", hint="wake")
def test_the_server_closes(scene):
    """When /close arrives, the client prints a notice and exits immediately; only what comes before it counts."""
    client, server = a_chat(scene)
    server.sends("in time ☕\n/close\ntoo late ⌛\n")
    client.prints("Anna: in time ☕", hint="arrives")
    client.ends(status=0).ends_with_a_sentence(status=0, unlike="Anna: /close", hint="over")
    client.has_not_printed("too late ⌛", hint="word")
    server.hears_out()
    client, server = a_chat_that_works(scene)
    client.has_had_its_say()  # with a prompt, perhaps, which is no notice
    server.says("/close")
    client.ends_with_a_sentence(status=0, unlike="Anna: /close", hint="over")


@pytest.mark.points(2, "core", hint="close")
def test_the_user_closes(scene):
    """A typed /close is sent, and nothing after it; the client closes its side and exits, even if the server stays."""
    client, server = a_chat(scene)
    client.types("/close", "too late ⌛")
    server.receives_line("/close", hint="word")
    server.sees_end()
    client.ends(status=0)
    server.leaves()


@pytest.mark.points(1, "core", hint="keyboard")
def test_the_end_of_the_keyboard(scene):
    """End of input counts as /close, even before a name; what was typed before is still sent."""
    client, server = a_chat(scene)
    text = scene.words()
    client.types(text).ends_keyboard("the last words ☕")
    server.receives_line(text)
    server.receives_line("the last words ☕")
    server.receives_line("/close")
    server.leaves()
    client.ends(status=0)
    nameless = scene.client(scene.host("next server"), name="nameless client")
    nameless.ends_keyboard().ends(status=0)


@pytest.mark.points(4, "errors", hint="lost")
def test_the_server_goes_without_a_word(scene):
    """If the stream ends without /close, the client prints a line and exits with status 1."""
    client, server = a_chat_that_works(scene)
    client.has_had_its_say()
    server.ends()
    client.ends_with_a_sentence(status=1)
    server.hears_out()
    host = scene.host("nameless server")
    client = scene.client(host).types("Żaneta")
    server = host.accepts()
    client.has_had_its_say()
    server.ends()
    client.ends_with_a_sentence(status=1).has_not_printed("None")  # there was no one to chat with


@pytest.mark.points(3, "errors", hint="reset")
def test_the_server_is_lost(scene):
    """If the connection is reset in the middle of a line, the client prints a line and exits with status 1."""
    client, server = a_chat_that_works(scene)
    client.has_had_its_say()
    server.sends("I only wanted to s").was_received().resets()
    client.ends_with_a_sentence(status=1)
    host = scene.host("next server")
    client = scene.client(host).types("Żaneta")
    server = host.accepts()
    client.has_had_its_say()
    server.resets()
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(1, "errors", hint="too-long")
def test_a_line_without_end(scene):
    """A line of more than 65,536 bytes, or a name, ends the connection: the client says why; status 1."""
    client, server = a_chat_that_works(scene)
    client.has_had_its_say()
    server.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")
    client.ends_with_a_sentence(status=1)
    host = scene.host("next server")
    client = scene.client(host).types("Żaneta")
    server = host.accepts()
    client.has_had_its_say()
    server.sends_in_pieces("é" * (LONGEST // 4), "é" * (LONGEST // 4)).was_received().says("z")  # its name
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C ends a chat with status 0 and no traceback, even if the server stays; it may come before the name."""
    client, server = a_chat_that_works(scene)
    client.presses_ctrl_c()
    server.hears_out()
    client.ends(status=0)
    server.leaves()
    nameless = scene.client(scene.host("next server"), name="nameless client").begins_to_type("Ża")
    nameless.rests(hint="waiting").presses_ctrl_c().ends(status=0)


@pytest.mark.points(2, "errors", hint="refused")
def test_nobody_is_there(scene):
    """A client that is refused prints a line and exits with status 1."""
    works, _ = a_chat_that_works(scene)
    client = scene.client(scene.host("absent server", listens=False)).types("Żaneta")
    client.ends_with_a_sentence(status=1, besides=works)


@pytest.mark.points(2, "errors", hint="unanswered")
def test_two_seconds_are_enough(scene):
    """The client gives up if it isn't connected within 2 s; once connected, it waits without a limit."""
    client, server = a_chat_that_works(scene)
    unlucky = scene.client(scene.host("silent server").never_answers(), name="unlucky client").types("Ben")
    unlucky.ends_with_a_sentence(status=1, within=4, besides=client)
    server.says("I was away for a while ☕")
    client.prints("Anna: I was away for a while ☕", hint="quiet")


@pytest.mark.points(1, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1, no traceback."""
    works, _ = a_chat_that_works(scene)
    for port in ("harbour", "65536", "-5", "9" * 30):
        client = scene.client(None, "127.0.0.1", port).types("Żaneta")
        client.ends_with_a_sentence(status=1, besides=works)


@pytest.mark.points(3, "logging", hint="log")
def test_the_log_says_to_whom(scene):
    """The log says which server the client is connected to, with address and port."""
    client, server = a_chat_that_works(scene)
    port = str(server.port)
    client.logs(check=lambda line: "127.0.0.1" in line and port in line, words=f"a line with 127.0.0.1 and {port}")


@pytest.mark.points(2, "logging", hint="log-left")
def test_the_log_says_that_it_is_over(scene):
    """The log says that the chat is over."""
    client, server = a_chat_that_works(scene)
    connected = client.logs(containing=str(server.port), hint="log")
    server.says("/close")
    client.logs(unlike=connected, words="a line about the end of the chat")
