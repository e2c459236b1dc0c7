"""The classic mistakes of stage 3, named as in the catalogue where it has them.

Left out of the catalogue's mistakes for this stage: sleep-between-sends (a turn is one line), in-band-control-word and
quit-prefixed (nobody has a name), length-in-characters (no lengths are sent), quit-without-close in the server (its
end closes the connection), connected-is-served (the client speaks first, nobody greets it), localhost-is-ipv6 and
bind-gethostname (what comes out depends on the machine's names), winerror-10054 (on Linux it is reset-uncaught),
is-not-minus-one (works by luck), too-new-syntax (depends on the Python that grades), prompt-glue (a prompt is allowed),
clear-screen (no rule), handler-without-break (nothing is accepted after the first client).
"""

from pathlib import Path

from parley.checks.mistakes import Mistake, page_of

shared = page_of(Path(__file__).with_name("shared.py"))

# what most edits replace
RECEIVE = "while data := conn.recv(4096):"
CUT = 'lines = (waiting + data).split(b"\\n")'
REST = "waiting = lines.pop()"
WHOLE_LINE = 'yield line.removesuffix(b"\\r").decode(errors="replace")'
LAST_LINE = 'yield waiting.removesuffix(b"\\r").decode(errors="replace")'
READ = 'sys.stdin.readline() or "/close"'
SEND = 'conn.sendall(f"{text}\\n".encode())'
LISTEN = "with socket.create_server((host, int(port))) as listener:\n"
ACCEPT = "            conn, address = listener.accept()\n"
FORESEEN = "except (OSError, ValueError, OverflowError) as error:"
HEAR_CLIENT = "    for text in receive_lines(conn):\n"
WE_BEGIN = "    # take the first turn\n    if not speak(conn):\n        return\n"
OUR_TURN = "        # the peer spoke: take our turn\n        if not speak(conn):\n            return\n"
TOO_LONG = """        if len(lines[0]) > MAX_LINE:  # too long: end this connection
            raise ValueError(f"a line of more than {MAX_LINE} bytes")
"""
CTRL_C = """    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
"""

# edits that several mistakes share
END_IS_AN_EMPTY_LINE = ((RECEIVE, 'while True:\n        data = conn.recv(4096) or b"\\n"'),)
ONE_RECV_IS_ONE_LINE = ((CUT, 'lines = [data.rstrip(b"\\n")]'), (REST, 'waiting = b""'))


def text_per_recv(decode):
    """What arrives becomes text as it comes, by this call, and is cut into lines afterwards."""
    return (
        ('waiting = b""', 'waiting = ""'),
        (CUT, f'lines = (waiting + {decode}).split("\\n")'),
        (WHOLE_LINE, 'yield line.removesuffix("\\r")'),
        (LAST_LINE, 'yield waiting.removesuffix("\\r")'),
    )


def bind(*lines):
    """A listener that is made by hand."""
    return "with socket.socket() as listener:\n" + "".join(f"            {line}\n" for line in lines)


MISTAKES = [
    # it does not even begin
    *shared.main_not_called("test_a_turn_each", "test_a_turn_each"),
    # whose turn it is
    Mistake(
        "turn-order",
        "server",
        "Whichever side has something to say can begin.",
        test="test_server.py::test_the_client_speaks_first",
        cause="too much",
        hint="first",
        edits=((HEAR_CLIENT, f"    if not speak(conn):\n        return\n{HEAR_CLIENT}"),),
    ),
    Mistake(
        "turn-order-client",
        "client",
        "The server sends the first line, because it was running first.",
        test="test_client.py::test_a_turn_each",
        cause="silence",
        hint="first",
        edits=((WE_BEGIN, ""),),
    ),
    shared.drops_repeated(
        "    for text in receive_lines(conn):\n",
        "text",
        program="server",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="silent screen",
        hint="unchanged",
    ),
    Mistake(
        "two-in-a-turn",
        "server",
        "My turn lasts as long as I have something to say.",
        test="test_server.py::test_one_answer_in_each_turn",
        cause="too much",
        hint="turns",
        edits=(("        if not speak(conn):", "        if not (speak(conn) and speak(conn)):"),),
    ),
    Mistake(
        "both-at-once",
        "client",
        "A sending thread and a receiving loop take turns by themselves.",
        test="test_client.py::test_one_line_in_each_turn",
        cause="too much",
        hint="turns",
        edits=(
            ("import sys\n", "import sys\nimport threading\n"),
            (
                WE_BEGIN,
                "    def talk():\n        while speak(conn):\n            pass\n\n"
                "    threading.Thread(target=talk, daemon=True).start()\n",
            ),
            (OUR_TURN, ""),
        ),
        varies=True,  # its thread may still be sending while the other one exits
    ),
    Mistake(
        "buffer-not-emptied",
        "client",
        "Lines that were used stay in the buffer, so that none is lost.",
        test="test_client.py::test_questions_typed_ahead",
        cause="unwanted print",
        hint="ahead",
        edits=((REST, "lines.pop()\n        waiting += data"),),
    ),
    Mistake(
        "empty-send",
        "client",
        "If the user types nothing, there's nothing to send.",
        test="test_client.py::test_an_empty_line_is_a_turn",
        cause="silence",
        hint="empty",
        edits=((SEND, f"if text:\n        {SEND}"),),
    ),
    Mistake(
        "empty-skipped",
        "server",
        "An empty line is a mistake, so the program should ask again.",
        test="test_server.py::test_an_empty_line_is_a_turn",
        cause="other bytes",
        hint="empty",
        edits=((SEND, f"if not text:\n        return speak(conn)\n    {SEND}"),),
    ),
    Mistake(
        "input-in-handlers",
        "server",
        "A thread for each client can ask the user for an answer.",
        test="test_server.py::test_one_conversation",
        cause="unwanted print",
        hint="one",
        edits=(
            ("import sys\n", "import sys\nimport threading\n"),
            (
                ACCEPT,
                "            while True:\n                conn, address = listener.accept()\n"
                "                threading.Thread(target=converse, args=(conn,), daemon=True).start()\n",
            ),
        ),
    ),
    Mistake(
        "serves-forever",
        "server",
        "A server accepts one client after another, forever.",
        test="test_server.py::test_one_conversation",
        cause="goes on",
        hint="one",
        edits=(
            (
                ACCEPT,
                "            while True:\n                conn, address = listener.accept()\n"
                "                with conn:\n                    converse(conn)\n",
            ),
        ),
    ),
    # the line
    Mistake(
        "recv-is-message",
        "server",
        "One recv returns one message.",
        test="test_server.py::test_two_lines_in_one_piece",
        cause="silence",
        hint="glued",
        edits=ONE_RECV_IS_ONE_LINE,
    ),
    Mistake(
        "torn-message",
        "client",
        "A short line always arrives in one chunk.",
        test="test_client.py::test_a_line_in_pieces",
        cause="other print",
        hint="pieces",
        edits=ONE_RECV_IS_ONE_LINE,
    ),
    Mistake(
        "bigger-buffer",
        "client",
        "A bigger buffer keeps the messages apart.",
        test="test_client.py::test_two_lines_in_one_piece",
        cause="silence",
        hint="glued",
        edits=((RECEIVE, "while data := conn.recv(1_000_000):"), *ONE_RECV_IS_ONE_LINE),
    ),
    Mistake(
        "endswith-newline",
        "server",
        "A buffer that ends with a newline contains one line.",
        test="test_server.py::test_two_lines_in_one_piece",
        cause="silence",
        hint="glued",
        edits=(
            (
                CUT,
                'waiting += data\n        if not waiting.endswith(b"\\n"):\n            continue\n'
                '        lines = [waiting.rstrip(b"\\n"), b""]',
            ),
        ),
    ),
    Mistake(
        "makefile-per-line",
        "client",
        "makefile is a cheap way to read just one line each time.",
        test="test_client.py::test_two_lines_in_one_piece",
        cause="silent screen",
        hint="glued",
        edits=((RECEIVE, 'while data := conn.makefile("rb").readline():'),),
    ),
    Mistake(
        "process-after-eof",
        "server",
        "A program receives everything first and looks at it afterward.",
        test="test_server.py::test_a_line_in_pieces",
        cause="silent screen",
        hint="pieces",
        edits=((RECEIVE, 'while data := b"".join(iter(lambda: conn.recv(4096), b"")):'),),
    ),
    Mistake(
        "no-terminator-sent",
        "client",
        "The other side knows where my line ends without a newline.",
        test="test_client.py::test_a_turn_each",
        cause="silence",
        hint="line-end",
        edits=((SEND, "conn.sendall(text.encode())"),),
    ),
    Mistake(
        "no-terminator-sent-server",
        "server",
        "The other side knows where my line ends without a newline.",
        test="test_server.py::test_a_turn_each",
        cause="silence",
        hint="line-end",
        edits=((SEND, "conn.sendall(text.encode())"),),
    ),
    Mistake(
        "long-message-cut",
        "server",
        "No one sends more than 1024 bytes at a time.",
        test="test_server.py::test_a_long_line",
        cause="other print",
        hint="long",
        edits=((RECEIVE, "while data := conn.recv(1024):"), *ONE_RECV_IS_ONE_LINE),
    ),
    Mistake(
        "endless-line",
        "client",
        "Every line ends sooner or later.",
        test="test_client.py::test_a_line_that_is_too_long",
        cause="goes on",
        hint="too-long",
        edits=((TOO_LONG, ""),),
    ),
    Mistake(
        "endless-line-server",
        "server",
        "Every line ends sooner or later.",
        test="test_server.py::test_a_line_that_is_too_long",
        cause="goes on",
        hint="too-long",
        edits=((TOO_LONG, ""),),
    ),
    # bytes and text
    Mistake(
        "utf8-split",
        "server",
        "What one recv returns can be decoded on its own.",
        test="test_server.py::test_a_letter_in_two_pieces",
        cause="ended",
        hint="letter",
        edits=text_per_recv("data.decode()"),
    ),
    Mistake(
        "errors-ignore",
        "client",
        'errors="ignore" solves the problem of letters that are cut in two.',
        test="test_client.py::test_a_letter_in_two_pieces",
        cause="other print",
        hint="letter",
        edits=text_per_recv('data.decode(errors="ignore")'),
    ),
    Mistake(
        "invalid-bytes-kill",
        "server",
        "Everything that arrives is valid UTF-8.",
        test="test_server.py::test_bytes_that_are_no_text",
        cause="ended",
        hint="bytes",
        edits=((WHOLE_LINE, 'yield line.removesuffix(b"\\r").decode()'),),
    ),
    Mistake(
        "invalid-bytes-vanish",
        "client",
        "Bytes that aren't UTF-8 weren't meant for this program.",
        test="test_client.py::test_bytes_that_are_no_text",
        cause="other print",
        hint="bytes",
        edits=((WHOLE_LINE, 'yield line.removesuffix(b"\\r").decode(errors="ignore")'),),
    ),
    Mistake(
        "str-of-bytes",
        "server",
        "str turns bytes into text.",
        test="test_server.py::test_a_turn_each",
        cause="other print",
        hint="screen",
        edits=((WHOLE_LINE, 'yield str(line.removesuffix(b"\\r"))'),),
    ),
    Mistake(
        "crlf",
        "server",
        "Lines end with \\n everywhere.",
        test="test_server.py::test_line_ends_of_telnet",
        cause="other print",
        hint="crlf",
        edits=((WHOLE_LINE, 'yield line.decode(errors="replace")'),),
    ),
    Mistake(
        "crlf-client",
        "client",
        "Lines end with \\n everywhere.",
        test="test_client.py::test_line_ends_of_windows",
        cause="other print",
        hint="crlf",
        edits=((WHOLE_LINE, 'yield line.decode(errors="replace")'),),
    ),
    Mistake(
        "stdout-buffered",
        "server",
        "What you print appears on the screen immediately.",
        test="test_server.py::test_a_turn_each",
        cause="silent screen",
        hint="screen",
        edits=(('print(f"Client: {text}", flush=True)', 'print(f"Client: {text}")'),),
    ),
    Mistake(
        "stdout-buffered-client",
        "client",
        "What you print appears on the screen immediately.",
        test="test_client.py::test_a_turn_each",
        cause="silent screen",
        hint="screen",
        edits=(('print(f"Server: {text}", flush=True)', 'print(f"Server: {text}")'),),
    ),
    # leaving
    Mistake(
        "bytes-vs-str",
        "client",
        'b"/close" and "/close" are equal.',
        test="test_client.py::test_the_server_closes",
        cause="silence",
        hint="close-heard",
        edits=(('if text == "/close":', 'if text == b"/close":'),),
    ),
    Mistake(
        "terminator-in-compare",
        "server",
        "The command arrives without its newline.",
        test="test_server.py::test_the_client_closes",
        cause="silence",
        hint="close-heard",
        edits=(
            (WHOLE_LINE, f'{WHOLE_LINE} + "\\n"'),
            ('print(f"Client: {text}", flush=True)', 'print(f"Client: {text}", end="", flush=True)'),
        ),
    ),
    Mistake(
        "close-in-the-middle",
        "client",
        "A line that contains /close ends the chat.",
        test="test_client.py::test_the_server_closes",
        cause="ended",
        hint="close-heard",
        edits=(('if text == "/close":', 'if "/close" in text:'),),
    ),
    Mistake(
        "quit-without-close",
        "client",
        "After I print that the chat is over, the connection is closed.",
        test="test_client.py::test_the_server_closes",
        cause="silence",
        hint="close-heard",
        edits=(
            (
                'print("The server has left.", flush=True)\n',
                'print("The server has left. Press Enter.", flush=True)\n            sys.stdin.readline()\n',
            ),
        ),
    ),
    Mistake(
        "close-not-sent",
        "server",
        "/close is a command for my own program only.",
        test="test_server.py::test_the_server_closes",
        cause="ended",
        hint="close-typed",
        edits=((SEND, f'if text != "/close":\n        {SEND}'),),
    ),
    Mistake(
        "close-only-sent",
        "client",
        "After my /close, the other side ends the conversation.",
        test="test_client.py::test_the_client_closes",
        cause="silence",
        hint="close-typed",
        edits=(('return text != "/close"', "return True"),),
    ),
    Mistake(
        "stdin-eof",
        "client",
        "input() always returns a line.",
        test="test_client.py::test_the_keyboard_ends",
        cause="crashed",
        hint="keyboard",
        edits=((READ, "input()"),),
    ),
    Mistake(
        "stdin-eof-is-empty",
        "server",
        "At the end of input, input() returns an empty line.",
        test="test_server.py::test_the_keyboard_ends",
        cause="other bytes",
        hint="keyboard",
        edits=((READ, "sys.stdin.readline()"),),
    ),
    # the other side is gone
    Mistake(
        "eof-ignored",
        "server",
        "recv waits after the other side closed.",
        test="test_server.py::test_the_client_leaves_without_close",
        cause="spins",
        hint="lost",
        edits=((RECEIVE, "while True:\n        data = conn.recv(4096)"),),
    ),
    Mistake(
        "server-gone-unnoticed",
        "client",
        "If the server exits, the client stops by itself.",
        test="test_client.py::test_the_server_leaves_without_close",
        cause="goes on",
        hint="lost",
        edits=END_IS_AN_EMPTY_LINE,
    ),
    Mistake(
        "lost-is-left",
        "client",
        "It doesn't matter how the chat ends.",
        test="test_client.py::test_the_server_leaves_without_close",
        cause="other status",
        hint="lost",
        edits=(('raise ConnectionError("the server has gone without /close")', 'print("The server has left.")'),),
    ),
    Mistake(
        "lost-without-a-word",
        "server",
        "The exit status says enough, so no message is needed.",
        test="test_server.py::test_the_client_leaves_without_close",
        cause="wordless",
        hint="lost",
        edits=(
            ("level=logging.INFO", "level=logging.ERROR"),
            ('sys.exit(f"Trouble with {host} port {port}: {error}")', "sys.exit(1)"),
        ),
    ),
    Mistake(
        "reset-uncaught",
        "server",
        "Every user closes the connection before leaving.",
        test="test_server.py::test_the_client_is_cut_off",
        cause="crashed",
        hint="reset",
        edits=((FORESEEN, "except (ValueError, OverflowError) as error:"),),
    ),
    Mistake(
        "reset-uncaught-client",
        "client",
        "Every user closes the connection before leaving.",
        test="test_client.py::test_the_server_is_cut_off",
        cause="crashed",
        hint="reset",
        edits=((FORESEEN, "except (TimeoutError, ConnectionRefusedError, ValueError, OverflowError) as error:"),),
    ),
    Mistake(
        "gone-is-left",
        "server",
        "A partner that disconnects while I type has left in the normal way.",
        test="test_server.py::test_the_client_is_gone_during_the_answer",
        cause="other status",
        hint="gone",
        edits=((SEND, f"try:\n        {SEND}\n    except OSError:\n        return False"),),
    ),
    Mistake(
        "sent-means-delivered",
        "client",
        "If sendall doesn't fail, the other side is still connected.",
        test="test_client.py::test_the_server_is_gone_during_the_question",
        cause="goes on",
        hint="gone",
        edits=END_IS_AN_EMPTY_LINE,
    ),
    # start and stop
    Mistake(
        "no-connect-timeout",
        "client",
        "connect succeeds or fails immediately.",
        test="test_client.py::test_nobody_answers",
        cause="goes on",
        hint="unanswered",
        edits=(("(host, int(port)), timeout=2)", "(host, int(port)))"),),
    ),
    Mistake(
        "connect-timeout-stays",
        "client",
        "The timeout that I set for connect applies to connect only.",
        test="test_client.py::test_nobody_answers",
        cause="ended",
        hint="patience",
        edits=(("            conn.settimeout(None)\n", ""),),
    ),
    Mistake(
        "exit-no-parens",
        "client",
        "sys.exit always ends the program.",
        test="test_client.py::test_there_is_no_server",
        cause="other status",
        hint="refused",
        edits=(
            (
                'sys.exit(f"Trouble with {host} port {port}: {error}")',
                'print(f"Trouble with {host} port {port}: {error}", file=sys.stderr)\n        sys.exit  # noqa: B018',
            ),
        ),
    ),
    Mistake(
        "ctrl-c-uncaught",
        "server",
        "A broad except catches Ctrl+C too.",
        test="test_server.py::test_ctrl_c",
        cause="crashed",
        hint="ctrl-c",
        edits=((CTRL_C, ""), (FORESEEN, "except Exception as error:")),
    ),
    Mistake(
        "ctrl-c-uncaught-client",
        "client",
        "Ctrl+C ends every program, so there's nothing to do.",
        test="test_client.py::test_ctrl_c",
        cause="crashed",
        hint="ctrl-c",
        edits=((CTRL_C, ""),),
    ),
    Mistake(
        "no-reuseaddr",
        "server",
        "A port is free as soon as the program that used it exits.",
        test="test_server.py::test_ctrl_c_during_a_conversation",
        cause="ended",
        hint="port-free",
        edits=((LISTEN, bind("listener.bind((host, int(port)))", "listener.listen()")),),
    ),
    Mistake(
        "reuseaddr-after-bind",
        "server",
        "You can set a socket option at any time.",
        test="test_server.py::test_ctrl_c_during_a_conversation",
        cause="ended",
        hint="port-free",
        edits=(
            (
                LISTEN,
                bind(
                    "listener.bind((host, int(port)))",
                    "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)",
                    "listener.listen()",
                ),
            ),
        ),
    ),
    Mistake(
        "port-busy",
        "server",
        "If bind fails, a message is enough, and the program can continue.",
        test="test_server.py::test_the_port_is_taken",
        cause="goes on",
        hint="port-taken",
        edits=(
            (
                LISTEN,
                bind(
                    "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)",
                    "try:",
                    "    listener.bind((host, int(port)))",
                    "except OSError as error:",
                    "    print(error)",
                    "listener.listen()",
                ),
            ),
        ),
    ),
    Mistake(
        "port-too-large",
        "server",
        "Every number that int() accepts is a port.",
        test="test_server.py::test_a_port_that_is_none",
        cause="crashed",
        hint="bad-port",
        edits=((FORESEEN, "except (OSError, ValueError) as error:"),),
    ),
    Mistake(
        "port-is-no-number",
        "client",
        "The user always gives a valid port.",
        test="test_client.py::test_a_port_that_is_none",
        cause="crashed",
        hint="bad-port",
        edits=((FORESEEN, "except (OSError, OverflowError) as error:"),),
    ),
    Mistake(
        "loopback-only",
        "server",
        "An empty HOST means this machine.",
        test="test_server.py::test_an_empty_host_means_every_interface",
        cause="refused",
        hint="interfaces",
        edits=((LISTEN, LISTEN.replace("(host,", '(host or "127.0.0.1",')),),
    ),
    # the log
    Mistake(
        "log-without-port",
        "server",
        "It's enough if the log says that a client connected.",
        test="test_server.py::test_the_log_says_who",
        cause="other print",
        hint="log",
        edits=(('logging.info("%s port %s connected", *address)', 'logging.info("a client has connected")'),),
    ),
    Mistake(
        "log-on-screen",
        "client",
        "Everything a program writes goes to the screen.",
        test="test_client.py::test_the_log_says_where",
        cause="silent log",
        hint="log",
        edits=(("level=logging.INFO", "stream=sys.stdout, level=logging.INFO"),),
    ),
    Mistake(
        "left-missing",
        "server",
        "Only the start of a connection is worth a line in the log.",
        test="test_server.py::test_the_log_says_who_has_left",
        cause="ended",
        hint="log-left",
        edits=(('        logging.info("%s port %s left", *address)\n', ""),),
    ),
    # what is inside a line, and where it comes from
    Mistake(
        "strip-takes-more",
        "server",
        "strip removes only the newline.",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="other print",
        hint="unchanged",
        edits=((WHOLE_LINE, 'yield line.decode(errors="replace").strip()'),),
    ),
    Mistake(
        "close-stripped",
        "server",
        "Spaces around a command don't matter.",
        test="test_server.py::test_words_that_are_no_close",
        cause="ended",
        hint="close-heard",
        edits=(('if text == "/close":', 'if text.strip() == "/close":'),),
    ),
    Mistake(
        "quit-word",
        "client",
        "A user who types quit wants to leave.",
        test="test_client.py::test_words_that_are_no_close",
        cause="other bytes",
        hint="close-heard",
        edits=(
            ('text = line.rstrip("\\n")', 'text = line.rstrip("\\n")\n    if text == "quit":\n        text = "/close"'),
        ),
    ),
    Mistake(
        "crlf-sent",
        "client",
        "Lines on a network end with \\r\\n.",
        test="test_client.py::test_a_turn_each",
        cause="other bytes",
        hint="line-end",
        edits=((SEND, 'conn.sendall(f"{text}\\r\\n".encode())'),),
    ),
    Mistake(
        "crlf-per-chunk",
        "client",
        "A chunk never ends between \\r and \\n.",
        test="test_client.py::test_line_ends_of_windows",
        cause="other print",
        hint="crlf",
        edits=(
            (CUT, 'lines = (waiting + data.replace(b"\\r\\n", b"\\n")).split(b"\\n")'),
            (WHOLE_LINE, 'yield line.decode(errors="replace")'),
        ),
    ),
    Mistake(
        "empty-unseen",
        "server",
        "If the client says nothing, there's nothing to show.",
        test="test_server.py::test_an_empty_line_is_a_turn",
        cause="silent screen",
        hint="screen",
        edits=(('print(f"Client: {text}", flush=True)', 'if text:\n            print(f"Client: {text}", flush=True)'),),
    ),
    Mistake(
        "too-long-is-left",
        "client",
        "It doesn't matter why the conversation ends.",
        test="test_client.py::test_a_line_that_is_too_long",
        cause="other status",
        hint="too-long",
        edits=(
            (
                '            raise ValueError(f"a line of more than {MAX_LINE} bytes")',
                '            sys.stderr.write("A line is too long.\\n")\n            sys.exit(0)',
            ),
        ),
    ),
    Mistake(
        "timeout-is-goodbye",
        "server",
        "A client that says nothing for two seconds is gone.",
        test="test_server.py::test_a_turn_each",
        cause="ended",
        hint="patience",
        edits=(
            (
                "        with conn:\n            converse",
                "        conn.settimeout(2)\n        with conn:\n            converse",
            ),
        ),
    ),
    shared.ctrl_c_too_early("converse(conn)", test="test_client.py::test_ctrl_c"),
    Mistake(
        "close-word-inside",
        "client",
        "A line that contains /close ends the chat.",
        test="test_client.py::test_words_that_are_no_close",
        cause="ended",
        hint="close-heard",
        edits=(('return text != "/close"', 'return "/close" not in text.lower()'),),
    ),
    Mistake(
        "console-encoding-client",
        "client",
        "Keyboard and screen use UTF-8 on every machine.",
        test="test_client.py::test_a_system_that_speaks_no_utf_8",
        cause="ended",
        hint="encoding",
        edits=(
            ('sys.stdin.reconfigure(encoding="utf-8", errors="replace")', "pass"),
            ('sys.stdout.reconfigure(encoding="utf-8", errors="replace")', "pass"),
        ),
    ),
    Mistake(
        "port-always-told",
        "server",
        "The user always gives every argument.",
        test="test_server.py::test_host_and_port_may_be_left_out",
        cause="crashed",
        hint="default-port",
        edits=(('port = sys.argv[2] if len(sys.argv) > 2 else "50007"', "port = sys.argv[2]"),),
    ),
    Mistake(
        "calls-itself",
        "server",
        "A function may begin the next round by calling itself.",
        test="test_server.py::test_answers_typed_ahead",
        cause="crashed",
        hint="forever",
        edits=(
            ("def converse(conn):", "def converse(conn, lines=None):"),
            (
                HEAR_CLIENT,
                "    lines = lines or receive_lines(conn)\n    if (text := next(lines, None)) is not None:\n",
            ),
            (
                OUR_TURN,
                "        if not speak(conn):\n            return\n        converse(conn, lines)\n        return\n",
            ),
        ),
    ),
    Mistake(
        "notice-in-the-log",
        "server",
        "What the log says, the user knows.",
        test="test_server.py::test_the_client_closes",
        cause="only logged",
        hint="close-heard",
        edits=(('print("The client has left.", flush=True)', 'logging.info("the client said /close")'),),
    ),
    Mistake(
        "notice-in-the-log-client",
        "client",
        "What the log says, the user knows.",
        test="test_client.py::test_the_server_closes",
        cause="only logged",
        hint="close-heard",
        edits=(('print("The server has left.", flush=True)', 'logging.info("the server said /close")'),),
    ),
    Mistake(
        "left-at-once",
        "server",
        "Whoever leaves before a word was said hasn't broken anything off.",
        test="test_server.py::test_the_client_leaves_without_close",
        cause="other status",
        hint="lost",
        edits=(
            (
                HEAR_CLIENT,
                "    heard = False\n    for text in receive_lines(conn):\n        heard = True\n",
            ),
            (
                '    raise ConnectionError("the client has gone without /close")',
                '    if not heard:\n        return\n    raise ConnectionError("the client has gone without /close")',
            ),
        ),
    ),
    Mistake(
        "two-empty-lines",
        "client",
        "Whoever says nothing twice wants to leave.",
        test="test_client.py::test_an_empty_line_is_a_turn",
        cause="other bytes",
        hint="empty",
        edits=(
            ("def speak(conn):", "empty = []\n\n\ndef speak(conn):"),
            (
                "    # send it with a newline",
                '    if not text:\n        empty.append(text)\n    if len(empty) == 2:\n        text = "/close"\n'
                "    # send it with a newline",
            ),
        ),
    ),
    Mistake(
        "help-is-a-command",
        "client",
        "A good program explains itself when it is asked for help.",
        test="test_client.py::test_words_that_are_no_close",
        cause="silence",
        hint="close-heard",
        edits=(
            (
                'text = line.rstrip("\\n")',
                'text = line.rstrip("\\n")\n    if text == "/help":\n        print("Leave with /close.", flush=True)\n'
                "        return speak(conn)",
            ),
        ),
    ),
    Mistake(
        "own-close-hangs",
        "server",
        "The other side closes first, after the last word.",
        test="test_server.py::test_the_server_closes",
        cause="silence",
        hint="close-typed",
        edits=(
            (
                '    return text != "/close"',
                '    if text == "/close":\n        while conn.recv(4096):\n            pass\n        return False\n'
                "    return True",
            ),
        ),
    ),
    Mistake(
        "limit-of-what-waits",
        "server",
        "More than the longest line can't have arrived.",
        test="test_server.py::test_a_long_line",
        cause="ended",
        hint="long",
        edits=(
            ("conn.recv(4096)", "conn.recv(100_000)"),
            ("if len(lines[0]) > MAX_LINE:", "if len(waiting + data) > MAX_LINE + 1:"),
        ),
    ),
    Mistake(
        "label-taken-off",
        "client",
        "What stands before the first colon is a label of the other program's.",
        test="test_client.py::test_the_text_stays_as_it_is",
        cause="other print",
        hint="unchanged",
        edits=(('print(f"Server: {text}", flush=True)', 'print("Server:", text.split(": ")[-1], flush=True)'),),
    ),
    Mistake(
        "connect-not-logged-client",
        "client",
        "Who typed the address knows where it has connected.",
        test="test_client.py::test_the_log_says_where",
        cause="silent log",
        hint="log",
        edits=(('            logging.info("connected to %s port %s", host, port)\n', ""),),
    ),
    Mistake(
        "close-with-its-newline",
        "server",
        "A typed line always ends with a newline.",
        test="test_server.py::test_the_keyboard_ends",
        cause="silence",
        hint="keyboard",
        edits=(
            (READ, 'sys.stdin.readline() or "/close\\n"'),
            ('    return text != "/close"', '    return line != "/close\\n"'),
        ),
    ),
    Mistake(
        "too-long-without-a-word",
        "server",
        "The exit status says enough, so no message is needed.",
        test="test_server.py::test_a_line_that_is_too_long",
        cause="wordless",
        hint="too-long",
        edits=(
            ('            raise ValueError(f"a line of more than {MAX_LINE} bytes")\n', "            sys.exit(1)\n"),
        ),
    ),
]
