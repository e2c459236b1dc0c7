"""Building, checking and resetting the derived files of a small project."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from parley import stages
from parley.contract.errors import BadInput
from parley.derive.build import build, plan, reset, stale_files

GIT_SECONDS = 120
ECHO = stages.find("echo")

FULL = '''"""A {program} of {stage}: it says ¡hola!"""

import logging


def main():
    """Say it."""
    logging.info("start")
    # say it
    try:
        print("¡hola!")
    except OSError:
        logging.warning("nobody heard it")


main()
'''

COMMENTS = '''"""A server of 1_echo: it says ¡hola!"""


def main():
    """Say it."""
    # say it
'''

BARE = '''# Derived from ../full/server.py by "parley build": change that file, not this one.
"""A server of 1_echo: it says ¡hola!"""


def main():
    """Say it."""
    # say it
    print("¡hola!")


main()
'''

WORK = COMMENTS + '    print("¡hola!")\n'


@pytest.fixture
def project(tmp_path):
    """A project of which only the full versions are there."""
    for stage in (*stages.STAGES, stages.FURTHER, stages.WINDOW):
        for program in stage.programs:
            path = stages.solution(stage, "full", program, tmp_path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FULL.format(program=program, stage=stage.name), encoding="utf-8")
    return tmp_path


@pytest.fixture
def built(project):
    build(project)
    return project


def server(project, version):
    if version == "comments":
        return stages.exercise(ECHO, "server", project)
    return stages.solution(ECHO, version, "server", project)


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def git(project, *arguments):
    """Run git in a project, on its own: no settings of this machine."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
    command = ["git", "-C", str(project), *who, *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=GIT_SECONDS, env=environment)


def commit(project):
    """Commit all files of a project but .parley, as a clone would have them."""
    git(project, "init")
    (project / ".gitignore").write_text("/.parley/\n", encoding="utf-8")
    git(project, "add", ".")
    git(project, "commit", "-m", "all")


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not on this machine")


# build


def test_build_writes_every_version_of_every_program(project):
    result = build(project)
    programs = sum(len(stage.programs) for stage in (*stages.STAGES, stages.WINDOW))
    further = 2 + 4 * len(stages.EXERCISES)  # all in one: quiet and bare; each alone: full, quiet, bare and its page
    assert len(result.written) == 3 * programs + further
    assert (result.removed, result.kept) == ([], [])
    assert server(project, "bare").read_bytes() == BARE.encode()
    assert server(project, "comments").read_bytes() == COMMENTS.encode()
    assert "logging" not in server(project, "quiet").read_text(encoding="utf-8")
    assert not list(project.rglob("*.tmp"))
    assert stale_files(project) == []


def test_build_writes_only_what_has_changed(built):
    times = {path: path.stat().st_mtime_ns for path in built.rglob("*") if path.is_file()}
    assert build(built).written == []
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*") if path.is_file()} == times
    change(server(built, "full"), '    logging.info("start")\n', "    # at once\n")
    assert [path.relative_to(built).as_posix() for path in build(built).written] == [
        "solutions/1_echo/quiet/server.py",
        "solutions/1_echo/bare/server.py",
        "exercises/1_echo/server.py",
    ]


def test_line_ends_of_another_system_are_no_change(built):
    path = server(built, "comments")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale_files(built) == []
    assert build(built).written == []


def test_build_makes_an_edited_derived_file_anew_and_removes_a_surplus_one(built):
    server(built, "bare").write_text("print('mine')\n", encoding="utf-8")
    surplus = server(built, "quiet").with_name("old.py")
    shutil.copy(server(built, "quiet"), surplus)
    result = build(built)
    assert (result.written, result.removed) == ([server(built, "bare")], [surplus])
    assert stale_files(built) == []


def test_build_leaves_a_strange_file_beside_the_derived_ones(built):
    strange = server(built, "quiet").with_name("mine.py")
    strange.write_text("print('mine')\n", encoding="utf-8")
    result = build(built)
    assert result.kept == ["solutions/1_echo/quiet/mine.py wasn't made by this build, so it stays."]
    assert strange.exists()


def test_an_edited_exercise_is_never_written_over(built):
    server(built, "comments").write_text(WORK, encoding="utf-8")
    change(server(built, "full"), "# say it", "# say it aloud")
    result = build(built)
    assert server(built, "comments").read_text(encoding="utf-8") == WORK
    assert server(built, "comments") not in result.written
    assert result.kept == [
        "exercises/1_echo/server.py was edited, so it stays unchanged. "
        f"To get the comments back and keep a copy: {stages.command('reset 1_echo')}"
    ]


def test_an_exercise_that_is_not_text_is_somebodys_work_too(built):
    server(built, "comments").write_bytes(b"\xff\xfe#")
    assert len(build(built).kept) == 1
    assert server(built, "comments").read_bytes() == b"\xff\xfe#"


def test_an_untouched_exercise_follows_its_full_version(built):
    before = server(built, "comments").read_text(encoding="utf-8")
    change(server(built, "full"), "# say it", "# say it aloud")
    assert server(built, "comments") in build(built).written
    # also one that is as an earlier build wrote it
    server(built, "comments").write_text(before, encoding="utf-8")
    assert server(built, "comments") in build(built).written
    assert "# say it aloud" in server(built, "comments").read_text(encoding="utf-8")


def test_without_the_memory_and_without_git_a_different_exercise_counts_as_edited(built):
    shutil.rmtree(built / ".parley")
    change(server(built, "full"), "# say it", "# say it aloud")
    assert len(build(built).kept) == 1
    assert server(built, "comments").read_text(encoding="utf-8") == COMMENTS


@pytest.mark.parametrize("memory", ["", "[]", '{"1_echo/server.py": 1}', "\x00"])
def test_a_broken_memory_counts_as_none(built, memory):
    (built / ".parley" / "exercises.json").write_text(memory, encoding="utf-8")
    server(built, "comments").write_text(WORK, encoding="utf-8")
    assert len(build(built).kept) == 1
    assert "1_echo/client.py" in json.loads((built / ".parley" / "exercises.json").read_text(encoding="utf-8"))


@needs_git
def test_in_a_fresh_clone_git_knows_which_exercise_is_untouched(built):
    commit(built)
    shutil.rmtree(built / ".parley")
    change(server(built, "full"), "# say it", "# say it aloud")
    result = build(built)
    assert result.kept == []
    assert server(built, "comments") in result.written


@needs_git
def test_the_committed_work_of_a_student_is_not_untouched(built):
    server(built, "comments").write_text(WORK, encoding="utf-8")
    commit(built)
    shutil.rmtree(built / ".parley")
    assert len(build(built).kept) == 1
    assert server(built, "comments").read_text(encoding="utf-8") == WORK


# plan, and what is wrong with a full version


def test_plan_writes_nothing(project):
    wanted = dict(plan(project))
    assert wanted[server(project, "bare")] == BARE
    assert wanted[server(project, "comments")] == COMMENTS
    assert not (project / "exercises").exists()


def test_a_missing_full_version_is_named(project):
    server(project, "full").unlink()
    with pytest.raises(BadInput, match=r"^solutions/1_echo/full/server\.py is missing: .*\.$"):
        build(project)
    assert not (project / "exercises").exists()


def test_a_full_version_that_cannot_be_derived_is_named_with_its_line(project):
    change(server(project, "full"), "    except", "        return 1\n    except")
    with pytest.raises(BadInput, match=r"^solutions/1_echo/full/server\.py, line 10: .*\.$"):
        stale_files(project)


def test_an_exercise_that_cannot_be_taken_out_is_named_with_its_line(project):
    together = stages.solution(stages.FURTHER, "full", "server", project)
    change(together, "# say it", "# kick: here\n\n    # say it")
    with pytest.raises(BadInput, match=r"^solutions/5_further/full/server\.py, line 9: .* names an exercise.*\.$"):
        stale_files(project)


def test_a_full_version_that_is_no_text_is_named(project):
    server(project, "full").write_bytes(b"# \xff\n")
    with pytest.raises(BadInput, match=r"^solutions/1_echo/full/server\.py isn't UTF-8 text\.$"):
        stale_files(project)


# check


def test_check_tells_stale_missing_and_surplus_files_with_their_diffs(built):
    change(server(built, "bare"), "# say it", "# whisper it")
    server(built, "quiet").unlink()
    shutil.copy(server(built, "bare"), server(built, "bare").with_name("old.py"))
    server(built, "comments").write_text(WORK, encoding="utf-8")
    stale = {file.path: file for file in stale_files(built)}
    assert sorted(file.reason for file in stale.values()) == [
        "exercises/1_echo/server.py isn't what its full version gives.",
        "solutions/1_echo/bare/old.py has no full version.",
        "solutions/1_echo/bare/server.py isn't what its full version gives.",
        "solutions/1_echo/quiet/server.py is missing.",
    ]
    assert stale[server(built, "bare")].diff.splitlines() == [
        "--- solutions/1_echo/bare/server.py (as it is)",
        "+++ solutions/1_echo/bare/server.py (as it should be)",
        "@@ -4,7 +4,7 @@",
        " ",
        " def main():",
        '     """Say it."""',
        "-    # whisper it",
        "+    # say it",
        '     print("¡hola!")',
        " ",
        " ",
    ]
    assert "+import" not in stale[server(built, "quiet")].diff
    assert '+    print("¡hola!")' not in stale[server(built, "comments")].diff
    assert '-    print("¡hola!")' in stale[server(built, "comments")].diff
    build(built)
    assert [file.path for file in stale_files(built)] == [server(built, "comments")]


# reset


def test_reset_puts_the_comments_back_and_keeps_the_work(built):
    path = server(built, "comments")
    path.write_text(WORK, encoding="utf-8")
    mine = path.with_name("helper.py")
    mine.write_text("print('mine')\n", encoding="utf-8")
    kept = reset(built, ECHO)
    assert kept.parent == path.parent
    assert kept.name.startswith("kept-") and len(kept.name) == len("kept-20260131-235959")
    assert (kept / "server.py").read_text(encoding="utf-8") == WORK
    assert (kept / "client.py").exists()
    assert path.read_text(encoding="utf-8") == COMMENTS
    assert mine.exists()
    assert stale_files(built) == []


def test_reset_of_untouched_exercises_keeps_no_copy(built):
    assert reset(built, ECHO) is None
    server(built, "comments").unlink()
    assert reset(built, ECHO) is None
    assert server(built, "comments").read_text(encoding="utf-8") == COMMENTS
    assert sorted(path.name for path in server(built, "comments").parent.iterdir()) == ["client.py", "server.py"]


def test_two_resets_within_a_second_keep_two_copies(built):
    kept = set()
    for number in range(3):
        server(built, "comments").write_text(WORK + f"    # {number}\n", encoding="utf-8")
        kept.add(reset(built, ECHO))
    assert {(folder / "server.py").read_text(encoding="utf-8")[-2] for folder in kept} == {"0", "1", "2"}


def test_after_a_reset_the_exercise_follows_its_full_version_again(built):
    server(built, "comments").write_text(WORK, encoding="utf-8")
    reset(built, ECHO)
    change(server(built, "full"), "# say it", "# say it aloud")
    result = build(built)
    assert result.kept == []
    assert "# say it aloud" in server(built, "comments").read_text(encoding="utf-8")


def test_a_copy_that_cannot_be_made_leaves_the_work_alone(built, monkeypatch):
    server(built, "comments").write_text(WORK, encoding="utf-8")

    def full_disk(source, target):
        raise OSError(f"no space left for {target}")

    monkeypatch.setattr(shutil, "copy2", full_disk)
    with pytest.raises(OSError, match="no space left"):
        reset(built, ECHO)
    assert server(built, "comments").read_text(encoding="utf-8") == WORK


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(built, monkeypatch):
    change(server(built, "full"), "# say it", "# say it aloud")

    def in_use(source, target):
        raise PermissionError(f"{Path(target).name} is in use")

    monkeypatch.setattr(os, "replace", in_use)
    with pytest.raises(PermissionError, match=r"server\.py is in use"):
        build(built)
    assert server(built, "bare").read_text(encoding="utf-8") == BARE
    assert not list(built.rglob("*.tmp"))
