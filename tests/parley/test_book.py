"""The book: pages that are whole in themselves, made elsewhere, and read on a desk, on a phone and on paper."""

import re
import shutil
from pathlib import Path

import pytest

from parley.checks.check import STATE, programs_digest
from parley.checks.mistakes import page_of
from parley.contract.errors import BadInput
from parley.contract.files import write_json
from parley.derive import lessons
from parley.notebooks import book
from parley.notebooks.cells import RAN, predict
from parley.stages import STAGES, exercise, solution

nbformat = pytest.importorskip("nbformat", reason="needs the extra notebooks")
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
    with pytest.raises(ValueError, match=r"^A page shows nowhere\.png, but docs has no such picture\.$"):
        book._html(page, [page], newcomers_project)


def write_notebook(path, *cells):
    heading = nbformat.v4.new_markdown_cell("# My page")
    notebook = nbformat.v4.new_notebook(cells=[heading, *map(nbformat.v4.new_code_cell, cells)])
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)


def test_the_own_book_has_what_its_reader_wrote(project, tmp_path, monkeypatch):
    """Programs that pass the core run in it, answers and predictions are there, and a cell that fails is shown."""
    monkeypatch.setenv("PARLEY_ROOT", str(project))
    for path in (project / "lessons").glob("*.md"):
        if path.name not in ("1_echo.md", "glossary.md"):
            path.unlink()
    for program in STAGES[0].programs:
        shutil.copy(solution(STAGES[0], "full", program, project), exercise(STAGES[0], program, project))
    core = programs_digest(STAGES[0], project / "exercises" / "1_echo")
    write_json(project / STATE, {"1_echo": {"core": core}})
    predict("guess", "How many?", "My guess is seven")
    write_notebook(
        project / "notebooks" / "1_echo.ipynb",
        "from parley import answer, play, predict\nplay(1)",
        'answer("1 letters", 9)',
        "1 / 0  # my own attempt",
        'predict("guess", happened="It was eight")',
    )
    book.book(project, tmp_path / "book", mine=True, say=lambda line: None)
    page = (tmp_path / "book" / "1_echo.html").read_text(encoding="utf-8")
    assert RAN["mine"] in page and 'good">Right<' in page and "ZeroDivisionError" in page
    assert "My guess is seven" in page and "It was eight" in page
    assert "My page" not in (tmp_path / "book" / "glossary.html").read_text(encoding="utf-8")


def test_what_was_a_notebook_is_one_sentence(project, tmp_path):
    (project / "notebooks").mkdir()
    (project / "notebooks" / "1_echo.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match=r"^notebooks/1_echo\.ipynb isn't a notebook any more\."):
        book.book(project, tmp_path / "book", mine=True, say=lambda line: None)


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
