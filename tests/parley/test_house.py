"""The rooms of the tool: each imports only from itself and from lower ones, at its start or later."""

import ast
from pathlib import Path

import parley

TOOL = Path(parley.__file__).parent
ROOMS = "views derive harness isolation checks notebooks grading handout doctor cli"  # above the ground, upwards
FLOORS = [["stages", "record", "locking"], *([room] for room in ROOMS.split())]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = [path for path in TOOL.rglob("*.py") if path != TOOL / "__init__.py"]


def room(path):
    """The room of a module, by its path: its folder in parley/, or its own name there."""
    return path.relative_to(TOOL).with_suffix("").parts[0]


def imported(path):
    """The rooms that a module imports from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "parley":
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("parley."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (each.name.split(".")[1] for each in node.names if each.name.startswith("parley."))


def test_each_room_has_its_floor():
    assert {room(path) for path in MODULES} == set(FLOOR)


def test_no_room_imports_from_above():
    above = [
        f"{path.relative_to(TOOL).as_posix()} imports from {other}"
        for path in MODULES
        for other in imported(path)
        if FLOOR[other] > FLOOR[room(path)]
    ]
    assert not above
    assert sum(1 for path in MODULES for _ in imported(path)) > 100, "imports are seen at all"
