"""Make the other versions of a program from its full one, by syntax alone: quiet, bare, comments only.

quiet(full) removes the log, bare(full) also removes the error handling, comments(full) removes every statement. Source
text goes in and comes out. Nothing is imported or run. The rules know only what the programs of the stages use. For
anything else they raise CannotDerive with the line, and never guess.

The log is each statement like `logging.info(...)`. Error handling is `try` and `with contextlib.suppress(...)` (what is
in them and in `finally` stays), `conn.settimeout(...)`, and `raise` or `sys.exit(...)`, if an `if` does nothing else or
at the end of a function.

What an author of a full version should know:

- A comment directly above a statement goes with it. One separated by a blank line stays. If the body of a statement
stays (that of a `try`), the comment above it stays too. - A name, import or parameter goes when the source reads it and
the result doesn't. In a tuple it gets an underscore
  instead: `conn, _address = listener.accept()`.
- A condition or a value goes only if it merely asks (see QUESTIONS), never if it may have an effect.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NoReturn

from parley.derive.source import Block, Definition, Source, last_line

KNOWN = (
    *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AugAssign, ast.Expr, ast.Return),
    *(ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Raise, ast.Break, ast.Continue, ast.Pass),
)
# names that only the log uses, and that only the error handling uses
LOG, HANDLING = {"logging"}, {"contextlib", "suppress", "exit"}
# calls that only ask: removing one only affects the place that uses its result
QUESTIONS = {"len", "is_set", "Event"}


# results are cached: deriving a long program takes a moment, and is repeated often


@lru_cache(maxsize=64)
def quiet(source: str) -> str:
    """Return the text of a program without its log. Raise CannotDerive if no rule fits."""
    return _Version(source, is_bare=False).derived()


@lru_cache(maxsize=64)
def bare(source: str) -> str:
    """Return the text of a program without its log and its error handling. Raise CannotDerive as quiet() does."""
    text = _Version(source, is_bare=True).derived()
    # an import from a `try` joins those above it
    return re.sub(r"(?m)^(import .*\n)\n(?=import )", r"\1", text)


@lru_cache(maxsize=64)
def comments(source: str) -> str:
    """Return the docstrings, signatures and comments of a program at their places: a program that does nothing.

    Raise CannotDerive if a definition needs the statements around it.
    """
    program = Source(source)
    _check_statements(program)
    program.left = {line: " " * program.column(line) + comment for line, comment in program.comments().items()}
    for node in [node for node in ast.walk(program.tree) if isinstance(node, ast.Module | Definition)]:
        if node.body and _is_docstring(node.body[0]):
            first = getattr(node, "lineno", node.body[0].lineno)
            program.left |= {line: program.lines[line - 1] for line in range(first, last_line(node.body[0]) + 1)}
        elif isinstance(node, Definition):
            program.refuse(node, f"{node.name} has no docstring, so nothing would be left of it.")
        above_body = [part for part in ast.iter_child_nodes(node) if part not in node.body]
        for name in _names_read(inner for part in above_body for inner in ast.walk(part)):
            program.refuse(node, f"the first line needs {name}, from a statement that goes.")
    return program.text()


def _check_statements(program: Source) -> None:
    """Raise CannotDerive if a program has a statement that no rule knows, or an unexpected layout."""
    for node in ast.walk(program.tree):
        is_known = isinstance(node, KNOWN) or not isinstance(node, ast.stmt)
        if not is_known or getattr(node, "decorator_list", []) or getattr(node, "asname", None):
            program.refuse(node, "no rule knows this kind of statement.")
        if isinstance(node, ast.stmt) and program.column(node.lineno) != node.col_offset:
            program.refuse(node, "a statement must begin on its own line.")
        has_lines = isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno
        if has_lines and not _is_docstring(program.above[node]):
            program.refuse(node, "a text must be on one line.")


class _Version(Source):
    """A program, and its nodes that are `gone` in its quiet or bare version."""

    def __init__(self, text: str, is_bare: bool) -> None:
        super().__init__(text)
        _check_statements(self)
        self.is_bare = is_bare
        self.gone: set[ast.AST] = set()

    def derived(self) -> str:
        """Return the text of this version."""
        before = -1
        while len(self.gone) > before:  # removed code may have been the only user of something else
            before = len(self.gone)
            for node in self.remaining(self.tree):
                if self.goes(node):
                    self.gone.add(node)
            self.let_idle_names_go()
        for node in self.remaining(self.tree):
            self.check_is_known(node)
            self.mend(node)
            if isinstance(node, ast.With) and node.items[0] in self.gone:
                self.open(node, [], [])
            if isinstance(node, ast.Try) and self.is_bare:
                self.open(node, node.handlers, node.finalbody)
        return self.text()

    def remaining(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield a node and all below it, without what is gone (or goes in the meantime)."""
        if node not in self.gone:
            yield node
        for inner in ast.iter_child_nodes(node) if node not in self.gone else ():
            yield from self.remaining(inner)

    # What goes

    def goes(self, node: ast.AST) -> bool:
        """Whether a node belongs to the log or to the error handling, or is an `if` with nothing left to do."""
        match node:
            case ast.If(test=test, body=body, orelse=[]) if self.gone.issuperset(body):
                return self.only_asks(test)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="logging"))) as call):
                return self.only_asks(*call.args, *call.keywords)
        return self.is_bare and self.is_error_handling(node)

    def is_error_handling(self, node: ast.AST) -> bool:
        """Whether a node is only about errors."""
        match node:
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="suppress"))) as item]):
                self.gone.add(item)  # the body of the `with` stays
            case ast.ExceptHandler():
                return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="settimeout"), args=[limit])):
                # (None isn't a limit: it removes that of create_connection)
                return ast.unparse(limit) != "None" and self.only_asks(limit)
            case ast.Raise(exc=ast.Call() as call) | ast.Expr(value=ast.Call(func=ast.Attribute(attr="exit")) as call):
                return self.is_all_or_last(node) and self.only_asks(*call.args)
        return False

    def is_all_or_last(self, node: ast.stmt) -> bool:
        """Whether a statement is all that an `if` does, or the last one of a function or of a `try`."""
        match self.above[node]:
            case ast.If(body=body, orelse=[]):
                return [statement for statement in body if statement not in self.gone] == [node]
            case ast.FunctionDef(body=[*_, last]) | ast.Try(body=[*_, last]):
                return last is node
        return False

    def only_asks(self, *nodes: ast.AST) -> bool:
        """Return True. Raise CannotDerive if removing one of these nodes would lose more than an answer."""
        for part in (part for node in nodes for part in ast.walk(node)):
            is_question = isinstance(part, ast.Call) and ast.unparse(part.func).rpartition(".")[2] in QUESTIONS
            if isinstance(part, ast.Call | ast.NamedExpr | ast.Yield | ast.YieldFrom) and not is_question:
                self.refuse(part, f"this would go, but {ast.unparse(part)} may do more than ask.")
        return True

    # Names that nothing reads any more

    def let_idle_names_go(self) -> None:
        """Remove what binds a name that the program reads and the result doesn't."""
        for scope in [node for node in self.remaining(self.tree) if isinstance(node, ast.Module | Definition)]:
            idle = _names_read(ast.walk(scope)) - _names_read(self.remaining(scope))
            for node in self.remaining(scope):
                if _bound(node) in idle and self.scope(node) is scope:
                    self.let_name_go(node, _bound(node))

    def scope(self, node: ast.AST) -> ast.AST:
        """Return the function, class or module around a node."""
        around = self.above[node]
        return around if isinstance(around, ast.Module | Definition) else self.scope(around)

    def let_name_go(self, node: ast.AST, name: str) -> None:
        """Remove the statement or the parameter that binds this name here. In a tuple, add an underscore."""
        around = self.above[node]
        match node, around:
            case ast.Name(), ast.Assign(targets=[_], value=value) if self.only_asks(value):
                self.gone.add(around)
            case ast.alias(), ast.Import(names=[_]):
                self.gone.add(around)
            case ast.Name() as place, ast.Tuple():
                self.gone.add(place)
                self.rewrite(place, name, f", {name} =", f", _{name} =")
            case ast.arg() as parameter, _ if self.scope(node) in self.tree.body:
                self.let_parameter_go(parameter, name)
            case _:
                self.refuse_name(node, name)

    def let_parameter_go(self, node: ast.arg, name: str) -> None:
        """Remove a parameter, and each value of this name that is passed where its function is called or named."""
        names = [inner for inner in self.remaining(self.tree) if isinstance(inner, ast.Name)]
        uses = [use for use in names if use.id == getattr(self.scope(node), "name", "")]
        lines = {use.lineno for use in uses}
        handed_on = [inner for inner in names if inner.id == name and inner.lineno in lines]
        if len(handed_on) != len(uses):
            self.refuse_name(node, name)
        places: list[ast.arg | ast.Name] = [node, *uses]
        for place in places:
            self.rewrite(place, name, rf", {name}(?=[,)\]])", "")
        self.gone.update((node, *handed_on))

    def rewrite(self, node: ast.arg | ast.Name | ast.ExceptHandler, name: str, pattern: str, new: str) -> None:
        """Change the one place on a node's line that matches a pattern, because nothing reads a name any more."""
        self.left[node.lineno], places = re.subn(pattern, new, self.left[node.lineno])
        if places != 1:
            self.refuse_name(node, name)

    def refuse_name(self, node: ast.AST, name: str) -> NoReturn:
        self.refuse(node, f"nothing reads {name} in this version, but no rule knows how to remove it here.")

    # What stays

    def check_is_known(self, node: ast.AST) -> None:
        """Raise CannotDerive if a node that stays belongs to the log or the error handling."""
        names = {getattr(node, field, None) for field in ("id", "module", "attr")}
        if names & LOG:
            self.refuse(node, "no rule knows this use of logging.")
        if self.is_bare and (names & HANDLING or isinstance(node, ast.Raise)):
            self.refuse(node, "no rule knows this handling of errors.")

    def mend(self, node: ast.AST) -> None:
        """Remove what is gone of a node that stays. An `except` with nothing left to do gets a `pass`."""
        if isinstance(node, ast.ExceptHandler) and node.name and node.name not in _names_read(self.remaining(node)):
            self.rewrite(node, node.name, f" as {node.name}:", ":")
        for field in ("body", "orelse", "finalbody") if isinstance(node, Block | ast.Module) else ():
            block: list[ast.stmt] = getattr(node, field, [])
            gone = [statement for statement in block if statement in self.gone]
            for statement in gone:
                self.drop(self.start(statement), self.end(statement))
            if gone and all(statement in self.gone or _is_docstring(statement) for statement in block):
                if not isinstance(node, ast.ExceptHandler):
                    self.refuse(gone[0], "without this, nothing is left to do in the block around it.")
                self.left[gone[0].lineno] = " " * gone[0].col_offset + "pass"

    def open(self, node: ast.Try | ast.With, handlers: list[ast.ExceptHandler], finalbody: list[ast.stmt]) -> None:
        """Remove the first line of a statement, each `except` and the word `finally`, and move the rest left."""
        breaks = [inner for handler in handlers for inner in ast.walk(handler) if isinstance(inner, ast.Break)]
        ends = isinstance(node.body[-1], ast.Return | ast.Break | ast.Continue)  # then the code below was for errors
        if breaks or ends or getattr(node, "orelse", []):
            self.refuse(node, "no rule knows this handling of errors.")
        self.drop(node.lineno, node.lineno)
        for handler in handlers:
            self.drop(self.start(handler), self.end(handler))
        for first in finalbody[:1]:  # the word `finally` is above it
            self.drop(self.start(first) - 1, self.start(first) - 1)
        self.move_left(node.lineno, self.end(node), node.col_offset)


def _bound(node: ast.AST) -> str:
    """Return the name that a node gives to something, or ""."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
            return name.partition(".")[0]
    return ""


def _names_read(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)
