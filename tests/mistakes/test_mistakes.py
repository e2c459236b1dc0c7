"""Every known mistake is caught, by its own test, with the cause and the hint that teach; every hint is needed."""

import pytest

from parley.checks.hints import SLIP, hints
from parley.checks.mistakes import Mistake, caught, failure, mistakes, write_wrong
from parley.contract.errors import NotHere
from parley.stages import EXERCISES, STAGES, WINDOW, root

SUITES = [*STAGES, *EXERCISES, WINDOW]
ALL = [(stage, mistake) for stage in SUITES for mistake in mistakes(stage)]


def every_fifth_is_quick():
    """All mistakes; the others are left to `start.py test --all`."""
    for number, (stage, mistake) in enumerate(ALL):
        marks = [pytest.mark.slow] if number % 5 else []
        yield pytest.param(stage, mistake, id=f"{stage.name}-{mistake.name}", marks=marks)


@pytest.mark.parametrize(("stage", "mistake"), list(every_fifth_is_quick()))
def test_the_mistake_is_caught(stage, mistake, tmp_path):
    write_wrong(stage, mistake, tmp_path)
    try:
        found = caught(stage, mistake, tmp_path)
    except NotHere as missing:
        pytest.skip(str(missing))
    assert found == (None if mistake.not_seen_here else (mistake.cause, mistake.hint))


CLOSES_UNREAD = """
import logging, select, socket, sys

logging.basicConfig(level=logging.INFO)
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
logging.info("listening on %s port %s", *listener.getsockname())
conn, address = listener.accept()
select.select([conn], [], [])
conn.close()
listener.accept()
"""


def test_a_reset_counts_as_the_end(tmp_path):
    echo = "test_server.py::test_what_is_sent_comes_back"
    mistake = Mistake("closes-unread", "server", "Closing is enough.", echo, "end", "echo", whole=CLOSES_UNREAD)
    write_wrong(STAGES[0], mistake, tmp_path)
    failed = failure(STAGES[0], mistake, tmp_path)
    assert (failed.cause, caught(STAGES[0], mistake, tmp_path)) == ("reset", ("end", "echo"))


@pytest.mark.parametrize("stage", SUITES, ids=lambda stage: stage.name)
def test_every_hint_is_reached_by_a_mistake(stage):
    reached = {mistake.hint for mistake in mistakes(stage) if not mistake.not_seen_here} | {SLIP.key}
    assert reached == set(hints(root() / "tests" / stage.name))


def test_the_hint_for_a_slip_is_reached():
    assert [mistake for _, mistake in ALL if mistake.hint == SLIP.key]


@pytest.mark.parametrize("stage", SUITES, ids=lambda stage: stage.name)
def test_there_are_enough_and_each_has_its_name(stage):
    names = [mistake.name for mistake in mistakes(stage)]
    assert len(names) == len(set(names)) >= (8 if stage in STAGES else 3)


def test_there_are_a_hundred():
    assert len(ALL) >= 100
