"""The faults that the programs of every stage can have: how they begin, how they end, and what they say about it."""

from __future__ import annotations

from parley.checks.diagnosis.evidence import (
    BAD_PORT,
    CTRL_C,
    NEXT_START,
    PORT_TAKEN,
    REFUSED,
    RESET,
    UNANSWERED,
    Case,
    Failure,
)
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, as_step, everything, in_tests, like, seen

ERRORS = "lessons/1_echo.md#the-second-round-errors"
LOG = "lessons/1_echo.md#the-third-round-the-log"
SERVER = "lessons/1_echo.md#the-server"
CLIENT = "lessons/1_echo.md#the-client"
IDEA = "lessons/1_echo.md#the-idea"
SLIPS = ("NameError", "UnboundLocalError", "AttributeError", "TypeError", "ImportError", "ModuleNotFoundError")
SOCKET_TROUBLE = ("ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError", "ConnectionError", "OSError")
ENDED = ("crashed", "traceback")


# It cannot be read, or does nothing


def _syntax(*kinds: str, words: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> Decides:
    def decides(case: Case) -> Found | None:
        fact = case.fact("syntax")
        if fact is None or (kinds and fact["kind"] not in kinds):
            return None
        message = str(fact["message"])
        if (words and not any(word in message for word in words)) or any(word in message for word in but):
            return None
        line, text = int(fact["line"]), str(fact["text"])
        indent = len(text) - len(text.lstrip())
        caret = " " * max(0, int(fact["column"]) - 1 - indent) + "^"
        step = f"Python stops at line {line} of {case.program}.py: {fact['kind']}: {message}\n{text.strip()}\n{caret}"
        return Found({"line": line, "message": message, "text": text.strip()}, (step, "Nothing of it has ever run."))

    return decides


def _nothing_runs(case: Case) -> Found | None:
    fact = case.fact("nothing_runs")
    if fact is None or not case.fact("ended", status=0):
        return None
    name = str(fact["name"])
    steps = (
        "The program ends at once, with status 0, and says nothing.",
        f"In its text functions are defined, {name}() among them, but nothing at the margin calls any of them.",
    )
    return Found({"name": name}, steps)


def _missing_import(case: Case) -> Found | None:
    fact = case.fact("never_bound", module=True)
    if fact is None or not _raised(case, "NameError", str(fact["name"])):
        return None
    step = f"Line {fact['line']} of {case.program}.py uses {fact['name']}, and no line imports it."
    return Found(fact.details, (step,))


def _raised(case: Case, exception: str, words: str = "") -> bool:
    """Whether this exception was seen, by an examination or by a test."""
    facts = case.facts("raises", exception=exception)
    return any(words in str(fact["message"]) for fact in facts) or bool(case.failed(exceptions=[exception]))


def _explains_exception(case: Case, found: Found, failure: Failure) -> bool:
    """What failed with this exception; where it ends the program in the first exchange, everything that needs one."""
    exception = found.details.get("exception", "")
    if failure.exception == exception:
        return True
    return (
        bool(found.details.get("early")) and failure.cause not in ("other status", "wordless") and not failure.exception
    )


def _slip(*exceptions: str, words: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> Decides:
    """An exception that is a slip of the pen, in a line of the program itself; also one that is caught and hidden."""

    def decides(case: Case) -> Found | None:
        for fact in case.facts("raises"):
            message = str(fact["message"])
            if fact["exception"] not in exceptions or (words and not any(word in message for word in words)):
                continue
            if any(word in message for word in but) or not _matters(case, str(fact["exception"])):
                continue
            name = f"{fact['exception']}: {message}"
            step = f"Line {fact['line']} of {case.program}.py, in {fact['function']}, raises {name}."
            more = () if case.fact("uncaught") else ("The exception is caught somewhere: nobody sees it.",)
            details = {"line": fact["line"], "exception": fact["exception"], "message": message, "early": True}
            return Found(details | {"function": fact["function"]}, (step, *more))
        return seen(case.failed(exceptions=exceptions), message="", line="") if not words else None

    return decides


def _matters(case: Case, exception: str) -> bool:
    """Whether an exception that was seen is one that the program should not have raised: it ended something."""
    return bool(case.fact("uncaught") or case.failed(exceptions=[exception]) or case.fact("trouble"))


# Where it listens, or connects


def _fixed(what: str, key: str) -> Decides:
    """The program bound ("binds") or connected ("connects") to another host or port than it was told."""

    def decides(case: Case) -> Found | None:
        told, did = case.fact("told"), case.fact(what)
        if told is None or did is None or did[key] == told[key] or (key == "host" and did["host"] in ("", "localhost")):
            return None
        if key == "host" and did["host"] == "0.0.0.0":
            return None  # it can be reached there too
        verb = "binds to" if what == "binds" else "connects to"
        step = (
            f"It was started with {told['host']} {told['port']}; line {did['line']} of {case.program}.py {verb} "
            f"{did['host']}, port {did['port']}."
        )
        unread = case.fact("argv_unread") is not None
        more = ("The word sys.argv stands nowhere in the program.",) if unread else ()
        return Found({"host": did["host"], "port": did["port"], "line": did["line"], "unread": unread}, (step, *more))

    return decides


def _fixed_port(case: Case) -> Found | None:
    found = _fixed("binds", "port")(case)
    return found


def _wrong_host(case: Case) -> Found | None:
    found = _fixed("binds", "host")(case)
    return None if found is None or _fixed("binds", "port")(case) else found


def _no_default(case: Case) -> Found | None:
    """Only where the PORT is left out it does not listen or connect; where it is told one, it does."""
    causes = ("crashed", "ended", "not listening", "other port", "nobody came", "goes on", "wordless")
    failures = case.failed("test_the_port_may_be_left_out", "test_*default*", causes=causes)
    return None if case.fact("does_not_begin") else seen(failures)


def _ignores_argv(case: Case) -> Found | None:
    return _fixed("connects", "port")(case) or _fixed("connects", "host")(case)


def _never_begins(case: Case) -> Found | None:
    """It runs, but it never listens, or never connects."""
    begins = case.fact("does_not_begin")
    if begins is None or begins["cause"] in ("crashed", "ended", "floods"):
        return None
    verb = "listens" if case.program == "server" else "connects"
    stands = [str(fact["told"]) for fact in case.facts("stands")][:3]
    step = f"It runs, and 2.5 s after its start it has not {'listened' if verb == 'listens' else 'connected'} yet."
    busy = case.fact("spins") is not None
    more = ("It uses all the time of a processor: a loop in it never waits.",) if busy else ()
    first = case.fact("stands")
    line = f": it stands at line {first['line']}" if first and first["line"] else ""
    return Found({"verb": verb, "line": line}, (step, *stands, *more))


def _ends_first(case: Case) -> Found | None:
    """It ends before it listens or connects, without an exception that would tell why."""
    begins, ended = case.fact("does_not_begin"), case.fact("ended")
    if begins is None or ended is None or case.fact("uncaught"):
        return None
    verb = "listens" if case.program == "server" else "connects"
    raises = case.facts("raises")[-1:]
    last = [f"Line {fact['line']} raised {fact['exception']}: {fact['message']}" for fact in raises]
    step = f"It ends with status {ended['status']} before it {verb}."
    return Found({"verb": verb, "status": ended["status"]}, (step, *last))


# How it ends, and what it says


def _refused(case: Case) -> Found | None:
    """Nobody listens, and that ends it with a traceback; without any try a lost connection does it too."""
    refused = case.failed(moment=REFUSED, causes=ENDED)
    lost = case.failed("test_the_server_*", causes=ENDED, exceptions=SOCKET_TROUBLE)
    unanswered = case.failed(moment=UNANSWERED, causes=ENDED, exceptions=["TimeoutError"])
    return seen([*refused, *unanswered, *lost]) if refused else None


def _status_0(case: Case) -> Found | None:
    """It ends with status 0 where it should be 1; what Ctrl+C does is another matter."""
    return seen([failure for failure in case.failed(causes=["other status"]) if failure.facts.get("wanted") == 1])


def _no_log(case: Case) -> Found | None:
    """Nothing is logged at all, in any test that has waited for a line in the log."""
    silent = [failure for failure in case.failed("test_the_log_*") if not failure.shown("logs").strip()]
    waited = [failure for failure in silent if failure.cause in ("silent log", "ended", "")]
    if not waited or any(
        b"%d" % failure_port in failure.shown() for failure in waited for failure_port in _ports(failure)
    ):
        return None
    step = "The log (standard error) is empty in every test, also after somebody has connected."
    return Found({}, (step,), tuple(waited))


def _log_on_screen(case: Case) -> Found | None:
    """The line that is wanted in the log stands on the screen."""
    failures = [
        failure
        for failure in case.failed("test_the_log_*")
        if not failure.shown("logs").strip() and len(failure.shown().splitlines()) > 0
    ]
    lines = [line for failure in failures for line in failure.shown().splitlines() if _tells(failure, line)]
    if not lines:
        return None
    line = lines[0].decode(errors="replace")[:60]
    steps = (f'On its screen (standard output) stands "{line}".', "Its log (standard error) is empty.")
    return Found({"line": line}, steps, tuple(failures))


def _tells(failure: Failure, line: bytes) -> bool:
    return any(b"%d" % port in line for port in _ports(failure)) or b"127.0.0.1" in line


def _ports(failure: Failure) -> list[int]:
    """The ports that the test expects in the log, as its expectation names them."""
    words = str(failure.expected or "").replace('"', " ").replace(",", " ").split()
    return [int(word) for word in words if word.isdigit() and len(word) > 3]


def _logs_something(*tests: str) -> Decides:
    """The log has lines, but not the one about this."""

    def decides(case: Case) -> Found | None:
        failures = [
            failure
            for failure in case.failed(*tests, causes=["silent log", "other print", "ended"])
            if failure.shown("logs").strip()
        ]
        return seen(failures, *(as_step(failure) for failure in failures[:1]))

    return decides


def _hidden(case: Case) -> Found | None:
    """An exception that is no trouble of a connection was raised in its own lines, and nobody sees it."""
    if case.fact("uncaught") or not case.fact("trouble"):
        return None
    lines = case.source.splitlines()
    foreseen = (*SOCKET_TROUBLE, "KeyboardInterrupt", "TimeoutError", "BlockingIOError", "EOFError")
    for fact in case.facts("raises"):
        if fact["exception"] in (*foreseen, "IncompleteReadError"):
            continue
        if any(line.lstrip().startswith("raise ") for line in lines[int(fact["line"]) - 1 : int(fact["line"])]):
            continue  # the program raises it itself, and knows why
        if fact["exception"] in SLIPS or str(fact["exception"]).endswith("Error"):
            name = f"{fact['exception']}: {fact['message']}"
            step = f"Line {fact['line']} of {case.program}.py, in {fact['function']}, raises {name}"
            return Found(
                {"line": fact["line"], "exception": fact["exception"], "message": fact["message"]},
                (f"{step}; it is caught, and nothing is said.", "Neither its screen nor its log tells of it."),
            )
    return None


FAULTS = [
    Fault(
        slug="syntax-indentation",
        life=Life.READ,
        decides=_syntax("IndentationError", "TabError"),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: line {line} is not indented as the line above it asks ({message}).",
        question="Which lines belong to the line above, the one that ends with a colon? Start the program yourself "
        "and read which line Python names.",
        read=SERVER,
    ),
    Fault(
        slug="syntax-colon",
        life=Life.READ,
        decides=_syntax("SyntaxError", words=("expected ':'",)),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: line {line} has no colon at its end: {text}",
        question="How do your other lines with def, if, for, while or with end? Start the program yourself and "
        "read which line Python names.",
        read=SERVER,
    ),
    Fault(
        slug="syntax",
        life=Life.READ,
        decides=_syntax("SyntaxError", "ValueError", "RecursionError", but=("expected ':'",)),
        explains=everything,
        stops=True,
        sentence="Python never runs this file: it cannot read line {line} ({message}).",
        question="Start the program yourself: where does Python put its mark, and what is missing there or just "
        "before?",
        read=SERVER,
    ),
    Fault(
        slug="main-never-called",
        life=Life.START,
        decides=_nothing_runs,
        explains=everything,
        stops=True,
        sentence="Everything is defined and nothing is called: no line at the margin calls {name}().",
        question="What does Python do with the lines below a def, and when? Which line of yours makes it begin?",
        read=SERVER,
        mistakes=("main-not-called", "main-not-called-client"),
    ),
    Fault(
        slug="missing-import",
        life=Life.START,
        decides=_missing_import,
        explains=everything,
        stops=True,
        sentence="Line {line} uses {name}, which was never imported.",
        question="Where does a name such as {name} come from, if no line of yours makes it?",
        read=SERVER,
    ),
    Fault(
        slug="ignores-argv",
        life=Life.LISTEN,
        decides=_ignores_argv,
        explains=everything,
        programs=("client",),
        stops=True,
        sentence="Your client always connects to {host}, port {port}: not to the HOST and PORT it is started with.",
        question="Where in your program do the words arrive that stand behind client.py on the command line? Print "
        "sys.argv and the address that you connect to.",
        read=CLIENT,
    ),
    Fault(
        slug="fixed-port",
        life=Life.LISTEN,
        decides=_fixed_port,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="Your server listens on port {port}, whatever port it is started with.",
        question="Where in your program does the PORT arrive that stands behind server.py on the command line? "
        "Print sys.argv and the address that you bind.",
        read=SERVER,
    ),
    Fault(
        slug="wrong-host",
        life=Life.LISTEN,
        decides=_wrong_host,
        explains=everything,
        programs=("server",),
        stops=True,
        sentence="You bind to {host}, an address written into the program; the HOST comes from the command line.",
        question="Which address did the command line give, and which one stands in your bind? Whose address is {host}?",
        read=SERVER,
    ),
    Fault(
        slug="never-begins",
        life=Life.LISTEN,
        decides=_never_begins,
        explains=everything,
        stops=True,
        sentence="Your {program} runs, but it never {verb}{line}.",
        question="Which lines run between the start of your program and the line where it {verb}? What does the "
        "one wait for that is named here?",
        read=IDEA,
        mistakes=(),
    ),
    Fault(
        slug="ends-before-it-begins",
        life=Life.LISTEN,
        decides=_ends_first,
        explains=everything,
        stops=True,
        sentence="Your {program} ends with status {status} before it {verb}.",
        question="Start it yourself with 127.0.0.1 and a port: what is the last line that runs, and what does it say?",
        read=IDEA,
    ),
    Fault(
        slug="host-ignored",
        life=Life.LISTEN,
        decides=in_tests(
            "test_an_empty_host_means_every_interface", causes=["refused", "crashed", "ended", "not listening"]
        ),
        programs=("server",),
        sentence="Started with an empty HOST, your server cannot be reached at every address of this machine.",
        question="What does an empty host mean in the address that you bind, and does your program hand it on as "
        "it is?",
        read=IDEA,
        mistakes=("empty-host-replaced", "host-ignored", "empty-host-is-loopback", "loopback-only", "localhost-only"),
    ),
    Fault(
        slug="argv-defaults",
        life=Life.START,
        decides=_no_default,
        sentence="Started without a PORT, your program does not take 50007 as it should.",
        question="How long is sys.argv if only the HOST is given? What does your line that reads the port do then?",
        read=SERVER,
        mistakes=("exit-no-parens", "exit-no-parens-client"),
    ),
    Fault(
        slug="str-not-bytes",
        life=Life.TAKE,
        decides=_slip("TypeError", words=("bytes-like object", "must be str, not bytes", "can't concat")),
        explains=_explains_exception,
        stops=True,
        sentence="Line {line} mixes text and bytes: a socket takes and gives bytes only ({message}).",
        question="What type has each value in line {line}? Which method makes bytes of text, and which text of bytes?",
        read="lessons/2_logbook.md#bytes-and-text",
    ),
    Fault(
        slug="name-error-on-first-client",
        life=Life.TAKE,
        decides=_slip("NameError", "UnboundLocalError"),
        explains=_explains_exception,
        stops=True,
        sentence="Line {line} uses a name that does not exist when the line runs ({message}).",
        question="Go to line {line}, and look for the line that makes this name. Is it written the same way, and "
        "has it run before?",
        read=SERVER,
        mistakes=(),
    ),
    Fault(
        slug="exception",
        life=Life.TAKE,
        decides=_slip(
            "TypeError",
            "AttributeError",
            "ImportError",
            "ModuleNotFoundError",
            "RecursionError",
            "KeyError",
            "IndexError",
        ),
        explains=_explains_exception,
        sentence="An exception ends it: {exception}: {message}",
        question="Go to the line that is named, and read it aloud. Which value did each name in it have just then? "
        "Print them with repr() one line above.",
        read=SERVER,
        mistakes=("port-as-text", "args-not-tuple", "index-empty", "remove-by-value", "console-crash"),
    ),
    Fault(
        slug="except-pass-hides",
        life=Life.TAKE,
        decides=_hidden,
        explains=like(causes=("end", "silence", "silent screen", "reset", "no file", "other file")),
        stops=True,
        sentence="An except catches {exception} and says nothing, so nobody sees what goes wrong in line {line}: "
        "{message}",
        question="What does your except do with what it catches? Print the exception there: what does it say, and "
        "is it one that you have foreseen?",
        read=ERRORS,
    ),
    Fault(
        slug="locale-encoding",
        life=Life.ANSWER,
        decides=in_tests("test_a_system_that_speaks_no_utf_8"),
        sentence="Screen, keyboard or file use the encoding of the system where the program runs, and not UTF-8.",
        question="Which encoding do print, input and open use if nobody says one? Where do you say UTF-8?",
        read="lessons/2_logbook.md#the-server",
        mistakes=("open-without-encoding", "console-encoding", "console-encoding-client"),
    ),
    Fault(
        slug="traceback-ctrl-c",
        life=Life.LEAVE,
        decides=in_tests(moment=CTRL_C, causes=ENDED, exceptions=["KeyboardInterrupt"]),
        sentence="Ctrl+C ends your program with a traceback{where}; it is a polite end.",
        question="Which exception is Ctrl+C, and is it caught by except Exception or except OSError?",
        read=ERRORS,
        mistakes=(
            "ctrl-c-uncaught",
            "ctrl-c-uncaught-client",
            "ctrl-c-is-no-error",
            "ctrl-c-is-no-error-client",
            "kbdint-in-worker",
            "kbdint-in-worker-client",
        ),
    ),
    Fault(
        slug="ctrl-c-status",
        life=Life.LEAVE,
        decides=in_tests(moment=CTRL_C, causes=["other status", "ended"]),
        sentence="After Ctrl+C your program ends with {status}; it is a polite end, and that is status 0.",
        question="What does the number in sys.exit say, and to whom? Is Ctrl+C something that went wrong?",
        read=ERRORS,
        mistakes=("handler-without-break", "ctrl-c-is-an-error-client"),
    ),
    Fault(
        slug="ctrl-c-swallowed",
        life=Life.LEAVE,
        decides=in_tests(moment=CTRL_C, causes=["goes on", "spins"]),
        sentence="Ctrl+C is caught, and your program goes on.",
        question="Which of your except lines sees KeyboardInterrupt, and what does the program do after it?",
        read=ERRORS,
        mistakes=("bare-except",),
    ),
    Fault(
        slug="traceback-refused",
        life=Life.LISTEN,
        decides=_refused,
        programs=("client",),
        sentence="If nobody listens, your user gets a traceback{where} instead of a sentence.",
        question="Which line connects, and is it inside of your try? What should your user read instead?",
        read=ERRORS,
        mistakes=("refused-uncaught",),
    ),
    Fault(
        slug="no-connect-timeout",
        life=Life.LISTEN,
        decides=in_tests(moment=UNANSWERED, causes=["goes on"]),
        programs=("client",),
        sentence="If nobody answers, your client waits for minutes: connecting has no limit of 2 s.",
        question="How long does connect wait if nobody says yes or no, and which argument says how long it may?",
        read=CLIENT,
        mistakes=("no-connect-timeout",),
    ),
    Fault(
        slug="overflow-port",
        life=Life.START,
        decides=in_tests(moment=BAD_PORT, exceptions=["OverflowError"]),
        sentence="A number that is no port, such as 70000, ends in a traceback{where}.",
        question="Which exception says that a number is too large for a port? Is it among those that you catch?",
        read=ERRORS,
        mistakes=("port-too-large",),
    ),
    Fault(
        slug="traceback-bad-port",
        life=Life.START,
        decides=in_tests(moment=BAD_PORT, causes=ENDED),
        sentence="A PORT that is no number ends in a traceback{where} instead of a sentence.",
        question="Which exception does int raise for a word, and is that line inside of your try?",
        read=ERRORS,
        mistakes=("port-no-number-client", "bad-port", "port-is-no-number"),
    ),
    Fault(
        slug="port-not-reusable",
        life=Life.LEAVE,
        decides=in_tests(moment=NEXT_START, causes=("crashed", "ended", "not listening")),
        programs=("server",),
        sentence="After your server has ended, the system keeps its port for a while: the next start is told that "
        "the address is in use.",
        question="Which option of a socket says, before bind, that a port may be used again at once?",
        read=ERRORS,
        mistakes=("no-reuseaddr", "reuseaddr-after-bind"),
    ),
    Fault(
        slug="traceback-at-trouble",
        life=Life.START,
        decides=in_tests(moment=PORT_TAKEN, causes=ENDED),
        sentence="A port that is taken ends in a traceback{where} instead of a sentence.",
        question="Which line binds, and is it inside of your try? What should your user read instead?",
        read=ERRORS,
        mistakes=("port-busy-uncaught",),
    ),
    Fault(
        slug="port-taken-silent",
        life=Life.START,
        decides=in_tests(moment=PORT_TAKEN, causes=("wordless", "goes on", "spins", "not listening")),
        programs=("server",),
        sentence="If its port is taken, your server does not end with a sentence that says so.",
        question="What can a server do that cannot bind: what does its user have to read, and what is its status?",
        read=ERRORS,
        mistakes=("port-busy",),
    ),
    Fault(
        slug="traceback-at-end-of-input",
        life=Life.LEAVE,
        decides=in_tests(causes=ENDED, exceptions=["EOFError"]),
        sentence="The end of the keyboard ends your program with a traceback{where}.",
        question="What does input do if there is no further line: does it return something, or raise something?",
        read=CLIENT,
        mistakes=("stdin-eof",),
    ),
    Fault(
        slug="crash-on-reset",
        life=Life.NOTICE,
        decides=in_tests(moment=RESET, causes=("crashed", "ended", "refused", "reset")),
        programs=("server",),
        sentence="One broken connection ends your whole server{where}: recv or send raises an exception then, and "
        "nobody catches it where it belongs.",
        question="Who should suffer if one client is lost? Around which lines does the try have to stand, so that "
        "the loop with accept goes on?",
        read=ERRORS,
        mistakes=("reset-uncaught", "reset-uncaught-send", "getpeername-raises"),
    ),
    Fault(
        slug="traceback-lost",
        life=Life.NOTICE,
        decides=in_tests("test_the_server_*", causes=ENDED, exceptions=SOCKET_TROUBLE),
        programs=("client",),
        sentence="A lost connection ends your program with a traceback{where} instead of a sentence.",
        question="Which of your lines talk to the network, and are all of them inside of a try that catches OSError?",
        read=ERRORS,
        mistakes=("reset-uncaught-client", "reset-uncaught-send-client"),
    ),
    Fault(
        slug="gone-unnoticed",
        life=Life.NOTICE,
        decides=in_tests("test_the_server_*", causes=("goes on", "spins", "floods")),
        programs=("client",),
        sentence="When the server has gone, your client does not notice it and goes on.",
        question="What does recv return when the other side has ended the stream, and which line of yours looks at "
        "that?",
        read=ERRORS,
        mistakes=("server-gone-unnoticed",),
    ),
    Fault(
        slug="status-0-at-trouble",
        life=Life.LEAVE,
        decides=_status_0,
        sentence="You say what went wrong, but end with {status}: trouble is status 1, so that whoever started the "
        "program learns of it.",
        question="How would a script that starts your program learn that it failed? What does the number in "
        "sys.exit say?",
        read=ERRORS,
        mistakes=(
            "server-gone-unsaid",
            "loss-is-goodbye",
            "lost-is-over",
            "exit-no-parens-port",
            "exit-no-parens",
            "ctrl-c-uncaught-client",
        ),
    ),
    Fault(
        slug="log-on-stdout",
        life=Life.TELL,
        decides=_log_on_screen,
        sentence="Your log goes to standard output, among what the program is for; it belongs on standard error.",
        question="Which of your prints are for the user, and which ones tell what the program notices about itself?",
        read=LOG,
        mistakes=("log-on-the-screen", "log-on-screen"),
    ),
    Fault(
        slug="no-log",
        life=Life.TELL,
        decides=_no_log,
        sentence="Nothing is logged: nobody learns who came, who left and what went wrong.",
        question="Which three things happen to a connection that whoever runs the program would like to read about?",
        read=LOG,
        mistakes=("log-level", "no-log", "no-log-client"),
    ),
    Fault(
        slug="log-without-port",
        life=Life.TELL,
        decides=lambda case: seen(
            [failure for failure in case.failed("test_the_log_says_wh*", causes=["other print"]) if _ports(failure)]
        ),
        sentence="The log does not say with which address and port.",
        question="Two programs on one machine have the same address: what tells them apart?",
        read=LOG,
        mistakes=("log-without-port", "log-without-port-client"),
    ),
    Fault(
        slug="log-lost-missing",
        life=Life.TELL,
        decides=_logs_something("test_the_log_says_who_was_lost", "test_the_log_says_what_was_*"),
        sentence="The log does not say who was lost, and why.",
        question="In which line of yours do you learn that a connection is lost, and what do you do there?",
        read=LOG,
        mistakes=("lost-unlogged", "lost-not-logged", "loss-not-logged", "too-long-not-logged"),
    ),
    Fault(
        slug="log-left-missing",
        life=Life.TELL,
        decides=_logs_something("test_the_log_says_who", "test_the_log_says_how_it_ended", "test_the_log_says_the_end"),
        sentence="The log does not say who left.",
        question="Which line of yours runs when a conversation is over? What should be written to the log there?",
        read=LOG,
        mistakes=("left-missing", "left-not-logged", "left-missing-client", "left-not-logged-client"),
    ),
]
