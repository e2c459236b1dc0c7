"""The diagnosis of stage 4: what is seen of real programs, and that the expert's word is told first."""

import re
import shutil
from dataclasses import replace
from textwrap import indent

import pytest
from helpers import slow

from parley.checks.check import check
from parley.checks.diagnosis.catalogue import examinations, faults
from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.evidence import PAIR, Case, Evidence, Failure, Variation
from parley.checks.diagnosis.ranking import diagnoses
from parley.checks.diagnosis.threads import run_called
from parley.checks.mistakes import mistakes, write_wrong
from parley.contract.diagnosis import Fact
from parley.contract.record import Event
from parley.stages import STAGES, root, solution

PEERS = STAGES[3]
GOLD = root() / "tests" / "gold"
CASES = sorted(folder.name for folder in GOLD.glob("4_*"))


def examined(folder, program, vary=None):
    """The facts that an examination of this program sees."""
    return Visit(folder, program, vary or Variation()).run(examinations(PEERS.name)[program])


def told(folder, program, test, cause, expected=None, received=None, **seen):
    """The first diagnosis of a program in which one core test has failed."""
    facts = {"who": program, "other": "Anna", "seconds": 2} | seen
    test = f"{PEERS.name}/test_{program}.py::{test}"
    failure = Failure(test, program, "A sentence.", 4, "core", cause, facts, expected, received)
    sources = {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in PEERS.programs}
    evidence = Evidence(
        [failure], examined(folder, program), lambda which, vary: examined(folder, which, vary), sources
    )
    return diagnoses(evidence, faults(PEERS.name), [program])[0]


def case(number):
    """The folder of the gold set with this number."""
    return next(GOLD.glob(f"4_peers-{number}-*"))


@pytest.mark.nightly
@pytest.mark.parametrize("name", CASES)
def test_the_first_diagnosis_is_the_experts(name):
    text = (GOLD / name / "expect.toml").read_text(encoding="utf-8")
    done = check(PEERS, GOLD / name, seed=1)
    assert not done.examined.trouble
    assert done.diagnoses[0].fault == re.search('^first = "(.*)"$', text, re.MULTILINE)[1]


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["asyncio_streams", "makefile_queue", "selectors"])
def test_other_ways_to_do_it_right_get_no_diagnosis(variant):
    done = check(PEERS, root() / "tests" / "variants" / PEERS.name / variant, seed=1)
    assert done.diagnoses == [] and not done.examined.trouble


def test_the_own_two_programs_of_a_right_solution_understand_each_other():
    facts = examined(solution(PEERS, "full", "server").parent, PAIR)
    heard = [(fact.program, fact.name, fact["came"]) for fact in facts if fact.name.startswith("hears")]
    assert sorted(heard) == [(who, what, True) for who in ("client", "server") for what in ("hears_line", "hears_name")]


def test_who_waits_for_the_others_name_is_seen_alone_and_with_the_own_client():
    found = told(case("03"), "server", "test_both_tell_their_names", "silence")
    assert found.fault == "name-deadlock"
    assert "never hear each other" in " ".join(found.steps)


@pytest.mark.parametrize(
    ("number", "program", "test", "fault"),
    [
        ("06", "server", "test_the_client_closes", "no-daemon"),
        ("09", "client", "test_the_server_closes", "join-keyboard"),
    ],
)
def test_where_the_threads_stand_decides_why_it_goes_on(number, program, test, fault):
    found = told(case(number), program, test, "goes on")
    assert found.fault == fault
    assert any(": it waits for the keyboard" in step for step in found.steps)


def test_a_loop_of_one_thread_is_seen_also_in_the_second_program_of_a_visit():
    """Main sleeps while the receiver turns: the system tells of a program that it is asleep. Its name has a number."""
    facts = [fact for fact in examined(case("57"), "server") if "without a word" in fact.where]
    assert {fact.program for fact in facts} == {"server"} and "spins" in {fact.name for fact in facts}
    assert {fact["function"] for fact in facts if fact.name == "stands"} == {"main", "manda", "ricevi"}


def test_a_function_that_main_runs_itself_is_named_with_its_line(tmp_path):
    wrong = next(mistake for mistake in mistakes(PEERS) if mistake.name == "target-called")
    write_wrong(PEERS, wrong, tmp_path)
    found = told(tmp_path, "server", "test_both_speak_at_any_time", "silence")
    lines = (tmp_path / "server.py").read_text(encoding="utf-8").splitlines()
    number = int(re.search(r"line (\d+)", found.sentence)[1])
    assert found.fault == "thread-target-called" and "target=print_received(conn)" in lines[number - 1]


def test_a_last_line_without_its_newline_is_not_taken_for_a_missing_close():
    found = told(case("91"), "client", "test_the_end_of_the_keyboard", "other bytes", b"bye\n", b"bye/close\n")
    assert found.fault == "last-line-without-end" and '"bye/close' in found.steps[0]
    assert told(case("91"), "client", "test_the_end_of_the_keyboard", "end").fault == "close-not-sent-at-eof"


def test_a_name_that_is_kept_and_not_shown_is_seen_before_what_waits_for_it():
    found = told(case("92"), "client", "test_a_line_in_pieces", "silent screen")
    assert found.fault == "name-not-shown" and '"Anna: harbour 17"' in found.steps[1]


@pytest.mark.parametrize(
    ("number", "program", "test", "cause", "fault"),
    [
        ("95", "client", "test_what_arrives_is_shown", "silent screen", "one-message-then-close"),
        ("97", "server", "test_the_client_closes", "goes on", "serves-on"),
        ("102", "client", "test_what_arrives_is_shown", "silent screen", "lock-while-reading"),
        ("105", "server", "test_what_is_typed_is_sent", "other bytes", "untyped-line"),
        ("106", "client", "test_what_arrives_is_shown", "silent screen", "takes-turns"),
        ("107", "server", "test_what_is_typed_is_sent", "silence", "never-notified"),
        ("109", "server", "test_many_lines_at_once", "silent screen", "lost-with-the-name"),
        ("110", "client", "test_what_is_typed_is_sent", "other bytes", "one-message-then-close"),
        ("111", "server", "test_what_is_typed_is_sent", "other bytes", "changes-text"),
        ("112", "client", "test_the_server_closes", "goes on", "executor-at-keyboard"),
        ("113", "server", "test_the_client_closes", "goes on", "serves-on"),
        ("114", "client", "test_the_user_closes", "silence", "close-not-heard"),
        ("124", "server", "test_the_client_closes", "goes on", "no-close-word"),
        *slow(
            ("94", "client", "test_what_arrives_is_shown", "silent screen", "thread-never-started"),
            ("101", "server", "test_what_arrives_is_shown", "silent screen", "bound-late"),
            ("104", "client", "test_what_arrives_is_shown", "silent screen", "name-from-second-line"),
            ("108", "client", "test_what_arrives_is_shown", "silent screen", "not-shown"),
            ("115", "server", "test_what_arrives_is_shown", "silent screen", "waits-before-start"),
            ("121", "client", "test_both_tell_their_names", "other bytes", "fixed-size"),
            ("122", "client", "test_what_is_typed_is_sent", "silence", "thread-run-called"),
        ),
    ],
)
def test_what_beginners_forget_about_a_thread_is_seen(number, program, test, cause, fault):
    assert told(case(number), program, test, cause).fault == fault


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("class R(Thread):\n    pass\n\n\nr = R()\nr.run()\n", 6),
        ("class R(Thread):\n    pass\n\n\nR().run()\n", 5),
        ("t = Thread(target=f)\nt.run()\n", 2),
        ("class Chat:\n    pass\n\n\nThread(target=f).start()\nChat().run()\n", 0),
        ("c = Chat()\nThread(target=f).start()\nc.run()\n", 0),
    ],
)
def test_only_a_run_of_a_thread_is_taken_for_one(text, line):
    assert run_called(text) == line


def changed(tmp_path, program, *edits):
    """A folder with the full solution, one of its programs edited."""
    for name in PEERS.programs:
        shutil.copy(solution(PEERS, "full", name), tmp_path)
    path = tmp_path / f"{program}.py"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_socket_that_was_closed_before_the_chat_is_named(tmp_path):
    folder = changed(tmp_path, "client", ("            chat(conn, name)\n", "        chat(conn, name)\n"))
    found = told(folder, "client", "test_what_arrives_is_shown", "ended")
    assert found.fault == "uses-closed-socket" and "Errno 9]" in found.steps[1]


def test_two_threads_that_receive_from_one_connection_are_seen(tmp_path):
    folder = changed(tmp_path, "server", ("while not ended.wait(1):", "while conn.recv(4096):"))
    found = told(folder, "server", "test_what_arrives_is_shown", "silent screen")
    assert found.fault == "two-receive"


def test_a_lock_that_is_held_while_a_thread_waits_for_data_is_seen(tmp_path):
    text = solution(PEERS, "full", "server").read_text(encoding="utf-8")
    loop = text[text.index("    while data := conn") : text.index("    # end of stream: it ends the last line")]
    send = '            conn.sendall(f"{text}\\n".encode())\n'
    edits = [("def receive_lines(conn):", "lock = threading.Lock()\n\n\ndef receive_lines(conn):")]
    edits += [(loop, "    with lock:\n" + indent(loop, "    "))]
    edits += [(send, "            with lock:\n" + indent(send, "    "))]
    found = told(changed(tmp_path, "server", *edits), "server", "test_what_is_typed_is_sent", "silence")
    assert found.fault == "lock-while-reading" and "waits for the other side" in found.sentence


def test_who_takes_its_own_end_for_a_loss_is_told_so(tmp_path):
    folder = changed(tmp_path, "client", ("if not ended.is_set():", "if True:"))
    found = told(folder, "client", "test_the_end_of_the_keyboard", "other status", wanted=0, status="status 1")
    assert found.fault == "own-end-is-loss"


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (("        bold = ", '        other += "\\n"\n        bold = '), "name-keeps-line-end"),
        (("{other}: {text}", "{other}: {text.upper()}"), "shows-other-text"),
        (('print(f"{other}: {text}", flush=True)', "pass"), "not-shown"),
    ],
)
def test_what_is_shown_of_a_message_is_compared_with_what_arrived(tmp_path, edit, fault):
    found = told(changed(tmp_path, "server", edit), "server", "test_what_arrives_is_shown", "silent screen")
    assert found.fault == fault


def found_in(failure, *facts, source=""):
    """What is told of a failed test, and of facts that an examination may have seen."""
    evidence = Evidence([failure], facts, lambda which, vary: [], {failure.program: source})
    return [found.fault for found in diagnoses(evidence, faults(PEERS.name), [failure.program])]


def failed(program, test, cause, **more):
    seen = {"who": program, "other": "Anna", "seconds": 2, "status": "status 1"}
    return Failure(f"{PEERS.name}/test_{program}.py::{test}", program, "A sentence.", 4, "core", cause, seen, **more)


@pytest.mark.parametrize(
    ("shows", "fault"),
    [
        ("You chat with Anna\n", ["name-cut"]),
        ("You chat with Anna Mar.\n", ["name-cut"]),
        ("You chat with Anna Mar\xc3\xada de la {Cruz} 100 %\n", []),  # its bytes are taken for Latin-1
        ("You chat with Anna Mar\xeda de la {Cruz} 100 %\n", []),
        ("", []),
    ],
)
def test_a_name_that_loses_its_end_is_told(shows, fault):
    screen = (Event(0.5, "server", "prints", shows.encode()),)
    failure = failed("server", "test_both_tell_their_names", "silent screen", events=screen)
    assert found_in(failure) == fault


@pytest.mark.parametrize(
    ("came", "fault"), [("Łuk\n", ["name-cut"]), ("Żak\n", ["name-cut"]), ("Łukasz Żak", []), ("Łukasz Zak\n", [])]
)
def test_a_name_that_is_sent_without_a_part_of_it_is_told(came, fault):
    bytes_of_it = {"expected": "Łukasz Żak\n".encode(), "received": came.encode()}
    tests = ("test_both_tell_their_names", "test_a_line_in_pieces", "test_a_letter_in_two_pieces", "test_ctrl_c")
    failures = [failed("server", test, "other bytes", **bytes_of_it) for test in tests]
    evidence = Evidence(failures, [], lambda which, vary: [], {"server": ""})
    found = diagnoses(evidence, faults(PEERS.name), ["server"])
    assert [each.fault for each in found if each.fault != "changes-text"] == fault
    assert not fault or len(found[0].tests) == len(tests)


def test_a_letter_that_is_cut_among_many_lines_is_no_lost_line():
    shown = [Fact("server", "shown", {"number": number, "how": "same"}) for number in (1, 2)]
    for came, fault in (True, []), (False, ["recv-is-a-message"]):
        at_once = Fact("server", "at_once", {"came": came, "some": True, "first": True})
        screen = (Event(0.5, "server", "prints", "Anna: caf\ufffd\ufffd\n".encode()),)
        failure = failed("server", "test_many_lines_at_once", "other print", events=screen)
        assert found_in(failure, *shown, at_once) == fault


SAME = Event(0.5, "server", "sends", b"again\n"), Event(0.6, "server", "sends", b"again\n")
ESCAPED = (
    Event(0.5, "server", "sends", b"fish & chips\n"),
    Event(0.6, "client", "prints", b"Anna: fish &amp; chips\n"),
)
PARTS = Event(0.4, "server", "sends", b"Anna\n"), *(Event(0.5, "server", "sends", b"a half") for _ in range(2))
CUT = Event(0.5, "server", "sends", b"one, two, three\n"), Event(0.6, "client", "prints", b"Anna: one\n")


@pytest.mark.parametrize(
    ("cause", "events", "fault"),
    [
        ("silent screen", SAME, ["drops-repeated"]),
        ("silent screen", SAME[:1], []),
        ("silent screen", PARTS, []),  # of one line
        ("other print", ESCAPED, ["changes-text"]),
        ("other print", CUT, []),  # too little of it came to tell that it is the same text
    ],
)
def test_a_text_that_is_dropped_the_second_time_or_changed_is_told(cause, events, fault):
    failure = failed("client", "test_the_text_stays_as_it_is", cause, events=events)
    assert found_in(failure) == fault


@pytest.mark.parametrize(("first", "fault"), [(False, ["last-line-only"]), (True, ["recv-is-a-message"])])
def test_a_place_for_one_line_is_told_from_a_chunk_that_is_taken_for_a_line(first, fault):
    shown = [Fact("server", "shown", {"number": number, "how": "same"}) for number in (1, 2)]
    at_once = Fact("server", "at_once", {"came": False, "some": True, "first": first})
    failure = failed("server", "test_many_lines_at_once", "other print")
    assert found_in(failure, *shown, at_once) == fault


def test_a_long_typed_line_in_parts_and_a_line_cut_at_a_form_feed_are_told():
    long, part = b"a" * 5000 + b"\n", b"a" * 4096 + b"\n"
    assert found_in(failed("client", "test_a_line_in_pieces", "other bytes", expected=long, received=part)) == [
        "keyboard-in-chunks"
    ]
    empty = {"expected": 'a line that contains "Anna:"', "received": b""}
    for line, fault in (b"\n", ["empty-line"]), (b"again\n", []):
        said = (Event(0.5, "server", "sends", line),)
        failure = failed("client", "test_the_text_stays_as_it_is", "silent screen", events=said, **empty)
        assert found_in(failure) == fault
    page = {"expected": 'a line that ends with "Anna: page 1 page 2"', "received": '"Anna: page 1"'}
    assert found_in(failed("client", "test_the_text_stays_as_it_is", "unwanted print", **page)) == [
        "cut-at-other-signs"
    ]


LONGEST = b"x" * 65_536 + b"\n"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (b"short\n" + LONGEST + b"near\n", ["limit-of-all"]),
        (LONGEST, ["limit-of-all"]),
        (b"x" + LONGEST, []),  # that one is too long
        (b"x" * 5000 + b"\n", []),  # this one isn't about the limit
    ],
)
def test_who_leaves_at_the_longest_line_counts_other_bytes_with_it(said, fault):
    events = (Event(0.5, "Anna", "sends", said[:9]), Event(0.6, "Anna", "sends", said[9:]))
    assert found_in(failed("server", "test_a_line_in_pieces", "ended", events=events)) == fault


@pytest.mark.parametrize(
    ("shows", "does"), [("line 1", "ends the line"), ("line 1still line 1 ☕", "drops it"), ("line 1\rsti", "")]
)
def test_what_becomes_of_a_carriage_return_in_a_line_is_told(shows, does):
    wanted = r'a line that ends with "Anna: line 1\rstill line 1 ☕"'
    failure = failed("client", "test_the_text_stays_as_it_is", "unwanted print", expected=wanted, received=shows)
    found = diagnoses(Evidence([failure], [], lambda which, vary: [], {"client": ""}), faults(PEERS.name), ["client"])
    assert [(each.fault, does in each.sentence) for each in found] == ([("lone-cr", True)] if does else [])


@pytest.mark.parametrize(
    ("said", "fault"),
    [(b"Andr\xe9\nand here as well\n", "name-strict"), (b"caf\xe9 \xff and so on\n", "decode-strict")],
)
def test_bytes_that_are_no_text_in_a_name_are_told_from_those_in_a_message(said, fault):
    events = (Event(0.5, "Anna", "sends", said),)
    assert found_in(failed("server", "test_bytes_that_are_no_text", "ended", events=events)) == [fault]


@pytest.mark.parametrize(
    ("came", "shows", "fault"),
    [(True, b"Anna has left.\n", ["lost-before-close"]), (True, b"Anna: in time\n", []), (False, b"", [])],
)
def test_a_line_that_is_lost_before_close_is_told(came, shows, fault):
    at_once = Fact("server", "at_once", {"came": came, "some": came, "first": came})
    more = {"expected": 'a line that ends with "Anna: in time ☕"', "events": (Event(0.5, "server", "prints", shows),)}
    assert found_in(failed("server", "test_the_client_closes", "ended", **more), at_once) == fault


@pytest.mark.parametrize(
    ("cause", "said", "fault"),
    [
        ("other status", [], "lost-before-the-name"),
        ("unwanted print", [], "lost-before-the-name"),
        ("other status", ["Anna"], "lost-unnoticed"),
    ],
)
def test_a_loss_before_the_name_is_told_from_one_in_the_chat(cause, said, fault):
    events = [Event(0.5, "Anna", "sends", f"{name}\n".encode()) for name in said] + [Event(0.6, "Anna", "resets")]
    failure = failed("server", "test_the_client_is_lost", cause, events=tuple(events))
    failure.facts.update(status="status 0", wanted=1)
    assert found_in(failure)[0] == fault


@pytest.mark.parametrize(("came", "what"), [(b"too late\n", "what is typed after it"), (b"/close\n", "one more line")])
def test_what_comes_after_the_own_close_is_told(came, what):
    typed = (Event(0.5, "client", "types", b"/close\ntoo late\n"),)
    failure = failed("client", "test_the_user_closes", "too much", expected=b"", received=came, events=typed)
    found = diagnoses(Evidence([failure], [], lambda which, vary: [], {"client": ""}), faults(PEERS.name), ["client"])
    assert found[0].fault == "sends-after-close" and what in found[0].sentence


@pytest.mark.parametrize("read", ["sys.stdin.readlines()", 'sys.stdin.read().split("\\n")'])
def test_who_reads_the_keyboard_to_its_end_is_told_so(tmp_path, read):
    folder = changed(tmp_path, "client", ("in sys.stdin:", f"in {read}:"))
    found = told(folder, "client", "test_what_is_typed_is_sent", "silence")
    assert found.fault == "keyboard-read-whole" and "sys.stdin.read" in found.sentence


def test_options_in_the_place_of_plain_words_are_told(tmp_path):
    options = (
        'import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument("--port")\nparser.parse_args()\n'
    )
    folder = changed(tmp_path, "client", ("main()  # run the program", f"{options}main()"))
    assert told(folder, "client", "test_what_is_typed_is_sent", "ended").fault == "argv-options"


CLOSED = "input-in-daemon-thread"


@pytest.mark.parametrize(
    ("said", "fault"), [(b"harbour\n", "ends-too-early"), (b"/close\n", CLOSED), (b"x" * 65_537, CLOSED)]
)
def test_who_is_at_its_end_before_the_chat_is_over_is_told_so(said, fault):
    fatal = b"Fatal Python error: _enter_buffered_busy: could not acquire lock\n"
    events = (Event(0.5, "Anna", "sends", said), Event(0.6, "server", "logs", fatal))
    facts = {"who": "server", "status": "status -6", "exception": "Fatal Python error"}
    test = f"{PEERS.name}/test_server.py::test_the_client_closes"
    failure = Failure(test, "server", "A sentence.", 3, "core", "crashed", facts, events=events)
    source = (case("103") / "server.py").read_text(encoding="utf-8")
    evidence = Evidence([failure], [], lambda which, vary: [], {"server": source})
    assert diagnoses(evidence, faults(PEERS.name), ["server"])[0].fault == fault


def test_a_client_that_says_that_the_chat_is_over_knows_the_word():
    facts = [
        Fact("client", "ends", {"ended": False, "status": -1}, "after /close"),
        Fact("client", "stands", {"thread": "reader", "call": "recv", "line": 14}, "after /close"),
        Fact("client", "stands", {"thread": "main", "call": "input", "line": 39}, "after /close"),
    ]
    test = f"{PEERS.name}/test_client.py::test_the_server_closes"
    waited = {"who": "client", "other": "Anna", "seconds": 2}
    failure = Failure(test, "client", "A sentence.", 3, "core", "goes on", waited)
    for shows, knows in (("the end\\n", True), ("", False)):
        heard = Fact("client", "heard_close", {"shows": shows}, "after /close")
        evidence = Evidence([failure], [*facts, heard], lambda which, vary: [], {"client": ""})
        no_word = next(fault for fault in faults(PEERS.name) if fault.slug == "no-close-word")
        assert (no_word.decides(Case(evidence, "client")) is None) is knows


def test_who_misses_only_a_loss_is_not_asked_about_close():
    lost = "after the end without a word"
    facts = [
        Fact("client", "ends", {"ended": True, "status": 0}, "after /close"),
        Fact("client", "ends", {"ended": False, "status": -1}, lost),
        Fact("client", "stands", {"thread": "main", "call": "input", "line": 39, "told": "Main waits."}, lost),
    ]
    failure = failed("client", "test_the_server_goes_without_a_word", "goes on")
    assert found_in(failure, *facts)[:1] == ["lost-unnoticed"]


def test_one_byte_at_a_time_is_a_cut_letter_and_no_reset(tmp_path):
    folder = changed(tmp_path, "server", ("conn.recv(4096)", 'conn.recv(1).decode().encode("utf-8")'))
    found = told(folder, "server", "test_what_arrives_is_shown", "traceback")
    assert found.fault == "decode-in-the-middle" and "unexpected end of data" in found.steps[0]


def test_the_line_that_passes_for_the_word_is_named():
    sent = Event(0.5, "server", "sends", b"/CLOSE\n")
    test = f"{PEERS.name}/test_client.py::test_only_close_closes"
    facts = {"who": "client", "status": "status 0"}
    failure = Failure(test, "client", "A sentence.", 1, "core", "ended", facts, events=(sent,))
    evidence = Evidence([failure], [], lambda which, vary: [], {"client": ""})
    found = diagnoses(evidence, faults(PEERS.name), ["client"])[0]
    assert (found.fault, '"/CLOSE"' in found.sentence) == ("close-word-inside", True)


@pytest.mark.parametrize(
    "test", ["test_a_letter_in_two_pieces", "test_line_ends_of_other_systems", "test_only_close_closes"]
)
def test_where_nothing_is_shown_no_rare_line_is_to_blame(test):
    assert told(case("94"), "client", test, "silent screen").fault == "thread-never-started"


@pytest.mark.parametrize(("label", "fault"), [("name", "own-name-shown"), ('"Partner"', "other-label")])
def test_a_wrong_name_before_a_line_is_told_from_no_name(tmp_path, label, fault):
    source = (case("96") / "client.py").read_text(encoding="utf-8")
    changed = source.replace('print(name + ": " + zeile', f'print({label} + ": " + zeile')
    assert label == "name" or changed != source
    for program in PEERS.programs:
        shutil.copy(case("96") / f"{program}.py", tmp_path)
    (tmp_path / "client.py").write_text(changed, encoding="utf-8")
    received = f"{label}: harbour 17\n".encode()
    found = told(tmp_path, "client", "test_what_arrives_is_shown", "other print", '"Anna: harbour 17"', received)
    assert found.fault == fault


@pytest.mark.parametrize(
    ("keyboard", "fault"),
    [
        ("line = input()", "input-blocks-loop"),
        ("line = await asyncio.to_thread(input)", None),
    ],
)
def test_a_coroutine_that_waits_for_the_keyboard_is_seen(tmp_path, keyboard, fault):
    program = tmp_path / "client.py"
    program.write_text(ASYNCIO.replace("line = input()", keyboard), encoding="utf-8")
    shutil.copy(case("96") / "server.py", tmp_path)
    facts = examined(tmp_path, "client")
    seen = {"who": "client", "other": "Anna", "seconds": 2}
    failure = Failure("4_peers/test_client.py::test_x", "client", "A sentence.", 1, "core", "silent screen", seen)
    evidence = Evidence([failure], facts, lambda which, vary: [], {"client": program.read_text(encoding="utf-8")})
    slugs = [found.fault for found in diagnoses(evidence, faults(PEERS.name), ["client"])]
    assert (slugs[:1] == [fault]) if fault else "input-blocks-loop" not in slugs


ASYNCIO = """
import asyncio
import sys


async def receive(reader):
    peer = (await reader.readline()).decode().strip()
    print("Chatting with", peer, flush=True)
    while data := await reader.readline():
        print(f"{peer}: {data.decode().strip()}", flush=True)


async def send(writer):
    while True:
        line = input()
        writer.write(f"{line}\\n".encode())
        await writer.drain()


async def main():
    name = input()
    reader, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    writer.write(f"{name}\\n".encode())
    await asyncio.gather(receive(reader), send(writer))


asyncio.run(main())
"""


def said_of(failures, source="", *facts):
    """{fault: its sentence} of what is told of failed tests of one program."""
    program = failures[0].program
    evidence = Evidence(failures, facts, lambda which, vary: [], {program: source})
    return {found.fault: found.sentence for found in diagnoses(evidence, faults(PEERS.name), [program])}


SHOWN = Fact("server", "shown", {"number": 2, "how": "same"})
SPEAKS = (Event(0.1, "Anna", "sends", b"Anna\n"), Event(0.2, "server", "prints", b"Anna\n"))


def too_long(*senders):
    """A line of 65,537 bytes of each of these senders, the name of all but the first one; the last one goes through."""
    events = list(SPEAKS)
    for at, sender in enumerate(senders):
        events += [Event(at + 1, sender, "sends", "é".encode() * 32_768), Event(at + 1.5, sender, "sends", b"z\n")]
    return failed("server", "test_a_line_without_end", "goes on", events=tuple(events))


@pytest.mark.parametrize(
    ("asks", "fault", "why"),
    [
        ("if len(line.decode()) > 65_536:\n    stop()\n", "line-limit-off", "it counts characters"),
        ("text = line.decode()\nif len(text) > 64 * 1024:\n    stop()\n", "line-limit-off", "it counts characters"),
        ("if len(line) > 65_536:\n    stop()\nline = line.decode()\n", "line-limit-off", "the longest has"),
        ("rest = lines.pop()\nif len(rest) > 65_536:\n    stop()\n", "line-limit-off", "what has no newline yet"),
        ("*lines, rest = data.split()\nif len(rest) > 65_536:\n    stop()\n", "line-limit-off", "no newline yet"),
        (
            "while b'\\n' not in data:\n    if len(data) > 65_536:\n        stop()\n    data += conn.recv(4096)\n",
            "line-limit-off",
            "what has no newline yet",
        ),
        ("if len(line) > 66_000:\n    stop()\n", "line-limit-off", "the longest has 65,536"),
        ("", "no-line-limit", "no limit"),
    ],
)
def test_why_a_line_that_is_too_long_gets_through_is_told(asks, fault, why):
    found = said_of([too_long("Anna")], asks, SHOWN)
    assert list(found) == [fault] and why in found[fault]
    named = said_of([too_long("Anna", "Ben")], asks, SHOWN)
    assert list(named) == ["name-without-limit"]


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        ("if len(line) >= 65_536:\n    stop()\n", ">= in line 1"),
        ("if 65_536 <= len(line):\n    stop()\n", "<= in line 1"),
        ("if len(line) > 65_536:\n    stop()\n", "its newline"),
        ("while len(line) <= 65_536:\n    more()\n", "its newline"),
    ],
)
def test_the_limit_itself_is_told_from_a_newline_that_counts(asks, told):
    failure = failed("server", "test_a_line_in_pieces", "ended", events=(Event(1, "Anna", "sends", LONGEST),))
    assert told in said_of([failure], asks)["limit-of-all"]


@pytest.mark.parametrize(
    ("source", "shows", "fault"),
    [
        ("print(name, text[:500] + '…')\n", "x" * 500 + "…", ["long-text-cut"]),
        ("MOST = 500\nprint(f'{name}: {text[:MOST]}')\n", "x" * 500, ["long-text-cut"]),
        ("print(f'{name}: {text:.500}')\n", "x" * 500, ["long-text-cut"]),
        ("def short(text, most=503):\n    return text[: most - 3]\n", "x" * 500 + "...", ["long-text-cut"]),
        ("", "x" * 500 + " [...]", ["long-text-cut"]),
        ("print(name, text[:400])\n", "x" * 500, ["recv-is-a-message"]),  # that is not what has cut it
        ("data = conn.recv(500)\n", "x" * 500, ["recv-is-a-message"]),
    ],
)
def test_a_text_that_is_cut_on_purpose_is_no_part_of_a_message(source, shows, fault):
    events = (Event(1, "Anna", "sends", b"x" * 512 + b"\n"), Event(2, "server", "prints", f"Anna: {shows}\n".encode()))
    failure = failed("server", "test_a_line_in_pieces", "unwanted print", events=events)
    assert list(said_of([failure], source, SHOWN)) == fault


def test_a_typed_text_that_is_cut_is_no_chunk_of_the_keyboard():
    events = (Event(1, "server", "types", b"x" * 5000),)
    more = {"expected": b"x" * 5000 + b"\n", "received": b"x" * 4000 + b"\n", "events": events}
    failure = failed("server", "test_a_line_in_pieces", "other bytes", **more)
    assert list(said_of([failure], "text = line[:4000]\n")) == ["long-text-cut"]
    assert list(said_of([failure], "line = os.read(0, 4000)\n")) == ["keyboard-in-chunks"]


def test_chunks_of_the_keyboard_explain_that_a_close_in_them_is_not_noticed():
    long = failed("server", "test_a_line_in_pieces", "other bytes", expected=b"a" * 5000, received=b"a" * 4096 + b"\n")
    for pieces, fault in ([b"/close\nlate\n"], ["keyboard-in-chunks"]), ([b"/close\n", b"late\n"], None):
        events = (Event(1, "server", "types", b"/close"), Event(1, "server", "types", b"late"))
        events += tuple(Event(2, "Anna", "receives", piece) for piece in pieces)
        late = failed("server", "test_the_user_closes", "too much", received=b"late\n", events=events)
        found = list(said_of([long, late]))
        assert found == (fault or ["keyboard-in-chunks", "sends-after-close"])


@pytest.mark.parametrize(("typed", "does"), [(True, "typed, it isn't sent"), (False, "arrives, it isn't shown")])
def test_a_line_of_spaces_that_is_dropped_is_told_with_the_line_that_asks(typed, does):
    who, what = ("server", "types") if typed else ("Anna", "sends")
    events = (Event(1, who, what, b" " if typed else b" \n"),)
    wanted = b" \n" if typed else 'a line that contains "Anna:"'
    more = {"expected": wanted, "received": b"", "events": events}
    failure = failed("server", "test_the_text_stays_as_it_is", "silence" if typed else "silent screen", **more)
    found = said_of([failure], "if text.isspace():\n    continue\n")
    assert does in found["empty-line"].replace("is typed", "typed") and "nothing but spaces" in found["empty-line"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("for line in sys.stdin:\n    if not line.endswith('\\n'):\n        break\n", "line 2 takes only"),
        ("while not over.is_set():\n    say(lines.get(timeout=1))\n", "line 1 looks at a flag"),
        ("while not done:\n    say(lines.get(timeout=1))\n", "line 1 looks at a flag"),
        ("while not line.endswith(b'\\n'):\n    line += conn.recv(1)\n", "it isn't sent"),
    ],
)
def test_the_last_words_before_the_end_of_input_are_lost(source, why):
    events = (Event(1, "server", "types", b"that is all"), Event(2, "server", "ends keyboard"))
    more = {"expected": b"that is all\n", "received": b"/close\n", "events": events}
    assert (
        why
        in said_of([failed("server", "test_the_end_of_the_keyboard", "other bytes", **more)], source)["last-words-lost"]
    )


def test_half_a_letter_at_the_end_of_a_chunk_of_the_keyboard():
    wanted, came = "é".encode() * 800 + b"\n", "é".encode() * 511 + b"\xef\xbf\xbd\n\xef\xbf\xbd"
    more = {"expected": wanted, "received": came, "events": (Event(1, "server", "types", wanted),)}
    assert list(said_of([failed("server", "test_a_line_in_pieces", "other bytes", **more)])) == ["keyboard-in-chunks"]


def test_a_letter_that_is_cut_at_the_keyboard_is_told_as_such():
    wanted, came = "aéé\n".encode(), b"a\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\n"
    more = {"expected": wanted, "received": came, "events": (Event(1, "server", "types", wanted),)}
    found = said_of([failed("server", "test_a_line_in_pieces", "other bytes", **more)])
    assert "keyboard" in found["decode-in-the-middle"]


@pytest.mark.parametrize(
    ("fills", "text", "told"),
    [
        ("form = name + ': {}'\nprint(form.format(text))\n", "Ben {the baker}", True),
        ("print((name + ': %s') % text)\n", "100 %", True),
        ("print(f'{name}: {{}}'.format(text))\n", "Ben {the baker}", True),
        ("print('{}: {}'.format(name, text))\n", "Ben {the baker}", False),
        ("print('%s: %s' % (name, text))\n", "100 %", False),
        ("BOLD = '*'\nprint((BOLD + '%s') % name)\n", "100 %", False),
        ("print((name + ': %s') % text)\n", "Ben", False),
    ],
)
def test_a_name_that_is_part_of_a_format(fills, text, told):
    events = (Event(1, "Anna", "sends", f"{text}\nhello\n".encode()),)
    wanted = 'a line that ends with "Anna María de la {Cruz} 100 %: hello"'
    failure = failed("server", "test_both_tell_their_names", "ended", events=events, expected=wanted)
    assert ("name-in-template" in said_of([failure], fills)) is told


def test_a_word_that_closes_too_is_told_with_its_line():
    events = (Event(1, "Anna", "connects"), Event(2, "Anna", "sends", b"bye\n"))
    failure = failed("server", "test_only_close_closes", "ended", events=events)
    assert list(said_of([failure], "if text in ('/close', 'bye'):\n    stop()\n")) == ["word-is-command"]
    assert list(said_of([failure], "")) == ["close-word-inside"]
    typed = (Event(1, "Anna", "connects"), Event(2, "server", "types", b"/quit"))
    failure = failed("server", "test_only_close_closes", "silence", events=typed, expected=b"/quit\n", received=b"")
    assert list(said_of([failure], "if text.startswith('/'):\n    print('What?')\n")) == ["word-is-command"]
    assert list(said_of([failure], "if text.startswith('/close'):\n    leave()\n")) == []


def test_a_carriage_return_that_belongs_to_the_text_is_no_rest_of_a_line_end():
    events = (Event(1, "Anna", "sends", b"two \r\r\n"), Event(2, "server", "prints", b"Anna: two \n"))
    failure = failed("server", "test_line_ends_of_other_systems", "other print", events=events)
    assert list(said_of([failure], "line.rstrip(b'\\r')\n", SHOWN)) == ["lone-cr"]
    said, shown = b"this is page 1\fpage 2\n", b"Anna: this is page 1page 2\n"
    events = (Event(1, "Anna", "sends", said), Event(2, "server", "prints", shown))
    other = failed("server", "test_the_text_stays_as_it_is", "unwanted print", events=events)
    prints = "print(name + ''.join(c for c in text if c.isprintable()))\n"
    for source in (prints, "re.sub(CONTROLS, '', text)\n"):
        found = said_of([failure, other], source, SHOWN)
        assert list(found) == ["changes-text"] and ("(line 1)" in found["changes-text"]) is (source == prints)


def test_a_client_that_always_goes_to_one_host():
    starts = (Event(1, "client", "starts"), Event(2, "second client", "starts", note="127.0.0.2"))
    failure = replace(
        failed("client", "test_host_and_port_may_be_left_out", "nobody came", events=starts),
        facts={"who": "second client", "seconds": 2},
    )
    for connects, fault in (
        ("socket.create_connection(('127.0.0.1', port))\n", "host-ignored"),
        ("HOST = 'localhost'\nconn.connect((HOST, port))\n", "host-ignored"),
        ("HOST = sys.argv[1]\nconn.connect((HOST, port))\n", "argv-defaults"),
        ("host = '127.0.0.1'\nhost = sys.argv[1]\nconn.connect((host, port))\n", "argv-defaults"),
    ):
        assert list(said_of([failure], connects)) == [fault]
