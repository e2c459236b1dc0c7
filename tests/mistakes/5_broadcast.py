"""Known mistakes of stage 5: each with the test that must catch it, the cause that it shows, and the hint that it gets.

Left out, from what the catalogue has for this stage:
- nothing in the contract breaks, or nobody can see it from outside: sleep-between-sends (late, but all comes),
  send-ignored-result (a blocking sendall is no different on Linux), prompt-glue, clear-screen,
  sigterm-only, stale-wait, sent-means-delivered (a fact, not a mistake);
- it depends on the system or on the version of Python: bind-gethostname, localhost-is-ipv6, reuseaddr-first-run,
  shutdown-everywhere, join-lucky, ctrlc-blocked-windows, reuseaddr-windows, too-new-syntax;
- it would be caught only by chance: close-with-unread (the receivers read all the time), recursive-broadcast (two must
  be lost in the same instant), bad-fd-after-close, mask-the-race (somebody misses something only sometimes);
- it is another one of this list in other words: bigger-buffer (recv-is-message), except-continue (on Linux the recv
  after a reset returns b"": eof-ignored), winerror-10054 and return-in-finally (reset-uncaught), dead-client-kept
  (left-missing-reset), flag-while-blocked (listener-close), input-blocks-exit (join-order), server-gone-unnoticed
  (eof-ignored-client), thread-death-unseen (every test looks for tracebacks);
- it belongs to the exercises that come later (alone, unique, password, whisper, kick) or to the program with a window.
"""

import sys
from pathlib import Path

from parley.checks.mistakes import Mistake, page_of

shared = page_of(Path(__file__).with_name("shared.py"))

SERVER, CLIENT = "test_server.py::test_", "test_client.py::test_"
ONLY_EPOLL = "Only Linux waits with epoll, which refuses /dev/null."

# A server without a queue: each thread sends what its own participant says. Right in its simplest scenes, and no more.
NAIVE = """
import socket, sys, threading

people = {}

def tell_all(text, but=None):
    for conn in list(people):
        if conn is not but:
            conn.sendall(f"{text}\\n".encode())

def leave(conn, name):
    del people[conn]
    tell_all(f"{name} has left.")
    conn.shutdown(socket.SHUT_RDWR)

def serve(conn):
    file = conn.makefile(encoding="utf-8", errors="replace")
    conn.sendall(b"Your name?\\n")
    name = file.readline().strip()
    tell_all(f"{name} has joined.")
    people[conn] = name
    conn.sendall(f"Hello {name}, {{quit}} to leave.\\n".encode())
    for line in file:
        text = line.rstrip("\\r\\n")
        if text == "{quit}":
            break
        tell_all(f"{name}: {text}", but=conn)
    leave(conn, name)

with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
"""


def naive(*edits):
    """That server with a mistake more: pairs of (text, text instead)."""
    text = NAIVE
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"An edit must apply exactly once: {old!r}")
        text = text.replace(old, new)
    return text


FRAMING = [
    # it does not even begin
    *shared.main_not_called("test_a_newcomer_is_welcomed", "test_what_is_typed_is_sent"),
    Mistake(
        name="recv-is-message",
        program="server",
        belief="One recv returns exactly one message.",
        edits=(('lines = (waiting + data).split(b"\\n")', 'lines = [data.rstrip(b"\\r\\n"), b""]'),),
        test=f"{SERVER}lines_and_pieces",
        cause="other bytes",
        hint="lines",
    ),
    shared.drops_repeated(
        "        for text in receive_lines(conn):\n",
        "text",
        program="server",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="silence",
        hint="unchanged",
    ),
    Mistake(
        name="torn-message",
        program="server",
        belief="A short line always arrives in one chunk.",
        edits=(("        waiting = lines.pop()\n", ""),),
        test=f"{SERVER}lines_and_pieces",
        cause="other bytes",
        hint="lines",
    ),
    Mistake(
        name="endswith-newline",
        program="server",
        belief="A chunk that ends with a newline is one message.",
        edits=(
            (
                'lines = (waiting + data).split(b"\\n")',
                'lines = [waiting + data] if data[-1:] != b"\\n" else [(waiting + data)[:-1], b""]',
            ),
        ),
        test=f"{SERVER}lines_and_pieces",
        cause="other bytes",
        hint="lines",
    ),
    Mistake(
        name="first-recv-eats-next",
        program="server",
        belief="The first recv returns the name and nothing else.",
        edits=(
            (
                "    try:\n        for text in receive_lines(conn):",
                "    try:\n"
                '        name = conn.recv(1024).decode().split("\\n")[0].strip()\n'
                '        messages.put(("joined", conn, name))\n'
                "        for text in receive_lines(conn):",
            ),
        ),
        test=f"{SERVER}lines_and_pieces",
        cause="silence",
        hint="lines",
        varies=True,  # a visitor who is silent for a second, as on a busy machine, is lost
    ),
    Mistake(
        name="makefile-per-line",
        program="server",
        belief="A new file object for each line reads just that line.",
        edits=(("data = conn.recv(4096)", 'data = conn.makefile("rb").readline()'),),
        test=f"{SERVER}lines_and_pieces",
        cause="silence",
        hint="lines",
    ),
    Mistake(
        name="long-message-cut",
        program="server",
        belief="No one sends more than one buffer at a time.",
        edits=(
            (
                "        waiting = lines.pop()\n",
                "        waiting = lines.pop()\n"
                "        if len(waiting) > 1000:\n"
                '            lines, waiting = [*lines, waiting], b""\n',
            ),
        ),
        test=f"{SERVER}lines_and_pieces",
        cause="other bytes",
        hint="lines",
    ),
    Mistake(
        name="break-inside-drain",
        program="server",
        belief="A line that isn't needed can end the loop over the lines.",
        edits=(
            (
                "        for line in lines:\n",
                "        for line in lines:\n            if not line:\n                break\n",
            ),
        ),
        test=f"{SERVER}everybody_hears_everybody",
        cause="silence",
        hint="empty",
    ),
    Mistake(
        name="index-empty",
        program="server",
        belief="Every message has a first letter.",
        edits=(('if text in ("{quit}", "/close"):', 'if text[0] in "{/" and text in ("{quit}", "/close"):'),),
        test=f"{SERVER}everybody_hears_everybody",
        cause="traceback",
        hint="empty",
    ),
]

TEXT = [
    Mistake(
        name="utf8-split",
        program="server",
        belief="What one recv returns can be decoded on its own.",
        edits=(('(waiting + data).split(b"\\n")', '(waiting + data.decode().encode()).split(b"\\n")'),),
        test=f"{SERVER}any_text",
        cause="other bytes",
        hint="letters",
    ),
    Mistake(
        name="errors-ignore",
        program="server",
        belief="Bytes that can't be decoded yet can be dropped.",
        edits=(('(waiting + data).split(b"\\n")', '(waiting + data.decode(errors="ignore").encode()).split(b"\\n")'),),
        test=f"{SERVER}any_text",
        cause="other bytes",
        hint="letters",
    ),
    Mistake(
        name="invalid-bytes-kill",
        program="server",
        belief="Everything that arrives is UTF-8.",
        edits=(
            ('yield line.removesuffix(b"\\r").decode(errors="replace")', 'yield line.removesuffix(b"\\r").decode()'),
        ),
        test=f"{SERVER}any_text",
        cause="other line",
        hint="bytes",
    ),
    Mistake(
        name="crlf",
        program="server",
        belief="Every line ends with \\n, never with \\r\\n.",
        edits=(('yield line.removesuffix(b"\\r")', "yield line"),),
        test=f"{SERVER}any_text",
        cause="other bytes",
        hint="line-end",
    ),
    Mistake(
        name="rstrip-chars",
        program="server",
        belief='rstrip("…") removes that ending, not single letters.',
        edits=(('yield line.removesuffix(b"\\r")', 'yield line.rstrip(b"\\r\\ne")'),),
        test=f"{SERVER}any_text",
        cause="other bytes",
        hint="line-end",
    ),
    Mistake(
        name="str-of-bytes",
        program="server",
        belief="str(data) turns bytes into text.",
        edits=(("name = text.strip()", "name = str(text.strip().encode())"),),
        test=f"{SERVER}a_newcomer_is_welcomed",
        cause="other bytes",
        hint="names",
    ),
    Mistake(
        name="strip-takes-more",
        program="server",
        belief="strip removes only the newline.",
        edits=(
            ('yield line.removesuffix(b"\\r").decode(errors="replace")', 'yield line.decode(errors="replace").strip()'),
        ),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="other bytes",
        hint="unchanged",
    ),
    Mistake(
        name="length-in-characters",
        program="server",
        belief="A letter is one byte.",
        edits=(("1 <= len(name) <= 32", "1 <= len(name.encode()) <= 32"),),
        test=f"{SERVER}what_is_no_name",
        cause="silence",
        hint="names",
    ),
]

NAMES = [
    Mistake(
        name="empty-name",
        program="server",
        belief="No one sends an empty name.",
        edits=(("1 <= len(name) <= 32", "len(name) <= 32"),),
        test=f"{SERVER}what_is_no_name",
        cause="other bytes",
        hint="names",
    ),
    Mistake(
        name="name-injection",
        program="server",
        belief="A name is harmless text.",
        edits=((" and name.isprintable()", ""),),
        test=f"{SERVER}what_is_no_name",
        cause="silence",
        hint="names",
    ),
    Mistake(
        name="ghost-visitor",
        program="server",
        belief="Every client that connects sends a name.",
        edits=(
            (
                "    if conn in outboxes:  # it was a participant: tell the others\n"
                "        send(conn, outboxes.pop(conn))\n"
                '        tell_all(f"{name} has left.")',
                '    outboxes.pop(conn, None)\n    tell_all(f"{name} has left.")',
            ),
        ),
        test=f"{SERVER}leaving_without_a_name",
        cause="other bytes",
        hint="no-name",
    ),
    Mistake(
        name="quit-as-name",
        program="server",
        belief="A command never comes before the name.",
        edits=(('if text in ("{quit}", "/close"):', 'if name and text in ("{quit}", "/close"):'),),
        test=f"{SERVER}leaving_without_a_name",
        cause="silence",
        hint="no-name",
    ),
    Mistake(
        name="early-listener",
        program="server",
        belief="Every connected client can receive the chat.",
        edits=(
            (
                '    send(conn, [f"{text}\\n".encode()])\n',
                '    send(conn, [f"{text}\\n".encode()])\n    outboxes.setdefault(conn, [])\n',
            ),
        ),
        test=f"{SERVER}a_silent_newcomer",
        cause="other line",
        hint="early",
    ),
    Mistake(
        name="silent-newcomer",
        program="server",
        belief="The name arrives immediately, so the accepting thread can wait for it.",
        edits=(
            ('    messages.put(("answer", conn, "Welcome to Parley. What is your name?"))\n', ""),
            (
                "            conn.settimeout(PATIENCE)",
                '            messages.put(("answer", conn, "Welcome to Parley. What is your name?"))\n'
                "            conn.recv(1, socket.MSG_PEEK)\n"
                "            conn.settimeout(PATIENCE)",
            ),
        ),
        test=f"{SERVER}a_silent_newcomer",
        cause="silence",
        hint="silent",
    ),
    Mistake(
        name="run-not-start",
        program="server",
        belief="run() starts a new thread.",
        edits=(("args=[conn, address], daemon=True).start()", "args=[conn, address], daemon=True).run()"),),
        test=f"{SERVER}a_silent_newcomer",
        cause="silence",
        hint="silent",
    ),
    Mistake(
        name="round-robin-recv",
        program="server",
        belief="One thread can call recv for all clients in turn.",
        whole=naive(
            ("people = {}", "people, files = {}, {}"),
            ("import socket, sys, threading", "import socket, sys, threading, time"),
            (
                "    for line in file:\n        text =",
                "    files[conn] = file\n\n"
                "def listen():\n"
                "    while True:\n"
                "        for conn, file in list(files.items()):\n"
                "            hear(conn, people[conn], file.readline())\n"
                "        time.sleep(0.1)\n\n"
                "def hear(conn, name, line):\n"
                "    text =",
            ),
            (
                '        if text == "{quit}":\n            break\n        tell_all(f"{name}: {text}", but=conn)\n'
                "    leave(conn, name)\n",
                '    if line and text != "{quit}":\n        tell_all(f"{name}: {text}", but=conn)\n'
                "    else:\n        del files[conn]\n        leave(conn, name)\n",
            ),
            (
                "    while True:\n        conn, _",
                "    threading.Thread(target=listen, daemon=True).start()\n    while True:\n        conn, _",
            ),
        ),
        test=f"{SERVER}a_silent_newcomer",
        cause="silence",
        hint="quiet",
        varies=True,
    ),
    Mistake(
        name="timeout-is-goodbye",
        program="server",
        belief="If recv takes too long, the client has left.",
        edits=(("        except TimeoutError:", "        except BlockingIOError:"),),
        test=f"{SERVER}a_silent_newcomer",
        cause="other bytes",
        hint="quiet",
        varies=True,
    ),
    Mistake(
        name="readline-after-timeout",
        program="server",
        belief="After a timeout, you can call readline again.",
        edits=(
            (
                '    waiting = b""  # an unfinished line\n',
                '    waiting = b""  # an unfinished line\n    file = conn.makefile("rb")\n',
            ),
            ("data = conn.recv(4096)", "data = file.readline()"),
        ),
        test=f"{SERVER}a_silent_newcomer",
        cause="other bytes",
        hint="quiet",
        varies=True,
    ),
]

EVERYBODY = [
    Mistake(
        name="args-not-tuple",
        program="server",
        belief="Parentheses around one argument make a tuple.",
        edits=(("target=receive, args=[conn, address]", "target=receive, args=(conn)"),),
        test=f"{SERVER}a_newcomer_is_welcomed",
        cause="traceback",
        hint="welcome",
    ),
    Mistake(
        name="fixed-thread-pool",
        program="server",
        belief="One thread for each expected client is enough.",
        edits=(
            ("ended = threading.Event()", "free = threading.Semaphore(3)\nended = threading.Event()"),
            ('    name = ""  # not known', '    free.acquire()\n    name = ""  # not known'),
            ('    messages.put(("left", conn, name))', '    free.release()\n    messages.put(("left", conn, name))'),
        ),
        test=f"{SERVER}several_at_once",
        cause="silence",
        hint="welcome",
    ),
    Mistake(
        name="echo-to-author",
        program="server",
        belief="The client that sends a line expects to get it back.",
        edits=(("tell_all(text, author=conn)", "tell_all(text)"),),
        test=f"{SERVER}everybody_hears_everybody",
        cause="other bytes",
        hint="others",
    ),
    Mistake(
        name="client-says-who",
        program="server",
        belief="The client sends its own name before each line.",
        edits=(('f"{name}: {text}"', "text"),),
        test=f"{SERVER}everybody_hears_everybody",
        cause="silence",
        hint="others",
    ),
    Mistake(
        name="names-shared-conn",
        program="server",
        belief="One global conn is enough for all threads.",
        edits=(
            ("def receive(conn, address):", "def receive(_, address):"),
            (
                "    while not ended.is_set():\n        try:\n",
                "    global conn\n    while not ended.is_set():\n        try:\n",
            ),
        ),
        test=f"{SERVER}everybody_hears_everybody",
        cause="silence",
        hint="others",
        varies=True,
    ),
    Mistake(
        name="loop-var-shadow",
        program="server",
        belief="Each pass of a loop has its own variable.",
        whole=naive(
            (
                '        tell_all(f"{name}: {text}", but=conn)\n',
                "        me = conn\n"
                "        for conn in list(people):\n"
                "            if conn is not me:\n"
                '                conn.sendall(f"{name}: {text}\\n".encode())\n'
                '        file = conn.makefile(encoding="utf-8")\n',
            ),
            ("    for line in file:\n", "    while line := file.readline():\n"),
        ),
        test=f"{SERVER}everybody_hears_everybody",
        cause="silence",
        hint="others",
        varies=True,
    ),
    Mistake(
        name="overwritten-key",
        program="server",
        belief="A name is a good key, because no two users have the same name.",
        whole=naive(
            ("for conn in list(people):", "for conn in list(people.values()):"),
            ("people[conn] = name", "people[name] = conn"),
            ("del people[conn]", "del people[name]"),
        ),
        test=f"{SERVER}two_of_one_name",
        cause="silence",
        hint="others",
        varies=True,
    ),
    Mistake(
        name="left-unsaid",
        program="server",
        belief="The other clients don't need to know who joined.",
        edits=(('    tell_all(f"{name} has joined.")\n', ""),),
        test=f"{SERVER}a_newcomer_is_welcomed",
        cause="silence",
        hint="notice",
    ),
]

ORDER = [
    Mistake(
        name="no-sender",
        program="server",
        belief="If each thread sends its own client's lines, everyone still sees the same order.",
        whole=NAIVE,
        test=f"{SERVER}one_order_for_all",
        cause="other line",
        hint="one-order",
        varies=True,
    ),
    Mistake(
        name="order-lost",
        program="server",
        belief="One thread for each message keeps the messages in order.",
        whole=naive(
            (
                '        tell_all(f"{name}: {text}", but=conn)\n',
                '        threading.Thread(target=tell_all, args=[f"{name}: {text}", conn]).start()\n',
            ),
        ),
        test=f"{SERVER}one_order_for_all",
        cause="other line",
        hint="one-order",
        varies=True,
    ),
    Mistake(
        name="one-slot-mailbox",
        program="server",
        belief="A variable can pass messages from one thread to another.",
        edits=(
            (
                "messages = queue.Queue(maxsize=500)",
                "class Slot:\n"
                "    def __init__(self):\n"
                "        self.news = threading.Event()\n\n"
                "    def put(self, message):\n"
                "        self.message = message\n"
                "        self.news.set()\n\n"
                "    def get(self):\n"
                "        self.news.wait()\n"
                "        self.news.clear()\n"
                "        return self.message\n\n"
                "    def qsize(self):\n"
                "        return 1\n\n\n"
                "messages = Slot()",
            ),
        ),
        test=f"{SERVER}several_at_once",
        cause="other line",
        hint="each-once",
        varies=True,
    ),
    Mistake(
        name="no-lock",
        program="server",
        belief="Shared data needs no lock, because each Python statement is atomic.",
        edits=(
            (
                '    messages.put(("left", conn, name))',
                '    outboxes.pop(conn, None)\n    messages.put(("left", conn, name))',
            ),
            (
                "    if conn in outboxes:  # it was a participant: tell the others\n"
                "        send(conn, outboxes.pop(conn))\n",
                "    if name:\n",
            ),
        ),
        test=f"{SERVER}joining_and_leaving_meanwhile",
        cause="traceback",
        hint="shared",
        varies=True,
    ),
    Mistake(
        name="check-then-act-max",
        program="server",
        belief="Checking for a free slot and taking it is one step.",
        edits=(
            (
                '        messages.put(("joined", conn, name))\n',
                "        if len(outboxes) >= int(sys.argv[3] if sys.argv[3:] else 100):\n"
                '            messages.put(("answer", conn, "There is no place left in the chat."))\n'
                '            raise ValueError("no place left")\n'
                '        messages.put(("joined", conn, name))\n',
            ),
            ('if what == "joined" and len(outboxes) >= max_clients:', "if not what:"),
        ),
        test=f"{SERVER}all_want_the_last_places",
        cause="silence",
        hint="last-place",
    ),
    Mistake(
        name="lock-per-call",
        program="server",
        belief="Any lock protects the data, even a new one for each call.",
        edits=(
            (
                '        messages.put(("joined", conn, name))\n',
                "        with threading.Lock():\n"
                "            if len(outboxes) >= int(sys.argv[3] if sys.argv[3:] else 100):\n"
                '                messages.put(("answer", conn, "There is no place left in the chat."))\n'
                '                raise ValueError("no place left")\n'
                '            messages.put(("joined", conn, name))\n',
            ),
            ('if what == "joined" and len(outboxes) >= max_clients:', "if not what:"),
        ),
        test=f"{SERVER}all_want_the_last_places",
        cause="silence",
        hint="last-place",
    ),
    Mistake(
        name="backlog-is-limit",
        program="server",
        belief="listen(n) limits how many clients can be in the chat.",
        edits=(('if what == "joined" and len(outboxes) >= max_clients:', "if not what:"),),
        test=f"{SERVER}no_place_left",
        cause="silence",
        hint="full",
    ),
    Mistake(
        name="slot-leak",
        program="server",
        belief="A slot that was taken becomes free by itself.",
        edits=(
            (
                "    while not ended.is_set():\n        # take",
                "    taken = 0\n    while not ended.is_set():\n        # take",
            ),
            (
                'if what == "joined" and len(outboxes) >= max_clients:',
                'taken += what == "joined"\n            if what == "joined" and taken > max_clients:',
            ),
        ),
        test=f"{SERVER}no_place_left",
        cause="end",
        hint="room",
    ),
    Mistake(
        name="place-kept-at-eof",
        program="server",
        belief="Whoever leaves says {quit} first.",
        edits=(
            ("def receive(conn, address):", "places = []  # of those in the chat\n\n\ndef receive(conn, address):"),
            (
                "                break\n            if not name",
                "                if conn in places:\n                    places.remove(conn)\n"
                "                break\n            if not name",
            ),
            ("    outboxes[conn] = [f", "    places.append(conn)\n    outboxes[conn] = [f"),
            ("len(outboxes) >= max_clients", "len(places) >= max_clients"),
        ),
        test=f"{SERVER}no_place_left",
        cause="end",
        hint="room",
    ),
]

ENDS = [
    Mistake(
        name="bytes-vs-str",
        program="server",
        belief='b"{quit}" and "{quit}" are the same.',
        edits=(('if text in ("{quit}", "/close"):', 'if text in (b"{quit}", b"/close"):'),),
        test=f"{SERVER}leaving",
        cause="other line",
        hint="leaving",
    ),
    Mistake(
        name="terminator-in-compare",
        program="server",
        belief="A command arrives without its newline.",
        edits=(('if text in ("{quit}", "/close"):', 'if f"{text}\\n" in ("{quit}", "/close"):'),),
        test=f"{SERVER}leaving",
        cause="other line",
        hint="leaving",
    ),
    Mistake(
        name="quit-prefixed",
        program="server",
        belief="I can add the name first and compare the line afterward.",
        edits=(('if text in ("{quit}", "/close"):', 'if f"{name}: {text}" in ("{quit}", "/close"):'),),
        test=f"{SERVER}leaving",
        cause="other line",
        hint="leaving",
    ),
    Mistake(
        name="quit-echoed",
        program="server",
        belief="The server can pass the {quit} on before it handles it.",
        edits=(
            (
                "                break\n            if not name:",
                '                messages.put(("said", conn, f"{name}: {text}"))\n'
                "                break\n            if not name:",
            ),
        ),
        test=f"{SERVER}leaving",
        cause="other line",
        hint="leaving",
    ),
    Mistake(
        name="lock-twice",
        program="server",
        belief="A thread that holds a lock can acquire it again.",
        whole=naive(
            ("people = {}", "people = {}\nlock = threading.Lock()"),
            (
                "    for conn in list(people):\n        if conn is not but:\n            conn",
                "    with lock:\n      for conn in list(people):\n        if conn is not but:\n            conn",
            ),
            ("    del people[conn]\n    tell_all(", "    with lock:\n        del people[conn]\n        tell_all("),
        ),
        test=f"{SERVER}leaving",
        cause="silence",
        hint="leaving",
    ),
    Mistake(
        name="remove-by-value",
        program="server",
        belief="pop and remove find the right client by themselves.",
        edits=(("send(conn, outboxes.pop(conn))", "send(conn, outboxes.pop(name))"),),
        test=f"{SERVER}leaving",
        cause="traceback",
        hint="leaving",
    ),
    Mistake(
        name="left-missing",
        program="server",
        belief="The others need a notice only after {quit}.",
        edits=(
            ('    name = ""  # not', '    name = text = ""  # not'),
            (
                '    messages.put(("left", conn, name))',
                '    if text in ("{quit}", "/close"):\n        messages.put(("left", conn, name))',
            ),
        ),
        test=f"{SERVER}leaving",
        cause="silence",
        hint="left",
    ),
    Mistake(
        name="eof-ignored",
        program="server",
        belief="recv always waits until data arrives.",
        edits=(("        if not data:  # end of stream\n            break\n", ""),),
        test=f"{SERVER}leaving",
        cause="spins",
        hint="left",
        varies=True,  # a reset is reported once: if another thread's send has it, recv returns nothing from then on
    ),
    Mistake(
        name="quit-without-close",
        program="server",
        belief="Leaving the loop closes the connection.",
        edits=(
            (
                "            conn, address = listener.accept()\n",
                "            conn, address = listener.accept()\n            connections.append(conn)\n",
            ),
            ("outboxes = {}\n", "outboxes = {}\nconnections = []\n"),
            ("    # in any case, close the connection\n    conn.close()\n", ""),
        ),
        test=f"{SERVER}leaving",
        cause="silence",
        hint="hang-up",
    ),
    Mistake(
        name="close-does-not-wake",
        program="server",
        belief="close() ends recv in another thread and notifies the peer.",
        edits=(
            ("        conn.settimeout(PATIENCE)", "        conn.settimeout(None)"),
            ("        conn.shutdown(socket.SHUT_RDWR)", "        conn.close()"),
        ),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="silence",
        hint="hang-up",
        varies=True,
    ),
    Mistake(
        name="left-missing-reset",
        program="server",
        belief="Every user closes the connection before leaving.",
        edits=(
            (
                '    messages.put(("left", conn, name))',
                '    else:\n        messages.put(("left", conn, name))',
            ),
        ),
        test=f"{SERVER}a_participant_is_lost",
        cause="silence",
        hint="reset",
    ),
    Mistake(
        name="reset-uncaught",
        program="server",
        belief="Every connection ends with end of stream.",
        edits=(
            (
                "    except (OSError, ValueError) as error:\n",
                "    except ValueError as error:\n",
            ),
        ),
        test=f"{SERVER}a_participant_is_lost",
        cause="traceback",
        hint="reset",
    ),
    Mistake(
        name="shutdown-raises",
        program="server",
        belief="shutdown() cannot fail.",
        edits=(("    with contextlib.suppress(OSError):  # the connection", "    if conn:  # the connection"),),
        test=f"{SERVER}a_participant_is_lost",
        cause="traceback",
        hint="reset",
    ),
    Mistake(
        name="stalled-reader",
        program="server",
        belief="sendall never waits.",
        edits=(("        conn.settimeout(PATIENCE)", "        conn.settimeout(None)"),),
        test=f"{SERVER}one_does_not_read",
        cause="silence",
        hint="stalled",
    ),
    Mistake(
        name="lock-while-sending",
        program="server",
        belief="The lock must be held until every client has the message.",
        whole=naive(
            ("people = {}", "people = {}\nlock = threading.Lock()"),
            (
                "    for conn in list(people):\n        if conn is not but:\n            conn",
                "    with lock:\n      for conn in list(people):\n        if conn is not but:\n            conn",
            ),
        ),
        test=f"{SERVER}one_does_not_read",
        cause="silence",
        hint="stalled",
    ),
    Mistake(
        name="unbounded-outbox",
        program="server",
        belief="What a client doesn't read yet can wait in a list forever.",
        edits=(
            ("        conn.settimeout(PATIENCE)", "        conn.settimeout(None)"),
            (
                "def send(conn, lines):\n",
                "letters = {}\n\n\n"
                "def carry(conn):\n"
                "    with contextlib.suppress(OSError):  # lost: its receiver says so\n"
                "        while True:\n"
                "            conn.sendall(letters[conn].get())\n\n\n"
                "def send(conn, lines):\n"
                "    if conn not in letters:\n"
                "        letters[conn] = queue.Queue()\n"
                "        threading.Thread(target=carry, args=[conn], daemon=True).start()\n",
            ),
            ('        conn.sendall(b"".join(lines))', '        letters[conn].put(b"".join(lines))'),
        ),
        test=f"{SERVER}memory_is_bounded",
        cause="grows",
        hint="memory",
        varies=True,
    ),
    Mistake(
        name="endless-line",
        program="server",
        belief="Every line ends sooner or later.",
        edits=(("if len(lines[0]) > MAX_LINE:", "if len(lines[0]) > MAX_LINE**2:"),),
        test=f"{SERVER}a_line_that_is_too_long",
        cause="silence",
        hint="endless",
    ),
]

CONSOLE = [
    Mistake(
        name="console-crash",
        program="server",
        belief="The user at the console types only commands.",
        edits=(('if line.strip() == "/close":', 'if line.split()[0] == "/close":'),),
        test=f"{SERVER}the_console",
        cause="crashed",
        hint="console",
    ),
    Mistake(
        name="console-needs-tty",
        program="server",
        belief="The console always has a user.",
        edits=(("    for line in sys.stdin:\n", "    while line := input():\n"),),
        test=f"{SERVER}no_console",
        cause="ended",
        hint="no-console",
    ),
    Mistake(
        name="busy-wait",
        program="server",
        belief="Waiting means checking again and again.",
        edits=(
            (
                "            what, conn, text = messages.get()\n            if",
                "            while messages.empty():\n"
                "                pass\n"
                "            what, conn, text = messages.get()\n            if",
            ),
        ),
        test=f"{SERVER}no_console",
        cause="spins",
        hint="waiting",
    ),
    Mistake(
        name="localhost-only",
        program="server",
        belief="An empty HOST is the same as no HOST.",
        edits=(
            (
                'host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"',
                'host = "".join(sys.argv[1:2]) or "127.0.0.1"',
            ),
        ),
        test=f"{SERVER}an_empty_host_means_every_interface",
        cause="refused",
        hint="interfaces",
    ),
    Mistake(
        name="no-goodbye",
        program="server",
        belief="The operating system closes everything, and that's enough.",
        edits=(('    tell_all("The chat is over.")\n', ""),),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="ended",
        hint="goodbye",
    ),
    Mistake(
        name="daemon-cuts-goodbye",
        program="server",
        belief="A daemon thread finishes its work before the program ends.",
        edits=(("                sender.join()\n", ""),),
        test=f"{SERVER}slow_threads_say_goodbye",
        cause="ended",
        hint="goodbye",
    ),
    Mistake(
        name="join-no-parens",
        program="server",
        belief="sender.join waits, even without the parentheses.",
        edits=(("                sender.join()\n", "                sender.join\n"),),
        test=f"{SERVER}slow_threads_say_goodbye",
        cause="ended",
        hint="goodbye",
    ),
    Mistake(
        name="os-exit",
        program="server",
        belief="os._exit() is a stronger sys.exit().",
        edits=(("                sender.join()\n", '                __import__("os")._exit(0)\n'),),
        test=f"{SERVER}slow_threads_say_goodbye",
        cause="ended",
        hint="goodbye",
    ),
    Mistake(
        name="listener-close",
        program="server",
        belief="Closing the listening socket ends accept.",
        edits=(("target=accept_all, args=[listener], daemon=True)", "target=accept_all, args=[listener])"),),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="goes on",
        hint="end",
    ),
    Mistake(
        name="nondaemon-hang",
        program="server",
        belief="When main returns, the program exits.",
        edits=(
            (
                "target=receive, args=[conn, address], daemon=True)",
                "target=receive, args=[conn, address], daemon=False)",
            ),
        ),
        test=f"{SERVER}ctrl_c_during_a_chat",
        cause="goes on",
        hint="end",
    ),
    Mistake(
        name="queue-join-forever",
        program="server",
        belief="An empty queue means that the work is done.",
        edits=(("                sender.join()\n", "                messages.join()\n"),),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="goes on",
        hint="end",
    ),
    Mistake(
        name="kbdint-in-worker",
        program="server",
        belief="Ctrl+C is raised in the thread that waits.",
        edits=(
            (
                "        except OSError as error:\n",
                "        except (OSError, KeyboardInterrupt) as error:\n",
            ),
            ("    except (KeyboardInterrupt, EOFError):", "    except EOFError:"),
        ),
        test=f"{SERVER}ctrl_c",
        cause="crashed",
        hint="ctrl-c",
    ),
    Mistake(
        name="handler-without-break",
        program="server",
        belief="Handling Ctrl+C leaves the loop.",
        edits=(
            (
                '        logging.info("stopped by Ctrl+C or Ctrl+D")\n',
                '        logging.info("stopped by Ctrl+C or Ctrl+D")\n        run_console()\n',
            ),
        ),
        test=f"{SERVER}ctrl_c",
        cause="goes on",
        hint="ctrl-c",
    ),
    Mistake(
        name="no-reuseaddr",
        program="server",
        belief="A port is free as soon as the program that used it exits.",
        edits=(
            (
                "        with socket.create_server((host, int(port)), backlog=1000) as listener:",
                "        with socket.socket() as listener:\n"
                "            listener.bind((host, int(port)))\n"
                "            listener.listen(1000)",
            ),
        ),
        test=f"{SERVER}ctrl_c_during_a_chat",
        cause="ended",
        hint="port-free",
    ),
    Mistake(
        name="reuseaddr-after-bind",
        program="server",
        belief="You can set a socket option at any time.",
        edits=(
            (
                "        with socket.create_server((host, int(port)), backlog=1000) as listener:",
                "        with socket.socket() as listener:\n"
                "            listener.bind((host, int(port)))\n"
                "            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                "            listener.listen(1000)",
            ),
        ),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="ended",
        hint="port-free",
    ),
    Mistake(
        name="port-busy",
        program="server",
        belief="If bind fails, printing the error is enough.",
        edits=(
            (
                "        with socket.create_server((host, int(port)), backlog=1000) as listener:",
                "        with socket.socket() as listener:\n"
                "            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                "            try:\n"
                "                listener.bind((host, int(port)))\n"
                "            except OSError as error:\n"
                "                print(error)\n"
                "            listener.listen(1000)",
            ),
        ),
        test=f"{SERVER}the_port_is_taken",
        cause="goes on",
        hint="port",
    ),
    Mistake(
        name="bad-port",
        program="server",
        belief="The user always gives a number as the port.",
        edits=(
            (
                "    except (OSError, ValueError, OverflowError) as error:",
                "    except OSError as error:",
            ),
        ),
        test=f"{SERVER}a_port_that_is_none",
        cause="crashed",
        hint="port",
    ),
    Mistake(
        name="no-log",
        program="server",
        belief="No one will ask which clients were connected.",
        edits=(("    logging.basicConfig(level=logging.INFO,", "    logging.basicConfig(level=logging.WARNING,"),),
        test=f"{SERVER}the_log_says_who",
        cause="silent log",
        hint="log",
    ),
    Mistake(
        name="loss-not-logged",
        program="server",
        belief="The error was handled, so it doesn't need a line in the log.",
        edits=(
            ('        logging.warning("%s port %s lost: %s", *address, error)\n', ""),
            ('        logging.warning("cannot send: %s", error)\n', ""),
        ),
        test=f"{SERVER}the_log_says_who_was_lost",
        cause="silent log",
        hint="log-lost",
    ),
]

CLIENTS = [
    Mistake(
        name="no-terminator-sent",
        program="client",
        belief="The other side knows where a line ends.",
        edits=(('conn.sendall(f"{text}\\n".encode())', "conn.sendall(text.encode())"),),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="part",
        hint="typed",
    ),
    Mistake(
        name="client-says-who-client",
        program="client",
        belief="The client sends its own name before each line.",
        edits=(
            (
                "        for line in sys.stdin:\n",
                '        name = ""\n        for line in sys.stdin:\n',
            ),
            (
                '            conn.sendall(f"{text}\\n".encode())\n',
                '            conn.sendall(f"{name}{text}\\n".encode())\n            name = name or f"{text}: "\n',
            ),
        ),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
    ),
    Mistake(
        name="stdout-buffered",
        program="client",
        belief="What you print appears immediately.",
        edits=(("            print(text, flush=True)", "            print(text)"),),
        test=f"{CLIENT}what_arrives_is_shown",
        cause="silent screen",
        hint="screen",
    ),
    Mistake(
        name="busy-wait-client",
        program="client",
        belief="Waiting means checking again and again.",
        edits=(("while not ended.wait(1):", "while not ended.is_set():"),),
        test=f"{CLIENT}what_arrives_is_shown",
        cause="spins",
        hint="waiting",
    ),
    Mistake(
        name="target-called",
        program="client",
        belief="Thread(target=f()) runs f in a new thread.",
        edits=(
            (
                "threading.Thread(target=send_typed, args=[conn], daemon=True)",
                "threading.Thread(target=send_typed(conn), daemon=True)",
            ),
        ),
        test=f"{CLIENT}both_at_once",
        cause="silent screen",
        hint="both",
    ),
    Mistake(
        name="run-not-start-client",
        program="client",
        belief="run() starts a new thread.",
        edits=(
            (
                "threading.Thread(target=send_typed, args=[conn], daemon=True).start()",
                "threading.Thread(target=send_typed, args=[conn], daemon=True).run()",
            ),
        ),
        test=f"{CLIENT}both_at_once",
        cause="silent screen",
        hint="both",
    ),
    Mistake(
        name="torn-message-client",
        program="client",
        belief="One recv returns exactly one message.",
        edits=(('lines = (waiting + data).split(b"\\n")', 'lines = [data.rstrip(b"\\n"), b""]'),),
        test=f"{CLIENT}lines_and_letters_in_pieces",
        cause="other print",
        hint="lines",
    ),
    Mistake(
        name="utf8-split-client",
        program="client",
        belief="What one recv returns can be decoded on its own.",
        edits=(('(waiting + data).split(b"\\n")', '(waiting + data.decode(errors="replace").encode()).split(b"\\n")'),),
        test=f"{CLIENT}lines_and_letters_in_pieces",
        cause="other print",
        hint="letters",
    ),
    Mistake(
        name="invalid-bytes-kill-client",
        program="client",
        belief="Everything that arrives is UTF-8.",
        edits=(
            ('yield line.removesuffix(b"\\r").decode(errors="replace")', 'yield line.removesuffix(b"\\r").decode()'),
        ),
        test=f"{CLIENT}bytes_that_are_no_text",
        cause="ended",
        hint="bytes",
    ),
    Mistake(
        name="exit-in-thread",
        program="client",
        belief="sys.exit ends the program, whichever thread calls it.",
        edits=(("                break\n", "                sys.exit()\n"),),
        test=f"{CLIENT}leaving",
        cause="silence",
        hint="quit",
    ),
    Mistake(
        name="stdin-eof",
        program="client",
        belief="input() always returns a line.",
        edits=(("        for line in sys.stdin:\n", '        while (line := input()) != "never":\n'),),
        test=f"{CLIENT}leaving",
        cause="traceback",
        hint="keyboard",
    ),
    Mistake(
        name="eof-ignored-client",
        program="client",
        belief="recv always waits until data arrives.",
        edits=(("    while data := conn.recv(4096):\n", "    while (data := conn.recv(4096)) is not None:\n"),),
        test=f"{CLIENT}the_server_ends_the_chat",
        cause="spins",
        hint="over",
    ),
    Mistake(
        name="join-order",
        program="client",
        belief="The order in which you join the threads doesn't matter.",
        edits=(
            (
                "    threading.Thread(target=send_typed, args=[conn], daemon=True).start()",
                "    sender = threading.Thread(target=send_typed, args=[conn], daemon=True)\n    sender.start()",
            ),
            ("        while not ended.wait(1):\n            pass\n", "        sender.join()\n"),
        ),
        test=f"{CLIENT}the_server_ends_the_chat",
        cause="goes on",
        hint="over",
    ),
    Mistake(
        name="flag-not-global",
        program="client",
        belief="Assigning a name in a function changes the global variable.",
        edits=(
            (
                '        print("The server has hung up.", flush=True)\n        ended.set()\n',
                '        print("The server has hung up.", flush=True)\n        over = True\n',
            ),
        ),
        test=f"{CLIENT}the_server_ends_the_chat",
        cause="goes on",
        hint="over",
    ),
    shared.daemon_in_input(
        program="client",
        edits=(("        for line in sys.stdin:\n", "        for line in iter(input, None):\n"),),
        test=f"{CLIENT}the_server_ends_the_chat",
        hint="over",
    ),
    Mistake(
        name="in-band-control-word",
        program="client",
        belief="No user will ever type a word that the program uses itself.",
        edits=(
            (
                "            print(text, flush=True)",
                '            print(text, flush=True)\n            if "{quit}" in text:\n                break',
            ),
        ),
        test=f"{CLIENT}words_of_others_are_words",
        cause="ended",
        hint="words",
    ),
    Mistake(
        name="console-encoding-client",
        program="client",
        belief="Keyboard and screen use UTF-8 on every machine.",
        edits=(
            ('sys.stdin.reconfigure(encoding="utf-8", errors="replace")', "pass"),
            ('sys.stdout.reconfigure(encoding="utf-8", errors="replace")', "pass"),
        ),
        test=f"{CLIENT}a_system_that_speaks_no_utf_8",
        cause="traceback",
        hint="encoding",
    ),
    Mistake(
        name="port-always-told-client",
        program="client",
        belief="The user always gives every argument.",
        edits=(('port = sys.argv[2] if len(sys.argv) > 2 else "50007"', "port = sys.argv[2]"),),
        test=f"{CLIENT}host_and_port_may_be_left_out",
        cause="crashed",
        hint="default-port",
    ),
    Mistake(
        name="reset-uncaught-client",
        program="client",
        belief="Every connection ends with end of stream.",
        edits=(
            (
                "    except (OSError, ValueError) as error:\n        # tell",
                "    except ValueError as error:\n        # tell",
            ),
        ),
        test=f"{CLIENT}the_server_is_lost",
        cause="traceback",
        hint="server-lost",
    ),
    Mistake(
        name="lost-is-over",
        program="client",
        belief="It doesn't matter how the chat ended.",
        edits=(("            lost.set()\n", ""),),
        test=f"{CLIENT}the_server_is_lost",
        cause="other status",
        hint="server-lost",
    ),
    Mistake(
        name="kbdint-in-worker-client",
        program="client",
        belief="Ctrl+C ends a program without a trace.",
        edits=(("    except KeyboardInterrupt:  # Ctrl+C: exit", "    except InterruptedError:  # Ctrl+C: exit"),),
        test=f"{CLIENT}ctrl_c",
        cause="crashed",
        hint="ctrl-c",
    ),
    Mistake(
        name="refused-traceback",
        program="client",
        belief="The server is always running.",
        edits=(("    except (OSError, ValueError, OverflowError) as error:", "    except ValueError as error:"),),
        test=f"{CLIENT}nobody_is_there",
        cause="crashed",
        hint="nobody-there",
    ),
    Mistake(
        name="no-connect-timeout",
        program="client",
        belief="connect succeeds or fails immediately.",
        edits=((", int(port)), timeout=2)", ", int(port)))"),),
        test=f"{CLIENT}no_answer",
        cause="goes on",
        hint="no-answer",
    ),
    Mistake(
        name="connect-timeout-stays",
        program="client",
        belief="The timeout that I set for connect applies to connect only.",
        edits=(("            conn.settimeout(None)\n", ""),),
        test=f"{CLIENT}no_answer",
        cause="ended",
        hint="quiet",
    ),
    Mistake(
        name="no-log-client",
        program="client",
        belief="No one will ask which server it connected to.",
        edits=(("    logging.basicConfig(level=logging.INFO,", "    logging.basicConfig(level=logging.WARNING,"),),
        test=f"{CLIENT}the_log_says_what_happens",
        cause="silent log",
        hint="log",
    ),
]

EDGES = [
    # what stands at the edge of a rule, or happens at an unusual moment
    Mistake(
        name="name-of-control-signs",
        program="server",
        belief="The signs that can't be printed are those below 32.",
        edits=(("name.isprintable()", "all(ord(sign) >= 32 for sign in name)"),),
        test=f"{SERVER}what_is_no_name",
        cause="silence",
        hint="names",
    ),
    Mistake(
        name="name-of-letters-only",
        program="server",
        belief="A name has letters and digits.",
        edits=(("name.isprintable()", 'all(sign.isalnum() or sign in " -_." for sign in name)'),),
        test=f"{SERVER}what_is_no_name",
        cause="silence",
        hint="names",
    ),
    Mistake(
        name="quit-only-at-first",
        program="server",
        belief="Who was asked for a name again will give one.",
        edits=(
            ('    name = ""  # not known', '    first = True\n    name = ""  # not known'),
            (
                'if text in ("{quit}", "/close"):\n                break\n',
                'if text in ("{quit}", "/close") and (name or first):\n'
                "                break\n            first = False\n",
            ),
        ),
        test=f"{SERVER}leaving_without_a_name",
        cause="silence",
        hint="no-name",
    ),
    Mistake(
        name="asked-again-and-in",
        program="server",
        belief="Who has said something is in the chat.",
        edits=(
            (
                '    messages.put(("answer", conn, question))\n',
                '    messages.put(("answer", conn, question))\n    messages.put(("again", conn, ""))\n',
            ),
            (
                '    "answer": on_answer,\n',
                '    "answer": on_answer,\n    "again": lambda conn, text: outboxes.setdefault(conn, []),\n',
            ),
        ),
        test=f"{SERVER}what_is_no_name",
        cause="other line",
        hint="early",
    ),
    Mistake(
        name="empty-line-answered",
        program="server",
        belief="Whoever sends an empty line wants to know what became of it.",
        edits=(
            (
                "            elif text:  # pass it on",
                "            elif not text:\n"
                '                messages.put(("answer", conn, "You said nothing."))\n'
                "            elif text:  # pass it on",
            ),
        ),
        test=f"{SERVER}everybody_hears_everybody",
        cause="other bytes",
        hint="empty",
    ),
    Mistake(
        name="quit-stripped",
        program="server",
        belief="Spaces around a command don't matter.",
        edits=(('if text in ("{quit}", "/close"):', 'if text.strip() in ("{quit}", "/close"):'),),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="other bytes",
        hint="leaving",
    ),
    Mistake(
        name="cut-at-lone-cr",
        program="server",
        belief=r"A \r ends a line, wherever it stands.",
        edits=(
            (
                r'(waiting + data).split(b"\n")',
                r'(waiting + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")',
            ),
        ),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="other bytes",
        hint="unchanged",
    ),
    Mistake(
        name="strict-name",
        program="server",
        belief="Bytes that are no text come in messages only, not in names.",
        edits=(
            (
                "                name = take_name(conn, text)\n",
                "                if chr(0xFFFD) in text:\n"
                '                    raise ValueError("a name that is no UTF-8")\n'
                "                name = take_name(conn, text)\n",
            ),
        ),
        test=f"{SERVER}any_text",
        cause="silence",
        hint="bytes",
    ),
    Mistake(
        name="limit-of-all-that-came",
        program="client",
        belief="What arrives together is one line, so its length is the length of the line.",
        edits=(("if len(lines[0]) > MAX_LINE:", "if len(waiting + data) > MAX_LINE + 1:"),),
        test=f"{CLIENT}lines_and_letters_in_pieces",
        cause="ended",
        hint="lines",
    ),
    Mistake(
        name="cut-at-lone-cr-client",
        program="client",
        belief=r"A \r ends a line, wherever it stands.",
        edits=(
            (
                r'(waiting + data).split(b"\n")',
                r'(waiting + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")',
            ),
        ),
        test=f"{CLIENT}what_arrives_is_shown",
        cause="other print",
        hint="screen",
    ),
    Mistake(
        name="quit-stripped-client",
        program="client",
        belief="Spaces around a command don't matter.",
        edits=(('if text in ("{quit}", "/close"):', 'if text.strip() in ("{quit}", "/close"):'),),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
    ),
    Mistake(
        name="sends-after-quit",
        program="client",
        belief="Once {quit} was sent, what is typed after it is lost anyway.",
        edits=(
            (
                'if text in ("{quit}", "/close"):\n                break\n'
                '            conn.sendall(f"{text}\\n".encode())',
                'conn.sendall(f"{text}\\n".encode())\n'
                '            if text in ("{quit}", "/close"):\n                ended.set()',
            ),
            ('ended.set()\n        conn.sendall(b"{quit}\\n")', "ended.set()"),
        ),
        test=f"{CLIENT}leaving",
        cause="too much",
        hint="quit",
        varies=True,
    ),
    Mistake(
        name="ctrl-c-at-the-name",
        program="client",
        belief="No one presses Ctrl+C before the chat has begun.",
        edits=(
            (
                "    try:\n        # connect within 2 seconds",
                "    name = sys.stdin.readline()\n    try:\n        # connect within 2 seconds",
            ),
            ("            chat(conn)\n", "            conn.sendall(name.encode())\n            chat(conn)\n"),
        ),
        test=f"{CLIENT}ctrl_c",
        cause="crashed",
        hint="ctrl-c",
    ),
    Mistake(
        name="error-on-the-screen",
        program="client",
        belief="An error message is like all that a program prints.",
        edits=(
            (
                'sys.exit(f"Trouble with {host} port {port}: {error}")',
                'print(f"Trouble with {host} port {port}: {error}", flush=True)\n        sys.exit(1)',
            ),
        ),
        test=f"{CLIENT}nobody_is_there",
        cause="other stream",
        hint="nobody-there",
    ),
    Mistake(
        name="hides-the-own-name",
        program="client",
        belief="A line that begins with my name is one that I have said.",
        edits=(
            ("def print_received(conn):", "mine = []  # what was typed: the name first\n\n\ndef print_received(conn):"),
            (
                '            text = line.rstrip("\\n")\n',
                '            text = line.rstrip("\\n")\n            mine.append(text)\n',
            ),
            (
                "            print(text, flush=True)",
                "            if not (mine and text.startswith(mine[0])):\n                print(text, flush=True)",
            ),
        ),
        test=f"{CLIENT}what_arrives_is_shown",
        cause="silent screen",
        hint="screen",
    ),
]

FINER = [
    # a text stays as it is
    Mistake(
        name="normal-form",
        program="server",
        belief="The same letters are always the same characters.",
        edits=(
            ("import threading\n", "import threading\nimport unicodedata\n"),
            ('f"{name}: {text}"', 'unicodedata.normalize("NFC", f"{name}: {text}")'),
        ),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="other bytes",
        hint="unchanged",
    ),
    Mistake(
        name="nul-stripped",
        program="server",
        belief="A text has no zeros, as in C.",
        edits=(('yield line.removesuffix(b"\\r")', 'yield line.removesuffix(b"\\r").rstrip(b"\\0")'),),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="other bytes",
        hint="unchanged",
    ),
    Mistake(
        name="more-words-leave",
        program="server",
        belief="A word that means goodbye is a command.",
        edits=(('if text in ("{quit}", "/close"):', 'if text in ("{quit}", "/close", "/quit", "/exit", "bye"):'),),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="other bytes",
        hint="leaving",
    ),
    Mistake(
        name="help-command",
        program="server",
        belief="What begins with a slash is for the server.",
        edits=(
            (
                "            elif text:  # pass it on",
                '            elif text in ("/help", "/who"):\n'
                '                messages.put(("answer", conn, "{quit} and /close leave."))\n'
                "            elif text:  # pass it on",
            ),
        ),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="silence",
        hint="leaving",
    ),
    Mistake(
        name="private-words",
        program="server",
        belief="A line that begins with @ and a name is for that one alone.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\npeople = {}\n"),
            ("    outboxes[conn] = [", "    people[name] = conn\n    outboxes[conn] = ["),
            (
                "        tell_all(text, author=conn)\n",
                '        words = text.partition(": @")[2]\n'
                '        target = people.get(words.partition(" ")[0])\n'
                "        if target in outboxes:\n"
                '            outboxes[target].append(f"{text}\\n".encode())\n'
                "        else:\n"
                "            tell_all(text, author=conn)\n",
            ),
        ),
        test=f"{SERVER}the_text_stays_as_it_is",
        cause="silence",
        hint="leaving",
    ),
    Mistake(
        name="name-in-a-template",
        program="server",
        belief="A name has nothing that a template takes for its own.",
        edits=(('f"{name}: {text}"', '(name + ": %s") % text'),),
        test=f"{SERVER}what_is_no_name",
        cause="other bytes",
        hint="names",
    ),
    Mistake(
        name="name-drops-bytes",
        program="server",
        belief="In a name, bytes that can't be decoded can be dropped.",
        edits=(("name = text.strip()", 'name = text.replace("\\ufffd", "").strip()'),),
        test=f"{SERVER}any_text",
        cause="other line",
        hint="bytes",
    ),
    Mistake(
        name="decoder-for-all",
        program="server",
        belief="One decoder can read what all of them send.",
        edits=(
            ("import contextlib\n", "import codecs\nimport contextlib\n"),
            ("outboxes = {}\n", 'outboxes = {}\ndecoder = codecs.getincrementaldecoder("utf-8")(errors="replace")\n'),
            ("(waiting + data).split(", "(waiting + decoder.decode(data).encode()).split("),
        ),
        test=f"{SERVER}any_text",
        cause="other bytes",
        hint="letters",
    ),
    Mistake(
        name="flood-guard",
        program="server",
        belief="No one has more than a thousand lines to say.",
        edits=(
            ("import contextlib\n", "import contextlib\nimport itertools\n"),
            ('    name = ""  # not known yet: ask for it\n', '    name, count = "", itertools.count()\n'),
            ("            elif text:  # pass it on", "            elif text and next(count) < 1000:  # pass it on"),
        ),
        test=f"{SERVER}several_at_once",
        cause="part",
        hint="each-once",
    ),
    # who is a visitor, who has left, who has a place
    Mistake(
        name="lines-after-quit",
        program="server",
        belief="All lines that came together belong together.",
        edits=(
            (
                '            yield line.removesuffix(b"\\r").decode(errors="replace")\n    # end',
                '            yield line.removesuffix(b"\\r").decode(errors="replace")\n        yield None\n    # end',
            ),
            ('    name = ""  # not known yet: ask for it\n', '    name, leaves = "", False\n'),
            (
                "        for text in receive_lines(conn):\n",
                "        for text in receive_lines(conn):\n"
                "            if text is None and leaves:\n"
                "                break\n"
                "            if text is None:\n"
                "                continue\n",
            ),
            (
                "                break\n            if not name:",
                "                leaves = True\n                continue\n            if not name:",
            ),
        ),
        test=f"{SERVER}leaving",
        cause="other line",
        hint="leaving",
    ),
    Mistake(
        name="visitor-quit-stripped",
        program="server",
        belief="What is trimmed for the name is trimmed for the command.",
        edits=(
            (
                'if text in ("{quit}", "/close"):',
                'if text in ("{quit}", "/close") or (not name and text.strip() == "{quit}"):',
            ),
        ),
        test=f"{SERVER}leaving_without_a_name",
        cause="end",
        hint="no-name",
    ),
    Mistake(
        name="question-tells-names",
        program="server",
        belief="Who is asked for a name may know the others' names.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\nnames = []\n"),
            ('        messages.put(("joined"', '        names.append(name)\n        messages.put(("joined"'),
            ('What is yours?"\n', 'What is yours? Taken: " + ", ".join(names)\n'),
        ),
        test=f"{SERVER}what_is_no_name",
        cause="other line",
        hint="early",
    ),
    Mistake(
        name="visitors-hear-leaving",
        program="server",
        belief="That someone leaves concerns every client.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\nvisitors = set()\n"),
            (
                '    send(conn, [f"{text}\\n".encode()])\n',
                '    send(conn, [f"{text}\\n".encode()])\n    if conn not in outboxes:\n        visitors.add(conn)\n',
            ),
            ("    outboxes[conn] = [", "    visitors.discard(conn)\n    outboxes[conn] = ["),
            (
                '        tell_all(f"{name} has left.")\n',
                '        tell_all(f"{name} has left.")\n'
                "        for visitor in visitors:\n"
                '            send(visitor, [f"{name} has left.\\n".encode()])\n'
                "    visitors.discard(conn)\n",
            ),
        ),
        test=f"{SERVER}a_silent_newcomer",
        cause="other line",
        hint="early",
    ),
    Mistake(
        name="refused-speaks",
        program="server",
        belief="Whoever sends a line is in the chat.",
        edits=(("    if conn in outboxes:  # not if it was refused\n        tell_all", "    tell_all"),),
        test=f"{SERVER}no_place_left",
        cause="other bytes",
        hint="full",
    ),
    Mistake(
        name="stalled-keeps-place",
        program="server",
        belief="Everyone who goes has left or is reset.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\nstalled = []\n"),
            (
                '        logging.warning("cannot send: %s", error)\n',
                '        logging.warning("cannot send: %s", error)\n'
                "        if isinstance(error, TimeoutError):\n"
                "            stalled.append(conn)\n",
            ),
            ("len(outboxes) >= max_clients", "len(outboxes) + len(stalled) >= max_clients"),
        ),
        test=f"{SERVER}one_does_not_read",
        cause="end",
        hint="room",
    ),
    Mistake(
        name="name-without-limit",
        program="server",
        belief="A name is short.",
        edits=(
            ('    waiting = b""  # an unfinished line\n', '    waiting, named = b"", False\n'),
            ("if len(lines[0]) > MAX_LINE:", "if named and len(lines[0]) > MAX_LINE:"),
            (
                "        waiting = lines.pop()\n",
                "        waiting = lines.pop()\n        named = named or bool(lines)\n",
            ),
        ),
        test=f"{SERVER}a_line_that_is_too_long",
        cause="silence",
        hint="endless",
    ),
    # the console and the keyboard
    Mistake(
        name="console-needs-newline",
        program="server",
        belief="Every line that is read ends with a newline.",
        edits=(('if line.strip() == "/close":', 'if line == "/close\\n":'),),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="silence",
        hint="goodbye",
    ),
    Mistake(
        name="select-before-readline",
        program="server",
        belief="readline takes one line from the keyboard and leaves the next one there.",
        edits=(
            ("import queue\n", "import queue\nimport select\n"),
            (
                "    for line in sys.stdin:\n",
                "    while select.select([sys.stdin], [], []) and (line := sys.stdin.readline()):\n",
            ),
        ),
        test=f"{SERVER}the_console",
        cause="goes on",
        hint="console",
    ),
    Mistake(
        name="waits-for-the-last",
        program="server",
        belief="There is always someone who leaves last.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\nempty = threading.Event()\n"),
            (
                "            outboxes.pop(conn, None)\n",
                "            outboxes.pop(conn, None)\n            if not outboxes:\n                empty.set()\n",
            ),
            (
                "            return  # main ends the chat\n",
                '            messages.put(("closed", None, ""))\n            empty.wait()\n            return\n',
            ),
        ),
        test=f"{SERVER}the_console_closes_the_chat",
        cause="goes on",
        hint="end",
    ),
    Mistake(
        name="selector-at-the-console",
        program="server",
        belief="A selector can wait for every kind of standard input.",
        edits=(
            ("import queue\n", "import queue\nimport selectors\n"),
            (
                "    for line in sys.stdin:\n",
                "    with selectors.DefaultSelector() as keys:\n"
                "        keys.register(sys.stdin, selectors.EVENT_READ)\n"
                "        keys.select()\n"
                "    for line in sys.stdin:\n",
            ),
        ),
        test=f"{SERVER}no_console",
        cause="ended",
        hint="no-console",
        not_seen_here="" if sys.platform == "linux" else ONLY_EPOLL,
    ),
    Mistake(
        name="selector-at-the-keyboard",
        program="client",
        belief="A selector can wait for every kind of standard input.",
        edits=(
            ("import logging\n", "import logging\nimport selectors\n"),
            (
                "        for line in sys.stdin:\n",
                "        with selectors.DefaultSelector() as keys:\n"
                "            keys.register(sys.stdin, selectors.EVENT_READ)\n"
                "            keys.select()\n"
                "        for line in sys.stdin:\n",
            ),
        ),
        test=f"{CLIENT}leaving",
        cause="silence",
        hint="keyboard",
        not_seen_here="" if sys.platform == "linux" else ONLY_EPOLL,
    ),
    Mistake(
        name="eof-at-the-name",
        program="client",
        belief="Everyone types a name.",
        edits=(
            (
                "            chat(conn)\n",
                "            name = input()\n"
                '            if name in ("{quit}", "/close"):\n'
                "                return\n"
                '            conn.sendall(f"{name}\\n".encode())\n'
                "            chat(conn)\n",
            ),
        ),
        test=f"{CLIENT}leaving",
        cause="crashed",
        hint="keyboard",
    ),
    Mistake(
        name="quit-as-name-client",
        program="client",
        belief="The first line is always a name.",
        edits=(
            (
                "            chat(conn)\n",
                '            name = sys.stdin.readline().rstrip("\\n")\n'
                "            if not name:\n"
                "                return\n"
                '            conn.sendall(f"{name}\\n".encode())\n'
                "            chat(conn)\n",
            ),
        ),
        test=f"{CLIENT}leaving",
        cause="too much",
        hint="quit",
    ),
    # what the client sends and shows
    Mistake(
        name="more-words-leave-client",
        program="client",
        belief="A word that means goodbye is a command.",
        edits=(('if text in ("{quit}", "/close"):', 'if text in ("{quit}", "/close", "/quit", "/exit", "bye"):'),),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
    ),
    Mistake(
        name="blank-not-sent",
        program="client",
        belief="A line of spaces is an empty line.",
        edits=(
            (
                '            conn.sendall(f"{text}\\n".encode())\n',
                '            if text.strip():\n                conn.sendall(f"{text}\\n".encode())\n',
            ),
        ),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="silence",
        hint="typed",
    ),
    Mistake(
        name="crlf-sent-server",
        program="server",
        belief="On the network every line ends with \\r\\n.",
        edits=(
            ('line = f"{text}\\n".encode()', 'line = f"{text}\\r\\n".encode()'),
            ('send(conn, [f"{text}\\n".encode()])', 'send(conn, [f"{text}\\r\\n".encode()])'),
            ("say {{quit}} to leave.\\n", "say {{quit}} to leave.\\r\\n"),
        ),
        test="test_server.py::test_several_at_once",
        cause="other bytes",
        hint="each-once",
    ),
    Mistake(
        name="crlf-sent",
        program="client",
        belief="On the network every line ends with \\r\\n.",
        edits=(('conn.sendall(f"{text}\\n".encode())', 'conn.sendall(f"{text}\\r\\n".encode())'),),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
    ),
    Mistake(
        name="mark-of-a-file",
        program="client",
        belief="A mark at the beginning of a text belongs to the encoding.",
        edits=(('yield line.removesuffix(b"\\r").decode(', 'yield line.removesuffix(b"\\r").decode("utf-8-sig", '),),
        test=f"{CLIENT}what_arrives_is_shown",
        cause="other print",
        hint="screen",
    ),
    Mistake(
        name="gone-without-a-word",
        program="client",
        belief="The exit status says enough.",
        edits=(
            ('            logging.warning("the server is lost: %s", error)\n', ""),
            ('        raise ConnectionError("the server is lost")\n', "        sys.exit(1)\n"),
        ),
        test=f"{CLIENT}the_server_is_lost",
        cause="wordless",
        hint="server-lost",
    ),
    # bytes that are no text, a name, and what stands in a line
    shared.bytes_vanish("server", test=f"{SERVER}any_text", cause="other line"),
    shared.bytes_vanish("client", test=f"{CLIENT}bytes_that_are_no_text", cause="other print"),
    Mistake(
        name="name-as-a-title",
        program="client",
        belief="Each word of a name begins with a capital letter, and only there is one.",
        edits=(
            ("        for line in sys.stdin:\n", "        named = False\n        for line in sys.stdin:\n"),
            (
                '            text = line.rstrip("\\n")\n',
                '            text = line.rstrip("\\n")\n'
                "            text, named = text if named else text.title(), True\n",
            ),
        ),
        test=f"{CLIENT}what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
    ),
    Mistake(
        name="two-parts-of-a-line",
        program="client",
        belief="A line has two parts, with a colon between them.",
        edits=(
            (
                "            print(text, flush=True)\n",
                '            parts = text.split(": ")\n            print(": ".join(parts[:2]), flush=True)\n',
            ),
        ),
        test=f"{CLIENT}words_of_others_are_words",
        cause="other print",
        hint="words",
    ),
    # the end
    Mistake(
        name="no-greeting-is-an-error",
        program="client",
        belief="Every server says something before it ends the stream.",
        edits=(
            (
                "    try:\n        for text in receive_lines(conn):\n",
                "    greeted = False\n    try:\n        for text in receive_lines(conn):\n            greeted = True\n",
            ),
            (
                '        print("The server has hung up.", flush=True)\n',
                '        if not greeted:\n            raise ConnectionError("no greeting")\n'
                '        print("The server has hung up.", flush=True)\n',
            ),
        ),
        test=f"{CLIENT}the_server_ends_the_chat",
        cause="ended",
        hint="over",
    ),
    Mistake(
        name="busy-after-the-word",
        program="client",
        belief="The server ends the stream at once, so there is nothing to wait for.",
        edits=(
            (
                '        ended.set()\n        conn.sendall(b"{quit}\\n")\n',
                '        conn.sendall(b"{quit}\\n")\n        while not ended.is_set():\n            pass\n',
            ),
        ),
        test=f"{CLIENT}leaving",
        cause="spins",
        hint="waiting",
    ),
    Mistake(
        name="lost-told-to-visitors",
        program="server",
        belief="Everyone wants to know who is lost.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\nvisitors = set()\n"),
            (
                '    send(conn, [f"{text}\\n".encode()])\n',
                '    visitors.add(conn)\n    send(conn, [f"{text}\\n".encode()])\n',
            ),
            ("    outboxes[conn] = [", "    visitors.discard(conn)\n    outboxes[conn] = ["),
            (
                '        messages.put(("answer", conn, f"Your connection ends: {error}."))\n',
                '        messages.put(("answer", conn, f"Your connection ends: {error}."))\n'
                '        messages.put(("lost", conn, name))\n',
            ),
            (
                "def on_closed(conn, text):\n",
                "def on_lost(conn, name):\n"
                "    for visitor in visitors - {conn}:\n"
                '        send(visitor, [f"{name} is lost.\\n".encode()])\n'
                "\n\ndef on_closed(conn, text):\n",
            ),
            ('    "closed": on_closed,\n', '    "closed": on_closed,\n    "lost": on_lost,\n'),
            ("    # in any case, close the connection\n", "    visitors.discard(conn)\n"),
        ),
        test=f"{SERVER}a_participant_is_lost",
        cause="other line",
        hint="early",
    ),
    Mistake(
        name="too-long-keeps-the-place",
        program="server",
        belief="A place becomes free when someone leaves or is reset.",
        edits=(
            ("outboxes = {}\n", "outboxes = {}\ntoo_long = []\n"),
            (
                "    except (OSError, ValueError) as error:\n        logging.warning(",
                "    except (OSError, ValueError) as error:\n"
                "        if name and isinstance(error, ValueError):\n"
                "            too_long.append(name)\n"
                "        logging.warning(",
            ),
            ("len(outboxes) >= max_clients", "len(outboxes) + len(too_long) >= max_clients"),
        ),
        test=f"{SERVER}a_line_that_is_too_long",
        cause="end",
        hint="room",
    ),
]

MISTAKES = [*FRAMING, *TEXT, *NAMES, *EVERYBODY, *ORDER, *ENDS, *CONSOLE, *CLIENTS, *EDGES, *FINER]
