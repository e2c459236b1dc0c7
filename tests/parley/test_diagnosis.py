"""The diagnosis: what is seen of real programs, which fault is told first, and what each fault says."""

import os
import re
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from helpers import slow

from parley import stages
from parley.checks.check import check
from parley.checks.diagnosis import positions
from parley.checks.diagnosis.catalogue import PAGES, examinations, faults
from parley.checks.diagnosis.catalogue.all_stages.one_after_another import _ends_at_once
from parley.checks.diagnosis.catalogue.conversation import looks_for_other_end, other_end
from parley.checks.diagnosis.catalogue.unfinished import NEEDS
from parley.checks.diagnosis.contact import Visit, compared
from parley.checks.diagnosis.evidence import Case, Evidence, Failure, Variation
from parley.checks.diagnosis.fault import Fault, Found, Life, as_step, everything, like
from parley.checks.diagnosis.ranking import diagnoses
from parley.checks.diagnosis.syntax import (
    Closing,
    always_flushes,
    always_true,
    asks_again,
    called_before,
    closed_before,
    compared_with_text,
    connects_in_a_loop,
    handlers,
    lacking,
    length_as_flags,
    makes_file_per_line,
    never_equal,
    read,
    sends_without_receiving,
    uncalled,
    uncalled_conditions,
    wakes_in_vain,
)
from parley.checks.diagnosis.telling import MOST_LINES, WIDTH, tell_diagnosis
from parley.checks.diagnosis.threads import (
    Late,
    Lent,
    Shared,
    bound_late,
    closed_while_lent,
    shared_attribute,
    shared_connection,
    takes_once,
)
from parley.checks.mistakes import mistakes
from parley.contract.diagnosis import Diagnosis, Fact
from parley.contract.record import Event
from parley.harness.programs import Program
from parley.harness.scene import Scene
from parley.stages import STAGES, root, solution

GOLD = root() / "tests" / "gold"
ECHO, LOGBOOK = STAGES[:2]


def examined(stage, folder, program, vary=None):
    """The facts that an examination of this program sees."""
    return Visit(folder, program, vary or Variation()).run(examinations(stage.name)[program])


def written(folder, **programs):
    """A folder with these programs, and the right ones of stage 1 for the others."""
    for program in ECHO.programs:
        text = programs.get(program) or solution(ECHO, "full", program).read_text(encoding="utf-8")
        (folder / f"{program}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("program", ["server", "client"])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_nothing_is_amiss_with_a_right_program(stage, program):
    facts = examined(stage, solution(stage, "full", program).parent, program)
    assert not {"trouble", "stuck", "spins", "uncaught", "does_not_begin", "syntax"} & {fact.name for fact in facts}
    assert "told" in {fact.name for fact in facts}


@pytest.mark.parametrize(
    ("case", "stage"),
    [
        ("1_echo-02-costanti", ECHO),
        ("1_echo-11-no-cierra", ECHO),
        ("1_echo-58-sin-listen", ECHO),
        ("1_echo-91-one-name-for-two-sockets", ECHO),
        ("2_logbook-05-modo-w", LOGBOOK),
        ("2_logbook-91-a-connection-per-line", LOGBOOK),
        *slow(("1_echo-93-until-nothing-comes", ECHO), ("2_logbook-58-espera-respuesta", LOGBOOK)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_first_diagnosis_is_the_experts(case, stage):
    text = (GOLD / case / "expect.toml").read_text(encoding="utf-8")
    done = check(stage, GOLD / case, seed=1)
    assert not done.examined.trouble
    assert done.diagnoses[0].fault == re.search('^first = "(.*)"$', text, re.MULTILINE)[1]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C cannot be sent to another program")
@pytest.mark.parametrize(
    ("case", "test"),
    [
        ("1_echo-07-un-cliente", "test_ctrl_c"),
        ("1_echo-53-un-missatge-asyncio", "test_ctrl_c_during_a_conversation"),
    ],
)
def test_who_has_left_its_work_does_not_pass_for_one_that_obeys_ctrl_c(case, test):
    """Both passed by accident, and failed after what was told first was mended: the points fell by a right step."""
    assert check(ECHO, GOLD / case, ["server"], seed=1, test=test).points.earned == 0


def test_a_right_program_gets_no_diagnosis():
    done = check(ECHO, solution(ECHO, "full", "server").parent, seed=1)
    assert done.points == (100, 100) and done.diagnoses == []


def test_a_step_of_evidence_does_not_ask_about_the_flush():
    facts = {"who": "server", "seconds": 2}
    silent = Failure("1_echo/test_server.py::test_x", "server", "A sentence.", 4, "core", "silent screen", facts)
    assert as_step(silent).endswith("the server printed nothing for 2 s.")


def test_a_program_that_never_begins_is_not_waited_for(tmp_path):
    done = check(ECHO, written(tmp_path, server="while True: pass\n"), ["server"], seed=1)
    assert done.diagnoses[0].fault == "never-begins"
    outcomes = [str(verdict.outcome) for verdict in done.verdicts]
    assert outcomes.count("not reached") > 10 and "failed" in outcomes


def test_beside_a_program_that_python_cannot_read_nothing_else_fails(tmp_path):
    done = check(ECHO, written(tmp_path, client="while True\n    pass\n"), ["client"], seed=1)
    assert [str(verdict.outcome) for verdict in done.verdicts] == ["failed"] + ["not reached"] * (
        len(done.verdicts) - 1
    )
    assert done.diagnoses[0].fault == "syntax-colon" and len(done.diagnoses[0].tests) == len(done.verdicts)


def test_positions_and_exceptions_are_seen_and_the_program_does_not_notice(tmp_path):
    source = """
import socket, sys
def asks():
    try:
        int("harbour")
    except ValueError:
        pass
    print(sys.argv[1:], sys.path[0] == sys.argv[0].rpartition("/")[0], flush=True)
    return input()
asks()
"""
    facts = examined(ECHO, written(tmp_path, server=source), "server")
    raised = next(fact for fact in facts if fact.name == "raises")
    assert (raised["exception"], raised["line"], raised["function"]) == ("ValueError", 5, "asks")
    stands = next(fact for fact in facts if fact.name == "stands")
    assert (stands["thread"], stands["call"], stands["line"]) == ("main", "input", 9)
    screen = next(fact for fact in facts if fact.name == "screen")["text"]
    assert "'127.0.0.1'" in screen and "True" in screen


def test_stacks_that_are_half_written_are_waited_for(tmp_path, monkeypatch):
    """A busy machine shows half of what was written: for a few looks, nothing more comes."""
    source = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\ninput()\n"
    noted, looks = Program.note, count()

    def slowly(self, name, most):
        data = noted(self, name, most)
        return data[: len(data) // 2] if name == "stacks" and data and next(looks) < 4 else data

    monkeypatch.setattr(Program, "note", slowly)
    facts = examined(ECHO, written(tmp_path, server=source), "server")
    assert [fact["thread"] for fact in facts if fact.name == "stands"] == ["", "main"]


def test_a_program_that_runs_meanwhile_survives_the_question_where_it_stands(tmp_path):
    source = """
import threading
def deep(left):
    return left and deep(left - 1)
def spins():
    while True:
        deep(30)
threading.Thread(target=spins, daemon=True).start()
print("running", flush=True)
input()
"""
    with Scene(written(tmp_path, server=source), seed=1) as scene:
        server = scene.server(listens=False, instrument=positions.INSTRUMENT)
        assert scene.deadlines.until(lambda: "running" in str(server.printed), 5)
        for _ in range(300):
            found = positions.positions(server, tmp_path / "server.py")
            assert [each.thread for each in found] == ["spins", "main"] and found[0].line in range(3, 8)


def test_a_line_is_flushed_only_where_it_would_have_been_right(tmp_path):
    text = solution(ECHO, "full", "client").read_text(encoding="utf-8")
    folder = written(tmp_path, client=text.replace(", flush=True)", ")"))
    shown = [fact["how"] for fact in examined(ECHO, folder, "client") if fact.name == "shown"]
    assert shown == ["nothing"]
    again = examined(ECHO, folder, "client", Variation(unbuffered=True))
    assert [fact["how"] for fact in again if fact.name == "shown"] == ["same"] * 3


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("def f()\n    pass\n", "syntax"),
        ("import sys\ndef main():\n    print(sys.argv)\n", "nothing_runs"),
        ("import socket\nprint(socket)\n", "argv_unread"),
        ("import sys\nprint(sys.argv, socket)\n", "never_bound"),
    ],
)
def test_what_the_text_says(source, seen, tmp_path):
    (tmp_path / "server.py").write_text(source, encoding="utf-8")
    assert seen in [name for name, _ in read(tmp_path / "server.py")]


def test_the_text_of_a_right_program_says_nothing():
    programs = [path for path in root().glob("solutions/*/*/*.py") if path.name in ("server.py", "client.py")]
    assert len(programs) >= 10 and not [path for path in programs if read(path)]


@pytest.mark.parametrize(
    ("text", "broad", "silent", "vague"),
    [
        ("try:\n    go()\nexcept:\n    pass", True, True, True),
        ("try:\n    go()\nexcept (ValueError, Exception):\n    conn.close()", True, True, True),
        ("try:\n    go()\nexcept Exception as error:\n    print(error)", True, False, False),
        ("try:\n    go()\nexcept Exception as error:\n    print('Error')", True, False, True),
        ("try:\n    go()\nexcept:\n    logging.exception('lost')", True, False, False),
        ("try:\n    go()\nexcept:\n    log.error('lost', exc_info=True)", True, False, False),
        ("try:\n    go()\nexcept socket.error:\n    raise", False, False, False),
        ("with contextlib.suppress(OSError):\n    go()", False, True, True),
    ],
)
def test_what_an_except_catches_and_whether_it_tells(text, broad, silent, vague):
    (handler,) = handlers(text)
    assert (handler.broad, handler.silent, handler.vague) == (broad, silent, vague)
    assert handler.first <= 2 <= handler.last


def test_what_a_line_or_a_condition_leaves_out_is_seen():
    assert uncalled("conn.close\nconn.close()\nclose = conn.close\n") == [(1, "conn.close")]
    assert sends_without_receiving("data = s.recv(9)\nwhile data:\n    s.sendall(data)\n") == 2
    assert sends_without_receiving("while data := s.recv(9):\n    s.sendall(data)\n") == 0
    turns = "def turn():\n    pass\n\n\nwhile {}:\n    {}\n"
    assert uncalled_conditions(turns.format("peer.turn", "pass")) == [(5, "peer.turn")]
    assert uncalled_conditions(turns.format("not turn", "pass")) == [(5, "turn")]
    assert uncalled_conditions(turns.format("turn()", "pass")) == []
    assert uncalled_conditions("while not ended.is_set:\n    pass\n") == [(1, "ended.is_set")]
    assert uncalled_conditions("while not ended.is_set():\n    pass\n") == []
    assert uncalled_conditions("self.locked = True\nif self.locked:\n    pass\n") == []
    assert uncalled_conditions(turns.format("turn", "turn = False")) == []
    assert always_true("if a == 'x' or 'y':\n    go()\n") == [(1, "a == 'x' or 'y'")]
    assert always_true("while a == 'x' or a == '' or b or '':\n    go()\n") == []
    source = "while True:\n    if text == '' or 'quit':\n        break\n"
    facts = [Fact("client", "trouble", {"what": "sent"}, "after line 1")]
    ended = Failure("t.py::test_a", "client", "A sentence.", 4, "core", "ended")
    evidence = Evidence([ended], facts, lambda program, variation: [], {"client": source})
    assert diagnoses(evidence, faults("1_echo"), ["client"])[0].fault == "always-true"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('if line is "/close":\n    go()\n', "the same object"),
        ('if line == "/close":\n    go()\nprint(line.decode())\n', "`line` is bytes"),
        ('if line == b"/close":\n    go()\nconn.sendall(line.encode())\n', "`line` is text"),
        ('line = line.decode()\nif line == "/close":\n    go()\nprint(line.decode())\n', ""),
        ('if line == "/close":\n    go()\nprint(line)\n', ""),
        ('if line is None or line == "/close":\n    go()\n', ""),
        ('line = f.readline()\nif line == "/close":\n    go()\n', "a newline"),
        ('while line := f.readline():\n    if line in ("/close", "/CLOSE"):\n        go()\n', "a newline"),
        ('line = f.readline()\nif line in ("/close", "/close\\n"):\n    go()\n', ""),
        ('line = f.readline().rstrip()\nif line == "/close":\n    go()\n', ""),
        ('line = f.readline()\nline = line.strip()\nif line == "/close":\n    go()\n', ""),
        ('line = f.readline()\nif "/close" in line:\n    go()\n', ""),
    ],
)
def test_what_is_never_equal_is_said_with_its_line(text, why):
    found = never_equal(text, "/close")
    assert (why in found and found.startswith("Line ")) if why else found == ""


def test_which_loop_asks_a_keyboard_again_that_has_ended():
    asks = "while True:\n    try:\n        line = input()\n    except {}:\n        {}\n"
    assert asks_again(asks.format("Exception", "print('again')")) == 4
    assert asks_again(asks.format("EOFError", "continue")) == 4
    assert asks_again(asks.format("EOFError", "break")) == 0
    assert asks_again(asks.format("EOFError", "time.sleep(1)")) == 0
    assert asks_again(asks.format("ValueError", "continue")) == 0
    reads = "while True:\n    line = sys.stdin.readline()\n    {}\n"
    assert asks_again(reads.format("say(line)")) == 2
    assert asks_again(reads.format("if not line: break")) == 0


def test_what_wakes_no_keyboard_and_what_connects_again_is_found():
    assert wakes_in_vain("sys.stdin.close()\n").startswith("Line 1 closes")
    assert "interrupt_main" in wakes_in_vain("import _thread\n_thread.interrupt_main()\n")
    assert wakes_in_vain("file.close()\n") == ""
    tries = "while True:\n    try:\n        s.connect(here)\n    except OSError:\n        {}\n"
    assert connects_in_a_loop(tries.format("time.sleep(1)")) == 3
    assert connects_in_a_loop(tries.format("sys.exit(1)")) == 0


@pytest.mark.parametrize(
    ("source", "exception", "fault"),
    [
        ("item = box.get(timeout=1)\n", "Empty", "empty-queue"),
        ("item = boxes.pop()\n", "Empty", "exception"),
        ("conn.sendall(data)\n", "BlockingIOError", "send-would-block"),
        ("data = conn.recv(9)\n", "BlockingIOError", "exception"),
        ("async def f(): await go()\n", "CancelledError", "cancelled"),
    ],
)
def test_an_exception_that_has_a_reason_of_its_own_is_told_as_such(source, exception, fault):
    facts = {"who": "server", "status": "status 1", "exception": exception, "where": " (line 1 of server.py, in f)"}
    failure = Failure("t.py::test_a", "server", "A sentence.", 4, "core", "crashed", facts)
    evidence = Evidence([failure], [], lambda program, variation: [], {"server": source})
    found = diagnoses(evidence, faults("5_broadcast"), ["server"])
    assert (found[0].fault if found else "exception") == fault


@pytest.mark.parametrize(
    ("name", "test", "cause"),
    [
        ("flush", "test_a", "silent screen"),
        ("start", "test_a", "silence"),
        ("clear", "test_a", "unwanted print"),
        ("exit", "test_the_port_may_be_left_out", "goes on"),
    ],
)
def test_a_method_that_is_only_named_is_told_where_it_would_have_helped(name, test, cause):
    failed = Failure(f"t.py::{test}", "server", "A sentence.", 4, "core", cause, {"who": "server", "seconds": 2})
    for source, told in ((f"thing.{name}\n", True), (f"thing.{name}()\n", False)):
        evidence = Evidence([failed], [], lambda program, variation: [], {"server": source})
        known = [each.fault for each in diagnoses(evidence, faults("1_echo"), ["server"])]
        assert ("no-parentheses" in known) is told


def test_a_socket_that_was_closed_is_told_and_a_number_of_parts():
    uncaught = Fact("server", "uncaught", {"exception": "OSError", "where": "", "ended": True})
    closed = "OSError", "[Errno 9] Bad file descriptor", 1
    failed = "for other in clients: other.sendall(data)\n"
    assert told_of(failed, *closed, uncaught)[0] == "uses-closed-socket"
    parts = "ValueError", "too many values to unpack (expected 2)", 1
    assert told_of("line, rest = data.split(b'\\n')\n", *parts)[0] == "exception"


def test_a_coroutine_in_the_place_of_its_result_is_told_as_a_missing_await():
    slip = "TypeError", "cannot unpack non-iterable coroutine object", 1
    assert told_of("reader, writer = asyncio.open_connection(host, port)\n", *slip)[0] == "missing-await"


def test_a_slip_with_a_number_an_address_or_a_name_is_told_as_such():
    text = "TypeError", "'<' not supported between instances of 'int' and 'str'", 1
    assert told_of("if 0 < port:\n    go()\n", *text)[0] == "text-and-number"
    for message in (
        "socket.bind() takes exactly one argument (2 given)",
        "bind(): AF_INET address must be tuple, not str",
    ):
        assert told_of("s.bind(host, port)\n", "TypeError", message, 1)[0] == "address-is-a-pair"
    no_value = "UnboundLocalError", "cannot access local variable 'turn' where it is not associated with a value", 3
    uses = "    print(turn)\n    turn = 1\n"
    assert told_of(f"turn = 0\ndef go():\n{uses}", *no_value)[0] == "local-name"
    assert told_of(f"import os\ndef go():\n{uses}", *no_value)[0] == "name-error-on-first-client"


@pytest.mark.parametrize(
    ("line", "logged", "fault"),
    [
        ("tell_all(text)", "Room.tell_all", ["missing-await"]),
        ("task = tell_all(text)", "Room.tell_all", []),  # something may wait for it later
        ("writer.drain()", "StreamWriter.drain", []),
    ],
)
def test_a_coroutine_that_nothing_waits_for_is_told_as_a_missing_await(line, logged, fault):
    warning = f"/tmp/server.py:1: RuntimeWarning: coroutine '{logged}' was never awaited\n"
    events = (Event(0.5, "server", "logs", warning.encode()),)
    silent = replace(failure("test_a", 4), facts={"who": "Ben"}, events=events)
    evidence = Evidence([silent], [], lambda program, variation: [], {"server": f"{line}\n"})
    assert [told.fault for told in diagnoses(evidence, faults("1_echo"), ["server"])] == fault


def told_of(source, exception, message, line, *more):
    """What is told of a server with this text that raises an exception in this line, and never answers."""
    raised = {"line": line, "function": "serve", "exception": exception, "message": message}
    facts = [Fact("server", "raises", raised), Fact("server", "trouble", {"what": "answer"}, "after text 1"), *more]
    evidence = Evidence([failure("test_a", 4)], facts, lambda program, variation: [], {"server": source})
    return [told.fault for told in diagnoses(evidence, faults("1_echo"), ["server"])]


def test_a_function_that_calls_itself_for_each_round_is_told():
    too_deep = "RecursionError", "maximum recursion depth exceeded", 2
    assert told_of("def serve():\n    serve()\n", *too_deep) == ["calls-itself"]


def test_an_exception_is_hidden_or_told_or_foreseen():
    source = "try:\n    port = sys.argv[2]\nexcept {}:\n    {}\n"
    slip = "NameError", "name 'dato' is not defined", 2
    assert told_of(source.format("Exception", "pass"), *slip)[0] == "except-pass-hides"
    port_as_text = "TypeError", "'str' object cannot be interpreted as an integer", 2
    assert told_of(source.format("Exception", "print('Error')"), *port_as_text)[0] == "except-pass-hides"
    assert told_of(source.format("Exception as error", "print(error)"), *slip)[0] == "name-error-on-first-client"
    foreseen = "IndexError", "list index out of range", 2
    assert told_of(source.format("IndexError", "port = 50007"), *foreseen) == []
    assert told_of(source.format("IndexError", "pass"), *foreseen) == []
    mixed = "TypeError", 'can only concatenate str (not "bytes") to str', 2
    assert told_of(source.format("OSError", "pass"), *mixed) == ["str-not-bytes"]


def test_what_arrives_in_another_format_or_order_is_told_as_such():
    number = "ValueError", "invalid literal for int() with base 10: '127.0.0.1'", 1
    told = Fact("server", "told", {"host": "127.0.0.1", "port": 50001})
    assert told_of("port = int(sys.argv[1])\n", *number, told) == ["argv-order"]
    assert "argv-order" not in told_of("port = int(sys.argv[1])\n", *number)
    letter = "UnicodeEncodeError", "'ascii' codec can't encode character '\\xe9' in position 3", 1
    assert told_of("conn.send(text.encode('ascii'))\n", *letter) == ["other-encoding"]
    assert "other-encoding" not in told_of("print(text)\n", *letter)  # the system's encoding, not this line's
    reads = "JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", 1
    assert told_of("message = json.loads(line)\n", *reads) == ["other-format"]


def test_a_thread_that_is_started_somehow_is_not_told_as_forgotten():
    plain = "RuntimeError", "no", 1
    assert "thread-never-started" in told_of("guest = Thread(target=f)\n", *plain)
    for text in ("Thread(target=f).start()", "t = Thread(target=f)\nt.start()", "[*map(Thread.start, [Thread(f)])]"):
        assert "thread-never-started" not in told_of(f"{text}\n", *plain)


@pytest.mark.parametrize(
    ("came", "end"),
    [
        ("tea\\r\\n", "\\r\\n"),
        ("tea\\x00", "\\x00"),
        ("tea|", "|"),
        ("tea", ""),
        ("tea\\n", ""),
        ("tea and more\\n", ""),
        ("ECO: tea\\n", ""),
    ],
)
def test_what_stands_in_the_place_of_a_newline(came, end):
    assert other_end("tea", came) == end


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (r'while not data.endswith(b"\r\n"):', r"\r\n"),
        (r'if c == b"\0":', r"\0"),
        (r'line, _, rest = data.partition(b"|")', "|"),
        (r'lines = data.split("\n")', ""),
        (r'data.split("\n")[0].split(";")', ""),
        ("for line in reader:", ""),
    ],
)
def test_which_end_of_a_line_a_text_looks_for(text, end):
    assert looks_for_other_end(text) == end


def test_a_test_that_never_ran_decides_nothing():
    never = replace(failure("test_b", 3), cause="not reached")
    case = Case(Evidence([failure("test_a", 4), never], [], None, {}), "server")
    assert [failed.name for failed in case.failed()] == ["test_a"] and never in case.failures


def test_how_bytes_differ():
    found = [compared(b"tea\n", came) for came in (b"tea\n", b"", b"tea", b"te", b"ECO: tea\n", b"coffee")]
    assert found == ["same", "nothing", "no line end", "part", "inside", "other"]


def failure(name, points, kind="core", program="server"):
    return Failure(f"1_echo/test_{program}.py::{name}", program, "A sentence.", points, kind, "silence")


def fault(slug, explains, life=Life.ANSWER, **more):
    return Fault(slug, life, lambda case: Found({}, ("A step.",)), "S.", "Q?", "", explains, **more)


def ranked(*known):
    evidence = Evidence([failure("test_a", 4), failure("test_b", 3), failure("test_log", 9, "logging")], [], None, {})
    return [told.fault for told in diagnoses(evidence, known, ["server"])]


def test_what_explains_most_core_points_is_told_first_and_once():
    little, much, log = (
        fault("little", like("test_a")),
        fault("much", like("test_a", "test_b")),
        fault("log", like("test_log")),
    )
    assert ranked(little, log, much) == ["much", "log"]


def test_what_stops_a_program_stands_before_what_differs():
    assert ranked(fault("bytes", like("test_a", "test_b")), fault("spins", like("test_b"), stops=True))[0] == "spins"


def test_what_only_an_unusual_system_meets_is_told_later():
    assert ranked(fault("encoding", like("test_a"), rare=True), fault("loop", like("test_b"))) == ["loop", "encoding"]


def test_a_fallback_explains_only_what_no_other_fault_explains():
    rest = Fault("rest", Life.NOTICE, lambda case: Found({}, ("A step.",), tuple(case.failures)), "S.", "Q?", "")
    rest = replace(rest, fallback=True)
    assert ranked(rest, fault("little", like("test_log"))) == ["rest", "little"]
    assert ranked(rest, fault("all", everything)) == ["all"]
    assert ranked(rest, fault("more", like("test_a", "test_log"))) == ["more", "rest"]


def test_of_equals_the_earlier_in_life_is_told():
    assert ranked(fault("late", everything, Life.LEAVE), fault("early", everything, Life.START)) == ["early"]


def test_a_diagnosis_is_told_in_a_few_short_lines_and_is_data():
    told = Diagnosis("x", "server", "A word. " * 30, "Why? " * 20, "page", ("A step. " * 20,) * 5, ("t",), 4, 9)
    text = tell_diagnosis(told)
    assert len(text.split("\n")) <= MOST_LINES and max(map(len, text.split("\n"))) <= WIDTH
    assert "1 of 9 failed tests, 4 points" in tell_diagnosis(replace(told, steps=()))
    assert Diagnosis.from_data(told.as_data()) == told
    with pytest.raises(ValueError, match="isn't a diagnosis"):
        Diagnosis.from_data({"fault": "x"})


def test_a_fact_fits_its_details():
    fact = Fact("server", "stands", {"call": "recv"})
    assert fact.fits(call="recv") and not fact.fits(call="accept") and fact["line"] == ""


@pytest.mark.parametrize("stage", PAGES)
def test_each_fault_says_where_to_read_and_names_real_mistakes(stage):
    known = {mistake.name for other in STAGES for mistake in mistakes(other)}
    for each in faults(stage):
        page, _, anchor = each.read.partition("#")
        headings = re.findall("^#+ (.*)$", Path(root(), page).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in [re.sub("[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert set(each.mistakes) <= known, each.slug
        assert each.sentence.endswith((".", "}", ")")) and "?" in each.question, each.slug
    assert stages.root()


def test_a_function_is_named_as_in_its_program(tmp_path):
    source = "import sys\ndef kör_клиент():\n    return input()\nkör_клиент()\n"
    facts = examined(ECHO, written(tmp_path, server=source), "server")
    assert {fact["function"] for fact in facts if fact.name == "stands"} == {"kör_клиент"}


@pytest.mark.parametrize("line", ["lines = [line for line in sys.stdin]", "text = ''.join(sys.stdin)"])
def test_who_reads_all_lines_at_once_stands_at_its_keyboard(line, tmp_path):
    client = f"import socket, sys\nhost, port = sys.argv[1:]\ns = socket.create_connection((host, port))\n{line}\n"
    facts = examined(ECHO, written(tmp_path, client=client), "client")
    assert ("input", 4) in {(fact["call"], fact["line"]) for fact in facts if fact.name == "stands"}


@pytest.mark.parametrize(("call", "found"), [("join", True), ("input", False)])
def test_a_client_that_was_at_its_keyboard_does_not_end_at_once(call, found):
    facts = [
        Fact("client", "connected", {}, "at its start"),
        Fact("client", "sent", {"number": 1, "how": "nothing"}, "after the first text"),
        Fact("client", "stands", {"thread": "main", "call": call, "line": 2}, "after the first text"),
        Fact("client", "ended", {"status": 0}, "at the end"),
    ]
    source = "import sys\nfor line in sys.stdin:\n    conn.sendall(line.encode())\n"
    case = Case(Evidence([], facts, lambda program, vary: [], {"client": source}), "client")
    assert bool(_ends_at_once(case)) == found


def test_no_right_program_lacks_what_its_stage_needs():
    """Whatever its words and its ways are: processes, asyncio, classes, files made of connections."""
    for page in ("solutions", "tests/variants"):
        for path in sorted((root() / page).rglob("*.py")):
            stage = next((stage for stage in NEEDS if stage in path.parts), None)
            program = next((program for program in ("server", "client") if program in path.stem), None)
            if stage and program:
                needs = NEEDS[stage][program]
                assert not lacking(path.read_text(encoding="utf-8")).intersection(needs), path


LATE = """for task in (sing, dance):
    threads.append(Thread(target=lambda: task()))
for thread in threads:
    thread.start()
"""


def test_what_the_text_says_about_threads_is_said_of_no_right_program():
    for page in ("solutions", "tests/variants"):
        for path in sorted((root() / page).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            assert not (bound_late(text) or takes_once(text) or shared_attribute(text)), path
            assert not (closed_while_lent(text) or shared_connection(text)), path
            assert not (compared_with_text(text) or makes_file_per_line(text)), path


def test_a_socket_that_a_thread_works_with_is_not_closed_when_something_waits_for_the_thread():
    text = "conn, address = s.accept()\nwith conn:\n    t = Thread(target=talk, args=(conn,))\n    t.start()\n"
    assert closed_while_lent(text) == Lent(4, 2, "conn", True)
    assert closed_while_lent(text + "    t.join()\n") is None
    assert closed_while_lent(text.replace("Thread", "Process")) is None  # that has a copy
    started = "conn, address = s.accept()\nThread(target=talk, args=(conn,)).start()\n"
    assert closed_while_lent(started + "conn.close()\n") == Lent(2, 3, "conn", False)
    assert closed_while_lent(started + "s.close()\n") is None


def test_threads_share_a_connection_where_none_is_handed_to_them():
    talk = "def talk():\n    print(conn.recv(9))\n"
    loop = "while True:\n    conn, address = s.accept()\n    Thread(target=talk).start()\n"
    assert shared_connection(talk + loop) == Shared(4, "conn")
    assert shared_connection(talk + loop.replace("target=talk", "target=talk, args=(conn,)")) is None
    assert shared_connection(talk + loop.replace("while True", "if True")) is None  # there is only one client


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("data = s.recv(9)\nif data == '':\n    leave()\n", [2]),
        ("data = s.recv(9)\nif data == b'':\n    leave()\n", []),
        ("data = s.recv(9).decode()\nif data == '':\n    leave()\n", []),
        ("line = sys.stdin.buffer.readline().strip()\nif line != '/close':\n    say(line)\n", [2]),
        ("for data in iter(lambda: s.recv(9), ''):\n    show(data)\n", [1]),
        ("data = b''\nfor data in lines:\n    print(data == '')\n", []),  # it may be a text there
        ("def show(data):\n    return data == ''\nshow(s.recv(9))\n", []),
    ],
)
def test_bytes_compared_with_a_text_are_found_where_both_are_certain(text, lines):
    assert [line for line, _ in compared_with_text(text)] == lines


def test_a_file_for_each_line_is_made_in_a_function_that_a_loop_calls():
    text = "def read(conn):\n    return conn.makefile().readline()\nwhile True:\n    print(read(conn))\n"
    assert makes_file_per_line(text) == 2
    assert makes_file_per_line(text.replace("while True", "if True")) == 0
    assert makes_file_per_line("def read(conn):\n    for line in conn.makefile():\n        yield line\n") == 0


def test_a_loop_variable_is_bound_late_only_where_the_thread_starts_later():
    assert bound_late(LATE) == Late(2, "task")
    assert bound_late(LATE.replace("lambda:", "lambda task=task:")) is None
    assert bound_late(LATE.replace("lambda: task()", "task")) is None


def test_what_is_made_below_the_class_line_is_shared_unless_it_is_meant_to_be():
    shared = "class Guest:\n    box = []\n    def say(self, text):\n        self.box.append(text)\n"
    loop = "while True:\n    Guest()\n"
    assert shared_attribute(shared + loop) == Shared(2, "`box`")
    assert shared_attribute(shared + "Guest()\n") is None  # there is only one
    assert shared_attribute(shared.replace("append(text)", "append(self)") + loop) is None  # a list of all of them
    own = shared.replace("    def say", "    def __init__(self):\n        self.box = []\n    def say")
    assert shared_attribute(own + loop) is None


def test_which_program_flushes_all_that_it_prints():
    assert always_flushes("print(1, flush=True)\nprint(2, file=sys.stderr)\n")
    assert not always_flushes("print(1, flush=True)\nprint(2)\n") and not always_flushes("sys.stdout.write(text)\n")


@pytest.mark.parametrize(
    ("line", "does"),
    [
        ("data = conn.recv(9)", "receive"),
        ("for line in conn.makefile(): count += 1", "receive"),
        ("conn.sendall(b'tea')", "send"),
        ("print('tea', file=out)", "send"),
        ("text = input('What? ')", "keyboard"),
        ("for text in sys.stdin: count += 1", "keyboard"),
        ("print(text)", "show"),
        ("text = input(came)", "show"),
        ("sys.stdout.write(text)", "show"),
        ("show = print", "show"),
    ],
)
def test_what_a_line_does(line, does):
    everything = {"receive", "send", "keyboard", "show"}
    assert everything - lacking(f"import sys\n{line}\n") - ({"keyboard"} if "input(came" in line else set()) == {does}


def test_the_keyboard_may_be_read_by_its_number():
    assert "keyboard" not in lacking("import os\ntext = os.read(0, 100)\n")
    assert "keyboard" not in lacking("for text in open(0): count += 1\n")
    assert "keyboard" in lacking("import os\ntext = conn.makefile().read(100)\n")


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nprint('Connected to', sys.argv, file=sys.stderr)\nprint('Welcome')\n",
        "try:\n    go()\nexcept OSError as error:\n    print(error)\n",
        "def serve(conn):\n    conn.sendall(conn.recv(9))\n\n\ndef main():\n    pass\n\n\nmain()\n",
    ],
)
def test_what_no_line_does_is_lacking(source):
    assert lacking(source) == {"receive", "send", "keyboard", "show"}


@pytest.mark.parametrize(
    "source", ["", "# to do\n", "def f(:\n", "import mine\n", "from . import mine\n", "exec(text)\n"]
)
def test_where_the_text_decides_nothing_nothing_is_lacking(source):
    assert lacking(source) == frozenset()


def test_what_an_unfinished_program_is_told(tmp_path):
    source = (
        "import socket, sys\n\n\ndef serve(conn):\n    conn.sendall(conn.recv(9))\n\n\ndef close(conn):\n    pass\n\n\n"
        "with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:\n"
        "    while True:\n        conn, address = listener.accept()\n        close(conn)\n"
    )
    (told, *_) = check(ECHO, written(tmp_path, server=source), ["server"]).diagnoses
    assert told.fault == "unfinished"
    assert told.sentence == "Your server isn't finished: no line of it that runs receives anything or sends anything."
    assert told.steps[2:] == (
        "Nothing calls the function serve (line 4).",
        "The function close (line 8) is still empty.",
    )


SHUT = """
conn.shutdown(socket.SHUT_WR)
while True:
    data = conn.recv(100)
    conn.sendall(data)
"""
LEAVES = """
for line in sys.stdin:
    if line == "end":
        conn.shutdown(socket.SHUT_WR)
        break
    conn.sendall(line)
"""


@pytest.mark.parametrize(
    ("source", "line", "found"),
    [
        (SHUT, 5, 2),
        (SHUT.replace("conn.sendall", "other.sendall"), 5, 0),
        (LEAVES, 6, 0),  # who says the word sends nothing more
        (SHUT, 4, 0),
    ],
)
def test_what_is_always_called_before_a_line_is_found(source, line, found):
    early = called_before(source, line, ("send", "sendall"), "shutdown")
    assert (early.lineno if early else 0) == found


ROUNDS = """
while True:
    conn, _ = listener.accept()
    while True:
        data = conn.recv(100)
        conn.sendall(data)
        conn.close()
"""
WITH = """
conn, _ = listener.accept()
with conn:
    data = conn.recv(100)
conn.sendall(data)
"""
ONE_EACH = """
while True:
    conn, _ = listener.accept()
    conn.sendall(conn.recv(100))
    conn.close()
"""


@pytest.mark.parametrize(
    ("source", "line", "found"),
    [
        (ROUNDS, 5, Closing(7, "conn", each_round=True)),
        (WITH, 5, Closing(3, "conn", by_with=True)),
        (WITH, 4, None),
        (ONE_EACH, 4, None),  # each round has a socket of its own
        ("conn.close()\nconn.sendall(data)", 2, Closing(1, "conn")),
        ("if done:\n    conn.close()\nconn.sendall(data)", 3, None),
    ],
)
def test_what_has_always_closed_a_socket_is_found(source, line, found):
    assert closed_before(source, line, ("recv", "sendall")) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("conn.send(data, len(data))", (1, "send")),
        ("data = conn.recv(1024, 0)\nconn.recv(100, 50)", (2, "recv")),
        ("conn.send(data, socket.MSG_MORE)", None),
        ("def send(conn, data): pass\nchat.send(data, 3)", None),
    ],
)
def test_a_length_where_flags_belong_is_found(source, found):
    assert length_as_flags(source) == found
