"""Does chance decide a point? Many runs of the graded suites, on a machine kept busy.

    python benchmarks/flakes.py [--variants | --mistakes] [--runs 300] [--seed 0]
                                [--jobs 4] [--busy 2] [--case WORD] [STAGE ...]

Without a kind it runs `full`, with `--variants` the right programs of another build: each run must earn all points.
With `--mistakes` it runs the known wrong programs: each must fail the same tests in every run. One that varies, because
its threads race, is run with the test alone that must catch it. Each run has a seed of its own, from `--seed` on.
`--jobs` runs are under way at once, and `--busy` further processes do nothing but use a processor each. Ends with
status 1 where chance had a say, with the tests, the seeds and what was seen.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from parley import stages
from parley.checks.check import check
from parley.checks.mistakes import mistakes, write_wrong


def right_programs(stage):
    """The model programs of a stage: (name, folder, which programs, the only test to run or None)."""
    yield "full", stages.solution(stage, "full", "server").parent, stage.programs, None


def variants(stage):
    """The right programs of another build, in the same form."""
    for folder in sorted((stages.root() / "tests" / "variants" / stage.name).iterdir()):
        if programs := [program for program in stage.programs if (folder / f"{program}.py").is_file()]:
            yield folder.name, folder, programs, None


def wrong_programs(stage, folder):
    """The known wrong programs, written to folders in this one, in the same form."""
    for mistake in mistakes(stage):
        place = Path(folder) / mistake.name
        place.mkdir()
        write_wrong(stage, mistake, place)
        yield mistake.name, place, [mistake.program], mistake.only_test


def run(stage, folder, programs, test, seed):
    """One run of a suite, or of this test alone: (seconds, {each test that was not passed: why})."""
    began = time.monotonic()
    verdicts = check(stage, folder, programs, seed=seed, test=test, examine=False).verdicts
    return time.monotonic() - began, {verdict.test.name: verdict.reason for verdict in verdicts if not verdict.passed}


def settings():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stage", nargs="*", help="stages; all five where left out")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--variants", action="store_true", help="run the variants instead of full")
    kind.add_argument("--mistakes", action="store_true", help="run the known mistakes instead of full")
    parser.add_argument("--case", default="", help="only the variants or mistakes with this word in their name")
    parser.add_argument("--runs", type=int, default=300, help="runs of each program")
    parser.add_argument("--seed", type=int, default=0, help="the first seed, to go on where earlier runs ended")
    parser.add_argument("--jobs", type=int, default=4, help="runs at once")
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 2, help="processes that keep processors busy")
    return parser.parse_args()


def main():
    """Run, print a line for each program in which chance had a say and one for each stage; status 1 where it had."""
    chosen = settings()
    try:
        wanted = [stages.find(name) for name in chosen.stage] or list(stages.STAGES)
    except ValueError as error:
        sys.exit(str(error))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(chosen.busy)]
    try:
        steady = [measure(stage, chosen) for stage in wanted]
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    sys.exit(0 if all(steady) else 1)


def measure(stage, chosen):
    """All runs of one stage's programs of this kind, a line for each that is not steady, and the total; is all well?"""
    with tempfile.TemporaryDirectory() as folder:
        known = variants(stage) if chosen.variants else right_programs(stage)
        known = wrong_programs(stage, folder) if chosen.mistakes else known
        known = [program for program in known if chosen.case in program[0]]
        times, unsteady = [], 0
        for name, runs in finished(stage, known, chosen):
            times += [seconds for _, seconds, _ in runs]
            chance = by_chance(runs, chosen.mistakes)
            unsteady += bool(chance)
            for test, seeds in sorted(chance.items()):
                print(f"{stage.name}, {name}: {test}: lost {len(seeds)} of {chosen.runs}, seeds {seeds}", flush=True)
                for reason in sorted({lost[test] for seed, _, lost in runs if seed in seeds and test in lost}):
                    print(f"    {reason}", flush=True)
    times.sort()
    took = f"{times[0]:.1f} / {times[len(times) // 2]:.1f} / {times[-1]:.1f} s a run" if times else "none"
    print(f"{stage.name}: {len(known)} programs, {chosen.runs} runs of each, {unsteady} not steady; {took}", flush=True)
    return not unsteady


def finished(stage, known, chosen):
    """Each of these programs as soon as all its runs are over: (name, [(seed, seconds, {lost test: why}), ...])."""
    pool = ProcessPoolExecutor(chosen.jobs, get_context("spawn"))
    try:
        futures, results = {}, collections.defaultdict(list)
        for name, *what in known:
            for seed in range(chosen.seed, chosen.seed + chosen.runs):
                futures[pool.submit(run, stage, *what, seed)] = name, seed
        for future in as_completed(futures):
            name, seed = futures[future]
            results[name].append((seed, *future.result()))
            if len(results[name]) == chosen.runs:
                yield name, sorted(results.pop(name), key=lambda run: run[0])
    finally:
        pool.shutdown(cancel_futures=True)


def by_chance(runs, wrong):
    """The tests that were lost by chance in these runs: {test: seeds}.

    A right program loses nothing at all; a wrong one fails something, and the same each time.
    """
    seeds = collections.defaultdict(list)
    for seed, _, lost in runs:
        for test in lost or (["nothing at all"] if wrong else []):
            seeds[test].append(seed)
    always = [test for test, found in seeds.items() if len(found) == len(runs) and test != "nothing at all"]
    return {test: found for test, found in seeds.items() if not wrong or test not in always}


if __name__ == "__main__":
    main()
