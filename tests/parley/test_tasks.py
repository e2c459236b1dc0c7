"""The checked cells of the lessons: a right answer is right, a wrong one is told why."""

import contextlib
import inspect
import socket
import threading
from pathlib import Path

import pytest

from parley import answer, check, measure, rung
from parley.contract.errors import BadInput
from parley.notebooks import ladder


def test_an_answer_is_right_or_told_why():
    assert str(answer("1 letters")).startswith("Your turn: ")
    assert str(answer("1 letters", 6)).startswith("Not yet: 'café ☕' has 6 characters. encode() gave 9 bytes")
    assert str(answer("1 letters", 9)).startswith("Right: ")


def test_what_an_answer_raises_is_told_with_its_line():
    from parley.notebooks import tasks

    @tasks.task("1 test")
    def call(function):
        return tasks.Tried(function() == 1, "")

    def broken():
        raise LookupError("no such thing")

    assert "LookupError in line " in str(answer("1 test", broken)) and "(broken)" in str(answer("1 test", broken))


def test_a_task_that_there_is_not_is_one_sentence():
    with pytest.raises(BadInput, match="There's no task '1 nothing'"):
        answer("1 nothing")


# Stage 5


def the_lock_held_all_along(people, lock, author, line):
    with lock:
        for conn in people:
            if conn is not author:
                conn.sendall(line)


SERIAL = threading.Lock()


def the_lock_given_back_between(people, lock, author, line):
    for conn in people:
        if conn is not author:
            with lock:
                conn.sendall(line)


def no_lock_and_no_harm(people, lock, author, line):
    others = [conn for conn in people if conn is not author]
    with SERIAL:  # a lock of its own: nothing changes places in this run, and the one that was given is not held
        for conn in others:
            conn.sendall(line)


def the_lock_kept(people, lock, author, line):
    lock.acquire()
    the_lock_held_all_along(people, threading.Lock(), author, line)


def the_author_too(people, lock, author, line):
    with lock:
        for conn in people:
            conn.sendall(line)


def hear(lines, conn, messages):
    name = ""
    for text in lines:
        if text == "{quit}":
            break
        if name:
            messages.put(("said", conn, f"{name}: {text}"))
        else:
            name = text
            messages.put(("joined", conn, name))
    messages.put(("left", conn, name))


def left_only_after_the_word(lines, conn, messages):
    for number, text in enumerate(lines):
        if text == "{quit}":
            messages.put(("left", conn, "Anna"))
            break
        messages.put(("said", conn, f"Anna: {text}") if number else ("joined", conn, "Anna"))


def take_all(messages):
    return [messages.get() for _ in range(max(1, messages.qsize()))]


def take_what_is_there(messages):
    return [messages.get() for _ in range(messages.qsize())]


def take_one_more(messages):
    return [messages.get() for _ in range(messages.qsize() + 1)]


def send_outboxes(outboxes):
    for conn, outbox in outboxes.items():
        if outbox:
            conn.sendall(b"".join(outbox))
            outbox.clear()


def send_line_by_line(outboxes):
    for conn, outbox in outboxes.items():
        for line in outbox:
            conn.sendall(line)
        outbox.clear()


def send_and_keep(outboxes):
    for conn, outbox in outboxes.items():
        if outbox:
            conn.sendall(b"".join(outbox))


def send(conn, lines):
    try:
        conn.sendall(b"".join(lines))
    except OSError:
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_RDWR)


def send_and_never_mind(conn, lines):
    with contextlib.suppress(OSError):
        conn.sendall(b"".join(lines))


def send_or_fail(conn, lines):
    conn.sendall(b"".join(lines))


TRIED = [
    ("5 threads", 7, "Right: it is 7"),
    ("5 threads", 5, "Not yet: it is 7"),
    ("5 tell_others", the_lock_held_all_along, "Right: two threads"),
    ("5 tell_others", the_lock_given_back_between, "Not yet: two threads called it, and line"),
    ("5 tell_others", no_lock_and_no_harm, "Not yet: two threads called it, and lines can change places"),
    ("5 tell_others", the_lock_kept, "Not yet: your function waits for a lock"),
    ("5 tell_others", the_author_too, "Not yet: an author got a line"),
    ("5 stands", "lock", "Right: Ben's thread"),
    ("5 stands", "recv", "Not yet: Ben's thread"),
    ("5 hear", hear, "Right: 5 visitors"),
    ("5 hear", left_only_after_the_word, "Not yet: when Anna says hello, and her stream ends"),
    ("5 take_all", take_all, "Right: it returned all three"),
    ("5 take_all", take_what_is_there, "Not yet: the queue was empty, 4 came a moment later"),
    ("5 take_all", take_one_more, "Not yet: three elements waited"),
    ("5 send_outboxes", send_outboxes, "Right: one call"),
    ("5 send_outboxes", send_line_by_line, "Not yet: outboxes of three lines"),
    ("5 send_outboxes", send_and_keep, "Not yet: all was sent, but then"),
    ("5 send", send, "Right: it sent"),
    ("5 send", send_and_never_mind, "Not yet: a client didn't read"),
    ("5 send", send_or_fail, "Not yet: TimeoutError in line "),
]


@pytest.mark.parametrize(
    "name, mine, told", TRIED, ids=[f"{name} {str(mine).split(' at ')[0]}" for name, mine, _ in TRIED]
)
def test_the_tasks_of_stage_5(name, mine, told):
    assert str(answer(name, mine)).startswith(told)


def test_a_function_that_is_not_written_yet_is_no_wrong_answer():
    def unwritten(messages):
        # return a list
        ...

    def described(messages):
        """Return a list."""

    def returns_a_text(messages):
        return "none"

    for function, told in (unwritten, "Your turn: "), (described, "Your turn: "), (returns_a_text, "Not yet: "):
        assert str(answer("5 take_all", function)).startswith(told)


# The ladder of stage 5


def test_a_rung_has_the_functions_that_are_right_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = rung("outboxes.py", hear, take_what_is_there, send_outboxes)
    assert shown.ours == ["take_all"] and "def take_all(messages):\n    ...  # yours" in str(shown)
    written = Path("outboxes.py").read_text(encoding="utf-8")
    assert inspect.getsource(hear).rstrip() in written and "take_what_is_there" not in written
    assert rung("outboxes.py", hear, take_all, send_outboxes).ours == []
    with pytest.raises(BadInput, match=r"The ladder has no 'lock.py'"):
        rung("lock.py")


@pytest.mark.parametrize("name", ["sender.py", "outboxes.py"])
def test_a_rung_keeps_one_order_and_is_measured(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rung(name)
    assert check(5, "server", test="test_one_order_for_all", version=name).well
    monkeypatch.setattr(ladder, "CLIENTS", 5)
    measured = measure(name, "mine")
    assert all(speed > 0 for speed in measured.speeds[0].rounds) and len(measured.speeds[0].rounds) == 2
    assert measured.fastest == name
    assert measured.speeds[1].rounds == () and "doesn't run yet" in str(measured)


def test_a_server_that_loses_lines_is_not_measured(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rung("sender.py")
    source = Path("sender.py").read_text(encoding="utf-8")
    loses = source.replace("if other is not conn:", 'if other is not conn and "line 3 " not in text:')
    Path("loses.py").write_text(loses, encoding="utf-8")
    monkeypatch.setattr(ladder, "CLIENTS", 5)
    monkeypatch.setattr(ladder, "SECONDS", 1)
    assert [speed.rounds for speed in measure("loses.py").speeds] == [(0, 0)]


def test_a_program_that_no_cell_has_written_is_one_sentence():
    with pytest.raises(ValueError, match=r"There's no nothing.py beside this notebook"):
        measure("nothing.py")
