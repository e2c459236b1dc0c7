"""How the lessons read: words of a page, of a sentence, and between two cells."""

import re

import pytest

from parley import stages
from parley.derive import lessons

LIMITS = {"1_echo": 2600, "2_logbook": 1700, "3_turns": 2200, "4_peers": 2700}  # words of prose of a page
FIRST_CELL, FIRST_QUESTION, BETWEEN_CELLS = 120, 600, 80  # words before these, or at most
LONG, MOST_LONG = 30, 0.03  # a sentence of more words is a long one; how many of all sentences may be
CELL = "\0"


@pytest.fixture(params=LIMITS)
def page(request):
    """The name of a page, and its text with CELL for each cell."""
    text = (stages.root() / "lessons" / f"{request.param}.md").read_text(encoding="utf-8")
    text = text.partition("\n---\n")[2]
    return request.param, lessons.FENCE.sub(CELL, text)


def words(text):
    return re.findall(r"\S*\w\S*", text)


def test_a_page_has_few_words(page):
    name, text = page
    assert len(words(text)) <= LIMITS[name]


def test_the_first_cell_and_the_first_question_come_early(page):
    name, text = page
    cells = lessons.FENCE.findall((stages.root() / "lessons" / f"{name}.md").read_text(encoding="utf-8"))
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


def test_few_sentences_are_long(page):
    _, text = page
    plain = re.sub(r"`[^`]*`", "code", re.sub(r"</?\w+[^>]*>|^ {4}.*$", "\n\n", text, flags=re.MULTILINE))
    paragraphs = re.split(rf"\n\s*\n|\n(?=\s*(?:- |\d+\. |#|\|))|{CELL}", plain)
    sentences = [
        len(words(sentence))
        for paragraph in paragraphs
        for sentence in re.split(r"(?<=[.?:])[\"*)]*\s+", " ".join(paragraph.split()))
        if words(sentence)
    ]
    assert sum(length > LONG for length in sentences) < MOST_LONG * len(sentences)
