"""Right programs of another build earn full marks: what is tested is the behaviour, not the architecture.

A variant is a folder tests/variants/<stage>/<name>/ with a server.py, a client.py or both; one in 5_further has all the
further exercises. The ones that take long have a file `nightly` beside them and run with
`pytest tests/variants -m nightly`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from parley.checks.plugin import read_verdicts
from parley.contract.verdict import Outcome
from parley.stages import EXERCISES, FURTHER, STAGES, WINDOW, root

HERE = Path(__file__).parent
SECONDS = 240  # bound of one run of a suite


def variants():
    for stage in (*STAGES, FURTHER, WINDOW):
        for folder in sorted(path for path in (HERE / stage.name).iterdir() if path.is_dir()):
            for program in stage.programs:
                if (folder / f"{program}.py").is_file():
                    marks = [pytest.mark.nightly] if (folder / "nightly").exists() else []
                    for suite in EXERCISES if stage is FURTHER else [stage]:
                        page = root() / "tests" / suite.name / f"test_{program}.py"
                        yield pytest.param(page, folder, id=f"{suite.name}-{folder.name}-{program}", marks=marks)


@pytest.mark.parametrize(("page", "folder"), list(variants()))
def test_the_variant_earns_full_marks(page, folder, tmp_path):
    verdicts = tmp_path / "verdicts"
    command = [sys.executable, "-m", "pytest", page, "-q", "--parley-submission", folder, "--parley-verdicts", verdicts]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS)
    found = read_verdicts(verdicts)
    if missing := {verdict.reason for verdict in found if verdict.outcome is Outcome.NOT_HERE}:
        pytest.skip(" ".join(sorted(missing)))
    lost = {verdict.test.name: verdict.reason for verdict in found if not verdict.passed}
    assert not lost, run.stdout
    assert run.returncode == 0, run.stdout
