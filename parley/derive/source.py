"""The text of a program as lines and as a syntax tree, which all rules for its versions read and change."""

import ast
import io
import re
import tokenize
from typing import NoReturn

from parley.contract.errors import BadInput, CannotDerive

INDENT = "    "
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Block = ast.stmt | ast.ExceptHandler


class Source:
    """A program: its `lines`, its syntax `tree`, the node `above` each other node, and what a version has `left`.

    `left` has the text of each line by its number (counted from 1), without the blank lines. Making a version removes
    or changes lines in it.
    """

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.left = {number: line for number, line in enumerate(self.lines, 1) if line.strip()}
        try:
            self.tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise CannotDerive(getattr(error, "lineno", None) or 1, f"this isn't Python ({error}).") from error
        self.above = {inner: node for node in ast.walk(self.tree) for inner in ast.iter_child_nodes(node)}

    def refuse(self, node: ast.AST, reason: str) -> NoReturn:
        """Raise CannotDerive with the line of this node."""
        raise CannotDerive(getattr(node, "lineno", 1), reason)

    def column(self, number: int) -> int:
        """Return the column where the text of a line begins."""
        return len(self.lines[number - 1]) - len(self.lines[number - 1].lstrip())

    def comments(self) -> dict[int, str]:
        """Return the comments by the numbers of their lines."""
        tokens = tokenize.generate_tokens(io.StringIO("\n".join(self.lines)).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    def start(self, node: Block) -> int:
        """Return the first line of a statement, including the comment directly above it."""
        first = node.lineno
        while first > 1 and re.match(rf" {{{node.col_offset}}}#", self.lines[first - 2]):
            first -= 1
        return first

    def end(self, node: Block) -> int:
        """Return the last line of a statement, including the comments below that are deeper than its first line."""
        end = last_line(node)
        for number, line in enumerate(self.lines[end:], end + 1):
            if line.strip() and self.column(number) <= node.col_offset:
                break
            end = number if line.strip() else end
        return end

    def drop(self, first: int, last: int) -> None:
        """Remove the lines from the first to the last one."""
        for number in range(first, last + 1):
            self.left.pop(number, None)

    def move_left(self, first: int, last: int, column: int) -> None:
        """Move text that is deeper than a column one step to the left, in the lines from the first to the last one."""
        for number in range(first, last + 1):
            if number in self.left and self.column(number) > column:
                self.left[number] = self.left[number].removeprefix(INDENT)

    def text(self) -> str:
        """Return what is left, as text. Between two lines, keep the longest run of blank lines that was there.

        Raise CannotDerive if that isn't a program.
        """
        try:
            compile(
                "\n".join(self.left.get(number, "") for number in range(1, len(self.lines) + 1)), "<source>", "exec"
            )
        except SyntaxError as error:
            raise CannotDerive(error.lineno or 1, f"this isn't Python in this version ({error.msg}).") from error
        written: list[str] = []
        last = 0
        for number in sorted(self.left):
            blank = _most_blank(self.lines[last : number - 1]) if written else 0
            written += [""] * blank + [self.left[number]]
            last = number
        return "".join(f"{line}\n" for line in written)


def last_line(node: Block) -> int:
    """Return the last line of a statement."""
    return node.end_lineno or node.lineno


def _most_blank(lines: list[str]) -> int:
    """Return the length of the longest run of blank lines."""
    most = blank = 0
    for line in lines:
        blank = 0 if line.strip() else blank + 1
        most = max(most, blank)
    return most


def part(text: str, name: str) -> tuple[int, str]:
    """Return the function or class `name` of a program's text, with its comments: (number of its first line, its text).

    Raise BadInput if there is none, or if the text isn't Python.
    """
    source = Source(text)
    found = {node.name: node for node in ast.walk(source.tree) if isinstance(node, Definition)}
    if name not in found:
        raise BadInput(f"it has no function {name!r}. It has: {', '.join(found) or 'none'}.")
    node = found[name]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first, "\n".join(source.lines[first - 1 : source.end(node)])
