"""How the lessons read: how early a reader does something, and how much is said between two cells."""

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
