"""How a program ends, and what it says when something goes wrong."""

from __future__ import annotations

import re
from dataclasses import replace

from parley.checks.diagnosis.catalogue.all_stages.kept_alive import executor_at_keyboard, main_is_over
from parley.checks.diagnosis.catalogue.all_stages.shared import (
    CLIENT,
    ENDED,
    ERRORS,
    SILENT,
    SOCKET_TROUBLE,
    logged,
    serves_one_conversation,
)
from parley.checks.diagnosis.evidence import (
    BAD_PORT,
    CTRL_C,
    NEXT_START,
    PORT_TAKEN,
    REFUSED,
    RESET,
    STREAM_END,
    UNANSWERED,
    Case,
    Variation,
)
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, as_steps, in_tests, seen
from parley.checks.diagnosis.slips import connect_limit
from parley.checks.diagnosis.syntax import connects_in_a_loop, handlers, prints_in_handler

EARLY = "early client"  # who is told to connect where no one answers, and gets Ctrl+C then
INPUT_FLUSHES = "input() also sends on what was printed before; sys.stdin.readline() doesn't."


def holds_keyboard(log: bytes | str) -> bool:
    """Whether Python's last words are that a daemon thread is at the keyboard, and not in the middle of a print."""
    return _held(log) not in ("", "stdout", "stderr")


def holds_screen(log: bytes | str) -> bool:
    """Whether Python's last words are that a daemon thread is in the middle of a print."""
    return _held(log) in ("stdout", "stderr")


_HELD = re.compile(r"_enter_buffered_busy[^\n]*?(?:<(std\w+)>[^\n]*)?$", re.M)


def _held(log: bytes | str) -> str:
    """The name of the file that a daemon thread held when Python ended, "stdin" where it isn't told; "" for none."""
    found = _HELD.search(log if isinstance(log, str) else log.decode(errors="replace"))
    return (found[1] or "stdin") if found else ""


def _tries_again(case: Case) -> Found | None:
    """No server listens there, and it goes on, since a loop connects again and again."""
    failures = case.failed(moment=REFUSED, causes=["goes on", "spins", "floods"])
    line = connects_in_a_loop(case.source)
    if not failures or not line:
        return None
    return seen([*failures, *case.failed(moment=UNANSWERED, causes=["goes on"])], line=line)


def _no_connect_timeout(case: Case) -> Found | None:
    """No server answers, and it waits for longer than it may; what its text says of a limit is told as it is there."""
    failures = case.failed(moment=UNANSWERED, causes=["goes on"])
    if not failures or _tries_again(case) or main_is_over(case):
        return None
    line, seconds = connect_limit(case.source)
    waits = "waits for minutes: connecting has no limit of 2 s"
    asks = "Which argument limits it, and what takes the limit away again for the time after?"
    if line:
        waits = f"waits for too long: line {line} allows {seconds:g} s, and after 2 s it should give up"
        asks = "How long may a user wait before the client says that no one answers?"
        if seconds <= LIMIT:
            after = failures[0].facts.get("seconds", "some")
            waits = f"isn't at its end after {after} s, although line {line} sets a limit of {seconds:g} s"
            asks = f"What does line {line} limit: each try, or all of them, and what does your client do after it?"
    return seen(failures, waits=waits, asks=asks)


LIMIT = 2  # seconds within which a client has to be connected


def _refused(case: Case) -> Found | None:
    """No one listens, and that ends it with a traceback; without any try a lost connection does it too."""
    refused = case.failed(moment=REFUSED, causes=ENDED)
    lost = case.failed("test_the_server_*", causes=ENDED, exceptions=SOCKET_TROUBLE)
    unanswered = case.failed(moment=UNANSWERED, causes=ENDED, exceptions=["TimeoutError"])
    return seen([*refused, *unanswered, *lost]) if refused else None


def _crash_on_reset(case: Case) -> Found | None:
    failed = case.failed(moment=RESET, causes=("crashed", "ended", "refused", "reset"))
    failures = [failure for failure in failed if not serves_one_conversation(failure)]
    if not failures:
        return None
    words = logged(case, failures[0]).splitlines()[-1:] if failures[0].cause == "ended" else []
    return seen(failures, as_step(failures[0]), *(f'Its last words: "{line[-100:]}".' for line in words))


def _lost_with_a_traceback(case: Case) -> Found | None:
    """A lost connection ends the program as an error of Python's."""
    if case.program == "client":
        return seen(case.failed("test_the_server_*", causes=ENDED, exceptions=SOCKET_TROUBLE))
    lost = case.failed(moment=RESET, causes=("crashed", "ended", "refused", "reset", "traceback"))
    one = [failure for failure in lost if serves_one_conversation(failure) and failure.exception]
    return seen(one) or _traceback_of_one_client(case)


def _traceback_of_one_client(case: Case) -> Found | None:
    """A client is lost, and the server goes on; but a traceback tells of it, for nothing caught the exception."""
    failures = case.failed(moment=RESET, causes=["traceback"], exceptions=SOCKET_TROUBLE)
    failures = [failure for failure in failures if failure.test[0] in "12"]
    return seen(failures, *map(as_step, failures[:1]))


def _wordless(case: Case) -> Found | None:
    """It ends with status 1 and says nothing, in a test that no other fault of this kind looks at."""
    failures = case.failed(causes=["wordless"])
    failures = [failure for failure in failures if failure.test[0] in "125" or "too_long" in failure.test]
    return seen([failure for failure in failures if failure.moment != PORT_TAKEN])


def _status_0(case: Case) -> Found | None:
    """It ends with status 0 where it should be 1; what Ctrl+C does is another matter."""
    return seen([failure for failure in case.failed(causes=["other status"]) if failure.facts.get("wanted") == 1])


def _exit_loses_output(case: Case) -> Found | None:
    """It ends with os._exit, and run without a buffer it prints more."""
    lines = [number for number, line in enumerate(case.source.splitlines(), 1) if re.search(r"\bos\._exit\(", line)]
    failures = case.failed(causes=(*SILENT, "wordless", "other print"))
    failures += [failure for failure in case.failed(causes=["ended"]) if failure.moment == STREAM_END]
    if not lines or not failures:
        return None
    shown, unbuffered = case.facts("screen"), case.again(Variation(unbuffered=True), "screen")
    if not shown or not unbuffered or len(str(unbuffered["text"]).split()) <= len(str(shown[0]["text"]).split()):
        return None
    last = str(unbuffered["text"]).rstrip().rpartition("\n")[2][-100:]
    step = f'Run without a buffer (python -u) its last line is "{last}". Run as usual, this line never appears.'
    return Found({"lines": ", ".join(map(str, lines))}, (step,), tuple(failures))


def _ctrl_c_status(case: Case) -> Found | None:
    """It ends after Ctrl+C, and not with status 0."""
    ended = case.failed(moment=CTRL_C, causes=["other status", "ended"])
    return seen([failure for failure in ended if str(failure.facts.get("status")) not in ("0", "status 0")])


def _ctrl_c_too_early(case: Case) -> Found | None:
    """Ctrl+C ends it well in a conversation, and with a traceback while it connects."""
    failures = case.failed(moment=CTRL_C, causes=ENDED, exceptions=["KeyboardInterrupt"])
    early = [failure for failure in failures if failure.facts.get("who") == EARLY]
    return seen(early, line=early[0].line or "?") if early and early == failures else None


def _traceback_at_ctrl_c(case: Case) -> Found | None:
    """Ctrl+C ends it with a traceback; where an except of it names this exception, it does so in other lines only."""
    failures = case.failed(moment=CTRL_C, causes=ENDED, exceptions=["KeyboardInterrupt"])
    known = [handler for handler in handlers(case.source) if "KeyboardInterrupt" in handler.catches]
    look = "Does except Exception or except OSError catch it?"
    line = failures[0].line if failures else 0
    if known and line:
        lines = " and in ".join(f"line {handler.line}" for handler in known)
        look = f"You catch it in {lines}. Which lines does the try of that except enclose: is line {line} one of them?"
    return seen(failures, look=look)


def _waits_for_handlers(case: Case) -> Found | None:
    """Ctrl+C doesn't end it: socketserver has made threads that are no daemons, and waits for each of them."""
    failures = case.failed(moment=CTRL_C, causes=["goes on"])
    made = re.search(r"\b(?:ThreadingTCPServer|ThreadingMixIn)\b", case.source)
    if not failures or not made or "daemon_threads" in case.source:
        return None
    line = case.line_of(made)
    return seen(failures, as_step(failures[0]), case.written(line), line=line)


def _swallows_ctrl_c(case: Case) -> Found | None:
    """Ctrl+C doesn't end it, and its main thread is not at its end."""
    failures = case.failed(moment=CTRL_C, causes=["goes on", "spins"])
    if not failures or _waits_for_handlers(case) or main_is_over(case) or executor_at_keyboard(case):
        return None
    catch = [handler for handler in handlers(case.source) if handler.catches & {"KeyboardInterrupt", "BaseException"}]
    if catch or "signal" in case.source:
        look = "Which except of yours catches KeyboardInterrupt"
        return seen(failures, does="Your program catches Ctrl+C", look=look)
    return seen(failures, does="Your program is told to end by Ctrl+C", look="Which of your lines hears of Ctrl+C")


_SHARES_PORT = re.compile(r"SO_REUSEPORT|reuse_port\s*=\s*True")


def _port_taken(case: Case) -> Found | None:
    """Its port is taken, and it says nothing of that; where its text shares the port, it has it as well."""
    failures = case.failed(moment=PORT_TAKEN, causes=("wordless", "goes on", "spins", "not listening"))
    if not failures or main_is_over(case):
        return None
    shares = _SHARES_PORT.search(case.source)
    if not shares or failures[0].cause == "wordless":
        does, asks = "doesn't exit with a one-line error", "What can a server do that can't bind?"
        return seen(failures, does=does, asks=asks)
    line, option = case.line_of(shares), shares[0].partition("=")[0].strip()
    does = f"listens there as well: with {option} (line {line}) two servers share one port, and neither knows it"
    asks = f"What does {option} allow, and what does SO_REUSEADDR? Which server gets the next client?"
    step = case.written(line)
    return seen(failures, *map(as_step, failures[:1]), step, does=does, asks=asks)


def _port_kept(case: Case) -> Found | None:
    """It is started again at the same port, and can't listen there."""
    causes = ("crashed", "ended", "not listening", "other port", "goes on")
    failures = case.failed(moment=NEXT_START, causes=causes)
    return seen([failure for failure in failures if failure.exception in ("", "OSError")])


def _error_on_stdout(case: Case) -> Found | None:
    """It says why it ends, and says it where its results belong; where it prints that, if an except of its own does."""
    failures = case.failed(causes=["other stream"])
    said = failures[0].shown().decode(errors="replace").strip() if failures else ""
    line = prints_in_handler(case.source)
    at = f" (line {line})" if line else ""
    step = f'Its standard output shows "{said.splitlines()[-1][:100]}".' if said else None
    return seen(failures, *as_steps(step, "Its standard error is empty."), at=at) if failures else None


def _end_of_input(case: Case) -> Found | None:
    found = in_tests(causes=ENDED, exceptions=["EOFError"])(case)
    if found is None or "flush" in case.source:
        return found
    # whoever exchanges input() for readline() now would see fewer tests pass, after a right step
    return replace(found, steps=(*found.steps, f"{INPUT_FLUSHES} If you change to it, print with flush=True."))


EXIT_LOSES_OUTPUT = Fault(
    slug="exit-loses-output",
    life=Life.LEAVE,
    decides=_exit_loses_output,
    sentence="os._exit (line {lines}) ends your program without flushing: what you printed last never appears.",
    question="Where is the text of your last print if no terminal reads it, and who hands it on when a program "
    "ends? What does os._exit leave out?",
    read="lessons/4_peers.md#starting-waiting-ending",
)
FAULTS = [
    Fault(
        slug="ctrl-c-too-early",
        life=Life.LISTEN,
        decides=_ctrl_c_too_early,
        programs=("client",),
        sentence="If Ctrl+C is pressed while your client is still connecting (line {line}), it ends with a traceback. "
        "Once it's connected, Ctrl+C works.",
        question="Which lines does your try with except KeyboardInterrupt enclose? Is the line that connects one of "
        "them?",
        read=ERRORS,
        mistakes=("ctrl-c-too-early-client",),
    ),
    Fault(
        slug="error-on-stdout",
        life=Life.TELL,
        decides=_error_on_stdout,
        sentence="Your {program} prints its error message on standard output{at}. Errors belong on standard error.",
        question="Add > out.txt to the command line of your {program} and cause an error: who can read the message? "
        "What does sys.exit do with a text, and which argument of print names another file?",
        read=ERRORS,
        mistakes=("error-on-screen", "error-on-the-screen"),
    ),
    Fault(
        slug="traceback-ctrl-c",
        life=Life.LEAVE,
        decides=_traceback_at_ctrl_c,
        sentence="Ctrl+C ends your program with a traceback{where}. Pressing it is a normal way to quit.",
        question="Which exception does Ctrl+C raise? {look}",
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
        decides=_ctrl_c_status,
        sentence="After Ctrl+C your program exits with {status}. Pressing it is a normal way to quit, so the status "
        "is 0.",
        question="Whom does the number in sys.exit tell something, and what? Is Ctrl+C an error?",
        read=ERRORS,
        mistakes=("handler-without-break", "ctrl-c-is-an-error-client"),
    ),
    Fault(
        slug="no-daemon",
        life=Life.LEAVE,
        decides=_waits_for_handlers,
        sentence="`socketserver` makes a thread for each client (line {line}). At its end your server waits for all of "
        "them: none is a daemon thread.",
        question="Who could wake a thread that waits for its client? Which attribute of a threading server makes its "
        "threads daemons?",
        read=ERRORS,
    ),
    Fault(
        slug="ctrl-c-swallowed",
        life=Life.LEAVE,
        decides=_swallows_ctrl_c,
        sentence="{does} and keeps running.",
        question="{look}, and what does the program do after it?",
        read=ERRORS,
        mistakes=("bare-except", "handler-without-break"),
    ),
    Fault(
        slug="traceback-refused",
        life=Life.LISTEN,
        decides=_refused,
        programs=("client",),
        sentence="If no server listens there, your user gets a traceback{where} instead of a one-line error.",
        question="Which line connects, and is it inside your try? What should your user read instead?",
        read=ERRORS,
        mistakes=("refused-uncaught",),
    ),
    Fault(
        slug="tries-again-forever",
        life=Life.LISTEN,
        decides=_tries_again,
        programs=("client",),
        sentence="If no server listens there, your client tries again and again (line {line}), and never ends: its "
        "user can't tell what is wrong.",
        question="Which line leads back to the one that connects, and when does that stop? What should your user read "
        "after the first failure, and with which status does the client end?",
        read=ERRORS,
    ),
    Fault(
        slug="no-connect-timeout",
        life=Life.LISTEN,
        decides=_no_connect_timeout,
        programs=("client",),
        sentence="If no server answers, your client {waits}.",
        question="How long does connecting take if the other machine says neither yes nor no? {asks}",
        read=CLIENT,
        mistakes=("no-connect-timeout",),
    ),
    Fault(
        slug="overflow-port",
        life=Life.START,
        decides=in_tests(moment=BAD_PORT, exceptions=["OverflowError"]),
        sentence="A number that can't be a port, such as 70000, ends in a traceback{where}.",
        question="Which exception says that a number is too large for a port, or negative? Do you catch it?",
        read=ERRORS,
        mistakes=("port-too-large", "port-off-by-one"),
    ),
    Fault(
        slug="traceback-bad-port",
        life=Life.START,
        decides=in_tests(moment=BAD_PORT, causes=ENDED),
        sentence="A PORT that isn't a number ends in a traceback{where} instead of a one-line error.",
        question="Which exception does int raise for a word? Is that line inside your try?",
        read=ERRORS,
        mistakes=("port-no-number-client", "bad-port", "port-is-no-number"),
    ),
    Fault(
        slug="port-not-reusable",
        life=Life.LEAVE,
        decides=_port_kept,
        programs=("server",),
        sentence="After your server exits, the operating system keeps its port for a while, and the next start fails "
        "because the address is in use.",
        question="Which socket option, set before bind, says that a port can be used again immediately?",
        read=ERRORS,
        mistakes=("no-reuseaddr", "reuseaddr-after-bind"),
    ),
    Fault(
        slug="traceback-at-trouble",
        life=Life.START,
        decides=in_tests(moment=PORT_TAKEN, causes=ENDED),
        sentence="If the port is taken, your user gets a traceback{where} instead of a one-line error.",
        question="Which line binds, and is it inside your try? What should your user read instead?",
        read=ERRORS,
        mistakes=("port-busy-uncaught",),
    ),
    Fault(
        slug="port-taken-silent",
        life=Life.START,
        decides=_port_taken,
        programs=("server",),
        sentence="If its port is taken, your server {does}.",
        question="{asks} What does its user have to read, and what is the exit status?",
        read=ERRORS,
        mistakes=("port-busy",),
    ),
    Fault(
        slug="error-without-a-word",
        life=Life.TELL,
        decides=_wordless,
        sentence="When an error ends your {program}, it exits without saying why.",
        question="Which of your lines ends the program then, and what does it know about the reason? Who should read "
        "that, and on which stream?",
        read=ERRORS,
        mistakes=("gone-without-a-word", "reset-without-a-word", "too-long-without-a-word"),
    ),
    Fault(
        slug="traceback-at-end-of-input",
        life=Life.LEAVE,
        decides=_end_of_input,
        sentence="The end of input (Ctrl+D) ends your program with a traceback{where}.",
        question="What does input do when there are no more lines: does it return something, or raise something?",
        read=CLIENT,
        mistakes=("stdin-eof",),
    ),
    Fault(
        slug="crash-on-reset",
        life=Life.NOTICE,
        decides=_crash_on_reset,
        programs=("server",),
        sentence="One connection that is reset ends your whole server{where}: recv or send raises an exception then.",
        question="Who should be affected if one client is lost? Which lines does the try have to enclose, and which "
        "exceptions does it have to catch, so that the loop with accept keeps running?",
        read=ERRORS,
        mistakes=("reset-uncaught", "reset-uncaught-send", "getpeername-raises", "broken-pipe-uncaught"),
    ),
    Fault(
        slug="traceback-lost",
        life=Life.NOTICE,
        decides=_lost_with_a_traceback,
        sentence="If the connection is lost, your user gets a traceback{where} instead of a one-line error.",
        question="Which of your lines use the network? Are all of them inside a try that catches OSError?",
        read=ERRORS,
        mistakes=("reset-uncaught-client", "reset-uncaught-send-client", "reset-uncaught", "reset-uncaught-send"),
    ),
    Fault(
        slug="gone-unnoticed",
        life=Life.NOTICE,
        decides=in_tests("test_the_server_*", causes=("goes on", "spins", "floods")),
        programs=("client",),
        sentence="When the server is gone, your client doesn't notice and keeps running.",
        question="What does recv return when the server has closed the connection, and which line of yours checks "
        "for that?",
        read=ERRORS,
        mistakes=("server-gone-unnoticed",),
    ),
    Fault(
        slug="status-0-at-trouble",
        life=Life.LEAVE,
        decides=_status_0,
        sentence="Your program says what went wrong, but exits with {status}. After an error the status is 1.",
        question="How could a script that starts your program find out that it failed? What does the number in "
        "sys.exit say?",
        read=ERRORS,
        mistakes=(
            "server-gone-unsaid",
            "loss-is-goodbye",
            "lost-is-over",
            "too-long-is-left",
            "exit-no-parens-port",
            "exit-no-parens",
            "ctrl-c-uncaught-client",
            "ctrl-c-is-no-error-client",
        ),
    ),
]
