"""How alike the programs of a class are."""

import csv
import re

from parley import stages
from parley.grading import similarity
from parley.grading.intake import Submission

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
    found = similarity.compare_all(
        [a_submission("anna", full()), a_submission("ben", renamed(full())), a_submission("carla", another())],
        [ECHO],
    )
    pairs = pairs_of(found)
    assert pairs["anna", "ben"].share > 0.95
    assert ("anna", similarity.OURS) in pairs and ("ben", similarity.OURS) in pairs
    assert not any("carla" in pair for pair in pairs)
    assert 0 <= found.usual["1_echo", "server"] < 0.5


def test_what_was_given_does_not_count():
    given = stages.exercise(ECHO, "server").read_text(encoding="utf-8")
    found = similarity.compare_all([a_submission("anna", given), a_submission("ben", given)], [ECHO], least=0)
    assert not pairs_of(found).get(("anna", "ben"))


def test_what_is_marked_is_the_whole_text():
    found = similarity.compare_all([a_submission("anna", full(LOGBOOK), LOGBOOK)], [LOGBOOK], least=0.9)
    (pair,) = found.pairs
    assert "".join(text for text, _ in pair.marked_a).strip() == full(LOGBOOK).strip()
    assert sum(len(text) for text, is_similar in pair.marked_a if is_similar) > 0.5 * len(full(LOGBOOK))


def test_bytes_that_are_no_program_do_no_harm():
    odd = a_submission("odd", "x = (\0 ]] \x1b[31m 'abc \n" * 40)
    found = similarity.compare_all([odd, a_submission("anna", full())], [ECHO], least=0)
    assert all(0 <= pair.share <= 1 for pair in found.pairs)


def test_the_report_is_a_table_and_a_page_in_which_names_and_code_stay_text(tmp_path):
    name = "=cmd<script>alert(1)</script>"
    code = full() + "\n# </pre><script>alert(2)</script>\n"
    found = similarity.compare_all([a_submission(name, code), a_submission("ben", full())], [ECHO])
    table, page = similarity.write_similarity(found, tmp_path / "out")
    rows = list(csv.DictReader(table.open(encoding="utf-8", newline="")))
    assert {"'" + name} <= {row["a"] for row in rows} | {row["b"] for row in rows}
    assert "<script" not in page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(2)" in page.read_text(encoding="utf-8")


def test_what_came_in_earlier_years_is_compared_with_this_class_alone(tmp_path):
    for name in ("zoe", "yan"):
        (tmp_path / "2025" / name / "1_echo").mkdir(parents=True)
        (tmp_path / "2025" / name / "1_echo" / "server.py").write_text(renamed(full()), encoding="utf-8")
    earlier = similarity.earlier_submissions([tmp_path / "2025"], [ECHO])
    pairs = pairs_of(similarity.compare_all([a_submission("anna", full())], [ECHO], earlier=earlier))
    assert pairs["2025/zoe", "anna"].share > 0.95 and ("2025/yan", "anna") in pairs
    assert ("2025/yan", "2025/zoe") not in pairs
