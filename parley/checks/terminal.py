"""The learner's loop at the terminal: a check with its table and stories, a check at each save, and hints."""

from __future__ import annotations

import math
import os
import select
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from parley import stages
from parley.checks.check import Check, check, keep_progress, kept_diagnosis, progress, remember
from parley.checks.diagnosis import telling
from parley.checks.diagnosis.examples import examples
from parley.checks.diagnosis.passage import passage
from parley.checks.hints import hints
from parley.contract.diagnosis import Diagnosis
from parley.contract.errors import BadInput
from parley.contract.files import write_json
from parley.contract.plain import to_plain
from parley.contract.verdict import GradedTest, Outcome, Verdict
from parley.derive.source import part
from parley.stages import Stage


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
    """Check a stage's programs, print the table as it grows, then what is wrong first (or all that is wrong).

    `test`: the name of one test alone; `first`: the names of tests that begin before all others, in this
    order. Returns what came of it. Keeps the progress if the programs are the student's own.
    """
    typer.echo(f"Checking {stage.name} in {stages.from_root(folder)}. Please wait ...")
    own = folder == stages.exercise(stage, "server").parent
    done = check(stage, folder, programs, seed=seed, test=test, first=first, on_verdict=_row)
    if own:
        keep_progress(stage, done, whole=not (programs or test))
    for reason in sorted({verdict.reason for verdict in done.verdicts if verdict.outcome is Outcome.NOT_BEGUN}):
        typer.echo(reason)
    _tell(done, every)
    typer.echo(f"\n{done.points.earned} of {done.points.of} points. (The same run again: --seed {done.seed})")
    if own:
        _after(stage, done, folder, whole=not (programs or test))
    return done


def check_again_and_again(
    stage: Stage, folder: Path, programs: Sequence[str] | None, times: int, test: str | None = None
) -> bool:
    """Check so many times, each with another seed, and tell which tests differ from run to run, and how often they
    fail; whether all has passed each time.
    """
    typer.echo(f"Checking {stage.name} in {stages.from_root(folder)} {times} times. Please wait ...")
    seeds: dict[str, list[int]] = {}  # by the name of a test: of the runs in which it failed
    tests: dict[str, GradedTest] = {}
    for number in range(1, times + 1):
        done = check(stage, folder, programs, test=test)
        typer.echo(
            f"Run {number}: {done.points.earned} of {done.points.of} points. (The same again: --seed {done.seed})"
        )
        tests |= {verdict.test.name: verdict.test for verdict in done.verdicts}
        for verdict in done.lost:
            seeds.setdefault(verdict.test.name, []).append(done.seed)
    differ = {name: failed for name, failed in seeds.items() if len(failed) < times}
    always = len(seeds) - len(differ)
    typer.echo(f"\nThe same in all {times} runs: {len(tests) - len(seeds)} tests passed, {always} failed.")
    for name, failed in differ.items():
        typer.echo(f"Failed in {len(failed)} of {times}: {tests[name].sentence} (--test {tests[name].function})")
    return not seeds


def _row(verdict: Verdict) -> None:
    """One line of the table: points, kind, verdict, and what was tested; none for what is not begun."""
    if verdict.outcome is Outcome.NOT_BEGUN:
        return
    test = verdict.test
    colour = typer.colors.GREEN if verdict.passed else typer.colors.RED if verdict.lost else typer.colors.YELLOW
    typer.echo(f"{verdict.earned:>3} of {test.points:>2}  {test.program:<7} {test.kind:<8}", nl=False)
    typer.secho(f"{verdict.outcome:<12}", fg=colour, nl=False)
    typer.echo(test.sentence)


def _tell(done: Check, every: bool) -> None:
    """The first diagnosis with its story, or all of them; the stories of what no diagnosis explains; and the tests
    without a story with their reasons.
    """
    lost = [verdict for verdict in done.lost if verdict.outcome is not Outcome.NOT_BEGUN]
    explained = {test for diagnosis in done.diagnoses for test in diagnosis.tests}
    left = [verdict for verdict in lost if verdict.test.name not in explained]
    told = done.diagnoses if every else done.diagnoses[:1]
    for diagnosis in told:
        story = done.shortest_story(diagnosis.tests)
        typer.echo("\n" + "\n\n".join(filter(None, (telling.tell_diagnosis(diagnosis), story))))
    for verdict in left if every else left[: 0 if told else 1]:
        typer.echo(f"\n{verdict.story.text if verdict.story else verdict.reason}")
    more = len(done.diagnoses) - len(told)
    if more:
        typer.echo(f"\nMend this first. {more} more {'is' if more == 1 else 'are'} wrong; --all tells of all.")
    elif len(lost) > 1 and not every and not told:
        typer.echo(f"\n{len(lost) - 1} more failed; --all tells all their stories.")
    for verdict in done.verdicts:
        if not verdict.outcome.counts:
            ours = verdict.outcome is Outcome.GRADER
            what = "Trouble of the checker, not yours" if ours else "Not tested here"
            typer.echo(f"\n{what}: {verdict.test.sentence} {verdict.reason}")
    for sentence in done.trouble:
        typer.echo(f"\nTrouble of the checker, not yours: {sentence}")


def write_data(stage: Stage, done: Check, path: Path) -> None:
    """Write points, verdicts and diagnoses (in the order told) of a Check of a stage to this file, as JSON."""
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
    """What to do next; `whole`: both programs were checked, with all tests."""
    if stage in stages.EXERCISES and done.lost:
        typer.echo(f"What it adds to your server of stage 5: {stages.from_root(stages.plan_page(stage))}")
    if done.not_begun:
        typer.echo(f"The comments in {stages.from_root(folder)} are your plan: write the statements below them.")
    elif done.lost:
        typer.echo(f"A hint for the first failure: {stages.command(f'hint {stages.typed(stage)}')}")
    elif not whole or stage not in stages.STAGES:
        typer.echo("All passed.")
    else:
        typer.echo("All passed. What is next:")
        for line in _next(stage):
            typer.echo(f"  - {line}")


def _next(stage: Stage) -> list[str]:
    found = [f"Play with somebody: {stages.command(f'play {stage.number} --version mine')}"]
    if stage in stages.STAGES[:-1]:
        following = stages.STAGES[stage.number]
        found.insert(0, f"The next lesson: lessons/{following.name}.md")
        if stages.has_solutions():
            found.append(f"What the next stage adds: {stages.command(f'diff {stage.number} {following.number}')}")
    else:
        found.insert(0, f"The further exercises: {stages.command(f'check {stage.number} --exercise all')}")
    return found


# Hints, in steps


@dataclass(frozen=True)
class Steps:
    """A hint that leads on: its name, and the texts that are told one after the other."""

    name: str
    texts: tuple[str, ...]


def next_hint(stage: Stage, key: str | None = None) -> None:
    """Tell the next step of a hint: first the question, then where to read, then an example.

    `key` names a hint of a test; where it is left out, the hint is about what the last check told first. Raises
    BadInput with one sentence if there is no such hint, or no check yet.
    """
    kept = progress().get(stage.name)
    if key is None and not kept:
        command = stages.command(f"check {stages.typed(stage)}")
        raise BadInput(f"there was no check of {stage.name} yet: {command}")
    kept = kept or {"lost": [], "layer": 0}
    if key is None and not kept["lost"]:
        typer.echo(f"What was checked last of {stage.name} has passed: there is nothing to hint at.")
        return
    first = kept_diagnosis(stage) if key is None else None
    steps = _steps_of_diagnosis(first) if first else _steps_of_test(stage, key or kept["lost"][0]["hint"])
    at = min(kept["layer"], len(steps.texts) - 1) if kept.get("hinted", steps.name) == steps.name else 0
    typer.echo(f"Hint {steps.name!r}, part {at + 1} of {len(steps.texts)}.")
    typer.echo(steps.texts[at])
    remember(stage, **{**kept, "hinted": steps.name, "layer": at + 1})


def _steps_of_diagnosis(diagnosis: Diagnosis) -> Steps:
    """The question, the place in the lesson, and the smallest example of the same idea."""
    texts = [f"{diagnosis.program}.py: {diagnosis.sentence}\n\n{diagnosis.question}", f"Read: {diagnosis.read}"]
    quoted = passage(stages.root(), diagnosis.read, f"{diagnosis.sentence} {diagnosis.question}")
    if quoted:
        texts[1] += f"\n\n{textwrap.indent(quoted, '  ')}"
    example = examples().get(diagnosis.fault)
    if example:
        texts.append(f"The same idea in another setting; run it, and compare it with yours:\n\n{example.rstrip()}")
    return Steps(diagnosis.fault, tuple(texts))


def _steps_of_test(stage: Stage, key: str) -> Steps:
    """The question, a link, and the same part of bare where that is here."""
    known = hints(stages.root() / "tests" / stage.name)
    if key not in known:
        raise BadInput(f"there is no hint {key!r} for {stage.name}; there are: {', '.join(known)}.")
    hint = known[key]
    texts = [hint.question, f"Read: {hint.read}"]
    if hint.bare and stages.has_solutions(version="bare"):
        texts.append(f"The same part of the bare version ({hint.bare}):\n\n{_part_of_bare(stage, hint.bare)}")
    return Steps(key, tuple(texts))


def _part_of_bare(stage: Stage, where: str) -> str:
    """The source of what a hint's line "server.py, function serve" names, in the bare version."""
    file, _, name = where.partition(", function ")
    text = stages.solution(stage, "bare", file.removesuffix(".py")).read_text(encoding="utf-8")
    return part(text, name)[1]


# Again at each save


def watch(stage: Stage, folder: Path, programs: Sequence[str] | None = None, *, poll: bool = False) -> None:
    """Check at once, and again whenever a program in the folder is saved; one key for each action. Ctrl+C ends.

    `poll`: look at the files from time to time, for drives whose system does not tell of changes.
    """
    from watchfiles import watch as changes

    every, due = False, True
    wanted = list(programs or stage.programs)
    # {test: seconds until it failed}: the quickest runs first, so that something red stands there soon
    failed = {test["test"]: 0.0 for test in progress().get(stage.name, {}).get("lost", [])}
    with Keys() as keys:
        # this loop goes round at each change (also those during a check), and at least five times a second for the keys
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
                    typer.echo(f"\n{alone[0]}.py was saved: only its tests run; r runs all.")
                if failed:
                    typer.echo("What failed last runs first.")
                first = sorted(failed, key=failed.__getitem__)
                done = check_and_tell(stage, folder, alone or programs, every=every, first=first)
                for verdict in done.verdicts:
                    failed.pop(verdict.test.name, None)
                for verdict in done.lost:
                    ran = verdict.outcome is not Outcome.NOT_REACHED
                    failed[verdict.test.name] = verdict.seconds if ran else math.inf
                typer.echo("\nWaiting for a save. r: run all, h: hint, a: all stories or the first, q: quit")
                due = False


def _saved(programs: Sequence[str], paths: Iterable[Path]) -> list[str]:
    """The programs that these saved files belong to: all of them where a file is none of the programs."""
    names = {path.stem for path in paths if path.suffix == ".py"}
    return [program for program in programs if program in names] if names <= set(programs) else list(programs)


class Keys:
    """Keys pressed at this terminal, without Enter; none where standard input is no terminal."""

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
        """The key that was pressed, or "" if there was none since."""
        if not self._terminal:
            return ""
        if sys.platform == "win32":
            import msvcrt

            return msvcrt.getwch().lower() if msvcrt.kbhit() else ""
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace").lower() if ready else ""
