"""Which small changes of a right program does a graded suite let through? Mutants of `full`, each with the whole suite.

    python benchmarks/mutants.py [STAGE] [--server | --client] [--sample N] [--jobs N] [--list]

A mutant is a full program with one thing changed: a statement taken out, a condition turned round, an operand, a
keyword argument or the exceptions of a handler dropped, another comparison, another number, an empty text. One that no
test fails survives. `tests/mutants/equivalent.md` lists the survivors that keep the contract, each with its reason, and
those that are the same in several programs once; the others are printed, and make the exit status 1. `--list` prints
the mutants and runs nothing.
"""

import argparse
import ast
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from parley import stages
from parley.checks import check as checking

EVERY = ("every", "program")  # whose rows in the list hold for any of them
ANYTHING = "(anything)"  # in a row of the list: whatever is changed in this line
EQUIVALENT = Path(__file__).parent.parent / "tests" / "mutants" / "equivalent.md"
COMPARISONS = {  # what stands there instead
    ast.Lt: ["<=", ">="],
    ast.LtE: ["<", ">"],
    ast.Gt: [">=", "<="],
    ast.GtE: [">", "<"],
    ast.Eq: ["!="],
    ast.NotEq: ["=="],
    ast.Is: ["is not"],
    ast.IsNot: ["is"],
    ast.In: ["not in"],
    ast.NotIn: ["in"],
}


@dataclass(frozen=True)
class Mutant:
    """A program with one thing changed.

    `function`: where it is; `before` and `after`: the lines that differ, without the blanks at their ends; `text`: the
    whole program.
    """

    stage: str
    program: str
    function: str
    before: str
    after: str
    line: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What names it, also when lines have moved."""
        return self.stage, self.program, self.function, self.before, self.after

    def listed(self, equivalent: dict[tuple[str, ...], str]) -> bool:
        """Whether it is in the list of equivalent mutants."""
        rows = [self.key, (*EVERY, *self.key[2:])]
        return any(key in equivalent for row in rows for key in (row, (*row[:-1], ANYTHING)))

    def __str__(self) -> str:
        place = f"{self.stage} {self.program}.py:{self.line} in {self.function}"
        return f"{place}: {self.before}  =>  {self.after or '(gone)'}"


Change = tuple[tuple[int, int], tuple[int, int], str]  # from (line, column) to (line, column), and the text instead


def changes(source: str, node: ast.AST, function: str = "the module") -> Iterator[tuple[str, Change]]:
    """What can be changed in a node of a program, and in all that is in it: (function, change)."""
    if isinstance(node, ast.FunctionDef):
        function = node.name
    for change in _of_this(source, node):
        yield function, change
    if isinstance(node, ast.JoinedStr):  # Python before 3.12 does not know where its parts are
        return
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not is_docstring:
            yield from changes(source, child, function)


def _of_this(source: str, node: ast.AST) -> Iterator[Change]:
    """What can be changed in this very node."""

    def text(part: ast.AST) -> str:
        return ast.get_source_segment(source, part) or ""

    def instead(text: str, of: ast.AST = node) -> Change:
        return (of.lineno, of.col_offset), (of.end_lineno, of.end_col_offset), text

    match node:
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            yield instead("pass")
        case ast.Compare():
            before = node.left
            for operator, after in zip(node.ops, node.comparators, strict=True):
                for other in COMPARISONS[type(operator)]:
                    yield (before.end_lineno, before.end_col_offset), (after.lineno, after.col_offset), f" {other} "
                before = after
        case ast.BoolOp():
            word = " and " if isinstance(node.op, ast.And) else " or "
            for dropped in node.values:
                yield instead(word.join(text(value) for value in node.values if value is not dropped))
        case ast.BinOp(op=ast.Add()):
            yield instead(text(node.left))
            yield instead(text(node.right))
        case ast.Call():
            for dropped in node.keywords:
                kept = [text(value) for value in [*node.args, *node.keywords] if value is not dropped]
                yield instead(f"{text(node.func)}({', '.join(kept)})")
        case ast.ExceptHandler(type=ast.expr() as caught):
            yield instead("()", caught)
            for dropped in caught.elts if isinstance(caught, ast.Tuple) else []:
                kept = [text(kind) for kind in caught.elts if kind is not dropped]
                yield instead(f"({', '.join(kept)},)", caught)
        case ast.Constant(value=bool()):
            yield instead(str(not node.value))
        case ast.Constant(value=int() | float()):
            yield instead(str(node.value + 1))
        case ast.Constant(value=str()) | ast.JoinedStr():
            yield instead('""')
        case ast.Constant(value=bytes()):
            yield instead('b""' if node.value else 'b"x"')
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.Constant):
            yield instead(f"not ({text(node.test)})", node.test)


def mutants(stage: stages.Stage, program: str) -> list[Mutant]:
    """All mutants of a full program."""
    source = stages.solution(stage, "full", program).read_text(encoding="utf-8")
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    made: dict[tuple[str, ...], Mutant] = {}
    for function, (start, end, instead) in changes(source, ast.parse(source)):
        first, last = (starts[line - 1] + column for line, column in (start, end))
        data = source.encode()
        text = (data[:first] + instead.encode() + data[last:]).decode()
        if _is_another(source, text):
            mutant = Mutant(stage.name, program, function, *_differing(source, text), start[0], text)
            while mutant.key in made and made[mutant.key].text != text:  # the same line once more in this function
                mutant = replace(mutant, function=f"{mutant.function}, again")
            made[mutant.key] = mutant
    return list(made.values())


def _is_another(source: str, text: str) -> bool:
    """Whether a text is a program, and another one than the source."""
    try:
        return ast.dump(ast.parse(text)) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _differing(source: str, text: str) -> tuple[str, str]:
    """The lines that differ, without comments, each side on one line."""
    before, after = ([line.partition("  # ")[0] for line in program.splitlines()] for program in (source, text))
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return " ".join(line.strip() for line in before), " ".join(line.strip() for line in after)


class Killed(Exception):
    """A test has failed: the rest need not run."""


def survives(mutant: Mutant, first: list[str]) -> tuple[str | None, float]:
    """The name of the test that has killed a mutant, None where all have passed; and the seconds that it took.

    `first`: the names of the tests that begin before all others.
    """
    began = time.monotonic()
    stage = next(stage for stage in stages.STAGES if stage.name == mutant.stage)

    def look(verdict) -> None:
        if verdict.lost:
            raise Killed(verdict.test.name)

    with tempfile.TemporaryDirectory(prefix="parley-mutant-") as folder:
        for program in stage.programs:
            source = stages.solution(stage, "full", program).read_text(encoding="utf-8")
            text = mutant.text if program == mutant.program else source
            (Path(folder) / f"{program}.py").write_text(text, encoding="utf-8")
        try:
            checking.check(
                stage, Path(folder), [mutant.program], seed=1, first=first or ["-"], on_verdict=look, examine=False
            )
        except Killed as killed:
            return str(killed), time.monotonic() - began
    return None, time.monotonic() - began


def equivalent() -> dict[tuple[str, ...], str]:
    """The survivors that keep the contract: {key: reason}."""
    listed: dict[tuple[str, ...], str] = {}
    stage = program = ""
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            stage, program = line.removeprefix("## ").split()
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) == 4:
            where, before, after = (cell.strip("`").replace("\\|", "|") for cell in cells[:3])
            listed[stage, program, where, before, "" if after == "(gone)" else after] = cells[3]
    return listed


def row(mutant: Mutant, reason: str = "") -> str:
    """A row of the list of equivalent mutants."""
    cells = [mutant.function, mutant.before, mutant.after or "(gone)"]
    return "| " + " | ".join("`" + cell.replace("|", "\\|") + "`" for cell in cells) + f" | {reason} |"


def main() -> int:
    """Run the mutants that were asked for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stage", nargs="*", help="stages by number or name; all five where left out")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--server", action="store_true", help="the server alone")
    one.add_argument("--client", action="store_true", help="the client alone")
    parser.add_argument("--sample", type=int, help="so many of them, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at once")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    asked = parser.parse_args()
    programs = ["server"] if asked.server else ["client"] if asked.client else ["server", "client"]
    wanted = [stage for stage in stages.STAGES if not asked.stage or {stage.name, str(stage.number)} & set(asked.stage)]
    found = [mutant for stage in wanted for program in programs for mutant in mutants(stage, program)]
    if asked.sample:
        found = random.Random(asked.seed).sample(found, min(asked.sample, len(found)))
    if asked.list:
        print(*found, f"{len(found)} mutants", sep="\n")
        return 0
    survivors = run(found, asked.jobs)
    return report(found, survivors)


def run(found: list[Mutant], jobs: int) -> list[Mutant]:
    """Run these mutants, several at once, and return those that survive."""
    survivors: list[Mutant] = []
    killers: dict[tuple[str, str], dict[str, int]] = {}  # what kills often begins first
    context = multiprocessing.get_context("spawn")
    waiting = list(reversed(found))
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running = {}
        for number in range(1, len(found) + 1):
            while waiting and len(running) < jobs:
                mutant = waiting.pop()
                often = killers.get((mutant.stage, mutant.program), {})
                first = sorted(often, key=lambda test, often=often: -often[test])[:6]
                running[pool.submit(survives, mutant, first)] = mutant
            future = next(as_completed(running))
            mutant = running.pop(future)
            killer, seconds = future.result()
            if killer:
                often = killers.setdefault((mutant.stage, mutant.program), {})
                often[killer] = often.get(killer, 0) + 1
            else:
                survivors.append(mutant)
            print(f"{number}/{len(found)} {killer or 'SURVIVES'} ({seconds:.0f} s): {mutant}", flush=True)
    return survivors


def report(found: list[Mutant], survivors: list[Mutant]) -> int:
    """Say what has survived; returns the exit status: 1 where a survivor is not listed, or a listed one was killed."""
    listed = equivalent()
    new = [mutant for mutant in survivors if not mutant.listed(listed)]
    killed = [mutant for mutant in found if mutant.key in listed and mutant not in survivors]
    print()
    for stage, program in dict.fromkeys((mutant.stage, mutant.program) for mutant in found):
        of_it = [mutant for mutant in found if (mutant.stage, mutant.program) == (stage, program)]
        left = [mutant for mutant in survivors if (mutant.stage, mutant.program) == (stage, program)]
        known = sum(mutant.listed(listed) for mutant in left)
        killed_by_tests = f"{len(of_it) - len(left)} of {len(of_it)} killed"
        print(f"{stage} {program}: {killed_by_tests}, {known} equivalent, {len(left) - known} left")
    for mutant in killed:
        print(f"listed as equivalent, but killed: {mutant}")
    if new:
        print("\nNo test fails these:")
        print(*map(row, new), sep="\n")
    return 1 if new or killed else 0


if __name__ == "__main__":
    sys.exit(main())
