"""The book: every notebook, freshly run in a copy of the project, as HTML pages that work offline."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import mimetypes
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass, replace
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parley import stages
from parley.checks.check import STATE
from parley.contract.errors import BadInput
from parley.contract.files import write_whole
from parley.derive import build, lessons
from parley.notebooks import lab
from parley.notebooks.cells import PREDICTIONS

JOBS = 2  # pages in parallel
CELL_SECONDS = 300  # limit of a cell
# what the cells need from the project
COPIED = (
    *("solutions", stages.EDITION, "exercises", "tests", "docs", "lessons", "benchmarks", "pyproject.toml"),
    "PROTOCOLS.md",
)
OF_THE_READER = (STATE, PREDICTIONS)
PROTOCOLS = "protocols"  # the page of PROTOCOLS.md
COVER = Path("docs") / "server5.svg"  # the picture of the first page
NOT_HERE = f"nbconvert isn't installed here. To install it: {stages.install('notebooks', 'book')}"
LINK = re.compile(r'<a href="(?P<to>[^"]*)">(?P<text>.*?)</a>', re.DOTALL)
IMAGE = re.compile(r'(?P<before><img\b[^>]*?\bsrc=")(?P<path>[^":]+)(?=")')
MINUTES = re.compile(r"takes about (\d+) minutes")
GOALS = re.compile(r"^After this page you can\n\n(?P<list>- .+?)\n\n", re.MULTILINE | re.DOTALL)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<nav aria-label="Pages">{nav}</nav>
<main>
{body}
</main>
<nav aria-label="Pages, again">{nav}</nav>
</body>
</html>
"""
STYLE = """
:root { --text: #1f2630; --soft: #5a6572; --paper: #ffffff; --line: #d5dae0; --code: #f4f6f8; --link: #1b62b5;
  --jp-mirror-editor-keyword-color: #7b2d8b; --jp-mirror-editor-string-color: #9a3412;
  --jp-mirror-editor-comment-color: #47703f; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ed; --soft: #9aa6b3; --paper: #14181d; --line: #3a444f;
  --code: #1d2329; --link: #74b3ff; --jp-mirror-editor-keyword-color: #d7a1e6;
  --jp-mirror-editor-string-color: #f0a884; --jp-mirror-editor-comment-color: #9cc492; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1em 1.2em 3em; max-width: 860px; overflow-wrap: break-word;
  color: var(--text); background: var(--paper); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); }
a.anchor-link { visibility: hidden; margin-left: 0.4em; text-decoration: none; }
h1:hover a.anchor-link, h2:hover a.anchor-link, h3:hover a.anchor-link { visibility: visible; }
h2 { margin-top: 2em; border-bottom: 1px solid var(--line); }
nav { display: flex; flex-wrap: wrap; gap: 0.3em 1em; padding: 0.6em 0; border-bottom: 1px solid var(--line); }
main + nav { border: 0; border-top: 1px solid var(--line); margin-top: 3em; }
main table { border-collapse: collapse; display: block; overflow-x: auto; }
main img, .cover svg { max-width: 100%; height: auto; }
.cover { max-width: 620px; margin: 1.5em 0; }
main li > ul { color: var(--soft); font-size: 0.92em; }
main .pages > li { margin-top: 0.8em; }
summary { cursor: pointer; padding: 0.25em 0; }
main th, main td { border: 1px solid var(--line); padding: 0.3em 0.6em; text-align: left; vertical-align: top; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.86em; }
main pre { overflow-x: auto; }
.input pre { background: var(--code); border-left: 3px solid var(--line); padding: 0.6em 0.8em; line-height: 1.4;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.prompt { display: none; }
.code_cell { margin: 1em 0; }
.output_area > div { overflow-x: auto; }
.output_text pre, .output_stream pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.highlight .k, .highlight .kn, .highlight .ow, .highlight .kc { color: var(--jp-mirror-editor-keyword-color); }
.highlight .s1, .highlight .s2, .highlight .sa, .highlight .si, .highlight .sd {
  color: var(--jp-mirror-editor-string-color); }
.highlight .c1 { color: var(--jp-mirror-editor-comment-color); }
@media (max-width: 480px) { body { padding: 0.6em 0.8em 2em; } main ul, main ol { padding-left: 1.3em; } }
@media print {
  :root { --text: #000000; --soft: #444444; --paper: #ffffff; --line: #bbbbbb; --code: #f4f6f8; --link: #000000;
    --jp-mirror-editor-keyword-color: #7b2d8b; --jp-mirror-editor-string-color: #9a3412;
    --jp-mirror-editor-comment-color: #47703f; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav, a.anchor-link { display: none; }
  h1, h2, h3, summary { break-after: avoid; }
  tr, img, svg, .input pre { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  .output_area > div, main table, .parley { overflow: visible !important; }
  .parley svg.parley-picture, .parley svg.parley-drawing { min-width: 0 !important; }
  main pre { white-space: pre-wrap !important; overflow-wrap: anywhere !important; }
}
"""


@dataclass(frozen=True)
class Page:
    """One page: its name (0_start), its title, and its notebook (of nbformat), which is run in place. `own`: it's the
    reader's own notebook, so a failing cell is shown unchanged.
    """

    name: str
    title: str
    notebook: Any
    own: bool = False


def book(root: Path, output: Path, mine: bool = False, say: Callable[[str], object] = print) -> Path:
    """Run all notebooks of the project in this folder, and write their pages and index.html into the folder `output`.

    The exercises have only comments, as for a beginner. With `mine` it's the reader's own book: their programs, their
    notebooks with their answers, and their predictions. `say(line)`: reports progress. Return the path of the index.
    Raise BadInput, OSError, and KeyboardInterrupt after Ctrl+C.
    """
    if not (find_spec("nbconvert") and lessons.available()):
        raise BadInput(NOT_HERE)
    if not lessons.pages(root):
        raise BadInput("There are no lessons yet: lessons/ has no page.")
    with tempfile.TemporaryDirectory(prefix="parley-book-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve()
        copy_project(root, copy, mine)
        pages = [page_of_notebook(path, text) for path, text in lessons.notebooks(copy)]
        if mine:
            pages = [_as_its_reader_has_it(page, root) for page in pages]
        (copy / "notebooks").mkdir()
        run_all(pages, copy, say)
        made = html_pages(pages, copy)
    for name, text in made.items():
        write_whole(output / name, text)
    return output / "index.html"


def copy_project(root: Path, folder: Path, mine: bool = False) -> None:
    """Copy what the cells need into an empty folder, with only the comments as exercises. With `mine`, copy the
    reader's exercises, predictions and results.
    """
    nothing = shutil.ignore_patterns("__pycache__", ".*", "kept-*")
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=nothing)
        elif source.is_file():
            shutil.copy2(source, folder / name)
    if mine:
        for kept in OF_THE_READER:
            if (root / kept).is_file():
                write_whole(folder / kept, (root / kept).read_bytes())
        return
    for path, text in build.plan_exercises(folder):
        write_whole(path, text)


# Running


def run_all(pages: Sequence[Page], copy: Path, say: Callable[[str], object] = print, as_book: bool = True) -> None:
    """Run these pages in a copy of the project, several in parallel, with PARLEY_BOOK if `as_book`. Raise BadInput for
    the first cell that fails.
    """
    # in a thread: in the main one, nbclient would handle signals, and Ctrl+C wouldn't reach us
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    done = asyncio.run_coroutine_threadsafe(_run_all(pages, copy, say, as_book), loop)
    try:
        while not futures.wait([done], timeout=1).done:  # a limit, so that Windows sees Ctrl+C
            pass
        done.result()
    finally:
        _cancel(done, loop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _cancel(done: futures.Future[None], loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks of the loop, and wait until they have ended their kernels."""

    async def ended() -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 10)

    done.cancel()
    # a slow kernel ends with this process, and its reaper ends its programs
    with contextlib.suppress(futures.TimeoutError, futures.CancelledError, asyncio.TimeoutError):
        asyncio.run_coroutine_threadsafe(ended(), loop).result(12)


async def _run_all(pages: Sequence[Page], copy: Path, say: Callable[[str], object], as_book: bool) -> None:
    at_once = asyncio.Semaphore(JOBS)

    async def in_turn(page: Page) -> None:
        async with at_once:
            began = time.monotonic()
            await _run(page, copy, as_book)
            say(f"{page.name}: {time.monotonic() - began:.1f} s")

    await asyncio.gather(*map(in_turn, pages))


async def _run(page: Page, copy: Path, as_book: bool) -> None:
    """Run one page."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class Kernel(AsyncKernelManager):
        """Return the kernel of this Python, ignoring other kernels."""

        kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(lab.folder() / "kernels")])

    own = {**os.environ, "PARLEY_ROOT": str(copy), "PARLEY_BOOK": "1" if as_book else ""}
    place = {"metadata": {"path": str(copy / "notebooks")}}
    try:
        with kernel_config() as config:
            client = NotebookClient(
                page.notebook,
                kernel_manager_class=Kernel,
                config=config,
                timeout=CELL_SECONDS,
                resources=place,
                allow_errors=page.own,
            )
            await client.async_execute(env=own)
    except CellExecutionError as error:
        raise BadInput(f"{_where(page)} failed: {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise BadInput(f"{_where(page)} didn't finish within {CELL_SECONDS} s.") from error
    except DeadKernelError as error:
        raise BadInput(f"{_where(page)} ended its kernel.") from error


@contextlib.contextmanager
def kernel_config() -> Iterator[Any]:
    """Return how to talk to a kernel, as jupyter_client's configuration: through sockets in its own folder.

    The alternative chooses ports before the kernel takes them, and another program may take them first. On Windows it's
    the only way.
    """
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        own = {"transport": "ipc", "ip": str(Path(folder, "kernel"))}
        yield Config() if os.name == "nt" else Config(KernelManager=own)


def _where(page: Page) -> str:
    cells = [cell for cell in page.notebook.cells if cell.cell_type == "code"]
    number = max((at for at, cell in enumerate(cells, 1) if "execution" in cell.metadata or cell.outputs), default=1)
    first = cells[number - 1].source.strip().partition("\n")[0]
    return f"lessons/{page.name}.md, cell {number} ({first})"


# Pages


def page_of_notebook(path: Path, text: str) -> Page:
    """Return the Page of a notebook, from its path and text."""
    import nbformat

    notebook = nbformat.reads(text, as_version=4)
    heading = lessons.HEADING.search(notebook.cells[0].source)
    return Page(path.stem, heading[1] if heading else path.stem, notebook)


def _as_its_reader_has_it(page: Page, root: Path) -> Page:
    """Return the page with the reader's own notebook, if there is one. Raise BadInput if it can't be read."""
    import nbformat

    path = root / "notebooks" / f"{page.name}.ipynb"
    if not path.is_file():
        return page
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except ValueError as error:
        raise BadInput(
            f"notebooks/{path.name} isn't a notebook any more. Move it away, and the book takes the lesson instead."
        ) from error
    return replace(page, notebook=notebook, own=True)


def html_pages(pages: Sequence[Page], copy: Path) -> dict[str, str]:
    """Return the self-contained files of a book: {name: HTML} of these pages, the protocols and the first page.

    `copy`: the project in which the pages were run. Raise BadInput if a picture is missing.
    """
    protocols = copy / "PROTOCOLS.md"
    if protocols.is_file():
        pages = [*pages, _page_of_markdown(PROTOCOLS, protocols.read_text(encoding="utf-8"))]
    made = {f"{page.name}.html": _html(page, pages, copy) for page in pages}
    return {**made, "index.html": _home(pages, copy)}


def _page_of_markdown(name: str, text: str) -> Page:
    """Return a page without cells to run."""
    import nbformat

    notebook: Any = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call, unused-ignore]
        cells=[nbformat.v4.new_markdown_cell(text)]  # type: ignore[no-untyped-call, unused-ignore]
    )
    heading = lessons.HEADING.search(text)
    return Page(name, heading[1] if heading else name, notebook)


def _html(page: Page, pages: Sequence[Page], copy: Path) -> str:
    """Return the HTML of a page that was run."""
    from nbconvert import HTMLExporter

    # (nbconvert parses each piece of HTML alone to embed pictures, and so closes a <details> where it begins)
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(page.notebook)
    body = IMAGE.sub(lambda image: image["before"] + _embedded(copy / "notebooks" / image["path"]), body)
    names = {page.name for page in pages}
    body = LINK.sub(lambda link: _link(link, names), body)
    body = re.sub(r"<(pre|table)>", r'<\1 tabindex="0">', body)  # the keyboard must reach everything that can scroll
    at = pages.index(page)
    around = [("index", "All pages")]
    around += [(pages[at - 1].name, f"Back: {pages[at - 1].title}")] if at else []
    around += [(pages[at + 1].name, f"Next: {pages[at + 1].title}")] if at + 1 < len(pages) else []
    nav = " ".join(f'<a href="{name}.html">{escape(words)}</a>' for name, words in around)
    return PAGE.format(title=escape(page.title), style=STYLE, nav=nav, body=body)


def _embedded(path: Path) -> str:
    """Return a picture as a data URL. Raise BadInput if it's missing."""
    if not path.is_file():
        raise BadInput(f"A page shows {path.name}, but {path.parent.resolve().name} has no such picture.")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _link(link: re.Match[str], names: Collection[str]) -> str:
    """Return a link between pages, or to the web, as in the book. Of a link to a project file, keep the words."""
    if re.match(r"https?:|mailto:|#", link["to"]):
        return link[0]
    path, mark, anchor = link["to"].partition("#")
    name, _, kind = path.rpartition(".")
    if path == "../PROTOCOLS.md" and PROTOCOLS in names:
        return f'<a href="{PROTOCOLS}.html{mark}{anchor}">{link["text"]}</a>'
    if kind == "ipynb" and name in names:
        return f'<a href="{name}.html{mark}{anchor}">{link["text"]}</a>'
    return link["text"]


def _home(pages: Sequence[Page], copy: Path) -> str:
    """Return the first page: what this is, a picture, and for each page how long it takes and what you can do
    afterwards.
    """
    to_work = [page for page in pages if page.name[0].isdigit()]
    to_look_up = [page for page in pages if page not in to_work]
    cover = copy / COVER
    picture = f'<div class="cover">{cover.read_text(encoding="utf-8")}</div>\n' if cover.is_file() else ""
    body = (
        "<h1>Parley: a chat in five stages</h1>\n"
        "<p>You write a chat with nothing but Python's <code>socket</code> and <code>threading</code>, in five stages: "
        "from an echo to a server where everyone hears everyone. Each stage has a page to read and two programs to "
        f"write.</p>\n{picture}"
        f'<h2>Pages</h2>\n<ol class="pages" start="0">\n{"".join(map(_entry, to_work))}</ol>\n'
        f'<h2>To look things up</h2>\n<ul class="pages">\n{"".join(map(_entry, to_look_up))}</ul>\n'
        "<h2>Run it yourself</h2>\n<p>The output on these pages comes from programs that ran when the pages "
        "were made. To run and change them, and to check your own programs, type "
        f"<code>{stages.command('lab')}</code> in the project's folder.</p>"
    )
    nav = f'<a href="{pages[0].name}.html">Begin: {escape(pages[0].title)}</a>'
    return PAGE.format(title="Parley: a chat in five stages", style=STYLE, nav=nav, body=body)


def _entry(page: Page) -> str:
    """Return an entry of the list of pages: the title, its minutes, and what a reader can do afterwards."""
    text = "\n\n".join(cell.source for cell in page.notebook.cells if cell.cell_type == "markdown")
    minutes, goals = MINUTES.search(text), GOALS.search(f"{text}\n\n")
    time_needed = f", about {minutes[1]} minutes" if minutes else ""
    learned = goals["list"].removeprefix("- ").split("\n- ") if goals else []
    items = "".join(f"<li>{_plain_html(goal)}</li>" for goal in learned)
    heading = f'<a href="{page.name}.html">{escape(re.sub(r"^[0-9] ", "", page.title))}</a>{time_needed}'
    return f"<li>{heading}{f'<ul>{items}</ul>' if items else ''}</li>\n"


def _plain_html(goal: str) -> str:
    """Return a line of Markdown as HTML, with code as its only markup."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(goal.split()).rstrip(";.")))
