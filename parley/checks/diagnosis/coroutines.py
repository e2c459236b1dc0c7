"""What a program's text says about asyncio: which lines run in its thread, and what keeps that thread from its work."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parley.checks.diagnosis.syntax import Function, blocks, calls_in, name_of, nodes
from parley.checks.diagnosis.threads import MAKERS, innermost, target_of

FOR_ITS_THREAD = frozenset(["set", "clear", "put_nowait", "set_result", "set_exception", "cancel", "stop", "call_soon"])


@dataclass(frozen=True)
class Unsafe:
    """A call of another thread on an object of asyncio: its `line`, the `call`, and the thread's `function`."""

    line: int
    call: str
    function: str


def in_coroutine(source: str, line: int) -> bool:
    """Whether the thread of asyncio runs this line of a program: it belongs to an `async def`, or to a function that
    one calls.
    """
    functions = [node for node in nodes(source) if isinstance(node, Function)]
    inner = innermost(functions, line)
    if inner is None:
        return False
    return isinstance(inner, ast.AsyncFunctionDef) or inner.name in _called_by_coroutines(functions)


def _called_by_coroutines(functions: Sequence[Function]) -> set[str]:
    """The names of the functions that coroutines call, and of those that these call."""
    called = [(node.name, {name_of(call.func) for call in calls_in(ast.walk(node))}) for node in functions]
    found = {node.name for node in functions if isinstance(node, ast.AsyncFunctionDef)}
    while new := {name for caller, names in called if caller in found for name in names} - found:
        found |= new
    return found


def sleep_in_coroutine(source: str) -> int:
    """The line that sleeps in the thread of asyncio, so that no other coroutine runs; 0 if there is none."""
    waited_for = {id(node.value) for node in nodes(source) if isinstance(node, ast.Await)}
    sleeps = [call for call in calls_in(nodes(source), {"sleep"}) if id(call) not in waited_for]
    sleeps = [call for call in sleeps if ast.unparse(call.func) in ("time.sleep", "sleep")]
    return next((call.lineno for call in sleeps if in_coroutine(source, call.lineno)), 0)


def unsafe_call(source: str) -> Unsafe | None:
    """A call of another thread on an event, a queue or a future of asyncio, which are not made for that: nothing wakes
    the loop (https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading). None if there is none.
    """
    made = [node for node in nodes(source) if isinstance(node, ast.Assign) and _is_of_asyncio(node.value)]
    objects = {name_of(target) for node in made for target in node.targets}
    for thread in calls_in(nodes(source), MAKERS):
        name = target_of(thread)
        for function in (node for node in nodes(source) if isinstance(node, ast.FunctionDef) and node.name == name):
            known = objects | set(_given(thread, function, objects))
            for call in calls_in(ast.walk(function), FOR_ITS_THREAD):
                if isinstance(call.func, ast.Attribute) and name_of(call.func.value) in known:
                    return Unsafe(call.lineno, ast.unparse(call.func), name)
    return None


def awaited_in_turn(source: str) -> tuple[ast.Call, ast.Call] | None:
    """Two calls of coroutines with a loop each, of which the second one is awaited right behind the first; None if
    there are none.
    """
    functions = [node for node in nodes(source) if isinstance(node, ast.AsyncFunctionDef)]
    loop = {node.name for node in functions if any(isinstance(each, LOOPS) for each in ast.walk(node))}
    for block in blocks(source):
        for first, second in itertools.pairwise(map(_awaited, block)):
            if first and second and {name_of(first.func), name_of(second.func)} <= loop:
                return first, second
    return None


LOOPS = (ast.While, ast.For, ast.AsyncFor)


def _awaited(statement: ast.stmt) -> ast.Call | None:
    """The call that this statement awaits, and does nothing more."""
    match statement:
        case ast.Expr(value=ast.Await(value=ast.Call() as call)):
            return call
    return None


def _is_of_asyncio(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in (
        *("asyncio.Event", "asyncio.Queue", "asyncio.Future", "asyncio.get_running_loop", "asyncio.get_event_loop"),
        *("asyncio.new_event_loop", "asyncio.create_task", "loop.create_future", "loop.create_task"),
    )


def _given(thread: ast.Call, function: ast.FunctionDef, objects: set[str]) -> Iterator[str]:
    """The parameters of the thread's function that get one of these objects."""
    for word in thread.keywords:
        if word.arg == "args" and isinstance(word.value, ast.Tuple | ast.List):
            for parameter, value in zip(function.args.args, word.value.elts, strict=False):
                if name_of(value) in objects:
                    yield parameter.arg
