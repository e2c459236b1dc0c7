"""Take extra exercises out of a program that has them all, so that each can be shown on its own.

In such a program a comment says which statement belongs to which exercise, behind it or directly above it:

    with naming:  # unique: its name is free again
    # whisper, kick: who is meant
    def find(text):

A statement of several exercises stays while one of them does; what is inside a statement goes with it. The comment
behind an `if` or `elif` is about that branch alone: without it the next branch takes its place, or what the `else`
holds. What is left of a program without all exercises is the program that they were added to, letter for letter.
"""

import ast
import io
import tokenize
from collections.abc import Collection, Sequence

INDENT = "    "


def only(source: str, wanted: Collection[str], exercises: Collection[str]) -> str:
    """The text of a program with these wanted ones of its exercises (names) and no others."""
    lines = source.splitlines()
    while found := _to_go(lines, wanted, exercises):
        for node, first in reversed(found):
            lines = _without(lines, node, first)
    return "".join(f"{_for_these(line, wanted, exercises)}\n" for line in lines)


def belongs_to(comment: str, exercises: Collection[str]) -> list[str]:
    """The exercises that a comment names at its beginning: [] where it is no such comment."""
    names, colon, _ = comment.lstrip("# ").partition(": ")
    named = [name.strip() for name in names.split(",")]
    return named if colon and set(named) <= set(exercises) else []


def _for_these(line: str, wanted: Collection[str], exercises: Collection[str]) -> str:
    """A line whose comment names only the exercises that are wanted."""
    before, mark, comment = line.rpartition("# ")
    named = belongs_to(comment, exercises) if mark else []
    if not named:
        return line
    return f"{before}# {', '.join(name for name in named if name in wanted)}: {comment.partition(': ')[2]}"


def _to_go(lines: Sequence[str], wanted: Collection[str], exercises: Collection[str]) -> list[tuple[ast.stmt, int]]:
    """Statements that have to go, from top to bottom, none of them inside of another one: a list of (node, first line
    with the comment above it).
    """
    text = "\n".join(lines) + "\n"
    comments, found, last = _comments(text), [], 0
    statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    for node in sorted(statements, key=lambda node: (node.lineno, -_last(node))):
        first, header = node.lineno, node.lineno if hasattr(node, "body") else _last(node)
        named = belongs_to(comments.get(header, ""), exercises)
        if not named and lines[first - 2].strip() == comments.get(first - 1):
            named = belongs_to(comments[first - 1], exercises)
            first -= bool(named)
        if named and not set(named) & set(wanted) and first > last:
            found.append((node, first))
            last = _last(node)
    return found


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _comments(text: str) -> dict[int, str]:
    """The comments of a program by their lines, counted from 1."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def _without(lines: list[str], node: ast.stmt, first: int) -> list[str]:
    """The lines without a statement, or without one branch of an if."""
    before, after = lines[: first - 1], lines[node.end_lineno :]
    if isinstance(node, ast.If) and node.orelse:
        start = node.orelse[0].lineno
        rest = lines[start - 1 : node.end_lineno]
        if rest[0].lstrip().startswith("elif "):  # the next branch takes the place of this one
            if not lines[node.lineno - 1].lstrip().startswith("elif "):
                rest[0] = rest[0].replace("elif ", "if ", 1)
            return [*before, *rest, *after]
        header = max(number for number in range(start) if lines[number - 1].strip() == "else:")
        if lines[node.lineno - 1].lstrip().startswith("elif "):
            return [*before, *lines[header - 1 : node.end_lineno], *after]
        return [*before, *(line.removeprefix(INDENT) for line in lines[header : node.end_lineno]), *after]
    if isinstance(node, ast.FunctionDef):  # with the blank lines above it
        while before and not before[-1]:
            before.pop()
    return [*before, *after]


def page(title: str, comments: str, without: str) -> str:
    """The comments-only page of one exercise: what it adds to a program, and where.

    `comments`: the comments-only version of the program with this exercise alone, `without`: the one with none. What
    is the same in both is left out; in the functions that have something new, all comments stay.
    """
    old = without.split("\n\n\n")
    head, *parts = [part.rstrip("\n") for part in comments.split("\n\n\n")]
    _docstring, _, rest = head.partition("\n\n")
    about = (
        f'"""Further exercise. {title}.\n\n'
        "These comments go into your server.py of stage 5. The ones that begin with the name\n"
        "of the exercise are new; the others only show where they belong. What it does to the\n"
        'byte stands in PROTOCOLS.md.\n"""'
    )
    kept = [part for part in [rest] if part not in old[0]]
    kept += [part for part in parts if part not in [part_of_old.rstrip("\n") for part_of_old in old]]
    return "\n\n\n".join([about, *kept]) + "\n"
