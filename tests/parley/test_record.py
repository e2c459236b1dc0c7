"""The record: what goes in comes out, on disk too, and nothing in it harms who reads it."""

import json
import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.contract.record import VERBS, Failed, Record, first_difference, harmless, quoted, visible


def test_events_keep_their_order_and_time():
    record = Record()
    for number in range(100):
        record.add("Anna", "sends", b"%d" % number, "server")
    events = list(record)
    assert [event.data for event in events] == [b"%d" % number for number in range(100)]
    times = [event.at for event in events]
    assert times == sorted(times)
    assert len(record) == 100


def test_any_thread_may_add():
    record = Record()

    def speak(name):
        for number in range(500):
            record.add(name, "sends", b"%d" % number)

    threads = [threading.Thread(target=speak, args=[name]) for name in ("Anna", "Ben", "Carla")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("Anna", "Ben", "Carla"):
        assert [event.data for event in record if event.who == name] == [b"%d" % n for n in range(500)]
    times = [event.at for event in record]
    assert times == sorted(times)


def test_what_happens_after_the_end_is_not_kept():
    record = Record()
    record.add("server", "starts")
    record.close()
    assert record.add("server", "is killed").what == "is killed"
    assert [event.what for event in record] == ["starts"]
    failed = Failed(record, "Anna", "to receive a line", "silence", {})
    assert [event.what for event in failed.steps] == ["starts", "expects"]


def test_an_unknown_verb_is_refused():
    with pytest.raises(ValueError, match="'shouts' isn't something that a record knows"):
        Record().add("Anna", "shouts")


@given(st.lists(st.tuples(st.text(), st.sampled_from(VERBS), st.binary(), st.text(), st.text())))
def test_what_is_saved_is_loaded(tmp_path_factory, events):
    record = Record()
    for event in events:
        record.add(*event)
    path = tmp_path_factory.getbasetemp() / "record.json"
    record.save(path)
    loaded = list(Record.load(path))
    assert [(e.who, e.what, e.data, e.peer, e.note) for e in loaded] == events
    assert all(abs(event.at - again.at) < 1e-5 for event, again in zip(record, loaded, strict=True))


def test_the_file_is_plain_json(tmp_path):
    record = Record()
    record.add("Anna", "sends", "héllo\n".encode(), "server")
    record.add("Anna", "sends", b"\xff", "server")
    record.save(tmp_path / "record.json")
    content = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert content["version"] == 1
    assert content["events"][0]["data"] == "héllo\n"
    assert content["events"][1]["base64"] == "/w=="


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "events": [3]}', "\0"])
def test_another_file_is_no_record(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.json isn't a record that Parley saved"):
        Record.load(path)


def test_a_record_of_another_version_is_refused(tmp_path):
    path = tmp_path / "new.json"
    path.write_text('{"version": 2, "events": []}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"new\.json is a record of version 2, not 1"):
        Record.load(path)


def test_the_transcript_is_one_line_for_each_event():
    record = Record()
    record.add("Anna", "connects", peer="server")
    record.add("Anna", "sends", b"hello\n", "server")
    record.add("server", "prints", b"\x1b[2J" + b"x" * 300)
    record.add("server", "exits", note="status 0")
    lines = record.transcript()
    assert lines[0].endswith("  Anna    connects -> server")
    assert lines[1].endswith(r'  Anna    sends "hello\n" -> server')
    assert r'prints "\x1b[2J' in lines[2]
    assert lines[2].endswith('" and 104 bytes more')
    assert lines[3].endswith("  server  exits [status 0]")


@given(st.one_of(st.text(), st.binary()))
def test_nothing_shown_controls_a_terminal(data):
    for shown in (visible(data), quoted(data), *harmless(data).split("\n")):
        assert not [character for character in shown if unicodedata.category(character)[0] == "C"]


def test_what_is_visible():
    assert visible(b"a\n\r\t\\\x1b") == r"a\n\r\t\\\x1b"
    assert visible("é".encode()[:1] + b"!") == r"\xc3!"
    assert visible("right\u202eleft") == r"right\u202eleft"
    assert visible("naïve 茶") == "naïve 茶"


def test_harmless_text_says_what_it_leaves_out():
    assert harmless("one\ntwo\x1b[0m") == "one\ntwo\\x1b[0m"
    assert harmless("line\n" * 10, lines=2) == "line\nline ... 9 more lines"
    assert harmless("x" * 50, characters=10) == "x" * 10 + " ... 40 more characters"


def test_the_first_difference():
    assert first_difference(b"hello", b"hallo") == 1
    assert first_difference(b"hello", b"hel") == 3
    assert first_difference(b"hel", b"hello") == 3


def test_an_event_has_the_moment_that_is_saved():
    event = Record().add("server", "starts")
    assert event.at == event.as_data()["at"] == round(event.at, 6)
