"""Faults: right programs hold under each of them, each one breaks something, and docs/faults.md tells what was seen."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers import parley

from parley import stages
from parley.checks import faults, tables
from parley.checks.mistakes import mistakes, write_wrong
from parley.contract.errors import NotHere
from parley.harness.actors import Role

PAGE = stages.root() / tables.PAGE
ECHO = stages.find("1")

# Where bare holds: a known mistake that breaks, of the test that the fault is one (stage, fault, mistake)
BREAK = [
    (1, "split", "utf8-split-client"),
    (1, "garbage", "invalid-bytes-kill"),
    (1, "half-close", "process-after-eof"),
    (2, "split", "torn-message"),
    (2, "coalesce", "recv-is-message"),
    (2, "garbage", "invalid-bytes-kill"),
    (2, "half-close", "last-line-lost"),
    (3, "split", "torn-message"),
    (3, "coalesce", "recv-is-message"),
    (3, "garbage", "invalid-bytes-kill"),
    (4, "split", "torn-message"),
    (4, "coalesce", "recv-is-message"),
    (4, "garbage", "invalid-bytes-kill"),
    (5, "split", "torn-message"),
    (5, "coalesce", "recv-is-message"),
    (5, "garbage", "invalid-bytes-kill"),
    (5, "half-close", "left-unsaid"),
    (5, "gone", "eof-ignored-client"),
]


def on_the_page(stage):
    """What docs/faults.md says of a stage: {fault: who breaks}."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return {row[0]: row[1 + stage.number] for row in rows if row[0] in faults.FAULTS and len(row) == 7}


@pytest.mark.parametrize("stage", stages.STAGES, ids=lambda stage: stage.name)
def test_right_programs_hold_and_the_page_is_right(stage):
    outcomes = faults.table([stage])
    assert [outcome for outcome in outcomes if outcome.version != "bare" and outcome.held is False] == []
    seen = {row[0]: row[1 + stage.number] for row in tables.of_stages(outcomes).rows}
    if "not here" in seen.values():
        pytest.skip("this system can't try all faults")
    assert seen == {fault: cell for fault, cell in on_the_page(stage).items() if cell != "-"}


def test_what_a_chat_needs_and_the_page_is_right():
    assert tables.of_abilities(faults.abilities()).as_markdown() in PAGE.read_text(encoding="utf-8")


def test_each_fault_is_done_where_it_means_something():
    for stage in stages.STAGES:
        cells = on_the_page(stage)
        assert list(cells) == list(faults.FAULTS)
        assert [fault for fault, cell in cells.items() if cell != "-"] == faults.faults_of(stage)
        where_bare_holds = {fault for fault, cell in cells.items() if cell == "holds"}
        assert where_bare_holds == {fault for number, fault, _ in BREAK if number == stage.number}


@pytest.mark.parametrize("stage", stages.STAGES, ids=lambda stage: stage.name)
def test_where_bare_holds_a_mistake_breaks(stage, tmp_path):
    known = {mistake.name: mistake for mistake in mistakes(stage)}

    def broken(fault, name):
        folder = tmp_path / fault
        folder.mkdir()
        write_wrong(stage, known[name], folder)
        return faults.run(stage, fault, folder).word

    jobs = [(fault, name) for number, fault, name in BREAK if number == stage.number]
    with ThreadPoolExecutor(faults.JOBS) as pool:
        assert dict(zip(jobs, pool.map(lambda job: broken(*job), jobs), strict=True)) == dict.fromkeys(jobs, "breaks")


def test_what_broke_is_told():
    outcome = faults.run(ECHO, "reset", "bare")
    assert (outcome.name, outcome.version, outcome.word, outcome.held) == ("reset", "bare", "breaks", False)
    assert outcome.said.startswith(
        "The server crashed with an exception that it doesn't catch: ConnectionResetError (line "
    )
    assert outcome.failed.cause == "crashed"
    assert [event.who for event in outcome.record if event.what == "resets"] == ["Anna"]


def test_what_held_is_told():
    outcome = faults.run(ECHO, "reset", "full")
    assert (outcome.word, outcome.failed) == ("holds", None)
    assert outcome.said == "The server continued, and served the next client."


def test_a_program_that_is_not_begun(tmp_path):
    for program in ("server", "client"):
        (tmp_path / f"{program}.py").write_text("# nothing yet\n", encoding="utf-8")
    outcome = faults.run(ECHO, "split", tmp_path)
    assert (outcome.held, outcome.failed.cause) == (False, "not begun")


def test_what_this_system_cannot_try(monkeypatch):
    def not_here(program):
        raise NotHere("No Ctrl+C here.")

    monkeypatch.setattr(Role, "presses_ctrl_c", not_here)
    outcome = faults.run(ECHO, "ctrl-c")
    assert (outcome.held, outcome.word, outcome.said) == (None, "not here", "No Ctrl+C here.")
    with pytest.raises(ValueError, match="can't tell"):
        tables.stale(PAGE, [tables.of_stage([outcome])])


@pytest.mark.parametrize(
    ("fault", "version", "sentence"),
    [
        ("meteor", "full", "There's no fault 'meteor' for this stage. Use split, garbage, "),
        ("endless", "full", "Stage 1 has no fault endless: an echo knows no lines."),
        ("split", "comments", "There's no version 'comments' in solutions"),
    ],
)
def test_what_there_is_not(fault, version, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        faults.run(ECHO, fault, version)


def test_an_ability_that_there_is_not():
    with pytest.raises(ValueError, match=r"^There's no ability 'flying'"):
        faults.tries(ECHO, "flying")


def test_after_ctrl_c_no_more_scenes_begin(monkeypatch):
    begun = []

    def interrupted(futures, timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(faults, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        faults._all([(lambda: begun.append(faults.run(ECHO, "refused", "full")),)] * 50)
    assert len(begun) <= faults.JOBS


# tables

SMALL = tables.Table("A title", ["one", "two"], [["a <b>", "bare breaks"], ["c|d", "holds"]], "A note.")


def test_a_table_for_a_terminal():
    assert SMALL.as_text().splitlines() == [
        "A title",
        "",
        "one    two",
        "a <b>  bare breaks",
        "c|d    holds",
        "",
        "A note.",
    ]
    wide = tables.Table("", ["head"], [["word " * 20]]).as_text()
    assert max(map(len, wide.splitlines())) <= 80


def test_a_table_in_markdown():
    assert SMALL.as_markdown().splitlines() == [
        "**A title**",
        "",
        "| one | two |",
        "| --- | --- |",
        "| a <b> | bare breaks |",
        "| c\\|d | holds |",
        "",
        "A note.",
    ]


def test_a_table_for_a_notebook():
    shown = SMALL.as_html()
    assert "a &lt;b&gt;" in shown and "<b>" not in shown
    assert "<strong>bare breaks</strong>" in shown and "<strong>holds" not in shown


def test_tables_in_a_page(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{tables.BEGIN}\nstale\n{tables.END}\nafter ☕\n", encoding="utf-8")
    assert tables.stale(page, [SMALL]).startswith("README.md says ")
    assert tables.put(page, [SMALL])
    assert tables.stale(page, [SMALL]) == ""
    assert not tables.put(page, [SMALL])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter ☕\n") and "stale" not in text
    assert SMALL.as_markdown() in text
    changed = tables.Table("A title", ["one", "two"], [["a <b>", "holds"]])
    words = "README.md says '| a <b> | bare breaks |', but what was seen just now is '| a <b> | holds |'."
    assert tables.stale(page, [changed]) == words


def test_a_page_without_a_place_for_tables(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"{tables.BEGIN}\nno end\n", encoding="utf-8")
    for what in (tables.put, tables.stale):
        with pytest.raises(ValueError, match=r"^README\.md has no place for the tables"):
            what(page, [SMALL])


# the command


def test_the_command_shows_the_table_of_a_stage():
    done = parley("faults", "echo", "--version", "full")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert [row for row in rows if row in faults.FAULTS] == faults.faults_of(ECHO)
    assert "  breaks  " not in done.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["1", "--write"],
            "Error: --write and --check are for all stages and versions. Leave out the stage and --version.\n",
        ),
        (
            ["--check", "--version", "full"],
            "Error: --write and --check are for all stages and versions. Leave out the stage and --version.\n",
        ),
        (["1", "--version", "loud"], "Error: There's no version 'loud'. Use full, quiet, bare or mine.\n"),
        (["9"], "Error: There's no stage '9'"),
    ],
)
def test_the_command_says_what_is_wrong(args, sentence):
    done = parley("faults", *args)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)
