"""A part of a program's text: one function of it, with the number of its first line."""

from __future__ import annotations

import ast

from parley.contract.errors import BadInput


def part(text: str, name: str) -> tuple[int, str]:
    """The function or class `name` of a program's text, with its comments: (number of its first line, its text).

    Raises BadInput if there is none, or if the text is no Python.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise BadInput(f"it can't be read as Python: {error}.") from None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = {node.name: node for node in ast.walk(tree) if isinstance(node, kinds)}
    if name not in found:
        raise BadInput(f"it has no function {name!r}; it has {', '.join(found) or 'none'}.")
    node = found[name]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = text.splitlines()
    last = node.end_lineno or first
    # comments behind the last statement belong to it, as long as they are indented deeper than its heading
    for number in range(last, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= node.col_offset:
            break
        if line.strip():
            last = number + 1
    return first, "\n".join(lines[first - 1 : last])
