"""Which small changes of a right program does a graded suite let through? Mutants of `full`, each with the whole suite.

    python benchmarks/mutants.py [STAGE] [--server | --client] [--sample N] [--jobs N] [--list]

A mutant is a full program with one thing changed: a statement taken out, a condition turned round, an operand, a
keyword argument or the exceptions of a handler dropped, another comparison, another number, an empty text. One that no
test fails survives. `tests/mutants/equivalent.md` lists the survivors that keep the contract, each with its reason, and
those that are the same in several programs once; the others are printed, and make the exit status 1. `--list` prints
the mutants and runs nothing.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from parley import stages
from parley.checks import check as checking
from parley.checks.mutants import Mutant, mutants

EQUIVALENT = Path(__file__).parent.parent / "tests" / "mutants" / "equivalent.md"


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
