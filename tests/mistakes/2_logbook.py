"""The classic wrong programs of stage 2.

Left out, with the name in the catalogue:
send-ignored-result: cannot be seen on a blocking socket, where send takes everything;
bind-gethostname, localhost-is-ipv6: what these names mean differs from machine to machine (see host-ignored);
reuseaddr-first-run: a fact to know, not a program;
connected-is-served: nothing comes back in this stage, so a client cannot know who serves it;
winerror-10054: the same program as reset-uncaught, on another system;
ctrlc-blocked-windows: cannot be seen elsewhere;
too-new-syntax: what is too new depends on the Python that runs the tests.
"""

from pathlib import Path

from parley.checks.mistakes import Mistake, page_of

shared = page_of(Path(__file__).with_name("shared.py"))

SERVER, CLIENT = "test_server.py", "test_client.py"

RECEIVE = "while data := conn.recv(4096):"
CUT = 'lines = (waiting + data).split(b"\\n")'
WHOLE_LINE = 'yield line.removesuffix(b"\\r").decode(errors="replace")'
LAST_LINE = 'yield waiting.removesuffix(b"\\r").decode(errors="replace")'
INTO_FILE = "print(entry, file=logbook, flush=True)"
ONTO_SCREEN = "print(entry, flush=True)"
CREATE = "with socket.create_server((host, int(port))) as listener:"
CREATE_BY_HAND = """with socket.socket() as listener:
                {first}listener.bind((host, int(port))){last}
                listener.listen()"""
SET_OPTION = "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
SEND = 'conn.sendall(f"{text}\\n".encode())'
READ = "for line in sys.stdin:"
LOST = "except (OSError, ValueError) as error:"
FORESEEN = "except (OSError, ValueError, OverflowError) as error:"


NOW = "datetime.now().isoformat(timespec='seconds')"
ENTRY = "entry = f\"{datetime.now().isoformat(timespec='seconds')} {text}\""
AS_LATIN_1 = '''def decoded(line):
    """The text of a line, in the first encoding that fits."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


'''


def pieces_as_text(errors):
    """The edits of a server that decodes each piece when it arrives."""
    return (
        ('waiting = b""', 'waiting = ""'),
        (CUT, f'lines = (waiting + data.decode(errors="{errors}")).split("\\n")'),
        (WHOLE_LINE, 'yield line.removesuffix("\\r")'),
        (LAST_LINE, 'yield waiting.removesuffix("\\r")'),
    )


SERVERS = [
    # it does not even begin
    *shared.main_not_called("test_a_line_becomes_an_entry", "test_what_is_typed_is_sent"),
    # lines
    Mistake(
        "recv-is-message",
        "server",
        "One recv returns one message.",
        f"{SERVER}::test_several_lines_at_once",
        "other print",
        "lines",
        edits=((CUT, 'lines = [data.rstrip(b"\\n"), b""]'),),
    ),
    Mistake(
        "bigger-buffer",
        "server",
        "Messages stick together because the buffer has the wrong size.",
        f"{SERVER}::test_several_lines_at_once",
        "other print",
        "lines",
        edits=((RECEIVE, "while data := conn.recv(1_000_000):"), (CUT, 'lines = [data.rstrip(b"\\n"), b""]')),
    ),
    shared.drops_repeated(
        "        for text in receive_lines(conn):\n",
        "text",
        program="server",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="silent screen",
        hint="unchanged",
    ),
    Mistake(
        "endswith-newline",
        "server",
        "If the buffer ends with a newline, it contains exactly one line.",
        f"{SERVER}::test_several_lines_at_once",
        "other print",
        "lines",
        edits=((CUT, 'lines = [(waiting + data)[:-1], b""] if data.endswith(b"\\n") else [waiting + data]'),),
    ),
    Mistake(
        "makefile-per-line",
        "server",
        "makefile is a cheap way to read just one line, each time.",
        f"{SERVER}::test_several_lines_at_once",
        "silent screen",
        "lines",
        edits=(("for text in receive_lines(conn):", 'while text := conn.makefile().readline().rstrip("\\n"):'),),
    ),
    Mistake(
        "torn-message",
        "server",
        "A short line always arrives in one chunk.",
        f"{SERVER}::test_a_line_in_pieces",
        "other print",
        "pieces",
        edits=((CUT, 'lines = [*data.splitlines(), b""]'),),
    ),
    Mistake(
        "long-message-cut",
        "server",
        "No client sends more than 1024 bytes.",
        f"{SERVER}::test_a_long_line",
        "other print",
        "pieces",
        edits=((RECEIVE, "while data := conn.recv(1024):"), (CUT, 'lines = [*data.splitlines(), b""]')),
    ),
    Mistake(
        "process-after-eof",
        "server",
        "The server receives everything first and answers afterward.",
        f"{SERVER}::test_a_line_becomes_an_entry",
        "silent screen",
        "entry",
        edits=(("for text in receive_lines(conn):", "for text in list(receive_lines(conn)):"),),
    ),
    Mistake(
        "last-line-lost",
        "server",
        "Every line ends with a newline, even the last one.",
        f"{SERVER}::test_the_last_line",
        "other print",
        "last-line",
        edits=(("if waiting:", 'if waiting.endswith(b"\\n"):'),),
    ),
    Mistake(
        "last-line-always",
        "server",
        "The rest of the buffer is the last line, even if it's empty.",
        f"{SERVER}::test_the_last_line",
        "other file",
        "last-line",
        edits=(("if waiting:", "if waiting is not None:"),),
    ),
    # bytes and text
    Mistake(
        "utf8-split",
        "server",
        "Each chunk that arrives can be decoded on its own.",
        f"{SERVER}::test_a_letter_in_pieces",
        "silent screen",
        "letters",
        edits=pieces_as_text("strict"),
    ),
    Mistake(
        "errors-ignore",
        "server",
        "errors='ignore' solves the problem of letters that are cut in two.",
        f"{SERVER}::test_a_letter_in_pieces",
        "other print",
        "letters",
        edits=pieces_as_text("ignore"),
    ),
    Mistake(
        "invalid-bytes-kill",
        "server",
        "Everything that arrives is UTF-8.",
        f"{SERVER}::test_bytes_that_are_no_text",
        "silent screen",
        "no-text",
        edits=((WHOLE_LINE, 'yield line.removesuffix(b"\\r").decode()'),),
    ),
    Mistake(
        "errors-ignore-invalid",
        "server",
        "Bytes that aren't text can disappear without a trace.",
        f"{SERVER}::test_bytes_that_are_no_text",
        "other print",
        "no-text",
        edits=((WHOLE_LINE, 'yield line.removesuffix(b"\\r").decode(errors="ignore")'),),
    ),
    Mistake(
        "str-of-bytes",
        "server",
        "str turns bytes into text.",
        f"{SERVER}::test_a_line_becomes_an_entry",
        "other print",
        "entry",
        edits=((WHOLE_LINE, 'yield str(line.removesuffix(b"\\r"))'),),
    ),
    Mistake(
        "rstrip-chars",
        "server",
        'rstrip("…") removes that ending once.',
        f"{SERVER}::test_the_text_stays_as_it_is",
        "other print",
        "unchanged",
        edits=((WHOLE_LINE, 'yield line.decode(errors="replace").rstrip("\\r\\ne")'),),
    ),
    Mistake(
        "strip-all",
        "server",
        "strip removes only the newline.",
        f"{SERVER}::test_the_text_stays_as_it_is",
        "other print",
        "unchanged",
        edits=((WHOLE_LINE, 'yield line.decode(errors="replace").strip()'),),
    ),
    Mistake(
        "splitlines-of-text",
        "server",
        "splitlines cuts at newlines, and nowhere else.",
        f"{SERVER}::test_the_text_stays_as_it_is",
        "other print",
        "unchanged",
        edits=((WHOLE_LINE, 'yield from line.decode(errors="replace").splitlines() or [""]'),),
    ),
    Mistake(
        "crlf",
        "server",
        "Lines end with a newline, everywhere.",
        f"{SERVER}::test_lines_from_telnet",
        "other print",
        "crlf",
        edits=((WHOLE_LINE, 'yield line.decode(errors="replace")'),),
    ),
    Mistake(
        "twelve-hours",
        "server",
        "%I is the hour.",
        f"{SERVER}::test_the_time_of_an_entry",
        "other print",
        "time",
        edits=((NOW, "f'{datetime.now():%Y-%m-%dT%I:%M:%S}'"),),
    ),
    Mistake(
        "crlf-per-chunk",
        "server",
        "A chunk never ends between \\r and \\n.",
        f"{SERVER}::test_lines_from_telnet",
        "other print",
        "crlf",
        edits=(
            (CUT, 'lines = (waiting + data.replace(b"\\r\\n", b"\\n")).split(b"\\n")'),
            (WHOLE_LINE, 'yield line.decode(errors="replace")'),
        ),
    ),
    Mistake(
        "universal-newlines",
        "server",
        "A carriage return ends a line too.",
        f"{SERVER}::test_the_text_stays_as_it_is",
        "other print",
        "unchanged",
        edits=((WHOLE_LINE, 'yield from line.removesuffix(b"\\r").decode(errors="replace").split("\\r")'),),
    ),
    Mistake(
        "decoder-keeps-half",
        "server",
        "The rest of a letter always arrives.",
        f"{SERVER}::test_bytes_that_are_no_text",
        "other print",
        "no-text",
        edits=(
            ("import logging\n", "import codecs\nimport logging\n"),
            ("def serve(", 'decoder = codecs.getincrementaldecoder("utf-8")("replace")\n\n\ndef serve('),
            (WHOLE_LINE, 'yield decoder.decode(line.removesuffix(b"\\r"))'),
        ),
    ),
    Mistake(
        "latin-1-instead",
        "server",
        "A line that isn't UTF-8 is in another encoding.",
        f"{SERVER}::test_bytes_that_are_no_text",
        "other print",
        "no-text",
        edits=(
            ("def serve(", AS_LATIN_1 + "def serve("),
            (WHOLE_LINE, 'yield decoded(line.removesuffix(b"\\r"))'),
        ),
    ),
    Mistake(
        "quit-word",
        "server",
        "A user who sends quit wants to leave.",
        f"{SERVER}::test_the_text_stays_as_it_is",
        "silent screen",
        "no-command",
        edits=((ENTRY, f'if text == "quit":\n                break\n            {ENTRY}'),),
    ),
    Mistake(
        "timeout-is-goodbye",
        "server",
        "A client that says nothing for two seconds is gone.",
        f"{SERVER}::test_a_line_becomes_an_entry",
        "silent screen",
        "patience",
        edits=(("with conn:", "conn.settimeout(2)\n                    with conn:"),),
    ),
    Mistake(
        "open-without-encoding",
        "server",
        "open always writes UTF-8.",
        f"{SERVER}::test_a_system_that_speaks_no_utf_8",
        "silent screen",
        "encoding",
        edits=(('open("logbook.txt", "a", encoding="utf-8")', 'open("logbook.txt", "a")'),),
    ),
    Mistake(
        "console-encoding",
        "server",
        "print can show every letter on every screen.",
        f"{SERVER}::test_a_system_that_speaks_no_utf_8",
        "silent screen",
        "encoding",
        edits=(('    sys.stdout.reconfigure(encoding="utf-8", errors="replace")\n', ""),),
    ),
    # the entry and the logbook
    Mistake(
        "stdout-buffered",
        "server",
        "What you print appears immediately.",
        f"{SERVER}::test_a_line_becomes_an_entry",
        "silent screen",
        "entry",
        edits=((ONTO_SCREEN, "print(entry)"),),
    ),
    Mistake(
        "time-with-fraction",
        "server",
        "The more precise a time is, the better.",
        f"{SERVER}::test_the_time_of_an_entry",
        "other print",
        "time",
        edits=(("isoformat(timespec='seconds')", "isoformat()"),),
    ),
    Mistake(
        "time-of-the-start",
        "server",
        "Python computes a default value again at each call.",
        f"{SERVER}::test_the_time_of_an_entry",
        "other print",
        "time",
        edits=(
            ("def serve(conn, address, logbook):", "def serve(conn, address, logbook, now=datetime.now()):"),
            ("datetime.now().isoformat", "now.isoformat"),
        ),
    ),
    Mistake(
        "log-not-flushed",
        "server",
        "After write, the text is in the file.",
        f"{SERVER}::test_the_logbook",
        "other file",
        "logbook",
        edits=((INTO_FILE, "print(entry, file=logbook)"),),
    ),
    Mistake(
        "log-elsewhere",
        "server",
        "The file belongs in the folder of the program.",
        f"{SERVER}::test_the_logbook",
        "no file",
        "logbook",
        edits=(('open("logbook.txt",', 'open(__file__ + ".logbook.txt",'),),
    ),
    Mistake(
        "log-truncated",
        "server",
        'open(..., "w") keeps the old text and writes after it.',
        f"{SERVER}::test_the_logbook_survives",
        "other file",
        "append",
        edits=(('"logbook.txt", "a"', '"logbook.txt", "w"'),),
    ),
    Mistake(
        "screen-first",
        "server",
        "It doesn't matter whether the screen or the file comes first.",
        f"{SERVER}::test_first_the_logbook_then_the_screen",
        "unwanted print",
        "before",
        edits=((ONTO_SCREEN, 'logbook.write(f"{entry}\\n")\n            logbook.flush()'), (INTO_FILE, ONTO_SCREEN)),
    ),
    # the end of a connection
    Mistake(
        "eof-ignored",
        "server",
        "recv waits, or fails, after the other side closed.",
        f"{SERVER}::test_nothing_comes_back",
        "spins",
        "end",
        edits=((RECEIVE, "while True:\n        data = conn.recv(4096)"),),
    ),
    Mistake(
        "echo-kept",
        "server",
        "A client expects its line back.",
        f"{SERVER}::test_nothing_comes_back",
        "too much",
        "end",
        edits=((ONTO_SCREEN, f'{ONTO_SCREEN}\n            conn.sendall(f"{{entry}}\\n".encode())'),),
    ),
    Mistake(
        "quit-without-close",
        "server",
        "Leaving the loop closes the connection.",
        f"{SERVER}::test_nothing_comes_back",
        "silence",
        "end",
        edits=(("with conn:", "if conn:"),),
    ),
    Mistake(
        "one-client-only",
        "server",
        "When the client leaves, the server is done.",
        f"{SERVER}::test_one_client_at_a_time",
        "ended",
        "next",
        edits=(("while True:", "if True:"),),
    ),
    Mistake(
        "all-at-once",
        "server",
        "A server has a thread for each client.",
        f"{SERVER}::test_one_client_at_a_time",
        "other file",
        "next",
        edits=(
            ("import sys\n", "import sys\nimport threading\n"),
            (
                " " * 24 + "serve(conn, address, logbook)",
                " " * 24 + "threading.Thread(target=serve, args=[conn.dup(), address, logbook], daemon=True).start()",
            ),
        ),
    ),
    Mistake(
        "reset-uncaught",
        "server",
        "Every user closes the connection before leaving.",
        f"{SERVER}::test_a_client_is_lost",
        "ended",
        "reset",
        edits=((LOST, "except ValueError as error:"),),
    ),
    Mistake(
        "getpeername-raises",
        "server",
        "A client that was accepted is still connected.",
        f"{SERVER}::test_a_client_gives_up",
        "ended",
        "reset",
        edits=((" " * 24 + "serve(conn, address,", " " * 24 + "serve(conn, conn.getpeername(),"),),
    ),
    Mistake(
        "endless-line",
        "server",
        "Every line ends sooner or later.",
        f"{SERVER}::test_a_line_that_never_ends",
        "silence",
        "too-long",
        edits=(("if len(lines[0]) > MAX_LINE:", "if not lines:"),),
    ),
    Mistake(
        "length-in-characters",
        "server",
        "A letter is one byte.",
        f"{SERVER}::test_a_line_that_never_ends",
        "silence",
        "too-long",
        edits=(("if len(lines[0]) > MAX_LINE:", 'if len(lines[0].decode(errors="replace")) > MAX_LINE:'),),
    ),
    # addresses, ports, the end of the server
    Mistake(
        "host-ignored",
        "server",
        "A server is always reached as 127.0.0.1.",
        f"{SERVER}::test_an_empty_host_means_every_interface",
        "refused",
        "interfaces",
        edits=((CREATE, CREATE.replace("host,", '"127.0.0.1",')),),
    ),
    Mistake(
        "port-always-told",
        "server",
        "The user always gives every argument.",
        f"{SERVER}::test_host_and_port_may_be_left_out",
        "crashed",
        "default-port",
        edits=(('port = sys.argv[2] if len(sys.argv) > 2 else "50007"', "port = sys.argv[2]"),),
    ),
    Mistake(
        "ctrl-c-is-no-error",
        "server",
        "except Exception also catches Ctrl+C.",
        f"{SERVER}::test_ctrl_c",
        "crashed",
        "ctrl-c",
        edits=(("except KeyboardInterrupt:", "except Exception:"),),
    ),
    Mistake(
        "no-reuseaddr",
        "server",
        "A port is free as soon as the program that used it exits.",
        f"{SERVER}::test_ctrl_c_during_a_conversation",
        "ended",
        "port-free",
        edits=((CREATE, CREATE_BY_HAND.format(first="", last="")),),
    ),
    Mistake(
        "reuseaddr-after-bind",
        "server",
        "You can set a socket option at any time.",
        f"{SERVER}::test_ctrl_c_during_a_conversation",
        "ended",
        "port-free",
        edits=((CREATE, CREATE_BY_HAND.format(first="", last=f"\n                {SET_OPTION}")),),
    ),
    Mistake(
        "port-busy",
        "server",
        "If bind fails, printing the error is enough.",
        f"{SERVER}::test_the_port_is_taken",
        "goes on",
        "port-taken",
        edits=(
            (
                CREATE,
                CREATE_BY_HAND.format(
                    first=f"{SET_OPTION}\n                try:\n                    ",
                    last="\n                except OSError as error:\n                    print(error)",
                ),
            ),
        ),
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
        "left-not-logged",
        "server",
        "Every client leaves some time, so there's nothing to log.",
        f"{SERVER}::test_the_log_says_who",
        "silent log",
        "log",
        edits=(('logging.info("%s port %s left", *address)', "pass"),),
    ),
    Mistake(
        "lost-not-logged",
        "server",
        "An error that I catch doesn't need a line in the log.",
        f"{SERVER}::test_the_log_says_who_was_lost",
        "silent log",
        "log-lost",
        edits=(('logging.warning("%s port %s lost: %s", *address, error)', "pass"),),
    ),
    Mistake(
        "too-long-not-logged",
        "server",
        "A client that sends such a line knows why the connection ends.",
        f"{SERVER}::test_the_log_says_what_was_too_long",
        "silent log",
        "log-lost",
        edits=((LOST, f"except ValueError:\n        return\n    {LOST.replace('(OSError, ValueError)', 'OSError')}"),),
    ),
    Mistake(
        "log-without-address",
        "server",
        "All clients are on this machine, so the port says who it is.",
        f"{SERVER}::test_the_log_says_who",
        "other print",
        "log",
        edits=(('"%s port %s connected", *address', '"port %s connected", address[1]'),),
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
    Mistake(
        "normalized-client",
        "client",
        "Two texts that look the same are the same.",
        f"{CLIENT}::test_it_is_sent_as_it_was_typed",
        "other bytes",
        "as-typed",
        edits=(
            ("import sys\n", "import sys\nimport unicodedata\n"),
            (SEND, f'text = unicodedata.normalize("NFC", text)\n        {SEND}'),
        ),
    ),
    Mistake(
        "quit-word-client",
        "client",
        "A user who types quit wants to leave.",
        f"{CLIENT}::test_it_is_sent_as_it_was_typed",
        "ended",
        "no-command",
        edits=((SEND, f'if text == "quit":\n            break\n        {SEND}'),),
    ),
    Mistake(
        "no-terminator-sent",
        "client",
        "The other side knows where my line ends without a newline.",
        f"{CLIENT}::test_what_is_typed_is_sent",
        "part",
        "sends",
        edits=((SEND, "conn.sendall(text.encode())"),),
    ),
    Mistake(
        "sleep-between-sends",
        "client",
        "A short pause keeps two messages apart.",
        f"{CLIENT}::test_what_is_typed_is_sent",
        "part",
        "sends",
        edits=(
            ("import sys\n", "import sys\nimport time\n"),
            (SEND, "conn.sendall(text.encode())\n        time.sleep(0.1)"),
        ),
    ),
    Mistake(
        "process-after-eof-client",
        "client",
        "The client reads everything first and sends it afterward.",
        f"{CLIENT}::test_what_is_typed_is_sent",
        "silence",
        "sends",
        edits=((READ, "for line in sys.stdin.readlines():"),),
    ),
    Mistake(
        "file-not-flushed-client",
        "client",
        "After write, the text is sent.",
        f"{CLIENT}::test_what_is_typed_is_sent",
        "silence",
        "sends",
        edits=(
            (READ, f'stream = conn.makefile("w", encoding="utf-8")\n    {READ}'),
            (SEND, 'stream.write(f"{text}\\n")'),
        ),
    ),
    Mistake(
        "empty-line-ends",
        "client",
        "An empty line means that the user wants to leave.",
        f"{CLIENT}::test_it_is_sent_as_it_was_typed",
        "ended",
        "as-typed",
        edits=((SEND, f"if not text:\n            return\n        {SEND}"),),
    ),
    Mistake(
        "strip-all-client",
        "client",
        "strip removes only the newline.",
        f"{CLIENT}::test_it_is_sent_as_it_was_typed",
        "other bytes",
        "as-typed",
        edits=(('line.rstrip("\\n")', "line.strip()"),),
    ),
    Mistake(
        "stdin-eof",
        "client",
        "input() always returns a line.",
        f"{CLIENT}::test_the_end_of_the_keyboard",
        "crashed",
        "keyboard",
        edits=((READ, "while True:\n        line = input()"),),
    ),
    Mistake(
        "console-encoding-client",
        "client",
        "The keyboard uses UTF-8 on every machine.",
        f"{CLIENT}::test_a_system_that_speaks_no_utf_8",
        "ended",
        "encoding",
        edits=(('    sys.stdin.reconfigure(encoding="utf-8", errors="replace")\n', ""),),
    ),
    Mistake(
        "refused-uncaught",
        "client",
        "The server is always running when I start my client.",
        f"{CLIENT}::test_nobody_listens",
        "crashed",
        "refused",
        edits=((FORESEEN, "except (ValueError, OverflowError) as error:"),),
    ),
    Mistake(
        "no-connect-timeout",
        "client",
        "connect succeeds or fails immediately.",
        f"{CLIENT}::test_nobody_answers",
        "goes on",
        "no-answer",
        edits=((", timeout=2)", ")"),),
    ),
    Mistake(
        "port-no-number-client",
        "client",
        "The user always types a number as the port.",
        f"{CLIENT}::test_a_port_that_is_none",
        "crashed",
        "bad-port",
        edits=((FORESEEN, "except (OSError, OverflowError) as error:"),),
    ),
    Mistake(
        "ctrl-c-is-no-error-client",
        "client",
        "except Exception also catches Ctrl+C.",
        f"{CLIENT}::test_ctrl_c",
        "crashed",
        "ctrl-c",
        edits=(("except KeyboardInterrupt:", "except Exception:"),),
    ),
    Mistake(
        "server-gone-unnoticed",
        "client",
        "If the server exits, the client stops by itself.",
        f"{CLIENT}::test_the_server_has_ended",
        "goes on",
        "gone",
        edits=((SEND, f"try:\n            {SEND}\n        except OSError:\n            continue"),),
    ),
    Mistake(
        "reset-uncaught-client",
        "client",
        "A send can fail with BrokenPipeError, but never with ConnectionResetError.",
        f"{CLIENT}::test_the_server_is_lost",
        "crashed",
        "gone",
        edits=(
            (
                FORESEEN,
                "except (BrokenPipeError, ConnectionRefusedError, TimeoutError, ValueError, OverflowError) as error:",
            ),
        ),
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
    shared.ctrl_c_too_early("talk(conn)", test=f"{CLIENT}::test_ctrl_c"),
    Mistake(
        "left-not-logged-client",
        "client",
        "There's nothing to log at the end.",
        f"{CLIENT}::test_the_log_says_the_end",
        "ended",
        "log",
        edits=(('logging.info("left")', "pass"),),
    ),
]

EDGES = [
    Mistake(
        "every-cr-goes",
        "server",
        "A carriage return before a newline never means anything, however many there are.",
        test="test_server.py::test_lines_from_telnet",
        cause="other print",
        hint="unchanged",
        edits=(
            (
                WHOLE_LINE,
                'yield line.rstrip(b"\\r").decode(errors="replace")',
            ),
        ),
    ),
    Mistake(
        "mark-goes",
        "server",
        "utf-8-sig is the same as UTF-8.",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="other print",
        hint="unchanged",
        edits=(
            (
                WHOLE_LINE,
                'yield line.removesuffix(b"\\r").decode("utf-8-sig", errors="replace")',
            ),
        ),
    ),
    Mistake(
        "zeros-go",
        "server",
        "A zero byte at the end of a text is padding.",
        test="test_server.py::test_the_text_stays_as_it_is",
        cause="other print",
        hint="unchanged",
        edits=(
            (
                WHOLE_LINE,
                'yield line.removesuffix(b"\\r").decode(errors="replace").strip("\\0")',
            ),
        ),
    ),
    Mistake(
        "half-of-it-is-an-entry",
        "server",
        "What has arrived of a line that is too long is better than nothing.",
        test="test_server.py::test_a_line_that_never_ends",
        cause="other file",
        hint="too-long",
        edits=(
            (
                '            raise ValueError(f"a line of more than {MAX_LINE} bytes")\n',
                "            waiting = lines[0]\n            break\n",
            ),
        ),
    ),
    Mistake(
        "calls-itself",
        "server",
        "A function may begin the next round by calling itself.",
        test="test_server.py::test_one_client_at_a_time",
        cause="crashed",
        hint="forever",
        edits=(
            ("                while True:\n", "                def welcome():\n"),
            (
                "                        serve(conn, address, logbook)\n",
                "                        serve(conn, address, logbook)\n                    welcome()\n\n"
                "                welcome()\n",
            ),
        ),
    ),
    Mistake(
        "calls-itself-client",
        "client",
        "A function may begin the next round by calling itself.",
        test="test_client.py::test_what_is_typed_is_sent",
        cause="crashed",
        hint="forever",
        edits=((READ, "if line := sys.stdin.readline():"), (SEND, f"{SEND}\n        talk(conn)")),
    ),
    Mistake(
        "line-before-goes",
        "server",
        "A line that is too long spoils the whole chunk.",
        test="test_server.py::test_a_line_that_never_ends",
        cause="other print",
        hint="too-long",
        edits=(
            (RECEIVE, "while data := conn.recv(1_000_000):"),
            ("if len(lines[0]) > MAX_LINE:", "if max(map(len, lines)) > MAX_LINE:"),
        ),
    ),
    Mistake(
        "last-half-of-a-letter",
        "server",
        "What waits for its other half comes with the next chunk.",
        test="test_server.py::test_bytes_that_are_no_text",
        cause="other print",
        hint="no-text",
        edits=(
            ("import logging\n", "import codecs\nimport logging\n"),
            ('waiting = b""', 'waiting = ""\n    decoder = codecs.getincrementaldecoder("utf-8")("replace")'),
            (CUT, 'lines = (waiting + decoder.decode(data)).split("\\n")'),
            ("if len(lines[0]) > MAX_LINE:", "if len(lines[0].encode()) > MAX_LINE:"),
            (WHOLE_LINE, 'yield line.removesuffix("\\r")'),
            (LAST_LINE, 'yield waiting.removesuffix("\\r")'),
        ),
    ),
    Mistake(
        "lost-in-the-logbook",
        "server",
        "A logbook says who was lost, too.",
        test="test_server.py::test_a_client_gives_up",
        cause="other file",
        hint="reset",
        edits=(
            (
                "    except (OSError, ValueError) as error:  # lost",
                "    except OSError as error:\n        print(address[0], error, file=logbook, flush=True)\n"
                '        logging.warning("%s port %s lost: %s", *address, error)\n'
                "    except ValueError as error:  # lost",
            ),
        ),
    ),
    Mistake(
        "gone-without-a-word",
        "client",
        "The exit status says enough, so no message is needed.",
        test="test_client.py::test_the_server_is_lost",
        cause="wordless",
        hint="gone",
        edits=(('sys.exit(f"Trouble with {host} port {port}: {error}")', "sys.exit(1)"),),
    ),
]
MISTAKES = [*SERVERS, *CLIENTS, *EDGES]
