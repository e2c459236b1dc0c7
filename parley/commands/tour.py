"""The first command of the README: all five pairs talk, a wrong program is explained, three students are graded."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from parley import stages
from parley.commands.learn import folder_of, play_scene, recorded, show_scene
from parley.contract.errors import BadInput
from parley.contract.record import Failed, Record
from parley.screen import say, tabulated
from parley.stages import Stage

WRONG = ("2_logbook", "torn-message")  # a stage, and one of its known mistakes
STUDENTS = ("ben_101_2001_chat.zip", "dana", "kofi")  # of the sample class


def tour(
    every: Annotated[bool, typer.Option("--all", help="Show every byte, and the whole story of the mistake.")] = False,
) -> None:
    """Look around: run all five chats, diagnose a wrong program, and grade a class of three.

    A students' edition shows runs that were recorded when it was made.
    """
    here = stages.has_solutions()
    if not every:
        talk = "talk" if here else "talked when this edition was made"
        say(f"Real programs {talk}. Left: what a user types. Right: what users then see.\n")
    for stage in stages.STAGES:
        say(f"Stage {stage.number}. {stage.title}", bold=True)
        if not every:
            say(_chat(_record(stage) if here else recorded(stage)))
        elif here:
            play_scene(stage, folder_of(stage, "full"))
        else:
            show_scene(stage, recorded(stage))
        say()
    if not here:
        say(f"You write these ten programs. Next: {stages.command('lab')}")
        return
    _explain_wrong_program(every)
    _grade_three()
    say(f"\nNext: {stages.command('play 1')}   (every byte: {stages.command('tour --all')})")


def _record(stage: Stage) -> Record:
    """Return the record of the stage's programs talking. Raise BadInput if that failed."""
    from parley.harness import play

    try:
        return play.play(stage, folder_of(stage, "full"))
    except Failed as failed:
        raise BadInput(f"The conversation of {stage.name} went wrong: {failed}") from failed


def _chat(record: Record) -> str:
    """Return what people typed and who saw it, a row for each line."""
    from parley.drawing.chat import messages

    rows = [
        (f"{message.author}:", message.text, "->", f"{', '.join(message.viewers)}:", message.shown)
        for message in messages(record)
    ]
    return tabulated((), rows)


def _explain_wrong_program(every: bool) -> None:
    """Check a server with a classic mistake, and show what is wrong. Raise BadInput if the check misses it."""
    from parley.checks.check import check
    from parley.checks.diagnosis.examined import Examined
    from parley.checks.diagnosis.telling import tell_diagnosis
    from parley.checks.mistakes import mistakes, write_wrong

    stage = stages.find(WRONG[0])
    wrong = next(mistake for mistake in mistakes(stage) if mistake.name == WRONG[1])
    say(f"What a check says about a wrong server of stage {stage.number}", bold=True)
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        write_wrong(stage, wrong, Path(folder))
        examined = Examined(stage.name, Path(folder), [wrong.program])
        try:
            done = check(stage, Path(folder), [wrong.program], test=wrong.test.partition("::")[2])
            diagnoses = examined.diagnoses(done.verdicts, done.failures)
        finally:
            examined.end()
    if not diagnoses:
        raise BadInput("The check didn't find the mistake. That's a bug in Parley, not yours.")
    say(tell_diagnosis(diagnoses[0]))
    if every:
        say(f"\n{done.shortest_story(diagnoses[0].tests)}")


def _grade_three() -> None:
    """Grade stage 1 of three students of the sample class, and show it. Raise BadInput if the points are wrong."""
    from parley.checks.mistakes import page_of
    from parley.grading import driver, progress

    sample = page_of(stages.root() / "tests" / "parley" / "class" / "make_class.py")
    say("\nThree students hand in stage 1, and their teacher grades them", bold=True)
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        class_ = Path(folder) / "class"
        students = sample.make_class(class_, only=STUDENTS)
        result = driver.grade(class_, Path(folder) / "grades", stages.STAGES[:1], jobs=3, sandbox=False)
    progress.show_points(result.grades)
    expected = {student.entry: student.points["1_echo"] for student in students}
    if {student.source: student.points for student in result.grades.students} != expected:
        raise BadInput(f"These aren't the points that they should have: {expected}.")
