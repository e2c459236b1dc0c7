"""How similar the programs of a class are: pairs of submissions to look at, never a verdict or a change of a grade.

Two programs are compared by their runs of LENGTH tokens in a row (Schleimer, Wilkerson, Aiken, "Winnowing: local
algorithms for document fingerprinting", SIGMOD 2003; a class is small enough to keep all runs, without winnowing). Only
the shape of the code counts, not names, texts, numbers and comments. Code that every student got (the plan) is removed
first.
"""

from __future__ import annotations

import csv
import itertools
import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from parley import stages
from parley.grading import intake
from parley.grading.csv_in_place import safe
from parley.grading.pages import filled_page
from parley.stages import Stage

LENGTH = 16  # tokens of a run: shorter similarities don't count
MOST_LETTERS = 200_000  # tokens of a program to compare
OURS = "the workbook's own solution"

Run = tuple[str, ...]


@dataclass(frozen=True)
class ComparedProgram:
    """A program to compare: `whose` it is, its text, and {a run of tokens: its places, as (start, end) pairs}.

    `earlier`: whether it's from an earlier year.
    """

    whose: str
    text: str
    runs: dict[Run, list[tuple[int, int]]]
    earlier: bool = False


@dataclass(frozen=True)
class SimilarPair:
    """Two similar programs. `share_a`: the share (0 to 1) of a's runs that b has too; `marked_a`: a's text as a list of
    (text, is similar).
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
        """The greater of the two shares, because a long program may contain all of a short one."""
        return max(self.share_a, self.share_b)


@dataclass(frozen=True)
class Similarity:
    """The result of the comparison: `pairs`, the most similar first; `usual`: {(stage, program): the median share of
    all pairs of the class}.
    """

    pairs: list[SimilarPair]
    usual: dict[tuple[str, str], float]


def compare_all(
    submissions: Sequence[intake.Submission],
    wanted: Sequence[Stage] = stages.STAGES,
    least: float = 0.5,
    earlier: Sequence[intake.Submission] = (),
) -> Similarity:
    """Compare each program of each submission with those of all others, and with our own solutions.

    `submissions`: from intake.read_all; `least`: the share from which to list a pair; `earlier`: those of earlier
    years, compared only with this class.
    """
    pairs: list[SimilarPair] = []
    usual: dict[tuple[str, str], float] = {}
    for stage in wanted:
        for program in stage.programs:
            known = _programs(stage, program, submissions, earlier)
            shares = []
            for a, b in itertools.combinations(known, 2):
                if a.earlier and b.earlier:
                    continue
                shared = a.runs.keys() & b.runs.keys()
                share_a, share_b = len(shared) / len(a.runs), len(shared) / len(b.runs)
                if not (a.earlier or b.earlier or OURS in (a.whose, b.whose)):
                    shares.append(max(share_a, share_b))
                if max(share_a, share_b) >= least:
                    marked = _marked(a, shared), _marked(b, shared)
                    pairs.append(SimilarPair(stage.name, program, a.whose, b.whose, share_a, share_b, *marked))
            usual[stage.name, program] = statistics.median(shares) if shares else 0.0
    return Similarity(sorted(pairs, key=lambda pair: (-pair.share, pair.stage, pair.a, pair.b)), usual)


def _programs(
    stage: Stage, program: str, submissions: Iterable[intake.Submission], earlier: Iterable[intake.Submission]
) -> list[ComparedProgram]:
    """Return this program of all submissions, and our own. Skip those that aren't started."""
    from parley.derive.versions import comments

    ours = stages.solution(stage, "full", program).read_text(encoding="utf-8")
    given = _runs(comments(ours))
    found = [ComparedProgram(OURS, ours, _runs(ours, given))]
    for of_earlier, several in ((False, submissions), (True, earlier)):
        for submission in several:
            data = submission.stages.get(stage.name, {}).get(f"{program}.py")
            if data is not None:
                text = data.decode(errors="replace")[:MOST_LETTERS]
                found.append(ComparedProgram(submission.key, text, _runs(text, given), of_earlier))
    return [known for known in found if known.runs]


def _runs(text: str, given: Collection[Run] = ()) -> dict[Run, list[tuple[int, int]]]:
    """Return all runs of a program's tokens except the given ones, with their places in the text."""
    tokens = _tokens(text)
    runs: dict[Run, list[tuple[int, int]]] = {}
    for at in range(len(tokens) - LENGTH + 1):
        part = tokens[at : at + LENGTH]
        run = tuple(word for word, _, _ in part)
        if run not in given:
            runs.setdefault(run, []).append((part[0][1], part[-1][2]))
    return runs


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """Return the tokens of a program as (word, start, end). Anything chosen freely, such as a name, becomes the same
    word.
    """
    from pygments.lexers.python import PythonLexer

    tokens: list[tuple[str, int, int]] = []
    for at, kind, value in PythonLexer().get_tokens_unprocessed(text):
        family = kind[:2]  # such as ("Name", "Builtin")
        if family[:1] in (("Comment",), ("Text",)) or kind[2:] == ("Doc",) or not value.strip():
            continue
        word, end = value, at + len(value)
        if family[0] == "Literal" or (family[0] == "Name" and family != ("Name", "Builtin")):
            word = family[0]
        if word == "Literal" and tokens and tokens[-1][0] == word:  # a text comes in several parts
            tokens[-1] = word, tokens[-1][1], end
        else:
            tokens.append((word, at, end))
    return tokens


def _marked(program: ComparedProgram, shared: Iterable[Run]) -> list[tuple[str, bool]]:
    """Return a text as (part, is similar) in order."""
    parts: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(place for run in shared for place in program.runs[run]):
        start = max(at, start)
        if end > start:
            parts += [(program.text[at:start], False), (program.text[start:end], True)]
            at = end
    return [part for part in [*parts, (program.text[at:], False)] if part[0]]


# Reports


def write_similarity(similarity: Similarity, folder: Path) -> tuple[Path, Path]:
    """Write similarity.csv and similarity.html into a folder, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    table, page = folder / "similarity.csv", folder / "similarity.html"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["stage", "program", "a", "b", "share of a", "share of b", "usual in the class"])
        for pair in similarity.pairs:
            shares = [f"{pair.share_a:.3f}", f"{pair.share_b:.3f}"]
            usual = f"{similarity.usual[pair.stage, pair.program]:.3f}"
            rows.writerow([pair.stage, pair.program, safe(pair.a), safe(pair.b), *shares, usual])
    page.write_text(filled_page("similarity.html", similarity=similarity), encoding="utf-8")
    return table, page


def earlier_submissions(folders: Iterable[Path], wanted: Sequence[Stage]) -> list[intake.Submission]:
    """Return the submissions of earlier years, whose names begin with the folder's. Raise BadInput as intake.read_all
    does.
    """
    found = []
    for folder in folders:
        for submission in intake.read_all(folder, wanted)[0]:
            submission.key = f"{folder.resolve().name}/{submission.key}"
            found.append(submission)
    return found
