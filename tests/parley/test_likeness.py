"""How alike the programs of a class are."""

import csv
import re

import pytest

from parley import stages
from parley.grading import likeness
from parley.grading.intake import Submission

pytest.importorskip("copydetect", reason="copydetect is not installed: pip install 'parley-workbook[likeness]'")

ECHO = stages.find(1)
LOGBOOK = stages.find(2)


def a_submission(key, source, stage=ECHO):
    return Submission(key, f"{key}.zip", key=key, stages={stage.name: {"server.py": source.encode()}})


def full(stage=ECHO):
    return stages.solution(stage, "full", "server").read_text(encoding="utf-8")


def renamed(source):
    """The same program as somebody hands it in who hopes that nobody sees it."""
    for old, new in (("conn", "canal"), ("data", "bocado"), ("address", "quien"), ("listener", "puerta")):
        source = re.sub(rf"\b{old}\b", new, source)
    return re.sub(r"\s*# .*", "", source).replace("connected", "ha llegado")


def another():
    variants = stages.root() / "tests" / "variants" / ECHO.name
    return next(path for path in sorted(variants.rglob("server.py")) if "asyncio" in str(path)).read_text("utf-8")


def pairs_of(found):
    return {tuple(sorted((pair.a, pair.b))): pair for pair in found.pairs}


def test_another_name_and_no_comments_hide_nothing_and_another_build_is_not_alike():
    found = likeness.compare_all(
        [a_submission("anna", full()), a_submission("ben", renamed(full())), a_submission("carla", another())],
        [ECHO],
    )
    pairs = pairs_of(found)
    assert pairs["anna", "ben"].share > 0.95
    assert ("anna", likeness.OURS) in pairs and ("ben", likeness.OURS) in pairs
    assert not any("carla" in pair for pair in pairs)
    assert 0 <= found.usual["1_echo", "server"] < 0.5


def test_what_was_given_does_not_count():
    given = stages.exercise(ECHO, "server").read_text(encoding="utf-8")
    found = likeness.compare_all([a_submission("anna", given), a_submission("ben", given)], [ECHO], least=0)
    assert not pairs_of(found).get(("anna", "ben"))


def test_what_is_marked_is_the_whole_text():
    found = likeness.compare_all([a_submission("anna", full(LOGBOOK), LOGBOOK)], [LOGBOOK], least=0.9)
    (pair,) = found.pairs
    assert "".join(text for text, _ in pair.marked_a).strip() == full(LOGBOOK).strip()
    assert sum(len(text) for text, alike in pair.marked_a if alike) > 0.5 * len(full(LOGBOOK))


def test_bytes_that_are_no_program_do_no_harm():
    odd = a_submission("odd", "x = (\0 ]] \x1b[31m 'abc \n" * 40)
    found = likeness.compare_all([odd, a_submission("anna", full())], [ECHO], least=0)
    assert all(0 <= pair.share <= 1 for pair in found.pairs)


def test_the_report_is_a_table_and_a_page_in_which_names_and_code_stay_text(tmp_path):
    name = "=cmd<script>alert(1)</script>"
    code = full() + "\n# </pre><script>alert(2)</script>\n"
    found = likeness.compare_all([a_submission(name, code), a_submission("ben", full())], [ECHO])
    table, page = likeness.write_likeness(found, tmp_path / "out")
    rows = list(csv.DictReader(table.open(encoding="utf-8", newline="")))
    assert {"'" + name} <= {row["a"] for row in rows} | {row["b"] for row in rows}
    assert "<script" not in page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(2)" in page.read_text(encoding="utf-8")
