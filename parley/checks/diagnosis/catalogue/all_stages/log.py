"""What belongs in the log, and what on the screen."""

from __future__ import annotations

import re

from parley.checks.diagnosis.catalogue.all_stages.shared import LOG
from parley.checks.diagnosis.evidence import Case, Failure
from parley.checks.diagnosis.fault import Decides, Fault, Found, Life, as_step, seen
from parley.checks.diagnosis.slips import info_left_out


def shown_on_stderr(case: Case, text: str) -> Found | None:
    """A text that should be on the screen is in what the program has written to standard error."""
    screen = case.fact("screen")
    if not screen or text in str(screen["text"]):
        return None
    line = next((line for line in str(screen["log"]).splitlines() if line.endswith(text)), None)
    if line is None:
        return None
    steps = ("Its screen (standard output) stays empty.", f'Standard error has "{line[-80:]}".')
    return Found({}, steps)


def _no_log(case: Case) -> Found | None:
    """Nothing is logged at all, in any test that has waited for a line in the log."""
    waited = _waited_for_the_first(case)
    on_screen = any(b"%d" % port in failure.shown() for failure in waited for port in _ports(failure))
    if not waited or on_screen or _logs(case) or _level_too_high(case):
        return None
    step = "The log (standard error) is empty in every test, even after a client connected."
    return Found({}, (step,), tuple(waited))


def _level_too_high(case: Case) -> Found | None:
    """What it tells its log with logging.info doesn't stand there: the log begins at a higher level."""
    waited, lines = _waited_for_the_first(case), info_left_out(case.source)
    if not waited or not lines:
        return None
    informs, sets = lines
    level = f"line {sets} sets a higher level" if sets else "no line sets a level, so it takes warnings and errors only"
    return seen(waited, as_step(waited[0]), line=informs, level=level)


TRACEBACK = "Traceback (most recent call last)"  # what Python says of an exception is no log


def _connect_missing(case: Case) -> Found | None:
    """Something is logged, but nothing when there is a connection."""
    waited = _waited_for_the_first(case) if _logs(case) and not _level_too_high(case) else []
    whom = "a client" if case.program == "server" else "it"
    return seen(waited, whom=whom)


def _waited_for_the_first(case: Case) -> list[Failure]:
    """The failed tests that have waited for a line in the log, where none had come yet."""
    silent = [failure for failure in case.failed("test_the_log_*") if not failure.shown("logs").strip()]
    return [failure for failure in silent if failure.cause in ("silent log", "ended", "")]


def _logs(case: Case) -> bool:
    """Whether it logs anything: lines that are no traceback, and not what it says last when it ends in trouble."""
    told = [failure.shown("logs") for failure in case.failed("test_the_log_*")]
    if any(said.strip() and TRACEBACK.encode() not in said for said in told):
        return True
    screens = [(str(fact["log"]).splitlines(), fact["status"]) for fact in case.facts("screen")]
    return any(
        lines[: -1 if status else None] and not any(TRACEBACK in line for line in lines) for lines, status in screens
    )


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
    steps = (f'Its screen (standard output) shows "{line}".', "Its log (standard error) is empty.")
    return Found({"line": line}, steps, tuple(failures))


def _tells(failure: Failure, line: bytes) -> bool:
    return any(b"%d" % port in line for port in _ports(failure)) or b"127.0.0.1" in line


def _ports(failure: Failure) -> list[int]:
    """The ports that the test expects in the log, as its expectation names them."""
    words = str(failure.expected or "").replace('"', " ").replace(",", " ").split()
    return [int(word) for word in words if word.isdigit() and len(word) > 3]


def _lost_like_left(case: Case) -> Found | None:
    """Of one who was lost the log says the same, word for word, as of someone who left."""
    failures = case.failed("test_the_log_says_who_was_lost", "test_the_log_says_what_was_*", causes=["other print"])
    lines = [line.decode(errors="replace").strip() for line in _own_lines(failures[0])] if failures else []
    if len(lines) < 2 or _without_numbers(lines[-1]) not in map(_without_numbers, lines[:-1]):
        return None
    return seen(failures, f'One was lost, and the log says "{lines[-1][-80:]}", as of one who left.')


def _own_lines(failure: Failure) -> list[bytes]:
    return failure.shown("logs").splitlines()


def _without_numbers(line: str) -> str:
    """A line of the log without what differs from client to client, and from moment to moment."""
    return re.sub(r"\d+", "", line)


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


SHOWN_ON_STDERR = Fault(
    slug="shown-on-stderr",
    life=Life.ANSWER,
    decides=lambda case: None,
    stops=True,
    sentence="What your {program} should show goes to standard error. It belongs on standard output, where print "
    "puts it.",
    question="Start your {program} with 2> log.txt at the end of the command line. What is left on the screen? Which "
    "of your lines are for the user, and which are for the log?",
    read=LOG,
)
FAULTS = [
    Fault(
        slug="log-on-stdout",
        life=Life.TELL,
        decides=_log_on_screen,
        sentence="Your log goes to standard output, where the user reads the chat. It belongs on standard error.",
        question="Which of your prints are for the user, and which ones tell what the program itself is doing?",
        read=LOG,
        mistakes=("log-on-the-screen", "log-on-screen"),
    ),
    Fault(
        slug="no-log",
        life=Life.TELL,
        decides=_no_log,
        sentence="Your program logs nothing: you can't find out later who connected, who left and what went wrong.",
        question="Which three things happen to a connection that you'd like to read about later?",
        read=LOG,
    ),
    Fault(
        slug="log-level",
        life=Life.TELL,
        decides=_level_too_high,
        sentence="Line {line} calls info(), but your log doesn't take such messages: {level}.",
        question="Logging has five levels. From which one on does your log take messages, and which one has info()?",
        read=LOG,
        mistakes=("log-level", "no-log", "no-log-client"),
    ),
    Fault(
        slug="log-connect-missing",
        life=Life.TELL,
        decides=_connect_missing,
        sentence="Your {program} doesn't log that {whom} connected.",
        question="Which line of yours runs as soon as there's a connection? What would you like to read about it "
        "later?",
        read=LOG,
        mistakes=("connect-not-logged", "connect-not-logged-client"),
    ),
    Fault(
        slug="log-without-port",
        life=Life.TELL,
        decides=lambda case: seen(
            [failure for failure in case.failed("test_the_log_says_wh*", causes=["other print"]) if _ports(failure)]
        ),
        sentence="The log doesn't say which address and port it was.",
        question="Two programs on one machine have the same address. What tells them apart?",
        read=LOG,
        mistakes=("log-without-port", "log-without-port-client", "log-without-address"),
    ),
    Fault(
        slug="lost-like-left",
        life=Life.TELL,
        decides=_lost_like_left,
        sentence="The log says the same of a client that was lost as of one that left: you can't find out later which "
        "of the two it was.",
        question="What does recv do when a client leaves, and what does it do when the connection is lost? Which line "
        "of yours runs in each case, and which words does it log?",
        read=LOG,
        mistakes=("lost-logged-as-left",),
    ),
    Fault(
        slug="log-lost-missing",
        life=Life.TELL,
        decides=_logs_something("test_the_log_says_who_was_lost", "test_the_log_says_what_was_*"),
        sentence="The log doesn't say who was lost, or why.",
        question="In which line of yours do you find out that a connection is lost, and what do you do there?",
        read=LOG,
        mistakes=("lost-unlogged", "lost-not-logged", "loss-not-logged", "too-long-not-logged"),
    ),
    Fault(
        slug="log-left-missing",
        life=Life.TELL,
        decides=_logs_something(
            *("test_the_log_says_who", "test_the_log_says_who_has_left", "test_the_log_says_that_it_is_over"),
            *("test_the_log_says_how_it_ended", "test_the_log_says_the_end"),
        ),
        sentence="The log doesn't say who left.",
        question="Which line of yours runs when a conversation is over? What should you log there?",
        read=LOG,
        mistakes=("left-missing", "left-not-logged", "left-missing-client", "left-not-logged-client"),
    ),
]
