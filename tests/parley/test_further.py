"""The extra exercises in one server: each can be taken out, alone or with others, and nothing else changes."""

import itertools
import json

import pytest
from helpers import parley, write_project

from parley.derive.extensions import belongs_to, only, page
from parley.stages import (
    EXERCISES,
    FURTHER,
    FURTHER_NAMES,
    STAGES,
    exercise,
    further,
    plan_page,
    root,
    solution,
    typed,
    work,
)

NAMES = ("tea", "cake")


@pytest.fixture(scope="module")
def together():
    return solution(FURTHER, "full", "server").read_text(encoding="utf-8")


def test_without_all_of_them_it_is_the_server_of_stage_5(together):
    plain = solution(STAGES[4], "full", "server").read_text(encoding="utf-8")
    assert only(together, (), FURTHER_NAMES) == plain


def test_with_all_of_them_it_is_as_it_was(together):
    assert only(together, FURTHER_NAMES, FURTHER_NAMES) == together


@pytest.mark.parametrize("count", range(1, 6))
def test_any_of_them_can_be_together(together, count):
    for names in itertools.combinations(FURTHER_NAMES, count):
        text = only(together, names, FURTHER_NAMES)
        compile(text, "server.py", "exec")
        tags = {name for line in text.splitlines() for name in belongs_to(line.rpartition("# ")[2], FURTHER_NAMES)}
        assert tags == set(names)


def test_in_whichever_order_they_are_taken_out_the_same_is_left(together):
    left = together
    for name in ("kick", "alone", "consent", "password", "unique"):
        left = only(left, [other for other in FURTHER_NAMES if other != name], FURTHER_NAMES)
    assert left == only(together, ["whisper"], FURTHER_NAMES)


SOURCE = """\
one = 1  # tea: a cup
two = 2  # tea, cake: for both
three = 3  # coffee: is no exercise


# cake: a piece
def piece():
    return one  # why not


def serve(what):
    if what == 1:  # tea: hot
        hot()
    elif what == 2:  # cake: sweet
        sweet()
        # cake: sweeter
        sweet()
    elif what == 3:  # all the rest
        rest()
    if what == 4:  # tea: cold
        cold()
    else:
        for part in what:  # (a comment)
            rest(part)
    with cup:  # tea: full
        drink()
        piece()  # cake: with it
    return what
"""


def test_statements_branches_and_functions_go():
    assert (
        only(SOURCE, (), NAMES)
        == """\
three = 3  # coffee: is no exercise


def serve(what):
    if what == 3:  # all the rest
        rest()
    for part in what:  # (a comment)
        rest(part)
    return what
"""
    )


def test_what_belongs_to_several_stays_and_names_those_that_are_there():
    assert (
        only(SOURCE, ["cake"], NAMES)
        == """\
two = 2  # cake: for both
three = 3  # coffee: is no exercise


# cake: a piece
def piece():
    return one  # why not


def serve(what):
    if what == 2:  # cake: sweet
        sweet()
        # cake: sweeter
        sweet()
    elif what == 3:  # all the rest
        rest()
    for part in what:  # (a comment)
        rest(part)
    return what
"""
    )


def test_a_branch_in_the_middle_and_one_before_an_else():
    source = "if a:\n    b()\nelif c:  # tea: yes\n    d()\nelse:\n    e()\n"
    assert only(source, (), NAMES) == "if a:\n    b()\nelse:\n    e()\n"
    source = "if a:\n    b()\nelif c:  # tea: yes\n    d()\nelif f:\n    g()\n"
    assert only(source, (), NAMES) == "if a:\n    b()\nelif f:\n    g()\n"
    source = "if a:\n    b()\nelif c:  # tea: yes\n    d()\n"
    assert only(source, (), NAMES) == "if a:\n    b()\n"


def test_a_comment_that_names_something_else_too_is_none_of_an_exercise():
    assert belongs_to("# tea, milk: both", NAMES) == []
    assert belongs_to("# tea: a cup", NAMES) == ["tea"]
    assert belongs_to("# tea without a colon", NAMES) == []


def test_the_page_of_an_exercise_has_what_is_new_where_it_belongs():
    old = '"""A server."""\n\n# the names\n\n\ndef same():\n    """The same."""\n    # a step\n'
    new = old + "\n\ndef more():\n    # tea: a cup\n    # a step\n"
    assert page("Tea", new, old).endswith(
        'PROTOCOLS.md says\nexactly what it must do.\n"""\n\n\ndef more():\n    # tea: a cup\n    # a step\n'
    )


@pytest.mark.parametrize("chosen", EXERCISES, ids=lambda chosen: chosen.name)
def test_every_page_says_what_to_do(chosen):
    text = plan_page(chosen).read_text(encoding="utf-8")
    name = chosen.name.rpartition("/")[2]
    assert f"# {name}: " in text
    others = [other for other in FURTHER_NAMES if other != name and f"# {other}: " in text]
    assert not others


def test_they_are_found_by_name():
    assert further(STAGES[4], "kick") == (EXERCISES[FURTHER_NAMES.index("kick")],)
    assert further(STAGES[4], "all") == EXERCISES
    assert further(STAGES[4], "gui")[0].programs == ("gui_client",)
    assert [typed(stage) for stage in (STAGES[1], EXERCISES[0])] == ["2", "5 --exercise alone"]
    with pytest.raises(ValueError, match="alone, unique, password, whisper, kick, consent, gui, all"):
        further(STAGES[4], "cake")
    with pytest.raises(ValueError, match="1_echo has no extra exercises"):
        further(STAGES[0], "kick")


def test_their_suites_are_about_the_programs_of_stage_5():
    tests, mine = root() / "tests", root() / "exercises" / "5_broadcast"
    assert [work(tests / name) for name in ("5_further/kick", "5_further/gui", "5_broadcast")] == [mine] * 3
    assert work(tests / "1_echo") == root() / "exercises" / "1_echo"


def test_every_exercise_has_its_line_in_the_contract():
    text = (root() / "PROTOCOLS.md").read_text(encoding="utf-8")
    assert [name for name in FURTHER_NAMES if f"| `{name}` |" not in text] == []


@pytest.fixture
def project(tmp_path):
    """A project of its own, in which a student has a server of stage 5 without any extra exercise."""
    text = solution(STAGES[4], "full", "server").read_text(encoding="utf-8")
    return write_project(tmp_path, {(STAGES[4], "server"): text})


def test_a_student_adds_an_exercise(project):
    place = {"PARLEY_ROOT": str(project)}
    first = parley("check", "5", "--exercise", "kick", **place)
    assert first.returncode == 1
    assert "0 of 20 points" in first.stdout
    assert "exercises/5_further/kick.py" in first.stdout
    assert "hint 5 --exercise kick" in first.stdout
    asked = parley("hint", "5", "--exercise", "kick", **place)
    assert "part 1 of 3" in asked.stdout and "?" in asked.stdout
    kick = solution(EXERCISES[FURTHER_NAMES.index("kick")], "full", "server").read_text(encoding="utf-8")
    exercise(STAGES[4], "server", project).write_text(kick, encoding="utf-8")
    second = parley("check", "5", "--exercise", "kick", **place)
    assert second.returncode == 0, second.stdout
    assert "20 of 20 points" in second.stdout
    kept = json.loads((project / ".parley" / "progress.json").read_text(encoding="utf-8"))
    assert (kept["5_further/kick"]["earned"], kept["5_further/kick"]["of"]) == (20, 20)


def test_all_of_them_are_checked_one_after_another():
    run = parley("check", "5", "--exercise", "all", "--dir", solution(FURTHER, "full", "server").parent)
    assert run.returncode == 0, run.stdout
    assert run.stdout.count("20 of 20 points") == len(FURTHER_NAMES)
