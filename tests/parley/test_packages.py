"""The packages of the tool: each imports only from itself and from lower ones, at its start or later."""

import ast
from pathlib import Path

import parley

TOOL = Path(parley.__file__).parent
LOWEST_FIRST = [
    *("contract", "stages", "screen", "derive", "harness", "isolation", "checks", "drawing", "notebooks"),
    *("grading", "publish", "doctor", "commands", "cli"),
]
LEVEL = {package: level for level, package in enumerate(LOWEST_FIRST)}
MODULES = [path for path in TOOL.rglob("*.py") if path != TOOL / "__init__.py"]


def package(path):
    """The package of a module, by its path: its folder in parley/, or its own name there."""
    return path.relative_to(TOOL).with_suffix("").parts[0]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "parley":
            yield from (alias.name for alias in node.names if alias.name != "__version__")
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("parley."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("parley."))


def test_each_package_has_its_level():
    assert {package(path) for path in MODULES} <= set(LEVEL)


def test_nothing_is_imported_from_above():
    above = [
        f"{path.relative_to(TOOL).as_posix()} imports from {other}"
        for path in MODULES
        for other in imported(path)
        if LEVEL[other] > LEVEL[package(path)]
    ]
    assert not above
    assert sum(1 for path in MODULES for _ in imported(path)) > 100, "imports are seen at all"


def test_every_exception_of_the_tool_is_in_one_tree():
    defined = [
        f"{path.relative_to(TOOL).as_posix()}: {node.name}"
        for path in MODULES
        if path != TOOL / "contract" / "errors.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(_names_an_exception(base) for base in node.bases)
    ]
    assert set(defined) <= {
        "checks/function_trial.py: Stuck",  # a BaseException, which passes a student's `except Exception`
        "contract/record.py: Failed",  # an AssertionError, so that pytest takes it for a failure
        "notebooks/cells.py: Wrong",  # shown in a cell as one sentence
        "notebooks/cells.py: Interrupted",  # a KeyboardInterrupt
    }


def _names_an_exception(base):
    name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
    return name.endswith(("Error", "Exception", "Interrupt")) or name in ("BadInput", "GraderError", "CannotGrade")


def test_files_are_written_in_one_step_in_one_place():
    renames = [
        path.relative_to(TOOL).as_posix() for path in MODULES if "os.replace(" in path.read_text(encoding="utf-8")
    ]
    assert set(renames) <= {"contract/files.py"}


# A command, or what is called in a cell, has the name of what it does; each of these files is a list of such names.
WHAT_PEOPLE_TYPE = ("cli.py", "commands.py", "commands/", "notebooks/cells.py")
SAME_EVERYWHERE = {
    "main",  # of each module that is started
    *("examine_server", "examine_client", "examine_pair"),  # of each stage's page of faults
}


def test_no_public_name_stands_for_two_things():
    defined = {}
    for path in MODULES:
        where = path.relative_to(TOOL).as_posix()
        typed = where.startswith(WHAT_PEOPLE_TYPE) or where.endswith(WHAT_PEOPLE_TYPE)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            is_class, is_function = isinstance(node, ast.ClassDef), isinstance(node, ast.FunctionDef)
            if (is_class or (is_function and not typed)) and not node.name.startswith("_"):
                defined.setdefault(node.name, []).append(where)
    twice = {name: where for name, where in defined.items() if len(where) > 1 and name not in SAME_EVERYWHERE}
    assert not twice
