"""A run in a course folder: grade the changed hand-ins of all stages as one class."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput
from parley.grading import driver, intake
from parley.grading.class_file import CLASS, ClassStudent, GradedClass
from parley.grading.counting import of_course
from parley.grading.course import COURSE, GRADES, HANDED_IN, Course
from parley.grading.driver import RunResult, Task, Watch, Work
from parley.grading.fingerprints import files_print
from parley.grading.hand_in import HandIn, time_of
from parley.grading.intake import Submission
from parley.grading.roster import Student
from parley.grading.worker_client import RunsJobs
from parley.stages import Stage

Files = dict[str, bytes]  # {name: content}
AUTHORS = "authors.csv"  # beside course.toml: whose a submission is, if no name says it


@dataclass
class Handed:
    """What one student handed in so far, for all stages. `files`: {fingerprint: the files} of all of it."""

    key: str
    student: Student
    hand_ins: dict[str, list[HandIn]] = field(default_factory=dict)
    files: dict[str, Files] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        """Return the folders and zips, in the order of the stages."""
        return ", ".join(dict.fromkeys(hand_in.path for listed in self.hand_ins.values() for hand_in in listed))


def grade_course(
    folder: Path,
    wanted: Sequence[Stage] = (),
    *,
    jobs: int | None = None,
    sandbox: bool = True,
    seed: int | None = None,
    watch: Watch | None = None,
    start: Callable[[], RunsJobs] | None = None,
) -> RunResult:
    """Grade the changed parts of a course folder, and return the result.

    `wanted`: run only these stages now, or all if empty. The others stay unchanged in the gradebook. For the rest see
    driver.grade. Raise a BadInput that names the file and the line or key.
    """
    course = Course.load(folder)
    grades = folder / GRADES
    graded = _stages_with_work(course, grades)
    if strange := [stage.name for stage in wanted if stage not in graded]:
        raise BadInput(f"Nothing was handed in for {strange[0]}. Put the submissions into {course.place(strange[0])}.")
    handed, read, notes = gather(course, graded)
    grades.mkdir(parents=True, exist_ok=True)

    def prepare(seed: int) -> Work:
        tests, rules = driver.suites_of(graded, sandbox=sandbox, seed=seed)
        students = sorted(
            (_class_student(student, graded) for student in handed),
            key=lambda student: (student.name.casefold(), student.key),
        )
        known = GradedClass(tests, tuple(students), sandbox, seed, tuple(notes), rules, course=True)
        names = {stage.name for stage in wanted or graded}
        return Work(known, _tasks(course, known, handed, names), read)

    return driver.run_tasks(prepare, grades, jobs=jobs, sandbox=sandbox, seed=seed, watch=watch, start=start)


def _stages_with_work(course: Course, grades: Path) -> list[Stage]:
    """Return the stages and extra exercises for which something was handed in. Raise BadInput if there are none, or if
    submissions that were graded before have disappeared.
    """
    there = {name for name in course.plans if _has_entries(course.place(name))}
    found = [plan.stage for plan in course.plans.values() if plan.handed_in_as in there]
    for path in sorted((course.folder / HANDED_IN).glob("*")):
        if path.name not in course.plans and _has_entries(path):
            raise BadInput(f"This course has no stage {path.name}, but {path} has something in it: see {COURSE}.")
    if not found:
        raise BadInput(f"Nothing was handed in yet. Put the submissions into {course.folder / HANDED_IN}/STAGE.")
    if (grades / CLASS).exists():
        before = GradedClass.load(grades).stages
        for name in before:
            if name in course.plans and course.plans[name].handed_in_as not in there:
                raise BadInput(
                    f"{course.place(name)} is empty, but was graded before. Put the submissions back into it."
                )
    return found


def _has_entries(folder: Path) -> bool:
    return folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir())


# Who handed in what


def gather(course: Course, graded: Sequence[Stage]) -> tuple[list[Handed], list[Submission], list[str]]:
    """Return what all students handed in for these stages, all submissions, and sentences about the rest."""
    of_stages, extras = driver.base_stages(graded)
    authors = course.folder / AUTHORS
    known: dict[object, Handed] = {}
    everything: list[Submission] = []
    notes: list[str] = []
    for stage in of_stages:
        read, strange = intake.read_all(course.place(stage.name), [stage])
        read, whose, more = driver.attributed(read, course.roster, authors if authors.exists() else None, [stage.name])
        notes += [f"{stage.name}: {sentence}" for sentence in (*strange, *more)]
        everything += read
        doubtful = set() if course.roster else _of_one_name(read)
        for submission in read:
            if submission.name in doubtful:
                reason = f"More than one student is called {submission.name}: only a roster tells them apart."
                submission.needs_a_look([stage.name], reason)
                group = _group(known, submission, (Student(submission.key, submission.name),), True)
            else:
                group = _group(known, submission, whose.get(submission.key, ()), course.roster is not None)
            for handed in group:
                work = "" if handed is group[0] else group[0].key
                _note(handed, submission, stage, extras, course, work)
    return list(known.values()), everything, notes


def _of_one_name(read: Iterable[Submission]) -> set[str]:
    """Return the names under which the platform knows more than one student, by their numbers."""
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    for submission in read:
        if submission.number:
            numbers[submission.name].add(submission.number)
    return {name for name, known in numbers.items() if len(known) > 1}


def _group(
    known: dict[object, Handed], submission: Submission, authors: Sequence[Student], has_roster: bool
) -> list[Handed]:
    """Return whose a submission is, by what is known so far. Add a new student."""
    found = []
    for student in authors or (Student("", submission.name),):
        # without a roster, a platform's numbers may change every week: use the name
        who: object = student if has_roster and authors else student.name.casefold() or student.id
        if who not in known:
            taken = {handed.key.casefold() for handed in known.values()}
            key = intake.safe_name((student.id if has_roster else "") or student.name or student.id)
            if key.casefold() in taken:
                key += "-" + hashlib.sha256(repr((student.id, student.name, student.email)).encode()).hexdigest()[:8]
            known[who] = Handed(key, student)
        found.append(known[who])
    return found


def _note(
    handed: Handed, submission: Submission, stage: Stage, extras: Sequence[Stage], course: Course, work: str
) -> None:
    """Note that a student handed in this submission for this stage."""
    handed.notes += [note for note in submission.notes if note not in handed.notes and intake.EACH_ALONE not in note]
    handed.ignored += submission.ignored
    if not submission.source and not submission.unclear:
        return  # a student of the roster who handed in nothing
    for part in (stage, *(extra for extra in extras if extra.work == stage.name)):
        files = submission.stages.get(stage.name, {})
        if part != stage:
            files = driver.files_for(part, files)
        if files:
            handed.files[files_print(files)] = files
        hand_in = HandIn(
            path=submission.source,
            when=time_of(submission, course.zone),
            late=submission.late,
            files=files_print(files) if files else "",
            unclear=submission.unclear.get(stage.name, ""),
            trouble=submission.trouble,
            work=work,
        )
        handed.hand_ins.setdefault(part.name, []).append(hand_in)


def _class_student(handed: Handed, graded: Sequence[Stage]) -> ClassStudent:
    student, listed = handed.student, handed.hand_ins
    something = any(hand_in.is_something for hand_ins in listed.values() for hand_in in hand_ins)
    missing = [
        stage.name
        for stage in graded
        if stage in stages.STAGES and not any(hand_in.is_something for hand_in in listed.get(stage.name, ()))
    ]
    absent = [f"Not handed in: {', '.join(missing)}."] if missing and something else []
    notes = [note for note in handed.notes if not (something and note == driver.NOTHING_CAME)]
    return ClassStudent(
        key=handed.key,
        id=student.id,
        name=student.shown,
        email=student.email,
        source=handed.source,
        fingerprints={},
        nothing=not something,
        trouble="",
        ignored=tuple(handed.ignored),
        notes=(*notes, *absent),
        section=student.section,
        hand_ins={name: tuple(hand_ins) for name, hand_ins in listed.items()},
    )


# What to run


def _tasks(course: Course, known: GradedClass, handed: Sequence[Handed], names: set[str]) -> list[Task]:
    """Return a task for each attempt that may count. A group's joint work is one task."""
    counting = of_course(course, known)
    files = {student.key: student.files for student in handed}
    found: dict[tuple[str, str, str], Task] = {}
    for student in known.students:
        for name, hand_ins in student.hand_ins.items():
            for hand_in in counting.candidates(student.key, name, hand_ins):
                key = hand_in.work or student.key
                if name in names and hand_in.files and (key, name, hand_in.files) not in found:
                    programs = files[student.key][hand_in.files]
                    task = driver.task_of(course.folder / GRADES, known, key, name, programs)
                    found[key, name, hand_in.files] = task
    return list(found.values())
