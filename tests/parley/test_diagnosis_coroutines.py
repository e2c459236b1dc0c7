"""What is told of programs with asyncio: what runs in its thread, and what should not."""

import pytest

from parley.checks.diagnosis.catalogue import faults
from parley.checks.diagnosis.coroutines import awaited_in_turn, in_coroutine, sleep_in_coroutine, unsafe_call
from parley.checks.diagnosis.evidence import Evidence, Failure
from parley.checks.diagnosis.ranking import diagnoses
from parley.contract.diagnosis import Fact
from parley.contract.record import Event

CALLS = """async def main():
    work()


def work():
    wait()


def wait():
    input()


def other():
    input()
"""


CLOSE_TYPED = ("server", "types", b"/close\n")


def told(source, *facts, last=("Anna", "sends", b"Anna\n")):
    """The faults that are told of a server with this text that has sent nothing after what was done last."""
    silent = {"who": "server", "other": "Anna", "seconds": 2}
    test, events = "5_broadcast/test_server.py::test_leaving", (Event(0.1, *last),)
    failure = Failure(test, "server", "A.", 2, "core", "silence", silent, events=events)
    evidence = Evidence([failure], list(facts), lambda which, vary: [], {"server": source})
    return {each.fault: each.sentence for each in diagnoses(evidence, faults("5_broadcast"), ["server"])}


@pytest.mark.parametrize(("line", "its_thread"), [(2, True), (6, True), (10, True), (14, False)])
def test_what_coroutines_call_runs_in_their_thread(line, its_thread):
    assert in_coroutine(CALLS, line) == its_thread
    waits = {"thread": "main", "call": "input", "line": line, "told": "Main waits for the keyboard."}
    found = told(CALLS, Fact("server", "trouble", {"what": "greeting"}), Fact("server", "stands", waits))
    assert ("input-blocks-loop" in found) == its_thread


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("async def f():\n    time.sleep(1)\n", 2),
        ("async def f():\n    g()\ndef g():\n    time.sleep(1)\n", 4),
        ("async def f():\n    await asyncio.sleep(1)\n", 0),
        ("from asyncio import sleep\nasync def f():\n    await sleep(1)\n", 0),
        ("def f():\n    time.sleep(1)\n", 0),
    ],
)
def test_a_sleep_that_holds_up_all_coroutines(source, line):
    assert sleep_in_coroutine(source) == line
    assert ("sleeps-at-work" in told(source)) == bool(line)


RINGS = """over = asyncio.Event()
queue = asyncio.Queue()


def console(loop, bell):
    {}


threading.Thread(target=console, args=[loop, over]).start()
"""


@pytest.mark.parametrize(
    ("call", "unsafe"),
    [
        ("bell.set()", "bell.set"),
        ("queue.put_nowait(line)", "queue.put_nowait"),
        ("loop.call_soon_threadsafe(bell.set)", None),
        ("asyncio.run_coroutine_threadsafe(queue.put(line), loop)", None),
        ("names.clear()", None),
    ],
)
def test_what_another_thread_may_not_call(call, unsafe):
    source = RINGS.format(call)
    found = unsafe_call(source)
    assert (found.call if found else None) == unsafe
    assert ("not-threadsafe" in told(source, last=CLOSE_TYPED)) == bool(unsafe)
    assert "not-threadsafe" not in told(source)  # nothing was typed
    assert "not-threadsafe" not in told(source.replace("asyncio.", "threading."), last=CLOSE_TYPED)


ALL = "async def hear():\n    while True:\n        await get()\n\n\nasync def main():\n    {}\n    {}\n"


@pytest.mark.parametrize(
    ("first", "second", "in_turn"),
    [
        ("await hear()", "await hear()", True),
        ("asyncio.create_task(hear())", "await hear()", False),
        ("await say()", "await hear()", False),  # it has no loop
    ],
)
def test_coroutines_that_wait_for_each_other(first, second, in_turn):
    source = ALL.format(first, second)
    assert bool(awaited_in_turn(source)) == in_turn
    assert ("coroutines-in-turn" in told(source, Fact("server", "trouble", {"what": "greeting"}))) == in_turn
    assert "coroutines-in-turn" not in told(source)  # what was looked at is right


@pytest.mark.parametrize("asks", ["if not join(name):\n    pass\n", "join(name)\n", "while join(name):\n    pass\n"])
def test_a_condition_that_waits_for_no_coroutine(asks):
    warning = b"/tmp/server.py:1: RuntimeWarning: coroutine 'Chat.join' was never awaited\n"
    assert list(told(asks, last=("server", "logs", warning)))[:1] == ["missing-await"]
