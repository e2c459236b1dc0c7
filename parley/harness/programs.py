"""A student's program as a process, met only through its keyboard, screen and log, its life and its end."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import queue
import random
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Protocol, TypeVar

import psutil

from parley.contract.errors import Leftover, NotHere
from parley.contract.handed_in import copy_modules
from parley.contract.record import Record
from parley.harness import reaper, sockdiag
from parley.harness.bare_python import bare_python
from parley.harness.deadlines import Deadlines
from parley.harness.reaper import NEW_GROUP, folder_prefix
from parley.harness.sockdiag import Address

MARK = "PARLEY_RUN"  # in the environment of everything that a scene starts
MOST_OUTPUT = 32 * 1024 * 1024  # bytes on one stream: a program that prints more is ended
MOST_IN_FILE = 2 * 1024 * 1024  # bytes that are read of one of its files
MOST_EVENTS = 2_000  # in the record for one stream of one program
TRACEBACK = b"Traceback (most recent call last):"
MOST_ABOVE, MOST_TOLD = 4_000, 256 * 1024  # bytes of a log that are looked at before a traceback, and behind it
LOOPBACK = "127.0.0.1"
PORT_TRIES = 1000
# what to set for a system that does not speak UTF-8: keyboard, screen and files of a program are UTF-8 all the same
NO_UTF_8 = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
if sys.platform == "win32":
    NO_UTF_8["PYTHONIOENCODING"] = "latin-1"
FATAL = "Fatal Python error"  # what Python says where it cannot go on at all

# A process started where Ctrl+C is ignored (in the background, with nohup, by some CI) would ignore it too. This
# puts the default back and then becomes the program; preexec_fn would not be safe where there are threads.
HEED_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
)

ENDS_WITHIN = 30  # seconds in which what was killed has to be gone, also where hundreds of processes were
LAST_WORDS_TAKE = 0.3  # seconds in which what a program printed last is taken, where its pipe doesn't end with it
START_TAKES = 0.3  # seconds of CPU time: more than a program needs until it has read its arguments
LISTENING_TAKES = 0.6  # seconds of CPU time: more than a program needs until it listens or connects
RESTING_TAKES = 0.3  # seconds for which a program waits with all its threads before it is known to be no slow start
RESTS_WITHIN = 1 if sys.platform == "linux" else 0.2  # seconds to come to rest; other systems do not tell for certain


def let_it_rest(pid: int) -> None:
    """Wait for a moment until this program waits for something, with all its threads.

    What it does by itself, it has then done. And Ctrl+C is noticed: Python notices a signal between two of its
    instructions, and a call that waits is woken by one; a signal that comes just between the last instruction and the
    wait is noticed only after the wait. No user can press a key so exactly.
    """
    end = time.monotonic() + RESTS_WITHIN
    with contextlib.suppress(psutil.Error, OSError):
        while _works(pid) and time.monotonic() < end:
            threading.Event().wait(0.005)


def _works(pid: int) -> bool:
    """Whether a thread of this process does something, or would if it had a processor; where the system does not tell
    of threads, the process.
    """
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.is_dir():
        return psutil.Process(pid).status() != psutil.STATUS_SLEEPING
    states = (file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2] for file in tasks.glob("*/stat"))
    return any(state.split()[0] in "RD" for state in states)  # running or runnable, waiting for a disk


class RunningProcess(Protocol):
    """A program's process: what Program needs of it.

    `stdin`, `stdout`, `stderr`: pipes; `used`: seconds of CPU time of it and all its children that it has waited for,
    known after wait(); `limit`: for which it was ended, in words, or ""; `notes`: the folder in which it writes down
    what it does, where it was started with an instrument; `copy`: the folder with the copy of the modules from which it
    runs, where that is to be removed after its end.
    """

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]
    used: float
    limit: str
    notes: Path | None
    copy: Path | None

    @property
    def pid(self) -> int:
        """The id of the program itself. Raises psutil.Error if there is no such process any more."""

    def interrupt(self) -> None:
        """Press Ctrl+C."""

    def kill(self) -> None:
        """End it and all that it has started, as far as that is known."""

    def wait(self) -> int:
        """Wait for its end and return its exit status, as subprocess has it."""

    def family(self) -> list[psutil.Process]:
        """It and all that come from it. Raises psutil.Error if it is gone."""

    def close(self) -> None:
        """Close what is open here, after its end."""


class Starter(Protocol):
    """How a scene starts programs: a Plain, or a Sandbox where they are isolated."""

    def folder(self) -> Path:
        """A new folder for a program to work in."""

    def remove(self, folder: Path) -> None:
        """Remove such a folder."""

    def start(
        self,
        path: Path,
        args: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        instrument: Path | None = None,
    ) -> RunningProcess:
        """Start a copy of a program, and of the modules beside it, in this folder: it may write beside itself, and
        that is gone with it. `environment`: what to set besides; `instrument`: a folder with a sitecustomize.py, which
        Python loads before the program (see instrumented).
        """

    def left(self, processes: Sequence[RunningProcess]) -> list[psutil.Process]:
        """Of what these processes, which it has started, have started in turn: what still lives."""

    def own_ports(self) -> Iterator[int]:
        """The ports from which one scene connects, and which no program can take; 0 where the system has to choose."""


AnyProgram = TypeVar("AnyProgram", bound="Program")  # what is done to a program returns the program


class Program:
    """A program of a student, running.

    `name`: "server" or "client" or whatever the story calls it; `folder`: its working directory, its own;
    `status`: its exit status, None while it runs; `address`: (host, port) where a server was told to listen;
    `overflow`: why it was ended because of what it used or printed, or "".
    """

    def __init__(
        self,
        record: Record,
        deadlines: Deadlines,
        path: Path,
        *args: str,
        start: Starter,
        name: str,
        folder: Path | str | None = None,
        files: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        environment: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        instrument: Path | None = None,
    ) -> None:
        """Start `path` with these arguments.

        `start`: how, a Plain or what a sandbox has instead; `files`: {name: text}, in its working directory before it
        starts; `environment` and `instrument`: as Starter.start has them.
        """
        self.name = name
        self._source = path.name
        self.record = record
        self.deadlines = deadlines
        self.status: int | None = None
        self.overflow = ""
        self.address: Address | None = None
        self._port: int | None = None  # on which it has been seen to listen
        self._listeners: set[int] = set()  # the inodes of its sockets there, where the system tells
        self._start = start
        self._folder_is_ours = folder is None
        self.folder = Path(folder or start.folder())
        for file, text in dict(files).items():
            self.puts(file, text)
        self._streams = {"prints": bytearray(), "logs": bytearray()}
        self._keyboard: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._keyboard_open = True
        self._times_typed = self._times_handed = 0
        self._worked_last: float | None = None  # when it was last seen to do something, by had_its_time()
        self._killed = False
        record.add(name, "starts", note=" ".join(args))
        self.process: RunningProcess = start.start(path, args, self.folder, dict(environment), instrument)
        self._taking = {what: threading.Lock() for what in self._streams}  # held while what came is taken
        pipes = {"prints": self.process.stdout, "logs": self.process.stderr}
        self._readers = [(self._thread(self._read, pipe, what), pipe, what) for what, pipe in pipes.items()]
        self._writer = self._thread(self._write)
        self._waiter = self._thread(self._wait)

    # what is done to it

    def types(self: AnyProgram, *lines: bytes | str) -> AnyProgram:
        """Type these lines at its keyboard, all at the same time (newlines are added): one read may return them all.

        Never blocks, even if the program does not read.
        """
        typed = [line if isinstance(line, bytes) else line.encode() for line in lines]
        for line in typed:
            self.record.add(self.name, "types", line)
        self._times_typed += 1
        self._keyboard.put(b"".join(line + b"\n" for line in typed))
        return self

    def ends_keyboard(self: AnyProgram, last: str = "") -> AnyProgram:
        """End the keyboard's input, as Ctrl+D does; what was typed before still arrives, and so does `last`: a line
        without a newline.
        """
        if self._keyboard_open and last:
            self.record.add(self.name, "types", last.encode())
            self._keyboard.put(last.encode())
        if self._keyboard_open:
            self._keyboard_open = False
            self.record.add(self.name, "ends keyboard")
            self._keyboard.put(None)
        return self

    def presses_ctrl_c(self: AnyProgram) -> AnyProgram:
        """Press Ctrl+C at its terminal. Raises NotHere on Windows."""
        if os.name == "nt":
            raise NotHere("Ctrl+C can't be sent to another program on Windows without ending the tests as well.")
        self.record.add(self.name, "presses Ctrl+C")
        self._let_it_rest()
        self.process.interrupt()
        return self

    def kill(self: AnyProgram) -> AnyProgram:
        """End it and its process group at once, without asking."""
        if self.status is None and not self._killed:
            self._killed = True
            self.record.add(self.name, "is killed")
        self.process.kill()
        return self

    def puts(self: AnyProgram, name: str, text: str = "") -> AnyProgram:
        """Put a file with this text into its working directory. Where the program has put something else there under
        this name, such as a link that leads out of it, that stays as it is.
        """
        with contextlib.suppress(OSError), open(self.folder / name, "wb", opener=_carefully) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.write(text.encode())
        return self

    def close(self) -> None:
        """Forget it after its end: close the pipes, and remove its folder if it was made for it."""
        self._keyboard.put(None)
        for thread in (*(reader for reader, _, _ in self._readers), self._writer, self._waiter):
            thread.join(1)
        self.process.close()
        for made in filter(None, (self.process.notes, self.process.copy)):
            self._start.remove(made)
        if self._folder_is_ours:
            self._start.remove(self.folder)

    # what is seen of it

    @property
    def program(self) -> Program:
        """The program itself: what an actor who is connected to it talks to."""
        return self

    @property
    def printed(self) -> bytes:
        """All that is on its screen so far (bytes)."""
        return bytes(self._streams["prints"])

    @property
    def logged(self) -> bytes:
        """All that is in its log so far (bytes)."""
        return bytes(self._streams["logs"])

    @property
    def ended(self) -> bool:
        """Whether it has ended, and all that it printed is here."""
        return self.status is not None

    @property
    def ended_by_itself(self) -> bool:
        """Whether it has ended, and not because of what it used or printed."""
        return self.ended and not self.overflow

    def uncaught(self) -> str:
        """The type of the last exception whose traceback is in its log, or ""."""
        _, told = self._last_traceback()
        if told is None:
            return FATAL if FATAL.encode() in self.logged else ""
        # the traceback's own lines are indented; the first one that is not begins with the type
        named = re.search(r"^([A-Za-z_][\w.]*)(?=:|[ \t]*$)", told, flags=re.MULTILINE)
        return (named[1].rpartition(".")[2] if named else "") or "exception"

    def uncaught_at(self) -> str:
        """Where that exception came up, in words: the last line of the program itself, and the thread; or ""."""
        above, told = self._last_traceback()
        lines = re.findall(r'^ +File "([^"\n]+)", line (\d+), in (.+)$', told or "", flags=re.MULTILINE)
        lines = [(re.split(r"[/\\]", path)[-1], number, function) for path, number, function in lines]
        own = [f"line {number} of {name}, in {function}" for name, number, function in lines if name == self._source]
        thread = re.search(r"Exception in thread (.+):$", above or "")
        where = own[-1:] + ([f"thread {thread[1]}"] if thread else [])
        return f" ({', '.join(where)})" if where else ""

    def _last_traceback(self) -> tuple[str, str] | tuple[None, None]:
        """What stands in its log just above the last traceback, and the traceback with what follows; (None, None)
        where there is none.
        """
        log = self._streams["logs"]
        at = log.rfind(TRACEBACK)
        if at < 0 or log.find(FATAL.encode()) >= 0:
            return None, None
        above = bytes(log[max(0, at - MOST_ABOVE) : at]).decode(errors="replace")
        begins = at + len(TRACEBACK)
        told = bytes(log[begins : begins + MOST_TOLD]).decode(errors="replace")
        return above.rpartition("\n")[0].rstrip()[-300:], told

    def file(self, name: str) -> bytes | None:
        """What is in a file of its working directory (bytes, MOST_IN_FILE at most), or None if there is none."""
        return read_carefully(self.folder / name, MOST_IN_FILE)

    def note(self, name: str, most: int) -> bytes:
        """What is in a file of its notes (bytes, so many at most); b"" where there is none."""
        return (read_carefully(self.process.notes / name, most) if self.process.notes else None) or b""

    def processes(self) -> list[psutil.Process]:
        """This process and all that come from it (psutil)."""
        with contextlib.suppress(psutil.Error):
            return self.process.family()
        return []

    def cpu_seconds(self) -> float:
        """The CPU time that it and its children have used so far, in seconds."""
        if self.status is not None:
            return self.process.used
        total = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def has_begun(self) -> bool:
        """Whether it waits for something, or has had the processor for longer than any start takes."""
        with contextlib.suppress(psutil.Error, OSError):
            return self.cpu_seconds() > START_TAKES or not _works(self.process.pid)
        return True  # it is gone

    def had_its_time(self) -> bool:
        """Whether it would listen or connect by now on any machine, if it ever did: it has had the processor for long
        enough, or has been waiting for something, with all its threads, each time this was asked for a while.
        """
        now = time.monotonic()
        works, used = False, 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error, OSError):
                used += process.cpu_times().user  # what the system needs to give it memory is not its own work
                works = works or _works(process.pid)
        if works or self._worked_last is None:
            self._worked_last = now
        return now - self._worked_last > RESTING_TAKES or used > LISTENING_TAKES

    def threads(self) -> int:
        """How many threads it has."""
        return sum(_ask(process.num_threads) for process in self.processes())

    def memory(self) -> int:
        """How many bytes of memory it and its children use now."""
        return sum(_ask(partial(_memory_of, process)) for process in self.processes())

    def open_files(self) -> int:
        """How many files and sockets it holds open. Raises NotHere where the system does not tell."""
        if not hasattr(psutil.Process, "num_fds"):
            raise NotHere("Windows doesn't tell how many sockets a program holds open.")
        return sum(_ask(process.num_fds) for process in self.processes())

    # what is waited for: each returns whether it came

    def wait_until_it_listens(self, port: int, seconds: float = 5, hopeless: Callable[[], bool] | None = None) -> bool:
        """Wait until it, or a child of it, listens on this port, has ended, or hopeless() says so."""
        listens = False

        def ready() -> bool:
            nonlocal listens
            listens = not self.ended and _listens(self, port)
            return listens or self.ended or bool(hopeless and hopeless())

        came = self.deadlines.poll(ready, seconds, self.had_its_time) and listens and not self.ended
        if came:
            self._port, self._listeners = port, _listening(port, _host(self)) or set()
            self.record.add(self.name, "listens", note=f"port {port}")
        return came

    def wait_until_it_ends(self, seconds: float = 2) -> bool:
        """Wait until it has ended."""
        return self.deadlines.until(lambda: self.ended, seconds)

    def wait_until_it_rests(self) -> None:
        """Wait for a moment until all that was typed is in its hands and it waits for something, with all its threads.

        What it does by itself, it has then done. Whether it rests is not told: a right program may work on.
        """
        self.deadlines.until(lambda: self.ended or self._times_handed == self._times_typed, RESTS_WITHIN)
        self._let_it_rest()

    def listens_on(self) -> list[Address]:
        """The addresses (host, port) where it or a child of it listens, as far as the system tells."""
        with contextlib.suppress(psutil.Error, OSError):
            return _addresses(self.processes(), sockdiag.listening())
        return []

    def is_over(self) -> bool:
        """Whether its process has ended, also where not all that it printed is here yet."""
        with contextlib.suppress(psutil.Error, OSError):
            return psutil.Process(self.process.pid).status() == psutil.STATUS_ZOMBIE
        return True

    def _let_it_rest(self) -> None:
        with contextlib.suppress(psutil.Error):  # it has ended
            let_it_rest(self.process.pid)

    # threads

    def _thread(self, work: Callable[..., object], *args: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        return thread

    def _read(self, pipe: IO[bytes], what: str) -> None:
        """Take all that comes out of this pipe, so that the program never waits for us."""
        kept = self._streams[what]
        events = 0
        with contextlib.suppress(OSError, ValueError):
            while _comes(pipe):
                with self._taking[what]:
                    piece = os.read(pipe.fileno(), 65536)
                    if not piece:
                        break
                    if len(kept) + len(piece) > MOST_OUTPUT or not self.record.takes(len(piece)):
                        self.overflow = f"it printed more than {MOST_OUTPUT // 1024**2} MB"
                        self.kill()
                        break
                    if events < MOST_EVENTS:
                        for line in piece.splitlines(keepends=True):
                            self.record.add(self.name, what, line)
                            events += 1
                    kept += piece
                self.deadlines.tell()

    def _has_read_all(self, reader: threading.Thread, pipe: IO[bytes], what: str) -> None:
        """Wait until all that the program printed has been taken from this pipe. That is not always its end: a child of
        the program may hold it longer.
        """
        end = time.monotonic() + ENDS_WITHIN
        while reader.is_alive() and time.monotonic() < end:
            reader.join(LAST_WORDS_TAKE)
            with contextlib.suppress(OSError, ValueError), self._taking[what]:
                if not _comes(pipe, 0):
                    return

    def _write(self) -> None:
        """Hand over what is typed, line by line, until end of input or the program is gone."""
        with contextlib.suppress(OSError, ValueError):
            while (data := self._keyboard.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[self.process.stdin.write(view) :]
                self._times_handed += data.endswith(b"\n")
                self.deadlines.tell()
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def _wait(self) -> None:
        """See the end of the process, and what it printed last (a child of it may hold the pipes longer)."""
        status = self.process.wait()
        for reader in self._readers:
            self._has_read_all(*reader)
        if self.process.limit and not self._killed:
            self.record.add(self.name, "is killed")
        elif not self._killed:
            self.record.add(self.name, "exits", note=how_it_ended(status))
        self.overflow = self.overflow or self.process.limit
        self.status = status
        self.deadlines.tell()


class Plain:
    """How a scene starts programs where nothing isolates them: as processes like any other.

    What it has started carries its mark, so that end_all finds what these processes have started in turn.
    """

    def __init__(self, python: Sequence[str] = ()) -> None:
        """`python`: the words that start Python (default: a bare one)."""
        self._python = list(python)
        self._mark = uuid.uuid4().hex
        self._known = psutil.pids()

    def folder(self) -> Path:
        """A new folder for a program to work in."""
        return Path(tempfile.mkdtemp(prefix=folder_prefix()))

    def remove(self, folder: Path) -> None:
        """Remove such a folder."""
        shutil.rmtree(folder, ignore_errors=True)

    def start(
        self,
        path: Path,
        args: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        instrument: Path | None = None,
    ) -> Process:
        """Start a program in this folder; returns its Process. `environment`, `instrument`: as Starter has them."""
        reaper.start()
        copy = self.folder()
        copy_modules(path.parent, copy)
        words = [*_starter(), *(self._python or [bare_python()]), str(copy / path.name), *args]
        notes = self.folder() if instrument else None
        if instrument and notes:
            environment = instrumented(instrument, notes, copy) | dict(environment)
        return Process(words, folder, _environment(self._mark, environment), notes, copy)

    def own_ports(self) -> Iterator[int]:
        """Any port: the system chooses."""
        return itertools.repeat(0)

    def left(self, processes: Sequence[RunningProcess]) -> list[psutil.Process]:
        """The living processes (psutil) that these have started, or have been."""
        found = []
        for pid in set(psutil.pids()) - set(self._known) - {os.getpid()}:
            with contextlib.suppress(psutil.Error, OSError):
                process = psutil.Process(pid)
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


class Process:
    """A RunningProcess like any other; a sandbox has its own kind."""

    limit = ""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        notes: Path | None = None,
        copy: Path | None = None,
    ) -> None:
        """Start these words. `notes`, `copy`: as RunningProcess has them."""
        self.notes, self.copy = notes, copy
        self._popen = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            creationflags=NEW_GROUP,
        )
        self.stdin, self.stdout, self.stderr = pipes(self._popen)
        self.pid = self._popen.pid
        self.used = 0.0

    def interrupt(self) -> None:
        """Press Ctrl+C."""
        self._popen.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it and its process group."""
        if sys.platform == "win32":
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(self.pid).children(recursive=True):
                    child.kill()
            self._popen.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end and return its exit status, as subprocess has it."""
        status, self.used = wait_for(self._popen)
        return status

    def family(self) -> list[psutil.Process]:
        """It and all that come from it (psutil). Raises psutil.Error if it is gone."""
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]

    def close(self) -> None:
        """Close the pipes, after its end."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                pipe.close()


def _comes(pipe: IO[bytes], seconds: float | None = None) -> bool:
    """Whether there is something to take from this pipe, its end too, within so many seconds (None: however long that
    takes). Windows doesn't tell: there is always something, and nothing is said to be left.
    """
    if not hasattr(select, "poll"):
        return seconds is None
    poll = select.poll()
    poll.register(pipe.fileno(), select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def pipes(popen: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    """The keyboard, the screen and the log of a process that was started with pipes for all three."""
    assert popen.stdin and popen.stdout and popen.stderr
    return popen.stdin, popen.stdout, popen.stderr


def wait_for(popen: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for the end of this process; returns its exit status and the CPU time that it has used, in seconds.

    (Windows does not tell the time of a process that has ended.)
    """
    if hasattr(os, "wait4"):
        with contextlib.suppress(ChildProcessError):
            _, status, used = os.wait4(popen.pid, 0)
            popen.returncode = os.waitstatus_to_exitcode(status)
            return popen.returncode, used.ru_utime + used.ru_stime
    return popen.wait(), 0.0


def end_all(programs: Sequence[Program], start: Starter) -> None:
    """End these programs, which `start` has started, and everything they have started, and prove that it is gone.

    Raises Leftover.
    """
    for program in programs:
        program.kill()
    for program in programs:
        program._waiter.join(ENDS_WITHIN)
    end = time.monotonic() + ENDS_WITHIN
    while left := start.left([program.process for program in programs]):
        if time.monotonic() > end:
            names = ", ".join(f"{process.pid}" for process in left)
            raise Leftover(f"These processes were started by a program and couldn't be ended: {names}.")
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.2)
    for program in programs:
        program.close()
        if program.status is None:
            raise Leftover(f"The {program.name} (process {program.process.pid}) couldn't be ended.")
        if _still_listens(program):
            raise Leftover(f"Port {program._port} is still in use after the end of the {program.name}.")


def how_it_ended(status: int | None) -> str:
    """An exit status in words: "status 1", "signal SIGKILL", or "" for None."""
    if status is None:
        return ""
    if status < 0 and -status in {known.value for known in signal.Signals}:
        return f"signal {signal.Signals(-status).name}"
    return f"status {status}"


class FreePort:
    """A port that no one uses, below those that systems give to clients.

    Until it is closed no other FreePort has this `number`, not even in another process: as a sign there is a UDP socket
    of this number, which is in no one's way.
    """

    def __init__(self) -> None:
        """Find one; where the programs that run have taken them all, one that is in use, as the next will find out."""
        for _ in range(PORT_TRIES):
            self.number = random.SystemRandom().randrange(20_000, 30_000)
            self._sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with contextlib.suppress(OSError):
                self._sign.bind((LOOPBACK, self.number))
                if not in_use(self.number):
                    return
            self._sign.close()

    def close(self) -> None:
        """Others may have it."""
        self._sign.close()


def free_port() -> int:
    """The number of a port that no one uses now."""
    port = FreePort()
    port.close()
    return port.number


def connects_from(connection: socket.socket, host: str, own_port: Callable[[], int]) -> None:
    """Give this socket of ours its own end, at this address of this machine and a port that own_port() says.

    Raises OSError.
    """
    for _ in range(PORT_TRIES):
        port = own_port()
        try:
            return connection.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not port:
                raise
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def free_host(port: int) -> str:
    """An address of this machine, not 127.0.0.1, where no one uses this port. Raises NotHere if none is found."""
    for _ in range(20):
        host = ".".join(["127", *(str(random.SystemRandom().randrange(1, 255)) for _ in range(3))])
        if _can_bind(host, port, reuse=False):
            return host
    raise NotHere(f"This machine has no further address with a free port {port}.")


def in_use(port: int) -> bool:
    """Whether someone has this port of this machine, or has just had it. (Looks without listening.)"""
    return not all(_can_bind(host, port, reuse=False) for host in (LOOPBACK, ""))


def _listening(port: int, host: str) -> set[int] | None:
    """The inodes of the sockets that listen on this port of this host, or None where the system does not tell."""
    sockets = sockdiag.listening()
    if sockets is None:
        return None
    return {inode for address, number, inode in sockets if number == port and address in (host, "0.0.0.0", "::")}


def _somebody_listens(port: int, host: str) -> bool:
    sockets = _listening(port, host)
    return bool(sockets) if sockets is not None else not _can_bind(host, port, reuse=os.name != "nt")


def _still_listens(program: Program) -> bool:
    """Whether a socket of this program still listens. That someone else has its port now is no one's concern."""
    if program._port is None:
        return False
    if program._listeners and (sockets := _listening(program._port, _host(program))) is not None:
        return bool(sockets & program._listeners)
    return _somebody_listens(program._port, _host(program))


def _can_bind(host: str, port: int, reuse: bool) -> bool:
    with socket.socket() as probe:
        if reuse:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _listens(program: Program, port: int) -> bool:
    """Whether this program, or a child of it, listens on this port."""
    sockets = sockdiag.listening()
    if sockets is not None and port not in (number for _, number, _ in sockets):
        return False  # no one does: no need to look whose it is
    try:
        process = psutil.Process(program.process.pid)
        found = _addresses([process], sockets) or _addresses(program.process.family(), sockets)
        return any(number == port for _, number in found)
    except (psutil.AccessDenied, PermissionError):
        # no one tells whose it is: that someone does has to be enough
        return _somebody_listens(port, _host(program))
    except (psutil.Error, OSError):  # it has ended just now
        return False


def _host(program: Program) -> str:
    """Where it was told to listen."""
    return program.address[0] if program.address else LOOPBACK


def _addresses(processes: Iterable[psutil.Process], sockets: list[sockdiag.Listener] | None = None) -> list[Address]:
    """Where these processes listen: a list of (host, port)."""
    found: list[Address] = []
    for process in processes:
        if sockets is None:
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    host, port = connection.laddr
                    found.append((host, port))
        else:
            own = _inodes(process.pid)
            found += [(host, port) for host, port, inode in sockets if inode in own]
    return found


def _inodes(pid: int) -> set[int]:
    """The inodes of the sockets that a process holds open (Linux)."""
    folder = f"/proc/{pid}/fd"
    found = set()
    for number in os.listdir(folder):
        with contextlib.suppress(OSError):
            target = os.readlink(f"{folder}/{number}")
            if target.startswith("socket:["):
                found.add(int(target[len("socket:[") : -1]))
    return found


def instrumented(instrument: Path | str, notes: Path | str, own: Path | str) -> dict[str, str]:
    """The environment in which a program has an instrument: a folder with a sitecustomize.py, which Python loads first.

    `notes`: the folder in which it may write; `own`: the folder of the program's own files. All as the program sees it.
    """
    return {"PYTHONPATH": str(instrument), "PARLEY_EXAMINES": str(notes), "PARLEY_OWN": str(own)}


def read_carefully(path: Path, most: int) -> bytes | None:
    """What is in a file where a program may write (bytes, so many at most), or None if there is no such file.

    Links and pipes are not files here: one may lead anywhere, and the other may keep us waiting.
    """
    with contextlib.suppress(OSError), open(path, "rb", opener=_carefully) as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file.read(most)
    return None


def _carefully(path: str, flags: int) -> int:
    """Open a file in a folder where a program works, following no link and waiting for no one."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _ask(question: Callable[[], int]) -> int:
    with contextlib.suppress(psutil.Error):
        return question()
    return 0


def _memory_of(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _environment(mark: str, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program: ours, without what would change how its Python runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    kept["PYTHONDONTWRITEBYTECODE"] = "1"  # a submission is left as it is
    if os.name == "nt":
        kept["PYTHONIOENCODING"] = "utf-8"
    return kept | {MARK: mark} | dict(more)


def _starter() -> list[str]:
    ignored = os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return [sys.executable, "-E", "-S", "-c", HEED_CTRL_C] if ignored else []
