"""What a student hands in."""

import shutil
import zipfile

import pytest
from helpers import parley

from parley import stages
from parley.grading import intake
from parley.publish.submit import pack


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A project whose exercises are the comments; its folder."""
    root = tmp_path / "my parley"
    shutil.copytree(stages.root() / "tests", root / "tests", ignore=shutil.ignore_patterns("__pycache__", "parley"))
    for stage in stages.STAGES:
        folder = root / "exercises" / stage.name
        folder.mkdir(parents=True)
        for program in stage.programs:
            (folder / f"{program}.py").write_text('"""Nothing yet."""\n# a plan\n', encoding="utf-8")
    solutions = stages.root() / "solutions"
    monkeypatch.setenv("PARLEY_ROOT", str(root))
    return root, solutions


def test_nothing_begun_is_nothing_to_hand_in(work, tmp_path):
    with pytest.raises(ValueError, match="Nothing to hand in yet"):
        pack(tmp_path / "mine.zip")
    assert not list(tmp_path.glob("mine.zip*"))


def test_what_is_begun_is_checked_and_what_is_missing_is_said(work, tmp_path):
    root, solutions = work
    shutil.copy(solutions / "1_echo" / "full" / "server.py", root / "exercises" / "1_echo")
    (root / "exercises" / "2_logbook" / "client.py").unlink()
    packed = pack(tmp_path / "mine.zip", stages.STAGES[:2])
    assert packed.points == {"1_echo": (50, 100)}
    assert packed.missing == [
        "1_echo: client.py isn't started.",
        "2_logbook: server.py isn't started.",
        "2_logbook: client.py is missing.",
    ]
    assert packed.files == ["1_echo/client.py", "1_echo/server.py", "2_logbook/server.py"]


def test_what_is_handed_in_is_read_by_the_grader_and_is_the_same_twice(work, tmp_path):
    root, solutions = work
    for stage in stages.STAGES:
        for program in stage.programs:
            shutil.copy(solutions / stage.name / "full" / f"{program}.py", root / "exercises" / stage.name)
    (root / "exercises" / "1_echo" / "helper.py").write_text("x = 1\n", encoding="utf-8")
    (root / "exercises" / "1_echo" / "common").mkdir()
    (root / "exercises" / "1_echo" / "common" / "sizes.py").write_text("CHUNK = 1\n", encoding="utf-8")
    (root / "exercises" / "1_echo" / "notes.txt").write_text("to do\n", encoding="utf-8")
    folder = tmp_path / "class"
    folder.mkdir()
    first = pack(folder / "anna.zip", checks=False)
    assert first.left_out == ["1_echo: not packed, because of a syntax error: notes.txt."]
    whole = first.path.read_bytes()
    assert pack(folder / "anna.zip", checks=False).path.read_bytes() == whole
    ((anna,), others) = intake.read_all(folder)
    assert not others
    assert sorted(anna.stages) == [stage.name for stage in stages.STAGES]
    assert anna.stages["1_echo"]["helper.py"] == b"x = 1\n"
    assert anna.stages["1_echo"]["common/sizes.py"] == b"CHUNK = 1\n"
    assert zipfile.ZipFile(first.path).testzip() is None


def test_the_command_tells_points_what_is_missing_and_where_the_zip_is(work, tmp_path):
    root, solutions = work
    shutil.copy(solutions / "1_echo" / "full" / "server.py", root / "exercises" / "1_echo")
    done = parley("submit", "--stage", "1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1_echo: 50 of 100 points" in done.stdout
    assert "1_echo: client.py isn't started." in done.stdout
    assert f"{tmp_path / 'parley-submission.zip'} (2 programs)" in done.stdout
    with zipfile.ZipFile(tmp_path / "parley-submission.zip") as archive:
        assert archive.namelist() == ["1_echo/client.py", "1_echo/server.py"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Nothing to hand in yet: no program in exercises/ is started."),
        (["-o", "."], ". is a folder. Name a new zip file."),
        (["-o", "nowhere/mine.zip"], "mine.zip is in a folder that doesn't exist"),
        (["--stage", "7"], "There's no stage '7'"),
    ],
)
def test_the_command_says_in_one_sentence_why_not(work, tmp_path, words, sentence):
    done = parley("submit", *words, folder=tmp_path)
    assert done.returncode == 1 and sentence in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*.zip*"))
