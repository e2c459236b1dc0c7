"""How often does a graded suite fail a right program? Many runs of every suite on `full`, on a machine kept busy.

    python benchmarks/flakes.py [--runs 300] [--jobs 4] [--busy 2] [STAGE ...]

Each run has a seed of its own, is a process of its own, and must earn all points. `--jobs` runs are under way at once,
and `--busy` further processes do nothing but use a processor each. `--mistakes` runs the known mistakes instead: each
must be caught, with its cause and its hint, in every run. Ends with status 1 where anything failed, with its seed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from parley import stages
from parley.checks.mistakes import caught, mistakes, write_wrong
from parley.checks.plugin import read_verdicts

SECONDS = 900  # bound of one run, on a busy machine


def run_suite(stage, seed):
    """One run of a stage's suite on full: (seconds, what was not passed as {test: reason})."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        verdicts = Path(folder) / "verdicts"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", stages.root() / "tests" / stage.name]
        command += ["--parley-submission", stages.solution(stage, "full", "server").parent]
        command += ["--parley-seed", str(seed), "--parley-verdicts", verdicts]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS)
        lost = {verdict.test.name: verdict.reason for verdict in read_verdicts(verdicts) if not verdict.passed}
    return time.monotonic() - began, lost


def run_mistakes(stage, seed):
    """One run of a stage's mistakes: (seconds, those not caught as they must be, as {name: what came})."""
    began, lost = time.monotonic(), {}
    for mistake in mistakes(stage):
        with tempfile.TemporaryDirectory() as folder:
            write_wrong(stage, mistake, folder)
            told = caught(stage, mistake, folder, seed)
        if told != (mistake.cause, mistake.hint):
            lost[mistake.name] = str(told)
    return time.monotonic() - began, lost


def settings():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stage", nargs="*", help="stages; all five where left out")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=4, help="runs at once")
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 2, help="processes that keep processors busy")
    parser.add_argument("--mistakes", action="store_true", help="run the known mistakes instead of full")
    return parser.parse_args()


def main():
    """Run, print a line for each failure and one for each stage; status 1 where anything failed."""
    chosen = settings()
    try:
        wanted = [stages.find(name) for name in chosen.stage] or list(stages.STAGES)
    except ValueError as error:
        sys.exit(str(error))
    work = run_mistakes if chosen.mistakes else run_suite
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(chosen.busy)]
    try:
        failed = [stage for stage in wanted if not measure(stage, work, chosen)]
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    sys.exit(1 if failed else 0)


def measure(stage, work, chosen):
    """All runs of one stage: a line for each failure at once, and one at the end (also after Ctrl+C); are all well?"""
    times, bad = [], 0
    pool = ThreadPoolExecutor(chosen.jobs)
    futures = {pool.submit(work, stage, seed): seed for seed in range(chosen.runs)}
    try:
        for future in as_completed(futures):
            seconds, lost = future.result()
            times.append(seconds)
            bad += bool(lost)
            for name, reason in lost.items():
                print(f"{stage.name}, seed {futures[future]}: {name}: {reason}", flush=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        times.sort()
        took = f"{times[0]:.1f} / {times[len(times) // 2]:.1f} / {times[-1]:.1f} s" if times else "none"
        print(f"{stage.name}: {len(times)} runs, {bad} with a failure; {took} (minimum, median, maximum)", flush=True)
    return not bad


if __name__ == "__main__":
    main()
