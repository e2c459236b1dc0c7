"""Workers on other machines: the same jobs, sent to a Dask cluster; what is found comes back as JSON.

The driver alone writes grades; a machine of the cluster runs workers of ours and keeps nothing. Every machine
needs the same Parley, installed with its extra `cluster`, and what the sandbox needs.
"""

import contextlib
import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parley import stages
from parley.contract.errors import CannotGrade, GraderError
from parley.contract.plain import from_plain, to_plain
from parley.grading.jobs import Job, Line, SignOfLife, lines_from
from parley.grading.worker_client import WorkerClient

SIGN_OF_LIFE = 1.0  # seconds between two of them, while a job is on its way
CONNECTS_WITHIN = 10  # seconds
CLOSES_WITHIN = 5  # seconds

# At the driver


class Cluster:
    """A Dask cluster; `with Cluster(address, sandbox) as cluster: ... start=cluster.worker`."""

    def __init__(self, address: str, sandbox: bool = True) -> None:
        """`address`: of the scheduler, such as tcp://10.0.0.5:8786.

        Raises CannotGrade with one sentence where there is none, where it has no workers, or where a worker has
        another Parley than we have.
        """
        try:
            from distributed import Client
        except ImportError:
            command = stages.install("cluster", f"grade --cluster {address}")
            raise CannotGrade(f"A cluster needs Dask, which isn't installed here. To install it: {command}") from None
        self._sandbox, self._driver = sandbox, uuid.uuid4().hex
        try:
            self._client = Client(address, timeout=CONNECTS_WITHIN, set_as_default=False, name="parley")
        except (OSError, ValueError, TimeoutError) as error:
            raise CannotGrade(f"No scheduler answers at {address}: {error}") from None
        try:
            self._examine(address)
        except BaseException:
            self._client.close(CLOSES_WITHIN)
            raise

    def _examine(self, address: str) -> None:
        """Are there workers, and do they have our Parley?"""
        self.places: int = sum(self._client.nthreads().values())
        if not self.places:
            raise CannotGrade(f"The cluster at {address} has no workers. Start some first.")
        try:
            found = self._client.run(edition)
        except Exception as error:  # a worker without Parley cannot even look for it
            raise CannotGrade(f"A worker of the cluster can't run this Parley: {type(error).__name__}.") from None
        others = sorted(worker for worker, its in found.items() if its != edition())
        if others:
            raise CannotGrade(f"Another version of Parley is installed on {', '.join(others)}. Install this one there.")

    def worker(self) -> "RemoteWorker":
        """A worker somewhere in the cluster, as parley.grading.worker_client.WorkerClient is one here."""
        return RemoteWorker(self._client, self._sandbox, self._driver)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *trouble: object) -> None:
        with contextlib.suppress(Exception):  # workers that are gone have nothing to stop
            self._client.run(stop_all, self._driver, on_error="ignore")
        self._client.close(CLOSES_WITHIN)


class RemoteWorker:
    """Sends its jobs to the cluster, one at a time."""

    def __init__(self, client: Any, sandbox: bool, driver: str) -> None:
        """`driver`: whose workers these are."""
        self._client, self._sandbox, self._driver = client, sandbox, driver
        self._stopped = threading.Event()

    def run(self, job: Job) -> Iterator[Line]:
        """Do a job: yields its lines, all when it is done, and signs of life before that.

        Raises GraderError where the cluster or the worker has some trouble. A job whose machine is lost is run on
        another one.
        """
        from distributed import TimeoutError as NotYet

        words = (do, json.dumps(to_plain(job)), self._sandbox, self._driver)
        future = self._client.submit(*words, pure=False, key=f"{job.name}-{uuid.uuid4().hex}")
        try:
            while not self._stopped.is_set():
                try:
                    yield from lines_from(_checked(json.loads(future.result(timeout=SIGN_OF_LIFE))))
                    return
                except NotYet:
                    yield SignOfLife()
        except GraderError:
            raise
        except Exception as error:  # whatever Dask says: the job is not done
            raise GraderError(f"The cluster failed: {type(error).__name__}: {error}") from None
        finally:
            future.release()
        raise GraderError("The run was stopped.")

    def tell_to_stop(self) -> None:
        """Wait for nothing more. What runs in the cluster ends with the Cluster."""
        self._stopped.set()

    stop = tell_to_stop


def _checked(answer: dict[str, Any]) -> list[dict[str, Any]]:
    if "trouble" in answer:
        raise (CannotGrade if answer["everywhere"] else GraderError)(answer["trouble"])
    return list(answer["lines"])


# At the workers

_workers: dict[str, list[WorkerClient]] = {}  # {driver: those of its workers that are free or at work}
_free: dict[str, list[WorkerClient]] = {}  # {driver: those that are free}
_lock = threading.Lock()


def do(job: str, sandbox: bool, driver: str) -> str:
    """Do a job (JSON) with a worker of this machine; the answer as JSON: {"lines"} or {"trouble", "everywhere"}."""
    worker = None
    try:
        worker = _take(sandbox, driver)
        lines = [to_plain(line) for line in worker.run(from_plain(Job, json.loads(job)))]
        with _lock:
            _free[driver].append(worker)
        return json.dumps({"lines": lines})
    except GraderError as error:
        if worker:
            worker.stop()  # the next job gets a fresh one
        return json.dumps({"trouble": str(error), "everywhere": isinstance(error, CannotGrade)})


def _take(sandbox: bool, driver: str) -> WorkerClient:
    """A warm worker, or a new one."""
    with _lock:
        free = _free.setdefault(driver, [])
        if free:
            return free.pop()
        worker = WorkerClient(sandbox)
        _workers.setdefault(driver, []).append(worker)
        return worker


def stop_all(driver: str) -> None:
    """Stop all workers that work, or have worked, for this driver."""
    with _lock:
        workers = _workers.pop(driver, [])
        _free.pop(driver, None)
    for worker in workers:
        worker.tell_to_stop()
    for worker in workers:
        worker.stop()


def edition() -> str:
    """What this Parley is: SHA-256 over its code and its suites, the same wherever these are the same."""
    known = hashlib.sha256()
    added = stages.course()
    for folder in (Path(stages.__file__).parent, stages.root() / "tests", *([added / "tests"] if added else [])):
        paths = [path for path in folder.rglob("*") if path.suffix in (".py", ".md")]
        for path in sorted(path.relative_to(folder).as_posix() for path in paths):
            if not path.startswith(("parley/", "mistakes/", "variants/")):
                known.update(path.encode() + b"\0" + (folder / path).read_bytes() + b"\0")
    return known.hexdigest()
