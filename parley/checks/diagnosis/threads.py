"""What a program's text says about its threads and coroutines: which are made and never started, which one waits."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from parley.checks.diagnosis.syntax import name_of, nodes

MAKERS = ("Thread", "Process", "Timer")
OF_A_WAITING_THREAD = frozenset(["join", "daemon", "name", "is_alive", "setDaemon", "setName"])


@dataclass(frozen=True)
class Made:
    """A thread that a program makes: in which `line`, and the function that it should run ("" if not known)."""

    line: int
    function: str


def never_started(source: str) -> Made | None:
    """The first thread that a program makes and that no line of it starts; None if there is none."""
    found = nodes(source)
    makers = {*MAKERS, *(node.name for node in found if isinstance(node, ast.ClassDef) and _is_maker(node))}
    made = [node for node in found if isinstance(node, ast.Call) and name_of(node.func) in makers]
    if not made:
        return None
    for node in found:  # `thread.start` without the parentheses
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr == "start":
            before = [call for call in made if call.lineno <= node.lineno]
            return Made(node.lineno, _target(before[-1]) if before else "")
    if not any(isinstance(node, ast.Attribute) and node.attr in ("start", "run") for node in found):
        return Made(made[0].lineno, _target(made[0]))
    for node in found:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if name_of(node.value.func) in MAKERS and _only_waited_for(node, found):  # a class of its own may start itself
            return Made(node.lineno, _target(node.value))
    return None


def in_coroutine(source: str, line: int) -> bool:
    """Whether this line of a program belongs to an `async def`, and to no plain function within it."""
    functions = [node for node in nodes(source) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    around = [node for node in functions if node.lineno <= line <= (node.end_lineno or 0)]
    return bool(around) and isinstance(max(around, key=lambda node: node.lineno), ast.AsyncFunctionDef)


def _is_maker(node: ast.ClassDef) -> bool:
    return any(name_of(base) in MAKERS for base in node.bases)


def _target(call: ast.AST) -> str:
    """The function that a thread is to run, of the call that makes it."""
    assert isinstance(call, ast.Call)
    given = next((word.value for word in call.keywords if word.arg in ("target", "function")), None)
    return name_of(given) if given else "run" if name_of(call.func) not in MAKERS else ""


def _only_waited_for(made: ast.Assign, found: list[ast.AST]) -> bool:
    """Whether nothing is done with a new thread that could start it: no line hands it on, or calls its start."""
    if len(made.targets) != 1 or not isinstance(made.targets[0], ast.Name):
        return False
    name = made.targets[0].id
    uses = {
        id(node.value)
        for node in found
        if isinstance(node, ast.Attribute) and name_of(node.value) == name and node.attr in OF_A_WAITING_THREAD
    }
    names = [node for node in found if isinstance(node, ast.Name) and node.id == name]
    return all(id(node) in uses for node in names if isinstance(node.ctx, ast.Load))
