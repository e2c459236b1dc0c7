"""A student's program as a process, seen only from outside: keyboard, screen, log, life and end."""

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
from typing import IO, Any, Protocol, TypeVar

import psutil

if sys.platform == "linux":
    import fcntl
    import termios

from parley.contract.errors import Leftover, NotHere
from parley.contract.handed_in import copy_modules
from parley.contract.record import Record
from parley.harness import reaper, sockdiag
from parley.harness.bare_python import bare_python
from parley.harness.deadlines import Deadlines
from parley.harness.reaper import NEW_GROUP, folder_prefix
from parley.harness.sockdiag import Address, Socket

MARK = "PARLEY_RUN"  # in the environment of everything that a scene starts
MOST_OUTPUT = 32 * 1024 * 1024  # bytes on one stream: a program that prints more is killed
MOST_IN_FILE = 2 * 1024 * 1024  # bytes read of one of its files
MOST_EVENTS = 2_000  # events in the record for one stream of one program
TRACEBACK = b"Traceback (most recent call last):"
MOST_ABOVE, MOST_TOLD = 4_000, 256 * 1024  # bytes of a log to search before a traceback, and after it
LOOPBACK = "127.0.0.1"
IP_BIND_ADDRESS_NO_PORT = 24  # include/uapi/linux/in.h: bind the address, and let connect() choose the port
PORT_TRIES = 1000
# settings for a system whose encoding isn't UTF-8: a program's keyboard, screen and files use UTF-8 anyway
NO_UTF_8 = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
if sys.platform == "win32":
    NO_UTF_8["PYTHONIOENCODING"] = "latin-1"
# what a scene starts a program with whose standard input is no pipe that ends, but /dev/null
_INSTEAD = "import os\nos.dup2(os.open(os.devnull, os.O_RDONLY), 0)\n"
NO_KEYBOARD: Mapping[str, Mapping[str, str]] = {
    "files": {"sitecustomize.py": _INSTEAD},
    "environment": {"PYTHONPATH": "."},
}
FATAL = "Fatal Python error"  # what Python prints on a fatal error

# A process started where Ctrl+C is ignored (in the background, with nohup, by some CI) would ignore it too. This
# restores the default and then becomes the program. preexec_fn isn't safe with threads.
HEED_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
)

ENDS_WITHIN = 30  # seconds for killed processes to disappear, even hundreds of them
LAST_WORDS_TAKE = 0.3  # seconds to read a program's last output, if its pipe doesn't end with it
TELLS_WHAT_COMES = hasattr(select, "poll")  # Windows doesn't tell whether a pipe has something to take
START_TAKES = 0.3  # seconds of CPU time: more than a program needs until it has read its arguments
LISTENING_TAKES = 0.6  # seconds of CPU time: more than a program needs until it listens or connects
RESTING_TAKES = 0.3  # seconds all threads of a program must wait before this can't be a slow start
TAKES_WITHIN = 5  # seconds to start and read what is typed
RESTS_WITHIN = 1 if sys.platform == "linux" else 0.2  # seconds to become idle; other systems don't tell for certain


def let_it_rest(pid: int) -> None:
    """Wait for a moment until all threads of this program wait for something.

    By then it has finished what it does by itself. And it notices Ctrl+C: Python handles a signal between two of its
    instructions, and a signal wakes a blocked call. A signal exactly between the last instruction and the blocked call
    is handled only after that call. No user can press a key that exactly.
    """
    end = time.monotonic() + RESTS_WITHIN
    with contextlib.suppress(psutil.Error, OSError):
        while _works(pid) and time.monotonic() < end:
            threading.Event().wait(0.005)


def _works(pid: int) -> bool:
    """Whether a thread of this process runs, or would run if it had a processor. If the OS doesn't tell about threads,
    whether the process does.
    """
    if not _tells_about_threads(pid):
        return psutil.Process(pid).status() != psutil.STATUS_SLEEPING
    files = Path(f"/proc/{pid}/task").glob("*/stat")
    states = (file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2] for file in files)
    return any(state.split()[0] in "RD" for state in states)  # running or runnable, waiting for a disk


def _tells_about_threads(pid: int) -> bool:
    """Whether the OS tells what each thread of this process does, as Linux does."""
    return Path(f"/proc/{pid}/task").is_dir()


class RunningProcess(Protocol):
    """A program's process, as Program uses it.

    `stdin`, `stdout`, `stderr`: pipes; `used`: seconds of CPU time of the process and the children that it waited for,
    known after wait(); `limit`: the limit for which it was killed, in words, or ""; `notes`: the folder in which an
    instrumented program writes down what it does; `copy`: the folder with the copied modules from which it runs, if
    that must be removed after its end.
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
        """Return the id of the program itself. Raise psutil.Error if the process no longer exists."""

    def interrupt(self) -> None:
        """Press Ctrl+C."""

    def kill(self) -> None:
        """Kill the process and everything it started, as far as known."""

    def wait(self) -> int:
        """Wait for its end and return its exit status, as subprocess has it."""

    def family(self) -> list[psutil.Process]:
        """Return the process and its descendants. Raise psutil.Error if it no longer exists."""

    def close(self) -> None:
        """Close our open files, after the process ended."""


class Starter(Protocol):
    """How a scene starts programs: a Plain, or a Sandbox that isolates them."""

    def folder(self) -> Path:
        """Make a new folder for a program to work in."""

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
        """Start a copy of a program, and of the modules beside it, in this folder. Files that it writes beside itself
        disappear with it. `environment`: variables to set in addition; `instrument`: a folder with a sitecustomize.py,
        which Python loads before the program (see instrumented).
        """

    def left(self, processes: Sequence[RunningProcess]) -> list[psutil.Process]:
        """Return the living descendants of these processes, which this starter started."""

    def own_ports(self) -> Iterator[int]:
        """Yield the ports from which one scene connects, and which no program can take. 0: the OS chooses."""


AnyProgram = TypeVar("AnyProgram", bound="Program")  # actions on a program return the program


class Program:
    """A student's running program.

    `name`: what the story calls it, such as "server" or "client"; `folder`: its own working directory; `status`: its
    exit status, None while it runs; `address`: (host, port) where a server was told to listen; `overflow`: why it was
    killed for what it used or printed, or "".
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

        `start`: a Plain, or the Starter of a sandbox; `files`: {name: text}, put into its working directory before it
        starts; `environment` and `instrument`: as in Starter.start.
        """
        self.name = name
        self._source = path.name
        self.record = record
        self.deadlines = deadlines
        self.status: int | None = None
        self.overflow = ""
        self.address: Address | None = None
        self._port: int | None = None  # on which it was seen listening
        self._listeners: set[int] = set()  # the inodes of its sockets there, if the OS tells
        self._start = start
        self._folder_is_ours = folder is None
        self.folder = Path(folder or start.folder())
        for file, text in dict(files).items():
            self.puts(file, text)
        self._streams = {"prints": bytearray(), "logs": bytearray()}
        self._keyboard: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._keyboard_open = True
        self._times_typed = self._times_handed = 0
        self.listening_takes = LISTENING_TAKES
        self._worked_last: float | None = None  # when had_its_time() last saw it do something
        self._killed = False
        record.add(name, "starts", note=" ".join(args))
        self.process: RunningProcess = start.start(path, args, self.folder, dict(environment), instrument)
        self._taking = {what: threading.Lock() for what in self._streams}  # held while output is read
        pipes = {"prints": self.process.stdout, "logs": self.process.stderr}
        self._readers = [(self._thread(self._read, pipe, what), pipe, what) for what, pipe in pipes.items()]
        self._writer = self._thread(self._write)
        self._waiter = self._thread(self._wait)

    # actions

    def types(self: AnyProgram, *lines: bytes | str) -> AnyProgram:
        """Type these lines at the keyboard, all at the same time (newlines are added): one read may return them all.
        Never block, even if the program doesn't read.
        """
        typed = [line if isinstance(line, bytes) else line.encode() for line in lines]
        for line in typed:
            self.record.add(self.name, "types", line)
        self._type(b"".join(line + b"\n" for line in typed))
        return self

    def begins_to_type(self: AnyProgram, text: str) -> AnyProgram:
        """Type this text without a newline, and wait until the program has taken it: then it is at its keyboard.

        If the OS doesn't tell whether it was taken, wait until the program rests.
        """
        self.record.add(self.name, "types", text.encode())
        self._type(text.encode())
        self.deadlines.poll(self._has_taken_all, TAKES_WITHIN)
        return self

    def ends_keyboard(self: AnyProgram, last: str = "") -> AnyProgram:
        """End the keyboard's input, as Ctrl+D does. Earlier lines still arrive, and so does `last`, a line without a
        newline.
        """
        if self._keyboard_open and last:
            self.record.add(self.name, "types", last.encode())
            self._type(last.encode())
        if self._keyboard_open:
            self._keyboard_open = False
            self.record.add(self.name, "ends keyboard")
            self._keyboard.put(None)
        return self

    def presses_ctrl_c(self: AnyProgram) -> AnyProgram:
        """Press Ctrl+C at the program's terminal. Raise NotHere on Windows."""
        if os.name == "nt":
            raise NotHere("Ctrl+C can't be sent to another program on Windows without ending the tests as well.")
        self.record.add(self.name, "presses Ctrl+C")
        self._let_it_rest()
        self.process.interrupt()
        return self

    def kill(self: AnyProgram) -> AnyProgram:
        """Kill the program and its process group immediately."""
        if self.status is None and not self._killed:
            self._killed = True
            self.record.add(self.name, "is killed")
        self.process.kill()
        return self

    def puts(self: AnyProgram, name: str, text: str = "") -> AnyProgram:
        """Put a file with this text into the working directory. If the program made something else there with this
        name, such as a link out of the folder, leave that unchanged.
        """
        with contextlib.suppress(OSError), open(self.folder / name, "wb", opener=_carefully) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.write(text.encode())
        return self

    def close(self) -> None:
        """Clean up after the program's end: close the pipes, and remove its folder if it was made for it."""
        self._keyboard.put(None)
        for thread in (*(reader for reader, _, _ in self._readers), self._writer, self._waiter):
            thread.join(1)
        self.process.close()
        for made in filter(None, (self.process.notes, self.process.copy)):
            self._start.remove(made)
        if self._folder_is_ours:
            self._start.remove(self.folder)

    # what can be seen

    @property
    def program(self) -> Program:
        """The program itself: a target for actors."""
        return self

    @property
    def kind(self) -> str:
        """ "server" or "client", even if it's called "second server": a scene may start several."""
        return self.name.split()[-1]

    @property
    def printed(self) -> bytes:
        """The screen so far (bytes)."""
        return bytes(self._streams["prints"])

    @property
    def logged(self) -> bytes:
        """The log so far (bytes)."""
        return bytes(self._streams["logs"])

    @property
    def ended(self) -> bool:
        """Whether the program exited and all its output was read."""
        return self.status is not None

    @property
    def ended_by_itself(self) -> bool:
        """Whether the program exited, and wasn't killed for what it used or printed."""
        return self.ended and not self.overflow

    def uncaught(self) -> str:
        """The type of the last exception with a traceback in the log, or ""."""
        _, told = self._last_traceback()
        if told is None:
            return FATAL if FATAL.encode() in self.logged else ""
        # lines of the traceback are indented; the first other line begins with the type
        named = re.search(r"^([A-Za-z_][\w.]*)(?=:|[ \t]*$)", told, flags=re.MULTILINE)
        return (named[1].rpartition(".")[2] if named else "") or "exception"

    def uncaught_at(self) -> str:
        """Where that exception was raised, in words: the last line of the program's own code, and the thread; or ""."""
        above, told = self._last_traceback()
        lines = re.findall(r'^ +File "([^"\n]+)", line (\d+), in (.+)$', told or "", flags=re.MULTILINE)
        lines = [(re.split(r"[/\\]", path)[-1], number, function) for path, number, function in lines]
        own = [f"line {number} of {name}, in {function}" for name, number, function in lines if name == self._source]
        thread = re.search(r"Exception in thread (.+):$", above or "")
        where = own[-1:] + ([f"thread {thread[1]}"] if thread else [])
        return f" ({', '.join(where)})" if where else ""

    def _last_traceback(self) -> tuple[str, str] | tuple[None, None]:
        """Return the log just above the last traceback, and the traceback with the rest, or (None, None)."""
        log = self._streams["logs"]
        at = log.rfind(TRACEBACK)
        if at < 0 or log.find(FATAL.encode()) >= 0:
            return None, None
        above = bytes(log[max(0, at - MOST_ABOVE) : at]).decode(errors="replace")
        begins = at + len(TRACEBACK)
        told = bytes(log[begins : begins + MOST_TOLD]).decode(errors="replace")
        return above.rpartition("\n")[0].rstrip()[-300:], told

    def file(self, name: str) -> bytes | None:
        """Return the content of a file in the working directory (bytes, at most MOST_IN_FILE), or None."""
        return read_carefully(self.folder / name, MOST_IN_FILE)

    def note(self, name: str, most: int) -> bytes:
        """Return the content of a file in its notes (bytes, at most this many), or b""."""
        return (read_carefully(self.process.notes / name, most) if self.process.notes else None) or b""

    def processes(self) -> list[psutil.Process]:
        """Return the process and its descendants (psutil)."""
        with contextlib.suppress(psutil.Error):
            return self.process.family()
        return []

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far by the program and its children, in seconds."""
        if self.status is not None:
            return self.process.used
        total = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def has_begun(self) -> bool:
        """Whether the program waits for something, or already used more CPU time than any start takes."""
        with contextlib.suppress(psutil.Error, OSError):
            return self.cpu_seconds() > START_TAKES or not _works(self.process.pid)
        return True  # it no longer exists

    def would_run(self) -> bool:
        """Whether a thread of the program runs or waits for a processor, as far as the OS tells about threads."""
        with contextlib.suppress(psutil.Error, OSError):
            return any(_tells_about_threads(process.pid) and _works(process.pid) for process in self.processes())
        return False  # it no longer exists

    def had_its_time(self) -> bool:
        """Whether the program would be listening or connected by now on any machine, if it ever did. It used enough CPU
        time, or for a while all its threads were waiting each time this was called.
        """
        now = time.monotonic()
        works, used = False, 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error, OSError):
                used += process.cpu_times().user  # the time in which the OS provides memory isn't its own work
                works = works or _works(process.pid)
        if works or self._worked_last is None:
            self._worked_last = now
        return now - self._worked_last > RESTING_TAKES or used > self.listening_takes

    def threads(self) -> int:
        """Return the number of its threads."""
        return sum(_ask(process.num_threads) for process in self.processes())

    def memory(self) -> int:
        """Return the bytes of memory that the program and its children use now."""
        return sum(_ask(partial(_memory_of, process)) for process in self.processes())

    def open_files(self) -> int:
        """Return the number of its open files and sockets. Raise NotHere if the OS doesn't tell."""
        if not hasattr(psutil.Process, "num_fds"):
            raise NotHere("Windows doesn't tell how many sockets a program holds open.")
        return sum(_ask(process.num_fds) for process in self.processes())

    # waiting: each method returns whether it happened

    def wait_until_it_listens(self, port: int, seconds: float = 5, hopeless: Callable[[], bool] | None = None) -> bool:
        """Wait until the program or a child of it listens on this port, the program exited, or hopeless() is true."""
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
        """Wait until the program exits."""
        return self.deadlines.until(lambda: self.ended, seconds)

    def wait_until_it_rests(self) -> None:
        """Wait for a moment until the program has read all that was typed and all its threads wait for something.

        By then it has finished what it does by itself, and what it printed was read. Don't report whether it rests: a
        correct program may keep working.
        """
        self.deadlines.until(lambda: self.ended or self._times_handed == self._times_typed, RESTS_WITHIN)
        self._let_it_rest()
        self.deadlines.poll(lambda: self.ended or self._all_is_read(), RESTS_WITHIN)

    def listens_on(self) -> list[Address]:
        """Return the addresses (host, port) where the program or a child of it listens, as far as the OS tells."""
        with contextlib.suppress(psutil.Error, OSError):
            return _addresses(self.processes(), sockdiag.listening())
        return []

    def sockets(self) -> list[Socket]:
        """Return the TCP sockets of the program and its children, as far as the OS tells."""
        sockets = sockdiag.sockets()
        found: list[Socket] = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error, OSError):  # it exited just now
                if sockets is None:
                    found += [_as_socket(connection) for connection in process.net_connections("tcp")]
                else:
                    own = _inodes(process.pid)
                    found += [each for each in sockets if each.inode in own]
        return found

    def connections_to(self, port: int) -> int:
        """Return how many connections to this port the program and its children have, as far as the OS tells."""
        return sum(each.far is not None and each.far[1] == port for each in self.sockets())

    def is_over(self) -> bool:
        """Whether the process exited, even if not all its output was read yet."""
        with contextlib.suppress(psutil.Error, OSError):
            return psutil.Process(self.process.pid).status() == psutil.STATUS_ZOMBIE
        return True

    def _type(self, data: bytes) -> None:
        self._times_typed += 1
        self._keyboard.put(data)

    def _has_taken_all(self) -> bool:
        """Whether the program has read all that was typed, or exited. If the OS doesn't tell: whether it rests."""
        unread = _unread(self.process.stdin)
        taken = self.had_its_time() if unread is None else not unread
        return self.ended or (taken and self._times_handed == self._times_typed)

    def _let_it_rest(self) -> None:
        with contextlib.suppress(psutil.Error):  # it exited
            let_it_rest(self.process.pid)

    # threads

    def _thread(self, work: Callable[..., object], *args: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        return thread

    def _read(self, pipe: IO[bytes], what: str) -> None:
        """Read everything from this pipe, so that the program never waits for us."""
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
        """Wait until all of the program's output was read from this pipe. The pipe may stay open longer, in a child of
        the program.
        """
        end = time.monotonic() + ENDS_WITHIN
        while reader.is_alive() and time.monotonic() < end:
            reader.join(LAST_WORDS_TAKE)
            if not TELLS_WHAT_COMES:
                return
            with contextlib.suppress(OSError, ValueError), self._taking[what]:
                if not _comes(pipe, 0):
                    return

    def _all_is_read(self) -> bool:
        """Whether nothing that the program has printed is still in a pipe, as far as the OS tells."""
        for _, pipe, what in self._readers:
            with contextlib.suppress(OSError, ValueError), self._taking[what]:
                if _unread(pipe):
                    return False
        return True

    def _write(self) -> None:
        """Hand over typed lines, one by one, until end of input or the program's exit."""
        with contextlib.suppress(OSError, ValueError):
            while (data := self._keyboard.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[self.process.stdin.write(view) :]
                self._times_handed += 1
                self.deadlines.tell()
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def _wait(self) -> None:
        """Wait for the process to exit, and read its last output (a child of it may keep the pipes open longer)."""
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
    """How a scene starts programs without isolation: as ordinary processes.

    Its processes carry its mark, so that end_all also finds their descendants.
    """

    def __init__(self, python: Sequence[str] = ()) -> None:
        """`python`: the words that start Python (default: a bare one)."""
        self._python = list(python)
        self._mark = uuid.uuid4().hex
        self._known = psutil.pids()

    def folder(self) -> Path:
        """Make a new folder for a program to work in."""
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
        """Start a program in this folder, and return its Process. `environment`, `instrument`: as in Starter."""
        reaper.start()
        copy = self.folder()
        copy_modules(path.parent, copy)
        words = [*_starter(), *(self._python or [bare_python()]), str(copy / path.name), *args]
        notes = self.folder() if instrument else None
        if instrument and notes:
            environment = instrumented(instrument, notes, copy) | dict(environment)
        return Process(words, folder, _environment(self._mark, environment), notes, copy)

    def own_ports(self) -> Iterator[int]:
        """Yield 0 forever: the OS chooses a port."""
        return itertools.repeat(0)

    def left(self, processes: Sequence[RunningProcess]) -> list[psutil.Process]:
        """Return the living processes (psutil) among these and their descendants."""
        found = []
        for pid in set(psutil.pids()) - set(self._known) - {os.getpid()}:
            with contextlib.suppress(psutil.Error, OSError):
                process = psutil.Process(pid)
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


class Process:
    """An ordinary RunningProcess. A sandbox has its own kind."""

    limit = ""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        notes: Path | None = None,
        copy: Path | None = None,
    ) -> None:
        """Start this command. `notes`, `copy`: as in RunningProcess."""
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
        """Kill the process and its process group."""
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
        """Return the process and its descendants (psutil). Raise psutil.Error if it no longer exists."""
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]

    def close(self) -> None:
        """Close the pipes, after the process ended."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                pipe.close()


def _comes(pipe: IO[bytes], seconds: float | None = None) -> bool:
    """Whether this pipe has something to take, or ends, within this many seconds (None: wait as long as that takes)."""
    if not TELLS_WHAT_COMES:
        return True
    poll = select.poll()
    poll.register(pipe.fileno(), select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def _unread(pipe: IO[bytes]) -> int | None:
    """Return how many bytes in this pipe wait to be read, or None if the OS doesn't tell (Linux does)."""
    if sys.platform != "linux":
        return None
    try:
        return int.from_bytes(fcntl.ioctl(pipe.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder)
    except (OSError, ValueError):  # the program exited
        return 0


def pipes(popen: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    """Return the keyboard, screen and log of a process that was started with pipes for all three."""
    assert popen.stdin and popen.stdout and popen.stderr
    return popen.stdin, popen.stdout, popen.stderr


def wait_for(popen: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for this process to exit. Return its exit status and the CPU time it used, in seconds.

    (Windows doesn't tell the CPU time of an ended process.)
    """
    if hasattr(os, "wait4"):
        with contextlib.suppress(ChildProcessError):
            _, status, used = os.wait4(popen.pid, 0)
            popen.returncode = os.waitstatus_to_exitcode(status)
            return popen.returncode, used.ru_utime + used.ru_stime
    return popen.wait(), 0.0


def end_all(programs: Sequence[Program], start: Starter) -> None:
    """Kill these programs, which `start` started, and everything they started. Prove that nothing is left.

    Raise Leftover.
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
    """Return an exit status in words: "status 1", "signal SIGKILL", or "" for None."""
    if status is None:
        return ""
    if status < 0 and -status in {known.value for known in signal.Signals}:
        return f"signal {signal.Signals(-status).name}"
    return f"status {status}"


class FreePort:
    """A free port, below those that an OS gives to clients.

    Until it is closed, no other FreePort has this `number`, not even in another process. A UDP socket on this number
    marks it, and disturbs no one.
    """

    def __init__(self) -> None:
        """Find a free port. If running programs took them all, choose one in use, as the next step will notice."""
        for _ in range(PORT_TRIES):
            self.number = random.SystemRandom().randrange(20_000, 30_000)
            self._sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with contextlib.suppress(OSError):
                self._sign.bind((LOOPBACK, self.number))
                if not in_use(self.number):
                    return
            self._sign.close()

    def close(self) -> None:
        """Release the port."""
        self._sign.close()


def free_port() -> int:
    """Return the number of a port that is free now."""
    port = FreePort()
    port.close()
    return port.number


def connects_from(connection: socket.socket, host: str, own_port: Callable[[], int], late: bool = False) -> None:
    """Bind our socket to this address of this machine, at the port that own_port() returns. Raise OSError.

    `late`: whether connect() may choose the port, where the OS can do that. A port that was in use a moment ago is kept
    for a minute, but not from another server: so thousands of connections don't use them up.
    """
    for _ in range(PORT_TRIES):
        port = own_port()
        if late and not port and sys.platform == "linux":
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        try:
            return connection.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not port:
                raise
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def free_host(port: int) -> str:
    """Return an address of this machine, not 127.0.0.1, where this port is free. Raise NotHere if there is none."""
    for _ in range(20):
        host = ".".join(["127", *(str(random.SystemRandom().randrange(1, 255)) for _ in range(3))])
        if _can_bind(host, port, reuse=False):
            return host
    raise NotHere(f"This machine has no other address with a free port {port}.")


def in_use(port: int) -> bool:
    """Whether this port of this machine is in use, or just was. (Checks without listening.)"""
    return not all(_can_bind(host, port, reuse=False) for host in (LOOPBACK, ""))


def _listening(port: int, host: str) -> set[int] | None:
    """Return the inodes of the sockets that listen on this port of this host, or None if the OS doesn't tell."""
    sockets = sockdiag.listening()
    if sockets is None:
        return None
    return {inode for address, number, inode in sockets if number == port and address in (host, "0.0.0.0", "::")}


def _somebody_listens(port: int, host: str) -> bool:
    sockets = _listening(port, host)
    return bool(sockets) if sockets is not None else not _can_bind(host, port, reuse=os.name != "nt")


def _still_listens(program: Program) -> bool:
    """Whether a socket of this program still listens. Another program may use its port by now."""
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
        return False  # nothing does: no need to find the owner
    try:
        process = psutil.Process(program.process.pid)
        found = _addresses([process], sockets) or _addresses(program.process.family(), sockets)
        return any(number == port for _, number in found)
    except (psutil.AccessDenied, PermissionError):
        # the owner is unknown: any listener has to be enough
        return _somebody_listens(port, _host(program))
    except (psutil.Error, OSError):  # it exited just now
        return False


def _host(program: Program) -> str:
    """Return where the program was told to listen."""
    return program.address[0] if program.address else LOOPBACK


def _addresses(processes: Iterable[psutil.Process], sockets: list[sockdiag.Listener] | None = None) -> list[Address]:
    """Return where these processes listen: a list of (host, port)."""
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


def _as_socket(connection: Any) -> Socket:
    """Return one of psutil's connections, which don't tell what is unread."""
    far = tuple(connection.raddr) or None
    return Socket(connection.status, tuple(connection.laddr), far, 0, 0)


def _inodes(pid: int) -> set[int]:
    """Return the inodes of a process's open sockets (Linux)."""
    folder = f"/proc/{pid}/fd"
    found = set()
    for number in os.listdir(folder):
        with contextlib.suppress(OSError):
            target = os.readlink(f"{folder}/{number}")
            if target.startswith("socket:["):
                found.add(int(target[len("socket:[") : -1]))
    return found


def instrumented(instrument: Path | str, notes: Path | str, own: Path | str) -> dict[str, str]:
    """Return the environment of a program with an instrument: a folder with a sitecustomize.py, which Python loads
    first.

    `notes`: the folder in which it may write; `own`: the folder of the program's own files. All paths as the program
    sees them.
    """
    return {"PYTHONPATH": str(instrument), "PARLEY_EXAMINES": str(notes), "PARLEY_OWN": str(own)}


def read_carefully(path: Path, most: int) -> bytes | None:
    """Return the content of a file in a folder where a program may write (bytes, at most this many), or None.

    Links and pipes don't count as files: a link may lead anywhere, and a pipe may block us.
    """
    with contextlib.suppress(OSError), open(path, "rb", opener=_carefully) as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file.read(most)
    return None


def _carefully(path: str, flags: int) -> int:
    """Open a file in a folder where a program works, without following a link or blocking."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _ask(question: Callable[[], int]) -> int:
    with contextlib.suppress(psutil.Error):
        return question()
    return 0


def _memory_of(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _environment(mark: str, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program: ours, without variables that change how its Python runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    kept["PYTHONDONTWRITEBYTECODE"] = "1"  # a submission stays unchanged
    if os.name == "nt":
        kept["PYTHONIOENCODING"] = "utf-8"
    return kept | {MARK: mark} | dict(more)


def _starter() -> list[str]:
    ignored = os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return [sys.executable, "-E", "-S", "-c", HEED_CTRL_C] if ignored else []
