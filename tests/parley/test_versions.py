"""The four versions of each stage earn exactly 100, 90, 60 and 0 points, test by test as their kind says."""

import pytest

from parley.build import plan
from parley.check import check
from parley.stages import STAGES, exercise, root, solution

EARNS = {
    "full": {"core", "errors", "logging"},
    "quiet": {"core", "errors"},
    "bare": {"core"},
    "comments": set(),
}
POINTS = {"full": 100, "quiet": 90, "bare": 60, "comments": 0}


def write(stage, version, folder):
    """Derive this version of a stage's programs from full, so that nobody's work in exercises/ counts."""
    derived = dict(plan(root()))
    for program in stage.programs:
        path = exercise(stage, program) if version == "comments" else solution(stage, version, program)
        source = path.read_text(encoding="utf-8") if version == "full" else derived[path]
        (folder / f"{program}.py").write_text(source, encoding="utf-8")


@pytest.mark.parametrize("version", EARNS)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_version_earns_what_its_kind_says(stage, version, tmp_path):
    write(stage, version, tmp_path)
    done = check(stage, tmp_path)
    wrong = [
        each["story"]["text"] if each["story"] else each
        for each in done.verdicts
        if (each["verdict"] == "passed") != (each["kind"] in EARNS[version])
    ]
    assert not wrong, "\n".join(str(each) for each in wrong)
    assert done.points == (POINTS[version], 100)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_only_comments_are_not_begun(stage, tmp_path):
    write(stage, "comments", tmp_path)
    done = check(stage, tmp_path)
    assert done.not_begun
    assert {each["kind"]: 0 for each in done.verdicts} == {"core": 0, "errors": 0, "logging": 0}
