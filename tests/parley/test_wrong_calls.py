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
    ("grade nowhere", "does not exist"),
    ("grade file.txt", "is no folder and no zip"),
    ("grade empty", "holds no submissions"),
    ("grade one", "holds the stages of one student"),
    ("grade damaged.zip", "is no zip, or a damaged one. Unpack it"),
    ("grade class -o class", "the grades cannot go where the submissions are"),
    ("grade class -o file.txt", "the grades cannot go to file.txt"),
    ("grade class -o file.txt/grades", "the grades cannot go to file.txt/grades"),
    ("grade class --stage 9", "There is no stage '9'"),
    ("grade class --jobs 0", "--jobs"),
    ("grade class --jobs many", "--jobs"),
    ("grade class --seed x", "--seed"),
    ("grade class --nonsense", "--nonsense"),
    ("grade class other", "unexpected extra argument"),
    ("grade gradescope --stage 1", "submission_metadata.yml cannot be read"),
    ([*ROSTER, "nowhere.csv"], "nowhere.csv cannot be read"),
    ([*ROSTER, "class"], "class cannot be read"),
    ([*ROSTER, "file.txt"], "file.txt is no roster"),
    ([*ROSTER, "latin.csv"], "it is not UTF-8"),
    ([*ROSTER, "quote.csv"], "there is a quote that is not closed"),
    ([*ROSTER, "twice.csv"], "two students with the id s1"),
    ([*ROSTER, "blank.csv"], "blank.csv is no roster"),
    ([*AUTHORS, "nowhere.csv"], "nowhere.csv cannot be read"),
    ([*AUTHORS, "roster.csv"], "names no authors"),
    ([*AUTHORS, "authors-unknown.csv"], "this is no student of the roster"),
    ([*AUTHORS, "authors-twins.csv"], "this is more than one student of the roster"),
    ([*AUTHORS, "authors-blank.csv"], "no submission is named"),
    ("grade class --stage 1 --authors roster.csv", "a list of authors needs a roster"),
    ("score nowhere", "there is no folder nowhere"),
    ("interop nowhere", "does not exist"),
    ("interop class --stage 9", "There is no stage '9'"),
    ("interop class --stage 1 -o class", "Name another folder than class"),
    ("interop class --stage 1 -o file.txt", "Nothing can be written into file.txt"),
    ("interop class --stage 1 -o file.txt/out", "Nothing can be written into file.txt/out"),
    ("interop class --most 0", "--most"),
    ("interop class --jobs 0", "--jobs"),
    ("interop class --roster file.txt", "file.txt is no roster"),
    ("similarity nowhere", "does not exist"),
    ("similarity class --least 2", "--least"),
    ("similarity class --least much", "--least"),
    ("similarity class -o file.txt", "Nothing can be written into file.txt"),
    ("similarity class -o class", "Name another folder than class"),
    ("similarity class --earlier nowhere", "nowhere does not exist"),
    ("similarity class --earlier empty", "holds no submissions"),
    ("similarity class --roster twice.csv", "two students with the id s1"),
    ("likeness nowhere", "does not exist"),
    ("new", "Missing argument"),
    ("new lesson roll_call", "There's no 'lesson' to lay out"),
    ("new exercise", "Missing argument"),
    ("new exercise kick -o course", "There is an exercise kick already"),
    ("new exercise Roll-Call -o course", "can't be the name of an exercise"),
    ("new exercise ../x -o course", "can't be the name of an exercise"),
    ("new exercise taken -o course", "is there already, and nothing is written over"),
    ("new exercise roll_call -o nowhere", "nowhere is no folder"),
    ("new exercise roll_call -o file.txt", "file.txt is no folder"),
    ("prove", "Missing argument"),
    ("prove nothing", "This course has no exercise 'nothing'"),
    ("prove kick", "This course has no exercise 'kick'"),
    ("prove x --mutants -1", "--mutants"),
    (GITHUB, "Students can change the tests in their own repositories"),
    ([*GITHUB, "--tool", "parley"], "'parley' is no repository"),
    ([*GITHUB, "--tool", "a/b; rm -rf"], "is no repository"),
    ([*GITHUB, "--tool", "a/b", "--hide", "jokes"], "there is nothing called 'jokes' to hide"),
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
