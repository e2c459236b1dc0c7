"""A program's process in bubblewrap: how to start and reliably end it, and what it may use."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from parley.contract.errors import BadInput, Leftover
from parley.harness.programs import pipes, wait_for
from parley.harness.sockdiag import SocketMemory

MIB = 1024**2
HANDSHAKE = 20  # seconds for bubblewrap to report the process it made
STARTED = 5  # seconds for that process to start the program
MEMORY = re.compile(r"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB", re.MULTILINE)  # in /proc/PID/status
SHARED_OUT = re.compile(r"^(?:Pss_Anon|Pss_Shmem|SwapPss):\s+(\d+) kB", re.MULTILINE)  # in /proc/PID/smaps_rollup


@dataclass(frozen=True)
class Limits:
    """What the processes of one program may use together. Sizes in bytes, times in seconds."""

    processes: int = 50
    threads: int = 500  # of all processes
    memory: int = 1024 * MIB
    cpu: int = 30
    disk: int = 16 * MIB
    files: int = 1000
    open_files: int = 1024  # each process
    open_together: int = 4096  # files and sockets of all processes: so no program takes every port
    address_space: int = 2048 * MIB  # each process
    stack: int = 1 * MIB  # of each thread, so that hundreds of them fit


class SandboxedProcess:
    """A program's process in a sandbox: a RunningProcess, like parley.harness.programs.Process.

    `init`: the first process of its namespace; `broken`: why it couldn't be started, or "".
    """

    def __init__(
        self, bwrap: str, words: Sequence[str], options: Sequence[str], rules: bytes, cell: Path, limits: Limits
    ) -> None:
        """Start a program's command in bubblewrap.

        `bwrap`: its path; `options`: for it; `rules`: the filter of system calls; `cell`: the folder in memory in which
        the program may write; `limits`: its Limits. Raise Leftover if that fails.
        """
        self.limit = ""
        self.used = 0.0
        self.notes: Path | None = None
        self.copy: Path | None = None  # it's in the cell, and disappears with it
        self.sockets: SocketMemory | None = None  # of its network
        self.broken = ""
        self._limits = limits
        self._cell = cell
        self._killed = False
        self._closing = threading.Lock()
        self._program: int | None = None
        self._said = b""
        self._pidfd: int | None = None
        self._status, status = os.pipe()
        wait, go = os.pipe()
        self._spawn(bwrap, words, [_filled("\0".join(options).encode() + b"\0"), _filled(rules), wait, status])
        try:
            self.init = self._handshake()
            self._pidfd = os.pidfd_open(self.init)
            _limit(self.init, self._limits)
            os.write(go, b"!")  # only now the program starts to run
        except (OSError, ValueError) as error:
            self._popen.kill()
            if self._pidfd is not None:
                self.kill()
            os.close(self._status)
            said = os.read(self.stderr.fileno(), 4096) if _ready(self.stderr, 1) else b""
            raise Leftover(f"bubblewrap couldn't start a program: {said.decode(errors='replace') or error}") from None
        finally:
            os.close(go)

    def _spawn(self, bwrap: str, words: Sequence[str], files: Sequence[int]) -> None:
        """Start bubblewrap. `files`: its options, the filter, one that it waits for, one that it reports to."""
        names = ("--args", "--seccomp", "--block-fd", "--json-status-fd")
        numbers = [word for name, file in zip(names, files, strict=True) for word in (name, str(file))]
        command = [bwrap, *numbers, "--", *words]
        try:
            self._popen = subprocess.Popen(
                command,
                env={},
                cwd="/",
                pass_fds=files,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        finally:
            for file in files:
                os.close(file)
        self.stdin, self.stdout, self.stderr = pipes(self._popen)

    def _handshake(self) -> int:
        """Return the id of the first process of the namespace, as reported by bubblewrap."""
        end = time.monotonic() + HANDSHAKE
        while b"}" not in self._said:
            more = os.read(self._status, 4096) if _ready(self._status, max(0, end - time.monotonic())) else b""
            if not more:
                raise BadInput("it didn't report which process it made")
            self._said += more
        return int(json.loads(self._said.partition(b"}")[0] + b"}")["child-pid"])

    @property
    def pid(self) -> int:
        """Return the id of the program itself, as we see it. Raise psutil.Error if the process no longer exists."""
        if self._program is None:
            end = time.monotonic() + STARTED
            while not (found := [child for child in self._first().children() if _inner_pid(child.pid) == 2]):
                if time.monotonic() > end:
                    raise psutil.NoSuchProcess(self.init)
                time.sleep(0.001)
            self._program = found[0].pid
        return self._program

    def interrupt(self) -> None:
        """Press Ctrl+C."""
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            os.kill(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill it and everything it started."""
        if self.gone():
            return
        self._killed = True
        inside = self._spent(families())  # the kernel forgets the CPU time of processes killed this way
        with self._closing, contextlib.suppress(ProcessLookupError):
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        for process in inside:  # they would end anyway, but only when the first process gets CPU time
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def gone(self) -> bool:
        """Whether all processes of its namespace are dead."""
        with self._closing:
            return self._pidfd is None or _ready(self._pidfd, 0)

    def wait(self) -> int:
        """Wait for its end and return its exit status, as subprocess has it.

        (bubblewrap reports a signal as 128 plus its number, but a program can exit with that status too.)
        """
        status, used = wait_for(self._popen)
        self.used = max(self.used, used + self._end_rest())
        while more := os.read(self._status, 4096):
            self._said += more
        if self._killed:
            return -signal.SIGKILL
        if b'"exit-code"' not in self._said:
            self.broken = f"it exited with status {status}"
        if status == 128 + signal.SIGXCPU:
            self.limit = self._too_much_cpu()
        self.limit = self.limit or self._full()
        return 128 - status if status - 128 in {known.value for known in signal.Signals} else status

    def family(self) -> list[psutil.Process]:
        """Return the program and its descendants (psutil). Raise psutil.Error if it no longer exists."""
        return self._first().children(recursive=True)

    def close(self) -> None:
        """Close our open files, after the process ended."""
        with self._closing:
            for pipe in (self.stdin, self.stdout, self.stderr):
                with contextlib.suppress(OSError):
                    pipe.close()
            os.close(self._status)
            if self._pidfd is not None:
                os.close(self._pidfd)
            self._pidfd = None

    def look(self, children_of: Mapping[int, list[Use]], in_sockets: int = 0) -> None:
        """Kill the program if it uses too much. `children_of`: the result of families(); `in_sockets`: bytes in the
        sockets of its network.
        """
        inside = self._spent(children_of)
        most = self._limits.memory - in_sockets
        if len(inside) > self._limits.processes:
            self._end(f"it had more than {self._limits.processes} processes")
        elif sum(process.threads for process in inside) >= self._limits.threads:
            self._end(f"it had {self._limits.threads} threads, which is the limit")
        elif all(sum(process.memory(exactly) for process in inside) > most for exactly in (False, True)):
            self._end(f"it used more than {_size(self._limits.memory)} of memory")
        elif sum(process.open_files() for process in inside) > self._limits.open_together:
            self._end(f"it had more than {self._limits.open_together} open files and sockets")
        elif self.used > self._limits.cpu:
            self._end(self._too_much_cpu())
        elif full := self._full():
            self._end(full)

    def _spent(self, children_of: Mapping[int, list[Use]]) -> list[Use]:
        """Note the CPU time that all its processes used so far, and return those processes."""
        inside: list[Use] = []
        waiting = [self.init]
        while waiting:
            children = children_of.get(waiting.pop(), [])
            waiting += [child.pid for child in children]
            inside += children
        self.used = max(self.used, sum(process.cpu for process in inside))
        return inside

    def _end_rest(self) -> float:
        """Kill what the program left running. Return the CPU time that it and its children used, in seconds."""
        with self._closing, contextlib.suppress(ProcessLookupError):
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # bubblewrap waited for it, so its own CPU time includes it
            used = os.wait4(self.init, 0)[2]
            return used.ru_utime + used.ru_stime
        return 0.0

    def _first(self) -> psutil.Process:
        """Return the first process of its namespace. Raise psutil.Error if it no longer exists (its number may be
        reused).
        """
        if self.gone():
            raise psutil.NoSuchProcess(self.init)
        return psutil.Process(self.init)

    def _end(self, limit: str) -> None:
        self.limit = limit
        self.kill()

    def _too_much_cpu(self) -> str:
        return f"it used more than {self._limits.cpu} s of processor time"

    def _full(self) -> str:
        """Return in words which limit of its disk it reached, or ""."""
        with contextlib.suppress(OSError):
            left = os.statvfs(self._cell)
            if not left.f_bavail:
                return f"it wrote more than {_size(self._limits.disk)} into files"
            if not left.f_favail:
                return f"it made more than {self._limits.files} files"
        return ""


# What programs use


@dataclass(frozen=True)
class Use:
    """One process: its number of threads; `cpu`: seconds, including children that it waited for."""

    pid: int
    threads: int
    cpu: float

    def memory(self, exactly: bool = False) -> int:
        """Return its bytes of memory, without those of files. Memory shared by several processes counts in each of
        them. `exactly`: divide it among them, which takes longer.
        """
        name, wanted = ("smaps_rollup", SHARED_OUT) if exactly else ("status", MEMORY)
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{self.pid}/{name}").read_text(encoding="utf-8", errors="replace")
            return 1024 * sum(int(number) for number in wanted.findall(text))
        return 0

    def open_files(self) -> int:
        """Return how many files and sockets it has open. (Linux tells the number as a size since 6.2.)"""
        folder = f"/proc/{self.pid}/fd"
        with contextlib.suppress(OSError):
            return os.stat(folder).st_size or len(os.listdir(folder))
        return 0


def families() -> dict[int, list[Use]]:
    """Return what the children of each process use: {pid: [Use...]}."""
    found: dict[int, list[Use]] = {}
    tick = os.sysconf("SC_CLK_TCK")
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                stat = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
                fields = stat.rpartition(")")[2].split()
                cpu = sum(int(number) for number in fields[11:15]) / tick
                found.setdefault(int(fields[1]), []).append(Use(int(name), int(fields[17]), cpu))
    return found


def _inner_pid(pid: int) -> int:
    """Return the id of a process in its own namespace, or 0."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        inner = re.search(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)
        return int(inner[1]) if inner else 0
    return 0


def _limit(pid: int, limits: Limits) -> None:
    import resource

    for what, soft, hard in (
        (resource.RLIMIT_NPROC, limits.threads + 1, limits.threads + 1),  # the first one isn't the program's
        (resource.RLIMIT_AS, limits.address_space, limits.address_space),
        (resource.RLIMIT_STACK, limits.stack, limits.stack),
        (resource.RLIMIT_CPU, limits.cpu, limits.cpu + 1),
        (resource.RLIMIT_FSIZE, limits.disk, limits.disk),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 64 * 1024, 64 * 1024),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
        most = resource.prlimit(pid, what)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.prlimit(pid, what, (soft, hard))


def _ready(file: int | IO[bytes], seconds: float) -> bool:
    """Whether this file number becomes readable within this many seconds."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(int(seconds * 1000)))


def _size(number: int) -> str:
    return f"{number // 1024**3} GiB" if number % 1024**3 == 0 else f"{number // MIB} MiB"


def _filled(data: bytes) -> int:
    """Return a file in memory with these bytes. (A pipe holds less if programs have too many of them.)"""
    file = os.memfd_create("words", 0)
    os.write(file, data)
    os.lseek(file, 0, os.SEEK_SET)
    return file
