"""Stages 1 to 3: what is told is true of the program: a claim that its text or a test refutes is not made."""

import dataclasses

import pytest

from parley.checks.diagnosis.catalogue import faults
from parley.checks.diagnosis.evidence import Evidence, Failure
from parley.checks.diagnosis.ranking import diagnoses
from parley.checks.diagnosis.slips import connect_limit, leaves_newline, limit_of_lines, takes_away
from parley.checks.diagnosis.syntax import lacking, line_of_blank
from parley.checks.diagnosis.threads import never_started, watched_keyboard
from parley.contract.diagnosis import Fact
from parley.contract.record import Event

STAGES = {"1": "1_echo", "2": "2_logbook", "3": "3_turns"}


def failed(test, cause, *events, program="server", kind="core", points=3, **more):
    """A failed test, named like "1 test_ctrl_c" with its stage; its events are (who, what, data, note)."""
    number, name = test.split()
    facts = {"who": program, "other": "server", "seconds": 2, "number": 1, "count": 9, "total": 10, "status": ""}
    facts |= {"port": 5, "where": "", "exception": ""}
    facts |= more.pop("facts", {})
    happened = tuple(
        Event(0.1 * at, who, what, data, "", note)
        for at, (who, what, data, note) in enumerate((*event, b"", "")[:4] for event in events)
    )
    where = f"{STAGES[number]}/test_{program}.py::{name}"
    return Failure(where, program, "A rule.", points, kind, cause, facts, events=happened, **more)


def told(failures, source="", facts=(), experiment=()):
    """The faults that are told of a program with this text, and what is said of each."""
    failures = failures if isinstance(failures, list) else [failures]
    program = failures[0].program
    seen = [Fact(program, *fact) for fact in facts]
    tried = [Fact(program, *fact) for fact in experiment]
    evidence = Evidence(failures, seen, lambda which, vary: tried, {program: source})
    stage = failures[0].test.partition("/")[0]
    return {each.fault: each.sentence for each in diagnoses(evidence, faults(stage), [program])}


def steps(failure, source):
    """The faults that are told of a program with this text that failed a test, and the evidence for each."""
    evidence = Evidence([failure], [], lambda which, vary: [], {failure.program: source})
    stage = failure.test.partition("/")[0]
    return {each.fault: " ".join(each.steps) for each in diagnoses(evidence, faults(stage), [failure.program])}


ANSWERED = ("answer", {"number": 1, "how": "same", "sent": "harbour", "came": "harbour", "over": False})


@pytest.mark.parametrize(
    ("last", "source", "fault", "said"),
    [
        (b"\n", 'if data == b"\\n":\n    break\n', "blanks-are-the-end", "(line 1)"),
        (b" ", "if not data.strip():\n    break\n", "blanks-are-the-end", "strip()"),
        (b"\n", "", "blanks-are-the-end", 'only "\\n" is taken'),
        (b"caf\xc3", "", "decode-strict", "Bytes that aren't text"),
    ],
)
def test_only_bytes_that_are_no_text_are_told_as_such(last, source, fault, said):
    failure = failed("1 test_any_bytes_come_back", "end", ("Anna", "sends", b"tea"), ("Anna", "sends", last))
    found = told(failure, source, [ANSWERED])
    assert list(found) == [fault] and said in found[fault]


def test_where_a_text_is_asked_whether_it_is_blank():
    for asks in ('text == "\\n"', "text.isspace()", "not text.strip()", 'text.strip() == ""', 'text in ("\\n", "")'):
        assert line_of_blank(f"while True:\n    if {asks}:\n        break\n") == 2, asks
    for other in ('"\\n" in text', 'text == "quit"', "text.strip() == word", "not text"):
        assert line_of_blank(f"if {other}:\n    pass\n") == 0, other


READ = "line = {}\n"
SELECTS = [
    ("select.select([sys.stdin, sock], [], [])\n", "sys.stdin.readline()"),
    ("watched = [sock]\nwatched.append(sys.stdin)\nselect.select(watched, [], [])\n", "sys.stdin.readline()"),
    ("selector = selectors.DefaultSelector()\nselector.register(sys.stdin.fileno(), 1)\n", "input()"),
    ("keys = sys.stdin\nselect.select((sock, keys), [], [])\n", "next(keys)"),
    ("loop.add_reader(sys.stdin, typed)\n", "sys.stdin.readline()"),
]


@pytest.mark.parametrize(("watches", "reads"), SELECTS)
def test_a_keyboard_that_is_watched_and_read_through_a_buffer(watches, reads):
    source = watches + READ.format(reads)
    assert watched_keyboard(source).call == reads
    typed = [("client", "types", b"one"), ("client", "types", b"two"), ("server", "receives", b"one\n")]
    awaited = failed("3 test_one_line_in_each_turn", "silence", *typed, program="client", expected=b"two\n")
    assert list(told(awaited, source)) == ["stdin-buffer-and-select"]
    first = failed("3 test_one_line_in_each_turn", "silence", *typed, program="client", expected=b"three\n")
    assert "stdin-buffer-and-select" not in told(first, source)  # something is missing that was not typed then


def test_who_reads_the_keyboard_without_a_buffer_or_select_loses_nothing():
    assert watched_keyboard("select.select([sys.stdin, sock], [], [])\ndata = os.read(0, 999)\n") is None
    asks = "port = input('port? ')\nselect.select([sys.stdin, sock], [], [])\nline = sys.stdin.readline()\n"
    assert watched_keyboard(asks).reads == 3  # what it asks before has nothing to do with select
    assert watched_keyboard("ready = select.select([sock], [], [])\nline = sys.stdin.readline()\n") is None


def test_which_call_takes_more_away_than_the_newline():
    assert takes_away('text = line.rstrip("\\n")\n') == (0, "")
    assert takes_away("host = sys.argv[1].strip()\n") == (0, "")
    assert takes_away('a = b\ntext = line.rstrip("\\r\\n").lstrip("\\t")\n') == (2, "lstrip('\\t')")
    assert takes_away("text = line.strip()\n") == (1, "strip()")
    assert takes_away("words = ' '.join(line.split())\n") == (1, "split()")


@pytest.mark.parametrize(
    ("source", "received", "cause", "said"),
    [
        ("text = line.strip()\n", b"tea\nmilk\n", "other bytes", "strip() in line 2"),
        ('text = line.lstrip("\\t")\n', b"tea\nmilk\n", "other bytes", "lstrip('\\t') in line 2"),
        ("text = line\n", b"tea\nmilk\n", "other bytes", ""),
        ("text = line.strip()\n", b"tea\n", "part", ""),  # whole lines are missing
    ],
)
def test_strip_is_told_only_where_it_stands_and_blanks_are_lost(source, received, cause, said):
    test = failed(
        "2 test_it_is_sent_as_it_was_typed", cause, program="client", expected=b"tea\n\tmilk\n", received=received
    )
    came = {1: "harbour 17", 2: "bridge 18", 3: ""}
    sent = [("sent", {"number": at, "how": "same", "came": text, "wanted": text}) for at, text in came.items()]
    found = told(test, f"for line in sys.stdin:\n    {source}", sent).get("strips-text", "")
    assert found.startswith(said) and bool(found) is bool(said)


def test_a_line_of_blanks_that_becomes_no_entry():
    blank = failed("2 test_the_text_stays_as_it_is", "silent screen", ("Anna", "sends", b"\t\n"))
    found = told(
        blank, "if text.isspace():\n    pass\n", [("entry", {"number": 4, "how": "same", "screen": "", "book": ""})]
    )
    assert found == {
        "empty-line": 'A line of blanks such as "\\t" is a line like any other and becomes an entry, but your server '
        "makes none (line 1)."
    }


OUT_OF_TURN = [
    ("server", "types", b"one"),
    ("server", "types", b"two"),
    ("Anna", "connects"),
    ("Anna", "receives", b"one\n"),
    ("Anna", "sends", b"hello\n"),
]


def test_who_speaks_before_its_turn_is_told_so_and_not_that_it_closes_twice():
    source = "ready = select.select([conn, sys.stdin], [], [])\n"
    early = failed("3 test_the_client_speaks_first", "too much", *OUT_OF_TURN, received=b"one\n")
    closes = failed(
        "3 test_the_keyboard_ends",
        "too much",
        *OUT_OF_TURN,
        ("Anna", "receives", b"two\n/close\n"),
        received=b"/close\n",
    )
    assert list(told([early, closes], source)) == ["out-of-turn"]
    assert "close-again" not in told(closes, "")
    twice = failed(
        "3 test_the_server_closes", "too much", ("Anna", "receives", b"/close\n/close\n"), received=b"/close\n"
    )
    assert "close-again" in told(twice, "")
    in_turn = [
        ("Anna", "connects"),
        ("Anna", "sends", b"hello\n"),
        ("server", "types", b"one"),
        ("Anna", "receives", b"one\n"),
    ]
    assert "out-of-turn" not in told(failed("3 test_a_turn_each", "silence", *in_turn, *in_turn), source)


STARTED = [("server", "starts", b"", "127.0.0.1 5"), ("server", "exits"), ("next server", "starts", b"", "127.0.0.1 5")]
TALKS = [("next server", "listens"), ("Ben", "connects"), ("Ben", "sends", b"hello\n")]


def test_a_port_is_kept_only_where_the_next_start_cannot_listen():
    def then(*events, exception=""):
        facts = {"who": "next server", "exception": exception, "where": " (line 3 of server.py, in main)"}
        return failed("1 test_ctrl_c_during_a_conversation", "crashed", *STARTED, *events, facts=facts, kind="errors")

    assert list(told(then(exception="OSError"))) == ["port-not-reusable"]
    assert "port-not-reusable" not in told(then(exception="NameError"))
    pressed = then(*TALKS, ("next server", "presses Ctrl+C"), exception="KeyboardInterrupt")
    assert pressed.moment == "Ctrl+C" and list(told(pressed)) == ["traceback-ctrl-c"]
    assert then(*TALKS).moment == "exchange"


def test_what_a_program_was_seen_to_do_is_not_lacking():
    for shows in ("os.write(1, data)\n", 'screen = open(1, "wb")\n', "sys.__stdout__.write(text)\n"):
        assert "show" not in lacking(f"import os, sys\n{shows}"), shows
    set_up = 'import sys\nsys.stdout.reconfigure(encoding="utf-8")\nsys.stdin.reconfigure(encoding="utf-8")\n'
    assert lacking(set_up) >= {"show", "keyboard"}
    said = ("Anna", "sends", b"harbour 17\n")
    tests = [failed(f"2 test_{name}", "other print", said, ("server", "prints", b"1 harbour 17\n")) for name in "abc"]
    source = "import socket, sys\nconn.recv(9)\nscreen(9)\n"
    assert "unfinished" not in told(tests, source)
    assert "unfinished" in told([failed(f"2 test_{name}", "silent screen", said) for name in "abc"], source)


def test_who_foresees_that_nothing_has_come_yet_and_waits_is_not_told_that_it_does_not():
    source = "try:\n    data = conn.recv(9)\nexcept BlockingIOError:\n    time.sleep(0.1)\n"
    raises = ("raises", {"line": 2, "function": "main", "exception": "BlockingIOError", "message": "[Errno 11]"})
    trouble = ("trouble", {"what": "heard"})
    heard = ("heard", {"number": 1, "how": "same", "line": "harbour", "screen": "harbour\n"})
    silent = failed("3 test_two_lines_in_one_piece", "silence")
    assert "does-not-wait" in told(silent, source, [raises, trouble])
    assert "does-not-wait" not in told(silent, source, [raises, trouble, heard])


def stands(thread, call, line, where):
    """A fact of the examination: where a thread is."""
    return (
        "stands",
        {"thread": thread, "call": call, "function": thread, "line": line, "told": f"{thread} is there."},
        where,
    )


END = "after the client's end of stream"


@pytest.mark.parametrize(
    ("call", "source", "known"),
    [
        ("input", "def read_keyboard():\n    for line in sys.stdin: box.put(line)\n", True),
        ("input", "def read_keyboard():\n    for line in sys.stdin: conn.sendall(line)\n", False),
        ("recv", "", False),  # the conversation itself is in this thread
    ],
)
def test_a_thread_that_keeps_a_program_running(call, source, known):
    facts = [stands("main", "shutdown", 0, END), stands("read_keyboard", call, 2, END)]
    failure = failed("3 test_the_client_leaves_without_close", "goes on", ("Anna", "ends stream"))
    assert ("no-daemon" in told(failure, source, facts)) is known


def test_what_ctrl_c_does_is_tried_before_it_is_told():
    source = "try:\n    main()\nexcept KeyboardInterrupt:\n    pass\n"
    pressed = failed("2 test_ctrl_c_during_a_conversation", "goes on", ("server", "presses Ctrl+C"), kind="errors")
    there = [stands("main", "shutdown", 0, "after Ctrl+C"), stands("work", "recv", 9, "after Ctrl+C")]
    assert list(told(pressed, source, experiment=there)) == ["no-daemon"]
    lent = [stands("main", "select", 4, "after Ctrl+C"), stands("Python", "executor", 0, "after Ctrl+C")]
    enter = ("enter", {"ends": True}, "after Ctrl+C")
    assert list(told(pressed, f"loop.run_in_executor(f)\n{source}", experiment=[*lent, enter])) == [
        "executor-at-keyboard"
    ]
    caught = told(pressed, source)
    assert caught == {"ctrl-c-swallowed": "Your program catches Ctrl+C and keeps running."}
    assert "catches" not in told(pressed, "main()\n")["ctrl-c-swallowed"]


def test_who_is_kept_running_has_noticed_the_end():
    facts = [stands("main", "shutdown", 0, "after a typed /close"), stands("typed", "input", 2, "after a typed /close")]
    facts.append(("close_typed", {"how": "same", "ended": False, "over": True}, "after a typed /close"))
    failure = failed("3 test_the_server_closes", "goes on", ("server", "types", b"/close"))
    assert list(told(failure, "def typed():\n    pass\n", facts)) == ["no-daemon"]


@pytest.mark.parametrize("limit", ["65_536", "64 * 1024", "2**16", "1 << 16"])
def test_a_limit_that_is_there_is_not_told_as_none(limit):
    source = f"MOST = {limit}\nif len(rest) > MOST:\n    sys.exit(1)\n"
    assert limit_of_lines(source) == 2 and limit_of_lines("if len(sys.argv) > 2:\n    pass\n") == 0
    line = [("Anna", "sends", b"x" * 65_536), ("Anna", "sends", b"y\n")]
    test = failed("3 test_a_line_that_is_too_long", "goes on", *line)
    found = told(test, source)
    assert list(found) == ["line-limit-off"] and "65,537" in found["line-limit-off"]
    assert list(told(test, "")) == ["no-line-limit"]
    assert list(told(failed("2 test_a_line_that_never_ends", "silence", *line), source)) == ["line-limit-off"]
    ended = failed("2 test_a_line_that_never_ends", "silence", ("Ben", "sees reset"), *line)
    assert "no-line-limit" not in told(ended, "")


def test_a_line_that_is_just_long_enough():
    line = [("Anna", "sends", b"x" * 65_536 + b"\ntea\n"), ("Anna", "sees reset")]
    test = failed("2 test_a_long_line", "silent screen", *line)
    assert ">= in line 1" in told(test, "if len(line) >= 65536:\n    pass\n")["limit-of-all"]
    assert "limit-of-all" not in told(test, "")


def test_host_and_port_are_told_as_the_program_takes_them():
    test = "2 test_host_and_port_may_be_left_out"
    starts = [("server", "starts"), ("second server", "starts", b"", "127.0.0.2")]
    facts = {"who": "second server", "status": "status 1"}
    known = ("told", {"host": "127.0.0.1", "port": 5})
    everywhere = failed(test, "ended", *starts, facts=facts)
    default = 'host = sys.argv[1] if len(sys.argv) > 1 else ""\n'
    assert "Started without a HOST" in told(everywhere, default, [known])["argv-defaults"]
    compares = 'if line == "":\n    pass\n'
    assert "Started without a HOST" not in str(told(everywhere, compares, [known]))
    bound = ("binds", {"host": "", "port": 5, "line": 7})
    assert list(told(everywhere, 'create_server(("", port))\n', [known, bound])) == ["host-ignored"]
    other = failed(test, "ended", *starts, ("second server", "logs", b"127.0.0.1 is taken\n"), facts=facts)
    assert told(other, default, [known])["argv-defaults"] == (
        "Started with a HOST alone, your program isn't at 127.0.0.2 and port 50007."
    )
    alone = failed(test, "not listening", ("server", "starts"))
    assert told(alone, default, [known])["argv-defaults"] == "Started without a PORT, your program doesn't use 50007."


def test_a_port_that_is_none_and_is_taken_for_another():
    source = "try:\n    port = int(sys.argv[2])\nexcept ValueError:\n    print('I take 50007')\n"
    starts = ("second server", "starts", b"", "127.0.0.1 harbour")
    failure = failed("1 test_a_port_that_is_none", "goes on", starts, facts={"who": "second server"}, kind="errors")
    assert 'the PORT "harbour"' in told(failure, source)["bad-port-accepted"]
    assert "the except in line 3" in told(failure, source)["bad-port-accepted"]
    assert "the except" not in told(failure, source.replace("print(", "sys.exit("))["bad-port-accepted"]


def test_how_long_connecting_may_take_is_told_as_it_stands_there():
    connects = "with socket.create_connection((host, port){}) as conn:\n    pass\n"
    assert connect_limit(connects.format(", timeout=4")) == (1, 4)
    assert connect_limit(f"WAIT = 3.5\n{connects.format(', WAIT')}") == (2, 3.5)
    assert connect_limit("conn.settimeout(2)\nconn.connect(there)\nconn.settimeout(None)\n") == (1, 2)
    assert connect_limit(connects.format("")) == (0, 0)
    facts = {"who": "unlucky client", "seconds": 4}
    late = failed("1 test_nobody_answers", "goes on", program="client", facts=facts, kind="errors")
    assert "allows 4 s" in told(late, connects.format(", timeout=4"))["no-connect-timeout"]
    assert "for minutes" in told(late, connects.format(""))["no-connect-timeout"]
    assert "although line 1" in told(late, connects.format(", timeout=2"))["no-connect-timeout"]


def test_two_servers_that_share_a_port():
    starts = [(who, "starts", b"", "127.0.0.1 5") for who in ("server", "second server")]
    taken = failed("1 test_the_port_is_taken", "goes on", *starts, facts={"who": "second server"}, kind="errors")
    assert "SO_REUSEPORT (line 1)" in told(taken, "s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)\n")["port-taken-silent"]
    assert "doesn't exit" in told(taken, "")["port-taken-silent"]


TYPED = [("client", "types", b"hello"), ("server", "receives", b"hello")]


def test_a_half_of_an_answer_is_no_answer():
    half = [*TYPED, ("server", "sends", b"he"), ("server", "ends stream"), ("client", "prints", b"Received: he\n")]
    failure = failed("1 test_the_server_ends_too_early", "goes on", *half, program="client", kind="errors")
    assert list(told(failure)) == ["half-is-whole"]
    silent = failed("1 test_the_server_ends_too_early", "goes on", *half[:-1], program="client", kind="errors")
    assert list(told(silent)) == ["gone-unnoticed"]


def test_who_leaves_before_the_last_answer():
    ends = ("client", "ends keyboard")
    facts = {"status": "status 0", "exception": ""}
    left = failed("1 test_the_keyboard_ends", "ended", TYPED[0], ends, TYPED[1], program="client", facts=facts)
    assert list(told(left)) == ["leaves-before-answer"]
    shown = ("client", "prints", b"Received: hello\n")
    assert (
        told(
            failed("1 test_the_keyboard_ends", "ended", TYPED[0], ends, TYPED[1], shown, program="client", facts=facts)
        )
        == {}
    )


@pytest.mark.parametrize(("source", "known"), [("text = line[:-1]\n", True), ('text = line.rstrip("\\n")\n', False)])
def test_a_last_letter_that_is_cut(source, known):
    events = [("client", "types", b"hello"), ("client", "ends keyboard"), ("server", "receives", b"hell")]
    failure = failed("1 test_the_keyboard_ends", "part", *events, program="client", expected=b"hello", received=b"hell")
    assert ("last-letter-cut" in told(failure, source)) is known


def test_words_of_its_own_are_no_echo():
    sent = ("Anna", "sends", b"x" * 80_000)
    words = failed("2 test_a_line_that_never_ends", "too much", sent, kind="errors", received=b"Too long.\n")
    assert told(words)["echo-kept"].startswith('Your server sends something back, "Too long.", but')
    echo = failed("2 test_nothing_comes_back", "too much", ("Anna", "sends", b"tea\n"), received=b"tea\n")
    assert told(echo)["echo-kept"].startswith("Your server sends something back, but")


def test_a_word_with_a_carriage_return_behind_it():
    closes = ("Anna", "sends", b"/close\r\n")
    failure = failed("3 test_line_ends_of_telnet", "silence", closes, ("server", "prints", b"Client: /close\n"))
    assert "recognize /close" in told(failure, "", [("close_heard", {"ended": True, "shows": False})])["crlf"]
    assert "crlf" not in told(failure, "", [("close_heard", {"ended": False, "shows": False})])


def test_a_traceback_that_tells_of_one_client():
    reset = failed(
        "1 test_a_client_is_lost", "traceback", ("Anna", "resets"), facts={"exception": "ConnectionResetError"}
    )
    assert list(told(reset)) == ["traceback-lost"]


@pytest.mark.parametrize(("cause", "fault"), [("wordless", "no-notice"), ("only logged", "notice-in-the-log")])
def test_a_goodbye_of_which_the_user_reads_nothing(cause, fault):
    assert list(told(failed("3 test_the_client_closes", cause, ("Anna", "sends", b"/close\n")))) == [fault]


@pytest.mark.parametrize(
    ("screen", "book", "known"),
    [
        ("1 harbour 17", "1 harbour 17", False),
        ("\x1b[1m*\x1b[0m 2026-11-29T10:00:00 harbour 17", "2026-11-29T10:00:00 harbour 17", False),
        ("harbour 17", "1 harbour 17", True),
        ("[2026-11-29 10:00:00] harbour 17", "[2026-11-29 10:00:00] harbour 17", True),
    ],
)
def test_what_stands_before_an_entry_on_the_screen_is_free(screen, book, known):
    entry = ("entry", {"number": 1, "how": "same", "text": "harbour 17", "screen": f"{screen}\n", "book": f"{book}\n"})
    found = told(failed("2 test_the_logbook", "other file"), "", [entry])
    assert ("entry-format" in found) is known


@pytest.mark.parametrize(("came", "known"), [(b"Client: two \n", True), (b"Client: two \r\n", False)])
def test_of_two_carriage_returns_one_belongs_to_the_text(came, known):
    sent, prints = ("Anna", "sends", b"two \r\r\n"), ("server", "prints", came)
    found = told(failed("3 test_line_ends_of_telnet", "other print", sent, prints, expected='"two \\r"'))
    assert ("takes every \\r at the end" in found.get("lone-cr", "")) is known


def test_who_waits_after_a_byte_is_told_so_and_not_that_its_encoding_is_another():
    names = "1 test_line_after_line", "1 test_a_long_line", "1 test_a_system_that_speaks_no_utf_8"
    failures = [failed(name, "part", program="client", facts={"count": 1}) for name in names]
    assert list(told(failures)) == ["waits-after-a-byte"]
    assert list(told(failures[2:])) == ["locale-encoding"]


def test_a_close_that_no_enter_follows():
    typed = [("server", "types", b"/close"), ("server", "ends keyboard"), ("Ben", "receives", b"/close\n")]
    without = failed("3 test_the_keyboard_ends", "silence", *typed)
    assert "when /close is the last thing typed, without Enter" in told(without)["no-close-word"]
    not_sent = failed("3 test_the_keyboard_ends", "silence", *typed[:2])
    assert "no-close-word" not in told(not_sent)
    at_the_end = failed("3 test_the_keyboard_ends", "silence", ("server", "types", b"tea"), *typed[1:])
    assert "no-close-word" not in told(at_the_end)


GIVEN = "aé" + "é" * 998


@pytest.mark.parametrize(
    ("source", "came", "said"),
    [
        ("print(text[:200])", GIVEN[:200], "A text of 1,000 characters was given. Its first 200 came, and no more."),
        ("conn.sendall(data[:400])", GIVEN.encode()[:400], "A text of 1,999 bytes was given. Its first 400 came"),
        ("print(entry[:200])", f"14:00 {GIVEN[:194]}", "Its first 194 came, and no more."),
        ("print(textwrap.shorten(text, width=200))", f"{GIVEN[:195]} [...]", "Its first 195 came, and no more."),
        ("print(text)", f"{GIVEN[:195]}...", "Its first 195 came, and no more."),
        ("print(text[:100])", GIVEN[:200], ""),
        ("print(text[:200])", GIVEN[:200] + "é" * 100, ""),
        ("print(text[:200])", "nothing like it", ""),
    ],
)
def test_a_long_text_that_is_cut(source, came, said):
    data = came if isinstance(came, bytes) else came.encode()
    sent = ("Anna", "sends", f"tea\n{GIVEN}\n".encode())
    screen = failed("3 test_a_long_line", "other print", sent, ("server", "prints", b"tea\n" + data + b"\n"))
    received = failed("3 test_a_long_line", "other bytes", ("server", "types", sent[2]), expected=sent[2])
    received = dataclasses.replace(received, received=b"tea\n" + data + b"\n")
    for failure in (screen,) if b"14:00" in data else (screen, received):
        assert said in steps(failure, source).get("long-text-cut", "")
        assert bool(said) == ("long-text-cut" in steps(failure, source))


INFORMS = 'logging.info("connected")\n'


@pytest.mark.parametrize(
    ("source", "log", "status", "fault"),
    [
        ("", "", 0, "no-log"),
        ("", "Trouble: the client is lost", 1, "no-log"),
        ("", "Exception in thread Thread-1:\nTraceback (most recent call last):\n  File\n", 0, "no-log"),
        ("", "127.0.0.1 left", 0, "log-connect-missing"),
        ("", "127.0.0.1 left\nTrouble: the client is lost", 1, "log-connect-missing"),
        (f"import logging\nlogging.basicConfig(level=logging.INFO)\n{INFORMS}", "", 0, "no-log"),
        (f"import logging\nlogging.basicConfig(level=LEVEL)\n{INFORMS}", "", 0, "no-log"),
        (f"import logging\nlogging.basicConfig(level=logging.WARNING)\n{INFORMS}", "", 0, "log-level"),
        (f"import logging\nlogging.getLogger().setLevel('ERROR')\n{INFORMS}", "lost", 0, "log-level"),
        (f"import logging\n{INFORMS}", "", 0, "log-level"),
        (f"import logging.config\nlogging.config.dictConfig(CONFIG)\n{INFORMS}", "", 0, "no-log"),
    ],
)
def test_why_nothing_is_in_the_log_when_someone_connects(source, log, status, fault):
    silent = failed("1 test_the_log_says_who", "silent log", ("Anna", "connects"), kind="logging")
    assert list(told(silent, source, [("screen", {"text": "", "log": log, "status": status})])) == [fault]
    later = failed(
        "1 test_the_log_says_who_was_lost", "other print", ("server", "logs", b"Anna left\n"), kind="logging"
    )
    assert fault == "log-level" or "log-connect-missing" in told([silent, later], source)


@pytest.mark.parametrize(
    ("source", "came", "wrapped"),
    [
        ("print(textwrap.fill(text, 9))", b"Client: one\ntwo three\n", True),
        ("print(textwrap.fill(text, 9))", b"Client: one  two\n", False),
        ("print(textwrap.fill(text, 9))", b"Client: one  two three\n", False),
        ("print(text)", b"Client: one\ntwo three\n", False),
    ],
)
def test_a_text_that_is_broken_into_lines(source, came, wrapped):
    failure = failed(
        "3 test_a_long_line", "other print", ("Anna", "sends", b"one  two three\n"), ("server", "prints", came)
    )
    assert ("text-wrapped" in told(failure, source)) == wrapped


TOO_EARLY = "[Errno 11] Resource temporarily unavailable"


@pytest.mark.parametrize(
    ("source", "logs", "begins", "fault"),
    [
        ("conn.setblocking(False)\ndata = conn.recv(4096)\n", f"lost: {TOO_EARLY}", True, "does-not-wait"),
        ("conn.setblocking(False)\ndata = conn.recv(4096)\n", "lost: [Errno 104] Connection reset by peer", True, ""),
        ("s.setblocking(False)\nconn, address = s.accept()\n", f"Trouble: {TOO_EARLY}", False, "does-not-wait"),
        ("conn.setblocking(False)\nconn.sendall(data)\n", f"Trouble: {TOO_EARLY}", True, "send-would-block"),
        ("conn.settimeout(2)\nconn.sendall(data)\n", f"Trouble: {TOO_EARLY}", True, ""),
    ],
)
def test_a_socket_that_does_not_block(source, logs, begins, fault):
    raises = ("raises", {"exception": "BlockingIOError", "line": 2, "message": TOO_EARLY})
    facts = [raises, *([] if begins else [("does_not_begin", {"cause": "ended"}), ("ended", {"status": 1})])]
    events = [("Anna", "sends", b"tea\n"), ("server", "logs", f"{logs}\n".encode())]
    failure = failed("3 test_a_turn_each", "ended", *events)
    found = told(failure, source, [] if "sendall" in source else facts)
    assert ("does-not-wait" in found, "send-would-block" in found) == (fault == "does-not-wait", fault[:4] == "send")


@pytest.mark.parametrize(
    ("source", "cause", "given", "fault"),
    [
        ("while data := conn.recv(1):\n", "spins", b"x" * 5000, "few-bytes-at-a-time"),
        ("while data := conn.recv(1):\n", "spins", b"x" * 50, ""),
        ("while data := conn.recv(100):\n", "spins", b"x" * 5000, ""),
        ("while True:\n    time.sleep(1)\n    print(line)\n", "silent screen", b"tea\n", "sleeps-at-work"),
        ("while True:\n    time.sleep(0.1)\n    print(line)\n", "silent screen", b"tea\n", ""),
        ("while True:\n    time.sleep(1)\n", "silent screen", b"tea\n", ""),
        ("while True:\n    time.sleep(1)\n    print(line)\n", "other print", b"tea\n", ""),
        ("conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)\n", "ended", b"tea\n", "closes-with-reset"),
        ("conn.close()\n", "ended", b"tea\n", ""),
    ],
)
def test_what_makes_others_wait_or_cuts_them_off(source, cause, given, fault):
    failure = failed("2 test_a_long_line", cause, ("Anna", "sends", given), ("Anna", "sees reset"))
    found = set(told(failure, source)) & {"few-bytes-at-a-time", "sleeps-at-work", "closes-with-reset"}
    assert found == ({fault} if fault else set())


@pytest.mark.parametrize(
    ("codec", "source", "who", "what", "came", "told_so"),
    [
        ("utf-16", 'data.encode("utf-16")', "client", "types", "one café".encode("utf-16"), True),
        ("utf-16", 'data.encode("utf-16")', "client", "types", "one café".encode("utf-16")[:9], True),
        ("ascii", 'data.encode("ascii", "replace")', "client", "types", b"one caf?\n", True),
        ("ascii", 'data.encode("ascii", "replace")', "client", "types", "one café\n".encode()[:9], False),
        ("utf-9", 'data.encode("utf-9")', "client", "types", b"one caf?\n", False),
        (
            "ascii",
            'data.decode("ascii", errors="replace")',
            "server",
            "sends",
            b"one caf\xef\xbf\xbd\xef\xbf\xbd\n",
            True,
        ),
        ("latin-1", 'data.decode("latin-1")', "server", "sends", "one cafÃ©\n".encode(), True),
        ("latin-1", 'data.decode("latin-1")', "server", "sends", b"nothing like it\n", False),
    ],
)
def test_what_came_is_the_text_in_another_encoding(codec, source, who, what, came, told_so):
    given = ("client" if what == "types" else "Anna", what, "one café\n".encode())
    failure = failed("2 test_what_is_typed", "other bytes", given, program=who)
    screen = failed("2 test_a_long_line", "other print", given, ("server", "prints", came), program=who)
    seen = dataclasses.replace(failure, expected=given[2], received=came) if what == "types" else screen
    assert (f"the encoding {codec}," in told(seen, source).get("other-encoding", "")) == told_so


@pytest.mark.parametrize("program", ["server", "client"])
def test_a_newline_of_its_own_and_another_one(program):
    other = "\\n\\n" if program == "client" else "\\n"
    said = ("said", {"number": 1, "how": "other", "wanted": "tea\\n", "came": f"tea{other}", "over": False})
    wrong = failed("3 test_a_turn_each", "other bytes", (program, "types", b"tea\n"), program=program)
    assert ("newline-twice" in told(wrong, "", [said])) == (program == "client")


def test_a_time_that_is_right_is_not_told_where_the_text_is_wrong():
    entry = b"2026-11-30T09:44:40 tea\n"
    wrong = failed(
        "2 test_the_time_of_an_entry", "other print", ("Anna", "sends", b"caf\xc3\xa9\n"), ("server", "prints", entry)
    )
    assert "time-of-an-entry" not in told(wrong)
    wrong = failed(
        "2 test_the_time_of_an_entry", "other print", ("Anna", "sends", b"tea\n"), ("server", "prints", entry)
    )
    assert "time-of-an-entry" in told(wrong)


@pytest.mark.parametrize(
    ("logs", "explained"),
    [("Trouble with 127.0.0.1 port 5: [Errno 32] Broken pipe", True), ("Trouble: [Errno 104] Connection reset", False)],
)
def test_an_exception_that_is_caught_and_told_explains_what_failed(logs, explained):
    sent = [("sent", {"number": number, "how": how, "sent": ""}) for number, how in ((1, "same"), (2, "nothing"))]
    raises = ("raises", {"exception": "BrokenPipeError", "line": 17, "message": "[Errno 32] Broken pipe"})
    failure = failed("1 test_line_after_line", "ended", ("client", "logs", f"{logs}\n".encode()), program="client")
    assert ("ends-sending-too-early" in told(failure, "conn.shutdown(1)\n", [*sent, raises])) == explained


@pytest.mark.parametrize(
    ("log", "source", "said"),
    [
        (
            "TypeError: serve() missing 1 required positional argument: 'address'",
            "Thread(target=serve)",
            "serve() missing 1",
        ),
        ("TypeError: serve() takes 1 positional argument but 2 were given", "Thread(target=serve)", "serve() takes 1"),
        ("TypeError: serve() takes 1 positional argument but 2 were given", "serve(conn, 1)", ""),
        ("TypeError: can only concatenate str", "Thread(target=serve)", ""),
    ],
)
def test_a_thread_whose_function_takes_other_arguments(log, source, said):
    screen = ("screen", {"text": "", "log": f"Exception in thread Thread-3 (serve):\n{log}\n", "status": 0})
    found = told(failed("1 test_what_is_sent_comes_back", "silence"), f"{source}\n", [screen])
    assert said in found.get("thread-arguments", "") and ("thread-arguments" in found) == bool(said)


@pytest.mark.parametrize(
    ("source", "told_so"),
    [
        ("conn = socket.socket()\nconn.sendall(data)\n", True),
        ("conn = socket.socket()\nconn.connect((host, port))\n", False),
        ("conn = socket.create_connection((host, port))\n", False),
        ("listener = socket.socket()\nlistener.bind((host, port))\n", False),
    ],
)
def test_a_client_that_never_connects(source, told_so):
    failure = failed("1 test_line_after_line", "ended", program="client")
    begins = [("does_not_begin", {"cause": "ended"}), ("ended", {"status": 1})]
    assert ("no-connect" in told(failure, source, begins)) == told_so


@pytest.mark.parametrize(
    ("came", "source", "apart"),
    [
        (b"14:00 one\n14:00 two\n", "lines = data.split()\n", True),
        (b"14:00 one two\n", "lines = data.split()\n", False),
        (b"14:00 one\n14:00 two\n", 'lines = data.split(b"\\n")\n', False),
        (b"14:00 something else\n", "lines = data.split()\n", False),
    ],
)
def test_words_that_come_apart(came, source, apart):
    failure = failed("2 test_a_long_line", "other print", ("Anna", "sends", b"one two\n"), ("server", "prints", came))
    assert ("split-at-blanks" in told(failure, source)) == apart


@pytest.mark.parametrize(
    ("between", "line"), [("", 2), ("conn.sendall(b'Hello')\n", 0), ("with conn:\n    serve(conn)\n", 0)]
)
def test_a_second_accept_before_the_first_client_is_served(between, line):
    source = f"conn, address = listener.accept()\n{between}conn, address = listener.accept()\n"
    stands = ("stands", {"thread": "main", "call": "accept", "line": source.count("\n"), "told": "It waits."})
    silent = failed("3 test_a_turn_each", "silence")
    found = told(silent, source, [("trouble", {"what": "heard"}), stands])
    assert ("accepts-twice" in found) == bool(line)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("print(entry, flush=True)\n", "no-logbook"),
        ("print(entry, file=sys.stderr)\n", "no-logbook"),
        ("print(entry, file=logbook)\n", "file-not-flushed"),
        ("logbook.write(entry)\n", "file-not-flushed"),
    ],
)
def test_a_logbook_into_which_nothing_is_written(source, fault):
    entry = ("entry", {"number": 1, "how": "same", "kept": False, "file": True})
    opens = ("opens", {"path": "logbook.txt", "mode": "a", "line": 3})
    lacks = failed("2 test_the_logbook", "other file", facts={"file": "logbook.txt"})
    found = set(told(lacks, source, [entry, opens])) & {"no-logbook", "file-not-flushed"}
    assert found == {fault}


@pytest.mark.parametrize(("others", "told_so"), [(0, True), (3, True), (5, False)])
def test_what_fails_everywhere_is_no_matter_of_the_system(others, told_so):
    names = ["a_system_that_speaks_no_utf_8", *(f"number_{number}" for number in range(others))]
    failures = [failed(f"1 test_{name}", "unread") for name in names]
    assert ("locale-encoding" in told(failures)) == told_so


@pytest.mark.parametrize(
    ("cuts", "line"),
    [
        ("del waiting[:end]", 2),
        ("waiting = waiting[end:]", 2),
        ("del waiting[: end + 1]", 0),
        ("waiting = waiting[end + 1 :]", 0),
        ("rest = waiting[end:]", 0),  # of another name: who knows what comes of it
        ("line = waiting[:end]", 0),
    ],
)
@pytest.mark.parametrize("finds", ['end = waiting.find(b"\\n")', 'end = text.index("\\n")', 'f(end := w.find(b"\\n"))'])
def test_a_newline_that_is_left_behind(finds, cuts, line):
    source = f"{finds}\n{cuts}\n"
    assert leaves_newline(source)[0] == line
    found = told(failed("2 test_several_lines_at_once", "other print"), source)
    assert ("newline-left-behind" in found) == bool(line)
    assert leaves_newline(source.replace('\\n"', ';"'))[0] == 0


@pytest.mark.parametrize(
    ("handler", "message", "log", "fault"),
    [
        ("except ValueError", "list.remove(x): x not in list", "over: list.remove(x): x not in list", True),
        (
            "except (OSError, ValueError)",
            "could not convert 'a 1'",
            "over: could not convert 'b 2'",
            True,
        ),  # other values
        ("except OSError", "list.remove(x): x not in list", "over: list.remove(x): x not in list", False),
        ("except ValueError", "list.remove(x): x not in list", "over", False),
    ],
)
def test_a_slip_that_is_told_like_trouble(handler, message, log, fault):
    source = f"try:\n    people.remove(one)\n{handler}:\n    sys.exit()\n"
    raised = ("raises", {"line": 2, "function": "f", "exception": "ValueError", "message": message})
    failure = failed("2 test_several_lines_at_once", "ended", ("server", "logs", log.encode()))
    found = told(failure, source, [raised])
    assert ("slip-taken-for-trouble" in found) == fault
    if fault:
        assert (
            "Line 2 raises ValueError" in found["slip-taken-for-trouble"]
            and "line 3" in found["slip-taken-for-trouble"]
        )
    own = source.replace("people.remove(one)", "raise ValueError(one)")
    assert "slip-taken-for-trouble" not in told(failure, own, [raised])


@pytest.mark.parametrize(("others", "told_so"), [([], True), (["test_one_client_after_another"], False)])
def test_a_client_that_waits_and_is_never_served(others, told_so):
    failures = [failed(f"2 {name}", "silent screen") for name in ("test_one_client_at_a_time", *others)]
    assert ("never-its-turn" in told(failures)) == told_so


@pytest.mark.parametrize(("daemon", "told_so"), [("", True), ("    daemon_threads = True\n", False)])
def test_threads_of_socketserver_that_keep_it_alive(daemon, told_so):
    source = f"class Server(socketserver.ThreadingTCPServer):\n    allow_reuse_address = True\n{daemon}"
    pressed = ("server", "presses Ctrl+C", b"")
    found = told(failed("2 test_ctrl_c_during_a_conversation", "goes on", pressed), source)
    assert ("no-daemon" in found, "ctrl-c-swallowed" in found) == (told_so, not told_so)


def test_a_thread_of_a_class_of_its_own_that_nothing_starts():
    makes = "class Source(Thread):\n    def run(self):\n        pass\nSource(conn)\nSource(keys).start()\n"
    assert never_started(makes) is not None
    assert (
        never_started(makes.replace("        pass\n", "        pass\n    def go(self):\n        self.start()\n"))
        is None
    )
    kept = "class One:\n    def go(self):\n        self.sender = Thread(target=send)\n        {}\nother.start()\n"
    assert never_started(kept.format("self.sender.join()")) is not None
    for starts in ("self.sender.start()", "start_all(self.sender)"):
        assert never_started(kept.format(starts)) is None
