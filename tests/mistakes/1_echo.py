"""The classic wrong programs of stage 1.

Left out, with the name in the catalogue:
send-ignored-result: cannot be seen on a blocking socket, where send takes everything;
bind-gethostname, localhost-is-ipv6: what these names mean differs from machine to machine (see host-ignored);
reuseaddr-first-run: a fact to know, not a program;
low-port: only the rights of who runs the tests decide whether it fails;
connected-is-served: nothing is said about what a client prints when it is connected;
winerror-10054: the same program as reset-uncaught, on another system;
ctrlc-blocked-windows, reuseaddr-windows: cannot be seen elsewhere;
clear-screen, sigpipe: nothing is said about what else a program prints, and about a screen that goes away;
too-new-syntax: what is too new depends on the Python that runs the tests.
"""

from pathlib import Path

from parley.checks.mistakes import Mistake, page_of

shared = page_of(Path(__file__).with_name("shared.py"))

SERVER, CLIENT = "test_server.py", "test_client.py"

# in both programs
HOST = 'host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"'
PORT = 'port = sys.argv[2] if len(sys.argv) > 2 else "50007"'
PORT_IS_TOLD = """if len(sys.argv) != 3:
        print("Please say HOST and PORT.")
        sys.exit
    port = sys.argv[2]"""
CTRL_C = "except KeyboardInterrupt:"
STOPPED = 'logging.info("stopped by Ctrl+C")'
FORESEEN = "except (OSError, ValueError, OverflowError) as error:"
TROUBLE = 'sys.exit(f"Trouble with {host} port {port}: {error}")'
TROUBLE_ON_SCREEN = """print(f"Trouble with {host} port {port}: {error}")
        sys.exit(1)"""

# in the server
SERVE = "def serve(conn, address):"
SERVES = "                    serve(conn, address)"
RECEIVE = "while data := conn.recv(4096):"
SEND = "conn.sendall(data)"
LOST = "except OSError as error:"
CREATE = "with socket.create_server((host, int(port))) as listener:"
CREATE_BY_HAND = """with socket.socket() as listener:
            {before}listener.bind((host, int(port))){after}
            listener.listen()"""
SET_OPTION = "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
TRY_TO_BIND = """try:
                listener.bind((host, int(port)))
            except OSError as error:
                print(error)
            """
ACCEPT = "conn, address = listener.accept()"
ACCEPT_OR_CLOSE = """try:
                    conn, address = listener.accept()
                except KeyboardInterrupt:
                    listener.close()
                    continue"""
START_THREAD = """\
                thread = threading.Thread(target=serve, args=(conn, address), daemon=True)
                del conn
                thread.start()
                del thread"""
UNTIL_A_SHORT_PIECE = '''def receive_message(conn):
    """Receive pieces until one is not full: that was the last one."""
    message = b""
    while piece := conn.recv(1024):
        message += piece
        if len(piece) < 1024:
            break
    return message


'''
RECEIVE_WITHOUT_WAITING = """\
while True:
            conn.setblocking(False)
            try:
                data = conn.recv(4096)
            except BlockingIOError:
                continue
            if not data:
                break"""
RECEIVE_IF_POSSIBLE = '''def receive(conn):
    """Receive some bytes; none if the connection is lost."""
    try:
        return conn.recv(4096)
    except OSError:
        return b""


'''

# in the client
TALK = "def talk(conn):"
READ = "for line in sys.stdin:"
WITHOUT_ITS_END = 'line.rstrip("\\n").encode()'
AS_MANY = "while len(answer) < len(data):"
PIECE = "piece = conn.recv(4096)"
NO_PIECE = "if not piece:"
TOO_EARLY = 'raise ConnectionError("the server has closed the connection")'
ANSWER = 'answer.decode(errors="replace")'
PRINT = f'print("Received:", {ANSWER}, flush=True)'
CONNECT_AGAIN = f"""{PRINT}
        address = conn.getpeername()
        conn.close()
        conn = socket.create_connection(address)"""


def answer_as_text(errors):
    """The edits of a client that decodes each piece when it arrives."""
    return (
        ('answer = b""', 'answer = ""'),
        (AS_MANY, "while len(answer.encode()) < len(data):"),
        ("answer += piece", f'answer += piece.decode(errors="{errors}")'),
        (ANSWER, "answer"),
    )


SERVERS = [
    # it does not even begin
    Mistake(
        name="port-as-text",
        program="server",
        belief="An argument that looks like a number is a number.",
        edits=(("(host, int(port))", "(host, port)"),),
        test="test_server.py::test_what_is_sent_comes_back",
        cause="crashed",
        hint="exception",
    ),
    *shared.main_not_called("test_what_is_sent_comes_back", "test_what_is_typed_goes_out_and_comes_back"),
    # the conversation
    Mistake(
        "recv-on-listener",
        "server",
        "The listening socket carries the data too.",
        f"{SERVER}::test_what_is_sent_comes_back",
        "end",
        "echo",
        edits=(
            (SERVE, "def serve(listener, conn, address):"),
            (SERVES, "                    serve(listener, conn, address)"),
            (SEND, "listener.sendall(data)"),
        ),
    ),
    Mistake(
        "accept-per-message",
        "server",
        "Each message needs its own accept.",
        f"{SERVER}::test_a_client_may_go_on",
        "silence",
        "again",
        edits=((RECEIVE, "if data := conn.recv(4096):"), ("with conn:", "if conn:")),
    ),
    Mistake(
        "process-after-eof",
        "server",
        "The server receives everything first and answers afterward.",
        f"{SERVER}::test_some_bytes_are_enough",
        "silence",
        "pieces",
        edits=((RECEIVE, 'for data in list(iter(lambda: conn.recv(4096), b"")):'),),
    ),
    Mistake(
        "waits-for-newline",
        "server",
        "Every client ends its text with a newline.",
        f"{SERVER}::test_some_bytes_are_enough",
        "silence",
        "pieces",
        edits=((RECEIVE, 'for data in conn.makefile("rb"):'),),
    ),
    Mistake(
        "invalid-bytes-kill",
        "server",
        "Everything that arrives is text, in whole letters.",
        f"{SERVER}::test_any_bytes_come_back",
        "ended",
        "bytes",
        edits=((SEND, "conn.sendall(data.decode().encode())"),),
    ),
    Mistake(
        "errors-ignore",
        "server",
        'With errors="ignore", nothing can go wrong in decode.',
        f"{SERVER}::test_any_bytes_come_back",
        "part",
        "bytes",
        edits=((SEND, 'conn.sendall(data.decode(errors="ignore").encode())'),),
    ),
    Mistake(
        "strip-takes-more",
        "server",
        "Spaces and newlines around a text aren't part of it.",
        f"{SERVER}::test_any_bytes_come_back",
        "other bytes",
        "bytes",
        edits=((SEND, "conn.sendall(data.strip())"),),
    ),
    Mistake(
        "short-piece-is-the-end",
        "server",
        "A chunk that doesn't fill the buffer is the last one.",
        f"{SERVER}::test_a_long_text_comes_back_whole",
        "silence",
        "long",
        edits=((SERVE, UNTIL_A_SHORT_PIECE + SERVE), (RECEIVE, "while data := receive_message(conn):")),
    ),
    Mistake(
        "long-message-cut",
        "server",
        "No client sends more than 1024 bytes.",
        f"{SERVER}::test_a_long_text_comes_back_whole",
        "part",
        "long",
        edits=((SEND, "conn.sendall(data[:1024])"),),
    ),
    Mistake(
        "quit-word",
        "server",
        "A user who sends quit wants to leave.",
        f"{SERVER}::test_a_client_may_go_on",
        "end",
        "no-command",
        edits=((SEND, f'if data.strip() == b"quit":\n                break\n            {SEND}'),),
    ),
    Mistake(
        "timeout-is-goodbye",
        "server",
        "A client that says nothing for two seconds is gone.",
        f"{SERVER}::test_a_client_may_go_on",
        "end",
        "patience",
        edits=(("with conn:", "conn.settimeout(2)\n                with conn:"),),
    ),
    Mistake(
        "never-waits",
        "server",
        "A program that doesn't block is better than one that waits.",
        f"{SERVER}::test_a_client_may_go_on",
        "spins",
        "rest",
        edits=(
            (RECEIVE, RECEIVE_WITHOUT_WAITING),
            (SEND, f"conn.setblocking(True)\n            {SEND}"),
        ),
    ),
    Mistake(
        "timeout-of-listener",
        "server",
        "If nobody comes within two seconds, nobody will.",
        f"{SERVER}::test_a_client_may_go_on",
        "ended",
        "patience",
        edits=((ACCEPT, f"listener.settimeout(2)\n                {ACCEPT}"),),
    ),
    # its end
    Mistake(
        "eof-ignored",
        "server",
        "recv waits, or fails, after the other side closed.",
        f"{SERVER}::test_the_end_of_a_conversation",
        "spins",
        "end",
        edits=((RECEIVE, "while True:\n            data = conn.recv(4096)"),),
    ),
    Mistake(
        "bytes-vs-str",
        "server",
        'b"" and "" are equal.',
        f"{SERVER}::test_the_end_of_a_conversation",
        "spins",
        "end",
        edits=((RECEIVE, 'while (data := conn.recv(4096)) != "":'),),
    ),
    Mistake(
        "quit-without-close",
        "server",
        "Leaving the loop closes the connection.",
        f"{SERVER}::test_the_end_of_a_conversation",
        "silence",
        "end",
        edits=(("with conn:", "if conn:"),),
    ),
    Mistake(
        "serve-once",
        "server",
        "A server has one client, and then it's done.",
        f"{SERVER}::test_one_client_after_another",
        "ended",
        "next",
        edits=(("while True:", "if True:"),),
    ),
    # where it listens
    Mistake(
        "empty-host-replaced",
        "server",
        "An empty HOST is the same as no HOST.",
        f"{SERVER}::test_an_empty_host_means_every_interface",
        "refused",
        "interfaces",
        edits=((HOST, 'host = (sys.argv[1:] and sys.argv[1]) or "127.0.0.1"'),),
    ),
    Mistake(
        "host-ignored",
        "server",
        "A server always runs on this machine, so only clients need HOST.",
        f"{SERVER}::test_an_empty_host_means_every_interface",
        "refused",
        "interfaces",
        edits=((CREATE, 'with socket.create_server(("127.0.0.1", int(port))) as listener:'),),
    ),
    Mistake(
        "everywhere-by-default",
        "server",
        "Without a HOST, a server is there for the whole network.",
        f"{SERVER}::test_host_and_port_may_be_left_out",
        "ended",
        "default-host",
        edits=((HOST, HOST.replace("127.0.0.1", "")),),
    ),
    Mistake(
        "exit-no-parens",
        "server",
        "sys.exit ends the program, even without parentheses.",
        f"{SERVER}::test_the_port_may_be_left_out",
        "crashed",
        "default-port",
        edits=((PORT, PORT_IS_TOLD),),
    ),
    Mistake(
        "thread-for-each",
        "server",
        "The more clients a server serves at the same time, the better.",
        f"{SERVER}::test_one_client_after_another",
        "too much",
        "turn",
        edits=(
            ("import sys\n", "import sys\nimport threading\n"),
            (f"                with conn:  # all other clients wait\n{SERVES}", START_THREAD),
        ),
    ),
    # what goes wrong
    Mistake(
        "reset-uncaught",
        "server",
        "Every client closes its connection before it exits.",
        f"{SERVER}::test_a_client_is_lost",
        "ended",
        "reset",
        edits=((LOST, "except TimeoutError as error:"),),
    ),
    Mistake(
        "reset-uncaught-send",
        "server",
        "Only recv can notice that the other side disconnected.",
        f"{SERVER}::test_a_client_does_not_wait_for_its_answer",
        "ended",
        "reset-on-send",
        edits=(
            (SERVE, RECEIVE_IF_POSSIBLE + SERVE),
            (RECEIVE, "while data := receive(conn):"),
            (LOST, "except TimeoutError as error:"),
        ),
    ),
    Mistake(
        "broken-pipe-uncaught",
        "server",
        "A lost connection always raises ConnectionResetError.",
        f"{SERVER}::test_a_client_does_not_wait_for_its_answer",
        "ended",
        "reset-on-send",
        edits=((LOST, "except ConnectionResetError as error:"),),
    ),
    Mistake(
        "error-on-screen",
        "server",
        "An error is shown where everything else is shown.",
        f"{SERVER}::test_the_port_is_taken",
        "other stream",
        "port-taken",
        edits=((TROUBLE, TROUBLE_ON_SCREEN),),
    ),
    Mistake(
        "ctrl-c-uncaught",
        "server",
        "except Exception catches everything, Ctrl+C too.",
        f"{SERVER}::test_ctrl_c",
        "crashed",
        "ctrl-c",
        edits=((CTRL_C, "except Exception:"),),
    ),
    Mistake(
        "handler-without-break",
        "server",
        "Closing the socket leaves the loop.",
        f"{SERVER}::test_ctrl_c",
        "other status",
        "ctrl-c",
        edits=((ACCEPT, ACCEPT_OR_CLOSE),),
    ),
    Mistake(
        "bare-except",
        "server",
        "The more an except catches, the better.",
        f"{SERVER}::test_ctrl_c_during_a_conversation",
        "goes on",
        "ctrl-c",
        edits=((LOST, "except BaseException as error:"),),
    ),
    Mistake(
        "no-reuseaddr",
        "server",
        "A port is free as soon as the program that used it exits.",
        f"{SERVER}::test_ctrl_c_during_a_conversation",
        "ended",
        "port-free",
        edits=((CREATE, CREATE_BY_HAND.format(before="", after="")),),
    ),
    Mistake(
        "reuseaddr-after-bind",
        "server",
        "You can set a socket option at any time.",
        f"{SERVER}::test_ctrl_c_during_a_conversation",
        "ended",
        "port-free",
        edits=((CREATE, CREATE_BY_HAND.format(before="", after=f"\n            {SET_OPTION}")),),
    ),
    Mistake(
        "port-busy",
        "server",
        "If bind fails, a message is enough, and the program can continue.",
        f"{SERVER}::test_the_port_is_taken",
        "goes on",
        "port-taken",
        edits=(
            (
                CREATE,
                CREATE_BY_HAND.format(before=f"{SET_OPTION}\n            ", after="").replace(
                    "listener.bind((host, int(port)))\n            ", TRY_TO_BIND
                ),
            ),
        ),
    ),
    Mistake(
        "port-busy-uncaught",
        "server",
        "No one starts a server twice.",
        f"{SERVER}::test_the_port_is_taken",
        "crashed",
        "port-taken",
        edits=((FORESEEN, "except (ValueError, OverflowError) as error:"),),
    ),
    Mistake(
        "port-too-large",
        "server",
        "Every number is a port.",
        f"{SERVER}::test_a_port_that_is_none",
        "crashed",
        "bad-port",
        edits=((FORESEEN, "except (OSError, ValueError) as error:"),),
    ),
    # the log
    Mistake(
        "log-without-port",
        "server",
        "The IP address says which client it was.",
        f"{SERVER}::test_the_log_says_who",
        "other print",
        "log",
        edits=(('"%s port %s connected", *address', '"%s connected", address[0]'),),
    ),
    Mistake(
        "connect-not-logged",
        "server",
        "Who has left was there before, so one line is enough.",
        f"{SERVER}::test_the_log_says_who",
        "silent log",
        "log",
        edits=(('    logging.info("%s port %s connected", *address)  # log who connects, leaves, is lost\n', ""),),
    ),
    Mistake(
        "log-level",
        "server",
        "Everything you pass to logging appears in the log.",
        f"{SERVER}::test_the_log_says_who",
        "silent log",
        "log",
        edits=(("basicConfig(level=logging.INFO, ", "basicConfig("),),
    ),
    Mistake(
        "left-missing",
        "server",
        "Only new clients are worth a line in the log.",
        f"{SERVER}::test_the_log_says_who",
        "silent log",
        "log",
        edits=(('logging.info("%s port %s left", *address)', "pass"),),
    ),
    Mistake(
        "lost-unlogged",
        "server",
        "An error that does no harm doesn't need a line in the log.",
        f"{SERVER}::test_the_log_says_who_was_lost",
        "silent log",
        "log-lost",
        edits=(('logging.warning("%s port %s lost: %s", *address, error)', "pass"),),
    ),
    Mistake(
        "lost-logged-as-left",
        "server",
        "Gone is gone: how a client went isn't worth other words.",
        f"{SERVER}::test_the_log_says_who_was_lost",
        "other print",
        "log-lost",
        edits=(
            ('logging.warning("%s port %s lost: %s", *address, error)', 'logging.info("%s port %s left", *address)'),
        ),
    ),
]

CLIENTS = [
    # the conversation
    Mistake(
        "process-after-eof-client",
        "client",
        "The user types everything first, and then the client sends it.",
        f"{CLIENT}::test_what_is_typed_goes_out_and_comes_back",
        "silence",
        "talk",
        edits=((READ, "for line in list(sys.stdin):"),),
    ),
    Mistake(
        "line-end-sent",
        "client",
        "A line from the keyboard is the text without a newline.",
        f"{CLIENT}::test_line_after_line",
        "other bytes",
        "line",
        edits=((WITHOUT_ITS_END, "line.encode()"),),
    ),
    Mistake(
        "quit-word-client",
        "client",
        "A user who types quit wants to leave.",
        f"{CLIENT}::test_line_after_line",
        "ended",
        "no-command",
        edits=(("if not data:", 'if not data or data == b"quit":'),),
    ),
    Mistake(
        "answers-grow",
        "client",
        "Each answer can be added to those before it.",
        f"{CLIENT}::test_several_lines_at_once",
        "other print",
        "lines",
        edits=(
            (READ, f'answer, total = b"", 0\n    {READ}'),
            ('answer = b""', "total += len(data)"),
            (AS_MANY, "while len(answer) < total:"),
        ),
    ),
    Mistake(
        "connection-per-line",
        "client",
        "Each message needs its own connection.",
        f"{CLIENT}::test_line_after_line",
        "end",
        "line",
        edits=((PRINT, CONNECT_AGAIN),),
    ),
    Mistake(
        "stdout-buffered",
        "client",
        "What you print appears immediately.",
        f"{CLIENT}::test_the_screen_shows_it_at_once",
        "silent screen",
        "flush",
        edits=((", flush=True)", ")"),),
    ),
    Mistake(
        "strip-takes-more-client",
        "client",
        "strip removes only the newline.",
        f"{CLIENT}::test_the_blanks_of_a_line",
        "other bytes",
        "whole-line",
        edits=((WITHOUT_ITS_END, "line.strip().encode()"),),
    ),
    Mistake(
        "typed-is-received",
        "client",
        "The reply equals what I sent, so I can print that.",
        f"{CLIENT}::test_what_is_shown_has_come_back",
        "other print",
        "came-back",
        edits=((ANSWER, 'line.rstrip("\\n")'),),
    ),
    Mistake(
        "recv-is-message-client",
        "client",
        "One recv returns exactly what one send sent.",
        f"{CLIENT}::test_an_answer_in_pieces",
        "other print",
        "as-many",
        edits=((AS_MANY, "if True:"),),
    ),
    shared.drops_repeated(
        "    for line in sys.stdin:\n",
        "line",
        program="client",
        test="test_client.py::test_line_after_line",
        cause="silence",
        hint="line",
    ),
    Mistake(
        "waits-after-a-byte",
        "client",
        "Each byte comes back before the next one goes out.",
        f"{CLIENT}::test_what_is_typed_goes_out_and_comes_back",
        "part",
        "talk",
        edits=(
            ("        conn.sendall(data)\n", ""),
            (PIECE, f"conn.sendall(data[len(answer) : len(answer) + 1])\n            {PIECE}"),
        ),
    ),
    Mistake(
        "bigger-buffer-client",
        "client",
        "The reply is cut because the buffer is too small.",
        f"{CLIENT}::test_an_answer_in_pieces",
        "other print",
        "as-many",
        edits=((AS_MANY, "if True:"), (PIECE, "piece = conn.recv(1_000_000)")),
    ),
    Mistake(
        "short-piece-is-the-end-client",
        "client",
        "A chunk that doesn't fill the buffer is the last one.",
        f"{CLIENT}::test_a_long_line",
        "silent screen",
        "as-many",
        edits=((AS_MANY, "while not answer or len(piece) == 4096:"),),
    ),
    Mistake(
        "length-in-characters-client",
        "client",
        "len of a text is the number of its bytes.",
        f"{CLIENT}::test_a_letter_in_two_pieces",
        "other print",
        "letter",
        edits=((AS_MANY, 'while len(answer) < len(line.rstrip("\\n")):'),),
    ),
    Mistake(
        "utf8-split-client",
        "client",
        "Each chunk can be decoded on its own.",
        f"{CLIENT}::test_a_letter_in_two_pieces",
        "ended",
        "letter",
        edits=answer_as_text("strict"),
    ),
    Mistake(
        "errors-ignore-client",
        "client",
        'errors="ignore" helps when a letter arrives in two chunks.',
        f"{CLIENT}::test_a_letter_in_two_pieces",
        "silent screen",
        "letter",
        edits=answer_as_text("ignore"),
    ),
    Mistake(
        "decode-strict-client",
        "client",
        "Everything that a server sends is text.",
        f"{CLIENT}::test_bytes_that_are_no_text",
        "ended",
        "no-text",
        edits=((ANSWER, "answer.decode()"),),
    ),
    Mistake(
        "console-encoding-client",
        "client",
        "Keyboard and screen use UTF-8 on every machine.",
        f"{CLIENT}::test_a_system_that_speaks_no_utf_8",
        "ended",
        "encoding",
        edits=(
            ('sys.stdin.reconfigure(encoding="utf-8", errors="replace")', "pass"),
            ('sys.stdout.reconfigure(encoding="utf-8", errors="replace")', "pass"),
        ),
    ),
    Mistake(
        "str-of-bytes-client",
        "client",
        "print turns bytes into text.",
        f"{CLIENT}::test_a_letter_in_two_pieces",
        "other print",
        "letter",
        edits=((ANSWER, "answer"),),
    ),
    Mistake(
        "read-is-a-line-client",
        "client",
        "One read from the keyboard returns one line.",
        f"{CLIENT}::test_several_lines_at_once",
        "silent screen",
        "lines",
        edits=(
            ("import logging\n", "import logging\nimport os\n"),
            (READ, "while line := os.read(0, 65536).decode():"),
        ),
    ),
    # its end
    Mistake(
        "stdin-eof",
        "client",
        "input() always returns a line.",
        f"{CLIENT}::test_the_keyboard_ends",
        "crashed",
        "keyboard-end",
        edits=((READ, "while True:\n        line = input()"),),
    ),
    Mistake(
        "empty-send",
        "client",
        "sendall with an empty text sends something.",
        f"{CLIENT}::test_an_empty_line",
        "goes on",
        "empty-line",
        edits=(("if not data:", 'if line == "":'),),
    ),
    # whom it reaches
    Mistake(
        "exit-no-parens-client",
        "client",
        "sys.exit ends the program, even without parentheses.",
        f"{CLIENT}::test_the_port_may_be_left_out",
        "crashed",
        "default-port",
        edits=((PORT, PORT_IS_TOLD),),
    ),
    Mistake(
        "refused-uncaught",
        "client",
        "The server is always running before its clients.",
        f"{CLIENT}::test_nobody_listens",
        "crashed",
        "refused",
        edits=((FORESEEN, "except (ConnectionResetError, TimeoutError, ValueError, OverflowError) as error:"),),
    ),
    Mistake(
        "no-connect-timeout",
        "client",
        "connect succeeds or fails immediately.",
        f"{CLIENT}::test_nobody_answers",
        "goes on",
        "no-answer",
        edits=(("(host, int(port)), timeout=2)", "(host, int(port)))"),),
    ),
    Mistake(
        "connect-timeout-stays",
        "client",
        "The timeout that I set for connect applies to connect only.",
        f"{CLIENT}::test_nobody_answers",
        "ended",
        "patience",
        edits=(("conn.settimeout(None)", "pass"),),
    ),
    # what goes wrong
    Mistake(
        "server-gone-unnoticed",
        "client",
        "If the server exits, the client stops by itself.",
        f"{CLIENT}::test_the_server_ends_too_early",
        "spins",
        "gone",
        edits=((NO_PIECE, "if piece is None:"),),
    ),
    Mistake(
        "server-gone-unsaid",
        "client",
        "The user doesn't need to know why the chat ended.",
        f"{CLIENT}::test_the_server_ends_too_early",
        "other status",
        "gone",
        edits=((TOO_EARLY, "return"),),
    ),
    Mistake(
        "reset-uncaught-client",
        "client",
        "A server closes its connections before it exits.",
        f"{CLIENT}::test_the_server_is_lost",
        "crashed",
        "lost",
        edits=((FORESEEN, "except (ConnectionRefusedError, TimeoutError, ValueError, OverflowError) as error:"),),
    ),
    Mistake(
        "reset-uncaught-send-client",
        "client",
        "Only recv can notice that the other side disconnected.",
        f"{CLIENT}::test_the_server_has_gone_meanwhile",
        "crashed",
        "lost-on-send",
        edits=(
            (TALK, RECEIVE_IF_POSSIBLE + TALK),
            (PIECE, "piece = receive(conn)"),
            (TOO_EARLY, 'sys.exit("The server has gone.")'),
            (FORESEEN, "except (ConnectionRefusedError, TimeoutError, ValueError, OverflowError) as error:"),
        ),
    ),
    Mistake(
        "ctrl-c-uncaught-client",
        "client",
        "except Exception catches everything, Ctrl+C too.",
        f"{CLIENT}::test_ctrl_c_at_the_keyboard",
        "crashed",
        "ctrl-c",
        edits=((CTRL_C, "except Exception:"),),
    ),
    Mistake(
        "ctrl-c-is-an-error-client",
        "client",
        "Ctrl+C is an error.",
        f"{CLIENT}::test_ctrl_c_before_the_answer",
        "other status",
        "ctrl-c",
        edits=((STOPPED, "sys.exit(130)"),),
    ),
    shared.ctrl_c_too_early("talk(conn)", test=f"{CLIENT}::test_ctrl_c_before_the_answer"),
    Mistake(
        "port-no-number-client",
        "client",
        "Every problem with an address raises OSError.",
        f"{CLIENT}::test_a_port_that_is_none",
        "crashed",
        "bad-port",
        edits=((FORESEEN, "except OSError as error:"),),
    ),
    # the log
    Mistake(
        "log-without-port-client",
        "client",
        "Everyone knows which server this client connects to.",
        f"{CLIENT}::test_the_log_says_where",
        "other print",
        "client-log",
        edits=(('"connected to %s port %s", host, port', '"connected"'),),
    ),
    Mistake(
        "left-missing-client",
        "client",
        "You can tell from the log that nothing more follows.",
        f"{CLIENT}::test_the_log_says_how_it_ended",
        "ended",
        "client-log",
        edits=(('logging.info("left")', "pass"),),
    ),
]

EDGES = [
    Mistake(
        "control-d-ends",
        "server",
        "A user who presses Ctrl+D sends a byte for it.",
        test=f"{SERVER}::test_any_bytes_come_back",
        cause="end",
        hint="bytes",
        edits=((SEND, f'if data == b"\\4":\n                break\n            {SEND}'),),
    ),
    Mistake(
        "help-is-a-command",
        "client",
        "A good program explains itself when it is asked for help.",
        test=f"{CLIENT}::test_line_after_line",
        cause="silence",
        hint="no-command",
        edits=(
            (
                "        if not data:",
                '        if data == b"/help":\n            print("An empty line ends.", flush=True)\n'
                "            continue\n        if not data:",
            ),
        ),
    ),
    Mistake(
        "calls-itself",
        "server",
        "A function may begin the next round by calling itself.",
        test=f"{SERVER}::test_one_client_after_another",
        cause="crashed",
        hint="forever",
        edits=(
            ("            while True:\n", "            def welcome():\n"),
            (SERVES, f"{SERVES}\n                welcome()\n\n            welcome()"),
        ),
    ),
    Mistake(
        "calls-itself-client",
        "client",
        "A function may begin the next round by calling itself.",
        test=f"{CLIENT}::test_line_after_line",
        cause="crashed",
        hint="forever",
        edits=(
            ("    for line in sys.stdin:\n", "    if line := sys.stdin.readline():\n"),
            ("            break\n        # send it", "            return\n        # send it"),
            (
                '        print("Received:", answer.decode(errors="replace"), flush=True)\n',
                '        print("Received:", answer.decode(errors="replace"), flush=True)\n        talk(conn)\n',
            ),
        ),
    ),
    Mistake(
        "reset-without-a-word",
        "client",
        "The exit status says enough, so no message is needed.",
        test=f"{CLIENT}::test_the_server_is_lost",
        cause="wordless",
        hint="lost",
        edits=((STOPPED, f"{STOPPED}\n    except ConnectionResetError:\n        sys.exit(1)"),),
    ),
    Mistake(
        "port-off-by-one",
        "server",
        "There are 65,536 ports, so 65536 is the last one.",
        test=f"{SERVER}::test_a_port_that_is_none",
        cause="crashed",
        hint="bad-port",
        edits=(
            (
                "    try:\n        # listen there",
                '    if not port.isdigit() or int(port) > 65536:\n        sys.exit("no port")\n'
                "    try:\n        # listen there",
            ),
            (FORESEEN, "except OSError as error:"),
        ),
    ),
]
MISTAKES = [*SERVERS, *CLIENTS, *EDGES]
