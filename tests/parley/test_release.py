"""What goes out: the students' edition has no solutions, or bare alone, and works all the same."""

import ast
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from parley import stages
from parley.checks import faults
from parley.checks.mistakes import mistakes
from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import BadInput
from parley.derive import leaks, lessons
from parley.derive.versions import comments
from parley.notebooks import cells, run_cache
from parley.publish import release

SECONDS = 400  # bound of everything that is awaited here
ROOT = stages.root()
ECHO = stages.find(1)
PAGES = (("lessons/", ".md"), ("notebooks/", ".ipynb"))
needs_notebooks = pytest.mark.skipif(not lessons.available(), reason="needs the extra notebooks")


@cache
def known_lines():
    return leaks.known_lines(ROOT)


@cache
def known_lines_beside_bare():
    return leaks.known_lines(ROOT, list((ROOT / "solutions").rglob("bare/*.py")))


def run(command, folder, **environment):
    known = {name: text for name, text in os.environ.items() if name != "PARLEY_ROOT"}
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace", "timeout": SECONDS}
    environment = {**known, "NO_COLOR": "1", **environment}
    return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, **options)


# No solution text


def in_a_notebook(text):
    return json.dumps({"cells": [{"cell_type": "markdown", "source": text.splitlines(keepends=True)}]}).encode()


def in_a_record(text):
    events = [{"at": 1, "who": "server", "what": "logs", "data": line} for line in text.splitlines(keepends=True)]
    return gzip.compress(json.dumps({"result": {"record": {"events": events}}}).encode())


def numbered(text):
    return "".join(f"{number:>3}  {line}\n" for number, line in enumerate(text.splitlines(), 1)).encode()


def changed(text):
    return "".join(f"+{line}\n" for line in text.splitlines()).encode()


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("lessons/1_echo.md", str.encode),
        ("parley/checks/dialogues.py", lambda text: f"TEXT = {text!r}\n".encode()),
        ("notebooks/1_echo.ipynb", in_a_notebook),
        ("edition/runs/1_echo-play-0.json.gz", in_a_record),
        ("tests/1_echo/hints.md", numbered),
        ("docs/changes.md", changed),
    ],
)
@pytest.mark.parametrize("version", ["full", "quiet", "bare"])
def test_solution_text_is_found_wherever_it_stands(name, shown_as, version):
    text = stages.solution(ECHO, version, "server").read_text(encoding="utf-8")
    lines = leaks.statements(text)
    assert len(lines) > 5
    some = "".join(f"    {line}  # said by somebody\n" for line in lines[2:5])
    found = list(leaks.leaks({name: shown_as(some)}, known_lines()))
    assert found and found[0].file == name and found[0].lines == tuple(lines[2:5])
    with pytest.raises(BadInput, match=re.escape(f"{name} has lines of solutions/1_echo/")):
        release.refuse_leaks({name: shown_as(some)}, known_lines())
    two = "".join(f"    {line}\n" for line in lines[2:4])
    assert not list(leaks.leaks({name: shown_as(two)}, known_lines()))


def test_every_solution_is_looked_for():
    """Extra exercises and the window are solutions too."""
    for path in sorted((ROOT / "solutions").rglob("*.py")):
        assert list(leaks.leaks({"x.md": path.read_bytes()}, known_lines())), path


def test_comments_alone_are_no_solution():
    text = comments(stages.solution(ECHO, "full", "server").read_text(encoding="utf-8"))
    assert not list(leaks.leaks({"exercises/1_echo/server.py": text.encode()}, known_lines()))


def test_beside_bare_what_the_other_versions_add_is_a_leak():
    for path in sorted((ROOT / "solutions").rglob("*.py")):
        found = list(leaks.leaks({"x.md": path.read_bytes()}, known_lines_beside_bare()))
        assert bool(found) == (path.parent.name != "bare"), path
        assert not [leak for leak in found if "/bare/" in leak.solution]
    bare = leaks.statements(stages.solution(ECHO, "bare", "server").read_text(encoding="utf-8"))
    with_try = leaks.statements(stages.solution(ECHO, "quiet", "server").read_text(encoding="utf-8"))
    at = next(at for at, line in enumerate(with_try) if line.startswith("except OSError"))
    release.refuse_leaks({"lessons/1_echo.md": "\n".join(bare).encode()}, known_lines_beside_bare())
    with pytest.raises(BadInput, match=r"lessons/1_echo.md has lines of solutions/1_echo/(full|quiet)"):
        release.refuse_leaks(
            {"lessons/1_echo.md": "\n".join(with_try[at - 1 : at + 2]).encode()}, known_lines_beside_bare()
        )


# Recorded runs


@pytest.fixture
def edition(project, tmp_path, monkeypatch):
    """A project for which runs are recorded; what it returns makes a students' edition of it."""
    monkeypatch.setenv("PARLEY_ROOT", str(project))
    monkeypatch.setenv(run_cache.RECORDING, str(project / run_cache.RUNS))

    def make(bare=False):
        monkeypatch.delenv(run_cache.RECORDING)
        for folder in [path for path in (project / "solutions").rglob("*") if path.name in ("full", "quiet")]:
            shutil.rmtree(folder)
        if not bare:
            shutil.rmtree(project / "solutions")
        shutil.rmtree(project / "tests" / "mistakes")
        shutil.copytree(project / "exercises", project / stages.EDITION / "exercises")
        return project

    return make


KEPT = []
THREADS = {"before": 1}


def two_lines(scene):
    server = scene.server()
    anna = scene.person("Anna").connects(server)
    anna.sends("one\n").receives("one\n")
    KEPT.append("a thread")
    THREADS["now"] = server.threads()
    anna.leaves()


def never_recorded(scene):
    scene.server()


def test_an_edition_shows_what_ran_when_it_was_made(edition):
    KEPT.clear()
    made = [cells.play(1), cells.play(1, script=two_lines), cells.wire(1, "reset", "bare"), cells.wire(1)]
    made += [cells.mistake(1, "eof-ignored"), cells.mistake(1, "eof-ignored", run=False)]
    left = dict(THREADS)
    assert KEPT == ["a thread"] and left["now"] >= 1
    edition()
    KEPT.clear()
    THREADS.clear()
    again = [cells.play(1), cells.play(1, script=two_lines), cells.wire(1, "reset", "bare"), cells.wire(1)]
    again += [cells.mistake(1, "eof-ignored"), cells.mistake(1, "eof-ignored", run=False)]
    assert KEPT == ["a thread"] and left == THREADS
    for old, new in zip(made[:2], again[:2], strict=True):
        assert str(new).partition("\n")[2] == str(old).partition("\n")[2]
        assert str(old).startswith(cells.RAN["full"]) and str(new).startswith(f"{run_cache.NOTE} {cells.SOON}")
        assert run_cache.NOTE in new.html() and new.html().count("<svg xmlns") == 1
        assert len(new.happened("server", "receives")) == len(old.happened("server", "receives"))
        assert str(cells.draw(new)) == str(cells.draw(old))
    assert again[2].well is False and again[2].said == made[2].said
    assert str(again[3]) == str(made[3])
    assert again[4].run.story == made[4].run.story and again[4].belief == made[4].belief
    assert "+++ 1_echo/with the mistake/server.py" in again[4].diff.lines
    assert again[5].run is None and again[5].diff.lines == again[4].diff.lines
    assert {line for line in made[4].diff.lines if line.startswith("+")} <= set(again[4].diff.lines)


def test_where_bare_is_there_it_runs_and_is_shown(edition):
    cells.play(1)
    edition(bare=True)
    shown = cells.show(1, "server", "bare", "serve")
    assert "conn.recv(" in shown.source
    ran = cells.play(1, "bare", script=two_lines)
    assert ran.well and run_cache.NOTE not in str(ran)
    assert cells.diff("1/bare", "2/bare").lines
    assert cells.check(1, "server", "test_what_is_sent_comes_back", version="bare").well
    assert run_cache.NOTE in str(cells.play(1))
    assert str(cells.play(1, script=two_lines)).startswith(cells.RAN["bare"])  # changed after it was recorded
    assert cells.show(1).path == "exercises/1_echo/server.py"


def test_without_a_version_the_students_own_programs_run_as_soon_as_they_have_the_core(edition):
    cells.play(1)
    cells.wire(1, "split")
    cells.wire(1)
    root = edition()
    assert run_cache.NOTE in str(cells.play(1))
    for program in ECHO.programs:
        shutil.copy(stages.solution(ECHO, "bare", program, ROOT), root / "exercises" / "1_echo")
    assert run_cache.NOTE in str(cells.play(1))  # not checked yet
    assert cells.check(1).points.earned == 60
    assert str(cells.play(1)).startswith("Your own programs ran.") and cells.play(1).well
    assert "Your own programs ran." in cells.wire(1, "split").html()
    columns = {outcome.version for outcome in cells.wire(1).outcomes}
    assert columns == {"bare", "quiet", "full", "mine"}
    assert run_cache.NOTE in str(cells.play(1, "full"))
    assert cells.check(1, "server", "test_what_is_sent_comes_back").well  # no whole check: what is known stays
    assert str(cells.play(1)).startswith("Your own programs ran.")
    own = root / "exercises" / "1_echo" / "server.py"
    own.write_text(own.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert run_cache.NOTE in str(cells.play(1))
    own.write_text("print('no server')\n", encoding="utf-8")
    assert not cells.check(1).well
    assert run_cache.NOTE in str(cells.play(1))


def test_lines_of_a_diff_that_give_the_solution_away_are_cut_in_each_way_to_read_them():
    known = {("a", "b", "c"): "x.py", ("d", "e", "f"): "x.py", ("g", "h", "i"): "x.py"}
    assert leaks.without_solution(["@@", " a", " b", " c", " d", "@@"], known) == ["@@", " a", " b", " ...", " d", "@@"]
    assert leaks.without_solution([" a", "+x", " b", "-c"], known) == [" a", "+x", " b", " ..."]
    assert leaks.without_solution([" d", "-x", " e", "+f"], known) == [" d", "-x", " e", " ..."]
    assert leaks.without_solution(["-g", "+h", " i"], known) == ["-g", "+h", " ..."]
    assert leaks.without_solution([" a", " b", "+c2", " c"], known) == [" a", " b", "+c2", " ..."]


def test_a_traceback_is_kept_without_its_source_lines(edition):
    made = cells.wire(1, "reset", "bare")
    source = stages.solution(ECHO, "bare", "server").read_text(encoding="utf-8")
    lines = [line.strip() for line in str(made).splitlines()]
    assert "conn.sendall(data)" in str(made) or "conn.recv(" in str(made), lines  # so there is something to take out
    root = edition()
    text = str(cells.wire(1, "reset", "bare"))
    assert "Traceback" in text and 'File "server.py", line' in text and "ConnectionResetError" in text
    assert str(root) not in text and str(ROOT) not in text
    assert not [line for line in leaks.statements(source) if line in text]


def test_what_was_not_recorded_runs_with_the_students_own_programs(edition):
    cells.play(1)
    edition()
    for call in (
        lambda: cells.play(1, script=never_recorded),
        lambda: cells.play(2),
        lambda: cells.play(2, "bare"),
        lambda: cells.wire(1, "split"),
    ):
        assert str(call()).startswith("Your own programs ran.") and "has no statements yet" in str(call())
    assert {outcome.version for outcome in cells.wire(1).outcomes} == {"mine"}
    for call in (lambda: cells.mistake(1, "nothing-such"), lambda: cells.play(1, edit=("a", "b"))):
        with pytest.raises(cells.Wrong, match="This edition has no record of that"):
            call()
    with pytest.raises(cells.Wrong, match="There's no version 'best'"):
        cells.play(1, "best")
    assert str(cells.diff(1, 2)).startswith("--- exercises/1_echo/server.py")
    assert str(cells.diff("1/quiet", "1/full")) == "You haven't written anything in exercises/1_echo/server.py yet."
    assert cells.show(1, "server", "bare", "serve").path == "exercises/1_echo/server.py"
    assert "no function farewell in it yet" in cells.show(1, "server", "bare", "farewell").path
    assert cells.show(1, "server", "mine").source.startswith('"""Echo server')
    assert "has no statements yet" in str(cells.play(1, "mine"))
    assert cells.check(1, "server", "test_what_is_sent_comes_back", version="full").points[0] == 0


def test_both_programs_can_be_changed_for_a_run(project, monkeypatch):
    monkeypatch.setenv("PARLEY_ROOT", str(project))
    made = cells.play(1, edit=("import socket\n", "import socket\n\nprint('changed', flush=True)\n"))
    assert [event.data for event in made.happened(what="prints")].count(b"changed\n") == 2
    with pytest.raises(cells.Wrong, match=r"The text to be replaced is in server.py 0 times, not once"):
        cells.play(1, edit=("no such text", ""))


# The edition


@pytest.fixture(scope="module")
def instructors_project(tmp_path_factory):
    """A copy of the whole project, as it is on the disk of somebody who works with it."""
    folder = tmp_path_factory.mktemp("instructor") / "parley"
    nothing = shutil.ignore_patterns("__pycache__", ".*", "kept-*", "*.egg-info", "grades", "book", "dist")
    shutil.copytree(ROOT, folder, ignore=nothing)
    for name in (".venv/lib.py", "grades/grades.json", ".parley/progress.json", "notes.md", "parley/.secret.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("KEEP THIS\n", encoding="utf-8")
    solved = stages.solution(ECHO, "full", "server", folder)
    shutil.copy(solved, stages.exercise(ECHO, "server", folder))
    shutil.copytree(solved.parent, folder / "exercises" / "1_echo" / "kept-20260101-120000")
    return folder


@pytest.fixture(scope="module")
def made(instructors_project, tmp_path_factory):
    """The students' edition with the records of one notebook: the path of the zip."""
    path = tmp_path_factory.mktemp("out") / "parley-students.zip"
    release.students(instructors_project, path, pages=["1_echo"], say=lambda line: None)
    return path


@pytest.fixture(scope="module")
def made_with_bare(instructors_project, tmp_path_factory):
    """The edition that has bare, without records and without a word to assistants: the path of the zip."""
    path = tmp_path_factory.mktemp("out") / "parley-students.zip"
    release.students(instructors_project, path, bare=stages.STAGES, tutor=False, pages=[], say=lambda line: None)
    return path


def unpack(path, folder):
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "Kurs Èlia, 第1")
    return folder / "Kurs Èlia, 第1" / release.TOP


@pytest.fixture
def unpacked(made, tmp_path):
    return unpack(made, tmp_path)


@needs_notebooks
def test_the_edition_has_what_students_need_and_nothing_else(made):
    with zipfile.ZipFile(made) as archive:
        names = [name.removeprefix(f"{release.TOP}/") for name in archive.namelist()]
        files = {name: archive.read(f"{release.TOP}/{name}") for name in names}
    kinds = {name.partition("/")[0] for name in names}
    assert kinds == {
        *("README.md", "AGENTS.md", "start.py", "pyproject.toml", "LICENSE", "PROTOCOLS.md", "benchmarks", "docs"),
        *("parley", "lessons", "notebooks", "exercises", "tests", "edition"),
    }
    suites = {"/".join(Path(name).parts[1:-1]) for name in names if name.startswith("tests/")}
    assert suites == {stage.name for stage in (*stages.STAGES, *stages.EXERCISES, stages.WINDOW)}
    assert not [
        name
        for name in names
        if re.search(r"(^|/)\.|kept-|solutions|mistakes/|variants|tests/parley|grades\.[cj]s", name)
    ]
    assert not [name for name, data in files.items() if b"KEEP THIS" in data]
    assert (
        comments(stages.solution(ECHO, "full", "server").read_text(encoding="utf-8")).encode()
        == files["exercises/1_echo/server.py"]
        == files["edition/exercises/1_echo/server.py"]
    )
    assert len([name for name in names if name.startswith("edition/runs/1_echo-")]) > 8
    assert not [name for name, data in files.items() if name.endswith(".ipynb") and lessons.has_outputs(data.decode())]


@needs_notebooks
def test_what_assistants_are_told_is_true_of_the_edition(unpacked):
    text = (unpacked / "AGENTS.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./]+)`", text)
    paths = [name for name in named if "/" in name or name.endswith((".md", ".py"))]
    assert len(paths) >= 4 and not [path for path in paths if not (unpacked / path).exists()]
    for command in re.findall(r"`python3 start.py (\w+)", text):
        assert run([sys.executable, "-m", "parley.cli", command, "--help"], ROOT).returncode == 0
    fields = Diagnosis("slug", "server", "S.", "Q?", "lessons/1_echo.md", (), (), 1, 1).as_data()
    assert {"sentence", "question", "read"} <= set(named) & set(fields)


@needs_notebooks
def test_no_solution_text_is_in_the_edition(made):
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert len(files) > 100
    assert not list(leaks.leaks(files, known_lines()))
    for name, data in files.items():  # nor the folders of whoever made it
        if name.endswith(".gz"):
            assert not [path for path in (ROOT, sys.prefix, Path.home()) if str(path).encode() in gzip.decompress(data)]


@needs_notebooks
def test_the_edition_with_bare_has_it_and_no_line_of_the_other_versions(made, made_with_bare):
    with zipfile.ZipFile(made_with_bare) as archive:
        files = {name.removeprefix(f"{release.TOP}/"): archive.read(name) for name in archive.namelist()}
    solutions = {name for name in files if name.startswith("solutions/")}
    assert solutions == {path.relative_to(ROOT).as_posix() for path in (ROOT / "solutions").rglob("bare/*.py")}
    assert not list(leaks.leaks(files, known_lines_beside_bare()))
    beside = {name: data for name, data in files.items() if name not in solutions}
    assert not list(leaks.leaks(beside, known_lines()))
    with zipfile.ZipFile(made) as archive:
        others = {name.removeprefix(f"{release.TOP}/"): archive.read(name) for name in archive.namelist()}
    woven = {f"{folder}{stage.name}{kind}" for stage in stages.STAGES for folder, kind in PAGES}
    assert {name for name in beside if beside[name] != others[name]} == {"README.md", *woven}
    without = {name for name in others if name not in beside}
    assert without == {"AGENTS.md"} | {name for name in others if "/runs/" in name}
    assert b"it earns 60 of 100 points" in files["README.md"] and b"60 of 100" not in others["README.md"]
    assert b"released `bare` of stage 1, 2, 3, 4, 5:" in files["README.md"]


@needs_notebooks
def test_bare_can_be_released_of_some_stages(instructors_project, tmp_path):
    words = ["release", "students", "--bare", "2", "logbook", "--no-tutor", "-o", str(tmp_path / "out.zip")]
    (instructors_project / "lessons").rename(instructors_project / "lessons-kept")
    (instructors_project / "lessons").mkdir()
    shutil.copy(ROOT / "lessons" / "glossary.md", instructors_project / "lessons")
    try:
        done = run([sys.executable, "-m", "parley.cli", *words], tmp_path, PARLEY_ROOT=str(instructors_project))
    finally:
        shutil.rmtree(instructors_project / "lessons")
        (instructors_project / "lessons-kept").rename(instructors_project / "lessons")
    assert done.returncode == 0, done.stderr
    unpacked = unpack(tmp_path / "out.zip", tmp_path)
    found = {path.relative_to(unpacked).as_posix() for path in (unpacked / "solutions").rglob("*.py")}
    assert found == {"solutions/2_logbook/bare/server.py", "solutions/2_logbook/bare/client.py"}
    cell = "from parley import play, show; print(show(2, version='bare').path, show(1, version='bare').path)"
    shown = run([sys.executable, "-c", cell], unpacked, PYTHONPATH=str(unpacked))
    assert shown.stdout.split() == ["solutions/2_logbook/bare/server.py", "exercises/1_echo/server.py"], shown.stderr
    assert "This works here" in parley("play", "2", folder=unpacked).stderr
    assert "the comments are your plan" in parley("play", "1", folder=unpacked).stderr


def named_runs():
    """The runs that the text of a lesson names: (page, function, stage, what)."""
    for page in lessons.pages(ROOT):
        for found in release.NAMED.finditer(page.read_text(encoding="utf-8")):
            call = ast.parse(found["call"]).body[0].value
            stage, *what = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
            yield page.stem, found["function"], stages.find(stage), what


def test_the_runs_that_a_lesson_names_are_ones_that_there_are():
    named = list(named_runs())
    assert ("4_peers", "mistake", stages.find(4), ["flag-while-blocked"]) in named
    known = {"play": lambda stage: stages.VERSIONS, "wire": faults.faults_of}
    known["mistake"] = lambda stage: [mistake.name for mistake in mistakes(stage)]
    assert not [call for call in named if call[3] and call[3][0] not in known[call[1]](call[2])]


@needs_notebooks
@pytest.mark.skipif(os.name == "nt", reason="no-reuseaddr is no mistake on Windows")
def test_what_a_lesson_names_is_recorded_too(unpacked):
    cell = "from parley import mistake, wire; print(mistake(1, 'no-reuseaddr')); print(wire(1, 'reset'))"
    done = run([sys.executable, "-c", cell], unpacked, PYTHONPATH=str(unpacked))
    assert done.returncode == 0, done.stderr
    assert "The belief behind it" in done.stdout and "Cause:" in done.stdout and run_cache.NOTE in done.stdout


@needs_notebooks
def test_links_lead_somewhere_in_the_edition(unpacked):
    pages = [unpacked / "README.md", *(unpacked / "lessons").glob("*.md"), *(unpacked / "tests").rglob("*.md")]
    link_in = re.compile(r"(?<!\w)\[[^\]]*\]\(([^)#\s]+)")  # and no handlers[what](conn, text)
    links = [(page, link) for page in pages for link in link_in.findall(page.read_text(encoding="utf-8"))]
    links = [(page, link) for page, link in links if not link.startswith("http")]
    assert len(links) > 20
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]


@needs_notebooks
def test_a_lesson_that_gives_it_away_cannot_go_out(instructors_project, tmp_path):
    page = instructors_project / "lessons" / "glossary.md"
    before = page.read_text(encoding="utf-8")
    solved = "\n".join(leaks.statements(stages.solution(ECHO, "bare", "client").read_text(encoding="utf-8")))
    try:
        page.write_text(f"{before}\n{solved}\n", encoding="utf-8")
        with pytest.raises(BadInput, match=r"lessons/glossary\.md has lines of solutions/1_echo"):
            release.students(instructors_project, tmp_path / "out.zip", pages=[], say=lambda line: None)
    finally:
        page.write_text(before, encoding="utf-8")
    assert not list(tmp_path.iterdir())


def parley(*words, folder):
    """A command of the edition in this folder, with its own code."""
    return run([sys.executable, "-m", "parley.cli", *words], folder, PYTHONPATH=str(folder))


@needs_notebooks
def test_the_commands_work_in_the_edition_or_say_why_not(unpacked):
    for words in (["build"], ["build", "--check"], ["release"], ["play", "1", "--version", "full"]):
        done = parley(*words, folder=unpacked)
        assert done.returncode == 1 and stages.NO_SOLUTIONS in done.stderr and len(done.stderr.splitlines()) == 1
    for words in (["play", "1"], ["play", "5", "--gui"], ["faults", "1"]):
        done = parley(*words, folder=unpacked)
        assert done.returncode == 1 and "has no statements yet, only comments. Write some first" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert "+++ exercises/2_logbook/server.py" in parley("diff", "1", "2", folder=unpacked).stdout
    done = parley("play", "1", "--scene", folder=unpacked)
    assert done.returncode == 0 and done.stdout.startswith("Recorded with the finished programs"), done.stderr
    assert "Hello, is anybody there?" in done.stdout
    done = parley("play", "3", "--version", "mine", "--client", folder=unpacked)
    assert done.returncode == 1 and "exercises/3_turns/client.py has no statements yet" in done.stderr
    assert parley("doctor", folder=unpacked).returncode == 0
    done = parley("check", "1", folder=unpacked)
    assert done.returncode == 1 and "has no statements yet, only comments" in done.stdout, done.stdout
    assert "Nothing to hand in yet" in parley("submit", folder=unpacked).stderr
    for program in ECHO.programs:
        shutil.copy(stages.solution(ECHO, "bare", program), unpacked / "exercises" / "1_echo")
    assert "60 of 100 points" in parley("check", "1", folder=unpacked).stdout
    done = parley("play", "1", "--scene", folder=unpacked)
    assert done.returncode == 0 and "Recorded" not in done.stdout and "Hello, is anybody there?" in done.stdout
    assert " mine " in parley("faults", "1", folder=unpacked).stdout
    hints = [parley("hint", "1", folder=unpacked) for _ in range(3)]
    assert [hint.returncode for hint in hints] == [0, 0, 0]
    assert hints[2].stdout.startswith("Hint ") and "The same idea in another setting" in hints[2].stdout
    done = parley("submit", "--no-check", folder=unpacked)
    assert done.returncode == 0 and (unpacked / "parley-submission.zip").is_file()
    done = parley("reset", "1", folder=unpacked)
    assert done.returncode == 0 and "Your programs are kept in exercises/1_echo/kept-" in done.stdout, done.stderr
    edition = unpacked / "edition" / "exercises" / "1_echo" / "server.py"
    assert (unpacked / "exercises" / "1_echo" / "server.py").read_bytes() == edition.read_bytes()
    kept = next((unpacked / "exercises" / "1_echo").glob("kept-*"))
    assert (kept / "server.py").read_bytes() == stages.solution(ECHO, "bare", "server").read_bytes()


@needs_notebooks
def test_the_commands_work_in_the_edition_with_bare_or_say_why_not(made_with_bare, tmp_path):
    unpacked = unpack(made_with_bare, tmp_path)
    assert "play 1 --version bare --client" in parley("play", "1", "--client", folder=unpacked).stderr
    done = parley("play", "1", "--version", "bare", "--scene", folder=unpacked)
    assert done.returncode == 0 and "receives" in done.stdout, done.stderr
    assert "+++ 2_logbook/bare/server.py" in parley("diff", "1/bare", "2/bare", folder=unpacked).stdout
    for program in ECHO.programs:
        shutil.copy(stages.solution(ECHO, "bare", program, unpacked), unpacked / "exercises" / "1_echo")
    assert "60 of 100 points" in parley("check", "1", folder=unpacked).stdout
    hints = [parley("hint", "1", folder=unpacked) for _ in range(3)]
    assert "The same idea in another setting" in hints[2].stdout
    done = parley("reset", "1", folder=unpacked)
    assert done.returncode == 0, done.stderr
    assert "has no statements yet" in parley("check", "1", "--server", folder=unpacked).stdout


@needs_notebooks
@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of its own")
def test_watch_works_in_the_edition(unpacked, terminal):
    known = {name: text for name, text in os.environ.items() if name != "PARLEY_ROOT"}
    environment = {**known, "PYTHONPATH": str(unpacked), "NO_COLOR": "1"}
    opened = terminal(sys.executable, "-m", "parley.cli", "watch", "1", "--server", environment=environment)
    opened.shows("has no statements yet")
    opened.shows("Save to check again.")
    opened.types("q")
    assert opened.ends() == 0


@needs_notebooks
def test_the_edition_sets_itself_up_with_the_command_of_its_readme(unpacked):
    """With a fresh .venv, for which pip fetches what is needed."""
    readme = (unpacked / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    python3 (start\.py .*?)  +#", readme, flags=re.MULTILINE)
    assert commands == ["start.py lab", "start.py check 1"]
    for program in ECHO.programs:
        shutil.copy(stages.solution(ECHO, "full", program), unpacked / "exercises" / "1_echo")
    done = run([sys.executable, *commands[1].split()], unpacked)
    assert done.returncode == 0 and "100 of 100 points" in done.stdout, done.stdout + done.stderr
    assert "The next lesson: lessons/2_logbook.md" in done.stdout and "start.py diff" not in done.stdout
    assert (unpacked / ".venv").is_dir()
    done = run([sys.executable, "start.py", "test"], unpacked)
    assert done.returncode == 1 and "without the tests of Parley itself" in done.stderr
    done = run([sys.executable, "start.py", "submit", "--stage", "1", "--no-check"], unpacked)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(unpacked / "parley-submission.zip") as archive:
        assert archive.namelist() == ["1_echo/client.py", "1_echo/server.py"]


# Every cell of the pages runs in the edition

RUN_PAGE = """
import json, sys
from parley import stages
from parley.derive import lessons
from parley.notebooks import book
path = stages.root() / "notebooks" / (sys.argv[1] + ".ipynb")
page = book.page_of_notebook(path, path.read_text(encoding="utf-8"))
wanted = sys.argv[2]
page.notebook.cells = [cell for cell in page.notebook.cells if cell.cell_type == "code" and wanted in cell.source]
book.run_all([page], stages.root(), say=lambda line: None, as_book=False)
print(json.dumps([[cell.source, cell.outputs] for cell in page.notebook.cells]))
"""
FULL = "There is no place left"  # what a server says that is full
DEAD = (  # what no cell may say
    *(run_cache.NO_SUCH_RUN, stages.NO_SOLUTIONS, "has no solutions", "isn't in this edition", "the instructor has"),
    *("can't be read", "There's no ", "There's no "),
)
STATES = ("empty", "half done", "done")


def fill(unpacked, state, wanted=stages.STAGES):
    """Bring the exercises into a state; with those that are done the whole check has run."""
    for stage in wanted:
        for program in stage.programs:
            mine = stages.exercise(stage, program, unpacked)
            if state == "done" or (state == "half done" and program == "server"):
                shutil.copy(stages.solution(stage, "full" if state == "done" else "bare", program), mine)
            else:
                shutil.copy(unpacked / "edition" / mine.relative_to(unpacked), mine)
        if state == "done":
            assert "100 of 100 points" in parley("check", str(stage.number), folder=unpacked).stdout


def run_cells(unpacked, page, wanted=""):
    """Run the cells of a page that have this text, as a student does, and return pairs of a cell and its outputs."""
    done = run([sys.executable, "-c", RUN_PAGE, page, wanted], unpacked, PYTHONPATH=str(unpacked))
    assert done.returncode == 0, f"{page}: {done.stderr[-3000:]}"
    return json.loads(done.stdout)


def dead_cells(unpacked, page):
    """Run the notebook of a page as a student does, and return what is dead in it: pairs of a cell and what it said."""
    found = []
    for source, outputs in run_cells(unpacked, page):
        said = "\n".join(json.dumps(output, ensure_ascii=False) for output in outputs).replace(FULL, "")
        found += [(source, word) for word in DEAD if word in said]
        assert not [output for output in outputs if output["output_type"] == "error"], source
    return found


@needs_notebooks
@pytest.mark.parametrize("state", ["empty", pytest.param("done", marks=pytest.mark.nightly)])
def test_each_cell_of_the_first_page_is_alive_in_the_edition(state, unpacked):
    fill(unpacked, state, [ECHO])
    assert dead_cells(unpacked, "1_echo") == []
    own = str(unpacked / "exercises" / "1_echo")
    cell = f"import sys; from parley import play; run = play(1); print(str(run).splitlines()[0], {own!r} in str(run))"
    ran = run([sys.executable, "-c", cell], unpacked, PYTHONPATH=str(unpacked)).stdout
    assert ran.startswith("Your own programs ran." if state == "done" else run_cache.NOTE)


@needs_notebooks
@pytest.mark.parametrize("state", ["empty", "done"])
def test_a_page_shows_the_released_bare_beside_the_own_programs(state, made_with_bare, tmp_path):
    unpacked = unpack(made_with_bare, tmp_path)
    fill(unpacked, state, [ECHO])
    cells = run_cells(unpacked, "1_echo", "bare")
    shown = [json.dumps(outputs) for _, outputs in cells]
    assert [source.splitlines()[-1] for source, _ in cells] == [
        *('show(1, "server", "bare")', 'show(1, "client", "bare")'),
        *('diff("1/bare", "1/mine")', 'diff("1/bare", "1/mine", "client")'),
    ]
    assert "solutions/1_echo/bare/server.py" in shown[0] and "conn.sendall" in shown[0]
    assert "+++ exercises/1_echo/server.py" in shown[2]
    assert ("+    except OSError" in shown[2]) == (state == "done")


@pytest.fixture(scope="module")
def whole_edition(instructors_project, tmp_path_factory):
    """The default students' edition, as the command makes it, unpacked: with the records of all pages."""
    folder = tmp_path_factory.mktemp("whole")
    done = run([sys.executable, "-m", "parley.cli", "release"], folder, PARLEY_ROOT=str(instructors_project))
    assert done.returncode == 0, done.stderr
    return unpack(folder / "parley-students.zip", folder)


@needs_notebooks
@pytest.mark.nightly
@pytest.mark.parametrize("state", STATES)
def test_each_cell_of_each_page_is_alive_in_the_edition(state, whole_edition):
    fill(whole_edition, state)
    dead = {page.stem: dead_cells(whole_edition, page.stem) for page in lessons.pages(ROOT)}
    assert not {page: found for page, found in dead.items() if found}


@needs_notebooks
@pytest.mark.nightly
def test_the_tour_and_each_scene_are_shown_in_the_edition(whole_edition):
    fill(whole_edition, "empty")
    done = parley("tour", folder=whole_edition)
    assert done.returncode == 0 and "Stage 5." in done.stdout and "Next: " in done.stdout, done.stderr
    for stage in stages.STAGES:
        done = parley("play", str(stage.number), "--scene", folder=whole_edition)
        assert done.returncode == 0 and done.stdout.startswith("Recorded with the finished programs"), done.stderr


@needs_notebooks
@pytest.mark.nightly
def test_a_book_is_made_in_the_edition(whole_edition):
    fill(whole_edition, "empty")
    done = parley("book", folder=whole_edition)
    assert done.returncode == 0, done.stderr
