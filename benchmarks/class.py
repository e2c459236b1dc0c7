"""How fast is a whole class graded, and are its grades always the same? All five stages, a tenth of the class hanging.

    python benchmarks/class.py [--submissions 100] [--jobs 1 2 4 8 16 32] [--again 3] [--stage STAGE ...] [--no-sandbox]
                               [--grades FILE]

For each number of jobs at once, and then `--again` times for as many as the machine bears (what `parley grade` does
where --jobs is left out), the same class is graded from nothing, with other random texts each time. Every grade must
be the same in all runs: ends with status 1 where one is not, and names it. (The wrong programs are such that do the
same in every run: one whose threads race may pass a test now and fail it then, and that is its own doing.)

All of it takes hours on two cores. With --grades it can be done in parts: the grades of the first run are kept in that
file, and those of all later runs, also of other calls, must be the same.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from parley import stages
from parley.checks.mistakes import page_of
from parley.grading.grades import Grades

SECONDS = 6 * 3600  # bound of one run

WRONG = {  # mistakes that do not depend on chance
    "1_echo": ("serve-once", "stdout-buffered", "strip-takes-more-client", "port-too-large"),
    "2_logbook": ("torn-message", "last-line-lost", "strip-all", "no-connect-timeout"),
    "3_turns": ("no-connect-timeout", "crlf", "no-reuseaddr"),
    "4_peers": ("run-not-start", "endless-line", "no-connect-timeout", "crlf"),
    "5_broadcast": ("echo-to-author", "quit-echoed", "crlf", "empty-name"),
}

sample = page_of(stages.root() / "tests" / "parley" / "class" / "make_class.py")


def make_class(folder, number):
    """Hand in for so many students: right programs of all versions, wrong ones, and every tenth hangs."""
    kinds = [full, quiet, bare, wrong, full, full, wrong, quiet, bare, hangs]
    for turn in range(number):
        files = {name: text for stage in stages.STAGES for name, text in kinds[turn % len(kinds)](stage, turn).items()}
        kind = kinds[turn % len(kinds)].__name__
        sample.write(sample.Student("", files), folder / f"student{turn:04} {kind}")


def full(stage, turn):
    """All right."""
    return sample.version(stage, "full")


def quiet(stage, turn):
    """Without logging."""
    return sample.version(stage, "quiet")


def bare(stage, turn):
    """The idea alone."""
    return sample.version(stage, "bare")


def wrong(stage, turn):
    """A known mistake, another one for each student."""
    names = WRONG[stage.name]
    return sample.wrong(stage, names[turn // 3 % len(names)])


def hangs(stage, turn):
    """Neither program ever does anything."""
    return sample.both(stage, sample.HANGS)


def grade(submissions, jobs, options):
    """Grade it from nothing: (seconds, seconds of CPU time, {"student stage kind": points}, parts not graded)."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "parley.cli", "grade", submissions, "-o", out, *options]
        command += ["--jobs", str(jobs)] if jobs else []
        began, cpu = time.monotonic(), used()
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=SECONDS)
        if run.returncode not in (0, 3):
            sys.exit(run.stderr)
        seconds, cpu = time.monotonic() - began, used() - cpu
        students = Grades.load(Path(out)).students
    parts = [(student.key, name, stage) for student in students for name, stage in student.stages.items()]
    found = {f"{key} {name} {kind}": list(of) for key, name, stage in parts for kind, of in stage.kinds.items()}
    return seconds, cpu, found, sum(stage.state == "not graded" for _, _, stage in parts)


def kept_grades(file):
    """The grades of the first run, if an earlier call has kept them in this file; else None."""
    return json.loads(file.read_text(encoding="utf-8")) if file and file.exists() else None


def used():
    """Seconds of CPU time of all that has run and ended here."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def settings():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--again", type=int, default=3, help="runs with as many jobs as the machine bears")
    parser.add_argument("--stage", nargs="*", default=[], help="stages; all five where left out")
    parser.add_argument("--no-sandbox", action="store_true")
    parser.add_argument("--grades", type=Path, help="a file that keeps the grades of the first run for other calls")
    return parser.parse_args()


def main():
    """Grade the class again and again, and print a row for each run."""
    said = settings()
    options = [word for stage in said.stage for word in ("--stage", stage)]
    options += ["--no-sandbox"] if said.no_sandbox else []
    print(f"{said.submissions} submissions, a tenth of which hang; {os.cpu_count()} cores, {platform.platform()}")
    print(f"{'jobs':>8} {'seconds':>8} {'each':>7} {'CPU':>8} {'not graded':>11} {'other grades':>13}  load before")
    first, status = kept_grades(said.grades), 0
    with tempfile.TemporaryDirectory() as folder:
        make_class(Path(folder), said.submissions)
        for jobs in [*said.jobs, *[None] * said.again]:
            load = os.getloadavg()[0]
            seconds, cpu, found, left = grade(folder, jobs, options)
            if first is None:
                first = found
                if said.grades:
                    said.grades.write_text(json.dumps(first, indent=1), encoding="utf-8")
            others = [each for each in {**first, **found} if first.get(each) != found.get(each)]
            each = seconds / said.submissions
            row = f"{jobs or 'measured':>8} {seconds:>8.1f} {each:>7.2f} {cpu:>8.1f} {left:>11} {len(others):>13}"
            print(f"{row}  {load:.1f}", flush=True)
            for key in others:
                print(f"    {key}: {first.get(key)} in the first run, {found.get(key)} in this one", flush=True)
            status = status or bool(others) or bool(left)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
