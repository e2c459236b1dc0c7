"""What a program's text says without running it: only what decides without a false alarm."""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import re
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.contract.diagnosis import Detail
from parley.contract.errors import TooLong
from parley.harness.scene import syntax_tree

Seen = tuple[str, Mapping[str, Detail]]
Function = ast.FunctionDef | ast.AsyncFunctionDef
MODULES = frozenset(
    ["socket", "sys", "threading", "queue", "logging", "time", "datetime", "select", "os", "re", "signal", "random"]
)
TELLS = frozenset(["exception", "print_exc", "print_exception", "format_exc", "exc_info", "print_last"])
TIDIES_UP = frozenset(["close", "shutdown", "remove", "discard", "pop", "clear", "release", "cancel", "sleep", "set"])


# names in a program's text that mean that it can do something; whoever runs other code may do anything
DOES: Mapping[str, frozenset[str]] = {
    "receive": frozenset(["makefile", "rfile", "data_received", "buffer_updated", "open_connection", "start_server"]),
    "send": frozenset(
        ["send", "sendall", "sendto", "sendmsg", "sendfile", "sock_sendall", "write", "writelines", "wfile"]
    ),
    "keyboard": frozenset(["input", "stdin", "fileinput", "tkinter", "curses", "msvcrt", "prompt"]),
    "show": frozenset(
        ["stdout", "__stdout__", "pprint", "fdopen", "tkinter", "curses", "/dev/stdout", "/dev/fd/1", "/dev/tty"]
    ),
}
STRIPS = ("strip", "lstrip", "rstrip")
ANYTHING = frozenset(["exec", "eval", "ctypes", "subprocess", "multiprocessing", "runpy", "importlib", "system"])


@dataclass(frozen=True)
class Handler:
    """An except (or a contextlib.suppress) of a program.

    `line`: where it is; `first`, `last`: the lines that it guards; `catches`: the names of the exceptions; `silent`: it
    neither raises anything nor calls what could tell of it; `vague`: it may tell something, but not what it caught;
    `goes_on`: nothing in it ends the program, or what it is in.
    """

    line: int
    first: int
    last: int
    catches: frozenset[str]
    silent: bool
    vague: bool
    goes_on: bool = False

    @property
    def broad(self) -> bool:
        """Whether it catches whatever goes wrong."""
        return bool(self.catches & {"Exception", "BaseException"})


def read(path: Path) -> list[Seen]:
    """What can be said about a program's file: a list of (name of the fact, its details).

    syntax(message, kind, line, column, text): Python's own words; nothing_runs(name): all is defined and nothing is
    called, or behind an `if` that is never true (if_line); argv_unread(); never_bound(name, line, module).
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
    functions = [node.name for node in tree.body if isinstance(node, Function)]
    defined = [*functions, *(node.name for node in tree.body if isinstance(node, ast.ClassDef))]
    if defined and not any(_calls(statement) for statement in tree.body):
        guard = next((statement.lineno for statement in tree.body if _is_never_main(statement)), 0)
        yield "nothing_runs", {"name": "main" if "main" in defined else defined[-1], "if_line": guard}


def _is_never_main(statement: ast.stmt) -> bool:
    """Whether this is an `if __name__ == ...` that compares with another word than "__main__"."""
    if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Compare):
        return False
    sides = [statement.test.left, *statement.test.comparators]
    words = [side.value for side in sides if isinstance(side, ast.Constant)]
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    equal = isinstance(statement.test.ops[0], ast.Eq)
    return equal and names == ["__name__"] and len(words) == 1 and words[0] != "__main__"


def _calls(statement: ast.stmt) -> bool:
    """Whether a statement at the top of a program may run something of its own."""
    if isinstance(statement, ast.Import | ast.ImportFrom | Function | ast.ClassDef):
        return False
    if isinstance(statement, ast.If):
        if _is_never_main(statement):
            return any(_calls(inner) for inner in statement.orelse)
        return any(_calls(inner) for inner in (*statement.body, *statement.orelse))
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return any(isinstance(node, ast.Call) for node in ast.walk(statement)) and not _is_constant(statement)
    if isinstance(statement, ast.Expr):
        calls = calls_in(ast.walk(statement))
        return bool(calls) and not all(_only_sets_up(call) for call in calls)
    return not isinstance(statement, ast.Pass)


def _only_sets_up(call: ast.Call) -> bool:
    """Whether a call prints something or sets something up, such as logging.basicConfig: it can be no conversation."""
    words = ast.unparse(call.func).split(".")
    return words == ["print"] or (words[0] in ("logging", "signal", "sys") and words[-1] not in ("exit", "pause"))


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
        elif isinstance(node, Function | ast.ClassDef):
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


@functools.lru_cache(maxsize=4)
def handlers(source: str) -> tuple[Handler, ...]:
    """Each except of a program's text; () if Python cannot read it."""
    found: list[Handler] = []
    for node in nodes(source):
        if isinstance(node, ast.Try):
            found += [
                _handler(handler, node.body, handler.type, handler.body, handler.name) for handler in node.handlers
            ]
        elif isinstance(node, ast.With):
            calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
            suppressed = [call for call in calls if ast.unparse(call.func).endswith("suppress")]
            found += [_handler(node, node.body, ast.Tuple(call.args), []) for call in suppressed]
    return tuple(found)


def _handler(
    where: ast.ExceptHandler | ast.With,
    guarded: list[ast.stmt],
    kinds: ast.expr | None,
    body: list[ast.stmt],
    caught: str | None = None,
) -> Handler:
    """`caught`: the name that it gives to the exception."""
    named = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds] if kinds else []
    names = [ast.unparse(name).rpartition(".")[2] for name in named] or ["BaseException"]
    inside = [node for statement in body for node in ast.walk(statement)]
    calls = [ast.unparse(node.func).rpartition(".")[2] for node in inside if isinstance(node, ast.Call)]
    raises = any(isinstance(node, ast.Raise) for node in inside)
    silent = TIDIES_UP.issuperset(calls) and not raises
    knows = any(isinstance(node, ast.Name) and node.id == caught for node in inside) or not TELLS.isdisjoint(
        [*calls, *(keyword.arg for node in inside if isinstance(node, ast.Call) for keyword in node.keywords)]
    )
    last = guarded[-1].end_lineno or where.lineno
    leaves = raises or any(isinstance(node, ast.Return | ast.Break) for node in inside)
    goes_on = not leaves and not {"exit", "_exit", "quit", "error", "main"} & set(calls)
    vague = not raises and not knows
    return Handler(where.lineno, guarded[0].lineno, last, frozenset(names), silent, vague, goes_on)


@functools.lru_cache(maxsize=4)
def lacking(source: str) -> frozenset[str]:
    """Which of "receive", "send", "keyboard", "show" stand nowhere in the part of a program's text that can run.

    None, if Python cannot read it, or if it uses modules of its own or runs other code: then they may be there.
    """
    tree = _tree(source)
    if tree is None or not tree.body or not _imported(tree) <= sys.stdlib_module_names:
        return frozenset()
    unused = {function.name for function in _unused(tree)}
    used = [statement for statement in tree.body if getattr(statement, "name", "") not in unused]
    tree = ast.Module(used, [])
    names = frozenset(_names(tree))
    if names & ANYTHING:
        return frozenset()
    found = {what for what, known in DOES.items() if names & known}
    found |= {"receive" for name in names if name.startswith(("recv", "read", "sock_recv"))}
    return frozenset(DOES) - found - set(_done_by_calls(tree))


def unused_functions(source: str) -> list[tuple[str, int]]:
    """(name, line) of each function at the margin that no line which can run names; [] if Python cannot read it."""
    tree = _tree(source)
    return [(function.name, function.lineno) for function in _unused(tree)] if tree else []


def _unused(tree: ast.Module) -> list[Function]:
    functions = {
        statement.name: statement
        for statement in tree.body
        if isinstance(statement, Function) and not statement.decorator_list
    }
    known = set(functions.values())
    waiting: list[ast.stmt] = [statement for statement in tree.body if statement not in known]
    unused = dict(functions)
    while waiting:
        statement = waiting.pop()
        waiting += [unused.pop(name) for name in _names(ast.Module([statement], [])) if name in unused]
    return list(unused.values())


def empty_functions(source: str) -> list[tuple[str, int]]:
    """(name, line) of each function of a program's text that has no statement yet; [] if Python cannot read it."""
    functions = [node for node in nodes(source) if isinstance(node, Function)]
    return [(node.name, node.lineno) for node in functions if all(_says_nothing(part) for part in node.body)]


def called_functions(source: str) -> set[str]:
    """The names of all that a program calls, or gives to a thread as its target."""
    calls = calls_in(nodes(source))
    targets = [word.value for call in calls for word in call.keywords if word.arg == "target"]
    return {name_of(node) for node in (*(call.func for call in calls), *targets)}


def nodes_in(source: str, function: str) -> list[ast.AST]:
    """All nodes of a function of a program; none if there is no such function."""
    found = [node for node in nodes(source) if isinstance(node, ast.FunctionDef) and node.name == function]
    return [node for each in found for node in ast.walk(each)]


def calls_of(source: str, function: str) -> set[str]:
    """The names of all that a function of a program calls; none if there is no such function."""
    return {name_of(node.func) for node in nodes_in(source, function) if isinstance(node, ast.Call)}


def _says_nothing(statement: ast.stmt) -> bool:
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def uncalled(source: str) -> list[tuple[int, str]]:
    """(line, name) of each line that only names a method, such as `conn.close`: it does nothing."""
    alone = [node.value for node in nodes(source) if isinstance(node, ast.Expr)]
    return [(value.lineno, ast.unparse(value)) for value in alone if isinstance(value, ast.Attribute)]


def uncalled_conditions(source: str) -> list[tuple[int, str]]:
    """(line, name) of each while or if that asks for a function of the program itself, or for a method of Python's
    library that answers a question, and does not call it.
    """
    known = nodes(source)
    functions = [node for node in known if isinstance(node, Function)]
    names = {function.name for function in functions if not function.decorator_list}
    names -= {name_of(node) for node in known if isinstance(getattr(node, "ctx", None), ast.Store)}
    names -= {node.arg for node in known if isinstance(node, ast.arg)}
    asks = [node.test for node in known if isinstance(node, ast.If | ast.While)]
    asks = [test.operand if isinstance(test, ast.UnaryOp) else test for test in asks]
    alone = [test for test in asks if isinstance(test, ast.Name | ast.Attribute)]
    answers = ANSWERS - {name_of(node) for node in known if isinstance(getattr(node, "ctx", None), ast.Store)}
    methods = [test for test in alone if isinstance(test, ast.Attribute) and test.attr in answers]
    asked = [test for test in alone if name_of(test) in names or test in methods]
    return [(test.lineno, ast.unparse(test)) for test in asked]


# methods of events, threads, queues, locks and texts that answer with True or False
ANSWERS = frozenset(
    ["is_set", "is_alive", "isprintable", "isspace", "isdigit", "isalpha", "isalnum", "isascii", "isdecimal", "locked"]
)


def names_at_the_margin(source: str) -> set[str]:
    """The names that get their value outside of any function."""
    *_, outside = _scopes(source)
    return {name_of(node) for node in outside if isinstance(getattr(node, "ctx", None), ast.Store)}


def named_only(source: str, name: str) -> int:
    """The line of the first place that names this function or method and doesn't call it; 0 if there is none."""
    known = nodes(source)
    called = {id(node.func) for node in known if isinstance(node, ast.Call)}
    loads = [node for node in known if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)]
    return min((node.lineno for node in loads if name_of(node) == name and id(node) not in called), default=0)


def sends_without_receiving(source: str) -> int:
    """The line of a loop that sends, and neither receives nor calls a function of its own; 0 if there is none."""
    own = {node.name for node in nodes(source) if isinstance(node, Function)}
    for loop in (node for node in nodes(source) if isinstance(node, ast.While)):
        calls = {name_of(node.func) for node in ast.walk(loop) if isinstance(node, ast.Call)}
        receives = any(name.startswith(("recv", "read", "accept", "select", "get")) for name in calls)
        if {"send", "sendall", "write"} & calls and not receives and not own & calls:
            return loop.lineno
    return 0


def connects_in_a_loop(source: str) -> int:
    """The line that connects, within a loop that goes on after it has failed; 0 if there is none."""
    for loop in (node for node in nodes(source) if isinstance(node, ast.While)):
        for attempt in (node for node in ast.walk(loop) if isinstance(node, ast.Try)):
            calls = [node for part in attempt.body for node in ast.walk(part) if isinstance(node, ast.Call)]
            connects = [node.lineno for node in calls if name_of(node.func) in ("connect", "create_connection")]
            if connects and not any(_leaves(handler) for handler in attempt.handlers):
                return connects[0]
    return 0


_HOLDS_WORDS = (ast.Compare, ast.MatchValue, ast.List, ast.Tuple, ast.Set, ast.Dict)


def line_of_word(source: str, word: str) -> int:
    """The line that has this word, in capitals or not, to compare a text with; 0 if there is none, or no word."""
    places: list[ast.AST] = [node for node in nodes(source) if isinstance(node, _HOLDS_WORDS)]
    assigned = [node.value for node in nodes(source) if isinstance(node, ast.Assign)]
    places += [value for value in assigned if _is_text(value) or ast.unparse(value).startswith(("'", '"'))]
    for call in calls_in(nodes(source)):
        places += call.args if name_of(call.func) == "startswith" else []
    words = [node for place in places for node in ast.walk(place) if isinstance(node, ast.Constant)]
    filled = [node for node in nodes(source) if isinstance(node, ast.JoinedStr)]  # a text to show, with values in it
    parts = {id(part) for text in filled for part in text.values}
    words = [node for node in words if id(node) not in parts]
    known = [(node.lineno, node.value) for node in words if isinstance(node.value, str | bytes)]
    same = (line for line, text in known if word.strip() and _plain(text) == _plain(word))
    return next(same, 0)


def is_under_word(source: str, word: str, line: int) -> bool:
    """Whether this line belongs to an if that asks whether a text is this word."""
    above = [node.test for node in nodes(source) if isinstance(node, ast.If) and _stands_in(node.body, line)]
    asks = [node for test in above for node in ast.walk(test) if isinstance(node, ast.Compare)]
    same = [node for ask in asks if isinstance(ask.ops[0], ast.Eq) for node in ast.walk(ask)]
    return word in [node.value for node in same if isinstance(node, ast.Constant)]


def line_of_blank(source: str) -> int:
    """The line that asks whether a text is blank: it compares it with blanks alone, calls isspace, or asks what strip
    leaves; 0 if there is none.
    """
    for node in nodes(source):
        if isinstance(node, ast.Call) and name_of(node.func) == "isspace":
            return node.lineno
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and _compares_with_blanks(node):
            return node.lineno
        if isinstance(node, ast.If | ast.While | ast.IfExp) and any(map(_is_strip, _truths(node.test))):
            return node.test.lineno
    return 0


def _compares_with_blanks(asks: ast.Compare) -> bool:
    left, right = asks.left, asks.comparators[0]
    if isinstance(asks.ops[0], ast.Eq | ast.NotEq):
        words = [left, right]
    else:  # `in` asks for a part, unless there are several to choose from
        words = list(right.elts) if isinstance(right, ast.Tuple | ast.List | ast.Set) else []
    texts = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str | bytes)]
    return any(not text.strip() and (text or _is_strip(left) or _is_strip(right)) for text in texts)


def _truths(test: ast.expr) -> list[ast.expr]:
    """The parts of a condition that are asked for nothing but whether they are true."""
    if isinstance(test, ast.UnaryOp):
        return _truths(test.operand)
    return [part for value in test.values for part in _truths(value)] if isinstance(test, ast.BoolOp) else [test]


def _is_strip(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) in STRIPS


def _plain(text: str | bytes) -> str:
    return (text.decode(errors="replace") if isinstance(text, bytes) else text).strip().lower()


def prints_in_handler(source: str) -> int:
    """The line of an except that prints something, not to a file that it names, and ends the program; 0 for none."""
    for handler in (node for node in nodes(source) if isinstance(node, ast.ExceptHandler)):
        calls = calls_in(ast.walk(handler))
        prints = [call for call in calls if name_of(call.func) == "print"]
        said = [call.lineno for call in prints if "file" not in [word.arg for word in call.keywords]]
        if said and any(name_of(call.func) in ("exit", "_exit", "quit") for call in calls):
            return said[0]
    return 0


def always_true(source: str) -> list[tuple[int, str]]:
    """(line, its condition) of each if or while that is true whatever comes, such as `text == "a" or "b"`."""
    asks = [node for node in nodes(source) if isinstance(node, ast.If | ast.While | ast.IfExp)]
    either = [node.test for node in asks if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or)]
    return [(test.lineno, ast.unparse(test)) for test in either if any(_is_text(value) for value in test.values)]


def asks_again(source: str) -> int:
    """The line at which a loop meets the end of input and asks again: an except that stays in the loop, or a
    readline whose "" nothing looks at; 0 if there is none.
    """
    for loop in (node for node in nodes(source) if isinstance(node, ast.While)):
        inside = list(ast.walk(loop))
        for attempt in (node for node in inside if isinstance(node, ast.Try)):
            asked = {name_of(node) for part in attempt.body for node in ast.walk(part)}
            handler = next((each for each in attempt.handlers if _catches_end(each)), None)
            if handler and asked & {"input", "stdin"} and not _leaves(handler, "sleep", "wait", "join"):
                return handler.lineno
        for read in (node for node in inside if isinstance(node, ast.Assign)):
            name = re.escape(ast.unparse(read.targets[0]))
            looks = re.compile(rf"not {name}\b|\b{name} [!=]= ''|if {name}:")
            if ast.unparse(read.value).startswith("sys.stdin.readline(") and not looks.search(ast.unparse(loop)):
                return read.lineno
    return 0


def receives_again(source: str, line: int) -> bool:
    """Whether an except that names BlockingIOError leads from this line back to it, perhaps after a moment."""
    for attempt in (node for node in nodes(source) if isinstance(node, ast.Try)):
        if not attempt.body[0].lineno <= line <= (attempt.body[-1].end_lineno or 0):
            continue
        for handler in attempt.handlers:
            inside = [node for part in handler.body for node in ast.walk(part)]
            waits = {name_of(node.func) for node in inside if isinstance(node, ast.Call)} & {"sleep", "select", "wait"}
            again = waits or any(isinstance(node, ast.Continue) for node in inside)
            if again and handler.type and "BlockingIOError" in ast.unparse(handler.type):
                return True
    return False


def _catches_end(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "BaseException"
    return re.search(r"\b(EOFError|Exception|BaseException)\b", caught) is not None


def _leaves(handler: ast.ExceptHandler, *calls: str) -> bool:
    """Whether this except ends something, or makes one of these calls."""
    return any(
        isinstance(node, ast.Break | ast.Return | ast.Raise)
        or (isinstance(node, ast.Call) and name_of(node.func) in ("exit", "_exit", "quit", *calls))
        for node in ast.walk(handler)
    )


def wakes_in_vain(source: str) -> str:
    """Which line wants to wake a thread that waits for the keyboard, and can't, in a sentence; "" if none does."""
    for node in nodes(source):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            if call in ("sys.stdin.close", "stdin.close"):
                return f"Line {node.lineno} closes sys.stdin: that wakes no thread that waits there, it waits itself."
            if call.endswith("interrupt_main"):
                return f"Line {node.lineno} calls interrupt_main: main notices that only after the next Enter."
    return ""


def never_equal(source: str, word: str) -> str:
    """Why a comparison with this word is never true, in a sentence that names its line; "" if the text doesn't say."""
    for scope in _scopes(source):
        for node in scope:
            if not isinstance(node, ast.Compare) or len(node.ops) != 1:
                continue
            sides = [node.left, node.comparators[0]]
            for other, words in (sides, sides[::-1]):
                constants = [part for part in ast.walk(words) if isinstance(part, ast.Constant)]
                meant = [each.value for each in constants if word in str(each.value)]
                kinds = {type(value) for value in meant}
                why = _never(node.ops[0], ast.unparse(other), kinds, scope) if len(kinds) == 1 else ""
                if not why and meant and all(value == word for value in meant) and _whole(node, words):
                    why = _ends_in_newline(ast.unparse(other), scope)
                if why:
                    return f"Line {node.lineno} asks whether {ast.unparse(node)}: {why}."
    return ""


def _scopes(source: str) -> Iterator[list[ast.AST]]:
    """The nodes of each function, and those of the lines that belong to none."""
    functions = [node for node in nodes(source) if isinstance(node, Function)]
    inside = [list(ast.walk(function)) for function in functions]
    yield from inside
    taken = {id(node) for scope in inside for node in scope}
    yield [node for node in nodes(source) if id(node) not in taken]


def _never(by: ast.cmpop, other: str, kinds: set[type], scope: Sequence[ast.AST]) -> str:
    """`other`: what is compared with a word of this type, in these lines."""
    if isinstance(by, ast.Is | ast.IsNot) and kinds <= {str, bytes}:
        return "`is` asks for the same object, not for equal text"
    takes, becomes = ("decode", "bytes") if kinds == {str} else ("encode", "text")
    bound = [node for node in scope if isinstance(getattr(node, "ctx", None), ast.Store) and ast.unparse(node) == other]
    made = [node.value for node in scope if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == other]
    called = {ast.unparse(node.func) for node in scope if isinstance(node, ast.Call)}
    if not kinds <= {str, bytes} or f"{other}.{takes}" not in called or len(bound) > 1:
        return ""
    if any(takes in ast.unparse(value) for value in made):
        return ""
    return f"`{other}` is {becomes}, and bytes are never equal to text"


def _whole(asks: ast.Compare, words: ast.expr) -> bool:
    """Whether it asks for the whole word, not for a part."""
    if isinstance(asks.ops[0], ast.Eq | ast.NotEq):
        return isinstance(words, ast.Constant)
    return isinstance(asks.ops[0], ast.In | ast.NotIn) and isinstance(words, ast.Tuple | ast.List | ast.Set)


def _ends_in_newline(name: str, scope: Sequence[ast.AST]) -> str:
    """`name`: what is compared with a word without a newline, in these lines."""
    bound = [node for node in scope if isinstance(getattr(node, "ctx", None), ast.Store) and ast.unparse(node) == name]
    made = [node.value for node in scope if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name]
    made += [node.value for node in scope if isinstance(node, ast.NamedExpr) and ast.unparse(node.target) == name]
    if len(bound) != 1 or len(made) != 1 or not isinstance(made[0], ast.Call) or name_of(made[0].func) != "readline":
        return ""
    return f"`{name}` is what readline returned, and that ends in a newline"


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str | bytes) and bool(value.value)


BYTES_FROM = ("recv", "encode", "read_bytes", "to_bytes")  # calls that return bytes
KEEPS_TYPE = frozenset(
    ["strip", "rstrip", "lstrip", "replace", "removesuffix", "removeprefix", "lower", "upper", "rjust", "ljust"]
)


def compared_with_text(source: str) -> list[tuple[int, str]]:
    """(line, condition) of each `==` or `!=` between bytes and a text, which are never equal; and of each
    iter(lambda: conn.recv(1024), "") that waits for a text.
    """
    found = []
    for scope in _scopes(source):
        known = _bytes_names(scope)
        for node in scope:
            if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = (node.left, node.comparators[0])
            elif isinstance(node, ast.Call) and name_of(node.func) == "iter" and len(node.args) == 2:
                first = node.args[0]
                sides = (first.body if isinstance(first, ast.Lambda) else first, node.args[1])
            else:
                continue
            text = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides)
            if text and any(_is_bytes(side, known) for side in sides):
                found.append((node.lineno, ast.unparse(node)))
    return sorted(set(found))


def _bytes_names(scope: Sequence[ast.AST]) -> set[str]:
    """The names that have bytes wherever this scope gives them something."""
    given: dict[str, list[ast.expr | None]] = {}
    for node in scope:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    given.setdefault(target.id, []).append(node.value)
                    continue
                for name in (inner for inner in ast.walk(target) if isinstance(inner, ast.Name)):
                    given.setdefault(name.id, []).append(None)
        elif isinstance(node, ast.arg):
            given.setdefault(node.arg, []).append(None)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            for name in (inner for inner in ast.walk(node.target) if isinstance(inner, ast.Name)):
                given.setdefault(name.id, []).append(None)
    known: set[str] = set()
    for _ in given:  # a name may have its bytes from another one
        more = {name for name, values in given.items() if all(_is_bytes(value, known) for value in values)}
        if more == known:
            break
        known = more
    return known


def _is_bytes(value: ast.expr | None, known: set[str]) -> bool:
    """Whether a value is bytes for certain; `known`: names that have bytes."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, bytes)
    if isinstance(value, ast.Name):
        return value.id in known
    if isinstance(value, ast.NamedExpr | ast.Await):
        return _is_bytes(value.value, known)
    if isinstance(value, ast.BinOp):
        return _is_bytes(value.left, known) or _is_bytes(value.right, known)
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    name, of = value.func.attr, value.func.value
    if name in KEEPS_TYPE:
        return _is_bytes(of, known)
    return name in BYTES_FROM or (name in ("read", "readline") and name_of(of) == "buffer")


def parts_of(source: str, line: int) -> str | None:
    """At what a line takes a text apart, or the line that has made what it uses: "" is blanks; None if none does."""
    for scope in _scopes(source):
        here = [node for node in scope if getattr(node, "lineno", 0) == line]
        used = {node.id for node in here if isinstance(node, ast.Name)}
        made = [node for node in scope if isinstance(node, ast.Assign) and used & {name_of(to) for to in node.targets}]
        for node in [*here, *(inner for assign in made for inner in ast.walk(assign.value))]:
            if isinstance(node, ast.Call) and name_of(node.func) == "split":
                text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
                return text.decode(errors="replace") if isinstance(text, bytes) else str(text or "")
    return None


def makes_file_per_line(source: str) -> int:
    """The line of a function that makes a file of a connection and reads one line from it, and that a loop calls; 0 if
    there is none.
    """
    loops = [node for node in nodes(source) if isinstance(node, ast.While | ast.For)]
    called = {name_of(node.func) for loop in loops for node in ast.walk(loop) if isinstance(node, ast.Call)}
    for function in nodes(source):
        if not isinstance(function, ast.FunctionDef) or function.name not in called:
            continue
        inside = list(ast.walk(function))
        looped = any(isinstance(node, ast.While | ast.For | ast.comprehension | ast.Yield) for node in inside)
        calls = {name_of(node.func): node for node in inside if isinstance(node, ast.Call)}
        connects = {"connect", "create_connection", "accept"} & calls.keys()
        if "makefile" in calls and {"readline", "next"} & calls.keys() and not looped and not connects:
            return calls["makefile"].lineno
    return 0


def constants(source: str) -> set[str | None]:
    """The texts in a program, and None where it stands there, except those that something is only compared with."""
    compared = {
        id(side) for node in nodes(source) if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)
    }
    known = [node.value for node in nodes(source) if isinstance(node, ast.Constant) and id(node) not in compared]
    return {value for value in known if value is None or isinstance(value, str)}


@functools.lru_cache(maxsize=4)  # many faults ask for those of the same program
def nodes(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a program's syntax tree, as ast.walk goes through them; () if Python cannot read it."""
    tree = _tree(source)
    return tuple(ast.walk(tree)) if tree else ()


def calls_in(found: Iterable[ast.AST], names: Container[str] | None = None) -> list[ast.Call]:
    """The calls among these nodes; with names, only those of functions and methods that have one of them.

    >>> [call.lineno for call in calls_in(nodes("answer = input()\\nprint(answer)"), {"print"})]
    [2]
    """
    calls = [node for node in found if isinstance(node, ast.Call)]
    return calls if names is None else [call for call in calls if name_of(call.func) in names]


def bodies_below(
    body: Sequence[ast.stmt],
    functions: Mapping[str, Function],
    known: set[str] | None = None,
) -> Iterator[list[ast.AST]]:
    """The nodes of these statements, then those of each of these functions that is called there, and so on, once."""
    known = set() if known is None else known
    inside = [node for statement in body for node in ast.walk(statement)]
    yield inside
    for name in (name_of(call.func) for call in calls_in(inside)):
        if name in functions and name not in known:
            known.add(name)
            yield from bodies_below(functions[name].body, functions, known)


def statements_that_call(source: str) -> list[ast.Call]:
    """The calls that are a whole statement: nothing takes what they return."""
    return [node.value for node in nodes(source) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]


def called_before(source: str, line: int, methods: Container[str], earlier: str) -> ast.Call | None:
    """The call of the method `earlier` that always comes before the call of one of these methods in this line, on the
    same object: an earlier statement of the block in which the line stands, or of one around it.
    """
    objects = _objects(source, line, methods)
    for block in blocks(source):
        if _stands_in(block, line):
            found = [call for call in _calls_alone(block, earlier, objects) if call.lineno < line]
            if found:
                return found[-1]
    return None


@dataclass(frozen=True)
class Closing:
    """What closes an object: its `line`, and the object's `name`; `by_with`: whether it is the end of a `with` (which
    begins in that line), `each_round`: whether it ends each round of a loop, and the object is used in the next one.
    """

    line: int
    name: str
    by_with: bool = False
    each_round: bool = False


def closed_before(source: str, line: int, methods: Container[str]) -> Closing | None:
    """What always closes the object of which this line calls one of these methods, before it does so; None if nothing
    does.
    """
    closes = called_before(source, line, methods, "close")
    if closes:
        return Closing(closes.lineno, _object(closes))
    objects = _objects(source, line, methods)
    for block in blocks(source):
        if _stands_in(block, line):
            for statement in block:
                if isinstance(statement, ast.With) and (statement.end_lineno or 0) < line:
                    ended = {name for item in statement.items for name in _names_of(item)} & objects
                    if ended:
                        return Closing(statement.lineno, min(ended), by_with=True)
    for loop in nodes(source):
        if isinstance(loop, ast.While | ast.For) and _has(loop, line):
            stored = {ast.unparse(node) for node in ast.walk(loop) if isinstance(getattr(node, "ctx", None), ast.Store)}
            found = [call for call in _calls_alone(loop.body, "close", objects - stored) if call.lineno > line]
            if found:
                return Closing(found[0].lineno, _object(found[0]), each_round=True)
    return None


def _names_of(item: ast.withitem) -> list[str]:
    return [ast.unparse(node) for node in (item.context_expr, item.optional_vars) if node]


def _objects(source: str, line: int, methods: Container[str]) -> set[str]:
    """The objects of which this line calls one of these methods, as they are written."""
    calls = [node for node in calls_in(nodes(source)) if node.lineno == line]
    return {_object(call) for call in calls if name_of(call.func) in methods}


def _has(statement: ast.stmt, line: int) -> bool:
    return statement.lineno <= line <= (statement.end_lineno or 0)


def _stands_in(block: Sequence[ast.stmt], line: int) -> bool:
    return any(_has(statement, line) for statement in block)


def _calls_alone(block: Sequence[ast.stmt], method: str, objects: Container[str]) -> list[ast.Call]:
    """The statements of a block that do nothing but call this method of one of these objects."""
    alone = [statement.value for statement in block if isinstance(statement, ast.Expr)]
    called = [call for call in alone if isinstance(call, ast.Call) and name_of(call.func) == method]
    return [call for call in called if _object(call) in objects]


def blocks(source: str) -> list[list[ast.stmt]]:
    """The lists of statements of a program: its own, and those of its functions, loops, conditions and so on."""
    parts = (getattr(node, name, None) for node in nodes(source) for name in ("body", "orelse", "finalbody"))
    return [part for part in parts if isinstance(part, list)]


def _object(call: ast.Call) -> str:
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def accepts_twice(source: str) -> int:
    """The line of the second accept of two that follow each other, with nothing between them that could serve the
    client of the first; 0 if there is none.
    """
    for block in blocks(source):
        for first, second in itertools.pairwise(block):
            if _accepts(first) and _accepts(second):
                return second.lineno
    return 0


def _accepts(statement: ast.stmt) -> bool:
    called = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
    return isinstance(called, ast.Call) and name_of(called.func) == "accept"


def length_as_flags(source: str) -> tuple[int, str] | None:
    """The line that gives a socket's send, sendall or recv a length as its second argument, and the method's name."""
    own = {node.name for node in nodes(source) if isinstance(node, ast.FunctionDef)}
    for node in nodes(source):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or len(node.args) != 2:
            continue
        second = node.args[1]
        is_number = isinstance(second, ast.Constant) and isinstance(second.value, int) and second.value > 0
        is_length = is_number or (isinstance(second, ast.Call) and name_of(second.func) == "len")
        if is_length and node.func.attr in {"send", "sendall", "recv"} - own:
            return node.lineno, node.func.attr
    return None


def always_flushes(source: str) -> bool:
    """Whether each print of a program says flush=True, and nothing else writes on its screen: no text can stay."""
    calls = calls_in(nodes(source))
    prints = [call for call in calls if name_of(call.func) == "print"]
    writes = [call for call in calls if ast.unparse(call.func) in ("sys.stdout.write", "stdout.write")]
    on_screen = [call for call in prints if not any(word.arg == "file" for word in call.keywords)]
    return bool(on_screen) and not writes and all(_flushes(call) for call in on_screen)


def _flushes(call: ast.Call) -> bool:
    words = [word for word in call.keywords if word.arg == "flush"]
    return any(isinstance(word.value, ast.Constant) and word.value.value is True for word in words)


def name_of(node: ast.AST | None) -> str:
    """The last word of a name: "Thread" of `threading.Thread`; "" where there is none."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _tree(source: str) -> ast.Module | None:
    try:
        return syntax_tree(source.encode())
    except (SyntaxError, ValueError, RecursionError, MemoryError, TooLong):
        return None


def _imported(tree: ast.Module) -> set[str]:
    """The modules that a program imports, without what stands behind a dot; "" for one beside it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("" if node.level else (node.module or "").partition(".")[0])
    return found


def _names(tree: ast.Module) -> Iterator[str]:
    """Every name in a program's text, and every text: getattr takes one for a name. Who reconfigures a stream doesn't
    use it yet.
    """
    found = list(ast.walk(tree))
    set_up = [node.value for node in found if isinstance(node, ast.Attribute) and node.attr == "reconfigure"]
    for node in found:
        if node in set_up:
            continue
        if isinstance(node, ast.Attribute) and name_of(node.value) not in ("stdin", "stdout", "stderr"):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.ClassDef):  # whoever knows the class may call its methods
            yield from (inner.name for inner in node.body if isinstance(inner, Function))
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _done_by_calls(tree: ast.Module) -> Iterator[str]:
    """What a program's calls do: read the "keyboard", "show" a value, or "send" it into a file.

    What an except prints is about errors. A value may also be shown as the question of input.
    """
    handled = {inner for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) for inner in ast.walk(node)}
    called = calls_in(ast.walk(tree))
    if any(_writes_by_number(call) for call in called):
        yield "show"
    if any(_reads_by_number(call) for call in called):
        yield "keyboard"
    calls = [call for call in called if name_of(call.func) in ("print", "input")]
    for call in calls:
        file = next((keyword.value for keyword in call.keywords if keyword.arg == "file"), None)
        if file is not None and name_of(file) not in ("stdout", "stderr"):
            yield "send"
        on_screen = name_of(file) != "stderr" and call not in handled
        if on_screen and not all(isinstance(argument, ast.Constant) for argument in call.args):
            yield "show"
    functions = [call.func for call in calls]
    if any(isinstance(node, ast.Name) and node.id == "print" and node not in functions for node in ast.walk(tree)):
        yield "show"  # handed on, to be called there


def _reads_by_number(call: ast.Call) -> bool:
    """Whether a call may read the keyboard by its number: os.read(0, ...), or open(0)."""
    first = call.args[0] if call.args else None
    zero = isinstance(first, ast.Constant) and first.value == 0
    name = name_of(call.func)
    return (name in ("open", "fdopen") and zero) or (
        name == "read" and len(call.args) > 1 and (zero or not isinstance(first, ast.Constant))
    )


def _writes_by_number(call: ast.Call) -> bool:
    """Whether a call may write on the screen by its number: os.write(1, ...), or open(1, "w")."""
    first = call.args[0] if call.args else None
    known = isinstance(first, ast.Constant)
    number = known and type(first.value) is int  # type: ignore[union-attr]
    name = name_of(call.func)
    return (name in ("write", "writev") and len(call.args) > 1 and (number or not known)) or (name == "open" and number)
