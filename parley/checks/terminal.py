"""The student's loop at the terminal: a check with its table and stories, a check at each save, and hints."""

from __future__ import annotations

import math
import os
import select
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from parley import stages
from parley.checks.check import Check, check, keep_progress, kept_diagnosis, progress, remember, test_names
from parley.checks.diagnosis import telling
from parley.checks.diagnosis.examples import examples
from parley.checks.diagnosis.passage import passage
from parley.checks.hints import hints_of
from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import BadInput
from parley.contract.files import write_json
from parley.contract.plain import to_plain
from parley.contract.verdict import GradedTest, Outcome, Verdict
from parley.derive.source import part
from parley.screen import colorful, say, wrapped
from parley.stages import Stage

MOST_LINES = 40  # lines of output, unless a check shows everything
MOST_FAILED = 6  # rows of failed tests there
LEAST_STORY = 12  # lines: a shorter story says too little


def check_and_tell(
    stage: Stage,
    folder: Path,
    programs: Sequence[str] | None = None,
    *,
    every: bool = False,
    seed: int | None = None,
    test: str | None = None,
    first: Sequence[str] = (),
) -> Check:
    """Check a stage's programs, print the failed tests as they come, then what is wrong first (or all of it).

    `test`: the name of the only test to run; `first`: the names of tests to start before all others, in this order.
    Return the result. Keep the progress if the programs are the student's own.
    """
    say(f"Checking {stage.name} in {stages.from_root(folder)}. Please wait ...")
    own = folder == stages.exercise(stage, "server").parent
    rows = Rows(1 if test else len(test_names(stage, programs)), every)
    done = check(stage, folder, programs, seed=seed, test=test, first=first, on_verdict=rows.add)
    rows.end()
    if own:
        keep_progress(stage, done, whole=not (programs or test))
    for reason in sorted({verdict.reason for verdict in done.verdicts if verdict.outcome is Outcome.NOT_BEGUN}):
        say(reason)
    _tell(done, every, room=MOST_LINES - rows.lines - 6)
    say(f"\n{done.points.earned} of {done.points.of} points. (To repeat this run: --seed {done.seed})")
    if own:
        _after(stage, done, folder, whole=not (programs or test))
    return done


def check_again_and_again(
    stage: Stage, folder: Path, programs: Sequence[str] | None, times: int, test: str | None = None
) -> bool:
    """Check this many times, each with another seed. Show which tests differ from run to run, and how often they fail.
    Return whether everything passed each time.
    """
    say(f"Checking {stage.name} in {stages.from_root(folder)} {times} times. Please wait ...")
    seeds: dict[str, list[int]] = {}  # by the name of a test: seeds of the runs in which it failed
    tests: dict[str, GradedTest] = {}
    for number in range(1, times + 1):
        done = check(stage, folder, programs, test=test)
        typer.echo(f"Run {number}: {done.points.earned} of {done.points.of} points. (To repeat it: --seed {done.seed})")
        tests |= {verdict.test.name: verdict.test for verdict in done.verdicts}
        for verdict in done.lost:
            seeds.setdefault(verdict.test.name, []).append(done.seed)
    differ = {name: failed for name, failed in seeds.items() if len(failed) < times}
    always = len(seeds) - len(differ)
    say(f"\nThe same in all {times} runs: {len(tests) - len(seeds)} tests passed, {always} failed.")
    for name, failed in differ.items():
        say(f"Failed in {len(failed)} of {times}: {tests[name].sentence}\n  --test {tests[name].function}")
    return not seeds


class Rows:
    """The tests of a check on the screen: a row for each that failed, one for all of a kind that passed."""

    def __init__(self, tests: int, every: bool) -> None:
        """`tests`: how many there will be; `every`: whether to show a row for each failed test."""
        self.tests, self.every = tests, every
        self.lines = 1  # rows on the screen, with the heading
        self._passed: Counter[tuple[str, str]] = Counter()  # by program and kind
        self._failed = self._done = 0
        self._live = sys.stdout.isatty()

    def add(self, verdict: Verdict) -> None:
        """Show the result of one more test, but nothing for a program that isn't started."""
        test = verdict.test
        self._done += 1
        if verdict.passed:
            self._passed[test.program, test.kind] += 1
        elif verdict.outcome is not Outcome.NOT_BEGUN:
            self._failed += 1
            if self.every or self._failed <= MOST_FAILED:
                self._clear()
                row = f"{verdict.earned:>3} of {test.points:>2}  {test.program} {test.kind}  {verdict.outcome.shown}:"
                self._show(f"{row} {test.sentence}", typer.colors.RED if verdict.lost else typer.colors.YELLOW)
        if self._live:
            typer.echo(f"\r{self._done} of {self.tests} tests", nl=False)

    def end(self) -> None:
        """Show the counts."""
        self._clear()
        if not self.every and self._failed > MOST_FAILED:
            self._show(f"{self._failed - MOST_FAILED} more failed. --all lists them.", typer.colors.RED)
        for (program, kind), number in self._passed.items():
            self._show(f"{program} {kind}: {number} passed", typer.colors.GREEN)

    def _show(self, row: str, color: str) -> None:
        told = wrapped(row)
        typer.secho(told, fg=color, color=colorful())
        self.lines += told.count("\n") + 1

    def _clear(self) -> None:
        """Clear the count of the tests from the screen."""
        if self._live:
            typer.echo(f"\r{' ' * 24}\r", nl=False)


def _tell(done: Check, every: bool, room: int) -> None:
    """Show the first diagnosis with its story, or all of them. Show the stories that no diagnosis explains, and the
    reasons of tests without a story. `room`: lines, unless everything is shown.
    """
    lost = [verdict for verdict in done.lost if verdict.outcome is not Outcome.NOT_BEGUN]
    explained = {test for diagnosis in done.diagnoses for test in diagnosis.tests}
    left = [verdict for verdict in lost if verdict.test.name not in explained]
    told = done.diagnoses if every else done.diagnoses[:1]
    for diagnosis in told:
        text = wrapped(telling.tell_diagnosis(diagnosis))
        story = wrapped(done.shortest_story(diagnosis.tests))
        say(f"\n{text}")
        room -= len(text.split("\n")) + 2  # with the empty lines around
        if story and (every or room >= LEAST_STORY):
            say(f"\n{story if every else _shortened(story, room)}")
        elif story:
            say("\n--all shows what happened, step by step.")
    for verdict in left if every else left[: 0 if told else 1]:
        text = wrapped(verdict.story.text if verdict.story else verdict.reason)
        say(f"\n{text if every else _shortened(text, room - 1)}")
    more = len(done.diagnoses) - len(told)
    if more:
        say(f"Fix this first. {more} more {'thing is' if more == 1 else 'things are'} wrong; --all tells of all.")
    elif len(lost) > 1 and not every and not told:
        say(f"\n{len(lost) - 1} more failed. --all shows all their stories.")
    for verdict in done.verdicts:
        if not verdict.outcome.counts:
            ours = verdict.outcome is Outcome.GRADER
            what = "Checker error, not yours" if ours else "Not tested here"
            say(f"\n{what}: {verdict.test.sentence} {verdict.reason}")
    for sentence in done.trouble:
        say(f"\nChecker error, not yours: {sentence}")


def _shortened(text: str, room: int) -> str:
    """Return a story in at most this many lines: its beginning, and its end with the expectation and the reason."""
    lines = text.split("\n")
    head = 4  # the sentence, an empty line, and two steps
    tail = max(room - head - 1, LEAST_STORY)
    left_out = len(lines) - head - tail
    if len(lines) <= room or left_out < 2:
        return text
    return "\n".join([*lines[:head], f"         ... {left_out} more lines (--all)", *lines[-tail:]])


def write_data(stage: Stage, done: Check, path: Path) -> None:
    """Write points, verdicts and diagnoses (in the order shown) of a Check of a stage to this file, as JSON."""
    verdicts = [{**to_plain(verdict.test), **verdict.as_data()} for verdict in done.verdicts]
    content = {
        "version": 1,
        "stage": stage.name,
        "seed": done.seed,
        "points": done.points._asdict(),
        "verdicts": [{key: value for key, value in verdict.items() if key != "story"} for verdict in verdicts],
        "diagnoses": [diagnosis.as_data() for diagnosis in done.diagnoses],
    }
    write_json(path, content)


def _after(stage: Stage, done: Check, folder: Path, whole: bool) -> None:
    """Show what to do next. `whole`: both programs were checked, with all tests."""
    if stage in stages.exercises() and done.lost:
        say(f"What it adds to your server of stage 5: {stages.from_root(stages.plan_page(stage))}")
    if done.not_begun:
        say(f"The comments in {stages.from_root(folder)} are your plan. Write the statements below them.")
    elif done.lost:
        say(f"For a hint about the first failure: {stages.command(f'hint {stages.typed(stage)}')}")
    elif not whole or stage not in stages.STAGES:
        say("All passed.")
    else:
        say("All passed. Next:")
        for line in _next(stage):
            say(f"  - {line}")


def _next(stage: Stage) -> list[str]:
    found = [f"Play with someone: {stages.command(f'play {stage.number}')}"]
    if stage in stages.STAGES[:-1]:
        following = stages.STAGES[stage.number]
        found.insert(0, f"The next lesson: lessons/{following.name}.md")
        if stages.has_solutions():
            found.append(f"What the next stage adds: {stages.command(f'diff {stage.number} {following.number}')}")
    else:
        found.insert(0, f"The extra exercises: {stages.command(f'check {stage.number} --exercise all')}")
        found.append("How far it goes, measured by you: lessons/6_how_far.md")
    return found


# Hints, in steps


@dataclass(frozen=True)
class Steps:
    """A hint in steps: its name, and the texts to show one after the other."""

    name: str
    texts: tuple[str, ...]


def next_hint(stage: Stage, key: str | None = None) -> None:
    """Show the next step of a hint: first the question, then where to read, then an example.

    `key` names a hint of a test. By default the hint is about what the last check showed first. Raise BadInput with one
    sentence if there's no such hint, or no check yet.
    """
    kept = progress().get(stage.name)
    if key is None and not kept:
        command = stages.command(f"check {stages.typed(stage)}")
        raise BadInput(f"No results for {stage.name} yet. Run a check first: {command}")
    kept = kept or {"lost": [], "layer": 0}
    if key is None and not kept["lost"]:
        say(f"Your last check of {stage.name} passed, so there's no hint to give.")
        return
    first = kept_diagnosis(stage) if key is None else None
    steps = _steps_of_diagnosis(first) if first else _steps_of_test(stage, key or kept["lost"][0]["hint"])
    at = min(kept["layer"], len(steps.texts) - 1) if kept.get("hinted", steps.name) == steps.name else 0
    say(f"Hint {steps.name!r}, part {at + 1} of {len(steps.texts)}.")
    say(steps.texts[at])
    remember(stage, **{**kept, "hinted": steps.name, "layer": at + 1})


def _steps_of_diagnosis(diagnosis: Diagnosis) -> Steps:
    """Return the question, the place in the lesson, and the smallest example of the same idea."""
    texts = [f"{diagnosis.program}.py: {diagnosis.sentence}\n\n{diagnosis.question}", f"Read: {diagnosis.read}"]
    quoted = passage(stages.root(), diagnosis.read, f"{diagnosis.sentence} {diagnosis.question}")
    if quoted:
        texts[1] += f"\n\n{textwrap.indent(quoted, '  ')}"
    example = examples().get(diagnosis.fault)
    if example:
        texts.append(f"The same idea in another setting. Run it, and compare it with yours:\n\n{example.rstrip()}")
    return Steps(diagnosis.fault, tuple(texts))


def _steps_of_test(stage: Stage, key: str) -> Steps:
    """Return the question, a link, and the same part of bare if that's here."""
    known = hints_of(stage)
    if key not in known:
        raise BadInput(f"{stage.name} has no hint {key!r}. Use {', '.join(known)}.")
    hint = known[key]
    texts = [hint.question, f"Read: {hint.read}"]
    if hint.bare and stages.has_solutions(version="bare"):
        texts.append(f"The same part of the bare version ({hint.bare}):\n\n{_part_of_bare(stage, hint.bare)}")
    return Steps(key, tuple(texts))


def _part_of_bare(stage: Stage, where: str) -> str:
    """Return the source in the bare version that a hint's line names, such as "server.py, function serve"."""
    file, _, name = where.partition(", function ")
    text = stages.solution(stage, "bare", file.removesuffix(".py")).read_text(encoding="utf-8")
    return part(text, name)[1]


# Again at each save


def watch(stage: Stage, folder: Path, programs: Sequence[str] | None = None, *, poll: bool = False) -> None:
    """Check immediately, and again whenever a program in the folder is saved. Each action has a key. Ctrl+C ends.

    `poll`: check the files from time to time, for drives that don't report changes.
    """
    from watchfiles import watch as changes

    every, due = False, True
    wanted = list(programs or stage.programs)
    # {test: seconds until it failed}: the quickest runs first, so that the first failure shows soon
    failed = {test["test"]: 0.0 for test in progress().get(stage.name, {}).get("lost", [])}
    with Keys() as keys:
        # this loop runs at each change (even during a check), and at least five times a second for the keys
        for changed in changes(folder, rust_timeout=200, yield_on_timeout=True, force_polling=poll or None):
            key = keys.pressed()
            if key == "q":
                return
            if key == "h":
                next_hint(stage)
            if key == "a":
                every = not every
            saved = _saved(wanted, (Path(path) for _, path in changed))
            if due or key in ("r", "a") or saved:
                alone = None if due or key in ("r", "a") or len(saved) == len(wanted) else saved
                if alone:
                    say(f"\n{alone[0]}.py was saved, so only its tests run. r runs all.")
                if failed:
                    say("The tests that failed last run first.")
                first = sorted(failed, key=failed.__getitem__)
                done = check_and_tell(stage, folder, alone or programs, every=every, first=first)
                for verdict in done.verdicts:
                    failed.pop(verdict.test.name, None)
                for verdict in done.lost:
                    ran = verdict.outcome is not Outcome.NOT_REACHED
                    failed[verdict.test.name] = verdict.seconds if ran else math.inf
                say("\nSave to check again. r: run all, h: hint, a: all stories or the first, q: quit")
                due = False


def _saved(programs: Sequence[str], paths: Iterable[Path]) -> list[str]:
    """Return the programs that these saved files belong to, or all if a file isn't one of them."""
    names = {path.stem for path in paths if path.suffix == ".py"}
    return [program for program in programs if program in names] if names <= set(programs) else list(programs)


class Keys:
    """Keys pressed at this terminal, without Enter, or none if standard input isn't a terminal."""

    def __enter__(self) -> Keys:
        self._terminal = sys.stdin is not None and sys.stdin.isatty()
        if self._terminal and sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSANOW)  # what was typed before counts too
        return self

    def __exit__(self, *trouble: object) -> None:
        if self._terminal and sys.platform != "win32":
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def pressed(self) -> str:
        """Return the last key pressed, or ""."""
        if not self._terminal:
            return ""
        if sys.platform == "win32":
            import msvcrt

            return msvcrt.getwch().lower() if msvcrt.kbhit() else ""
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace").lower() if ready else ""
