"""The driver: gives workers the jobs to grade, several in parallel, and writes each verdict to disk immediately."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput, CannotGrade, GraderError
from parley.contract.record import harmless
from parley.contract.verdict import GradedTest, Verdict
from parley.grading import intake, verdict_log
from parley.grading.class_file import ClassStudent, GradedClass
from parley.grading.crew import Crew, Hand, JobLimit
from parley.grading.fingerprints import files_print, rules_of
from parley.grading.grades import Grades
from parley.grading.intake import Submission
from parley.grading.jobs import Diagnosed, Job, Manifest
from parley.grading.platforms import PersonNamed
from parley.grading.roster import Matching, Student, match, read_authors, read_roster
from parley.grading.scores import score
from parley.grading.verdict_log import (
    LoggedDiagnoses,
    LoggedVerdict,
    LogHead,
    LogWriter,
    known_diagnoses,
    left_of,
    log_of,
)
from parley.grading.worker import Suite
from parley.grading.worker_client import RunsJobs, WorkerClient
from parley.stages import Stage

NOTHING_CAME = "Nothing was handed in."


@dataclass
class Task:
    """One stage of one student, to run.

    `suite`: all tests of the stage; `fingerprints`: what decides each of them, by name; `left`: the names of those
    without a verdict; `tries`: how often it was started.
    """

    student: str
    stage: str
    files: Mapping[str, bytes]
    suite: tuple[GradedTest, ...]
    fingerprints: Mapping[str, str]
    left: list[str]
    head: LogHead
    tries: int = 0

    @property
    def is_done(self) -> bool:
        """Whether each of its tests has a verdict."""
        return not self.left

    def log(self, folder: Path) -> Path:
        """Return the log of its verdicts."""
        return log_of(folder, self.head.student, self.head.stage, self.head.attempt)

    def job(self) -> Job:
        """Return the job for a worker."""
        whole = len(self.left) == len(self.suite)
        tests = None if whole else tuple(self.left)
        stage, exercise = _named(self.stage)
        return Job(f"{self.student}/{self.stage}", stage, self.files, self.head.seed, exercise, tests)


# What to do


@dataclass(frozen=True)
class RunResult:
    """The result of a run: the grades, what couldn't be graded and why ({(student's key, stage): sentence}), and
    whether it was stopped.
    """

    grades: Grades
    not_graded: Mapping[tuple[str, str], str]
    stopped: bool


class Watch:
    """Watches a run: each method is called when something happens. This base class does nothing."""

    def begins(
        self, submissions: Sequence[Submission], notes: Sequence[str], tasks: Sequence[Task], unchanged: int
    ) -> None:
        """Everything is read: submissions, sentences, the remaining tasks, and how many needn't run again."""

    def verdict(self, task: Task) -> None:
        """A test of this task has a verdict."""

    def over(self, task: Task) -> None:
        """A task ended."""


def grade(
    submissions: Path,
    folder: Path,
    wanted: Sequence[Stage] = stages.STAGES,
    *,
    roster: Path | None = None,
    jobs: int | None = None,
    sandbox: bool = True,
    seed: int | None = None,
    watch: Watch | None = None,
    start: Callable[[], RunsJobs] | None = None,
    leave_out: Sequence[Path] = (),
    authors: Path | None = None,
    single: bool = False,
) -> RunResult:
    """Grade what changed in a folder of submissions since the last time, and return the result.

    `folder`: for the results; `wanted`: the stages and extra exercises; `roster`: a CSV file; `authors`: a CSV file
    that says whose a submission is (see roster.read_authors); `single`: see intake.read_all; `jobs`: how many in
    parallel, None for as many as the machine can handle; `seed`: of everything random, None for that of the last run;
    `start()`: starts a worker (default: on this machine); `leave_out`: paths in `submissions` that aren't submissions.
    Raise BadInput for bad input, CannotGrade if no worker can work here. Ctrl+C stops it and keeps all results.
    """
    of_stages, extras = base_stages(wanted)
    read, notes = intake.read_all(submissions, of_stages, leave_out=[folder, *leave_out], single=single)
    read, whose, strange = attributed(read, roster, authors, [stage.name for stage in of_stages])
    for submission in read:
        with_extras(submission, wanted, extras)
    notes += strange
    _make(folder, submissions)

    def prepare(seed: int) -> Work:
        known = class_of(read, whose, wanted, sandbox=sandbox, seed=seed, notes=notes)
        return Work(known, tasks_of(folder, known, read), read)

    return run_tasks(prepare, folder, jobs=jobs, sandbox=sandbox, seed=seed, watch=watch, start=start)


@dataclass(frozen=True)
class Work:
    """The work of a run: the class, all tasks (including finished ones), and what was handed in."""

    known: GradedClass
    tasks: Sequence[Task]
    read: Sequence[Submission]


def run_tasks(
    prepare: Callable[[int], Work],
    folder: Path,
    *,
    jobs: int | None,
    sandbox: bool,
    seed: int | None,
    watch: Watch | None,
    start: Callable[[], RunsJobs] | None,
) -> RunResult:
    """Do all unfinished tasks, and count the points (see grade). `prepare(seed)`: returns the work."""
    watch = watch or Watch()
    with verdict_log.locked(folder):
        work = prepare(_last_seed(folder) if seed is None else seed)
        left = [task for task in work.tasks if task.left]
        if left and sandbox and start is None:
            _look_at_the_sandbox()
        # from here on, only results about these submissions earn points
        work.known.save(folder)
        not_graded: dict[tuple[str, str], str] = {}
        stopped = False

        def over(task: Task, trouble: str) -> None:
            if trouble:
                not_graded[task.student, task.stage] = trouble
            watch.over(task)

        do = partial(_hear, folder=folder, watch=watch)
        crew = Crew(left, JobLimit(jobs), start or partial(WorkerClient, sandbox), do, over)
        try:
            watch.begins(work.read, work.known.notes, left, len(work.tasks) - len(left))
            crew.work()
        except KeyboardInterrupt:
            stopped = True
        return RunResult(score(folder, fresh=bool(left)), not_graded, stopped)


def base_stages(wanted: Sequence[Stage]) -> tuple[list[Stage], list[Stage]]:
    """Return the stages with which these are handed in, and the extra exercises among them, which are a part of their
    stage.
    """
    extras = [stage for stage in wanted if stage not in stages.STAGES]
    names = {stage.work or stage.name for stage in wanted}
    return [stage for stage in stages.STAGES if stage.name in names], extras


def with_extras(submission: Submission, wanted: Sequence[Stage], extras: Sequence[Stage]) -> None:
    """Give a submission its files for extra exercises, from the folder of their stage, which may be unwanted."""
    for extra in extras:
        if files := files_for(extra, submission.stages.get(extra.work, {})):
            submission.stages[extra.name] = files
        elif extra.work not in submission.unclear:
            submission.missing.append(extra.name)
        if extra.work in submission.unclear:
            submission.unclear[extra.name] = submission.unclear[extra.work]
    names = {stage.name for stage in wanted}
    submission.stages = {name: files for name, files in submission.stages.items() if name in names}
    submission.unclear = {name: reason for name, reason in submission.unclear.items() if name in names}
    submission.missing = [name for name in submission.missing if name in names]


def files_for(extra: Stage, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of its stage if all programs of an extra exercise are among them, otherwise none."""
    return files if all(f"{program}.py" in files for program in extra.programs) else {}


def suite_of(name: str) -> Suite:
    """Return the suite of a stage, or of an extra exercise, by its name."""
    return Suite(*_named(name))


def _named(name: str) -> tuple[str, str | None]:
    """Return a worker's name for a stage or extra exercise: (1_echo, None), or (5_broadcast, kick)."""
    further, _, exercise = name.rpartition("/")
    return (stages.FURTHER.work, exercise) if further == stages.FURTHER.name else (name, None)


def _make(folder: Path, submissions: Path) -> None:
    """Make the folder for the results. Raise BadInput if that's impossible."""
    if folder.resolve() == submissions.resolve():
        raise BadInput(
            f"The grades can't go into the folder with the submissions. Name another folder than {folder} with -o."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / verdict_log.LOCK).touch()
    except OSError as error:
        raise BadInput(f"The grades can't go to {folder}: {error.strerror}. Name another folder with -o.") from None


def _look_at_the_sandbox() -> None:
    from parley.isolation.sandbox import probe

    found = probe()
    if not found.ok:
        raise CannotGrade(f"{found.reason} {found.remedy}".strip())


def attributed(
    read: list[Submission], roster: Path | None, authors: Path | None, wanted: Sequence[str]
) -> tuple[list[Submission], dict[str, tuple[Student, ...]], Sequence[str]]:
    """Return whose each submission is: (submissions, {key: authors}, sentences about what fits nowhere).

    With a roster, the submissions include its students who handed in nothing, and a person must look at uncertain ones.
    Without a roster, the platform's names count. `wanted`: names of stages. Raise BadInput.
    """
    if roster is None:
        if authors:
            raise BadInput("--authors needs a roster with the students that it names. Add --roster FILE.")
        return read, {found.key: made for found in read if (made := tuple(map(_as_student, found.people)))}, ()
    students = read_roster(roster)
    matching = match(students, read, read_authors(authors, students) if authors else None)
    for submission in read:
        if reason := matching.unclear.get(submission.key):
            submission.needs_a_look(wanted, reason)
    kept = [submission for submission in read if submission.key not in matching.left_out]
    whose = dict(matching.authors)
    taken = {student for known in whose.values() for student in known}
    kept += _absent([student for student in students if student not in taken], whose, kept, matching, wanted)
    return kept, whose, matching.notes


def _as_student(person: PersonNamed) -> Student:
    """Return a student known only from a platform. Moodle's worksheet uses its Participant 123 too."""
    is_known = person.email or not person.name
    return Student(person.number or person.label if is_known else "", person.shown, person.email)


def _absent(
    students: Iterable[Student],
    whose: dict[str, tuple[Student, ...]],
    read: Sequence[Submission],
    matching: Matching,
    wanted: Sequence[str],
) -> Iterator[Submission]:
    """Return the students of the roster who handed in nothing, as empty submissions."""
    taken = {submission.key.casefold() for submission in read}
    for student in students:
        key = _free_key(student, taken)
        whose[key] = (student,)
        absent = Submission(student.shown, "", key=key, empty=True, notes=[NOTHING_CAME])
        if reason := matching.in_doubt.get(student):
            absent.empty, absent.notes = False, [reason]
            absent.needs_a_look(wanted, reason)
        yield absent


def _free_key(student: Student, taken: set[str]) -> str:
    """Return an unused key for this student, and add it to those taken."""
    key = intake.safe_name(student.id or student.name)
    if key.casefold() in taken:
        key += "-" + hashlib.sha256(repr((student.id, student.name, student.email)).encode()).hexdigest()[:8]
    taken.add(key.casefold())
    return key


def class_of(
    submissions: Iterable[Submission],
    whose: Mapping[str, Sequence[Student]],
    wanted: Iterable[Stage],
    *,
    sandbox: bool,
    seed: int,
    notes: Sequence[str],
) -> GradedClass:
    """Return the class: its students, what was handed in, and what decides a verdict. `whose`: {key of a submission:
    authors}.
    """
    tests, rules = suites_of(wanted, sandbox=sandbox, seed=seed)
    students = list(_class_students(list(submissions), whose))
    students.sort(key=lambda student: (student.name.casefold(), student.key))
    return GradedClass(tests, tuple(students), sandbox, seed, tuple(notes), rules)


def suites_of(
    wanted: Iterable[Stage], *, sandbox: bool, seed: int
) -> tuple[dict[str, tuple[GradedTest, ...]], dict[str, dict[str, str]]]:
    """Return the tests of these stages, and what decides their verdicts: see GradedClass for `suites` and `rules`."""
    suites = {stage.name: suite_of(stage.name) for stage in wanted}
    tests = {name: tuple(playable.test for playable in suite.tests) for name, suite in suites.items()}
    rules = {name: rules_of(suites[name].folders, tests[name], sandbox=sandbox, seed=seed) for name in suites}
    return tests, rules


def _class_students(
    submissions: Sequence[Submission], whose: Mapping[str, Sequence[Student]]
) -> Iterator[ClassStudent]:
    """Return all students: each author of a submission is one, and the work of a group is graded once."""
    taken = {submission.key.casefold() for submission in submissions}
    for submission in submissions:
        first, *others = whose.get(submission.key) or (None,)
        student = _class_student(submission, first)
        if not others:
            yield student
            continue
        group = f"Handed in together: {', '.join(author.shown for author in whose[submission.key])}."
        student = replace(student, notes=(*student.notes, group))
        yield student
        for author in others:
            key = _free_key(author, taken)
            about = replace(student, key=key, work=submission.key, id=author.id, name=author.shown)
            yield replace(about, email=author.email, section=author.section)


def _class_student(submission: Submission, student: Student | None) -> ClassStudent:
    missing = [name for name in submission.missing if name not in submission.unclear]
    absent = [f"Not handed in: {', '.join(missing)}."] if missing else []
    trouble = [submission.trouble] if submission.trouble else []
    unclear = [reason for reason in dict.fromkeys(submission.unclear.values()) if reason not in submission.notes]
    return ClassStudent(
        key=submission.key,
        id=student.id if student else "",
        name=student.shown if student else submission.name,
        email=student.email if student else "",
        source=submission.source,
        fingerprints={stage: files_print(files) for stage, files in submission.stages.items()},
        nothing=submission.empty,
        trouble=submission.trouble,
        ignored=tuple(submission.ignored),
        notes=(*trouble, *submission.notes, *unclear, *absent),
        unclear=dict(submission.unclear),
        section=student.section if student else "",
    )


def tasks_of(folder: Path, known: GradedClass, submissions: Iterable[Submission]) -> list[Task]:
    """Return all tasks of a class, with what is left of each, including finished ones."""
    return [
        task_of(folder, known, submission.key, stage, files)
        for submission in submissions
        for stage, files in submission.stages.items()
    ]


def task_of(folder: Path, known: GradedClass, key: str, stage: str, files: Mapping[str, bytes]) -> Task:
    """Return one stage of one student, with what is left of it."""
    begun = datetime.now(timezone.utc).isoformat(timespec="seconds")
    attempt = files_print(files)
    suite, fingerprints = known.suites[stage], known.fingerprints(stage, attempt)
    head = LogHead(key, stage, known.sandbox, known.seed, begun, attempt if known.course else "")
    task = Task(key, stage, files, suite, fingerprints, [], head)
    task.left = left_of(suite, verdicts_of(folder, task))
    return task


def verdicts_of(folder: Path, task: Task) -> dict[str, Verdict]:
    """Return the known verdicts of a task, by the names of its tests."""
    return verdict_log.known(task.log(folder), task.suite, task.fingerprints)


def _last_seed(folder: Path) -> int:
    with contextlib.suppress(BadInput):
        return GradedClass.load(folder).seed
    return random.SystemRandom().randrange(1_000_000)


# One task


def _hear(task: Task, hand: Hand[Task], folder: Path, watch: Watch) -> str:
    """Run a task and write down its worker's lines. Return what is wrong with its verdicts."""
    with LogWriter(folder, task.head) as log:
        try:
            for line in hand.lines_of(task.job()):
                if isinstance(line, Manifest) and {test.name for test in line.tests} - set(task.left):
                    raise GraderError("the worker has other tests than the driver.")
                if isinstance(line, Verdict):
                    log.write(LoggedVerdict(line, task.fingerprints[line.test.name]))
                    hand.tell(lambda: watch.verdict(task))
                if isinstance(line, Diagnosed):
                    log.write(LoggedDiagnoses(line.diagnoses, files_print(task.files)))
        finally:
            found = verdicts_of(folder, task)
            task.left = left_of(task.suite, found)
        if task.is_done:
            kept: list[LoggedVerdict | LoggedDiagnoses] = [
                LoggedVerdict(found[test.name], task.fingerprints[test.name]) for test in task.suite
            ]
            files = files_print(task.files)
            if diagnoses := known_diagnoses(task.log(folder), files):
                kept.append(LoggedDiagnoses(diagnoses, files))
            log.keep_only(kept)
            return ""
    first = found.get(task.left[0])
    return f"no verdict for {task.left[0]}: {harmless(first.reason if first else 'none came.', 300, 1)}"
