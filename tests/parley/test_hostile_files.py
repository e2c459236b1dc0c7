"""Whatever is in a file that a student, a platform or a disk has made: no exception but ours, and quickly."""

import contextlib
import functools
import io
import json
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.checks.diagnosis import syntax
from parley.contract.errors import BadInput
from parley.contract.record import Failed, Record
from parley.contract.story import story
from parley.contract.verdict import GradedTest, Kind, Outcome, Verdict
from parley.grading import scores
from parley.grading.class_file import GradedClass, read_ours
from parley.grading.csv_in_place import safe
from parley.grading.grades import Grades
from parley.grading.intake import read_all
from parley.grading.roster import read_roster
from parley.grading.verdict_log import known, known_diagnoses
from parley.harness.programs import Program
from parley.harness.scene import unready

QUICK = 2  # seconds of CPU time for any one of them: how busy the machine is does not count
fuzz = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=False)

PROGRAM = b"import socket\nprint('server')\n"
NAMES = st.text(min_size=1, max_size=300) | st.sampled_from(
    ["1_echo/server.py", "../x.py", "1_echo/socket.py", "a\\b.py", "\udcff"]
)
MEMBERS = st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=5)
CHANGES = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6)
CSV = st.text(alphabet='id,name;days\n"\r =+-@\x00é\U0001d4001', max_size=200).map(lambda text: "id,days,name\n" + text)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PIECES = ["a", "a.", "File ", '  File "', "/", "Traceback (most recent call last):", ":", " ", "\n", "\udcff"]
KEYS = ["test", "verdict", "story", "diagnoses", "fingerprint", ""]
TEST = GradedTest("1_echo/test_server.py::test_x", 5, Kind.CORE, "It works.", "h")


def quick(test):
    """The test, which fails as well where one example takes too long."""

    @functools.wraps(test)
    def timed(*args, **named):
        began = time.thread_time()
        test(*args, **named)
        assert time.thread_time() - began < QUICK

    return timed


def changed(data, changes):
    """These bytes, some of them other ones."""
    data = bytearray(data)
    for at, byte in changes:
        if data:
            data[at % len(data)] = byte
    return bytes(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@fuzz
@given(MEMBERS, CHANGES)
@quick
def test_any_archive(tmp_path_factory, members, changes):
    folder = tmp_path_factory.mktemp("class")
    file = io.BytesIO()
    with contextlib.suppress(ValueError, IndexError), zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1_echo/server.py", PROGRAM)
        for name, data in members:
            archive.writestr(name, data)
    (folder / "anna.zip").write_bytes(changed(file.getvalue(), changes))
    (submission,), _ = read_all(folder)
    assert submission.stages.keys() <= {"1_echo"}
    assert sum(map(len, submission.notes + submission.ignored)) < 20_000


@fuzz
@given(CSV | st.binary(max_size=200).map(lambda data: data.decode("latin-1")), CHANGES)
@quick
def test_any_roster_or_late_file(tmp_path_factory, text, changes):
    path = tmp_path_factory.mktemp("class") / "file.csv"
    path.write_bytes(changed(text.encode(), changes))
    with contextlib.suppress(BadInput):
        read_roster(path)
    with contextlib.suppress(BadInput):
        scores._late(path, GradedClass({}, (), True, 1))


@fuzz
@given(st.binary(max_size=300) | st.text(alphabet="def f():\n\t x=([{'\"\\", max_size=300).map(str.encode), CHANGES)
@quick
def test_any_source(tmp_path_factory, source, changes):
    path = tmp_path_factory.mktemp("source") / "server.py"
    path.write_bytes(changed(source, changes))
    unready(path)
    syntax.read(path)


@fuzz
@given(
    st.sampled_from(
        ["a", "a.", "File ", '  File "', "/", "Traceback (most recent call last):", ":", " ", "\n", "\udcff"]
    ),
    st.integers(1, 100_000),
    st.binary(max_size=100),
)
@quick
def test_any_log(piece, times, end):
    program = Program.__new__(Program)
    log = b"Traceback (most recent call last):\n" + piece.encode(errors="surrogateescape") * times + end
    program._streams, program._source = {"logs": bytearray(log)}, "server.py"
    assert program.uncaught()
    program.uncaught_at()


def lines_of_a_log():
    """A log of verdicts, with a story in it."""
    record = Record()
    record.add("server", "starts", note="127.0.0.1 20000")
    told = story(Failed(record, "Anna", "to receive", "silence", {"who": "Anna", "other": "server", "seconds": 2}))
    verdict = Verdict(TEST, Outcome.FAILED, "So it is.", told)
    return (json.dumps({**verdict.as_data(), "fingerprint": "x"}) + "\n").encode()


LOG = lines_of_a_log()
FINGERPRINTS = {TEST.name: "x"}


@fuzz
@given(
    CHANGES, st.lists(PLAIN, max_size=3), st.sampled_from(["test", "verdict", "story", "diagnoses", "fingerprint", ""])
)
@quick
def test_any_log_of_verdicts(tmp_path_factory, changes, others, key):
    path = tmp_path_factory.mktemp("facts") / "1_echo.jsonl"
    shapes = [{**json.loads(LOG), key: other} for other in others]
    path.write_bytes(changed(LOG, changes) + "".join(json.dumps(shape) + "\n" for shape in [*others, *shapes]).encode())
    known(path, [TEST], FINGERPRINTS)
    known_diagnoses(path, "x")


@fuzz
@given(PLAIN, st.sampled_from(["students", "stages", "suites", "late", "hide", "rules", "notes", "of"]), st.booleans())
@quick
def test_any_file_of_ours(tmp_path_factory, shape, key, deep):
    path = tmp_path_factory.mktemp("grades")
    text = json.dumps({"version": 1, key: shape}) if not deep else "[" * 100_000
    for name in ("grades.json", "class.json", "policy.json"):
        (path / name).write_text(text, encoding="utf-8")
    for load in (Grades.load, GradedClass.load, lambda folder: read_ours(folder / "policy.json", scores.Policy)):
        with contextlib.suppress(BadInput):
            load(path)


@given(st.text(alphabet="=+-@\uff1d\uff0b\uff0d\uff20; \t\rab", max_size=20))
def test_no_cell_begins_a_formula_whatever_separates(text):
    for cell in safe(text).split(";"):
        assert not cell.lstrip(" ").startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r"))
