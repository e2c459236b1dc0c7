"""The wheel, as a learner gets it: built from the sdist, installed into a fresh environment, and used from there."""

import os
import shutil
import sys
import venv
import zipfile
from pathlib import Path

import helpers
import pytest

from parley import stages

SECONDS = 300  # bound of one step; the slowest one downloads what Parley needs
PROJECT = stages.root()
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "kept-*", "*.egg-info", "build", "dist", "grades", "book")
BUILD_SDIST = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"

pytestmark = pytest.mark.skipif(not (PROJECT / "setup.py").is_file(), reason="There is no setup.py: no wheel is built.")


def run(*command, folder):
    """A command in a folder, as a user types it who has set nothing; the finished process."""
    return helpers.run(*command, folder=folder, seconds=SECONDS, PARLEY_ROOT=None, PYTHONPATH=None, COLUMNS="200")


def must(*command, folder):
    """The same for a command that has to work."""
    done = run(*command, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


class Installed:
    """An environment in which Parley was installed from its wheel."""

    def __init__(self, folder):
        self.programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.programs / ("python.exe" if os.name == "nt" else "python")
        self.wheel = None

    def pip(self, *words, folder):
        return run(self.python, "-m", "pip", "--disable-pip-version-check", *words, folder=folder)

    def parley(self, *words, folder):
        return run(self.programs / ("parley.exe" if os.name == "nt" else "parley"), *words, folder=folder)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the sdist, the wheel from it, and install that; skip where there is nothing to download from."""
    folder = tmp_path_factory.mktemp("wheel")
    made = Installed(folder)
    venv.create(folder / "venv", with_pip=True)
    if made.pip("install", "setuptools>=77.0.3,<85", folder=folder).returncode:
        if os.environ.get("CI"):
            pytest.fail("pip cannot download setuptools.")
        pytest.skip("The tests of the wheel need PyPI, and pip cannot download setuptools.")
    project = Path(shutil.copytree(PROJECT, folder / "project", ignore=NOT_COPIED))
    must(made.python, "-c", BUILD_SDIST, folder / "dist", folder=project)
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    shutil.rmtree(project)  # the wheel is made of what is in the sdist alone
    built = made.pip("wheel", "--no-deps", "--wheel-dir", folder / "dist", sdist, folder=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    (made.wheel,) = (folder / "dist").glob("*.whl")
    done = made.pip("install", made.wheel, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture(scope="module")
def workbook(installed, tmp_path_factory):
    """A workbook that was laid out in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("learner")
    done = installed.parley("init", "my chat", folder=folder)
    assert done.returncode == 0, done.stderr
    assert 'Next: cd "my chat", then parley tour or parley lab' in done.stdout
    return folder / "my chat"


def test_the_wheel_has_our_name_and_the_workbook_but_not_the_tests_of_the_tool(installed):
    assert installed.wheel.name.startswith("parley_workbook-")
    names = zipfile.ZipFile(installed.wheel).namelist()
    carried = {name.removeprefix("parley/workbook/") for name in names if name.startswith("parley/workbook/")}
    assert {"lessons/0_start.md", "notebooks/0_start.ipynb", "PROTOCOLS.md", "docs/window.png"} <= carried
    for stage in stages.STAGES:
        for program in stage.programs:
            assert f"exercises/{stage.name}/{program}.py" in carried
            assert f"solutions/{stage.name}/full/{program}.py" in carried
    assert [name for name in carried if name.startswith("tests/parley/")] == ["tests/parley/class/make_class.py"]
    assert not [name for name in names if "__pycache__" in name or "/." in name or "kept-" in name]


def test_without_a_workbook_a_command_says_how_to_get_one(installed, tmp_path):
    for words in (["check", "1"], ["tour"], ["play", "1", "--scene"], ["lab"], ["submit"], ["build", "--check"]):
        done = installed.parley(*words, folder=tmp_path)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert "There's no workbook in this folder." in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert installed.parley("--version", folder=tmp_path).stdout.startswith("Parley ")
    told = installed.parley("--help", folder=tmp_path).stdout
    assert "Usage: parley " in told and " init " in told and "start.py" not in told


def test_init_writes_nothing_over_and_names_commands_as_they_are_typed_here(installed, workbook):
    mine = workbook / "exercises" / "1_echo" / "client.py"
    before = mine.read_bytes()
    mine.write_text("print('mine')\n", encoding="utf-8")
    (workbook / "PROTOCOLS.md").unlink()
    try:
        done = installed.parley("init", workbook, folder=workbook.parent)
        assert "files written: 1." in done.stdout and "stay unchanged" in done.stdout, done.stderr
        assert mine.read_text(encoding="utf-8") == "print('mine')\n"
    finally:
        mine.write_bytes(before)
    pages = [*(workbook / "lessons").glob("*.md"), *(workbook / "notebooks").glob("*.ipynb")]
    assert len(pages) > 10 and not [page.name for page in pages if "start.py" in page.read_text(encoding="utf-8")]
    assert "`parley check 1`" in (workbook / "lessons" / "0_start.md").read_text(encoding="utf-8")
    done = installed.parley("init", mine, folder=workbook)
    assert done.returncode == 1 and done.stderr.startswith(f"Error: {mine}") and len(done.stderr.splitlines()) == 1


def test_a_learner_checks_asks_plays_and_begins_again(installed, workbook):
    begin = installed.parley("check", "1", folder=workbook)
    assert begin.returncode == 1 and "Not started: server.py" in begin.stdout, begin.stdout + begin.stderr
    mine = workbook / "exercises" / "1_echo"
    shutil.copy(workbook / "solutions" / "1_echo" / "bare" / "server.py", mine)
    checked = installed.parley("check", "1", "--server", folder=mine)  # from a folder of it, too
    assert "30 of 50 points" in checked.stdout, checked.stdout + checked.stderr
    assert "For a hint about the first failure: parley hint 1" in checked.stdout
    assert "part 1 of 3" in installed.parley("hint", "1", folder=workbook).stdout
    assert "exits [status 0]" in installed.parley("play", "1", "--scene", folder=workbook).stdout
    assert "Your programs are kept in exercises/1_echo/kept-" in installed.parley("reset", "1", folder=workbook).stdout
    assert "All derived files are up to date." in installed.parley("build", "--check", folder=workbook).stdout


def test_what_is_not_installed_is_named_by_our_name(installed, workbook, tmp_path):
    shutil.copytree(workbook / "solutions" / "1_echo" / "full", tmp_path / "class" / "anna" / "1_echo")
    for words, extra in ((["lab", "--no-browser"], "notebooks"),):
        done = installed.parley(*words, folder=workbook)
        assert done.returncode == 1 and f"pip install 'parley-workbook[{extra}]'" in done.stderr, done.stderr


def test_an_instructor_grades_in_a_workbook(installed, workbook, tmp_path):
    for version in ("full", "bare"):
        shutil.copytree(workbook / "solutions" / "1_echo" / version, tmp_path / "class" / version / "1_echo")
    words = ["grade", tmp_path / "class", "-o", tmp_path / "grades", "--stage", "1", "--jobs", "2"]
    sandboxed = installed.parley("doctor", folder=workbook).stdout.splitlines()[-1].startswith("ok")
    done = installed.parley(*words, *([] if sandboxed else ["--no-sandbox"]), folder=workbook)
    assert done.returncode == 0, done.stdout + done.stderr
    table = (tmp_path / "grades" / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    total = table[0].split(",").index("total")
    assert [row.split(",")[total] for row in table[1:]] == ["60", "100"]  # bare, full


def test_an_edition_for_gradescope_can_be_made_of_it(installed, workbook, tmp_path):
    done = installed.parley("release", "gradescope", "-o", tmp_path / "autograder.zip", folder=workbook)
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(tmp_path / "autograder.zip").namelist()
    needed = ("start.py", "pyproject.toml", "parley/cli.py", "parley/grading/single.py", "tests/1_echo/test_server.py")
    assert {f"project/{name}" for name in needed} <= set(names)
    assert not [name for name in names if "workbook/" in name or "solutions/" in name]


def test_a_checkout_is_a_workbook_already(tmp_path):
    done = run(sys.executable, "-m", "parley.cli", "init", tmp_path / "new", folder=PROJECT)
    assert done.returncode == 1 and "is a workbook already. Begin there: " in done.stderr
    assert not (tmp_path / "new").exists()
