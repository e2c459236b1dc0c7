"""A class of thirty as each platform delivers it: everyone is recognised or needs a look, no one is 0 by mistake."""

import csv
import os
import shutil
import zipfile

import pytest
from helpers import parley
from make_downloads import BOTH, CLIENT, FOUND, LATE, LOOK, NOTHING, PLATFORMS, SERVER, put, sheet, the_class, zipped

from parley import stages
from parley.contract.errors import BadInput
from parley.grading import driver, intake, scores
from parley.grading.exports import export
from parley.grading.grades import Grades, State

ECHO = stages.find(1)


def packed(download, way, folder):
    """The same download as it may lie there: a folder, a zip, a zip in a folder, a folder in a folder."""
    if way == "folder":
        return download
    if way == "one level up":
        (folder / "up").mkdir()
        download.rename(folder / "up" / "submissions")
        return folder / "up"
    archive = folder / ("in a folder" if way == "zip in a folder" else "") / "submissions.zip"
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(download.rglob("*")):
            inside = path.relative_to(download).as_posix()
            file.write(path, f"export/{inside}" if way == "zip with a folder" else inside)
    shutil.rmtree(download)
    return archive.parent if way == "zip in a folder" else archive


def what_came(place, roster, authors=None):
    """{id of a student: (what came of it, programs, the submission)}, and the sentences about the rest."""
    read, notes = intake.read_all(place, [ECHO])
    read, whose, strange = driver.attributed(read, roster, authors, [ECHO.name])
    came = {}
    for submission in read:
        for student in whose.get(submission.key, ()):
            programs = submission.stages.get(ECHO.name, {})
            state = LOOK if submission.unclear else NOTHING if submission.empty else FOUND if programs else "0!"
            known = next(pupil.id for pupil in the_class() if student_is(student, pupil))
            assert known not in came, f"{known} is there twice"
            came[known] = state, programs, submission
    return came, [*notes, *strange]


def student_is(student, pupil):
    return student.id in (pupil.id, pupil.number, f"Participant {pupil.number}") or student.email == pupil.email


@pytest.mark.parametrize("way", ["folder", "zip", "one level up", "zip in a folder", "zip with a folder"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_everyone_is_recognised_or_needs_a_look(platform, way, tmp_path):
    download, roster = tmp_path / "download", tmp_path / "roster.csv"
    PLATFORMS[platform](download, roster)
    came, sentences = what_came(packed(download, way, tmp_path), roster)
    assert len(came) == 30 and sentences == []
    expected = {pupil.id: pupil.comes_to for pupil in the_class()}
    odd = {pupil.id: pupil.oddity for pupil in the_class()}
    assert {(key, odd[key], state) for key, (state, _, _) in came.items()} == {
        (key, odd[key], state) for key, state in expected.items()
    }
    for pupil in the_class():
        state, programs, submission = came[pupil.id]
        if state == FOUND and pupil.oddity != "one program":
            assert programs == dict(BOTH), pupil.oddity
        if state == LOOK:
            assert all(reason.endswith(".") for reason in submission.unclear.values())
        if platform == "canvas":
            assert submission.late == (pupil.at == LATE)
        if platform == "gradescope" and pupil.uploaded:
            assert submission.handed_in.isoformat().startswith("2026-11-20T10:00:00")


def test_two_of_one_name_are_never_guessed(tmp_path):
    put(tmp_path / "class" / "Anna Bell" / "server.py", SERVER)
    put(tmp_path / "class" / "Ben B" / "server.py", SERVER)
    sheet(
        tmp_path / "roster.csv", ["id", "name"], ["1", "Anna Bell"], ["2", "Anna Bell"], ["3", "Ben B"], ["4", "Cem C"]
    )
    read, _ = intake.read_all(tmp_path / "class", [ECHO])
    read, whose, sentences = driver.attributed(read, tmp_path / "roster.csv", None, [ECHO.name])
    assert "fits several students of the roster: Anna Bell (1), Anna Bell (2)" in sentences[0]
    unclear = {student.id for found in read if found.unclear for student in whose.get(found.key, ())}
    assert unclear == {"1", "2"}  # neither has handed in nothing, for all that is known
    (anna,) = (found for found in read if found.source == "Anna Bell")
    assert anna.unclear and anna.key not in whose
    assert [found.empty for found in read if not found.source] == [False, False, True]  # Cem has


def test_a_number_that_says_one_and_a_name_that_says_another_is_not_guessed(tmp_path):
    put(tmp_path / "class" / "Ben B_77_assignsubmission_file_" / "server.py", SERVER)
    sheet(tmp_path / "roster.csv", ["id", "name"], ["77", "Anna Bell"], ["2", "Ben B"])
    read, _ = intake.read_all(tmp_path / "class", [ECHO])
    read, _, sentences = driver.attributed(read, tmp_path / "roster.csv", None, [ECHO.name])
    assert "fits Anna Bell (77) by one thing and Ben B (2) by another" in sentences[0]
    assert all(found.unclear for found in read) and len(read) == 3


def test_someone_who_is_not_in_the_roster_may_be_anyone_who_is_missing(tmp_path):
    put(tmp_path / "class" / "Anni" / "server.py", SERVER)
    put(tmp_path / "class" / "Ben B" / "server.py", SERVER)
    roster = tmp_path / "roster.csv"
    sheet(roster, ["id", "name"], ["1", "Anna Bell"], ["2", "Ben B"])
    read, _ = intake.read_all(tmp_path / "class", [ECHO])
    kept, _, _ = driver.attributed(list(read), roster, None, [ECHO.name])
    (anna,) = (found for found in kept if not found.source)
    assert "couldn't be matched to any student: Anni" in anna.unclear[ECHO.name] and not anna.empty
    sheet(tmp_path / "authors.csv", ["submission", "id"], ["Anni", "1"])
    read, _ = intake.read_all(tmp_path / "class", [ECHO])
    kept, _, _ = driver.attributed(read, roster, tmp_path / "authors.csv", [ECHO.name])
    assert len(kept) == 2 and not any(found.unclear for found in kept)
    sheet(tmp_path / "authors.csv", ["submission", "id"], ["Anni", ""])
    read, _ = intake.read_all(tmp_path / "class", [ECHO])
    kept, _, _ = driver.attributed(read, roster, tmp_path / "authors.csv", [ECHO.name])
    assert {found.name: (found.empty, bool(found.unclear)) for found in kept} == {
        "Ben B": (False, False),
        "Anna Bell": (True, False),
    }


def graded_class(tmp_path, authors=None):
    """The grades of a class in which nothing has run: what is known without that."""
    read, notes = intake.read_all(tmp_path / "class", [ECHO])
    read, whose, strange = driver.attributed(read, tmp_path / "roster.csv", authors, [ECHO.name])
    known = driver.class_of(read, whose, [ECHO], sandbox=False, seed=1, notes=[*notes, *strange])
    (tmp_path / "grades").mkdir()
    known.save(tmp_path / "grades")
    return scores.score(tmp_path / "grades"), driver.tasks_of(tmp_path / "grades", known, read)


def test_a_group_is_graded_once_and_each_author_has_the_points(tmp_path):
    put(tmp_path / "class" / "Team 1" / "server.py", SERVER)
    put(tmp_path / "class" / "s3" / "server.py", CLIENT)
    rows = [["s1", "Anna", "Team 1"], ["s2", "Ben", "Team 1"], ["s3", "Carla", ""]]
    sheet(tmp_path / "roster.csv", ["id", "name", "group"], *rows)
    grades, tasks = graded_class(tmp_path)
    assert sorted(task.student for task in tasks) == ["Team-1", "s3"]
    assert [student.id for student in grades.students] == ["s1", "s2", "s3"]
    assert all(student.stages[ECHO.name].state is State.NOT_GRADED for student in grades.students)
    assert "Handed in together: Anna, Ben." in grades.students[1].notes


def test_the_authors_in_gradescopes_list_are_a_group(tmp_path):
    yaml = (
        "submission_1:\n  :submitters:\n  - :name: Anna\n    :sid: s1\n    :email: a@x.org\n"
        "  - :name: Ben\n    :sid: s2\n    :email: b@x.org\n  :created_at: 2026-11-20 10:00:00 Z\n"
    )
    put(tmp_path / "class" / "submission_metadata.yml", yaml.encode())
    put(tmp_path / "class" / "submission_1" / "server.py", SERVER)
    read, _ = intake.read_all(tmp_path / "class", [ECHO])
    _, whose, _ = driver.attributed(read, None, None, [ECHO.name])
    assert [student.id for student in whose[read[0].key]] == ["s1", "s2"] and read[0].name == "Anna and Ben"


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", "\0", "&a [*a]\n"])
def test_a_list_of_gradescopes_that_is_none_is_told(tmp_path, text):
    put(tmp_path / "class" / "submission_metadata.yml", text.encode())
    put(tmp_path / "class" / "submission_1" / "server.py", SERVER)
    with pytest.raises(BadInput, match=r"submission_metadata\.yml can't be read"):
        intake.read_all(tmp_path / "class", [ECHO])


def test_what_needs_a_look_is_no_number_anywhere(tmp_path):
    put(tmp_path / "class" / "s1" / "work.rar", b"Rar!")
    sheet(tmp_path / "roster.csv", ["id", "name"], ["s1", "Anna"], ["s2", "Ben"])
    grades, _ = graded_class(tmp_path)
    anna, ben = grades.students
    assert anna.state is State.NEEDS_A_LOOK and ben.state is State.NOTHING
    assert [(part.student.id, part.where) for part in grades.needs_a_look()] == [("s1", "s1")]
    assert "work.rar" in grades.needs_a_look()[0].reason
    (row, _) = csv.DictReader((tmp_path / "grades" / "grades.csv").open(encoding="utf-8-sig", newline=""))
    assert (row["1_echo core"], row["1_echo errors"], row["total"], row["state"]) == ("", "", "", "needs a look")
    sheet(
        tmp_path / "canvas.csv", ["Student", "ID", "SIS Login ID", "Section", "Echo (9)"], ["Anna", "1", "s1", "A", ""]
    )
    done = export("canvas", tmp_path / "grades", into=tmp_path / "canvas.csv", column="9")
    assert done.path.read_text(encoding="utf-8").splitlines()[1] == "Anna,1,s1,A,"
    export("gradescope", tmp_path / "grades", out=tmp_path / "out")
    assert not (tmp_path / "out" / "s1.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")
def test_grade_tells_first_what_needs_a_look_and_grades_a_group_once(tmp_path):
    for program in ECHO.programs:
        source = stages.solution(ECHO, "full", program).read_bytes()
        put(tmp_path / "class" / "Team 1" / f"{program}.py", source)
    put(tmp_path / "class" / "s3" / "work.rar", b"Rar!")
    put(tmp_path / "class" / "Zoe" / "report.pdf", b"%PDF")
    rows = [["s1", "Anna Bell", "Team 1", "A"], ["s2", "Ben B", "Team 1", "B"], ["s3", "Carla C", "", "A"]]
    rows += [["s4", "Dana D", "", "B"]]
    sheet(tmp_path / "roster.csv", ["id", "name", "group", "section"], *rows)
    words = ["grade", "class", "--stage", "1", "--no-sandbox", "--roster", "roster.csv", "--seed", "1"]
    run = parley(*words, folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "Needs a look (no points yet, and not exported):"
    assert [line.split(":")[0].strip() for line in lines[1:4]] == ["Carla C", "Dana D", "Zoe"]
    assert "s3 holds work.rar, which is an archive that isn't a zip file" in lines[1]
    grades = Grades.load(tmp_path / "grades")
    assert [(student.name, student.points, str(student.state)) for student in grades.students] == [
        ("Anna Bell", 100, "graded"),
        ("Ben B", 100, "graded"),
        ("Carla C", 0, "needs a look"),
        ("Dana D", 0, "needs a look"),
        ("Zoe", 0, "needs a look"),
    ]
    assert len(list((tmp_path / "grades" / "facts").rglob("*.jsonl"))) == 1
    page = (tmp_path / "grades" / "class.html").read_text(encoding="utf-8")
    assert page.index('id="look"') < page.index('id="points"') and "work.rar" in page and 'id="sections"' in page
    run = parley("score", "grades", "--anonymous", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    nameless = (tmp_path / "grades" / "class-anonymous.html").read_text(encoding="utf-8")
    assert "Student 5" in nameless and 'id="look"' in nameless
    told = ("Anna", "Ben B", "Carla", "Zoe", "Team", "work.rar", "feedback/")
    assert not [word for word in told if word in nameless]


def test_archives_in_archives_are_bounded(tmp_path):
    data = zipped(("1_echo/server.py", SERVER))
    for _ in range(8):
        data = zipped(("work.zip", data))
    put(tmp_path / "class" / "deep.zip", data)
    many = zipped(*((f"{number}.zip", zipped((f"{number}/x.txt", b"x"))) for number in range(60)))
    put(tmp_path / "class" / "many.zip", many)
    bomb = zipped(*((f"{number}.zip", zipped(("big", bytes(70 * 1024**2)))) for number in range(3)))
    put(tmp_path / "class" / "bomb.zip", bomb)
    large = zipped(("inside.zip", bytes(70 * 1024**2)))
    put(tmp_path / "class" / "large.zip", large)
    found = {submission.key: submission for submission in intake.read_all(tmp_path / "class", [ECHO])[0]}
    assert all(submission.unclear and not submission.stages for submission in found.values())
    assert "is in 4 other archives, so it wasn't opened" in found["deep"].unclear[ECHO.name]
    assert "is one more than 20" in found["many"].unclear[ECHO.name]
    assert "is larger than 6" in found["large"].unclear[ECHO.name]
