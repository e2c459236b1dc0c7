"""The checked cells of stages 3 and 4: what is right is told so, and each usual mistake is told why it is none."""

import re
import socket
import threading
import time

import pytest

from parley import answer, stages


def does_nothing(*arguments):
    del arguments


# stage 3


def text_to_send(typed):
    return (typed or "/close").rstrip("\n")


def text_without_its_end(typed):
    return typed.rstrip("\n") or "/close"


def status(lines):
    return 0 if list(lines)[-1:] == ["/close"] else 1


def status_by_a_word(lines):
    return 0 if "/close" in "".join(lines) else 1


def connect_patiently(host, port, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return socket.create_connection((host, port), timeout=1)
        except OSError:
            threading.Event().wait(0.02)
    return None


def connect_at_once(host, port, seconds):
    return socket.create_connection((host, port), timeout=seconds)


# stage 4


def both_at_once(first, second):
    threads = [threading.Thread(target=function) for function in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_after_the_other(first, second):
    first()
    second()


def without_join(first, second):
    for function in (first, second):
        threading.Thread(target=function).start()


def next_line(conn, patience):
    conn.settimeout(patience)
    waiting, asked = b"", False
    while True:
        try:
            chunk = conn.recv(4096)
        except TimeoutError:
            if asked:
                raise ConnectionError("the peer is dead") from None
            conn.sendall(b"/ping\n")
            asked = True
            continue
        asked = False
        *lines, waiting = (waiting + chunk).split(b"\n")
        for line in lines:
            if line != b"/pong":
                return line.decode()


def next_line_without_a_question(conn, patience):
    conn.settimeout(patience)
    return conn.recv(4096).decode()


WAITS = {"server": "recv", "client": "recv"}
BLOCKS = {"sender": "readline", "receiver": "recv", "main": "wait"}
TRIED = [
    ("3 table", ["keyboard", "send", "recv", "print"], "Right: 3 lines each way."),
    ("3 table", ["recv", "print", "keyboard", "send"], "Not yet: Both programs block in recv"),
    ("3 table", ["keyboard", "recv", "send", "print"], "Not yet: Both programs block in recv"),
    ("3 table", ["send", "keyboard", "recv", "print"], "Not yet: The client should send a line"),
    ("3 table", ["keyboard", "send", "print", "recv"], "Not yet: The client should print a line"),
    ("3 table", ["keyboard", "send"], "Not yet: The client has these four steps"),
    ("3 waits", WAITS, "Right: The line was held back"),
    ("3 waits", {"server": "conn.recv()", "client": "readline"}, "Not yet: The line was held back"),
    ("3 typed", text_to_send, "Right: "),
    ("3 typed", text_without_its_end, "Not yet: For '\\n' from readline() it returned '/close'"),
    ("3 typed", str.strip, "Not yet: For '' from readline() it returned ''"),
    ("3 typed", does_nothing, "Not yet: For 'Yes, until eight.\\n'"),
    ("3 twice", "blocks", "Right: The first call gave 'one', and the second one blocked."),
    ("3 twice", "two", "Not yet: The first call gave 'one', and the second one blocked."),
    ("3 listener", "connected", "Right: With the listening socket open Ben was connected"),
    ("3 listener", "refused", "Not yet: With the listening socket open Ben was connected"),
    ("3 killed", b"", "Right: "),
    ("3 killed", None, "Not yet: "),
    ("3 goodbye", status, "Right: "),
    ("3 goodbye", status_by_a_word, "Not yet: The peer sent ['how do we use /close?'] and then EOF."),
    ("3 goodbye", does_nothing, "Not yet: The peer sent ['good morning', '/close'] and then EOF."),
    ("3 patient", connect_patiently, "Right: "),
    ("3 patient", connect_at_once, "Not yet: No server came within 0.3 s."),
    ("3 patient", does_nothing, "Not yet: It had 5 s, and gave up"),
    ("4 who", "main", "Right: who() ran in the main thread"),
    ("4 who", "new", "Not yet: who() ran in the main thread"),
    ("4 together", both_at_once, "Right: "),
    ("4 together", one_after_the_other, "Not yet: first() waited for second()"),
    ("4 together", without_join, "Not yet: When your function returned, second() was still running."),
    ("4 blocks", BLOCKS, "Right: Three threads"),
    ("4 blocks", {**BLOCKS, "main": "join"}, "Not yet: Three threads"),
    ("4 left", "sender", "Right: /close ended the receiver's wait"),
    ("4 left", "receiver", "Not yet: /close ended the receiver's wait"),
    ("4 wakes", ["ended.set()"], "Not yet: On this machine your own receiver was woken by: "),
    ("4 daemon", "keeps running", "Right: Without daemon=True the program keeps running"),
    ("4 daemon", "ends", "Not yet: Without daemon=True the program keeps running"),
    ("4 order", ["set", "send"], "Right: With set then send, EOF was taken for a goodbye."),
    ("4 order", ["send", "set"], "Not yet: With send then set, EOF was taken for a loss."),
    ("4 order", ["set"], "Not yet: The two steps are"),
    ("4 alive", next_line, "Right: "),
    ("4 alive", next_line_without_a_question, "Not yet: A slow peer answered /ping"),
    ("4 alive", does_nothing, "Not yet: A slow peer answered /ping"),
]


@pytest.mark.parametrize(("name", "mine", "told"), TRIED)
def test_an_answer_is_tried_and_told(name, mine, told):
    assert str(answer(name, mine)).startswith(told)


def test_what_wakes_a_receiver_is_right_as_this_machine_says():
    """Systems differ in what close does to a call that waits on the same socket."""
    woken_by = str(answer("4 wakes", ["nothing"])).rpartition(": ")[2].rstrip(".").split(", ")
    assert "conn.shutdown(SHUT_RDWR)" in woken_by and "ended.set()" not in woken_by
    assert str(answer("4 wakes", woken_by)).startswith("Right: ")


@pytest.mark.parametrize("page", ["3_turns", "4_peers"])
def test_each_task_of_a_page_is_tried_here(page):
    text = (stages.root() / "lessons" / f"{page}.md").read_text(encoding="utf-8")
    tasks = set(re.findall(r'^answer\("([^"]+)"', text, re.MULTILINE))
    assert 4 <= len(tasks) <= 8
    assert tasks == {name for name, *_ in TRIED if name.startswith(page[0])}
