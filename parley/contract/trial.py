"""The result of trying one function alone, passed from the process that tries it to the one that shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trial:
    """One call of a function.

    `sentence`: what is tried; `core`: whether it belongs to the idea of the stage (or to the errors); `right`: whether
    it passed; `steps`: what happened, in order; `expected` and `received`: what the function had to give, and gave;
    `why`: a sentence about the difference, or "".
    """

    sentence: str
    core: bool
    right: bool
    steps: tuple[str, ...]
    expected: tuple[str, ...]
    received: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class FunctionTrials:
    """The result of trying a function: `program` and `function`; `problem`: why it couldn't be called, or ""; `trials`:
    in order. The last one may have been stopped because it took too long.
    """

    program: str
    function: str
    problem: str
    trials: tuple[Trial, ...]

    @property
    def has_core(self) -> bool:
        """Whether the function does all that the idea of the stage needs."""
        return not self.problem and all(trial.right for trial in self.trials if trial.core)

    @property
    def first_wrong(self) -> Trial | None:
        """Return the first trial that failed, preferably of the core, or None."""
        wrong = [trial for trial in self.trials if not trial.right]
        return next((trial for trial in wrong if trial.core), wrong[0] if wrong else None)
