"""The checked cells of stages 1 and 2: what is right is told so, and each usual mistake is told why it is none."""

import re

import pytest

from parley import answer, stages


def not_written(*arguments):
    """A function as the page has it."""


# stage 1


def address(words):
    host = words[1] if len(words) > 1 else "127.0.0.1"
    return host, words[2] if len(words) > 2 else "50007"


def address_without_empty_host(words):
    host = (words[1] if len(words) > 1 else "") or "127.0.0.1"
    return host, words[2] if len(words) > 2 else "50007"


def receive_exactly(conn, count):
    data = b""
    while len(data) < count:
        data += conn.recv(4096)
    return data


def receive_once(conn, count):
    return conn.recv(count)


def receive_until_the_end(conn, count=0):
    data = b""
    while chunk := conn.recv(4096):
        data += chunk
    return data


def receive_as_text(conn, count):
    text = ""
    while len(text.encode()) < count:
        text += conn.recv(4096).decode()
    return text


def ask(conn, request=b"GET /note.txt HTTP/1.0\r\n\r\n"):
    conn.sendall(request)
    return receive_until_the_end(conn)


def get(conn):
    return ask(conn).partition(b"\r\n\r\n")[2]


def get_up_to_an_empty_line(conn):
    return ask(conn).split(b"\r\n\r\n")[1]


def get_another_file(conn):
    return ask(conn, b"GET /other.txt HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[2]


def ask_without_an_empty_line(conn):
    return ask(conn, b"GET /note.txt HTTP/1.0\r\n")


def receive_for_ever(conn, count=0):
    conn.sendall(b"GET /note.txt HTTP/1.0\r\n\r\n")
    while True:
        conn.recv(4096)


# stage 2


def frame(message):
    return len(message).to_bytes(4, "big") + message


def receive_some(conn, count):
    data = b""
    while len(data) < count:
        chunk = conn.recv(count - len(data))
        if not chunk:
            raise ConnectionError("the stream has ended inside a message")
        data += chunk
    return data


def receive_frames(conn):
    while first := conn.recv(1):
        length = int.from_bytes(first + receive_some(conn, 3), "big")
        yield receive_some(conn, length)


def receive_frames_in_one_chunk(conn):
    while four := conn.recv(4):
        yield conn.recv(int.from_bytes(four, "big"))


def receive_frames_for_ever(conn):
    while True:
        yield receive_exactly(conn, int.from_bytes(receive_exactly(conn, 4), "big"))


def receive_frames_cut_off(conn):
    data = receive_until_the_end(conn)
    while data:
        length = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + length]
        data = data[4 + length :]


def line(message):
    return message + b"\n"


def receive_lines(conn):
    yield from receive_until_the_end(conn).split(b"\n")[:-1]


TRIED = [
    ("1 one recv", b"one two three", "Right: conn.recv(4096) returned b'one two three'"),
    ("1 one recv", b"one ", "Not yet: conn.recv(4096) returned b'one two three'"),
    ("1 four recvs", [b"lamp at th", b"e window", b"", b""], "Right: They returned"),
    ("1 four recvs", [b"lamp at the window", b"", b"", b""], "Not yet: They returned"),
    ("1 four recvs", 4, "Not yet: Answer with a list of four"),
    ("1 in which call", "recv", "Right: Its thread was at the line 'data = conn.recv(4096)'"),
    ("1 in which call", "accept()", "Not yet: Its thread was at the line 'data = conn.recv(4096)'"),
    ("1 address", address, "Right: "),
    ("1 address", address_without_empty_host, "Not yet: For ['server.py', ''] it returned ('127.0.0.1', '50007')"),
    ("1 address", lambda words: (words[1], words[2]), "Not yet: IndexError in line "),
    ("1 address", not_written, "Your turn: "),
    ("1 letters", 9, "Right: 'café ☕' has 6 characters"),
    ("1 receive exactly", receive_exactly, "Right: "),
    ("1 receive exactly", receive_once, "Not yet: b'The lamp' came in chunks of 1. Your function returned b'T'."),
    ("1 receive exactly", receive_until_the_end, "Not yet: Your function waited in recv for 2 s"),
    ("1 receive exactly", receive_as_text, "Not yet: b'The lamp is at the window' came. Your function returned 'The"),
    ("1 receive exactly", not_written, "Your turn: "),
    ("1 web", get, "Right: All "),
    ("1 web", ask, "Not yet: It returned the whole reply, from b'HTTP/1.0 200 OK' on"),
    ("1 web", get_up_to_an_empty_line, "Not yet: The file has "),
    ("1 web", get_another_file, "Not yet: It returned the server's error page"),
    ("1 web", ask_without_an_empty_line, "Not yet: Your function waited in recv for 2 s"),
    ("1 web", receive_for_ever, 'Not yet: Your function received b"" 20 times'),
    ("1 web", lambda conn: get(conn).decode(), "Not yet: It returned str"),
    ("1 web", not_written, "Your turn: "),
    ("2 split", [b"harbor", b"fog", b"light"], "Right: It returned"),
    ("2 split", [b"harbor\n", b"fog\n", b"light"], "Not yet: It returned"),
    ("2 split", 3, "Not yet: Answer with a list"),
    ("2 waiting", b"light", "Right: After the second chunk [b'left the harbor', b'fog'] are whole, and b'light' waits"),
    ("2 waiting", b"bor\nfog\nlight", "Not yet: After the second chunk"),
    ("2 cuts", 2, "Right: Cut after byte 2 and 4"),
    ("2 cuts", 5, "Not yet: Cut after byte 2 and 4"),
    ("2 pause", 1, "Right: "),
    ("2 pause", 3, "Not yet: When the body got 3, it was printed 1 time."),
    ("2 frames", (frame, receive_frames), "Right: "),
    ("2 frames", (frame, receive_frames_in_one_chunk), "Not yet: In chunks of 1, the message b'fog' came as "),
    ("2 frames", (frame, receive_frames_for_ever), 'Not yet: Your function received b"" 20 times'),
    ("2 frames", (frame, receive_frames_cut_off), "Not yet: The stream ended one byte too early"),
    ("2 frames", (line, receive_lines), r"Not yet: In chunks of 1, the message b'two\nlines\n' came as b'two'"),
    ("2 frames", (frame, not_written), "Your turn: "),
    ("2 frames", (not_written, not_written), "Your turn: "),
]


@pytest.mark.parametrize(("name", "mine", "told"), TRIED)
def test_an_answer_is_tried_and_told(name, mine, told):
    assert str(answer(name, mine)).startswith(told)


@pytest.mark.parametrize("page", ["1_echo", "2_logbook"])
def test_each_task_of_a_page_is_tried_here(page):
    text = (stages.root() / "lessons" / f"{page}.md").read_text(encoding="utf-8")
    tasks = set(re.findall(r'^answer\("([^"]+)"', text, re.MULTILINE))
    assert 4 <= len(tasks) <= 8
    assert tasks == {name for name, *_ in TRIED if name.startswith(page[0])}
