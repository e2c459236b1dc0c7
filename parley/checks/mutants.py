"""Small changes of a correct program: those that pass show what a suite doesn't test."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from parley import stages

EVERY = ("every", "program")  # in a list of equivalent mutants, these rows apply to any stage or program
ANYTHING = "(anything)"  # in a row of such a list: any change in this line
COMPARISONS = {  # replacements
    ast.Lt: ["<=", ">="],
    ast.LtE: ["<", ">"],
    ast.Gt: [">=", "<="],
    ast.GtE: [">", "<"],
    ast.Eq: ["!="],
    ast.NotEq: ["=="],
    ast.Is: ["is not"],
    ast.IsNot: ["is"],
    ast.In: ["not in"],
    ast.NotIn: ["in"],
}


@dataclass(frozen=True)
class Mutant:
    """A program with one thing changed.

    `function`: where it is; `before` and `after`: the lines that differ, without the spaces at their ends; `text`: the
    whole program.
    """

    stage: str
    program: str
    function: str
    before: str
    after: str
    line: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Its name, which stays the same when lines move."""
        return self.stage, self.program, self.function, self.before, self.after

    def listed(self, equivalent: dict[tuple[str, ...], str]) -> bool:
        """Whether it is in the list of equivalent mutants."""
        rows = [self.key, (*EVERY, *self.key[2:])]
        return any(key in equivalent for row in rows for key in (row, (*row[:-1], ANYTHING)))

    def __str__(self) -> str:
        place = f"{self.stage} {self.program}.py:{self.line} in {self.function}"
        return f"{place}: {self.before}  =>  {self.after or '(gone)'}"


Change = tuple[tuple[int, int], tuple[int, int], str]  # from (line, column) to (line, column), and the text instead


def changes_in(source: str, node: ast.AST, function: str = "the module") -> Iterator[tuple[str, Change]]:
    """Yield what can be changed in a node of a program, and in all its descendants: (function, change)."""
    if isinstance(node, ast.FunctionDef):
        function = node.name
    for change in _of_this(source, node):
        yield function, change
    if isinstance(node, ast.JoinedStr):  # Python before 3.12 doesn't know where its parts are
        return
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not is_docstring:
            yield from changes_in(source, child, function)


def _of_this(source: str, node: Any) -> Iterator[Change]:
    """Yield what can be changed in this node itself."""

    def text(part: ast.AST) -> str:
        return ast.get_source_segment(source, part) or ""

    def instead(text: str, of: Any = node) -> Change:
        return (of.lineno, of.col_offset), (of.end_lineno, of.end_col_offset), text

    match node:
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            yield instead("pass")
        case ast.Compare():
            before: Any = node.left
            for operator, after in zip(node.ops, node.comparators, strict=True):
                for other in COMPARISONS[type(operator)]:
                    yield (before.end_lineno, before.end_col_offset), (after.lineno, after.col_offset), f" {other} "
                before = after
        case ast.BoolOp():
            word = " and " if isinstance(node.op, ast.And) else " or "
            for dropped in node.values:
                yield instead(word.join(text(value) for value in node.values if value is not dropped))
        case ast.BinOp(op=ast.Add()):
            yield instead(text(node.left))
            yield instead(text(node.right))
        case ast.Call():
            arguments: list[ast.AST] = [*node.args, *node.keywords]
            for keyword in node.keywords:
                kept = [text(value) for value in arguments if value is not keyword]
                yield instead(f"{text(node.func)}({', '.join(kept)})")
        case ast.ExceptHandler(type=ast.expr() as caught):
            yield instead("()", caught)
            kinds = caught.elts if isinstance(caught, ast.Tuple) else []
            for unnamed in kinds:
                kept = [text(kind) for kind in kinds if kind is not unnamed]
                yield instead(f"({', '.join(kept)},)", caught)
        case ast.Constant(value=bool()):
            yield instead(str(not node.value))
        case ast.Constant(value=int() | float() as number):
            yield instead(str(number + 1))
        case ast.Constant(value=str()) | ast.JoinedStr():
            yield instead('""')
        case ast.Constant(value=bytes()):
            yield instead('b""' if node.value else 'b"x"')
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.Constant):
            yield instead(f"not ({text(node.test)})", node.test)


def mutants(stage: stages.Stage, program: str, lines: Collection[int] | None = None) -> list[Mutant]:
    """Return all mutants of a full program, or those that begin in these lines (counted from 1)."""
    source = stages.solution(stage, "full", program).read_text(encoding="utf-8")
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    made: dict[tuple[str, ...], Mutant] = {}
    for function, (start, end, instead) in changes_in(source, ast.parse(source)):
        if lines is not None and start[0] not in lines:
            continue
        first, last = (starts[line - 1] + column for line, column in (start, end))
        data = source.encode()
        text = (data[:first] + instead.encode() + data[last:]).decode()
        if _is_another(source, text):
            mutant = Mutant(stage.name, program, function, *_differing(source, text), start[0], text)
            while mutant.key in made and made[mutant.key].text != text:  # the same line again in this function
                mutant = replace(mutant, function=f"{mutant.function}, again")
            made[mutant.key] = mutant
    return list(made.values())


def _is_another(source: str, text: str) -> bool:
    """Whether a text is a valid program that differs from the source."""
    try:
        return ast.dump(ast.parse(text)) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _differing(source: str, text: str) -> tuple[str, str]:
    """Return the lines that differ, without comments, each side on one line."""
    before, after = ([line.partition("  # ")[0] for line in program.splitlines()] for program in (source, text))
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return " ".join(line.strip() for line in before), " ".join(line.strip() for line in after)
