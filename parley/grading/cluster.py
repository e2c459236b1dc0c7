"""Workers on other machines: the same jobs, sent to a Dask cluster. The results come back as JSON.

Only the driver writes grades. A machine of the cluster runs our workers and keeps nothing. Every machine needs the same
Parley, installed with its extra `cluster`, and what the sandbox needs.
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

SIGN_OF_LIFE = 1.0  # seconds between two of them, while a job is running
CONNECTS_WITHIN = 10  # seconds
CLOSES_WITHIN = 5  # seconds

# At the driver


class Cluster:
    """A Dask cluster; `with Cluster(address, sandbox) as cluster: ... start=cluster.worker`."""

    def __init__(self, address: str, sandbox: bool = True) -> None:
        """`address`: of the scheduler, such as tcp://10.0.0.5:8786.

        Raise CannotGrade with one sentence if no scheduler answers, if it has no workers, or if a worker has another
        version of Parley.
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
        """Check that there are workers, and that they have our Parley."""
        self.places: int = sum(self._client.nthreads().values())
        if not self.places:
            raise CannotGrade(f"The cluster at {address} has no workers. Start some first.")
        try:
            found = self._client.run(edition)
        except Exception as error:  # a worker without Parley can't even run this check
            raise CannotGrade(f"A worker of the cluster can't run this Parley: {type(error).__name__}.") from None
        others = sorted(worker for worker, its in found.items() if its != edition())
        if others:
            raise CannotGrade(f"Another version of Parley is installed on {', '.join(others)}. Install this one there.")

    def worker(self) -> "RemoteWorker":
        """Return a worker somewhere in the cluster, used like a parley.grading.worker_client.WorkerClient."""
        return RemoteWorker(self._client, self._sandbox, self._driver)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *trouble: object) -> None:
        with contextlib.suppress(Exception):  # lost workers have nothing to stop
            self._client.run(stop_all, self._driver, on_error="ignore")
        self._client.close(CLOSES_WITHIN)


class RemoteWorker:
    """Sends its jobs to the cluster, one at a time."""

    def __init__(self, client: Any, sandbox: bool, driver: str) -> None:
        """`driver`: whose workers these are."""
        self._client, self._sandbox, self._driver = client, sandbox, driver
        self._stopped = threading.Event()

    def run(self, job: Job) -> Iterator[Line]:
        """Do a job: yield signs of life, then all its lines when it is done.

        Raise GraderError if the cluster or the worker has a problem. If a machine is lost, its job runs on another one.
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
        except Exception as error:  # any error of Dask: the job isn't done
            raise GraderError(f"The cluster failed: {type(error).__name__}: {error}") from None
        finally:
            future.release()
        raise GraderError("The run was stopped.")

    def tell_to_stop(self) -> None:
        """Stop waiting. Jobs in the cluster end with the Cluster."""
        self._stopped.set()

    stop = tell_to_stop


def _checked(answer: dict[str, Any]) -> list[dict[str, Any]]:
    if "trouble" in answer:
        raise (CannotGrade if answer["everywhere"] else GraderError)(answer["trouble"])
    return list(answer["lines"])


# At the workers

_workers: dict[str, list[WorkerClient]] = {}  # {driver: its workers, idle or busy}
_free: dict[str, list[WorkerClient]] = {}  # {driver: its idle workers}
_lock = threading.Lock()


def do(job: str, sandbox: bool, driver: str) -> str:
    """Do a job (JSON) with a worker of this machine. Return JSON: {"lines"} or {"trouble", "everywhere"}."""
    worker = None
    try:
        worker = _take(sandbox, driver)
        lines = [to_plain(line) for line in worker.run(from_plain(Job, json.loads(job)))]
        with _lock:
            _free[driver].append(worker)
        return json.dumps({"lines": lines})
    except GraderError as error:
        if worker:
            worker.stop()  # the next job gets a fresh worker
        return json.dumps({"trouble": str(error), "everywhere": isinstance(error, CannotGrade)})


def _take(sandbox: bool, driver: str) -> WorkerClient:
    """Return a warm worker, or a new one."""
    with _lock:
        free = _free.setdefault(driver, [])
        if free:
            return free.pop()
        worker = WorkerClient(sandbox)
        _workers.setdefault(driver, []).append(worker)
        return worker


def stop_all(driver: str) -> None:
    """Stop all workers that work, or worked, for this driver."""
    with _lock:
        workers = _workers.pop(driver, [])
        _free.pop(driver, None)
    for worker in workers:
        worker.tell_to_stop()
    for worker in workers:
        worker.stop()


def edition() -> str:
    """Return the identity of this Parley: SHA-256 over its code and suites."""
    known = hashlib.sha256()
    added = stages.course()
    for folder in (Path(stages.__file__).parent, stages.root() / "tests", *([added / "tests"] if added else [])):
        paths = [path for path in folder.rglob("*") if path.suffix in (".py", ".md")]
        for path in sorted(path.relative_to(folder).as_posix() for path in paths):
            if not path.startswith(("parley/", "mistakes/", "variants/")):
                known.update(path.encode() + b"\0" + (folder / path).read_bytes() + b"\0")
    return known.hexdigest()
