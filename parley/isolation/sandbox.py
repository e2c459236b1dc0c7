"""Isolation on Linux: programs run in bubblewrap, on their own network with only loopback.

To use it, become a process with its own namespaces (enter), and make a Sandbox there for each submission, as `start` of
a Scene. A program sees only Python, its submission and an empty folder. Killing the first process of its namespace
reliably kills all others too. probe() says whether all this works here.

bubblewrap itself never runs as root, because it would keep all powers of root (its issues 287 and 561).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from parley import stages
from parley.contract.errors import Leftover, NoSandbox
from parley.contract.handed_in import copy_modules
from parley.contract.record import Record
from parley.harness.deadlines import Deadlines
from parley.harness.network import MINE, new_network
from parley.harness.programs import Program, RunningProcess, end_all, how_it_ended, instrumented
from parley.harness.sockdiag import SocketMemory
from parley.isolation import namespaces
from parley.isolation.bwrap import HANDSHAKE, MIB, Limits, SandboxedProcess, families
from parley.isolation.namespaces import PATH, enter
from parley.isolation.seccomp import seccomp_filter

__all__ = ["Limits", "NoSandbox", "Probe", "Sandbox", "enter", "probe"]

OLDEST = (0, 8)  # bubblewrap: the first with --disable-userns
SCRATCH_SIZE, SCRATCH_FILES = 256 * MIB, 10_000  # for all programs of a submission together
HOME, SUBMISSION = "/home/student", "/submission"  # a program's names for its two folders
INSTRUMENT, NOTES = "/instrument", "/notes"  # and two more, if it's instrumented and writes down what it does
NAME = "parley"  # of the machine, as a program sees it
OPEN_FILES = 16_384
# no program may use one of these; the largest first: 1023 in a log is a port, but a 3 may be a time
OWN_PORTS = range(1023, 0, -1)
EVERY = 0.05  # seconds between two measurements of the programs
SPARING = 20  # pause at least this many times as long as a measurement takes, unless processes suddenly multiply
PROBE_SECONDS = 60  # bound of the probe
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")  # in addition to /usr, or links to it
PACKAGES = "lib*/python3*/*-packages"

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": HOME,
    "USER": "student",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",  # otherwise each thread takes 64 MB of address space
}
ETC = {
    "hosts": f"127.0.0.1 localhost {NAME}\n::1 localhost {NAME}\n",
    "passwd": f"root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000:student:{HOME}:/bin/sh\n",
    "group": "root:x:0:\nstudent:x:1000:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "hostname": f"{NAME}\n",
    "ld.so.cache": "",  # the OS's own is put in its place
}


class Sandbox:
    """How to start the programs of one submission: the `start` of a Scene.

    Create it in a process that called enter(), before it has threads. From then on this process's folder for temporary
    files is in memory, and disappears with it.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        """`limits`: of each program. Raise NoSandbox."""
        self.limits = limits or Limits()
        self._number = 0
        self._here = threading.local()  # `network` in which this thread is, its number, and the `sockets` of it
        self._lock = threading.Lock()
        self._running: set[SandboxedProcess] = set()
        self._watcher: threading.Thread | None = None
        self._rules = seccomp_filter()
        bwrap = shutil.which("bwrap", path=PATH)
        if not bwrap:
            raise NoSandbox(*NO_BWRAP)
        self._bwrap = bwrap
        self._scratch = namespaces.scratch()
        _have_many_files()
        namespaces.new_mounts()
        namespaces.adopt()  # we adopt what bubblewrap leaves: see SandboxedProcess.wait
        namespaces.mount_memory(self._scratch, SCRATCH_SIZE, SCRATCH_FILES)
        tempfile.tempdir = str(self._scratch)
        self._python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        self._system = self._system_words()

    def fresh_network(self) -> None:
        """Give this thread, and the processes it starts from now on, a new network with only loopback."""
        new_network()

    # the Starter of a Scene

    def own_ports(self) -> Iterator[int]:
        """Yield the ports from which one scene connects, and which no program can take."""
        return itertools.cycle(OWN_PORTS)

    def folder(self) -> Path:
        """Make a new folder for a program to work in, of limited size."""
        return self._cell() / "home"

    def remove(self, folder: Path) -> None:
        """Remove such a folder."""
        with contextlib.suppress(OSError):
            namespaces.unmount(folder.parent)
            folder.parent.rmdir()

    def start(
        self,
        path: Path,
        args: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        instrument: Path | None = None,
    ) -> SandboxedProcess:
        """Start a program in this folder, and return its SandboxedProcess. `environment`, `instrument`: as in Starter.
        An instrument writes within the limits of the program, which may write there too.
        """
        ours = self._scratch in folder.parents and folder.name == "home"
        cell = folder.parent if ours else self._cell()
        words = [self._python, f"{SUBMISSION}/{path.name}", *args]
        options = [*self._system]
        copy_modules(path.parent, cell / "submission")
        if instrument:
            options += ["--ro-bind", str(instrument), INSTRUMENT, "--bind", str(cell / "notes"), NOTES]
            environment = instrumented(INSTRUMENT, NOTES, SUBMISSION) | dict(environment)
        options += [*_own_words(folder, cell), *_environment(environment)]
        process = SandboxedProcess(self._bwrap, words, options, self._rules, cell, self.limits)
        process.notes = cell / "notes" if instrument else None
        process.sockets = self._sockets()
        with self._lock:
            self._running.add(process)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()
        return process

    def left(self, processes: Sequence[RunningProcess]) -> list[psutil.Process]:
        """Return the living first processes of these programs' namespaces (psutil). While one lives, others may live in
        its namespace; when it's dead, all of them are. Raise Leftover.
        """
        ours = [process for process in processes if isinstance(process, SandboxedProcess)]
        for process in ours:
            if process.broken:
                raise Leftover(f"bubblewrap couldn't start a program: {process.broken}")
        return [psutil.Process(process.init) for process in ours if not process.gone()]

    # internals

    def _sockets(self) -> SocketMemory:
        """Return the sockets of this thread's current network: a test may have entered another one."""
        network = os.stat(MINE).st_ino
        if getattr(self._here, "network", None) != network:
            self._here.network, self._here.sockets = network, SocketMemory()
        sockets: SocketMemory = self._here.sockets
        return sockets

    def _cell(self) -> Path:
        """Make a new place in memory, of limited size, with the folders in which a program may write."""
        with self._lock:
            self._number += 1
            cell = self._scratch / f"cell-{self._number}"
        cell.mkdir()
        namespaces.mount_memory(cell, self.limits.disk, self.limits.files)
        for name in ("home", "tmp", "shm", "notes", "submission"):
            (cell / name).mkdir()
        return cell

    def _system_words(self) -> list[str]:
        """Return bubblewrap's options that are the same for all programs: what they see, and what they are."""
        etc, nothing = self._scratch / "etc", self._scratch / "nothing"
        etc.mkdir()
        nothing.mkdir()
        for name, text in ETC.items():
            (etc / name).write_text(text, encoding="utf-8")
        words = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--disable-userns"]
        words += ["--uid", "1000", "--gid", "1000", "--hostname", NAME, "--cap-drop", "ALL"]
        words += ["--new-session", "--die-with-parent", "--ro-bind", "/usr", "/usr"]
        for name in SYSTEM:
            if os.path.islink(name):
                words += ["--symlink", os.readlink(name), name]
            elif os.path.isdir(name):
                words += ["--ro-bind", name, name]
        prefix = Path(os.path.realpath(sys.base_prefix))
        seen = [Path("/usr")]
        if Path("/usr") not in (prefix, *prefix.parents):
            seen.append(prefix)
            words += ["--ro-bind", str(prefix), str(prefix)]
        for covered in _covered(seen):
            words += ["--ro-bind", str(nothing), str(covered)]
        words += ["--ro-bind", str(etc), "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        return [*words, "--proc", "/proc", "--dev", "/dev"]

    def _watch(self) -> None:
        """Measure the programs again and again, and kill those that use too much."""
        next_look, seen = 0.0, 0
        while True:
            processes = sum(map(str.isdigit, os.listdir("/proc")))
            if time.monotonic() >= next_look or processes > seen + self.limits.processes:
                began = time.thread_time()
                self._look()
                next_look, seen = time.monotonic() + SPARING * (time.thread_time() - began), processes
            time.sleep(EVERY)

    def _look(self) -> None:
        with self._lock:
            running = [process for process in self._running if not process.gone()]
            self._running = set(running)
        if not running:
            return
        children_of = families()
        in_sockets = {sockets: sockets.used() for sockets in {process.sockets for process in running} if sockets}
        for process in running:
            process.look(children_of, in_sockets[process.sockets] if process.sockets else 0)


def _have_many_files() -> None:
    """Let this process open as many files as allowed: a wire opens two for each connection of a program."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))


# What a program sees, as options for bubblewrap


def _own_words(folder: Path, cell: Path) -> list[str]:
    return [
        *("--bind", str(cell / "shm"), "/dev/shm", "--remount-ro", "/dev", "--bind", str(cell / "tmp"), "/tmp"),
        *("--bind", str(folder), HOME, "--bind", str(cell / "submission"), SUBMISSION, "--remount-ro", "/"),
        *("--chdir", HOME),
    ]


def _environment(more: Mapping[str, str]) -> list[str]:
    return [word for name, value in (ENVIRONMENT | dict(more)).items() for word in ("--setenv", name, value)]


def _covered(seen: Sequence[Path]) -> list[Path]:
    """Return the visible folders that a program shouldn't see: installed packages, and Parley itself."""
    found = [folder for place in (*seen, Path("/usr/local")) for folder in place.glob(PACKAGES)]
    for own in {stages.root(), Path(stages.__file__).resolve().parent.parent, Path(sys.prefix).resolve()}:
        if any(place in own.parents for place in seen):
            found.append(own)
    return [folder for folder in found if folder.is_dir() and folder not in seen]


# The probe: whether all this works here


@dataclass(frozen=True)
class Probe:
    """The result of the probe: `ok`, or else the reason and the remedy, a sentence each."""

    ok: bool
    reason: str
    remedy: str = ""


def probe() -> Probe:
    """Run escape_test.py in a sandbox, check that it can't get out, and return a Probe."""
    try:
        _look_for_tools()
        with tempfile.NamedTemporaryFile() as secret, socket.create_server(("127.0.0.1", 0)) as listener:
            aims = [secret.name, str(listener.getsockname()[1])]
            words = [sys.executable, "-I", "-m", "parley.isolation.sandbox", *aims]
            tried = subprocess.run(
                words, timeout=PROBE_SECONDS, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
    except NoSandbox as problem:
        return Probe(False, problem.reason, problem.remedy)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Probe(False, f"The sandbox couldn't be tried: {error}.", ELSEWHERE)
    if tried.returncode == 0:
        return Probe(True, tried.stdout.strip())
    said = tried.stderr.strip().splitlines()[-1:] or [f"the probe exited with status {tried.returncode}"]
    return Probe(False, f"Programs can't be isolated here: {said[0].rstrip('.')}.", _remedy())


NO_BWRAP = ("bubblewrap isn't installed.", "Install it, for example: apt install bubblewrap.")
ALL_WELL = "all is well"  # from escape_test.py
ELSEWHERE = "Grade on another Linux machine, or with --no-sandbox."
CONTAINER = (
    "In a container, start it with --privileged, or as an ordinary user with --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined."
)


def _look_for_tools() -> None:
    """Raise NoSandbox if this system lacks something needed."""
    if sys.platform != "linux":
        raise NoSandbox("Isolation needs Linux.", "Use a Linux machine, on Windows WSL 2; or grade with --no-sandbox.")
    try:
        seccomp_filter()
    except ValueError as problem:
        raise NoSandbox(str(problem), ELSEWHERE) from None
    bwrap = shutil.which("bwrap", path=PATH)
    if not bwrap:
        raise NoSandbox(*NO_BWRAP)
    said = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=PROBE_SECONDS).stdout
    version = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if version < OLDEST:
        raise NoSandbox(f"This {said.strip() or 'bubblewrap'} is too old.", "Version 0.8 or newer is needed.")


def _remedy() -> str:
    """Return what to do, from the settings of this system that are known to block it."""
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return "Allow it: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0."
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return "Allow it: sudo sysctl kernel.unprivileged_userns_clone=1."
    if _setting("user/max_user_namespaces") == "0":
        return "Allow it: sudo sysctl user.max_user_namespaces=10000."
    if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        return CONTAINER
    return ELSEWHERE


def _setting(name: str) -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys", name).read_text(encoding="utf-8").strip()
    return ""


def main(words: Sequence[str]) -> int:
    """Run escape_test.py. `words`: the path of a secret, and a port on this machine. Return 0 if all is well."""
    try:
        enter()
        print(_try(words), flush=True)
    except (NoSandbox, Leftover) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _try(words: Sequence[str]) -> str:
    """Run escape_test.py. Return a sentence that describes the sandbox. Raise NoSandbox if it gets out."""
    box = Sandbox(Limits(threads=40))
    box.fresh_network()
    path = Path(tempfile.mkdtemp(), "escape_test.py")
    path.write_bytes(Path(__file__).with_name("escape_test.py").read_bytes())
    escaper = Program(Record(), Deadlines(), path, *words, start=box, name="escape test")
    escaper.wait_until_it_ends(HANDSHAKE)
    end_all([escaper], box)
    said = escaper.printed.decode(errors="replace").strip()
    if said != ALL_WELL:
        log = escaper.logged.decode(errors="replace").strip().rpartition("\n")[2]
        what = (
            f"it could {', '.join(said.splitlines())}"
            if said
            else log or escaper.overflow or how_it_ended(escaper.status)
        )
        raise NoSandbox(f"A program that tried to get out of the sandbox didn't fail as it should: {what}.", "")
    return "Programs run in bubblewrap, " + ("as an ordinary user." if os.getuid() == 0 else f"as user {os.getuid()}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
