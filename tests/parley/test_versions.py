"""The four versions of each stage earn exactly 100, 90, 60 and 0 points, test by test as their kind says.

Those of the extra exercises earn that of 20, as far as there is something to log.
"""

import pytest

from parley.checks.check import check
from parley.contract.verdict import Outcome
from parley.derive.versions import comments
from parley.harness.scene import Scene
from parley.stages import EXERCISES, FURTHER, STAGES, WINDOW, solution

EARNS = {
    "full": {"core", "errors", "logging"},
    "quiet": {"core", "errors"},
    "bare": {"core"},
    "comments": set(),
}
POINTS = {"full": 100, "quiet": 90, "bare": 60, "comments": 0}


def write(stage, version, folder):
    """Write this version of a stage's programs; comments are made of full, whatever is in exercises/."""
    for program in stage.programs:
        path = solution(stage, "full" if version == "comments" else version, program)
        source = path.read_text(encoding="utf-8")
        (folder / f"{program}.py").write_text(comments(source) if version == "comments" else source, encoding="utf-8")


def versions():
    """Each version of each stage and exercise. Quick are the stages, without quiet, which is between two others, and
    without bare, which fails tests that wait.
    """
    for stage in (*STAGES, *EXERCISES, WINDOW):
        for version in EARNS:
            quick = stage in STAGES and version in ("full", "comments")
            marks = [] if quick else [pytest.mark.slow]
            yield pytest.param(stage, version, id=f"{stage.name}-{version}", marks=marks)


@pytest.mark.parametrize(("stage", "version"), list(versions()))
def test_the_version_earns_what_its_kind_says(stage, version, tmp_path):
    write(stage, version, tmp_path)
    done = check(stage, tmp_path, examine=False)
    if not_here := [verdict.reason for verdict in done.verdicts if verdict.outcome is Outcome.NOT_HERE]:
        pytest.skip(not_here[0])
    wrong = [
        verdict.story.text if verdict.story else verdict
        for verdict in done.verdicts
        if verdict.passed != (verdict.test.kind in EARNS[version])
    ]
    assert not wrong, "\n".join(map(str, wrong))
    if stage in STAGES:
        assert done.points == (POINTS[version], 100)
        assert done.not_begun == (version == "comments")
    else:
        assert done.points[1] == 20


@pytest.mark.parametrize("stage", EXERCISES, ids=lambda stage: stage.name)
def test_a_server_without_the_exercise_earns_nothing_for_it(stage, tmp_path):
    write(STAGES[4], "full", tmp_path)
    assert check(stage, tmp_path, examine=False).points == (0, 20)


@pytest.mark.parametrize(
    "stage",
    [pytest.param(STAGES[4], marks=pytest.mark.slow), *EXERCISES],
    ids=lambda stage: stage.name,
)
def test_all_further_exercises_together_lose_nothing(stage, tmp_path):
    write(STAGES[4], "full", tmp_path)
    together = solution(FURTHER, "full", "server").read_text(encoding="utf-8")
    (tmp_path / "server.py").write_text(together, encoding="utf-8")
    done = check(stage, tmp_path)
    lost = [verdict.story.text if verdict.story else verdict for verdict in done.lost]
    assert not lost, "\n".join(map(str, lost))
    assert done.points[0] == done.points[1]


@pytest.mark.parametrize("version", ["bare", "full"])
def test_a_connection_may_be_lost_before_its_receiver_says_so(version, tmp_path):
    """What a kicked participant still sends resets the connection; then the system has nothing left to shut down."""
    (kick,) = (stage for stage in EXERCISES if stage.name.endswith("kick"))
    write(kick, version, tmp_path)
    server = tmp_path / "server.py"
    source = server.read_text(encoding="utf-8")
    for line, changed in (
        (
            '    messages.put(("left", conn, name))\n',
            '    print("gone", flush=True)\n    ended.wait(0.3)\n    messages.put(("left", conn, name))\n',
        ),
        ("    conn.close()\n", '    conn.close()\n    print("closed", flush=True)\n'),
    ):
        assert source.count(line) == 1
        source = source.replace(line, changed)
    server.write_text(source, encoding="utf-8")
    with Scene(tmp_path) as scene:
        program = scene.server()
        person = scene.person("Anna").connects(program)
        person.says("Anna").receives_lines_until("Hello Anna")
        program.types("/kick Anna")
        person.receives_lines_until_end()
        program.prints("gone")  # it has seen the end of the stream, and not yet the reset
        person.sends("I am still here\n")
        program.prints("closed")
