"""Every kind of page is accessible as far as axe-core can tell: in light, in dark, and on a phone."""

import shutil
from pathlib import Path

import pytest

from parley.checks.mistakes import page_of
from parley.derive import lessons
from parley.drawing.picture import draw
from parley.drawing.threads import draw_threads
from parley.harness.play import SCRIPTS
from parley.harness.scene import Scene
from parley.harness.watching import Watching, moments
from parley.notebooks import book
from parley.notebooks.display import framed, html_table
from parley.stages import STAGES, solution

pytestmark = pytest.mark.skipif(not lessons.available(), reason="needs the extra notebooks")

HERE = Path(__file__).parent
browser = page_of(HERE / "test_pages.py").browser
made_up = page_of(HERE / "test_site.py")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# a picture, or what a cell shows, is always inside of some page
AROUND = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>A page</title><body style="background: Canvas; color: CanvasText"><main><h1>A page</h1>{}</main></html>"""


@pytest.fixture(scope="module")
def axe():
    """The text of axe-core, and its results for a page as lines: what is wrong, how often, and the first such place."""
    import axe_playwright_python

    script = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def findings(page):
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.evaluate(script)
        found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
        return [f"{it['id']}, {len(it['nodes'])} times: {it['help']}; {it['nodes'][0]['html'][:200]}" for it in found]

    return findings


@pytest.fixture(scope="module")
def pages(newcomers_project, tmp_path_factory):
    """A folder with a page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    project = shutil.copytree(newcomers_project, tmp_path_factory.mktemp("project") / "project")
    (project / "notebooks").mkdir()
    made = [book.page_of_notebook(path, text) for path, text in lessons.notebooks(project)]
    book.run_all(made[:1], project)
    texts = book.html_pages(made, project)
    for name in ("index.html", "0_start.html", "protocols.html", "glossary.html"):
        (folder / name).write_text(texts[name], encoding="utf-8")
    some_pass = made_up.all_failing()[:2] + made_up.PASSED[2:]
    verdicts = {"anna": made_up.all_failing(), "ben": made_up.PASSED, "carla": some_pass}
    made_up.a_class(folder / "class", verdicts, sandbox=False)
    with Scene(solution(STAGES[4], "bare", "server").parent, seed=1, start=Watching()) as scene:
        SCRIPTS["5_broadcast"](scene)
        record, seen = list(scene.record), moments(scene)
    cell = framed(html_table(("verdict", "points"), [[("good", "passed"), "3 of 3"], [("bad", "failed"), "0 of 2"]]))
    for name, shown in (("picture", draw(record)), ("threads", draw_threads(record, seen)), ("cell", cell)):
        (folder / f"{name}.html").write_text(AROUND.format(shown), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing(axe, browser, pages, scheme, width):
    found = {}
    for path in sorted(pages.rglob("*.html")):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.set_default_timeout(120_000)
        page.goto(path.as_uri())
        if findings := axe(page):
            found[path.name] = findings
        page.close()
    assert not found


def test_axe_does_find_what_is_wrong(axe, browser):
    page = browser.new_page()
    page.set_content("<!doctype html><title>A page</title><img src='data:,'><table><tr><th></th></tr></table>")
    assert {"html-has-lang", "image-alt"} <= {finding.partition(",")[0] for finding in axe(page)}
    page.close()


def test_a_message_is_followed_with_the_mouse(browser, pages):
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto((pages / "picture.html").as_uri())
    cake = page.locator("g.step", has=page.locator("text", has_text="cake"))
    page.locator("g.step text", has_text="cake").first.hover()
    opacities = page.locator("g.step").evaluate_all("them => them.map(it => getComputedStyle(it).opacity)")
    assert opacities.count("1") >= cake.count() >= 5
    assert opacities.count("0.25") > 20
    page.close()
