"""A term in a course folder: five weeks' rules counted by hand, a person's marks, and exports that keep what is there.

Grading runs no programs here: a submission says itself, in a comment, which tests it fails.
"""

import csv
import io
import json
import os
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from helpers import parley

from parley import cli, stages
from parley.contract.errors import BadInput
from parley.contract.verdict import Outcome, Verdict
from parley.grading import driver
from parley.grading.course import Course, init, moment
from parley.grading.driver import suite_of
from parley.grading.grades import Grades
from parley.grading.hand_in import last_commit
from parley.grading.jobs import Diagnosed, Done, Manifest
from parley.grading.late import LateRule

ROSTER = "id,name,email\ns1,Anna Bell,anna@example.org\ns2,Ben Oak,ben@example.org\ns3,Carla Cruz,\n"
TERM = """\
name = "Networks"
timezone = "Europe/Amsterdam"
roster = "roster.csv"
[late]
per_day = "10%"
[stage.1_echo]
weight = 20
deadline = "2026-10-02 23:59"
[stage.2_logbook]
weight = 30
deadline = 2026-10-09T23:59:00
[extensions]
s2 = { logbook = "+3 days" }
"""
TIMES = """\
student,stage,when
s1,1_echo,2026-10-02 23:58
Ben Oak,echo,2026-10-04 10:00
s2,2,2026-10-11 12:00
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Chat (22),Essay (11)
    Points Possible,,,,,50,10
"Bell, Anna",101,s1,anna,A,,"7.5 "
"Oak, Ben",102,s2,ben,A,,
"Cruz, Carla",103,s3,carla,B,,3
"""
MOODLE = """\
Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 900,Anna Bell,s1,anna@example.org,Submitted,,"100,00",Yes,-,-,
Participant 901,Ben Oak,s2,ben@example.org,Submitted,,"100,00",Yes,-,-,"Nice
log, Ben!"
Participant 902,Carla Cruz,s3,,Submitted,,"100,00",Yes,-,-,
"""


EXTRAS = "[stage.5_broadcast]\nweight = 50\n[extra.kick]\nweight = 2\n[extra.gui]\n"


class SaysItself:
    """Stands for a worker: each test passes that the comment of a submission does not name."""

    def __init__(self, *_):
        pass

    def run(self, job):
        suite = suite_of(job.stage if job.exercise is None else f"5_further/{job.exercise}")
        tests = [playable.test for playable in suite.some(job.tests)]
        text = b"\n".join(job.files.values()).decode()
        yield Manifest(tuple(tests), sandbox=False)
        for test in tests:
            outcome = Outcome.GRADER if "trouble" in text else Outcome.PASSED
            outcome = Outcome.FAILED if test.function in text.split() else outcome
            yield Verdict(test, outcome, "" if outcome is Outcome.PASSED else "It did not.")
        yield Diagnosed(())
        yield Done()

    def tell_to_stop(self):
        pass

    stop = tell_to_stop


@pytest.fixture(autouse=True)
def no_programs_run(monkeypatch):
    monkeypatch.setattr(driver, "WorkerClient", SaysItself)


def hand_in(course, stage, name, *fails, files=("server.py", "client.py")):
    """Put a submission into its place: one that fails these tests."""
    folder = course / "handed-in" / stage / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file).write_text(f"print(1)\n# fails: {' '.join(fails)}\n", encoding="utf-8")
    return folder


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """Type a command of ours in this folder: (exit status, what it said)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def typed(*words):
        monkeypatch.setattr("sys.argv", ["parley", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        status = ended.value.code
        if isinstance(status, str):  # sys.exit says it, and ends with 1
            return 1, said.out + said.err + status
        return status or 0, said.out + said.err

    return typed


@pytest.fixture
def course(tmp_path):
    """A course with two weeks handed in."""
    course = tmp_path / "net"
    init(course, "canvas")
    for name, text in (("course.toml", TERM), ("roster.csv", ROSTER), ("times.csv", TIMES)):
        (course / name).write_text(text, encoding="utf-8")
    hand_in(course, "1_echo", "s1")
    hand_in(course, "1_echo", "Ben Oak", "test_ctrl_c", "test_nobody_listens")  # 3 and 2 points
    hand_in(course, "2_logbook", "anna", "test_lines_from_telnet")  # 2 points
    hand_in(course, "2_logbook", "s2")
    hand_in(course, "2_logbook", "Cruz, Carla", "test_a_client_is_lost")  # 4 points
    return course


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def totals(course):
    return {student.id: (student.points, student.of) for student in Grades.load(course / "grades").students}


def stage_of(course, student, name):
    return next(known for known in Grades.load(course / "grades").students if known.id == student).stages[name]


def page(course, key):
    return (course / "grades" / "feedback" / f"{key}.html").read_text(encoding="utf-8")


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


# the way through a term


def test_init_lays_out_a_course_that_can_be_read(typed, tmp_path):
    status, said = typed("course", "init", "my course", "--platform", "moodle")
    assert status == 0 and "course.toml" in said, said
    course = Course.load(tmp_path / "my course")
    assert (course.platform, course.name, [plan.weight for plan in course.plans.values()]) == (
        "moodle",
        "my course",
        [20] * 5,
    )
    assert sorted(path.name for path in (tmp_path / "my course" / "handed-in").iterdir()) == list(course.plans)
    before = (tmp_path / "my course" / "course.toml").read_bytes()
    status, said = typed("course", "init", "my course")
    assert (status, (tmp_path / "my course" / "course.toml").read_bytes()) == (1, before)


def test_two_weeks_are_counted_as_by_hand(typed, course):
    status, said = typed("grade", course, "--no-sandbox")
    assert status == 0, said
    # anna: 20 x 100 % + 30 x 98 %; ben: 95 less 2 days of 9.5 are 76, 20 x 76 % + 30 x 100 %; carla: 30 x 96 %
    assert totals(course) == {"s1": (49.4, 50), "s2": (45.2, 50), "s3": (28.8, 50)}
    ben = stage_of(course, "s2", "1_echo")
    assert (ben.points, ben.late_days, ben.deducted, ben.weight) == (76, 2, 19, 20)
    assert ben.timing == (
        "Handed in 2026-10-04 10:00 CEST; the deadline was 2026-10-02 23:59 CEST; each day costs 10% of the points."
    )
    assert stage_of(course, "s2", "2_logbook").late_days == 0  # with three days more
    anna, ben, carla = rows(course / "grades" / "grades.csv")
    assert (ben["1_echo core"], ben["1_echo errors"], ben["1_echo logging"], ben["1_echo late"]) == (
        "60",
        "25",
        "10",
        "-19",
    )
    assert (ben["1_echo points"], ben["1_echo handed in"], ben["total"]) == ("76", "2026-10-04 10:00+02:00", "45.2")
    assert (carla["1_echo points"], carla["2_logbook points"], carla["total"], anna["total"]) == (
        "",
        "96",
        "28.8",
        "49.4",
    )
    shown = page(course, "s2")
    assert "2 days late: 19 points less." in shown and "the deadline was 2026-10-02 23:59 CEST" in shown


def test_each_week_keeps_its_own_rules_and_the_gradebook_stays_one(typed, course):
    change(course / "course.toml", "weight = 30", 'weight = 30\nlate = { per_day = "1" }')
    change(course / "times.csv", "s2,2,2026-10-11 12:00", "s2,2,2026-10-15 12:00")
    assert typed("grade", course, "--no-sandbox")[0] == 0
    late = {name: stage_of(course, "s2", name).deducted for name in ("1_echo", "2_logbook")}
    assert late == {"1_echo": 19, "2_logbook": 3}  # 3 days after the extension ended, a point each
    status, said = typed("grade", course, "--stage", "2", "--no-sandbox")
    assert status == 0 and list(Grades.load(course / "grades").stages) == ["1_echo", "2_logbook"], said
    hand_in(course, "3_turns", "s1")
    status, said = typed("grade", course, "--no-sandbox")
    assert status == 1 and "This course has no stage 3_turns" in said
    change(course / "course.toml", "[extensions]", "[stage.3_turns]\nweight = 50\n[extensions]")
    assert typed("grade", course, "--no-sandbox")[0] == 0
    assert totals(course)["s1"] == (99.4, 100)


def test_five_weeks_graded_one_after_another(typed, tmp_path):
    course = tmp_path / "net"
    init(course, "canvas")
    (course / "roster.csv").write_text(ROSTER, encoding="utf-8")
    change(course / "course.toml", 'roster = ""', 'roster = "roster.csv"')
    change(course / "course.toml", "drop_lowest = 0", "drop_lowest = 1")
    weights = dict(zip([stage.name for stage in stages.STAGES], (10, 15, 20, 25, 30), strict=True))
    for name, weight in weights.items():
        change(course / "course.toml", f"[stage.{name}]\nweight = 20", f"[stage.{name}]\nweight = {weight}")
    for week, name in enumerate(weights):
        hand_in(course, name, "s1")
        if week:
            hand_in(course, name, "s2", "test_ctrl_c")
        status, said = typed("grade", course, "--no-sandbox")
        assert status == 0, said
        assert stage_of(course, "s1", name).points == 100
    lost = {name: 100 - stage_of(course, "s2", name).points for name in list(weights)[1:]}
    assert all(0 < points < 10 for points in lost.values())
    # the stage with the smallest share is dropped: one of anna's, who has all; and echo, which Ben never handed in
    by_hand = sum(weights[name] * (100 - points) for name, points in lost.items()) / 90  # the other four are all of it
    assert totals(course)["s1"] == (100, 100)
    assert totals(course)["s2"] == (pytest.approx(by_hand, abs=0.006), 100)
    assert len(rows(course / "grades" / "grades.csv")) == 3


def test_rules_count_again_without_a_run(typed, course, monkeypatch):
    assert typed("grade", course, "--no-sandbox")[0] == 0
    monkeypatch.setattr(driver, "WorkerClient", None)
    change(course / "course.toml", 'per_day = "10%"', 'per_day = "5"')
    change(course / "course.toml", "weight = 20", "weight = 70")
    assert typed("score", course)[0] == 0
    assert totals(course)["s2"] == (70 * 0.85 + 30, 100)
    # without the test of 2 points Anna has 98 of 98, and Carla 94 of 98
    change(course / "course.toml", "weight = 30", 'weight = 30\ndrop = ["test_lines_from_telnet"]')
    assert typed("score", course)[0] == 0
    assert totals(course) == {"s1": (100, 100), "s2": (89.5, 100), "s3": (28.78, 100)}
    assert "doesn&#39;t count in your course" in page(course, "s1")
    # that test is worth 12 now: Anna has 98 of 110, and Ben all
    change(course / "course.toml", 'drop = ["test_lines_from_telnet"]', "points = { test_lines_from_telnet = 12 }")
    change(course / "course.toml", "timezone", "drop_lowest = 1\ntimezone")
    assert typed("score", course)[0] == 0
    assert stage_of(course, "s1", "2_logbook").points == 98 and stage_of(course, "s1", "2_logbook").of == 110
    assert totals(course) == {"s1": (100, 100), "s2": (100, 100), "s3": (96.36, 100)}  # 106 of 110
    assert stage_of(course, "s2", "1_echo").dropped and not stage_of(course, "s2", "2_logbook").dropped
    change(course / "course.toml", 'per_day = "5"', "per_day = 5\nat_most_days = 1")
    assert typed("score", course)[0] == 0
    assert stage_of(course, "s2", "1_echo").points == 0


def test_who_still_has_time_has_no_zero(typed, course):
    change(course / "course.toml", "[extensions]", '[extensions]\ns3 = { 1_echo = "2999-01-01" }')
    assert typed("grade", course, "--no-sandbox")[0] == 0
    assert "You have time until 2999-01-01 23:59." in page(course, "s3")
    (course / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    words = ("export", "canvas", course, "--into", course / "canvas.csv", "--column", "22")
    assert "Carla Cruz handed in nothing, and has time until 2999-01-01 23:59" in typed(*words)[1]
    assert [row["Chat (22)"] for row in rows(course / "canvas-filled.csv")[1:]] == ["49.4", "45.2", ""]
    assert typed(*words, "--stage", "2")[0] == 0
    assert rows(course / "canvas-filled.csv")[3]["Chat (22)"] == "48"  # what she has done counts


def test_what_is_graded_stays_while_only_something_new_runs(typed, course):
    status, said = typed("grade", course, "--no-sandbox")
    assert "To grade: 5 stages." in said
    hand_in(course, "1_echo", "s3")
    status, said = typed("grade", course, "--no-sandbox")
    assert status == 0 and "To grade: 1 stage (5 are unchanged)." in said, said
    assert totals(course)["s3"] == (48.8, 50)
    for path in (course / "handed-in" / "1_echo").iterdir():
        path.rename(course / f"away {path.name}")
    status, said = typed("grade", course, "--no-sandbox")
    assert status == 1 and "is empty, but was graded before. Put the submissions back into it." in said
    assert totals(course)["s3"] == (48.8, 50)


# attempts


@pytest.fixture
def attempts(course):
    """Ben has handed in stage 1 three times: 95 points in time, 97 in time, 100 one day late, and an empty one."""
    (course / "times.csv").unlink()
    for name, fails in (("a", ("test_ctrl_c", "test_nobody_listens")), ("b", ("test_ctrl_c",)), ("c", ())):
        hand_in(course, "1_echo", f"Ben Oak {name}", *fails)
    (course / "handed-in" / "1_echo" / "Ben Oak" / "server.py").unlink()
    (course / "handed-in" / "1_echo" / "Ben Oak" / "client.py").unlink()
    (course / "authors.csv").write_text(
        "submission,id\n" + "".join(f"Ben Oak {name},s2\n" for name in "abc"), encoding="utf-8"
    )
    (course / "times.csv").write_text(
        "student,stage,when,file\ns2,1,2026-10-01 10:00,Ben Oak a\ns2,1,2026-10-02 10:00,Ben Oak b\n"
        "s2,1,2026-10-03 10:00,Ben Oak c\ns2,1,2026-10-03 11:00,Ben Oak\n",
        encoding="utf-8",
    )
    return course


def test_the_last_attempt_in_time_counts_and_is_written_down(typed, attempts):
    assert typed("grade", attempts, "--no-sandbox")[0] == 0
    ben = stage_of(attempts, "s2", "1_echo")
    assert (ben.points, ben.late_days, ben.hand_in.path) == (97, 0, "Ben Oak b")
    assert ben.taken == (
        "Of 4 attempts, Ben Oak b counts: it is the last in time. No program of this stage is in Ben Oak."
    )
    assert "Of 4 attempts, Ben Oak b counts" in page(attempts, "s2")
    assert rows(attempts / "grades" / "grades.csv")[1]["1_echo file"] == "Ben Oak b"
    change(attempts / "course.toml", "2026-10-02 23:59", "2026-09-30 23:59")  # none is in time now
    assert typed("grade", attempts, "--no-sandbox")[0] == 0
    ben = stage_of(attempts, "s2", "1_echo")
    assert (ben.points, ben.late_days, ben.hand_in.path) == (70, 3, "Ben Oak c")
    assert "none came before the deadline" in ben.taken


def test_another_attempt_that_has_no_verdict_yet_is_not_graded(typed, attempts):
    assert typed("grade", attempts, "--no-sandbox")[0] == 0
    change(attempts / "course.toml", "2026-10-02 23:59", "2026-10-01 23:59")
    assert typed("score", attempts)[0] == 0
    assert stage_of(attempts, "s2", "1_echo").state == "not graded"
    change(attempts / "course.toml", "2026-10-01 23:59", "2026-10-02 23:59")
    assert typed("score", attempts)[0] == 0
    assert stage_of(attempts, "s2", "1_echo").points == 97


def test_the_best_attempt_counts_where_the_course_says_so(typed, attempts):
    change(attempts / "course.toml", "timezone", 'attempts = "best"\ntimezone')
    assert typed("grade", attempts, "--no-sandbox")[0] == 0
    ben = stage_of(attempts, "s2", "1_echo")
    assert (ben.points, ben.hand_in.path) == (97, "Ben Oak b")  # more than 100 less a day
    change(attempts / "course.toml", 'per_day = "10%"', 'per_day = "2"')
    assert typed("score", attempts)[0] == 0
    ben = stage_of(attempts, "s2", "1_echo")
    assert (ben.points, ben.hand_in.path, ben.deducted) == (98, "Ben Oak c", 2)
    assert "it has the most points" in ben.taken


def test_trouble_of_the_grader_is_no_zero_in_the_gradebook(typed, course):
    hand_in(course, "1_echo", "s3", "trouble")
    status, said = typed("grade", course, "--no-sandbox")
    assert status == 3, said
    assert rows(course / "grades" / "grades.csv")[2]["1_echo points"] == ""
    (course / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    status, said = typed("export", "canvas", course, "--into", course / "canvas.csv", "--column", "22")
    assert "Carla Cruz isn't graded yet: the cell stays unchanged." in said
    assert rows(course / "canvas-filled.csv")[3]["Chat (22)"] == ""


# the time of a hand-in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-02 23:59", "2026-10-02T21:59:00+00:00"),
        ("2026-10-02", "2026-10-02T21:59:00+00:00"),
        ("2026-10-02T23:59:30Z", "2026-10-02T23:59:30+00:00"),
        ("2026-10-02 23:59 UTC", "2026-10-02T23:59:00+00:00"),
        ("2026-10-02 23:59 -0500", "2026-10-03T04:59:00+00:00"),
        ("2026-10-02T23:59:00-05:00", "2026-10-03T04:59:00+00:00"),
        ("tomorrow", None),
        ("2026-13-02 10:00", None),
    ],
)
def test_moments(text, expected):
    found = moment(text, timezone(timedelta(hours=2)))
    assert (found and found.astimezone(timezone.utc).isoformat()) == expected


@pytest.mark.parametrize(
    ("rule", "hours", "days", "cost"),
    [
        (LateRule("10%"), 0, 0, 0),
        (LateRule("10%"), 0.1, 1, 9),
        (LateRule("10%"), 24, 1, 9),
        (LateRule("10%"), 24.1, 2, 19),
        (LateRule("3"), 49, 3, 9),
        (LateRule("10%", grace_minutes=30), 0.5, 0, 0),
        (LateRule("10%", grace_minutes=30), 0.6, 1, 9),
        (LateRule("", at_most_days=2), 48, 2, 0),
        (LateRule("", at_most_days=2), 49, 3, 95),
        (LateRule("60%"), 47, 2, 95),
    ],
)
def test_late_days_and_what_they_cost(rule, hours, days, cost):
    deadline = datetime(2026, 10, 2, 23, 59, tzinfo=timezone.utc)
    assert rule.days(deadline, deadline + timedelta(hours=hours)) == days
    assert rule.cost(95, days) == cost


def test_a_day_has_24_hours_when_summer_time_ends():
    zone = ZoneInfo("Europe/Amsterdam")  # summer time ends in that night: 25 hours lie between these two
    deadline = datetime(2026, 10, 24, 12, 0, tzinfo=zone)
    assert LateRule("1").days(deadline, datetime(2026, 10, 25, 12, 0, tzinfo=zone)) == 2


def test_the_last_commit_says_when_and_nothing_of_the_clone_is_run(tmp_path):
    clone = tmp_path / "project-anna"
    clone.mkdir()
    when = "2026-10-03T10:00:00+02:00"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    env = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", "PATH": "/usr/bin:/bin"}
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "work", "--allow-empty"]):
        subprocess.run([*git, *words], cwd=clone, check=True, env=env)
    assert last_commit(clone).isoformat() == when
    subprocess.run([*git, "gc", "-q"], cwd=clone, check=True, env=env)  # the commit is packed, and so is its name
    ran = tmp_path / "ran"
    with open(clone / ".git" / "config", "a", encoding="utf-8") as config:
        config.write(f"[core]\n\tfsmonitor = touch {ran}\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {ran}\n")
    assert last_commit(clone).isoformat() == when and not ran.exists()
    (clone / ".git" / "HEAD").write_text("ref: refs/heads/../../../../etc/passwd\n", encoding="utf-8")
    assert last_commit(clone) is None
    assert last_commit(tmp_path) is None


def test_late_without_a_time_costs_nothing_and_is_told(typed, course):
    place = course / "handed-in" / "1_echo"
    text = (course / "times.csv").read_text(encoding="utf-8").replace("Ben Oak,echo,2026-10-04 10:00\n", "")
    (course / "times.csv").write_text(text, encoding="utf-8")
    for file in ("server.py", "client.py"):
        (place / "Ben Oak" / file).rename(place / f"oakben_LATE_102_7_{file}")
    (place / "Ben Oak").rmdir()
    assert typed("grade", course, "--no-sandbox")[0] == 0
    ben = stage_of(course, "s2", "1_echo")
    assert (ben.points, ben.late_days, ben.deducted, ben.hand_in.late) == (95, 0, 0, True)
    assert "calls it late, but doesn't say how late, so it costs nothing" in unescape(page(course, "s2"))


# a person's word

MARKS = """\
student,stage,test,points,comment,by,request,answer
s2,1_echo,,+2,"Well explained, Ben",Ms Lind,,
Anna Bell,logbook,test_lines_from_telnet,1,<b>nearly</b>,Ms Lind,,
carla cruz,2,,,,,Is the lost client really my fault?,Yes: see line 12.
"""


def test_marks_survive_and_are_on_pages_and_in_exports(typed, course):
    (course / "marks.csv").write_text(MARKS, encoding="utf-8")
    for words in (("grade", course, "--no-sandbox"), ("score", course), ("grade", course, "--no-sandbox")):
        assert typed(*words)[0] == 0
        assert totals(course) == {"s1": (49.7, 50), "s2": (45.6, 50), "s3": (28.8, 50)}
    assert (course / "marks.csv").read_text(encoding="utf-8") == MARKS
    ben = stage_of(course, "s2", "1_echo")
    assert (ben.points, ben.by_hand, ben.deducted) == (78, 2, 19)
    assert "<strong>+2</strong> (Ms Lind): Well explained, Ben" in page(course, "s2")
    assert "&lt;b&gt;nearly&lt;/b&gt;" in page(course, "s1") and "<b>nearly" not in page(course, "s1")
    assert "Your request: Is the lost client really my fault?" in page(course, "s3")
    assert "Answer: Yes: see line 12." in page(course, "s3")
    (telnet,) = [row for row in rows(course / "grades" / "tests.csv") if row["by hand"]]
    assert (telnet["id"], telnet["points"], telnet["of"], telnet["verdict"]) == ("s1", "1", "2", "failed")
    (course / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    words = ("export", "moodle", course, "--into", course / "moodle.csv", "--stage", "2")
    assert typed(*words)[0] == 0
    anna, _, carla = rows(course / "moodle-filled.csv")
    assert float(anna["Grade"]) == 99 and "By hand: 1 points (Ms Lind): <b>nearly</b>" in anna["Feedback comments"]
    assert "By hand: Answer: Yes: see line 12." in carla["Feedback comments"]
    assert typed("export", "gradescope", course, "--stage", "echo")[0] == 0
    result = json.loads((course / "grades" / "gradescope" / "s2.json").read_text(encoding="utf-8"))
    assert result["score"] == 78 and "+2 (Ms Lind): Well explained, Ben" in result["output"]
    assert typed("export", "github", course, "--stage", "echo", "-o", course / "gh")[0] == 0
    result = json.loads((course / "gh" / "s2.json").read_text(encoding="utf-8"))
    assert sum(test["score"] for test in result["tests"]) == 78


def test_a_person_decides_what_the_machine_cannot(typed, course):
    hand_in(course, "1_echo", "s3", "trouble")
    (course / "marks.csv").write_text("student,stage,points,by\ns3,1_echo,40,me\n", encoding="utf-8")
    assert typed("grade", course, "--no-sandbox")[0] == 0
    carla = stage_of(course, "s3", "1_echo")
    assert (carla.points, carla.state) == (40, "graded")
    assert totals(course)["s3"] == (20 * 0.4 + 28.8, 50)


@pytest.mark.parametrize(
    ("points", "expected"),
    [("+2", 97), ("-1.5", 93.5), ("'+2", 97), ("2 more", 97), ("1,5 less", 93.5), ("17", 17), ("-200", 0), ("0", 0)],
)
def test_points_of_a_mark(typed, course, points, expected):
    (course / "times.csv").unlink()
    (course / "marks.csv").write_text(f'student,stage,points\ns2,1_echo,"{points}"\n', encoding="utf-8")
    assert typed("grade", course, "--no-sandbox")[0] == 0
    assert stage_of(course, "s2", "1_echo").points == expected


def test_marks_count_in_a_class_without_a_course_too(typed, course, tmp_path):
    words = ("grade", course / "handed-in" / "1_echo", "-o", tmp_path / "g", "--stage", "1", "--no-sandbox")
    assert typed(*words)[0] == 0
    (tmp_path / "g" / "marks.csv").write_text("student,stage,points\nBen Oak,1,-5\n", encoding="utf-8")
    assert typed("score", tmp_path / "g")[0] == 0
    ben = rows(tmp_path / "g" / "grades.csv")[0]
    assert (ben["name"], ben["by hand"], ben["total"]) == ("Ben Oak", "-5", "90")
    assert typed(*words)[0] == 0 and rows(tmp_path / "g" / "grades.csv")[0]["total"] == "90"


# exports write over nothing unsaid


def test_the_whole_way_and_export_again(typed, course):
    """init, grade, marks, score, export, export again: the gradebook that was counted by hand."""
    assert typed("grade", course, "--no-sandbox")[0] == 0
    (course / "marks.csv").write_text(MARKS, encoding="utf-8")
    assert typed("score", course)[0] == 0
    sheet, filled = course / "canvas.csv", course / "canvas-filled.csv"
    sheet.write_text(CANVAS, encoding="utf-8")
    words = ("export", "canvas", course, "--into", sheet, "--column", "22")
    status, said = typed(*words)
    assert status == 0 and sheet.read_text(encoding="utf-8") == CANVAS, said
    by_hand = CANVAS.replace('A,,"7.5 "', 'A,49.7,"7.5 "').replace("ben,A,,", "ben,A,45.6,")
    by_hand = by_hand.replace("carla,B,,3", "carla,B,28.8,3")
    assert filled.read_text(encoding="utf-8") == by_hand
    assert typed(*words)[0] == 0 and filled.read_text(encoding="utf-8") == by_hand
    # as Canvas gives it back, and once more
    again = by_hand.replace(",45.6,", ",45.60,")
    sheet.write_text(again, encoding="utf-8")
    assert typed(*words)[0] == 0 and filled.read_text(encoding="utf-8") == again


def test_the_platform_of_the_course_is_the_form(typed, course, monkeypatch):
    change(course / "course.toml", "timezone", 'platform = "gradescope"\ntimezone')
    assert typed("grade", course, "--no-sandbox")[0] == 0
    monkeypatch.chdir(course)
    status, said = typed("export")
    assert status == 0 and (course / "grades" / "gradescope" / "s1.json").exists(), said
    result = json.loads((course / "grades" / "gradescope" / "s1.json").read_text(encoding="utf-8"))
    assert result["score"] == 49.4 and result["extra_data"]["of"] == 50


def test_a_grade_that_a_person_entered_is_named_and_kept(typed, course):
    assert typed("grade", course, "--no-sandbox")[0] == 0
    sheet, filled = course / "canvas.csv", course / "canvas-filled.csv"
    words = ("export", "canvas", course, "--into", sheet, "--column", "22")
    sheet.write_text(CANVAS.replace("carla,B,,3", "carla,B,31,3"), encoding="utf-8")
    status, said = typed(*words)
    assert status == 0 and "Carla Cruz has '31' there, which a person entered, so it stays (not 28.8)." in said
    assert [row["Chat (22)"] for row in rows(filled)[1:]] == ["49.4", "45.2", "31"]
    # ours of last week is ours; what a person made of it since is not
    change(course / "course.toml", "weight = 20", "weight = 40")
    assert typed("score", course)[0] == 0
    sheet.write_text(filled.read_text(encoding="utf-8").replace("45.2", "46"), encoding="utf-8")
    status, said = typed(*words)
    assert [row["Chat (22)"] for row in rows(filled)[1:]] == ["49.57", "46", "31"], said  # of 70, scaled to 50
    assert "Ben Oak has '46' there" in said
    assert typed(*words, "--overwrite")[0] == 0
    assert [row["Chat (22)"] for row in rows(filled)[1:]] == ["49.57", "43.14", "20.57"]


def test_ours_is_added_to_a_comment_once(typed, course):
    assert typed("grade", course, "--no-sandbox")[0] == 0
    sheet, filled = course / "moodle.csv", course / "moodle-filled.csv"
    words = ("export", "moodle", course, "--into", sheet, "--stage", "2")
    sheet.write_text(MOODLE, encoding="utf-8")
    assert typed(*words)[0] == 0
    ben = rows(filled)[1]
    ours = "Points: 2_logbook 100 of 100."
    assert (ben["Grade"], ben["Feedback comments"]) == ("100", f"Nice\nlog, Ben!\n\n{ours}")
    first = filled.read_bytes()
    assert typed(*words)[0] == 0 and filled.read_bytes() == first  # from the same download
    sheet.write_bytes(first)
    assert typed(*words)[0] == 0 and filled.read_bytes() == first  # from what was uploaded
    # other points: ours changes, the person's words stay; what a person made of ours is kept and named
    (course / "marks.csv").write_text("student,stage,points\ns2,2,-10\ns1,2,-1\n", encoding="utf-8")
    assert typed("score", course)[0] == 0
    sheet.write_text(first.decode().replace("Points: 2_logbook 98 of 100", "You have 98"), encoding="utf-8")
    status, said = typed(*words)
    anna, ben, _ = rows(filled)
    assert ben["Feedback comments"] == "Nice\nlog, Ben!\n\nPoints: 2_logbook 90 of 100. By hand: -10"
    assert anna["Feedback comments"].startswith("You have 98") and "Points" not in anna["Feedback comments"]
    assert "Anna Bell has a comment that a person changed, so it stays." in said and status == 0
    assert anna["Grade"] == "97"


def test_a_filled_file_that_a_person_changed_is_not_written_over(typed, course):
    assert typed("grade", course, "--no-sandbox")[0] == 0
    sheet, filled = course / "canvas.csv", course / "canvas-filled.csv"
    sheet.write_text(CANVAS, encoding="utf-8")
    words = ("export", "canvas", course, "--into", sheet, "--column", "22")
    assert typed(*words)[0] == 0
    filled.write_text("mine", encoding="utf-8")
    status, said = typed(*words)
    assert status == 1 and "was changed after Parley wrote it" in said and filled.read_text(encoding="utf-8") == "mine"
    assert typed(*words, "--overwrite")[0] == 0 and len(rows(filled)) == 4
    assert typed("export", "gradescope", course)[0] == 0
    path = course / "grades" / "gradescope" / "s1.json"
    path.write_text("mine", encoding="utf-8")
    status, said = typed("export", "gradescope", course)
    assert status == 0 and "s1.json was changed after" in said and path.read_text(encoding="utf-8") == "mine"


def test_a_row_that_fits_two_is_filled_by_neither_and_ends_with_1(typed, tmp_path):
    course = tmp_path / "net"
    init(course)
    hand_in(course, "1_echo", "Bell, Anna")
    hand_in(course, "1_echo", "bell anna")
    assert typed("grade", course, "--no-sandbox")[0] == 0
    sheet = course / "canvas.csv"
    sheet.write_text(CANVAS, encoding="utf-8")
    status, said = typed("export", "canvas", course, "--into", sheet, "--column", "22")
    assert status == 1 and "fit the same row, line 3, so none of them fills it." in said
    assert "Bell, Anna" in said and "bell anna" in said
    assert rows(course / "canvas-filled.csv")[1]["Chat (22)"] == ""


# the extra exercises


def test_an_extra_exercise_brings_points_on_top(typed, course):
    change(course / "course.toml", "[extensions]", f"{EXTRAS}[extensions]")
    hand_in(course, "5_broadcast", "s1", "test_one_has_to_leave")  # 5 of 20
    hand_in(course, "5_broadcast", "s2", files=("server.py", "client.py", "gui_client.py"))
    assert typed("grade", course, "--no-sandbox")[0] == 0
    # anna: 49.4 + 50 + 2 x 15/20, and no window; ben: 45.2 + 50 + 2 + 1
    assert totals(course) == {"s1": (100.9, 100), "s2": (98.2, 100), "s3": (28.8, 100)}
    assert stage_of(course, "s1", "5_further/gui").state == "missing"
    assert rows(course / "grades" / "grades.csv")[0]["5_further/kick points"] == "15"
    assert "Extra exercise: kick" in page(course, "s1")


def test_extra_exercises_are_graded_without_a_course_too(typed, course, tmp_path):
    folder = hand_in(course, "5_broadcast", "anna", "test_one_has_to_leave")
    words = ("grade", folder.parent, "-o", tmp_path / "g", "--no-sandbox", "--exercise", "kick", "--gui")
    assert typed(*words)[0] == 0
    (anna,) = Grades.load(tmp_path / "g").students
    assert {name: (stage.points, stage.of, stage.state) for name, stage in anna.stages.items()} == {
        "5_further/kick": (15, 20, "graded"),
        "5_further/gui": (0, 20, "missing"),
    }


# what is wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = \n", "line 1"),
        ("[stage.1_echo]\nwieght = 2\n", "stage.1_echo.wieght: There's no such setting. Did you mean weight?"),
        ("[stage.9_moon]\n", "stage.9_moon: There's no stage '9_moon'"),
        ("[stage.1_echo]\n[stage.echo]\n", "stage.echo: 1_echo appears twice"),
        ("", "There's no stage. Add one: [stage.1_echo]"),
        ("[stage.1_echo]\nweight = -1\n", "stage.1_echo.weight: It must be a number"),
        ("[stage.1_echo]\nweight = true\n", "stage.1_echo.weight: It must be a number"),
        ('[stage.1_echo]\ndeadline = "soon"\n', "stage.1_echo.deadline: It must be a time"),
        ('[stage.1_echo]\nlate = { per_day = "much" }\n', "stage.1_echo.late.per_day: A late day costs"),
        ("[stage.1_echo]\nlate = 5\n", "stage.1_echo.late: It must be a table"),
        ("[stage.1_echo]\nlate = { grace_minutes = 0.5 }\n", "stage.1_echo.late.grace_minutes: It must be a whole"),
        ('[stage.1_echo]\ndrop = "all"\n', "stage.1_echo.drop: It must be a list"),
        ("[stage.1_echo]\npoints = { a = 1.5 }\n", "stage.1_echo.points.a: It must be a whole number"),
        ('timezone = "Mars/North"\n[stage.1_echo]\n', "timezone: There's no time zone 'Mars/North'"),
        ('attempts = "first"\n[stage.1_echo]\n', "attempts: It must be one of last, best"),
        ('platform = "email"\n[stage.1_echo]\n', "platform: It must be one of canvas"),
        ("[stage.1_echo]\n[extra.dance]\n", "extra.dance: There's no extra exercise 'dance'"),
        ("[stage.1_echo]\n[extra.kick]\n", "extra.kick: It's handed in with 5_broadcast"),
        ("[stage.1_echo]\n[extensions]\ns1 = 3\n", "extensions.s1: It must be a table"),
        ('[stage.1_echo]\n[extensions]\ns1 = { 4_peers = "+1 day" }\n', "extensions.s1.4_peers: This course has no"),
        ('[stage.1_echo]\n[extensions]\ns1 = { 1_echo = "" }\n', "extensions.s1.1_echo: Give a time"),
    ],
)
def test_what_is_wrong_in_course_toml_is_named(tmp_path, text, words):
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        Course.load(tmp_path)
    assert words in str(caught.value) and "course.toml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("marks.csv", "student,stage,points\ns9,1,5\n", "line 2: 's9' isn't a student in these grades."),
        ("marks.csv", "student,stage,points\n\ns1,1,5\ns1,7,5\n", "line 4: There's no stage '7' in these grades."),
        ("marks.csv", 'student,stage,points,comment\ns1,1,1,"a\nb"\ns1,1,x,\n', "line 4: 'x' isn't a number of points"),
        ("marks.csv", "student,stage,test,points\ns1,1,test_moon,5\n", "line 2: There's no test 'test_moon'"),
        ("marks.csv", "student,stage,test,points\ns1,1,test_the_port_may_be_left_out,5\n", "is more than one test"),
        ("marks.csv", "student,stage,points\ns1,,5\n", "line 2: There's no stage ''"),
        ("marks.csv", "student,stage,points\ns1,1,\n", "line 2: It says nothing"),
        ("marks.csv", "student,stage,points\ns1,1,5,6\n", "line 2: It has more cells than the first line"),
        ("marks.csv", "student,points\ns1,5\n", "has no marks. Its first line must name the columns"),
        ("marks.csv", "student,stage,points\ns1,1,99999999\n", "isn't a number of points"),
        ("marks.csv", 'student,stage,points\n"s1,1,5\n', "isn't a CSV file that Parley can read"),
        ("times.csv", "student,stage,when\ns1,1,later\n", "line 2: 'later' isn't a time"),
        ("times.csv", "student,stage,when\ns1,9,2026-10-02\n", "line 2: This course has no stage '9'."),
        ("times.csv", "student,stage,when\nzoe,1,2026-10-02\n", "line 2: 'zoe' isn't a student"),
        ("times.csv", "student,when\ns1,2026-10-02\n", "has no times"),
        ("course.toml", TERM.replace("s2 = {", "s9 = {"), "extensions.s9: 's9' isn't a student"),
        (
            "course.toml",
            TERM.replace("weight = 20", "weight = 20\ndrop = ['test_moon']"),
            "stage.1_echo.drop: 'test_moon'",
        ),
        ("course.toml", f"hide = ['secrets']\n{TERM}", "hide: There's nothing called 'secrets' to hide"),
        (
            "course.toml",
            TERM.replace("[stage.2_logbook]", "[stage.3_turns]").replace("logbook", "3_turns"),
            "2_logbook",
        ),
        ("course.toml", "name = ", "Invalid value (at end of document)"),
        ("roster.csv", "who\nme\n", "isn't a roster"),
    ],
)
def test_a_wrong_file_is_one_sentence_and_loses_nothing(typed, course, file, text, words):
    assert typed("grade", course, "--no-sandbox")[0] == 0
    before = {path: path.read_bytes() for path in (course / "grades").rglob("*") if path.is_file()}
    (course / file).write_text(text, encoding="utf-8")
    for command in [["grade", course, "--no-sandbox"], *([["score", course]] if file != "roster.csv" else [])]:
        status, said = typed(*command)
        assert status == 1 and words in said and "Traceback" not in said, said
        assert len(said.strip().splitlines()) == 1 and said.startswith("Error: "), said
        after = {path: path.read_bytes() for path in before if path.name not in (".lock", "class.json")}
        assert all(after[path] == before[path] for path in after)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("course", "Missing argument"),
        ("course start x", "There's no command course start"),
        ("course init", "Missing argument"),
        ("course init net", "already exists, and stays unchanged"),
        ("course init net/course.toml", "is a file"),
        ("course init new --platform email", "There's no platform 'email'"),
        ("course init new --colour", "No such option"),
        ("grade", "Name the folder with the submissions, or go to a course folder"),
        ("grade nowhere", "doesn't exist"),
        ("grade net -o elsewhere", "In a course, course.toml replaces"),
        ("grade net --roster net/roster.csv", "In a course, course.toml replaces"),
        ("grade net --gui", "In a course, course.toml replaces"),
        ("grade net --exercise kick", "In a course, course.toml replaces"),
        ("grade net --stage 9", "There's no stage '9'"),
        ("grade net --stage 4", "Nothing was handed in for 4_peers"),
        ("grade net --jobs 0", "Invalid value"),
        ("grade net --seed one", "Invalid value"),
        ("grade net/handed-in/1_echo --exercise dance --no-sandbox", "There's no extra exercise 'dance'"),
        ("grade empty", "Nothing was handed in yet. Put the submissions into"),
        ("score nowhere", "There's no folder nowhere"),
        ("score net/roster.csv", "There's no folder"),
        ("score net --late net/times.csv", "are in course.toml"),
        ("score net --per-day 5", "are in course.toml"),
        ("score net --hide errors", "are in course.toml"),
        ("score empty", "There's no folder"),
        ("score net/handed-in", "can't be read"),
        ("export", "Name the platform: gradescope, github, canvas, moodle."),
        ("export word net", "There's no platform 'word'"),
        ("export canvas net", "needs the sheet that you downloaded there. Add --into FILE"),
        ("export canvas net --into nothing.csv", "can't be read"),
        ("export canvas net --into net/roster.csv", "This isn't a Canvas gradebook"),
        ("export canvas net --into net/canvas.csv", "Name one of its columns"),
        ("export canvas net --into net/canvas.csv --column 99", "Canvas would make a new assignment"),
        ("export canvas net --into net/canvas.csv --column 22 --head grade=Note", "--head for moodle"),
        ("export canvas net --into net/canvas.csv --column 22 --stage 9", "There's no stage '9'"),
        ("export canvas net --into net/canvas.csv --column 22 --stage 4", "isn't in these grades"),
        ("export canvas net --into net/canvas.csv --column 22 --stage kick", "isn't in these grades"),
        ("export canvas net --into net/course.toml --column 22", "This isn't a Canvas gradebook"),
        ("export canvas net --into net --column 22", "can't be read"),
        ("export moodle net --into net/canvas.csv", "it has no column 'Identifier'"),
        ("export moodle net --into net/moodle.csv --head note=x", "There's no column 'note'"),
        ("export moodle net --into net/moodle.csv --head note", "--head needs a column and its name"),
        ("export moodle net --into net/moodle.csv --column 22", "--column is for canvas"),
        ("export moodle net --into net/moodle.csv -o net/marks.csv", "was changed after Parley wrote it"),
        ("export gradescope net --into net/canvas.csv", "Leave them out for gradescope"),
        ("export gradescope net -o net/roster.csv", "exists"),
        ("export github net --stage", "requires an argument"),
        ("export github nowhere", "can't be read"),
        ("export github empty", "can't be read"),
        ("export gradescope net --overwrite=yes", "does not take a value"),
    ],
)
def test_a_wrong_command_is_one_sentence_and_loses_nothing(typed, course, tmp_path, command, words):
    init(tmp_path / "empty")
    (course / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    (course / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    ready = tmp_path / "ready"
    if command.startswith(("score", "export")):
        assert typed("grade", course, "--no-sandbox")[0] == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    status, said = typed(*command.split())
    assert status in (1, 2) and words in " ".join(said.split()), said
    assert "Traceback" not in said and not ready.exists()
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before


# for real


@pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")
def test_programs_are_really_run(course):
    """The version of stage 1 that earns 60 points, by workers of their own."""
    for name in ("1_echo/s1", "2_logbook"):
        shutil.rmtree(course / "handed-in" / name)
    (course / "handed-in" / "2_logbook").mkdir()
    ben = course / "handed-in" / "1_echo" / "Ben Oak"
    shutil.copytree(stages.solution(stages.STAGES[0], "bare", "server").parent, ben, dirs_exist_ok=True)
    done = parley("grade", course, "--no-sandbox", "--seed", 3)
    assert done.returncode == 0, done.stderr
    # 60 points, two days late: 12 less
    assert totals(course) == {"s1": (0, 20), "s2": (9.6, 20), "s3": (0, 20)}
    assert stage_of(course, "s2", "1_echo").late_days == 2
    done = parley("grade", "--no-sandbox", folder=course)
    assert done.returncode == 0 and "To grade: 0 stages (1 is unchanged)." in done.stderr, done.stderr
