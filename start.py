"""Start Parley: make .venv beside this file, install what the command needs, then run it (see HELP below)."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

# Python 3.6 to 3.9 must be able to parse this whole file, or no one sees this sentence.
if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit(
        "Error: Parley needs Python 3.10 or newer, and this is Python {}.{}. Get a newer one from "
        "https://www.python.org/downloads/ or from your system's packages. If you have one already, start it "
        "by its name, for example: python3.12 start.py".format(*sys.version_info)
    )

HELP = """\
Parley: build a chat in five stages with Python's socket and threading.

  {python} start.py tour       look around
  {python} start.py lab        open the lessons as notebooks in JupyterLab
  {python} start.py check 1    check your programs of stage 1
  {python} start.py book       make HTML pages of the lessons
  {python} start.py test       run the tests of this project (--all: the slow ones too)
  {python} start.py --help     show all commands; start each one like those above

The first start makes the folder .venv beside start.py and installs there what Parley needs."""

# command, or option of one -> extras in pyproject.toml
NEEDS = {
    "test": {"test", "notebooks", "cluster"},
    "build": {"notebooks"},
    "lab": {"notebooks"},
    "book": {"notebooks"},
    "release": {"notebooks"},
    "--cluster": {"cluster"},
}

SIDE_BY_SIDE = ["-n", "6", "--dist", "worksteal"]  # the tests mostly wait, so six in parallel suit any machine
ONE_BY_ONE = {"-s", "--pdb", "--collect-only", "--co"}  # options of pytest that want its tests in one process

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
PARLEY = PROGRAMS / ("parley.exe" if os.name == "nt" else "parley")
LOG = VENV / "start.log"  # the output of venv and pip; written first, so it marks a .venv as made by start.py
STAMP = VENV / "start.json"  # what is installed; written last, so it exists only if everything worked
LOCK = ROOT / ".venv.lock"  # locked while .venv changes
THIS_PYTHON = sys.implementation.cache_tag + getattr(sys, "abiflags", "")

NEWS_EVERY = 10  # seconds between two lines about a running step
STEP_LIMIT = 1800  # limit of one step, in seconds
LOCK_LIMIT = 600  # seconds to wait for another start.py


class Trouble(Exception):
    """An expected error that stops start.py. Its text is the sentence for the user."""


def say(line):
    """Print one line about the work of start.py to standard error. Standard output belongs to the command."""
    print(line, file=sys.stderr, flush=True)


def main(arguments):
    """Run the command in the arguments (without the program's name), and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # the terminal's encoding may lack letters of a folder's name
    if not arguments:
        print(HELP.format(python="python" if os.name == "nt" else "python3"))
        return 0
    try:
        if arguments[0] == "test" and (ROOT / "edition").is_dir():
            raise Trouble(
                "This edition comes without the tests of Parley itself. To check your programs, type: check 1"
            )
        prepare(needs(arguments))
        if arguments[0] == "test":
            os.chdir(ROOT)
            return run([str(PYTHON), "-m", "pytest", *for_pytest(arguments[1:])])
        if os.name == "nt":
            return run([str(PARLEY), *arguments])
        return run([str(PYTHON), str(PARLEY), *arguments])
    except Trouble as trouble:
        say(f"Error: {trouble}")
    except OSError as error:
        say(f"Error: {error.filename or ROOT} can't be used: {error.strerror or error}.")
    except KeyboardInterrupt:
        say("Stopped before the installation finished. Run the same command again to continue.")
        return 130
    return 1


def for_pytest(words):
    """Return the arguments of pytest that these words after `test` mean; --all adds the tests marked as slow."""
    chosen = ["-m", "not nightly"] if "--all" in words else []
    words = [word for word in words if word != "--all"]
    if not any(word in ONE_BY_ONE or word.startswith("-n") for word in words):
        chosen += SIDE_BY_SIDE
    return chosen + words


def needs(arguments):
    """Return the extras that this command and its options need: a set of names."""
    words = [arguments[0], *(word.partition("=")[0] for word in arguments[1:] if word.startswith("--"))]
    return set().union(*(NEEDS.get(word, set()) for word in words))


def prepare(extras):
    """Make sure that .venv has the project and these extras (a set of names), for this Python and place."""
    project = fingerprint()
    if up_to_date(read_stamp(), project, extras):
        return
    with only_one_at_a_time():
        stamp = read_stamp()  # again: another start.py may have done the work while this one waited
        if up_to_date(stamp, project, extras):
            return
        if not usable(stamp):
            stamp = {}
            python = base_python()  # before it removes the .venv that may be running this start.py
            remove_venv()
            make_venv(python)
        install(project, extras.union(stamp.get("extras", [])))


def read_stamp():
    """Return the notes of the last successful installation, or an empty dict."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def usable(stamp):
    """Whether .venv is whole, made for this Python, and made at this place (its programs contain its path)."""
    made_here = stamp.get("project") == str(ROOT) and stamp.get("python") == THIS_PYTHON
    return made_here and PYTHON.exists() and PARLEY.exists()


def up_to_date(stamp, project, extras):
    """Whether .venv is usable, with these extras, and installed from this pyproject.toml (its fingerprint)."""
    return usable(stamp) and stamp["pyproject"] == project and extras.issubset(stamp["extras"])


def fingerprint():
    """Return the SHA-256 of pyproject.toml. Raise OSError if it's missing."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


@contextmanager
def only_one_at_a_time(limit=LOCK_LIMIT):
    """Hold the lock for changing .venv; wait at most limit seconds for another start.py that holds it.

    The OS frees the lock whenever its holder exits, so no stale lock remains.
    """
    try:
        lock = open(LOCK, "a+", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise Trouble(
            f"The folder {ROOT} can't be written to ({error.strerror}), but start.py must make .venv in it. Copy "
            "the project to one of your own folders and start it there."
        ) from error
    with lock:
        deadline = time.monotonic() + limit
        waiting = False
        while not try_to_lock(lock):
            lock.seek(0)
            other = f"another start.py (process {lock.read().strip() or 'unknown'})"
            if time.monotonic() > deadline:
                raise Trouble(
                    f"{other} hasn't finished with {VENV} in {limit} s. End it, then run the same command again."
                )
            if not waiting:
                say(f"Waiting for {other}, which is changing {VENV} (at most {limit} s) ...")
                waiting = True
            time.sleep(0.1)
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def try_to_lock(file):
    """Lock the open file for this process without waiting; return whether it worked."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1024)  # a locked byte can't be read, so lock one after the text
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def remove_venv():
    """Remove a .venv that start.py made. Raise Trouble if someone else made it, or if it's in use."""
    if not os.path.lexists(VENV) or (VENV.is_dir() and not any(VENV.iterdir())):
        return
    if not LOG.exists():
        raise Trouble(f"{VENV} wasn't made by start.py and stays unchanged. Move it away or delete it, then try again.")
    old = ROOT / ".venv.old"
    try:
        shutil.rmtree(old, ignore_errors=True)
        VENV.rename(old)  # rename first, so that an interrupted removal leaves no half of a .venv
        shutil.rmtree(old, ignore_errors=True)
    except PermissionError as error:
        raise Trouble(
            f"{VENV} must be made again, but a program is using it. Close the notebooks, editors and "
            "terminals that do, then try again."
        ) from error


def make_venv(python):
    """Make an empty .venv with the Python at this path. If that fails, raise Trouble and leave no .venv."""
    newer_pip = options_for_newer_pip()
    VENV.mkdir(exist_ok=True)
    try:
        status = step(
            "Making .venv with Python {}.{}.{}".format(*sys.version_info),
            [python, "-I", "-m", "venv", *newer_pip, str(VENV)],
        )
        if status != 0:
            raise Trouble(f"Python's venv couldn't make .venv. Its last words:\n{tail()}")
    except BaseException:
        shutil.rmtree(VENV, ignore_errors=True)
        raise


def base_python():
    """Return the path of the Python installed on the system, even if one in some .venv runs this."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    if os.name == "nt":
        return sys._base_executable
    return os.path.realpath(sys.executable)


def options_for_newer_pip():
    """Return the options of venv that fetch a newer pip, if this Python's own can't install the project.

    Raise Trouble if this Python has no pip to put into .venv.
    """
    try:
        from ensurepip import version
    except ImportError as error:
        raise Trouble(
            "This Python can't make .venv, because its module ensurepip isn't installed. On Debian and "
            "Ubuntu this command installs it: sudo apt install python3-venv (or, for just this Python: "
            "python{}.{}-venv).".format(*sys.version_info)
        ) from error
    major, minor = version().split(".")[:2]
    return ["--upgrade-deps"] if (int(major), int(minor)) < (21, 3) else []  # editable without setup.py: 21.3


def install(project, extras):
    """Install the project (editable: changes work immediately) with these extras. Note it in the stamp."""
    names = ",".join(sorted(extras))
    target = f".[{names}]" if names else "."
    noted = {"project": str(ROOT), "python": THIS_PYTHON, "pyproject": project, "extras": sorted(extras)}
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-user"]
    status = step(
        f"Installing Parley{f' ({names})' if names else ''} and what it needs; the first time takes a while",
        [str(PYTHON), "-I", "-m", "pip", "install", *options, "--editable", target],
    )
    if status != 0:
        raise Trouble(
            "pip couldn't install what Parley needs. Check your network, then run the same command again. "
            f"The last lines of {LOG}:\n{tail()}"
        )
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps(noted, indent=1), encoding="utf-8")
    fresh.replace(STAMP)


def step(words, command):
    """Run a command with its output in the log, and report what it does and how long it took.

    Return its exit status. Raise Trouble after STEP_LIMIT seconds. The command never outlives this function.
    """
    say(f"{words} ...")
    began = time.monotonic()
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode("utf-8", "backslashreplace"))
        log.flush()
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            while True:
                try:
                    status = child.wait(NEWS_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    seconds = time.monotonic() - began
                    if seconds > STEP_LIMIT:
                        raise Trouble(f"{words}: not done after {STEP_LIMIT} s. See {LOG}") from None
                    say(f"  {seconds:.0f} s: {tail(1)[:90]}")
        finally:
            end(child)
    say(f"  {'done' if status == 0 else 'failed'} after {time.monotonic() - began:.1f} s")
    return status


def end(child):
    """End a process. After Ctrl+C, which it got too, give it 5 s to clean up."""
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        child.kill()
        child.wait()


def tail(count=15):
    """Return the last non-empty lines of the log, as one text."""
    lines = LOG.read_text(encoding="utf-8", errors="backslashreplace").splitlines()
    return "\n".join([line.strip() for line in lines if line.strip()][-count:])


def run(command):
    """Run the command in this terminal and return its exit status. Except on Windows, it replaces start.py."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    return run_as_child(command)


def run_as_child(command):
    """Run the command and return its exit status. The terminal sends Ctrl+C to both, and start.py waits."""
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
