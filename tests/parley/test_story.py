"""The story of a failure: each cause is told where it happened, in words that a student understands."""

import json
import re
import textwrap
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.checks.hints import SLIP, Hint, hints
from parley.contract.record import VERBS, Event, Failed, Record
from parley.contract.story import CAUSES, MOST_LINES, PHRASES, cause, step, story, tell
from parley.harness import actors, programs, scene
from parley.harness.scene import Scene

# A server that does one thing with each client, and then leaves the connection open.
SERVER = """
import os, socket, struct, sys, threading
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
connections = []
while True:
    conn, _ = listener.accept()
    connections.append(conn)
{act}
"""
NEVER = "    threading.Event().wait()"
FILE_CLIENT = "with open('book.txt', 'w') as book:\n    print('hello', file=book)\n"
QUIET_CLIENT = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\n"


def receives(scene):
    scene.person("Anna").connects(scene.server()).sends("hello").receives("hello")


def client_ends(scene):
    scene.client().ends_with_a_sentence(within=0.2)


def client_prints(scene):
    scene.client().types("go").prints("hello")


def unanswered(scene):
    try:
        host = scene.host().never_answers()
    except programs.NotHere:
        pytest.skip("this system always answers")
    scene.person("Anna").connects(host)


def wait_long(scene):
    anna = scene.person("Anna").connects(scene.server())
    scene.deadlines.seconds = 0.3
    anna.receives("hello")


def in_a_window(what, use):
    """A case whose program has a window: what it does with its root, and what the test does with it."""

    def test(scene):
        source = f"import threading, time, tkinter\nroot = tkinter.Tk()\n{what}\nroot.mainloop()\n"
        (scene.folder / "gui_client.py").write_text(source, encoding="utf-8")
        try:
            window = scene.window()
        except programs.NotHere as missing:
            pytest.skip(str(missing))
        use(window)

    return "", None, test


# cause -> (what the server does with a client, the client's source, what the test does)
CASES = {
    "missing": (None, None, lambda scene: scene.server()),
    "not begun": ("", "# a plan", lambda scene: scene.client()),
    "syntax": ("", "def talk(:", lambda scene: scene.client()),
    "not listening": (None, None, lambda scene: scene.server()),
    "other port": (None, None, lambda scene: scene.server()),
    "nobody came": ("", QUIET_CLIENT, lambda scene: _host_waits(scene)),
    "refused": ("", None, lambda scene: scene.person("Anna").connects(scene.host(listens=False))),
    "unanswered": ("", None, unanswered),
    "ended": ("    sys.exit(3)", None, receives),
    "crashed": ("    {}['hello']", None, receives),
    "traceback": ("    threading.Thread(target=lambda: 1 / 0).start()", None, receives),
    "goes on": ("", QUIET_CLIENT, client_ends),
    "other status": ("", "import sys\nsys.exit(3)", client_ends),
    "wordless": ("", "import os\nos._exit(1)", client_ends),
    "other stream": ("", "print('There is no server.')\nraise SystemExit(1)", client_ends),
    "only logged": (
        "",
        "import sys\nsys.stderr.write('It is over.')",
        lambda scene: scene.client().ends_with_a_sentence(status=0),
    ),
    "spins": ("    while True: pass", None, receives),
    "floods": ("", "while True: print('hi' * 5000)", client_prints),
    "grows": ("    pass", None, lambda scene: scene.server().uses_at_most(1024**2)),
    "end": ("    conn.shutdown(socket.SHUT_WR)", None, receives),
    "reset": (
        "    conn.recv(9); conn.setsockopt(1, socket.SO_LINGER, struct.pack('ii', 1, 0)); conn.close()",
        None,
        receives,
    ),
    "silence": (NEVER, None, receives),
    "part": ("    conn.sendall(b'hel')", None, receives),
    "no line end": (
        "    conn.sendall(b'hel')",
        None,
        lambda scene: scene.person("Anna").connects(scene.server()).receives_line(containing="hel"),
    ),
    "other bytes": ("    conn.sendall(b'heLLo')", None, receives),
    "other line": (
        "    conn.sendall(b'hello\\n')",
        None,
        lambda scene: scene.person("Anna").connects(scene.server()).receives_line(containing="Anna"),
    ),
    "too much": (
        "    conn.sendall(b'hello')",
        None,
        lambda scene: scene.person("Anna").connects(scene.server()).receives("hel").sees_end(),
    ),
    "unwanted": (
        "    conn.sendall(b'Anna: one\\nBen: two\\n')",
        None,
        lambda scene: scene.person("Anna").connects(scene.server()).receives_nothing_before("Ben: two"),
    ),
    "unread": (
        NEVER,
        None,
        lambda scene: scene.person("Anna").connects(scene.server()).sends(bytes(30_000_000)),
    ),
    "silent screen": ("", "input()\ninput()", client_prints),
    "silent log": ("", QUIET_CLIENT, lambda scene: scene.client().logs(containing="connected")),
    "other print": ("", "input()\nprint('bye', flush=True)\ninput()", client_prints),
    "unwanted print": ("", QUIET_CLIENT, lambda scene: _must_not_print(scene)),
    "not in window": in_a_window("tkinter.Label(root, text='hello').pack()", lambda window: window.fills(0, "Anna")),
    "frozen": in_a_window("root.after(100, time.sleep, 60)", lambda window: window.is_at_end().shows("Anna")),
    "moved": in_a_window(
        "page = tkinter.Listbox(root)\npage.pack()\npage.insert(0, *range(50))\nroot.update()\npage.yview(20)\n"
        "print('moved', flush=True)",
        lambda window: window.prints("moved") and window.keeps_its_place(0),
    ),
    "foreign thread": in_a_window(
        "threading.Thread(target=root.title, args=['hello'], daemon=True).start()",
        lambda window: [window.is_at_end() for _ in range(9)] and window.has_one_thread_for_its_window(),
    ),
    "no file": ("", QUIET_CLIENT, lambda scene: scene.client().holds("book.txt", ["hello"])),
    "other file": ("", FILE_CLIENT, lambda scene: scene.client().ends().holds("book.txt", ["hello", "bye"])),
    "out of time": (NEVER, None, wait_long),
}


def _host_waits(scene):
    host = scene.host()
    scene.client(host).prints("ready")
    host.accepts()


def _must_not_print(scene):
    client = scene.client()
    client.prints("ready")
    client.has_not_printed("ready")


SERVERS = {  # those that are more than an act
    "not listening": "import threading\nthreading.Event().wait()",
    "other port": "import socket, threading\nsocket.create_server(('127.0.0.1', 0))\n"
    "listener = socket.create_server(('127.0.0.1', 0))\nthreading.Event().wait()",
}


@pytest.fixture
def quick(monkeypatch):
    """Short bounds: what is awaited here never comes."""
    monkeypatch.setattr(actors, "WITHIN", 0.3)
    monkeypatch.setattr(actors, "COMES_WITHIN", 0.3)
    monkeypatch.setattr(scene, "STARTS_WITHIN", 0.5)
    monkeypatch.setattr(programs, "MOST_OUTPUT", 1_000_000)


def failure(tmp_path, key):
    act, client, test = CASES[key]
    server = SERVERS.get(key) or (None if act is None else SERVER.format(act=act))
    for name, source in (("server", server), ("client", client)):
        if source is not None:
            (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    with Scene(tmp_path) as play, pytest.raises(Failed) as caught:
        if key == "other status":
            play.client().ends(status=0)
        test(play)
    return caught.value


def test_each_cause_has_a_case():
    elsewhere = ("not reached", "taken")  # the first is said of the next tests, the second only in a sandbox
    assert list(CASES) == [cause for cause in CAUSES if cause not in elsewhere]


@pytest.mark.parametrize("key", CASES)
def test_each_cause_is_told(tmp_path, quick, key):
    failed = failure(tmp_path, key)
    assert failed.cause == key, tell(failed)
    sentence = cause(failed)
    assert re.fullmatch(r"[A-Z].*[.)?]", sentence), sentence
    assert not re.search(r"[{}]|None", sentence), sentence
    told = tell(failed)
    assert sentence.split()[0] in told
    json.dumps(story(failed).as_data())


def test_each_verb_has_a_phrase():
    assert set(PHRASES) == set(VERBS)
    for verb in VERBS:
        assert step(Event(0, "Anna", verb, b"hello", "server", "status 0")).endswith(".")


def test_a_whole_story(tmp_path, quick):
    server = SERVER.format(act="    conn.sendall(conn.recv(100).upper())")
    (tmp_path / "server.py").write_text(server, encoding="utf-8")
    with Scene(tmp_path) as play, pytest.raises(Failed) as caught:
        server = play.server()
        play.person("Anna").connects(server).sends("Hé, Ben\n").receives("Hé, Ben\n", hint="bytes")
    failed = caught.value
    failed.sentence = "What is sent comes back."
    known = {"bytes": Hint("bytes", "At which line do your bytes change?", "https://docs.python.org", "server.py")}
    port = server.address[1]
    assert tell(failed, known) == textwrap.dedent(
        rf"""
        What is sent comes back.

              1. The server starts (127.0.0.1 {port}).
              2. The server listens (port {port}).
              3. Anna connects to the server.
              4. Anna sends "Hé, Ben\n" to the server.
              5. Anna receives "Hé, BEN\n" from the server.
          >   6. Anna expects to receive "Hé, Ben\n".

          Expected: "Hé, Ben\n"
          Received: "Hé, BEN\n"
                          ^
          Cause:    Other bytes arrived: byte 7 is the first one that differs.
          Hint:     At which line do your bytes change?
                    Read: https://docs.python.org"""
    ).strip("\n")


def told(expected, received, steps=()):
    """The lines of a story with these bytes and these steps before it."""
    record = Record()
    for event in steps:
        record.add(*event)
    return tell(
        Failed(record, "Anna", "this", "other bytes", {"number": 1}, expected=expected, received=received)
    ).splitlines()


def mark(lines):
    """The character above the mark, in the line of what was received."""
    at = next(index for index, line in enumerate(lines) if line.strip() == "^")
    return (lines[at - 1] + " ")[lines[at].index("^")]


def test_the_mark_is_below_the_first_difference():
    assert mark(told(b"hello", b"heLlo")) == "L"
    assert mark(told(b"hello", b"hel")) == '"'
    assert mark(told(b"\n\n\nhello", b"\n\n\nhEllo")) == "E"
    assert mark(told("né, Ben".encode(), "né, ben".encode())) == "b"
    assert mark(told("☕ tea".encode(), "☖ tea".encode())) == "☖"
    assert mark(told(b"x" * 500 + b"a" * 500, b"x" * 500 + b"b" * 500)) == "b"
    assert mark(told("é".encode() * 500 + b"a", "é".encode() * 500 + b"b")) == "b"
    assert not any(line.strip() == "^" for line in told(b"hello", b""))
    assert "  Received: (nothing)" in told(b"hello", b"")


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_any_bytes_can_be_told(expected, received):
    for line in told(expected, received):
        assert not [character for character in line if unicodedata.category(character)[0] == "C"]
        assert len(line) < 600


def test_many_steps_of_a_kind_are_folded():
    steps = [("server", "receives", b"%d" % number, "Anna") for number in range(100)]
    lines = told(b"a", b"b", [("server", "starts"), *steps])
    assert [line.strip() for line in lines[1:5]] == [
        '2. The server receives "0" from Anna.',
        '3. The server receives "1" from Anna.',
        "... 97 more like these",
        '101. The server receives "99" from Anna.',
    ]


def test_steps_that_come_in_turns_are_folded():
    steps = [("Anna", verb, b"x", "server") for _ in range(100) for verb in ("sends", "receives")]
    lines = told(b"a", b"b", steps)
    assert "         ... 196 more like these" in lines
    assert sum(" Anna receives " in line for line in lines) == 2


def test_steps_of_one_kind_are_folded_whoever_does_them():
    names = ["Anna", "Ben", "Carla"]
    lines = told(b"a", b"b", [(name, "receives", b"%d" % number, "server") for number in range(9) for name in names])
    assert sum(" receives " in line for line in lines) <= 6
    assert 'Carla receives "8" from the server.' in lines[-7]


def test_a_long_story_has_its_limit_and_keeps_what_was_seen_last():
    verbs = [verb for verb in VERBS if verb not in ("logs", "expects", "prints")]
    steps = [("server", "starts"), ("client", "starts")]
    steps += [("server", "logs", b"line\n"), ("client", "prints", b"text\n")] * 20
    steps += [("Anna", "receives", b"the decisive words\n", "server")]
    steps += [(f"Ben {number % 3}", verbs[number * 7 % len(verbs)], b"x", "server") for number in range(60)]
    lines = told("a line", b"", steps)
    assert len(lines) <= MOST_LINES
    assert any("the decisive words" in line for line in lines)
    assert any("more lines" in line for line in lines)


def test_what_came_and_did_not_fit_is_shown(tmp_path, quick):
    (tmp_path / "server.py").write_text(SERVER.format(act="    conn.sendall(b'Welcome Anna462\\n')"), encoding="utf-8")
    with Scene(tmp_path) as play, pytest.raises(Failed) as caught:
        play.person("Anna").connects(play.server()).receives_lines_until("{quit}")
    assert caught.value.cause == "silence"
    assert '  Received: "Welcome Anna462\\n"' in tell(caught.value).splitlines()


def test_a_line_that_was_passed_over_before_is_shown(tmp_path, quick):
    (tmp_path / "client.py").write_text("print('Ben: 2')\nprint('Anna: 1', flush=True)\ninput()\n", encoding="utf-8")
    with Scene(tmp_path) as play, pytest.raises(Failed) as caught:
        client = play.client()
        client.prints("Anna: 1")
        client.prints("Ben: 2")
    told = tell(caught.value)
    assert "Ben: 2" in told.partition("Received:")[2].splitlines()[0]


def test_spaces_at_the_ends_are_seen():
    assert '  Expected: "hello"' in told(b"hello", b"hello ")
    assert '  Received: "hello "' in told(b"hello", b"hello ")


def test_python_says_itself_what_it_cannot_read(tmp_path):
    (tmp_path / "server.py").write_text("x = 1\nwhile True\n    pass\n", encoding="utf-8")
    with Scene(tmp_path) as play, pytest.raises(Failed) as caught:
        play.server()
    lines = tell(caught.value).splitlines()
    assert lines[0] == "  Cause:    There's a syntax error in line 2 of server.py, or just before it: expected ':'."
    assert lines[1:3] == ["      while True", "                ^"]


def test_two_programs_of_one_kind_have_two_names(tmp_path):
    (tmp_path / "client.py").write_text("input()\n", encoding="utf-8")
    with Scene(tmp_path) as play:
        names = [play.client().name for _ in range(3)]
    assert names == ["client", "second client", "third client"]


def test_a_log_is_told_in_one_line_and_shown_below():
    steps = [("server", "starts"), *[("server", "logs", b"line %d\n" % number) for number in range(20)]]
    lines = told(b"a", b"b", steps)
    assert lines[1].strip() == "2. The server logs 20 lines (see below)."
    assert lines[-9] == "  The server's log (stderr), last lines:"
    assert lines[-1] == "  | line 19"


def test_hostile_output_is_harmless():
    steps = [("server", "starts"), ("server", "prints", b"\x1b]0;title\x07\x1b[31m" + "\u202e".encode() + b"\n")]
    text = "\n".join(told(b"a", b"b", steps))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"\x1b]0;title\x07\x1b[31m\u202e" in text


def test_hints(tmp_path):
    page = (
        "# Hints\n\n## pieces\n\nWhat tells you\nthat it is whole?\n\nRead: a page\nBare: server.py, function serve\n"
    )
    (tmp_path / "hints.md").write_text(page, encoding="utf-8")
    assert hints(tmp_path) == {
        "exception": SLIP,
        "pieces": Hint("pieces", "What tells you that it is whole?", "a page", "server.py, function serve"),
    }


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (None, "There's no page of hints"),
        ("## pieces\n\nWhy?\n\nRead: x\n", "'pieces' in .* has no Bare"),
        ("## pieces\n\nRead: x\nBare: y\n", "'pieces' in .* has no question"),
        ("## pieces\n", "has no Read and no Bare and no question"),
        ("## a\n\nWhy?\n\nRead: x\nBare: y\n\n## a\n\nWhy?\n\nRead: x\nBare: y\n", "has the hint 'a' twice"),
    ],
)
def test_a_page_of_hints_that_is_wrong(tmp_path, page, problem):
    if page is not None:
        (tmp_path / "hints.md").write_text(page, encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        hints(tmp_path)


def test_the_record_of_a_flood_is_small():
    record = Record()
    for _ in range(3000):
        record.add("server", "prints", b"x" * 60_000)
    failed = Failed(record, "server", "this", "floods", {"who": "server", "what": "it printed too much"})
    assert len(json.dumps(story(failed).as_data()["record"])) < 1_000_000
