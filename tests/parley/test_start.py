"""start.py, run for real on a tiny project that needs no download: its own build backend, no dependencies."""

import ast
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

START = Path(__file__).parents[2] / "start.py"
PATIENCE = 400  # seconds; making a .venv takes 3 s on an idle machine, and over 100 beside twenty others
SIDE_BY_SIDE = ["-n", "6", "--dist", "worksteal"]
posix = pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to a process group")

PYPROJECT = """\
[build-system]
requires = []
build-backend = "tiny"
backend-path = ["."]

[project]
name = "parley-workbook"
version = "0.1.0"

[project.optional-dependencies]
test = []
notebooks = []
"""

# Editable wheels are only a path file and metadata. The second path lends the pytest that runs this test.
BACKEND = '''\
"""A build backend: makes the editable wheel of this folder."""

import os
import socket
import zipfile
from pathlib import Path

NAME = "parley_workbook-0.1.0"
FILES = {{
    "parley.pth": "import sys; sys.path[:0] = [" + ascii(os.getcwd()) + "]; sys.path.append({lent!a})",
    NAME + ".dist-info/METADATA": "Metadata-Version: 2.1\\nName: parley-workbook\\nVersion: 0.1.0\\n{requires}"
    "Provides-Extra: test\\nProvides-Extra: notebooks\\n",
    NAME + ".dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    NAME + ".dist-info/entry_points.txt": "[console_scripts]\\nparley = parley.cli:main\\n",
    NAME + ".dist-info/RECORD": "",
}}


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Write the wheel and return its name."""
    {before}
    wheel = NAME + "-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w") as file:
        for path, text in FILES.items():
            file.writestr(path, text)
    return wheel
'''

COMMANDS = '''\
"""The command line of the tiny project: tells what it was given, ends as it is told to."""

import json
import os
import signal
import sys


def main():
    """Do what the first argument says and return the exit status."""
    arguments = sys.argv[1:]
    if arguments[0] == "status":
        return int(arguments[1])
    if arguments[0] == "interrupts":
        return count_interrupts()
    print(json.dumps({"arguments": arguments, "python": sys.executable, "folder": os.getcwd()}))
    return 0


def count_interrupts():
    """Count Ctrl+C until the keyboard ends, then return the number."""
    count = []
    signal.signal(signal.SIGINT, lambda *_: count.append(os.write(1, b"interrupted\\n")))
    os.write(1, b"ready\\n")  # not print: the handler may come while a print is not yet over
    sys.stdin.read()
    return len(count)
'''


class Project:
    """A tiny project with the real start.py in it."""

    def __init__(self, folder):
        self.folder = folder
        self.venv = folder / ".venv"

    def command(self, *arguments, python=sys.executable):
        return [str(python), str(self.folder / "start.py"), *arguments]

    def start(self, *arguments, python=sys.executable, folder=None, before=(), **environment):
        """Run start.py to its end, in a folder, with more environment, after the words of another program."""
        return subprocess.run(
            [*before, *self.command(*arguments, python=python)],
            cwd=folder or self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )

    def open(self, *arguments, **environment):
        """Begin start.py as the leader of a process group of its own, as a terminal would."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    @property
    def python(self):
        return self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def new_project(folder, requires="", before="pass"):
    """Write a project into the folder: what it requires (a metadata line), what its backend does first."""
    package = folder / "parley"
    (package / "checks").mkdir(parents=True)
    shutil.copy(START, folder)
    lent = str(Path(pytest.__file__).parents[1])
    backend = BACKEND.format(lent=lent, requires=requires, before=before)
    (folder / "tiny.py").write_text(backend, encoding="utf-8")
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (package / "__init__.py").touch()
    (package / "checks" / "plugin.py").touch()  # the pytest that is lent to it asks for this plugin
    (package / "cli.py").write_text(COMMANDS, encoding="utf-8")
    return Project(folder)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A project that was started once, in a folder whose name has spaces and letters outside ASCII."""
    project = new_project(tmp_path_factory.mktemp("start") / "Übung für Èlia, 第1")
    project.first = project.start("tour")
    return project


@pytest.fixture(scope="module")
def module():
    """start.py as a module, for what cannot be reached from outside."""
    spec = importlib.util.spec_from_file_location("start", START)
    start = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    return start


def test_without_arguments_it_says_what_it_can_do_and_makes_nothing(tmp_path):
    project = new_project(tmp_path / "new")
    done = project.start()
    assert done.returncode == 0
    assert "start.py tour" in done.stdout
    assert len(done.stdout.splitlines()) < 15
    assert not project.venv.exists()


def test_the_first_start_makes_the_venv_and_says_how_long_each_step_took(ready):
    assert ready.first.returncode == 0, ready.first.stderr
    words = [line for line in ready.first.stderr.splitlines() if not line.startswith("  ")]
    times = [line for line in ready.first.stderr.splitlines() if line.startswith("  done after ")]
    assert [line.split()[0] for line in words] == ["Making", "Installing"]
    assert len(times) == 2
    assert json.loads(ready.first.stdout)["arguments"] == ["tour"]


def test_the_command_runs_in_the_venv_and_in_the_folder_of_the_user(ready, tmp_path):
    done = ready.start("check", "1", "--a b", "ü", folder=tmp_path)
    told = json.loads(done.stdout)
    assert told["arguments"] == ["check", "1", "--a b", "ü"]
    assert Path(told["python"]) == ready.python
    assert Path(told["folder"]).samefile(tmp_path)


def test_the_second_start_says_nothing_and_adds_less_than_a_second(ready):
    def quickest(command):
        """The best of five, in seconds."""
        times = []
        for _ in range(5):
            began = time.perf_counter()
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
            times.append(time.perf_counter() - began)
            assert (done.returncode, done.stderr) == (0, b"")
        return min(times)

    parley = shutil.which("parley", path=ready.python.parent)
    assert quickest(ready.command("tour")) - quickest([parley, "tour"]) < 1


@pytest.mark.parametrize("status", [0, 1, 3, 120])
def test_the_exit_status_is_that_of_the_command(ready, status):
    assert ready.start("status", str(status)).returncode == status


def test_test_runs_pytest_in_the_folder_of_the_project(ready, tmp_path):
    (ready.folder / "test_one.py").write_text("def test_right(): pass\ndef test_wrong(): assert 1 == 2\n")
    right = ready.start("test", "-n0", "-q", "test_one.py", "-k", "right", folder=tmp_path)
    assert "1 passed" in right.stdout
    assert right.returncode == 0
    wrong = ready.start("test", "-n0", "-q", "test_one.py", folder=tmp_path)
    assert "1 failed, 1 passed" in wrong.stdout
    assert wrong.returncode == 1


@pytest.mark.slow
def test_an_extra_is_installed_when_a_command_needs_it_and_then_stays(ready):
    stamp = ready.venv / "start.json"
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"extras": []}))
    assert "notebooks" in ready.start("lab").stderr
    assert ready.start("test", "--version").returncode == 0
    assert json.loads((ready.venv / "start.json").read_text())["extras"] == ["cluster", "notebooks", "test"]
    for command in ("lab", "tour", "test"):
        assert "Installing" not in ready.start(command, "--version").stderr


def test_a_changed_pyproject_is_installed_again_into_the_same_venv(ready):
    kept = ready.venv / "kept"
    kept.touch()
    with (ready.folder / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    said = ready.start("tour").stderr.splitlines()
    assert said[0].startswith("Installing") and said[-1].startswith("  done")
    assert all(line.startswith("  ") for line in said[1:])  # nothing else but news of that
    assert kept.exists()
    assert ready.start("tour").stderr == ""


def test_a_venv_of_the_user_is_left_alone(tmp_path):
    project = new_project(tmp_path / "new")
    project.venv.mkdir()
    (project.venv / "pyvenv.cfg").write_text("home = elsewhere\n")
    done = project.start("tour")
    assert done.returncode == 1
    assert "wasn't made by start.py" in done.stderr
    assert [path.name for path in project.venv.iterdir()] == ["pyvenv.cfg"]


@pytest.mark.slow
def test_a_moved_project_and_a_broken_venv_are_noticed(ready, tmp_path):
    """One project lives through it all: moved, asked by the Python of its old .venv, cut short."""
    project = Project(Path(shutil.copytree(ready.folder, tmp_path / "there", symlinks=True)))
    python = sys.executable if os.name == "nt" else project.python  # Windows cannot replace a running program
    done = project.start("tour", python=python)
    assert "Making" in done.stderr
    assert done.returncode == 0, done.stderr
    assert Path(json.loads(done.stdout)["python"]) == project.python
    assert project.start("tour").stderr == ""

    project.python.unlink()
    (project.venv / "start.json").unlink()
    broken = project.start("status", "4")
    assert "Making" in broken.stderr
    assert broken.returncode == 4
    assert not (project.folder / ".venv.old").exists()


def test_a_venv_of_another_python_or_without_one_is_not_used(module, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(module, "PARLEY", Path(sys.executable))
    stamp = {"project": str(module.ROOT), "python": module.THIS_PYTHON}
    assert module.usable(stamp)
    assert not module.usable({**stamp, "python": "cpython-39"})
    monkeypatch.setattr(module, "PYTHON", tmp_path / "python")
    assert not module.usable(stamp)


def test_a_python_without_ensurepip_gets_the_command_that_helps(tmp_path):
    """The interpreter is told before it begins that it has no module of this name."""
    project = new_project(tmp_path / "new")
    (tmp_path / "sitecustomize.py").write_text('import sys\n\nsys.modules["ensurepip"] = None\n')
    done = project.start("tour", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not project.venv.exists()


@posix
def test_a_venv_that_cannot_be_made_is_removed(tmp_path):
    """No file may become larger than 100 KB, as on a full disk; pip does not fit."""
    project = new_project(tmp_path / "new")
    done = project.start("tour", before=["sh", "-c", 'ulimit -f 200 && exec "$@"', "sh"])
    assert done.returncode == 1
    assert "couldn't make .venv" in done.stderr
    assert "ensurepip" in done.stderr
    assert not project.venv.exists()


def test_without_network_it_names_the_log(tmp_path):
    project = new_project(tmp_path / "new", requires="Requires-Dist: parley-needs-this\\n")
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))  # bound, not listening: every connection is refused
        index = f"http://127.0.0.1:{refusing.getsockname()[1]}/simple"
        pip = {"PIP_INDEX_URL": index, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
        done = project.start("tour", PIP_CONFIG_FILE=os.devnull, NO_PROXY="127.0.0.1", **pip)
    assert done.returncode == 1
    assert "network" in done.stderr
    assert str(project.venv / "start.log") in done.stderr
    assert "parley-needs-this" in (project.venv / "start.log").read_text()
    assert "Traceback" not in done.stderr
    assert not (project.venv / "start.json").exists()


def test_a_folder_that_cannot_be_written_to_gets_a_sentence(tmp_path):
    project = new_project(tmp_path / "new")
    drop = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write everywhere, and setpriv is not there to take that away")
        drop = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", "--"]
    elif os.name == "nt":
        pytest.skip("Windows has no folder that its owner cannot write to by its mode")
    project.folder.chmod(0o555)
    try:
        done = project.start("tour", before=drop)
    finally:
        project.folder.chmod(0o755)
    assert done.returncode == 1
    assert "can't be written to" in done.stderr
    assert "Traceback" not in done.stderr


def test_start_py_alone_says_which_file_is_missing(tmp_path):
    shutil.copy(START, tmp_path)
    done = subprocess.run(
        [sys.executable, tmp_path / "start.py", "tour"],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "pyproject.toml" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".venv").exists()


@posix
@pytest.mark.slow
def test_two_at_once_install_once(tmp_path):
    project = new_project(tmp_path / "new")
    both = [project.open("tour"), project.open("tour")]
    told = [program.communicate(timeout=PATIENCE) for program in both]
    assert [program.returncode for program in both] == [0, 0]
    said = [errors for _, errors in told]
    assert sum("Making .venv" in errors for errors in said) == 1
    assert sum("Installing Parley" in errors for errors in said) == 1
    assert sum("Waiting for another start.py (process " in errors for errors in said) == 1


def test_waiting_for_another_one_ends(module, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOCK", tmp_path / ".venv.lock")
    first, second = module.only_one_at_a_time(), module.only_one_at_a_time(limit=0.2)
    sentence = f"process {os.getpid()}.*hasn't finished"
    with first, pytest.raises(module.Trouble, match=sentence), second:
        pytest.fail("two hold the lock")
    with module.only_one_at_a_time(limit=0):
        pass


@posix
def test_ctrl_c_reaches_the_command_once(ready):
    program = ready.open("interrupts")
    assert program.stdout.readline() == "ready\n"
    os.killpg(program.pid, signal.SIGINT)
    assert program.stdout.readline() == "interrupted\n"
    output, errors = program.communicate(timeout=PATIENCE)  # ends its keyboard
    assert (program.returncode, output, errors) == (1, "", "")


@posix
def test_ctrl_c_reaches_the_command_once_where_start_py_stays_beside_it(ready):
    """On Windows start.py cannot be replaced by the command; that way is taken here by hand."""
    code = f"import sys; sys.path.insert(0, {str(START.parent)!r}); import start; "
    code += "sys.exit(start.run_as_child(sys.argv[1:]))"
    program = subprocess.Popen(
        [sys.executable, "-c", code, ready.python, ready.python.parent / "parley", "interrupts"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert program.stdout.readline() == "ready\n"
    os.killpg(program.pid, signal.SIGINT)
    assert program.stdout.readline() == "interrupted\n"
    output, errors = program.communicate(timeout=PATIENCE)
    assert (program.returncode, output, errors) == (1, "", "")


@posix
def test_ctrl_c_while_installing_ends_it_and_nothing_counts_as_installed(tmp_path):
    """The backend connects to this test and then waits, so that Ctrl+C comes while pip is at work."""
    call = "socket.create_connection(('127.0.0.1', int(os.environ['STOP']))).recv(1)"
    project = new_project(tmp_path / "new", before=f"if 'STOP' in os.environ: {call}")
    with socket.create_server(("127.0.0.1", 0)) as here:
        here.settimeout(PATIENCE)
        program = project.open("tour", STOP=str(here.getsockname()[1]))
        backend, _ = here.accept()
        with backend:
            os.killpg(program.pid, signal.SIGINT)
            _, errors = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130
    assert "Stopped" in errors
    assert "Traceback" not in errors
    assert (project.venv / "start.log").exists() and not (project.venv / "start.json").exists()


def old_pythons():
    """The Pythons older than 3.10 on this machine, by path."""
    with contextlib.suppress(OSError):
        places = [Path(folder) for folder in os.get_exec_path()]
        places += Path.home().glob(".pyenv/versions/3.*/bin")
        for version in range(6, 10):
            yield from (place / f"python3.{version}" for place in places if "shims" not in place.parts)


@pytest.mark.parametrize("version", range(6, 10))
def test_an_old_python_can_read_it_and_is_told_what_is_needed(version):
    source = START.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, version))
    found = [path for path in old_pythons() if path.name == f"python3.{version}" and path.exists()]
    if not found:
        pytest.skip(f"no Python 3.{version} here; its grammar was tried")
    done = subprocess.run([found[0], START, "tour"], capture_output=True, encoding="utf-8", timeout=PATIENCE)
    assert done.returncode == 1
    assert f"3.10 or newer, and this is Python 3.{version}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], SIDE_BY_SIDE),
        (["tests/parley"], [*SIDE_BY_SIDE, "tests/parley"]),
        (["--all", "-k", "wire"], ["-m", "not nightly", *SIDE_BY_SIDE, "-k", "wire"]),
        (["-n", "2"], ["-n", "2"]),
        (["--pdb", "tests/parley"], ["--pdb", "tests/parley"]),
    ],
)
def test_the_tests_run_side_by_side_unless_the_words_say_otherwise(module, words, wanted):
    assert module.for_pytest(words) == wanted
