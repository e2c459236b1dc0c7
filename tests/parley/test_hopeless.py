"""A program that never listens or connects is not waited for again and again, and earns what it would earn anyway."""

import time
from collections import Counter
from itertools import product

import pytest

from parley.checks.check import JOBS, SuiteRun, check, graded_tests
from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.evidence import AS_IT_IS
from parley.checks.hints import hints
from parley.checks.plugin import IN_VAIN, Ledger
from parley.contract.record import Failed
from parley.contract.verdict import Outcome, points_of
from parley.harness import deadlines
from parley.harness.deadlines import Deadlines
from parley.harness.programs import free_port
from parley.harness.scene import STARTS_WITHIN, Scene
from parley.stages import STAGES, root, solution

ECHO = STAGES[0]


def written(folder, server, client=None):
    (folder / "server.py").write_text(server, encoding="utf-8")
    (folder / "client.py").write_text(client or server, encoding="utf-8")
    return folder


def right(program):
    return solution(ECHO, "full", program).read_text(encoding="utf-8")


@pytest.fixture
def waited(monkeypatch):
    """The seconds (of a quick machine) of all waits that were in vain, as a list that grows."""
    seconds = []
    bounded = Deadlines._bounded

    def counted(self, wait, bound, *more):
        came = bounded(self, wait, bound, *more)
        if not came:
            seconds.append(bound)
        return came

    monkeypatch.setattr(Deadlines, "_bounded", counted)
    return seconds


SPINS, SLEEPS = "while True: pass\n", "import time\ntime.sleep(1000)\n"


def never_begin():
    """A stage, a program, and whether it is examined; quick is a check of stage 1, and one that costs no time."""
    for stage, source, examine in product((ECHO, STAGES[-1]), (SPINS, SLEEPS), (True, False)):
        quick = examine and (stage is ECHO or source == SLEEPS)
        name = f"{stage.name}-{'spins' if source == SPINS else 'sleeps'}-{'examined' if examine else 'graded'}"
        yield pytest.param(stage, source, examine, id=name, marks=[] if quick else [pytest.mark.slow])


@pytest.mark.parametrize(("stage", "source", "examine"), list(never_begin()))
def test_nobody_waits_long_for_programs_that_never_begin(stage, source, examine, tmp_path, waited):
    done = check(stage, written(tmp_path, source), seed=1, examine=examine)
    outcomes = Counter(verdict.outcome for verdict in done.verdicts)
    assert done.points.earned == 0 and set(outcomes) == {Outcome.FAILED, Outcome.NOT_REACHED}
    assert outcomes[Outcome.NOT_REACHED] > 0.7 * len(done.verdicts)
    assert sum(waited) / JOBS < 2 * STARTS_WITHIN + 3


@pytest.mark.parametrize("stage", [ECHO, STAGES[-1]], ids=lambda stage: stage.name)
def test_programs_that_are_ended_for_what_they_use_are_not_tried_again_and_again(stage, tmp_path):
    done = check(stage, written(tmp_path, "while True: print('no' * 500_000)\n"), seed=1, examine=False)
    outcomes = Counter(verdict.outcome for verdict in done.verdicts)
    assert done.points.earned == 0 and set(outcomes) == {Outcome.FAILED, Outcome.NOT_REACHED}
    assert outcomes[Outcome.NOT_REACHED] > 0.7 * len(done.verdicts)


def test_no_experiment_is_made_with_a_program_that_never_begins(tmp_path, monkeypatch):
    varied = []
    run = Visit.run
    monkeypatch.setattr(Visit, "run", lambda visit, examine: varied.append(visit.vary) or run(visit, examine))
    check(STAGES[-1], written(tmp_path, SLEEPS), seed=1)
    assert varied == [AS_IT_IS] * 2


@pytest.mark.parametrize("source", [SPINS, SLEEPS], ids=["spins", "sleeps"])
def test_a_slow_machine_is_no_excuse_for_who_had_the_time(source, tmp_path, monkeypatch):
    monkeypatch.setattr(deadlines, "slowness", lambda: 10.0)
    folder = written(tmp_path, source)
    with Scene(folder) as scene:
        server = scene.server(listens=False)
        assert not server.wait_until_it_listens(1, 1.0)
        assert server.deadlines.in_vain and time.monotonic() - server.began < 10
    with Scene(folder) as scene:
        host = scene.host()
        host.comes_within = 1.0
        client = scene.client(host)
        with pytest.raises(Failed):
            host.accepts()
        assert time.monotonic() - client.began < 10


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_sentence_and_an_end_earn_nothing(stage, tmp_path):
    done = check(stage, written(tmp_path, 'import sys\n\nsys.exit("sorry")\n'), seed=1, examine=False)
    assert done.points == (0, 100)


def test_a_program_that_never_listens_earns_the_same_with_and_without_an_examination(tmp_path):
    elsewhere = right("server").replace("(host, int(port))", "(host, int(port) + 1)")
    folder = written(tmp_path, elsewhere, right("client"))
    with_diagnosis, without = (check(ECHO, folder, ["server"], seed=1, examine=examine) for examine in (True, False))
    assert with_diagnosis.points == without.points == (0, 50)  # an error counts only of a program that was seen at work
    assert with_diagnosis.diagnoses[0].fault == "fixed-port" and without.diagnoses == []


def test_a_program_that_takes_its_time_is_not_given_up(tmp_path):
    late = "import time\ntime.sleep(1.2)\n" + right("server")
    names = ["test_what_is_sent_comes_back", "test_a_client_may_go_on", "test_a_port_that_is_none"]
    found = [
        verdict for name in names for verdict in check(ECHO, written(tmp_path, late), ["server"], test=name).verdicts
    ]
    assert points_of(found).earned == points_of(found).of


def test_a_program_that_was_seen_to_begin_is_not_given_up(tmp_path):
    ledger = Ledger(None, 1, tmp_path)
    ledger.waited_in_vain["server"] = IN_VAIN
    assert ledger.given_up("server") and not ledger.given_up("client")
    run = SuiteRun(Ledger(None, 1, solution(ECHO, "full", "server").parent), hints(root() / "tests" / ECHO.name))
    run.ledger.seen_elsewhere = lambda program: bool(run.ledger.verdicts)
    tests = list(graded_tests(root() / "tests" / ECHO.name, "test_server.py", ECHO.name))[:2]
    run.ledger.begin([playable.test for playable in tests])
    with run:
        for playable in tests:
            run.run_test(playable)
    assert [verdict.outcome for verdict in run.ledger.verdicts.values()] == [Outcome.PASSED] * 2


@pytest.mark.parametrize("source", [SLEEPS, SPINS], ids=["sleeps", "spins"])
def test_what_is_given_up_is_not_told_again(source, tmp_path, waited):
    scene = Scene(written(tmp_path, source))
    scene.given_up = lambda program: True
    with scene:
        with pytest.raises(Failed) as caught:
            scene.server(port=free_port())
        assert caught.value.cause == "not reached"
        host = scene.host(address=("127.0.0.1", free_port()))
        client, before = scene.client(host).types("x" * 200_000), len(waited)  # more than fits in a pipe
        client.comes_to_rest()
        assert len(waited) == before
        with pytest.raises(Failed) as caught:
            host.accepts()
        assert caught.value.cause == "not reached"
