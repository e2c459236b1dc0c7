"""The diagnosis of stage 5: what is told of what a failed test has seen, with a few lines of a program's text."""

import pytest

from parley.checks.diagnosis.catalogue import faults
from parley.checks.diagnosis.evidence import Evidence, Failure
from parley.checks.diagnosis.ranking import diagnoses
from parley.checks.diagnosis.slips import counts_before_asking, template_of_values
from parley.checks.diagnosis.syntax import line_of_word
from parley.checks.diagnosis.threads import awaits_in_loop, locked_twice, pauses_at_keyboard, throws_away
from parley.contract.diagnosis import Fact
from parley.contract.record import Event

STAGE = "5_broadcast"
WELCOMED = Fact("server", "welcome", {"who": "Anna471", "how": "line", "came": "Hello Anna471, {quit}"})
SPOKEN = [Fact("server", "message", {"to": to, "how": "same", "came": "harbour 17"}) for to in ("Ben582", "Cleo693")]
LINES = Fact("server", "lines", {"how": "same"})
LEFT = Fact("server", "word", {"over": True, "passed": False})
TYPED = Fact("client", "typed", {"how": "same"})
SEEN = [WELCOMED, *SPOKEN, LINES, LEFT, TYPED]


def failed(test, cause, *events, **more):
    """A failed test: what came before its end as (who, what, data), and what it expected and received."""
    told = [Event(0.1 * at, *event) for at, event in enumerate(events)]
    test = f"test_client.py::{test}" if more.pop("program", "server") == "client" else f"test_server.py::{test}"
    program = test.partition("_")[2].partition(".")[0]
    facts = {"who": more.pop("who", events[-1][0] if events else program), "other": "server", "seconds": 2}
    facts |= {"count": 9, "number": 1}
    details = {"kind": more.pop("kind", "core"), "points": 2, "events": tuple(told), **more}
    return Failure(f"{STAGE}/{test}", program, "A sentence.", cause=cause, facts=facts, **details)


def told(*failures, source="", facts=(), again=()):
    """The first fault that is told of such failed tests, and its sentence. `again`: what an experiment sees."""
    program = failures[0].program
    evidence = Evidence(failures, [*SEEN, *facts], lambda *_: list(again), {program: source})
    first = diagnoses(evidence, faults(STAGE), [program])[0]
    return first.fault, first.sentence


NAMESAKES = (
    *(("one Anna17", "sends", b"Anna17\n"), ("another Anna17", "sends", b"Anna17\n")),
    *(("one Anna17", "sends", b"there are two of us\n"), ("one Anna17", "sends", b"{quit}\n")),
)


def test_a_namesake_that_is_gone_with_the_other_one_was_removed_by_name():
    after = ("Ben", "sends", b"hello, you one\n"), ("another Anna17", "expects", b"")
    silent = failed("test_two_of_one_name", "silence", *NAMESAKES, *after, expected='a line that contains "you one"')
    assert told(silent)[0] == "removed-by-name"
    before = failed("test_two_of_one_name", "silence", *NAMESAKES[:2], ("another Anna17", "expects", b""))
    assert told(before)[0] != "removed-by-name"


PASTE = [
    *(("Anna", "sends", b"Anna\n"), ("Ben", "sends", b"Ben\n"), ("Anna", "sends", b"one\ntwo\nthree\n")),
    ("Ben", "receives", b"Anna: one\nAnna: three\n"),
    ("Ben", "expects", b""),
]


def test_lines_of_one_author_that_never_come_were_thrown_away():
    lost = failed("test_several_at_once", "other bytes", *PASTE, received=b"Anna: one\n")
    assert told(lost, source="conn.send(text)\n")[0] == "lines-thrown-away"
    assert told(lost, source="conn.sendall(text)\n")[0] != "lines-thrown-away"
    fault, sentence = told(lost, source="import threading\nbox = collections.deque(maxlen=20)\n")
    assert (fault, "line 2" in sentence) == ("lines-thrown-away", True)


def test_lines_of_two_authors_in_another_order_were_not():
    came = ("Ben", "receives", b"Anna: one\nAnna: two\nAnna: three\n")
    other = failed("test_several_at_once", "other line", *PASTE[:3], came, PASTE[4], expected="Cleo: 1, as Dana did")
    assert told(other, source="import threading\nthreading.Thread()\n")[0] == "no-lock"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("box = deque(maxlen=9)", 1),
        ("box.put_nowait(text)", 1),
        ("box.put(text, block=False)", 1),
        ("box = deque()", 0),
        ("box.put(text)", 0),
    ],
)
def test_what_throws_a_message_away(source, line):
    assert throws_away(source)[0] == line


LOOP = "async def say(people):\n    for each in people:\n        await each.drain()\n"


def test_a_loop_over_a_table_that_awaits():
    raises = Fact("server", "raises", {"exception": "RuntimeError", "line": 2, "message": "changed size"})
    changed = failed("test_joining_and_leaving_meanwhile", "traceback")
    assert told(changed, source=LOOP, facts=[raises])[0] == "changed-at-await"
    assert awaits_in_loop(LOOP, 2) == 3
    assert awaits_in_loop(LOOP.replace("in people", "in list(people)"), 2) == 0


NAME = b"100% {x}, 5%"
SPEAKS = (("Carla", "sends", NAME + b"\n"), ("Carla", "sends", b"are you here?\n"), ("Anna", "expects", b""))


@pytest.mark.parametrize("line", ['send((name + ": %s") % text)', 'send(f"{name}: {{}}".format(text))'])
def test_a_name_that_is_filled_in(line):
    other = failed("test_what_is_no_name", "other bytes", *SPEAKS, received=b"Carla left\n")
    assert told(other, source=line)[0] == "name-in-template"
    assert template_of_values('send("%s: %s" % (name, text))') is None is template_of_values('send(f"{name}: {text}")')


def test_an_end_that_waits_for_the_last_one():
    typed = ("next server", "types", b"/close")
    runs_on = failed("test_the_console_closes_the_chat", "goes on", typed, who="next server")
    assert told(runs_on)[0] == "end-waits-for-the-last"


def test_an_end_of_stream_that_raises():
    silent = Fact("server", "hung_up", {"named": 0, "came": ""})
    raised = failed("test_leaving", "traceback", ("Emil", "ends stream", b""), ("Ben", "expects", b""))
    raised.facts.update(exception="IncompleteReadError", where=" (line 1 of server.py, in read)")
    source = "data = await reader.readuntil(b'\\n')\n"
    assert told(raised, source=source, facts=[silent])[0] == "end-raises"


def test_a_keyboard_that_can_not_be_watched():
    logs = b'  File "selectors.py", line 359, in register\nPermissionError: [Errno 1] Operation not permitted\n'
    source = "await loop.connect_read_pipe(make, sys.stdin)\n"
    server = failed("test_no_console", "traceback", ("other server", "logs", logs), kind="core")
    client = failed("test_leaving", "traceback", ("third client", "logs", logs), program="client")
    assert told(server, source=source)[0] == told(client, source=source)[0] == "keyboard-is-a-file"


def test_a_visitor_that_hears_the_others_was_not_dropped_for_its_silence():
    words = "nothing about the others before the welcome"
    heard = (("Silent", "receives", b"Carla left\n"), ("Anna", "receives", b"Carla left\n"), ("Silent", "expects", b""))
    early = failed("test_a_silent_newcomer", "other line", *heard, expected=words, received=b"Carla left\n")
    source = "conn.settimeout(1)\n"
    assert told(early, source=source) == told(early)
    assert told(early)[0] == "early-listener" and "tells a visitor" not in told(early)[1]
    alone = failed("test_a_silent_newcomer", "other line", heard[0], heard[2], expected=words, received=b"Carla left\n")
    assert "tells a visitor" in told(alone, source=source)[1]


def test_the_place_of_one_that_did_not_read():
    refused = ("Carla593", "receives", b"Full\n"), ("Carla593", "expects", b"")
    full = failed("test_one_does_not_read", "end", *refused, received=b"Full\n", kind="errors")
    stalled = Fact("server", "stalled", {"heard": False, "greeted": True, "grown": 0})
    fault, sentence = told(full, again=[stalled])
    assert (fault, "doesn't read" in sentence) == ("never-removed", True)


REFUSED = failed("test_no_place_left", "end", ("Dana1", "expects", b""), received=b"Full\n")
COUNTS = "def joins():\n    count += 1\n    if count > MAX:\n        refuse()\n"


def test_refused_ones_that_are_counted():
    assert "line 2 counts" in told(REFUSED, source=COUNTS)[1]
    assert "takes no one out" in told(REFUSED)[1]
    assert counts_before_asking(COUNTS.replace("refuse()", "count -= 1")) == (0, 0)


ONE_MORE = failed("test_a_hundred", "silence", ("One more", "receives", b"Hello One more, {quit}\n"), who="One more")


@pytest.mark.parametrize("limit", ["MAX_LINE = 65_536", "MAX_LINE = 64 * 1024"])
def test_a_limit_of_lines_is_no_limit_of_clients(limit):
    lets_in = told(ONE_MORE, source=f"{limit}\nif len(line) > MAX_LINE:\n    raise ValueError\n")
    assert lets_in[0] == "no-max-clients" and "without one" in lets_in[1]


def test_a_lock_that_is_taken_again_below():
    source = "lock = threading.Lock()\ndef say():\n    gone()\ndef gone():\n    with lock:\n        pass\n"
    source += "def handle():\n    with lock:\n        say()\n"
    assert locked_twice(source) == (8, 5, "lock")
    assert locked_twice(source.replace("Lock()", "RLock()")) is None
    assert locked_twice(source.replace("        say()", "        pass\n    say()")) is None
    stuck = failed("test_several_are_lost_together", "unread", kind="errors")
    assert told(stuck, source=source)[0] == "lock-twice"


HALF = (("Ben", "sends", b"one caf\xc3"), ("Anna", "sends", b"window\n"), ("Ben", "expects", b""))


def test_half_a_letter_of_another_one():
    came = "Anna: \ufffdwindow\n".encode()
    other = failed("test_any_text", "other bytes", *HALF, expected=b"Anna: window\n", received=came)
    fault, sentence = told(other)
    assert (fault, "one decoder" in sentence) == ("shared-by-all", True)


def test_what_comes_behind_the_word_in_one_chunk():
    chunk = ("Carla", "sends", b"bye\n{quit}\nGhost17\n")
    for came, does in (
        (b"Carla: bye\nCarla: Ghost17\n", "passes on"),
        (b"Carla: bye\nGhost17 came\n", "name of someone"),
    ):
        more = failed("test_leaving", "other line", chunk, ("Anna", "receives", came), ("Anna", "expects", b""))
        fault, sentence = told(more)
        assert (fault, does in sentence) == ("quit-goes-on", True)


def test_a_client_that_takes_the_word_for_a_name():
    typed = ("nameless client", "types", b"{quit}"), ("nameless client", "types", b"too late")
    came = b"{quit}\ntoo late\n"
    more = failed("test_leaving", "too much", *typed, program="client", received=came)
    assert told(more)[0] == "quit-as-name"
    later = failed("test_leaving", "too much", ("client", "types", b"{quit}\ntoo late"), program="client")
    assert told(later, facts=[])[0] != "quit-as-name"


def test_last_words_without_a_newline():
    end = ("third client", "types", b"sleep well"), ("third client", "ends keyboard", b"")
    lost = failed("test_leaving", "ended", *end, program="client", expected=b"sleep well\n", received=b"")
    assert told(lost)[0] == "last-line-lost"
    console = ("server", "types", b"/close"), ("server", "ends keyboard", b""), ("Anna", "expects", b"")
    deaf = failed("test_the_console_closes_the_chat", "silence", *console)
    assert told(deaf)[0] == "last-line-lost"


def test_a_visitor_whose_connection_stays():
    end = Event(0.2, "Patient1", "expects", b"", note="to see EOF")
    events = (Event(0.1, "Patient1", "ends stream", b""), end)
    silent = failed("test_no_place_left", "silence", who="Patient1")
    silent = Failure(**{**vars(silent), "events": events})
    assert told(silent)[0] == "does-not-close"


@pytest.mark.parametrize(("screen", "each_chunk"), [(0.15, True), (0.45, False)])
def test_a_client_that_shows_chunks_of_a_line_that_is_too_long(screen, each_chunk):
    """Not one whose screen comes in chunks, after the newline."""
    sends = [Event(at, "server", "sends", data) for at, data in ((0.1, b"x" * 40_000), (0.3, b"z\n"))]
    shown = Event(screen, "client", "prints", b"x" * 40_000)
    events = tuple(sorted([*sends, shown], key=lambda event: event.at))
    goes_on = failed("test_a_line_that_is_too_long", "goes on", program="client", kind="errors")
    goes_on = Failure(**{**vars(goes_on), "events": events})
    facts = [Fact("client", "shown", {"what": "line", "how": "same"})]
    fault, sentence = told(goes_on, facts=facts)
    assert (fault, "each chunk" in sentence) == ("no-line-limit", each_chunk)


def test_a_console_that_pauses():
    source = "for line in sys.stdin:\n    print('Only /close')\n    ended.wait(3)\n"
    shown = ("server", "prints", b"Only /close\n"), ("server", "types", b"/closed"), ("server", "expects", b"")
    late = failed("test_the_console", "silent screen", *shown)
    assert "line 3" in told(late, source=source)[1]
    assert pauses_at_keyboard("while not ended.wait(1):\n    pass\n") == 0


def test_a_line_about_no_one_after_a_visitor_was_lost():
    visitor = ("Carla", "connects", b""), ("Carla", "receives", b"Name?\n"), ("Carla", "resets", b"")
    lost = failed("test_a_visitor_is_lost", "other bytes", *visitor, ("Anna", "expects", b""), received=b" was lost.\n")
    assert told(lost)[0] == "ghost-visitor"


VISITOR = ("Carla", "receives", b"Your name?\n")


@pytest.mark.parametrize(
    ("said", "came", "cause", "fault"),
    [
        ("x" * 33, b"Hello Guest, {quit}\n", "silence", "name-unchecked"),
        ("carla", b"Hello Carla, {quit}\n", "silence", "changes-name"),
        ("a  b", b"Hello a b, {quit}\n", "silence", "changes-name"),
        (" Carla \t", b"Another name?\n", "silence", "name-refused"),
    ],
)
def test_what_becomes_of_a_name(said, came, cause, fault):
    events = (VISITOR, ("Carla", "sends", f"{said}\n".encode()), ("Carla", "receives", came), ("Carla", "expects", b""))
    assert told(failed("test_what_is_no_name", cause, *events))[0] == fault


def test_a_server_that_hangs_up_after_some_names():
    tries = [("Carla", "sends", b"\n"), ("Carla", "receives", b"Once more\n")] * 3
    ended = failed(
        "test_what_is_no_name", "end", VISITOR, *tries, ("Carla", "sees end", b""), ("Carla", "expects", b"")
    )
    assert told(ended)[0] == "name-hangs-up"


@pytest.mark.parametrize(("came", "fault"), [(b"Ben: page 1page 2\n", "changes-text"), (b"Ben: p\n", "rule-not-kept")])
def test_characters_that_are_gone(came, fault):
    said = ("Ben", "sends", "page 1\f\u2028page 2\0\n".encode()), ("Anna", "expects", b"")
    lost = failed("test_the_text_stays_as_it_is", "other bytes", *said, received=came)
    assert told(lost)[0] == fault


def test_a_word_in_a_greeting_is_no_command():
    assert line_of_word('welcome = [f"Hello {name}"]\n', "hello") == 0
    assert line_of_word('if text in ["hello"]:\n    pass\n', "hello") == 1
