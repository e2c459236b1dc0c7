"""The worker: verdicts as lines of JSON, from programs that may be hostile; nothing of them reaches it or the host."""

import base64
import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from parley import stages
from parley.checks import check
from parley.checks.mistakes import mistakes, wrong_source
from parley.contract.plain import to_plain
from parley.grading import worker as worker_module

ATTACKS = Path(__file__).parent / "attacks"
VARIANTS = Path(__file__).parents[1] / "variants"
GOLD = Path(__file__).parents[1] / "gold"
ECHO = "test_server.py::test_what_is_sent_comes_back"
SECONDS = 240  # bound of one job
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
isolated = pytest.mark.usefixtures("isolation")
AS_A_USER = Path(__file__).with_name("as_a_user.py")
MODES = [
    pytest.param("root", marks=pytest.mark.skipif(not ROOT, reason="Only root can try what the worker does for root.")),
    "user",
]


class Worker:
    """A worker, as the driver has it."""

    def __init__(self, mode="root", *words, environment=None):
        before = ["-I", AS_A_USER] if mode == "user" and ROOT else []
        command = [sys.executable, *before, "-I", "-m", "parley.grading.worker", *words]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )

    def asks(self, **job):
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()

    def lines(self):
        """What it says of one job, up to the last line; a worker that takes too long is killed."""
        bound = threading.Timer(SECONDS, self.process.kill)
        bound.start()
        try:
            while line := json.loads(self.process.stdout.readline() or "null"):
                yield line
                if "done" in line or "trouble" in line:
                    return
        finally:
            bound.cancel()

    def does(self, files, *tests, stage="1_echo", job="anna", **more):
        files = {name: base64.b64encode(content).decode() for name, content in files.items()}
        self.asks(job=job, stage=stage, files=files, seed=1, tests=list(tests) or None, **more)
        found = list(self.lines())
        assert found, "the worker has ended"
        assert all(line["job"] == job for line in found)
        return found

    def verdicts(self, files, *tests, **more):
        """The verdicts of a job, which must have been done."""
        found = self.does(files, *tests, **more)
        assert "done" in found[-1], found[-1]
        return [line for line in found if "verdict" in line]

    def descendants(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            status = self.process.wait(30)
        finally:
            self.process.kill()
            self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def workers():
    """A function that gives the worker of a mode: one for all tests of this file."""
    known = {}

    def worker(mode):
        if mode not in known:
            known[mode] = Worker(mode)
        return known[mode]

    yield worker
    assert [worker.close() for worker in known.values()] == [0] * len(known)


def solution(version, stage="1_echo"):
    folder = stages.root() / "solutions" / stage / version
    return {path.name: path.read_bytes() for path in folder.glob("*.py")}


def points(verdicts):
    return sum(verdict["earned"] for verdict in verdicts)


def lost(verdicts):
    return {verdict["test"]: told(verdict) for verdict in verdicts if verdict["verdict"] != "passed"}


# The same as check


SPECIAL = {
    "a log beside itself": {"server.py": "open(__file__ + '.log', 'a').write('begins')\n"},
    "a module that is installed": {"server.py": "import psutil\n"},
    "modules in a package": {"server.py": "from common.sizes import CHUNK\n", "common/sizes.py": "CHUNK = 4096\n"},
}


@isolated
@pytest.mark.parametrize("special", SPECIAL)
def test_check_and_grade_agree_on_what_a_program_needs(workers, tmp_path, special):
    files = solution("full")
    for name, text in SPECIAL[special].items():
        files[name] = text.encode() + files.get(name, b"")
        (tmp_path / name).parent.mkdir(exist_ok=True)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    stage = stages.find(1)
    test = ECHO.partition("::")[2]
    (mine,) = check.check(stage, tmp_path, ["server"], test=test).verdicts
    (graded,) = workers("root").verdicts(files, ECHO)
    assert (str(mine.outcome), mine.reason) == (graded["verdict"], graded["reason"])
    assert mine.passed == (special != "a module that is installed")


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_a_log_without_a_port_loses_its_points(mode):
    """(For the first who connects in a worker, too, wherever that port may be.)"""
    stage = stages.find(3)
    (mistake,) = [mistake for mistake in mistakes(stage) if mistake.name == "log-without-port"]
    worker = Worker(mode)
    files = solution("full", stage.name) | {"server.py": wrong_source(stage, mistake).encode()}
    (verdict,) = worker.verdicts(files, "test_server.py::test_the_log_says_who", stage=stage.name)
    assert worker.close() == 0
    assert verdict["earned"] == 0, told(verdict)


def every_program():
    """Every wrong and right program under `tests/`: (stage, which it is, its files, the only test to run or None)."""
    for stage in stages.STAGES:
        for mistake in mistakes(stage):
            files = {f"{mistake.program}.py": wrong_source(stage, mistake).encode()}
            yield pytest.param(stage, mistake.program, files, mistake.only_test, id=f"{stage.name}-{mistake.name}")
        for folder in sorted(path for path in (VARIANTS / stage.name).iterdir() if path.is_dir()):
            files = {path.name: path.read_bytes() for path in folder.glob("*.py")}
            for program in stage.programs:
                if f"{program}.py" in files:
                    yield pytest.param(stage, program, files, None, id=f"{stage.name}-{folder.name}-{program}")


@isolated
@pytest.mark.nightly
@pytest.mark.parametrize(("stage", "program", "own", "test"), list(every_program()))
def test_check_and_grade_agree_on_every_wrong_and_right_program(workers, tmp_path, stage, program, own, test):
    files = {f"{side}.py": stages.solution(stage, "full", side).read_bytes() for side in stage.programs} | own
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = check.check(stage, tmp_path, [program], test=test)
    checked = {verdict.test.name: verdict.passed for verdict in done.verdicts}
    tests = [name.partition("/")[2] for name in checked]
    graded = {
        verdict["test"]: verdict["earned"] > 0 for verdict in workers("root").verdicts(files, *tests, stage=stage.name)
    }
    assert graded == checked


def gold():
    """Folders of programs whose fault is known; one of them, with a wrong client, is compared always."""
    for folder in sorted(path.parent for path in GOLD.glob("*/expect.toml")):
        always = folder.name.startswith("4_peers-114-")
        yield pytest.param(folder, id=folder.name, marks=() if always else pytest.mark.nightly)


@isolated
@pytest.mark.parametrize("folder", list(gold()))
def test_check_and_grade_tell_the_same_first(workers, folder):
    stage = stages.find(folder.name[0])
    files = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    (told,) = [line["diagnoses"] for line in workers("root").does(files, stage=stage.name) if "diagnoses" in line]
    checked = check.check(stage, folder, stage.programs, seed=1)
    assert [(each["program"], each["fault"]) for each in told[:1]] == [
        (each.program, each.fault) for each in checked.diagnoses[:1]
    ]


# What it says


def test_a_job_without_a_sandbox():
    worker = Worker("root", "--no-sandbox")
    lines = worker.does(solution("full"), ECHO, "1_echo/test_client.py::test_line_after_line")
    assert worker.close() == 0
    manifest, *others, done = lines
    assert manifest["sandbox"] is False
    assert [test["test"].partition("::")[2] for test in manifest["manifest"]] == [
        "test_what_is_sent_comes_back",
        "test_line_after_line",
    ]
    assert set(manifest["manifest"][0]) == {"test", "points", "kind", "sentence", "hint"}
    for test in manifest["manifest"]:
        begins = next(position for position, line in enumerate(others) if line.get("begins") == test["test"])
        verdict = next(
            position for position, line in enumerate(others) if "verdict" in line and line["test"] == test["test"]
        )
        assert begins < verdict
        fields = others[verdict]
        assert set(fields) == {"job", "test", "verdict", "earned", "reason", "story", "seconds", "cpu"}
        assert (fields["verdict"], fields["earned"], fields["story"]) == ("passed", test["points"], None)
        assert 0 < fields["cpu"] < 5 and fields["seconds"] > 0
    assert done["done"] is True and done["cpu"] > 0


def test_a_story_comes_along():
    worker = Worker("root", "--no-sandbox")
    (verdict,) = worker.verdicts({"server.py": b"print('no')"}, ECHO)
    assert worker.close() == 0
    assert verdict["verdict"] == "failed" and verdict["earned"] == 0
    assert verdict["story"]["hint"]["key"] == "listens"
    assert "crashed" in verdict["story"]["text"] or "had already exited" in verdict["story"]["text"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expecting"),
        ("7", "The job isn't as it should be"),
        ('{"job": "x"}', "The job isn't as it should be"),
        ('{"job": "x", "stage": "9", "files": {}}', "There's no stage '9'"),
        ('{"job": "x", "stage": "1_echo", "exercise": "kick", "files": {}}', "1_echo has no extra exercises"),
        ('{"job": "x", "stage": "5_broadcast", "exercise": "../x", "files": {}}', "There's no extra exercise"),
        ('{"job": "x", "stage": "5_broadcast", "exercise": "all", "files": {}}', "all isn't a single extra exercise"),
        ('{"job": "x", "stage": "1_echo", "files": {}, "tests": ["test_none"]}', "There's no test"),
        ('{"job": "x", "stage": "1_echo", "files": {"../server.py": ""}}', "can't be called"),
        ('{"job": "x", "stage": "1_echo", "files": {"../server.py": ""}}', "can't be called"),
        ('{"job": "x", "stage": "1_echo", "files": {"": ""}}', "can't be called"),
        ('{"job": "x", "stage": "1_echo", "files": {"server.py": "no, not"}}', "bytes aren't given in base64"),
    ],
)
def test_a_job_that_cannot_be_done_is_trouble_in_a_sentence(text, words):
    out = io.BytesIO()
    worker_module.Worker(out).take(text)
    (line,) = map(json.loads, out.getvalue().splitlines())
    assert words in line["trouble"]


def test_words_that_it_does_not_know():
    run = subprocess.run([sys.executable, "-m", "parley.grading.worker", "--fast"], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == "The worker doesn't know --fast.\n"


def test_an_exception_in_the_harness_is_trouble_and_costs_nothing(monkeypatch, tmp_path):
    def play(*args):
        raise RuntimeError("the harness")

    monkeypatch.setattr(worker_module.SuiteRun, "_play", play)
    out = io.BytesIO()
    worker_module.Worker(out).take(json.dumps({"job": "x", "stage": "1_echo", "files": {}, "tests": [ECHO]}))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["verdict"] for line in lines if "verdict" in line] == ["grader"]


def test_a_job_of_which_nothing_is_heard(monkeypatch):
    monkeypatch.setattr(worker_module, "MOST_SILENCE", 0.05)
    out = io.BytesIO()
    here, there = os.pipe()
    os.write(there, b'{"whole": 1}\n{"a part')
    with pytest.raises(worker_module.GraderError, match="This job was silent"):
        worker_module.IsolatingWorker(out)._pass_on(here, os.getpid(), worker_module.Heard())
    assert out.getvalue() == b'{"whole": 1}\n'
    os.close(here)
    os.close(there)


def test_a_job_that_falls_silent_on_its_way_costs_its_own_points(monkeypatch):
    monkeypatch.setattr(worker_module, "MOST_SILENCE", 0.05)
    tests = [playable.test for playable in worker_module.Suite("1_echo").tests]
    manifest = {"manifest": [to_plain(test) for test in tests], "sandbox": True}
    here, there = os.pipe()
    os.write(there, f'{json.dumps(manifest)}\n{{"test": "{tests[0].name}", "verdict": "passed"}}\n'.encode())
    heard = worker_module.Heard()
    with pytest.raises(worker_module.Exhausted, match="This job was silent"):
        worker_module.IsolatingWorker(io.BytesIO())._pass_on(here, os.getpid(), heard)
    assert heard.undecided() == tests[1:]
    os.close(here)
    os.close(there)


# In the sandbox


@isolated
@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_the_versions_earn_the_same_in_the_sandbox(workers, mode):
    for version, of in (("full", 100), ("bare", 60)):
        verdicts = workers(mode).verdicts(solution(version))
        assert points(verdicts) == of, lost(verdicts)


@isolated
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Xvfb") or not find_spec("_tkinter"), reason="This needs Xvfb and tkinter.")
@pytest.mark.parametrize("mode", MODES)
def test_the_window_earns_all_in_the_sandbox(workers, mode):
    verdicts = workers(mode).verdicts(solution("full", "5_broadcast"), stage="5_broadcast", exercise="gui")
    assert points(verdicts) == 20, lost(verdicts)


@isolated
@pytest.mark.nightly
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("stage", stages.STAGES, ids=lambda stage: stage.name)
def test_all_stages_earn_the_same_in_the_sandbox(workers, mode, stage):
    found = [
        points(workers(mode).verdicts(solution(version, stage.name), stage=stage.name))
        for version in stages.VERSIONS[:3]
    ]
    assert found == [100, 90, 60]


@isolated
@pytest.mark.nightly
@pytest.mark.parametrize(
    "folder",
    [path for stage in stages.STAGES for path in sorted((VARIANTS / stage.name).iterdir()) if path.is_dir()],
    ids=lambda path: f"{path.parent.name}-{path.name}",
)
def test_variants_earn_full_marks_in_the_sandbox(workers, folder):
    stage = folder.parent.name
    files = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    tests = [playable.test.name for playable in worker_module.Suite(stage).tests]
    tests = [test for test in tests if test.partition("/test_")[2].partition("::")[0] in files]
    verdicts = workers(MODES[0].values[0] if ROOT else "user").verdicts(files, *tests, stage=stage)
    assert lost(verdicts) == {}


def attacks():
    for path in sorted(ATTACKS.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if fields := dict(re.findall(r"^(\w+): (.+)$", text.split('"""')[1], re.MULTILINE)):
            marks = [pytest.mark.nightly] if "Slow" in fields else []
            yield pytest.param(path, fields, id=path.stem, marks=marks)


@pytest.fixture
def host(tmp_path):
    """What an attack looks for on the host: a module that tells where; and a look whether all is unharmed."""
    secret = tmp_path / "secret of the host.txt"
    secret.write_text("secret", encoding="utf-8")
    tmp_path.chmod(0o755)
    suite = stages.root() / "tests" / "1_echo"
    before = {path.name: path.read_bytes() for path in suite.glob("*.*")}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"SECRET, PROJECT, PORT = {str(secret)!r}, {str(stages.root())!r}, {listener.getsockname()[1]}\n"
        yield where.encode()
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert [path.name for path in tmp_path.iterdir()] == [secret.name]
    assert secret.read_text(encoding="utf-8") == "secret"
    assert {path.name: path.read_bytes() for path in suite.glob("*.*")} == before


@isolated
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("path", "expected"), list(attacks()))
def test_an_attack_is_contained(workers, host, mode, path, expected):
    worker = workers(mode)
    program = expected.get("Program", "server")
    files = {f"{program}.py": path.read_bytes(), "where.py": host, "honest.py": (ATTACKS / "honest.py").read_bytes()}
    test = f"test_{program}.py::{expected.get('Test', ECHO.partition('::')[2])}"
    for _ in range(int(expected.get("Runs", 1))):
        (verdict,) = worker.verdicts(files, test, job="attack")
        assert verdict["verdict"] in expected["Verdict"].split(" or "), told(verdict)
        assert expected.get("Reason", "") in verdict["reason"], told(verdict)
        assert (verdict["earned"] > 0) == (verdict["verdict"] == "passed")
        assert "ESCAPED" not in told(verdict)
    assert len(worker.descendants()) == 1, "something of the attack is left"


def told(verdict):
    return f"{verdict['verdict']}: {verdict['reason']}\n{(verdict['story'] or {}).get('text', '')}"


SOURCES = {
    "Latin-1 without a word about it": ("print('caf\xe9')\n".encode("latin-1"), "There's a syntax error in line"),
    "zeros": (b"x = 1\0\n", "There's a syntax error in line"),
    "UTF-16": ("print('hello')".encode("utf-16"), "There's a syntax error in line"),
    "nested too deeply": (b"-" * 60_000 + b"1", "There's a syntax error in line"),
    "too long to be parsed by anybody but itself": (b"-" * 200_000 + b"1", "The server had already exited"),
    "nothing": (b"", "Not started"),
    "a program of another kind": (b"\x7fELF\x02\x01\x01", "There's a syntax error in line"),
}


@isolated
@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_none_fails_with_a_sentence(workers, name):
    source, words = SOURCES[name]
    (verdict,) = workers("user").verdicts({"server.py": source}, ECHO)
    assert verdict["earned"] == 0
    assert words in verdict["reason"]


@isolated
def test_a_mark_at_the_beginning_and_other_line_ends_are_fine(workers):
    source = b"\xef\xbb\xbf" + solution("full")["server.py"].replace(b"\n", b"\r\n")
    assert points(workers("user").verdicts({"server.py": source}, ECHO)) > 0


@isolated
def test_what_a_program_uses_up_before_it_listens_it_uses_up_once(workers):
    """Otherwise all tests that run at once would do so together, and again."""
    server = {"server.py": (ATTACKS / "forks_for_ever.py").read_bytes()}
    verdicts = workers("user").verdicts({**solution("full"), **server})
    reasons = {verdict["test"]: verdict["reason"] for verdict in verdicts if verdict["verdict"] != "passed"}
    assert set(reasons) == {verdict["test"] for verdict in verdicts if "test_server" in verdict["test"]}
    usual = [reason for test, reason in reasons.items() if not test.endswith("_left_out")]  # a port may be the reason
    assert "it had more than 50 processes" in usual[0]
    assert set(usual[1:]) == {"Not run, for the same reason as the tests before it."}


@isolated
def test_neighbours_are_unharmed(host):
    """While one submission does its worst, another one earns what it is worth."""
    bad, good = Worker("user"), Worker("user")
    for name in ("forks_for_ever", "hoards_in_many", "prints_for_ever"):
        files = {"server.py": base64.b64encode((ATTACKS / f"{name}.py").read_bytes()).decode()}
        bad.asks(job=name, stage="1_echo", files=files, seed=1, tests=[ECHO])
    tests = [playable.test.name for playable in worker_module.Suite("1_echo").tests if playable.test.kind == "core"]
    assert points(good.verdicts(solution("full"), *tests)) == 60
    for _ in range(3):
        assert [line["verdict"] for line in bad.lines() if "verdict" in line] == ["failed"]
    assert (bad.close(), good.close()) == (0, 0)


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_a_worker_that_is_killed_leaves_nothing(mode):
    """Whenever it is killed, all that it has started goes with it."""
    for moment in (0, 0.05, 0.3, 0.6, 1):
        worker = Worker(mode)
        files = {name: base64.b64encode(content).decode() for name, content in solution("full").items()}
        worker.asks(job="x", stage="1_echo", files=files, seed=1)
        if moment:
            worker.process.stdout.readline()
            time.sleep(moment)  # a moment like any other: nothing is waited for
        processes = worker.descendants()
        worker.process.kill()  # its input stays open: that it ends is not why they do
        _, alive = psutil.wait_procs(processes, timeout=10)
        worker.close()
        assert not alive


@isolated
def test_a_further_exercise(workers):
    source = stages.solution(stages.FURTHER, "full", "server").read_bytes()
    verdicts = workers("user").verdicts({"server.py": source}, stage="5_broadcast", exercise="kick")
    assert lost(verdicts) == {}
    assert all(verdict["test"].startswith("5_further/kick/test_server.py::") for verdict in verdicts)


@isolated
def test_a_job_that_is_killed_is_trouble_and_the_next_one_is_done():
    worker = Worker("user")
    files = {name: base64.b64encode(content).decode() for name, content in solution("full").items()}
    worker.asks(job="first", stage="1_echo", files=files, seed=1)
    lines = worker.lines()
    while "verdict" not in next(lines):
        pass
    inside = psutil.Process(worker.process.pid).children()[0]
    for child in inside.children():
        if child.status() != psutil.STATUS_ZOMBIE:
            child.send_signal(signal.SIGKILL)
    *_, last = lines
    assert "signal SIGKILL" in last["trouble"]
    assert points(worker.verdicts(solution("full"), ECHO)) > 0
    assert worker.close() == 0


@isolated
@pytest.mark.parametrize("mode", MODES)
def test_a_path_with_blanks_and_other_letters(tmp_path, mode):
    """The project may be anywhere, also where other users may not look."""
    place = tmp_path / "Grüße aus Übersee"
    suite = place / "tests" / "1_echo"
    suite.mkdir(parents=True)
    for path in (stages.root() / "tests" / "1_echo").glob("*.*"):
        (suite / path.name).write_bytes(path.read_bytes())
    worker = Worker(mode, environment={"PARLEY_ROOT": str(place)})
    assert points(worker.verdicts(solution("full"), ECHO, job="Žofie / Ω")) > 0
    assert worker.close() == 0
