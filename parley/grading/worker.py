"""A worker: a warm process that plays the suite of a stage on one submission after another.

    python -I -m parley.grading.worker [--no-sandbox [--hidden]]

Jobs come in as lines of JSON, and results go out as such lines, each as soon as it's known (see parley.grading.jobs).

The last line of a job says that it's done, or names a grader error: then nothing of the job counts. The worker ends
when there are no more jobs. You can kill it at any moment. Everything it started ends with it.

Each job has its own process, a copy of this one with all suites in memory already. With --no-sandbox nothing is
isolated, and this process does all jobs itself. With --hidden as well, the programs can't look into it, although they
run as the same user.
"""

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from parley import stages
from parley.checks.check import JOBS, Playable, SuiteRun, graded_tests, suite_pages
from parley.checks.hints import hints_of
from parley.checks.plugin import Ledger
from parley.contract.errors import BadInput, Exhausted, GraderError, NoSandbox
from parley.contract.plain import from_plain, to_plain
from parley.contract.record import Failed
from parley.contract.verdict import GradedTest, Outcome, Verdict
from parley.grading.jobs import Begins, Diagnosed, Done, Job, JobTrouble, Line, Manifest
from parley.harness import reaper
from parley.harness.programs import how_it_ended
from parley.isolation import sandbox
from parley.isolation.namespaces import PARENT_EVERY

NO_SANDBOX = 3  # exit status
PR_SET_DUMPABLE = 4  # of prctl
LAST = b"\0"  # precedes the last line of a job, from the job's process: JSON has no such byte
MOST_SILENCE = 240  # seconds without a line of a job: longer than any test may take
MOST_MEMORY = 768 * 1024**2  # bytes of memory of a job's process
MOST_SAID = 2 * 1024**2  # bytes of all stories of a job: later ones are shortened
HEAD_START = 1.0  # seconds, at most, that the first test of each program has before the others begin
LOOKS_EVERY = 0.2  # seconds between two checks of that process
LAST_PROCESSES = 10  # seconds until a job's leftover processes must be gone

Say = Callable[[Line], object]  # writes a line


class Suite:
    """A suite, read once: its hints, and its tests from check.graded_tests."""

    def __init__(self, stage: str, exercise: str | None = None) -> None:
        """Read the suite of a stage, or of one of its extra exercises. Raise BadInput with a sentence."""
        found = [stages.find(stage)]
        if exercise is not None:
            found = list(stages.further(found[0], exercise))
        if len(found) != 1:
            raise BadInput(f"{exercise} isn't a single extra exercise.")
        self.name = found[0].name
        self.folders = stages.suites(found[0])
        self.pages = suite_pages(found[0])
        self.hints = hints_of(found[0])
        self.tests = [
            test for page in self.pages for test in graded_tests(page.parent, page.name, self.name, self.hints)
        ]

    def some(self, names: Sequence[str] | None) -> list[Playable]:
        """Return the tests of these names, with or without the name of the suite before them (None: all)."""
        if names is None:
            return self.tests
        prefix = f"{self.name}/"
        known = {playable.test.name: playable for playable in self.tests}
        wanted = [name if name.startswith(prefix) else prefix + name for name in names]
        if missing := [name for name in wanted if name not in known]:
            raise GraderError(f"There's no test {missing[0]}.")
        return [known[name] for name in wanted]


class SpokenLedger(Ledger):
    """The ledger of one job, which writes out what it notes."""

    def __init__(self, say: Say, seed: int, submission: str) -> None:
        super().__init__(None, seed, submission)
        self._say, self._said = say, 0

    def decide(self, verdict: Verdict) -> None:
        """Note a verdict."""
        if verdict.story:
            self._said += verdict.story.size
            if self._said > MOST_SAID:
                verdict = replace(verdict, story=verdict.story.shortened())
        super().decide(verdict)
        self._say(verdict)


def play_job(job: Job, suite: Suite, say: Say, start: Any = None, alone: Callable[[], object] = lambda: None) -> Done:
    """Play the tests of a job, write the result of each, and return the last line.

    `say(line)`: writes a line; `start`: how to start programs (see parley.harness.scene.Scene); `alone()`: called on a
    test's thread before it begins. Raise GraderError, OSError or ValueError.
    """
    if job.talk:
        from parley.grading.interop import talk

        alone()
        return talk(job, say, start)
    tests = suite.some(job.tests)
    began, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix=reaper.folder_prefix()) as folder:
        for name, content in job.files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        run = SuiteRun(SpokenLedger(say, job.seed, folder), suite.hints, start)
        run.ledger.begin([playable.test for playable in tests])
        say(Manifest(tuple(run.ledger.manifest), sandbox=start is not None))

        def play(playable: Playable) -> None:
            say(Begins(playable.test.name))
            alone()
            run.run_test(playable)

        # one of each program goes ahead: what it uses up there, several at once would use up together
        firsts = list({playable.test.program: playable for playable in reversed(tests)}.values())
        with ThreadPoolExecutor(JOBS) as pool, run:
            futures = [pool.submit(play, playable) for playable in firsts]
            wait(futures, timeout=HEAD_START)
            futures += [pool.submit(play, playable) for playable in tests if playable not in firsts]
            for future in futures:
                future.result()
        if job.tests is None and not run.trouble:
            verdicts = [run.verdict(playable.test) for playable in tests]
            say(_diagnosed(suite.name, Path(folder), verdicts, run.failures, start, alone))
    if run.trouble:
        raise GraderError(run.trouble[0])
    return Done(time.monotonic() - began, time.process_time() - cpu + sum(run.used.values()))


def _diagnosed(
    stage: str,
    folder: Path,
    verdicts: Sequence[Verdict],
    failures: Mapping[str, Failed],
    start: Any,
    alone: Callable[[], object],
) -> Diagnosed:
    """Return what is wrong with the programs in this folder, if they lost points."""
    if not any(verdict.lost for verdict in verdicts):
        return Diagnosed(())
    from parley.grading.explain import explained  # only now, because playing tests doesn't need it

    return Diagnosed(explained(stage, folder, verdicts, failures, start, alone))


class LineWriter:
    """The output for the lines about a job. Any thread may write."""

    def __init__(self, out: BinaryIO, job: str | None) -> None:
        self._out, self._job = out, job
        self._lock = threading.Lock()

    def say(self, line: Line) -> None:
        """Write a line."""
        self.write((json.dumps({"job": self._job, **to_plain(line)}, ensure_ascii=True) + "\n").encode())

    def write(self, data: bytes) -> None:
        """Write bytes, without a buffer."""
        with self._lock:
            self._out.write(data)
            self._out.flush()


class Worker:
    """Takes jobs, one at a time."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._suites: dict[tuple[str, str | None], Suite] = {}

    def take(self, text: bytes | str) -> None:
        """Do the job that this line of JSON describes."""
        name = None
        try:
            data = json.loads(text)
            name = data["job"]
            suite = self._suite(data["stage"], data.get("exercise"))
            self._do(from_plain(Job, data), suite)
        except (GraderError, OSError, ValueError) as problem:
            LineWriter(self._out, name).say(JobTrouble(str(problem) or type(problem).__name__))
        except (KeyError, TypeError, AttributeError) as problem:
            sentence = f"The job isn't as it should be: {type(problem).__name__}: {problem}"
            LineWriter(self._out, name).say(JobTrouble(sentence))

    def _do(self, job: Job, suite: Suite) -> None:
        lines = LineWriter(self._out, job.name)
        lines.say(play_job(job, suite, lines.say))

    def _suite(self, stage: str, exercise: str | None) -> Suite:
        """The suite of a stage or exercise, read once."""
        if (stage, exercise) not in self._suites:
            self._suites[stage, exercise] = Suite(stage, exercise)
        return self._suites[stage, exercise]


class Heard:
    """What is known of a job: its tests, and which of them have a verdict."""

    def __init__(self) -> None:
        self.tests: dict[str, GradedTest] = {}
        self._decided: set[str] = set()

    def note(self, lines: bytes) -> None:
        """Note these whole lines."""
        for line in map(json.loads, lines.splitlines()):
            if "manifest" in line:
                self.tests = {test.name: test for test in from_plain(Manifest, line).tests}
            elif "verdict" in line:
                self._decided.add(line["test"])

    def undecided(self) -> list[GradedTest]:
        """The tests without a verdict."""
        return [test for name, test in self.tests.items() if name not in self._decided]


class IsolatingWorker(Worker):
    """A worker in its own namespaces, which lets a copy of itself do each job, with each program in a sandbox."""

    def _do(self, job: Job, suite: Suite) -> None:
        here, there = os.pipe()
        gc.freeze()  # everything loaded so far is shared with the copies for good
        child = os.fork()
        if child == 0:
            os.close(here)
            _do_isolated(job, suite, there)
        os.close(there)
        heard = Heard()
        try:
            last = self._pass_on(here, child, heard)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except Exhausted as exhausted:
            lines = LineWriter(self._out, job.name)
            for test in heard.undecided():
                lines.say(Verdict(test, Outcome.OUT_OF_TIME, str(exhausted)))
            return lines.say(Done(0.0, 0.0))
        finally:
            os.close(here)
            end_all_others()
        if not last:
            raise GraderError(f"The process of this job exited with {how_it_ended(status)}.")
        self._write(last)

    def _pass_on(self, pipe: int, child: int, heard: Heard) -> bytes:
        """Pass on whole lines until the job's process exits. Return the last one, if it arrived.

        Raise Exhausted if that process is silent for too long, or takes too much memory, because only the submission
        can have caused that. Before its first test, raise GraderError.
        """
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        rest, at = b"", time.monotonic()
        while time.monotonic() - at < MOST_SILENCE and _memory_of(child) < MOST_MEMORY:
            if not poll.poll(min(LOOKS_EVERY, MOST_SILENCE) * 1000):
                continue
            at = time.monotonic()
            piece = os.read(pipe, 1 << 20)
            lines, end, rest = (rest + piece).rpartition(b"\n")
            lines, _, last = (lines + end).partition(LAST)
            heard.note(lines)
            self._write(lines)
            if last or not piece:
                return last
        silent = time.monotonic() - at >= MOST_SILENCE
        what = f"This job was silent for {MOST_SILENCE} s." if silent else "This job took too much memory."
        raise Exhausted(what) if heard.tests else GraderError(what)

    def _write(self, lines: bytes) -> None:
        self._out.write(lines)
        self._out.flush()


def _do_isolated(job: Job, suite: Suite, pipe: int) -> NoReturn:
    """Do a job in this process, which then exits. Write its lines into this pipe, with LAST before the last one."""
    out = LineWriter(open(pipe, "wb"), job.name)  # noqa: SIM115 - it stays open until this process ends
    last: Line
    with contextlib.suppress(KeyboardInterrupt):
        try:
            box = sandbox.Sandbox()
            last = play_job(job, suite, out.say, box, box.fresh_network)
        except (GraderError, OSError, ValueError, NoSandbox) as problem:
            last = JobTrouble(str(problem) or type(problem).__name__)
        except Exception as problem:
            traceback.print_exc()
            last = JobTrouble(f"{type(problem).__name__}: {problem}")
        out.write(LAST)
        out.say(last)
    os._exit(0)  # even with threads running


def _memory_of(pid: int) -> int:
    """Return the bytes of memory of a process now, or 0 if it no longer exists."""
    with contextlib.suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def end_all_others() -> None:
    """Kill all other processes in our namespace, and check that they are gone. Raise GraderError."""
    end = time.monotonic() + LAST_PROCESSES
    while others := [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
        if time.monotonic() > end:
            raise GraderError(f"These processes of a job couldn't be ended: {others}.")
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.001)  # they need a moment to die, and nothing tells us when


def main(words: Sequence[str]) -> int:
    """Take jobs from standard input until it ends."""
    if unknown := set(words) - {"--no-sandbox", "--hidden"}:
        print(f"The worker doesn't know {' '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    try:
        worker = _worker(words)
        for text in sys.stdin.buffer:
            if text.strip():
                worker.take(text)
    except NoSandbox as problem:
        print(problem, file=sys.stderr)
        return NO_SANDBOX
    except KeyboardInterrupt:
        return 130
    return 0


def _worker(words: Sequence[str]) -> Worker:
    if "--hidden" in words:
        _hide()
    if "--no-sandbox" in words:
        threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
        return Worker(sys.stdout.buffer)
    sandbox.enter()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # otherwise the programs would ignore Ctrl+C too
    return IsolatingWorker(sys.stdout.buffer)


def _end_with(parent: int) -> None:
    """End this process when its parent exits in any way. The reaper ends what the job started."""
    while os.getppid() == parent:
        time.sleep(PARENT_EVERY)  # nothing tells us
    os._exit(1)


def _hide() -> None:
    """Keep programs of the same user from looking into this process, or writing into its pipes (Linux).

    Source: prctl(2), PR_SET_DUMPABLE: /proc/PID of such a process belongs to root, and only root may trace it.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process can't be hidden")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
