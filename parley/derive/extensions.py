"""Remove extra exercises from a program that has them all, so that each can be shown on its own.

In such a program a comment says which statement belongs to which exercise, after it or directly above it:

    with naming:  # unique: its name is free again
    # whisper, kick: who is meant
    def find(text):

A statement of several exercises stays while one of them does. Its body goes with it. The comment after an `if` or
`elif` is only about that branch: without it the next branch replaces it, or the body of the `else`. A program without
all its exercises is exactly the program that they were added to.
"""

import ast
from collections.abc import Collection

from parley.contract.errors import CannotDerive
from parley.derive.source import Source, last_line


def only(text: str, wanted: Collection[str], exercises: Collection[str]) -> str:
    """Return the text of a program with only these of its exercises (names).

    Raise CannotDerive if the result isn't a program.
    """
    source = Source(text)
    comments = source.comments()
    named = {line: names for line, comment in comments.items() if (names := belongs_to(comment, exercises))}
    statements = [node for node in ast.walk(source.tree) if isinstance(node, ast.stmt)]
    for node in sorted(statements, key=lambda node: node.lineno, reverse=True):  # an `elif` before its `if`
        first, behind = node.lineno, node.lineno if hasattr(node, "body") else last_line(node)
        if behind not in named and source.lines[first - 2].strip() == comments.get(first - 1):
            first = behind = first - 1
        if behind in named and not set(named[behind]) & set(wanted):
            _take_out(source, node, first)
    for line in source.left.keys() & named.keys():
        there = [name for name in named[line] if name in wanted]
        if not there:
            raise CannotDerive(line, "this comment names an exercise, but belongs to no statement.")
        comment = f"# {', '.join(there)}: {comments[line].partition(': ')[2]}"
        source.left[line] = source.left[line].replace(comments[line], comment)
    return source.text()


def belongs_to(comment: str, exercises: Collection[str]) -> list[str]:
    """Return the exercises that a comment names at its beginning, or []."""
    names, colon, _ = comment.lstrip("# ").partition(": ")
    named = [name.strip() for name in names.split(",")]
    return named if colon and set(named) <= set(exercises) else []


def _take_out(source: Source, node: ast.stmt, first: int) -> None:
    """Remove a statement with the comment above it, or one branch of an `if`."""
    last, column = last_line(node), node.col_offset
    branches = []
    if isinstance(node, ast.If):
        below = [line for line in range(last_line(node.body[-1]) + 1, last + 1) if line in source.left]
        branches = [line for line in below if source.lines[line - 1][column:].startswith(("elif ", "else:"))]
    if not branches:
        source.drop(first, last)
        return
    branch = branches[0]
    source.drop(first, branch - 1)
    if source.lines[node.lineno - 1][column:].startswith("if "):  # the next branch takes its place
        if source.lines[branch - 1][column:].startswith("elif "):
            source.left[branch] = source.left[branch].replace("elif ", "if ", 1)
        else:
            source.drop(branch, branch)
            source.move_left(branch, last, column)


def page(title: str, comments: str, without: str) -> str:
    """Return the comments-only plan of one exercise: what it adds to a program, and where.

    `comments`: the comments-only version of the program with only this exercise; `without`: the one with none. Leave
    out what is the same in both. In functions with something new, keep all comments.
    """
    old = without.split("\n\n\n")
    head, *parts = [part.rstrip("\n") for part in comments.split("\n\n\n")]
    _docstring, _, rest = head.partition("\n\n")
    about = (
        f'"""Extra exercise. {title}.\n\n'
        "These comments go into your server.py of stage 5. The ones that begin with the name\n"
        "of the exercise are new; the others only show where they belong. PROTOCOLS.md says\n"
        'exactly what it must do.\n"""'
    )
    kept = [part for part in [rest] if part not in old[0]]
    kept += [part for part in parts if part not in [part_of_old.rstrip("\n") for part_of_old in old]]
    return "\n\n\n".join([about, *kept]) + "\n"
