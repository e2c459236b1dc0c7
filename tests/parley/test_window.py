"""Windows in a scene: used and read as by a user, on a screen that is gone afterwards; and said where there is none."""

import shutil

import psutil
import pytest

from parley.contract.errors import NotHere
from parley.contract.record import Failed
from parley.harness import window
from parley.harness.scene import Scene
from parley.harness.window import Screen

OURS = """
import threading, tkinter
from tkinter import messagebox, ttk
root = tkinter.Tk()
first, second = tkinter.Entry(root), ttk.Entry(root)
first.insert(0, "one")
label = tkinter.Label(root, text="nothing")
page = {page}
def enter(event=None):
    label.config(text="entered " + second.get())
    page.insert("end", second.get() + {end!r})
def press():
    messagebox.showerror("Trouble", second.get())
second.bind("<Return>", enter)
for widget in (first, second, tkinter.Button(root, text="press", command=press), label, page):
    widget.pack()
hidden = tkinter.Entry(tkinter.Frame(root))
hidden.pack()
root.mainloop()
"""
PAGES = {"text": ("tkinter.Text(root, height=5)", "\n"), "list": ("tkinter.Listbox(root, height=5)", "")}


def needs_xvfb_and_tkinter():
    if not shutil.which("Xvfb"):
        pytest.skip("There is no Xvfb here.")
    pytest.importorskip("tkinter", reason="This Python has no tkinter.")


@pytest.fixture(params=PAGES)
def opened(request, tmp_path):
    """A window with two fields, a button, a label and a page."""
    page, end = PAGES[request.param]
    (tmp_path / "gui_client.py").write_text(OURS.format(page=page, end=end), encoding="utf-8")
    with Scene(tmp_path) as scene:
        try:
            yield scene.window()
        except NotHere as missing:
            pytest.skip(str(missing))


def test_fields_are_filled_and_enter_and_the_button_pressed(opened):
    opened.offers(0, "one").fills(-1, "hello").offers(1, "hello")
    before = opened.words()
    opened.presses_enter()
    assert opened.shows("hello") == "hello"
    assert "entered hello" in opened.words()
    opened.fills(1, "help").presses_button(0)
    opened.says_something_else([*before, "entered hello", "hello"])
    assert "Trouble: help" in opened.words()


def test_only_what_can_be_seen_counts(opened):
    opened.offers(-1, "")
    with pytest.raises(Failed) as failed:
        opened.fills(2, "hidden")
    assert failed.value.cause == "not in window"


def test_lines_are_found_in_order_and_each_once(opened):
    for text in ("one", "two", "three"):
        opened.fills(1, text).presses_enter(1)
    opened.shows("one")
    opened.shows_next("two", among="t")
    with pytest.raises(Failed):
        opened.shows_next("four", among="t")
    opened.answers_within = 0.2
    with pytest.raises(Failed):
        opened.shows("two")


def test_the_place_in_a_page(opened):
    for number in range(20):
        opened.fills(1, f"line {number}").presses_enter(1)
    opened.scrolls(1).is_at_end()
    opened.scrolls(0).keeps_its_place(0)
    opened.answers_within = 0.2
    with pytest.raises(Failed):
        opened.is_at_end()
    with pytest.raises(Failed) as failed:
        opened.keeps_its_place(3)
    assert failed.value.cause == "moved"


def test_a_closed_window_ends_its_program(opened):
    opened.reacts().has_one_thread_for_its_window()
    opened.closes_window()
    opened.ends(status=0)


def test_the_screen_is_gone_with_the_scene(tmp_path):
    needs_xvfb_and_tkinter()
    (tmp_path / "gui_client.py").write_text("import tkinter\ntkinter.Tk().mainloop()\n", encoding="utf-8")
    with Scene(tmp_path) as scene:
        scene.window().reacts()
        pid = scene._screen._server.pid
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_without_a_screen_it_is_said_and_in_ci_it_is_trouble(monkeypatch):
    monkeypatch.setattr(window.importlib.util, "find_spec", lambda name: name)  # tkinter is here, or as good as
    monkeypatch.setattr(window.sys, "platform", "linux")
    monkeypatch.setattr(window.shutil, "which", lambda name: None)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(NotHere, match="no display"):
        Screen()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RuntimeError, match="no display"):
        Screen()


def test_without_tkinter_it_is_said(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(window.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotHere, match="tkinter"):
        Screen()


def test_an_xvfb_that_does_not_start(monkeypatch, tmp_path):
    needs_xvfb_and_tkinter()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(window, "SIZE", "no size")
    with pytest.raises(NotHere, match="didn't start"):
        Screen()
