"""Wrong programs of stage 4: small edits of the full ones.

Left out of the catalogue for this stage, with the reason:
- nothing in PROTOCOLS.md forbids it: sleep-between-sends, prompt-glue, connected-is-served,
  sigpipe, localhost-is-ipv6;
- it cannot be seen from outside, or not on every system: sent-means-delivered, shutdown-everywhere, quit-without-close
  (here both programs end, which closes everything);
- another one here is the same thing: bigger-buffer (recv-is-message);
- it is found before any test begins: too-new-syntax.
"""

from pathlib import Path

from parley.checks.mistakes import Mistake, page_of

shared = page_of(Path(__file__).with_name("shared.py"))

CLOSE_ARRIVES = 'if text == "/close":\n                print('
CLOSE_TYPED = 'if text == "/close":\n                break'
SENDER = "threading.Thread(target=send_typed, args=[conn], daemon=True).start()"
RECEIVER = "receiver = threading.Thread(target=print_received, args=[conn], daemon=True)"
THREADS = f"{SENDER}\n    {RECEIVER}\n    receiver.start()"
SHUTDOWN = "with contextlib.suppress(OSError):\n            conn.shutdown(socket.SHUT_WR)"
LISTENER = "with socket.create_server((host, int(port))) as listener:"

MISTAKES = [
    # it does not even begin
    *shared.main_not_called("test_both_tell_their_names", "test_both_tell_their_names"),
    # lines out of a stream
    Mistake(
        name="recv-is-message",
        program="server",
        belief="One recv returns exactly what one send sent.",
        edits=((r'(waiting + data).split(b"\n")', r'[data.rstrip(b"\n"), b""]'),),
        test="test_server.py::test_many_lines_at_once",
        cause="other print",
        hint="together",
    ),
    Mistake(
        name="first-recv-eats-next",
        program="server",
        belief="The first recv returns the name and nothing else.",
        edits=(("other = next(lines, None)", 'other = conn.recv(1024).decode(errors="replace").strip()'),),
        test="test_server.py::test_many_lines_at_once",
        cause="other print",
        hint="together",
    ),
    Mistake(
        name="first-recv-eats-next-client",
        program="client",
        belief="The first recv returns the name and nothing else.",
        edits=(("other = next(lines, None)", 'other = conn.recv(1024).decode(errors="replace").strip()'),),
        test="test_client.py::test_many_lines_at_once",
        cause="other print",
        hint="together",
    ),
    Mistake(
        name="torn-message",
        program="client",
        belief="A short line always arrives in one chunk.",
        edits=((r'(waiting + data).split(b"\n")', r'[*data.strip(b"\n").split(b"\n"), b""]'),),
        test="test_client.py::test_a_line_in_pieces",
        cause="other print",
        hint="pieces",
    ),
    Mistake(
        name="buffer-kept",
        program="client",
        belief="A line that was used disappears from the buffer by itself.",
        edits=(("waiting = lines.pop()", "waiting += data\n        lines.pop()"),),
        test="test_client.py::test_a_line_in_pieces",
        cause="unwanted print",
        hint="pieces",
    ),
    Mistake(
        name="long-message-cut",
        program="server",
        belief="No one writes a line that is longer than the buffer.",
        edits=(("waiting = lines.pop()", "waiting = lines.pop()[:4096]"),),
        test="test_server.py::test_a_line_in_pieces",
        cause="unwanted print",
        hint="pieces",
    ),
    Mistake(
        name="utf8-split",
        program="client",
        belief="What one recv returns can be decoded on its own.",
        edits=(("while data := conn.recv(4096):", "while data := conn.recv(4096).decode().encode():"),),
        test="test_client.py::test_a_letter_in_two_pieces",
        cause="ended",
        hint="letters",
    ),
    Mistake(
        name="errors-ignore",
        program="server",
        belief='errors="ignore" helps when a letter arrives in two chunks.',
        edits=(("while data := conn.recv(4096):", 'while data := conn.recv(4096).decode(errors="ignore").encode():'),),
        test="test_server.py::test_a_letter_in_two_pieces",
        cause="other print",
        hint="letters",
    ),
    Mistake(
        name="invalid-bytes-kill",
        program="server",
        belief="Everything that arrives is UTF-8.",
        edits=(
            (r'yield line.removesuffix(b"\r").decode(errors="replace")', r'yield line.removesuffix(b"\r").decode()'),
        ),
        test="test_server.py::test_bytes_that_are_no_text",
        cause="ended",
        hint="bytes",
    ),
    Mistake(
        name="thread-death-unseen",
        program="client",
        belief="If a thread fails, the whole program fails.",
        edits=(
            (r'yield line.removesuffix(b"\r").decode(errors="replace")', r'yield line.removesuffix(b"\r").decode()'),
            ("except (OSError, ValueError) as error:", "except OSError as error:"),
        ),
        test="test_client.py::test_bytes_that_are_no_text",
        cause="traceback",
        hint="bytes",
    ),
    Mistake(
        name="crlf",
        program="server",
        belief=r"Lines end with \n everywhere.",
        edits=((r'yield line.removesuffix(b"\r").decode(', "yield line.decode("),),
        test="test_server.py::test_line_ends_of_other_systems",
        cause="other print",
        hint="line-end",
    ),
    Mistake(
        name="endless-line",
        program="server",
        belief="A peer that starts a line will finish it.",
        edits=(("MAX_LINE = 65_536", "MAX_LINE = 65_536_000"),),
        test="test_server.py::test_a_line_without_end",
        cause="goes on",
        hint="too-long",
    ),
    Mistake(
        name="limit-of-all-that-came",
        program="server",
        belief="What arrives together is one line, so its length is the length of the line.",
        edits=(("if len(lines[0]) > MAX_LINE:", "if len(waiting + data) > MAX_LINE + 1:"),),
        test="test_server.py::test_a_line_in_pieces",
        cause="ended",
        hint="pieces",
    ),
    Mistake(
        name="cut-at-lone-cr",
        program="client",
        belief=r"A \r ends a line, wherever it stands.",
        edits=(
            (
                r'(waiting + data).split(b"\n")',
                r'(waiting + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")',
            ),
        ),
        test="test_client.py::test_the_text_stays_as_it_is",
        cause="unwanted print",
        hint="unchanged",
    ),
    Mistake(
        name="strict-name",
        program="server",
        belief="Bytes that are no text come in messages only, not in names.",
        edits=(
            (
                "        if other is None:",
                "        if other and chr(0xFFFD) in other:\n"
                '            raise ValueError("a name that is no UTF-8")\n'
                "        if other is None:",
            ),
        ),
        test="test_server.py::test_bytes_that_are_no_text",
        cause="ended",
        hint="bytes",
    ),
    # what is sent and what is shown
    shared.drops_repeated(
        "        for text in lines:\n",
        "text",
        program="server",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="silent screen",
        hint="unchanged",
    ),
    Mistake(
        name="silent-newcomer",
        program="server",
        belief="The side that connects always sends first.",
        edits=(
            (r'conn.sendall(f"{name}\n".encode())', "pass"),
            ("def print_received(conn):", "def print_received(conn, name):"),
            ("target=print_received, args=[conn]", "target=print_received, args=[conn, name]"),
            ("other = next(lines, None)", 'other = next(lines, None)\n        conn.sendall(f"{name}\\n".encode())'),
        ),
        test="test_server.py::test_both_tell_their_names",
        cause="silence",
        hint="names",
    ),
    Mistake(
        name="name-untold",
        program="client",
        belief="The other side knows my name without being told.",
        edits=((r'conn.sendall(f"{name}\n".encode())', "pass"),),
        test="test_client.py::test_both_tell_their_names",
        cause="silence",
        hint="names",
    ),
    Mistake(
        name="bold-always",
        program="client",
        belief="The output always goes to a terminal.",
        edits=(('"\\033[1m{other}\\033[0m" if sys.stdout.isatty() else other', '"\\033[1m{other}\\033[0m"'),),
        test="test_client.py::test_both_tell_their_names",
        cause="unwanted print",
        hint="bold",
    ),
    Mistake(
        name="str-of-bytes",
        program="server",
        belief="str(data) turns bytes into text.",
        edits=((r'yield line.removesuffix(b"\r").decode(errors="replace")', r'yield str(line.removesuffix(b"\r"))'),),
        test="test_server.py::test_what_arrives_is_shown",
        cause="other print",
        hint="arrives",
    ),
    Mistake(
        name="stdout-buffered",
        program="client",
        belief="What you print appears on the screen immediately.",
        edits=(('print(f"{other}: {text}", flush=True)', 'print(f"{other}: {text}")'),),
        test="test_client.py::test_what_arrives_is_shown",
        cause="silent screen",
        hint="arrives",
    ),
    Mistake(
        name="no-terminator-sent",
        program="client",
        belief="The other side knows where my line ends without a newline.",
        edits=((r'conn.sendall(f"{text}\n".encode())', "conn.sendall(text.encode())"),),
        test="test_client.py::test_what_is_typed_is_sent",
        cause="part",
        hint="typed",
    ),
    Mistake(
        name="client-says-who",
        program="server",
        belief="I must send my name with each line, so that the other side can show it.",
        edits=(
            ("def send_typed(conn):", "def send_typed(conn, name):"),
            ("target=send_typed, args=[conn]", "target=send_typed, args=[conn, name]"),
            (r'conn.sendall(f"{text}\n".encode())', r'conn.sendall(f"{name}: {text}\n".encode())'),
        ),
        test="test_server.py::test_what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
    ),
    Mistake(
        name="in-band-control-word",
        program="client",
        belief="No user will ever type the words that my programs send each other.",
        edits=(
            (
                'print(f"{other}: {text}", flush=True)',
                'if text == "NAME":\n'
                '                conn.sendall(b"Client\\n")\n'
                "                continue\n"
                '            print(f"{other}: {text}", flush=True)',
            ),
        ),
        test="test_client.py::test_only_close_closes",
        cause="silent screen",
        hint="word",
    ),
    Mistake(
        name="name-cut",
        program="server",
        belief="No name is longer than ten letters.",
        edits=(("        # in bold, if this", "        other = other[:10]\n        # in bold, if this"),),
        test="test_server.py::test_both_tell_their_names",
        cause="other print",
        hint="names",
    ),
    Mistake(
        name="close-stripped",
        program="client",
        belief="Spaces around a command don't matter.",
        edits=((CLOSE_TYPED, 'if text.strip() == "/close":\n                break'),),
        test="test_client.py::test_only_close_closes",
        cause="other bytes",
        hint="word",
    ),
    Mistake(
        name="sends-after-close",
        program="client",
        belief="Once /close was sent, what is typed after it is lost anyway.",
        edits=(
            (
                CLOSE_TYPED + '\n            conn.sendall(f"{text}\\n".encode())',
                'conn.sendall(f"{text}\\n".encode())\n            if text == "/close":\n                ended.set()',
            ),
            ('ended.set()\n        conn.sendall(b"/close\\n")', "ended.set()"),
        ),
        test="test_client.py::test_the_user_closes",
        cause="too much",
        hint="close",
        varies=True,
    ),
    Mistake(
        name="close-before-the-rest",
        program="server",
        belief="When /close has come, nothing else matters.",
        edits=(
            (
                "        for line in lines:\n            yield",
                '        if b"/close" in lines:\n            lines = [b"/close"]\n'
                "        for line in lines:\n            yield",
            ),
        ),
        test="test_server.py::test_the_client_closes",
        cause="ended",
        hint="arrives",
    ),
    Mistake(
        name="ends-without-a-notice",
        program="client",
        belief="A user sees that a chat is over: the program has ended. Only trouble is worth a line.",
        edits=(
            ('                print(f"{other} has left.", flush=True)\n', ""),
            ("level=logging.INFO", "level=logging.WARNING"),
        ),
        test="test_client.py::test_the_server_closes",
        cause="wordless",
        hint="over",
    ),
    Mistake(
        name="close-anyhow",
        program="server",
        belief="A line that starts with the command is the command.",
        edits=((CLOSE_TYPED, 'if text.startswith("/close"):\n                break'),),
        test="test_server.py::test_only_close_closes",
        cause="other bytes",
        hint="word",
    ),
    # what is inside a line, and where it comes from
    Mistake(
        name="strip-takes-more",
        program="server",
        belief="strip removes only the newline.",
        edits=(
            (r'yield line.removesuffix(b"\r").decode(errors="replace")', 'yield line.decode(errors="replace").strip()'),
        ),
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="unwanted print",
        hint="unchanged",
    ),
    Mistake(
        name="console-encoding",
        program="client",
        belief="Keyboard and screen use UTF-8 on every machine.",
        edits=(
            ('sys.stdin.reconfigure(encoding="utf-8", errors="replace")', "pass"),
            ('sys.stdout.reconfigure(encoding="utf-8", errors="replace")', "pass"),
        ),
        test="test_client.py::test_a_system_that_speaks_no_utf_8",
        cause="ended",
        hint="encoding",
    ),
    Mistake(
        name="port-always-told",
        program="server",
        belief="The user always gives every argument.",
        edits=(('port = sys.argv[2] if len(sys.argv) > 2 else "50007"', "port = sys.argv[2]"),),
        test="test_server.py::test_host_and_port_may_be_left_out",
        cause="crashed",
        hint="default-port",
    ),
    # threads
    Mistake(
        name="target-called",
        program="server",
        belief="Thread(target=f(x)) runs f(x) in a new thread.",
        edits=(
            (THREADS, f"receiver = threading.Thread(target=print_received(conn))\n    receiver.start()\n    {SENDER}"),
        ),
        test="test_server.py::test_both_speak_at_any_time",
        cause="silence",
        hint="threads",
    ),
    Mistake(
        name="run-not-start",
        program="client",
        belief="run() starts a new thread.",
        edits=((THREADS, f"{RECEIVER}\n    receiver.run()\n    {SENDER}"),),
        test="test_client.py::test_both_speak_at_any_time",
        cause="silence",
        hint="threads",
    ),
    Mistake(
        name="args-not-tuple",
        program="server",
        belief="args=(conn) passes conn to the thread.",
        edits=((SENDER, SENDER.replace("[conn]", "(conn)")),),
        test="test_server.py::test_both_speak_at_any_time",
        cause="traceback",
        hint="threads",
    ),
    Mistake(
        name="turn-order",
        program="client",
        belief="After I send a line, it's the other side's turn.",
        edits=(
            ("ended = threading.Event()", "answered = threading.Event()\nended = threading.Event()"),
            (
                r'conn.sendall(f"{text}\n".encode())',
                'conn.sendall(f"{text}\\n".encode())\n            answered.clear()\n            answered.wait()',
            ),
            (
                'print(f"{other}: {text}", flush=True)',
                'print(f"{other}: {text}", flush=True)\n            answered.set()',
            ),
        ),
        test="test_client.py::test_both_speak_at_any_time",
        cause="silence",
        hint="threads",
        varies=True,  # what comes between its send and its clear() is no answer to it
    ),
    # the end
    Mistake(
        name="terminator-in-compare",
        program="client",
        belief="The line arrives with the newline that the user typed.",
        edits=((CLOSE_ARRIVES, CLOSE_ARRIVES.replace("/close", r"/close\n")),),
        test="test_client.py::test_the_server_closes",
        cause="goes on",
        hint="wake",
    ),
    Mistake(
        name="bytes-vs-str",
        program="server",
        belief='b"/close" and "/close" are equal.',
        edits=((CLOSE_ARRIVES, CLOSE_ARRIVES.replace('"/close"', 'b"/close"')),),
        test="test_server.py::test_the_client_closes",
        cause="goes on",
        hint="wake",
    ),
    Mistake(
        name="nondaemon-hang",
        program="client",
        belief="When main returns, the program exits.",
        edits=((SENDER, SENDER.replace(", daemon=True", "")),),
        test="test_client.py::test_the_server_closes",
        cause="goes on",
        hint="wake",
    ),
    shared.daemon_in_input(
        program="server",
        edits=(("for line in sys.stdin:", "for line in iter(input, None):"),),
        test="test_server.py::test_the_client_closes",
        hint="wake",
    ),
    Mistake(
        name="input-blocks-exit",
        program="server",
        belief="A loop around input() ends when the chat is over.",
        edits=(
            (f"{SENDER}\n    ", ""),
            ("while not ended.wait(1):", "send_typed(conn)\n        while not ended.wait(1):"),
        ),
        test="test_server.py::test_the_client_closes",
        cause="goes on",
        hint="wake",
    ),
    Mistake(
        name="join-order",
        program="client",
        belief="It doesn't matter which thread I join first.",
        edits=(
            (SENDER, f"sender = {SENDER.removesuffix('.start()')}\n    sender.start()"),
            ("while not ended.wait(1):\n            pass", "sender.join()"),
        ),
        test="test_client.py::test_the_server_closes",
        cause="goes on",
        hint="wake",
    ),
    Mistake(
        name="flag-not-global",
        program="server",
        belief="Assigning a name in a function changes the global variable.",
        edits=(("lines = receive_lines(conn)", "lines = receive_lines(conn)\n    ended = threading.Event()"),),
        test="test_server.py::test_the_client_closes",
        cause="goes on",
        hint="wake",
    ),
    Mistake(
        name="quit-prefixed",
        program="client",
        belief="I can add the name first and compare the line afterward.",
        edits=(
            ("def send_typed(conn):", "def send_typed(conn, name):"),
            ("target=send_typed, args=[conn]", "target=send_typed, args=[conn, name]"),
            (r'text = line.rstrip("\n")', r'text = name + "> " + line.rstrip("\n")'),
        ),
        test="test_client.py::test_the_user_closes",
        cause="other bytes",
        hint="word",
    ),
    Mistake(
        name="close-does-not-wake",
        program="server",
        belief="close() in one thread ends recv in another thread and notifies the peer.",
        edits=(
            (
                "while data := conn.recv(4096):",
                'stream = conn.makefile("rb", buffering=0)\n    while data := stream.read(4096):',
            ),
            (r'conn.sendall(b"/close\n")', 'conn.sendall(b"/close\\n")\n        conn.close()'),
            ("receiver.join(1)", "receiver.join()"),
        ),
        test="test_server.py::test_the_user_closes",
        cause="silence",
        hint="close",
    ),
    Mistake(
        name="flag-while-blocked",
        program="server",
        belief="A thread notices an event immediately, whatever it waits for.",
        edits=(("receiver.join(1)", "receiver.join()"),),
        test="test_server.py::test_the_user_closes",
        cause="silence",
        hint="close",
    ),
    Mistake(
        name="bad-fd-after-close",
        program="client",
        belief="A thread that is done with a socket can close it.",
        edits=(
            (
                'ended.set()\n        conn.sendall(b"/close\\n")',
                'conn.sendall(b"/close\\n")\n        conn.close()\n        ended.set()',
            ),
            (SHUTDOWN, "conn.shutdown(socket.SHUT_WR)"),
        ),
        test="test_client.py::test_the_user_closes",
        cause="other status",
        hint="close",
    ),
    Mistake(
        name="busy-wait",
        program="server",
        belief="Asking again and again is how one waits.",
        edits=(("while not ended.wait(1):", "while not ended.is_set():"),),
        test="test_server.py::test_both_speak_at_any_time",
        cause="spins",
        hint="waiting",
        varies=True,
    ),
    Mistake(
        name="stdin-eof-at-the-name",
        program="server",
        belief="Everyone who starts the program types a name.",
        edits=(("name = sys.stdin.readline().strip()", "name = input().strip()"),),
        test="test_server.py::test_the_end_of_the_keyboard",
        cause="crashed",
        hint="keyboard",
    ),
    Mistake(
        name="ctrl-c-at-the-name",
        program="client",
        belief="No one presses Ctrl+C before the chat has begun.",
        edits=(
            ("    try:\n        # ask for our name; leave if there is none\n", ""),
            ('        print("Your name:", flush=True)', '    print("Your name:", flush=True)'),
            ("        name = sys.stdin.readline().strip()", "    name = sys.stdin.readline().strip()"),
            ("        if not name:\n            return\n", "    if not name:\n        return\n    try:\n"),
        ),
        test="test_client.py::test_ctrl_c",
        cause="crashed",
        hint="ctrl-c",
    ),
    Mistake(
        name="error-on-the-screen",
        program="server",
        belief="An error message is like all that a program prints.",
        edits=(
            (
                'sys.exit(f"Trouble with {host} port {port}: {error}")',
                'print(f"Trouble with {host} port {port}: {error}", flush=True)\n        sys.exit(1)',
            ),
        ),
        test="test_server.py::test_the_port_is_taken",
        cause="other stream",
        hint="port-taken",
    ),
    Mistake(
        name="reset-before-the-name",
        program="client",
        belief="Without a name there was no chat that could be lost.",
        edits=(
            ("    lines = receive_lines(conn)\n", "    lines = receive_lines(conn)\n    other = None\n"),
            (
                "        if not ended.is_set():\n            logging.warning",
                "        if other is None and isinstance(error, ConnectionResetError):\n"
                '            print("The server did not say its name.", flush=True)\n'
                "            ended.set()\n"
                "        if not ended.is_set():\n            logging.warning",
            ),
        ),
        test="test_client.py::test_the_server_is_lost",
        cause="other status",
        hint="reset",
    ),
    Mistake(
        name="stdin-eof",
        program="client",
        belief="input() always returns a line.",
        edits=(("for line in sys.stdin:", "for line in iter(input, None):"),),
        test="test_client.py::test_the_end_of_the_keyboard",
        cause="traceback",
        hint="keyboard",
    ),
    # the other side is lost
    Mistake(
        name="eof-ignored",
        program="client",
        belief="recv waits, or raises an error, after the other side closed.",
        edits=(("while data := conn.recv(4096):", "while True:\n        data = conn.recv(4096)"),),
        test="test_client.py::test_the_server_goes_without_a_word",
        cause="spins",
        hint="lost",
    ),
    Mistake(
        name="server-gone-unnoticed",
        program="client",
        belief="When the server exits, the client stops by itself.",
        edits=(('raise ConnectionError("gone without /close")', "return"),),
        test="test_client.py::test_the_server_goes_without_a_word",
        cause="goes on",
        hint="lost",
    ),
    Mistake(
        name="loss-is-goodbye",
        program="server",
        belief="Every end is the same, whatever was received before it.",
        edits=(("lost.set()", "pass"),),
        test="test_server.py::test_the_client_goes_without_a_word",
        cause="other status",
        hint="lost",
    ),
    Mistake(
        name="winerror-10054",
        program="server",
        belief="Every connection ends with an empty recv.",
        edits=(("except (OSError, ValueError) as error:", "except ValueError as error:"),),
        test="test_server.py::test_the_client_is_lost",
        cause="traceback",
        hint="reset",
    ),
    # Ctrl+C, ports and addresses
    Mistake(
        name="kbdint-in-worker",
        program="server",
        belief="Ctrl+C is raised in the thread that waits for the keyboard.",
        edits=(
            ("except OSError as error:", "except (OSError, KeyboardInterrupt) as error:"),
            ("except KeyboardInterrupt:  # Ctrl+C", "except EOFError:  # Ctrl+C"),
        ),
        test="test_server.py::test_ctrl_c",
        cause="crashed",
        hint="ctrl-c",
    ),
    Mistake(
        name="handler-without-break",
        program="client",
        belief="Handling Ctrl+C ends the program.",
        edits=(
            ("import socket\n", "import signal\nimport socket\n"),
            ("logging.basicConfig(", 'signal.signal(signal.SIGINT, lambda *_: print("bye"))\n    logging.basicConfig('),
        ),
        test="test_client.py::test_ctrl_c",
        cause="silence",
        hint="ctrl-c",
    ),
    Mistake(
        name="join-without-bound",
        program="server",
        belief="Before a program exits, it must wait for all of its threads.",
        edits=(
            (
                'logging.info("stopped by Ctrl+C")',
                'logging.info("stopped by Ctrl+C")\n'
                "        for thread in threading.enumerate()[1:]:\n"
                "            thread.join()",
            ),
        ),
        test="test_server.py::test_ctrl_c_during_a_chat",
        cause="goes on",
        hint="ctrl-c",
    ),
    Mistake(
        name="no-reuseaddr",
        program="server",
        belief="A port is free as soon as the program that used it exits.",
        edits=(
            (
                LISTENER,
                "with socket.socket() as listener:\n"
                "            listener.bind((host, int(port)))\n"
                "            listener.listen()",
            ),
        ),
        test="test_server.py::test_ctrl_c_during_a_chat",
        cause="ended",
        hint="port-free",
    ),
    Mistake(
        name="port-busy",
        program="server",
        belief="If bind fails, printing the error is enough.",
        edits=(
            (
                LISTENER,
                "with socket.socket() as listener:\n"
                "            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                "            try:\n"
                "                listener.bind((host, int(port)))\n"
                "            except OSError as error:\n"
                "                print(error)\n"
                "            listener.listen()",
            ),
        ),
        test="test_server.py::test_the_port_is_taken",
        cause="goes on",
        hint="port-taken",
    ),
    Mistake(
        name="exit-no-parens-port",
        program="server",
        belief="sys.exit always ends the program.",
        edits=(
            (
                'sys.exit(f"Trouble with {host} port {port}: {error}")',
                'print(f"Trouble with {host} port {port}: {error}")\n        sys.exit',
            ),
        ),
        test="test_server.py::test_the_port_is_taken",
        cause="other status",
        hint="port-taken",
    ),
    Mistake(
        name="empty-host-is-loopback",
        program="server",
        belief="An empty HOST is the same as no HOST.",
        edits=(
            (
                'host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"',
                'host = (sys.argv[1] if len(sys.argv) > 1 else "") or "127.0.0.1"',
            ),
        ),
        test="test_server.py::test_an_empty_host_means_every_interface",
        cause="refused",
        hint="interfaces",
    ),
    Mistake(
        name="bad-port",
        program="client",
        belief="Every problem with connect raises OSError.",
        edits=(("except (OSError, ValueError, OverflowError) as error:", "except OSError as error:"),),
        test="test_client.py::test_a_port_that_is_none",
        cause="crashed",
        hint="bad-port",
    ),
    Mistake(
        name="exit-no-parens",
        program="client",
        belief="sys.exit always ends the program.",
        edits=(
            (
                'sys.exit(f"Trouble with {host} port {port}: {error}")',
                'print(f"Trouble with {host} port {port}: {error}")\n        sys.exit',
            ),
        ),
        test="test_client.py::test_nobody_is_there",
        cause="other status",
        hint="refused",
    ),
    Mistake(
        name="no-connect-timeout",
        program="client",
        belief="connect succeeds or fails immediately.",
        edits=(("(host, int(port)), timeout=2)", "(host, int(port)))"),),
        test="test_client.py::test_two_seconds_are_enough",
        cause="goes on",
        hint="unanswered",
    ),
    Mistake(
        name="connect-timeout-stays",
        program="client",
        belief="The timeout that I set for connect applies to connect only.",
        edits=(("conn.settimeout(None)", "pass"),),
        test="test_client.py::test_two_seconds_are_enough",
        cause="ended",
        hint="quiet",
    ),
    # the log
    Mistake(
        name="log-level",
        program="server",
        belief="Everything you pass to a logger appears in the log.",
        edits=(("level=logging.INFO, ", ""),),
        test="test_server.py::test_the_log_says_who",
        cause="silent log",
        hint="log",
    ),
    Mistake(
        name="log-on-the-screen",
        program="client",
        belief="The log and the chat can share the screen.",
        edits=(("level=logging.INFO, ", "level=logging.INFO, stream=sys.stdout, "),),
        test="test_client.py::test_the_log_says_to_whom",
        cause="silent log",
        hint="log",
    ),
    Mistake(
        name="left-missing",
        program="server",
        belief="Every client leaves some time, so there's nothing to log.",
        edits=(('logging.info("%s port %s left", *address)', "pass"),),
        test="test_server.py::test_the_log_says_who_has_left",
        cause="ended",
        hint="log-left",
    ),
    Mistake(
        name="os-exit",
        program="client",
        belief="os._exit() is a stronger sys.exit().",
        edits=(
            ("import logging\n", "import logging\nimport os\n"),
            (
                'print(f"{other} has left.", flush=True)\n                ended.set()',
                'print(f"{other} has left.", flush=True)\n                os._exit(0)',
            ),
        ),
        test="test_client.py::test_the_log_says_that_it_is_over",
        cause="ended",
        hint="log-left",
    ),
    Mistake(
        "name-in-a-template",
        "server",
        "A text that comes from outside may be part of a template.",
        test="test_server.py::test_both_tell_their_names",
        cause="traceback",
        hint="names",
        edits=(('print(f"{other}: {text}", flush=True)', 'print((other + ": {}").format(text), flush=True)'),),
    ),
    Mistake(
        "names-without-limit",
        "server",
        "Only what people say can be too long, their names can't.",
        test="test_server.py::test_a_line_without_end",
        cause="goes on",
        hint="too-long",
        edits=(
            ("    while data := conn.recv(4096):", "    named = False\n    while data := conn.recv(4096):"),
            ("        if len(lines[0]) > MAX_LINE:", "        if named and len(lines[0]) > MAX_LINE:"),
            (
                "        waiting = lines.pop()\n",
                "        waiting = lines.pop()\n        named = named or bool(lines)\n",
            ),
        ),
    ),
    Mistake(
        "more-words-close",
        "server",
        "Whoever types /quit wants to leave, too.",
        test="test_server.py::test_only_close_closes",
        cause="ended",
        hint="word",
        edits=(
            (
                '            if text == "/close":\n                print',
                '            if text in ("/close", "/quit", "/exit"):\n                print',
            ),
        ),
    ),
    Mistake(
        "sends-crlf",
        "server",
        "Lines on a network end with \\r\\n.",
        test="test_server.py::test_what_is_typed_is_sent",
        cause="other bytes",
        hint="typed",
        edits=(('conn.sendall(f"{text}\\n".encode())', 'conn.sendall(f"{text}\\r\\n".encode())'),),
    ),
    Mistake(
        "notice-in-the-log",
        "client",
        "What the log says, the user knows.",
        test="test_client.py::test_the_server_closes",
        cause="only logged",
        hint="over",
        edits=(
            (
                '                print(f"{other} has left.", flush=True)\n',
                '                logging.info("%s said /close", other)\n',
            ),
        ),
    ),
    # before the chat begins
    Mistake(
        "own-name-as-a-title",
        "client",
        "Each word of a name begins with a capital letter, and only there is one.",
        test="test_client.py::test_both_tell_their_names",
        cause="other bytes",
        hint="names",
        edits=(("name = sys.stdin.readline().strip()", "name = sys.stdin.readline().strip().title()"),),
    ),
    Mistake(
        "own-name-one-word",
        "server",
        "A name is one word.",
        test="test_server.py::test_both_tell_their_names",
        cause="other bytes",
        hint="names",
        edits=(("name = sys.stdin.readline().strip()", "name = sys.stdin.readline().strip().split()[0]"),),
    ),
    Mistake(
        "busy-until-accept",
        "server",
        "Who must not block may only ask.",
        test="test_server.py::test_both_tell_their_names",
        cause="spins",
        hint="waiting",
        edits=(
            (
                "            conn, address = listener.accept()\n",
                "            listener.setblocking(False)\n"
                "            conn = None\n"
                "            while conn is None:\n"
                "                with contextlib.suppress(BlockingIOError):\n"
                "                    conn, address = listener.accept()\n"
                "            conn.setblocking(True)\n",
            ),
        ),
    ),
    Mistake(
        "busy-until-the-name",
        "client",
        "The other one tells the name at once, so there is nothing to wait for.",
        test="test_client.py::test_both_tell_their_names",
        cause="spins",
        hint="waiting",
        edits=(
            ("    lines = receive_lines(conn)\n", "    lines = receive_lines(conn)\n    conn.setblocking(False)\n"),
            (
                "        other = next(lines, None)\n",
                "        first = None\n"
                "        while first is None:\n"
                "            with contextlib.suppress(BlockingIOError):\n"
                "                first = conn.recv(1, socket.MSG_PEEK)\n"
                "        conn.setblocking(True)\n"
                "        other = next(lines, None)\n",
            ),
        ),
    ),
    Mistake(
        "typed-ahead-thrown-away",
        "server",
        "What the keyboard gives at once is one line.",
        test="test_server.py::test_many_lines_at_once",
        cause="silence",
        hint="together",
        edits=(
            ("import logging\n", "import logging\nimport os\n"),
            (
                "name = sys.stdin.readline().strip()",
                'name = os.read(0, 65536).decode(errors="replace").partition("\\n")[0].strip()',
            ),
        ),
    ),
    shared.bytes_vanish("server", test="test_server.py::test_bytes_that_are_no_text", cause="other print"),
    shared.bytes_vanish("client", test="test_client.py::test_bytes_that_are_no_text", cause="other print"),
    Mistake(
        "later-client-takes-over",
        "server",
        "The one who came last is the one to talk with.",
        test="test_server.py::test_both_speak_at_any_time",
        cause="ended",
        hint="threads",
        edits=(
            (
                "        with socket.create_server((host, int(port))) as listener:\n",
                "        listener = socket.create_server((host, int(port)))\n        if listener:\n",
            ),
            (
                "        with conn:\n",
                "        def hang_up():\n"
                "            listener.accept()\n"
                "            conn.shutdown(socket.SHUT_RDWR)\n\n"
                "        threading.Thread(target=hang_up, daemon=True).start()\n"
                "        with conn:\n",
            ),
        ),
    ),
    Mistake(
        "busy-until-the-newline",
        "server",
        "The rest of a line comes at once.",
        test="test_server.py::test_both_speak_at_any_time",
        cause="spins",
        hint="waiting",
        edits=(
            (
                "    while data := conn.recv(4096):\n",
                "    while True:\n"
                "        conn.setblocking(not waiting)\n"
                "        try:\n"
                "            data = conn.recv(4096)\n"
                "        except BlockingIOError:\n"
                "            continue\n"
                "        if not data:\n"
                "            break\n",
            ),
        ),
    ),
]
