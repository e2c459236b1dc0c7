"""The lessons: every notebook runs alone, the pages are sound, and notebooks are derived without losing work."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from helpers import COMMAND, parley, until

from parley import stages
from parley.contract.errors import BadInput
from parley.derive import build, lessons

pytestmark = pytest.mark.skipif(not lessons.available(), reason="needs the extra notebooks")

SECONDS = 300  # bound of one notebook; it should take 25 on a quick machine
ROOT = stages.root()
PAGES = lessons.pages(ROOT)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<to>[^)\s]+)\)")
IMAGE = re.compile(r"!\[(?P<alternative>[^\]]*)\]\((?P<to>[^)\s]+)\)")
ITALIC = re.compile(r"(?<![*\w\\])\*(?!\*)([^*]+?)\*(?![*\w])")
GLOSSARY_ROW = re.compile(r"^\| *([^|]+?) *\| *([^|]+?) *\| *\[[^\]]*\]\((\w+)\.md\) *\|$", re.MULTILINE)
FENCE_OPENED = re.compile(r"^(?:```|~~~)([^\n]*)\n(.*?)^(?:```|~~~)", re.MULTILINE | re.DOTALL)
# words in italics that are only said with stress; any other one or two words in italics are a term of the glossary
STRESSED = """
    all and then before behind both breaks edges every holds here is its own last lost machine not number number of
    once one only our program ours reading same second sending some some megabytes the connection the address whole
    first step second step then who you without parentheses who closes? others two different is killed that thread send
"""


def prose(page):
    text = FENCE_OPENED.sub("", page.read_text(encoding="utf-8"))
    return text.partition("\n---\n")[2] if text.startswith("---\n") else text


# The pages


@pytest.fixture(params=PAGES, ids=lambda page: page.stem)
def page(request):
    return request.param


def test_a_page_begins_with_its_title_and_names_its_kernel(page):
    text = page.read_text(encoding="utf-8")
    heading = lessons.HEADING.search(prose(page))
    assert heading and heading[0].startswith("# ")
    assert prose(page).strip().startswith(heading[0])
    if "```python" in text:
        assert "name: python3" in text


def test_links_lead_somewhere(page):
    for link in [*LINK.finditer(prose(page)), *IMAGE.finditer(prose(page))]:
        if re.match(r"https?://", link["to"]):
            continue
        path, _, anchor = link["to"].partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link[0]}"
        if anchor:
            assert anchor in lessons.anchors(target.read_text(encoding="utf-8")), f"{page.name}: {link[0]}"


def test_pictures_have_an_alternative(page):
    for image in IMAGE.finditer(prose(page)):
        assert len(image["alternative"]) > 10, f"{page.name}: {image[0]}"
    assert "<img" not in page.read_text(encoding="utf-8")


def test_code_is_run(page):
    """No transcript is typed by hand: what stands in a fence is Python that is run, and nothing in it is an output."""
    for fence in FENCE_OPENED.finditer(page.read_text(encoding="utf-8")):
        assert fence[1] == "python", f"{page.name}: a fence of {fence[1] or 'plain text'}: {fence[2]}"
        if not fence[2].startswith("%%"):
            source = re.sub(r"^[%!].*", "", fence[2], flags=re.MULTILINE)
            compile(source, page.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert not re.search(r"^(>>> |Out\[|In \[|\$ )", fence[2], re.MULTILINE), fence[2]
    for block in re.findall(r"(?<=\n\n)(?:(?: {4}|\t).*\n)+", prose(page)):
        text = textwrap.dedent(block)
        last = text.splitlines()[-1]
        if last.endswith(":"):  # a part may end with the heading of a block
            text += " " * (len(last) - len(last.lstrip()) + 4) + "pass\n"
        if not all(re.match(r"(python3 (start\.py|-i|-c|-m)|nc|parley) ", line) for line in text.splitlines()):
            compile(text, page.name, "exec")  # a part of a program to be read; no transcript is one


def test_no_times_or_ports_of_a_run_are_typed(page):
    """Numbers of a run: times with milliseconds, ports that are given by chance."""
    found = re.findall(r"\b\d+\.\d{3} s\b|\bport [23]\d{4}\b|\b127\.0\.0\.1[: ][23]\d{4}\b", prose(page))
    assert not found, f"{page.name}: {found}"


def test_there_is_no_filler_and_no_exclamation_mark(page):
    words = re.sub(r"`[^`]*`", "", prose(page))
    assert not re.search(r"\w!(?:\s|$)", words)
    assert not re.search(r"\b(obviously|of course|awesome|let's dive|foo|hello world)\b", words, re.IGNORECASE)


def glossary():
    """The words of the glossary: {word: the page where it is first met}; one row may have several."""
    rows = GLOSSARY_ROW.findall((ROOT / "lessons" / "glossary.md").read_text(encoding="utf-8"))
    return {word.strip("`"): page for words, _, page in rows for word in re.split(r", ", words)}


def in_italics(page):
    """What stands in italics in a page, without signs around it."""
    paragraphs = re.split(r"\n\s*\n|\n(?=[-|#] ?)", re.sub(r"``?[^`]*``?", _not_starred, prose(page)))
    found = [text for paragraph in paragraphs for text in ITALIC.findall(" ".join(paragraph.split()))]
    return [text.strip("`.,:;") for text in found]


def _not_starred(code):
    return code[0].replace("*", "")


def forms(text):
    """How a word may be written in the glossary."""
    text = text.removesuffix("()")
    return {text, text.lower(), *(text.lower().removesuffix(end) for end in ("s", "es", "d", "ed", "ing"))}


needs_glossary = pytest.mark.skipif(not (ROOT / "lessons" / "glossary.md").is_file(), reason="no glossary yet")


@needs_glossary
def test_terms_are_in_the_glossary(page):
    known = {form for word in glossary() for form in forms(word)}
    number = page.stem.partition("_")[0]
    comments = ""
    if number in {str(stage.number) for stage in stages.STAGES}:
        folder = stages.exercise(stages.find(number), "server").parent.name
        paths = (ROOT / "solutions" / folder / "full").glob("*.py")
        comments = " ".join(path.read_text(encoding="utf-8") for path in paths).lower()
    missing = [
        text
        for text in in_italics(page)
        if len(text.split()) <= 2
        and not forms(text) & known
        and not set(text.lower().split()) <= set(STRESSED.split())
        and text[:1].islower()
        and text.lower() not in comments
    ]
    assert not missing, f"in italics in {page.name}, but not in lessons/glossary.md: {missing}"


@needs_glossary
def test_words_of_the_glossary_are_explained_where_it_says():
    missing = []
    for word, name in glossary().items():
        first = ROOT / "lessons" / f"{name}.md"
        explained = {form for text in in_italics(first) for form in forms(text)}
        if not forms(word) & explained and not re.search(rf"`(\w+\.)?{re.escape(word)}[(`]", prose(first)):
            missing.append(f"{word} ({name})")
    assert not missing, f"neither in italics nor in code where the glossary says: {', '.join(missing)}"


@needs_glossary
def test_the_glossary_is_in_order():
    words = [word.lower() for word in glossary()]
    assert len(words) == len(set(words))
    firsts = [
        words.split(", ")[0].strip("`").lower()
        for words, _, _ in GLOSSARY_ROW.findall((ROOT / "lessons" / "glossary.md").read_text(encoding="utf-8"))
    ]
    assert firsts == sorted(firsts)


# How long pages are

# the most words of prose of each stage's page; a word is what has a letter or a figure in it
MOST_WORDS = {"1_echo": 2600, "2_logbook": 1700, "3_turns": 2200, "4_peers": 2700, "5_broadcast": 4200}
LONG = 30  # words of a sentence
SENTENCE_ENDS = re.compile(r"(?<=[.?!:])[\"')*_]*(?:\s+|$)|\n\s*\n")


def sentences(page):
    """The sentences of a page, without code, the rows of tables counted by their cells."""
    text = re.sub(r"^ {4}.*$", "", prose(page), flags=re.MULTILINE)  # a part of a program
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"^\|?[-| ]+$", "", text, flags=re.MULTILINE))
    text = re.sub(r"``?[^`\n]*``?", "code", text.replace("e.g.", "eg"))
    text = re.sub(r"^(?:[-#>|]|\d+\.)|\||^(?=#)", "\n\n", text, flags=re.MULTILINE)
    return [words for part in SENTENCE_ENDS.split(text) if (words := re.findall(r"\w[\w'.-]*", part))]


def test_sentences_are_counted():
    assert [len(sentence) for sentence in sentences_of("# A title\n\nOne two. It's `a b`: three?\n- four five\n")] == [
        2,
        2,
        2,
        1,
        2,
    ]
    assert [len(sentence) for sentence in sentences_of("| a | b c |\n| --- | --- |\n| [d e](x.md) | f |\n")] == [
        1,
        2,
        2,
        1,
    ]


def sentences_of(text):
    class Page:
        def read_text(self, encoding):
            return text

    return sentences(Page())


@pytest.mark.parametrize("name", MOST_WORDS)
def test_a_page_has_no_more_words_than_one_reads(name):
    words = sum(map(len, sentences(ROOT / "lessons" / f"{name}.md")))
    assert words <= MOST_WORDS[name]


def test_long_sentences_are_rare(page):
    found = sentences(page)
    long = [" ".join(words) for words in found if len(words) > LONG]
    assert len(long) < 0.03 * len(found), "\n".join(long)


# words that a reader knows before a page gives them their meaning here; the first page says what server and client are
EVERYDAY = """
    address append bare bind bytes block client connect connection event host join listen lock log port program queue
    record receiver refused reset scene sender server socket story stream thread turn wire cell process peer stall
    visitor participant race buffer broadcast refuse newline
"""


@needs_glossary
def test_a_term_of_the_glossary_is_not_used_before_the_page_that_explains_it():
    order = [page.stem for page in PAGES if page.stem[0].isdecimal()]
    early = []
    for word, name in glossary().items():
        if word in EVERYDAY.split() or name not in order:
            continue
        for page in PAGES[: order.index(name)]:
            text = re.sub(r"``?[^`]*``?|\]\([^)]*\)", " ", prose(page))
            if re.search(rf"\b{re.escape(word)}\b", " ".join(text.split()), re.IGNORECASE):
                early.append(f"{word} ({page.stem}, explained in {name})")
    assert not early, "; ".join(early)


@needs_glossary
def test_a_term_is_explained_where_it_is_first_used_in_its_page():
    """Nothing before the paragraph that has it in italics or as code uses it; the list of what one learns may."""
    late = []
    for word, name in glossary().items():
        if word in EVERYDAY.split():
            continue
        text = re.sub(
            r"^After this page.*?\n\n(?:- .*\n|  .*\n)+|^#.*$|^\|.*$|^<details>.*$",
            "",
            prose(ROOT / "lessons" / f"{name}.md"),
            flags=re.MULTILINE,
        )
        paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
        used = next((part for part in paragraphs if re.search(rf"\b{re.escape(word)}s?\b", part, re.IGNORECASE)), "")
        if used and not re.search(rf"[*`][^*`]*\b{re.escape(word)}", used, re.IGNORECASE):
            late.append(f"{word} ({name}): {used[:80]}")
    assert not late, "\n".join(late)


# Every notebook runs


RUN_NOTEBOOK = """
import sys
import nbformat
from parley import stages
from parley.derive import lessons
from parley.notebooks import book
root = stages.root()
path = root / "lessons" / (sys.argv[1] + ".md")
pages = [book.page_of_notebook(path, lessons.notebook(path))]
book.run_all(pages, root, say=lambda line: None, as_book=False)
nbformat.write(pages[0].notebook, root / "notebooks" / (sys.argv[1] + ".ipynb"))
"""


def run_notebook(page, project):
    """Run the notebook of a page alone, from top to bottom; all HTML that its cells have shown."""
    run = subprocess.run(
        [sys.executable, "-c", RUN_NOTEBOOK, page.stem],
        env={**os.environ, "PARLEY_ROOT": str(project)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    cells = json.loads((project / "notebooks" / f"{page.stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not any(output["output_type"] == "error" for output in outputs)
    return "".join("".join(output.get("data", {}).get("text/html", "")) for output in outputs)


def solve(project):
    """The exercises are the solutions from now on."""
    for stage in stages.STAGES:
        for program in stage.programs:
            shutil.copy2(stages.solution(stage, "full", program), stages.exercise(stage, program, project))


def pages_to_run():
    """The pages with cells; only the first one is quick."""
    pages = [page for page in PAGES if "```python" in page.read_text(encoding="utf-8")]
    return [pytest.param(page, marks=[pytest.mark.nightly] if page != pages[0] else [], id=page.stem) for page in pages]


@pytest.mark.parametrize("page", pages_to_run())
def test_a_notebook_runs_alone_twice_in_a_row(page, project):
    """First the exercises are the comments alone; then, in what that has left behind, they are the solutions."""
    (project / "notebooks").mkdir(exist_ok=True)
    text = page.read_text(encoding="utf-8")
    checks = re.search(r"^check\(\d\)", text, re.MULTILINE)
    shown = run_notebook(page, project)
    assert "<svg" in shown or "play(" not in text
    assert not checks or ("has no statements yet" in shown and "100 of 100 points." not in shown)
    solve(project)
    shown = run_notebook(page, project)
    assert not checks or ("has no statements yet" not in shown and "100 of 100 points." in shown)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["1_echo", "5_broadcast"])
def test_a_notebook_runs_with_the_solutions(name, project):
    """With the comments alone all pages run where CI makes the book."""
    (project / "notebooks").mkdir(exist_ok=True)
    solve(project)
    assert "100 of 100 points." in run_notebook(ROOT / "lessons" / f"{name}.md", project)


# Notebooks are derived


@pytest.fixture
def small(tmp_path):
    """A project with all programs and one lesson of its own, built."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "lessons").mkdir()
    write_lesson(tmp_path, "Two programs talk.")
    return tmp_path


def write_lesson(root, text, name="1_echo"):
    (root / "lessons" / f"{name}.md").write_text(f"# 1 Echo\n\n{text}\n\n```python\n1 + 1\n```\n", encoding="utf-8")


def build_notebooks(root, monkeypatch):
    """A build of the notebooks alone, which takes no time."""
    monkeypatch.setattr(build, "plan", build.plan_notebooks)
    monkeypatch.setattr(build, "_surplus", _surplus_of_notebooks(build._surplus))
    return build.build(root)


def _surplus_of_notebooks(surplus):
    return lambda root, wanted: [path for path in surplus(root, wanted) if path.suffix == ".ipynb"]


def test_a_notebook_is_the_same_each_time_and_says_what_it_is(small):
    page = small / "lessons" / "1_echo.md"
    text = lessons.notebook(page)
    assert text == lessons.notebook(page)
    book = json.loads(text)
    assert book["cells"][0]["source"].startswith('<!-- Derived from lessons/1_echo.md by "parley build"')
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert not lessons.has_outputs(text) and lessons.is_untouched(text)


def test_the_id_of_a_cell_stays_when_another_one_changes(small):
    page = small / "lessons" / "1_echo.md"
    before = [cell["id"] for cell in json.loads(lessons.notebook(page))["cells"]]
    write_lesson(small, "Two programs talk to each other.")
    after = [cell["id"] for cell in json.loads(lessons.notebook(page))["cells"]]
    assert before[1:] == after[1:] and before[0] != after[0]
    page.write_text("# T\n\n```python\n1\n```\n\n```python\n1\n```\n", encoding="utf-8")
    ids = [cell["id"] for cell in json.loads(lessons.notebook(page))["cells"]]
    assert len(set(ids)) == 3


def test_links_between_lessons_become_links_between_notebooks(small):
    write_lesson(
        small, "See [two](2_logbook.md), [its idea](2_logbook.md#the-idea), `[no](2.md)`, [web](https://a.org/b.md)."
    )
    (small / "lessons" / "2_logbook.md").write_text("# 2\n\n## The idea\n", encoding="utf-8")
    source = json.loads(lessons.notebook(small / "lessons" / "1_echo.md"))["cells"][0]["source"]
    assert "[two](2_logbook.ipynb)" in source and "[its idea](2_logbook.ipynb#The-idea)" in source
    assert "https://a.org/b.md" in source


def test_a_cell_that_is_no_python_is_refused(small):
    (small / "lessons" / "1_echo.md").write_text("# T\n\n```python\n1\n```\n\n```bash\nls\n```\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"lessons/1_echo.md: a cell begins with %%bash"):
        lessons.notebook(small / "lessons" / "1_echo.md")


def test_build_writes_notebooks_and_writes_them_again_when_the_lesson_changes(small, monkeypatch):
    path = small / "notebooks" / "1_echo.ipynb"
    assert build_notebooks(small, monkeypatch).written == [path]
    assert build.build(small).written == []
    write_lesson(small, "Two programs talk to each other.")
    assert build.build(small).written == [path]
    assert "to each other" in path.read_text(encoding="utf-8")


def test_a_notebook_that_was_run_or_edited_is_kept_and_it_is_said(small, monkeypatch):
    path = small / "notebooks" / "1_echo.ipynb"
    build_notebooks(small, monkeypatch)
    book = json.loads(path.read_text(encoding="utf-8"))
    book["cells"][1]["execution_count"] = 1
    book["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "2"}]
    path.write_text(json.dumps(book), encoding="utf-8")
    kept = path.read_text(encoding="utf-8")
    assert build.build(small).kept == []  # its lesson is as it was: nothing is to be said
    write_lesson(small, "Something else.")
    built = build.build(small)
    assert built.written == [] and path.read_text(encoding="utf-8") == kept
    assert "notebooks/1_echo.ipynb was edited or run, so it stays unchanged" in built.kept[0]
    book["cells"][1]["outputs"], book["cells"][1]["execution_count"] = [], None
    book["cells"][1]["source"] = "2 + 2"
    path.write_text(json.dumps(book), encoding="utf-8")
    assert "was edited or run" in build.build(small).kept[0]


def test_a_notebook_whose_lesson_is_gone_is_removed_if_nobody_has_touched_it(small, monkeypatch):
    write_lesson(small, "Another one.", "2_logbook")
    build_notebooks(small, monkeypatch)
    own = small / "notebooks" / "mine.ipynb"
    own.write_text('{"cells": [], "metadata": {}}', encoding="utf-8")
    (small / "lessons" / "2_logbook.md").unlink()
    assert build.build(small).removed == [small / "notebooks" / "2_logbook.ipynb"]
    assert own.is_file()


def test_check_shows_the_difference_as_a_page(small, monkeypatch):
    build_notebooks(small, monkeypatch)
    assert build.stale_files(small) == []
    write_lesson(small, "Something else.")
    (stale,) = build.stale_files(small)
    assert stale.reason == "notebooks/1_echo.ipynb isn't what its lesson gives."
    assert "-Two programs talk." in stale.diff and "+Something else." in stale.diff and '"cells"' not in stale.diff


def test_check_compares_what_notebooks_say_and_wants_no_outputs(small, monkeypatch):
    build_notebooks(small, monkeypatch)
    path = small / "notebooks" / "1_echo.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(book, indent=4), encoding="utf-8")
    assert build.stale_files(small) == []
    book["cells"][1]["execution_count"] = 1
    path.write_text(json.dumps(book), encoding="utf-8")
    (stale,) = build.stale_files(small)
    assert stale.reason == "notebooks/1_echo.ipynb was run, but must be committed without outputs."


def test_without_jupytext_programs_are_built_and_a_sentence_says_what_is_missing(small, monkeypatch):
    monkeypatch.setattr(lessons, "available", lambda: False)
    monkeypatch.setattr(build, "plan", build.plan_notebooks)  # the programs take their time
    monkeypatch.setattr(build, "_surplus", lambda root, wanted: [])
    built = build.build(small)
    assert lessons.NOT_BUILT in built.kept and not (small / "notebooks").exists()


def test_without_lessons_nothing_is_said(tmp_path, monkeypatch):
    built = build_notebooks(tmp_path, monkeypatch)
    assert (built.written, built.kept) == ([], [])


# The book


def test_the_book_is_whole_and_needs_no_network(tmp_path, project, monkeypatch):
    """Made from one small page: its links, its index, and nothing from elsewhere."""
    shutil.rmtree(project / "lessons")
    (project / "lessons").mkdir()
    write_lesson(project, "See [two](2_logbook.md) and [a file](../exercises/1_echo/server.py).")
    (project / "lessons" / "2_logbook.md").write_text(
        "# 2 Logbook\n\n[Back](1_echo.md#1-echo)\n\n```python\nfrom parley import play\nplay(1)\n```\n",
        encoding="utf-8",
    )
    from parley.notebooks.book import book

    index = book(project, tmp_path / "pages", say=lambda line: None)
    assert index == tmp_path / "pages" / "index.html"
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()}
    assert set(made) == {"index.html", "1_echo.html", "2_logbook.html", "protocols.html"}
    for name, text in made.items():
        assert not re.search(r'(src|href)="(https?:)?//', text), name
        assert "@import" not in text and "<script" not in text, name
        for to in re.findall(r'href="([^"#]+)', text):
            assert to in made, f"{name}: {to}"
        assert "prefers-color-scheme: dark" in text and '<html lang="en">' in text
    assert "a file" in made["1_echo.html"] and "server.py" not in made["1_echo.html"]
    assert 'id="1-Echo"' in made["1_echo.html"] and 'href="1_echo.html#1-Echo"' in made["2_logbook.html"]
    assert re.search('<svg[^>]* class="[^"]*parley-picture[^>]* role="img"', made["2_logbook.html"])


def test_a_cell_that_fails_is_named_in_one_sentence(project):
    shutil.rmtree(project / "lessons")
    (project / "lessons").mkdir()
    (project / "lessons" / "1_echo.md").write_text(
        "# 1 Echo\n\n```python\n1 + 1\n```\n\n```python\nbroken(1)\n2\n```\n", encoding="utf-8"
    )
    run = parley("book", "-o", project / "pages", PARLEY_ROOT=str(project))
    assert run.returncode == 1
    said = [line for line in run.stderr.splitlines() if line.startswith("Error:")]
    assert said == ["Error: lessons/1_echo.md, cell 2 (broken(1)) failed: NameError: name 'broken' is not defined"]
    assert "Traceback" not in run.stderr and not (project / "pages").exists()


def test_a_book_without_lessons_is_a_sentence(tmp_path):
    from parley.notebooks.book import book

    with pytest.raises(BadInput, match="There are no lessons yet"):
        book(tmp_path, tmp_path / "pages")
    assert not (tmp_path / "pages").exists()


def test_a_project_is_copied_with_comments_or_with_the_students_own_programs(tmp_path):
    from parley.notebooks.book import copy_project

    source = tmp_path / "source"
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, source / name)
    path = Path("exercises") / "1_echo" / "server.py"
    (source / path).write_text("my_own = 1\n", encoding="utf-8")
    for mine in (False, True):
        copy = tmp_path / f"copy-{mine}"
        copy.mkdir()
        copy_project(source, copy, mine)
        assert ("my_own" in (copy / path).read_text(encoding="utf-8")) == mine


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal")
def test_ctrl_c_ends_the_book_and_all_that_it_has_started(project, tmp_path, terminal):
    shutil.rmtree(project / "lessons")
    (project / "lessons").mkdir()
    (project / "lessons" / "1_echo.md").write_text(
        "# 1 Echo\n\n```python\nfrom parley import play\nplay(1, 'mine')\n```\n", encoding="utf-8"
    )
    begun = tmp_path / "begun"
    hangs = f"import os, time\nopen({str(begun)!r}, 'w').write(str(os.getpid()))\nwhile True:\n    time.sleep(1)\n"
    stages.exercise(stages.STAGES[0], "server", project).write_text(hangs, encoding="utf-8")
    environment = {**os.environ, "PARLEY_ROOT": str(project), "NO_COLOR": "1", "TMPDIR": str(tmp_path)}
    command = [*COMMAND, "book", "--mine", "-o", str(tmp_path / "pages")]
    opened = terminal(*command, environment=environment)
    process = psutil.Process(int(until(lambda: begun.is_file() and begun.read_text(), "the program of the student")))
    kernel = process.parent()
    opened.types("\x03")  # Ctrl+C
    assert opened.ends() == 130
    until(lambda: not process.is_running() and not kernel.is_running(), "the end of the program and of its kernel")
    until(lambda: not list(tmp_path.glob("parley-*")), "the end of their folders")
    assert not (tmp_path / "pages").exists()
