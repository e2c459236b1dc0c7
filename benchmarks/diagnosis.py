"""How often is the first diagnosis the right one? Runs whole checks on the gold set and on the known mistakes.

    python benchmarks/diagnosis.py [--stage N] [--gold | --mistakes] [--sample N] [--jobs N] [--case WORD] [--verbose]

Prints the share that is right first and in the first two, by stage, the confusions, and the gaps: failed tests that no
fault of the catalogue explains.
"""

import argparse
import collections
import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    import pip._vendor.tomli as tomllib

from parley import stages
from parley.checks import check as checking
from parley.checks.diagnosis.catalogue import faults
from parley.checks.diagnosis.ranking import unexplained
from parley.checks.mistakes import mistakes, write_wrong

GOLD = Path(__file__).parent.parent / "tests" / "gold"


@dataclass
class Outcome:
    """What came of one case: what it is, which faults are right, what was told, and the failed tests left over."""

    case: str
    stage: int
    right: frozenset
    programs: frozenset
    told: list
    gaps: list
    points: int
    seconds: float
    trouble: list

    def rank(self):
        """The place of the right fault among those told, from 1; 0 where it is not told."""
        for place, diagnosis in enumerate(self.told, 1):
            if diagnosis.fault in self.right and diagnosis.program in self.programs:
                return place
        return 0


def gold_case(folder):
    """Run one case of the gold set."""
    expected = tomllib.loads((folder / "expect.toml").read_text(encoding="utf-8"))
    stage = next(stage for stage in stages.STAGES if stage.name == expected["stage"])
    programs = stage.programs if expected["program"] == "both" else [expected["program"]]
    return run(folder.name, stage, folder, {expected["first"]}, programs)


def mistake_case(stage, mistake):
    """Run one known mistake with its whole suite."""
    right = {fault.slug for fault in faults(stage.name) if mistake.name in fault.mistakes} or {mistake.name}
    with tempfile.TemporaryDirectory() as folder:
        write_wrong(stage, mistake, folder)
        return run(f"{stage.name}-{mistake.name}", stage, Path(folder), right, [mistake.program])


def run(case, stage, folder, right, programs):
    """One whole check of the programs in a folder."""
    began = time.monotonic()
    done = checking.check(stage, folder, seed=1)
    gaps = [failure.name for failure in unexplained(done.examined.evidence, done.diagnoses)]
    seconds = time.monotonic() - began
    told = (done.diagnoses, gaps, done.points.earned, seconds, done.examined.trouble)
    return Outcome(case, stage.number, frozenset(right), frozenset(programs), *told)


def main():
    """Run the cases that were asked for, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stage", type=int)
    parser.add_argument("--gold", action="store_true", help="the gold set alone")
    parser.add_argument("--mistakes", action="store_true", help="the known mistakes alone")
    parser.add_argument("--sample", type=int, help="so many of the cases, chosen at random")
    parser.add_argument("--jobs", type=int, default=1, help="checks at once")
    parser.add_argument("--case", default="", help="cases with this word in their names")
    parser.add_argument("--verbose", action="store_true", help="tell all diagnoses of each case")
    asked = parser.parse_args()
    work = []
    if not asked.mistakes:
        work += [(folder.name, gold_case, [folder]) for folder in sorted(GOLD.iterdir()) if folder.is_dir()]
    if not asked.gold:
        for stage in stages.STAGES:
            work += [(f"{stage.name}-{each.name}", mistake_case, [stage, each]) for each in mistakes(stage)]
    work = [each for each in work if asked.case in each[0]]
    work = [each for each in work if asked.stage in (None, int(each[0][0]))]
    if asked.sample:
        work = random.Random(1).sample(work, min(asked.sample, len(work)))
    outcomes = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for outcome in pool.map(lambda each: each[1](*each[2]), work):
            outcomes.append(outcome)
            tell(outcome, asked.verbose)
    summary(outcomes)


def tell(outcome, verbose):
    """One line for a case, or all that was told about it."""
    place = outcome.rank()
    mark = {1: "first ", 2: "second"}.get(place, f"place {place}" if place else "MISSED")
    first = outcome.told[0] if outcome.told else None
    told = f"{first.program} {first.fault} ({len(first.tests)} tests, {first.points} points)" if first else "nothing"
    wanted = "" if place == 1 else f"   wanted {', '.join(sorted(outcome.right))}"
    print(f"{mark}  {outcome.case} [{outcome.points}, {outcome.seconds:.0f} s]: {told}{wanted}", flush=True)
    if verbose:
        for each in outcome.told:
            print(f"        {each.program} {each.fault}: {each.points} points; {' '.join(each.steps)}")
        for error in outcome.trouble:
            print(f"        TROUBLE OF OURS: {error!r}")
        if outcome.gaps:
            print(f"        gaps: {', '.join(outcome.gaps)}")


def summary(outcomes):
    """The shares by stage, the confusions, and the gaps."""
    print()
    for stage in sorted({outcome.stage for outcome in outcomes}):
        places = [outcome.rank() for outcome in outcomes if outcome.stage == stage]
        first, two = places.count(1), places.count(1) + places.count(2)
        share = 100 * first / len(places)
        print(f"stage {stage}: {first} of {len(places)} first ({share:.0f} %), {two} in the first two")
    confusions = collections.Counter()
    for outcome in outcomes:
        if outcome.rank() != 1:
            told = outcome.told[0].fault if outcome.told else "nothing"
            confusions[", ".join(sorted(outcome.right)), told] += 1
    for (wanted, told), count in confusions.most_common():
        print(f"  {count} x wanted {wanted}, told {told}")
    gaps = collections.Counter(gap for outcome in outcomes for gap in outcome.gaps)
    if gaps:
        print("gaps: " + ", ".join(f"{name} ({count})" for name, count in gaps.most_common(20)))


if __name__ == "__main__":
    main()
