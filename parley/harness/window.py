"""A student's program with a window, on its own screen, used and read through tkinter.

On Linux the screen is an invisible Xvfb. On other systems, or without Xvfb, it's the user's own screen. A probe in the
program (PROBE) acts as a user, in the main thread, and tells what the window shows, so any layout works. PROTOCOLS.md
has the rules that it relies on: which field is which.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.contract.errors import NotHere
from parley.contract.record import quoted
from parley.harness.actors import LAST_WORDS, TICK, Role, trouble, wanted
from parley.harness.programs import LOOPBACK

OPENS_WITHIN = 5  # seconds of a quick machine: limit for a window to open
AT_ONCE = 0.7  # seconds of a quick machine: more than a window needs to react, less than a wait for the network
SCREEN_WITHIN = 20  # seconds for Xvfb to print its display number
SIZE = "1200x800x24"  # pixels, and bits per pixel

# Put beside the program as sitecustomize.py. It handles one request at a time, and answers before it acts, because the
# action may end the program.
PROBE = r'''
import json, os, queue, socket, threading
try:
    import tkinter
    from tkinter import messagebox
except ImportError:  # the program will find that out too
    tkinter = None
requests, roots, said, foreign = queue.Queue(), [], [], []

class Noted:
    """Sits between the widgets and Tk, and notes which threads use it."""
    def __init__(self, tk):
        self.__dict__["behind"] = tk
    def __getattr__(self, name):
        thread = threading.current_thread()
        if thread is not threading.main_thread() and thread.name not in foreign:
            foreign.append(thread.name)
        return getattr(self.behind, name)
    def __setattr__(self, name, value):
        setattr(self.behind, name, value)

def tell(connection, **fields):
    connection.sendall(json.dumps(fields).encode() + b"\n")

def listen(connection):
    for line in connection.makefile(encoding="utf-8"):
        requests.put(json.loads(line))

def seen(widget):
    """This widget and all in it that can be seen, in the order of the Tab key."""
    if widget.winfo_viewable():
        yield widget
        for child in widget.winfo_children():
            yield from seen(child)

def all_seen():
    for root in roots:
        try:
            yield from list(seen(root))
        except tkinter.TclError:  # it was destroyed
            pass

def is_button(widget):
    return widget.winfo_class() in ("Button", "TButton")

def can_be_used(widget):
    return str(widget.cget("state")) == "normal" or str(widget.cget("state")) == ""

def state():
    fields = [widget for widget in all_seen() if isinstance(widget, tkinter.Entry)]
    page = next((widget for widget in all_seen() if isinstance(widget, (tkinter.Text, tkinter.Listbox))), None)
    found = {"fields": [widget.get() for widget in fields], "lines": [], "top": 0, "at_end": True}
    if isinstance(page, tkinter.Text):
        found["lines"] = page.get("1.0", "end-1c").split("\n")
        found["top"] = int(page.index("@0,0").split(".")[0]) - 1
        found["at_end"] = page.bbox("end-1c") is not None or page.bbox("end-2c") is not None
    elif page:
        found["lines"] = [str(line) for line in page.get(0, "end")]
        found["top"] = page.nearest(0)
        found["at_end"] = not found["lines"] or page.bbox("end") is not None
    labels = [widget for widget in all_seen() if widget.winfo_class() in ("Label", "TLabel", "Message")]
    found["words"] = [str(widget.cget("text")) for widget in labels] + said
    found["foreign"] = foreign
    return found

def do(request):
    """What a user does, as a function without arguments; None if that cannot be done."""
    what, fields = request["do"], [widget for widget in all_seen() if isinstance(widget, tkinter.Entry)]
    field = fields[request.get("field", 0)] if -len(fields) <= request.get("field", 0) < len(fields) else None
    if what == "fill" and field and can_be_used(field):
        return lambda: (field.delete(0, "end"), field.insert(0, request["text"]))
    if what == "enter" and field:
        def enter():
            field.focus_force()
            field.update_idletasks()
            field.event_generate("<Return>")
        return enter
    if what == "button" and field:
        both = [widget for widget in all_seen() if widget is field or is_button(widget) and can_be_used(widget)]
        near = both[both.index(field) + 1 :] or both[: both.index(field)][::-1]
        return near[0].invoke if near else None
    if what == "scroll":
        page = next((widget for widget in all_seen() if isinstance(widget, (tkinter.Text, tkinter.Listbox))), None)
        return page and (lambda: page.yview_moveto(request["to"]))
    if what == "close":
        root = next(iter(all_seen())).winfo_toplevel()
        handler = root.protocol("WM_DELETE_WINDOW")
        return (lambda: root.tk.eval(handler)) if handler else root.destroy
    return None

def work(root, connection):
    again = root.after(15, work, root, connection)
    if requests.empty():
        return
    request = requests.get()
    if request["do"] == "state":
        tell(connection, **state())
        return
    action = do(request)
    tell(connection, done=bool(action))
    if action:
        action()

def opened(begin):
    def opens(self, *args, **more):
        begin(self, *args, **more)
        if not hasattr(opened, "connection"):
            opened.connection = socket.create_connection(("127.0.0.1", int(os.environ["PARLEY_WINDOW"])))
            threading.Thread(target=listen, args=[opened.connection], daemon=True).start()
        roots.append(self)
        self.after(15, work, self, opened.connection)
        self.tk = Noted(self.tk)
    return opens

def says(title=None, message=None, *args, **more):
    said.append(f"{title}: {message}")
    return "ok"

if tkinter:
    tkinter.Tk.__init__ = opened(tkinter.Tk.__init__)
    for name in ("showerror", "showwarning", "showinfo"):
        setattr(messagebox, name, says)
'''


class Screen:
    """A screen for the windows of one scene. `environment`: what a program needs to find it."""

    def __init__(self) -> None:
        """Start an Xvfb, or use the user's own screen if there is no Xvfb.

        Raise NotHere if there's no screen at all, or no tkinter. Raise RuntimeError instead if CI is set, because CI
        must not skip tests.
        """
        self.environment: dict[str, str] = {}
        self._server: subprocess.Popen[bytes] | None = None
        if importlib.util.find_spec("_tkinter") is None:
            raise _not_here("This Python has no tkinter.")
        if sys.platform in ("win32", "darwin"):
            return
        if shutil.which("Xvfb"):
            self.environment = {"DISPLAY": self._start()}
        elif not os.environ.get("DISPLAY"):
            raise _not_here("There's no display here, and no Xvfb to replace it.")

    def _start(self) -> str:
        """Start an Xvfb on a free display, and return its name."""
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]
        if not os.access("/tmp", os.W_OK):  # in a sandbox: it gets its own folder for its lock
            command = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/tmp", "--die-with-parent", *command]
        self._server = subprocess.Popen(
            command,
            pass_fds=[writing],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        number = b""
        # (it writes the newline separately: if we stopped reading before it, Xvfb would exit)
        while not number.endswith(b"\n") and select.select([reading], [], [], SCREEN_WITHIN)[0]:
            more = os.read(reading, 20)
            if not more:
                break
            number += more
        os.close(reading)
        if not number.endswith(b"\n"):
            self.close()
            raise _not_here("Xvfb didn't start.")
        return f":{number.decode().strip()}"

    def none(self) -> dict[str, str]:
        """Return the environment in which a program finds no screen. Raise NotHere if there always is one."""
        if sys.platform in ("win32", "darwin"):
            raise NotHere("On this system there is always a screen.")
        return {"DISPLAY": ""}

    def close(self) -> None:
        """End the Xvfb."""
        if self._server:
            self._server.terminate()
            self._server.wait()


def _not_here(words: str) -> Exception:
    return RuntimeError(words) if os.environ.get("CI") else NotHere(words)


@dataclass(frozen=True)
class Seen:
    """What the window shows, as reported by state() in the probe.

    `fields`: the text of each; `lines`: its list; `top`: the number of the first visible line; `at_end`: whether the
    last line is visible; `words`: texts of labels and messages; `foreign`: other threads that touched the window.
    """

    fields: list[str]
    lines: list[str]
    top: int
    at_end: bool
    words: list[str]
    foreign: list[str]


class Window(Role):
    """A student's program with a window, with what a test can expect of it. Expectations raise Failed."""

    def __init__(
        self,
        *args: Any,
        environment: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        files: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        **more: Any,
    ) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(TICK)
        self._probe: socket.socket | None = None
        self._answers = b""
        self._dealt_with = 0  # lines of its list that expectations have consumed
        port = str(self._listener.getsockname()[1])
        environment = {**dict(environment), "PYTHONPATH": ".", "PARLEY_WINDOW": port}
        super().__init__(*args, environment=environment, files={**dict(files), "sitecustomize.py": PROBE}, **more)

    # what its user does

    def fills(self, field: int, text: str, hint: str | None = None) -> Window:
        """Put a text into a field: 0 is the first, -1 the last."""
        self.record.add(self.name, "uses window", note=f"writes {quoted(text)} into a field")
        return self._do("a field to write into", hint, do="fill", field=field, text=text)

    def presses_enter(self, field: int = -1, hint: str | None = None) -> Window:
        """Press Enter in a field."""
        self.record.add(self.name, "uses window", note="presses Enter")
        return self._do("a field in which Enter can be pressed", hint, do="enter", field=field)

    def presses_button(self, field: int = -1, hint: str | None = None) -> Window:
        """Press the button after a field."""
        self.record.add(self.name, "uses window", note="presses the button")
        return self._do("a button", hint, do="button", field=field)

    def writes(self, text: str, hint: str | None = None) -> Window:
        """Write a line into the last field, and press Enter."""
        return self.fills(-1, text, hint).presses_enter(hint=hint)

    def scrolls(self, to: float, hint: str | None = None) -> Window:
        """Scroll the list of lines: to 0 its beginning, to 1 its end."""
        self.record.add(self.name, "uses window", note="scrolls up" if to == 0 else "scrolls down")
        return self._do("a list of lines", hint, do="scroll", to=to)

    def closes_window(self, hint: str | None = None) -> Window:
        """Close the window."""
        self.record.add(self.name, "uses window", note="closes the window")
        return self._do("a window to be closed", hint, do="close")

    # what is expected of it

    def offers(self, field: int, text: str, hint: str | None = None) -> Window:
        """Expect a field (0: the first, -1: the last) with this text."""

        def offered() -> bool:
            fields = self._state().fields
            return -len(fields) <= field < len(fields) and fields[field] == text

        return self._until(offered, f"to have a field that holds {quoted(text)}", self._fields, hint)

    def shows(
        self,
        text: str | None = None,
        *,
        containing: str | None = None,
        check: Callable[[str], object] | None = None,
        words: str = "",
        hint: str | None = None,
    ) -> str:
        """Expect another line in its list, possibly after others, and return it. It must end with `text`, contain
        `containing`, or make check(line) true, described by `words`.
        """
        ends = None if text is None else (lambda line: line.endswith(text))
        line = wanted(None, containing, ends or check, words or f"a line that ends with {quoted(text or '')}")
        found: list[str] = []

        def look() -> bool:
            lines = self._state().lines
            for number in range(self._dealt_with, len(lines)):
                if line.fits(lines[number]) and lines[number]:
                    self._dealt_with = number + 1
                    found.append(lines[number])
                    self.record.add(self.name, "prints", f"{lines[number]}\n".encode(), note="in its window")
                    return True
            return False

        self._until(look, f"to show {line.words}", lambda: "\n".join(self._state().lines[-8:]), hint)
        return found[0]

    def shows_next(self, text: str, among: str, hint: str | None = None) -> Window:
        """Expect the next line in its list that contains `among` to end with `text`."""
        line = self.shows(containing=among, hint=hint)
        if not line.endswith(text):
            words = f"a line that ends with {quoted(text)}"
            raise self._failed(f"to show {words} next", "not in window", {}, expected=words, received=line, hint=hint)
        return self

    def words(self) -> list[str]:
        """Return all visible text in its window now: its words and the lines of its list."""
        now = self._state()
        return [*now.words, *now.lines]

    def says_something_else(
        self, before: Sequence[str], but: str | None = None, hint: str | None = None, within: float | None = None
    ) -> Window:
        """Expect visible text that wasn't there `before` (see words), and doesn't contain `but`."""

        def look() -> list[str]:
            return [text for text in self.words() if text not in before and not (but and but in text)]

        return self._until(look, "to say in its window what has happened", str, hint, within)

    def shows_still(self, text: str, hint: str | None = None) -> Window:
        """Expect a line of its list to still end with this text."""

        def look() -> bool:
            return any(line.endswith(text) for line in self._state().lines)

        return self._until(look, f"still to show {quoted(text)}", str, hint)

    def keeps_its_place(self, top: int, hint: str | None = None) -> Window:
        """Expect this line at the top of its list."""
        now = self._state().top
        if now != top:
            facts = {"line": now + 1, "wanted": top + 1}
            raise self._failed("to let its user continue reading there", "moved", facts, hint=hint)
        return self

    def top(self) -> int:
        """Return the number of the line at the top of its list."""
        return self._state().top

    def is_at_end(self, hint: str | None = None) -> Window:
        """Expect the last line of its list to be visible."""
        return self._until(lambda: self._state().at_end, "to show its last line", lambda: "out of sight", hint)

    def reacts(self, hint: str | None = None) -> Window:
        """Expect the window to react immediately."""
        self._ask({"do": "state"}, hint, AT_ONCE)
        return self

    def has_one_thread_for_its_window(self, hint: str | None = None) -> Window:
        """Expect that only the main thread has touched the window so far."""
        foreign = self._state().foreign
        if foreign:
            facts = {"thread": foreign[0]}
            raise self._failed("to touch its window only from its main thread", "foreign thread", facts, hint=hint)
        return self

    # how it is done

    def close(self) -> None:
        """Release the connection to the probe as well."""
        for connection in (self._probe, self._listener):
            if connection:
                connection.close()
        super().close()

    def _fields(self) -> str:
        return ", ".join(map(quoted, self._state().fields))

    def _do(self, what: str, hint: str | None, **request: object) -> Window:
        # (retry what can't be done yet: the window may just be opening, or changing pages)
        if not self.deadlines.poll(lambda: self._ask(request, hint)["done"], self.answers_within):
            expectation = f"to have {what}"
            raise self._failed(expectation, "not in window", self._facts(), expected=what, received="", hint=hint)
        return self

    def _state(self, hint: str | None = None) -> Seen:
        return Seen(**self._ask({"do": "state"}, hint))

    def _until(
        self,
        ready: Callable[[], object],
        expectation: str,
        received: Callable[[], str],
        hint: str | None,
        within: float | None = None,
    ) -> Window:
        if not self.deadlines.poll(ready, within or self.answers_within):
            cause = trouble(self) or ("not in window", self._facts(within))
            raise self._failed(expectation, *cause, expected=expectation, received=received(), hint=hint)
        return self

    def _facts(self, within: float | None = None) -> dict[str, object]:
        return {"seconds": within or self.answers_within}

    def _ask(
        self, request: Mapping[str, object], hint: str | None = None, within: float | None = None
    ) -> dict[str, Any]:
        """Let the probe do something, and return its answer."""
        if self._probe is None and not self.deadlines.poll(lambda: self._accepts() or self.ended, OPENS_WITHIN):
            facts = {"seconds": OPENS_WITHIN}
            raise self._failed("to open a window", *(trouble(self) or ("frozen", facts)), hint=hint)
        with contextlib.suppress(OSError):
            if self._probe:
                self._probe.sendall(json.dumps(request).encode() + b"\n")
        self.deadlines.poll(lambda: self._hears() or self.ended, within or self.answers_within)
        answer, end, rest = self._answers.partition(b"\n")
        if end:
            self._answers = rest
            told: dict[str, Any] = json.loads(answer)
            return told
        self.wait_until_it_ends(LAST_WORDS)
        cause = trouble(self) or ("frozen", self._facts(within))
        raise self._failed("to react to its user", *cause, hint=hint)

    def _accepts(self) -> socket.socket | None:
        with contextlib.suppress(TimeoutError):
            self._probe = self._listener.accept()[0]
            self._probe.settimeout(TICK)
        return self._probe

    def _hears(self) -> bool:
        with contextlib.suppress(OSError):
            if self._probe and b"\n" not in self._answers:
                self._answers += self._probe.recv(1 << 20)
        return b"\n" in self._answers
