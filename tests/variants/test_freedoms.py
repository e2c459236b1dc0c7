"""What PROTOCOLS.md leaves free costs no point: prompts, labels, own words, and notices of several lines.

Each program is the full one of its stage with all of these changes at once.
"""

import pytest

from parley import stages
from parley.checks.check import check

TYPED = "    for line in sys.stdin:\n"
ANSWER = 'print("Received:", answer'
SENT = '            conn.sendall(f"{text}\\n".encode())\n'
SHOWN = '            print(f"{other}: {text}", flush=True)\n'
PRINTED = "            print(text, flush=True)\n"

FREE = {  # {(stage, program): [(what is written there, what stands there instead), ...]}
    ("1", "client"): [  # a prompt, the size of what it sends, a number and a colour before the answer, a goodbye
        (TYPED, "    for count, line in enumerate(prompted(), 1):\n"),
        (ANSWER, 'print(f"{count}.", "\\033[32m<-\\033[0m", answer'),
        ("        conn.sendall(data)\n", '        print("Sending", len(data), "bytes")\n        conn.sendall(data)\n'),
        ("            talk(conn)\n", '            talk(conn)\n            print("Bye.", flush=True)\n'),
        ("def talk(", 'def prompted():\n    print("> ", end="", flush=True)\n    for line in sys.stdin:\n'
         '        yield line\n        print("> ", end="", flush=True)\n\n\ndef talk('),
    ],
    ("1", "server"): [  # a screen that is full of words
        ("            conn.sendall", '            print("got", data, flush=True)\n            conn.sendall'),
    ],
    ("2", "server"): [  # a time with an offset, a client's port before each entry, a line for each visit
        ("datetime.now()", "datetime.now().astimezone()"),
        ("            print(entry, flush=True)", '            print(f"[{address[1]}]", entry, flush=True)'),
        ("        for text in receive", '        print("--- visit ---", flush=True)\n        for text in receive'),
    ],
    ("2", "client"): [  # a prompt, and the last line as it was typed
        ('conn.sendall(f"{text}\\n".encode())', 'conn.sendall(line.encode())\n        print("> ", end="", flush=True)'),
    ],
    ("3", "server"): [  # a prompt, no label, its user's own lines, and a notice of three lines
        ("    line = sys.stdin", '    print("Your turn: ", end="", flush=True)\n    line = sys.stdin'),
        ('print(f"Client: {text}"', "print(text"),
        ("    # send it", '    print(f"(me) {text}", flush=True)\n    # send it'),
        ('"The client has left."', '"Client: /close\\nThat was the end.\\nGoodbye!"'),
    ],
    ("3", "client"): [  # a prompt, and words when its own user leaves
        ("    line = sys.stdin", '    print("> ", end="", flush=True)\n    line = sys.stdin'),
        ('    return text != "/close"', '    if text == "/close":\n        print("Bye.", flush=True)\n'
         '    return text != "/close"'),
    ],
    ("4", "server"): [  # a clock before the name, a prompt behind each line, its user's own lines, words at the end
        (SHOWN, SHOWN.replace("{other}", "12:30 {other}") + '            print("> ", end="", flush=True)\n'),
        (SENT, f'            print(f"(you) {{text}}", flush=True)\n{SENT}'),
        ('{other} has left."', '{other}: /close\\nThe chat is over."'),
        ('print("Your name:", flush=True)', 'print("Your name: ", end="", flush=True)'),
        ("            conn, address", '            print("Waiting ...", flush=True)\n            conn, address'),
    ],
    ("4", "client"): [  # the name on a line of its own, in two lines
        ("{bold}. /close ends the chat.", "{bold}.\\n/close ends the chat."),
    ],
    ("5", "server"): [  # several lines wherever they are allowed, notices that name everyone, a screen with a prompt
        ("Welcome to Parley. What", "Welcome to Parley.\\nHere we talk.\\nWhat"),
        ("to leave.\\n", "to leave.\\nHere are: {', '.join(people.values())}.\\nBe nice.\\n"),
        ("def on_joined(conn, name):\n", "people = {}\n\n\ndef on_joined(conn, name):\n    people[conn] = name\n"),
        ("{name} has joined.", "{name} has joined. Here are: {', '.join(people.values())}."),
        ("send(conn, outboxes.pop(conn))", 'send(conn, [*outboxes.pop(conn), b"Goodbye.\\nSee you.\\n"])'),
        ('        tell_all(f"{name} has left', '        people.pop(conn, None)\n        tell_all(f"{name} has left'),
        ("{name} has left.", "{name} has left; here are: {', '.join(people.values())}."),
        ("no place left in the chat.\\n", "no place left in the chat.\\nCome back later.\\n"),
        ('"A name has', '"Sorry.\\nA name has'),
        ("The chat is over.", "The chat is over.\\nThank you all."),
        ("The command /close ends the chat.", "Commands:\\n  /close  ends the chat\\n"),
        ("elif text:", "elif text.strip():"),
        (TYPED, '    print("console> ", end="", flush=True)\n' + TYPED),
    ],
    ("5", "client"): [  # a question, a clock, a prompt, its user's own lines, no empty ones, words at the end
        (PRINTED, '            if text:\n                print(f"12:30 {text}\\n> ", end="", flush=True)\n'),
        (SENT, f"            print('(you)', text, flush=True)\n            if text:\n    {SENT}"),
        ('"The server has hung up."', '"The server has hung up.\\nBye!"'),
        ("    # start two threads, a", '    print("Who are you?", flush=True)\n    # start two threads, a'),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("number", "program"), list(FREE), ids=lambda part: part)
def test_what_the_contract_leaves_free_costs_nothing(tmp_path, number, program):
    stage = stages.find(number)
    for each in stage.programs:
        source = stages.solution(stage, "full", each).read_text(encoding="utf-8")
        for written, instead in FREE[number, program] if each == program else ():
            assert source.count(written) == 1, written
            source = source.replace(written, instead)
        (tmp_path / f"{each}.py").write_text(source, encoding="utf-8")
    done = check(stage, tmp_path, [program])
    assert [(verdict.test.name, verdict.reason) for verdict in done.verdicts if not verdict.passed] == []
    assert done.diagnoses == []
