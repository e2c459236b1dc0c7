"""The diagnosis of stages 1 to 3: the first thing told is the instructor's word, and a right program hears nothing."""

import ast
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from parley.checks.check import check
from parley.checks.diagnosis.catalogue import examinations, faults
from parley.checks.diagnosis.catalogue.conversation import misses_its_label
from parley.checks.diagnosis.catalogue.turns import is_length
from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.evidence import PAIR, Case, Evidence, Failure, Variation
from parley.checks.diagnosis.syntax import read
from parley.checks.mistakes import mistakes, write_wrong
from parley.stages import STAGES, root, solution

TURNS = STAGES[2]
GOLD = sorted((root() / "tests" / "gold").glob("[123]_*"))
QUICK = ("1_echo-96-argomenti-scambiati", "3_turns-05-pulsa-enter", "3_turns-12-log-en-pantalla")


def expected(folder, key):
    """What the instructor says about a program of the gold set."""
    return re.search(f'^{key} = "(.*?)"', (folder / "expect.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]


def case(folder):
    """A case of the gold set, for the night where its check waits for much that never comes."""
    return pytest.param(folder, id=folder.name, marks=[] if folder.name in QUICK else [pytest.mark.nightly])


@pytest.mark.parametrize("folder", [case(folder) for folder in GOLD])
def test_the_first_diagnosis_is_the_instructors(folder):
    stage = next(stage for stage in STAGES if stage.name == expected(folder, "stage"))
    done = check(stage, folder, seed=1)
    assert not done.examined.trouble
    first = done.diagnoses[0]
    assert first.fault == expected(folder, "first")
    assert expected(folder, "program") in ("both", first.program)


def examined(folder, program, vary=None):
    """The facts that an examination of stage 3 sees."""
    return Visit(folder, program, vary or Variation()).run(examinations(TURNS.name)[program])


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["by_hand", "makefile", "selectors"])
def test_other_ways_to_take_turns_get_no_diagnosis(variant):
    done = check(TURNS, root() / "tests" / "variants" / TURNS.name / variant, seed=1)
    assert done.diagnoses == [] and not done.examined.trouble


@pytest.mark.parametrize(("program", "name"), [("server", "said"), ("client", "heard")])
def test_right_programs_take_turns(program, name):
    facts = examined(solution(TURNS, "full", program).parent, program)
    assert [fact["how"] for fact in facts if fact.name == name] == ["same"] * 8
    assert [fact["status"] for fact in facts if fact.name == "notices"] == [1]


def test_two_right_programs_hear_each_other():
    facts = examined(solution(TURNS, "full", "server").parent, PAIR)
    assert [(fact.program, fact["how"]) for fact in facts if fact.name == "heard"] == [
        ("server", "same"),
        ("client", "same"),
    ]


def wrong(folder, name):
    """A folder with the right programs of stage 3, but for this known mistake."""
    write_wrong(TURNS, next(mistake for mistake in mistakes(TURNS) if mistake.name == name), folder)
    return folder


def hows(facts, name):
    """{number of a line: how it was heard or said}."""
    return {fact["number"]: fact["how"] for fact in facts if fact.name == name}


def test_what_goes_wrong_is_seen_where_it_does(tmp_path):
    facts = examined(wrong(tmp_path, "recv-is-message"), "server")
    assert hows(facts, "heard")[1] == "same" and 4 not in hows(facts, "heard")
    assert set(hows(examined(tmp_path, "server", Variation(pause=0.3, whole=True)), "heard").values()) == {"same"}


def test_a_cut_letter_is_told_from_a_cut_line(tmp_path):
    facts = examined(wrong(tmp_path, "errors-ignore"), "client")
    assert hows(facts, "heard")[4] == "same" and hows(facts, "heard")[5] != "same"


def with_line(folder, program, old, new):
    """A folder with the right programs of stage 3, but for one line of this program."""
    for name in TURNS.programs:
        text = solution(TURNS, "full", name).read_text(encoding="utf-8")
        assert name != program or old in text
        text = text.replace(old, new) if name == program else text
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("cause", "received", "only_its_label"),
    [
        ("other print", b"Cliente: river\n", True),
        ("ended", b"Cliente: river\n", True),
        ("other print", b"Client: river bank\n", False),
        ("other print", b"Cliente: riv\n", False),
        ("silent screen", b"", False),
    ],
)
def test_a_test_that_only_misses_a_label_is_known(cause, received, only_its_label):
    expected = 'a line that ends with "Client: river"'
    failure = Failure("t.py::test", "server", "A sentence.", 4, "core", cause, {}, expected, received)
    assert misses_its_label(failure) is only_its_label


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('line.removesuffix(b"\\r").decode', "line.decode", "crlf"),
        ('if text == "/close":', 'if "/close" in text:', "close-word-inside"),
        ('if text == "/close":', 'if text == "/close\\n":', "no-close-word"),
    ],
)
def test_a_label_hides_no_fault(tmp_path, old, new, fault):
    with_line(tmp_path, "server", 'f"Client: {text}"', 'f"Cliente: {text}"')
    text = (tmp_path / "server.py").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "server.py").write_text(text.replace(old, new), encoding="utf-8")
    facts = examined(tmp_path, "server")
    found = {each.slug for each in faults(TURNS.name) if each.decides(Case(Evidence([], facts, None, {}), "server"))}
    assert fault in found


def test_who_waits_for_the_other_side_after_its_close_knows_the_word(tmp_path):
    facts = examined(wrong(tmp_path, "own-close-hangs"), "server")
    source = {"server": (tmp_path / "server.py").read_text(encoding="utf-8")}
    case = Case(Evidence([], facts, None, source), "server")
    decided = {each.slug for each in faults(TURNS.name) if each.decides(case)}
    assert "own-close-hangs" in decided and "no-close-word" not in decided


def test_a_client_that_waits_for_the_server_speaks_once_it_was_greeted(tmp_path):
    wrong(tmp_path, "turn-order-client")
    facts = examined(tmp_path, "client")
    assert hows(facts, "said") == {1: "nothing"}
    assert "recv" in {fact["call"] for fact in facts if fact.name == "stands"}
    assert hows(examined(tmp_path, "client", Variation(name=True)), "said")[1] == "same"


def is_decided(slug, stage, name, program):
    """Whether an examination alone decides this fault of a case of the gold set."""
    folder = root() / "tests" / "gold" / name

    def look(about, vary):
        return Visit(folder, about, vary).run(examinations(stage.name)[about])

    source = (folder / f"{program}.py").read_text(encoding="utf-8")
    case = Case(Evidence([], look(program, Variation()), look, {program: source}), program)
    return any(fault.decides(case) for fault in faults(stage.name) if fault.slug == slug)


@pytest.mark.parametrize(
    ("stage", "name", "program", "fault"),
    [
        (STAGES[0], "1_echo-81-lauscher-spricht", "server", "recv-on-listener"),
        (STAGES[0], "1_echo-101-respuesta-una-vez", "client", "buffer-not-emptied"),
        (STAGES[0], "1_echo-102-less-or-equal", "client", "waits-for-more"),
        (STAGES[0], "1_echo-104-last-chunk", "client", "last-piece-only"),
        (STAGES[0], "1_echo-105-end-nothing", "client", "no-newline-shown"),
        (STAGES[0], "1_echo-106-byte-for-byte", "client", "decode-in-the-middle"),
        (STAGES[0], "1_echo-107-you-and-client", "server", "asks-its-keyboard"),
        (STAGES[0], "1_echo-108-just-error", "server", "except-pass-hides"),
        (STAGES[0], "1_echo-109-recvall", "server", "waits-for-more"),
        (STAGES[1], "2_logbook-81-une-ligne-et-fini", "server", "one-message-then-close"),
        (STAGES[1], "2_logbook-98-split-and-all", "server", "rest-is-an-entry"),
        (STAGES[1], "2_logbook-99-every-entry-again", "server", "buffer-not-emptied"),
        (TURNS, "3_turns-81-sense-flush-del-fitxer", "server", "sent-not-flushed"),
        (TURNS, "3_turns-82-solo-ascolta", "server", "never-answers"),
        (TURNS, "3_turns-96-text-not-answer", "client", "shows-what-was-typed"),
        (TURNS, "3_turns-97-ask-connects", "client", "connection-per-line"),
        (TURNS, "3_turns-98-serve-forever", "server", "serves-on"),
        (TURNS, "3_turns-99-setblocking", "client", "does-not-wait"),
        (TURNS, "3_turns-100-question-or", "client", "ends-without-close"),
    ],
)
def test_what_beginners_leave_out_is_seen_at_once(stage, name, program, fault):
    assert is_decided(fault, stage, name, program)


@pytest.mark.parametrize(
    ("came", "known"),
    [
        (b"\x00\x00\x00\x0charbour 1701", True),
        (b"\x0c\x00harbour 1701", True),
        (b"12:harbour 1701", True),
        (b"0012harbour 1701", True),
        (b"12        harbour 1701", True),
        (b"harbour 1701\n", False),
        (b"Anna: harbour 1701\n", False),
        (b"7 harbour 1701\n", False),
        (b"", False),
    ],
)
def test_a_length_before_the_text_is_known(came, known):
    assert is_length(came, b"harbour 1701") is known


@pytest.mark.parametrize("word", ["main", "__main"])
def test_a_main_behind_a_wrong_word_is_never_called(tmp_path, word):
    program = tmp_path / "server.py"
    program.write_text(
        f'import sys\n\ndef main():\n    pass\n\nif __name__ == "{word}":\n    main()\n', encoding="utf-8"
    )
    assert read(program)[0] == ("nothing_runs", {"name": "main", "if_line": 6})
    program.write_text(program.read_text(encoding="utf-8").replace(f'"{word}"', '"__main__"'), encoding="utf-8")
    assert "nothing_runs" not in dict(read(program))


def test_what_only_sets_up_the_log_calls_nothing(tmp_path):
    program = tmp_path / "server.py"
    text = "import logging\n\ndef main():\n    pass\n\nlogging.basicConfig(level=logging.INFO)\n"
    program.write_text(text, encoding="utf-8")
    assert "nothing_runs" in dict(read(program))
    program.write_text(f"{text}main()\n", encoding="utf-8")
    assert "nothing_runs" not in dict(read(program))


def test_no_two_threads_read_programs_at_once(monkeypatch):
    """Python 3.11.7 may fail where two parse at once: an examination was lost by that, and with it the diagnosis."""
    both, parse, met = threading.Barrier(2), ast.parse, []

    def meets_another(source):
        with suppress(threading.BrokenBarrierError):  # nobody came: as it should be
            both.wait(0.5)
            met.append(True)
        return parse(source)

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as threads:
        patch.setattr(ast, "parse", meets_another)
        seen = list(threads.map(read, [solution(TURNS, "full", program) for program in ("server", "client")]))
    assert seen == [[], []] and not met


def unflushed(folder, reads):
    """A server of stage 3 that prints without flush=True, and reads its keyboard by this expression."""
    text = solution(TURNS, "full", "server").read_text(encoding="utf-8")
    changed = text.replace(", flush=True", "").replace('sys.stdin.readline() or "/close"', reads)
    assert changed.count("flush") == 0 and reads in changed
    (folder / "server.py").write_text(changed, encoding="utf-8")
    return folder


def steps_of(slug, folder, failures=()):
    """The steps by which this fault of the server in a folder is told."""

    def look(program, vary):
        return Visit(folder, program, vary).run(examinations(TURNS.name)[program])

    sources = {"server": (folder / "server.py").read_text(encoding="utf-8")}
    seen = [] if failures else look("server", Variation())
    case = Case(Evidence(failures, seen, look, sources), "server")
    return next(fault for fault in faults(TURNS.name) if fault.slug == slug).decides(case).steps


def test_before_input_is_exchanged_it_is_told_that_it_flushes(tmp_path):
    """A right step costs points there: what input() had flushed is seen too late with readline()."""
    folder = unflushed(tmp_path, "input()")
    done = check(TURNS, folder, ["server"], test="test_the_keyboard_ends", seed=1)
    failures = [Failure.of(done.verdicts[0].test, *done.failures.values())]
    assert "print with flush=True" in steps_of("traceback-at-end-of-input", folder, failures)[-1]
    unflushed(tmp_path, 'sys.stdin.readline() or "/close"')
    assert "input() also sends on what was printed before" in steps_of("output-not-flushed", folder)[-1]
