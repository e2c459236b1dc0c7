"""What an instructor sees at the terminal: the progress of grading, then the grades."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from parley import screen
from parley.contract.record import harmless, visible
from parley.grading.driver import RunResult, Task, Watch
from parley.grading.grades import GRADES, Grades, StageGrades, State
from parley.grading.intake import Submission
from parley.grading.scores import NOT_YET, TABLE

MOST_LETTERS = 60  # characters of a name
MOST_ROWS = 40  # rows of the table
MOST_NOTES = 10  # lines about the submissions
WIDTH = 120  # columns without a terminal
NEWS_EVERY = 5  # seconds between two lines without a terminal


def watching() -> "LineProgress":
    """Return a watcher that shows a run's progress: a bar at a terminal, otherwise a line now and then."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return BarProgress(console) if console.is_terminal else LineProgress(console)


class LineProgress(Watch):
    """Shows the progress of a run, in lines."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.tests = self.done = 0
        self.students: Counter[str] = Counter()
        self.finished = 0
        self._began = self._told = time.monotonic()

    def __enter__(self) -> "LineProgress":
        return self

    def __exit__(self, *trouble: object) -> None:
        pass

    def begins(
        self, submissions: Sequence[Submission], notes: Sequence[str], tasks: Sequence[Task], unchanged: int
    ) -> None:
        """Show what was handed in, and how much of it must run."""
        self.tests = sum(len(task.left) for task in tasks)
        self.students = Counter(task.student for task in tasks)
        for sentence in (*_unclear(submissions), *_notes(submissions, notes)):
            self.console.print(Text(sentence))
        there = sum(bool(submission.source) for submission in submissions)
        stages = "1 stage" if len(tasks) == 1 else f"{len(tasks)} stages"
        kept = f" ({unchanged} {'is' if unchanged == 1 else 'are'} unchanged)" if unchanged else ""
        self.console.print(f"Submissions: {there}. To grade: {stages}{kept}.")
        self._began = self._told = time.monotonic()

    def verdict(self, task: Task) -> None:
        """Count one more finished test."""
        self.done += 1
        if time.monotonic() - self._told >= NEWS_EVERY:
            self._told = time.monotonic()
            left = (self._told - self._began) * max(0, self.tests - self.done) / self.done
            self.console.print(f"{self._how_far()}; about {_duration(left)} left")

    def over(self, task: Task) -> None:
        """Count one more finished part."""
        self.students[task.student] -= 1
        self.finished += self.students[task.student] == 0

    def _how_far(self) -> str:
        return f"{self.done} of {self.tests} tests, {self.finished} of {len(self.students)} students"


class BarProgress(LineProgress):
    """Shows the progress of a run, as a bar with the time left."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
        columns += [TextColumn("tests,"), TimeRemainingColumn(elapsed_when_finished=True), TextColumn("left")]
        self._progress = Progress(*columns, console=console, transient=True)
        self._task: TaskID | None = None

    def __exit__(self, *trouble: object) -> None:
        self._progress.stop()

    def begins(
        self, submissions: Sequence[Submission], notes: Sequence[str], tasks: Sequence[Task], unchanged: int
    ) -> None:
        """Show what was handed in, and the bar."""
        super().begins(submissions, notes, tasks, unchanged)
        if tasks:
            self._progress.start()
            self._task = self._progress.add_task(self._students(), total=self.tests)

    def verdict(self, task: Task) -> None:
        """Count one more finished test."""
        self.done += 1
        if self._task is not None:
            self._progress.update(self._task, completed=self.done)

    def over(self, task: Task) -> None:
        """Count one more finished part."""
        super().over(task)
        if self._task is not None:
            self._progress.update(self._task, description=self._students())

    def _students(self) -> str:
        return f"{self.finished} of {len(self.students)} students"


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that gets how many are left, and shows it as a bar at a terminal, otherwise in lines."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task, told = progress.add_task(what, total=None), time.monotonic()

        def count(left: int) -> None:
            nonlocal told
            progress.advance(task)
            progress.update(task, total=progress.tasks[0].completed + left)
            if not console.is_terminal and time.monotonic() - told >= NEWS_EVERY:
                told = time.monotonic()
                console.print(f"{what}: {left} left")

        yield count


def _unclear(submissions: Sequence[Submission]) -> list[str]:
    """Return what a person must look at, a line each. Never shorten the list."""
    lines = []
    for submission in submissions:
        for reason in dict.fromkeys(submission.unclear.values()):
            path = "" if not submission.source or submission.source in reason else f" ({submission.source})"
            lines.append(f"Needs a look: {_cut(submission.name)}{path}: {reason}")
    return lines


def _notes(submissions: Sequence[Submission], notes: Sequence[str]) -> list[str]:
    """Return the notes about the submissions, as some lines."""
    lines = list(notes)
    for submission in submissions:
        told = [note for note in submission.notes + submission.ignored if note not in submission.unclear.values()]
        lines += [f"{_cut(submission.name)}: {sentence}" for sentence in told]
    more = len(lines) - MOST_NOTES
    return [*lines[:MOST_NOTES], f"... and {more} more. All of them are in {GRADES}."] if more > 1 else lines


def _cut(name: str) -> str:
    """Return a student's name that fits a line, without control characters."""
    return harmless(name, MOST_LETTERS, 1)


def _duration(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 100 else f"{round(seconds / 60)} min"


# Afterwards


def show_grades(grades: Grades, folder: Path) -> None:
    """Print the grades as a table, and where the files are."""
    console = _console()
    _show_what_needs_a_look(grades, console)
    console.print(_table(grades))
    more = len(grades.students) - MOST_ROWS
    if more > 0:
        console.print(f"... and {more} more students.")
    if not grades.sandbox:
        console.print("Graded without a sandbox: the students' programs could reach this machine.")
    names = [name for name in (GRADES, TABLE, "class.html") if (folder / name).exists()]
    console.print(Text(f"All results: {', '.join(visible(str(folder / name)) for name in names)}"), soft_wrap=True)


def _show_what_needs_a_look(grades: Grades, console: Console) -> None:
    if not (unclear := grades.needs_a_look()):
        return
    console.print("Needs a look (no points yet, and not exported):")
    for part in unclear:
        stages = "" if len(part.stages) == len(grades.stages) else f" {', '.join(part.stages)}"
        path = "" if not part.where or part.where in part.reason else f" ({part.where})"
        console.print(Text(f"  {_cut(part.student.name)}{stages}: {part.reason}{path}"), soft_wrap=True)
    console.print("")


def show_points(grades: Grades) -> None:
    """Return the grades as a table, with how many tests failed, and of which kinds."""
    rows = []
    for student in grades.students:
        verdicts = [verdict for stage in student.stages.values() for verdict in stage.verdicts]
        lost = [verdict.test for verdict in verdicts if not verdict.passed]
        kinds = ", ".join(dict.fromkeys(test.kind for test in lost))
        tests = f"{len(lost)} of {len(verdicts)} failed: {kinds}" if lost else f"all {len(verdicts)} passed"
        rows.append((_cut(student.name), str(student.points), tests))
    screen.say(screen.tabulated(("student", f"of {grades.of}", "tests"), rows, right=(1,)))


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def _table(grades: Grades) -> Table:
    """Return the first students, a row for each. Names are plain text."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold", min_width=8)
    for name in (*grades.stages, f"of {grades.of}", "before"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for student in grades.students[:MOST_ROWS]:
        stages = [_points(student.stages[name]) for name in grades.stages]
        before = "" if student.before is None else str(student.before)
        state = "" if student.state is State.GRADED else str(student.state)
        total = "?" if student.state is State.NEEDS_A_LOOK else str(student.points)
        table.add_row(Text(_cut(student.name)), *stages, total, before, state)
    return table


def _points(stage: StageGrades) -> str:
    """Return the points of a stage, or a dash if there was nothing to grade."""
    if stage.state is State.NEEDS_A_LOOK:
        return "?"
    return "-" if stage.state in (State.MISSING, State.NOT_GRADED) and not stage.points else str(stage.points)


def tell_not_graded(result: RunResult) -> int:
    """Show what couldn't be graded, and what to do. Return how many there are."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    parts = result.grades.not_graded(NOT_YET)
    if not parts:
        return 0
    console.print("Not graded because of a grader error (no points lost):")
    for part in parts:
        note = result.not_graded.get((part.student.key, part.stage), part.note)
        console.print(Text(f"  {part.student.key} {part.stage}: {note}"))
    words = shlex.join(["parley", *sys.argv[1:]])
    console.print(Text(f"To run just these again: {visible(words)}"))
    return len(parts)
