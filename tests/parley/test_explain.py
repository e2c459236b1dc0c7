"""What grading says is wrong with a submission: from real programs, in the sandbox too, whatever they write of it."""

import json
import time

import pytest

from parley.checks.check import check
from parley.checks.diagnosis.catalogue import examinations
from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.examined import Examined
from parley.contract.diagnosis import Diagnosis, still_true
from parley.contract.verdict import GradedTest, Kind, Outcome, Verdict
from parley.grading import class_page, driver, site, verdict_log
from parley.grading.explain import explained
from parley.grading.grades import Grades
from parley.grading.scores import score
from parley.isolation import sandbox
from parley.stages import STAGES, solution

ECHO = STAGES[0]
SEED = 5
LIES = """
import json, os
notes = os.environ.get("PARLEY_EXAMINES")
if notes:
    with open(os.path.join(notes, "events"), "a") as events:
        events.write('{"what": "does_not_begin", "cause": "crashed"}\\n' + "[" * 900 + "\\n{}\\n[]\\nnull\\n")
        events.write('{"what": "raises", "line": "one", "function": 3}\\n')
        told = {"what": "binds", "line": 10 ** 40, "function": "\\ud800" + "x" * 400, "host": "<b>", "port": -1}
        events.write(json.dumps(told) + "\\n")
        events.write("x" * 2_000_000 + "\\n")
    os.remove(os.path.join(notes, "stacks"))
    LAST
"""
LAST = {
    "a link": 'os.symlink("/dev/zero", os.path.join(notes, "stacks"))',
    "a pipe": 'os.mkfifo(os.path.join(notes, "stacks"))',
    "a folder": 'os.mkdir(os.path.join(notes, "stacks"))',
    "stacks": 'open(os.path.join(notes, "stacks"), "w").write(("Thread " + "x" * 100_000 + "\\n") * 9)',
}


def right(program):
    return solution(ECHO, "full", program).read_text(encoding="utf-8")


def hand_in(folder, key, **programs):
    """A submission of stage 1 with these programs, and the right ones for the others."""
    place = folder / key / "1_echo"
    place.mkdir(parents=True, exist_ok=True)
    for program in ECHO.programs:
        (place / f"{program}.py").write_text(programs.get(program) or right(program), encoding="utf-8")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A small class, graded in the sandbox: its submissions, its grades, and the folder of these."""
    found = sandbox.probe()
    if not found.ok:
        pytest.skip(found.reason)
    folder = tmp_path_factory.mktemp("class")
    handed_in, out = folder / "submissions", folder / "grades"
    elsewhere = right("server").replace("(host, int(port))", "(host, int(port) + 1)")
    hand_in(handed_in, "anna")
    hand_in(handed_in, "ben", server=elsewhere)
    hand_in(handed_in, "carla", server=LIES.replace("LAST", LAST["a link"]) + elsewhere)
    result = driver.grade(handed_in, out, [ECHO], seed=SEED)
    assert not result.not_graded
    site.write_pages(out)
    return handed_in, result.grades, out


def stage_of(grades, key):
    return next(student for student in grades.students if student.key == key).stages["1_echo"]


def test_grading_says_what_a_check_says(graded):
    handed_in, grades, _ = graded
    stage = stage_of(grades, "ben")
    told = stage.diagnoses[0]
    assert told.fault == "fixed-port" and "always listens on port" in told.sentence and told.steps
    assert told.failed == sum(verdict.lost for verdict in stage.verdicts) == len(told.tests)
    assert told.points == stage.of - stage.points
    checked = check(ECHO, handed_in / "ben" / "1_echo", seed=SEED).diagnoses
    assert [(known.fault, known.tests) for known in checked] == [
        (known.fault, known.tests) for known in stage.diagnoses
    ]
    assert stage_of(grades, "anna").diagnoses == () and stage_of(grades, "anna").points == 100


def test_who_lies_about_itself_is_graded_like_all_others(graded):
    _, grades, _ = graded
    honest, liar = stage_of(grades, "ben"), stage_of(grades, "carla")
    assert [verdict.passed for verdict in liar.verdicts] == [verdict.passed for verdict in honest.verdicts]


def test_an_unchanged_submission_keeps_what_was_said(graded):
    handed_in, grades, out = graded
    seen = []

    class Watch(driver.Watch):
        def begins(self, submissions, notes, tasks, unchanged):
            seen.append((len(tasks), unchanged))

    again = driver.grade(handed_in, out, [ECHO], watch=Watch())
    assert seen == [(0, 3)]
    assert [stage_of(again.grades, key).diagnoses for key in ("anna", "ben", "carla")] == [
        stage_of(grades, key).diagnoses for key in ("anna", "ben", "carla")
    ]
    assert Grades.load(out) == again.grades


def test_the_pages_say_what_is_wrong(graded):
    _, grades, out = graded
    told = stage_of(grades, "ben").diagnoses[0]
    page = (out / "feedback" / "ben.html").read_text(encoding="utf-8")
    top = page[: page.index("What went well")]
    assert "always listens on port" in top and told.question[:40] in top and f"{told.points} points" in top
    assert "What is wrong first" not in (out / "feedback" / "anna.html").read_text(encoding="utf-8")
    faults = class_page.diagnosed(grades)
    assert [fault.points for fault in faults] == sorted((fault.points for fault in faults), reverse=True)
    assert "ben" in [student.key for student in faults[0].students]
    assert faults[0].first.fault == "fixed-port"
    assert "always listens on port" in (out / "class.html").read_text(encoding="utf-8")


def test_what_is_hidden_is_not_counted_on_a_students_page(graded):
    _, _, out = graded
    hidden = score(out, hide=["core", "errors", "logging"])
    site.write_pages(out)
    page = (out / "feedback" / "ben.html").read_text(encoding="utf-8")
    score(out, hide=[])
    assert stage_of(hidden, "ben").diagnoses and "always listens on port" not in page


def test_a_log_without_diagnoses_is_read(graded, tmp_path):
    _, grades, out = graded
    log = verdict_log.log_of(out, "ben", "1_echo")
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    older = [line for line in lines if "diagnoses" not in json.loads(line)]
    assert len(older) == len(lines) - 1
    log.write_text("".join(older) + '{"diagnoses": 3, "fingerprint": 5}\n{"diagnoses": [{}]}\n', encoding="utf-8")
    stage = stage_of(score(out), "ben")
    log.write_text("".join(lines), encoding="utf-8")
    assert stage.diagnoses == () and stage.points == stage_of(grades, "ben").points


@pytest.mark.parametrize("last", LAST)
def test_whatever_a_program_writes_of_itself_is_taken_for_no_more_than_it_is(last, tmp_path):
    hand_in(tmp_path, "x", server=LIES.replace("LAST", LAST[last]) + "input()\n")
    began = time.monotonic()
    facts = Visit(tmp_path / "x" / "1_echo", "server").run(examinations("1_echo")["server"])
    assert time.monotonic() - began < 60
    assert [fact["cause"] for fact in facts if fact.name == "does_not_begin"] == ["not listening"]
    assert not [fact for fact in facts if fact.name in ("raises", "stands")]
    binds = [fact for fact in facts if fact.name == "binds"]
    assert all(isinstance(fact["line"], int) and fact["line"] < 10**10 for fact in binds)
    json.dumps([fact.details for fact in facts], ensure_ascii=False).encode()


TEST = GradedTest("1_echo/test_server.py::test_a", 4, Kind.CORE, "A sentence.", "h")
LOST = Verdict(TEST, Outcome.FAILED, "It failed.")


@pytest.mark.parametrize("trouble", [RecursionError, MemoryError, KeyError, UnicodeError])
def test_trouble_of_a_diagnosis_is_no_diagnosis(trouble, tmp_path, monkeypatch, capfd):
    hand_in(tmp_path, "x", server="x\n")

    def fails(*args):
        raise trouble("a fault of ours")

    monkeypatch.setattr(Examined, "diagnoses", fails)
    assert explained("1_echo", tmp_path / "x" / "1_echo", [LOST], {}) == ()
    assert trouble.__name__ in capfd.readouterr().err


def test_a_diagnosis_that_takes_too_long_is_none(tmp_path, monkeypatch):
    hand_in(tmp_path, "x", server="x\n")

    def stalls(*args):
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue

    monkeypatch.setattr(Examined, "diagnoses", stalls)
    began = time.monotonic()
    assert explained("1_echo", tmp_path / "x" / "1_echo", [LOST], {}, seconds=0.5) == ()
    assert time.monotonic() - began < 30


def test_who_has_lost_nothing_is_not_examined(tmp_path, monkeypatch):
    monkeypatch.setattr(Examined, "__init__", lambda *args: pytest.fail("it was examined"))
    passed = [Verdict(TEST, Outcome.PASSED), Verdict(TEST, Outcome.NOT_BEGUN), Verdict(TEST, Outcome.GRADER)]
    assert explained("1_echo", tmp_path, passed, {}) == ()


def test_only_what_is_still_lost_is_explained():
    told = Diagnosis("x", "server", "S.", "Q?", "page", (), (TEST.name, "other"), 9, 2)
    assert still_true([told], []) == []
    [left] = still_true([told], [LOST])
    assert (left.tests, left.points, left.failed) == ((TEST.name,), 4, 1)
