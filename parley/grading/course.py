"""A course folder: course.toml says what counts, and each stage has a folder for submissions."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.grading.late import LateRule
from parley.stages import Stage

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

COURSE, MARKS, TIMES, HANDED_IN, GRADES = stages.COURSE, "marks.csv", "times.csv", "handed-in", "grades"
MARKS_HEAD = "student,stage,test,points,comment,by,request,answer\n"
PLATFORMS = ("canvas", "moodle", "gradescope", "github", "blackboard", "folder")
LAST, BEST = "last", "best"
DAYS_MORE = re.compile(r"\+\s*(\d{1,3})\s*days?")

TEMPLATE = """\
# Everything that counts in this course. Change it whenever you like: `parley score` counts again and runs nothing.

name = {name}
timezone = {timezone}    # of every time in this folder that names none
platform = {platform}    # where students hand in: {platforms}
roster = ""    # the students: a CSV file with id, name, email, as "roster.csv"

attempts = "last"    # of several attempts, the last before the deadline counts; or "best"
drop_lowest = 0    # this many stages, those with the smallest share of their points, don't count
hide = []    # kinds (core, errors, logging) or tests that students don't see

[late]
per_day = ""    # a late day costs a share of the points earned ("10%"), or points ("5"), or nothing ("")
grace_minutes = 0    # minutes after the deadline that aren't late
at_most_days = 0    # work that is more days late earns nothing; 0: no limit

# The stages. `weight`: its part of the total. `deadline`: as "2026-10-02 23:59", or "" for none. A stage may have more:
#   drop = ["test_name"]    tests that don't count
#   points = {{ test_name = 5 }}    tests with other points here
#   late = {{ per_day = "5%" }}    its own late rule
{stages}
# The extra exercises and the window bring points on top. Remove the # of those that count in your course.
{extras}

# More time for single students, by stage: a new deadline, or days on top.
[extensions]
# "s123" = {{ 1_echo = "2026-10-05 23:59", 2_logbook = "+3 days" }}
"""
STAGE_TEMPLATE = """\
[stage.{name}]
weight = {weight}
deadline = ""
"""
EXTRA_TEMPLATE = """\
# [extra.{name}]
# weight = 2
"""


@dataclass(frozen=True)
class Plan:
    """A course's plan for one stage or extra exercise (`extra`: its points come on top).

    `stage`: the stage or exercise; `drop`: names of tests that don't count; `points`: {name of a test: its worth}.
    """

    stage: Stage
    weight: float
    deadline: datetime | None
    late: LateRule
    drop: tuple[str, ...] = ()
    points: Mapping[str, int] = field(default_factory=dict)
    extra: bool = False

    @property
    def handed_in_as(self) -> str:
        """The name of the stage that it's handed in with."""
        return self.stage.work if self.extra else self.stage.name


@dataclass(frozen=True)
class Course:
    """A course, as in its course.toml. `zone`: of times without one; `plans`: {name of a stage: its plan};
    `extensions`: {a student, as the file names them: {name of a stage: a new deadline, or time on top}}.
    """

    folder: Path
    name: str
    zone: tzinfo
    platform: str
    roster: Path | None
    attempts: str
    drop_lowest: int
    hide: tuple[str, ...]
    plans: Mapping[str, Plan]
    extensions: Mapping[str, Mapping[str, datetime | timedelta]]

    def place(self, stage: str) -> Path:
        """Return the folder with the submissions for a stage."""
        return self.folder / HANDED_IN / stage

    @classmethod
    def load(cls, folder: Path) -> Course:
        """Read the course.toml of a course folder. Raise a BadInput that names the line or the key."""
        path = folder / COURSE
        if path.is_file():
            stages.use_course(folder)  # use its own tests and exercises too
        try:
            data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            raise BadInput(f"{path} can't be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise BadInput(f"{path} isn't UTF-8. Save it as UTF-8.") from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadInput(f"{path}: {error}.") from None
        return _Reader(path).course(data)


def extras() -> dict[str, Stage]:
    """Return the extra exercises and the window, by their names in course.toml."""
    return {Path(stage.name).name: stage for stage in (*stages.exercises(), stages.WINDOW)}


def is_course(folder: Path) -> bool:
    """Whether this is a course folder."""
    return (folder / COURSE).is_file()


def grades_in(folder: Path) -> Path:
    """Return the folder of the grades if this is a course folder, or the folder itself."""
    return folder / GRADES if is_course(folder) else folder


def init(folder: Path, platform: str = "folder", name: str = "") -> Path:
    """Make a course folder, and return the path of its course.toml. Overwrite nothing. Raise BadInput."""
    path = folder / COURSE
    if path.exists():
        raise BadInput(f"{path} already exists, and stays unchanged. Name another folder.")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file. Name a folder.")
    if platform not in PLATFORMS:
        raise BadInput(f"There's no platform {platform!r}. Use one of {', '.join(PLATFORMS)}.")
    share, rest = divmod(100, len(stages.STAGES))
    parts = [
        STAGE_TEMPLATE.format(name=stage.name, weight=share + (number < rest))
        for number, stage in enumerate(stages.STAGES)
    ]
    text = TEMPLATE.format(
        name=_quoted(name or folder.absolute().name),
        timezone=_quoted(_zone_here()),
        platform=_quoted(platform),
        platforms=", ".join(PLATFORMS),
        stages="".join(parts),
        extras="".join(EXTRA_TEMPLATE.format(name=extra) for extra in extras()).rstrip(),
    )
    for stage in stages.STAGES:
        (folder / HANDED_IN / stage.name).mkdir(parents=True, exist_ok=True)
    if not (folder / MARKS).exists():
        write_whole(folder / MARKS, MARKS_HEAD)
    write_whole(path, text)
    return path


def _quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    return '"' + "".join(letter if letter.isprintable() and letter not in '"\\' else " " for letter in text) + '"'


def _zone_here() -> str:
    """Return the name of this machine's time zone, or UTC if it's unknown."""
    _, _, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "UTC"
    return name


def moment(text: str, zone: tzinfo) -> datetime | None:
    """Return the time in a text such as "2026-10-02 23:59" or "2026-10-02T23:59:00Z", or None.

    `zone`: if the text names none. A date without a time means the last minute of that day.
    """
    plain = text.strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", plain):
        plain += " 23:59"
    plain = re.sub(r"\s*(Z|UTC)$", "+00:00", plain)
    try:
        # without the space, and with the colon that Python 3.10 needs
        found = datetime.fromisoformat(re.sub(r"(?<=:\d\d)\s*([+-]\d\d):?(\d\d)$", r"\1:\2", plain))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


class _Reader:
    """Reads the plain data of a course.toml. Every error names the key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zone: tzinfo = timezone.utc

    def course(self, data: Mapping[str, Any]) -> Course:
        """Return the course that the file describes."""
        known = ("name", "timezone", "platform", "roster", "attempts", "drop_lowest", "hide", "late", "stage", "extra")
        self._only(data, "", (*known, "extensions"))
        self._zone = self._time_zone(self._text(data, "", "timezone", "UTC"))
        late = self._late(data, "", LateRule())
        plans = self._stages(self._table(data, "", "stage"), late)
        plans |= self._extras(self._table(data, "", "extra"), plans)
        roster = self._text(data, "", "roster", "")
        return Course(
            folder=self._path.parent,
            name=self._text(data, "", "name", ""),
            zone=self._zone,
            platform=self._one_of(data, "platform", PLATFORMS, "folder"),
            roster=self._path.parent / roster if roster else None,
            attempts=self._one_of(data, "attempts", (LAST, BEST), LAST),
            drop_lowest=self._whole(data, "", "drop_lowest", 0),
            hide=self._texts(data, "", "hide"),
            plans=plans,
            extensions=self._extensions(self._table(data, "", "extensions"), plans),
        )

    def _stages(self, data: Mapping[str, Any], late: LateRule) -> dict[str, Plan]:
        found = {}
        for name in data:
            where, table = f"stage.{name}", self._table(data, "stage", name)
            try:
                stage = stages.find(name)
            except BadInput as error:
                raise self._wrong(where, str(error)) from None
            if stage.name in found:
                raise self._wrong(where, f"{stage.name} appears twice.")
            self._only(table, where, ("weight", "deadline", "late", "drop", "points"))
            found[stage.name] = Plan(
                stage=stage,
                weight=self._number(table, where, "weight", 1),
                deadline=self._moment(table, where, "deadline"),
                late=self._late(table, where, late),
                drop=self._texts(table, where, "drop"),
                points=self._points(table, where),
            )
        if not found:
            raise self._wrong("stage", f"There's no stage. Add one: [stage.{stages.STAGES[0].name}].")
        return {stage.name: found[stage.name] for stage in stages.STAGES if stage.name in found}

    def _extras(self, data: Mapping[str, Any], plans: Mapping[str, Plan]) -> dict[str, Plan]:
        found = {}
        for name in data:
            where, table = f"extra.{name}", self._table(data, "extra", name)
            if name not in extras():
                raise self._wrong(where, f"There's no extra exercise {name!r}. Use {', '.join(extras())}.")
            stage = extras()[name]
            if stage.work not in plans:
                raise self._wrong(where, f"It's handed in with {stage.work}, which this course doesn't have.")
            self._only(table, where, ("weight", "drop", "points"))
            found[stage.name] = Plan(
                stage=stage,
                weight=self._number(table, where, "weight", 1),
                deadline=plans[stage.work].deadline,
                late=plans[stage.work].late,
                drop=self._texts(table, where, "drop"),
                points=self._points(table, where),
                extra=True,
            )
        return found

    def _extensions(
        self, data: Mapping[str, Any], plans: Mapping[str, Plan]
    ) -> dict[str, dict[str, datetime | timedelta]]:
        found: dict[str, dict[str, datetime | timedelta]] = {}
        for student in data:
            where, table = f"extensions.{student}", self._table(data, "extensions", student)
            for name in table:
                stage = names_of_stages(plans).get(name)
                if stage is None:
                    raise self._wrong(f"{where}.{name}", f"This course has no stage {name!r}.")
                more = DAYS_MORE.fullmatch(str(table[name]).strip())
                until = timedelta(days=int(more[1])) if more else self._moment(table, where, name)
                if until is None:
                    raise self._wrong(f"{where}.{name}", 'Give a time, as "2026-10-05 23:59", or "+3 days".')
                found.setdefault(student, {})[stage] = until
        return found

    # values

    def _wrong(self, key: str, sentence: str) -> BadInput:
        return BadInput(f"{self._path}, {key}: {sentence}")

    def _only(self, table: Mapping[str, Any], where: str, known: Sequence[str]) -> None:
        for name in table:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                meant = f"Did you mean {near[0]}?" if near else f"Use {', '.join(known)}."
                raise self._wrong(_joined(where, name), f"There's no such setting. {meant}")

    def _table(self, table: Mapping[str, Any], where: str, name: str) -> Mapping[str, Any]:
        value = table.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(_joined(where, name), f"It must be a table, not {value!r}.")
        return value

    def _text(self, table: Mapping[str, Any], where: str, name: str, otherwise: str) -> str:
        value = table.get(name, otherwise)
        if not isinstance(value, str):
            raise self._wrong(_joined(where, name), f"It must be a text in quotes, not {value!r}.")
        return value.strip()

    def _one_of(self, table: Mapping[str, Any], name: str, known: Sequence[str], otherwise: str) -> str:
        value = self._text(table, "", name, otherwise)
        if value not in known:
            raise self._wrong(name, f"It must be one of {', '.join(known)}, not {value!r}.")
        return value

    def _texts(self, table: Mapping[str, Any], where: str, name: str) -> tuple[str, ...]:
        value = table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self._wrong(_joined(where, name), 'It must be a list of texts, as ["errors"].')
        return tuple(value)

    def _number(self, table: Mapping[str, Any], where: str, name: str, otherwise: float) -> float:
        value = table.get(name, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
            raise self._wrong(_joined(where, name), f"It must be a number from 0 on, not {value!r}.")
        return value

    def _whole(self, table: Mapping[str, Any], where: str, name: str, otherwise: int) -> int:
        value = self._number(table, where, name, otherwise)
        if not isinstance(value, int):
            raise self._wrong(_joined(where, name), f"It must be a whole number, not {value!r}.")
        return value

    def _points(self, table: Mapping[str, Any], where: str) -> dict[str, int]:
        points = self._table(table, where, "points")
        return {name: self._whole(points, _joined(where, "points"), name, 0) for name in points}

    def _late(self, table: Mapping[str, Any], where: str, otherwise: LateRule) -> LateRule:
        key, late = _joined(where, "late"), self._table(table, where, "late")
        self._only(late, key, [setting.name for setting in fields(LateRule)])
        per_day = late.get("per_day", otherwise.per_day)
        if isinstance(per_day, int | float) and not isinstance(per_day, bool):
            per_day = f"{per_day:g}"
        try:
            return LateRule(
                self._text({"per_day": per_day}, key, "per_day", ""),
                self._whole(late, key, "grace_minutes", otherwise.grace_minutes),
                self._whole(late, key, "at_most_days", otherwise.at_most_days),
            )
        except BadInput as error:
            raise error if key in str(error) else self._wrong(f"{key}.per_day", str(error)) from None

    def _moment(self, table: Mapping[str, Any], where: str, name: str) -> datetime | None:
        value = table.get(name, "")
        if isinstance(value, date):  # TOML has times too; a datetime is a date
            value = value.isoformat()
        if not isinstance(value, str) or (value.strip() and not moment(value, self._zone)):
            raise self._wrong(_joined(where, name), f'It must be a time, as "2026-10-02 23:59", not {value!r}.')
        return moment(value, self._zone)

    def _time_zone(self, name: str) -> tzinfo:
        if found := moment(f"2026-01-01 00:00 {name}", timezone.utc):  # +02:00, or UTC
            return found.tzinfo or timezone.utc
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            known = 'Use a name such as "Europe/Amsterdam" (on Windows: pip install tzdata), or "+02:00".'
            raise self._wrong("timezone", f"There's no time zone {name!r} here. {known}") from None


def _joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def stage_called(text: str) -> str:
    """Return the name of the stage or extra exercise that a text means. Raise BadInput."""
    return names_of_stages(stage.name for stage in extras().values()).get(text) or stages.find(text).name


def names_of_stages(names: Iterable[str]) -> dict[str, str]:
    """Return {what you can call one of these stages or exercises in a file: its name}: 1, echo, 1_echo, kick."""
    found = {name: name for name in names}
    for stage in stages.STAGES:
        if stage.name in found:
            found |= {str(stage.number): stage.name, stage.name.partition("_")[2]: stage.name}
    return found | {short: stage.name for short, stage in extras().items() if stage.name in found}
