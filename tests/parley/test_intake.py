"""What a class hands in, friendly and hostile: what is read, what is not, and that it is said."""

import io
import os
import stat
import zipfile

import pytest

from parley.grading.intake import MOST_BYTES, Submission, read_all, safe_name, with_keys
from parley.grading.roster import match, read_roster
from parley.stages import STAGES

SERVER, CLIENT = b"print('server')\n", b"print('client')\n"
ECHO = "1_echo"


def zipped(*members):
    """A zip as bytes. Members: pairs of (name or ZipInfo, bytes)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def put(folder, *files, data=SERVER):
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_one(folder, wanted=STAGES):
    (submission,), _ = read_all(folder, wanted)
    return submission


def said(submission):
    return " ".join(submission.notes + submission.ignored)


# where the programs are


@pytest.mark.parametrize("above", ["", "project/", "project/exercises/"])
def test_the_stage_folders_may_be_up_to_two_levels_down(tmp_path, above):
    put(tmp_path, f"anna/{above}1_echo/server.py", f"anna/{above}3_turns/client.py")
    (tmp_path / "ben.zip").write_bytes(
        zipped((f"{above}1_echo/server.py", SERVER), (f"{above}3_turns/client.py", SERVER))
    )
    anna, ben = read_all(tmp_path)[0]
    assert anna.stages == ben.stages == {ECHO: {"server.py": SERVER}, "3_turns": {"client.py": SERVER}}
    assert (anna.key, ben.key) == ("anna", "ben")
    assert anna.missing == ben.missing == ["2_logbook", "4_peers", "5_broadcast"]
    assert anna.notes == ben.notes == []


def test_what_is_too_deep_is_not_looked_for(tmp_path):
    put(tmp_path, f"anna/{'a/' * 12}1_echo/server.py", "anna/report.pdf")
    submission = read_one(tmp_path)
    assert submission.stages == {} and set(submission.unclear) == {stage.name for stage in STAGES}


def test_of_a_whole_project_the_exercises_count(tmp_path):
    put(tmp_path, "anna/p/exercises/1_echo/server.py")
    put(tmp_path, "anna/p/backup/1_echo/server.py", data=b"old = 1")
    put(tmp_path, "anna/p/solutions/1_echo/full/server.py", "anna/p/tests/1_echo/test_server.py", data=b"no = 1")
    submission = read_one(tmp_path)
    assert submission.stages == {ECHO: {"server.py": SERVER}}
    assert "There are 2 folders of 1_echo: p/exercises/1_echo counts, p/backup/1_echo doesn't." in submission.notes


def test_one_stage_alone_needs_no_folder(tmp_path):
    put(tmp_path, "anna/server.py", "ben/project/server.py")
    for submission in read_all(tmp_path, STAGES[:1])[0]:
        assert submission.stages == {ECHO: {"server.py": SERVER}}
    for submission in read_all(tmp_path, STAGES)[0]:
        assert submission.stages == {}


def test_another_stage_is_not_the_one_that_is_asked_for(tmp_path):
    put(tmp_path, "anna/2_logbook/server.py", "ben/work/2_logbook/server.py")
    for submission in read_all(tmp_path, STAGES[:1])[0]:
        assert submission.stages == {} and submission.missing == [ECHO]
        assert not submission.ignored  # it is for another day, and no mistake of the student's


def test_helper_modules_are_read_and_all_else_is_named(tmp_path):
    put(tmp_path, "anna/1_echo/server.py", "anna/1_echo/common.py", "anna/1_echo/my-server.py", "anna/notes.txt")
    put(tmp_path, "anna/1_echo/sitecustomize.py", "anna/1_echo/__pycache__/server.pyc", "anna/.git/config")
    put(tmp_path, "anna/1_echo/parts/deep.py")
    submission = read_one(tmp_path, STAGES[:1])
    assert set(submission.stages[ECHO]) == {"server.py", "common.py", "parts/deep.py"}
    left_out = ("1_echo/my-server.py", "1_echo/sitecustomize.py", "notes.txt")
    assert any(all(name in line for name in left_out) for line in submission.ignored)
    assert ".git" not in said(submission) and "pyc" not in said(submission)


def test_helpers_alone_are_no_program(tmp_path):
    put(tmp_path, "anna/1_echo/my_server.py", "anna/1_echo/common.py")
    submission = read_one(tmp_path)
    assert submission.stages == {}
    assert "my_server.py" in said(submission) and "No program of a stage was found." in said(submission)
    assert submission.unclear[ECHO] == "1_echo has no client.py and no server.py, but there is 1_echo/my_server.py."


def test_a_program_is_known_by_its_name_in_capitals_too(tmp_path):
    put(tmp_path, "anna/1_echo/Server.py", "anna/1_echo/common.py")
    submission = read_one(tmp_path)
    assert set(submission.stages[ECHO]) == {"server.py", "common.py"} and not submission.unclear
    assert "1_echo/Server.py counts as server.py." in submission.notes


def test_what_was_read_is_what_counts_later(tmp_path):
    put(tmp_path, "anna/1_echo/server.py")
    submission = read_one(tmp_path)
    put(tmp_path, "anna/1_echo/server.py", data=b"other = 1")
    assert submission.stages[ECHO]["server.py"] == SERVER


def test_a_folder_with_nothing_but_a_zip_is_that_zip(tmp_path):
    put(tmp_path, "Anna Bell_12345_assignsubmission_file_/work.zip", data=zipped(("1_echo/server.py", SERVER)))
    put(tmp_path, "Anna Bell_12345_assignsubmission_file_/.DS_Store")
    submission = read_one(tmp_path)
    assert submission.stages == {ECHO: {"server.py": SERVER}}
    assert (submission.name, submission.number) == ("Anna Bell", "12345")


def test_an_empty_folder_is_nothing_handed_in(tmp_path):
    (tmp_path / "anna" / "__pycache__").mkdir(parents=True)
    submission = read_one(tmp_path)
    assert submission.empty and submission.stages == {} and "empty" in said(submission)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("# Grüße\n".encode("latin-1"), "isn't UTF-8"),
        ("print(1)\n".encode("utf-16"), "NUL bytes"),
    ],
)
def test_a_text_that_python_cannot_read_is_told(tmp_path, data, words):
    put(tmp_path, "anna/1_echo/server.py", data=data)
    submission = read_one(tmp_path)
    assert submission.stages[ECHO]["server.py"] == data
    assert words in said(submission)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfx = 1\r\n", b"# -*- coding: latin-1 -*-\nx = '\xfc'\n"])
def test_a_text_that_python_can_read_is_not(tmp_path, data):
    put(tmp_path, "anna/1_echo/server.py", data=data)
    assert "1_echo/server.py" not in said(read_one(tmp_path))


def test_read_only_submissions_and_names_with_spaces(tmp_path):
    folder = tmp_path / "Übung 1, Gruppe ☕"
    put(folder, "Núria Puig/1_echo/server.py")
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        submission = read_one(folder)
        assert (submission.key, submission.name, submission.stages[ECHO]["server.py"]) == (
            "Núria-Puig",
            "Núria Puig",
            SERVER,
        )
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)


# what is not a file


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    put(secret, "1_echo/server.py")
    class_ = tmp_path / "class"
    put(class_, "anna/1_echo/client.py", data=CLIENT)
    (class_ / "anna/1_echo/server.py").symlink_to(secret / "1_echo/server.py")
    (class_ / "ben").symlink_to(secret)
    (class_ / "carla").mkdir()
    (class_ / "carla/1_echo").symlink_to(secret / "1_echo")
    put(class_, "dana/1_echo/client.py", data=CLIENT)
    os.link(secret / "1_echo/server.py", class_ / "dana/1_echo/server.py")
    anna, ben, carla, dana = read_all(class_)[0]
    assert anna.stages == dana.stages == {ECHO: {"client.py": CLIENT}}
    assert ben.stages == carla.stages == {}
    assert "1_echo/server.py is a link: not read." in anna.ignored
    assert "is a link, and no link is followed" in said(ben)
    assert "1_echo" in said(carla)
    assert "hard link" in said(dana)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no fifos here")
def test_fifos_and_folders_with_the_name_of_a_program_keep_nobody_waiting(tmp_path):
    put(tmp_path, "anna/1_echo/common.py")
    os.mkfifo(tmp_path / "anna/1_echo/server.py")
    (tmp_path / "anna/1_echo/client.py").mkdir()
    os.mkfifo(tmp_path / "ben.zip")
    anna, ben = read_all(tmp_path)[0]
    assert anna.stages == ben.stages == {}
    assert "1_echo/server.py isn't a regular file: not read." in anna.ignored
    assert "ben.zip isn't a regular file." in ben.notes


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no such device here")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes devices")
def test_devices_are_not_read(tmp_path):
    put(tmp_path, "anna/1_echo/client.py")
    try:
        os.mknod(tmp_path / "anna/1_echo/server.py", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    assert set(read_one(tmp_path).stages[ECHO]) == {"client.py"}


def test_case_twins_are_both_left_out(tmp_path):
    (tmp_path / "anna.zip").write_bytes(
        zipped(("1_echo/server.py", SERVER), ("1_echo/SERVER.py", b"evil = 1"), ("1_echo/client.py", CLIENT))
    )
    submission = read_one(tmp_path)
    assert submission.stages == {ECHO: {"client.py": CLIENT}}
    assert said(submission).count("more than once") == 2


def test_large_files_are_left_out(tmp_path):
    put(tmp_path, "anna/1_echo/server.py", data=b"#" * (MOST_BYTES + 1))
    put(tmp_path, "anna/1_echo/client.py", data=CLIENT)
    for name in "abcde":
        put(tmp_path, f"anna/1_echo/{name}.py", data=b"#" * MOST_BYTES)
    put(tmp_path, "anna/2_logbook/server.py", data=b"#" * MOST_BYTES)
    submission = read_one(tmp_path)
    assert "1_echo/server.py is larger than 1 MB: not read." in submission.ignored
    assert set(submission.stages) == {ECHO}
    assert sum(map(len, submission.stages[ECHO].values())) <= 4 * MOST_BYTES
    assert "too large" in said(submission)


def test_many_modules_are_bounded(tmp_path):
    put(tmp_path, "anna/1_echo/server.py", *(f"anna/1_echo/m{number}.py" for number in range(60)))
    assert len(read_one(tmp_path).stages[ECHO]) == 50


def test_many_folders_of_one_stage_are_not_all_read(tmp_path):
    put(tmp_path, "anna.zip", data=zipped(*((f"{number}/1_echo/server.py", b"x = 1") for number in range(3000))))
    put(tmp_path, "ben/1_echo/server.py")
    anna, _ = read_all(tmp_path, STAGES[:1])[0]
    assert anna.unclear[ECHO] == "There are 3,000 folders of 1_echo."


def test_two_zips_of_one_student_are_no_class(tmp_path):
    put(tmp_path, "anna/work.zip", data=zipped(("1_echo/server.py", SERVER)))
    put(tmp_path, "anna/pictures.zip", data=zipped(("a.png", b"x")))
    assert read_one(tmp_path).stages == {ECHO: {"server.py": SERVER}}


# zips with tricks


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def test_a_zip_cannot_reach_out_of_itself(tmp_path):
    class_ = tmp_path / "class"
    put(
        class_,
        "anna.zip",
        data=zipped(
            ("../../escaped.py", b"x"),
            ("/1_echo/client.py", b"x"),
            ("C:/1_echo/client.py", b"x"),
            ("a/../1_echo/client.py", b"x"),
            (link("2_logbook/server.py"), b"/etc/passwd"),
            ("./1_echo/server.py", SERVER),
            ("3_turns\\server.py", SERVER),
        ),
    )
    submission = read_one(class_)
    assert submission.stages == {ECHO: {"server.py": SERVER}, "3_turns": {"server.py": SERVER}}
    assert "2_logbook/server.py is a link: not read." in submission.ignored
    assert "../../escaped.py" in said(submission) and "leads out of the zip" in said(submission)
    assert [path.name for path in tmp_path.rglob("*")] == ["class", "anna.zip"]


def test_a_file_that_is_twice_in_a_zip_is_left_out(tmp_path):
    with pytest.warns(UserWarning):  # of zipfile, which writes it all the same
        data = zipped(("1_echo/server.py", SERVER), ("1_echo/server.py", b"other = 1"), ("1_echo/client.py", CLIENT))
    put(tmp_path, "anna.zip", data=data)
    assert read_one(tmp_path).stages == {ECHO: {"client.py": CLIENT}}


def test_a_bomb_is_not_blown_up(tmp_path):
    put(tmp_path, "anna.zip", data=zipped(("1_echo/server.py", bytes(50 * MOST_BYTES)), ("1_echo/client.py", CLIENT)))
    lying = bytearray(zipped(("1_echo/server.py", bytes(50 * MOST_BYTES)), ("1_echo/client.py", CLIENT)))
    at = lying.rfind(b"PK\x01\x02", 0, lying.rfind(b"PK\x01\x02"))
    lying[at + 24 : at + 28] = (100).to_bytes(4, "little")  # the table says that the file has 100 bytes
    put(tmp_path, "ben.zip", data=bytes(lying))
    anna, ben = read_all(tmp_path)[0]
    assert anna.stages == {ECHO: {"client.py": CLIENT}}
    assert "1_echo/server.py is larger than 1 MB: not read." in anna.ignored
    assert "server.py" not in ben.stages[ECHO]


def test_an_enormous_table_of_contents_is_not_read(tmp_path):
    many = zipped(*((f"{number:0100}", b"") for number in range(30_000)))
    put(tmp_path, "anna.zip", data=many)
    put(tmp_path, "ben.zip", data=zipped(*((str(number), b"") for number in range(25_000))))
    anna, ben = read_all(tmp_path)[0]
    assert "far too many files" in said(anna) and "more than 20,000 files" in said(ben)


def test_encrypted_and_damaged_zips_are_told(tmp_path):
    data = bytearray(zipped(("1_echo/server.py", SERVER)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    put(tmp_path, "anna.zip", data=bytes(data))
    put(tmp_path, "ben.zip", data=zipped(("1_echo/server.py", SERVER))[:-30])
    put(tmp_path, "carla.zip", data=b"")
    put(tmp_path, "dana.rar", data=b"Rar!")
    broken = bytearray(zipped(("1_echo/server.py", SERVER * 50)))
    broken[45:60] = bytes(15)
    put(tmp_path, "emil.zip", data=bytes(broken))
    anna, ben, carla, dana, emil = read_all(tmp_path)[0]
    assert not any(submission.stages for submission in (anna, ben, carla, dana, emil))
    assert "1_echo/server.py is encrypted: not read." in anna.ignored
    assert "isn't a zip file, or is damaged" in said(ben) and "isn't a zip file" in said(carla)
    assert "dana.rar is an archive that isn't a zip file, so it wasn't opened" in said(dana)
    assert all(submission.unclear[ECHO] for submission in (anna, ben, carla, dana, emil))
    assert "can't be unpacked" in said(emil)
    assert not any(submission.trouble for submission in (anna, ben, carla, dana, emil))


def test_a_zip_in_a_zip_is_opened(tmp_path):
    put(tmp_path, "anna.zip", data=zipped(("work.zip", zipped(("1_echo/server.py", SERVER))), ("report.pdf", b"%PDF")))
    submission = read_one(tmp_path)
    assert submission.stages == {ECHO: {"server.py": SERVER}} and not submission.unclear


# names


@pytest.mark.parametrize(
    ("entry", "name", "number"),
    [
        ("anna_123_456_project.zip", "anna", "123"),
        ("bellanna_LATE_123_456_chat-2.zip", "bellanna", "123"),
        ("Anna Bell_77_assignsubmission_file_project.zip", "Anna Bell", "77"),
        ("Chat_anna_attempt_2026-11-20-10-00-00_project.zip", "anna", ""),
        ("anna_bell.zip", "anna_bell", ""),
        ("anna.b.zip", "anna.b", ""),
    ],
)
def test_the_names_that_learning_platforms_give(tmp_path, entry, name, number):
    put(tmp_path, entry, data=zipped(("1_echo/server.py", SERVER)))
    submission = read_one(tmp_path)
    assert (submission.name, submission.number) == (name, number)
    assert submission.stages


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("=cmd|' /c calc'!A1", "cmd-c-calc-A1"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("../..", "student-"),
        ("-rf", "rf"),
        ("a\x1b[31m\nb", "a-31m-b"),
        ("Nu\u0301ria", "Núria"),
        ("con", "student-con"),
        ("a" * 300, "a" * 60),
        ("\udcff\u202e", "student-"),
    ],
)
def test_a_key_is_a_safe_name(name, key):
    assert safe_name(name).startswith(key)
    assert len(safe_name(name).encode()) <= 255


def test_no_two_keys_are_alike_on_any_system():
    ones = [Submission(name, source) for name, source in (("Anna", "Anna"), ("anna", "anna.zip"), ("ben", "ben"))]
    keys = [submission.key for submission in with_keys(ones)]
    assert len({key.casefold() for key in keys}) == 3 and keys[2] == "ben"
    assert "isn't the only submission" in said(ones[0])


def test_hostile_names_in_a_submission_stay_words(tmp_path):
    put(tmp_path, "anna.zip", data=zipped(("1_echo/server.py", SERVER), ("1_echo/\x1b[2J<b>.py", SERVER)))
    submission = read_one(tmp_path)
    assert "\x1b" not in said(submission) and "\\x1b[2J<b>.py" in said(submission)


# the folder of the class


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "doesn't exist"),
        (lambda folder: folder.write_text("x"), "is neither a folder nor a zip file"),
        (lambda folder: folder.mkdir(), "contains no submissions"),
        (lambda folder: put(folder, "1_echo/server.py"), "the stages of one student"),
    ],
)
def test_a_folder_that_is_no_class_gets_a_sentence(tmp_path, make, words):
    make(tmp_path / "class")
    with pytest.raises(ValueError, match=words):
        read_all(tmp_path / "class")


def test_what_is_no_submission_is_said_and_the_output_is_none(tmp_path):
    put(tmp_path, "anna/1_echo/server.py", "grades/class.json", "roster.csv", ".DS_Store")
    read, sentences = read_all(tmp_path, leave_out=[tmp_path / "grades"])
    assert [submission.key for submission in read] == ["anna"]
    assert sentences == ["Not read, because they are neither folders nor zip files: roster.csv."]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can read everything")
def test_what_cannot_be_read_is_not_the_students_fault(tmp_path):
    put(tmp_path, "anna/1_echo/server.py")
    (tmp_path / "anna/1_echo/server.py").chmod(0)
    submission = read_one(tmp_path)
    assert "could not be read" in submission.trouble and submission.stages == {}


# the roster


def roster(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return read_roster(path)


def submissions(*names):
    return with_keys([Submission(name, name, number) for name, number in names])


def test_a_submission_is_matched_by_id_number_name_or_email(tmp_path):
    students = roster(
        tmp_path,
        "id,name,email\n17,Núria Puig Mas,n@x.org\nben,Ben B,b@x.org\n9,Carla C,carla@x.org\n4,Dana D,\n5,Émil É,\n",
    )
    read = submissions(("puigmasnuria", ""), ("ben", ""), ("someone", "9"), ("Dana D", ""), ("É Emil", ""), ("zoe", ""))
    matching = match(students, read)
    whose = [[student.id for student in matching.authors[submission.key]] for submission in read[:5]]
    assert whose == [["17"], ["ben"], ["9"], ["4"], ["5"]]
    assert matching.notes == ("zoe isn't in the roster.",) and matching.unclear == {"zoe": "zoe isn't in the roster."}


def test_a_submission_that_fits_two_students_is_nobodys(tmp_path):
    students = roster(tmp_path, "Student ID;First name;Last name\n1;Anna;Bell\n2;Anna;Bell\n")
    assert students[0].name == "Anna Bell"
    matching = match(students, submissions(("Anna Bell", "")))
    assert matching.authors == {} and set(matching.in_doubt) == set(students)
    assert matching.notes == ("Anna Bell fits several students of the roster: Anna Bell (1), Anna Bell (2).",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "isn't a roster"),
        ("a,b\n1,2\n", "isn't a roster"),
        ("id,name\n1,A\n1,B\n", "two students with the id 1"),
        ('id,name\n1,"A\n', "isn't a CSV file"),
    ],
)
def test_a_roster_that_is_none_gets_a_sentence(tmp_path, text, words):
    with pytest.raises(ValueError, match=words):
        roster(tmp_path, text)


def test_keys_are_cut_by_bytes_so_that_more_can_be_put_behind_them():
    keys = [safe_name("\U0001d400" * 60 + end) for end in "12"]
    assert all(len(f"{key}-12345678.json.tmp".encode()) < 255 for key in keys)
    assert safe_name("é" * 200) == "é" * 60


def test_a_name_that_is_not_what_it_says_loses_no_zip(tmp_path):
    data = zipped(("1_echo/server.py", SERVER), ("é.txt", b"x"))
    (tmp_path / "anna.zip").write_bytes(data.replace("é.txt".encode(), b"\xff\xff.txt"))
    submission = read_one(tmp_path)
    assert submission.stages == {ECHO: {"server.py": SERVER}}
    assert "Not read, because they aren't programs of a stage" in said(submission)


def test_a_zip_for_more_than_4_gb_is_told_as_that(tmp_path):
    data = bytearray(zipped(("1_echo/server.py", SERVER)))
    at = data.rfind(b"PK\x05\x06")
    (tmp_path / "anna.zip").write_bytes(bytes(data[:at]) + b"PK\x06\x07" + bytes(16) + bytes(data[at:]))
    assert "(for more than 4 GB), which isn't read: pack it again as a plain zip file" in said(read_one(tmp_path))


def test_very_many_modules_are_refused_in_one_sentence(tmp_path):
    modules = [(f"1_echo/m{number}.py", b"x") for number in range(600)]
    (tmp_path / "anna.zip").write_bytes(zipped(("1_echo/server.py", SERVER), *modules))
    submission = read_one(tmp_path)
    assert submission.stages == {}
    assert "1_echo has 601 modules, more than 500: none of them was read." in submission.notes
    assert len(said(submission)) < 500


def test_a_module_that_shadows_pythons_own_is_named(tmp_path):
    put(tmp_path, "anna/1_echo/server.py", "anna/1_echo/socket.py")
    assert "1_echo/socket.py shadows Python's own module: import socket finds this file instead." in said(
        read_one(tmp_path)
    )
