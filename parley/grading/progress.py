"""What an instructor sees at the terminal: how far the grading is, and then the grades."""

import shlex
import sys
import time
from collections import Counter
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from parley.checks.plugin import PASSED
from parley.contract.record import visible
from parley.grading.driver import Watch
from parley.grading.scores import GRADED, GRADES, MISSING, NOT_GRADED, TABLE, not_graded

MOST_ROWS = 40  # of the table
MOST_NOTES = 10  # lines about what was handed in
WIDTH = 120  # columns where there is no terminal
NEWS_EVERY = 5  # seconds between two lines where there is no terminal


def watching():
    """Who watches a run and tells how far it is: a bar at a terminal, a line now and then elsewhere."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return Bar(console) if console.is_terminal else Lines(console)


class Lines(Watch):
    """Tells how far the run is, in lines."""

    def __init__(self, console):
        """`console`: where to."""
        self.console = console
        self.tests = self.done = 0
        self.students, self.finished = Counter(), 0
        self._began = self._told = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        pass

    def begins(self, submissions, notes, jobs, unchanged):
        """Tell what was handed in, and how much of it has to run."""
        self.tests = sum(len(job.left) for job in jobs)
        self.students = Counter(job.student for job in jobs)
        for sentence in _notes(submissions, notes):
            self.console.print(Text(sentence))
        there = sum(bool(one.source) for one in submissions)
        kept = f" {unchanged} are as they were the last time." if unchanged else ""
        self.console.print(f"Submissions: {there}. Parts of them to grade: {len(jobs)}.{kept}")
        self._began = self._told = time.monotonic()

    def verdict(self, job):
        """One more test is done."""
        self.done += 1
        if time.monotonic() - self._told >= NEWS_EVERY:
            self._told = time.monotonic()
            left = (self._told - self._began) * max(0, self.tests - self.done) / self.done
            self.console.print(f"{self._how_far()}; about {_duration(left)} left")

    def over(self, job):
        """One more part is done."""
        self.students[job.student] -= 1
        self.finished += self.students[job.student] == 0

    def _how_far(self):
        return f"{self.done} of {self.tests} tests, {self.finished} of {len(self.students)} students"


class Bar(Lines):
    """Shows how far the run is, as a bar with the time left."""

    def __init__(self, console):
        """`console`: a terminal."""
        super().__init__(console)
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
        columns += [TextColumn("tests,"), TimeRemainingColumn(elapsed_when_finished=True), TextColumn("left")]
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = None

    def __exit__(self, *trouble):
        self._progress.stop()

    def begins(self, submissions, notes, jobs, unchanged):
        """Tell what was handed in, and show the bar."""
        super().begins(submissions, notes, jobs, unchanged)
        if jobs:
            self._progress.start()
            self._task = self._progress.add_task(self._students(), total=self.tests)

    def verdict(self, job):
        """One more test is done."""
        self.done += 1
        self._progress.update(self._task, completed=self.done)

    def over(self, job):
        """One more part is done."""
        super().over(job)
        self._progress.update(self._task, description=self._students())

    def _students(self):
        return f"{self.finished} of {len(self.students)} students"


@contextmanager
def counting(what):
    """Yield a function that is told how many are left, and shows it as a bar at a terminal, in lines elsewhere."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task, told = progress.add_task(what, total=None), time.monotonic()

        def count(left):
            nonlocal told
            progress.advance(task)
            progress.update(task, total=progress.tasks[0].completed + left)
            if not console.is_terminal and time.monotonic() - told >= NEWS_EVERY:
                told = time.monotonic()
                console.print(f"{what}: {left} left")

        yield count


def _notes(submissions, notes):
    """What should be known about what was handed in, as some lines."""
    lines = [*notes, *(f"{one.name}: {sentence}" for one in submissions for sentence in one.notes + one.ignored)]
    more = len(lines) - MOST_NOTES
    return [*lines[:MOST_NOTES], f"... and {more} more such lines, all in {GRADES}."] if more > 1 else lines


def _duration(seconds):
    return f"{round(seconds)} s" if seconds < 100 else f"{round(seconds / 60)} min"


# Afterwards


def show(grades, folder):
    """The grades as a table, and where the files are."""
    console = _console()
    console.print(_table(grades))
    more = len(grades["students"]) - MOST_ROWS
    if more > 0:
        console.print(f"... and {more} more students.")
    if not grades["sandbox"]:
        console.print("Graded without a sandbox: the programs of students could reach this machine.")
    names = [name for name in (GRADES, TABLE, "class.html") if (folder / name).exists()]
    console.print(Text(f"All of it: {', '.join(visible(str(folder / name)) for name in names)}"), soft_wrap=True)


def show_points(grades):
    """The grades as a table, and in a sentence what each student has lost first."""
    console = _console()
    console.print(_table(grades))
    for one in grades["students"]:
        tests = [test for stage in one["stages"].values() for test in stage["tests"]]
        lost = [test for test in tests if test["verdict"] != PASSED]
        if lost:
            first = f"{lost[0]['sentence']} {lost[0]['reason']}"
            console.print(Text(f"{one['name']} has not passed {len(lost)} of {len(tests)} tests. The first: {first}"))


def _console():
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def _table(grades):
    """The first students, a row for each. Names are text, whatever is in them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold", min_width=8)
    for name in (*grades["stages"], f"of {grades['of']}", "before"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for one in grades["students"][:MOST_ROWS]:
        stages = [_points(one["stages"][name]) for name in grades["stages"]]
        before = "" if one["before"] is None else str(one["before"])
        state = "" if one["state"] == GRADED else one["state"]
        table.add_row(Text(one["name"]), *stages, str(one["points"]), before, state)
    return table


def _points(stage):
    """The points of a stage; a dash where there was nothing to give points for."""
    return "-" if stage["state"] in (MISSING, NOT_GRADED) and not stage["points"] else str(stage["points"])


def tell_not_graded(outcome):
    """Say what could not be graded, and what to do; returns how much that is."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    parts = not_graded(outcome.grades)
    if not parts:
        return 0
    console.print("Not graded, by trouble of the grader's, which costs the students nothing:")
    for key, name, note in parts:
        console.print(Text(f"  {key} {name}: {outcome.not_graded.get((key, name), note)}"))
    words = shlex.join(["parley", *sys.argv[1:]])
    console.print(Text(f"To run just these again: {visible(words)}"))
    return len(parts)
