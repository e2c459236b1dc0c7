"""The diagnosis of what the programs of several stages get wrong: words, silence, a \\r, and where a reason stands."""

import pytest

from parley.checks.check import check
from parley.checks.diagnosis.catalogue import faults
from parley.checks.diagnosis.evidence import Evidence, Failure
from parley.checks.diagnosis.ranking import diagnoses
from parley.checks.mistakes import mistakes, write_wrong
from parley.contract.record import Event
from parley.stages import STAGES

RESTS = "test_a_client_may_go_on"
ODD_LINES = "test_the_text_stays_as_it_is"
BROKEN_LINES = "test_bytes_that_are_no_text"
TELNET = "test_lines_from_telnet"


def told(stage, program, test, cause, source, *events, kind="core", **facts):
    """The slug of what is told first about a program with this text that has failed one test; "" if nothing is.

    `events`: pairs of (what, data) a tenth of a second apart, where a number instead is so many seconds of silence.
    """
    seen, at = [], 0.0
    for event in events:
        at += event if isinstance(event, float) else 0.1
        if not isinstance(event, float):
            what, data = event
            who = program if what in ("types", "prints", "logs", "presses Ctrl+C") else "Anna"
            seen.append(Event(at, who, what, data))
    name = f"{STAGES[stage - 1].name}/test_{program}.py::{test}"
    seen_facts = {"who": program, "other": "Anna", "seconds": 2, "count": 3, "where": "", "status": "status 1"} | facts
    failure = Failure(name, program, "A sentence.", 3, kind, cause, seen_facts, None, None, tuple(seen))
    evidence = Evidence([failure], [], lambda which, vary: [], {program: source})
    return next((each.fault for each in diagnoses(evidence, faults(STAGES[stage - 1].name), [program])), "")


@pytest.mark.parametrize(
    "source",
    [
        "if data == b'bye':\n    break\n",
        "ENDS = {'quit', 'bye'}\nif data.decode().strip().lower() in ENDS:\n    break\n",
        "END = 'bye'.encode()\nif data == END:\n    break\n",
        "match text:\n    case 'BYE':\n        conn.close()\n",
    ],
)
@pytest.mark.parametrize("said", [b"bye", b"bye\n"])
def test_a_word_that_is_taken_for_a_command(source, said):
    assert told(1, "server", RESTS, "end", source, ("sends", b"hi"), ("sends", said)) == "word-is-command"
    assert told(1, "server", RESTS, "end", source, ("sends", said), ("sends", b"hi")) == ""
    assert told(1, "server", RESTS, "end", "print('bye')\n", ("sends", said)) == ""


def test_a_command_of_the_stage_is_no_wrong_word():
    source = "if text.strip() == '/close':\n    break\n"
    assert told(3, "server", "test_words_that_are_no_close", "ended", source, ("sends", b" /close\n")) == ""


@pytest.mark.parametrize(
    "source",
    [
        "listener.accept()\nconn.settimeout(PATIENCE)\n",
        "socket.setdefaulttimeout(2)\n",
        "ready, _, _ = select.select([conn], [], [], 2)\n",
    ],
)
def test_a_client_that_says_nothing_for_a_while(source):
    silence = (("sends", b"hi"), 2.2, ("sends", b"again"))
    assert told(1, "server", RESTS, "end", source, *silence) == "timeout-stays"
    assert told(1, "server", RESTS, "end", source, ("sends", b"hi"), ("sends", b"again")) == ""
    assert told(1, "server", RESTS, "end", "listener.accept()\n", *silence) == ""


def test_a_time_limit_for_accept():
    source = "door.settimeout(2)\nconn, address = door.accept()\n"
    silence = (("sends", b"hi"), 2.2, ("sends", b"again"))
    assert told(1, "server", RESTS, "ended", source, *silence, who="second server") == "listener-timeout"
    assert told(1, "server", RESTS, "end", source, *silence) == ""


@pytest.mark.parametrize("source", ["conn.setblocking(False)\n", "while not select.select([conn], [], [], 0)[0]:\n"])
def test_a_server_that_never_waits(source):
    assert told(1, "server", RESTS, "spins", source, ("sends", b"hi")) == "busy-wait"


def test_two_clients_at_the_same_time():
    seen = (1, "server", "test_one_client_after_another", "too much")
    assert told(*seen, "import threading\n", ("sends", b"hi")) == "all-at-once"
    assert told(*seen, "import socket\n", ("sends", b"hi")) == "changes-bytes"


def test_ctrl_c_before_the_connection():
    seen = (1, "client", "test_ctrl_c_before_the_answer", "crashed", "", ("presses Ctrl+C", b""))
    how = {"kind": "errors", "exception": "KeyboardInterrupt"}
    assert told(*seen, **how, who="early client") == "ctrl-c-too-early"
    assert told(*seen, **how, who="client") == "traceback-ctrl-c"


def test_a_reason_on_standard_output():
    source = "try:\n    main()\nexcept OSError as error:\n    print(error)\n    sys.exit(1)\n"
    seen = (source, ("prints", b"[Errno 98] Address already in use\n"))
    assert told(2, "server", "test_the_port_is_taken", "other stream", *seen, kind="errors") == "error-on-stdout"


def test_no_reason_at_all():
    assert told(1, "client", "test_the_server_is_lost", "wordless", "", kind="errors") == "error-without-a-word"
    assert told(3, "server", "test_a_line_that_is_too_long", "wordless", "", kind="errors") == "error-without-a-word"


def test_a_log_that_says_the_same_of_the_lost_and_of_those_who_left():
    seen = (1, "server", "test_the_log_says_who_was_lost", "other print", "")
    left, lost = b"12:00:01 127.0.0.1 port 4001 left\n", b"12:00:02 127.0.0.1 port 4002 left\n"
    assert told(*seen, ("logs", left), ("resets", b""), ("logs", lost), kind="logging") == "lost-like-left"
    error = b"12:00:02 an error\n"
    assert told(*seen, ("logs", left), ("resets", b""), ("logs", error), kind="logging") == "log-lost-missing"


def test_the_end_of_a_line_in_two_chunks():
    pieces = (("sends", b"one\r\n"), ("sends", b"two\r"), ("sends", b"\n"))
    apart = (*pieces, ("prints", b"9:00 one\n"), ("prints", b"9:00 two\r\n"))
    both = (*pieces, ("prints", b"9:00 one\r\n"), ("prints", b"9:00 two\r\n"))
    assert told(2, "server", TELNET, "other print", "", *apart) == "crlf-in-pieces"
    assert told(2, "server", TELNET, "other print", "", *both) == "crlf"


@pytest.mark.parametrize("shown", [b"9:00 ten %\n9:00 twenty\n", b"9:00 ten %twenty\n"])
def test_a_carriage_return_in_the_middle_of_a_line(shown):
    seen = ("line.strip()", ("sends", b"ten %\rtwenty\n"), ("prints", shown))
    assert told(2, "server", ODD_LINES, "other print", *seen) == "lone-cr"


@pytest.mark.parametrize(
    ("sent", "shown", "slug"),
    [
        (b"caf\xff \xe2\x98\x95\n", "caf\u00ff \u00e2\u02dc\u2022\n", "second-encoding"),
        (b"ca\xc3\n", "caf\ufffd\nca\n", "half-letter-kept"),
        (b"tea\n", "ca\n\ufffdtea\n", "half-letter-kept"),
        (b"caf\xff \xe2\x98\x95\n", "caf \u2615\n", "decode-ignore"),
    ],
)
def test_bytes_that_are_no_text(sent, shown, slug):
    assert told(2, "server", BROKEN_LINES, "other print", "", ("sends", sent), ("prints", shown.encode())) == slug


def test_letters_that_can_be_written_in_two_ways():
    seen = ("text = unicodedata.normalize('NFC', text)\n", ("types", "cafe\u0301".encode()))
    came = ("receives", "caf\u00e9\n".encode())
    assert told(2, "client", "test_it_is_sent_as_it_was_typed", "other bytes", *seen, came) == "normalizes-text"


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("stage", "name", "slug"),
    [
        (1, "quit-word", "word-is-command"),
        (1, "timeout-of-listener", "listener-timeout"),
        (1, "answers-grow", "buffer-not-emptied"),
        (2, "twelve-hours", "time-of-an-entry"),
        (2, "timeout-is-goodbye", "timeout-stays"),
        (2, "lost-logged-as-left", "lost-like-left"),
        (3, "too-long-is-left", "status-0-at-trouble"),
        (3, "crlf-per-chunk", "crlf-in-pieces"),
    ],
)
def test_a_known_mistake_is_told_first(stage, name, slug, tmp_path):
    mistake = next(each for each in mistakes(STAGES[stage - 1]) if each.name == name)
    write_wrong(STAGES[stage - 1], mistake, tmp_path)
    done = check(STAGES[stage - 1], tmp_path, [mistake.program], seed=1)
    assert done.diagnoses[0].fault == slug and not done.examined.trouble
