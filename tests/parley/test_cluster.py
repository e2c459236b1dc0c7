"""More than one machine: a scheduler and two workers, one of them killed, and the grades are the same."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from helpers import until

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'parley-workbook[cluster]'")

from parley import stages
from parley.contract.errors import CannotGrade
from parley.grading import cluster, driver, verdict_log
from parley.grading.worker import Suite

SECONDS = 120  # bound of what is waited for
ECHO = stages.find(1)


class Machines:
    """A scheduler and workers, processes of their own on this machine."""

    def __init__(self, folder, workers):
        self._folder, self._file = folder, folder / "scheduler.json"
        self._scheduler = self._start("scheduler", "--port", "0")
        until(lambda: self._file.exists() and self._file.read_text(), "the scheduler's file", SECONDS)
        self.address = json.loads(self._file.read_text(encoding="utf-8"))["address"]
        self.workers = [self._start("worker", "--nthreads", "2", "--no-nanny") for _ in range(workers)]

    def _start(self, what, *options):
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, "--scheduler-file", self._file]
        options = [*options, "--no-dashboard", "--host", "127.0.0.1"]
        said = (self._folder / f"{what}.log").open("ab")
        return subprocess.Popen([*command, *options], cwd=self._folder, stdout=said, stderr=said)

    def ready(self):
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=SECONDS)
        return self

    def end(self):
        for process in [*self.workers, self._scheduler]:
            process.terminate()
        for process in [*self.workers, self._scheduler]:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    """Six students, some right and some wrong, of stage 1."""
    folder = tmp_path_factory.mktemp("class")
    for number, version in enumerate(("full", "quiet", "bare") * 2):
        place = folder / f"student {number}" / ECHO.name
        place.mkdir(parents=True)
        for program in ECHO.programs:
            text = stages.solution(ECHO, version, program).read_text(encoding="utf-8")
            (place / f"{program}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def machines(tmp_path):
    there = Machines(tmp_path, 2)
    try:
        yield there.ready()
    finally:
        there.end()


def grade(submissions, folder, address, watch=None):
    with cluster.Cluster(address, sandbox=False) as many:
        return driver.grade(
            submissions, folder, [ECHO], sandbox=False, seed=3, jobs=many.places, start=many.worker, watch=watch
        )


def test_a_worker_that_is_killed_changes_nothing(submissions, tmp_path, machines):
    class Kills(driver.Watch):
        """Kills one of the workers as soon as there is a first verdict."""

        def verdict(self, task):
            machines.workers[0].kill()

    result = grade(submissions, tmp_path / "grades", machines.address, Kills())
    assert machines.workers[0].wait(10) != 0
    expected = {f"student-{number}": each for number, each in enumerate((100, 90, 60) * 2)}
    assert [student.points for student in result.grades.students] == list(expected.values()), lost(result)
    assert not result.not_graded
    for student in result.grades.students:
        told = verdict_log.log_of(tmp_path / "grades", student.key, ECHO.name).read_text(encoding="utf-8").splitlines()
        verdicts = [line["test"] for line in map(json.loads, filter(str.strip, told)) if "verdict" in line]
        assert len(verdicts) == len(set(verdicts)) == len(student.stages[ECHO.name].tests)


def test_a_driver_that_is_killed_goes_on_where_it_was(submissions, tmp_path, machines):
    folder = tmp_path / "grades"
    command = [sys.executable, "-m", "parley.cli", "grade", submissions, "-o", folder, "--stage", "1", "--no-sandbox"]
    first = subprocess.Popen([*command, "--cluster", machines.address, "--jobs", "2"], stdout=subprocess.DEVNULL)
    done = until(lambda: whole(folder), "a whole file of facts", SECONDS)
    first.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    first.wait()

    class Counts(driver.Watch):
        jobs = None

        def begins(self, submissions, notes, tasks, unchanged):
            Counts.jobs = {task.student for task in tasks}

    kept = {path: path.read_bytes() for path in done}
    with cluster.Cluster(machines.address, sandbox=False) as many:
        settings = {"sandbox": False, "jobs": many.places, "start": many.worker, "watch": Counts()}
        result = driver.grade(submissions, folder, [ECHO], **settings)
    assert sorted(student.points for student in result.grades.students) == [60, 60, 90, 90, 100, 100], lost(result)
    assert not Counts.jobs & {path.parent.name for path in kept}
    assert all(path.read_bytes() == data for path, data in kept.items())


def lost(result):
    """Where points were lost, and why, for whoever reads that other points were expected."""
    return "\n".join(
        f"{student.key}, {scored.test.name}: {scored.verdict.reason}\n{scored.verdict.story}"
        for student in result.grades.students
        for scored in student.stages[ECHO.name].tests
        if scored.points < scored.test.points
    )


def whole(folder):
    """The files of facts that are whole."""
    tests = len(Suite(ECHO.name).tests)
    logs = (folder / "facts").rglob("*.jsonl")
    return [path for path in logs if path.read_text(encoding="utf-8").count('"verdict": ') == tests]


def test_nothing_is_left_in_the_cluster_when_the_driver_is_done(submissions, tmp_path, machines):
    grade(submissions, tmp_path / "grades", machines.address)
    family = [psutil.Process(worker.pid) for worker in machines.workers]
    until(lambda: not any(process.children(recursive=True) for process in family), "the end of all workers", SECONDS)


def test_no_cluster_is_told_in_a_sentence():
    with pytest.raises(CannotGrade, match=r"No scheduler answers at tcp://127\.0\.0\.1:1"):
        cluster.Cluster("tcp://127.0.0.1:1")


def test_a_cluster_without_workers_is_told_in_a_sentence(tmp_path):
    there = Machines(tmp_path, 0)
    try:
        with pytest.raises(CannotGrade, match="has no workers"):
            cluster.Cluster(there.address)
    finally:
        there.end()


def test_another_edition_is_told_from_ours(tmp_path, monkeypatch):
    before = cluster.edition()
    assert before == cluster.edition()
    for part in ("tests/1_echo", "parley"):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "tests" / "1_echo" / "test_server.py").write_text("pass\n", encoding="utf-8")
    monkeypatch.setenv("PARLEY_ROOT", str(tmp_path))
    assert cluster.edition() != before
