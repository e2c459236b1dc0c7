"""One mistake each in programs of other kinds than ours: asyncio, selectors, socketserver, classes, a lock.

What is told first must fit there too. The whole table is nightly, because each line of it is a whole check.
"""

import pytest

from parley import stages
from parley.checks.check import check
from parley.stages import root

SIDE_BY_SIDE = """    tasks = [asyncio.create_task(send(typed, writer)), asyncio.create_task(show(reader))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
"""
IN_TURN = """    tasks, done = [], []
    try:
        await send(typed, writer)
        await show(reader)
"""
HELLO = '    writer.write(b"Hello'
SLEEPS = f"    from time import sleep\n            sleep(0.5)\n        {HELLO}"
JOINS = '_put(f"[{newcomer.name} joins'
PUTS = 'loop.call_soon_threadsafe(typed.put_nowait, line.rstrip("\\n"))'

WRONG = [  # (variant, program, what is written there, what stands there instead, what is told first)
    ("1_echo/asyncio", "server", "data := await reader", "data := reader", "missing-await"),
    ("1_echo/asyncio", "server", "reader.read(4096)", "reader.readline()", "expects-line-end"),
    ("1_echo/asyncio", "server", "    finally:\n        writer.close()\n", "", "does-not-close"),
    ("2_logbook/protocol_json", "server", "self.entries.waiting[0].transport.resume_reading()\n\n\n", "pass\n\n\n",
     "never-its-turn"),
    ("2_logbook/socketserver", "server", "line := self.rfile.readline(MAX_LINE + 3)", "line := self.request.recv(1024)",
     "recv-is-a-message"),
    ("3_turns/clases", "server", "self.resto[: final + 1]", "self.resto[:final]", "newline-left-behind"),
    ("3_turns/makefile", "client", "    stream.flush()\n", "", "sent-not-flushed"),
    ("4_peers/asyncio_streams", "client", PUTS, 'typed.put_nowait(line.rstrip("\\n"))', "not-threadsafe"),
    ("4_peers/asyncio_streams", "client", SIDE_BY_SIDE, IN_TURN, "coroutines-in-turn"),
    ("4_peers/classes_chinese", "server", "inbox, MAX_LINE).start()", "inbox, MAX_LINE)", "thread-never-started"),
    ("5_broadcast/asyncio_streams", "server", "await self.join(", "self.join(", "missing-await"),
    ("5_broadcast/asyncio_streams", "server", "loop.call_soon_threadsafe(over.set)", "over.set()", "not-threadsafe"),
    ("5_broadcast/asyncio_streams", "server", HELLO, SLEEPS, "sleeps-at-work"),
    ("5_broadcast/classes_chinese", "client", "(line.decode(errors=", "(str(line) or line.decode(errors=",
     "bytes-shown-as-b"),
    ("5_broadcast/classes_chinese", "client", "print(text, flush=True)\n        self.prompt()",
     'print(text, end="", flush=True)\n        self.prompt()', "no-newline-shown"),
    ("5_broadcast/lock_spanish", "server", "del rest[: end + 1]", "del rest[:end]", "newline-left-behind"),
    ("5_broadcast/poll_catalan", "server", "        espera.unregister(self.conn)\n", "", "closed-still-watched"),
    ("5_broadcast/poll_catalan", "server", "in list(gent.items()):", "in gent.items():", "iterate-while-removing"),
    ("5_broadcast/selectors_loop", "server", "            self.watch(visitor, 0)\n", "", "slip-taken-for-trouble"),
    ("5_broadcast/socketserver_outboxes", "server", "        self.sender.start()\n", "", "thread-never-started"),
    ("5_broadcast/socketserver_outboxes", "server", JOINS, JOINS.replace("_put", "tell_all"), "lock-twice"),
]  # fmt: skip


@pytest.mark.nightly
@pytest.mark.parametrize(("variant", "program", "right", "wrong", "fault"), WRONG)
def test_what_is_told_first_of_programs_of_other_kinds(tmp_path, variant, program, right, wrong, fault):
    stage = stages.find(variant[0])
    for each in stage.programs:
        own = root() / "tests" / "variants" / variant / f"{each}.py"
        source = (own if own.exists() else stages.solution(stage, "full", each)).read_text(encoding="utf-8")
        if each == program:
            assert source.count(right) == 1
            source = source.replace(right, wrong)
        (tmp_path / f"{each}.py").write_text(source, encoding="utf-8")
    done = check(stage, tmp_path, [program], seed=7)
    assert not done.examined.trouble
    assert done.diagnoses[0].fault == fault, done.diagnoses
