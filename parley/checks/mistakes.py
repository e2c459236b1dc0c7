"""Known wrong programs: small edits of the full ones, each with the test that catches it, its cause and its hint.

`tests/mistakes/<stage>.py` holds a list MISTAKES of one stage; lessons show them, tests prove the suites by them.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from parley import stages
from parley.checks.hints import chosen, hints_of
from parley.contract.errors import BadInput
from parley.contract.record import Failed
from parley.harness.scene import Scene
from parley.stages import Stage


@dataclass(frozen=True)
class Mistake:
    """One wrong program.

    `name`: its name in the catalog; `program`: server or client; `belief`: the wrong belief that leads to it, in a
    sentence; `edits`: pairs of (text of full, text instead), each of which must apply exactly once, or `whole`: a short
    program instead; `test`: the graded test that must catch it ("test_server.py::test_..."); `cause` and `hint`: the
    keys that its story must have; `varies`: whether a race of its threads, or a timer, decides which other
    tests it fails; `not_seen_here`: a sentence for the reader, if this Python or system doesn't show the mistake.
    """

    name: str
    program: str
    belief: str
    test: str
    cause: str
    hint: str
    edits: tuple[tuple[str, str], ...] = ()
    whole: str = ""
    varies: bool = False
    not_seen_here: str = ""

    @property
    def only_test(self) -> str | None:
        """The name of the only test that fails in every run, or None if all that fail do."""
        return self.test.partition("::")[2] if self.varies else None


def mistakes(stage: Stage) -> list[Mistake]:
    """Return the list of known mistakes of a stage. Raise FileNotFoundError if it has no page."""
    known: list[Mistake] = page_of(_place_of(stage) / "mistakes" / f"{stage.name}.py").MISTAKES
    return known


def wrong_source(stage: Stage, mistake: Mistake) -> str:
    """Return the source text of the wrong program.

    Raise BadInput if an edit doesn't apply exactly once, or changes nothing.
    """
    if mistake.whole:
        return mistake.whole
    text = stages.solution(stage, "full", mistake.program).read_text(encoding="utf-8")
    for old, new in mistake.edits:
        found = text.count(old)
        if found != 1 or old == new:
            raise BadInput(f"{mistake.name}: an edit must apply exactly once, not {found} times: {old!r}")
        text = text.replace(old, new)
    return text


def write_wrong(stage: Stage, mistake: Mistake, folder: Path | str) -> None:
    """Write the wrong program into a folder, and the right ones of the stage beside it."""
    for program in stage.programs:
        right = stages.solution(stage, "full", program).read_text(encoding="utf-8")
        source = wrong_source(stage, mistake) if program == mistake.program else right
        (Path(folder) / f"{program}.py").write_text(source, encoding="utf-8")


def caught(stage: Stage, mistake: Mistake, folder: Path | str, seed: int | str = 0) -> tuple[str, str | None] | None:
    """Run the test that must catch this mistake on the programs in a folder.

    Return the story of the failure as (cause, hint), or None if the test passed. A reset counts as "end", because a
    peer that still writes sees one or the other by chance when a program closes.
    """
    failed = failure(stage, mistake, folder, seed)
    return ("end" if failed.cause == "reset" else failed.cause, failed.hint) if failed else None


def failure(stage: Stage, mistake: Mistake, folder: Path | str, seed: int | str = 0) -> Failed | None:
    """Return the Failed itself, with the test's sentence and the hint to give, or None."""
    page, _, name = mistake.test.partition("::")
    test = getattr(page_of(_place_of(stage) / stage.name / page), name)
    mark = next(mark for mark in test.pytestmark if mark.name == "points")
    with Scene(folder, seed=seed, seconds=mark.kwargs.get("seconds", 20)) as scene:
        try:
            test(scene)
            scene.check()
        except Failed as failed:
            failed.hint = chosen(failed, hints_of(stage), mark.kwargs["hint"])
            failed.sentence = " ".join(test.__doc__.strip().partition("\n\n")[0].split())
            return failed
    return None


def _place_of(stage: Stage) -> Path:
    """Return the folder `tests` that has the suite of this stage."""
    return ((stages.course() if stage.own else None) or stages.root()) / "tests"


def page_of(path: Path) -> ModuleType:
    """Return a file of tests or mistakes (a path) as a module. Its folder needn't be a package.

    Raise BadInput with Python's own words if it can't be loaded, and FileNotFoundError if it's missing.
    """
    spec = importlib.util.spec_from_file_location(f"parley_page_{path.parent.name}_{path.stem}", path)
    assert spec and spec.loader, f"{path} isn't a Python file."
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except FileNotFoundError:
        raise
    except Exception as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise BadInput(f"{path}{where} can't be loaded: {type(error).__name__}: {error}.") from error
    return module
