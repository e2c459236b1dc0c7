"""What decides a verdict, as a fingerprint: a verdict is valid as long as its test's fingerprint is the same.

It covers the submission's files of the stage, the deciding code of the tool, the files of the suite without their other
tests, the test itself, Python, the seed and the sandbox. A test's points and kind don't decide how it ends. If you
change those, points are counted again, but nothing runs.
"""

import ast
import copy
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from parley import stages
from parley.contract.verdict import GradedTest

# In parley/: everything with which a worker plays a suite, but nothing that draws or writes pages.
DECIDES = (
    "stages.py",
    "contract/*.py",
    *(f"checks/{module}.py" for module in ("check", "dialogues", "hints", "mistakes", "plugin")),
    "harness/*.py",
    "isolation/*.py",
    "grading/jobs.py",
    "grading/worker.py",
)


def deciding_files() -> dict[str, bytes]:
    """Return the files of the tool that decide a verdict: {path in parley/: content}."""
    tool = Path(stages.__file__).parent
    paths = [path for pattern in DECIDES for path in tool.glob(pattern)]
    return {path.relative_to(tool).as_posix(): path.read_bytes() for path in paths}


def rules_of(suites: Sequence[Path], tests: Iterable[GradedTest], *, sandbox: bool, seed: int) -> dict[str, str]:
    """Return what decides the verdict on each of these tests apart from the submission: {name of the test:
    fingerprint}.

    `suites`: the folders of their suite (see stages.suites); `sandbox`: whether programs are isolated; `seed`: of
    everything random.
    """
    shared: dict[str, str] = {}
    own: dict[tuple[str, str], str] = {}
    for path in sorted(path for suite in suites for path in suite.glob("*.py")):
        shared[path.name], functions = _parts(path)
        own |= {(path.name, name): text for name, text in functions.items()}
    hints = [path.read_text(encoding="utf-8") for suite in suites for path in sorted(suite.glob("*.md"))]
    common = [suites[0].name, files_print(deciding_files()), shared, hints, sys.version, sandbox, seed]
    return {test.name: _print([common, test.name, own.get((test.page, test.function))]) for test in tests}


def files_print(files: Mapping[str, bytes]) -> str:
    """Return the fingerprint of some files: {name: content}."""
    return _print({name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def fingerprint(rules: str, files: str) -> str:
    """Return the fingerprint of a verdict: of what decides it, and of the submission's files (see files_print)."""
    return _print([rules, files])


def _print(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _parts(page: Path) -> tuple[str, dict[str, str]]:
    """Return a file of tests in parts: their shared code, and {name: each test}. Leave out comments and the file's own
    docstring, because they decide nothing.
    """
    module = ast.parse(page.read_text(encoding="utf-8"))
    if ast.get_docstring(module) is not None:
        del module.body[0]
    tests = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    module.body = [node for node in module.body if node not in tests]
    return ast.dump(module), {test.name: ast.dump(_without_points(test)) for test in tests}


def _without_points(test: ast.FunctionDef) -> ast.FunctionDef:
    """Return a test without the number and kind in its mark `points`, but with its hint and seconds."""
    test = copy.deepcopy(test)
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "points":
            mark.args = []
    return test
