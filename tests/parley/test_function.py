"""One function of a student's program, tried alone: right ones pass, and usual mistakes get a sentence."""

import json
import sys

import pytest
from helpers import parley

from parley import check, stages
from parley.checks.function import check_function, functions_of, told_trials
from parley.contract.errors import BadInput
from parley.notebooks.cells import Wrong

ECHO, LOGBOOK, TURNS, PEERS, BROADCAST = stages.STAGES


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        pytest.param(stage, name, id=f"{stage.number}-{name}")
        for stage in stages.STAGES
        for name in dict.fromkeys(known.name for known in functions_of(stage))
    ],
)
def test_our_own_functions_are_right_and_bare_lacks_errors_alone(stage, name):
    full = check_function(stage, stages.solution(stage, "full", "server").parent, name)
    bare = check_function(stage, stages.solution(stage, "bare", "server").parent, name)
    programs = [known.program for known in functions_of(stage) if known.name == name]
    assert [trials.program for trials in full] == [trials.program for trials in bare] == programs
    assert not [trial for trials in full for trial in trials.trials if not trial.right]
    assert not [trial for trials in bare for trial in trials.trials if trial.core and not trial.right]
    assert all(trials.has_core for trials in full + bare)


RECEIVE = "def receive_lines(conn):\n"
# (stage, program, function, the program's source, what is said of it)
WRONG = {
    "recv is a line": (
        *(LOGBOOK, "server", "receive_lines"),
        f"{RECEIVE}    while data := conn.recv(4096):\n        yield data.decode().rstrip()\n",
        ["Not yet: two lines in one chunk.", 'recv returns b"one\\ntwo\\n"', "Cause: The lines aren't the ones that"],
    ),
    "a list at the end": (
        *(LOGBOOK, "server", "receive_lines"),
        f"{RECEIVE}    data = b''\n    while more := conn.recv(4096):\n        data += more\n"
        "    return data.decode().splitlines()\n",
        ["Not yet: a line in each chunk.", "Use yield as soon as the newline has arrived."],
    ),
    "decoded too early": (
        *(LOGBOOK, "server", "receive_lines"),
        f"{RECEIVE}    text = ''\n    while data := conn.recv(4096):\n        text += data.decode()\n"
        "        *lines, text = text.split('\\n')\n        yield from (line.removesuffix('\\r') for line in lines)\n"
        "    if text:\n        yield text\n",
        ["the middle of a letter", "Cause: UnicodeDecodeError in line 4 of server.py: "],
    ),
    "bytes": (
        *(TURNS, "client", "receive_lines"),
        f"{RECEIVE}    for line in conn.makefile('rb'):\n        yield line\n",
        ["It gives bytes. Turn each line into text with decode()."],
    ),
    "the newline is kept": (
        *(TURNS, "client", "receive_lines"),
        f"{RECEIVE}    yield from conn.makefile(encoding='utf-8', newline='\\n')\n",
        ["It gives the newline as a part of the line."],
    ),
    "nothing comes back": (
        *(LOGBOOK, "server", "receive_lines"),
        f"{RECEIVE}    print(conn.recv(4096).decode())\n",
        ["prints ", "It returns nothing. Use yield to hand out each line."],
    ),
    "the end is not seen": (
        *(LOGBOOK, "server", "receive_lines"),
        f"{RECEIVE}    while True:\n        for line in conn.recv(4096).splitlines():\n"
        "            yield line.decode()\n",
        ["calls recv again and again after end of stream", "leave the loop there"],
    ),
    "it spins": (
        *(LOGBOOK, "server", "receive_lines"),
        f"{RECEIVE}    while True:\n        pass\n    yield\n",
        ["It didn't finish: after ", " it is still in line "],
    ),
    "it holds everything": (  # a call that lets no other thread run
        *(LOGBOOK, "server", "receive_lines"),
        f"import re\n\n\n{RECEIVE}    yield re.match(r'(a|a?)+$', 'a' * 40 + 'b')\n",
        ["receive_lines couldn't be tried. It didn't finish within"],
    ),
    "one recv": (
        *(ECHO, "server", "serve"),
        "def serve(conn, address):\n    conn.sendall(conn.recv(4096))\n",
        ["Not yet: three chunks.", 'Expected: "onetwothree"', 'Received: "one"'],
    ),
    "sent at the end": (
        *(ECHO, "server", "serve"),
        "def serve(conn):\n    data = b''\n    while more := conn.recv(4096):\n        data += more\n"
        "    conn.sendall(data)\n",
        ["Not yet: one chunk.", "It receives again before it has sent back what it has."],
    ),
    "str is no bytes": (
        *(ECHO, "client", "talk"),
        "import sys\n\n\ndef talk(conn):\n    for line in sys.stdin:\n        conn.sendall(line)\n",
        ["TypeError in line 6 of client.py: a bytes-like object is required"],
    ),
    "one recv is the answer": (
        *(ECHO, "client", "talk"),
        "def talk(conn):\n    while text := input('> '):\n        conn.sendall(text.encode())\n"
        "        print('Received:', conn.recv(4096).decode())\n",
        ["EOFError"],
    ),
    "characters are counted": (
        *(ECHO, "client", "talk"),
        "import sys\n\n\ndef talk(conn):\n    for line in sys.stdin:\n        text = line.rstrip('\\n')\n"
        "        if not text:\n            break\n        conn.sendall(text.encode())\n        answer = b''\n"
        "        while len(answer) < len(text):\n            answer += conn.recv(4096)\n"
        "        print(answer.decode(errors='replace'))\n",
        ["an answer that is cut inside a letter", 'Expected: "Grüße"', "What it prints isn't what came back."],
    ),
    "it waits for more than there is": (
        *(ECHO, "client", "talk"),
        "import sys\n\n\ndef talk(conn):\n    for line in sys.stdin:\n        conn.sendall(line.strip().encode())\n"
        "        while data := conn.recv(4096):\n            print(data.decode())\n",
        ["calls recv although all bytes of the answer are here: it would wait forever"],
    ),
    "no newline is sent": (
        *(LOGBOOK, "client", "talk"),
        "import sys\n\n\ndef talk(conn):\n    for line in sys.stdin:\n        conn.sendall(line.strip().encode())\n",
        ["It doesn't send each line as it was typed", 'sends b"one"'],
    ),
    "it ends the program": (
        *(ECHO, "server", "serve"),
        "import sys\n\n\ndef serve(conn, address):\n    sys.exit('bye')\n",
        ["It ends the program: sys.exit('bye')."],
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_usual_mistakes_get_a_story(case, tmp_path, monkeypatch):
    stage, program, name, source, said = case
    monkeypatch.setattr("parley.checks.function.SPARE", 6.0)
    monkeypatch.setattr("parley.checks.function.slowness", lambda: 1.0)
    (tmp_path / f"{program}.py").write_text(source, encoding="utf-8")
    (trials,) = check_function(stage, tmp_path, name, [program])
    text = told_trials(trials)
    assert not trials.has_core
    assert not [words for words in said if words not in text], text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def recieve_lines(conn):\n    yield 1\n",
            "server.py has no function receive_lines. It has recieve_lines. Rename",
        ),
        ("print(1)\n", "It has no functions at all."),
        ("def receive_lines(conn):\n    '''Plan.'''\n    # todo\n", "receive_lines in server.py has no statements yet"),
        ("def receive_lines():\n    yield 1\n", "takes no argument. Give it the connection: receive_lines(conn)."),
        ("def receive_lines(conn, size):\n    yield 1\n", "receive_lines needs 'size', and the check doesn't know"),
        ("def receive_lines(conn:\n", "Python can't read server.py: '(' was never closed in line 1."),
        ("import nonsense_here\ndef receive_lines(conn):\n    yield 1\n", "No module named 'nonsense_here'"),
    ],
)
def test_what_cannot_be_called_is_said_in_a_sentence(source, said, tmp_path):
    (tmp_path / "server.py").write_text(source, encoding="utf-8")
    (trials,) = check_function(LOGBOOK, tmp_path, "receive_lines")
    assert said in told_trials(trials) and "\n" not in told_trials(trials) and not trials.has_core


def test_a_beginners_own_way_is_right_too(tmp_path):
    """Another argument with a default, a file made of the socket, names of its own, and a start at the end."""
    source = (
        "import sys\nsize = int(sys.argv[7])\nlistener = None\n"
        "def receive_lines(sock, size=10):\n"
        "    with sock.makefile('rb') as file:\n"
        "        while True:\n            data = file.readline(70000)\n"
        "            if not data:\n                return\n"
        "            yield data.rstrip(b'\\n').removesuffix(b'\\r').decode(errors='replace')\n"
        "def main():\n    raise SystemExit(3)\nmain()\n"
    )
    (tmp_path / "server.py").write_text(source, encoding="utf-8")
    (trials,) = check_function(LOGBOOK, tmp_path, "receive_lines")
    assert trials.has_core, told_trials(trials)


def test_a_function_that_nobody_knows_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(
        BadInput, match=r"No function 'main' can be checked alone in 1_echo. There are: serve \(server\)"
    ):
        check_function(ECHO, tmp_path, "main")


def test_a_cell_and_the_command_check_a_function(project, monkeypatch, tmp_path):
    monkeypatch.setenv("PARLEY_ROOT", str(project))
    report = check(1, function="serve")
    assert not report.well and "has no statements yet" in str(report) and "Your turn" in report.html()
    with pytest.raises(Wrong, match="No function 'sreve'"):
        check(1, function="sreve")
    own = project / "exercises" / "1_echo" / "server.py"
    own.write_bytes(stages.solution(ECHO, "bare", "server").read_bytes())
    assert check(1, "server", function="serve").well
    data = tmp_path / "report.json"
    done = parley("check", "1", "--function", "serve", "--json", data, PARLEY_ROOT=str(project))
    assert done.returncode == 0 and "server.py, serve: 6 of 6 trials right." in done.stdout, done.stderr
    (kept,) = json.loads(data.read_text(encoding="utf-8"))
    assert kept["function"] == "serve" and len(kept["trials"]) == 6
    own.write_text("def serve(conn):\n    conn.sendall(conn.recv(4096))\n", encoding="utf-8")
    done = parley("check", "1", "--function", "serve", PARLEY_ROOT=str(project))
    assert done.returncode == 1 and "Not yet: three chunks." in done.stdout
    done = parley("check", "1", "--function", "serve", "--all", PARLEY_ROOT=str(project))
    assert done.returncode == 1 and "--function works only with" in done.stderr


def test_nothing_of_the_program_is_left_behind(tmp_path):
    (tmp_path / "server.py").write_text(
        "def serve(conn, address):\n    open('left.txt', 'w').close()\n    conn.sendall(b'x')\n", encoding="utf-8"
    )
    check_function(ECHO, tmp_path, "serve")
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["server.py"]
    assert sys.stdin is not None
