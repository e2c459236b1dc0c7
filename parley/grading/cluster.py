"""Judges on other machines: the same jobs, sent to a Dask cluster; what is found comes back as JSON.

The driver alone writes grades; a machine of the cluster runs judges and keeps nothing. Every machine needs the same
Parley, installed with its extra `cluster`, and what the sandbox needs.
"""

import contextlib
import hashlib
import json
import threading
import uuid
from pathlib import Path

from parley import stages
from parley.contract.errors import CannotGrade, GraderError
from parley.grading.worker_client import Judge

SIGN_OF_LIFE = 1.0  # seconds between two of them, while a job is on its way
CONNECTS_WITHIN = 10  # seconds
CLOSES_WITHIN = 5  # seconds

# At the driver


class Cluster:
    """A Dask cluster; `with Cluster(address, sandbox) as cluster: ... start=cluster.judge`."""

    def __init__(self, address, sandbox=True):
        """`address`: of the scheduler, such as tcp://10.0.0.5:8786.

        Raises CannotGrade with one sentence where there is none, where it has no workers, or where a worker has
        another Parley than we have.
        """
        try:
            from distributed import Client
        except ImportError:
            raise CannotGrade("a cluster needs Dask: pip install 'parley[cluster]'.") from None
        self._sandbox, self._driver = sandbox, uuid.uuid4().hex
        try:
            self._client = Client(address, timeout=CONNECTS_WITHIN, set_as_default=False, name="parley")
        except (OSError, ValueError, TimeoutError) as error:
            raise CannotGrade(f"no scheduler answers at {address}: {error}") from None
        try:
            self._examine(address)
        except BaseException:
            self._client.close(CLOSES_WITHIN)
            raise

    def _examine(self, address):
        """Are there workers, and do they have our Parley?"""
        self.places = sum(self._client.nthreads().values())
        if not self.places:
            raise CannotGrade(f"the cluster at {address} has no workers.")
        try:
            found = self._client.run(edition)
        except Exception as error:  # a worker without Parley cannot even look for it
            raise CannotGrade(f"a worker of the cluster cannot run this Parley: {type(error).__name__}.") from None
        others = sorted(worker for worker, its in found.items() if its != edition())
        if others:
            raise CannotGrade(f"another Parley is installed on {', '.join(others)}: install this one there.")

    def judge(self):
        """A judge somewhere in the cluster, as parley.grading.worker_client.Judge is one here."""
        return RemoteJudge(self._client, self._sandbox, self._driver)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        with contextlib.suppress(Exception):  # workers that are gone have nothing to stop
            self._client.run(stop_all, self._driver, on_error="ignore")
        self._client.close(CLOSES_WITHIN)


class RemoteJudge:
    """Sends its jobs to the cluster, one at a time."""

    def __init__(self, client, sandbox, driver):
        """`driver`: whose judges these are."""
        self._client, self._sandbox, self._driver = client, sandbox, driver
        self._stopped = threading.Event()

    def run(self, job):
        """Do a job (plain data): yields its lines, all when it is done, and {} from time to time before that.

        Raises GraderError where the cluster or the judge has some. A job whose machine is lost is run on another one.
        """
        from distributed import TimeoutError as NotYet

        words = (do, json.dumps(job), self._sandbox, self._driver)
        future = self._client.submit(*words, pure=False, key=f"{job['job']}-{uuid.uuid4().hex}")
        try:
            while not self._stopped.is_set():
                try:
                    yield from _checked(json.loads(future.result(timeout=SIGN_OF_LIFE)))
                    return
                except NotYet:
                    yield {}
        except GraderError:
            raise
        except Exception as error:  # whatever Dask says: the job is not done
            raise GraderError(f"the cluster did not do it: {type(error).__name__}: {error}") from None
        finally:
            future.release()
        raise GraderError("the run was stopped.")

    def tell_to_stop(self):
        """Wait for nothing more. What runs in the cluster ends with the Cluster."""
        self._stopped.set()

    stop = tell_to_stop


def _checked(answer):
    if "trouble" in answer:
        raise (CannotGrade if answer["everywhere"] else GraderError)(answer["trouble"])
    return answer["lines"]


# At the workers

_judges = {}  # {driver: those of its judges that are free or at work}
_free = {}  # {driver: those that are free}
_lock = threading.Lock()


def do(job, sandbox, driver):
    """Do a job (JSON) with a judge of this machine; the answer as JSON: {"lines"} or {"trouble", "everywhere"}."""
    judge = None
    try:
        judge = _take(sandbox, driver)
        lines = list(judge.run(json.loads(job)))
        with _lock:
            _free[driver].append(judge)
        return json.dumps({"lines": lines})
    except GraderError as error:
        if judge:
            judge.stop()  # the next job gets a fresh one
        return json.dumps({"trouble": str(error), "everywhere": isinstance(error, CannotGrade)})


def _take(sandbox, driver):
    """A warm judge, or a new one."""
    with _lock:
        free = _free.setdefault(driver, [])
        if free:
            return free.pop()
        judge = Judge(sandbox)
        _judges.setdefault(driver, []).append(judge)
        return judge


def stop_all(driver):
    """Stop all judges that work, or have worked, for this driver."""
    with _lock:
        judges = _judges.pop(driver, [])
        _free.pop(driver, None)
    for judge in judges:
        judge.tell_to_stop()
    for judge in judges:
        judge.stop()


def edition():
    """What this Parley is: SHA-256 over its code and its suites, the same wherever these are the same."""
    known = hashlib.sha256()
    for folder in (Path(stages.__file__).parent, stages.root() / "tests"):
        paths = [path for path in folder.rglob("*") if path.suffix in (".py", ".md")]
        for path in sorted(path.relative_to(folder).as_posix() for path in paths):
            if not path.startswith(("parley/", "mistakes/", "variants/")):
                known.update(path.encode() + b"\0" + (folder / path).read_bytes() + b"\0")
    return known.hexdigest()
