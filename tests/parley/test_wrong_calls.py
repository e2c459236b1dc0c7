"""Commands with wrong options, paths and files: one sentence, an exit status other than 0, and nothing lost."""

import os

import pytest
from helpers import refused
from make_downloads import SERVER, put, sheet, zipped

pytestmark = pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")

ROSTER = ["grade", "class", "--stage", "1", "--no-sandbox", "--roster"]
AUTHORS = [*ROSTER, "roster.csv", "--authors"]
GITHUB = ["release", "github", "-o", "workflow.yml"]
# What is typed, and words of the sentence that must come.
CALLS = (
    ("grade nowhere", "doesn't exist"),
    ("grade file.txt", "is neither a folder nor a zip file"),
    ("grade empty", "contains no submissions"),
    ("grade one", "contains the stages of one student"),
    ("grade damaged.zip", "isn't a zip file, or is damaged. Unpack it"),
    ("grade class -o class", "The grades can't go into the folder with the submissions"),
    ("grade class -o file.txt", "The grades can't go to file.txt"),
    ("grade class -o file.txt/grades", "The grades can't go to file.txt/grades"),
    ("grade class --stage 9", "There's no stage '9'"),
    ("grade class --jobs 0", "--jobs"),
    ("grade class --jobs many", "--jobs"),
    ("grade class --seed x", "--seed"),
    ("grade class --nonsense", "--nonsense"),
    ("grade class other", "unexpected extra argument"),
    ("grade gradescope --stage 1", "submission_metadata.yml can't be read"),
    ([*ROSTER, "nowhere.csv"], "nowhere.csv can't be read"),
    ([*ROSTER, "class"], "class can't be read"),
    ([*ROSTER, "file.txt"], "file.txt isn't a roster"),
    ([*ROSTER, "latin.csv"], "it isn't UTF-8"),
    ([*ROSTER, "quote.csv"], "has a quote that isn't closed"),
    ([*ROSTER, "twice.csv"], "two students with the id s1"),
    ([*ROSTER, "blank.csv"], "blank.csv isn't a roster"),
    ([*AUTHORS, "nowhere.csv"], "nowhere.csv can't be read"),
    ([*AUTHORS, "roster.csv"], "names no authors"),
    ([*AUTHORS, "authors-unknown.csv"], "this is no student of the roster"),
    ([*AUTHORS, "authors-twins.csv"], "this is more than one student of the roster"),
    ([*AUTHORS, "authors-blank.csv"], "no submission is named"),
    ("grade class --stage 1 --authors roster.csv", "--authors needs a roster"),
    ("score nowhere", "There's no folder nowhere"),
    ("interop nowhere", "doesn't exist"),
    ("interop class --stage 9", "There's no stage '9'"),
    ("interop class --stage 1 -o class", "Name another folder than class"),
    ("interop class --stage 1 -o file.txt", "Nothing can be written into file.txt"),
    ("interop class --stage 1 -o file.txt/out", "Nothing can be written into file.txt/out"),
    ("interop class --most 0", "--most"),
    ("interop class --jobs 0", "--jobs"),
    ("interop class --roster file.txt", "file.txt isn't a roster"),
    ("similarity nowhere", "doesn't exist"),
    ("similarity class --least 2", "--least"),
    ("similarity class --least much", "--least"),
    ("similarity class -o file.txt", "Nothing can be written into file.txt"),
    ("similarity class -o class", "Name another folder than class"),
    ("similarity class --earlier nowhere", "nowhere doesn't exist"),
    ("similarity class --earlier empty", "contains no submissions"),
    ("similarity class --roster twice.csv", "two students with the id s1"),
    ("likeness nowhere", "doesn't exist"),
    ("new", "Missing argument"),
    ("new lesson roll_call", "There's no command new lesson"),
    ("new exercise", "Missing argument"),
    ("new exercise kick -o course", "There's already an exercise kick"),
    ("new exercise Roll-Call -o course", "can't be the name of an exercise"),
    ("new exercise ../x -o course", "can't be the name of an exercise"),
    ("new exercise taken -o course", "already exists, and nothing was written"),
    ("new exercise roll_call -o nowhere", "nowhere isn't a folder"),
    ("new exercise roll_call -o file.txt", "file.txt isn't a folder"),
    ("prove", "Missing argument"),
    ("prove nothing", "This course has no exercise 'nothing'"),
    ("prove kick", "This course has no exercise 'kick'"),
    ("prove x --mutants -1", "--mutants"),
    (GITHUB, "Students can change the tests in their own repositories"),
    ([*GITHUB, "--tool", "parley"], "'parley' isn't a repository"),
    ([*GITHUB, "--tool", "a/b; rm -rf"], "isn't a repository"),
    ([*GITHUB, "--tool", "a/b", "--hide", "jokes"], "There's no kind of tests called 'jokes' to hide"),
    ([*GITHUB, "--tool", "a/b", "--limit", "1"], "--limit"),
    (["release", "github", "-o", "file.txt/x.yml", "--tool", "a/b"], "file.txt"),
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a small class, and with all kinds of files that are not what a command needs."""
    put(tmp_path / "class" / "s1" / "server.py", SERVER)
    put(tmp_path / "one" / "1_echo" / "server.py", SERVER)
    put(tmp_path / "file.txt", b"just words\n")
    put(tmp_path / "damaged.zip", zipped(("s1/server.py", SERVER))[:-30])
    put(tmp_path / "gradescope" / "submission_metadata.yml", b"a: [\n")
    put(tmp_path / "gradescope" / "submission_1" / "server.py", SERVER)
    put(tmp_path / "course" / "tests" / "5_further" / "taken" / "hints.md", b"mine\n")
    (tmp_path / "empty").mkdir()
    put(tmp_path / "latin.csv", "id,name\n1,Grüße\n".encode("latin-1"))
    put(tmp_path / "quote.csv", b'id,name\n1,"A\n')
    put(tmp_path / "blank.csv", b"\n\n")
    sheet(tmp_path / "roster.csv", ["id", "name"], ["s1", "Anna"], ["s2", "Anna"])
    sheet(tmp_path / "twice.csv", ["id", "name"], ["s1", "Anna"], ["s1", "Ben"])
    sheet(tmp_path / "authors-unknown.csv", ["submission", "id"], ["s1", "s9"])
    sheet(tmp_path / "authors-twins.csv", ["submission", "name"], ["s1", "Anna"])
    sheet(tmp_path / "authors-blank.csv", ["submission", "id"], ["", "s1"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("words", "expected"), CALLS, ids=lambda part: part if isinstance(part, str) else " ".join(part)
)
def test_a_wrong_call_gets_a_sentence_and_loses_nothing(words, expected, place, monkeypatch, capsys):
    before = files_in(place)
    monkeypatch.setattr("sys.argv", ["parley", *(words.split() if isinstance(words, str) else words)])
    status, errors = refused(capsys)
    assert status in (1, 2)
    text = " ".join(errors.replace("│", " ").split())
    assert expected in text and "Traceback" not in text
    if status == 1:
        assert errors.startswith("Error: ") and len(errors.splitlines()) == 1
    assert files_in(place) == before


def test_there_are_many():
    assert len(CALLS) >= 50
