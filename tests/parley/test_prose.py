"""How the lessons read: how early a reader does something, and how much is said between two cells."""

import ast
import re

import pytest

from parley import stages
from parley.derive import lessons

PAGES = ("1_echo", "2_logbook", "3_turns", "4_peers", "5_broadcast")
FIRST_CELL, FIRST_QUESTION, BETWEEN_CELLS = 120, 600, 80  # words before these, or at most
CELL = "\0"


@pytest.fixture(params=PAGES)
def page(request):
    """A page: its cells, and its text with CELL for each of them."""
    text = (stages.root() / "lessons" / f"{request.param}.md").read_text(encoding="utf-8")
    text = text.partition("\n---\n")[2]
    return lessons.FENCE.findall(text), lessons.FENCE.sub(CELL, text)


def words(text):
    return re.findall(r"\S*\w\S*", text)


def test_the_first_cell_and_the_first_question_come_early(page):
    cells, text = page
    before = [len(words("".join(text.split(CELL)[: number + 1]))) for number in range(len(cells))]
    asks = next(number for number, cell in enumerate(cells) if re.search(r"^(predict|answer)\(", cell, re.MULTILINE))
    assert before[0] <= FIRST_CELL
    assert before[asks] <= FIRST_QUESTION


def test_few_words_are_between_two_cells_of_the_idea(page):
    _, text = page
    for heading in ("The idea", "Predict, run, compare"):
        section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert CELL in section
        for part in section.split(CELL):
            assert len(words(part)) <= BETWEEN_CELLS, part


# Words that Parley has a plainer one for: what a person reads, in code and in pages, uses one word for one thing.
PLAINER = {
    r"end-of-stream": "end of stream (EOF)",
    r"(a|the|its|each) line end": "newline",  # "no line end" is a cause in files
    r"broken off|breaks? (it )?off|breaks the connection off": "connection reset, resets",
    r"foreseen trouble": "expected error",
    r"trouble of the (grader|checker)": "grader error",
    r"polite(ly)?": "clean, graceful",
    r"for ever": "forever",
    r"oneself": "yourself",
    r"anew": "again",
    r"likeness": "similarity",
    r"from above to below": "from top to bottom",
    r"speaks? (no )?UTF-8": "uses UTF-8",
    r"no UTF-8": "not UTF-8",
    r"somebody": "someone, a client, a user",
    r"nobody": "no one, no client",
    r"everybody": "everyone, all participants",
    r"shall": "must, should, will",
    r"meanwhile": "in the meantime",
    r"further exercises?": "extra exercise",
    r"has had enough": "leaves",
    r"end of the keyboard|the keyboard ends": "end of input",
    r"where (it is )?left out|if left out": "default",
}
TITLE = "Broadcast: everybody hears everybody"
KEPT = (
    # titles of a lesson and of plans, which say it so too
    *(TITLE, TITLE.lower(), TITLE.lower().replace(":", " |"), "5 " + TITLE.lower()),
    "Stage 5, the server: everybody hears everybody.",
    "Stage 5: everybody hears everybody.",
    "Alone: the first participant is told that nobody else is there yet",
    "`similarity` (was: `likeness`)",
)
TO_READ = (
    *("*.md", "docs/*.md", "tests/[1-5]_*/*.md", "parley/**/templates/*.md", "parley/**/templates/*.html"),
    *("start.py", "parley/**/*.py", "tests/[1-5]_*/**/test_*.py"),
)


def texts_of(path):
    """What a person reads in a program: docstrings and messages, (line, text) each.

    A text of less than three words is a name; the texts of a graded test, but for its docstring, are what users say.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docstrings = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    graded = "tests" in path.relative_to(stages.root()).parts
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or len(words(node.value)) < 3:
            continue
        if id(node) in docstrings or not graded:
            yield node.lineno, node.value


def read():
    """What a person reads in the project, without what is kept: (file, line where the text begins, text) each."""
    for path in sorted(path for pattern in TO_READ for path in stages.root().glob(pattern)):
        texts = texts_of(path) if path.suffix == ".py" else [(1, path.read_text(encoding="utf-8"))]
        for line, text in texts:
            for kept in KEPT:
                text = text.replace(kept, "")
            yield path.relative_to(stages.root()), line, text


def test_one_word_for_one_thing():
    any_of_them = "|".join(PLAINER)
    found = []
    for path, line, text in read():
        for seen in re.finditer(rf"(?<![\w`/-])({any_of_them})(?![\w`-])", text, re.IGNORECASE):
            plainer = next(word for pattern, word in PLAINER.items() if re.fullmatch(pattern, seen[0], re.IGNORECASE))
            found.append(f"{path}:{line}: {text[max(0, seen.start() - 40) : seen.end() + 30]!r}: write {plainer}")
    assert not found, "\n".join(found)


def test_words_that_have_a_plainer_one_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "root", lambda: tmp_path)
    (tmp_path / "start.py").write_text('"""Nobody reads this."""\nprint(f"sent {1} end-of-stream twice a day")\n')
    assert [text for _, _, text in read()] == ["Nobody reads this.", " end-of-stream twice a day"]
    with pytest.raises(AssertionError, match=r"start\.py:1: 'Nobody reads this\.'"):
        test_one_word_for_one_thing()
