"""JupyterLab in a real browser: the start page, the cells of stage 1, and a student's edit that changes the verdict."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import BROWSER

from parley import stages

SECONDS = 180  # bound of everything that is awaited here; a busy machine starts JupyterLab slowly
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"  # what can be seen is
ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+/lab[^\s]*\?token=\w+")


@pytest.fixture
def lab_project(project):
    from parley.derive import lessons

    (project / "notebooks").mkdir(exist_ok=True)
    for path, text in lessons.notebooks(project):
        path.write_text(text, encoding="utf-8")
    return project


class Lab:
    """`parley lab --no-browser`, running: its `process`, and the `address` that it has told."""

    def __init__(self, project, folder, *arguments):
        own = self.environment(project, folder)
        command = [sys.executable, "-m", "parley.cli", "lab", "--no-browser", *arguments]
        self.process = subprocess.Popen(
            command, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self.said = []
        self.address = self._address()

    @staticmethod
    def environment(project, folder):
        """Of somebody who has no settings of JupyterLab yet."""
        own = {**os.environ, "PARLEY_ROOT": str(project), "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
        return own | {name: str(folder / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}

    def _address(self):
        end = time.monotonic() + SECONDS
        for line in self.process.stdout:
            self.said.append(line)
            if found := ADDRESS.search(line):
                return found[0]
            assert time.monotonic() < end, "".join(self.said)
        raise AssertionError("JupyterLab has ended: " + "".join(self.said))

    def end(self):
        """Press Ctrl+C, as at a terminal; the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.said.append(self.process.communicate(timeout=SECONDS)[0])
        return self.process.returncode


@pytest.fixture
def lab(lab_project, tmp_path, needs_a_browser):
    home = tmp_path / "home"
    home.mkdir()
    running = Lab(lab_project, home)
    yield running
    try:
        running.end()
    finally:
        running.process.kill()


@pytest.fixture
def browser(needs_a_browser):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(**BROWSER)
        yield opened
        opened.close()


def test_the_cells_of_stage_1_run_and_an_edit_changes_the_verdict(lab, lab_project, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme=os.environ.get("SCHEME", "light"))
    page.set_default_timeout(SECONDS * 1000)
    page.goto(lab.address)
    # it opens on the start page
    page.get_by_role("heading", name="0 Start").first.wait_for()
    assert page.get_by_role("dialog").count() == 0  # nothing is asked first
    page.goto(re.sub(r"/lab[^?]*\?", "/lab/tree/notebooks/1_echo.ipynb?reset&", lab.address))
    page.get_by_role("heading", name="1 Echo").first.wait_for()
    page.locator(".jp-Notebook").wait_for()
    # cells that are run before the kernel is there wait for nothing and never run
    page.get_by_text("Python 3 | Idle").wait_for()  # the status bar tells it when the kernel is there
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    last = _last_code_cell(lab_project)
    _wait_until_run(page, last)
    errors = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.count() == 0, errors.all_inner_texts()
    # the picture is there
    first = _in_sight(page, page.locator(".jp-CodeCell").filter(has=page.locator("svg.parley-picture")))
    first.locator("svg.parley-picture").first.wait_for()
    if folder := os.environ.get("SCREENSHOTS"):
        _take_pictures(page, first, Path(folder), "play")
    # nothing is begun yet; then the student's edit changes the verdict
    alone = page.locator(".jp-InputArea-editor", has_text=re.compile(r"^\s*check\(1\)\s*$"))
    check = _in_sight(page, page.locator(".jp-CodeCell").filter(has=alone))
    check.get_by_text("has no statements yet").first.wait_for()
    for program in ("server", "client"):
        source = stages.solution(stages.find(1), "full", program)
        shutil.copyfile(source, stages.exercise(stages.find(1), program, lab_project))
    check.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    check.get_by_text("100 of 100 points.").wait_for()
    if folder := os.environ.get("SCREENSHOTS"):
        _take_pictures(page, check, Path(folder), "check")
    _no_word_is_broken(page)
    assert lab.end() == 0


def _no_word_is_broken(page):
    """Code, diffs and stories look as our style says, whatever JupyterLab's own style says of pre."""
    assert _in_sight(page, page.locator(".parley pre"))
    styles = page.evaluate(
        """() => [...document.querySelectorAll('.parley pre')].map(pre => {
            const style = getComputedStyle(pre);
            return [pre.classList.contains('wrap') ? 'pre-wrap' : 'pre', style.whiteSpace, style.wordBreak];
        })"""
    )
    for wanted, white_space, word_break in styles:
        assert (white_space, word_break) == (wanted, "normal")


def _last_code_cell(project):
    """The number of the last code cell of stage 1, counted from 1."""
    cells = json.loads((project / "notebooks" / "1_echo.ipynb").read_text(encoding="utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" for cell in cells)


def _wait_until_run(page, number):
    """Wait until the cell with this number has run; JupyterLab draws only those cells that can be seen."""
    page.wait_for_function(
        """number => {
            const notebook = document.querySelector('.jp-Notebook .jp-WindowedPanel-outer');
            notebook.scrollTo(0, notebook.scrollHeight);
            const prompts = [...document.querySelectorAll('.jp-InputArea-prompt')];
            return prompts.some(each => each.textContent.trim() === `[${number}]:`);
        }""",
        arg=number,
        polling=500,
    )


def _in_sight(page, cells):
    """The first of these cells, scrolled into sight; JupyterLab draws only what is near."""
    for at in range(100):
        if cells.count():
            cells.first.scroll_into_view_if_needed()
            return cells.first
        page.evaluate(
            """at => {
                const notebook = document.querySelector('.jp-Notebook .jp-WindowedPanel-outer');
                notebook.scrollTo(0, notebook.scrollHeight * at / 100);
            }""",
            at,
        )
        page.evaluate(DRAWN)
    raise AssertionError("there is no such cell")


def _take_pictures(page, cell, folder, name):
    """Screenshots for those who change how things look: run this test with SCREENSHOTS=FOLDER and SCHEME=dark."""
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 1000})
        cell.scroll_into_view_if_needed()
        page.screenshot(path=folder / f"{name}_{os.environ.get('SCHEME', 'light')}_{width}.png")
    page.set_viewport_size({"width": 1280, "height": 1000})


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal")
def test_ctrl_c_ends_the_lab_at_once_without_a_question(lab_project, tmp_path, terminal, needs_a_browser):
    own = Lab.environment(lab_project, tmp_path)
    opened = terminal(sys.executable, "-m", "parley.cli", "lab", "--no-browser", environment=own)
    opened.shows("token=", SECONDS)
    opened.types("\x03")  # Ctrl+C
    opened.shows("Shutting down")
    assert opened.ends(SECONDS) == 0
    assert b"Shut down this" not in opened.shown


def test_a_lab_without_notebooks_is_a_sentence(tmp_path):
    own = {**os.environ, "PARLEY_ROOT": str(tmp_path), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "parley.cli", "lab", "--no-browser"]
    run = subprocess.run(command, env=own, capture_output=True, text=True, timeout=SECONDS)
    assert run.returncode == 1
    assert run.stderr == f"Error: notebooks/0_start.ipynb is missing. To make it: {stages.command('build')}\n"


def test_the_kernel_is_this_python_wherever_the_user_has_others(tmp_path, monkeypatch):
    specs = pytest.importorskip("jupyter_client.kernelspec", reason="needs the extra notebooks")
    from parley.notebooks import lab

    other = tmp_path / "share" / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["other"], "display_name": "Other", "language": "python"}')
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    for name, value in lab.lab_environment().items():
        monkeypatch.setenv(name, value)
    assert specs.KernelSpecManager().get_kernel_spec("python3").argv[0] == sys.executable


def test_a_picture_of_two_people_fits_a_zoom_of_150_percent(lab, lab_project, browser):
    """On a screen of 1280 pixels, with the list of files beside the notebook."""
    import nbformat

    from parley.derive import lessons

    cell = nbformat.v4.new_code_cell("from parley import play\nplay(3)")  # alone, so that it stays in sight
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": lessons.KERNEL})
    nbformat.write(notebook, lab_project / "notebooks" / "zoom.ipynb")
    page = browser.new_page(viewport={"width": int(1280 / 1.5), "height": int(1000 / 1.5)}, device_scale_factor=1.5)
    page.set_default_timeout(SECONDS * 1000)
    page.goto(re.sub(r"/lab[^?]*\?", "/lab/tree/notebooks/zoom.ipynb?reset&", lab.address))
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("Python 3 | Idle").wait_for()  # the status bar tells it when the kernel is there
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    picture = page.locator("svg.parley-picture").first
    picture.wait_for()
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "zoom.png")
    around = "picture => { const at = picture.closest('.parley'); return [at.scrollWidth, at.clientWidth] }"
    needed, there = picture.evaluate(around)
    assert needed <= there < 600
