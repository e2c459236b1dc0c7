"""Workers from the driver's side: processes that take jobs and return verdicts."""

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

MARK = "PARLEY_WORKER"  # in the environment of a worker, and of everything it starts without a sandbox
CANNOT_WORK = 3  # exit status of a worker that cannot work here at all
STOPS_WITHIN = 2  # seconds for a worker to end what it runs, and then for its reaper


class RunsJobs(Protocol):
    """Does jobs, one at a time: a WorkerClient, or a worker on another machine."""

    def run(self, job: Job) -> Iterator[Line]:
        """Do a job: yield its lines as they come, up to the one that says it's done. Raise GraderError."""

    def tell_to_stop(self) -> None:
        """End it immediately, without waiting."""

    def stop(self) -> None:
        """End it, and everything it started."""


class WorkerClient:
    """A worker on this machine: a separate process that reads and writes lines of JSON."""

    def __init__(self, sandbox: bool = True, user: int | None = None) -> None:
        """Start it. `sandbox`: whether students' programs run in isolation; `user`: a number, if the worker and those
        programs must run as another user than we do (which only root can start).
        """
        self._mark = uuid.uuid4().hex
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (its standard error; closed in stop)
        options = ([] if sandbox else ["--no-sandbox"]) + ([] if user is None else ["--hidden"])
        other_user: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "parley.grading.worker", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, MARK: self._mark},
            cwd=tempfile.gettempdir(),
            start_new_session=os.name != "nt",  # Ctrl+C is for the driver, which stops the workers
            **other_user,
        )
        assert self._process.stdin and self._process.stdout
        self._jobs, self._lines = self._process.stdin, self._process.stdout

    def run(self, job: Job) -> Iterator[Line]:
        """Do a job: yield its lines as they come, up to the one that says it's done.

        Raise GraderError if the worker has a problem or exits, and CannotGrade if it couldn't even start.
        """
        with contextlib.suppress(OSError):  # it exited: no line will come
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
                elif isinstance(line, dict) and "trouble" in line:  # not about a job: it couldn't read one
                    raise CannotGrade(line["trouble"])

    def tell_to_stop(self) -> None:
        """End it immediately, without waiting. What it started ends with it, or its reaper ends that."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def stop(self) -> None:
        """End it, and everything it started. Do nothing if it has exited."""
        with contextlib.suppress(OSError):
            self._jobs.close()  # no more jobs: it exits if it's idle
        if not self._ends():
            self.tell_to_stop()
            self._ends()
        if self._process.poll() != 0:
            # what it started may outlive it for a moment, until its reaper has cleaned up
            psutil.wait_procs(self._left(), STOPS_WITHIN)
            for process in self._left():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self._process.wait()
        self._lines.close()
        self._said.close()

    def _ends(self) -> bool:
        """Wait a while for its end. Return whether it exited."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOPS_WITHIN)
        return self._process.poll() is not None

    def _end(self) -> GraderError:
        """Return the GraderError for its end, with its last words."""
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
        """Return the worker, if it still runs, and what it started, found by the mark."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark:
                    found.append(process)
        return found
