"""What a program's text says about its threads and coroutines: which are made and never started, which one waits."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from parley.checks.diagnosis.syntax import (
    Function,
    blocks,
    bodies_below,
    calls_in,
    name_of,
    nodes,
    nodes_in,
    unused_functions,
)

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
    made = calls_in(found, makers)
    if not made:
        return None
    for node in found:  # `thread.start` without the parentheses
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr == "start":
            before = [call for call in made if call.lineno <= node.lineno]
            return Made(node.lineno, target_of(before[-1]) if before else "")
    if not any(isinstance(node, ast.Attribute) and node.attr in ("start", "run") for node in found):
        return Made(made[0].lineno, target_of(made[0]))
    idle = {*MAKERS, *(node.name for node in found if isinstance(node, ast.ClassDef) and _never_starts_itself(node))}
    for node in found:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and name_of(node.value.func) in idle:
            return Made(node.lineno, target_of(node.value))  # no line can start it: nothing knows it
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if name_of(node.value.func) in MAKERS and _only_waited_for(node, found):  # a class of its own may start itself
            return Made(node.lineno, target_of(node.value))
    return None


def thread_of(source: str, function: str) -> int:
    """The line that makes a thread for this function; 0 if none does."""
    made = calls_in(nodes(source), MAKERS)
    return next((call.lineno for call in made if target_of(call) == function), 0)


def started_later(source: str, function: str, line: int) -> list[Made]:
    """The threads that a program starts only after this line of this function ("" or "<module>": of none), which the
    main thread has not left yet: in which line each one is started, and which function it should run. (Where the line
    is in a call that was given to a Thread, the call is what is wrong.)
    """
    found = nodes(source)
    made = {ast.unparse(node.targets[0]): node.value for node in found if _makes_thread(node)}
    functions = [node for node in found if isinstance(node, Function)]
    loops = [node for node in found if isinstance(node, ast.While | ast.For)]
    calls = calls_in(found)
    makers = [call for call in calls if name_of(call.func) in MAKERS]
    given = [value for call in makers for value in (*call.args, *(word.value for word in call.keywords))]
    late = []
    for start in calls:
        if not isinstance(start.func, ast.Attribute) or start.func.attr != "start":
            continue
        thread = made.get(ast.unparse(start.func.value), start.func.value)
        if not isinstance(thread, ast.Call) or name_of(thread.func) not in MAKERS:
            continue
        around = innermost(functions, start.lineno)
        within = around.name if around else "<module>"
        waits = [
            call.lineno
            for call in calls
            if name_of(call.func) == function and innermost(functions, call.lineno) is around and call not in given
        ]
        waits = [line] if within == (function or "<module>") else waits
        before = [
            at for at in waits if at < start.lineno and not any(_has_both(loop, at, start.lineno) for loop in loops)
        ]
        if before:
            late.append(Made(start.lineno, target_of(thread)))
    return late


def _makes_thread(node: ast.AST) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and name_of(node.value.func) in MAKERS


def innermost(functions: Sequence[Function], line: int) -> Function | None:
    """The innermost of these functions to which this line of the program belongs; None if it belongs to none."""
    around = [node for node in functions if node.lineno <= line <= (node.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno, default=None)


def _has_both(loop: ast.AST, first: int, second: int) -> bool:
    return loop.lineno <= min(first, second) and max(first, second) <= (loop.end_lineno or 0)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Late:
    """A function that a loop makes for a thread: in which `line`, and the `name` that it looks up when it runs."""

    line: int
    name: str


def bound_late(source: str) -> Late | None:
    """The first thread that is to run a lambda with a loop's variable in it, and that only a later loop starts."""
    for loop in nodes(source):
        if not isinstance(loop, ast.For | ast.AsyncFor):
            continue
        inside = list(ast.walk(loop))
        if any(isinstance(node, ast.Attribute) and node.attr == "start" for node in inside):
            continue
        changing = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        for call in inside:
            if not isinstance(call, ast.Call) or name_of(call.func) not in MAKERS:
                continue
            for word in call.keywords:
                late = _looks_up(word.value, changing) if isinstance(word.value, ast.Lambda) else ""
                if late:
                    return Late(word.value.lineno, late)
    return None


def _looks_up(function: ast.Lambda, names: set[str]) -> str:
    """Which of these names the lambda looks up when it runs; "" if none: its own arguments are its own."""
    own = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
    used = [node.id for node in ast.walk(function.body) if isinstance(node, ast.Name)]
    return next((name for name in used if name in names - own), "")


def takes_once(source: str) -> Made | None:
    """A function that a thread runs and that takes from a queue, with no loop around it; None if there is none."""
    found = nodes(source)
    calls = calls_in(found, MAKERS)
    run = {target_of(call) for call in calls}
    for function in found:
        if not isinstance(function, ast.FunctionDef) or function.name not in run:
            continue
        inside = list(ast.walk(function))
        again = bool(calls_in(inside, run))
        takes = [node for node in inside if _takes(node)]
        looped = [inner for node in inside if isinstance(node, ast.While | ast.For) for inner in ast.walk(node)]
        if takes and not again and not any(node in looped for node in takes):
            return Made(takes[0].lineno, function.name)
    return None


@dataclass(frozen=True)
class Drains:
    """A loop that a thread runs only for as long as something is in a queue: its `line`, its last line (`end`), and
    the `function` around it.
    """

    line: int
    end: int
    function: str


def ends_when_empty(source: str) -> Drains | None:
    """The first loop of a thread's function that ends when a queue is empty, with no loop around it; None if there is
    none.
    """
    found = nodes(source)
    calls = calls_in(found, MAKERS)
    run = {target_of(call) for call in calls}
    run |= {"run" for node in found if isinstance(node, ast.ClassDef) and _is_maker(node)}
    for function in found:
        if not isinstance(function, ast.FunctionDef) or function.name not in run:
            continue
        for loop in (statement for statement in function.body if isinstance(statement, ast.While)):
            asks = calls_in(ast.walk(loop.test))
            if any(name_of(call.func) in ("empty", "qsize") for call in asks) or _leaves_at_empty(loop):
                return Drains(loop.lineno, loop.end_lineno or loop.lineno, function.name)
    return None


def _leaves_at_empty(loop: ast.While) -> bool:
    """Whether a loop takes from a queue without waiting, and breaks or returns where nothing is there."""
    takes = bool(calls_in(ast.walk(loop), {"get_nowait"}))
    handlers = [node for node in ast.walk(loop) if isinstance(node, ast.ExceptHandler) and node.type]
    leaves = [handler for handler in handlers if isinstance(handler.body[-1], ast.Break | ast.Return)]
    return takes and any(name_of(handler.type) == "Empty" for handler in leaves if handler.type)


LOCKS = ("Lock", "RLock")


SENDS_OR_TAKES = frozenset(
    ["recv", "recv_into", "read", "readline", "accept", "send", "sendall", "write", "print", "input"]
)


def sleeps(source: str, beside: frozenset[str] = frozenset()) -> int:
    """The line in a loop that sleeps for a part of a second that people notice, or longer; 0 if there is none.
    `beside`: only in a loop that makes one of these calls too.
    """
    for loop in nodes(source):
        inside = list(ast.walk(loop)) if isinstance(loop, ast.While | ast.For) else []
        calls = calls_in(inside)
        names = {name_of(call.func) for call in calls}
        if beside and (beside.isdisjoint(names) or any("connect" in name for name in names)):  # or it tries again
            continue
        for call in calls:
            if name_of(call.func) == "sleep" and call.args:
                seconds = call.args[0].value if isinstance(call.args[0], ast.Constant) else 0
                if isinstance(seconds, int | float) and seconds >= NOTICED:
                    return call.lineno
    return 0


NOTICED = 0.3  # seconds


def throws_away(source: str) -> tuple[int, str]:
    """The line that gives a message up where its queue is full, and why in words; (0, "") if there is none."""
    for call in calls_in(nodes(source)):
        words = {word.arg: word.value for word in call.keywords}
        limit = words.get("maxlen")
        if name_of(call.func) == "deque" and limit is not None and ast.unparse(limit) != "None":
            return call.lineno, f"a full `deque` (line {call.lineno}) drops its oldest line"
        at_once = name_of(call.func) == "put" and ast.unparse(words.get("block", ast.Constant(True))) == "False"
        of_value = bool(call.args) and not isinstance(call.args[0], ast.Constant)  # None is a sign for the end
        if of_value and (name_of(call.func) == "put_nowait" or at_once):
            return call.lineno, f"line {call.lineno} doesn't wait until there is room in the queue"
    return 0, ""


def pauses_at_keyboard(source: str) -> int:
    """The line that waits for half a second or longer in a loop that reads the keyboard; 0 if there is none."""
    for loop in nodes(source):
        if not isinstance(loop, ast.For | ast.While):
            continue
        inside = [node for part in loop.body for node in ast.walk(part) if isinstance(node, ast.Call)]
        reads = "stdin" in ast.unparse(loop.iter if isinstance(loop, ast.For) else loop.test)
        reads |= any(ast.unparse(call.func) in ("input", "sys.stdin.readline") for call in inside)
        for call in inside if reads else ():
            seconds = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else 0
            if name_of(call.func) in ("sleep", "wait") and isinstance(seconds, int | float) and seconds >= 0.5:
                return call.lineno
    return 0


def notified(source: str) -> int:
    """The line that wakes one thread that waits for a condition, where all of them should look; 0 if there is none."""
    calls = [node for node in calls_in(nodes(source)) if isinstance(node.func, ast.Attribute)]
    if not any(name_of(call.func) == "Condition" for call in nodes(source) if isinstance(call, ast.Call)):
        return 0
    names = {name_of(call.func) for call in calls}
    if not _waits_for_each(source) or names & {"notify_all", "notifyAll"}:
        return 0
    return next((call.lineno for call in calls if name_of(call.func) == "notify"), 0)


def _waits_for_each(source: str) -> bool:
    """Whether a function that is given something of one client, such as its connection, waits for a condition."""
    functions = [node for node in nodes(source) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        given = [argument.arg for argument in function.args.args if argument.arg != "self"]
        waits = any(
            isinstance(node, ast.Call) and name_of(node.func) in ("wait", "wait_for") for node in ast.walk(function)
        )
        if given and waits:
            return True
    return False


def lock_for_one(source: str) -> int:
    """The line that makes another lock in each call of a function, or for each object of a loop; 0 if there is
    none, or if there is another lock as well, which all share.
    """
    found = nodes(source)
    made = calls_in(found, LOCKS)
    alone: dict[ast.AST, int] = {}
    for function in found:
        if not isinstance(function, ast.FunctionDef):
            continue
        inside = list(ast.walk(function))
        for node in inside:
            if isinstance(node, ast.With):
                alone |= {item.context_expr: item.context_expr.lineno for item in node.items}
            if isinstance(node, ast.Assign) and _only_locks(name_of(node.targets[0]), inside):
                alone[node.value] = node.lineno
    for definition in found:
        if isinstance(definition, ast.ClassDef) and _is_made_often(definition.name, found):
            own = [node for node in ast.walk(definition) if isinstance(node, ast.Assign)]
            alone |= {node.value: node.lineno for node in own if _locks_a_loop(ast.unparse(node.targets[0]), found)}
    return alone[made[0]] if made and all(call in alone for call in made) else 0


def _locks_a_loop(name: str, found: Sequence[ast.AST]) -> bool:
    """Whether "self.lock" is locked around a loop, and no one locks it from outside of its object."""
    places = [
        (ast.unparse(item.context_expr), node) for node in found if isinstance(node, ast.With) for item in node.items
    ]
    loops = [any(isinstance(inner, ast.For) for inner in ast.walk(node)) for place, node in places if place == name]
    others = [place for place, _ in places if place != name and place.endswith(name.removeprefix("self"))]
    return name.startswith("self.") and any(loops) and not others


def _only_locks(name: str, inside: Sequence[ast.AST]) -> bool:
    """Whether a function has this name for itself, and does nothing with it but lock and unlock."""
    if any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in inside):
        return False
    within = [node for node in inside[1:] if isinstance(node, ast.FunctionDef | ast.Lambda)]
    if any(name_of(node) == name for function in within for node in ast.walk(function)):
        return False
    locks: set[ast.AST] = set()
    for node in inside:
        if isinstance(node, ast.With):
            locks |= {item.context_expr for item in node.items}
        if isinstance(node, ast.Attribute) and node.attr in ("acquire", "release"):
            locks.add(node.value)
    used = [node for node in inside if isinstance(node, ast.Name) and node.id == name]
    return bool(used) and all(node in locks for node in used if isinstance(node.ctx, ast.Load))


def copied(source: str) -> Made | None:
    """Where a list or table that lines fill is copied for later: the `line`, and in `function` the name of what was
    copied; None if there is no such line. A copy that the next loop goes over, once, is none of these.
    """
    found = nodes(source)
    filled = {ast.unparse(node.value) for node in found if isinstance(node, ast.Attribute) and node.attr in CHANGES}
    assigned = [node for node in found if isinstance(node, ast.Assign)]
    places = [node.targets[0] for node in assigned]
    filled |= {ast.unparse(place.value) for place in places if isinstance(place, ast.Subscript)}
    values = [node.value for node in assigned if _is_for_later(node, found)]
    for call in found:
        if isinstance(call, ast.Call) and name_of(call.func) in MAKERS:
            words = [word.value for word in call.keywords if word.arg == "args"]
            values += [value for word in words if isinstance(word, ast.Tuple | ast.List) for value in word.elts]
    return next((Made(value.lineno, name) for value in values if (name := _copied_from(value)) in filled), None)


def _is_for_later(node: ast.Assign, found: Sequence[ast.AST]) -> bool:
    """Whether an attribute gets the value, or a name that a later loop uses each time."""
    place = node.targets[0]
    loops = [loop for loop in found if isinstance(loop, ast.While | ast.For) and loop.lineno > node.lineno]
    used = [name_of(inner) for loop in loops for line in loop.body for inner in ast.walk(line)]
    return isinstance(place, ast.Attribute) or (isinstance(place, ast.Name) and place.id in used)


def _copied_from(node: ast.expr) -> str:
    """What an expression copies: "clients" of list(clients), clients.copy() and clients[:]; "" if it is no copy."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return ast.unparse(node.value)
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
        return ast.unparse(node.func.value)
    of_one = len(node.args) == 1 and name_of(node.func) in ("list", "tuple", "set", "dict", "copy", "sorted")
    return ast.unparse(node.args[0]).removesuffix(".items()").removesuffix(".keys()") if of_one else ""


def _takes(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and name_of(node.func) == "get" and not node.args


@dataclass(frozen=True)
class Lent:
    """A socket that a thread works with: in which line the thread is `started`, in which the socket is `closed` right
    after that, its `name`, and whether a `with` closes it (then `closed` is the line of the with).
    """

    started: int
    closed: int
    name: str
    by_with: bool


def closed_while_lent(source: str) -> Lent | None:
    """The first accepted socket that is closed right after a thread that works with it was started; None if there is
    none, or if something waits in between.
    """
    found = nodes(source)
    if any(name_of(node) in ("Process", "multiprocessing", "fork") for node in found):
        return None  # a process has a copy of the socket
    accepted = {
        ast.unparse(node.targets[0].elts[0])
        for node in found
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Tuple)
        and isinstance(node.value, ast.Call)
        and name_of(node.value.func) == "accept"
    }
    for block in blocks(source):
        for at, statement in enumerate(block):
            if isinstance(statement, ast.With):
                for item in statement.items:
                    name = ast.unparse(item.context_expr)
                    lent = _lends(statement.body, name) if name in accepted else 0
                    if lent:
                        return Lent(lent, statement.lineno, name, True)
            name = _closes(statement)
            lent = _lends(block[:at], name) if name in accepted else 0
            if lent:
                return Lent(lent, statement.lineno, name, False)
    return None


def shared_connection(source: str) -> Shared | None:
    """A name at the margin, or an attribute, that gets each client's socket from accept, and through which a thread
    that is started without arguments talks; None if there is none.
    """
    found = nodes(source)
    threads = calls_in(found, {"Thread"})
    alone = {target_of(call) for call in threads if not any(word.arg in ("args", "kwargs") for word in call.keywords)}
    functions = [node for node in found if isinstance(node, ast.FunctionDef)]
    everywhere = {name for node in found if isinstance(node, ast.Global) for name in node.names}
    loops = [inner for node in found if isinstance(node, ast.While | ast.For) for inner in ast.walk(node)]
    for node in loops:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if name_of(node.value.func) != "accept" or not isinstance(node.targets[0], ast.Tuple):
            continue
        name = ast.unparse(node.targets[0].elts[0])
        if "." not in name and name not in everywhere and innermost(functions, node.lineno):
            continue
        for function in functions:
            own = any(argument.arg == name for argument in function.args.args)
            calls = [ast.unparse(call.func) for call in ast.walk(function) if isinstance(call, ast.Call)]
            talks = any(f"{name}.{does}" in calls for does in ("recv", "send", "sendall"))
            if function.name in alone and talks and not own:
                return Shared(node.lineno, name)
    return None


def _closes(statement: ast.stmt) -> str:
    """The name of what a statement closes: "conn" of `conn.close()`; "" if it closes nothing."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "close":
        return ast.unparse(call.func.value)
    return ""


def _lends(block: Sequence[ast.stmt], name: str) -> int:
    """The line of a block that starts a thread, where the block gives it this socket and does nothing else with it."""
    inside = [node for statement in block for node in ast.walk(statement)]
    calls = calls_in(inside)
    if any(isinstance(node, ast.While | ast.For) for node in inside):
        return 0
    if any(name_of(call.func) in ("join", "sleep", "wait", "result", "recv", "input") for call in calls):
        return 0
    given = [word for call in calls for word in (*call.args, *(keyword.value for keyword in call.keywords))]
    if not any(ast.unparse(node) == name for word in given for node in ast.walk(word)):
        return 0
    starts = [call for call in calls if name_of(call.func) in ("start", "submit", "start_new_thread")]
    return starts[0].lineno if starts else 0


@dataclass(frozen=True)
class Shared:
    """Attributes that all objects of a class share: the `line` of the last one, and their `name`, or names."""

    line: int
    name: str


MUTABLE = ("bytearray", "list", "dict", "set", "deque", "Queue", "SimpleQueue")
CHANGES = ("append", "extend", "add", "update", "put", "put_nowait", "appendleft")


def shared_attribute(source: str) -> Shared | None:
    """A list (or the like) that a class makes, and that objects made in a loop, or one for each call, change.

    None where an object of the class puts itself into it: then it is meant to be shared.
    """
    found = nodes(source)
    rebound = {name_of(node) for node in found if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    changes = calls_in(found, CHANGES)
    for definition in found:
        if not isinstance(definition, ast.ClassDef) or not _is_made_often(definition.name, found):
            continue
        shared = []
        for statement in definition.body:
            if not isinstance(statement, ast.Assign) or not _is_mutable(statement.value):
                continue
            name = name_of(statement.targets[0])
            mine = [call for call in changes if isinstance(call.func, ast.Attribute) and _is_of(call.func.value, name)]
            itself = any(name_of(argument) == "self" for call in mine for argument in call.args)
            if mine and name not in rebound and not itself:
                shared.append((statement.lineno, name))
        if shared:
            return Shared(shared[-1][0], " and ".join(f"`{name}`" for _, name in shared))
    return None


def _is_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _is_mutable(value: ast.AST) -> bool:
    made = isinstance(value, ast.Call) and name_of(value.func) in MUTABLE
    return made or isinstance(value, ast.List | ast.Dict | ast.Set)


def _is_made_often(name: str, found: Sequence[ast.AST]) -> bool:
    """Whether objects of this class are made within a loop, or for each client: by socketserver, or asyncio."""
    bases = [
        name_of(base) for node in found if isinstance(node, ast.ClassDef) and node.name == name for base in node.bases
    ]
    if any(base.endswith(("RequestHandler", "Protocol")) for base in bases):
        return True
    loops = [node for node in found if isinstance(node, ast.While | ast.For)]
    inside = [inner for loop in loops for inner in ast.walk(loop)]
    return bool(calls_in(inside, {name}))


def run_called(source: str) -> int:
    """The line that calls run() of a thread, which begins no new one; 0 if there is none.

    Once another thread was started, main may run one of them itself.
    """
    found = nodes(source)
    calls = [node for node in calls_in(found) if not node.args and not node.keywords]
    started = min((call.lineno for call in calls if name_of(call.func) == "start"), default=sys.maxsize)
    made = {node.name for node in found if isinstance(node, ast.ClassDef) and _is_maker(node)} | set(MAKERS)
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run" and call.lineno < started:
            owner = ast.unparse(call.func.value)
            assigned = [node for node in found if isinstance(node, ast.Assign)]
            of_owner = [node.value for node in assigned if ast.unparse(node.targets[0]) == owner] or [call.func.value]
            if any(isinstance(value, ast.Call) and name_of(value.func) in made for value in of_owner):
                return call.lineno
    return 0


def under_lock(source: str, line: int) -> int:
    """The line of the innermost `with lock:` around this line of a program; 0 if there is none."""
    around = [
        node
        for node in nodes(source)
        if isinstance(node, ast.With) and node.lineno <= line <= (node.end_lineno or 0) and _is_lock(node)
    ]
    return max((node.lineno for node in around), default=0)


def _is_lock(node: ast.With) -> bool:
    return any(isinstance(item.context_expr, ast.Name | ast.Attribute) for item in node.items)


def locked_twice(source: str) -> tuple[int, int, str] | None:
    """The line that takes a lock, a line below it that takes the same one, in a function that is called there, and the
    lock's name; None if there is none, or if the lock may be taken twice.
    """
    found = nodes(source)
    plain = {_lock_of(node.targets[0]) for node in found if isinstance(node, ast.Assign) and _makes_lock(node.value)}
    functions = {node.name: node for node in found if isinstance(node, ast.FunctionDef)}
    for outer in (node for node in found if isinstance(node, ast.With)):
        for lock in (_lock_of(item.context_expr) for item in outer.items):
            inner = _taken_below(outer.body, lock, functions) if lock in plain else 0
            if inner:
                return outer.lineno, inner, lock
    return None


def _makes_lock(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and name_of(value.func) == "Lock" and "asyncio" not in ast.unparse(value)


def _lock_of(node: ast.expr) -> str:
    """The name of a lock, whether it stands alone, or behind self."""
    return name_of(node) if isinstance(node, ast.Name) or ast.unparse(node).startswith("self.") else ""


def _taken_below(body: Sequence[ast.stmt], lock: str, functions: Mapping[str, ast.FunctionDef]) -> int:
    """The line that takes this lock below these statements, in them or in what they call; 0 if none does."""
    for node in itertools.chain.from_iterable(bodies_below(body, functions)):
        if isinstance(node, ast.With) and lock in (_lock_of(item.context_expr) for item in node.items):
            return node.lineno
    return 0


def lock_left(source: str) -> tuple[int, int] | None:
    """A line that acquires a lock, and the line of a return that leaves its function without a release; None if each
    lock that is acquired is released first.
    """
    found = nodes(source)
    made = [node for node in found if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
    locks = {name_of(node.targets[0]) for node in made if name_of(node.value.func) in ("Lock", "RLock")}  # type: ignore[attr-defined]
    functions = [node for node in found if isinstance(node, ast.FunctionDef)]
    for lock in sorted(locks):
        for function in functions:
            left = _return_with(function.body, lock, 0)
            if left:
                return left
    return None


def _return_with(statements: Sequence[ast.stmt], lock: str, held: int) -> tuple[int, int] | None:
    """As lock_left; `held`: the line that has acquired this lock before these statements, or 0."""
    for statement in statements:
        if _calls_lock(statement, lock, "acquire"):
            held = statement.lineno
        elif isinstance(statement, ast.Return) and held:
            return held, statement.lineno
        elif any(_calls_lock(node, lock, "release") for node in getattr(statement, "finalbody", [])):
            held = 0
        elif not isinstance(statement, ast.FunctionDef):
            blocks = [getattr(statement, name, []) for name in ("body", "orelse")]
            blocks += [handler.body for handler in getattr(statement, "handlers", [])]
            for block in blocks:
                left = _return_with(block, lock, held)
                if left:
                    return left
            if any(_calls_lock(node, lock, "release") for node in ast.walk(statement)):
                held = 0
    return None


def _calls_lock(node: ast.AST, lock: str, method: str) -> bool:
    """Whether this is a statement that calls lock.acquire or lock.release."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr == method and name_of(call.func.value) == lock


def awaits_in_loop(source: str, line: int) -> int:
    """The line that awaits something in the loop of this line, over a table or set itself; 0 if there is none."""
    for loop in nodes(source):
        if isinstance(loop, ast.For) and loop.lineno == line and not in_plain_copy(loop.iter):
            awaits = [node.lineno for node in ast.walk(loop) if isinstance(node, ast.Await)]
            return min(awaits, default=0)
    return 0


def in_plain_copy(value: ast.expr) -> bool:
    """Whether this goes over a copy: list(table), or table.copy()."""
    return isinstance(value, ast.Call) and name_of(value.func) in ("list", "tuple", "set", "sorted", "copy")


WATCHES = frozenset(["select", "poll", "epoll", "kqueue", "register", "add_reader", "DefaultSelector"])
HOLDS = frozenset(["append", "add", "extend", "insert", "register", "modify", "add_reader", "select"])
READS = ("readline", "input", "readlines")


@dataclass(frozen=True)
class Watched:
    """A keyboard that select is asked about.

    `line`: in which line; `reads`: the line that reads it through Python's buffer; `call`: with which call.
    """

    line: int
    reads: int
    call: str


def watched_keyboard(source: str) -> Watched | None:
    """The keyboard of a program that asks select about it, and reads it through Python's buffer; None for others."""
    found = nodes(source)
    if not WATCHES & {name_of(node) for node in found}:
        return None
    names = {"sys.stdin", "stdin", "sys.stdin.buffer"}
    named = [node for node in found if isinstance(node, ast.Assign) and ast.unparse(node.value) in names]
    names |= {ast.unparse(target) for node in named for target in node.targets}
    held: list[ast.expr] = []
    for node in found:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            held += node.elts
        elif isinstance(node, ast.Call) and name_of(node.func) in HOLDS:
            held += node.args
    watched = [part.lineno for part in held if ast.unparse(part).removesuffix(".fileno()") in names]
    watched += [line for call in found if isinstance(call, ast.Call) and (line := _watches_zero(call, found))]
    calls = calls_in(found)
    reads = [call for call in calls if _reads_through_buffer(call, names)]
    if not watched or not reads:
        return None
    read = next((call for call in reads if call.lineno >= watched[0]), reads[0])  # before it, the program may ask first
    return Watched(watched[0], read.lineno, ast.unparse(read))


def _watches_zero(call: ast.Call, found: Sequence[ast.AST]) -> int:
    """The line that gives select the number 0 in this call, in a list of its own or in one with a name; 0 if none."""
    if name_of(call.func) not in ("select", "register", "add_reader"):
        return 0
    inside = [node for argument in call.args[:1] for node in ast.walk(argument)]
    names = {node.id for node in inside if isinstance(node, ast.Name)}
    lists = [node.value for node in found if isinstance(node, ast.Assign) and name_of(node.targets[0]) in names]
    parts = [part for value in lists if isinstance(value, ast.List) for part in value.elts]
    return next((part.lineno for part in (*inside, *parts) if isinstance(part, ast.Constant) and _is_zero(part)), 0)


def _is_zero(part: ast.expr) -> bool:
    """Whether this is the number 0, which is the keyboard's for select."""
    return isinstance(part, ast.Constant) and type(part.value) is int and part.value == 0


def keyboard_in_two_ways(source: str) -> tuple[Watched, Watched] | None:
    """The line that reads the keyboard through Python's buffer and the one that reads it past that, from the system;
    None if it does not do both.
    """
    idle = {id(node) for name, _ in unused_functions(source) for node in nodes_in(source, name)}
    calls = [node for node in calls_in(nodes(source)) if id(node) not in idle]
    ahead = [call for call in calls if _reads_through_buffer(call, {"sys.stdin", "stdin", "sys.stdin.buffer"})]
    past = [call for call in calls if ast.unparse(call.func) in ("os.read", "os.readv") and _is_keyboard(call.args[:1])]
    past += [call for call in calls if name_of(call.func) == "connect_read_pipe" and "stdin" in ast.unparse(call)]
    if not ahead or not past:
        return None
    first, second = (Watched(call.lineno, call.lineno, ast.unparse(call)[:60]) for call in (ahead[0], past[0]))
    return first, second


def _is_keyboard(file: Sequence[ast.expr]) -> bool:
    return any(_is_zero(part) or "stdin" in ast.unparse(part) for part in file)


def _reads_through_buffer(call: ast.Call, names: Container[str]) -> bool:
    if name_of(call.func) == "next" and call.args:
        return ast.unparse(call.args[0]) in names
    of = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return name_of(call.func) in READS and (of in names or not of)


def flag_before_queue(source: str) -> int:
    """The line of a loop that takes from a queue, and ends as soon as a flag is set; 0 if there is none."""
    for loop in (node for node in nodes(source) if isinstance(node, ast.While)):
        asks = ast.unparse(loop.test)
        inside = [node for part in loop.body for node in ast.walk(part) if isinstance(node, ast.Call)]
        takes = any(re.search(r"\.get(_nowait)?$", ast.unparse(call.func)) for call in inside)
        if takes and re.search(r"not \w[\w.]*(\.is_set\(\))?$", asks) and "empty()" not in asks:
            return loop.lineno
    return 0


def _is_maker(node: ast.ClassDef) -> bool:
    return any(name_of(base) in MAKERS for base in node.bases)


def _never_starts_itself(node: ast.ClassDef) -> bool:
    return _is_maker(node) and not any(
        isinstance(each, ast.Attribute) and each.attr == "start" for each in ast.walk(node)
    )


def target_of(call: ast.AST) -> str:
    """The function that a thread is to run, of the call that makes it."""
    assert isinstance(call, ast.Call)
    given = next((word.value for word in call.keywords if word.arg in ("target", "function")), None)
    return name_of(given) if given else "run" if name_of(call.func) not in MAKERS else ""


def _only_waited_for(made: ast.Assign, found: Sequence[ast.AST]) -> bool:
    """Whether nothing is done with a new thread that could start it: no line hands it on, or calls its start."""
    if len(made.targets) != 1 or not isinstance(made.targets[0], ast.Name | ast.Attribute):
        return False
    name, kind = name_of(made.targets[0]), type(made.targets[0])
    uses = {
        id(node.value)
        for node in found
        if isinstance(node, ast.Attribute) and name_of(node.value) == name and node.attr in OF_A_WAITING_THREAD
    }
    names = [node for node in found if isinstance(node, kind) and name_of(node) == name]
    return all(id(node) in uses for node in names if isinstance(node.ctx, ast.Load))
