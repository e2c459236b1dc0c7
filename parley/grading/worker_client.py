"""Judges as the driver sees them: processes that take jobs and tell verdicts. How they do it is their affair."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid

import psutil

from parley.contract.errors import CannotGrade, GraderError
from parley.contract.record import harmless

MARK = "PARLEY_JUDGE"  # in the environment of a judge, and of all that it starts without a sandbox
CANNOT_WORK = 3  # exit status of a judge that cannot work here at all
STOPS_WITHIN = 2  # seconds that a judge has to end what it runs; and then its keeper


class Judge:
    """A judge on this machine: a process of its own, which speaks JSON, a line at a time."""

    def __init__(self, sandbox=True, user=None):
        """Start it. `sandbox`: whether programs of students run in isolation; `user`: its number, where the judge and
        those programs shall be another user than we are (which only root can do).
        """
        self._mark = uuid.uuid4().hex
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (what it says on standard error; closed in close)
        options = ([] if sandbox else ["--no-sandbox"]) + ([] if user is None else ["--hidden"])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "parley.grading.worker", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, MARK: self._mark},
            cwd=tempfile.gettempdir(),
            start_new_session=os.name != "nt",  # Ctrl+C is for the driver, who stops the judges
            **({} if user is None else {"user": user, "group": user, "extra_groups": []}),
        )

    def run(self, job):
        """Do a job (plain data): yields its lines (dicts) as they come, up to the one that says it is done.

        Raises GraderError where the judge has some, or ends; CannotGrade where it could not even begin.
        """
        with contextlib.suppress(OSError):  # it is gone: then no line will come
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
        for line in self._lines():
            if line.get("job") == job["job"] and "trouble" not in line:
                yield line
                if line.get("done"):
                    return
            elif "trouble" in line:
                raise (GraderError if line.get("job") else CannotGrade)(line["trouble"])
        raise self._end()

    def tell_to_stop(self):
        """End it at once, and do not wait: what it has started ends with it, or is ended by its keeper."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def stop(self):
        """End it, and all that it has started. Does nothing if it has ended."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # there are no more jobs: it ends if it has none
        if not self._ends():
            self.tell_to_stop()
            self._ends()
        if self._process.poll() != 0:
            # what it has started may outlive it for a moment, in which its keeper tidies up
            psutil.wait_procs(self._left(), STOPS_WITHIN)
            for process in self._left():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._said.close()

    def _ends(self):
        """Wait for its end for a while; whether it came."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOPS_WITHIN)
        return self._process.poll() is not None

    def _lines(self):
        for text in self._process.stdout:
            with contextlib.suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict):
                    yield line

    def _end(self):
        """The GraderError that its end means, with its last words."""
        try:
            status = self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            return GraderError("the judge said no more.")
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - 4096))
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        words = harmless(lines[-1], 300, 1) if lines else f"exit status {status}."
        return (
            CannotGrade(words) if status == CANNOT_WORK else GraderError(f"the judge ended before it was done: {words}")
        )

    def _left(self):
        """It, if it still runs, and what it has started, known by the mark."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self._mark:
                    found.append(process)
        return found
