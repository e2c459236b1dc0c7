"""What the cells of a notebook call: run a pair of programs, check it, break it, draw it, compare it, predict."""

from __future__ import annotations

import contextlib
import os
import tempfile
import traceback
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, overload

from parley import stages
from parley.checks.diagnosis import telling
from parley.checks.function import check_function, told_trials
from parley.checks.hints import hints_of
from parley.contract.errors import BadInput, NotHere, NotRecorded, NotYet
from parley.contract.files import one_at_a_time, read_json, write_json, write_whole
from parley.contract.moment import Moment
from parley.contract.record import Event, Failed, Record, as_data, events_from
from parley.contract.story import NOTHING_RAN, Hint, Story, tell
from parley.contract.trial import FunctionTrials
from parley.contract.verdict import Outcome, Verdict
from parley.derive.compare import compare, compare_texts
from parley.derive.leaks import known_lines, without_solution
from parley.derive.source import part
from parley.drawing.picture import describe
from parley.drawing.picture import draw as drawn
from parley.drawing.threads import describe_threads, draw_threads
from parley.harness import reaper
from parley.harness.play import SCRIPTS
from parley.harness.scene import Scene
from parley.harness.watching import Watching, moments
from parley.notebooks import display, ladder, run_cache, tasks
from parley.notebooks.display import Shown, folded
from parley.notebooks.run_cache import Kept, Script
from parley.stages import Stage

if TYPE_CHECKING:
    from parley.checks.check import Check
    from parley.checks.faults import SceneOutcome

PREDICTIONS = Path(".parley") / "predictions.json"  # in the project's folder
WRITTEN = Path(".parley") / "written"  # there: the programs that cells wrote, each in its own folder
OURS = ("full", "quiet", "bare")
VERSIONS = (*OURS, "mine")
RAN = {  # shown above a run, if the cell named no version
    "full": "The finished programs ran (full).",
    "bare": "The short version ran (bare).",
    "mine": "Your own programs ran.",
}
SOON = "As soon as your own programs pass all core tests of this stage, this cell runs them."


class Wrong(ValueError):
    """A function got an unknown value. In a notebook it shows one sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Interrupted(KeyboardInterrupt):
    """The kernel was interrupted while programs ran. They were all ended."""

    def _render_traceback_(self) -> list[str]:
        return ["Interrupted. The programs of this cell were ended."]


# play and wire


class Run(Shown):
    """The result of a run.

    `record`: everything that happened; `well`: whether it worked, None if this system can't try it; `said`: the result
    in a sentence, or ""; `failed`: the failed expectation, or None; `moments`: what its threads did, if they were
    watched; `again`: a function that repeats the run and watches its threads; `note`: which programs ran, "" if the
    cell named them.
    """

    note = ""
    moments: Sequence[Moment] = ()
    again: Callable[[], Run] | None = None

    def __init__(
        self,
        title: str,
        record: Record,
        well: bool | None,
        said: str = "",
        failed: Failed | None = None,
        known: Mapping[str, Hint] | None = None,
        story: str = "",
    ) -> None:
        """`title`: shown above the picture; `known`: the hints of the stage, for the story; `story`: an existing story
        to use.
        """
        self.title, self.record, self.well, self.said = title, record, well, said
        self.failed, self._known, self._story = failed, known, story

    def happened(self, who: str | None = None, what: str | None = None) -> list[Event]:
        """Return the events of the record, optionally of one participant ("server") and of one kind ("receives")."""
        return [event for event in self.record if who in (None, event.who) and what in (None, event.what)]

    @property
    def story(self) -> str:
        """What went wrong, in numbered steps, or ""."""
        return tell(self.failed, self._known) if self.failed else self._story

    def text(self) -> str:
        """Return the transcript, and the story if there is one."""
        happened = self.record.transcript() if self._something_ran else []
        return "\n".join(filter(None, [self.note, self.said, *happened, self.story.strip("\n")]))

    def html(self) -> str:
        """Return the picture, the same in words, and the story if there is one."""
        parts = [display.words(self.note)] if self.note else []
        parts += [_verdict(self.well, self.said)] if self.said else []
        if self._something_ran:
            parts += [drawn(self.record, self.title), _in_words(describe(self.record, whole=True))]
        if self.story:
            parts.append(display.lines(self.story.strip("\n")))
        return "\n".join(parts)

    @property
    def _something_ran(self) -> bool:
        return not (self.failed and self.failed.cause in NOTHING_RAN)

    def as_data(self) -> dict[str, Any]:
        """Return the Run as plain data for a students' edition, without the source lines of tracebacks."""
        failed = run_cache.clean_failed(self.failed)
        return {
            "title": self.title,
            "record": as_data(run_cache.clean_events(self.record)),
            "well": self.well,
            "said": self.said,
            "story": tell(failed, self._known) if failed else "",
            "moments": [moment.as_data() for moment in self.moments],
        }


class RecordedRun(Run):
    """Return a Run of a solution that isn't here, from the data in a students' edition (see Run.as_data)."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        record = Record.of(events_from(data["record"]))
        super().__init__(data["title"], record, data["well"], data["said"], story=data["story"])
        self.note = run_cache.NOTE
        self.moments = [Moment.from_data(moment) for moment in data["moments"]]


def play(
    stage: object,
    version: str | None = None,
    script: Script | None = None,
    edit: tuple[str, str] | None = None,
    threads: bool = False,
) -> Run:
    """Let the programs of a stage talk, and return the Run.

    `stage`: 1 to 5, or a name; `version`: full, quiet, bare, or mine (your programs in exercises/). By default yours
    run if they pass all core tests, otherwise full, or its run recorded for a students' edition. The Run says which.
    `script`: a function that gets the scene, as in tests/ (default: the stage's own conversation); `edit`: a pair
    (text, text instead) that changes both programs first; `threads`: watch what their threads do, for draw(...,
    threads=True). The Run also shows what goes wrong between the programs. Raise BadInput for an unknown stage or
    version, and for a text that isn't in each program exactly once.
    """
    chosen = _stage(stage)

    def run(wanted: str) -> Run:
        words = ["play", chosen.name, wanted, list(edit or ()), *(["threads"] if threads else [])]
        return _recorded(words, lambda: _play(chosen, wanted, script, edit, threads), RecordedRun, script)

    try:
        shown = run(version or "full") if edit else _best(chosen, version, run)
    except NotRecorded as error:
        raise Wrong(str(error)) from None
    shown.again = lambda: play(stage, version, script, edit, threads=True)
    return shown


def _best(stage: Stage, version: str | None, run: Callable[[str], Run]) -> Run:
    """Return the Run of this version, or of the best one if it's None. If an edition has no such run of ours, run what
    it has. The Run says which programs ran if that isn't the requested version.
    """
    from parley.checks.check import own_have_core

    if version is None and own_have_core(stage):
        return _noted(run("mine"), RAN["mine"])
    try:
        shown = run(version or "full")
    except NotRecorded:
        here = "bare" if stages.has_solutions(version="bare", stage=stage) else "mine"
        return _noted(run(here), RAN[here])
    if version is None:
        return _noted(shown, f"{run_cache.NOTE} {SOON}" if isinstance(shown, RecordedRun) else RAN["full"])
    return shown


def _noted(run: Run, note: str) -> Run:
    run.note = note
    return run


def _play(stage: Stage, version: str, script: Script | None, edit: tuple[str, str] | None, threads: bool) -> Run:
    with contextlib.ExitStack() as stack:
        folder = _folder(stage, version)
        if edit:
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix=reaper.folder_prefix()))
            folder = _edited(stage, folder, edit, place)
        return _played(stage, folder, f"Stage {stage.number}, {'changed' if edit else version}", script, threads)


def _edited(stage: Stage, folder: Path, edit: tuple[str, str], new: str) -> Path:
    """Write the programs of a stage, with a text in each replaced, into a new folder. Return its path."""
    old, instead = edit
    for program in stage.programs:
        source = (folder / f"{program}.py").read_text(encoding="utf-8")
        if source.count(old) != 1:
            raise Wrong(f"The text to be replaced is in {program}.py {source.count(old)} times, not once.")
        Path(new, f"{program}.py").write_text(source.replace(old, instead), encoding="utf-8")
    return Path(new)


def _played(stage: Stage, folder: Path, title: str, script: Script | None, threads: bool) -> Run:
    start = Watching() if threads else None
    with _looked_after(), Scene(folder, seed=stage.number, start=start) as scene:
        try:
            (script or SCRIPTS[stage.name])(scene)
            scene.check()
            run = Run(title, scene.record, True)
        except Failed as failed:
            run = Run(title, scene.record, False, "", failed, _hints(stage))
        except NotHere as error:
            run = Run(title, scene.record, None, f"This can't be tried on this system: {error}")
        run.moments = moments(scene)
    return run


def wire(stage: object, fault: str | None = None, version: str | None = None) -> Run | Faults:
    """Do a fault to the programs of a stage, and return the Run: whether they hold or break, and how.

    `fault`: split, coalesce, half-close, reset, stall, gone, refused, silence, endless, garbage, taken or ctrl-c. By
    default do all faults to bare, quiet and full, and to yours if they pass all core tests, and return the table.
    `version`: as in play. Raise BadInput for a fault that the stage doesn't have.
    """
    from parley.checks import faults

    chosen = _stage(stage)
    if fault is None:
        return _all_faults(chosen)
    if fault not in faults.faults_of(chosen):
        raise Wrong(f"Stage {chosen.number} has no fault {fault!r}: it has {', '.join(faults.faults_of(chosen))}.")

    def run(wanted: str) -> Run:
        return _recorded(["wire", chosen.name, wanted, fault], lambda: _wire(chosen, fault, wanted), RecordedRun)

    return _best(chosen, version, run)


def _wire(stage: Stage, fault: str, version: str) -> Run:
    from parley.checks import faults

    folder = _folder(stage, version)
    with _looked_after():
        outcome = faults.run(stage, fault, version if version != "mine" else folder)
    title = f"Stage {stage.number}, {version}. {faults.FAULTS[fault]}"
    said = f"{outcome.word}: {outcome.said}"
    return Run(title, outcome.record, outcome.held, said, outcome.failed, _hints(stage))


# check


class Faults(Shown):
    """A stage's part of the table of faults. `outcomes`: the result of each fault for each version."""

    def __init__(self, outcomes: Sequence[SceneOutcome]) -> None:
        from parley.checks.tables import of_stage

        self.outcomes, self._table = outcomes, of_stage(outcomes)

    def text(self) -> str:
        """The table."""
        return self._table.as_text()

    def html(self) -> str:
        """Return the table, and what was seen in each run."""
        seen = "\n".join(
            f"{outcome.name}, {outcome.version}: {outcome.word}. {outcome.said}" for outcome in self.outcomes
        )
        return self._table.as_html() + folded("What was seen in each run", display.lines(seen))

    def as_data(self) -> list[list[Any]]:
        """Return the table as plain data (see Run.as_data)."""
        return [
            [
                *(outcome.stage.name, outcome.name, outcome.version, outcome.held, outcome.said),
                as_data(run_cache.clean_events(outcome.record)),
            ]
            for outcome in self.outcomes
        ]


def _all_faults(stage: Stage) -> Faults:
    """Return the table of our versions, with a column for the student's own programs if they pass all core tests."""
    from parley.checks.check import own_have_core
    from parley.checks.faults import VERSIONS as TRIED

    def run(versions: Sequence[str]) -> Faults:
        from parley.checks import faults

        with _looked_after():
            return Faults(faults.table([stage], versions))

    try:
        ours = _recorded(["wire", stage.name, "", ""], lambda: run(TRIED), _faults_kept)
    except NotRecorded:
        return run(["mine"])
    return Faults([*ours.outcomes, *run(["mine"]).outcomes]) if own_have_core(stage) else ours


def _faults_kept(data: Iterable[Any]) -> Faults:
    """Return the Faults from the data in a students' edition."""
    from parley.checks.faults import SceneOutcome

    return Faults(
        [
            SceneOutcome(_stage(stage), name, version, held, said, Record.of(events_from(kept)))
            for stage, name, version, held, said, kept in data
        ]
    )


class Report(Shown):
    """The result of a check. `verdicts`: one for each test; `points`: with `earned` and `of`; `well`: whether all
    passed; `diagnosis`: what is wrong first, or None; `run`: the Run of the first failure that it explains (without a
    diagnosis, of the first failure), or None.
    """

    def __init__(self, stage: Stage, done: Check) -> None:
        self._stage, self._done = stage, done
        self.verdicts, self.points, self.well = done.verdicts, done.points, done.all_is_well
        self.diagnosis = done.diagnoses[0] if done.diagnoses else None

    @property
    def run(self) -> Run | None:
        """The first failure as a Run, whose story says what happened, or None."""
        about = self.diagnosis.tests if self.diagnosis else ()
        explained = (verdict for verdict in self._done.lost if verdict.test.name in about and verdict.story)
        first = next(explained, None) or self._done.first
        return _Retold(first, first.story) if first and first.story else None

    def _remarks(self) -> list[str]:
        """Return sentences about all tests: programs that aren't started, and problems that aren't the student's."""
        begun = sorted(self._reasons(Outcome.NOT_BEGUN))
        here = [f"Not tested here: {reason}" for reason in self._reasons(Outcome.NOT_HERE)]
        ours = [*self._reasons(Outcome.GRADER), *self._done.trouble]
        return begun + here + [f"Checker error, not yours: {reason}" for reason in ours]

    def _reasons(self, outcome: Outcome) -> list[str]:
        """Return the different reasons of the verdicts with this outcome, in order."""
        return list(dict.fromkeys(verdict.reason for verdict in self.verdicts if verdict.outcome is outcome))

    def _summary(self) -> str:
        first = "What is wrong first:" if self.diagnosis else "The story of the first:"
        more = f" {len(self._done.lost)} tests failed. {first}" if self.run or self.diagnosis else ""
        return f"{self.points.earned} of {self.points.of} points.{more}"

    HEADINGS = ("verdict", "points", "part", "what is tested")

    def text(self) -> str:
        """Return the table, and the story of the first failure."""
        table = "" if self._done.not_begun else display.text_table(self.HEADINGS, list(map(_row, self.verdicts)))
        story = f"\n{self.run.text()}" if self.run else ""
        diagnosis = f"\n{telling.tell_diagnosis(self.diagnosis)}" if self.diagnosis else ""
        return "\n".join(filter(None, [table, *self._remarks(), self._summary(), diagnosis, story]))

    def html(self) -> str:
        """Return the table, and the story of the first failure with its picture."""
        parts = [display.words(remark) for remark in self._remarks()]
        if self._done.not_begun:
            parts.append(display.words(f"The comments in exercises/{self._stage.name} are your plan."))
        else:
            parts.insert(0, display.html_table(self.HEADINGS, list(map(_row, self.verdicts))))
        parts.append(display.words(self._summary()))
        if self.diagnosis:
            parts.append(display.lines(telling.tell_diagnosis(self.diagnosis)))
        if self.run:
            parts.append(self.run.html())
        return "\n".join(parts)


def _row(verdict: Verdict) -> list[display.Cell]:
    lost = verdict.lost and verdict.outcome is not Outcome.NOT_BEGUN
    kind = "good" if verdict.passed else "bad" if lost else "other"
    test = verdict.test
    points = ("points", f"{verdict.earned} of {test.points}")
    return [(kind, verdict.outcome.shown), points, f"{test.program}, {test.kind}", test.sentence]


class _Retold(Run):
    """Return the Run of a failed test, from the data in its verdict."""

    def __init__(self, verdict: Verdict, story: Story) -> None:
        super().__init__(verdict.test.sentence, Record.of(story.events), False, story=story.text)

    def text(self) -> str:
        """Return the story, which has the steps."""
        return self.story

    def html(self) -> str:
        """Return the story, then the picture."""
        return "\n".join(
            [display.lines(self.story), drawn(self.record, self.title), _in_words(describe(self.record, whole=True))]
        )


class FunctionReport(Shown):
    """The result of checking one function alone. `trials`: of each program that has it; `well`: whether it does all
    that the core of the stage needs.
    """

    def __init__(self, trials: Sequence[FunctionTrials]) -> None:
        self.trials = trials
        self.well = all(tried.has_core for tried in trials)

    def text(self) -> str:
        """Return how much is right, and the first failed trial."""
        return "\n\n".join(map(told_trials, self.trials))

    def html(self) -> str:
        """The same."""
        parts = []
        for tried in self.trials:
            summary, _, story = told_trials(tried).partition("\n")
            word = {True: "Right", False: "Not yet"}[tried.has_core] if not tried.problem else "Your turn"
            parts.append(_verdict(None if tried.problem else tried.has_core, f"{word}: {summary}"))
            if story:
                parts.append(display.lines(story.strip("\n")))
        return "\n".join(parts)


@overload
def check(
    stage: object, program: str | None = ..., test: str | None = ..., version: str = ..., *, function: str
) -> FunctionReport: ...


@overload
def check(
    stage: object,
    program: str | None = ...,
    test: str | None = ...,
    version: str = ...,
    *,
    function: None = ...,
) -> Report: ...


def check(
    stage: object,
    program: str | None = None,
    test: str | None = None,
    version: str = "mine",
    *,
    function: str | None = None,
) -> Report | FunctionReport:
    """Check the programs of a stage with its tests, and return the Report. Never raise for a program that fails.

    `program`: "server" or "client" (default: both); `test`: the name of the only test to run; `version`: mine, full,
    quiet or bare, if a students' edition has it; `function`: the name of one function to try alone, in a second, for no
    points. That returns a FunctionReport. Raise BadInput for an unknown value.
    """
    from parley.checks.check import check as run_checks
    from parley.checks.check import keep_progress

    chosen = _stage(stage)
    version = version if _is_here((chosen, version)) else "mine"
    folder = _folder(chosen, version)
    if program not in (None, *chosen.programs):
        raise Wrong(f"There's no program {program!r} here. Use {' or '.join(chosen.programs)}.")
    if function:
        return _function_checked(chosen, folder, function, program)
    with _looked_after(), display.growing(Report.HEADINGS) as row:
        done = run_checks(
            chosen, folder, [program] if program else None, test=test, on_verdict=lambda verdict: row(_row(verdict))
        )
    if test and not done.verdicts:
        raise Wrong(f"{chosen.name} has no test {test!r}.")
    if version == "mine":
        keep_progress(chosen, done, whole=not (program or test))
    return Report(chosen, done)


def _function_checked(stage: Stage, folder: Path, name: str, program: str | None) -> FunctionReport:
    try:
        return FunctionReport(check_function(stage, folder, name, [program] if program else None))
    except BadInput as error:
        raise Wrong(str(error)) from None


# draw, diff, show


class Picture(Shown):
    """A picture. `svg`: its text; `alternative`: the same in words."""

    def __init__(self, svg: str, alternative: str) -> None:
        self.svg, self.alternative = svg, alternative

    def text(self) -> str:
        """Return the same in words."""
        return self.alternative

    def html(self) -> str:
        """Return the picture, and the same in words."""
        return f"{self.svg}\n{_in_words(self.alternative)}"


def draw(what: object, logs: bool = False, threads: bool | str = False) -> Picture:
    """Return only the picture of a Run. `logs`: also draw what its programs logged, each thread on its own lane.
    draw(5) returns the drawing of the whole server of stage 5. Raise Wrong for anything else.

    `threads`: draw where each thread waits, and what wakes it, for both sides or the server, or for the program of this
    name. A run that wasn't watched is repeated for this (see play).
    """
    if isinstance(what, Run) and threads:
        return _draw_threads(what, None if threads is True else [str(threads)])
    if isinstance(what, Run):
        return Picture(drawn(what.record, what.title, logs), describe(what.record, logs))
    if isinstance(what, Record):
        return Picture(drawn(what, "", logs), describe(what, logs))
    if str(what) in ("5", "broadcast", "5_broadcast"):
        return _whole_server()
    raise Wrong("draw() takes what play() or wire() returned, or 5 for the server of stage 5.")


def _draw_threads(run: Run, programs: list[str] | None) -> Picture:
    if not run.moments and run.again:
        run = run.again()
    known = dict.fromkeys(moment.who for moment in run.moments)
    if not known:
        raise Wrong("The threads of this run weren't watched. Draw a run that play() returned.")
    if programs and programs[0] not in known:
        raise Wrong(f"There's no program {programs[0]!r} in this run. Use {', '.join(known)}.")
    given = (run.record, run.moments)
    return Picture(draw_threads(*given, run.title, programs), describe_threads(*given, programs))


def _whole_server() -> Picture:
    """Return the drawing of the server of stage 5. Its file says the same in its title and description."""
    path = stages.root() / "docs" / "server5.svg"
    try:
        svg = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Wrong(f"The drawing isn't here: {path} can't be read.") from error
    tags = (f"{{http://www.w3.org/2000/svg}}{name}" for name in ("title", "desc"))
    return Picture(svg, "\n".join(ET.fromstring(svg).findtext(tag, "") for tag in tags))


class Diff(Shown):
    """What changes from one program to another. `lines`: removed ones begin with -, added ones with +.

    `same`: what to show if nothing changes.
    """

    def __init__(self, lines: Sequence[str], same: str = "They are the same.") -> None:
        self.lines, self.same = lines, same

    def text(self) -> str:
        """Return the lines of the diff."""
        return "\n".join(self.lines) or self.same

    def html(self) -> str:
        """The same, coloured."""
        return display.changes(self.lines) if self.lines else display.words(self.same)


def diff(a: object, b: object, program: str = "server") -> Diff:
    """Return what changes from one stage or version to another, as a Diff: diff(1, 2), diff("1/full", "1/bare").

    Versions: full (the default), quiet, bare, mine. In a students' edition your own program replaces a missing one. Two
    missing versions of one stage become your original plan and your program. Raise BadInput for an unknown value.
    """
    sides = [_parts(side) for side in (a, b)]
    for stage, _ in sides:
        if program not in stage.programs:
            raise Wrong(f"There's no program {program!r} here. Use {' or '.join(stage.programs)}.")
    old, new = (_folder(stage, version) / f"{program}.py" for stage, version in map(_here, sides))
    same = "They are the same."
    if old == new and not any(map(_is_here, sides)):
        old = stages.root() / stages.EDITION / new.relative_to(stages.root())
        same = f"You haven't written anything in {stages.from_root(new)} yet."
    for path in (old, new):
        if not path.is_file():
            raise Wrong(f"There's no {stages.from_root(path)}.")
    return Diff(compare(old, new), same)


class Code(Shown):
    """Python source. `first`: the number of its first line in the file `path`."""

    def __init__(self, path: str, first: int, source: str) -> None:
        self.path, self.first, self.source = path, first, source

    def text(self) -> str:
        """Return the lines with their numbers."""
        lines = self.source.splitlines()
        width = len(str(self.first + len(lines)))
        return "\n".join([self.path, *(f"{self.first + at:>{width}}  {line}" for at, line in enumerate(lines))])

    def html(self) -> str:
        """The same, coloured."""
        return display.words(self.path) + display.code(self.source, self.first)


def show(stage: object, program: str = "server", version: str | None = None, name: str | None = None) -> Code:
    """Return a program as in its file, or one function of it by `name`, with line numbers.

    `version`: full by default. In a students' edition your own program replaces a missing one, and is shown whole if it
    doesn't have the function. Raise BadInput for an unknown value.
    """
    chosen = _stage(stage)
    _, here = _here((chosen, version or "full"))
    path = _folder(chosen, here) / f"{program}.py"
    shown_path = stages.from_root(path)
    if not path.is_file():
        raise Wrong(f"There's no {shown_path}.")
    text = path.read_text(encoding="utf-8", errors="replace")
    if name is None:
        return Code(shown_path, 1, text.rstrip())
    try:
        return Code(shown_path, *part(text, name))
    except ValueError as error:
        if here == "mine":
            return Code(f"{shown_path} (no function {name} in it yet)", 1, text.rstrip())
        raise Wrong(f"{shown_path}: {error}") from None


# predict


class Prediction(Shown):
    """A question, the student's prediction, and what really happened (None if it isn't shown)."""

    def __init__(self, question: str, mine: str, happened: str | None = None, remark: str = "") -> None:
        self.question, self.mine, self.happened, self.remark = question, mine, happened, remark

    def _fields(self) -> list[tuple[str, str]]:
        pairs = (("Question", self.question), ("Your prediction", self.mine), ("What happened", self.happened))
        return [(title, text) for title, text in pairs if text]

    def text(self) -> str:
        """Return one line each. In the book the answer isn't hidden."""
        return "\n".join([*(f"{title}: {text}" for title, text in self._fields()), *filter(None, [self.remark])])

    def html(self) -> str:
        """Return prediction and answer side by side."""
        remark = display.words(self.remark) if self.remark else ""
        if self.happened and not self.mine:  # in the book
            return display.words(self.question) + folded("What happened", display.lines(self.happened)) + remark
        boxes = [f"<div><strong>{title}</strong>{display.lines(text)}</div>" for title, text in self._fields()[1:]]
        return f'{display.words(self.question)}<div class="beside">{"".join(boxes)}</div>{remark}'


def predict(name: str, question: str = "", mine: str = "", happened: object = None) -> Prediction:
    """Keep a prediction, or show it beside what happened.

    predict("pieces", "How many ...?", mine="...") keeps the text between the quotes. Later predict("pieces",
    happened=...) shows both. Without a prediction it reveals nothing (in the book it's folded).
    """
    if question:
        mine = _keep_prediction(name, question, " ".join(str(mine).split()))
        return Prediction(question, mine, remark="Your prediction is saved." if mine else _ask())
    if happened is None:
        raise Wrong("predict() needs a question, or later what happened.")
    known = _predictions().get(name)
    if known is None:
        raise Wrong(f"There's no prediction {name!r} yet. Run the cell with its question first.")
    if known["mine"] or _is_book():
        return Prediction(known["question"], known["mine"], str(happened))
    return Prediction(known["question"], "", remark="You'll see what happened after your prediction. " + _ask())


def _ask() -> str:
    if _is_book():
        return "In the notebook your prediction is saved here, and shown beside what happened."
    return 'Write your prediction between the quotes of mine="" and run that cell again.'


def _is_book() -> bool:
    return bool(os.environ.get("PARLEY_BOOK"))


def _predictions() -> dict[str, dict[str, str]]:
    """Return {name: {"question", "mine"}}. A file that can't be read counts as no prediction."""
    kept = read_json(stages.root() / PREDICTIONS)
    return kept if isinstance(kept, dict) else {}


def _keep_prediction(name: str, question: str, mine: str) -> str:
    """Save a prediction with the others, or keep the previous one if this is empty. Return it."""
    path = stages.root() / PREDICTIONS
    with one_at_a_time(path):  # several notebooks may be open
        kept = _predictions()
        mine = mine or kept.get(name, {}).get("mine", "")
        kept[name] = {"question": question, "mine": mine}
        write_json(path, kept, indent=2)
    return mine


# answer


class Answered(Shown):
    """A tried answer to a task of the lesson: `right` (None: not answered yet), and `why`."""

    def __init__(self, right: bool | None, why: str) -> None:
        self.right, self.why = right, why

    WORDS: ClassVar = {True: "Right", False: "Not yet", None: "Your turn"}

    def text(self) -> str:
        """Return the verdict and the reason."""
        return f"{self.WORDS[self.right]}: {self.why}"

    def html(self) -> str:
        """Return the same with a colored verdict."""
        return _verdict(self.right, self.text())


def answer(name: str, mine: object = ...) -> Answered:
    """Try your answer to a task of the lesson, and return whether it is right, and why.

    `name`: the task, as in the cell; `mine`: a value, or a function that the task calls (... or "": not answered yet).
    If your function raises, the answer shows the line. Raise BadInput for an unknown task.
    """
    judge = tasks.judge_of(name)
    if mine is ... or mine == "" or _is_empty(mine):
        return Answered(None, "write your answer in this cell, then run it again.")
    try:
        tried = judge(mine)
    except NotYet as error:
        return Answered(False, str(error))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Answered(False, f"{type(error).__name__} in line {place.lineno} ({place.name}): {error}")
    return Answered(tried.right, tried.why)


def _is_empty(function: object) -> bool:
    """Whether this is a function whose body is still `...`, or a docstring alone."""

    def empty() -> None: ...

    def described() -> None:
        """Up to Python 3.14 the code of this one is not the same."""

    code = getattr(function, "__code__", None)
    if code is None or code.co_names or not set(code.co_consts) <= {None, ..., function.__doc__}:
        return False
    return code.co_code in (empty.__code__.co_code, described.__code__.co_code)


# the ladder of stage 5


def rung(name: str, *functions: Callable[..., Any]) -> ladder.Rung:
    """Write a server of stage 5's ladder ("sender.py" or "outboxes.py") beside the notebook. It uses your functions
    that are right, and ours for the others. Raise BadInput for another name.
    """
    return ladder.rung(name, *functions)


def measure(*versions: str) -> ladder.Speeds:
    """Return how many lines per second servers of stage 5 deliver on this machine: "lock.py", for example, or "mine",
    which needn't run yet. Raise BadInput for an unknown server.
    """
    folders = {version: _folder(_stage(5), version) for version in versions}
    with _looked_after():
        return ladder.speeds(folders)


# mistake


class CaughtMistake(Shown):
    """A known mistake. `diff`: to the full program; `run`: the run in which its test catches it (None: not run);
    `source`: the whole wrong program if it isn't a change of the full one, or ""; `not_seen`: a sentence if no run can
    show it here, or "".
    """

    def __init__(self, belief: str, diff: Diff, run: Run | None, source: str = "", not_seen: str = "") -> None:
        self.belief, self.diff, self.run, self.source, self.not_seen = belief, diff, run, source, not_seen

    def text(self) -> str:
        """Return the belief, the diff and the story."""
        if not (self.run or self.not_seen):
            return self.diff.text()
        return f"{self._told()}\n\n{self.diff.text()}\n\n{self.run.story if self.run else self.not_seen}"

    def html(self) -> str:
        """Return the belief, the diff, the story and the picture."""
        if not (self.run or self.not_seen):
            return self.diff.html()
        seen = self.run.html() if self.run else display.words(self.not_seen)
        return f"{display.words(self._told())}{self.diff.html()}\n{seen}"

    def _told(self) -> str:
        return f"The belief behind it: {self.belief}"

    def as_data(self) -> dict[str, Any]:
        """Return the mistake as plain data, without the parts of its diff that give the solution away (see
        Run.as_data).
        """
        run = self.run.as_data() if self.run else None
        lines = list(self.diff.lines)
        if not self.source:  # a whole program isn't a change of the full one
            lines = without_solution(lines, known_lines(stages.root()))
        return {"belief": self.belief, "source": self.source, "run": run, "not_seen": self.not_seen, "lines": lines}


def _mistake_kept(data: Mapping[str, Any]) -> CaughtMistake:
    """Return the CaughtMistake from the data in a students' edition."""
    run = RecordedRun(data["run"]) if data["run"] else None
    return CaughtMistake(data["belief"], Diff(data["lines"]), run, data["source"], data["not_seen"])


def mistake(stage: object, name: str, run: bool = True) -> CaughtMistake:
    """Return a known mistake of a stage: the belief that leads to it, its change to the full program, and the run in
    which its test catches it, or a sentence if this Python or system doesn't show it. With run=False only the change.
    Raise BadInput if there's no such mistake.
    """
    chosen = _stage(stage)
    words = ["mistake", chosen.name, "", name, bool(run)]
    try:
        return _recorded(words, lambda: _mistake(chosen, name, run), _mistake_kept)
    except NotRecorded as error:
        raise Wrong(str(error)) from None


def _mistake(stage: Stage, name: str, run: bool) -> CaughtMistake:
    from parley.checks.mistakes import failure, mistakes, write_wrong, wrong_source

    known = {mistake.name: mistake for mistake in mistakes(stage)}
    if name not in known:
        raise Wrong(f"Stage {stage.number} has no mistake {name!r}: it has {', '.join(known)}.")
    chosen = known[name]
    right = stages.solution(stage, "full", chosen.program).read_text(encoding="utf-8")
    before, after = (f"{stage.name}/{version}/{chosen.program}.py" for version in ("full", "with the mistake"))
    change = Diff(compare_texts(right, wrong_source(stage, chosen), before, after))
    if not run:
        return CaughtMistake(chosen.belief, change, None, chosen.whole)
    if chosen.not_seen_here:
        return CaughtMistake(chosen.belief, change, None, chosen.whole, chosen.not_seen_here)
    with _looked_after(), tempfile.TemporaryDirectory(prefix=reaper.folder_prefix()) as folder:
        write_wrong(stage, chosen, folder)
        failed = failure(stage, chosen, folder)
    if failed is None:
        raise Wrong(f"The check didn't find the mistake {name!r} this time. That's a bug in Parley, not yours.")
    seen = Run(failed.sentence, failed.record, False, "", failed, _hints(stage))
    return CaughtMistake(chosen.belief, change, seen, chosen.whole)


# Shared helpers


@contextlib.contextmanager
def _looked_after() -> Iterator[None]:
    """Run programs in this block: the kernel's Interrupt ends them, and so does the end of the kernel."""
    mark = reaper.start()
    try:
        yield
    except KeyboardInterrupt:
        reaper.end_marked(mark)
        raise Interrupted from None


def _stage(text: object) -> Stage:
    try:
        return stages.find(text)
    except ValueError as error:
        raise Wrong(str(error)) from None


def _folder(stage: Stage, version: str) -> Path:
    """Return the folder of a stage's programs in this version. Raise Wrong if there's no such version."""
    if version.endswith(".py"):
        return _alone(Path(version))
    if version not in VERSIONS:
        raise Wrong(f"There's no version {version!r}. Use {', '.join(VERSIONS)}.")
    if version == "mine":
        return stages.exercise(stage, "server").parent
    return stages.solution(stage, version, "server").parent


def _alone(path: Path) -> Path:
    """Return a folder with this program as its server.py: a program that a page wrote beside its notebook."""
    if not path.is_file():
        raise Wrong(f"There's no {path.name} beside this notebook. First run the cell that writes it.")
    folder = stages.root() / WRITTEN / path.stem
    write_whole(folder / "server.py", path.read_text(encoding="utf-8"))
    return folder


def _parts(text: object) -> tuple[Stage, str]:
    """Return a stage and a version from 3 or "3/bare"."""
    stage, _, version = str(text).partition("/")
    return _stage(stage), version or "full"


def _is_here(side: tuple[Stage, str]) -> bool:
    """Whether the programs of this stage and version are here: a students' edition lacks some of ours."""
    stage, version = side
    return version not in OURS or stages.has_solutions(version=version, stage=stage)


def _here(side: tuple[Stage, str]) -> tuple[Stage, str]:
    """Return the stage and this version, or the student's own if that isn't here."""
    return side if _is_here(side) else (side[0], "mine")


def _recorded(
    words: Sequence[object], make: Callable[[], Kept], revive: Callable[[Any], Kept], script: Script | None = None
) -> Kept:
    """Return what make() returns. For our own programs in a students' edition, return what it returned when that was
    made.

    `words`: the function, the stage, the version ("" for all of them), and the other arguments. Raise NotRecorded.
    """
    if words[2] and words[2] not in OURS:
        return make()
    return run_cache.kept(words, make, revive, script)


def _hints(stage: Stage) -> dict[str, Hint]:
    return hints_of(stage)


def _verdict(well: bool | None, said: str) -> str:
    word, _, rest = said.partition(": ")
    kind = {True: "good", False: "bad", None: "other"}[well]
    return f'<p><span class="word {kind}">{escape(word)}</span> {escape(rest)}</p>'


def _in_words(text: str) -> str:
    return folded("The same in words", display.lines(text))
