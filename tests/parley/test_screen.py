"""What a person reads at a terminal: words wrapped to its width, tables that fit, colors only where they are wanted."""

import io
import sys

import pytest

from parley import screen
from parley.contract.record import Event
from parley.drawing.chat import Message, messages

STEP = "  > 105. The test expects the server to print a time, a space, and a street with an umlaut in its name."


@pytest.fixture(autouse=True)
def eighty(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize(
    ("line", "below"),
    [
        (STEP, " " * 9 + "an umlaut"),
        (f"  Question: {'Which of your lines sends something back to the client? ' * 2}", " " * 12),
        (f"  | {'what the program printed ' * 5}", "  | "),
        (f"  - {'it was seen ' * 9}", "    "),
        (f"A sentence: {'more of it ' * 9}", "m"),
    ],
)
def test_a_long_line_hangs_below_its_first_word(line, below):
    told = screen.wrapped(line)
    first, second, *_ = told.split("\n")
    assert second.startswith(below.rstrip("m")) and len(first) <= 80 and len(second) <= 80
    assert " ".join(told.replace("\n  | ", " ").split()) == " ".join(line.split())


def test_short_lines_and_empty_ones_stay():
    assert screen.wrapped("one\n\n      ^\n") == "one\n\n      ^\n"


def test_the_width_is_80_in_a_pipe_and_never_useless(monkeypatch):
    monkeypatch.setenv("COLUMNS", "9")
    assert screen.width() == screen.NARROWEST
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert screen.width() == 80


def test_colors_at_a_terminal_only_and_not_where_they_are_refused(monkeypatch):
    pty = pytest.importorskip("pty", reason="terminals of this kind are not on Windows")
    leader, follower = pty.openpty()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with open(leader, "rb"), open(follower, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert screen.colorful()
        monkeypatch.setenv("NO_COLOR", "1")
        assert not screen.colorful()
        assert "\x1b" not in screen.tabulated(("head",), (("cell",),))


def test_a_table_fits_and_breaks_no_word():
    rows = [
        ("half-close", "A client closes its sending side just after its last words. " * 2, "12"),
        ("[b]x[/b]", "", "3"),
    ]
    drawn = screen.tabulated(("fault", "what happens", "points"), rows, right=(2,))
    assert max(map(len, drawn.split("\n"))) <= 80
    words = " ".join(" ".join(row) for row in rows).split()
    assert sorted(drawn.split()) == sorted(["fault", "what", "happens", "points", *words])


def test_a_chat_is_what_was_typed_and_who_saw_it():
    told = [
        ("Anna", "types", b"Anna"),
        ("Anna", "prints", b"Hello Anna, say {quit} to leave.\n"),
        ("Anna", "types", b"Tea?"),
        ("Ben", "prints", b"Anna: T"),
        ("Ben", "prints", b"ea?\n"),
        ("Ben", "types", b"No."),
        ("Anna", "prints", b"Ben: No.\n"),
    ]
    found = messages(Event(0.0, who, what, data) for who, what, data in told)
    assert found == [
        Message("Anna", "Tea?", ("Ben",), "Anna: Tea?"),
        Message("Ben", "No.", ("Anna",), "Ben: No."),
    ]
