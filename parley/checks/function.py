"""Check one function of a program alone: another process tries it with chunks that hurt, within a time limit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from parley import stages
from parley.checks.function_trial import FUNCTIONS, Known
from parley.contract.errors import BadInput
from parley.contract.files import read_json
from parley.contract.plain import from_plain
from parley.contract.trial import FunctionTrials, Trial
from parley.harness.deadlines import slowness
from parley.stages import Stage

SECONDS = 2.0  # seconds of one trial on a quick machine; it takes some milliseconds
SPARE = 20.0  # seconds for all of them, after which the process is killed


def functions_of(stage: Stage, programs: Sequence[str] | None = None) -> list[Known]:
    """Return the functions of a stage's programs (default: of both) that can be checked alone."""
    return [known for known in FUNCTIONS[stage.number] if programs is None or known.program in programs]


def check_function(
    stage: Stage, folder: Path, name: str, programs: Sequence[str] | None = None
) -> list[FunctionTrials]:
    """Try the function of this name in each program of a stage that must have it.

    `folder`: of the programs; `programs`: server, client (default: both). If only one of two programs defines the
    function, skip the other. Raise BadInput if no such function can be checked alone.
    """
    known = [function for function in functions_of(stage, programs) if function.name == name]
    if not known:
        listed = ", ".join(f"{function.name} ({function.program})" for function in functions_of(stage, programs))
        raise BadInput(f"No function {name!r} can be checked alone in {stage.name}. There are: {listed}.")
    found = [_tried(stage, folder, function) for function in known]
    return [trials for trials in found if not trials.problem] or found[:1]


def _tried(stage: Stage, folder: Path, known: Known) -> FunctionTrials:
    """Return the result of trying this function, in its own process."""
    path = folder / f"{known.program}.py"
    if not path.is_file():
        return FunctionTrials(known.program, known.name, f"There's no {stages.from_root(path)}.", ())
    factor = slowness()
    with tempfile.TemporaryDirectory(prefix="parley-") as place:
        report = Path(place, "report.json")
        words = [str(path), str(stage.number), known.program, known.name, str(report), str(SECONDS * factor)]
        process = subprocess.Popen(
            [sys.executable, "-m", "parley.checks.function_trial", *words],
            cwd=place,  # files that the program writes disappear with it
            env={**os.environ, "PYTHONPATH": str(stages.PACKAGE.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        try:
            _, said = process.communicate(timeout=SPARE * factor)
        except subprocess.TimeoutExpired:
            said = f"It didn't finish within {SPARE * factor:.0f} s."
        finally:
            with suppress(OSError):
                process.kill()
            process.communicate()
        with suppress(ValueError):
            return from_plain(FunctionTrials, read_json(report))
    last = said.strip().splitlines()[-1:] or ["It ended the process that tried it."]
    return FunctionTrials(known.program, known.name, f"{known.name} couldn't be tried. {last[0]}", ())


# As text


def told_trials(trials: FunctionTrials) -> str:
    """Return the result of trying a function as text: how much is right, then the first trial that failed."""
    if trials.problem:
        return trials.problem
    right = sum(trial.right for trial in trials.trials if trial.core)
    core = sum(trial.core for trial in trials.trials)
    lines = [f"{trials.program}.py, {trials.function}: {right} of {core} trials right."]
    wrong = trials.first_wrong
    if wrong and not wrong.core:
        lines.append(f"All that the core needs is right. For the errors round: {wrong.sentence}. {wrong.why}")
    elif wrong:
        lines += ["", *_story(wrong)]
    return "\n".join(lines)


def _story(trial: Trial) -> list[str]:
    """Return a failed trial as lines: what was tried, what happened, what was expected and received, and why."""
    steps = [f"  {number:>3}  {step}" for number, step in enumerate(trial.steps, 1)]
    expected = ", ".join(trial.expected) or "nothing"
    received = ", ".join(trial.received) or "nothing"
    return [
        f"Not yet: {trial.sentence}.",
        *steps,
        f"Expected: {expected}",
        f"Received: {received}",
        f"Cause: {trial.why}",
    ]
