"""The diagnosis of stage 5: what an examination sees of real programs, and what is told first of the gold set."""

import re

import pytest
from helpers import slow

from parley.checks.check import check
from parley.checks.diagnosis.catalogue import examinations, faults
from parley.checks.diagnosis.catalogue.all_stages.ending import _exit_loses_output
from parley.checks.diagnosis.catalogue.all_stages.last_resort import _waits_in_vain
from parley.checks.diagnosis.catalogue.all_stages.sockets import _on_listener
from parley.checks.diagnosis.catalogue.broadcast.entering import (
    _asks_for_more,
    _name_refused,
    _no_line_end,
    _waits_for_word,
)
from parley.checks.diagnosis.catalogue.broadcast.leaving import (
    _bare_sends,
    _exit_in_thread,
    _no_notice,
    _threads_alive,
)
from parley.checks.diagnosis.catalogue.broadcast.passing_on import (
    _author_form,
    _ends_with_return,
    _no_lock,
    _one_buffer,
    _sent_not_flushed,
)
from parley.checks.diagnosis.catalogue.broadcast.shared import (
    ANNA,
    CLOSELY,
    FIRST,
    STALLED,
    notices_about,
    removes_in_loop,
    sends_json,
)
from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.evidence import Case, Evidence, Failure, Variation
from parley.checks.diagnosis.fault import Fault, Found, Life, like
from parley.checks.diagnosis.ranking import diagnoses
from parley.checks.diagnosis.threads import (
    ends_when_empty,
    lock_for_one,
    lock_left,
    never_started,
    started_later,
)
from parley.checks.mistakes import mistakes, write_wrong
from parley.contract.diagnosis import Fact
from parley.contract.record import Event
from parley.stages import STAGES, root, solution

BROADCAST = STAGES[4]
GOLD = sorted((root() / "tests" / "gold").glob("5_*"))


def expected(folder):
    """The fault that the expert mends first, and in which program it is."""
    text = (folder / "expect.toml").read_text(encoding="utf-8")
    return tuple(re.search(f'^{key} = "(.*)"$', text, re.MULTILINE)[1] for key in ("first", "program"))


def case_of(number):
    """The case of the gold set with this number."""
    return next(folder for folder in GOLD if folder.name.startswith(f"5_broadcast-{number:02}-"))


def seen(folder, program, vary=None):
    """{name of a fact: its details, the last ones} of an examination."""
    facts = Visit(folder, program, vary or Variation()).run(examinations(BROADCAST.name)[program])
    return {fact.name: fact for fact in facts}


@pytest.mark.nightly
@pytest.mark.parametrize("folder", GOLD, ids=lambda folder: folder.name)
def test_the_first_diagnosis_is_the_experts(folder):
    fault, program = expected(folder)
    done = check(BROADCAST, folder, seed=1)
    assert not done.examined.trouble
    told = done.diagnoses[0]
    assert (told.fault, program in (told.program, "both")) == (fault, True), told


def test_a_right_server_does_all_that_is_looked_at():
    facts = seen(solution(BROADCAST, "full", "server").parent, "server")
    assert facts["message"]["how"] == facts["lines"]["how"] == facts["pieces"]["how"] == "same"
    assert facts["author"]["hears"] is False
    assert facts["word"].fits(over=True, passed=False) and facts["left"].fits(named=1, lines=1)
    assert facts["lost"].fits(named=1, half=False) and facts["goes_on"].fits(how="same", ended=False)
    assert facts["hung_up"].fits(named=1, over=True)
    assert facts["long_name"]["letters"] and facts["ctrl_c"]["ended"]


def test_the_one_who_was_passed_over_is_seen():
    facts = Visit(case_of(9), "server").run(examinations(BROADCAST.name)["server"])
    told = {fact["to"]: fact["named"] for fact in facts if fact.name == "left"}
    assert told == {"Anna471": 1, "Cleo693": 0, "Dana714": 1}


@pytest.mark.parametrize(("came", "fault"), [(b"Your name?\n", "waits-for-a-place"), (b"Full\n", "refused-stays")])
def test_who_only_waits_for_a_place_is_told_from_one_who_was_told(came, fault):
    events = [
        *(Event(0.1, "Anna17", "receives", b"Your name?\n"), Event(0.2, "Anna17", "sends", b"Anna17\n")),
        *(Event(0.3, "Anna17", "receives", b"Hello Anna17, {quit}\n"), Event(0.4, "Carla17", "receives", came)),
        Event(0.5, "Carla17", "sends", b"Carla17\n"),
    ]
    facts = {"who": "Carla17", "other": "server", "seconds": 2}
    test = f"{BROADCAST.name}/test_server.py::test_no_place_left"
    failure = Failure(test, "server", "A sentence.", 3, "core", "silence", facts, events=tuple(events))
    welcome = Fact("server", "welcome", {"how": "line"})
    evidence = Evidence([failure], [welcome], lambda which, vary: [], {"server": "places.acquire()\n"})
    assert diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].fault == fault


@pytest.mark.parametrize(("enter", "looks"), [(True, "only between two typed lines"), (False, "has noticed the end")])
def test_a_client_whose_receiver_knows_of_the_end_is_not_told_to_look_for_it(enter, looks):
    where = "after the server's end of stream"
    facts = [
        Fact("client", "shown", {"what": "line", "how": "same"}),
        Fact("client", "stands", {"thread": "main", "call": "input", "line": 36, "told": "Main waits."}, where),
        Fact("client", "end", {"ended": False, "enter": enter}, where),
        Fact("client", "screen", {"text": "and then\nThe chat is over.\n", "log": ""}),
    ]
    tests = [
        f"{BROADCAST.name}/test_client.py::test_{name}" for name in ("the_server_ends_the_chat", "a_line_too_long")
    ]
    waited = {"who": "client", "seconds": 2}
    failures = [Failure(test, "client", "A sentence.", 2, "core", "goes on", waited) for test in tests]
    source = f"{solution(BROADCAST, 'full', 'client').read_text(encoding='utf-8')}\nsys.stdin.close()\n"
    evidence = Evidence(failures, facts, lambda which, vary: [], {"client": source})
    found = diagnoses(evidence, faults(BROADCAST.name), ["client"])[0]
    assert (found.fault, looks in found.sentence) == ("needs-enter", True)
    assert any("closes sys.stdin" in step for step in found.steps)


@pytest.mark.parametrize(("file", "fault"), [("stdin", "input-in-daemon-thread"), ("stdout", "eof-blank-lines")])
def test_a_thread_that_prints_at_the_end_is_not_at_the_keyboard(file, fault):
    fatal = f"Fatal Python error: _enter_buffered_busy: could not acquire lock for <_io.Buffered name='<{file}>'> at\n"
    where = "after the server's end of stream"
    facts = [
        Fact("client", "screen", {"text": "and then\n\n\n\n", "log": ""}),
        Fact("client", "end", {"ended": False, "enter": False}, where),
    ]
    test = f"{BROADCAST.name}/test_client.py::test_ctrl_c"
    events = (Event(0.6, "client", "logs", fatal.encode()),)
    crashed = Failure(test, "client", "A sentence.", 3, "errors", "crashed", {"who": "client"}, events=events)
    test = f"{BROADCAST.name}/test_client.py::test_leaving"
    goes_on = Failure(test, "client", "A sentence.", 1, "core", "goes on", {"who": "client"})
    evidence = Evidence([crashed, goes_on], facts, lambda *_: [], {"client": ""})
    told = diagnoses(evidence, faults(BROADCAST.name), ["client"])
    assert [diagnosis.fault for diagnosis in told if crashed.test in diagnosis.tests] == [fault]


def told_of_server(facts, source="", test="test_everybody_hears_everybody"):
    """The faults that are told of a server of which these facts were seen, and that has failed one test."""
    name = f"{BROADCAST.name}/test_server.py::{test}"
    failure = Failure(name, "server", "A sentence.", 3, "core", "other line", {"who": "Ben", "other": "server"})
    evidence = Evidence([failure], facts, lambda *_: [], {"server": source})
    return [diagnosis.fault for diagnosis in diagnoses(evidence, faults(BROADCAST.name), ["server"])]


def test_lines_that_come_again_are_no_notices_for_a_second_time():
    came = ("Ben582, welcome\\nCleo693 came\\n", "Cleo693 came\\nDana714 came\\n", "Cleo693 came\\nDana714 came\\n")
    facts = [
        Fact("server", "newcomer_told", {"about": "Cleo693", "to": "Ben582", "how": "line", "came": came[0]}),
        Fact("server", "newcomer_told", {"about": "Dana714", "to": "Ben582", "how": "line", "came": came[1]}),
        Fact("server", "message", {"to": "Ben582", "how": "same", "came": f"{came[2]}Anna471: harbour 17\\n"}),
        Fact("server", "next", {"to": "Cleo693", "how": "same", "named": 1}),
        Fact("server", "left", {"to": "Anna471", "named": 1, "lines": 1, "came": "Ben582 left"}),
    ]
    assert told_of_server(facts) == ["sent-again"]


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (("Dana714", "Dana714", "Dana714"), "shared-by-all"),
        (("Ben582", "Cleo693", "Dana714"), "names-mixed-up"),
        (("", "", ""), "no-author"),
    ],
)
def test_a_message_under_another_name_has_an_author(names, fault):
    facts = [
        Fact("server", "message", {"to": to, "how": "no author", "came": f"{name}: harbour 17\\n".lstrip(": ")})
        for to, name in zip(("Ben582", "Cleo693", "Dana714"), names, strict=True)
    ]
    assert told_of_server(facts, "def serve(conn):\n    global name\n") == [fault]


def test_a_lost_participant_whose_thread_ends_in_recv_is_not_a_dead_client_of_the_next_speaker():
    """The send that fails later, in another thread, is what comes of it."""
    source = (case_of(141) / "server.py").read_text(encoding="utf-8")
    source += "\ndef tell(people, text):\n    for other in people:\n        other.sendall(text)\n"
    line = len(source.splitlines())
    facts = [
        Fact("server", "raises", {"exception": "BrokenPipeError", "line": line, "thread": "serve"}),
        Fact("server", "uncaught", {"exception": "BrokenPipeError", "where": f" (line {line})", "ended": False}),
        Fact("server", "lost", {"to": "Anna471", "named": 0, "half": False, "came": ""}),
    ]
    raised = {"who": "server", "exception": "ConnectionResetError", "where": " (line 3 of server.py)"}
    names = [f"{BROADCAST.name}/test_server.py::test_{name}" for name in ("a_participant_is_lost", "several_are_lost")]
    failures = [Failure(name, "server", "A sentence.", 3, "errors", "traceback", raised) for name in names]
    evidence = Evidence(failures, facts, lambda *_: [], {"server": source})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])
    assert (told[0].fault, failures[0].test in told[0].tests) == ("crash-on-reset", True)


def test_what_is_said_again_after_a_quiet_second_is_not_someone_dropped():
    source = (case_of(147) / "server.py").read_text(encoding="utf-8")
    said = b"Ben: ferry 21\n"
    events = (Event(0.5, "Anna", "receives", said), Event(1.6, "Anna", "receives", said))
    name = f"{BROADCAST.name}/test_server.py::test_a_silent_newcomer"
    described = (name, "server", "A sentence.", 2, "core", "other bytes", {"number": 1}, b"Ben: more\n")
    for received, fault in ((said, "buffer-not-emptied"), (b"Ben has left.\n", "timeout-shared")):
        failure = Failure(*described, received, events)
        evidence = Evidence([failure], [], lambda *_: [], {"server": source})
        assert diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].fault == fault


def test_the_refused_one_who_is_announced_is_named():
    name = f"{BROADCAST.name}/test_server.py::test_no_place_left"
    described = (name, "server", "A sentence.", 3, "core", "other bytes", {"number": 1}, b"Ben: more\n")
    evidence = Evidence([Failure(*described, b"Carla17 has joined\n")], [], lambda *_: [], {"server": ""})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])
    assert [diagnosis.fault for diagnosis in told] == ["refused-announced"] and "Carla17" in told[0].steps[0]


@pytest.mark.parametrize(("f", "why"), [("f", "f-string"), ("", "isn't in it")])
def test_a_word_that_an_f_string_replaces_is_not_left_out(f, why):
    welcome = Fact("server", "welcome", {"who": "Anna471", "how": "line", "quit_told": False, "came": "Hi Anna471"})
    source = f'greet({f}"Hi, {{quit}} to leave")\n'
    name = f"{BROADCAST.name}/test_server.py::test_a_newcomer_is_welcomed"
    failure = Failure(name, "server", "A sentence.", 3, "core", "silence", {"who": "Anna", "other": "server"})
    evidence = Evidence([failure], [welcome], lambda *_: [], {"server": source})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])[0]
    assert (told.fault, why in told.sentence) == ("way-out-untold", True)


@pytest.mark.parametrize(("change", "told"), [("", ["close-does-not-wake"]), ("shutdown(2); sock.", [])])
def test_a_client_that_closes_under_its_receiver_is_told_so(tmp_path, change, told):
    source = (case_of(148) / "client.py").read_text(encoding="utf-8")
    source = source.replace("sock.close()", f"sock.{change}close()")
    (tmp_path / "client.py").write_text(source, encoding="utf-8")
    name = f"{BROADCAST.name}/test_client.py::test_leaving"
    waited = {"who": "server", "other": "client", "seconds": 2}
    failure = Failure(name, "client", "A sentence.", 3, "core", "silence", waited)
    examine = examinations(BROADCAST.name)["client"]
    evidence = Evidence([failure], [], lambda _, vary: Visit(tmp_path, "client", vary).run(examine), {"client": source})
    found = diagnoses(evidence, faults(BROADCAST.name), ["client"])
    assert [diagnosis.fault for diagnosis in found if diagnosis.fault != "rule-not-kept"] == told


def test_the_port_that_is_none_is_that_of_the_client_that_failed():
    events = tuple(
        Event(0.1, who, "starts", note=f"client.py 127.0.0.1 {port}")
        for who, port in (("second client", "harbour"), ("third client", "50017"))
    )
    name = f"{BROADCAST.name}/test_client.py::test_nobody_is_there"
    for who, moment in (("second client", "bad port"), ("third client", "refused")):
        failure = Failure(name, "client", "A sentence.", 1, "errors", "crashed", {"who": who}, events=events)
        assert failure.moment == moment


def test_a_line_that_ends_with_both_signs_has_a_newline():
    facts = [Fact("client", "name", {"how": "no line end", "came": "Anna471\\r\\n", "connections": 1})]
    case = Case(Evidence([], facts, lambda *_: [], {"client": ""}), "client")
    assert _no_line_end(case) is None
    assert _ends_with_return(case)


def test_a_line_of_its_own_to_the_author_is_no_other_order():
    facts = [
        *(
            Fact("server", "message", {"to": to, "how": "same", "came": "Anna471: harbour 17"})
            for to in ("Ben", "Cleo")
        ),
        Fact("server", "author", {"hears": False, "came": "(sent)\\nBen582: lantern 18\\n"}),
    ]
    source = "threading.Thread(target=serve).start()\n"
    assert told_of_server(facts, source, "test_one_order_for_all") == ["extra-line"]


def test_a_text_that_comes_as_bytes_is_told_so():
    facts = [Fact("server", "message", {"to": "Ben582", "how": "other", "came": "Anna471: b'harbour 17'\\n"})]
    assert told_of_server(facts) == ["bytes-shown-as-b"]


def test_who_is_refused_although_there_is_room_is_named():
    name = f"{BROADCAST.name}/test_server.py::test_no_place_left"
    described = (name, "server", "A sentence.", 3, "core", "end", {"who": "Anna17"}, "a line")
    evidence = Evidence([Failure(*described, b"Full\n")], [], lambda *_: [], {"server": ""})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])
    assert [diagnosis.fault for diagnosis in told] == ["refused-early"]


def test_a_name_in_other_capitals_is_changed_and_not_left_out():
    facts = [
        Fact("server", "welcome", {"who": "Anna471", "how": "nothing", "came": "Hello ANNA471, {quit} to leave\\n"}),
        Fact("server", "passed_on", {"how": "no author", "came": "ANNA471: lantern 18\\n"}),
    ]
    assert told_of_server(facts) == ["changes-name"]


def test_who_is_welcomed_again_by_a_message_is_not_told_of_an_echo():
    welcome = Fact("server", "welcome", {"who": ANNA, "how": "line", "came": f"Hello {ANNA}, {{quit}} leaves\\n"})
    for came, fault in (
        (f"Hello {FIRST}, {{quit}} leaves\\n", "each-line-is-a-name"),
        (f"{FIRST}\\n", "echo-to-author"),
    ):
        author = Fact("server", "author", {"hears": True, "came": came})
        assert told_of_server([welcome, author])[0] == fault


@pytest.mark.parametrize(("call", "told"), [("recv", True), ("accept", False)])
def test_a_newcomer_whom_no_one_greets_is_not_kept_out_by_a_silent_one_once_accepted(call, told):
    where = "while a client was connected and said nothing"
    closely = [
        Fact("server", "behind_silent", {"greeted": False}, where),
        Fact("server", "stands", {"thread": "main", "call": call, "line": 3, "told": "It waits."}, where),
    ]
    name = f"{BROADCAST.name}/test_server.py::test_a_silent_newcomer"
    failure = Failure(
        name, "server", "A sentence.", 3, "core", "silence", {"who": "Ben", "other": "server", "seconds": 2}
    )
    heard = [Fact("server", "message", {"to": "Ben582", "how": "same", "came": ""})]
    evidence = Evidence([failure], heard, lambda *_: closely, {"server": ""})
    found = [diagnosis.fault for diagnosis in diagnoses(evidence, faults(BROADCAST.name), ["server"])]
    assert ("silent-newcomer" in found) is told


def test_who_is_dropped_for_being_silent_is_not_missing_a_keyboard():
    facts = {"who": "server", "other": "Anna"}
    failures = [
        Failure(f"{BROADCAST.name}/test_server.py::{test}", "server", "A sentence.", 2, "core", "end", facts)
        for test in ("test_a_silent_newcomer", "test_no_console")
    ]
    sources = {"server": "sock.settimeout(1)\nsock.sendall(line)\n"}
    told = diagnoses(Evidence(failures, [], lambda *_: [], sources), faults(BROADCAST.name), ["server"])
    assert [diagnosis.fault for diagnosis in told] == ["timeout-shared"]


def test_the_loop_that_takes_out_of_its_own_list_is_named():
    source = (case_of(9) / "server.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    where = removes_in_loop(Case(Evidence([], [], lambda *_: [], {"server": source}), "server"))
    loop, removal = (lines[int(number) - 1] for number in re.findall(r"\d+", where))
    assert loop.strip() == "for client in clients:" and removal.strip() == "clients.remove(client)"


def test_a_lock_that_is_held_while_sending_is_seen_where_the_threads_stand():
    pytest.importorskip("resource", reason="where threads stand is told by systems with signals")
    facts = Visit(case_of(15), "server", STALLED).run(examinations(BROADCAST.name)["server"])
    assert {"send", "lock"} <= {fact["call"] for fact in facts if fact.name == "stands"}
    assert next(fact for fact in facts if fact.name == "stalled").fits(heard=False, greeted=False)


def test_a_client_that_needs_enter_and_one_that_connects_twice():
    assert seen(case_of(22), "client")["end"].fits(ended=False, enter=True)
    assert seen(case_of(24), "client")["name"].fits(how="nothing", connections=2)


def test_asyncio_runs_under_the_instrument():
    assert seen(case_of(38), "server")["ctrl_c"]["ended"]


def test_a_send_is_bare_if_no_try_stands_between_it_and_the_loop():
    source = """
def put(sock): sock.sendall(b"")
def safe(sock):
    try:
        sock.sendall(b"")
    except OSError: pass
def to_all():
    for sock in socks:
        put(sock)
    for sock in socks:
        safe(sock)
    for sock in socks:
        sock.send(b"")
    put(sock)
"""
    case = Case(Evidence([], [], lambda program, vary: [], {"server": source}), "server")
    assert {2, 13} <= _bare_sends(case) and 5 not in _bare_sends(case)
    loop = "\n    for sock in socks:\n        try: put(sock)\n        except OSError: pass\n"
    both = Case(Evidence([], [], lambda program, vary: [], {"server": source + "def to_some():" + loop}), "server")
    assert 2 not in _bare_sends(both)  # in one of the two loops a try stands around it
    goodbye = "def goodbye():\n    for sock in socks:\n        try:\n            put(sock)\n            sock.close()\n"
    ends = Case(
        Evidence([], [], lambda program, vary: [], {"server": f"{source}{goodbye}        finally: pass\n"}), "server"
    )
    assert 2 in _bare_sends(ends)  # this loop only hangs up on all
    own = "def own(sock):\n    try: put(sock)\n    except OSError: pass\n"
    alone = Case(Evidence([], [], lambda program, vary: [], {"server": source + own}), "server")
    assert 2 in _bare_sends(alone)  # no loop goes over people there


# what a closer look sees of these mistakes: a fact, and its details
CLOSER = [
    ("crlf", "text", {"how": "crlf"}),
    ("rstrip-chars", "text", {"how": "stripped"}),
    ("utf8-split", "letter", {"how": "other"}),
    ("break-inside-drain", "empty", {"how": "lost"}),
    ("first-recv-eats-next", "together", {"how": "other"}),
    ("ghost-visitor", "visitor_told", {"told": True}),
    ("quit-as-name", "quit_as_name", {"over": False}),
    ("early-listener", "early", {"heard": True}),
    ("silent-newcomer", "behind_silent", {"greeted": False}),
    ("empty-name", "no_name", {"what": "an empty line", "accepted": True}),
    ("name-injection", "no_name", {"what": "a name with control characters", "accepted": True}),
    ("close-does-not-wake", "goodbye", {"told": True, "over": False}),
    ("queue-join-forever", "closed", {"ended": False}),
    ("overwritten-key", "twins", {"both": False}),
]


def closer(folder):
    """The facts of a closer look at a server."""
    return Visit(folder, "server", CLOSELY).run(examinations(BROADCAST.name)["server"])


@pytest.mark.parametrize(("name", "fact", "details"), CLOSER, ids=[name for name, _, _ in CLOSER])
def test_a_closer_look_sees_what_is_wrong_in_rare_cases(name, fact, details, tmp_path):
    mistake = next(mistake for mistake in mistakes(BROADCAST) if mistake.name == name)
    write_wrong(BROADCAST, mistake, tmp_path)
    assert any(each.name == fact and each.fits(**details) for each in closer(tmp_path))


def test_a_closer_look_at_a_right_server_sees_nothing_wrong():
    facts = {fact.name: fact for fact in closer(solution(BROADCAST, "full", "server").parent)}
    assert all(facts[name]["how"] == "same" for name in ("empty", "text", "letter", "together", "behind_lost"))
    assert facts["behind_silent"]["greeted"] and facts["quit_as_name"]["over"]
    assert not (facts["visitor_told"]["told"] or facts["early"]["heard"] or facts["no_name"]["accepted"])
    assert facts["lost_together"]["told"] == 2 and facts["goodbye"].fits(told=True, over=True)
    assert facts["twins"].fits(both=True, other=True)
    assert facts["good_name"]["accepted"] and facts["endless"]["over"]
    assert facts["closed"]["ended"] and "uncaught" not in facts


def test_a_send_in_the_loop_over_the_own_lines_is_not_bare():
    source = """
for line in lines:
    conn.sendall(line)
for conn in conns:
    conn.sendall(line)
"""
    case = Case(Evidence([], [], lambda program, vary: [], {"server": source}), "server")
    assert _bare_sends(case) == {5}


def test_what_is_missing_is_told_behind_what_goes_wrong():
    def fault(slug, missing):
        return Fault(slug, Life.GREET, lambda case: Found(), "It.", "What?", "", like(slug), missing=missing)

    def failure(name, points):
        return Failure(f"5_broadcast/test_server.py::{name}", "server", "It.", points, "core")

    evidence = Evidence([failure("a", 6), failure("b", 1)], [], lambda program, vary: [], {})
    told = diagnoses(evidence, [fault("a", True), fault("b", False)], ["server"])
    assert [each.fault for each in told] == ["b", "a"]


def case_with(program, source, *facts, failures=()):
    """What is known of a program with this text and these facts: (name, details)."""
    seen_of_it = [Fact(program, name, details) for name, details in facts]
    return Case(Evidence(failures, seen_of_it, lambda program, vary: [], {program: source}), program)


@pytest.mark.parametrize(
    ("came", "told"),
    [
        ("Anna471 : harbour 17\\n", True),
        ("<Anna471> harbour 17\\n", True),
        ("Anna471: harbour 17\\r\\n", False),
        ("Ben582 is here\\nAnna471: b'harbour 17'\\n", False),
        ("harbour 17 (said by Anna471)\\n", True),
    ],
)
def test_a_name_in_another_form_is_told(came, told):
    message = ("message", {"to": "Ben582", "how": "other", "came": came})
    assert bool(_author_form(case_with("server", "", message))) is told


@pytest.mark.parametrize(
    ("condition", "word"),
    [("text == 'NICK'", "NICK"), ("b'NAME' in data", "NAME"), ("text == '{quit}'", ""), ("data == b''", "")],
)
def test_a_client_that_waits_for_a_word_is_told_which(condition, word):
    source = f"while True:\n    if {condition}:\n        sock.sendall(name)\n"
    found = _waits_for_word(case_with("client", source, ("name", {"how": "nothing"})))
    assert (found.details["word"] if found else "") == word


def test_without_threads_nothing_is_said_about_a_lock():
    cause = {"points": 1, "kind": "core", "cause": "other line"}
    failure = Failure("5/test_server.py::test_several_at_once", "server", "One order.", **cause)
    assert _no_lock(case_with("server", "import select\nselect.select([], [], [])", failures=[failure])) is None
    assert _no_lock(case_with("server", "import threading\nthreading.Thread()", failures=[failure]))


@pytest.mark.parametrize(("thread", "told"), [("receive", True), ("type_lines", False)])
def test_an_exit_counts_in_a_function_that_a_thread_runs(thread, told):
    source = f"def receive():\n    if True:\n        sys.exit()\nThread(target={thread})\n"
    cause = {"points": 1, "kind": "core", "cause": "goes on", "facts": {"who": "client", "seconds": 2}}
    failure = Failure("5/test_client.py::test_leaving", "client", "It leaves.", **cause)
    assert bool(_exit_in_thread(case_with("client", source, failures=[failure]))) is told


def first_of(folder, test, cause, exception="", **facts):
    """What is told first of a server in which one core test has failed."""
    details = {"exception": exception, **facts}
    failure = Failure(f"{BROADCAST.name}/test_server.py::{test}", "server", "A sentence.", 3, "core", cause, details)
    seen_there = Visit(folder, "server").run(examinations(BROADCAST.name)["server"])
    sources = {"server": (folder / "server.py").read_text(encoding="utf-8")}
    evidence = Evidence([failure], seen_there, lambda which, vary: [], sources)
    return diagnoses(evidence, faults(BROADCAST.name), ["server"])[0]


def test_who_is_taken_for_another_one_is_told_apart_from_who_has_no_name():
    found = first_of(case_of(101), "test_leaving", "other line")
    assert found.fault == "names-mixed-up" and "Dana714 left" in found.steps[0]


def test_who_is_never_taken_out_is_no_reset_that_ends_the_server():
    found = first_of(case_of(106), "test_leaving", "traceback", "BrokenPipeError")
    assert found.fault == "never-removed"


def test_what_stands_in_a_line_without_its_f_is_named():
    came = Event(0.5, "Anna", "receives", "{nome} è entrato nella chat.\n".encode())
    source = 'def servi(nome):\n    a_tutti("{nome} è entrato nella chat.")\n    log("left %s", nome)\n'
    test = f"{BROADCAST.name}/test_server.py::test_a_newcomer_is_welcomed"
    failure = Failure(test, "server", "A sentence.", 4, "core", "other line", {}, events=(came,))
    for text, told in ((source, ["forgotten-f"]), (source.replace('"{', 'f"{'), [])):
        evidence = Evidence([failure], [], lambda which, vary: [], {"server": text})
        found = diagnoses(evidence, faults(BROADCAST.name), ["server"])
        assert [each.fault for each in found] == told
        assert not told or "Line 2" in found[0].sentence


def test_a_line_behind_a_name_that_is_taken_for_the_name_is_told():
    together = Fact("server", "together", {"how": "other", "came": "Fred936\\nsix 27 is online\\n", "welcomed": True})
    same = [
        Fact("server", "message", {"to": name, "how": "same", "came": ""}) for name in ("Ben582", "Cleo693", "Dana714")
    ]
    fine = [Fact("server", name, {"how": "same", "came": ""}) for name in ("lines", "pieces")]
    test = f"{BROADCAST.name}/test_server.py::test_lines_and_pieces"
    failure = Failure(test, "server", "A sentence.", 2, "core", "other bytes")
    evidence = Evidence([failure], [*same, *fine], lambda which, vary: [together], {"server": ""})
    assert diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].fault == "recv-is-a-message"


def test_one_more_than_the_limit_is_not_everyone():
    assert _asks_for_more("if len(people) > limit:\n    refuse()\n") == 1
    assert _asks_for_more("if len(people) >= limit:\n    refuse()\n") == 0


def test_the_words_of_a_list_that_knows_no_one_any_more():
    source = "def leave(one):\n    people.remove(one)\n\ndef tell(one):\n    people.remove(one)\n"
    facts = {"exception": "ValueError", "where": " (line 5 of server.py, in tell)"}
    test = f"{BROADCAST.name}/test_server.py::test_several_are_lost_together"
    failure = Failure(test, "server", "A sentence.", 2, "errors", "traceback", facts)
    evidence = Evidence([failure], [], lambda which, vary: [], {"server": source})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])[0]
    assert told.fault == "removed-twice" and "Line 5" in told.sentence and "line 2" in told.sentence


@pytest.mark.parametrize(("log", "told"), [(b"connection lost\n", ["own-end-is-loss"]), (b"", [])])
def test_an_end_of_its_own_that_a_client_takes_for_a_loss(log, told):
    events = (Event(0.5, "client", "logs", log),)
    facts = {"who": "client", "wanted": 0, "status": "status 1"}
    test = f"{BROADCAST.name}/test_client.py::test_leaving"
    failure = Failure(test, "client", "A sentence.", 3, "core", "other status", facts, events=events)
    evidence = Evidence([failure], [], lambda which, vary: [], {"client": ""})
    found = [each.fault for each in diagnoses(evidence, faults(BROADCAST.name), ["client"])]
    assert [fault for fault in found if fault == "own-end-is-loss"] == told


def test_own_words_in_another_form_are_no_notice():
    assert notices_about("Ben582", b"<Ben582> {quit}\nBen582: hello\n") == []
    assert notices_about("Ben582", b"Ben582 has left\n") == [b"Ben582 has left"]


@pytest.mark.parametrize(
    ("number", "fault", "seen_there"),
    [
        (93, "accepts-few", "still nothing came"),
        (105, "extra-line", "Hello Dana714!"),
        (107, "except-pass-hides", "KeyError"),
        *slow(
            (91, "unheard", "none of them received it"),
            (92, "one-hears", "Ben582 received it"),
            (94, "own-commands", '"JOIN Anna471" was sent'),
            (102, "stops-at-author", "Ben582, who came second"),
            (103, "queue-read-once", "no thread ran repartir()"),
            (104, "shared-by-all", "makes `inbox` and `outbox` once"),
        ),
    ],
)
def test_who_hears_whom_is_told_first(number, fault, seen_there):
    folder = case_of(number)
    facts = Visit(folder, "server").run(examinations(BROADCAST.name)["server"])
    failures = [
        Failure(f"{BROADCAST.name}/test_server.py::{test}", "server", "A sentence.", 2, "core", "silence", {})
        for test in ("test_everybody_hears_everybody", "test_leaving", "test_lines_and_pieces", "test_two_of_one_name")
    ]
    sources = {"server": (folder / "server.py").read_text(encoding="utf-8")}
    told = diagnoses(Evidence(failures, facts, lambda which, vary: [], sources), faults(BROADCAST.name), ["server"])
    assert (told[0].fault, len(told[0].tests)) == (fault, 4)
    assert seen_there in " ".join(told[0].steps)


@pytest.mark.parametrize(
    ("came", "known"),
    [
        ("7         Anna471", True),
        ("\\x00\\x00\\x00\\x07Anna471", True),
        ("7:Anna471\\n", True),
        ("Anna471", False),
        ("2 are here, Anna471\\n", False),
    ],
)
def test_a_length_before_a_text_is_no_missing_newline(came, known):
    facts = [Fact("client", "name", {"how": "no line end", "came": came})]
    failure = Failure(
        f"{BROADCAST.name}/test_client.py::test_what_is_typed", "client", "A sentence.", 2, "core", "part"
    )
    evidence = Evidence([failure], facts, lambda which, vary: [], {"client": ""})
    told = diagnoses(evidence, faults(BROADCAST.name), ["client"])
    assert told[0].fault == ("length-prefix" if known else "no-line-end")


def test_a_socket_whose_client_left_is_not_taken_for_the_listening_one():
    loop = "server.listen()\nconn, a = server.accept()\nfor other in clients:\n    other.sendall(line)\n"
    talks = "server.listen()\nconn, a = server.accept()\nserver.sendall(line)\n"
    details = {"function": "serve", "exception": "BrokenPipeError", "message": "[Errno 32] Broken pipe", "thread": "T"}
    handed_over = f"def serve(server):\n    server.sendall(line)\n\n\n{talks}"
    heard = Fact("server", "message", {"how": "same"})
    for source, line, more, told in (
        (loop, 4, [], False),
        (talks, 3, [], True),
        (handed_over, 2, [], True),
        (handed_over, 2, [heard], False),
    ):
        facts = [Fact("server", "raises", {"line": line, **details}), Fact("server", "trouble", {"what": "greeting"})]
        case = Case(Evidence([], [*facts, *more], lambda which, vary: [], {"server": source}), "server")
        assert bool(_on_listener(case)) is told


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("t = threading.Thread(target=serve)\n", 1),
        ("t = threading.Thread(target=serve)\nt.start\n", 2),
        ("t = threading.Thread(target=serve)\nt.start()\n", 0),
        ("threading.Thread(target=serve).start()\n", 0),
        ("a = Thread(target=f)\nb = Thread(target=serve)\na.start()\na.join()\nb.join()\n", 2),
        ("a = Thread(target=f)\nb = Thread(target=serve)\nfor t in (a, b):\n    t.start()\n", 0),
        ("class Ear(Thread):\n    def run(self):\n        pass\n\n\near = Ear()\n", 6),
        ("class Ear(Thread):\n    def __init__(self):\n        self.start()\n\n\near = Ear()\n", 0),
        ("t = threading.Thread(target=serve)\nt.run()\n", 0),
        ("a = Thread(target=f)\nThread(target=serve, daemon=True)\na.start()\n", 2),
        ("print('no thread')\n", 0),
    ],
)
def test_a_thread_that_no_line_starts_is_found(source, line):
    made = never_started(source)
    assert (made.line if made else 0) == line


def test_a_last_print_that_is_lost_is_told_only_if_it_comes_without_a_buffer():
    failure = Failure(f"{BROADCAST.name}/test_client.py::test_x", "client", "A sentence.", 2, "core", "wordless")

    def screen(text):
        return [Fact("client", "screen", {"text": text, "log": ""})]

    for later, found in (("Hello\nThe chat is over.\n", True), ("Hello\n", False)):
        evidence = Evidence(
            [failure], screen("Hello\n"), lambda which, vary, text=later: screen(text), {"client": "os._exit(0)\n"}
        )
        assert bool(_exit_loses_output(Case(evidence, "client"))) is found


LATE = """
def serve(listener):
    while True:
        conn, address = listener.accept()
        Thread(target=talk, args=[conn]).start()


def console():
    for line in sys.stdin:
        pass


sender = Thread(target=hand_on)
Thread(target=serve, args=[listener]).start()
console()
sender.start()
"""


@pytest.mark.parametrize(
    ("source", "function", "line", "functions"),
    [
        (LATE, "console", 9, ["hand_on"]),
        (LATE.replace("console()\nsender.start()", "sender.start()\nconsole()"), "console", 9, []),
        (LATE.replace("target=serve, args=[listener]", "target=serve(listener)"), "serve", 4, []),  # called too early
        (LATE, "serve", 4, []),  # the next round of the loop starts it
        ("name = input()\nThread(target=hear).start()\n", "<module>", 1, ["hear"]),
    ],
)
def test_a_thread_that_is_started_behind_a_line_that_waits_is_found(source, function, line, functions):
    assert [late.function for late in started_later(source, function, line)] == functions


@pytest.mark.parametrize(
    ("call", "running", "told"),
    [
        ("input", "talk", ["waits-before-start"]),
        ("input", "hand_on", []),
        ("recv", "talk", []),  # the other side's name may be awaited before a thread starts
    ],
)
def test_a_thread_that_starts_too_late_is_told_if_it_does_not_run(call, running, told):
    where = "when Anna471 came"
    main = {"thread": "main", "function": "console", "line": 9, "call": call, "told": "Main waits."}
    facts = [
        Fact("server", "trouble", {"what": "greeting"}, where),
        Fact("server", "stands", main, where),
        Fact("server", "stands", {"thread": running, "function": "f", "line": 1, "call": "get", "told": ""}, where),
    ]
    test = f"{BROADCAST.name}/test_server.py::test_leaving"
    failure = Failure(test, "server", "A sentence.", 3, "core")
    found = diagnoses(Evidence([failure], facts, lambda *_: [], {"server": LATE}), faults(BROADCAST.name), ["server"])
    assert [each.fault for each in found if each.fault == "waits-before-start"] == told


def test_a_notice_without_a_newline_is_a_line_without_its_end():
    told = ("newcomer_told", {"how": "no line end", "came": "Ben582 is here"})
    assert _no_line_end(case_with("server", "", told))


def left(count, over, hung_up):
    """A case in which someone leaves with {quit}, and someone else by ending the stream.

    `count`: of the notices then; `over`: whether EOF came to the first one; `hung_up`: both, of the second one.
    """
    return case_with(
        "server",
        "",
        ("left", {"named": count, "lines": count, "came": ""}),
        ("word", {"passed": False, "over": over}),
        ("goes_on", {"how": "same", "ended": False, "came": ""}),
        ("hung_up", {"came": "", "named": hung_up[0], "over": hung_up[1]}),
    )


def test_who_leaves_unnoticed_is_told_whichever_way_it_was():
    assert _no_notice(left(0, True, (0, True))).details == {"how": "", "more": ""}
    assert "stays open" in _no_notice(left(0, False, (0, False))).details["more"]
    assert "EOF" in _no_notice(left(1, True, (0, True))).details["how"]
    assert _no_notice(left(1, True, (1, True))) is None


@pytest.mark.parametrize(
    ("calls", "line"),
    [
        (["recv"], 1),
        (["get", "accept"], 0),
        (["recv", "wait", "wait", "input"], 0),
        (["recv", "wait", "put", "input"], 3),
    ],
)
def test_where_many_threads_rest_is_no_reason(calls, line):
    stands = [
        ("stands", {"line": number, "call": call, "thread": "f", "told": "It waits."})
        for number, call in enumerate(calls, 1)
    ]
    test = f"{BROADCAST.name}/test_server.py::test_leaving"
    silent = {"other": "Anna", "seconds": 2}
    failure = Failure(test, "server", "A sentence.", 2, "core", "silence", silent)
    found = _waits_in_vain(case_with("server", "", *stands, failures=[failure]))
    assert (found.details["line"] if found else 0) == line


NO_NAME = """
def serve(conn):
    conn.sendall(b"Name?\\n")
    for line in conn.makefile():
        if line.strip().isalpha():
            conn.sendall(f"Hello {line.strip()}, {{quit}} to leave\\n".encode())
        else:
            conn.sendall(b"No, your name?\\n")


import socket, sys, threading
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:
    while True:
        threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
"""


def test_a_name_that_is_refused_is_tried_again_as_another_one(tmp_path):
    (tmp_path / "server.py").write_text(NO_NAME, encoding="utf-8")
    facts = Visit(tmp_path, "server").run(examinations(BROADCAST.name)["server"])
    case = Case(Evidence([], facts, lambda *_: [], {"server": NO_NAME}), "server")
    assert _name_refused(case).details == {"name": "Anna471"}


def test_half_a_line_before_the_line_of_another_one_is_one_buffer_for_all():
    glued = ("goes_on", {"how": "other", "came": "Dana714: half a limeadow 19\\n"})
    assert _one_buffer(case_with("server", "", glued))
    assert not _one_buffer(case_with("server", "", ("goes_on", {"how": "same", "came": "Dana714: meadow 19\\n"})))


@pytest.mark.parametrize(("flush", "told"), [("", True), ("file.flush()\n", False)])
def test_a_server_that_never_flushes_its_file_sends_nothing(flush, told):
    nothing = {"who": "Anna471", "how": "nothing", "came": ""}
    source = f"file = conn.makefile('rw')\nfile.write(text)\n{flush}"
    assert bool(_sent_not_flushed(case_with("server", source, ("greeting", nothing), ("welcome", nothing)))) is told


@pytest.mark.parametrize(("over", "told"), [(True, "line-limit-off"), (False, "no-line-limit")])
def test_a_limit_that_a_complete_line_passes_is_not_missing(over, told):
    message = [Fact("server", "message", {"to": "Ben582", "how": "same", "came": "harbour 17"})]
    silent = {"other": "Anna", "seconds": 2}
    test = f"{BROADCAST.name}/test_server.py::test_a_line_that_is_too_long"
    failure = Failure(test, "server", "A sentence.", 2, "errors", "silence", silent)
    evidence = Evidence([failure], message, lambda *_: [Fact("server", "endless", {"over": over})], {"server": ""})
    found = [each.fault for each in diagnoses(evidence, faults(BROADCAST.name), ["server"])]
    assert [fault for fault in found if "limit" in fault] == [told]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (
            "def send_all():\n    '''Send.'''\n\n\ndef main():\n    send_all()\n\n\nmain()\n",
            "send_all has no statements yet",
        ),
        ("def send_all():\n    send()\n\n\ndef main():\n    print()\n\n\nmain()\n", "no line calls send_all"),
        ("def send_all():\n    send()\n\n\nThread(target=send_all)\n", ""),
    ],
)
def test_a_function_that_is_empty_or_forgotten_is_told_where_nothing_else_explains(source, what):
    failures = [
        Failure(f"{BROADCAST.name}/test_server.py::test_{number}", "server", "A sentence.", 3, "core", "silence")
        for number in range(3)
    ]
    more = "sock.recv(1)\nsock.sendall(b'')\n"
    case = case_with("server", source + more, ("trouble", {"what": "welcome"}), failures=failures)
    found = [fault.decides(case) for fault in faults(BROADCAST.name) if fault.slug == "unfinished" and fault.fallback]
    assert any(each and str(each.details["what"]).startswith(what) for each in found) is bool(what)


def test_the_planned_end_of_the_server_is_no_loss():
    events = (Event(0.5, "client", "prints", b"The server has hung up.\n"),)
    facts = {"who": "client", "wanted": 0, "status": "status 1"}
    test = f"{BROADCAST.name}/test_client.py::test_the_server_ends_the_chat"
    failure = Failure(test, "client", "A sentence.", 2, "core", "other status", facts, events=events)
    evidence = Evidence([failure], [], lambda which, vary: [], {"client": ""})
    assert diagnoses(evidence, faults(BROADCAST.name), ["client"])[0].fault == "own-end-is-loss"


@pytest.mark.parametrize(("call", "told"), [("recv", True), ("get", False)])
def test_threads_that_nothing_wakes_keep_a_server_alive_after_close(call, told):
    where = "after /close was typed at its keyboard"
    main = {"thread": "main", "function": "main", "line": 89, "call": "join", "told": "Main waits."}
    closely = [
        Fact("server", "closed", {"ended": False}, where),
        Fact("server", "stands", main, where),
        Fact("server", "stands", {"thread": "handle", "function": "f", "line": 1, "call": call, "told": ""}, where),
    ]
    test = f"{BROADCAST.name}/test_server.py::test_the_console_closes_the_chat"
    failure = Failure(test, "server", "A sentence.", 2, "core", "silence")
    message = [Fact("server", "message", {"how": "same", "came": ""})]
    case = Case(Evidence([failure], message, lambda *_: closely, {"server": ""}), "server")
    assert bool(_threads_alive(case)) is told


@pytest.mark.parametrize(
    ("came", "told"),
    [('{"type": "message", "from": "Anna471", "text": "harbour 17"}\\n', True), ("Anna471: {harbour 17}\\n", False)],
)
def test_a_message_as_json_is_told(came, told):
    message = ("message", {"to": "Ben582", "how": "other", "came": came})
    assert bool(sends_json(case_with("server", "", message))) is told


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("mutex.acquire()\n    if full:\n        return\n    mutex.release()", (3, 5)),
        ("mutex.acquire()\n    if full:\n        mutex.release()\n        return\n    mutex.release()", None),
        (
            "mutex.acquire()\n    try:\n        if full:\n            return\n    finally:\n        mutex.release()",
            None,
        ),
        ("with mutex:\n        if full:\n            return", None),
        ("mutex.acquire()\n    people.append(conn)\n    mutex.release()\n    return", None),
        ("places.acquire()\n    return", None),
    ],
)
def test_a_return_that_keeps_a_lock_is_found(body, left):
    made = "mutex, places = threading.Lock(), threading.Semaphore(2)\n"
    assert lock_left(f"mutex = threading.Lock()\ndef serve(conn, full):\n    {body}\n{made}") == left


def test_who_waits_behind_a_refusal_does_not_wait_for_a_place():
    greeted = [Event(0.1, who, "receives", b"Your name?\n") for who in ("Anna17", "Carla17", "Emil17")]
    names = [Event(0.2, who, "sends", f"{who}\n".encode()) for who in ("Anna17", "Carla17", "Emil17")]
    refused = [Event(0.3, "Carla17", "receives", b"Full\n"), Event(0.4, "Carla17", "sees end")]
    welcome = Fact("server", "welcome", {"who": "Anna471", "how": "line"})
    for more, fault in ([], "waits-for-a-place"), (refused, ""):
        seen = {"who": "Emil17", "other": "server", "seconds": 2}
        test = "5_broadcast/test_server.py::test_no_place_left"
        events = tuple(greeted + names + more)
        failure = Failure(test, "server", "A sentence.", 3, "core", "silence", seen, events=events)
        evidence = Evidence([failure], [welcome], lambda which, vary: [], {"server": ""})
        told = [found.fault for found in diagnoses(evidence, faults("5_broadcast"), ["server"])]
        assert ("waits-for-a-place" in told) is bool(fault)


@pytest.mark.parametrize(("hear", "fault"), [("Dana714", "newest-hears"), ("Ben582", "one-hears"), ("", "unheard")])
def test_who_alone_hears_a_message_tells_why(hear, fault):
    anna, ben, cleo, dana = "Anna471", "Ben582", "Cleo693", "Dana714"
    facts = [Fact("server", "welcome", {"who": who, "how": "line"}) for who in (anna, ben, cleo, dana)]
    for about, to, how in (cleo, ben, "line"), (dana, ben, "nothing"), (dana, cleo, "line"):
        facts.append(Fact("server", "newcomer_told", {"about": about, "to": to, "how": how, "came": ""}))
    for to in (ben, cleo, dana):
        came = f"{anna}: harbour 17\\n" if to == hear else ""
        facts.append(Fact("server", "message", {"to": to, "how": "same" if came else "nothing", "came": came}))
    seen = {"who": "Ben", "other": "server", "seconds": 2}
    test = "5_broadcast/test_server.py::test_everybody_hears_everybody"
    failure = Failure(test, "server", "A sentence.", 3, "core", "silence", seen)
    evidence = Evidence([failure], facts, lambda which, vary: [], {"server": ""})
    assert diagnoses(evidence, faults("5_broadcast"), ["server"])[0].fault == fault


COPIES = (
    "clients = []\n\n\ndef serve(conn):\n    clients.append(conn)\n    others = list(clients)\n"
    "    while line := conn.recv(100):\n        tell(others, line)\n"
)
ONCE = "def tell(text):\n    others = list(clients)\n    for other in others:\n        other.sendall(text)\n"
STOPS = "for other in clients:\n    if other is conn:\n        break\n    other.sendall(text)\n"
LEAVES = 'for line in lines:\n    if line == "/close":\n        break\n'


@pytest.mark.parametrize(
    ("source", "fault", "says"),
    [
        (COPIES + LEAVES, "only-earlier-hear", "line 6 makes a copy of `clients`"),
        (LEAVES, "only-earlier-hear", "whoever comes later"),
        (ONCE, "only-earlier-hear", "thread sends."),
        (STOPS, "stops-at-author", "Line 3 ends the loop"),
    ],
)
def test_who_is_heard_only_by_those_who_came_before(source, fault, says):
    facts = [Fact("server", "message", {"to": to, "how": "nothing", "came": ""}) for to in ("Ben582", "Cleo693")]
    facts.append(Fact("server", "author", {"hears": False, "came": "Ben582: lantern 18\\n"}))
    failure = Failure("5_broadcast/test_server.py::test_several", "server", "A sentence.", 3, "core", "silence")
    evidence = Evidence([failure], facts, lambda *_: [], {"server": source})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])[0]
    assert (told.fault, says in told.sentence) == (fault, True), told


@pytest.mark.parametrize(
    ("loop", "line"),
    [
        ("while not inbox.empty():\n        print(inbox.get())", 2),
        ("while inbox.qsize() > 0:\n        print(inbox.get())", 2),
        (
            "while True:\n        try:\n            inbox.get_nowait()\n        except queue.Empty:\n            break",
            2,
        ),
        ("while True:\n        print(inbox.get())\n        while not inbox.empty():\n            inbox.get()", 0),
        ("while True:\n        print(inbox.get())", 0),
    ],
)
def test_a_loop_of_a_thread_that_ends_when_its_queue_is_empty(loop, line):
    source = f"def hand_on():\n    {loop}\n\n\nthreading.Thread(target=hand_on).start()\n"
    found = ends_when_empty(source)
    assert (found.line if found else 0) == line


OF_EACH = (
    "class Client:\n    def __init__(self):\n        self.lock = Lock()\n\n    def tell(self):\n{}"
    "\n\nwhile True:\n    Client()\n"
)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def tell():\n    with threading.Lock():\n        send()\n", 2),
        ("def tell():\n    lock = Lock()\n    lock.acquire()\n    send()\n    lock.release()\n", 2),
        (
            OF_EACH.format("        with self.lock:\n            for other in clients:\n                send(other)\n"),
            3,
        ),
        (OF_EACH.format("        with self.lock:\n            send()\n"), 0),
        (
            OF_EACH.format(
                "        for other in clients:\n            with other.lock:\n                send(other)\n"
            ),
            0,
        ),
        ("lock = Lock()\n\n\ndef tell():\n    with lock:\n        send()\n", 0),
        ("lock = Lock()\n\n\ndef tell():\n    with Lock():\n        send()\n", 0),
        ("def main():\n    lock = Lock()\n    start(lock)\n    with lock:\n        send()\n", 0),
        ("def main():\n    lock = Lock()\n\n    def tell():\n        with lock:\n            send()\n", 0),
        ("def main():\n    global lock\n    lock = Lock()\n    with lock:\n        send()\n", 0),
    ],
)
def test_a_lock_that_each_call_makes_anew(source, line):
    assert lock_for_one(source) == line


@pytest.mark.parametrize(
    ("loop", "word"),
    [
        ('while True:\n    line = file.readline()\n    if "name" in line.lower():\n        break\n', "name"),
        ('while b"name" not in data:\n    data += sock.recv(100)\n', "name"),
        ('while not data.endswith(b"\\n"):\n    data += sock.recv(100)\n', ""),
        ('while True:\n    data = sock.recv(100)\n    if data == b"":\n        break\n', ""),
    ],
)
def test_a_loop_that_waits_for_a_word_of_the_server(loop, word):
    facts = [
        Fact("client", "name", {"how": "nothing", "came": "", "connections": 1}),
        Fact("client", "stands", {"thread": "main", "call": "recv", "line": 2, "told": "Main waits."}),
    ]
    evidence = Evidence([], facts, lambda *_: [], {"client": loop})
    found = _waits_for_word(Case(evidence, "client"))
    assert (found.details["word"] if found else "") == word


@pytest.mark.parametrize(("who", "fault"), [("Ben17", "close-ends-all"), ("Dana17", "no-close-word")])
def test_whose_stream_ends_when_a_participant_says_close(who, fault):
    events = (Event(1.0, "Dana17", "sends", b"I am off\n/close\n"), Event(1.1, who, "sees end"))
    test = f"{BROADCAST.name}/test_server.py::test_leaving"
    failure = Failure(test, "server", "A sentence.", 3, "core", "other line", {"who": "server"}, events=events)
    word = Fact("server", "word", {"passed": False, "over": True})
    evidence = Evidence([failure], [word], lambda *_: [], {"server": ""})
    assert [told.fault for told in diagnoses(evidence, faults(BROADCAST.name), ["server"])] == [fault]


def test_a_client_that_connects_again_has_noticed_the_end():
    facts = [
        Fact("client", "name", {"how": "same", "connections": 1}),
        Fact("client", "end", {"ended": False, "enter": False}, "after the server's end of stream"),
        Fact("client", "connects", {"line": 20}),
        Fact("client", "connects", {"line": 20}),
    ]
    test = f"{BROADCAST.name}/test_client.py::test_the_server_ends_the_chat"
    failure = Failure(test, "client", "A sentence.", 2, "core", "goes on", {"who": "client", "seconds": 2})
    for seen_of_it, fault in (facts, "connects-again"), (facts[:-1], "gone-unnoticed"):
        evidence = Evidence([failure], seen_of_it, lambda *_: [], {"client": "main()\n"})
        assert diagnoses(evidence, faults(BROADCAST.name), ["client"])[0].fault == fault


@pytest.mark.parametrize(
    ("source", "names", "fault"),
    [
        ("", ("Ben582", "Cleo693"), "takes-turns"),
        ("", (), "unheard"),
        ("file = conn.makefile('w')\nfile.write(text)\n", ("Ben582", "Cleo693"), "sent-not-flushed"),
    ],
)
def test_what_comes_when_its_reader_speaks_was_not_in_a_buffer(source, names, fault):
    facts = [Fact("server", "message", {"to": to, "how": "nothing", "came": ""}) for to in ("Ben582", "Cleo693")]
    told = {"to": "Anna471", "how": "nothing", "came": ""}
    facts += [Fact("server", "newcomer_told", {"about": about, **told}) for about in ("Ben582", "Cleo693")]
    facts.append(Fact("server", "author", {"hears": False, "came": "".join(f"{name} is here\\n" for name in names)}))
    facts.append(Fact("server", "at_the_end", {"came": True}))
    assert fault in told_of_server(facts, source)


def test_what_was_said_before_someone_came_is_not_for_this_one():
    said = (Event(0.1, "Ben", "connects"), Event(0.2, "Ben", "sends", b"Ben\nhello\n"), Event(0.3, "Eva", "connects"))
    seen_of_it = {"who": "server", "other": "Eva"}
    other = ["rule-not-kept"]  # what is told where nothing is known
    for came, expected in (b"Welcome Eva\nBen: hello\n", ["extra-line"]), (b"Welcome Eva\nBen: you\n", other):
        events = (*said, Event(0.4, "Eva", "receives", came))
        test = f"{BROADCAST.name}/test_server.py::test_two_of_one_name"
        failure = Failure(test, "server", "A sentence.", 1, "core", "other line", seen_of_it, events=events)
        evidence = Evidence([failure], [], lambda *_: [], {"server": ""})
        assert [told.fault for told in diagnoses(evidence, faults(BROADCAST.name), ["server"])] == expected


@pytest.mark.parametrize(("source", "fault"), [("", "leaves-untold"), ("sys.exit()", "exit-in-thread")])
def test_a_client_whose_user_leaves_without_a_word(source, fault):
    source = f"def typed():\n    {source or 'print()'}\n\n\nthreading.Thread(target=typed).start()\n"
    closely = [Fact("client", "user_leaves", {"told": False, "ended": False}, "after the user said {quit}")]
    test = f"{BROADCAST.name}/test_client.py::test_leaving"
    failure = Failure(
        test, "client", "A sentence.", 3, "core", "silence", {"who": "server", "other": "client", "seconds": 2}
    )
    evidence = Evidence([failure], [], lambda *_: closely, {"client": source})
    assert diagnoses(evidence, faults(BROADCAST.name), ["client"])[0].fault == fault


def told_of(facts, source="", program="server", kind="core", **failed):
    """The faults that are told of one failed test and these facts of a first contact."""
    test = f"{BROADCAST.name}/test_{program}.py::{failed.pop('test', 'test_leaving')}"
    seen_of_it = failed.pop("seen", {"who": "server", "other": "Ben", "seconds": 2})
    failure = Failure(test, program, "A rule.", 2, kind, failed.pop("cause", "silence"), seen_of_it, **failed)
    closely = [fact for fact in facts if fact.name in CLOSER]
    first = [fact for fact in facts if fact.name not in CLOSER]
    evidence = Evidence([failure], first, lambda *_: closely, {program: source})
    return [told.fault for told in diagnoses(evidence, faults(BROADCAST.name), [program])]


CLOSER = ("no_name",)
HEARD = Fact("server", "message", {"to": "Ben582", "how": "same", "came": "Anna471: harbour 17\\n"})


@pytest.mark.parametrize("heard", [True, False])
def test_who_has_said_the_word_and_is_listened_to_as_before_has_not_left(heard):
    left = Fact("server", "left", {"to": "Anna471", "named": 0, "lines": 0, "came": "", "over": False})
    word = Fact("server", "word", {"passed": False, "over": False})
    after = Fact("server", "after_word", {"heard": heard})
    source = 'while True:\n    for line in lines:\n        if line == "{quit}":\n            break\n'
    assert told_of([left, word, after], source)[0] == ("quit-goes-on" if heard else "no-notice")


def test_a_word_of_its_own_lets_people_leave():
    facts = [
        Fact("server", "left", {"to": "Anna471", "named": 0, "lines": 1, "came": "Ben582: {quit}\\n", "over": False}),
        Fact("server", "word", {"passed": True, "over": False}),
        Fact("server", "way_out", {"word": "bye"}),
    ]
    assert told_of(facts, 'if line == "bye":\n    leave()\n')[0] == "quit-unknown"


def test_no_one_is_told_where_no_one_is_left():
    left = Fact("server", "left", {"to": "Anna471", "named": 0, "lines": 0, "came": "", "over": True})
    assert "no-notice" not in told_of([left, Fact("server", "word", {"passed": False, "over": True})])
    dropped = Fact("server", "dropped", {"who": "Anna471"})
    late = Fact("server", "raises", {"line": 3, "exception": "TimeoutError", "message": "timed out", "function": "f"})
    assert told_of([dropped, late], "conn.settimeout(1)\n", test="test_a_silent_newcomer")[0] == "timeout-shared"


def test_a_message_that_comes_several_times_is_no_matter_of_locks():
    copies = Fact("server", "copies", {"to": "Ben582", "count": 3})
    source = "threading.Thread(target=serve).start()\n"
    assert told_of([HEARD, copies], source, test="test_several_at_once", cause="other bytes") == ["message-twice"]
    copies = Fact("server", "copies", {"to": "Ben582", "count": 1})
    assert told_of([HEARD, copies], source, test="test_several_at_once", cause="other bytes") == ["no-lock"]


def test_who_is_announced_before_there_is_a_name_is_announced_early():
    early = [
        Fact("server", "before_name", {"about": who, "to": "Anna471", "came": "127.0.0.1 is here\\n"})
        for who in ("Ben582", "Cleo693")
    ]
    assert told_of(early)[0] == "announced-early"
    assert told_of(early[:1])[0] != "announced-early"


def test_only_a_wait_for_each_client_needs_more_than_one_to_be_woken():
    silent = Fact("server", "message", {"to": "Ben582", "how": "nothing", "came": ""})
    source = "bell = threading.Condition()\ndef send({}):\n    bell.wait()\nbell.notify()\n"
    assert told_of([silent], source.format("conn"))[0] == "notify-one"
    assert told_of([silent], source.format(""))[0] != "notify-one"


def test_what_comes_after_a_bad_name():
    bad = {"what": "an empty line", "came": "Goodbye\\n"}
    for details, fault in (
        ({"accepted": False, "over": True}, "name-hangs-up"),
        ({"accepted": True, "over": False}, "name-unchecked"),
        ({"accepted": False, "over": False, "came": ""}, "name-not-asked-again"),
    ):
        fact = Fact("server", "no_name", {**bad, **details})
        assert told_of([HEARD, fact], test="test_what_is_no_name")[0] == fault


def test_the_backlog_is_no_limit_of_participants():
    events = [
        Event(0.1, "Carla17", "receives", b"Your name?\n"),
        Event(0.2, "Carla17", "sends", b"Carla17\n"),
        Event(0.3, "Carla17", "receives", b"Hello Carla17\n"),
    ]
    failed = {"test": "test_no_place_left", "events": tuple(events), "cause": "other line"}
    source = "listener.listen(MAX_CLIENTS)\n"
    test = f"{BROADCAST.name}/test_server.py::test_no_place_left"
    seen_of_it = {"who": "server", "other": "Carla17"}
    failure = Failure(test, "server", "A rule.", 3, "core", "other line", seen_of_it, events=tuple(events))
    for text, words in (
        (source, "gives to `listen`"),
        (f"{source}if len(people) == MAX_CLIENTS: go()\n", "everyone in"),
    ):
        evidence = Evidence([failure], [], lambda *_: [], {"server": text})
        assert words in diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].sentence
    assert told_of([], source, **failed)[0] == "no-max-clients"


def test_what_is_taken_out_is_a_part_of_what_was_put_in():
    source = "people.append((conn, name))\npeople.remove({})\n"
    raised = {"who": "server", "exception": "ValueError", "where": " (line 2 of server.py, in serve)"}
    found = [told_of([], source.format(what), cause="traceback", seen=raised)[0] for what in ("conn", "(conn, name)")]
    assert found[0] == "removes-a-part" and found[1] != "removes-a-part"


def test_a_rule_of_the_core_that_nothing_explains_comes_before_what_is_about_errors():
    failures = [
        Failure(
            f"{BROADCAST.name}/test_server.py::test_the_console",
            "server",
            "A rule.",
            1,
            "core",
            "silence",
            {"who": "Ben", "other": "server", "seconds": 2},
        ),
        Failure(
            f"{BROADCAST.name}/test_server.py::test_a_port_that_is_none",
            "server",
            "An error.",
            2,
            "errors",
            "crashed",
            {"who": "server", "exception": "ValueError", "where": " (line 1 of server.py)"},
            events=(Event(0.1, "server", "starts", note="server.py 127.0.0.1 harbour"),),
        ),
    ]
    evidence = Evidence(failures, [], lambda *_: [], {"server": ""})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])
    assert [each.fault for each in told] == ["rule-not-kept", "traceback-bad-port"]
    assert "A rule" in told[0].sentence


def test_an_exception_of_one_line_is_one_whichever_thread_has_raised_it():
    def failure(number, line):
        where = f" (line {line} of server.py, in serve, thread Thread-{number} (serve))"
        facts = {"who": "server", "exception": "ValueError", "where": where}
        return Failure(
            f"{BROADCAST.name}/test_server.py::test_{number}", "server", "A rule.", 2, "core", "traceback", facts
        )

    evidence = Evidence([failure(1, 7), failure(2, 9), failure(3, 9)], [], lambda *_: [], {"server": ""})
    told = diagnoses(evidence, faults(BROADCAST.name), ["server"])[0]
    assert told.fault == "exception" and len(told.tests) == 2


def test_the_keyboards_end_that_no_one_hears_of_and_an_end_without_a_word():
    typed = Fact("client", "typed", {"how": "same", "came": ""})
    ends = (Event(0.1, "client", "types", b"Anna\n"), Event(0.2, "client", "ends keyboard"))
    waits = {"who": "client", "other": "server", "seconds": 2}
    assert told_of([typed], program="client", events=ends, seen=waits)[0] == "keyboard-end-untold"
    end = Fact("client", "end", {"ended": True, "enter": False})
    line = Fact("client", "shown", {"what": "line", "how": "same"})
    for last, fault in (("and then\n", "end-unsaid"), ("and then\nOver.\n", "rule-not-kept")):
        screen = Fact("client", "screen", {"text": last, "log": ""})
        ended = {"who": "client", "status": "status 0"}
        told = told_of(
            [end, line, screen], program="client", test="test_the_server_ends_the_chat", cause="ended", seen=ended
        )
        assert told[0] == fault


def test_who_is_refused_and_then_welcomed():
    greeted = [Event(0.1, who, "receives", b"Your name?\n") for who in ("Anna17", "Carla17")]
    let_in = [*greeted, Event(0.3, "Carla17", "receives", b"All places are taken.\nHello Carla17\n")]
    refused = {"who": "server", "other": "Carla17"}
    test = f"{BROADCAST.name}/test_server.py::test_no_place_left"
    failure = Failure(test, "server", "A rule.", 3, "core", "other line", refused, events=tuple(let_in))
    evidence = Evidence([failure], [], lambda *_: [], {"server": ""})
    assert "All places are taken." in diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].sentence


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('who, what = line.split(": ")\n', "receiver-dies"),
        ('parts = line.split(":")\nsay(parts[1])\n', "receiver-dies"),
        ("who = people[1]\n", "rule-not-kept"),
    ],
)
def test_a_line_that_counts_on_parts_which_are_not_there(source, fault):
    line = source.count("\n")
    details = {"line": line, "exception": "IndexError", "message": "list index out of range", "function": "serve"}
    assert told_of([Fact("server", "raises", details)], f"{source}")[0] == fault


def test_a_short_readline_cuts_a_long_line():
    pieces = Fact("server", "pieces", {"how": "same", "came": ""})
    heard = Fact("server", "message", {"to": "Cleo693", "how": "same", "came": "Anna471: harbour 17\\n"})
    for call, words in (("readline(1024)", "readline(1024)"), ("recv(1024)", "one `recv`")):
        test = f"{BROADCAST.name}/test_server.py::test_lines_and_pieces"
        failure = Failure(test, "server", "A rule.", 2, "core", "other bytes", {"who": "server"}, b"x" * 2000)
        evidence = Evidence([failure], [heard, pieces], lambda *_: [], {"server": f"line = reader.{call}\n"})
        assert words in diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].sentence


def test_a_part_of_a_name_is_taken():
    cut = {"name": "Zoë O'Neill", "accepted": False, "same": False}
    for came, fault in (("Hello Zoë, {quit} to leave\\n", "name-cut"), ("No.\\n", "name-refused")):
        closely = [Fact("server", "good_name", {**cut, "came": came})]
        test = f"{BROADCAST.name}/test_server.py::test_what_is_no_name"
        failure = Failure(
            test, "server", "A rule.", 2, "core", "silence", {"who": "server", "other": "Eva", "seconds": 2}
        )
        evidence = Evidence([failure], [HEARD], lambda *_, seen=closely: seen, {"server": ""})
        assert diagnoses(evidence, faults(BROADCAST.name), ["server"])[0].fault == fault


def test_a_loop_that_changes_its_own_table_needs_no_lock():
    source = "threading.Thread(target=serve).start()\nfor conn in people:\n    people.pop(conn)\n"
    raised = {"who": "server", "exception": "RuntimeError", "where": " (line 2 of server.py, in serve)"}
    for text, fault in (
        (source, "iterate-while-removing"),
        (source.replace("in people", "in list(people)"), "no-lock"),
    ):
        assert told_of([HEARD], text, test="test_several_are_lost_together", cause="traceback", seen=raised)[0] == fault


@pytest.mark.parametrize(
    ("typed", "fault"), [(b"/close the window\n", "close-word-inside"), (b"{quit}\n", "rule-not-kept")]
)
def test_a_typed_line_that_is_only_like_the_word(typed, fault):
    events = (Event(0.1, "client", "types", b"Anna\n"), Event(0.2, "client", "types", typed))
    test = f"{BROADCAST.name}/test_client.py::test_what_is_typed_is_sent"
    seen_of_it = {"who": "client", "number": 1}
    failure = Failure(test, "client", "A rule.", 2, "core", "other bytes", seen_of_it, typed, b"{quit}\n", events)
    evidence = Evidence([failure], [], lambda *_: [], {"client": ""})
    assert diagnoses(evidence, faults(BROADCAST.name), ["client"])[0].fault == fault


@pytest.mark.parametrize(("seconds", "fault"), [("3", "sends-late"), ("0.01", "recv-is-a-message")])
def test_what_comes_late_because_a_loop_sleeps(seconds, fault):
    late = [Fact("server", "lines", {"how": "nothing", "came": ""}, "when two lines came together")]
    late += [Fact("server", "message", {"to": "Cleo693", "how": "same", "came": "Anna471: harbour 17\\n"})]
    source = f"while True:\n    send_all()\n    time.sleep({seconds})\n"
    assert told_of([*late, Fact("server", "at_last", {"all": True})], source, test="test_lines_and_pieces")[0] == fault


def test_what_is_kept_back_and_an_empty_line_that_ends():
    events = (Event(0.1, "Anna", "sends", b"hello\n"), Event(0.2, "Anna", "sends", b"a\ttab\n"))
    assert told_of([HEARD], test="test_the_text_stays_as_it_is", events=events)[0] == "drops-message"
    for last, fault in ((b"\n", "empty-line"), (b"hello\n", "rule-not-kept")):
        typed = (Event(0.1, "client", "types", b"Anna\n"), Event(0.2, "client", "types", last))
        ended = {"who": "client", "status": "status 0"}
        told = told_of([], program="client", test="test_what_is_typed_is_sent", cause="ended", seen=ended, events=typed)
        assert told[0] == fault


@pytest.mark.parametrize(("closes", "fault"), [("", "file-stays-open"), ("reader.close()\n", "does-not-close")])
def test_a_file_of_the_connection_that_stays_open(closes, fault):
    source = f'reader = conn.makefile("r")\nconn.close()\n{closes}'
    left = Fact("server", "left", {"to": "Anna471", "named": 1, "lines": 1, "came": "Ben582 left\\n", "over": False})
    assert told_of([left, Fact("server", "word", {"passed": False, "over": False})], source)[0] == fault


def told_alone(program, test, cause, *events, **more):
    """What is told first of a program of which one failed test alone is known, and what is said of it."""
    facts = {"who": more.pop("who", program), "other": "server", "seconds": 2, "number": 1, "count": 9}
    happened = tuple(Event(0.1 * number, *event) for number, event in enumerate(events))
    name = f"{BROADCAST.name}/test_{program}.py::{test}"
    failure = Failure(name, program, "A rule.", 3, "core", cause, facts, events=happened, **more)
    evidence = Evidence([failure], [], lambda which, vary: [], {program: ""})
    found = diagnoses(evidence, faults(BROADCAST.name), [program])[0]
    return found.fault, found.sentence


BYE = b"Hello, {quit} to leave\n"


@pytest.mark.parametrize(
    ("bad", "answer", "fault"),
    [
        ("Car\x7fla", BYE, "name-unchecked"),
        ("Car\x7fla", b"Again?\n", "rule-not-kept"),
        ("Carla", BYE, "rule-not-kept"),
    ],
)
def test_a_name_with_a_sign_that_cannot_be_printed_is_named(bad, answer, fault):
    events = [("Carla1", "receives", b"Name?\n"), ("Carla1", "sends", f"{bad}\n".encode())]
    found = told_alone(
        "server", "test_what_is_no_name", "silence", *events, ("Carla1", "receives", answer), who="Carla1"
    )
    assert found[0] == fault and (fault == "rule-not-kept" or r'"Car\x7fla"' in found[1])


@pytest.mark.parametrize(("first", "fault"), [(b"\n", "quit-as-name"), (b"Emil\n", "rule-not-kept")])
def test_a_visitor_who_cannot_leave_when_asked_again_is_told(first, fault):
    events = [("Emil1", "sends", first), ("Emil1", "sends", b"{quit}\n")]
    assert told_alone("server", "test_leaving_without_a_name", "silence", *events, who="Emil1")[0] == fault


def test_a_visitor_who_hears_the_others_when_asked_again_is_told():
    more = {"expected": "nothing about the others before the welcome", "received": b"Anna1: hello\n"}
    assert told_alone("server", "test_what_is_no_name", "other line", **more)[0] == "early-listener"


@pytest.mark.parametrize(
    ("came", "fault"), [(b"You said nothing.\n", "empty-line"), (b"hello\n", ""), (b"Ben1: hello\n", "")]
)
def test_an_answer_to_an_empty_line_is_told_from_an_echo(came, fault):
    events = [("Ben1", "sends", b"\n\r\n\nhello\n"), ("Ben1", "receives", came)]
    more = {"expected": b"Anna1: pocket\n", "received": came}
    found = told_alone("server", "test_everybody_hears_everybody", "other bytes", *events, **more)
    assert (found[0] == "empty-line") is bool(fault)


def test_a_name_that_is_no_text_is_told_from_a_message():
    said = ("Dana1", "sends", b"D\xe4n\n")
    assert told_alone("server", "test_any_text", "silence", said, who="Anna1")[0] == "name-strict"


def test_who_keeps_a_place_after_the_end_of_the_stream_is_told():
    fault, sentence = told_alone("server", "test_no_place_left", "end", who="Hana17")
    assert fault == "never-removed" and "end of stream" in sentence


def test_a_client_that_sends_after_its_word_or_counts_all_bytes_or_hides_its_name():
    typed = ("client", "types", b"{quit}\n"), ("client", "types", b"too late\n")
    fault, sentence = told_alone("client", "test_leaving", "too much", *typed, expected=b"", received=b"too late\n")
    assert fault == "sends-after-close" and "{quit}" in sentence
    said = ("server", "sends", b"x" * 65_536 + b"\nand near\n")
    assert told_alone("client", "test_lines_and_letters_in_pieces", "ended", said)[0] == "limit-of-all"
    name, line = ("client", "types", b"Anna\n"), ("server", "sends", b"Ben: hello\n")
    shown, own = ("client", "prints", b"Ben: hello\n"), ("server", "sends", b"Anna has joined\n")
    found = told_alone("client", "test_what_arrives_is_shown", "silent screen", name, line, shown, own)
    assert found[0] == "not-shown" and "(Anna)" in found[1]
