"""Right programs of another build earn full marks: what is tested is the behaviour, not the architecture.

A variant is a folder tests/variants/<stage>/<name>/ with a server.py, a client.py or both; one in 5_further has all the
extra exercises. The ones that take long have a file `nightly` beside them and run with
`pytest tests/variants -m nightly`. Of the others every third is quick, and the rest is left to `start.py test --all`.
"""

from itertools import count
from pathlib import Path

import pytest

from parley.checks.check import check
from parley.contract.verdict import Outcome
from parley.stages import EXERCISES, FURTHER, STAGES, WINDOW

HERE = Path(__file__).parent


def variants():
    number = count()
    for stage in (*STAGES, FURTHER, WINDOW):
        for folder in sorted(path for path in (HERE / stage.name).iterdir() if path.is_dir()):
            for program in stage.programs:
                if (folder / f"{program}.py").is_file():
                    for suite in EXERCISES if stage is FURTHER else [stage]:
                        name = f"{suite.name}-{folder.name}-{program}"
                        yield pytest.param(suite, program, folder, id=name, marks=how_often(folder, next(number)))


def how_often(folder, number):
    """The marks of a variant."""
    if (folder / "nightly").exists():
        return [pytest.mark.nightly]
    return [pytest.mark.slow] if number % 3 else []


@pytest.mark.parametrize(("suite", "program", "folder"), list(variants()))
def test_the_variant_earns_full_marks_and_no_diagnosis(suite, program, folder):
    done = check(suite, folder, [program])
    if missing := {verdict.reason for verdict in done.verdicts if verdict.outcome is Outcome.NOT_HERE}:
        pytest.skip(" ".join(sorted(missing)))
    lost = [verdict.story.text if verdict.story else f"{verdict.test.name}: {verdict.reason}" for verdict in done.lost]
    assert done.verdicts and not lost, "\n".join(lost)
    assert not done.diagnoses and not done.trouble
