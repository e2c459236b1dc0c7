"""The commands, as a user types them."""

import errno
import json
import os
import re
import signal
import subprocess
import xml.etree.ElementTree as ET

import pytest
import typer
from helpers import COMMAND, assert_gone, marked, parley, refused, until, write_project
from typer.testing import CliRunner

from parley import cli
from parley.checks.check import test_names as names_of_tests
from parley.contract.errors import BadInput
from parley.stages import STAGES, command, exercise, solution


@pytest.fixture
def project(tmp_path):
    """A project of its own, with the student's exercises for stage 1, so that nobody's work is touched."""
    plan = '"""Not begun."""\n# a plan\n'
    return write_project(tmp_path, {(STAGES[0], program): plan for program in STAGES[0].programs})


def shown_in_help(**environment):
    """What the help names, by its panels: {panel: names}."""
    told = parley("--help", COLUMNS="200", **environment).stdout
    panels = re.findall(r"^╭─ (\w+) ─+╮$(.*?)^╰─", told, flags=re.MULTILINE | re.DOTALL)
    return {panel: re.findall(r"^│ (?:--)?(\w+) ", text, flags=re.MULTILINE) for panel, text in panels}


def test_help_has_three_panels_and_names_the_tests_of_the_project():
    shown = shown_in_help()
    assert list(shown) == ["Options", "Learn", "Teach", "Publish"]
    named = {panel: [function.__name__ for function in functions] for panel, functions in cli.PANELS.items()}
    named["Learn"].remove("init")  # a checkout is a workbook already
    assert {panel: shown[panel] for panel in named} == named
    told = parley("--help", COLUMNS="200").stdout
    assert command("test") in told and f"Usage: {command()} [OPTIONS]" in told


def test_help_of_a_students_edition_shows_what_a_student_can_run(tmp_path):
    (tmp_path / "edition").mkdir()
    shown = shown_in_help(PARLEY_ROOT=str(tmp_path))
    assert list(shown) == ["Options", "Learn"]
    assert {"tour", "lab", "check", "hint", "submit"} <= set(shown["Learn"]) and "init" not in shown["Learn"]
    assert command("test") not in parley("--help", COLUMNS="200", PARLEY_ROOT=str(tmp_path)).stdout


def commands():
    """Each command by its name, and Parley itself as "", as click has them."""
    group = typer.main.get_command(cli.application())
    return {"": group, **{name: command for name, command in group.commands.items() if name != "likeness"}}


@pytest.mark.parametrize("name", commands())
def test_each_command_argument_and_option_has_a_sentence_of_help(name):
    command = commands()[name]
    helps = {param.name: param.help for param in command.params if param.name != "help"}
    for subject, sentence in {"itself": command.help, **helps}.items():
        assert sentence and re.match(r"[A-Za-z-]", sentence) and sentence.endswith("."), (subject, sentence)


@pytest.mark.parametrize("name", commands())
def test_help_fits_80_columns_without_broken_words(name):
    command = commands()[name]
    call = [name, "--help"] if name else ["--help"]
    shown = CliRunner().invoke(cli.application(), call, env={"COLUMNS": "80", "TERM": "dumb"}).output
    assert max(map(len, shown.splitlines())) <= 80
    assert "<bool>" not in shown  # a flag takes no value
    for sentence in (command.help, *(param.help for param in command.params)):
        for word in sentence.split():
            assert word in shown, word


def test_version():
    assert parley("--version").stdout == "Parley 0.1.0\n"


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path):
    place = tmp_path / "no folder" / "record.json"
    run = parley("play", "1", "--scene", "--save", place)
    assert run.returncode == 1
    assert run.stderr == f"Error: There's no folder {place.parent} for record.json. Make it, or name another file.\n"
    assert run.stdout == ""  # nothing has run


def ends(monkeypatch, error):
    """How a command ends in which this error comes: what it says, or the error itself."""

    def fails():
        raise error

    monkeypatch.setitem(cli.PANELS, "Learn", (fails,))
    monkeypatch.setattr("sys.argv", ["parley", "fails"])
    with pytest.raises((SystemExit, type(error))) as caught:
        cli.main()
    return caught.value.code if isinstance(caught.value, SystemExit) else caught.value


def test_only_what_was_foreseen_becomes_a_sentence(monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device")
    goes_on = "Make room, then run the same command again: finished work is kept."
    assert ends(monkeypatch, full) == f"Error: No space is left on the disk. {goes_on}"
    full.filename = "grades/class.json"
    assert ends(monkeypatch, full) == f"Error: No space is left on the disk for grades/class.json. {goes_on}"
    assert ends(monkeypatch, BadInput("this is not right.")) == "Error: this is not right."
    for bug in (ValueError("a bug"), OSError(errno.EINVAL, "a bug"), KeyError("a bug")):
        assert ends(monkeypatch, bug) is bug


@pytest.mark.parametrize("version", ["full", "quiet", "bare"])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_pair_talks_in_every_version(stage, version, tmp_path):
    record = tmp_path / "record.json"
    run = parley("play", stage.number, "--scene", "--version", version, "--save", record)
    assert run.returncode == 0, run.stdout + run.stderr
    for what in ("types", "sends", "receives", "prints"):
        assert f" {what} " in run.stdout
    assert json.loads(record.read_text(encoding="utf-8"))["events"]


def test_the_scene_of_an_exercise_that_is_not_begun_says_so(tmp_path):
    run = parley("play", "1", "--scene", "--version", "comments")
    assert (run.returncode, run.stdout) == (1, "")
    assert "There's no version 'comments'" in run.stderr


def test_tour_shows_each_chat_a_diagnosis_and_a_class_on_one_screen():
    run = parley("tour", COLUMNS="80")
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    for stage in STAGES:
        assert f"Stage {stage.number}. {stage.title}" in lines
    assert "client: Is the library open today? -> server: Client: Is the library open today?" in lines
    assert "Anna: Who brings the cake? -> Ben, Carla:  Anna: Who brings the cake?" in lines
    assert "  Question: " in run.stdout and re.search(r"^kofi +50  18 of 43 failed: core", run.stdout, re.MULTILINE)
    assert len(lines) <= 45 and max(map(len, lines)) <= 80
    assert "\x1b" not in run.stdout


@pytest.mark.slow
def test_tour_shows_every_byte_where_it_is_told_to():
    run = parley("tour", "--all", COLUMNS="80")
    assert run.returncode == 0, run.stdout + run.stderr
    assert 'sends "Yes, until eight.\\n" -> client' in run.stdout and "Cause:" in run.stdout


@pytest.mark.parametrize(
    ("words", "changed", "names", "other"),
    [
        (["3", "4", "--program", "client"], "+import threading", "3_turns/full/client.py", "server.py"),
        (["1/full", "1/quiet", "--program", "server"], "-import logging", "1_echo/quiet/server.py", "client.py"),
        (["5", "5/kick"], '+handlers["kick"] = on_kick', "kick/full/server.py", "client.py"),
    ],
)
def test_diff_shows_what_changes(words, changed, names, other):
    run = parley("diff", *words)
    assert run.returncode == 0
    assert changed in run.stdout and names in run.stdout and other not in run.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["play", "6"], "There's no stage '6'. Use 1 to 5, or a name such as 1_echo."),
        (["play", "1", "client"], command("play 1 --client")),
        (["play", "5", "--gui", "--scene"], "--gui and --scene exclude each other."),
        (["play", "1", "--scene", "--port", "50008"], "--host and --port don't work with --scene"),
        (["check", "1", "server"], f"'server' isn't an option. Type: {command('check 1 --server')}"),
        (["check", "5", "kick"], command("check 5 --exercise kick")),
        (["watch", "1", "please"], command("watch --help")),
        (["check", "5", "--exercise", "kick", "--client"], "5_further/kick is about server.py only."),
        (["check", "1", "--picture", "nowhere/x.svg"], "There's no folder "),
        (["check", "1", "--json", "."], ". is a folder."),
        (["check", "1", "--times", "2", "--all"], "--times doesn't work with "),
        (["check", "1", "--dir", __file__], "is a file, not a folder. Give the folder"),
        (["book", "-o", __file__], f"{__file__} can't be used: File exists."),
        (["play", "1", "--version", "loud"], "There's no version 'loud'"),
        (["play", "1", "--save", "x.json"], "--save needs --scene"),
        (["diff", "1", "2", "--program", "window"], "There's no program 'window'"),
        (["diff", "1", "2/loud"], "There's no version 'loud'"),
        (["check", "1", "--dir", "no such folder"], "no such folder does not exist."),
        (["hint", "1", "no-such-hint"], "1_echo has no hint 'no-such-hint'"),
        (["check", "5", "--exercise", "all", "--test", "test_x"], "--test runs one test of one exercise"),
        (["grade", "nowhere", "--cluster", "127.0.0.1:1"], "nowhere doesn't exist."),  # before a cluster is asked
        (["release", "gradescope", "--bare"], "--bare and --no-tutor are for students."),
        (["check", "5", "--exercise", "cake"], "no extra exercise 'cake'"),
        (["check", "4", "--exercise", "kick"], "4_peers has no extra exercises"),
        (["check", "4", "--gui"], "4_peers has no extra exercises"),
        (["check", "5", "--exercise", "kick", "--gui"], "don't work together"),
        (["watch", "5", "--exercise", "all"], "one extra exercise at a time"),
        (["hint", "5", "--exercise", "all"], "for one extra exercise"),
        (["hint", "5", "--exercise", "kick", "cake"], "has no hint 'cake'"),
        (["play", "4", "--gui"], "4_peers has no extra exercises"),
        (["play", "4", "--version", "kick"], "4_peers has no extra exercises"),
        (["diff", "5", "5/kick", "--program", "client"], "no program 'client'"),
    ],
)
def test_bad_input_gets_one_sentence(args, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["parley", *args])
    status, errors = refused(capsys)
    assert status == 1
    assert words in errors and errors.startswith("Error: ") and "[Errno" not in errors
    assert len(errors.splitlines()) == 1
    assert not any(tmp_path.iterdir())


def test_doctor_says_what_is_there():
    run = parley("doctor")
    assert run.returncode == 0, run.stdout
    for subject in ("Python", "loopback", "port 50007", "screen", "sandbox"):
        assert subject in run.stdout


def test_check_tells_what_is_wrong_first_on_one_screen():
    folder = solution(STAGES[0], "bare", "server").parent
    run = parley("check", "1", "--server", "--dir", folder, COLUMNS="80")
    assert run.returncode == 1
    lines = run.stdout.splitlines()
    assert "server core: 10 passed" in lines and "30 of 50 points" in run.stdout
    assert "2 more failed. --all lists them." in lines
    assert re.search(r"^  0 of +3  server errors  failed: A client that", run.stdout, re.MULTILINE)
    assert "  Question: " in run.stdout and "--all tells of all" in run.stdout
    assert len(lines) <= 40 and max(map(len, lines)) <= 80


def test_check_tells_everything_where_it_is_told_to():
    folder = solution(STAGES[0], "bare", "server").parent
    run = parley("check", "1", "--server", "--all", "--dir", folder, COLUMNS="80")
    assert run.returncode == 1
    assert run.stdout.count("  Question: ") > 1 and run.stdout.count("Cause:") > 1
    failed = re.findall(r"^  0 of +\d  server \w+  failed: ", run.stdout, re.MULTILINE)
    assert len(failed) > 6 and "more failed" not in run.stdout


def test_one_failed_test_tells_its_story_on_one_screen():
    folder = solution(STAGES[0], "bare", "server").parent
    run = parley("check", "1", "--test", names_of_tests(STAGES[0])[-1], "--dir", folder, COLUMNS="80")
    assert run.returncode == 1
    lines = run.stdout.splitlines()
    assert run.stdout.count("Cause:") == 1 and len(lines) <= 40 and max(map(len, lines)) <= 80


def test_check_runs_one_test_alone():
    folder = solution(STAGES[0], "bare", "server").parent
    run = parley("check", "1", "--test", "test_what_is_sent_comes_back", "--dir", folder)
    assert run.returncode == 0, run.stdout + run.stderr
    points, of = map(int, re.search(r"^(\d+) of (\d+) points\.", run.stdout, re.MULTILINE).groups())
    assert 0 < points == of < 50 and run.stdout.count("passed") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["1", "--test", "test_what_is_sent"], "Did you mean test_what_is_sent_comes_back"),
        (["1", "--client", "--test", "???"], "Use one of these:\n  test_"),
    ],
)
def test_check_of_a_test_that_there_is_not_names_those_there_are(words, said):
    run = parley("check", *words)
    assert run.returncode == 2 and run.stdout == ""
    assert f"1_echo has no test {words[-1]!r}. {said}" in run.stderr
    assert len(run.stderr.splitlines()) <= 10
    if "--client" in words:
        assert "test_what_is_sent_comes_back" not in run.stderr  # it is one of the server


def test_again_and_again_tells_what_differs(project, tmp_path):
    now_and_then = f"""
import pathlib
switch = pathlib.Path({str(tmp_path / "switch")!r})
if switch.exists():
    switch.unlink()
    raise SystemExit("not this time")
switch.touch()
"""
    full = solution(STAGES[0], "full", "server").read_text(encoding="utf-8")
    exercise(STAGES[0], "server", project).write_text(now_and_then + full, encoding="utf-8")
    name = names_of_tests(STAGES[0], ["server"])[0]
    words = ["check", "1", "--server", "--test", name]
    run = parley(*words, "--times", "4", PARLEY_ROOT=str(project))
    assert run.returncode == 1
    assert "Failed in 2 of 4: " in run.stdout and f"--test {name}" in run.stdout
    assert run.stdout.count("(To repeat it: --seed ") == 4
    refused = parley(*words, "--times", "4", "--seed", "1", PARLEY_ROOT=str(project))
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="SIGHUP is what a closed terminal sends on Unix.")
@pytest.mark.parametrize("how", ["SIGHUP", "SIGKILL"])
def test_nothing_is_left_when_the_terminal_is_closed_during_a_check(how, project):
    spins = solution(STAGES[0], "full", "server").read_text(encoding="utf-8").replace("conn.sendall(data)", "...")
    exercise(STAGES[0], "server", project).write_text(spins, encoding="utf-8")
    environment = os.environ | {"PARLEY_ROOT": str(project), "PARLEY_TEST_OF": str(project)}
    words = [*COMMAND, "check", "1", "--server"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as checks:

        def servers():
            processes = marked("PARLEY_TEST_OF", project)
            return [process for process in processes if any(word.endswith("server.py") for word in process.cmdline())]

        until(servers, "a server of the student")
        checks.send_signal(getattr(signal, how))
        checks.wait(60)
    assert_gone("PARLEY_TEST_OF", project)


def test_a_program_of_comments_alone_is_not_played(project):
    run = parley("play", "1", "--version", "mine", "--client", PARLEY_ROOT=str(project))
    assert (run.returncode, run.stdout) == (1, "")
    assert "exercises/1_echo/client.py has no statements yet" in run.stderr


def test_check_of_right_programs_says_what_comes_next(project):
    for program in STAGES[0].programs:
        full = solution(STAGES[0], "full", program).read_text(encoding="utf-8")
        exercise(STAGES[0], program, project).write_text(full, encoding="utf-8")
    run = parley("check", "1", "--test", "test_what_is_sent_comes_back", PARLEY_ROOT=str(project))
    assert run.stdout.rstrip().endswith("All passed.") and "diff" not in run.stdout  # one test is no stage
    run = parley("check", "1", PARLEY_ROOT=str(project))
    assert run.returncode == 0, run.stdout
    assert "100 of 100 points" in run.stdout
    assert "diff 1 2" in run.stdout


def test_a_student_begins_checks_and_asks_for_hints(project):
    place = {"PARLEY_ROOT": str(project)}
    begin = parley("check", "1", **place)
    assert begin.returncode == 1
    assert "Not started: server.py has no statements yet" in begin.stdout
    assert "Cause:" not in begin.stdout
    bare = solution(STAGES[0], "bare", "server").read_text(encoding="utf-8")
    exercise(STAGES[0], "server", project).write_text(bare, encoding="utf-8")
    checked = parley("check", "1", **place)
    assert "30 of 100 points" in checked.stdout
    assert "Not started: client.py" in checked.stdout
    layers = [parley("hint", "1", **place).stdout for _ in range(4)]
    assert "?" in layers[0]
    assert "Read: lessons/" in layers[1] and len(layers[1].splitlines()) > 5  # the place is quoted
    assert "The same idea in another setting" in layers[2] and "print(" in layers[2]
    assert layers[3] == layers[2]
    of_a_test = [parley("hint", "1", "pieces", **place).stdout for _ in range(4)]
    assert "?" in of_a_test[0] and "Read: https" in of_a_test[1] and of_a_test[2] == of_a_test[3]
    assert "def serve(" in of_a_test[2]
    assert "'pieces'" in parley("hint", "1", "pieces", **place).stdout


def test_a_hint_of_a_test_ends_with_the_link_where_bare_is_not_here(project):
    place = {"PARLEY_ROOT": str(project)}
    (project / "solutions").unlink()
    told = [parley("hint", "1", "pieces", **place) for _ in range(3)]
    assert "part 1 of 2" in told[0].stdout and "Read: https" in told[1].stdout
    assert told[2].stdout == told[1].stdout and "solutions" not in told[2].stdout + told[2].stderr


def test_hint_without_a_check_says_what_to_do(project):
    run = parley("hint", "1", PARLEY_ROOT=str(project))
    assert run.returncode == 1
    assert command("check 1") in run.stderr


def test_reset_keeps_the_work(project):
    mine = exercise(STAGES[0], "server", project)
    mine.write_text("print('mine')\n", encoding="utf-8")
    run = parley("reset", "1", PARLEY_ROOT=str(project))
    assert run.returncode == 0, run.stderr
    assert "mine" not in mine.read_text(encoding="utf-8")
    kept = next(mine.parent.glob("kept-*/server.py"))
    assert kept.read_text(encoding="utf-8") == "print('mine')\n"
    assert kept.parent.name in run.stdout


# Pictures of what went wrong


@pytest.fixture
def wrong(project):
    """A project whose server of stage 1 answers in capitals."""
    for program in STAGES[0].programs:
        text = solution(STAGES[0], "full", program).read_text(encoding="utf-8")
        text = text.replace("conn.sendall(data)  #", "conn.sendall(data.upper())  #") if program == "server" else text
        exercise(STAGES[0], program, project).write_text(text, encoding="utf-8")
    return project


def described(path):
    """The alternative of a picture: the steps in words."""
    return next(ET.parse(path).iter("{http://www.w3.org/2000/svg}desc")).text


def test_check_draws_the_first_failure(wrong, tmp_path):
    path = tmp_path / "failure.svg"
    run = parley("check", "1", "--server", "--picture", path, PARLEY_ROOT=str(wrong))
    assert run.returncode == 1
    assert f"Picture of the first failure: {path}" in run.stdout
    assert "Failed here:" in described(path)


def test_check_says_that_there_is_no_picture_where_nothing_fails(project, tmp_path):
    path = tmp_path / "failure.svg"
    folder = solution(STAGES[0], "full", "server").parent
    run = parley("check", "1", "--server", "--dir", folder, "--picture", path)
    assert run.returncode == 0
    assert "No test ran and failed, so there's no picture" in run.stdout and not path.exists()
    run = parley("check", "1", "--picture", path, PARLEY_ROOT=str(project))
    assert run.returncode == 1
    assert "No test ran and failed, so there's no picture" in run.stdout and not path.exists()


def test_a_conversation_that_went_wrong_is_drawn_and_kept_too(wrong, tmp_path):
    picture, record = tmp_path / "scene.svg", tmp_path / "scene.json"
    run = parley(
        "play", "1", "--scene", "--version", "mine", "--picture", picture, "--save", record, PARLEY_ROOT=str(wrong)
    )
    assert run.returncode == 1
    assert "The conversation went wrong" in run.stderr and "Traceback" not in run.stderr
    assert "Failed here:" in described(picture) and '"expects"' in record.read_text(encoding="utf-8")
