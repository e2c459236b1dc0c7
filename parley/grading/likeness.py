"""How alike the programs of a class are: pairs of submissions to look at, never a verdict, never a change of a grade.

The comparison is copydetect's (winnowing of k-grams of tokens: Schleimer, Wilkerson, Aiken, "Winnowing: local
algorithms for document fingerprinting", SIGMOD 2003): names, texts and comments do not count, only the shape of the
code. What the student was given (the comments-only programs) is taken out first.
"""

import csv
import io
import itertools
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley import stages
from parley.grading import intake
from parley.grading.csv_in_place import safe
from parley.grading.pages import filled_page
from parley.stages import Stage

Print = Any  # a copydetect.CodeFingerprint, which has no types

NOISE = 20  # tokens' characters: what is alike for less does not count
WINDOW = 6  # of the winnowing: what is alike for NOISE + WINDOW - 1 is certainly found
OURS = "the workbook's own solution"


@dataclass(frozen=True)
class AlikePair:
    """Two programs that are alike. `share_a`: of a's code, the share (0 to 1) that is in b too; `marked_a`: a's text as
    a list of (text, is alike).
    """

    stage: str
    program: str
    a: str
    b: str
    share_a: float
    share_b: float
    marked_a: list[tuple[str, bool]]
    marked_b: list[tuple[str, bool]]

    @property
    def share(self) -> float:
        """The greater of the two shares: a short program may be wholly contained in a long one."""
        return max(self.share_a, self.share_b)


@dataclass
class Likeness:
    """What came of the comparison: `pairs`, those most alike first; `usual`: {(stage, program): the median share of
    all pairs}; `unread`: sentences about what could not be compared.
    """

    pairs: list[AlikePair]
    usual: dict[tuple[str, str], float]
    unread: list[str]


def compare_all(
    submissions: Sequence[intake.Submission], wanted: Sequence[Stage] = stages.STAGES, least: float = 0.5
) -> Likeness:
    """Compare each program of each submission with those of all others, and with our own solutions.

    `submissions`: as intake.read_all gives them; `least`: the share from which a pair is kept. Returns a Likeness.
    Raises ModuleNotFoundError where copydetect is not installed.
    """
    pairs: list[AlikePair] = []
    usual: dict[tuple[str, str], float] = {}
    unread: list[str] = []
    for stage in wanted:
        for program in stage.programs:
            prints = _prints(stage, program, submissions, unread)
            found = [_pair(stage, program, a, b) for a, b in itertools.combinations(prints, 2)]
            among = [pair.share for pair in found if OURS not in (pair.a, pair.b)]
            usual[stage.name, program] = statistics.median(among) if among else 0.0
            pairs += [pair for pair in found if pair.share >= least]
    return Likeness(sorted(pairs, key=lambda pair: (-pair.share, pair.stage, pair.a, pair.b)), usual, unread)


def _prints(
    stage: Stage, program: str, submissions: Iterable[intake.Submission], unread: list[str]
) -> list[tuple[str, Print]]:
    """(whose, fingerprint) of this program of all submissions, and of our own; those not begun are left out."""
    given = _fingerprint(stages.exercise(stage, program).name, _comments(stage, program))
    texts = [(OURS, stages.solution(stage, "full", program).read_text(encoding="utf-8"))]
    for submission in submissions:
        data = submission.stages.get(stage.name, {}).get(f"{program}.py")
        if data is not None:
            texts.append((submission.key, data.decode(errors="replace").replace("\0", " ")))
    prints = []
    for whose, text in texts:
        try:
            printed = _fingerprint(f"{program}.py", text, given.hashes)
        except Exception as error:  # the lexer met something that it cannot read: say so, and compare the others
            unread.append(f"{stage.name}/{program}.py of {whose} could not be compared ({type(error).__name__}).")
            continue
        if len(printed.hashes):
            prints.append((whose, printed))
    return prints


def _comments(stage: Stage, program: str) -> str:
    """The comments-only program that every student was given."""
    from parley.derive.versions import comments

    text: str = comments(stages.solution(stage, "full", program).read_text(encoding="utf-8"))
    return text


def _fingerprint(name: str, text: str, given: Iterable[int] = ()) -> Print:
    from copydetect import CodeFingerprint

    return CodeFingerprint(name, NOISE, WINDOW, boilerplate=list(given), fp=io.StringIO(text))


def _pair(stage: Stage, program: str, a: tuple[str, Print], b: tuple[str, Print]) -> AlikePair:
    from copydetect import compare_files

    (who_a, print_a), (who_b, print_b) = a, b
    _, shares, slices = compare_files(print_a, print_b)
    share_a, share_b = (min(1.0, float(share)) for share in shares)
    marked_a, marked_b = _marked(print_a.raw_code, slices[0]), _marked(print_b.raw_code, slices[1])
    return AlikePair(stage.name, program, who_a, who_b, share_a, share_b, marked_a, marked_b)


def _marked(text: str, slices: Any) -> list[tuple[str, bool]]:
    """A text as (part, is alike) in order; `slices`: an array of starts and one of ends, or nothing."""
    if len(slices) == 0:
        return [(text, False)]
    parts: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(zip(slices[0].tolist(), slices[1].tolist(), strict=True)):
        start, end = max(at, int(start)), min(len(text), int(end))
        if end > start:
            parts += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [part for part in [*parts, (text[at:], False)] if part[0]]


# Reports


def write_likeness(likeness: Likeness, folder: Path) -> tuple[Path, Path]:
    """Write likeness.csv and likeness.html into a folder, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    table, page = folder / "likeness.csv", folder / "likeness.html"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["stage", "program", "a", "b", "share of a", "share of b", "usual in the class"])
        for pair in likeness.pairs:
            shares = [f"{pair.share_a:.3f}", f"{pair.share_b:.3f}"]
            usual = f"{likeness.usual[pair.stage, pair.program]:.3f}"
            rows.writerow([pair.stage, pair.program, safe(pair.a), safe(pair.b), *shares, usual])
    page.write_text(filled_page("likeness.html", likeness=likeness), encoding="utf-8")
    return table, page


def report(
    folder: Path, out: Path, wanted: Sequence[Stage] = stages.STAGES, least: float = 0.5
) -> tuple[Likeness, Path, Path]:
    """Read a class, compare it, write the report; returns (Likeness, path of the table, path of the page).

    Raises BadInput as intake.read_all does.
    """
    submissions, _ = intake.read_all(folder, wanted, leave_out=[out])
    likeness = compare_all(submissions, wanted, least)
    return likeness, *write_likeness(likeness, out)
