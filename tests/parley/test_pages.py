"""The pages of a class in a real browser: nothing hangs over, all can be read, and what is hostile stays text."""

import json
import os
import random
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import BROWSER

from parley.checks.mistakes import page_of
from parley.grading import site, verdict_log
from parley.grading.class_file import GradedClass
from parley.grading.scores import score

pytestmark = pytest.mark.skipif(os.name == "nt", reason="grading others' programs needs Linux or macOS")

make_class = page_of(Path(__file__).parent / "class" / "make_class.py")
SECONDS = 500  # bound of what a browser is waited for, on a slow machine
STUDENTS = ("anna", "ben_101_2001_chat.zip", "carla", "farah", "hana", "jana", "kofi", "olga.zip", "pau", "rosa")
STUDENTS += ("Núria Øst 陈.zip", make_class.FORMULA)
GRADED = ("1_echo", "5_broadcast")  # the stages whose grades are shown
MANY = 100
CPU_SECONDS = 10  # for the pages of so many students, on a slow machine
FIRST = "Anna Ben Carla Dana Emil Farah Goran Hana Ivo Jana Kofi Lina Mira Noor Olga Pau Rosa Sven Tara Uwe"
LAST = "Adler Bianchi Chen Dubois Eriksen Fofana García Horváth Ito Jansen Kowalska Lindqvist Müller Nguyen Okafor"
NAMES = [f"{first} {last}" for last in LAST.split() for first in FIRST.split()]
HOSTILE = (
    "</title><script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    '"><img src=x onerror=alert(2)><style>@import "http://203.0.113.1/";</style>',
    "\u202egnihtemos\u2066 \x1b[31mred\x1b]0;title\x07\x00",
    "N" * 10_000,
    "<svg onload=alert(3)><iframe src='http://203.0.113.1/'></iframe></pre></svg></details></table>",
    "e" + "\u0301" * 500,
    "{{ 7 * 7 }}{% raw %}",
)

# What is less in contrast to what is behind it than people can read (WCAG 2: 4.5), and whatever is cut or hangs over.
CONTRAST = """() => {
  const part = c => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 }
  const light = c => .2126 * part(c[0]) + .7152 * part(c[1]) + .0722 * part(c[2])
  const numbers = text => text.match(/[\\d.]+/g).map(Number)
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor)
      if (colour.length < 4 || colour[3] > 0) return colour
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255]
  }
  const bad = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement
    if (!walk.currentNode.data.trim() || !element.checkVisibility() || element.closest('title, desc, style')) continue
    const style = getComputedStyle(element), colour = numbers(element.closest('svg') ? style.fill : style.color)
    const [one, other] = [light(colour), light(behind(element))].sort((a, b) => b - a)
    if ((one + .05) / (other + .05) < 4.5) bad.add(walk.currentNode.data.trim().slice(0, 40))
  }
  return [...bad]
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser(needs_a_browser):
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(**BROWSER)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def twelve(sample_class, tmp_path_factory):
    """The grades of twelve students of the sample class in two of the stages, in a folder of their own."""
    folder, known = tmp_path_factory.mktemp("twelve"), GradedClass.load(sample_class.folder)
    students = []
    for student in known.students:
        if student.source in STUDENTS:
            prints = {stage: student.fingerprints[stage] for stage in GRADED if stage in student.fingerprints}
            students.append(replace(student, fingerprints=prints))
            for stage in prints:
                copy_facts(sample_class.folder, student.key, folder, student.key, stage)
    assert len(students) == len(STUDENTS)
    some = {name: {stage: getattr(known, name)[stage] for stage in GRADED} for name in ("suites", "rules")}
    replace(known, students=tuple(students), **some).save(folder)
    score(folder)
    site.write_pages(folder)
    return folder


def copy_facts(source, whose, folder, key, stage):
    """The facts about a stage of a student of the folder source become those of another one."""
    file = verdict_log.log_of(folder, key, stage)
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(verdict_log.log_of(source, whose, stage), file)


@pytest.fixture(scope="module")
def many(twelve, tmp_path_factory):
    """The grades of a hundred students who have what the twelve have, and how many seconds of CPU their pages took."""
    folder = tmp_path_factory.mktemp("many")
    others(twelve, folder, NAMES[:MANY])
    score(folder)
    began = time.process_time()
    site.write_pages(folder)
    return folder, time.process_time() - began


def others(source, folder, names):
    """Make a class of students with these names, each stage of each from somebody who has handed it in."""
    known, rng = GradedClass.load(source), random.Random(1)
    students = []
    for number, name in enumerate(names):
        key, prints = f"s{number:03}", {}
        for stage in known.stages:
            whose = rng.choice([student for student in known.students if stage in student.fingerprints])
            if rng.random() < 0.9:
                prints[stage] = whose.fingerprints[stage]
                copy_facts(source, whose.key, folder, key, stage)
        known_of = {"key": key, "name": name, "fingerprints": prints, "nothing": not prints, "notes": (), "ignored": ()}
        students.append(replace(known.students[0], **known_of))
    replace(known, students=tuple(students)).save(folder)


def opened(browser, path, scheme="light", width=1280):
    """A page of ours, and what it has done that it should not: a list that grows."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(SECONDS * 1000)
    done = []
    page.on("dialog", lambda dialog: (done.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda message: done.append(f"console {message.text}"))
    page.on("pageerror", lambda error: done.append(f"error {error}"))
    page.on("request", lambda request: request.url == path.as_uri() or done.append(f"request {request.url}"))
    page.goto(path.as_uri())
    return page, done


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 800)])
def test_twelve_students(browser, twelve, scheme, width):
    for path in [twelve / "class.html", *sorted((twelve / "feedback").glob("*.html"))]:
        page, done = opened(browser, path, scheme, width)
        unfold(page)
        assert page.evaluate(TOO_WIDE) <= 0, path.name
        assert page.evaluate(CONTRAST) == [], path.name
        assert not done
        page.close()


@pytest.mark.parametrize("width", [1280, 800])
def test_a_hundred_students(browser, many, width):
    folder, _ = many
    page, done = opened(browser, folder / "class.html", width=width)
    assert page.get_by_role("heading", name=f"The class: {MANY} students").is_visible()
    assert page.evaluate(TOO_WIDE) <= 0
    # the heads of the table stay where they are
    grid = page.locator(".tall:has(.grid)").first
    grid.evaluate("each => { each.scrollIntoView(); each.scrollTo(9999, 400) }")
    assert grid.evaluate("each => each.scrollLeft") > 1000
    place = grid.bounding_box()
    corner, name = grid.locator("thead th").nth(0).bounding_box(), grid.locator("thead th").last.bounding_box()
    test = grid.locator("tbody tr").nth(20).locator("th").bounding_box()
    assert abs(corner["x"] - place["x"]) <= 2 and abs(corner["y"] - place["y"]) <= 2
    assert abs(name["y"] - place["y"]) <= 2 and abs(test["x"] - place["x"]) <= 2
    failed = grid.locator("td.f").first
    assert "failed" in failed.inner_text() and failed.get_attribute("title")
    assert not done
    page.close()


def test_the_pages_of_a_hundred_students_are_soon_made(many):
    folder, seconds = many
    assert len(list((folder / "feedback").glob("*.html"))) == MANY
    assert seconds < CPU_SECONDS


def test_the_keyboard_reaches_what_is_folded(browser, twelve):
    page, _ = opened(browser, twelve / "feedback" / "farah.html")
    last = page.locator("details.mistake").last
    assert not last.locator("dl").is_visible()
    for _ in range(200):
        page.keyboard.press("Tab")
        if last.locator("> summary").evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    assert last.locator("dl").is_visible()
    page.close()


def test_the_links_lead_to_the_pages_of_students(browser, twelve):
    page, _ = opened(browser, twelve / "class.html")
    for name in ("Núria Øst 陈", make_class.FORMULA):
        page.goto((twelve / "class.html").as_uri())
        page.locator("table.students").get_by_role("link", name=name).click()
        page.wait_for_url(re.compile("/feedback/"))
        assert page.locator("h1").inner_text() == name
    page.close()


def test_what_is_hostile_stays_text(browser, twelve, tmp_path):
    """Names, what was found in submissions, and all that programs have said."""
    others(twelve, tmp_path, HOSTILE)
    known = GradedClass.load(tmp_path)
    students = tuple(replace(student, ignored=HOSTILE, notes=HOSTILE) for student in known.students)
    replace(known, students=students, notes=HOSTILE).save(tmp_path)
    for number, path in enumerate(sorted(tmp_path.glob("facts/*/*.jsonl"))):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text(
            "".join(json.dumps(_poisoned(line, HOSTILE[number % len(HOSTILE)])) + "\n" for line in lines),
            encoding="utf-8",
        )
    score(tmp_path)
    site.write_pages(tmp_path)
    for path in [tmp_path / "class.html", *sorted((tmp_path / "feedback").glob("*.html"))]:
        page, done = opened(browser, path, width=800)
        unfold(page)
        assert page.locator("script, img, iframe, object, link, form, [onload], [onerror]").count() == 0
        assert page.evaluate(TOO_WIDE) <= 0, path.name
        assert not done, path.name
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page.content())
        page.close()


def _poisoned(line, text):
    """A verdict in which everything that a program has said is this."""
    if story := line.get("story"):
        line["reason"] = text
        story["expected"] = story["received"] = text
        story["cause"]["sentence"] = text
        story["text"] = f"{story['sentence']}\n\n{text}\n  Cause:    {text}"
        story["output"] = [{"title": text, "text": text}]
        for event in story["record"]["events"]:
            event.update({name: text for name in ("data", "note") if name in event})
    return line
