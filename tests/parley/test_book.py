"""The book: pages that are whole in themselves, made elsewhere, and read on a desk, on a phone and on paper."""

import re
import shutil
from pathlib import Path

import pytest

from parley.checks.mistakes import page_of
from parley.derive import lessons
from parley.notebooks import book
from parley.stages import STAGES

pytestmark = pytest.mark.skipif(not lessons.available(), reason="needs the extra notebooks")

in_browser = page_of(Path(__file__).with_name("test_pages.py"))
browser = in_browser.browser

EMPTY_DETAILS = "() => [...document.querySelectorAll('details')].filter(it => it.children.length < 2).length"
BROKEN_PICTURES = "() => [...document.images].filter(it => !it.naturalWidth).length"
ANSWERS_IN_THE_OPEN = """() => [...document.querySelectorAll('details > :not(summary)')]
    .filter(it => it.checkVisibility({contentVisibilityAuto: true})).length"""


@pytest.fixture(scope="module")
def pages(newcomers_project, tmp_path_factory):
    """The folder of a book whose first page was run, away from the project."""
    folder = tmp_path_factory.mktemp("book")
    project = shutil.copytree(newcomers_project, tmp_path_factory.mktemp("project") / "project")
    (project / "notebooks").mkdir()  # the first page's cells run there
    made = [book.page_of_notebook(path, text) for path, text in lessons.notebooks(project)]
    book.run_all(made[:1], project)
    for name, text in book.html_pages(made, project).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def names(pages):
    return sorted(path.name for path in pages.iterdir())


def test_the_first_page_leads_to_all_and_says_what_they_take(pages):
    home = (pages / "index.html").read_text(encoding="utf-8")
    assert set(names(pages)) == {"index.html", *re.findall(r'href="([^"]+\.html)"', home)}
    assert {"protocols.html", "glossary.html"} <= set(names(pages))
    assert len(re.findall(r"about \d+ minutes", home)) == len(STAGES) + 2  # and the pages before and after them
    assert "<svg" in home and "<code>accept</code>" in home


def test_links_between_pages_lead_somewhere(pages):
    for name in names(pages):
        text = (pages / name).read_text(encoding="utf-8")
        assert set(re.findall(r'href="([^":#]+)', text)) <= set(names(pages))
    assert 'href="protocols.html"' in (pages / "5_broadcast.html").read_text(encoding="utf-8")


def test_a_picture_that_is_missing_is_one_sentence(newcomers_project):
    page = book._page_of_markdown("page", "# A page\n\n![A view](../docs/nowhere.png)")
    with pytest.raises(ValueError, match=r"^A page shows nowhere\.png, but there is no such picture in docs\.$"):
        book._html(page, [page], newcomers_project)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
def test_pages_can_be_read_and_keep_their_answers(pages, browser, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    details = 0
    for name in names(pages):
        page.goto((pages / name).as_uri())
        assert page.evaluate(in_browser.TOO_WIDE) <= 0, name
        assert page.evaluate(EMPTY_DETAILS) == 0, name
        assert page.evaluate(ANSWERS_IN_THE_OPEN) == 0, name
        assert page.evaluate(BROKEN_PICTURES) == 0, name
        details += page.locator("details").count()
    assert details > 20
    page.close()


@pytest.mark.slow
def test_on_paper_answers_can_be_read_and_nothing_is_cut(pages, browser):
    page = browser.new_page(viewport={"width": 700, "height": 990}, color_scheme="dark")
    page.emulate_media(media="print")
    page.goto((pages / "1_echo.html").as_uri())
    assert page.evaluate(ANSWERS_IN_THE_OPEN) > 0
    assert not page.locator("nav").first.is_visible()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(in_browser.TOO_WIDE) <= 0
    page.close()
