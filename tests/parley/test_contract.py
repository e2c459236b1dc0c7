"""The tables in PROTOCOLS.md say by which tests each rule is proven: every test is there, and is one."""

import re

import pytest

from parley.checks.check import test_names as names_of
from parley.stages import STAGES, root

TABLE = re.compile(r"^### Stage (\d)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
CONTRACT = (root() / "PROTOCOLS.md").read_text(encoding="utf-8")


def tables():
    """The rows of each stage: {number: [[rule, tests of the server, tests of the client]]}."""
    found = {}
    for number, text in TABLE.findall(CONTRACT):
        rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in text.splitlines() if line.startswith("| ")]
        found[int(number)] = rows[2:]  # without the two of the heading
    return found


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_graded_test_proves_a_rule_and_every_rule_has_a_test(stage):
    rows = tables()[stage.number]
    for column, program in enumerate(("server", "client"), 1):
        proven = [name for row in rows for name in re.findall("`([a-z0-9_]+)`", row[column])]
        assert {f"test_{name}" for name in proven} == set(names_of(stage, [program]))
    for rule, server, client in rows:
        assert "`" in server + client, rule
