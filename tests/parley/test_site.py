"""Pages for students and about the class: what they say, what they keep to themselves, and that all of it is text."""

import json
import os
import re
from html.parser import HTMLParser

import pytest

from parley.checks.plugin import verdict_on
from parley.contract.record import Failed, Record
from parley.contract.story import Hint
from parley.contract.verdict import GradedTest, Kind, Outcome, Verdict
from parley.grading import class_page, site, verdict_log
from parley.grading.class_file import ClassStudent, GradedClass
from parley.grading.pages import short_name
from parley.grading.scores import score
from parley.grading.student_page import MOST_PICTURES, STYLE, feedback

HINTS = {
    key: Hint(key, f"What about `{key}`?", "https://docs.python.org/3/library/socket.html", "server.py, function main")
    for key in ("h", "other", "third", "fourth", "fifth")
}
KINDS = ("core", "core", "errors", "logging", "core")
SUITE = tuple(
    GradedTest(f"1_echo/test_server.py::test_{at}", 20, Kind(kind), f"Sentence {at}.", hint)
    for at, (kind, hint) in enumerate(zip(KINDS, HINTS, strict=True))
)
HOSTILE = "</title><script>alert(1)</script>=cmd|' /C calc'!A0\u202e\x1b[31m\x00"
PASSED = [Verdict(test, Outcome.PASSED, seconds=1.0, cpu=0.5) for test in SUITE]


def failing(test, cause="silence", said=b"hello\n", **known):
    """The verdict of a test in which nothing comes back."""
    record = Record()
    record.add("server", "starts", note="127.0.0.1 5000")
    if cause not in ("not listening", "missing"):
        record.add("Anna", "connects", peer="server")
        record.add("Anna", "sends", said, peer="server")
    given = {"who": "server", "other": "server", "seconds": 2, "port": 5000, "file": "server.py", **known}
    return verdict_on(Failed(record, "Anna", "to receive it", cause, given, expected=said), test, HINTS, 1.0, 0.5)


def student(key, name=None, **more):
    """A student as class.json has it, who has handed in stage 1."""
    known = {"key": key, "id": "", "name": name or key, "email": "", "source": f"{key}.zip"}
    known |= {"fingerprints": {"1_echo": "now"}, "nothing": False, "trouble": "", "ignored": (), "notes": ()}
    return ClassStudent(**{**known, **more})


def a_class(folder, verdicts, students=None, sandbox=True, **policy):
    """Write the verdicts of a class ({key: verdicts}), score it, write its pages; returns the grades."""
    students = students or [student(key) for key in verdicts]
    GradedClass({"1_echo": SUITE}, tuple(students), sandbox, 7).save(folder)
    for key, of_student in verdicts.items():
        log = verdict_log.LogWriter(folder, verdict_log.LogHead(key, "1_echo", sandbox, 7, "now"))
        log.keep_only(verdict_log.LoggedVerdict(verdict, "now") for verdict in of_student)
    grades = score(folder, **policy)
    site.write_pages(folder)
    return grades


class Text(HTMLParser):
    """The words of a page, and the names of its elements."""

    def __init__(self, page):
        super().__init__()
        self.words, self.tags, self.links = [], set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.words.append(data)


def read(folder, key=None):
    """The text of a page: of a student, or of the class."""
    return (folder / (f"feedback/{key}.html" if key else "class.html")).read_text(encoding="utf-8")


def words(page):
    """What can be read on a page, its blanks made one."""
    return " ".join("".join(Text(re.sub(r"<style>.*?</style>", "", page, flags=re.S)).words).split())


def all_failing(**known):
    return [failing(test, **known) for test in SUITE]


# a student's page


def test_the_page_says_what_went_well_then_what_to_mend_first_then_the_rest(tmp_path):
    a_class(tmp_path, {"anna": [PASSED[0], failing(SUITE[1]), failing(SUITE[2]), PASSED[3], failing(SUITE[4])]})
    page = read(tmp_path, "anna")
    said = words(page)
    assert "40 of 100 points" in said and "Stage 1, Echo: 2 of 5 tests passed, all of logging" in said
    order = ["What went well", "The first thing to mend", "Sentence 1.", "Then the rest", "Sentence 4.", "Sentence 2."]
    at = [said.index(heading) for heading in order]  # what is core stands before errors
    assert at == sorted(at)
    assert "The server sent nothing for 2 s" in said and "What about other?" in said
    assert page.count("<svg xmlns") == 3 and "Anna sends" in said and "<desc>" in page
    assert "<code>other</code>" in page


def test_no_more_than_some_pictures_are_drawn_and_the_others_are_told(tmp_path):
    a_class(tmp_path, {"anna": all_failing()})
    page = read(tmp_path, "anna")
    assert page.count("<svg xmlns") == MOST_PICTURES
    assert page.count("Anna sends &#34;hello\\n&#34; to the server") >= 5
    assert page.count(STYLE) == 1  # of all pictures


def test_a_program_that_does_not_begin_is_one_mistake(tmp_path):
    grades = a_class(tmp_path, {"anna": all_failing(cause="not listening"), "ben": all_failing(cause="missing")})
    for graded in grades.students:
        (part,) = feedback(graded, ["1_echo"]).parts
        assert [len(mistake.verdicts) for mistake in part.mistakes] == [5]
    assert "4 more tests" in words(read(tmp_path, "anna"))
    assert "<svg" not in read(tmp_path, "ben")  # there is nothing to be seen


def test_nothing_is_to_be_learnt_of_a_hidden_test(tmp_path):
    """Whether it passes, fails or has trouble, the page is the same."""
    pages, seen = set(), failing(SUITE[1])  # once: how far apart its events stand is not the same each time
    others = (Verdict(SUITE[2], Outcome.GRADER, "boom"), Verdict(SUITE[2], Outcome.OUT_OF_TIME, "slow"))
    for verdict in (PASSED[2], failing(SUITE[2]), *others):
        late = tmp_path / "late.csv"
        late.write_text("id,days\nanna,1\n", encoding="utf-8")
        rest = [PASSED[0], seen, verdict, *PASSED[3:]]
        a_class(tmp_path, {"anna": rest}, hide=["errors"], late=str(late), per_day="10%")
        pages.add(re.sub(r"\d+-\d+-\d+ \d+:\d+ UTC|\d+\.\d{3} s|\d\.?\d* s", "", read(tmp_path, "anna")))
    (page,) = pages
    said = words(page)
    assert "Sentence 2." not in said and "test_2" not in page and "There are hidden tests" in said
    assert "60 of 80 points" in said and "1 day late: the cost isn't counted here yet" in said
    assert "Sentence 2." in words(read(tmp_path)) and "hidden" in words(read(tmp_path))


def test_trouble_of_the_grader_is_told_as_such(tmp_path):
    a_class(tmp_path, {"anna": [PASSED[0], Verdict(SUITE[1], Outcome.GRADER, "OSError: no space"), PASSED[2]]})
    said = words(read(tmp_path, "anna"))
    assert "3 tests have not been graded. This is a grader error" in said and "no space" not in said
    said = words(read(tmp_path))
    assert "Not graded" in said and f"parley grade SUBMISSIONS -o {tmp_path} --stage 1_echo" in said


def test_late_days_before_and_what_was_ignored(tmp_path):
    late = tmp_path / "late.csv"
    late.write_text("id,days\nanna,2\n", encoding="utf-8")
    anna = student("anna", ignored=["Not read: x.exe."], notes=["It is a zip in a zip."])
    a_class(tmp_path, {"anna": PASSED}, [anna], late=str(late), per_day="10%")
    said = words(read(tmp_path, "anna"))
    assert "80 of 100 points" in said and "2 days late: 20 points less" in said
    assert "Not read: x.exe." in said and "It is a zip in a zip." in said
    assert "All tests of what you handed in passed" in said and "all 5 tests passed" in said
    assert "(late: -20)" in words(read(tmp_path))


def test_without_a_sandbox_every_page_says_so(tmp_path):
    a_class(tmp_path, {"anna": PASSED}, sandbox=False)
    assert "without a sandbox" in words(read(tmp_path, "anna")) and "without a sandbox" in words(read(tmp_path))
    a_class(tmp_path, {"anna": PASSED})
    assert "without a sandbox" not in words(read(tmp_path, "anna")) + words(read(tmp_path))


def test_points_before(tmp_path):
    a_class(tmp_path, {"anna": [failing(SUITE[0]), *PASSED[1:]]})
    a_class(tmp_path, {"anna": PASSED}, fresh=True)
    assert "100 of 100 points (before: 80)" in words(read(tmp_path, "anna"))
    assert "+20" in words(read(tmp_path))


def test_nothing_handed_in(tmp_path):
    anna = student("anna", nothing=True, fingerprints={}, notes=["anna is empty."])
    a_class(tmp_path, {}, [anna])
    said = words(read(tmp_path, "anna"))
    assert "No program of a stage was found" in said and "0 of 100 points" in said and "not handed in" in said
    assert "Handed in nothing: anna" in words(read(tmp_path))


def test_a_class_of_nobody(tmp_path):
    a_class(tmp_path, {})
    assert "0 students" in words(read(tmp_path))


# what is hostile


def test_names_and_outputs_stay_text(tmp_path):
    verdicts = [failing(test, said=HOSTILE.encode(errors="replace"), who=HOSTILE) for test in SUITE]
    anna = student("anna", HOSTILE, ignored=[HOSTILE], notes=[HOSTILE])
    long = student("ben", "N" * 10_000)
    a_class(tmp_path, {"anna": verdicts, "ben": verdicts}, [anna, long])
    for page in (read(tmp_path, "anna"), read(tmp_path, "ben"), read(tmp_path)):
        found = Text(page)
        assert not found.tags & {"script", "img", "link", "iframe", "object", "form", "base"}
        assert all(re.match(r"https://docs\.python\.org/|#|feedback/\w+\.html$", link) for link in found.links)
        assert "default-src 'none'" in page and not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)
        assert "N" * 200 not in page
    assert "<script>alert(1)" in words(read(tmp_path, "anna"))


def test_a_name_is_short_and_on_one_line():
    assert short_name("Núria Øst 陈") == "Núria Øst 陈"
    assert short_name("a\nb\u202ec") == r"a\nb\u202ec"
    assert short_name("e" + "\u0301" * 500 + "f") == "e" + "\u0301" * 4 + "f"  # marks that would cover the page
    assert short_name("x" * 61) == "x" * 60 + "…" and len(short_name("\x00" * 10_000)) == 61


# the class


def test_groups_are_those_who_fail_the_same_test_by_the_same_cause(tmp_path):
    silent, ended = failing(SUITE[0]), failing(SUITE[0], cause="end")
    also = failing(SUITE[1])
    rest = PASSED[2:]
    verdicts = {"anna": [silent, also, *rest], "ben": [silent, also, *rest], "carla": [ended, PASSED[1], *rest]}
    grades = a_class(tmp_path, verdicts)
    (group,) = class_page.groups(grades)
    assert [member.key for member in group.students] == ["anna", "ben"] and group.also == ["Sentence 1."]
    assert "2 students fail: Sentence 0." in words(read(tmp_path))
    (table,) = [class_page.stage_table(grades, "1_echo")]
    assert [(row.failed, "".join(cell.sign for cell in row.cells)) for row in table.rows[:2]] == [
        (3, "✗✗✗"),
        (2, "✓✗✗"),  # carla has the most points, so she stands first
    ]
    assert class_page.most_failed([table])[0].cause.startswith("The server sent nothing")
    assert class_page.most_failed([table])[0].row.test.sentence == "Sentence 0."


def test_who_did_not_begin_and_for_whom_all_waits_were_in_vain(tmp_path):
    reason = "Not started: server.py has no statements yet, only comments."
    nothing_there = [Verdict(test, Outcome.NOT_BEGUN, reason, seconds=1.0, cpu=0.5) for test in SUITE]
    verdicts = {"anna": nothing_there, "ben": all_failing(), "carla": PASSED}
    grades = a_class(tmp_path, verdicts)
    assert [student.key for student in class_page.not_begun(grades)["1_echo"]] == ["anna"]
    assert [(part.student.key, part.tests) for part in class_page.waited_in_vain(grades)] == [("ben", 5)]
    (times,), slowest = class_page.times(grades)
    assert (times.number, times.wall, times.cpu) == (3, 15, 7.5) and len(slowest) == 3


@pytest.mark.parametrize(
    "points, of, bars",
    [([0, 500, 500, 499, 250], 500, [(1, "0 to 24"), (1, "250 to 274"), (3, "475 to 500")]), ([3], 7, [(1, "3 to 3")])],
)
def test_the_plot_counts_everybody_once(points, of, bars):
    plot = class_page.plot(points, of, 20, 800, 190)
    for number, span in bars:
        assert f"{span} points: {number}" in plot.svg
    assert plot.svg.count('class="bar"') == len(bars)
    assert plot.summary.startswith(f"{len(points)} student")


def test_there_is_no_plot_of_nothing():
    assert class_page.plot([], 500, 20, 800, 190) is None and class_page.plot([0], 0, 20, 800, 190) is None


# files


def test_pages_of_students_who_are_gone_go_if_they_are_ours(tmp_path):
    a_class(tmp_path, {"anna": PASSED, "ben": PASSED})
    (tmp_path / "feedback" / "notes.html").write_text("<p>My own notes.</p>", encoding="utf-8")
    a_class(tmp_path, {"anna": PASSED})
    assert sorted(path.name for path in (tmp_path / "feedback").iterdir()) == ["anna.html", "notes.html"]


def test_a_folder_without_grades_is_told_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"can't be read"):
        site.write_pages(tmp_path)


def test_a_page_that_cannot_be_replaced_leaves_the_old_one(tmp_path, monkeypatch):
    a_class(tmp_path, {"anna": PASSED})
    before = read(tmp_path, "anna")

    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError):
        site.write_pages(tmp_path)
    assert read(tmp_path, "anna") == before
    assert json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    assert [path.name for path in (tmp_path / "feedback").iterdir()] == ["anna.html"]
