"""Stage 2, the client: it sends what is typed to the server, line by line. 30 points; what is asked is in PROTOCOLS.md.

Nothing is said about typed bytes that aren't UTF-8, about a typed line of more than 65,536 bytes, and about a server
that sends something although it shouldn't: a program may choose.
"""

import pytest

from parley.harness.programs import NO_UTF_8
from parley.harness.scene import MANY_ROUNDS, NO_COMMANDS


@pytest.mark.points(4, "core", hint="sends")
def test_what_is_typed_is_sent(scene):
    """The client sends each typed line immediately, with its newline, and waits for no answer."""
    host = scene.host()
    client = scene.client(host)
    server = host.accepts()
    for _ in range(3):
        text = scene.words()
        client.types(text)
        server.receives(f"{text}\n")
    numbers = [str(number) for number in range(MANY_ROUNDS)]
    client.types(*numbers)
    server.receives("".join(f"{number}\n" for number in numbers), hint="forever")


@pytest.mark.points(3, "core", hint="as-typed")
def test_it_is_sent_as_it_was_typed(scene):
    """The client sends all of a line: spaces, unusual signs, long lines, empty and repeated ones."""
    host = scene.host()
    client = scene.client(host)
    server = host.accepts()
    texts = [
        "  two spaces, ☕, and two more  ",
        "",
        "bye",
        "bye",
        "é" * 30_000,
        "\t",
        "cafe\u0301 1\f\u20282\x853\x1c\v",
        "a\ttab, <b>&amp;</b>, 100 %d, \\n, {0} ☕",
        "\ufeffmark, \x1b[1mbold\x1b[0m ☕\0",
        "end",
    ]
    client.types(*texts)
    server.receives("".join(f"{text}\n" for text in texts))
    for word in NO_COMMANDS:
        client.types(word)
        server.receives(f"{word}\n", hint="no-command")


@pytest.mark.points(3, "core", hint="keyboard")
def test_the_end_of_the_keyboard(scene):
    """At end of input the client has sent everything, closes its side and exits with status 0."""
    host = scene.host()
    client = scene.client(host)
    server = host.accepts()
    texts = [scene.words() for _ in range(50)]
    client.types(*texts).ends_keyboard()
    server.receives("".join(f"{text}\n" for text in texts)).sees_end()
    client.ends(status=0)


@pytest.mark.points(1, "core", hint="keyboard")
def test_a_last_line_without_a_line_end(scene):
    """A last line without a newline is sent too, with or without one."""
    client, server = working_client(scene)
    last = scene.words()
    client.ends_keyboard(last)
    server.receives(last).hears_out()
    client.ends(status=0)


@pytest.mark.points(2, "core", hint="encoding")
def test_a_system_that_speaks_no_utf_8(scene):
    """The client sends UTF-8, even if the operating system doesn't use it."""
    host = scene.host()
    client = scene.client(host, environment=NO_UTF_8)
    server = host.accepts()
    client.types("дом, 船, žluťoučký")
    server.receives("дом, 船, žluťoučký\n")


@pytest.mark.points(1, "core", hint="default-port")
def test_host_and_port_may_be_left_out(scene):
    """Without PORT the client uses 50007, and without HOST 127.0.0.1."""
    scene.takes_a_network_of_its_own()
    for address, told in (("127.0.0.1", []), ("127.0.0.2", ["127.0.0.2"])):
        host = scene.host(address=(address, 50007))
        host.visitor = client = scene.client(None, *told)
        works(scene, client, host.accepts(hint="default-port"))


@pytest.mark.points(2, "errors", hint="refused")
def test_nobody_listens(scene):
    """A client that is refused exits with one line and status 1."""
    working_client(scene)
    host = scene.host("absent server", listens=False)
    scene.client(host).ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="no-answer")
def test_nobody_answers(scene):
    """If no machine answers, the client exits after 2 s; once connected, it waits."""
    busy = scene.host("busy server")
    patient = scene.client(busy, name="patient client")
    lines = [f"{number} " + "é" * 30_000 for number in range(100)]  # more than a system keeps for anybody
    for line in lines:
        patient.types(line)
    patient.comes_to_rest()  # nobody takes more: from now on it waits
    host = scene.host("silent server").never_answers()
    scene.client(host).ends_with_a_sentence(status=1, within=4)
    busy.accepts().receives("".join(f"{line}\n" for line in lines), hint="patience")


@pytest.mark.points(2, "errors", hint="bad-port")
def test_a_port_that_is_none(scene):
    """A port that isn't a number, or is too large, gives one line and status 1."""
    working_client(scene)
    for port in ("harbour", "65536", "-5", "9" * 30):
        scene.client(None, "127.0.0.1", port).ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="ctrl-c")
def test_ctrl_c(scene):
    """Ctrl+C stops a client that waits for its keyboard, or for its connection: exit status 0, end of stream."""
    client, server = working_client(scene)
    client.presses_ctrl_c().ends(status=0)
    server.hears_out().sees_end()
    scene.stops_while_it_connects()


@pytest.mark.points(2, "errors", hint="gone")
def test_the_server_has_ended(scene):
    """A client whose server exited notices when it sends: one line, status 1."""
    client, server = working_client(scene)
    client.has_had_its_say()
    server.ends().close()
    types_until_it_ends(scene, client)
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "errors", hint="gone")
def test_the_server_is_lost(scene):
    """A client whose connection was reset notices when it sends: one line, status 1."""
    client, server = working_client(scene)
    client.has_had_its_say()
    server.resets()
    types_until_it_ends(scene, client)
    client.ends_with_a_sentence(status=1)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_where(scene):
    """The log says which server the client is connected to, with address and port."""
    client, server = working_client(scene)
    words = f"a line with the address and the port of the server: 127.0.0.1, {server.port}"
    client.logs(check=lambda line: "127.0.0.1" in line and str(server.port) in line, words=words)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_the_end(scene):
    """The log says that the client left."""
    client, server = working_client(scene)
    client.logs(containing=str(server.port))
    client.ends_keyboard()
    client.logs(words="a line about the end of this connection")


def working_client(scene):
    """A client that has done its work once, and the server's side of its connection."""
    host = scene.host()
    client = scene.client(host)
    server = host.accepts()
    works(scene, client, server)
    return client, server


def works(scene, client, server):
    """Expect that what is typed at this client arrives at the server."""
    text = scene.words()
    client.types(text)
    server.receives(f"{text}\n")


def types_until_it_ends(scene, client):
    """Type a few lines: what is sent first is lost, and only what is sent later meets with an error."""
    for _ in range(5):
        client.types(scene.words())
        if client.wait_until_it_ends(0.1):
            return
