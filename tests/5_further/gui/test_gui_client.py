"""The client with a window: it sends what is written, and shows what all the others say.

20 points on top of the hundred of stage 5; what is asked is in PROTOCOLS.md. The window is used and read through what
tkinter knows of it, so its layout is free: which field is which is said there too.
"""

import pytest

MANY = 200  # lines, more than any list shows at once
LONGEST = 65_536  # bytes of the longest line
LATE = 4  # seconds within which a window has to say that no one has answered within two


def a_chat(scene, name="Anna"):
    """A window whose user has given a name, and the server's end of its connection, which the test plays."""
    host = scene.host()
    window = scene.window(host)
    server = host.accepts(hint="arguments")
    server.says("Who are you?")
    window.shows("Who are you?", hint="shown")
    window.writes(name, hint="typed")
    server.receives_line(name, hint="typed")
    server.says(f"Hello {name}, {{quit}} to leave")
    window.shows(containing="{quit} to leave", hint="shown")
    return window, server


@pytest.mark.points(2, "core", hint="question")
def test_it_asks_for_host_and_port(scene):
    """Without HOST the window asks: it offers the port, rejects an empty host, and Enter or the button connects."""
    host = scene.host()
    port = str(host.address[1])
    for connects in ("presses_enter", "presses_button"):
        window = scene.window()
        window.offers(1, "50007")
        window.fills(0, "").fills(1, port)
        before = window.words()
        window.presses_enter(1)
        window.says_something_else(before)
        window.fills(0, "127.0.0.1")
        host.visitor = window
        getattr(window, connects)(1)
        host.accepts().says("Who are you?")
        window.shows("Who are you?")


@pytest.mark.points(2, "core", hint="typed")
def test_what_is_written_is_sent(scene):
    """Enter and the button send the text as a line, and then the field is empty."""
    window, server = a_chat(scene, "Łukasz")
    for number in range(4):
        text = scene.words()
        window.fills(-1, text)
        if number % 2:
            window.presses_button()
        else:
            window.presses_enter()
        server.receives_line(text)
        window.offers(-1, "")


@pytest.mark.points(2, "core", hint="shown")
def test_what_arrives_is_shown(scene):
    r"""The window shows each line once and in order, even if it arrives byte by byte or ends with \r\n."""
    host = scene.host()
    wire = scene.wire(host)
    wire.to_client.split(1)
    window = scene.window(wire)
    server = host.accepts(hint="arguments").says("Who are you?")
    window.shows("Who are you?")
    window.writes("Anna17")
    server.receives_line("Anna17", hint="typed")
    server.says("Hello Anna17, {quit} to leave").says("Ben17 has joined.")
    window.shows("Ben17 has joined.")
    server.sends("".join(f"Ben17: number {number}: café\n" for number in range(1, 6)))
    for number in range(1, 6):
        window.shows_next(f"Ben17: number {number}: café", among="Ben17: ")
    window.writes("I see ☕")
    server.receives_line("I see ☕", hint="typed")
    server.sends("Ben17: good\r\nBen17: bye ☕\r\nBen17 has left.\r\n")
    window.shows_next("Ben17: good", among="Ben17: ")
    window.shows_next("Ben17: bye ☕", among="Ben17: ")
    window.shows("Ben17 has left.")


@pytest.mark.points(2, "core", hint="place")
def test_who_reads_back_goes_on_reading(scene):
    """The last line is visible, unless the user scrolled up: then the list doesn't move."""
    window, server = a_chat(scene)
    server.sends("".join(f"Ben: {number}\n" for number in range(1, MANY + 1)))
    window.shows(f"Ben: {MANY}")
    window.is_at_end()
    window.scrolls(0)
    top = window.top()
    server.says("Ben: and one more")
    window.shows("Ben: and one more")
    window.keeps_its_place(top)
    window.scrolls(1)
    server.says("Ben: and the last one")
    window.shows("Ben: and the last one")
    window.is_at_end()


@pytest.mark.points(2, "core", hint="leave")
def test_leaving(scene):
    """{quit}, closing the window and Ctrl+C in the terminal leave the chat: EOF for the server, status 0."""
    for way in ("{quit}", "the window", "Ctrl+C"):
        window, server = a_chat(scene)
        window.writes("good night")
        server.receives_line("good night")
        if way == "{quit}":
            window.writes(way)
        elif way == "the window":
            window.closes_window()
        else:
            window.presses_ctrl_c()
        server.receives_lines_until_end()
        server.ends()
        window.ends(status=0)


@pytest.mark.points(1, "core", hint="over")
def test_the_server_ends_the_chat(scene):
    """After the server's last message and EOF, everything stays readable; closing the window gives status 0."""
    window, server = a_chat(scene)
    server.says("The chat is over. 17")
    window.shows(containing="17")
    before = window.words()
    server.ends()
    window.says_something_else(before)
    window.shows_still("The chat is over. 17")
    window.closes_window()
    window.ends(status=0)


@pytest.mark.points(1, "core", hint="alive")
def test_the_window_is_alive(scene):
    """While the server neither sends nor reads, the window reacts, and no other thread uses it."""
    window, server = a_chat(scene)
    texts = [scene.words() for _ in range(20)]
    for text in texts:
        window.writes(text).reacts()
    for text in texts:
        server.receives_line(text)
    server.says("Ben: 17")
    window.shows("Ben: 17")
    window.has_one_thread_for_its_window(hint="thread")


@pytest.mark.points(2, "errors", hint="trouble")
def test_what_was_wrong_can_be_mended(scene):
    """If no server listens, or the port isn't valid, the window says so, and the user can correct the fields."""
    host = scene.host()
    window = scene.window()
    window.offers(1, "50007").fills(0, "127.0.0.1")
    for port in (str(scene.host(listens=False).address[1]), "harbour"):
        before = window.words()
        window.fills(1, port).presses_enter(1)
        window.says_something_else(before)
    window.fills(1, str(host.address[1]))
    host.visitor = window
    window.presses_enter(1)
    host.accepts().says("Who are you?")
    window.shows("Who are you?")


@pytest.mark.points(1, "errors", hint="alive")
def test_no_answer(scene):
    """If no machine answers within 2 s, the window says so; it reacts all the time, and can try again."""
    busy, host = scene.host("busy server").never_answers(), scene.host()
    window = scene.window()
    window.offers(1, "50007").fills(0, "127.0.0.1").fills(1, str(busy.address[1]))
    window.presses_enter(1)
    before = window.reacts().words()
    window.says_something_else(before, within=LATE, hint="trouble")
    window.fills(1, str(host.address[1]))
    host.visitor = window
    window.presses_enter(1)
    server = host.accepts()
    server.says("Who are you?")
    window.shows("Who are you?")


@pytest.mark.points(1, "errors", hint="lost")
def test_the_server_is_lost(scene):
    """If the connection is reset, the window says so and stays; closing it then gives status 1."""
    window, server = a_chat(scene)
    before = window.words()
    server.resets()
    window.says_something_else(before)
    window.closes_window()
    window.ends_with_a_sentence(status=1)


@pytest.mark.points(1, "errors", hint="lost")
def test_a_line_that_is_too_long(scene):
    """A line of more than 65,536 bytes ends the connection, and the window says so."""
    window, server = a_chat(scene)
    before = window.words()
    server.sends("x" * (LONGEST + 5_000) + "\n")
    window.says_something_else(before, but="xxx")
    window.closes_window()
    window.ends(status=None)


@pytest.mark.points(1, "errors", hint="screen")
def test_no_screen(scene):
    """Without a screen the program exits with one line and status 1."""
    window = scene.window(scene.host(), screen=False)
    window.ends_with_a_sentence(status=1, within=5)


@pytest.mark.points(2, "logging", hint="log")
def test_the_log_says_what_happens(scene):
    """The log says which server the client connected to, with address and port, and that it was lost."""
    window, server = a_chat(scene)
    window.logs(check=lambda line: "127.0.0.1" in line and str(server.port) in line, words="the server's address")
    server.resets()
    window.logs(words="a line about the loss")
