"""Workers as the driver sees them: processes that take jobs and tell verdicts. How they do it is their affair."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from typing import Any, Protocol

import psutil

from parley.contract.errors import CannotGrade, GraderError
from parley.contract.plain import to_plain
from parley.contract.record import harmless
from parley.grading.jobs import Done, Job, JobTrouble, Line, lines_from

MARK = "PARLEY_WORKER"  # in the environment of a worker, and of all that it starts without a sandbox
CANNOT_WORK = 3  # exit status of a worker that cannot work here at all
STOPS_WITHIN = 2  # seconds that a worker has to end what it runs; and then its reaper


class RunsJobs(Protocol):
    """Who does jobs, one at a time: a WorkerClient, or someone on another machine."""

    def run(self, job: Job) -> Iterator[Line]:
        """Do a job: yields its lines as they come, up to the one that says it is done. Raises GraderError."""

    def tell_to_stop(self) -> None:
        """End it at once, and do not wait."""

    def stop(self) -> None:
        """End it, and all that it has started."""


class WorkerClient:
    """A worker on this machine: a process of its own, which speaks JSON, a line at a time."""

    def __init__(self, sandbox: bool = True, user: int | None = None) -> None:
        """Start it. `sandbox`: whether programs of students run in isolation; `user`: its number, where the worker and
        those programs must be another user than we are (which only root can do).
        """
        self._mark = uuid.uuid4().hex
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (what it says on standard error; closed in stop)
        options = ([] if sandbox else ["--no-sandbox"]) + ([] if user is None else ["--hidden"])
        other_user: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "parley.grading.worker", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, MARK: self._mark},
            cwd=tempfile.gettempdir(),
            start_new_session=os.name != "nt",  # Ctrl+C is for the driver, who stops the workers
            **other_user,
        )
        assert self._process.stdin and self._process.stdout
        self._jobs, self._lines = self._process.stdin, self._process.stdout

    def run(self, job: Job) -> Iterator[Line]:
        """Do a job: yields its lines as they come, up to the one that says it is done.

        Raises GraderError where the worker has some trouble, or ends; CannotGrade where it could not even begin.
        """
        with contextlib.suppress(OSError):  # it is gone: then no line will come
            self._jobs.write(json.dumps(to_plain(job)).encode() + b"\n")
            self._jobs.flush()
        for line in lines_from(self._lines_of(job)):
            if isinstance(line, JobTrouble):
                raise GraderError(line.sentence)
            yield line
            if isinstance(line, Done):
                return
        raise self._end()

    def _lines_of(self, job: Job) -> Iterator[dict[str, Any]]:
        for text in self._lines:
            with contextlib.suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict) and line.get("job") == job.name:
                    yield line
                elif isinstance(line, dict) and "trouble" in line:  # of no job: it could not read one
                    raise CannotGrade(line["trouble"])

    def tell_to_stop(self) -> None:
        """End it at once, and do not wait: what it has started ends with it, or is ended by its reaper."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def stop(self) -> None:
        """End it, and all that it has started. Does nothing if it has ended."""
        with contextlib.suppress(OSError):
            self._jobs.close()  # there are no more jobs: it ends if it has none
        if not self._ends():
            self.tell_to_stop()
            self._ends()
        if self._process.poll() != 0:
            # what it has started may outlive it for a moment, in which its reaper tidies up
            psutil.wait_procs(self._left(), STOPS_WITHIN)
            for process in self._left():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self._process.wait()
        self._lines.close()
        self._said.close()

    def _ends(self) -> bool:
        """Wait for its end for a while; whether it came."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOPS_WITHIN)
        return self._process.poll() is not None

    def _end(self) -> GraderError:
        """The GraderError that its end means, with its last words."""
        try:
            status = self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            return GraderError("the worker said no more.")
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - 4096))
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        words = harmless(lines[-1], 300, 1) if lines else f"exit status {status}."
        if status == CANNOT_WORK:
            return CannotGrade(words)
        return GraderError(f"the worker ended before it was done: {words}")

    def _left(self) -> list[psutil.Process]:
        """It, if it still runs, and what it has started, known by the mark."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark:
                    found.append(process)
        return found
