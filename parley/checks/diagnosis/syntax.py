"""What a program's text says without running it: only what decides without a false alarm."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from pathlib import Path

from parley.contract.diagnosis import Detail
from parley.harness.scene import TooLong, syntax_tree

Seen = tuple[str, Mapping[str, Detail]]
MODULES = frozenset(
    ["socket", "sys", "threading", "queue", "logging", "time", "datetime", "select", "os", "re", "signal", "random"]
)


def read(path: Path) -> list[Seen]:
    """What can be said about a program's file: a list of (name of the fact, its details).

    syntax(message, kind, line, column, text): Python's own words; nothing_runs(name): all is defined and nothing is
    called; argv_unread(); never_bound(name, line, module).
    """
    try:
        source = path.read_bytes()
        tree = syntax_tree(source)
    except (OSError, TooLong):
        return []
    except SyntaxError as error:
        text = (error.text or "").rstrip("\r\n")
        details: dict[str, Detail] = {"message": error.msg, "kind": type(error).__name__, "line": error.lineno or 1}
        return [("syntax", details | {"column": error.offset or 0, "text": text})]
    except (ValueError, RecursionError, MemoryError) as error:
        return [("syntax", {"message": str(error), "kind": type(error).__name__, "line": 1, "column": 0, "text": ""})]
    return [*_nothing_runs(tree), *_argv_unread(tree), *_never_bound(tree)]


def _nothing_runs(tree: ast.Module) -> Iterator[Seen]:
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    defined = [*functions, *(node.name for node in tree.body if isinstance(node, ast.ClassDef))]
    if defined and not any(_calls(statement) for statement in tree.body):
        yield "nothing_runs", {"name": "main" if "main" in defined else defined[-1]}


def _calls(statement: ast.stmt) -> bool:
    """Whether a statement at the top of a program may run something of its own."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    if isinstance(statement, ast.If):
        return any(_calls(inner) for inner in (*statement.body, *statement.orelse))
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return any(isinstance(node, ast.Call) for node in ast.walk(statement)) and not _is_constant(statement)
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant | ast.Name | ast.Attribute)
    return not isinstance(statement, ast.Pass)


def _is_constant(statement: ast.stmt) -> bool:
    """Whether an assignment only calls Python's own library or reads arguments: it can be no conversation."""
    calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return all(isinstance(each, ast.Attribute) or getattr(each, "id", "") in dir(builtins) for each in calls)


def _argv_unread(tree: ast.Module) -> Iterator[Seen]:
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if isinstance(node, ast.alias):
            name = node.name
        if name in ("argv", "orig_argv", "argparse", "optparse", "click", "typer", "fire"):
            return
    yield "argv_unread", {}


def _never_bound(tree: ast.Module) -> Iterator[Seen]:
    bound = {*dir(builtins), "__name__", "__file__", "__doc__", "__builtins__", "__annotations__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if any(name.name == "*" for name in node.names):
                return
            bound |= {(name.asname or name.name).split(".")[0] for name in node.names}
        elif isinstance(node, ast.Global | ast.Nonlocal):
            bound |= set(node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
    missing: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in bound:
            missing.setdefault(node.id, node.lineno)
    for name, line in sorted(missing.items(), key=lambda each: each[1]):
        yield "never_bound", {"name": name, "line": line, "module": name in MODULES}
