"""A program as lines and as a syntax tree: what the rules for its versions (versions.py) look at and change."""

import ast
import itertools
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple, NoReturn, TypeGuard

from parley.contract.errors import CannotDerive

# Calls that only ask: to leave one out changes nothing but the place where its answer was wanted.
QUESTIONS = {"len", "is_set", "Event"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Scope = tuple[str, ...]  # the names of the definitions around a name; () is the module


class Line(NamedTuple):
    """A line of a program, and the line of the source that it comes from."""

    number: int
    text: str


class Edit(NamedTuple):
    """Lines to replace: the first and the last of them, counted from 1, and what takes their place."""

    first: int
    last: int
    new: list[Line]


class ProgramText:
    """A program: its `lines`, its `text`, the `nodes` of its syntax `tree`, and which node is `above` each of them."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.text = "".join(f"{line.text}\n" for line in lines)
        try:
            compile(self.text, "<source>", "exec", dont_inherit=True)
            self.tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = lines[min(getattr(error, "lineno", None) or 1, len(lines)) - 1]
            raise CannotDerive(line.number, f"this isn't Python in this version ({error}).") from error
        self.nodes = list(ast.walk(self.tree))
        self.above = {inner: node for node in self.nodes for inner in ast.iter_child_nodes(node)}

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        """Raise CannotDerive with the line of the source that this node comes from."""
        raise CannotDerive(self.lines[getattr(node, "lineno", 1) - 1].number, reason)

    def must_only_ask(self, *nodes: ast.AST) -> None:
        """Raise CannotDerive if more than an answer would be lost without one of these."""
        for part in (part for node in nodes for part in ast.walk(node)):
            if isinstance(part, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
                self.refuse(part, "this would go, but it does more than ask.")
            name = called(part).rpartition(".")[2]
            if name and name not in QUESTIONS:
                self.refuse(part, f"this would go, but {name} may do more than ask.")

    def is_alone(self, node: ast.stmt | ast.ExceptHandler) -> bool:
        """Whether nothing stands before a statement on its line."""
        return not self.lines[node.lineno - 1].text.encode()[: node.col_offset].strip()

    def start(self, statement: ast.stmt) -> int:
        """The first line of a statement, with the comment directly above it."""
        first = statement.lineno
        while first > 1 and re.match(rf" {{{statement.col_offset}}}#", self.lines[first - 2].text):
            first -= 1
        return first

    def end(self, last: ast.stmt | ast.ExceptHandler, column: int) -> int:
        """The last line of a block that ends with this, with the comments below that are right of this column too."""
        end = last_line(last)
        for number, line in enumerate(self.lines[end:], end + 1):
            if line.text.strip() and column_of(line) <= column:
                break
            end = number if line.text.strip() else end
        return end

    def moved(self, header: int, block: list[ast.stmt], column: int) -> list[Line]:
        """The lines of a block below this line, as they stand in the block around it, which is at this column."""
        deeper = " " * (block[0].col_offset - column)
        inner = self.lines[header : self.end(block[-1], column)]
        lines = [line._replace(text=line.text.removeprefix(deeper)) for line in inner]
        try:
            tree = ast.parse(textwrap.dedent("\n".join(line.text for line in lines)))
        except SyntaxError:
            tree = ast.Module([], [])
        if ast.dump(tree) != ast.dump(ast.Module(block, [])):
            self.refuse(block[0], "this can't move to the left: a text in it, or what is above it, has several lines.")
        return lines

    def rewritten(self, node: ast.expr | ast.arg, old: str, new: str) -> Edit:
        """The edit of the line of a node that makes this new text of the old one."""
        line = self.lines[node.lineno - 1]
        if line.text.count(old) != 1:
            self.refuse(node, f"here `{old}` should become `{new}`, but no rule knows how.")
        return Edit(node.lineno, node.lineno, [line._replace(text=line.text.replace(old, new))])

    def changed(self, edits: list[Edit]) -> "ProgramText":
        """The program with these edits, but for those that are inside of another one."""
        outer: list[Edit] = []
        for edit in sorted(edits, key=lambda edit: (edit.first, -edit.last)):
            if not outer or edit.first > outer[-1].last:
                outer.append(edit)
        lines = self.lines
        for first, last, new in reversed(outer):
            above, below = lines[: first - 1], lines[last:]
            lines = [*above, *new, *below] if new else _joined(above, below, column_of(lines[first - 1]))
        return ProgramText(lines) if edits else self

    def without(self, going: set[ast.stmt]) -> "ProgramText":
        """The program without these statements; an `if` without a body goes too, an `except` gets a `pass`."""
        for node in reversed(self.nodes):  # from the inside to the outside
            if isinstance(node, ast.If) and not node.orelse and going.issuperset(node.body):
                self.must_only_ask(node.test)
                going.add(node)
        edits = []
        for node in self.nodes:
            for block in blocks(node) if node not in going else ():
                gone = [statement for statement in block if statement in going]
                if not gone or not all(statement in going or is_docstring(statement) for statement in block):
                    edits += [Edit(self.start(part), self.end(part, part.col_offset), []) for part in gone]
                elif isinstance(node, ast.ExceptHandler):
                    nothing = self.lines[gone[0].lineno - 1]._replace(text=" " * gone[0].col_offset + "pass")
                    edits.append(Edit(self.start(gone[0]), self.end(gone[-1], node.col_offset), [nothing]))
                else:
                    self.refuse(gone[0], "without this, nothing is left to do in the block around it.")
        return self.changed(edits)

    def scope(self, node: ast.AST) -> Scope:
        """The names of the functions and classes around a node."""
        names: Scope = ()
        while outer := self.above.get(node):
            names = (outer.name, *names) if isinstance(outer, Definition) else names
            node = outer
        return names

    def reads(self) -> set[tuple[Scope, str]]:
        """(scope, name) of each name that is read: for its own scope and for all around that."""
        found = {(self.scope(node), node.id) for node in self.nodes if is_read(node)}
        return {(scope[:depth], name) for scope, name in found for depth in range(len(scope) + 1)}


def parsed(source: str) -> ProgramText:
    lines = source.removesuffix("\n").split("\n") if source else []
    return ProgramText([Line(number, text) for number, text in enumerate(lines, 1)])


def last_line(node: ast.stmt | ast.ExceptHandler) -> int:
    """The last line of a statement."""
    return node.end_lineno or node.lineno


def column_of(line: Line) -> int:
    """Where the text of a line begins."""
    return len(line.text) - len(line.text.lstrip())


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks of statements that hang on a node (those of an `except` hang on the `except`)."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


def is_read(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def called(node: ast.AST) -> str:
    """What a call calls, such as `logging.info`; "" if this is no call."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _joined(above: list[Line], below: list[Line], column: int) -> list[Line]:
    """What was above and below a statement at this column: where blank lines meet, the longer run of them stays."""
    blank = [*itertools.takewhile(lambda line: not line.text.strip(), reversed(above))]
    blank_below = [*itertools.takewhile(lambda line: not line.text.strip(), below)]
    above, below = above[: len(above) - len(blank)], below[len(blank_below) :]
    if not above or column_of(above[-1]) < column:  # a block does not begin with a blank line
        blank = []
    elif not below or column_of(below[0]) < column or len(blank) < len(blank_below):  # nor does it end with one
        blank = blank_below
    return [*above, *blank, *below]
