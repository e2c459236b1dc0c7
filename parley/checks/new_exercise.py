"""An extra exercise of your own: `new exercise` makes a working one, and `prove` tests your changes.

In the folder of a course, or in the folder `course` of the workbook:

    solutions/5_further/NAME/full/server.py    the program: the server of stage 5, and what the exercise adds
    exercises/5_further/NAME.py                the plan: comments only, made from the program
    tests/5_further/NAME/                      the suite, and its hints
    tests/mistakes/5_further/NAME.py           the faults that the suite must catch
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parley import stages
from parley.checks.check import check, test_names
from parley.checks.hints import SLIP, hints_of
from parley.checks.mistakes import caught, mistakes, write_wrong
from parley.checks.mutants import Mutant, mutants
from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.contract.verdict import Verdict
from parley.derive import extensions, versions
from parley.stages import Stage

TEMPLATES = Path(__file__).with_name("templates")
# What the example adds to the server of stage 5: pairs of (text, text instead).
ADDED = (
    (
        "# what the sender does with each kind of message\n",
        '''\
# NAME: the console speaks to all
def on_NAME(conn, text):
    """The console says something to all participants."""
    tell_all(f"Console: {text}")


# what the sender does with each kind of message
''',
    ),
    (
        """    "closed": on_closed,
}
""",
        """    "closed": on_closed,
}
handlers["NAME"] = on_NAME  # NAME: the console speaks
""",
    ),
    (
        """        print("The command /close ends the chat.", flush=True)
""",
        """        if line.startswith("/NAME "):  # NAME: the sender tells it to all
            messages.put(("NAME", None, line.removeprefix("/NAME ").strip()))
        else:
            print("The command /close ends the chat.", flush=True)
""",
    ),
)


def lay_out_exercise(name: str, course: Path) -> list[Path]:
    """Write the files of an extra exercise of this name into the folder of a course. Return their paths.

    It works unchanged: the console's command /NAME says something to all. Raise BadInput for an impossible name, or if
    one of the files exists.
    """
    if not name.isidentifier() or not name.isascii() or name != name.lower() or "__" in name:
        raise BadInput(f"{name!r} can't be the name of an exercise. Use small letters, digits and _, as in roll_call.")
    if name in (*stages.FURTHER_NAMES, "gui", "all"):
        raise BadInput(f"There's already an exercise {name}. Use another name.")
    full = stages.solution(stages.STAGES[-1], "full", "server")
    if not full.is_file():
        raise BadInput(stages.NO_SOLUTIONS)
    program = full.read_text(encoding="utf-8")
    for old, new in ADDED:
        assert program.count(old) == 1, f"the server of stage 5 has changed: {old!r}"
        program = program.replace(old, new.replace("NAME", name))
    files = {
        f"solutions/5_further/{name}/full/server.py": program,
        f"exercises/5_further/{name}.py": _plan(name, program),
        f"tests/5_further/{name}/test_server.py": _template("test_server.py", name),
        f"tests/5_further/{name}/hints.md": _template("hints.md", name),
        f"tests/mistakes/5_further/{name}.py": _template("mistakes.py", name),
    }
    paths = {course / path: text for path, text in files.items()}
    if there := [path for path in paths if path.exists()]:
        raise BadInput(f"{there[0]} already exists, and nothing was written. Use another name.")
    for path, text in paths.items():
        write_whole(path, text)
    return list(paths)


def _template(file: str, name: str) -> str:
    return (TEMPLATES / f"{file}.txt").read_text(encoding="utf-8").replace("NAME", name)


def _plan(name: str, program: str) -> str:
    """Return the plan of an exercise, made from its program."""
    without = versions.comments(extensions.only(program, (), [name]))
    return extensions.page(f"{name.capitalize()}: write here what it is", versions.comments(program), without)


def find_own(name: str) -> Stage:
    """Return the exercise of this course with this name. Raise BadInput if there is none."""
    own = {Path(exercise.name).name: exercise for exercise in stages.exercises() if exercise.own}
    if name not in own:
        there = f"It has: {', '.join(own)}." if own else f"Make it: {stages.command(f'new exercise {name}')}"
        raise BadInput(f"This course has no exercise {name!r}. {there}")
    return own[name]


@dataclass(frozen=True)
class Proof:
    """The result of a proof. `lost`: tests that the program itself fails; `wrong`: sentences about faults and hints
    with a mistake; `survivors`: small changes that no test notices.
    """

    points: int
    lost: list[Verdict]
    faults: int
    wrong: list[str]
    mutants: int
    survivors: list[Mutant]


def prove(exercise: Stage, say: Callable[[str], object], most: int = 40) -> Proof:
    """Prove an exercise of a course. Its program earns all points. Each fault's own test catches it, with the cause and
    hint that the fault names. Each hint is reached. And of at most `most` mutants, see which survive.

    `say(line)`: reports progress. Make the plan again from the program. Raise BadInput if a file is missing or has a
    mistake.
    """
    name = Path(exercise.name).name
    solution = stages.solution(exercise, "full", "server")
    if not solution.is_file():
        raise BadInput(f"{solution} is missing: the program that earns all points.")
    program = solution.read_text(encoding="utf-8")
    write_whole(stages.plan_page(exercise), _with_title(_plan(name, program), stages.plan_page(exercise)))
    done = check(exercise, solution.parent, seed=1, examine=False)
    say(f"The program earns {done.points.earned} of {done.points.of} points.")
    if done.lost:
        return Proof(done.points.of, done.lost, 0, [], 0, [])
    wrong = list(_faults_that_are_wrong(exercise))
    faults = len(mistakes(exercise))
    say(f"{faults - len(wrong)} of {faults} faults are caught correctly.")
    found = mutants(exercise, "server", _lines_added(program))[:most]
    survivors = []
    for number, mutant in enumerate(found, start=1):
        killer = _killer(exercise, mutant)
        say(f"{number}/{len(found)} {killer or 'SURVIVES'}: {mutant}")
        survivors += [] if killer else [mutant]
    return Proof(done.points.of, [], faults, wrong, len(found), survivors)


def _with_title(plan: str, path: Path) -> str:
    """Return a plan that keeps the first line of the existing one, which a person may have edited."""
    there = path.read_text(encoding="utf-8") if path.is_file() else plan
    return there.partition("\n")[0] + "\n" + plan.partition("\n")[2]


def _faults_that_are_wrong(exercise: Stage) -> Iterator[str]:
    reached = {SLIP.key}
    names = test_names(exercise)
    for mistake in mistakes(exercise):
        if mistake.test.partition("::")[2] not in names:
            yield f"{mistake.name}: the suite has no test {mistake.test}."
            continue
        with tempfile.TemporaryDirectory(prefix="parley-fault-") as folder:
            write_wrong(exercise, mistake, folder)
            found = caught(exercise, mistake, folder)
        reached.add(mistake.hint)
        if found != (mistake.cause, mistake.hint):
            seen = f"the cause {found[0]!r} and the hint {found[1]!r}" if found else "no failure"
            yield f"{mistake.name}: {mistake.test} shows {seen}, not {mistake.cause!r} and {mistake.hint!r}."
    if unused := sorted(set(hints_of(exercise)) - reached):
        yield f"No fault leads to these hints: {', '.join(unused)}."


def _lines_added(program: str) -> set[int]:
    """Return the lines of a program that the server of stage 5 lacks, counted from 1."""
    known = stages.solution(stages.STAGES[-1], "full", "server").read_text(encoding="utf-8")
    there = {line.strip() for line in known.splitlines()}
    return {number for number, line in enumerate(program.splitlines(), start=1) if line.strip() not in there}


def _killer(exercise: Stage, mutant: Mutant) -> str:
    """Return the test that notices this mutant, or ""."""

    with tempfile.TemporaryDirectory(prefix="parley-mutant-") as folder:
        (Path(folder) / "server.py").write_text(mutant.text, encoding="utf-8")
        done = check(exercise, Path(folder), seed=1, examine=False)
    return done.lost[0].test.function if done.lost else ""
